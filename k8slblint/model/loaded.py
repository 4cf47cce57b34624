"""Knows what loading hands on: resources, what was wrong with the input, and what is missing."""

from collections.abc import Callable
from typing import NamedTuple

from k8slblint.model.finding import Completeness
from k8slblint.model.location import Location
from k8slblint.model.resource import Resource, SourceText
from k8slblint.model.rule import Severity


class SourceFile(NamedTuple):
    """One file to read: `path` as reported (with `/`), `read` returns its bytes and may raise `OSError`.

    `scope_path` is the path relative to the scanned folder, by which cluster and environment are inferred.
    `project` is the nearest enclosing folder that is a project of its own (relative to the scanned folder), `""` for that folder itself.
    `named` tells that the user named this very file, so that it is read whatever its name.
    `real` is its real path on the disk, also where the file is gone from there; `""` for text that is in no file.
    """

    path: str
    read: Callable[[], bytes]
    scope_path: str = ""
    project: str = ""
    named: bool = False
    real: str = ""


class InputProblem(NamedTuple):
    """Something wrong with the text itself, reported under `rule` (`invalid-yaml`, `invalid-resource`, `render-failed`).

    `severity` overrides the rule's for this one case.
    """

    rule: str
    location: Location
    message: str
    source: SourceText
    severity: Severity | None = None


class Gap(NamedTuple):
    """Something that could not be read, so that claims of absence about it would be guesses: where, and why."""

    path: str
    reason: str


class Loaded:
    """Everything that one set of sources yields, in reading order; `files` holds every file by its path."""

    __slots__ = ("completeness", "files", "gaps", "problems", "resources")

    def __init__(self) -> None:
        self.resources: list[Resource] = []
        self.problems: list[InputProblem] = []
        self.gaps: list[Gap] = []
        self.completeness = Completeness()
        self.files: dict[str, SourceFile] = {}
