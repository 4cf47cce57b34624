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
from k8slblint.shipped import catalogs_folder
from tests.builders import graph_of

NGINX = "nginx.ingress.kubernetes.io/"
ALB = "alb.ingress.kubernetes.io/"


def resource(value: dict[str, Any]) -> Resource:
    return Resource(Node(value, 1, 1, 1, 2), "app.yaml", SourceText(""))


def ingress_class(name: str, controller: str) -> Resource:
    return resource(
        {"apiVersion": "networking.k8s.io/v1", "kind": "IngressClass", "metadata": {"name": name}, "spec": {"controller": controller}}
    )


def problems(
    annotations: dict[str, Any],
    *classes: Resource,
    class_name: str | None = None,
    platform: str = "unknown",
    allowed_annotations: Sequence[str] = (),
    allowed_vendors: Sequence[str] = (),
) -> list[Problem]:
    spec = {"ingressClassName": class_name} if class_name else {}
    metadata = {"name": "web", "annotations": annotations}
    ingress = resource({"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": metadata, "spec": spec})
    graph = graph_of([*classes, ingress], settings=ScopeSettings(platform=platform))
    return list(check(ingress, graph, allowed_annotations=allowed_annotations, allowed_vendors=allowed_vendors))


def only(annotations: dict[str, Any], *classes: Resource, **options: Any) -> Problem:
    (problem,) = problems(annotations, *classes, **options)
    return problem


def test_the_place_is_the_key() -> None:
    problem = only({NGINX + "affinity": "cookie"})
    assert (problem.path, problem.at) == (("metadata", "annotations", NGINX + "affinity"), "key")


def test_a_field_of_the_api_is_named_with_channel_release_and_fidelity() -> None:
    problem = only({NGINX + "affinity": "cookie"})
    assert problem.message == (
        "'nginx.ingress.kubernetes.io/affinity' (cookie session affinity) works only with ingress-nginx (retired) and Traefik's"
        " ingress-nginx provider; any other controller ignores it, and requests fail or go elsewhere. Gateway API:"
        " HTTPRoute.spec.rules[].sessionPersistence.type=Cookie (experimental channel since v1.1.0, partial: few implementations)."
    )
    assert problem.confidence == "high"


def test_a_need_without_a_field_is_answered_with_policies_of_implementations() -> None:
    message = only({NGINX + "allowlist-source-range": "10.0.0.0/8"}).message
    assert "the protection it gives silently disappears. Gateway API: no field of its own, only policies such as Envoy Gateway " in message
    assert message.endswith("(implementation-specific).")


def test_a_key_without_any_equivalent_says_so() -> None:
    assert only({NGINX + "auth-tls-verify-depth": "1"}).message.endswith("ignores it without harm. Gateway API has no equivalent.")


@pytest.mark.parametrize(
    ("key", "protecting", "open_value"),
    [
        (NGINX + "ssl-redirect", "true", "false"),
        (NGINX + "ssl-redirect", True, False),
        (ALB + "scheme", "internal", "internet-facing"),
        (NGINX + "allowlist-source-range", "10.0.0.0/8", "0.0.0.0/0"),
        (NGINX + "auth-tls-verify-client", "on", "off"),
    ],
)
def test_a_value_that_asks_for_no_protection_loses_none(key: str, protecting: Any, open_value: Any) -> None:
    assert "silently disappears" in only({key: protecting}).message
    assert "any other controller ignores it. Gateway API" in only({key: open_value}).message


def test_a_misspelt_key_names_the_vendor_and_claims_no_equivalent() -> None:
    message = only({NGINX + "proxy-body-sise": "8m"}).message
    assert "carries a prefix of ingress-nginx (retired), and the catalog of 20" in message
    assert message.endswith("No Gateway API equivalent can be named for it.")


def test_an_invented_key_is_to_be_removed() -> None:
    message = only({NGINX + "client-max-body-size": "8m"}).message
    assert "which never had such a key (real key: proxy-body-size" in message
    assert message.endswith("Remove it; there is nothing to translate to Gateway API.")


def test_a_removed_key_is_said_to_be_read_by_no_release() -> None:
    assert (
        "is a key of Traefik 1 (retired) that no current release reads. "
        in only({"traefik.ingress.kubernetes.io/rule-type": "Path"}).message
    )


def test_another_controller_behind_the_class_is_named_with_its_place() -> None:
    served_by = ingress_class("internal", "traefik.io/ingress-controller")
    problem = only({NGINX + "allowlist-source-range": "10.0.0.0/8"}, served_by, class_name="internal")
    assert "the class of this Ingress is served by Traefik, which ignores it" in problem.message
    assert [(place.resource, place.path) for place in problem.related] == [(served_by, ("spec", "controller"))]


def test_a_customary_class_name_alone_does_not_prove_who_serves_it() -> None:
    problem = only({NGINX + "affinity": "cookie"}, class_name="traefik")
    assert "any other controller ignores it" in problem.message
    assert problem.related == ()


def test_a_controller_that_imitates_the_owner_is_named_when_it_serves_the_class() -> None:
    served_by = ingress_class("aks", "webapprouting.kubernetes.azure.com/nginx")
    message = only({NGINX + "auth-secret": "users"}, served_by, class_name="aks").message
    assert "Microsoft AKS application routing add-on; any other controller ignores it" in message


@pytest.mark.parametrize(
    ("controller", "name"),
    [
        ("ingress.k8s.aws/alb", "AWS Load Balancer Controller;"),
        ("eks.amazonaws.com/alb", "AWS Load Balancer Controller and AWS EKS Auto Mode;"),
        ("ingress.k8s.alibabacloud/alb", "Alibaba Cloud ALB Ingress Controller;"),
    ],
)
def test_the_class_object_tells_two_owners_of_a_prefix_apart(controller: str, name: str) -> None:
    problem = only({ALB + "healthcheck-path": "/"}, ingress_class("alb", controller), class_name="alb")
    assert f"works only with {name}" in problem.message
    assert problem.confidence == "high"


def test_without_evidence_both_owners_are_named_and_confidence_drops() -> None:
    problem = only({ALB + "healthcheck-path": "/"}, class_name="alb")
    assert "AWS Load Balancer Controller or Alibaba Cloud ALB Ingress Controller" in problem.message
    assert problem.confidence == "medium"


@pytest.mark.parametrize(
    ("platform", "name"), [("eks", "AWS Load Balancer Controller"), ("alibaba", "Alibaba Cloud ALB Ingress Controller")]
)
def test_the_platform_tells_two_owners_of_a_prefix_apart(platform: str, name: str) -> None:
    problem = only({ALB + "unheard-of": "x"}, platform=platform)
    assert f"carries a prefix of {name}, and" in problem.message
    assert problem.confidence == "high"


def test_other_keys_of_the_ingress_tell_two_owners_of_a_prefix_apart() -> None:
    found = problems({ALB + "healthcheck-path": "/", ALB + "canary": "true"})
    assert all("Alibaba Cloud ALB Ingress Controller" in problem.message and problem.confidence == "high" for problem in found)
    assert "No Gateway API equivalent is known for Alibaba Cloud" in found[0].message


def test_a_shared_spelling_takes_the_meaning_of_the_product_that_serves_the_class() -> None:
    problem = only(
        {"ingress.kubernetes.io/auth-type": "basic-auth"}, ingress_class("edge", "haproxy.org/ingress-controller"), class_name="edge"
    )
    assert "(basic authentication on) works only with HAProxy Technologies" in problem.message
    assert problem.confidence == "high"


def test_a_shared_spelling_without_evidence_names_the_candidates() -> None:
    problem = only({"ingress.kubernetes.io/auth-type": "basic"}, class_name="haproxy")
    assert "is a key of HAProxy Technologies Kubernetes Ingress Controller or haproxy-ingress, each in its own way" in problem.message
    assert problem.message.endswith("The Gateway API equivalent depends on which of them it is.")
    assert problem.confidence == "medium"


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
    assert [problem.message for problem in found if len(problem.message) > 400] == []
    assert all(problem.message.startswith(f"'{problem.path[-1]}'") and problem.message.endswith(".") for problem in found)
