"""Where the comments of a YAML document are."""

import re
from collections.abc import Iterator

from k8slblint.documents import libyaml
from k8slblint.documents.building import MAX_NESTING
from k8slblint.documents.lines import count_breaks, start_of_line
from k8slblint.documents.parts import Chunk, Comment
from k8slblint.model.patterns import pattern

_COMMENT = pattern(r"(?<!\S)#([^\r\n]*)")


def comments(chunk: Chunk) -> list[Comment]:
    """Return the comments of a document in order, those inside scalars excepted; a broken document up to where it breaks."""
    if chunk.is_json or "#" not in chunk.text:
        return []
    text = libyaml.yaml_text(chunk)
    found: list[Comment] = []
    offset, line = 0, chunk.line
    for match in _matches(text):
        line += count_breaks(text, offset, match.start())
        offset = match.start()
        line_start = start_of_line(text, offset)
        own_line = not text[line_start:offset].strip()
        found.append(Comment(line, offset - line_start + 1, match[1].strip(), own_line))
    return found


def _matches(text: str) -> Iterator[re.Match[str]]:
    for start, end in _gaps(text):
        yield from _COMMENT.finditer(text, start, end)


def _gaps(text: str) -> list[tuple[int, int]]:
    """Return the stretches of text between scalars; the header line of a block scalar is one of them."""
    gaps, error = _gaps_and_error(text)
    spared = libyaml.spare_colons(text, error) if error else None
    return _gaps_and_error(spared.text)[0] if spared else gaps


def _gaps_and_error(text: str) -> tuple[list[tuple[int, int]], Exception | None]:
    gaps: list[tuple[int, int]] = []
    try:
        gaps.extend(_between_scalars(text))
    except libyaml.errors() as error:
        return gaps, error
    return gaps, None


def _between_scalars(text: str) -> Iterator[tuple[int, int]]:
    types = libyaml.event_types()
    scalar: object = types.scalar
    steps = {types.mapping_start: 1, types.sequence_start: 1, types.mapping_end: -1, types.sequence_end: -1}
    position = depth = 0
    for event in libyaml.events(text):
        depth += steps.get(type(event), 0)
        if depth > MAX_NESTING:
            return
        if type(event) is scalar:
            start = event.start_mark.index
            if event.style in ("|", ">"):
                start = text.find("\n", start)
            yield position, start
            position = event.end_mark.index
    yield position, len(text)
