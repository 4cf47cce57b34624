"""The report of charts and kustomizations that could not be rendered, or only in part: those with one cause are reported together."""

import posixpath
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeAlias

from k8slblint import documents
from k8slblint.budget import OverLimitError
from k8slblint.model.loaded import InputProblem
from k8slblint.model.location import Location, Span
from k8slblint.model.patterns import pattern
from k8slblint.model.resource import SourceText
from k8slblint.model.rule import Confidence, Severity
from k8slblint.model.texts import middle
from k8slblint.rendering.planning import Planned, unit_name
from k8slblint.rendering.tree import SourceTree
from k8slblint.rendering.units import NotRendered, Rendered, RenderFailure
from k8slblint.rendering.wording import failure_texts

RENDER_FAILED = "render-failed"

_Alike: TypeAlias = tuple[Severity, Confidence | None, str]
"""What the failures of units that are told of together have in common: how severe and how sure they are, and the cause."""


_VALUES = (".Values", "include", "template")
"""What a template has in it whose refusal some values may mend."""

_WHATEVER_VALUES = pattern(r"(?<!YAML )parse error|not defined|undefined|no template|unexpected")
"""What it says of templates that no values mend."""


def is_for_want_of_values(planned: Planned, tree: SourceTree, failure: RenderFailure) -> bool:
    """Tell whether a chart fails with its own values for one that it leaves to whoever deploys it, and nobody here is known to."""
    unit = planned.unit
    if unit.is_deployed or not unit.source.is_templated:
        return False
    if failure.lacks_values and unit.source.value_files():
        return False
    if failure.kind not in ("template", "refused"):
        return failure.lacks_values
    if failure.lacks_values and _may_be_mended(source_text(tree, failure.file).text, failure.file):
        return True
    named = frozenset({failure.file})
    left = (names(tree, named) for names in (unit.source.unset, unit.source.blank))
    return not _WHATEVER_VALUES.search(failure.reason) and any(failure.file in files for files in left)


def _may_be_mended(text: str, file: str) -> bool:
    """Tell whether some values may mend what a file refuses: a schema, or a template that reads any."""
    return "templates/" not in file or any(word in text for word in _VALUES)


_ASKS_FOR_NAMESPACE = pattern(r"\{metadata\.namespace\}\}?'? not found in corresponding resource")
"""What kustomize says of a variable that is the namespace of an object without one (5.8 `api/internal/accumulator/resaccumulator.go`)."""


class Failures:
    """The failures of the units of one revision."""

    def __init__(self) -> None:
        """Hold none yet."""
        self._failed: dict[_Alike, list[tuple[Planned, SourceTree, RenderFailure]]] = {}

    def add(self, planned: Planned, tree: SourceTree, failure: RenderFailure, *, is_unsure: bool = False) -> None:
        """Note that nothing came of a unit; who switches a renderer off knows, and what git ignores is there when it is built.

        A kustomization that GitOps deploys from a repository without one of its files cannot be built there either. One that asks for the
        namespace of its objects, which nothing in it sets, is for others to wrap that set one. `is_unsure` tells that nobody may build
        the unit, at least not with these values.
        """
        unit = planned.unit
        is_deployed = planned.is_stated if failure.kind == "empty" else unit.is_deployed
        is_broken = failure.kind in ("template", "bounds", "empty") or (
            failure.kind == "missing" and bool(unit.deployer) and not unit.source.is_templated
        )
        is_to_wrap = not unit.deployer and failure.kind == "template" and bool(_ASKS_FOR_NAMESPACE.search(failure.reason))
        severity: Severity = "warning" if is_broken and is_deployed and not is_to_wrap else "note"
        if failure.kind != "off" and not failure.is_generated and not _is_for_a_program(planned, tree, failure):
            self._add(severity, planned, tree, failure, is_unsure=is_unsure)

    def add_partial(self, planned: Planned, tree: SourceTree, outcome: Rendered, *, is_unsure: bool = False) -> None:
        """Note the first thing that a unit was rendered without, and the first that its renderer objects to."""
        lacking: Severity = "warning" if outcome.lacks[:1] and outcome.lacks[0].kind == "refused" and planned.unit.is_deployed else "note"
        told = [(lacking, one) for one in outcome.lacks[:1] if not one.is_generated]
        told += [("warning", one) for one in outcome.objections[:1]]
        for severity, failure in told:
            self._add(severity, planned, tree, failure._replace(is_partial=True), is_unsure=is_unsure)

    def _add(self, severity: Severity, planned: Planned, tree: SourceTree, failure: RenderFailure, *, is_unsure: bool) -> None:
        alike: _Alike = (severity, "low" if is_unsure else None, _told_as(failure))
        self._failed.setdefault(alike, []).append((planned, tree, failure))

    def problems(self) -> Iterator[InputProblem]:
        """Yield what is reported, each at the first of the units that it is told of."""
        for (severity, confidence, _), units in self._failed.items():
            planned, tree, failure = units[0]
            others = [other.described(its_tree) for other, its_tree, _ in units[1:]]
            names = tuple(unit_name(other.unit, its_tree.shown(other.unit.path)) for other, its_tree, _ in units)
            yield _problem(planned, tree, failure, severity, others)._replace(units=names, confidence=confidence)


def _is_for_a_program(planned: Planned, tree: SourceTree, failure: RenderFailure) -> bool:
    """Tell whether what is refused is a template that some program fills in before: the file itself, or one that the reason names."""
    if failure.kind != "template" or "templates/" in posixpath.relpath(failure.file or ".", posixpath.dirname(planned.unit.path) or "."):
        return False
    words = (word for word in _APART.split(failure.reason) if word.endswith((".yaml", ".yml")))
    named = set(islice(words, _MOST_NAMED))
    files = [path for path in planned.inputs if posixpath.basename(path) in named] if named and not planned.unit.source.is_templated else []
    return any(documents.is_template(source_text(tree, path).text) for path in (failure.file, *sorted(files)) if path)


_APART = pattern(r"[\s'\"/:]+")
"""What stands around the names of files in what kustomize says."""

_MOST_NAMED = 5
"""Names that are looked at: kustomize tells of the first file that it cannot read, by the way to it."""


def _told_as(failure: RenderFailure) -> str:
    """Return what units have in common that are told of together: of all that needs the network, only whether the rest was rendered."""
    return f"{failure.kind} {failure.is_partial}" if failure.kind == "remote" else failure.cause or failure.reason


def _problem(planned: Planned, tree: SourceTree, failure: RenderFailure, severity: Severity, others: Sequence[str]) -> InputProblem:
    file = failure.file if failure.file and tree.is_file(failure.file) else planned.unit.path
    source = source_text(tree, file)
    span = whole_line(source, failure.line if file == failure.file else 1)
    chart = tree.shown(posixpath.dirname(failure.file)) or "."
    texts = failure_texts(planned.described(tree), failure, chart, others)
    return InputProblem(RENDER_FAILED, Location(tree.shown(file), span), source=source, severity=severity, **texts)


def missing_folders(not_rendered: Iterable[tuple[NotRendered, SourceTree]]) -> Iterator[InputProblem]:
    """Yield what is said of objects that deploy a folder which their own repository lacks.

    Sources: Argo CD 3.1 `util/app/path/path.go` (`Path`: "app path does not exist"); kustomize-controller 1.6
    `internal/controller/kustomization_controller.go` ("kustomization path not found").
    """
    for one, tree in not_rendered:
        if one.missing:
            source = source_text(tree, one.path)
            kind, _, name = one.description.partition(" ")
            folder = middle(one.missing, _LONGEST_FOLDER)
            yield InputProblem(
                RENDER_FAILED,
                Location(tree.shown(one.path), whole_line(source, one.line)),
                f"{kind} {middle(name, _LONGEST_NAME)} deploys a folder that does not exist",
                source,
                "note",
                "not in this repository",
                f"Folder '{folder}' is not in the repository, so nothing of it is applied, and what was applied before stays.",
                "Correct the path, or remove the object.",
                f"{one.description}: {one.missing}",
                "missing",
                confidence="low",
            )


_LONGEST_FOLDER = 80
_LONGEST_NAME = 40


def source_text(tree: SourceTree, path: str) -> SourceText:
    """Return the text of a file for excerpts, an empty one where it cannot be read."""
    try:
        return SourceText(documents.decode(tree.read(path)))
    except (OSError, OverLimitError, documents.UndecodableText):
        return SourceText("")


def whole_line(source: SourceText, line: int) -> Span:
    """Return the text of a line."""
    text = source.line(line)
    first = len(text) - len(text.lstrip()) + 1
    return Span(line, first, line, max(len(text) + 1, first + 1))
