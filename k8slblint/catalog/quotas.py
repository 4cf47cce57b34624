"""How many load balancers, listeners, targets ... a cloud allows; the facts are in `catalogs/quotas.json`."""

from functools import cache

from k8slblint.model.records import NamedTuple
from k8slblint.shipped import read_json


class Quota(NamedTuple):
    """How many of a thing (`of`, in the singular) a cloud allows per another thing, by default.

    `limit` is None where it depends on the account, `is_adjustable` None where it is not known whether the cloud raises it.
    `as_of` is the day (ISO) of the source.
    """

    platform: str
    of: str
    per: str
    limit: int | None
    is_adjustable: bool | None
    source: str
    as_of: str

    @property
    def vendor(self) -> str:
        """What the cloud is called."""
        return str(read_json("catalogs", "quotas.json")["vendors"].get(self.platform, self.platform))


@cache
def quotas(platform: str) -> tuple[Quota, ...]:
    """Return the known quotas of a platform, none where nothing is known."""
    rows = read_json("catalogs", "quotas.json")["quotas"]
    return tuple(
        Quota(platform, row["of"], row["per"], row["limit"], row.get("adjustable"), row["source"], row["date"])
        for row in rows
        if row["platform"] == platform
    )


def quota(platform: str, of: str, per: str) -> Quota | None:
    """Return one quota, for example `quota("eks", "NLB", "region")`, or None when unknown."""
    return next((found for found in quotas(platform) if (found.of, found.per) == (of, per)), None)
