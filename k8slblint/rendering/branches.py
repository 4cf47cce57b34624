"""Parts of a unit that cannot change one another: what proves a line in one of them is rendered without the others."""

from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple


class Entry(NamedTuple):
    """One line of a list of resources: where it stands, what it leads to, and all files of that."""

    file: str
    line: int
    text: str
    files: frozenset[str]
    leads_to: str


class Branches:
    """The entries of lists, from the outermost on, which nothing joins."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        """Hold them."""
        self._entries = entries
        self._all = frozenset[str]().union(*(one.files for one in entries))
        self._lists: dict[str, list[Entry]] = {}
        for one in entries:
            self._lists.setdefault(one.file, []).append(one)
        self._apart: dict[str, frozenset[str]] = {}

    def apart_from(self, first: str) -> frozenset[str]:
        """Return the files of other parts than those that a file is in; none where it is in no part."""
        if first not in self._apart:
            innermost = self._innermost(first)
            kept = frozenset[str]().union(*(one.files for one in innermost))
            others = (one.files for one in self._entries if first not in one.files)
            self._apart[first] = frozenset[str]().union(*others) - kept if innermost else frozenset()
        return self._apart[first]

    def _innermost(self, first: str) -> list[Entry]:
        """Return the entries that lead to a file of which no list within does."""
        own = [one for one in self._entries if first in one.files]
        return [one for one in own if not any(first in other.files for other in self._lists.get(one.leads_to, ()))]

    def without_others(self, firsts: Collection[str], text_of: Callable[[str], str]) -> dict[str, str]:
        """Return the kustomizations without the entries that lead to none of some files, by their texts."""
        if not firsts or not self._all.issuperset(firsts):
            return {}
        whole = {one.leads_to for first in firsts for one in self._innermost(first)}
        changed: dict[str, list[str]] = {}
        for one in self._entries:
            if one.file not in whole and one.files.isdisjoint(firsts):
                lines = changed.setdefault(one.file, text_of(one.file).split("\n"))
                if lines[one.line - 1 : one.line] == [one.text]:
                    lines[one.line - 1] = "#"
        return {file: "\n".join(lines) for file, lines in changed.items()}
