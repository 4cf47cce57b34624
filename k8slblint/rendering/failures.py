"""The report of charts and kustomizations that could not be rendered, or only in part: those with one cause are reported together."""

import posixpath
from collections.abc import Iterator, Sequence

from k8slblint import documents
from k8slblint.budget import OverLimitError
from k8slblint.model.loaded import InputProblem
from k8slblint.model.location import Location, Span
from k8slblint.model.resource import SourceText
from k8slblint.model.rule import Severity
from k8slblint.rendering.planning import Planned, unit_name
from k8slblint.rendering.tree import SourceTree
from k8slblint.rendering.units import Rendered, RenderFailure
from k8slblint.rendering.wording import failure_texts

RENDER_FAILED = "render-failed"


class Failures:
    """The failures of the units of one revision."""

    def __init__(self) -> None:
        """Hold none yet."""
        self._failed: dict[tuple[Severity, str], list[tuple[Planned, SourceTree, RenderFailure]]] = {}

    def add(self, planned: Planned, tree: SourceTree, failure: RenderFailure) -> None:
        """Note that nothing came of a unit; who switches a renderer off knows, and what git ignores is there when it is built.

        A template of a chart that nobody deploys may need values that whoever does will set.

        A kustomization that GitOps deploys from a repository without one of its files cannot be built there either.
        """
        unit = planned.unit
        is_deployed = planned.is_stated if failure.kind == "empty" else unit.is_deployed
        is_broken = failure.kind in ("template", "bounds", "empty") or (
            failure.kind == "missing" and bool(unit.deployer) and not unit.source.is_templated
        )
        severity: Severity = "warning" if is_broken and is_deployed else "note"
        if failure.kind != "off" and not failure.is_generated and (is_deployed or not _is_left_open(planned, tree, failure)):
            self._failed.setdefault((severity, failure.cause or failure.reason), []).append((planned, tree, failure))

    def add_partial(self, planned: Planned, tree: SourceTree, outcome: Rendered) -> None:
        """Note the first thing that a unit was rendered without, and the first that its renderer objects to."""
        lacking: Severity = "warning" if outcome.lacks[:1] and outcome.lacks[0].kind == "refused" and planned.unit.is_deployed else "note"
        told = [(lacking, one) for one in outcome.lacks[:1] if not one.is_generated]
        told += [("warning", one) for one in outcome.objections[:1]]
        for severity, failure in told:
            told_as = failure.cause or failure.reason
            self._failed.setdefault((severity, told_as), []).append((planned, tree, failure._replace(is_partial=True)))

    def problems(self) -> Iterator[InputProblem]:
        """Yield what is reported, each at the first of the units that it is told of."""
        for (severity, _), units in self._failed.items():
            planned, tree, failure = units[0]
            others = [other.described(its_tree) for other, its_tree, _ in units[1:]]
            names = tuple(unit_name(other.unit, its_tree.shown(other.unit.path)) for other, its_tree, _ in units)
            yield _problem(planned, tree, failure, severity, others)._replace(units=names)


def _is_left_open(planned: Planned, tree: SourceTree, failure: RenderFailure) -> bool:
    """Tell whether the template that fails prints values of which the chart has none."""
    return failure.kind == "template" and bool(failure.file) and bool(planned.unit.source.unset(tree, (failure.file,)))


def _problem(planned: Planned, tree: SourceTree, failure: RenderFailure, severity: Severity, others: Sequence[str]) -> InputProblem:
    file = failure.file if failure.file and tree.is_file(failure.file) else planned.unit.path
    source = source_text(tree, file)
    span = _whole_line(source, failure.line if file == failure.file else 1)
    chart = tree.shown(posixpath.dirname(failure.file)) or "."
    texts = failure_texts(planned.described(tree), failure, chart, others)
    return InputProblem(RENDER_FAILED, Location(tree.shown(file), span), source=source, severity=severity, **texts)


def source_text(tree: SourceTree, path: str) -> SourceText:
    """Return the text of a file for excerpts, an empty one where it cannot be read."""
    try:
        return SourceText(documents.decode(tree.read(path)))
    except (OSError, OverLimitError, documents.UndecodableText):
        return SourceText("")


def _whole_line(source: SourceText, line: int) -> Span:
    text = source.line(line)
    first = len(text) - len(text.lstrip()) + 1
    return Span(line, first, line, max(len(text) + 1, first + 1))
