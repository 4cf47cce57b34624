"""What `ingress-vendor-annotation` says, how sure it is, and what its parameters accept; where it fires stands in the fixtures."""

import json
from collections.abc import Sequence
from typing import Any, cast

import pytest

from k8slblint.checks.ingress_vendor_annotation import check
from k8slblint.model.node import Node
from k8slblint.model.resource import Resource, SourceText
from k8slblint.model.rule import Problem
from k8slblint.model.scope import ScopeSettings
from k8slblint.model.texts import HEADLINE, PROSE, fitted
from k8slblint.shipped import catalogs_folder
from tests.builders import graph_of
from tests.texts import words_of

NGINX = "nginx.ingress.kubernetes.io/"
ALB = "alb.ingress.kubernetes.io/"


def resource(value: dict[str, Any]) -> Resource:
    return Resource(Node(value, 1, 1, 1, 2), "app.yaml", SourceText(""))


def ingress_class(name: str, controller: str) -> Resource:
    return resource(
        {"apiVersion": "networking.k8s.io/v1", "kind": "IngressClass", "metadata": {"name": name}, "spec": {"controller": controller}}
    )


def controller(image: str) -> Resource:
    """A Deployment that runs a controller."""
    pod = {"metadata": {"labels": {"app": "x"}}, "spec": {"containers": [{"name": "x", "image": image}]}}
    return resource({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "x"}, "spec": {"template": pod}})


def problems(
    annotations: dict[str, Any],
    *classes: Resource,
    class_name: str | None = None,
    platform: str = "unknown",
    allowed_annotations: Sequence[str] = (),
    allowed_vendors: Sequence[str] = (),
) -> list[Problem]:
    spec = {"ingressClassName": class_name} if class_name else {}
    metadata = {"name": "web", "namespace": "shop", "annotations": annotations}
    ingress = resource({"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": metadata, "spec": spec})
    graph = graph_of([*classes, ingress], settings=ScopeSettings(platform=platform))
    return list(check(ingress, graph, allowed_annotations=allowed_annotations, allowed_vendors=allowed_vendors))


def only(annotations: dict[str, Any], *classes: Resource, **options: Any) -> Problem:
    (problem,) = problems(annotations, *classes, **options)
    return problem


def test_the_place_is_the_key() -> None:
    problem = only({NGINX + "affinity": "cookie"})
    assert (problem.path, problem.at) == (("metadata", "annotations", NGINX + "affinity"), "key")


def places(problem: Problem) -> list[str]:
    """Return what is said of each key."""
    return [place.message for place in problem.related]


def test_a_field_of_the_api_is_named_with_channel_release_and_fidelity() -> None:
    problem = only({NGINX + "affinity": "cookie"})
    assert problem.headline == "An annotation ties Ingress shop/web to ingress-nginx (no longer maintained)"
    assert problem.why == "Any other controller ignores such keys: requests fail or go elsewhere. ingress-nginx is no longer maintained."
    assert places(problem) == [
        (
            f"{NGINX}affinity -> HTTPRoute.spec.rules[].sessionPersistence.type=Cookie (experimental channel since v1.1.0, partial:"
            " few implementations)"
        )
    ]
    assert problem.confidence == "high"


def test_an_ingress_gets_one_finding_with_a_place_for_each_key() -> None:
    problem = only({NGINX + "affinity": "cookie", NGINX + "auth-type": "basic", NGINX + "proxy-body-size": "8m"})
    assert problem.headline == "3 annotations tie Ingress shop/web to ingress-nginx (no longer maintained)"
    assert [place.path[-1] for place in problem.related] == [NGINX + "affinity", NGINX + "auth-type", NGINX + "proxy-body-size"]
    assert "protection that they configure silently disappears" in problem.why


@pytest.mark.parametrize(
    ("annotation", "served_by", "image", "severity"),
    [
        ("nginx.org/hsts", None, "", "note"),
        ("nginx.org/hsts", None, "nginx/nginx-ingress:5.1", "note"),
        ("nginx.org/hsts", "nginx.org/ingress-controller", "", "note"),
        (NGINX + "affinity", "k8s.io/ingress-nginx", "", None),
        (NGINX + "affinity", None, "registry.k8s.io/ingress-nginx/controller:v1.15.1", None),
    ],
)
def test_a_maintained_controller_in_the_tree_makes_it_a_note(
    annotation: str, served_by: str | None, image: str, severity: str | None
) -> None:
    others = ([ingress_class("edge", served_by)] if served_by else []) + ([controller(image)] if image else [])
    assert only({annotation: "x"}, *others, class_name="edge").severity == severity


def test_a_need_without_a_field_is_answered_with_policies_of_implementations() -> None:
    (place,) = places(only({NGINX + "allowlist-source-range": "10.0.0.0/8"}))
    assert "-> no field, only policies such as Envoy Gateway " in place
    assert place.endswith("(implementation-specific)")


def test_a_key_without_any_equivalent_says_so() -> None:
    problem = only({NGINX + "proxy-http-version": "1.0"})
    assert places(problem) == [f"{NGINX}proxy-http-version -> no equivalent in Gateway API"]
    assert "has no equivalent" in problem.help


@pytest.mark.parametrize(
    ("key", "protecting", "open_value"),
    [
        (ALB + "scheme", "internal", "internet-facing"),
        (NGINX + "allowlist-source-range", "10.0.0.0/8", "0.0.0.0/0"),
    ],
)
def test_a_value_that_asks_for_no_protection_loses_none(key: str, protecting: Any, open_value: Any) -> None:
    assert "silently disappears" in words_of(only({key: protecting}))
    assert "Any other controller ignores such keys." in words_of(only({key: open_value}))


@pytest.mark.parametrize(
    ("key", "value", "is_tie"),
    [
        ("ssl-redirect", "true", True),
        ("ssl-redirect", "false", False),  # nor does any other controller redirect then
        ("ssl-redirect", False, False),
        ("auth-tls-verify-client", "off", False),
        ("force-ssl-redirect", " False ", False),
        ("enable-access-log", "false", True),  # others write one
        ("proxy-request-buffering", "off", True),
    ],
)
def test_a_value_that_switches_off_what_no_controller_has_on_ties_to_nothing(key: str, value: Any, *, is_tie: bool) -> None:
    assert bool(problems({NGINX + key: value})) == is_tie


@pytest.mark.parametrize(
    ("key", "value", "is_tie"),
    [
        ("rewrite-target", "/", False),
        ("ssl-redirect", "true", True),  # which protects
        ("ssl-redirect", "false", False),
        ("proxy-body-size", "1m", True),  # which one product reads
    ],
)
def test_what_several_vendors_read_ties_to_nothing_unless_it_protects(key: str, value: str, *, is_tie: bool) -> None:
    assert bool(problems({"ingress.kubernetes.io/" + key: value})) == is_tie


@pytest.mark.parametrize("key", ["cors-allow-origin", "cors-max-age"])
def test_a_key_that_does_nothing_without_another_ties_only_with_that(key: str) -> None:
    assert problems({NGINX + key: "3600"}) == []
    assert problems({NGINX + key: "3600", NGINX + "enable-cors": "true"})


@pytest.mark.parametrize("key", ["proxy-body-sise", "client-max-body-size", "secure-backends"])
def test_a_key_that_no_release_reads_ties_to_nothing(key: str) -> None:
    assert problems({NGINX + key: "true"}) == []


@pytest.mark.parametrize("name", ["internal", "traefik"])
def test_keys_of_another_product_than_that_of_the_class_tie_to_nothing(name: str) -> None:
    served_by = ingress_class("internal", "traefik.io/ingress-controller")
    assert problems({NGINX + "allowlist-source-range": "10.0.0.0/8"}, served_by, class_name=name) == []


def test_keys_of_one_product_tell_which_of_two_with_a_class_name_is_meant() -> None:
    """F5 NGINX reads the short domain under class `nginx` too, and none of the keys beside it."""
    short = {"ingress.kubernetes.io/ssl-redirect": "true"}
    assert problems({**short, f"{NGINX}backend-protocol": "HTTPS", "kubernetes.io/ingress.class": "nginx"})[0].path[-1] != next(iter(short))
    assert problems({**short, "nginx.org/ssl-services": "a", "kubernetes.io/ingress.class": "nginx"})


def test_an_unknown_key_of_a_product_with_newer_releases_claims_no_equivalent() -> None:
    problem = only({"nginx.org/quantum": "on"})
    assert places(problem) == ["nginx.org/quantum -> unknown key of this prefix; no equivalent can be named"]


def test_a_controller_that_imitates_the_owner_does_not_ignore_its_keys() -> None:
    served_by = ingress_class("aks", "webapprouting.kubernetes.azure.com/nginx")
    assert "Any other controller" in words_of(only({NGINX + "auth-url": "https://id.example.com"}, served_by, class_name="aks"))


@pytest.mark.parametrize(
    ("controller", "name"),
    [("ingress.k8s.aws/alb", "AWS"), ("eks.amazonaws.com/alb", "AWS"), ("ingress.k8s.alibabacloud/alb", "Alibaba Cloud")],
)
def test_the_class_object_distinguishes_two_owners_of_a_prefix(controller: str, name: str) -> None:
    problem = only({ALB + "healthcheck-path": "/"}, ingress_class("alb", controller), class_name="alb")
    assert problem.headline.endswith(f" ties Ingress shop/web to {name}")
    assert problem.confidence == "high"


def test_without_evidence_both_owners_are_named_and_confidence_drops() -> None:
    problem = only({ALB + "healthcheck-path": "/"}, class_name="alb")
    assert problem.headline.endswith("to AWS or Alibaba Cloud")
    assert problem.confidence == "medium"


@pytest.mark.parametrize(("platform", "name"), [("eks", "AWS"), ("alibaba", "Alibaba Cloud")])
def test_the_platform_distinguishes_two_owners_of_a_prefix(platform: str, name: str) -> None:
    problem = only({ALB + "unheard-of": "x"}, platform=platform)
    assert problem.headline.endswith(f"to {name}")
    assert problem.confidence == "high"


def test_other_keys_of_the_ingress_distinguish_two_owners_of_a_prefix() -> None:
    problem = only({ALB + "healthcheck-path": "/", ALB + "canary": "true"})
    assert (problem.headline.endswith("to Alibaba Cloud"), problem.confidence) == (True, "high")
    assert "no equivalent known for Alibaba Cloud" in places(problem)[0]


def test_a_shared_spelling_has_the_meaning_of_the_product_that_serves_the_class() -> None:
    problem = only(
        {"ingress.kubernetes.io/auth-type": "basic-auth"}, ingress_class("edge", "haproxy.org/ingress-controller"), class_name="edge"
    )
    assert problem.headline.endswith("to HAProxy Technologies")
    assert problem.confidence == "high"


def test_a_shared_spelling_without_evidence_names_the_candidates() -> None:
    problem = only({"ingress.kubernetes.io/auth-type": "basic"}, class_name="haproxy")
    (place,) = places(problem)
    assert "depends on the controller: HAProxy Technologies Kubernetes Ingress Controller or haproxy-ingress" in place
    assert problem.confidence == "medium"


def test_the_product_of_most_keys_is_named_first() -> None:
    keys = {"konghq.com/preserve-host": "true", NGINX + "use-regex": "true", NGINX + "affinity": "cookie", "haproxy.org/pod-maxconn": "5"}
    assert " to ingress-nginx and 2 more" in only(keys).headline
    assert " to ingress-nginx and 2 more" in only(dict(reversed(keys.items()))).headline


def test_accepted_keys_and_patterns_are_silent() -> None:
    annotations = {NGINX + "affinity": "cookie", "nginx.org/rewrites": "x", "nginx.org/hsts": "true"}
    assert [problem.path[-1] for problem in problems(annotations, allowed_annotations=["nginx.org/*"])] == [NGINX + "affinity"]
    assert problems(annotations, allowed_annotations=["nginx.org/*", NGINX + "affinity"]) == []


def test_an_accepted_vendor_is_silent_only_where_no_other_may_be_meant() -> None:
    assert problems({ALB + "scheme": "internal"}, allowed_vendors=["AWS"]) == []
    assert len(problems({ALB + "healthcheck-path": "/"}, allowed_vendors=["AWS"])) == 1
    assert problems({ALB + "healthcheck-path": "/"}, allowed_vendors=["AWS", "Alibaba Cloud"]) == []


def test_annotations_that_are_no_mapping_are_silent() -> None:
    assert problems(cast("Any", ["nginx.org/hsts"])) == []
    assert problems(cast("Any", None)) == []


def test_every_key_of_the_catalog_gets_a_message_within_the_limit() -> None:
    files = [json.loads(path.read_text(encoding="utf-8")) for path in sorted((catalogs_folder() / "annotations").glob("*.json"))]
    keys = [key for file in files for part in ("keys", "shared_spellings") if "routes" not in file for key in file.get(part, {})]
    found = [problem for key in keys for problem in problems({key: "x"})]
    assert len(found) > 800
    assert [place for problem in found for place in places(problem) if len(place) > 320] == []
    texts = [(problem.headline, HEADLINE) for problem in found] + [(problem.why, PROSE) for problem in found]
    assert [text for text, limit in texts if fitted(text, limit) != text] == []


@pytest.mark.parametrize(
    ("annotation", "class_name", "severity"),
    [
        (ALB + "scheme", "alb", "note"),
        ("kubernetes.io/ingress.global-static-ip-name", "gce", "note"),
        (NGINX + "affinity", "nginx", None),
        (ALB + "scheme", "edge", "note"),
        (ALB + "healthcheck-path", "edge", None),  # AWS or Alibaba Cloud
    ],
)
def test_a_class_of_a_maintained_controller_makes_it_a_note(annotation: str, class_name: str, severity: str | None) -> None:
    assert only({annotation: "x", "kubernetes.io/ingress.class": class_name}).severity == severity


@pytest.mark.parametrize(
    ("keys", "severity"),
    [
        ({NGINX + "affinity": "cookie"}, None),
        ({NGINX + "affinity": "cookie", ALB + "scheme": "internal"}, None),
        ({ALB + "scheme": "internal", "nginx.org/hsts": "true"}, None),
        ({ALB + "scheme": "internal", ALB + "tags": "a=b"}, "note"),
        ({"traefik.ingress.kubernetes.io/router.tls": "true"}, "note"),
    ],
)
def test_keys_of_one_maintained_controller_are_a_choice(keys: dict[str, str], severity: str | None) -> None:
    assert only(keys).severity == severity


def test_traefik_of_k3s_is_shown_by_what_configures_it() -> None:
    config = {"apiVersion": "helm.cattle.io/v1", "kind": "HelmChartConfig", "metadata": {"name": "traefik", "namespace": "kube-system"}}
    assert problems({NGINX + "affinity": "cookie"}, resource(config)) == []
    other = resource({**config, "metadata": {"name": "rke2-coredns"}})
    assert len(problems({NGINX + "affinity": "cookie"}, other)) == 1


TRAEFIK = "docker.io/traefik:v3.5"


@pytest.mark.parametrize(
    ("image", "class_name", "is_told"),
    [
        (TRAEFIK, None, False),
        (TRAEFIK, "nginx", True),
        ("registry.k8s.io/ingress-nginx/controller:v1.12.1", None, True),
        ("example.com/shop", None, True),
    ],
)
def test_keys_that_nothing_shown_reads_tie_an_ingress_without_a_class_to_nothing(image: str, class_name: str | None, is_told: bool) -> None:
    assert bool(problems({NGINX + "affinity": "cookie"}, controller(image), class_name=class_name)) is is_told
