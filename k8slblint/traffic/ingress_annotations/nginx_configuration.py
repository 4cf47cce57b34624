"""Whether the manifests show everything that configures ingress-nginx, so that what they do not set has its default.

Sources: kubernetes/ingress-nginx dbb11b92 `pkg/flags/flags.go` (`--configmap`), `charts/ingress-nginx/templates/controller-configmap.yaml`
(the chart writes a setting only where its values have it); Flux HelmRelease v2 (`valuesFrom`), Argo CD Application (`helm.valueFiles`).
"""

from collections.abc import Iterator, Mapping
from typing import Any

from k8slblint.catalog import controllers
from k8slblint.graph.containers import main_containers_of
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.resource import Resource
from k8slblint.traffic.ownership.controller_releases import INGRESS_NGINX
from k8slblint.traffic.ownership.deployed_charts import are_values_shown, chart_of
from k8slblint.traffic.ownership.stated_settings import argument_of

_CONFIG_MAP = "--configmap"

_ELSEWHERE = ("valuesFrom", "valuesContent", "postRenderers")

_OTHER_VALUES = ("valueFiles", "parameters", "fileParameters", "values")


def is_configuration_shown(cluster: str, graph: ResourceGraph) -> bool:
    """Tell whether the ConfigMap of each ingress-nginx of a cluster is in the manifests, or all values of its chart are."""
    return graph.derived(_shown_by_cluster).get(cluster, False)


def _shown_by_cluster(graph: ResourceGraph) -> dict[str, bool]:
    places = [(graph.scope(resource).cluster, place) for resource in graph.resources for place in _places_of(resource, graph)]
    names = frozenset(place for _, place in places if isinstance(place, str))
    there = {
        (graph.scope(one).cluster, one.name) for one in (*graph.opened("ConfigMap", names), *graph.resources) if one.kind == "ConfigMap"
    }
    shown: dict[str, bool] = {}
    for cluster, place in places:
        is_shown = (cluster, place) in there if isinstance(place, str) else place
        shown[cluster] = shown.get(cluster, True) and is_shown
    return shown


def _places_of(resource: Resource, graph: ResourceGraph) -> Iterator[str | bool]:
    """Yield for each ingress-nginx that a resource runs the name of its ConfigMap, or whether it has all values of the chart."""
    for _, container in main_containers_of(resource):
        image = container.get("image")
        is_one = isinstance(image, str) and "webhook-certgen" not in image and INGRESS_NGINX in controllers.controllers_of_image(image)
        if is_one:
            yield _config_map_of(container)
    chart, values = chart_of(resource, graph)
    if chart is not None and INGRESS_NGINX in controllers.controllers_of_chart(chart):
        are_shown = are_values_shown(resource, graph)
        is_all = not _has_other_values(resource) if are_shown is None else are_shown
        yield isinstance(values, dict | None) and not has_placeholder(values) and is_all


def _config_map_of(container: Mapping[str, Any]) -> str | bool:
    text = argument_of(container, _CONFIG_MAP)
    name = text.rpartition("/")[2] if isinstance(text, str) else ""
    return name if name and not has_placeholder(name) else False


def _has_other_values(resource: Resource) -> bool:
    """Tell whether values of a chart come from elsewhere: an object, a file, parameters."""
    if any(resource.get("spec", name) for name in _ELSEWHERE):
        return True
    sources = (resource.get("spec", "source"), *resource.sequence("spec", "sources"))
    helms = [one.get("helm") for one in sources if isinstance(one, dict)]
    return any(isinstance(helm, dict) and any(helm.get(name) for name in _OTHER_VALUES) for helm in helms)
