"""What a conformant controller writes into the status of Gateways, ListenerSets and routes, case by case.

The cases follow the text of Gateway API 1.6 (`apis/v1`, GEP-1713, GEP-1294) and its conformance tests, both sides of each reason.
"""

import pytest

from k8slblint.graph.answers import Absent, Found, Unknown
from k8slblint.graph.reads import GATEWAY, LISTENER_SET_KINDS, ROUTE_KINDS
from k8slblint.traffic.attachment.attachments import attachments_of
from k8slblint.traffic.attachment.conditions import accepted_of, conditions_of_listener, conflicts_on, verdicts_of
from k8slblint.traffic.attachment.hostnames import common
from k8slblint.traffic.attachment.listeners import listeners_of
from k8slblint.traffic.attachment.near_names import is_slip
from k8slblint.traffic.ownership.gateways import class_of
from tests.builders import graph
from tests.gateways import PASSTHROUGH, TLS, document, gateway, listener_set, namespace, only, route

YES, UNKNOWN, ELSEWHERE, MISSING = "accepted", "unknown", "elsewhere", "missing"
NO_PARENT, NOT_ALLOWED, NO_HOST = "NoMatchingParent", "NotAllowedByListeners", "NoMatchingListenerHostname"


def outcome(text: str, *type_names: str) -> str:
    """The standing of the only object of these kinds to its one parent: the reason where it is refused."""
    found, built = only(text, *(type_names or ROUTE_KINDS))
    (attachment,) = attachments_of(found, built)
    condition = attachment.condition
    if attachment.standing == "refused":
        assert condition is None or (condition.type, condition.status) == ("Accepted", "False")
        return condition.reason if condition else "refused"
    assert (condition is not None) == (attachment.standing == "accepted")
    assert bool(attachment.reason) == (attachment.standing == "unknown")
    return attachment.standing


HOSTNAMES = [
    ("a.example.com", "a.example.com", "a.example.com"),
    ("a.example.com", "b.example.com", None),
    ("a.example.com", "", "a.example.com"),
    ("", "a.example.com", "a.example.com"),
    ("", "", ""),
    ("", "*.example.com", "*.example.com"),
    ("*.example.com", "", "*.example.com"),
    ("a.example.com", "*.example.com", "a.example.com"),
    ("*.example.com", "a.example.com", "a.example.com"),
    ("a.b.example.com", "*.example.com", "a.b.example.com"),
    ("a.b.c.example.com", "*.example.com", "a.b.c.example.com"),
    ("example.com", "*.example.com", None),
    ("*.example.com", "example.com", None),
    ("*.example.com", "*.example.com", "*.example.com"),
    ("*.example.com", "*.a.example.com", "*.a.example.com"),
    ("*.a.example.com", "*.example.com", "*.a.example.com"),
    ("*.a.example.com", "*.b.example.com", None),
    ("*.example.com", "*.example.org", None),
    ("a.example.com", "*.example.org", None),
    ("aexample.com", "*.example.com", None),
    ("*.com", "*.example.com", "*.example.com"),
    ("*.com", "example.com", "example.com"),
    ("com", "*.com", None),
    ("*.a.example.com", "a.example.com", None),
    ("a.example.com", "*.a.example.com", None),
    ("b.a.example.com", "*.a.example.com", "b.a.example.com"),
    ("A.example.com", "a.EXAMPLE.com", "a.example.com"),
    ("a.example.com.", "a.example.com", None),
    ("example.com", "example.com.au", None),
    ("www.example.com", "example.com", None),
]


@pytest.mark.parametrize(("one", "other", "expected"), HOSTNAMES)
def test_hostnames_have_in_common(one: str, other: str, expected: str | None) -> None:
    assert common(one, other) == common(other, one) == expected


@pytest.mark.parametrize("kind", ["HTTPRoute", "GRPCRoute", "TLSRoute"])
@pytest.mark.parametrize(("of_route", "of_listener", "expected"), HOSTNAMES)
def test_routes_attach_by_hostname(kind: str, of_route: str, of_listener: str, expected: str | None) -> None:
    protocol = f"TLS, {PASSTHROUGH}" if kind == "TLSRoute" else "HTTP"
    hostname = f', hostname: "{of_listener}"' if of_listener else ""
    text = gateway(f"{{name: one, port: 443, protocol: {protocol}{hostname}}}")
    text += route(kind=kind, hostnames=f'"{of_route}"' if of_route else None)
    assert outcome(text) == (NO_HOST if expected is None else YES)


MANY_HOSTNAMES = [
    ('"a.example.org", "a.example.com"', '"*.example.com"', YES),
    ('"a.example.org", "b.example.org"', '"*.example.com"', NO_HOST),
    ("", '"*.example.com"', YES),
    ('"${HOST}"', '"*.example.com"', UNKNOWN),
    ('"${HOST}", "a.example.com"', '"*.example.com"', YES),
    ('"${HOST}", "a.example.org"', '"*.example.com"', UNKNOWN),
    ('"a.example.com"', '"*.${DOMAIN}"', UNKNOWN),
    ('"a.example.com"', '"{{ .Values.host }}"', UNKNOWN),
    ("5", '"*.example.com"', UNKNOWN),
    ("5", "6", UNKNOWN),
    ('"${HOST}"', "null", YES),
    ('"a.${DOMAIN}"', '"*.${DOMAIN}"', YES),
    ('"a.${DOMAIN}"', '"*.${OTHER}"', UNKNOWN),
    ('"a.x.${DOMAIN}"', '"*.y.${DOMAIN}"', UNKNOWN),
    ('"${HOST}"', '"${HOST}"', YES),
    ("5", "null", YES),
]


@pytest.mark.parametrize(("of_route", "of_listener", "expected"), MANY_HOSTNAMES)
def test_one_hostname_is_enough_and_placeholders_decide_nothing(of_route: str, of_listener: str, expected: str) -> None:
    text = gateway(f"{{name: one, port: 80, protocol: HTTP, hostname: {of_listener}}}")
    assert outcome(text + route(hostnames=of_route)) == expected


@pytest.mark.parametrize(("kind", "protocol"), [("TCPRoute", "TCP"), ("UDPRoute", "UDP")])
def test_streams_have_no_hostnames(kind: str, protocol: str) -> None:
    text = gateway(f"{{name: one, port: 53, protocol: {protocol}, hostname: a.example.com}}")
    assert outcome(text + route(kind=kind, hostnames="b.example.com")) == YES


PROTOCOLS = {
    "HTTP": ("protocol: HTTP", "HTTPRoute GRPCRoute", ""),
    "HTTPS": (f"protocol: HTTPS, {TLS}", "HTTPRoute GRPCRoute", ""),
    "TLS passthrough": (f"protocol: TLS, {PASSTHROUGH}", "TLSRoute", ""),
    "TLS terminate": (f"protocol: TLS, {TLS}", "TLSRoute", "TCPRoute"),
    "TLS without mode": ("protocol: TLS", "TLSRoute", "TCPRoute"),
    "TCP": ("protocol: TCP", "TCPRoute", ""),
    "UDP": ("protocol: UDP", "UDPRoute", ""),
    "of an implementation": ("protocol: example.com/own", "", "HTTPRoute GRPCRoute TLSRoute TCPRoute UDPRoute"),
    "HBONE": ("protocol: HBONE", "", "HTTPRoute GRPCRoute TLSRoute TCPRoute UDPRoute"),
}


@pytest.mark.parametrize("kind", ["HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute"])
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_protocols_take_kinds(protocol: str, kind: str) -> None:
    fields, taken, unknown = PROTOCOLS[protocol]
    expected = YES if kind in taken.split() else UNKNOWN if kind in unknown.split() else NOT_ALLOWED
    assert outcome(gateway(f"{{name: one, port: 443, {fields}}}") + route(kind=kind)) == expected


KINDS = [
    ("HTTP", "{kind: HTTPRoute}", "HTTPRoute", YES),
    ("HTTP", "{kind: GRPCRoute}", "HTTPRoute", NOT_ALLOWED),
    ("HTTP", "{kind: GRPCRoute}, {kind: HTTPRoute}", "HTTPRoute", YES),
    ("HTTP", "{kind: TLSRoute}", "HTTPRoute", NOT_ALLOWED),
    ("HTTP", "{kind: TLSRoute}", "TLSRoute", NOT_ALLOWED),
    ("HTTP", "{kind: TLSRoute}, {kind: HTTPRoute}", "HTTPRoute", YES),
    ("HTTP", "{kind: TLSRoute}, {kind: HTTPRoute}", "TLSRoute", NOT_ALLOWED),
    ("HTTP", "{group: gateway.networking.k8s.io, kind: HTTPRoute}", "HTTPRoute", YES),
    ("HTTP", "{group: example.com, kind: HTTPRoute}", "HTTPRoute", NOT_ALLOWED),
    ("HTTP", '{group: "", kind: HTTPRoute}', "HTTPRoute", NOT_ALLOWED),
    ("HTTP", "", "HTTPRoute", YES),
    ("TCP", "{kind: TCPRoute}", "TCPRoute", YES),
    ("TLS", "{kind: TCPRoute}", "TCPRoute", UNKNOWN),
    ("TLS", "{kind: TCPRoute}", "TLSRoute", NOT_ALLOWED),
    ("HTTP", '{kind: "${KIND}"}', "HTTPRoute", UNKNOWN),
    ("HTTP", "{kind: httproute}", "HTTPRoute", NOT_ALLOWED),
]


@pytest.mark.parametrize(("protocol", "listed", "kind", "expected"), KINDS)
def test_listed_kinds_are_the_only_ones(protocol: str, listed: str, kind: str, expected: str) -> None:
    text = gateway(f"{{name: one, port: 80, protocol: {protocol}, allowedRoutes: {{kinds: [{listed}]}}}}")
    assert outcome(text + route(kind=kind)) == expected


TWO = f"{{name: http, port: 80, protocol: HTTP}}, {{name: https, port: 443, protocol: HTTPS, {TLS}}}"

NAMED = [
    ("", YES),
    ("sectionName: http", YES),
    ("sectionName: https", YES),
    ("sectionName: HTTP", NO_PARENT),
    ("sectionName: http2", NO_PARENT),
    ("port: 80", YES),
    ("port: 443", YES),
    ("port: 8080", NO_PARENT),
    ("sectionName: http, port: 80", YES),
    ("sectionName: https, port: 443", YES),
    ("sectionName: http, port: 443", NO_PARENT),
    ("sectionName: https, port: 80", NO_PARENT),
    ("sectionName: tcp, port: 80", NO_PARENT),
    ("sectionName: http, port: 8080", NO_PARENT),
    ('sectionName: "${SECTION}"', UNKNOWN),
    ('sectionName: "${SECTION}", port: 8080', NO_PARENT),
    ('sectionName: nothing, port: "${PORT}"', NO_PARENT),
    ('port: "80"', UNKNOWN),
    ("sectionName: null", YES),
    ("port: null", YES),
]


@pytest.mark.parametrize(("named", "expected"), NAMED)
def test_references_name_listeners(named: str, expected: str) -> None:
    assert outcome(gateway(TWO) + route(f"name: edge{', ' if named else ''}{named}")) == expected


def test_a_reference_attaches_to_all_listeners_that_it_does_not_exclude() -> None:
    found, built = only(gateway(TWO) + route("name: edge"), *ROUTE_KINDS)
    assert [listener.name for listener in attachments_of(found, built)[0].listeners] == ["http", "https"]


def test_the_reason_is_that_of_the_last_step_which_some_listener_reached() -> None:
    """A listener of another hostname beside one of another kind: the hostname is what is missing."""
    text = gateway("{name: one, port: 80, protocol: HTTP, hostname: a.example.com}, {name: two, port: 81, protocol: TCP}")
    assert outcome(text + route(hostnames="b.example.com")) == NO_HOST
    assert outcome(text + route("name: edge, sectionName: two", hostnames="b.example.com")) == NOT_ALLOWED


def test_the_reason_is_unknown_where_no_listener_certainly_reached_the_step() -> None:
    text = gateway("{name: one, port: 80, protocol: HTTP, hostname: a.example.com}, {name: two, port: 81, protocol: TCP}")
    assert outcome(text + route('name: edge, sectionName: "${SECTION}"', hostnames="b.example.com")) == UNKNOWN
    assert outcome(text + route('name: edge, sectionName: "${SECTION}"', kind="UDPRoute")) == UNKNOWN


def test_the_same_placeholder_stands_for_the_same_text() -> None:
    text = gateway('{name: "${SECTION}", port: 80, protocol: HTTP}', name='"${GATEWAY}"')
    assert outcome(text + route('name: "${GATEWAY}", sectionName: "${SECTION}"')) == YES
    assert outcome(text + route('name: "${GATEWAY}", sectionName: "${OTHER}"')) == UNKNOWN
    assert outcome(text + route('name: "${OTHER}"')) == UNKNOWN


def test_each_parent_is_judged_separately() -> None:
    parents = "[{name: edge}, {name: edge, sectionName: other}, {kind: Service, group: '', name: web}]"
    found, built = only(gateway() + document("HTTPRoute", "web", "infra", f"{{parentRefs: {parents}}}"), *ROUTE_KINDS)
    assert [one.standing for one in attachments_of(found, built)] == ["accepted", "refused", "elsewhere"]


LABELLED = namespace("shop", "edge: shared, team: a")
PLAIN = namespace("shop")
BY_NAME = "{matchLabels: {kubernetes.io/metadata.name: shop}}"

NAMESPACES = [
    ("", "infra", "", YES),
    ("", "shop", "", NOT_ALLOWED),
    ("{from: Same}", "infra", "", YES),
    ("{from: Same}", "shop", "", NOT_ALLOWED),
    ("{from: All}", "shop", "", YES),
    ("{from: All, selector: {matchLabels: {a: b}}}", "shop", PLAIN, YES),
    ("{from: Same, selector: {matchLabels: {edge: shared}}}", "shop", LABELLED, NOT_ALLOWED),
    ("{}", "shop", "", NOT_ALLOWED),
    ("{}", "infra", "", YES),
    ("{from: Selector, selector: {}}", "shop", "", YES),
    ("{from: Selector}", "shop", "", UNKNOWN),
    ("{from: Selector, selector: {matchLabels: {edge: shared}}}", "shop", LABELLED, YES),
    ("{from: Selector, selector: {matchLabels: {edge: shared}}}", "shop", PLAIN, NOT_ALLOWED),
    ("{from: Selector, selector: {matchLabels: {edge: shared}}}", "shop", "", UNKNOWN),
    ("{from: Selector, selector: {matchLabels: {edge: other}}}", "shop", LABELLED, NOT_ALLOWED),
    ("{from: Selector, selector: {matchLabels: {edge: shared, team: b}}}", "shop", LABELLED, NOT_ALLOWED),
    ("{from: Selector, selector: {matchLabels: {edge: shared}}}", "infra", namespace("infra"), NOT_ALLOWED),
    (f"{{from: Selector, selector: {BY_NAME}}}", "shop", "", YES),
    (f"{{from: Selector, selector: {BY_NAME}}}", "shop", PLAIN, YES),
    (f"{{from: Selector, selector: {BY_NAME}}}", "blog", "", NOT_ALLOWED),
    ("{from: Selector, selector: {matchLabels: {kubernetes.io/metadata.name: blog, edge: shared}}}", "shop", "", NOT_ALLOWED),
    ("{from: Selector, selector: {matchLabels: {kubernetes.io/metadata.name: shop, edge: shared}}}", "shop", "", UNKNOWN),
    (
        "{from: Selector, selector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: In, values: [shop, blog]}]}}",
        "shop",
        "",
        YES,
    ),
    (
        "{from: Selector, selector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: NotIn, values: [shop]}]}}",
        "shop",
        "",
        NOT_ALLOWED,
    ),
    ("{from: Selector, selector: {matchExpressions: [{key: edge, operator: Exists}]}}", "shop", LABELLED, YES),
    ("{from: Selector, selector: {matchExpressions: [{key: edge, operator: Exists}]}}", "shop", PLAIN, NOT_ALLOWED),
    ("{from: Selector, selector: {matchExpressions: [{key: edge, operator: DoesNotExist}]}}", "shop", PLAIN, YES),
    ("{from: Selector, selector: {matchExpressions: [{key: edge, operator: DoesNotExist}]}}", "shop", "", UNKNOWN),
    ("{from: Selector, selector: {matchLabels: {edge: '${EDGE}'}}}", "shop", PLAIN, UNKNOWN),
    ("{from: Selector, selector: {matchLabels: {edge: shared}}}", "shop", namespace("shop", "edge: '${EDGE}'"), UNKNOWN),
    ("{from: Selector, selector: {matchLabels: {kustomize.toolkit.fluxcd.io/name: apps}}}", "shop", PLAIN, UNKNOWN),
    ("{from: '${FROM}'}", "shop", "", UNKNOWN),
    ("{from: None}", "infra", "", NOT_ALLOWED),
    ("{from: Other}", "shop", "", UNKNOWN),
    ("", "", "", UNKNOWN),
    ("{from: All}", "", "", YES),
    (f"{{from: Selector, selector: {BY_NAME}}}", "", "", UNKNOWN),
]


@pytest.mark.parametrize(("rule", "of_route", "more", "expected"), NAMESPACES)
def test_listeners_allow_namespaces(rule: str, of_route: str, more: str, expected: str) -> None:
    allowed = f", allowedRoutes: {{namespaces: {rule}}}" if rule else ""
    text = more + gateway(f"{{name: one, port: 80, protocol: HTTP{allowed}}}")
    assert outcome(text + route(namespace=of_route)) == expected


ALLOWED_SETS = [
    ("", "shop", "", "NotAllowed"),
    ("", "infra", "", "NotAllowed"),
    ("allowedListeners: {}", "infra", "", "NotAllowed"),
    ("allowedListeners: {namespaces: {}}", "infra", "", "NotAllowed"),
    ("allowedListeners: {namespaces: {from: None}}", "infra", "", "NotAllowed"),
    ("allowedListeners: {namespaces: {from: All}}", "shop", "", YES),
    ("allowedListeners: {namespaces: {from: Same}}", "infra", "", YES),
    ("allowedListeners: {namespaces: {from: Same}}", "shop", "", "NotAllowed"),
    ("allowedListeners: {namespaces: {from: Selector, selector: {matchLabels: {edge: shared}}}}", "shop", LABELLED, YES),
    ("allowedListeners: {namespaces: {from: Selector, selector: {matchLabels: {edge: shared}}}}", "shop", PLAIN, "NotAllowed"),
    ("allowedListeners: {namespaces: {from: Selector, selector: {matchLabels: {edge: shared}}}}", "shop", "", UNKNOWN),
    (f"allowedListeners: {{namespaces: {{from: Selector, selector: {BY_NAME}}}}}", "shop", "", YES),
    (f"allowedListeners: {{namespaces: {{from: Selector, selector: {BY_NAME}}}}}", "blog", "", "NotAllowed"),
    ("allowedListeners: {namespaces: {from: '${FROM}'}}", "shop", "", UNKNOWN),
    ("allowedListeners: '${ALLOWED}'", "shop", "", UNKNOWN),
    ("allowedListeners: {namespaces: {from: Same}}", "", "", UNKNOWN),
]


@pytest.mark.parametrize(("allowed", "of_set", "more", "expected"), ALLOWED_SETS)
def test_gateways_allow_listener_sets(allowed: str, of_set: str, more: str, expected: str) -> None:
    assert outcome(more + gateway(more=allowed) + listener_set(namespace=of_set), *LISTENER_SET_KINDS) == expected


OPEN = gateway(more="allowedListeners: {namespaces: {from: All}}")

BY_SETS = [
    (OPEN + listener_set(), "kind: ListenerSet, name: team", "shop", YES),
    (OPEN + listener_set(), "kind: ListenerSet, name: team, sectionName: http", "shop", YES),
    (OPEN + listener_set(), "kind: ListenerSet, name: team, sectionName: other", "shop", NO_PARENT),
    (OPEN + listener_set(), "kind: ListenerSet, name: team, namespace: shop", "infra", NOT_ALLOWED),
    (OPEN + listener_set("{name: own, port: 81, protocol: HTTP}"), "name: edge, namespace: infra, sectionName: own", "infra", NO_PARENT),
    (OPEN + listener_set("{name: own, port: 81, protocol: HTTP}"), "kind: ListenerSet, name: team, sectionName: http", "shop", NO_PARENT),
    (OPEN + listener_set("{name: own, port: 81, protocol: TCP}"), "kind: ListenerSet, name: team", "shop", NOT_ALLOWED),
    (OPEN + listener_set('{name: own, port: 81, protocol: HTTP, hostname: "*.a"}'), "kind: ListenerSet, name: team", "shop", NO_HOST),
    (gateway() + listener_set(), "kind: ListenerSet, name: team", "shop", "refused"),
    (listener_set(), "kind: ListenerSet, name: team", "shop", UNKNOWN),
    (
        gateway(more="allowedListeners: {namespaces: {from: Selector, selector: {matchLabels: {a: b}}}}") + listener_set(),
        "kind: ListenerSet, name: team",
        "shop",
        UNKNOWN,
    ),
    (OPEN + listener_set(parent="kind: Service, group: '', name: edge"), "kind: ListenerSet, name: team", "shop", UNKNOWN),
    (OPEN + listener_set(parent="kind: ListenerSet, name: team"), "kind: ListenerSet, name: team", "shop", UNKNOWN),
]


@pytest.mark.parametrize(("text", "parent", "of_route", "expected"), BY_SETS)
def test_routes_attach_to_listener_sets(text: str, parent: str, of_route: str, expected: str) -> None:
    assert outcome(text + route(parent, hostnames="b.example.com", namespace=of_route)) == expected


def test_the_experimental_listener_set_is_one() -> None:
    text = OPEN + listener_set().replace("gateway.networking.k8s.io/v1", "gateway.networking.x-k8s.io/v1alpha1").replace(
        "kind: ListenerSet", "kind: XListenerSet"
    )
    parent = "group: gateway.networking.x-k8s.io, kind: XListenerSet, name: team"
    assert outcome(text, *LISTENER_SET_KINDS) == YES
    assert outcome(text + route(parent, namespace="shop")) == YES
    assert outcome(text + route(f"{parent}, sectionName: other", namespace="shop")) == NO_PARENT


OTHER = gateway(name="other", namespace="shop")

PARENTS = [
    (gateway(), "name: edge", "infra", YES),
    (gateway(), "name: egde", "infra", MISSING),
    (gateway(), "name: unlike", "infra", MISSING),
    (gateway(), "name: edge", "shop", UNKNOWN),
    (gateway(), "name: edge, namespace: shop", "infra", UNKNOWN),
    (gateway() + OTHER, "name: edge", "shop", MISSING),
    (gateway() + OTHER, "name: edge, namespace: shop", "shop", MISSING),
    ("", "name: edge", "infra", UNKNOWN),
    (gateway(), "name: edge", "", UNKNOWN),
    (gateway(namespace=""), "name: edge", "", YES),
    (gateway(namespace=""), "name: egde", "", UNKNOWN),
    (gateway(), 'name: "${GATEWAY}"', "infra", UNKNOWN),
    (gateway(), 'name: edge, namespace: "${NAMESPACE}"', "infra", UNKNOWN),
    (gateway(), "group: '', kind: Service, name: nothing", "infra", ELSEWHERE),
    (gateway(), "group: core, kind: Service, name: nothing", "infra", ELSEWHERE),
    (gateway(), "kind: Service, name: nothing", "infra", MISSING),
    (gateway(), "kind: HTTPRoute, name: nothing", "infra", ELSEWHERE),
    (gateway(), "group: networking.istio.io, kind: ServiceEntry, name: nothing", "infra", ELSEWHERE),
    (gateway(), "group: multicluster.x-k8s.io, kind: ServiceImport, name: nothing", "infra", ELSEWHERE),
    (gateway(), "group: networking.istio.io, kind: Gateway, name: nothing", "infra", ELSEWHERE),
    (gateway(), "group: gateway.networking.x-k8s.io, kind: XMesh, name: nothing", "infra", ELSEWHERE),
    (gateway(), "kind: ListenerSet, name: nothing", "infra", UNKNOWN),
    (gateway() + listener_set(), "kind: ListenerSet, name: nothing", "shop", MISSING),
    (gateway(), "group: gateway.networking.k8s.io, kind: Gateway, name: edge", "infra", YES),
    (gateway(""), "name: edge", "infra", UNKNOWN),
    (gateway('"${LISTENER}"'), "name: edge", "infra", UNKNOWN),
]


@pytest.mark.parametrize(("text", "parent", "of_route", "expected"), PARENTS)
def test_parents_exist_or_are_unknown(text: str, parent: str, of_route: str, expected: str) -> None:
    assert outcome(text + route(parent, namespace=of_route)) == expected


@pytest.mark.parametrize(
    ("parent", "expected"),
    [("name: edgy, namespace: infra", MISSING), ("name: edge", UNKNOWN), ("kind: Service, name: edge, namespace: infra", MISSING)],
)
def test_parents_of_listener_sets_exist_or_are_unknown(parent: str, expected: str) -> None:
    assert outcome(OPEN + listener_set(parent=parent), *LISTENER_SET_KINDS) == expected


VERDICTS = [
    ("protocol: HTTP", []),
    (f"protocol: HTTPS, {TLS}", []),
    (f"protocol: TLS, {PASSTHROUGH}", []),
    ("protocol: TCP", []),
    ("protocol: UDP", []),
    ("protocol: HBONE", []),
    ("protocol: TURN-UDP", []),
    ("protocol: projectcontour.io/https", []),
    ("protocol: networking.example.com/quic", []),
    ('protocol: "${PROTOCOL}"', []),
    ("protocol: 5", []),
    ("protocol: http", ["UnsupportedProtocol"]),
    ("protocol: Https", ["UnsupportedProtocol"]),
    ("protocol: tls", ["UnsupportedProtocol"]),
    ("protocol: GRPC", ["UnsupportedProtocol"]),
    ("protocol: HTTP2", ["UnsupportedProtocol"]),
    ("protocol: SCTP", ["UnsupportedProtocol"]),
    ("protocol: QUIC", ["UnsupportedProtocol"]),
    ("protocol: HTTP, allowedRoutes: {kinds: [{kind: HTTPRoute}, {kind: GRPCRoute}]}", []),
    ("protocol: HTTP, allowedRoutes: {kinds: [{kind: TCPRoute}]}", ["InvalidRouteKinds"]),
    ("protocol: HTTP, allowedRoutes: {kinds: [{kind: HTTPRoute}, {kind: TLSRoute}, {kind: UDPRoute}]}", ["InvalidRouteKinds"] * 2),
    (f"protocol: HTTPS, {TLS}, allowedRoutes: {{kinds: [{{kind: TLSRoute}}]}}", ["InvalidRouteKinds"]),
    (f"protocol: TLS, {PASSTHROUGH}, allowedRoutes: {{kinds: [{{kind: TLSRoute}}]}}", []),
    (f"protocol: TLS, {PASSTHROUGH}, allowedRoutes: {{kinds: [{{kind: HTTPRoute}}]}}", ["InvalidRouteKinds"]),
    (f"protocol: TLS, {PASSTHROUGH}, allowedRoutes: {{kinds: [{{kind: TCPRoute}}]}}", ["InvalidRouteKinds"]),
    (f"protocol: TLS, {TLS}, allowedRoutes: {{kinds: [{{kind: TCPRoute}}, {{kind: TLSRoute}}]}}", []),
    ("protocol: TCP, allowedRoutes: {kinds: [{kind: TCPRoute}]}", []),
    ("protocol: TCP, allowedRoutes: {kinds: [{kind: UDPRoute}]}", ["InvalidRouteKinds"]),
    ("protocol: UDP, allowedRoutes: {kinds: [{kind: TCPRoute}]}", ["InvalidRouteKinds"]),
    ("protocol: HTTP, allowedRoutes: {kinds: [{kind: Httproute}]}", ["InvalidRouteKinds"]),
    ("protocol: HTTP, allowedRoutes: {kinds: [{kind: Service}]}", ["InvalidRouteKinds"]),
    ("protocol: HTTP, allowedRoutes: {kinds: [{group: example.com, kind: ShopRoute}]}", []),
    ("protocol: example.com/own, allowedRoutes: {kinds: [{kind: TCPRoute}]}", []),
    ("protocol: HBONE, allowedRoutes: {kinds: [{kind: HTTPRoute}]}", []),
    ("protocol: HTTP, allowedRoutes: {kinds: ['${KIND}']}", []),
    ("protocol: HTTP, allowedRoutes: '${ROUTES}'", []),
]


@pytest.mark.parametrize("of_set", [False, True], ids=["Gateway", "ListenerSet"])
@pytest.mark.parametrize(("fields", "expected"), VERDICTS)
def test_listeners_are_valid_by_themselves(fields: str, expected: list[str], of_set: bool) -> None:
    listeners = f"{{name: one, port: 443, {fields}}}"
    found, built = only(listener_set(listeners) if of_set else gateway(listeners), GATEWAY, *LISTENER_SET_KINDS)
    verdicts = [verdict.condition for listener in listeners_of(found, built) for verdict in verdicts_of(listener)]
    assert [verdict.reason for verdict in verdicts] == expected
    assert all(verdict.status == "False" for verdict in verdicts)


def own(*fields: str) -> str:
    """Listeners with these fields, each with a name."""
    return ", ".join(f"{{name: l{index}, {text}}}" for index, text in enumerate(fields))


CONFLICTS = [
    (("port: 80, protocol: HTTP", f"port: 443, protocol: HTTPS, {TLS}"), []),
    (("port: 80, protocol: HTTP, hostname: a.b", "port: 80, protocol: HTTP, hostname: c.b"), []),
    (("port: 80, protocol: HTTP, hostname: a.b", 'port: 80, protocol: HTTP, hostname: "*.b"'), []),
    (("port: 80, protocol: HTTP, hostname: a.b", "port: 80, protocol: HTTP"), []),
    (("port: 53, protocol: TCP", "port: 53, protocol: UDP"), []),
    ((f"port: 443, protocol: HTTPS, {TLS}", "port: 443, protocol: UDP"), []),
    ((f"port: 443, protocol: HTTPS, {TLS}", f"port: 443, protocol: TLS, {PASSTHROUGH}"), []),
    ((f"port: 443, protocol: TLS, hostname: a.b, {TLS}", f"port: 443, protocol: TLS, hostname: c.b, {PASSTHROUGH}"), []),
    (("port: 80, protocol: HTTP", "port: 80, protocol: TCP"), [("l1", "ProtocolConflict", "none")]),
    (("port: 80, protocol: TCP", "port: 80, protocol: HTTP"), [("l0", "ProtocolConflict", "none")]),
    ((f"port: 443, protocol: HTTPS, {TLS}", "port: 443, protocol: TCP"), [("l1", "ProtocolConflict", "none")]),
    ((f"port: 443, protocol: TLS, {PASSTHROUGH}", "port: 443, protocol: TCP"), [("l1", "ProtocolConflict", "none")]),
    (
        ("port: 80, protocol: HTTP, hostname: a.b", "port: 80, protocol: TCP", "port: 81, protocol: TCP"),
        [("l1", "ProtocolConflict", "none")],
    ),
    (("port: 80, protocol: HTTP", f"port: 80, protocol: HTTPS, {TLS}"), [("l0", "ProtocolConflict", "implementation")]),
    (("port: 80, protocol: HTTP", f"port: 80, protocol: TLS, {PASSTHROUGH}"), [("l0", "ProtocolConflict", "implementation")]),
    (("port: 80, protocol: HTTP", "port: 80, protocol: HTTP"), [("l1", "HostnameConflict", "none")]),
    (("port: 80, protocol: HTTP, hostname: a.b", "port: 80, protocol: HTTP, hostname: A.b"), [("l1", "HostnameConflict", "none")]),
    (("port: 53, protocol: TCP", "port: 53, protocol: TCP"), [("l1", "ProtocolConflict", "none")]),
    (("port: 53, protocol: UDP", "port: 53, protocol: UDP"), [("l1", "ProtocolConflict", "none")]),
    (("port: 53, protocol: TCP, hostname: a.b", "port: 53, protocol: TCP, hostname: c.d"), [("l1", "ProtocolConflict", "none")]),
    (("port: 80, protocol: HTTP", 'port: 80, protocol: "${PROTOCOL}"'), []),
    (("port: 80, protocol: HTTP", 'port: "${PORT}", protocol: TCP'), []),
    (('port: 80, protocol: HTTP, hostname: "${A}"', 'port: 80, protocol: HTTP, hostname: "${B}"'), []),
    (("port: 80, protocol: HTTP", "port: 80, protocol: example.com/own"), []),
    (("port: 15008, protocol: HBONE", "port: 15008, protocol: TCP"), []),
]


@pytest.mark.parametrize(("listeners", "expected"), CONFLICTS)
def test_listeners_of_a_gateway_are_distinct(listeners: tuple[str, ...], expected: list[tuple[str, str, str]]) -> None:
    found, built = only(gateway(own(*listeners)), GATEWAY)
    assert [(one.listener.name, one.reason, one.winner) for one in conflicts_on(found, built)] == expected


IN_SETS = [
    ("port: 80, protocol: HTTP, hostname: a.b", "port: 80, protocol: HTTP, hostname: c.b", []),
    ("port: 80, protocol: HTTP", "port: 81, protocol: HTTP", []),
    ("port: 80, protocol: HTTP", "port: 80, protocol: UDP", []),
    (f"port: 443, protocol: HTTPS, {TLS}", f"port: 443, protocol: TLS, {PASSTHROUGH}", []),
    ("port: 80, protocol: HTTP", "port: 80, protocol: HTTP", ["HostnameConflict"]),
    ("port: 80, protocol: HTTP, hostname: a.b", "port: 80, protocol: HTTP, hostname: a.b", ["HostnameConflict"]),
    ('port: 80, protocol: HTTP, hostname: "*.b"', "port: 80, protocol: HTTP, hostname: a.b", []),
    ("port: 80, protocol: HTTP", "port: 80, protocol: TCP", ["ProtocolConflict"]),
    ("port: 80, protocol: TCP", "port: 80, protocol: HTTP", ["ProtocolConflict"]),
    ("port: 80, protocol: TCP", "port: 80, protocol: TCP", ["ProtocolConflict"]),
    ("port: 53, protocol: UDP", "port: 53, protocol: UDP", ["ProtocolConflict"]),
    ("port: 80, protocol: TCP", f"port: 80, protocol: TLS, {PASSTHROUGH}", ["ProtocolConflict"]),
    ('port: 80, protocol: "${P}"', "port: 80, protocol: TCP", []),
]


@pytest.mark.parametrize(("of_gateway", "of_set", "expected"), IN_SETS)
def test_listeners_of_the_gateway_take_precedence(of_gateway: str, of_set: str, expected: list[str]) -> None:
    text = gateway(own(of_gateway), more="allowedListeners: {namespaces: {from: All}}") + listener_set(own(of_set))
    built = graph(text)
    (one,), (added,) = built.of_type(GATEWAY), built.of_type(*LISTENER_SET_KINDS)
    assert list(conflicts_on(one, built)) == []
    assert [(found.reason, found.winner) for found in conflicts_on(added, built)] == [(reason, "other") for reason in expected]
    assert conditions_of_listener(listeners_of(one, built)[0], one, built)[1].status == "False"
    conflicted = conditions_of_listener(listeners_of(added, built)[0], one, built)[1]
    assert (conflicted.status, conflicted.reason) == (("True", expected[0]) if expected else ("False", "NoConflicts"))


@pytest.mark.parametrize(("of_one", "of_other", "expected"), IN_SETS)
def test_the_older_of_two_listener_sets_takes_precedence(of_one: str, of_other: str, expected: list[str]) -> None:
    """Which is older is not in the manifests: the later by name is shown, and the status of both is unknown."""
    text = gateway(own("port: 9, protocol: HTTP"), more="allowedListeners: {namespaces: {from: All}}")
    text += listener_set(own(of_one), name="a") + listener_set(own(of_other), name="b")
    built = graph(text)
    (one,), (first, second) = built.of_type(GATEWAY), built.of_type(*LISTENER_SET_KINDS)
    assert list(conflicts_on(first, built)) == []
    assert [(found.reason, found.winner) for found in conflicts_on(second, built)] == [(reason, "older") for reason in expected]
    statuses = {conditions_of_listener(listeners_of(added, built)[0], one, built)[1].status for added in (first, second)}
    assert statuses == ({"Unknown"} if expected else {"False"})


def test_a_listener_that_lost_its_port_takes_nothing_from_those_after_it() -> None:
    text = gateway(own("port: 80, protocol: HTTP, hostname: a.b"), more="allowedListeners: {namespaces: {from: All}}")
    text += listener_set(own("port: 80, protocol: TCP"), name="a") + listener_set(own("port: 80, protocol: HTTP, hostname: c.d"), name="b")
    built = graph(text)
    first, second = built.of_type(*LISTENER_SET_KINDS)
    assert [found.winner for found in conflicts_on(first, built)] == ["other"]
    assert list(conflicts_on(second, built)) == []


@pytest.mark.parametrize("allowed", ["", "allowedListeners: {namespaces: {from: Selector, selector: {matchLabels: {a: b}}}}"])
def test_a_listener_set_that_may_not_attach_conflicts_with_nothing(allowed: str) -> None:
    built = graph(gateway(more=allowed) + listener_set())
    (added,) = built.of_type(*LISTENER_SET_KINDS)
    assert list(conflicts_on(added, built)) == []


OVERLAPS = [
    (("a.b.c", "a.b.d", "*.b.c"), "l0 l2"),
    (("a.b.c", "a.b.d", "x.c"), ""),
    (("a.b.c", ""), "l0 l1"),
    (("*.b.c", "*.c"), "l0 l1"),
    (("*.b.c", "*.x.c"), ""),
    (("x.a.b.c", "*.c", "d"), "l0 l1"),
    (("c", "*.c"), ""),
    (("a.c", "A.C"), "l0 l1"),
    (("*.c", "${HOST}"), ""),
    (("",), ""),
]


@pytest.mark.parametrize("protocols", [("HTTPS", "HTTPS"), ("HTTPS", "TLS")])
@pytest.mark.parametrize(("hosts", "expected"), OVERLAPS)
def test_tls_listeners_overlap_on_one_port(protocols: tuple[str, str], hosts: tuple[str, ...], expected: str) -> None:
    stated = [f', hostname: "{host}"' if host else "" for host in hosts]
    texts = (f"port: 443, protocol: {protocols[index % 2]}, {TLS}{hostname}" for index, hostname in enumerate(stated))
    others = ("port: 444, protocol: HTTPS", "port: 443, protocol: HTTP", "port: 80, protocol: HTTP")
    found, built = only(gateway(own(*texts, *others)), GATEWAY)
    last = {one.name: conditions_of_listener(one, found, built)[-1] for one in listeners_of(found, built)}
    assert " ".join(name for name, condition in last.items() if condition.type == "OverlappingTLSConfig") == expected
    assert {one.reason for one in last.values() if one.type == "OverlappingTLSConfig"} <= {"OverlappingHostnames"}


STATUSES = [
    (("port: 80, protocol: HTTP",), ("True", "Accepted")),
    (("port: 80, protocol: HTTP", "port: 81, protocol: http"), ("True", "ListenersNotValid")),
    (("port: 81, protocol: http",), ("False", "ListenersNotValid")),
    (("port: 80, protocol: HTTP", "port: 80, protocol: TCP"), ("False", "ListenersNotValid")),
    (("port: 80, protocol: HTTP", "port: 80, protocol: TCP", "port: 81, protocol: TCP"), ("True", "ListenersNotValid")),
    (("port: 80, protocol: HTTP", f"port: 80, protocol: TLS, {PASSTHROUGH}"), ("Unknown", "Pending")),
    (('port: 80, protocol: "${P}"',), ("Unknown", "Pending")),
    (("port: 80, protocol: HTTP, allowedRoutes: {kinds: [{kind: TCPRoute}]}",), ("True", "Accepted")),
    (("port: 80, protocol: HTTP", 'port: 81, protocol: "${P}"'), ("True", "Accepted")),
    (("port: 80, protocol: http", 'port: 81, protocol: "${P}"'), ("Unknown", "Pending")),
    ((), ("Unknown", "Pending")),
]


@pytest.mark.parametrize(("listeners", "expected"), STATUSES)
def test_gateways_and_listener_sets_are_accepted_by_their_listeners(listeners: tuple[str, ...], expected: tuple[str, str]) -> None:
    found, built = only(gateway(own(*listeners)), GATEWAY)
    assert accepted_of(found, built)[1:] == expected
    apart = gateway(own("port: 9, protocol: HTTP"), more="allowedListeners: {namespaces: {from: All}}")
    added, both = only(apart + listener_set(own(*listeners)), *LISTENER_SET_KINDS)
    assert accepted_of(added, both)[1:] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (gateway(), ("False", "NotAllowed")),
        ("", ("Unknown", "Pending")),
        (OPEN, ("False", "ListenersNotValid")),
        (
            gateway("{name: own, port: 81, protocol: http}", more="allowedListeners: {namespaces: {from: All}}"),
            ("False", "ParentNotAccepted"),
        ),
        (gateway("{name: own, port: 81, protocol: HTTP}", more="allowedListeners: {namespaces: {from: All}}"), ("True", "Accepted")),
    ],
)
def test_listener_sets_are_accepted_by_their_gateway(text: str, expected: tuple[str, str]) -> None:
    found, built = only(text + listener_set(), *LISTENER_SET_KINDS)
    assert accepted_of(found, built)[1:] == expected


def gateway_class(name: str) -> str:
    return (
        f"apiVersion: gateway.networking.k8s.io/v1\nkind: GatewayClass\nmetadata: {{name: {name}}}\nspec: {{controllerName: a.b/c}}\n---\n"
    )


CLASSES = [
    ("own", gateway_class("own"), Found),
    ("own", gateway_class("other"), Absent),
    ("own", "", Unknown),
    ("istio", gateway_class("other"), Unknown),
    ("eg", gateway_class("other"), Unknown),
    ("cilium", gateway_class("other"), Unknown),
    ("gke-l7-rilb", gateway_class("other"), Unknown),
    ("gke-l7-of-tomorrow", gateway_class("other"), Unknown),
    ('"${CLASS}"', gateway_class("other"), Unknown),
    ('"{GATEWAY_CLASS_NAME}"', gateway_class("other"), Unknown),
    ("5", gateway_class("other"), Unknown),
    ("own", gateway_class('"${CLASS}"'), Unknown),
]


@pytest.mark.parametrize(("name", "more", "expected"), CLASSES)
def test_classes_exist_or_are_unknown(name: str, more: str, expected: type) -> None:
    found, built = only(more + gateway().replace("gatewayClassName: istio", f"gatewayClassName: {name}"), GATEWAY)
    assert isinstance(class_of(found, built), expected)


SLIPS = [
    ("edge", "egde", True),
    ("edge", "edgee", True),
    ("edge", "ede", True),
    ("edge", "Edge", True),
    ("public-gateway", "publicgateway", True),
    ("public-gateway", "public-gatewway", True),
    ("edge-1", "edge-2", False),
    ("edge1", "edge2", False),
    ("edge-a", "edge-b", False),
    ("http", "https", False),
    ("gateways", "gateway", False),
    ("edge", "edge", False),
    ("eu", "us", False),
    ("internal", "external", False),
    ("public-gateway", "public", False),
    ("edge-east", "edge-west", False),
]


@pytest.mark.parametrize(("one", "other", "expected"), SLIPS)
def test_slips_are_told_from_other_names(one: str, other: str, expected: bool) -> None:
    assert is_slip(one, other) == is_slip(other, one) == expected
