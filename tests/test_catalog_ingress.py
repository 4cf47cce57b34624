"""What ties an Ingress to a product: every key leads to its entry, and facts agree across files."""

import json
import re
import subprocess
import sys
from functools import cache
from typing import Any

import pytest

from k8slblint.catalog import ingress as catalog
from k8slblint.catalog.annotation_values import Invalid, Valid, read_value
from k8slblint.shipped import catalogs_folder, rules_folder

FOLDER = catalogs_folder()
FILES = sorted(path.name for path in (FOLDER / "annotations").glob("*.json") if path.name != "index.json")


@cache
def read(name: str) -> dict[str, Any]:
    """Return one file of the catalogs."""
    data: dict[str, Any] = json.loads((FOLDER / name).read_text(encoding="utf-8"))
    return data


def _entries() -> list[tuple[str, str, dict[str, Any]]]:
    files = [(name, read(f"annotations/{name}")) for name in FILES]
    exact = [(name, key, entry) for name, data in files for key, entry in data["keys"].items()]
    families = [(name, entry["key"], entry) for name, data in files for entry in data.get("families", ())]
    return [row for row in exact + families if "purpose" in row[2]]


EXACT_KEYS = [key for _, key, entry in _entries() if "key" not in entry]


def test_every_exact_key_is_found_as_itself() -> None:
    found = [catalog.lookup(key) for key in EXACT_KEYS]
    assert len(EXACT_KEYS) > 1000
    assert [(entry.key, entry.match) for entry in found if entry is not None] == [(key, "exact") for key in EXACT_KEYS]


def test_families_are_found_by_a_key_that_no_entry_names() -> None:
    for _, key, entry in _entries():
        if entry.get("match") == "prefix":
            found = catalog.lookup(f"{key}zz-not-a-key")
            assert found is not None
            assert (found.key, found.match) == (key, "prefix")


def test_a_policy_is_never_said_to_be_a_field_of_the_api() -> None:
    targets = read("gateway-api.json")["targets"]
    for _, key, entry in _entries():
        found = entry.get("gateway_api", {})
        channels = {targets[name]["channel"] for name in found.get("targets", ())}
        if found.get("fidelity") == "policy":
            assert channels == {"implementation-specific"}, key


def test_open_values_stand_only_where_a_protection_can_be_lost() -> None:
    for _, key, entry in _entries():
        if "open_values" in entry:
            assert entry["if_ignored"] == "exposure", key
            assert all(value == value.lower() for value in entry["open_values"]), key


def test_shared_spellings_lead_to_entries_of_single_products() -> None:
    spellings = read("annotations/shared.json")["shared_spellings"]
    assert spellings
    for key, singles in spellings.items():
        found = catalog.lookup(key)
        assert found is not None
        assert list(found.same_as) == singles
        assert all(catalog.lookup(single) is not None for single in singles)


def test_keys_without_regard_to_case_are_written_in_lower_case() -> None:
    for name in FILES:
        data = read(f"annotations/{name}")
        assert not data.get("case_insensitive") or [key for key in data["keys"] if key != key.lower()] == []


def test_patterns_compile_and_take_no_exact_key() -> None:
    for _, _, entry in _entries():
        if "pattern" in entry:
            pattern = re.compile(entry["pattern"])
            assert not [key for key in EXACT_KEYS if pattern.search(key)]


def test_a_product_is_named_with_its_vendor_and_its_emulations_exist() -> None:
    products = catalog.controllers()
    for identifier, product in products.items():
        assert identifier == catalog.ANY_CONTROLLER or product.vendor in product.name
        assert set(product.emulates) <= set(products)


def test_the_rule_offers_exactly_the_vendors_of_the_catalog() -> None:
    text = (rules_folder() / "ingress-vendor-annotation.yaml").read_text(encoding="utf-8")
    enum = re.search(r"enum: \[([^]]*)\]", text)
    assert enum is not None
    assert tuple(re.split(r",\s+", enum.group(1))) == catalog.vendors()


def test_an_exact_entry_wins_over_a_pattern_and_a_pattern_over_a_prefix() -> None:
    exact = catalog.lookup("alb.ingress.kubernetes.io/scheme")
    pattern = catalog.lookup("alb.ingress.kubernetes.io/actions.ssl-redirect")
    prefix = catalog.lookup("alb.ingress.kubernetes.io/actions")
    assert [found and found.match for found in (exact, pattern, prefix)] == ["exact", "pattern", "prefix"]


def test_a_glob_wins_over_the_prefix() -> None:
    found = catalog.lookup("nginx.ingress.kubernetes.io/lua-resty-waf-mode")
    assert found is not None
    assert (found.match, found.status) == ("glob", "removed")


def test_the_longest_prefix_wins() -> None:
    found = catalog.lookup("external-dns.alpha.kubernetes.io/aws-weight")
    assert found is not None
    assert found.key == "external-dns.alpha.kubernetes.io/aws-"


@pytest.mark.parametrize(
    "key",
    ["gethomepage.dev/enabled", "kubectl.kubernetes.io/last-applied-configuration", "argocd.argoproj.io/sync-wave", "description", "", "/"],
)
def test_keys_of_no_product_are_unknown(key: str) -> None:
    assert catalog.lookup(key) is None
    assert catalog.readers(key) == ()


def test_an_old_prefix_is_read_as_the_new_one() -> None:
    assert catalog.lookup("haproxy.com/allow-list") == catalog.lookup("haproxy.org/allow-list")


def test_traefik_keys_are_found_without_regard_to_case() -> None:
    found = catalog.lookup("traefik.ingress.kubernetes.io/Router.EntryPoints")
    assert found is not None
    assert found.key == "traefik.ingress.kubernetes.io/router.entrypoints"


def test_the_channel_is_the_least_settled_and_the_release_the_latest_of_the_targets() -> None:
    found = catalog.lookup("nginx.ingress.kubernetes.io/backend-protocol")
    assert found is not None
    assert len(found.gateway_api.targets) > 1
    assert (found.gateway_api.channel, found.gateway_api.since) == ("standard", "v1.4.0")


def test_a_field_in_no_release_has_no_since() -> None:
    found = catalog.lookup("nginx.ingress.kubernetes.io/session-cookie-path")
    assert found is not None
    assert (found.gateway_api.channel, found.gateway_api.since) == ("experimental", None)


def test_claimants_are_those_a_key_was_made_for_and_readers_also_those_that_imitate_them() -> None:
    assert [known.id for known in catalog.claimants("nginx.ingress.kubernetes.io/affinity")] == ["ingress-nginx"]
    readers = {known.id for known in catalog.readers("nginx.ingress.kubernetes.io/affinity")}
    assert readers >= {"ingress-nginx", "traefik-nginx", "aks-app-routing"}
    assert "alibaba-alb" not in readers


def test_a_product_that_lacks_single_keys_of_the_one_it_emulates_does_not_read_them() -> None:
    assert "eks-auto" in {known.id for known in catalog.readers("alb.ingress.kubernetes.io/scheme")}
    assert "eks-auto" not in {known.id for known in catalog.readers("alb.ingress.kubernetes.io/group.name")}


def test_every_key_that_is_about_routing_was_made_for_someone() -> None:
    shared = list(read("annotations/shared.json")["shared_spellings"])
    for key in [*EXACT_KEYS, *shared]:
        found = catalog.lookup(key)
        assert found is not None
        if not found.not_routing and (found.controller != catalog.ANY_CONTROLLER or found.status == "ambiguous"):
            assert catalog.claimants(key), key


def test_controller_strings_match_whole_or_by_wildcard() -> None:
    assert {known.id for known in catalog.controllers_of_string("k8s.io/ingress-nginx")} == {"ingress-nginx", "traefik-nginx"}
    assert [known.id for known in catalog.controllers_of_string("haproxy.org/ingress-controller/blue")] == ["haproxytech"]
    assert catalog.controllers_of_string("example.com/own") == ()


def test_a_class_name_may_stand_for_several_products() -> None:
    assert {known.id for known in catalog.controllers_of_class_name("alb")} == {"aws-lbc", "eks-auto", "alibaba-alb"}
    assert [known.id for known in catalog.controllers_of_class_name("gce", of_annotation=True)] == ["gce"]


def test_a_look_up_opens_the_index_and_one_vendor() -> None:
    code = (
        "import sys; opened = []; "
        "sys.addaudithook(lambda event, details: opened.append(str(details[0])) if event == 'open' else None); "
        "from k8slblint.catalog.ingress import lookup; "
        "assert lookup('traefik.ingress.kubernetes.io/router.tls'); "
        "print([path.rpartition('/')[2] for path in opened if path.endswith('.json')])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "['index.json', 'traefik.json', 'gateway-api.json']"


def test_what_a_parser_makes_of_a_value_is_known_by_product() -> None:
    found = catalog.lookup("nginx.ingress.kubernetes.io/auth-always-set-cookie")
    assert found is not None
    parsing = found.parsing["ingress-nginx"]
    assert (parsing.bad, parsing.bad_note) == ("other", "whole auth-url group ignored: external authentication OFF")
    assert parsing.when == "auth-url is set"
    assert parsing.source.startswith("kubernetes/ingress-nginx dbb11b92 internal/ingress/annotations/authreq/main.go:")


@pytest.mark.parametrize(
    ("key", "text", "kind"),
    [
        ("haproxy.org/ssl-redirect", "on", Valid),
        ("haproxy.org/ssl-passthrough", "1", Invalid),
        ("nginx.org/add-header-inherit", "ON", Valid),
        ("konghq.com/protocol", "udp", Invalid),
        ("traefik.ingress.kubernetes.io/router.tls", "", Valid),
        ("nginx.ingress.kubernetes.io/permanent-redirect-code", "404", Valid),
        ("haproxy-ingress.github.io/backend-protocol", "GRPC", Valid),
        ("zalando.org/skipper-loadbalancer", "leastRequests", Valid),
        ("networking.gke.io/transparent-health-checker", '{"enabled": true}', Valid),
        ("alb.ingress.kubernetes.io/backend-protocol-version", "http2", Invalid),
    ],
)
def test_values_are_those_that_the_parsers_take(key: str, text: str, kind: type[object]) -> None:
    found = catalog.lookup(key)
    assert found is not None
    assert type(read_value(found.value, text)) is kind


def test_every_default_that_is_a_plain_choice_is_one_of_them() -> None:
    for _, key, _ in _entries():
        found = catalog.lookup(key)
        if found is not None and found.value.choices and found.default and " " not in found.default and not found.value.is_open:
            assert not isinstance(read_value(found.value, found.default), Invalid), (key, found.default)
