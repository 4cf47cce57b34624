"""Which IngressClasses the charts make that the objects of a cluster deploy, where these are not rendered: names, and the default one.

Which values say so is in `catalogs/controllers.json`, with the source of each.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from k8slblint.catalog import controllers as catalog
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.traffic.ownership.deployed_charts import chart_of
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
        stated = _text(made.name, values, named)
        name = made.default_name if stated is None else stated
        if name and not has_placeholder(name) and _text(made.enabled, values, named) != "false":
            yield DeployedClass(name, controller, resource, chart, is_default=_text(made.is_default, values, named) == "true")


def _text(path: tuple[str, ...], values: object, named: Mapping[str, object]) -> str | None:
    """Return what the values, or the parameters of an Application, state at a path, truth values as they are written; None for nothing."""
    stated = named.get(".".join(path), value_at(values, path)) if path else None
    return str(stated).lower() if isinstance(stated, bool) else stated if isinstance(stated, str) and stated else None
