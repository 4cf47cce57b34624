"""Which files were published with a release that others followed: `releases/v0.1.3.yml` beside `releases/v0.2.0.yml`.

What was published is not edited any more, and who installs a release takes the newest. Outside of folders that are called so a number
in a name says nothing: `charts/web/1.2.0` may be deployed.
"""

from collections import defaultdict
from collections.abc import Iterable

from k8slblint.model.loaded import SourceFile
from k8slblint.model.patterns import pattern
from k8slblint.model.places import segments

_FOLDERS = frozenset({"release", "releases"})

_VERSION = pattern(r"(?P<name>(?:[A-Za-z_-]*[_-])?)v?(?P<numbers>[0-9]{1,9}(?:\.[0-9]{1,9}){1,3})(?:[-+][\w.+-]*)?(?:\.ya?ml)?")

_DEPLOYED_BY = frozenset({"kustomization.yaml", "kustomization.yml", "Kustomization", "fleet.yaml"})
"""Files beside which others may be deployed as they are."""


def past_releases(files: Iterable[SourceFile]) -> frozenset[str]:
    """Return the paths of files of releases that have a newer one beside them; none where a kustomization stands there too."""
    releases: dict[tuple[str, ...], dict[str, tuple[int, ...]]] = defaultdict(dict)
    deployed: set[tuple[str, ...]] = set()
    for file in files:
        if "release" not in file.path.lower():
            continue
        steps = tuple(segments(file.path))
        folder = next((number for number, step in enumerate(steps[:-1]) if step.lower() in _FOLDERS), None)
        if folder is None:
            continue
        version = _VERSION.fullmatch(steps[folder + 1])
        if steps[-1] in _DEPLOYED_BY:
            deployed.add(steps[: folder + 1])
        elif version is not None and file.deployment is None:
            numbers = tuple(map(int, version["numbers"].split(".")))
            releases[*steps[: folder + 1], version["name"]][file.path] = numbers
    known = [(found, max(found.values())) for (*folder, _), found in releases.items() if tuple(folder) not in deployed]
    return frozenset(path for found, newest in known for path, numbers in found.items() if numbers < newest)
