"""Which annotation of `catalogs/annotations/` was probably meant by a key that is not there: a typo, or another prefix."""

from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Literal

from k8slblint.catalog import controllers
from k8slblint.catalog import services as catalog
from k8slblint.catalog.annotations import index
from k8slblint.catalog.likeness import ALIKE, LONGEST, SHORTEST_DOMAIN, is_slip, likeness, words_of
from k8slblint.catalog.services import ServiceAnnotation
from k8slblint.model.records import NamedTuple

_AS_NEAR = 0.01
"""How much less alike than the nearest a name may be and still be named beside it."""

_SHARED_DOMAIN = "kubernetes.io"


class NearKey(NamedTuple):
    """A known key, and what tells it from what was written: a slip in the `name`, in the `domain`, or another `prefix` before the slash."""

    entry: ServiceAnnotation
    by: Literal["name", "prefix", "domain"]


@lru_cache(maxsize=1024)
def near_keys(key: str, kind: str = "Service") -> tuple[NearKey, ...]:
    """Return the known keys of a kind that an unknown key may have meant, the nearest first; nothing for a known key."""
    if catalog.find(key) is not None or len(key) > 2 * LONGEST:
        return ()
    prefix = catalog.prefix_of(key)
    entries = _entries(kind)
    meant = key_in_near_domain(key) if kind == "Service" else None
    if meant is not None:
        return (NearKey(meant, "domain"),)
    slips = _by_name(key, [entry for entry in entries if catalog.prefix_of(entry.key) == prefix]) if prefix is not None else ()
    return (
        *(NearKey(entry, "name") for entry in slips),
        *(NearKey(entry, "prefix") for entry in _by_prefix(key, entries) if entry not in slips),
    )


def may_be_meant(key: str) -> bool:
    """Tell quickly whether a key is one of a known prefix, or of the domain that vendors share: all others mean nothing here."""
    domain, slash, name = key.partition("/")
    if slash and (key_in_near_domain(key) or vendor_prefix_of(key) is not None):
        return True
    return bool(slash) and (catalog.prefix_of(key) is not None or (_is_shared(domain) and "balancer" in name.lower()))


def key_in_near_domain(key: str) -> ServiceAnnotation | None:
    """Return the known key with this very name under a domain that differs by a slip or two: `loud.google.com/neg`; else None."""
    domain, _, name = key.partition("/")
    near = _near_domains(domain)
    return next((entry for other, entry in _domains_by_name().get(name, {}).items() if other in near), None) if near else None


@lru_cache(maxsize=1024)
def _near_domains(domain: str) -> tuple[str, ...]:
    """Return the known domains of which a domain may be a slip; the index tells them, so that hardly any tree reads all files."""
    if domain in _known_domains() or len(domain) > LONGEST:
        return ()
    return tuple(other for other in _known_domains() if len(other) >= SHORTEST_DOMAIN and is_slip(domain, other))


def vendor_prefix_of(key: str) -> str | None:
    """Return the prefix that a vendor reads on Services in place of the one that a key has, under which it reads none; else None.

    That is of its bare domain, or of one with other separators: `do-load-balancer-` where the vendor writes `do-loadbalancer-`.
    """
    domain, slash, name = key.partition("/")
    if slash and _is_shared(domain) and catalog.prefix_of(key) is None:
        return next((prefix for letters, prefix in _spelt_prefixes(domain) if _letters(name).startswith(letters)), None)
    if not slash or domain not in _BARE_DOMAINS:
        return None
    return next((f"{one}/" for one in sorted(_known_domains()) if one.endswith(f".{domain}") and _is_read_on_services(one)), None)


def _letters(name: str) -> str:
    """Return a name without its separators, in small letters."""
    return "".join(words_of(name)) if len(name) <= LONGEST else ""


@cache
def _spelt_prefixes(domain: str) -> tuple[tuple[str, str], ...]:
    """Return the prefixes of vendors for load balancers in a domain that they share, each behind its letters."""
    here = (prefix for prefix in index().routes if prefix.startswith(f"{domain}/") and prefix.endswith("-") and "balancer" in prefix)
    return tuple((_letters(prefix.partition("/")[2]), prefix) for prefix in here)


def _is_read_on_services(domain: str) -> bool:
    return any(entry.key.startswith(f"{domain}/") for entry in _entries("Service"))


_BARE_DOMAINS = frozenset({"cilium.io"})
"""Domains of a vendor with keys for other kinds only (cilium/cilium 023375f6 pkg/annotation/k8s.go: it is read on Nodes)."""


@cache
def _domains_by_name() -> dict[str, dict[str, ServiceAnnotation]]:
    found: dict[str, dict[str, ServiceAnnotation]] = {}
    for entry in _entries("Service"):
        domain, _, name = entry.key.partition("/")
        found.setdefault(name, {})[domain] = entry
    return found


@cache
def _known_domains() -> frozenset[str]:
    return frozenset(route.partition("/")[0] for route in index().routes)


@cache
def readers_of_prefix(prefix: str) -> tuple[str, ...]:
    """Return the controllers that read some key of a prefix, as `catalog.services.prefix_of` gives it."""
    every = (entry for name in catalog.files() for entry in catalog.entries_of(name))
    return tuple(dict.fromkeys(name for entry in every if catalog.prefix_of(entry.key) == prefix for name in entry.readers))


def entries_of_prefix(prefix: str) -> tuple[ServiceAnnotation, ...]:
    """Return what users may set on Services under a prefix, as `catalog.services.prefix_of` gives it."""
    now = index().spellings.get(prefix, prefix)
    known = {entry.key: entry for entry in _entries("Service")}
    here = [entry for entry in known.values() if entry.key.startswith(now)]
    meant = {one.key: one for entry in here for one in (known.get(entry.alias_of or "", entry),)}
    return tuple(entry for entry in meant.values() if entry.status == "current")


def _by_name(key: str, entries: Sequence[ServiceAnnotation]) -> list[ServiceAnnotation]:
    name = key.partition("/")[2]
    scored = [(likeness(name, entry.key.partition("/")[2]), entry) for entry in entries]
    near = sorted((pair for pair in scored if pair[0] >= ALIKE), key=lambda pair: (-pair[0], pair[1].key))
    return [entry for score, entry in near[:3] if score >= near[0][0] - _AS_NEAR]


def _by_prefix(key: str, entries: Sequence[ServiceAnnotation]) -> list[ServiceAnnotation]:
    """Return the entries of other prefixes with this name, or with this name behind the vendor's (`aws-` before `load-balancer-type`).

    Of prefixes that no vendors share, those that have a reader in common: GKE has keys under two domains. Keys that Ingress controllers
    read are left out: their Gateway controllers may know others (`networking.gke.io/app-protocols`).
    """
    domain, _, name = key.partition("/")
    prefix = catalog.prefix_of(key)
    if prefix is not None and not _is_shared(domain):
        here = set(readers_of_prefix(prefix))
        same = [entry for entry in entries if entry.key.partition("/")[2] == name and here.intersection(entry.readers)]
        return [entry for entry in same if all(map(_makes_load_balancers, entry.readers))]
    if not _is_shared(domain) or "balancer" not in name.lower():
        return []
    wanted = "".join(words_of(name))
    found = []
    for entry in entries:
        known_domain, _, known = entry.key.partition("/")
        words = words_of(known)
        if "".join(words) == wanted or (_is_shared(known_domain) and "".join(words[1:]) == wanted):
            found.append(entry)
    return found


def _makes_load_balancers(reader: str) -> bool:
    known = controllers.controllers().get(reader)
    return known is not None and known.service is not None and known.service.default_exposure != "none"


def _is_shared(domain: str) -> bool:
    return domain == _SHARED_DOMAIN or domain.endswith(f".{_SHARED_DOMAIN}")


@cache
def _entries(kind: str) -> tuple[ServiceAnnotation, ...]:
    every = (entry for name in catalog.files() for entry in catalog.entries_of(name))
    return tuple(entry for entry in every if kind in entry.kinds and not entry.written_by_controller and entry.pattern is None)
