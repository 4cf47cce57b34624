"""What the API server refuses in any object for its values: keys of metadata, and the selector of a workload.

Sources: Kubernetes 1.37 apimachinery `pkg/api/validation/objectmeta.go` ValidateAnnotations, `pkg/apis/apps/validation/validation.go`
ValidateDeploymentSpec, ValidateDaemonSetSpec, ValidateStatefulSetSpec, ValidateReplicaSetSpec.
"""

from collections.abc import Iterator
from typing import Any

from k8slblint.admission.metadata import label_keys
from k8slblint.model.location import Path
from k8slblint.model.placeholders import has_placeholder, is_blank
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import HELM_VALUES, Resource
from k8slblint.model.rule import Problem
from k8slblint.model.texts import quoted

_JUDGED_APART = ("Service", "Ingress.networking.k8s.io", "IngressClass.networking.k8s.io")
"""Kinds whose refusals are those of `service-rejected` and `ingress-rejected`."""

_WORKLOADS = ("Deployment", "DaemonSet", "ReplicaSet", "StatefulSet")
_REFUSED = "The API server refuses the object."
_SELECTOR = ("spec", "selector")
_LABELS = ("spec", "template", "metadata", "labels")
_CONTAINERS = ("spec", "template", "spec", "containers")
_LONGEST = 24


def problems(resource: Resource) -> Iterator[Problem]:
    """Yield what is refused in an object of a kind that has no rule of its own for it."""
    if resource.kind == HELM_VALUES:
        from k8slblint.admission.chart_values import annotation_problems  # few trees have any

        yield from annotation_problems(resource)
        return
    if resource.type_name in _JUDGED_APART or _is_patch(resource.value):
        return
    yield from _keys(resource)
    if resource.api_version == "apps/v1" and resource.kind in _WORKLOADS:
        yield from _unmatched(resource)
    if resource.pod_template_path is not None:
        from k8slblint.admission.pod_values import pod_value_problems  # a scan of Services does without it

        yield from pod_value_problems(resource)


def _keys(resource: Resource) -> Iterator[Problem]:
    for field, entries, case in (("annotations", resource.annotations, str.lower), ("labels", resource.labels, str)):
        for refusal in label_keys(("metadata", field), entries, case):
            why = f"{refusal.reason.rpartition(': ')[2].capitalize()}. {_REFUSED}"
            yield Problem(refusal.path, f"{resource.id} {refusal.fault}", "", why, refusal.help, at="key")


class _Requirement(NamedTuple):
    """What a selector asks of one label: where it is written, in words, and whether the labels of the template lack the key altogether."""

    path: Path
    words: str
    lacks_key: bool


def _unmatched(resource: Resource) -> Iterator[Problem]:
    """Yield the first part of a selector that the workload's own Pod template does not match, or that it has no part."""
    labels, selector = _labels(resource), resource.get(*_SELECTOR)
    if not isinstance(selector, dict) or has_placeholder(labels) or has_placeholder(selector):
        return
    if not any(selector.values()):
        yield _empty(resource)
    found = next(_requirements(selector, labels), None) if isinstance(labels, dict) else None
    if found is None:
        return
    written = labels.get(str(found.path[-1]))
    is_kept = not found.lacks_key or resource.provenance is not None
    yield Problem(
        path=_edited(resource, found),
        headline=f"{resource.id} does not select its own Pods",
        label=f"the template has {quoted(f'{found.path[-1]}: {written}', _LONGEST)}"
        if isinstance(written, str)
        else "not in the Pod template",
        why=f"The selector needs {found.words}, and the labels of the Pod template do not match it. {_REFUSED}",
        help="Write the same labels in `spec.selector` and in `spec.template.metadata.labels`.",
        confidence="high" if is_kept else "medium",
    )


def _labels(resource: Resource) -> Any:
    """Return the labels of a workload's Pods, none where the template has its containers and no labels."""
    labels = resource.get(*_LABELS)
    return {} if labels is None and resource.sequence(*_CONTAINERS) else labels


def _empty(resource: Resource) -> Problem:
    """Return that a selector is empty; labels that a kustomization may still add are in what was rendered."""
    return Problem(
        path=_SELECTOR,
        headline=f"{resource.id} has an empty selector",
        why=_REFUSED,
        help="Write labels of the Pod template in `spec.selector.matchLabels`.",
        confidence="medium" if resource.provenance is None else "high",
    )


def _edited(resource: Resource, found: _Requirement) -> Path:
    """Return the part that stands elsewhere than the object where only one does: a patch changed the label, and not the selector."""
    label = (*_LABELS, found.path[-1])
    if resource.provenance is None or found.lacks_key or found.path[1:-1] != ("selector", "matchLabels"):
        return found.path
    own, other = (resource.location(path).path == resource.written_in for path in (found.path, label))
    return label if own and not other else found.path


def _requirements(selector: dict[str, Any], labels: dict[str, Any]) -> Iterator[_Requirement]:
    """Yield what the labels do not meet; what is not of the right type is passed over."""
    wanted = selector.get("matchLabels")
    for key, value in wanted.items() if isinstance(wanted, dict) else ():
        if isinstance(value, str) and not is_blank(value) and labels.get(key) != value:
            words = f"'{key}: {value}'"
            yield _Requirement((*_SELECTOR, "matchLabels", key), words, key not in labels)
    expressions = selector.get("matchExpressions")
    for index, one in enumerate(expressions if isinstance(expressions, list) else ()):
        if isinstance(one, dict) and isinstance(one.get("key"), str) and not _meets(labels, one):
            words = f"'{one['key']}' {one.get('operator')}"
            yield _Requirement((*_SELECTOR, "matchExpressions", index, "key"), words, one["key"] not in labels)


def _meets(labels: dict[str, Any], expression: dict[str, Any]) -> bool:
    key, values = expression["key"], expression.get("values")
    values = values if isinstance(values, list) else []
    match expression.get("operator"):
        case "In":
            return labels.get(key) in values
        case "NotIn":
            return key not in labels or labels[key] not in values
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
        case _:
            return True


def _is_patch(value: dict[str, Any]) -> bool:
    """Tell whether a strategic merge patch speaks in the parts that are looked at: `$patch`, `$retainKeys`."""
    parts = [part for part in (value, value.get("metadata"), value.get("spec")) if isinstance(part, dict)]
    return any(key.startswith("$") for part in parts for key in part)
