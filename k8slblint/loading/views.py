"""Objects that are made of parts of a file: their tokens are those of the file, so that places and edits are, too."""

from collections.abc import Mapping

from k8slblint.model.node import Node


def view(value: Mapping[str, object], members: dict[str, tuple[Node, Node]], place: Node) -> Node:
    """Return a mapping at a place, with plain members that stand nowhere (`value`) and those of the file, each a key and a value."""
    node = Node({**value, **{name: node.value for name, (_, node) in members.items()}}, *place.span)
    node.members = members
    return node
