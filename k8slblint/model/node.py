"""What one parsed value is: plain data together with the span of every key and value."""

from typing import Any

from k8slblint.model.location import Path, Span


class Node:
    """One value of a document with its place; `value` holds plain `dict`, `list`, `str`, `int`, `float`, `bool`, `None`.

    The `value` of a mapping is built of the `value`s of its members, so the root's `value` is the whole document.
    `members` maps each key of a mapping to `(key_node, value_node)`, the winning pair where a key is repeated;
    `items` holds the elements of a sequence; both are empty elsewhere.
    `style` is `""` for a plain scalar and for collections, else one of `'`, `"`, `|`, `>`.
    `aliased` tells that the value stands elsewhere (an alias or a merge key brought it here); the span is that of the alias.
    """

    __slots__ = ("aliased", "column", "end_column", "end_line", "items", "line", "members", "style", "value")

    def __init__(self, value: Any, line: int, column: int, end_line: int, end_column: int, style: str = "") -> None:
        self.value = value
        self.line = line
        self.column = column
        self.end_line = end_line
        self.end_column = end_column
        self.style = style
        self.aliased = False
        self.members: dict[str, tuple[Node, Node]] = _NO_MEMBERS
        self.items: list[Node] = _NO_ITEMS

    def __reduce__(self) -> tuple[Any, ...]:
        """Hand over what has been set: places that nobody has asked for are not looked for."""
        return _restored, (type(self), _set_of(self))

    def keep_in(self, text: str) -> None:
        """Do without a copy of the text of the document, now that the whole `text` of its file is kept."""

    @property
    def span(self) -> Span:
        """The text of this value."""
        return Span(self.line, self.column, self.end_line, self.end_column)

    def line_of(self, path: Path) -> int:
        """Return the line of the smallest token that stands for a path."""
        return smallest_span(self, path).line

    def child(self, part: str | int) -> "Node | None":
        """Return the member or element named by one part of a path, or None."""
        if isinstance(part, int):
            return self.items[part] if 0 <= part < len(self.items) else None
        pair = self.members.get(part)
        return pair[1] if pair else None


def _set_of(node: Node) -> dict[str, Any]:
    found = {}
    names = [name for one in type(node).__mro__ for name in one.__dict__.get("__slots__", ())]
    for name in names:
        try:
            found[name] = object.__getattribute__(node, name)
        except AttributeError:  # what is found when it is asked for
            continue
    return found


def _restored(kind: type[Node], parts: dict[str, Any]) -> Node:
    node = kind.__new__(kind)
    for name, value in parts.items():
        setattr(node, name, value)
    return node


_NO_MEMBERS: dict[str, tuple[Node, Node]] = {}
_NO_ITEMS: list[Node] = []


def smallest_span(root: Node, path: Path) -> Span:
    """Return the smallest one-line token that stands for `path`: the scalar itself, else its key.

    A block scalar, a collection and an aliased value are shown at their key; an element that is a collection at its
    first key or element; a path that does not exist at its nearest existing ancestor.
    """
    node, key = root, None
    for part in path:
        child = node.child(part)
        if child is None:
            break
        key = node.members[part][0] if isinstance(part, str) else None
        node = child
    return _token(node, key)


def key_span(root: Node, path: Path) -> Span:
    """Return the span of the key that `path` ends in, or the smallest span where it does not end in an existing key."""
    parent = root
    for part in path[:-1]:
        child = parent.child(part)
        if child is None:
            return smallest_span(root, path)
        parent = child
    last = path[-1] if path else None
    if isinstance(last, str) and last in parent.members:
        return parent.members[last][0].span
    return smallest_span(root, path)


def _token(node: Node, key: Node | None) -> Span:
    is_collection = isinstance(node.value, dict | list)
    one_line = node.line == node.end_line and not is_collection and not node.aliased and node.end_column > node.column
    if one_line:
        return node.span
    if key is not None:
        return key.span
    while node.members or node.items:
        node = next(iter(node.members.values()))[0] if node.members else node.items[0]
    if node.line == node.end_line:
        return node.span
    return Span(node.line, node.column, node.line, node.column + 1)
