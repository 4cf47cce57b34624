"""What objects that deploy charts say of them, and whether a change of it may bring load balancers."""

from typing import Any

from k8slblint.model.resource import Resource

_BRING_CHARTS = ("HelmRelease", "HelmChart", "Application")

_WHAT = ("chart", "chartRef", "valuesFrom", "targetNamespace", "releaseName", "postRenderers", "repo", "source", "sources", "destination")
"""The fields of `spec` that say what is deployed, and where; the others are values, or say when, and how failures are treated."""

_LEFT_OUT = ("version", "targetRevision", "helm")

_LOAD_BALANCER = "LoadBalancer"

_DEEPEST = 20


def brings_a_chart(one: Resource) -> bool:
    """Tell whether an object deploys a chart, which may be anywhere."""
    return one.kind in _BRING_CHARTS and isinstance(one.get("spec"), dict)


def brings_the_same(before: Resource, after: Resource) -> bool:
    """Tell whether an object deploys what it did before, and no further load balancers, as far as its values say so.

    Another version of a chart, or other values, do not bring what is gone elsewhere in the same change.
    """
    old, new = before.mapping("spec"), after.mapping("spec")
    return _what(old) == _what(new) and _load_balancers(new, _DEEPEST) <= _load_balancers(old, _DEEPEST)


def _what(spec: dict[str, Any]) -> dict[str, Any]:
    return {key: _trimmed(value, _DEEPEST) for key, value in spec.items() if key in _WHAT}


def _trimmed(value: Any, levels: int) -> Any:
    """Return a value without versions of charts and their values, down to some levels, below which all of it counts."""
    if not isinstance(value, dict) or not levels:
        return [_trimmed(item, levels - 1) for item in value] if isinstance(value, list) and levels else value
    return {key: _trimmed(item, levels - 1) for key, item in value.items() if key not in _LEFT_OUT}


def _load_balancers(value: Any, levels: int) -> int:
    """Return how many texts within a value speak of load balancers."""
    if isinstance(value, dict | list) and levels:
        return sum(_load_balancers(item, levels - 1) for item in (value.values() if isinstance(value, dict) else value))
    return str(value).count(_LOAD_BALANCER) if isinstance(value, str) else 0
