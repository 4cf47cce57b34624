"""Keys that a controller reads in one mode of a load balancer only: by its type, with TLS, for HTTP checks, while it is public.

The sources are at `read_when` in the catalogs.
"""

import pytest

from tests.linting import findings, scoped
from tests.test_provider_truth import AWS, DO, HCLOUD, reached, service

OCI = scoped(platform="oci")
OF_LB, OF_NLB = "service.beta.kubernetes.io/oci-load-balancer", "oci-network-load-balancer.oraclecloud.com"
TYPE = "oci.oraclecloud.com/load-balancer-type"
AZURE = "service.beta.kubernetes.io/azure"
BY_LBC = "loadBalancerClass: service.k8s.aws/nlb, ports: [{name: web, port: 443}]"
IGNORED = "load-balancer-annotation-ignored"


@pytest.mark.parametrize(
    ("annotations", "reach"),
    [
        ({f"{OF_LB}-internal": "true"}, "internal"),
        ({f"{OF_LB}-internal": "true", TYPE: "lb"}, "internal"),
        ({f"{OF_LB}-internal": "true", TYPE: "nlb"}, "internet"),
        ({f"{OF_NLB}/internal": "true"}, "internet"),
        ({f"{OF_NLB}/internal": "true", TYPE: "nlb"}, "internal"),
        ({f"{OF_NLB}/internal": "true", TYPE: "NLB"}, "internal"),
        ({f"{OF_NLB}/internal": "true", f"{OF_LB}-internal": "false", TYPE: "nlb"}, "internal"),
        ({f"{OF_NLB}/internal": "true", f"{OF_LB}-internal": "true", TYPE: "other"}, "internal"),
    ],
)
def test_the_type_of_a_load_balancer_of_oracle_decides_which_key_makes_it_internal(annotations: dict[str, str], reach: str) -> None:
    assert reached(service(annotations), OCI).reach == reach


def test_a_key_of_the_other_type_that_was_to_make_it_internal_is_an_error() -> None:
    (found,) = findings(service({f"{OF_LB}-internal": "true", TYPE: "nlb"}), IGNORED, config=OCI)
    assert (found.severity, found.confidence) == ("error", "high")
    assert "only for load balancers of type lb" in found.message


@pytest.mark.parametrize(
    ("annotations", "spec", "platform", "is_told"),
    [
        ({TYPE: "nlb", f"{OF_LB}-shape": "flexible"}, "ports: [{port: 80}]", "oci", True),
        ({TYPE: "nlb", f"{OF_NLB}/backend-policy": "TWO_TUPLE"}, "ports: [{port: 80}]", "oci", False),
        ({f"{OF_LB}-shape": "flexible"}, "ports: [{port: 80}]", "oci", False),
        ({f"{AWS}-healthcheck-path": "/up", f"{AWS}-scheme": "internal"}, BY_LBC, "eks", True),
        ({f"{AWS}-healthcheck-path": "/up", f"{AWS}-scheme": "internal"}, f"externalTrafficPolicy: Local, {BY_LBC}", "eks", False),
        ({f"{AWS}-healthcheck-path": "/up", f"{AWS}-healthcheck-protocol": "HTTP"}, "ports: [{port: 80}]", "eks", False),
        ({f"{AWS}-alpn-policy": "HTTP2Only", f"{AWS}-scheme": "internal"}, BY_LBC, "eks", True),
        ({f"{AWS}-ssl-ports": "443"}, "ports: [{port: 443}]", "eks", True),
        ({f"{AWS}-ssl-ports": "443", f"{AWS}-ssl-cert": "arn:aws:acm:x:1:certificate/a"}, "ports: [{port: 443}]", "eks", False),
        ({f"{HCLOUD}/location": "nbg1", f"{HCLOUD}/health-check-http-path": "/up"}, "ports: [{port: 80}]", "hetzner", True),
        (
            {f"{HCLOUD}/location": "nbg1", f"{HCLOUD}/health-check-http-path": "/up", f"{HCLOUD}/protocol": "http"},
            "ports: [{port: 80}]",
            "hetzner",
            False,
        ),
        ({f"{AZURE}-dns-label-name": "till", f"{AZURE}-load-balancer-internal": "true"}, "ports: [{port: 80}]", "aks", True),
        ({f"{AZURE}-dns-label-name": "till"}, "ports: [{port: 80}]", "aks", False),
    ],
)
def test_a_key_has_no_effect_in_another_mode(annotations: dict[str, str], spec: str, platform: str, *, is_told: bool) -> None:
    found = findings(service(annotations, spec), IGNORED, config=scoped(platform=platform))
    assert [one.severity for one in found] == ["warning"] * is_told


@pytest.mark.parametrize(("text", "is_told"), [("false", True), ("No", True), ("true", False), ("yes", False), ("falsehood", False)])
def test_any_text_switches_the_override_of_health_checks_on(text: str, *, is_told: bool) -> None:
    found = findings(
        service({f"{DO}-override-health-check": text}), "load-balancer-annotation-invalid", config=scoped(platform="digitalocean")
    )
    assert ["overrides the health check all the same" in one.why for one in found] == [True] * is_told
