"""What the rules about Gateways, listeners and routes say, and the condition in reports."""

import json
from typing import Any

import pytest

from k8slblint.checks import (
    gateway_class_missing,
    gateway_listener_conflict,
    gateway_listener_invalid,
    route_not_attached,
    route_parent_missing,
)
from k8slblint.graph.reads import GATEWAY, LISTENER_SET_KINDS, ROUTE_KINDS
from k8slblint.model.loaded import Gap
from k8slblint.model.rule import Problem, Undecided
from k8slblint.reporting import render
from k8slblint.traffic.attachment.attachments import attached_listeners
from k8slblint.traffic.differences.openings import openings_of
from k8slblint.traffic.exposure.entry_points import edges_of
from tests.builders import graph, graph_of, resources, run
from tests.gateways import TLS, document, gateway, listener_set, namespace, route
from tests.linting import findings
from tests.linting import run as lint

ROUTES = (*ROUTE_KINDS, *LISTENER_SET_KINDS)

EDGE = gateway(f"{{name: http, port: 80, protocol: HTTP}}, {{name: https, port: 443, protocol: HTTPS, {TLS}}}")


def problem(check: Any, text: str, *kinds: str) -> Problem:
    (found,) = run(check, graph(text), kinds)
    assert isinstance(found, Problem)
    return found


def test_a_section_name_that_is_a_slip_names_the_listener() -> None:
    found = problem(route_not_attached.check, EDGE + route("name: edge, sectionName: htpps"), *ROUTES)
    assert found.path == ("spec", "parentRefs", 0, "sectionName")
    assert found.label == "no listener is named 'htpps'"
    assert found.help == "Write `sectionName: https`."
    assert "http (80) and https (443)" in found.why
    assert found.condition == ("Accepted", "False", "NoMatchingParent")


def test_a_section_name_with_another_port_is_shown_at_the_port() -> None:
    found = problem(route_not_attached.check, EDGE + route("name: edge, sectionName: https, port: 80"), *ROUTES)
    assert (found.path[-1], found.label) == ("port", "listener 'https' has port 443, not 80")


def test_a_listener_of_a_listener_set_is_found_there() -> None:
    text = gateway(more="allowedListeners: {namespaces: {from: All}}") + listener_set("{name: own, port: 81, protocol: HTTP}")
    found = problem(route_not_attached.check, text + route("name: edge, sectionName: own"), *ROUTES)
    assert found.help == "The listener is in ListenerSet shop/team: name that, with `kind: ListenerSet`, as the parent."


def test_a_namespace_that_is_not_allowed_names_the_only_one_that_is() -> None:
    found = problem(route_not_attached.check, gateway() + route(namespace="shop"), *ROUTES)
    assert found.headline == "HTTPRoute shop/web is not allowed by Gateway edge"
    assert found.label == "listener 'http' allows only namespace infra"
    assert found.condition == ("Accepted", "False", "NotAllowedByListeners")
    assert found.severity is None


def test_a_kind_that_is_not_allowed_names_the_protocol_it_needs() -> None:
    found = problem(route_not_attached.check, EDGE + route("name: edge, sectionName: http", kind="UDPRoute"), *ROUTES)
    assert found.headline == "UDPRoute infra/web is not allowed by listener 'http' of Gateway edge"
    assert found.label == "listener 'http' (HTTP) takes HTTPRoute and GRPCRoute"
    assert "protocol UDP" in found.why


def test_a_kind_that_is_not_listed_is_to_be_added() -> None:
    text = gateway("{name: http, port: 80, protocol: HTTP, allowedRoutes: {kinds: [{kind: GRPCRoute}]}}")
    found = problem(route_not_attached.check, text + route(), *ROUTES)
    assert found.help == "Add HTTPRoute to `allowedRoutes.kinds` of the listener."


def test_a_domain_is_not_part_of_its_wildcard() -> None:
    text = gateway('{name: http, port: 80, protocol: HTTP, hostname: "*.example.com"}')
    found = problem(route_not_attached.check, text + route(hostnames="example.com"), *ROUTES)
    assert (found.path, found.label) == (("spec", "hostnames", 0), "a wildcard does not include its own domain")


def test_another_parent_that_accepts_the_route_makes_it_a_warning() -> None:
    spec = "{parentRefs: [{name: edge}, {name: edge, sectionName: other}]}"
    found = problem(route_not_attached.check, gateway() + document("HTTPRoute", "web", "infra", spec), *ROUTES)
    assert found.severity == "warning"


def test_a_route_to_a_listener_set_that_is_refused_is_left_to_the_listener_set() -> None:
    built = graph(gateway() + listener_set() + route("kind: ListenerSet, name: team", namespace="shop"))
    yielded = [(one.kind, found) for one in built.of_type(*ROUTES) for found in route_not_attached.check(one, built)]
    assert [(kind, type(found)) for kind, found in yielded] == [("ListenerSet", Problem)]
    assert isinstance(yielded[0][1], Problem)
    assert yielded[0][1].condition == ("Accepted", "False", "NotAllowed")


def test_a_selector_shows_the_labels_and_the_namespace_that_lacks_them() -> None:
    allowed = "allowedRoutes: {namespaces: {from: Selector, selector: {matchLabels: {edge: shared}}}}"
    text = namespace("shop", "edge: inner") + gateway(f"{{name: http, port: 80, protocol: HTTP, {allowed}}}")
    found = problem(route_not_attached.check, text + route(namespace="shop"), *ROUTES)
    assert found.help == "Give Namespace shop the labels of the selector. It requires `edge: shared`."
    assert [(one.resource.kind, one.path) for one in found.related] == [
        ("Gateway", ("spec", "listeners", 0, "allowedRoutes", "namespaces")),
        ("Namespace", ("metadata", "labels")),
    ]


@pytest.mark.parametrize(
    ("path", "confidence"),
    [("all.yaml", "high"), ("gateways.yaml", "high"), ("platform/gateways.yaml", "medium")],
)
def test_a_gateway_of_another_folder_is_less_certain(path: str, confidence: str) -> None:
    objects = [*resources(gateway(), path), *resources(route("name: edge, sectionName: x"), "all.yaml")]
    (found,) = run(route_not_attached.check, graph_of(objects), ROUTES)
    assert isinstance(found, Problem)
    assert found.confidence == confidence


@pytest.mark.parametrize("group", ["", "group: gateway.networking.k8s.io, "])
def test_a_service_of_a_mesh_needs_its_group(group: str) -> None:
    found = problem(route_parent_missing.check, route(f"{group}kind: Service, name: web"), *ROUTES)
    assert (found.path, found.label) == (("spec", "parentRefs", 0, "kind"), "`group` defaults to gateway.networking.k8s.io")


@pytest.mark.parametrize("group", ["''", "core", "example.com"])
def test_a_service_with_another_group_is_left_alone(group: str) -> None:
    """Linkerd reads `core` too."""
    found = run(route_parent_missing.check, graph(route(f"group: {group}, kind: Service, name: web")), ROUTES)
    assert not any(isinstance(one, Problem) for one in found)


def test_labels_of_a_namespace_elsewhere_are_undecided() -> None:
    allowed = "allowedRoutes: {namespaces: {from: Selector, selector: {matchLabels: {edge: shared}}}}"
    built = graph(gateway(f"{{name: http, port: 80, protocol: HTTP, {allowed}}}") + route(namespace="shop"))
    assert run(route_not_attached.check, built, ROUTES) == [
        Undecided(("spec", "parentRefs", 0, "name"), "the labels of namespace 'shop' are not in the manifests")
    ]


TWO = "".join(gateway(name=name) for name in ("edge", "inner"))


def test_a_missing_parent_shows_what_is_there() -> None:
    found = problem(route_parent_missing.check, TWO + route("name: outer"), *ROUTES)
    assert (found.headline, found.label) == ("HTTPRoute infra/web names a Gateway that does not exist", "there is no Gateway infra/outer")
    assert "Namespace infra has Gateway edge and inner." in found.why
    assert (found.confidence, found.condition) == ("medium", None)


def test_a_missing_parent_that_is_a_slip_is_certain() -> None:
    found = problem(route_parent_missing.check, TWO + route("name: inenr"), *ROUTES)
    assert (found.confidence, found.help) == ("high", "Write `name: inner`.")


def test_a_parent_of_another_namespace_is_named_with_it() -> None:
    text = gateway(name="own", namespace="shop") + gateway() + route("name: edge", namespace="shop")
    found = problem(route_parent_missing.check, text, *ROUTES)
    assert (found.confidence, found.help) == ("high", "Write `namespace: infra`: Gateway infra/edge has this name.")


NEAR = gateway(namespace="network")


@pytest.mark.parametrize(
    ("parent", "more", "expected"),
    [
        ("name: edge, namespace: networking", "", Problem),
        ("name: edge, namespace: netwrok", "", Problem),
        ("name: other, namespace: networking", "", Undecided),
        ("name: edge, namespace: infra", "", Undecided),
        ("name: edge, namespace: net", "", Undecided),
        ("name: edge, namespace: networking", namespace("networking"), Undecided),
        (
            "name: edge, namespace: networking",
            "apiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: networking}\n---\n",
            Undecided,
        ),
    ],
)
def test_a_namespace_of_nearly_the_name_is_meant_where_nothing_is_in_the_one_that_is_named(parent: str, more: str, expected: type) -> None:
    built = graph(NEAR + more + route(parent, namespace="shop"))
    (found,) = run(route_parent_missing.check, built, ROUTES)
    assert isinstance(found, expected)
    if isinstance(found, Problem):
        assert (found.confidence, found.help) == ("medium", "Write `namespace: network`: Gateway network/edge has this name.")


def test_a_slip_of_a_gateway_anywhere_is_meant_where_nothing_is_in_the_namespace_that_is_named() -> None:
    found = problem(route_parent_missing.check, NEAR + route("name: egde, namespace: platform", namespace="shop"), *ROUTES)
    assert (found.confidence, found.help) == ("medium", "Write `name: edge` and `namespace: network`.")


@pytest.mark.parametrize(("name", "kind"), [("inenr", Problem), ("outer", Undecided)])
def test_only_a_slip_is_reported_where_something_could_not_be_read(name: str, kind: type) -> None:
    built = graph_of(resources(TWO + route(f"name: {name}")), gaps=[Gap("broken.yaml", "invalid YAML")])
    (found,) = run(route_parent_missing.check, built, ROUTES)
    assert isinstance(found, kind)
    assert not isinstance(found, Problem) or found.confidence == "medium"


OTHERWISE = {
    "nothing": "",
    "the same": gateway(name="third", namespace="shop"),
    "another": gateway("{name: own, port: 1, protocol: TCP}", name="third", namespace="shop"),
}


@pytest.mark.parametrize(
    ("name", "gateways", "repeated", "kind"),
    [
        ("outer", "platform/gateways.yaml", "nothing", Problem),
        ("outer", "platform/gateways.yaml", "the same", Problem),
        ("outer", "platform/gateways.yaml", "another", Undecided),
        ("outer", "apps/web/gateways.yaml", "another", Undecided),
        ("outer", "apps/web/route.yaml", "another", Problem),
        ("inenr", "platform/gateways.yaml", "another", Undecided),
        ("inenr", "apps/web/gateways.yaml", "another", Problem),
    ],
)
def test_where_nothing_divides_the_tree_alternatives_make_it_a_collection(name: str, gateways: str, repeated: str, kind: type) -> None:
    objects = [*resources(TWO, gateways), *resources(route(f"name: {name}"), "apps/web/route.yaml")]
    objects += resources(OTHERWISE["the same"], "a.yaml") + resources(OTHERWISE[repeated], "b.yaml")
    assert [type(found) for found in run(route_parent_missing.check, graph_of(objects), ROUTES)] == [kind]


@pytest.mark.parametrize(("folder", "kind"), [("clusters/a", Problem), ("examples/a", Undecided)])
def test_a_named_cluster_is_deployed_together(folder: str, kind: type) -> None:
    objects = [*resources(TWO, f"{folder}/infra/gateways.yaml"), *resources(route("name: outer"), f"{folder}/apps/route.yaml")]
    assert [type(found) for found in run(route_parent_missing.check, graph_of(objects), ROUTES)] == [kind]


def test_clusters_do_not_share_gateways() -> None:
    """A route of one cluster whose Gateway is in another one: it may be deployed to both."""
    objects = [
        *resources(gateway(name="inner"), "clusters/a/gateways.yaml"),
        *resources(route("name: edge"), "clusters/a/route.yaml"),
        *resources(gateway(), "clusters/b/gateways.yaml"),
    ]
    assert [type(found) for found in run(route_parent_missing.check, graph_of(objects), ROUTES)] == [Undecided]


def test_of_gateways_that_differ_the_one_of_the_same_file_is_meant() -> None:
    other = gateway("{name: other, port: 80, protocol: HTTP}")
    apart = [*resources(other, "a.yaml"), *resources(gateway("{name: third, port: 1, protocol: HTTP}"), "b.yaml")]
    alone = [*apart, *resources(route("name: edge, sectionName: http"), "c.yaml")]
    assert [type(found) for found in run(route_not_attached.check, graph_of(alone), ROUTES)] == [Undecided]
    together = [*resources(other, "a.yaml"), *resources(gateway() + route("name: edge, sectionName: other"), "c.yaml")]
    assert [type(found) for found in run(route_not_attached.check, graph_of(together), ROUTES)] == [Problem]


def test_what_an_unrendered_kustomization_may_change_is_undecided() -> None:
    gap = Gap("apps/edge/kustomization.yaml", "it could not be rendered ('x.env' is not in the repository)")
    objects = [*resources(gateway(), "apps/edge/gateway.yaml"), *resources(route("name: edge, sectionName: x"), "web/route.yaml")]
    assert [type(found) for found in run(route_not_attached.check, graph_of(objects, gaps=[gap]), ROUTES)] == [Undecided]


@pytest.mark.parametrize(("written", "meant"), [("http", "HTTP"), ("GRPC", "HTTP"), ("Tls", "TLS"), ("HTTSP", "HTTPS"), ("wss", "HTTPS")])
def test_a_protocol_that_does_not_exist_shows_what_is_meant(written: str, meant: str) -> None:
    found = problem(gateway_listener_invalid.check, gateway(f"{{name: a, port: 80, protocol: {written}}}"), GATEWAY)
    assert found.help == f"Write `protocol: {meant}`."
    assert found.condition == ("Accepted", "False", "UnsupportedProtocol")


def test_a_protocol_like_no_other_gets_the_list() -> None:
    found = problem(gateway_listener_invalid.check, gateway("{name: a, port: 80, protocol: SCTP}"), GATEWAY)
    assert found.help == "Use one of these, or a protocol of the implementation with its domain."


def test_a_list_of_kinds_without_one_that_fits_takes_no_route() -> None:
    text = "{name: a, port: 80, protocol: HTTP, allowedRoutes: {kinds: [{kind: TCPRoute}]}}"
    found = problem(gateway_listener_invalid.check, gateway(text), GATEWAY)
    assert found.why.endswith("No route can attach to the listener.")
    assert found.help == "Remove the kind, or add a listener with protocol TCP."
    assert found.condition == ("ResolvedRefs", "False", "InvalidRouteKinds")


def test_equal_listeners_of_one_object_are_left_to_the_api_server() -> None:
    text = gateway("{name: a, port: 80, protocol: HTTP}, {name: b, port: 80, protocol: HTTP}")
    assert run(gateway_listener_conflict.check, graph(text), [GATEWAY]) == []


def test_a_conflict_names_the_others() -> None:
    text = gateway("{name: a, port: 80, protocol: HTTP}, {name: b, port: 80, protocol: TCP}")
    found = problem(gateway_listener_conflict.check, text, GATEWAY)
    assert found.headline == "Gateway infra/edge has TCP and HTTP listeners on port 80"
    assert [one.message for one in found.related] == ["Gateway infra/edge has HTTP listener 'a'."]
    assert found.condition == ("Conflicted", "True", "ProtocolConflict")


def test_conditions_are_in_reports() -> None:
    text = gateway() + route(namespace="shop")
    report, _ = lint(text)
    condition = {"type": "Accepted", "status": "False", "reason": "NotAllowedByListeners"}
    assert [one["condition"] for one in json.loads(render(report, "json"))["findings"]] == [condition]
    (result,) = json.loads(render(report, "sarif"))["runs"][0]["results"]
    assert result["properties"]["condition"] == condition
    assert "Accepted=False, reason NotAllowedByListeners" in render(report, "text")


def test_a_class_that_is_a_slip_of_another_is_reported() -> None:
    classes = (
        "apiVersion: gateway.networking.k8s.io/v1\nkind: GatewayClass\nmetadata: {name: internal}\nspec: {controllerName: a.b/c}\n---\n"
    )
    text = classes + gateway().replace("istio", "intrenal")
    found = problem(gateway_class_missing.check, text, GATEWAY)
    assert (found.confidence, found.help, found.condition) == (
        "high",
        "Write `gatewayClassName: internal`.",
        ("Accepted", "Unknown", "Pending"),
    )
    built = graph_of(resources(classes + gateway().replace("istio", "external")), gaps=[Gap("broken.yaml", "invalid YAML")])
    assert [type(one) for one in run(gateway_class_missing.check, built, [GATEWAY])] == [Undecided]


def test_a_whole_application_is_silent() -> None:
    """A Gateway, a ListenerSet, routes of all kinds, a mesh: everything as the guides have it."""
    listeners = (
        '{name: web, port: 80, protocol: HTTP, hostname: "*.example.com", allowedRoutes: {namespaces: {from: All}}}',
        "{name: pass, port: 8443, protocol: TLS, tls: {mode: Passthrough}}",
        "{name: tcp, port: 5432, protocol: TCP}",
        "{name: udp, port: 53, protocol: UDP}",
    )
    text = namespace("shop") + gateway(", ".join(listeners), more="allowedListeners: {namespaces: {from: All}}")
    text += listener_set('{name: web, port: 80, protocol: HTTP, hostname: "shop.example.org"}')
    text += route(hostnames="www.example.com", namespace="shop") + route("kind: ListenerSet, name: team", namespace="shop", name="set")
    text += route(kind="TLSRoute", hostnames="a.b") + route(kind="TCPRoute") + route(kind="UDPRoute")
    text += route("group: '', kind: Service, name: web", namespace="shop", name="mesh")
    rules = ("gateway-class-missing", "gateway-listener-invalid", "gateway-listener-conflict", "route-parent-missing", "route-not-attached")
    assert [one.headline for one in findings(text) if one.rule in rules] == []


IN_SET = gateway(
    '{name: web, port: 80, protocol: HTTP, hostname: "*.example.com"}', more="allowedListeners: {namespaces: {from: All}}"
) + listener_set('{name: web, port: 80, protocol: HTTP, hostname: "shop.example.org"}')


def test_a_route_without_hosts_has_those_of_the_listeners_that_it_attaches_to() -> None:
    built = graph(IN_SET + route("kind: ListenerSet, name: team", namespace="shop"))
    (one,) = built.of_type(*ROUTE_KINDS)
    assert list(openings_of(one, built).by_label) == ["shop.example.org/"]
    assert [listener.hostname for listener in attached_listeners(one, built)] == ["shop.example.org"]


def test_a_route_is_served_by_the_gateway_of_its_listener_set() -> None:
    built = graph(IN_SET + route("kind: ListenerSet, name: team", namespace="shop"))
    (one,) = built.of_type(*ROUTE_KINDS)
    assert [edge.kind for edge, _ in edges_of(one, built)] == ["Gateway"]
    alone = graph(listener_set() + route("kind: ListenerSet, name: team", namespace="shop"))
    (one,) = alone.of_type(*ROUTE_KINDS)
    assert [(edge is one, exposure.reach) for edge, exposure in edges_of(one, alone)] == [(True, "unknown")]
