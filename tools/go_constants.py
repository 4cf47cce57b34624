"""Reads the string constants of Go sources as text: nothing is built or run, and what is no plain expression is passed over."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

MOST_BYTES = 2_000_000
"""Larger files are generated, and hold no constants of annotations."""

_DEFINITION = re.compile(
    r"^[ \t]*(?:const[ \t]+|var[ \t]+)?(?P<name>[A-Za-z_]\w{0,199})(?:[ \t]+[\w.]{1,99})?[ \t]*=[ \t]*(?P<value>[^\n]{1,500})$",
    re.MULTILINE,
)
_TOKEN = re.compile(r'\s*(?:"(?P<text>[^"\\\n]{0,300})"|(?P<name>[A-Za-z_]\w{0,199}(?:\.[A-Za-z_]\w{0,199})?)|(?P<mark>[+(),]))')
_FORMATTED = re.compile(r'fmt\.Sprintf\(\s*"(?P<format>[^"\\\n]{1,300})"\s*,(?P<arguments>[^()\n]{1,300})\)')
_LITERAL = re.compile(r'["`](?P<text>[A-Za-z0-9][A-Za-z0-9._-]{0,250}/[A-Za-z0-9][A-Za-z0-9._/%{}-]{0,250})["`]')
_COMMENT = re.compile(r"(?:(?<=\s)|^)//[^\n]*", re.MULTILINE)
_DEEPEST = 20


def sources(folder: Path, patterns: list[str]) -> Iterator[tuple[Path, str]]:
    """Yield the files below a folder that match glob patterns, with their text; tests, links and what leads outside are left out."""
    root = folder.resolve()
    for path in sorted({path for pattern in patterns for path in root.glob(pattern)}):
        is_inside = path.resolve().is_relative_to(root) and not path.is_symlink()
        if is_inside and path.is_file() and not path.name.endswith("_test.go") and path.stat().st_size <= MOST_BYTES:
            yield path, path.read_text(encoding="utf-8", errors="replace")


def constants(text: str) -> dict[str, str]:
    """Return the definitions of one file by name, each as the text of its expression."""
    return {found["name"]: found["value"].strip() for found in _DEFINITION.finditer(_COMMENT.sub("", text))}


def value_of(expression: str, known: Mapping[str, str], depth: int = 0) -> str | None:
    """Return the text that an expression of literals, names and `+` (or `fmt.Sprintf` with `%s`) stands for, or None for any other."""
    if depth > _DEEPEST:
        return None
    formatted = _FORMATTED.fullmatch(expression)
    if formatted is not None:
        return _formatted(formatted["format"], formatted["arguments"], known, depth)
    parts: list[str] = []
    wants_operand, position = True, 0
    while position < len(expression):
        token = _TOKEN.match(expression, position)
        if token is None or (token["mark"] not in (None, "+")) or (token["mark"] == "+") == wants_operand:
            converted = re.fullmatch(r"[A-Za-z_][\w.]{0,99}\((?P<inner>[^()]{1,300})\)", expression)
            return value_of(converted["inner"], known, depth + 1) if converted else None
        if token["mark"] is None:
            part = token["text"] if token["text"] is not None else _named(token["name"], known, depth)
            if part is None:
                converted = re.fullmatch(r"[A-Za-z_][\w.]{0,99}\((?P<inner>[^()]{1,300})\)", expression)
                return value_of(converted["inner"], known, depth + 1) if converted else None
            parts.append(part)
        wants_operand, position = not wants_operand, token.end()
    return None if wants_operand else "".join(parts)


def literals(text: str) -> Iterator[str]:
    """Yield the quoted texts that look like annotation keys, also those in struct tags."""
    for found in _LITERAL.finditer(_COMMENT.sub("", text)):
        yield found["text"]


def _named(name: str, known: Mapping[str, str], depth: int) -> str | None:
    expression = known.get(name.rpartition(".")[2])
    return value_of(expression, known, depth + 1) if expression is not None else None


def _formatted(text: str, arguments: str, known: Mapping[str, str], depth: int) -> str | None:
    values = [value_of(argument.strip(), known, depth + 1) for argument in arguments.split(",")]
    if None in values or text.count("%s") != len(values) or text.count("%") != len(values):
        return None
    for value in values:
        text = text.replace("%s", value or "", 1)
    return text
