"""What the documents of a tree were found to hold, kept between runs in a few packs beside what was rendered of it.

A pack is text, a line for each fact (`documents.remembered`), under a name that says of which trees it is and which code read them: it is
a memory of this tree, not of all, so that one file is read rather than one for each document. Packs are written when enough is new.
"""

import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from k8slblint import __version__, documents, shipped
from k8slblint.documents.remembered import Memory
from k8slblint.rendering.storage import Storage

FORM = 1
"""The form of the lines; it changes with their meaning, as our version does with each release."""

_MOST_PACKS = 8
_PACK = 4_000_000
"""Characters of a pack, unpacked."""

_FEWEST_NEW = 20
_READERS = ("documents", "loading", "loading/hosts", "catalog", "model")
"""The rooms whose code says what is kept."""


@contextmanager
def remembering(folder: str, tops: Sequence[str]) -> Iterator[None]:
    """Know what an earlier run found in the documents of the trees with these tops, and keep what this one does."""
    if documents.memory() is not None:
        yield
        return
    storage = Storage(folder, outside=tops)
    names = [*_names(tops)]
    memory = Memory(_lines(storage, names))
    documents.use_memory(memory)
    try:
        yield
    finally:
        documents.use_memory(None)
        if len(memory.new) > max(_FEWEST_NEW, len(memory.known) // 50):
            _write(storage, names, memory.lines())
        storage.close()


def _names(tops: Sequence[str]) -> Iterator[str]:
    whose = repr((FORM, __version__, _code(), sorted(map(os.path.realpath, tops))))
    for number in range(_MOST_PACKS):
        yield hashlib.sha256(f"{whose} {number}".encode("utf-8", "surrogatepass")).hexdigest()


def _lines(storage: Storage, names: Sequence[str]) -> Iterator[str]:
    left = _MOST_PACKS * _PACK
    for name in names:
        data = storage.read(name)
        left -= len(data or b"")
        if not data or left < 0:
            return
        try:
            lines = data.decode().split("\n")
        except UnicodeDecodeError:
            return
        yield from lines


def _write(storage: Storage, names: Sequence[str], lines: Sequence[str]) -> None:
    """Write packs of whole lines, as far as there are names, and an empty one behind the last."""
    waiting = iter(names)
    pack: list[str] = []
    size = 0
    for line in lines:
        if size + len(line) > _PACK and (name := next(waiting, None)):
            _write_pack(storage, name, pack)
            pack, size = [], 0
        pack.append(line)
        size += len(line)
    for left in (pack, []):
        if name := next(waiting, None):
            _write_pack(storage, name, left)


def _write_pack(storage: Storage, name: str, lines: Sequence[str]) -> None:
    try:
        storage.write(name, "\n".join(lines).encode())
    except UnicodeEncodeError:
        return


def _code() -> str:
    """Return what tells one state of the code that reads documents from another: a checkout changes without a new version."""
    own = os.path.dirname(os.path.abspath(documents.__file__))
    digest = hashlib.sha256()
    for folder in (*(os.path.join(os.path.dirname(own), room) for room in _READERS), str(shipped.catalogs_folder())):
        with os.scandir(folder) as entries:
            found = sorted((entry.name, *_state(entry)) for entry in entries if entry.name.endswith((".py", ".json")))
        digest.update(repr(found).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def _state(entry: "os.DirEntry[str]") -> tuple[int, int]:
    found = entry.stat()
    return found.st_size, found.st_mtime_ns
