"""When a backend of an Ingress is told to be missing, which controllers accept a targetPort, and why else nothing is decided."""

import pytest

from k8slblint.checks import ingress_backend_missing
from k8slblint.graph.reads import INGRESS_KINDS
from k8slblint.model.loaded import Gap
from k8slblint.model.rule import Problem, Undecided
from tests import builders
from tests.gateway_texts import custom, files, service
from tests.linting import findings

RULE = "ingress-backend-missing"


def to(name: str, port: str = "number: 80") -> str:
    return f"{{service: {{name: {name}, port: {{{port}}}}}}}"


def ingress(*backends: str, namespace: str | None = "shop", class_name: str = "traefik", annotations: str = "{}", more: str = "") -> str:
    """An Ingress `web` with one path for each backend."""
    paths = ", ".join(f"{{path: /p{index}, pathType: Prefix, backend: {backend}}}" for index, backend in enumerate(backends))
    place = f", namespace: {namespace}" if namespace else ""
    return (
        f"apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{name: web{place}, annotations: {annotations}}}\n"
        f"spec:\n  ingressClassName: {class_name}\n  rules: [{{http: {{paths: [{paths}]}}}}]\n{more}"
    )


def old(backend: str, api_version: str = "extensions/v1beta1") -> str:
    """An Ingress of a version that the API server serves no more."""
    return (
        f"apiVersion: {api_version}\nkind: Ingress\nmetadata:\n  name: web\n  namespace: shop\n"
        "  annotations: {kubernetes.io/ingress.class: traefik}\n"
        f"spec: {{rules: [{{http: {{paths: [{{path: /, backend: {backend}}}]}}}}]}}\n"
    )


def action(content: str, name: str = "forward") -> str:
    """An Ingress of the AWS Load Balancer Controller with a backend that is an action."""
    key = f"alb.ingress.kubernetes.io/actions.{name}"
    return ingress(to(name, "name: use-annotation"), class_name="alb", annotations=f"{{{key}: '{content}'}}")


def problems(text: str) -> list[Problem | Undecided]:
    return builders.run(ingress_backend_missing.check, builders.graph(text), INGRESS_KINDS)


def problem(text: str) -> Problem:
    (found,) = problems(text)
    assert isinstance(found, Problem)
    return found


BOTH = (service("web"), service("shop"))
FORWARD = '{"type":"forward","forwardConfig":{"targetGroups":[{"serviceName":"%s","servicePort":%s,"weight":1}]}}'

NO_SERVICE = {
    "a letter too few": (files(ingress(to("chekout")), service("checkout")), "Write `name: checkout`", "high"),
    "two letters swapped": (files(ingress(to("chekcout")), service("checkout")), "Write `name: checkout`", "high"),
    "of the default backend": (
        files(ingress(more="  defaultBackend: {service: {name: oders, port: {number: 80}}}\n"), service("orders")),
        "Write `name: orders`",
        "high",
    ),
    "of the old API": (files(old("{serviceName: oders, servicePort: 80}"), service("orders")), "Write `serviceName: orders`", "high"),
    "of the beta API": (
        files(old("{serviceName: oders, servicePort: 80}", "networking.k8s.io/v1beta1"), service("orders")),
        "Write `serviceName: orders`",
        "high",
    ),
    "of an action": (files(action(FORWARD % ("oders", 80)), service("orders")), "Write `serviceName: orders`", "high"),
    "of an action in other letters": (
        files(action('{"Type":"forward","ForwardConfig":{"TargetGroups":[{"ServiceName":"oders","ServicePort":80}]}}'), service("orders")),
        "Write `serviceName: orders`",
        "high",
    ),
    "nothing alike": (files(ingress(to("web"), to("shop"), to("api")), *BOTH), "add the Service to namespace shop", "medium"),
    "one of another namespace": (
        files(ingress(to("web"), to("shop"), to("api")), *BOTH, service("api", "backend")),
        "Namespace backend has a Service of this name",
        "medium",
    ),
}


@pytest.mark.parametrize(("text", "way_out", "confidence"), NO_SERVICE.values(), ids=NO_SERVICE)
def test_a_service_that_does_not_exist_is_reported(text: str, way_out: str, confidence: str) -> None:
    found = problem(text)
    assert "does not exist" in found.headline
    assert way_out in found.help
    assert (found.severity, found.confidence) == (None, confidence)


NO_PORT = {
    "another number": (files(ingress(to("web", "number: 81")), service("web")), "number", "Write `number: 80`"),
    "another name": (
        files(ingress(to("web", "name: https")), service("web", ports="[{name: http, port: 80}]")),
        "name",
        "Write `name: http`",
    ),
    "a name where the port has none": (files(ingress(to("web", "name: http")), service("web")), "name", "Write `number: 80`"),
    "one of several": (
        files(ingress(to("web", "number: 81")), service("web", ports="[{name: a, port: 80}, {name: b, port: 443}]")),
        "number",
        "Write a port of the Service",
    ),
    "the nodePort": (
        files(ingress(to("web", "number: 30080"), class_name="nginx"), service("web", ports="[{port: 80, nodePort: 30080}]")),
        "number",
        "Write `number: 80`",
    ),
    "of the old API": (files(old("{serviceName: web, servicePort: 81}"), service("web")), "servicePort", "Write `servicePort: 80`"),
    "of an action": (
        files(action(FORWARD % ("web", 81)), service("web")),
        "alb.ingress.kubernetes.io/actions.forward",
        "Write `servicePort: 80`",
    ),
    "a number in quotes": (
        files(action(FORWARD % ("web", '"81"')), service("web")),
        "alb.ingress.kubernetes.io/actions.forward",
        "Write `servicePort: 80`",
    ),
    "of a headless Service without ports": (
        files(ingress(to("web")), service("web", ports="[]", more="  clusterIP: None\n")),
        "number",
        "Write a port of the Service",
    ),
    "with an operator in the namespace": (
        files(ingress(to("web", "number: 81")), service("web"), custom("Kafka", "kafka.strimzi.io/v1")),
        "number",
        "Write `number: 80`",
    ),
}


@pytest.mark.parametrize(("text", "field", "way_out"), NO_PORT.values(), ids=NO_PORT)
def test_a_port_that_the_service_lacks_is_an_error(text: str, field: str, way_out: str) -> None:
    found = problem(text)
    assert found.path[-1] == field
    assert "lacks" in found.headline
    assert way_out in found.help
    assert (found.severity, found.confidence) == ("error", "high")
    assert found.related[0].resource.kind == "Service"


NGINX_CLASS = (
    "apiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {name: nginx}\nspec: {controller: nginx.org/ingress-controller}\n"
)
NAMED = service("web", ports="[{port: 80, targetPort: http}]")
TARGET_PORT = {
    "Traefik": (files(ingress(to("web", "number: 8080")), service("web")), "error"),
    "the AWS controller": (files(ingress(to("web", "number: 8080"), class_name="alb"), service("web")), "error"),
    "Contour": (files(ingress(to("web", "number: 8080"), class_name="contour"), service("web")), "error"),
    "F5 NGINX": (files(ingress(to("web", "number: 8080"), class_name="nginx"), service("web"), NGINX_CLASS), "error"),
    "some NGINX": (files(ingress(to("web", "number: 8080"), class_name="nginx"), service("web")), "warning"),
    "the build of ingress-nginx for AKS": (
        files(
            ingress(to("web", "number: 8080"), class_name="nginx"),
            service("web"),
            NGINX_CLASS.replace("nginx.org/ingress-controller", "webapprouting.kubernetes.azure.com/nginx"),
        ),
        "note",
    ),
    "ingress-nginx by its class": (
        files(
            ingress(to("web", "number: 8080"), class_name="ours", annotations="{nginx.ingress.kubernetes.io/auth-url: x}"),
            service("web"),
            NGINX_CLASS.replace("nginx.org/ingress-controller", "k8s.io/ingress-nginx").replace("name: nginx", "name: ours"),
        ),
        "warning",
    ),
    "some HAProxy": (files(ingress(to("web", "number: 8080"), class_name="haproxy"), service("web")), "warning"),
    "an unknown controller": (files(ingress(to("web", "number: 8080"), class_name="ours"), service("web")), "warning"),
    "Kong and a number": (files(ingress(to("web", "number: 8080"), class_name="kong"), service("web")), "error"),
    "Kong and a name": (files(ingress(to("web", "name: http"), class_name="kong"), NAMED), "note"),
    "Traefik and a name": (files(ingress(to("web", "name: http")), NAMED), "error"),
}


@pytest.mark.parametrize(("text", "severity"), TARGET_PORT.values(), ids=TARGET_PORT)
def test_a_target_port_is_as_severe_as_its_controllers_make_it(text: str, severity: str) -> None:
    found = problem(text)
    assert "is the `targetPort`; the port of the Service is 80" in found.why
    assert (found.severity, found.help) == (severity, "Write `number: 80`.")


def test_backends_that_miss_the_same_are_one_problem() -> None:
    found = problem(files(ingress(*[to("web", "number: 81")] * 3), service("web")))
    assert [place.message for place in found.related].count("The same backend.") == 2


SILENT = {
    "a port by number": files(ingress(to("web")), service("web")),
    "a port by name": files(ingress(to("web", "name: http")), service("web", ports="[{name: http, port: 80}]")),
    "a number in quotes of the old API": files(old("{serviceName: web, servicePort: '80'}"), service("web")),
    "an alias of a host outside": files(ingress(to("web")), service("web", ports="[]", more="  type: ExternalName\n")),
    "another port of such an alias": files(ingress(to("web", "number: 443")), service("web", more="  type: ExternalName\n")),
    "a resource": files(ingress("{resource: {apiGroup: k8s.example.com, kind: Bucket, name: wob}}"), service("web")),
    "a redirect by an action": files(action('{"Type":"redirect","RedirectConfig":{"Protocol":"HTTPS"}}', "ssl-redirect"), service("web")),
    "a fixed response": files(action('{"type":"fixed-response"}'), service("web")),
    "an action that is no JSON": files(action("forward"), service("web")),
    "a number in quotes of an action": files(action(FORWARD % ("web", '"80"')), service("web")),
    "a target group by its address": files(action('{"type":"forward","targetGroupARN":"arn:aws:x"}'), service("web")),
    "no port": files(ingress("{service: {name: web}}"), service("web")),
}


@pytest.mark.parametrize("text", SILENT.values(), ids=SILENT)
def test_what_serves_or_may_is_silent(text: str) -> None:
    assert problems(text) == []


REDIRECT = '{"Type":"redirect","RedirectConfig":{"Protocol":"HTTPS","StatusCode":"HTTP_301"}}'


def with_action(*backends: str, name: str = "ssl-redirect", content: str = REDIRECT, class_name: str = "alb") -> str:
    """An Ingress with an action of a name and such backends."""
    return ingress(*backends, class_name=class_name, annotations=f"{{'alb.ingress.kubernetes.io/actions.{name}': '{content}'}}")


USED = "name: use-annotation"
ROLLOUT = "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: web, namespace: shop}\nspec: {template: {}}\n"
LOST = {
    "a number for the port": (with_action(to("ssl-redirect"), to("web")), "instead of the action", "`port: {name: use-annotation}`"),
    "a name for the port": (with_action(to("ssl-redirect", "name: http"), to("web")), "instead of the action", "use-annotation"),
    "of the old API": (
        old("{serviceName: ssl-redirect, servicePort: 80}").replace(
            "kubernetes.io/ingress.class: traefik",
            f"kubernetes.io/ingress.class: alb, alb.ingress.kubernetes.io/actions.ssl-redirect: '{REDIRECT}'",
        ),
        "instead of the action",
        "`servicePort: use-annotation`",
    ),
    "a redirect without the annotation": (
        ingress(to("ssl-redirect", USED), to("web"), class_name="alb"),
        "which it does not have",
        "Add annotation `actions.ssl-redirect`",
    ),
    "an action of another product": (
        ingress(to("forward", USED), to("web"), class_name="alb", annotations="{a.example.com/actions.forward: x}"),
        "which it does not have",
        "Add annotation `actions.forward`",
    ),
    "an action of another name": (
        with_action(to("forward", USED), to("web"), name="forwrd"),
        "which it does not have",
        "Add annotation `actions.forward`",
    ),
}


@pytest.mark.parametrize(("text", "words", "way_out"), LOST.values(), ids=LOST)
def test_an_action_that_its_backend_does_not_find_is_reported(text: str, words: str, way_out: str) -> None:
    found = problem(files(text, service("web")))
    assert words in found.headline
    assert way_out in found.help
    assert found.confidence == "high"


def test_backends_that_lead_to_the_same_lost_action_are_one_problem() -> None:
    found = problem(files(with_action(*[to("ssl-redirect")] * 3, to("web")), service("web")))
    assert [place.path[-1] for place in found.related] == ["alb.ingress.kubernetes.io/actions.ssl-redirect", "name", "name"]


NOT_LOST = {
    "both of them": (with_action(to("ssl-redirect", USED), to("web")), service("web")),
    "a backend beside one for the action": (with_action(to("web"), to("web", USED), name="web"), service("web")),
    "a Service of the name of the action": (with_action(to("web"), name="web"), service("web")),
    "an action that may be written for a Service": (ingress(to("web", USED), class_name="alb"), service("web")),
    "an action that a Rollout may write": (ingress(to("root", USED), to("web"), class_name="alb"), service("web"), ROLLOUT),
    "a key that is filled in": (with_action(to("root", USED), to("web"), name="${ACTION}"), service("web")),
    "a list, as Alibaba Cloud has it": (with_action(to("web"), name="web", content="[]"), service("web")),
    "an action that forwards to the Service of its name": (
        with_action(
            to("gateway"),
            to("web"),
            name="gateway",
            content='{"Type":"forward","ForwardConfig":{"TargetGroups":[{"ServiceName":"gateway","ServicePort":"80"}]}}',
        ),
        service("web", "other"),
    ),
    "another controller": (ingress(to("redirect", USED), to("web")), service("web")),
}


@pytest.mark.parametrize("texts", NOT_LOST.values(), ids=NOT_LOST)
def test_actions_that_are_found_or_may_be_are_silent(texts: tuple[str, ...]) -> None:
    assert not [one for one in problems(files(*texts)) if isinstance(one, Problem)]


UNKNOWN = {
    "no other Service of the namespace": (files(ingress(to("web")), service("web", "other")), "no other Service of namespace 'shop'"),
    "most Services": (files(ingress(to("web"), to("api"), to("checkout")), service("web")), "most Services of namespace 'shop'"),
    "a short name that is alike": (files(ingress(to("api")), service("app")), "most Services"),
    "a canary": (files(ingress(to("web-canary")), service("web")), "Flagger or Argo Rollouts"),
    "a preview": (files(ingress(to("web-preview")), service("web")), "Flagger or Argo Rollouts"),
    "an operator": (files(ingress(to("grafna")), service("grafana"), custom("Kafka", "kafka.strimzi.io/v1")), "Kafka"),
    "a release of Flux": (
        files(ingress(to("grafna")), service("grafana"), custom("HelmRelease", "helm.toolkit.fluxcd.io/v2")),
        "HelmRelease",
    ),
    "a placeholder as name": (files(ingress(to("'${APP}'")), service("web")), "placeholder"),
    "a placeholder as port": (files(ingress(to("web", "name: '${PORT}'")), service("web")), "placeholder"),
    "a placeholder in the ports": (files(ingress(to("web")), service("web", ports="[{port: '${PORT}'}]")), "placeholder"),
    "a Service without ports": (files(ingress(to("web")), service("web", ports="[]")), "only a headless Service may"),
}


@pytest.mark.parametrize(("text", "words"), UNKNOWN.values(), ids=UNKNOWN)
def test_what_may_exist_at_run_time_is_not_decided(text: str, words: str) -> None:
    found = problems(text)
    assert found
    assert all(isinstance(one, Undecided) and words in one.reason for one in found)


def test_a_file_that_could_not_be_read_may_hold_the_service() -> None:
    texts = builders.resources(files(ingress(to("oders")), service("orders")))
    linted = builders.graph_of(texts, gaps=[Gap("chart.yaml", "unrendered template")])
    (found,) = builders.run(ingress_backend_missing.check, linted, INGRESS_KINDS)
    assert isinstance(found, Undecided)


HOSTILE = ["1", "[]", "{service: 1}", "{service: {name: [], port: 1}}", "{service: {name: web, port: {number: [], name: {}}}}"]
HOSTILE += ["{service: {name: web, port: {number: true}}}", "{serviceName: web, servicePort: {a: b}}"]


@pytest.mark.parametrize("backend", HOSTILE)
def test_backends_of_wrong_types_do_no_harm(backend: str) -> None:
    problems(files(ingress(backend), service("web")))
    problems(files(old(backend), service("web", ports="[1, {port: []}]")))


@pytest.mark.parametrize("port", ['"%s"' % ("9" * 5000), "[[]]", '{"a":1}', "1e400", "true", "null", '"\\u0662"'])
def test_ports_of_actions_that_are_no_ports_do_no_harm(port: str) -> None:
    problems(files(action(FORWARD % ("web", port)), service("web")))


def test_a_long_name_keeps_every_text_within_its_limits() -> None:
    name = "n" * 253
    assert isinstance(problem(files(ingress(to(name, f"name: {name}")), service(name))), Problem)
    assert isinstance(problem(files(ingress(to("web"), to("shop"), to(f"{name}x")), *BOTH)), Problem)


def test_a_port_in_another_file_without_a_namespace_is_less_sure() -> None:
    apart = {"a/ingress.yaml": ingress(to("web", "number: 81"), namespace=None), "a/service.yaml": service("web", None)}
    assert [one.confidence for one in findings(apart, RULE)] == ["medium"]


@pytest.mark.parametrize(("folder", "count"), [("tests/fixtures", 0), ("examples", 0), ("apps", 1)])
def test_fixtures_and_samples_are_spared(folder: str, count: int) -> None:
    texts = files(ingress(to("oders")), service("orders"))
    assert len(findings({f"{folder}/a.yaml": texts}, RULE)) == count
