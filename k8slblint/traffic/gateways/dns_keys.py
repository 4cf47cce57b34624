"""Which keys of external-dns and cert-manager are on objects where these do not read them.

Sources: kubernetes-sigs/external-dns 2bf1bf8a source/gateway.go, source/ingress.go, source/service.go; cert-manager/cert-manager 2d0d7f7f
pkg/controller/certificate-shim; the kinds of each key are in `catalogs/annotations/`.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from k8slblint.catalog.annotations import index
from k8slblint.catalog.ingress import IngressAnnotation, lookup
from k8slblint.graph.answers import Found, Unknown
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import ROUTE_KINDS
from k8slblint.graph.relations.parents import namesakes, parents_of
from k8slblint.model.location import Path
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import ROUTE_VALUES, Resource
from k8slblint.model.rule import Confidence, least
from k8slblint.traffic.gateways.metadata import copies_metadata
from k8slblint.traffic.ownership import ownership_of

_READERS = frozenset({"external-dns", "cert-manager"})
"""The ids of the tools, by which messages call them, too."""

_JUDGED = frozenset({"HTTPRoute", "Gateway", "Service", "Ingress"})
"""Kinds of which the catalog says whether a key is read there; keys for others (Certificate, Gateway of Istio) are not judged."""

_METADATA: Path = ("metadata", "annotations")

_INFRASTRUCTURE: Path = ("spec", "infrastructure", "annotations")

_ANY_ROUTE = "HTTPRoute"
"""What the catalog calls the kinds of routes: the tools treat them alike."""

_ROUTES = (*ROUTE_KINDS, ROUTE_VALUES)
"""Routes, and what values say of those that a chart makes; what it adds is not known."""

_NOTED = ("Secret",)
"""The kind on which cert-manager notes by a key which issuer it asked: elsewhere the key looks as if it named the issuer to ask."""

READ_ON_GATEWAYS = ("Ingress", "Gateway", "ListenerSet")
"""Kinds on which cert-manager reads its keys."""

_SUREST: tuple[Confidence, ...] = ("high", "medium", "low")


class UnreadDnsKeys(NamedTuple):
    """Keys of one tool in one mapping (`path`) that the tool does not read there, and the kinds on which it reads all of them."""

    reader: str
    path: Path
    keys: tuple[str, ...]
    read_on: tuple[str, ...]
    confidence: Confidence


def unread_dns_keys(resource: Resource, graph: ResourceGraph) -> Iterator[UnreadDnsKeys | Unknown]:
    """Yield the keys that external-dns and cert-manager do not read on an object, or why that is not known."""
    kind = _ANY_ROUTE if resource.type_name in _ROUTES else resource.kind
    for found in _unread(kind, _METADATA, resource.annotations):
        for one in _judged(found, resource, graph):
            is_of_chart = resource.type_name == ROUTE_VALUES and isinstance(one, UnreadDnsKeys)
            yield one._replace(confidence=least(one.confidence, "medium")) if is_of_chart and isinstance(one, UnreadDnsKeys) else one
    if kind == "Gateway":
        yield from _unread("Service", _INFRASTRUCTURE, resource.mapping(*_INFRASTRUCTURE))


@cache
def beginnings() -> tuple[str, ...]:
    """Return what the keys that are judged begin with, so that no catalog is read for others."""
    own = {beginning for beginning, file in index().domains.items() if file in _READERS}
    return (*own, *(alias for alias, beginning in index().aliases.items() if beginning in own))


def _unread(kind: str, path: Path, annotations: Mapping[str, Any]) -> Iterator[UnreadDnsKeys]:
    """Yield the keys that are not read on a kind, those of one tool that are read on the same other kinds together."""
    groups: dict[tuple[str, tuple[str, ...]], list[str]] = defaultdict(list)
    for key, value in annotations.items():
        known = lookup(key) if isinstance(value, str) and key.startswith(beginnings()) else None
        if known is None or known.controller not in _READERS or kind in known.applies_to:
            continue
        if _is_told(known) or (known.applies_to == _NOTED and kind in READ_ON_GATEWAYS and not _asks_issuer(annotations)):
            groups[known.controller, tuple(known.applies_to)].append(key)
    for (reader, kinds), keys in groups.items():
        yield UnreadDnsKeys(reader, path, tuple(keys), kinds, "high")


def _asks_issuer(annotations: Mapping[str, Any]) -> bool:
    """Tell whether a key asks an issuer for a certificate: then a note beside it changes nothing."""
    known = (lookup(key) for key, value in annotations.items() if isinstance(value, str) and key.startswith(beginnings()))
    return any(one is not None and one.refused_beside for one in known)


def _is_told(known: IngressAnnotation) -> bool:
    """Tell whether the catalog says on which of our kinds a key is read: not of keys that it knows by the prefix of the tool only."""
    return known.category != "prefix" and known.status != "removed" and not set(known.applies_to).isdisjoint(_JUDGED)


def _judged(found: UnreadDnsKeys, resource: Resource, graph: ResourceGraph) -> Iterator[UnreadDnsKeys | Unknown]:
    """Yield what was found; keys of Services on a Gateway are read where its implementation copies them to its Service.

    What a route says after its parents, word for word, is superfluous and changes nothing.
    """
    if resource.type_name in _ROUTES and "Gateway" in found.read_on:
        by_confidence: dict[Confidence | None, list[str]] = {one: [] for one in _SUREST}
        for key in found.keys:
            by_confidence.setdefault(_says_otherwise(key, resource, graph), []).append(key)
        yield from (found._replace(keys=tuple(keys), confidence=sure) for sure, keys in by_confidence.items() if sure and keys)
        return
    if resource.kind != "Gateway" or "Service" not in found.read_on:
        yield found
        return
    copies = copies_metadata(resource, graph)
    if copies is None:
        yield Unknown("whether its implementation copies annotations to a Service is unknown")
    elif not copies:
        yield found._replace(confidence=ownership_of(resource, graph).confidence)


def _says_otherwise(key: str, route: Resource, graph: ResourceGraph) -> Confidence | None:
    """Tell how surely a route says what not all that it attaches to have under the same key; None where they have, as far as is shown.

    What a parent of another cluster has is not known to hold here; a parent that no manifest shows probably has not the same.
    """
    from k8slblint.traffic.attachment.parents import holder_of  # few trees have routes

    found: set[Confidence | None] = set()
    for parent in parents_of(route):
        answer = holder_of(parent, graph)
        apart = namesakes(parent, graph) if isinstance(answer, Unknown) else []
        holders = [answer.value] if isinstance(answer, Found) else apart
        has_same = [one.annotations.get(key) == route.annotations.get(key) for one in holders]
        if apart:
            found.add(None if any(has_same) else "low")
        elif not has_same:
            found.add("medium" if isinstance(answer, Unknown) else "high")
        else:
            found.add(None if all(has_same) else "high")
    return next((one for one in _SUREST if one in found), None) if found else "high"
