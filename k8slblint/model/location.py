"""What a place is: a path into a value, a span of text, a location in a file."""

from typing import TypeAlias

from k8slblint.model.records import NamedTuple

Path: TypeAlias = tuple[str | int, ...]
"""Keys and indexes from the root of a value, for example `("spec", "ports", 0, "nodePort")`."""


class Span(NamedTuple):
    """A stretch of text: lines and columns from 1, columns in code points, `end_column` just after the last one."""

    line: int
    column: int
    end_line: int
    end_column: int


class Location(NamedTuple):
    """A span in a file; `path` is as reported: with `/`, relative to where the run started when it lies below."""

    path: str
    span: Span


def format_path(path: Path) -> str:
    """Write a path as Kubernetes messages do: `spec.ports[0].nodePort`, `metadata.annotations[a.b/c]`."""
    text = ""
    for part in path:
        if isinstance(part, int) or "." in part or "/" in part:
            text += f"[{part}]"
        else:
            text += f".{part}" if text else part
    return text
