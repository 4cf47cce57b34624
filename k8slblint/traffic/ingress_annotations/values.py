"""Which values of an Ingress's annotations the controller that serves it does not accept, and what it does then.

Sources: `catalogs/annotations/` (`parsing`: what each product's parser takes, when it reads a key, what becomes of other values).
"""

import re
from collections.abc import Iterator

from k8slblint.catalog import ingress as catalog
from k8slblint.catalog.ingress import IngressAnnotation
from k8slblint.catalog.ingress_parsing import BadValue, Parsing, fault_of, opens_by_nothing, outcome_of_nothing
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.location import Path
from k8slblint.model.patterns import pattern
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Confidence, least
from k8slblint.traffic.annotations.service_annotations import is_unfilled, sounds_false
from k8slblint.traffic.ingress_annotations.alb_rules import AWS_LBC, has_webhook, wrong_rules
from k8slblint.traffic.ingress_annotations.requirements import Unmet, unmet_by
from k8slblint.traffic.ingress_annotations.snippets import F5_NGINX, admission_of, is_snippet
from k8slblint.traffic.ingress_annotations.terms import holds
from k8slblint.traffic.ingress_annotations.validation import reads_prefix, validated_outcome, validation_of
from k8slblint.traffic.ownership import Ownership, ownership_of
from k8slblint.traffic.ownership.implementations import implementations

_GRAVE: tuple[BadValue, ...] = ("refused", "denied", "ingress-dropped", "path-dropped", "group-error", "sync-error")

_THEN: dict[BadValue, str] = {
    "refused": "refuses the Ingress, by its admission webhook or when it loads it",
    "denied": "accepts the Ingress and answers 503 for all of its paths",
    "ignored": "ignores the annotation",
    "ingress-dropped": "serves nothing of this Ingress",
    "path-dropped": "serves no route of this Ingress",
    "group-error": "reconciles nothing of the whole IngressGroup until it is corrected",
    "sync-error": "does not update the load balancer until it is corrected",
}

_NAME_IN_CAPITALS = pattern(r"[A-Z]+(_[A-Z0-9]+)+")
"""How a text looks that a tool of the team replaces: `OFFICE_RANGES`."""

_SOUNDS_TRUE = ("true", "yes", "on", "1", "t", "y", "enable", "enabled")

_MEANS = {"true": True, "on": True, "false": False, "off": False}


class IngressMisreading(NamedTuple):
    """What is wrong with the value of a key (a predicate to it), and what the controller `reader` (an id) does, a predicate to its name.

    `is_switched_off` tells of a snippet that is not wrong by itself, `unmet` of another key or value that is not. `is_grave` tells that it
    refuses or stops serving something, or that a protection is off.
    """

    key: str
    text: str
    annotation: IngressAnnotation
    reader: str = ""
    wrong: str = ""
    then: str = ""
    is_grave: bool = False
    confidence: Confidence = "high"
    is_switched_off: bool = False
    unmet: Unmet | None = None

    @property
    def path(self) -> Path:
        """Where the value is."""
        return ("metadata", "annotations", self.key)


class _Place(NamedTuple):
    ingress: Resource
    graph: ResourceGraph

    @property
    def cluster(self) -> str:
        return self.graph.scope(self.ingress).cluster


def ingress_misreadings(ingress: Resource, graph: ResourceGraph) -> Iterator[IngressMisreading]:
    """Yield the values that the controller of an Ingress does not take, where every one that may serve it does not."""
    for key, value in ingress.annotations.items():
        annotation = catalog.lookup(key) if isinstance(value, str) else None
        if annotation is None or not annotation.parsing or "Ingress" not in annotation.applies_to:
            continue
        readers = readers_of(key, annotation, ingress, graph)
        found = [_judged(key, value, annotation, reader, _Place(ingress, graph)) for reader in readers]
        first = found[0] if found else None
        if first is not None and all(found):
            owner = ownership_of(ingress, graph)
            sure: Confidence = owner.confidence if owner.verdict == "owned" else "medium"
            yield first._replace(confidence=least(first.confidence, sure))
    yield from _of_rules(ingress, graph)


def _of_rules(ingress: Resource, graph: ResourceGraph) -> Iterator[IngressMisreading]:
    """Yield the JSON of rules that the controller of an ALB does not take; what its webhook refuses, where it is shown, is left to that."""
    owner = ownership_of(ingress, graph)
    if owner.controller != AWS_LBC:
        return
    for found in wrong_rules(ingress):
        annotation = catalog.lookup(found.key)
        is_refused = found.part == "conditions" and has_webhook(graph.scope(ingress).cluster, graph)
        if annotation is not None and not is_refused:
            text, then = ingress.annotations[found.key], _THEN["group-error"]
            yield IngressMisreading(found.key, text, annotation, AWS_LBC, found.wrong, then, is_grave=True, confidence=owner.confidence)


def readers_of(key: str, annotation: IngressAnnotation, ingress: Resource, graph: ResourceGraph) -> tuple[str, ...]:
    """Return the ids of the products that read a key of an Ingress: those that may serve it; where its class says nothing, the key's own.

    Empty where one of them does not read it: that is another mistake. Products that only imitate another candidate count where the
    manifests install them.
    """
    owner = ownership_of(ingress, graph)
    if owner.verdict == "nobody":
        return ()
    reading = {known.id for known in catalog.readers(key)}
    if owner.verdict == "owned":
        candidates = originals_of(owner, ingress, graph)
        return candidates if reading.issuperset(candidates) else ()
    claimants = catalog.claimants(key)
    is_shared = bool(annotation.same_as) or annotation.controller == catalog.ANY_CONTROLLER
    own = len(claimants) == 1 and not is_shared and key.startswith(claimants[0].annotation_prefixes)
    return (claimants[0].id,) if own else ()


def originals_of(owner: Ownership, ingress: Resource, graph: ResourceGraph) -> tuple[str, ...]:
    """Return the ids of the products that may serve an Ingress, without those that imitate another one and are not installed here."""
    products = catalog.controllers()
    known = [name for name in owner.candidates if name in products]
    shown = implementations(graph, graph.scope(ingress).cluster)
    kept = [name for name in known if name in shown or not set(products[name].emulates).intersection(known)]
    return tuple(kept) if len(known) == len(owner.candidates) else ()


def parsing_by(annotation: IngressAnnotation, reader: str) -> Parsing | None:
    """Return what a product makes of a key: its own parser's reading, or that of the product whose code it is."""
    if reader in annotation.parsing:
        return annotation.parsing[reader]
    imitated = catalog.controllers()[reader].emulates
    return next((row for name, row in annotation.parsing.items() if imitated.get(name) == "all"), None)


def _judged(key: str, text: str, annotation: IngressAnnotation, reader: str, place: _Place) -> IngressMisreading | None:
    if not reads_prefix(reader, key, place.cluster, place.graph):
        return None
    if is_snippet(annotation):
        return _switched_off(key, text, annotation, reader, place)
    parsing = parsing_by(annotation, reader)
    if parsing is None:
        return None
    found = IngressMisreading(key, text, annotation, reader)
    refusal = unmet_by(parsing, text, reader, place.ingress, place.graph)
    if refusal is None:
        return _misread(found, parsing, place)
    then = refusal.then or _THEN[refusal.outcome]
    return found._replace(wrong=refusal.wrong, then=then, is_grave=True, confidence=refusal.confidence, unmet=refusal)


def _misread(found: IngressMisreading, parsing: Parsing, place: _Place) -> IngressMisreading | None:
    key, text, reader = found.key, found.text, found.reader
    if not text and opens_by_nothing(parsing):
        off = found._replace(wrong="is empty", then="ignores it: requests pass without this check", is_grave=True)
        return off if _is_set_up(key, place.ingress) else None
    wrong = _fault_of(parsing, text, reader, place)
    if wrong is None:
        return _misread_later(found, parsing, place)
    validation = validation_of(reader, place.cluster, place.graph)
    outcome = validated_outcome(parsing.bad if text else outcome_of_nothing(parsing) or parsing.bad, key, parsing, validation)
    if outcome is None or _is_what_is_meant(found.annotation, parsing, text):
        return None
    then = parsing.effect if parsing.effect and outcome == parsing.bad else _then(parsing, outcome)
    is_grave = parsing.opens or outcome in _GRAVE
    return found._replace(wrong=wrong, then=then, is_grave=is_grave, confidence=validation.confidence)


def _misread_later(found: IngressMisreading, parsing: Parsing, place: _Place) -> IngressMisreading | None:
    """Return what becomes of a text that the parser takes at first."""
    for later in parsing.later if found.text else ():
        wrong = _fault_of(later, found.text, found.reader, place)
        if wrong is not None:
            return found._replace(wrong=wrong, then=later.effect or _then(later, later.bad), is_grave=later.bad in _GRAVE)
    return None


def _fault_of(parsing: Parsing, text: str, reader: str, place: _Place) -> str | None:
    """Return what is wrong with a text, a predicate to it; None where the parser takes it, does not read it, or that is not known."""
    if not parsing.is_judged or _is_filled_in_later(text):
        return None
    if not text and outcome_of_nothing(parsing) is None:
        return None
    wrong = fault_of(parsing, text) if text else "is empty"
    is_read = all(holds(term, place.ingress, reader, place.graph) for term in parsing.read_if or ()) if wrong else False
    return wrong if is_read else None


def _is_set_up(key: str, ingress: Resource) -> bool:
    """Tell whether another key says what does nothing without this one: what is switched off was meant to act."""
    stated = (catalog.lookup(other) for other, value in ingress.annotations.items() if other != key and value)
    return any(known is not None and key in known.requires for known in stated)


def _is_filled_in_later(text: str) -> bool:
    return has_placeholder(text) or is_unfilled(text) or _NAME_IN_CAPITALS.fullmatch(text) is not None


def _switched_off(key: str, text: str, annotation: IngressAnnotation, reader: str, place: _Place) -> IngressMisreading | None:
    admission = admission_of(reader, place.cluster, place.graph)
    if admission.answer != "refused":
        return None
    then = _THEN["ingress-dropped" if reader == F5_NGINX else "refused"]
    found = IngressMisreading(key, text, annotation, reader, "snippets are off", f"{then}: {admission.reason}", is_grave=True)
    return found._replace(is_switched_off=True, confidence=admission.confidence)


def _is_what_is_meant(annotation: IngressAnnotation, parsing: Parsing, text: str) -> bool:
    """Tell whether a truth value in a spelling that is not taken comes out as it was meant: `no` that is read as false."""
    meant = False if sounds_false(text) else True if text.strip().lower() in _SOUNDS_TRUE else None
    if meant is None or parsing.bad not in ("read-as", "ignored", "other"):
        return False
    if parsing.opens and meant is False:
        return True
    said = parsing.bad_note if parsing.bad == "read-as" else annotation.default
    word = re.match(r"[a-z]+", said or "")
    return word is not None and _MEANS.get(word[0]) is meant


def _then(parsing: Parsing, outcome: BadValue) -> str:
    if outcome != "read-as":
        return _THEN.get(outcome, "does not accept this value")
    said = re.sub(r"\s*\([^()]*\)", "", parsing.bad_note or "").strip()
    plain = said.replace("the ConfigMap/global default", "the default of the controller")
    return f"reads it as {plain}" if plain else _THEN["ignored"]
