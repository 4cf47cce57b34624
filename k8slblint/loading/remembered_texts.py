"""What is asked of the text of each file and document before anything is parsed, and is not asked again where it is remembered."""

from typing import Any

from k8slblint.documents import Chunk
from k8slblint.documents.remembered import Memory
from k8slblint.loading import plain_text
from k8slblint.loading.plain_text import Stated

_FILE = "file"
_DOCUMENT = "document"
_CHUNK = 7
_PAIR = 2


def stated_in(content: str, memory: Memory) -> tuple[bool, list[Stated]]:
    """Tell whether the text of a file is a template whose statements govern several documents, and return its documents."""
    known: Any = memory.recall(_FILE, content)
    if _is_pair(known) and isinstance(known[1], list) and all(_is_of(one, content) for one in known[1]):
        return known[0], [_read(one, content) for one in known[1]]
    found = plain_text.stated_in(content)
    if all(content.startswith(one.chunk.text, one.chunk.start) and one.chunk.start >= 0 for one in found[1]):
        memory.keep([found[0], [_written(*one) for one in found[1]]], _FILE, content)
    return found


def nature_of(text: str, memory: Memory) -> tuple[bool, bool]:
    """Tell whether a document is a template, and whether it has placeholders or blanks that are filled in."""
    known: Any = memory.recall(_DOCUMENT, text)
    if _is_pair(known) and type(known[1]) is bool:
        return known[0], known[1]
    found = plain_text.nature_of(text)
    memory.keep([*found], _DOCUMENT, text)
    return found


def _is_pair(known: Any) -> bool:
    return isinstance(known, list) and len(known) == _PAIR and type(known[0]) is bool


def _written(chunk: Chunk, api_version: str | None, kind: str | None) -> list[Any]:
    return [chunk.start, chunk.start + len(chunk.text), chunk.line, chunk.is_json, chunk.source, api_version, kind]


def _is_of(one: Any, content: str) -> bool:
    """Tell whether something is a document of a text."""
    if not isinstance(one, list) or len(one) != _CHUNK:
        return False
    start, end, line, is_json, *texts = one
    if not (type(start) is type(end) is type(line) is int and type(is_json) is bool):
        return False
    return (
        0 <= start <= end <= len(content) and 0 < line <= len(content) + 1 and all(text is None or isinstance(text, str) for text in texts)
    )


def _read(one: list[Any], content: str) -> Stated:
    start, end, line, is_json, source, api_version, kind = one
    return Stated(Chunk(content[start:end], line, is_json, source, start), api_version, kind)
