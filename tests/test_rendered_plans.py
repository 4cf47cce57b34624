"""The plan of a tree holds for the revision before, too, unless that differs in something which was asked for it."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from k8slblint.commands.cli import cli
from k8slblint.rendering import revisions
from k8slblint.rendering.shelf import Shelf
from k8slblint.rendering.tree import SourceTree
from k8slblint.rendering.watched import WatchedTree, held
from tests.test_provenance import CHART, KUSTOMIZATION, write
from tests.test_rendered_revisions import commit, git

SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {{name: {name}}}\nspec: {{type: {type}, ports: [{{port: 80}}]}}\n"
APPLICATION = """\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: web, namespace: flux-system}
spec:
  path: ./apps
  sourceRef: {kind: GitRepository, name: flux-system}
"""
FILES = {
    "apps/kustomization.yaml": KUSTOMIZATION + "resources: [service.yaml]\n",
    "apps/service.yaml": SERVICE.format(name="web", type="ClusterIP"),
    "other/notes.yaml": SERVICE.format(name="other", type="ClusterIP"),
    "clusters/flux.yaml": APPLICATION,
    "charts/web/Chart.yaml": CHART.format(name="web"),
    "charts/web/values.yaml": "type: ClusterIP\n",
    "charts/web/templates/service.yaml": SERVICE.format(name="chart", type="{{ .Values.type }}").replace("{{{{", "{{"),
}


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    git("init", "--quiet", "--initial-branch=main")
    commit(tmp_path, FILES)
    return tmp_path


@pytest.mark.parametrize(
    ("changed", "plans"),
    [
        ({"apps/service.yaml": SERVICE.format(name="web", type="NodePort")}, 1),
        ({"other/notes.yaml": SERVICE.format(name="again", type="ClusterIP")}, 1),
        ({"apps/service.yaml": SERVICE.format(name="renamed", type="ClusterIP")}, 2),
        ({"apps/kustomization.yaml": KUSTOMIZATION + "resources: [service.yaml]\nnamePrefix: shop-\n"}, 2),
        ({"apps/more.yaml": SERVICE.format(name="more", type="ClusterIP")}, 2),
        ({"clusters/flux.yaml": APPLICATION.replace("./apps", "./other")}, 2),
    ],
)
def test_a_plan_is_made_again_only_where_it_may_be_another(
    repository: Path, monkeypatch: pytest.MonkeyPatch, changed: dict[str, str], plans: int
) -> None:
    made: list[object] = []
    as_ever = revisions.followed
    monkeypatch.setattr(revisions, "followed", lambda *given: (made.append(given), as_ever(*given))[1])
    write(repository, changed)
    result = CliRunner().invoke(cli, ["scan", "--against", "HEAD", "--no-config", "--exit-zero", "."])
    assert result.exit_code == 0, result.output
    assert len(made) == plans


APP_OF_APPS = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: {{ .Values.name }}, namespace: argocd}
spec:
  source: {repoURL: https://git.example/shop.git, path: charts/web}
  destination: {namespace: shop, name: in-cluster}
"""


@pytest.mark.parametrize(
    ("changed", "plans"),
    [
        ({"apps/service.yaml": SERVICE.format(name="web", type="NodePort")}, 1),
        ({"charts/apps/templates/apps.yaml": APP_OF_APPS.replace("namespace: shop", "namespace: other")}, 2),
        ({"charts/apps/templates/_helpers.tpl": '{{ define "other" }}{{ end }}'}, 2),
        ({"charts/apps/values.yaml": "name: other\n"}, 2),
    ],
)
def test_what_charts_print_that_deploy_others_is_part_of_a_plan(
    repository: Path, monkeypatch: pytest.MonkeyPatch, changed: dict[str, str], plans: int
) -> None:
    chart = {"charts/apps/Chart.yaml": CHART.format(name="apps"), "charts/apps/values.yaml": "name: web\n"}
    commit(repository, {**chart, "charts/apps/templates/apps.yaml": APP_OF_APPS, "charts/apps/templates/_helpers.tpl": ""})
    test_a_plan_is_made_again_only_where_it_may_be_another(repository, monkeypatch, changed, plans)


def _length(data: bytes) -> int:
    return len(data)


def test_what_is_made_of_a_file_counts_and_not_the_file(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"123")
    tree = SourceTree(str(tmp_path))
    watched = WatchedTree(tree)
    assert watched.made(_length, "a") == 3
    assert watched.holds_for(tree.overlaid({"a": b"456"}))
    assert not watched.holds_for(tree.overlaid({"a": b"4567"}))
    assert not watched.holds_for(tree.overlaid({"a": None}))
    watched.read("a")
    assert not watched.holds_for(tree.overlaid({"a": b"456"}))


def test_a_file_that_is_only_asked_for_may_have_other_bytes(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"123")
    tree = SourceTree(str(tmp_path))
    watched = WatchedTree(tree)
    assert watched.is_file("a")
    assert not watched.is_file("b")
    assert watched.holds_for(tree.overlaid({"a": b"4"}))
    assert watched.holds_for(tree.overlaid({"c": b"4"}))
    assert not watched.holds_for(tree.overlaid({"a": None}))
    assert not watched.holds_for(tree.overlaid({"b": b"4"}))
    watched.names("")
    assert not watched.holds_for(tree.overlaid({"c": b"4"}))


def test_empty_shelves_are_the_same(tmp_path: Path) -> None:
    watched = WatchedTree(SourceTree(str(tmp_path)).with_shelf(Shelf()))
    assert watched.holds_for(SourceTree(str(tmp_path)).with_shelf(Shelf()))


def test_what_is_made_of_a_tree_is_held_for_trees_in_which_it_is_the_same(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"123")
    (tmp_path / "b").write_bytes(b"123")
    tree = SourceTree(str(tmp_path))
    made: list[bytes] = []

    def first(one: SourceTree) -> bytes:
        made.append(one.read("a"))
        return made[-1]

    trees = (
        tree,
        tree.overlaid({"b": b"4"}),
        tree.overlaid({"a": b"4"}),
        tree.overlaid({"c": b"4"}),
        tree.overlaid({"a": b"4", "b": b"5"}),
    )
    assert [held(one, "first", {"of": 1}, first) for one in trees] == [b"123", b"123", b"4", b"123", b"4"]
    assert made == [b"123", b"4"]
    for _ in range(2):
        watched = WatchedTree(tree)
        held(watched, "first", {"of": 1}, first)
        assert not watched.holds_for(tree.overlaid({"a": b"4"})), "what is held is part of what asks for it"
        assert watched.holds_for(tree.overlaid({"b": b"4"}))
    laid = WatchedTree(tree).overlaid({"c": b"1"})
    held(laid, "first", {"of": 1}, first)
    assert not laid.holds_for(tree.overlaid({"a": b"4", "c": b"1"}))
    assert made == [b"123", b"4"]
    held(tree, "first", {"of": 2}, first)
    assert len(made) == 3
