"""What becomes of the Service of a chart that is not in the tree when its values change: its type without a setting, and whether it goes.

What charts do is in `catalogs/charts.json`.
"""

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

from k8slblint.catalog import charts
from k8slblint.graph.answers import Found
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import declared
from k8slblint.model.location import Path
from k8slblint.model.resource import HELM_VALUES, Resource
from k8slblint.traffic.ownership.deployed_charts import chart_of_source

_TYPE = ("spec", "type")

_VALUES = (("spec", "values"), ("spec", "source", "helm", "valuesObject"))
"""Where objects hold the values of a chart as a mapping."""

Going: TypeAlias = Literal["release", "service"]
"""What is gone: all that deploys the chart, or only this Service of it."""


def states_type(values: Resource) -> bool:
    """Tell whether values say the type of a Service, or a chart that is known does without a setting in the only values."""
    is_written = any(isinstance(values.get("values", *path), str) for path in (("type",), _TYPE)) or values.get("isPatch") is True
    return values.get(*_TYPE) is not None and values.get("assumed") is not True and (is_written or not values.may_be_completed)


def type_of(values: Resource, graph: ResourceGraph) -> str | None:
    """Return the type of a Service: what the values say, else the default of the chart; None where that is not known."""
    if states_type(values):
        return str(values.get(*_TYPE))
    if values.may_be_completed:
        return None
    part = _part_of(values, graph)
    return part.default_type if part is not None else None


def goes(gone: Resource, graph: ResourceGraph) -> Going | None:
    """Tell what is gone of a Service whose values are gone: its release, or the Service alone; None where the chart may make it still.

    A chart that makes a Service of each entry of a mapping makes none without the entry; the name of the Service need not be that of the
    entry, so that a new entry beside it may be the same Service.
    """
    deployer, before = gone.mapping("deployer"), graph.base_part
    kind, name = str(deployer.get("kind")), str(deployer.get("name"))
    if before is None or kind not in declared() or not name:
        return None
    cluster = graph.cluster_now(before.scope(gone).cluster)
    there = [one for one in graph.in_cluster(cluster, kind) if one.name == name and _may_be_in(one, deployer)]
    kept = [one for one in there if one.standing == "deployed"]
    if not kept:
        return None if there or _has_moved(gone, name, graph) else "release"
    if not all(isinstance(old := graph.counterpart(one), Found) and _chart_of(old.value) == _chart_of(one) for one in kept):
        return None
    part = _part_of(gone, before)
    is_entry = part is not None and part.path[-1:] == (charts.ANY,) and not _has_new_entry(gone, graph)
    return "service" if is_entry or all(_is_switched_off(gone, one) for one in kept) else None


def _is_switched_off(gone: Resource, deployer: Resource) -> bool:
    """Tell whether the values that deploy a chart now switch a Service off that has its settings still."""
    path = [step for step in gone.sequence("path") if isinstance(step, str)]
    return any(deployer.get(*where, *path, "enabled") is False for where in _VALUES)


def _may_be_in(one: Resource, deployer: Mapping[str, Any]) -> bool:
    return deployer.get("namespace") in ("", None, one.namespace)


def _chart_of(deployer: Resource) -> object:
    return deployer.get("spec", "chart", "spec", "chart"), deployer.get("spec", "chartRef"), deployer.get("spec", "source", "chart")


def _has_new_entry(gone: Resource, graph: ResourceGraph) -> bool:
    """Tell whether a release has a Service of type LoadBalancer that it had not before."""
    others = graph.derived(_by_deployer).get(_deployer_of(gone), ())
    balancers = (one for one in others if one.get(*_TYPE) == "LoadBalancer")
    return any(not isinstance(graph.counterpart(one), Found) for one in balancers)


def _by_deployer(graph: ResourceGraph) -> dict[tuple[str, ...], list[Resource]]:
    found: dict[tuple[str, ...], list[Resource]] = {}
    for one in graph.of_type(HELM_VALUES):
        found.setdefault(_deployer_of(one), []).append(one)
    return found


def _deployer_of(values: Resource) -> tuple[str, ...]:
    return tuple(str(values.get("deployer", key, default="")) for key in ("kind", "namespace", "name"))


def _has_moved(gone: Resource, name: str, graph: ResourceGraph) -> bool:
    """Tell whether a release of the name with the same Service is there elsewhere: in another namespace, or another cluster."""
    return (name, tuple(map(str, gone.sequence("path")))) in graph.derived(_services_of_releases)


def _services_of_releases(graph: ResourceGraph) -> frozenset[tuple[str, tuple[str, ...]]]:
    return frozenset((str(one.get("deployer", "name")), tuple(map(str, one.sequence("path")))) for one in graph.of_type(HELM_VALUES))


def _part_of(values: Resource, graph: ResourceGraph) -> charts.Part | None:
    """Return what is known of the Service in the chart that the values are for, which a source may name."""
    return charts.part_at(chart_for(values, graph), _path_in(values))


def keys_of(values: Resource, graph: ResourceGraph) -> charts.KnownKeys | None:
    """Return the keys that the chart knows in settings of a Service, Ingress or route, None where that is not known."""
    return charts.keys_at(chart_for(values, graph), values.reads_as, _path_in(values))


def chart_for(values: Resource, graph: ResourceGraph) -> Mapping[str, str]:
    """Return the chart that values are for (`name`, `repository`, `version`), which a source may name."""
    chart = {key: str(values.get("chart", key, default="")) for key in ("name", "repository", "version", "reference")}
    return _named_by_source(chart, values, graph) if chart["reference"] else chart


def _path_in(values: Resource) -> Path:
    return tuple(step for step in values.sequence("path") if isinstance(step, str | int))


def _named_by_source(chart: Mapping[str, str], values: Resource, graph: ResourceGraph) -> Mapping[str, str]:
    found = chart_of_source(chart["reference"].rpartition("/")[2], values, graph)
    return chart if found is None else found._asdict()
