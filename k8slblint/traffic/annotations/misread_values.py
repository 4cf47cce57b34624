"""Which values of Service annotations a controller does not accept, or reads differently than they look, and the effect.

Sources: `catalogs/annotations/` (what a key takes, who reads which exposure in it, what follows).
"""

from typing import Literal

from k8slblint.catalog import service_readers as behaviour
from k8slblint.catalog import services as catalog
from k8slblint.catalog.annotation_values import Invalid, Valid
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Confidence
from k8slblint.traffic.annotations.modes import is_checked
from k8slblint.traffic.annotations.releases import has_release
from k8slblint.traffic.annotations.service_annotations import Annotation, overriding, sounds_false, wish_of

_REFUSES = "refuses it, and neither provisions nor updates the load balancer until it is corrected"


class Misreading(NamedTuple):
    """What is wrong with a value (a predicate to it), and what one controller does then (a predicate to its name, None: not known).

    `fault` tells of a value that makes a load balancer `public` or `internal` although it looks like the opposite, else `invalid`.
    `confidence` is less than high where it depends on the release of the controller.
    """

    reader: str
    wrong: str
    then: str | None
    fault: Literal["public", "internal", "invalid"] = "invalid"
    confidence: Confidence = "high"


def misreading(annotation: Annotation, text: str, reader: str, service: Resource, graph: ResourceGraph) -> Misreading | None:
    """Return what is wrong with a value for one controller, or None where nothing is known to be, or another setting decides."""
    if overriding(annotation, reader, service) or not is_checked(annotation.entry, reader, service, graph, annotation.key):
        return None
    if not text:
        return _of_nothing(annotation, reader)
    reading = annotation.entry.exposure.get(reader)
    if reading is not None:
        return _of_exposure(annotation, text, reader, reading)
    since = catalog.value_for(annotation.entry, reader).since
    sure = has_release(since, graph.scope(service).kubernetes_version)
    found = _of_shape(annotation, text, reader) if sure is not None else None
    if found is None or sure in ("high", None):
        return found
    return found._replace(then=f"{found.then} (since {since}; older releases do not read the key)", confidence=sure)


def _of_shape(annotation: Annotation, text: str, reader: str) -> Misreading | None:
    wrong = _wrong_shape(annotation, text, reader) if not behaviour.says_default(annotation.entry, text) else None
    if wrong is None:
        return None
    then = behaviour.on_invalid(reader, annotation.entry)
    counts_as_false = then.effect == "false" or (then.effect == "unknown" and annotation.entry.value.truth in ("exact", "fold"))
    if annotation.entry.value.type == "bool" and counts_as_false and sounds_false(text):
        return None
    return Misreading(reader, wrong, then.words)


def _of_nothing(annotation: Annotation, reader: str) -> Misreading | None:
    then = behaviour.on_empty(reader, annotation.entry)
    return Misreading(reader, "is empty", then.words) if then is not None else None


def _of_exposure(annotation: Annotation, text: str, reader: str, reading: catalog.Reading) -> Misreading | None:
    if text in (*reading.internal, *reading.internet):
        return None
    wish, made = wish_of(annotation.entry, text), reading.of(text)
    if made == "refused":
        known = (
            "not a valid boolean"
            if annotation.entry.value.type == "bool"
            else f"not one of {_listed((*reading.internal, *reading.internet))}"
        )
        return Misreading(reader, f"is {known}", _REFUSES)
    if made == "internet" and wish != "internet":
        means = "looks like an internal load balancer but is not one" if wish else "does not request an internal load balancer"
        known = _listed(reading.internal)
        return Misreading(reader, means, f"provisions an internet-facing load balancer; only {known} makes it internal", "public")
    if made == "internal" and wish == "internet":
        return Misreading(
            reader,
            "looks like a public load balancer but is not one",
            f"provisions an internal load balancer; only {_listed(reading.internet)} makes it internet-facing",
            "internal",
        )
    is_known = made == "unknown" and behaviour.on_invalid(reader, annotation.entry).effect != "unknown"
    return _of_shape(annotation, text, reader) if is_known and not sounds_false(text) else None


def _wrong_shape(annotation: Annotation, text: str, reader: str) -> str | None:
    parsed = catalog.parse_value(annotation.entry, text, reader)
    if isinstance(parsed, Invalid):
        return parsed.reason
    if not isinstance(parsed, Valid):
        return None
    members = behaviour.json_members(annotation.entry)
    return None if members is None else _wrong_members(parsed.value, members)


def _wrong_members(value: object, members: tuple[str, ...]) -> str | None:
    if not isinstance(value, dict):
        return "is not a JSON object"
    if members and value and not any(str(key).lower() in members for key in value):
        return f"has none of the members {_listed(members)}"
    return None


def _listed(texts: tuple[str, ...]) -> str:
    return " or ".join(repr(text) for text in texts if text) or "the empty text"
