"""Which files are found, under which names, and what is said of the others."""

import os
import subprocess
import warnings
from collections.abc import Iterable
from pathlib import Path

import pytest

from k8slblint.loading import files, folders, tracked
from k8slblint.loading.files import FoundFiles, Skips, find_files, stdin_file
from k8slblint.loading.ignores import IgnoreRules
from k8slblint.model.errors import UsageError
from k8slblint.model.finding import Skip
from k8slblint.model.loaded import SourceFile

GIT = ("git", "-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every test runs in an empty folder of its own."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(*names: str, text: str = "a: 1\n") -> None:
    for name in names:
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def paths(found: FoundFiles) -> list[str]:
    return [file.path for file in found.files]


def reasons(found: FoundFiles) -> dict[str, int]:
    return {skip.reason: skip.count for skip in found.skipped}


def by_path(found: FoundFiles) -> dict[str, SourceFile]:
    return {file.path: file for file in found.files}


def git(*arguments: str, folder: str = ".") -> None:
    subprocess.run((*GIT, "-C", folder, *arguments), check=True, capture_output=True)


def test_manifest_names_are_found_in_order() -> None:
    write("b.yaml", "a/c.yml", "a/d.json", "a/Kustomization", "a/e.txt", "a/f.yaml.tpl", "README.md")
    assert paths(find_files(["."])) == ["a/Kustomization", "a/c.yml", "a/d.json", "b.yaml"]


def test_the_source_that_a_go_module_uses_holds_no_manifests() -> None:
    write("go.mod", "vendor/k8s.io/a/pod.yaml", "tool/vendor/b.yaml", "web/go.mod", "web/vendor/c.yaml", "web/d.yaml")
    assert paths(find_files(["."])) == ["tool/vendor/b.yaml", "web/d.yaml"]
    assert paths(find_files(["vendor"])) == ["vendor/k8s.io/a/pod.yaml"]


def test_a_named_file_is_read_whatever_its_name_and_however_it_is_ignored() -> None:
    write("manifest.txt", "node_modules/x.yaml", "ignored.yaml")
    write(".gitignore", text="ignored.yaml\n")
    found = find_files(["manifest.txt", "node_modules/x.yaml", "ignored.yaml"])
    assert paths(found) == ["ignored.yaml", "manifest.txt", "node_modules/x.yaml"]
    assert all(file.named for file in found.files)
    assert by_path(found)["node_modules/x.yaml"].scope_path == "x.yaml"


def test_read_returns_the_bytes() -> None:
    write("a.yaml", text="kind: x\r\n")
    assert find_files(["."]).files[0].read() == b"kind: x\r\n"
    assert find_files(["a.yaml"]).files[0].read() == b"kind: x\r\n"


def test_paths_are_relative_to_the_working_directory_and_scopes_to_the_argument(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write("apps/web/svc.yaml")
    for argument in ("apps", "./apps/", str(here / "apps"), "apps/web/.."):
        (file,) = find_files([argument]).files
        assert (file.path, file.scope_path) == ("apps/web/svc.yaml", "web/svc.yaml")
    (here / "elsewhere").mkdir()
    monkeypatch.chdir(here / "elsewhere")
    (file,) = find_files(["../apps"]).files
    assert (file.path, file.scope_path) == ("../apps/web/svc.yaml", "web/svc.yaml")


@pytest.mark.parametrize("arguments", [["a", "a/b", "."], [".", "a/b/x.yaml"], ["a/b/x.yaml", "a/b/x.yaml", "a"]])
def test_overlapping_paths_give_each_file_once(arguments: list[str]) -> None:
    write("a/b/x.yaml")
    found = find_files(arguments)
    assert paths(found) == ["a/b/x.yaml"]
    assert found.files[0].named == ("a/b/x.yaml" in arguments)


def test_a_missing_path_is_a_wrong_call_and_names_its_neighbour() -> None:
    write("manifests/service.yaml")
    with pytest.raises(UsageError, match=r"'manifest' does not exist; did you mean 'manifests'\?"):
        find_files(["manifest"])
    with pytest.raises(UsageError, match=r"did you mean 'manifests/service.yaml'"):
        find_files(["manifests/servce.yaml"])
    with pytest.raises(UsageError, match=r"'zzz' does not exist\.$"):
        find_files(["zzz"])


def test_folders_of_tools_are_passed_over() -> None:
    write(*(f"{name}/x.yaml" for name in folders.SKIPPED_FOLDERS), ".github/workflow.yaml")
    found = find_files(["."])
    assert paths(found) == [".github/workflow.yaml"]
    assert found.skipped == []


def test_chart_templates_and_vendored_charts_are_counted_and_leave_a_gap() -> None:
    write("c/Chart.yaml", "c/values.yaml", "c/templates/svc.yaml", "c/templates/sub/x.yaml", "c/charts/d/values.yaml", "templates/own.yaml")
    found = find_files(["."])
    assert paths(found) == ["c/Chart.yaml", "c/values.yaml", "templates/own.yaml"]
    assert reasons(found) == {folders.CHART_PART: 3}
    assert [gap.path for gap in found.gaps] == ["c/charts/", "c/templates/"]


def test_a_project_is_the_nearest_folder_with_a_licence_or_a_repository() -> None:
    write(
        "LICENSE",
        "x.yaml",
        "p/LICENCE.md",
        "p/q/y.yaml",
        "r/COPYING",
        "r/z.yaml",
        "s/.git/HEAD",
        "s/t/u.yaml",
        "v/license.yaml",
        "v/w.yaml",
    )
    projects = {file.path: file.project for file in find_files(["."]).files}
    assert projects == {"x.yaml": "", "p/q/y.yaml": "p", "r/z.yaml": "r", "s/t/u.yaml": "s", "v/license.yaml": "", "v/w.yaml": ""}


def test_gitignore_is_nested_and_negated() -> None:
    write("a.yaml", "gen/b.yaml", "keep/gen/c.yaml", "deep/d.yaml", "deep/e.yaml", "deep/f/e.yaml")
    write(".gitignore", text="gen/\n!/keep/gen/\ne.yaml\n")
    write("deep/.gitignore", text="!/e.yaml\nd.yaml\n")
    found = find_files(["."])
    assert paths(found) == ["a.yaml", "deep/e.yaml", "keep/gen/c.yaml"]
    assert reasons(found) == {folders.IGNORED: 3}


def test_a_list_of_what_is_allowed_works() -> None:
    write("a/b/c.yaml", "a/b/c.json", "d.yaml")
    write(".gitignore", text="*\n!*/\n!*.yaml\n")
    assert paths(find_files(["."])) == ["a/b/c.yaml", "d.yaml"]


def test_ignore_files_above_count_up_to_the_git_root() -> None:
    write("outer/repo/apps/a.yaml", "outer/repo/apps/b.yaml", "outer/repo/apps/c.yaml", "outer/repo/.git/HEAD", "outer/repo/apps/d.yaml")
    write("outer/.gitignore", text="a.yaml\n")
    write("outer/repo/.gitignore", text="/apps/b.yaml\n")
    write("outer/repo/.k8slblintignore", text="c.yaml\n")
    assert paths(find_files(["outer/repo/apps"])) == ["outer/repo/apps/a.yaml", "outer/repo/apps/d.yaml"]


def test_a_nested_repository_is_not_ruled_by_the_outer_one() -> None:
    write(".git/HEAD", "inner/.git/HEAD", "inner/x.yaml", "inner/y.yaml", "x.yaml")
    write(".gitignore", text="x.yaml\n")
    write("inner/.gitignore", text="y.yaml\n")
    assert paths(find_files(["."])) == ["inner/x.yaml"]


def test_git_info_exclude_counts_and_the_nearer_file_wins() -> None:
    write("a.yaml", "b.yaml")
    write(".git/info/exclude", text="*.yaml\n")
    write(".gitignore", text="!b.yaml\n")
    assert paths(find_files(["."])) == ["b.yaml"]


def test_our_ignore_file_wins_over_gits() -> None:
    write("rendered/a.yaml", "rendered/b.yaml")
    write(".gitignore", text="/rendered/\n")
    write(".k8slblintignore", text="!/rendered/\nb.yaml\n")
    assert paths(find_files(["."])) == ["rendered/a.yaml"]


def test_a_named_folder_is_read_though_it_is_ignored() -> None:
    write("rendered/a.yaml")
    write(".gitignore", text="rendered/\n")
    assert paths(find_files(["."])) == []
    assert paths(find_files(["rendered"])) == ["rendered/a.yaml"]


def test_patterns_of_the_configuration_are_relative_to_its_folder() -> None:
    write("repo/a/x.yaml", "repo/b/a/x.yaml")
    assert paths(find_files(["repo"], extra_ignores=["/a/"], ignores_from="repo")) == ["repo/b/a/x.yaml"]
    assert paths(find_files(["repo/b"], extra_ignores=["/a/"], ignores_from="repo")) == ["repo/b/a/x.yaml"]
    assert paths(find_files(["repo/b"], extra_ignores=["/b/a/"], ignores_from="repo")) == []
    assert paths(find_files(["repo"], extra_ignores=["/a/"])) == ["repo/a/x.yaml", "repo/b/a/x.yaml"]


def test_what_git_tracks_is_read_though_gitignore_names_it() -> None:
    write(
        "repo/gen/a.yaml", "repo/gen/b.yaml", "repo/deep/out/c.yaml", "repo/deep/out/d/e.yaml", "repo/f.yaml", "repo/g.yaml", "repo/h.yaml"
    )
    write("repo/.gitignore", text="gen/\nout\nf.yaml\ng.yaml\n")
    git("init", "-q", "repo")
    git("add", "-f", "gen/a.yaml", "deep/out/d/e.yaml", "f.yaml", folder="repo")
    found = find_files(["repo"])
    assert paths(found) == ["repo/deep/out/d/e.yaml", "repo/f.yaml", "repo/gen/a.yaml", "repo/h.yaml"]
    assert reasons(found) == {folders.IGNORED: 3}


def test_our_ignore_files_hold_for_what_git_tracks() -> None:
    write("repo/gen/a.yaml", "repo/b.yaml", "repo/c.yaml")
    write("repo/.gitignore", text="*.yaml\n")
    write("repo/.k8slblintignore", text="gen/\nb.yaml\n")
    git("init", "-q", "repo")
    git("add", "-f", ".", folder="repo")
    assert paths(find_files(["repo"])) == ["repo/c.yaml"]


def test_git_is_asked_once_and_only_where_it_ignores_something(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    known = tracked.tracked_below

    def ask(root: str) -> frozenset[str] | None:
        asked.append(root)
        return known(root)

    monkeypatch.setattr(tracked, "tracked_below", ask)
    write("repo/a.yaml", "repo/gen/b.yaml", "repo/gen2/c.yaml")
    git("init", "-q", "repo")
    find_files(["repo"])
    assert asked == []
    write("repo/.gitignore", text="gen/\ngen2/\n")
    find_files(["repo"])
    assert len(asked) == 1


def test_a_repository_that_git_cannot_read_is_read_by_its_ignore_files() -> None:
    write("repo/.git/HEAD", "repo/a.yaml", "repo/b.yaml")
    write("repo/.gitignore", text="a.yaml\n")
    assert paths(find_files(["repo"])) == ["repo/b.yaml"]


def test_only_tracked_files_when_asked() -> None:
    write("repo/a.yaml", "repo/b/c.yaml", "repo/b/new.yaml", "repo/d/new.yaml", "repo/generated.yaml")
    write("repo/.gitignore", text="generated.yaml\n")
    git("init", "-q", "repo")
    git("add", "-f", "a.yaml", "b/c.yaml", "generated.yaml", folder="repo")
    assert paths(find_files(["repo"], tracked_only=True)) == ["repo/a.yaml", "repo/b/c.yaml", "repo/generated.yaml"]
    assert paths(find_files(["repo/b"], tracked_only=True)) == ["repo/b/c.yaml"]
    write("plain/x.yaml")
    assert paths(find_files(["plain"], tracked_only=True)) == ["plain/x.yaml"]


def test_a_folder_with_the_name_of_a_manifest_is_walked() -> None:
    write("x.yaml/y.yaml")
    assert paths(find_files(["."])) == ["x.yaml/y.yaml"]


def test_a_pipe_is_not_read() -> None:
    os.mkfifo("x.yaml")
    assert paths(find_files(["."])) == []


def test_links_inside_the_folder_are_read_once_under_the_real_path() -> None:
    write("bundles/web/svc.yaml")
    Path("clusters").mkdir()
    Path("clusters/prod").symlink_to("../bundles")
    Path("clusters/svc.yaml").symlink_to("../bundles/web/svc.yaml")
    found = find_files(["."])
    assert paths(found) == ["bundles/web/svc.yaml"]
    assert found.skipped == []


def test_links_within_the_repository_are_followed_in_the_scope_of_the_link() -> None:
    write(".git/HEAD", "bundles/web/svc.yaml", "bundles/db/svc.yaml", "one.yaml", "bundles/.gitignore")
    Path("bundles/.gitignore").write_text("db/\n", encoding="utf-8")
    Path("clusters/prod").mkdir(parents=True)
    Path("clusters/prod/apps").symlink_to("../../bundles")
    Path("clusters/prod/one.yaml").symlink_to("../../one.yaml")
    found = by_path(find_files(["clusters/prod"]))
    assert {path: file.scope_path for path, file in found.items()} == {"bundles/web/svc.yaml": "apps/web/svc.yaml", "one.yaml": "one.yaml"}
    assert found["one.yaml"].read() == b"a: 1\n"


def test_links_out_of_what_was_scanned_leave_a_gap(here: Path) -> None:
    write("inside/a.yaml", "outside/b.yaml")
    Path("inside/link").symlink_to(here / "outside")
    Path("inside/link.yaml").symlink_to(here / "outside/b.yaml")
    Path("inside/link.txt").symlink_to(here / "outside/b.yaml")
    write("inside/.git/HEAD")
    found = find_files(["inside"])
    assert paths(found) == ["inside/a.yaml"]
    assert reasons(found) == {files.LINK_OUTSIDE: 2}
    assert [gap.path for gap in found.gaps] == ["inside/link", "inside/link.yaml"]


def test_loops_and_broken_links_are_counted() -> None:
    write("a/b/x.yaml")
    Path("a/b/up").symlink_to("..")
    Path("a/self.yaml").symlink_to("self.yaml")
    Path("a/gone.yaml").symlink_to("nowhere.yaml")
    Path("a/gone").symlink_to("nowhere")
    found = find_files(["a"])
    assert paths(found) == ["a/b/x.yaml"]
    assert reasons(found) == {files.LINK_LOOP: 2, files.LINK_BROKEN: 1}


def test_a_link_that_leads_around_the_scanned_folder_ends() -> None:
    write(".git/HEAD", "clusters/prod/x.yaml", "other/y.yaml")
    Path("clusters/prod/other").symlink_to("../../other")
    Path("other/back").symlink_to("../clusters")
    found = find_files(["clusters/prod"])
    assert paths(found) == ["clusters/prod/x.yaml", "other/y.yaml"]


def test_a_scanned_link_is_reported_under_its_real_path() -> None:
    write("real/x.yaml")
    Path("link").symlink_to("real")
    Path("named.yaml").symlink_to("real/x.yaml")
    assert paths(find_files(["link"])) == ["real/x.yaml"]
    assert paths(find_files(["named.yaml"])) == ["real/x.yaml"]


def test_an_unreadable_folder_leaves_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    write("a/x.yaml", "b/y.yaml")
    scandir = os.scandir

    def guarded(path: str) -> Iterable[os.DirEntry[str]]:
        if path.endswith("/a"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", guarded)
    found = find_files(["."])
    assert paths(found) == ["b/y.yaml"]
    assert found.skipped == [Skip(files.UNREADABLE, 1, ("a/",))]
    assert found.gaps[0][:2] == ("a/", "Permission denied")


def test_a_large_file_is_refused_when_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    write("a.yaml", text="0123456789")
    (file,) = find_files(["."]).files
    monkeypatch.setattr(folders, "SIZE_LIMIT", 10)
    assert file.read() == b"0123456789"
    monkeypatch.setattr(folders, "SIZE_LIMIT", 9)
    with pytest.raises(folders.FileTooLargeError):
        file.read()
    assert find_files(["a.yaml"]).files[0].read() == b"0123456789"


def test_names_that_are_not_utf8_can_be_printed() -> None:
    with open(b"caf\xe9.yaml", "wb"):
        pass
    write("grün.yaml")
    assert paths(find_files(["."])) == [r"caf\xe9.yaml", "grün.yaml"]


def test_stdin_stands_under_its_name() -> None:
    file = stdin_file(b"a: 1", "apps/web.yaml")
    assert (file.path, file.scope_path, file.read(), file.named) == ("apps/web.yaml", "apps/web.yaml", b"a: 1", True)
    assert stdin_file(b"").path == "<stdin>"


def test_skips_count_all_and_keep_five_examples() -> None:
    skips = Skips()
    for number in range(7):
        skips.add("b", f"{number}")
    skips.extend([Skip("a", 3, ("x",)), Skip("b", 2, ("y",))])
    assert skips.sorted() == [Skip("a", 3, ("x",)), Skip("b", 9, ("0", "1", "2", "3", "4"))]


PATTERNS = (
    """
x.yaml|*.yaml|/a|a/|/a/|a/b|a/*|a/**|**/b|a/**/b|**|/**|***|!b|!*.yaml|!*/|*|!/a/b/|[ab]|[!a]|[^b]*|[[:alpha:]]|[a-c]|[]a]|\\*|\\#c|#c|\\!a
a b|a |a\\ |f**o|?|[|*o*/x*|b/..||a\\b|/*|!/b|*.y*l|[\\]]|x\\
""".strip()
    .replace("\n", "|")
    .split("|")
)

TREE = ["x.yaml", "a", "b", "foo", "*", "#c", "!a", "a b", "]", "y.txt"]


def test_patterns_mean_what_git_means_by_them() -> None:
    """Each pair of patterns is put to git and to us, over one tree."""
    for first in ("a", "b", "foo", "a b"):
        for second in ("", "a/", "b/", "a/b/"):
            write(*(f"tree/{first}1/{second}{name}1/{name}" for name in TREE[:4]))
            write(*(f"tree/{first}/{second}{name}{'/z' if name in 'ab' else ''}" for name in TREE))
    git("init", "-q", "tree")
    everything = git_others()
    wrong = []
    for index, pattern in enumerate(PATTERNS):
        lines = [pattern, PATTERNS[index * 7 % len(PATTERNS)], PATTERNS[index * 11 % len(PATTERNS)]]
        Path("tree/.gitignore").write_text("\n".join(lines) + "\n", encoding="utf-8")
        rules = IgnoreRules(lines)
        kept = {name for name in everything if not is_ignored(rules, name)}
        if kept != git_others("--exclude-standard") - {".gitignore"}:
            wrong.append(lines)
    assert wrong == []


def git_others(*options: str) -> set[str]:
    command = (*GIT, "-C", "tree", "ls-files", "-z", "--others", *options)
    names = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return {name for name in names.split("\0") if name}


def is_ignored(rules: IgnoreRules, path: str) -> bool:
    parts = path.split("/")
    folders_above = ["/".join(parts[:length]) for length in range(1, len(parts))]
    return any(rules.ignores(folder, is_folder=True) for folder in folders_above) or bool(rules.ignores(path, is_folder=False))


def test_a_hostile_pattern_takes_no_time() -> None:
    rules = IgnoreRules(["*a" * 60 + "b", "**/" * 40 + "*a*a*a*b", "**/a/" * 30 + "b"])
    assert rules.ignores("a" * 250, is_folder=False) is None
    assert rules.ignores("/".join("a" * 60), is_folder=False) is None


@pytest.mark.parametrize("pattern", ["[+--]", "[a--b]", "[--/]", "[a-b-c]", "[[a]", "[a&&b]", "[a||b]", "[a~~b]"])
def test_a_set_of_a_pattern_that_python_doubts_is_read_without_a_warning(pattern: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        IgnoreRules([pattern]).ignores("a", is_folder=False)


def test_a_dash_may_end_a_range() -> None:
    assert [name for name in ("+", ",", "-", ".") if IgnoreRules(["[+--]"]).ignores(name, is_folder=False)] == ["+", ",", "-"]
