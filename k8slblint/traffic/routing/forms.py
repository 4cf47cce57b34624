"""One form for what routes of all kinds say: which requests they match, and what becomes of them."""

from typing import Literal, TypeAlias

from k8slblint.graph.relations.backends import Backend
from k8slblint.model.location import Path
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource

MatchType: TypeAlias = Literal[
    "Exact", "PathPrefix", "RegularExpression", "ImplementationSpecific", "Service", "ServiceExpression", "Any", "Text"
]
"""How a path is compared. `Service` and `ServiceExpression` are for gRPC, where `path` is the service and `method` the method; `Any` is
for connections without a path (TCP, UDP, TLS); `Text` for a condition in the language of a vendor, which is not read."""


class ValueMatch(NamedTuple):
    """A condition on a header or a query parameter; `name` of a header is in lower case."""

    name: str
    kind: str
    value: str


class Match(NamedTuple):
    """Which requests of a host are meant; `method` is empty where any is.

    `unread` tells that a part contains a placeholder or has the wrong type: nothing is said of such a match.
    """

    kind: MatchType = "PathPrefix"
    path: str = "/"
    method: str = ""
    headers: tuple[ValueMatch, ...] = ()
    query: tuple[ValueMatch, ...] = ()
    unread: bool = False

    @property
    def requests(self) -> tuple[object, ...]:
        """What is equal for two matches that are written alike, whatever the order of their conditions."""
        return self.kind, self.path, self.method, frozenset(self.headers), frozenset(self.query)


class Entry(NamedTuple):
    """One match for one host, where it is written, and where its requests go.

    `host` is in lower case, `EVERY` for all hosts; for a Gateway it is what the hostname of the listener leaves. `rule` counts from 0.
    `at` is the path of the match, or of the rule where that states none. `outcome` are the parts of the rule that decide what becomes of a
    request. `has_tls` is None where the entry does not say.
    """

    source: Resource
    rule: int
    at: Path
    host: str
    match: Match
    backends: tuple[Backend, ...] = ()
    redirect: Path | None = None
    outcome: object = None
    has_tls: bool | None = None
