"""What replaces MetalLB's configuration before 0.13: the objects, what our own rules say of them, and hostile texts."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from k8slblint import engine
from k8slblint.commands.cli import cli
from k8slblint.config import Config
from k8slblint.engine import Sources
from k8slblint.views.metallb_objects import as_manifests
from tests.linting import source_file

CONFIG = """
peers:
- my-asn: 64500
  peer-asn: 64501
  peer-address: 10.0.0.1
  hold-time: 30s
  bfd-profile: Fast_1
  node-selectors:
  - match-labels: {rack: a}
    match-expressions: [{key: zone, operator: In, values: [a, b]}]
bgp-communities: {private: "65535:65282"}
bfd-profiles:
- {name: Fast_1, receive-interval: 380, echo-mode: true}
address-pools:
- name: My_Pool
  protocol: bgp
  addresses: [198.51.100.0/24]
  auto-assign: false
  bgp-advertisements:
  - {aggregation-length: 32, localpref: 100, communities: [private]}
  - {aggregation-length: 24}
- {name: lan, protocol: layer2, addresses: [10.0.0.10-10.0.0.20]}
- {name: wan, protocol: bgp, addresses: ["203.0.113.0/24"], avoid-buggy-ips: true}
"""
POOL = "apiVersion: metallb.io/v1beta1\nkind: AddressPool\nmetadata: {name: old, namespace: lb}\nspec:\n"
FIELDS = "  {protocol: bgp, addresses: [198.51.100.0/24], bgpAdvertisements: [{aggregationLength: 32, localPref: 5}]}\n"


def config_map(text: str) -> str:
    lines = "".join(f"    {line}\n" for line in text.splitlines())
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: config, namespace: lb}}\ndata:\n  config: |\n{lines}"


def written(text: str) -> str:
    with engine.read(Sources([source_file("old.yaml", text)]), Config()) as manifests:
        return as_manifests(manifests.graph)


def converted(text: str) -> dict[tuple[str, str], dict[str, object]]:
    """Return the specs of the objects by kind and name."""
    objects = [one for one in YAML(typ="safe").load_all(written(text)) if one]
    assert {one["metadata"]["namespace"] for one in objects} <= {"lb"}
    found = {(one["kind"], one["metadata"]["name"]): one["spec"] for one in objects}
    assert len(found) == len(objects), "no two objects share a name"
    return found


def test_a_config_map_becomes_the_objects_of_the_official_converter() -> None:
    said = {"communities": ["private"]}
    selector = {"matchLabels": {"rack": "a"}, "matchExpressions": [{"key": "zone", "operator": "In", "values": ["a", "b"]}]}
    peer = {"myASN": 64500, "peerASN": 64501, "peerAddress": "10.0.0.1", "holdTime": "30s", "bfdProfile": "fast-1"}
    assert converted(config_map(CONFIG)) == {
        ("IPAddressPool", "my-pool"): {"addresses": ["198.51.100.0/24"], "autoAssign": False},
        ("BGPAdvertisement", "my-pool"): {"ipAddressPools": ["my-pool"], "aggregationLength": 32, "localPref": 100, **said},
        ("BGPAdvertisement", "my-pool-2"): {"ipAddressPools": ["my-pool"], "aggregationLength": 24},
        ("BGPPeer", "peer1"): {**peer, "nodeSelectors": [selector]},
        ("BFDProfile", "fast-1"): {"receiveInterval": 380, "echoMode": True},
        ("Community", "communities"): {"communities": [{"name": "private", "value": "65535:65282"}]},
        ("IPAddressPool", "lan"): {"addresses": ["10.0.0.10-10.0.0.20"]},
        ("L2Advertisement", "lan"): {"ipAddressPools": ["lan"]},
        ("IPAddressPool", "wan"): {"addresses": ["203.0.113.0/24"], "avoidBuggyIPs": True},
        ("BGPAdvertisement", "wan"): {"ipAddressPools": ["wan"]},
    }


def test_an_address_pool_becomes_a_pool_and_its_advertisement() -> None:
    assert converted(POOL + FIELDS) == {
        ("IPAddressPool", "old"): {"addresses": ["198.51.100.0/24"]},
        ("BGPAdvertisement", "old"): {"ipAddressPools": ["old"], "aggregationLength": 32, "localPref": 5},
    }


def test_fields_that_are_not_carried_over_are_named() -> None:
    text = written(config_map("address-pools: [{name: a, addresses: [10.0.0.1/32]}]\npeers: [{peer-asn: 1, colour: red}]"))
    assert "# not carried over: colour\n" in text
    assert "# from old.yaml:6\n" in text


def test_current_pools_need_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    pool = "apiVersion: metallb.io/v1beta1\nkind: IPAddressPool\nmetadata: {name: a, namespace: lb}\nspec: {addresses: [10.0.0.1/32]}\n"
    Path("pool.yaml").write_text(pool, encoding="utf-8")
    result = CliRunner().invoke(cli, ["addresses", "--format", "manifests"])
    assert (result.exit_code, result.stdout) == (0, "# no pool of MetalLB is in a form that later versions ignore\n")


def test_our_own_rules_are_silent_on_the_objects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("config.yaml").write_text(config_map(CONFIG), encoding="utf-8")
    written = CliRunner().invoke(cli, ["addresses", "--format", "manifests"]).stdout
    Path("config.yaml").write_text(written, encoding="utf-8")
    scanned = CliRunner().invoke(cli, ["scan", ".", "--format", "concise"])
    assert "metallb" not in scanned.stdout, scanned.stdout


TEXTS = st.characters(min_codepoint=0x20, max_codepoint=0x24F, exclude_categories=("Cc",))
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text(TEXTS, max_size=8)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(TEXTS, max_size=8), inner, max_size=3)),
    max_leaves=6,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(TEXTS, min_size=1, max_size=70), VALUES, VALUES, VALUES)
def test_whatever_a_configuration_holds_it_ends_as_objects_with_valid_names(
    name: str, first: object, second: object, third: object
) -> None:
    config = {
        "address-pools": [{"name": name, "protocol": "bgp", "addresses": first, "bgp-advertisements": second, "odd": third}],
        "peers": [{"node-selectors": third, "hold-time": first, "bfd-profile": name}],
        "bfd-profiles": [{"name": name, "echo-mode": second}],
        "bgp-communities": third,
    }
    found = converted(config_map(json.dumps(config)))
    assert len(found) >= 2  # a pool and its advertisement
    for kind, it in found:
        assert re.fullmatch(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?", it), (kind, it)


@pytest.mark.parametrize("size", [30, 300])
def test_aliases_in_aliases_are_not_written_out(size: int) -> None:
    lines = (
        f"values: &v [{','.join(['a'] * size)}]",
        f"expressions: &m [{','.join(['{key: k, operator: In, values: *v}'] * size)}]",
        f"selectors: &s [{','.join(['{match-expressions: *m}'] * size)}]",
        f"peers: [{','.join(['{my-asn: 1, node-selectors: *s}'] * size)}]",
        "address-pools: [{name: a, addresses: [10.0.0.1/32]}]",
    )
    assert len(written(config_map("\n".join(lines)))) < len("\n".join(lines))
