"""Which folders are lessons, by the files in them that describe a lesson to the service that shows it, or by what is beside them.

That is a solution, or what shows other ways to do the same: `blue-green`, `recreate` and `rolling-update` of one application.

Sources: Katacoda and Killercoda, `index.json` of a scenario (https://killercoda.com/creators); Instruqt, `track.yml`; Educates,
`workshop.yaml`.
"""

import posixpath
from collections.abc import Collection

from k8slblint.model.loaded import SourceFile
from k8slblint.model.patterns import pattern

_DESCRIBING = {
    "index.json": (b'"steps"', b'"details"'),
    "track.yml": (b"challenges:", b"type: track"),
    "workshop.yaml": (b"kind: Workshop", b"training.educates.dev"),
}
"""Names of such files, and what each contains."""

_LONGEST = 200_000
"""In bytes; a description that is longer is something else."""


def lesson_folders(files: Collection[SourceFile]) -> frozenset[str]:
    """Return the folders of lessons below what was scanned, by their paths there; the scanned folder itself is none."""
    found: set[str] = set()
    for file in files:
        if file.path.endswith(tuple(_DESCRIBING)) and _describes_lesson(file):
            found.add(posixpath.dirname(file.scope_path or file.path))
        elif _SOLUTION in file.path:
            found.add(_posed(file.scope_path or file.path))
    return frozenset(found - {""}) | _strategies(files)


def _strategies(files: Collection[SourceFile]) -> frozenset[str]:
    """Return the folders that each show a strategy of deployment, of which several are side by side: an application has one."""
    found: dict[str, dict[str, str]] = {}
    for file in files:
        path = file.scope_path or file.path
        folder, name = posixpath.split(posixpath.dirname(path))
        strategy = _STRATEGIES.get(name.lower().replace("_", "-")) if folder or name else None
        if strategy is not None:
            found.setdefault(folder, {})[posixpath.join(folder, name)] = strategy
    return frozenset(path for beside in found.values() if len(set(beside.values())) >= _ENOUGH for path in beside)


_STRATEGIES = {
    **dict.fromkeys(("blue-green", "bluegreen", "blue-green-deployment", "blue-green-deployments"), "blue-green"),
    **dict.fromkeys(("canary", "canary-deployment", "canary-deployments", "canary-release"), "canary"),
    **dict.fromkeys(("recreate", "recreate-deployment", "recreate-strategy"), "recreate"),
    **dict.fromkeys(("rolling", "rolling-update", "rollingupdate", "rolling-updates", "rolling-deployment", "ramped"), "rolling"),
    **dict.fromkeys(("ab-testing", "a-b-testing", "ab-test"), "a/b"),
    **dict.fromkeys(("shadow", "shadow-deployment"), "shadow"),
}
"""Names of folders, and the strategy of each."""

_ENOUGH = 2


def _posed(path: str) -> str:
    """Return the folder of the exercise whose solution a file belongs to, `lab` of `chapter/lab/solution/web.yaml`, or `""`.

    One that is not called an exercise may as well be an application.
    """
    folder, found, _ = path.partition(_SOLUTION)
    return folder if found and _POSING.search(folder) else ""


_SOLUTION = "/solution/"
_POSING = pattern(r"(?i)(?:^|[/_-])(?:labs?|exercises?|challenges?|assignments?|quiz|kata|task)[0-9]*(?:[_-][^/]*)?$")


def _describes_lesson(file: SourceFile) -> bool:
    words = _DESCRIBING.get(posixpath.basename(file.path))
    if words is None:
        return False
    try:
        data = file.read()
    except OSError:
        return False
    return len(data) <= _LONGEST and all(word in data for word in words)
