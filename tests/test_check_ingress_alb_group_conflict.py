"""Which settings of the Ingresses of one ALB contradict each other, as the AWS Load Balancer Controller compares them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8slblint.model.finding import Finding
from tests.linting import findings

RULE = "ingress-alb-group-conflict"


def ingress(name: str, *annotations: str, spec: str = "", class_name: str = "alb", namespace: str = "shop") -> str:
    lines = "".join(f"    alb.ingress.kubernetes.io/{line}\n" for line in ("group.name: shop", *annotations))
    rules = f"rules: [{{host: {name}.example.com, http: {{paths: [{{path: /, pathType: Prefix, backend: {backend(name)}}}]}}}}]"
    return (
        f"apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: {name}\n  namespace: {namespace}\n  annotations:\n{lines}"
        f"spec:\n  ingressClassName: {class_name}\n  {spec or rules}\n---\n"
    )


def backend(name: str) -> str:
    return f"{{service: {{name: {name}, port: {{number: 80}}}}}}"


def class_with(spec: str, name: str = "alb") -> str:
    return (
        f"apiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {{name: {name}}}\n"
        f"spec: {{controller: ingress.k8s.aws/alb, parameters: {{apiGroup: elbv2.k8s.aws, kind: IngressClassParams, name: {name}}}}}\n---\n"
        f"apiVersion: elbv2.k8s.aws/v1beta1\nkind: IngressClassParams\nmetadata: {{name: {name}}}\nspec: {spec}\n---\n"
    )


def found(*parts: str) -> list[Finding]:
    return findings("".join(parts), RULE)


def pair(*one_and_other: str) -> list[Finding]:
    one, other = one_and_other
    return found(ingress("a", *filter(None, one.split("; "))), ingress("b", *filter(None, other.split("; "))))


TLS = "certificate-arn: arn:aws:acm:eu-west-1:1:certificate/x"
NLB = "enable-frontend-nlb: 'true'"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("scheme: internal", "scheme: internet-facing"),
        ("scheme: internal", "scheme: Internal"),
        ("ip-address-type: ipv4", "ip-address-type: dualstack"),
        ("load-balancer-name: a", "load-balancer-name: b"),
        ("subnets: a, b", "subnets: a, c"),
        ("security-groups: a, b", "security-groups: b, a"),
        ("security-groups: a", "security-groups: ''"),
        ("security-groups: a; manage-backend-security-group-rules: 'true'", "manage-backend-security-group-rules: 'false'"),
        ("customer-owned-ipv4-pool: a", "customer-owned-ipv4-pool: b"),
        ("load-balancer-attributes: idle_timeout.timeout_seconds=60", "load-balancer-attributes: x=1,idle_timeout.timeout_seconds=90"),
        ("tags: team=a", "tags: team=b"),
        ("inbound-cidrs: 10.0.0.0/8", "inbound-cidrs: 10.0.0.0/9"),
        ("security-group-prefix-lists: pl-a", "security-group-prefix-lists: pl-b"),
        (f"{TLS}; ssl-policy: a", f"{TLS}; ssl-policy: b"),
        ("wafv2-acl-arn: a", "wafv2-acl-arn: b"),
        ("wafv2-acl-name: a", "wafv2-acl-name: b"),
        ("waf-acl-id: a", "web-acl-id: b"),
        ("shield-advanced-protection: 'true'", "shield-advanced-protection: 'false'"),
        ("""listen-ports: '[{"HTTP": 443}]'""", TLS),
        ("""listen-ports: '[{"HTTP": 8080}]'""", """listen-ports: '[{"HTTPS": 8080}]'"""),
        (f"{NLB}; frontend-nlb-scheme: internal", "frontend-nlb-scheme: internet-facing"),
        (NLB, "enable-frontend-nlb: 'false'"),
        (f"{NLB}; frontend-nlb-attributes: a=1", "frontend-nlb-attributes: a=2"),
        (f"{NLB}; frontend-nlb-attributes: a=1", ""),
        ("listener-attributes.HTTP-80: a=1", "listener-attributes.HTTP-80: a=2"),
        (
            f"""{TLS}; mutual-authentication: '[{{"port": 443, "mode": "passthrough"}}]'""",
            f"""{TLS}; mutual-authentication: '[{{"port": 443, "mode": "off"}}]'""",
        ),
    ],
)
def test_members_that_disagree(one: str, other: str) -> None:
    [finding] = pair(one, other)
    assert finding.severity == "error"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("scheme: internal", ""),
        ("scheme: internal", "scheme: ${SCHEME}"),
        ("subnets: a, b", "subnets: b , a,"),
        ("manage-backend-security-group-rules: 'true'", "manage-backend-security-group-rules: 'false'"),
        ("load-balancer-attributes: a=1", "load-balancer-attributes: b=2"),
        ("tags: 'team=a'", "tags: 'team = a'"),
        ("inbound-cidrs: '10.0.0.0/8,192.0.2.0/24'", "inbound-cidrs: '192.0.2.0/24, 10.0.0.0/8'"),
        ("inbound-cidrs: 10.0.0.0/8", "inbound-cidrs: ''"),
        ("inbound-cidrs: 10.0.0.0/8", f"{TLS}; inbound-cidrs: 10.0.0.0/9"),
        ("ssl-policy: a", "ssl-policy: b"),
        (f"{TLS}; ssl-policy: a", "ssl-policy: b"),
        ("wafv2-acl-arn: a; wafv2-acl-name: acl", "wafv2-acl-arn: b"),
        ("waf-acl-id: a", "waf-acl-id: a; web-acl-id: b"),
        ("shield-advanced-protection: 'true'", "shield-advanced-protection: 't'"),
        (TLS, "certificate-arn: arn:aws:acm:eu-west-1:1:certificate/y"),
        ("""listen-ports: '[{"HTTP": 80}]'""", """listen-ports: '[{"HTTPS": 443}]'"""),
        ("listen-ports: nonsense", TLS),
        ("frontend-nlb-scheme: internal", "frontend-nlb-scheme: internet-facing"),
        (
            f"""{TLS}; mutual-authentication: '[{{"port": 443, "mode": "verify", "trustStore": "arn:aws:x"}}]'""",
            f"""{TLS}; mutual-authentication: '[{{"port": 443, "mode": "verify", "trustStore": "x"}}]'""",
        ),
        ("target-type: ip", "target-type: instance"),
        (NLB, "frontend-nlb-attributes: a=1"),
        ("frontend-nlb-attributes: a=1", ""),
        ("listener-attributes.HTTP-80: a=1", "listener-attributes.HTTP-80: b=2"),
        ("listener-attributes.HTTP-8080: a=1", "listener-attributes.HTTP-8080: a=2"),
        ("group.order: '5000'; scheme: internal", "scheme: internet-facing"),
    ],
)
def test_members_that_agree_or_cannot_be_compared(one: str, other: str) -> None:
    assert pair(one, other) == []


def test_the_class_wins_over_the_annotation() -> None:
    settled = class_with("{scheme: internal}")
    assert found(settled, ingress("a", "scheme: internal"), ingress("b", "scheme: internet-facing")) == []
    other = class_with("{scheme: internet-facing}", "public")
    [finding] = found(settled, other, ingress("a"), ingress("b", class_name="public"))
    assert finding.label == "a says 'internal'"


def test_the_class_of_the_first_member_settles_attributes() -> None:
    settled = class_with("{loadBalancerAttributes: [{key: x, value: '1'}]}")
    members = ingress("a", "load-balancer-attributes: x=2"), ingress("b", "load-balancer-attributes: x=3")
    assert found(settled, *members) == []
    assert found(class_with("{loadBalancerAttributes: [{key: other, value: '1'}]}"), *members) != []


def test_subnets_of_a_class_and_of_an_annotation_exclude_each_other() -> None:
    plain = class_with("{}", "plain")
    settled = class_with("{subnets: {ids: [subnet-a]}}")
    assert found(settled, plain, ingress("a"), ingress("b", "subnets: subnet-a", class_name="plain")) != []


def test_parameters_that_are_elsewhere_may_decide_everything() -> None:
    unread = class_with("{}").partition("---\n")[0] + "---\n"
    assert found(unread, ingress("a", "scheme: internal"), ingress("b", "scheme: internet-facing")) == []


def test_a_load_balancer_has_one_default_backend_for_each_port() -> None:
    both = [ingress(name, spec=f"defaultBackend: {backend(name)}") for name in ("a", "b")]
    [finding] = found(*both)
    assert "second of group" in finding.headline
    one = ingress("a", spec=f"defaultBackend: {backend('a')}")
    assert found(one, ingress("b", TLS, spec=f"defaultBackend: {backend('b')}")) == []
    assert found(*both, ingress("c", TLS, "ssl-redirect: '443'")) == []


def test_the_first_member_in_order_is_not_the_one_at_fault() -> None:
    [finding] = found(ingress("a", "group.order: '5'", "scheme: internal"), ingress("b", "group.order: '-5'", "scheme: internet-facing"))
    assert "Ingress shop/a" in finding.headline


def test_overlays_and_environments_are_no_group() -> None:
    one, other = ingress("a", "scheme: internal"), ingress("a", "scheme: internet-facing")
    assert findings({"staging/a.yaml": one, "production/a.yaml": other}, RULE) == []
    third = ingress("b", "scheme: internet-facing")
    assert findings({"staging/a.yaml": one, "production/b.yaml": third}, RULE) == []
    assert len(findings({"apps/a.yaml": one, "apps/b.yaml": third}, RULE)) == 1


VALUES = st.sampled_from(["", "scheme: internal", "scheme: internet-facing"])


@given(st.lists(VALUES, min_size=1, max_size=5))
def test_one_finding_exactly_where_two_values_are_stated(values: list[str]) -> None:
    manifests = [ingress(f"i{number}", *filter(None, [value])) for number, value in enumerate(values)]
    assert len(found(*manifests)) == (len(set(values) - {""}) > 1)
