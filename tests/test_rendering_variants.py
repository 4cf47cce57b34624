"""What a chart that nobody deploys prints with other values than its own: which values, and what is reported of it."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8slblint.rendering.helm.guards import Need, guards
from k8slblint.rendering.helm.variants import changes_for, told
from tests.whole_trees import Tree

CHART = "apiVersion: v2\nname: web\nversion: 1.0.0\n"
SERVICE = "kind: Service\n"

CONDITIONS = {
    "a switch": ("{{ if .Values.a.b }}", [("a.b", "on")]),
    "a switch of the root": ("{{- if $.Values.a.b -}}", [("a.b", "on")]),
    "a negation": ("{{ if not .Values.a }}", [("a", "off")]),
    "both of two": ("{{ if and .Values.a (not .Values.b) }}", [("a", "on"), ("b", "off")]),
    "one of two": ("{{ if or .Values.a .Values.b }}", [("a", "on")]),
    "a text": ('{{ if eq .Values.a "x" }}', [("a", "equal")]),
    "a text before the value": ('{{ if eq "x" .Values.a }}', [("a", "equal")]),
    "not a text": ('{{ if ne .Values.a "x" }}', []),
    "a variable": ("{{ $x := .Values.a }}{{ if $x.b }}", [("a.b", "on")]),
    "a default": ("{{ if (.Values.a | default false) }}", [("a", "on")]),
    "a function": ('{{ if .Capabilities.APIVersions.Has "x/v1" }}', []),
    "a function and a switch": ('{{ if and .Values.a (.Capabilities.APIVersions.Has "x/v1") }}', [("a", "on")]),
    "a comment": ("{{/* if .Values.a }} */}}{{ if .Values.b }}", [("b", "on")]),
    "with": ("{{ with .Values.a }}", [("a", "on")]),
}


@pytest.mark.parametrize("case", CONDITIONS)
def test_what_a_condition_asks(case: str) -> None:
    condition, expected = CONDITIONS[case]
    found = [[(".".join(need.keys), need.form) for need in needs] for needs in guards(f"{condition}\n{SERVICE}{{{{ end }}}}")]
    assert found == ([expected] if expected else [])


def test_branches_within_branches_ask_for_all_of_them() -> None:
    text = (
        "{{ if .Values.a }}\nkind: Service\n{{ with .Values.b }}{{ if .c }}x{{ end }}{{ end }}{{ end }}\n---\n{{ if .Values.d }}{{ end }}"
    )
    found = [[".".join(need.keys) for need in needs] for needs in guards(text)]
    assert found == [["a"], ["a", "b"], ["a", "b", "b.c"]]


def test_the_other_branch_asks_for_the_contrary() -> None:
    text = 'kind: Ingress\n{{ if .Values.a }}{{ else if eq .Values.b "x" }}{{ else }}{{ end }}\n'
    assert [[(need.keys[0], need.form) for need in needs] for needs in guards(text)] == [
        [("a", "on")],
        [("a", "off"), ("b", "equal")],
        [("a", "off")],
    ]


@given(
    st.lists(
        st.sampled_from(["{{ if .Values.a }}", "{{ else }}", "{{ end }}", "{{", "}}", '"', "(", ")", "kind: Service\n", "---\n", "{{/*"])
    )
)
def test_any_text_is_read_to_its_end(pieces: list[str]) -> None:
    assert all(needs for needs in guards("".join(pieces)))


def test_many_blocks_cost_no_more_than_there_are() -> None:
    text = "kind: Service\n" + "{{ if .Values.a }}" * 4000 + "{{ end }}" * 4000
    assert sum(len(needs) for needs in guards(text)) < 4000


ON, OFF = Need(("a", "b"), "on"), Need(("a", "b"), "off")
RANGES = Need(("s", "loadBalancerSourceRanges"), "on")
CHANGES: dict[str, tuple[list[Need], dict[str, Any], str | None]] = {
    "a switch is flipped": ([ON], {"a": {"b": False}}, "`a.b` is true"),
    "what is on needs nothing": ([ON], {"a": {"b": True}}, ""),
    "a switch that is not there stays so": ([ON], {"a": {}}, None),
    "an empty text stays empty": ([ON], {"a": {"b": ""}}, None),
    "two needs that exclude each other": ([ON, OFF], {"a": {"b": False}}, None),
    "a text in place of another": ([Need(("a", "b"), "equal", "x")], {"a": {"b": "y"}}, "`a.b` is 'x'"),
    "a version for clusters of the past": (
        [Need(("i", "api"), "equal", "networking.k8s.io/v1beta1")],
        {"i": {"api": "networking.k8s.io/v1"}},
        None,
    ),
    "a version that is stable": (
        [Need(("i", "api"), "equal", "networking.k8s.io/v1")],
        {"i": {"api": "v1beta1"}},
        "`i.api` is 'networking.k8s.io/v1'",
    ),
    "a type that needs more": ([Need(("s", "type"), "equal", "ExternalName")], {"s": {"type": "ClusterIP"}}, None),
    "ranges, with the type that may have them": (
        [RANGES],
        {"s": {"loadBalancerSourceRanges": [], "type": "ClusterIP"}},
        "`s.loadBalancerSourceRanges` is set and `s.type` is 'LoadBalancer'",
    ),
    "ranges where there is no type": ([RANGES], {"s": {"loadBalancerSourceRanges": []}}, None),
    "ranges that are a text": ([RANGES], {"s": {"loadBalancerSourceRanges": "", "type": "ClusterIP"}}, None),
}


@pytest.mark.parametrize("case", CHANGES)
def test_which_values_meet_needs(case: str) -> None:
    needs, values, expected = CHANGES[case]
    found = changes_for(needs, values)
    assert (None if found is None else told(found)) == expected


TEMPLATE = """\
{{- if .Values.extra.enabled }}
apiVersion: v1
kind: Service
metadata: {name: extra}
spec:
  type: {{ .Values.extra.type }}
  clusterIp: None
  selector: {app: web}
  ports: [{port: 80}]
{{- end }}
"""
VALUES = "extra: {enabled: false, type: ClusterIP}\n"
CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n"


def chart(template: str = TEMPLATE, values: str = VALUES, **more: str) -> dict[str, str]:
    files = {"web/Chart.yaml": CHART, "web/templates/extra.yaml": template, "web/templates/c.yaml": CONFIG, "web/values.yaml": values}
    return {**files, **{f"web/{path}": text for path, text in more.items()}}


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_fault_behind_a_switch_is_a_warning_with_the_condition(tmp_path: Path) -> None:
    report = Tree(chart(), tmp_path).report()
    (found,) = report["findings"]
    assert (found["rule"], found["severity"], found["confidence"], found["location"]["line"]) == (
        "invalid-resource",
        "warning",
        "medium",
        7,
    )
    assert found["why"].startswith("Only when `extra.enabled` is true. ")
    assert [unit["documents"] for unit in report["completeness"]["units"]] == [1]


QUIET = {
    "the switch is off in a chart that is deployed": {
        "argo.yaml": "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a, namespace: argocd}\n"
        "spec: {destination: {namespace: a}, source: {repoURL: https://git.example.com/a, path: web}}\n"
    },
    "variants are switched off": {".k8slblint.yaml": "rendering: {variants: false}\n"},
}


def test_what_is_deployed_has_no_variants(tmp_path: Path) -> None:
    assert Tree({**chart(), **QUIET["the switch is off in a chart that is deployed"]}, tmp_path).findings() == []


def test_variants_can_be_switched_off(tmp_path: Path) -> None:
    Tree({**chart(), "k.yaml": "rendering: {variants: false}\n"}, tmp_path)
    from click.testing import CliRunner

    from k8slblint.commands.cli import cli

    assert "Nothing found" in CliRunner().invoke(cli, ["scan", ".", "--config", "k.yaml"]).output


def test_the_values_of_tests_are_variants_too(tmp_path: Path) -> None:
    more = {"ci/extra-values.yaml": "extra: {enabled: true}\n", "ci/plain-values.yaml": "{}\n"}
    (found,) = Tree(chart(**more), tmp_path).report()["findings"]
    assert (found["severity"], found["confidence"]) == ("warning", "medium")
    assert found["why"].startswith("Only when the values are those of `ci/extra-values.yaml`. ")


def test_what_the_values_choose_is_not_reported(tmp_path: Path) -> None:
    template = TEMPLATE.replace("  clusterIp: None\n", "").replace("{{ .Values.extra.type }}", "NodePort")
    assert Tree(chart(template), tmp_path).findings() == []


def test_one_that_needs_further_values_hides_no_other(tmp_path: Path) -> None:
    needy = TEMPLATE.replace("extra", "other").replace("{{ .Values.other.type }}", '{{ required "set it" .Values.other.kind }}')
    values = f"{VALUES}other: {{enabled: false}}\n"
    tree = Tree({**chart(values=values), "web/templates/other.yaml": needy}, tmp_path)
    assert tree.findings() == [("invalid-resource", "web/templates/extra.yaml", 7)]


def test_a_value_that_is_empty_and_printed_is_for_who_installs_the_chart(tmp_path: Path) -> None:
    template = TEMPLATE.replace("clusterIp: None", "externalName: {{ .Values.extra.target }}")
    template = template.replace("{{ .Values.extra.type }}", "ExternalName")
    assert Tree(chart(template, "extra: {enabled: false, target: ''}\n"), tmp_path).findings() == []


def test_what_goes_with_a_switch_is_no_loss(tmp_path: Path) -> None:
    """Rules that compare revisions do not look at variants."""
    balancer = TEMPLATE.replace("  clusterIp: None\n", "").replace("{{ .Values.extra.type }}", "LoadBalancer")
    Tree({f"before/{path}": text for path, text in chart(balancer).items()}, tmp_path)
    Tree({f"after/{path}": text for path, text in chart(CONFIG).items()}, tmp_path)
    from click.testing import CliRunner

    from k8slblint.commands.cli import cli

    assert "Nothing found" in CliRunner().invoke(cli, ["scan", "after", "--against", "before"]).output


NODE_PORT = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {type: NodePort, selector: {app: web}, ports: [{port: 80}]}\n"
INGRESS = """\
{{- if .Values.aws.enabled }}
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, annotations: {ANNOTATIONS}}
spec:
  ingressClassName: CLASS
  rules:
  - http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: NAME, port: {number: 80}}}}]}
{{- end }}
"""


@pytest.mark.parametrize(
    ("class_name", "annotations", "name", "is_needed"),
    [
        ("alb", "", "web", True),
        ("alb", "alb.ingress.kubernetes.io/target-type: ip", "web", False),
        ("alb", "", "other", False),
        ("nginx", "", "web", False),
    ],
)
def test_a_node_port_that_an_ingress_behind_a_switch_needs_is_meant(
    tmp_path: Path, class_name: str, annotations: str, name: str, *, is_needed: bool
) -> None:
    ingress = INGRESS.replace("CLASS", class_name).replace("ANNOTATIONS", annotations).replace("NAME", name)
    files = {"web/Chart.yaml": CHART, "web/values.yaml": "aws: {enabled: false}\n", "web/templates/s.yaml": NODE_PORT}
    report = Tree({**files, "web/templates/i.yaml": ingress}, tmp_path).report()
    assert ("node-port-in-production" not in {one["rule"] for one in report["findings"]}) is is_needed
