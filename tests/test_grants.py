"""Which references across namespaces are permitted, which grant was meant otherwise, and where that cannot be known."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from k8slblint.graph.answers import Unknown
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.loaded import Gap
from k8slblint.traffic.attachment import grants
from k8slblint.traffic.attachment.grants import Permission, Permitted, Refused, permission
from k8slblint.traffic.attachment.references import Reference, references_of
from tests.builders import graph, graph_of, resources
from tests.gateway_texts import GATEWAY_API, custom, files, gateway, grant, route, service, source

ACROSS = "[{name: api, namespace: backend, port: 80}]"
HERE = service("api", "backend")
EDGE = gateway("[]", namespace="shop", class_name="istio")
"""The Gateway of the routes, of a controller that reads `core` as any other group."""


def first(linted: ResourceGraph, *kinds: str) -> Reference:
    """The first reference of the first route or Gateway."""
    names = [f"{kind}.{GATEWAY_API}" for kind in kinds or ("HTTPRoute",)]
    return next(references_of(linted.of_kinds_of_rule(*names)[0]))


def graph_with_sets(text: str) -> ResourceGraph:
    """A graph of everything: a rule names ListenerSets, so that they are loaded for its sake."""
    return ResourceGraph(resources(text))


def answer(text: str, *kinds: str) -> Permission:
    linted = graph_with_sets(text)
    return permission(first(linted, *kinds), linted)


PERMITTED = {
    "a local reference": route("[{name: api, port: 80}]"),
    "a local reference with its namespace": route("[{name: api, namespace: shop, port: 80}]"),
    "an empty namespace is the own one": route('[{name: api, namespace: "", port: 80}]'),
    "all Services": files(route(ACROSS), grant(source())),
    "in version v1": files(route(ACROSS), grant(source(), version="v1")),
    "in version v1alpha2": files(route(ACROSS), grant(source(), version="v1alpha2")),
    "by the old name of the kind": files(route(ACROSS), grant(source(), version="v1alpha2", kind="ReferencePolicy")),
    "by name": files(route(ACROSS), grant(source(), '{group: "", kind: Service, name: api}')),
    "an empty name is any": files(route(ACROSS), grant(source(), '{group: "", kind: Service, name: ""}')),
    "the second of from": files(route(ACROSS), grant(f"{source(namespace='x')}, {source()}")),
    "the second of to": files(route(ACROSS), grant(source(), '{group: "", kind: Secret}, {group: "", kind: Service}')),
    "the second grant": files(route(ACROSS), grant(source(namespace="x"), name="a"), grant(source(), name="b")),
    "no group of the target": files(route(ACROSS), grant(source(), "{kind: Service}")),
    "the group core with who reads it": files(
        route(ACROSS), grant(source(), "{group: core, kind: Service}"), gateway("[]", namespace="shop", class_name="nginx")
    ),
    "the group core with an unknown controller": files(route(ACROSS), grant(source(), "{group: core, kind: Service}")),
    "a gRPC route": files(route(ACROSS, kind="GRPCRoute"), grant(source("GRPCRoute"))),
    "a grant of other kinds beside it": files(route(ACROSS), grant(f"{source()}, {{group: example.com, kind: Widget, namespace: shop}}")),
    "a kind of a multi-cluster API": files(
        route("[{group: multicluster.x-k8s.io, kind: ServiceImport, name: api, namespace: backend, port: 80}]"),
        grant(source(), "{group: multicluster.x-k8s.io, kind: ServiceImport}"),
    ),
}


@pytest.mark.parametrize("text", PERMITTED.values(), ids=PERMITTED)
def test_a_reference_is_permitted(text: str) -> None:
    assert isinstance(answer(text, "HTTPRoute", "GRPCRoute"), Permitted)


NEAR = {
    "the group core": (grant(source(), "{group: core, kind: Service}"), "`to` group 'core', needed is ''", ("spec", "to", 0, "group")),
    "the group v1": (grant(source(), "{group: v1, kind: Service}"), "`to` group 'v1'", ("spec", "to", 0, "group")),
    "another kind of target": (
        grant(source(), '{group: "", kind: Secret}'),
        "`to` kind 'Secret', needed is 'Service'",
        ("spec", "to", 0, "kind"),
    ),
    "the kind in another case": (grant(source(), '{group: "", kind: service}'), "`to` kind 'service'", ("spec", "to", 0, "kind")),
    "another name": (
        grant(source(), '{group: "", kind: Service, name: web}'),
        "`to` name 'web', needed is 'api'",
        ("spec", "to", 0, "name"),
    ),
    "another kind of route": (grant(source("GRPCRoute")), "`from` kind 'GRPCRoute', needed is 'HTTPRoute'", ("spec", "from", 0, "kind")),
    "the kind of the Gateway": (grant(source("Gateway")), "`from` kind 'Gateway'", ("spec", "from", 0, "kind")),
    "another namespace of the route": (grant(source(namespace="infra")), "`from` namespace 'infra'", ("spec", "from", 0, "namespace")),
    "no group of the route": (grant(source(group='""')), f"`from` group '', needed is '{GATEWAY_API}'", ("spec", "from", 0, "group")),
    "an experimental group": (grant(source(group="gateway.networking.x-k8s.io")), "`from` group", ("spec", "from", 0, "group")),
    "in the namespace of the route": (grant(source(), namespace="shop"), "is in namespace 'shop'", ("metadata", "namespace")),
    "in a third namespace": (grant(source(), namespace="infra"), "is in namespace 'infra', needed is 'backend'", ("metadata", "namespace")),
    "the second entry misses by less": (
        grant(f"{source('Gateway', 'x')}, {source('TCPRoute')}"),
        "'TCPRoute'",
        ("spec", "from", 1, "kind"),
    ),
}


@pytest.mark.parametrize(("text", "words", "path"), NEAR.values(), ids=NEAR)
def test_a_grant_that_misses_by_one_thing_is_named(text: str, words: str, path: tuple[object, ...]) -> None:
    refused = answer(files(route(ACROSS), text, EDGE))
    assert isinstance(refused, Refused)
    assert refused.is_sure == (path[0] == "spec")  # one astray in another namespace does not show that the right one is missing
    (near,) = refused.near
    assert words in near.text
    assert near.path == path


REFUSED = {
    "from and to of two grants": files(
        route(ACROSS), grant(source("TCPRoute", "x"), name="a"), grant(source(), '{group: "", kind: Secret, name: x}', name="b")
    ),
    "a grant that misses by two things": files(route(ACROSS), grant(source("TCPRoute", "x"))),
    "no grant, but the Service": files(route(ACROSS), HERE),
    "no grant, but another Service": files(route(ACROSS), service("other", "backend")),
    "a grant without entries": files(route(ACROSS), grant("", "")),
    "a grant of wrong types": files(route(ACROSS), grant("1, [], {group: 1}", "null, x")),
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
def test_a_reference_is_refused(text: str) -> None:
    assert isinstance(answer(text), Refused)


def test_a_refusal_is_sure_only_where_a_grant_of_the_namespace_is_there() -> None:
    with_service, with_grant = answer(files(route(ACROSS), HERE)), answer(files(route(ACROSS), grant(source("TCPRoute", "x"))))
    assert isinstance(with_service, Refused)
    assert not with_service.is_sure
    assert isinstance(with_grant, Refused)
    assert with_grant.is_sure


UNKNOWN = {
    "nothing of the namespace": (route(ACROSS), "no other Service of namespace 'backend'"),
    "a Service elsewhere": (files(route(ACROSS), service("api", "shop")), "no other Service of namespace 'backend'"),
    "an operator in the namespace": (files(route(ACROSS), HERE, custom("Kafka", "kafka.strimzi.io/v1", "backend")), "Kafka"),
    "a deployer": (files(route(ACROSS), HERE, custom("HelmChart", "helm.cattle.io/v1", "kube-system")), "HelmChart"),
    "a placeholder in the reference": (route("[{name: api, namespace: '${NS}', port: 80}]"), "placeholder"),
    "a binding of a test": (route("[{name: api, namespace: ($other), port: 80}]"), "placeholder"),
    "a route in a binding of a test": (files(route(ACROSS, namespace="($ns)"), HERE), "placeholder"),
    "a placeholder in a grant": (files(route(ACROSS), HERE, grant(source(namespace="'${NS}'"))), "placeholder"),
    "a placeholder as namespace of a grant": (files(route(ACROSS), HERE, grant(source("TCPRoute"), namespace="'${NS}'")), "placeholder"),
    "a route without a namespace": (files(route(ACROSS, namespace=None), HERE), "states no namespace"),
    "a grant without a namespace": (files(route(ACROSS), HERE, grant(source(), namespace=None)), "states no namespace"),
}


@pytest.mark.parametrize(("text", "words"), UNKNOWN.values(), ids=UNKNOWN)
def test_where_a_grant_may_be_elsewhere_nothing_is_claimed(text: str, words: str) -> None:
    found = answer(text)
    assert isinstance(found, Unknown)
    assert words in found.reason


def test_a_file_that_could_not_be_read_may_have_the_grant() -> None:
    linted = graph_of(resources(files(route(ACROSS), HERE)), gaps=[Gap("grants.yaml", "invalid YAML")])
    assert isinstance(permission(first(linted), linted), Unknown)


def test_a_near_miss_is_named_also_where_a_file_could_not_be_read() -> None:
    text = files(route(ACROSS), grant(source(), "{group: core, kind: Service}"), EDGE)
    linted = graph_of(resources(text), gaps=[Gap("other.yaml", "invalid YAML")])
    refused = permission(first(linted), linted)
    assert isinstance(refused, Refused)
    assert not refused.is_sure


def test_a_grant_of_another_file_counts_in_the_same_tree() -> None:
    found = [*resources(route(ACROSS), "apps/web.yaml"), *resources(grant(source()), "infra/grants/all.yaml")]
    linted = graph_of(found)
    assert isinstance(permission(first(linted), linted), Permitted)


LISTENERS = {
    "a certificate": ("{tls: {certificateRefs: [{name: c, namespace: certs}]}}", "Secret", "certificate"),
    "a CA of clients": (
        "{tls: {frontendValidation: {caCertificateRefs: [{group: '', kind: ConfigMap, name: c, namespace: certs}]}}}",
        "ConfigMap",
        "CA",
    ),
}


@pytest.mark.parametrize(("listener", "kind", "purpose"), LISTENERS.values(), ids=LISTENERS)
@pytest.mark.parametrize("owner", ["Gateway", "ListenerSet"])
def test_listeners_need_grants_for_their_own_kind(owner: str, listener: str, kind: str, purpose: str) -> None:
    text = gateway(f"[{listener}]", kind=owner)
    other = "ListenerSet" if owner == "Gateway" else "Gateway"
    right, wrong = (grant(source(one, "infra"), f"{{group: '', kind: {kind}}}", namespace="certs") for one in (owner, other))
    assert first(graph_with_sets(text), owner).purpose == purpose
    assert isinstance(answer(files(text, right), owner), Permitted)
    refused = answer(files(text, wrong), owner)
    assert isinstance(refused, Refused)
    assert "`from` kind" in refused.near[0].text


PLACES: dict[str, tuple[str, str, tuple[object, ...]]] = {
    "CA of all ports": (
        "  tls: {frontend: {default: {validation: {caCertificateRefs: [{group: '', kind: ConfigMap, name: c, namespace: n}]}}}}\n",
        "CA",
        ("spec", "tls", "frontend", "default", "validation", "caCertificateRefs", 0),
    ),
    "CA of a port": (
        "  tls: {frontend: {perPort: [{port: 1, tls: {validation: {caCertificateRefs: [{group: '', kind: Secret, name: c}]}}}]}}\n",
        "CA",
        ("spec", "tls", "frontend", "perPort", 0, "tls", "validation", "caCertificateRefs", 0),
    ),
    "client certificate": (
        "  tls: {backend: {clientCertificateRef: {name: c, namespace: n}}}\n",
        "client certificate",
        ("spec", "tls", "backend", "clientCertificateRef"),
    ),
    "client certificate of v1.2": (
        "  backendTLS: {clientCertificateRef: {name: c}}\n",
        "client certificate",
        ("spec", "backendTLS", "clientCertificateRef"),
    ),
}


@pytest.mark.parametrize(("spec", "purpose", "path"), PLACES.values(), ids=PLACES)
def test_references_of_a_gateway_are_found(spec: str, purpose: str, path: tuple[object, ...]) -> None:
    reference = first(graph(gateway("[]") + spec), "Gateway")
    assert (reference.purpose, reference.path, reference.group) == (purpose, path, "")


def test_certificates_are_not_read_where_tls_passes_through() -> None:
    (owner,) = resources(gateway("[{tls: {mode: Passthrough, certificateRefs: [{name: c, namespace: n}]}}]"))
    assert list(references_of(owner)) == []


def test_backends_of_filters_are_found_with_their_purpose() -> None:
    rule = (
        "      filters:\n        - {type: RequestMirror, requestMirror: {backendRef: {name: a}}}\n"
        "        - {type: ExternalAuth, externalAuth: {backendRef: {name: b}}}\n"
    )
    backend = "[{name: c, filters: [{type: RequestMirror, requestMirror: {backendRef: {name: d}}}]}]"
    (one,) = resources(route(backend, rule=rule))
    assert [(found.name, found.purpose) for found in references_of(one)] == [
        *(("a", "mirror"), ("b", "authorization")),
        *(("c", "backend"), ("d", "mirror")),
    ]


HOSTILE = [
    "[1, null, [], {name: 1}, {name: ''}, {name: [x]}, {group: 1, kind: [], name: api, namespace: {}, port: true, weight: []}]",
    "{name: api}",
    "x",
]


@pytest.mark.parametrize("backends", HOSTILE)
def test_references_of_wrong_types_are_no_references_or_take_the_default(backends: str) -> None:
    (one,) = resources(route(backends, rule="      filters: [1, {requestMirror: 1}, {requestMirror: {backendRef: []}}]\n"))
    found = list(references_of(one))
    assert [(reference.kind, reference.namespace, reference.port, reference.weight) for reference in found] in (
        [],
        [("Service", "shop", None, 1)],
    )


# A naive oracle: the text of the specification, clause by clause, over the plain values.

NAMES = st.sampled_from(("a", "b"))
GROUPS = st.sampled_from(("", "core", GATEWAY_API))
KINDS = st.sampled_from(("Service", "Secret", "HTTPRoute"))
SIDES = st.fixed_dictionaries({"group": GROUPS, "kind": KINDS, "namespace": NAMES})
TARGETS = st.fixed_dictionaries({"group": GROUPS, "kind": KINDS}, optional={"name": st.sampled_from(("a", "b", ""))})
GRANTS = st.lists(st.tuples(NAMES, st.lists(SIDES, max_size=3), st.lists(TARGETS, max_size=3)), max_size=5)


def oracle(namespace: str, wanted: dict[str, str], written: list[tuple[str, list[dict[str, str]], list[dict[str, str]]]]) -> bool:
    """Permitted if local, or if one grant in the namespace of the target has some `from` and some `to` that match."""
    if namespace == wanted["namespace"]:
        return True
    referrer = {"group": GATEWAY_API, "kind": "HTTPRoute", "namespace": namespace}
    return any(
        place == wanted["namespace"]
        and any(one == referrer for one in sources)
        and any(
            (one["group"], one["kind"]) == (wanted["group"], wanted["kind"]) and one.get("name", "") in ("", wanted["name"])
            for one in targets
        )
        for place, sources, targets in written
    )


@settings(max_examples=300, deadline=None)
@given(namespace=NAMES, wanted=st.fixed_dictionaries({"group": GROUPS, "kind": KINDS, "namespace": NAMES, "name": NAMES}), written=GRANTS)
def test_grants_agree_with_the_specification(namespace: str, wanted: dict[str, str], written: list[Any]) -> None:
    texts = [
        grant(", ".join(map(_flow, sources)), ", ".join(map(_flow, targets)), namespace=place, name=f"g{number}")
        for number, (place, sources, targets) in enumerate(written)
    ]
    exact = gateway("[]", namespace=namespace, class_name="istio")  # a controller that reads groups as they are written
    of_route = route(f"[{_flow({**wanted, 'port': 80})}]", namespace=namespace)
    linted = graph(files(of_route, exact, *texts, service("x", "a"), service("x", "b")))
    found = permission(first(linted), linted)
    assert not isinstance(found, Unknown)
    assert isinstance(found, Permitted) == oracle(namespace, wanted, written)


def _flow(values: dict[str, Any]) -> str:
    return "{" + ", ".join(f"{key}: {value!r}" for key, value in values.items()) + "}"


def test_grants_are_indexed_once_and_a_reference_looks_at_few(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = {"entries": 0}
    original = grants._entries  # noqa: SLF001 - what is counted

    def counted(one: Any) -> Any:
        calls["entries"] += 1
        return original(one)

    monkeypatch.setattr(grants, "_entries", counted)
    names = range(100)
    texts = [grant(source(namespace=f"ns{number}"), namespace="backend", name=f"g{number}") for number in names]
    routes = [route(ACROSS, namespace=f"ns{number % 100}").replace("name: web", f"name: web{number}") for number in range(400)]
    linted = graph(files(*routes, *texts))
    for one in linted.of_type(f"HTTPRoute.{GATEWAY_API}"):
        assert isinstance(permission(next(references_of(one)), linted), Permitted)
    assert calls["entries"] == len(texts)


def test_a_refused_reference_is_compared_with_a_bounded_number_of_grants(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = {"entries": 0}
    original = grants._entries  # noqa: SLF001 - what is counted

    def counted(one: Any) -> Any:
        calls["entries"] += 1
        return original(one)

    monkeypatch.setattr(grants, "_entries", counted)
    texts = [grant(source("TCPRoute", f"ns{number}"), name=f"g{number}") for number in range(300)]
    linted = graph(files(route(ACROSS), *texts))
    assert isinstance(permission(first(linted), linted), Refused)
    assert calls["entries"] <= len(texts) + 50


def test_a_grant_of_more_entries_than_the_api_allows_is_read_up_to_them() -> None:
    many = ", ".join(source(namespace=f"n{number}") for number in range(5000))
    targets = ", ".join('{group: "", kind: Secret}' for _ in range(5000))
    assert isinstance(answer(files(route(ACROSS), grant(many, targets))), Refused)
