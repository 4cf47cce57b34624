"""Where findings of rendered objects are reported: at the line that a person would edit, proven by rendering again."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from k8slblint.commands.cli import cli

SERVICE = """\
apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  type: {type}
  selector: {{app: web}}
  ports: [{{port: 80}}]
"""
CHART = "apiVersion: v2\nname: {name}\nversion: 1.0.0\n"
KUSTOMIZATION = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"


def write(top: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def scan(top: Path, *options: str) -> dict[str, Any]:
    result = CliRunner().invoke(cli, ["scan", str(top), "--format", "json", *options], env={"PRE_COMMIT": ""})
    assert result.exit_code in (0, 1), result.output
    report: dict[str, Any] = json.loads(result.stdout)
    return report


def chart(template: str, values: str = "", **more: str) -> dict[str, str]:
    return {"web/Chart.yaml": CHART.format(name="web"), "web/values.yaml": values, "web/templates/service.yaml": template, **more}


TEMPLATED = SERVICE.format(type="{{ .Values.service.type }}")
HELPED = SERVICE.format(type='{{ include "web.type" . }}')
ARGO = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: web, namespace: argocd}
spec:
  destination: {server: "https://kubernetes.default.svc", namespace: shop}
  source:
    repoURL: https://git.example.com/platform
    path: web
    helm:
"""

CASES: dict[str, tuple[dict[str, str], str, str]] = {
    "literal in a template": (chart(SERVICE.format(type="NodePort")), "web/templates/service.yaml", "type: NodePort"),
    "default in an action of a template": (
        chart(SERVICE.format(type='{{ default "NodePort" .Values.kind }}')),
        "web/templates/service.yaml",
        'default "NodePort"',
    ),
    "the chart's own values": (chart(TEMPLATED, "service:\n  type: NodePort\n"), "web/values.yaml", "type: NodePort"),
    "a value file over the chart's values": (
        chart(TEMPLATED, "service:\n  type: NodePort\n", **{"web/values-prod.yaml": "replicas: 2\nservice:\n  type: NodePort\n"}),
        "web/values-prod.yaml",
        "type: NodePort",
    ),
    "a literal in a helper template": (
        chart(HELPED, **{"web/templates/_helpers.tpl": '{{- define "web.type" -}}\nNodePort\n{{- end -}}\n'}),
        "web/templates/_helpers.tpl",
        "NodePort",
    ),
    "a value through a helper template": (
        chart(
            HELPED,
            "expose: NodePort\nother: NodePort\n",
            **{"web/templates/_helpers.tpl": '{{- define "web.type" -}}{{ .Values.expose }}{{- end -}}'},
        ),
        "web/values.yaml",
        "expose: NodePort",
    ),
    "a mapping copied with toYaml": (
        chart(
            "{{- with .Values.extra }}\n{{ toYaml . }}\n{{- end }}\n",
            "extra:\n" + "".join(f"  {line}\n" for line in SERVICE.format(type="NodePort").splitlines()),
        ),
        "web/values.yaml",
        "type: NodePort",
    ),
    "a value of a subchart set by its parent": (
        {
            "web/Chart.yaml": CHART.format(name="web"),
            "web/values.yaml": "edge:\n  service:\n    type: NodePort\n",
            "web/charts/edge/Chart.yaml": CHART.format(name="edge"),
            "web/charts/edge/values.yaml": "service:\n  type: ClusterIP\n",
            "web/charts/edge/templates/service.yaml": TEMPLATED,
        },
        "web/values.yaml",
        "type: NodePort",
    ),
    "a literal in a template of a subchart": (
        {
            "web/Chart.yaml": CHART.format(name="web"),
            "web/charts/edge/Chart.yaml": CHART.format(name="edge"),
            "web/charts/edge/templates/service.yaml": SERVICE.format(type="NodePort"),
        },
        "web/charts/edge/templates/service.yaml",
        "type: NodePort",
    ),
    "the base of an overlay": (
        {
            "base/kustomization.yaml": KUSTOMIZATION + "resources: [service.yaml]\n",
            "base/service.yaml": SERVICE.format(type="NodePort"),
            "overlays/prod/kustomization.yaml": KUSTOMIZATION + "resources: [../../base]\nnamePrefix: shop-\n",
        },
        "base/service.yaml",
        "type: NodePort",
    ),
    "a strategic merge patch": (
        {
            "base/kustomization.yaml": KUSTOMIZATION + "resources: [service.yaml]\n",
            "base/service.yaml": SERVICE.format(type="ClusterIP"),
            "overlays/prod/kustomization.yaml": KUSTOMIZATION + "resources: [../../base]\npatches:\n  - path: type.yaml\n",
            "overlays/prod/type.yaml": "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  type: NodePort\n",
        },
        "overlays/prod/type.yaml",
        "type: NodePort",
    ),
    "a JSON patch in the kustomization": (
        {
            "base/kustomization.yaml": KUSTOMIZATION + "resources: [service.yaml]\n",
            "base/service.yaml": SERVICE.format(type="ClusterIP"),
            "overlays/prod/kustomization.yaml": KUSTOMIZATION
            + "resources: [../../base]\npatches:\n  - target: {kind: Service}\n    patch: |-\n"
            + "      - op: replace\n        path: /spec/type\n        value: NodePort\n",
        },
        "overlays/prod/kustomization.yaml",
        "value: NodePort",
    ),
    "a parameter of an Argo CD Application": (
        {
            **chart(TEMPLATED, "service:\n  type: ClusterIP\n"),
            "apps/web.yaml": ARGO + "      parameters:\n        - {name: service.type, value: NodePort}\n",
        },
        "apps/web.yaml",
        "value: NodePort",
    ),
    "values in the text of an Argo CD Application": (
        {**chart(TEMPLATED), "apps/web.yaml": ARGO + "      values: |\n        service:\n          type: NodePort\n"},
        "apps/web.yaml",
        "type: NodePort",
    ),
    "values of a Flux HelmRelease": (
        {
            **chart(TEMPLATED),
            "clusters/prod/web.yaml": "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\n"
            "metadata: {name: web, namespace: shop}\nspec:\n"
            "  chart: {spec: {chart: ./web, sourceRef: {kind: GitRepository, name: platform}}}\n"
            "  values:\n    service:\n      type: NodePort\n",
        },
        "clusters/prod/web.yaml",
        "type: NodePort",
    ),
    "an assignment of the configuration": (
        {
            **chart(TEMPLATED),
            ".k8slblint.yaml": "rendering:\n  charts:\n    - path: web\n      sets:\n"
            "        - name: prod\n          environment: production\n"
            "          set: {service.type: NodePort}\n",
        },
        ".k8slblint.yaml",
        "service.type: NodePort",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_finding_stands_at_the_line_to_edit(case: str, tmp_path: Path) -> None:
    files, path, text = CASES[case]
    write(tmp_path, files)
    (tmp_path / ".git").mkdir()
    report = scan(tmp_path, *(() if ".k8slblint.yaml" in files else ("--no-config",)))
    (found,) = [one for one in report["findings"] if one["rule"] == "node-port-in-production"]
    line = Path(found["location"]["path"]).read_text(encoding="utf-8").splitlines()[found["location"]["line"] - 1]
    assert (str(Path(found["location"]["path"]).relative_to(tmp_path)), text in line) == (path, True), line
    assert found["origin"]["exact"]
    assert line[found["location"]["column"] - 1 : found["location"]["end_column"] - 1] == "NodePort"
    assert "type: NodePort" in found["related"][0]["rendered"]


def test_what_stands_beside_a_deployer_is_not_lost(tmp_path: Path) -> None:
    flux = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: apps, namespace: flux-system}\n"
    flux += "spec:\n  path: ./apps\n  sourceRef: {kind: GitRepository, name: platform}\n  targetNamespace: shop\n---\n"
    files = {
        "clusters/prod/apps.yaml": flux + SERVICE.format(type="NodePort"),
        "apps/kustomization.yaml": KUSTOMIZATION + "resources: [service.yaml]\n",
        "apps/service.yaml": SERVICE.format(type="NodePort"),
    }
    write(tmp_path, files)
    found = scan(tmp_path, "--no-config")["findings"]
    assert [Path(one["location"]["path"]).name for one in found] == ["service.yaml", "apps.yaml"]
    assert [one["resource"]["namespace"] for one in found] == ["shop", "default"]


def test_a_destination_is_the_cluster_that_the_configuration_calls_so(tmp_path: Path) -> None:
    app = ARGO.replace("https://kubernetes.default.svc", "{server}") + "      values: |\n        service:\n          type: NodePort\n"
    stated = "clusters:\n  - {name: edge-1, environment: production, contexts: ['https://edge-1.example.com:6443']}\n"
    stated += "  - {name: hub, environment: development, paths: [apps]}\n"
    one, other = (app.replace("{server}", f"https://edge-{number}.example.com:6443") for number in (1, 2))
    write(
        tmp_path,
        {**chart(TEMPLATED), "apps/one.yaml": one, "apps/two.yaml": other.replace("name: web,", "name: api,"), ".k8slblint.yaml": stated},
    )
    found = {Path(one["location"]["path"]).name: one["severity"] for one in scan(tmp_path)["findings"]}
    assert found == {"one.yaml": "error", "two.yaml": "warning"}


def test_what_an_app_of_apps_deploys_from_elsewhere_is_told_at_its_template(tmp_path: Path) -> None:
    files = {"apps/Chart.yaml": CHART.format(name="apps"), "apps/templates/web.yaml": ARGO.replace("    helm:\n", "")}
    write(tmp_path, files)
    (one,) = scan(tmp_path, "--no-config")["completeness"]["not_rendered"]
    assert (one["object"], Path(one["path"]).name, one["line"]) == ("Application argocd/web", "web.yaml", 1)
    assert one["reason"] == "the folder 'web' of https://git.example.com/platform is not in this tree"


def test_a_renderer_that_is_switched_off_is_no_finding(tmp_path: Path) -> None:
    write(tmp_path, {**chart(TEMPLATED, "service: {type: NodePort}\n"), ".k8slblint.yaml": "rendering: {helm: off}\n"})
    report = scan(tmp_path)
    assert report["findings"] == []
    assert [unit["failure"] for unit in report["completeness"]["units"]] == ["rendering of charts is off"]


def test_units_that_fail_for_one_reason_make_one_finding(tmp_path: Path) -> None:
    write(tmp_path, {f"{name}/kustomization.yaml": KUSTOMIZATION + "resources: [all.yaml]\n" for name in "abcdef"})
    (found,) = scan(tmp_path, "--no-config")["findings"]
    assert found["rule"] == "render-failed"
    assert re.search(r"and \d more", found["message"])


def test_what_cannot_be_proven_is_reported_at_the_object_and_says_so(tmp_path: Path) -> None:
    dynamic = SERVICE.format(type="x").replace("type: x", '{{ printf "ty%s: Node%s" "pe" .Values.end }}')
    write(tmp_path, chart(dynamic, 'end: "Port"\n'))
    (found,) = scan(tmp_path, "--no-config")["findings"]
    assert found["location"]["path"].endswith("templates/service.yaml")
    assert found["location"]["line"] == 2
    assert not found["origin"]["exact"]
    assert "none could be proven" in found["related"][0]["message"]


def test_a_value_that_is_put_together_is_reported_at_its_key(tmp_path: Path) -> None:
    write(tmp_path, chart(SERVICE.format(type='{{ printf "Node%s" .Values.end }}'), 'end: "Port"\n'))
    (found,) = scan(tmp_path, "--no-config")["findings"]
    assert (found["location"]["line"], found["location"]["column"], found["origin"]["exact"]) == (6, 3, True)


def test_two_sets_of_values_that_show_the_same_make_one_finding(tmp_path: Path) -> None:
    sets = {"web/values-prod.yaml": "a: 1\n", "web/values-staging.yaml": "a: 2\n"}
    write(tmp_path, chart(SERVICE.format(type="NodePort"), **sets))
    (found,) = scan(tmp_path, "--no-config")["findings"]
    assert found["severity"] == "error"
    assert [unit.endswith("values-staging.yaml") for unit in found["origin"]["also"]] == [True]


def test_a_comment_in_a_value_file_or_template_suppresses(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            **chart(TEMPLATED, "service:\n  type: NodePort # k8slblint: ignore[node-port-in-production] scanners dial nodes\n"),
            "api/Chart.yaml": CHART.format(name="api"),
            "api/templates/service.yaml": "{{/* k8slblint: ignore-file[node-port-in-production] the same scanners */}}\n"
            + SERVICE.format(type="NodePort"),
        },
    )
    report = scan(tmp_path, "--no-config")
    assert report["findings"] == []
    assert sorted(one["suppressed"]["reason"] for one in report["suppressed"]) == ["scanners dial nodes", "the same scanners"]


def test_the_places_of_several_findings_are_found_together_as_they_are_alone(tmp_path: Path) -> None:
    """Each place is that of a run in which nothing else is asked for: the marks of one finding do not move another."""
    service = (
        SERVICE.format(type="{{ .Values.type }}")
        .replace("port: 80", 'port: 80{{ if eq .Values.type "NodePort" }}, nodePort: {{ .Values.number }}{{ end }}')
        .replace("name: web", "name: web\n  annotations: {a: {{ .Values.mode }}}")
    )
    database = SERVICE.format(type='{{ if eq .Values.mode "on" }}{{ .Values.type }}{{ else }}{{ .Values.other }}{{ end }}')
    database = database.replace("web", "db").replace("port: 80", "name: postgres, port: 5432, nodePort: 30432")
    values = "mode: on-call\nother: NodePort\ntype: NodePort\nnumber: 30432\n"
    write(tmp_path, {**chart(service, values), "web/templates/db.yaml": database})
    found = [one for one in scan(tmp_path, "--no-config")["findings"] if one["origin"]]
    together = {(one["rule"], one["resource"]["name"]): (one["location"], one["traffic"]) for one in found}
    assert {name: place[0]["line"] for (rule, name), place in together.items() if rule == "node-port-in-production"} == {"web": 3, "db": 2}
    assert all(one["origin"]["exact"] for one in found)
    for rule in {one["rule"] for one in found}:
        for one in scan(tmp_path, "--no-config", "--select", rule)["findings"]:
            if one["origin"]:
                assert (one["location"], one["traffic"]) == together[one["rule"], one["resource"]["name"]]


def test_each_object_of_a_file_is_shown_at_its_own_name(tmp_path: Path) -> None:
    files = {
        "kustomization.yaml": KUSTOMIZATION + "resources: [all.yaml]\n",
        "all.yaml": "---\n".join(SERVICE.format(type="NodePort").replace("name: web", f"name: web-{end}") for end in ("z", "m", "a")),
    }
    write(tmp_path, files)
    result = CliRunner().invoke(cli, ["exposure", str(tmp_path), "--format", "json"])
    entries = [entry for cluster in json.loads(result.stdout)["clusters"] for entry in cluster["entry_points"]]
    assert {entry["resource"]["name"]: entry["line"] for entry in entries} == {"web-z": 4, "web-m": 13, "web-a": 22}
