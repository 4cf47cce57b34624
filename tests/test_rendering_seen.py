"""What is seen of the disk within a run: each folder is listed once, each file read and parsed once, whoever asks, and links stay links."""

import os
from pathlib import Path

import pytest

from k8slblint import documents
from k8slblint.rendering import seen
from k8slblint.rendering.kustomize.kustomizations import find_kustomizations
from k8slblint.rendering.seen import Seen
from k8slblint.rendering.tree import SourceTree


def _tree(folder: Path, count: int) -> SourceTree:
    for number in range(count):
        place = folder / f"app-{number}"
        place.mkdir(parents=True)
        (place / "kustomization.yaml").write_text(f"resources: [service-{number}.yaml]\n")
    return SourceTree(str(folder))


@pytest.mark.parametrize("count", [5, 10])
def test_a_file_is_read_and_parsed_once_however_often_it_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    read: list[str] = []
    parsed: list[object] = []
    as_ever, parse = seen.read_file, documents.parse
    monkeypatch.setattr(seen, "read_file", lambda path: (read.append(path), as_ever(path))[1])
    monkeypatch.setattr(documents, "parse", lambda chunk: (parsed.append(chunk), parse(chunk))[1])
    tree = _tree(tmp_path, count)
    names = [f"app-{number}/kustomization.yaml" for number in range(count)]
    for one in (tree, tree, tree.overlaid({"other.yaml": b"a: 1\n"})):
        assert len(find_kustomizations(one, names)) == count
    assert len(read) == len(parsed) == count


@pytest.mark.parametrize("count", [5, 10])
def test_a_folder_is_listed_once_for_all_its_entries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    listed: list[str] = []
    as_ever = os.scandir
    tree = _tree(tmp_path, count)
    monkeypatch.setattr(os, "scandir", lambda path: (listed.append(path), as_ever(path))[1])
    monkeypatch.setattr(os.path, "islink", lambda path: pytest.fail(f"{path} was looked at"))
    for number in range(count):
        assert tree.is_file(f"app-{number}/kustomization.yaml")
        assert not tree.is_file(f"app-{number}/other.yaml")
        assert tree.names(f"app-{number}") == ["kustomization.yaml"]
    assert len(listed) == count + 1


def test_what_is_laid_over_a_file_is_made_anew(tmp_path: Path) -> None:
    tree = _tree(tmp_path, 1)
    changed = tree.overlaid({"app-0/kustomization.yaml": b"resources: [other.yaml]\n"})
    before, after = (find_kustomizations(one, ["app-0/kustomization.yaml"])["app-0"] for one in (tree, changed))
    assert (before.references[0].text, after.references[0].text) == ("service-0.yaml", "other.yaml")


def test_links_are_followed_inside_and_nowhere_else(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/a.yaml").write_text("a: 1\n")
    top = tmp_path / "top"
    (top / "real/.git").mkdir(parents=True)
    (top / "real/b.yaml").write_text("b: 1\n")
    (top / "real/.git/config").write_text("secret\n")
    for name, target in (("out", "../outside"), ("in", "real"), ("gits", "real/.git"), ("file.yaml", "real/b.yaml"), ("lost", "none")):
        (top / name).symlink_to(target)
    tree = SourceTree(str(top))
    assert tree.is_file("in/b.yaml")
    assert tree.is_file("file.yaml")
    assert tree.read("in/b.yaml") == tree.read("file.yaml") == b"b: 1\n"
    assert tree.names("in") == ["b.yaml"]
    assert tree.is_link("in")
    assert not tree.is_link("real")
    for path in ("out/a.yaml", "gits/config", "real/.git", "real/.git/config", "lost", "../outside/a.yaml", "real/b.yaml/c"):
        assert not tree.is_file(path), path
        with pytest.raises((FileNotFoundError, NotADirectoryError, IsADirectoryError)):
            tree.read(path)
    assert tree.names("out") == tree.names("gits") == tree.names("lost") == []


def test_much_is_not_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seen, "_MOST_MADE", 10)
    monkeypatch.setattr(seen, "_MOST_BYTES", 10)
    (tmp_path / "a").write_bytes(b"123456")
    (tmp_path / "b").write_bytes(b"abcdef")
    one = Seen()
    made: list[bytes] = []
    for name in ("a", "b", "a", "b"):
        assert one.made(lambda data: made.append(data) or data, one.read(str(tmp_path / name)))
    assert len(made) == 4
