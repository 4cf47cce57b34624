"""What a count on repositories of applications, controllers and courses showed: each in a tree of its own."""

from pathlib import Path

import pytest

from tests.whole_trees import Tree, service

KEY = "alb.ingress.kubernetes.io/auth-idp-cognito"
INGRESS = f"""\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: web
  annotations:
    {KEY}: '{{"UserPoolArn": {{{{ .Values.pool }}}},"UserPoolClientId":"a","UserPoolDomain":"b"}}'
spec:
  ingressClassName: alb
  rules:
    - host: web.corp.net
      http: {{paths: [{{path: /, pathType: Prefix, backend: {{service: {{name: web, port: {{number: 80}}}}}}}}]}}
"""
JOB = """\
apiVersion: batch/v1
kind: CronJob
metadata: {name: tidy}
spec:
  {{- if eq .Values.stage "prod" }}
  schedule: "0 1 * * *"
  {{- end }}
  jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: "example.com/a:1"}]}}}}
"""
CHART = "apiVersion: v2\nname: web\nversion: 0.1.0\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(("pool", "expected"), [("", []), ("no JSON", ["ingress-annotation-invalid"])])
def test_json_with_nothing_where_the_default_of_a_value_is_empty_is_for_releases_to_fill_in(
    folder: Path, pool: str, expected: list[str]
) -> None:
    files = {"web/Chart.yaml": CHART, "web/values.yaml": f"pool: {pool}\n", "web/templates/ingress.yaml": INGRESS}
    found = [rule for rule, _, _ in Tree(files, folder).findings()]
    assert [rule for rule in found if rule == "ingress-annotation-invalid"] == expected


def test_values_of_environments_above_the_only_chart_are_those_of_its_releases(folder: Path) -> None:
    files = {"deploy/web/Chart.yaml": CHART, "deploy/web/values.yaml": "stage: ''\n", "deploy/web/templates/job.yaml": JOB}
    assert [rule for rule, _, _ in Tree(files, folder).findings()] == ["invalid-resource"]
    assert Tree({"deploy/values-prod.yaml": "stage: prod\n"}, folder).findings() == []


def test_numbered_files_of_what_a_test_expects_are_fixtures(folder: Path) -> None:
    alone = service("web", "type: NodePort, ports: [{port: 80, nodePort: 30080}]")
    assert Tree({"tests-of-web/01-web-assert.yaml": alone, "app/02-errors.yaml": alone}, folder).findings() == []
    assert [rule for rule, _, _ in Tree({"app/03-web.yaml": alone}, folder).findings()] == ["node-port-in-production"]
