"""Knows how a program is run within bounds of time, memory and output, without a network, on input that may be hostile."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from tempfile import TemporaryFile
from typing import IO, NamedTuple

SECONDS = 20.0
"""Wall time of one rendering; the largest charts of public repositories take less than a tenth of a second."""

MEMORY = 2_000_000_000
"""Bytes of data that a renderer may allocate (`RLIMIT_DATA`): a Go program starts with some 200 MB reserved."""

OUTPUT = 50_000_000
"""Bytes that a renderer may print."""

_LONGEST_ERROR = 100_000

_UNREACHABLE = "http://127.0.0.1:9"
"""The discard port: what asks for the network is refused at once."""

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
    "GOTRACEBACK": "none",
    "LC_ALL": "C",
}

_KEPT = ("PATH", "HOME", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "LD_LIBRARY_PATH", "HELM_C_LIB", "VIRTUAL_ENV")


class Ended(NamedTuple):
    """How a program ended: its exit status, what it printed, and which bound stopped it, or `""`."""

    status: int
    output: bytes
    errors: str
    stopped_by: str = ""


def run(
    command: Sequence[str], *, folder: str | None = None, seconds: float = SECONDS, variables: Mapping[str, str] | None = None
) -> Ended:
    """Run a program to its end within bounds; `variables` are added to its environment. Raises `OSError` when it cannot be started.

    What it prints goes through files, whose size the system bounds.
    """
    with TemporaryFile() as output, TemporaryFile() as errors:
        with start(command, folder=folder, output=output, errors=errors, variables=variables) as process:
            try:
                process.wait(seconds)
            except subprocess.TimeoutExpired:
                stop(process)
                return Ended(-1, b"", "", f"{seconds:g} seconds")
        if output.seek(0, os.SEEK_END) >= OUTPUT:
            return Ended(process.returncode, b"", "", f"{OUTPUT // 1_000_000} MB of output")
        output.seek(0)
        errors.seek(0)
        return Ended(process.returncode, output.read(), errors.read(_LONGEST_ERROR).decode("utf-8", "replace"))


def start(
    command: Sequence[str],
    *,
    folder: str | None = None,
    output: IO[bytes] | None = None,
    errors: IO[bytes] | None = None,
    variables: Mapping[str, str] | None = None,
) -> "subprocess.Popen[bytes]":
    """Start a program in a session of its own, with bounds on memory and output and an environment that reaches no network.

    Without `output` it is spoken to through pipes, and what it says on standard error is lost.
    """
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL if output else subprocess.PIPE,
        stdout=output or subprocess.PIPE,
        stderr=errors or subprocess.DEVNULL,
        cwd=folder,
        env={**environment(os.environ), **(variables or {})},
        start_new_session=True,
        preexec_fn=_bound if sys.platform != "win32" else None,  # noqa: PLW1509 - no thread holds a lock that the child would need
    )


def stop(process: "subprocess.Popen[bytes]") -> None:
    """End a program and all that it started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (OSError, AttributeError):
        process.kill()


def environment(own: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a renderer: what it needs to run, and nothing that leads to a network or a cluster."""
    return {name: own[name] for name in _KEPT if name in own} | _NO_NETWORK


def _bound() -> None:
    import resource  # not on Windows

    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (OUTPUT, OUTPUT))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
