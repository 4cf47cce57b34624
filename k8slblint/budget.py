"""The budget of one run: how much time, text and work its input may take, what took it, and which limit ended it.

One object per run, made by the command and handed on; nothing here is global, so that one process can make many runs.
"""

import errno
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Literal, NamedTuple, TypeAlias

Limit: TypeAlias = Literal["seconds", "bytes_read", "bytes_rendered", "charts", "objects", "places", "place_seconds"]


class Limits(NamedTuple):
    """What one run may take. docs/configuration.md says how these numbers compare with real repositories.

    `seconds` is wall time; `bytes_read` counts each file once; `bytes_rendered` what renderers,
    substitutions and templates yield; `charts` the charts packed, dependencies included; `objects` those read from files and renderings.
    `places` and `place_seconds` bound the renderings by which the lines of findings are proven: beyond them a finding is shown at its
    object, and nothing else is lost.
    """

    seconds: float = 600.0
    bytes_read: int = 220_000_000
    bytes_rendered: int = 1_000_000_000
    charts: int = 50_000
    objects: int = 500_000
    places: int = 100_000
    place_seconds: float = 300.0

    def lowered(self, stated: Mapping[str, float]) -> "Limits":
        """Return the limits with those that are stated lower."""
        return self.changed({name: min(value, getattr(self, name)) for name, value in stated.items()})

    def changed(self, stated: Mapping[str, float]) -> "Limits":
        """Return the limits with those that are stated, by their names, in place of these."""
        values: dict[str, Any] = {name: value if name.endswith("seconds") else int(value) for name, value in stated.items()}
        return self._replace(**values)


class OverLimitError(Exception):
    """One input takes more than it may: `reason` is a sentence without a period, `culprit` names the input."""

    def __init__(self, reason: str, culprit: str = "") -> None:
        """Hold the sentence for the user."""
        super().__init__(reason)
        self.reason = reason
        self.culprit = culprit


class BudgetSpentError(OverLimitError):
    """The budget of the run is spent."""


class Spent(NamedTuple):
    """Which limit ended a run, and the input that spent it."""

    limit: Limit
    spent_by: str


Lack: TypeAlias = Literal["disk", "memory", "open_files", "renderer_memory"]

_LACKS: Mapping[int, Lack] = {
    errno.ENOSPC: "disk",
    getattr(errno, "EDQUOT", errno.ENOSPC): "disk",
    errno.ENOMEM: "memory",
    errno.EAGAIN: "memory",
    errno.EMFILE: "open_files",
    errno.ENFILE: "open_files",
}
"""What the machine lacks when a program cannot be started or a file not be written (fork(2), write(2), open(2))."""


class Lacked(NamedTuple):
    """What the machine or a renderer, which may take only so much memory, ran out of, and the first input that was not looked at for it."""

    limit: Lack
    spent_by: str


_WORDS: Mapping[Limit, str] = {
    "seconds": "seconds",
    "bytes_read": "bytes read",
    "bytes_rendered": "bytes rendered",
    "charts": "charts",
    "objects": "objects",
    "places": "renderings to find lines",
    "place_seconds": "seconds to find lines",
}


class Budget:
    """What is left of the limits of one run.

    Counts may be taken from several threads; a count that is off by a few does no harm.
    """

    def __init__(self, limits: Limits | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        """Start the clock."""
        self.limits = limits or Limits()
        self.spent: Spent | None = None
        self.lacked: Lacked | None = None
        self.on_unit: Callable[[int | None, int, str], None] | None = None
        self.places_given_up = 0
        self._taken: dict[str, float] = dict.fromkeys(Limits._fields, 0)
        self._clock = clock
        self._start = self._last = clock()
        self._seconds_by: dict[str, float] = {}
        self._busy_with = ""
        self._read: set[str] = set()

    def taken(self, limit: Limit) -> float:
        """Return how much of a limit has been taken."""
        return self._clock() - self._start if limit == "seconds" else self._taken[limit]

    def seconds_left(self) -> float:
        """Return the wall time that is left, never below zero."""
        return max(0.0, self.limits.seconds - self.taken("seconds"))

    def spend(self, limit: Limit, amount: float, culprit: str) -> None:
        """Take an amount for an input, named as reports name it.

        Raises:
            BudgetSpentError: that limit, or the time, is spent; it names what was spent first, and by which input.

        """
        self._taken[limit] += amount
        now = self._clock()
        self._seconds_by[self._busy_with] = self._seconds_by.get(self._busy_with, 0.0) + now - self._last
        self._busy_with, self._last = culprit, now
        if self._taken[limit] > getattr(self.limits, limit):
            self._refuse(limit, culprit)
        if now - self._start > self.limits.seconds:
            self.expire()

    def read(self, real: str, size: int, culprit: str) -> None:
        """Take the bytes of a file, given by its real path, once however often it is read. Raises `BudgetSpentError`."""
        self.spend("bytes_read", 0 if real in self._read else size, culprit)
        self._read.add(real)

    def take(self, limit: Limit, amount: float) -> None:
        """Take an amount without asking whether it is there."""
        self._taken[limit] += amount

    def has_left(self, *limits: Limit) -> bool:
        """Tell whether none of some limits is used up."""
        return all(self.taken(limit) < getattr(self.limits, limit) for limit in limits)

    def ask(self, culprit: str) -> None:
        """Go on with an input if there is time. Raises `BudgetSpentError`; cheaper than to spend something."""
        self._busy_with = culprit
        if self._clock() - self._start > self.limits.seconds:
            self.expire()

    def expire(self) -> None:
        """Say that the time is spent. Raises `BudgetSpentError`, which names the input that took most of it."""
        self._seconds_by[self._busy_with] = self._seconds_by.get(self._busy_with, 0.0) + self._clock() - self._last
        self._last = self._clock()
        self._refuse("seconds", max(self._seconds_by, key=lambda name: (bool(name), self._seconds_by[name])))

    def begin(self, name: str, done: int | None = None, of: int = 0) -> None:
        """Tell who watches (`on_unit`) that a unit is begun, after so many of all; without a number only which one."""
        if self.on_unit is not None:
            self.on_unit(done, of, name)

    def note_lack(self, error: Exception, culprit: str) -> None:
        """Note what the machine has run out of, where an error says so: the run goes on, and is not to be trusted."""
        lack = _LACKS.get(error.errno or 0) if isinstance(error, OSError) else None
        if lack is not None:
            self.lack(lack, culprit)

    def lack(self, what: Lack, culprit: str) -> None:
        """Note what there was too little of for an input, unless something is noted already."""
        self.lacked = self.lacked or Lacked(what, culprit)

    def _refuse(self, limit: Limit, culprit: str) -> None:
        self.spent = self.spent or Spent(limit, culprit)
        limit = self.spent.limit
        most = f"{getattr(self.limits, limit):,g}" if limit == "seconds" else f"{getattr(self.limits, limit):,}"
        by = f" by '{self.spent.spent_by}'" if self.spent.spent_by else ""
        raise BudgetSpentError(f"the budget of {most} {_WORDS[limit]} for the whole run was spent{by}", self.spent.spent_by)

    def part(self, limit: Limit | None, most: float, culprit: str, noun: str = "") -> "Part":
        """Return a part of a limit for one input alone, which may take no more than `most`; without a limit only the time is asked."""
        return Part(self, limit, most, culprit, noun or _WORDS[limit or "bytes_read"])


class Part:
    """What one input may take of a budget: a limit of its own, far below that of the run."""

    def __init__(self, budget: Budget, limit: Limit | None, most: float, culprit: str, noun: str) -> None:
        """Take nothing yet."""
        self.budget = budget
        self.culprit = culprit
        self._limit = limit
        self._most = most
        self._noun = noun
        self._taken = 0.0

    def spend(self, amount: float) -> None:
        """Take an amount. Raises `OverLimitError`, or `BudgetSpentError` where the run has no more."""
        self._taken += amount
        if self._taken > self._most:
            raise OverLimitError(f"it takes more than {self._most:,} {self._noun}", self.culprit)
        if self._limit is None:
            self.budget.ask(self.culprit)
        else:
            self.budget.spend(self._limit, amount, self.culprit)


@contextmanager
def alarm(budget: Budget, grace: float = 3.0) -> Iterator[None]:
    """End whatever does not ask the budget: when its time is over and `grace` seconds more, `BudgetSpentError` is raised where the run is.

    Only in the main thread of a system with alarms (not on Windows), and not where somebody else has set one; it interrupts even a
    regular expression. It is raised once, so that the report can be made of what there is.
    """
    import signal

    def expire(_signal: object, _frame: object) -> None:
        budget.expire()

    is_possible = hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()
    if not is_possible or signal.getitimer(signal.ITIMER_REAL)[0]:
        yield
        return
    before = signal.signal(signal.SIGALRM, expire)
    signal.setitimer(signal.ITIMER_REAL, budget.seconds_left() + grace)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
