"""The routes that charts make of Helm values, as far as the values say: hostnames, parents, and the namespace of the release."""

from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import ROUTE_KINDS
from k8slblint.model.node import Node
from k8slblint.model.resource import Resource

_API_VERSION = "gateway.networking.k8s.io/v1"
_DEFAULT_KIND = "HTTPRoute"
"""What the charts in `catalogs/charts.json` make of a route without a kind."""

_KINDS = frozenset(kind.partition(".")[0] for kind in ROUTE_KINDS)


def route_of(values: Resource, graph: ResourceGraph) -> Resource | None:
    """Return the route that a chart makes of its values, in their place; None where its namespace or its kind is not known."""
    known = graph.derived(_none_yet)
    if id(values) not in known:
        known[id(values)] = _route(values)
    return known[id(values)]


def _none_yet(_: ResourceGraph) -> dict[int, Resource | None]:
    return {}


def _route(values: Resource) -> Resource | None:
    namespace, kind = values.get("deployedTo"), values.get("values", "kind", default=_DEFAULT_KIND)
    if not isinstance(namespace, str) or not namespace or kind not in _KINDS:
        return None
    spec = {name: values.value["spec"][name] for name in ("parentRefs", "hostnames") if name in values.mapping("spec")}
    metadata = {"name": values.name.removeprefix(f"{namespace}/"), "namespace": namespace}
    root = values.root
    node = Node({"apiVersion": _API_VERSION, "kind": kind, "metadata": metadata, "spec": spec}, *root.span)
    route = Resource(node, values.path, values.source, values.origin)
    route.provenance, route.standing = values.provenance, values.standing
    return route
