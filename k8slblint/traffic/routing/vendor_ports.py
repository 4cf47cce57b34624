"""Ports for TCP and UDP that a controller opens by its own means, and the route of Gateway API that replaces each.

Sources: kubernetes/ingress-nginx dbb11b92 `internal/ingress/controller/controller.go` (`getStreamServices`: a port for each key of the
ConfigMap); the others are in `catalogs/edge-tcp.json`.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from k8slblint.catalog.controllers import controllers_of_chart, controllers_of_image
from k8slblint.catalog.edge_tcp import EdgeKind, NotReplaced, RouteKind, edge_kinds, ports_config_maps
from k8slblint.graph.containers import main_containers_of
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import WORKLOAD_KINDS
from k8slblint.model.location import Path
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.traffic.ownership.deployed_charts import chart_of
from k8slblint.traffic.ownership.stated_settings import value_at


class VendorPorts(NamedTuple):
    """What opens ports: the controller, the place that says so, the ports if they are known, and the object that lists them.

    `targets` are the texts that say what each of the ports leads to: `namespace/service:port`, with more behind it.
    """

    controller: str
    route: RouteKind
    path: Path
    ports: tuple[str, ...] = ()
    listed_in: Resource | None = None
    targets: tuple[str, ...] = ()


def vendor_ports(resource: Resource, graph: ResourceGraph) -> Iterator[VendorPorts]:
    """Yield what an object opens for TCP or UDP: one of a vendor's kinds, a controller's workload, or values of its chart."""
    known = edge_kinds().get(resource.type_name)
    if known is not None:
        yield from _of_kind(resource, known)
    elif resource.type_name in WORKLOAD_KINDS:
        yield from graph.derived(_by_workload).get(id(resource), ())
    else:
        yield from _of_values(resource, graph)


def _of_kind(resource: Resource, known: EdgeKind) -> Iterator[VendorPorts]:
    if known.not_replaced is not None and _says(resource, known.not_replaced):
        return
    for case in known.routes:
        value = resource.get(*case.field) if case.field else case.value
        if has_placeholder(value):
            return
        if (str(value).lower() if isinstance(value, bool) else value) == case.value:
            yield VendorPorts(known.controller, case.route, ("kind",))
            return


def _says(resource: Resource, what: NotReplaced) -> bool:
    """Tell whether an object says what no route of Gateway API can."""
    texts = (one.get(what.field) for one in resource.sequence(*what.path) if isinstance(one, dict))
    return any(isinstance(text, str) and what.text in text for text in texts)


class _Named(NamedTuple):
    """An argument of a workload that names a ConfigMap with ports; `path` is its image, as the argument is filled in later."""

    workload: Resource
    path: Path
    controller: str
    route: RouteKind
    namespace: str
    name: str


def _by_workload(graph: ResourceGraph) -> dict[int, list[VendorPorts]]:
    named = [one for workload in graph.of_type(*WORKLOAD_KINDS) for one in _named_by(workload)]
    opened = graph.opened("ConfigMap", frozenset(one.name for one in named))
    maps = {(graph.cluster_of(one.path), one.namespace, one.name): one for one in opened}
    found: dict[int, list[VendorPorts]] = {}
    for one in named:
        listed = maps.get((graph.scope(one.workload).cluster, one.namespace, one.name))
        data = listed.value.get("data") if listed is not None else None
        if ports := _ports_in(data):
            opens = VendorPorts(one.controller, one.route, one.path, ports, listed, _targets_in(data))
            found.setdefault(id(one.workload), []).append(opens)
    return found


def _named_by(workload: Resource) -> Iterator[_Named]:
    for path, container in main_containers_of(workload):
        image = container.get("image")
        run = controllers_of_image(image) if isinstance(image, str) else ()
        for field in ("command", "args") if run else ():
            texts = container.get(field)
            for text in texts if isinstance(texts, list) else ():
                for row in ports_config_maps():
                    if row.controller in run and isinstance(text, str) and text.startswith(f"{row.argument}="):
                        namespace, _, name = _resolved(text.partition("=")[2], workload).partition("/")
                        yield _Named(workload, (*path, "image"), row.controller, row.route, namespace, name)


def _resolved(text: str, workload: Resource) -> str:
    """Return `namespace/name` where the namespace is that of the Pod, as charts and manifests write it."""
    return text.replace("$(POD_NAMESPACE)", workload.namespace or "", 1)


def _ports_in(data: object) -> tuple[str, ...]:
    return tuple(map(str, data)) if isinstance(data, dict) else ()


def _targets_in(data: object) -> tuple[str, ...]:
    return tuple(text for text in data.values() if isinstance(text, str)) if isinstance(data, dict) else ()


def _of_values(resource: Resource, graph: ResourceGraph) -> Iterator[VendorPorts]:
    """Yield what values of a chart list, unless the workload that is rendered from them says the same."""
    chart, values = chart_of(resource, graph)
    run = controllers_of_chart(chart) if chart else ()
    if not run or not isinstance(values, dict) or graph.scope(resource).cluster in graph.derived(_clusters_with_workloads):
        return
    for row in ports_config_maps():
        data = value_at(values, row.value) if row.controller in run and row.value else None
        if ports := _ports_in(data):
            yield VendorPorts(row.controller, row.route, _values_path(resource, row.value), ports, targets=_targets_in(data))


def _values_path(resource: Resource, value: tuple[str, ...]) -> Path:
    path: Path = ("spec", "values", *value)
    return path if isinstance(_at(resource.value, path), Mapping) else ("kind",)


def _at(value: Any, path: Path) -> Any:
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    return value


def _clusters_with_workloads(graph: ResourceGraph) -> frozenset[str]:
    workloads = (workload for workload in graph.of_type(*WORKLOAD_KINDS) if next(_named_by(workload), None) is not None)
    return frozenset(graph.scope(workload).cluster for workload in workloads)
