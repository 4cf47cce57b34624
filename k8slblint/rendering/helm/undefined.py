"""Values that a chart's templates read and no set of values defines, beside one that no template reads and whose name is near.

Reading a value that is not set is how templates offer options; only together with a value that has no effect is it a mistake.
Source: Helm 3.19, `docs/chart_template_guide/values_files.md`; Go 1.24, `text/template` (a missing key of a map prints `<no value>`).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from k8slblint import documents
from k8slblint.model.location import Span
from k8slblint.rendering.helm.charts import Chart, RefusedError, join, read_chart, walk
from k8slblint.rendering.source import Undefined
from k8slblint.rendering.tree import SourceTree

_READ = re.compile(r"(?<![\w)\]])\$?\.Values(?P<keys>(?:\.[A-Za-z_]\w{0,99}){0,20})", re.ASCII)
_NAME = re.compile(r"\.([A-Za-z_]\w*)|[\"`]([^\"`\n]{1,100})[\"`]", re.ASCII)
_CONDITION = re.compile(r"\{\{-?[ \t\n]*(?:else[ \t]+)?(?:if|with)[ \t(]", re.ASCII)
_TEMPLATES = (".yaml", ".yml", ".tpl", ".txt", ".json")
_LONGEST = 2_000_000
_SHORTEST_NAME = 4
_MOST_READ = 5_000


class _Read(NamedTuple):
    file: str
    start: int
    end: int
    keys: tuple[str, ...]
    is_condition: bool


def undefined_values(tree: SourceTree, folder: str, values: Sequence[Mapping[str, Any]]) -> Iterator[Undefined]:
    """Yield what the own templates of a chart read that none of some sets of values defines, the chart's own among them.

    Nothing is said of a chart whose templates may be read by others, or call those of a library.
    """
    texts = dict(_texts(tree, folder))
    chart = read_chart(tree, folder)
    if not isinstance(chart, Chart) or not texts or _has_library(tree, chart):
        return
    reads = [one for file, text in texts.items() for one in _reads(file, text)]
    if not reads or len(reads) > _MOST_READ or any(not one.keys for one in reads):  # all values are handed to something
        return
    others = {name for one in chart.dependencies for name in (one.name, one.alias)} | {"global", *chart.embedded}
    whole = {one.keys for one in reads if not one.is_condition}
    named = {match[1] or match[2] for text in texts.values() for match in _NAME.finditer(_READ.sub(" ", text))}
    known = {keys[:end] for keys in {one.keys for one in reads} for end in range(1, len(keys) + 1)}
    told: set[tuple[str, tuple[str, ...]]] = set()
    lacking = {keys: _undefined(keys, values) for keys in {one.keys for one in reads} if keys[0] not in others}
    for one in reads:
        found = lacking.get(one.keys)
        if found is None or (one.file, found) in told or any(found[:end] in whole for end in range(1, len(found))):
            continue
        told.add((one.file, found))
        near = [name for name in _beside(found, values) if (*found[:-1], name) not in known and name not in named]
        near = [name for name in near if _is_near(name, found[-1])]
        if len(near) == 1:
            yield Undefined(one.file, _span(texts[one.file], one, found), ".".join(found), ".".join((*found[:-1], near[0])))


def _texts(tree: SourceTree, folder: str) -> Iterator[tuple[str, str]]:
    left = _LONGEST
    try:
        for path in walk(tree, join(folder, "templates")):
            if path.endswith(_TEMPLATES) and left > 0:
                text = documents.decode(tree.read(path))
                left -= len(text)
                yield path, text
    except (RefusedError, OSError, documents.UndecodableText):
        return


def _has_library(tree: SourceTree, chart: Chart) -> bool:
    """Tell whether templates of others, which may read its values, are a part of it, or may be."""
    places = {*chart.embedded.values(), *(one.place for one in chart.dependencies if one.place)}
    below = [read_chart(tree, place) for place in places]
    return chart.is_library or bool(chart.missing) or any(not isinstance(one, Chart) or one.is_library for one in below)


def _reads(file: str, text: str) -> Iterator[_Read]:
    for match in _READ.finditer(text):
        action = text.rfind("{{", 0, match.start())
        keys = tuple(key for key in match["keys"].split(".") if key)
        yield _Read(file, match.start(), match.end(), keys, action >= 0 and _CONDITION.match(text, action) is not None)


def _undefined(keys: tuple[str, ...], values: Sequence[Mapping[str, Any]]) -> tuple[str, ...] | None:
    """Return the beginning of a path of which only the last step is not defined, None where all is, or where it may be anything."""
    level: list[Any] = list(values)
    for number, key in enumerate(keys, 1):
        mappings = [one for one in level if isinstance(one, dict) and one]
        if not mappings or any(not isinstance(one, dict | None) for one in level):
            return None
        if all(key not in one for one in mappings):
            return keys[:number]
        level = [one[key] for one in mappings if key in one]
    return None


def _beside(keys: tuple[str, ...], values: Sequence[Mapping[str, Any]]) -> list[str]:
    level: list[Any] = list(values)
    for key in keys[:-1]:
        level = [one[key] for one in level if isinstance(one, dict) and key in one]
    return sorted({name for one in level if isinstance(one, dict) for name in one if isinstance(name, str)})


def _is_near(name: str, other: str) -> bool:
    """Tell whether names differ by case, or by one letter that is left out, added, changed, or in the place of its neighbour."""
    if name.lower() == other.lower():
        return True
    if min(len(name), len(other)) < _SHORTEST_NAME or abs(len(name) - len(other)) > 1:
        return False
    start = next((number for number, (one, two) in enumerate(zip(name, other, strict=False)) if one != two), min(len(name), len(other)))
    rest, others = name[start:], other[start:]
    return rest[1:] == others[1:] or rest[1:] == others or rest == others[1:] or (rest[1::-1] == others[:2] and rest[2:] == others[2:])


def _span(text: str, one: _Read, found: tuple[str, ...]) -> Span:
    """Return where a path is written up to the step that is not defined; it is on one line."""
    line = text.count("\n", 0, one.start) + 1
    column = one.start - text.rfind("\n", 0, one.start)
    written = text[one.start : one.end].partition(".Values")
    return Span(line, column, line, column + len(written[0]) + len(".Values") + len(".".join(("", *found))))
