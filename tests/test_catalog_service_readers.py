"""The catalog of what readers of annotations do: well formed, every key and controller known, every fact with a source."""

import pytest

from k8slblint.catalog import service_readers as catalog
from k8slblint.catalog import services
from k8slblint.catalog.controllers import controllers
from k8slblint.catalog.services import ServiceAnnotation

ENTRIES = [entry for name in services.files() for entry in services.entries_of(name)]
BETA = "service.beta.kubernetes.io/"


def _named(key: str) -> ServiceAnnotation:
    found = services.find(key)
    assert found is not None, key
    return found


def test_only_readers_of_a_key_have_a_say_about_its_values() -> None:
    for entry in ENTRIES:
        assert {*entry.if_invalid, *entry.if_empty} <= set(entry.readers), entry.key
        assert set(entry.instead_of) <= set(entry.deprecated_values), entry.key
        assert not entry.members or entry.value.type == "json", entry.key
        assert not entry.ignored_without or any(relation.kind == "requires" for relation in entry.relations), entry.key


def test_what_takes_the_place_of_the_address_field_is_read_by_that_controller() -> None:
    for reader in controllers():
        fields = filter(None, (catalog.address_field(reader), catalog.address_field(reader, ipv6=True)))
        for key in [key for field in fields for key in field.instead]:
            assert reader in _named(key).readers, key
            assert _named(key).status == "current"


@pytest.mark.parametrize(
    ("reader", "key", "effect"),
    [
        ("aws-lbc", f"{BETA}aws-load-balancer-scheme", "refused"),
        ("aws-ccm", f"{BETA}aws-load-balancer-type", "other"),
        ("azure-ccm", f"{BETA}azure-disable-load-balancer-floating-ip", "false"),
        ("azure-ccm", f"{BETA}azure-load-balancer-tcp-idle-timeout", "refused"),
        ("azure-ccm", f"{BETA}azure-load-balancer-ipv4", "unknown"),
        ("openstack-ccm", "loadbalancer.openstack.org/timeout-client-data", "default"),
        ("linode-ccm", f"{BETA}linode-loadbalancer-throttle", "unknown"),
        ("metallb", "metallb.universe.tf/loadBalancerIPs", "refused"),
    ],
)
def test_what_a_controller_does_with_other_values(reader: str, key: str, effect: str) -> None:
    found = catalog.on_invalid(reader, _named(key))
    assert found.effect == effect
    assert (found.words is None) == (effect == "unknown")


def test_the_address_field_is_replaced_by_family() -> None:
    ipv4, ipv6 = catalog.address_field("azure-ccm"), catalog.address_field("azure-ccm", ipv6=True)
    assert ipv4 is not None
    assert ipv6 is not None
    assert (ipv4.instead, ipv6.instead) == ((f"{BETA}azure-load-balancer-ipv4",), (f"{BETA}azure-load-balancer-ipv6",))
    assert catalog.address_field("hcloud-ccm") is None
