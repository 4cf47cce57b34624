"""Whether a change touches anything that a scan reads: what ends a hook at once, and what must not."""

from pathlib import Path

import pytest

from tests.histories import History, call, service, start

BROKEN = "apiVersion: v1\nkind: Service\nmetadata: [\n"
HOOK = ("scan", "--against", "HEAD", "--new-only", "--if-touched", "--allow-empty", "--format", "concise")
MANIFESTS: dict[str, str | None] = {
    "apps/web.yaml": service(),
    "chart/Chart.yaml": "apiVersion: v2\nname: c\nversion: 1.0.0\n",
    "chart/files/a.conf": "a",
    "overlay/Kustomization": "kind: Kustomization\n",
    "overlay/env/prod.env": "a=b\n",
    "src/main.py": "x = 1\n",
    "docs/page.md": "x\n",
    ".gitignore": "build/\n",
}


@pytest.fixture
def history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> History:
    history = start(tmp_path, monkeypatch)
    history.commit(MANIFESTS)
    return history


def is_scanned(*options: str) -> bool:
    """Tell whether the hook looks at anything, which it then says."""
    result = call(*HOOK, *options)
    assert result.exit_code in (0, 1), result.output
    return "new" in result.stdout and "Checked" in result.stdout


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, False),
        ({"src/main.py": "x = 2\n"}, False),
        ({"docs/page.md": None, "src/new.ts": "x"}, False),
        ({"apps/web.yaml": None}, True),
        ({"apps/web.yaml": service(note="# x")}, True),
        ({"apps/new.json": "{}"}, True),
        ({"chart/files/a.conf": "b"}, True),
        ({"chart/templates/NOTES.txt": "b"}, True),
        ({"chart/Chart.yaml": None, "chart/files/a.conf": None}, True),
        ({"overlay/env/prod.env": "a=c\n"}, True),
        ({".gitignore": "apps/\n"}, True),
        ({"apps/.k8slblintignore": "web.yaml\n"}, True),
        ({".sourceignore": "apps/\n"}, True),
        ({"helmfile.yaml.gotmpl": "x"}, True),
        ({".k8slblint.yaml": "fail_on: warning\n"}, True),
    ],
)
def test_only_what_may_be_read_counts(history: History, change: dict[str, str | None], *, expected: bool) -> None:
    history.write(change)
    history.git("add", "-A", "-f")
    assert is_scanned() == expected


def test_a_file_that_an_option_names_counts_whatever_it_is_called(history: History) -> None:
    history.commit({"accepted.txt": "", "rules.conf": "fail_on: error\n"})
    history.write({"accepted.txt": "# none\n", "rules.conf": "fail_on: error # x\n"})
    assert not is_scanned()
    assert is_scanned("--baseline", "accepted.txt")
    assert is_scanned("--config", "rules.conf")


def test_a_submodule_that_moves_counts(history: History, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = History(tmp_path_factory.mktemp("other") / "other")
    other.commit({"a.yaml": service("a")})
    history.git("submodule", "add", "-q", str(other.folder), "vendored")
    history.commit()
    inside = History(history.folder / "vendored")
    inside.commit({"b.txt": "x"})
    assert is_scanned()
    history.git("add", "-A")
    assert is_scanned()


def test_it_says_nothing_of_files_that_git_does_not_track(history: History) -> None:
    history.write({"left.yaml": BROKEN})
    assert not is_scanned()


@pytest.mark.parametrize("options", [("--all-findings",), ("--against", "."), ("-",)])
def test_without_a_revision_or_with_all_findings_everything_is_scanned(history: History, options: tuple[str, ...]) -> None:
    history.write({"src/main.py": "x = 2\n"})
    result = call(*HOOK, *options)
    assert "ound" in result.output, result.output


def test_before_the_first_commit_everything_is_scanned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    start(tmp_path / "new", monkeypatch).write({"web.yaml": service(kind="ClusterIP")})
    assert is_scanned()


@pytest.mark.usefixtures("history")
def test_an_unknown_revision_is_an_error() -> None:
    result = call("scan", "--against", "nowhere", "--new-only", "--if-touched")
    assert result.exit_code == 2
    assert "'nowhere' is not a revision" in result.stderr


def test_a_link_to_a_folder_without_end_ends(history: History) -> None:
    (history.folder / "src" / "loop").symlink_to("..")
    history.git("add", "-A")
    assert not is_scanned()
