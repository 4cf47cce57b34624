"""The address pools in the ConfigMap of MetalLB before 0.13: what is read of it, where, and what a hostile one may do."""

from pathlib import Path

import pytest

from k8slblint.loading.resources import load
from k8slblint.model.location import Span
from k8slblint.model.resource import LEGACY_POOL, Resource
from k8slblint.traffic.addresses.pools import pools_of
from tests.linting import run, source_file
from tests.whole_trees import Tree, service, workload

CONFIG = """\
apiVersion: v1
kind: ConfigMap
metadata:
  namespace: metallb-system
  name: config
data:
  config: |
    address-pools:
    - name: lan
      protocol: layer2
      auto-assign: false
      avoid-buggy-ips: true
      addresses:
      - 192.168.1.10-192.168.1.20
"""


def pools(text: str) -> list[Resource]:
    return list(load([source_file("metallb.yaml", text)], wanted=frozenset({LEGACY_POOL})).resources)


def test_a_pool_reads_like_an_object_of_its_own_and_stands_in_the_text() -> None:
    (pool,) = pools(CONFIG)
    assert str(pool.id) == "AddressPool metallb-system/lan"
    assert pool.value["spec"] == {
        "protocol": "layer2",
        "autoAssign": False,
        "avoidBuggyIPs": True,
        "addresses": ["192.168.1.10-192.168.1.20"],
    }
    assert pool.location(("spec", "addresses", 0)).span == Span(14, 9, 14, 34)
    assert pool.location(("metadata", "name")).span == Span(9, 13, 9, 16)
    assert pool.location(("metadata", "namespace")).span == Span(4, 14, 4, 28)


def test_the_pools_of_a_cluster_are_those_of_the_config_map_until_it_has_others() -> None:
    own = "---\napiVersion: metallb.io/v1beta1\nkind: IPAddressPool\nmetadata: {name: new}\nspec: {addresses: [10.0.0.0/24]}\n"
    for text, expected in ((CONFIG, "192.168.1.10-192.168.1.20"), (CONFIG + own, "10.0.0.0/24")):
        graph = run(text)[1]
        assert [entry.text for entry in pools_of("metallb", graph, graph.scope(graph.resources[0]).cluster)] == [expected]


def test_config_maps_in_a_list_are_read_too() -> None:
    listed = "apiVersion: v1\nkind: List\nitems:\n- " + CONFIG.replace("\n", "\n  ").rstrip() + "\n"
    assert [one.name for one in pools(listed)] == ["lan"]
    typed = listed.replace("kind: List", "kind: ConfigMapList").replace("- apiVersion: v1\n  kind: ConfigMap\n  metadata", "- metadata")
    assert [one.name for one in pools(typed)] == ["lan"]


@pytest.mark.parametrize("style", [">", '"', "json"])
def test_a_text_without_places_of_its_own_stands_as_a_whole(style: str) -> None:
    inner = '{"address-pools": [{"name": "lan", "addresses": ["10.0.0.0/24"]}]}'
    quoted = {">": f">\n    {inner}", '"': f"'{inner}'", "json": '"' + inner.replace('"', '\\"') + '"'}[style]
    (pool,) = pools(CONFIG[: CONFIG.index("  config: |")] + f"  config: {quoted}\n")
    assert pool.location(("spec", "addresses", 0)).span.line == 7


@pytest.mark.parametrize(
    "text",
    [
        CONFIG.replace("192.168.1.10-192.168.1.20", "{{ .Values.range }}"),
        CONFIG.replace("  config: |", "  other: |"),
        CONFIG.replace("kind: ConfigMap", "kind: Secret"),
        CONFIG.replace("apiVersion: v1", "apiVersion: example.com/v1"),
        CONFIG.replace("- name: lan", "- name: [lan"),
        CONFIG.replace("- name: lan", "- &p"),
        CONFIG.replace("data:", "binaryData:"),
        CONFIG.replace("  config: |", "  config: !!binary |"),
        CONFIG.replace("metadata:\n", "metadata: [\n"),
        "apiVersion: v1\nkind: ConfigMap\ndata: address-pools\n",
        "apiVersion: v1\nkind: ConfigMap\ndata: {config: [address-pools]}\n",
        "apiVersion: v1\nkind: List\nitems: [{kind: ConfigMap, data: {config: 'address-pools: &a [*a]'}}]\n",
    ],
)
def test_what_cannot_be_read_yields_no_pool(text: str) -> None:
    assert pools(text) == []


def test_aliases_yield_no_more_than_the_text_has() -> None:
    lines = "".join(f"    - {{name: p{number}, addresses: *a}}\n" for number in range(100))
    addresses = ", ".join(["10.0.0.0/24"] * 100)
    text = CONFIG[: CONFIG.index("    - name: lan")] + f"    - {{name: first, addresses: &a [{addresses}]}}\n" + lines
    assert [one.name for one in pools(text)] == ["first"]
    assert pools(text.replace("address-pools:", "address-pools: *all\n    x: &all")) == []


def test_a_namespace_that_kustomize_sets_and_a_place_that_is_not_proven(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    files = {
        "kustomization.yaml": "kind: Kustomization\nnamespace: lb\nresources: [cm.yaml, node.yaml]\n",
        "cm.yaml": CONFIG,
        "node.yaml": "apiVersion: v1\nkind: Node\nmetadata: {name: w1}\nstatus: {addresses: [{type: InternalIP, address: 192.168.1.12}]}\n",
    }
    report = Tree(files, tmp_path).report()
    (found,) = [one for one in report["findings"] if one["rule"] == "metallb-pool-overlaps-node"]
    assert found["headline"] == "AddressPool lb/lan contains the address of node w1"
    assert found["location"]["path"] == "cm.yaml"
    assert not [one for one in report["findings"] if one["rule"] == "invalid-resource"]


def test_a_service_is_reached_at_the_addresses_of_such_a_pool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = service("web", "type: LoadBalancer, ports: [{port: 80}]") + workload("web") + "---\n" + CONFIG
    assert Tree({"all.yaml": text}, tmp_path).exposure()["Service shop/web"][0] == "internal"
