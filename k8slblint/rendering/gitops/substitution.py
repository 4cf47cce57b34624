"""How Flux fills variables into rendered text (`postBuild` of a Kustomization).

Sources: fluxcd/pkg, `envsubst` 1.7 (a fork of drone/envsubst: `parse/parse.go`, `parse/scan.go`, `funcs.go`) and
`kustomize/kustomize_varsub.go` (names, objects that are left alone).
"""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from k8slblint import documents
from k8slblint.budget import Budget, Part

FORBIDDEN = "kustomize.toolkit.fluxcd.io/substitute"
"""The label or annotation by which an object is left alone."""

_DISABLED = "disabled"

_NAME = r"[_a-zA-Z][_a-zA-Z0-9]*"
_IS_NAME = re.compile(_NAME)
_TOKEN = re.compile(rf"\$(?:\$|\{{(?P<name>{_NAME})(?P<operator>\}}|:=|:-|=))")
_USE = re.compile(r"\$(?:\$|(?P<start>\{#?)(?P<name>\w*)(?P<rest>\}|:[=?+-]|[:=,^/#%])?)")
"""Both begin with the sign: Python then looks for it alone, in a tenth of the time."""

_TOLERANT = frozenset({":=", ":?", ":+", ":-", "="})
"""The operators that do with an unset variable (`envsubst/template.go`: `isDefaultOp`); the others of `_USE` do not."""

_END_OF_DEFAULT = re.compile(r"\$\{|\}")
_DEEPEST_DEFAULT = 20
_LONGEST = 50_000_000
"""Characters of one text with its variables filled in, where nobody says otherwise."""

_SEPARATOR = re.compile(r"^(?=---)", re.MULTILINE)


class PartialVariables(dict[str, str]):
    """Variables of which not all are known: one that is not here may be set all the same, so that no default is taken for it."""


def is_variable_name(name: object) -> bool:
    """Tell whether Flux takes a name for a variable; one that it does not fails the whole substitution."""
    return isinstance(name, str) and _IS_NAME.fullmatch(name) is not None


def substitute(text: str, variables: Mapping[str, str], part: Part | None = None) -> str:
    """Return rendered text, of one or several documents, with the variables filled in; objects that forbid it are left alone.

    Read are `${NAME}`, `${NAME:=default}`, `${NAME:-default}`, `${NAME=default}`, variables within defaults, and `$$`, which
    stands for `$`; an empty value takes the default. What cannot be known stays as it is written, so that it is a placeholder: variables
    without value and default, those of `PartialVariables` that are not among them, and other functions (`${NAME^^}`, `${NAME/a/b}` ...).

    Raises:
        OverLimitError: the text that comes of it, with the values tried on the way, is longer than `part` allows.

    """
    part = part or Budget().part("bytes_rendered", _LONGEST, "")
    if "$" not in text:
        part.spend(len(text))
        return text
    if FORBIDDEN not in text:
        return _filled(text, variables, part)
    return "".join(one if is_left_alone(one) else _filled(one, variables, part) for one in _SEPARATOR.split(text))


class BadUse(NamedTuple):
    """A variable that Flux refuses: in a text from `start` to before `end`, from 0. `name` is empty where Flux cannot even read one."""

    name: str
    start: int
    end: int


def bad_uses(line: str, variables: Mapping[str, str]) -> Iterator[BadUse]:
    """Yield the variables of a text that have neither value nor default, and what begins as a variable and is none.

    Of `PartialVariables` only the latter is known.
    """
    are_all_known = not isinstance(variables, PartialVariables)
    for used in _USE.finditer(line) if "${" in line else ():
        name, rest = used["name"], used["rest"]
        if name is None:
            continue
        if not name or rest is None:
            yield BadUse("", used.start(), used.end())
        elif are_all_known and name not in variables and (used["start"].endswith("#") or rest not in _TOLERANT):
            yield BadUse(name, used.start(), used.end())


def is_left_alone(text: str) -> bool:
    """Tell whether an object, given as text, forbids that variables are filled in."""
    if FORBIDDEN not in text:
        return False
    try:
        values = [documents.parse(chunk).root.value for chunk in documents.split(text)]
    except documents.BrokenDocument:
        return False
    metadata = [value.get("metadata") for value in values if isinstance(value, dict)]
    words = [one.get(field) for one in metadata if isinstance(one, dict) for field in ("labels", "annotations")]
    return any(isinstance(one, dict) and one.get(FORBIDDEN) == _DISABLED for one in words)


def _filled(text: str, variables: Mapping[str, str], part: Part) -> str:
    parts: list[str] = []
    position = 0
    while (token := _TOKEN.search(text, position)) is not None:
        parts.append(text[position : token.start()])
        value, position = _value(text, token, variables, part)
        part.spend(len(value) + len(parts[-1]))
        parts.append(value)
    part.spend(len(text) - position)
    parts.append(text[position:])
    return "".join(parts)


def _value(text: str, token: re.Match[str], variables: Mapping[str, str], part: Part) -> tuple[str, int]:
    """Return what a token stands for, and where the text goes on."""
    if token["name"] is None:
        return "$", token.end()
    known = variables.get(token["name"])
    if token["operator"] == "}":
        return (token[0] if known is None else known), token.end()
    default, end = _default(text, token.end(), variables, part, 0)
    if end < 0:
        return token[0], token.end()
    if known is None and isinstance(variables, PartialVariables):
        default = None
    value = known or default
    return (text[token.start() : end] if value is None else value), end


def _default(text: str, position: int, variables: Mapping[str, str], part: Part, depth: int) -> tuple[str | None, int]:
    """Return the default that begins at a position, None where it cannot be known, and where its brace ends (-1: nowhere)."""
    parts: list[str] = []
    is_known = True
    while (found := _END_OF_DEFAULT.search(text, position)) is not None:
        parts.append(text[position : found.start()])
        if found[0] == "}":
            return "".join(parts) if is_known else None, found.end()
        token = _TOKEN.match(text, found.start())
        if token is None or depth >= _DEEPEST_DEFAULT:
            return None, -1
        value, position = _inner_value(text, token, variables, part, depth)
        if position < 0:
            return None, -1
        is_known = is_known and value is not None
        if is_known:
            part.spend(len(value or "") + len(parts[-1]))
            parts.append(value or "")
    return None, -1


def _inner_value(text: str, token: re.Match[str], variables: Mapping[str, str], part: Part, depth: int) -> tuple[str | None, int]:
    """Return what a token within a default stands for, None where that cannot be known, and where the text goes on (-1: nowhere)."""
    known = variables.get(token["name"])
    if token["operator"] == "}":
        return known, token.end()
    inner, position = _default(text, token.end(), variables, part, depth + 1)
    return known or (None if known is None and isinstance(variables, PartialVariables) else inner), position
