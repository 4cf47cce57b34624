"""What validating webhooks of Ingress controllers refuse, only where the manifests show the webhook; both sides, by setting and release."""

from typing import Any

import pytest

from tests.linting import findings, run
from tests.test_check_ingress_annotation_dangerous import settings
from tests.test_check_ingress_annotation_invalid import ALB, NGINX, chart, controller, ingress, ingress_class

RULE = "ingress-rejected"
WEBHOOK = "--validating-webhook=:8443"
CLASS = ingress_class("k8s.io/ingress-nginx")
ALB_CLASS = ingress_class("ingress.k8s.aws/alb")


def verdicts(*documents: str, **options: Any) -> list[str]:
    return [one.why for one in findings("---\n".join(documents), RULE, **options)]


def path(written: str, kind: str = "Prefix") -> str:
    return ingress({}).replace("path: /\n", f"path: '{written}'\n").replace("pathType: Prefix", f"pathType: {kind}")


def nginx(tag: str = "v1.15.1", *arguments: str) -> str:
    return controller(tag, WEBHOOK, *arguments)


@pytest.mark.parametrize(
    ("written", "kind", "tag", "is_refused"),
    [
        ("/shop", "Prefix", "v1.15.1", False),
        ("/shop_A-1/b", "Exact", "v1.15.1", False),
        ("/robots.txt", "Exact", "v1.15.1", False),
        ("/robots.txt", "Exact", "v1.12.5", True),
        ("/robots.txt", "Exact", "v1.12.6", False),
        ("/robots.txt", "Exact", "v1.13.1", True),
        ("/robots.txt", "Exact", "v1.13.2", False),
        ("/robots.txt", "Exact", "v1.14.0", False),
        ("/shop(/|$)(.*)", "Prefix", "v1.15.1", True),
        ("/shop(/|$)(.*)", "Exact", "v1.12.0", True),
        ("/shop(/|$)(.*)", "ImplementationSpecific", "v1.15.1", False),
        ("/shop(/|$)(.*)", "Prefix", "v1.11.8", False),
        ("/shop(/|$)(.*)", "Prefix", "latest", False),
        ("/a b", "Prefix", "v1.15.1", True),
        ("/a~b", "Prefix", "v1.15.1", True),
        ("/%41", "Prefix", "v1.15.1", True),
        ("/{{ .Values.path }}", "Prefix", "v1.15.1", False),
    ],
)
def test_paths_are_strict_since_1_12(written: str, kind: str, tag: str, *, is_refused: bool) -> None:
    assert bool(verdicts(path(written, kind), CLASS, nginx(tag))) is is_refused


@pytest.mark.parametrize(
    ("documents", "is_refused"),
    [
        ((nginx(),), True),
        ((controller("v1.15.1"),), False),
        ((), False),
        ((nginx(), settings(strict_validate_path_type="false")), False),
        ((nginx("v1.11.0"), settings(strict_validate_path_type="true")), True),
        ((nginx("latest"), settings(strict_validate_path_type="true")), True),
        ((nginx(), settings(strict_validate_path_type="maybe")), False),
        ((chart("flux", "4.12.1"),), True),
        ((chart("argo", "4.12.1"),), True),
        ((chart("flux", "4.11.1"),), False),
        ((chart("flux", "4.12.1", "{controller: {admissionWebhooks: {enabled: false}}}"),), False),
        ((chart("flux", "4.12.1", "{controller: {config: {strict-validate-path-type: 'false'}}}"),), False),
        ((chart("flux", "4.11.1", "{controller: {config: {strict-validate-path-type: 'true'}}}"),), True),
    ],
)
def test_the_webhook_must_be_in_the_manifests(documents: tuple[str, ...], *, is_refused: bool) -> None:
    assert bool(verdicts(path("/shop(.*)"), CLASS, *documents)) is is_refused


def test_an_ingress_of_another_controller_is_not_judged() -> None:
    assert verdicts(path("/shop(.*)"), ingress_class("traefik.io/ingress-controller"), nginx()) == []


DEFAULT = ingress({}).replace("spec:\n", "spec:\n  defaultBackend: {service: {name: web, port: {number: 80}}}\n")


@pytest.mark.parametrize(
    ("arguments", "is_refused"),
    [(("--disable-catch-all",), True), (("--disable-catch-all=true",), True), (("--disable-catch-all=false",), False), ((), False)],
)
def test_a_default_backend_is_refused_where_a_flag_says_so(arguments: tuple[str, ...], *, is_refused: bool) -> None:
    assert bool(verdicts(DEFAULT, CLASS, nginx("v1.15.1", *arguments))) is is_refused
    assert verdicts(ingress({}), CLASS, nginx("v1.15.1", *arguments)) == []


@pytest.mark.parametrize(
    ("words", "value", "is_refused"),
    [
        ("load_module, lua_package", "https://a.example.com/lua_package", True),
        ("load_module,lua_package", "https://a.example.com/", False),
        ("load_module,", "https://a.example.com/", False),
        ("", "https://a.example.com/", False),
    ],
)
def test_forbidden_words_are_refused(words: str, value: str, *, is_refused: bool) -> None:
    config = settings(annotation_value_word_blocklist=words)
    assert bool(verdicts(ingress({NGINX + "permanent-redirect": value}), CLASS, nginx(), config)) is is_refused
    assert verdicts(ingress({"example.com/note": value}), CLASS, nginx(), config) == []


def test_the_usual_prefix_is_refused_where_another_is_configured() -> None:
    other = nginx("v1.15.1", "--annotations-prefix=ingress.example.com")
    assert len(verdicts(ingress({NGINX + "limit-rps": "5", NGINX + "limit-rpm": "5"}), CLASS, other)) == 1
    assert verdicts(ingress({"ingress.example.com/limit-rps": "5"}), CLASS, other) == []
    assert verdicts(ingress({NGINX + "limit-rps": "5"}), CLASS, nginx()) == []


def alb(*arguments: str) -> str:
    return controller("x", *arguments).replace(
        "registry.k8s.io/ingress-nginx/controller:x", "public.ecr.aws/eks/aws-load-balancer-controller:v2.13.0"
    )


def conditions(text: str, service: str = "web") -> str:
    return ingress({ALB + f"conditions.{service}": text})


@pytest.mark.parametrize(
    ("text", "is_refused"),
    [
        ('[{"field":"host-header","hostHeaderConfig":{"values":["a.example.com"]}}]', False),
        ('[{"Field":"host-header","HostHeaderConfig":{"Values":["a.example.com"]}}]', False),
        ('[{"field":"host-header","hostHeaderConfig":{"regexValues":["^a"]}}]', False),
        ('[{"field":"host-header","hostHeaderConfig":{"values":["a"],"regexValues":["^a"]}}]', True),
        ('[{"field":"host-header"}]', True),
        ('[{"field":"host-header","hostHeaderConfig":{}}]', True),
        ('[{"field":"path-pattern","pathPatternConfig":{"values":["/a"]}}]', False),
        ('[{"field":"path-pattern","hostHeaderConfig":{"values":["/a"]}}]', True),
        ('[{"field":"http-header","httpHeaderConfig":{"httpHeaderName":"A","values":["a"]}}]', False),
        ('[{"field":"http-request-method","httpRequestMethodConfig":{"values":[]}}]', True),
        ('[{"field":"query-string","queryStringConfig":{"values":[{"key":"a","value":"b"}]}}]', False),
        ('[{"field":"source-ip","sourceIPConfig":{"values":["10.0.0.0/8"]}}]', False),
        ('[{"field":"source-ip","sourceIPConfig":{"values":[]}}]', True),
        ('[{"field":"quantum"}]', False),
        ('{"field":"host-header"}', True),
        ("[{field: host-header}]", True),
        ("[]", False),
        ("null", False),
        ("${CONDITIONS}", False),
    ],
)
def test_conditions_are_read_as_the_controller_reads_them(text: str, *, is_refused: bool) -> None:
    assert bool(verdicts(conditions(text), ALB_CLASS, alb())) is is_refused
    assert verdicts(conditions(text, "unused"), ALB_CLASS, alb()) == []
    assert verdicts(conditions(text), ALB_CLASS) == []


@pytest.mark.parametrize(
    ("arguments", "is_refused"),
    [
        (("--disable-ingress-group-name-annotation",), True),
        (("--disable-ingress-group-name-annotation=true",), True),
        (("--disable-ingress-group-name-annotation=false",), False),
        ((), False),
    ],
)
def test_a_group_is_refused_where_a_flag_says_so(arguments: tuple[str, ...], *, is_refused: bool) -> None:
    assert bool(verdicts(ingress({ALB + "group.name": "shop"}), ALB_CLASS, alb(*arguments))) is is_refused


def test_only_new_groups_are_refused() -> None:
    others = (ALB_CLASS, alb("--disable-ingress-group-name-annotation"))
    before = "---\n".join((ingress({ALB + "group.name": "shop"}), *others))
    assert verdicts(ingress({ALB + "group.name": "shop"}), *others, before=before) == []
    assert len(verdicts(ingress({ALB + "group.name": "other"}), *others, before=before)) == 1


def test_the_class_annotation_is_refused_where_a_flag_says_so() -> None:
    text = ingress({"kubernetes.io/ingress.class": "alb"}).replace("  ingressClassName: edge\n", "")
    assert len(verdicts(text, alb("--disable-ingress-class-annotation"))) == 1
    assert verdicts(text, alb()) == []


@pytest.mark.parametrize("odd", ["5", "[a]", "{a: b}", "null", "'" + "x" * 5_000 + "'", "'[x](y)`z`'"])
@pytest.mark.parametrize("field", ["path", "pathType", "host", "rules", "http", "paths", "annotations"])
def test_any_value_anywhere_is_survived(field: str, odd: str) -> None:
    text = ingress({NGINX + "limit-rps": "5"})
    for written in ("path: /", "pathType: Prefix", "host: shop.example.com", "rules:", "http:", "paths:", "annotations:"):
        if written.startswith(f"{field}:"):
            text = text.replace(written, f"{field}: {odd}\n#", 1)
    report, _ = run("---\n".join((text, CLASS, nginx("v1.15.1", "--disable-catch-all"), settings(annotation_value_word_blocklist="x"))))
    assert report.failures == ()


@pytest.mark.parametrize("text", ["[" * 50_000, '[{"field":' * 5_000, "9" * 50_000, '[{"field":"source-ip","sourceIPConfig":5}]', '["a"]'])
def test_hostile_conditions_are_survived(text: str) -> None:
    report, _ = run("---\n".join((conditions(text), ALB_CLASS, alb())))
    assert report.failures == ()
