"""What a count on repositories of applications, controllers and courses showed: each in a tree of its own."""

from pathlib import Path

import pytest

from tests.whole_trees import Tree, service, workload

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


ALIKE = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: NAME, annotations: {cert-manager.io/cluster-issuer: letsencrypt}}
spec:
  ingressClassName: traefik
  tls: [{hosts: [NAME.corp.net]}]
  rules:
    - host: NAME.corp.net
      http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: NAME, port: {number: 80}}}}]}
"""


def _charts(*names: str) -> dict[str, str]:
    ports = "type: ClusterIP, clusterIP: None, ports: [{port: 80}]"
    return {
        path: text
        for name in names
        for path, text in (
            (f"charts/{name}/Chart.yaml", CHART.replace("web", name)),
            (f"charts/{name}/templates/ingress.yaml", ALIKE.replace("NAME", name)),
            (f"charts/{name}/templates/service.yaml", service(name, ports)),
        )
    }


def test_a_line_that_was_copied_from_chart_to_chart_is_one_finding(folder: Path) -> None:
    found = [rule for rule, _, _ in Tree(_charts("api", "shop", "web"), folder).findings()]
    assert found.count("dns-annotation-ignored") == 1


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("{{ .Values.links.backend }}.svc.cluster.local", "links: {backend: }\n", []),
        ("{{ .Values.links.backend }}.svc.cluster.local", "links: {backend: db_1}\n", ["service-rejected"]),
        (".svc.cluster.local", "links: {}\n", ["service-rejected"]),
    ],
    ids=["left to releases", "a wrong name", "written so"],
)
def test_an_external_name_that_an_empty_value_would_complete_is_for_releases(
    folder: Path, name: str, values: str, expected: list[str]
) -> None:
    text = f'apiVersion: v1\nkind: Service\nmetadata: {{name: backend}}\nspec:\n  type: ExternalName\n  externalName: "{name}"\n'
    files = {"web/Chart.yaml": CHART, "web/values.yaml": values, "web/templates/backend.yaml": text}
    assert [rule for rule, _, _ in Tree(files, folder).findings()] == expected


SWITCHED = """\
{{- if .Values.switch }}
apiVersion: v1
kind: Service
metadata:
  name: NAME
spec: {selector: {app: web}, ports: [{port: 80}], clusterIP: None}
{{- end }}
"""


@pytest.mark.parametrize(
    ("name", "expected"),
    [("web-{{ .Values.region }}", []), ("web_shop", ["service-rejected"])],
    ids=["a name of test values", "a name of the template"],
)
def test_names_that_the_values_of_a_charts_own_tests_make_are_not_those_of_installations(
    folder: Path, name: str, expected: list[str]
) -> None:
    files = {
        "web/Chart.yaml": CHART,
        "web/values.yaml": "switch: false\nregion: ''\n",
        "web/ci/all-values.yaml": "switch: true\nregion: regionOne\n",
        "web/templates/service.yaml": SWITCHED.replace("NAME", name),
    }
    assert [rule for rule, _, _ in Tree(files, folder).findings()] == expected


PORT_OF_VALUES = """\
apiVersion: v1
kind: Service
metadata:
  name: web
  namespace: {{ .Values.namespace }}
spec:
  clusterIP: None
  selector: {app: web}
  ports:
    - port: {{ .Values.webPort }}
"""


@pytest.mark.parametrize("value", ["SET-PER-REGION", "namespace", "namespace.SET-PER-REGION"])
def test_defaults_that_only_say_what_belongs_there_are_for_releases(folder: Path, value: str) -> None:
    files = {
        "web/Chart.yaml": CHART,
        "web/values.yaml": f"namespace: {value}\nwebPort: port\n",
        "web/templates/service.yaml": PORT_OF_VALUES,
    }
    assert Tree(files, folder).findings() == []
    Tree({"web/values.yaml": "namespace: Shop\nwebPort: https\n"}, folder)
    assert {rule for rule, _, _ in Tree({}, folder).findings()} == {"invalid-resource", "service-rejected"}


def test_a_description_of_values_is_no_set_of_them(folder: Path) -> None:
    described = "webPort:\n  __metadata: {label: Port, type: number}\n"
    files = {"web/Chart.yaml": CHART, "web/values.yaml": "webPort: 80\nnamespace: shop\n", "web/templates/service.yaml": PORT_OF_VALUES}
    assert Tree(files | {"web/values-metadata.yaml": described}, folder).findings() == []
    assert [rule for rule, _, _ in Tree({"web/values-prod.yaml": described}, folder).findings()] == ["invalid-resource"]


COPIED = "  rollingUpdate: {maxSurge: 1}\n"


def test_a_misplaced_field_that_was_copied_is_one_finding(folder: Path) -> None:
    files = {f"{name}.yaml": workload(name).removeprefix("---\n") + COPIED for name in ("api", "shop", "web")}
    (one,) = Tree(files, folder).report()["findings"]
    assert one["headline"] == "Deployment shop/api and 2 more have misplaced field `spec.rollingUpdate`"
    assert [place["location"]["path"] for place in one["related"]] == ["shop.yaml", "web.yaml"]
    assert (
        len(Tree({"web.yaml": workload("web").removeprefix("---\n") + COPIED.replace("Update", "Udate")}, folder).report()["findings"]) == 2
    )


HOSTED = "{{- if .Values.host }}\n" + workload("web", namespace="").removeprefix("---\n") + "{{- end }}\n"


@pytest.mark.parametrize(
    ("host", "other", "expected"),
    [("''", "jobs", []), ("web.corp.net", "jobs", ["service-selects-no-pods"])],
    ids=["a workload for releases", "no workload whatever the values are"],
)
def test_pods_that_a_chart_prints_with_other_values_only_are_not_missed(folder: Path, host: str, other: str, expected: list[str]) -> None:
    label = "web" if host == "''" else "shop"
    files = {
        "web/Chart.yaml": CHART,
        "web/values.yaml": f"host: {host}\n",
        "web/templates/web.yaml": HOSTED,
        "web/templates/other.yaml": workload(other, namespace="").removeprefix("---\n"),
        "web/templates/service.yaml": service(label, "clusterIP: None, ports: [{port: 80}]", ""),
    }
    found = [rule for rule, _, _ in Tree(files, folder).findings()]
    assert [rule for rule in found if rule == "service-selects-no-pods"] == expected
