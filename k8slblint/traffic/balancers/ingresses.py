"""Which controller provisions the load balancer of a Service or Ingress, and when that needs node ports.

Sources: kubernetes/cloud-provider 46666112 (one per Service of type LoadBalancer without a foreign class), AWS Load Balancer
Controller 225f4456 (class parameters), kubernetes/ingress-gce acbcf5d6 (classes).
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TypeVar

from k8slblint.catalog import CLASS_ANNOTATION
from k8slblint.catalog import load_balancers as catalog
from k8slblint.catalog.controllers import controllers
from k8slblint.catalog.load_balancers import AnnotationValue, IngressKind, IngressService, NodePortNeed
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import INGRESS_KINDS
from k8slblint.graph.relations.backends import users_of, uses_actions
from k8slblint.model.resource import Resource
from k8slblint.traffic.ownership import Ownership, ownership_of
from k8slblint.traffic.ownership.ingresses import class_parameters_of
from k8slblint.traffic.ownership.services import targets_node_ports

_Entry = TypeVar("_Entry", IngressKind, IngressService)

_MOST_ORDER = 1000

_MOST_DIGITS = 18


def is_cloud(platform: str) -> bool:
    """Tell whether load balancers of a platform are built and billed by a cloud (an unknown one may be)."""
    return platform not in ("bare-metal", "other")


def ingress_load_balancer(ingress: Resource, graph: ResourceGraph) -> IngressKind | None:
    """Return the catalog entry of the cloud load balancer that an Ingress builds; None where a proxy serves it or nobody knows."""
    return entry_of_owner(ownership_of(ingress, graph), catalog.ingress_kinds())


def entry_of_owner(owner: Ownership, entries: Sequence[_Entry]) -> _Entry | None:
    """Return the catalog entry of the controller that serves an Ingress, of the first where it may be several."""
    return next((entry for entry in entries if owner.candidates[:1] and owner.candidates[0] in entry.controllers), None)


def class_parameters(ingress: Resource, kind: IngressKind, graph: ResourceGraph) -> Resource | None:
    """Return the object of parameters that the class of an Ingress names, None where there is none in the manifests."""
    parameters = class_parameters_of(ingress, graph)
    return parameters if parameters is not None and parameters.type_name in kind.class_parameters_kinds else None


def group_of(ingress: Resource, graph: ResourceGraph) -> tuple[str, str] | None:
    """Return the cluster and the name of the group of Ingresses that share one cloud load balancer, None for one of its own."""
    kind = ingress_load_balancer(ingress, graph)
    if kind is None or not (kind.group_annotation or kind.class_parameters_group):
        return None
    parameters = class_parameters(ingress, kind, graph) if kind.class_parameters_group else None
    group = parameters.get(*kind.class_parameters_group) if parameters and kind.class_parameters_group else None
    group = group or ingress.annotations.get(kind.group_annotation or "")
    return (graph.scope(ingress).cluster, group) if isinstance(group, str) and group else None


def place_in_group(ingress: Resource) -> int | None:
    """Return the place of an Ingress in the order of its group, 0 where it states none; None where its controller does not read it.

    Source: kubernetes-sigs/aws-load-balancer-controller 225f4456 `pkg/ingress/group_loader.go` (`loadGroupOrder`).
    """
    value = ingress.annotations.get(catalog.group_order(), "0")
    digits = value.removeprefix("-") if isinstance(value, str) else ""
    is_number = digits.isascii() and digits.isdigit() and len(digits) <= _MOST_DIGITS and int(digits) <= _MOST_ORDER
    return int(value) if is_number else None


def members_of(group: tuple[str, str], graph: ResourceGraph) -> Sequence[Resource]:
    """Return the Ingresses of the manifests in a group, in reading order."""
    return graph.derived(_groups)[group]


def _groups(graph: ResourceGraph) -> dict[tuple[str, str], list[Resource]]:
    groups: dict[tuple[str, str], list[Resource]] = defaultdict(list)
    for ingress in graph.of_type(*INGRESS_KINDS):
        group = group_of(ingress, graph)
        if group is not None:
            groups[group].append(ingress)
    return groups


def why_node_port_is_needed(service: Resource, graph: ResourceGraph) -> str | None:
    """Return why a load balancer in front of a Service needs its node ports, or None when none is known to."""
    if service.get("spec", "type") == "NodePort" and targets_node_ports(service, ownership_of(service, graph)):
        return f"{service.id}: its own annotations ask for a load balancer that sends traffic to node ports"
    if _is_bound(service, graph):
        return f"{service.id}: a TargetGroupBinding sends traffic to its node ports"
    for one in (service, *_with_other_values(service, graph)):
        for ingress in _ingresses_of(one, graph):
            kind = ingress_load_balancer(ingress, graph)
            if kind and kind.needs_node_port and not _goes_to_pods(one, ingress, kind, kind.needs_node_port, graph):
                return f"{ingress.id}: {kind.needs_node_port.why}"
    return _why_marked(service)


def edge_to_its_pods(service: Resource, graph: ResourceGraph) -> Resource | None:
    """Return the Ingress whose cloud load balancer sends the traffic of a Service to its Pods, so that no node port is needed.

    The Service itself, where it asks for such an Ingress that is not in the manifests; None where there is none.
    """
    for ingress in _ingresses_of(service, graph):
        kind = ingress_load_balancer(ingress, graph)
        if kind and kind.needs_node_port and _goes_to_pods(service, ingress, kind, kind.needs_node_port, graph):
            return ingress
    needs = (kind.needs_node_port for kind in catalog.ingress_kinds())
    return service if any(need and _has(service, need.unless_service_annotation) for need in needs) else None


def _with_other_values(service: Resource, graph: ResourceGraph) -> Sequence[Resource]:
    """Return what a chart that nobody deploys prints of a Service with other values, under which its Ingress may be printed too."""
    return graph.derived(_varied).get((service.path, service.key), ()) if service.standing == "deployed" else ()


def _varied(graph: ResourceGraph) -> dict[tuple[str, object], list[Resource]]:
    """Return the Services of variants by the unit that they are variants of, and their identity."""
    found: dict[tuple[str, object], list[Resource]] = defaultdict(list)
    for service in graph.of_type("Service"):
        if service.standing in ("variant", "beside"):
            found[service.path.rpartition(" [")[0], service.key].append(service)
    return found


def why_node_port_may_be_needed(service: Resource, graph: ResourceGraph) -> str | None:
    """Return why something outside may send traffic to the node ports of a Service, or None when nothing speaks for it.

    It may be what serves an Ingress of it, or finds it by its labels.
    """
    known = controllers()
    for ingress in _ingresses_of(service, graph):
        owner = ownership_of(ingress, graph)
        outside = next((name for name in owner.candidates if known[name].proxies_outside), None)
        if outside is not None:
            return f"{known[outside].name}, which serves {ingress.id}, may program an appliance outside the cluster to use node ports"
        written_for = _written_for(ingress) if owner.verdict != "owned" else None
        if written_for is not None:
            return f"{ingress.id} is written for {known[written_for].name}, which may send traffic to node ports"
    for controller in known.values():
        label = next((key for key in service.labels if key.startswith(controller.service_label_prefixes)), None)
        if label is not None:
            return f"{controller.name}, which reads `{label}`, may program an appliance outside the cluster to use node ports"
    return None


def _written_for(ingress: Resource) -> str | None:
    """Return the controller (an id) whose keys or actions an Ingress has, of those that may need node ports; None where there is none."""
    keys = [key for key in ingress.annotations if key != CLASS_ANNOTATION]
    for kind in catalog.ingress_kinds() if keys or uses_actions(ingress) else ():
        name = kind.controllers[0] if kind.needs_node_port is not None else None
        prefixes = controllers()[name].annotation_prefixes if name is not None else ()
        is_of_actions = any(catalog.actions_prefix().startswith(one) for one in prefixes) and uses_actions(ingress)
        if is_of_actions or any(key.startswith(prefixes) for key in keys):
            return name
    return None


def _why_marked(service: Resource) -> str | None:
    """Return why a Service is one for an Ingress that is not in the manifests: it carries keys or labels that only this one reads."""
    for kind in catalog.ingress_kinds():
        need = kind.needs_node_port
        if need is None or (need.unless_service_annotation is not None and _has(service, need.unless_service_annotation)):
            continue
        keys = [key for key in need.service_annotations if key in service.annotations]
        labels = [key for key, value in need.service_labels if service.labels.get(key) == value]
        if keys or labels:
            return f"{service.id}: {need.why}, and only that reads `{(keys + labels)[0]}`"
    return None


def _ingresses_of(service: Resource, graph: ResourceGraph) -> Iterator[Resource]:
    seen: set[int] = set()
    for backend in users_of(service, graph):
        if backend.source.kind == "Ingress" and id(backend.source) not in seen:
            seen.add(id(backend.source))
            yield backend.source


def _goes_to_pods(service: Resource, ingress: Resource, kind: IngressKind, need: NodePortNeed, graph: ResourceGraph) -> bool:
    """Tell where the traffic goes: class parameters replace the Service's annotation, which replaces the Ingress's."""
    parameters = class_parameters(ingress, kind, graph)
    by_class = need.unless_class_parameter
    stated = parameters.get(*by_class.path) if parameters and by_class else None
    if by_class and stated is not None:
        return bool(stated == by_class.value)
    on_service = need.unless_service_annotation
    if on_service and on_service.key in service.annotations:
        return _has(service, on_service)
    return _has(ingress, need.unless_annotation)


def _is_bound(service: Resource, graph: ResourceGraph) -> bool:
    return any(
        binding.namespace == service.namespace
        and binding.get("spec", "serviceRef", "name") == service.name
        and binding.get("spec", "targetType", default="instance") == "instance"
        for binding in graph.in_cluster(graph.scope(service).cluster, *catalog.target_group_bindings())
    )


def _has(resource: Resource, wanted: AnnotationValue | None) -> bool:
    if wanted is None:
        return False
    value = str(resource.annotations.get(wanted.key, ""))
    return bool(re.search(wanted.contains, value)) if wanted.contains is not None else value == wanted.value


_OF_IMAGES = frozenset({"harbor", "registry", "zot"})


def why_nodes_are_clients(service: Resource) -> str | None:
    """Say why the nodes themselves may need a node port: it is that of a registry of images, by its name and its selector.

    Source: containerd 2.1 `docs/hosts.md`: container runtimes run on the nodes, outside of the DNS of the cluster.
    """
    texts = (service.name, *(value for value in service.mapping("spec", "selector").values() if isinstance(value, str)))
    if all(_OF_IMAGES.isdisjoint(text.split("-")) for text in texts):
        return None
    return "the nodes themselves may be its clients: container runtimes fetch images from a registry in the cluster by a node port"
