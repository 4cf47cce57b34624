"""The message, severity, related places and settings of `metallb-pool-overlaps-node`; the fixtures say where it fires."""

import pytest

from k8slblint.config import Config
from k8slblint.model.finding import Finding
from tests.linting import findings, run, with_parameters
from tests.texts import words_of

RULE = "metallb-pool-overlaps-node"


def node(name: str, address: str, kind: str = "InternalIP") -> str:
    return f"---\napiVersion: v1\nkind: Node\nmetadata: {{name: {name}}}\nstatus: {{addresses: [{{type: {kind}, address: '{address}'}}]}}\n"


def pool(entry: str, spec: str = "") -> str:
    return (
        "---\napiVersion: metallb.io/v1beta1\nkind: IPAddressPool\nmetadata: {name: lan, namespace: metallb-system}\n"
        f"spec:\n  addresses:\n    - {entry}\n{spec}"
    )


def only(text: str, **parameters: list[str]) -> Finding:
    (finding,) = found(text, **parameters)
    return finding


def found(text: str, **parameters: list[str]) -> list[Finding]:
    return findings(text, RULE, config=with_parameters(Config(), RULE, parameters))


def test_the_message_names_pool_entry_node_address_effect_and_the_way_out() -> None:
    assert only(pool("10.0.0.0/28") + node("w1", "10.0.0.5")).message == (
        "IPAddressPool metallb-system/lan contains the address of node w1. "
        "If a Service gets 10.0.0.5, MetalLB announces it instead of the node (ARP, NDP or BGP). "
        "The node becomes NotReady and ssh connections to it are reset. "
        "Exclude the nodes: use 10.0.0.0-10.0.0.4 and 10.0.0.6-10.0.0.15, if nothing else uses them."
    )


def test_host_bits_are_explained() -> None:
    message = words_of(only(pool("10.90.3.0/16") + node("w1", "10.90.0.11")))
    assert "means 10.90.0.0-10.90.255.255" in message
    assert "host bits" not in words_of(only(pool("10.90.0.0/16") + node("w1", "10.90.0.11")))


def test_many_nodes_are_counted_and_a_part_without_nodes_is_named() -> None:
    nodes = [node(f"w{index}", f"10.0.0.{10 * index}") for index in range(1, 8)]
    finding = only(pool("10.0.0.0/24") + "".join(nodes))
    assert "contains 10.0.0.10 and 6 more\nIf a Service gets such an address" in words_of(finding)
    assert words_of(finding).endswith("Use a range without nodes, such as 10.0.0.71-10.0.0.255, if nothing else uses it.")
    assert [place.message for place in finding.related] == [f"InternalIP 10.0.0.{10 * index} of node w{index}." for index in range(1, 8)]
    assert [place.location.span.line for place in finding.related] == sorted(place.location.span.line for place in finding.related)


def test_a_pool_of_node_addresses_only_has_no_part_to_keep() -> None:
    assert words_of(only(pool("10.0.0.5/32") + node("w1", "10.0.0.5"))).endswith("Give the pool addresses that no node has.")


def test_a_pool_that_is_not_assigned_by_itself_says_so() -> None:
    finding = only(pool("10.0.0.0/24", "  autoAssign: false\n") + node("w1", "10.0.0.5"))
    assert "If a Service that names the pool gets 10.0.0.5" in words_of(finding)
    assert finding.severity == "error"


def test_an_external_address_is_a_warning_unless_an_internal_one_is_hit_too() -> None:
    external = node("w1", "10.0.0.5", "ExternalIP")
    assert only(pool("10.0.0.0/24") + external).severity == "warning"
    both = only(pool("10.0.0.0/24") + external + node("w2", "10.0.0.6"))
    assert both.severity == "error"
    assert "contains 10.0.0.6 and 10.0.0.5" in words_of(both)


@pytest.mark.parametrize("allowed", ["203.0.113.7", "203.0.113.0/29", "203.0.113.7-203.0.113.8", "203.0.113.7/32"])
def test_an_allowed_node_address_is_accepted(allowed: str) -> None:
    text = pool("203.0.113.7/32") + node("solo", "203.0.113.7", "ExternalIP")
    assert found(text, allowed_addresses=[allowed]) == []
    assert found(text, allowed_addresses=["203.0.113.8"])


def test_an_allowed_address_does_not_hide_another() -> None:
    text = pool("10.0.0.0/24") + node("w1", "10.0.0.5") + node("w2", "10.0.0.6")
    assert "contains 10.0.0.6\n" in words_of(only(text, allowed_addresses=["10.0.0.5"]))


@pytest.mark.parametrize(("last", "fires"), [("10.0.0.255", False), ("10.0.0.254", True), ("10.0.1.0", False)])
def test_addresses_held_back_by_avoid_buggy_ips_are_not_given(last: str, *, fires: bool) -> None:
    assert bool(found(pool("10.0.0.0/23", "  avoidBuggyIPs: true\n") + node("w1", last))) is fires
    assert found(pool("10.0.0.0/23") + node("w1", last))


def test_a_placeholder_is_undecided_only_where_nodes_are_known() -> None:
    report, _ = run(pool("'${LAN_RANGE}'") + node("w1", "10.0.0.5"))
    assert [(entry.rule, entry.count) for entry in report.completeness.undecided if entry.rule == RULE] == [(RULE, 1)]
    report, _ = run(pool("'${LAN_RANGE}'"))
    assert [entry for entry in report.completeness.undecided if entry.rule == RULE] == []


def test_the_fingerprint_follows_the_addresses() -> None:
    one = only(pool("10.0.0.0/24") + node("w1", "10.0.0.5"))
    assert one.fingerprint == only(pool("10.0.0.0/24") + "\n" + node("renamed", "10.0.0.5")).fingerprint
    assert one.fingerprint != only(pool("10.0.0.0/24") + node("w1", "10.0.0.6")).fingerprint
