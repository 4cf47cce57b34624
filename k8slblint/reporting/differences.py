"""The differences between two revisions as text, as JSON (`schemas/diff.schema.json`) and in Markdown."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from k8slblint.model.difference import Difference, Differences, Direction, Side
from k8slblint.model.location import Location
from k8slblint.model.records import NamedTuple
from k8slblint.model.texts import capital, sentence
from k8slblint.reporting import difference_words as words
from k8slblint.reporting.escaping import code, prose
from k8slblint.reporting.excerpt import visible, visible_place
from k8slblint.reporting.json import dump
from k8slblint.reporting.markdown_text import BREAK, Section, document

VERSION = 1
"""The version of the JSON that `as_json` writes; it grows when a field is removed or changes its meaning."""

_HEADS: dict[Direction, str] = {"more-exposed": "More exposed", "less-exposed": "Less exposed", "neutral": "Changed"}

_SAMPLES = "In samples and tests"

UNDECIDED = "Could not be decided"

NOT_READ = "Could not be read"

_SHOWN = 20
"""How many of one kind are shown as text; `--all` shows the others."""


class _Told(NamedTuple):
    """A difference, and others of the same object that are told with it."""

    one: Difference
    others: tuple[Difference, ...] = ()


_WITH_ENTRY = ("node-port", "load-balancer")


def _folded(group: Sequence[Difference]) -> list[_Told]:
    """Put what is told of the load balancer and the node ports of an object with what becomes of its reach."""
    heads = {(one.cluster, one.environment, one.resource): one for one in group if one.topic == "entry-point"}
    others: dict[int, list[Difference]] = {}
    for one in group:
        head = heads.get((one.cluster, one.environment, one.resource)) if one.topic in _WITH_ENTRY else None
        if head is not None:
            others.setdefault(id(head), []).append(one)
    below = {id(one) for several in others.values() for one in several}
    return [_Told(one, tuple(others.get(id(one), ()))) for one in group if id(one) not in below]


def as_text(found: Differences, *, reasons: bool = False, everything: bool = False) -> str:
    """Return the differences as text, by direction; `reasons` says why of each, `everything` leaves none out."""
    lines = [f"{capital(' · '.join(words.summary(found)))}."]
    for head, group in grouped(found):
        told = _folded(group)
        shown = told if everything else told[:_SHOWN]
        lines += ["", f"{head}:"]
        lines += [line for one in shown for line in _as_lines(one, reasons=reasons or head == UNDECIDED)]
        if len(told) > len(shown):
            lines.append(f"  {len(told) - len(shown)} more (--all)")
    if found.unread:
        shown_gaps = found.unread if everything else found.unread[:_SHOWN]
        lines += ["", f"{NOT_READ}, so that what it contains may differ unseen:"]
        lines += [f"  {gap.path}: {gap.reason}" for gap in shown_gaps]
        if len(found.unread) > len(shown_gaps):
            lines.append(f"  {len(found.unread) - len(shown_gaps)} more (--all)")
    return "".join(visible(line) + "\n" for line in lines)


def grouped(found: Differences) -> list[tuple[str, Sequence[Difference]]]:
    """Return the differences under their headings, in the order of reports: by direction, samples apart, the undecided last."""
    groups: list[tuple[str, Sequence[Difference]]] = []
    for direction, head in _HEADS.items():
        groups.append((head, [one for one in found.changes if one.direction == direction and not one.is_sample]))
    groups += [(_SAMPLES, [one for one in found.changes if one.is_sample]), (UNDECIDED, found.undecided)]
    return [(head, group) for head, group in groups if group]


def _as_lines(told: _Told, *, reasons: bool) -> Iterator[str]:
    one = told.one
    yield f"  {words.sentence(one)}  ({place_of(one)})"
    yield from (f"      {text}" for text in (*words.details(one), *map(words.folded, told.others)))
    if reasons and one.reason:
        yield f"      because {one.reason}"


def place_of(one: Difference) -> str:
    """Return where a difference is written now, or where it was; a cluster, which stands in no file, by its environment."""
    if one.location is not None:
        return visible_place(one.location)
    return f"was {visible_place(one.previous)}" if one.previous is not None else f"environment {one.environment}"


def as_json(found: Differences, base: str, head: str | None) -> str:
    """Return all that differs as JSON; `base` and `head` are what was compared, None for the files of now."""
    return dump(
        {
            "version": VERSION,
            "base": base,
            "head": head,
            "exposure_changed": found.changes_exposure,
            "summary": words.summary(found),
            "changes": [_difference(one) for one in found.changes],
            "undecided": [_difference(one) for one in found.undecided],
            "unread": [gap._asdict() for gap in found.unread],
        }
    )


def _difference(one: Difference) -> dict[str, Any]:
    return {
        "topic": one.topic,
        "change": one.change,
        "direction": one.direction,
        "message": words.sentence(one),
        "cluster": one.cluster,
        "environment": one.environment,
        "resource": one.resource._asdict() if one.resource is not None else None,
        "subject": one.subject or None,
        "before": _side(one.before),
        "after": _side(one.after),
        "location": _location(one.location),
        "previous_location": _location(one.previous),
        "confidence": one.confidence,
        "reason": one.reason or None,
        "note": one.note or None,
        "leads_to": list(one.leads_to),
        "sample": one.is_sample,
        "leaves_behind": one.leaves_behind,
    }


def _side(side: Side | None) -> dict[str, Any] | None:
    if side is None:
        return None
    monthly = list(side.monthly_usd) if side.monthly_usd is not None else None
    named = {"reach": side.reach or None, "values": list(side.values), "kind": side.kind or None, "owner": side.owner or None}
    return {**named, "monthly_usd": monthly}


def _location(location: Location | None) -> dict[str, Any] | None:
    return None if location is None else {"path": location.path, **location.span._asdict()}


def as_markdown(found: Differences) -> str:
    """Return the differences in Markdown, cut to what a comment on GitHub may hold."""
    undecided = Section(f"{UNDECIDED} ({len(found.undecided) + len(found.unread)})", list(undecided_items(found)))
    return document("What this change does to traffic", [exposure_line(found)], [*sections(found), undecided])


def exposure_line(found: Differences) -> str:
    """Return in one line of Markdown what a change does to exposure."""
    first, *others = words.summary(found)
    return f"**{' · '.join(map(prose, (capital(first), *others)))}**"


def sections(found: Differences) -> list[Section]:
    """Return the decided differences as sections in Markdown; what could not be decided is `undecided_items`."""
    return [Section(f"{head} ({len(_folded(group))})", list(_items(group))) for head, group in grouped(found) if head != UNDECIDED]


def undecided_items(found: Differences) -> Iterator[str]:
    """Yield what could not be decided as items in Markdown, those of one reason together, then what could not be read."""
    ordered = sorted(found.undecided, key=lambda one: one.reason)
    for reason, group in groupby(ordered, key=lambda one: one.reason):
        told = [" ".join(_undecided(one)) for one in _folded(list(group))]
        if len(told) == 1:
            yield f"{told[0]}: {prose(sentence(reason))}"
        else:
            yield "\n".join((f"{prose(capital(reason))}:", *(f"  - {text}" for text in told)))
    for gap in found.unread:
        yield f"{code(gap.path)} could not be read: {prose(gap.reason)}"


def _undecided(told: _Told) -> Iterator[str]:
    texts = (words.sentence(told.one), *map(words.folded, told.others))
    yield f"{prose(', '.join(texts))} ({code(place_of(told.one))})"
    if told.one.note:
        yield f"({prose(told.one.note)})"


def _items(group: Sequence[Difference]) -> Iterator[str]:
    for one, others in _folded(group):
        texts = (*words.details(one), *map(words.folded, others))
        further = f"{BREAK}{' '.join(prose(sentence(capital(text))) for text in texts)}" if texts else ""
        yield f"{prose(words.sentence(one))} ({code(place_of(one))}){further}"
