"""Which of several matches takes a request: the order of Gateway API, and those of controllers of Ingresses.

Sources: Gateway API 1.6, `apis/v1/httproute_types.go` (HTTPRouteRule.matches), `grpcroute_types.go`; Kubernetes API reference 1.37
(HTTPIngressPath); AWS Load Balancer Controller 2.13, docs `guide/ingress/annotations` (group.order) and
`guide/ingress/spec` (order of paths); F5 NGINX Ingress Controller 5, docs
"Host and Listener collisions".
"""

from typing import Literal, TypeAlias

from k8slblint.catalog.load_balancers import group_order
from k8slblint.traffic.attachment.hostnames import EVERY
from k8slblint.traffic.routing.forms import Entry

Decider: TypeAlias = Literal["match", "rule", "age", "controller"]
"""What decides between two entries for one host: how specific they are, which rule comes first, which of two objects is older, or
the controller, in a way that no specification says."""

Rank: TypeAlias = tuple[int, ...]

_EXACT, _PREFIX, _EXPRESSION, _OTHER = 0, 1, 2, 3

_CLASSES = {"Exact": _EXACT, "PathPrefix": _PREFIX, "RegularExpression": _EXPRESSION, "Service": _EXACT, "ServiceExpression": _EXPRESSION}

BY_RULE = "aws-lbc"
"""The controller that tries Ingresses of a group in their order, and rules in the order in which they are written."""

BY_HOST = "f5-nginx"
"""The controller that leaves all of a host to one object, the oldest."""


def host_rank(host: str) -> Rank:
    """Return the order of hosts: names, then wildcards, each with most characters first, then the host that stands for all."""
    return (2, 0) if host == EVERY else (1 if host.startswith("*.") else 0, -len(host))


def rank(entry: Entry) -> Rank:
    """Return the order of a match among those for one host: the smallest takes a request that several match."""
    match = entry.match
    if entry.source.kind == "Ingress":
        return _OTHER if match.kind == "Any" else 0, -len(match.path), _CLASSES.get(match.kind, _EXPRESSION)
    if match.kind in ("Service", "ServiceExpression"):
        return _CLASSES[match.kind], -len(match.path), -len(match.method), -len(match.headers)
    kind = _CLASSES.get(match.kind, _OTHER)
    length = len(match.path.rstrip("/")) if kind == _PREFIX else len(match.path)
    return kind, -length, 0 if match.method else 1, -len(match.headers), -len(match.query)


def order(entry: Entry, controller: str | None = None) -> tuple[object, ...]:
    """Return a key that sorts the entries for one host, which are in the order of their objects, by precedence.

    What only age decides is in the order of equally old objects.
    """
    source = (entry.source.namespace or "", entry.source.name)
    if controller == BY_RULE:
        return (_group_order(entry), source, entry.rule, _alb_rank(entry))
    if controller == BY_HOST:
        return (source, rank(entry), entry.rule)
    return (rank(entry), source, entry.rule)


def _alb_rank(entry: Entry) -> Rank:
    """Return the order of the paths of one rule for an ALB: exact ones, the longest prefixes, then the others as they are listed."""
    kind = _class(entry)
    return kind, -len(entry.match.path) if kind == _PREFIX else 0


def decider(first: Entry, second: Entry, controller: str | None = None) -> Decider:
    """Return what decides between two entries for one host, of which the first comes first in `order`."""
    is_one = first.source is second.source
    if controller == BY_RULE:
        return "rule"
    if controller == BY_HOST and not is_one:
        return "age"
    if _EXPRESSION in (_class(first), _class(second)) and _EXACT not in (_class(first), _class(second)):
        return "rule" if is_one and first.match.requests == second.match.requests else "controller"
    if rank(first) != rank(second):
        return "match"
    return "rule" if is_one else "age"


def _class(entry: Entry) -> int:
    return _CLASSES.get(entry.match.kind, _OTHER)


def _group_order(entry: Entry) -> int:
    value = str(entry.source.annotations.get(group_order(), "0"))
    digits = value.removeprefix("-")
    is_number = digits.isascii() and digits.isdigit() and len(digits) <= 4  # noqa: PLR2004 - from -1000 to 1000
    return int(value) if is_number else 0
