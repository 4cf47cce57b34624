"""Which files are the input of a test and what it expects of it, by their names: `web.yaml` beside `web-expected.yaml`."""

import posixpath
from collections.abc import Iterable

from k8slblint.model.loaded import SourceFile

_EXPECTED = tuple(f"{sign}{word}" for sign in "-_." for word in ("expected", "golden", "want"))
_INPUT = ("", *(f"{sign}{word}" for sign in "-_." for word in ("input", "in", "given")))


def tested_files(files: Iterable[SourceFile]) -> frozenset[str]:
    """Return the paths of files that a test reads, as a file beside them has the name of one with what is expected of it."""
    stems = {posixpath.splitext(file.path): file.path for file in files if file.deployment is None}
    expected = {(stem.removesuffix(end), ending): path for (stem, ending), path in stems.items() for end in _EXPECTED if stem.endswith(end)}
    pairs = [
        (path, stems[stem + end, ending]) for (stem, ending), path in expected.items() for end in _INPUT if (stem + end, ending) in stems
    ]
    return frozenset(path for pair in pairs for path in pair)
