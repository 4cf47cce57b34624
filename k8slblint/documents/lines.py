"""Line ends, for editors and for libyaml, and the line and column of an offset."""

import re
from bisect import bisect_right

_EDITOR_BREAK = r"\r\n?|\n"
_YAML_BREAK = r"\r\n?|[\n\x85\u2028\u2029]"
"""YAML 1.1, section 5.4: libyaml ends a line at NEL, LS and PS too, editors and SARIF viewers do not."""

_ONLY_YAML_BREAKS = "\x85\u2028\u2029"


def count_breaks(text: str, start: int = 0, end: int | None = None) -> int:
    """Count the line ends of an editor (LF, CR LF, CR) in a part of a text."""
    end = len(text) if end is None else end
    if text.find("\r", start, end) < 0:
        return text.count("\n", start, end)
    return sum(1 for _ in re.compile(_EDITOR_BREAK).finditer(text, start, end))


def start_of_line(text: str, offset: int) -> int:
    """Return the offset at which the line of an editor starts that an offset is on."""
    start = text.rfind("\n", 0, offset) + 1
    return max(text.rfind("\r", start, offset) + 1, start)


def has_lone_cr(text: str) -> bool:
    """Tell whether some line ends in a CR without LF, as old Macintosh files do."""
    return "\r" in text and text.count("\r") != text.count("\r\n")


def has_yaml_only_breaks(text: str) -> bool:
    """Tell whether the text holds NEL, LS or PS, which end a line for libyaml but not for an editor."""
    return not text.isascii() and any(character in text for character in _ONLY_YAML_BREAKS)


class LineTable:
    """The offsets at which the lines of a text start, as an editor counts them or, with `yaml`, as libyaml does."""

    __slots__ = ("_starts",)

    def __init__(self, text: str, *, yaml: bool = False) -> None:
        self._starts = [0, *(found.end() for found in re.finditer(_YAML_BREAK if yaml else _EDITOR_BREAK, text))]

    def place(self, offset: int) -> tuple[int, int]:
        """Return line and column, both from 0, of an offset."""
        line = bisect_right(self._starts, offset) - 1
        return line, offset - self._starts[line]

    def offset(self, line: int, column: int) -> int:
        """Return the offset of a line and column, both from 0; a line past the end counts as the last one."""
        return self._starts[min(line, len(self._starts) - 1)] + column
