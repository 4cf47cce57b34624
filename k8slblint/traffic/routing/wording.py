"""How a match is named in a text."""

from k8slblint.model.texts import middle, quoted
from k8slblint.traffic.attachment.hostnames import EVERY
from k8slblint.traffic.routing.forms import Entry, Match

_LONGEST = 24

_LONGEST_TEXT = 60


def match_in_words(match: Match) -> str:
    """Return a match in a few words: `PathPrefix '/api'`, `GET Exact '/' with 2 headers`, `service 'shop.Cart' method 'Add'`."""
    if match.kind == "Any":
        return "every connection"
    conditions = len(match.headers) + len(match.query)
    more = f" with {conditions} further condition{'s' * (conditions != 1)}" if conditions else ""
    if match.kind in ("Service", "ServiceExpression"):
        parts = [f"{word} {quoted(text, _LONGEST)}" for word, text in (("service", match.path), ("method", match.method)) if text]
        return f"{' '.join(parts) or 'every gRPC method'}{more}"
    method = f"{match.method} " if match.method else ""
    return f"{method}{match.kind} {quoted(match.path, _LONGEST)}{more}"


def condition_in_words(entry: Entry) -> str:
    """Return the match of an entry as its kind names it: paths of Ingresses have other types, and texts of vendors are quoted."""
    match = entry.match
    if match.unread:
        return "a match that contains a placeholder or is not valid"
    if match.kind == "Text":
        return f"`{middle(' '.join(match.path.split()), _LONGEST_TEXT)}`" if match.path else "every path that it serves"
    if entry.source.kind == "Ingress":
        return "all other requests" if match.kind == "Any" else match_in_words(match).replace("PathPrefix", "Prefix", 1)
    return match_in_words(match)


def host_in_words(host: str) -> str:
    """Return a host in quotes, or that all are meant."""
    return "every host" if host == EVERY else quoted(host, _LONGEST)
