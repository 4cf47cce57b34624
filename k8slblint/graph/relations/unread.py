"""What could not be read beside an object: the one of its name that it means may be there, not in another folder."""

import posixpath
from collections.abc import Iterable

from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import Resource


def why_meant_may_be_unread(source: Resource, found: Iterable[Resource], graph: ResourceGraph) -> str | None:
    """Return why what an object means may be in a file of its folder that could not be read, None where some that was found is there.

    Asked only where nothing tells that the folders of a tree are deployed together: each may hold an application with the same names.
    """
    folder = posixpath.dirname(source.path)
    reason = graph.derived(_unread_by_folder).get(folder) if source.provenance is None else None
    if reason is None or graph.scope(source).division not in ("none", "sample"):
        return None
    return None if any(posixpath.dirname(one.path) == folder for one in found) else reason


def _unread_by_folder(graph: ResourceGraph) -> dict[str, str]:
    """Return by folder why a file in it could not be read as a whole."""
    return {posixpath.dirname(gap.path): f"'{gap.path}' could not be read: {gap.reason}" for gap in reversed(graph.gaps) if not gap.is_part}
