"""What a child in the sandbox cannot do, that results do not depend on it, and what is said where it is missing."""

import errno
import json
import os
import platform
import signal
import socket
import stat
import struct
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from k8slblint.budget import Budget
from k8slblint.model.finding import Completeness
from k8slblint.model.rendering import RenderSettings
from k8slblint.processes import landlock, programs, sandbox, seccomp
from k8slblint.processes.programs import find_program, loaded, nature
from k8slblint.processes.sandbox import Grant, Record, Sandbox
from k8slblint.rendering import bounds
from k8slblint.rendering.engines import Renderers
from k8slblint.rendering.helm.engine import HelmEngine
from k8slblint.rendering.helm.release import ChartRelease
from k8slblint.rendering.kept import Kept
from k8slblint.rendering.kustomize.engine import KustomizeEngine
from k8slblint.rendering.kustomize.root import KustomizeRoot
from k8slblint.rendering.units import Rendered
from tests.charts import chart, helm, tree
from tests.engines import HAS_ENGINE

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox is one of Linux")

needs_landlock = pytest.mark.skipif(landlock.abi() == 0, reason="this kernel has no Landlock")
needs_seccomp = pytest.mark.skipif(platform.machine() not in ("x86_64", "aarch64"), reason="no seccomp filter for this machine")
needs_scopes = pytest.mark.skipif(landlock.abi() < landlock.WITH_SCOPES, reason="Landlock of this kernel does not hold signals back")

PYTHON = os.path.realpath(sys.executable)
READS = programs.read_by_python()


def _in_sandbox(code: str, folder: Path, *, runs: tuple[str, ...] = (), level: sandbox.Level = "exact") -> str:
    """Run Python code in a sandbox and return the last line of what it says."""
    place = Sandbox(Grant(PYTHON, str(folder), READS, runs=runs), level, Record(), ends_with_thread=True)
    command = [PYTHON, "-I", "-S", "-c", code]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, preexec_fn=place.enter, cwd=folder)  # noqa: PLW1509
    place.close(has_started=True)
    said = process.communicate(timeout=60)[0].decode().strip().splitlines()
    return said[-1] if said else ""


@needs_landlock
def test_a_file_outside_cannot_be_read_and_one_in_the_folder_can(tmp_path):
    inside, outside = tmp_path / "in", tmp_path / "out"
    inside.mkdir()
    for folder in (inside, tmp_path):
        (folder / "out").write_text("secret", encoding="utf-8")
    assert _in_sandbox("print(open('out').read())", inside) == "secret"
    assert "PermissionError" in _in_sandbox(f"print(open({str(outside)!r}).read())", inside)
    assert "PermissionError" in _in_sandbox("print(open('../out').read())", inside)


@needs_landlock
def test_the_environment_of_the_parent_cannot_be_read(tmp_path):
    assert "PermissionError" in _in_sandbox("import os; print(open(f'/proc/{os.getppid()}/environ').read())", tmp_path)


@needs_landlock
@pytest.mark.parametrize(
    "code",
    [
        "open({0!r}, 'w')",
        "open({0!r}, 'a')",
        "__import__('os').unlink({0!r})",
        "__import__('os').rename({0!r}, 'x')",
        "open({0!r} + '2', 'w')",
    ],
)
def test_nothing_outside_can_be_changed(tmp_path, code):
    inside, marker = tmp_path / "in", tmp_path / "marker"
    inside.mkdir()
    marker.write_text("before", encoding="utf-8")
    assert "Error" in _in_sandbox(code.format(str(marker)), inside)
    assert sorted(os.listdir(tmp_path)) == ["in", "marker"]
    assert marker.read_text(encoding="utf-8") == "before"


@needs_seccomp
@pytest.mark.parametrize(
    "code", ["os.chmod({0!r}, 0o777)", "os.utime({0!r})", "os.truncate({0!r}, 0)", "os.setxattr({0!r}, 'user.a', b'')"]
)
def test_attributes_of_files_outside_cannot_be_changed(tmp_path, code):
    marker = tmp_path / "marker"
    marker.write_text("before", encoding="utf-8")
    assert "Error" in _in_sandbox(f"import os; {code.format(str(marker))}", tmp_path)
    assert stat.S_IMODE(marker.stat().st_mode) != 0o777


@needs_landlock
@pytest.mark.parametrize("code", ["os.symlink('/etc', 'x')", "os.mkfifo('x')"])
def test_the_folder_gets_no_links_and_pipes_that_would_lead_us_astray(tmp_path, code):
    assert "Error" in _in_sandbox(f"import os; {code}", tmp_path)
    assert os.listdir(tmp_path) == []


@needs_seccomp
@pytest.mark.parametrize("level", ["exact", "wide", "network"])
@pytest.mark.parametrize("family", ["AF_INET", "AF_INET6", "AF_UNIX", "AF_NETLINK"])
def test_no_socket_is_opened_to_connect_or_resolve(tmp_path, family, level):
    for kind in ("SOCK_STREAM", "SOCK_DGRAM"):
        code = f"import socket; socket.socket(socket.{family}, socket.{kind}); print('open')"
        assert "Errno 97" in _in_sandbox(code, tmp_path, level=level)


@pytest.mark.skipif(landlock.abi() < landlock.WITH_TCP, reason="Landlock of this kernel does not hold TCP back")
def test_a_listener_is_not_reached_even_without_seccomp(tmp_path, monkeypatch):
    monkeypatch.setattr(seccomp, "filter_program", lambda **_: b"")
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        port = server.getsockname()[1]
        assert "PermissionError" in _in_sandbox(f"import socket; socket.create_connection(('127.0.0.1', {port}))", tmp_path)
        with pytest.raises(TimeoutError):
            server.accept()


@needs_landlock
def test_no_other_program_is_executed(tmp_path):
    assert "PermissionError" in _in_sandbox("import os; os.execv('/bin/sh', ['sh', '-c', 'echo ran'])", tmp_path)
    assert "PermissionError" in _in_sandbox("import os; os.execv('/bin/sh', ['sh', '-c', 'echo ran'])", tmp_path, runs=("/bin/true",))
    assert _in_sandbox("import os; os.execv('/bin/sh', ['sh', '-c', 'echo ran'])", tmp_path, runs=("/bin/sh",)) == "ran"


@needs_landlock
def test_a_program_may_start_what_it_was_given_and_nothing_else(tmp_path, monkeypatch):
    """As kustomize starts a shell that starts this interpreter on a script of ours."""
    monkeypatch.setattr(bounds, "levels", levels := sandbox.Levels())
    script = tmp_path / "script.py"
    script.write_text("import json, os; print(os.listdir('.')); os.execv('/bin/cat', ['cat', '/etc/passwd'])\n", encoding="utf-8")
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "template").write_text(f"exec {sys.executable} -I -S {script}\n", encoding="utf-8")
    code = "import subprocess; subprocess.run(['/bin/sh', 'template'])"
    command = [sys.executable, "-I", "-S", "-c", code]
    ended = bounds.run(command, folder=str(folder), runs=("/bin/sh", sys.executable), reads=(str(script), *READS))
    assert ended.output == b"['template']\n"
    assert "PermissionError" in ended.errors
    assert levels.of(sys.executable) == "exact"


@needs_landlock
def test_a_file_that_was_written_is_not_executed(tmp_path):
    code = (
        f"import os; data = open({os.path.realpath('/bin/sh')!r}, 'rb').read()\n"
        "file = os.open('x', os.O_CREAT | os.O_WRONLY, 0o700); os.write(file, data); os.close(file)\n"
        "os.execv('./x', ['x', '-c', 'echo ran'])"
    )
    assert "PermissionError" in _in_sandbox(code, tmp_path, runs=("/bin/sh",))


@needs_seccomp
def test_a_program_without_programs_of_its_own_starts_threads_only(tmp_path):
    assert "PermissionError" in _in_sandbox("import os; os.fork()", tmp_path)
    code = "import threading; t = threading.Thread(target=print, args=('thread',)); t.start(); t.join()"
    assert _in_sandbox(code, tmp_path) == "thread"


@needs_scopes
def test_no_signal_reaches_another_process(tmp_path):
    assert "PermissionError" in _in_sandbox(f"import os; os.kill({os.getpid()}, 0)", tmp_path)
    assert _in_sandbox("import os; os.kill(os.getpid(), 0); print('itself')", tmp_path) == "itself"


@needs_seccomp
@pytest.mark.parametrize("call", ["ptrace", "bpf", "io_uring_setup", "mount", "keyctl", "process_vm_readv", "unshare", "setsid"])
def test_powerful_system_calls_are_refused(tmp_path, call):
    number = seccomp.REFUSED[call][0 if platform.machine() == "x86_64" else 1]
    code = f"import ctypes; c = ctypes.CDLL(None, use_errno=True); print(c.syscall({number}, 0, 0, 0, 0, 0), ctypes.get_errno())"
    assert _in_sandbox(code, tmp_path) == "-1 1"


@pytest.mark.skipif(platform.machine() != "x86_64", reason="x32 is of x86")
def test_the_second_way_to_make_a_system_call_is_closed(tmp_path):
    code = f"import ctypes; c = ctypes.CDLL(None, use_errno=True); print(c.syscall({0x40000000 | 41}, 2, 1, 0), ctypes.get_errno())"
    assert _in_sandbox(code, tmp_path) == "-1 38"


def _verdict(program: bytes, architecture: int, number: int, argument: int = 0) -> str:
    """Run a filter as the kernel does, and return `allow` or the name of the error."""
    steps = [struct.unpack_from("=HBBI", program, at) for at in range(0, len(program), 8)]
    given = {0: number, 4: architecture, 16: argument}
    at, held = 0, 0
    while True:
        code, if_true, if_false, value = steps[at]
        at += 1
        if code == 0x06:
            return "allow" if value == 0x7FFF0000 else errno.errorcode[value & 0xFFFF]
        if code == 0x20:
            held = given[value]
        else:
            holds = {0x15: held == value, 0x35: held >= value, 0x45: bool(held & value)}[code]
            at += if_true if holds else if_false


@pytest.mark.parametrize(
    ("machine", "architecture", "socket_", "clone", "prlimit", "read"),
    [("x86_64", 0xC000003E, 41, 56, 302, 0), ("aarch64", 0xC00000B7, 198, 220, 261, 63)],
)
def test_the_filter_decides_alike_on_either_machine(monkeypatch, machine, architecture, socket_, clone, prlimit, read):
    monkeypatch.setattr(platform, "machine", lambda: machine)
    alone = seccomp.filter_program(has_children=False, is_exact=True)
    among = seccomp.filter_program(has_children=True, is_exact=False)
    for program in (alone, among):
        assert len(program) % 8 == 0
        assert _verdict(program, architecture, read) == "allow"
        assert _verdict(program, architecture, socket_) == "EAFNOSUPPORT"
        assert _verdict(program, 0x40000003, read) == "ENOSYS"
        assert _verdict(program, architecture, prlimit, 0) == "allow"
        assert _verdict(program, architecture, prlimit, 1) == "EPERM"
        for numbers in seccomp.REFUSED.values():
            assert _verdict(program, architecture, numbers[machine == "aarch64"]) == "EPERM"
    assert _verdict(alone, architecture, clone, 0x3D0F00) == "allow"
    assert _verdict(alone, architecture, clone, 0x4111) == "EPERM"
    assert _verdict(alone, architecture, 435) == "ENOSYS"
    assert _verdict(among, architecture, clone, 0x4111) == _verdict(among, architecture, 435) == "allow"


@needs_seccomp
def test_a_machine_that_is_not_known_has_no_filter(monkeypatch):
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    assert seccomp.filter_program(has_children=False, is_exact=True) == b""


@needs_landlock
@needs_seccomp
def test_grandchildren_are_bound_too(tmp_path):
    inside, marker = tmp_path / "in", tmp_path / "marker"
    inside.mkdir()
    marker.write_text("secret", encoding="utf-8")
    inner = (
        "import os, socket\n"
        f"for act in (lambda: open({str(marker)!r}), lambda: socket.socket(), lambda: os.execv('/bin/true', ['true'])):\n"
        "  try: act()\n"
        "  except OSError as error: print(error.errno, end=' ')"
    )
    code = f"import os; os.spawnv(os.P_WAIT, {PYTHON!r}, [{PYTHON!r}, '-I', '-S', '-c', {inner!r}])"
    assert _in_sandbox(code, inside, runs=(PYTHON,)) == "13 97 13"


def test_a_child_ends_with_the_process_that_started_it():
    """A run that is killed outright leaves no renderer behind."""
    code = (
        "import os, sys, threading; from k8slblint.rendering import bounds; from k8slblint.processes.sandbox import Grant\n"
        "p = bounds.start([sys.argv[1], '-I', '-S', '-c', 'import time; time.sleep(60)'],"
        " Grant(sys.argv[1], reads=tuple(sys.argv[2:])))\n"
        "print(p.pid, flush=True); os.kill(os.getpid(), 9)"
    )
    run = subprocess.run([sys.executable, "-c", code, PYTHON, *READS], stdout=subprocess.PIPE, check=False)
    assert run.returncode == -signal.SIGKILL
    child = int(run.stdout)
    for _ in range(100):
        if _is_gone(child):
            return
        threading.Event().wait(0.05)
    pytest.fail("the child lives")


def _is_gone(child: int) -> bool:
    try:
        return Path(f"/proc/{child}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def test_limits_never_exceed_those_of_the_process_itself(tmp_path):
    code = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))\n"
        "from k8slblint.rendering import bounds\n"
        "print(bounds.run(['/bin/true'], folder=sys.argv[1]).status)"
    )
    run = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False)
    assert run.stdout.strip() == "0", run.stderr


class _Rendering:
    """A chart and a kustomization, rendered with every engine."""

    def __init__(self, folder: Path) -> None:
        files = chart(
            {"templates/a.yaml": "kind: Service\nmetadata: {name: {{ .Release.Name }}-{{ .Values.a }}}\n", "values.yaml": "a: 1\n"}
        )
        overlay = {
            "app/kustomization.yaml": "resources: [service.yaml]\nnamePrefix: x-\n",
            "app/service.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: web}\n",
        }
        self._tree = tree(folder, {**files, **overlay})

    def outcomes(self) -> list[Any]:
        self.record = Record()
        release = ChartRelease("deploy", release="web")
        with (
            HelmEngine("in-process", kept=Kept(record=self.record)) as worker,
            HelmEngine("binary", kept=Kept(record=self.record)) as binary,
            HelmEngine("native", kept=Kept(record=self.record)) as native,
            KustomizeEngine(worker, Kept(record=self.record), "binary") as kustomize,
            KustomizeEngine(native, Kept(record=self.record), "native") as built,
        ):
            kustomizations = [engine.render(KustomizeRoot("app"), self._tree) for engine in (kustomize, *([built] if HAS_ENGINE else []))]
            charts = [engine.render(release, self._tree) for engine in (worker, binary, *([native] if HAS_ENGINE else []))]
            return [*charts, *kustomizations]


@pytest.fixture
def rendering(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", f"{os.path.dirname(helm())}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(sandbox, "levels", sandbox.Levels())
    return _Rendering(tmp_path)


@needs_landlock
@needs_seccomp
def test_results_are_the_same_without_the_sandbox(rendering, monkeypatch):
    within = rendering.outcomes()
    assert rendering.record.state == ("full" if landlock.abi() >= landlock.WITH_SCOPES else rendering.record.state)
    assert all(isinstance(one, Rendered) and one.documents for one in within)
    monkeypatch.setattr(landlock, "abi", lambda: 0)
    without_landlock = rendering.outcomes()
    assert rendering.record.state == "partial: does not restrict files, programs, signals"
    monkeypatch.setattr(seccomp, "filter_program", lambda **_: b"")
    assert rendering.outcomes() == without_landlock == within
    assert rendering.record.state == "none"


def test_a_kernel_that_refuses_at_the_last_moment_changes_no_result(rendering, monkeypatch):
    within = rendering.outcomes()
    monkeypatch.setattr(landlock, "restrict", lambda _: False)
    monkeypatch.setattr(seccomp, "enter", lambda _: False)
    assert rendering.outcomes() == within
    assert rendering.record.state == "none"


def test_where_no_program_ran_nothing_is_said_of_a_sandbox():
    assert Record().state is None
    assert Completeness().sandbox is None


@pytest.mark.usefixtures("rendering")
def test_two_runs_in_one_process_tell_only_of_their_own_renderers(tmp_path):
    with Renderers(RenderSettings(), Budget()) as one, Renderers(RenderSettings(), Budget()) as other:
        assert isinstance(one.engines.render(ChartRelease("deploy"), tree(tmp_path, {})), Rendered)
        assert one.kept.record.state is not None
        assert other.kept.record.state is None


@pytest.mark.usefixtures("rendering")
def test_the_report_says_how_renderers_were_confined(tmp_path, monkeypatch):
    from click.testing import CliRunner

    from k8slblint.commands.cli import cli

    monkeypatch.chdir(tmp_path)
    seen = json.loads(CliRunner().invoke(cli, ["scan", "--no-config", "--format", "json"]).stdout)["completeness"]
    assert seen["units"]
    assert seen["sandbox"] == "full" or seen["sandbox"].startswith(("partial: ", "none"))
    assert "without a sandbox" not in CliRunner().invoke(cli, ["scan", "--no-config"]).output or seen["sandbox"] == "none"
    monkeypatch.setattr(landlock, "abi", lambda: 0)
    monkeypatch.setattr(seccomp, "filter_program", lambda **_: b"")
    assert "The renderers ran without a sandbox" in CliRunner().invoke(cli, ["scan", "--no-config"]).output
    assert (
        json.loads(CliRunner().invoke(cli, ["scan", "--no-config", "--no-render", "--format", "json"]).stdout)["completeness"]["sandbox"]
        is None
    )


def _script(file: Path, text: str) -> str:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    file.chmod(0o755)
    return str(file)


def test_a_dispatcher_is_held_less_closely_but_off_the_network(tmp_path, monkeypatch):
    """As asdf does it: a script on PATH starts the real program, which lies elsewhere."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(bounds, "levels", levels := sandbox.Levels())
    _script(tmp_path / ".asdf/installs/tool", "#!/bin/sh\necho real $1\n")
    shim = _script(tmp_path / ".asdf/shims/tool", '#!/bin/sh\nexec "$HOME/.asdf/installs/tool" "$@"\n')
    work = tmp_path / "work"
    work.mkdir()
    assert bounds.run([shim, "x"], folder=str(work), check=("version",)).output == b"real x\n"
    assert levels.of(shim) == "wide"


@needs_landlock
def test_a_dispatcher_that_needs_more_is_found_out_by_its_version_and_not_by_what_is_scanned(tmp_path, monkeypatch):
    monkeypatch.setattr(bounds, "levels", levels := sandbox.Levels())
    real = _script(tmp_path / "far/away", "#!/bin/sh\necho real $1\n")
    shim = _script(tmp_path / "bin/tool", f'#!/bin/sh\nexec {real} "$@"\n')
    work = tmp_path / "work"
    work.mkdir()
    assert bounds.run([shim, "x"], folder=str(work), check=("version",)).output == b"real x\n"
    assert levels.of(shim) == "network"


def test_a_program_that_fails_for_its_input_is_not_let_out(tmp_path, monkeypatch):
    monkeypatch.setattr(bounds, "levels", levels := sandbox.Levels())
    tool = _script(tmp_path / "bin/tool", '#!/bin/sh\ntest "$1" = version\n')
    work = tmp_path / "work"
    work.mkdir()
    for _ in range(2):
        assert bounds.run([tool, "x"], folder=str(work), check=("version",)).status == 1
        assert levels.of(tool) == "wide"


def test_a_program_whose_question_is_killed_is_not_let_out(tmp_path, monkeypatch):
    """Another renderer may have taken all memory to bring that about."""
    monkeypatch.setattr(bounds, "levels", levels := sandbox.Levels())
    tool = _script(tmp_path / "bin/tool", '#!/bin/sh\ntest "$1" = version && kill -9 $$\nexit 1\n')
    work = tmp_path / "work"
    work.mkdir()
    assert bounds.run([tool, "x"], folder=str(work), check=("version",)).status == 1
    assert levels.of(tool) == "wide"


def test_of_two_runs_that_fail_at_once_both_are_tried_again():
    levels = sandbox.Levels()
    before = levels.of("/bin/absent")
    assert levels.widen("/bin/absent", before, lambda: levels.of("/bin/absent") == "network")
    assert levels.widen("/bin/absent", before, lambda: pytest.fail("it is known"))
    assert not levels.widen("/bin/absent", "network", lambda: pytest.fail("it is known"))


def test_programs_are_told_from_dispatchers_and_from_what_gains_rights(tmp_path):
    binary = os.path.realpath(sys.executable)
    os.symlink(binary, tmp_path / "helm")
    os.symlink(binary, tmp_path / os.path.basename(binary))
    (tmp_path / "snap").write_bytes(b"")
    os.symlink(tmp_path / "snap", tmp_path / "kubectl")
    script = _script(tmp_path / "tool", "#!/bin/sh -e\n")
    assert nature(str(tmp_path / os.path.basename(binary))) == "binary"
    assert nature(str(tmp_path / "helm")) == nature(script) == nature(str(tmp_path / "absent")) == "dispatcher"
    assert nature(str(tmp_path / "kubectl")) == "privileged"
    assert loaded(script) == ("script", "/bin/sh")


@pytest.mark.parametrize(
    "data", [b"", b"\x7fELF\x02\x01", b"\x7fELF\x02\x01" + b"\xff" * 90, b"#!", b"#!sh", b"\x7fELF\x01\x01" + b"\0" * 90]
)
def test_broken_programs_are_read_without_a_fault(tmp_path, data):
    (tmp_path / "x").write_bytes(data)
    assert loaded(str(tmp_path / "x")).by == ""


def test_programs_are_not_looked_for_in_the_current_folder(tmp_path, monkeypatch):
    _script(tmp_path / "helm-x", "#!/bin/sh\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f".{os.pathsep}{os.pathsep}bin")
    assert find_program("helm-x") is None
    assert find_program("helm-x", ".") is None
    assert find_program("helm-x", str(tmp_path)) == str(tmp_path / "helm-x")
    assert programs.absolute_entries(f".{os.pathsep}/bin{os.pathsep}") == ["/bin"]
    assert "PATH" not in bounds.environment({"PATH": ".:"})


def test_the_collector_of_a_renderer_is_ours_and_bounded_below_its_memory():
    seen = bounds.environment({"GOGC": "off", "GOMEMLIMIT": "off", "GODEBUG": "x"})
    assert seen["GOGC"] == "400"
    assert int(seen["GOMEMLIMIT"].removesuffix("MiB")) * 1024**2 < bounds.MEMORY
    assert "GODEBUG" not in seen
