"""Properties of a migration: requests go where they went, expressions mean what NGINX takes them for, every path is written or named."""

import re
import sys
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from k8slblint import documents
from k8slblint.graph.reads import GATEWAY
from k8slblint.reporting.excerpt import visible
from k8slblint.traffic.attachment.hostnames import EVERY
from k8slblint.traffic.attachment.listeners import listeners_of
from k8slblint.traffic.migration.paths import UNWRITTEN, PathPlan, is_writable, plan_of_path
from k8slblint.traffic.routing.forms import Entry
from k8slblint.traffic.routing.tables import Table, class_tables, table_of
from k8slblint.views.manifests import document, scalar
from k8slblint.views.migration import Migration, as_json, as_markdown, as_text, manifests, migration, target
from tests.migration import CLASS, WEB, graph_of, ingress, migrated, objects_of, path

PIECES = ("a", "ab", "b", "v1")
PATHS = st.lists(st.sampled_from(PIECES), max_size=3).map(lambda parts: "/" + "/".join(parts))
HOSTS = ("a.example.com", "b.example.com", "x.b.example.com", "*.example.com")


@st.composite
def plain_ingresses(draw: st.DrawFn) -> dict[str, Any]:
    """Ingresses without annotations, each path with a Service by which it is told apart."""
    hosts = draw(st.lists(st.sampled_from(HOSTS), min_size=1, max_size=3, unique=True))
    found = draw(st.lists(st.tuples(PATHS, st.sampled_from(("Prefix", "Exact"))), min_size=1, max_size=20, unique=True))
    paths = [path(text, kind, f"s{number}") for number, (text, kind) in enumerate(found)]
    return ingress({"ssl-redirect": "false"}, paths, hosts, tls=draw(st.sampled_from((None, True))))


def matches(entry: Entry, request: str) -> bool:
    """Whether the path of a request is one that an entry means; a naive reading of both specifications."""
    if entry.match.kind == "Exact":
        return request == entry.match.path
    prefix = [part for part in entry.match.path.split("/") if part]
    return [part for part in request.split("/") if part][: len(prefix)] == prefix


def is_for(host: str, name: str) -> bool:
    return host in (EVERY, name) or (host.startswith("*.") and name.endswith(host[1:]))


def winner(table: Table, name: str, request: str) -> str | None:
    """The Service of the first entry of the first host that a request is for."""
    for host, entries in table.hosts.items():
        found = next((entry for entry in entries if is_for(host, name) and matches(entry, request)), None)
        if found is not None:
            return found.backends[0].name
    return None


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(plain_ingresses(), st.lists(st.tuples(st.sampled_from((*HOSTS[:3], "y.example.com", "other.org")), PATHS), min_size=5, max_size=20))
def test_requests_go_where_they_went(written: dict[str, Any], requests: list[tuple[str, str]]) -> None:
    before, found = graph_of(CLASS, WEB, written), migrated(written)
    assert all(draft.plan.is_exact for plan in found.plans for draft in plan.paths)
    after = graph_of(*objects_of(found))
    (gateway,) = after.of_type(GATEWAY)
    tables = [table_of(listener, after) for listener in listeners_of(gateway, after)]
    (ingresses,) = class_tables(before)
    for name, request in requests:
        wanted = winner(ingresses, name, request)
        assert winner(tables[0], name, request) == wanted
        secured = next((one for listener, one in zip(listeners_of(gateway, after), tables, strict=True) if listener.hostname == name), None)
        if secured is not None:
            assert winner(secured, name, request) == wanted


ENDS = (
    "",
    "/",
    "(/|$)(.*)",
    "/(.*)",
    "/?(.*)",
    "(.*)",
    "/.*",
    ".*",
    "$",
    "/?$",
    "(/.*)",
    "(/.*)?",
    "[0-9]+",
    "/(a|b)(/|$)(.*)",
    "?",
    "(/|$)",
)
TARGETS = ("", "/", "/$1", "/$2", "/y/$2", "/y/$1", "/y", "/$2/$1", "$1", "/x/$2")
REQUESTS = st.lists(st.sampled_from(("a", "x", "xy", "y", "7", "")), max_size=3).map(lambda parts: "/" + "/".join(parts))


def nginx(text: str, target: str, request: str) -> str | None:
    """What becomes of a request: `location ~* "^TEXT"`, `rewrite "(?i)TEXT" TARGET`; None where it does not match."""
    found = re.compile(f"^(?:{text})", re.IGNORECASE).match(request)
    if found is None:
        return None
    if target in ("", text):
        return request
    group = re.compile(text, re.IGNORECASE).search(request)
    assert group is not None
    return re.sub(r"\$([1-9])", lambda name: (group.group(int(name[1])) or "") if int(name[1]) <= len(group.groups()) else "", target)


def gateway(plan: PathPlan, request: str) -> str | None:
    """What becomes of a request by a match and a rewrite of Gateway API."""
    if plan.kind == "Exact":
        if request != plan.value:
            return None
    else:
        prefix = plan.value.rstrip("/")
        if request != prefix and not request.startswith(f"{prefix}/"):
            return None
    if plan.rewrite is None:
        return request
    if plan.rewrite.kind == "ReplaceFullPath":
        return plan.rewrite.value
    rest = request[len(plan.value.rstrip("/")) :].lstrip("/")
    return plan.rewrite.value.rstrip("/") + ("/" + rest if rest or request.endswith("/") or plan.rewrite.value == "/" else "")


@given(st.sampled_from(("", "/x", "/x/a")), st.sampled_from(ENDS), st.sampled_from(TARGETS), REQUESTS)
def test_an_expression_without_a_difference_means_what_nginx_takes_it_for(head: str, end: str, target: str, request: str) -> None:
    text = head + end or "/"
    if not text.startswith("/"):
        text = f"/{text}"
    plan = plan_of_path(text, "ImplementationSpecific", "text", is_expression=True, target=target)
    if "//" in request or plan.kind == "RegularExpression" or UNWRITTEN.intersection(plan.differences):
        return
    was, becomes = nginx(text, target, request), gateway(plan, request)
    differences = set(plan.differences) - {"case"}
    if not differences:
        assert (was or "").rstrip("/") == (becomes or "").rstrip("/"), (text, target, request, plan)
        assert (was is None) == (becomes is None), (text, target, request, plan)
    if differences == {"narrower"} and becomes is not None:
        assert was is not None, (text, target, request, plan)
    if differences == {"bare"} and was is not None:
        assert becomes is not None, (text, target, request, plan)


KINDS = st.sampled_from(("Exact", "PathPrefix", "ImplementationSpecific"))
READINGS = st.sampled_from(("element", "text", "expression", "stars", "kong"))


@given(st.text(max_size=60), KINDS, READINGS, st.booleans(), st.text(max_size=20))
def test_a_path_is_written_only_if_gateway_api_takes_it(text: str, kind: Any, reading: Any, is_expression: bool, target: str) -> None:
    plan = plan_of_path(text, kind, reading, is_expression=is_expression, target=target)
    if plan.is_written and plan.kind != "RegularExpression":
        assert is_writable(plan.value)
    if plan.is_written and plan.rewrite is not None:
        assert is_writable(plan.rewrite.value)
        assert "$1" not in plan.rewrite.value or "$1" in text


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),  # larger ones are no integers to Kubernetes
    st.text(max_size=30),
    st.sampled_from(
        ("a\nb: c", "\x1b[2J", "\u202e", "*anchor", "&x", "!!python/object", "{{ x }}", "${X}", "../../etc", "'", '"', "#", "- a")
    ),
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)), max_leaves=8
)
FIELDS = (
    "host",
    "http",
    "paths",
    "path",
    "pathType",
    "backend",
    "service",
    "name",
    "port",
    "number",
    "rules",
    "tls",
    "hosts",
    "secretName",
)


ROLES = (
    *("rewrite-target", "use-regex", "app-root", "server-alias", "canary", "canary-weight", "enable-cors", "cors-allow-origin"),
    *("permanent-redirect", "backend-protocol", "upstream-vhost", "ssl-passthrough", "from-to-www-redirect"),
    *("cert-manager.io/issuer", "external-dns.alpha.kubernetes.io/hostname"),
)


@st.composite
def hostile(draw: st.DrawFn) -> dict[str, Any]:
    """An Ingress in which anything may be anything."""
    keys: Any = draw(st.dictionaries(st.sampled_from(ROLES), SCALARS, max_size=6))
    value = ingress(keys, [path("/"), path("/a", "Exact")], ["a.example.com"], tls=True)
    for _ in range(draw(st.integers(0, 4))):
        node: Any = draw(st.sampled_from((value["spec"], value["metadata"], value["spec"]["rules"][0], value)))
        if isinstance(node, dict):
            node[draw(st.sampled_from((*FIELDS, "name", "namespace", "annotations", "spec")))] = draw(VALUES)
        if (
            not isinstance(value.get("spec"), dict)
            or not isinstance(value.get("metadata"), dict)
            or not (isinstance(value["spec"].get("rules"), list) and value["spec"]["rules"])
        ):
            break
    return value


def every_path_is_written_or_named(found: Migration) -> None:
    for plan in found.plans:
        for draft in plan.paths:
            assert bool(draft.rules) != bool(draft.why_not)
        written = {id(draft.entry) for draft in plan.paths if draft.rules}
        if plan.is_writable and written:
            assert any(str(plan.ingress.id) in line for one in found.objects for line in one.comments)


@given(hostile(), st.sampled_from((None, "envoy-gateway", "gke", "haproxy")), st.sampled_from((None, "infra/edge")))
def test_anything_becomes_objects_that_are_read_back_as_they_are(written: dict[str, Any], to: str | None, shared: str | None) -> None:
    found = migrated(written, to=to, gateway=shared)
    every_path_is_written_or_named(found)
    objects_of(found)
    for text in manifests(found).values():
        assert all(line == visible(line) for line in text.splitlines())
    for render in (as_text, as_json, as_markdown):
        assert render(found)


@given(VALUES)
def test_a_document_is_read_back_as_it_was(value: Any) -> None:
    text = document({"value": value, "a b: c": 1})
    (chunk,) = documents.split(text)
    root = documents.parse(chunk).root
    assert root is not None
    assert root.value == {"value": value, "a b: c": 1}


@pytest.mark.parametrize(
    "text", ["yes", "NO", "null", "~", "1", "1.5", "0x1", "", " a", "a ", "a: b", "a #b", "2026-11-30", "-", "?", "|", "@x"]
)
def test_what_may_be_read_as_something_else_is_quoted(text: str) -> None:
    assert scalar(text).startswith('"')


@pytest.mark.parametrize("count", [1, 40])
def test_rules_are_kept_in_number(count: int) -> None:
    found = migrated(ingress({}, [path(f"/p{number}") for number in range(count)], [f"h{number}.example.com" for number in range(20)]))
    routes: Sequence[dict[str, Any]] = objects_of(found, "HTTPRoute")
    pairs = {
        (host, rule["matches"][0]["path"]["value"]) for one in routes for host in one["spec"]["hostnames"] for rule in one["spec"]["rules"]
    }
    assert len(pairs) == count * 20


def calls_for(count: int) -> int:
    """How many functions are called for a proposal of so many Ingresses, each with a host, a certificate and paths of its own."""
    keys = {"rewrite-target": "/$2", "enable-cors": "true"}
    paths = [path(f"/p{number}(/|$)(.*)", "ImplementationSpecific") for number in range(3)]
    linted = graph_of(
        CLASS, WEB, *[ingress(keys, paths, [f"h{number}.example.com"], name=f"w{number}", tls=True) for number in range(count)]
    )
    called = 0

    def count_call(_frame: object, event: str, _argument: object) -> None:
        nonlocal called
        called += event == "call"

    sys.setprofile(count_call)
    try:
        manifests(migration(linted, target(None, None)))
    finally:
        sys.setprofile(None)
    return called


def test_the_work_grows_with_the_ingresses() -> None:
    calls_for(1)  # what is kept of the catalogs
    assert calls_for(80) < 2.1 * calls_for(40)
