"""Which release of a controller the manifests of a cluster run, by the tags of its images."""

from collections import defaultdict
from typing import TypeAlias

from k8slblint.catalog import controllers as catalog
from k8slblint.catalog.images import tag_of
from k8slblint.graph.containers import main_containers_of
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import WORKLOAD_KINDS
from k8slblint.model.patterns import pattern

_RELEASE = pattern(r"v?([0-9]{1,4})\.([0-9]{1,4})(?:\.([0-9]{1,4}))?(?![0-9.])")

Release: TypeAlias = tuple[int, int, int]


def release_before(since: str | None, controller: str, cluster: str, graph: ResourceGraph) -> str | None:
    """Return the release that a cluster runs of a controller where it is known and before another (`1.8.0`), None otherwise.

    Pre-releases count as the release that they lead to.
    """
    wanted = _release(since or "")
    found = graph.derived(_by_controller).get((cluster, controller), ())
    known = [release for tag in found if (release := _release(tag)) is not None]
    if wanted is None or not known or len(known) < len(found) or max(known) >= wanted:
        return None
    return ".".join(map(str, max(known)))


def _release(text: str) -> Release | None:
    found = _RELEASE.match(text)
    return (int(found[1]), int(found[2]), int(found[3] or 0)) if found else None


def _by_controller(graph: ResourceGraph) -> dict[tuple[str, str], frozenset[str]]:
    """Return the tags of the images of each controller by cluster and controller; those without a tag as an empty text."""
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for workload in graph.of_type(*WORKLOAD_KINDS):
        for _, container in main_containers_of(workload):
            image = container.get("image")
            for name in catalog.controllers_of_image(image) if isinstance(image, str) else ():
                found[graph.scope(workload).cluster, name].add(tag_of(image) if isinstance(image, str) else "")
    return {key: frozenset(tags) for key, tags in found.items()}
