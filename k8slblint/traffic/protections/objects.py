"""What objects protect that annotations and filters name: middlewares, plugins, policies of one vendor, parameters.

Which fields do is in `catalogs/protections.json`, with the source of each kind.
"""

from collections.abc import Iterator

from k8slblint.addresses import IPV4, Interval, parse_stated, subtract
from k8slblint.catalog.protections import ProtectingField, ProtectingKind, protecting_kinds
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.relations.twins import nearest_twin
from k8slblint.graph.relations.vendor_routes import has_value, values_at
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.resource import Resource
from k8slblint.traffic.protections.forms import Doubt, Finding, Protection

_MOST_PARTS = 50
"""How many objects of one chain are followed; whoever writes more does not mean us."""

_EVERY_ADDRESS = Interval(IPV4, 0, (1 << 32) - 1)


def of_object(named: Resource, graph: ResourceGraph) -> Iterator[Finding]:
    """Yield what an object protects, with the objects of its own kind that it names in turn."""
    waiting, seen = [named], {id(named)}
    while waiting and len(seen) < _MOST_PARTS:
        one = waiting.pop()
        known = protecting_kinds().get(one.type_name)
        if known is None:
            yield Doubt(f"what {one.id} does is not read")
            continue
        yield from _own(one, known)
        for part in _parts(one, known, graph):
            if isinstance(part, Doubt):
                yield part
            elif id(part) not in seen:
                seen.add(id(part))
                waiting.append(part)


def _own(one: Resource, known: ProtectingKind) -> Iterator[Finding]:
    if known.off is not None and one.get(*known.off) is True:
        return
    found = [protection for field in known.fields for protection in _by_field(one, field)]
    yield from found
    is_opaque = any(has_value(one, pattern) for pattern in known.opaque)
    if is_opaque or (not found and not _is_harmless(one, known)):
        yield Doubt(f"what {one.id} does is not read")


def _by_field(one: Resource, field: ProtectingField) -> Iterator[Protection]:
    for path, value in values_at(one, field.pattern):
        is_meant = bool(value) if field.value is None else value == field.value
        if is_meant and not (field.open_at and isinstance(value, dict) and holds_everybody(value.get(field.open_at))):
            yield Protection(field.family, field.words, one, path)


def holds_everybody(networks: object) -> bool:
    """Tell whether a list of networks holds every address of IPv4; what is filled in later holds some."""
    texts = [text for text in networks if isinstance(text, str)] if isinstance(networks, list) else []
    if not texts or has_placeholder(texts):
        return False
    known = [interval for interval in map(parse_stated, texts) if interval is not None]
    return bool(known) and not subtract(_EVERY_ADDRESS, known)


def _is_harmless(one: Resource, known: ProtectingKind) -> bool:
    """Tell whether it is known that an object protects nothing: it has only fields, or the value, of which that is known."""
    named = {value for field in known.fields[:1] for _, value in values_at(one, field.pattern) if isinstance(value, str)}
    if named and known.harmless_values:
        return named <= known.harmless_values
    has_parts = known.parts is not None and has_value(one, known.parts)
    return has_parts or bool(known.fields and known.harmless and _is_open(one, known)) or any(has_value(one, it) for it in known.harmless)


def _is_open(one: Resource, known: ProtectingKind) -> bool:
    """Tell whether one of the fields is there, with a value that protects nothing."""
    return any(has_value(one, field.pattern) for field in known.fields)


def _parts(one: Resource, known: ProtectingKind, graph: ResourceGraph) -> Iterator[Resource | Doubt]:
    for _, value in values_at(one, known.parts) if known.parts is not None else ():
        name, namespace = (value.get("name"), value.get("namespace")) if isinstance(value, dict) else (None, None)
        if isinstance(name, str):
            where = namespace if isinstance(namespace, str) else one.namespace
            found = graph.named(graph.scope(one).cluster, one.type_name, where, name)
            yield nearest_twin(found, one, graph) if found is not None else missing(one.kind, name)


def missing(kind: str, name: str) -> Doubt:
    """Return that an object which is named may protect: it is not in the manifests."""
    return Doubt(f"{kind} '{name}' is not in the manifests")
