"""The line of a value in a text in block style, by the indentation of keys: a number in a list is not worth all places of a document."""

from typing import Any

from k8slblint.model.location import Path


def line_of(text: str, value: dict[str, Any], path: Path) -> int | None:
    """Return on which line, from 0, the token for `path` is (`node.smallest_span`) in a text in block style that was read as `value`.

    None where lines do not tell: a key in quotes, an element of a list, what follows a line on which quotes or brackets may go on.
    """
    if text.startswith("\ufeff"):
        return None
    lines = text.split("\n")
    found = _found(lines, value, path, len(text))
    return found if found is not None and not any(map(_may_go_on, lines[:found])) else None


def _found(lines: list[str], value: dict[str, Any], path: Path, most: int) -> int | None:
    inside: Any = value
    found: int | None = None
    start, end = 0, len(lines)
    for part in path:
        if not isinstance(part, str) or isinstance(inside, list):
            return None
        if not isinstance(inside, dict) or part not in inside:
            break
        inside = inside[part]
        first = _next_content(lines, start, end, most)
        indent = _indent(lines[first]) if first < end else 0
        found = next((number for number in range(first, end) if _has_key(lines[number], indent, part)), None)
        if found is None:
            return None
        rest = _rest(lines[found], indent, part)[1:].partition("#")[0].strip()
        if isinstance(inside, dict | list):
            if rest and (_may_go_on(rest) or rest[0] not in "[{"):
                return None
            if rest:
                break  # flow style, which is on this line
        elif (not rest and inside is not None) or (rest[:1] in ("&", "!") and " " not in rest):
            return None  # the value is on another line
        start, end = found + 1, _next_content(lines, found + 1, end, indent)
    if found is None:
        found = _next_content(lines, 0, end, most)
        return found if found < end and lines[found].lstrip(" ")[:1].isalpha() else None
    return found


def _next_content(lines: list[str], start: int, end: int, most: int) -> int:
    """Return the next line from `start` that is indented so much at the most, and neither blank nor a comment."""
    for number in range(start, end):
        line = lines[number]
        indent = _indent(line)
        if indent <= most and line[indent : indent + 1] not in ("", "#", "\r"):
            return number
    return end


def _may_go_on(line: str) -> bool:
    """Tell whether something on a line may end on another one; a comment is none of it where it has the line for itself."""
    if not any(mark in line for mark in _MARKS) or line.lstrip(" ").startswith("#"):
        return False
    is_closed = line.count("[") == line.count("]") and line.count("{") == line.count("}")
    return not is_closed or line.count('"') % 2 == 1 or line.count("'") % 2 == 1


_MARKS = "\"'[]{}"


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _has_key(line: str, indent: int, key: str) -> bool:
    return line.startswith(key, indent) and not line[:indent].strip(" ") and _rest(line, indent, key)[:1] == ":"


def _rest(line: str, indent: int, key: str) -> str:
    """Return the colon after a key on its line, with what follows; `""` where the key goes on."""
    rest = line[indent + len(key) :].lstrip(" ")
    return rest if rest[1:2] in ("", " ", "\r") else ""
