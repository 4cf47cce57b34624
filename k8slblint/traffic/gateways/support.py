"""Whether the implementation that serves a Gateway, a route or a policy supports the features that it asks for.

A feature that an implementation does not claim in its conformance report may work all the same; what its code does is in the catalog
where that was read. A report that does not know a feature says nothing.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from k8slblint.catalog.gateway_features import (
    Behaviour,
    FeatureReport,
    GatewayImplementation,
    Minor,
    gateway_implementation,
    minor_of,
    newest_release,
)
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import LISTENER_SET_KINDS
from k8slblint.graph.relations.backends import users_of
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Confidence
from k8slblint.traffic.attachment.attachments import attachments_of
from k8slblint.traffic.gateways.asked_features import AskedFeature, asked_features
from k8slblint.traffic.gateways.versions import installed_version
from k8slblint.traffic.ownership import ownership_of
from k8slblint.traffic.ownership.gateways import controller_names

_STALE = 2
"""How many releases of Gateway API a report may be behind, where the manifests do not show that its version is installed."""


class Claim(NamedTuple):
    """The report in which an implementation does not claim something: version of the implementation, release of Gateway API."""

    version: str
    release: str


class Unsupported(NamedTuple):
    """Features that the implementation of `gateway` does not support, for one reason: its code (`behaviour`), or only its report.

    `condition` is `(type, status, reason)` where the version that is installed shows one. `confidence` is that of who serves the Gateway,
    and at most medium where there is only the report.
    """

    implementation: str
    gateway: Resource
    asked: tuple[AskedFeature, ...]
    claim: Claim | None
    behaviour: Behaviour | None
    confidence: Confidence
    condition: tuple[str, str, str] | None = None


def unsupported(resource: Resource, graph: ResourceGraph) -> Iterator[Unsupported]:
    """Yield what an object asks for and the implementations that serve it do not support, once for each of them and each reason."""
    asked = asked_features(resource, graph)
    if not asked:
        return
    done = set()
    for gateway in _serving(resource, graph):
        names = controller_names(gateway, graph)
        implementation = gateway_implementation(names[0]) if len(names) == 1 else None
        if implementation is not None and implementation.name not in done:
            done.add(implementation.name)
            yield from _by_reason(asked, implementation, gateway, graph)


def _by_reason(
    asked: Sequence[AskedFeature], implementation: GatewayImplementation, gateway: Resource, graph: ResourceGraph
) -> Iterator[Unsupported]:
    reasons: dict[tuple[Behaviour | None, Claim | None], list[AskedFeature]] = defaultdict(list)
    names = {one.feature.name for one in asked}
    installed = None
    is_read = False
    for one in asked:
        if not _is_in_doubt(one.feature.name, implementation):
            continue
        if not is_read:
            installed, is_read = installed_version(implementation, graph.scope(gateway).cluster, graph), True
        reason = reason_against(one.feature.name, implementation, installed)
        if reason is not None:
            reasons[reason].append(one)
    missing = {one.feature.name for found in reasons.values() for one in found}
    for (behaviour, claim), found in reasons.items():
        kept = tuple(one for one in found if one.feature.within not in missing & names)
        owner = ownership_of(gateway, graph).confidence
        confidence: Confidence = owner if behaviour is not None else "medium"
        if kept:
            yield Unsupported(implementation.name, gateway, kept, claim, behaviour, confidence, _condition(behaviour, installed))


def _condition(behaviour: Behaviour | None, installed: Minor | None) -> tuple[str, str, str] | None:
    since = behaviour.condition_since if behaviour is not None else None
    is_shown = since is None or (installed is not None and installed >= since)
    return behaviour.condition if behaviour is not None and is_shown else None


def _is_in_doubt(feature: str, implementation: GatewayImplementation) -> bool:
    """Tell whether anything speaks against a feature, before it is worked out which version runs."""
    return feature in implementation.behaviour or any(feature in report.not_claimed for report in implementation.reports)


def reason_against(
    feature: str, implementation: GatewayImplementation, installed: Minor | None
) -> tuple[Behaviour | None, Claim | None] | None:
    """Return the code and the report that speak against a feature; None where nothing does, or a report claims it.

    `installed` is the version that runs, None where that is not known.
    """
    reports = implementation.reports
    minors = [report.minor for report in reports if report.minor is not None]
    behaviour = implementation.behaviour.get(feature)
    is_newer = installed is not None and (not minors or installed > max(minors))
    if is_newer or (behaviour is not None and behaviour.outcome == "works"):
        return None
    own = [report for report in reports if installed is not None and report.minor == installed]
    if any(feature in report.claimed for report in own or reports):
        return None
    claim = _claim(feature, own or reports, is_own=bool(own))
    return (behaviour, claim) if behaviour is not None or claim is not None else None


def _claim(feature: str, reports: Sequence[FeatureReport], *, is_own: bool) -> Claim | None:
    """Return the newest report where it says that the feature was not claimed, and every other of that release says so, too."""
    releases = [minor_of(report.release) for report in reports]
    newest = max(filter(None, releases), default=None)
    if newest is None or (not is_own and _is_stale(newest)):
        return None
    telling = [report for report, release in zip(reports, releases, strict=True) if release == newest]
    if not all(feature in report.not_claimed for report in telling):
        return None
    latest = max(telling, key=lambda report: report.minor or (0, 0))
    version = ".".join(map(str, latest.minor)) if latest.minor is not None else latest.version
    return Claim(version, latest.release)


def _is_stale(release: Minor) -> bool:
    newest = newest_release()
    return release[0] != newest[0] or newest[1] - release[1] > _STALE


def _serving(resource: Resource, graph: ResourceGraph) -> Iterator[Resource]:
    """Yield the Gateways that an object is about, or may attach to, as far as they are in the manifests."""
    if resource.kind == "Gateway":
        yield resource
    elif resource.kind == "BackendTLSPolicy":
        for route in _routes_to_targets(resource, graph):
            yield from _gateways(route, graph)
    else:
        yield from _gateways(resource, graph)


def _gateways(source: Resource, graph: ResourceGraph) -> Iterator[Resource]:
    """Yield the Gateways of a route, also through a ListenerSet, or of a ListenerSet; a route that is refused is served by none."""
    for attachment in attachments_of(source, graph):
        holder = attachment.holder
        if holder is None or (attachment.standing == "refused" and source.type_name not in LISTENER_SET_KINDS):
            continue
        holders = [one.holder for one in attachments_of(holder, graph)] if holder.type_name in LISTENER_SET_KINDS else [holder]
        yield from (one for one in holders if one is not None and one.kind == "Gateway")


def _routes_to_targets(policy: Resource, graph: ResourceGraph) -> Iterator[Resource]:
    """Yield the routes that send traffic to the Services that a policy targets, which are in its own namespace."""
    for target in policy.sequence("spec", "targetRefs"):
        name = target.get("name") if isinstance(target, dict) and target.get("kind") == "Service" else None
        service = graph.named(graph.scope(policy).cluster, "Service", policy.namespace, name) if isinstance(name, str) else None
        for backend in users_of(service, graph) if service is not None else ():
            if backend.source.kind != "Ingress":
                yield backend.source
