"""Which folders are lessons, by the files in them that describe a lesson to the service that shows it.

Sources: Katacoda and Killercoda, `index.json` of a scenario (https://killercoda.com/creators); Instruqt, `track.yml`; Educates,
`workshop.yaml`.
"""

import posixpath
from collections.abc import Iterable

from k8slblint.model.loaded import SourceFile

_DESCRIBING = {
    "index.json": (b'"steps"', b'"details"'),
    "track.yml": (b"challenges:", b"type: track"),
    "workshop.yaml": (b"kind: Workshop", b"training.educates.dev"),
}
"""Names of such files, and what each contains."""

_LONGEST = 200_000
"""In bytes; a description that is longer is something else."""


def lesson_folders(files: Iterable[SourceFile]) -> frozenset[str]:
    """Return the folders of lessons below what was scanned, by their paths there; the scanned folder itself is none."""
    return frozenset(
        folder
        for file in files
        if file.path.endswith(tuple(_DESCRIBING))
        and (folder := posixpath.dirname(file.scope_path or file.path))
        and _describes_lesson(file)
    )


def _describes_lesson(file: SourceFile) -> bool:
    words = _DESCRIBING.get(posixpath.basename(file.path))
    if words is None:
        return False
    try:
        data = file.read()
    except OSError:
        return False
    return len(data) <= _LONGEST and all(word in data for word in words)
