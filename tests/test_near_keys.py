"""Which known annotation a misspelt one may have meant: slips are found, unrelated keys are not, however long the prefix they share."""

import pytest

from k8slblint.catalog import ingress
from k8slblint.catalog.annotations import index
from k8slblint.catalog.near_ingress_keys import key_of_near_domain, near_names
from k8slblint.catalog.near_keys import may_be_meant, near_keys

BETA = "service.beta.kubernetes.io/"


def _near(key: str) -> list[str]:
    return [found.entry.key for found in near_keys(key)]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (f"{BETA}aws-load-balancer-shceme", f"{BETA}aws-load-balancer-scheme"),
        (f"{BETA}aws-load-balancer-subnet", f"{BETA}aws-load-balancer-subnets"),
        (f"{BETA}aws-load-balancer-ssl-certs", f"{BETA}aws-load-balancer-ssl-cert"),
        (f"{BETA}aws-load-balancer-health-check-interval", f"{BETA}aws-load-balancer-healthcheck-interval"),
        (f"{BETA}azure-load-balancer-intrenal", f"{BETA}azure-load-balancer-internal"),
        (f"{BETA}azure-load-balancer-Internal", f"{BETA}azure-load-balancer-internal"),
        (f"{BETA}aws-loadbalancer-type", f"{BETA}aws-load-balancer-type"),
        ("metallb.io/loadbalancerIPs", "metallb.io/loadBalancerIPs"),
        ("metallb.io/adress-pool", "metallb.io/address-pool"),
        ("networking.gke.io/loadbalancer-type", "networking.gke.io/load-balancer-type"),
        ("load-balancer.hetzner.cloud/use-private-ips", "load-balancer.hetzner.cloud/use-private-ip"),
    ],
)
def test_a_slip_leads_to_one_key(written: str, meant: str) -> None:
    assert _near(written) == [meant]


@pytest.mark.parametrize(
    "written",
    [
        f"{BETA}aws-load-balancer-foo",
        f"{BETA}aws-load-balancer-zone",
        f"{BETA}azure-load-balancer-foo",
        f"{BETA}do-loadbalancer-firewall",
        "metallb.io/pool",
        "cloud.google.com/gke-nodepool",
        "networking.gke.io/gateway-name",
        "networking.gke.io/app-protocols",
        "load-balancer.hetzner.cloud/protocol-ports",
        f"{BETA}exoscale-loadbalancer-description",
        f"{BETA}aws-load-balancer-" + "x" * 500,
    ],
)
def test_unrelated_keys_lead_nowhere(written: str) -> None:
    assert _near(written) == []


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("service.kubernetes.io/aws-load-balancer-type", {f"{BETA}aws-load-balancer-type"}),
        ("service.alpha.kubernetes.io/azure-load-balancer-internal", {f"{BETA}azure-load-balancer-internal"}),
        ("service.kubernetes.io/scw-loadbalancer-private", {f"{BETA}scw-loadbalancer-private"}),
        ("networking.gke.io/network-tier", {"cloud.google.com/network-tier"}),
        ("cloud.google.com/load-balancer-ip-addresses", {"networking.gke.io/load-balancer-ip-addresses"}),
    ],
)
def test_the_wrong_prefix_is_told(written: str, meant: set[str]) -> None:
    assert set(_near(written)) == meant
    assert {found.by for found in near_keys(written)} == {"prefix"}


def test_a_missing_vendor_leads_to_the_keys_of_several() -> None:
    found = _near(f"{BETA}load-balancer-internal")
    assert f"{BETA}aws-load-balancer-internal" in found
    assert f"{BETA}azure-load-balancer-internal" in found


def test_a_known_key_has_no_near_ones() -> None:
    assert _near(f"{BETA}aws-load-balancer-scheme") == []
    assert _near("metallb.universe.tf/address-pool") == []


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (f"{BETA}aws-load-balancer-x", True),
        ("service.kubernetes.io/aws-load-balancer-type", True),
        ("service.kubernetes.io/headless", False),
        ("example.com/load-balancer-type", False),
        ("load-balancer-type", False),
        ("", False),
    ],
)
def test_only_some_keys_are_worth_a_look(key: str, expected: bool) -> None:
    assert may_be_meant(key) is expected


def _slips_of(name: str) -> tuple[str, ...]:
    """A name without its middle letter, with it twice, and with it exchanged for the next one."""
    middle = len(name) // 2
    head, letter, following, tail = name[:middle], name[middle], name[middle + 1 : middle + 2], name[middle + 2 :]
    return head + following + tail, head + letter * 2 + following + tail, head + following + letter + tail


def test_a_slip_in_any_longer_key_of_an_ingress_leads_back_to_it() -> None:
    names = [(domain, key) for domain in index().domains for key in ingress.keys_of_prefix(domain) if len(key.partition("/")[2]) >= 9]
    slips = [(domain + slip, key) for domain, key in names for slip in _slips_of(key.partition("/")[2])]
    unknown = [(slip, key) for slip, key in slips if not ((found := ingress.lookup(slip)) and found.is_known_key)]
    missed = [slip for slip, key in unknown if key not in near_names(slip)]
    assert len(unknown) > 2_000
    assert len(missed) <= len(unknown) // 100


@pytest.mark.parametrize("key", ["nginx.ingress.kubernetes.io/limit-req", "nginx.ingress.kubernetes.io/auth", "konghq.com/paths"])
def test_a_short_or_unlike_key_of_an_ingress_leads_nowhere(key: str) -> None:
    assert near_names(key) == ()


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("nginx.kubernetes.io/rewrite-target", "nginx.ingress.kubernetes.io/rewrite-target"),
        ("ingress.nginx.kubernetes.io/rewrite-target", "nginx.ingress.kubernetes.io/rewrite-target"),
        ("alb.ingres.kubernetes.io/scheme", "alb.ingress.kubernetes.io/scheme"),
        ("kubernetes.io/rewrite-target", None),
        ("ingress.kubernetes.io/rewrite-target", None),
        ("example.com/rewrite-target", None),
        ("nginx.ingress.kubernetes.io/rewrite-target", None),
        ("nginx.kubernetes.io/unheard-of", None),
        ("rewrite-target", None),
    ],
)
def test_the_wrong_domain_of_a_key_of_an_ingress_is_told(written: str, meant: str | None) -> None:
    assert key_of_near_domain(written) == meant
