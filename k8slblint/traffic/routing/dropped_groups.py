"""Whether a controller still reads the objects of an API group, as far as the manifests show which releases of it run in a cluster."""

from k8slblint.catalog.vendor_routes import DroppedGroup, dropped_groups
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.traffic.ownership.controller_releases import Release, releases_in


class Dropped(NamedTuple):
    """The API group of an object that no release of its controller in the cluster reads, and the oldest of these releases."""

    group: DroppedGroup
    release: Release


def dropped_with(resource: Resource, graph: ResourceGraph) -> Dropped | None:
    """Return what tells that nothing reads an object; None where that is not known, or an object of the new group has its name."""
    known = dropped_groups().get(resource.group)
    if known is None:
        return None
    cluster = graph.scope(resource).cluster
    releases = releases_in(cluster, graph, known.controller)
    if not releases or min(releases) < known.release:
        return None
    is_moved = graph.named(cluster, f"{resource.kind}.{known.instead}", resource.namespace, resource.name) is not None
    return None if is_moved else Dropped(known, min(releases))
