"""What a template makes of the fields of `Chart.yaml` is found in the template."""

from pathlib import Path

import pytest

from k8slblint.rendering.helm.chart_fields import line_naming_chart
from tests.whole_trees import Tree

CHART = "apiVersion: v2\nname: Web_Shop\nversion: 1.0.0\nappVersion: 1.0.0\n"
SERVICE = """\
apiVersion: v1
kind: Service
metadata:
  name: {{ .Chart.Name }}
  labels:
    chart: {{ .Chart.Name }}
spec:
  selector: {app: web}
  ports: [{port: 80}]
"""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_name_that_is_the_chart_s_is_found_in_the_template(tmp_path: Path) -> None:
    found = Tree({"web/Chart.yaml": CHART, "web/templates/service.yaml": SERVICE}, tmp_path).findings()
    assert found
    assert {(path, line) for _, path, line in found} == {("web/templates/service.yaml", 4)}


def test_one_that_a_helper_prints_is_found_at_the_object(tmp_path: Path) -> None:
    helper = '{{ define "web.name" }}{{ .Chart.Name }}{{ end }}'
    service = SERVICE.replace("name: {{ .Chart.Name }}", 'name: {{ include "web.name" . }}').replace("{{ .Chart.Name }}", "a")
    files = {"web/Chart.yaml": CHART, "web/templates/service.yaml": service, "web/templates/_h.tpl": helper}
    assert {path for _, path, _ in Tree(files, tmp_path).findings()} == {"web/templates/service.yaml"}


LINES = {
    "the only line": ("a: 1\n  b: {{ .Chart.Name }}\n", ("c",), 2),
    "the line of the key": ("b: {{ .Chart.Name }}\nc: {{ .Chart.Name }}\n", ("x", "c"), 2),
    "an element of a list": ("- b: {{ .Chart.Name }}\n- c: {{ .Chart.Name }}\n", ("x", 0, "c"), 2),
    "two lines of no key": ("b: {{ .Chart.Name }}\nc: {{ .Chart.Name }}\n", ("x", "d"), None),
    "no line": ("b: {{ .Release.Name }}\n", ("b",), None),
}


@pytest.mark.parametrize("case", LINES)
def test_the_line_that_names_the_chart(case: str) -> None:
    text, path, expected = LINES[case]
    found = line_naming_chart(text, path)
    assert (found.line if found else None) == expected


HOSTS = {
    "one that the template has as a whole": ("web.", {"ingress-rejected"}),
    "one in quotes": ("'web.'", {"ingress-rejected"}),
    "one that a value completes": ("web.{{ .Values.domain }}", set[str]()),
    "one that a value begins": ("'{{ .Values.domain }}.example.org'", set[str]()),
}


@pytest.mark.parametrize("case", HOSTS)
def test_half_a_host_is_meant_to_be_completed_unless_the_template_has_it_as_a_whole(tmp_path: Path, case: str) -> None:
    host, expected = HOSTS[case]
    ingress = (
        "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: web}\nspec:\n  ingressClassName: x\n  rules:\n"
        f"  - host: {host}\n    http:\n      paths:\n"
        "      - {path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}\n"
    )
    files = {"web/Chart.yaml": CHART.replace("Web_Shop", "web"), "web/values.yaml": "domain: ''\n", "web/templates/ingress.yaml": ingress}
    assert {rule for rule, _, _ in Tree(files, tmp_path).findings()} & {"ingress-rejected"} == expected


PODS = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: example.org/web
        ports:
        - name: http
          containerPort: 8080
MORE"""
METRICS = "        {{- if .Values.metrics }}\n        - name: metrics\n          containerPort: 9090\n        {{- end }}\n"
APPLICATION = (
    "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a, namespace: argocd}\n"
    "spec: {destination: {namespace: a}, source: {repoURL: https://git.example.com/a, path: web}}\n"
)
PORTS = {
    "another switch declares it": (METRICS, {}, False),
    "nothing declares it": ("", {}, True),
    "the values are known": (METRICS, {"argo.yaml": APPLICATION}, True),
}


@pytest.mark.parametrize("case", PORTS)
def test_a_port_that_a_template_declares_with_other_values(tmp_path: Path, case: str) -> None:
    more, files, is_told = PORTS[case]
    port = "spec: {selector: {app: web}, ports: [{name: metrics, port: 90, targetPort: metrics}]}\n"
    service = f"apiVersion: v1\nkind: Service\nmetadata: {{name: web}}\n{port}"
    own = {"web/Chart.yaml": CHART.replace("Web_Shop", "web"), "web/values.yaml": "metrics: false\n", "web/templates/service.yaml": service}
    tree = Tree({**own, "web/templates/pods.yaml": PODS.replace("MORE", more), **files}, tmp_path)
    assert ("service-port-unresolved" in {rule for rule, _, _ in tree.findings()}) is is_told
