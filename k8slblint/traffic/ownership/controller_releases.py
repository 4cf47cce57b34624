"""Which releases of its controllers a cluster runs, as far as the images of its workloads and the versions of its charts say.

Which release a version of the chart installs is in `catalogs/controllers.json`, with its source.
"""

from collections.abc import Iterator
from typing import TypeAlias

from k8slblint.catalog import controllers
from k8slblint.catalog.images import tag_of
from k8slblint.graph.containers import main_containers_of
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.patterns import pattern
from k8slblint.model.resource import Resource
from k8slblint.traffic.ownership.deployed_charts import chart_of, chart_version_of
from k8slblint.traffic.ownership.stated_settings import value_at

INGRESS_NGINX = "ingress-nginx"

Release: TypeAlias = tuple[int, int, int]
"""A release by its numbers: `(1, 12, 1)`; a tag without the last one counts as the first release of the minor version."""

_VERSION = pattern(r"v?([0-9]{1,4})\.([0-9]{1,4})(?:\.([0-9]{1,4}))?(?:[.+-]|$)")


def releases_in(cluster: str, graph: ResourceGraph, controller: str = INGRESS_NGINX) -> frozenset[Release]:
    """Return the releases of a controller (an id) that a cluster runs; empty where the manifests do not say."""
    return frozenset(graph.derived(_releases).get((cluster, controller), ()))


def runs_before(controller: str, since: str, resource: Resource, graph: ResourceGraph) -> bool:
    """Tell whether the cluster of a resource is known to run only releases of a controller before one (`0.14.9`)."""
    first, running = release_of(since), releases_in(graph.scope(resource).cluster, graph, controller)
    return first is not None and bool(running) and all(release < first for release in running)


def release_of(text: str) -> Release | None:
    """Return the first release that a text begins with (`v1.12.1`), None where it begins with none."""
    version = _VERSION.match(text)
    return (int(version[1]), int(version[2]), int(version[3] or 0)) if version else None


def _releases(graph: ResourceGraph) -> dict[tuple[str, str], set[Release]]:
    found: dict[tuple[str, str], set[Release]] = {}
    for resource in graph.resources:
        for controller, text in _versions_of(resource, graph):
            release = release_of(text)
            if release is not None:
                found.setdefault((graph.scope(resource).cluster, controller), set()).add(release)
    return found


def _versions_of(resource: Resource, graph: ResourceGraph) -> Iterator[tuple[str, str]]:
    """Yield the controllers that a workload, or an object that deploys a chart, runs, each with its version."""
    for _, container in main_containers_of(resource):
        image = container.get("image")
        if isinstance(image, str) and "webhook-certgen" not in image:
            yield from ((controller, tag_of(image)) for controller in controllers.controllers_of_image(image))
    chart, values = chart_of(resource, graph)
    for controller in controllers.controllers_of_chart(chart) if chart is not None else ():
        yield from ((controller, text) for text in _version_of_chart(controller, chart_version_of(resource, graph), values))


def _version_of_chart(controller: str, version: object, values: object) -> Iterator[str]:
    """Yield the release that a chart installs, unless its values name another image; YAML text that names any is not read."""
    if isinstance(values, str) and "image:" in values:
        return
    image = value_at(values, ("controller", "image"))
    if isinstance(image, dict) and image:
        if set(image) == {"tag"} and isinstance(image["tag"], str):
            yield image["tag"]
        return
    found = controllers.release_of_chart(controller, version) if isinstance(version, str) else None
    if found is not None:
        yield found
