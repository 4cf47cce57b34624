"""Reads a packed chart within limits, and writes a new one from it: no original byte of an archive reaches Helm.

Only regular files are read, under the names that Helm gives them. Sources: Go 1.24, `archive/tar` (headers, sizes, what is refused);
Helm 3.19, `pkg/chart/loader/archive.go` (`LoadArchiveFiles`: names, sizes); POSIX.1-2008, pax, "ustar Interchange Format".
"""

import gzip
import io
import posixpath
import re
import zlib
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

from k8slblint.budget import OverLimitError, Part

ARCHIVES = (".tgz", ".tar.gz")

FILE_LIMIT = 5 * 1024 * 1024
"""Bytes of one file of a chart (Helm 3.19, `pkg/chart/loader/archive.go`: `MaxDecompressedFileSize`)."""

CHART_LIMIT = 100 * 1024 * 1024
"""Bytes of a whole chart (Helm 3.19, `pkg/chart/loader/archive.go`: `MaxDecompressedChartSize`), here with all that is packed in it."""

_BLOCK = 512
_LONGEST_HEADER = 1 << 20
"""Bytes of a header that extends another (Go 1.24, `archive/tar/common.go`: `maxSpecialFileSize`)."""

_REGULAR = (b"0", b"\0", b"7")
_LONG_NAME, _PAX = b"L", b"x"
_EXTENSIONS = (_LONG_NAME, b"K", _PAX, b"g")
_DRIVE = re.compile(r"^[a-zA-Z]:/")


class BrokenArchiveError(ValueError):
    """The archive cannot be read, or Helm refuses it; the text says why."""


class AbsentArchiveError(BrokenArchiveError):
    """The file stands for the archive, which Git LFS fetches (its specification 1.0: `docs/spec.md`, "The Pointer")."""


_POINTER = b"version https://git-lfs.github.com/spec/v1\n"


def read_archive(packed: bytes, part: Part) -> Iterator[tuple[str, bytes]]:
    """Yield the regular files of a `.tgz` by the path within the chart, without its outermost folder.

    Raises:
        AbsentArchiveError: it is a pointer of Git LFS.
        BrokenArchiveError: it is no such archive, or a name in it leads out of the chart.
        OverLimitError: it holds more than `part` allows, counted in bytes once unpacked.

    """
    if packed.startswith(_POINTER):
        raise AbsentArchiveError("the packed chart is in Git LFS: `git lfs pull` would fetch it")
    try:
        for name, data in _entries(gzip.GzipFile(fileobj=io.BytesIO(packed)), part):
            if (path := _path_in_chart(name)) is not None:
                yield path, data
    except (EOFError, zlib.error, OSError, UnicodeError) as error:
        raise BrokenArchiveError("the packed chart cannot be read") from error


def write_archive(files: Iterable[tuple[str, bytes]], folder: str = "chart") -> bytes:
    """Return files as a `.tgz`, below one folder. Raises `OverLimitError` where Helm would refuse it for its size.

    Nobody keeps it for long, and whoever gets it unpacks it at once: up to a size, nothing is compressed.
    """
    output = _Deflated()
    size = 0
    for path, data in files:
        size += len(data)
        if len(data) > FILE_LIMIT or size > CHART_LIMIT:
            limit = f"file of a chart: {path}" if len(data) > FILE_LIMIT else "chart"
            raise OverLimitError(f"Helm refuses so large a {limit}")
        output.write(_header(f"{folder}/{path}", len(data)))
        output.write(data)
        output.write(bytes(-len(data) % _BLOCK))
    output.write(bytes(2 * _BLOCK))
    return output.finished()


_LONGEST_NAME = 100
_AROUND = (
    b"0000644\0" + 2 * b"0000000\0",
    b"00000000000\0" + b" " * 8 + b"0" + bytes(100) + b"ustar\00000" + bytes(64) + 2 * b"0000000\0" + bytes(167),
)
"""A header of a regular file around its size: mode and owners; then time, place of the checksum, type, no link, format, no prefix."""


def _header(name: str, size: int) -> bytes:
    """Return the header of a regular file; the library writes that of one with a name that is long or not ASCII."""
    if len(name) > _LONGEST_NAME or not name.isascii():
        import tarfile  # few charts need it

        entry = tarfile.TarInfo(name)
        entry.size = size
        return entry.tobuf(tarfile.PAX_FORMAT)
    own, length = name.encode(), b"%011o\0" % size
    before, after = _AROUND
    return b"%b%b%b%06o\0 %b" % (
        own.ljust(_LONGEST_NAME, b"\0"),
        before + length,
        after[:12],
        sum(own) + sum(length) + _SUM_AROUND,
        after[20:],
    )


_SUM_AROUND = sum(map(sum, _AROUND))


class _Deflated:
    """A file that keeps what is written to it in the form of gzip: as it is, and only compressed where that is much."""

    def __init__(self) -> None:
        self._compressor: Any = None
        self._pieces: list[bytes] = []
        self._size = 0

    def write(self, data: bytes) -> None:
        self._size += len(data)
        if self._compressor is not None:
            data = self._compressor.compress(data)
        elif self._size > _MOST_STORED:
            self._compressor = zlib.compressobj(1, zlib.DEFLATED, _GZIP)
            self._pieces, data = [], self._compressor.compress(b"".join([*self._pieces, data]))
        self._pieces.append(data)

    def finished(self) -> bytes:
        if self._compressor is not None:
            return b"".join([*self._pieces, self._compressor.flush()])
        stored = zlib.compressobj(0, zlib.DEFLATED, _GZIP)
        return stored.compress(b"".join(self._pieces)) + stored.flush()


_GZIP = 31
"""The width of the window that zlib takes for this form."""

_MOST_STORED = 4 << 20


def _entries(stream: gzip.GzipFile, part: Part) -> Iterator[tuple[str, bytes]]:
    """Yield the regular files of a tar: every size is looked at before anything of that size is read."""
    name: str | None = None
    while (header := _read(stream, _BLOCK, part)) and header.strip(b"\0"):
        kind, size = header[156:157], _number(header[124:136])
        _check_sum(header)
        if kind in _EXTENSIONS:
            if size > _LONGEST_HEADER:
                raise OverLimitError(f"a header of the packed chart has {size:,} bytes", part.culprit)
            extension = _padded(stream, size, part)
            name = _extended_name(kind, extension) or name
            continue
        is_file = kind in _REGULAR and not (kind == b"\0" and _own_name(header).endswith("/"))
        if is_file and size > FILE_LIMIT:
            raise OverLimitError(f"Helm refuses a file of this size in a chart: {size:,} bytes", part.culprit)
        own, name = name or _own_name(header), None
        if is_file:
            yield own, _padded(stream, size, part)
        else:
            _skip(stream, size if kind not in (b"1", b"2", b"3", b"4", b"5", b"6") else 0, part)


def _read(stream: BinaryIO | gzip.GzipFile, size: int, part: Part) -> bytes:
    part.spend(size)
    data = stream.read(size)
    if data and len(data) < size:
        raise BrokenArchiveError("the packed chart ends too early")
    return data


def _padded(stream: gzip.GzipFile, size: int, part: Part) -> bytes:
    data = _read(stream, size, part) if size else b""
    if len(data) < size:
        raise BrokenArchiveError("the packed chart ends too early")
    if size % _BLOCK:
        stream.read(_BLOCK - size % _BLOCK)
    return data


def _skip(stream: gzip.GzipFile, size: int, part: Part) -> None:
    left = size + -size % _BLOCK
    while left > 0:
        left -= len(_read(stream, min(left, 1 << 20), part)) or left


def _number(field: bytes) -> int:
    """Return a size: octal digits, or, where the first bit is set, a number of base 256 (GNU)."""
    if field[0] & 0x80:
        value = int.from_bytes(bytes([field[0] & 0x7F]) + field[1:], "big")
        if field[0] & 0x40:
            raise BrokenArchiveError("the packed chart has a file of negative size")
        return value
    digits = field.strip(b" \0")
    if not all(one in b"01234567" for one in digits):
        raise BrokenArchiveError("the packed chart has a file without a size")
    return int(digits or b"0", 8)


def _check_sum(header: bytes) -> None:
    bare = header[:148] + b" " * 8 + header[156:]
    signed = sum(bare) - 256 * len(bare.translate(None, _ASCII))  # what old programs wrote
    if _number(header[148:156]) not in (sum(bare), signed):
        raise BrokenArchiveError("the packed chart cannot be read")


_ASCII = bytes(range(128))


def _own_name(header: bytes) -> str:
    name = header[:100].partition(b"\0")[0]
    prefix = header[345:500].partition(b"\0")[0] if header[257:263] == b"ustar\0" else b""
    return (prefix + b"/" + name if prefix else name).decode()


def _extended_name(kind: bytes, data: bytes) -> str | None:
    """Return the name that an extended header gives the next file; a global one names none (Go 1.24, `tar.Reader.Next`)."""
    if kind == _LONG_NAME:
        return data.partition(b"\0")[0].decode()
    if kind != _PAX:
        return None
    name = None
    while data:
        length, _, _ = data.partition(b" ")
        if not length.isdigit() or len(length) > 8 or not 0 < int(length) <= len(data):  # noqa: PLR2004 - more than a header may have
            raise BrokenArchiveError("the packed chart has a broken header")
        key, _, value = data[len(length) + 1 : int(length)].partition(b"=")
        if key == b"path":
            name = value.rstrip(b"\n").decode()
        elif key == b"size" or key.startswith(b"GNU.sparse"):
            raise BrokenArchiveError("the packed chart has a header that k8slblint does not read")
        data = data[int(length) :]
    return name


def _path_in_chart(name: str) -> str | None:
    """Return the path within the chart that Helm gives an entry, None for one that stands beside the chart's folder."""
    parts = name.split("\\" if "\\" in name else "/")
    path = "/".join(parts[1:])
    cleaned = posixpath.normpath(path) if path else "."
    if path.startswith("/") or cleaned == "." or cleaned.startswith("..") or _DRIVE.match(cleaned) or "\0" in cleaned or "\\" in cleaned:
        raise BrokenArchiveError(f"the packed chart has a file outside its folder: {name[:80]!r}")
    return cleaned
