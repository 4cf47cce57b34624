"""Finds programs on PATH by absolute path, and says what a file needs to be executed.

Sources: ELF-64 object file format, version 1.5 (header, program headers, `PT_INTERP`); execve(2) of Linux for `#!`.
"""

import os
import shutil
import stat
import struct
import sys
from typing import IO, Literal, NamedTuple, TypeAlias

Nature: TypeAlias = Literal["binary", "dispatcher", "privileged"]

_HEADER = struct.Struct("<4sBB10x2x2x4x8xQ8x4x2xHH")
"""Of a 64-bit little-endian ELF file: magic, class, byte order, then where the program headers are, their size and number."""

_SEGMENT = struct.Struct("<I4xQ16xQ16x")
"""A program header: type, offset in the file, size in the file."""

_INTERPRETER = 3
_LONGEST_PATH = 4096
_MOST_SEGMENTS = 256


class Loaded(NamedTuple):
    """What the system loads to execute a file: `elf` with its dynamic loader, `script` with the program of its `#!` line, or "".

    `by` is that second program by its absolute path, or "" where there is none (a static binary).
    """

    kind: Literal["elf", "script", ""]
    by: str = ""


def find_program(name: str, *besides: str) -> str | None:
    """Return the absolute path of a program on PATH, else in one of the folders `besides`; None where there is none.

    Empty and relative entries of PATH mean the current folder, which may be the hostile one, and are left out.
    On Windows the current folder is not searched either, and only `.exe` files count: `cmd.exe` reads the arguments of `.bat` anew.
    """
    folders = [*absolute_entries(os.environ.get("PATH", "")), *filter(os.path.isabs, besides)]
    if sys.platform == "win32":
        candidates = (os.path.join(folder, f"{name}.exe") for folder in folders)
        return next(filter(os.path.isfile, candidates), None)
    return shutil.which(name, path=os.pathsep.join(folders))


def absolute_entries(path: str) -> list[str]:
    """Return the entries of a search path that do not depend on the current folder."""
    return [folder for folder in path.split(os.pathsep) if os.path.isabs(folder)]


def read_by_python() -> tuple[str, ...]:
    """Return what this interpreter reads when it starts: the standard library, what says where that is, and shared libraries."""
    libraries = (os.path.join(prefix, "lib") for prefix in (sys.base_prefix, sys.base_exec_prefix))
    return os.path.dirname(os.path.realpath(os.__file__)), os.path.join(sys.prefix, "pyvenv.cfg"), *libraries


def nature(path: str) -> Nature:
    """Tell what stands under the path of a program.

    `binary` is the program itself. A `dispatcher` starts another: a script, or a link to something of another name (asdf, mise).
    `privileged` gains rights when it starts, which a confined process cannot: setuid files, and snaps.
    """
    real = os.path.realpath(path)
    name = os.path.basename(path).removesuffix(".exe")
    try:
        mode = os.stat(real).st_mode
    except OSError:
        return "dispatcher"
    if mode & (stat.S_ISUID | stat.S_ISGID) or os.path.basename(real) == "snap":
        return "privileged"
    is_itself = os.path.basename(real).startswith(name) and loaded(real).kind == "elf"
    return "binary" if is_itself else "dispatcher"


def loaded(path: str) -> Loaded:
    """Return what executing a file loads besides it; reads its first bytes only, and takes what it cannot read for neither kind."""
    try:
        with open(path, "rb") as file:
            start = file.read(_LONGEST_PATH)
            if start.startswith(b"#!"):
                words = os.fsdecode(start[2:].partition(b"\n")[0]).split()
                return Loaded("script", words[0] if words and os.path.isabs(words[0]) else "")
            return Loaded("elf", _interpreter(start, file)) if start.startswith(b"\x7fELF\x02\x01") else Loaded("")
    except (OSError, OverflowError, ValueError, struct.error):
        return Loaded("")


def _interpreter(start: bytes, file: IO[bytes]) -> str:
    """Return the dynamic loader of an ELF file, or "" of a static one; raises `OSError` or `struct.error` for a broken one."""
    *_, offset, size, number = _HEADER.unpack_from(start)
    for index in range(min(number, _MOST_SEGMENTS)):
        file.seek(offset + index * size)
        kind, at, length = _SEGMENT.unpack(file.read(_SEGMENT.size))
        if kind == _INTERPRETER:
            file.seek(at)
            return os.fsdecode(file.read(min(length, _LONGEST_PATH)).rstrip(b"\0"))
    return ""
