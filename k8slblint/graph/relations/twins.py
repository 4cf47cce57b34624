"""Which of several objects with one identity belongs to another object: bundles and variants side by side in a tree.

One cluster holds one object of an identity, so that a tree in which two files define it holds alternatives, of which each comes with
what stands near to it.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache

from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import Resource


def twins_of(resource: Resource, graph: ResourceGraph) -> Sequence[Resource]:
    """Return the objects of the same cluster and identity that stand in other files."""
    found = graph.derived(_by_identity).get((graph.scope(resource).cluster, resource.key), ())
    return [other for other in found if other.path != resource.path]


def goes_with(one: Resource, other: Resource, graph: ResourceGraph) -> bool:
    """Tell whether two objects belong to one alternative: neither has a twin that stands nearer to the other one."""
    twins, of_other = twins_of(one, graph), twins_of(other, graph)
    if not twins and not of_other:
        return True
    near = _nearness(one, other)
    return not any(_nearness(one, twin) > near for twin in of_other) and not any(_nearness(twin, other) > near for twin in twins)


def those_with(one: Resource, others: Iterable[Resource], graph: ResourceGraph) -> list[Resource]:
    """Return those of several objects that go with one; all of them where none does."""
    others = list(others)
    if not graph.derived(_by_identity):
        return others
    return [other for other in others if goes_with(one, other, graph)] or others


def nearest_twin(found: Resource, one: Resource, graph: ResourceGraph) -> Resource:
    """Return the object of the identity of `found` that stands nearest to `one`, the first of several."""
    twins = twins_of(found, graph)
    return max(sorted((found, *twins), key=lambda twin: twin.order), key=lambda twin: _nearness(one, twin)) if twins else found


def rival_of(found: Resource, one: Resource, graph: ResourceGraph) -> Resource | None:
    """Return a twin that differs and stands as near to `one` as the object that was found for it, or None: either may be meant."""
    near = _nearness(one, found)
    return next((twin for twin in twins_of(found, graph) if twin.value != found.value and _nearness(one, twin) == near), None)


def twin_written_otherwise(resource: Resource, graph: ResourceGraph) -> Resource | None:
    """Return a twin that differs, of the same environment, or None: of the two only one is deployed."""
    environment = graph.scope(resource).environment
    found = (twin for twin in twins_of(resource, graph) if graph.scope(twin).environment == environment)
    return next((twin for twin in found if twin.value != resource.value), None)


def _nearness(one: Resource, other: Resource) -> tuple[bool, int]:
    """Return whether two objects stand in one file, and how many folders lead to both."""
    return _nearness_of_paths(one.path, other.path)


@lru_cache(maxsize=4096)
def _nearness_of_paths(one: str, other: str) -> tuple[bool, int]:
    if one == other:
        return True, 0
    common = 0
    for left, right in zip(one.split("/")[:-1], other.split("/")[:-1], strict=False):
        if left != right:
            break
        common += 1
    return False, common


def _by_identity(graph: ResourceGraph) -> dict[tuple[str, object], list[Resource]]:
    """Return the objects that are defined in several files, by cluster and identity."""
    found: dict[tuple[str, object], list[Resource]] = defaultdict(list)
    for resource in graph.resources:
        found[graph.scope(resource).cluster, resource.key].append(resource)
    return {key: twins for key, twins in found.items() if len({twin.path for twin in twins}) > 1}


def why_defined_otherwise(resource: Resource, graph: ResourceGraph) -> str | None:
    """Return which other file defines an object with another `spec`, in words; None where none does."""
    twin = next((twin for twin in twins_of(resource, graph) if twin.value.get("spec") != resource.value.get("spec")), None)
    return f"'{twin.path}' defines {resource.id} otherwise" if twin is not None else None
