"""Whether a reference into another namespace is permitted: by which ReferenceGrant, or which one was probably meant to permit it.

Source: Gateway API 1.6, `apis/v1/referencegrant_types.go` (a grant is in the namespace of what is referred to; `from` and `to` of one grant
combine, those of two do not). Envoy Gateway (`isCrossNamespaceReferencePermitted`) and Istio (`BackendAllowed`) compare alike.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, TypeAlias

from k8slblint.graph.answers import Unknown
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import GRANT_KINDS
from k8slblint.model.location import Path
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.model.texts import quoted
from k8slblint.traffic.attachment.listeners import GATEWAY_API
from k8slblint.traffic.attachment.references import Reference
from k8slblint.traffic.attachment.serving import backend_readings, may_read_core
from k8slblint.traffic.backends.services import is_beside, why_objects_may_be_elsewhere

_MOST_ENTRIES = 16
"""How many entries `from` and `to` may have: the API server refuses a grant with more."""

_MOST_COMPARED = 25
"""With how many grants of a namespace a reference that is refused is compared, to find the one that was meant."""


class Permitted(NamedTuple):
    """The reference is allowed by `grant`, or needs none: it stays in its namespace."""

    grant: Resource | None = None


class NearMiss(NamedTuple):
    """A grant that permits the reference but for one thing: where that is written, and what is wrong in a clause."""

    grant: Resource
    path: Path
    text: str


class Refused(NamedTuple):
    """No grant permits the reference; `near` are those that were probably meant to.

    `is_sure` tells that all of the namespace was read, and that grants of it are among the manifests.
    """

    near: tuple[NearMiss, ...]
    is_sure: bool


Permission: TypeAlias = Permitted | Refused | Unknown

_Pair: TypeAlias = tuple[tuple[str, str, str], tuple[str, str, str]]
"""Who refers (group, kind, namespace), and to what (group, kind, name; the name is empty for any)."""


def permission(reference: Reference, graph: ResourceGraph) -> Permission:
    """Return whether a reference is permitted: local ones are; those across namespaces need a grant in the namespace that they lead to.

    Unknown where a grant may be elsewhere: some of the cluster was not read, the namespace is not in the manifests, or a namespace is
    not written.
    """
    if not reference.is_across:
        return Permitted()
    if reference.is_filled_in:
        return Unknown(f"a reference of {reference.source.id} contains a placeholder")
    index = graph.derived(_grants)
    cluster = graph.scope(reference.source).cluster
    pair = _pair_of(reference)
    pairs = [pair, _any_name(pair)]
    if not reference.group and may_read_core(backend_readings(reference.source, graph)):
        pairs += [(one[0], ("core", *one[1][1:])) for one in pairs]
    for one in pairs:
        grant = index.exact.get((cluster, str(reference.namespace), one))
        if grant is not None:
            return Permitted(grant)
    doubt = _why_unknown(reference, cluster, index)
    return Unknown(doubt) if doubt else _refused(reference, cluster, index, graph)


def _why_unknown(reference: Reference, cluster: str, index: "_Grants") -> str | None:
    source, pair = reference.source, _pair_of(reference)
    if not _has_namespace(source):
        return f"the manifest of {source.id} states no namespace"
    unread = index.unread.get((cluster, str(reference.namespace))) or index.unread.get((cluster, ""))
    if unread is not None:
        return f"{unread.id} contains a placeholder"
    placeless = next((one for one in _elsewhere(cluster, pair, index) if not _has_namespace(one)), None)
    if placeless is not None:
        return f"the manifest of {placeless.id} states no namespace"
    return None


def _refused(reference: Reference, cluster: str, index: "_Grants", graph: ResourceGraph) -> Permission:
    """Return a refusal where the manifests show grants or other objects of the namespace; else a grant may be in another repository.

    A grant that misses by one thing speaks for itself, also where something else could not be read.
    """
    source = reference.source
    grants = index.by_namespace.get((cluster, str(reference.namespace)), [])[:_MOST_COMPARED]
    here = [one for one in grants if is_beside(source, one, graph)]
    near = tuple(_near_misses(reference, here))
    unread = graph.why_incomplete(cluster, reference.namespace)
    if near or (here and not unread):
        return Refused(near, is_sure=not unread)
    astray = tuple(_in_wrong_namespace(reference, cluster, index, graph))
    if astray:
        return Refused(astray, is_sure=False)
    is_of_release = any(graph.may_be_of_release(one, source) for one in (reference.namespace, source.namespace))
    doubt = f"the namespace of the release that {source.id} is of is not known" if is_of_release else unread
    doubt = doubt or why_objects_may_be_elsewhere(source, reference.namespace, graph)
    return Unknown(doubt) if doubt else Refused((), is_sure=False)


def _near_misses(reference: Reference, grants: Sequence[Resource]) -> Iterator[NearMiss]:
    """Yield the grants that differ in one field from the one that is needed, the first difference of each."""
    wanted = _pair_of(reference)
    for grant in grants:
        found = next((miss for one in _entries(grant) if (miss := _miss(grant, wanted, *one)) is not None), None)
        if found is not None:
            yield found


def _miss(
    grant: Resource, wanted: _Pair, path_from: Path, source: dict[str, Any], path_to: Path, target: dict[str, Any]
) -> NearMiss | None:
    """Return the only field in which a pair of entries differs from what is needed, None where it differs in several."""
    wrong = [
        ("from", path_from, source, field, text)
        for field, text in zip(("group", "kind", "namespace"), wanted[0], strict=True)
        if source.get(field) != text
    ]
    wrong += [
        ("to", path_to, target, field, text)
        for field, text in zip(("group", "kind", "name"), wanted[1], strict=True)
        if target.get(field) != text and (field != "name" or target.get(field) not in (None, ""))
    ]
    if len(wrong) != 1:
        return None
    side, path, entry, field, text = wrong[0]
    place = (*path, field) if entry.get(field) is not None else path
    return NearMiss(grant, place, f"has `{side}` {field} {_shown(entry.get(field))}, needed is {_shown(text)}")


def _shown(value: object) -> str:
    return "none" if value is None else quoted(value)


def _in_wrong_namespace(reference: Reference, cluster: str, index: "_Grants", graph: ResourceGraph) -> Iterator[NearMiss]:
    """Yield a grant of the right content in the wrong namespace, mostly that of who refers."""
    source = reference.source
    found = [one for one in _elsewhere(cluster, _pair_of(reference), index) if is_beside(source, one, graph)]
    for grant in sorted(found, key=lambda one: one.namespace != source.namespace)[:1]:
        yield NearMiss(grant, ("metadata", "namespace"), f"is in namespace '{grant.namespace}', needed is '{reference.namespace}'")


def _elsewhere(cluster: str, pair: _Pair, index: "_Grants") -> Iterator[Resource]:
    for one in (pair, _any_name(pair)):
        yield from index.by_pair.get((cluster, one), ())[:_MOST_COMPARED]


def _pair_of(reference: Reference) -> _Pair:
    source = reference.source
    return (source.group, source.kind, str(source.namespace)), (reference.group, reference.kind, reference.name)


def _any_name(pair: _Pair) -> _Pair:
    return pair[0], (*pair[1][:2], "")


def _has_namespace(resource: Resource) -> bool:
    """Tell whether the namespace of a resource is written, or set by what deploys it; else `default` is only a guess."""
    return resource.namespace != "default" or resource.get("metadata", "namespace") is not None


class _Grants(NamedTuple):
    """The grants of all clusters: by what they permit in which namespace, by that alone, by namespace, and those with placeholders.

    The namespace is empty for an unread grant that may be of any.
    """

    exact: dict[tuple[str, str, _Pair], Resource]
    by_pair: dict[tuple[str, _Pair], list[Resource]]
    by_namespace: dict[tuple[str, str], list[Resource]]
    unread: dict[tuple[str, str], Resource]


def _grants(graph: ResourceGraph) -> _Grants:
    index = _Grants({}, defaultdict(list), defaultdict(list), {})
    for grant in graph.of_type(*GRANT_KINDS):
        cluster, namespace = graph.scope(grant).cluster, str(grant.namespace)
        if has_placeholder([namespace, grant.value.get("spec")]):
            index.unread.setdefault((cluster, "" if has_placeholder(namespace) else namespace), grant)
            continue
        index.by_namespace[cluster, namespace].append(grant)
        for _, source, _, target in _entries(grant):
            pair = _written_pair(source, target)
            if pair is not None:
                index.exact.setdefault((cluster, namespace, pair), grant)
                index.by_pair[cluster, pair].append(grant)
    return index


def _entries(grant: Resource) -> Iterator[tuple[Path, dict[str, Any], Path, dict[str, Any]]]:
    """Yield every combination of a grant: path and content of `from`, path and content of `to`.

    A group that `to` leaves out is read as the core group: the API server refuses the grant, which `invalid-resource` reports.
    """
    sides = [
        [
            (("spec", side, index), one)
            for index, one in enumerate(islice(grant.sequence("spec", side), _MOST_ENTRIES))
            if isinstance(one, dict)
        ]
        for side in ("from", "to")
    ]
    targets = [(path, {"group": "", **target}) for path, target in sides[1]]
    yield from ((path_from, source, path_to, target) for path_from, source in sides[0] for path_to, target in targets)


def _written_pair(source: dict[str, Any], target: dict[str, Any]) -> _Pair | None:
    texts = [source.get("group"), source.get("kind"), source.get("namespace"), target.get("group"), target.get("kind")]
    name = target.get("name")
    if not all(isinstance(text, str) for text in texts) or not isinstance(name, str | None):
        return None
    return (str(texts[0]), str(texts[1]), str(texts[2])), (str(texts[3]), str(texts[4]), name or "")


def grant_for(reference: Reference) -> str:
    """Return in one line what the grant says that a reference needs."""
    group = reference.group or '""'
    source = reference.source
    return (
        f"`from: [{{group: {source.group or GATEWAY_API}, kind: {source.kind}, namespace: {source.namespace}}}]` and "
        f"`to: [{{group: {group}, kind: {reference.kind}}}]`"
    )
