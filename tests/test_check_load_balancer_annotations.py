"""The rules about load balancer annotations, case by case: what they say, how grave it is, and where they keep silent."""

from typing import Any

import pytest

from k8slblint.checks import (
    load_balancer_annotation_deprecated,
    load_balancer_annotation_ignored,
    load_balancer_annotation_invalid,
    load_balancer_annotation_unknown,
    load_balancer_ip_deprecated,
)
from k8slblint.model.rule import Problem, Undecided
from k8slblint.rulebook import Check
from tests.builders import graph, run
from tests.texts import words_of

BETA = "service.beta.kubernetes.io/"
AWS = f"{BETA}aws-load-balancer-"
AZURE = f"{BETA}azure-load-balancer-"
LBC = "loadBalancerClass: service.k8s.aws/nlb"
AUTO = "loadBalancerClass: eks.amazonaws.com/nlb"


def _service(annotations: dict[str, str], *spec: str, service_type: str = "LoadBalancer") -> str:
    lines = ["apiVersion: v1", "kind: Service", "metadata:", "  name: web", "  annotations:"]
    lines += [f"    {key}: {value!r}" for key, value in annotations.items()] or ["    {}"]
    return "\n".join([*lines, "spec:", f"  type: {service_type}", *(f"  {row}" for row in spec), "  ports: [{port: 443}]", ""])


def _found(check: Check, text: str, **scope: Any) -> list[Problem | Undecided]:
    return run(check, graph(text, **scope))


def _only(check: Check, text: str, **scope: Any) -> Problem:
    (found,) = _found(check, text, **scope)
    assert isinstance(found, Problem)
    return found


INVALID = load_balancer_annotation_invalid.check
IGNORED = load_balancer_annotation_ignored.check
UNKNOWN = load_balancer_annotation_unknown.check
DEPRECATED = load_balancer_annotation_deprecated.check
ADDRESS = load_balancer_ip_deprecated.check


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        (f"{AZURE}internal", "True", "provisions an internet-facing load balancer; only 'true' makes it internal"),
        (f"{AZURE}internal", "TRUE", "provisions an internet-facing load balancer"),
        ("networking.gke.io/load-balancer-type", "INTERNAL", "provisions an internet-facing load balancer"),
        ("networking.gke.io/load-balancer-type", "true", "provisions an internet-facing load balancer"),
        (f"{AWS}internal", "No", "provisions an internal load balancer"),
        (f"{BETA}do-loadbalancer-network", "Internal", "neither provisions nor updates"),
        (f"{BETA}scw-loadbalancer-private", "yes", "is not a valid boolean"),
        ("load-balancer.hetzner.cloud/http-redirect-http", "yes", "a new Service gets no address"),
        ("load-balancer.hetzner.cloud/health-check-interval", "15", "is not a duration"),
        (f"{AWS}type", "internal", "provisions a Classic Load Balancer"),
        (f"{AWS}type", "NLB", "provisions a Classic Load Balancer"),
        (f"{AWS}connection-idle-timeout", "1h", "is not a whole number"),
        (f"{AWS}connection-idle-timeout", "4001", "is above 4000"),
        (f"{AZURE}health-probe-num-of-probe", "1", "is below 2"),
        (f"{BETA}port_443_health-probe_interval", "1", "is below 5"),
        ("loadbalancer.openstack.org/timeout-client-data", "5s", "as if the key were not there"),
        (f"{BETA}openstack-internal-load-balancer", "yes", "as if the key were not there"),
        (f"{BETA}openstack-internal-load-balancer", "True", "as if the key were not there"),
        ("cloud.google.com/app-protocols", '{"http": "https"}', "has 'https', which is not one of 'HTTP', 'HTTPS', 'HTTP2'"),
        ("cloud.google.com/app-protocols", '{"web": "HTTP", "api": "GRPC"}', "has 'GRPC', which is not one of"),
        ("service.alpha.kubernetes.io/app-protocols", '{"web": 2}', "which is not text"),
        ("cloud.google.com/neg", "true", "is not a JSON object"),
        ("cloud.google.com/neg", '{"ingres": true}', "has none of the members"),
        ("cloud.google.com/neg", '{"ingress": "true"}', "sets 'ingress' to 'true', which is not a bare true or false"),
        ("cloud.google.com/neg", '{"Ingress": 1}', "is not a bare true or false"),
        ("cloud.google.com/neg", '{"exposed_ports": [80]}', "which is not an object"),
        ("cloud.google.com/backend-config", '{"ports": "web"}', "which is not an object"),
        ("cloud.google.com/backend-config", "{default: web}", "not an accepted value"),
        ("metallb.io/loadBalancerIPs", "10.0.0.0/24", "is not a valid IP address"),
        ("cloud.google.com/network-tier", "STANDARD", "is not one of 'Standard', 'Premium'"),
    ],
)
def test_an_invalid_value_is_told_with_what_happens(key: str, value: str, says: str) -> None:
    problem = _only(INVALID, _service({key: value}))
    assert says in words_of(problem)
    assert problem.path == ("metadata", "annotations", key)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (f"{AZURE}internal", "true"),
        (f"{AZURE}internal", "False"),
        (f"{AZURE}internal", ""),
        (f"{AZURE}internal", "  "),
        (f"{AWS}internal", "0.0.0.0/0"),
        (f"{AWS}internal", "true"),
        (f"{AWS}type", "elb"),
        (f"{AWS}ssl-ports", "443,https"),
        (f"{AWS}ssl-cert", "REPLACE_ME"),
        (f"{AWS}healthcheck-interval", "xx"),
        (f"{AWS}ssl-cert", "AWS_SSL_CERT"),
        ("networking.gke.io/load-balancer-type", "{expose}"),
        (f"{AWS}ssl-cert", "arn:aws-cn:acm:cn-north-1:123456789012:certificate/abc"),
        ("networking.gke.io/load-balancer-type", "internal"),
        ("networking.gke.io/load-balancer-type", "external"),
        ("service.kubernetes.io/ibm-load-balancer-cloud-provider-ip-type", "anything"),
        ("cloud.google.com/app-protocols", '{"web": "HTTP", "api": "HTTP2"}'),
        ("cloud.google.com/app-protocols", "{}"),
        (f"{BETA}openstack-internal-load-balancer", "true"),
        (f"{BETA}openstack-internal-load-balancer", "no"),
        (f"{BETA}alibaba-cloud-loadbalancer-address-type", "private"),
        ("cloud.google.com/app-protocols", '{"web": "${PROTOCOL}"}'),
        ("cloud.google.com/neg", '{"Ingress": true}'),
        ("cloud.google.com/neg", "{}"),
        ("cloud.google.com/neg", '{"ingress": false, "exposed_ports": null}'),
        ("cloud.google.com/neg", '{"exposed_ports": {"80": {}}}'),
        ("cloud.google.com/neg", '{"ingress": "${INGRESS}"}'),
        ("cloud.google.com/backend-config", '{"ports": {"80": "web"}}'),
        ("cloud.google.com/backend-config", '{"default": "", "ports": {"80": "web"}}'),
        ("service.cilium.io/affinity", "local"),
        (f"{BETA}alibaba-cloud-loadbalancer-address-type", "Intranet"),
    ],
)
def test_a_value_that_is_taken_or_not_known_is_passed_over(key: str, value: str) -> None:
    assert [found for found in _found(INVALID, _service({key: value})) if isinstance(found, Problem)] == []


def test_the_tier_of_an_internal_address_is_not_read() -> None:
    internal = _service({"networking.gke.io/load-balancer-type": "Internal", "cloud.google.com/network-tier": "PREMIUM"})
    assert _found(INVALID, internal) == []
    assert "for external load balancers" in words_of(_only(IGNORED, internal))


def test_a_value_that_is_filled_in_later_is_undecided() -> None:
    assert isinstance(_found(INVALID, _service({f"{AZURE}internal": "${INTERNAL}"}))[0], Undecided)


def test_a_long_value_is_shown_in_part_and_on_one_line() -> None:
    problem = _only(INVALID, _service({"cloud.google.com/neg": "{\n" + "ab" * 150}))
    assert "\n" not in problem.message
    assert len(words_of(problem)) < 500


def test_a_value_counts_for_the_controller_of_the_class_only() -> None:
    assert _only(INVALID, _service({f"{AWS}internal": "0.0.0.0/0"}, LBC)).confidence == "high"
    assert _found(INVALID, _service({f"{AWS}type": "internal"}, LBC)) == []
    assert _found(INVALID, _service({f"{AZURE}internal": "True"}, LBC)) == []


def test_blanks_count_only_where_they_are_kept() -> None:
    spaced = {f"{AWS}ssl-ports": "443, 8443", f"{AWS}ssl-cert": "arn:aws:acm:a:1:certificate/b"}
    assert "' 8443'" in words_of(_only(INVALID, _service(spaced)))
    assert _found(INVALID, _service(spaced, LBC)) == []


def test_all_keys_that_the_owner_does_not_read_are_one_finding_at_the_gravest() -> None:
    text = _service({f"{AWS}type": "nlb", f"{AWS}ip-address-type": "ipv4", f"{AWS}scheme": "internal", f"{AWS}alpn-policy": "None"})
    problem = _only(IGNORED, text)
    assert problem.path[-1] == f"{AWS}scheme"
    assert (problem.severity, problem.confidence) == (None, "medium")
    assert "cloud-provider-aws does not read them" in words_of(problem)
    assert len(problem.related) == 2


def test_keys_that_one_setting_takes_the_effect_of_are_one_finding() -> None:
    keys = {f"{AWS}type": "nlb", f"{AWS}connection-draining-enabled": "true", f"{AWS}connection-draining-timeout": "60"}
    found = _only(IGNORED, _service(keys), platform="eks")
    assert (found.headline, found.help) == ("Service default/web sets 2 annotations without effect", "Remove the annotations.")
    assert [place.path[-1] for place in found.related] == [f"{AWS}connection-draining-timeout"]


def test_a_scheme_that_agrees_with_the_outcome_is_no_error() -> None:
    assert _only(IGNORED, _service({f"{AWS}type": "nlb", f"{AWS}scheme": "internet-facing"})).severity is None


def test_source_ranges_that_nobody_reads_are_an_error_on_a_public_load_balancer() -> None:
    text = _service(
        {f"{BETA}azure-allowed-ip-ranges": "10.0.0.0/8", f"{AWS}scheme": "internet-facing"}, "loadBalancerClass: service.k8s.aws/nlb"
    )
    problem = _only(IGNORED, text)
    assert problem.severity == "error"
    assert "restriction does not hold" in words_of(problem)


def test_keys_of_another_cloud_count_where_the_platform_is_stated() -> None:
    text = _service({f"{AZURE}internal": "true"})
    assert _only(IGNORED, text, platform="eks").confidence == "medium"
    assert _found(IGNORED, text, platform="aks") == []
    both = _service({f"{AZURE}internal": "true", f"{AWS}internal": "true"})
    assert isinstance(_found(IGNORED, both)[0], Undecided)
    assert _only(IGNORED, both, platform="eks").severity is None


def test_keys_of_something_that_may_run_in_the_cluster_have_low_confidence() -> None:
    assert _only(IGNORED, _service({"metallb.io/address-pool": "lan"}), platform="eks").confidence == "low"
    assert _only(IGNORED, _service({"metallb.io/address-pool": "lan"}, LBC)).confidence == "medium"


@pytest.mark.parametrize(
    ("annotations", "spec", "severity"),
    [
        ({f"{AWS}type": "external"}, LBC, "note"),
        ({f"{AWS}type": "external"}, AUTO, "note"),
        ({f"{BETA}load-balancer-source-ranges": "10.0.0.0/8"}, AUTO, "note"),
        ({f"{AWS}internal": "true", f"{AWS}scheme": "internet-facing"}, LBC, "error"),
        ({"networking.gke.io/load-balancer-type": "Internal"}, "loadBalancerClass: networking.gke.io/l4-regional-external", "error"),
        ({f"{AWS}connection-idle-timeout": "60"}, LBC, None),
    ],
)
def test_how_grave_it_is(annotations: dict[str, str], spec: str, severity: str | None) -> None:
    assert _only(IGNORED, _service(annotations, spec)).severity == severity


@pytest.mark.parametrize(
    ("annotations", "spec"),
    [
        ({f"{AWS}internal": "true", f"{AWS}scheme": "internal"}, LBC),
        ({f"{AWS}type": "nlb-ip"}, LBC),
        ({"networking.gke.io/load-balancer-type": "Internal"}, "loadBalancerClass: networking.gke.io/l4-regional-internal"),
        ({f"{AWS}name": "web"}, AUTO),
        ({f"{AZURE}internal": "true", f"{AZURE}internal-subnet": "back"}, "sessionAffinity: None"),
        ({f"{AZURE}internal": "${{INTERNAL}}", f"{AZURE}internal-subnet": "back"}, "sessionAffinity: None"),
        ({"cloud.google.com/neg": '{"ingress": true}'}, LBC),
        ({f"{BETA}load-balancer-source-ranges": "10.0.0.0/8"}, LBC),
    ],
)
def test_what_has_an_effect_or_says_the_same_is_passed_over(annotations: dict[str, str], spec: str) -> None:
    assert _found(IGNORED, _service(annotations, spec)) == []


@pytest.mark.parametrize("service_type", ["ClusterIP", "NodePort", "ExternalName"])
def test_a_service_without_load_balancer_has_no_use_for_its_keys(service_type: str) -> None:
    assert f"of type '{service_type}'" in words_of(_only(IGNORED, _service({f"{AZURE}internal": "true"}, service_type=service_type)))


def test_keys_of_an_ingress_do_nothing_on_a_service() -> None:
    misplaced = {"alb.ingress.kubernetes.io/scheme": "internal", "alb.ingress.kubernetes.io/target-type": "ip"}
    problem = _only(IGNORED, _service(misplaced, service_type="ClusterIP"))
    assert problem.path[-1] == "alb.ingress.kubernetes.io/scheme"
    assert "reads it on kind Ingress only" in words_of(problem)
    assert _found(IGNORED, _service(misplaced, service_type="ClusterIP"), platform="alibaba") == []
    assert _found(IGNORED, _service({"kubernetes.io/ingress.class": "kong"}, service_type="ClusterIP")) == []


def test_annotations_stay_for_the_clean_up_when_the_type_changes() -> None:
    text = _service({f"{AWS}type": "nlb"}, service_type="ClusterIP")
    assert run(IGNORED, graph(text, _service({f"{AWS}type": "nlb"}))) == []
    assert len(run(IGNORED, graph(text, text))) == 1


def test_a_class_that_a_webhook_may_have_set_makes_no_finding_in_what_was_read_from_a_cluster() -> None:
    text = _service({f"{AWS}type": "external"}, LBC)
    assert len(_found(IGNORED, text)) == 1
    assert _found(IGNORED, text.replace("  name: web", "  name: web\n  uid: 5c1f\n  resourceVersion: '7'")) == []


def test_what_the_network_load_balancer_of_oci_reads_makes_no_other_one_internal() -> None:
    problem = _only(IGNORED, _service({"oci-network-load-balancer.oraclecloud.com/internal": "true"}))
    assert problem.severity == "error"
    both = {"oci.oraclecloud.com/load-balancer-type": "nlb", "oci-network-load-balancer.oraclecloud.com/internal": "true"}
    assert _found(IGNORED, _service(both)) == []


def test_a_slip_in_a_key_about_exposure_is_an_error_where_it_matters() -> None:
    assert _only(UNKNOWN, _service({f"{AZURE}intrenal": "true"}), platform="aks").severity == "error"
    assert _only(UNKNOWN, _service({f"{AZURE}intrenal": "false"}), platform="aks").severity is None
    assert _only(UNKNOWN, _service({f"{AZURE}intrenal": "true"}, service_type="ClusterIP"), platform="aks").severity is None


def test_a_near_key_is_one_of_the_owner() -> None:
    assert "did you mean aws-load-balancer-type?" in words_of(
        _only(UNKNOWN, _service({f"{BETA}load-balancer-type": "nlb"}), platform="eks")
    )
    found = words_of(_only(UNKNOWN, _service({f"{BETA}load-balancer-internal": "true"}), platform="aks"))
    assert f"`{AZURE}internal`" in found
    assert f"`{AWS}internal`" not in found


@pytest.mark.parametrize(
    ("key", "confidence"),
    [(f"{AWS}node-count", "medium"), ("cloud.google.com/gke-nodepool", "low"), ("load-balancer.hetzner.cloud/protocol-ports", "low")],
)
def test_without_a_near_key_it_depends_on_the_prefix(key: str, confidence: str) -> None:
    assert _only(UNKNOWN, _service({key: "x"})).confidence == confidence


@pytest.mark.parametrize(
    ("annotations", "spec", "says"),
    [
        ({f"{AWS}internal": "true"}, LBC, f"`{AWS}scheme: internal`"),
        ({f"{AWS}internal": "false"}, LBC, f"`{AWS}scheme: internet-facing`"),
        ({f"{AWS}access-log-enabled": "true"}, LBC, "Set `access_logs.s3.enabled` in"),
        ({f"{AWS}type": "nlb-ip"}, "sessionAffinity: None", "'external' together with"),
        ({"metallb.universe.tf/address-pool": "lan"}, "sessionAffinity: None", "`metallb.io/address-pool`"),
        ({f"{BETA}azure-shared-securityrule": "true"}, "sessionAffinity: None", "No current release"),
    ],
)
def test_a_deprecated_key_is_told_with_what_takes_its_place(annotations: dict[str, str], spec: str, says: str) -> None:
    assert says in words_of(_only(DEPRECATED, _service(annotations, spec)))


def test_a_key_is_deprecated_only_by_whom_deprecates_it() -> None:
    assert _found(DEPRECATED, _service({f"{AWS}internal": "true"})) == []
    assert _found(DEPRECATED, _service({f"{AWS}internal": "true"}, service_type="ClusterIP")) == []
    assert _found(DEPRECATED, _service({f"{AWS}internal": "true"}, "loadBalancerClass: example.com/own")) == []


@pytest.mark.parametrize(
    ("platform", "address", "says", "severity"),
    [
        ("aks", "203.0.113.7", f"`{AZURE}ipv4`", None),
        ("aks", "2001:db8::1", f"`{AZURE}ipv6`", None),
        ("eks", "203.0.113.7", "which its controller refuses", None),
        ("gke", "203.0.113.7", "`networking.gke.io/load-balancer-ip-addresses` (it takes names", None),
        ("openstack", "203.0.113.7", "Look up the replacement in the documentation of OpenStack", None),
        ("unknown", "203.0.113.7", "which is unknown here", None),
        ("aks", "${IP}", f"`{AZURE}ipv4`", None),
    ],
)
def test_the_address_field_is_told_with_the_owners_key(platform: str, address: str, says: str, severity: str | None) -> None:
    problem = _only(ADDRESS, _service({}, f"loadBalancerIP: '{address}'"), platform=platform)
    assert says in words_of(problem)
    assert problem.severity == severity


POOL = (
    "---\napiVersion: metallb.io/v1beta1\nkind: IPAddressPool\nmetadata: {name: lan, namespace: metallb-system}\n"
    "spec: {addresses: [192.0.2.0/28]}\n"
)
NO_ADDRESS = [
    ("10.0.0.300", "", "aks", "the Service gets some address"),
    ("my-reserved-ip", "", "aks", "the Service gets some address"),
    ("192.0.2.1/28", POOL, "", "stays pending"),
    ("10.0.0.300", "", "gke", ""),
    ("10.0.0.300", "", "", ""),
    ("${ADDRESS}", POOL, "", ""),
    ("<your-ip>", POOL, "", ""),
    ("139.229.xxx.xxx", POOL, "", ""),
    ("CLUSTER_IP", POOL, "", ""),
    ("x.x.x.x", POOL, "", ""),
    ("my-xx-ip", POOL, "", ""),
    ("192.0.2.1,192.0.2.2", POOL, "", "stays pending"),
    ("192.0.2.1", POOL, "", ""),
    ("2001:db8::1", POOL, "", ""),
]


@pytest.mark.parametrize(("address", "beside", "platform", "says"), NO_ADDRESS)
def test_a_text_that_is_no_address_is_an_error_where_its_reading_is_known(address: str, beside: str, platform: str, says: str) -> None:
    scope = {"platform": platform} if platform else {}
    found = _found(ADDRESS, _service({}, f"loadBalancerIP: '{address}'") + beside, **scope)
    errors = [one for one in found if isinstance(one, Problem) and "which is not an IP address" in one.headline]
    assert [(one.severity, says in one.why) for one in errors] == [("error", True)] * bool(says)


def test_an_owner_that_reads_nothing_else_makes_it_a_note() -> None:
    text = _service({}, "loadBalancerIP: 203.0.113.7", "loadBalancerClass: networking.gke.io/l4-regional-external-legacy")
    assert _only(ADDRESS, text).severity == "note"


def test_the_address_field_is_silent_before_its_deprecation() -> None:
    text = _service({}, "loadBalancerIP: 203.0.113.7")
    assert _found(ADDRESS, text, kubernetes_version="1.23") == []
    assert len(_found(ADDRESS, text, kubernetes_version="1.24")) == 1


@pytest.mark.parametrize("check", [INVALID, IGNORED, UNKNOWN, DEPRECATED, ADDRESS])
@pytest.mark.parametrize(
    "text",
    [
        "metadata: {name: a, annotations: [a]}\nspec: [x]",
        f"metadata: {{name: a, annotations: {{1: 2, true: x, {AWS}type: [nlb], {AZURE}internal: {{a: b}}}}}}\nspec: {{type: LoadBalancer}}",
        "metadata: {name: a}\nspec: {type: LoadBalancer, loadBalancerIP: {a: b}, loadBalancerClass: [x], ports: {a: b}}",
        f"metadata: {{name: a, annotations: {{{AWS}type: external, {AWS}nlb-target-type: 1}}}}\nspec: {{type: [x]}}",
        "metadata: []",
    ],
)
def test_odd_yaml_makes_no_check_fail(check: Check, text: str) -> None:
    assert all(isinstance(found, Problem | Undecided) for found in _found(check, f"apiVersion: v1\nkind: Service\n{text}\n"))


@pytest.mark.parametrize(
    ("others", "says"),
    [
        (("kube-vip.io/loadbalancerIPs",), "Set `kube-vip.io/loadbalancerIPs` instead, if the same controller serves it"),
        (("kube-vip.io/loadbalancerIPs", "metallb.io/loadBalancerIPs"), "which is unknown here"),
        ((), "which is unknown here"),
    ],
)
def test_the_annotation_of_the_services_beside_it_is_named(others: tuple[str, ...], says: str) -> None:
    beside = "".join(
        f"---\n{_service({key: '10.0.0.7'}).replace('name: web', f'name: other-{number}')}" for number, key in enumerate(others)
    )
    found = _found(ADDRESS, _service({}, "loadBalancerIP: 10.0.0.8") + beside)
    (problem,) = (one for one in found if isinstance(one, Problem))
    assert says in problem.help
