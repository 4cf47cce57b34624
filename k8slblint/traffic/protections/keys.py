"""Which annotations of an Ingress, or of a Service behind it, protect: only those that its controller reads, with a value that it takes.

Sources: `catalogs/annotations/` (readers, values), `catalogs/protections.json` (which of them switch a protection on).
"""

from collections.abc import Iterator

from k8slblint.catalog import ingress as catalog
from k8slblint.catalog.annotation_values import Valid, read_value
from k8slblint.catalog.ingress import IngressAnnotation
from k8slblint.catalog.ingress_parsing import fault_of
from k8slblint.catalog.protections import ProtectingKey, is_opaque_key, object_references, protecting_keys
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.resource import Resource
from k8slblint.model.texts import short_key
from k8slblint.traffic.ingress_annotations.validation import reads_prefix
from k8slblint.traffic.ingress_annotations.values import parsing_by, readers_of
from k8slblint.traffic.ownership import ownership_of
from k8slblint.traffic.protections.forms import Doubt, Finding, Protection
from k8slblint.traffic.protections.references import of_reference


def of_annotations(holder: Resource, ingress: Resource, graph: ResourceGraph) -> Iterator[Finding]:
    """Yield what the annotations of an Ingress protect, or those of a Service (`holder`) behind it."""
    for key, value in holder.annotations.items():
        entry = catalog.lookup(key) if isinstance(value, str) and value.strip() else None
        if entry is None or holder.reads_as not in entry.applies_to or not may_protect(entry):
            continue
        acting = acts(key, entry, ingress, graph)
        if acting is None:
            yield Doubt(f"whether the controller of {ingress.id} reads `{short_key(key)}` is not known")
        elif acting:
            yield from _acting(key, value, entry, holder, ingress, graph)


def may_protect(entry: IngressAnnotation) -> bool:
    """Tell whether a key protects, names what may protect, or may do so in a way that is not read."""
    return _protecting(entry) is not None or entry.key in object_references() or is_opaque_key(entry.key)


def _protecting(entry: IngressAnnotation) -> ProtectingKey | None:
    known = protecting_keys()
    return next((known[name] for name in (entry.key, *entry.same_as) if name in known), None)


def acts(key: str, entry: IngressAnnotation, ingress: Resource, graph: ResourceGraph) -> bool | None:
    """Tell whether whoever serves an Ingress reads a key; None where only some of those who may serve it do.

    Where nothing is known of who serves it, that is the product whose key it is.
    """
    cluster = graph.scope(ingress).cluster
    readers = readers_of(key, entry, ingress, graph)
    if readers:
        return True if all(reads_prefix(reader, key, cluster, graph) for reader in readers) else None
    owner = ownership_of(ingress, graph)
    if owner.verdict != "owned":
        return owner.verdict == "unknown"
    reading = {known.id for known in catalog.readers(key)}
    return None if reading.intersection(owner.candidates) else False


def _acting(key: str, text: str, entry: IngressAnnotation, holder: Resource, ingress: Resource, graph: ResourceGraph) -> Iterator[Finding]:
    protecting = _protecting(entry)
    reference = object_references().get(entry.key)
    if reference is not None:
        yield from of_reference(reference, text, holder, graph)
    elif protecting is None:
        yield Doubt(f"what `{short_key(key)}` does is not read")
    elif has_placeholder(text) or not _is_off(protecting, entry, text, holder):
        if _is_void(key, text, entry, ingress, graph):
            yield Doubt(f"`{short_key(key)}` has a value that is not valid", (protecting.family,))
        else:
            yield Protection(protecting.family, protecting.words, holder, ("metadata", "annotations", key))


def _is_off(protecting: ProtectingKey, entry: IngressAnnotation, text: str, holder: Resource) -> bool:
    """Tell whether a value, or another key, switches the protection off."""
    if text.strip().lower() in entry.open_values or protecting.contains not in text:
        return True
    parsed = read_value(entry.value, text) if entry.value.type == "bool" else None
    if isinstance(parsed, Valid) and parsed.value is False:
        return True
    return any(holder.annotations.get(other.key) in other.values for other in protecting.unless)


def _is_void(key: str, text: str, entry: IngressAnnotation, ingress: Resource, graph: ResourceGraph) -> bool:
    """Tell whether a controller that reads the key leaves the protection out because of its value, which is told elsewhere."""
    rows = (parsing_by(entry, reader) for reader in readers_of(key, entry, ingress, graph))
    return any(row is not None and row.opens and fault_of(row, text) is not None for row in rows)


def asks_for_passwords(ingress: Resource, graph: ResourceGraph) -> bool:
    """Tell whether the controller of an Ingress has clients send a name and a password with each request (RFC 7617)."""
    for key, value in list(ingress.annotations.items())[:_MOST_PASSWORD_KEYS]:
        known = catalog.lookup(key) if isinstance(value, str) and value.startswith(_BASIC) else None
        if known is not None and known.category == "auth" and known.value.choices and acts(key, known, ingress, graph):
            return True
    return False


_BASIC = "basic"
"""What values that ask for Basic authentication begin with: `basic`, `basic-auth`."""

_MOST_PASSWORD_KEYS = 200
