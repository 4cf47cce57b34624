"""How Argo CD fills parameters into the template of an ApplicationSet: `{{path}}`, or Go templates where `goTemplate` is set.

Sources: Argo CD 3.1, `applicationset/utils/utils.go`; Go 1.24 `text/template`; sprig 3.3. Of Go templates only fields, `index` and a few
functions that are exact here are read; anything else is not followed.
"""

import re
from functools import lru_cache
from typing import Any, TypeAlias

from k8slblint.budget import Budget, Part
from k8slblint.rendering.gitops.fields import NotFollowedError

Parameters: TypeAlias = dict[str, Any]
"""Parameters by name; for Go templates their values may be mappings and lists."""

_ACTION = re.compile(r"""\{\{(?P<inside>(?:"(?:[^"\\]|\\.)*+"|`[^`]*+`|[^"`}]|\}(?!\}))*+)\}\}""", re.DOTALL)
_WORD = re.compile(
    r"""\s*(?:
        (?P<pipe> \| )
      | (?P<field> (?: \.[A-Za-z_][A-Za-z0-9_]* )+ )(?![.\w])
      | (?P<text> "(?:[^"\\]|\\.)*" | `[^`]*` )
      | (?P<number> [0-9]+ )(?![\w.])
      | (?P<function> [A-Za-z_][A-Za-z0-9_]* )(?![.\w])
    )""",
    re.VERBOSE,
)
MOST_BYTES = 30_000_000
"""Characters of the texts that one ApplicationSet makes of its templates: 2,000 Applications of 15 KB."""

_ACTION_COST = 200
"""Characters that take as long as to work out one action."""

_MISSING = object()
_LONGEST_NAME = 253
_SMALLEST_PLAIN, _LARGEST_PLAIN = 1e-4, 10**15
"""Numbers between are printed alike by Go and Python."""
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\", "'": "'"}


def render(value: Any, parameters: Parameters, *, is_go: bool, is_strict: bool = False, part: Part | None = None) -> Any:
    """Return a value with parameters filled into all text in it; `is_strict` is `missingkey=error`.

    The value is nested no deeper than `deployers.DEEPEST`.

    Raises:
        NotFollowedError: the result is known only to Argo CD.
        OverLimitError: the texts that are made on the way are longer than `part` allows, all together.

    """
    part = part or Budget().part("bytes_rendered", MOST_BYTES, "")
    part.spend(1)
    if isinstance(value, dict):
        return {key: render(member, parameters, is_go=is_go, is_strict=is_strict, part=part) for key, member in value.items()}
    if isinstance(value, list):
        return [render(item, parameters, is_go=is_go, is_strict=is_strict, part=part) for item in value]
    if not isinstance(value, str) or "{{" not in value:
        return value
    return _go(value, parameters, part, is_strict=is_strict) if is_go else _plain(value, parameters, part)


def sanitized(name: str) -> str:
    """Return a name as Argo CD normalizes it: a DNS name."""
    return re.sub(r"[^-a-z0-9.]", "-", name.lower())[:_LONGEST_NAME].strip("-.")


def _plain(text: str, parameters: Parameters, part: Part) -> str:
    """Return a text with its parameters; one that there is not stays as it is written."""
    pieces: list[str] = []
    position = 0
    while (start := text.find("{{", position)) >= 0 and (end := text.find("}}", start + 2)) >= 0:
        found = parameters.get(text[start + 2 : end].strip())
        value = found if isinstance(found, str) else text[start : end + 2]
        part.spend(start - position + len(value))
        pieces += [text[position:start], value]
        position = end + 2
    return "".join([*pieces, text[position:]])


def _go(text: str, parameters: Parameters, part: Part, *, is_strict: bool) -> str:
    pieces: list[str] = []
    rest: list[str] = []
    position = 0
    while (start := text.find("{{", position)) >= 0:
        match = _ACTION.match(text, start)
        if match is None:
            raise NotFollowedError(f"only Argo CD evaluates its template '{text[:80]}'")
        part.spend(start - position + _ACTION_COST)
        value = _action(match["inside"], parameters, part, is_strict=is_strict)
        part.spend(len(value))
        rest.append(text[position:start])
        pieces += [rest[-1], value]
        position = match.end()
    rest.append(text[position:])
    if "{{" in "".join(rest):
        raise NotFollowedError(f"only Argo CD evaluates its template '{text[:80]}'")
    return "".join([*pieces, rest[-1]])


def _action(inside: str, parameters: Parameters, part: Part, *, is_strict: bool) -> str:
    refusal = NotFollowedError(f"only Argo CD evaluates '{{{{{inside[:80]}}}}}' in its template")
    commands = _commands(inside)
    value: Any = _MISSING
    for number, words in enumerate(commands or ()):
        arguments = [_operand(word, parameters, is_strict=is_strict) for word in words if "function" not in word]
        if number:
            arguments.append(value)
        name = words[0].get("function") if words else None
        if not words or sum("function" in word for word in words) != (1 if name else 0) or (name is None and len(arguments) != 1):
            raise refusal
        try:
            value = _call(name, arguments, part) if name else arguments[0]
        except (TypeError, ValueError, KeyError, IndexError):
            raise refusal from None
    if value is _MISSING or isinstance(value, dict | list) or value is None:
        raise refusal
    return _printed(value)


@lru_cache(maxsize=256)
def _commands(inside: str) -> list[list[dict[str, str]]] | None:
    """Split an action into commands, and these into words; None where it is more than that (conditions, trimmed blanks ...)."""
    commands: list[list[dict[str, str]]] = [[]]
    inside = inside.strip()
    position = 0
    while position < len(inside):
        word = _WORD.match(inside, position)
        if word is None:
            return None
        position = word.end()
        if word["pipe"]:
            commands.append([])
        else:
            commands[-1].append({key: one for key, one in word.groupdict().items() if one is not None})
    return commands


def _operand(word: dict[str, str], parameters: Parameters, *, is_strict: bool) -> Any:
    if "text" in word:
        inside = word["text"][1:-1]
        return inside if word["text"][0] == "`" else re.sub(r"\\(.)", lambda match: _ESCAPES.get(match[1], match[0]), inside)
    if "number" in word:
        return int(word["number"][:9])
    names = word["field"][1:].split(".")
    value: Any = parameters
    for number, name in enumerate(names, start=1):
        if not isinstance(value, dict) or (name not in value and (is_strict or number < len(names))):
            raise NotFollowedError(f"its generator does not set '{word['field']}'")
        value = value.get(name, _MISSING)
    return value


def _call(name: str, arguments: list[Any], part: Part) -> Any:
    """Call a function; raises `KeyError`, `TypeError`, `ValueError` or `IndexError` where Argo CD has to decide."""
    if name == "default":
        default, value = arguments
        return default if value is _MISSING or value in (None, "", 0, False, [], {}) else value
    if any(one is _MISSING for one in arguments):
        raise ValueError(name)
    if name == "index":
        value, *keys = arguments
        for key in keys:
            value = value[key]
        return value
    texts = list(map(_text, arguments))
    part.spend(_most_characters(name, texts))
    return _TEXT_FUNCTIONS[name](*texts)


def _most_characters(name: str, texts: list[str]) -> int:
    """Return how long the text can be that a function makes of others, before it is made."""
    if name == "replace":
        old, new, text = texts
        return len(text) + max(0, text.count(old) * (len(new) - len(old)))
    return 2 * sum(map(len, texts)) + 2  # `quote` doubles quotes and backslashes


_TEXT_FUNCTIONS: dict[str, Any] = {
    "lower": str.lower,
    "upper": str.upper,
    "trim": str.strip,
    "toString": str,
    "quote": lambda text: '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"',
    "squote": lambda text: f"'{text}'",
    "normalize": sanitized,
    "replace": lambda old, new, text: text.replace(old, new),
    "trimPrefix": lambda prefix, text: text.removeprefix(prefix),
    "trimSuffix": lambda suffix, text: text.removesuffix(suffix),
}
"""Functions on text that are the same in Go (sprig 3.3)."""


def _text(value: Any) -> str:
    if isinstance(value, dict | list) or value is None:
        raise TypeError
    return _printed(value)


def _printed(value: Any) -> str:
    """Return a value as Go prints it with `%v`."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and _SMALLEST_PLAIN <= abs(value) < _LARGEST_PLAIN:
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, float) or (isinstance(value, int) and abs(value) >= _LARGEST_PLAIN):
        raise NotFollowedError("only Argo CD formats the numbers in its parameters")
    return str(value)
