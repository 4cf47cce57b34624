"""Which of several matches takes a request: the order of Gateway API, and those of controllers of Ingresses.

Sources: Gateway API 1.6, `apis/v1/httproute_types.go` (HTTPRouteRule.matches), `grpcroute_types.go`; Kubernetes API reference 1.37
(HTTPIngressPath); the code of controllers, named in `catalogs/route-orders.json`.
"""

from collections.abc import Sequence
from typing import Literal, TypeAlias

from k8slblint.catalog.route_orders import RouteOrder, route_orders
from k8slblint.traffic.attachment.hostnames import EVERY
from k8slblint.traffic.balancers.ingresses import place_in_group
from k8slblint.traffic.routing.forms import Entry
from k8slblint.traffic.routing.path_readings import is_set, read_by

Decider: TypeAlias = Literal["match", "rule", "age", "controller"]
"""What decides between two entries for one host: how specific they are, which rule comes first, which of two objects is older, or
the controller, in a way that no specification says."""

Rank: TypeAlias = tuple[int | str, ...]

_EXACT, _PREFIX, _EXPRESSION, _OTHER = 0, 1, 2, 3

_CLASSES = {"Exact": _EXACT, "PathPrefix": _PREFIX, "RegularExpression": _EXPRESSION, "Service": _EXACT, "ServiceExpression": _EXPRESSION}

_PLACES = {"exact-first": (0, 1, 1), "expression-first": (0, 1, 0), "expression-second": (0, 2, 1), "expression-last": (0, 1, 2)}
"""Where exact paths, prefixes and expressions stand in an order, by the numbers of `_CLASSES`."""

_HIGHEST = 2**63
"""More than any priority that a controller takes."""

_MOST_DIGITS = 18


def order_known_of(controller: str | None) -> RouteOrder | None:
    """Return how a controller orders paths, None where that was not read."""
    return route_orders()[controller] if controller in route_orders() and controller is not None else None


def host_rank(host: str) -> tuple[int, int]:
    """Return the order of hosts: names, then wildcards, each with most characters first, then the host that stands for all."""
    return (2, 0) if host == EVERY else (1 if host.startswith("*.") else 0, -len(host))


def in_order(entries: Sequence[Entry], controller: str | None = None) -> tuple[Entry, ...]:
    """Return the entries for one host as a controller reads them, by precedence; what only age decides as if all were equally old."""
    known = order_known_of(controller)
    found = sorted(read_by(known, entries), key=lambda entry: order(entry, controller))
    if known is None or known.first_of_equals == "first":
        return tuple(found)
    backwards = sorted(found, key=_source, reverse=True)
    return tuple(sorted(backwards, key=lambda entry: rank(entry, controller)))


def rank(entry: Entry, controller: str | None = None) -> Rank:
    """Return the order of a match among those for one host: the smallest takes a request that several match."""
    match = entry.match
    known = order_known_of(controller)
    if known is not None and known.order == "rule-length" and match.kind != "Any":
        return (-_priority(entry, known),)
    if entry.source.kind == "Ingress":
        return _path_rank(entry, known)
    if match.kind in ("Service", "ServiceExpression"):
        return _CLASSES[match.kind], -len(match.path), -len(match.method), -len(match.headers)
    kind = _CLASSES.get(match.kind, _OTHER)
    length = len(match.path.rstrip("/")) if kind == _PREFIX else len(match.path)
    return kind, -length, 0 if match.method else 1, -len(match.headers), -len(match.query)


def _path_rank(entry: Entry, known: RouteOrder | None) -> Rank:
    """Return the order of a path of an Ingress: that of the specification, or the one of its controller."""
    match = entry.match
    if match.kind == "Any":
        return (_HIGHEST,)
    kind = _CLASSES.get(match.kind, _EXPRESSION)
    if known is None or known.order not in _PLACES:
        return 0, -len(match.path), kind
    place = _PLACES[known.order][_PREFIX if match.kind == "ImplementationSpecific" else kind]
    if known.order == "expression-first" and place == 0:
        return place, -_priority(entry, known)
    return place, -len(match.path), kind


def _priority(entry: Entry, known: RouteOrder) -> int:
    """Return the number that is written, or without one the length of the rule that the controller makes."""
    holder = entry.source.get(*entry.at[:-1]) if entry.match.kind == "Text" and known.priority_field is not None else None
    written = holder.get(known.priority_field) if isinstance(holder, dict) else None
    if entry.source.kind == "Ingress" and known.priority_key is not None:
        written = _whole(entry.source.annotations.get(known.priority_key))
    if isinstance(written, int) and not isinstance(written, bool) and written != 0:
        return max(-_HIGHEST + 1, min(written, _HIGHEST - 1))
    return _length_of_rule(entry) if known.order == "rule-length" else 0


def _length_of_rule(entry: Entry) -> int:
    """Return how long the rule is that Traefik makes of a host and a path; of its own routes it is written."""
    match = entry.match
    if match.kind == "Text":
        return len(match.path)
    matcher = {"Exact": "Path", "RegularExpression": "PathRegexp"}.get(match.kind, "PathPrefix")
    rules = [*([f'Host("{entry.host}")'] if entry.host != EVERY else []), f'{matcher}("{match.path}")']
    return len(" && ".join(rules))


def order(entry: Entry, controller: str | None = None) -> tuple[object, ...]:
    """Return a key that sorts the entries for one host, which are in the order of their objects, by precedence.

    What only age decides is in the order of equally old objects.
    """
    known = order_known_of(controller)
    if known is not None and known.order == "groups":
        return (place_in_group(entry.source) or 0, _source(entry), entry.rule, _alb_rank(entry))
    if known is not None and known.order == "one-object":
        return (_source(entry), rank(entry), entry.rule)
    return (rank(entry, controller), _source(entry), entry.rule)


def _source(entry: Entry) -> tuple[str, str]:
    return entry.source.namespace or "", entry.source.name


def _alb_rank(entry: Entry) -> Rank:
    """Return the order of the paths of one rule for an ALB: exact ones, the longest prefixes, then the others as they are listed."""
    kind = _class(entry)
    return kind, -len(entry.match.path) if kind == _PREFIX else 0


def decider(first: Entry, second: Entry, controller: str | None = None) -> Decider:
    """Return what decides between two entries for one host, of which the first comes first in `order`."""
    known = order_known_of(controller)
    if known is not None and known.order == "groups":
        return "rule"
    if known is not None and known.order == "one-object" and first.source is not second.source:
        return "age"
    if known is not None and first.source.kind == second.source.kind == "Ingress":
        return _by_controller(first, second, controller, known)
    if first.match.kind == second.match.kind == "Text":
        return "match" if known is not None and rank(first, controller) != rank(second, controller) else "controller"
    return _by_specification(first, second)


def _by_specification(first: Entry, second: Entry) -> Decider:
    is_one = first.source is second.source
    if _EXPRESSION in (_class(first), _class(second)) and _EXACT not in (_class(first), _class(second)):
        return "rule" if is_one and first.match.requests == second.match.requests else "controller"
    if rank(first) != rank(second):
        return "match"
    return "rule" if is_one else "age"


def _by_controller(first: Entry, second: Entry, controller: str | None, known: RouteOrder) -> Decider:
    """Return what decides between two paths of Ingresses whose controller's order is known."""
    if any(is_set(entry.source, known.shared_by) for entry in (first, second)):
        return "controller"
    is_guess = "ImplementationSpecific" in (first.match.kind, second.match.kind) and not known.is_prefix_otherwise
    if rank(first, controller) != rank(second, controller):
        return "controller" if is_guess else "match"
    if known.equal != "controller" and first.source is second.source:
        return "rule"
    return known.equal


def _class(entry: Entry) -> int:
    return _CLASSES.get(entry.match.kind, _OTHER)


def _whole(value: object) -> int | None:
    """Return the whole number that is written as a text; none that is longer than any that makes sense."""
    text = str(value)
    digits = text.removeprefix("-")
    is_number = digits.isascii() and digits.isdigit() and len(digits) <= _MOST_DIGITS
    return int(text) if is_number else None
