"""A folder of small files by the hash of what they answer: kept between runs, bounded in size, and believed in nothing but its data.

What is read is a regular file of this user that nobody else can write, of bounded size, whose checksum covers its name, too; anything
else is as good as absent. Links are not followed, and nothing is ever executed or written outside of the folder. Several runs may use
it at once: a file gets its name when it is complete, and one that vanishes meanwhile is absent.

Sources: XDG Base Directory Specification 0.8 (`XDG_CACHE_HOME`, relative paths are ignored); open(2), rename(2).
"""

import contextlib
import hashlib
import os
import re
import secrets
import stat
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

FOLDER = "renderings-1"
"""The folder of entries of this form, below that of the cache; an entry of another form is in another folder."""

LARGEST_TEXT = 16_000_000
"""Bytes of one entry once it is unpacked; what takes more is not kept. JSON made for it takes some 25 times as much memory."""

LARGEST_FILE = 4_000_000
"""Bytes of the file of one entry; what takes more is not kept."""

MOST_BYTES = 200_000_000
"""Bytes that all entries may take; the oldest are removed first."""

MOST_FILES = 20_000
"""Entries that there may be. The 28 repositories of the corpus make some 250, of 2 kB each."""

_MARK = b"k8slblint rendering 1\n"
_NAME = re.compile(r"[0-9a-f]{64}")
_UNFINISHED = re.compile(r"[0-9a-f]{32}\.new")
_SWEPT = "swept"
_OTHERS_MAY_WRITE = 0o022
_MOST_LISTED = 10 * MOST_FILES
_USED_EVERY = 3_600
_SWEPT_EVERY = 600
_ABANDONED_AFTER = 3_600


class Storage:
    """Entries below one folder; `note` is why they cannot be read or written there, said once, or `""`.

    It is entered and left with the run; nothing is made before the first entry is written.
    """

    def __init__(self, folder: str, *, outside: Sequence[str] = ()) -> None:
        """Stand for `folder`, which may lie in none of the folders `outside`: there whoever writes a manifest could write an entry."""
        self.note = ""
        self._top = os.path.realpath(folder)
        self._place = -1
        self._is_open = self._is_given_up = self._is_full = False
        self._written = 0
        self._lock = threading.Lock()
        if any(_is_within(self._top, one) for one in outside):
            self._give_up("it is inside the repository")

    def read(self, name: str) -> bytes | None:
        """Return what is kept under a name (64 hexadecimal digits), None where there is nothing that can be believed."""
        if not self._open():
            return None
        try:
            with _opened(self._path(name), os.O_RDONLY, self._folder()) as file:
                found = _must_be_ours(os.fstat(file), stat.S_ISREG)
                packed = _read_all(file, found.st_size)
                if time.time() - found.st_mtime > _USED_EVERY:
                    self._touch(name)
        except OSError:
            return None
        return _unpacked(name, packed)

    def write(self, name: str, data: bytes) -> None:
        """Keep something under a name, for as long as there is room."""
        if len(data) > LARGEST_TEXT or self._is_full or not self._open(makes=True):
            return
        packed = zlib.compress(data, 1)
        if len(packed) > LARGEST_FILE:
            return
        unfinished = f"{secrets.token_hex(16)}.new"
        try:
            with _opened(self._path(unfinished), os.O_WRONLY | os.O_CREAT | os.O_EXCL, self._folder()) as file:
                _write_all(file, b"".join((_MARK, _checksum(name, packed), packed)))
            os.replace(self._path(unfinished), self._path(name), src_dir_fd=self._folder(), dst_dir_fd=self._folder())
            self._written += len(packed)
        except OSError as error:
            self._is_full = True
            self.note = self.note or f"nothing more is kept in {self._top}: {error.strerror or error}"
            with contextlib.suppress(OSError):
                os.unlink(self._path(unfinished), dir_fd=self._folder())

    def close(self) -> None:
        """Remove the oldest entries where there are too many, at most every ten minutes; then leave the folder."""
        if self._written and not self._is_full:
            with contextlib.suppress(OSError):
                self._sweep()
        if self._place >= 0:
            os.close(self._place)
            self._place = -1
        self._is_open, self._written = False, 0

    def _give_up(self, reason: str) -> None:
        self._is_given_up = True
        self.note = f"renderings are not kept in {self._top}: {reason}"

    def _open(self, *, makes: bool = False) -> bool:
        """Tell whether the folder is there and ours; it is made when something is to be written."""
        with self._lock:
            if not self._is_open and not self._is_given_up:
                try:
                    self._is_open = self._found(makes=makes)
                except OSError as error:
                    self._give_up(error.strerror or str(error))
            return self._is_open

    def _found(self, *, makes: bool) -> bool:
        """Open the folder; tell whether it is there. Raises `OSError` where it is not ours, or cannot be made."""
        folder = os.path.join(self._top, FOLDER)
        if makes:
            os.makedirs(self._top, 0o700, exist_ok=True)
            with contextlib.suppress(FileExistsError):
                os.mkdir(folder, 0o700)
        elif not os.path.lexists(folder):
            return False
        for one in (self._top, folder):
            _must_be_ours(os.lstat(one), stat.S_ISDIR)
        if _HAS_PLACES:
            place = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | _SAFELY)
            try:
                _must_be_ours(os.fstat(place), stat.S_ISDIR)
            except OSError:
                os.close(place)
                raise
            self._place = place
        return True

    def _folder(self) -> int | None:
        return self._place if _HAS_PLACES else None

    def _path(self, name: str) -> str:
        return name if _HAS_PLACES else os.path.join(self._top, FOLDER, name)

    def _touch(self, name: str) -> None:
        with contextlib.suppress(OSError):
            os.utime(self._path(name), dir_fd=self._folder(), follow_symlinks=False) if _HAS_PLACES else os.utime(self._path(name))

    def _sweep(self) -> None:
        """Look at all entries and remove the oldest, down to four fifths of what there may be."""
        now = time.time()
        with contextlib.suppress(FileNotFoundError):
            swept = os.stat(self._path(_SWEPT), dir_fd=self._folder(), follow_symlinks=False)
            if 0 <= now - swept.st_mtime < _SWEPT_EVERY and self._written < MOST_BYTES // 10:
                return
        with _opened(self._path(_SWEPT), os.O_WRONLY | os.O_CREAT, self._folder()):
            self._touch(_SWEPT)
        ages, total = [], 0
        for name, found in self._listed():
            if _UNFINISHED.fullmatch(name) and now - found.st_mtime > _ABANDONED_AFTER:
                self._remove(name)
            elif _NAME.fullmatch(name):
                ages.append((found.st_mtime, found.st_size, name))
                total += found.st_size
        if total <= MOST_BYTES and len(ages) <= MOST_FILES:
            return
        left = len(ages)
        for _, size, name in sorted(ages):
            if total <= MOST_BYTES * 4 // 5 and left <= MOST_FILES * 4 // 5:
                return
            self._remove(name)
            total, left = total - size, left - 1

    def _listed(self) -> Iterator[tuple[str, os.stat_result]]:
        where = self._place if _HAS_PLACES else os.path.join(self._top, FOLDER)
        with os.scandir(where) as entries:
            for entry in islice(entries, _MOST_LISTED):
                with contextlib.suppress(OSError):
                    yield entry.name, entry.stat(follow_symlinks=False)

    def _remove(self, name: str) -> None:
        with contextlib.suppress(OSError):
            os.unlink(self._path(name), dir_fd=self._folder())


_HAS_PLACES = os.open in os.supports_dir_fd and os.scandir in os.supports_fd and hasattr(os, "O_DIRECTORY")
"""Whether files can be named relative to an open folder, which nobody can exchange meanwhile (not on Windows)."""

_SAFELY = sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY", "O_NOCTTY"))


@contextlib.contextmanager
def _opened(path: str, flags: int, folder: int | None) -> Iterator[int]:
    """Open a file, but no link, and wait for nobody at a pipe."""
    file = os.open(path, flags | _SAFELY, 0o600, dir_fd=folder)
    try:
        yield file
    finally:
        os.close(file)


def _must_be_ours(found: os.stat_result, is_kind: Callable[[int], bool]) -> os.stat_result:
    """Return what was found. Raises `OSError` unless it is of this kind, belongs to this user, and others cannot write it."""
    if not is_kind(found.st_mode):
        raise OSError("it is not a folder" if is_kind is stat.S_ISDIR else "it is not a regular file")
    if hasattr(os, "geteuid") and (found.st_uid != os.geteuid() or found.st_mode & _OTHERS_MAY_WRITE):
        raise PermissionError("other users can write to it")
    return found


def _read_all(file: int, size: int) -> bytes:
    if size > LARGEST_FILE + len(_MARK) + _CHECKSUM:
        raise OSError("it is too large")
    pieces, left = [], size
    while left and (piece := os.read(file, left)):
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)


def _write_all(file: int, data: bytes) -> None:
    while data:
        data = data[os.write(file, data) :]


_CHECKSUM = 32


def _checksum(name: str, packed: bytes) -> bytes:
    return hashlib.sha256(name.encode() + packed).digest()


def _unpacked(name: str, entry: bytes) -> bytes | None:
    """Return the data of an entry, None where it is not complete or was written under another name."""
    start = len(_MARK) + _CHECKSUM
    packed = entry[start:]
    if entry[:start] != _MARK + _checksum(name, packed):
        return None
    try:
        unpacker = zlib.decompressobj()
        data = unpacker.decompress(packed, LARGEST_TEXT)
    except zlib.error:
        return None
    return data if unpacker.eof else None


def _is_within(path: str, folder: str) -> bool:
    """Tell whether a path is in a folder, by what the system takes for the same: names may differ in capitals, or by a mount."""
    while True:
        with contextlib.suppress(OSError):
            if os.path.samefile(path, folder):
                return True
        above = os.path.dirname(path)
        if above == path:
            return False
        path = above
