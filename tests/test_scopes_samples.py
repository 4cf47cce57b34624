"""Samples, tests, fixtures and what was put aside: not taken for deployments, and linted all the same where somebody asks for it."""

import json
from pathlib import Path

import pytest

from k8slblint.config import Config
from k8slblint.graph.scopes.sample_words import is_lesson_folder, is_sample_folder
from k8slblint.graph.scopes.samples import why_spared
from k8slblint.model.aside_folders import is_aside_folder
from k8slblint.model.finding import Spared
from k8slblint.model.places import FilePlace
from tests.linting import findings, run
from tests.test_cli import call

BROKEN = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {type: NodePort, ports: [{port: 'eighty'}]}\n"


@pytest.mark.parametrize(
    "path",
    [
        "tests/data/svc.yaml",
        "pkg/testdata/svc.yaml",
        "examples/web/svc.yaml",
        "docs/tutorials/svc.yaml",
        "deploy/invalid-port.yaml",
        "deploy/port-rejected.yaml",
        "deploy/template.yaml",
        "deploy/web.template.yaml",
        "deploy/example-service.yaml",
        "deploy/service.sample.yaml",
        "area-2/ejemplos/web/svc.yaml",
        "src/exemples/svc.yaml",
        "exercises/svc.yaml",
        "lab3/svc.yaml",
        "modulo-02/svc.yaml",
        "course/03-chapter/svc.yaml",
        "extra/sampleapp2/svc.yaml",
        "charts/CHART-TEMPLATE/svc.yaml",
        "tools/skeleton/svc.yaml",
        "scripts/ci/svc.yaml",
        "src/utils/yaml-templates/svc.yaml",
        "{{cookiecutter.name}}/svc.yaml",
        "src/test/helm-output/svc.yaml",
        "_test/web/svc.yaml",
        "test/golden/svc.yaml",
        "charts/web/ci/gateway.yaml",
        ".github/templates/chart/svc.yaml",
        "docs-gen/svc.yaml",
        "hack/dev/svc.yaml",
        "deploy/ingress-demo.yaml",
        "policies/.kyverno-test/svc.yaml",
        "policies/bad/svc.yaml",
        "24-failures/broken/svc.yaml",
        "lint/broken_config.yaml",
        "tests/generated/svc.yaml",
        ".ci/rendered/svc.yaml",
        "day-07/svc.yaml",
        "course/Day28/svc.yaml",
    ],
)
def test_what_is_no_deployment_may_be_refused(path: str) -> None:
    report, _ = run({path: BROKEN})
    assert [one for one in report.findings if one.rule in ("invalid-resource", "node-port-in-production", "service-rejected")] == []
    assert Spared("invalid-resource", 1, (f"{path}:4",)) in report.completeness.spared
    assert "invalid-resource" in {one.rule for one in report.spared}
    linted = Config(samples="lint")
    assert findings({path: BROKEN}, "invalid-resource", config=linted)
    assert run({path: BROKEN}, config=linted)[0].spared == ()


@pytest.mark.parametrize(
    "path",
    [
        *("deploy/svc.yaml", "contest/svc.yaml", "deploy/invalidate-cache.yaml", "protests/svc.yaml"),
        *("deploy/workflow-template.yaml", "deploy/templates.yaml", "deploy/sampler.yaml", "deploy/counterexample-1.yaml"),
        *(
            "apps/app-template/svc.yaml",
            "modules/web/svc.yaml",
            "apps/course-service/svc.yaml",
            "01-infra/svc.yaml",
            *("apps/module/svc.yaml", "deploy/templates/tests/svc.yaml"),
        ),
        *("apps/scaffolder/svc.yaml", "clusters/home-lab/svc.yaml", "apps/bad-bot-blocker/svc.yaml", "src/web/svc.yaml", "ci/svc.yaml"),
        *(
            ".github/release-cluster/svc.yaml",
            "clusters/lab-01/svc.yaml",
            "deploy/broken.yaml",
            "apps/hack/svc.yaml",
            "apps/docs-api/svc.yaml",
        ),
    ],
)
def test_what_is_deployed_is_not_spared(path: str) -> None:
    report, _ = run({path: BROKEN})
    assert "invalid-resource" in {one.rule for one in report.findings}
    assert report.completeness.spared == ()


def test_broken_text_of_a_fixture_is_spared_too() -> None:
    assert findings({"testdata/x.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: [\n"}, "invalid-yaml") == []


INGRESS = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, annotations: {nginx.ingress.kubernetes.io/rewrite-target: /}}
spec: {ingressClassName: nginx, defaultBackend: {service: {name: web, port: {number: 80}}}}
"""
LONELY = """\
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Pod
metadata: {name: other, labels: {app: other}}
spec: {containers: [{name: a, image: b}]}
"""


@pytest.mark.parametrize("path", ["examples/web.yaml", "tests/data/web.yaml", "deploy/example-web.yaml"])
def test_samples_may_show_what_one_controller_does(path: str) -> None:
    assert findings({path: INGRESS}, "ingress-vendor-annotation") == []
    assert findings({path: INGRESS}, "ingress-vendor-annotation", config=Config(samples="lint"))
    assert findings({"deploy/web.yaml": INGRESS}, "ingress-vendor-annotation")


def test_a_sample_is_copied_but_a_fixture_may_be_half_of_an_application() -> None:
    assert findings({"examples/web.yaml": LONELY}, "service-selects-no-pods")
    assert findings({"pkg/testdata/web.yaml": LONELY}, "service-selects-no-pods") == []
    assert findings({"tests/data/web.yaml": LONELY}, "service-selects-no-pods") == []
    assert findings({"clusters/test/web.yaml": LONELY}, "service-selects-no-pods")


@pytest.mark.parametrize(
    "folder",
    [
        *(".archive", "archive", "archived_2024", "attic", "old", ".old", "disabled", "_disabled", "apps-disabled", "apps.disabled"),
        *("k8s (old)", "stacks [deprecated]", "apps (not in use)", "web(archived)"),
        *("notused", "not-used", "do_not_use", "trash", "zzz_deprecated", "99-old", "zz archive"),
    ],
)
def test_what_was_put_aside_is_not_linted_and_of_no_cluster(folder: str) -> None:
    assert is_aside_folder(folder)
    files = {f"clusters/prod/{folder}/web/svc.yaml": BROKEN, "clusters/prod/api.yaml": BROKEN.replace("web", "api")}
    report, graph = run(files)
    assert {one.location.path for one in report.findings} == {"clusters/prod/api.yaml"}
    clusters = {one.path: graph.scope(one).cluster for one in graph.resources}
    assert clusters["clusters/prod/api.yaml"] == "prod"
    assert clusters[f"clusters/prod/{folder}/web/svc.yaml"] == f"clusters/prod/{folder}/web"


@pytest.mark.parametrize(
    "folder",
    [
        "archivebox",
        "zz-top",
        "99-olden",
        "old-town-bank",
        "gold",
        "household",
        "web (gold)",
        "(old)town",
        "web (older than v2)",
        "disabled_users_service"[9:],
    ],
)
def test_words_that_only_look_like_it_are_deployed(folder: str) -> None:
    assert not is_aside_folder(folder)


def test_a_fixture_is_not_reported_for_anything() -> None:
    text = LONELY.replace("spec: {selector", "spec: {type: LoadBalancer, loadBalancerClass: example.com/x, selector")
    rules = {one.rule for one in run({"deploy/web.yaml": text})[0].findings}
    assert rules
    assert rules == {one.rule for one in run({"pkg/testdata/web.yaml": text})[0].completeness.spared}


@pytest.mark.parametrize("path", ["labs/web.yaml", "lab-12/web.yaml", "exercises/a/web.yaml", "examples/web/broken-web.yaml"])
def test_the_mistakes_of_a_lesson_are_meant(path: str) -> None:
    assert findings({path: LONELY}, "service-selects-no-pods") == []
    assert findings({"clusters/lab-01/web.yaml": LONELY}, "service-selects-no-pods")


@pytest.mark.parametrize(("folder", "environment"), [("dev-assets", "local"), ("k8s", "local"), (".", "unknown")])
def test_what_is_beside_the_description_of_a_local_cluster_is_for_that(folder: str, environment: str) -> None:
    kind = "apiVersion: kind.x-k8s.io/v1alpha4\nkind: Cluster\nnodes: []\n"
    prefix = "" if folder == "." else f"{folder}/"
    _, graph = run({f"{prefix}kind.yaml": kind, f"{prefix}web-production.yaml" if folder == "dev-assets" else f"{prefix}web.yaml": LONELY})
    assert {graph.scope(one).environment for one in graph.resources if one.kind == "Service"} == {environment}


@pytest.mark.parametrize(
    ("folder", "is_lesson"),
    [
        ("day-07", True),
        ("Day28", True),
        ("day_3", True),
        ("day-2", False),
        ("day0", False),
        ("day-2-operations", False),
        ("holiday-9", False),
    ],
)
def test_days_of_a_course_are_lessons_and_days_of_operation_are_not(folder: str, *, is_lesson: bool) -> None:
    assert is_lesson_folder("", folder) is is_lesson


def test_a_home_lab_is_a_cluster() -> None:
    assert not is_sample_folder("home-lab")
    assert is_sample_folder("home-lab-examples")


def test_who_scans_a_folder_of_fixtures_gets_its_findings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "tests/data"
    folder.mkdir(parents=True)
    (folder / "svc.yaml").write_text(BROKEN)
    monkeypatch.chdir(tmp_path)

    def found(*paths: str) -> set[str]:
        return {one["rule"] for one in json.loads(call("scan", *paths, "--format", "json", "--exit-zero").stdout)["findings"]}

    assert "invalid-resource" not in found(".")
    assert "invalid-resource" in found("tests/data")
    assert "invalid-resource" in found("tests/data/svc.yaml")
    (tmp_path / "invalid-svc.yaml").write_text(BROKEN)
    assert "invalid-resource" in found("invalid-svc.yaml")


def test_the_summary_says_once_what_is_not_shown_and_how_to_show_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("one", "two"):
        (tmp_path / f"examples/{name}").mkdir(parents=True)
        (tmp_path / f"examples/{name}/svc.yaml").write_text(BROKEN)
    monkeypatch.chdir(tmp_path)
    assert " ".join(call("scan").stdout.split()).count("`samples: lint` in the configuration shows them") == 1
    (tmp_path / ".k8slblint.yaml").write_text("samples: lint\n")
    assert call("scan").exit_code == 1


def test_a_folder_above_that_is_a_sample_is_linted_as_one() -> None:
    assert why_spared(FilePlace("svc.yaml", "x/tests/svc.yaml", above="examples/")) is None
    assert why_spared(FilePlace("svc.yaml", "x/tests/svc.yaml", above="deploy/")) == "sample"


def test_a_way_around_the_edge_is_worth_saying_of_a_sample() -> None:
    text = """\
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {type: LoadBalancer, selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, annotations: {kubernetes.io/ingress.class: gce}}
spec: {defaultBackend: {service: {name: web, port: {number: 80}}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: example.com/web}]}
"""
    assert [one.location.path for one in findings({"gke/quickstart/app.yaml": text}, "double-exposure")] == ["gke/quickstart/app.yaml"]
