"""Temporary folders: private to a run, gone with it, and swept by a later run where it was killed.

A folder holds a file that the run keeps locked (flock(2)) and, beside it, the folder that children write to.
The lock goes with the process, however that ends; a folder whose lock is free therefore belongs to nobody.
"""

import contextlib
import os
import re
import secrets
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice

from k8slblint.processes import endings

_PREFIX = "k8slblint-"
_OURS = re.compile(rf"{_PREFIX}[0-9a-f]{{16}}", re.ASCII)
_LOCK = "lock"
_WORK = "work"
_MOST_LOOKED_AT = 20_000
"""Entries of the temporary folder of the system that are looked at; a crowded one may not delay a run."""

_locks: dict[str, int] = {}
"""The folders of this process, each with the descriptor of its lock, or -1."""

_swept: set[str] = set()


def make() -> str:
    """Make a folder that only this user can read, and return its real path. Raises `OSError`."""
    parent = os.path.realpath(tempfile.gettempdir())
    if parent not in _swept:
        _swept.add(parent)
        sweep(parent)
    top = os.path.join(parent, _PREFIX + secrets.token_hex(8))
    _locks[top] = -1  # from here on it is removed, whatever interrupts
    os.mkdir(top, 0o700)
    _locks[top] = _locked(top)
    work = os.path.join(top, _WORK)
    os.mkdir(work, 0o700)
    return work


def remove(folder: str) -> None:
    """Remove a folder that `make` made."""
    top = os.path.dirname(folder)
    shutil.rmtree(top, ignore_errors=True)
    lock = _locks.pop(top, -1)
    if lock >= 0:
        os.close(lock)


@contextmanager
def folder() -> Iterator[str]:
    """Give a folder for a while."""
    made = make()
    try:
        yield made
    finally:
        remove(made)


def remove_all() -> None:
    """Remove the folders that this process still has."""
    for top in list(_locks):
        remove(os.path.join(top, _WORK))


endings.at_end.append(remove_all)


def sweep(parent: str) -> None:
    """Remove the folders of runs that were killed; never one of a living run or of another user, and never what a link leads to."""
    if sys.platform == "win32" or not shutil.rmtree.avoids_symlink_attacks:
        return
    with contextlib.suppress(OSError), os.scandir(parent) as entries:
        for entry in islice(entries, _MOST_LOOKED_AT):
            if _OURS.fullmatch(entry.name):
                with contextlib.suppress(OSError):
                    _sweep_one(parent, entry.name)


def _locked(top: str) -> int:
    """Return the descriptor of a new lock of a folder; it gets its name only when it is held."""
    if sys.platform == "win32":
        return -1
    import fcntl

    unnamed = os.path.join(top, f"{_LOCK}.new")
    lock = os.open(unnamed, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.rename(unnamed, os.path.join(top, _LOCK))
    except OSError:  # a file system without locks: nobody sweeps what has none
        os.close(lock)
        return -1
    return lock


def _sweep_one(parent: str, name: str) -> None:
    """Remove one folder if it is ours and its lock is free. Raises `OSError` where it is not, or cannot be, removed."""
    if sys.platform == "win32":
        return
    import fcntl

    above = os.open(parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        place = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=above)
        try:
            lock = _lock_of(place)
        finally:
            os.close(place)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(name, ignore_errors=True, dir_fd=above)
        finally:
            os.close(lock)
    finally:
        os.close(above)


def _lock_of(place: int) -> int:
    """Return the descriptor of the lock in an open folder; raises `OSError` where the folder or the lock is not as `make` makes it."""
    _must_be_ours(os.fstat(place), stat.S_IFDIR | 0o700)
    lock = os.open(_LOCK, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=place)
    try:
        _must_be_ours(os.fstat(lock), stat.S_IFREG | 0o600)
    except OSError:
        os.close(lock)
        raise
    return lock


def _must_be_ours(found: os.stat_result, mode: int) -> None:
    if found.st_uid != os.geteuid() or found.st_mode != mode:
        raise PermissionError
