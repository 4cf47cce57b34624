"""Where one document ends and the next begins, which kubectl decides before any parsing."""

import re
from collections.abc import Iterator

from k8slblint.documents.lines import count_breaks, start_of_line
from k8slblint.documents.parts import Chunk

_SEPARATOR = "---"
_CONTENT = re.compile(r"(?:^|\r)[^\S\r\n]*+[^\s#\ufeff]", re.MULTILINE)
_ANYTHING = re.compile(r"\S")
_HELM_SOURCE = r"(?m)# Source: ([^\s:]+/(?:templates|crds)/[^\s:]+|crds/[^\s:]+)[ \t]*\r?$"
"""The comment that `helm template` writes above every object it renders (Helm 3.21, `pkg/action/action.go`)."""

_MOST_BLANKS = 500
"""Beyond this column the place of a JSON object is not kept, so that thousands of them on one line do not fill the memory."""

_NOT_BLANK = re.compile(r"[^ \t\r\n]")


def split(text: str, *, with_comments: bool = False) -> list[Chunk]:
    """Return the documents of a file in order, without those that are empty or, unless `with_comments`, hold only comments.

    As kubectl does (apimachinery 0.32, `pkg/util/yaml/decoder.go`): a line that starts with `---` ends a document even
    inside a block scalar; JSON objects may stand in a row, at the start of the file, and YAML documents may follow them.
    """
    chunks, end = _json_chunks(text)
    chunks.extend(_yaml_chunks(text, end, _ANYTHING if with_comments else _CONTENT))
    return chunks


def is_bad_separator(text: str) -> bool:
    """Tell whether the first line of a chunk is a `---` line that holds more than a comment, which kubectl refuses."""
    if not text.startswith(_SEPARATOR):
        return False
    rest = text.partition("\n")[0].removeprefix(_SEPARATOR).strip()
    return bool(rest) and not rest.startswith("#")


def _json_chunks(text: str) -> tuple[list[Chunk], int]:
    """Return the JSON objects at the start of a text, and the offset at which the last one ends."""
    chunks: list[Chunk] = []
    end = 0
    line = 1
    while (found := _NOT_BLANK.search(text, end)) and found[0] == "{":
        start = found.start()
        after = _end_of_json(text, start)
        if after is None:
            break
        line += count_breaks(text, end, start)
        is_whole = not start and _NOT_BLANK.search(text, after) is None
        chunks.append(Chunk(text if is_whole else _indented(text, start, after), line, is_json=True, source=None))
        line += count_breaks(text, start, after)
        end = after
    return chunks, end


def _end_of_json(text: str, start: int) -> int | None:
    from k8slblint.documents.json_values import scanned  # only files that start with `{` need it

    found = scanned(text, start)
    return None if found is None else found.end


def _yaml_chunks(text: str, start: int, worth: re.Pattern[str]) -> Iterator[Chunk]:
    line = 1 + count_breaks(text, 0, start)
    follows_separator = False
    for separator in _separators(text, start):
        content = _indented(text, start, separator)
        yield from _chunk(content, start, line, worth, follows_separator=follows_separator)
        end = text.find("\n", separator) + 1 or len(text)
        start = separator if is_bad_separator(text[separator:end]) else end
        line += count_breaks(content)
        line += count_breaks(text, separator, start)
        follows_separator = True
    yield from _chunk(_indented(text, start, len(text)), start, line, worth, follows_separator=follows_separator)


def _separators(text: str, start: int) -> Iterator[int]:
    """Yield the offset of each line that separates documents; a regular expression would take ten times as long."""
    if start == 0 and text.startswith(_SEPARATOR):
        yield 0
    while (line_end := text.find(f"\n{_SEPARATOR}", start)) >= 0:
        start = line_end + 1
        yield start


def _chunk(text: str, start: int, line: int, worth: re.Pattern[str], *, follows_separator: bool) -> Iterator[Chunk]:
    if worth.search(text):
        source = re.match(_HELM_SOURCE, text) if follows_separator and text.startswith("# Source: ") else None
        yield Chunk(text, line, is_json=False, source=source[1] if source else None, start=start)


def _indented(text: str, start: int, end: int) -> str:
    """Return a part of a text, with blanks before it where it starts inside a line, so that its columns stay right."""
    column = start - start_of_line(text, start)
    return " " * column + text[start:end] if column <= _MOST_BLANKS else text[start:end]
