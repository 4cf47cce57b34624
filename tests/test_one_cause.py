"""Findings of several objects with one cause are one, at the first of them; those that only say more of another are a place of that."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8slblint import grading
from k8slblint.model.finding import Finding, Novelty
from k8slblint.model.location import Location, Span
from k8slblint.model.resource import ResourceId
from k8slblint.model.rule import Cause, Confidence
from tests.linting import findings


def finding(
    line: int,
    key: str = "",
    *,
    rule: str = "a-rule",
    name: str = "",
    cluster: str = "east",
    novelty: Novelty | None = None,
    confidence: Confidence = "high",
) -> Finding:
    own = name or f"web-{line}"
    return Finding(
        rule=rule,
        severity="warning",
        confidence=confidence,
        headline=f"Service shop/{own} is wrong",
        location=Location("web.yaml", Span(line, 1, line, 2)),
        resource=ResourceId("v1", "Service", "shop", own),
        field=(),
        fingerprint=f"{line}",
        cause=Cause(key, (f"Service shop/{own} and ", " more are wrong"), f"Service shop/{own} too.") if key else None,
        cluster=cluster,
        novelty=novelty,
    )


FINDINGS = st.lists(
    st.tuples(st.sampled_from(["", "x", "y"]), st.sampled_from(["east", "west"]), st.sampled_from([None, "new", "known"])), max_size=40
)


@given(FINDINGS)
def test_every_finding_is_there_once_or_named_by_the_first_with_its_cause(chosen: list[tuple[str, str, Novelty | None]]) -> None:
    """The oracle: all findings, each with the first that has its cause, cluster and novelty, looked for among all."""
    every = [finding(line, key, cluster=cluster, novelty=novelty) for line, (key, cluster, novelty) in enumerate(chosen, 1)]
    joined = grading.of_one_cause(every)
    firsts = [next(other for other in every if other is one or _are_alike(other, one)) for one in every]
    assert [one.fingerprint for one in joined] == [one.fingerprint for one in dict.fromkeys(firsts)]
    for one in joined:
        others = [other for other, first in zip(every, firsts, strict=True) if first.fingerprint == one.fingerprint and other is not first]
        assert [place.location for place in one.related] == [other.location for other in others[:20]]
        whole = f"Service shop/web-{one.fingerprint}"
        assert one.headline == (f"{whole} and {len(others)} more are wrong" if others else f"{whole} is wrong")


def test_what_is_said_alike_is_one_over_sets_of_values_that_nobody_deploys() -> None:
    both = [finding(1, "x"), finding(2, "x", cluster="west")]
    alike = [one._replace(cause=one.cause._replace(alike=True)) for one in both if one.cause]
    assert len(grading.of_one_cause(alike, alone={"east", "west"})) == 1
    assert len(grading.of_one_cause(alike, alone={"west"})) == 2
    assert len(grading.of_one_cause(both, alone={"east", "west"})) == 2


def test_what_was_said_at_a_place_is_not_said_there_again() -> None:
    """Of two ports that one value decides, the first speaks; what differs in its place, object, cluster or news stays."""
    first, again = finding(1), finding(1)._replace(fingerprint="another", field=("spec", "ports", 1))
    others = [finding(1, name="api"), finding(1, cluster="west"), finding(1, novelty="new"), finding(2)]
    assert grading.of_one_cause([first, again, *others, again]) == (first, *others)


def _are_alike(one: Finding, other: Finding) -> bool:
    if one.cause is None or other.cause is None:
        return False
    return (one.cause.key, one.cluster, one.novelty) == (other.cause.key, other.cluster, other.novelty)


def test_a_claim_about_several_is_no_surer_than_the_least_of_them() -> None:
    (joined,) = grading.of_one_cause([finding(1, "x"), finding(2, "x", confidence="medium")])
    assert joined.confidence == "medium"


def test_what_only_says_more_is_a_place_of_what_it_says_more_of() -> None:
    more = finding(1, rule="double-exposure", name="web")
    found = grading.of_one_cause([more, finding(1, rule="node-port-in-production", name="web")])
    assert [(one.rule, [place.message for place in one.related]) for one in found] == [
        ("node-port-in-production", ["Service shop/web is wrong."])
    ]
    alone = (more, finding(1, rule="node-port-in-production", name="other"), finding(2, rule="node-port-in-production", name="web"))
    assert grading.of_one_cause(alone) == alone


def test_a_node_port_that_leads_to_a_datastore_is_told_once_by_the_surer_rule() -> None:
    port, store = finding(1, rule="node-port-in-production", name="web"), finding(4, rule="exposed-datastore", name="web")
    for surer, other in ((store, port), (port, store._replace(confidence="low"))):
        (told,) = grading.of_one_cause([port, surer if other is port else other])
        assert (told.rule, [place.location for place in told.related]) == (surer.rule, [other.location])
    around = finding(1, rule="double-exposure", name="web")
    (told,) = grading.of_one_cause([around, port, store])
    assert (told.rule, len(told.related)) == ("exposed-datastore", 2)


def test_node_ports_and_datastores_of_others_stay_apart() -> None:
    port = finding(1, rule="node-port-in-production", name="web")
    store = finding(4, rule="exposed-datastore", name="web")
    elsewhere = store._replace(location=Location("other.yaml", store.location.span))
    for other in (
        finding(4, rule="exposed-datastore", name="db"),
        store._replace(cluster="west"),
        store._replace(novelty="new"),
        elsewhere,
    ):
        assert grading.of_one_cause((port, other)) == (port, other)
    two = [store, finding(5, rule="exposed-datastore", name="web"), port]
    assert [one.fingerprint for one in grading.of_one_cause(two)] == ["4", "5"]


def test_what_an_archive_and_the_chart_it_was_made_of_show_is_told_at_the_chart() -> None:
    of_chart, of_archive = (
        finding(1, rule="invalid-yaml", name="web")._replace(location=Location(path, Span(1, 1, 1, 2)))
        for path in ("sources/my-db/templates/all.yaml", "sources/web/charts/my-db-0.1.2.tgz")
    )
    (told,) = grading.of_one_cause([of_archive, of_chart])
    assert (told.location.path, [place.location.path for place in told.related]) == (of_chart.location.path, [of_archive.location.path])
    for other in (of_archive._replace(headline="Another"), of_archive._replace(location=Location("a/db-1.tgz", Span(1, 1, 1, 2)))):
        assert grading.of_one_cause([of_chart, other]) == (of_chart, other)


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        (
            "{type: ClusterIP, externalTrafficPolicy: Local, loadBalancerClass: a.b/c, ports: [{port: 80, nodePort: 30080}]}",
            "is of type ClusterIP and keeps 3 fields of another type",
        ),
        (
            "{type: NodePort, allocateLoadBalancerNodePorts: false, healthCheckNodePort: 30100, ports: [{port: 80}]}",
            "is of type NodePort and keeps 2 fields of another type",
        ),
        (
            "{type: ExternalName, externalName: a.example.com, clusterIP: 10.0.0.1, externalTrafficPolicy: Local}",
            "is of type ExternalName and keeps 2 fields of another type",
        ),
        (
            "{externalTrafficPolicy: Local, selector: {a: b}, ports: [{port: 80, nodePort: 30080}]}",
            "is of type ClusterIP and keeps 2 fields of another type",
        ),
        ("{externalTrafficPolicy: Local, selector: {a: b}, ports: [{port: 80}]}", "sets `externalTrafficPolicy` on type ClusterIP"),
    ],
)
def test_what_is_left_of_another_type_is_one_mistake(spec: str, told: str) -> None:
    text = f"apiVersion: v1\nkind: Service\nmetadata: {{name: web, namespace: shop}}\nspec: {spec}\n"
    assert [found.headline for found in findings(text, "service-rejected")] == [f"Service shop/web {told}"]


def test_a_service_of_a_refused_workload_is_not_told_of_as_well() -> None:
    text = (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\nspec:\n  selector: {matchLabels: {app: web}}\n"
        "  template: {metadata: {labels: {app: wbe}}, spec: {containers: [{name: c, image: example.com/web}]}}\n---\n"
        "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\nspec: {selector: {app: web}, ports: [{port: 80}]}\n"
    )
    assert [found.rule for found in findings(text)] == ["invalid-resource"]


def test_fields_of_an_earlier_version_are_one_mistake_for_each_mapping() -> None:
    text = (
        "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: web, namespace: shop}\nspec:\n  rules:\n  - http:\n"
        "      paths:\n      - pathType: Prefix\n        path: /\n        backend:\n          serviceName: web\n          servicePort: 80\n"
    )
    (found,) = findings(text, "invalid-resource")
    assert (found.location.span.line, found.help, len(found.related)) == (11, "Write `service`.", 1)
    assert "has 2 unknown fields" in found.headline


def test_a_selector_that_is_no_list_of_labels_is_one_mistake() -> None:
    text = (
        "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\n"
        "spec: {selector: {matchLabels: {app: web}}, ports: [{port: 80}]}\n---\n"
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\nspec:\n  selector: {matchLabels: {app: web}}\n"
        "  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: c, image: example.com/web}]}}\n"
    )
    assert [found.rule for found in findings(text)] == ["invalid-resource"]
