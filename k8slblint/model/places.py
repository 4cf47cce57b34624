"""The place of a file: below what was scanned, and in the repository around it."""

from k8slblint.model.loaded import Deployment
from k8slblint.model.records import NamedTuple


class FilePlace(NamedTuple):
    """Where a file stands for inference: `below` the scanned folder, in which nested `project`, and the folders `above`.

    `key` names it in both revisions; `full` is its absolute path, needed only where the configuration has path patterns.
    `deployment` tells how a rendered unit is deployed. `above` is the path of the scanned folder from the root of the repository,
    `home` the same path by which clusters are named: where two folders are compared, that of the folder of now (None: `above`).
    `is_elsewhere` tells that the file is outside of what the user named, `lesson` is the folder of the lesson that it is a part of, as
    in `below`, `is_output` that a chart once made the file, in whose root it lies, that it was published with a release that others
    followed, or that another folder took the place of its own, `is_tested` that a test reads it, `is_shown` that the repository around it,
    whose top was scanned, is a collection of examples or a tutorial, and `is_at_home` that someone runs it at home.
    """

    key: str
    below: str
    project: str = ""
    above: str = ""
    full: str = ""
    deployment: Deployment | None = None
    home: str | None = None
    is_elsewhere: bool = False
    lesson: str = ""
    is_output: bool = False
    is_shown: bool = False
    is_tested: bool = False
    is_at_home: bool = False

    @property
    def folders_above(self) -> list[str]:
        """The folders above the scanned one, and that itself, from the root of the repository."""
        return segments(self.above if self.home is None else self.home)

    @property
    def folders_below(self) -> list[str]:
        """The folders below the scanned one that lead to the file."""
        return segments(self.below)[:-1]


def segments(path: str) -> list[str]:
    """Return the parts of a path that are names."""
    parts = path.split("/")
    if "" in parts or "." in parts or ".." in parts:
        return [segment for segment in parts if segment not in ("", ".", "..")]
    return parts
