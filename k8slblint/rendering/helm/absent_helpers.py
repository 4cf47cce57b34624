"""Which helpers the templates of a chart call, and which of these nothing in the tree defines: those of a library that is not vendored.

Only names that are written as texts are known. Source: Go 1.24, `text/template` (`define`, `template`; a name is looked up when it is
called), Helm 3.19, `pkg/engine/engine.go` (`include`).
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from k8slblint import documents
from k8slblint.rendering.helm.archives import ARCHIVES
from k8slblint.rendering.helm.charts import Chart, RefusedError, join, read_chart, walk
from k8slblint.rendering.tree import SourceTree

_NAMED = re.compile(r"""(?:\b(?P<defined>define|block)|\b(?:include|template))[ \t]+["`](?P<name>[^"`\n]{1,200})["`]""")
_TEMPLATES = (".yaml", ".yml", ".tpl", ".txt", ".json")
_HELPERS = (".tpl",)
_MOST_STEPS = 20
"""Helpers that call helpers are followed so far."""


class Calls:
    """The helpers that a chart and those below it define, and what calls them; read when it is asked for."""

    def __init__(self, tree: SourceTree, chart: Chart) -> None:
        """Hold the chart."""
        self._tree = tree
        self._places = {*chart.embedded.values(), *(one.place for one in chart.dependencies if one.place)}
        self._own_folder = chart.folder

    def needing_absent(self) -> list[str]:
        """Return the own templates of the chart, helpers aside, that call a helper which no chart of the tree that it has defines."""
        packed = [read_chart(self._tree, place) for place in self._places if place.endswith(ARCHIVES)]
        prefixes = tuple(f"{one.name}." for one in packed if isinstance(one, Chart))
        called_at_all = set[str]().union(*self._calls.values())
        return self.callers_of({name for name in called_at_all if name not in self._calls and not name.startswith(prefixes)})

    def needing_saying(self, text: str) -> list[str]:
        """Return the own templates of the chart that call a helper in which a text is written, as the message of `fail` is."""
        return self.callers_of(name for name, body in self._bodies if text in body)

    def with_line(self, line: str) -> list[str]:
        """Return the own templates of the chart, helpers aside, in which a line is written."""
        return sorted(path for path, text in self._own.items() if is_printed(path) and line in text)

    def callers_of(self, names: Iterable[str]) -> list[str]:
        """Return the own templates of the chart, helpers aside, that call a helper of these names, also by way of others."""
        wanted = set(names)
        for _ in range(_MOST_STEPS):
            more = {caller for caller, called in self._calls.items() if caller and caller not in wanted and called & wanted}
            if not more:
                break
            wanted |= more
        return sorted(path for path, called in self._called_outright.items() if called & wanted)

    @cached_property
    def _own(self) -> dict[str, str]:
        return dict(_texts(self._tree, self._own_folder))

    @cached_property
    def _below(self) -> list[str]:
        return [text for place in self._places if not place.endswith(ARCHIVES) for text in dict(_texts(self._tree, place)).values()]

    @cached_property
    def _bodies(self) -> list[tuple[str, str]]:
        return [one for text in (*self._own.values(), *self._below) for one in _bodies(text)]

    @cached_property
    def _called_outright(self) -> dict[str, set[str]]:
        """What each own template calls outside of helpers."""
        texts = ((path, text) for path, text in self._own.items() if is_printed(path))
        return {path: {called for caller, called in _calls(text) if not caller} for path, text in texts}

    @cached_property
    def _calls(self) -> dict[str, set[str]]:
        """What each helper calls, and under `""` what templates call."""
        calls: dict[str, set[str]] = {}
        for text in (*self._own.values(), *self._below):
            for caller, called in _calls(text):
                calls.setdefault(caller, set()).update({called} if called else ())
        return calls


def _texts(tree: SourceTree, folder: str) -> Iterator[tuple[str, str]]:
    try:
        for path in walk(tree, join(folder, "templates")):
            if path.endswith(_TEMPLATES):
                yield path, documents.decode(tree.read(path))
    except (RefusedError, OSError, documents.UndecodableText):
        return


def is_printed(path: str) -> bool:
    """Tell whether Helm prints what a template yields, by its path: not that of a file of helpers."""
    return not path.endswith(_HELPERS) and not path.rpartition("/")[2].startswith("_")


def _calls(text: str) -> Iterator[tuple[str, str]]:
    """Yield the helper in which a name is called, `""` for none, and the name; a definition is yielded with no name."""
    current = ""
    for match in _NAMED.finditer(text):
        if match["defined"]:
            current = match["name"]
            yield current, ""
        else:
            yield current, match["name"]


def _bodies(text: str) -> Iterator[tuple[str, str]]:
    """Yield the name of each helper of a file and the text from its definition to the next."""
    defined = [match for match in _NAMED.finditer(text) if match["defined"]]
    ends = [*(match.start() for match in defined[1:]), len(text)]
    yield from ((one["name"], text[one.end() : end]) for one, end in zip(defined, ends, strict=False))


def left_out_of(reason: str, templates: Sequence[str]) -> str:
    """Return the reason for which a chart is rendered in part, with the templates that are left out."""
    one, more = "1 of its templates calls absent helpers and is", f"{len(templates)} of its templates call absent helpers and are"
    return f"{one if len(templates) == 1 else more} left out; {reason}"
