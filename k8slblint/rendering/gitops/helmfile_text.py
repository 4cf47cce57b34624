"""The simplest templates of helmfiles, filled in: the name of an environment, its values, the name of a release.

Source: helmfile 1.1, `docs/index.md` ("Environment", "Environment Values", "Templating"). Variables of who starts it become placeholders;
what else stands in a template only helmfile evaluates: it may run programs.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from k8slblint import documents
from k8slblint.rendering.gitops.applications import read_value
from k8slblint.rendering.gitops.fields import is_too_deep, mapping, sequence
from k8slblint.rendering.gitops.paths import folder_path
from k8slblint.rendering.helm.values import merge
from k8slblint.rendering.tree import SourceTree

_EXPRESSION = re.compile(
    r"""\.(?P<path>[A-Za-z]\w*+(?:\.[A-Za-z]\w*+)*+)\s*+(?:\|\s*+default\s++(?P<default>"[^"\n]*+"|\d++|true|false)\s*+)?(?:\|\s*+quote)?""",
    re.ASCII,
)
_LITERAL = re.compile(r"\{\{-?[ \t]*+`(?P<text>[^`\n]{0,1000}+)`[ \t]*+-?\}\}")
"""A text that templates print as it is: one that is itself filled in for each release, later (helmfile 1.1, "Release Template")."""
_OF_MACHINE = re.compile(
    r"""(?:requiredEnv|env)\s++["`](?P<name>[A-Za-z_]\w*+)["`]\s*+(?:\|\s*+(?:default\s++(?:"[^"\n]*+"|\w++)|quote)\s*+)*+""", re.ASCII
)
"""A variable of who starts it (helmfile 1.1, "Using environment variables"): not known here, so that a placeholder takes its place."""
_MOST_ENVIRONMENTS = 12
_MOST_FILLED = 2_000
_LONGEST_VALUE = 1_000


class Context(NamedTuple):
    """What templates of a helmfile name: the environment, and its values."""

    environment: str = ""
    values: Mapping[str, Any] = {}


def contexts_of(tree: SourceTree, file: str, text: str) -> list[Context]:
    """Return the environments that a helmfile states outside of templates, the default one where it states none."""
    folder = file.rpartition("/")[0]
    found: dict[str, dict[str, Any]] = {}
    common: dict[str, Any] = {}
    for value in _plain_documents(text):
        common = merge(common, _values(tree, folder, value.get("values")))
        for name, stated in mapping(value.get("environments")).items():
            if len(found) < _MOST_ENVIRONMENTS:
                found[name] = merge(found.get(name, {}), _values(tree, folder, mapping(stated).get("values")))
    return [Context(name, merge(common, values)) for name, values in found.items()] or [Context("default", common)]


def filled(text: str, context: Context, release: Mapping[str, Any] = {}) -> str | None:
    """Return a text with its templates filled in, None where one of them is not understood."""
    pieces: list[str] = []
    end = 0
    for _ in range(_MOST_FILLED):
        start = text.find("{{", end)
        if start < 0:
            return "".join((*pieces, text[end:]))
        literal = _LITERAL.match(text, start)
        close = literal.end() - 2 if literal is not None else text.find("}}", start)
        found = literal["text"] if literal is not None else _value(text[start + 2 : close], context, release) if close >= 0 else None
        if found is None:
            return None
        pieces += (text[end:start], found)
        end = close + 2
    return None


def first_template(text: str) -> int:
    """Return the line of the first template in a text."""
    return text.count("\n", 0, max(text.find("{{"), 0)) + 1


def is_on(condition: str, context: Context) -> bool | None:
    """Return what a `condition` of a release says, None where the values do not tell."""
    found = _at(context.values, condition.split("."))
    return found if isinstance(found, bool) else None


def _plain_documents(text: str) -> Iterator[Mapping[str, Any]]:
    for chunk in documents.split(text):
        if "{{" not in chunk.text:
            try:
                value = documents.parse(chunk).root.value
            except documents.BrokenDocument:
                continue
            yield mapping(value)


def _values(tree: SourceTree, folder: str, entries: Any) -> dict[str, Any]:
    """Return the values of a list of mappings and files, as far as they are plain."""
    found: dict[str, Any] = {}
    for entry in sequence(entries):
        value = mapping(_plain_file(tree, folder, entry) if isinstance(entry, str) else entry)
        if not is_too_deep(value):
            found = merge(found, value)
    return found


def _plain_file(tree: SourceTree, folder: str, name: str) -> Any:
    path = None if name.endswith(".gotmpl") else folder_path(name, folder)
    return read_value(tree, path) if path else None


def _value(expression: str, context: Context, release: Mapping[str, Any]) -> str | None:
    stripped = expression.strip("- \t\n") if len(expression) < _LONGEST_VALUE else ""
    variable, match = _OF_MACHINE.fullmatch(stripped), _EXPRESSION.fullmatch(stripped)
    if variable is not None:
        return f"${{{variable['name']}}}"
    if match is None:
        return None
    keys = match["path"].split(".")
    found: Any = None
    if keys == ["Environment", "Name"]:
        found = context.environment
    elif keys[0] == "Release":
        found = release.get(keys[1].lower()) if keys[1:] in (["Name"], ["Namespace"]) else None
    elif keys[0] in ("Values", "StateValues") or keys[:2] == ["Environment", "Values"]:
        found = _at(context.values, keys[1 + (keys[0] == "Environment") :])
    if found is None and match["default"]:
        found = match["default"].strip('"')
    if isinstance(found, bool):
        return str(found).lower()
    is_plain = isinstance(found, str | int) and "\n" not in str(found) and "{{" not in str(found)
    return str(found) if is_plain and len(str(found)) < _LONGEST_VALUE else None


def _at(values: Any, keys: list[str]) -> Any:
    for key in keys:
        values = values.get(key) if isinstance(values, dict) else None
    return values
