"""How protections are called in a text, and what it means that one is gone."""

from collections.abc import Mapping, Sequence

from k8slblint.catalog.protections import Family
from k8slblint.model.location import Path
from k8slblint.model.resource import Resource
from k8slblint.model.rule import RelatedPlace
from k8slblint.model.texts import listed, middle, short_key
from k8slblint.traffic.protections.forms import Protection
from k8slblint.traffic.protections.losses import Lost

_LONGEST = 40

_MOST_PLACES = 6

CONSEQUENCES: Mapping[Family, str] = {
    "authentication": "Anyone who can reach it gets in without a login.",
    "authorization": "Clients that its rules blocked get in.",
    "client-certificates": "Clients without a certificate get in.",
    "allow-list": "Clients with any address get in.",
    "deny-list": "The addresses that it blocked get in.",
    "rate-limit": "Nothing limits how many requests a client sends.",
    "firewall": "Its requests are no longer inspected.",
    "https-redirect": "Requests in plain HTTP are answered in plain HTTP.",
    "tls": "Clients send passwords and cookies in clear text.",
}
"""What follows where a protection of a kind is gone."""


def named(lost: Sequence[Lost], most: int = _LONGEST) -> str:
    """Return what is gone in a few words: `external authentication and 2 more`."""
    more = len(lost) - 1
    return f"{middle(lost[0].first.words, most)}{f' and {more} more' if more else ''}"


def others(lost: Sequence[Lost]) -> str:
    """Return a sentence about what is gone beside the first; empty where that is all."""
    words = dict.fromkeys(middle(one.first.words, _LONGEST) for one in lost[1:])
    return f"Also gone: {listed(words)}." if words else ""


def consequence(lost: Lost) -> str:
    """Return what follows: what protects in another way now, else what clients may do."""
    if lost.instead is not None:
        return f"Now {middle(lost.instead.words, _LONGEST)} limits its clients instead."
    return CONSEQUENCES[lost.first.family]


def places(lost: Sequence[Lost]) -> tuple[RelatedPlace, ...]:
    """Return where the protections were written."""
    found = dict.fromkeys((one.source, one.path) for each in lost for one in each.protections)
    return tuple(RelatedPlace(source, path, f"{_what(source, path)} protected it.") for source, path in list(found)[:_MOST_PLACES])


def _what(source: Resource, path: Path) -> str:
    key = next((step for step in reversed(path) if isinstance(step, str)), "spec")
    return f"`{middle(short_key(key), _LONGEST)}` of {source.kind} {middle(source.name, _LONGEST)}"


def key_of(protection: Protection) -> str | None:
    """Return the annotation that switches a protection on, None where that is no annotation."""
    path = protection.path
    return str(path[2]) if path[:2] == ("metadata", "annotations") and len(path) > 2 else None  # noqa: PLR2004 - what is below them
