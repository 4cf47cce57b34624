"""What the HelmCharts of k3s and RKE2 deploy: charts from elsewhere, with their own values and those of a HelmChartConfig.

Sources: k3s-io/helm-controller 21a911f `pkg/controllers/chart/chart.go` (order of values, `args`, `typedVal`, `shouldManage`),
k3s-io/klipper-helm 09c5242 `entry` (where a chart is from), `Dockerfile` (`STABLE_REPO_URL`).
"""

import posixpath
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from k8slblint.model.location import Path
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.resource import Resource
from k8slblint.rendering.gitops.deployers import Deployer
from k8slblint.rendering.gitops.fields import NotFollowedError, mapping, sequence, text_of
from k8slblint.rendering.gitops.paths import cluster_folder, telling_path
from k8slblint.rendering.helm.layers import ValueLayer, known_among
from k8slblint.rendering.helm.named_charts import chart_at_hand
from k8slblint.rendering.helm.release import ChartRelease
from k8slblint.rendering.shelf import WantedChart
from k8slblint.rendering.source import AbsentChart
from k8slblint.rendering.tree import SourceTree
from k8slblint.rendering.units import NotRendered, Unit
from k8slblint.rendering.worth import K3S_KINDS

_STABLE, _STABLE_URL = "stable/", "https://charts.helm.sh/stable"
_UNMANAGED = "helmcharts.helm.cattle.io/unmanaged"
_TYPED = ("true", "false", "null")


class ChartConfigs:
    """The HelmChartConfigs among the objects of a tree, by their names."""

    def __init__(self, deployers: Sequence[Resource], tree_path: Callable[[Resource], str]) -> None:
        self._tree_path = tree_path
        self._named: dict[str, list[Resource]] = {}
        for one in deployers:
            if one.type_name == K3S_KINDS[1]:
                self._named.setdefault(one.name, []).append(one)

    def of(self, chart: Deployer) -> Deployer | None:
        """Return what is laid over a HelmChart: the HelmChartConfig of its name and namespace, where either states none in any.

        Raises `NotFollowedError` where there are several, and folders of clusters do not tell them apart.
        """
        found = [Deployer(one, self._tree_path(one)) for one in self._named.get(chart.resource.name, ())]
        found = [one for one in found if not (one.namespace and chart.namespace) or one.namespace == chart.namespace]
        if len(found) > 1:
            own = cluster_folder(chart.file)
            found = [one for one in found if own and cluster_folder(one.file) == own] or found
        if len(found) > 1:
            raise NotFollowedError(f"{len(found)} HelmChartConfigs may apply to it", ("chart",))
        return found[0] if found else None


class _Source(NamedTuple):
    """Where a chart is from: how messages name it, and what is looked for on the shelf; None where it cannot be there."""

    shown: str
    wanted: WantedChart | None


def follow(deployer: Deployer, tree: SourceTree, configs: ChartConfigs) -> Iterator[Unit | NotRendered]:
    """Yield what a HelmChart deploys. One that another controller manages deploys nothing."""
    one = deployer.resource
    spec = one.mapping("spec")
    if _UNMANAGED in one.annotations or not (spec.get("chart") or spec.get("chartContent")):
        return
    try:
        yield _unit(deployer, spec, tree, configs)
    except NotFollowedError as error:
        target = spec.get("targetNamespace")  # those without one are all in the namespace of HelmCharts, and may be meant for any
        namespace = target if isinstance(target, str) and target else None
        told = deployer.not_rendered(error.reason, ("spec", *error.at), namespace=namespace, is_chart=True)
        yield told._replace(absent=_absent_chart(deployer, told, configs))


def _absent_chart(deployer: Deployer, told: NotRendered, configs: ChartConfigs) -> AbsentChart:
    """Return the chart of a HelmChart with what is known of its values."""
    one, spec = deployer.resource, deployer.resource.mapping("spec")
    try:
        config = configs.of(deployer)
        known = [known_among(_layers(deployer)), known_among(_layers(config) if config is not None else ())]
    except NotFollowedError:
        known = [known_among(_layers(deployer)), ((), False)]
    known.append(known_among(_assignments(deployer)))
    chart, repository, version = (value if isinstance(value := spec.get(key), str) else "" for key in ("chart", "repo", "version"))
    return AbsentChart(
        posixpath.basename(chart.rstrip("/")),
        repository or posixpath.dirname(chart),
        version,
        told.path,
        told.line,
        (one.kind, deployer.label),
        tuple(layer for layers, _ in known for layer in layers),
        is_whole=all(is_all for _, is_all in known),
        deployer=(one.type_name, one.name),
    )


def _unit(deployer: Deployer, spec: Mapping[str, Any], tree: SourceTree, configs: ChartConfigs) -> Unit:
    source = _source(spec)
    chart = chart_at_hand(tree, source.wanted) if source.wanted is not None else ""
    if not chart:
        raise NotFollowedError(f"{source.shown} is not in this tree", ("chart",))
    config = configs.of(deployer)
    layers = (*_layers(deployer), *(_layers(config) if config is not None else ()), *_assignments(deployer))
    namespace = text_of(spec, "targetNamespace") or deployer.namespace
    files = [deployer.file, *(layer.file for layer in layers if layer.file)]
    return Unit(
        path=telling_path(files) or posixpath.join(chart, "Chart.yaml"),
        source=ChartRelease(chart, layers, deployer.resource.name, namespace or "default"),
        label=deployer.label,
        deployed_by=deployer.description,
        namespace=namespace or None,
        deployer=deployer.file,
    )


def _source(spec: Mapping[str, Any]) -> _Source:
    """Return where the chart of a HelmChart is from; an archive, written in it or named by its address, has no repository."""
    if spec.get("chartContent"):
        return _Source("the archive in `chartContent`", None)
    name, repository = text_of(spec, "chart"), text_of(spec, "repo")
    version = str(spec.get("version") or "")
    shown = f"chart '{name}' {version}".rstrip()
    if name.startswith("oci://"):
        repository, _, name = name.rstrip("/").rpartition("/")
    elif "://" in name:
        return _Source(shown, None)
    elif name.startswith(_STABLE) and not repository:
        repository, name = _STABLE_URL, name.removeprefix(_STABLE)
    is_known = bool(repository and name) and "/" not in name and not has_placeholder(version)
    return _Source(f"{shown} of {repository}" if repository else shown, WantedChart(repository, name, version) if is_known else None)


def _layers(deployer: Deployer) -> Iterator[ValueLayer]:
    """Yield the values of a HelmChart or HelmChartConfig in their order: the text, the mapping, and those of Secrets."""
    spec = deployer.resource.mapping("spec")
    text, values = spec.get("valuesContent"), spec.get("values")
    if text not in (None, ""):
        if not isinstance(text, str):
            raise NotFollowedError("its `valuesContent` is not text", ("valuesContent",))
        yield deployer.layer(("spec", "valuesContent"), text, "text")
    if mapping(values):
        yield deployer.layer(("spec", "values"), values)
    secrets = [mapping(one).get("name") for one in sequence(spec.get("valuesSecrets")) if mapping(one).get("keys")]
    if secrets:
        at: Path = ("valuesSecrets",)
        raise NotFollowedError(f"its values come from Secret '{secrets[0]}', which is unknown here", at)


def _assignments(deployer: Deployer) -> Iterator[ValueLayer]:
    """Yield what is `set`, in the order of Helm: all that `--set` takes before all that `--set-string` takes."""
    stated = mapping(deployer.resource.mapping("spec").get("set"))
    texts = {name: isinstance(value, str) and value.lower() not in _TYPED for name, value in stated.items()}
    for is_text in (False, True):
        for name in sorted(name for name, own in texts.items() if own is is_text):
            yield deployer.layer(("spec", "set", name), stated[name], "assignment", name=name, is_text=is_text)
