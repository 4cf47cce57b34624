"""What patches of kustomizations say of Services that are not in the tree: partial objects, with the fields that they set.

Sources: kustomize 5.8, `api/internal/builtins/PatchTransformer.go` (a patch without `target` names its object itself),
RFC 6902 (`op`, `path`, `value`) and RFC 6901 (`~0`, `~1`).
"""

from collections.abc import Mapping

from k8slblint.loading.value_shapes import SERVICE_FIELDS
from k8slblint.loading.views import view
from k8slblint.model.node import Node
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import HELM_VALUES

_SET = ("add", "replace")

_Pair = tuple[Node, Node]


class PatchedId(NamedTuple):
    """The object that a patch changes: its kind and name, as far as they are said in plain words, else `""`, and its namespace."""

    kind: str = ""
    name: str = ""
    namespace: str = ""


def patched_id(root: Node) -> PatchedId:
    """Return the object that a strategic merge patch names."""
    value = root.value if isinstance(root.value, dict) else {}
    metadata = value.get("metadata")
    named = target_of(metadata if isinstance(metadata, dict) else {})
    return named._replace(kind=target_of(value).kind)


def patched_service(root: Node, target: PatchedId, namespace: str) -> Node | None:
    """Return what a patch of either form sets of a Service, as an object of kind `HelmValues`; None where it sets nothing of it.

    `namespace` is the one that the kustomization sets. What is in a patch is certain, what is missing is not known.
    """
    is_merged = bool(root.members)
    annotations, spec = _merged(root) if is_merged else _replaced(root)
    if not (annotations or spec):
        return None
    anchor = next(iter(spec.values() or annotations.values()))[0]
    held = {"annotations": (anchor, view({}, annotations, anchor))} if annotations else {}
    metadata = view({"name": target.name}, held, anchor)
    plain = {
        "apiVersion": "",
        "kind": HELM_VALUES,
        "isPatch": True,
        "path": [],
        "isNamed": True,
        "deployedTo": namespace or target.namespace,
        "values": {},
    }
    return view(plain, {"metadata": (anchor, metadata), "spec": (anchor, view({}, spec, anchor))}, anchor)


def _merged(root: Node) -> tuple[dict[str, _Pair], dict[str, _Pair]]:
    """Return the annotations and the fields that a strategic merge patch sets; nothing of one that deletes or replaces the object."""
    metadata, spec = root.child("metadata"), root.child("spec")
    annotations = metadata.child("annotations") if metadata is not None else None
    if "$patch" in root.members or (spec is not None and "$patch" in spec.members):
        return {}, {}
    return _set_in(annotations), _fields(spec)


def _fields(spec: Node | None) -> dict[str, _Pair]:
    return {name: pair for name, pair in _set_in(spec).items() if name in SERVICE_FIELDS and name != "ports"}


def _set_in(mapping: Node | None) -> dict[str, _Pair]:
    return {name: pair for name, pair in mapping.members.items() if pair[1].value is not None} if mapping is not None else {}


def _replaced(root: Node) -> tuple[dict[str, _Pair], dict[str, _Pair]]:
    """Return the same of a JSON patch, whose later operations win; what is removed is not known any more."""
    annotations: dict[str, _Pair] = {}
    spec: dict[str, _Pair] = {}
    for operation in root.items:
        where, value, is_set = operation.members.get("path"), operation.child("value"), _text(operation, "op") in _SET
        steps = _steps(_text(operation, "path"))
        pair = (where[1], value) if where is not None and value is not None and is_set else None
        if steps[:2] == ("metadata", "annotations"):
            _apply(annotations, steps[2:], pair)
        elif steps[:1] == ("spec",):
            _apply(spec, steps[1:], pair)
    return annotations, {name: pair for name, pair in spec.items() if name in SERVICE_FIELDS and name != "ports"}


def _apply(found: dict[str, _Pair], steps: tuple[str, ...], pair: _Pair | None) -> None:
    if not steps:
        found.clear()
        found.update(_set_in(pair[1]) if pair is not None else {})
    elif pair is None or len(steps) > 1:
        found.pop(steps[0], None)
    elif pair[1].value is not None:
        found[steps[0]] = pair


def _steps(pointer: str) -> tuple[str, ...]:
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:])


def target_of(entry: Mapping[str, object]) -> PatchedId:
    """Return what the `target` of a patch selects, as far as that is one object; `""` stands for what may be any."""
    return PatchedId(*(value if isinstance(value := entry.get(key), str) else "" for key in ("kind", "name", "namespace")))


def _text(node: Node | None, key: str) -> str:
    value = node.child(key) if node is not None else None
    return value.value if value is not None and isinstance(value.value, str) else ""
