"""Which IngressClasses the charts make that the objects of a cluster deploy, where these are not rendered: names, and the default one.

Which values say so is in `catalogs/controllers.json`, with the source of each.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from k8slblint.catalog import controllers as catalog
from k8slblint.catalog.charts import parse_version
from k8slblint.catalog.controllers import ChartClass
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.traffic.ownership.deployed_charts import chart_of, chart_version_of
from k8slblint.traffic.ownership.stated_settings import parameters_of, value_at


class DeployedClass(NamedTuple):
    """A class that a chart makes: its name, the controller, the object that deploys the chart, and whether it is the default one."""

    name: str
    controller: str
    deployer: Resource
    chart: str
    is_default: bool


def class_by_chart(name: str, cluster: str, graph: ResourceGraph) -> DeployedClass | None:
    """Return the class of a name that a chart of the cluster makes, or None."""
    return graph.derived(_by_cluster).get(cluster, {}).get(name)


def default_by_chart(cluster: str, graph: ResourceGraph) -> DeployedClass | None:
    """Return the only default class that charts of the cluster make, or None."""
    found = [one for one in graph.derived(_by_cluster).get(cluster, {}).values() if one.is_default]
    return found[0] if len(found) == 1 else None


def _by_cluster(graph: ResourceGraph) -> dict[str, dict[str, DeployedClass]]:
    found: dict[str, dict[str, DeployedClass]] = defaultdict(dict)
    for resource in graph.resources:
        for one in _classes(resource, graph):
            found[graph.scope(resource).cluster].setdefault(one.name, one)
    return found


def _classes(resource: Resource, graph: ResourceGraph) -> Iterator[DeployedClass]:
    chart, values = chart_of(resource, graph)
    for controller in catalog.controllers_of_chart(chart) if chart else ():
        made = catalog.controllers()[controller].chart_class
        if made is None or chart is None:
            continue
        named = parameters_of(resource)
        name = _text(made.name, values, named) or made.default_name or _of_release(resource, chart)
        by_default = _without_values(made, resource, graph)
        is_there = (_text(made.enabled, values, named) or by_default[0]) == "true"
        if is_there and not has_placeholder(name):
            is_default = (_text(made.is_default, values, named) or by_default[1]) == "true"
            yield DeployedClass(name, controller, resource, chart, is_default=is_default)


def _without_values(made: ChartClass, resource: Resource, graph: ResourceGraph) -> tuple[str, str]:
    """Return what holds without values: whether there is a class, and whether it is the default one."""
    if made.on_since is None:
        return "true", "false"
    version, since = chart_version_of(resource, graph), parse_version(made.on_since)
    known = parse_version(version) if isinstance(version, str) else None
    is_on = known is None or since is None or known >= since
    return ("true", "true") if is_on else ("false", "false")


def _of_release(resource: Resource, chart: str) -> str:
    """Return the name of the objects of a release, by the custom of charts: that of the release, which has the chart's in it."""
    stated = next((one for path in _RELEASE_NAMES if isinstance(one := resource.get(*path), str) and one), resource.name)
    return stated if chart in stated else f"{stated}-{chart}"


_RELEASE_NAMES = (("spec", "releaseName"), ("spec", "source", "helm", "releaseName"))


def _text(path: tuple[str, ...], values: object, named: Mapping[str, object]) -> str | None:
    """Return what the values, or the parameters of an Application, state at a path, truth values as they are written; None for nothing."""
    stated = named.get(".".join(path), value_at(values, path)) if path else None
    return str(stated).lower() if isinstance(stated, bool) else stated if isinstance(stated, str) and stated else None
