"""Which annotation of an Ingress was probably meant by one that no controller reads: a slip in its name, or in its domain."""

from collections import Counter
from collections.abc import Iterable
from functools import cache, lru_cache

from k8slblint.catalog import ingress as catalog
from k8slblint.catalog.annotations import index
from k8slblint.catalog.likeness import ALIKE, LONGEST, SHORTEST_DOMAIN, is_slip, likeness, words_of

_ALIKE_IN_LENGTH = 0.78
"""How alike the parts of two names of different length must be in which they differ: `waf` and `wafv2` (0.75) are two things."""

_AS_NEAR = 0.01
"""How much less alike than the nearest a name may be and still be named beside it."""

_SURELY_ALIKE = 0.85
"""How alike a name must be so that others, which only go on where the written one ends, were not meant."""

_MOST = 3

_FEWEST_WORDS = 2


@lru_cache(maxsize=1024)
def near_names(key: str) -> tuple[str, ...]:
    """Return the known keys under the prefix of an unknown one whose names are much like its name, the nearest first."""
    domain, slash, name = key.partition("/")
    if not slash or len(name) > LONGEST:
        return ()
    known_keys = catalog.keys_of_prefix(domain + slash)
    letters = tuple(known for known in known_keys if _is_letter_slip(name, known.partition("/")[2]))
    if letters:
        return letters[:_MOST]
    scored = [(likeness(name, known.partition("/")[2]), known) for known in known_keys]
    near = sorted((pair for pair in scored if pair[0] >= _least(key, pair[1])), key=lambda pair: (-pair[0], pair[1]))
    slips = [known for score, known in near if score >= near[0][0] - _AS_NEAR]
    if slips and near[0][0] >= _SURELY_ALIKE:
        return tuple(slips[:_MOST])
    cut = [known for known in known_keys if _is_cut(words_of(name), words_of(known.partition("/")[2]))]
    return tuple(dict.fromkeys((*slips, *(cut if len(cut) <= _MOST else ()))))[:_MOST]


def _least(key: str, known: str) -> float:
    """Return how alike two keys must be: as long as each other, they differ by letters that were mistaken or exchanged."""
    return ALIKE if len(key) == len(known) else _ALIKE_IN_LENGTH


def _is_letter_slip(written: str, known: str) -> bool:
    """Tell whether two longer names have the same letters, two of them exchanged, or one has a letter more: however short its word is."""
    if abs(len(written) - len(known)) > 1 or len(known) < _LONG_NAME:
        return False
    longer, shorter = sorted((written, known), key=len, reverse=True)
    return (Counter(longer) - Counter(shorter)).total() == len(longer) - len(shorter) and is_slip(written, known)


_LONG_NAME = 9


def _is_cut(written: tuple[str, ...], known: tuple[str, ...]) -> bool:
    """Tell whether a name lacks only the last word of another: `from-to-www` of `from-to-www-redirect`."""
    return len(written) >= _FEWEST_WORDS and written == known[:-1]


@lru_cache(maxsize=1024)
def key_of_near_domain(key: str) -> str | None:
    """Return the known key with this very name under a domain that was probably meant; None for a domain that is known, or like none.

    Such a domain differs by a letter or two, in the order of its words, or lacks some of them: `nginx.kubernetes.io`.
    """
    domain, slash, name = key.partition("/")
    if not slash or len(domain) > LONGEST or f"{domain}/" in _domains() or len(words_of(domain)) < _FEWEST_WORDS:
        return None
    near = [known for known in _domains() if _is_near(domain, known.rstrip("/"))]
    found = [known + name for known in near if known + name in catalog.keys_of_prefix(known)]
    return found[0] if len(found) == 1 else None


def _is_near(written: str, known: str) -> bool:
    if len(known) < SHORTEST_DOMAIN:
        return False
    return is_slip(written, known) or _has_words_of(words_of(written), words_of(known))


def _has_words_of(written: Iterable[str], known: Iterable[str]) -> bool:
    """Tell whether the words of a domain are those of another in another order, or some of them, its vendor's among them."""
    words, others = set(written), set(known)
    return words <= others and bool(words - _COMMON)


_COMMON = frozenset(("ingress", "kubernetes", "io", "com", "org", "k8s", "github", "apache", "alpha", "beta", "service", "networking"))
"""Words of domains that name no vendor."""


@cache
def _domains() -> frozenset[str]:
    return frozenset(index().domains) | frozenset(index().aliases)
