"""Reads from the text of a CustomResourceDefinition the little that a few objects need.

Such texts are large (those of 40 kinds have 5 MB in a tree of 28 repositories), nearly all of it prose and fields that no object sets.
In the block style that generators write, the indentation alone tells where a field ends, so that the rest is only skipped.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from k8slblint import documents
from k8slblint.documents import Chunk
from k8slblint.documents.scalars import resolve

_SCHEMA = "openAPIV3Schema:"
_KEY = r"""
    (?: \n [ \t]* (?: \#[^\n]* )? (?=\n) )*+                                      # blank lines and comments
    \n ([ ]*) (?: "([^"\\\n]*)" | '([^'\n]*)' | ([^\s"'\#:&*!|>{}\[\]?-][^\s:]*) ) :  # the key itself
    [ \t]* (?= \n | (?<=[ \t]) )
"""
_HEAD = r"(?x)" + _KEY
"""A key of a mapping in block style."""

_MEMBER = r"(?x)" + _KEY + r"[^\n]* (?: \n (?: \1 (?: [ ] | - (?=[ \n]) ) [^\n]* | [ \t]* (?=\n) ) )*+"
"""The same with all that belongs to it: lines that are indented more, the elements of a list, blank lines."""

_NEXT_LINE = r"(?:\n[ \t]*(?=\n))*+\n( *)(?=\S)"
_WORD = r"[ \t]*([A-Za-z0-9.+-]+)[ \t]*"
_WORDS = r"(?:\n *- [A-Za-z0-9][A-Za-z0-9_.-]*)+"
_LIST_WORD = r"- (\S+)"
_WIDEST = 200
"""Columns of indentation up to which schemas are read; generated ones reach some 80."""

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
    definition = documents.parse(chunk._replace(text=envelope)).root.value
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
    """Goes through a text once; `_at` is the line end before the next line to look at."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def read(self, values: Sequence[Any]) -> tuple[str, list[dict[str, Any]]]:
        """Return the text around the schemas, and the schemas in their order."""
        around: list[str] = []
        schemas: list[dict[str, Any]] = []
        done = 0
        while (found := self._text.find(_SCHEMA, done)) >= 0:
            start = found + len(_SCHEMA)
            key = re.compile(_HEAD).match(self._text, self._text.rfind("\n", 0, found))
            if key is None or key.end() != start or self._text[start] != "\n":
                raise UnusualTextError
            around.extend((self._text[done:start], " {}"))
            self._at = start
            schemas.append(self._schema(len(key[1]), values))
            done = self._at
        return "".join((*around, self._text[done:])), schemas

    def _schema(self, parent: int, values: Sequence[Any]) -> dict[str, Any]:
        schema: dict[str, Any] = {}
        unused: dict[str, tuple[int, int]] = {}
        for name, start, indent in self._keys(parent):
            is_block = self._text[self._at] == "\n"
            if is_block and name == "properties":
                schema[name], unused = self._properties(indent, values)
            elif is_block and name in _NESTED:
                schema[name] = self._schema(indent, list(_within(values, name)))
            else:
                part = self._skip(start)
                if name not in _LEFT_OUT:
                    schema[name] = None if name == "default" else _value(self._text[slice(*part)])
        self._note_defaults(schema, unused)
        return schema

    def _properties(self, parent: int, values: Sequence[Any]) -> tuple[dict[str, Any], dict[str, tuple[int, int]]]:
        """Return the fields by name, and where those stand that no object sets and that may have a default."""
        mappings = [value for value in values if isinstance(value, dict)]
        used = {name for value in mappings for name in value}
        members: dict[str, Any] = {}
        unused: dict[str, tuple[int, int]] = {}
        for name, start, indent in self._keys(parent):
            if name not in used:
                members[name] = {}
                part = self._skip(start)
                if self._text.find(" default:", *part) >= 0:
                    unused[name] = start, indent
            elif self._text[self._at] == "\n":
                members[name] = self._schema(indent, [value[name] for value in mappings if name in value])
            else:
                members[name] = _value(self._text[slice(*self._skip(start))])
        return members, unused

    def _note_defaults(self, schema: dict[str, Any], unused: dict[str, tuple[int, int]]) -> None:
        """Let required fields that no object sets have their default, so that they are not missed."""
        required = schema.get("required")
        for name in required if isinstance(required, list) and unused else ():
            if isinstance(name, str) and name in unused:
                after = self._at
                self._at, indent = unused[name]
                next(self._keys(indent - 1))
                for keyword, start, _ in self._keys(indent):
                    self._skip(start)
                    if keyword == "default":
                        schema["properties"][name] = {"default": None}
                self._at = after

    def _keys(self, parent: int) -> Iterator[tuple[str, int, int]]:
        """Yield each key below one with the indentation `parent`: its name, the start of its lines and its own indentation.

        Whoever takes it moves on to the end of what belongs to it.
        """
        indent = None
        while key := re.compile(_HEAD).match(self._text, self._at):
            depth = len(key[1])
            if depth <= parent or (indent is not None and depth < indent):
                return
            if depth > (_WIDEST if indent is None else indent):
                raise UnusualTextError
            start, indent, self._at = self._at, depth, key.end()
            yield key[2] or key[3] or key[4] or "", start, indent
        line = re.compile(_NEXT_LINE).match(self._text, self._at)
        if line is not None and len(line[1]) > parent:
            raise UnusualTextError

    def _skip(self, start: int) -> tuple[int, int]:
        """Move on to the end of what belongs to the key just read, and return where that stands."""
        head = self._at
        member = re.compile(_MEMBER).match(self._text, start)
        self._at = member.end() if member else head
        return head, self._at


def _value(part: str) -> Any:
    """Return the value that a key has by the text after its colon."""
    word = re.fullmatch(_WORD, part)
    if word:
        return resolve(word[1])
    if re.fullmatch(_WORDS, part):
        return [resolve(found) for found in re.findall(_LIST_WORD, part)]
    read = documents.parse(Chunk(f"value: {part}", 1, is_json=False, source=None)).root.value
    if not isinstance(read, dict) or len(read) != 1:
        raise UnusualTextError
    return read["value"]


def _within(values: Sequence[Any], keyword: str) -> Iterator[Any]:
    for value in values:
        if keyword == "items" and isinstance(value, list):
            yield from value
        elif keyword != "items" and isinstance(value, dict):
            yield from value.values()
