"""The listeners of Gateways and ListenerSets as typed records.

Source: Gateway API 1.6, `apis/v1/gateway_types.go` and `listenerset_types.go`, with their defaults.
"""

from collections.abc import Mapping
from typing import Any

from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.relations.backends import text_or
from k8slblint.model.location import Path
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.traffic.attachment.hostnames import EVERY

GATEWAY_API = "gateway.networking.k8s.io"


class RouteKind(NamedTuple):
    """A kind of routes that a listener lists in `allowedRoutes.kinds`, and where."""

    path: Path
    group: str
    kind: str

    @property
    def type_name(self) -> str:
        """`Kind.group`."""
        return f"{self.kind}.{self.group}" if self.group else self.kind


class NamespaceRule(NamedTuple):
    """From which namespaces something may attach: `Same`, `All`, `Selector` or `None`, where that is written, and the selector."""

    path: Path
    origin: str
    selector: Mapping[str, Any] | None


class Listener(NamedTuple):
    """One listener of a Gateway or ListenerSet; `kinds` is empty where it lists none.

    `hostname` is `EVERY` where none is stated or the protocol has none. `tls_mode` is None without `tls`.
    `unread` are the fields among `name`, `port`, `protocol`, `hostname` and `allowedRoutes` that contain a placeholder or have
    the wrong type: what depends on them is unknown.
    """

    source: Resource
    path: Path
    name: str
    protocol: str
    port: int
    hostname: str
    tls_mode: str | None
    namespaces: NamespaceRule
    kinds: tuple[RouteKind, ...]
    unread: frozenset[str]


_FIELDS = ("name", "port", "protocol", "hostname", "allowedRoutes")

_WITHOUT_HOSTNAME = ("TCP", "UDP")


def listeners_of(source: Resource, graph: ResourceGraph) -> tuple[Listener, ...]:
    """Return the listeners that a Gateway or ListenerSet has itself, in order."""
    known = graph.derived(_none_yet)
    found = known.get(id(source))
    if found is None:
        entries = source.sequence("spec", "listeners")
        found = known[id(source)] = tuple(_listener(source, ("spec", "listeners", index), entry) for index, entry in enumerate(entries))
    return found


def _none_yet(_: ResourceGraph) -> dict[int, tuple[Listener, ...]]:
    return {}


def _listener(source: Resource, path: Path, entry: object) -> Listener:
    raw = entry if isinstance(entry, dict) else {}
    unread = {field for field in _FIELDS if not _is_readable(field, raw.get(field))} if isinstance(entry, dict) else set(_FIELDS)
    tls = raw.get("tls")
    protocol, hostname, port = raw.get("protocol"), raw.get("hostname"), raw.get("port")
    allowed = raw.get("allowedRoutes")
    allowed = allowed if isinstance(allowed, dict) else {}
    return Listener(
        source=source,
        path=path,
        name=text_or(raw.get("name"), ""),
        protocol=text_or(protocol, ""),
        port=port if isinstance(port, int) else 0,
        hostname=text_or(hostname, EVERY) if protocol not in _WITHOUT_HOSTNAME else EVERY,
        tls_mode=text_or(tls.get("mode"), "Terminate") if isinstance(tls, dict) else None,
        namespaces=namespace_rule(allowed.get("namespaces"), (*path, "allowedRoutes", "namespaces"), "Same"),
        kinds=_kinds(allowed.get("kinds"), (*path, "allowedRoutes", "kinds")),
        unread=frozenset(unread),
    )


def _is_readable(field: str, value: object) -> bool:
    if has_placeholder(value):
        return False
    if field == "port":
        return isinstance(value, int) and not isinstance(value, bool)
    if field == "allowedRoutes":
        return value is None or (isinstance(value, dict) and isinstance(value.get("kinds"), list | None))
    return (value is None and field == "hostname") or (isinstance(value, str) and value != "")


def namespace_rule(written: object, path: Path, default: str) -> NamespaceRule:
    """Return the rule written in `namespaces` of `allowedRoutes` or `allowedListeners`; its `origin` is `""` if that is not readable."""
    if not isinstance(written, dict):
        return NamespaceRule(path, default if written is None else "", None)
    origin, selector = written.get("from"), written.get("selector")
    return NamespaceRule(path, default if origin is None else text_or(origin, ""), selector if isinstance(selector, dict) else None)


def _kinds(written: object, path: Path) -> tuple[RouteKind, ...]:
    return tuple(
        RouteKind((*path, index), text_or(entry.get("group"), GATEWAY_API), entry["kind"])
        for index, entry in enumerate(written if isinstance(written, list) else ())
        if isinstance(entry, dict) and isinstance(entry.get("kind"), str)
    )
