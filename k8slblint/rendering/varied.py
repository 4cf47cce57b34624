"""Renders charts that nothing deploys with other values too, and keeps what is printed only then and what is printed beside it."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from k8slblint.rendering.engines import Engines
from k8slblint.rendering.planning import Planned
from k8slblint.rendering.source import Source, Variant
from k8slblint.rendering.tree import SourceTree
from k8slblint.rendering.units import Outcome, Rendered, RenderedDocument

_MORE = 3
"""Renderings that are affordable however little else is rendered."""

_MORE_TEXT = 200_000
"""Characters of what is rendered that are affordable in the same way; all variants print no more than all defaults do, otherwise."""


class Base(NamedTuple):
    """A unit that nobody deploys, and what was rendered of it."""

    name: str
    planned: Planned
    tree: SourceTree
    outcome: Rendered


class Varied(NamedTuple):
    """A variant of a unit: its name, the unit with its values, what only it prints, and what is printed beside that."""

    name: str
    when: str
    planned: Planned
    changed: Sequence[RenderedDocument]
    beside: Sequence[RenderedDocument]


def varied(bases: Sequence[Base], engines: Engines, most: int) -> Iterator[tuple[Base, Varied]]:
    """Yield the variants of units, of those of one folder only those of the first; what cannot be rendered has none.

    There are at most `most` renderings, and some more, of no more text than that of the units; the first of each folder come first.
    """
    by_folder: dict[tuple[SourceTree, tuple[str, ...]], list[Base]] = {}
    for base in bases:
        by_folder.setdefault((base.tree, base.planned.unit.source.template_folders()), []).append(base)
    rounds = [(first, _rounds(first, others)) for first, *others in by_folder.values()]
    turns = (
        (first, own[turn]) for turn in range(max((len(own) for _, own in rounds), default=0)) for first, own in rounds if turn < len(own)
    )
    left, text = most + _MORE, max(_MORE_TEXT, sum(map(_size, bases)))
    for first, together in turns:
        if left <= 0:
            return
        if (size := _size(first)) > text:
            continue
        shown, outcome, cost = _rendered(first, together, engines, left)
        left, text = left - cost, text - cost * size
        if isinstance(outcome, Rendered):
            yield from ((first, one) for one in _shown(first, shown, outcome))


def _size(base: Base) -> int:
    return sum(len(one.text) for one in base.outcome.documents)


def _rounds(first: Base, others: Sequence[Base]) -> Sequence[Sequence[Variant]]:
    return first.planned.unit.source.variants(first.tree, [one.planned.unit.source for one in others])


def _rendered(base: Base, variants: Sequence[Variant], engines: Engines, left: int) -> tuple[Sequence[Variant], Outcome, int]:
    """Return what becomes of variants that are rendered together, and the number of renderings; one that fails is left out."""
    source = _as_rendered(base)
    outcome = engines.render(source.varied_by(variants), base.tree)
    if isinstance(outcome, Rendered) or len(variants) == 1 or left == 1:
        return variants, outcome, 1
    fitting = [one for one in variants if outcome.file not in one.files]
    variants = fitting if len(fitting) < len(variants) else variants[:1]
    return variants, engines.render(source.varied_by(variants), base.tree) if variants else outcome, 2


def _as_rendered(base: Base) -> Source:
    """Return the source of a unit without what was refused of it, and nothing else: a variant that is refused is none."""
    return base.planned.unit.source.rendered_without(base.outcome.without)


def _shown(base: Base, variants: Sequence[Variant], outcome: Rendered) -> Iterator[Varied]:
    source = _as_rendered(base).varied_by(variants)
    usual = {(one.file, one.text) for one in base.outcome.documents}
    planned = base.planned._replace(unit=base.planned.unit._replace(source=source))
    asked = frozenset[str]().union(*(one.files for one in variants))
    for variant in variants:
        changed = [one for one in outcome.documents if one.file in variant.files and (one.file, one.text) not in usual]
        if changed:
            same = [one for one in outcome.documents if one.file in variant.files and (one.file, one.text) in usual]
            others = [one for one in base.outcome.documents if one.file in asked - variant.files]
            rest = [one for one in outcome.documents if one.file not in asked]
            yield Varied(f"{base.name} [{variant.when.replace('`', '')}]", variant.when, planned, changed, [*same, *others, *rest])
