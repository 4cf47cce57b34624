"""The effect of an update of a Service or Ingress on the existing load balancer: recreated, unchanged, refused.

The effects of annotations are in `catalogs/annotations/`, with their evidence. What the cluster alone knows (an address that is written
down for the first time, a subnet that was the default) is no change that can be told.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from k8slblint.catalog import CLASS_ANNOTATION
from k8slblint.catalog import controllers as controllers_catalog
from k8slblint.catalog import services as catalog
from k8slblint.catalog.annotation_values import Doubtful, Invalid, Valid
from k8slblint.catalog.load_balancers import ingress_kinds
from k8slblint.catalog.services import Effect, Replaced, ServiceAnnotation
from k8slblint.graph.answers import Unknown
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import INGRESS_KINDS
from k8slblint.model.location import Path
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Confidence, RelatedPlace, least
from k8slblint.traffic.balancers.ingresses import class_parameters
from k8slblint.traffic.changes.addresses import FIELD, address_of_field, annotated_addresses, are_lost, lists_addresses
from k8slblint.traffic.changes.updates import is_left_alone, place_of_annotation, place_of_field
from k8slblint.traffic.exposure import exposures_in_common
from k8slblint.traffic.ownership import Ownership, ownership_of
from k8slblint.traffic.ownership.ingresses import class_parameters_of

_TOLD: tuple[Effect, ...] = ("recreates", "ignored", "refused")

_SHOWN = 5

_CLASS_FIELD = ("spec", "ingressClassName")


class LoadBalancerChange(NamedTuple):
    """What one changed setting does to the load balancer that exists; `owner` is who sees to it in both revisions.

    `name` is the key or field as written, `decides` what it is about (a word of the catalog), `before` and `after` its values, None
    where it is not there. `path` is where it stands now, `path_before` where it stood. `was` says what the present load balancer is,
    where that matters, `wanted` what one that is built anew would be (`internet-facing`); of an Ingress that changes hands, `wanted` is
    who serves it from now on. `name_before` is the key or field that said so before, where it was another.
    """

    effect: Effect
    replaces: Replaced | None
    owner: Ownership
    name: str
    path: Path
    path_before: Path
    before: str | None
    after: str | None
    confidence: Confidence
    decides: str = ""
    wanted: str | None = None
    was: str | None = None
    name_before: str | None = None

    @property
    def described(self) -> str:
        """The change in words, without a period."""
        if self.before is None:
            return f"`{self.name}` is added with '{self.after}'"
        if self.after is None:
            return f"`{self.name}` ('{self.before}') is removed"
        return f"`{self.name}` changes from '{self.before}' to '{self.after}'"


def load_balancer_changes(before: Resource, after: Resource, graph: ResourceGraph) -> Iterator[LoadBalancerChange | Unknown]:
    """Yield what the changes of one Service or Ingress do; nothing for a Service that was no load balancer, or is none any more."""
    earlier = graph.base
    if earlier is None or not (_has_load_balancer(before) and _has_load_balancer(after)):
        return
    was, owner = ownership_of(before, earlier), ownership_of(after, graph)
    if after.reads_as == "Ingress" and was.verdict == owner.verdict == "owned" and not set(was.candidates) & set(owner.candidates):
        yield _change_of_controller(before, after, was, owner)
        return
    settings = list(_changed_settings(before, after))
    is_told = any(entry.change.effect in _TOLD and entry.key != CLASS_ANNOTATION for entry, _, _ in settings)
    if was.verdict == owner.verdict == "owned":
        common = tuple(name for name in was.candidates if name in owner.candidates)
        agreed = Ownership("owned", common, least(was.confidence, owner.confidence), owner.reasons)
        yield from _effects(before, after, agreed, settings, graph)
    elif is_told and "unknown" in (was.verdict, owner.verdict):
        yield Unknown((owner if owner.verdict == "unknown" else was).reason)


def replacing_setting(before: Resource, after: Resource) -> tuple[str, Path, Path] | None:
    """Return the first annotation of Helm values by whose change some controller replaces a load balancer or its address, or refuses it.

    It is the key, where it stands now, and where it stood. Who serves what the chart makes of the values cannot be known.
    """
    for entry, key_before, key_now in _changed_settings(before, after):
        old, new = (one.annotations.get(key) if key else None for one, key in ((before, key_before), (after, key_now)))
        is_told = entry.change.effect in _TOLD and entry.change.replaces != "targets" and entry.change.evidence is not None
        name = key_now or key_before
        if name is not None and is_told and _differ(entry, entry.change.effect, old, new):
            return name, place_of_annotation(after, name), place_of_annotation(before, key_before or name)
    return None


_Setting = tuple[ServiceAnnotation, str | None, str | None]
"""An entry of the catalog, the key by which it stood before, and the one by which it stands now."""


def _has_load_balancer(resource: Resource) -> bool:
    return resource.reads_as != "Service" or resource.get("spec", "type") == "LoadBalancer"


def _effects(
    before: Resource, after: Resource, owner: Ownership, settings: Sequence[_Setting], graph: ResourceGraph
) -> Iterator[LoadBalancerChange]:
    deciding = {entry.key for name in owner.candidates for entry in catalog.exposure_keys(name, after.reads_as)}
    exposing = [setting for setting in settings if setting[0].key in deciding]
    yield from _change_of_exposure(before, after, owner, exposing, graph)
    changed = {entry.key for entry, _, _ in settings}
    for setting in settings:
        if setting[0].key not in (*deciding, CLASS_ANNOTATION) and not _is_overridden(setting[0], after, graph):
            yield from _change_of_setting(before, after, owner, setting, changed)
    if after.reads_as == "Service":
        yield from _change_of_address(before, after, owner)


def _changed_settings(before: Resource, after: Resource) -> Iterator[_Setting]:
    """Yield the known annotations whose values differ, one for all spellings of a key; what a layer lacks, another may say."""
    old, new = _by_entry(before), _by_entry(after)
    for name in dict.fromkeys((*old, *new)):
        entry, key_before = old.get(name, (None, None))
        entry_now, key_now = new.get(name, (None, None))
        written_before = before.annotations.get(key_before) if key_before else None
        written_now = after.annotations.get(key_now) if key_now else None
        known = entry_now or entry
        if known is None or written_before == written_now or after.leaves_unsaid(key_now) or before.leaves_unsaid(key_before):
            continue
        if not (key_now is None and key_before is not None and is_left_alone(before, after, "metadata", "annotations", key_before)):
            yield known, key_before, key_now


def _by_entry(resource: Resource) -> Mapping[str, tuple[ServiceAnnotation, str]]:
    found: dict[str, tuple[ServiceAnnotation, str]] = {}
    for key, value in resource.annotations.items():
        entry = catalog.find(key) if value is not None and catalog.prefix_of(key) else None
        if entry is not None and resource.reads_as in entry.kinds and not entry.written_by_controller:
            is_family = entry.pattern is not None
            found.setdefault(key if is_family else _newest_name(entry), (entry, key))
    return found


def _newest_name(entry: ServiceAnnotation) -> str:
    """Return what all spellings of a key have in common: that of the entry, or of the key that replaces it."""
    instead = entry.replaced_by.key if entry.replaced_by is not None else None
    replacing = catalog.find(instead) if instead is not None and not entry.exposure else None
    return replacing.key if replacing is not None else entry.alias_of or entry.key


def _change_of_exposure(
    before: Resource, after: Resource, owner: Ownership, settings: Sequence[_Setting], graph: ResourceGraph
) -> Iterator[LoadBalancerChange]:
    """Yield what becomes of a load balancer whose exposure changes: all keys that decide about it are read together."""
    if not settings or graph.base is None:
        return
    was, becomes = exposures_in_common(before, after, graph, graph.base)
    if was.reach == becomes.reach or "unknown" in (was.reach, becomes.reach):
        return
    setting = next((setting for setting in settings if becomes.key in setting or was.key in setting), settings[0])
    is_removed = becomes.key is None and was.key is not None
    found = _told(before, after, owner, setting, is_removal=is_removed)
    if found is not None:
        words = {"internet": "internet-facing", "internal": "internal"}
        confidence = least(found.confidence, was.confidence, becomes.confidence)
        yield found._replace(confidence=confidence, decides="exposure", was=words.get(was.reach), wanted=words.get(becomes.reach))


def _change_of_setting(
    before: Resource, after: Resource, owner: Ownership, setting: _Setting, changed: set[str]
) -> Iterator[LoadBalancerChange]:
    entry, key_before, key_now = setting
    old = before.annotations.get(key_before) if key_before else None
    new = after.annotations.get(key_now) if key_now else None
    if entry.value.type == "map" and entry.change.removal is not None:
        parts = _dropped_parts(entry, old, new)
        found = _told(before, after, owner, setting, is_removal=True) if parts else None
        if found is not None:
            yield found._replace(before=", ".join(parts), after=None)
        return
    effect = entry.change.effect if new is not None or entry.change.removal is None else entry.change.removal
    if entry.change.replaces == "targets" or effect not in _TOLD or not _differ(entry, effect, old, new):
        return
    found = _told(before, after, owner, setting, is_removal=new is None)
    if found is not None and not (found.effect == "ignored" and set(entry.change.unless_with) & changed):
        yield found


def _told(before: Resource, after: Resource, owner: Ownership, setting: _Setting, *, is_removal: bool) -> LoadBalancerChange | None:
    """Return what the owner makes of a changed setting, where all candidates that read it agree and something of note happens."""
    entry, key_before, key_now = setting
    readers = [name for name in owner.candidates if name in entry.readers or catalog.ANY_READER in entry.readers]
    effects = {entry.removal_effect_for(name) if is_removal else entry.effect_for(name) for name in readers}
    effect = effects.pop() if len(effects) == 1 else "unknown"
    if effect not in _TOLD or entry.change.evidence is None or entry.status == "removed":
        return None
    sure = owner.confidence if len(readers) == len(owner.candidates) else least(owner.confidence, "medium")
    name = key_now or key_before or entry.key
    return LoadBalancerChange(
        effect=effect,
        replaces=entry.change.replaces,
        owner=owner._replace(candidates=tuple(readers)),
        name=name,
        path=place_of_annotation(after, name),
        path_before=place_of_annotation(before, key_before or name),
        before=before.annotations.get(key_before) if key_before else None,
        after=after.annotations.get(key_now) if key_now else None,
        confidence="low" if entry.change.evidence == "inferred" else sure,
        decides=entry.decides,
    )


def _differ(entry: ServiceAnnotation, effect: Effect, old: str | None, new: str | None) -> bool:
    """Tell whether two values surely mean something else; a value that was not written may be any, but for a known default."""
    if old is None or new is None:
        is_known = entry.default is not None or effect != "recreates"
        return is_known and _differs_from_default(entry, old if new is None else new)
    one, other = catalog.parse_value(entry, old), catalog.parse_value(entry, new)
    if effect == "recreates" and lists_addresses(entry):
        return isinstance(one, Valid) and isinstance(other, Valid) and are_lost(one.value, other.value)
    if effect == "ignored" and Invalid in (type(one), type(other)):
        return Doubtful not in (type(one), type(other))  # what is not read cannot be wrong either
    return isinstance(one, Valid) and isinstance(other, Valid) and _plain(one.value) != _plain(other.value)


def _differs_from_default(entry: ServiceAnnotation, text: str | None) -> bool:
    """Tell whether a value is another than the default, which is in words: one that begins with the value may be the same."""
    value = catalog.parse_value(entry, text)
    if not isinstance(value, Valid):
        return False
    default = catalog.parse_value(entry, entry.default) if entry.default is not None else None
    is_default = isinstance(default, Valid) and default.value == value.value
    return not is_default and not (entry.default or "").lower().startswith(str(text).lower())


def _plain(value: object) -> object:
    """Return a value for comparison: the order of lists means nothing, nor does the case of names of clouds' objects."""
    if isinstance(value, tuple):
        return sorted(str(item).lower() for item in value)
    return value.lower() if isinstance(value, str) else value


def _dropped_parts(entry: ServiceAnnotation, old: object, new: object) -> list[str]:
    """Return the parts of a map, as `part=value`, that are gone and whose value stays: not those that had the default."""
    if entry.value.type != "map" or entry.change.removal != "ignored":
        return []
    parsed = catalog.parse_value(entry, old), catalog.parse_value(entry, new if new is not None else "")
    was = parsed[0].value if isinstance(parsed[0], Valid) else {}
    becomes = parsed[1].value if isinstance(parsed[1], Valid) else {} if new is None else was
    return [f"{part}={value}" for part, value in was.items() if part not in becomes and _stays(entry, part, value)]


def _stays(entry: ServiceAnnotation, part: str, value: str) -> bool:
    """Tell whether a dropped part is missed: its default is known and is another."""
    return part in entry.part_defaults and entry.part_defaults[part] != value


def _is_overridden(entry: ServiceAnnotation, after: Resource, graph: ResourceGraph) -> bool:
    """Tell whether the class parameters of an Ingress decide instead of its annotation."""
    if after.reads_as != "Ingress":
        return False
    for kind in ingress_kinds():
        if kind.class_parameters_group and entry.key == kind.group_annotation:
            parameters = class_parameters(after, kind, graph)
            if parameters is not None and parameters.get(*kind.class_parameters_group) is not None:
                return True
    return False


def _change_of_address(before: Resource, after: Resource, owner: Ownership) -> Iterator[LoadBalancerChange]:
    """Yield the move to another address where `spec.loadBalancerIP` names it, or named the old one.

    An address that is written down only now may be the same; annotations alone are settings like others.
    """
    old, new = before.get(*FIELD), after.get(*FIELD)
    sides = [controllers_catalog.controllers()[name].service for name in owner.candidates]
    if (
        old == new
        or is_left_alone(before, after, *FIELD)
        or not sides
        or not all(side is not None and side.moves_with_address_field for side in sides)
    ):
        return
    key_before, key_now = (_address_key(one, owner) for one in (before, after))
    if key_before is not None and (key_now is not None or old is not None):
        return
    was = annotated_addresses(before.annotations, owner.candidates) or address_of_field(before)
    becomes = annotated_addresses(after.annotations, owner.candidates) | address_of_field(after)
    if not was or not becomes or not was - becomes:
        return
    name = ".".join(FIELD)
    yield LoadBalancerChange(
        effect="recreates",
        replaces="address",
        owner=owner,
        name=name if new is not None or key_now is None else key_now,
        path=place_of_field(after, *FIELD) if new is not None or key_now is None else place_of_annotation(after, key_now),
        path_before=FIELD if key_before is None else place_of_annotation(before, key_before),
        before=before.annotations[key_before] if key_before is not None else str(old),
        after=after.annotations[key_now] if new is None and key_now is not None else str(new),
        confidence=owner.confidence,
        name_before=key_before or name,
    )


def _address_key(service: Resource, owner: Ownership) -> str | None:
    """Return the first annotation of a Service that names addresses to all controllers in question."""
    return next((key for key, text in service.annotations.items() if annotated_addresses({key: text}, owner.candidates)), None)


def _change_of_controller(before: Resource, after: Resource, was: Ownership, owner: Ownership) -> LoadBalancerChange:
    """Return the change of an Ingress from one controller to another, which serves it at another address."""
    annotated = before.annotations.get(CLASS_ANNOTATION) != after.annotations.get(CLASS_ANNOTATION)
    name = CLASS_ANNOTATION if annotated else ".".join(_CLASS_FIELD)
    steps: tuple[str, ...] = ("metadata", "annotations", CLASS_ANNOTATION) if annotated else _CLASS_FIELD
    values = [value if isinstance(value, str) else None for value in (before.get(*steps), after.get(*steps))]
    return LoadBalancerChange(
        effect="recreates",
        replaces="load-balancer",
        owner=was,
        name=name,
        path=place_of_annotation(after, name) if annotated else place_of_field(after, *_CLASS_FIELD),
        path_before=place_of_annotation(before, name) if annotated else place_of_field(before, *_CLASS_FIELD),
        before=values[0],
        after=values[1],
        confidence=least(was.confidence, owner.confidence),
        wanted=owner.names,
    )


def class_parameter_changes(before: Resource, after: Resource) -> Iterator[LoadBalancerChange]:
    """Yield what a change of the parameters of an IngressClass does to the load balancers of all its Ingresses: scheme and group."""
    for kind in ingress_kinds():
        if after.type_name not in kind.class_parameters_kinds:
            continue
        owner = Ownership("owned", kind.controllers, "high", (f"{after.kind} is read by this controller",))
        scheme = kind.class_parameters_scheme
        if scheme:
            yield from _change_of_parameter(before, after, owner, scheme.path, scheme.like)
        if kind.class_parameters_group and kind.group_annotation:
            yield from _change_of_parameter(before, after, owner, kind.class_parameters_group, kind.group_annotation)


def moved_ingresses(parameters: Resource, graph: ResourceGraph) -> tuple[RelatedPlace, ...]:
    """Return the first places of Ingresses in the manifests whose class uses these parameters."""
    cluster = graph.scope(parameters).cluster
    users = (one for one in graph.in_cluster(cluster, *INGRESS_KINDS) if class_parameters_of(one, graph) is parameters)
    return tuple(RelatedPlace(one, ("metadata", "name"), f"{one.id} is of a class that uses them.") for one in islice(users, _SHOWN))


def _change_of_parameter(
    before: Resource, after: Resource, owner: Ownership, path: tuple[str, ...], like: str
) -> Iterator[LoadBalancerChange]:
    """Yield the change of a parameter that is read like an annotation, where both values are there and mean something else."""
    entry, old, new = catalog.find(like), before.get(*path), after.get(*path)
    if entry is None or not (isinstance(old, str) and isinstance(new, str)):
        return
    readers = tuple(name for name in owner.candidates if name in entry.readers)
    if not readers or not _differ(entry, entry.change.effect, old, new):
        return
    reading = entry.exposure.get(readers[0])
    words = {"internet": "internet-facing", "internal": "internal"}
    yield LoadBalancerChange(
        effect=entry.effect_for(readers[0]),
        replaces=entry.change.replaces,
        owner=owner._replace(candidates=readers),
        name=".".join(path),
        path=path,
        path_before=path,
        before=old,
        after=new,
        confidence="high",
        decides=entry.decides,
        wanted=words.get(reading.of(new)) if reading is not None else None,
        was=words.get(reading.of(old)) if reading is not None else None,
    )
