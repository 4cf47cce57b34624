"""How a run ends early, what becomes of its temporary folders, and how output files are written."""

import contextlib
import errno
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from k8slblint.commands import output_files
from k8slblint.commands.cli import main
from k8slblint.model.errors import UsageError
from k8slblint.processes import endings, temporary
from tests.charts import helm
from tests.engines import CHOICES

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and locks of POSIX")

ENDLESS = {
    "deploy/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "deploy/templates/a.yaml": "kind: Service\n{{ range until 60000 }}{{ range until 60000 }}{{ end }}{{ end }}\n",
}


WITHOUT_ENGINE = """\
import sys
from k8slblint.rendering.native import program
program.find = lambda *_: None
from k8slblint.commands.calling import call
call(None)
"""

NAMES = {"native": "k8slblint-rende", "binary": "helm"}
"""What a system calls the process that renders; Linux keeps 15 characters of it."""


def _write(top: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        (top / path).parent.mkdir(parents=True, exist_ok=True)
        (top / path).write_text(text, encoding="utf-8")


def _until(condition) -> None:
    for _ in range(600):
        if condition():
            return
        time.sleep(0.05)
    pytest.fail("it never came to that")


@contextlib.contextmanager
def _run_in_the_middle(tmp_path: Path, renderer: str, start: tuple[str, ...] = ()):
    """Start a scan that renders for long, and hand it over when it does so, with what renders and the folder of temporary folders."""
    tree, temp = tmp_path / "tree", tmp_path / "temp"
    _write(tree, ENDLESS)
    temp.mkdir()
    environment = {**os.environ, "TMPDIR": str(temp), "PATH": f"{os.path.dirname(helm())}{os.pathsep}{os.environ['PATH']}"}
    program = ["-m", "k8slblint"] if renderer == "native" else ["-c", WITHOUT_ENGINE]
    command = [*start, sys.executable, *program, "scan", str(tree), "--no-config"]
    with subprocess.Popen(
        command,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=_heed_interrupts,  # noqa: PLW1509 - no thread holds a lock here
    ) as run:
        try:
            _until(lambda: _children(run.pid, renderer))
            _until(lambda: renderer == "native" or os.listdir(temp))
            (child,) = _children(run.pid, renderer)
            yield run, child, temp
        finally:
            run.kill()


def _heed_interrupts() -> None:
    """A shell starts what it runs in the background with Ctrl-C ignored, nohup with hangups, and tests may run there."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def _children(pid: int, renderer: str) -> list[int]:
    listed = subprocess.run(["ps", "-o", "pid=,comm=", "--ppid", str(pid)], capture_output=True, text=True, check=False).stdout
    return [int(line.split()[0]) for line in listed.splitlines() if line.split()[1].startswith(NAMES[renderer])]


def _is_gone(pid: int) -> bool:
    """Tell whether a process has ended, which another than this may have to take note of (proc_pid_stat(5): state Z)."""
    listed = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return listed.strip()[:1] in ("", "Z")


in_both = pytest.mark.parametrize("renderer", CHOICES)
"""The render engine keeps nothing in files, the programs that it replaces do."""


@in_both
@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130)])
def test_a_signal_ends_the_run_and_all_that_it_left(tmp_path, renderer, number, status):
    with _run_in_the_middle(tmp_path, renderer) as (run, child, temp):
        assert bool(os.listdir(temp)) == (renderer == "binary")
        run.send_signal(number)
        said, complained = run.communicate(timeout=15)
        assert run.returncode == status
        assert (said, complained.strip()) == ("", "")
        assert os.listdir(temp) == []
        _until(lambda: _is_gone(child))


@in_both
def test_a_run_that_was_started_to_ignore_hangups_goes_on(tmp_path, renderer):
    with _run_in_the_middle(tmp_path, renderer, start=("nohup",)) as (run, _, _):
        run.send_signal(signal.SIGHUP)
        with pytest.raises(subprocess.TimeoutExpired):
            run.wait(1)


@in_both
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere children outlive a killed run until they notice, after their time")
def test_what_renders_ends_with_a_killed_run(tmp_path, renderer):
    with _run_in_the_middle(tmp_path, renderer) as (run, child, _):
        run.kill()
        run.wait()
        _until(lambda: _is_gone(child))


@in_both
def test_the_next_run_sweeps_what_a_killed_one_left(tmp_path, renderer):
    with _run_in_the_middle(tmp_path, renderer) as (run, _, temp):
        run.kill()
        run.wait()
        left = os.listdir(temp)
        assert len(left) == (renderer == "binary")
        temporary.sweep(str(temp))
        assert os.listdir(temp) == [], left


def test_a_living_run_keeps_its_folder(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with temporary.folder() as folder:
        assert stat.S_IMODE(os.stat(os.path.dirname(folder)).st_mode) == 0o700
        temporary.sweep(str(tmp_path))
        assert os.path.isdir(folder)
    assert os.listdir(tmp_path) == []


def _stale(parent: Path, name: str = "k8slblint-0123456789abcdef") -> Path:
    """Make what a killed run leaves behind."""
    top = parent / name
    top.mkdir(mode=0o700, parents=True)
    (top / "work").mkdir()
    (top / "work" / "marker").write_text("", encoding="utf-8")
    os.close(os.open(top / "lock", os.O_CREAT | os.O_RDWR, 0o600))
    return top


def test_a_stale_folder_is_swept(tmp_path):
    _stale(tmp_path)
    temporary.sweep(str(tmp_path))
    assert os.listdir(tmp_path) == []


def test_links_are_never_followed(tmp_path):
    """Whoever can write to the temporary folder could otherwise have the next run remove what it likes."""
    victim = _stale(tmp_path / "home", "k8slblint-aaaaaaaaaaaaaaaa")
    temp = tmp_path / "temp"
    temp.mkdir()
    os.symlink(victim, temp / "k8slblint-bbbbbbbbbbbbbbbb")
    inner = _stale(temp, "k8slblint-cccccccccccccccc")
    os.symlink(victim / "work", inner / "work" / "link")
    locked_by_link = _stale(temp, "k8slblint-dddddddddddddddd")
    (locked_by_link / "lock").unlink()
    os.symlink(victim / "lock", locked_by_link / "lock")
    temporary.sweep(str(temp))
    assert (victim / "work" / "marker").exists()
    assert sorted(os.listdir(temp)) == ["k8slblint-bbbbbbbbbbbbbbbb", "k8slblint-dddddddddddddddd"]


@pytest.mark.parametrize("name", ["k8slblint-", "k8slblint-0123456789abcde", "k8slblint-0123456789ABCDEF", "other-0123456789abcdef"])
def test_folders_of_other_names_are_left(tmp_path, name):
    _stale(tmp_path, name)
    temporary.sweep(str(tmp_path))
    assert os.listdir(tmp_path) == [name]


def test_folders_that_are_not_as_ours_are_left(tmp_path):
    _stale(tmp_path, "k8slblint-0000000000000000").chmod(0o755)
    (_stale(tmp_path, "k8slblint-1111111111111111") / "lock").unlink()
    (_stale(tmp_path, "k8slblint-2222222222222222") / "lock").chmod(0o644)
    pipe = _stale(tmp_path, "k8slblint-3333333333333333") / "lock"
    pipe.unlink()
    os.mkfifo(pipe, 0o600)
    (tmp_path / "k8slblint-4444444444444444").write_text("", encoding="utf-8")
    temporary.sweep(str(tmp_path))
    assert len(os.listdir(tmp_path)) == 5


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give files away")
def test_folders_of_other_users_are_left(tmp_path):
    os.chown(_stale(tmp_path), 12345, 12345)
    temporary.sweep(str(tmp_path))
    assert len(os.listdir(tmp_path)) == 1


def test_no_program_is_started_once_the_run_ends(monkeypatch):
    monkeypatch.setattr(endings.children, "is_ending", True)
    with pytest.raises(OSError, match="ending"):
        endings.children.refuse_to_start()


@pytest.mark.parametrize("has_descriptors", [True, False])
def test_waiting_for_a_child_says_whether_it_has_ended(monkeypatch, has_descriptors):
    if not has_descriptors:

        def refuse(_):
            raise OSError(errno.ENOSYS, "no such call")

        monkeypatch.setattr(os, "pidfd_open", refuse, raising=False)
    with subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE) as child:
        assert not endings.wait_for(child, 0.01)
        child.stdin.close()
        assert endings.wait_for(child, 60)
        assert child.returncode == 0
        assert endings.wait_for(child, 0)


@pytest.mark.skipif(sys.platform != "linux", reason="descriptors of processes are of Linux")
def test_waiting_for_a_child_never_sleeps_to_ask_again(monkeypatch):
    monkeypatch.setattr("subprocess.time.sleep", lambda _: pytest.fail("it slept"))
    opened = len(os.listdir("/proc/self/fd"))
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(0.3)"]) as child:
        assert endings.wait_for(child, 60)
    assert len(os.listdir("/proc/self/fd")) == opened


def test_a_caller_of_main_gets_its_signals_back():
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    for _ in range(2):
        with pytest.raises(SystemExit):
            main(["rules"])
        assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)] == before
        endings.children.refuse_to_start()


def test_an_output_file_is_replaced_as_a_whole_and_keeps_its_mode(tmp_path):
    file = tmp_path / "report.json"
    file.write_text("before", encoding="utf-8")
    file.chmod(0o640)
    inode = file.stat().st_ino
    output_files.write(str(file), "after\n")
    assert file.read_text(encoding="utf-8") == "after\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert file.stat().st_ino != inode
    assert os.listdir(tmp_path) == ["report.json"]


def test_a_new_output_file_has_the_usual_mode(tmp_path):
    output_files.write(str(tmp_path / "new"), "x")
    (tmp_path / "usual").write_text("x", encoding="utf-8")
    assert (tmp_path / "new").stat().st_mode == (tmp_path / "usual").stat().st_mode


def test_a_full_disk_leaves_the_old_file_and_nothing_beside_it(tmp_path):
    code = (
        "import resource, signal, sys; from k8slblint.commands.output_files import write\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "write(sys.argv[1], 'x' * 5000)"
    )
    for name in ("old", "new"):
        (tmp_path / "old").write_text("before", encoding="utf-8")
        run = subprocess.run([sys.executable, "-c", code, str(tmp_path / name)], capture_output=True, text=True, check=False)
        assert "cannot be written: File too large" in run.stderr
        assert os.listdir(tmp_path) == ["old"]
        assert (tmp_path / "old").read_text(encoding="utf-8") == "before"


def test_a_link_that_was_named_is_written_through(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "file").write_text("before", encoding="utf-8")
    os.symlink(tmp_path / "real" / "file", tmp_path / "link")
    os.symlink(tmp_path / "real" / "absent", tmp_path / "dangling")
    for name in ("link", "dangling"):
        output_files.write(str(tmp_path / name), "after")
        assert (tmp_path / name).is_symlink()
        assert (tmp_path / name).read_text(encoding="utf-8") == "after"


def test_a_pipe_is_written_to(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with subprocess.Popen(["cat", str(tmp_path / "pipe")], stdout=subprocess.PIPE) as reader:
        output_files.write(str(tmp_path / "pipe"), "text")
        assert reader.communicate(timeout=20)[0] == b"text"
    assert stat.S_ISFIFO(os.stat(tmp_path / "pipe").st_mode)


@pytest.mark.parametrize("name", ["/dev/stdout", "{file}"])
def test_standard_output_is_written_to_where_it_is_a_file(tmp_path, name):
    file = tmp_path / "out"
    code = "import sys; from k8slblint.commands.output_files import write; write(sys.argv[1], 'text'); sys.stdout.flush()"
    with open(file, "wb") as out:
        inode = file.stat().st_ino
        subprocess.run([sys.executable, "-c", code, name.format(file=file)], stdout=out, check=True)
    assert file.read_text(encoding="utf-8") == "text"
    assert file.stat().st_ino == inode


def test_a_file_that_may_not_be_written_is_not_replaced(tmp_path, monkeypatch):
    file = tmp_path / "file"
    file.write_text("before", encoding="utf-8")
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(UsageError, match="Permission denied"):
        output_files.write(str(file), "after")
    assert file.read_text(encoding="utf-8") == "before"


def test_a_file_in_a_folder_that_takes_no_others_is_written_in_place(tmp_path, monkeypatch):
    """As a container runtime mounts a single file."""
    file = tmp_path / "file"
    file.write_text("before", encoding="utf-8")

    def busy(*_: str) -> None:
        raise OSError(16, "Device or resource busy")

    monkeypatch.setattr(os, "replace", busy)
    output_files.write(str(file), "after")
    assert file.read_text(encoding="utf-8") == "after"
    assert os.listdir(tmp_path) == ["file"]
