"""Which changed part of a resource decides its exposure, so that a change elsewhere is not reported twice."""

from collections.abc import Iterator

from k8slblint.catalog import CLASS_ANNOTATION
from k8slblint.catalog import services as catalog
from k8slblint.model.location import Path
from k8slblint.model.resource import Resource
from k8slblint.traffic.changes.updates import is_left_alone, place_of_annotation, place_of_field
from k8slblint.traffic.exposure import Exposure

_DECIDING = ("exposure", "owner", "address")

_FIELDS = (
    *(("spec", "type"), ("spec", "loadBalancerClass"), ("spec", "ingressClassName"), ("spec", "gatewayClassName")),
    *(("spec", "externalIPs"), ("spec", "allocateLoadBalancerNodePorts"), ("spec", "infrastructure"), ("spec", "loadBalancerIP")),
)


def deciding_change(before: Resource, after: Resource, was: Exposure, becomes: Exposure) -> tuple[str, Path, Path] | None:
    """Return the name of the annotation or field whose change decides, where it stands now, and where it stood.

    None where nothing of the resource's own has changed that decides: what is then otherwise came from elsewhere.
    """
    for key in dict.fromkeys((*_keys_of(was, becomes), *deciding_keys(after), *deciding_keys(before))):
        if before.annotations.get(key) != after.annotations.get(key) and not is_left_alone(before, after, "metadata", "annotations", key):
            return key, place_of_annotation(after, key), place_of_annotation(before, key)
    for path in _FIELDS:
        if before.get(*path) != after.get(*path) and not is_left_alone(before, after, *path):
            return ".".join(path), place_of_field(after, *path), place_of_field(before, *path)
    return None


def is_left_to_a_layer(resource: Resource, name: str) -> bool:
    """Tell whether an annotation or a field, by its name, is missing in values while another layer of them may have it."""
    return resource.leaves_unsaid(resource.annotations.get(name) if "/" in name else resource.get(*name.split(".")))


def _keys_of(*exposures: Exposure) -> Iterator[str]:
    yield from (exposure.key for exposure in reversed(exposures) if exposure.key is not None)


def deciding_keys(resource: Resource) -> Iterator[str]:
    """Yield the annotations of a resource that decide from where it is reached, or who serves it, for some controller."""
    for key in resource.annotations:
        entry = catalog.find(key) if catalog.prefix_of(key) else None
        if key == CLASS_ANNOTATION or (entry is not None and entry.decides in _DECIDING):
            yield key
