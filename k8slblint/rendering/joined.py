"""Joins the rendered parts of a unit into one text, and says which file each line of it comes from."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from k8slblint.budget import Part
from k8slblint.rendering.gitops.substitution import substitute
from k8slblint.rendering.units import RenderedDocument


class Joined(NamedTuple):
    """The documents of a unit, their text, and the line of it (from 1) at which each of them begins."""

    documents: Sequence[RenderedDocument]
    text: str
    starts: Sequence[int]

    def file_at(self, line: int) -> str:
        """Return the template or base file that a line comes from, or `""`."""
        pairs = zip(reversed(self.documents), reversed(self.starts), strict=True)
        return next((document.file for document, start in pairs if start <= line), "")

    def within(self, line: int) -> tuple[str, int]:
        """Return the document that a line is in, as it was rendered, and the line of that."""
        number = bisect_right(self.starts, line) - 1
        text = self.documents[number].text
        has_separator = number > 0 and not text.startswith("---")
        return text, line - self.starts[number] + (not has_separator)


def joined(found: Sequence[RenderedDocument], variables: Mapping[str, str] | None, part: Part) -> Joined:
    """Return the documents as one text, variables filled in. Raises `OverLimitError` where that would be too long."""
    texts: list[str] = []
    starts: list[int] = []
    line = 1
    for document in found:
        if variables is None:
            part.spend(len(document.text))
        text = document.text if variables is None else substitute(document.text, variables, part)
        text = text if text.endswith("\n") else f"{text}\n"
        if texts and not text.startswith("---"):
            text = f"---\n{text}"
        starts.append(line)
        line += text.count("\n")
        texts.append(text)
    return Joined(found, "".join(texts), starts)
