"""Writes output files: whole or not at all."""

import contextlib
import errno
import os
import stat
import sys

from k8slblint.model.errors import UsageError

_CANNOT_RENAME = frozenset({errno.EACCES, errno.EPERM, errno.EROFS, errno.EBUSY, errno.EXDEV, errno.ENOTSUP, errno.ENAMETOOLONG})
"""Where a file can be written and its folder cannot: a file that is mounted by itself, another user's folder."""


def write(path: str, text: str) -> None:
    """Write text to a file as UTF-8, beside it first, so that a full disk leaves the file as it was. Raises `UsageError`.

    A link is followed to the file that it names. What is no regular file, such as a pipe, and what is standard output are written to
    as they are.
    """
    data = text.encode("utf-8", "backslashreplace")
    try:
        if _is_replaceable(path):
            _replace(os.path.realpath(path), data)
        else:
            _write(path, data)
    except OSError as error:
        raise UsageError(f"'{path}' cannot be written: {error.strerror}.") from error


def _is_replaceable(path: str) -> bool:
    """Tell whether another file may take the place of what stands here. Raises `OSError` where it may not be written."""
    if os.path.abspath(path).startswith(("/dev/", "/proc/")):
        return False
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return True
    if not stat.S_ISREG(found.st_mode) or found.st_nlink > 1 or _is_stream(found):
        return False
    if not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    return True


def _is_stream(found: os.stat_result) -> bool:
    """Tell whether a file is where standard output or standard error goes: who opened it would be left with the old one."""
    for stream in (sys.__stdout__, sys.__stderr__):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            if stream is not None and os.path.samestat(os.fstat(stream.fileno()), found):
                return True
    return False


def _replace(path: str, data: bytes) -> None:
    beside = os.path.join(os.path.dirname(path), f".k8slblint-{os.urandom(8).hex()}.tmp")
    try:
        file = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    except OSError as error:
        if error.errno not in _CANNOT_RENAME:
            raise
        _write(path, data)
        return
    try:
        with open(file, "wb") as opened:
            opened.write(data)
        _resemble(beside, path)
        os.replace(beside, path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            os.unlink(beside)
        if not isinstance(error, OSError) or error.errno not in _CANNOT_RENAME:
            raise
        _write(path, data)


def _resemble(new: str, old: str) -> None:
    """Give a new file the mode and the owner of the one that it replaces, as far as this user may."""
    try:
        found = os.stat(old)
    except FileNotFoundError:
        return
    if sys.platform != "win32" and (found.st_uid, found.st_gid) != (os.geteuid(), os.getegid()):
        with contextlib.suppress(OSError):
            os.chown(new, found.st_uid, found.st_gid)
    os.chmod(new, stat.S_IMODE(found.st_mode))


def _write(path: str, data: bytes) -> None:
    with open(path, "wb") as file:
        file.write(data)
