"""Which controller serves a Gateway: by the GatewayClass in the manifests, otherwise by the usual name of the class."""

from collections.abc import Mapping
from typing import Any

from k8slblint.catalog import controllers as catalog
from k8slblint.catalog import load_balancers
from k8slblint.graph.answers import Absent, Answer, Found, Unknown
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import GATEWAY_CLASS
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.resource import Resource
from k8slblint.traffic.ownership.verdict import Ownership


def owner_of_gateway(gateway: Resource, graph: ResourceGraph) -> Ownership:
    """Return which controllers may serve a Gateway."""
    class_name = gateway.get("spec", "gatewayClassName")
    if not isinstance(class_name, str) or has_placeholder(class_name):
        return Ownership("unknown", (), "low", ("its class is missing or contains a placeholder",))
    return _by_class(gateway, class_name, graph)._replace(class_name=class_name)


def class_object_of(gateway: Resource, graph: ResourceGraph) -> Resource | None:
    """Return the GatewayClass that a Gateway names, None where it is not in the manifests."""
    class_name = gateway.get("spec", "gatewayClassName")
    return graph.named(graph.scope(gateway).cluster, GATEWAY_CLASS, None, class_name) if isinstance(class_name, str) else None


def class_of(gateway: Resource, graph: ResourceGraph) -> Answer[Resource]:
    """Return the GatewayClass that a Gateway names; `Absent` where the cluster has others, whether or not it was read as a whole.

    Controllers, their charts and cloud platforms create classes of customary names, and other repositories those of any name.
    """
    class_name = gateway.get("spec", "gatewayClassName")
    if not isinstance(class_name, str) or has_placeholder(class_name):
        return Unknown("its class is missing or contains a placeholder")
    found = class_object_of(gateway, graph)
    if found is not None:
        return Found(found)
    if controller_names(gateway, graph):
        return Unknown(f"class '{class_name}' is created by its controller or by the platform")
    cluster = graph.scope(gateway).cluster
    others = [one for one in graph.in_cluster(cluster, GATEWAY_CLASS) if not has_placeholder(one.name)]
    if not others:
        return Unknown("no GatewayClass of this cluster is among the manifests")
    is_sample = graph.scope(gateway).division == "sample"
    if is_sample and not any(one.path == gateway.path for one in others):
        return Unknown("the samples in this folder may be independent of each other")
    return Absent(tuple(dict.fromkeys(one.name for one in others)))


def _by_class(gateway: Resource, class_name: str, graph: ResourceGraph) -> Ownership:
    names = controller_names(gateway, graph)
    known = catalog.gateway_controllers()
    owners = tuple(dict.fromkeys(known[name][0] for name in names if name in known))
    defined = class_object_of(gateway, graph)
    if defined is not None:
        reason = f"its class '{class_name}' belongs to controller '{defined.get('spec', 'controllerName')}'"
        return Ownership("owned", owners, "high", (reason,)) if owners else Ownership("unknown", (), "low", (reason,))
    if owners:
        return Ownership("owned", owners, "medium", (f"its class is '{class_name}', the usual name for this controller",))
    return Ownership("unknown", (), "low", (f"no manifest defines its class '{class_name}'",))


def parameters_of(gateway: Resource, graph: ResourceGraph) -> tuple[Answer[Resource] | None, Answer[Resource] | None]:
    """Return the objects that the class and the Gateway itself name as their parameters; None where they name none."""
    cluster = graph.scope(gateway).cluster
    defined = class_object_of(gateway, graph)
    of_class = defined.mapping("spec", "parametersRef") if defined is not None else {}
    own = gateway.mapping("spec", "infrastructure", "parametersRef")
    return _parameters(of_class, None, cluster, graph), _parameters(own, gateway.namespace, cluster, graph)


def _parameters(reference: Mapping[str, Any], namespace: str | None, cluster: str, graph: ResourceGraph) -> Answer[Resource] | None:
    if not reference:
        return None
    kind, group, name = (reference.get(field) for field in ("kind", "group", "name"))
    if not (isinstance(kind, str) and isinstance(name, str)) or has_placeholder(name):
        return Unknown("the reference to its parameters is incomplete or contains a placeholder")
    stated = reference.get("namespace")
    type_name = f"{kind}.{group}" if isinstance(group, str) and group else load_balancers.parameters_named_as(kind) or kind
    found = graph.look_up(cluster, type_name, stated if isinstance(stated, str) else namespace, name)
    return found if isinstance(found, Found) else Unknown(f"{kind} '{name}' with its parameters is not in the manifests")


def controller_names(gateway: Resource, graph: ResourceGraph) -> tuple[str, ...]:
    """Return the `controllerName`s that a Gateway's class may have: the one in the manifests, else those of the customary name."""
    class_name = gateway.get("spec", "gatewayClassName")
    if not isinstance(class_name, str):
        return ()
    defined = class_object_of(gateway, graph)
    if defined is None:
        return catalog.gateway_controllers_of_class_name(class_name) or _of_class_prefix(class_name)
    name = defined.get("spec", "controllerName")
    return (name,) if isinstance(name, str) else ()


def _of_class_prefix(class_name: str) -> tuple[str, ...]:
    """Return the `controllerName`s whose classes all begin with the same words, as those of GKE do."""
    kinds = (kind for kind in load_balancers.gateway_kinds() if class_name.startswith(kind.class_prefixes))
    return next((kind.class_controllers for kind in kinds), ())
