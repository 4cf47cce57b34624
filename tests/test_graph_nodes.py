"""Node addresses and pools: which there are, where they stand, and which nodes a pool may be held against."""

import pytest

from k8slblint.addresses import AddressError, EmptyRange, Interval
from k8slblint.config import Config
from k8slblint.model.scope import ClusterSettings, ScopeSettings
from k8slblint.traffic.addresses.nodes import NodeAddress, node_addresses
from k8slblint.traffic.addresses.pools import Unrendered, pools_of
from tests.linting import run

POOL = "apiVersion: metallb.io/v1beta1\nkind: IPAddressPool\nmetadata: {name: lan, namespace: metallb-system}\n"
LAN = POOL + "spec: {addresses: [10.0.0.0/24]}\n"


def node(name: str, *addresses: tuple[str, str], annotations: str = "{}") -> str:
    listed = ", ".join(f"{{type: {kind}, address: '{address}'}}" for kind, address in addresses)
    return f"---\napiVersion: v1\nkind: Node\nmetadata: {{name: {name}, annotations: {annotations}}}\nstatus: {{addresses: [{listed}]}}\n"


def known(files: dict[str, str], config: Config | None = None) -> list[NodeAddress]:
    """The node addresses that the first pool is held against."""
    graph = run(files, config=config)[1]
    return node_addresses(graph, graph.scope(graph.of_type("IPAddressPool.metallb.io")[0]))


def texts(files: dict[str, str], config: Config | None = None) -> list[str]:
    return [f"{address.type} {address.text}" for address in known(files, config)]


def test_status_addresses_are_read_and_names_are_not() -> None:
    addresses = (("InternalIP", "10.0.0.1"), ("ExternalIP", "203.0.113.7"), ("Hostname", "10.0.0.9"), ("InternalDNS", "10.0.0.8"))
    (internal, external) = known({"app.yaml": LAN + node("w1", *addresses)})
    assert (internal.node, internal.type, internal.interval) == ("w1", "InternalIP", Interval(4, 10 << 24 | 1, 10 << 24 | 1))
    assert internal.resource is external.resource is not None
    assert external.path == ("status", "addresses", 1, "address")
    assert external.resource.get(*external.path) == "203.0.113.7"


def test_an_address_told_twice_is_internal_and_counts_once() -> None:
    annotations = "{projectcalico.org/IPv4Address: 10.0.0.1/24, k3s.io/internal-ip: '10.0.0.1,fd00::1'}"
    addresses = (("ExternalIP", "10.0.0.1"), ("InternalIP", "10.0.0.1"))
    assert texts({"app.yaml": LAN + node("w1", *addresses, annotations=annotations)}) == ["InternalIP 10.0.0.1", "InternalIP fd00::1"]


@pytest.mark.parametrize("written", ["", "w1", "10.0.0", "10.0.0.1/24", "${NODE_IP}", "fe80::1%eth0"])
def test_what_is_no_address_is_passed_over(written: str) -> None:
    assert known({"app.yaml": LAN + node("w1", ("InternalIP", written))}) == []


def test_stated_addresses_come_first_and_stay_in_their_cluster() -> None:
    config = Config(scopes=ScopeSettings(clusters=(ClusterSettings("one", ("one/**",), node_addresses=("10.0.0.5", "x", "10.0.1.0/30")),)))
    assert texts({"one/a.yaml": LAN + node("w1", ("InternalIP", "10.0.0.1"))}, config) == [
        "stated 10.0.0.5",
        "stated 10.0.1.0/30",
        "InternalIP 10.0.0.1",
    ]
    assert known({"two/a.yaml": LAN}, config) == []


def test_nodes_of_another_cluster_are_not_held_against_a_pool() -> None:
    assert known({"clusters/a/pool.yaml": LAN, "clusters/b/nodes.yaml": node("w1", ("InternalIP", "10.0.0.1"))}) == []


def test_nodes_of_another_environment_are_not_held_against_a_pool() -> None:
    nodes = node("w1", ("InternalIP", "10.0.0.1"))
    assert known({"prod/pool.yaml": LAN, "dev/nodes.yaml": nodes}) == []
    assert texts({"prod/pool.yaml": LAN, "prod/nodes.yaml": nodes, "nodes.yaml": node("w2", ("InternalIP", "10.0.0.2"))}) == [
        "InternalIP 10.0.0.2",
        "InternalIP 10.0.0.1",
    ]


def test_a_dump_outside_of_clusters_belongs_to_the_only_cluster_with_pools() -> None:
    files = {"clusters/a/pool.yaml": LAN, "nodes.yaml": node("w1", ("InternalIP", "10.0.0.1"))}
    (address,) = known(files)
    assert address.confidence == "medium"
    assert known({**files, "clusters/b/pool.yaml": LAN}) == []
    assert known({**files, "pool.yaml": LAN}) == []
    assert known({**files, "clusters/a/nodes.yaml": node("w2", ("InternalIP", "10.0.0.2"))})[0].node == "w2"


def test_a_dump_outside_of_samples_does_not_belong_to_a_sample() -> None:
    assert known({"examples/pool.yaml": LAN, "nodes.yaml": node("w1", ("InternalIP", "10.0.0.1"))}) == []


def test_a_dump_is_not_lent_to_a_cluster_that_the_user_named() -> None:
    config = Config(scopes=ScopeSettings(clusters=(ClusterSettings("a", ("clusters/a/**",)),)))
    assert known({"clusters/a/pool.yaml": LAN, "nodes.yaml": node("w1", ("InternalIP", "10.0.0.1"))}, config) == []


def test_confidence_is_high_where_something_says_which_cluster_it_is() -> None:
    files = {"clusters/a/pool.yaml": LAN, "clusters/a/nodes.yaml": node("w1", ("InternalIP", "10.0.0.1"))}
    assert known(files)[0].confidence == "high"
    assert known({"a.yaml": LAN + node("w1", ("InternalIP", "10.0.0.1"))})[0].confidence == "medium"


def entries(text: str) -> list[tuple[tuple[str | int, ...], str, str]]:
    graph = run(text)[1]
    return [(entry.path, entry.text, type(entry.range).__name__) for entry in pools_of("metallb", graph, "default")]


def test_entries_stand_at_their_index_and_keep_their_text() -> None:
    found = entries(POOL + "spec: {addresses: [10.0.0.0/24, '10.0.1.1 - 10.0.1.9', 10.0.0.5, '10.0.0.1-fd00::1', '${LAN}', 7]}\n")
    kinds = [Interval, Interval, AddressError, EmptyRange, Unrendered, AddressError]
    assert [path for path, _, _ in found] == [("spec", "addresses", index) for index in range(6)]
    assert [text for _, text, _ in found] == ["10.0.0.0/24", "10.0.1.1 - 10.0.1.9", "10.0.0.5", "10.0.0.1-fd00::1", "${LAN}", "7"]
    assert [kind for _, _, kind in found] == [kind.__name__ for kind in kinds]


def test_a_list_that_is_filled_in_later_is_one_unknown_entry() -> None:
    assert entries(POOL + "spec: {addresses: '${LAN_POOLS}'}\n") == [(("spec", "addresses"), "${LAN_POOLS}", "Unrendered")]


@pytest.mark.parametrize("spec", ["{}", "{addresses: }", "{addresses: []}", "{addresses: 10.0.0.0/24}", "[]"])
def test_a_pool_without_a_list_has_no_entries(spec: str) -> None:
    assert entries(f"{POOL}spec: {spec}\n") == []
