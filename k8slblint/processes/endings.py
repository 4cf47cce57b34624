"""How a run ends early: its children are killed, its temporary folders are removed, and the status names the signal."""

import contextlib
import errno
import os
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import subprocess  # most runs start no program

_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")


class _Children:
    """The children that are alive; none is started once the run ends."""

    def __init__(self) -> None:
        self._alive: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.RLock()  # a signal may come to the thread that holds it
        self.is_ending = False

    def add(self, child: "subprocess.Popen[bytes]") -> None:
        """Note a child that was started, or kill it where the run has begun to end meanwhile; then raises `OSError`."""
        with self._lock:
            self._alive = {one for one in self._alive if one.returncode is None} | {child}
        if self.is_ending:
            kill(child)
            child.wait()
            self.refuse_to_start()

    def refuse_to_start(self) -> None:
        """Raise `OSError` where the run ends."""
        if self.is_ending:
            raise OSError(errno.ECANCELED, "the run is ending")

    def end(self) -> None:
        """Kill all, and let no more be started."""
        self.is_ending = True
        for child in self._alive:
            if child.returncode is None:
                kill(child)


children = _Children()

_before: dict[int, Any] = {}
"""The signals that are heeded, each with what it did before."""

at_end: list[Callable[[], None]] = []
"""What is left to do when the run ends, however it ends."""


def kill(child: "subprocess.Popen[bytes]") -> None:
    """Kill a child that leads a session of its own, with all that it started."""
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except (OSError, AttributeError):
        child.kill()


def wait_for(child: "subprocess.Popen[bytes]", seconds: float) -> bool:
    """Wait until a child has ended, at most so long; tell whether it has.

    `Popen.wait` asks again and again and sleeps in between, up to 0.05 s (Python 3.11, `subprocess.py`: `_wait`), which is as long as
    a rendering takes. Linux 5.3 has a descriptor that becomes readable when a process ends (pidfd_open(2)); elsewhere, and where it is
    refused, that is what is left. On Windows `Popen.wait` sleeps in the system.
    """
    import subprocess

    if sys.platform == "linux" and child.returncode is None:
        with contextlib.suppress(OSError):
            _sleep_until_ended(os.pidfd_open(child.pid), seconds)
            seconds = 0
    try:
        child.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


def _sleep_until_ended(descriptor: int, seconds: float) -> None:
    """Sleep until the process of a descriptor has ended, at most so long, and close that."""
    import select

    try:
        poll = select.poll()  # unlike `select`, it takes descriptors above 1024
        poll.register(descriptor, select.POLLIN)
        poll.poll(seconds * 1000)
    finally:
        os.close(descriptor)


def heed_signals() -> None:
    """Let SIGTERM and SIGHUP end this process as Ctrl-C does; signals that it was started to ignore stay ignored."""
    if threading.current_thread() is not threading.main_thread():
        return
    owner = os.getpid()

    def end(number: int, _: FrameType | None) -> None:
        if os.getpid() != owner:
            os._exit(128 + number)  # a child that has not yet become its program
        children.end()
        if number == signal.SIGINT:
            raise KeyboardInterrupt
        sys.exit(128 + number)

    for name in _SIGNALS:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
            _before[number] = signal.signal(number, end)


def leave() -> None:
    """End what is left of a run, undisturbed by signals; then they mean again what they did before `heed_signals`."""
    for number in _before:
        signal.signal(number, signal.SIG_IGN)
    children.end()
    for finish in at_end:
        finish()
    children.is_ending = False
    while _before:
        signal.signal(*_before.popitem())
