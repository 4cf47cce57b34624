"""The file `catalogs/controllers.json`, read once for all that ask about controllers."""

from functools import cache
from typing import Any

from k8slblint.shipped import read_json


@cache
def controller_list() -> dict[str, Any]:
    """Return the file as `schemas/catalog-controllers.schema.json` describes it; nobody changes it."""
    catalog: dict[str, Any] = read_json("catalogs", "controllers.json")
    return catalog
