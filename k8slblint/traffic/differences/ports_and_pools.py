"""Node ports, addresses of nodes and address pools that are added, removed or changed, by what the manifests fix."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from k8slblint.addresses import Interval, subtract
from k8slblint.model.difference import Direction, Side, Topic
from k8slblint.model.location import Path
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.traffic.addresses.pools import POOL_KINDS, PoolEntry, Unrendered, pool_entries
from k8slblint.traffic.balancers.node_ports import OPENING_TYPES, fixed_node_ports
from k8slblint.traffic.changes.updates import is_left_alone
from k8slblint.traffic.differences.facts import Fact, change_of, spot_of
from k8slblint.traffic.differences.pairs import Pair, Pairs

_EXTERNAL_IPS = ("spec", "externalIPs")


class _Written(NamedTuple):
    """What an object fixes, as shown, and where."""

    texts: tuple[str, ...]
    path: Path


def node_facts(pairs: Pairs) -> Iterator[Fact]:
    """Yield one fact for each Service whose fixed node ports differ, and one where its external addresses do."""
    for pair in pairs.of_kinds("Service"):
        if pair.before is not pair.after and not _is_live_left(pair):
            yield from _compared(pair, "node-port", _node_ports, _direction_of_node_ports)
            yield from _compared(pair, "external-address", _external_addresses, _direction_of_addresses)


def _is_live_left(pair: Pair) -> bool:
    """Tell whether a live Service keeps the node ports that were allocated to it, as the manifest names none."""
    return pair.before is not None and pair.after is not None and is_left_alone(pair.before, pair.after, "spec", "ports", "nodePort")


def _node_ports(service: Resource) -> _Written:
    found = list(fixed_node_ports(service))
    texts = tuple(f"{port.number}/{port.protocol or 'TCP'}" for port in found)
    return _Written(texts, found[0].path if found else ())


def _external_addresses(service: Resource) -> _Written:
    texts = tuple(str(text) for text in service.sequence(*_EXTERNAL_IPS))
    return _Written(texts, _EXTERNAL_IPS if texts else ())


def _compared(
    pair: Pair, topic: Topic, written: Callable[[Resource], _Written], direction: Callable[[Pair, _Written, _Written], Direction]
) -> Iterator[Fact]:
    before, after = (written(one) if one is not None else _Written((), ()) for one in (pair.before, pair.after))
    if set(before.texts) == set(after.texts):
        return
    was, becomes = (Side(values=one.texts) if one.texts else None for one in (before, after))
    yield Fact(
        topic,
        change_of(was, becomes),
        "neutral" if pair.doubt else direction(pair, before, after),
        pair.scope,
        spot_of(pair.after, after.path),
        spot_of(pair.before, before.path),
        was,
        becomes,
        reason=pair.doubt,
        is_decided=not pair.doubt,
    )


def _direction_of_node_ports(pair: Pair, before: _Written, after: _Written) -> Direction:
    """Return which way it goes: to fix a number that was allocated so far, or another one, opens no more than before."""
    opened, opens = len(before.texts) or _opens(pair.before), len(after.texts) or _opens(pair.after)
    return "neutral" if opened == opens else "more-exposed" if opened < opens else "less-exposed"


def _opens(service: Resource | None) -> int:
    """Return how many node ports are allocated to a Service that fixes none."""
    if service is None or service.get("spec", "type") not in OPENING_TYPES:
        return 0
    return 0 if service.get("spec", "allocateLoadBalancerNodePorts") is False else len(service.sequence("spec", "ports"))


def _direction_of_addresses(_: Pair, before: _Written, after: _Written) -> Direction:
    if set(after.texts) - set(before.texts):
        return "more-exposed"
    return "less-exposed"


def pool_facts(pairs: Pairs) -> Iterator[Fact]:
    """Yield one fact for each address pool that holds other addresses than before; one that is filled in later is undecided."""
    for pair in pairs.of_kinds(*POOL_KINDS):
        if pair.before is pair.after:
            continue
        before, after = _entries(pair.before), _entries(pair.after)
        is_same = pair.before is not None and pair.after is not None and _are_same(before, after)
        doubt = pair.doubt or next((one.range.reason for one in (*after, *before) if isinstance(one.range, Unrendered)), "")
        if _texts(before) == _texts(after) or (is_same and not doubt):
            continue
        first = next((entry for entry in after if entry.text not in _texts(before)), None)
        gone = next((entry for entry in before if entry.text not in _texts(after)), None)
        yield Fact(
            "address-pool",
            change_of(pair.before, pair.after),
            "neutral",
            pair.scope,
            spot_of(pair.after, first.path if first is not None else ()),
            spot_of(pair.before, gone.path if gone is not None else ()),
            Side(values=_texts(before)) if pair.before is not None else None,
            Side(values=_texts(after)) if pair.after is not None else None,
            reason=doubt,
            is_decided=not doubt,
        )


def _entries(pool: Resource | None) -> Sequence[PoolEntry]:
    if pool is None:
        return ()
    return pool_entries(pool)


def _texts(entries: Sequence[PoolEntry]) -> tuple[str, ...]:
    return tuple(entry.text for entry in entries)


def _are_same(before: Sequence[PoolEntry], after: Sequence[PoolEntry]) -> bool:
    """Tell whether two lists hold the same addresses, however they are written; what cannot be read is compared as text."""
    sides = [_by_range(entries) for entries in (before, after)]
    unread = [{text for text, range_ in side.items() if range_ is None} for side in sides]
    was, becomes = ([range_ for range_ in side.values() if range_ is not None] for side in sides)
    return unread[0] == unread[1] and not any(subtract(one, becomes) for one in was) and not any(subtract(one, was) for one in becomes)


def _by_range(entries: Sequence[PoolEntry]) -> Mapping[str, Interval | None]:
    return {entry.text: entry.range if isinstance(entry.range, Interval) else None for entry in entries}
