"""Detects rules and routes that never receive a request, because another one matches the same requests and takes precedence."""

from collections.abc import Iterator

from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.location import Path
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Confidence, Problem, RelatedPlace
from k8slblint.model.texts import PROSE, listed, middle, quoted, within
from k8slblint.traffic.routing.shadowed import L4_KINDS, Clash, Repeated, Tie, clash_of, repeated_in, ties_of
from k8slblint.traffic.routing.wording import host_in_words, match_in_words

_LONGEST_NAME = 22

_AGE = "Manifests do not show which one is older"


def check(route: Resource, graph: ResourceGraph) -> Iterator[Problem]:
    """Yield a problem for each rule that repeats an earlier one, each route with the same match, and a clash of HTTPRoute and GRPCRoute."""
    for repeated in repeated_in(route, graph):
        yield _repeated(route, repeated)
    for tie in ties_of(route, graph):
        yield _tied(route, tie)
    clash = clash_of(route, graph)
    if clash is not None:
        yield _clashing(route, clash)


def _repeated(route: Resource, found: Repeated) -> Problem:
    number = found.rule.number + 1
    at, match = found.rule.matches[found.positions[0]]
    first = found.earlier[0]
    winner = first.number + 1
    path: Path = ("spec", "rules", found.rule.number) if found.is_whole else at
    is_same = first.outcome == found.rule.outcome
    if found.is_whole:
        headline = f"Rule {number} of {_short(route)} never gets a request: rule {winner} has the same match"
        effect = f"Rule {winner} comes first and takes all of its requests."
    else:
        headline = f"Rule {number} of {_short(route)} repeats {_count(len(found.positions))} of rule {winner}"
        effect = f"Rule {winner} comes first and takes these requests; rule {number} only gets those of its other matches."
    return Problem(
        path=path,
        headline=headline,
        label=f"{match_in_words(match)}, as in rule {winner}",
        why=f"Within one route the first of several rules with the same match wins. {effect}",
        help=_repeated_help(is_same=is_same, is_stated=bool(route.sequence(*path[:3], "matches"))),
        at="value",
        related=(RelatedPlace(route, ("spec", "rules", first.number), f"Rule {winner} has the same match."),),
        discriminator=str(number),
    )


def _count(number: int) -> str:
    return "a match" if number == 1 else f"{number} matches"


def _repeated_help(*, is_same: bool, is_stated: bool) -> str:
    if is_same:
        return "Remove it: the earlier rule does the same."
    change = "Give it another path, header or method" if is_stated else "Give it `matches`: a rule without them matches every request"
    return f"{change}, or move its backends to the earlier rule, with weights."


def _tied(route: Resource, tie: Tie) -> Problem:
    other = tie.other.source
    is_l4 = route.kind in L4_KINDS
    where = f"listener {quoted(tie.listener.name, _LONGEST_NAME)}"
    words = f"{match_in_words(tie.entry.match)} for {host_in_words(tie.entry.host)}"
    if route.kind == "TLSRoute":
        words = host_in_words(tie.entry.host)
    what = "connections" if is_l4 else "requests"
    lost = f"The younger one gets {'no traffic' if tie.is_whole else 'none of them'}, and the specification has no status for that."
    if tie.condition is not None:
        lost = "The controller skips the rule of the younger one as a whole."
    return Problem(
        path=("spec", "rules") if is_l4 else tie.entry.at,
        headline=f"{_short(route)} matches the same {what} as {_short(other)}",
        label=f"both on {where}" if tie.entry.match.kind == "Any" and route.kind != "TLSRoute" else f"{words}, as in {_name(other)}",
        why=within(
            PROSE,
            f"On {where} only the older route gets these {what}. {lost}",
            f"{_AGE}; if they are equally old, {other.kind} {_name(other)} wins by its name.",
        ),
        help="Attach them to different listeners or hostnames, or merge them into one route with weights."
        if is_l4
        else "Give the routes different hostnames, paths or headers, or merge them into one with weights.",
        at="key" if is_l4 else "value",
        confidence=_confidence(route, other),
        condition=tie.condition,
        related=(
            RelatedPlace(other, tie.other.at, f"{other.id} has the same match."),
            RelatedPlace(tie.listener.source, tie.listener.path, f"Both attach to {where}."),
        ),
        discriminator=str(other.id),
    )


def _clashing(route: Resource, clash: Clash) -> Problem:
    other = clash.other
    hosts = listed(dict.fromkeys(host_in_words(host) for host in (clash.host, clash.of_other)))
    return Problem(
        path=("spec", "hostnames") if route.sequence("spec", "hostnames") else ("metadata", "name"),
        headline=f"{_short(route)} shares hosts with {_short(other)} on one listener",
        label=f"{hosts} on listener {quoted(clash.listener.name, _LONGEST_NAME)}",
        why=within(
            PROSE,
            "Gateway API allows a host of a listener to HTTPRoutes or to GRPCRoutes, and has the controller accept only the older route. "
            "Some controllers accept both.",
            f"{_AGE}.",
        ),
        help="Give the routes different hostnames, or route gRPC in the HTTPRoute, by path. Or see that your controller accepts both.",
        at="key" if route.sequence("spec", "hostnames") else "value",
        confidence="low" if clash.is_accepted else "medium",
        related=(RelatedPlace(other, ("spec", "hostnames"), f"{other.id} serves {host_in_words(clash.of_other)}.", at="key"),),
        discriminator=str(other.id),
    )


def _name(route: Resource) -> str:
    return middle(route.name, _LONGEST_NAME)


def _confidence(route: Resource, other: Resource) -> Confidence:
    return "high" if route.path == other.path else "medium"


def _short(route: Resource) -> str:
    return f"{route.kind} {middle(route.namespace or '', _LONGEST_NAME)}/{middle(route.name, _LONGEST_NAME)}"
