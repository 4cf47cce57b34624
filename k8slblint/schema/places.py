"""Where else in a schema a misplaced field belongs: one or a few levels up or down."""

from collections.abc import Iterator, Sequence
from typing import Any

from k8slblint.model.location import Path

_FARTHEST = 3
"""Levels of mappings between the place where a field stands and the one where it belongs."""

_EVERYWHERE = frozenset({"apiVersion", "key", "kind", "name", "namespace", "spec", "status", "type", "value"})
"""Names that so many mappings have that the nearest one says nothing."""


def place_of(path: Path, schema: dict[str, Any]) -> Path | None:
    """Return the path of the mapping that knows the field which `path` ends in, None when there is none or the nearest is not alone.

    `schema` is that of the whole object; of lists only those that `path` leads through are looked into.
    """
    field = path[-1]
    if field in _EVERYWHERE:
        return None
    parents = path[:-1]
    found: dict[Path, int] = {}
    steps = 0
    for depth in range(len(parents), -1, -1):
        if steps > _FARTHEST:
            break
        for place, down in _below(parents[:depth], schema, _FARTHEST - steps):
            if field in _members(_at(place, schema), schema):
                found.setdefault(place, steps + down)
        steps += depth > 0 and isinstance(parents[depth - 1], str)
    nearest = [place for place, distance in found.items() if distance == min(found.values())]
    return nearest[0] if len(nearest) == 1 else None


def places_of(paths: Sequence[Path], schema: dict[str, Any]) -> list[Path | None]:
    """Return the places of fields of one mapping; one that several would know is where its neighbours belong, if it may be there.

    Of `path` and `port` beside the periods of a probe, `httpGet` alone knows the first, and so it lacks for both.
    """
    found = [place_of(path, schema) for path in paths]
    places = set(found) - {None}
    if len(places) != 1 or None not in found:
        return found
    (place,) = places
    members = _members(_at(place, schema), schema) if place is not None else {}
    return [
        place if one is None and path[-1] in members and path[-1] not in _EVERYWHERE else one
        for path, one in zip(paths, found, strict=True)
    ]


def element_for(name: str, value: Any, parent: Path, schema: dict[str, Any]) -> Path | None:
    """Return the place among the lists beside a field of the mapping `value` at `parent` whose elements have it; None where several do.

    That is the element of a list of one, else the list: the `livenessProbe` of a Pod belongs in its container. What must be there, such as
    `containers`, comes before what may.
    """
    here = _resolved(_at(parent, schema), schema)
    lists = [key for key in _members(here, schema) if isinstance(value, dict) and isinstance(value.get(key), list) and value[key]]
    known = [key for key in lists if name in _members(_at((*parent, key, 0), schema), schema)] if name not in _EVERYWHERE else []
    found = [key for key in known if key in here.get("required", ())] or known
    if len(found) != 1:
        return None
    (key,) = found
    return (*parent, key, 0) if len(value[key]) == 1 else (*parent, key)


def emptied_by(name: str, value: Any, parent: Path, schema: dict[str, Any]) -> Path | None:
    """Return the path of the empty value above a field of the mapping `value` at `parent` that would hold it: it lost its indentation."""
    names = list(value) if isinstance(value, dict) else []
    index = names.index(name) if name in names else 0
    if not index:
        return None
    path, above = (*parent, names[index - 1]), value[names[index - 1]]
    while above and isinstance(above, dict | list):
        step = len(above) - 1 if isinstance(above, list) else next(reversed(above))
        path, above = (*path, step), above[step]
    part = _at(path, schema) if above is None else {}
    known = _members(part, schema) or _members(_resolved(part.get("items", {}), schema), schema)
    return path if name in known and name not in _EVERYWHERE else None


def _below(place: Path, schema: dict[str, Any], levels: int) -> Iterator[tuple[Path, int]]:
    """Yield a place and the mappings below it, level by level, with the number of levels."""
    waiting = [place]
    for level in range(levels + 1):
        yield from ((found, level) for found in waiting)
        waiting = [(*found, name) for found in waiting for name in _members(_at(found, schema), schema)]


def _at(path: Path, schema: dict[str, Any]) -> dict[str, Any]:
    part = _resolved(schema, schema)
    for step in path:
        below = part.get("items", {}) if isinstance(step, int) else _members(part, schema).get(step, part.get("additionalProperties"))
        part = _resolved(below, schema)
    return part


def _members(part: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    members: dict[str, Any] = _resolved(part, schema).get("properties", {})
    return members


def _resolved(part: object, schema: dict[str, Any]) -> dict[str, Any]:
    seen = part if isinstance(part, dict) else {}
    while "$ref" in seen:
        seen = schema["$defs"][seen["$ref"].removeprefix("#/$defs/")]
    return seen
