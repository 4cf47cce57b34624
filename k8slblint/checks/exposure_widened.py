"""Detects changes after which more of the world reaches a Service, an Ingress or a Gateway than before."""

from collections.abc import Iterator

from k8slblint.addresses import Interval, is_private
from k8slblint.graph.answers import Found, Unknown
from k8slblint.graph.exposure import Exposure, exposure_of
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.source_ranges import SourceRanges, added, source_ranges
from k8slblint.model.location import Path
from k8slblint.model.resource import Resource
from k8slblint.model.rule import CONFIDENCES, Problem, RelatedPlace, Severity, Undecided

_SILENT = ("development", "test", "ci", "local")

_SHOWN = 3


def check(resource: Resource, graph: ResourceGraph) -> Iterator[Problem | Undecided]:
    """Yield a problem where something that was not reached from the internet now is, or ranges let more of it in.

    What becomes reachable outside its cluster, and how far is not known, is a warning. New objects are no widening.
    """
    answer, earlier = graph.before(resource), graph.earlier
    if earlier is None:
        return
    if isinstance(answer, Unknown):
        yield Undecided(("metadata", "name"), answer.reason)
    if not isinstance(answer, Found):
        return
    before = answer.value
    was, becomes = exposure_of(before, earlier), exposure_of(resource, graph)
    if becomes.reach == "internet" and was.reach == "internet":
        yield from _wider_ranges(before, resource, source_ranges(before, earlier), source_ranges(resource, graph))
    elif becomes.reach == "internet" and was.reach == "unknown":
        yield Undecided(_path(resource, becomes), f"from where it was reached before is not known: {was.reason}")
    elif becomes.reach == "internet":
        yield _problem(before, resource, was, becomes, "error")
    elif was.reach == "cluster" and becomes.reach in ("node", "unknown") and _becomes_load_balancer(before, resource, graph):
        yield _problem(before, resource, was, becomes._replace(confidence="medium"), "warning")


def _becomes_load_balancer(before: Resource, service: Resource, graph: ResourceGraph) -> bool:
    """Tell whether a Service of the cluster gets a load balancer; node ports are the matter of `node-port-in-production`."""
    types = [one.get("spec", "type", default="ClusterIP") for one in (before, service)]
    return service.kind == "Service" and types == ["ClusterIP", "LoadBalancer"] and graph.scope(service).environment not in _SILENT


def _problem(before: Resource, after: Resource, was: Exposure, becomes: Exposure, severity: Severity) -> Problem:
    far = "is now reached from outside the cluster, how far is not known"
    now = "is now reached from the internet" if becomes.reach == "internet" else far
    or_cluster = "; if nobody outside does, keep type ClusterIP" if after.kind == "Service" else ""
    return Problem(
        path=_path(after, becomes),
        message=(
            f"{after.id} {now} (before: {_WORDS[was.reach]}), as {becomes.reason}. "
            f"If only the network around the cluster needs it, make its load balancer internal{or_cluster}."
        ),
        severity=severity,
        confidence=min(was.confidence, becomes.confidence, key=CONFIDENCES.index),
        related=(RelatedPlace(before, _path(before, was), f"In the revision before, {was.reason}."),),
        discriminator=f"{was.reach}->{becomes.reach}",
    )


_WORDS = {"internal": "internal", "node": "node ports only", "cluster": "the cluster only", "internet": "the internet"}


def _path(resource: Resource, exposure: Exposure) -> Path:
    if exposure.key is not None and resource.annotations.get(exposure.key) is not None:
        return ("metadata", "annotations", exposure.key)
    for path in (("spec", "loadBalancerClass"), ("spec", "type"), ("spec", "ingressClassName"), ("spec", "gatewayClassName")):
        if resource.get(*path) is not None:
            return path
    return ("metadata", "annotations") if resource.annotations else ("metadata", "name")


def _wider_ranges(before: Resource, after: Resource, was: SourceRanges, becomes: SourceRanges) -> Iterator[Problem | Undecided]:
    if was.stated == becomes.stated or was.is_open or not was.stated:
        return
    if not (was.is_known and becomes.is_known):
        yield Undecided(("spec", "loadBalancerSourceRanges"), "the source ranges are filled in later, or are none")
        return
    if becomes.is_open and not set(becomes.filters) - set(was.filters):
        yield _opened(before, after, was, becomes)
        return
    new = [interval for interval in added(was.intervals, becomes.intervals) if not is_private(interval)]
    if new and becomes.stated:
        yield _widened(before, after, was, becomes, new)


def _opened(before: Resource, after: Resource, was: SourceRanges, becomes: SourceRanges) -> Problem:
    everybody = becomes.open_range
    path = everybody.path if everybody is not None else ("spec", "type") if after.get("spec", "type") is not None else ("metadata", "name")
    what = f"'{everybody.text}' is among its source ranges" if everybody is not None else "its source ranges are removed"
    if everybody is None and becomes.stated:
        what, path = "its source ranges together are everything", becomes.stated[0].path
    return Problem(
        path=path,
        message=(
            f"{after.id} is reached from the internet, and {what}: before, only {_listed([one.text for one in was.stated])} could connect, "
            "now everybody can. Restore the ranges, or add those that are missing."
        ),
        related=(RelatedPlace(before, was.stated[0].path, "The source ranges in the revision before."),),
        discriminator="ranges-removed",
    )


def _widened(before: Resource, after: Resource, was: SourceRanges, becomes: SourceRanges, new: list[Interval]) -> Problem:
    first = next((one for one in becomes.stated if one.interval and added(was.intervals, [one.interval])), becomes.stated[0])
    return Problem(
        path=first.path,
        message=(
            f"{after.id} is reached from the internet, and its source ranges let in more of it than before: "
            f"{_listed([str(one) for one in new])}. Check that these addresses belong to clients of yours."
        ),
        severity="note",
        related=(RelatedPlace(before, was.stated[0].path, "The source ranges in the revision before."),),
        discriminator="ranges-widened",
    )


def _listed(texts: list[str]) -> str:
    shown = ", ".join(f"'{text}'" for text in texts[:_SHOWN])
    return shown + (f" and {len(texts) - _SHOWN} more" if len(texts) > _SHOWN else "")
