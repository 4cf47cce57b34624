"""The load balancer annotations of a Service: the entry of each, which controller reads it here, and what it requests.

Sources: `catalogs/annotations/` (keys, values, readers, what readers do with them), with a source for each fact.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Literal, TypeAlias

from k8slblint.catalog import controllers as controllers_catalog
from k8slblint.catalog import services as catalog
from k8slblint.catalog.services import ServiceAnnotation
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.live import is_live
from k8slblint.model.location import Path
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Confidence
from k8slblint.traffic.ownership import Ownership, ownership_of

ANNOTATIONS = ("metadata", "annotations")

Wish: TypeAlias = Literal["internal", "internet"]

_SOUNDS_TRUE = frozenset({"true", "t", "1", "yes", "y", "on", "enable", "enabled"})
_SOUNDS_FALSE = frozenset({"false", "f", "0", "no", "n", "off", "disable", "disabled", "none"})
_SOUNDS_INTERNAL = frozenset({"internal", "private", "intranet", "0.0.0.0/0"})
_SOUNDS_PUBLIC = frozenset({"external", "public", "internet", "internet-facing"})
"""What people write, in any case, when they mean it; whether a controller takes it is in the catalog."""

_MOST_SHOWN = 60

_UNFILLED = (
    r"(?i)<[^<>]+>|\b(change[-_ ]?me|replace[-_ ]?(me|this|with)|your[-_][a-z]|todo|fixme)|x{5,}|\.\.\."
    r"|(?<![a-z0-9-])x{2,4}(?![a-z0-9-])|[0-9]\.x(?![a-z0-9])"
)
"""What stands in examples where a value is to be filled in, a part of an address too: `10.20.30.xx`."""

_BRACED_NAME = r"\{[A-Za-z_][\w.]*\}"
"""The name of a variable in the place of its value, as `str.format` has it: `{scheme}`."""

_VARIABLE = r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+"
"""The same as scripts with `sed` have it: `AWS_SSL_CERT`. Choices may be spelled so too (`ROUND_ROBIN`)."""


class Annotation(NamedTuple):
    """An annotation of a Service that the catalog knows; `value` is as written, whatever YAML holds there."""

    key: str
    value: Any
    entry: ServiceAnnotation

    @property
    def path(self) -> Path:
        """Where its value stands."""
        return (*ANNOTATIONS, self.key)

    @property
    def text(self) -> str | None:
        """The value, or None where it is no text, blank, or filled in later: nothing can be said of it."""
        if not isinstance(self.value, str) or not self.value.strip() or self.is_filled_in_later:
            return None
        return self.value

    @property
    def is_filled_in_later(self) -> bool:
        """Tell whether the value is none yet, as far as that can be seen."""
        if not isinstance(self.value, str):
            return False
        is_variable = self.entry.value.type not in ("choice", "text") and re.fullmatch(_VARIABLE, self.value.strip()) is not None
        return is_variable or is_unfilled(self.value)

    @property
    def decides_exposure(self) -> bool:
        """Tell whether it is about who can reach the load balancer."""
        return self.entry.decides == "exposure"

    @property
    def is_for_load_balancer(self) -> bool:
        """Tell whether only what makes the Service's own load balancer reads the key (and no Ingress, no group of endpoints)."""
        is_of_others = "Ingress" in self.entry.kinds or self.entry.of_any_type
        return not is_of_others and all(makes_load_balancers(reader) for reader in self.entry.readers)


class Readers(NamedTuple):
    """Who reads an annotation of a Service; `why` says so in a sentence without a period; no `names`: nobody, or nobody knows."""

    names: tuple[str, ...]
    confidence: Confidence
    why: str


def annotations_of(service: Resource) -> list[Annotation]:
    """Return the annotations of a Service that are known and meant for Services, in the order of the manifest."""
    return [annotation for annotation in _known(service) if service.reads_as in annotation.entry.kinds]


def misplaced_annotations(service: Resource) -> list[Annotation]:
    """Return the annotations of a Service that one controller reads, but only on other kinds, such as Ingress."""
    return [one for one in _known(service) if service.reads_as not in one.entry.kinds and catalog.ANY_READER not in one.entry.readers]


def _known(service: Resource) -> list[Annotation]:
    found = []
    for key, value in service.annotations.items():
        if value is not None and catalog.prefix_of(key) is not None:
            entry = catalog.find(key)
            if entry is not None:
                found.append(Annotation(key, value, entry))
    return found


def makes_load_balancers(controller: str) -> bool:
    """Tell whether a controller makes load balancers for Services."""
    known = controllers_catalog.controllers().get(controller)
    return known is not None and known.service is not None and known.service.default_exposure != "none"


def readers_of(annotation: Annotation, service: Resource, graph: ResourceGraph) -> Readers:
    """Return who reads an annotation: the owner of the Service if the key is the owner's, else whoever reads it at all.

    Where nobody knows the owner, all that read the key are named, with low confidence. Keys of an Ingress controller on a Service
    count where the platform of that controller is not ruled out.
    """
    known = tuple(name for name in annotation.entry.readers if name in controllers_catalog.controllers())
    if not annotation.is_for_load_balancer:
        return _readers_beside_owner(known, service, graph)
    owner = ownership_of(service, graph)
    if owner.verdict == "owned":
        return Readers(tuple(name for name in owner.candidates if name in known), owner.confidence, owner.reason)
    if owner.verdict == "unknown":
        return Readers(known, "medium", "no other controller reads the key")
    return Readers((), owner.confidence, owner.reason)


def _readers_beside_owner(known: Sequence[str], service: Resource, graph: ResourceGraph) -> Readers:
    scope = graph.scope(service)
    platforms = {controllers_catalog.controllers()[name].platform for name in known}
    if None not in platforms and scope.provider != "unknown" and scope.provider not in platforms:
        return Readers((), "low", f"the platform is '{scope.provider}'")
    confidence: Confidence = "high" if len(known) == 1 and scope.provider in platforms else "medium"
    return Readers(tuple(known), confidence, "the key is read on any Service")


def names_of(controllers: Sequence[str]) -> str:
    """Return controllers as messages show them: `cloud-provider-aws or AWS Load Balancer Controller`."""
    known = controllers_catalog.controllers()
    return " or ".join(known[name].name if name in known else name for name in controllers)


def wish_of(annotation: ServiceAnnotation, text: str) -> Wish | None:
    """Return whether a value of a key that decides about exposure means internal or internet-facing, read as people mean it."""
    word = text.strip().strip("\"'").lower()
    readings = annotation.exposure.values()
    if word in _SOUNDS_TRUE | _SOUNDS_INTERNAL or any(word in map(str.lower, reading.internal) for reading in readings):
        return "internal"
    if word in _SOUNDS_FALSE | _SOUNDS_PUBLIC or any(word in map(str.lower, reading.internet) for reading in readings):
        return "internet"
    return None


def shown(value: object) -> str:
    """Return a value as messages show it: in quotes, on one line, the beginning of a long one."""
    text = str(value)
    return repr(text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}...")


def sounds_false(text: str) -> bool:
    """Tell whether a text means no, in whatever spelling."""
    return text.strip().lower() in _SOUNDS_FALSE


def is_unfilled(text: str) -> bool:
    """Tell whether a text is filled in later: a placeholder of a tool, a name in braces, words such as `<account-id>` or `REPLACE_ME`."""
    return has_placeholder(text) or re.search(_UNFILLED, text) is not None or re.fullmatch(_BRACED_NAME, text.strip()) is not None


def is_written_by_controller(annotation: Annotation, service: Resource) -> bool:
    """Tell whether a manifest states what a controller writes; in what was read from a cluster that is as it should be."""
    return annotation.entry.written_by_controller and not is_live(service)


def effective_type(service: Resource) -> str | None:
    """Return the type of a Service, or None where it is filled in later, or the manifest is only a part of one."""
    service_type = service.get("spec", "type")
    if service_type is None:
        return "ClusterIP" if service.sequence("spec", "ports") else None
    return service_type if isinstance(service_type, str) and not has_placeholder(service_type) else None


def unread_by_owner(annotations: Sequence[Annotation], owner: Ownership) -> Iterator[Annotation]:
    """Yield the annotations that none of the candidates for a Service reads, as far as that is known."""
    for annotation in annotations:
        entry = annotation.entry
        if entry.written_by_controller:
            continue
        is_refused_by_all = all(name in entry.not_read_by for name in owner.candidates)
        if is_refused_by_all or (
            annotation.is_for_load_balancer and all(catalog.is_read_by(name, annotation.key) is False for name in owner.candidates)
        ):
            yield annotation


def overriding(annotation: Annotation, reader: str, service: Resource) -> str | None:
    """Return the key or field (`spec.loadBalancerClass`) on the same Service for whose sake a controller passes over an annotation."""
    for relation in annotation.entry.relations:
        is_of_reader = not relation.readers or reader in relation.readers
        decides = is_set(relation.other, service) and relation.value in (None, stated(relation.other, service))
        if relation.kind == "overridden-by" and is_of_reader and decides and catalog.is_read_by(reader, relation.other) is not False:
            return relation.other
    return None


def is_set(key_or_field: str, service: Resource) -> bool:
    """Tell whether a Service has an annotation (in any spelling), or a field such as `spec.loadBalancerClass`, that is not empty."""
    return stated(key_or_field, service) not in (None, "", [])


def stated(key_or_field: str, service: Resource) -> Any:
    """Return the value of an annotation, in any spelling, or of a field such as `spec.loadBalancerClass`; None where it is missing."""
    if "/" not in key_or_field:
        return service.get(*key_or_field.split("."))
    entry = catalog.find(key_or_field)
    spellings = (key_or_field, *(entry.aliases if entry is not None else ()))
    return next((service.annotations[key] for key in spellings if service.annotations.get(key) is not None), None)
