"""The catalog of what readers of annotations do: well formed, every key and controller known, every fact with a source."""

import json
from typing import Any

import jsonschema
import pytest

from k8slblint.catalog import service_readers as catalog
from k8slblint.catalog import services
from k8slblint.catalog.controllers import controllers
from k8slblint.catalog.services import ServiceAnnotation
from k8slblint.shipped import catalogs_folder, schemas_folder

DATA: dict[str, Any] = json.loads((catalogs_folder() / "service-readers.json").read_text(encoding="utf-8"))
BETA = "service.beta.kubernetes.io/"


def _named(key: str) -> ServiceAnnotation:
    found = services.find(key)
    assert found is not None, key
    return found


def test_the_file_fits_its_schema() -> None:
    schema = json.loads((schemas_folder() / "catalog-service-readers.schema.json").read_text(encoding="utf-8"))
    assert [error.message for error in jsonschema.Draft202012Validator(schema).iter_errors(DATA)] == []


def test_every_key_is_known_and_only_its_readers_have_a_say() -> None:
    for key, row in DATA["keys"].items():
        entry = _named(key)
        assert entry.key == key
        assert {*row.get("if_invalid", {}), *row.get("untrimmed_by", ())} <= set(entry.readers), key
        assert set(row.get("instead_of", {})) <= set(entry.deprecated_values), key
        assert not row.get("members") or entry.value.type == "json"
        assert not row.get("ignored_without") or any(relation.kind == "requires" for relation in entry.relations)


def test_every_controller_is_known() -> None:
    named = {*DATA["if_invalid"], *DATA["load_balancer_ip"]["readers"]}
    named |= {name for row in DATA["keys"].values() for name in row.get("contested_for", ())}
    assert named <= set(controllers())


def test_every_source_is_there_and_used() -> None:
    rows = [*DATA["if_invalid"].values(), *DATA["keys"].values(), *DATA["shared_prefixes"], *DATA["load_balancer_ip"]["readers"].values()]
    assert {row["source"] for row in rows} | {DATA["load_balancer_ip"]["source"]} == set(DATA["sources"])


def test_what_takes_the_place_of_the_address_field_is_read_by_that_controller() -> None:
    for reader, row in DATA["load_balancer_ip"]["readers"].items():
        for key in (*row.get("instead", ()), *row.get("instead_for_ipv6", ())):
            assert reader in _named(key).readers, key
            assert _named(key).status == "current"


def test_shared_prefixes_are_known_ones() -> None:
    for row in DATA["shared_prefixes"]:
        assert any(
            services.prefix_of(key.key)
            for name in services.files()
            for key in services.entries_of(name)
            if key.key.startswith(row["prefix"])
        )


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
