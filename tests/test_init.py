"""The starting configuration: it is valid, and changes no scope."""

import re
from pathlib import Path

import pytest

from k8slblint import documents, schema
from k8slblint.config import Config, read_config
from k8slblint.engine import Sources
from k8slblint.loading.files import find_files
from k8slblint.model.scope import Scope
from k8slblint.shipped import read_json, schemas_folder
from k8slblint.views.starting_config import ScopedFile, starting_config
from tests.corpus import CORPUS
from tests.linting import lint
from tests.test_cli import call

SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: web%s}\nspec: {ports: [{port: 80}]}\n"
GKE = ', annotations: {cloud.google.com/neg: "{}"}'

TREES = {
    "named": {"clusters/prod-eu/a.yaml": GKE, "clusters/prod-us/a.yaml": "", "clusters/dev/a.yaml": "", "apps/a.yaml": ""},
    "one cluster in two folders": {"a/envs/prod/a.yaml": "", "b/envs/prod/a.yaml": "", "b/envs/dev/a.yaml": ""},
    "nested": {"clusters/prod/a.yaml": "", "clusters/prod/x/overlays/dev/a.yaml": "", "clusters/prod/x/overlays/dev/y/a.yaml": ""},
    "crossed": {"clusters/a/a.yaml": "", "clusters/b/envs/a/a.yaml": "", "clusters/b/a.yaml": "", "clusters/a/envs/b/a.yaml": ""},
    "disagreeing": {
        "clusters/prod/a.yaml": "",
        "clusters/prod/b.yaml": ", namespace: shop-staging",
        "clusters/prod/c.yaml": ", labels: {env: dev}",
    },
    "project inside": {"clusters/prod/a.yaml": "", "clusters/prod/vendored/LICENSE": "x", "clusters/prod/vendored/a.yaml": ""},
    "patterns in names": {"clusters/a*/a.yaml": "", "clusters/ab/a.yaml": "", "clusters/a?/a.yaml": "", "clusters/**/a.yaml": ""},
    "words and signs in names": {
        **dict.fromkeys(
            (f"clusters/{name}/a.yaml" for name in ("no", "1.34", "null", "~", "- x", "a: b", "a #b", 'q"\\', "ü\u202e", "a, b", "=")), ""
        ),
        "clusters/{{ x }}/a.yaml": "",
    },
    "examples": {"examples/clusters/prod/a.yaml": "", "examples/one/a.yaml": "", "tests/prod/a.yaml": ""},
    "undivided": {"a.yaml": "", "prod/a.yaml": ""},
    "nothing": {},
}

REPOSITORIES = sorted(path for path in CORPUS.iterdir() if "__" in path.name) if CORPUS else []


def write(folder: Path, files: dict[str, str]) -> None:
    for path, content in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(SERVICE % content if path.endswith(".yaml") else content)


def scopes(folder: Path, config: Config) -> dict[tuple[str, int, int], tuple[str, str, str, str | None]]:
    listing = find_files([str(folder)])
    _, graph = lint(Sources(listing.files, gaps=tuple(listing.gaps)), config)
    return {one.order: _told(graph.scope(one)) for one in graph.resources}


def _told(scope: Scope) -> tuple[str, str, str, str | None]:
    return scope.cluster, scope.environment, scope.platform, scope.kubernetes_version


def written_config(folder: Path, text: str, tmp_path: Path) -> Config:
    """The configuration as it would be read in `folder`, which stays as it is."""
    path = tmp_path / ".k8slblint.yaml"
    path.write_text(text, encoding="utf-8")
    for chunk in documents.split(text):
        for cluster in (documents.parse(chunk).root.value or {}).get("clusters", ()):
            for stated in cluster["paths"]:
                (tmp_path / stated).mkdir(parents=True, exist_ok=True)  # what is stated has to be there
    config = read_config(str(path))
    root, here = str(folder.resolve()), str(tmp_path.resolve())
    clusters = tuple(one._replace(paths=tuple(root + path.removeprefix(here) for path in one.paths)) for one in config.scopes.clusters)
    return config._replace(scopes=config.scopes._replace(clusters=clusters))


@pytest.mark.parametrize("tree", TREES)
def test_the_configuration_that_was_written_changes_no_scope(tree: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path, TREES[tree])
    before = scopes(tmp_path, Config())
    assert call("init").exit_code == 0
    text = (tmp_path / ".k8slblint.yaml").read_text(encoding="utf-8")
    for chunk in documents.split(text):
        assert schema.errors(documents.parse(chunk).root.value, read_json("schemas", "config.schema.json")) == []
    assert scopes(tmp_path, read_config(".k8slblint.yaml")) == before


@pytest.mark.parametrize("repository", REPOSITORIES, ids=lambda path: path.name)
def test_the_configuration_of_a_real_repository_changes_no_scope(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = call("init", str(repository), "--stdout")
    assert result.exit_code == 0
    config = written_config(repository, result.stdout, tmp_path)
    for here in (tmp_path, repository):
        monkeypatch.chdir(here)
        assert scopes(repository, config) == scopes(repository, Config())


def stated(tmp_path: Path) -> dict[str, tuple[str | None, str | None]]:
    return {one.name: (one.environment, one.platform) for one in read_config(str(tmp_path / ".k8slblint.yaml")).scopes.clusters}


def test_only_what_has_one_answer_is_stated(tmp_path: Path) -> None:
    write(tmp_path, TREES["named"])
    call("init", str(tmp_path))
    assert stated(tmp_path) == {"prod-eu": ("production", "gke"), "prod-us": ("production", None), "dev": ("development", None)}
    text = (tmp_path / ".k8slblint.yaml").read_text()
    assert "paths: [clusters/prod-eu]" in text
    (tmp_path / ".k8slblint.yaml").unlink()
    write(tmp_path, {**TREES["disagreeing"], "clusters/prod/b.yaml": ""})
    call("init", str(tmp_path))
    assert stated(tmp_path)["prod"] == (None, None)
    text = (tmp_path / ".k8slblint.yaml").read_text()
    assert "    # environment:  # inferred differently for its files: production, nothing; a statement applies to all of them." in text


def test_what_is_unknown_says_what_to_fill_in_and_why(tmp_path: Path) -> None:
    write(tmp_path, {"clusters/alpha/a.yaml": ""})
    call("init", str(tmp_path))
    text = (tmp_path / ".k8slblint.yaml").read_text()
    assert "    # environment:  # not inferred: no label, namespace or path names it. One of production, staging," in text
    assert "    # platform:  # not inferred: the manifests do not show it. One of eks, gke, aks, bare-metal, ..." in text


def test_the_first_line_names_the_schema_for_editors(tmp_path: Path) -> None:
    write(tmp_path, {"clusters/alpha/a.yaml": ""})
    first = call("init", str(tmp_path), "--stdout").stdout.splitlines()[0]
    assert first.startswith("# yaml-language-server: $schema=https://")
    assert (schemas_folder() / first.rpartition("/")[2]).is_file()


def test_every_setting_is_described() -> None:
    pending, undescribed = [("", read_json("schemas", "config.schema.json"))], []
    while pending:
        name, part = pending.pop()
        for key, value in part.items() if isinstance(part, dict) else ():
            if key == "properties":
                undescribed += [f"{name}.{one}" for one, its in value.items() if "description" not in its and "$ref" not in its]
            pending.append((f"{name}.{key}", value))
    assert undescribed == []


def test_every_commented_setting_is_valid(tmp_path: Path) -> None:
    write(tmp_path, {"clusters/alpha/a.yaml": ""})
    text = call("init", str(tmp_path), "--stdout").stdout
    cluster = re.sub(r"^#     (?=\w+: )", "    ", text, flags=re.MULTILINE).partition("# For all")[0]
    cluster = "".join(line for line in cluster.splitlines(keepends=True) if line.startswith(("clusters", "  - ", "    ")))
    defaults = re.sub(r"^# (?=\w+: )", "", text.partition("to one without these fields:\n#\n")[2], flags=re.MULTILINE)
    (tmp_path / ".k8slblint.yaml").write_text(cluster.replace("    # ", "    #") + defaults)
    config = read_config(str(tmp_path / ".k8slblint.yaml"))
    assert config.scopes.clusters[0].load_balancer_budget == 5
    assert config.scopes.clusters[0].contexts == ("admin@prod-eu",)
    assert config.scopes.defaults.kubernetes_version == "1.34"
    undivided = starting_config([])
    (tmp_path / "clusters" / "prod-eu").mkdir()
    (tmp_path / ".k8slblint.yaml").write_text(re.sub(r"^# (?=clusters:|  )", "", undivided.partition("# Worth")[0], flags=re.MULTILINE))
    assert read_config(str(tmp_path / ".k8slblint.yaml")).scopes.clusters[0].name == "prod-eu"


def test_text_of_manifests_stays_in_its_comment() -> None:
    evil = "environment unknown: label 'env: a\nrules: {}\n##[command]x'"
    scope = Scope("x\nrules: {}", division="named", folder="clusters/x\nrules: {}", environment_reason=evil, reasons=("", evil, "none"))
    text = starting_config([ScopedFile("clusters/x\nrules: {}/a.yaml", scope)])
    (chunk,) = documents.split(text)
    value = documents.parse(chunk).root.value
    assert list(value) == ["clusters"]
    assert value["clusters"] == [{"name": "x\nrules: {}", "paths": ["clusters/x\nrules: {}"]}]
    assert "##[" not in text


def test_nothing_is_overwritten_without_force(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    (tmp_path / "apps").mkdir()
    (tmp_path / ".k8slblint.yml").write_text("fail_on: note\n")
    refused = call("init")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "'.k8slblint.yml' already exists: write a new one with `--force`" in refused.stderr
    assert "a new file would override it" in call("init", "apps").stderr
    assert not (tmp_path / "apps" / ".k8slblint.yaml").exists()
    assert call("init", "--stdout").exit_code == 0
    assert (tmp_path / ".k8slblint.yml").read_text() == "fail_on: note\n"
    assert call("init", "--force").exit_code == 0
    assert "Worth stating" in (tmp_path / ".k8slblint.yml").read_text()
    assert not (tmp_path / ".k8slblint.yaml").exists()


def test_a_file_or_nothing_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(SERVICE % "")
    assert "is not a folder" in call("init", str(tmp_path / "a.yaml")).stderr
    assert call("init", str(tmp_path / "nowhere")).exit_code == 2
