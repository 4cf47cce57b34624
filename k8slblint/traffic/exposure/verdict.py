"""The verdict of exposure, and how a controller's settings are read for it: annotations, parameters, defaults."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias

from k8slblint.catalog import controllers as catalog
from k8slblint.catalog import services as annotations
from k8slblint.catalog.annotation_values import Valid
from k8slblint.catalog.annotations import Term
from k8slblint.catalog.service_readers import is_ignored_without
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Confidence, least
from k8slblint.traffic.ownership import Ownership

Reach: TypeAlias = Literal["internet", "internal", "node", "cluster", "unknown"]
"""From where: the internet, the network of the cluster's provider or site, whoever reaches a node, the cluster only, or not known."""

_OF_DEFAULT: dict[str, Reach] = {"internet": "internet", "internal": "internal", "nodes": "node", "private": "internal", "none": "cluster"}

_WORDS = {"internal": "internal", "internet": "internet-facing", "refused": "invalid", "unknown": "unknown"}


class Exposure(NamedTuple):
    """From where something is reached; `reasons` is the chain of evidence in sentences without a period, the last one decides.

    `key` is the annotation that decides, None where a class, a default or a field does.
    """

    reach: Reach
    confidence: Confidence = "high"
    reasons: tuple[str, ...] = ()
    key: str | None = None

    @property
    def reason(self) -> str:
        """The last reason, which decides."""
        return self.reasons[-1] if self.reasons else ""


def stated_in(controller: str, wanted: Mapping[str, Any], kind: str) -> Exposure | None:
    """Return what the annotation that a controller goes by says, or None where none of them is there."""
    for entry in annotations.exposure_keys(controller, kind):
        key = annotations.key_in(wanted, entry)
        if key is None or _lacks_companion(entry, wanted) or _is_of_other_mode(entry, controller, wanted):
            continue
        text = wanted[key]
        if not isinstance(text, str) or has_placeholder(text):
            return Exposure("unknown", "low", (f"`{key}` is a placeholder or not a string",), key)
        found = entry.exposure[controller].of(text)
        return of_text(found, f"{name_of(controller)} reads `{key}: {text!r}` as {_WORDS[found]}")._replace(key=key)
    return None


def _lacks_companion(entry: annotations.ServiceAnnotation, wanted: Mapping[str, Any]) -> bool:
    """Tell whether a key is passed over because another one is missing beside it (OCI reads one key of each kind of load balancer)."""
    companions = {relation.other: relation.value for relation in entry.relations if relation.kind == "requires" and "/" in relation.other}
    return is_ignored_without(entry) and any(wanted.get(key) != value for key, value in companions.items())


def _is_of_other_mode(entry: annotations.ServiceAnnotation, controller: str, wanted: Mapping[str, Any]) -> bool:
    """Tell whether a controller does not read a key in the mode that other annotations state (OCI: the type of the load balancer)."""
    mode = entry.read_when.get(controller)
    return mode is not None and not any(all(_holds(term, wanted) for term in group) for group in mode.any_of)


def _holds(term: Term, wanted: Mapping[str, Any]) -> bool:
    text, entry = wanted.get(term.at), annotations.find(term.at)
    parsed = annotations.parse_value(entry, text) if entry is not None and isinstance(text, str) and text else None
    is_so = isinstance(parsed, Valid) and str(parsed.value) in term.texts if term.texts else text is not None
    return is_so != term.negated or has_placeholder(text)


def stated_by(controller: str, parameters: Resource, path: tuple[str, ...], like: str) -> Exposure | None:
    """Return what the parameters of a class or Gateway say in the texts of an annotation, or None where they say nothing."""
    text, entry = parameters.get(*path), annotations.find(like)
    reading = entry.exposure.get(controller) if entry is not None else None
    if text is None or reading is None:
        return None
    if not isinstance(text, str) or has_placeholder(text):
        return Exposure("unknown", "low", (f"`{'.'.join(path)}` of {parameters.id} is a placeholder or not a string",))
    return of_text(reading.of(text), f"{parameters.id} sets `{'.'.join(path)}: {text}`")


def of_text(found: annotations.Exposure, reason: str) -> Exposure:
    """Return what a text that a controller has read means, for a reason."""
    if found == "internet":
        return Exposure("internet", "high", (reason,))
    if found == "internal":
        return Exposure("internal", "high", (reason,))
    return Exposure("unknown", "low", (reason,))


def by_default(default: catalog.DefaultExposure, reason: str) -> Exposure:
    """Return what a default of the catalog means, for a reason."""
    reach = _OF_DEFAULT.get(default, "unknown")
    return Exposure(reach, "low" if reach == "unknown" else "high", (reason,))


def agreed(owner: Ownership, found: Sequence[Exposure]) -> Exposure:
    """Return what all candidates agree on, never surer than who of them it is."""
    if not found:
        return Exposure("unknown", "low", owner.reasons)
    if len({exposure.reach for exposure in found}) > 1:
        said = "; or ".join(exposure.reason for exposure in found)
        return Exposure("unknown", "low", (*owner.reasons, f"that depends on its controller: {said}"))
    first = found[0]
    return first._replace(confidence=least(owner.confidence, first.confidence), reasons=(*owner.reasons, *first.reasons))


def name_of(controller: str) -> str:
    """Return the name of a controller as messages show it."""
    known = catalog.controllers().get(controller)
    return known.name if known is not None else controller
