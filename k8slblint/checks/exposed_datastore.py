"""Detects databases, caches, queues and consoles that the internet, or anyone who can reach a node, can connect to."""

from collections.abc import Iterator, Sequence

from k8slblint.catalog.datastores import datastore_of_chart
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.location import Path
from k8slblint.model.patterns import pattern
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import HELM_VALUES, Resource
from k8slblint.model.rule import CONFIDENCES, Confidence, Problem, RelatedPlace, Severity, Undecided, least
from k8slblint.model.scope import TRIAL_ENVIRONMENTS, UNDEPLOYED_ENVIRONMENTS
from k8slblint.model.texts import HEADLINE, capital, fitted, sentence
from k8slblint.traffic.access.source_ranges import access_to
from k8slblint.traffic.exposure import Exposure, exposure_of
from k8slblint.traffic.exposure.datastores import Answering, answering_at
from k8slblint.traffic.exposure.entry_points import EntryPoint, Target, bound_to, entry_points_through, targets_of
from k8slblint.traffic.exposure.protection import is_protected
from k8slblint.traffic.exposure.services import least_exposure_of
from k8slblint.traffic.exposure.vendor_ways import is_filtered
from k8slblint.traffic.policies.clients import lists_clients


class _Way(NamedTuple):
    """A way in that leads to a datastore: `path` is where it is opened, `is_http` tells that an HTTP proxy stands before it."""

    path: Path
    exposure: Exposure
    answering: Answering
    steps: tuple[RelatedPlace, ...]
    is_http: bool = False


def check(resource: Resource, graph: ResourceGraph, *, allowed_products: Sequence[str]) -> Iterator[Problem | Undecided]:
    """Yield a problem for each product that a Service, Ingress, Gateway or workload opens to the internet or to a node's network.

    Node ports are an error in production, silent where people develop, and in samples. Source ranges and other filters count.
    """
    scope = graph.scope(resource)
    if scope.environment in UNDEPLOYED_ENVIRONMENTS:
        return
    allowed = {product.lower() for product in allowed_products}
    found: dict[str, _Way] = {}
    for way in _ways(resource, graph):
        product = way.answering.store.product
        if product.lower() not in allowed and (product not in found or _certainty(way) > _certainty(found[product])):
            found[product] = way
    for way in found.values():
        yield from _judged(resource, way, graph)


def _certainty(way: _Way) -> int:
    return CONFIDENCES.index(way.answering.confidence)


def _ways(resource: Resource, graph: ResourceGraph) -> Iterator[_Way]:
    if resource.kind == "Service":
        yield from _ways_of_service(resource, graph)
        return
    if resource.kind == HELM_VALUES:
        yield from _ways_of_values(resource, graph)
        return
    for entry in entry_points_through(resource, graph):
        if entry.exposure.reach not in ("internet", "node") and not _passes_tcp(entry):
            continue
        for target in entry.targets:
            answering = answering_at(target, entry.service, entry.workload)
            if answering is not None and _is_passed_on(entry, answering, target):
                yield _Way(_path(entry, target), entry.exposure, answering, entry.steps, is_http=_is_http(entry))


def _ways_of_service(service: Resource, graph: ResourceGraph) -> Iterator[_Way]:
    known = exposure_of(service, graph)
    if known.reach not in ("internet", "node", "unknown"):
        return
    entries = entry_points_through(service, graph)
    exposure = least_exposure_of(service, known) if entries else known
    if exposure.reach == "unknown":
        return
    for target in targets_of(service):
        path = (*target.path, "port")
        for entry in entries:
            answering = answering_at(target, service, entry.workload)
            if answering is not None:
                yield _Way(path, exposure, answering, entry.steps)
        answering = answering_at(target, service, None) if not entries else None
        if answering is not None:
            yield _Way(path, exposure, answering, (RelatedPlace(service, path, f"{service.id} opens this port: {exposure.reason}."),))


def _ways_of_values(values: Resource, graph: ResourceGraph) -> Iterator[_Way]:
    """Yield the way to what a release installs, by the name of its chart; none to what the chart has beside it for operators."""
    chart = values.get("chart", "name")
    store = datastore_of_chart(chart) if isinstance(chart, str) and chart else None
    words = {word for step in values.sequence("path") if isinstance(step, str) for word in _WORDS.findall(step.lower())}
    if store is None or not values.get("deployer", "name") or words & _BESIDE or values.get("values", "type") != "LoadBalancer":
        return
    exposure = exposure_of(values, graph)
    if exposure.reach == "internet":
        yield _Way(
            ("values", "type"), exposure, Answering(store, min(store.typical or store.ports), "medium", f"chart '{chart}' installs it"), ()
        )


_WORDS = pattern(r"[a-z]+")
_BESIDE = frozenset({"metrics", "exporter", "console", "dashboard", "dashboards", "ui", "kibana", "management", "monitoring"})
"""Words in the paths of values for what stands beside a datastore."""


def _passes_tcp(entry: EntryPoint) -> bool:
    """Tell whether the route of a vendor hands TCP on as it is, and the Service of the proxy is not known: it is there to be reached."""
    return entry.exposure.reach == "unknown" and entry.source is entry.resource and entry.speaks == "tcp"


def _is_http(entry: EntryPoint) -> bool:
    return entry.source is not None and entry.speaks == "http"


def _is_passed_on(entry: EntryPoint, answering: Answering, target: Target) -> bool:
    """Tell whether traffic gets through: an HTTP proxy passes on HTTP only; what ends or asks for TLS is no bare port."""
    if entry.source is None:
        return entry.service is not None or _is_host_port(entry, target)
    if _is_http(entry):
        return answering.confidence == "high" and answering.port in answering.store.http and not answering.store.asks_login
    return entry.speaks != "tls" and not is_filtered(entry.source)


def _is_host_port(entry: EntryPoint, target: Target) -> bool:
    """Tell whether a Pod opens a port on its node on purpose; `hostNetwork` opens them all, and is how control planes run."""
    return bool(entry.workload.get(*target.path, "hostPort")) and not _shares_network(entry.workload)


def _shares_network(workload: Resource) -> bool:
    return workload.get(*(workload.pod_template_path or ()), "spec", "hostNetwork") is True


def _path(entry: EntryPoint, target: Target) -> Path:
    if entry.source is None:
        return (*target.path, "hostPort")
    if entry.source is entry.resource:
        return entry.steps[1].path if entry.steps[1].resource is entry.resource else ("kind",)
    return ("spec", "listeners")


def _judged(resource: Resource, way: _Way, graph: ResourceGraph) -> Iterator[Problem | Undecided]:
    if way.exposure.reach == "node":
        scope = graph.scope(resource)
        if scope.environment in TRIAL_ENVIRONMENTS or scope.division == "sample":
            return
        in_production = scope.environment == "production"
        sure: Confidence = "high" if scope.environment_is_stated else "medium"
        if not in_production and way.answering.confidence != "high":
            sure = "low"  # a node port somewhere, of what may be a database
        if not in_production and _asks_login(way) and resource.get("spec", "type") == "LoadBalancer":
            sure = "low"  # a console with a login, which most likely is meant to be reached by a load balancer of the site
        yield _problem(resource, way, "error" if in_production else "warning", sure)
    elif way.exposure.reach == "unknown":
        yield from _passed_on(resource, way, graph)
    elif way.is_http:
        if not is_protected(resource, graph) and not is_filtered(resource):
            yield _problem(resource, way, "warning", "low" if resource.kind != "Ingress" or resource.sequence("spec", "tls") else "medium")
    else:
        access = (
            access_to(resource, graph) if resource.reads_as == "Service" else "listed" if lists_clients(resource, graph) else "everybody"
        )
        if access == "unknown":
            yield Undecided(way.path, f"who may connect to {resource.id} depends on filters outside the manifests")
        elif access == "everybody":
            yield _problem(resource, way, _severity(way), "high")


def _asks_login(way: _Way) -> bool:
    return way.answering.store.what == "admin console" and way.answering.store.asks_login


def _severity(way: _Way) -> Severity:
    return "warning" if _asks_login(way) else "error"


def _problem(resource: Resource, way: _Way, severity: Severity, sure: Confidence) -> Problem:
    answering = way.answering
    confidence: Confidence = least(way.exposure.confidence, answering.confidence, sure)
    return Problem(
        path=way.path,
        headline=f"{resource.id} exposes {answering.store.product} to {_who(resource, way)}",
        label=f"port {answering.port} routes to {_article(answering.store.what)}",
        why=f"{sentence(capital(answering.reason))} It is reachable because {way.exposure.reason}.",
        help=_way_out(resource, way),
        severity=severity,
        confidence=confidence,
        related=(answering.place,) if answering.place is not None else (),
        traffic=way.steps,
        discriminator=answering.store.product,
    )


def _passed_on(resource: Resource, way: _Way, graph: ResourceGraph) -> Iterator[Problem]:
    """Yield the problem of a route whose proxy is reached from where the manifests do not say: at home that is meant."""
    scope = graph.scope(resource)
    if scope.environment in TRIAL_ENVIRONMENTS or scope.division == "sample" or lists_clients(resource, graph):
        return
    sure: Confidence = "low" if graph.is_at_home(resource) else least(way.answering.confidence, "medium")
    yield _problem(resource, way, "warning", sure)._replace(
        headline=fitted(f"{resource.id} passes TCP connections to {way.answering.store.product}", HEADLINE),
        why=f"{sentence(capital(way.answering.reason))} The proxy hands on whatever comes, without a login of its own or TLS that it ends.",
        confidence=sure,
    )


def _article(what: str) -> str:
    return f"{'an' if what[0] in 'aeiou' else 'a'} {what}" if what != "monitoring" else "a monitoring system"


def _who(resource: Resource, way: _Way) -> str:
    if way.exposure.reach == "internet":
        return "the internet"
    bound = bound_to(resource.mapping(*way.path[:-1])) if way.path[-1] == "hostPort" else ""
    return f"anyone who can reach {bound or 'a node'}"


def _way_out(resource: Resource, way: _Way) -> str:
    if way.is_http:
        return "Require a login at the edge, or remove the route and use `kubectl port-forward`."
    if resource.reads_as == "Service" and way.exposure.reach == "internet":
        return (
            "Use `type: ClusterIP` if all clients run in the cluster. Otherwise make the load balancer internal, "
            "or list the clients in `spec.loadBalancerSourceRanges`."
        )
    if resource.kind == "Service":
        return "Use `type: ClusterIP` if all clients run in the cluster, otherwise an internal load balancer."
    if resource.kind == "Gateway":
        return "Remove the route if all clients run in the cluster, otherwise use an internal Gateway."
    if resource.pod_template_path is None:
        return "Remove the route if all clients run in the cluster, otherwise use an entry point that only they reach."
    return "Remove `hostPort`, and let clients in the cluster use a Service."
