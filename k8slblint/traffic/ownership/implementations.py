"""Which controllers the manifests of a cluster install: by the images they run, their charts, and objects that only they read."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from k8slblint.catalog import controllers as catalog
from k8slblint.graph.containers import main_containers_of
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import WORKLOAD_KINDS
from k8slblint.model.location import Path
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.traffic.ownership.deployed_charts import chart_of


class Implementation(NamedTuple):
    """A controller of a cluster, and the place in the manifests that shows it."""

    controller: str
    resource: Resource
    path: Path
    reason: str


def implementations(graph: ResourceGraph, cluster: str) -> Mapping[str, Implementation]:
    """Return the controllers that the manifests of a cluster bring along, by id, each with the first place that shows it.

    A controller that is missing here may still run: the platform, or another repository, may have installed it.
    """
    return graph.derived(_by_cluster).get(cluster, {})


def namer_of_class(graph: ResourceGraph, cluster: str, load_balancer_class: str) -> Implementation | None:
    """Return the workload of a cluster that is told to serve a class: by an argument, or the value of a variable, that names it.

    `controller` is empty where the image is of no controller of the catalog.
    """
    for workload in graph.in_cluster(cluster, *WORKLOAD_KINDS):
        for path, container in main_containers_of(workload):
            if any(_names(text, load_balancer_class) for text in _settings(container)):
                known = catalog.controllers_of_image(str(container.get("image", "")))
                reason = f"{workload.id} serves class '{load_balancer_class}'"
                return Implementation(known[0] if len(known) == 1 else "", workload, path, reason)
    return None


def names_in_settings(graph: ResourceGraph, cluster: str) -> frozenset[str]:
    """Return every text that the workloads of a cluster have as an argument or variable, and of `--name=value` the value."""
    return graph.derived(_texts_by_cluster).get(cluster, frozenset())


def _texts_by_cluster(graph: ResourceGraph) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for workload in graph.of_type(*WORKLOAD_KINDS):
        for _, container in main_containers_of(workload):
            for text in _settings(container):
                found[graph.scope(workload).cluster].update((text, text.rpartition("=")[2]))
    return {cluster: frozenset(texts) for cluster, texts in found.items()}


def _by_cluster(graph: ResourceGraph) -> dict[str, dict[str, Implementation]]:
    found: dict[str, dict[str, Implementation]] = defaultdict(dict)
    for resource in graph.resources:
        for implementation in _shown_by(resource, graph):
            found[graph.scope(resource).cluster].setdefault(implementation.controller, implementation)
    return found


def _shown_by(resource: Resource, graph: ResourceGraph) -> Iterator[Implementation]:
    configured = catalog.controllers_configured_by()
    owner = configured.get(resource.type_name) or configured.get(resource.group)
    if owner is not None:
        yield Implementation(owner, resource, ("kind",), f"{resource.id} configures it")
    chart, _ = chart_of(resource, graph)
    for name in catalog.controllers_of_chart(chart) if chart else ():
        yield Implementation(name, resource, ("kind",), f"{resource.id} installs it (chart '{chart}')")
    for path, container in main_containers_of(resource):
        image = container.get("image")
        for name in catalog.controllers_of_image(image) if isinstance(image, str) else ():
            yield Implementation(name, resource, (*path, "image"), f"{resource.id} runs it (image '{image}')")


def _settings(container: dict[str, Any]) -> Iterator[str]:
    for field in ("command", "args"):
        texts = container.get(field)
        yield from (text for text in (texts if isinstance(texts, list) else ()) if isinstance(text, str))
    variables = container.get("env")
    for variable in variables if isinstance(variables, list) else ():
        if isinstance(variable, dict) and isinstance(variable.get("value"), str):
            yield variable["value"]


def _names(text: str, load_balancer_class: str) -> bool:
    return text == load_balancer_class or text.endswith(f"={load_balancer_class}")
