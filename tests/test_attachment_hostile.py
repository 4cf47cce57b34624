"""Manifests made to break what judges attachments: circles, deep and wide values, values that are no keys; and how the work grows."""

import sys
from types import FrameType
from typing import Any

import pytest

from k8slblint.checks import gateway_listener_conflict, gateway_listener_invalid, route_not_attached, route_parent_missing
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import GATEWAY, LISTENER_SET_KINDS, ROUTE_KINDS
from k8slblint.traffic.attachment.attachments import attachments_of
from k8slblint.traffic.attachment.conditions import accepted_of, conditions_of_listener, conflicts_on
from k8slblint.traffic.attachment.listeners import listeners_of
from k8slblint.traffic.attachment.near_names import is_slip
from k8slblint.traffic.exposure.entry_points import edges_of
from tests.builders import graph
from tests.gateways import document, gateway, listener_set, namespace, route


def judge(text: str) -> ResourceGraph:
    """Ask everything of every object."""
    built = graph(text)
    for check, kinds in (
        (gateway_listener_conflict.check, (GATEWAY, *LISTENER_SET_KINDS)),
        (gateway_listener_invalid.check, (GATEWAY, *LISTENER_SET_KINDS)),
        (route_not_attached.check, (*ROUTE_KINDS, *LISTENER_SET_KINDS)),
        (route_parent_missing.check, (*ROUTE_KINDS, *LISTENER_SET_KINDS)),
    ):
        for one in built.of_type(*kinds):
            list(check(one, built))
    for one in built.of_type(GATEWAY, *LISTENER_SET_KINDS):
        accepted_of(one, built)
    for one in built.of_type(*ROUTE_KINDS):
        list(edges_of(one, built))
    return built


@pytest.mark.parametrize(
    "parent", ["kind: ListenerSet, name: team", "kind: ListenerSet, name: other", "kind: [], name: team", "group: {}, name: edge"]
)
def test_listener_sets_in_a_circle_end(parent: str) -> None:
    other = listener_set(parent="kind: ListenerSet, name: team", name="other")
    built = judge(gateway() + listener_set(parent=parent) + other + route("kind: ListenerSet, name: team", namespace="shop"))
    (one,) = built.of_type(*ROUTE_KINDS)
    assert [found.standing for found in attachments_of(one, built)] == ["unknown"]


SELECTED = "listeners: [{name: a, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: Selector, selector: SELECTOR}}}]"

VALUES = ("null", "5", "[]", "{}", "[[]]", "[{}]", "true", '""', "{a: [b]}", "-1", "1e999", '"\\0"', '"*"', '"*."')


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize(
    "field",
    [
        "listeners: VALUE",
        "listeners: [VALUE]",
        "listeners: [{name: VALUE, port: 80, protocol: HTTP}]",
        "listeners: [{name: a, port: VALUE, protocol: HTTP}]",
        "listeners: [{name: a, port: 80, protocol: VALUE}]",
        "listeners: [{name: a, port: 80, protocol: HTTP, hostname: VALUE}]",
        "listeners: [{name: a, port: 80, protocol: HTTP, tls: VALUE}]",
        "listeners: [{name: a, port: 80, protocol: HTTP, tls: {mode: VALUE}}]",
        "listeners: [{name: a, port: 80, protocol: HTTP, allowedRoutes: VALUE}]",
        "listeners: [{name: a, port: 80, protocol: HTTP, allowedRoutes: {kinds: VALUE}}]",
        "listeners: [{name: a, port: 80, protocol: HTTP, allowedRoutes: {kinds: [{kind: VALUE, group: VALUE}]}}]",
        "listeners: [{name: a, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: VALUE}}}]",
        SELECTED.replace("SELECTOR", "VALUE"),
        SELECTED.replace("SELECTOR", "{matchLabels: VALUE}"),
        SELECTED.replace("SELECTOR", "{matchExpressions: [VALUE]}"),
        SELECTED.replace("SELECTOR", "{matchExpressions: [{key: VALUE, operator: VALUE, values: VALUE}]}"),
        "listeners: [{name: a, port: 80, protocol: HTTP}], allowedListeners: VALUE",
        "listeners: [{name: a, port: 80, protocol: HTTP}], allowedListeners: {namespaces: VALUE}",
        "listeners: [{name: a, port: 80, protocol: HTTP}], parentRef: VALUE, parentRefs: VALUE, hostnames: VALUE",
        "listeners: [{name: a, port: 80, protocol: HTTP}], parentRefs: [VALUE], hostnames: [VALUE]",
        "parentRef: {name: edge, kind: VALUE, group: VALUE, namespace: VALUE, sectionName: VALUE, port: VALUE}",
        "parentRefs: [{name: edge, namespace: infra, sectionName: VALUE, port: VALUE}]",
        "parentRefs: [{name: VALUE, namespace: VALUE}]",
    ],
)
def test_any_value_in_any_field_is_judged_or_unknown(field: str, value: str) -> None:
    spec = f"{{{field.replace('VALUE', value)}}}"
    text = "".join(document(kind, "edge", "infra", spec) for kind in ("Gateway", "ListenerSet", "HTTPRoute"))
    judge(namespace("infra") + text + gateway(name="other") + listener_set() + route() + route(name="two", hostnames="a.b"))


def test_slips_of_long_names_take_linear_time() -> None:
    one, other = "ab" * 5000, "ba" * 5000
    assert not is_slip(one, other)
    assert calls_of(lambda: is_slip("a-" * 120, "b-" * 120)) < 500


def test_a_hostname_of_many_wildcards_is_a_text() -> None:
    host = "*." * 2000 + "example.com"
    judge(gateway(f'{{name: a, port: 80, protocol: HTTP, hostname: "{host}"}}') + route(hostnames=f'"{"a." * 2000}example.com"'))


# How the work grows: calls of our own functions, for n and 2n


def calls_of(work: Any) -> int:
    """How many calls, of Python functions and built-in ones, a piece of work makes."""
    count = 0

    def on_event(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(on_event)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


def judged(built: ResourceGraph) -> None:
    """Judge all that attaches, without reading the manifests."""
    for one in built.of_type(*ROUTE_KINDS, *LISTENER_SET_KINDS):
        list(route_not_attached.check(one, built))
        list(route_parent_missing.check(one, built))
    for one in built.of_type(GATEWAY, *LISTENER_SET_KINDS):
        list(gateway_listener_conflict.check(one, built))
        list(gateway_listener_invalid.check(one, built))
        accepted_of(one, built)


def many_routes(count: int) -> str:
    """Routes over a fortieth as many Gateways, of which some are refused and some have no parent."""
    gateways = [
        gateway(
            f'{{name: one, port: 80, protocol: HTTP, hostname: "*.g{index}.example.com"}}, {{name: two, port: 81, protocol: TCP}}',
            f"g{index}",
        )
        for index in range(max(1, count // 40))
    ]
    routes = [
        route(f"name: g{index % (len(gateways) + 1)}", hostnames=f"r{index}.g{index % 7}.example.com", name=f"r{index}")
        for index in range(count)
    ]
    return "".join((*gateways, *routes))


def many_sets(count: int) -> str:
    """ListenerSets on one port of one Gateway: of one hostname, of many, of TCP and HTTP in turn."""
    protocols = ("HTTP", "TCP", "HTTPS", "TLS")
    sets = (
        listener_set(f"{{name: a, port: 80, protocol: {protocols[index % 4]}, hostname: h{index % 5}.example.com}}", name=f"s{index}")
        for index in range(count)
    )
    return gateway("{name: a, port: 1, protocol: TCP}", more="allowedListeners: {namespaces: {from: All}}") + "".join(sets)


def many_namesakes(count: int) -> str:
    """Routes whose parents are all missing, beside many Gateways of other names."""
    return "".join(gateway(name=f"gateway-{index}") + route(f"name: missing-{index}", name=f"r{index}") for index in range(count))


@pytest.mark.parametrize(("made", "count", "most"), [(many_routes, 200, 2.3), (many_sets, 150, 2.3), (many_namesakes, 300, 2.3)])
def test_twice_the_objects_are_twice_the_work(made: Any, count: int, most: float) -> None:
    small, large = graph(made(count)), graph(made(2 * count))
    assert calls_of(lambda: judged(large)) <= most * calls_of(lambda: judged(small))


def test_conditions_of_all_listeners_of_one_port_are_linear() -> None:
    def conditions(built: ResourceGraph) -> int:
        (one,) = built.of_type(GATEWAY)
        sets = built.of_type(*LISTENER_SET_KINDS)
        return sum(
            len(conditions_of_listener(found, one, built)) + len(conflicts_on(added, built))
            for added in sets
            for found in listeners_of(added, built)
        )

    small, large = graph(many_sets(150)), graph(many_sets(300))
    assert calls_of(lambda: conditions(large)) <= 2.3 * calls_of(lambda: conditions(small))
