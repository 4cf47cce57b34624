"""Trees made to read what is not theirs, to run what they hold, or to take for ever: nothing of it comes about, and the report says why."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from k8slblint.commands.cli import main
from k8slblint.config import find_config, read_config
from k8slblint.loading import borders, git_process
from k8slblint.loading.borders import leads_out
from k8slblint.loading.files import LINK_OUTSIDE, NOT_AN_IGNORE_FILE, find_files
from k8slblint.loading.folders import read_file
from k8slblint.loading.git import changed_files, is_revision
from k8slblint.loading.git_command import Git
from k8slblint.model.errors import UsageError
from tests.linting import run

SECRET = "TOKEN=s3cr3t"  # noqa: S105 - what must not be read
SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [{port: 80}]}\n"
COMMAND = (sys.executable, "-m", "k8slblint")

needs_fifo = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs on this system")


@pytest.fixture(autouse=True)
def outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Each test runs in a git repository; beside it is a folder with a secret."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "secret.yaml").write_text(f"{SERVICE}{SECRET}: [\n", encoding="utf-8")
    (folder / "k8s").mkdir()
    (folder / "k8s/a.yaml").write_text(SERVICE, encoding="utf-8")
    repository = tmp_path / "repo"
    repository.mkdir()
    monkeypatch.chdir(repository)
    git("init", "-q")
    return folder


def git(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    command = ("git", "-c", "user.name=t", "-c", "user.email=t@example.com", *arguments)
    return subprocess.run(command, check=False, capture_output=True, text=True, env={**os.environ, **environment}, timeout=60)


def scan(*arguments: str, **options: object) -> "subprocess.CompletedProcess[str]":
    command = (*COMMAND, "scan", "--no-progress", *arguments)
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, **options)  # type: ignore[call-overload, no-any-return]


def refused(process: "subprocess.CompletedProcess[str]", *words: str) -> None:
    """Demand one sentence on standard error, no traceback, nothing of the secret, exit status 2."""
    assert process.returncode == 2, process
    assert SECRET not in process.stdout + process.stderr
    assert "Traceback" not in process.stderr
    assert len(process.stderr.strip().splitlines()) == 1
    for word in words:
        assert word in process.stderr


# links


@pytest.mark.parametrize("named", ["k8s", "k8s/", "k8s/a.yaml", "./x/../k8s", "secret.yaml", "twice"])
def test_a_named_link_out_of_the_repository_is_refused(outside: Path, named: str) -> None:
    Path("x").mkdir()
    Path("k8s").symlink_to(outside / "k8s")
    Path("secret.yaml").symlink_to("../outside/secret.yaml")
    Path("twice").symlink_to("k8s")
    refused(scan(named), "link out of the repository", named)


def test_a_link_that_is_not_of_the_repository_may_lead_into_one_which_is_refused_there(outside: Path) -> None:
    Path("k8s").symlink_to(outside)
    (outside / "in").symlink_to(Path("k8s").absolute())
    assert leads_out(str(outside / "in"))


def test_without_git_the_working_directory_is_the_border(outside: Path) -> None:
    shutil.rmtree(".git")
    Path("k8s").symlink_to(outside / "k8s")
    refused(scan("k8s"), "link out of the repository")


def test_a_named_link_within_the_repository_is_followed() -> None:
    Path("real").mkdir()
    Path("real/a.yaml").write_text(SERVICE, encoding="utf-8")
    Path("link").symlink_to("real")
    Path("b.yaml").symlink_to("link/a.yaml")
    assert scan("link").returncode == 0
    assert scan("b.yaml").returncode == 0


def test_a_link_of_the_user_is_followed(outside: Path, tmp_path: Path) -> None:
    (tmp_path / "current").symlink_to(outside / "k8s")
    (tmp_path / "repo-by-link").symlink_to("repo")
    Path("a.yaml").write_text(SERVICE, encoding="utf-8")
    assert [file.scope_path for file in find_files([str(tmp_path / "current")]).files] == ["a.yaml"]
    assert [file.path for file in find_files(["../repo-by-link"]).files] == ["a.yaml"]
    assert not leads_out(str(tmp_path / "repo-by-link/a.yaml"))


def test_a_working_directory_below_a_link_is_no_link_out(tmp_path: Path) -> None:
    (tmp_path / "by-link").symlink_to("repo")
    Path("a.yaml").write_text(SERVICE, encoding="utf-8")
    process = scan(".", cwd=tmp_path / "by-link", env={**os.environ, "PWD": str(tmp_path / "by-link")})
    assert process.returncode == 0, process


@pytest.mark.parametrize("named", [True, False])
def test_a_configuration_that_is_a_link_out_is_not_read(outside: Path, *, named: bool) -> None:
    Path(".k8slblint.yaml").symlink_to(outside / "secret.yaml")
    refused(scan(".", *(["--config", ".k8slblint.yaml"] if named else [])), "link out of the repository", ".k8slblint.yaml")


def test_a_configuration_found_in_a_folder_without_git_is_not_read_through_a_link_out(outside: Path, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / ".k8slblint.yaml").symlink_to(outside / "secret.yaml")
    with pytest.raises(UsageError, match="link out of the repository"):
        find_config(str(tree))


def test_a_configuration_anywhere_may_be_named(outside: Path, tmp_path: Path) -> None:
    (outside / "shared.yaml").write_text("ignore: [external-ips]\n", encoding="utf-8")
    (tmp_path / "mine.yaml").symlink_to(outside / "shared.yaml")
    assert read_config(str(outside / "shared.yaml")).ignore == ("external-ips",)
    assert read_config(str(tmp_path / "mine.yaml")).ignore == ("external-ips",)


@pytest.mark.parametrize("name", ["inner.yaml", ".k8slblint.yaml"])
def test_a_link_into_git_is_not_read(name: str) -> None:
    Path(".git/config").write_text(f"[a]\n\t{SECRET}: [\n", encoding="utf-8")
    Path("k8s").mkdir()
    Path(name).symlink_to(".git/config")
    Path("k8s/found.yaml").symlink_to("../.git/config")
    refused(scan(name if name == "inner.yaml" else "."), "link out of the repository")
    Path(name).unlink()
    process = scan("k8s", "--format", "json")
    assert (process.returncode, process.stdout) == (2, "")
    assert SECRET not in process.stderr
    assert LINK_OUTSIDE in process.stderr, "nothing else is there"
    process = scan("k8s", "--format", "json", "--allow-empty")
    assert SECRET not in process.stdout
    assert LINK_OUTSIDE in process.stdout


@pytest.mark.parametrize("name", [".gitignore", ".k8slblintignore", ".git/info/exclude"])
def test_ignore_files_that_are_links_out_are_skipped_with_a_reason(outside: Path, name: str) -> None:
    (outside / "patterns").write_text("*.yaml\n", encoding="utf-8")
    Path("a.yaml").write_text(SERVICE, encoding="utf-8")
    Path(".git/info").mkdir(exist_ok=True)
    Path(name).unlink(missing_ok=True)
    Path(name).symlink_to(outside / "patterns")
    found = find_files(["."])
    assert [file.path for file in found.files] == ["a.yaml"]
    assert [(skip.reason, skip.examples) for skip in found.skipped] == [(NOT_AN_IGNORE_FILE, (name,))]


def test_an_ignore_file_may_be_a_link_within_the_repository() -> None:
    Path("a.yaml").write_text(SERVICE, encoding="utf-8")
    Path("patterns").write_text("*.yaml\n", encoding="utf-8")
    Path(".gitignore").symlink_to("patterns")
    assert find_files(["."]).files == []


def test_a_kustomization_above_that_is_a_link_out_is_not_read(outside: Path) -> None:
    Path("k8s").mkdir()
    Path("k8s/a.yaml").write_text(SERVICE, encoding="utf-8")
    Path("kustomization.yaml").symlink_to(outside / "secret.yaml")
    assert SECRET not in scan("k8s", "--format", "json").stdout


# what is no file


@needs_fifo
@pytest.mark.parametrize("name", ["fifo.yaml", "/dev/zero"])
def test_a_named_device_or_pipe_is_refused_at_once(name: str) -> None:
    os.mkfifo("fifo.yaml")
    refused(scan(name), "not a regular file")


@needs_fifo
def test_pipes_that_are_found_are_never_waited_for() -> None:
    Path("k8s").mkdir()
    for name in ("k8s/a.yaml", "k8s/b", ".gitignore", ".k8slblintignore", "kustomization.yaml", ".k8slblint.yaml"):
        os.mkfifo(name)
    Path("k8s/link.yaml").symlink_to("b")
    Path("k8s/service.yaml").write_text(SERVICE, encoding="utf-8")
    assert scan("k8s").returncode == 0
    with pytest.raises(OSError, match="not a regular file"):
        read_file("k8s/b")


@pytest.mark.skipif(not os.path.exists("/dev/fd"), reason="no /dev/fd on this system")
def test_open_files_of_the_process_may_be_named() -> None:
    assert scan("/dev/stdin", input=SERVICE).returncode == 0
    script = f"'{sys.executable}' -m k8slblint scan --format json <(printf '{SERVICE.encode('unicode_escape').decode()}')"
    process = subprocess.run(("bash", "-c", script), capture_output=True, text=True, check=False, timeout=60)
    assert '"documents_linted": 1' in process.stdout, process


def test_named_files_and_streams_have_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(borders, "NAMED_LIMIT", 10)
    Path("a.yaml").write_text(SERVICE, encoding="utf-8")
    with pytest.raises(UsageError, match="larger than 200 MB"):
        find_files(["a.yaml"])
    with pytest.raises(UsageError, match="larger than 200 MB"):
        borders.read_stream("a.yaml")


def test_standard_input_has_a_limit() -> None:
    with open("/dev/zero", "rb") as zeros:
        refused(scan("-", stdin=zeros), "standard input is larger than 200 MB")


# python -m, and git


def test_modules_of_the_scanned_folder_are_not_imported(tmp_path: Path) -> None:
    names = ("click", "yaml", "ruamel", "json", "tempfile", "resource", "_ruamel_yaml", "jsonschema_rs", "cli", "gc", "typing")
    for name in names:
        Path(f"{name}.py").write_text(f"open({str(tmp_path / 'marker')!r}, 'w')\n", encoding="utf-8")
    Path("a.yaml").write_text(SERVICE, encoding="utf-8")
    process = scan(".")
    assert process.returncode == 0, process
    assert not (tmp_path / "marker").exists()


@pytest.mark.parametrize("start", [".", "", "bin"])
def test_git_of_the_scanned_folder_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, start: str) -> None:
    for folder in (Path(), Path("bin")):
        folder.mkdir(exist_ok=True)
        (folder / "git").write_text(f"#!/bin/sh\n: > {tmp_path}/marker\n", encoding="utf-8")
        (folder / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{start}{os.pathsep}{os.environ['PATH']}")
    assert not is_revision("HEAD")
    assert not (tmp_path / "marker").exists()


def test_git_sees_only_what_it_needs_of_the_environment() -> None:
    own = {
        "HOME": "/h",
        "AWS_SECRET_ACCESS_KEY": "x",
        "GIT_SSH_COMMAND": "x",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "safe.directory",
    }
    seen = git_process.environment({**own, "GIT_CONFIG_VALUE_0": "*", "PATH": f".{os.pathsep}/bin{os.pathsep}"})
    assert seen == {"HOME": "/h", "PATH": "/bin", "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*"}


@needs_fifo
def test_a_configuration_that_git_waits_for_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(".git/fifo")
    with open(".git/config", "a", encoding="utf-8") as file:
        file.write("[include]\n\tpath = fifo\n")
    monkeypatch.setattr(git_process, "SECONDS_TO_ASK", 1.0)
    start = time.perf_counter()
    with pytest.raises(UsageError, match="did not answer within 1 seconds"):
        is_revision("HEAD")
    assert time.perf_counter() - start < 20


@needs_fifo
def test_objects_that_git_waits_for_are_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("a.yaml").write_text(SERVICE, encoding="utf-8")
    git("add", "-A")
    git("commit", "-qm", "x")
    Path("a.yaml").write_text(SERVICE + "# more\n", encoding="utf-8")
    blob = git("rev-parse", "HEAD:a.yaml").stdout.strip()
    loose = Path(".git/objects", blob[:2], blob[2:])
    loose.unlink()
    os.mkfifo(loose)
    monkeypatch.setattr(git_process, "SECONDS_TO_READ", 1.0)
    with pytest.raises(UsageError, match=r"did not answer within 1 seconds|incomplete in this clone"):
        changed_files("HEAD", ["."])


HOSTILE_CONFIG = """
[core]
\tfsmonitor = {trap}
\tsshCommand = {trap}
\thooksPath = {hooks}
\tpager = {trap}
\teditor = {trap}
\talternateRefsCommand = {trap}
\tgitProxy = {trap}
\taskPass = {trap}
[diff]
\texternal = {trap}
[diff "evil"]
\ttextconv = {trap}
\tcommand = {trap}
[filter "evil"]
\tclean = {trap}
\tsmudge = {trap}
\tprocess = {trap}
\trequired = true
[filter "evil=x"]
\tclean = {trap}
\trequired = true
[alias]
\tconfig = !{trap}
\tls-files = !{trap}
\tdiff-index = !{trap}
[gpg]
\tprogram = {trap}
[log]
\tshowSignature = true
[trace2]
\teventTarget = {trace}
\tnormalTarget = {trace}
[protocol]
\tallow = always
[remote "origin"]
\turl = ext::{trap}
\tpromisor = true
\tpartialclonefilter = blob:none
\tuploadpack = {trap}
\tvcs = evil
[extensions]
\tpartialClone = origin
[credential]
\thelper = !{trap}
[include]
\tpath = {foreign}
"""


@pytest.fixture
def marker(tmp_path: Path, outside: Path) -> Iterator[Path]:
    """A repository with a change in a file of a hostile driver, an object missing, and a configuration full of traps."""
    marker, trap, hooks = tmp_path / "marker", tmp_path / "trap", tmp_path / "hooks"
    trap.write_text(f"#!/bin/sh\necho run >> {marker}\nexit 1\n", encoding="utf-8")
    trap.chmod(0o755)
    hooks.mkdir()
    for name in ("post-index-change", "post-checkout", "reference-transaction", "fsmonitor-watchman"):
        shutil.copy(trap, hooks / name)
    Path(".gitattributes").write_text("*.yaml diff=evil filter=evil\nb.yaml filter=evil=x\n", encoding="utf-8")
    for name in ("a.yaml", "b.yaml", "gone.yaml"):
        Path(name).write_text(SERVICE, encoding="utf-8")
    git("add", "-A")
    git("commit", "-qm", "x")
    for name in ("a.yaml", "b.yaml"):
        Path(name).write_text(f"{SERVICE}# changed\n", encoding="utf-8")
    with open(".git/config", "a", encoding="utf-8") as file:
        file.write(HOSTILE_CONFIG.format(trap=trap, hooks=hooks, trace=tmp_path / "trace", foreign=outside / "secret.yaml"))
    yield marker
    assert not (tmp_path / "trace").exists()


def test_nothing_of_a_hostile_git_configuration_runs_or_is_told(marker: Path) -> None:
    (Path(".git/config")).write_text(Path(".git/config").read_text(encoding="utf-8").replace("[include]", "[ignored]"), encoding="utf-8")
    revision = changed_files("HEAD", ["."])
    assert {file.path: file.read().decode() for file in revision.files} == {"a.yaml": SERVICE, "b.yaml": SERVICE}
    assert find_files(["."], tracked_only=True).files
    assert not marker.exists()
    git("diff", "HEAD")
    git("status")
    assert marker.exists(), "the trap does not work"


def test_an_include_of_a_foreign_file_tells_nothing_of_it(marker: Path) -> None:
    refused(scan(".", "--against", "HEAD"))
    assert not marker.exists()


@pytest.mark.parametrize(
    "text",
    [
        "TOKEN-OF-SOMEBODY\n",
        "a.b TOKEN-OF-SOMEBODY\n",
        "[core]\n\tbare = TOKEN-OF-SOMEBODY\n",
        "[core]\n\tabbrev = TOKEN-OF-SOMEBODY\n",
        "[TOKEN-OF-SOMEBODY\n",
    ],
)
def test_an_included_file_is_never_quoted(tmp_path: Path, marker: Path, text: str) -> None:
    foreign = tmp_path / "foreign"
    foreign.write_text(text, encoding="utf-8")
    Path(".git/config").write_text(f"[core]\n\trepositoryformatversion = 0\n[include]\n\tpath = {foreign}\n", encoding="utf-8")
    result = scan(".", "--against", "HEAD")
    assert result.returncode in (0, 2)
    assert "TOKEN-OF-SOMEBODY" not in result.stdout + result.stderr
    assert not marker.exists()


def test_no_object_is_fetched_from_a_hostile_remote(marker: Path) -> None:
    Path(".git/config").write_text(Path(".git/config").read_text(encoding="utf-8").replace("[include]", "[ignored]"), encoding="utf-8")
    blob = git("rev-parse", "HEAD:gone.yaml", GIT_NO_LAZY_FETCH="1").stdout.strip()
    Path(".git/objects", blob[:2], blob[2:]).unlink()
    marker.unlink(missing_ok=True)
    refused(scan(".", "--against", "HEAD"), "incomplete in this clone")
    assert not marker.exists()
    git("-c", "remote.origin.vcs=", "fetch", "-q")
    assert marker.exists(), "the trap does not work"


def test_a_foreign_work_tree_is_not_read() -> None:
    Path("a.yaml").write_text(SERVICE, encoding="utf-8")
    git("add", "-A")
    git("commit", "-qm", "x")
    git("config", "core.worktree", "/etc")
    assert all(name == "a.yaml" for name in Git(os.getcwd()).tracked_files())
    process = scan(".", "--against", "HEAD", "--format", "json")
    assert "passwd" not in process.stdout + process.stderr


# patterns, suppressions, odd names


@pytest.mark.parametrize("line", ["*a*a*a*a*a*a*a*a*a*b", "**/a/**/a/**/a/**/a/**/b", "[a-z]*" * 30, "x" * 300_000])
def test_ignore_files_full_of_patterns_take_no_long_time(line: str) -> None:
    Path(".gitignore").write_text("".join(f"{line}{number}\n" for number in range(900_000 // (len(line) + 6))), encoding="utf-8")
    Path("a" * 200 + ".yaml").write_text(SERVICE, encoding="utf-8")
    start = time.perf_counter()
    assert len(find_files(["."]).files) == 1
    assert time.perf_counter() - start < 20


def test_an_ignore_file_with_more_wildcards_than_any_project_needs_is_not_read() -> None:
    Path(".gitignore").write_text("".join(f"*{number}.yaml\n" for number in range(5000)), encoding="utf-8")
    Path("1.yaml").write_text(SERVICE, encoding="utf-8")
    found = find_files(["."])
    assert [file.path for file in found.files] == ["1.yaml"]
    assert [skip.reason for skip in found.skipped] == [NOT_AN_IGNORE_FILE]


def test_plain_patterns_may_be_many() -> None:
    Path(".gitignore").write_text("".join(f"{number}.yaml\n" for number in range(50_000)) + "!7.yaml\n", encoding="utf-8")
    for number in (7, 8, 49_999):
        Path(f"{number}.yaml").write_text(SERVICE, encoding="utf-8")
    assert [file.path for file in find_files(["."]).files] == ["7.yaml"]


@pytest.mark.parametrize("form", ["ignore-file", "ignore"])
def test_many_suppressions_take_no_long_time(form: str) -> None:
    comment = f"# k8slblint: {form}[node-port-in-production] known\n"
    text = comment * 16_000 + SERVICE + "".join(f"  a{number}: b\n  {comment}" for number in range(2000))
    start = time.perf_counter()
    run(text)
    assert time.perf_counter() - start < 30


def test_one_annotation_may_hold_many_suppressions() -> None:
    value = "; ".join(["external-ips: known"] + ["more"] * 20_000 + ["external-ips"] * 5000)
    start = time.perf_counter()
    run(SERVICE.replace("{name: web}", f"{{name: web, annotations: {{k8slblint.io/ignore: '{value}'}}}}"))
    assert time.perf_counter() - start < 30


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="file names are text on this system")
def test_names_that_are_no_text_are_shown_on_one_line() -> None:
    for name in (b"a\nb.yaml", b"\xff\xfe.yaml", b"\x1b[31m.yaml"):
        Path(os.fsdecode(name)).write_text(f"{SERVICE}bad: [\n", encoding="utf-8")
    process = scan(".")
    assert "Traceback" not in process.stderr
    assert "\x1b" not in process.stdout
    assert process.stdout.count("error[invalid-yaml]") == 3
    assert not any(line.startswith("b.yaml") for line in process.stdout.splitlines())


@pytest.mark.parametrize(
    "text",
    [
        'exclude: ["a\\0b"]',
        'clusters: [{name: "a\\0b", paths: ["x/**"]}]',
        'clusters: [{name: a, paths: ["x\\0/**"]}]',
        'rendering: {charts: [{path: c, namespace: "a\\0b"}]}',
        'rendering: {charts: [{path: c, values: ["a\\0b.yaml"]}]}',
        'rendering: {charts: [{path: c, set: {"a\\0b": x}}]}',
        'suppressions: [{rule: external-ips, paths: ["a\\0"], reason: x}]',
    ],
)
def test_a_configuration_with_a_nul_is_one_sentence(text: str) -> None:
    Path(".k8slblint.yaml").write_text(f"\n{text}\n", encoding="utf-8")
    refused(scan("."), "line 2", "NUL")


@pytest.mark.parametrize("control", ["\\x1b[31m", "\\n", "\\x07", "\\u202e"])
def test_other_control_characters_of_a_configuration_do_no_harm(control: str) -> None:
    Path("c/templates").mkdir(parents=True)
    Path("c/Chart.yaml").write_text("{name: c, version: 1.0.0, apiVersion: v2}\n", encoding="utf-8")
    Path("c/templates/a.yaml").write_text(SERVICE, encoding="utf-8")
    stated = f'clusters: [{{name: "a{control}", paths: ["c{control}/**"]}}]\nexclude: ["{control}*"]\n'
    charts = f'rendering: {{charts: [{{path: c, namespace: "a{control}", set: {{"a{control}": x}}}}]}}\n'
    Path(".k8slblint.yaml").write_text(stated + charts, encoding="utf-8")
    process = scan(".", "--explain-scope")
    assert "Traceback" not in process.stderr
    assert not {"\x1b", "\x07", "\u202e"} & set(process.stdout + process.stderr)


@pytest.mark.parametrize("option", ["--stdin-filename", "--config", "--against", "--output", "--sarif-file"])
def test_a_nul_in_an_option_is_one_sentence(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["scan", ".", option, "a\0b"])
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert "Traceback" not in said
    assert len(said.splitlines()) == 1


def test_a_thousand_folders_deep() -> None:
    here, depth = os.getcwd(), 1200
    try:
        for _ in range(depth):
            os.mkdir("d")
            os.chdir("d")
        Path("a.yaml").write_text(SERVICE, encoding="utf-8")
        os.chdir(here)
        found = find_files(["."])
        assert len(found.files) == 1
        assert found.files[0].read()
        assert changed_files("HEAD", ["."]).changed_paths == {found.files[0].path}
    finally:  # pytest cannot remove what is that deep
        os.chdir(here)
        subprocess.run(("rm", "-rf", "d"), check=True)
