"""Which chart an object deploys, and with which values: HelmReleases, HelmCharts of k3s, Applications; of a reference by its source.

Charts that others bring along, and those that files of other deployers name, are there as objects of their own (`CHART_VALUES`).

Sources: Flux 2.6 `OCIRepository` (`spec.url` ends in the name of the chart, `spec.ref.tag` is its version) and HelmRelease `spec.chartRef`;
fluxcd/helm-operator a58c2676 `pkg/apis/helm.fluxcd.io/v1/types_helmrelease.go` (`spec.chart.name`);
k3s 1.34, docs "Helm" (a HelmChartConfig is for the chart of its name, mostly one that k3s installs itself).
"""

from collections.abc import Mapping
from typing import Any

from k8slblint.catalog import controllers as catalog
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import APPLICATION, CHART_SOURCE, HELM_CHART, HELM_CHART_CONFIG, HELM_OPERATOR_RELEASE, HELM_RELEASE
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import CHART_VALUES, Resource


class ChartOfSource(NamedTuple):
    """The chart of a source: its name, the address of what it is from, and the version, `""` where several are stated."""

    name: str
    repository: str
    version: str


def chart_of_source(name: str, by: Resource, graph: ResourceGraph) -> ChartOfSource | None:
    """Return the chart of the source of a name in the cluster of an object; None where it is not there, or names several."""
    sources = graph.derived(_sources).get((graph.scope(by).cluster, name), ())
    named = {(str(one.get("spec", "url", default="")), str(one.get("spec", "ref", "tag", default=""))) for one in sources}
    if len({url for url, _ in named}) != 1:
        return None
    url, tag = next(iter(named))
    return ChartOfSource(url.rstrip("/").rpartition("/")[2], url, tag if len(named) == 1 else "")


def _sources(graph: ResourceGraph) -> dict[tuple[str, str], list[Resource]]:
    found: dict[tuple[str, str], list[Resource]] = {}
    for one in graph.of_type(CHART_SOURCE):
        found.setdefault((graph.scope(one).cluster, one.name), []).append(one)
    return found


def chart_of(resource: Resource, graph: ResourceGraph) -> tuple[str | None, object]:
    """Return the name of the chart that an object deploys, and the values that it gives it: a mapping or YAML text."""
    if resource.type_name == CHART_VALUES:
        is_of_object = bool(resource.sequence("deployer"))
        return (None, None) if is_of_object else (resource.get("spec", "chart"), resource.get("spec", "values"))
    chart, values = _written(resource, graph)
    layered = graph.derived(_layered).get((resource.written_in, resource.type_name, resource.name, chart)) if chart is not None else None
    return chart, values if layered is None else layered.get("spec", "values")


def are_values_shown(resource: Resource, graph: ResourceGraph) -> bool | None:
    """Tell whether all values that an object gives to its chart are known, in whatever layers; None where only it has any."""
    if resource.type_name == CHART_VALUES:
        return resource.get("isWhole") is True
    chart, _ = _written(resource, graph)
    layered = graph.derived(_layered).get((resource.written_in, resource.type_name, resource.name, chart))
    return layered.get("isWhole") is True if layered is not None else None


def _layered(graph: ResourceGraph) -> dict[tuple[str, str, str, str | None], Resource]:
    """Return the merged values of charts, by the file, kind and name of the object that deploys them, and the name of the chart."""
    found: dict[tuple[str, str, str, str | None], Resource] = {}
    for one in graph.of_type(CHART_VALUES):
        kind, *name = one.sequence("deployer") or ("",)
        if name:
            found[one.written_in, str(kind), str(name[0]), one.get("spec", "chart")] = one
    return found


def _written(resource: Resource, graph: ResourceGraph) -> tuple[str | None, object]:
    """Return the chart of an object of Kubernetes, with the values that are written in it."""
    kind = resource.type_name
    if kind == HELM_RELEASE:
        chart = _last(resource.get("spec", "chart", "spec", "chart")) or _named_by_source(resource, graph)
        return chart, resource.get("spec", "values")
    if kind == HELM_OPERATOR_RELEASE:
        return _last(resource.get("spec", "chart", "name")), resource.get("spec", "values")
    if kind == HELM_CHART:
        return _last(resource.get("spec", "chart")), resource.get("spec", "values") or resource.get("spec", "valuesContent")
    if kind == HELM_CHART_CONFIG:
        return resource.name, resource.get("spec", "values") or resource.get("spec", "valuesContent")
    if kind == APPLICATION:
        source = source_of(resource)
        helm = source.get("helm")
        helm = helm if isinstance(helm, dict) else {}
        return _last(source.get("chart")), helm.get("valuesObject") or helm.get("values")
    return None, None


def chart_version_of(resource: Resource, graph: ResourceGraph) -> object:
    """Return the version of the chart that an object deploys, as it is written: it may be a range."""
    if resource.type_name == CHART_VALUES:
        return resource.get("spec", "version")
    if resource.type_name == HELM_RELEASE:
        stated = resource.get("spec", "chart", "spec", "version")
        found = _referred(resource, graph) if stated is None else None
        return found.version or None if found is not None else stated
    if resource.type_name == HELM_OPERATOR_RELEASE:
        return resource.get("spec", "chart", "version")
    if resource.type_name == HELM_CHART:
        return resource.get("spec", "version")
    return source_of(resource).get("targetRevision") if resource.type_name == APPLICATION else None


def _named_by_source(release: Resource, graph: ResourceGraph) -> str | None:
    found = _referred(release, graph)
    return found.name if found is not None else None


def _referred(release: Resource, graph: ResourceGraph) -> ChartOfSource | None:
    """Return the chart of the OCIRepository that a HelmRelease refers to."""
    kind, name = release.get("spec", "chartRef", "kind"), release.get("spec", "chartRef", "name")
    is_known = isinstance(name, str) and CHART_SOURCE.startswith(f"{kind}.")
    return chart_of_source(name, release, graph) if is_known else None


def source_of(application: Resource) -> Mapping[str, Any]:
    """Return the source of an Argo CD Application that is the chart of a controller."""
    sources = (application.get("spec", "source"), *application.sequence("spec", "sources"))
    return next((one for one in sources if isinstance(one, dict) and catalog.controllers_of_chart(_last(one.get("chart")) or "")), {})


def _last(chart: object) -> str | None:
    return chart.rpartition("/")[2] if isinstance(chart, str) else None
