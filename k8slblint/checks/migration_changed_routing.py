"""Detects routes that match other requests than the Ingress that they replace, and what else is lost on the way."""

from collections.abc import Iterator

from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Problem, RelatedPlace, Undecided
from k8slblint.model.scope import UNDEPLOYED_ENVIRONMENTS
from k8slblint.model.texts import LABEL, PROSE, fitted, middle, quoted, within
from k8slblint.traffic.migrations.balancers import MoreBalancers, more_balancers
from k8slblint.traffic.migrations.captures import Capture, literal_captures
from k8slblint.traffic.migrations.companions import LostName, Orphan, lost_names, orphaned_certificates
from k8slblint.traffic.migrations.rerouted import Rerouted, dropped_hosts, rerouted_by
from k8slblint.traffic.routing.forms import Entry

_LONGEST_ID, _LONGEST_PATH = 36, 30

_MOST_RELATED = 8


def check(route: Resource, graph: ResourceGraph) -> Iterator[Problem | Undecided]:
    """Yield one problem for the requests that go elsewhere, and one for each other thing that is lost."""
    if graph.scope(route).environment in UNDEPLOYED_ENVIRONMENTS:
        return
    for capture in literal_captures(route):
        yield _captured(route, capture)
    if graph.base is None:
        return
    found = list(rerouted_by(route, graph))
    dropped = dropped_hosts(route, graph)
    orphans, names = list(orphaned_certificates(route, graph)), list(lost_names(route, graph))
    more = more_balancers(route, graph)
    if more is not None:
        yield _multiplied(route, more)
    unread = (
        graph.why_arrivals_may_be_missing(graph.scope(route).cluster, route.namespace) if found or dropped or orphans or names else None
    )
    if unread is not None:
        yield Undecided(("metadata", "name"), unread)
        return
    if found:
        yield _rerouted(route, found)
    if dropped:
        yield _dropped(route, dropped)
    for orphan in orphans[:1]:
        yield _orphaned(route, orphan)
    for lost in names[:1]:
        yield _unnamed(route, lost, [one.name for one in names])


def _captured(route: Resource, found: Capture) -> Problem:
    return Problem(
        path=found.path,
        headline=f"{middle(str(route.id), _LONGEST_ID)} rewrites to the literal path {quoted(found.text, _LONGEST_PATH)}",
        label="`$` has no meaning here",
        why="Gateway API has no capture groups: the backend gets this text as the path of every request.",
        help="Use `ReplacePrefixMatch` with a `PathPrefix` match, or a rewrite filter of the Gateway's implementation.",
        discriminator=f"capture {found.text}",
    )


def _rerouted(route: Resource, found: list[Rerouted]) -> Problem:
    first = found[0]
    more = f" and {len(found) - 1} more" if len(found) > 1 else ""
    target = f"{first.host}{first.path}"
    what = {
        "dropped": f"does not serve '{middle(target, _LONGEST_PATH)}'{more} of its {first.former.source.kind}",
        "added": f"serves '{middle(target, _LONGEST_PATH)}'{more}, its {first.former.source.kind} did not",
        "moved": f"sends '{middle(target, _LONGEST_PATH)}'{more} to another Service",
        "every-host": f"serves every host, its {first.former.source.kind} only its own",
    }[first.how]
    return Problem(
        path=first.at if route.get(*first.at) is not None else ("metadata", "name"),
        headline=f"{middle(str(route.id), _LONGEST_ID)} {what}",
        label=fitted(_label(first), LABEL),
        why=within(PROSE, *_why(first)),
        help=_WAYS_OUT[first.how],
        related=tuple(_place(one.former, f"'{middle(f'{one.host}{one.path}', 60)}' was served by this.") for one in found[:_MOST_RELATED]),
        discriminator=",".join(dict.fromkeys(f"{one.how} {one.host}{one.path}" for one in found)),
    )


_WAYS_OUT = {
    "dropped": "Add a match for it, unless it is meant to be gone.",
    "added": "Use a match that takes what the Ingress took, unless more is meant.",
    "moved": "Give it a rule that leads to the Service of the Ingress, unless the other one is meant.",
    "every-host": "Set `spec.hostnames` of the route, or `hostname` of the listener.",
}


def _label(found: Rerouted) -> str:
    written = found.former.match
    kind = {"PathPrefix": "Prefix"}.get(written.kind, written.kind)
    return f"was {kind} '{middle(written.path, _LONGEST_PATH)}'"


def _why(found: Rerouted) -> Iterator[str]:
    ingress = middle(str(found.former.source.id), _LONGEST_ID)
    if found.how == "dropped":
        yield f"{ingress} served it. No route of its host matches it now."
    elif found.how == "added":
        yield f"{ingress} had no path for it. Now it reaches the Service."
    elif found.how == "moved" and found.now is not None:
        was, becomes = (middle(min((one.name for one in entry.backends), default=""), 40) for entry in (found.former, found.now))
        yield f"{ingress} sent it to Service {was}. A rule that takes precedence sends it to Service {becomes}."
    else:
        yield f"{ingress} served '{middle(found.host, 40)}'."
        yield "Neither the route nor its listener names hosts: whatever name leads to the Gateway, its requests reach the Service."


def _place(entry: Entry, text: str) -> RelatedPlace:
    return RelatedPlace(entry.source, entry.at, text)


def _dropped(route: Resource, found: list[tuple[str, Entry]]) -> Problem:
    host, former = found[0]
    more = f" and {len(found) - 1} more" if len(found) > 1 else ""
    missing = f"host {quoted(host, _LONGEST_PATH)}{more} of its {former.source.kind}"
    return Problem(
        path=("spec", "hostnames") if route.get("spec", "hostnames") is not None else ("metadata", "name"),
        headline=f"{middle(str(route.id), _LONGEST_ID)} does not serve {missing}",
        label="this host is missing" if not more else "these hosts are missing",
        why=f"{middle(str(former.source.id), _LONGEST_ID)} served it. No route of the cluster has it now.",
        help="Add the host, unless it is meant to be gone.",
        related=tuple(_place(entry, f"Host '{middle(name, 60)}' was served by this.") for name, entry in found[:_MOST_RELATED]),
        discriminator=f"hosts {','.join(name for name, _ in found)}",
    )


def _orphaned(route: Resource, found: Orphan) -> Problem:
    return Problem(
        path=("metadata", "name"),
        headline=f"{middle(str(route.id), _LONGEST_ID)} uses a certificate that is no longer renewed",
        label=fitted(f"Secret {found.secret} was issued for the Ingress", LABEL),
        why=within(
            PROSE,
            f"cert-manager deletes the Certificate of {middle(str(found.ingress.id), _LONGEST_ID)} with it.",
            f"Secret {middle(found.secret, 40)} stays until it expires, then TLS fails.",
        ),
        help="Add the issuer annotation to the Gateway, or a Certificate for this Secret.",
        confidence="medium",
        related=(
            RelatedPlace(found.holder, found.path, "The listener uses the Secret here."),
            RelatedPlace(found.ingress, ("metadata", "annotations"), "The certificate was requested here."),
        ),
        discriminator=f"certificate {found.secret}",
    )


def _unnamed(route: Resource, found: LostName, names: list[str]) -> Problem:
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return Problem(
        path=("spec", "hostnames") if route.get("spec", "hostnames") is not None else ("metadata", "name"),
        headline=f"{middle(str(route.id), _LONGEST_ID)} loses DNS name {quoted(found.name, _LONGEST_PATH)}{more}",
        label="was an annotation of the Ingress",
        why="external-dns deletes the record of an Ingress that is gone. No route of the cluster has the name, so clients do not find it.",
        help="Add the name to `spec.hostnames`, or the annotation to the route.",
        confidence="medium",
        related=(RelatedPlace(found.ingress, found.path, "The name was requested here."),),
        discriminator=f"name {','.join(names)}",
    )


def _multiplied(route: Resource, found: MoreBalancers) -> Problem:
    first, *others = found.formers
    number = len(found.gateways)
    beside = f" and {len(others)} more" if others else ""
    return Problem(
        path=("spec", "parentRefs"),
        headline=f"{middle(str(route.id), _LONGEST_ID)} uses one of {number} new load balancers that replace {found.before}",
        label=fitted(f"the routes of {len(found.formers)} Ingress{'es' if others else ''} go to {number} Gateways", LABEL),
        why=within(
            PROSE,
            f"Each of the {number} Gateways gets a load balancer.",
            f"{middle(str(first.id), _LONGEST_ID)}{beside} needed {found.before}.",
        ),
        help="Attach the routes to one Gateway whose listeners allow their namespaces, unless addresses of their own are meant.",
        confidence="medium",
        related=tuple(
            RelatedPlace(one, ("metadata", "name"), "One load balancer is built for this.") for one in found.gateways[:_MOST_RELATED]
        ),
        discriminator=f"balancers {','.join(str(one.id) for one in found.gateways)}",
    )
