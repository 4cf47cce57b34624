"""Trees of applications, platforms and GitOps whose findings were read: what was wrong or not worth saying there, in our own words."""

from pathlib import Path

import pytest

from tests.whole_trees import Tree

CHART = "apiVersion: v2\nname: %s\nversion: 0.3.0\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def rules(tree: Tree) -> list[str]:
    return [rule for rule, _, _ in tree.findings()]


CRON_JOB = """\
{{- range .Values.jobs }}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: {{ .name }}}
spec:
  schedule: %s
  jobTemplate:
    spec:
      template: {spec: {restartPolicy: Never, containers: [{name: a, image: a}]}}
{{- end }}
"""


@pytest.mark.parametrize(
    ("printed", "values", "is_told"),
    [
        ("{{ .schedule }}", "jobs: [{name: nightly, schedule: ''}]", False),
        ("{{ .schedule | quote }}", "jobs: {a: {name: nightly, schedule: null}}", False),
        ("{{ .schedule }}", "jobs: [{name: nightly, schedule: '@daily'}]", False),
        ("", "jobs: [{name: nightly, schedule: ''}]", True),
        ("{{ .schedules }}", "jobs: [{name: nightly, schedules: [], schedule: ''}]", True),
    ],
)
def test_an_example_of_an_element_is_left_to_releases_too(folder: Path, printed: str, values: str, is_told: bool) -> None:
    files = {"press/Chart.yaml": CHART % "press", "press/values.yaml": values, "press/templates/jobs.yaml": CRON_JOB % printed}
    assert rules(Tree(files, folder)) == ["invalid-resource"] * is_told
