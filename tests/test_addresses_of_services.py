"""Services that no pool serves on its own, ports that ServiceLB has given already, and what a change takes away from pools."""

import pytest

from k8slblint.config import Config
from tests.linting import findings, scoped

UNSERVED, UNADVERTISED, UNAVAILABLE = "load-balancer-unserved", "metallb-pool-unadvertised", "metallb-address-unavailable"


def metallb(kind: str, name: str, spec: str) -> str:
    return f"---\napiVersion: metallb.io/v1beta1\nkind: {kind}\nmetadata: {{name: {name}, namespace: metallb-system}}\nspec: {{{spec}}}\n"


def pool(spec: str, name: str = "lan") -> str:
    return metallb("IPAddressPool", name, spec)


def advertisement(spec: str = "") -> str:
    return metallb("L2Advertisement", "all", spec)


def service(more: str = "", name: str = "web", labels: str = "{}", port: int = 80) -> str:
    return (
        f"---\napiVersion: v1\nkind: Service\nmetadata: {{name: {name}, namespace: shop, labels: {labels}}}\n"
        f"spec: {{type: LoadBalancer, selector: {{a: b}}, ports: [{{port: {port}}}]{more}}}\n"
    )


V4, V6 = "addresses: [10.0.0.0/24]", "addresses: ['fd00::/120']"
OFF = "autoAssign: false"

CASES: list[tuple[str, list[str]]] = [
    (pool(V4) + service(), []),
    (pool(f"{V4}, {OFF}") + service(), ["spec.type"]),
    (pool(f"{V4}, {OFF}") + pool(V6, "other") + service(), []),
    (pool(f"{V4}, serviceAllocation: {{namespaces: [plant]}}") + service(), ["spec.type"]),
    (pool(f"{V4}, serviceAllocation: {{namespaces: [shop]}}") + service(), []),
    (pool(f"{V4}, serviceAllocation: {{serviceSelectors: [{{matchLabels: {{t: a}}}}]}}") + service(labels="{t: a}"), []),
    (pool(f"{V4}, serviceAllocation: {{serviceSelectors: [{{matchLabels: {{t: a}}}}]}}") + service(labels="{t: b}"), ["spec.type"]),
    (pool(f"{V4}, serviceAllocation: {{namespaceSelectors: [{{matchLabels: {{t: b}}}}]}}") + service(), []),
    (pool(V4) + service(", ipFamilies: [IPv6]"), ["spec.ipFamilies"]),
    (pool(V6) + service(", ipFamilies: [IPv6]"), []),
    (pool(V4) + service(", ipFamilyPolicy: RequireDualStack"), ["spec.ipFamilyPolicy"]),
    (pool(V4) + service(", ipFamilyPolicy: PreferDualStack, ipFamilies: [IPv4, IPv6]"), []),
    (pool(V4) + pool(V6, "six") + service(", ipFamilyPolicy: RequireDualStack"), []),
    (pool(f"addresses: ['${{RANGE}}'], {OFF}") + service(), []),
    (pool(f"{V4}, {OFF}") + service(", loadBalancerIP: 10.0.0.9"), []),
    (service(), []),
]


@pytest.mark.parametrize(("text", "fields"), CASES)
def test_a_service_that_no_pool_serves_stays_pending(text: str, fields: list[str]) -> None:
    assert [".".join(map(str, one.field)) for one in findings(text, UNSERVED)] == fields


def test_service_lb_gives_a_port_once() -> None:
    config: Config = scoped(platform="k3s")
    k3s = {"k3s/config.yaml": "cluster-init: true\ndisable: [traefik]\n"}
    both = {"web.yaml": service(), "x.yaml": service(name="other")}
    assert [one.headline for one in findings({**k3s, **both}, UNSERVED, config=config)] == [
        "No controller will provision the load balancer of Service shop/other"
    ]
    assert findings(both, UNSERVED, config=config) == []
    assert findings({**k3s, **both}, UNSERVED) == []
    assert findings({**both, "k3s/config.yaml": "cluster-init: true\ndisable: [servicelb]\n"}, UNSERVED, config=config) == []
    assert findings({**k3s, **both, "x.yaml": service(name="other", port=81)}, UNSERVED, config=config) == []
    labelled = service(name="other", labels="{svccontroller.k3s.cattle.io/lbpool: b}")
    assert findings({**k3s, **both, "x.yaml": labelled}, UNSERVED, config=config) == []


def test_an_advertisement_that_a_change_takes_away_is_told() -> None:
    before, after = pool(V4) + advertisement(), pool(V4)
    (found,) = findings(after, UNADVERTISED, before=before)
    assert "This change takes away L2Advertisement metallb-system/all." in found.why
    assert findings(after, UNADVERTISED) == []
    assert findings(before, UNADVERTISED, before=before) == []


def test_a_pool_that_shrinks_below_what_is_requested_leaves_a_service_without_address() -> None:
    asking = service(", loadBalancerIP: 10.0.0.200")
    assert findings(pool(V4) + asking, UNAVAILABLE, before=pool(V4) + asking) == []
    (found,) = findings(pool("addresses: [10.0.0.0/25]") + asking, UNAVAILABLE, before=pool(V4) + asking)
    assert (found.field, found.severity) == (("spec", "loadBalancerIP"), "error")
