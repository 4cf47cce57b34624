"""What Helm refuses of a chart costs itself: the other templates are rendered, and nothing is claimed to be absent."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from k8slblint.commands.cli import cli
from k8slblint.rendering.helm import engine, native
from k8slblint.rendering.helm.refused_templates import MOST_ROUNDS
from tests.test_rendered_revisions import commit, repository
from tests.test_rendering_in_part import CHART, SERVICE, found, note, scan

__all__ = ["repository"]

LOW = ("--min-confidence", "low")
"""What whoever deploys a chart may mend by its values is of low confidence."""

OPEN = SERVICE.replace("ledger", "open")
NEEDS = 'kind: ConfigMap\napiVersion: v1\nmetadata: {name: keys}\ndata: {a: {{ required "name the bank" .Values.bank }}}\n'
CHECKED = '{{- define "bank.check" -}}{{ if not .Values.bank }}{{ fail "name the bank, please" }}{{ end }}{{- end -}}\n'
SCHEMA = '{"type": "object", "required": ["bank"]}'

REFUSED = {
    "a value that is required": {"templates/a.yaml": NEEDS},
    "several, each with its reason": {f"templates/{name}.yaml": NEEDS.replace("bank", name) for name in "abc"},
    "a failure": {"templates/a.yaml": '{{ fail "no bank" }}'},
    "a failure in the notes": {"templates/NOTES.txt": '{{ fail "no bank" }}'},
    "a value that is nil": {"templates/a.yaml": "kind: ConfigMap\ndata: {a: {{ .Values.bank.name.first }}}\n"},
    "a helper of nobody": {"templates/a.yaml": '{{ include "bank.name" . }}'},
    "text that is not YAML": {"templates/a.yaml": "kind: ConfigMap\n  a: [\n"},
    "a template that cannot be parsed": {"templates/a.yaml": "kind: {{ if }}\n"},
    "a schema": {"values.schema.json": SCHEMA},
    "a schema and a template": {"values.schema.json": SCHEMA, "templates/a.yaml": NEEDS},
    "a helper that many call": {
        "templates/_check.tpl": CHECKED,
        **{f"templates/a{number}.yaml": '{{ include "bank.check" . }}' for number in range(3 * MOST_ROUNDS)},
    },
    "a line that many have": {
        f"templates/a{number}.yaml": f"# {number}\nkind: ConfigMap\ndata: {{a: {{{{ .Values.bank.name.first }}}}}}\n"
        for number in range(3 * MOST_ROUNDS)
    },
    "a file of helpers that is executed": {"templates/checks.tpl": '{{ fail "no bank" }}'},
    "a chart in charts/": {
        "charts/vault/Chart.yaml": CHART.replace("ledger", "vault"),
        "charts/vault/templates/a.yaml": NEEDS,
    },
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_costs_itself(tmp_path: Path, case: str) -> None:
    files = {"Chart.yaml": CHART, "templates/open.yaml": OPEN, **REFUSED[case]}
    report = scan(tmp_path, {f"bank/{path}": text for path, text in files.items()}, *LOW)
    assert found(report, tmp_path)["node-port-in-production"] == "bank/templates/open.yaml"
    assert "is rendered in part" in note(report)
    assert "service-selects-no-pods" in {one["rule"] for one in report["completeness"]["undecided"]}


def test_helpers_survive_beside_a_failure(tmp_path: Path) -> None:
    files = {
        "bank/Chart.yaml": CHART,
        "bank/templates/checks.tpl": '{{ define "bank.name" }}open{{ end }}{{ fail "no bank" }}',
        "bank/templates/open.yaml": OPEN.replace("name: open", 'name: {{ include "bank.name" . }}'),
    }
    assert found(scan(tmp_path, files), tmp_path)["node-port-in-production"] == "bank/templates/open.yaml"


NOTHING_LEFT = {
    "no object": {"templates/a.yaml": NEEDS},
    "more reasons than rounds": {
        "templates/open.yaml": OPEN,
        **{f"templates/a{number}.yaml": NEEDS.replace("bank", f"bank{number}") for number in range(2 * MOST_ROUNDS)},
    },
    "a helper that cannot be parsed": {"templates/open.yaml": OPEN, "templates/_a.tpl": "{{ if }}"},
    "values that cannot be read": {"templates/open.yaml": OPEN, "values.yaml": "a: [\n"},
}


@pytest.mark.parametrize("case", NOTHING_LEFT)
def test_where_nothing_is_left_the_chart_is_refused(tmp_path: Path, case: str) -> None:
    report = scan(tmp_path, {f"bank/{path}": text for path, text in {"Chart.yaml": CHART, **NOTHING_LEFT[case]}.items()}, *LOW)
    assert "cannot be rendered" in note(report)
    assert list(found(report, tmp_path)) == ["render-failed"]


def test_the_rounds_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many templates fail, and however much of the rest has findings whose places are looked for."""
    asked: list[object] = []
    ask = native.by_native
    monkeypatch.setattr(engine, "by_native", lambda *given: (asked.append(given), ask(*given))[1])

    def renderings(number: int) -> int:
        asked.clear()
        failing = {f"bank/templates/a{each}.yaml": NEEDS.replace("bank", f"bank{each}") for each in range(number)}
        scan(tmp_path / str(number), {"bank/Chart.yaml": CHART, "bank/templates/open.yaml": OPEN, **failing})
        return len(asked)

    assert renderings(MOST_ROUNDS) <= 2 * MOST_ROUNDS
    assert renderings(60) <= MOST_ROUNDS + 1


def test_a_finding_has_its_place_without_rounds_anew(tmp_path: Path) -> None:
    port = OPEN.replace("NodePort", "{{ .Values.type }}")
    files = {"Chart.yaml": CHART, "values.yaml": "a: 1\ntype: NodePort\n", "templates/open.yaml": port, "templates/a.yaml": NEEDS}
    report = scan(tmp_path, {f"bank/{path}": text for path, text in files.items()})
    (one,) = [one for one in report["findings"] if one["rule"] == "node-port-in-production"]
    assert (one["location"]["path"][-16:], one["location"]["line"]) == ("bank/values.yaml", 2)


APPLICATION = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: bank, namespace: argocd}
spec:
  source: {repoURL: 'https://git.example.com/bank.git', path: bank}
  destination: {name: in-cluster, namespace: bank-prod}
"""


@pytest.mark.parametrize(("deployer", "severity"), [({"apps/bank.yaml": APPLICATION}, "warning"), ({}, "note")])
def test_what_a_deployer_cannot_deploy_is_a_warning(tmp_path: Path, deployer: dict[str, str], severity: str) -> None:
    files = {"bank/Chart.yaml": CHART, "bank/templates/open.yaml": OPEN, "bank/templates/a.yaml": NEEDS, **deployer}
    report = scan(tmp_path, files, *LOW)
    shown = [one for one in (*report["findings"], *report.get("notifications", ())) if one["rule"] == "render-failed"]
    assert [one["severity"] for one in shown] == [severity]


def test_what_is_empty_is_left_to_whoever_gives_the_values_that_are_required(tmp_path: Path) -> None:
    ingress = (
        "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: open}\n"
        'spec: {rules: [{host: "{{ .Values.host }}", http: {paths: []}}]}\n'
    )
    files = {"Chart.yaml": CHART, "values.yaml": "host: ''\nbank: ''\n", "templates/a.yaml": NEEDS, "templates/open.yaml": ingress}
    tree = {f"bank/{path}": text for path, text in files.items()}
    assert found(scan(tmp_path, tree), tmp_path) == {}
    assert found(scan(tmp_path, tree, *LOW), tmp_path).keys() == {"render-failed", "ingress-rejected"}


def test_a_template_that_begins_to_fail_has_removed_nothing(repository: Path) -> None:
    balancer = SERVICE.replace("NodePort", "LoadBalancer")
    commit(repository, {"bank/Chart.yaml": CHART, "bank/templates/open.yaml": OPEN, "bank/templates/ledger.yaml": balancer})
    (repository / "bank/templates/ledger.yaml").write_text('{{ required "name the bank" .Values.bank }}\n' + balancer)
    result = CliRunner().invoke(cli, ["scan", ".", "--against", "HEAD", "--format", "json", "--no-config"], env={"PRE_COMMIT": ""})
    assert {one["rule"] for one in json.loads(result.stdout)["findings"]}.isdisjoint({"load-balancer-released", "load-balancer-replaced"})


GENERATOR = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: bank-gen}\nspec:\n  selector: {matchLabels: {app: bank-gen}}\n"
    "  template:\n    metadata: {labels: {app: bank-gen}}\n    spec: {containers: [{name: a, image: a}]}\n"
)
SELECTING = "apiVersion: v1\nkind: Service\nmetadata: {name: bank-api}\nspec: {selector: {app: bank-api}, ports: [{port: 80}]}\n"


@pytest.mark.parametrize(("others", "is_told"), [({"templates/a.yaml": NEEDS}, False), ({}, True)])
def test_a_workload_of_a_like_name_is_not_the_one_that_was_left_out(tmp_path: Path, others: dict[str, str], is_told: bool) -> None:
    files = {"Chart.yaml": CHART, "templates/gen.yaml": GENERATOR, "templates/api.yaml": SELECTING, **others}
    report = scan(tmp_path, {f"bank/{path}": text for path, text in files.items()})
    assert ("service-selects-no-pods" in found(report, tmp_path)) is is_told


def test_a_chart_that_git_lfs_stores_is_one_to_fetch(tmp_path: Path) -> None:
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 218805\n"
    dependencies = "dependencies: [{name: ledger, version: 1.0.0, repository: 'https://charts.example.com'}]\n"
    files = {"bank/Chart.yaml": CHART + dependencies, "bank/templates/open.yaml": OPEN, "bank/charts/ledger-1.0.0.tgz": pointer}
    report = scan(tmp_path, files, *LOW)
    shown = [one for one in (*report["findings"], *report.get("notifications", ())) if one["rule"] == "render-failed"]
    assert [one["severity"] for one in shown] == ["note"]
    assert "is in Git LFS: `git lfs pull` would fetch it" in shown[0]["message"]
