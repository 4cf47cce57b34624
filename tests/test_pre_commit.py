"""The hook, run by pre-commit itself in a small git repository."""

import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

pytest.importorskip("pre_commit")

CHECKOUT = Path(__file__).parent.parent
DISTRIBUTED = ("k8slblint", "rules", "schemas", "catalogs", "pyproject.toml", "README.md", "LICENSE", "NOTICE", ".pre-commit-hooks.yaml")
DISTRIBUTED += ("tools", "native/reader")

HELM = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]["helm"][0]
"""The engine that renders charts where no `helm` is on the PATH, as the README tells users of the hook to add it."""

SERVICE = """\
apiVersion: v1
kind: Service
metadata:
  name: web
  namespace: shop
  annotations:
    service.beta.kubernetes.io/aws-load-balancer-type: {type}
spec:
  type: LoadBalancer
  selector: {{app: {app}}}
  ports:
    - {{port: 80, targetPort: 8080}}
"""

pytestmark = pytest.mark.installs


class Repository:
    """A git repository of manifests."""

    def __init__(self, path, environment):
        self.path = path
        self.environment = environment
        path.mkdir()
        self.git("init", "--quiet", "--initial-branch=main")

    def run(self, *command):
        return subprocess.run(
            command, cwd=self.path, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", check=False
        )

    def git(self, *arguments):
        run = self.run("git", *arguments)
        assert run.returncode == 0, run.stdout
        return run.stdout.strip()

    def pre_commit(self, *arguments):
        return self.run(sys.executable, "-m", "pre_commit", *arguments)

    def stage(self, **values):
        (self.path / "web.yaml").write_text(SERVICE.format(**{"type": "nlb", "app": "web"} | values), encoding="utf-8")
        self.git("add", ".")

    def commit(self, **values):
        self.stage(**values)
        self.git("commit", "--quiet", "--no-verify", "--message", "change")
        return self.git("rev-parse", "HEAD")


@pytest.fixture(scope="module")
def environment(tmp_path_factory, wheels):
    """No configuration of the user, no repository around us, and an own cache of hook environments."""
    home = tmp_path_factory.mktemp("home")
    config = home / "gitconfig"
    config.write_text('[user]\nname = Test\nemail = test@shop.example\n[protocol "file"]\nallow = always\n', encoding="utf-8")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "PRE_COMMIT", "K8SLBLINT"))}
    return (
        kept
        | wheels
        | {"GIT_CONFIG_GLOBAL": str(config), "GIT_CONFIG_NOSYSTEM": "1", "PRE_COMMIT_HOME": str(home / "cache"), "NO_COLOR": "1"}
    )


@pytest.fixture(scope="module")
def hook_source(tmp_path_factory, environment):
    """This checkout as a git repository, whatever is committed here."""
    source = tmp_path_factory.mktemp("source") / "k8slblint"
    source.mkdir()
    for name in DISTRIBUTED:
        (source / name).parent.mkdir(exist_ok=True)
        copy = shutil.copytree if (CHECKOUT / name).is_dir() else shutil.copy
        copy(CHECKOUT / name, source / name)
    shutil.rmtree(source / "k8slblint" / "__pycache__", ignore_errors=True)
    for command in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "--message", "all"]):
        subprocess.run(["git", *command], cwd=source, env=environment, check=True)
    return source


@pytest.fixture
def repository(tmp_path, environment, hook_source):
    repository = Repository(tmp_path / "manifests", environment)
    revision = subprocess.run(["git", "rev-parse", "HEAD"], cwd=hook_source, env=environment, check=True, capture_output=True, text=True)
    entry = {"id": "k8slblint", "additional_dependencies": [HELM]}
    hook = {
        "repo": str(hook_source),
        "rev": revision.stdout.strip(),
        "hooks": [entry, {**entry, "id": "k8slblint-all", "stages": ["manual"]}],
    }
    (repository.path / ".pre-commit-config.yaml").write_text(json.dumps({"repos": [hook]}), encoding="utf-8")
    return repository


def test_try_repo_blocks_a_staged_mutation(repository, hook_source):
    repository.commit(type="nlb")
    repository.stage(type="nlb-ip")
    run = repository.pre_commit("try-repo", str(hook_source), "k8slblint")
    assert run.returncode == 1, run.stdout
    assert "aws-load-balancer-type-mutated" in run.stdout
    assert "web.yaml:7:" in run.stdout


def test_a_value_file_that_flips_the_annotation_blocks_the_commit_at_its_line(repository):
    chart = repository.path / "charts" / "web"
    (chart / "templates").mkdir(parents=True)
    (chart / "Chart.yaml").write_text("apiVersion: v2\nname: web\nversion: 1.0.0\n", encoding="utf-8")
    template = SERVICE.format(type="{{ .Values.balancer }}", app="web").replace("  namespace: shop\n", "")
    (chart / "templates" / "service.yaml").write_text(template, encoding="utf-8")
    values = chart / "values-prod.yaml"
    values.write_text("replicas: 2\nbalancer: nlb\n", encoding="utf-8")
    repository.git("add", ".")
    repository.git("commit", "--quiet", "--no-verify", "--message", "chart")
    values.write_text("replicas: 2\nbalancer: nlb-ip\n", encoding="utf-8")
    repository.git("add", ".")
    run = repository.pre_commit("run")
    assert run.returncode == 1, run.stdout
    assert "aws-load-balancer-type-mutated" in run.stdout
    assert "charts/web/values-prod.yaml:2:11" in run.stdout


def test_a_mutation_blocks_the_commit_and_a_clean_change_passes(repository):
    before = repository.commit(type="nlb")
    repository.pre_commit("install")

    repository.stage(type="nlb-ip")
    blocked = repository.run("git", "commit", "--message", "to the other controller")
    assert blocked.returncode == 1, blocked.stdout
    assert "aws-load-balancer-type-mutated" in blocked.stdout
    assert repository.git("rev-parse", "HEAD") == before

    repository.stage(type="nlb", app="storefront")
    clean = repository.run("git", "commit", "--message", "another selector")
    assert clean.returncode == 0, clean.stdout
    assert repository.git("rev-parse", "HEAD") != before


def test_what_was_there_before_does_not_block_and_what_is_new_does(repository):
    (repository.path / "prod").mkdir()
    old = SERVICE.format(type="nlb", app="old").replace("LoadBalancer", "NodePort").replace("name: web", "name: old")
    (repository.path / "prod" / "old.yaml").write_text(old, encoding="utf-8")
    repository.commit(type="nlb")
    repository.stage(type="nlb", app="storefront")
    run = repository.pre_commit("run", "--verbose")
    assert run.returncode == 0, run.stdout
    assert "not shown" in run.stdout
    (repository.path / "prod" / "new.yaml").write_text(old.replace("name: old", "name: new"), encoding="utf-8")
    repository.git("add", ".")
    run = repository.pre_commit("run")
    assert run.returncode == 1, run.stdout
    assert "prod/new.yaml" in run.stdout
    assert "prod/old.yaml" not in run.stdout


def test_what_is_not_staged_does_not_count(repository):
    repository.commit(type="nlb")
    repository.stage(type="nlb", app="storefront")
    (repository.path / "web.yaml").write_text(SERVICE.format(type="nlb-ip", app="storefront"), encoding="utf-8")
    (repository.path / "broken.yaml").write_text("kind: Service\nmetadata: [\n", encoding="utf-8")
    run = repository.pre_commit("run")
    assert run.returncode == 0, run.stdout


def test_the_first_commit_has_nothing_to_compare_with(repository):
    repository.stage(type="nlb")
    run = repository.pre_commit("run")
    assert run.returncode == 0, run.stdout


def test_from_ref_takes_the_place_of_head(repository):
    first = repository.commit(type="nlb")
    second = repository.commit(type="nlb-ip")
    assert repository.pre_commit("run", "--all-files").returncode == 0
    run = repository.pre_commit("run", "--from-ref", first, "--to-ref", second)
    assert run.returncode == 1, run.stdout
    assert "aws-load-balancer-type-mutated" in run.stdout


def test_a_commit_that_only_deletes_is_checked_too(repository):
    (repository.path / "notes.py").write_text("x = 1\n", encoding="utf-8")
    repository.commit(type="nlb-ip")
    repository.git("rm", "--quiet", "web.yaml")
    run = repository.pre_commit("run")
    assert run.returncode == 0, run.stdout
    assert "warning[load-balancer-released]" in run.stdout
    repository.git("commit", "--quiet", "--no-verify", "--message", "gone")


def test_a_commit_that_touches_no_manifest_reads_none(repository):
    repository.commit(type="nlb")
    (repository.path / "notes.py").write_text("x = 1\n", encoding="utf-8")
    (repository.path / "left.yaml").write_text("kind: Service\nmetadata: [\n", encoding="utf-8")
    repository.git("add", "notes.py")
    run = repository.pre_commit("run")
    assert run.returncode == 0, run.stdout
    assert "found" not in run.stdout
    assert "Passed" in run.stdout


NODE_PORT = """\
apiVersion: v1
kind: Service
metadata: {name: admin, namespace: NAMESPACE}
spec: {type: NodePort, selector: {app: web}, ports: [{port: 80}]}
"""


def test_a_warning_is_seen_although_the_commit_passes(repository):
    repository.commit(type="nlb")
    (repository.path / "admin.yaml").write_text(NODE_PORT.replace("NAMESPACE", "shop"), encoding="utf-8")
    repository.git("add", ".")
    run = repository.pre_commit("run")
    assert run.returncode == 0, run.stdout
    assert "warning[node-port-in-production]" in run.stdout


def test_the_hook_for_everything_fails_on_what_is_old(repository):
    (repository.path / "admin.yaml").write_text(NODE_PORT.replace("NAMESPACE", "production"), encoding="utf-8")
    repository.commit(type="nlb")
    assert repository.pre_commit("run", "k8slblint", "--all-files").returncode == 0
    run = repository.pre_commit("run", "--hook-stage", "manual", "k8slblint-all", "--all-files")
    assert run.returncode == 1, run.stdout
    assert "error[node-port-in-production]" in run.stdout
