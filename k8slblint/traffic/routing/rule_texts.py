"""The hosts and paths of Traefik's rules, for those that name hosts, paths or prefixes and nothing else that decides.

Source: traefik/traefik fd5a576d pkg/muxer/http/matcher.go (`Host`, `Path`, `PathPrefix`), matcher_v2.go (several
values), pkg/rules/parser.go.
"""

from collections.abc import Iterator
from itertools import islice, product

from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.records import NamedTuple
from k8slblint.traffic.attachment.hostnames import EVERY
from k8slblint.traffic.routing.forms import Match

_LONGEST, _MOST = 2000, 64

_QUOTES = "`\"'"

_PATHS = {"Path": "Exact", "PathPrefix": "PathPrefix"}


class RuleMatch(NamedTuple):
    """A host in lower case, and a match; `unread` where the rule has conditions of other kinds."""

    host: str
    match: Match


def matches_of_rule(text: object) -> tuple[RuleMatch, ...]:
    """Return the combinations of hosts and paths of a rule; none where it cannot be read. Hosts may contain placeholders."""
    if not isinstance(text, str) or len(text) > _LONGEST:
        return ()
    hosts: list[str] = []
    paths: list[Match] = []
    is_whole = True
    for term in _split(text, "&&"):
        calls = [_call(one) for one in _split(_unwrapped(term), "||")]
        names = {name for name, _ in calls}
        values = [value for _, found in calls for value in found]
        if names == {"Host"} and not hosts:
            hosts = [value.lower() for value in values]
        elif len(names) == 1 and names <= _PATHS.keys() and not paths:
            kind = _PATHS[calls[0][0]]
            paths = [Match("Exact" if kind == "Exact" else "PathPrefix", value, unread=has_placeholder(value)) for value in values]
        else:
            is_whole = False
    found = product(hosts or [EVERY], paths or [Match("PathPrefix", "/")])
    return tuple(RuleMatch(host, match if is_whole else match._replace(unread=True)) for host, match in islice(found, _MOST))


def _outside(text: str) -> Iterator[tuple[int, int]]:
    """Yield index and depth of brackets for each character that is not in quotes."""
    depth, quote = 0, ""
    for index, character in enumerate(text):
        if quote:
            quote = "" if character == quote else quote
        elif character in _QUOTES:
            quote = character
        else:
            depth += {"(": 1, ")": -1}.get(character, 0)
            yield index, depth


def _split(text: str, sign: str) -> list[str]:
    """Return the parts of a text between signs that are neither in brackets nor in quotes."""
    parts, start = [], 0
    for index, depth in _outside(text):
        if depth == 0 and index >= start and text.startswith(sign, index):
            parts.append(text[start:index].strip())
            start = index + len(sign)
    return [*parts, text[start:].strip()]


def _unwrapped(term: str) -> str:
    """Return what is inside of brackets that hold the whole term."""
    is_wrapped = term.startswith("(") and next((index for index, depth in _outside(term) if depth == 0), -1) == len(term) - 1
    return term[1:-1].strip() if is_wrapped else term


def _call(text: str) -> tuple[str, tuple[str, ...]]:
    """Return the name and the values of a condition; an empty name where it is of another form."""
    name, bracket, rest = text.partition("(")
    if not bracket or not rest.endswith(")") or not name.isalpha():
        return "", ()
    return name, tuple(_values(rest[:-1]))


def _values(text: str) -> Iterator[str]:
    for part in _split(text, ","):
        yield part[1:-1] if len(part) > 1 and part[0] == part[-1] and part[0] in _QUOTES else part
