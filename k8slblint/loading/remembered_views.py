"""What an earlier run found that the values in a document say: the objects at once, the places in them on demand."""

from collections.abc import Callable, Sequence
from typing import Any

from k8slblint import documents
from k8slblint.documents import Chunk
from k8slblint.model.node import Node

_WHAT = "views"
_PARTS = 4


class View(Node):
    """An object whose value and start are known; the rest is found in what `make` returns, when it is asked for.

    `made_up` has the keys that stand nowhere in the file, as a mapping of mappings: True for a value that is made up as a whole.
    """

    __slots__ = ("_make", "made_up")

    def __init__(self, value: Any, line: int, column: int, made_up: dict[str, Any], make: Callable[[], Node]) -> None:
        self.value = value
        self.line = line
        self.column = column
        self.style = ""
        self.aliased = False
        self.made_up = made_up
        self._make = make

    def __reduce__(self) -> tuple[Any, ...]:
        """Hand over the object as it is made of the document."""
        return self._make().__reduce__()

    def __getattr__(self, name: str) -> Any:
        """Find the places; Python asks only for what has not been set."""
        made = self._make()  # of what no run has kept, the object may be another one: its places are those that there are
        self.end_line, self.end_column = made.end_line, made.end_column
        self.members, self.items = made.members, made.items
        return getattr(made, name)


def views_of(chunk: Chunk, path: str, make: Callable[[], Sequence[Node] | None]) -> Sequence[Node]:
    """Return what `make` yields of a document in a file of this path; None is for one that cannot be read, and is not remembered."""
    memory = documents.memory()
    if memory is None:
        return make() or ()
    known = memory.recall(_WHAT, chunk.text, path)
    most = chunk.text.count("\n")
    if isinstance(known, list) and all(_is_view(one, most) for one in known):
        views = _Views(make)
        return [View(value, chunk.line + below, column, made_up, views.at(at)) for at, (below, column, value, made_up) in enumerate(known)]
    made = make()
    if made is not None:
        found = [[one.line - chunk.line, one.column, one.value, _made_up(one)] for one in made]
        if all(made_up is not None for *_, made_up in found):
            memory.keep(found, _WHAT, chunk.text, path)
    return made or ()


class _Views:
    """The objects that are made of a document, all of them at the first question."""

    def __init__(self, make: Callable[[], Sequence[Node] | None]) -> None:
        self._make = make
        self._made: Sequence[Node] | None = None

    def at(self, number: int) -> Callable[[], Node]:
        return lambda: self._one(number)

    def _one(self, number: int) -> Node:
        if self._made is None:
            self._made = self._make() or ()
        return self._made[number] if number < len(self._made) else Node({}, 1, 1, 1, 1)


def _is_view(one: Any, most: int) -> bool:
    if not isinstance(one, list) or len(one) != _PARTS:
        return False
    below, column, value, made_up = one
    return (
        type(below) is type(column) is int and 0 <= below <= most and column > 0 and isinstance(value, dict) and isinstance(made_up, dict)
    )


def _made_up(node: Node) -> dict[str, Any] | None:
    """Return the keys of an object that stand nowhere, None where there are such in lists."""
    found: dict[str, Any] = {name: True for name in node.value if name not in node.members}
    for name, (_, inner) in node.members.items():
        if isinstance(inner.value, dict):
            below = _made_up(inner)
            if below is None:
                return None
            found.update({name: below} if below else {})
        elif isinstance(inner.value, list) and not _stands(inner):
            return None
    return found


def _stands(node: Node) -> bool:
    """Tell whether all that is in a list stands in the file."""
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if isinstance(one.value, dict | list) and len(one.value) != len(one.members or one.items):
            return False
        waiting += [*(inner for _, inner in one.members.values()), *one.items]
    return True
