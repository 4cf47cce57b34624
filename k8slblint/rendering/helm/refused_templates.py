"""What is left out of a chart that Helm refuses, so that the rest of it is rendered: templates that fail, and schemas of values.

`required` and `fail` are how charts ask for values that they have no default for, and one of them ends the whole rendering, as does a
value that is nil. Source: Helm 4.2, `pkg/engine/engine.go` (`render`, `reformatExecErrorMsg`: the outermost template comes first),
`pkg/chart/common/util/jsonschema.go` (`ValidateAgainstSchema`).
"""

from collections.abc import Mapping, Sequence
from functools import cached_property

from k8slblint import documents
from k8slblint.rendering.helm.absent_helpers import Calls, is_printed, left_out_of
from k8slblint.rendering.helm.archives import ARCHIVES
from k8slblint.rendering.helm.charts import Chart, join, read_chart, template_places
from k8slblint.rendering.helm.stand_ins import stand_ins_for
from k8slblint.rendering.tree import SourceTree
from k8slblint.rendering.units import RenderFailure

MOST_ROUNDS = 8
"""Renderings of one chart, each without the templates that failed before."""

_OFTEN = 2
"""From so many templates on that fail alike, all go that call the helper which says so."""

_SAID = 40
_FEWEST_SAID = 12
"""Characters of a message by which the helper is found that has it."""

_BY_SCHEMA = "values don't meet the specifications of the schema"
_NO_HELPER = 'no template "'


class Omission:
    """What is left out of a chart after each refusal; `is_lacking` tells that it lacks a dependency."""

    def __init__(self, tree: SourceTree, chart: Chart, *, is_lacking: bool) -> None:
        """Leave nothing out yet."""
        self._tree = tree
        self._chart = chart
        self._waits_for_helpers = self._waits_for_library = is_lacking
        self._calls = Calls(tree, chart)
        self._rounds = 0
        self._reasons: dict[str, int] = {}
        self.changes: dict[str, bytes] = {}
        self.needing: list[str] = []
        self.is_without_schema = False

    def after(self, failure: RenderFailure) -> Mapping[str, bytes] | None:
        """Return what the files of the chart are without what is refused, None where nothing helps any more."""
        self._rounds += 1
        found = self._found(failure) if failure.kind == "template" and self._rounds <= MOST_ROUNDS else {}
        more = {path: data for path, data in found.items() if path not in self.changes}
        self.changes.update(more)
        return self.changes if more else None

    @property
    def templates(self) -> list[str]:
        """The templates that are left out."""
        return [path for path, data in self.changes.items() if not data]

    def _found(self, failure: RenderFailure) -> dict[str, bytes]:
        if failure.reason.startswith(_BY_SCHEMA):
            self.is_without_schema = True
            return self._schemas()
        if self._waits_for_library:
            self._waits_for_library = False
            if stand_ins := stand_ins_for(self._chart):
                self._stand_in(stand_ins)
                return stand_ins
        if self._waits_for_helpers or failure.reason.startswith(_NO_HELPER):
            self._waits_for_helpers = False
            self.needing = self._calls.needing_absent()
            if self.needing:
                return dict.fromkeys(self.needing, b"")
        return self._failing(failure)

    def _stand_in(self, files: Mapping[str, bytes]) -> None:
        """Go on with the chart as it is with what stands in for a library."""
        self._tree = self._tree.overlaid(files)
        chart = read_chart(self._tree, self._chart.folder)
        self._chart = chart if isinstance(chart, Chart) else self._chart
        self._calls = Calls(self._tree, self._chart)

    def _failing(self, failure: RenderFailure) -> dict[str, bytes]:
        """Return the template that failed, and those that will fail for the same reason where several did."""
        if not failure.file.startswith(self._folders) or _is_unprinted(failure.file):
            return {}
        if not is_printed(failure.file):
            return self._unprinted(failure.file)
        said = failure.reason[:_SAID]
        self._reasons[said] = self._reasons.get(said, 0) + 1
        alike = self._alike(failure, said) if self._reasons[said] >= _OFTEN else ()
        return dict.fromkeys([failure.file, *alike], b"")

    def _alike(self, failure: RenderFailure, said: str) -> list[str]:
        """Return the templates that call the helper that has the message, or that have the line that failed."""
        found = self._calls.needing_saying(said) if len(said) >= _FEWEST_SAID else []
        lines = self._text(failure.file).split("\n", failure.line)
        line = lines[failure.line - 1].strip() if len(lines) >= failure.line else ""
        return [*found, *(self._calls.with_line(line) if len(line) >= _FEWEST_SAID else ())]

    def _unprinted(self, file: str) -> dict[str, bytes]:
        """Return a file of helpers that Helm executes as well, because of its name, under one for which it does not."""
        folder, _, name = file.rpartition("/")
        return {file: b"", f"{folder}/_{name}": self._text(file).encode()}

    def _text(self, file: str) -> str:
        try:
            return documents.decode(self._tree.read(file))
        except (OSError, documents.UndecodableText):
            return ""

    @cached_property
    def _folders(self) -> tuple[str, ...]:
        places = template_places(self._tree, self._chart).values()
        return tuple(join(place, "templates/") for place in places if not place.endswith(ARCHIVES))

    def _schemas(self) -> dict[str, bytes]:
        files = (folder.removesuffix("templates/") + "values.schema.json" for folder in self._folders)
        return {file: b"{}" for file in files if self._tree.is_file(file)}


def _is_unprinted(file: str) -> bool:
    """Tell whether Helm only reads the helpers of a file."""
    return file.rpartition("/")[2].startswith("_")


def why_in_part(failure: RenderFailure, omission: Omission, lacks: Sequence[RenderFailure]) -> tuple[RenderFailure, ...]:
    """Return what a chart is rendered without: its dependencies, else what was refused at first."""
    failing = [path for path in omission.templates if path not in omission.needing]
    if lacks:
        reason = left_out_of(lacks[0].reason, omission.needing) if omission.needing else lacks[0].reason
        known = (lacks[0]._replace(reason=reason), *lacks[1:])
        return (*known, failure._replace(kind="refused", reason=_reason(failing, failure))) if failing else known
    return (failure._replace(kind="refused", reason=_reason(omission.templates, failure)),)


def _reason(templates: Sequence[str], failure: RenderFailure) -> str:
    if not templates:
        return failure.reason
    return f"{'1 template fails and is' if len(templates) == 1 else f'{len(templates)} templates fail and are'} left out: {failure.reason}"
