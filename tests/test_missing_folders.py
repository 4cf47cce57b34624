"""Objects that deploy a folder of their own repository which it does not have: said where nothing else may put the folder there."""

from pathlib import Path

import pytest

from tests.whole_trees import Tree

URL = "https://git.example.com/team/apps.git"
APPLICATION = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {{name: {name}, namespace: argocd}}
spec:
  destination: {{server: "https://kubernetes.default.svc", namespace: {name}}}
  source:
    repoURL: {url}
    path: {path}
    targetRevision: {revision}
"""
MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
NAMES = ("one", "two", "three")
THERE = {f"{name}/map.yaml": MAP for name in NAMES} | {
    f"apps/{name}.yaml": APPLICATION.format(name=name, path=name, url=URL, revision="HEAD") for name in NAMES
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def missing(files: dict[str, str], folder: Path) -> list[tuple[str, int, str]]:
    report = Tree(files, folder).report("--min-confidence", "low")
    said = [one for one in report["findings"] if "folder that does not exist" in one["headline"]]
    assert {(one["rule"], one["severity"], one["confidence"]) for one in said} <= {("render-failed", "note", "low")}
    return [(one["location"]["path"], one["location"]["line"], one["headline"]) for one in said]


def lost(path: str = "gone", url: str = URL, revision: str = "HEAD") -> dict[str, str]:
    return {"apps/gone.yaml": APPLICATION.format(name="gone", path=path, url=url, revision=revision)}


SAID = [("apps/gone.yaml", 8, "Application argocd/gone deploys a folder that does not exist")]


@pytest.mark.parametrize("revision", ["HEAD", "main", "master", "''"])
def test_an_application_deploys_a_folder_that_is_not_there(folder: Path, revision: str) -> None:
    assert missing(THERE | lost(revision=revision), folder) == SAID


@pytest.mark.parametrize(
    "files",
    [
        lost(url="https://git.example.com/team/other.git"),
        lost(url='"{{ .Values.repo }}"'),
        lost(path='"apps/${CLUSTER}"'),
        lost(path='"{{name}}"'),
        lost(path="../outside"),
        lost(path="one"),
        lost(revision="v1.2.0"),
        lost(revision="release-1"),
        lost(revision='"{{ revision }}"'),
        lost() | {".gitignore": "gone/\n"},
        lost() | {".gitmodules": '[submodule "gone"]\n\tpath = gone\n\turl = https://git.example.com/team/gone.git\n'},
        lost(path="build/gone") | {"hack/build.sh": "kustomize build web -o build/gone\n"},
        lost(path="one/map.yaml"),
    ],
)
def test_a_folder_that_may_be_there_is_not_missed(folder: Path, files: dict[str, str]) -> None:
    assert missing(THERE | files, folder) == []


def test_too_few_folders_tell_which_repository_a_tree_is(folder: Path) -> None:
    few = {path: text for path, text in THERE.items() if "three" not in path}
    assert missing(few | lost(), folder) == []


def test_many_missing_folders_are_of_another_place(folder: Path) -> None:
    more = {f"apps/x{n}.yaml": APPLICATION.format(name=f"x{n}", path=f"x{n}", url=URL, revision="HEAD") for n in range(3)}
    assert missing(THERE | more, folder) == []


KUSTOMIZATION = """\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: gone, namespace: flux-system}
spec:
  interval: 1h
  sourceRef: {kind: GitRepository, name: flux-system}
  path: ./gone
"""
REPOSITORY = f"""\
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {{name: flux-system, namespace: flux-system}}
spec: {{interval: 1h, url: "{URL}", ref: REF}}
"""


@pytest.mark.parametrize(
    ("reference", "is_said"),
    [("{branch: main}", True), ("{tag: v1}", False), ("{branch: main, commit: a1}", False), ("{}", True), ("[]", True)],
)
def test_a_kustomization_deploys_a_folder_that_is_not_there(folder: Path, reference: str, *, is_said: bool) -> None:
    files = {"apps/gone.yaml": KUSTOMIZATION, "apps/source.yaml": REPOSITORY.replace("REF", reference)}
    said = [("apps/gone.yaml", 7, "Kustomization flux-system/gone deploys a folder that does not exist")]
    assert missing(files, folder) == (said if is_said else [])


def test_a_kustomization_without_its_source_says_nothing(folder: Path) -> None:
    assert missing({"apps/gone.yaml": KUSTOMIZATION}, folder) == []
