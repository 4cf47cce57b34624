r"""Objects as YAML that every reader takes alike: texts are quoted unless they are plain words, comments are one line each.

Whatever a manifest holds, a text ends where its quotes do and a comment at the end of its line: YAML 1.2, 5.7 and 6.6; of the escapes of
double quotes only `\\`, `\"`, `\x`, `\u` and `\U` are written.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from k8slblint.model.location import Path
from k8slblint.reporting.excerpt import visible

_WORD = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789./-_")
_FIRST = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
_RESERVED = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null", "none", "inf", "nan"))
_LATIN, _BASIC = 0x100, 0x10000


def document(value: Mapping[str, Any], comments: Sequence[str] = (), inner: Mapping[Path, Sequence[str]] | None = None) -> str:
    """Return an object as one YAML document with comments above it, and before the values at the paths of `inner`."""
    lines = ["---", *map(comment, comments), *_mapping(value, 0, (), inner or {})]
    return "\n".join(lines) + "\n"


def comment(text: str) -> str:
    """Return a text as a comment of one line, whatever it has."""
    return f"# {visible(text)}".rstrip()


def _mapping(value: Mapping[str, Any], depth: int, path: Path, inner: Mapping[Path, Sequence[str]]) -> Iterator[str]:
    for key, one in value.items():
        yield from _entry(f"{'  ' * depth}{scalar(key)}:", one, depth, (*path, key), inner)


def _entry(head: str, value: Any, depth: int, path: Path, inner: Mapping[Path, Sequence[str]]) -> Iterator[str]:
    if isinstance(value, Mapping) and value:
        yield head
        yield from _mapping(value, depth + 1, path, inner)
    elif isinstance(value, list) and value:
        yield head
        yield from _sequence(value, depth, path, inner)
    else:
        yield f"{head} {scalar(value)}"


def _sequence(value: Sequence[Any], depth: int, path: Path, inner: Mapping[Path, Sequence[str]]) -> Iterator[str]:
    indent = "  " * depth
    for index, one in enumerate(value):
        place = (*path, index)
        yield from (f"{indent}{comment(text)}" for text in inner.get(place, ()))
        if isinstance(one, list) and one:
            yield f"{indent}- {_flow(one)}"
        elif isinstance(one, Mapping) and one:
            first, *others = _mapping(one, depth + 1, place, inner)
            yield f"{indent}- {first.lstrip()}"
            yield from others
        else:
            yield f"{indent}- {scalar(one)}"


def _flow(value: Any) -> str:
    """Return a value in one line: what lists in lists are written as."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{scalar(key)}: {_flow(one)}" for key, one in value.items()) + "}"
    return f"[{', '.join(map(_flow, value))}]" if isinstance(value, list) else scalar(value)


def scalar(value: object) -> str:
    """Return a scalar, or an empty collection."""
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        is_plain = value[:1] in _FIRST and bool(value) and _WORD.issuperset(value) and value.lower() not in _RESERVED
        return value if is_plain else f'"{"".join(map(_escaped, value))}"'
    return "{}" if isinstance(value, Mapping) else "[]"


def _escaped(sign: str) -> str:
    if sign in '\\"':
        return f"\\{sign}"
    if sign.isascii() and sign.isprintable():
        return sign
    code = ord(sign)
    return f"\\x{code:02x}" if code < _LATIN else f"\\u{code:04x}" if code < _BASIC else f"\\U{code:08x}"
