"""Detects backends of routes that do not exist, and rules that have none."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TypeAlias

from k8slblint.catalog.vendor_routes import vendor_routes
from k8slblint.graph.answers import Unknown
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import STREAM_SOURCE_KINDS
from k8slblint.graph.relations.backends import Backend
from k8slblint.model.location import Path
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Condition, Problem, RelatedPlace, Undecided
from k8slblint.model.texts import HEADLINE, LABEL, PROSE, fitted, listed, middle, quoted, within
from k8slblint.traffic.attachment.backends import Emptiness, Fault, NoPort, NoService, WrongKind, WrongProtocol, fault_of, why_empty
from k8slblint.traffic.attachment.grants import Refused, permission
from k8slblint.traffic.attachment.references import Reference, backend_references, is_at_gateway
from k8slblint.traffic.backends.services import belong_together
from k8slblint.traffic.backends.streams import LostPort, lost_ports
from k8slblint.traffic.backends.subsets import NoSubset, missing_subsets
from k8slblint.traffic.backends.vendors import VendorNoPort, is_judged, port_path, vendor_faults

_HTTP_KINDS = ("HTTPRoute", "GRPCRoute")

_LONGEST_NAME = 30

_LONGEST_TARGET = 24


def check(route: Resource, graph: ResourceGraph) -> Iterator[Problem | Undecided]:
    """Yield a problem at each backend that is not there, has no such port or is of a kind that serves nothing, and at rules without one.

    Silent for backends without weight, for kinds of implementations, and for references that no grant permits: the controller does not
    read them (`reference-not-permitted`).
    """
    if is_judged(route.type_name):
        yield from _of_vendor(route, graph)
        return
    if route.type_name in STREAM_SOURCE_KINDS:
        yield from (_lost_port(one, route) for one in lost_ports(route, graph))
        return
    weights = _weights(route)
    for reference in backend_references(route):
        if reference.weight == 0 or isinstance(permission(reference, graph), Refused):
            continue
        fault = fault_of(reference, graph)
        if isinstance(fault, Unknown):
            yield Undecided(reference.path, fault.reason)
        elif fault is not None:
            yield _problem(reference, fault, _effect(reference, weights))
    if is_at_gateway(route):
        yield from _empty_rules(route, graph)


def _lost_port(lost: LostPort, source: Resource) -> Problem:
    target, near = quoted(lost.target, _LONGEST_TARGET), [middle(name, _LONGEST_NAME) for name in lost.near]
    said, label = f"lists {target} for port {lost.opened}, not namespace/service:port", "not namespace/service:port"
    way_out = "Write the namespace, the name and the port of the Service, such as `shop/web:80`."
    if lost.fault == "service":
        said = f"lists {target} for port {lost.opened}, a Service that does not exist"
        label = f"similar: {listed(near)}" if near else "no such Service"
        way_out = f"Name Service {near[0]}." if near else "Correct the name, or add the Service."
    elif lost.fault == "port":
        said, label = f"lists {target} for port {lost.opened}, which the Service lacks", f"it has {listed(near)}"
        way_out = "Write a port of the Service, with the protocol of the list, or add it there."
    is_own = lost.holder is source
    return Problem(
        path=lost.path if is_own else ("metadata", "name"),
        headline=fitted(f"{source.id} {said}", HEADLINE),
        label=fitted(label, LABEL),
        why="ingress-nginx leaves the entry out, with a warning in its log: nothing answers on the port.",
        help=way_out,
        confidence="high" if lost.is_sure else "medium",
        related=() if is_own else (RelatedPlace(lost.holder, lost.path, "This entry."),),
        discriminator=f"port {lost.opened}",
    )


def _of_vendor(route: Resource, graph: ResourceGraph) -> Iterator[Problem | Undecided]:
    effect = vendor_routes()[route.type_name].missing or ""
    for backend, fault in vendor_faults(route, graph):
        if isinstance(fault, Unknown):
            yield Undecided(backend.path, fault.reason)
        elif isinstance(fault, VendorNoPort):
            yield _no_vendor_port(backend, fault, effect)
        else:
            near = [middle(name, _LONGEST_NAME) for name in fault.near]
            namespace = middle(str(backend.namespace), _LONGEST_NAME)
            yield Problem(
                path=backend.path,
                headline=fitted(f"{route.id} sends traffic to Service {backend.name}, which does not exist", HEADLINE),
                label=fitted(f"similar: {listed(near)}" if near else "no such Service", LABEL),
                why=effect,
                help=f"Name Service {near[0]}." if near else f"Correct the name, or add the Service to namespace {namespace}.",
                confidence="high" if near else "medium",
            )
    for missing in missing_subsets(route, graph):
        yield _no_subset(route, missing, effect) if isinstance(missing, NoSubset) else Undecided(missing[0], missing[1].reason)


def _no_subset(route: Resource, missing: NoSubset, effect: str) -> Problem:
    names = listed([middle(name, _LONGEST_NAME) for name in missing.names], most=3)
    rule = missing.holder
    return Problem(
        path=missing.path,
        headline=fitted(f"{route.id} sends traffic to subset {quoted(missing.name, _LONGEST_NAME)}, which does not exist", HEADLINE),
        label=fitted(f"similar: {missing.near}" if missing.near else f"defined: {names}" if names else "no subset is defined", LABEL),
        why=within(PROSE, f"No {rule.kind} of host {middle(missing.host, 60)} defines it.", effect),
        help=f"Write {quoted(missing.near)}." if missing.near else f"Correct the name, or add the subset to {rule.id}.",
        confidence="high" if missing.near or rule.path == route.path else "medium",
        related=(RelatedPlace(rule, ("spec", "subsets") if rule.get("spec", "subsets") else ("spec",), "These are defined.", at="key"),),
    )


def _no_vendor_port(backend: Backend, fault: VendorNoPort, effect: str) -> Problem:
    why, way_out = _port_meant(backend.port, fault, "port {}")
    return Problem(
        path=port_path(backend),
        headline=fitted(f"{backend.source.id} sends traffic to port {backend.port}, which Service {backend.name} lacks", HEADLINE),
        label=fitted(f"it has {listed(fault.ports)}" if fault.ports else "it has no ports", LABEL),
        why=f"{why}{effect}",
        help=way_out,
        confidence="high" if fault.mistaken is not None or belong_together(backend.source, fault.service) else "medium",
        related=(RelatedPlace(fault.service, ("spec", "ports"), f"The ports of {fault.service.id}."),),
    )


def _port_meant(port: object, fault: NoPort | VendorNoPort, written: str) -> tuple[str, str]:
    """Return what was probably taken for the port, empty where that is not known, and the way out; `written` is a port as it is written."""
    if fault.mistaken is not None:
        number = fault.mistaken.entry.content["port"]
        taken = f"{middle(str(port), _LONGEST_NAME)} is the `{fault.mistaken.field}`; the port of the Service is {number}. "
        return taken, f"Write {written.format(number)}."
    if len(fault.ports) == 1:
        only = middle(fault.ports[0].partition(" ")[0], _LONGEST_NAME)
        return "", f"Write {written.format(only)}, or add the port to the Service."
    return "", "Write the number of a port of the Service, or add the port there."


def _problem(reference: Reference, fault: Fault, effect: str) -> Problem:
    if isinstance(fault, NoService):
        return _no_service(reference, fault, effect)
    if isinstance(fault, WrongProtocol):
        return _wrong_protocol(reference, fault, effect)
    return _no_port(reference, fault, effect) if isinstance(fault, NoPort) else _wrong_kind(reference, fault, effect)


def _no_service(reference: Reference, fault: NoService, effect: str) -> Problem:
    near = [middle(name, _LONGEST_NAME) for name in fault.near]
    other = f"namespace {middle(str(reference.namespace), _LONGEST_NAME)}"
    return Problem(
        path=(*reference.path, "name"),
        headline=_headline(reference, f"Service {_target(reference)}, which does not exist"),
        label=fitted(f"similar: {listed(near)}" if near else "no such Service", LABEL),
        why=effect,
        help=f"Write `name: {near[0]}`." if near else f"Correct the name, or add the Service to {other}.",
        confidence="high" if near else "medium",
        condition=Condition("ResolvedRefs", "False", "BackendNotFound"),
    )


def _no_port(reference: Reference, fault: NoPort, effect: str) -> Problem:
    related = RelatedPlace(fault.service, ("spec", "ports"), f"The ports of {fault.service.id}.")
    why, way_out = _port_meant(reference.port, fault, "`port: {}`")
    return Problem(
        path=(*reference.path, "port"),
        headline=_headline(reference, f"port {reference.port}, which Service {_target(reference)} lacks"),
        label=fitted(f"it has {listed(fault.ports)}" if fault.ports else "it has no ports", LABEL),
        why=f"{why}{effect}",
        help=way_out,
        confidence="high" if fault.mistaken is not None or belong_together(reference.source, fault.service) else "medium",
        condition=Condition("ResolvedRefs", "False", fault.reason) if fault.reason else None,
        related=(related,),
    )


def _wrong_protocol(reference: Reference, fault: WrongProtocol, effect: str) -> Problem:
    service, number = fault.port.service, fault.port.port.number
    kind = "UDPRoute" if fault.protocol == "UDP" else "TCPRoute"
    return Problem(
        path=(*reference.path, "port"),
        headline=_headline(reference, f"port {reference.port} of Service {_target(reference)}, which is {fault.protocol}"),
        label=f"the port is {fault.protocol}",
        why=f"A {reference.source.kind} does not send {fault.protocol}: nothing answers on the port. {effect}",
        help=f"Add a port of the other protocol to the Service, or write a {kind} for this one.",
        confidence="medium",
        related=(RelatedPlace(service, ("spec", "ports", number), f"The port of {service.id}."),),
    )


def _wrong_kind(reference: Reference, fault: WrongKind, effect: str) -> Problem:
    what = f"{reference.kind}.{reference.group}" if reference.group else reference.kind
    field, way_out = "kind", "Refer to a Service that selects the Pods."
    if fault.is_group:
        field, way_out = "group", 'Write `group: ""`, or leave the field out: a Service has no group.'
    elif fault.is_case:
        way_out = "Write `kind: Service`, or leave the field out."
    path = (*reference.path, field)
    return Problem(
        path=path if reference.source.get(*path) is not None else reference.path,
        headline=_headline(reference, f"{middle(what, _LONGEST_NAME)}, a kind that is not a backend"),
        label=fitted(f"{middle(what, _LONGEST_NAME)} does not exist" if fault.is_group or fault.is_case else "not a Service", LABEL),
        why=effect,
        help=way_out,
        condition=Condition("ResolvedRefs", "False", "InvalidKind"),
    )


def _headline(reference: Reference, what: str) -> str:
    verb = {"mirror": "mirrors requests to", "authorization": "asks for authorization at"}.get(reference.purpose, "sends traffic to")
    return fitted(f"{reference.source.id} {verb} {what}", HEADLINE)


def _target(reference: Reference) -> str:
    return f"{reference.namespace}/{reference.name}" if reference.is_across else reference.name


_Weights: TypeAlias = dict[Path, list[int]]
"""The weights of the backends of each rule of a route, by the path of the rule."""


def _weights(route: Resource) -> _Weights:
    found: _Weights = defaultdict(list)
    for one in backend_references(route):
        if one.purpose == "backend":
            found[one.path[:3]].append(one.weight)
    return found


def _effect(reference: Reference, weights: _Weights) -> str:
    if reference.purpose == "mirror":
        return "Nothing is mirrored."
    if reference.purpose == "authorization":
        return "The requests of the rule are refused."
    if reference.source.kind not in _HTTP_KINDS:
        return "The route has no such backend: connections are refused or reset."
    share = _share(reference, weights[reference.path[:3]])
    return f"The controller answers {share} with status 500." if reference.source.kind == "HTTPRoute" else f"The controller fails {share}."


def _share(reference: Reference, weights: Sequence[int]) -> str:
    """Say how many of the requests of its rule a backend gets."""
    if len(weights) < 2:  # noqa: PLR2004 - it is alone
        return "all requests of the rule"
    return f"{max(round(100 * reference.weight / max(sum(weights), 1)), 1)} % of the requests of the rule"


def _empty_rules(route: Resource, graph: ResourceGraph) -> Iterator[Problem]:
    if route.kind not in _HTTP_KINDS:
        return
    for index, rule in enumerate(route.sequence("spec", "rules")):
        why = why_empty(route, rule, graph) if isinstance(rule, dict) else None
        if why is not None:
            yield _empty(route, index, why)


def _empty(route: Resource, index: int, why: Emptiness) -> Problem:
    path = ("spec", "rules", index)
    is_weights = why == "weights"
    answer = "answers 500" if route.kind == "HTTPRoute" else "fails every call"
    return Problem(
        path=(*path, "backendRefs") if is_weights else path,
        headline=fitted(f"{route.id} has a rule {'whose backends all have weight 0' if is_weights else 'without backends'}", HEADLINE),
        label="nothing is forwarded" if is_weights else "no `backendRefs`, no redirect",
        why=f"The controller {answer} for every request that matches the rule.",
        help="Give a backend a weight above 0." if is_weights else "Add `backendRefs` or a redirect, or remove the rule.",
        severity="warning",
        confidence="medium",
    )
