"""Random Gateways, ListenerSets and routes against an oracle that follows the text of the specification, in every world that is possible.

The oracle is naive and shares nothing with the code: it reads plain dictionaries, and where manifests leave something open (labels of
Namespaces that are not there, what an implementation does) it tries all of it. Only if every world agrees is the answer certain.
"""

import itertools
import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from k8slblint.graph.reads import GATEWAY, LISTENER_SET_KINDS, ROUTE_KINDS
from k8slblint.traffic.attachment.attachments import attachments_of
from k8slblint.traffic.attachment.conditions import conditions_of_listener
from k8slblint.traffic.attachment.hostnames import meet
from k8slblint.traffic.attachment.listeners import listeners_of
from tests.builders import graph

Object = dict[str, Any]

MANY = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])

NAMESPACES = ("infra", "shop", "blog")
LABELS: tuple[Object, ...] = ({}, {"edge": "shared"}, {"edge": "other"})
HOSTS = ("a.b.c", "b.c", "c", "*.b.c", "*.c", "*.a.b.c", "x.y", "*.y")
PROTOCOLS = (
    {"protocol": "HTTP"},
    {"protocol": "HTTPS", "tls": {"certificateRefs": [{"name": "cert"}]}},
    {"protocol": "TLS", "tls": {"mode": "Passthrough"}},
    {"protocol": "TLS", "tls": {"certificateRefs": [{"name": "cert"}]}},
    {"protocol": "TCP"},
    {"protocol": "UDP"},
)
KINDS = ("HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute")
SELECTORS: tuple[Object, ...] = (
    {"matchLabels": {"edge": "shared"}},
    {"matchLabels": {"kubernetes.io/metadata.name": "shop"}},
    {"matchLabels": {"kubernetes.io/metadata.name": "shop", "edge": "shared"}},
    {"matchExpressions": [{"key": "edge", "operator": "Exists"}]},
    {"matchExpressions": [{"key": "edge", "operator": "DoesNotExist"}]},
    {"matchExpressions": [{"key": "edge", "operator": "In", "values": ["shared", "third"]}]},
    {"matchExpressions": [{"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": ["shop"]}]},
    {},
)

# What is drawn


def rules(*origins: str) -> st.SearchStrategy[Object]:
    plain = st.sampled_from([{"from": origin} for origin in origins] + [{}])
    return st.one_of(plain, st.sampled_from([{"from": "Selector", "selector": selector} for selector in SELECTORS]))


@st.composite
def listener(draw: st.DrawFn, name: str, ports: tuple[int, ...] = (80, 443)) -> Object:
    made: Object = {"name": name, "port": draw(st.sampled_from(ports)), **draw(st.sampled_from(PROTOCOLS))}
    if made["protocol"] not in ("TCP", "UDP") and draw(st.booleans()):
        made["hostname"] = draw(st.sampled_from(HOSTS))
    allowed: Object = {}
    if draw(st.booleans()):
        allowed["namespaces"] = draw(rules("Same", "All"))
    if draw(st.integers(0, 3)) == 0:
        allowed["kinds"] = [{"kind": kind} for kind in draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=2))]
    return {**made, "allowedRoutes": allowed} if allowed else made


@st.composite
def listeners(draw: st.DrawFn, prefix: str, most: int = 3) -> list[Object]:
    return [draw(listener(f"{prefix}{index}")) for index in range(draw(st.integers(1, most)))]


def made(kind: str, name: str, namespace: str | None, spec: Object, **more: Any) -> Object:
    api = "v1" if kind == "Namespace" else "gateway.networking.k8s.io/v1"
    return {
        "apiVersion": api,
        "kind": kind,
        "metadata": {"name": name, **({"namespace": namespace} if namespace else {}), **more},
        "spec": spec,
    }


@st.composite
def gateways(draw: st.DrawFn, name: str = "edge") -> Object:
    spec: Object = {"gatewayClassName": "istio", "listeners": draw(listeners("g"))}
    if draw(st.booleans()):
        spec["allowedListeners"] = {"namespaces": draw(rules("Same", "All", "None"))}
    return made("Gateway", name, "infra", spec)


@st.composite
def sets(draw: st.DrawFn, name: str) -> Object:
    parent = {"name": "edge", "namespace": "infra"}
    return made("ListenerSet", name, draw(st.sampled_from(NAMESPACES)), {"parentRef": parent, "listeners": draw(listeners("s", 2))})


@st.composite
def references(draw: st.DrawFn, of_sets: list[Object]) -> Object:
    parent = draw(st.sampled_from([None, *of_sets]))
    reference: Object = {"name": draw(st.sampled_from(["edge", "edge", "other"])), "namespace": "infra"}
    if parent is not None:
        reference = {"kind": "ListenerSet", "name": parent["metadata"]["name"], "namespace": parent["metadata"]["namespace"]}
    if draw(st.integers(0, 2)) == 0:
        reference["sectionName"] = draw(st.sampled_from(["g0", "g1", "s0", "s1"]))
    if draw(st.integers(0, 2)) == 0:
        reference["port"] = draw(st.sampled_from([80, 443, 8080]))
    return reference


class Drawn(NamedTuple):
    """One manifest: the objects, and which of them are what."""

    gateway: Object
    sets: list[Object]
    route: Object
    namespaces: list[Object]

    @property
    def text(self) -> str:
        return "\n---\n".join(map(json.dumps, (*self.namespaces, self.gateway, *self.sets, self.route)))


@st.composite
def drawn(draw: st.DrawFn) -> Drawn:
    of_sets = [draw(sets(name)) for name in ("one", "two")[: draw(st.integers(0, 2))]]
    spec: Object = {"parentRefs": draw(st.lists(references(of_sets), min_size=1, max_size=3))}
    if draw(st.booleans()):
        spec["hostnames"] = draw(st.lists(st.sampled_from(HOSTS), min_size=1, max_size=2))
    known = draw(st.lists(st.sampled_from(NAMESPACES), unique=True))
    written = [made("Namespace", name, None, {}, labels=draw(st.sampled_from(LABELS))) for name in known]
    route = made(draw(st.sampled_from(KINDS)), "web", draw(st.sampled_from(NAMESPACES)), spec)
    return Drawn(draw(gateways()), of_sets, route, written)


# The oracle


class World(NamedTuple):
    """What manifests leave open: the labels of each Namespace, and whether TCPRoutes attach to TLS listeners that terminate TLS."""

    labels: dict[str, Object]
    tcp_over_tls: bool


def worlds(case: Drawn) -> Iterator[World]:
    written = {one["metadata"]["name"]: one["metadata"]["labels"] for one in case.namespaces}
    missing = [name for name in NAMESPACES if name not in written]
    for choice in itertools.product(LABELS, repeat=len(missing)):
        labels = {**written, **dict(zip(missing, choice, strict=True))}
        for tcp_over_tls in (False, True):
            yield World({name: {**own, "kubernetes.io/metadata.name": name} for name, own in labels.items()}, tcp_over_tls)


def selects(selector: Object, labels: Object) -> bool:
    """`LabelSelector`: the requirements are ANDed; NotIn also matches where the key is missing."""
    for key, value in selector.get("matchLabels", {}).items():
        if labels.get(key) != value:
            return False
    for one in selector.get("matchExpressions", []):
        key, operator = one["key"], one["operator"]
        holds = {
            "In": key in labels and labels[key] in one.get("values", []),
            "NotIn": key not in labels or labels[key] not in one.get("values", []),
            "Exists": key in labels,
            "DoesNotExist": key not in labels,
        }
        if not holds[operator]:
            return False
    return True


def allows(rule: Object, default: str, own: str, other: str, world: World) -> bool:
    """`from`: Same is the namespace of the object itself, All any, None none, Selector those whose labels match."""
    origin = rule.get("from", default)
    if origin == "Same":
        return own == other
    if origin == "Selector":
        return selects(rule["selector"], world.labels[other])
    return bool(origin == "All")


def takes(one: Object, kind: str, world: World) -> bool:
    """The kinds of a protocol; `allowedRoutes.kinds` leaves only those that it lists."""
    passes = one.get("tls", {}).get("mode") == "Passthrough"
    of_protocol = {
        "HTTP": {"HTTPRoute", "GRPCRoute"},
        "HTTPS": {"HTTPRoute", "GRPCRoute"},
        "TLS": {"TLSRoute"} | ({"TCPRoute"} if world.tcp_over_tls and not passes else set()),
        "TCP": {"TCPRoute"},
        "UDP": {"UDPRoute"},
    }[one["protocol"]]
    listed = {entry["kind"] for entry in one.get("allowedRoutes", {}).get("kinds", [])}
    return kind in (of_protocol & listed if listed else of_protocol)


def matches(pattern: list[str], name: list[str]) -> bool:
    """A wildcard stands for one label or more; label by label, from the left."""
    if pattern[0] != "*":
        return pattern == name
    return any(name[start:] == pattern[1:] for start in range(1, len(name)))


def intersects(one: str, other: str) -> bool:
    """Two hostnames intersect if some name is matched by both: one made of either of them will do, with its wildcard filled in."""
    left, right = one.split("."), other.split(".")
    filled = [[("zz" if label == "*" else label) for label in labels] for labels in (left, right)]
    deeper = [["zz", *labels] for labels, whole in zip(filled, (left, right), strict=True) if whole[0] == "*"]
    return any(matches(left, name) and matches(right, name) for name in (*filled, *deeper))


def of_parent(case: Drawn, reference: Object, world: World) -> str:
    """What a controller writes for one parent: `accepted`, the reason, `missing`, or `refused` below a ListenerSet that is refused."""
    holder = case.gateway
    if reference.get("kind") == "ListenerSet":
        holder = next(one for one in case.sets if one["metadata"]["name"] == reference["name"])
        allowed = case.gateway["spec"].get("allowedListeners", {}).get("namespaces", {})
        if not allows(allowed, "None", "infra", holder["metadata"]["namespace"], world):
            return "refused"
    elif reference["name"] != "edge":
        return "missing"
    kind, hostnames = case.route["kind"], case.route["spec"].get("hostnames", [])
    named = [
        one
        for one in holder["spec"]["listeners"]
        if reference.get("sectionName", one["name"]) == one["name"] and reference.get("port", one["port"]) == one["port"]
    ]
    if not named:
        return "NoMatchingParent"
    place = holder["metadata"]["namespace"]
    allowing = [
        one
        for one in named
        if takes(one, kind, world)
        and allows(one.get("allowedRoutes", {}).get("namespaces", {}), "Same", place, case.route["metadata"]["namespace"], world)
    ]
    if not allowing:
        return "NotAllowedByListeners"
    if kind in ("TCPRoute", "UDPRoute") or not hostnames:
        return "accepted"
    serving = [one for one in allowing if "hostname" not in one or any(intersects(one["hostname"], host) for host in hostnames)]
    return "accepted" if serving else "NoMatchingListenerHostname"


def is_open(rule: Object, name: str, case: Drawn) -> bool:
    """Tell whether a rule asks for labels of a Namespace that is not there."""
    return "edge" in json.dumps(rule) and name not in [one["metadata"]["name"] for one in case.namespaces]


@MANY
@given(case=drawn())
def test_attachments_agree_with_the_specification_in_every_possible_world(case: Drawn) -> None:
    built = graph(case.text)
    (route,) = built.of_type(*ROUTE_KINDS)
    for attachment, reference in zip(attachments_of(route, built), case.route["spec"]["parentRefs"], strict=True):
        expected = {of_parent(case, reference, world) for world in worlds(case)}
        condition = attachment.condition
        answer = condition.reason if attachment.standing == "refused" and condition else attachment.standing
        if answer == "unknown":
            several = sum(is_open(one, case.route["metadata"]["namespace"], case) for one in all_rules(case))
            assert len(expected) > 1 or several > 1, (reference, expected)
        else:
            assert {answer} == expected, reference


def all_rules(case: Drawn) -> Iterator[Object]:
    """Every rule that may ask for labels: two of them that disagree may decide together what none decides alone."""
    for holder in (case.gateway, *case.sets):
        yield holder["spec"].get("allowedListeners", {})
        yield from (one.get("allowedRoutes", {}) for one in holder["spec"]["listeners"])


# Conflicts, each listener against each


FAMILY = ("HTTP", "HTTPS", "TLS")


def clash(one: Object, other: Object) -> str | None:
    """`certain` or `perhaps` where two listeners on one port are not distinct, or not compatible everywhere."""
    if one["port"] != other["port"] or (one["protocol"] == "UDP") != (other["protocol"] == "UDP"):
        return None
    protocols = {one["protocol"], other["protocol"]}
    if len(protocols) == 1:
        return "certain" if one.get("hostname") == other.get("hostname") else None
    if "TCP" in protocols:
        return "certain"
    return "perhaps" if "HTTP" in protocols else None


@st.composite
def merged(draw: st.DrawFn) -> tuple[Object, list[Object]]:
    """A Gateway that allows every ListenerSet, and some of one listener each."""
    gateway = draw(gateways())
    gateway["spec"]["allowedListeners"] = {"namespaces": {"from": "All"}}
    of_sets = [draw(sets(name)) for name in ("one", "two", "three")[: draw(st.integers(0, 3))]]
    for one in of_sets:
        one["spec"]["listeners"] = one["spec"]["listeners"][:1]
    return gateway, of_sets


@MANY
@given(case=merged())
def test_conflicts_agree_with_a_comparison_of_each_with_each(case: tuple[Object, list[Object]]) -> None:
    gateway, of_sets = case
    own = gateway["spec"]["listeners"]
    added = [one["spec"]["listeners"][0] for one in of_sets]
    lost = [one for one in added if any(clash(one, other) == "certain" for other in own)]
    built = graph("\n---\n".join(map(json.dumps, (gateway, *of_sets))))
    (found,) = built.of_type(GATEWAY)
    for index, listener_ in enumerate(listeners_of(found, built)):
        against = [clash(own[index], other) for place, other in enumerate(own) if place != index]
        assert status_of(listener_, found, built) == expected_status(against, certain="True")
    for set_ in built.of_type(*LISTENER_SET_KINDS):
        (listener_,) = listeners_of(set_, built)
        one = next(raw["spec"]["listeners"][0] for raw in of_sets if raw["metadata"]["name"] == set_.name)
        if any(one is loser for loser in lost):
            assert status_of(listener_, found, built) == "True"
            continue
        others = [other for other in added if other is not one and not any(other is loser for loser in lost)]
        against = [*(clash(one, other) for other in own), *(clash(one, other) for other in others)]
        assert status_of(listener_, found, built) == expected_status(against, certain="Unknown")


@MANY
@given(case=merged())
def test_overlaps_agree_with_a_comparison_of_each_with_each(case: tuple[Object, list[Object]]) -> None:
    gateway, of_sets = case
    every = [(one, raw) for one in (gateway, *of_sets) for raw in one["spec"]["listeners"]]
    built = graph("\n---\n".join(map(json.dumps, (gateway, *of_sets))))
    (found,) = built.of_type(GATEWAY)
    for source in (found, *built.of_type(*LISTENER_SET_KINDS)):
        for listener_ in listeners_of(source, built):
            (mine,) = (raw for one, raw in every if one["metadata"]["name"] == source.name and raw["name"] == listener_.name)
            expected = any(overlap(mine, raw) for _, raw in every if raw is not mine)
            assert (conditions_of_listener(listener_, found, built)[-1].type == "OverlappingTLSConfig") == expected


def overlap(one: Object, other: Object) -> bool:
    """Both terminate or pass TLS on one port, and some name is matched by both; no hostname matches every name."""
    secure = {one["protocol"], other["protocol"]} <= {"HTTPS", "TLS"} and one["port"] == other["port"]
    return secure and ("hostname" not in one or "hostname" not in other or intersects(one["hostname"], other["hostname"]))


def status_of(listener_: Any, gateway: Any, built: Any) -> str:
    return str(conditions_of_listener(listener_, gateway, built)[1].status)


def expected_status(against: list[str | None], certain: str) -> str:
    return certain if "certain" in against else "Unknown" if "perhaps" in against else "False"


@given(one=st.sampled_from(HOSTS), other=st.sampled_from(HOSTS))
def test_hostnames_meet_where_some_name_is_matched_by_both(one: str, other: str) -> None:
    assert meet(one, other) == intersects(one, other)
