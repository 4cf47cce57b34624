"""Objects that several overlays make of one base, and what holds in one of them only."""

import posixpath
from collections import defaultdict
from collections.abc import Sequence

from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import Resource


def made_of_same_base(resource: Resource, graph: ResourceGraph) -> Sequence[Resource]:
    """Return what other rendered units make of the object in the file that a resource comes from; names may be changed by each."""
    if resource.provenance is None or not resource.written_in:
        return ()
    made = graph.derived(_by_base).get((resource.type_name, resource.written_in), ())
    others = [other for other in made if other.path != resource.path]
    named = [other for other in others if other.name == resource.name]
    return named or (others if len(made) == len({other.path for other in made}) else [])


def beside_of_same_base(resource: Resource, other: Resource, graph: ResourceGraph) -> Resource | None:
    """Return what the rendered unit of a resource makes of the object that another unit makes `other` of."""
    made = [one for one in graph.of_type(other.type_name) if one.path == resource.path and one.written_in == other.written_in]
    named = [one for one in made if one.name == other.name] or made
    return named[0] if len(named) == 1 and other.written_in else None


def overlay_of(resource: Resource) -> str:
    """Return the folder of the unit that an object is rendered in, as it is reported."""
    return posixpath.dirname(resource.path.partition(" [")[0]) or "."


def _by_base(graph: ResourceGraph) -> dict[tuple[str, str], list[Resource]]:
    found: dict[tuple[str, str], list[Resource]] = defaultdict(list)
    for service in graph.of_type("Service"):
        if service.provenance is not None and service.written_in:
            found[service.type_name, service.written_in].append(service)
    return found
