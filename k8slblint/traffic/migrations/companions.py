"""What other controllers did because of an Ingress, and no longer do with a route: certificates of cert-manager, names of external-dns.

Sources: cert-manager 1.19 `pkg/controller/certificate-shim/sync.go` (`buildCertificates`: a Certificate is owned by the Ingress, and is
deleted with it; its Secret stays and is not renewed); external-dns 0.20 `source/gateway.go` (names of a route: its hostnames, those of its
listeners, and its annotation).
"""

from collections.abc import Iterator

from k8slblint.catalog import ingress as catalog
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import CERTIFICATE, INGRESS_KINDS
from k8slblint.model.location import Path
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.model.texts import short_key
from k8slblint.traffic.attachment.attachments import attached_listeners
from k8slblint.traffic.migrations.entries import HTTP_ROUTES, hosts_of_route
from k8slblint.traffic.migrations.predecessors import taken_by
from k8slblint.traffic.routing.tls_hosts import requests_certificates

_MOST_NAMES = 64

_NAME_KEY = "hostname"

_ADDRESS = "dns"


class Orphan(NamedTuple):
    """A Secret with a certificate that is used by a listener (at `path` of `holder`) and renewed by nothing, since an Ingress is gone."""

    ingress: Resource
    secret: str
    holder: Resource
    path: Path


class LostName(NamedTuple):
    """A DNS name that an annotation of an Ingress asked for, which is gone, and that no route has."""

    ingress: Resource
    path: Path
    name: str


def orphaned_certificates(route: Resource, graph: ResourceGraph) -> Iterator[Orphan]:
    """Yield the certificates of listeners that were issued for Ingresses which a route replaces."""
    ingresses = _replaced(route, graph)
    issued = {(one.namespace, name): one for one in ingresses if requests_certificates(one) for name in _secrets(one)}
    if not issued:
        return
    renewed = graph.derived(_renewed)
    cluster = graph.scope(route).cluster
    for listener in attached_listeners(route, graph):
        if requests_certificates(listener.source):
            continue
        for index, one in enumerate(listener.source.sequence(*listener.path, "tls", "certificateRefs")):
            name, namespace = (one.get("name"), one.get("namespace")) if isinstance(one, dict) else (None, None)
            where = namespace if isinstance(namespace, str) else listener.source.namespace
            ingress = issued.get((where, name)) if isinstance(name, str) else None
            if ingress is not None and (cluster, where, name) not in renewed:
                yield Orphan(ingress, str(name), listener.source, (*listener.path, "tls", "certificateRefs", index))


def _replaced(route: Resource, graph: ResourceGraph) -> list[Resource]:
    found = (pair.former.source for pair in taken_by(route, graph) if pair.is_gone)
    return list({id(one): one for one in found}.values())


def _secrets(ingress: Resource) -> list[str]:
    names = (entry.get("secretName") for entry in ingress.sequence("spec", "tls") if isinstance(entry, dict))
    return [name for name in names if isinstance(name, str) and name and not has_placeholder(name)]


def _renewed(graph: ResourceGraph) -> frozenset[tuple[str, str | None, str]]:
    """Return cluster, namespace and name of the Secrets that a Certificate, or an Ingress of now, has renewed."""
    found = {(graph.scope(one).cluster, one.namespace, str(one.get("spec", "secretName"))) for one in graph.of_type(CERTIFICATE)}
    for ingress in graph.of_type(*INGRESS_KINDS):
        if requests_certificates(ingress):
            found |= {(graph.scope(ingress).cluster, ingress.namespace, name) for name in _secrets(ingress)}
    return frozenset(found)


def lost_names(route: Resource, graph: ResourceGraph) -> Iterator[LostName]:
    """Yield the names that annotations of replaced Ingresses asked for, and that no route of the cluster has."""
    cluster = graph.scope(route).cluster
    for ingress in _replaced(route, graph):
        for key, value in ingress.annotations.items():
            if _is_name(key) and isinstance(value, str) and not has_placeholder(value):
                names = [name.strip().lower() for name in value.split(",", _MOST_NAMES)[:_MOST_NAMES] if name.strip()]
                known = graph.derived(_names).get(cluster, frozenset())
                yield from (LostName(ingress, ("metadata", "annotations", key), name) for name in names if name not in known)


def _is_name(key: str) -> bool:
    known = catalog.lookup(key)
    return known is not None and known.if_ignored == "issuance" and known.category == _ADDRESS and short_key(key) == _NAME_KEY


def _names(graph: ResourceGraph) -> dict[str, frozenset[str]]:
    """Return by cluster the names that routes, and annotations of any object that external-dns reads, have."""
    found: dict[str, set[str]] = {}
    for one in graph.of_type(*HTTP_ROUTES, *INGRESS_KINDS, "Service"):
        names = found.setdefault(graph.scope(one).cluster, set())
        names.update(hosts_of_route(one, graph) if one.type_name in HTTP_ROUTES else ())
        for key, value in one.annotations.items():
            if _is_name(key) and isinstance(value, str):
                names.update(name.strip().lower() for name in value.split(","))
    return {cluster: frozenset(names) for cluster, names in found.items()}
