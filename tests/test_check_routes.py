"""What the rules about shadowed routes and redirect loops say, and where they say nothing."""

import itertools

import pytest

from k8slblint.checks import route_redirect_loop, route_shadowed
from k8slblint.graph.reads import ROUTE_KINDS
from k8slblint.model.rule import Problem, Undecided
from tests.builders import graph, graph_of, resources, run
from tests.gateways import PASSTHROUGH, TLS, document, gateway
from tests.linting import findings

EDGE = gateway(f"{{name: http, port: 80, protocol: HTTP}}, {{name: https, port: 443, protocol: HTTPS, {TLS}}}")


def route(name: str, spec: str, parent: str = "name: edge", kind: str = "HTTPRoute") -> str:
    return document(kind, name, "infra", f"{{parentRefs: [{{{parent}}}], {spec}}}")


def rules(*content: str) -> str:
    return f"rules: [{', '.join(f'{{{one}}}' for one in content)}]"


def to(service: str, matches: str = "") -> str:
    return f"{f'matches: [{matches}], ' if matches else ''}backendRefs: [{{name: {service}, port: 80}}]"


def shadowed(text: str) -> list[Problem | Undecided]:
    return run(route_shadowed.check, graph(text), ROUTE_KINDS)


def looped(text: str) -> list[Problem | Undecided]:
    return run(route_redirect_loop.check, graph(text), ROUTE_KINDS)


def problem(found: list[Problem | Undecided]) -> Problem:
    (one,) = found
    assert isinstance(one, Problem)
    return one


# Rules of one route


def test_a_rule_that_never_gets_a_request_names_the_one_that_does() -> None:
    found = problem(shadowed(route("web", rules(to("a"), to("b", "{path: {value: /x}}"), to("c")))))
    assert found.headline == "Rule 3 of HTTPRoute infra/web never gets a request: rule 1 has the same match"
    assert (found.path, found.label) == (("spec", "rules", 2), "PathPrefix '/', as in rule 1")
    assert "Give it `matches`" in found.help
    assert found.confidence == "high"


def test_a_rule_that_does_the_same_is_to_be_removed() -> None:
    assert problem(shadowed(route("web", rules(to("a"), to("a"))))).help == "Remove it: the earlier rule does the same."


SAME = (
    ("{path: {value: /a}}", "{path: {type: PathPrefix, value: /a}}"),
    ("{headers: [{name: X-A, value: b}]}", "{headers: [{name: x-a, value: b, type: Exact}]}"),
    ("{headers: [{name: a, value: b}, {name: c, value: d}]}", "{headers: [{name: c, value: d}, {name: a, value: b}]}"),
    ("{headers: [{name: a, value: b}]}", "{headers: [{name: a, value: b}, {name: A, value: c}]}"),
    ("{queryParams: [{name: a, value: b}]}", "{queryParams: [{name: a, value: b}]}"),
    ("{path: {type: RegularExpression, value: /a.*}}", "{path: {type: RegularExpression, value: /a.*}}"),
    ("{method: GET}", "{method: GET, path: {value: /}}"),
)


@pytest.mark.parametrize(("one", "other"), SAME)
def test_matches_are_compared_as_the_specification_does(one: str, other: str) -> None:
    assert len(shadowed(route("web", rules(to("a", one), to("b", other))))) == 1


OTHER = (
    ("{path: {value: /a}}", "{path: {type: Exact, value: /a}}"),
    ("{path: {value: /a}}", "{path: {value: /A}}"),
    ("{path: {value: /a}}", "{path: {value: /a/}}"),  # which of the two wins is not agreed on
    ("{queryParams: [{name: a, value: b}]}", "{queryParams: [{name: A, value: b}]}"),
    ("{headers: [{name: a, value: b}]}", "{headers: [{name: a, value: B}]}"),
    ("{headers: [{name: a, value: b}]}", "{headers: [{name: a, value: b, type: RegularExpression}]}"),
    ("{method: GET}", "{method: POST}"),
    ('{path: {value: "${PATH}"}}', '{path: {value: "${PATH}"}}'),
)


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_matches_of_other_requests_are_no_finding(one: str, other: str) -> None:
    assert shadowed(route("web", rules(to("a", one), to("b", other)))) == []


def test_a_match_that_is_repeated_in_its_own_rule_is_no_finding() -> None:
    assert shadowed(route("web", rules(to("a", "{path: {value: /a}}, {path: {value: /a}}")))) == []


def test_methods_of_grpc_are_matches() -> None:
    call, service = "{method: {service: shop.Cart, method: Add}}", "{method: {service: shop.Cart}}"
    assert shadowed(route("api", rules(to("a", call), to("b", service)), kind="GRPCRoute")) == []
    found = problem(shadowed(route("api", rules(to("a", call), to("b", call)), kind="GRPCRoute")))
    assert found.label == "service 'shop.Cart' method 'Add', as in rule 1"


# Two routes


def test_of_two_routes_the_one_that_loses_at_equal_age_is_told_and_that_age_decides() -> None:
    found = problem(
        shadowed(EDGE + route("web", f"hostnames: [a.b.c], {rules(to('a'))}") + route("api", f"hostnames: [a.b.c], {rules(to('b'))}"))
    )
    assert found.headline == "HTTPRoute infra/web matches the same requests as HTTPRoute infra/api"
    assert found.label == "PathPrefix '/' for 'a.b.c', as in api"
    assert "only the older route" in found.why
    assert "Manifests do not show which one is older; if they are equally old, HTTPRoute api wins by its name" in found.why


@pytest.mark.parametrize(
    ("class_name", "younger", "condition"),
    [
        ("contour", rules(to("b")), ("Accepted", "False", "RuleMatchConflict")),
        ("contour", rules(to("b"), to("c", "{path: {value: /c}}")), ("PartiallyInvalid", "True", "RuleMatchPartiallyConflict")),
        ("contour", rules(to("b", "{path: {value: /}}, {path: {value: /c}}")), ("Accepted", "False", "RuleMatchConflict")),
        ("istio", rules(to("b")), None),
    ],
)
def test_contour_skips_rules_and_shows_it(class_name: str, younger: str, condition: tuple[str, str, str] | None) -> None:
    edge = EDGE.replace("gatewayClassName: istio", f"gatewayClassName: {class_name}")
    found = problem(shadowed(edge + route("a", rules(to("a"))) + route("b", younger)))
    assert found.condition == condition
    assert ("skips the rule" in found.why) is (class_name == "contour")


def test_three_routes_are_two_findings() -> None:
    text = EDGE + "".join(route(name, rules(to(name))) for name in ("a", "b", "c"))
    assert len(shadowed(text)) == 2


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (f"hostnames: [a.b.c], {rules(to('a'))}", f"hostnames: [b.b.c], {rules(to('b'))}"),
        (f"hostnames: ['*.b.c'], {rules(to('a'))}", f"hostnames: [a.b.c], {rules(to('b'))}"),
        (f"hostnames: [a.b.c], {rules(to('a'))}", rules(to("b"))),
        (rules(to("a")), rules(to("b", "{path: {value: /b}}"))),
        (rules(to("a")), rules(to("a"))),
    ],
)
def test_routes_with_other_requests_or_the_same_backends_are_no_finding(one: str, other: str) -> None:
    assert shadowed(EDGE + route("web", one) + route("api", other)) == []


def test_the_hostname_of_the_listener_counts_where_routes_state_none() -> None:
    edge = gateway("{name: http, port: 80, protocol: HTTP, hostname: a.b.c}")
    assert len(shadowed(edge + route("web", f"hostnames: ['*.b.c'], {rules(to('a'))}") + route("api", rules(to("b"))))) == 1


def test_routes_that_are_not_accepted_do_not_compete() -> None:
    edge = gateway("{name: http, port: 80, protocol: HTTP, hostname: a.b.c}")
    text = edge + route("web", rules(to("a"))) + route("api", f"hostnames: [x.y], {rules(to('b'))}")
    assert shadowed(text) == []
    assert shadowed(route("web", rules(to("a"))) + route("api", rules(to("b")))) == [], "the Gateway is not there"


@pytest.mark.parametrize(("kind", "protocol"), [("TCPRoute", "TCP"), ("UDPRoute", "UDP")])
def test_a_listener_has_one_route_of_layer_4(kind: str, protocol: str) -> None:
    edge = gateway(f"{{name: db, port: 5432, protocol: {protocol}}}, {{name: db2, port: 5433, protocol: {protocol}}}")
    text = edge + route("blue", rules(to("a")), "name: edge, sectionName: db", kind)
    found = problem(shadowed(text + route("green", rules(to("b")), "name: edge, sectionName: db", kind)))
    assert (found.label, found.path) == ("both on listener 'db'", ("spec", "rules"))
    assert "gets no traffic" in found.why
    assert shadowed(text + route("green", rules(to("b")), "name: edge, sectionName: db2", kind)) == []


def test_two_server_names_of_one_listener_do_not_compete() -> None:
    edge = gateway(f"{{name: tls, port: 443, protocol: TLS, {PASSTHROUGH}}}")
    one = route("one", f"hostnames: [a.b.c], {rules(to('a'))}", kind="TLSRoute")
    assert shadowed(edge + one + route("two", f"hostnames: [b.b.c], {rules(to('b'))}", kind="TLSRoute")) == []
    assert len(shadowed(edge + one + route("two", f"hostnames: [a.b.c], {rules(to('b'))}", kind="TLSRoute"))) == 1


def test_files_of_a_tree_that_nothing_divides_are_alternatives_where_they_contradict_each_other() -> None:
    texts = {
        f"{folder}/app.yaml": gateway(name=name) + route("web", rules(to(folder)), f"name: {name}")
        for folder, name in (("one", "edge"), ("two", "edge"), ("three", "other"))
    }
    assert findings(texts, "route-shadowed") == []


def test_one_route_in_two_overlays_does_not_compete_with_itself() -> None:
    texts = {f"clusters/{name}/app.yaml": EDGE + route("web", rules(to(name))) for name in ("prod", "staging")}
    assert findings(texts, "route-shadowed") == []


def test_routes_in_files_of_one_cluster_compete() -> None:
    texts = {"clusters/prod/edge.yaml": EDGE, **{f"clusters/prod/{name}.yaml": route(name, rules(to(name))) for name in ("web", "api")}}
    (found,) = findings(texts, "route-shadowed")
    assert (found.location.path, found.confidence) == ("clusters/prod/web.yaml", "medium")


def test_the_order_of_documents_is_irrelevant() -> None:
    parts = (EDGE, route("web", rules(to("a"))), route("api", rules(to("b"))))
    told = {problem(shadowed("".join(order))).headline for order in itertools.permutations(parts)}
    assert len(told) == 1


# Redirects


def redirect(content: str, more: str = "") -> str:
    return rules(f"{more}filters: [{{type: RequestRedirect, requestRedirect: {{{content}}}}}]")


LOOPS = (
    "scheme: https",
    "scheme: HTTPS",
    "scheme: https, statusCode: 301",
    "scheme: https, port: 443",
    "statusCode: 301",
    "hostname: a.b.c",
    "scheme: https, hostname: A.b.c",
    "scheme: https, path: {type: ReplacePrefixMatch, replacePrefixMatch: /}",
)


@pytest.mark.parametrize("content", LOOPS)
def test_a_redirect_that_changes_nothing_loops(content: str) -> None:
    found = problem(looped(EDGE + route("web", f"hostnames: [a.b.c], {redirect(content)}", "name: edge, sectionName: https")))
    assert found.headline == "HTTPRoute infra/web redirects requests of listener 'https' to itself"
    assert found.label == "listener 'https' serves HTTPS on port 443"
    assert (found.severity, found.confidence) == (None, "high")
    assert found.help == "Attach the redirect to the HTTP listener only: write `sectionName: http` in its parent reference."


NO_LOOPS = (
    "scheme: http",
    "scheme: https, port: 8443",
    "hostname: x.y",
    "scheme: https, hostname: x.y",
    "path: {type: ReplaceFullPath, replaceFullPath: /login}",
    "path: {type: ReplacePrefixMatch, replacePrefixMatch: /login}",
    "port: 80",
)


@pytest.mark.parametrize("content", NO_LOOPS)
def test_a_redirect_to_another_place_does_not_loop(content: str) -> None:
    assert looped(EDGE + route("web", f"hostnames: [a.b.c], {redirect(content)}", "name: edge, sectionName: https")) == []


@pytest.mark.parametrize(
    ("listener", "reply"),
    [
        ("{name: web, port: 80, protocol: HTTP}", []),
        ("{name: web, port: 443, protocol: HTTP}", [Undecided]),  # TLS may be terminated in front of it
        (f"{{name: web, port: 8443, protocol: HTTPS, {TLS}}}", [Undecided]),  # port 443 of a proxy may lead to it
        (f"{{name: web, port: 443, protocol: HTTPS, {TLS}}}", [Problem]),
        (f"{{name: web, port: '${{PORT}}', protocol: HTTPS, {TLS}}}", [Undecided]),
    ],
)
def test_a_redirect_to_https_by_listener(listener: str, reply: list[type]) -> None:
    found = looped(gateway(listener) + route("web", redirect("scheme: https")))
    assert [type(one) for one in found] == reply


def test_a_match_with_a_header_is_left_out() -> None:
    more = "matches: [{headers: [{name: X-Forwarded-Proto, value: http}]}], "
    assert looped(EDGE + route("web", redirect("scheme: https", more))) == []


def test_of_several_hostnames_the_one_that_stays_is_named() -> None:
    found = problem(looped(EDGE + route("web", f"hostnames: [b.c, www.b.c], {redirect('scheme: https, hostname: www.b.c')}")))
    assert "for 'www.b.c'" in found.why


@pytest.mark.parametrize(
    ("other", "severity", "words"),
    [
        (route("web", f"hostnames: [a.b.c], {rules(to('web'))}"), None, "If HTTPRoute web is older, it takes these requests"),
        (route("api", f"hostnames: [a.b.c], {rules(to('web'))}"), "warning", "If HTTPRoute api is older, it takes these requests"),
        (route("web", f"hostnames: [x.y], {rules(to('web'))}"), None, ""),
        (route("web", f"hostnames: [a.b.c], {rules(to('web', '{path: {value: /app}}'))}"), None, ""),
    ],
)
def test_another_route_with_the_same_match_may_take_the_requests(other: str, severity: str | None, words: str) -> None:
    found = problem(looped(EDGE + route("redirect", f"hostnames: [a.b.c], {redirect('scheme: https')}") + other))
    assert found.severity == severity
    assert words in found.why
    assert ("older" in found.why) is bool(words)


def test_a_redirect_of_all_hosts_is_a_warning_where_routes_name_theirs() -> None:
    text = (
        EDGE
        + route("redirect", redirect("scheme: https"))
        + route("web", f"hostnames: [a.b.c], {rules(to('web'))}", "name: edge, sectionName: https")
    )
    found = problem(looped(text))
    assert found.severity == "warning"
    assert "Hosts that other routes name are not affected" in found.why


def test_a_listener_alone_has_no_other_to_attach_to() -> None:
    found = problem(looped(gateway(f"{{name: https, port: 443, protocol: HTTPS, {TLS}}}") + route("web", redirect("scheme: https"))))
    assert found.help.startswith("Change the redirect")


@pytest.mark.parametrize("written", ["7", "{}", "{scheme: 7, port: x, hostname: 7, path: 7}", "{scheme: '${SCHEME}'}"])
def test_redirects_of_another_type_do_not_end_a_run(written: str) -> None:
    text = EDGE + route("web", rules(f"filters: [7, {{type: RequestRedirect, requestRedirect: {written}}}]"))
    assert all(isinstance(one, Problem | Undecided) for one in looped(text))


LONG = "n" * 253


def test_texts_keep_within_their_limits_with_the_longest_names() -> None:
    name, other = f"{LONG[:-1]}b", f"{LONG[:-1]}a"
    hosts = f"hostnames: [{LONG}]"
    text = EDGE + "".join(
        route(one, f"{hosts}, {rules(to(one[:63], f'{{path: {{value: /{LONG}}}, headers: [{{name: {LONG}, value: x}}]}}'))}", kind=kind)
        for one, kind in ((name, "HTTPRoute"), (other, "HTTPRoute"), (other, "GRPCRoute"))
    )
    assert shadowed(text)
    assert looped(EDGE + route(name, f"{hosts}, {redirect('scheme: https')}"))


def test_many_routes_are_judged_by_their_hosts() -> None:
    made = resources(
        EDGE + "".join(route(f"r{number}", f"hostnames: [h{number % 150}.b.c], {rules(to(f's{number}'))}") for number in range(300))
    )
    assert len(run(route_shadowed.check, graph_of(made), ROUTE_KINDS)) == 150
