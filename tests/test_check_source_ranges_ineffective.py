"""When source ranges restrict less than they seem to; the facts about owners are in `catalogs/annotations/`."""

from typing import Any

import pytest

from k8slblint.checks.source_ranges_ineffective import check
from k8slblint.model.rule import Problem, Undecided
from tests.builders import graph, run
from tests.texts import words_of

BETA = "service.beta.kubernetes.io/"
NEUTRAL = f"{BETA}load-balancer-source-ranges"
GROUPS = f"{BETA}aws-load-balancer-security-groups"
DO = f"{BETA}do-loadbalancer-"
VULTR = f"{BETA}vultr-loadbalancer-firewall-rules"
FIELD = ("spec", "loadBalancerSourceRanges")


def found(ranges: str = "", annotations: str = "", more: str = "", **scope: Any) -> list[Problem | Undecided]:
    """What the check yields for a Service of type LoadBalancer."""
    text = f"""
apiVersion: v1
kind: Service
metadata: {{name: web, annotations: {{{annotations}}}}}
spec: {{type: LoadBalancer, {more} {f"loadBalancerSourceRanges: {ranges}," if ranges else ""} ports: [{{port: 80}}]}}
"""
    return run(check, graph(text, **scope))


@pytest.mark.parametrize(
    ("ranges", "annotations", "more", "scope", "path", "says", "confidence"),
    [
        ("[10.0.0.0/8]", f"{NEUTRAL}: 10.1.0.0/16", "", {}, ("metadata", "annotations", NEUTRAL), "overrides\nrestricts nothing", "high"),
        ("[10.0.0.0/8]", f"{NEUTRAL}: 10.1.0.0/16", "", {"platform": "gke"}, ("metadata", "annotations", NEUTRAL), "overrides", "high"),
        ("[10.0.0.0/8]", f"{GROUPS}: sg-1", "loadBalancerClass: service.k8s.aws/nlb,", {}, FIELD, "the controller adds no rules", "high"),
        ("", f"{NEUTRAL}: 10.0.0.0/8, {GROUPS}: sg-1", "loadBalancerClass: service.k8s.aws/nlb,", {}, ("metadata", "annotations", NEUTRAL),
         "the controller adds no rules", "high"),
        ("[10.0.0.0/8]", f"{DO}allow-rules: x", "", {}, ("metadata", "annotations", f"{DO}allow-rules"), "overrides", "medium"),
        ("", f"{VULTR}: 'cloudflare,80', {VULTR}-cm: rules", "", {}, ("metadata", "annotations", VULTR), "overrides", "medium"),
        ("[10.0.0.0/8]", "", "", {"platform": "hetzner"}, FIELD, "have no firewall", "high"),
        ("['10.0.0.0/8', '0.0.0.0/0']", "", "", {}, (*FIELD, 1), "allows every address", "high"),
        ("['::/0', 'fd00::/8', 'fe80::/10']", "", "", {}, (*FIELD, 0), "'fd00::/8' and 'fe80::/10'", "high"),
        ("", f"{NEUTRAL}: '10.0.0.0/8,0.0.0.0/0'", "", {}, ("metadata", "annotations", NEUTRAL), "allows every address", "high"),
        ("[10.1.2.3/8]", "", "", {}, (*FIELD, 0), "read as 16777216 addresses from 10.0.0.0", "high"),
        ("[10.1.2.3/8]", "", "", {"kubernetes_version": "1.35"}, (*FIELD, 0), "a single address", "high"),
        ("[010.0.0.0/8]", "", "", {}, (*FIELD, 0), "must not have leading 0s", "high"),
        ("['::ffff:10.0.0.0/104']", "", "", {}, (*FIELD, 0), "IPv4-mapped", "high"),
    ],
)  # fmt: skip
def test_ranges_that_restrict_less_than_they_seem_to(
    ranges: str, annotations: str, more: str, scope: dict[str, str], path: tuple[Any, ...], says: str, confidence: str
) -> None:
    (problem,) = found(ranges, annotations, more, **scope)
    assert isinstance(problem, Problem)
    assert (problem.path, problem.confidence) == (path, confidence)
    assert says in words_of(problem)


@pytest.mark.parametrize(
    ("ranges", "annotations", "more", "scope"),
    [
        ("[10.0.0.0/8]", "", "", {}),
        ("['0.0.0.0/0']", "", "", {}),
        ("['0.0.0.0/0', '::/0']", "", "", {}),
        ("['0.0.0.0/0', 'fd00::/8']", "", "", {}),
        ("[10.0.0.0/8]", f"{NEUTRAL}: ''", "", {}),
        ("[10.0.0.0/8]", f"{NEUTRAL}: ' 10.0.0.0/8'", "", {}),
        ("[]", f"{NEUTRAL}: 10.0.0.0/8", "", {}),
        ("[10.0.0.0/8]", f"{GROUPS}: sg-1, {BETA}aws-load-balancer-type: nlb", "", {}),
        ("[10.0.0.0/8]", "", "", {"platform": "bare-metal"}),
        ("[10.0.0.0/8]", "metallb.io/address-pool: lan", "", {}),
        ("[10.0.0.0/8]", "", "", {"platform": "scaleway"}),
        ("[10.0.0.0/8]", f"{NEUTRAL}: 10.1.0.0/16", "", {"platform": "aks"}),
        ("[10.1.2.3/8]", "", "", {"kubernetes_version": "1.37"}),
        ("[10.0.0.300/8, nonsense, 5]", "", "", {}),
        ("7", "", "", {}),
    ],
)
def test_ranges_that_do_what_they_say_or_are_the_matter_of_another_rule(
    ranges: str, annotations: str, more: str, scope: dict[str, str]
) -> None:
    assert [one for one in found(ranges, annotations, more, **scope) if isinstance(one, Problem)] == []


def test_an_internal_load_balancer_of_azure_is_a_note_with_low_confidence() -> None:
    internal = f"{BETA}azure-load-balancer-internal: 'true'"
    (problem,) = found("[10.0.0.0/8]", internal)
    assert isinstance(problem, Problem)
    assert (problem.severity, problem.confidence) == ("note", "low")
    assert found("[10.0.0.0/8]", f"{internal}, {BETA}azure-deny-all-except-load-balancer-source-ranges: 'true'") == []


def test_a_placeholder_leaves_it_undecided() -> None:
    assert {type(one) for one in found("['{{ .range }}']", f"{NEUTRAL}: 10.0.0.0/8")} == {Undecided}


def test_other_types_have_no_ranges() -> None:
    text = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {loadBalancerSourceRanges: [10.0.0.0/8, 0.0.0.0/0]}"
    assert run(check, graph(text)) == []
