"""Runs programs one after the other and says what each took: processor time, wall time and memory of all its processes."""

import os
import resource
import shutil
import signal
import statistics
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

SECONDS = 600.0
"""How long one run may take."""


class Run(NamedTuple):
    """One run: seconds of processor time (user and system) and of wall time, megabytes of its largest process, why it does not count."""

    cpu: float
    wall: float
    megabytes: float
    failure: str = ""


class Figure(NamedTuple):
    """The median of several numbers, with the least and the most."""

    median: float
    least: float
    most: float


def figure(numbers: Sequence[float]) -> Figure:
    """Return the median of at least one number, and the ends."""
    return Figure(statistics.median(numbers), min(numbers), max(numbers))


def ratios(numbers: Sequence[float], reference: Sequence[float]) -> Figure:
    """Return the ratio of each pair of the same round: the median, the least and the most. Rounds without time are left out."""
    return figure([own / other for own, other in zip(numbers, reference, strict=False) if other] or [0.0])


def run(command: Sequence[str], folder: Path, variables: Mapping[str, str], statuses: Sequence[int] = (0, 1)) -> Run:
    """Run a command to its end and measure it with its children; a status that is not listed is a failure."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"} | dict(variables)
    with tempfile.TemporaryFile() as errors:
        start = time.monotonic()
        try:
            process = subprocess.Popen(
                command,
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                start_new_session=True,
            )
        except OSError as error:
            return Run(0, 0, 0, f"cannot be started: {error.strerror}")
        usage, status, is_late = _wait(process)
        wall = time.monotonic() - start
        errors.seek(0)
        said = errors.read(4000).decode("utf-8", "replace").strip().splitlines()
    failure = f"took more than {SECONDS:g} s" if is_late else ""
    if not failure and status not in statuses:
        failure = f"status {status}: {said[-1][:120] if said else 'no message'}"
    return Run(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1000, failure)


def _wait(process: "subprocess.Popen[bytes]") -> tuple[resource.struct_rusage, int, bool]:
    """Wait for the end of a process; kill its group when the time is over."""
    is_late = False

    def end(*_: object) -> None:
        nonlocal is_late
        is_late = True
        os.killpg(process.pid, signal.SIGKILL)

    before = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        _, status, usage = os.wait4(process.pid, 0)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage, process.returncode, is_late


class Tool(NamedTuple):
    """A program of the benchmark: how it is called on a folder or file, and the statuses with which it has done its work.

    `missing` says why it cannot be run; `variables` are added to its environment; it may take files and no folders.
    """

    name: str
    command: tuple[str, ...]
    statuses: tuple[int, ...] = (0, 1)
    missing: str = ""
    variables: tuple[tuple[str, str], ...] = ()
    only_files: bool = False

    @property
    def is_own(self) -> bool:
        """Whether it is a k8slblint."""
        return "{extra}" in self.command


class Case(NamedTuple):
    """What is measured: every tool on a target, `rounds` times in turn, after one run that does not count.

    `extra` are more arguments of k8slblint; with `is_cold` each run starts with an empty cache, else it has that of the run before.
    """

    name: str
    target: Path
    extra: tuple[str, ...] = ()
    is_cold: bool = False
    only_own: bool = False


def rows(case: Case, tools: Sequence[Tool], rounds: int, caches: Path) -> dict[str, list[Run]]:
    """Return the runs of each tool that takes part in a case, by its name; of no `rounds` the one run that there is.

    A tool that fails once is not run again.
    """
    found: dict[str, list[Run]] = {tool.name: [] for tool in tools if _takes_part(tool, case)}
    for number in range(rounds + 1):
        for tool in tools:
            own = found.get(tool.name)
            if own is None or (own and own[-1].failure):
                continue
            one = _once(case, tool, caches)
            if number or not rounds or one.failure:
                own.append(one)
    return found


def _takes_part(tool: Tool, case: Case) -> bool:
    if tool.missing or (case.only_own and not tool.is_own):
        return False
    return not (tool.only_files and case.target.is_dir())


def _once(case: Case, tool: Tool, caches: Path) -> Run:
    """Run a tool on a case, a k8slblint with a cache of its own."""
    cache = caches / tool.name
    if case.is_cold:
        shutil.rmtree(cache, ignore_errors=True)
    cache.mkdir(parents=True, exist_ok=True)
    command = [
        part for word in tool.command for part in (case.extra if word == "{extra}" else (word.replace("{target}", str(case.target)),))
    ]
    folder = case.target if case.target.is_dir() else case.target.parent
    variables = dict(tool.variables) | ({"XDG_CACHE_HOME": str(cache)} if tool.is_own else {})
    return run(command, folder, variables, tool.statuses)
