"""Steps that the readers of host files share: texts in plain values, whatever their type."""

from collections.abc import Iterator
from typing import Any

from k8slblint import documents
from k8slblint.model.host_files import Saying, Statement
from k8slblint.model.location import Path

MOST = 2000
"""Entries of one list that are read: more machines or ranges than one cluster has."""


def texts(value: object, at: Path) -> Iterator[tuple[str, Path]]:
    """Yield the texts of a value that is one, with commas or white space between several, or a list of them."""
    if isinstance(value, str):
        yield from ((text, at) for text in value.replace(",", " ").split()[:MOST])
    elif isinstance(value, list):
        for number, one in enumerate(value[:MOST]):
            if isinstance(one, str):
                yield from texts(one, (*at, number))


def each(says: Saying, value: object, at: Path, of: str = "") -> Iterator[Statement]:
    """Yield a statement for each text of a value."""
    for text, where in texts(value, at):
        yield Statement(says, text, where, of)


def whole(says: Saying, value: object, at: Path, of: str = "") -> Iterator[Statement]:
    """Yield a statement for each text of a value that may contain white space itself, such as a range with spaces around its dash."""
    if isinstance(value, str):
        yield from (Statement(says, text.strip(), at, of) for text in value.split(",")[:MOST] if text.strip())
    elif isinstance(value, list):
        for number, one in enumerate(value[:MOST]):
            if isinstance(one, str):
                yield from whole(says, one, (*at, number), of)


def within(value: object, *path: str | int) -> Any:
    """Return what is at a path of mappings, None where a step is missing."""
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    return value


def mapping(value: object) -> dict[str, Any]:
    """Return a mapping, an empty one for all else."""
    return value if isinstance(value, dict) else {}


def elements(value: object, at: Path) -> Iterator[tuple[Any, Path]]:
    """Yield the elements of a list with their paths."""
    for number, one in enumerate(value[:MOST] if isinstance(value, list) else ()):
        yield one, (*at, number)


def word(value: object) -> str:
    """Return a text, or a truth value as Kubernetes writes it; nothing for all else."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else ""


def host_of(endpoint: object) -> str:
    """Return the host of `https://HOST:PORT`, `HOST:PORT` or `[HOST]:PORT`, nothing where there is none."""
    text = word(endpoint).strip().partition("://")
    host = (text[2] or text[0]).partition("/")[0]
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host if host.count(":") > 1 else host.partition(":")[0]


def documents_in(text: object) -> Iterator[dict[str, Any]]:
    """Yield the mappings among the YAML documents of a text within a file; what cannot be parsed is passed over."""
    if not isinstance(text, str) or not text.strip():
        return
    for chunk in documents.split(text):
        try:
            value = documents.parse(chunk).root.value
        except documents.BrokenDocument:
            continue
        if isinstance(value, dict):
            yield value
