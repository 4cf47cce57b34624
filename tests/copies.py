"""Processes that a run starts as copies of its own: which they are, and that none is left."""

import os
from collections.abc import Iterator

import pytest

from k8slblint.loading import forking


def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Yield the processes that are started, of which three may run; afterwards each of them must have ended."""
    started: list[int] = []
    fork = os.fork

    def counted_fork() -> int:
        made = fork()
        started.append(made)
        return made

    monkeypatch.setattr(os, "fork", counted_fork)
    monkeypatch.setattr(forking, "processors", lambda: 3)
    yield started
    for one in started:
        with pytest.raises(ProcessLookupError):
            os.kill(one, 0)
