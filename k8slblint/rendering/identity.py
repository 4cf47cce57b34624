"""Which renderer a file is: the hash of its content, looked up by what the system says of the file, and worked out once."""

import hashlib
import os
import re
from collections.abc import Sequence

from k8slblint.processes import temporary
from k8slblint.processes.programs import nature
from k8slblint.processes.sandbox import Record
from k8slblint.rendering import bounds
from k8slblint.rendering.storage import Storage

_HASH = re.compile(rb"[0-9a-f]{64}")
_LARGEST = 1_000_000_000


def identity_of(path: str, storage: Storage | None) -> str:
    """Return what names the content of a program or library; `""` where it cannot be read.

    The hash of a large file takes a tenth of a second, so it is kept by the path, number, size and times of the file: whoever writes to
    a file changes the time of its last change, which no call sets (inode(7), `st_ctim`).
    """
    try:
        found = os.stat(path)
    except OSError:
        return ""
    key = (os.path.realpath(path), found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
    name = hashlib.sha256(repr(("program", *key)).encode()).hexdigest()
    known = storage.read(name) if storage is not None else None
    if known is not None and _HASH.fullmatch(known):
        return known.decode()
    try:
        with open(path, "rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest() if found.st_size <= _LARGEST else ""
    except OSError:
        return ""
    if storage is not None and digest:
        storage.write(name, digest.encode())
    return digest


def identity_of_program(path: str, check: Sequence[str], storage: Storage | None, record: Record) -> str:
    """Return what names a program, `""` where that is not known: one that starts another is asked for its version, by the words `check`."""
    own = identity_of(path, storage)
    if not own or nature(path) == "binary":
        return own
    try:
        with temporary.folder() as folder:
            ended = bounds.run([path, *check], folder=folder, check=check, record=record)
    except OSError:
        return ""
    return f"{own} {hashlib.sha256(ended.output).hexdigest()}" if ended.status == 0 and ended.output.strip() else ""
