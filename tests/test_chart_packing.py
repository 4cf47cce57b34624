"""A chart is packed once for all trees in which its files are the same, and anew where any that it was made of differs."""

import io
import tarfile
from pathlib import Path

import pytest

from k8slblint.budget import Budget, BudgetSpentError, Limits
from k8slblint.rendering.helm import archives
from k8slblint.rendering.helm import packing as under_test
from k8slblint.rendering.helm.packing import Packed, Packing
from k8slblint.rendering.tree import SourceTree
from k8slblint.rendering.units import RenderFailure
from k8slblint.rendering.watched import WatchedTree
from tests import charts

FILES = {
    **charts.chart({"values.yaml": "a: 1\n", "templates/x.yaml": "a: 1\n"}),
    **charts.chart({"templates/y.yaml": "b: 1\n"}, folder="shelf/common", metadata="apiVersion: v2\nname: common\nversion: 1.0.0\n"),
    "environments/prod.yaml": "a: 2\n",
}


@pytest.fixture
def packs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the charts that were packed, in order."""
    packed: list[str] = []
    archive = under_test.counted_archive
    monkeypatch.setattr(
        under_test, "counted_archive", lambda tree, chart, *rest: packed.append(chart.folder) or archive(tree, chart, *rest)
    )
    return packed


def _bytes(found: Packed | RenderFailure) -> bytes:
    assert isinstance(found, Packed), found
    assert isinstance(found.archive, bytes), found.archive
    return found.archive


def test_the_same_chart_is_packed_once(tmp_path: Path, packs: list[str]):
    tree, packing = charts.tree(tmp_path, FILES), Packing()
    assert _bytes(packing.packed(tree, "deploy")) == _bytes(packing.packed(tree, "deploy"))
    assert packs == ["deploy"]


def test_a_change_of_a_value_file_beside_the_chart_packs_nothing_anew(tmp_path: Path, packs: list[str]):
    tree, packing = charts.tree(tmp_path, FILES), Packing()
    packing.packed(tree, "deploy")
    packing.packed(tree.overlaid({"environments/prod.yaml": b"a: 3\n"}), "deploy")
    assert packs == ["deploy"]


@pytest.mark.parametrize(
    "changes",
    [
        {"deploy/values.yaml": b"a: 9\n"},
        {"deploy/templates/x.yaml": None},
        {"deploy/templates/deep/new.yaml": b"c: 1\n"},
        {"deploy/.helmignore": b"templates/x.yaml\n"},
        {"deploy/charts/sub/Chart.yaml": b"apiVersion: v2\nname: sub\nversion: 1.0.0\n"},
    ],
)
def test_a_change_of_the_chart_is_packed_as_without_what_was_kept(tmp_path: Path, changes: dict[str, bytes | None]):
    tree, packing = charts.tree(tmp_path, FILES), Packing()
    before = _bytes(packing.packed(tree, "deploy"))
    after = _bytes(packing.packed(tree.overlaid(changes), "deploy"))
    assert after != before
    assert after == _bytes(Packing().packed(tree.overlaid(changes), "deploy"))
    assert _bytes(packing.packed(tree, "deploy")) == before


def test_a_change_of_a_dependency_elsewhere_is_packed(tmp_path: Path):
    metadata = charts.CHART + "dependencies:\n- {name: common, version: 1.0.0, repository: 'file://../shelf/common'}\n"
    tree, packing = charts.tree(tmp_path, FILES | {"deploy/Chart.yaml": metadata}), Packing()
    before = _bytes(packing.packed(tree, "deploy"))
    changed = tree.overlaid({"shelf/common/templates/y.yaml": b"b: 2\n"})
    assert _bytes(packing.packed(changed, "deploy")) == _bytes(Packing().packed(changed, "deploy")) != before


def test_a_dependency_that_appears_is_packed(tmp_path: Path):
    metadata = charts.CHART + "dependencies:\n- {name: late, version: 1.0.0, repository: 'file://../late'}\n"
    tree, packing = charts.tree(tmp_path, FILES | {"deploy/Chart.yaml": metadata}), Packing()
    before = _bytes(packing.packed(tree, "deploy"))
    added = tree.overlaid({"late/Chart.yaml": b"apiVersion: v2\nname: late\nversion: 1.0.0\n", "late/templates/z.yaml": b"z: 1\n"})
    assert _bytes(packing.packed(added, "deploy")) == _bytes(Packing().packed(added, "deploy")) != before


def test_trees_of_other_folders_share_nothing(tmp_path: Path):
    packing = Packing()
    one = charts.tree(tmp_path / "a", FILES)
    other = charts.tree(tmp_path / "b", FILES | {"deploy/values.yaml": "a: 7\n"})
    assert _bytes(packing.packed(one, "deploy")) != _bytes(packing.packed(other, "deploy"))
    assert not WatchedTree(one).holds_for(other)


def test_a_chart_counts_as_often_as_it_is_rendered(tmp_path: Path):
    charts.tree(tmp_path, FILES)
    tree, packing = SourceTree(str(tmp_path), budget=Budget(Limits(charts=2))), Packing()
    packing.packed(tree, "deploy")
    packing.packed(tree, "deploy")
    with pytest.raises(BudgetSpentError):
        packing.packed(tree, "deploy")


def test_what_is_kept_is_bounded(tmp_path: Path, packs: list[str], monkeypatch: pytest.MonkeyPatch):
    tree, packing = charts.tree(tmp_path, FILES), Packing()
    size = len(_bytes(packing.packed(tree, "deploy")))
    monkeypatch.setattr(under_test, "_MOST_BYTES", size + 1)
    for _ in range(2):
        packing.packed(tree, "shelf/common")
        packing.packed(tree, "deploy")
    assert packs == ["deploy", "shelf/common", "deploy", "shelf/common", "deploy"]


def test_versions_of_one_chart_are_bounded(tmp_path: Path, packs: list[str]):
    tree, packing = charts.tree(tmp_path, FILES), Packing()
    for number in range(20):
        packing.packed(tree.overlaid({"deploy/.helmignore": b"# %d\n" % number}), "deploy")
    packing.packed(tree.overlaid({"deploy/.helmignore": b"# 19\n"}), "deploy")
    assert len(packs) == 20
    packing.packed(tree.overlaid({"deploy/.helmignore": b"# 0\n"}), "deploy")
    assert len(packs) == 21


@pytest.mark.parametrize("number", [10, 20])
def test_texts_with_marks_do_not_have_a_chart_read_again(tmp_path: Path, packs: list[str], number: int):
    tree, packing = charts.tree(tmp_path, FILES), Packing()
    packing.packed(tree, "deploy")
    for mark in range(number):
        changes = {"deploy/values.yaml": b"a: k%d\n" % mark, "deploy/templates/x.yaml": b"a: m%d\n" % mark}
        marked = tree.overlaid(changes if mark % 2 else {"deploy/values.yaml": b"a: k%d\n" % mark})
        assert _bytes(packing.packed(marked, "deploy")) == _bytes(Packing().packed(marked, "deploy"))
    assert len(packs) == 1 + number, "one for each that is compared with"
    assert _bytes(packing.packed(tree, "deploy")) == _bytes(Packing().packed(tree, "deploy"))


@pytest.mark.parametrize("path", ["deploy/charts/sub/templates/s.yaml", "deploy/charts/sub/values.yaml", "shelf/common/templates/y.yaml"])
def test_neither_do_those_of_charts_in_it(path: str, tmp_path: Path, packs: list[str]):
    metadata = charts.CHART + "dependencies:\n- {name: common, version: 1.0.0, repository: 'file://../shelf/common'}\n"
    sub = {"deploy/charts/sub/Chart.yaml": "apiVersion: v2\nname: sub\nversion: 1.0.0\n", "deploy/charts/sub/values.yaml": "s: 1\n"}
    files = FILES | sub | {"deploy/Chart.yaml": metadata, "deploy/charts/sub/templates/s.yaml": "s: 1\n"}
    tree, packing = charts.tree(tmp_path, files), Packing()
    packing.packed(tree, "deploy")
    for mark in range(5):
        marked = tree.overlaid({path: b"a: k%d\n" % mark})
        assert _bytes(packing.packed(marked, "deploy")) == _bytes(Packing().packed(marked, "deploy"))
    assert len(packs) == 1 + 5, "one for each that is compared with"


@pytest.mark.parametrize("data", [b"\xff", b"\xc3\xa9: 1\n", b"a: 1\n" * 30_000])
def test_a_text_that_may_be_refused_is_packed_as_any_other(tmp_path: Path, data: bytes):
    tree, packing = charts.tree(tmp_path, FILES), Packing()
    packing.packed(tree, "deploy")
    changed = tree.overlaid({"deploy/templates/x.yaml": data})
    assert packing.packed(changed, "deploy") == Packing().packed(changed, "deploy")


@pytest.mark.parametrize("size", [1_000, 5_000_000])
def test_an_archive_is_compressed_where_it_is_large(size: int) -> None:
    files = [("Chart.yaml", b"name: web\n"), ("templates/a.yaml", b"a" * size), (f"templates/{'b' * 120}.yaml", b"\xc3\xa4")]
    written = archives.write_archive(files)
    assert (len(written) < size) == (size > 1_000)
    with tarfile.open(fileobj=io.BytesIO(written)) as read:
        assert [(one.name, one.size) for one in read] == [(f"chart/{path}", len(data)) for path, data in files]
    assert dict(archives.read_archive(written, Budget(Limits()).part(None, 10_000_000, "a.tgz", "bytes"))) == dict(files)
