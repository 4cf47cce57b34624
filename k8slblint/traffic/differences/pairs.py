"""The objects of two revisions that are compared: each with itself as it was, what is new, and what is gone."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

from k8slblint.graph.answers import Found, Unknown
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.live import is_live
from k8slblint.graph.reads import (
    GATEWAY,
    INGRESS_KINDS,
    LISTENER_SET_KINDS,
    METALLB_POOL_KINDS,
    ROUTE_KINDS,
    WORKLOAD_KINDS,
    vendor_route_kinds,
)
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import VALUE_KINDS, Resource
from k8slblint.model.scope import UNDEPLOYED_ENVIRONMENTS, Scope
from k8slblint.traffic.addresses.pools import POOL_KINDS
from k8slblint.traffic.changes.updates import is_refused
from k8slblint.traffic.exposure.vendor_ways import is_vendor_entry

ENTRY_KINDS = ("Service", *INGRESS_KINDS, GATEWAY, *LISTENER_SET_KINDS, *ROUTE_KINDS)

_SUCCESSIVE = (INGRESS_KINDS, LISTENER_SET_KINDS, METALLB_POOL_KINDS)
"""Kinds that moved from one API group or name to another: an object of both is one."""


class Pair(NamedTuple):
    """One object: as it was in the base, or None where it is new; as it is now, or None where it is gone; and its scope.

    `doubt` says why it is not certain that both are one, that it is gone, or that an update arrives; empty where it is.
    """

    before: Resource | None
    after: Resource | None
    scope: Scope
    doubt: str = ""

    @property
    def any(self) -> Resource:
        """The object as it is now, or as it was."""
        one = self.after or self.before
        if one is None:
            raise ValueError("a pair holds at least one object")
        return one


class Pairs:
    """The pairs of two revisions by kind, those that are told."""

    def __init__(self, graph: ResourceGraph, is_within: Callable[[str], bool]) -> None:
        """Pair what a graph and its base hold; `graph.base` must be there.

        `is_within` tells of a path whether it is compared: what is gone from elsewhere was read only since it may have moved here.
        """
        self._graph = graph
        self._is_within = is_within
        self.elsewhere: set[int] = set()
        self.counterparts: dict[int, Resource] = {}
        self._homes: dict[tuple[str, str], Scope] = {}
        self._by_kind: dict[str, list[Pair]] = defaultdict(list)
        waiting: dict[object, list[Pair]] = defaultdict(list)
        for pair in self._found():
            key = _successive_key(pair)
            if key is not None and _is_one_sided(pair):
                waiting[key].append(pair)
            else:
                self._add(pair)
        for pairs in waiting.values():
            for pair in _merged(pairs):
                self._add(pair)

    def of_kinds(self, *type_names: str) -> Sequence[Pair]:
        """Return the pairs of these kinds, in the order of the kinds, then as found."""
        return [pair for name in type_names for pair in self._by_kind.get(name, ())]

    def home(self, scope: Scope) -> Scope | None:
        """Return the scope of now of what had this one in the base, going by the first object that is there in both, or None."""
        return self._homes.get(scope.whereabouts)

    def _add(self, pair: Pair) -> None:
        if pair.before is not None and pair.after is not None:
            self.counterparts[id(pair.after)] = pair.before
            if self._graph.base is not None:
                self._homes.setdefault(self._graph.base.scope(pair.before).whereabouts, pair.scope)
        self._by_kind[pair.any.type_name].append(pair)

    def _found(self) -> Iterator[Pair]:
        graph = self._graph
        for resource in graph.of_type(*ENTRY_KINDS, *vendor_route_kinds(), *WORKLOAD_KINDS, *POOL_KINDS, *VALUE_KINDS):
            if _is_told(resource, graph):
                yield self._pair_of(resource)
            elif graph.base is not None and (gone := self._put_aside(resource, graph.base)) is not None:
                yield Pair(gone, None, graph.scope(resource))
        earlier = graph.base_part
        for gone in graph.removed:
            if not self._is_within(gone.path):
                self.elsewhere.add(id(gone))
            elif earlier is not None and not is_live(gone) and _is_told(gone, earlier):
                scope = self.home(earlier.scope(gone)) or earlier.scope(gone)
                yield Pair(gone, None, scope, graph.why_arrivals_may_be_missing(scope.cluster, gone.namespace) or "")

    def _put_aside(self, resource: Resource, base: ResourceGraph) -> Resource | None:
        """Return what an object was that is known to be deployed no longer: its file moved to a folder of such, or lost its place."""
        is_aside = resource.standing == "undeployed" or self._graph.why_spared(resource.path) == "aside"
        answer = self._graph.counterpart(resource) if is_aside else None
        return answer.value if isinstance(answer, Found) and answer.value is not resource and _is_told(answer.value, base) else None

    def _pair_of(self, resource: Resource) -> Pair:
        scope = self._graph.scope(resource)
        answer = self._graph.counterpart(resource)
        if isinstance(answer, Found) and self._graph.base is not None and not _is_told(answer.value, self._graph.base):
            return Pair(None, resource, scope)
        if isinstance(answer, Found):
            before = answer.value
            refused = before is not resource and is_refused(before, resource)
            return Pair(before, resource, scope, "the API server refuses this update" if refused else "")
        return Pair(None, resource, scope, answer.reason if isinstance(answer, Unknown) else "")


def _is_told(resource: Resource, graph: ResourceGraph) -> bool:
    """Tell whether an object is one of a cluster that somebody reaches: not what is no longer deployed, nor of one machine only."""
    if resource.standing != "deployed" or graph.why_spared(resource.path) == "aside":
        return False
    if resource.type_name in vendor_route_kinds() and not is_vendor_entry(resource):
        return False
    return graph.scope(resource).environment not in UNDEPLOYED_ENVIRONMENTS


def _is_one_sided(pair: Pair) -> bool:
    return (pair.before is None or pair.after is None) and not pair.doubt


def _successive_key(pair: Pair) -> object:
    kinds = next((kinds for kinds in _SUCCESSIVE if pair.any.type_name in kinds), None)
    return None if kinds is None else (pair.scope.cluster, pair.scope.environment, kinds, pair.any.namespace, pair.any.name)


def _merged(pairs: Sequence[Pair]) -> Iterator[Pair]:
    """Yield one pair for what is gone and what is new under one name; where there are several of one side, they stay as they are."""
    gone = [pair for pair in pairs if pair.after is None]
    new = [pair for pair in pairs if pair.before is None]
    if len(gone) == len(new) == 1:
        yield new[0]._replace(before=gone[0].before)
    else:
        yield from pairs
