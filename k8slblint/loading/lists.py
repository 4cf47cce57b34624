"""The objects of a document: one, or those of a list or of a template of OpenShift.

Source: openshift/api `template/v1/types.go` (Template: `objects` is a list of what it creates; `${NAME}` and `${{NAME}}` in them are
parameters, which are read as placeholders).
"""

from collections.abc import Iterator

from k8slblint.model.node import Node

IDENTITY_WORDS = ("apiVersion", "kind")

_TEMPLATE = "Template"
_TEMPLATE_GROUPS = ("", "template.openshift.io")
"""The groups in which templates are written; without a group until OpenShift 3."""


def may_be_several(kind: str, group: str) -> bool:
    """Tell whether a document of a kind may hold other objects."""
    return kind.endswith("List") or (kind == _TEMPLATE and group in _TEMPLATE_GROUPS)


def objects_of(root: Node) -> Iterator[Node]:
    """Yield the objects of a document in order: itself, or the elements of a list, also of lists in lists.

    An element of a typed list may leave out `apiVersion` and `kind` (Kubernetes API conventions, "Lists and Simple kinds").
    """
    pending = [root]
    while pending:
        node = pending.pop()
        kind = node.value.get("kind") if isinstance(node.value, dict) else None
        elements = _elements(node, kind) if isinstance(kind, str) else None
        is_list = elements is not None and isinstance(elements.value, list)
        if is_list and elements is not None:
            is_typed = isinstance(kind, str) and kind != _TEMPLATE
            pending.extend(reversed([_with_identity(element, node.value) if is_typed else element for element in elements.items]))
        elif kind != "List":
            yield node


def _elements(node: Node, kind: str) -> Node | None:
    if kind.endswith("List"):
        return node.child("items")
    is_template = kind == _TEMPLATE and str(node.value.get("apiVersion")).rpartition("/")[0] in _TEMPLATE_GROUPS
    return node.child("objects") if is_template else None


def _with_identity(element: Node, parent: dict[str, object]) -> Node:
    kind = str(parent["kind"]).removesuffix("List")
    if not isinstance(element.value, dict) or not kind or all(word in element.value for word in IDENTITY_WORDS):
        return element
    value = {"apiVersion": parent.get("apiVersion"), "kind": kind, **element.value}
    completed = Node(value, element.line, element.column, element.end_line, element.end_column, element.style)
    completed.members = element.members
    completed.aliased = element.aliased
    return completed
