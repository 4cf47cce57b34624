"""Knows where the shipped data are: inside the package in a wheel, beside it in a checkout or an editable install."""

from functools import lru_cache
from pathlib import Path

_PACKAGE = Path(__file__).parent


def rules_folder() -> Path:
    """Return the folder of the rule files."""
    return _folder("rules")


def schemas_folder() -> Path:
    """Return the folder of the JSON schemas."""
    return _folder("schemas")


def catalogs_folder() -> Path:
    """Return the folder of the catalogs."""
    return _folder("catalogs")


@lru_cache(maxsize=3)
def _folder(name: str) -> Path:
    inside = _PACKAGE / name
    return inside if inside.is_dir() else _PACKAGE.parent / name
