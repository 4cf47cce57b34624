"""Which default quotas of a cloud the load balancers of a cluster exceed, as far as manifests show it."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from k8slblint.catalog.quotas import Quota, quotas
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.traffic.balancers.groups import LoadBalancer, all_load_balancers

_ACCOUNT_WIDE = ("region", "account", "project")


class Excess(NamedTuple):
    """More than a quota allows.

    `amount` is how many there are, `balancer` the one that has them, None where the load balancers themselves are too many.
    """

    quota: Quota
    amount: int
    balancer: LoadBalancer | None = None


def exceeded_quotas(balancers: Sequence[LoadBalancer]) -> list[Excess]:
    """Return the quotas that a cluster's load balancers exceed, of the account first; only what has a known limit.

    Other clusters of the account count too, which nobody sees here.
    """
    return [*_by_count(balancers), *_by_load_balancer(balancers)]


def fixed_limits_exceeded(graph: ResourceGraph) -> dict[int, list[Excess]]:
    """Return what load balancers have more of than their cloud ever allows, by the `id` of their first member."""
    found: dict[int, list[Excess]] = defaultdict(list)
    for balancers in graph.derived(all_load_balancers).values():
        for excess in _by_load_balancer(balancers):
            if excess.quota.is_adjustable is False and excess.balancer is not None:
                found[id(excess.balancer.first)].append(excess)
    return found


def _by_count(balancers: Sequence[LoadBalancer]) -> Iterator[Excess]:
    for (platform, product), count in Counter((balancer.platform, balancer.product) for balancer in balancers).items():
        for quota in quotas(platform):
            if quota.of == product and quota.per in _ACCOUNT_WIDE and quota.limit is not None and count > quota.limit:
                yield Excess(quota, count)


def _by_load_balancer(balancers: Sequence[LoadBalancer]) -> Iterator[Excess]:
    for balancer in _joined_frontends(balancers):
        counts = {
            "listener": _listeners(balancer),
            "target group": _backends(balancer),
            "rule": _rules(balancer),
            "forwarding rule": balancer.ports,
        }
        for quota in quotas(balancer.platform):
            is_its = quota.per == (balancer.product or "load balancer")
            count = counts.get(quota.of, 0)
            if is_its and quota.limit is not None and count > quota.limit:
                yield Excess(quota, count, balancer)


def _joined_frontends(balancers: Sequence[LoadBalancer]) -> Iterator[LoadBalancer]:
    """Yield each load balancer; the frontends of a cluster on Azure are those of one load balancer, or two with the internal one."""
    joined: dict[bool, LoadBalancer] = {}
    for balancer in balancers:
        if balancer.product != "frontend":
            yield balancer
            continue
        known = joined.get(balancer.is_internal)
        members, ports = (known.members, known.ports) if known else ((), 0)
        joined[balancer.is_internal] = balancer._replace(
            members=members + balancer.members, ports=ports + balancer.ports, product="load balancer"
        )
    yield from joined.values()


def _listeners(balancer: LoadBalancer) -> int:
    """Return how many listeners a load balancer needs at the least: one for each number of a port, whatever the protocols."""
    if balancer.first.kind != "Service":
        return balancer.ports
    numbers = {
        port.get("port") for port in balancer.first.sequence("spec", "ports") if isinstance(port, dict) and _is_number(port.get("port"))
    }
    return len(numbers)


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _rules(balancer: LoadBalancer) -> int:
    """Return how many rules a load balancer has: one for each port of Services, one for each path of Ingresses."""
    if balancer.first.kind == "Service":
        return balancer.ports
    return sum(len(list(_paths(member))) for member in balancer.members)


def _backends(balancer: LoadBalancer) -> int:
    """Return how many backends Ingresses name, each of which gets a target group."""
    named = {
        (ingress.namespace, str(backend.get("name")), str(backend.get("port")))
        for ingress in balancer.members
        if ingress.kind == "Ingress"
        for path in _paths(ingress)
        if isinstance(backend := _service_of(path), dict)
    }
    return len(named)


def _service_of(path: dict[str, object]) -> object:
    backend = path.get("backend")
    return backend.get("service") if isinstance(backend, dict) else None


def _paths(ingress: Resource) -> Iterator[dict[str, object]]:
    for rule in ingress.sequence("spec", "rules"):
        http = rule.get("http") if isinstance(rule, dict) else None
        paths = http.get("paths") if isinstance(http, dict) else None
        yield from (path for path in paths or () if isinstance(path, dict)) if isinstance(paths, list) else ()
