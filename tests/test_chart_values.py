"""Annotations that are not text in the values of a chart: judged in what it makes of them, undecided where it is not in the tree."""

from pathlib import Path

import pytest

from tests.whole_trees import Tree

APPLICATION = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: forge, namespace: argocd}
spec:
  project: default
  destination: {server: 'https://kubernetes.default.svc', namespace: forge}
  source:
    repoURL: https://charts.example.com
    chart: forge
    targetRevision: 8.0.0
    helm:
      valuesObject:
        ingress:
          enabled: true
          annotations:
            kubernetes.io/tls-acme: VALUE
"""


@pytest.mark.parametrize(("value", "count"), [("true", 1), ("8080", 1), ("'true'", 0)])
def test_a_chart_that_is_not_in_the_tree_may_quote(value: str, count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    report = Tree({"app.yaml": APPLICATION.replace("VALUE", value)}, tmp_path).report()
    assert report["findings"] == []
    assert str(report).count("may quote its annotations") == count


def test_a_chart_in_the_tree_tells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    service = (
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n  annotations:\n    LINE\nspec: {ports: [{port: 80}], selector: {a: b}}\n"
    )
    files = {"Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n", "values.yaml": "annotations: {kubernetes.io/tls-acme: true}\n"}
    printed = {
        "toYaml": "{{- toYaml .Values.annotations | nindent 4 }}",
        "quote": "{{ range $k, $v := .Values.annotations }}{{ $k }}: {{ $v | quote }}{{ end }}",
    }
    found = {
        name: [rule for rule, _, _ in Tree({**files, "templates/web.yaml": service.replace("LINE", text)}, tmp_path).findings()]
        for name, text in printed.items()
    }
    assert "invalid-resource" in found["toYaml"]
    assert "invalid-resource" not in found["quote"]
