"""Which releases of ingress-nginx a cluster runs, as far as the images of its workloads and the versions of its charts say.

Which release a version of the chart installs is in `catalogs/controllers.json`, with its source.
"""

import re
from collections.abc import Iterator
from typing import TypeAlias

from k8slblint.catalog import controllers
from k8slblint.catalog.images import tag_of
from k8slblint.graph.containers import main_containers_of
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import Resource
from k8slblint.traffic.ownership.stated_settings import chart_of, chart_version_of, value_at

INGRESS_NGINX = "ingress-nginx"

Release: TypeAlias = tuple[int, int, int]
"""A release by its numbers: `(1, 12, 1)`; a tag without the last one counts as the first release of the minor version."""

_VERSION = re.compile(r"v?([0-9]{1,4})\.([0-9]{1,4})(?:\.([0-9]{1,4}))?(?:[.+-]|$)")


def releases_in(cluster: str, graph: ResourceGraph) -> frozenset[Release]:
    """Return the releases of ingress-nginx that a cluster runs; empty where the manifests do not say."""
    return frozenset(graph.derived(_releases).get(cluster, ()))


def _releases(graph: ResourceGraph) -> dict[str, set[Release]]:
    found: dict[str, set[Release]] = {}
    for resource in graph.resources:
        for text in _versions_of(resource):
            version = _VERSION.match(text)
            if version is not None:
                release = (int(version[1]), int(version[2]), int(version[3] or 0))
                found.setdefault(graph.scope(resource).cluster, set()).add(release)
    return found


def _versions_of(resource: Resource) -> Iterator[str]:
    """Yield the versions that a workload, or an object that deploys the chart, runs."""
    for _, container in main_containers_of(resource):
        image = container.get("image")
        if isinstance(image, str) and "webhook-certgen" not in image and INGRESS_NGINX in controllers.controllers_of_image(image):
            yield tag_of(image)
    chart, values = chart_of(resource)
    if chart is not None and INGRESS_NGINX in controllers.controllers_of_chart(chart):
        yield from _version_of_chart(chart_version_of(resource), values)


def _version_of_chart(version: object, values: object) -> Iterator[str]:
    """Yield the release that a chart installs, unless its values name another image; YAML text that names any is not read."""
    if isinstance(values, str) and "image:" in values:
        return
    image = value_at(values, ("controller", "image"))
    if isinstance(image, dict) and image:
        if set(image) == {"tag"} and isinstance(image["tag"], str):
            yield image["tag"]
        return
    found = controllers.release_of_chart(INGRESS_NGINX, version) if isinstance(version, str) else None
    if found is not None:
        yield found
