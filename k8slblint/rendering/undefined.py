"""Reports what templates of charts read that no set of values defines."""

from collections.abc import Iterator, Mapping, Sequence

from k8slblint.model.loaded import InputProblem
from k8slblint.model.location import Location
from k8slblint.rendering.failures import source_text
from k8slblint.rendering.planning import Planned
from k8slblint.rendering.source import Source, Undefined
from k8slblint.rendering.tree import SourceTree

CHART_VALUE_UNDEFINED = "chart-value-undefined"


def undefined(units: Mapping[str, tuple[Planned, SourceTree]]) -> Iterator[InputProblem]:
    """Yield a problem for each value, where it is read first; the units of one chart are looked at together, since each may define it."""
    charts: dict[tuple[SourceTree, tuple[str, ...]], dict[str, Source]] = {}
    for name, (planned, tree) in units.items():
        if folders := planned.unit.source.template_folders():
            charts.setdefault((tree, folders), {})[name] = planned.unit.source
    for (tree, _), sources in charts.items():
        first, *others = sources.values()
        values: dict[tuple[str, str], list[Undefined]] = {}
        for one in first.undefined(tree, others):
            values.setdefault((one.read, one.near), []).append(one)
        yield from (_problem(found, tree, tuple(sources)) for found in values.values())


def _problem(found: Sequence[Undefined], tree: SourceTree, units: tuple[str, ...]) -> InputProblem:
    one, files = found[0], {read.file for read in found}
    return InputProblem(
        CHART_VALUE_UNDEFINED,
        Location(tree.shown(one.file), one.span),
        f"No values define `{one.read}`, which {'the template reads' if len(files) == 1 else f'{len(files)} templates read'}",
        source_text(tree, one.file),
        label=f"did you mean {one.near}?",
        why=f"The values have `{one.near}`, which no template reads. Helm takes `{one.read}` for empty, and fails if a key of it is read.",
        help=f"Read `.Values.{one.near}`, or rename it in the values.",
        cause=f"{one.read} {one.near}",
        units=units,
    )
