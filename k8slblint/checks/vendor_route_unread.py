"""Detects routes of a vendor's API group that no release of its controller in the cluster reads."""

from collections.abc import Iterator

from k8slblint.catalog.controllers import controllers
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Problem
from k8slblint.traffic.routing.dropped_groups import dropped_with


def check(resource: Resource, graph: ResourceGraph) -> Iterator[Problem]:
    """Yield a problem at the `apiVersion` of a route, or of what routes refer to, in a group that was dropped."""
    found = dropped_with(resource, graph)
    if found is None:
        return
    known, name = found.group, controllers()[found.group.controller].name
    release = ".".join(map(str, found.release[:2]))
    yield Problem(
        path=("apiVersion",),
        headline=f"{resource.id} is not read by {name} {release}",
        label=f"dropped in {name} {known.release[0]}.{known.release[1]}",
        why=f"{name} {known.release[0]}.{known.release[1]} and later only read the group `{known.instead}`. "
        "Where the old definition is gone, the API server refuses the object.",
        help=f"Write `apiVersion: {known.instead}/{resource.version}`.",
        at="value",
    )
