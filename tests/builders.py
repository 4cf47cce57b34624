"""Builds resources and graphs of text, for tests that hand them to a check directly."""

from collections.abc import Iterable
from typing import Any

from k8slblint import documents, grading
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import KindsInUse
from k8slblint.model.resource import HELM_VALUES, Resource, SourceText
from k8slblint.model.rule import Problem, Rule, Undecided
from k8slblint.model.scope import ScopeSettings
from k8slblint.rulebook import Check


def resources(text: str, path: str = "manifest.yaml") -> list[Resource]:
    """Return the objects of a manifest in reading order."""
    parsed = (documents.parse(chunk) for chunk in documents.split(text))
    return [Resource(one.root, path, SourceText(text)) for one in parsed if one.root is not None and isinstance(one.root.value, dict)]


def resource(text: str, path: str = "manifest.yaml") -> Resource:
    """Return the only object of a manifest."""
    (only,) = resources(text, path)
    return only


def graph(after: str, before: str | None = None, **scope: Any) -> ResourceGraph:
    """Return the graph of a manifest and of the revision before it; `scope` are the fields of `ScopeSettings`."""
    settings = ScopeSettings(**scope)
    previous = None if before is None else graph_of(resources(before), settings=settings)
    return graph_of(resources(after), settings=settings, base_part=previous)


def graph_of(found: Iterable[Resource], **options: Any) -> ResourceGraph:
    """Return the graph of those objects that a run loads: no test may see a kind that no scan sees."""
    loaded = KindsInUse(HELM_VALUES)
    return ResourceGraph([one for one in found if one.type_name in loaded], **options)


def run(check: Check, linted: ResourceGraph, types: Iterable[str] = ("Service",), **parameters: Any) -> list[Problem | Undecided]:
    """Return what a check yields for every resource of these types, in texts that keep to the guide."""
    yielded = [(one, found) for one in linted.of_type(*types) for found in check(one, linted, **parameters)]
    for one, found in yielded:
        if isinstance(found, Problem):
            grading.finding(_RULE, one, found, "error", "high", one.place(found.path, found.at))  # which every test run watches
    return [found for _, found in yielded]


_RULE = Rule("a-rule", "A rule", "0.1.0", "stable", "error", ())
