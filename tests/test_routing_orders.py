"""In which order controllers of Ingresses try the paths of a host: case by case, and against an oracle that tries them one by one."""

import itertools
import json
import re
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from k8slblint.catalog.controllers import controllers
from k8slblint.catalog.route_orders import route_orders
from k8slblint.traffic.routing.tables import Table, class_tables
from k8slblint.traffic.routing.winners import rows_of
from tests.builders import graph

MANY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])

CONTROLLERS = {
    "ingress-nginx": "k8s.io/ingress-nginx",
    "traefik": "traefik.io/ingress-controller",
    "haproxytech": "haproxy.org/ingress-controller/haproxy",
    "haproxy-ingress": "haproxy-ingress.github.io/controller",
    "contour": "projectcontour.io/ingress-controller",
    "istio": "istio.io/ingress-controller",
    "kong": "ingress-controllers.konghq.com/kong",
    "aws-lbc": "ingress.k8s.aws/alb",
    "gce": "example.com/unknown",
}

HOST = "a.example.com"

Path = tuple[str, str]
"""A type and a path."""


def ingress_class(controller: str) -> str:
    return (
        "apiVersion: networking.k8s.io/v1\nkind: IngressClass\n"
        f"metadata: {{name: own}}\nspec: {{controller: {CONTROLLERS[controller]}}}\n---\n"
    )


def ingress(*paths: Path, name: str = "web", **annotations: str) -> str:
    """An Ingress; a path leads to a Service that is named after the Ingress and the place of the path."""
    rules = [
        {"path": path, "pathType": kind, "backend": {"service": {"name": f"{name}{at}", "port": {"number": 80}}}}
        for at, (kind, path) in enumerate(paths)
    ]
    spec = {"ingressClassName": "own", "rules": [{"host": HOST, "http": {"paths": rules}}]}
    metadata = {"name": name, "namespace": "shop", "annotations": annotations}
    return json.dumps({"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": metadata, "spec": spec}) + "\n---\n"


def table(controller: str, *texts: str) -> Table:
    (found,) = class_tables(graph(ingress_class(controller) + "".join(texts)))
    return found


def rows(controller: str, *texts: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """Who gets the requests of each match, by Service, and who loses them to it and why."""
    found = table(controller, *texts)
    return [
        (row.entry.backends[0].name, [(one.entry.backends[0].name, one.decided_by) for one in row.losers])
        for row in rows_of(found.hosts[HOST], found.ordered_by)
    ]


def test_each_order_is_of_a_controller_that_is_known() -> None:
    assert set(route_orders()) <= set(controllers())


EXACT, PREFIX, OTHER = "Exact", "Prefix", "ImplementationSpecific"
NGINX = "nginx.ingress.kubernetes.io"

CASES: dict[str, tuple[str, tuple[str, ...], list[tuple[str, list[tuple[str, str]]]]]] = {
    "NGINX without expressions: exact before prefix of one path": (
        "ingress-nginx",
        (ingress((PREFIX, "/a"), (EXACT, "/a"), (PREFIX, "/a/b")),),
        [("web2", []), ("web1", []), ("web0", [])],
    ),
    "NGINX with an expression: types make no difference": (
        "ingress-nginx",
        (ingress((PREFIX, "/a"), (EXACT, "/a"), **{f"{NGINX}/use-regex": "true"}),),
        [("web0", [("web1", "rule")])],
    ),
    "NGINX: a rewrite of one Ingress is felt by the other ones of the host": (
        "ingress-nginx",
        (ingress((EXACT, "/a"), name="api"), ingress((PREFIX, "/a"), (PREFIX, "/x"), name="web", **{f"{NGINX}/rewrite-target": "/"})),
        [("web0", [("api0", "age")]), ("web1", [])],
    ),
    "NGINX: a rewrite to the path itself is none": (
        "ingress-nginx",
        (ingress((EXACT, "/a"), (PREFIX, "/a"), **{f"{NGINX}/rewrite-target": "/a"}),),
        [("web0", []), ("web1", [])],
    ),
    "NGINX: of two that are equally old the last by name": (
        "ingress-nginx",
        (ingress((PREFIX, "/a"), name="api"), ingress((PREFIX, "/a"), name="web")),
        [("web0", [("api0", "age")])],
    ),
    "NGINX: a canary shares the path": (
        "ingress-nginx",
        (ingress((PREFIX, "/a"), name="api"), ingress((PREFIX, "/a"), name="web", **{f"{NGINX}/canary": "true"})),
        [("web0", [("api0", "controller")])],
    ),
    "Traefik: the rule of a prefix is longer than that of the exact path": (
        "traefik",
        (ingress((EXACT, "/a"), (PREFIX, "/a")),),
        [("web1", [("web0", "match")])],
    ),
    "Traefik: a longer exact path comes first": (
        "traefik",
        (ingress((EXACT, "/a/long/path"), (PREFIX, "/a")),),
        [("web0", []), ("web1", [])],
    ),
    "Traefik: a priority turns it round": (
        "traefik",
        (
            ingress((PREFIX, "/"), name="all", **{"traefik.ingress.kubernetes.io/router.priority": "1000"}),
            ingress((PREFIX, "/a"), (EXACT, "/b"), name="web"),
        ),
        [("all0", [("web0", "match"), ("web1", "match")])],
    ),
    "Traefik: nothing decides between equal rules": (
        "traefik",
        (ingress((PREFIX, "/a"), name="api"), ingress((PREFIX, "/a"), name="web")),
        [("api0", [("web0", "controller")])],
    ),
    "Traefik: a type by annotation": (
        "traefik",
        (ingress((OTHER, "/a"), **{"traefik.ingress.kubernetes.io/router.pathmatcher": "PathRegexp"}),),
        [("web0", [])],
    ),
    "HAProxy Technologies: exact first": (
        "haproxytech",
        (ingress((PREFIX, "/a/b/c"), (EXACT, "/a"), (OTHER, "/a/b")),),
        [("web1", []), ("web0", []), ("web2", [])],
    ),
    "haproxy-ingress: expressions last": (
        "haproxy-ingress",
        (
            ingress((OTHER, "/a/b/c/d"), name="re", **{"haproxy-ingress.github.io/path-type": "regex"}),
            ingress((PREFIX, "/"), (EXACT, "/b")),
        ),
        [("web1", []), ("web0", []), ("re0", [])],
    ),
    "haproxy-ingress: the older one": (
        "haproxy-ingress",
        (ingress((PREFIX, "/a"), name="api"), ingress((PREFIX, "/a"), name="web")),
        [("api0", [("web0", "age")])],
    ),
    "Contour: expressions before prefixes": (
        "contour",
        (ingress((PREFIX, "/a/b/c"), (OTHER, "/a.*"), (EXACT, "/b"), (OTHER, "/c")),),
        [("web2", []), ("web1", []), ("web0", []), ("web3", [])],
    ),
    "Contour: no rule is first": (
        "contour",
        (ingress((PREFIX, "/a"), (PREFIX, "/a")),),
        [("web0", [("web1", "controller")])],
    ),
    "Istio: the longest": ("istio", (ingress((EXACT, "/a"), (PREFIX, "/a/b")),), [("web1", []), ("web0", [])]),
    "Kong: exact paths and expressions by priority": (
        "kong",
        (
            ingress((PREFIX, "/a/b"), (EXACT, "/a")),
            ingress((OTHER, "/~/a.*"), name="re", **{"konghq.com/regex-priority": "10"}),
        ),
        [("re0", []), ("web1", []), ("web0", [])],
    ),
    "ALB: what an earlier prefix takes, later paths do not get": (
        "aws-lbc",
        (ingress((PREFIX, "/"), (EXACT, "/b")),),
        [("web1", []), ("web0", [])],
    ),
    "one that is not known: as specified": ("gce", (ingress((PREFIX, "/a"), (EXACT, "/a")),), [("web1", []), ("web0", [])]),
}


@pytest.mark.parametrize(("controller", "texts", "expected"), CASES.values(), ids=CASES)
def test_who_gets_the_requests(controller: str, texts: tuple[str, ...], expected: list[tuple[str, list[tuple[str, str]]]]) -> None:
    assert rows(controller, *texts) == expected


@pytest.mark.parametrize(("controller", "is_known"), [("traefik", True), ("contour", True), ("gce", False)])
def test_whether_the_order_is_known_is_told(controller: str, is_known: bool) -> None:
    assert table(controller, ingress((PREFIX, "/"))).has_known_order is is_known


@pytest.mark.parametrize(
    ("key", "is_known"),
    [("nginx.ingress.kubernetes.io/use-regex", True), ("nginx.org/rewrites", True), ("example.com/team", False)],
)
def test_annotations_tell_which_of_several_controllers_of_a_class_orders(key: str, is_known: bool) -> None:
    text = ingress((PREFIX, "/"), **{key: "true"}).replace('"own"', '"nginx"')
    (found,) = class_tables(graph(text))
    assert found.has_known_order is is_known


ROUTES = """apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: {name: web, namespace: shop}
spec:
  routes:
    - {match: "Host(`a.b`)", kind: Rule, services: [{name: all, port: 80}]}
    - {match: "Host(`a.b`) && PathPrefix(`/api`)", kind: Rule, services: [{name: api, port: 80}]}
    - {match: "Host(`a.b`) && Path(`/x`)", kind: Rule, priority: 1, services: [{name: low, port: 80}]}
---
apiVersion: projectcontour.io/v1
kind: HTTPProxy
metadata: {name: web, namespace: shop}
spec: {virtualhost: {fqdn: a.b}, routes: [{services: [{name: one, port: 80}]}]}
---
apiVersion: projectcontour.io/v1
kind: HTTPProxy
metadata: {name: again, namespace: shop}
spec: {virtualhost: {fqdn: a.b}, routes: [{services: [{name: two, port: 80}]}]}
"""


def test_routes_of_traefik_are_in_the_order_of_their_rules_and_others_are_not_read() -> None:
    contour, traefik = sorted(class_tables(graph(ROUTES)), key=lambda one: one.outlet.class_name)
    assert [entry.match.path[:30] for entry in traefik.hosts[""]] == [
        "Host(`a.b`) && PathPrefix(`/ap",
        "Host(`a.b`)",
        "Host(`a.b`) && Path(`/x`)",
    ]
    assert (traefik.has_known_order, contour.has_known_order) == (True, False)
    (row,) = rows_of(contour.hosts["a.b"], contour.ordered_by)
    assert [one.decided_by for one in row.losers] == ["controller"]


# The oracle: NGINX as its documentation and template have it, Traefik by the length of its rules

PATHS = ("/", "/a", "/A", "/a/b", "/ab", "/b/")
REQUESTS = ("/", "/a", "/a/", "/a/b", "/a/b/c", "/ab", "/A", "/b", "/b/c", "/abc")


@st.composite
def paths(draw: st.DrawFn) -> list[Path]:
    return draw(st.lists(st.tuples(st.sampled_from((EXACT, PREFIX)), st.sampled_from(PATHS)), min_size=1, max_size=6, unique=True))


def is_below(path: str, request: str) -> bool:
    return path == "/" or request == path.rstrip("/") or request.startswith(f"{path.rstrip('/')}/")


def asked_of_nginx(found: Sequence[Path], request: str, *, expressions: bool) -> int | None:
    if expressions:
        inverse = sorted(range(len(found)), key=lambda at: -len(found[at][1]))
        # Paths of one length exclude each other, but for their case: then the greater text is first.
        inverse.sort(key=lambda at: (-len(found[at][1]), [-ord(sign) for sign in found[at][1]]))
        return next((at for at in inverse if re.match(re.escape(found[at][1]), request, re.IGNORECASE)), None)
    exact = next((at for at, (kind, path) in enumerate(found) if kind == EXACT and path == request), None)
    if exact is not None:
        return exact
    below = [at for at, (kind, path) in enumerate(found) if kind == PREFIX and is_below(path, request)]
    return max(below, key=lambda at: len(found[at][1].rstrip("/")), default=None)


def served(found: Table, request: str) -> int | None:
    """Which path of the only Ingress answers by the rows of a table."""
    for row in rows_of(found.hosts[HOST], found.ordered_by):
        kind, path = row.entry.match.kind, row.entry.match.path
        takes = {
            "Exact": path == request,
            "PathPrefix": is_below(path, request),
            "RegularExpression": re.match(f"^{re.escape(path[1:])}", request, re.IGNORECASE) is not None,
        }
        if takes[str(kind)]:
            return int(row.entry.backends[0].name.removeprefix("web"))
    return None


@MANY
@given(paths())
def test_nginx_with_expressions_answers_as_its_template_does(found: list[Path]) -> None:
    folded = {path.lower(): (kind, path) for kind, path in reversed(found)}
    found = list(folded.values())  # two that differ by case only are one expression, of which the text decides
    built = table("ingress-nginx", ingress(*found, **{f"{NGINX}/use-regex": "true"}))
    for request in REQUESTS:
        assert served(built, request) == asked_of_nginx(found, request, expressions=True), request


@MANY
@given(paths())
def test_nginx_without_expressions_answers_as_its_template_does(found: list[Path]) -> None:
    by_path = {(kind, path.rstrip("/")): (kind, path) for kind, path in found}
    found = list(by_path.values())
    built = table("ingress-nginx", ingress(*found))
    for request in REQUESTS:
        assert served(built, request) == asked_of_nginx(found, request, expressions=False), request


@MANY
@given(paths())
def test_traefik_answers_with_the_longest_rule(found: list[Path]) -> None:
    by_path = {(kind, path.rstrip("/")): (kind, path) for kind, path in found}
    found = list(by_path.values())
    built = table("traefik", ingress(*found))

    def rule(at: int) -> int:
        kind, path = found[at]
        return len(f'Host("{HOST}") && {"Path" if kind == EXACT else "PathPrefix"}("{path}")')

    for request in REQUESTS:
        takers = [at for at, (kind, path) in enumerate(found) if (path == request if kind == EXACT else is_below(path, request))]
        best = max(map(rule, takers), default=None)
        answer = served(built, request)
        assert answer in [at for at in takers if rule(at) == best] if takers else answer is None, request


@pytest.mark.parametrize("controller", CONTROLLERS)
@pytest.mark.parametrize("value", ["7", "[]", "{}", "null", "9" * 40, "-", "true", "*" * 5000])
def test_annotations_of_another_type_do_not_end_a_run(controller: str, value: str) -> None:
    keys = itertools.chain.from_iterable(
        (one.priority_key, one.path_type_key, *one.host_flags, *one.host_rewrites, *one.shared_by) for one in route_orders().values()
    )
    annotations: dict[str, Any] = {key: json.loads(value) if value in ("7", "[]", "{}", "null", "true") else value for key in keys if key}
    found = table(controller, ingress((OTHER, "/a"), (EXACT, "/b"), **annotations))
    assert sum(len(row.losers) + 1 for row in rows_of(found.hosts[HOST], found.ordered_by)) == 2


def test_the_work_grows_with_the_paths() -> None:
    """Each path is looked up by its own elements, not compared with all others."""
    many = [(PREFIX, f"/{number}" + "/x" * 200) for number in range(300)]
    assert len(rows("traefik", ingress(*many))) == 300
