"""Which networks a load balancer allows, by the ranges and filters of a Service or Ingress, and what an update adds to them.

Sources: kubernetes/cloud-provider 46666112 `GetLoadBalancerSourceRanges` (the field wins over the annotation; without both everybody is
let in); kube-proxy filters by the field as well; which other annotations filter is in `catalogs/annotations/`.
"""

from collections.abc import Iterator, Mapping, Sequence

from k8slblint.addresses import IPV4, IPV6, Interval, is_private, parse_address, parse_cidr, subtract
from k8slblint.catalog import ingress as ingress_catalog
from k8slblint.catalog import services as catalog
from k8slblint.graph.answers import Absent, Answer, Found, Unknown
from k8slblint.model.location import Path
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.traffic.access.stated_ranges import RANGES_FIELD
from k8slblint.traffic.changes.updates import ANNOTATIONS, is_left_alone, place_of_annotation, place_of_field

_FILTERS = ("source-ranges", "security-groups")

_ACCESS = "access-control"

_OPEN = "0.0.0.0/0"
"""What an allow list holds that keeps nobody out."""

_EVERYBODY = (Interval(IPV4, 0, (1 << 32) - 1), Interval(IPV6, 0, (1 << 128) - 1))


class Admission(NamedTuple):
    """Who is let in: `networks` with the text of each (None: everybody), the `name` of the field or key that says so, and where it stands.

    `filters` are the other keys that filter, in ways that the manifest does not show, with their values; `opens` tells of each whether
    everybody is let in without it.
    """

    networks: Sequence[tuple[str, Interval]] | None
    name: str
    path: Path
    filters: Mapping[str, str] = {}
    opens: Mapping[str, bool] = {}


class _Filter(NamedTuple):
    """An annotation that filters: by networks that it lists, or by something that stands elsewhere; a `switch` only turns something on."""

    lists_networks: bool
    opens: bool
    is_switch: bool = False


class Widening(NamedTuple):
    """What an update lets in that was kept out: `added` are the texts of networks, none where it is everybody.

    `name`, `path` and `path_before` are those of the field or annotation that said so before, or says so now.
    """

    added: Sequence[str]
    name: str
    path: Path
    path_before: Path


def widening(before: Resource, after: Resource, controllers: Sequence[str]) -> Answer[Widening]:
    """Return what an update lets in, `Absent` where that is nothing new; `controllers` are those that may serve the resource."""
    if _written(before, controllers) == _written(after, controllers):
        return Absent()
    was, becomes = admission(before, controllers), admission(after, controllers)
    if isinstance(was, Unknown):
        return was
    if isinstance(becomes, Unknown):
        return becomes
    if was.filters or becomes.filters:
        return _by_filters(after, was, becomes)
    return Absent() if was.networks is None or _is_left(before, after, was) else _by_networks(after, was, was.networks, becomes)


def _by_networks(after: Resource, was: Admission, networks: Sequence[tuple[str, Interval]], becomes: Admission) -> Answer[Widening]:
    """Compare networks as sets of addresses, in the families that were let in before; private ones are let in by whoever is inside."""
    families = {network.family for _, network in networks}
    now = becomes.networks if becomes.networks is not None else [("", network) for network in _EVERYBODY]
    known = [network for _, network in networks]
    added = {text: network for text, network in now if network.family in families and subtract(network, known)}
    present = [network for _, network in now]
    is_open = any(subtract(all_, known) and not subtract(all_, present) for all_ in _EVERYBODY if all_.family in families)
    if not is_open:
        added = {text: network for text, network in added.items() if not is_private(network)}
    if not added:
        return Absent()
    if becomes.networks is None:
        return Found(Widening((), was.name, _place(after, was), was.path))
    first = next(index for index, (text, _) in enumerate(becomes.networks) if text in added)
    path = (*RANGES_FIELD, first) if becomes.path == RANGES_FIELD else becomes.path
    return Found(Widening(() if is_open else tuple(added), becomes.name, path, was.path))


def _written(resource: Resource, controllers: Sequence[str]) -> tuple[object, dict[str, object]]:
    return resource.get(*RANGES_FIELD), {key: resource.annotations[key] for key, _ in _filtering(resource, controllers)}


def _by_filters(after: Resource, was: Admission, becomes: Admission) -> Answer[Widening]:
    """Judge filters whose content is elsewhere: nothing is known but that the last one of them went, and everybody is let in."""
    key = next((key for key in was.filters if was.opens[key]), None)
    if was.filters == becomes.filters or not was.filters:
        return Absent()
    if becomes.filters or becomes.networks is not None:
        return Unknown("security groups or lists outside the manifests define the allowed clients")
    if key is None or was.networks is not None:
        return Absent()
    return Found(Widening((), key, place_of_annotation(after, key), (*ANNOTATIONS, key)))


def _is_left(before: Resource, after: Resource, was: Admission) -> bool:
    steps = RANGES_FIELD if was.path[: len(RANGES_FIELD)] == RANGES_FIELD else (*ANNOTATIONS, was.name)
    return is_left_alone(before, after, *steps)


def _place(after: Resource, was: Admission) -> Path:
    """Return what is left where the ranges are gone: the type that they restricted, or the annotations."""
    return place_of_field(after, "spec", "type") if was.path[: len(RANGES_FIELD)] == RANGES_FIELD else place_of_annotation(after, was.name)


def admission(resource: Resource, controllers: Sequence[str]) -> Admission | Unknown:
    """Return who is let in as far as these controllers, which may serve a resource, read it."""
    found = dict(_filtering(resource, controllers))
    ranges = [key for key, one in found.items() if one.lists_networks]
    filters = {key: str(resource.annotations[key]) for key, one in found.items() if not (one.lists_networks or one.is_switch)}
    opens = {key: found[key].opens for key in filters}
    if has_placeholder([resource.get(*RANGES_FIELD), *(resource.annotations[key] for key in found)]):
        return Unknown("the allowed clients contain a placeholder")
    written = resource.get(*RANGES_FIELD) if resource.reads_as == "Service" else None
    if written not in (None, []):
        return _networks(written, ".".join(RANGES_FIELD), RANGES_FIELD, filters, opens)
    if len(ranges) > 1:
        return Unknown("several annotations define the allowed clients")
    for key in ranges:
        text = str(resource.annotations[key])
        items = text.replace(",", " ").split() if resource.reads_as == "Ingress" else text.split(",")
        return _networks(items, key, (*ANNOTATIONS, key), filters, opens)
    return Admission(None, ".".join(RANGES_FIELD), RANGES_FIELD, filters, opens)


def _networks(texts: object, name: str, path: Path, filters: Mapping[str, str], opens: Mapping[str, bool]) -> Admission | Unknown:
    found: list[tuple[str, Interval]] = []
    for text in texts if isinstance(texts, list) else [texts]:
        network = _network(text.strip()) if isinstance(text, str) else None
        if network is None:
            return Unknown(f"`{name}` contains a value that is not a network")
        found.append((str(text).strip(), network))
    return Admission(found, name, path, filters, opens)


def _network(text: str) -> Interval | None:
    address = parse_address(text)
    return Interval(address[0], address[1], address[1]) if address is not None else parse_cidr(text)


def _filtering(resource: Resource, controllers: Sequence[str]) -> Iterator[tuple[str, _Filter]]:
    """Yield the annotations that filter and are read by one of the controllers, or by any."""
    for key, value in resource.annotations.items():
        if isinstance(value, str) and value.strip():
            found = _filter_of(key, resource.reads_as, controllers)
            found = found or (_allow_list(key, controllers) if resource.reads_as == "Ingress" else None)
            if found is not None:
                yield key, found


def _filter_of(key: str, kind: str, controllers: Sequence[str]) -> _Filter | None:
    entry = catalog.find(key) if catalog.prefix_of(key) else None
    if entry is None or entry.decides not in _FILTERS or kind not in entry.kinds:
        return None
    if catalog.ANY_READER not in entry.readers and not set(controllers) & set(entry.readers):
        return None
    return _Filter(entry.value.type == "cidr-list", entry.opens, entry.value.type == "bool")


def _allow_list(key: str, controllers: Sequence[str]) -> _Filter | None:
    """Return the filter of an annotation of an Ingress product that lists who is let in; where nobody is known to serve it, of its own."""
    entry = ingress_catalog.lookup(key)
    if entry is None or entry.category != _ACCESS or _OPEN not in entry.open_values:
        return None
    readers = {known.id for known in ingress_catalog.readers(key)}
    return _Filter(lists_networks=True, opens=True) if not controllers or readers & set(controllers) else None
