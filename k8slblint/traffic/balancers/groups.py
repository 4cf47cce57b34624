"""How many cloud load balancers a cluster's manifests provision, grouped as the controllers group them.

Sources: kubernetes/cloud-provider 46666112 (one per Service of type LoadBalancer), AWS Load Balancer Controller 225f4456 (one ALB per
IngressGroup or ungrouped Ingress, one load balancer per Gateway), kubernetes/ingress-gce acbcf5d6 (one per Ingress); what else shares
one has its source in `catalogs/load-balancers.json`.
"""

from collections.abc import Sequence

from k8slblint.catalog import load_balancers as catalog
from k8slblint.catalog.load_balancers import GatewayKind, IngressKind
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import GATEWAY, INGRESS_KINDS
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.model.scope import UNDEPLOYED_ENVIRONMENTS, Scope
from k8slblint.traffic.balancers.ingresses import class_parameters, ingress_load_balancer, is_cloud
from k8slblint.traffic.balancers.made_services import gateway_of_service, service_of_gateway, service_of_ingress
from k8slblint.traffic.exposure import exposure_of
from k8slblint.traffic.ownership import ownership_of, service_platform
from k8slblint.traffic.ownership.gateways import controller_names


class LoadBalancer(NamedTuple):
    """One cloud load balancer (on Azure one frontend of it): the resources that share it, in reading order.

    `product` is what quotas call it, `prices` are the names of the prices it may have (none known where empty; all of them where the
    `platform` is `unknown`), `ports` and `forwarding_rules` what some clouds bill. `is_grouped` tells that the members said to share.
    """

    members: tuple[Resource, ...]
    platform: str = "unknown"
    product: str = ""
    prices: tuple[str, ...] = ()
    ports: int = 1
    forwarding_rules: int = 1
    is_internal: bool = False
    is_grouped: bool = False

    @property
    def first(self) -> Resource:
        """The member that stands first."""
        return self.members[0]


class _Share(NamedTuple):
    """What a resource adds to the load balancer of its `group`."""

    group: object
    load_balancer: LoadBalancer


def cloud_load_balancers(graph: ResourceGraph, scope: Scope) -> Sequence[LoadBalancer]:
    """Return the cloud load balancers that the manifests of a cluster provision, in the order of their first members.

    Where nothing tells clusters apart, each environment counts for itself: `prod/` and `staging/` side by side are no one cluster.

    What an operator creates at run time is not in it; a resource that is written twice counts once.
    """
    return graph.derived(all_load_balancers).get(budget_key(scope), ())


def budget_key(scope: Scope) -> tuple[str, str]:
    """Return what is counted together: the cluster, and its environment where nothing tells clusters apart."""
    return scope.cluster, "" if scope.division in ("stated", "named") else scope.environment


def all_load_balancers(graph: ResourceGraph) -> dict[tuple[str, str], list[LoadBalancer]]:
    """Return the cloud load balancers of each cluster, or environment that counts for itself, by `budget_key`."""
    groups: dict[tuple[tuple[str, str], object], LoadBalancer] = {}
    for resource in graph.of_type("Service", *INGRESS_KINDS, GATEWAY):
        scope = graph.scope(resource)
        share = None if scope.environment in UNDEPLOYED_ENVIRONMENTS else _describe(resource, graph)
        if share:
            group = (budget_key(scope), share.group)
            groups[group] = _joined(groups[group], share.load_balancer) if group in groups else share.load_balancer
    found: dict[tuple[str, str], list[LoadBalancer]] = {}
    for (key, _), balancer in groups.items():
        found.setdefault(key, []).append(balancer)
    return found


def _joined(balancer: LoadBalancer, other: LoadBalancer) -> LoadBalancer:
    known = any(member.key == other.first.key for member in balancer.members)
    return balancer._replace(members=balancer.members + other.members, ports=balancer.ports + (0 if known else other.ports))


def _describe(resource: Resource, graph: ResourceGraph) -> _Share | None:
    if resource.kind == "Service":
        return _of_service(resource, graph)
    if resource.kind == "Ingress":
        return _of_ingress(resource, graph)
    return _of_gateway(resource, graph)


def _of_service(service: Resource, graph: ResourceGraph) -> _Share | None:
    owner = ownership_of(service, graph)
    platform = service_platform(service, graph)
    if service.get("spec", "type") != "LoadBalancer" or owner.verdict == "nobody" or not is_cloud(platform):
        return None
    product = catalog.service_product(platform, owner.on_aws, owner.class_name)
    shared = _shared_identity(service, platform)
    made_for = gateway_of_service(service, graph)
    balancer = LoadBalancer(
        (service,),
        platform,
        product.product,
        product.prices or catalog.prices_of_services(platform),
        ports=max(len(service.sequence("spec", "ports")), 1),
        is_internal=exposure_of(service, graph).reach == "internal",
        is_grouped=shared is not None,
    )
    return _Share(made_for.key if made_for else shared or service.key, balancer)


def _shared_identity(service: Resource, platform: str) -> object:
    """Return what tells the load balancer or address that a Service shares with others of its platform, or None."""
    sharing = catalog.service_sharing(platform)
    annotations = [("metadata", "annotations", key) for key in sharing.annotations]
    paths = annotations + list(sharing.fields)
    values = ((path[-1], service.get(*path)) for path in paths)
    return next(((platform, key, value) for key, value in values if isinstance(value, str | int) and value != ""), None)


def _of_ingress(ingress: Resource, graph: ResourceGraph) -> _Share | None:
    kind = ingress_load_balancer(ingress, graph)
    if kind is None:
        made = service_of_ingress(ingress, graph)
        return _Share(made.group, _of_made_service(ingress, made.platform, 1)) if made else None
    group = _ingress_group(ingress, kind, graph)
    if group is None:
        return None
    balancer = _of_kind(ingress, kind, graph)._replace(forwarding_rules=_forwarding_rules(ingress, kind), is_grouped=group != ingress.key)
    return _Share(group, balancer)


def _of_gateway(gateway: Resource, graph: ResourceGraph) -> _Share | None:
    kind = _gateway_load_balancer(gateway, graph)
    ports = len({str(listener.get("port")) for listener in gateway.sequence("spec", "listeners") if isinstance(listener, dict)}) or 1
    if kind is None:
        made = service_of_gateway(gateway, graph)
        return _Share(made.group, _of_made_service(gateway, made.platform, ports)) if made else None
    group = _named_group(gateway, kind) if kind.named_by else gateway.key
    return _Share(group, _of_kind(gateway, kind, graph)._replace(forwarding_rules=ports)) if group else None


def _of_kind(resource: Resource, kind: IngressKind | GatewayKind, graph: ResourceGraph) -> LoadBalancer:
    prices = (kind.price,) if kind.price else ()
    return LoadBalancer((resource,), kind.platform, kind.product, prices, is_internal=exposure_of(resource, graph).reach == "internal")


def _of_made_service(resource: Resource, platform: str, ports: int) -> LoadBalancer:
    product = catalog.service_product(platform).product if platform != "eks" else ""
    return LoadBalancer((resource,), platform, product, catalog.prices_of_services(platform), ports=ports)


def _ingress_group(ingress: Resource, kind: IngressKind, graph: ResourceGraph) -> object:
    """Return what the Ingresses of one load balancer have in common; None where an Ingress names none of those it must name."""
    if kind.named_by:
        return _named_group(ingress, kind)
    if kind.shared_by_class:
        return ("class", kind.name, ownership_of(ingress, graph).class_name)
    parameters = class_parameters(ingress, kind, graph)
    group = parameters.get(*kind.class_parameters_group) if parameters and kind.class_parameters_group else None
    group = group or ingress.annotations.get(kind.group_annotation or "") or ingress.annotations.get(kind.id_annotation or "")
    return ("group", kind.name, group) if isinstance(group, str) else ingress.key


def _named_group(resource: Resource, kind: IngressKind | GatewayKind) -> object:
    for keys in kind.named_by:
        values = tuple(resource.annotations.get(key) for key in keys)
        if all(isinstance(value, str) and value for value in values):
            return ("named", kind.name, values)
    return None


def _forwarding_rules(ingress: Resource, kind: IngressKind) -> int:
    """Return how many forwarding rules an Ingress needs: one for HTTP unless switched off, one for HTTPS."""
    rules = kind.forwarding_rules
    if not rules:
        return 1
    has_http = ingress.annotations.get(rules.no_http_key) not in rules.no_http_values
    has_https = bool(ingress.sequence("spec", "tls")) or any(ingress.annotations.get(key) for key in rules.https_keys)
    return max(has_http + has_https, 1)


def _gateway_load_balancer(gateway: Resource, graph: ResourceGraph) -> GatewayKind | None:
    names = controller_names(gateway, graph)
    return next((kind for kind in catalog.gateway_kinds() if len(names) == 1 and names[0] in kind.class_controllers), None)
