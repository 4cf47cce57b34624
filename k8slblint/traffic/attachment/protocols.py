"""Whether a route sends plain HTTP to a port that serves TLS, and what has the controller speak TLS instead.

Sources: Gateway API 1.6, BackendTLSPolicy (targets a Service, `sectionName` is the name of a port); how controllers infer TLS, and by which
kinds of their own they are told, is in `catalogs/controllers.json` (`backends`). Annotations of the Service: `konghq.com/protocol`,
`projectcontour.io/upstream-protocol.tls`, `cloud.google.com/app-protocols`, `traefik.ingress.kubernetes.io/service.serversscheme`,
`haproxy-ingress.github.io/secure-backends`: any whose name speaks of a protocol or of TLS counts.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from k8slblint.catalog.controllers import backend_tls_kinds
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import BACKEND_TLS_POLICY
from k8slblint.model.placeholders import has_placeholder, parts_of
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.traffic.attachment.backends import BackendPort, backend_port
from k8slblint.traffic.attachment.references import Reference
from k8slblint.traffic.attachment.serving import backend_readings
from k8slblint.traffic.workloads.http_ports import is_plain_by_image

_TLS_PORT = 443

_TLS_TARGETS = frozenset((443, 6443, 8443, 9443, 10443, 4443))
"""Container ports that commonly serve TLS."""

_TLS_PRODUCTS = frozenset((8006, 8007, 10250))
"""Ports that only a program with TLS has: Proxmox VE 9 and Backup Server 4 (administration guides), the kubelet."""

_TLS_NAME = "https"

_PLAIN_TARGETS = frozenset((80, 3000, 5000, 8000, 8080, 8081, 8888, 9000, 9090))
"""Container ports that commonly serve plain HTTP, whatever the port of the Service is called."""

_WORDS_OF_ANNOTATIONS = ("protocol", "scheme", "tls", "ssl", "secure", "transport")


class PlainBackend(NamedTuple):
    """A backend that serves TLS and is spoken to in plain HTTP; `plain` is the number of another port of the Service, None if none.

    `is_numbered` tells that its numbers say so, not its name alone: some name all ports `https`, after what clients write.
    """

    service: Resource
    number: int
    port: int
    name: str | None
    plain: int | None
    is_numbered: bool


def plain_backend(reference: Reference, graph: ResourceGraph) -> PlainBackend | None:
    """Return a backend of an HTTPRoute or GRPCRoute whose port serves TLS while nothing has the controller speak TLS to it."""
    found = backend_port(reference, graph)
    if not isinstance(found, BackendPort) or not _serves_tls(found.port.content):
        return None
    content, service = found.port.content, found.service
    if is_plain_by_image(service, content, graph):
        return None
    name = content.get("name") if isinstance(content.get("name"), str) else None
    if any(word in key.casefold() for key in (*service.annotations, *reference.source.annotations) for word in _WORDS_OF_ANNOTATIONS):
        return None
    if any(one.infers_tls for one in backend_readings(reference.source, graph)) or _is_told(service, name, graph):
        return None
    return PlainBackend(service, found.port.number, content["port"], name, _plain_port(service), _has_number_of_tls(content))


def _serves_tls(content: dict[str, Any]) -> bool:
    """Tell whether a port of a Service says that what is behind it serves TLS: by its name, or by its number and its target."""
    number, name, target = content.get("port"), content.get("name"), content.get("targetPort")
    if content.get("appProtocol") is not None or not isinstance(number, int) or has_placeholder([name, target]):
        return False
    target = number if target is None else target
    is_named = isinstance(name, str) and (name == _TLS_NAME or name.startswith(f"{_TLS_NAME}-") or name.endswith(f"-{_TLS_NAME}"))
    if isinstance(target, str):
        return _TLS_NAME in target and (is_named or number == _TLS_PORT)
    if not isinstance(target, int):
        return False
    return (is_named and target not in _PLAIN_TARGETS) or (number == _TLS_PORT and target in _TLS_TARGETS)


def _has_number_of_tls(content: dict[str, Any]) -> bool:
    """Tell whether a number of a port that serves TLS is one of such ports (443, 30443), or the name of its target says so again."""
    numbers = [content["port"], content.get("targetPort") or 0]
    return any(isinstance(one, str) or one % 1000 == _TLS_PORT or one in _TLS_PRODUCTS for one in numbers)


def _plain_port(service: Resource) -> int | None:
    """Return the port of a Service that is named `http`, or is 80."""
    for entry in service.sequence("spec", "ports"):
        if isinstance(entry, dict) and isinstance(entry.get("port"), int) and (entry.get("name") == "http" or entry["port"] == 80):  # noqa: PLR2004 - HTTP
            return int(entry["port"])
    return None


def _is_told(service: Resource, port: str | None, graph: ResourceGraph) -> bool:
    """Tell whether a policy of the API, or an object of an implementation, may have a controller speak TLS to a port of a Service."""
    cluster = graph.scope(service).cluster
    sections = graph.derived(_sections_of_policies).get((cluster, service.namespace, service.name), ())
    if any(section is None or section == port for section in sections):
        return True
    return bool({service.name, "*"} & graph.derived(_names_in_tls_objects).get(cluster, set()))


def targets_of(policy: Resource) -> Iterator[tuple[int | None, dict[str, Any]]]:
    """Yield the targets of a policy with their place in `targetRefs`; None for the single `targetRef` of v1alpha2."""
    yield from ((index, one) for index, one in enumerate(policy.sequence("spec", "targetRefs")) if isinstance(one, dict))
    if policy.mapping("spec", "targetRef"):
        yield None, policy.mapping("spec", "targetRef")


def _sections_of_policies(graph: ResourceGraph) -> dict[tuple[str, str | None, str], set[str | None]]:
    """Return by Service the ports that BackendTLSPolicies target; None stands for all."""
    found: dict[tuple[str, str | None, str], set[str | None]] = defaultdict(set)
    for policy in graph.of_type(BACKEND_TLS_POLICY):
        for _, target in targets_of(policy):
            section = target.get("sectionName")
            key = graph.scope(policy).cluster, policy.namespace, str(target.get("name"))
            found[key].add(section if isinstance(section, str) else None)
    return found


def _names_in_tls_objects(graph: ResourceGraph) -> dict[str, set[str]]:
    """Return by cluster every name that an object of an implementation mentions, hosts by their first label; `*` for a wildcard."""
    found: dict[str, set[str]] = defaultdict(set)
    for one in graph.of_type(*sorted(backend_tls_kinds())):
        texts = (part for part in parts_of(one.value.get("spec")) if isinstance(part, str))
        found[graph.scope(one).cluster].update(text.split(".")[0] for text in texts)
    return found
