"""Archives of charts by the hash of their content, kept between runs: what is read has the digest that it is asked for, or is absent."""

import hashlib
import os
import secrets
import stat
from contextlib import suppress

FOLDER = "charts-1"
"""The folder of the archives, below that of the cache."""

LARGEST = 20_000_000
"""Bytes of one archive; those of public charts have some 100,000."""

_MOST_BYTES = 500_000_000
_PREFIX = "sha256:"


class Archives:
    """The archives below a folder; nothing is made before the first is kept."""

    def __init__(self, cache: str) -> None:
        """Stand for the archives of a cache."""
        self._folder = os.path.join(cache, FOLDER)

    def read(self, digest: str) -> bytes:
        """Return the archive of a digest (`sha256:...`). Raises `OSError` where it is not there, or is another."""
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        with open(os.open(self._path(digest), flags), "rb") as file:
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode) or found.st_size > LARGEST:
                raise FileNotFoundError(digest)
            data = file.read(LARGEST + 1)
        if digest_of(data) != digest:
            raise FileNotFoundError(digest)
        return data

    def holds(self, digest: str) -> bool:
        """Tell whether the archive of a digest is there."""
        try:
            self.read(digest)
        except OSError:
            return False
        return True

    def keep(self, data: bytes) -> str:
        """Keep an archive and return its digest. Raises `OSError`."""
        digest = digest_of(data)
        os.makedirs(self._folder, mode=0o700, exist_ok=True)
        new = os.path.join(self._folder, f"{secrets.token_hex(16)}.new")
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        try:
            with open(os.open(new, flags, 0o600), "wb") as file:
                file.write(data)
            os.replace(new, self._path(digest))
        except OSError:
            with suppress(OSError):
                os.unlink(new)
            raise
        return digest

    def sweep(self) -> None:
        """Remove the archives that were used least recently where all take too much space."""
        with suppress(OSError):
            entries = [(entry.stat(follow_symlinks=False), entry.path) for entry in os.scandir(self._folder)]
            total = sum(found.st_size for found, _ in entries)
            for found, path in sorted(entries, key=lambda one: one[0].st_mtime):
                if total <= _MOST_BYTES:
                    break
                total -= found.st_size
                os.unlink(path)

    def _path(self, digest: str) -> str:
        return os.path.join(self._folder, f"{digest.removeprefix(_PREFIX)}.tgz")


def digest_of(data: bytes) -> str:
    """Return the digest of an archive, as registries write it."""
    return _PREFIX + hashlib.sha256(data).hexdigest()
