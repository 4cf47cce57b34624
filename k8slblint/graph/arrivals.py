"""What may have come with a change unseen: into parts of a tree that cannot be read, by what they say of themselves."""

from typing import Any

from k8slblint.graph.answers import Found
from k8slblint.model.resource import Resource

_BRING_CHARTS = ("HelmRelease", "HelmChart", "Application")

_WHAT = (
    *("chart", "chartRef", "values", "valuesFrom", "valuesContent", "targetNamespace", "releaseName", "postRenderers", "set", "repo"),
    *("source", "sources", "destination"),
)
"""The fields of `spec` that say what is deployed, and where; the others say when, and how failures are treated."""

_VERSIONS = ("version", "targetRevision")

_DEEPEST = 20


def brings_a_chart(one: Resource) -> bool:
    """Tell whether an object deploys a chart, which may be anywhere."""
    return one.kind in _BRING_CHARTS and isinstance(one.get("spec"), dict)


def brings_the_same(before: object, after: Resource) -> bool:
    """Tell whether an object deploys what its counterpart did, perhaps in another version: nothing comes with it."""
    return isinstance(before, Found) and _what(before.value) == _what(after)


def _what(one: Resource) -> dict[str, Any]:
    return {key: _without_versions(value, _DEEPEST) for key, value in one.mapping("spec").items() if key in _WHAT}


def _without_versions(value: Any, levels: int) -> Any:
    """Return a value without the versions of charts in it, down to some levels, below which all of it counts."""
    if not isinstance(value, dict) or not levels:
        return [_without_versions(item, levels - 1) for item in value] if isinstance(value, list) and levels else value
    return {key: _without_versions(item, levels - 1) for key, item in value.items() if key not in _VERSIONS}
