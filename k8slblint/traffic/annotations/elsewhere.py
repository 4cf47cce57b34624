"""Load balancer annotations where no controller reads them: on a workload, on its Pods, on an Ingress, among the labels of a Service.

Sources: `catalogs/annotations/` (the kinds on which a key is read); Cilium 1.18 Documentation/network/servicemesh/ingress.rst (keys that
its Ingress controller copies to the Service that it makes).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from k8slblint.catalog import controllers as controllers_catalog
from k8slblint.catalog import services as catalog
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import CILIUM_POOL, METALLB_POOL_KINDS
from k8slblint.model.location import Path
from k8slblint.model.placeholders import parts_of
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.traffic.annotations.service_annotations import Annotation
from k8slblint.traffic.ownership.ingresses import owner_of_ingress

_COPYING = frozenset({"cilium"})
"""Ingress controllers that copy annotations of an Ingress to the Service that they make."""

_READ_ON = frozenset({"Service", "Gateway"})


class Misplaced(NamedTuple):
    """Keys of one mapping, and where they are: `annotations`, `Pod annotations` or `labels`."""

    where: str
    path: Path
    annotations: Sequence[Annotation]


def misplaced_keys(resource: Resource, graph: ResourceGraph) -> Iterator[Misplaced]:
    """Yield the load balancer keys of a resource that are read on Services only, from where no controller reads them."""
    if resource.reads_as == "Service":
        used = graph.derived(selecting_keys).get(graph.scope(resource).cluster, {})
        yield from _misplaced("labels", ("metadata", "labels"), {key: value for key, value in resource.labels.items() if key not in used})
        return
    if resource.kind == "Ingress" and _may_copy(resource, graph):
        return
    yield from _misplaced("annotations", ("metadata", "annotations"), resource.annotations)
    template = resource.pod_template_path
    if template:
        path = (*template, "metadata", "annotations")
        yield from _misplaced("Pod annotations", path, resource.mapping(*path))


def selecting_keys(graph: ResourceGraph) -> dict[str, dict[str, Resource]]:
    """Return by cluster and key of a label the first pool of addresses that selects Services by it."""
    found: dict[str, dict[str, Resource]] = {}
    for pool in graph.of_type(CILIUM_POOL, *METALLB_POOL_KINDS):
        selectors = [pool.get("spec", "serviceSelector"), *pool.sequence("spec", "serviceAllocation", "serviceSelectors")]
        for part in parts_of(selectors):
            for key in _keys_of(part):
                found.setdefault(graph.scope(pool).cluster, {}).setdefault(key, pool)
    return found


def _keys_of(part: Any) -> Iterator[str]:
    """Yield the keys that a part of a label selector names."""
    if isinstance(part, dict):
        labels, key = part.get("matchLabels"), part.get("key")
        yield from (name for name in labels if isinstance(name, str)) if isinstance(labels, dict) else ()
        if isinstance(key, str) and "operator" in part:
            yield key


def _may_copy(ingress: Resource, graph: ResourceGraph) -> bool:
    """Tell whether an Ingress may be served by a controller that hands its annotations on: also where it names no class."""
    owner = owner_of_ingress(ingress, graph)
    return owner.class_name is None or bool(_COPYING & set(owner.candidates)) or "cilium" in owner.class_name


def _misplaced(where: str, path: Path, entries: Mapping[str, Any]) -> Iterator[Misplaced]:
    found = []
    for key, value in entries.items():
        if value is not None and catalog.prefix_of(key) is not None:
            entry = catalog.find(key)
            if entry is not None and is_for_services(entry):
                found.append(Annotation(key, value, entry))
    if found:
        yield Misplaced(where, path, found)


def is_for_services(entry: catalog.ServiceAnnotation) -> bool:
    """Tell whether only makers of load balancers for Services read a key, and no other tool."""
    if not set(entry.kinds) <= _READ_ON or entry.written_by_controller or entry.of_any_type or not entry.readers:
        return False
    known = controllers_catalog.controllers()
    return all(name in known and known[name].service is not None for name in entry.readers)
