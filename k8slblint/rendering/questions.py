"""What can be asked about a value of an object, the best question first, and which text to look for."""

from collections.abc import Iterator

from k8slblint.model.location import Path
from k8slblint.model.node import Node
from k8slblint.model.resource import Resource


class Question:
    """Where the value (`at="value"`) or the key at a path of an object is written; `file` is what the object comes from."""

    __slots__ = ("askings", "file", "resource")

    def __init__(self, resource: Resource, file: str, path: Path, at: str) -> None:
        """Prepare what may be asked, the best first."""
        self.resource = resource
        self.file = file
        self.askings = list(_askings(resource, path, at))


def _askings(resource: Resource, path: Path, at: str) -> Iterator[tuple[Path, str]]:
    """Yield what may be asked, the best first: the value, its key, then what it stands in."""
    while path:
        node = descend(resource.root, path)
        is_scalar = node is not None and not isinstance(node.value, dict | list) and node.value is not None
        if at != "key" and is_scalar:
            yield path, "value"
        if isinstance(path[-1], str):
            yield path, "key"
        if at == "key" and is_scalar:
            yield path, "value"
        if len(path) <= 1 or is_scalar:
            return
        path = path[:-1]


def descend(root: Node, path: Path) -> Node | None:
    """Return what stands at a path of a document, or None."""
    node: Node | None = root
    for part in path:
        node = node.child(part) if node is not None else None
    return node


def token_of(resource: Resource, path: Path, form: str) -> str | None:
    """Return the text to look for; None for what is too common to tell."""
    if form == "key":
        return str(path[-1]) or None
    node = descend(resource.root, path)
    if node is None:
        return None
    if isinstance(node.value, bool):
        return "true" if node.value else "false"
    text = str(node.value)
    return text if text and "\n" not in text else None
