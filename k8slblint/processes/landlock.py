"""Landlock: which files a Linux process may read, write and execute, and which signals and sockets leave it.

Sources: Documentation/userspace-api/landlock.rst and include/uapi/linux/landlock.h of Linux 6.18 (ABI 1 to 7).
"""

import ctypes
import os
import struct
import sys
from collections.abc import Iterable
from functools import cache
from typing import Any

EXECUTE = 1 << 0
WRITE_FILE = 1 << 1
READ_FILE = 1 << 2
READ_DIR = 1 << 3
_REMOVE_DIR = 1 << 4
_REMOVE_FILE = 1 << 5
_MAKE_DIR = 1 << 7
_MAKE_REG = 1 << 8
_REFER = 1 << 13
TRUNCATE = 1 << 14
_IOCTL_DEV = 1 << 15

READ = READ_FILE | READ_DIR
KEEP = READ | WRITE_FILE | _REMOVE_DIR | _REMOVE_FILE | _MAKE_DIR | _MAKE_REG | _REFER | TRUNCATE
"""To do with a folder as one likes, except for links, devices, pipes and sockets, which would lead whoever reads it astray."""

_OF_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | _IOCTL_DEV
_BY_ABI = {1: (1 << 13) - 1, 2: _REFER, 3: TRUNCATE, 5: _IOCTL_DEV}
"""The rights over files that each version brings."""

WITH_TRUNCATION, WITH_TCP, WITH_SCOPES = 3, 4, 6
_TCP = 0b11  # bind, connect
_SCOPES = 0b11  # abstract sockets, signals

_CREATE, _ADD, _RESTRICT = 444, 445, 446
_VERSION = 1
_PATH_BENEATH = 1

_RULE = struct.Struct("=Qi")


@cache
def _libc() -> Any:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    return libc


def _call(number: int, *arguments: Any) -> int:
    """Make a system call; raises `OSError`."""
    result = int(_libc().syscall(ctypes.c_long(number), *arguments))
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


@cache
def abi() -> int:
    """Return the version of Landlock that the kernel offers; 0 where there is none, and on other systems."""
    if sys.platform != "linux":
        return 0
    try:
        return _call(_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint32(_VERSION))
    except (OSError, AttributeError):
        return 0


def ruleset(rules: Iterable[tuple[str, int]], version: int) -> int:
    """Return a descriptor of a ruleset that allows what is listed, as path and rights below it, and nothing else.

    Paths that do not exist are left out. `version` is that of the kernel. Raises `OSError`.
    """
    rights = 0
    for since, added in _BY_ABI.items():
        rights |= added if since <= version else 0
    words = [rights, _TCP if version >= WITH_TCP else 0, _SCOPES if version >= WITH_SCOPES else 0]
    used = words[: 1 + (version >= WITH_TCP) + (version >= WITH_SCOPES)]
    attributes = struct.pack(f"={len(used)}Q", *used)
    made = _call(_CREATE, ctypes.c_char_p(attributes), ctypes.c_size_t(len(attributes)), ctypes.c_uint32(0))
    try:
        for path, allowed in rules:
            _allow(made, path, allowed & rights)
    except OSError:
        os.close(made)
        raise
    return made


def _allow(made: int, path: str, rights: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        rights = rights if os.path.isdir(path) else rights & _OF_FILES
        rule = ctypes.c_char_p(_RULE.pack(rights, place))
        _call(_ADD, ctypes.c_int(made), ctypes.c_int(_PATH_BENEATH), rule, ctypes.c_uint32(0))
    finally:
        os.close(place)


def restrict(made: int) -> bool:
    """Hold the calling thread, and all that it starts, to a ruleset; tell whether that worked."""
    return int(_libc().syscall(ctypes.c_long(_RESTRICT), ctypes.c_int(made), ctypes.c_uint32(0))) == 0
