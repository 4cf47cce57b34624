"""A stand-in for the library that most public charts share, `common` of Bitnami, where it is not vendored.

It has the helpers that Services, Ingresses, routes and workloads are printed with, with results of the same form: names and labels agree
within the chart. What is absent remains a lack of the unit, so that nothing is claimed to be missing from it.
Sources: the README of https://github.com/bitnami/charts/tree/main/bitnami/common (names and parameters of the helpers, 2.x).
"""

import re

from k8slblint.rendering.helm.charts import Chart, join

_NAME = "common"
_OF_BITNAMI = "bitnami"

_NAMES = """
{{- define "common.names.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- define "common.names.chart" -}}
{{- printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- define "common.names.fullname" -}}
{{- $name := include "common.names.name" . -}}
{{- $long := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) -}}
{{- default $long .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- define "common.names.dependency.fullname" -}}
{{- $values := default dict .chartValues -}}
{{- $name := default .chartName (get $values "nameOverride") -}}
{{- $release := .context.Release.Name -}}
{{- $long := ternary $release (printf "%s-%s" $release $name) (contains $name $release) -}}
{{- default $long (get $values "fullnameOverride") | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- define "common.names.namespace" -}}
{{- default .Release.Namespace .Values.namespaceOverride -}}
{{- end -}}
{{- define "common.names.fullname.namespace" -}}
{{- printf "%s-%s" (include "common.names.fullname" .) (include "common.names.namespace" .) | trunc 63 | trimSuffix "-" -}}
{{- end -}}
"""

_LABELS = """
{{- define "common.labels.own" -}}
app.kubernetes.io/name: {{ include "common.names.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}
{{- define "common.labels.standard" -}}
{{- $root := ternary .context . (hasKey . "context") -}}
{{- $own := dict "helm.sh/chart" (include "common.names.chart" $root) "app.kubernetes.io/managed-by" $root.Release.Service -}}
{{- $custom := include "common.labels.custom" . | fromYaml -}}
{{- merge (dict) $custom (include "common.labels.own" $root | fromYaml) $own | toYaml -}}
{{- end -}}
{{- define "common.labels.matchLabels" -}}
{{- $root := ternary .context . (hasKey . "context") -}}
{{- $custom := pick (include "common.labels.custom" . | fromYaml) "app.kubernetes.io/name" "app.kubernetes.io/instance" -}}
{{- merge (dict) $custom (include "common.labels.own" $root | fromYaml) | toYaml -}}
{{- end -}}
{{- define "common.labels.custom" -}}
{{- if hasKey . "context" }}{{ include "common.tplvalues.render" (dict "value" (default dict .customLabels) "context" .context) }}
{{- else }}{}{{ end -}}
{{- end -}}
"""

_VALUES = """
{{- define "common.tplvalues.render" -}}
{{- $text := ternary .value (toYaml .value) (kindIs "string" .value) -}}
{{- if contains "{{" (toJson .value) }}{{ tpl $text .context }}{{ else }}{{ $text }}{{ end -}}
{{- end -}}
{{- define "common.tplvalues.merge" -}}
{{- $all := dict -}}
{{- range .values }}{{ $all = include "common.tplvalues.render" (dict "value" . "context" $.context) | fromYaml | merge $all }}{{ end -}}
{{- toYaml $all -}}
{{- end -}}
{{- define "common.tplvalues.merge-overwrite" -}}{{ include "common.tplvalues.merge" (dict "values" (reverse .values) "context" .context) }}
{{- end -}}
{{- define "common.utils.fieldToEnvVar" -}}{{ .field | snakecase | replace "-" "_" | upper }}{{- end -}}
{{- define "common.utils.getValueFromKey" -}}
{{- $found := .context.Values -}}
{{- range splitList "." .key }}{{ $found = ternary (get $found .) "" (kindIs "map" $found) }}{{ end -}}
{{- $found -}}
{{- end -}}
"""

_VERSIONS = {
    "deployment": "apps/v1",
    "statefulset": "apps/v1",
    "daemonset": "apps/v1",
    "ingress": "networking.k8s.io/v1",
    "networkPolicy": "networking.k8s.io/v1",
    "policy": "policy/v1",
    "podDisruptionBudget": "policy/v1",
    "rbac": "rbac.authorization.k8s.io/v1",
    "cronjob": "batch/v1",
    "job": "batch/v1",
    "hpa": "autoscaling/v2",
    "vpa": "autoscaling.k8s.io/v1",
    "crd": "apiextensions.k8s.io/v1",
    "apiService": "apiregistration.k8s.io/v1",
}

_OBJECTS = """
{{- define "common.capabilities.kubeVersion" -}}{{ .Capabilities.KubeVersion.Version }}{{- end -}}
{{- define "common.capabilities.supportsHelmVersion" -}}true{{- end -}}
{{- define "common.capabilities.apiVersions.has" -}}{{ if .context.Capabilities.APIVersions.Has .version }}true{{ end }}{{- end -}}
{{- define "common.ingress.supportsPathType" -}}true{{- end -}}
{{- define "common.ingress.supportsIngressClassname" -}}true{{- end -}}
{{- define "common.ingress.certManagerRequest" -}}
{{- if or (hasKey .annotations "cert-manager.io/cluster-issuer") (hasKey .annotations "cert-manager.io/issuer") }}true{{ end -}}
{{- end -}}
{{- define "common.ingress.backend" -}}
service:
  name: {{ .serviceName }}
  port:
    {{ ternary "name" "number" (kindIs "string" .servicePort) }}: {{ .servicePort }}
{{- end -}}
{{- define "common.images.image" -}}
{{- $registry := default (get (default dict .imageRoot) "registry") (get (default dict .global) "imageRegistry") -}}
{{- $name := ternary (printf "%s/%s" $registry .imageRoot.repository) .imageRoot.repository (not (empty $registry)) -}}
{{- printf "%s:%s" $name (toString (default "latest" .imageRoot.tag)) -}}
{{- end -}}
{{- define "common.images.version" -}}{{ default .chart.AppVersion .imageRoot.tag }}{{- end -}}
{{- define "common.compatibility.renderSecurityContext" -}}{{ omit .secContext "enabled" | toYaml }}{{- end -}}
{{- define "common.secrets.name" -}}
{{- $named := get (ternary .existingSecret dict (kindIs "map" .existingSecret)) "name" -}}
{{- $given := ternary .existingSecret $named (kindIs "string" .existingSecret) -}}
{{- $own := printf "%s-%s" (include "common.names.fullname" .context) (default "" .defaultNameSuffix) | trimSuffix "-" -}}
{{- default $own $given -}}
{{- end -}}
{{- define "common.secrets.key" -}}{{ .key }}{{- end -}}
{{- define "common.secrets.passwords.manage" -}}eA=={{- end -}}
{{- define "common.secrets.lookup" -}}{{ .defaultValue | b64enc }}{{- end -}}
"""

_MAPPINGS = ("affinities.pods", "affinities.pods.soft", "affinities.pods.hard", "affinities.nodes", "resources.preset")
"""Helpers that yield a mapping which says nothing of traffic."""

_NOTHING = (
    *("images.pullSecrets", "images.renderPullSecrets", "storage.class", "secrets.exists", "warnings.rollingTag", "warnings.resources"),
    *("warnings.modifiedImages", "errors.upgrade.passwords.empty", "errors.insecureImages", "validations.values.single.empty"),
    *("validations.values.multiple.empty", "utils.checksumTemplate", "utils.secret.getvalue", "affinities.topologyKey"),
)

_DEFINED = re.compile(r"""define "([^"]{1,100})\"""")
_TEXT = "".join(
    (
        _NAMES,
        _LABELS,
        _VALUES,
        _OBJECTS,
        *(f'{{{{- define "common.capabilities.{kind}.apiVersion" -}}}}{version}{{{{- end -}}}}\n' for kind, version in _VERSIONS.items()),
        *(f'{{{{- define "common.{name}" -}}}}{{}}{{{{- end -}}}}\n' for name in _MAPPINGS),
        *(f'{{{{- define "common.{name}" -}}}}{{{{- end -}}}}\n' for name in _NOTHING),
    )
)

HELPERS = frozenset(_DEFINED.findall(_TEXT))
"""The names of the helpers."""


def stand_ins_for(chart: Chart) -> dict[str, bytes]:
    """Return the files of what stands in for an absent library of a chart, by their paths in the tree; none where there is nothing."""
    if not any(one.name == _NAME and not one.alias and _OF_BITNAMI in one.repository for one in chart.missing) or _is_early(chart):
        return {}
    folder = join(chart.folder, f"charts/{_NAME}")
    metadata = f"apiVersion: v2\nname: {_NAME}\nversion: 2.99.0\ntype: library\n"
    return {f"{folder}/Chart.yaml": metadata.encode(), f"{folder}/templates/_stand_in.tpl": _TEXT.encode()}


def _is_early(chart: Chart) -> bool:
    """Tell whether a chart wants a release before 1.0 of the library, whose Ingresses are of versions that are not served any more."""
    declared = chart.metadata.get("dependencies")
    rows = [one for one in declared if isinstance(one, dict) and one.get("name") == _NAME] if isinstance(declared, list) else []
    return not rows or any(str(one.get("version") or "").lstrip("^~=v> ").startswith("0.") for one in rows)
