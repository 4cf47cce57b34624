"""How people get k8slblint: container, formula, workflows and locks agree with each other and with what the tests run with."""

import fnmatch
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

CHECKOUT = Path(__file__).parent.parent
PROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))
DOCKERFILE = (CHECKOUT / "Dockerfile").read_text(encoding="utf-8")
FORMULA = (CHECKOUT / "packaging" / "k8slblint.rb.in").read_text(encoding="utf-8")
README = (CHECKOUT / "README.md").read_text(encoding="utf-8")
WORKFLOWS = sorted((CHECKOUT / ".github" / "workflows").glob("*.yml"))
LOCKS = sorted((CHECKOUT / "packaging").glob("*.lock"))


def _workflow(name: str) -> dict[str, Any]:
    return YAML(typ="safe", pure=True).load((CHECKOUT / ".github" / "workflows" / name).read_text(encoding="utf-8"))


def _steps(name: str) -> list[dict[str, Any]]:
    return [step for job in _workflow(name)["jobs"].values() for step in job["steps"]]


def _locked(lock: Path) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9-]+)==([^ ;]+)", lock.read_text(encoding="utf-8"), re.MULTILINE))


def _instructions(name: str) -> list[str]:
    joined = DOCKERFILE.replace("\\\n", " ")
    return [line.split(" ", 1)[1] for line in joined.splitlines() if line.startswith(f"{name} ")]


def test_the_container_has_the_renderers_that_the_tests_run_with():
    check = (CHECKOUT / "tools" / "check").read_text(encoding="utf-8")
    tested = re.findall(r"^install_renderer (\w+) (\S+) (v\S+)$", check, re.MULTILINE)
    built = {name.lower(): version for name, version in re.findall(r"^ARG (HELM|KUSTOMIZE)_VERSION=(\S+)$", DOCKERFILE, re.MULTILINE)}
    assert {name: version for name, _, version in tested} == built
    modules = re.findall(r"^ARG (?:HELM|KUSTOMIZE)=(\S+)$", DOCKERFILE, re.MULTILINE)
    assert all(any(path.startswith(module) for module in modules) for _, path, _ in tested)


def test_the_container_checks_the_hash_of_all_that_it_fetches():
    assert len(re.findall(r"^ARG \w+_SUM=h1:[A-Za-z0-9+/]{43}=$", DOCKERFILE, re.MULTILINE)) == 2
    for run in _instructions("RUN"):
        for command in re.findall(r"pip install [^&]*", run):
            assert "--require-hashes" in command or "--no-index" in command, command
        assert "curl" not in run
        assert "wget" not in run


def test_the_base_images_are_exact_and_the_user_is_not_root():
    images = [line.split()[0] for line in _instructions("FROM")]
    assert all(re.fullmatch(r"[a-z]+:\d+\.\d+\.\d+-[a-z-]+(@sha256:[0-9a-f]{64})?", image) for image in images), images
    assert _instructions("USER") == ["65532:65532"]
    assert DOCKERFILE.index("USER ") > DOCKERFILE.rindex("RUN ")
    assert _instructions("ADD") == []
    assert 'SHELL ["/bin/bash", "-o", "pipefail", "-c"]' in DOCKERFILE


def test_what_the_container_copies_is_sent_to_it():
    sent = [line[1:] for line in (CHECKOUT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line.startswith("!")]
    for line in _instructions("COPY"):
        if not line.startswith("--from="):
            for source in line.split()[:-1]:
                assert (CHECKOUT / source).exists()
                assert any(fnmatch.fnmatch(source, pattern) for pattern in sent), source


def test_the_container_passes_the_rules_of_hadolint():
    hadolint = shutil.which("hadolint", path=str(Path(sys.executable).parent))
    if hadolint is None:
        pytest.skip("hadolint is not installed")
    run = subprocess.run([hadolint, str(CHECKOUT / "Dockerfile")], capture_output=True, text=True, check=False)
    assert run.stdout + run.stderr == ""


@pytest.mark.parametrize("path", [*WORKFLOWS, CHECKOUT / "action.yml"], ids=lambda path: path.name)
def test_every_action_is_pinned_by_a_commit_with_its_version_beside_it(path: Path):
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if re.search(r"^\s*(- )?uses:", line)]
    assert [line for line in lines if not re.search(r"uses: [\w.-]+/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line)] == []


def test_an_action_is_pinned_to_the_same_commit_everywhere():
    pins: dict[str, set[str]] = {}
    for path in WORKFLOWS:
        for action, commit in re.findall(r"uses: (\S+)@(.+)$", path.read_text(encoding="utf-8"), re.MULTILINE):
            pins.setdefault(action, set()).add(commit)
    assert pins
    assert {action: found for action, found in pins.items() if len(found) > 1} == {}


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_has_no_rights_but_those_of_its_jobs(path: Path):
    workflow = _workflow(path.name)
    assert workflow["permissions"] == {}
    assert all(job["permissions"] and job["timeout-minutes"] for job in workflow["jobs"].values())
    for step in _steps(path.name):
        assert "${{" not in step.get("run", "")
        if "actions/checkout" in step.get("uses", ""):
            assert step["with"]["persist-credentials"] is False


def test_the_release_needs_no_secret_and_signs_what_it_publishes():
    text = (CHECKOUT / ".github" / "workflows" / "release.yml").read_text(encoding="utf-8")
    assert "secrets." not in text
    jobs = _workflow("release.yml")["jobs"]
    assert jobs["pypi"]["permissions"]["id-token"] == "write"
    assert jobs["pypi"]["environment"]["name"] == "pypi"
    assert jobs["release"]["needs"] == ["build", "pypi", "image"]
    attested = [step["with"] for step in _steps("release.yml") if "actions/attest@" in step.get("uses", "")]
    assert {"sbom-path", "subject-path"} <= {key for one in attested for key in one}


def test_ci_runs_the_one_command():
    assert ".ci/run" in [step.get("run") for step in _steps("ci.yml")]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_a_lock_has_a_hash_for_everything(lock: Path):
    blocks = re.split(r"^(?=[a-z0-9-]+==)", lock.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    assert blocks
    assert [block.split()[0] for block in blocks if not re.search(r"--hash=sha256:[0-9a-f]{64}\b", block)] == []


def test_the_locks_hold_what_the_package_and_the_release_need():
    runtime, release = _locked(CHECKOUT / "packaging" / "runtime.lock"), _locked(CHECKOUT / "packaging" / "release.lock")
    for requirement in PROJECT["project"]["dependencies"]:
        name, least = re.fullmatch(r"([A-Za-z0-9._-]+)(?:\[[^]]*\])?>=([\d.]+)", requirement).groups()
        locked = runtime[re.sub(r"[-_.]+", "-", name)]
        assert [int(part) for part in locked.split(".")[:3]] >= [int(part) for part in least.split(".")]
    wanted = (CHECKOUT / "packaging" / "release.in").read_text(encoding="utf-8").splitlines()
    assert {line for line in wanted if not line.startswith("#")} <= set(release)


def test_the_formula_is_complete_once_it_is_filled_in():
    filled = FORMULA.replace("@VERSION@", PROJECT["project"]["version"]).replace("@SHA256@", "0" * 64)
    assert set(re.findall(r"@[A-Z]\w*@", FORMULA)) == {"@VERSION@", "@SHA256@"}
    assert re.search(r'^  sha256 "[0-9a-f]{64}"$', filled, re.MULTILINE)
    assert f"/v{PROJECT['project']['version']}/k8slblint-{PROJECT['project']['version']}.tar.gz" in filled
    assert "packaging" in PROJECT["tool"]["hatch"]["build"]["targets"]["sdist"]["include"]
    assert all((CHECKOUT / path).exists() for path in re.findall(r'"(packaging/[^"]+)"', FORMULA))
    opening = re.findall(r"^\s*(?:class|def|test do|.*<<~)", FORMULA, re.MULTILINE)
    assert len([one for one in opening if "<<~" not in one]) == len(re.findall(r"^\s*end$", FORMULA, re.MULTILINE))
    assert all(f"@{name}@" in (CHECKOUT / ".github/workflows/release.yml").read_text(encoding="utf-8") for name in ("VERSION", "SHA256"))


def test_the_versions_that_are_shown_are_the_version_of_the_package():
    version = PROJECT["project"]["version"]
    assert f"k8slblint=={version}" in DOCKERFILE
    assert set(re.findall(r"k8slblint/k8slblint[@:]v([\d.]+)", README)) == {version}
    assert set(re.findall(r"rev: v([\d.]+)", README)) == {version}
    assert PROJECT["project"]["optional-dependencies"]["render"] == [f"k8slblint-render=={version}"]


def test_every_recipe_that_installs_brings_the_render_engine():
    recipes = [line for line in README.splitlines() if re.match(r"(uvx|pipx|pip|uv) ", line)]
    assert recipes
    assert [line for line in recipes if "k8slblint[render]" not in line] == []
    assert "additional_dependencies: [k8slblint-render]" in README


def test_the_readme_stays_short_and_opens_with_a_report():
    assert len(README.splitlines()) < 250
    assert "--format markdown -->" in README[:800]
