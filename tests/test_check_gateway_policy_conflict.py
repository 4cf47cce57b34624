"""When a BackendTLSPolicy is told to take no effect: targets, conflicts and CA certificates, each beside what is valid."""

from typing import Any

import pytest

from k8slblint.checks import gateway_policy_conflict
from k8slblint.config import Config
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import BACKEND_TLS_POLICY
from k8slblint.model.loaded import Beside
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Problem, Undecided
from tests import builders
from tests.gateway_objects import gateway as a_gateway
from tests.gateway_objects import policy as a_policy
from tests.gateway_objects import ref, thing, written
from tests.gateway_objects import route as a_route
from tests.gateway_texts import GATEWAY_API, custom, files, gateway, gateway_class, route, service
from tests.linting import findings, run

RULE = "gateway-policy-conflict"
SERVICE = '{group: "", kind: Service, name: web}'
WEB = service("web", ports="[{name: http, port: 80}, {name: https, port: 443}]")


def policy(
    target: str = SERVICE, *, name: str = "web", namespace: str = "shop", validation: str = "wellKnownCACertificates: System"
) -> str:
    head = f"apiVersion: {GATEWAY_API}/v1\nkind: BackendTLSPolicy\nmetadata: {{name: {name}, namespace: {namespace}}}\n"
    return f"{head}spec:\n  targetRefs: [{target}]\n  validation: {{hostname: web.example.com, {validation}}}\n"


def problems(text: str) -> list[Problem | Undecided]:
    found = builders.resources(text)

    def opened(kind: str, names: frozenset[str]) -> list[Resource]:
        return [one for one in found if one.kind == kind and one.name in names]

    read = [one for one in found if one.kind not in ("ConfigMap", "Secret")]
    return builders.run(gateway_policy_conflict.check, ResourceGraph(read, beside=Beside(opened=opened)), (BACKEND_TLS_POLICY,))


def problem(text: str) -> Problem:
    (found,) = problems(text)
    assert isinstance(found, Problem)
    return found


NO_TARGET = {
    "a slip": (files(policy('{group: "", kind: Service, name: chekout}'), service("checkout")), "similar: checkout", "high"),
    "nothing alike": (
        files(policy('{group: "", kind: Service, name: checkout}'), WEB, route("[{name: web, port: 80}]")),
        "no such Service",
        "medium",
    ),
    "a port by its number": (
        files(policy('{group: "", kind: Service, name: web, sectionName: "443"}'), WEB),
        "ports: 'http' and 'https'",
        "medium",
    ),
    "a port by its number with NGINX": (
        files(policy('{group: "", kind: Service, name: web, sectionName: "443"}'), WEB, gateway("[]", class_name="nginx")),
        "ports: 'http' and 'https'",
        "high",
    ),
    "a port by another name": (files(policy('{group: "", kind: Service, name: web, sectionName: tls}'), WEB), "'http' and 'https'", "high"),
    "a port without a name": (
        files(policy('{group: "", kind: Service, name: web, sectionName: https}'), service("web")),
        "its ports have no names",
        "high",
    ),
    "the second target": (files(policy(f'{SERVICE}, {{group: "", kind: Service, name: Web}}'), WEB), "similar: web", "high"),
}


@pytest.mark.parametrize(("text", "label", "confidence"), NO_TARGET.values(), ids=NO_TARGET)
def test_a_target_that_is_not_there_is_reported(text: str, label: str, confidence: str) -> None:
    found = problem(text)
    assert label in found.label
    assert found.confidence == confidence
    assert found.condition is not None
    assert (found.condition.type, found.condition.reason) == ("Accepted", "TargetNotFound")


def test_the_name_of_the_port_with_that_number_is_the_way_out() -> None:
    assert problem(files(policy('{group: "", kind: Service, name: web, sectionName: "443"}'), WEB)).help == "Write `sectionName: https`."


ISTIO = gateway("[]", class_name="istio")
SECTION = '{group: "", kind: Service, name: web, sectionName: https}'
CONFLICTS = {
    "of one Service": (SERVICE, SERVICE),
    "of one port": (SECTION, SECTION),
    "of another kind": ("{group: gateway.envoyproxy.io, kind: Backend, name: web}",) * 2,
    "of one of several targets": (f'{{group: "", kind: Service, name: api}}, {SERVICE}', SERVICE),
}


@pytest.mark.parametrize(("first", "second"), CONFLICTS.values(), ids=CONFLICTS)
def test_two_policies_of_one_target_are_reported_once_at_the_later_name(first: str, second: str) -> None:
    found = problem(files(policy(first, name="a"), policy(second, name="b"), WEB, service("api")))
    assert "BackendTLSPolicy shop/b targets the same" in found.headline
    assert found.condition is not None
    assert found.condition.reason == "Conflicted"
    assert found.related[0].resource.name == "a"


SILENT = {
    "one policy": files(policy(), WEB),
    "one of a port": files(policy(SECTION), WEB),
    "one of the Service and one of a port": files(policy(name="a"), policy(SECTION, name="b"), WEB),
    "of two ports": files(policy(SECTION, name="a"), policy(SECTION.replace("https", "http"), name="b"), WEB),
    "of two Services": files(policy(name="a"), policy('{group: "", kind: Service, name: api}', name="b"), WEB, service("api")),
    "of two namespaces": files(policy(), policy(namespace="other"), WEB, service("web", "other")),
    "of a Backend": policy("{group: gateway.envoyproxy.io, kind: Backend, name: external}"),
    "of a ServiceImport": policy("{group: multicluster.x-k8s.io, kind: ServiceImport, name: web}"),
    "of a ServiceEntry": policy("{group: networking.istio.io, kind: ServiceEntry, name: web, sectionName: x}"),
    "the namespace is elsewhere": policy(),
    "an operator creates Services": files(policy('{group: "", kind: Service, name: db}'), WEB, custom("Kafka", "kafka.strimzi.io/v1")),
    "a placeholder": files(policy('{group: "", kind: Service, name: "${NAME}"}'), WEB),
    "a port by its number with agentgateway": files(
        policy('{group: "", kind: Service, name: web, sectionName: "443"}'), WEB, gateway("[]", class_name="agentgateway")
    ),
    "a placeholder in the ports": files(policy(SECTION), service("web", ports="[{name: '${NAME}', port: 443}]")),
}


@pytest.mark.parametrize("text", SILENT.values(), ids=SILENT)
def test_what_takes_effect_or_may_is_silent(text: str) -> None:
    assert problems(text) == []


def authority(kind: str = "ConfigMap", group: str = "''", name: str = "ca") -> str:
    return f"caCertificateRefs: [{{group: {group}, kind: {kind}, name: {name}}}]"


def stored(kind: str, data: str, *, name: str = "ca", namespace: str = "shop", metadata: str = "") -> str:
    return f"apiVersion: v1\nkind: {kind}\nmetadata: {{name: {name}, namespace: {namespace}{metadata}}}\ndata: {data}\n"


WRONG_KIND = {
    "the group core": (authority(group="core"), "has the group 'core'"),
    "the group v1": (authority("Secret", "v1"), "has the group 'v1'"),
}


@pytest.mark.parametrize(("validation", "words"), WRONG_KIND.values(), ids=WRONG_KIND)
def test_ca_certificates_of_a_wrong_kind_are_reported(validation: str, words: str) -> None:
    found = problem(files(policy(validation=validation), WEB, ISTIO))
    assert words in found.label
    assert found.condition is not None
    assert (found.condition.type, found.condition.reason) == ("ResolvedRefs", "InvalidKind")


BAD_CONTENT = {
    "another key": (authority(), stored("ConfigMap", "{ca.pem: x}")),
    "another key of a Secret": (authority("Secret"), stored("Secret", "{ca.pem: x}")),
    "only the key in capitals": (authority(), stored("ConfigMap", "{CA.CRT: x}")),
}


@pytest.mark.parametrize(("validation", "text"), BAD_CONTENT.values(), ids=BAD_CONTENT)
def test_ca_certificates_without_their_key_are_reported(validation: str, text: str) -> None:
    found = problem(files(policy(validation=validation), WEB, text))
    assert "has no key 'ca.crt'" in found.label
    assert found.condition is not None
    assert found.condition.reason == "InvalidCACertificateRef"


GOOD_CONTENT = {
    "ca.crt": stored("ConfigMap", "{ca.crt: x}"),
    "binary": stored("ConfigMap", "{}") + "binaryData: {ca.crt: eA==}\n",
    "of Istio": stored("ConfigMap", "{cacert: x}"),
    "another of the same name": files(stored("ConfigMap", "{ca.pem: x}"), stored("ConfigMap", "{ca.crt: x}")),
    "with Envoy Gateway": files(
        stored("ConfigMap", "{ca.pem: x}"),
        gateway("[]", class_name="a"),
        gateway_class("a", "gateway.envoyproxy.io/gatewayclass-controller"),
    ),
}


@pytest.mark.parametrize("text", GOOD_CONTENT.values(), ids=GOOD_CONTENT)
def test_ca_certificates_with_their_key_are_silent(text: str) -> None:
    assert problems(files(policy(validation=authority()), WEB, text)) == []


UNKNOWN = {
    "not among the manifests": (authority(), ""),
    "the group core with who may read it": (authority(group="core"), ""),
    "of another namespace": (authority(), stored("ConfigMap", "{ca.pem: x}", namespace="other")),
    "of another kind": (authority("ClusterTrustBundle", "certificates.k8s.io"), ""),
    "a placeholder": (authority(name="'${CA}'"), ""),
    "an empty one": (authority(), stored("ConfigMap", "{}")),
    "one that is filled in": (authority(), stored("ConfigMap", "{x: y}", metadata=", annotations: {x/inject-cabundle: 'true'}")),
}


@pytest.mark.parametrize(("validation", "text"), UNKNOWN.values(), ids=UNKNOWN)
def test_ca_certificates_that_only_the_cluster_shows_make_no_finding(validation: str, text: str) -> None:
    assert problems(files(policy(validation=validation), WEB, text) if text else files(policy(validation=validation), WEB)) == []


def test_a_scan_opens_the_config_map_that_a_policy_refers_to() -> None:
    texts = {"policy.yaml": policy(validation=authority()), "web.yaml": WEB, "ca.yaml": stored("ConfigMap", "{ca.pem: x}")}
    (finding,) = findings(texts, RULE)
    assert finding.condition is not None
    assert finding.condition.reason == "InvalidCACertificateRef"
    assert findings({**texts, "ca.yaml": stored("ConfigMap", "{ca.crt: x}")}, RULE) == []


def test_no_text_of_a_finding_has_what_a_secret_contains() -> None:
    texts = {"policy.yaml": policy(validation=authority("Secret")), "web.yaml": WEB, "ca.yaml": stored("Secret", "{ca.pem: aHVudGVyMg==}")}
    report, _ = run(texts, config=Config()._replace(select=(RULE,)))
    (finding,) = report.findings
    assert "aHVudGVyMg" not in repr(finding)


HOSTILE = ["{name: []}", "1", "{group: 1, kind: Service, name: web}", '{group: "", kind: Service, name: web, sectionName: []}']


@pytest.mark.parametrize("target", HOSTILE)
def test_targets_of_wrong_types_do_no_harm(target: str) -> None:
    problems(files(policy(target, validation="caCertificateRefs: [1, {name: []}, {name: a, kind: 1}]"), WEB))


def test_long_names_keep_every_text_within_its_limits() -> None:
    name, long = "n" * 253, "p" * 253
    target = f'{{group: "", kind: Service, name: {name}}}'
    texts = files(policy(target, name=long), policy(target, name=f"{long[:-1]}z"), service(name))
    assert problem(texts).condition is not None
    assert problem(files(policy(f'{{group: "", kind: Service, name: web, sectionName: {name}}}', name=long), WEB)).condition is not None
    assert problem(files(policy(validation=authority(group="core", name=name), name=long), WEB, ISTIO)).condition is not None


EDGE, WEB_ROUTE = ref("Gateway", "edge"), ref("HTTPRoute", "web")
NGINX = "gateway.nginx.org"


def shared(*objects: dict[str, Any]) -> list[tuple[str, str]]:
    """The headline of each finding and the end of its `why`."""
    return [(one.headline, one.why) for one in findings(written(*objects), RULE, config=Config(min_confidence="low"))]


@pytest.mark.parametrize(
    ("first", "second", "is_shared"),
    [
        (EDGE, EDGE, True),
        (EDGE, WEB_ROUTE, False),
        (ref("Gateway", "edge", "http"), ref("Gateway", "edge", "http"), True),
        (EDGE, ref("Gateway", "edge", "http"), False),
        (ref("Gateway", "edge", "http"), ref("Gateway", "edge", "https"), False),
        ([EDGE, WEB_ROUTE], WEB_ROUTE, True),
    ],
)
def test_envoy_gateway_takes_one_policy_for_each_target(first: Any, second: Any, is_shared: bool) -> None:
    one, two = (a_policy("SecurityPolicy", name, target, {"jwt": {}}) for name, target in (("a", first), ("b", second)))
    assert len(shared(a_gateway(), a_route(), one, two)) == is_shared
    other = a_policy("BackendTrafficPolicy", "b", first, {"retry": {}})
    assert shared(a_gateway(), a_route(), one, other) == []


def test_the_younger_policy_is_named_with_its_condition() -> None:
    objects = (a_gateway(), *(a_policy("SecurityPolicy", name, EDGE, {"jwt": {}}) for name in ("b", "a")))
    (one,) = findings(written(*objects), RULE)
    assert one.headline == "SecurityPolicy shop/b targets the same Gateway as a"
    assert one.condition == ("Accepted", "False", "Conflicted")
    assert one.why.endswith("the younger is rejected, so that its access control does not apply.")


def test_policies_of_different_namespaces_have_different_targets() -> None:
    objects = (a_policy("SecurityPolicy", "a", EDGE, {"jwt": {}}, namespace=name) for name in ("shop", "blog"))
    assert shared(*objects) == []


@pytest.mark.parametrize(
    ("kind", "first", "second", "is_shared"),
    [
        ("ClientSettingsPolicy", {"body": {"maxSize": "1m"}}, {"body": {"maxSize": "2m"}}, True),
        ("ClientSettingsPolicy", {"body": {"maxSize": "1m"}}, {"body": {"timeout": "2s"}}, False),
        ("ClientSettingsPolicy", {"body": {"maxSize": "1m"}}, {"keepAlive": {"requests": 1}}, False),
        ("RateLimitPolicy", {"rateLimit": {"local": {}}}, {"rateLimit": {"local": {}}}, False),
        ("RateLimitPolicy", {"rateLimit": {"dryRun": True}}, {"rateLimit": {"dryRun": False}}, True),
        ("ProxySettingsPolicy", {"timeout": {"read": "1s"}}, {"timeout": {"read": "2s"}}, True),
        ("ProxySettingsPolicy", {"timeout": 7}, {"timeout": {"read": "2s"}}, False),
        ("SnippetsPolicy", {"snippets": []}, {"snippets": []}, False),
    ],
)
def test_nginx_gateway_fabric_merges_policies_that_set_different_fields(kind: str, first: Any, second: Any, is_shared: bool) -> None:
    target = {"targetRef": EDGE} if kind == "ClientSettingsPolicy" else {"targetRefs": [EDGE]}
    one, two = (thing(kind, NGINX, name, {**target, **settings}) for name, settings in (("a", first), ("b", second)))
    assert len(shared(a_gateway(class_name="nginx"), one, two)) == is_shared
