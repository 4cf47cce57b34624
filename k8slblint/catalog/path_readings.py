"""How controllers of Ingresses compare the paths of requests; the facts are in `catalogs/path-readings.json`."""

from collections.abc import Mapping
from functools import cache
from typing import Any, Literal, TypeAlias

from k8slblint.model.records import NamedTuple
from k8slblint.shipped import read_json

Reading: TypeAlias = Literal["elements", "start", "pattern", "expression"]
"""By elements of the path, by characters from its start, with `*` for any text, or as a regular expression from its start."""


class PathReading(NamedTuple):
    """How a controller reads `Prefix` and `ImplementationSpecific` (None: not known)."""

    prefix: Reading
    implementation_specific: Reading | None


_BY_SPECIFICATION = PathReading("elements", None)


def path_reading(controller: str) -> PathReading:
    """Return how a controller (an id) reads paths; one that is in no row follows the specification."""
    return _rows().get(controller, _BY_SPECIFICATION)


@cache
def _rows() -> Mapping[str, PathReading]:
    return {row["controller"]: _row(row) for row in read_json("catalogs", "path-readings.json")["controllers"]}


def _row(row: Mapping[str, Any]) -> PathReading:
    return PathReading(row.get("prefix", "elements"), row.get("implementation_specific"))
