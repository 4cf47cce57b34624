"""What was seen of the folder of a tree in one run: real paths, the entries of folders, the bytes of files, and what was made of them.

What the disk holds is taken not to change within a run. All trees of one folder share it: revisions, and those with marks laid over them.
"""

import os
import sys
from collections.abc import Callable, Hashable
from typing import Any, Literal, TypeAlias, TypeVar

from k8slblint.loading.folders import read_file

_MOST_BYTES = 64_000_000
"""Bytes of files that are held; beyond that they are read again."""

_LARGEST = 1_000_000
"""Bytes of one file that is held, or that something is held of."""

_MOST_MADE = 16_000_000
"""Bytes of the files of which something made is held; beyond that it begins anew."""

_LISTS_ALL = sys.platform == "linux"
"""Whether a name that is not listed is not there; elsewhere a file may be found by other capitals or another form of Unicode."""

Kind: TypeAlias = Literal["file", "folder", "link", "other", "none"]

_Made = TypeVar("_Made")

_NOTHING: Any = object()


class Seen:
    """Answers about the disk; asked from several threads it may look twice.

    `real_folders` are the real paths of folders of the tree, None for one that leads out of it. `held` is what was made of whole trees,
    see `rendering.watched`.
    """

    def __init__(self) -> None:
        self.real_folders: dict[str, str | None] = {}
        self.held: dict[Hashable, list[Any]] = {}
        self._entries: dict[str, dict[str, Kind] | None] = {}
        self._bytes: dict[str, bytes] = {}
        self._size = self._made_size = 0
        self._made: dict[tuple[Hashable, ...], Any] = {}

    def entries(self, real: str) -> dict[str, Kind] | None:
        """Return what is in a folder by name, None where it cannot be listed."""
        if real not in self._entries:
            self._entries[real] = _listed(real)
        return self._entries[real]

    def kind(self, real: str | None, name: str) -> Kind | None:
        """Return what an entry of a folder is, None where the folder does not tell."""
        if real is None or name in ("", ".", ".."):
            return None
        entries = self.entries(real)
        return None if entries is None else entries.get(name, "none" if _LISTS_ALL and "\0" not in name else None)

    def read(self, real: str) -> bytes:
        """Return the bytes of a file; raises as `read_file`."""
        known = self._bytes.get(real)
        if known is not None:
            return known
        data = read_file(real)
        if len(data) <= _LARGEST and self._size + len(data) <= _MOST_BYTES:
            self._bytes[real] = data
            self._size += len(data)
        return data

    def made(self, make: Callable[..., _Made], data: bytes, *more: Hashable) -> _Made:
        """Return what a function makes of the bytes of a file and of what else it is given, once for the same; nobody changes it."""
        key = (make, data, *more)
        made: _Made = self._made.get(key, _NOTHING)
        if made is not _NOTHING:
            return made
        made = make(data, *more)
        if len(data) <= _LARGEST:
            if self._made_size + len(data) > _MOST_MADE:
                self._made.clear()
                self._made_size = 0
            self._made[key] = made
            self._made_size += len(data)
        return made


def _listed(real: str) -> dict[str, Kind] | None:
    try:
        with os.scandir(real) as scan:
            return {entry.name: _kind(entry) for entry in scan}
    except OSError:
        return None


def _kind(entry: os.DirEntry[str]) -> Kind:
    try:
        if entry.is_symlink():
            return "link"
        if entry.is_dir(follow_symlinks=False):
            return "folder"
        return "file" if entry.is_file(follow_symlinks=False) else "other"
    except OSError:
        return "link"  # whoever asks resolves it
