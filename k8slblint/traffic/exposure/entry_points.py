"""The ways from outside to a workload: which Service, Ingress, Gateway or node port, how far it is exposed, and the steps.

Routes whose parent is a Service (a mesh, GAMMA) are no way in from outside; routes of vendors are (`vendor_ways`).
Sources: Kubernetes API reference 1.37 (Service, hostPort,
hostIP, hostNetwork), Gateway API 1.6 (parentRefs); kubernetes/ingress-nginx dbb11b92 `internal/ingress/controller/controller.go`
(`serviceEndpoints`: the port of a backend may be a `targetPort` too).
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from k8slblint.addresses import Interval, is_loopback, parse_address
from k8slblint.catalog.vendor_routes import Speaks
from k8slblint.graph.answers import Found
from k8slblint.graph.containers import containers_of
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import GATEWAY, INGRESS_KINDS, LISTENER_SET_KINDS, ROUTE_KINDS, STREAM_SOURCE_KINDS
from k8slblint.graph.relations.backends import Backend, backends_of, port_of, service_of
from k8slblint.graph.relations.parents import gateways_of
from k8slblint.graph.relations.vendor_routes import VendorBackend, names_what_is_unread, vendor_backends_of
from k8slblint.graph.relations.workloads import workloads, workloads_of
from k8slblint.model.location import Path
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.model.rule import RelatedPlace
from k8slblint.traffic.exposure import Exposure, exposure_of
from k8slblint.traffic.exposure.vendor_ways import vendor_ways

if TYPE_CHECKING:
    from k8slblint.traffic.exposure.streams import Stream


class Target(NamedTuple):
    """What traffic reaches at the Pods: container port by number or name, and protocol; `path` is where the outer port is written."""

    port: int | str
    protocol: str
    path: Path


class EntryPoint(NamedTuple):
    """A way into a workload: the outermost resource, from where it is reached, the steps in packet order, and which ports it leads to.

    `service` is the Service on the way, None for a port of the Pod's own node. `source` is the Ingress or route that names the Service,
    None where neither does; `speaks` is then what is passed on, None where that is not known.
    """

    workload: Resource
    resource: Resource
    exposure: Exposure
    steps: tuple[RelatedPlace, ...]
    targets: tuple[Target, ...]
    service: Resource | None = None
    source: Resource | None = None
    speaks: Speaks | None = None


def entry_points_of(workload: Resource, graph: ResourceGraph) -> Sequence[EntryPoint]:
    """Return the ways into a workload that reach beyond the cluster, or may, the widest kind of resource first: as found."""
    return graph.derived(_by_workload).get(id(workload), ())


def entry_points_through(resource: Resource, graph: ResourceGraph) -> Sequence[EntryPoint]:
    """Return the ways into workloads whose outermost resource is this Service, Ingress, Gateway or workload."""
    return graph.derived(_by_resource).get(id(resource), ())


def exposure_of_workload(workload: Resource, graph: ResourceGraph) -> Exposure:
    """Return the widest exposure of a workload; `unknown` where one way in is not known and none is known to be of the internet."""
    found = [entry.exposure for entry in entry_points_of(workload, graph)]
    found += graph.derived(_streamed).get(id(workload), ())
    return max(
        found, key=lambda exposure: _WIDTH.index(exposure.reach), default=Exposure("cluster", "medium", ("no entry point is known",))
    )


_WIDTH = ("cluster", "internal", "node", "unknown", "internet")


def targets_of(service: Resource) -> tuple[Target, ...]:
    """Return what the ports of a Service lead to; a port without `targetPort` leads to its own number."""
    return tuple(_target(port, ("spec", "ports", index)) for index, port in enumerate(service.sequence("spec", "ports")) if _is_port(port))


def _is_port(port: object) -> bool:
    target = port.get("targetPort") or port.get("port") if isinstance(port, dict) else None
    return isinstance(target, int | str) and not isinstance(target, bool)


def _target(port: dict[str, Any], path: Path) -> Target:
    return Target(port.get("targetPort") or port["port"], str(port.get("protocol") or "TCP"), path)


def _by_workload(graph: ResourceGraph) -> dict[int, list[EntryPoint]]:
    return _index(graph.derived(_all), lambda entry: entry.workload)


def _by_resource(graph: ResourceGraph) -> dict[int, list[EntryPoint]]:
    return _index(graph.derived(_all), lambda entry: entry.resource)


def _index(entries: Sequence[EntryPoint], key: Callable[[EntryPoint], Resource]) -> dict[int, list[EntryPoint]]:
    index: dict[int, list[EntryPoint]] = defaultdict(list)
    for entry in entries:
        index[id(key(entry))].append(entry)
    return index


def _all(graph: ResourceGraph) -> list[EntryPoint]:
    return [*_through_services(graph), *_through_edges(graph), *_through_nodes(graph)]


def _through_services(graph: ResourceGraph) -> Iterator[EntryPoint]:
    for service in graph.of_type("Service"):
        exposure = exposure_of(service, graph)
        if exposure.reach == "cluster":
            continue
        step = RelatedPlace(service, ("spec", "type"), _opening(exposure))
        for workload in _workloads(service, graph):
            yield EntryPoint(workload, service, exposure, (step, *_last_step(service, workload)), targets_of(service), service)


def _opening(exposure: Exposure) -> str:
    """Return the first step of a way in as a sentence; a reason why the reach is not known is no step by itself."""
    if exposure.reach == "unknown":
        return f"Who can connect is not known: {exposure.reason}."
    return f"{exposure.reason[:1].upper()}{exposure.reason[1:]}."


class _Lead(NamedTuple):
    """What an Ingress or a route leads to: one Service, some of its ports, and the step at which it names the Service.

    `edge` is the outermost resource: the Ingress, the Gateway, or the route itself where no Gateway of its own is read.
    """

    source: Resource
    edge: Resource
    exposure: Exposure
    service: Resource
    targets: tuple[Target, ...]
    inner: RelatedPlace
    speaks: Speaks | None = None


def _through_edges(graph: ResourceGraph) -> Iterator[EntryPoint]:
    for lead in graph.derived(_leads):
        outer = RelatedPlace(lead.edge, ("kind",), f"{lead.edge.id}: {lead.exposure.reason}.")
        for workload in _workloads(lead.service, graph):
            steps = (outer, lead.inner, *_last_step(lead.service, workload))
            yield EntryPoint(workload, lead.edge, lead.exposure, steps, lead.targets, lead.service, lead.source, lead.speaks)


def exposure_by_route(service: Resource, graph: ResourceGraph) -> Exposure | None:
    """Return the widest exposure of a vendor's routes to a Service, and of routes whose Gateway is not read; None where there is none."""
    found = graph.derived(_exposures_by_route).get(id(service), ())
    return max(found, key=lambda exposure: _WIDTH.index(exposure.reach), default=None)


def _exposures_by_route(graph: ResourceGraph) -> dict[int, list[Exposure]]:
    index: dict[int, list[Exposure]] = defaultdict(list)
    for lead in graph.derived(_leads):
        if lead.edge is lead.source and lead.edge.kind != "Ingress":
            reasons = (*lead.exposure.reasons, f"{lead.edge.id} routes to it")
            index[id(lead.service)].append(lead.exposure._replace(reasons=reasons))
    for stream in graph.derived(_streams):
        index[id(stream.service)].append(stream.exposure)
    return index


def _streams(graph: ResourceGraph) -> list["Stream"]:
    if not graph.of_type(*STREAM_SOURCE_KINDS):
        return []
    from k8slblint.traffic.exposure.streams import streams  # a Service alone is led to by nothing

    return list(streams(graph))


def _streamed(graph: ResourceGraph) -> dict[int, list[Exposure]]:
    """Return by workload from where the lists of ports of a controller lead to it."""
    index: dict[int, list[Exposure]] = defaultdict(list)
    for stream in graph.derived(_streams):
        for workload in _workloads(stream.service, graph):
            index[id(workload)].append(stream.exposure)
    return index


def _leads(graph: ResourceGraph) -> list[_Lead]:
    return [*_leads_of_edges(graph), *_leads_of_vendors(graph)]


def _leads_of_edges(graph: ResourceGraph) -> Iterator[_Lead]:
    for source in graph.of_type(*INGRESS_KINDS, *ROUTE_KINDS):
        speaks = _SPEAKS.get(source.kind, "tcp")
        for edge, exposure in edges_of(source, graph):
            if exposure.reach != "cluster":
                backends = [VendorBackend(backend, speaks, source.kind == "Ingress") for backend in backends_of(source)]
                yield from _leads_to(backends, source, edge, exposure, graph)


_SPEAKS: dict[str, Speaks] = {"Ingress": "http", "HTTPRoute": "http", "GRPCRoute": "http", "TLSRoute": "tls"}


def _leads_of_vendors(graph: ResourceGraph) -> Iterator[_Lead]:
    waiting = dict(graph.derived(_services_by_namespace))
    asked: set[int] = set()
    for way in vendor_ways(graph):
        if way.exposure.reach == "cluster":
            continue
        named = [one for member in way.members for one in _named_by(member, graph)]
        for one in {(id(one.service), one.targets, one.speaks): one for one in reversed(named)}.values():
            yield one._replace(source=way.route, edge=way.route, exposure=way.exposure)
        for member in way.members:
            if id(member) not in asked and names_what_is_unread(member):
                yield from _leads_to_all(member, way.route, waiting.pop((graph.scope(member).cluster, member.namespace), ()))
            asked.add(id(member))


def _leads_to_all(member: Resource, route: Resource, services: Sequence[Resource]) -> Iterator[_Lead]:
    """Yield that an object may lead to Services of its namespace; the first such object of a namespace tells of all of them."""
    exposure = Exposure("unknown", "low", (f"the Services behind {member.id} are not read",))
    for service in services:
        yield _Lead(route, route, exposure, service, (), RelatedPlace(member, ("kind",), f"It may send traffic to {service.id}."))


def _named_by(member: Resource, graph: ResourceGraph) -> list[_Lead]:
    """Return what one object names, whichever route it is served by; worked out once for each."""
    known = graph.derived(_no_leads)
    if id(member) not in known:
        unplaced = Exposure("unknown", "low")
        known[id(member)] = list(_leads_to(list(vendor_backends_of(member)), member, member, unplaced, graph))
    return known[id(member)]


def _no_leads(_: ResourceGraph) -> dict[int, list[_Lead]]:
    return {}


def _services_by_namespace(graph: ResourceGraph) -> dict[tuple[str, str | None], list[Resource]]:
    index: dict[tuple[str, str | None], list[Resource]] = defaultdict(list)
    for service in graph.of_type("Service"):
        index[graph.scope(service).cluster, service.namespace].append(service)
    return index


def _leads_to(
    backends: Sequence[VendorBackend], source: Resource, edge: Resource, exposure: Exposure, graph: ResourceGraph
) -> Iterator[_Lead]:
    seen: set[tuple[int, tuple[Target, ...], Speaks]] = set()
    for backend, speaks, is_pod_port in backends:
        service = service_of(backend, graph)
        if not isinstance(service, Found):
            continue
        targets = _targets_of_backend(backend, service.value, is_pod_port=is_pod_port)
        if not targets or (id(service.value), targets, speaks) in seen:
            continue  # a port that the Service lacks leads nowhere; many paths to one port are one way in
        seen.add((id(service.value), targets, speaks))
        inner = RelatedPlace(backend.source, backend.path, f"It sends traffic to {service.value.id}.")
        yield _Lead(source, edge, exposure, service.value, targets, inner, speaks)


def _targets_of_backend(backend: Backend, service: Resource, *, is_pod_port: bool) -> tuple[Target, ...]:
    """Return what a backend leads to: all that the Service does where its port is missing, filled in later, or by number of the Pod."""
    found = port_of(service, backend.port)
    if found is not None:
        return (_target(found[1], ("spec", "ports", found[0])),) if _is_port(found[1]) else ()
    if backend.port is None or has_placeholder(backend.port):
        return targets_of(service)
    wanted = str(backend.port) if is_pod_port else None
    return tuple(target for target in targets_of(service) if str(target.port) == wanted)[:1]


def edges_of(source: Resource, graph: ResourceGraph) -> Iterator[tuple[Resource, Exposure]]:
    """Yield where an Ingress, a route or a ListenerSet is served: by itself, from unknown, where its Gateway is not read.

    A parent that certainly refuses it serves nothing of it.
    """
    if source.kind == "Ingress":
        yield source, exposure_of(source, graph)
        return
    from k8slblint.traffic.attachment.attachments import attachments_of  # few trees have routes

    unseen = None
    for (parent, answer), attachment in zip(gateways_of(source, graph), attachments_of(source, graph), strict=True):
        if attachment.standing == "refused":
            continue
        if parent.type_name == GATEWAY and isinstance(answer, Found):
            yield answer.value, exposure_of(answer.value, graph)
        elif parent.type_name in LISTENER_SET_KINDS and isinstance(answer, Found) and source.type_name not in LISTENER_SET_KINDS:
            yield from ((source if edge is answer.value else edge, exposure) for edge, exposure in edges_of(answer.value, graph))
        elif parent.type_name not in _MESH_PARENTS:
            unseen = f"{parent.type_name.partition('.')[0]} '{parent.namespace}/{parent.name}' is not in the manifests"
    if unseen is not None:
        yield source, Exposure("unknown", "low", (unseen,))


_MESH_PARENTS = ("Service", "ServiceEntry.networking.istio.io")
"""What routes of a mesh attach to (GAMMA; Istio), which lead to nothing from outside."""


def _through_nodes(graph: ResourceGraph) -> Iterator[EntryPoint]:
    """Yield the ports that Pods open on their own node: `hostPort`, and with `hostNetwork` all, as one where none is declared."""
    for workload, path, port, on_host in _node_ports(graph):
        number, protocol = port["containerPort"], str(port.get("protocol") or "TCP")
        how = "`hostNetwork: true`" if on_host else f"`hostPort: {port['hostPort']}`"
        where = f"on {bound} of" if (bound := bound_to(port)) and not on_host else "on"
        exposure = Exposure("node", "high", (f"{how} opens {protocol} {port.get('hostPort') or number} {where} the node of each Pod",))
        step = RelatedPlace(workload, path, _opening(exposure))
        yield EntryPoint(workload, workload, exposure, (step,), (Target(number, protocol, path),))
    for workload in workloads(graph):
        if _is_on_host(workload) and not any(container.get("ports") for _, container in containers_of(workload)):
            reason = "`hostNetwork: true` opens whatever its containers listen on, on the node of each Pod; they declare no port"
            step = RelatedPlace(workload, _host_network(workload), f"{reason}.")
            yield EntryPoint(workload, workload, Exposure("node", "medium", (reason,)), (step,), ())


def _host_network(workload: Resource) -> Path:
    return (*(workload.pod_template_path or ()), "spec", "hostNetwork")


def _is_on_host(workload: Resource) -> bool:
    return workload.get(*_host_network(workload)) is True


def _node_ports(graph: ResourceGraph) -> Iterator[tuple[Resource, Path, dict[str, Any], bool]]:
    for workload in workloads(graph):
        on_host = _is_on_host(workload)
        for path, container in containers_of(workload):
            ports = container.get("ports")
            for number, port in enumerate(ports if isinstance(ports, list) else ()):
                if _opens_node(port, on_host=on_host):
                    yield workload, (*path, "ports", number), port, on_host


def _opens_node(port: object, *, on_host: bool) -> bool:
    """Tell whether a container port is open on the node; one that is bound to a loopback address (`hostIP`) only to the node itself."""
    if not isinstance(port, dict) or not _is_number(port.get("containerPort")):
        return False
    if on_host:
        return True
    bound = parse_address(port["hostIP"]) if isinstance(port.get("hostIP"), str) else None
    return _is_number(port.get("hostPort")) and not (bound is not None and is_loopback(Interval(bound[0], bound[1], bound[1])))


def bound_to(port: Mapping[str, Any]) -> str:
    """Return the only address of the node on which a container port is open (`hostIP`), `""` where it is open on all."""
    written = port.get("hostIP")
    bound = parse_address(written) if isinstance(written, str) else None
    return written if isinstance(written, str) and bound is not None and bound[1] != 0 else ""


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _workloads(service: Resource, graph: ResourceGraph) -> Sequence[Resource]:
    found = workloads_of(service, graph)
    return found.value if isinstance(found, Found) else ()


def _last_step(service: Resource, workload: Resource) -> tuple[RelatedPlace, ...]:
    return (
        RelatedPlace(service, ("spec", "selector"), f"{service.id} selects the Pods of {workload.id}."),
        RelatedPlace(workload, (), f"It ends at the Pods of {workload.id}."),
    )
