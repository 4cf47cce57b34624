"""Construction of nodes: mappings and sequences in progress, duplicate keys and merge keys."""

from typing import Any

from k8slblint.documents.parts import SyntaxProblem, refuse
from k8slblint.documents.scalars import MERGE_KEY, UnresolvableScalarError, key_text
from k8slblint.model.node import Node

MAX_NESTING = 1000
"""How deep collections may be nested; kubectl accepts 9,999, no manifest needs more than a few dozen."""


class Mapping:
    """A mapping under construction: takes key and value in turn, and applies merge keys where they stand.

    go-yaml v2, `decode.go`: the last of repeated keys wins, and so does a merge over the keys before it.
    """

    __slots__ = ("_key", "_merged", "_problems", "is_merging", "node")

    def __init__(self, node: Node, problems: list[SyntaxProblem]) -> None:
        self.node = node
        node.members = {}
        self.is_merging = False
        self._key: Node | None = None
        self._merged: set[str] = set()
        self._problems = problems

    @property
    def expects_key(self) -> bool:
        """Tell whether the next node is a key."""
        return self._key is None and not self.is_merging

    def add(self, node: Node) -> None:
        """Take the next key or value."""
        key = self._key
        if key is not None:
            self._key = None
            name: str = key.value
            members = self.node.members
            if name in members or self._merged:
                self._note_repetition(key, node)
            members[name] = (key, node)
            self.node.value[name] = node.value
        elif self.is_merging:
            self.is_merging = False
            self._merge(node)
        elif node.value is MERGE_KEY and not node.aliased:
            self.is_merging = True
        else:
            self._key = node if type(node.value) is str else _text_key(node)

    @property
    def last(self) -> Node | None:
        """The value added last, whose end is the end of a mapping in block style."""
        return next(reversed(self.node.members.values()))[1] if self.node.members else None

    def _note_repetition(self, key: Node, node: Node) -> None:
        first = self.node.members.get(key.value)
        if first is not None and key.value not in self._merged:
            self._problems.append(_duplicate(key, first[0], is_same=_are_same(first[1].value, node.value)))
        self._merged.discard(key.value)

    def _merge(self, node: Node) -> None:
        sources = [node] if isinstance(node.value, dict) else list(reversed(node.items)) if not node.aliased else []
        if not isinstance(node.value, dict | list) or not all(isinstance(source.value, dict) for source in sources):
            sources = []
        if not sources and node.value != []:
            refuse("a merge key `<<` needs a mapping or a sequence of mappings as its value", node.line, node.column)
        for source in sources:
            self._take_members(source)

    def _take_members(self, source: Node) -> None:
        for name, pair in source.members.items():
            self.node.members[name] = (moved(pair[0], source), moved(pair[1], source)) if source.aliased else pair
            self.node.value[name] = pair[1].value
            self._merged.add(name)


class Sequence:
    """A sequence under construction."""

    __slots__ = ("node",)

    expects_key = False
    is_merging = False

    def __init__(self, node: Node) -> None:
        self.node = node
        node.items = []

    def add(self, node: Node) -> None:
        """Take the next element."""
        self.node.items.append(node)
        self.node.value.append(node.value)

    @property
    def last(self) -> Node | None:
        """The element added last, whose end is the end of a sequence in block style."""
        return self.node.items[-1] if self.node.items else None


class Root:
    """The place of the one value of a document."""

    __slots__ = ("node",)

    expects_key = False
    is_merging = False
    last = None

    def __init__(self, node: Node) -> None:
        self.node = node

    def add(self, node: Node) -> None:
        """Take the value of the document."""
        self.node = node


def moved(node: Node, place: Node) -> Node:
    """Return a node with the same value that stands at another place, as an alias puts it there."""
    copy = Node(node.value, place.line, place.column, place.end_line, place.end_column, node.style)
    copy.aliased = True
    copy.members = node.members
    copy.items = node.items
    return copy


def check_nesting(depth: int, line: int, column: int) -> None:
    """Refuse a collection that is nested too deep.

    Raises:
        BrokenDocument: `depth` is above `MAX_NESTING`.
    """
    if depth > MAX_NESTING:
        refuse(f"collections are nested more than {MAX_NESTING:,} deep", line, column)


def _text_key(node: Node) -> Node:
    value: Any = node.value
    try:
        name = key_text(value)
    except UnresolvableScalarError as error:
        end = node.end_column if node.line == node.end_line and node.end_column > node.column else None
        refuse(str(error), node.line, node.column, end)
    key = Node(name, node.line, node.column, node.end_line, node.end_column, node.style)
    key.aliased = node.aliased
    return key


def _duplicate(key: Node, first: Node, *, is_same: bool) -> SyntaxProblem:
    advice = "both have the same value" if is_same else "Kubernetes keeps only the last value"
    message = f"the key '{key.value}' is already set on line {first.line}; {advice}"
    end = key.end_column if key.line == key.end_line else key.column + 1
    return SyntaxProblem(key.line, key.column, end, message)


_MOST_COMPARED = 200


def _are_same(one: Any, other: Any) -> bool:
    """Tell whether two values are equal; of large ones that is not known."""
    pending, looked_at = [(one, other)], 0
    while pending:
        first, second = pending.pop()
        looked_at += 1
        if type(first) is not type(second) or looked_at > _MOST_COMPARED:
            return False
        if isinstance(first, dict):
            if first.keys() != second.keys() or len(first) > _MOST_COMPARED:
                return False
            pending.extend((first[key], second[key]) for key in first)
        elif isinstance(first, list):
            if len(first) != len(second) or len(first) > _MOST_COMPARED:
                return False
            pending.extend(zip(first, second, strict=True))
        elif first != second:
            return False
    return True
