"""Where the shipped data are: inside the package in a wheel, beside it in a checkout or an editable install."""

import json
import os
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

_PACKAGE = os.path.dirname(os.path.abspath(__file__))


def rules_folder() -> "Path":
    """Return the folder of the rule files."""
    return _as_path("rules")


def schemas_folder() -> "Path":
    """Return the folder of the JSON schemas."""
    return _as_path("schemas")


def catalogs_folder() -> "Path":
    """Return the folder of the catalogs."""
    return _as_path("catalogs")


def read_json(folder: str, *names: str) -> Any:
    """Return the content of one shipped JSON file, for example `read_json("catalogs", "aws.json")`."""
    with open(os.path.join(_folder(folder), *names), encoding="utf-8") as file:
        return json.load(file)


def _as_path(name: str) -> "Path":
    from pathlib import Path  # a scan reads by name and does without it: 5 ms of start-up

    return Path(_folder(name))


@lru_cache(maxsize=3)
def _folder(name: str) -> str:
    inside = os.path.join(_PACKAGE, name)
    return inside if os.path.isdir(inside) else os.path.join(os.path.dirname(_PACKAGE), name)
