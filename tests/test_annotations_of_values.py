"""Annotations in values that are no text: how sure it is that they reach the API server so, by what is known of the chart."""

from pathlib import Path

import pytest

from tests.whole_trees import Tree

_RELEASE = """apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: web, namespace: shop}
spec:
  chart: {spec: {chart: %s, version: %s, sourceRef: {kind: HelmRepository, name: %s}}}
  values:
%s
"""

_AT_SERVER = "    server: {service: {annotations: {example.com/on: true}}}"
_AT_SERVICE = "    service: {annotations: {example.com/on: true}}"
_OF_PODS = "    podAnnotations: {example.com/on: 1}"
_AT_INGRESS = "    global: {ingress: {annotations: {example.com/size: 0}}}"


@pytest.mark.parametrize(
    ("chart", "repository", "values", "severities"),
    [
        ("argo-cd", "argoproj", _AT_SERVER, []),
        ("argo-cd", "tools", _AT_SERVER, []),
        ("grafana", "tools", _AT_SERVICE, ["warning"]),
        ("grafana", "grafana", _AT_SERVICE, ["error"]),
        ("grafana", "grafana", _OF_PODS, ["warning"]),
        ("gitlab", "gitlab", _AT_INGRESS, []),
        ("gitlab", "gitlab", _OF_PODS, ["warning"]),
        ("shop", "shop", _AT_SERVICE, ["warning"]),
    ],
    ids=[
        "quoted",
        "quoted, of a repository with a name",
        "perhaps as they are",
        "as they are",
        "elsewhere",
        "quoted on Ingresses",
        "elsewhere in that chart",
        "a chart of the shop",
    ],
)
def test_annotations_that_are_no_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chart: str, repository: str, values: str, severities: list[str]
) -> None:
    version = {"argo-cd": "7.1.0", "grafana": "8.0.0", "gitlab": "8.1.0"}.get(chart, "1.0.0")
    monkeypatch.chdir(tmp_path)
    found = Tree({"apps/web.yaml": _RELEASE % (chart, version, repository, values)}, tmp_path).report()["findings"]
    assert [one["severity"] for one in found if one["rule"] == "invalid-resource"] == severities
