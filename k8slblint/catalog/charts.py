"""Which values of public charts are the settings of a Service, what their defaults are, and how charts read them.

The facts are in `catalogs/charts.json`, each from the chart's own source.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from types import MappingProxyType
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

    `stem` is what its keys begin with, where they stand among others: `service` of `serviceType`. `default_type` and `default_policy` hold
    without a setting, None where that depends. `names` are fields of the Service by the keys of the chart, where those differ. `is_made`
    tells that the chart makes the Service without any setting.
    """

    path: tuple[str, ...]
    stem: str
    default_type: str | None
    default_policy: str | None
    names: Mapping[str, str]
    annotations: Passing
    is_made: bool = False

    @property
    def place(self) -> tuple[str, ...]:
        """What names it among the values: keys with a stem are a part of their own."""
        return (*self.path, self.stem) if self.stem else self.path


class KnownKeys(NamedTuple):
    """All keys that the settings of a Service, an Ingress or a route of a chart may have; others are refused by its schema, or ignored."""

    keys: frozenset[str]
    others: Literal["refused", "ignored"]


class Chart(NamedTuple):
    """A chart in a range of versions: from `since` on, and before `before`; None has no bound.

    `repositories` are words in the address or the name of where it is from; `ingresses` and `routes` are paths among its values.
    `is_closed` tells that without settings it makes nothing that is reached from outside of the cluster, `quotes_ingresses` that it
    writes each annotation of its Ingresses in quotes.
    """

    name: str
    repositories: tuple[str, ...]
    since: Version | None
    before: Version | None
    parts: tuple[Part, ...]
    ingresses: tuple[tuple[str, ...], ...]
    routes: tuple[tuple[str, ...], ...]
    source: str
    as_of: str
    is_closed: bool = False
    quotes_ingresses: bool = False
    keys: Mapping[str, KnownKeys] = MappingProxyType({})

    def has(self, version: Version | None) -> bool:
        """Tell whether a version may be one of these; of a version that is not known, all may."""
        if version is None:
            return True
        lowest = version + (0,) * (3 - len(version))  # of what a part of a version may stand for
        return (self.since is None or version >= self.since[: len(version)]) and (self.before is None or lowest < self.before)

    def may_be_from(self, repository: str) -> bool:
        """Tell whether a repository, in lower case, may be one of the chart's own."""
        return not repository or any(word in repository for word in (*self.repositories, *_catalog()["mirrors"]))


def parts_of(name: str, repository: str, version: str) -> tuple[Part, ...]:
    """Return the Services of a chart at a version (`4.13.0`, `4.x`, `""` for any): what all charts that may be meant have in common.

    `repository` is the address or the name of where it is from; where it is said, it tells which charts of the name may be meant. Some have
    charts that are all alike.
    """
    rows = _rows(name, repository, version)
    if not rows:
        return ()
    first, *others = rows
    return tuple(filter(None, (_common(part, others) for part in first.parts)))


def opened_by_default(name: str, repository: str, version: str) -> tuple[Part, ...]:
    """Return the Services that a chart opens to the outside without any setting; none where its repository is not said."""
    parts = parts_of(name, repository, version) if repository else ()
    return tuple(part for part in parts if part.is_made and part.default_type in ("LoadBalancer", "NodePort"))


def is_closed(name: str, repository: str, version: str) -> bool:
    """Tell whether a chart is known to make nothing without settings that is reached from outside of the cluster."""
    rows = _rows(name, repository, version) if repository else []
    return bool(rows) and all(row.is_closed for row in rows)


def is_named(name: str) -> bool:
    """Tell whether some public chart of a name is known, of any version."""
    return name in _by_name()


@cache
def names_opened_by_default() -> tuple[str, ...]:
    """Return the names of the charts that make something reachable without any setting."""
    return tuple(dict.fromkeys(row.name for row in charts() if any(part.is_made and part.default_type for part in row.parts)))


def _rows(name: str, repository: str, version: str) -> list[Chart]:
    """Return the rows of the charts that may be meant; the name in which an address of OCI ends says nothing of where a chart is from."""
    named = _by_name().get(name) or (_by_name().get(ANY, []) if repository else [])
    where = repository.lower().rstrip("/")
    where = where.removesuffix(f"/{name}") if where.startswith("oci:") else where
    return [row for row in named if row.has(parse_version(version)) and row.may_be_from(where)]


def part_at(chart: Mapping[str, Any], path: Path) -> Part | None:
    """Return the Service whose settings are at a path among the values of a chart (`name`, `repository`, `version`).

    The values may be those of a chart that has the one as a part, under its name.
    """
    found = _fitting(parts_of(str(chart["name"]), str(chart["repository"]), str(chart["version"])), path)
    if found is None and path and isinstance(path[0], str) and path[0] in _by_name():
        return _fitting(parts_of(path[0], "", ""), path[1:])
    return found


def keys_at(chart: Mapping[str, Any], made: str, path: Path) -> KnownKeys | None:
    """Return the keys that settings at a path may have, of a chart whose repository is said; None where its versions differ in that."""
    repository = str(chart["repository"])
    rows = _rows(str(chart["name"]), repository, str(chart["version"])) if repository else []
    known = {row.keys.get(made) if _has_place(row, made, path) else None for row in rows}
    return next(iter(known)) if len(known) == 1 else None


def _has_place(row: Chart, made: str, path: Path) -> bool:
    places = {"Service": tuple(part.place for part in row.parts), "Ingress": row.ingresses, "HTTPRoute": row.routes}
    return any(_fits(place, path) for place in places.get(made, ()))


def may_be_quoted(path: Path) -> bool:
    """Tell whether some chart that quotes annotations has a Service at a path: of values whose chart is not known, it may be that one.

    At paths of one step (`service`) nearly all charts write them as they are.
    """
    return len(path) > 1 and any(_quotes(row, path) for row in charts())


def are_quoted(chart: Mapping[str, Any], path: Path) -> bool:
    """Tell whether a chart (`name`, `repository`, `version`) writes the annotations of an Ingress at a path in quotes."""
    rows = _rows(str(chart["name"]), str(chart["repository"]), str(chart["version"]))
    return bool(rows) and all(row.quotes_ingresses and _has_place(row, "Ingress", path) for row in rows)


def writes_annotations(chart: Mapping[str, Any], path: Path) -> str:
    """Return how a chart writes annotations at a path: `quoted`, or `unchanged`, which may be by way of a template; else `unknown`.

    The name that a cluster gives a repository does not say which one it is: a chart that may quote them is taken for one that does.
    """
    part = part_at(chart, path)
    if are_quoted(chart, path) or (part is not None and part.annotations == "quoted"):
        return "quoted"
    if part is None and chart["repository"] and not any(sign in str(chart["repository"]) for sign in "./:"):
        return "quoted" if writes_annotations({**chart, "repository": ""}, path) == "quoted" else "unknown"
    return "unchanged" if part is not None and part.annotations in ("unchanged", "rendered") else "unknown"


def _quotes(row: Chart, path: Path) -> bool:
    is_of_service = any(one.annotations == "quoted" and _fits(one.place, path) for one in row.parts)
    return is_of_service or (row.quotes_ingresses and _has_place(row, "Ingress", path))


def parse_version(text: str) -> Version | None:
    """Return the numbers that a version, or a range with wildcards, begins with; None for all else."""
    match = re.fullmatch(r"\s*+[v^~=]?+\s*+v?+(\d{1,6})(?:\.(\d{1,6}))?(?:\.(\d{1,9}))?(?:\.[xX*])*+(?:[-+].*+)?+\s*+", text)
    return tuple(int(part) for part in match.groups() if part is not None) if match else None


def own_keys() -> frozenset[str]:
    """Return the keys that some chart reads and that are spelt almost like a field of a Service."""
    return frozenset(row["key"] for row in _catalog()["own_keys"])


def accepts_any_case(chart: Mapping[str, Any], field: str) -> bool:
    """Tell whether a chart (`name`, `repository`) reads the value of a field in any case."""
    name, repository = str(chart.get("name", "")).lower(), str(chart.get("repository", "")).lower()
    rows = (row for row in _catalog()["any_case"] if field in row["fields"])
    return any(name in row["charts"] or any(word in repository for word in row["repositories"]) for row in rows)


def publisher_of(name: str, addresses: Iterable[str]) -> str | None:
    """Return the word by which a chart is known to be a public one, or None; `addresses` are those that its `Chart.yaml` names."""
    texts = [address.lower() for address in addresses]
    words = [word for row in _by_name().get(name, ()) for word in row.repositories]
    words += [word for row in _catalog()["publishers"] for word in row["words"]]
    return next((word for word in words if any(word in text for text in texts)), None)


def charts() -> tuple[Chart, ...]:
    """Return all of them, one for each name and range of versions."""
    return tuple(row for rows in _by_name().values() for row in rows)


def _fitting(parts: Sequence[Part], path: Path) -> Part | None:
    return next((part for part in parts if _fits(part.place, path)), None)


def _fits(place: tuple[str, ...], path: Path) -> bool:
    return len(place) == len(path) and all(step in (ANY, given) for step, given in zip(place, path, strict=True))


def _common(part: Part, rows: Sequence[Chart]) -> Part | None:
    """Return what is true of a Service in all of some charts, None where one of them lacks it."""
    others = [next((one for one in row.parts if one.place == part.place), None) for row in rows]
    known = [one for one in others if one is not None]
    if len(known) < len(others):
        return None
    return part._replace(
        default_type=part.default_type if all(one.default_type == part.default_type for one in known) else None,
        default_policy=part.default_policy if all(one.default_policy == part.default_policy for one in known) else None,
        names={key: field for key, field in part.names.items() if all(one.names.get(key) == field for one in known)},
        annotations=part.annotations if all(one.annotations == part.annotations for one in known) else "unknown",
        is_made=part.is_made and all(one.is_made for one in known),
    )


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
        repositories=tuple(row["repositories"]),
        since=parse_version(row["since"]) if "since" in row else None,
        before=parse_version(row["before"]) if "before" in row else None,
        parts=tuple(map(_part, row["services"])),
        ingresses=tuple(map(tuple, row.get("ingresses", ()))),
        routes=tuple(map(tuple, row.get("routes", ()))),
        source=row["source"],
        as_of=row["date"],
        is_closed=row.get("closed", False),
        quotes_ingresses=row.get("quotes_ingresses", False),
        keys={made: KnownKeys(frozenset(keys), row["others"]) for made, keys in row.get("keys", {}).items()},
    )


def _part(row: Mapping[str, Any]) -> Part:
    return Part(
        path=tuple(row["path"]),
        stem=row.get("stem", ""),
        default_type=row.get("type"),
        default_policy=row.get("externalTrafficPolicy"),
        names=row.get("names", {}),
        annotations=row["annotations"],
        is_made=row.get("made", False),
    )


@cache
def _catalog() -> dict[str, Any]:
    catalog: dict[str, Any] = read_json("catalogs", "charts.json")
    return catalog
