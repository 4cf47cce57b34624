"""The objects of implementations that filters of routes name.

Source: Gateway API 1.6 (`ExtensionRef` filters of HTTPRoutes and GRPCRoutes, in rules and in their backends).
"""

from collections.abc import Iterator
from typing import Any

from k8slblint.graph.relations.backends import text_or
from k8slblint.model.location import Path
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource

_FILTERED = ("HTTPRoute", "GRPCRoute")


class FilterReference(NamedTuple):
    """An object that a filter names, in the namespace of the route, and the path of the reference."""

    path: Path
    type_name: str
    name: str


def filter_references(route: Resource) -> Iterator[FilterReference]:
    """Yield the objects that the filters of a route name, in order."""
    if route.kind not in _FILTERED:
        return
    for index, rule in enumerate(route.sequence("spec", "rules")):
        if isinstance(rule, dict):
            yield from _references(rule, ("spec", "rules", index))
            backends = rule.get("backendRefs")
            for position, backend in enumerate(backends if isinstance(backends, list) else ()):
                if isinstance(backend, dict):
                    yield from _references(backend, ("spec", "rules", index, "backendRefs", position))


def _references(holder: dict[str, Any], path: Path) -> Iterator[FilterReference]:
    filters = holder.get("filters")
    for index, one in enumerate(filters if isinstance(filters, list) else ()):
        reference = one.get("extensionRef") if isinstance(one, dict) and one.get("type") == "ExtensionRef" else None
        if isinstance(reference, dict) and isinstance(reference.get("kind"), str) and isinstance(reference.get("name"), str):
            group = text_or(reference.get("group"), "")
            kind = reference["kind"]
            type_name = f"{kind}.{group}" if group else kind
            yield FilterReference((*path, "filters", index, "extensionRef"), type_name, reference["name"])
