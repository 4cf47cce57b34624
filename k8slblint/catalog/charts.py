"""Which values of public charts are the settings of a Service, what their defaults are, and how charts read them.

The facts are in `catalogs/charts.json`, each from the chart's own source.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Literal, TypeAlias

from k8slblint.model.location import Path
from k8slblint.model.records import NamedTuple
from k8slblint.shipped import read_json

Passing: TypeAlias = Literal["unchanged", "quoted", "rendered", "unknown"]
"""How a chart writes annotations: as they are (`toYaml`), each value in quotes, as a template (`tpl`), or not known."""

Version: TypeAlias = tuple[int, ...]

ANY = "*"
"""A step of a path that stands for any key."""


class Part(NamedTuple):
    """A mapping of a chart's values that holds the settings of one Service.

    `stem` is what its keys begin with, where they stand among others: `service` of `serviceType`. `default_type` is the type without a
    setting, None where that depends. `names` are fields of the Service by the keys of the chart, where those differ.
    """

    path: tuple[str, ...]
    stem: str
    default_type: str | None
    names: Mapping[str, str]
    annotations: Passing


class Chart(NamedTuple):
    """A chart in a range of versions: from `since` on, and before `before`; None has no bound."""

    name: str
    repositories: tuple[str, ...]
    since: Version | None
    before: Version | None
    parts: tuple[Part, ...]
    source: str
    as_of: str

    def has(self, version: Version | None) -> bool:
        """Tell whether a version may be one of these; of a version that is not known, all may."""
        if version is None:
            return True
        return (self.since is None or version >= self.since[: len(version)]) and (self.before is None or version < self.before)


def parts_of(name: str, version: str) -> tuple[Part, ...]:
    """Return the Services of a chart at a version (`4.13.0`, `4.x`, `""` for any): what all versions that are meant have in common."""
    rows = [row for row in _by_name().get(name, ()) if row.has(parse_version(version))]
    if not rows:
        return ()
    first, *others = rows
    return tuple(filter(None, (_common(part, [_same(part, row.parts) for row in others]) for part in first.parts)))


def part_at(name: str, version: str, path: Path) -> Part | None:
    """Return the Service whose settings are at a path among the values of a chart, or of a chart that is a part of another."""
    found = next((part for part in parts_of(name, version) if _fits(part, path)), None)
    if found is None and path and isinstance(path[0], str) and path[0] in _by_name():
        found = next((part for part in parts_of(path[0], "") if _fits(part, path[1:])), None)
    return found


def parse_version(text: str) -> Version | None:
    """Return the numbers that a version, or a range with a lower bound or wildcards, begins with; None for all else."""
    match = re.fullmatch(r"\s*[v^~=]?\s*v?(\d{1,6})(?:\.(\d{1,6}))?(?:\.(\d{1,9}))?(?:\.[xX*])*(?:[-+].*)?\s*", text)
    return tuple(int(part) for part in match.groups() if part is not None) if match else None


def own_keys() -> frozenset[str]:
    """Return the keys that some chart reads and that are spelt almost like a field of a Service."""
    return frozenset(row["key"] for row in _catalog()["own_keys"])


def accepts_any_case(chart: Mapping[str, Any], field: str) -> bool:
    """Tell whether a chart (`name`, `repository`) reads the value of a field in any case."""
    name, repository = str(chart.get("name", "")).lower(), str(chart.get("repository", "")).lower()
    rows = (row for row in _catalog()["any_case"] if field in row["fields"])
    return any(name in row["charts"] or any(word in repository for word in row["repositories"]) for row in rows)


def charts() -> tuple[Chart, ...]:
    """Return all of them, one for each range of versions."""
    return tuple(row for rows in _by_name().values() for row in rows)


def _fits(part: Part, path: Path) -> bool:
    whole = (*part.path, part.stem) if part.stem else part.path
    return len(whole) == len(path) and all(step in (ANY, given) for step, given in zip(whole, path, strict=True))


def _same(part: Part, others: Iterable[Part]) -> Part | None:
    return next((one for one in others if (one.path, one.stem) == (part.path, part.stem)), None)


def _common(part: Part, others: Sequence[Part | None]) -> Part | None:
    """Return what is true of a Service in all versions, None where some lack it."""
    known = [one for one in others if one is not None]
    if len(known) < len(others):
        return None
    default_type = part.default_type if all(one.default_type == part.default_type for one in known) else None
    passing: Passing = part.annotations if all(one.annotations == part.annotations for one in known) else "unknown"
    names = {key: field for key, field in part.names.items() if all(one.names.get(key) == field for one in known)}
    return part._replace(default_type=default_type, annotations=passing, names=names)


@cache
def _by_name() -> dict[str, list[Chart]]:
    found: dict[str, list[Chart]] = {}
    for row in _catalog()["charts"]:
        for name in row["names"]:
            found.setdefault(name, []).append(_chart(name, row))
    return found


def _chart(name: str, row: Mapping[str, Any]) -> Chart:
    return Chart(
        name=name,
        repositories=tuple(row.get("repositories", ())),
        since=parse_version(row["since"]) if "since" in row else None,
        before=parse_version(row["before"]) if "before" in row else None,
        parts=tuple(map(_part, row["services"])),
        source=row["source"],
        as_of=row["date"],
    )


def _part(row: Mapping[str, Any]) -> Part:
    return Part(tuple(row["path"]), row.get("stem", ""), row.get("type"), row.get("names", {}), row.get("annotations", "unknown"))


@cache
def _catalog() -> dict[str, Any]:
    catalog: dict[str, Any] = read_json("catalogs", "charts.json")
    return catalog
