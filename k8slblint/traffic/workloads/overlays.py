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


def overlay_of(resource: Resource) -> str:
    """Return the folder of the unit that an object is rendered in, as it is reported."""
    return posixpath.dirname(resource.path.partition(" [")[0]) or "."


def _by_base(graph: ResourceGraph) -> dict[tuple[str, str], list[Resource]]:
    found: dict[tuple[str, str], list[Resource]] = defaultdict(list)
    for service in graph.of_type("Service"):
        if service.provenance is not None and service.written_in:
            found[service.type_name, service.written_in].append(service)
    return found
