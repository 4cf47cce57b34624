"""Charts whose shared library is not vendored are rendered with a stand-in, and nothing is claimed to be absent from them."""

from pathlib import Path

import pytest

from k8slblint.rendering.helm.engine import HelmEngine
from k8slblint.rendering.helm.release import ChartRelease
from k8slblint.rendering.helm.stand_ins import HELPERS
from k8slblint.rendering.tree import SourceTree
from k8slblint.rendering.units import Rendered
from tests.test_provenance import write
from tests.test_rendering_in_part import found, note, scan

CHART = "apiVersion: v2\nname: bank\nversion: 1.0.0+1\nappVersion: 1.2.3\ndependencies:\n- DEPENDENCY\n"
OCI = "{name: common, version: 2.x.x, repository: 'oci://registry-1.docker.io/bitnamicharts'}"
HTTP = "{name: common, version: ^1.4.0, repository: 'https://charts.bitnami.com/bitnami', tags: [bitnami-common]}"
ALL = """\
apiVersion: v1
kind: Service
metadata:
  name: {{ include "common.names.fullname" . }}
  namespace: {{ include "common.names.namespace" . | quote }}
  labels: {{- include "common.labels.standard" ( dict "customLabels" .Values.commonLabels "context" $ ) | nindent 4 }}
  annotations: {{- include "common.tplvalues.render" (dict "value" .Values.annotations "context" $) | nindent 4 }}
spec:
  type: {{ .Values.type }}
  selector: {{- include "common.labels.matchLabels" . | nindent 4 }}
  ports: [{name: http, port: 80, targetPort: http}]
---
apiVersion: {{ include "common.capabilities.ingress.apiVersion" . }}
kind: Ingress
metadata:
  name: {{ template "common.names.fullname" . }}
spec:
  rules:
  - http:
      paths:
      - path: /
        {{- if eq "true" (include "common.ingress.supportsPathType" .) }}
        pathType: Prefix
        {{- end }}
        backend: {{- include "common.ingress.backend" (dict "serviceName" "a" "servicePort" "http" "context" $) | nindent 10 }}
---
apiVersion: {{ include "common.capabilities.deployment.apiVersion" . }}
kind: Deployment
metadata: {name: {{ include "common.names.fullname" . }}}
spec:
  selector:
    matchLabels: {{- include "common.labels.matchLabels" ( dict "customLabels" .Values.podLabels "context" $ ) | nindent 6 }}
  template:
    metadata:
      labels: {{- include "common.labels.standard" ( dict "customLabels" .Values.podLabels "context" $ ) | nindent 8 }}
    spec:
      {{- include "common.images.renderPullSecrets" (dict "images" (list .Values.image) "context" $) | nindent 6 }}
      affinity:
        podAffinity: {{- include "common.affinities.pods" (dict "type" "soft" "context" $) | nindent 10 }}
        nodeAffinity: {{- include "common.affinities.nodes" (dict "type" "") | nindent 10 }}
      containers:
      - name: bank
        image: {{ include "common.images.image" (dict "imageRoot" .Values.image "global" .Values.global) }}
        securityContext: {{- include "common.compatibility.renderSecurityContext" (dict "secContext" .Values.sec) | nindent 10 }}
        resources: {{- include "common.resources.preset" (dict "type" "nano") | nindent 10 }}
        env:
        - name: {{ include "common.utils.fieldToEnvVar" (dict "field" "my-pass") }}
          valueFrom:
            secretKeyRef:
              name: {{ include "common.secrets.name" (dict "existingSecret" "" "defaultNameSuffix" "pw" "context" $) }}
              key: {{ include "common.secrets.key" (dict "existingSecret" "" "key" "pw") }}
        ports: [{name: http, containerPort: 8080}]
"""
VALUES = """\
type: NodePort
annotations: {a: "{{ .Release.Name }}"}
podLabels: {tier: "{{ .Release.Name }}-a"}
image: {registry: docker.io, repository: bank/app, tag: 1.2.3}
sec: {enabled: true, runAsUser: 1}
"""
RENDERED = {"bank/Chart.yaml": CHART.replace("DEPENDENCY", OCI), "bank/values.yaml": VALUES, "bank/templates/all.yaml": ALL}


@pytest.mark.parametrize("dependency", [OCI, HTTP])
def test_a_chart_that_shares_a_library_is_rendered_without_it(tmp_path: Path, dependency: str) -> None:
    report = scan(tmp_path, {**RENDERED, "bank/Chart.yaml": CHART.replace("DEPENDENCY", dependency)})
    assert [unit["documents"] for unit in report["completeness"]["units"]] == [3]
    shown = found(report, tmp_path)
    assert shown == {"node-port-in-production": "bank/values.yaml", "render-failed": "bank/Chart.yaml"}
    assert "`common`" in note(report)
    assert "is rendered in part" in note(report)


def test_names_and_labels_agree(tmp_path: Path) -> None:
    write(tmp_path, RENDERED)
    with HelmEngine("native") as engine:
        outcome = engine.render(ChartRelease("bank", release="shop"), SourceTree(str(tmp_path)))
    assert isinstance(outcome, Rendered)
    text = "\n".join(one.text for one in outcome.documents)
    assert text.count("name: shop-bank\n") + text.count("name: shop-bank}") == 3
    assert text.count("app.kubernetes.io/instance: shop") == 4
    assert "tier: shop-a" in text
    assert "image: docker.io/bank/app:1.2.3" in text
    assert "enabled" not in text


@pytest.mark.parametrize("name", sorted(HELPERS))
def test_each_helper_can_be_parsed_and_called(tmp_path: Path, name: str) -> None:
    """What a helper is given differs; one that is given what it does not take must not fail to be found."""
    call = f'# {{{{ include "{name}" (merge (dict "context" $ "value" "a" "values" (list) "key" "a" "field" "a" "chart" .Chart '
    call += '"imageRoot" (dict "repository" "a") "annotations" dict "secContext" dict "existingSecret" "" "servicePort" 1 '
    call += '"version" "v1" "defaultValue" "a" "chartName" "a") .) | quote }}\n'
    files = {**RENDERED, "bank/templates/call.yaml": f"{call}kind: ConfigMap\napiVersion: v1\nmetadata: {{name: call}}\n"}
    report = scan(tmp_path, files)
    assert [unit["documents"] for unit in report["completeness"]["units"]] == [4], note(report)


NONE = {
    "an early release": "{name: common, version: 0.x.x, repository: 'https://charts.bitnami.com/bitnami'}",
    "another library": "{name: common, version: 2.x.x, repository: 'https://charts.example.org'}",
    "an alias": "{name: common, alias: shared, version: 2.x.x, repository: 'https://charts.bitnami.com/bitnami'}",
    "another chart": "{name: redis, version: 2.x.x, repository: 'https://charts.bitnami.com/bitnami'}",
    "no version": "{name: common, version: [], repository: 'https://charts.bitnami.com/bitnami/common'}",
}


@pytest.mark.parametrize("case", [one for one in NONE if one != "no version"])
def test_nothing_stands_in_for_what_is_not_known(tmp_path: Path, case: str) -> None:
    report = scan(tmp_path, {**RENDERED, "bank/Chart.yaml": CHART.replace("DEPENDENCY", NONE[case])})
    assert "cannot be rendered" in note(report)


def test_a_dependency_that_is_written_strangely_is_no_crash(tmp_path: Path) -> None:
    scan(tmp_path, {**RENDERED, "bank/Chart.yaml": CHART.replace("DEPENDENCY", NONE["no version"])})


def test_a_library_that_is_there_is_used(tmp_path: Path) -> None:
    library = {
        "bank/charts/common/Chart.yaml": "apiVersion: v2\nname: common\nversion: 2.0.0\ntype: library\n",
        "bank/charts/common/templates/_a.tpl": '{{ define "common.names.fullname" }}own{{ end }}',
    }
    service = 'apiVersion: v1\nkind: Service\nmetadata: {name: {{ include "common.names.fullname" . }}}\n'
    service += "spec: {type: NodePort, ports: [{port: 1}]}\n"
    report = scan(tmp_path, {**RENDERED, **library, "bank/templates/all.yaml": service})
    assert any("default/own" in one["message"] for one in report["findings"])
