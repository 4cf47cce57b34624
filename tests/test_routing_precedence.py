"""Which rule gets a request: random routes against an oracle that follows the specification clause by clause, and cases one by one."""

import itertools
import json
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import GATEWAY, INGRESS_KINDS, ROUTE_KINDS
from k8slblint.model.resource import Resource
from k8slblint.traffic.attachment.listeners import listeners_of
from k8slblint.traffic.routing.forms import Entry, Match
from k8slblint.traffic.routing.ingress_routes import entries_of_ingress
from k8slblint.traffic.routing.precedence import decider, host_rank, order
from k8slblint.traffic.routing.shadowed import clash_of, repeated_in, ties_of
from k8slblint.traffic.routing.tables import Table, class_tables, table_of
from k8slblint.traffic.routing.winners import rows_of
from tests.builders import graph, resource
from tests.gateways import API, document, gateway

Object = dict[str, Any]

MANY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])

PATHS = ("/", "/a", "/a/b", "/b")
HEADERS = ("x", "y")
HOSTS = ("a.example.com", "b.example.com", "*.example.com")
REQUEST_HOSTS = ("a.example.com", "b.example.com", "other.org")
REQUESTS = tuple(
    itertools.product(REQUEST_HOSTS, ("/", "/a", "/a/b/c", "/ab", "/b"), ("GET", "POST"), ((), ("x",), ("x", "y")), ((), ("q",)))
)
"""All requests that differ for the routes that are drawn: host, path, method, names of headers, names of query parameters."""


@st.composite
def match(draw: st.DrawFn) -> Object:
    made: Object = {}
    if draw(st.booleans()):
        made["path"] = {"type": draw(st.sampled_from(("Exact", "PathPrefix"))), "value": draw(st.sampled_from(PATHS))}
    if draw(st.integers(0, 2)) == 0:
        made["method"] = draw(st.sampled_from(("GET", "POST")))
    names = draw(st.lists(st.sampled_from(HEADERS), unique=True, max_size=2))
    if names:
        made["headers"] = [{"name": name, "value": "1"} for name in names]
    if draw(st.integers(0, 3)) == 0:
        made["queryParams"] = [{"name": "q", "value": "1"}]
    return made


@st.composite
def routes(draw: st.DrawFn) -> list[Object]:
    found = []
    for index in range(draw(st.integers(1, 3))):
        rules: list[Object] = []
        for number in range(draw(st.integers(1, 4))):
            matches = draw(st.lists(match(), max_size=2))
            rules.append({"backendRefs": [{"name": f"s{index}{number}", "port": 80}], **({"matches": matches} if matches else {})})
        hosts = draw(st.lists(st.sampled_from(HOSTS), unique=True, max_size=2))
        spec = {"parentRefs": [{"name": "edge"}], "rules": rules, **({"hostnames": hosts} if hosts else {})}
        found.append({"apiVersion": API, "kind": "HTTPRoute", "metadata": {"name": f"r{index}", "namespace": "infra"}, "spec": spec})
    return found


# The oracle, on plain dictionaries


def takes(wanted: Object, request: tuple[Any, ...]) -> bool:
    _, path, method, headers, query = request
    stated = wanted.get("path", {"type": "PathPrefix", "value": "/"})
    value = stated["value"]
    is_path = path == value if stated["type"] == "Exact" else value in ("/", path) or path.startswith(f"{value}/")
    return (
        is_path
        and wanted.get("method", method) == method
        and all(one["name"] in headers for one in wanted.get("headers", ()))
        and all(one["name"] in query for one in wanted.get("queryParams", ()))
    )


def host_score(host: str | None, asked: str) -> tuple[int, int] | None:
    """The characters of a name that matches, then those of a wildcard; None where it does not match."""
    if host is None:
        return (0, 0)
    if host == asked:
        return (len(host), len(host))
    return (0, len(host)) if host.startswith("*.") and asked.endswith(host[1:]) else None


def expected(made: Sequence[Object], request: tuple[Any, ...]) -> str | None:
    """The backend that answers where all routes are equally old, by the order of clauses in HTTPRouteRule.matches."""
    best: tuple[tuple[Any, ...], str] | None = None
    for one in made:
        for host in one["spec"].get("hostnames", [None]):
            scored = host_score(host, request[0])
            for number, rule in enumerate(one["spec"]["rules"]):
                for wanted in rule.get("matches", [{}]):
                    if scored is None or not takes(wanted, request):
                        continue
                    path = wanted.get("path", {"type": "PathPrefix", "value": "/"})
                    score = (
                        tuple(-number for number in scored),
                        path["type"] != "Exact",
                        -len(path["value"]),
                        "method" not in wanted,
                        -len(wanted.get("headers", ())),
                        -len(wanted.get("queryParams", ())),
                        one["metadata"]["name"],
                        number,
                    )
                    if best is None or score < best[0]:
                        best = score, rule["backendRefs"][0]["name"]
    return best[1] if best else None


def read(made: Sequence[Object]) -> ResourceGraph:
    return graph(gateway() + "".join(f"{json.dumps(one)}\n---\n" for one in made))


def matched(entries: Sequence[Entry], request: tuple[Any, ...]) -> Iterator[Entry]:
    for entry in entries:
        found = entry.match
        wanted: Object = {"path": {"type": found.kind, "value": found.path}, "headers": [{"name": one.name} for one in found.headers]}
        wanted["queryParams"] = [{"name": one.name} for one in found.query]
        if found.method:
            wanted["method"] = found.method
        if takes(wanted, request):
            yield entry


def served(table: Table, request: tuple[Any, ...]) -> str | None:
    """What the table answers: the first host that takes the request, and its first entry; else the next host."""
    for host, entries in table.hosts.items():
        if host_score(host or None, request[0]) is not None:
            found = next(matched(entries, request), None)
            if found is not None:
                return found.backends[0].name
    return None


@MANY
@given(routes())
def test_the_table_answers_every_request_as_the_specification_does(made: list[Object]) -> None:
    built = read(made)
    (holder,) = built.of_type(GATEWAY)
    (listener,) = listeners_of(holder, built)
    table = table_of(listener, built)
    for request in REQUESTS:
        assert served(table, request) == expected(made, request), request


@MANY
@given(routes())
def test_no_request_reaches_a_rule_that_is_repeated_in_its_route(made: list[Object]) -> None:
    built = read(made)
    for route, one in zip(built.of_type(*ROUTE_KINDS), made, strict=True):
        reached = {expected([one], request) for request in REQUESTS}
        repeated = {
            f"{one['spec']['rules'][found.rule.number]['backendRefs'][0]['name']}" for found in repeated_in(route, built) if found.is_whole
        }
        names = {rule["backendRefs"][0]["name"] for rule in one["spec"]["rules"]}
        assert repeated <= names - reached


def canonical(wanted: Object) -> str:
    stated = {"path": {"type": "PathPrefix", "value": "/"}, **wanted}
    return json.dumps({**stated, "headers": sorted(one["name"] for one in wanted.get("headers", ()))}, sort_keys=True)


def conditions(one: Object) -> Iterator[tuple[int, str | None, str]]:
    for number, rule in enumerate(one["spec"]["rules"]):
        for host in one["spec"].get("hostnames", [None]):
            yield from ((number, host, canonical(wanted)) for wanted in rule.get("matches", [{}]))


@MANY
@given(routes())
def test_a_tie_is_with_the_first_route_that_has_the_same_host_and_match(made: list[Object]) -> None:
    built = read(made)
    for index, (route, one) in enumerate(zip(built.of_type(*ROUTE_KINDS), made, strict=True)):
        repeated = {found.rule.number for found in repeated_in(route, built) if found.is_whole}
        wanted = set()
        for number, *condition in conditions(one):
            others = [other for other in made[:index] if tuple(condition) in {tuple(rest) for _, *rest in conditions(other)}]
            if others and number not in repeated:
                wanted.add((number, others[0]["metadata"]["name"]))
        assert {(tie.entry.rule, tie.other.source.name) for tie in ties_of(route, built)} == wanted


# Cases


def entry(kind: str, path: str, method: str = "", name: str = "web", of: str = "HTTPRoute", rule: int = 0) -> Entry:
    return Entry(resource(document(of, name, "shop", "{}")), rule, (), "", Match(kind, path, method))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("first", "second", "decided_by"),
    [
        (entry("Exact", "/a"), entry("PathPrefix", "/a/b/c"), "match"),
        (entry("PathPrefix", "/a/b"), entry("PathPrefix", "/a"), "match"),
        (entry("PathPrefix", "/a", "GET"), entry("PathPrefix", "/a"), "match"),
        (entry("Exact", "/a"), entry("RegularExpression", "/a.*"), "match"),
        (entry("PathPrefix", "/a"), entry("RegularExpression", "/a.*", name="api"), "controller"),
        (entry("PathPrefix", "/a", name="api"), entry("PathPrefix", "/a"), "age"),
        (entry("Service", "shop.Cart", "Add", of="GRPCRoute"), entry("Service", "shop.Cart", of="GRPCRoute"), "match"),
        (entry("Service", "shop.Carts", of="GRPCRoute"), entry("Service", "shop.Cart", "Add", of="GRPCRoute"), "match"),
        (entry("Any", "", name="blue", of="TCPRoute"), entry("Any", "", name="green", of="TCPRoute"), "age"),
    ],
)
def test_what_decides_between_two_matches(first: Entry, second: Entry, decided_by: str) -> None:
    assert sorted((second, first), key=order) == [first, second]
    assert decider(first, second) == decided_by


def test_within_one_object_the_earlier_rule_decides() -> None:
    source = resource(document("HTTPRoute", "web", "shop", "{}"))
    first, second = (Entry(source, rule, (), "", Match()) for rule in (0, 1))
    assert decider(first, second) == "rule"


def test_hosts_are_names_then_wildcards_then_every() -> None:
    hosts = ["", "*.com", "b.com", "*.a.b.com", "a.b.com"]
    assert sorted(hosts, key=host_rank) == ["a.b.com", "b.com", "*.a.b.com", "*.com", ""]


INGRESS = """apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {{name: {name}, namespace: shop, annotations: {{{annotations}}}}}
spec:
  ingressClassName: {class_name}
  rules: [{{host: a.example.com, http: {{paths: [{paths}]}}}}]
---
"""


def ingress(paths: str, name: str = "web", class_name: str = "nginx", annotations: str = "") -> str:
    return INGRESS.format(paths=paths, name=name, class_name=class_name, annotations=annotations)


def path(value: str, kind: str = "Prefix", service: str = "web") -> str:
    return f"{{path: {value}, pathType: {kind}, backend: {{service: {{name: {service}, port: {{number: 80}}}}}}}}"


def order_of(text: str) -> list[tuple[str, str, int]]:
    (table,) = class_tables(graph(text))
    return [(one.source.name, one.match.path, one.rule) for one in table.hosts["a.example.com"]]


def test_the_longest_path_of_an_ingress_wins_then_the_exact_one() -> None:
    found = order_of(ingress(", ".join((path("/"), path("/a"), path("/a", "Exact"), path("/a/b")))))
    assert [one[1] for one in found] == ["/a/b", "/a", "/a", "/"]
    (table,) = class_tables(graph(ingress(f"{path('/a')}, {path('/a', 'Exact')}")))
    assert [one.match.kind for one in table.hosts["a.example.com"]] == ["Exact", "PathPrefix"]


ALB = "apiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {name: alb}\nspec: {controller: ingress.k8s.aws/alb}\n---\n"


def test_an_alb_tries_groups_in_their_order_whatever_the_length_of_paths() -> None:
    group = "alb.ingress.kubernetes.io/group.name: shop, alb.ingress.kubernetes.io/group.order: '{}'"
    text = ALB + ingress(path("/a/b"), "long", "alb", group.format(2)) + ingress(path("/"), "short", "alb", group.format(1))
    assert [one[0] for one in order_of(text)] == ["short", "long"]


def test_ingresses_of_different_groups_do_not_compete() -> None:
    group = "alb.ingress.kubernetes.io/group.name: {}"
    text = ALB + ingress(path("/"), "one", "alb", group.format("a")) + ingress(path("/"), "two", "alb", group.format("b"))
    assert len(class_tables(graph(text))) == 2


F5 = "apiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {name: f5}\nspec: {controller: nginx.org/ingress-controller}\n---\n"


def test_a_host_of_f5_nginx_is_for_one_object() -> None:
    (table,) = class_tables(graph(F5 + ingress(path("/a"), "a", "f5") + ingress(path("/b"), "b", "f5")))
    (row,) = rows_of(table.hosts["a.example.com"], table.ordered_by)
    assert (row.entry.source.name, [(one.entry.source.name, one.decided_by) for one in row.losers]) == ("a", [("b", "age")])


def test_the_default_backend_takes_what_is_left_and_tls_is_by_host() -> None:
    found = list(
        entries_of_ingress(
            resource("""apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: shop}
spec:
  defaultBackend: {service: {name: rest, port: {name: http}}}
  tls: [{hosts: ["*.example.com"]}]
  rules:
    - host: A.example.com
      http: {paths: [{path: /a, pathType: ImplementationSpecific, backend: {service: {name: web, port: {number: 80}}}}]}
    - http: {paths: [{backend: {service: {name: web, port: {number: 80}}}}]}
""")
        )
    )
    assert [(one.host, one.match.kind, one.match.path, one.has_tls) for one in found] == [
        ("a.example.com", "ImplementationSpecific", "/a", True),
        ("", "ImplementationSpecific", "/", False),
        ("", "Any", "", None),
    ]
    assert [(one.backends[0].name, one.backends[0].port) for one in found] == [("web", 80), ("web", 80), ("rest", "http")]


VENDOR = """apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: {name: web, namespace: shop}
spec: {routes: [{match: "Host(`a.example.com`)", kind: Rule, services: [{name: web, port: 80}]}]}
---
apiVersion: projectcontour.io/v1
kind: HTTPProxy
metadata: {name: web, namespace: shop}
spec: {virtualhost: {fqdn: A.example.com}, routes: [{services: [{name: api, port: 80}]}]}
"""


def test_routes_of_vendors_have_their_hosts_and_services_and_texts_are_not_read() -> None:
    contour, traefik = sorted(class_tables(graph(VENDOR)), key=lambda table: table.outlet.class_name)
    assert {host: [one.backends[0].name for one in found] for host, found in contour.hosts.items()} == {"a.example.com": ["api"]}
    (found,) = traefik.hosts[""]
    assert (found.match.kind, found.match.path, found.backends[0].name) == ("Text", "Host(`a.example.com`)", "web")


def only(built: ResourceGraph, kind: str) -> Resource:
    (found,) = [one for one in built.of_type(*ROUTE_KINDS, *INGRESS_KINDS) if one.kind == kind]
    return found


@pytest.mark.parametrize(
    ("of_http", "of_grpc", "clashes"),
    [
        ("a.example.com", "a.example.com", True),
        ("a.example.com", "A.example.com", True),
        ("a.example.com", "*.example.com", True),
        ("*.a.example.com", "*.example.com", True),
        ("*.example.com", "a.b.example.com", True),
        (None, "a.example.com", True),
        ("a.example.com", None, True),
        ("a.example.com", "b.example.com", False),
        ("example.com", "*.example.com", False),
        ("*.a.example.com", "*.b.example.com", False),
    ],
)
def test_http_and_grpc_clash_where_a_request_is_for_both(of_http: str | None, of_grpc: str | None, clashes: bool) -> None:
    def made(kind: str, name: str, host: str | None) -> str:
        hosts = f', hostnames: ["{host}"]' if host else ""
        return document(kind, name, "infra", f"{{parentRefs: [{{name: edge}}]{hosts}, rules: [{{backendRefs: [{{name: s, port: 80}}]}}]}}")

    built = graph(gateway() + made("GRPCRoute", "api", of_grpc) + made("HTTPRoute", "web", of_http))
    assert (clash_of(only(built, "HTTPRoute"), built) is not None) is clashes
    assert clash_of(only(built, "GRPCRoute"), built) is None, "the first by name is accepted where both are equally old"


def test_the_work_has_a_bound() -> None:
    hosts = ", ".join(f"h{number}.example.com" for number in range(500))
    rules = ", ".join(f"{{matches: [{', '.join(f'{{path: {{value: /{number}/{at}}}}}' for at in range(20))}]}}" for number in range(100))
    listeners = ", ".join(f"{{name: l{number}, port: {number + 1}, protocol: HTTP}}" for number in range(200))
    built = graph(
        gateway(listeners)
        + document("HTTPRoute", "web", "infra", f"{{parentRefs: [{{name: edge}}], hostnames: [{hosts}], rules: [{rules}]}}")
    )
    (holder,) = built.of_type(GATEWAY)
    tables = [table_of(listener, built) for listener in listeners_of(holder, built)]
    assert sum(len(found) for table in tables for found in table.hosts.values()) <= 8192


@pytest.mark.parametrize(
    "written", ["null", "7", "[]", "[7]", "{}", "[{matches: 7}]", "[{matches: [7, null, {path: 7, headers: 7, method: 7}]}]"]
)
@pytest.mark.parametrize("kind", ["HTTPRoute", "GRPCRoute", "TCPRoute"])
def test_rules_of_another_type_do_not_end_a_run(written: str, kind: str) -> None:
    listeners = "{name: http, port: 80, protocol: HTTP}, {name: tcp, port: 5432, protocol: TCP}"
    built = graph(gateway(listeners) + document(kind, "web", "infra", f"{{parentRefs: [{{name: edge}}], rules: {written}}}"))
    route = only(built, kind)
    assert (list(repeated_in(route, built)), ties_of(route, built), clash_of(route, built)) == ([], [], None)
