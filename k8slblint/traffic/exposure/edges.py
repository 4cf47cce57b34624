"""From where an Ingress or Gateway can be reached: by the load balancer that it provisions, or the Service of the proxy that serves it.

Sources: Gateway API 1.6 (GEP-1867: `spec.infrastructure.annotations`); AWS Load Balancer Controller 225f4456
`model_build_load_balancer.go` (`buildLoadBalancerScheme`: one scheme for an IngressGroup).
"""

from collections.abc import Sequence

from k8slblint.catalog import controllers as catalog
from k8slblint.catalog.load_balancers import class_parameters_scheme
from k8slblint.graph.answers import Found, Unknown
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.model.rule import least
from k8slblint.traffic.balancers.gateway_services import DescribedService, described_service, made_type
from k8slblint.traffic.balancers.ingresses import group_of, members_of
from k8slblint.traffic.balancers.made_services import MadeService, service_of_gateway
from k8slblint.traffic.exposure.defaults import default_of
from k8slblint.traffic.exposure.pools import addresses_in, exposure_of_addresses
from k8slblint.traffic.exposure.services import exposure_of_service
from k8slblint.traffic.exposure.verdict import Exposure, Reach, agreed, by_default, name_of, stated_by, stated_in
from k8slblint.traffic.ownership import Ownership, ownership_of
from k8slblint.traffic.ownership.gateways import controller_names, parameters_of
from k8slblint.traffic.ownership.implementations import implementations
from k8slblint.traffic.ownership.ingresses import class_parameters_of
from k8slblint.traffic.ownership.services import controllers_of_site
from k8slblint.traffic.workloads.proxies import services_of_controller

_WIDTH: Sequence[Reach] = ("cluster", "node", "internal", "unknown", "internet")
"""From the narrowest to the widest that something may be, for the choice among several ways in."""


def exposure_of_ingress(ingress: Resource, graph: ResourceGraph) -> Exposure:
    """Return from where an Ingress is reached."""
    owner = ownership_of(ingress, graph)
    if owner.verdict != "owned":
        return Exposure("unknown", "low", owner.reasons)
    return agreed(owner, [ingress_exposure_by(candidate, ingress, graph) for candidate in owner.candidates])


def ingress_exposure_by(controller: str, ingress: Resource, graph: ResourceGraph) -> Exposure:
    """Return from where an Ingress is reached if this controller serves it."""
    stated = _stated_by_parameters(controller, ingress, graph) or stated_in(controller, ingress.annotations, "Ingress")
    group = group_of(ingress, graph)
    if group is not None and (stated is None or _of_group(controller, group, graph).is_contradictory):
        return _of_group(controller, group, graph).exposure
    if stated is not None:
        return stated
    known = catalog.controllers().get(controller)
    if known is not None and known.ingress_default_exposure is not None:
        cluster = graph.scope(ingress).cluster
        return default_of(controller, known.ingress_default_exposure, f"the default of {name_of(controller)} applies", cluster, graph)
    return _of_proxy(controller, ingress, graph)


class _GroupVerdict(NamedTuple):
    """From where the load balancer of a group is reached; one whose members ask for both is neither made nor changed."""

    exposure: Exposure
    is_contradictory: bool = False


def _of_group(controller: str, group: tuple[str, str], graph: ResourceGraph) -> _GroupVerdict:
    """Return what the Ingresses of a group say for those that say nothing; worked out once for each."""
    known = graph.derived(_no_groups)
    if (controller, group) not in known:
        known[controller, group] = _judge_group(controller, members_of(group, graph), graph)
    return known[controller, group]


def _no_groups(_: ResourceGraph) -> dict[tuple[str, tuple[str, str]], _GroupVerdict]:
    return {}


def _judge_group(controller: str, members: Sequence[Resource], graph: ResourceGraph) -> _GroupVerdict:
    """Judge a group by its members in the manifests; whether there are more of them elsewhere is not known."""
    known = catalog.controllers().get(controller)
    default = known.ingress_default_exposure if known is not None and known.ingress_default_exposure is not None else "unknown"
    said = []
    for member in members:
        stated = _stated_by_parameters(controller, member, graph) or stated_in(controller, member.annotations, "Ingress")
        if stated is not None:
            said.append(stated._replace(reasons=(f"{member.id} of its group decides", *stated.reasons), key=None))
    if not said:
        reason = f"the default of {name_of(controller)} applies; no Ingress of its group in the manifests changes it"
        found = default_of(controller, default, reason, graph.scope(members[0]).cluster, graph) if members else by_default(default, reason)
        return _GroupVerdict(found._replace(confidence=least(found.confidence, "medium")))
    reaches = {exposure.reach for exposure in said}
    if len(reaches) > 1:
        reason = "the Ingresses of its group disagree, so none of them is reconciled"
        return _GroupVerdict(Exposure("unknown", "low", (reason,)), is_contradictory={"internal", "internet"} <= reaches)
    return _GroupVerdict(said[0]._replace(confidence=least(said[0].confidence, "medium")))


def _stated_by_parameters(controller: str, ingress: Resource, graph: ResourceGraph) -> Exposure | None:
    parameters = class_parameters_of(ingress, graph)
    stated = class_parameters_scheme(parameters.type_name) if parameters is not None else None
    return stated_by(controller, parameters, *stated) if parameters is not None and stated is not None else None


def exposure_of_gateway(gateway: Resource, graph: ResourceGraph) -> Exposure:
    """Return from where a Gateway is reached."""
    owner = ownership_of(gateway, graph)
    if owner.verdict != "owned":
        return Exposure("unknown", "low", owner.reasons)
    class_name = owner.class_name or ""
    known = catalog.gateway_controllers()
    found = [_gateway_exposure_by(name, class_name, gateway, graph) for name in controller_names(gateway, graph) if name in known]
    return agreed(owner, found)


def _gateway_exposure_by(name: str, class_name: str, gateway: Resource, graph: ResourceGraph) -> Exposure:
    controller, side = catalog.gateway_controllers()[name]
    if side.parameters_scheme is not None:
        stated = _stated_by_gateway_parameters(controller, side.parameters_scheme, gateway, graph)
        if stated is not None:
            return stated
    default = catalog.exposure_of_gateway_class(name, class_name)
    if default != "unknown":
        reason = f"class '{class_name}' decides"
        return default_of(controller, default, reason, graph.scope(gateway).cluster, graph)
    made = service_of_gateway(gateway, graph)
    if made is not None:
        return _of_made_service(controller, made, gateway, graph)
    described = described_service(gateway, graph) if graph.scope(gateway).platform in _SITES else None
    if described is not None and described.load_balancer_class is None:
        return _of_site(controller, described, gateway, graph)
    return _of_narrow_type(controller, gateway, graph) or _of_own_service(controller, side, gateway, graph)


def _of_own_service(controller: str, side: catalog.GatewaySide, gateway: Resource, graph: ResourceGraph) -> Exposure:
    if not side.generated_labels:
        return _of_proxy(controller, gateway, graph)
    return Exposure("unknown", "low", (f"{name_of(controller)} creates a Service for it, whose type and annotations are set elsewhere",))


def _of_narrow_type(controller: str, gateway: Resource, graph: ResourceGraph) -> Exposure | None:
    """Return from where the Service of a Gateway is reached that is told to be no load balancer; None where it may be one."""
    made = made_type(gateway, graph)
    if made is None or made.by is None or made.name not in (_NODE_PORT, _CLUSTER_IP):
        return None
    reason = f"{made.by.id} sets type '{made.name}' for the Service that {name_of(controller)} creates for it"
    if made.name == _NODE_PORT:
        return Exposure("node", "medium", (reason,))
    return Exposure("unknown", "low", (reason, "no manifest shows what leads to that Service from outside of the cluster"))


_NODE_PORT = "NodePort"
_CLUSTER_IP = "ClusterIP"


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
    found = (stated_by(controller, one.value, scheme.path, scheme.like) for one in ordered if isinstance(one, Found))
    return next((exposure for exposure in found if exposure is not None), None)


def _of_made_service(controller: str, made: MadeService, gateway: Resource, graph: ResourceGraph) -> Exposure:
    """Return what the controllers of a platform make of a Service that a controller makes for a Gateway."""
    candidates, cluster = catalog.service_controllers(made.platform), graph.scope(gateway).cluster
    for name, shown in implementations(graph, cluster).items():
        if name not in candidates and catalog.controllers()[name].service is not None:
            return Exposure(
                "unknown", "low", (f"{name_of(name)} may serve the Service that {name_of(controller)} creates: {shown.reason}",)
            )
    found = []
    for name in candidates:
        reason = f"{name_of(name)} provisions a load balancer for the Service of {name_of(controller)}"
        default = catalog.default_exposure(name)
        found.append(stated_in(name, made.annotations, "Service") or default_of(name, default, reason, cluster, graph))
    return agreed(Ownership("owned", candidates, "medium"), found)


def _of_site(controller: str, described: DescribedService, gateway: Resource, graph: ResourceGraph) -> Exposure:
    """Return from where the Service is reached that is made for a Gateway outside of a known cloud: by an address of the site."""
    cluster = graph.scope(gateway).cluster
    candidates = controllers_of_site(described.annotations, cluster, graph)
    if not candidates:
        return Exposure(
            "unknown", "low", (f"no manifest shows which controller serves the Service that {name_of(controller)} creates for it",)
        )
    found = [
        exposure_of_addresses(name, list(addresses_in(name, described.annotations)), cluster, graph)
        for name in candidates
        if catalog.default_exposure(name) == _POOL
    ]
    if len(found) < len(candidates):
        return Exposure("unknown", "low", ("its Service may be reachable at node addresses",))
    reason = f"{name_of(controller)} creates a Service for it, which {' or '.join(map(name_of, candidates))} serves"
    return agreed(Ownership("owned", candidates, "medium", (reason,)), found)


_SITES = ("bare-metal", "unknown")

_POOL = "pool"


def _of_proxy(controller: str, edge: Resource, graph: ResourceGraph) -> Exposure:
    """Return from where a proxy in the cluster is reached, worked out once for each controller and cluster."""
    known = graph.derived(_no_proxies)
    cluster = graph.scope(edge).cluster
    if (controller, cluster) not in known:
        known[controller, cluster] = _judge_proxy(controller, cluster, graph)
    return known[controller, cluster]


def _no_proxies(_: ResourceGraph) -> dict[tuple[str, str], Exposure]:
    return {}


def _judge_proxy(controller: str, cluster: str, graph: ResourceGraph) -> Exposure:
    """Return the widest exposure of the Services in front of a proxy in the cluster; an appliance outside is reached who knows how."""
    known = catalog.controllers().get(controller)
    if known is not None and known.proxies_outside:
        return Exposure("unknown", "low", (f"{name_of(controller)} may program an appliance outside the cluster",))
    services = services_of_controller(graph, cluster, controller)
    if not services:
        return Exposure("unknown", "low", (f"the Service of {name_of(controller)} is not in the manifests",))
    found = [(service, exposure_of_service(service, graph)) for service in services]
    service, widest = max(found, key=lambda pair: _WIDTH.index(pair[1].reach))
    if widest.reach == "cluster":
        return Exposure("unknown", "low", (f"{service.id} of {name_of(controller)} is exposed in a way that the manifests do not show",))
    return widest._replace(confidence=least(widest.confidence, "medium"), reasons=(f"it is served by {service.id}", *widest.reasons))
