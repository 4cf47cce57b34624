"""Detects objects that are written twice with the same identity, where both are applied."""

from collections.abc import Iterator

from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.live import are_alike
from k8slblint.graph.relations.repeats import Repeat, repeated_by
from k8slblint.model.location import Path
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Problem, RelatedPlace

_NAME: Path = ("metadata", "name")


def check(resource: Resource, graph: ResourceGraph) -> Iterator[Problem]:
    """Yield a problem at the name of an object that repeats the identity of an earlier one of its file, rendered set or folder.

    A note where both are written alike, for then it does not matter which of them stays.
    """
    repeat = repeated_by(resource, graph)
    if repeat is not None:
        yield _problem(resource, repeat)


def _problem(resource: Resource, repeat: Repeat) -> Problem:
    earlier = repeat.earlier
    is_alike = are_alike(earlier, resource)
    is_rendered = resource.provenance is not None
    where = "in this rendered set" if is_rendered else "in this file" if repeat.is_whole else "in this folder"
    return Problem(
        path=_NAME,
        headline=f"{resource.id} is defined twice {where}",
        label="the same kind, namespace and name as an earlier one",
        why=f"{_WHY_RENDERED if is_rendered else _WHY_APPLIED} {_WHY_ALIKE if is_alike else _WHY_DIFFERENT}",
        help="Remove one of them." if is_alike else "Merge them into one, or give one of them another name.",
        severity="note" if is_alike else None,
        confidence="high" if repeat.is_whole and not is_rendered else "medium",
        related=(RelatedPlace(earlier, _NAME, f"The earlier {resource.kind}."),),
    )


_WHY_APPLIED = "`kubectl apply` applies both and the last one stays; kustomize refuses them."

_WHY_RENDERED = "Helm fails to install what exists already; Argo CD applies the last one."

_WHY_ALIKE = "Both are alike today."

_WHY_DIFFERENT = "What the other one says is lost without a message."
