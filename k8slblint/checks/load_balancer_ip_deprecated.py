"""Detects `spec.loadBalancerIP`, which Kubernetes deprecates, and names what the Service's own controller reads instead."""

from collections import defaultdict
from collections.abc import Iterator

from k8slblint.addresses import IPV6, parse_address
from k8slblint.catalog import service_readers as behaviour
from k8slblint.catalog import services as catalog
from k8slblint.catalog.service_readers import AddressField
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.patterns import pattern
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.resource import HELM_VALUES, Resource
from k8slblint.model.rule import Cause, Problem, Severity
from k8slblint.model.texts import HEADLINE, PROSE, fitted, quoted, served, within
from k8slblint.traffic.annotations.service_annotations import effective_type, is_unfilled, names_of
from k8slblint.traffic.ownership import Ownership, ownership_of

_FIELD = ("spec", "loadBalancerIP")
_DEPRECATED = "sets deprecated `loadBalancerIP`"


def check(service: Resource, graph: ResourceGraph) -> Iterator[Problem]:
    """Yield a problem at `spec.loadBalancerIP` of a Service of type LoadBalancer: of a rendered one where its value is written.

    A note where the owner reads nothing else: there is nothing to do yet. An error where the text is not an address, and the owner known.
    """
    address = service.get(*_FIELD)
    if not isinstance(address, str) or not address or effective_type(service) != "LoadBalancer":
        return
    since = behaviour.address_field_deprecated_since()
    if _is_before(graph.scope(service).kubernetes_version, since):
        return
    owner = ownership_of(service, graph)
    fields = _fields(owner, address)
    if _is_no_address(address, fields):
        yield _no_address(address, fields[0], owner, service)
        return
    severity, headline, why = _reading(owner, fields)
    help_ = _way_out(owner, fields, service, graph)
    yield Problem(
        path=_FIELD,
        at="key" if service.provenance is None or service.kind == HELM_VALUES else "value",
        headline=f"{service.id} {headline}",
        label=f"deprecated since Kubernetes {since}",
        why=why,
        help=help_,
        severity=severity,
        cause=Cause.of_alike(service, f"set{headline.removeprefix('sets')}", help_) if headline == _DEPRECATED else None,
    )


def _is_no_address(address: str, fields: list[AddressField | None]) -> bool:
    """Tell whether a text is not an IP address, for controllers that all take it for one."""
    is_taken = bool(fields) and all(field is not None and field.if_no_address for field in fields)
    return is_taken and parse_address(address) is None and _MEANT.fullmatch(address) is not None and not is_unfilled(address)


def _no_address(address: str, field: AddressField | None, owner: Ownership, service: Resource) -> Problem:
    is_refused = field is not None and field.if_no_address == "refused"
    then = "It refuses the text, and the Service stays pending" if is_refused else "It ignores the text: the Service gets some address"
    return Problem(
        path=_FIELD,
        headline=fitted(f"{service.id} asks for {quoted(address, _LONGEST)}, which is not an IP address", HEADLINE),
        label="not an IP address",
        why=within(PROSE, f"{served(owner.names, owner.reason)}.", f"{then}."),
        help="Write an IP address, or remove the field.",
        severity="error",
        confidence=owner.confidence,
        discriminator="no-address",
    )


_LONGEST = 30

_MEANT = pattern(r"[0-9][0-9./,; -]{2,80}|(?!.*xx|.*example|.*placeholder)[a-z][a-z0-9]{0,30}(?:-[a-z0-9]{1,30}){1,5}")
"""What is meant as it is: something like an address, or the name of one. `139.229.xxx.xxx` and `CLUSTER_IP` are filled in later."""


def _is_before(version: str | None, since: str) -> bool:
    try:
        return version is not None and int(version.split(".")[1]) < int(since.split(".")[1])
    except (IndexError, ValueError):
        return False


def _fields(owner: Ownership, address: str) -> list[AddressField | None]:
    parsed = None if has_placeholder(address) else parse_address(address)
    is_ipv6 = parsed is not None and parsed[0] == IPV6
    return [behaviour.address_field(name, ipv6=is_ipv6) for name in owner.candidates]


def _reading(owner: Ownership, fields: list[AddressField | None]) -> tuple[Severity | None, str, str]:
    """Return the severity, the headline as a predicate to the Service, and the reason."""
    readings = {field.reading if field is not None else "unknown" for field in fields}
    if readings == {"refused"}:
        why = f"{served(owner.names, owner.reason)}. It neither provisions nor updates a load balancer while the field is set."
        return None, "sets `loadBalancerIP`, which its controller refuses", why
    if readings == {"ignored"}:
        why = f"{served(owner.names, owner.reason)}. It does not read the field: the load balancer gets another address."
        return None, "sets `loadBalancerIP`, which its controller does not read", why
    if readings == {"read"} and not any(field.instead for field in fields if field is not None):
        return "note", _DEPRECATED, f"{served(owner.names, owner.reason)}. It still reads the field."
    return None, _DEPRECATED, "Its meaning differs between controllers, and a later release may remove it."


def _way_out(owner: Ownership, fields: list[AddressField | None], service: Resource, graph: ResourceGraph) -> str:
    known = [(name, field) for name, field in zip(owner.candidates, fields, strict=True) if field is not None and field.instead]
    if any(service.annotations.get(key) is not None for _, field in known for key in field.instead):
        return "Remove the field: the annotation that replaces it is already set."
    if known:
        ways = "; ".join(_instead(name, field, service, graph) for name, field in known)
        return f"{ways[:1].upper()}{ways[1:]} instead."
    if owner.verdict == "owned":
        return f"Look up the replacement in the documentation of {owner.names} before you upgrade the cluster."
    used = _used_beside(service, graph)
    if used is not None:
        return f"Set {used} instead, if the same controller serves it as the other Services here that do."
    why = f" ({owner.reason})" if _UNREAD not in owner.reason else ""  # that something was not rendered says nothing of this Service
    return f"Set the annotation of the controller, which is unknown here{why}."


def _used_beside(service: Resource, graph: ResourceGraph) -> str | None:
    """Return the keys that ask one controller for an address on other Services of the cluster, None where there is none or several."""
    keys = graph.derived(_keys_by_cluster).get(graph.scope(service).cluster, frozenset())
    readers = behaviour.controllers_of_address_keys(keys) if keys else ()
    field = behaviour.address_field(readers[0]) if len(readers) == 1 else None
    return " or ".join(f"`{key}`" for key in field.instead if key in keys) or None if field is not None else None


def _keys_by_cluster(graph: ResourceGraph) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for service in graph.of_type("Service", HELM_VALUES):
        found[graph.scope(service).cluster].update(service.annotations)
    return {cluster: frozenset(keys) for cluster, keys in found.items()}


_UNREAD = "could not be "


def _instead(name: str, field: AddressField, service: Resource, graph: ResourceGraph) -> str:
    note = f" ({field.note})" if field.note else ""
    keys = (_as_read(key, name, service, graph) for key in field.instead)
    return f"for {names_of((name,))} set {' or '.join(f'`{key}`' for key in keys)}{note}"


def _as_read(key: str, name: str, service: Resource, graph: ResourceGraph) -> str:
    """Return a key by the name under which the release that runs reads it, which may be before it got its present one."""
    from k8slblint.traffic.ownership.controller_releases import runs_before  # few Services have the field

    entry = catalog.find(key)
    for old in entry.aliases if entry is not None else ():
        known = catalog.find(old)
        if known is not None and runs_before(name, known.deprecated_since.get(name, ""), service, graph):
            return old
    return key
