"""Annotations of load balancers in Helm values: what is taken for those of a Service, where they stand, and who sees them."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from k8slblint import rulebook
from k8slblint.commands.cli import cli
from k8slblint.graph.answers import Absent, Found
from k8slblint.graph.graph import ResourceGraph
from k8slblint.loading.resources import load
from k8slblint.model.loaded import Loaded
from k8slblint.model.resource import HELM_VALUES, Resource
from k8slblint.model.rule import Problem, Rule
from k8slblint.traffic.ownership import ownership_of
from tests.builders import graph_of
from tests.charts import chart
from tests.linting import findings, run, source_file

AWS_TYPE = "service.beta.kubernetes.io/aws-load-balancer-type"
WANTED = frozenset({HELM_VALUES})

VALUES = f"""\
replicas: 2
service:
  type: LoadBalancer
  annotations:
    # of no controller
    {AWS_TYPE}: "internal"
    other/key: x
"""


def loaded(text: str, path: str = "config/web.yaml") -> Loaded:
    return load([source_file(path, text)], wanted=WANTED)


def found(text: str, path: str = "config/web.yaml") -> list[Resource]:
    result = loaded(text, path)
    assert result.problems == []
    seen = result.completeness
    assert seen.documents_seen == seen.documents_linted + sum(skip.count for skip in seen.documents_skipped)
    return result.resources


def paths(text: str) -> list[str]:
    return [one.name.partition(":")[2] for one in found(text)]


def test_annotations_of_a_service_become_a_resource_that_reads_like_a_service() -> None:
    (one,) = found(VALUES)
    assert one.id == ("", HELM_VALUES, None, "config/web.yaml:service")
    assert (one.type_name, one.reads_as) == (HELM_VALUES, "Service")
    assert one.annotations == {AWS_TYPE: "internal", "other/key": "x"}
    assert one.get("spec", "type") == "LoadBalancer"


def test_places_are_those_of_the_values_file() -> None:
    (one,) = found(VALUES)
    path = ("metadata", "annotations", AWS_TYPE)
    assert one.location(path) == ("config/web.yaml", (6, 56, 6, 66))
    assert one.location(path, "key").span == (6, 5, 6, 54)
    assert one.location(("spec", "type")).span == (3, 9, 3, 21)
    assert one.location().span == (4, 3, 4, 14)
    assert one.source.line(6).strip() == f'{AWS_TYPE}: "internal"'


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ("service: {annotations: ANN}", ["service"]),
        ("controller: {service: {internal: {enabled: true, annotations: ANN}}}", ["controller.service.internal"]),
        ("gateways: {istio-ingressgateway: {serviceAnnotations: ANN}}", ["gateways.istio-ingressgateway.service"]),
        ("expose: {loadBalancer: {annotations: ANN}}", ["expose.loadBalancer"]),
        ("loadBalancerAnnotations: ANN", ["loadBalancer"]),
        ("ingress-nginx: {controller: {service: {annotations: ANN}}}", ["ingress-nginx.controller.service"]),
        ("listeners: [{name: a}, {service: {annotations: ANN}}]", ["listeners[1].service"]),
        ("extra: {kind: Service, metadata: {annotations: ANN}, spec: {type: NodePort}}", ["extra"]),
        ("external: {annotations: ANN}", ["external"]),
        ("annotations: ANN", ["annotations"]),
        ("a: {service: {annotations: ANN}}\nb: {svc: {annotations: ANN}}", ["a.service", "b.svc"]),
        ("ingress: {annotations: ANN}", []),
        ("server: {ingress: {main: {annotations: ANN}}}", []),
        ("podAnnotations: ANN", []),
        ("service: {podAnnotations: ANN}", []),
        ("serviceAccount: {annotations: ANN}", []),
        ("metrics: {serviceMonitor: {annotations: ANN}}", []),
        ("extra: {kind: ConfigMap, metadata: {annotations: ANN}}", []),
        ("service: {labels: ANN}", []),
        ("service: {annotations: {prometheus.io/scrape: 'true'}}", []),
        ("service: {annotations: [ANN]}", []),
        ("service: {annotations: text}", []),
        ("- service: {annotations: text}\n- ANN", []),
    ],
)
def test_names_tell_whose_annotations_they_are(values: str, expected: list[str]) -> None:
    assert paths(values.replace("ANN", f"{{{AWS_TYPE}: external}}")) == expected


@pytest.mark.parametrize(
    "text",
    [
        f"service: {{annotations: {{{AWS_TYPE}: x}}}}\n",
        f'{{"service":{{"annotations":{{"a/b":"c","{AWS_TYPE}":"x"}}}}}}',
        f"service:\r\n  annotations:\r\n    '{AWS_TYPE}' : x\r\n",
        f"service:\n  annotations:\n    a: '#'\n    # x\n    {AWS_TYPE}: x # y\n",
        f"service:\n  annotations: {{a/b: '#', {AWS_TYPE}:\n x}}\n",
        f"---\nb: 1\n---\nservice:\n  annotations:\n    {AWS_TYPE}: x\n",
    ],
)
def test_keys_are_found_however_they_are_written(text: str) -> None:
    assert paths(text) == ["service"]


@pytest.mark.parametrize(
    ("annotations", "expected"),
    [
        ("service: {annotations: {alb.ingress.kubernetes.io/healthcheck-path: /}}", ["service"]),  # of a target group
        ("service: {annotations: {alb.ingress.kubernetes.io/scheme: internal}}", []),
        ("web: {annotations: {alb.ingress.kubernetes.io/healthcheck-path: /}}", []),
        ("web: {annotations: {metallb.io/address-pool: a}}", ["web"]),
        ("web: {annotations: {service.beta.kubernetes.io/aws-load-balancer-tpye: a}}", ["web"]),
        ("web: {annotations: {cloud.google.com/neg: '{}'}}", []),
    ],
)
def test_where_names_do_not_tell_the_keys_do(annotations: str, expected: list[str]) -> None:
    assert paths(annotations) == expected


@pytest.mark.parametrize(
    ("values", "service_type", "load_balancer_class"),
    [
        ("service: {type: NodePort, annotations: ANN}", "NodePort", None),
        ("service: {annotations: ANN}", "LoadBalancer", None),  # no other would make sense
        ("service: {annotations: {cloud.google.com/neg: '{}'}}", None, None),
        ("service: {type: public, annotations: ANN}", "LoadBalancer", None),  # some other type
        ("service: {type: '{{ .Values.type }}', annotations: ANN}", "{{ .Values.type }}", None),
        ("service: {type: [1], annotations: ANN}", "LoadBalancer", None),
        ("web: {serviceType: NodePort, serviceAnnotations: ANN}", "NodePort", None),
        ("web: {service: {type: NodePort}, serviceAnnotations: ANN}", "NodePort", None),
        ("service: {loadBalancerClass: service.k8s.aws/nlb, annotations: ANN}", "LoadBalancer", "service.k8s.aws/nlb"),
        ("service: {spec: {loadBalancerClass: a/b, type: LoadBalancer}, annotations: ANN}", "LoadBalancer", "a/b"),
        ("x: {kind: Service, metadata: {annotations: ANN}, spec: {type: NodePort, loadBalancerClass: a/b}}", "NodePort", "a/b"),
    ],
)
def test_type_and_class_are_those_beside_the_annotations(values: str, service_type: str | None, load_balancer_class: str | None) -> None:
    (one,) = found(values.replace("ANN", f"{{{AWS_TYPE}: external}}"))
    assert one.get("spec", "type") == service_type
    assert one.get("spec", "loadBalancerClass") == load_balancer_class


def test_an_assumed_type_is_placed_at_the_service() -> None:
    (one,) = found(f"web:\n  service:\n    annotations:\n      {AWS_TYPE}: external\n")
    assert one.location(("spec", "type")).span == (2, 3, 2, 10)


def test_what_an_alias_brings_is_placed_where_it_is_written() -> None:
    (one,) = found(f"shared: &shared\n  {AWS_TYPE}: external\nservice:\n  annotations: *shared\n")
    assert one.location(("metadata", "annotations", AWS_TYPE)).span.line == 2
    assert one.location(("metadata", "annotations")).span.line == 4


@pytest.mark.parametrize(
    "text",
    [
        f"service:\n  annotations:\n    {{{{- if .Values.x }}}}\n    {AWS_TYPE}: external\n    {{{{- end }}}}\n",
        f"service:\n  annotations: {{{AWS_TYPE}: external\n",
        f"# service:\n#   annotations:\n#     {AWS_TYPE}: external\nservice: {{}}\n",
        f"service:\n  annotations: {{}}\n  # {AWS_TYPE}: external\n",
    ],
)
def test_templates_broken_text_and_comments_yield_nothing(text: str) -> None:
    assert found(text) == []


def test_a_kustomization_without_identity_is_not_taken_for_values() -> None:
    assert found(f"commonAnnotations:\n  {AWS_TYPE}: external\n", "web/kustomization.yaml") == []


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("type: object\n", []),
        ("$schema: http://json-schema.org/draft-07/schema#\n", []),
        ("type: web\n", ["properties.service"]),
        ("", ["properties.service"]),
    ],
)
def test_a_schema_of_values_holds_none(head: str, expected: list[str]) -> None:
    values = f"properties:\n  service:\n    type: LoadBalancer\n    annotations: {{{AWS_TYPE}: external}}\n"
    assert [one.name.partition(":")[2] for one in found(head + values, "kinds/web-values.yaml")] == expected


def test_objects_are_not_taken_for_values() -> None:
    assert found(f"apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n  annotations:\n    {AWS_TYPE}: external\n") == []


def test_hostile_values_do_not_raise() -> None:
    deep = "a: " + "{a: " * 500 + f"{{service: {{annotations: {{{AWS_TYPE}: [1]}}}}}}" + "}" * 500
    assert len(found(deep)) == 1
    assert len(found(f"1: {{2: [{{true: {{annotations: {{{AWS_TYPE}: null, 1: 2}}, type: {{}}, spec: [], kind: 3}}}}]}}")) == 1


def test_every_mapping_counts_as_a_document() -> None:
    text = f"a: {{service: {{annotations: {{{AWS_TYPE}: x}}}}}}\nb: {{service: {{annotations: {{{AWS_TYPE}: '${{TYPE}}'}}}}}}\n---\nc: 1\n"
    completeness = loaded(text).completeness
    assert (completeness.documents_seen, completeness.documents_linted, completeness.documents_with_placeholders) == (3, 2, 1)


def test_values_that_say_nothing_of_services_are_no_document() -> None:
    seen = loaded("type: ClusterIP\n---\nmode: ClusterIP\n", "web/values-dev.yaml").completeness
    assert (seen.files_read, seen.documents_seen, seen.documents_skipped) == (0, 0, [])
    assert [(skip.reason, skip.count) for skip in seen.files_skipped] == [("kustomize or Helm configuration", 1)]


def test_without_a_rule_that_wants_them_values_are_no_resources() -> None:
    result = load([source_file("web.yaml", VALUES)], wanted=frozenset({"Service"}))
    assert result.resources == []
    assert [skip.reason for skip in result.completeness.files_skipped] == ["not Kubernetes"]


@pytest.mark.parametrize(
    ("values", "verdict", "candidates", "confidence"),
    [
        (VALUES, "owned", ("aws-ccm",), "medium"),
        (f"service: {{loadBalancerClass: service.k8s.aws/nlb, annotations: {{{AWS_TYPE}: x}}}}", "owned", ("aws-lbc",), "medium"),
        (f"service: {{type: ClusterIP, annotations: {{{AWS_TYPE}: nlb}}}}", "unknown", (), "low"),
    ],
)
def test_the_owner_is_that_of_such_a_service_but_never_sure(values: str, verdict: str, candidates: Sequence[str], confidence: str) -> None:
    (one,) = found(values)
    owner = ownership_of(one, graph_of([one]))
    assert (owner.verdict, owner.candidates, owner.confidence) == (verdict, candidates, confidence)


# What follows runs with a rule of its own, which dislikes one value wherever it stands.

RULE = Rule("internal-type", "The type 'internal' is of no controller", "0.1.0", "stable", "error", ("Service", HELM_VALUES))


def check(resource: Resource, _: ResourceGraph) -> Iterator[Problem]:
    if resource.annotations.get(AWS_TYPE) == "internal":
        yield Problem(("metadata", "annotations", AWS_TYPE), f"{resource.id} has a type of no controller")


@pytest.fixture(autouse=True)
def rule(monkeypatch: pytest.MonkeyPatch) -> None:
    select, find = rulebook.select_rules, rulebook.find_check
    monkeypatch.setattr(
        rulebook, "select_rules", lambda *stated: [*(rule for rule in select(*stated) if HELM_VALUES not in rule.kinds), RULE]
    )
    monkeypatch.setattr(rulebook, "find_check", lambda rule: check if rule is RULE else find(rule))
    canonical = rulebook.canonical_id
    monkeypatch.setattr(rulebook, "canonical_id", lambda name: RULE.id if name == RULE.id else canonical(name))


def scan(top: Path, files: dict[str, str | bytes], *options: str) -> dict[str, Any]:
    for name, text in files.items():
        path = top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
    arguments = ["scan", str(top), "--format", "json", "--exit-zero", "--no-config", *options]
    result = CliRunner().invoke(cli, arguments, env={"PRE_COMMIT": ""})
    assert result.exit_code == 0, result.output
    report: dict[str, Any] = json.loads(result.stdout)
    assert report["failures"] == []
    seen = report["completeness"]
    assert seen["documents_seen"] == seen["documents_linted"] + sum(skip["count"] for skip in seen["documents_skipped"])
    return report


def test_a_check_sees_them_and_nothing_else_is_said_of_them() -> None:
    (finding,) = findings({"config/prod/web.yaml": VALUES})
    assert finding.rule == RULE.id
    assert finding.location == ("config/prod/web.yaml", (6, 56, 6, 66))
    assert str(finding.resource) == "HelmValues config/prod/web.yaml:service"


def test_findings_of_two_files_have_fingerprints_of_their_own() -> None:
    both = findings({"a/values.yaml": VALUES, "b/values.yaml": VALUES})
    (alone,) = findings({"b/values.yaml": VALUES})
    assert len({one.fingerprint for one in both}) == 2
    assert both[1].fingerprint == alone.fingerprint


def test_a_comment_in_the_file_silences_a_finding() -> None:
    text = VALUES.replace("# of no controller", f"# k8slblint: ignore[{RULE.id}] tried, and it works")
    report, _ = run(text)
    assert report.findings == ()
    assert [one.rule for one in report.suppressed] == [RULE.id]


def test_the_path_tells_the_environment_and_values_do_not_tell_the_platform() -> None:
    _, graph = run({"config/prod/web.yaml": VALUES, "web.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: web}\n"})
    (one,) = graph.of_type(HELM_VALUES)
    assert graph.scope(one).environment == "production"
    assert graph.scope(one).platform == "unknown"


DUMP = """\
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Service
  metadata: {name: web, namespace: a, uid: "1", resourceVersion: "2"}
"""


def test_values_beside_a_dump_of_a_cluster_leave_it_one() -> None:
    _, graph = run({"live/dump.yaml": DUMP, "live/values.yaml": VALUES, "other/values.yaml": VALUES})
    (service,) = graph.of_type("Service")
    _, alone = run({"live/dump.yaml": DUMP})
    assert graph.scope(service).reasons == alone.scope(alone.of_type("Service")[0]).reasons


def test_values_are_paired_with_those_of_the_revision_before() -> None:
    old = VALUES.replace("internal", "external")
    _, graph = run({"a/web.yaml": VALUES, "b/web.yaml": VALUES}, before={"a/web.yaml": old})
    one, other = graph.of_type(HELM_VALUES)
    before = graph.counterpart(one)
    assert isinstance(before, Found)
    assert before.value.annotations[AWS_TYPE] == "external"
    assert isinstance(graph.counterpart(other), Absent)


CHART = {
    "templates/service.yaml": (
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n"
        "  annotations: {{- toYaml .Values.service.annotations | nindent 4 }}\n"
        "spec:\n  type: {{ .Values.service.type }}\n  ports: [{port: 80}]\n"
    ),
    "values.yaml": "service: {type: ClusterIP, annotations: {}}\n",
}


def internal(report: dict[str, Any]) -> list[tuple[str, str]]:
    found = [one for one in report["findings"] if one["rule"] == RULE.id]
    return [(one["resource"]["kind"], Path(one["location"]["path"]).name) for one in found]


def test_values_of_a_chart_that_is_rendered_are_seen_in_what_is_rendered_only(tmp_path: Path) -> None:
    report = scan(tmp_path, chart({**CHART, "values-prod.yaml": VALUES}))
    assert internal(report) == [("Service", "values-prod.yaml")]
    assert {"linted where it is rendered": 2}.items() <= {
        one["reason"]: one["count"] for one in report["completeness"]["documents_skipped"]
    }.items()


def test_without_rendering_the_values_are_seen_themselves(tmp_path: Path) -> None:
    files = chart({**CHART, "values-prod.yaml": VALUES})
    assert internal(scan(tmp_path, files, "--no-render")) == [(HELM_VALUES, "values-prod.yaml")]


def test_values_of_a_chart_that_cannot_be_rendered_are_seen_themselves(tmp_path: Path) -> None:
    files = chart({**CHART, "values-prod.yaml": VALUES, "templates/_broken.tpl": "{{ if }}"})
    assert internal(scan(tmp_path, files)) == [(HELM_VALUES, "values-prod.yaml")]


def test_values_that_a_kustomization_only_puts_in_a_config_map_are_seen_themselves(tmp_path: Path) -> None:
    kustomization = "resources: [service.yaml]\nconfigMapGenerator:\n- name: values\n  files: [values.yaml]\n"
    service = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [{port: 80}]}\n"
    files: dict[str, str | bytes] = {"web/kustomization.yaml": kustomization, "web/values.yaml": VALUES, "web/service.yaml": service}
    assert internal(scan(tmp_path, files)) == [(HELM_VALUES, "values.yaml")]


RELEASE = f"""\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {{name: web}}
spec:
  chart: {{spec: {{chart: CHART, sourceRef: {{kind: GitRepository, name: here}}}}}}
  values:
    service:
      type: LoadBalancer
      annotations:
        {AWS_TYPE}: internal
"""

APPLICATION = f"""\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {{name: web}}
spec:
  destination: {{namespace: web}}
  source:
    repoURL: https://charts.example.com
    chart: web
    helm:
      values: |
        # of the chart
        service:
          annotations:
            {AWS_TYPE}: internal
"""

CHART_CONFIG = f"""\
apiVersion: helm.cattle.io/v1
kind: HelmChartConfig
metadata: {{name: traefik}}
spec:
  valuesContent: |-
    service:
      annotations: {{{AWS_TYPE}: internal}}
"""


@pytest.mark.parametrize(
    ("manifest", "name", "line"),
    [
        (RELEASE, "web:service", 10),
        (APPLICATION, "web:service", 14),
        (APPLICATION.replace("values: |", "valuesObject:"), "web:service", 14),
        (CHART_CONFIG, "traefik:service", 7),
    ],
)
def test_values_in_what_deploys_a_chart_are_seen_where_they_stand(manifest: str, name: str, line: int) -> None:
    (finding,) = findings({"apps/web.yaml": manifest}, RULE.id)
    assert finding.resource is not None
    assert finding.resource.name == name
    assert finding.location.span.line == line
    assert manifest.splitlines()[line - 1][finding.location.span.column - 1 :].startswith("internal")


@pytest.mark.parametrize(
    "manifest",
    [
        APPLICATION.replace("values: |", "values: >"),  # no places of its own
        APPLICATION.replace("# of the chart", "service: ["),
        RELEASE.replace("HelmRelease", "Other"),
        RELEASE.replace("  values:", "  other:"),
        RELEASE.replace("  values:", "  values: text\n  other:"),
    ],
)
def test_values_that_cannot_be_placed_or_are_none_yield_nothing(manifest: str) -> None:
    assert findings({"apps/web.yaml": manifest}, RULE.id) == []


GIT = "apiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\nmetadata: {name: here}\nspec: {url: https://example.com/here}\n"


def test_values_of_a_release_that_is_rendered_are_seen_in_what_is_rendered_only(tmp_path: Path) -> None:
    release = RELEASE.replace("CHART", "./deploy")
    files = chart(CHART) | {"apps/web.yaml": release, "apps/git.yaml": GIT}
    assert internal(scan(tmp_path, files)) == [("Service", "web.yaml")]
    assert internal(scan(tmp_path, files, "--no-render")) == [(HELM_VALUES, "web.yaml")]


def test_of_two_releases_in_one_file_the_one_that_is_not_rendered_is_seen_itself(tmp_path: Path) -> None:
    other = RELEASE.replace("name: web", "name: other").replace("CHART", "./elsewhere")
    files = chart(CHART) | {"apps/web.yaml": f"{RELEASE.replace('CHART', './deploy')}---\n{other}", "apps/git.yaml": GIT}
    report = scan(tmp_path, files)
    assert sorted(internal(report)) == [(HELM_VALUES, "web.yaml"), ("Service", "web.yaml")]
    (values,) = [one for one in report["findings"] if one["resource"] and one["resource"]["kind"] == HELM_VALUES]
    assert values["resource"]["name"].endswith("other:service")


def test_what_a_chart_is_told_to_leave_out_is_not_read() -> None:
    part = f"  service:\n    type: LoadBalancer\n    annotations: {{{AWS_TYPE}: nlb}}\n"
    assert paths(f"ingress:\n  enabled: false\n{part}") == []
    assert paths(f"ingress:\n  enabled: true\n{part}") == ["ingress.service"]
