"""A document in Markdown: a heading, lines, sections of items, and a limit of length.

Sources: GitHub Docs, "Workflow commands for GitHub Actions" (a job summary holds 1 MiB a step, more is refused whole); github/docs,
"Issue comments" (a body has at most 65,536 characters).
"""

from collections.abc import Sequence

from k8slblint.model.records import NamedTuple

MOST_CHARACTERS = 60_000
"""What a document may have: a comment takes 65,536 characters, and 4 bytes each of these fit into a job summary too."""

BREAK = "  \n  "
"""What begins a new line within an item: two blanks at the end of the line break it in summaries too (CommonMark 0.31, 6.7)."""

_CUT_SHORT = "This report is cut: {left} more items do not fit. `k8slblint scan` on the command line shows all."

_ROOM_TO_SAY_SO = 400


class Section(NamedTuple):
    """A heading of our own words, and items in Markdown, the first lines of a list each; `is_folded` shows the heading only."""

    head: str
    items: Sequence[str]
    is_folded: bool = False


def document(title: str, lines: Sequence[str], sections: Sequence[Section], footer: Sequence[str] = ()) -> str:
    """Return a document that ends in a line feed; items that do not fit are counted, and it says that it is cut.

    There is always room for the footer: what was not read must not be lost where much was found.
    """
    text = _Text(reserved=sum(len(line) + 2 for line in footer))
    text.add(f"## {title}\n")
    for line in lines:
        text.add(f"\n{line}\n")
    for section in sections:
        text.add_section(section)
    text.release()
    for line in footer:
        text.add(f"\n{line}\n")
    return text.finished()


class _Text:
    """A text that grows until it is full, and counts what does not fit."""

    def __init__(self, reserved: int) -> None:
        self._parts: list[str] = []
        self._length = 0
        self._reserved = reserved
        self._left = 0

    def add(self, part: str) -> bool:
        """Add a part if it fits; tell whether it did."""
        if self._length + self._reserved + len(part) > MOST_CHARACTERS - _ROOM_TO_SAY_SO:
            self._left += 1
            return False
        self._parts.append(part)
        self._length += len(part)
        return True

    def release(self) -> None:
        """Let what comes now have the room that was reserved for it."""
        self._reserved = 0

    def add_section(self, section: Section) -> None:
        """Add a heading with the items that fit; a heading without any is left out."""
        head = f"\n<details><summary>{section.head}</summary>\n\n" if section.is_folded else f"\n### {section.head}\n\n"
        end = "\n</details>\n" if section.is_folded else ""
        fitting = [item for item in section.items if len(item) < MOST_CHARACTERS]
        self._reserved += len(end)
        is_added = bool(fitting) and self.add(head)
        for item in section.items if is_added else ():
            self.add(f"- {item}\n")
        self._reserved -= len(end)
        if is_added:
            self.add(end)
        else:
            self._left += len(section.items) - (1 if fitting else 0)

    def finished(self) -> str:
        """Return the text; where something was left out it says so."""
        said = f"\n> {_CUT_SHORT.format(left=self._left)}\n" if self._left else ""
        return "".join(self._parts) + said
