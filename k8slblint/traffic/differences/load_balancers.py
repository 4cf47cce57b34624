"""Load balancers that are added, removed or replaced, with owner, kind and monthly cost."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

from k8slblint.catalog import aws
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import GATEWAY, INGRESS_KINDS
from k8slblint.model.difference import Change, Side
from k8slblint.model.resource import Resource
from k8slblint.model.scope import UNDEPLOYED_ENVIRONMENTS, Scope
from k8slblint.traffic.balancers.costs import Cost, cost_of
from k8slblint.traffic.balancers.groups import LoadBalancer, budget_key, cloud_load_balancers
from k8slblint.traffic.balancers.ingresses import is_cloud
from k8slblint.traffic.changes.load_balancers import LoadBalancerChange, load_balancer_changes
from k8slblint.traffic.changes.updates import is_refused
from k8slblint.traffic.differences.facts import WIDTH, Fact, Spot, direction_of, spot_of
from k8slblint.traffic.differences.handovers import effects_of_handover, left_behind
from k8slblint.traffic.differences.pairs import Pair, Pairs
from k8slblint.traffic.exposure import exposure_of
from k8slblint.traffic.ownership import ownership_of, service_platform

_MAKERS = ("Service", *INGRESS_KINDS, GATEWAY)

_OF_SITE = "pool address"

_KeyedScopes = dict[tuple[str, str], Scope]


def load_balancer_facts(pairs: Pairs, graph: ResourceGraph, base: ResourceGraph) -> Iterator[Fact]:
    """Yield the load balancers that are added, replaced and removed, then the cost of each cluster where it changes."""
    by_member = {id(pair.any): pair for pair in pairs.of_kinds(*_MAKERS)}
    was, becomes = _compared(_all(base), pairs), _all(graph)
    matched = _matched(was, becomes, pairs.counterparts)
    found: list[Fact | None] = []
    for balancer in becomes:
        before = matched.get(id(balancer))
        found.append(_added(balancer, by_member, graph) if before is None else _replaced(before, balancer, by_member, graph, base))
    kept = {id(one) for one in matched.values()}
    old_members = {id(pair.before): pair for pair in pairs.of_kinds(*_MAKERS) if pair.before is not None}
    for balancer in was:
        pair = old_members.get(id(balancer.first))
        if id(balancer) not in kept and pair is not None:
            found.append(_removed(balancer, pair, graph, base))
    told = [fact for fact in found if fact is not None]
    yield from told
    left = {budget_key(fact.scope) for fact in told if fact.leaves_behind}
    yield from (fact for fact in _costs(pairs, graph, base) if budget_key(fact.scope) not in left)  # what is left behind is billed too


def _all(graph: ResourceGraph) -> list[LoadBalancer]:
    """Return the cloud load balancers of all clusters, then what else serves Services of type LoadBalancer, in reading order."""
    of_cloud = [one for scope in _scopes(graph).values() for one in cloud_load_balancers(graph, scope)]
    of_site = [
        LoadBalancer((service,), service_platform(service, graph), _OF_SITE)
        for service in graph.of_type("Service")
        if service.get("spec", "type") == "LoadBalancer"
        and not is_cloud(service_platform(service, graph))
        and ownership_of(service, graph).verdict == "owned"
        and graph.scope(service).environment not in UNDEPLOYED_ENVIRONMENTS
    ]
    return [one for one in (*of_cloud, *of_site) if any(_is_told(member, graph) for member in one.members)]


def _compared(balancers: Sequence[LoadBalancer], pairs: Pairs) -> list[LoadBalancer]:
    """Return the load balancers that do not stand elsewhere than what is compared."""
    return [one for one in balancers if any(id(member) not in pairs.elsewhere for member in one.members)]


def _is_told(resource: Resource, graph: ResourceGraph) -> bool:
    return resource.standing == "deployed" and graph.why_spared(resource.path) != "aside"


def _scopes(graph: ResourceGraph) -> _KeyedScopes:
    found: _KeyedScopes = {}
    for resource in graph.of_type(*_MAKERS):
        scope = graph.scope(resource)
        found.setdefault(budget_key(scope), scope)
    return found


def _matched(was: Sequence[LoadBalancer], becomes: Sequence[LoadBalancer], counterparts: Mapping[int, Resource]) -> dict[int, LoadBalancer]:
    """Return by id of each load balancer of now the one that it was: that with which it shares the most members, each taken once."""
    owners = {id(member): balancer for balancer in was for member in balancer.members}
    shares: Counter[tuple[int, int]] = Counter()
    for number, balancer in enumerate(becomes):
        for member in balancer.members:
            old = counterparts.get(id(member))
            if old is not None and id(old) in owners:
                shares[number, id(owners[id(old)])] += 1
    by_id = {id(one): one for one in was}
    found: dict[int, LoadBalancer] = {}
    taken: set[int] = set()
    for (number, old_id), _ in sorted(shares.items(), key=lambda one: (-one[1], one[0][0], by_id[one[0][1]].first.order)):
        if id(becomes[number]) not in found and old_id not in taken:
            found[id(becomes[number])] = by_id[old_id]
            taken.add(old_id)
    return found


def _added(balancer: LoadBalancer, by_member: Mapping[int, Pair], graph: ResourceGraph) -> Fact | None:
    pair = next((by_member[id(member)] for member in balancer.members if id(member) in by_member), None)
    if pair is None or pair.after is None:
        return None
    side, doubt = _side(balancer, graph), pair.doubt or _doubt(balancer, graph)
    spots = Spot(pair.after, _deciding_path(pair.after)), spot_of(pair.before)
    return _fact(pair, "added", spots, (None, side), doubt, effects_of_handover(pair, graph))


def _removed(balancer: LoadBalancer, pair: Pair, graph: ResourceGraph, base: ResourceGraph) -> Fact:
    side, doubt = _side(balancer, base), pair.doubt or _doubt(balancer, base)
    spot = Spot(pair.after, _deciding_path(pair.after)) if pair.after is not None else None
    spots = spot, Spot(balancer.first, _deciding_path(balancer.first))
    fact = _fact(pair, "removed", spots, (side, None), doubt, effects_of_handover(pair, graph))
    return fact._replace(direction="neutral", leaves_behind=True) if left_behind(pair, graph) else fact


def _replaced(
    was: LoadBalancer, becomes: LoadBalancer, by_member: Mapping[int, Pair], graph: ResourceGraph, base: ResourceGraph
) -> Fact | None:
    """Return that a load balancer gives way to another; None where it stays, as far as is known."""
    pairs = [by_member[id(member)] for member in becomes.members if id(member) in by_member]
    pair = next((one for one in pairs if one.before is not one.after), None)
    if pair is None or pair.after is None or pair.before is None:
        return None
    sides = _side(was, base), _side(becomes, graph)
    effects = effects_of_handover(pair, graph)
    recreates = [change for one in pairs for change in _recreating(one, graph)]
    if sides[0].kind == sides[1].kind and not effects and not recreates and _may_share_owner(pair, graph, base):
        return None
    if is_refused(pair.before, pair.after):
        return _fact(pair, "replaced", (Spot(pair.after), Spot(pair.before)), sides, "the API server refuses this update", "")
    note = effects or next((change.described for change in recreates), "")
    doubt = _doubt(becomes, graph) or _doubt(was, base)
    paths = (recreates[0].path, recreates[0].path_before) if recreates else (_deciding_path(pair.after), ())
    spots = Spot(pair.after, paths[0]), Spot(pair.before, paths[1])
    direction = direction_of(*map(_known, sides))
    stays = bool(left_behind(pair, graph))
    is_neutral = bool(doubt) or (stays and direction == "less-exposed")
    fact = _fact(pair, "replaced", spots, sides, doubt, note)
    return fact._replace(direction="neutral" if is_neutral else direction, leaves_behind=stays)


def _recreating(pair: Pair, graph: ResourceGraph) -> Iterator[LoadBalancerChange]:
    before, after = pair.before, pair.after
    if before is None or after is None or before is after or after.kind not in ("Service", "Ingress"):
        return
    for change in load_balancer_changes(before, after, graph):
        if isinstance(change, LoadBalancerChange) and change.effect == "recreates" and change.replaces in ("load-balancer", "address"):
            yield change


def _may_share_owner(pair: Pair, graph: ResourceGraph, base: ResourceGraph) -> bool:
    if pair.before is None or pair.after is None:
        return True
    was, owner = ownership_of(pair.before, base), ownership_of(pair.after, graph)
    return not (was.verdict == owner.verdict == "owned") or bool(set(was.candidates) & set(owner.candidates))


_Spots = tuple[Spot | None, Spot | None]
"""Where something is written now, and where it was in the base."""

_Sides = tuple[Side | None, Side | None]
"""What it was in the base, and what it is now."""


def _fact(pair: Pair, change: Change, spots: _Spots, sides: _Sides, doubt: str, note: str) -> Fact:
    reaches = [_known(side) if side is not None else "" for side in sides]
    direction = "neutral" if doubt or note else direction_of(*reaches)
    return Fact("load-balancer", change, direction, pair.scope, *spots, *sides, reason=doubt, note=note, is_decided=not doubt)


def _doubt(balancer: LoadBalancer, graph: ResourceGraph) -> str:
    """Return why it is not known that there is such a load balancer, or from where it is reached; empty where both are."""
    owner = ownership_of(balancer.first, graph)
    if owner.verdict == "unknown":
        return owner.reason
    exposure = exposure_of(balancer.first, graph)
    return exposure.reason if exposure.reach == "unknown" else ""


def _side(balancer: LoadBalancer, graph: ResourceGraph) -> Side:
    cost = cost_of([balancer])
    return Side(
        exposure_of(balancer.first, graph).reach,
        tuple(dict.fromkeys(str(member.id) for member in balancer.members)),
        _kind(balancer, graph),
        ownership_of(balancer.first, graph).names,
        _monthly(cost),
    )


def _kind(balancer: LoadBalancer, graph: ResourceGraph) -> str:
    """Return what a load balancer is called: on AWS what its owner makes, else the product of the catalog."""
    owner = ownership_of(balancer.first, graph)
    made = aws.kind_made_by(owner.on_aws) if owner.on_aws is not None and balancer.first.kind == "Service" else None
    return made or balancer.product


def _known(side: Side) -> str:
    return side.reach if side.reach in WIDTH else ""


def _monthly(cost: Cost | None) -> tuple[float, float] | None:
    return None if cost is None or cost.depends_on_cloud else (round(cost.low, 2), round(cost.high, 2))


def _deciding_path(resource: Resource) -> tuple[str, ...]:
    return ("spec", "type") if resource.kind == "Service" and resource.get("spec", "type") is not None else ()


def _costs(pairs: Pairs, graph: ResourceGraph, base: ResourceGraph) -> Iterator[Fact]:
    """Yield what the load balancers of a cluster cost together, where that changes and all their prices are known."""
    was: dict[tuple[str, str], list[LoadBalancer]] = defaultdict(list)
    scopes = _scopes(graph)
    for scope in _scopes(base).values():
        home = pairs.home(scope) or scope
        scopes.setdefault(budget_key(home), home)
        was[budget_key(home)] += _compared(cloud_load_balancers(base, scope), pairs)
    for key, scope in scopes.items():
        before, after = _total(was[key]), _total(cloud_load_balancers(graph, scope))
        if before is not None and after is not None and before.monthly_usd != after.monthly_usd:
            yield Fact("cost", "changed", "neutral", scope, None, None, before, after)


def _total(balancers: Sequence[LoadBalancer]) -> Side | None:
    """Return how many load balancers there are and what they cost together, None where a price is not known."""
    if not balancers:
        return Side(values=("0",), monthly_usd=(0.0, 0.0))
    cost = cost_of(balancers)
    monthly = _monthly(cost)
    return (
        None
        if cost is None or monthly is None or cost.covered < len(balancers)
        else Side(values=(str(len(balancers)),), monthly_usd=monthly)
    )
