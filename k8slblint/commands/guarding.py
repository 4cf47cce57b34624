"""How the process of a command runs and ends, whatever happens: signals, streams that are closed, faults, exit status."""

import atexit
import gc
import os
import sys
import threading
from collections.abc import Callable
from typing import NoReturn

from k8slblint.commands.terminals import say
from k8slblint.model.errors import UsageError
from k8slblint.processes import endings

UNTRUSTED_EXIT = 2

INTERRUPTED_EXIT = 130


def run_to_the_end(action: Callable[[], int | None], *, is_all: bool = False) -> NoReturn:
    """Do what a command does and leave with its status: 0, 1, or 2 where it is not to be trusted, 128 + n by signal n.

    `is_all` tells that it is all that the process does.
    """
    gc.disable()  # one run builds one graph and ends: what cycles there are go with the process
    endings.heed_signals()
    try:
        status = _status_of(action)
    finally:
        endings.leave()
        gc.freeze()  # the process ends: to look for cycles among all that a scan has built takes an eighth of its time
    if is_all:
        _leave_at_once(status)
    sys.exit(status)


def _leave_at_once(status: int) -> None:
    """End the process without taking all of its objects apart, where nobody waits for that: a twentieth of a small scan.

    Python is left to do it where functions are registered for the end, threads run, something measures, or a stream cannot be written.
    """
    is_awaited = atexit._ncallbacks() or threading.active_count() > 1 or sys.gettrace() or sys.getprofile()  # noqa: SLF001 - none asks else
    if is_awaited or sys.stdout is None or sys.stderr is None:
        return
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError):
        return
    os._exit(status)


def _status_of(action: Callable[[], int | None]) -> int:
    try:
        return action() or 0
    except UsageError as error:
        say(f"k8slblint: {error}")
    except KeyboardInterrupt:
        say("")
        return INTERRUPTED_EXIT
    except BrokenPipeError:
        _close_quietly()
    except Exception:  # noqa: BLE001 - a fault of ours must not look like findings, which is what Python's own status 1 means here
        import traceback

        traceback.print_exc()
    return UNTRUSTED_EXIT


def _close_quietly() -> None:
    """Let what is left unwritten go nowhere: the reader has closed the pipe."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
