"""Mistakes in rendered text are reported where they are written, once for a helper that charts copied."""

import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from k8slblint.commands.cli import cli
from k8slblint.model.loaded import InputProblem
from k8slblint.model.location import Location, Span
from k8slblint.model.resource import SourceText
from k8slblint.rendering.rendered_text import Template, at_template, is_repeated_key, together

CHART = "apiVersion: v2\nname: {name}\nversion: 0.2.0\n"
HELPERS = '{{- define "shop.labels" -}}\ntier: edge\nteam: web\n{{- end }}\n'
TEMPLATE = """\
apiVersion: v1
kind: Service
metadata:
  name: first
  labels:
    {{- include "shop.labels" . | nindent 4 }}
    tier: {{ .Release.Name }}
spec:
  selector: {app: shop}
  ports: [{port: 80}]
---
apiVersion: v1
kind: Service
metadata:
  name: second
spec:
  selector: {app: shop}
  ports:
  - port: 80
    name: http
    port: 80
    name: http
"""


def scan(top: Path, files: dict[str, str], *options: str) -> list[dict[str, Any]]:
    for name, text in files.items():
        path = top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    result = CliRunner().invoke(cli, ["scan", str(top), "--format", "json", "--no-config", *options], env={"PRE_COMMIT": ""})
    assert result.exit_code in (0, 1), result.output
    found: list[dict[str, Any]] = json.loads(result.stdout)["findings"]
    return found


def test_a_key_that_a_chart_sets_twice_is_a_warning_at_the_template(tmp_path: Path) -> None:
    files = {"shop/Chart.yaml": CHART.format(name="shop"), "shop/templates/_helpers.tpl": HELPERS, "shop/templates/a.yaml": TEMPLATE}
    found = [one for one in scan(tmp_path, files) if one["rule"] == "invalid-yaml"]
    different = ("warning", 7, "The key 'tier' is set twice in the rendered object")
    alike = ("note", 21, "The keys 'port' and 'name' are set twice in the rendered object")
    assert [(one["severity"], one["location"]["line"], one["headline"]) for one in found] == [different]
    found = [one for one in scan(tmp_path, files, "--min-confidence", "low") if one["rule"] == "invalid-yaml"]
    assert [(one["severity"], one["location"]["line"], one["headline"]) for one in found] == [different, alike]


def test_a_helper_that_charts_copied_is_one_finding(tmp_path: Path) -> None:
    helper = '{{- define "base.type" -}}\nNodePort\n{{- end -}}\n'
    service = 'apiVersion: v1\nkind: Service\nmetadata: {name: %s}\nspec:\n  type: {{ include "base.type" . }}\n  ports: [{port: 80}]\n'
    files: dict[str, str] = {}
    for name in ("east", "north", "west"):
        files[f"{name}/Chart.yaml"] = CHART.format(name=name)
        files[f"{name}/templates/lib/_base.tpl"] = helper
        files[f"{name}/templates/service.yaml"] = service % name
    (found,) = [one for one in scan(tmp_path, files) if one["rule"] == "node-port-in-production"]
    assert (found["location"]["path"], found["location"]["line"]) == (f"{tmp_path}/east/templates/service.yaml", 5)
    places = {one["message"]: one["location"]["path"].removeprefix(f"{tmp_path}/") for one in found["related"]}
    assert places["The value comes from this helper."] == "east/templates/lib/_base.tpl"
    assert places[f"The same in chart '{tmp_path}/north'."] == "north/templates/service.yaml"


def test_a_port_that_an_unrendered_kustomization_may_add_is_not_reported(tmp_path: Path) -> None:
    service = "apiVersion: v1\nkind: Service\nmetadata: {name: m}\nspec:\n  selector: {a: m}\n  ports: [{port: 8443, targetPort: https}]\n"
    pods = "metadata: {labels: {a: m}}\n    spec: {containers: [{name: m, image: m, ports: [{name: http, containerPort: 8080}]}]}\n"
    head = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: m}\n"
    workload = f"{head}spec:\n  selector: {{matchLabels: {{a: m}}}}\n  template:\n    {pods}"
    plain = {"config/svc/s.yaml": service, "config/pods/d.yaml": workload}
    (alone := tmp_path / "alone").mkdir()
    assert [one["rule"] for one in scan(alone, plain)] == ["service-port-unresolved"]
    unrendered = "resources: [../svc/s.yaml, ../pods/d.yaml]\npatches: [{path: gone.yaml}]\n"
    (patched := tmp_path / "patched").mkdir()
    found = scan(patched, {**plain, "config/all/kustomization.yaml": unrendered})
    assert [one["rule"] for one in found if one["rule"] != "render-failed"] == []


def _problem(key: str) -> InputProblem:
    return InputProblem("invalid-yaml", Location("u", Span(2, 1, 2, 2)), f"The key '{key}' is already set on line 1", SourceText(""))


def test_only_repeated_keys_are_placed() -> None:
    assert is_repeated_key(_problem("a"))
    assert not is_repeated_key(_problem("a")._replace(headline="Tab used as indentation"))
    assert not is_repeated_key(_problem("a")._replace(rule="invalid-resource"))


def test_long_texts_are_not_compared() -> None:
    template = Template("t.yaml", SourceText("a: 1\n" * 2_000))
    assert at_template(_problem("a"), "a: 1\na: 1\n", 2, template, "").location.span.line == 1


def test_neighbouring_repeats_are_one_finding_and_others_are_not() -> None:
    template = Template("t.yaml", SourceText("a: 1\nb: 1\na: 1\nb: 1\nc: 1\n\nc: 2\n"))
    text = template.source.text
    found = [(_problem(key)._replace(location=Location("u", Span(line, 1, line, 2))), line) for key, line in (("a", 3), ("b", 4), ("c", 7))]
    placed = [at_template(one, text, line, template, "") for one, line in found]
    joined = together(placed)
    assert [one.location.span.line for one in joined] == [3, 7]
    assert together([placed[0], placed[0]]) == [placed[0]]


def test_keys_that_a_helper_sets_twice_in_several_objects_are_one_finding(tmp_path: Path) -> None:
    helper = '{{- define "a" }}\ntier: a\narea: b\n{{- end }}\n{{- define "b" }}\n{{ include "a" . }}\n{{ include "a" . }}\n{{- end }}\n'
    head = "apiVersion: v1\nkind: Service\nmetadata:\n  name: NAME\n  labels:\n"
    service = head + '    {{- include "b" . | nindent 4 }}\nspec: {ports: [{port: 80}]}\n'
    files = {f"shop/templates/{name}.yaml": service.replace("NAME", name) for name in ("web", "api")}
    files |= {"shop/Chart.yaml": CHART.format(name="shop"), "shop/templates/_helpers.tpl": helper}
    (one,) = [one for one in scan(tmp_path, files, "--min-confidence", "low") if one["rule"] == "invalid-yaml"]
    assert one["headline"] == "The keys 'tier' and 'area' are set twice in 2 rendered objects"
