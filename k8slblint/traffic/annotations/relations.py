"""Which settings of a Service or Ingress its controller does not accept together, by the relations in the catalog."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeAlias

from k8slblint.catalog import services as catalog
from k8slblint.catalog.annotation_values import Invalid
from k8slblint.catalog.annotations import Term
from k8slblint.catalog.services import Relation, ServiceAnnotation
from k8slblint.graph.answers import Absent, Answer, Found, Unknown
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.location import Path
from k8slblint.model.patterns import pattern
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Confidence, Undecided, least
from k8slblint.traffic.access.stated_ranges import RANGES_FIELD
from k8slblint.traffic.annotations.modes import is_checked, with_parts
from k8slblint.traffic.annotations.releases import has_release
from k8slblint.traffic.annotations.settings import Setting, names_of_ports, ports_of, setting
from k8slblint.traffic.ownership import Ownership, ownership_of

_WITHOUT_EFFECT = ("overridden-by", "requires")
"""Relations in which the setting has no effect, which is no conflict."""

_RANGES = "source-ranges"
"""What keys decide that say who may connect."""

_MUTUAL = ("refused-together", "unreliable-together", "must-be-equal", "disjoint", "product-below")
"""Relations that both settings may have, and that are told once."""

_NUMBER = pattern(r"\+?[0-9]{1,9}")
_LAST_PORT = 65535


class Conflict(NamedTuple):
    """A relation that the settings of a Service do not keep, for a controller.

    `own` is the setting that has the relation, `other` what it bears on (None where that is not set), `items` those of `own` at fault.
    """

    relation: Relation
    controller: str
    own: Setting
    other: Setting | None
    items: tuple[str, ...]
    confidence: Confidence

    @property
    def path(self) -> Path:
        """Where the setting at fault stands."""
        item = next((index for index, text in enumerate(self.own.texts) if text in self.items), 0)
        return self.own.paths[item] if self.own.paths else ()


class _Breach(NamedTuple):
    """What breaks a relation: the other setting, and the items of the own one that do."""

    other: Setting | None = None
    items: tuple[str, ...] = ()


_Broken: TypeAlias = Answer[_Breach]


class _Case(NamedTuple):
    relation: Relation
    own: Setting
    reader: str
    resource: Resource
    graph: ResourceGraph
    parts: Mapping[str, str]

    def read(self, name: str) -> Answer[Setting]:
        return setting(with_parts(name, self.parts), self.reader, self.resource, self.graph)


def conflicts(resource: Resource, graph: ResourceGraph) -> Iterator[Conflict | Undecided]:
    """Yield what the controller of a Service or an Ingress does not take together.

    Undecided where that depends on who it is, or on a placeholder.

    What nobody serves, or nobody known, has no conflicts. Source ranges without effect are not among them.
    """
    owner = ownership_of(resource, graph)
    if owner.verdict == "owned":
        yield from _unkept(resource, graph, owner, _is_conflict)


def idle_ranges(resource: Resource, graph: ResourceGraph) -> Iterator[Conflict | Undecided]:
    """Yield the source ranges of a Service that its controller does not keep, as it never does or as another setting hides them.

    What hides the annotation of Kubernetes is known whoever serves the Service.
    """
    owner = ownership_of(resource, graph)
    known = owner if owner.verdict == "owned" else Ownership("owned", (catalog.ANY_READER,))
    yield from _unkept(resource, graph, known, _is_idle_range)


def _is_conflict(name: str, relation: Relation) -> bool:
    return relation.kind not in ("overrides", *_WITHOUT_EFFECT) and not _is_idle_range(name, relation)


def _is_idle_range(name: str, relation: Relation) -> bool:
    entry = catalog.find(name) if "/" in name else None
    is_range = entry.decides == _RANGES if entry is not None else name == ".".join(map(str, RANGES_FIELD))
    return is_range and (relation.effect == "ignored" or relation.kind in _WITHOUT_EFFECT) and relation.kind != "overrides"


def _unkept(
    resource: Resource, graph: ResourceGraph, owner: Ownership, wanted: Callable[[str, Relation], bool]
) -> Iterator[Conflict | Undecided]:
    reported: set[frozenset[str]] = set()
    for name in _subjects(resource, owner):
        for answers in _by_relation(name, resource, graph, owner, wanted):
            agreed = _agreed(name, answers, len(owner.candidates), resource)
            if isinstance(agreed, Conflict) and agreed.relation.kind in _MUTUAL and agreed.other is not None:
                pair = frozenset((agreed.own.name, agreed.other.name))
                if pair in reported:
                    continue
                reported.add(pair)
            if agreed is not None:
                yield agreed


def relations_of(name: str, reader: str) -> Iterator[Relation]:
    """Yield the relations that a key or a field has for a controller that reads it."""
    for relation in _all_relations(name, reader):
        if not relation.readers or reader in relation.readers:
            yield relation


def excludes(name: str, other: str, reader: str) -> bool:
    """Tell whether a controller refuses two settings together."""
    return any(relation.kind == "refused-together" and relation.other == other for relation in relations_of(name, reader))


def _all_relations(name: str, reader: str) -> Iterator[Relation]:
    if "/" in name:
        entry = catalog.find(name)
        yield from entry.relations if entry is not None and {reader, catalog.ANY_READER} & set(entry.readers) else ()
        return
    for field in catalog.fields_of(reader):
        if field.field == name:
            yield from field.relations


def _subjects(resource: Resource, owner: Ownership) -> list[str]:
    found = ((key, catalog.find(key)) for key in resource.annotations if catalog.prefix_of(key))
    keys = [key for key, entry in found if entry is not None and resource.reads_as in entry.kinds]
    fields = [field.field for name in owner.candidates for field in catalog.fields_of(name)] if resource.reads_as == "Service" else []
    return list(dict.fromkeys((*keys, *fields)))


def _by_relation(
    name: str, resource: Resource, graph: ResourceGraph, owner: Ownership, wanted: Callable[[str, Relation], bool]
) -> Iterator[list[Answer[Conflict]]]:
    """Yield, for each kind of relation of a setting, what comes of it for each candidate: the first one that is broken."""
    found: dict[tuple[str, str], list[Answer[Conflict]]] = {}
    for reader in owner.candidates:
        best: dict[tuple[str, str], Answer[Conflict]] = {}
        for relation in relations_of(name, reader):
            if not wanted(name, relation):
                continue
            answer = _judge(name, relation, reader, resource, graph, owner)
            kind: tuple[str, str] = (relation.kind, relation.other)
            if isinstance(best.get(kind, Absent()), Absent) or (isinstance(answer, Found) and not isinstance(best[kind], Found)):
                best[kind] = answer
        for kind, answer in best.items():
            found.setdefault(kind, []).append(answer)
    yield from found.values()


def _agreed(name: str, answers: Sequence[Answer[Conflict]], wanted: int, resource: Resource) -> Conflict | Undecided | None:
    broken: list[Conflict] = [answer.value for answer in answers if isinstance(answer, Found)]
    if len(broken) == wanted:
        return broken[0]
    path: Path = ("metadata", "annotations", name) if name in resource.annotations else ("spec",)
    unknown = next((answer for answer in answers if isinstance(answer, Unknown)), None)
    if unknown is not None:
        return Undecided(path, unknown.reason)
    return Undecided(path, f"whether '{name}' can be depends on who serves it") if broken else None


def _judge(name: str, relation: Relation, reader: str, resource: Resource, graph: ResourceGraph, owner: Ownership) -> Answer[Conflict]:
    own = setting(name, reader, resource, graph)
    if not isinstance(own, Found):
        return own
    confidence = has_release(relation.since, graph.scope(resource).kubernetes_version)
    if own.value.by_default or confidence is None or (relation.own and not set(relation.own) & set(own.value.texts)):
        return Absent()
    entry = catalog.find(name) if "/" in name else None
    if entry is not None and (_is_invalid(entry, reader, resource, name) or not is_checked(entry, reader, resource, graph, name)):
        return Absent()
    parts = catalog.parts_of_key(entry, name) if entry is not None else _port_at(own.value.path, resource)
    case = _Case(relation, own.value, reader, resource, graph, parts)
    broken = _break(case)
    if not isinstance(broken, Found):
        return broken
    other = broken.value.other
    sure: Confidence = least(confidence, relation.confidence, owner.confidence, other.confidence if other else "high")
    items = broken.value.items or tuple(text for text in own.value.texts if text in relation.own)
    return Found(Conflict(relation, reader, own.value, other, items, sure))


def _is_invalid(entry: ServiceAnnotation, reader: str, resource: Resource, key: str) -> bool:
    """Tell whether the value of a key is wrong in itself for its reader, which is told elsewhere."""
    return isinstance(catalog.parse_value(entry, resource.annotations.get(key), reader), Invalid)


def _port_at(path: Path, resource: Resource) -> dict[str, str]:
    """Return the number of the port in which a field of a Service stands, as keys for single ports name it."""
    number = resource.get(*path[:3], "port") if path[:2] == ("spec", "ports") and len(path) > 2 else None  # noqa: PLR2004 - spec, ports, index
    return {"port": str(number)} if isinstance(number, int) else {}


def _break(case: _Case) -> _Broken:
    """Return what breaks the relation while all that it presupposes holds."""
    broken = _BROKEN[case.relation.kind](case)
    if isinstance(broken, Absent):
        return broken
    guards = [_holds(term, case) for term in case.relation.when]
    if any(isinstance(guard, Absent) for guard in guards):
        return Absent()
    unknown = next((guard for guard in guards if isinstance(guard, Unknown)), None)
    return unknown if unknown is not None and isinstance(broken, Found) else broken


def _holds(term: Term, case: _Case) -> Answer[Setting | None]:
    found = case.read(term.at)
    if isinstance(found, Unknown):
        return found
    if term.texts:
        holds = isinstance(found, Found) and bool(set(term.texts) & set(found.value.texts))
    else:
        holds = isinstance(found, Found) and not found.value.by_default
    if holds == term.negated:
        return Absent()
    return Found(found.value if isinstance(found, Found) else None)


def _together(case: _Case) -> _Broken:
    other = case.read(case.relation.other)
    if not isinstance(other, Found):
        return other
    wanted = case.relation.value
    return Absent() if other.value.by_default or (wanted and wanted not in other.value.texts) else Found(_Breach(other.value))


def _without(case: _Case) -> _Broken:
    other = case.read(case.relation.other)
    if isinstance(other, Unknown):
        return other
    if isinstance(other, Absent):
        return Found(_Breach())
    values = (*case.relation.values, *filter(None, [case.relation.value]))
    kept = set(values) & set(other.value.texts) if values else not other.value.by_default
    return Absent() if kept else Found(_Breach(other.value))


def _unequal(case: _Case) -> _Broken:
    other = case.read(case.relation.other)
    if not isinstance(other, Found):
        return other
    return Absent() if other.value.by_default or other.value.texts == case.own.texts else Found(_Breach(other.value))


def _counts(case: _Case) -> _Broken:
    other = case.read(case.relation.other)
    if not isinstance(other, Found):
        return other
    return Absent() if len(other.value.texts) == len(case.own.texts) else Found(_Breach(other.value))


def _too_many(case: _Case) -> _Broken:
    other = case.read(case.relation.other)
    if not isinstance(other, Found):
        return other
    most = _number(other.value.texts)
    return Found(_Breach(other.value)) if most is not None and len(set(case.own.texts)) > most else Absent()


def _shared(case: _Case) -> _Broken:
    other = case.read(case.relation.other)
    if not isinstance(other, Found):
        return other
    shared = tuple(text for text in case.own.texts if text in other.value.texts)
    return Found(_Breach(other.value, shared)) if shared else Absent()


def _product(case: _Case) -> _Broken:
    other = case.read(case.relation.other)
    if not isinstance(other, Found):
        return other
    numbers = [_number(one.texts) for one in (case.own, other.value)]
    if numbers[0] is None or numbers[1] is None or case.relation.limit is None:
        return Absent()
    return Absent() if numbers[0] * numbers[1] < case.relation.limit else Found(_Breach(other.value))


def _number(texts: tuple[str, ...]) -> int | None:
    return int(texts[0]) if len(texts) == 1 and re.fullmatch(r"[0-9]{1,9}", texts[0]) else None


def _names_no_port(case: _Case) -> _Broken:
    ports = ports_of(case.resource)
    if not isinstance(ports, Found):
        return ports
    relation, known = case.relation, names_of_ports(ports.value)
    if relation.any_case:
        known = frozenset(map(str.lower, known))
    part = case.parts.get(relation.part or "")
    named = (part,) if part is not None else case.own.texts
    unknown = tuple(
        text
        for text in named
        if (text.lower() if relation.any_case else text) not in known
        and text not in relation.values
        and not (relation.any_number and _is_port_number(text))
    )
    return Found(_Breach(items=unknown)) if unknown else Absent()


def _is_port_number(text: str) -> bool:
    return _NUMBER.fullmatch(text) is not None and int(text) <= _LAST_PORT


def _always(case: _Case) -> _Broken:
    if not case.relation.if_names_port:
        return Found(_Breach())
    ports = ports_of(case.resource)
    if not isinstance(ports, Found):
        return ports
    return Found(_Breach()) if names_of_ports(ports.value) & set(case.own.texts) else Absent()


_BROKEN: Mapping[str, Callable[[_Case], _Broken]] = {
    "refused-together": _together,
    "unreliable-together": _together,
    "refused-without": _without,
    "must-be-equal": _unequal,
    "counts-equal": _counts,
    "counts-at-most": _too_many,
    "disjoint": _shared,
    "product-below": _product,
    "names-port": _names_no_port,
    "excludes": _always,
    "overridden-by": _together,
    "requires": _without,
}
