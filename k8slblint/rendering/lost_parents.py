"""Where a template prints the content of a mapping of the values without its key: `toYaml .Values.readinessProbe.httpGet`.

The values are right then, and the line of the template is at fault. That is read, not proven: the key that a field has lost in the
object stands above it in the values, and the template names it there.
"""

from k8slblint import documents
from k8slblint.model.location import Path, Span
from k8slblint.model.node import Node

_DEEPEST = 50


def line_without_parent(values: str, span: Span, template: str, path: Path) -> Span | None:
    """Return the line of a template that drops the key above a field; `span` is that of the field in the `values`, `path` in the object."""
    keys = _keys_at(values, span)
    names = [part for part in path if isinstance(part, str)]
    if len(keys) < 3 or len(names) < 2 or keys[-1] != names[-1] or keys[-3] != names[-2]:  # noqa: PLR2004
        return None
    named = ".Values." + ".".join(keys[:-1])
    for number, line in enumerate(template.split("\n"), 1):
        at = line.find(named)
        if at >= 0 and not (line[at + len(named) :][:1].isalnum() or line[at + len(named) :][:1] in (".", "_")):
            return Span(number, len(line) - len(line.lstrip()) + 1, number, len(line.rstrip()) + 1)
    return None


def _keys_at(text: str, span: Span) -> tuple[str, ...]:
    """Return the keys that lead to the key at a place of a text, `()` where there is none, or a list is on the way."""
    chunk = next((one for one in reversed(documents.split(text)) if one.line <= span.line), None)
    try:
        node: Node | None = documents.parse(chunk).root if chunk is not None else None
    except documents.BrokenDocument:
        return ()
    keys: list[str] = []
    while node is not None and node.members and len(keys) < _DEEPEST:
        before = [(key, pair) for key, pair in node.members.items() if (pair[0].line, pair[0].column) <= (span.line, span.column)]
        if not before:
            return ()
        key, (place, node) = max(before, key=lambda one: (one[1][0].line, one[1][0].column))
        keys.append(key)
        if (place.line, place.column) == (span.line, span.column):
            return tuple(keys)
    return ()
