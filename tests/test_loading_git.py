"""What stood in the files before, read from real repositories made here."""

import os
import subprocess
from pathlib import Path

import pytest

from k8slblint.loading import folders, git_command
from k8slblint.loading.files import find_files
from k8slblint.loading.git import BaseRevision, changed_files, directory_before, is_revision
from k8slblint.model.errors import UsageError

GIT = ("git", "-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main", "-c", "protocol.file.allow=always")


@pytest.fixture(autouse=True)
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every test runs in the root of an empty repository."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    folder = tmp_path / "repo"
    folder.mkdir()
    monkeypatch.chdir(folder)
    git("init", "-q")
    return folder


def git(*arguments: str) -> str:
    return subprocess.run((*GIT, *arguments), check=True, capture_output=True, text=True).stdout.strip()


def write(name: str, text: str) -> None:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def commit(**texts: str) -> None:
    for name, text in texts.items():
        write(f"{name}.yaml", text)
    git("add", "-A", "-f")
    git("commit", "-q", "--allow-empty", "-m", "x")


def contents(revision: BaseRevision) -> dict[str, str]:
    return {file.path: file.read().decode() for file in revision.files}


def test_changed_and_deleted_files_are_read_as_they_were() -> None:
    commit(same="1", edited="old", gone="2")
    write("edited.yaml", "new, and longer")
    Path("gone.yaml").unlink()
    write("untracked.yaml", "3")
    revision = changed_files("HEAD", ["."])
    assert contents(revision) == {"edited.yaml": "old", "gone.yaml": "2"}
    assert revision.changed_paths == {"edited.yaml", "untracked.yaml"}
    assert revision.note == ""


def test_staged_and_committed_changes_count() -> None:
    commit(a="1", b="2", c="3")
    commit(a="1 changed")
    write("b.yaml", "2 changed")
    git("add", "b.yaml")
    write("d.yaml", "4")
    git("add", "d.yaml")
    revision = changed_files("HEAD~1", ["."])
    assert contents(revision) == {"a.yaml": "1", "b.yaml": "2"}
    assert revision.changed_paths == {"a.yaml", "b.yaml", "d.yaml"}


def test_a_moved_file_is_gone_in_one_place_and_new_in_another() -> None:
    commit(old="text")
    git("mv", "old.yaml", "new.yaml")
    revision = changed_files("HEAD", ["."])
    assert contents(revision) == {"old.yaml": "text"}
    assert revision.changed_paths == {"new.yaml"}


def test_a_file_may_move_into_the_named_folder_from_elsewhere() -> None:
    write("old/a.yaml", "1")
    write("old/stays.yaml", "2")
    write("new/b.yaml", "3")
    commit()
    git("mv", "old/a.yaml", "new/a.yaml")
    write("old/stays.yaml", "changed")
    revision = changed_files("HEAD", ["new"])
    assert contents(revision) == {"old/a.yaml": "1"}
    assert revision.changed_paths == {"new/a.yaml"}


def test_places_agree_with_those_of_now(monkeypatch: pytest.MonkeyPatch, repository: Path) -> None:
    write("apps/p/LICENSE", "")
    commit(**{"apps/p/x": "1", "apps/p/gone": "2", "other/y": "3"})
    write("apps/p/x.yaml", "1 changed")
    Path("apps/p/gone.yaml").unlink()
    write("other/y.yaml", "3 changed")
    revision = changed_files("HEAD", ["apps"])
    assert [(*file[:1], *file[2:5]) for file in revision.files] == [
        ("apps/p/gone.yaml", "p/gone.yaml", "p", False),
        ("apps/p/x.yaml", "p/x.yaml", "p", False),
    ]
    (repository / "apps/p").joinpath("deep").mkdir()
    monkeypatch.chdir(repository / "apps/p/deep")
    assert [(file.path, file.scope_path) for file in changed_files("HEAD", [".."]).files] == [
        ("../gone.yaml", "gone.yaml"),
        ("../x.yaml", "x.yaml"),
    ]


def test_a_named_file_and_one_of_another_name() -> None:
    write("manifest.txt", "1")
    write("other.txt", "1")
    commit(a="1")
    write("manifest.txt", "2 changed")
    write("other.txt", "2 changed")
    revision = changed_files("HEAD", ["manifest.txt"])
    assert contents(revision) == {"manifest.txt": "1"}
    assert revision.files[0].named
    assert contents(changed_files("HEAD", ["."])) == {}


def test_what_is_passed_over_now_was_not_there_before() -> None:
    write("c/Chart.yaml", "")
    write("c/templates/t.yaml", "1")
    write(".k8slblintignore", "secret/\n")
    commit(**{"secret/a": "1", "node_modules/b": "1", "drop/c": "1", "kept": "1"})
    for name in ("c/templates/t.yaml", "secret/a.yaml", "node_modules/b.yaml", "drop/c.yaml", "kept.yaml"):
        Path(name).unlink()
    assert contents(changed_files("HEAD", ["."], extra_ignores=["drop"])) == {"kept.yaml": "1"}


def test_kustomizations_come_along_unchanged() -> None:
    commit(kustomization="resources: []", a="1")
    write("a.yaml", "1 changed")
    revision = changed_files("HEAD", ["."])
    assert contents(revision) == {"a.yaml": "1", "kustomization.yaml": "resources: []"}
    assert revision.changed_paths == {"a.yaml"}


def test_found_files_may_be_handed_over() -> None:
    commit(a="1", b="2")
    write("a.yaml", "1 changed")
    found = find_files(["."]).files
    assert changed_files("HEAD", ["."], found).changed_paths == {"a.yaml"}
    assert changed_files("HEAD", ["."], []).changed_paths == set()


def test_links_and_submodules_are_left_out(tmp_path: Path) -> None:
    subprocess.run((*GIT, "init", "-q", str(tmp_path / "sub")), check=True)
    subprocess.run((*GIT, "-C", str(tmp_path / "sub"), "commit", "-q", "--allow-empty", "-m", "x"), check=True)
    git("submodule", "--quiet", "add", str(tmp_path / "sub"), "sub.yaml")
    Path("link.yaml").symlink_to("a.yaml")
    commit(a="1")
    Path("link.yaml").unlink()
    git("rm", "-q", "-f", "sub.yaml")
    assert contents(changed_files("HEAD", ["."])) == {}


def test_a_link_that_became_a_file_is_new() -> None:
    Path("b.yaml").symlink_to("a.yaml")
    commit(a="1")
    Path("b.yaml").unlink()
    write("b.yaml", "2")
    revision = changed_files("HEAD", ["."])
    assert contents(revision) == {}
    assert revision.changed_paths == {"b.yaml"}


def test_files_behind_links_are_compared_too() -> None:
    commit(**{"bundles/a": "1", "bundles/b": "2", "outside": "3"})
    Path("clusters/prod").mkdir(parents=True)
    Path("clusters/prod/apps").symlink_to("../../bundles")
    commit()
    write("bundles/a.yaml", "1 changed")
    write("outside.yaml", "3 changed")
    revision = changed_files("HEAD", ["clusters/prod"])
    assert contents(revision) == {"bundles/a.yaml": "1"}
    assert revision.files[0].scope_path == "apps/a.yaml"
    assert revision.changed_paths == {"bundles/a.yaml"}


@pytest.mark.parametrize("base", ["HEAD~1", "main~1", "v1", "HEAD~1^{commit}", "main~1...", "v1...main"])
def test_bases_that_are_understood(base: str) -> None:
    commit(a="1")
    git("tag", "v1")
    commit(a="1 changed")
    assert contents(changed_files(base, ["."])) == {"a.yaml": "1"}


def test_three_dots_compare_with_the_merge_base() -> None:
    commit(a="base")
    git("checkout", "-q", "-b", "feature")
    git("checkout", "-q", "main")
    commit(a="changed on main")
    git("checkout", "-q", "feature")
    assert contents(changed_files("main", ["."])) == {"a.yaml": "changed on main"}
    assert contents(changed_files("main...", ["."])) == {}


@pytest.mark.parametrize("base", ["nowhere", "", "--output=x", "-p", "a\0b", "--all...HEAD", "HEAD:nowhere", "...nowhere"])
def test_bases_that_are_not(base: str) -> None:
    commit(a="1")
    with pytest.raises(UsageError, match="is not a revision"):
        changed_files(base, ["."])
    assert not Path("x").exists()
    assert not is_revision(base)


def test_names_like_options_and_patterns_are_paths() -> None:
    commit(**{"-p": "1", ":(exclude)x": "2", "*": "3"})
    for name in ("-p.yaml", ":(exclude)x.yaml", "*.yaml"):
        write(name, "changed again")
    assert contents(changed_files("HEAD", ["*.yaml"])) == {"*.yaml": "3"}
    assert contents(changed_files("HEAD", ["-p.yaml", ":(exclude)x.yaml"])) == {"-p.yaml": "1", ":(exclude)x.yaml": "2"}


def test_names_with_spaces_quotes_and_line_ends() -> None:
    names = ['a "b"\n c', "grün", "tab\t"]
    commit(**dict.fromkeys(names, "1"))
    for name in names:
        write(f"{name}.yaml", "changed")
    assert contents(changed_files("HEAD", ["."])) == {f"{name}.yaml": "1" for name in names}


def test_before_the_first_commit_everything_is_new() -> None:
    write("a.yaml", "1")
    git("add", "a.yaml")
    revision = changed_files("HEAD", ["."])
    assert revision.files == []
    assert revision.changed_paths == {"a.yaml"}
    assert revision.note == "'.' has no commit yet, so everything in it is new."
    with pytest.raises(UsageError, match="'main' is not a revision"):
        changed_files("main", ["."])


def test_outside_a_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=r"'\.' is not in a git repository: name a folder"):
        changed_files("HEAD", ["."])
    assert not is_revision("HEAD")


def test_a_broken_repository_is_named_with_what_git_says() -> None:
    commit(a="1")
    Path(".git/HEAD").write_text("garbage", encoding="utf-8")
    with pytest.raises(UsageError, match=r"git cannot read '.*': fatal: not a git repository"):
        changed_files("HEAD", ["."])


def test_without_git(monkeypatch: pytest.MonkeyPatch) -> None:
    commit(a="1")
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(UsageError, match="git is required to compare with a revision and is not on the PATH"):
        changed_files("HEAD", ["."])


def test_a_shallow_clone_says_what_to_fetch(tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit(a="1")
    commit(a="2")
    git("clone", "-q", "--depth=1", f"file://{repository}", str(tmp_path / "shallow"))
    monkeypatch.chdir(tmp_path / "shallow")
    with pytest.raises(UsageError, match=r"'HEAD~1' is not a revision of '\.', which is a shallow clone: fetch"):
        changed_files("HEAD~1", ["."])


def test_a_partial_clone_is_not_completed(tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit(a="1")
    commit(a="2")
    git("config", "uploadpack.allowFilter", "true")
    git("clone", "-q", "--filter=blob:none", f"file://{repository}", str(tmp_path / "partial"))
    monkeypatch.chdir(tmp_path / "partial")
    with pytest.raises(UsageError, match="is incomplete in this clone"):
        changed_files("HEAD~1", ["."])


def test_two_repositories_are_each_compared_with_their_own_revision(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit(a="1")
    git("clone", "-q", ".", str(tmp_path / "second"))
    write("a.yaml", "1 changed")
    monkeypatch.chdir(tmp_path)
    write("second/a.yaml", "1 changed as well")
    revision = changed_files("HEAD", ["repo", "second"])
    assert contents(revision) == {"repo/a.yaml": "1", "second/a.yaml": "1"}
    assert revision.changed_paths == {"repo/a.yaml", "second/a.yaml"}


def test_the_index_of_a_running_commit_is_used_for_its_own_repository_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit(a="1")
    git("clone", "-q", ".", str(tmp_path / "second"))
    write("a.yaml", "1 changed")
    write("new.yaml", "2")
    monkeypatch.setenv("GIT_INDEX_FILE", ".git/next-index")
    git("read-tree", "HEAD")
    git("add", "new.yaml")
    assert changed_files("HEAD", ["."]).changed_paths == {"a.yaml", "new.yaml"}
    assert [file.path for file in find_files(["."], tracked_only=True).files] == ["a.yaml", "new.yaml"]
    monkeypatch.setenv("GIT_DIR", ".git")
    assert changed_files("HEAD", [str(tmp_path / "second")]).changed_paths == set()


def test_nothing_in_the_repository_is_executed_or_written(repository: Path) -> None:
    """Hooks, filters, file system monitor, external diff: all are configured, and all must stay silent."""
    commit(a="1", b="1")
    program = repository / "evil"
    program.write_text(f"#!/bin/sh\ntouch '{repository}/executed'\ncat\n", encoding="utf-8")
    program.chmod(0o755)
    write(".gitattributes", "* filter=x=y diff=evil\nb.yaml filter=p\n")
    for key in ("filter.x=y.clean", "filter.x=y.smudge", "filter.p.process", "diff.evil.command", "diff.evil.textconv", "diff.external"):
        git("config", key, str(program))
    for key in ("core.fsmonitor", "core.pager", "core.sshCommand", "core.editor"):
        git("config", key, str(program))
    for key in ("filter.x=y.required", "filter.p.required"):
        git("config", key, "true")
    git("config", "core.hooksPath", str(repository / "hooks"))
    write("hooks/post-index-change", program.read_text(encoding="utf-8"))
    Path("hooks/post-index-change").chmod(0o755)
    for name in ("a.yaml", "b.yaml"):
        write(name, "2")  # the same size, within the same second: git must look at the content
    (repository / "executed").unlink(missing_ok=True)
    index = Path(".git/index").read_bytes()
    find_files(["."], tracked_only=True)
    assert contents(changed_files("HEAD", ["."])) == {"a.yaml": "1", "b.yaml": "1"}
    assert is_revision("HEAD")
    assert not (repository / "executed").exists()
    assert Path(".git/index").read_bytes() == index


def test_a_large_file_is_refused_when_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    commit(a="0" * 3_000_000, b="1")
    write("a.yaml", "2")
    write("b.yaml", "2 changed")
    monkeypatch.setattr(git_command, "SIZE_LIMIT", 2_999_999)
    first, second = changed_files("HEAD", ["."]).files
    with pytest.raises(folders.FileTooLargeError):
        first.read()
    assert second.read() == b"1"


def before(folder: str, paths: list[str]) -> dict[str, str]:
    return {file.path: file.scope_path for file in directory_before(folder, paths)}


def test_a_folder_stands_for_the_one_named_folder() -> None:
    write("old/x/y.yaml", "1")
    write("new/x/y.yaml", "2")
    assert before("old", ["new"]) == {"old/x/y.yaml": "x/y.yaml"}


def test_a_folder_holds_several_paths_by_their_own_names() -> None:
    for name in ("old/apps/x.yaml", "old/infra/y.yaml", "old/other/z.yaml", "apps/x.yaml", "infra/y.yaml", "fresh/a.yaml"):
        write(name, "1")
    assert before("old", ["apps", "infra/y.yaml", "fresh"]) == {"old/apps/x.yaml": "x.yaml", "old/infra/y.yaml": "y.yaml"}


def test_one_file_is_compared_with_a_file_or_with_its_like_in_a_folder() -> None:
    for name in ("old.yaml", "new.yaml", "old/new.yaml", "apps/deep.yaml", "older/apps/deep.yaml"):
        write(name, "1")
    assert before("old.yaml", ["new.yaml"]) == {"old.yaml": "new.yaml"}
    assert before("old", ["new.yaml"]) == {"old/new.yaml": "new.yaml"}
    assert before("older", ["apps/deep.yaml"]) == {"older/apps/deep.yaml": "deep.yaml"}
    assert before("old", ["apps/deep.yaml"]) == {}


def test_a_folder_that_cannot_stand_for_the_paths(tmp_path: Path) -> None:
    write("old.yaml", "1")
    (tmp_path / "a").mkdir()
    with pytest.raises(UsageError, match="'nowhere' is neither a revision of this repository nor a folder"):
        directory_before("nowhere", ["."])
    with pytest.raises(UsageError, match="is a file, which can be compared with one file only"):
        directory_before("old.yaml", ["."])
    with pytest.raises(UsageError, match="is not below the working directory"):
        directory_before(str(tmp_path), [".", str(tmp_path / "a")])


def test_the_patterns_of_the_configuration_hold_before_as_now() -> None:
    for name in ("old/drop/x.yaml", "old/keep/drop/x.yaml", "drop/x.yaml"):
        write(name, "1")
    found = directory_before("old", ["."], extra_ignores=["/drop/"])
    assert [file.path for file in found] == ["old/keep/drop/x.yaml"]
