"""When a reference is told to lack a grant: one finding a namespace, what it costs, and the grant to write."""

import pytest

from k8slblint.checks import reference_not_permitted
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.rule import Condition, Problem, Undecided
from k8slblint.rulebook import read_rule
from tests import builders
from tests.gateway_texts import custom, files, gateway, gateway_class, grant, route, service, source
from tests.texts import words_of

KINDS = read_rule("reference-not-permitted").kinds
ACROSS = "[{name: api, namespace: backend, port: 80}]"
HERE = service("api", "backend")


def problems(text: str) -> list[Problem | Undecided]:
    linted = ResourceGraph(builders.resources(text))  # with the kinds that only the rule names
    return [found for one in linted.of_kinds_of_rule(*KINDS) for found in reference_not_permitted.check(one, linted)]


def problem(text: str) -> Problem:
    (found,) = problems(text)
    assert isinstance(found, Problem)
    return found


def test_a_finding_says_the_condition_and_the_grant_to_write() -> None:
    found = problem(files(route(ACROSS), HERE))
    assert found.condition == Condition("ResolvedRefs", "False", "RefNotPermitted")
    assert found.confidence == "medium"
    assert "Write a ReferenceGrant in namespace backend" in found.help
    assert "`from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: shop}]`" in found.help
    assert '`to: [{group: "", kind: Service}]`' in found.help
    assert "500" in found.why


def test_a_near_miss_is_quoted_and_related() -> None:
    edge = gateway("[]", namespace="shop", class_name="eg")
    found = problem(files(route(ACROSS), grant(source(), "{group: core, kind: Service}"), edge))
    assert found.confidence == "high"
    assert "has `to` group 'core', needed is ''" in found.why
    assert found.related[0].path == ("spec", "to", 0, "group")
    assert found.help.startswith("Correct the ReferenceGrant")


def test_a_grant_for_another_route_is_to_be_extended() -> None:
    found = problem(files(route(ACROSS), grant(source(namespace="other"))))
    assert "has `from` namespace 'other', needed is 'shop'" in found.why
    assert found.help.startswith("Add to ReferenceGrant grant: `from: [{group")


def test_a_grant_in_the_wrong_namespace_is_to_be_moved() -> None:
    found = problem(files(route(ACROSS), grant(source(), namespace="shop"), HERE))
    assert found.help.startswith("Move the ReferenceGrant to namespace backend")


def test_several_backends_of_one_namespace_are_one_finding() -> None:
    text = files(route("[{name: api, namespace: backend, port: 80}, {name: web, namespace: backend, port: 80}]"), HERE)
    assert [place.message for place in problem(text).related] == ["Also Service backend/web."]
    text = files(route("[{name: api, namespace: backend, port: 80}, {name: web, namespace: b2, port: 80}]"), HERE, service("web", "b2"))
    assert len(problems(text)) == 2


LISTENER = "[{{name: https, tls: {{{}}}}}]"
OWNERS = {
    "a certificate": ("certificateRefs: [{name: c, namespace: certs}]", "Secret certs/c", "serves no TLS"),
    "a CA": (
        "frontendValidation: {caCertificateRefs: [{group: '', kind: ConfigMap, name: c, namespace: certs}]}",
        "ConfigMap certs/c",
        "are not accepted",
    ),
}


@pytest.mark.parametrize(("tls", "words", "why"), OWNERS.values(), ids=OWNERS)
@pytest.mark.parametrize("kind", ["Gateway", "ListenerSet"])
def test_listeners_need_a_grant_of_their_kind(kind: str, tls: str, words: str, why: str) -> None:
    found = problem(files(gateway(LISTENER.format(tls), kind=kind), service("x", "certs")))
    assert words in found.headline
    assert why in found.why
    assert f"kind: {kind}, namespace: infra" in found.help


EFFECTS = {
    "requestMirror": "nothing is mirrored",
    "externalAuth": "requests of the rule are refused",
}


@pytest.mark.parametrize(("field", "words"), EFFECTS.items())
def test_backends_of_filters_need_a_grant(field: str, words: str) -> None:
    rule = f"      filters: [{{type: X, {field}: {{backendRef: {{name: api, namespace: backend, port: 80}}}}}}]\n"
    assert words in problem(files(route("[]", rule=rule), HERE)).why


LATTICE = "application-networking.k8s.aws/gateway-api-controller"
SILENT = {
    "a mesh": files(route(ACROSS, parents='[{group: "", kind: Service, name: web}]'), HERE),
    "a route of nothing": files(route(ACROSS, parents="[]"), HERE),
    "a parent of an implementation": files(route(ACROSS, parents="[{group: example.com, kind: Mesh, name: web}]"), HERE),
    "a kind of an implementation": files(route("[{group: gateway.envoyproxy.io, kind: Backend, name: api, namespace: backend}]"), HERE),
    "a delegated route": files(route("[{group: gateway.networking.k8s.io, kind: HTTPRoute, name: a, namespace: backend}]"), HERE),
    "VPC Lattice": files(route(ACROSS), HERE, gateway("[]", namespace="shop", class_name="a"), gateway_class("a", LATTICE)),
    "the usual class of VPC Lattice": files(route(ACROSS), HERE, gateway("[]", namespace="shop", class_name="amazon-vpc-lattice")),
    "a grant for the group core with Traefik": files(
        route(ACROSS), grant(source(), "{group: core, kind: Service}"), gateway("[]", namespace="shop", class_name="traefik")
    ),
    "a passthrough listener": files(
        gateway("[{tls: {mode: Passthrough, certificateRefs: [{name: c, namespace: certs}]}}]"), service("x", "certs")
    ),
}


@pytest.mark.parametrize("text", SILENT.values(), ids=SILENT)
def test_what_needs_no_grant_is_silent(text: str) -> None:
    assert problems(text) == []


def test_a_route_of_a_mesh_and_a_gateway_needs_a_grant_for_the_gateway() -> None:
    parents = '[{group: "", kind: Service, name: web}, {name: edge}]'
    assert isinstance(problem(files(route(ACROSS, parents=parents), HERE)), Problem)


def test_where_the_namespace_is_elsewhere_the_rule_does_not_decide() -> None:
    (found,) = problems(route(ACROSS))
    assert isinstance(found, Undecided)
    (found,) = problems(files(route(ACROSS), HERE, custom("Kafka", "kafka.strimzi.io/v1", "backend")))
    assert isinstance(found, Undecided)


def test_long_names_keep_every_text_within_its_limits() -> None:
    long, space = "n" * 253, "s" * 63
    text = files(route(f"[{{name: {long}, namespace: {space}, port: 80}}]"), grant(source("TCPRoute"), namespace=space, name=long))
    found = problem(text)
    assert max(len(found.why), len(found.help)) <= 240
    assert words_of(found)


def test_markup_of_a_manifest_stays_text() -> None:
    name = '"a\\n::error::b"'
    assert "'a ::error::b'" in problem(files(route(ACROSS), grant(f"{{group: {name}, kind: HTTPRoute, namespace: shop}}"))).why
