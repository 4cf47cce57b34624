"""What MetalLB refuses and accepts, case by case: the rules of its own parser, in both directions.

Sources: metallb/metallb 7938d3f8 internal/config (`config.go`, `validation.go` and what their tests state), internal/bgp/community.
"""

import pytest

from tests.linting import findings

RULE = "metallb-rejected"


def document(kind: str, spec: str, name: str = "a", version: str = "v1beta1", labels: str = "{}") -> str:
    return (
        f"---\napiVersion: metallb.io/{version}\nkind: {kind}\n"
        f"metadata: {{name: {name}, namespace: metallb-system, labels: {labels}}}\nspec: {spec}\n"
    )


def pool(*addresses: str, name: str = "a", more: str = "", labels: str = "{}") -> str:
    listed = ", ".join(f"'{address}'" for address in addresses)
    return document("IPAddressPool", f"{{addresses: [{listed}]{more}}}", name, labels=labels)


def peer(fields: str, name: str = "a") -> str:
    return document("BGPPeer", f"{{{fields}}}", name, "v1beta2")


def bgp(fields: str, name: str = "a") -> str:
    return document("BGPAdvertisement", f"{{{fields}}}", name)


def l2(fields: str, name: str = "a") -> str:
    return document("L2Advertisement", f"{{{fields}}}", name)


def refused(text: str) -> list[str]:
    return [".".join(map(str, one.field)) for one in findings(text, RULE)]


ACCEPTED_ADDRESSES = [
    *("10.0.0.0/24", "10.0.0.5/24", "10.0.0.0/08", "0.0.0.0/0", "10.0.0.1/32", "fd00::/64", "fd00::1/128", "::/0", "::ffff:10.0.0.0/120"),
    *("10.0.0.1-10.0.0.9", "10.0.0.1 - 10.0.0.9", " 10.0.0.1-10.0.0.9 ", "10.0.0.1-10.0.0.1", "fd00::1-fd00::ff", "10.0.0.1-\t10.0.0.2"),
    *("10.0.0.1-fd00::1", "::1-10.0.0.1", "1.2.3.250-1.2.4.5", "FD00::A-fd00::b"),
]
REFUSED_ADDRESSES = [
    *("10.0.0.1", "fd00::1", "", " ", " 10.0.0.0/24", "10.0.0.0/24 ", "10.0.0.0/33", "10.0.0.0/-1", "fd00::/129", "10.0.0.0/255.255.255.0"),
    *("10.0.0.9-10.0.0.1", "fd00::9-fd00::1", "fd00::1-10.0.0.1", "10.0.0.1-10", "10.0.0.1-", "-10.0.0.1", "10.0.0.0/24-10.0.1.0/24"),
    *(
        "010.0.0.0/24",
        "10.0.0/24",
        "10.0.0.256/32",
        "fe80::1%eth0/64",
        "fe80::1%eth0-fe80::2%eth0",
        "10.0.0.1..10.0.0.9",
        "10.0.0.1\u201310.0.0.9",
    ),
    *("10.0.0.1-10.0.0.5-10.0.0.9", "nonsense", "100.200.300.400/24", "1.2.3.4/a"),
]


@pytest.mark.parametrize("address", ACCEPTED_ADDRESSES)
def test_an_entry_of_a_pool_is_accepted(address: str) -> None:
    assert refused(pool(address.replace("\t", " "))) == []


@pytest.mark.parametrize("address", REFUSED_ADDRESSES)
def test_an_entry_of_a_pool_is_refused(address: str) -> None:
    assert refused(pool("192.0.2.0/28", address)) == ["spec.addresses.1"]


SELECTOR = "{matchLabels: {a: b}}"
EXPRESSION = "{matchExpressions: [{key: a, operator: In, values: [x, y]}]}"

OBJECTS: list[tuple[str, list[str]]] = [
    # pools
    (document("IPAddressPool", "{addresses: [], autoAssign: false}"), ["spec"]),
    (document("IPAddressPool", "{autoAssign: false, avoidBuggyIPs: true}"), ["spec"]),
    (document("IPAddressPool", "{addresses: ['${RANGE}'], autoAssign: false}"), []),
    (pool("10.0.0.0/24", more=", serviceAllocation: {priority: 1}"), []),
    (pool("10.0.0.0/24", more=", serviceAllocation: {namespaces: [a, b]}"), []),
    (pool("10.0.0.0/24", more=", serviceAllocation: {namespaces: [a, b, a]}"), ["spec.serviceAllocation.namespaces.2"]),
    (
        pool("10.0.0.0/24", more=f", serviceAllocation: {{namespaceSelectors: [{SELECTOR}, {SELECTOR}]}}"),
        ["spec.serviceAllocation.namespaceSelectors.1"],
    ),
    (
        pool("10.0.0.0/24", more=f", serviceAllocation: {{serviceSelectors: [{EXPRESSION}, {SELECTOR}, {EXPRESSION}]}}"),
        ["spec.serviceAllocation.serviceSelectors.2"],
    ),
    (pool("10.0.0.0/24", more=f", serviceAllocation: {{namespaceSelectors: [{SELECTOR}], serviceSelectors: [{SELECTOR}]}}"), []),
    # selectors
    (
        l2("nodeSelectors: [{matchExpressions: [{key: a, operator: In, values: [x, x]}]}]"),
        ["spec.nodeSelectors.0.matchExpressions.0.values.1"],
    ),
    (l2("nodeSelectors: [{matchExpressions: [{key: a, operator: In}]}]"), ["spec.nodeSelectors.0.matchExpressions.0.operator"]),
    (
        l2("nodeSelectors: [{matchExpressions: [{key: a, operator: in, values: [x]}]}]"),
        ["spec.nodeSelectors.0.matchExpressions.0.operator"],
    ),
    (
        l2("nodeSelectors: [{matchExpressions: [{key: a, operator: Exists, values: [x]}]}]"),
        ["spec.nodeSelectors.0.matchExpressions.0.values"],
    ),
    (l2("nodeSelectors: [{matchExpressions: [{key: a, operator: Exists}]}]"), []),
    (
        l2("nodeSelectors: [{matchExpressions: [{key: a, operator: In, values: [x, y]}, {key: a, operator: In, values: [y, x]}]}]"),
        ["spec.nodeSelectors.0.matchExpressions.1"],
    ),
    (l2("nodeSelectors: [{matchLabels: {a: b}}, {matchLabels: {a: c}}]"), []),
    # L2 advertisements
    (l2("ipAddressPools: [a, b]"), []),
    (l2("ipAddressPools: [a, b, a]"), ["spec.ipAddressPools.2"]),
    (l2(f"ipAddressPoolSelectors: [{SELECTOR}, {SELECTOR}]"), ["spec.ipAddressPoolSelectors.1"]),
    (l2(f"serviceSelectors: [{SELECTOR}, {SELECTOR}]"), ["spec.serviceSelectors.1"]),
    (l2("interfaces: [eth0, eth0]"), []),
    (l2("ipAddressPools: [missing]"), []),
    (l2(""), []),
    # BGP advertisements
    (bgp("aggregationLength: 32, aggregationLengthV6: 128, localPref: 100"), []),
    (bgp("aggregationLength: 33"), ["spec.aggregationLength"]),
    (bgp("aggregationLengthV6: 129"), ["spec.aggregationLengthV6"]),
    (bgp(f"aggregationLength: 24, serviceSelectors: [{SELECTOR}]"), ["spec.aggregationLength"]),
    (bgp(f"aggregationLengthV6: 64, serviceSelectors: [{SELECTOR}]"), ["spec.aggregationLengthV6"]),
    (bgp(f"aggregationLength: 32, serviceSelectors: [{SELECTOR}]"), []),
    (bgp("peers: [p, q, p]"), ["spec.peers.2"]),
    (bgp("peers: [nowhere]"), []),
    (bgp("communities: ['65535:65281', '65535:65281']"), ["spec.communities.1"]),
    (bgp("communities: ['1:2', alias, 'large:1:2:3']"), []),
    (bgp("communities: ['1:2:3']"), []),
    (bgp("communities: ['65536:1']"), ["spec.communities.0"]),
    (bgp("communities: ['a:1']"), ["spec.communities.0"]),
    (bgp("communities: ['1:2:3:4']"), ["spec.communities.0"]),
    (bgp("communities: ['large:1:2:4294967296']"), ["spec.communities.0"]),
    # communities
    (document("Community", "{communities: [{name: a, value: '1:2'}, {name: b, value: 'large:4294967295:0:0'}]}"), []),
    (document("Community", "{communities: [{name: a, value: '1:2'}, {name: a, value: '1:3'}]}"), ["spec.communities.1.name"]),
    (document("Community", "{communities: [{name: a, value: '1'}]}"), ["spec.communities.0.value"]),
    (document("Community", "{communities: [{name: a, value: '1:2:3'}]}"), ["spec.communities.0.value"]),
    (document("Community", "{communities: [{name: a, value: '1:-2'}]}"), ["spec.communities.0.value"]),
    (document("Community", "{communities: [{name: a, value: 'no-export'}]}"), ["spec.communities.0.value"]),
    (
        document("Community", "{communities: [{name: a, value: '1:2'}]}")
        + document("Community", "{communities: [{name: a, value: '1:2'}]}", "b"),
        ["spec.communities.0.name"],
    ),
]

PEERS: list[tuple[str, list[str]]] = [
    ("myASN: 1, peerASN: 2, peerAddress: 10.0.0.1", []),
    ("myASN: 1, peerASN: 2, peerAddress: 'fd00::1'", []),
    ("myASN: 1, dynamicASN: internal, peerAddress: 10.0.0.1", []),
    ("myASN: 1, peerASN: 2, interface: eth0", []),
    ("myASN: 0, peerASN: 2, peerAddress: 10.0.0.1", ["spec.myASN"]),
    ("myASN: 1, peerAddress: 10.0.0.1", ["spec"]),
    ("myASN: 1, peerASN: 0, peerAddress: 10.0.0.1", ["spec"]),
    ("myASN: 1, peerASN: 2, dynamicASN: external, peerAddress: 10.0.0.1", ["spec.dynamicASN"]),
    ("myASN: 1, peerASN: 1, peerAddress: 10.0.0.1, ebgpMultiHop: true", ["spec.ebgpMultiHop"]),
    ("myASN: 1, peerASN: 1, peerAddress: 10.0.0.1, ebgpMultiHop: false", []),
    ("myASN: 1, peerASN: 2, peerAddress: 10.0.0.1, ebgpMultiHop: true", []),
    ("myASN: 1, peerASN: 2", ["spec"]),
    ("myASN: 1, peerASN: 2, peerAddress: 10.0.0.1, interface: eth0", ["spec.interface"]),
    ("myASN: 1, peerASN: 2, peerAddress: router.example", ["spec.peerAddress"]),
    ("myASN: 1, peerASN: 2, peerAddress: 10.0.0.1/32", ["spec.peerAddress"]),
    ("myASN: 1, peerASN: 2, peerAddress: '${ROUTER}'", []),
    ("myASN: 1, peerASN: 2, peerAddress: 10.0.0.1, sourceAddress: 10.0.0.300", ["spec.sourceAddress"]),
    ("myASN: 1, peerASN: 2, peerAddress: 10.0.0.1, sourceAddress: 10.0.0.2", []),
    ("myASN: 1, peerASN: 2, peerAddress: 10.0.0.1, routerID: r1", ["spec.routerID"]),
    ("myASN: 1, peerASN: 2, peerAddress: 10.0.0.1, routerID: 10.0.0.9", []),
    ("myASN: 1, peerASN: 2, peerAddress: 10.0.0.1, holdTime: 90s", []),
    ("myASN: 1, peerASN: 2, peerAddress: 10.0.0.1, holdTime: 0s", []),
    ("myASN: 1, peerASN: 2, peerAddress: 10.0.0.1, holdTime: 3s", []),
    ("myASN: 1, peerASN: 2, peerAddress: 10.0.0.1, holdTime: 500ms", []),
    ("myASN: 1, peerASN: 2, peerAddress: 10.0.0.1, holdTime: 2s", ["spec.holdTime"]),
    ("myASN: 1, peerASN: 2, peerAddress: 10.0.0.1, holdTime: 2900ms", ["spec.holdTime"]),
    ("myASN: 1, peerASN: 2, peerAddress: 10.0.0.1, holdTime: 1m30s, keepaliveTime: 30s", []),
    ("myASN: 1, peerASN: 2, peerAddress: 10.0.0.1, holdTime: 90s, keepaliveTime: 90s", []),
    ("myASN: 1, peerASN: 2, peerAddress: 10.0.0.1, holdTime: 90s, keepaliveTime: 91s", ["spec.keepaliveTime"]),
    ("myASN: 1, peerASN: 2, peerAddress: 10.0.0.1, keepaliveTime: 1s", []),
    ("myASN: 1, peerASN: 2, peerAddress: 10.0.0.1, keepaliveTime: 500ms", ["spec.keepaliveTime"]),
    ("myASN: 1, peerASN: 2, peerAddress: 10.0.0.1, password: a", []),
    ("myASN: 1, peerASN: 2, peerAddress: 10.0.0.1, passwordSecret: {name: a}", []),
    ("myASN: 1, peerASN: 2, peerAddress: 10.0.0.1, password: a, passwordSecret: {name: a}", ["spec.password"]),
    ("myASN: 1, peerASN: 2, peerAddress: 10.0.0.1, nodeSelectors: [{matchLabels: {a: b}}]", []),
    (
        "myASN: 1, peerASN: 2, peerAddress: 10.0.0.1, nodeSelectors: [{matchLabels: {a: b}}, {matchLabels: {a: b}}]",
        ["spec.nodeSelectors.1"],
    ),
]


@pytest.mark.parametrize(("text", "expected"), OBJECTS)
def test_an_object_is_refused_where_metallb_refuses_it(text: str, expected: list[str]) -> None:
    assert refused(text) == expected


@pytest.mark.parametrize(("fields", "expected"), PEERS)
def test_a_peer_is_refused_where_metallb_refuses_it(fields: str, expected: list[str]) -> None:
    assert refused(peer(fields)) == expected


P = "myASN: 1, peerASN: 2"
LAN = pool("10.0.0.0/28", name="lan", labels="{zone: lan}")


def speaker(mode: str) -> str:
    variables = f"[{{name: METALLB_BGP_TYPE, value: {mode}}}]" if mode else "[]"
    return (
        "---\napiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: speaker, namespace: metallb-system}\n"
        "spec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: speaker,"
        f" image: 'quay.io/metallb/speaker:v0.15.2', env: {variables}}}]}}}}}}\n"
    )


TOGETHER: list[tuple[str, list[str]]] = [
    # aggregation: never wider than the widest block of one entry
    (LAN + bgp("aggregationLength: 28"), []),
    (LAN + bgp("aggregationLength: 27"), ["spec.aggregationLength"]),
    (LAN + bgp("aggregationLength: 24, ipAddressPools: [other]"), []),
    (LAN + bgp("aggregationLength: 24, ipAddressPoolSelectors: [{matchLabels: {zone: lan}}]"), ["spec.aggregationLength"]),
    (LAN + bgp("aggregationLength: 24, ipAddressPoolSelectors: [{matchLabels: {zone: dmz}}]"), []),
    (pool("3.3.3.2-3.3.3.254") + bgp("aggregationLength: 26"), []),
    (pool("3.3.3.2-3.3.3.254") + bgp("aggregationLength: 24"), ["spec.aggregationLength"]),
    (pool("10.0.0.0/24", "10.0.1.0/26") + bgp("aggregationLength: 25"), ["spec.aggregationLength"]),
    (pool("fd00::/64") + bgp("aggregationLengthV6: 64, aggregationLength: 24"), []),
    (pool("fd00::/64") + bgp("aggregationLengthV6: 60"), ["spec.aggregationLengthV6"]),
    # local preference
    (LAN + bgp("localPref: 100") + bgp("localPref: 100", "b"), []),
    (LAN + bgp("localPref: 100") + bgp("localPref: 200", "b"), ["spec.localPref"]),
    (LAN + bgp("localPref: 100, aggregationLength: 28") + bgp("localPref: 200", "b"), []),
    (LAN + bgp("localPref: 100, peers: [p]") + bgp("localPref: 200, peers: [q]", "b"), []),
    (LAN + bgp("localPref: 100, peers: [p]") + bgp("localPref: 200, peers: [q, p]", "b"), ["spec.localPref"]),
    (LAN + bgp("localPref: 100, peers: [p]") + bgp("localPref: 200", "b"), ["spec.localPref"]),
    (LAN + bgp("localPref: 100, ipAddressPools: [other]") + bgp("localPref: 200", "b"), []),
    (LAN + bgp("localPref: 100, nodeSelectors: [{matchLabels: {a: b}}]") + bgp("localPref: 200", "b"), []),
    (LAN + bgp(f"localPref: 100, serviceSelectors: [{SELECTOR}]") + bgp("localPref: 200", "b"), []),
    # BFD echo
    (
        pool("fd00::/64")
        + bgp("")
        + document("BFDProfile", "{echoMode: true}", "fast")
        + peer(f"{P}, peerAddress: 10.0.0.1, bfdProfile: fast"),
        ["spec.bfdProfile"],
    ),
    (LAN + bgp("") + document("BFDProfile", "{echoMode: true}", "fast") + peer(f"{P}, peerAddress: 10.0.0.1, bfdProfile: fast"), []),
    (
        pool("fd00::/64")
        + bgp("peers: [z]")
        + document("BFDProfile", "{echoMode: true}", "fast")
        + peer(f"{P}, peerAddress: 10.0.0.1, bfdProfile: fast"),
        [],
    ),
    # peers of one node, with FRR
    (speaker("frr") + peer(f"{P}, peerAddress: 10.0.0.1") + peer(f"{P}, peerAddress: 10.0.0.2", "b"), []),
    (speaker("frr") + peer(f"{P}, peerAddress: 10.0.0.1") + peer(f"{P}, peerAddress: 10.0.0.1", "b"), ["spec.peerAddress"]),
    (speaker("frr-k8s") + peer(f"{P}, peerAddress: 10.0.0.1") + peer("myASN: 3, peerASN: 2, peerAddress: 10.0.0.2", "b"), ["spec.myASN"]),
    (speaker("frr") + peer(f"{P}, peerAddress: 10.0.0.1") + peer("myASN: 3, peerASN: 2, peerAddress: 10.0.0.2, vrf: red", "b"), []),
    (
        speaker("frr") + peer(f"{P}, peerAddress: 10.0.0.1") + peer(f"{P}, peerAddress: 10.0.0.2, routerID: 10.0.0.9", "b"),
        ["spec.routerID"],
    ),
    (peer(f"{P}, peerAddress: 10.0.0.1") + peer("myASN: 3, peerASN: 2, peerAddress: 10.0.0.2", "b"), []),
    (speaker("native") + peer(f"{P}, peerAddress: 10.0.0.1") + peer("myASN: 3, peerASN: 2, peerAddress: 10.0.0.2", "b"), []),
    # native mode
    (speaker("") + peer(f"{P}, peerAddress: 10.0.0.1, vrf: red"), ["spec.vrf"]),
    (speaker("native") + peer(f"{P}, peerAddress: 10.0.0.1, keepaliveTime: 30s"), ["spec.keepaliveTime"]),
    (speaker("native") + peer(f"{P}, peerAddress: 10.0.0.1, enableGracefulRestart: false"), []),
    (speaker("native") + peer(f"{P}, interface: eth0"), ["spec.interface"]),
    (speaker("native") + document("BFDProfile", "{}", "fast"), [""]),
    (speaker("native") + bgp("communities: ['large:1:2:3', '1:2']"), ["spec.communities.0"]),
    (speaker("frr") + bgp("communities: ['large:1:2:3', '1:2']"), []),
    (speaker("frr-k8s") + document("BFDProfile", "{}", "fast"), []),
    (speaker("something") + document("BFDProfile", "{}", "fast"), []),
]


@pytest.mark.parametrize(("text", "expected"), TOGETHER)
def test_objects_are_refused_together_where_metallb_refuses_them(text: str, expected: list[str]) -> None:
    assert refused(text) == expected


def test_objects_of_other_namespaces_and_clusters_are_not_one_configuration() -> None:
    other = bgp("localPref: 200", "b").replace("metallb-system", "elsewhere")
    assert refused(LAN + bgp("localPref: 100") + other) == []
    files = {"clusters/a/x.yaml": LAN + bgp("localPref: 100"), "clusters/b/x.yaml": LAN + bgp("localPref: 200", "b")}
    assert findings(files, RULE) == []


def test_a_refusal_is_quoted_and_its_consequence_said() -> None:
    (found,) = findings(pool("10.0.0.5"), RULE)
    assert found.headline == "IPAddressPool metallb-system/a has an invalid address '10.0.0.5'"
    assert found.label == "is a single address; write '10.0.0.5/32'"
    assert 'refuses it: spec.addresses[0]: invalid CIDR "10.0.0.5"' in found.why
    assert "speakers keep the last good one" in found.why


@pytest.mark.parametrize(
    "spec",
    [
        "5",
        "[a]",
        "{addresses: 5}",
        "{addresses: [5, {}, null]}",
        "{serviceAllocation: [x]}",
        "{addresses: ['10.0.0.0/24'], serviceAllocation: 7}",
    ],
)
def test_values_of_other_types_are_left_to_the_schema(spec: str) -> None:
    assert [one for one in refused(document("IPAddressPool", spec)) if one != "spec"] == []
