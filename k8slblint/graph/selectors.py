"""What labels a selector matches (Kubernetes 1.37, apimachinery `pkg/labels` and `pkg/apis/meta/v1`)."""

from collections.abc import Mapping
from typing import Any


def matches_labels(selector: Mapping[str, Any], labels: Mapping[str, Any]) -> bool:
    """Tell whether every pair of an equality selector (`spec.selector` of a Service) stands among the labels.

    An empty selector matches nothing here: a Service without selector has its endpoints made by hand.
    """
    return bool(selector) and all(key in labels and labels[key] == value for key, value in selector.items())


def matches_label_selector(selector: Mapping[str, Any], labels: Mapping[str, Any]) -> bool:
    """Tell whether a `LabelSelector` (`matchLabels`, `matchExpressions`) matches; an empty one matches everything."""
    match_labels = selector.get("matchLabels") or {}
    expressions = selector.get("matchExpressions") or []
    if not isinstance(match_labels, dict) or not isinstance(expressions, list):
        return False
    equal = all(key in labels and labels[key] == value for key, value in match_labels.items())
    return equal and all(_matches_expression(expression, labels) for expression in expressions if isinstance(expression, dict))


def may_match_label_selector(selector: Mapping[str, Any], labels: Mapping[str, Any]) -> bool | None:
    """Tell whether a `LabelSelector` matches an object of which only some labels are known; None where that depends on others.

    None also for a selector that is not well-formed: the API server refuses it.
    """
    match_labels = selector.get("matchLabels") or {}
    expressions = selector.get("matchExpressions") or []
    if not isinstance(match_labels, dict) or not isinstance(expressions, list):
        return None
    wanted: list[Mapping[str, Any]] = [{"key": key, "operator": "In", "values": [value]} for key, value in match_labels.items()]
    answers = {
        _matches_expression(one, labels) if isinstance(one, dict) and str(one.get("key")) in labels else None
        for one in (*wanted, *expressions)
    }
    return False if False in answers else None if None in answers else True


def keys_of_label_selector(selector: Mapping[str, Any]) -> frozenset[str]:
    """Return the keys of the labels that a `LabelSelector` looks at."""
    match_labels, expressions = selector.get("matchLabels"), selector.get("matchExpressions")
    keys = [one.get("key") for one in (expressions if isinstance(expressions, list) else ()) if isinstance(one, dict)]
    return frozenset(str(key) for key in (*(match_labels if isinstance(match_labels, dict) else ()), *keys))


def _matches_expression(expression: Mapping[str, Any], labels: Mapping[str, Any]) -> bool:
    key, operator, values = str(expression.get("key")), expression.get("operator"), expression.get("values")
    values = values if isinstance(values, list) else []
    if operator == "In":
        return key in labels and labels[key] in values
    if operator == "NotIn":
        return key not in labels or labels[key] not in values
    if operator == "Exists":
        return key in labels
    return operator == "DoesNotExist" and key not in labels
