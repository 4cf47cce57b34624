"""One form for what keeps clients out of an Ingress or a route, and for what may do so."""

from collections.abc import Iterable
from typing import TypeAlias

from k8slblint.catalog.protections import Family
from k8slblint.model.location import Path
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource

INGRESS = "Ingress"
"""What is protected as an Ingress is, by what it reads as: also what Helm values say of one."""


class Protection(NamedTuple):
    """Something that keeps clients out: what it is called (`external authentication`), and where it is written.

    `is_default` tells that its controller does so without being told; `is_shared` that a policy of a Gateway or class does so.
    """

    family: Family
    words: str
    source: Resource
    path: Path
    is_default: bool = False
    is_shared: bool = False


class Doubt(NamedTuple):
    """Why something may protect beyond what is known, and in which ways (none named: in any)."""

    reason: str
    families: tuple[Family, ...] = ()


Finding: TypeAlias = Protection | Doubt


class Guarding(NamedTuple):
    """What certainly protects an entry, and why there may be more."""

    protections: tuple[Protection, ...] = ()
    doubts: tuple[Doubt, ...] = ()

    def has(self, families: Iterable[Family]) -> bool:
        """Tell whether something protects in one of these ways."""
        wanted = set(families)
        return any(one.family in wanted for one in self.protections)

    def doubt_about(self, families: Iterable[Family]) -> str | None:
        """Return why something else may protect in one of these ways, None where nothing does."""
        wanted = set(families)
        return next((one.reason for one in self.doubts if not one.families or wanted.intersection(one.families)), None)


def guarding(found: Iterable[Finding]) -> Guarding:
    """Return what was found as one record."""
    every = list(found)
    protections = dict.fromkeys(one for one in every if isinstance(one, Protection))
    return Guarding(tuple(protections), tuple(dict.fromkeys(one for one in every if isinstance(one, Doubt))))


def shared(found: Finding) -> Finding:
    """Return the same as found at a Gateway, a class or a group, for all that it serves."""
    return found._replace(is_shared=True) if isinstance(found, Protection) else found
