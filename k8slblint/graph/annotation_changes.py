"""Knows which settings of a load balancer change between two revisions, for the controller that owns it, and what that does.

What a change does is in `catalogs/services/`, with its source and how sure it is. Two texts that a controller reads alike are no change.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from k8slblint.catalog import services as catalog
from k8slblint.catalog.annotation_values import Valid
from k8slblint.catalog.services import Effect, ServiceAnnotation
from k8slblint.graph.exposure import Exposure, exposure_of
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.ownership import Ownership, ownership_of
from k8slblint.model.location import Path
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.resource import Resource
from k8slblint.model.rule import CONFIDENCES, Confidence

_SURE: dict[str | None, Confidence] = {"source": "high", "documented": "high", "inferred": "low", None: "low"}
"""How sure is what a change does, by its evidence in the catalog."""


class Pair(NamedTuple):
    """One load balancer in both revisions: its resource, and who owns it and how far it reaches, in each."""

    before: Resource
    after: Resource
    owner_before: Ownership
    owner: Ownership
    reach_before: Exposure
    reach: Exposure

    @property
    def owners(self) -> tuple[str, ...]:
        """The controllers that may own it in both revisions; nobody where it surely changes hands."""
        return tuple(name for name in self.owner.candidates if name in self.owner_before.candidates)


class Change(NamedTuple):
    """A setting that changes: `key` as it stands now (or stood), its values (None: not set), what that does and how sure that is."""

    entry: ServiceAnnotation
    key: str
    before: Any
    after: Any
    effect: Effect
    confidence: Confidence

    @property
    def in_words(self) -> str:
        """What changes, as messages begin: `key` changes from 'a' to 'b'."""
        if self.before is None:
            return f"`{self.key}` is added with '{self.after}'"
        if self.after is None:
            return f"`{self.key}` ('{self.before}') is removed"
        return f"`{self.key}` changes from '{self.before}' to '{self.after}'"


def pair_of(before: Resource, after: Resource, graph: ResourceGraph) -> Pair | None:
    """Return both revisions of a load balancer, or None where one of them is none: a Service of another type is of nobody."""
    earlier = graph.earlier
    if earlier is None or not (_has_load_balancer(before) and _has_load_balancer(after)):
        return None
    owners = ownership_of(before, earlier), ownership_of(after, graph)
    return Pair(before, after, *owners, exposure_of(before, earlier), exposure_of(after, graph))


def changes(pair: Pair) -> Iterator[Change]:
    """Yield the settings that change and that the owner reads, without those about exposure, whose meaning `Pair.reach` compares."""
    if not pair.owners or pair.before.annotations == pair.after.annotations:
        return
    seen = set()
    for key in (*pair.after.annotations, *pair.before.annotations):
        entry = _entry(key)
        if entry is None or entry.key in seen or entry.written_by_controller or entry.decides == "exposure":
            continue
        seen.add(entry.key)
        found = _change(entry, key, pair)
        if found is not None:
            yield found


def exposure_change(pair: Pair) -> Change | None:
    """Return the change of reach between internal and internet as one of the annotation that decides about it, or None."""
    reaches = {pair.reach_before.reach, pair.reach.reach}
    if reaches != {"internal", "internet"}:
        return None
    deciding = {name: entry for name in pair.owners for entry in catalog.exposure_keys(name, pair.after.kind)[:1]}
    entries = list(deciding.values())
    effects = {entry.effect_for(name) for name, entry in deciding.items()}
    if len(effects) != 1 or not entries:
        return None
    key = pair.reach.key or pair.reach_before.key or entries[0].key
    entry = catalog.find(key) or entries[0]
    confidence = min(_SURE[entry.change.evidence], pair.reach.confidence, pair.reach_before.confidence, key=CONFIDENCES.index)
    texts = pair.before.annotations.get(key), pair.after.annotations.get(key)
    return Change(entry, key, *texts, effects.pop(), confidence)


def place_of(after: Resource, key: str) -> Path:
    """Return where a setting stands; where it was removed, what is left of it: the annotations, else the name."""
    if after.annotations.get(key) is not None:
        return ("metadata", "annotations", key)
    return ("metadata", "annotations") if after.annotations else ("metadata", "name")


def _has_load_balancer(resource: Resource) -> bool:
    return resource.kind != "Service" or resource.get("spec", "type") == "LoadBalancer"


def _entry(key: str) -> ServiceAnnotation | None:
    """Return what is known of a key; of another spelling of a key what is known of that one."""
    found = catalog.find(key) if catalog.prefix_of(key) else None
    return catalog.find(found.alias_of) if found is not None and found.alias_of is not None else found


def _change(entry: ServiceAnnotation, key: str, pair: Pair) -> Change | None:
    readers = [name for name in pair.owners if name in entry.readers]
    if len(readers) != len(pair.owners) or pair.after.kind not in entry.kinds:
        return None
    was, becomes = (_written(one, entry) for one in (pair.before, pair.after))
    effects = {entry.effect_for(name) for name in readers}
    if len(effects) != 1 or has_placeholder(was) or has_placeholder(becomes) or _are_alike(entry, was, becomes):
        return None
    confidence = min(_SURE[entry.change.evidence], pair.owner.confidence, key=CONFIDENCES.index)
    return Change(entry, key, was, becomes, effects.pop(), confidence)


def _written(resource: Resource, entry: ServiceAnnotation) -> Any:
    key = catalog.key_in(resource.annotations, entry)
    return None if key is None else resource.annotations[key]


def _are_alike(entry: ServiceAnnotation, was: Any, becomes: Any) -> bool:
    """Tell whether both texts mean the same: as values, as lists without their order, or as the default that is written out."""
    if was == becomes:
        return True
    if was is None or becomes is None:
        return entry.default is not None and entry.default in (was, becomes)
    one, other = catalog.parse_value(entry, was), catalog.parse_value(entry, becomes)
    if isinstance(one, Valid) and isinstance(other, Valid) and one.value == other.value:
        return True
    return entry.value.type.endswith("list") and _items(was) == _items(becomes)


def _items(text: object) -> list[str]:
    return sorted(item.strip() for item in str(text).split(","))
