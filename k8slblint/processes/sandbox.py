"""The sandbox of a child process: what is prepared for it, what it does to itself before its program starts, and what that achieved.

Everything is prepared in the parent. Between fork and exec the child makes a handful of system calls and imports nothing.
What a system does not offer is left out and reported: no result depends on the sandbox.
"""

import contextlib
import glob
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, Literal, NamedTuple, TypeAlias

from k8slblint.processes import landlock, seccomp
from k8slblint.processes.programs import absolute_entries, loaded, nature

Level: TypeAlias = Literal["exact", "wide", "network", "none"]

LEVELS: tuple[Level, ...] = ("exact", "wide", "network", "none")
"""How closely a program is held: to its own file; to the programs of the system; only off the network; not at all."""

_LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache", "/etc/ld.so.preload")
_STORES = ("/nix/store", "/gnu/store", "/home/linuxbrew/.linuxbrew")
_DEVICES = ("/dev/random", "/dev/urandom", "/dev/zero")
_TIMES = ("/etc/localtime", "/etc/timezone", "/usr/share/zoneinfo")
_SYSTEM = ("/bin", "/sbin", "/usr", "/opt", "/lib", "/lib32", "/lib64", *_STORES)
_MANAGERS = (
    ".asdf",
    ".tool-versions",
    ".config/mise",
    ".local/share/mise",
    ".local/state/mise",
    ".config/aquaproj-aqua",
    ".local/share/aquaproj-aqua",
    ".kuberlr",
    ".rd",
    "google-cloud-sdk",
)
"""Where managers of versions keep programs and what chooses between them, below the home of the user."""

_RUN = landlock.EXECUTE | landlock.READ_FILE


class Grant(NamedTuple):
    """What a program may do: read `reads`, list `lists`, do as it likes with what is below `folder`, and start the programs `runs`.

    Paths are absolute. `seconds` bounds its processor time (None: it bounds itself), `memory` its data and `output` each file, in bytes.
    """

    program: str
    folder: str = ""
    reads: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()
    runs: tuple[str, ...] = ()
    seconds: int | None = None
    memory: int | None = None
    output: int | None = None
    files: int | None = None


class Levels:
    """The level of each program in this process: as close as its nature allows, until it turns out not to work there."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._levels: dict[str, Level] = {}
        self._proven: set[str] = set()

    def of(self, program: str) -> Level:
        """Return the level of a program."""
        if program not in self._levels:
            first: dict[str, Level] = {"binary": "exact", "dispatcher": "wide", "privileged": "none"}
            self._levels[program] = first[nature(program)]
        return self._levels[program]

    def prove(self, program: str) -> None:
        """Note that a program works at its level."""
        self._proven.add(program)

    def widen(self, program: str, before: Level, works: Callable[[], bool]) -> bool:
        """Find the closest level at which a program works that failed at the level `before`; tell whether it is another one.

        `works` asks the program something that no scanned file has a say in. Where it works nowhere the level stays.
        """
        with self._lock:
            if program in self._proven:
                return self.of(program) != before
            for level in LEVELS[LEVELS.index(before) :]:
                self._levels[program] = level
                if works():
                    self._proven.add(program)
                    return level != before
            self._levels[program] = before
            self._proven.add(program)
            return False


levels = Levels()

OPEN = frozenset({"files", "network", "programs", "signals", "truncation"})
"""The words for what a sandbox may leave open."""


class Record:
    """What the sandboxes of one run left open."""

    def __init__(self) -> None:
        """Know of no child yet."""
        self._open: set[str] = set()
        self._started = self._has_any = False

    def add(self, left_open: frozenset[str], *, is_any: bool) -> None:
        """Note a child: what its sandbox left open, and whether it had any."""
        self._open |= left_open
        self._started = True
        self._has_any = self._has_any or is_any

    def join(self, other: "Record") -> None:
        """Note all that another record knows of."""
        self.join_told(other.told)

    def join_told(self, told: list[str] | None) -> None:
        """Note what `told` of another record returned."""
        if told is not None:
            self.add(frozenset(told) - {"none"}, is_any="none" not in told)

    @property
    def told(self) -> list[str] | None:
        """What was left open, in words, with `none` where no child had any sandbox; None where no child was started."""
        return [*sorted(self._open), *(() if self._has_any else ("none",))] if self._started else None

    @property
    def state(self) -> str | None:
        """`full`, `none`, or `partial: does not restrict ...`; None where no program was started."""
        if not self._started:
            return None
        if not self._has_any:
            return "none"
        return f"partial: does not restrict {', '.join(sorted(self._open))}" if self._open else "full"


class Sandbox:
    """The sandbox of one child: `enter` is for the child between fork and exec, `close` for the parent when it has started."""

    def __init__(self, grant: Grant, level: Level, record: Record, *, ends_with_thread: bool) -> None:
        """Prepare; `ends_with_thread` has the child killed when the thread that starts it ends, as it does with the process."""
        self._level = level
        self._record = record
        self._parent = os.getpid()
        self._ends_with_thread = ends_with_thread and sys.platform == "linux"
        self._limits = list(_limits(grant))
        self._setrlimit = _setrlimit()
        self._version = landlock.abi() if level in ("exact", "wide") else 0
        self._rules = _ruleset(grant, level, self._version) if self._version else -1
        self._filter = _filter(grant, level) if level != "none" and sys.platform == "linux" else None
        self._told, self._tell = os.pipe()

    def enter(self) -> None:
        """Apply all of it to this process; what does not work is left out, and told to the parent."""
        for kind, limit in self._limits:
            with contextlib.suppress(OSError, ValueError):
                self._setrlimit(kind, limit)
        if self._ends_with_thread:
            seccomp.end_with_parent(signal.SIGKILL)
            if os.getppid() != self._parent:
                os._exit(1)
        applied = 0
        if (self._rules >= 0 or self._filter is not None) and seccomp.forgo_privileges():
            applied |= self._rules >= 0 and landlock.restrict(self._rules)
            applied |= (self._filter is not None and seccomp.enter(self._filter)) << 1
        os.write(self._tell, bytes([applied]))

    def close(self, *, has_started: bool) -> None:
        """Give back what was prepared, and note what the child told."""
        os.close(self._tell)
        applied = (os.read(self._told, 1) or b"\0")[0] if has_started else 0
        os.close(self._told)
        if self._rules >= 0:
            os.close(self._rules)
        if has_started:
            self._record.add(frozenset(self._left_open(applied)), is_any=bool(applied))

    def _left_open(self, applied: int) -> Iterator[str]:
        if not applied & 2:
            yield "network"
        if not applied & 1:
            yield from ("files", "programs", "signals")
            return
        if self._level != "exact":
            yield "programs"
        if self._version < landlock.WITH_TRUNCATION:
            yield "truncation"
        if self._version < landlock.WITH_SCOPES:
            yield "signals"


def _setrlimit() -> Callable[[int, tuple[int, int]], None]:
    if sys.platform == "win32":
        return lambda *_: None
    import resource

    return resource.setrlimit


def _limits(grant: Grant) -> Iterator[tuple[int, tuple[int, int]]]:
    """Yield the limits of a child, none above what holds for this process, which it could not set."""
    if sys.platform == "win32":
        return
    import resource

    wanted = {
        resource.RLIMIT_DATA: grant.memory,
        resource.RLIMIT_FSIZE: grant.output,
        resource.RLIMIT_CPU: grant.seconds,
        resource.RLIMIT_NOFILE: grant.files,
        resource.RLIMIT_CORE: 0,
    }
    for kind, most in wanted.items():
        hard = resource.getrlimit(kind)[1]
        if most is not None:
            limit = most if hard == resource.RLIM_INFINITY else min(most, hard)
            yield kind, (limit, limit)


def _filter(grant: Grant, level: Level) -> Any:
    is_exact = level == "exact"
    program = seccomp.filter_program(has_children=bool(grant.runs) or not is_exact, is_exact=is_exact)
    return seccomp.prepared(program) if program else None


def _ruleset(grant: Grant, level: Level, version: int) -> int:
    rules = [*_common_rules(grant), *(_exact_rules(grant) if level == "exact" else _wide_rules(grant))]
    try:
        return landlock.ruleset(rules, version)
    except OSError:
        return -1


def _common_rules(grant: Grant) -> Iterator[tuple[str, int]]:
    yield os.devnull, landlock.READ_FILE | landlock.WRITE_FILE | landlock.TRUNCATE
    yield from ((path, landlock.READ) for path in (*_DEVICES, *_TIMES, *grant.reads))
    yield from ((path, landlock.READ_DIR) for path in grant.lists)
    if grant.folder:
        yield grant.folder, landlock.KEEP


def _exact_rules(grant: Grant) -> Iterator[tuple[str, int]]:
    own = tuple(absolute_entries(os.environ.get("LD_LIBRARY_PATH", "")))
    for program in (grant.program, *grant.runs):
        yield from _program_rules(program, own)


@cache
def _program_rules(program: str, own_libraries: tuple[str, ...]) -> tuple[tuple[str, int], ...]:
    """Return what it takes to execute a file: the file, and its dynamic loader with libraries or the program of its `#!` line."""
    return tuple(_rules_of(program, own_libraries))


def _rules_of(program: str, own_libraries: tuple[str, ...], depth: int = 2) -> Iterator[tuple[str, int]]:
    yield program, _RUN
    found = loaded(program)
    if not found.by:
        return
    if found.kind == "script":
        yield from _rules_of(found.by, own_libraries, depth - 1) if depth else ()
        return
    yield found.by, _RUN
    stores = (store for store in _STORES if os.path.realpath(found.by).startswith(f"{store}/"))
    yield from ((path, landlock.READ) for path in (*_LIBRARIES, *glob.glob("/etc/ld-musl-*.path"), *stores, *own_libraries))


def _wide_rules(grant: Grant) -> Iterator[tuple[str, int]]:
    home = os.path.expanduser("~")
    managers = (os.path.join(home, name) for name in _MANAGERS) if os.path.isabs(home) else ()
    besides = (os.path.dirname(path) for path in (grant.program, os.path.realpath(grant.program)))
    yield from ((path, landlock.READ | landlock.EXECUTE) for path in (*_SYSTEM, *managers, *besides))
    yield from _exact_rules(grant)
