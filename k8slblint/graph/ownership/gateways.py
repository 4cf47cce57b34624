"""Knows which controller serves a Gateway: by the GatewayClass in the manifests, else by the customary name of the class."""

from k8slblint.catalog import controllers as catalog
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.ownership.verdict import Ownership
from k8slblint.graph.relations import GATEWAY_CLASS
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.resource import Resource


def owner_of_gateway(gateway: Resource, graph: ResourceGraph) -> Ownership:
    """Return which controllers may serve a Gateway."""
    class_name = gateway.get("spec", "gatewayClassName")
    if not isinstance(class_name, str) or has_placeholder(class_name):
        return Ownership("unknown", (), "low", ("its class is missing or filled in later",))
    names = controller_names(gateway, graph)
    known = catalog.gateway_controllers()
    owners = tuple(dict.fromkeys(known[name][0] for name in names if name in known))
    defined = graph.named(graph.scope(gateway).cluster, GATEWAY_CLASS, None, class_name)
    if defined is not None:
        reason = f"its class '{class_name}' is of controller '{defined.get('spec', 'controllerName')}'"
        return Ownership("owned", owners, "high", (reason,)) if owners else Ownership("unknown", (), "low", (reason,))
    if owners:
        return Ownership("owned", owners, "medium", (f"its class is '{class_name}', a name that is customary for this controller",))
    return Ownership("unknown", (), "low", (f"no manifest defines its class '{class_name}'",))


def controller_names(gateway: Resource, graph: ResourceGraph) -> tuple[str, ...]:
    """Return the `controllerName`s that a Gateway's class may have: the one in the manifests, else those of the customary name."""
    class_name = gateway.get("spec", "gatewayClassName")
    if not isinstance(class_name, str):
        return ()
    defined = graph.named(graph.scope(gateway).cluster, GATEWAY_CLASS, None, class_name)
    if defined is None:
        return catalog.gateway_controllers_of_class_name(class_name)
    name = defined.get("spec", "controllerName")
    return (name,) if isinstance(name, str) else ()
