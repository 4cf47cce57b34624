"""Which Ingresses have a class that no controller serves, or an annotation in the place of the field."""

import pytest

from k8slblint.model.finding import Finding
from tests.linting import findings, scoped

MISSING, ANNOTATION = "ingress-class-missing", "ingress-class-annotation"


def ingress(name: str = "web", annotation: str = "", field: str = "") -> str:
    written = f"kubernetes.io/ingress.class: {annotation}" if annotation else ""
    class_name = f"ingressClassName: {field}, " if field else ""
    return (
        f"apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{name: {name}, namespace: shop, annotations: {{{written}}}}}\n"
        f"spec: {{{class_name}defaultBackend: {{service: {{name: {name}, port: {{number: 80}}}}}}}}\n---\n"
    )


def ingress_class(name: str, controller: str = "k8s.io/ingress-nginx", *, is_default: bool = False) -> str:
    default = "ingressclass.kubernetes.io/is-default-class: 'true'" if is_default else ""
    metadata = f"{{name: {name}, annotations: {{{default}}}}}"
    return f"apiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {metadata}\nspec: {{controller: {controller}}}\n---\n"


def workload(image: str, *args: str) -> str:
    container = f"{{name: c, image: '{image}', args: [{', '.join(map(repr, args))}]}}"
    name = image.rpartition("/")[2].partition(":")[0]
    pods = f"{{metadata: {{labels: {{a: b}}}}, spec: {{containers: [{container}]}}}}"
    spec = f"{{selector: {{matchLabels: {{a: b}}}}, template: {pods}}}"
    return f"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}, namespace: edge}}\nspec: {spec}\n---\n"


NGINX = workload("registry.k8s.io/ingress-nginx/controller:v1.15.1")
SHOWN = ingress_class("public-web") + ingress("a", field="public-web") + ingress("b", field="public-web")


def missing(*manifests: str, platform: str = "eks") -> list[Finding]:
    return findings("".join(manifests), MISSING, config=scoped(platform=platform))


def annotated(*manifests: str) -> list[Finding]:
    return findings("".join(manifests), ANNOTATION)


@pytest.mark.parametrize(
    ("manifests", "confidence"),
    [
        ((SHOWN, ingress(field="pubic-web")), "high"),
        ((SHOWN, ingress(field="internal")), "medium"),
        ((SHOWN, NGINX, ingress()), "medium"),
        ((workload("traefik:v3.7"), workload("ghcr.io/projectcontour/contour:v1.33"), ingress()), "medium"),
    ],
)
def test_classes_that_are_missing(manifests: tuple[str, ...], confidence: str) -> None:
    [finding] = missing(*manifests)
    assert finding.confidence == confidence


@pytest.mark.parametrize(
    "manifests",
    [
        (SHOWN, ingress(field="alb")),
        (SHOWN, ingress(field="${CLASS}")),
        (SHOWN, ingress(annotation="pubic-web")),
        (SHOWN, ingress()),
        (SHOWN, workload("ghcr.io/projectcontour/contour:v1.33"), ingress(field="internal")),
        (SHOWN, workload("example.com/own:1", "--ingress-class=internal"), ingress(field="internal")),
        (SHOWN, workload("registry.k8s.io/ingress-nginx/controller:v1.15.1", "--watch-ingress-without-class=true"), ingress()),
        (SHOWN, NGINX, workload("traefik:v3.7"), ingress()),
        (ingress_class("nginx", is_default=True), NGINX, ingress()),
        (ingress_class("public-web"), ingress(field="internal")),
        (NGINX, ingress()),
    ],
)
def test_classes_that_may_be_elsewhere(manifests: tuple[str, ...]) -> None:
    assert missing(*manifests) == []


def test_without_a_class_on_platforms_that_may_serve_it() -> None:
    for platform in ("gke", "bare-metal", "alibaba"):
        assert missing(SHOWN, NGINX, ingress(), platform=platform) == []


def test_gke_does_not_read_the_field() -> None:
    assert [finding.confidence for finding in missing(ingress(field="gce"), platform="gke")] == ["high"]
    assert missing(ingress(field="gce"), platform="eks") == []
    assert missing(ingress_class("gce", "example.com/own"), ingress(field="gce"), platform="gke") == []


def test_two_controllers_answer_to_one_annotation() -> None:
    f5 = workload("nginx/nginx-ingress:5.5.4")
    [finding] = missing(NGINX, f5, ingress(annotation="nginx"))
    assert "several controllers" in finding.headline
    assert missing(NGINX, workload("traefik:v3.7"), ingress(annotation="nginx")) == []
    assert missing(NGINX, f5, ingress(annotation="other")) == []


def test_two_default_classes() -> None:
    one, other = ingress_class("one", is_default=True), ingress_class("two", is_default=True)
    [finding] = missing(one, other)
    assert finding.headline == "IngressClass two is a default class beside one"
    assert findings({"staging/c.yaml": one, "production/c.yaml": other}, MISSING) == []


@pytest.mark.parametrize(
    ("annotation", "field", "words"),
    [
        ("contour", "traefik", "Both"),
        ("traefik", "contour", "No controller serves it"),
        ("traefik", "apisix", "APISIX"),
        ("contour", "istio", "goes by the annotation"),
        ("nginx", "traefik", "depends on the controller"),
    ],
)
def test_who_serves_an_ingress_with_two_classes(annotation: str, field: str, words: str) -> None:
    [finding] = annotated(ingress(annotation=annotation, field=field))
    assert words in finding.why
    assert finding.severity == "warning"


def test_an_annotation_that_its_controller_does_not_read() -> None:
    [finding] = annotated(workload("haproxytech/kubernetes-ingress:3.2"), ingress(annotation="haproxy"))
    assert "does not read" in finding.headline
    [finding] = annotated(workload("quay.io/jcmoraisjr/haproxy-ingress:v0.16"), ingress(annotation="haproxy"))
    assert "by an annotation" in finding.headline


def test_the_same_class_twice_is_a_note() -> None:
    assert [finding.severity for finding in annotated(ingress(annotation="traefik", field="traefik"))] == ["note"]
