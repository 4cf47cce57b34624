"""Which templates of a chart call helpers that nothing in the tree defines: those of a library chart that is not vendored.

Only names that are written as texts are known. Source: Go 1.24, `text/template` (`define`, `template`; a name is looked up when it is
called), Helm 3.19, `pkg/engine/engine.go` (`include`).
"""

import re
from collections.abc import Iterator, Sequence

from k8slblint import documents
from k8slblint.rendering.helm.archives import ARCHIVES
from k8slblint.rendering.helm.charts import Chart, RefusedError, join, read_chart, walk
from k8slblint.rendering.tree import SourceTree

_NAMED = re.compile(r"""(?:\b(?P<defined>define|block)|\b(?:include|template))[ \t]+["`](?P<name>[^"`\n]{1,200})["`]""")
_TEMPLATES = (".yaml", ".yml", ".tpl", ".txt", ".json")
_HELPERS = (".tpl",)
_MOST_STEPS = 20
"""Helpers that call helpers are followed so far."""


def needing_absent(tree: SourceTree, chart: Chart) -> list[str]:
    """Return the own templates of a chart, helpers aside, that call a helper which no chart of the tree that it has defines."""
    own = dict(_texts(tree, chart.folder))
    places = {*chart.embedded.values(), *(one.place for one in chart.dependencies if one.place)}
    below = [text for place in places if not place.endswith(ARCHIVES) for text in dict(_texts(tree, place)).values()]
    packed = tuple(f"{one.name}." for place in places if place.endswith(ARCHIVES) and isinstance(one := read_chart(tree, place), Chart))
    calls: dict[str, set[str]] = {}
    for text in (*own.values(), *below):
        for caller, called in _calls(text):
            calls.setdefault(caller, set()).update({called} if called else ())
    called_at_all = set[str]().union(*calls.values())
    absent = {name for name in called_at_all if name not in calls and not name.startswith(packed)}
    for _ in range(_MOST_STEPS):
        more = {caller for caller, names in calls.items() if caller and caller not in absent and names & absent}
        if not more:
            break
        absent |= more
    return sorted(path for path, text in own.items() if _is_printed(path) and any(not one and name in absent for one, name in _calls(text)))


def _texts(tree: SourceTree, folder: str) -> Iterator[tuple[str, str]]:
    try:
        for path in walk(tree, join(folder, "templates")):
            if path.endswith(_TEMPLATES):
                yield path, documents.decode(tree.read(path))
    except (RefusedError, OSError, documents.UndecodableText):
        return


def _is_printed(path: str) -> bool:
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


def left_out_of(reason: str, templates: Sequence[str]) -> str:
    """Return the reason for which a chart is rendered in part, with the templates that are left out."""
    one, more = "1 of its templates calls absent helpers and is", f"{len(templates)} of its templates call absent helpers and are"
    return f"{one if len(templates) == 1 else more} left out; {reason}"
