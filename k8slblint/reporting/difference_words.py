"""The words for differences between two revisions: a sentence for each, and one line for all."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from k8slblint.model.difference import Difference, Differences, Side, Topic
from k8slblint.model.texts import listed, middle
from k8slblint.reporting.summary import counted

_FROM = {
    "internet": "from the internet",
    "internal": "from the internal network",
    "node": "at the addresses of nodes",
    "cluster": "from inside the cluster only",
    "unknown": "from an unknown network",
    "": "from inside the cluster only",
}

_FACING = {"internet": "internet-facing ", "internal": "internal "}

_WIDTH = {"": 0, "cluster": 0, "internal": 1, "node": 1, "unknown": 1, "internet": 2}

_LONGEST = 70
"""How many characters of a name are shown."""

_FEW = 3

_NOTHING = Side()


def sentence(one: Difference) -> str:
    """Return a difference as a sentence without a period: what it is about first, then what becomes of it."""
    return _WORDS[one.topic](one)


def details(one: Difference) -> Iterator[str]:
    """Yield what else there is to know of a difference, each a phrase without a period."""
    if one.note:
        yield one.note
    side = one.after or one.before or _NOTHING
    if one.topic == "entry-point" and side.values:
        yield f"{_ways_of(one)} {listed((middle(text, _LONGEST) for text in side.values), most=_FEW)}"
    if one.topic == "entry-point" and side.owner:
        yield f"served by {side.owner}"
    if one.leads_to:
        yield f"leads to {listed((middle(text, _LONGEST) for text in one.leads_to), most=_FEW)}"


def _ways_of(one: Difference) -> str:
    kind = one.resource.kind if one.resource is not None else ""
    side = one.after or one.before or _NOTHING
    word = {"Service": "port", "Gateway": "listener", "ListenerSet": "listener", "XListenerSet": "listener"}.get(
        kind, "port" if side.reach == "node" else "for"
    )
    return word if word == "for" or len(side.values) == 1 else f"{word}s"


def folded(one: Difference) -> str:
    """Return a difference as a further phrase about an object that is named already."""
    text = sentence(one)
    return text.removeprefix(f"{_name(one)} ")


def summary(found: Differences) -> list[str]:
    """Return in a few phrases what a change does to exposure; of samples only where there is nothing else."""
    told = [one for one in found.changes if not one.is_sample] or list(found.changes)
    phrases = [*_load_balancers(told), *_reaching(told), *_ranges(told), *_protections(told), *_narrowed(told), *_others(told)]
    return phrases or ["exposure does not change" if not found.undecided and not found.unread else "no change of exposure is certain"]


def _name(one: Difference) -> str:
    return middle(str(one.resource), _LONGEST) if one.resource is not None else f"cluster '{middle(one.cluster, _LONGEST)}'"


def _short_name(one: Difference) -> str:
    """Return the name without its kind, for a line of several."""
    name = one.resource.name if one.resource is not None else one.cluster
    namespace = one.resource.namespace if one.resource is not None else None
    return middle(f"{namespace}/{name}" if namespace else name, _LONGEST)


def _becomes(one: Difference, what: str) -> str:
    """Say how the reach of something changes; `what` names it."""
    was, becomes = (one.before or _NOTHING).reach, (one.after or _NOTHING).reach
    if "unknown" in (was, becomes):
        return f"{what} {_unknown(one, was, becomes)}"
    if one.after is None:
        return f"{what} is gone; it was reachable {_FROM[was]}"
    if one.before is None:
        return f"{what} {'is new, reachable' if one.direction == 'neutral' else 'becomes reachable'} {_FROM[becomes]}"
    if _WIDTH[becomes] >= _WIDTH[was] or one.direction == "more-exposed":
        return f"{what} becomes reachable {_FROM[becomes]}"
    if one.leaves_behind:
        return f"{what} {_left_behind(was, becomes)}"
    rest = "" if becomes in ("cluster", "") else f", but {_FROM[becomes]}"
    return f"{what} is no longer reachable {_FROM[was]}{rest}"


def _unknown(one: Difference, was: str, becomes: str) -> str:
    if one.before is None or one.after is None:
        return "is new" if one.before is None else "is gone"
    known = (
        f"; it was reachable {_FROM[was]}" if was != "unknown" else f"; it is reachable {_FROM[becomes]}" if becomes != "unknown" else ""
    )
    return f"changes{known}"


def _left_behind(was: str, becomes: str) -> str:
    new = "is given up" if becomes in ("cluster", "") else f"gets a new way in, reachable {_FROM[becomes]}"
    return f"{new}; the old one is left behind, reachable {_FROM[was]}"


def _entry_point(one: Difference) -> str:
    return _becomes(one, _name(one))


def _opening(one: Difference) -> str:
    words = {"port": "port ", "listener": "listener ", "host-port": "port "}
    what = f"{words.get(one.topic, '')}{middle(one.subject, _LONGEST)} of {_name(one)}"
    if one.before is not None and one.after is not None:
        was, becomes = (listed(side.values, most=_FEW) or "nothing" for side in (one.before, one.after))
        return f"{what} leads to {becomes}, was {was}"
    return _becomes(one, what)


def _node_port(one: Difference) -> str:
    was, becomes = (listed((side or _NOTHING).values, most=_FEW) for side in (one.before, one.after))
    if one.before is None:
        return f"{_name(one)} opens {_noun('node port', one.after)} {becomes}"
    if one.after is None:
        return f"{_name(one)} no longer opens {_noun('node port', one.before)} {was}"
    return f"{_name(one)} changes its node ports from {was} to {becomes}"


def _external_address(one: Difference) -> str:
    was, becomes = (listed((side or _NOTHING).values, most=_FEW) for side in (one.before, one.after))
    if one.before is None:
        return f"{_name(one)} takes traffic for {_noun('external address', one.after)} {becomes}"
    if one.after is None:
        return f"{_name(one)} no longer takes traffic for {was}"
    return f"{_name(one)} takes traffic for {becomes}, was {was}"


def _noun(word: str, side: Side | None) -> str:
    count = len(side.values) if side is not None else 0
    plural = f"{word}es" if word.endswith("s") else f"{word}s"
    return word if count == 1 else plural


def _source_ranges(one: Difference) -> str:
    was, becomes = (one.before or _NOTHING).values, (one.after or _NOTHING).values
    added = [text for text in becomes if text not in was]
    removed = [text for text in was if text not in becomes]
    if one.change == "removed":
        return f"{counted(len(was), 'source range')} removed from {_name(one)}: every client may connect"
    if one.change == "added":
        return f"{_name(one)} allows only {listed(becomes, most=_FEW)}; every client could connect"
    parts = [
        f"{counted(len(texts), 'source range')} {verb} {_name(one)}: {listed(texts, most=_FEW)}"
        for texts, verb in ((added, "added to"), (removed, "removed from"))
        if texts
    ]
    return "; ".join(parts) or f"the allowed clients of {_name(one)} change"


def _protection(one: Difference) -> str:
    verb = "loses" if one.after is None else "gains"
    return f"{_name(one)} {verb} {middle(one.subject, _LONGEST)}"


def _workload(one: Difference) -> str:
    return _becomes(one, _name(one))


def _load_balancer(one: Difference) -> str:
    side = one.after or one.before or _NOTHING
    may = "may " if side.reach == "unknown" else ""
    if one.change == "replaced":
        return f"{_name(one)} {may}{'get' if may else 'gets'} another load balancer: {_described(one.after)}, was {_described(one.before)}"
    verb = ("get" if may else "gets") if one.after is not None else ("give up" if may else "gives up")
    described = f": {_described(side)}" if side.kind or side.owner else ""
    return f"{_name(one)} {may}{verb} a load balancer{described}"


def _described(side: Side | None) -> str:
    side = side or _NOTHING
    owner = f" of {side.owner}" if side.owner else ""
    return f"{_kind(side)}{owner}{_price(side)}"


def _kind(side: Side) -> str:
    return f"{_FACING.get(side.reach, '')}{side.kind or 'load balancer'}"


def _price(side: Side | None) -> str:
    amount = dollars(side)
    return f", {amount} a month" if amount else ""


def dollars(side: Side | None) -> str:
    """Return what something costs in words: `about 16 USD`, `16 to 18 USD`; empty where that is not known."""
    if side is None or side.monthly_usd is None:
        return ""
    low, high = (round(amount) for amount in side.monthly_usd)
    return f"about {low} USD" if low == high else f"{low} to {high} USD"


def _cost(one: Difference) -> str:
    becomes, was = (_amount(side) for side in (one.after, one.before))
    return f"the cloud load balancers of {_name(one)} cost {becomes}, was {was}"


def _amount(side: Side | None) -> str:
    """Return what some load balancers cost and how many they are: `about 16 USD a month (1)`."""
    count = side.values[0] if side is not None and side.values else "0"
    return "nothing" if count == "0" else f"{dollars(side)} a month ({count})"


def _pool(one: Difference) -> str:
    was, becomes = (listed((side or _NOTHING).values, most=_FEW) or "nothing" for side in (one.before, one.after))
    if one.before is None:
        return f"{_name(one)} is new and contains {becomes}"
    if one.after is None:
        return f"{_name(one)} is gone; it contained {was}"
    return f"{_name(one)} contains {becomes}, was {was}"


_WORDS: dict[Topic, Callable[[Difference], str]] = {
    "entry-point": _entry_point,
    **dict.fromkeys(("host-and-path", "port", "listener", "host-port"), _opening),
    "node-port": _node_port,
    "external-address": _external_address,
    "source-ranges": _source_ranges,
    "protection": _protection,
    "workload": _workload,
    "load-balancer": _load_balancer,
    "cost": _cost,
    "address-pool": _pool,
}

_REACHING = ("entry-point", "host-and-path", "port", "listener", "host-port", "workload")


def _load_balancers(told: Sequence[Difference]) -> Iterator[str]:
    """Yield how many load balancers come and go, the internet-facing ones first, then which are replaced."""
    groups: dict[tuple[str, str], list[Side]] = {}
    balancers = sorted(
        (one for one in told if one.topic == "load-balancer"), key=lambda one: -_WIDTH[(one.after or one.before or _NOTHING).reach]
    )
    for one in balancers:
        if one.change != "replaced" and not one.leaves_behind:
            side = one.after or one.before or _NOTHING
            groups.setdefault((one.change, _FACING.get(side.reach, "")), []).append(side)
    for (change, facing), sides in groups.items():
        kinds = Counter(side.kind or "kind unknown" for side in sides)
        named = [kind if number == 1 else f"{number} {kind}" for kind, number in kinds.items()] if len(kinds) > 1 else list(kinds)
        amount = dollars(sides[0]) if len({dollars(side) for side in sides}) == 1 else ""
        about = [listed(named, most=_FEW), *([f"{amount} a month{' each' if len(sides) > 1 else ''}"] if amount else [])]
        verb = "adds" if change == "added" else "removes"
        yield f"{verb} {counted(len(sides), f'{facing}load balancer')} ({', '.join(about)})"
    yield from _replaced([one for one in balancers if one.change == "replaced" or one.leaves_behind])


def _replaced(told: Sequence[Difference]) -> Iterator[str]:
    for one in told[:_FEW]:
        was, becomes = _kind(one.before or _NOTHING), _kind(one.after or _NOTHING)
        if one.leaves_behind:
            yield f"leaves the load balancer of {_short_name(one)} behind ({was})"
        else:
            about = f"{was} by {becomes}" if was != becomes else becomes
            yield f"replaces the load balancer of {_short_name(one)} ({about})"
    if len(told) > _FEW:
        yield f"replaces {len(told) - _FEW} more load balancers"


def _reaching(told: Sequence[Difference]) -> Iterator[str]:
    """Yield what becomes reachable, the widest first: the first of them each, and how many more."""
    found = [one for one in told if one.topic in _REACHING and one.direction == "more-exposed"]
    found.sort(key=lambda one: -_WIDTH[(one.after or _NOTHING).reach])
    for one in found[:_FEW]:
        subject = f"{middle(one.subject, _LONGEST)} of {_short_name(one)}" if one.subject else _name(one)
        yield f"{subject} becomes reachable {_FROM[(one.after or _NOTHING).reach]}"
    if len(found) > _FEW:
        yield f"{len(found) - _FEW} more become reachable"


def _ranges(told: Sequence[Difference]) -> Iterator[str]:
    for one in [one for one in told if one.topic == "source-ranges"][:_FEW]:
        was, becomes = (one.before or _NOTHING).values, (one.after or _NOTHING).values
        added, removed = len(set(becomes) - set(was)), len(set(was) - set(becomes))
        if added:
            yield f"{counted(added, 'source range')} added to {_short_name(one)}"
        if removed:
            yield f"{counted(removed, 'source range')} removed from {_short_name(one)}"


def _protections(told: Sequence[Difference]) -> Iterator[str]:
    """Yield what is lost, the first of it each, then how much more; what is gained as one number."""
    lost = [one for one in told if one.topic == "protection" and one.after is None]
    gained = sum(one.topic == "protection" and one.before is None for one in told)
    yield from (f"{_short_name(one)} loses {middle(one.subject, _LONGEST)}" for one in lost[:_FEW])
    if len(lost) > _FEW:
        yield f"{counted(len(lost) - _FEW, 'more protection')} lost"
    if gained:
        yield f"{counted(gained, 'protection')} gained"


def _narrowed(told: Sequence[Difference]) -> Iterator[str]:
    found = [one for one in told if one.topic in _REACHING and one.direction == "less-exposed"]
    if len(found) == 1:
        yield sentence(found[0])
    elif found:
        yield f"{len(found)} entry points are reachable from fewer networks"


def _others(told: Sequence[Difference]) -> Iterator[str]:
    opened = sum(len(one.after.values) for one in told if one.topic == "node-port" and one.after and one.direction == "more-exposed")
    if opened:
        yield f"opens {counted(opened, 'fixed node port')}"
    addresses = [one for one in told if one.topic == "external-address"]
    if addresses:
        yield f"changes the external addresses of {counted(len(addresses), 'Service')}"
    pools = [one for one in told if one.topic == "address-pool"]
    if pools:
        yield f"changes {counted(len(pools), 'address pool')}"
    for one in [one for one in told if one.topic == "cost"][:1]:
        was, becomes = one.before or _NOTHING, one.after or _NOTHING
        if sum(was.monthly_usd or ()) and sum(becomes.monthly_usd or ()):
            yield f"load balancers of {_name(one)} cost {dollars(becomes)} a month, was {dollars(was)}"
