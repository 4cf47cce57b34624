"""What cloud load balancers cost a month before traffic, as a range of dated list prices."""

from collections.abc import Iterable, Sequence
from itertools import product

from k8slblint.catalog import load_balancers as catalog
from k8slblint.catalog.load_balancers import Price, Tier
from k8slblint.model.records import NamedTuple
from k8slblint.traffic.balancers.groups import LoadBalancer


class Cost(NamedTuple):
    """The lowest and highest sum in US dollars a month, the months of the list prices (ISO, sorted), and how many it covers.

    `depends_on_cloud` tells that the cloud of some is unknown: the range then spans all clouds with a known price.
    """

    low: float
    high: float
    dates: tuple[str, ...]
    covered: int
    depends_on_cloud: bool = False


class _Case(NamedTuple):
    """One way to add up prices.

    `platform` is taken for the unknown ones, `is_dearest` tells which end of each price counts, `is_beside_others` that others of the
    same project have used up the units that are billed together.
    """

    platform: str
    is_dearest: bool
    is_beside_others: bool


def cost_of(balancers: Sequence[LoadBalancer]) -> Cost | None:
    """Return what load balancers cost together, or None where no price is known.

    Not a sum of single prices: Google Cloud and Azure bill the first five rules together.
    """
    cases = _cases(balancers)
    totals = [_total(balancers, case) for case in cases]
    prices = [[_entries(balancer, case) for balancer in balancers] for case in cases]
    dates = {entry.date for entries in prices for of_one in entries for entry in of_one}
    if not dates:
        return None
    is_floating = any(balancer.platform == "unknown" for balancer in balancers)
    return Cost(min(totals), max(totals), tuple(sorted(dates)), sum(map(bool, prices[0])), is_floating)


def saving_of(balancers: Sequence[LoadBalancer], needless: Iterable[LoadBalancer]) -> tuple[float, float] | None:
    """Return the lowest and highest saving in US dollars a month when some of the load balancers go, or None when unknown."""
    gone = {id(balancer) for balancer in needless}
    if cost_of([balancer for balancer in balancers if id(balancer) in gone]) is None:
        return None
    left = [balancer for balancer in balancers if id(balancer) not in gone]
    savings = [_total(balancers, case) - _total(left, case) for case in _cases(balancers)]
    return min(savings), max(savings)


def in_dollars(amount: tuple[float, float] | None) -> str | None:
    """Write a range of whole US dollars: `18`, `18 to 22`; None for one that is unknown, nothing, or so wide that it says nothing."""
    if amount is None or amount[1] >= amount[0] * _TELLING or not round(amount[0]):
        return None
    low, high = amount
    return f"{high:.0f}" if round(low) == round(high) else f"{low:.0f} to {high:.0f}"


_TELLING = 2


def _cases(balancers: Sequence[LoadBalancer]) -> list[_Case]:
    is_floating = any(balancer.platform == "unknown" for balancer in balancers)
    platforms = catalog.priced_platforms() if is_floating else ("",)
    return [_Case(*case) for case in product(platforms, (False, True), (False, True))]


def _entries(balancer: LoadBalancer, case: _Case) -> list[Price]:
    names = catalog.prices_of_services(case.platform) if balancer.platform == "unknown" else balancer.prices
    return [entry for name in names if (entry := catalog.price(name))]


def _total(balancers: Sequence[LoadBalancer], case: _Case) -> float:
    total = 0.0
    pools: dict[tuple[str, bool], tuple[Tier, int]] = {}
    for balancer in balancers:
        entries = _entries(balancer, case)
        tier = entries[0].tier if entries else None
        if tier is not None:
            pool = (entries[0].source, balancer.is_internal)
            units = balancer.ports if tier.unit == "port" else balancer.forwarding_rules
            pools[pool] = (tier, units + (pools[pool][1] if pool in pools else 0))
        elif entries:
            ends = [amount for entry in entries for amount in entry.monthly_usd]
            total += max(ends) if case.is_dearest else min(ends)
    return total + sum(_of_tier(tier, units, case) for tier, units in pools.values())


def _of_tier(tier: Tier, units: int, case: _Case) -> float:
    """Return what these units cost alone, or at the price of further ones where others use up the first units of the scope."""
    if case.is_beside_others and tier.scope == "project":
        return units * tier.further_usd
    return tier.base_usd + max(units - tier.included, 0) * tier.further_usd
