"""Parses one document: as JSON where Kubernetes does, otherwise as YAML."""

import gc
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from k8slblint.documents import elements, libyaml, ordinary
from k8slblint.documents.building import MAX_NESTING
from k8slblint.documents.parts import BrokenDocument, Chunk, Parsed, SyntaxProblem, refuse
from k8slblint.documents.splitting import is_bad_separator

if TYPE_CHECKING:
    from k8slblint.documents.remembered import Memory

_memory: "Memory | None" = None

_KEPT = 64
"""Documents that are kept: most that are read twice are read so in a row, or are copies in folders side by side."""


def parse(chunk: Chunk) -> Parsed:
    """Return the value of a document with the place of everything in it.

    Values are those that sigs.k8s.io/yaml 1.4 (go-yaml v2) hands to the API server: `on` is true, `0443` is 291, dates are
    text, `08` is 8, merge keys are applied where they stand, and the last of repeated keys wins.

    Raises:
        BrokenDocument: Kubernetes cannot read the document.
    """
    memory = _memory if not chunk.is_json else None
    known = memory.parsed(chunk) if memory is not None else None
    if known is not None:
        return known
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        parsed = _parse(chunk)
    finally:
        if was_enabled:
            gc.enable()
    if memory is not None:
        memory.note(chunk, parsed)
    return parsed


def use_memory(memory: "Memory | None") -> None:
    """Ask a memory for what is known of documents before they are read, and tell it of those that were; None asks none."""
    global _memory  # noqa: PLW0603 - documents are parsed everywhere, and what they hold does not depend on who asks
    _memory = memory


def memory() -> "Memory | None":
    """Return what is asked for what is known of texts, None where nothing is."""
    return _memory


@lru_cache(maxsize=_KEPT)
def parse_shared(chunk: Chunk) -> Parsed:
    """Return what `parse` returns, for those who only read: the same text at the same line may get the very nodes it got before.

    Raises:
        BrokenDocument: Kubernetes cannot read the document.
    """
    return read_at_once(chunk) or parse(chunk)


@lru_cache(maxsize=2)
def read_at_once(chunk: Chunk) -> Parsed | None:
    """Return a document that the reader in C reads, which is sound and sets no key twice, for those who only read.

    None for all others, and where there is no such reader: it takes less time than to look for something in the text.
    """
    return None if chunk.is_json or elements.may_be_list(chunk.text) else ordinary.read_in_c(chunk)


def check_syntax(chunk: Chunk) -> SyntaxProblem | None:
    """Return what is wrong with the syntax of a document, or None; several times cheaper than `parse`, which sees more.

    A document whose brackets may be nested very deeply is parsed all the same: libyaml takes minutes for those without end.
    """
    if _is_read_as_json(chunk) or read_at_once(chunk) is not None:
        return None
    if _deepest_bracket(chunk.text) > MAX_NESTING:
        return _what_parsing_meets(chunk)
    try:
        _refuse_separator(chunk)
        libyaml.parse_only(libyaml.yaml_text(chunk))
    except BrokenDocument as error:
        return error.problem
    except libyaml.errors():
        return _what_parsing_meets(chunk)
    return None


def _deepest_bracket(text: str) -> int:
    """Return how deep brackets can be nested at the most; those in text and comments count too."""
    if text.count("[") + text.count("{") <= MAX_NESTING:
        return 0
    depth = deepest = 0
    for bracket in re.findall(r"[\[\]{}]", text):
        depth = depth + 1 if bracket in "[{" else max(depth - 1, 0)
        deepest = max(deepest, depth)
    return deepest


def _what_parsing_meets(chunk: Chunk) -> SyntaxProblem | None:
    """Return why a document cannot be parsed, or None: what follows the first document of a chunk Kubernetes does not read."""
    try:
        parse(chunk)
    except BrokenDocument as error:
        return error.problem
    return None


def _parse(chunk: Chunk) -> Parsed:
    if _is_read_as_json(chunk):
        from k8slblint.documents import json_values  # few files are JSON

        return json_values.read(chunk)
    _refuse_separator(chunk)
    listed = elements.read_list(chunk)
    return Parsed(listed, ()) if listed is not None else ordinary.read(chunk)


def _is_read_as_json(chunk: Chunk) -> bool:
    """Tell whether a chunk is JSON; what only starts like it is YAML in flow style (apimachinery 0.33 falls back as well)."""
    if not chunk.is_json:
        return False
    from k8slblint.documents.json_values import is_json  # few files are JSON

    return is_json(chunk.text)


def _refuse_separator(chunk: Chunk) -> None:
    if is_bad_separator(chunk.text):
        first = chunk.text.partition("\n")[0].rstrip()
        message = f"a line that starts with `---` separates two documents and may contain only a comment besides, not '{first[3:].strip()}'"
        refuse(message, chunk.line, 1, len(first) + 1)
