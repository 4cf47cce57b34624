"""Which controllers read a route or a Gateway, by the Gateways in the manifests, and how they read backends."""

from k8slblint.catalog.controllers import BackendReading, gateway_controllers
from k8slblint.graph.answers import Found
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import GATEWAY
from k8slblint.graph.relations.parents import gateways_of
from k8slblint.model.resource import Resource
from k8slblint.traffic.ownership.gateways import controller_names


def backend_readings(resource: Resource, graph: ResourceGraph) -> list[BackendReading]:
    """Return how the known controllers of a Gateway, or of a route's Gateways, read backends; empty where none is known."""
    known = gateway_controllers()
    gateways = [answer.value for _, answer in gateways_of(resource, graph) if isinstance(answer, Found)]
    if resource.type_name == GATEWAY:
        gateways = [resource]
    names = [name for gateway in gateways if gateway.type_name == GATEWAY for name in controller_names(gateway, graph)]
    return [known[name][1].backends for name in names if name in known]


def readings_of_cluster(resource: Resource, graph: ResourceGraph) -> list[BackendReading]:
    """Return how the known controllers of all Gateways in the cluster of a resource read backends: any of them may read a policy."""
    gateways = graph.in_cluster(graph.scope(resource).cluster, GATEWAY)
    return [one for gateway in gateways for one in backend_readings(gateway, graph)]


def may_read_core(readings: list[BackendReading]) -> bool:
    """Tell whether some controller may read `core` as the name of the core group: about half of all do."""
    return not readings or any(one.reads_core is not False for one in readings)
