"""Which folders are what was before, by the names of the folders beside them: `web-old`, `web.bak` beside `web`."""

import posixpath
from collections.abc import Iterable

from k8slblint.model.loaded import SourceFile
from k8slblint.model.patterns import pattern

_WORDS = "old|bak|orig|deprecated|obsolete"
_FORMER = pattern(rf"(?i)(?P<now>[^/]+?)[-_.](?:{_WORDS})|(?:{_WORDS})[-_.](?P<then>[^/]+)")
"""The name of such a folder, with that of the folder which took its place; a backup, or what is legacy, may be used beside it."""


def superseded_files(files: Iterable[SourceFile]) -> frozenset[str]:
    """Return the paths of files in folders that another one beside them took the place of."""
    paths = [file.path for file in files]
    folders = _folders_above(paths)
    former = {folder for folder in folders if (now := _what_followed(folder)) and now in folders}
    return frozenset(path for path in paths if not former.isdisjoint(_folders_above([path]))) if former else frozenset()


def _folders_above(paths: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for path in paths:
        folder = posixpath.dirname(path)
        while folder not in ("", "/") and folder not in found:
            found.add(folder)
            folder = posixpath.dirname(folder)
    return found


def _what_followed(folder: str) -> str:
    above, name = posixpath.split(folder)
    found = _FORMER.fullmatch(name)
    return posixpath.join(above, found["now"] or found["then"]) if found else ""
