"""Finds the `apiVersion` and `kind` of a document without parsing it."""

import re
from typing import Any

from k8slblint.documents.lines import has_lone_cr, has_yaml_only_breaks
from k8slblint.documents.parsing import parse_shared, read_at_once
from k8slblint.documents.parts import BrokenDocument, Chunk
from k8slblint.documents.scalars import resolve

_NAMES = ("apiVersion", "kind")
_ROOT_INDENT = re.compile(r"\ufeff?(?:[ \t\r]*(?:#[^\n]*)?\n)*([ \t]*)")
_TOP_LEVEL = re.compile(
    r"""\n(?=[ak"'?&*!<{\[\t.])(?:
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
_LOOSE = {name: rf"""(?m)^(?P<indent>[ \t]*+)["']?{name}["']?[ \t]*:[ \t]+([^\s#][^\n#]*)""" for name in _NAMES}
_LOOSE_FLOW = {name: rf"""[{{,]\s*+["']?{name}["']?\s*+:\s*+["']?([^\s"',{{}}\[\]]+)""" for name in _NAMES}


def sniff(chunk: Chunk) -> tuple[str | None, str | None]:
    """Return `apiVersion` and `kind` of the top level as text, None where absent, empty or not a scalar.

    One regular expression answers for block style; where it cannot be sure (flow style, tags, anchors, an indented root, a
    value on the next line) the document is parsed. Of a document that is broken the values are those on the lines that
    look like it.
    """
    parsed = read_at_once(chunk)
    if parsed is not None:
        return _identity_of(parsed.root.value)
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
        value = parse_shared(chunk).root.value
    except BrokenDocument:
        return _loose(chunk.text)
    return _identity_of(value)


def _identity_of(value: Any) -> tuple[str | None, str | None]:
    if not isinstance(value, dict):
        return None, None
    return _as_text(value.get("apiVersion")), _as_text(value.get("kind"))


def _loose(text: str) -> tuple[str | None, str | None]:
    """Return what looks like the identity of a broken document: in its first brace, or at the indentation of its first line."""
    if text.lstrip().startswith("{") and not text.lstrip().startswith("{{"):
        api_version, kind = (re.search(_LOOSE_FLOW[name], text) for name in _NAMES)
        return (api_version[1] if api_version else None), (kind[1] if kind else None)
    root = _ROOT_INDENT.match(text)
    indent = root[1] if root else ""
    values = [next((found[2] for found in re.finditer(_LOOSE[name], text) if found["indent"] == indent), None) for name in _NAMES]
    api_version_text, kind_text = (value.strip(" \t\r\"'") or None if value else None for value in values)
    return api_version_text, kind_text


def _as_text(value: object) -> str | None:
    return None if value is None or value == "" or isinstance(value, dict | list) else str(value)
