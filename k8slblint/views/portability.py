"""The page of portability: how many Ingresses repositories have, which keys, which targets can take them, and what blocks."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.records import NamedTuple
from k8slblint.model.texts import middle
from k8slblint.reporting.escaping import code, prose
from k8slblint.reporting.excerpt import visible
from k8slblint.reporting.json import dump
from k8slblint.reporting.markdown_text import Section, document
from k8slblint.traffic.migration.forms import EFFORTS, Effort, Loss, Minor, Target, all_targets
from k8slblint.traffic.migration.plans import Plan, counts_by_loss, plans

VERSION = 1
"""The version of the JSON that `as_json` writes; it grows when a field is removed or changes its meaning."""

SPECIFICATION = "gateway-api"
"""How the specification is called among the targets."""

_SHOWN = 15

_LONGEST_KEY = 70


class Fit(NamedTuple):
    """How a target takes the Ingresses: how many by effort, items by consequence, and what it has no equivalent for, with the Ingresses.

    `unprotected` counts the protections for which it has none.
    """

    target: str
    name: str
    efforts: dict[Effort, int]
    losses: dict[Loss, int]
    unprotected: int
    blockers: dict[str, int]


class Portability(NamedTuple):
    """What one path holds: Ingresses, the controllers that they are read for, the keys that those read, and how each target takes them."""

    path: str
    ingresses: int
    controllers: dict[str, int]
    keys: dict[str, int]
    fits: tuple[Fit, ...]


def portability(path: str, graph: ResourceGraph, release: Minor | None) -> Portability:
    """Return how portable the Ingresses of a graph are, to the specification and to each implementation."""
    every = [(target, plans(graph, target)) for target in all_targets(release)]
    found = every[0][1]
    keys = Counter(one.key for plan in found for one in plan.asked)
    controllers = Counter(plan.serving.name for plan in found)
    fits = tuple(_fit(target, those) for target, those in every)
    return Portability(path, len(found), dict(controllers.most_common()), dict(_sorted(keys)), fits)


def _sorted(counts: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))


def _fit(target: Target, found: Sequence[Plan]) -> Fit:
    efforts = Counter(plan.effort for plan in found)
    blockers = Counter(
        subject
        for plan in found
        for subject in {item.subject for item in plan.items if item.verdict == "none" and item.loss not in (None, "cosmetic")}
    )
    unprotected = sum(item.loss == "lost-protection" and item.verdict != "policy" for plan in found for item in plan.items)
    return Fit(
        target.id, target.name, {effort: efforts[effort] for effort in EFFORTS}, counts_by_loss(found), unprotected, dict(_sorted(blockers))
    )


def together(found: Sequence[Portability]) -> Portability:
    """Return the sum of several paths."""
    keys: Counter[str] = Counter()
    controllers: Counter[str] = Counter()
    for one in found:
        keys.update(one.keys)
        controllers.update(one.controllers)
    fits = [_sum([one.fits[index] for one in found]) for index in range(len(found[0].fits))] if found else []
    total = sum(one.ingresses for one in found)
    return Portability("all", total, dict(controllers.most_common()), dict(_sorted(keys)), tuple(fits))


def _sum(fits: Sequence[Fit]) -> Fit:
    losses: Counter[str] = Counter()
    blockers: Counter[str] = Counter()
    for one in fits:
        losses.update(one.losses)
        blockers.update(one.blockers)
    efforts = {effort: sum(one.efforts[effort] for one in fits) for effort in EFFORTS}
    unprotected = sum(one.unprotected for one in fits)
    by_loss = {name: losses[name] for name in fits[0].losses}
    return Fit(fits[0].target, fits[0].name, efforts, by_loss, unprotected, dict(_sorted(blockers)))


def as_text(found: Sequence[Portability]) -> str:
    """Return the page as text: the sum, the paths, the targets from the best to the worst, keys, and what blocks the best."""
    return "".join(visible(line).rstrip() + "\n" for line in _lines(found))


def _lines(found: Sequence[Portability]) -> Iterator[str]:
    total = together(found)
    yield f"{total.ingresses} Ingress{'es' * (total.ingresses != 1)} in {len(found)} path{'s' * (len(found) != 1)}"
    if len(found) > 1:
        yield from (f"  {one.ingresses:>5}  {one.path}" for one in found)
    if not total.ingresses:
        return
    yield ""
    yield "Controllers that they are read for"
    yield from (f"  {count:>5}  {name}" for name, count in total.controllers.items())
    yield ""
    yield f"  {'target':<26}  {'translate':>9}  {'test':>5}  {'policy':>6}  {'redesign':>8}  {'protections':>11}  {'without means':>13}"
    for fit in ranked(total.fits):
        numbers = fit.efforts
        yield (
            f"  {fit.target:<26}  {numbers['translate']:>9}  {numbers['test']:>5}  {numbers['policy']:>6}  {numbers['redesign']:>8}"
            f"  {fit.losses['lost-protection']:>11}  {fit.unprotected:>13}"
        )
    yield from _keys(total)
    yield from _blockers(total)


def ranked(fits: Sequence[Fit]) -> list[Fit]:
    """Return the targets from the one with the least to redesign to the one with the most."""
    return sorted(fits, key=lambda fit: (fit.efforts["redesign"], fit.unprotected, fit.efforts["policy"], fit.efforts["test"]))


def _keys(total: Portability) -> Iterator[str]:
    if total.keys:
        yield ""
        yield "Keys that controllers read"
        yield from (f"  {count:>5}  {middle(key, _LONGEST_KEY)}" for key, count in list(total.keys.items())[:_SHOWN])
        if len(total.keys) > _SHOWN:
            yield f"         {len(total.keys) - _SHOWN} more (--format json)"


def _blockers(total: Portability) -> Iterator[str]:
    best = next((fit for fit in ranked(total.fits) if fit.target != SPECIFICATION), None)
    if best is not None and best.blockers:
        yield ""
        yield f"What has no equivalent in {best.name}, by Ingresses"
        yield from (f"  {count:>5}  {subject}" for subject, count in list(best.blockers.items())[:_SHOWN])


def as_json(found: Sequence[Portability]) -> str:
    """Return the page as JSON: `schemas/portability.schema.json`."""
    return dump({"version": VERSION, "paths": [_value(one) for one in found], "total": _value(together(found))})


def _value(one: Portability) -> dict[str, Any]:
    return {**one._asdict(), "fits": [fit._asdict() for fit in one.fits]}


def as_markdown(found: Sequence[Portability]) -> str:
    """Return the page in Markdown, without tables: what manifests hold stands in none."""
    total = together(found)
    lines = [f"{total.ingresses} Ingresses in {len(found)} paths."]
    sections = [
        Section("Targets", [_in_markdown(fit) for fit in ranked(total.fits)]),
        Section("Paths", [f"{code(one.path)}: {one.ingresses}" for one in found]),
        Section("Controllers", [f"{prose(name)}: {count}" for name, count in total.controllers.items()]),
        Section("Keys that controllers read", [f"{code(key)}: {count}" for key, count in total.keys.items()], is_folded=True),
    ]
    best = next((fit for fit in ranked(total.fits) if fit.target != SPECIFICATION), None)
    if best is not None:
        items = [f"{code(subject)}: {count}" for subject, count in best.blockers.items()]
        sections.append(Section(f"Without an equivalent in {best.name}", items))
    return document("Portability to Gateway API", lines, [one for one in sections if one.items])


def _in_markdown(fit: Fit) -> str:
    efforts = ", ".join(f"{count} {effort}" for effort, count in fit.efforts.items())
    return f"{prose(fit.name)}: {efforts}; {fit.losses['lost-protection']} protections, {fit.unprotected} of them without means"
