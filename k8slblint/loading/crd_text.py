"""Knows how to read of the text of a CustomResourceDefinition the little that a few objects need.

Such texts are large (40 of them have 5 MB in a tree of 28 repositories), nearly all of it prose and fields that no object sets.
In the block style that generators write, the indentation alone tells where a field ends, so that the rest is only skipped.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from k8slblint import documents
from k8slblint.documents import Chunk
from k8slblint.documents.scalars import resolve

_SCHEMA = "openAPIV3Schema:"
_MEMBER = re.compile(
    r"""
    (?: \n [ \t]* (?: \#[^\n]* )? (?=\n) )*+                                      # blank lines and comments
    \n ([ ]*) (?: "([^"\\\n]*)" | '([^'\n]*)' | ([^\s"'\#:&*!|>{}\[\]?-][^\s:]*) ) :  # a key
    [ \t]* (?= \n | (?<=[ \t]) )
    (
      [^\n]*
      (?: \n (?: \1 (?: [ ] | - (?=[ \n]) ) [^\n]* | [ \t]* (?=\n) ) )*+           # lines indented more, elements of a list
    )
    """,
    re.VERBOSE,
)
"""A key of a mapping in block style, with all that belongs to it."""

_WORD = re.compile(r"[ \t]*([A-Za-z0-9.+-]+)[ \t]*")
_WORDS = re.compile(r"(?:\n *- [A-Za-z0-9][A-Za-z0-9_.-]*)+")
_LIST_WORD = re.compile(r"- (\S+)")
_NESTED = frozenset({"additionalProperties", "items"})
_LEFT_OUT = frozenset({"description", "example", "externalDocs", "format", "pattern", "title", "x-kubernetes-validations"})


class UnusualTextError(Exception):
    """The text is not in the block style that generators write: only a parser can tell what it says."""


def read_definition(chunk: Chunk, values: Sequence[Any]) -> Any:
    """Return the value of a CustomResourceDefinition, of whose schemas only what these objects set, and the names of the rest.

    Of prose, patterns, CEL rules and the values of defaults nothing is read.

    Raises:
        BrokenDocument, UnusualTextError: the text is not in block style.
    """
    reader = _Reader(f"\n{chunk.text}\n")
    envelope, schemas = reader.read(values)
    definition = documents.parse_value(chunk._replace(text=envelope))
    holders = list(_holders(definition))
    if len(holders) != len(schemas):
        raise UnusualTextError
    for holder, schema in zip(holders, schemas, strict=True):
        holder[_SCHEMA[:-1]] = schema
    return definition


def _holders(definition: Any) -> Iterator[dict[str, Any]]:
    spec = definition.get("spec") if isinstance(definition, dict) else None
    versions = spec.get("versions") if isinstance(spec, dict) else None
    for version in versions if isinstance(versions, list) else ():
        holder = version.get("schema") if isinstance(version, dict) else None
        if isinstance(holder, dict) and _SCHEMA[:-1] in holder:
            yield holder


class _Reader:
    """Reads the parts of a text that it is asked for; a part begins at the line end before its first line."""

    def __init__(self, text: str) -> None:
        self._text = text

    def read(self, values: Sequence[Any]) -> tuple[str, list[dict[str, Any]]]:
        """Return the text around the schemas, and the schemas in their order."""
        around: list[str] = []
        schemas: list[dict[str, Any]] = []
        done = 0
        while (found := self._text.find(_SCHEMA, done)) >= 0:
            member = _MEMBER.match(self._text, self._text.rfind("\n", 0, found))
            if member is None or member.start(5) != found + len(_SCHEMA) or self._text[member.start(5)] != "\n":
                raise UnusualTextError
            around.extend((self._text[done : member.start(5)], " {}"))
            schemas.append(self._schema(*member.span(5), values))
            done = member.end()
        return "".join((*around, self._text[done:])), schemas

    def _schema(self, start: int, end: int, values: Sequence[Any]) -> dict[str, Any]:
        schema: dict[str, Any] = {}
        unused: dict[str, tuple[int, int]] = {}
        for name, body_start, body_end in self._members(start, end):
            is_block = self._text[body_start] == "\n"
            if is_block and name == "properties":
                schema[name], unused = self._properties(body_start, body_end, values)
            elif is_block and name in _NESTED:
                schema[name] = self._schema(body_start, body_end, list(_within(values, name)))
            elif name == "default":
                schema[name] = None
            elif name not in _LEFT_OUT:
                schema[name] = _value(self._text[body_start:body_end])
        required = schema.get("required")
        for name in required if isinstance(required, list) and unused else ():
            if isinstance(name, str) and name in unused and any(keyword == "default" for keyword, _, _ in self._members(*unused[name])):
                schema["properties"][name] = {"default": None}
        return schema

    def _properties(self, start: int, end: int, values: Sequence[Any]) -> tuple[dict[str, Any], dict[str, tuple[int, int]]]:
        """Return the fields by name, and of those that no object sets and that may have a default where they stand."""
        mappings = [value for value in values if isinstance(value, dict)]
        used = {name for value in mappings for name in value}
        members: dict[str, Any] = {}
        unused: dict[str, tuple[int, int]] = {}
        for name, body_start, body_end in self._members(start, end):
            if name not in used:
                members[name] = {}
                if self._text.find(" default:", body_start, body_end) >= 0:
                    unused[name] = body_start, body_end
            elif self._text[body_start] == "\n":
                members[name] = self._schema(body_start, body_end, [value[name] for value in mappings if name in value])
            else:
                members[name] = _value(self._text[body_start:body_end])
        return members, unused

    def _members(self, start: int, end: int) -> Iterator[tuple[str, int, int]]:
        """Yield the keys of a mapping in block style, each with start and end of what stands after its colon."""
        at = start
        indent = None
        for found in _MEMBER.finditer(self._text, start, end):
            if found.start() != at or indent not in (None, found[1]):
                raise UnusualTextError
            at, indent = found.end(), found[1]
            yield found[2] or found[3] or found[4] or "", found.start(5), at
        if at != end:
            raise UnusualTextError


def _value(part: str) -> Any:
    """Return the value that a key has by the text after its colon."""
    word = _WORD.fullmatch(part)
    if word:
        return resolve(word[1])
    if _WORDS.fullmatch(part):
        return [resolve(found) for found in _LIST_WORD.findall(part)]
    read = documents.parse_value(Chunk(f"value: {part}", 1, is_json=False, source=None))
    if not isinstance(read, dict) or len(read) != 1:
        raise UnusualTextError
    return read["value"]


def _within(values: Sequence[Any], keyword: str) -> Iterator[Any]:
    for value in values:
        if keyword == "items" and isinstance(value, list):
            yield from value
        elif keyword != "items" and isinstance(value, dict):
            yield from value.values()
