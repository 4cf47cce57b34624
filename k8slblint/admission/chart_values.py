"""What the API server refuses in objects that a chart makes of its values: annotations that are not text.

Charts hand a mapping of annotations on as it is (`toYaml`, as `helm create` writes it), and ObjectMeta takes only text there
(Kubernetes 1.37 apimachinery `pkg/apis/meta/v1/types.go`: `map[string]string`). A few charts quote each value, so
that this is likely, not certain.
"""

from collections.abc import Iterator
from typing import Any

from k8slblint.admission.grammar import broken_qualified_name
from k8slblint.model.location import Path
from k8slblint.model.node import Node
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Problem
from k8slblint.model.texts import short_key

_VALUES = frozenset({"values", "valuesObject"})
"""Fields that hold values as a mapping: Flux 2.7 (HelmRelease `spec.values`), Argo CD 3.1 (Application `helm.valuesObject`)."""

_ANNOTATIONS = "annotations"


def chart_value_problems(deployer: Resource) -> Iterator[Problem]:
    """Yield the annotations in the values of an object that deploys a chart whose values are truth values or numbers.

    Only keys that read like those of annotations count (`prometheus.io/scrape`, not `enabled`): charts have settings beside them.
    """
    if not _may_have(deployer.value):
        return  # nearly all: their places are not looked for
    for path, node in _mappings(deployer.root):
        yield from _not_text(deployer, path, node.value)


def annotation_problems(values: Resource) -> Iterator[Problem]:
    """Yield the same for the annotations of one Service or Ingress in Helm values, unless the chart is known to quote them.

    Those in an object are found by what looks at the object.
    """
    annotations = values.get("metadata", "annotations")
    if isinstance(annotations, dict) and not values.get("inObject") and values.get("chart", "passing") != "quoted":
        yield from _not_text(values, ("metadata", "annotations"), annotations)


def _not_text(holder: Resource, path: Path, annotations: dict[str, Any]) -> Iterator[Problem]:
    for key, value in annotations.items():
        if isinstance(value, bool | int | float) and _is_key(key):
            yield Problem(
                (*path, key),
                f"{holder.id} gives annotation `{short_key(key)}` a value that is not text",
                f"is {'a boolean' if isinstance(value, bool) else 'a number'}",
                "Most charts pass such a mapping on unchanged, and the API server refuses an object whose annotations are not text.",
                "Write the value in quotes.",
                confidence="medium",
            )


def _is_key(key: str) -> bool:
    return ("/" in key or "." in key) and broken_qualified_name(key.lower()) is None


def _may_have(value: Any) -> bool:
    """Tell whether there is such an annotation in the values of an object, wherever it is written."""
    pending: list[tuple[Any, bool]] = [(value, False)]
    while pending:
        one, is_inside = pending.pop()
        if isinstance(one, list):
            pending += [(item, is_inside) for item in one]
        for name, inner in one.items() if isinstance(one, dict) else ():
            if is_inside and isinstance(inner, dict) and inner and name.lower().endswith(_ANNOTATIONS):
                if any(isinstance(entry, bool | int | float) and _is_key(key) for key, entry in inner.items()):
                    return True
            elif isinstance(inner, dict | list):
                pending.append((inner, is_inside or name in _VALUES))
    return False


def _mappings(root: Node) -> Iterator[tuple[Path, Node]]:
    """Yield the mappings of annotations in the values of an object; what is in an alias is met at its anchor only."""
    pending: list[tuple[Path, Node, bool]] = [((), root, False)]
    while pending:
        path, node, is_inside = pending.pop()
        for index, item in enumerate(node.items):
            if not item.aliased:
                pending.append(((*path, index), item, is_inside))
        for name, (_, value) in node.members.items():
            if value.aliased:
                continue
            if is_inside and value.members and name.lower().endswith(_ANNOTATIONS):
                yield (*path, name), value
            elif value.members or value.items:
                pending.append(((*path, name), value, is_inside or name in _VALUES))
