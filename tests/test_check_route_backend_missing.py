"""When a backend is told to be missing: near names, the port that was meant, kinds that serve nothing, and why else nothing is decided."""

from collections.abc import Mapping

import pytest

from k8slblint.checks import route_backend_missing
from k8slblint.config import Config
from k8slblint.graph.reads import ROUTE_KINDS
from k8slblint.model.loaded import Gap
from k8slblint.model.rule import Problem, Undecided
from tests import builders
from tests.gateway_texts import custom, files, gateway, gateway_class, grant, route, service, source
from tests.linting import findings, run
from tests.texts import words_of

RULE = "route-backend-missing"
WEB = "[{name: web, port: 80}]"


def problems(text: str) -> list[Problem | Undecided]:
    return builders.run(route_backend_missing.check, builders.graph(text), ROUTE_KINDS)


def problem(text: str) -> Problem:
    (found,) = problems(text)
    assert isinstance(found, Problem)
    return found


THREE = "{name: web, port: 80}, {name: shop, port: 80}, "
"""Two backends that exist, so that one that does not is claimed."""

BOTH = (service("web"), service("shop"))
NO_SERVICE = {
    "a letter too few": (files(route("[{name: chekout, port: 80}]"), service("checkout")), "similar: checkout", "high"),
    "a letter too many": (files(route("[{name: orderrs, port: 80}]"), service("orders")), "similar: orders", "high"),
    "two letters swapped": (files(route("[{name: chekcout, port: 80}]"), service("checkout")), "similar: checkout", "high"),
    "the case": (files(route("[{name: Web, port: 80}]"), service("web")), "similar: web", "high"),
    "nothing alike": (files(route(f"[{THREE}{{name: api, port: 80}}]"), *BOTH), "no such Service", "medium"),
    "a word too many": (files(route(f"[{THREE}{{name: web-svc, port: 80}}]"), *BOTH), "no such Service", "medium"),
    "another number": (
        files(route("[{name: v1, port: 80}, {name: v2, port: 80}, {name: v3, port: 80}]"), service("v1"), service("v2")),
        "no",
        "medium",
    ),
    "another namespace": (
        files(
            route("[{name: web, namespace: a, port: 80}, {name: api, namespace: a, port: 80}, {name: app, namespace: a, port: 80}]"),
            *(grant(source(), namespace="a"), service("api", "a"), service("app", "a"), service("web")),
        ),
        "no such Service",
        "medium",
    ),
    "of a gRPC route": (files(route("[{name: oders, port: 80}]", kind="GRPCRoute"), service("orders")), "similar: orders", "high"),
    "of a TCP route": (files(route("[{name: postgrs, port: 80}]", kind="TCPRoute"), service("postgres")), "similar: postgres", "high"),
    "of a mirror": (
        files(
            route(
                f"[{THREE.rstrip(', ')}]",
                rule="      filters: [{type: RequestMirror, requestMirror: {backendRef: {name: api, port: 80}}}]\n",
            ),
            *BOTH,
        ),
        "no such Service",
        "medium",
    ),
    "of a mesh": (
        files(route("[{name: oders, port: 80}]", parents='[{group: "", kind: Service, name: orders}]'), service("orders")),
        "similar: orders",
        "high",
    ),
}


@pytest.mark.parametrize(("text", "label", "confidence"), NO_SERVICE.values(), ids=NO_SERVICE)
def test_a_service_that_does_not_exist_is_reported(text: str, label: str, confidence: str) -> None:
    found = problem(text)
    assert label in found.label
    assert (found.confidence, found.path[-1]) == (confidence, "name")
    assert found.condition is not None
    assert found.condition.reason == "BackendNotFound"


def test_the_share_of_a_missing_backend_is_said() -> None:
    found = problem(files(route("[{name: orders, port: 80, weight: 9}, {name: ordrs, port: 80, weight: 1}]"), service("orders")))
    assert "10 % of the requests" in found.why


NO_PORT = {
    "the targetPort": (
        files(route("[{name: web, port: 8080}]"), service("web")),
        "8080 is the `targetPort`; the port of the Service is 80",
    ),
    "the nodePort": (
        files(route("[{name: web, port: 30080}]"), service("web", ports="[{port: 80, nodePort: 30080}]")),
        "30080 is the `nodePort`",
    ),
    "another number": (files(route("[{name: web, port: 81}]"), service("web")), "Write `port: 80`"),
    "one of several": (files(route("[{name: web, port: 81}]"), service("web", ports="[{port: 80, name: http}, {port: 443}]")), "80 (http)"),
    "a headless Service without ports": (files(route(WEB), service("web", ports="[]", more="  clusterIP: None\n")), "it has no ports"),
    "a headless Service": (files(route("[{name: web, port: 8080}]"), service("web", more="  clusterIP: None\n")), "`targetPort`"),
    "of a UDP route": (files(route("[{name: web, port: 53}]", kind="UDPRoute"), service("web")), "lacks"),
    "with gaps elsewhere": (
        files(route("[{name: web, port: 8080}]"), service("web"), custom("Kafka", "kafka.strimzi.io/v1")),
        "targetPort",
    ),
}


@pytest.mark.parametrize(("text", "words"), NO_PORT.values(), ids=NO_PORT)
def test_a_port_that_the_service_lacks_is_reported(text: str, words: str) -> None:
    found = problem(text)
    assert words in f"{found.headline}\n{found.label}\n{found.why}\n{found.help}"
    assert found.path[-1] == "port"
    assert found.related[0].resource.kind == "Service"


WRONG_PROTOCOL = {
    "a UDP route to a TCP port": (files(route("[{name: web, port: 80}]", kind="UDPRoute"), service("web")), "which is TCP"),
    "a TCP route to a UDP port": (
        files(route("[{name: web, port: 53}]", kind="TCPRoute"), service("web", ports="[{port: 53, protocol: UDP}]")),
        "which is UDP",
    ),
    "an HTTP route to a UDP port": (files(route(WEB), service("web", ports="[{port: 80, protocol: UDP}]")), "which is UDP"),
}


@pytest.mark.parametrize(("text", "words"), WRONG_PROTOCOL.values(), ids=WRONG_PROTOCOL)
def test_a_port_of_another_protocol_is_reported(text: str, words: str) -> None:
    assert words in problem(text).headline


WRONG_KIND = {
    "the group core": ("{group: core, kind: Service, name: web, port: 80}", "group"),
    "the group v1": ("{group: v1, kind: Service, name: web, port: 80}", "group"),
    "the group of the API": ("{group: gateway.networking.k8s.io, kind: Service, name: web, port: 80}", "group"),
    "a Pod": ("{kind: Pod, name: web, port: 80}", "kind"),
    "a Deployment": ("{group: apps, kind: Deployment, name: web, port: 80}", "kind"),
    "a Deployment without a group": ("{kind: Deployment, name: web, port: 80}", "kind"),
    "an Ingress": ("{group: networking.k8s.io, kind: Ingress, name: web, port: 80}", "kind"),
    "the kind in lower case": ("{kind: service, name: web, port: 80}", "kind"),
    "the kind in plural": ("{kind: Services, name: web, port: 80}", "kind"),
}


@pytest.mark.parametrize(("backend", "field"), WRONG_KIND.values(), ids=WRONG_KIND)
def test_a_kind_that_serves_nothing_is_reported(backend: str, field: str) -> None:
    found = problem(files(route(f"[{backend}]"), gateway("[]", namespace="shop", class_name="istio")))
    assert found.path[-1] == field
    assert found.condition is not None
    assert found.condition.reason == "InvalidKind"


SILENT = {
    "a Service with this port": files(route(WEB), service("web")),
    "a Service whose port has a name": files(route(WEB), service("web", ports="[{port: 80, name: http, targetPort: http}]")),
    "no weight": files(route("[{name: web, port: 80}, {name: old, port: 80, weight: 0}]"), service("web")),
    "no weight and a wrong port": files(route("[{name: web, port: 80}, {name: web, port: 81, weight: 0}]"), service("web")),
    "a ServiceImport": route("[{group: multicluster.x-k8s.io, kind: ServiceImport, name: web, port: 80}]"),
    "a ServiceImport of GKE": route("[{group: net.gke.io, kind: ServiceImport, name: web, port: 80}]"),
    "a ServiceImport without a group": route("[{kind: ServiceImport, name: web}]"),
    "a Backend of Envoy Gateway": route("[{group: gateway.envoyproxy.io, kind: Backend, name: web}]"),
    "a Backend without a group": route("[{kind: Backend, name: web}]"),
    "a Backend of kgateway": route("[{group: gateway.kgateway.dev, kind: Backend, name: web}]"),
    "an InferencePool": route("[{group: inference.networking.k8s.io, kind: InferencePool, name: llama}]"),
    "an InferencePool of the old group": route("[{group: inference.networking.x-k8s.io, kind: InferencePool, name: llama}]"),
    "a host of Istio": route("[{group: networking.istio.io, kind: Hostname, name: example.com, port: 80}]"),
    "a delegated route": route("[{group: gateway.networking.k8s.io, kind: HTTPRoute, name: '*', namespace: team1}]"),
    "a bucket": route("[{group: networking.gke.io, kind: GCPBackendBucket, name: assets}]"),
    "a TraefikService": route("[{group: traefik.io, kind: TraefikService, name: weighted}]"),
    "a service of Traefik itself": route("[{kind: TraefikService, name: api@internal}]"),
    "a Gateway behind a Gateway": route("[{group: gateway.networking.k8s.io, kind: Gateway, name: inner, port: 80}]", kind="TCPRoute"),
    "a redirect": route("[]", rule="      filters: [{type: RequestRedirect, requestRedirect: {scheme: https}}]\n"),
    "a filter of an implementation": route("[]", rule="      filters: [{type: ExtensionRef, extensionRef: {name: maintenance}}]\n"),
    "a blocked path": route("[]", rule="      matches: [{path: {value: /metrics}}]\n"),
    "a blocked rest": files(route(WEB) + "    - matches: [{path: {value: /}}]\n", service("web")),
    "a mesh route without backends": route("[]", parents='[{group: "", kind: Service, name: web}]'),
    "a policy of agentgateway": files(
        route("[]"), gateway("[]", namespace="shop", class_name="a"), gateway_class("a", "agentgateway.dev/agentgateway")
    ),
    "a plugin of Kong": files(
        route("[]").replace("name: web,", "name: web, annotations: {konghq.com/plugins: answer},"),
        gateway("[]", namespace="shop", class_name="kong"),
    ),
    "the group core with an unknown controller": route("[{group: core, kind: Service, name: web, port: 80}]"),
    "the group core of Traefik": files(
        route("[{group: core, kind: Service, name: web, port: 80}]"),
        gateway("[]", namespace="shop", class_name="traefik"),
    ),
    "a UDP route to a port of both protocols": files(
        route("[{name: web, port: 53}]", kind="UDPRoute"),
        service("web", ports="[{name: a, port: 53}, {name: b, port: 53, protocol: UDP}]"),
    ),
    "a UDP route to a UDP port": files(
        route("[{name: web, port: 53}]", kind="UDPRoute"), service("web", ports="[{port: 53, protocol: UDP}]")
    ),
    "a protocol that is no protocol": files(route(WEB), service("web", ports="[{port: 80, protocol: HTTP}]")),
    "a TCP route without backends": route("[]", kind="TCPRoute"),
    "what no grant permits": files(route("[{name: api, namespace: other, port: 80}]"), service("web", "other")),
}


@pytest.mark.parametrize("text", SILENT.values(), ids=SILENT)
def test_what_serves_or_may_is_silent(text: str) -> None:
    assert problems(text) == []


UNKNOWN = {
    "no other Service of the namespace": (files(route(WEB), service("web", "other")), "no other Service of namespace 'shop'"),
    "most Services that routes name": (
        files(route("[{name: web, port: 80}, {name: api, port: 80}, {name: checkout, port: 80}]"), service("web")),
        "most Services of namespace 'shop'",
    ),
    "one of two, and another number": (files(route("[{name: a-2, port: 80}, {name: a-3, port: 80}]"), service("a-2")), "most Services"),
    "a name that is part of another": (files(route("[{name: backend, port: 80}]"), service("backend-admin")), "most Services"),
    "a short name that is alike": (files(route("[{name: api, port: 80}]"), service("app")), "most Services"),
    "a canary": (files(route("[{name: web-canary, port: 80}]"), service("web")), "Flagger or Argo Rollouts"),
    "a primary": (files(route("[{name: web-primary, port: 80}]"), service("web")), "Flagger or Argo Rollouts"),
    "a preview": (files(route("[{name: web-preview, port: 80}]"), service("web")), "Flagger or Argo Rollouts"),
    "a Canary of Flagger": (files(route("[{name: api, port: 80}]"), service("web"), custom("Canary", "flagger.app/v1beta1")), "Canary"),
    "an operator": (files(route("[{name: api, port: 80}]"), service("web"), custom("Kafka", "kafka.strimzi.io/v1")), "Kafka"),
    "Knative": (files(route("[{name: api, port: 80}]"), service("web"), custom("Service", "serving.knative.dev/v1")), "Service"),
    "a deployer": (
        files(route("[{name: api, port: 80}]"), service("web"), custom("HelmChart", "helm.cattle.io/v1", "kube-system")),
        "HelmChart",
    ),
    "a release of Flux": (
        files(route("[{name: api, port: 80}]"), service("web"), custom("HelmRelease", "helm.toolkit.fluxcd.io/v2")),
        "HelmRelease",
    ),
    "the Service of a Gateway": (
        files(route("[{name: edge-istio, port: 80}]"), service("web"), gateway("[]", namespace="shop", class_name="istio")),
        "the controller of Gateway shop/edge",
    ),
    "the Service of a Gateway of Cilium": (
        files(route("[{name: cilium-gateway-edge, port: 80}]"), service("web"), gateway("[]", namespace="shop")),
        "the controller of Gateway shop/edge",
    ),
    "a binding of a test": (files(route("[{name: ($service), port: 80}]"), service("web")), "placeholder"),
    "a placeholder as name": (files(route("[{name: '${APP}', port: 80}]"), service("web")), "placeholder"),
    "a placeholder in the ports": (files(route(WEB), service("web", ports="[{port: '${PORT}'}]")), "placeholder"),
    "an alias of a host outside": (files(route(WEB), service("web", ports="[]", more="  type: ExternalName\n")), "outside the cluster"),
    "a Service without ports": (files(route(WEB), service("web", ports="[]")), "only a headless Service may"),
    "no port": (files(route("[{name: web}]"), service("web")), "names no port"),
}


@pytest.mark.parametrize(("text", "words"), UNKNOWN.values(), ids=UNKNOWN)
def test_what_may_exist_at_run_time_is_not_decided(text: str, words: str) -> None:
    found = problems(text)
    assert found
    assert all(isinstance(one, Undecided) and words in one.reason for one in found)


def test_a_file_that_could_not_be_read_may_hold_the_service() -> None:
    texts = files(route("[{name: ordrs, port: 80}]"), service("orders"))
    linted = builders.graph_of(builders.resources(texts), gaps=[Gap("chart.yaml", "unrendered template")])
    (found,) = builders.run(route_backend_missing.check, linted, ROUTE_KINDS)
    assert isinstance(found, Undecided)


EMPTY = {
    "a rewrite without backends": route("[]", rule="      filters: [{type: URLRewrite, urlRewrite: {hostname: a.example.com}}]\n"),
    "a mirror without backends": files(
        route("[]", rule="      filters: [{type: RequestMirror, requestMirror: {backendRef: {name: web, port: 80}}}]\n"), service("web")
    ),
    "a route without any backend": route("[]"),
    "a route of a prefix without any backend": route("[]", rule="      matches: [{path: {type: PathPrefix, value: /}}]\n"),
    "all weights are 0": files(route("[{name: web, port: 80, weight: 0}, {name: b, port: 80, weight: 0}]"), service("web")),
    "of a gRPC route": route("[]", kind="GRPCRoute"),
}


@pytest.mark.parametrize("text", EMPTY.values(), ids=EMPTY)
def test_a_rule_that_forwards_nothing_is_a_warning(text: str) -> None:
    found = problem(text)
    assert (found.severity, found.confidence) == ("warning", "medium")


HOSTILE = ["1", "[1, null]", "[{name: 1}]", "[{name: web, port: []}]", "[{name: web, weight: x}]", "{a: b}"]


@pytest.mark.parametrize("backends", HOSTILE)
def test_backends_of_wrong_types_do_no_harm(backends: str) -> None:
    problems(files(route(backends, rule="      filters: 1\n      matches: {}\n"), service("web")))
    problems(files(route("[]", rule=f"      filters: {backends}\n      matches: {backends}\n"), service("web")))


def test_a_route_with_more_backends_than_the_api_allows_is_read_in_part() -> None:
    many = ", ".join("{name: web, port: 81}" for _ in range(3000))
    assert len(problems(files(route(f"[{many}]"), service("web")))) == 1000


def test_a_long_name_keeps_every_text_within_its_limits() -> None:
    name = "n" * 253
    found = problem(files(route(f"[{{name: {name}, port: 81}}]"), service(name)))
    assert "lacks" in found.headline or "..." in found.headline
    assert isinstance(problem(files(route(f"[{THREE}{{name: {name}x, port: 81}}]"), *BOTH)), Problem)


def tree(**texts: str) -> Mapping[str, str]:
    return {name.replace("__", "/") + ".yaml": text for name, text in texts.items()}


def test_services_of_other_folders_do_not_show_a_namespace_that_is_not_stated() -> None:
    apart = tree(one__route=route("[{name: api, port: 80}]", namespace=None), two__service=service("web", None))
    assert findings(apart, RULE) == []
    examples = tree(
        one__route=files(route("[{name: api, port: 80}, {name: other, port: 80}]", namespace=None), service("web", None)),
        one__more=files(route("[{name: a, port: 80}, {name: b, port: 80}]", namespace=None), service("a", None), service("b", None)),
        one__most=files(route("[{name: c, port: 80}, {name: d, port: 80}]", namespace=None), service("c", None), service("d", None)),
    )
    assert findings(examples, RULE) == []
    alike = tree(one__route=route("[{name: ordrs, port: 80}]", namespace=None), one__service=service("orders", None))
    (finding,) = findings(alike, RULE)
    assert "does not exist" in words_of(finding)
    assert findings({**apart, "one/service.yaml": service("web", None)}, RULE) == []


def test_a_port_of_a_service_in_another_file_without_a_namespace_is_less_sure() -> None:
    apart = tree(a__route=route("[{name: web, port: 81}]", namespace=None), a__service=service("web", None))
    assert [one.confidence for one in findings(apart, RULE)] == ["medium"]
    mistaken = tree(a__route=route("[{name: web, port: 8080}]", namespace=None), a__service=service("web", None))
    assert [one.confidence for one in findings(mistaken, RULE)] == ["high"]


def test_a_twin_that_has_the_port_leaves_it_open() -> None:
    texts = tree(a__route=route("[{name: web, port: 81}]"), a__service=service("web"), b__service=service("web", ports="[{port: 81}]"))
    report, _ = run(texts, config=Config()._replace(select=(RULE,)))
    assert report.findings == ()
