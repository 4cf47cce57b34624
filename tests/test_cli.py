"""The words a user types: streams, exit status, options."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from k8slblint.commands.cli import cli
from k8slblint.rulebook import all_rules

NODE_PORT = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n  type: NodePort\n  ports: [{port: 80}]\n"
CLEAN = NODE_PORT.replace("NodePort", "ClusterIP")


def call(*arguments: str, stdin: str | bytes | None = None, **environment: str) -> Result:
    environment.setdefault("NO_COLOR", "1")
    return CliRunner().invoke(cli, list(arguments), input=stdin, env={"PRE_COMMIT": "", **environment})


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    return tmp_path


def rules_found(result: Result) -> list[str]:
    return [finding["rule"] for finding in json.loads(result.stdout)["findings"]]


def test_exit_status_is_0_1_or_2(folder: Path) -> None:
    (folder / "a.yaml").write_text(CLEAN)
    assert call("scan").exit_code == 0
    (folder / "a.yaml").write_text(NODE_PORT)
    assert call("scan").exit_code == 0, "a warning does not fail by default"
    assert call("scan", "--fail-on", "warning").exit_code == 1
    assert call("scan", "--environment", "production").exit_code == 1
    assert call("scan", "--environment", "production", "--exit-zero").exit_code == 0
    assert call("scan", "--environment", "production", "--fail-on", "never").exit_code == 0
    assert call("scan", "missing.yaml").exit_code == 2
    assert call("scan", "--no-such-option").exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("scan", "mising.yaml"), "'mising.yaml' does not exist"),
        (("scan", "--select", "node-port-in-prod"), "did you mean 'node-port-in-production'?"),
        (("scan", "--config", "none.yaml"), "configuration 'none.yaml' does not exist"),
        (("scan", "--kubernetes-version", "latest"), "not a Kubernetes version"),
        (("scan", "--against", "nowhere"), "git"),
        (("explain", "no-such-rule"), "there is no rule 'no-such-rule'"),
    ],
)
def test_a_wrong_call_is_one_sentence_on_standard_error(arguments: tuple[str, ...], words: str) -> None:
    result = call(*arguments)
    assert result.exit_code == 2
    assert words in result.stderr
    assert result.stdout == ""
    assert len(result.stderr.strip().splitlines()) == 1


def test_standard_input_and_its_name(folder: Path) -> None:
    (folder / "prod").mkdir()
    named = call("scan", "-", "--stdin-filename", "prod/svc.yaml", "--format", "json", stdin=NODE_PORT)
    (finding,) = json.loads(named.stdout)["findings"]
    assert finding["location"]["path"] == "prod/svc.yaml"
    assert finding["severity"] == "error"
    assert "<stdin>:5" in call("scan", "-", stdin=NODE_PORT).stdout


def test_helm_output_names_its_template() -> None:
    rendered = f"---\n# Source: shop/templates/svc.yaml\n{NODE_PORT}"
    assert "shop/templates/svc.yaml" in call("scan", "-", stdin=rendered).stdout


def test_machine_output_is_alone_on_standard_output(folder: Path) -> None:
    (folder / "a.yaml").write_text(NODE_PORT)
    result = call("scan", "--format", "json", "--explain-scope")
    assert rules_found(result) == ["node-port-in-production"]
    assert "environment unknown" in result.stderr
    assert json.loads(call("scan", "--format", "sarif").stdout)["version"] == "2.1.0"


def test_output_and_sarif_files(folder: Path) -> None:
    (folder / "a.yaml").write_text(NODE_PORT)
    result = call("scan", "-o", "out.json", "--format", "json", "--sarif-file", "out.sarif")
    assert result.stdout == ""
    assert json.loads((folder / "out.json").read_text())["findings"]
    assert json.loads((folder / "out.sarif").read_text())["runs"][0]["results"]


def test_select_and_ignore(folder: Path) -> None:
    (folder / "a.yaml").write_text(NODE_PORT + "---\napiVersion: v1\nkind: Service\nmetadata: {name: x}\nspec: {type: 5\n")
    assert sorted(rules_found(call("scan", "--format", "json"))) == ["invalid-yaml", "node-port-in-production"]
    assert rules_found(call("scan", "--format", "json", "--select", "invalid-*")) == ["invalid-yaml"]
    assert rules_found(call("scan", "--format", "json", "--ignore", "invalid-yaml")) == ["node-port-in-production"]


def test_configuration_is_found_from_the_scanned_path_upwards(folder: Path) -> None:
    (folder / "apps" / "web").mkdir(parents=True)
    (folder / "apps" / "web" / "svc.yaml").write_text(NODE_PORT)
    (folder / ".k8slblint.yaml").write_text("clusters: [{name: main, paths: [apps], environment: production}]\n")
    result = call("scan", "apps/web", "--format", "json")
    (finding,) = json.loads(result.stdout)["findings"]
    assert (finding["severity"], finding["confidence"]) == ("error", "high")
    assert call("scan", "apps/web", "--no-config").exit_code == 0


def test_configuration_sets_severity_by_rule_and_environment(folder: Path) -> None:
    (folder / "svc.yaml").write_text(NODE_PORT)
    (folder / ".k8slblint.yaml").write_text(
        "environment: staging\nrules: {node-port-in-production: {severity: note, environments: {staging: {severity: error}}}}\n"
    )
    (finding,) = json.loads(call("scan", "--format", "json").stdout)["findings"]
    assert finding["severity"] == "error"
    (folder / ".k8slblint.yaml").write_text("rules: {node-port-in-production: {severity: off}}\n")
    assert rules_found(call("scan", "--format", "json")) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("cluster: []\n", "line 1: "),
        ("rules: {no-such-rule: {}}\n", "there is no rule 'no-such-rule'"),
        ("rules: {too-many-load-balancers: {parameters: {limt: 3}}}\n", "no parameter 'limt'"),
        ("rules: {too-many-load-balancers: {parameters: {limit: many}}}\n", "parameter 'limit'"),
        ("environment: prod\n", "line 1: "),
        ("clusters: [{name: a, paths: [x], node_addresses: [10.0.0.300]}]\n", "'10.0.0.300' is not a valid IP address"),
        ("clusters: [{name: a, paths: [x], networks: {pods: 10.0.0.0/99}}]\n", "'10.0.0.0/99' is not a valid IP address"),
        ("a: [\n", "not valid YAML"),
    ],
)
def test_a_wrong_configuration_is_one_sentence_and_exit_2(folder: Path, text: str, words: str) -> None:
    (folder / ".k8slblint.yaml").write_text(text)
    result = call("scan")
    assert result.exit_code == 2
    assert words in result.stderr


def test_against_a_folder(folder: Path) -> None:
    annotation = "service.beta.kubernetes.io/aws-load-balancer-type"
    annotated = CLEAN.replace("{name: web}", f"{{name: web, annotations: {{{annotation}: %s}}}}").replace("ClusterIP", "LoadBalancer")
    for name, value in (("before", "nlb"), ("after", "external")):
        (folder / name).mkdir()
        (folder / name / "svc.yaml").write_text(annotated % value)
    result = call("scan", "after", "--against", "before", "--format", "json")
    assert rules_found(result) == ["aws-load-balancer-type-mutated"]
    assert result.exit_code == 1


def test_rules_and_explain() -> None:
    assert "aws-load-balancer-type-mutated" in call("rules").stdout
    assert len(json.loads(call("rules", "--format", "json").stdout)) == len(all_rules())
    assert "## What to do" in call("explain", "metallb-pool-overlaps-node").stdout
    assert call("--version").stdout.strip().endswith("0.1.0")


CLUSTERS = "clusters: [{name: main, paths: ['apps/*'], environment: production}]\n"


@pytest.mark.parametrize(
    ("start", "target"), [(".", "."), (".", "apps"), ("apps", "."), ("apps/web", "."), ("apps/web", "../../apps"), ("..", "{name}/apps")]
)
def test_clusters_of_the_configuration_are_known_from_any_folder(
    folder: Path, monkeypatch: pytest.MonkeyPatch, start: str, target: str
) -> None:
    (folder / "apps" / "web").mkdir(parents=True)
    (folder / "apps" / "web" / "svc.yaml").write_text(NODE_PORT)
    (folder / ".k8slblint.yaml").write_text(CLUSTERS)
    monkeypatch.chdir(folder / start)
    (finding,) = json.loads(call("scan", target.format(name=folder.name), "--format", "json").stdout)["findings"]
    assert (finding["severity"], finding["confidence"]) == ("error", "high")


def test_a_cluster_wins_over_the_default_of_the_file_and_an_option_over_both(folder: Path) -> None:
    (folder / "apps").mkdir()
    (folder / "apps" / "svc.yaml").write_text(NODE_PORT)
    (folder / ".k8slblint.yaml").write_text("environment: staging\n" + CLUSTERS.replace("apps/*", "apps").replace("production", "test"))
    assert rules_found(call("scan", "--format", "json")) == []
    assert rules_found(call("scan", "--format", "json", "--environment", "production")) == ["node-port-in-production"]


def test_paths_for_github_count_from_the_root_of_the_repository(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "infra").mkdir()
    (folder / "infra" / "svc.yaml").write_text(NODE_PORT)
    monkeypatch.chdir(folder / "infra")
    assert "file=infra/svc.yaml" in call("scan", "--format", "github").stdout
    (result,) = json.loads(call("scan", "--format", "sarif").stdout)["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "infra/svc.yaml"
    assert "svc.yaml:5:9" in call("scan").stdout
    assert "infra" not in call("scan").stdout


def test_nothing_that_manifests_say_speaks_to_a_runner(folder: Path) -> None:
    (folder / "a.yaml").write_text(NODE_PORT.replace("{name: web}", '{name: "a\\n::error::boo", labels: {env: prod}}'))
    assert not [line for line in call("scan", "--explain-scope").stderr.splitlines() if line.startswith("::")]
    (folder / ".k8slblint.yaml").write_text('rules: {"x\\n::error::owned": {}}\n')
    assert not [line for line in call("scan").stderr.splitlines() if line.startswith("::")]


def test_an_empty_base_is_refused(folder: Path) -> None:
    (folder / "a.yaml").write_text(CLEAN)
    assert call("scan", "--against", "").exit_code == 2


def test_no_rule_left_is_refused(folder: Path) -> None:
    (folder / "a.yaml").write_text(CLEAN)
    assert call("scan", "--ignore", "ALL").exit_code == 2


def test_a_suppression_below_the_threshold_is_used(folder: Path) -> None:
    (folder / "a.yaml").write_text(NODE_PORT.replace("NodePort", "NodePort  # k8slblint: ignore[node-port-in-production] known"))
    assert rules_found(call("scan", "--format", "json", "--min-confidence", "high")) == []


def test_a_suppression_in_what_could_not_be_read_is_left_alone(folder: Path) -> None:
    (folder / "a.yaml").write_text(
        NODE_PORT + "---\n# k8slblint: ignore[node-port-in-production] x\n" + NODE_PORT.replace("spec:", " spec:")
    )
    assert sorted(rules_found(call("scan", "--format", "json"))) == ["invalid-yaml", "node-port-in-production"]


@pytest.mark.parametrize(
    ("start", "target"), [(".", "o/sub/p.yaml"), (".", "o/sub"), ("o", "sub/p.yaml"), ("o/sub", "p.yaml"), ("o/sub", ".")]
)
def test_a_patch_is_known_by_the_kustomizations_above_it(folder: Path, monkeypatch: pytest.MonkeyPatch, start: str, target: str) -> None:
    (folder / "o" / "sub").mkdir(parents=True)
    (folder / "o" / "kustomization.yaml").write_text("resources: [../base]\npatches: [{path: sub/p.yaml}]\n")
    (folder / "o" / "sub" / "p.yaml").write_text(NODE_PORT)
    monkeypatch.chdir(folder / start)
    assert rules_found(call("scan", target, "--format", "json")) == []


def test_several_reports_of_one_run_each_go_to_their_file(folder: Path) -> None:
    (folder / "a.yaml").write_text(NODE_PORT)
    result = call("scan", "--report", "junit=out/j.xml", "--report", "codeclimate=c.json")
    assert result.exit_code == 2, "there is no such folder"
    (folder / "out").mkdir()
    result = call("scan", "--report", "junit=out/j.xml", "--report", "codeclimate=c.json", "--sarif-file", "s.sarif")
    assert "node-port-in-production" in result.stdout
    assert "<testsuites" in (folder / "out" / "j.xml").read_text()
    assert json.loads((folder / "c.json").read_text())[0]["check_name"] == "node-port-in-production"
    assert json.loads((folder / "s.sarif").read_text())["runs"]
    assert not list(folder.rglob("*.tmp"))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--report", "xml=out.xml"), "'xml=out.xml' is not a report"),
        (("--report", "junit"), "'junit' is not a report"),
        (("--report", "junit="), "'junit=' is not a report"),
        (("--report", "junit=a", "--report", "json=./a"), "'./a' is named for two reports"),
        (("-o", "a", "--report", "json=a"), "'a' is named for two reports"),
    ],
)
def test_a_report_that_cannot_be_written_is_refused_before_the_scan(folder: Path, arguments: tuple[str, ...], words: str) -> None:
    (folder / "a.yaml").write_text(NODE_PORT)
    result = call("scan", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert words in result.stderr
    assert [path.name for path in folder.iterdir() if path.is_file()] == ["a.yaml"]


def test_paths_for_gitlab_and_jenkins_count_from_the_root_of_the_repository(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "infra").mkdir()
    (folder / "infra" / "svc.yaml").write_text(NODE_PORT)
    monkeypatch.chdir(folder / "infra")
    (issue,) = json.loads(call("scan", "--format", "codeclimate").stdout)
    assert issue["location"]["path"] == "infra/svc.yaml"
    assert "infra/svc.yaml:5:9" in call("scan", "--format", "junit").stdout


def test_what_a_format_has_no_place_for_is_said_on_standard_error(folder: Path) -> None:
    (folder / "a.yaml").write_text(NODE_PORT)
    assert "Checked 1 of 1 document" in call("scan", "--format", "codeclimate").stderr
