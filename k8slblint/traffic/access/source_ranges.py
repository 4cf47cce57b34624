"""From which addresses a Service or Ingress accepts traffic: the stated ranges, and what else may block other clients.

Sources: Kubernetes API reference 1.37 (`spec.loadBalancerSourceRanges`; the neutral annotation counts only where the field is empty,
`GetLoadBalancerSourceRanges` of kubernetes/cloud-provider 46666112); keys of controllers are in `catalogs/annotations/`.
"""

from collections.abc import Iterator, Sequence
from typing import Literal, TypeAlias

from k8slblint.addresses import Interval, parse_cidr, subtract
from k8slblint.catalog import services as annotations
from k8slblint.catalog.annotation_values import Valid
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.location import Path
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Undecided
from k8slblint.traffic.access.stated_ranges import RANGES_FIELD
from k8slblint.traffic.ownership import ownership_of
from k8slblint.traffic.policies.clients import lists_clients

Access: TypeAlias = Literal["everybody", "listed", "unknown"]
"""Who gets in: everybody, only addresses that are listed, or what cannot be told from manifests."""

_EVERYTHING = tuple(interval for interval in map(parse_cidr, ("0.0.0.0/0", "::/0")) if interval is not None)


class StatedRange(NamedTuple):
    """One range as written, where it stands, and its addresses; None where it is no CIDR, or filled in later."""

    path: Path
    text: str
    interval: Interval | None


class SourceRanges(NamedTuple):
    """The ranges that hold together, and the keys by which traffic is filtered in ways that manifests do not show."""

    stated: tuple[StatedRange, ...] = ()
    filters: tuple[str, ...] = ()

    @property
    def is_known(self) -> bool:
        """Tell whether every range could be read."""
        return all(one.interval is not None for one in self.stated)

    @property
    def intervals(self) -> tuple[Interval, ...]:
        """The addresses of the ranges that could be read."""
        return tuple(one.interval for one in self.stated if one.interval is not None)

    @property
    def is_open(self) -> bool:
        """Tell whether they let everybody of one family in; without any range everybody is."""
        return self.is_known and (not self.stated or any(not subtract(everything, self.intervals) for everything in _EVERYTHING))

    @property
    def open_range(self) -> StatedRange | None:
        """The range that alone lets everybody in, or None."""
        return next((one for one in self.stated if one.interval in _EVERYTHING), None)


def source_ranges(resource: Resource, graph: ResourceGraph) -> SourceRanges:
    """Return the ranges of a Service or an Ingress: the field, else the neutral annotation, and the keys that its controllers read."""
    stated = list(_of_field(resource))
    filters = []
    readers = ownership_of(resource, graph).candidates
    for key, value in resource.annotations.items():
        entry = annotations.find(key) if annotations.prefix_of(key) else None
        if entry is None or value is None:
            continue
        is_neutral = annotations.ANY_READER in entry.readers
        if not (is_neutral or set(readers).intersection(entry.readers)) or _is_unread(readers, entry):
            continue
        if entry.decides == "source-ranges" and entry.value.type == "cidr-list":
            stated += () if is_neutral and _has_field(resource) else _of_text(("metadata", "annotations", key), value)
        elif entry.decides in _FILTERS and _may_limit(entry, value):
            filters.append(key)
    return SourceRanges(tuple(stated), tuple(filters))


def own_range_texts(resource: Resource, graph: ResourceGraph) -> Iterator[tuple[Path, str]]:
    """Yield the ranges in the keys of a resource that all its possible controllers read, and that are not those of Kubernetes."""
    readers = ownership_of(resource, graph).candidates
    for key, value in resource.annotations.items():
        entry = annotations.find(key) if annotations.prefix_of(key) else None
        if entry is None or entry.decides != "source-ranges" or entry.value.type != "cidr-list" or annotations.ANY_READER in entry.readers:
            continue
        if readers and set(readers) <= set(entry.readers):
            yield from ((one.path, one.text) for one in _of_text(("metadata", "annotations", key), value) if one.interval is not None)


def access_to(service: Resource, graph: ResourceGraph) -> Access:
    """Return who gets into the load balancer of a Service that the internet reaches.

    Ranges that its controller is known not to keep keep nobody out; a policy of the proxy behind it may.
    """
    ranges = source_ranges(service, graph)
    if ranges.filters or not ranges.is_known:
        return "unknown"
    is_open = ranges.is_open or _are_idle(service, graph)
    return "everybody" if is_open and not lists_clients(service, graph) else "listed"


def _are_idle(service: Resource, graph: ResourceGraph) -> bool:
    from k8slblint.traffic.annotations.relations import idle_ranges  # few Services have ranges

    found = [one for one in idle_ranges(service, graph) if not isinstance(one, Undecided)]
    return any(one.relation.effect == "ignored" and one.confidence != "low" for one in found)


_FILTERS = ("source-ranges", "security-groups", "firewall")


def _is_unread(readers: Sequence[str], entry: annotations.ServiceAnnotation) -> bool:
    """Tell whether all that may serve a resource are known to pass over a key."""
    return bool(readers) and all(reader in entry.not_read_by for reader in readers)


def _may_limit(entry: annotations.ServiceAnnotation, value: object) -> bool:
    """Tell whether a key may keep somebody out with this value: not where it is empty, or turns the filter off."""
    parsed = annotations.parse_value(entry, value)
    is_off = isinstance(parsed, Valid) and parsed.value in (False, "off")
    return entry.limits and entry.status != "removed" and value != "" and not is_off


def _has_field(resource: Resource) -> bool:
    return bool(resource.get(*RANGES_FIELD))


def _of_field(resource: Resource) -> Iterator[StatedRange]:
    field = resource.get(*RANGES_FIELD)
    if field and not isinstance(field, list):
        yield StatedRange(RANGES_FIELD, str(field), None)
    for index, text in enumerate(resource.sequence(*RANGES_FIELD)):
        yield _stated((*RANGES_FIELD, index), text)


def _of_text(path: Path, value: object) -> list[StatedRange]:
    if not isinstance(value, str) or has_placeholder(value):
        return [StatedRange(path, str(value), None)]
    return [_stated(path, text) for text in value.split(",") if text.strip()]


def _stated(path: Path, text: object) -> StatedRange:
    return StatedRange(path, str(text).strip(), parse_cidr(text.strip()) if isinstance(text, str) and not has_placeholder(text) else None)
