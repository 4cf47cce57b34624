"""A fact about two revisions before it has a location: about an object of now, of the base, or of both."""

from collections.abc import Mapping

from k8slblint.model.difference import Change, Direction, Side, Topic
from k8slblint.model.location import Path
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Confidence
from k8slblint.model.scope import Scope

WIDTH: Mapping[str, int] = {"": 0, "cluster": 0, "internal": 1, "node": 1, "internet": 2}
"""How far a known reach goes; of the network of a provider and that of the nodes neither holds the other."""


class Spot(NamedTuple):
    """Where something is written: an object of either revision, and the path in it."""

    resource: Resource
    path: Path = ()


class Fact(NamedTuple):
    """A difference whose place is a path in an object; see `model.difference.Difference`.

    `scope` is that of the object now, or in the base where it is gone. Where `is_decided` is false, `reason` says why.
    """

    topic: Topic
    change: Change
    direction: Direction
    scope: Scope
    spot: Spot | None
    spot_before: Spot | None
    before: Side | None
    after: Side | None
    subject: str = ""
    confidence: Confidence = "high"
    reason: str = ""
    note: str = ""
    leads_to: tuple[str, ...] = ()
    is_decided: bool = True
    leaves_behind: bool = False

    @property
    def resource(self) -> Resource | None:
        """The object that it is about: as it is now, or as it was where it is gone."""
        spot = self.spot or self.spot_before
        return spot.resource if spot is not None else None


def spot_of(resource: Resource | None, path: Path = ()) -> Spot | None:
    """Return the place of a path in an object, None where there is no object."""
    return None if resource is None else Spot(resource, path)


def change_of(before: object, after: object) -> Change:
    """Return what happens to something that is there before, after, or both."""
    if before is None:
        return "added"
    return "removed" if after is None else "changed"


def direction_of(was: str, becomes: str) -> Direction:
    """Return which way a reach goes."""
    if WIDTH[was] == WIDTH[becomes]:
        return "neutral"
    return "more-exposed" if WIDTH[was] < WIDTH[becomes] else "less-exposed"
