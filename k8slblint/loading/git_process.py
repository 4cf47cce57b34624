"""Finds and starts git: an absolute path, a filtered environment, and limits of time, memory and output.

A repository can make git wait for ever (a FIFO as a configuration file that `include.path` names) or print without end (a tree whose
folders share their contents). What git prints goes through files, whose size the system bounds.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from tempfile import TemporaryFile
from threading import Timer
from typing import IO

from k8slblint.model.errors import UsageError
from k8slblint.model.records import NamedTuple
from k8slblint.processes.programs import absolute_entries, find_program

SECONDS_TO_ASK = 20.0
"""Wall time of a call that reads configuration and references only."""

SECONDS_TO_READ = 120.0
"""Wall time of a call that reads the index, the work tree or objects: a cold disk takes a minute for a million files."""

MEMORY = 4_000_000_000
"""Bytes of data that git may allocate; it maps its packs, which do not count."""

OUTPUT = 500_000_000
"""Bytes that git may print: the paths of some million files."""

_LONGEST_ERROR = 10_000

_KEPT = frozenset(
    {
        *("PATH", "HOME", "XDG_CONFIG_HOME", "TMPDIR", "TEMP", "TMP", "LD_LIBRARY_PATH", "DEVELOPER_DIR", "SUDO_UID"),
        *("SYSTEMROOT", "WINDIR", "USERPROFILE", "HOMEDRIVE", "HOMEPATH", "PROGRAMDATA", "APPDATA", "LOCALAPPDATA", "PATHEXT", "COMSPEC"),
        *("GIT_CONFIG_COUNT", "GIT_CONFIG_PARAMETERS", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "GIT_EXEC_PATH"),
        *("GIT_CEILING_DIRECTORIES", "GIT_DISCOVERY_ACROSS_FILESYSTEM"),
    }
)
"""What git needs to run and to find the user's own settings (git(1), git-config(1)); `SUDO_UID` decides whose repositories are safe."""

_KEPT_STARTS = ("GIT_CONFIG_KEY_", "GIT_CONFIG_VALUE_")


class GitHungError(UsageError):
    """git did not end in time, or printed more than it may."""


class Ended(NamedTuple):
    """What a call of git came to: its exit status, output, and what it said on standard error."""

    status: int
    output: bytes
    errors: str


def environment(own: Mapping[str, str]) -> dict[str, str]:
    """Return those of the user's variables that git is to see; of `PATH` the absolute entries."""
    kept = {name: value for name, value in own.items() if name.upper() in _KEPT or name.startswith(_KEPT_STARTS)}
    if "PATH" in kept:
        kept["PATH"] = os.pathsep.join(absolute_entries(kept["PATH"]))
    return kept


def run(arguments: Sequence[str], *, variables: Mapping[str, str], root: str, seconds: float) -> Ended:
    """Run git to its end. Raises `UsageError` when there is none, `GitHungError` when it goes past its bounds."""
    with TemporaryFile() as output, TemporaryFile() as errors:
        with _started(arguments, variables, subprocess.DEVNULL, output, errors) as process, _watched(process, root, seconds):
            process.wait()
        if output.seek(0, os.SEEK_END) >= OUTPUT:
            raise GitHungError(f"git printed more than {OUTPUT // 1_000_000} MB about '{root}'; name a smaller repository, or a folder.")
        output.seek(0)
        errors.seek(0)
        return Ended(process.returncode, output.read(), errors.read(_LONGEST_ERROR).decode("utf-8", "replace"))


@contextmanager
def talking(arguments: Sequence[str], request: IO[bytes], *, variables: Mapping[str, str], root: str) -> Iterator[IO[bytes]]:
    """Yield what git answers to the lines of `request`, as a stream; raises as `run` does."""
    with _started(arguments, variables, request, subprocess.PIPE, subprocess.DEVNULL) as process:
        with _watched(process, root, SECONDS_TO_READ):
            if process.stdout is not None:
                yield process.stdout
        _kill(process)


def _started(
    arguments: Sequence[str], variables: Mapping[str, str], request: IO[bytes] | int, output: IO[bytes] | int, errors: IO[bytes] | int
) -> "subprocess.Popen[bytes]":
    program = find_program("git")
    try:
        if program is not None:
            return subprocess.Popen(
                (program, *arguments),
                env=variables,
                stdin=request,
                stdout=output,
                stderr=errors,
                start_new_session=True,
                preexec_fn=_bounds() if sys.platform != "win32" else None,  # noqa: PLW1509 - it only sets limits
            )
    except (OSError, subprocess.SubprocessError) as error:
        raise UsageError(f"git cannot be started: {error}.") from error
    except ValueError as error:
        raise UsageError("git cannot look up a name with a NUL character: rename the file.") from error
    raise UsageError("git is required to compare with a revision and is not on the PATH: install it, or compare with a folder.")


@contextmanager
def _watched(process: "subprocess.Popen[bytes]", root: str, seconds: float) -> Iterator[None]:
    """End the process and what it started when it takes longer than `seconds`, and say so."""
    late: list[bool] = []

    def end() -> None:
        late.append(True)
        _kill(process)

    timer = Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    except BaseException:
        _kill(process)
        if late:
            raise _hung(root, seconds) from None
        raise
    finally:
        timer.cancel()
    if late:
        raise _hung(root, seconds)


def _hung(root: str, seconds: float) -> GitHungError:
    return GitHungError(f"git did not answer within {seconds:g} seconds in '{root}': check its configuration, or compare with a folder.")


def _kill(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is not None:
        return
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (OSError, AttributeError):
        process.kill()


def _bounds() -> Callable[[], None]:
    """Return what sets the limits in the child; what it needs is imported and computed here, in the parent."""
    import resource  # not on Windows

    wanted = {resource.RLIMIT_DATA: MEMORY, resource.RLIMIT_FSIZE: OUTPUT, resource.RLIMIT_CORE: 0}
    limits = []
    for limit, most in wanted.items():
        _, hard = resource.getrlimit(limit)
        limits.append((limit, most if hard == resource.RLIM_INFINITY else min(most, hard)))

    def set_limits() -> None:
        for limit, most in limits:
            resource.setrlimit(limit, (most, most))

    return set_limits
