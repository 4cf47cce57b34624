"""A difference between two revisions: a fact about traffic with its value before and now, and where that is written."""

from typing import Literal, TypeAlias

from k8slblint.model.location import Location
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import ResourceId
from k8slblint.model.rule import Confidence

Topic: TypeAlias = Literal[
    "entry-point",
    "host-and-path",
    "port",
    "listener",
    "host-port",
    "node-port",
    "external-address",
    "source-ranges",
    "protection",
    "workload",
    "load-balancer",
    "cost",
    "address-pool",
]
"""What a difference is about. `entry-point` is the reach of a whole object; `host-and-path` (Ingress, routes), `port` (Service), `listener`
(Gateway) and `host-port` (Pods) are its parts, told where the reach of the object stays."""

TOPICS: tuple[Topic, ...] = (
    *("entry-point", "host-and-path", "port", "listener", "host-port", "node-port", "external-address"),
    *("source-ranges", "protection", "workload", "load-balancer", "cost", "address-pool"),
)
"""In the order of reports."""

Change: TypeAlias = Literal["added", "removed", "changed", "replaced"]

Direction: TypeAlias = Literal["more-exposed", "less-exposed", "neutral"]
DIRECTIONS: tuple[Direction, ...] = ("more-exposed", "less-exposed", "neutral")
"""In the order of reports."""


class Side(NamedTuple):
    """What holds in one of the two revisions, as far as it belongs to the topic.

    `reach` is a word of exposure (`internet`, `internal`, `node`, `cluster`, `unknown`), empty where the topic has none. `values` are
    hosts with paths, ports, backends, networks (none: everybody is let in), protections, addresses, or the members of a load balancer.
    `kind` is what a load balancer is (`NLB`), `owner` who provisions it or serves the entry point. `monthly_usd` is the least and the most
    that it, or all of a cluster, costs a month before traffic; None where no price is known.
    """

    reach: str = ""
    values: tuple[str, ...] = ()
    kind: str = ""
    owner: str = ""
    monthly_usd: tuple[float, float] | None = None


class Difference(NamedTuple):
    """One fact about traffic that differs between the base and now.

    `resource` is the object that it is about, None for the cost of a cluster; `subject` the part of it (`shop.example/admin`, `443/TCP`),
    empty for the whole. `before` or `after` is None where there is none. `location` is where it is written now, `previous` where it was
    written in the base. `note` is more that holds of it, `reason` why; both are sentences without a period. `leads_to` names workloads.
    Of what could not be decided, `direction` is neutral, and `reason` says why. `is_sample` tells that it stands in a sample or test,
    `leaves_behind` that the load balancer which was there is not deleted and goes on answering.
    """

    topic: Topic
    change: Change
    direction: Direction
    cluster: str
    environment: str
    resource: ResourceId | None
    subject: str
    before: Side | None
    after: Side | None
    location: Location | None
    previous: Location | None
    confidence: Confidence
    reason: str = ""
    note: str = ""
    leads_to: tuple[str, ...] = ()
    is_sample: bool = False
    leaves_behind: bool = False


class Unread(NamedTuple):
    """A file or unit that could not be read in one of the revisions, so that what it holds may differ unseen."""

    path: str
    reason: str


class Differences(NamedTuple):
    """What a change does to traffic: the facts, what could not be decided, and what could not be read, each in the order of reports."""

    changes: tuple[Difference, ...] = ()
    undecided: tuple[Difference, ...] = ()
    unread: tuple[Unread, ...] = ()

    @property
    def changes_exposure(self) -> bool:
        """Tell whether anything is more or less exposed than before, but for samples."""
        return any(one.direction != "neutral" and not one.is_sample for one in self.changes)
