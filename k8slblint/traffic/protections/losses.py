"""What protects one state of an entry and not another: by kind of protection, as one may replace another."""

from collections.abc import Mapping, Sequence

from k8slblint.catalog.protections import Family
from k8slblint.model.records import NamedTuple
from k8slblint.model.rule import Severity
from k8slblint.traffic.protections.forms import Guarding, Protection

_WHO: tuple[Family, ...] = ("authentication", "authorization", "client-certificates")

EQUAL: Mapping[Family, tuple[Family, ...]] = {
    "authentication": _WHO,
    "authorization": (*_WHO, "allow-list"),
    "client-certificates": _WHO,
    "allow-list": ("allow-list", "authorization"),
    "deny-list": ("deny-list", "allow-list", "authorization", "firewall"),
    "rate-limit": ("rate-limit",),
    "firewall": ("firewall",),
    "https-redirect": ("https-redirect",),
    "tls": ("tls",),
}
"""What protects in the same way, or in a stricter one."""

_WITH: Mapping[Family, tuple[Family, ...]] = {"tls": ("https-redirect",)}
"""What goes with it, and is not told apart."""

_INSTEAD: tuple[Family, ...] = (*_WHO, "allow-list", "firewall")
"""What keeps strangers out in another way: who adds it in the place of something else knows what it is for."""

_MILD: tuple[Family, ...] = ("deny-list", "rate-limit", "https-redirect", "tls")

IN_FRONT: tuple[Family, ...] = ("tls", "https-redirect")
"""What may be done by something in front that is not in the manifests: what is not known of it is not worth a word."""

ORDER: tuple[Family, ...] = (*_WHO, "allow-list", "firewall", "tls", "deny-list", "rate-limit", "https-redirect")
"""The gravest first."""


class Lost(NamedTuple):
    """Protections of one kind that are gone; `instead` protects in another way now and did not before.

    `doubt` says why it is not certain that they are gone, and is empty where it is.
    """

    protections: tuple[Protection, ...]
    instead: Protection | None = None
    doubt: str = ""

    @property
    def first(self) -> Protection:
        """The protection that is named."""
        return self.protections[0]

    @property
    def severity(self) -> Severity:
        """How grave the loss is: less so where something else keeps strangers out."""
        return "warning" if self.first.family in _MILD or self.instead is not None else "error"


def losses(before: Guarding, after: Guarding) -> Sequence[Lost]:
    """Return what protects before and not after, one for each kind of protection, the gravest first."""
    found: list[Lost] = []
    told: set[Family] = set()
    for family in ORDER:
        gone = tuple(one for one in before.protections if one.family == family)
        if not gone or family in told or after.has(EQUAL[family]):
            continue
        told.update((*EQUAL[family], *_WITH.get(family, ())))
        new = next((one for one in after.protections if one.family in _INSTEAD and not before.has(EQUAL[one.family])), None)
        found.append(Lost(gone, new, after.doubt_about(EQUAL[family]) or ""))
    return found


def gains(before: Guarding, after: Guarding) -> Sequence[Lost]:
    """Return what protects after and not before."""
    return losses(after, before)
