"""What a change between two revisions does to traffic: each topic, its direction, what is undecided, and what is no change at all."""

from collections.abc import Mapping

import pytest

from k8slblint import engine
from k8slblint.config import Config
from k8slblint.engine import Sources
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.difference import Difference, Differences
from k8slblint.model.location import Span
from k8slblint.model.resource import ResourceId
from k8slblint.reporting.difference_words import sentence, summary
from k8slblint.views.difference import differences
from tests.builders import resources
from tests.linting import scoped, source_file

EKS = scoped(platform="eks", environment="production")
METAL = scoped(platform="bare-metal", environment="production")

INTERNAL = "service.beta.kubernetes.io/aws-load-balancer-scheme: internal"
FACING = "service.beta.kubernetes.io/aws-load-balancer-scheme: internet-facing"
EXTERNAL = "service.beta.kubernetes.io/aws-load-balancer-type: external, service.beta.kubernetes.io/aws-load-balancer-nlb-target-type: ip"

WORKLOAD = """apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: web, ports: [{containerPort: 8080}]}]}
"""


def service(
    kind: str = "LoadBalancer", annotations: str = f"{EXTERNAL}, {FACING}", more: str = "", name: str = "web", port: str = "80"
) -> str:
    lines = [
        "apiVersion: v1",
        "kind: Service",
        f"metadata: {{name: {name}, namespace: shop, annotations: {{{annotations}}}}}",
        f"spec:\n  type: {kind}\n  selector: {{app: web}}",
        *([f"  {more}"] if more else []),
        f"  ports: [{{port: {port}, targetPort: 8080}}]",
    ]
    return "\n".join(lines) + "\n"


def ingress(paths: str = "/", name: str = "web", scheme: str = "internet-facing", host: str = "shop.example", backend: str = "web") -> str:
    rows = "\n".join(
        f"          - {{path: {path}, pathType: Prefix, backend: {{service: {{name: {backend}, port: {{number: 80}}}}}}}}"
        for path in paths.split()
    )
    return f"""apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {{name: {name}, namespace: shop, annotations: {{alb.ingress.kubernetes.io/scheme: {scheme}}}}}
spec:
  ingressClassName: alb
  rules:
    - host: {host}
      http:
        paths:
{rows}
"""


def ranged(ranges: str) -> str:
    return service(more=f"loadBalancerSourceRanges: [{ranges}]")


def found(before: str | Mapping[str, str], after: str | Mapping[str, str], config: Config = EKS) -> Differences:
    sources = [[source_file(path, text) for path, text in named(tree).items()] for tree in (after, before)]
    with engine.read(Sources(sources[0], before=sources[1], against="before"), config) as manifests:
        return differences(manifests.graph)


def named(tree: str | Mapping[str, str]) -> Mapping[str, str]:
    return {"app.yaml": tree} if isinstance(tree, str) else tree


def told(known: Differences, topic: str) -> list[Difference]:
    return [one for one in known.changes if one.topic == topic]


def only(known: Differences, topic: str) -> Difference:
    (one,) = told(known, topic)
    return one


def test_the_same_tree_does_not_differ() -> None:
    tree = f"{service()}---\n{ingress()}---\n{WORKLOAD}"
    assert found(tree, tree) == Differences()


def test_a_graph_without_a_base_does_not_differ() -> None:
    assert differences(ResourceGraph(resources(service()))) == Differences()


def test_a_new_load_balancer_is_told_with_owner_kind_price_and_workload() -> None:
    known = found(WORKLOAD, f"{WORKLOAD}---\n{service()}")
    entry, balancer = only(known, "entry-point"), only(known, "load-balancer")
    assert (entry.change, entry.direction, entry.before) == ("added", "more-exposed", None)
    assert entry.after is not None
    assert (entry.after.reach, entry.after.values, entry.leads_to) == ("internet", ("80/TCP",), ("Deployment shop/web",))
    assert balancer.after is not None
    assert (balancer.after.kind, balancer.after.owner, balancer.after.monthly_usd) == (
        "NLB",
        "AWS Load Balancer Controller",
        (16.43, 16.43),
    )
    assert balancer.location is not None
    assert (balancer.location.path, balancer.location.span.line) == ("app.yaml", 14)
    assert summary(known)[:2] == [
        "adds 1 internet-facing load balancer (NLB, about 16 USD a month)",
        "Service shop/web becomes reachable from the internet",
    ]


def test_a_load_balancer_that_is_gone_is_less() -> None:
    known = found(f"{WORKLOAD}---\n{service()}", WORKLOAD)
    assert (only(known, "entry-point").change, only(known, "entry-point").direction) == ("removed", "less-exposed")
    assert only(known, "load-balancer").change == "removed"
    assert only(known, "cost").after is not None
    assert sentence(only(known, "entry-point")) == "Service shop/web is gone; it was reachable from the internet"


def test_internal_to_internet_is_more_and_back_is_less() -> None:
    inner, outer = (service(annotations=f"{EXTERNAL}, {scheme}") for scheme in (INTERNAL, FACING))
    more, less = only(found(inner, outer), "entry-point"), only(found(outer, inner), "entry-point")
    assert (more.direction, less.direction) == ("more-exposed", "less-exposed")
    assert sentence(less) == "Service shop/web is no longer reachable from the internet, but from the internal network"
    assert more.location is not None
    assert more.location.span.line == 3  # where the annotation is


def test_a_path_that_is_added_becomes_reachable_and_one_that_goes_no_longer_is() -> None:
    one, two = (f"{WORKLOAD}---\n{service('ClusterIP', '')}---\n{ingress(paths)}" for paths in ("/", "/ /admin"))
    more, less = only(found(one, two), "host-and-path"), only(found(two, one), "host-and-path")
    assert (more.subject, more.change, more.direction) == ("shop.example/admin", "added", "more-exposed")
    assert (less.subject, less.change, less.direction) == ("shop.example/admin", "removed", "less-exposed")
    assert "shop.example/admin of shop/web becomes reachable from the internet" in summary(found(one, two))


def test_a_path_that_leads_elsewhere_is_neutral() -> None:
    one = only(found(ingress(), ingress(backend="other")), "host-and-path")
    assert one.direction == "neutral"
    assert one.before is not None
    assert one.after is not None
    assert (one.before.values, one.after.values) == (("shop/web:80",), ("shop/other:80",))


def test_an_ingress_that_is_renamed_opens_nothing() -> None:
    known = found(ingress(name="old"), ingress(name="new"))
    assert {one.direction for one in told(known, "entry-point")} == {"neutral"}


def test_a_path_that_another_ingress_had_before_opens_nothing() -> None:
    before = f"{ingress('/admin', name='admin')}---\n{ingress('/')}"
    after = f"{ingress('/ops', name='admin')}---\n{ingress('/ /admin')}"
    directions = {one.subject: one.direction for one in told(found(before, after), "host-and-path")}
    assert directions["shop.example/admin"] == "neutral"
    assert directions["shop.example/ops"] == "more-exposed"


def test_a_port_that_is_added_to_a_load_balancer_is_more() -> None:
    one = only(found(service(), service().replace("ports: [", "ports: [{port: 5432}, ")), "port")
    assert (one.subject, one.direction) == ("5432/TCP", "more-exposed")


@pytest.mark.parametrize(
    ("before", "after", "change", "direction", "said"),
    [
        (
            "10.0.0.0/8, 203.0.113.0/24",
            "10.0.0.0/8",
            "changed",
            "less-exposed",
            "1 source range removed from Service shop/web: 203.0.113.0/24",
        ),
        ("10.0.0.0/8", "10.0.0.0/8, 203.0.113.0/24", "changed", "more-exposed", "1 source range added to Service shop/web: 203.0.113.0/24"),
        ("203.0.113.0/24", "203.0.112.0/23", "changed", "more-exposed", None),
        ("203.0.113.0/24", "", "removed", "more-exposed", "1 source range removed from Service shop/web: every client may connect"),
        ("", "203.0.113.0/24", "added", "less-exposed", "Service shop/web allows only 203.0.113.0/24; every client could connect"),
    ],
)
def test_source_ranges_are_compared_as_sets(before: str, after: str, change: str, direction: str, said: str | None) -> None:
    one = only(found(ranged(before), ranged(after)), "source-ranges")
    assert (one.change, one.direction) == (change, direction)
    assert said is None or sentence(one) == said


def test_the_same_addresses_written_otherwise_are_no_change() -> None:
    assert found(ranged("203.0.113.0/24"), ranged("203.0.113.0/25, 203.0.113.128/25")) == Differences()


def test_node_ports_are_told_by_number_and_a_fixed_one_in_place_of_an_allocated_one_is_neutral() -> None:
    plain, fixed = service("NodePort", ""), service("NodePort", "", port="80, nodePort: 30080")
    opened = only(found(service("ClusterIP", ""), fixed), "node-port")
    assert (opened.change, opened.direction) == ("added", "more-exposed")
    assert sentence(opened) == "Service shop/web opens node port 30080/TCP"
    assert only(found(plain, fixed), "node-port").direction == "neutral"
    assert told(found(plain, fixed), "entry-point") == []


def test_external_addresses_are_told() -> None:
    one = only(found(service("ClusterIP", ""), service("ClusterIP", "", "externalIPs: [198.51.100.7]")), "external-address")
    assert (one.change, one.direction) == ("added", "more-exposed")


def test_host_ports_are_told() -> None:
    one = only(found(WORKLOAD, WORKLOAD.replace("containerPort: 8080", "containerPort: 8080, hostPort: 9000")), "entry-point")
    assert one.after is not None
    assert (one.direction, one.after.reach, one.after.values) == ("more-exposed", "node", ("9000/TCP",))


def test_a_selector_that_takes_in_another_workload_tells_of_that_workload() -> None:
    admin = WORKLOAD.replace("name: web, namespace", "name: admin, namespace").replace("app: web", "app: admin")
    before = f"{WORKLOAD}---\n{admin}---\n{service()}"
    known = found(before, before.replace("selector: {app: web}\n  ports", "selector: {app: admin}\n  ports"))
    assert {(str(one.resource), one.direction) for one in told(known, "workload")} == {
        ("Deployment shop/admin", "more-exposed"),
        ("Deployment shop/web", "less-exposed"),
    }


def test_a_load_balancer_that_is_replaced_is_told_once_with_both_kinds() -> None:
    before = ingress(scheme="internal")
    one = only(found(before, before.replace("internal", "internet-facing")), "load-balancer")
    assert (one.change, one.direction) == ("replaced", "more-exposed")
    assert one.before is not None
    assert (one.before.reach, one.before.kind) == ("internal", "ALB")
    assert "replaces the load balancer of shop/web (internal ALB by internet-facing ALB)" in summary(
        found(before, before.replace("internal", "internet-facing"))
    )


def test_what_is_left_behind_on_aws_is_not_less() -> None:
    known = found(service(annotations="service.beta.kubernetes.io/aws-load-balancer-type: nlb"), service("ClusterIP", ""))
    entry, balancer = only(known, "entry-point"), only(known, "load-balancer")
    assert entry.direction == "neutral"
    assert "stays billed" in entry.note
    assert balancer.direction == "neutral"
    assert (entry.leaves_behind, balancer.leaves_behind) == (True, True)
    assert told(known, "cost") == []  # it is billed on
    assert summary(known) == ["leaves the load balancer of shop/web behind (internet-facing NLB)"]


def test_ingresses_of_one_group_are_one_load_balancer() -> None:
    key = "alb.ingress.kubernetes.io/group.name: shop, alb"
    one, two = (ingress(name=name).replace("alb.ing", f"{key[:-3]}alb.ing") for name in ("one", "two"))
    known = found(one, f"{one}---\n{two}")
    assert told(known, "load-balancer") == []
    assert told(known, "cost") == []


POOL = """apiVersion: metallb.io/v1beta1
kind: IPAddressPool
metadata: {{name: outer, namespace: metallb-system}}
spec:
  addresses: [{}]
"""


def test_pools_are_compared_by_their_addresses() -> None:
    one = only(found(POOL.format("192.168.1.10-192.168.1.20"), POOL.format("192.168.1.10-192.168.1.30"), METAL), "address-pool")
    assert (one.change, one.direction) == ("changed", "neutral")
    assert sentence(one) == "IPAddressPool metallb-system/outer contains 192.168.1.10-192.168.1.30, was 192.168.1.10-192.168.1.20"
    same = found(POOL.format("192.168.1.0/24"), POOL.format("192.168.1.0-192.168.1.255"), METAL)
    assert same == Differences()


LEGACY = """apiVersion: v1
kind: ConfigMap
metadata: {{name: config, namespace: metallb-system}}
data:
  config: |
    address-pools:
    - name: outer
      protocol: layer2
      addresses:
      - {}
"""


def test_a_pool_in_the_config_map_of_an_old_metallb_is_one_too() -> None:
    one = only(found(LEGACY.format("10.0.0.1 10.0.0.9"), LEGACY.format("10.0.0.1-10.0.0.9"), METAL), "address-pool")
    assert sentence(one) == "AddressPool metallb-system/outer contains 10.0.0.1-10.0.0.9, was 10.0.0.1 10.0.0.9"
    assert one.location is not None
    assert one.location.span == Span(10, 9, 10, 26)
    added = only(found("", LEGACY.format("10.0.0.1-10.0.0.9"), METAL), "address-pool")
    assert (added.change, added.resource) == ("added", ResourceId("", "AddressPool", "metallb-system", "outer"))
    assert found(LEGACY.format("10.0.0.0/24"), LEGACY.format("10.0.0.0-10.0.0.255"), METAL) == Differences()


def test_a_pool_that_moves_from_the_config_map_to_an_object_of_its_own_stays_one() -> None:
    assert found(LEGACY.format("192.168.1.0/24"), POOL.format("192.168.1.0/24"), METAL) == Differences()
    moved = only(found(LEGACY.format("192.168.1.0/24"), POOL.format("192.168.2.0/24"), METAL), "address-pool")
    assert moved.change == "changed"


def test_a_cilium_pool_is_one_too_and_one_that_is_filled_in_later_is_undecided() -> None:
    pool = "apiVersion: cilium.io/v2\nkind: CiliumLoadBalancerIPPool\nmetadata: {name: outer}\nspec: {blocks: [{cidr: CIDR}]}\n"
    assert only(found(pool.replace("CIDR", "10.0.0.0/24"), pool.replace("CIDR", "10.0.1.0/24"), METAL), "address-pool").change == "changed"
    later = found(pool.replace("CIDR", "'${RANGE}'"), pool.replace("CIDR", "10.0.1.0/24"), METAL)
    assert (later.changes, [one.topic for one in later.undecided]) == ((), ["address-pool"])


SUBNET = "service.beta.kubernetes.io/azure-load-balancer-internal-subnet"


def values(**annotations: str) -> Mapping[str, str]:
    lines = "".join(f"    {KEYS[name]}: {value}\n" for name, value in annotations.items())
    return {"config/values.yaml": f"controller:\n service:\n  annotations:\n{lines}"}


KEYS = {
    "subnet": SUBNET,
    "ip": "service.beta.kubernetes.io/azure-load-balancer-ipv4",
    "timeout": "service.beta.kubernetes.io/azure-load-balancer-tcp-idle-timeout",
    "scheme": "service.beta.kubernetes.io/aws-load-balancer-scheme",
    "type": "service.beta.kubernetes.io/aws-load-balancer-type",
    "target": "service.beta.kubernetes.io/aws-load-balancer-nlb-target-type",
}


@pytest.mark.parametrize(
    ("before", "after", "key"),
    [
        ({"subnet": "data"}, {"subnet": "cluster"}, "subnet"),
        ({"subnet": "data", "timeout": "5"}, {"subnet": "cluster", "timeout": "6"}, "subnet"),
        ({"ip": "10.0.0.1"}, {"ip": "10.0.0.2"}, "ip"),
        ({"subnet": "data", "scheme": "internal"}, {"subnet": "cluster", "scheme": "internet-facing"}, "scheme"),
    ],
)
def test_values_of_an_absent_chart_that_replace_a_load_balancer_are_undecided(
    before: Mapping[str, str], after: Mapping[str, str], key: str
) -> None:
    known = found(values(**before), values(**after))
    (one,) = known.undecided
    assert known.changes == ()
    assert (one.topic, one.change, one.resource and one.resource.kind) == ("entry-point", "changed", "HelmValues")
    assert one.note == f"`{KEYS[key]}` changes"
    assert one.location is not None
    assert one.location.path == "config/values.yaml"


OF_LBC = {"type": "external", "target": "ip"}


@pytest.mark.parametrize(
    ("before", "after", "direction"),
    [("internal", "internet-facing", "more-exposed"), ("internet-facing", "internal", "less-exposed")],
)
def test_values_that_decide_from_where_a_service_is_reached_are_a_difference(before: str, after: str, direction: str) -> None:
    known = found(values(**OF_LBC, scheme=before), values(**OF_LBC, scheme=after))
    (one,) = known.changes
    assert known.undecided == ()
    assert (one.direction, one.confidence, one.resource and one.resource.kind) == (direction, "medium", "HelmValues")
    assert one.before is not None
    assert one.after is not None
    assert {one.before.reach, one.after.reach} == {"internal", "internet"}


def hosts_by_values(*hosts: str) -> Mapping[str, str]:
    return {"config/values.yaml": f"ingress:\n  className: nginx\n  hosts: [{', '.join(hosts)}]\n"}


def test_hosts_that_values_name_or_no_longer_name_are_undecided() -> None:
    known = found(hosts_by_values("a.corp.net", "b.corp.net"), hosts_by_values("a.corp.net", "c.corp.net"))
    assert known.changes == ()
    assert [(one.topic, one.change, one.subject) for one in known.undecided] == [
        ("host-and-path", "removed", "b.corp.net"),
        ("host-and-path", "added", "c.corp.net"),
    ]
    assert found(hosts_by_values("a.corp.net"), hosts_by_values("A.corp.net")) == Differences()


def test_a_scheme_that_another_layer_of_values_may_have_stated_before_is_undecided() -> None:
    known = found(values(**OF_LBC), values(**OF_LBC, scheme="internet-facing"))
    assert known.changes == ()
    assert len(known.undecided) == 1


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"timeout": "5"}, {"timeout": "6"}),
        ({"subnet": "data"}, {"subnet": "'data'"}),
        ({"subnet": "data"}, {"subnet": "'${SUBNET}'"}),
        ({"subnet": "data"}, {"subnet": "data", "timeout": "5"}),
    ],
)
def test_values_of_an_absent_chart_that_replace_nothing_do_not_differ(before: Mapping[str, str], after: Mapping[str, str]) -> None:
    assert found(values(**before), values(**after)) == Differences()


GATEWAY = """apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: outer, namespace: edge}
spec:
  gatewayClassName: CLASS
  listeners: [LISTENERS]
"""
ROUTE = """apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs: [{name: outer, namespace: edge}]
  hostnames: [shop.example]
  rules:
    - matches: [MATCHES]
      backendRefs: [{name: web, port: 80}]
"""
ALL = "allowedRoutes: {namespaces: {from: All}}"
HTTP = f"{{name: http, protocol: HTTP, port: 80, {ALL}}}"
ROOT = "{path: {type: PathPrefix, value: /}}"
GKE = scoped(platform="gke")


def gateway(name: str = "gke-l7-global-external-managed", listeners: str = HTTP) -> str:
    return GATEWAY.replace("CLASS", name).replace("LISTENERS", listeners)


def route(*matches: str) -> str:
    return ROUTE.replace("MATCHES", ", ".join(matches))


def test_a_gateway_and_its_routes_become_reachable_together() -> None:
    trees = [f"{gateway(name)}---\n{route(ROOT)}" for name in ("gke-l7-rilb", "gke-l7-global-external-managed")]
    known = found(trees[0], trees[1], GKE)
    assert {str(one.resource) for one in told(known, "entry-point")} == {"Gateway edge/outer", "HTTPRoute shop/web"}
    assert {one.direction for one in told(known, "entry-point")} == {"more-exposed"}


LISTENER_SET = """---
apiVersion: gateway.networking.k8s.io/v1
kind: ListenerSet
metadata: {name: team, namespace: shop}
spec:
  parentRef: {name: outer, namespace: edge}
  listeners: [LISTENERS]
"""
SETS = "{namespaces: {from: All}}"


def sets(listeners: str, allowed: str = SETS, gateway_listeners: str = HTTP, name: str = "gke-l7-global-external-managed") -> str:
    """A Gateway that allows ListenerSets, and one of them unless it has no listeners."""
    own = gateway(name, gateway_listeners).replace("spec:\n", f"spec:\n  allowedListeners: {allowed}\n", 1)
    return own + (LISTENER_SET.replace("LISTENERS", listeners) if listeners else "")


def listener(port: int, name: str = "extra") -> str:
    return f"{{name: {name}, protocol: HTTP, port: {port}, {ALL}}}"


def directions(before: str, after: str) -> list[tuple[str, str, str]]:
    return [(one.topic, one.direction, sentence(one)) for one in found(before, after, GKE).changes if one.topic != "load-balancer"]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param(
            sets(""),
            sets(listener(81)),
            [("entry-point", "more-exposed", "ListenerSet shop/team becomes reachable from the internet")],
            id="a set is new",
        ),
        pytest.param(
            sets(listener(81)),
            sets(""),
            [("entry-point", "less-exposed", "ListenerSet shop/team is gone; it was reachable from the internet")],
            id="a set is gone",
        ),
        pytest.param(
            sets(listener(81)),
            sets(f"{listener(81)}, {listener(82, 'more')}"),
            [("listener", "more-exposed", "listener HTTP 82 * of ListenerSet shop/team becomes reachable from the internet")],
            id="a listener of a set is new",
        ),
        pytest.param(
            sets(f"{listener(81)}, {listener(82, 'more')}"),
            sets(listener(81)),
            [("listener", "less-exposed", "listener HTTP 82 * of ListenerSet shop/team is gone; it was reachable from the internet")],
            id="a listener of a set is gone",
        ),
        pytest.param(
            sets(listener(81), gateway_listeners=HTTP),
            sets(f"{listener(81)}, {HTTP}", gateway_listeners=listener(90, "other")),
            [
                ("listener", "neutral", "listener HTTP 80 * of Gateway edge/outer is gone; it was reachable from the internet"),
                ("listener", "more-exposed", "listener HTTP 90 * of Gateway edge/outer becomes reachable from the internet"),
                ("listener", "neutral", "listener HTTP 80 * of ListenerSet shop/team is new, reachable from the internet"),
            ],
            id="a listener moves into a set",
        ),
        pytest.param(sets(listener(81), "{}"), sets(f"{listener(81)}, {listener(82, 'more')}", "{}"), [], id="a set that is not allowed"),
        pytest.param(
            sets(listener(81), "{}"),
            sets(listener(81)),
            [("entry-point", "more-exposed", "ListenerSet shop/team becomes reachable from the internet")],
            id="a set becomes allowed",
        ),
        pytest.param(
            sets(listener(81), name="gke-l7-rilb"),
            sets(f"{listener(81)}, {listener(82, 'more')}", name="gke-l7-rilb"),
            [("listener", "more-exposed", "listener HTTP 82 * of ListenerSet shop/team becomes reachable from the internal network")],
            id="an internal Gateway",
        ),
        pytest.param(sets(listener(81)), sets(listener(81).replace("extra", "renamed")), [], id="another name"),
    ],
)
def test_listeners_of_a_set_are_openings_of_its_gateway(before: str, after: str, expected: list[tuple[str, str, str]]) -> None:
    assert sorted(directions(before, after)) == sorted(expected)


def test_the_owner_of_a_set_is_that_of_its_gateway() -> None:
    (one,) = [one for one in found(sets(""), sets(listener(81)), GKE).changes if one.topic == "entry-point"]
    assert one.after is not None
    assert (one.after.owner, one.after.values) == ("Google GKE Gateway", ("HTTP 81 *",))


def test_a_gateway_that_begins_to_admit_a_route_makes_it_reachable() -> None:
    own = f"{gateway(listeners=HTTP.replace('All', 'Same'))}---\n{route(ROOT)}"
    known = found(own, f"{gateway()}---\n{route(ROOT)}", GKE)
    assert only(known, "entry-point").direction == "more-exposed"
    assert str(only(known, "entry-point").resource) == "HTTPRoute shop/web"


def test_listeners_and_paths_of_routes_are_told_where_the_reach_stays() -> None:
    tls = f"{{name: tls, protocol: HTTPS, port: 443, hostname: shop.example, {ALL}}}"
    before = f"{gateway()}---\n{route(ROOT)}"
    after = f"{gateway(listeners=f'{HTTP}, {tls}')}---\n{route(ROOT, '{path: {type: Exact, value: /admin}}')}"
    known = found(before, after, GKE)
    assert only(known, "listener").subject == "HTTPS 443 shop.example"
    assert only(known, "host-and-path").subject == "shop.example/admin (exact)"


def test_a_route_of_a_mesh_exposes_nothing() -> None:
    mesh = route(ROOT).replace("{name: outer, namespace: edge}", "{kind: Service, group: '', name: web}")
    assert found(WORKLOAD, f"{WORKLOAD}---\n{mesh}") == Differences()


def test_what_is_not_known_is_never_a_change() -> None:
    nginx = ingress().replace("ingressClassName: alb", "ingressClassName: nginx")
    known = found(WORKLOAD, f"{WORKLOAD}---\n{nginx}", scoped())
    assert known.changes == ()
    assert {one.topic for one in known.undecided} == {"entry-point"}
    assert not known.changes_exposure
    assert summary(known) == ["no change of exposure is certain"]


@pytest.mark.parametrize(
    "after", ["ingressClassName: nginx\n  defaultBackend: {service: {name: web, port: {number: 80}}}", "ingressClassName: haproxy"]
)
def test_what_changes_on_an_object_of_unknown_reach_is_undecided(after: str) -> None:
    nginx = ingress().replace("ingressClassName: alb", "ingressClassName: nginx")
    known = found(nginx, nginx.replace("ingressClassName: nginx", after), scoped())
    assert known.changes == ()
    assert known.undecided != ()


def test_an_unknown_object_that_stays_as_it_is_is_not_mentioned() -> None:
    nginx = ingress().replace("ingressClassName: alb", "ingressClassName: nginx")
    assert found(nginx, f"{nginx}---\n{WORKLOAD}", scoped()) == Differences()


def test_an_update_that_the_api_server_refuses_is_undecided() -> None:
    before, after = (service(more=f"loadBalancerClass: {name}") for name in ("service.k8s.aws/nlb", "eks.amazonaws.com/nlb"))
    known = found(before, after.replace(FACING, INTERNAL))
    assert known.changes == ()
    assert {one.reason for one in known.undecided} == {"the API server refuses this update"}


def test_files_that_are_renamed_are_no_change() -> None:
    tree = f"{service()}---\n{ingress()}---\n{WORKLOAD}---\n{POOL.format('192.168.1.0/24')}"
    assert found({"one/app.yaml": tree}, {"two/other.yaml": tree}) == Differences()
    parts = dict(zip(("a.yaml", "b.yaml", "c.yaml", "d.yaml"), tree.split("---\n"), strict=True))
    assert found({"app.yaml": tree}, parts) == Differences()


def test_what_is_put_aside_is_gone_and_what_comes_back_is_new() -> None:
    gone, back = (
        found({"web.yaml": service()}, {"archive/web.yaml": service()}),
        found({"archive/web.yaml": service()}, {"web.yaml": service()}),
    )
    assert (only(gone, "entry-point").change, only(back, "entry-point").change) == ("removed", "added")
    assert (only(gone, "load-balancer").change, only(back, "load-balancer").change) == ("removed", "added")


def test_two_clusters_are_told_apart() -> None:
    one, two = "clusters/one/web.yaml", "clusters/two/web.yaml"
    known = found({one: service("ClusterIP", ""), two: service()}, {one: service(), two: service()})
    assert {fact.cluster for fact in known.changes} == {"one"}


def test_an_object_of_one_machine_is_reached_by_nobody() -> None:
    assert found(WORKLOAD, f"{WORKLOAD}---\n{service()}", scoped(environment="local", platform="eks")) == Differences()


def test_what_could_not_be_read_is_said() -> None:
    known = found({"a.yaml": service()}, {"a.yaml": service(), "b.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: x\n"})
    assert [gap.path for gap in known.unread] == ["b.yaml"]


def test_an_object_that_vanishes_with_an_unreadable_file_is_not_gone() -> None:
    known = found({"a.yaml": service()}, {"a.yaml": service() + "---\nkind: [\n"})
    assert known.changes == ()


def test_too_many_paths_are_not_compared() -> None:
    many = ingress(" ".join(f"/{number}" for number in range(2600)))
    known = found(ingress(), many)
    assert known.changes == ()
    assert {one.reason for one in known.undecided} == {"it has more hosts and paths than are compared"}


DEEP = "[" * 3000 + "]" * 3000
ODD = ("null", "true", "1.5", "[]", "{}", "[{}]", "{a: {b: [c]}}", "''", "'  '", DEEP, "{a: " * 900 + "1" + "}" * 900)
SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\nspec: "
INGRESS = "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: web}\nspec: "
PATHS = "{path: ODD, pathType: ODD, backend: {service: {name: ODD, port: ODD}}}, {backend: ODD}"
BLOCKS = "ODD, {cidr: ODD}, {start: ODD, stop: ODD}"
SHAPES = (
    f"{SERVICE}{{type: LoadBalancer, ports: [{{port: ODD, protocol: ODD}}]}}\n",
    f"{SERVICE}{{type: LoadBalancer, loadBalancerSourceRanges: ODD, externalIPs: ODD, ports: ODD, selector: ODD}}\n",
    f"{SERVICE}{{type: NodePort, externalIPs: [ODD], ports: [{{port: 80, nodePort: ODD}}]}}\n",
    f"{INGRESS}{{ingressClassName: alb, defaultBackend: ODD, rules: [{{host: ODD, http: {{paths: [{PATHS}]}}}}, ODD]}}\n",
    f"{INGRESS}{{ingressClassName: alb, rules: ODD, backend: {{resource: ODD}}}}\n",
    GATEWAY.replace("CLASS", "gke-l7-rilb").replace("LISTENERS", "{name: ODD, port: ODD, protocol: ODD, hostname: ODD}, ODD"),
    ROUTE.replace("[shop.example]", "[ODD]").replace("MATCHES", "{path: {value: ODD, type: ODD}}, {path: ODD}, ODD"),
    ROUTE.replace("[shop.example]", "ODD").replace("[MATCHES]", "ODD").replace("[{name: web, port: 80}]", "ODD"),
    ROUTE.replace("[{name: outer, namespace: edge}]", "ODD").replace("MATCHES", "ODD").replace("port: 80", "port: ODD"),
    ROUTE.replace("HTTPRoute", "GRPCRoute").replace("MATCHES", "{method: ODD}, {method: {service: ODD, method: ODD}}"),
    WORKLOAD.replace("containerPort: 8080", "containerPort: 8080, hostPort: ODD, protocol: ODD"),
    POOL.format("ODD"),
    f"apiVersion: cilium.io/v2\nkind: CiliumLoadBalancerIPPool\nmetadata: {{name: outer}}\nspec: {{blocks: [{BLOCKS}]}}\n",
)


@pytest.mark.parametrize("shape", SHAPES)
def test_values_of_any_type_are_compared_without_a_failure(shape: str) -> None:
    trees = [shape.replace("ODD", odd) for odd in ODD]
    for before, after in zip(trees, (*trees[1:], trees[0]), strict=True):
        for config in (EKS, GKE, METAL):
            known = found(before, after, config)
            assert all(sentence(one) for one in (*known.changes, *known.undecided))
            assert len(str(known)) < 100_000


NOTE = "nginx.ingress.kubernetes.io/auth-url: 'https://login.example/'"
ASKING = ingress().replace("alb.ingress.kubernetes.io/scheme: internet-facing", NOTE).replace("alb\n", "nginx\n")
PLAIN = ASKING.replace(NOTE, "note: plain")
SUCCESSOR = """apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs: [{name: edge}]
  hostnames: [shop.example]
  rules: [{backendRefs: [{name: web, port: 80}]}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge, namespace: shop}
spec:
  gatewayClassName: eg
  listeners: [{name: http, port: 80, protocol: HTTP}]
"""


@pytest.mark.parametrize(
    ("before", "after", "said", "direction"),
    [
        (ASKING, PLAIN, "Ingress shop/web loses external authentication", "more-exposed"),
        (PLAIN, ASKING, "Ingress shop/web gains external authentication", "less-exposed"),
        (ASKING, SUCCESSOR, "HTTPRoute shop/web loses external authentication", "more-exposed"),
    ],
)
def test_what_protects_an_entry_point_is_told(before: str, after: str, said: str, direction: str) -> None:
    (only_one,) = [one for one in found(before, after, METAL).changes if one.topic == "protection"]
    assert (sentence(only_one), only_one.direction) == (said, direction)


def test_a_removed_ingress_closes_its_hosts() -> None:
    known = found(ASKING, WORKLOAD, METAL)
    assert [one for one in (*known.changes, *known.undecided) if one.topic == "protection"] == []
    assert any(one.topic == "entry-point" and one.after is None for one in (*known.changes, *known.undecided))
