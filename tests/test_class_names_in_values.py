"""Names of IngressClasses that values of charts state: who serves an Ingress of such a class, and that the class is not missing."""

import pytest

from k8slblint.traffic.ownership import ownership_of
from tests import linting

RELEASE = """\
---
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {{name: {name}, namespace: edge}}
spec:
  chart: {{spec: {{chart: {chart}, version: 30.0.0, sourceRef: {{kind: HelmRepository, name: edge}}}}}}
  values: {values}
"""
INGRESS = """\
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: shop}
spec:
  ingressClassName: inside
  rules: [{host: shop.example.com, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]
"""
OTHERS = """\
---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: outside}
spec: {controller: example.com/outside}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: other, namespace: shop}
spec: {ingressClassName: outside, rules: [{host: other.example.com}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: third, namespace: shop}
spec: {ingressClassName: outside, rules: [{host: third.example.com}]}
"""


def release(chart: str, values: str, name: str = "edge") -> str:
    return RELEASE.format(chart=chart, values=values, name=name)


def owners(text: str) -> tuple[str, ...]:
    graph = linting.run(text + INGRESS)[1]
    (web,) = graph.of_type("Ingress.networking.k8s.io")
    return ownership_of(web, graph).candidates


@pytest.mark.parametrize(
    ("chart", "values", "controller"),
    [
        ("ingress-nginx", "{controller: {ingressClassResource: {name: inside}}}", "ingress-nginx"),
        ("traefik", "{ingressClass: {name: inside}}", "traefik"),
        ("kubernetes-ingress", "{controller: {ingressClassResource: {name: inside}}}", "haproxytech"),
        ("haproxy-ingress", "{controller: {ingressClass: inside}}", "haproxy-ingress"),
        ("kong", "{ingressController: {ingressClass: inside}}", "kong"),
        ("aws-load-balancer-controller", "{ingressClass: inside}", "aws-lbc"),
        ("apisix-ingress-controller", "{config: {kubernetes: {ingressClass: inside}}}", "apisix"),
    ],
)
def test_the_chart_that_brings_a_class_serves_it(chart: str, values: str, controller: str) -> None:
    assert owners(release(chart, values)) == (controller,)


@pytest.mark.parametrize(
    "values",
    [
        "{controller: {ingressClassResource: {name: outside}}}",
        "{controller: {ingressClassResource: {name: [inside]}}}",
        "{controller: {ingressClassResource: inside}}",
        '{controller: {ingressClassResource: {name: "${CLASS}"}}}',
        "[a]",
        "inside",
    ],
)
def test_other_values_bring_no_such_class(values: str) -> None:
    assert owners(release("ingress-nginx", values)) == ()


def test_each_of_several_releases_brings_its_class() -> None:
    first = release("ingress-nginx", "{controller: {ingressClassResource: {name: inside}}}", "inside")
    second = release("ingress-nginx", "{controller: {ingressClassResource: {name: public}}}", "public")
    assert owners(first + second) == ("ingress-nginx",)


def test_an_object_of_the_name_decides() -> None:
    defined = OTHERS.partition("---\napiVersion: networking.k8s.io/v1\nkind: Ingress\n")[0].replace("outside}\n", "inside}\n", 1)
    assert "ingress-nginx" not in owners(defined + release("ingress-nginx", "{controller: {ingressClassResource: {name: inside}}}"))


@pytest.mark.parametrize(("name", "count"), [("inside", 0), ("elsewhere", 1)])
def test_a_class_that_a_chart_brings_is_not_missing(name: str, count: int) -> None:
    values = f"{{controller: {{ingressClassResource: {{name: {name}}}}}}}"
    found = linting.findings(INGRESS + OTHERS + release("ingress-nginx", values), "ingress-class-missing")
    assert len([one for one in found if "shop/web" in one.headline]) == count


CLASSLESS = INGRESS.replace("  ingressClassName: inside\n", "")


@pytest.mark.parametrize(
    ("version", "values", "expected"),
    [
        ("30.0.0", "{}", ("traefik",)),
        ("'>=26'", "{}", ("traefik",)),
        ("10.3.0", "{}", ()),
        ("10.3.0", "{ingressClass: {enabled: true, isDefaultClass: true}}", ("traefik",)),
        ("30.0.0", "{ingressClass: {enabled: false}}", ()),
        ("30.0.0", "{ingressClass: {isDefaultClass: false}}", ()),
    ],
)
def test_the_chart_of_traefik_makes_a_default_class_by_itself(version: str, values: str, expected: tuple[str, ...]) -> None:
    text = release("traefik", values, "traefik").replace("version: 30.0.0", f"version: {version}")
    graph = linting.run(text + CLASSLESS)[1]
    (web,) = graph.of_type("Ingress.networking.k8s.io")
    assert ownership_of(web, graph).candidates == expected


@pytest.mark.parametrize(("name", "class_name"), [("traefik", "traefik"), ("edge-traefik", "edge-traefik"), ("edge", "edge-traefik")])
def test_a_class_without_a_name_has_that_of_the_release(name: str, class_name: str) -> None:
    graph = linting.run(release("traefik", "{}", name) + INGRESS.replace("inside", class_name))[1]
    (web,) = graph.of_type("Ingress.networking.k8s.io")
    assert ownership_of(web, graph).candidates == ("traefik",)
    assert ownership_of(web, graph).confidence == "high"
