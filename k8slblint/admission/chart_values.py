"""What the API server refuses in objects that a chart makes of its values: annotations that are not text.

Charts hand a mapping of annotations on as it is (`toYaml`, as `helm create` writes it), and ObjectMeta takes only text there
(Kubernetes 1.37 apimachinery `pkg/apis/meta/v1/types.go`: `map[string]string`). A few charts quote each value: what
the catalog knows of a chart decides, and of all others this is likely, not certain.
"""

from collections.abc import Callable, Iterator, Mapping
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


def chart_value_problems(deployer: Resource, written: Callable[[Mapping[str, str], Path], str]) -> Iterator[Problem]:
    """Yield the annotations in the values of an object that deploys a chart whose values are truth values or numbers.

    `written` tells how a chart (`name`, `repository`, `version`) writes annotations at a path: `quoted`, `unchanged`, `unknown`.
    Only keys that read like those of annotations count (`prometheus.io/scrape`, not `enabled`): charts have settings beside them.
    """
    if not _may_have(deployer.value):
        return  # nearly all: their places are not looked for
    chart = _chart_of(deployer)
    for path, node in _mappings(deployer.root):
        how = written(chart, _within_values(path)) if chart else "unknown"
        if how != "quoted":
            yield from _not_text(deployer, path, node.value, is_known=how != "unknown")


def _chart_of(deployer: Resource) -> dict[str, str]:
    """Return name, repository and version of the chart that an object deploys, nothing where it may be one of several.

    Sources: Flux 2.7 HelmRelease (`spec.chart.spec`), Argo CD 3.1 Application (`spec.source`).
    """
    spec, source = deployer.mapping("spec", "chart", "spec"), deployer.mapping("spec", "source")
    if spec:
        reference = spec.get("sourceRef")
        found = (spec.get("chart"), reference.get("name") if isinstance(reference, dict) else None, spec.get("version"))
    else:
        found = (source.get("chart"), source.get("repoURL"), source.get("targetRevision"))
    name, repository, version = (one if isinstance(one, str) else "" for one in found)
    return {"name": name, "repository": repository, "version": version} if name and repository else {}


def _within_values(path: Path) -> Path:
    """Return the path among the values of the mapping that has the annotations."""
    start = next((index for index, step in enumerate(path) if step in _VALUES), -1)
    return path[start + 1 : -1]


def annotation_problems(values: Resource) -> Iterator[Problem]:
    """Yield the same for the annotations of one Service or Ingress in Helm values, unless the chart is known to quote them.

    Those in an object are found by what looks at the object.
    """
    annotations, how = values.get("metadata", "annotations"), values.get("chart", "passing")
    if isinstance(annotations, dict) and not values.get("inObject") and how != "quoted":
        yield from _not_text(values, ("metadata", "annotations"), annotations, is_known=how in _UNQUOTED)


_UNQUOTED = ("unchanged", "rendered")


def _not_text(holder: Resource, path: Path, annotations: dict[str, Any], *, is_known: bool) -> Iterator[Problem]:
    who = "The chart passes" if is_known else "Most charts pass"
    for key, value in annotations.items():
        if isinstance(value, bool | int | float) and _is_key(key):
            yield Problem(
                (*path, key),
                f"{holder.id} gives annotation `{short_key(key)}` a value that is not text",
                f"is {'a boolean' if isinstance(value, bool) else 'a number'}",
                f"{who} such a mapping on unchanged, and the API server refuses an object whose annotations are not text.",
                "Write the value in quotes.",
                severity=None if is_known else "warning",
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
