"""Detects source ranges that restrict less than they seem to: overridden, not enforced by the owner, redundant, or ambiguous."""

from collections.abc import Iterator, Sequence

from k8slblint.addresses import drops_host_bits, format_address, parse_cidr
from k8slblint.admission.ips import ambiguity
from k8slblint.admission.refusal import minor_of
from k8slblint.catalog import controllers
from k8slblint.catalog.service_readers import drops_host_bits as drops_host_bits_of
from k8slblint.graph.answers import Found, Unknown
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.location import Path
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Problem, RelatedPlace, Undecided
from k8slblint.model.texts import capital, listed, quoted, sentence, served, short_key
from k8slblint.traffic.access.source_ranges import own_range_texts
from k8slblint.traffic.access.stated_ranges import RANGES_FIELD, range_texts
from k8slblint.traffic.annotations.relations import Conflict, excludes, idle_ranges
from k8slblint.traffic.ownership import ownership_of

_EVERYTHING = (parse_cidr("0.0.0.0/0"), parse_cidr("::/0"))


def check(service: Resource, graph: ResourceGraph) -> Iterator[Problem | Undecided]:
    """Yield a problem at ranges of a Service of type LoadBalancer that allow other clients than a reader of the manifest would think."""
    if service.get("spec", "type") != "LoadBalancer":
        return
    for found in idle_ranges(service, graph):
        if isinstance(found, Undecided):
            yield found
        elif not _is_reported_elsewhere(found) and not _says_the_same(found):
            yield _idle(service, graph, found)
    ranges = range_texts(service)
    if isinstance(ranges, Unknown):
        yield Undecided(RANGES_FIELD, ranges.reason)
    elif isinstance(ranges, Found):
        yield from _moot(service, ranges.value)
    texts = ranges.value if isinstance(ranges, Found) else ()
    if _drops_host_bits(service, graph):
        yield from _dropped(service, [one for one in (*texts, *own_range_texts(service, graph)) if _has_host_bits(one[1])])
        texts = tuple(one for one in texts if not _has_host_bits(one[1]))
    yield from _ambiguous(service, texts, graph.scope(service).kubernetes_version)


def _is_reported_elsewhere(found: Conflict) -> bool:
    """Tell whether the controller refuses what hides the ranges, which is a conflict of settings."""
    own, other, controller = found.own.name, found.relation.other, found.controller
    return excludes(own, other, controller) or excludes(other, own, controller)


def _says_the_same(found: Conflict) -> bool:
    return found.other is not None and found.relation.kind == "overridden-by" and set(found.other.texts) == set(found.own.texts)


def _idle(service: Resource, graph: ResourceGraph, found: Conflict) -> Problem:
    known = controllers.controllers().get(found.controller)
    owner = sentence(served(known.name, ownership_of(service, graph).reason)) if known is not None else ""
    why = f"{capital(found.relation.why)}. " if found.relation.why else ""
    own, other = found.own.name, found.other.name if found.other is not None else found.relation.other
    kind = found.relation.kind
    fault = {"overridden-by": f"which `{short_key(other)}` overrides", "requires": f"which need `{short_key(other)}`"}
    instead = found.relation.instead or f"Move the ranges to `{other}`, and remove `{own}`"
    place = RANGES_FIELD if found.path[:2] == RANGES_FIELD else found.path
    holds = found.other if kind == "overridden-by" else None
    return Problem(
        path=place,
        headline=f"{service.id} has source ranges {fault.get(kind, 'that restrict nothing')}",
        label="restricts little" if kind == "requires" else "restricts nothing",
        why=f"{why}{owner}",
        help=f"{instead}.",
        severity="note" if kind == "requires" else None,
        confidence=found.confidence,
        related=(RelatedPlace(service, holds.path, "This setting applies."),) if holds is not None else (),
        discriminator=f"{kind} {found.relation.other}".strip(),
    )


def _moot(service: Resource, ranges: tuple[tuple[Path, str], ...]) -> Iterator[Problem]:
    """Yield a problem at a range of all addresses beside narrower ones of the same family."""
    read = [(path, text, parse_cidr(text)) for path, text in ranges]
    for path, text, everything in read:
        if everything is None or everything not in _EVERYTHING:
            continue
        others = [other for _, other, one in read if one is not None and one.family == everything.family and one != everything]
        if others:
            yield Problem(
                path=path,
                headline=f"{service.id} allows every address despite its other source ranges",
                label="allows every address",
                why=f"Beside '{text}' the other ranges restrict nothing: {listed([quoted(other) for other in others])}.",
                help=f"Remove '{text}' if the other ranges are meant, otherwise remove those.",
                discriminator="moot",
            )


def _drops_host_bits(service: Resource, graph: ResourceGraph) -> bool:
    """Tell whether whoever may serve a Service drops ranges with bits after the prefix."""
    candidates = ownership_of(service, graph).candidates
    return bool(candidates) and all(map(drops_host_bits_of, candidates))


def _has_host_bits(text: str) -> bool:
    read = parse_cidr(text)
    return read is not None and drops_host_bits(text, read)


def _dropped(service: Resource, ranges: Sequence[tuple[Path, str]]) -> Iterator[Problem]:
    """Yield a problem at each range that the controller drops, which keeps its addresses out instead of letting more in."""
    for path, text in ranges:
        read = parse_cidr(text)
        address = format_address(read.family, read.first) if read is not None else ""
        yield Problem(
            path=path,
            headline=f"{service.id} blocks the clients of source range {quoted(text, _LONGEST_RANGE)}",
            label="dropped: bits are set after the prefix",
            why="cloud-provider-azure drops a range that is not a network address, and blocks every client that no other range allows.",
            help=f"Write '{address}/{text.partition('/')[2]}' for the network, or a single address with /32 or /128.",
            discriminator=text,
        )


def _ambiguous(service: Resource, ranges: tuple[tuple[Path, str], ...], version: str | None) -> Iterator[Problem]:
    for path, text in ranges:
        rule = ambiguity(text, minor_of(version))
        if rule is not None:
            yield Problem(
                path=path,
                headline=f"{service.id} has ambiguous source range {quoted(text, _LONGEST_RANGE)}",
                label=_how_read(text, rule),
                why="Readers of the value disagree about it, and from Kubernetes 1.36 on the API server refuses new values like this.",
                help="Write the network address with its prefix, or a single address with /32 or /128.",
                discriminator=text,
            )


_LONGEST_RANGE = 30


def _how_read(text: str, rule: str) -> str:
    read = parse_cidr(text)
    if read is None or not drops_host_bits(text, read):
        return rule
    return f"read as {read.size} addresses from {format_address(read.family, read.first)}"
