"""Knows from where an entry point can be reached, and by what that is told: the verdict of exposure.

Sources: the defaults and the reading of each controller are in `catalogs/controllers.json` and `catalogs/services/`; Kubernetes API
reference 1.37 (Service: type, externalIPs, externalName); Gateway API 1.6 (GEP-1867: `spec.infrastructure.annotations`); AWS Load Balancer
Controller 225f4456 `model_build_load_balancer.go` (`buildLoadBalancerScheme`: one scheme for an IngressGroup).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple, TypeAlias

from k8slblint.addresses import Interval, is_private, parse_address, parse_cidr
from k8slblint.catalog import controllers as catalog
from k8slblint.catalog import services as annotations
from k8slblint.catalog.load_balancers import class_parameters_scheme
from k8slblint.catalog.service_readers import is_ignored_without
from k8slblint.graph.answers import Found, Unknown
from k8slblint.graph.gateway_services import MadeService, service_of_gateway
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.implementations import implementations
from k8slblint.graph.load_balancers import others_in_group
from k8slblint.graph.ownership import Ownership, ownership_of
from k8slblint.graph.ownership.gateways import controller_names, parameters_of
from k8slblint.graph.ownership.ingresses import class_parameters_of
from k8slblint.graph.pools import metallb_pools
from k8slblint.graph.proxies import services_of_controller
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.resource import Resource
from k8slblint.model.rule import CONFIDENCES, Confidence

Reach: TypeAlias = Literal["internet", "internal", "node", "cluster", "unknown"]
"""From where: the internet, the network of the cluster's provider or site, whoever reaches a node, the cluster only, or not known."""

_CILIUM_POOL = "CiliumLoadBalancerIPPool.cilium.io"

_ADDRESS = "address"

_OF_DEFAULT: dict[str, Reach] = {"internet": "internet", "internal": "internal", "nodes": "node", "private": "internal", "none": "cluster"}


class Exposure(NamedTuple):
    """From where something is reached; `reasons` is the chain of evidence in sentences without a period, the last one decides.

    `key` is the annotation that decides, None where a class, a default or a field does.
    """

    reach: Reach
    confidence: Confidence = "high"
    reasons: tuple[str, ...] = ()
    key: str | None = None

    @property
    def reason(self) -> str:
        """The last reason, which decides."""
        return self.reasons[-1] if self.reasons else ""


def exposure_of(resource: Resource, graph: ResourceGraph) -> Exposure:
    """Return from where a Service, an Ingress or a Gateway can be reached; worked out once for each.

    `internet` is claimed only where a controller is known that makes it so, whoever may filter the traffic. A load balancer in a
    cloud opens node ports too; the verdict is that of the load balancer.
    """
    known = graph.derived(_no_exposures)
    found = known.get(id(resource))
    if found is None:
        found = known[id(resource)] = _BY_KIND[resource.kind](resource, graph)
    return found


def exposures_in_common(before: Resource, after: Resource, graph: ResourceGraph, earlier: ResourceGraph) -> tuple[Exposure, Exposure]:
    """Return from where one resource was reached in the revision before, and is now.

    Where it is not known who serves it in one of them, it is who serves it in the other: an update by itself changes no hands.
    """
    was, owner = ownership_of(before, earlier), ownership_of(after, graph)
    common = tuple(name for name in was.candidates if name in owner.candidates)
    if not common or was.candidates == owner.candidates or after.kind == "Gateway":
        return exposure_of(before, earlier), exposure_of(after, graph)
    by = _ingress_exposure_by if after.kind == "Ingress" else exposure_by
    agreed = owner._replace(candidates=common, confidence=_least(was.confidence, owner.confidence))
    return _agreed(agreed, [by(name, before, earlier) for name in common]), _agreed(agreed, [by(name, after, graph) for name in common])


def exposure_by(controller: str, service: Resource, graph: ResourceGraph) -> Exposure:
    """Return what a controller makes of a Service of type LoadBalancer, if it is the one that serves it."""
    load_balancer_class = service.get("spec", "loadBalancerClass")
    by_class = catalog.classes().get(load_balancer_class) if isinstance(load_balancer_class, str) else None
    if by_class is not None and by_class.controller == controller and by_class.exposure is not None:
        return _default(by_class.exposure, f"class '{load_balancer_class}' makes it so")
    stated = _stated(controller, service.annotations, "Service")
    if stated is not None:
        return stated
    default = catalog.default_exposure(controller, load_balancer_class if isinstance(load_balancer_class, str) else None)
    if default == "pool":
        return _of_pool(controller, service, graph)
    return _default(default, f"{_name(controller)} makes it so, as no annotation that it reads says otherwise")


def _no_exposures(_: ResourceGraph) -> dict[int, Exposure]:
    return {}


def _of_service(service: Resource, graph: ResourceGraph) -> Exposure:
    owner = ownership_of(service, graph)
    if owner.verdict == "owned":
        return _agreed(owner, [exposure_by(candidate, service, graph) for candidate in owner.candidates])
    if owner.verdict == "unknown":
        return Exposure("unknown", "low", owner.reasons)
    return _without_load_balancer(service, owner)


def _without_load_balancer(service: Resource, owner: Ownership) -> Exposure:
    service_type = service.get("spec", "type", default="ClusterIP")
    if service_type == "LoadBalancer" and service.get("spec", "allocateLoadBalancerNodePorts") is False:
        return Exposure("cluster", owner.confidence, (*owner.reasons, "without load balancer and node ports only the cluster reaches it"))
    if service_type in ("NodePort", "LoadBalancer"):
        return Exposure("node", "high", (*owner.reasons, f"type '{service_type}' opens ports on every node"))
    if service_type == "ClusterIP" and service.get("spec", "clusterIP") != "None" and service.sequence("spec", "externalIPs"):
        return Exposure("node", "high", ("nodes take traffic for its `externalIPs`",))
    return Exposure("cluster", "high", (f"type '{service_type}' is reached in the cluster only",))


def _of_ingress(ingress: Resource, graph: ResourceGraph) -> Exposure:
    owner = ownership_of(ingress, graph)
    if owner.verdict != "owned":
        return Exposure("unknown", "low", owner.reasons)
    return _agreed(owner, [_ingress_exposure_by(candidate, ingress, graph) for candidate in owner.candidates])


def _ingress_exposure_by(controller: str, ingress: Resource, graph: ResourceGraph) -> Exposure:
    stated = _stated_by_parameters(controller, ingress, graph) or _stated(controller, ingress.annotations, "Ingress")
    if stated is not None:
        return stated
    others = others_in_group(ingress, graph)
    if others is not None:
        return _of_group(controller, others, graph)
    known = catalog.controllers().get(controller)
    if known is not None and known.ingress_default_exposure is not None:
        return _default(known.ingress_default_exposure, f"{_name(controller)} makes it so by default")
    return _of_proxy(controller, ingress, graph)


def _of_group(controller: str, others: Sequence[Resource], graph: ResourceGraph) -> Exposure:
    """Return what the other Ingresses of a group say for all of it; whether there are more of them elsewhere is not known."""
    known = catalog.controllers().get(controller)
    default = known.ingress_default_exposure if known is not None and known.ingress_default_exposure is not None else "unknown"
    said = []
    for other in others:
        stated = _stated_by_parameters(controller, other, graph) or _stated(controller, other.annotations, "Ingress")
        if stated is not None:
            said.append(stated._replace(reasons=(f"{other.id} of its group decides", *stated.reasons), key=None))
    if not said:
        found = _default(
            default, f"{_name(controller)} makes it so by default, and no Ingress of its group in the manifests says otherwise"
        )
        return found._replace(confidence=_least(found.confidence, "medium"))
    if len({exposure.reach for exposure in said}) > 1:
        return Exposure("unknown", "low", ("the Ingresses of its group say different things, so that none of them is reconciled",))
    return said[0]._replace(confidence=_least(said[0].confidence, "medium"))


def _stated_by_parameters(controller: str, ingress: Resource, graph: ResourceGraph) -> Exposure | None:
    parameters = class_parameters_of(ingress, graph)
    stated = class_parameters_scheme(parameters.type_name) if parameters is not None else None
    return _of_parameters(controller, parameters, *stated) if parameters is not None and stated is not None else None


def _of_parameters(controller: str, parameters: Resource, path: tuple[str, ...], like: str) -> Exposure | None:
    """Return what the parameters of a class or Gateway say in the texts of an annotation, or None where they say nothing."""
    text, entry = parameters.get(*path), annotations.find(like)
    reading = entry.exposure.get(controller) if entry is not None else None
    if text is None or reading is None:
        return None
    if not isinstance(text, str) or has_placeholder(text):
        return Exposure("unknown", "low", (f"`{'.'.join(path)}` of {parameters.id} is filled in later, or is no text",))
    return _of_text(reading.of(text), f"{parameters.id} says `{'.'.join(path)}: {text}`")


def _stated_by_gateway_parameters(
    controller: str, scheme: catalog.ParametersScheme, gateway: Resource, graph: ResourceGraph
) -> Exposure | None:
    of_class, own = parameters_of(gateway, graph)
    for answer in (of_class, own):
        if isinstance(answer, Unknown):
            return Exposure("unknown", "low", (answer.reason,))
    path, value = scheme.gateway_wins
    gateway_wins = isinstance(of_class, Found) and of_class.value.get(*path) == value
    ordered = (own, of_class) if gateway_wins else (of_class, own)
    found = (_of_parameters(controller, one.value, scheme.path, scheme.like) for one in ordered if isinstance(one, Found))
    return next((exposure for exposure in found if exposure is not None), None)


def _of_gateway(gateway: Resource, graph: ResourceGraph) -> Exposure:
    owner = ownership_of(gateway, graph)
    if owner.verdict != "owned":
        return Exposure("unknown", "low", owner.reasons)
    class_name = str(gateway.get("spec", "gatewayClassName"))
    known = catalog.gateway_controllers()
    found = [_gateway_exposure_by(name, class_name, gateway, graph) for name in controller_names(gateway, graph) if name in known]
    return _agreed(owner, found)


def _gateway_exposure_by(name: str, class_name: str, gateway: Resource, graph: ResourceGraph) -> Exposure:
    controller, side = catalog.gateway_controllers()[name]
    if side.parameters_scheme is not None:
        stated = _stated_by_gateway_parameters(controller, side.parameters_scheme, gateway, graph)
        if stated is not None:
            return stated
    default = catalog.exposure_of_gateway_class(name, class_name)
    if default != "unknown":
        return _default(default, f"class '{class_name}' makes it so")
    made = service_of_gateway(gateway, graph)
    if made is not None:
        return _of_made_service(controller, made, gateway, graph)
    if not side.generated_labels:
        return _of_proxy(controller, gateway, graph)
    return Exposure("unknown", "low", (f"{_name(controller)} makes a Service for it, whose type and annotations are set elsewhere",))


def _of_made_service(controller: str, made: MadeService, gateway: Resource, graph: ResourceGraph) -> Exposure:
    """Return what the controllers of a platform make of a Service that a controller makes for a Gateway."""
    candidates = catalog.service_controllers(made.platform)
    for name, shown in implementations(graph, graph.scope(gateway).cluster).items():
        if name not in candidates and catalog.controllers()[name].service is not None:
            return Exposure("unknown", "low", (f"{_name(name)} may serve the Service that {_name(controller)} makes: {shown.reason}",))
    found = []
    for name in candidates:
        reason = f"{_name(name)} makes a load balancer for the Service of {_name(controller)}"
        found.append(_stated(name, made.annotations, "Service") or _default(catalog.default_exposure(name), reason))
    return _agreed(Ownership("owned", candidates, "medium"), found)


def _of_proxy(controller: str, edge: Resource, graph: ResourceGraph) -> Exposure:
    """Return the widest exposure of the Services in front of a proxy in the cluster."""
    services = services_of_controller(graph, graph.scope(edge).cluster, controller)
    if not services:
        return Exposure("unknown", "low", (f"the Service of {_name(controller)} is not in the manifests",))
    found = [(service, exposure_of(service, graph)) for service in services]
    service, widest = max(found, key=lambda pair: _WIDTH.index(pair[1].reach))
    if widest.reach == "cluster":
        return Exposure("unknown", "low", (f"{service.id} of {_name(controller)} is reached in some way that the manifests do not show",))
    return widest._replace(confidence=_least(widest.confidence, "medium"), reasons=(f"it is served by {service.id}", *widest.reasons))


_WIDTH: Sequence[Reach] = ("cluster", "node", "internal", "unknown", "internet")
"""From the narrowest to the widest that something may be, for the choice among several ways in."""


def _stated(controller: str, wanted: Mapping[str, Any], kind: str) -> Exposure | None:
    """Return what the annotation that a controller goes by says, or None where none of them is there."""
    for entry in annotations.exposure_keys(controller, kind):
        key = annotations.key_in(wanted, entry)
        if key is None or _lacks_companion(entry, wanted):
            continue
        text = wanted[key]
        if not isinstance(text, str) or has_placeholder(text):
            return Exposure("unknown", "low", (f"`{key}` is filled in later, or is no text",), key)
        found = entry.exposure[controller].of(text)
        return _of_text(found, f"{_name(controller)} reads `{key}: {text!r}` as {_WORDS[found]}")._replace(key=key)
    return None


def _lacks_companion(entry: annotations.ServiceAnnotation, wanted: Mapping[str, Any]) -> bool:
    """Tell whether a key is passed over because another one is missing beside it (OCI reads one key of each kind of load balancer)."""
    companions = {relation.other: relation.value for relation in entry.relations if relation.kind == "requires" and "/" in relation.other}
    return is_ignored_without(entry) and any(wanted.get(key) != value for key, value in companions.items())


_WORDS = {"internal": "internal", "internet": "internet-facing", "refused": "an error", "unknown": "something that is not known"}


def _of_text(found: annotations.Exposure, reason: str) -> Exposure:
    if found == "internet":
        return Exposure("internet", "high", (reason,))
    if found == "internal":
        return Exposure("internal", "high", (reason,))
    return Exposure("unknown", "low", (reason,))


def _default(default: catalog.DefaultExposure, reason: str) -> Exposure:
    reach = _OF_DEFAULT.get(default, "unknown")
    return Exposure(reach, "low" if reach == "unknown" else "high", (reason,))


def _of_pool(controller: str, service: Resource, graph: ResourceGraph) -> Exposure:
    """Judge addresses of the site: private ones are internal; whether others are reached from the internet cannot be known."""
    requested = list(requested_addresses(controller, service))
    if requested:
        if all(is_private(address) for address in requested):
            return Exposure("internal", "high", (f"it asks for the private address {requested[0]}",))
        return Exposure("unknown", "low", (f"whether the internet reaches {requested[0]} depends on the site",))
    pools = list(_pool_ranges(controller, graph, graph.scope(service).cluster))
    if pools and all(isinstance(pool, Interval) and is_private(pool) for pool in pools):
        return Exposure("internal", "medium", (f"all pools of {_name(controller)} in the manifests hold private addresses",))
    return Exposure("unknown", "low", (f"its address comes from a pool of {_name(controller)}, and whether that is reached is not known",))


def requested_addresses(controller: str, service: Resource) -> Iterator[Interval]:
    """Yield the addresses that a Service asks a controller for: by an annotation that it reads, or by `spec.loadBalancerIP`."""
    texts = [service.get("spec", "loadBalancerIP")]
    for key, value in service.annotations.items():
        entry = annotations.find(key) if annotations.prefix_of(key) else None
        if entry is not None and entry.decides == _ADDRESS and controller in entry.readers and isinstance(value, str):
            texts.extend(value.split(","))
    for text in texts:
        address = parse_address(text.strip()) if isinstance(text, str) else None
        if address is not None:
            yield Interval(address[0], address[1], address[1])


def _pool_ranges(controller: str, graph: ResourceGraph, cluster: str) -> Iterator[object]:
    if controller == "metallb":
        yield from (entry.range for entry in metallb_pools(graph, cluster))
    for pool in graph.in_cluster(cluster, _CILIUM_POOL) if controller == "cilium-lb-ipam" else ():
        for field in ("blocks", "cidrs"):
            for block in pool.sequence("spec", field):
                yield _cilium_block(block)


def _cilium_block(block: object) -> Interval | None:
    if not isinstance(block, dict):
        return None
    if isinstance(block.get("cidr"), str):
        return parse_cidr(block["cidr"])
    ends = [parse_address(block[end]) if isinstance(block.get(end), str) else None for end in ("start", "stop")]
    first, last = ends[0], ends[1] or ends[0]
    return Interval(first[0], first[1], last[1]) if first and last and first[0] == last[0] else None


def _agreed(owner: Ownership, found: Sequence[Exposure]) -> Exposure:
    """Return what all candidates agree on, never surer than who of them it is."""
    if not found:
        return Exposure("unknown", "low", owner.reasons)
    if len({exposure.reach for exposure in found}) > 1:
        said = "; or ".join(exposure.reason for exposure in found)
        return Exposure("unknown", "low", (*owner.reasons, f"that depends on who serves it: {said}"))
    first = found[0]
    return first._replace(confidence=_least(owner.confidence, first.confidence), reasons=(*owner.reasons, *first.reasons))


def _least(*confidences: Confidence) -> Confidence:
    return min(confidences, key=CONFIDENCES.index)


def _name(controller: str) -> str:
    known = catalog.controllers().get(controller)
    return known.name if known is not None else controller


_BY_KIND = {"Service": _of_service, "Ingress": _of_ingress, "Gateway": _of_gateway}
