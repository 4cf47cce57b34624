"""Which TLS an Ingress asks to pass through, and is not: paths other than `/`, hosts that no client names, Services without an address.

Sources: kubernetes/ingress-nginx dbb11b92 `internal/ingress/controller/controller.go` (getConfiguration: locations other than `/` are
ignored; createServers: without a rule for it, `/` has an empty Service), `nginx.go` (OnUpdate: the proxy gets the cluster IP of the
Service), `pkg/tcpproxy/tcp.go` (Get: the name that a client asks for is the host, to the letter). Which annotations these are is in
`catalogs/ingress-serving.json`.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from k8slblint.catalog.annotation_values import TRUE_IN_GO
from k8slblint.catalog.ingress import lookup
from k8slblint.catalog.ingress_serving import serving_facts
from k8slblint.graph.answers import Found
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import INGRESS_KINDS
from k8slblint.graph.relations.backends import Backend, service_of
from k8slblint.model.location import Path
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Confidence, least
from k8slblint.traffic.attachment.hostnames import EVERY
from k8slblint.traffic.ingress_annotations.values import readers_of
from k8slblint.traffic.ownership import ownership_of
from k8slblint.traffic.routing.forms import Entry
from k8slblint.traffic.routing.ingress_routes import entries_of_ingress
from k8slblint.traffic.routing.shared_hosts import is_host_wide

_ROOT = "/"

_HEADLESS = "None"


class NotPassed(NamedTuple):
    """TLS that is not passed through: the key that asks for it, where the rules say what prevents it, and what that is.

    `path`: paths that are ignored; `other` is where their TLS goes instead, None where nothing has the path `/`. `host`: hosts that no
    client names. `service`: the Service `other` has no address of its own.
    """

    key: str
    fault: Literal["path", "host", "service"]
    places: Sequence[Path]
    text: str
    other: str | None
    confidence: Confidence


def not_passed(ingress: Resource, graph: ResourceGraph) -> Iterator[NotPassed]:
    """Yield what an Ingress asks to pass through in vain, once for each kind of fault."""
    key = next((one.key for one in serving_facts().host_wide_keys if one.at_root and _is_true(ingress, one.key)), None)
    if key is None or serving_facts().canary in ingress.annotations:
        return
    annotation = lookup(key)
    readers = readers_of(key, annotation, ingress, graph) if annotation is not None else ()
    if not readers or not all(is_host_wide((name,)) for name in readers):
        return
    sure = least(ownership_of(ingress, graph).confidence, "medium")
    entries = [entry for entry in entries_of_ingress(ingress) if not entry.match.unread and entry.match.kind != "Any"]
    unnamed = [entry for entry in entries if entry.host == EVERY or entry.host.startswith("*.")]
    if unnamed:
        host = "" if unnamed[0].host == EVERY else unnamed[0].host
        yield NotPassed(key, "host", [entry.at for entry in unnamed], host, None, sure)
    named = [entry for entry in entries if entry not in unnamed]
    yield from _ignored_paths(key, named, ingress, graph, sure)
    for entry in named:
        service = _without_address(entry, graph)
        if service is not None:
            yield NotPassed(key, "service", [entry.at], entry.host, service.name, sure)
            return


def _is_true(ingress: Resource, key: str) -> bool:
    return ingress.annotations.get(key) in TRUE_IN_GO


def _ignored_paths(key: str, entries: Sequence[Entry], ingress: Resource, graph: ResourceGraph, sure: Confidence) -> Iterator[NotPassed]:
    roots = graph.derived(_roots)
    ignored: list[Entry] = []
    for entry in entries:
        root = roots.get((graph.scope(ingress).cluster, entry.host), ())
        if entry.match.path != _ROOT and not any(_lead_alike(one, entry) for one in root):
            ignored.append(entry)
    if not ignored:
        return
    first = ignored[0]
    root = roots.get((graph.scope(ingress).cluster, first.host), ())
    other = next((backend.name for one in root for backend in one.backends if one.match.kind != "Any"), None)
    if root and other is None:
        return
    yield NotPassed(key, "path", [(*entry.at, "path") for entry in ignored], first.match.path, other, sure)


def _lead_alike(one: Entry, other: Entry) -> bool:
    return [_named(backend) for backend in one.backends] == [_named(backend) for backend in other.backends]


def _named(backend: Backend) -> tuple[str | None, str, int | str | None]:
    return backend.namespace, backend.name, backend.port


def _without_address(entry: Entry, graph: ResourceGraph) -> Resource | None:
    """Return the Service of a path that is passed through, where it has no address: it is headless, or an alias."""
    for backend in entry.backends if entry.match.path == _ROOT else ():
        answer = service_of(backend, graph)
        service: Resource | None = answer.value if isinstance(answer, Found) else None
        if service is not None and (service.get("spec", "type") == "ExternalName" or service.get("spec", "clusterIP") == _HEADLESS):
            return service
    return None


def _roots(graph: ResourceGraph) -> Mapping[tuple[str, str], list[Entry]]:
    """Return by cluster and host what Ingresses serve at `/`; one with a default backend of its own counts, too."""
    found: dict[tuple[str, str], list[Entry]] = defaultdict(list)
    for ingress in graph.of_type(*INGRESS_KINDS):
        cluster = graph.scope(ingress).cluster
        entries = list(entries_of_ingress(ingress))
        default = [entry for entry in entries if entry.match.kind == "Any"]
        for entry in entries:
            if entry.match.unread or entry.match.path == _ROOT:
                found[cluster, entry.host].append(entry)
            found[cluster, entry.host].extend(default[:1])
    return {**found}
