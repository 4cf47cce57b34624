"""Detects source ranges that do not restrict what they seem to: hidden, not kept by the owner, moot, or ambiguous."""

from collections.abc import Iterator

from k8slblint.addresses import drops_host_bits, format_address, parse_cidr
from k8slblint.admission.ips import ambiguity
from k8slblint.admission.refusal import minor_of
from k8slblint.catalog import controllers
from k8slblint.graph.answers import Found, Unknown
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.location import Path
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Problem, RelatedPlace, Undecided
from k8slblint.traffic.access.stated_ranges import RANGES_FIELD, range_texts
from k8slblint.traffic.annotations.relations import Conflict, excludes, idle_ranges
from k8slblint.traffic.ownership import ownership_of

_EVERYTHING = (parse_cidr("0.0.0.0/0"), parse_cidr("::/0"))


def check(service: Resource, graph: ResourceGraph) -> Iterator[Problem | Undecided]:
    """Yield a problem at ranges of a Service of type LoadBalancer that let in others than a reader of the manifest would think."""
    if service.get("spec", "type") != "LoadBalancer":
        return
    for found in idle_ranges(service, graph):
        if isinstance(found, Undecided):
            yield found
        elif not _is_told_elsewhere(found) and not _says_the_same(found):
            yield _idle(service, graph, found)
    ranges = range_texts(service)
    if isinstance(ranges, Unknown):
        yield Undecided(RANGES_FIELD, ranges.reason)
    elif isinstance(ranges, Found):
        yield from _moot(ranges.value)
        yield from _ambiguous(ranges.value, graph.scope(service).kubernetes_version)


def _is_told_elsewhere(found: Conflict) -> bool:
    """Tell whether the controller refuses what hides the ranges, which is a conflict of settings."""
    own, other, controller = found.own.name, found.relation.other, found.controller
    return excludes(own, other, controller) or excludes(other, own, controller)


def _says_the_same(found: Conflict) -> bool:
    return found.other is not None and found.relation.kind == "overridden-by" and set(found.other.texts) == set(found.own.texts)


def _idle(service: Resource, graph: ResourceGraph, found: Conflict) -> Problem:
    known = controllers.controllers().get(found.controller)
    owner = f" ({known.name} serves the Service: {ownership_of(service, graph).reason}.)" if known is not None else ""
    why = f": {found.relation.why}" if found.relation.why else ""
    own, other = found.own.name, found.other.name if found.other is not None else found.relation.other
    if found.relation.kind == "overridden-by":
        what = f"`{own}` restricts nothing beside `{other}`{why}"
    elif found.relation.kind == "requires":
        what = f"`{own}` restricts little without `{other}`{why}"
    else:
        what = f"`{own}` restricts nothing{why}"
    instead = found.relation.instead or f"Say it in `{other}`, and remove `{own}`"
    place = RANGES_FIELD if found.path[:2] == RANGES_FIELD else found.path
    holds = found.other if found.relation.kind == "overridden-by" else None
    return Problem(
        path=place,
        message=f"{what}.{owner} {instead}.",
        severity="note" if found.relation.kind == "requires" else None,
        confidence=found.confidence,
        related=(RelatedPlace(service, holds.path, "This is what holds."),) if holds is not None else (),
        discriminator=f"{found.relation.kind} {found.relation.other}".strip(),
    )


def _moot(ranges: tuple[tuple[Path, str], ...]) -> Iterator[Problem]:
    """Yield a problem at a range of all addresses beside narrower ones of the same family."""
    read = [(path, text, parse_cidr(text)) for path, text in ranges]
    for path, text, everything in read:
        if everything is None or everything not in _EVERYTHING:
            continue
        others = [other for _, other, one in read if one is not None and one.family == everything.family and one != everything]
        if others:
            yield Problem(
                path=path,
                message=f"'{text}' lets every address in, so the other ranges ({_listed(others)}) restrict nothing. "
                f"Remove '{text}', or the others.",
                discriminator="moot",
            )


def _ambiguous(ranges: tuple[tuple[Path, str], ...], version: str | None) -> Iterator[Problem]:
    for path, text in ranges:
        rule = ambiguity(text, minor_of(version))
        if rule is not None:
            message = f"{_how_read(text, rule)} From Kubernetes 1.36 on the API server refuses new values like this."
            yield Problem(path=path, message=message, discriminator=text)


def _how_read(text: str, rule: str) -> str:
    read = parse_cidr(text)
    if read is None or not drops_host_bits(text, read):
        return f"'{text}' is not read alike by everybody, as it {rule}."
    first = format_address(read.family, read.first)
    length = text.partition("/")[2]
    return f"'{text}' is written as one address and read as all {read.size} of '{first}/{length}'. Write what is meant."


def _listed(texts: list[str]) -> str:
    shown = ", ".join(f"'{text}'" for text in texts[:3])
    return f"{shown} and {len(texts) - 3} more" if len(texts) > 3 else shown  # noqa: PLR2004 - as many as a line takes
