"""What the API server accepts and refuses of an Ingress and an IngressClass, release by release: a table of cases.

No API server runs here. The cases are derived from its source, `pkg/apis/networking/validation/validation.go` (functions of that file are
named without a path), its tests, `pkg/apis/networking/v1/defaults.go`, and apimachinery `pkg/util/validation`. Every case is tried in every
release from 1.25 to 1.37, and with an unknown one.
"""

import json
from typing import Any, NamedTuple

import pytest

from k8slblint.admission.ingresses import class_refusals, ingress_refusals
from k8slblint.admission.refusal import FIRST, LAST, in_words
from k8slblint.checks import ingress_rejected
from k8slblint.model.rule import Problem
from tests import builders

ALWAYS = (FIRST, LAST)
OK: dict[str, str] = {}
ANNOTATION = "kubernetes.io/ingress.class"
TYPES = ("Ingress.networking.k8s.io", "IngressClass.networking.k8s.io")


class Case(NamedTuple):
    """`spec` of an Ingress, and what is refused where: words by path, in the releases `span`."""

    id: str
    spec: dict[str, Any]
    refused: dict[str, str]
    source: str
    span: tuple[int, int] = ALWAYS
    metadata: dict[str, Any] | None = None


def service(name: str = "web") -> dict[str, Any]:
    return {"service": {"name": name, "port": {"number": 80}}}


def by_port(**port: Any) -> dict[str, Any]:
    return {"service": {"name": "web", "port": port}}


def path(value: str | None = "/", kind: str | None = "Prefix", backend: dict[str, Any] | None = None) -> dict[str, Any]:
    found = {"path": value, "pathType": kind, "backend": service() if backend is None else backend}
    return {key: one for key, one in found.items() if one is not None}


def rule(*paths: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"rules": [{**fields, "http": {"paths": list(paths)}}]}


def host(name: str) -> dict[str, Any]:
    return rule(path(), host=name)


def tls(**fields: Any) -> dict[str, Any]:
    return {**host("a.example.com"), "tls": [fields]}


def named(name: str = "web", **fields: Any) -> dict[str, Any]:
    return {"name": name, **fields}


def classed(name: str, annotation: str | None = None) -> tuple[dict[str, Any], dict[str, Any]]:
    return {**host("a.example.com"), "ingressClassName": name}, {
        "name": "web",
        "annotations": {ANNOTATION: annotation} if annotation else {},
    }


def backend(**fields: Any) -> dict[str, Any]:
    return {"defaultBackend": fields}


def resource_backend(**fields: Any) -> dict[str, Any]:
    return backend(resource={"kind": "Bucket", "name": "static", **fields})


HOST, PATHS = "spec.rules[0].host", "spec.rules[0].http.paths"
PATH, TYPE, BACKEND = f"{PATHS}[0].path", f"{PATHS}[0].pathType", f"{PATHS}[0].backend"
DEFAULT = "spec.defaultBackend"
NUMBER, NAME = f"{DEFAULT}.service.port.number", f"{DEFAULT}.service.port.name"
ANNOTATED = f"metadata.annotations[{ANNOTATION}]"
RULES, SPEC, TLS = "validateIngressRules", "ValidateIngressSpec", "validateIngressTLS"
HTTP, BACKENDS, CREATE = "validateHTTPIngressPath", "validateIngressBackend", "ValidateIngressCreate"
TYPED = "validateIngressTypedLocalObjectReference"
META = "ValidateObjectMeta, NameIsDNSSubdomain"
NO_DNS, ABSOLUTE, WILD = "lowercase RFC 1123 subdomain", "must be an absolute path", "a wildcard DNS-1123 subdomain"
BAD_KEY = named(annotations={"a/b/c": "d"})
SAME, DIFFERENT = classed("nginx", "nginx"), classed("nginx", "traefik")
SINCE_36, UNTIL_35, UNTIL_26, SINCE_27 = (36, LAST), (FIRST, 35), (FIRST, 26), (27, LAST)
LONG = ".".join(["a" * 63] * 4)


def hosts(source: str, *good: str, bad: dict[str, str]) -> list[Case]:
    return [
        *(Case(f"host {name} is valid", host(name), OK, source) for name in good),
        *(Case(f"host {name} is refused", host(name), {HOST: words}, source) for name, words in bad.items()),
    ]


def paths(kind: str, *good: str, bad: dict[str, str]) -> list[Case]:
    return [
        *(Case(f"{kind} path {one} is valid", rule(path(one, kind)), OK, HTTP) for one in good),
        *(Case(f"{kind} path {one} is refused", rule(path(one, kind)), {PATH: words}, HTTP) for one, words in bad.items()),
    ]


CASES = [
    *hosts(
        RULES,
        *(
            "a.example.com",
            "localhost",
            "1.example.com",
            "a-b.example.com",
            "*.example.com",
            "*.a.example.com",
            "xn--bcher-kva.example.com",
        ),
        *("", "*.com", "a." + "b" * 63, "0a.example.com", "a" * 63),
        bad={
            "https://a.example.com": NO_DNS,
            "a.example.com:8080": NO_DNS,
            "a.example.com/shop": NO_DNS,
            "A.example.com": NO_DNS,
            "a_b.example.com": NO_DNS,
            "a.example.com.": NO_DNS,
            ".example.com": NO_DNS,
            "a..example.com": NO_DNS,
            "-a.example.com": NO_DNS,
            "a.example.com ": NO_DNS,
            "a.example.com,b.example.com": NO_DNS,
            "bücher.example.com": NO_DNS,
            "10.0.0.1": "must be a DNS name, not an IP address",
            "2001:db8::1": "must be a DNS name, not an IP address",
            "010.0.0.1": "must be a DNS name, not an IP address",
            "*": WILD,
            "*example.com": WILD,
            "a.*.example.com": WILD,
            "*.*.example.com": WILD,
            "*.": WILD,
            LONG: "must be no more than 253 characters",
        },
    ),
    Case("a rule without a host is valid", rule(path()), OK, RULES),
    Case("a host without paths is valid", {"rules": [{"host": "a.example.com"}]}, OK, "validateIngressRuleValue"),
    Case("an empty rule is valid", {"rules": [{}]}, OK, "validateIngressRuleValue"),
    Case("an empty list of paths is refused", rule(), {PATHS: "Required value"}, "validateHTTPIngressRuleValue"),
    *paths(
        "Prefix",
        *("/", "/a", "/a/", "/a.b", "/.a", "/a/.b", "/%20", "/a%2e", "/*", "/a(b)", "/...", "/a/..b"),
        bad={
            "a": ABSOLUTE,
            "*": ABSOLUTE,
            "//": "must not contain '//'",
            "/a//b": "must not contain '//'",
            "/./a": "must not contain '/./'",
            "/a/../b": "must not contain '/../'",
            "/a%2fb": "must not contain '%2f'",
            "/a%2Fb": "must not contain '%2F'",
            "/..": "cannot end with '/..'",
            "/a/.": "cannot end with '/.'",
        },
    ),
    *paths("Exact", "/", "/a", "/a.html", "/a?b", bad={"a": ABSOLUTE, "/a//": "must not contain '//'", "/a/..": "cannot end with '/..'"}),
    *paths(
        "ImplementationSpecific",
        *("/", "/a//b", "/..", "/%2f", "/(.*)", "/?(.*)", "/a(/|$)(.*)", ""),
        bad={"a": ABSOLUTE, "*": ABSOLUTE, "^/a": ABSOLUTE, "~ /a": ABSOLUTE},
    ),
    Case("an empty path is refused under Prefix", rule(path("")), {PATH: ABSOLUTE}, HTTP),
    Case("an empty path is refused under Exact", rule(path("", "Exact")), {PATH: ABSOLUTE}, HTTP),
    Case("a path that is left out is refused under Prefix", rule(path(None)), {f"{PATHS}[0]": ABSOLUTE}, HTTP),
    Case("a path that is left out is refused under Exact", rule(path(None, "Exact")), {f"{PATHS}[0]": ABSOLUTE}, HTTP),
    Case("a path may be left out under ImplementationSpecific", rule(path(None, "ImplementationSpecific")), OK, HTTP),
    *(
        Case(f"path type {kind!r} is refused", rule(path("/", kind)), {TYPE: "Unsupported value"}, HTTP)
        for kind in ("prefix", "exact", "PREFIX", "implementationSpecific", "Regex", "")
    ),
    Case("a missing path type is left to the schema", rule(path("/", None)), OK, "required in OpenAPI"),
    Case("a path type that is refused ends the checks of the path", rule(path("a", "prefix")), {TYPE: "Unsupported value"}, HTTP),
    Case("each path is judged", rule(path(), path("a")), {f"{PATHS}[1].path": ABSOLUTE}, HTTP),
    Case("no rules and no default backend", {"ingressClassName": "nginx"}, {"spec": "either `defaultBackend` or `rules`"}, SPEC),
    Case("an empty list of rules", {"rules": []}, {"spec": "either `defaultBackend` or `rules`"}, SPEC),
    Case("an empty spec", {}, {"spec": "either `defaultBackend` or `rules`"}, SPEC),
    Case("a default backend alone is valid", backend(**service()), OK, SPEC),
    Case("TLS needs rules too", {"tls": [{"hosts": ["a.example.com"]}]}, {"spec": "either `defaultBackend` or `rules`"}, SPEC),
    Case("an empty default backend", backend(), {DEFAULT: "resource or service backend is required"}, BACKENDS),
    Case("an empty backend of a path", rule(path(backend={})), {BACKEND: "resource or service backend is required"}, BACKENDS),
    Case("a null backend", rule({**path(), "backend": None}), OK, "null is left to the schema"),
    Case("the old form of a backend is an unknown field", rule(path(backend={"serviceName": "web", "servicePort": 80})), OK, "OpenAPI"),
    Case("service and resource", backend(**service(), resource={"kind": "A", "name": "b"}), {DEFAULT: "cannot set both"}, BACKENDS),
    Case("a port by number", backend(**by_port(number=8080)), OK, BACKENDS),
    Case("a port by name", backend(**by_port(name="http")), OK, BACKENDS),
    Case("a port by both", backend(**by_port(name="http", number=80)), {f"{DEFAULT}.service.port": "cannot set both"}, BACKENDS),
    Case("an empty name beside a number", backend(**by_port(name="", number=80)), OK, BACKENDS),
    Case("a zero beside a name", backend(**by_port(name="http", number=0)), OK, BACKENDS),
    Case("no port", backend(service={"name": "web"}), {f"{DEFAULT}.service": "port name or number is required"}, BACKENDS),
    Case("an empty port", backend(service={"name": "web", "port": {}}), {f"{DEFAULT}.service": "port name or number"}, BACKENDS),
    Case("a null port", backend(service={"name": "web", "port": None}), {f"{DEFAULT}.service": "port name or number"}, BACKENDS),
    Case("port zero is no port", backend(**by_port(number=0)), {f"{DEFAULT}.service.port": "port name or number is required"}, BACKENDS),
    *(
        Case(
            f"port {number} is refused",
            backend(**by_port(number=number)),
            {NUMBER: "between 1 and 65535"},
            BACKENDS,
        )
        for number in (-1, 65536, 80808)
    ),
    Case("port 65535 is valid", backend(**by_port(number=65535)), OK, BACKENDS),
    Case("port 1 is valid", backend(**by_port(number=1)), OK, BACKENDS),
    *(
        Case(f"port name {name!r} is refused", backend(**by_port(name=name)), {NAME: words}, BACKENDS)
        for name, words in {
            "80": "at least one letter",
            "HTTP": "only alpha-numeric",
            "http_1": "only alpha-numeric",
            "http--1": "consecutive hyphens",
            "-http": "must not begin or end",
            "a-name-that-is-too-long": "no more than 15",
            "use_annotation": "only alpha-numeric",
        }.items()
    ),
    Case("the port name of the AWS controller is valid", backend(**by_port(name="use-annotation")), OK, "IsValidPortName"),
    Case("a Service name", backend(**service("web-1")), OK, BACKENDS),
    Case("an empty Service name", backend(**service("")), {f"{DEFAULT}.service.name": "Required value"}, BACKENDS),
    *(
        Case(f"Service name {name!r} is refused", backend(**service(name)), {f"{DEFAULT}.service.name": words}, BACKENDS)
        for name, words in {
            "Web": "Invalid value",
            "web.shop": "Invalid value",
            "web_1": "Invalid value",
            "shop/web": "Invalid value",
            "web-": "Invalid value",
            "w" * 64: "no more than 63",
        }.items()
    ),
    Case("a Service name with a digit first", backend(**service("1web")), {f"{DEFAULT}.service.name": "DNS-1035"}, "KEP-5311", UNTIL_35),
    Case("a resource", resource_backend(), OK, TYPED),
    Case("a resource with a group", resource_backend(apiGroup="k8s.example.com"), OK, TYPED),
    Case("a group with a version", resource_backend(apiGroup="example.com/v1"), {f"{DEFAULT}.resource.apiGroup": NO_DNS}, TYPED),
    Case("an empty group", resource_backend(apiGroup=""), {f"{DEFAULT}.resource.apiGroup": NO_DNS}, TYPED),
    Case("an empty kind", resource_backend(kind=""), {f"{DEFAULT}.resource.kind": "Required value"}, TYPED),
    Case("an empty name of a resource", resource_backend(name=""), {f"{DEFAULT}.resource.name": "Required value"}, TYPED),
    Case("a name with a slash", resource_backend(name="a/b"), {f"{DEFAULT}.resource.name": "may not contain '/'"}, TYPED),
    Case("a kind with a percent sign", resource_backend(kind="a%b"), {f"{DEFAULT}.resource.kind": "may not contain '%'"}, TYPED),
    Case("a name of two dots", resource_backend(name=".."), {f"{DEFAULT}.resource.name": "may not be '..'"}, TYPED),
    Case("TLS without anything", tls(), OK, TLS),
    Case("TLS hosts", tls(hosts=["a.example.com", "*.example.com", "other.example.com"], secretName="a.b-c"), OK, TLS),
    Case("a TLS host with a scheme", tls(hosts=["https://a.example.com"]), {"spec.tls[0].hosts[0]": NO_DNS}, TLS),
    Case("a TLS host of one asterisk", tls(hosts=["*"]), {"spec.tls[0].hosts[0]": WILD}, TLS),
    Case("an empty TLS host", tls(hosts=[""]), {"spec.tls[0].hosts[0]": NO_DNS}, TLS),
    Case("a TLS host may be an address", tls(hosts=["10.0.0.1"]), OK, TLS),
    Case("the second TLS host", tls(hosts=["a.example.com", "B.example.com"]), {"spec.tls[0].hosts[1]": NO_DNS}, TLS),
    Case("an empty Secret name", tls(secretName=""), OK, "validateTLSSecretName"),
    Case("a Secret name with a namespace", tls(secretName="certs/a"), {"spec.tls[0].secretName": NO_DNS}, "validateTLSSecretName"),
    Case("a Secret name in upper case", tls(secretName="Cert"), {"spec.tls[0].secretName": NO_DNS}, "validateTLSSecretName"),
    Case("a Secret name with an underscore", tls(secretName="a_b"), {"spec.tls[0].secretName": NO_DNS}, "validateTLSSecretName"),
    Case("a class", classed("nginx")[0], OK, SPEC),
    Case("a class with a dot", classed("nginx.internal")[0], OK, SPEC),
    Case("an empty class", classed("")[0], {"spec.ingressClassName": NO_DNS}, SPEC),
    Case("a class in upper case", classed("Nginx")[0], {"spec.ingressClassName": NO_DNS}, SPEC),
    Case("a class with a slash", classed("k8s.io/ingress-nginx")[0], {"spec.ingressClassName": NO_DNS}, SPEC),
    Case(
        "two classes",
        DIFFERENT[0],
        {ANNOTATED: "must match `ingressClassName`"},
        CREATE,
        SINCE_27,
        DIFFERENT[1],
    ),
    Case(
        "two classes, earlier",
        DIFFERENT[0],
        {ANNOTATED: "can not be set"},
        "pull 115447",
        UNTIL_26,
        DIFFERENT[1],
    ),
    Case("one class twice", SAME[0], {ANNOTATED: "can not be set"}, "pull 115447", UNTIL_26, SAME[1]),
    Case("the annotation alone", host("a.example.com"), OK, CREATE, ALWAYS, {"name": "web", "annotations": {ANNOTATION: "nginx"}}),
    Case("a name with dots", host("a.example.com"), OK, META, ALWAYS, {"name": "a.b-c.1"}),
    Case("a name with an underscore", host("a.example.com"), {"metadata.name": NO_DNS}, META, ALWAYS, {"name": "a_b"}),
    Case("a name in upper case", host("a.example.com"), {"metadata.name": NO_DNS}, META, ALWAYS, {"name": "Web"}),
    Case("a namespace with a dot", host("a.b"), {"metadata.namespace": "RFC 1123 label"}, META, ALWAYS, named(namespace="a.b")),
    Case("a label value with a space", host("a.b"), {"metadata.labels.a": "valid label"}, META, ALWAYS, named(labels={"a": "b c"})),
    Case(
        "an annotation key with two slashes",
        host("a.b"),
        {"metadata.annotations[a/b/c]": "qualified name"},
        META,
        ALWAYS,
        BAD_KEY,
    ),
]


def ingress(case: Case) -> Any:
    document = {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": case.metadata or {"name": "web"}, "spec": case.spec}
    return builders.resource(json.dumps(document))


def _answers(case: Case, version: str | None) -> dict[str, str]:
    return {in_words(refusal.path): refusal.reason for refusal in ingress_refusals(ingress(case), version)}


def _is_told(case: Case, version: str | None) -> bool:
    answers = _answers(case, version)
    return set(answers) == set(case.refused) and all(words in answers[path] for path, words in case.refused.items())


def test_the_table_has_at_least_120_cases_with_names_of_their_own() -> None:
    assert len(CASES) >= 120
    assert len({case.id for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id[:60])
def test_each_release_refuses_what_its_api_server_refuses(case: Case) -> None:
    for minor in range(case.span[0], case.span[1] + 1):
        assert _is_told(case, f"1.{minor}"), _answers(case, f"1.{minor}")


@pytest.mark.parametrize("case", [case for case in CASES if case.span == ALWAYS], ids=lambda case: case.id[:60])
def test_an_unknown_release_refuses_what_all_releases_refuse(case: Case) -> None:
    assert _is_told(case, None), _answers(case, None)


def test_an_unknown_release_may_accept_one_class_twice_and_names_that_start_with_a_digit() -> None:
    quiet = [case for case in CASES if case.span != ALWAYS and "two classes" not in case.id]
    assert [case.id for case in quiet if _answers(case, None)] == []


CLASS = "spec.controller"
PARAMETERS = "spec.parameters"


def _class(spec: dict[str, Any]) -> dict[str, str]:
    document = {"apiVersion": "networking.k8s.io/v1", "kind": "IngressClass", "metadata": {"name": "nginx"}, "spec": spec}
    return {in_words(one.path): one.reason for one in class_refusals(builders.resource(json.dumps(document)))}


def parameters(**fields: Any) -> dict[str, Any]:
    return {"controller": "k8s.io/ingress-nginx", "parameters": {"kind": "Config", "name": "a", **fields}}


@pytest.mark.parametrize(
    "spec",
    [
        {"controller": "k8s.io/ingress-nginx"},
        {"controller": "example.com/a/b~c"},
        {"controller": "a/b"},
        parameters(),
        parameters(scope="Cluster"),
        parameters(scope="Namespace", namespace="shop"),
        {"controller": "${CONTROLLER}"},
    ],
)
def test_a_class_that_the_api_server_accepts_is_silent(spec: dict[str, Any]) -> None:
    assert _class(spec) == {}


@pytest.mark.parametrize(
    ("spec", "path", "words"),
    [
        ({}, "spec", "Required value"),
        ({"controller": ""}, CLASS, "Required value"),
        ({"controller": "nginx"}, CLASS, "domain-prefixed path"),
        ({"controller": "k8s.io/"}, CLASS, "domain-prefixed path"),
        ({"controller": "/nginx"}, CLASS, "domain-prefixed path"),
        ({"controller": "K8s.io/nginx"}, CLASS, "RFC 1123 subdomain"),
        ({"controller": "k8s.io/a b"}, CLASS, "HTTP request path"),
        ({"controller": f"k8s.io/{'a' * 250}"}, CLASS, "Too long"),
        (parameters(scope="cluster"), f"{PARAMETERS}.scope", "Unsupported value"),
        (parameters(scope="Namespace"), PARAMETERS, "Required value"),
        (parameters(scope="Namespace", namespace="a.b"), f"{PARAMETERS}.namespace", "RFC 1123 label"),
        (parameters(namespace="shop"), f"{PARAMETERS}.namespace", "Forbidden"),
        (parameters(scope="Cluster", namespace="shop"), f"{PARAMETERS}.namespace", "Forbidden"),
    ],
)
def test_a_class_that_the_api_server_refuses_is_told(spec: dict[str, Any], path: str, words: str) -> None:
    answers = _class(spec)
    assert set(answers) == {path}
    assert words in answers[path]


HEAD = "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: web}\n"
TWICE = """spec:
  tls: [{hosts: ["https://a.example.com"]}]
  rules:
    - host: https://a.example.com
      http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}
"""


def _problems(after: str, before: str | None = None) -> list[Problem]:
    return [one for one in builders.run(ingress_rejected.check, builders.graph(after, before), TYPES) if isinstance(one, Problem)]


def test_one_host_that_is_written_twice_is_one_mistake() -> None:
    (problem,) = _problems(HEAD + TWICE)
    assert problem.headline == "Ingress default/web has host 'https://a.example.com' in 2 places, which is not valid"
    assert [place.path for place in problem.related] == [("spec", "tls", 0, "hosts", 0)]
    assert problem.help.startswith("Write a lowercase DNS name")


@pytest.mark.parametrize("name", ["{0.__class__}", "{}", "{", "a{b!r}c"])
def test_braces_in_a_host_are_text(name: str) -> None:
    text = TWICE.replace("https://a.example.com", name).replace("- host: ", "- host: '").replace(name + "\n", name + "'\n")
    problems = _problems(HEAD + text)
    assert all("host" in problem.headline for problem in problems)


def test_a_live_ingress_may_keep_two_classes() -> None:
    text = "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: web, annotations: {kubernetes.io/ingress.class: traefik}}\n"
    text += "spec: {ingressClassName: nginx, defaultBackend: {service: {name: web, port: {number: 80}}}}\n"
    assert [one.severity for one in _problems(text)] == [None]
    assert [one.severity for one in _problems(text, text)] == ["warning"]


@pytest.mark.parametrize("spec", ["{ingressClassName: nginx}", "{tls: []}", "{}"])
def test_what_looks_like_a_patch_is_told_with_low_confidence(spec: str) -> None:
    assert {one.confidence for one in _problems(f"{HEAD}spec: {spec}\n")} == {"low"}


def test_a_strategic_merge_patch_is_silent() -> None:
    assert _problems(f"{HEAD}spec: {{rules: [{{$patch: replace}}]}}\n") == []


@pytest.mark.parametrize("version", ["extensions/v1beta1", "networking.k8s.io/v1beta1"])
def test_an_old_version_is_read_by_its_own_rules(version: str) -> None:
    assert _problems(HEAD.replace("networking.k8s.io/v1", version) + "spec: {}\n") == []


ODD = ["null", "3", "yes", "[]", "{}", "'${X}'", "[[]]", "{a: {b: []}}", "[null]", "[3, {}]", "{1: 2}", "!!binary aGk=", "{'${A}': 1}"]


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("form", ["{x: y, rules: %s}", "{rules: [{host: %s}]}", "{rules: [{http: %s}]}", "{rules: [{http: {paths: %s}}]}"])
def test_any_value_anywhere_is_survived(form: str, odd: str) -> None:
    list(ingress_refusals(builders.resource(f"{HEAD}spec: {form % odd}\n"), "1.37"))


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("field", ["path", "pathType", "backend", "service", "resource", "port", "number", "name"])
def test_any_value_in_a_path_is_survived(field: str, odd: str) -> None:
    port = f"{{number: 80, {field}: {odd}}}"
    backend = f"{{{field}: {odd}, service: {{{field}: {odd}, port: {port}}}}}"
    text = f"spec: {{rules: [{{http: {{paths: [{{path: /, {field}: {odd}, backend: {backend}}}]}}}}]}}\n"
    list(ingress_refusals(builders.resource(HEAD + text), None))


@pytest.mark.parametrize("odd", ODD)
def test_any_metadata_and_any_class_is_survived(odd: str) -> None:
    text = f"apiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {odd}\nspec: {{controller: {odd}, parameters: {odd}}}\n"
    for one in builders.resources(text):
        list(class_refusals(one))
        list(ingress_refusals(one, None))
