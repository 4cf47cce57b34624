"""The objects of a document: one, or those of a list."""

from collections.abc import Iterator

from k8slblint.model.node import Node

IDENTITY_WORDS = ("apiVersion", "kind")


def objects_of(root: Node) -> Iterator[Node]:
    """Yield the objects of a document in order: itself, or the elements of a list, also of lists in lists.

    An element of a typed list may leave out `apiVersion` and `kind` (Kubernetes API conventions, "Lists and Simple kinds").
    """
    pending = [root]
    while pending:
        node = pending.pop()
        kind = node.value.get("kind") if isinstance(node.value, dict) else None
        elements = node.child("items") if isinstance(kind, str) and kind.endswith("List") else None
        is_list = elements is not None and isinstance(elements.value, list)
        if is_list and elements is not None:
            pending.extend(reversed([_with_identity(element, node.value) for element in elements.items]))
        elif kind != "List":
            yield node


def _with_identity(element: Node, parent: dict[str, object]) -> Node:
    kind = str(parent["kind"]).removesuffix("List")
    if not isinstance(element.value, dict) or not kind or all(word in element.value for word in IDENTITY_WORDS):
        return element
    value = {"apiVersion": parent.get("apiVersion"), "kind": kind, **element.value}
    completed = Node(value, element.line, element.column, element.end_line, element.end_column, element.style)
    completed.members = element.members
    completed.aliased = element.aliased
    return completed
