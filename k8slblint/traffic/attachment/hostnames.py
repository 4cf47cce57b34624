"""Which requests two hostnames have in common: the only home of how hostnames of Gateway API are compared.

Source: Gateway API 1.6, `apis/v1/httproute_types.go` and `apis/v1/gateway_types.go` (hostnames): a wildcard stands for one or more labels,
and a missing hostname for every one. Hostnames are lower-case in the schema; we ignore the case.
"""

EVERY = ""
"""The hostname of a listener or route that states none."""

_WILDCARD = "*."


def common(one: str, other: str) -> str | None:
    """Return the more specific of two hostnames where they have requests in common, else None; `EVERY` has all in common."""
    one, other = one.lower(), other.lower()
    if other in (one, EVERY):
        return one
    if one == EVERY:
        return other
    if _covers(other, one):
        return one
    return other if _covers(one, other) else None


def meet(one: str, other: str) -> bool:
    """Tell whether some request is for both hostnames."""
    return common(one, other) is not None


def _covers(wildcard: str, name: str) -> bool:
    """Tell whether a wildcard stands for every name that a hostname, which may be a wildcard too, stands for."""
    if not wildcard.startswith(_WILDCARD):
        return False
    suffix = wildcard[1:]
    return name.endswith(suffix) and len(name) > len(suffix)
