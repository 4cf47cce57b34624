"""The line that says on a terminal what a long scan is doing, and is gone when that is done."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from k8slblint.budget import Budget
from k8slblint.commands.terminals import columns, is_watched

_PATIENCE = 1.0
"""Seconds for which a scan says nothing: most are done by then."""

_PACE = 0.1
"""Seconds between two lines."""

_ERASE = "\r\x1b[2K"
"""To the first column, and clear the line (ECMA-48, EL)."""


@contextmanager
def shown(budget: Budget, *, is_wanted: bool) -> Iterator[None]:
    """Say meanwhile which unit is rendered, and how many of all are, where a person sees standard error."""
    if not is_wanted or not is_watched() or os.environ.get("TERM", "dumb") == "dumb":
        yield
        return
    line = _Line()
    budget.on_unit = line.show
    try:
        yield
    finally:
        budget.on_unit = None
        line.erase()


class _Line:
    """One line of standard error, written over and over; several threads may do so."""

    def __init__(self) -> None:
        self._counts = ""
        self._next = time.monotonic() + _PATIENCE
        self._is_shown = False

    def show(self, done: int | None, of: int, name: str) -> None:
        """Say that a unit is begun after so many; without a number only which one."""
        from k8slblint.reporting.excerpt import visible

        if done is not None:
            self._counts = f"{done} of {of} rendered, now"
        now = time.monotonic()
        if now < self._next or not self._counts:
            return
        self._next, self._is_shown = now + _PACE, True
        text = f"k8slblint: {self._counts} {visible(name)}"
        _write(f"{_ERASE}{text[: columns(sys.stderr) - 1]}")

    def erase(self) -> None:
        """Leave nothing behind."""
        if self._is_shown:
            _write(_ERASE)


def _write(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()
