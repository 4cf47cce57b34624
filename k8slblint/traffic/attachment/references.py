"""The references of routes, Gateways and ListenerSets to other objects, with the defaults of the Gateway API filled in.

Source: Gateway API 1.6, `apis/v1` (BackendObjectReference, SecretObjectReference, ObjectReference); fields of earlier experimental
channels: `config/crd/experimental` of 1.1 to 1.3 (`spec.backendTLS`, `tls.frontendValidation`).
"""

from collections.abc import Iterator
from itertools import islice
from typing import Any, Literal, TypeAlias

from k8slblint.graph.reads import GATEWAY, LISTENER_SET_KINDS
from k8slblint.graph.relations.backends import text_or
from k8slblint.graph.relations.parents import parents_of
from k8slblint.model.location import Path
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource

_LISTENER_OWNERS = frozenset((GATEWAY, *LISTENER_SET_KINDS))

_NAMES = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._:@*/")
"""Letters of names, with those of the names that implementations have (`api@internal`, `*` for all)."""

_MOST_PORTS = 64
"""How many entries `perPort` may have: the API server refuses more."""

_MOST_BACKENDS = 1000
"""How many backends of a route are read: the API allows 16 rules of 16 backends, and few have filters with backends of their own."""

Purpose: TypeAlias = Literal["backend", "mirror", "authorization", "certificate", "CA", "client certificate"]
"""What a reference is for; the first three are those of routes."""


class Reference(NamedTuple):
    """A reference: the object that it is written in, where, and what it names; `port` and `weight` are those of a backend.

    `namespace` is the effective one. `weight` is 1 where none is written, and for all that is not weighted.
    """

    source: Resource
    path: Path
    purpose: Purpose
    group: str
    kind: str
    namespace: str | None
    name: str
    port: int | None = None
    weight: int = 1

    @property
    def is_across(self) -> bool:
        """Tell whether it leads into another namespace."""
        return self.namespace != self.source.namespace

    @property
    def is_filled_in(self) -> bool:
        """Tell whether something fills in a part of it later: a placeholder, or what is no name of Kubernetes (`($name)` of a test)."""
        texts = [self.group, self.kind, self.name, self.namespace or "", self.source.namespace or ""]
        return has_placeholder(texts) or not _NAMES.issuperset("".join(texts))

    @property
    def is_service(self) -> bool:
        """Tell whether it names a Service."""
        return (self.group, self.kind) == ("", "Service")

    @property
    def named(self) -> str:
        """What it names, as messages show it: `Service shop/web`."""
        return f"{self.kind} {self.namespace}/{self.name}"


def references_of(resource: Resource) -> Iterator[Reference]:
    """Yield what a route, a Gateway or a ListenerSet refers to and may need a grant for, in order."""
    yield from listener_references(resource) if is_listener_owner(resource) else backend_references(resource)


def is_listener_owner(resource: Resource) -> bool:
    """Tell whether a resource has listeners: a Gateway or a ListenerSet."""
    return resource.type_name in _LISTENER_OWNERS


def backend_references(route: Resource) -> Iterator[Reference]:
    """Yield the backends of a route: of each rule, of filters that mirror or ask for authorization, of filters of backends."""
    yield from islice(_of_rules(route), _MOST_BACKENDS)


def _of_rules(route: Resource) -> Iterator[Reference]:
    for index, rule in enumerate(route.sequence("spec", "rules")):
        if isinstance(rule, dict):
            yield from _of_rule(route, ("spec", "rules", index), rule)


def _of_rule(route: Resource, path: Path, rule: dict[str, Any]) -> Iterator[Reference]:
    yield from _of_filters(route, path, rule)
    for index, reference in _mappings(rule.get("backendRefs")):
        place: Path = (*path, "backendRefs", index)
        yield from _reference(route, place, "backend", reference)
        yield from _of_filters(route, place, reference)


def _of_filters(route: Resource, path: Path, owner: dict[str, Any]) -> Iterator[Reference]:
    for index, one in _mappings(owner.get("filters")):
        for field, purpose in _BACKENDS_OF_FILTERS.items():
            inner = one.get(field)
            if isinstance(inner, dict) and isinstance(inner.get("backendRef"), dict):
                yield from _reference(route, (*path, "filters", index, field, "backendRef"), purpose, inner["backendRef"])


_BACKENDS_OF_FILTERS: dict[str, Purpose] = {"requestMirror": "mirror", "externalAuth": "authorization"}


def listener_references(owner: Resource) -> Iterator[Reference]:
    """Yield the certificates and CA certificates of a Gateway or ListenerSet; certificates are not read where TLS passes through."""
    for index in range(len(owner.sequence("spec", "listeners"))):
        yield from references_of_listener(owner, index)
    yield from _authorities(owner, ("spec", "tls", "frontend", "default", "validation"))
    for index in range(len(owner.sequence("spec", "tls", "frontend", "perPort"))):
        yield from _authorities(owner, ("spec", "tls", "frontend", "perPort", index, "tls", "validation"))
    for path in (("spec", "tls", "backend", "clientCertificateRef"), ("spec", "backendTLS", "clientCertificateRef")):
        yield from _reference(owner, path, "client certificate", owner.mapping(*path))


def references_of_listener(owner: Resource, index: int) -> Iterator[Reference]:
    """Yield what one listener of a Gateway or ListenerSet refers to."""
    path: Path = ("spec", "listeners", index, "tls")
    tls = owner.mapping(*path)
    if tls.get("mode") != "Passthrough":
        for number, reference in _mappings(tls.get("certificateRefs")):
            yield from _reference(owner, (*path, "certificateRefs", number), "certificate", reference)
    yield from _authorities(owner, (*path, "frontendValidation"))


def authorities_of_port(owner: Resource, port: int) -> Iterator[Reference]:
    """Yield the CA certificates by which a Gateway validates clients on a port: those stated for the port, else those for all."""
    ports = owner.sequence("spec", "tls", "frontend", "perPort")[:_MOST_PORTS]
    for index, one in enumerate(ports):
        if isinstance(one, dict) and one.get("port") == port:
            yield from _authorities(owner, ("spec", "tls", "frontend", "perPort", index, "tls", "validation"))
            return
    yield from _authorities(owner, ("spec", "tls", "frontend", "default", "validation"))


def _authorities(owner: Resource, path: Path) -> Iterator[Reference]:
    for index, reference in _mappings(owner.get(*path, "caCertificateRefs")):
        if isinstance(reference.get("group"), str) and isinstance(reference.get("kind"), str):
            yield from _reference(owner, (*path, "caCertificateRefs", index), "CA", reference)


def _reference(source: Resource, path: Path, purpose: Purpose, written: dict[str, Any]) -> Iterator[Reference]:
    """Yield a reference; one without a name is no reference (`invalid-resource` reports it)."""
    name, port, weight = written.get("name"), written.get("port"), written.get("weight")
    if isinstance(name, str) and name:
        yield Reference(
            source=source,
            path=path,
            purpose=purpose,
            group=text_or(written.get("group"), ""),
            kind=text_or(written.get("kind"), "Secret" if "certificate" in purpose else "Service"),
            namespace=text_or(written.get("namespace"), None) or source.namespace,
            name=name,
            port=port if isinstance(port, int) and not isinstance(port, bool) else None,
            weight=weight if isinstance(weight, int) and not isinstance(weight, bool) else 1,
        )


def _mappings(value: object) -> Iterator[tuple[int, dict[str, Any]]]:
    for index, one in enumerate(value if isinstance(value, list) else ()):
        if isinstance(one, dict):
            yield index, one


def is_at_gateway(route: Resource) -> bool:
    """Tell whether a route attaches to a Gateway or ListenerSet, and not only to Services of a mesh or to what is not of this API."""
    return any(parent.type_name in _LISTENER_OWNERS for parent in parents_of(route))
