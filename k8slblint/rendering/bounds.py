"""Runs a program within limits of time, memory and output, without a network, on input that may be hostile."""

import errno
import math
import os
import re
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from functools import partial
from tempfile import TemporaryFile
from typing import IO, NamedTuple

from k8slblint.processes import temporary
from k8slblint.processes.endings import children, kill, wait_for
from k8slblint.processes.programs import absolute_entries
from k8slblint.processes.sandbox import Grant, Level, Record, Sandbox, levels

SECONDS = 20.0
"""Wall time of one rendering; the largest charts of public repositories take less than a tenth of a second."""

MEMORY = 2_000_000_000
"""Bytes of data that a renderer may allocate (`RLIMIT_DATA`): a Go program starts with some 200 MB reserved."""

OUTPUT = 50_000_000
"""Bytes that a renderer may print."""

_FILES = 256
"""Files that a renderer may have open at once."""

_LONGEST_ERROR = 100_000

_UNREACHABLE = "http://127.0.0.1:9"
"""The discard port: what asks for the network is refused at once."""

_GO = {"GOGC": "400", "GOMEMLIMIT": "1000MiB"}
"""How Go programs collect garbage here: seldom, and as usual again before they reach `MEMORY`.

Medians of nine runs each, in seconds of processor time: helm 3.19 with argo-rollouts 0.09 and 0.07, with traefik 0.13 and 0.10, with
istiod 0.07 and 0.05. GOMAXPROCS=1 gains nothing on top, and holds back a program that has a processor to itself.
"""

_NO_NETWORK = {
    "HTTP_PROXY": _UNREACHABLE,
    "HTTPS_PROXY": _UNREACHABLE,
    "ALL_PROXY": _UNREACHABLE,
    "http_proxy": _UNREACHABLE,
    "https_proxy": _UNREACHABLE,
    "all_proxy": _UNREACHABLE,
    "NO_PROXY": "",
    "no_proxy": "",
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_TERMINAL_PROMPT": "0",
    "KUBECONFIG": os.devnull,
    "KUBERC": "off",
    "NoDefaultCurrentDirectoryInExePath": "1",
    "GOTRACEBACK": "none",
    **_GO,
    "LC_ALL": "C",
}

_KEPT = ("PATH", "HOME", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "LD_LIBRARY_PATH", "HELM_C_LIB", "VIRTUAL_ENV")


class Ended(NamedTuple):
    """How a program ended: its exit status, what it printed, and which bound stopped it, or `""`."""

    status: int
    output: bytes
    errors: str
    stopped_by: str = ""

    @property
    def is_out_of_memory(self) -> bool:
        """Whether its own runtime or the system ended it for lack of memory."""
        return is_out_of_memory(self.status, self.errors)


_KILLED = -9
"""The status of a program that the system kills when the memory of the machine is spent (Linux, oom_kill.c: SIGKILL)."""

_THROWN = (2, -6)
"""The status of a Go program that its runtime ends, and of a process of another language that has loaded one, which aborts.

Source: Go 1.26, `runtime/panic.go` (`fatalthrow`, `dopanic_m`). Errors that a renderer reports itself have 1.
"""

_NO_MEMORY = re.compile(r"^fatal error: .*(?:out of memory|cannot allocate memory)", re.MULTILINE)
"""What the runtime says then (`throw`), also of the failure to start a thread."""


def is_out_of_memory(status: int | None, errors: str) -> bool:
    """Tell whether a program that ended so had too little memory; an input that only says so is not believed."""
    return status == _KILLED or (status in _THROWN and _NO_MEMORY.search(errors) is not None)


def run(  # noqa: PLR0913 - all but the command are named
    command: Sequence[str],
    *,
    folder: str,
    seconds: float = SECONDS,
    variables: Mapping[str, str] | None = None,
    runs: Sequence[str] = (),
    reads: Sequence[str] = (),
    check: Sequence[str] = (),
    record: Record | None = None,
) -> Ended:
    """Run a program to its end within bounds; `variables` are added to its environment. Raises `OSError` when it cannot be started.

    The program is given by its absolute path; it may write to `folder` only, where it also runs, start none but the programs `runs`,
    and of other files read only what it and they need to run, and `reads`.
    What it prints goes through files, whose size the system bounds. `check` are arguments with which it succeeds wherever it works
    at all, such as `version`: where it fails, they tell whether that is due to its sandbox, which is then widened.
    `record` is told how it was confined.
    """
    grant = Grant(command[0], folder, tuple(reads), runs=tuple(runs))
    held = levels.of(command[0])
    works = partial(_works, [command[0], *check], grant, record)
    try:
        ended = _run(command, grant, seconds, variables, record)
    except OSError:
        if not (check and levels.widen(command[0], held, works)):
            raise
        return _run(command, grant, seconds, variables, record)
    if ended.status == 0:
        levels.prove(command[0])
    elif check and not ended.stopped_by and levels.widen(command[0], held, works):
        return _run(command, grant, seconds, variables, record)
    return ended


def _works(command: Sequence[str], grant: Grant, record: Record | None) -> bool:
    """Tell whether a program works at its level; one that is killed shows nothing: another that is hostile may have taken what it needs."""
    with temporary.folder() as folder:
        try:
            return _run(command, grant._replace(folder=folder), SECONDS, None, record).status <= 0
        except OSError:
            return False


def _run(command: Sequence[str], grant: Grant, seconds: float, variables: Mapping[str, str] | None, record: Record | None) -> Ended:
    grant = grant._replace(seconds=math.ceil(seconds) * (os.cpu_count() or 1) + 1)
    with TemporaryFile() as output, TemporaryFile() as errors:
        with start(command, grant, output=output, errors=errors, variables=variables, record=record) as process:
            if not wait_for(process, seconds):
                stop(process)
                return Ended(-1, b"", "", f"{seconds:g} seconds")
        if output.seek(0, os.SEEK_END) >= OUTPUT:
            return Ended(process.returncode, b"", "", f"{OUTPUT // 1_000_000} MB of output")
        output.seek(0)
        errors.seek(0)
        said = errors.read(_LONGEST_ERROR).decode("utf-8", "replace")
        if process.returncode and _DISK_FULL in said and _is_full(output.fileno()):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return Ended(process.returncode, output.read(), said)


_DISK_FULL = "no space left on device"
"""What programs in Go say (syscall, `zerrors_linux_amd64.go`); a template may say so too, and is only believed where it is true."""

_LITTLE = 1 << 20


def _is_full(file: int) -> bool:
    """Tell whether the file system of a file has no room left, in bytes; where the system does not tell, it has."""
    try:
        found = os.fstatvfs(file)
    except (OSError, AttributeError):
        return False
    return found.f_bavail * found.f_frsize < _LITTLE


def start(
    command: Sequence[str],
    grant: Grant,
    *,
    output: IO[bytes] | None = None,
    errors: IO[bytes] | None = None,
    variables: Mapping[str, str] | None = None,
    record: Record | None = None,
    is_bare: bool = False,
) -> "subprocess.Popen[bytes]":
    """Start a program in a sandbox and a session of its own, with an environment that reaches no network; one that `is_bare` gets none.

    It runs in the folder of its grant, else in that of the program. Without `output` it is spoken to through pipes, and it may
    outlive the thread that starts it. Raises `OSError` where it cannot be started.
    """
    children.refuse_to_start()
    level = levels.of(command[0])
    ends_with_thread = output is not None or threading.current_thread() is threading.main_thread()
    grant = grant._replace(memory=MEMORY, output=OUTPUT, files=_FILES)
    sandbox = Sandbox(grant, level, Record() if record is None else record, ends_with_thread=ends_with_thread)
    process = None
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL if output else subprocess.PIPE,
            stdout=output or subprocess.PIPE,
            stderr=errors or subprocess.DEVNULL,
            cwd=grant.folder or os.path.dirname(command[0]),
            env={} if is_bare else {**environment(os.environ), **_places(grant.folder, level), **(variables or {})},
            start_new_session=True,
            preexec_fn=sandbox.enter if sys.platform != "win32" else None,  # noqa: PLW1509 - all that it needs is loaded
        )
    except (subprocess.SubprocessError, ValueError) as error:
        raise OSError(errno.EINVAL, str(error)) from error
    finally:
        sandbox.close(has_started=process is not None)
    children.add(process)
    return process


def _places(folder: str, level: Level) -> dict[str, str]:
    """Return variables that keep what a program writes in its folder; one that only leads to another needs the home of the user."""
    if not folder:
        return {}
    return dict.fromkeys(("TMPDIR", "TEMP", "TMP", *(("HOME",) if level == "exact" else ())), folder)


def stop(process: "subprocess.Popen[bytes]") -> None:
    """End a program and all that it started."""
    kill(process)


def environment(own: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a renderer: what it needs to run, and nothing that leads to a network or a cluster.

    Entries of search paths that mean the current folder are left out: a renderer runs among files that may be hostile.
    """
    kept = {name: own[name] for name in _KEPT if name in own}
    searched = {name: os.pathsep.join(absolute_entries(kept[name])) for name in ("PATH", "LD_LIBRARY_PATH") if name in kept}
    return {name: value for name, value in (kept | searched).items() if value} | _NO_NETWORK
