"""The catalogs of protections and of readings of paths: they name keys, kinds and controllers that the other catalogs know."""

import pytest

from k8slblint.catalog import controllers, ingress, services
from k8slblint.catalog import protections as catalog
from k8slblint.catalog.gateway_policies import gateway_policies, plugin_kinds
from k8slblint.catalog.migration import redirect_keys
from k8slblint.catalog.path_readings import path_reading
from k8slblint.graph.reads import declared
from k8slblint.shipped import read_json
from k8slblint.traffic.protections.losses import EQUAL, ORDER

RAW = read_json("catalogs", "protections.json")

KEYS = sorted({*catalog.protecting_keys(), *catalog.object_references(), *RAW["opaque_annotations"]})


def _is_known(key: str) -> bool:
    entry = ingress.lookup(key.replace("*", "x"))
    return (entry is not None and entry.is_known_key) or services.find(key) is not None


@pytest.mark.parametrize("key", KEYS)
def test_a_key_is_in_the_catalog_of_annotations(key: str) -> None:
    assert _is_known(key)


def test_a_key_that_protects_is_one_whose_loss_exposes() -> None:
    for key in catalog.protecting_keys():
        entry = ingress.lookup(key)
        assert entry is not None
        assert entry.if_ignored == "exposure" or entry.status == "removed", key


def test_keys_that_switch_another_off_are_known_too() -> None:
    assert all(_is_known(other.key) for known in catalog.protecting_keys().values() for other in known.unless)


def test_kinds_are_loaded() -> None:
    kinds = {*catalog.kinds_read(), *(kind for one in catalog.object_references().values() for kind in one.kinds)}
    assert [kind for kind in sorted(kinds) if kind not in declared()] == []
    assert [group for group in catalog.opaque_groups() if f"Any.{group}" not in declared()] == []


def test_policies_that_are_not_read_are_policies() -> None:
    assert [kind for kind in catalog.opaque_policies() if kind not in gateway_policies()] == []
    assert all(known.type_name in catalog.protecting_kinds() for known in plugin_kinds().values())


def test_controllers_are_those_of_the_list() -> None:
    named = {*catalog.asking_by_default(), *read_json("catalogs", "migration.json")["redirects"]}
    named |= {row["controller"] for row in read_json("catalogs", "path-readings.json")["controllers"]}
    assert named <= controllers.controllers().keys()


def test_every_kind_of_protection_has_a_place_in_the_order() -> None:
    families = {known.family for known in catalog.protecting_keys().values()} | set(catalog.OF_POLICIES.values())
    assert families <= set(ORDER) == set(EQUAL)


def test_a_controller_without_a_row_follows_the_specification() -> None:
    assert path_reading("contour") == ("elements", None)
    assert path_reading("traefik").prefix == "start"


def test_a_redirect_by_default_is_turned_off_by_keys_that_are_known() -> None:
    keys = [redirect_keys(name) for name in read_json("catalogs", "migration.json")["redirects"]]
    assert all(keys)
    assert all(_is_known(key) for found in keys for key in found)
    assert redirect_keys("f5-nginx") == ("nginx.org/ssl-redirect", "ingress.kubernetes.io/ssl-redirect")


def test_a_migration_and_the_rules_about_it_read_paths_alike() -> None:
    words = {"element": "elements", "text": "start", "stars": "pattern", "expression": "expression"}
    ours = {row["controller"] for row in read_json("catalogs", "path-readings.json")["controllers"]}
    rules = {name: row for name, row in read_json("catalogs", "migration.json")["paths"].items() if name in ours}
    assert {name: (words[row["prefix"]], words[row["other"]]) for name, row in rules.items()} == {
        name: path_reading(name) for name in rules
    }
