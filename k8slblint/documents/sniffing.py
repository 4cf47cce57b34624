"""Knows how to find the `apiVersion` and `kind` of a document without parsing it."""

import re

from k8slblint.documents.lines import has_lone_cr, has_yaml_only_breaks
from k8slblint.documents.parsing import parse
from k8slblint.documents.parts import BrokenDocument, Chunk
from k8slblint.documents.scalars import resolve

_NAMES = ("apiVersion", "kind")
_ROOT_INDENT = re.compile(r"\ufeff?(?:[ \t\r]*(?:#[^\n]*)?\n)*([ \t]*)")
_TOP_LEVEL = re.compile(
    r"""\n(?:
      (?P<quote>["']?)(?P<name>apiVersion|kind)(?P=quote)[ \t]*:[ \t]+
      (?:"(?P<double>[^"\\\n]+)"|'(?P<single>[^'\n]+)'|(?P<plain>[^\s"'\#&*!|>{}\[\]%@`,?~-][^\s\#:]*))
      [ \t]*(?:[ \t]\#[^\n]*|\r)?(?=(?:[ \t\r]*\n)++(?![ \t]+[^\s\#]))
    | (?P<unsure>
        ["']?(?:apiVersion|kind)["']?[ \t]*:(?=\s)
      | "(?![A-Za-z0-9_./ -]*"[ \t]*:)
      | '(?![A-Za-z0-9_./ -]*'[ \t]*:)
      | [?&*!<{\[\t]
      | \.\.\.(?=\s)
      )
    )""",
    re.VERBOSE,
)
_LOOSE = {name: re.compile(rf"""^["']?{name}["']?[ \t]*:[ \t]+([^\s#][^\n#]*)""", re.MULTILINE) for name in _NAMES}


def sniff(chunk: Chunk) -> tuple[str | None, str | None]:
    """Return `apiVersion` and `kind` of the top level as text, None where absent, empty or not a scalar.

    One regular expression answers for block style; where it cannot be sure (flow style, tags, anchors, an indented root, a
    value on the next line) the document is parsed. Of a document that is broken the values are those on the lines that
    look like it.
    """
    found = None if chunk.is_json else _search(chunk.text)
    return _by_parsing(chunk) if found is None else (found.get("apiVersion"), found.get("kind"))


def _search(text: str) -> dict[str, str] | None:
    """Return the values by name, or None when only a parse can tell."""
    root = _ROOT_INDENT.match(text)
    if (root and root[1]) or has_lone_cr(text) or has_yaml_only_breaks(text):
        return None
    values: dict[str, str] = {}
    for found in _TOP_LEVEL.finditer(f"\n{text.removeprefix(chr(0xFEFF))}\n"):
        if found["unsure"]:
            return None
        value = found["double"] or found["single"] or resolve(found["plain"])
        if not isinstance(value, str):
            return None
        values[found["name"]] = value
    return values


def _by_parsing(chunk: Chunk) -> tuple[str | None, str | None]:
    try:
        value = parse(chunk).root.value
    except BrokenDocument:
        api_version, kind = (_LOOSE[name].search(chunk.text) for name in _NAMES)
        return _unquoted(api_version), _unquoted(kind)
    if not isinstance(value, dict):
        return None, None
    return _as_text(value.get("apiVersion")), _as_text(value.get("kind"))


def _unquoted(found: re.Match[str] | None) -> str | None:
    return found[1].strip(" \t\r\"'") or None if found else None


def _as_text(value: object) -> str | None:
    return None if value is None or value == "" or isinstance(value, dict | list) else str(value)
