"""What one Ingress of a group says: its settings by annotation or by the parameters of its class, its place in the order, its listeners.

Source: kubernetes-sigs/aws-load-balancer-controller 225f4456 `pkg/annotations/parser.go` (lists, maps), `pkg/ingress/group_loader.go`
(order), `pkg/ingress/model_build_listener.go` (`computeIngressListenPorts`, `parseMtlsConfigEntries`).
"""

import json
from collections.abc import Mapping
from typing import Any

from k8slblint.catalog.annotation_values import FALSE_IN_GO, TRUE_IN_GO
from k8slblint.catalog.ingress_groups import Compare, GroupSetting, Place, Steps, group_facts
from k8slblint.model.location import Path
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.traffic.balancers.ingresses import place_in_group

_MOST_PORT = 65535

_LONGEST = 20_000
"""Longer values are not read."""


class Member(NamedTuple):
    """An Ingress of a group, and the parameters of its class; `order` sorts the members as the controller does."""

    ingress: Resource
    parameters: Resource | None
    order: tuple[int, str]


class Said(NamedTuple):
    """What a member says of a setting: a value that can be compared, the text, and where it is written."""

    value: Any
    text: str
    resource: Resource
    path: Path


def member_of(ingress: Resource, parameters: Resource | None) -> Member | None:
    """Return a member; None where its place in the order is not a number, which stops the group by itself."""
    place = place_in_group(ingress)
    return Member(ingress, parameters, (place, f"{ingress.namespace}/{ingress.name}")) if place is not None else None


def said_by(member: Member, setting: GroupSetting) -> Said | None:
    """Return what a member says of a setting; None where it says nothing, or nothing that can be read."""
    of_class = _said_by_class(member, setting.class_field, setting.compare)
    if of_class is not None:
        return of_class
    key = setting.key
    if setting.other_key is not None and key not in member.ingress.annotations:
        key = setting.other_key
    said = _said_by_annotation(member, key, setting.compare)
    if said is None or (setting.skips_empty and not said.value):
        return None
    own = parts_of_class(member, setting.class_parts)
    return said._replace(value={**said.value, **own}) if own and isinstance(said.value, dict) else said


def states(member: Member, place: Place) -> bool:
    """Tell whether a member states something at a place."""
    return bool(member.ingress.annotations.get(place.key)) or bool(field_of_class(member, place.class_field))


def field_of_class(member: Member, field: Steps) -> Any:
    """Return a field of the parameters of a member's class, None where there is none."""
    return member.parameters.get(*field) if member.parameters is not None and field else None


def parts_of_class(member: Member, field: Steps) -> Mapping[str, str]:
    """Return what parameters list as `{key: ..., value: ...}`."""
    listed = field_of_class(member, field)
    rows = [row for row in listed if isinstance(row, dict)] if isinstance(listed, list) else []
    return {row["key"]: row["value"] for row in rows if isinstance(row.get("key"), str) and isinstance(row.get("value"), str)}


def _said_by_class(member: Member, field: Steps, compare: Compare) -> Said | None:
    value = field_of_class(member, field)
    if not value or member.parameters is None or has_placeholder(value):
        return None
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        compared: Any = frozenset(value) if compare == "set" else tuple(value)
        return Said(compared, ",".join(value), member.parameters, field)
    if isinstance(value, str | int):
        return Said(str(value), str(value), member.parameters, field)
    try:
        text = json.dumps(value, sort_keys=True, default=str)
    except (RecursionError, TypeError):
        return None
    return Said(text, text, member.parameters, field)


def _said_by_annotation(member: Member, key: str, compare: Compare) -> Said | None:
    text = member.ingress.annotations.get(key)
    if not isinstance(text, str) or len(text) > _LONGEST or has_placeholder(text):
        return None
    value = _READERS[compare](text)
    return Said(value, text, member.ingress, ("metadata", "annotations", key)) if value is not None else None


def listeners_of(member: Member) -> Mapping[int, str] | None:
    """Return the protocols of a member's listeners by port; None where they cannot be read."""
    facts = group_facts()
    text = member.ingress.annotations.get(facts.listen_ports)
    if text is None:
        return _default_listeners(member)
    entries = _json(text)
    if not isinstance(entries, list) or not entries:
        return None
    found = {port: protocol for entry in entries if isinstance(entry, dict) for protocol, port in entry.items() if _is_port(port)}
    return found if set(found.values()) <= {facts.plain[1], facts.tls[1]} else None


def _default_listeners(member: Member) -> Mapping[int, str] | None:
    facts = group_facts()
    certificates = member.ingress.annotations.get(facts.certificates.key)
    has_certificate = bool(field_of_class(member, facts.certificates.class_field)) or bool(
        isinstance(certificates, str) and _items(certificates)
    )
    if not has_certificate and facts.certificates_created_by in member.ingress.annotations:
        return None
    return dict([facts.tls if has_certificate else facts.plain])


def _is_port(port: object) -> bool:
    return isinstance(port, int) and not isinstance(port, bool) and 1 <= port <= _MOST_PORT


def _json(text: object) -> object:
    if not isinstance(text, str) or len(text) > _LONGEST or has_placeholder(text):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _items(text: str) -> tuple[str, ...]:
    return tuple(item for item in map(str.strip, text.split(",")) if item)


def _as_bool(text: str) -> bool | None:
    return True if text in TRUE_IN_GO else False if text in FALSE_IN_GO else None


def _as_map(text: str) -> dict[str, str] | None:
    """Return `key=value` pairs; None where a comma or backslash is escaped, or a part has no `=`."""
    pairs = [part.partition("=") for part in _items(text)]
    if "\\" in text or not all(sign and key.strip() for key, sign, _ in pairs):
        return None
    return {key.strip(): value.strip() for key, _, value in pairs}


def _by_port(text: str) -> dict[int, tuple[str, str, bool, str]] | None:
    """Return mode, trust store and options of mutual TLS by port."""
    entries = _json(text)
    found = {}
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict) and _is_port(entry.get("port")):
            store, ignores = entry.get("trustStore") or "", entry.get("ignoreClientCertificateExpiry") is True
            found[entry["port"]] = (str(entry.get("mode")), str(store), ignores, str(entry.get("advertiseTrustStoreCaNames")))
    return found or None


_READERS: Mapping[Compare, Any] = {
    "text": str,
    "bool": _as_bool,
    "list": _items,
    "set": lambda text: frozenset(_items(text)),
    "parts": _as_map,
    "map": _as_map,
    "ports": _by_port,
}
