"""Which version of an implementation of Gateway API the manifests of a cluster install: tags of images, versions of charts."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from k8slblint.catalog.gateway_features import GatewayImplementation, Minor, minor_of
from k8slblint.catalog.images import is_image, repository_of, tag_of
from k8slblint.graph.containers import main_containers_of
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import APPLICATION, CHART_SOURCE, HELM_CHART, HELM_RELEASE, WORKLOAD_KINDS
from k8slblint.model.resource import Resource


def installed_version(implementation: GatewayImplementation, cluster: str, graph: ResourceGraph) -> Minor | None:
    """Return the version that a cluster runs, None where the manifests show none, or several."""
    seen = graph.derived(_versions)
    found = {
        minor
        for (where, name), versions in seen.items()
        if where == cluster and _is_of(name, implementation)
        for minor in map(minor_of, versions)
    }
    return found.pop() if len(found) == 1 else None


def _is_of(name: str, implementation: GatewayImplementation) -> bool:
    """Tell whether a chart (`chart:NAME`) or the repository of an image is one of an implementation."""
    kind, _, chart = name.partition(":")
    if kind == "chart":
        return chart in implementation.charts
    return any(is_image(name, known) for known in implementation.images)


def _versions(graph: ResourceGraph) -> Mapping[tuple[str, str], frozenset[str]]:
    """Return the versions by cluster and repository of the image, or `chart:NAME`."""
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for resource in graph.resources:
        for name, version in _shown_by(resource):
            found[graph.scope(resource).cluster, name].add(version)
    return {key: frozenset(versions) for key, versions in found.items()}


def _shown_by(resource: Resource) -> Iterator[tuple[str, str]]:
    if resource.type_name in WORKLOAD_KINDS:
        for _, container in main_containers_of(resource):
            image = container.get("image")
            if isinstance(image, str):
                yield repository_of(image), tag_of(image)
    for chart, version in _charts_of(resource):
        if isinstance(chart, str) and isinstance(version, str):
            yield f"chart:{chart.rpartition('/')[2]}", version


def _charts_of(resource: Resource) -> Iterator[tuple[object, object]]:
    if resource.type_name == HELM_RELEASE:
        yield resource.get("spec", "chart", "spec", "chart"), resource.get("spec", "chart", "spec", "version")
    elif resource.type_name == HELM_CHART:
        yield resource.get("spec", "chart"), resource.get("spec", "version")
    elif resource.type_name == CHART_SOURCE:
        yield resource.get("spec", "url"), resource.get("spec", "ref", "tag") or resource.get("spec", "ref", "semver")
    elif resource.type_name == APPLICATION:
        for source in (resource.get("spec", "source"), *resource.sequence("spec", "sources")):
            if isinstance(source, dict):
                yield source.get("chart"), source.get("targetRevision")
