"""What HelmReleases of helm-operator deploy (`helm.fluxcd.io`, before Flux 2): charts of this repository, and of chart repositories.

Sources: fluxcd/helm-operator a58c2676 `pkg/apis/helm.fluxcd.io/v1/types_helmrelease.go` (`GetReleaseName`, `GetTargetNamespace`,
`GetValuesFromSources`), `pkg/release/values.go` (order of values).
"""

import posixpath
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from k8slblint.model.location import Path
from k8slblint.rendering.gitops.config_maps import ConfigMaps
from k8slblint.rendering.gitops.deployers import Deployer
from k8slblint.rendering.gitops.fields import NotFollowedError, mapping, sequence, text_of
from k8slblint.rendering.gitops.paths import folder_path, source_root, telling_path
from k8slblint.rendering.gitops.repositories import Repositories
from k8slblint.rendering.helm.layers import ValueLayer
from k8slblint.rendering.helm.named_charts import chart_at_hand
from k8slblint.rendering.helm.release import ChartRelease
from k8slblint.rendering.shelf import WantedChart
from k8slblint.rendering.tree import SourceTree
from k8slblint.rendering.units import NotRendered, Unit

_DEFAULT = "default"
_DEFAULT_KEY = "values.yaml"


class _Given(NamedTuple):
    """One HelmRelease with what it is read with."""

    deployer: Deployer
    tree: SourceTree
    repositories: Repositories
    config_maps: ConfigMaps

    @property
    def spec(self) -> dict[str, Any]:
        return self.deployer.resource.mapping("spec")


def follow(deployer: Deployer, tree: SourceTree, repositories: Repositories, config_maps: ConfigMaps) -> Iterator[Unit | NotRendered]:
    """Yield what a HelmRelease deploys."""
    given = _Given(deployer, tree, repositories, config_maps)
    try:
        yield _unit(given)
    except NotFollowedError as error:
        target = given.spec.get("targetNamespace")
        namespace = target if isinstance(target, str) and target else given.deployer.namespace or None
        yield given.deployer.not_rendered(error.reason, ("spec", *error.at), namespace=namespace, is_chart=True)


def _unit(given: _Given) -> Unit:
    deployer = given.deployer
    chart = _chart(given)
    layers = tuple(_layers(given, chart))
    own = deployer.namespace or _DEFAULT
    target = text_of(given.spec, "targetNamespace") or own
    stated = text_of(given.spec, "releaseName") or "-".join(dict.fromkeys((own, target))) + f"-{deployer.resource.name}"
    files = [deployer.file, *(layer.file for layer in reversed(layers) if layer.file), posixpath.join(chart, "Chart.yaml")]
    return Unit(
        path=telling_path(files),
        source=ChartRelease(chart, layers, stated, target),
        label=deployer.label,
        deployed_by=deployer.description,
        namespace=text_of(given.spec, "targetNamespace") or deployer.namespace or None,
        deployer=deployer.file,
    )


def _chart(given: _Given) -> str:
    """Return the folder of the chart. Raises `NotFollowedError` where it is not at hand."""
    stated, at = mapping(given.spec.get("chart")), ("chart",)
    repository, name, version, path = (text_of(stated, key, at) for key in ("repository", "name", "version", "path"))
    if not stated.get("git"):
        chart = chart_at_hand(given.tree, WantedChart(repository, name, version)) if repository and name else ""
        if not chart:
            shown = f"chart '{name}' {version} of {repository or 'a source'} is not in this tree".replace("  ", " ")
            raise NotFollowedError(shown, at)
        return chart
    inside = folder_path(path.lstrip("/"))
    top = source_root(given.tree, given.deployer.file, inside) if inside else None
    if not given.repositories.is_this(stated["git"]):
        raise NotFollowedError(f"chart '{path}' is in another repository, {stated['git']}", (*at, "git"))
    chart = posixpath.join(top or "", inside or "")
    if top is None or not given.tree.is_file(posixpath.join(chart, "Chart.yaml")):
        raise NotFollowedError(f"chart '{path}' of {stated['git']} is not in this tree", (*at, "path"))
    return chart


def _layers(given: _Given, chart: str) -> Iterator[ValueLayer]:
    """Yield the values in their order: old references to Secrets, references, inline values."""
    if sequence(given.spec.get("valueFileSecrets")):
        raise NotFollowedError("its values come from Secrets, which are unknown here", ("valueFileSecrets",))
    for index, entry in enumerate(sequence(given.spec.get("valuesFrom"))):
        yield from _referred(given, mapping(entry), ("valuesFrom", index), chart)
    values = given.spec.get("values")
    if mapping(values):
        yield given.deployer.layer(("spec", "values"), values)
    elif values:
        raise NotFollowedError("its `values` are not a mapping", ("values",))


def _referred(given: _Given, reference: Mapping[str, Any], at: Path, chart: str) -> Iterator[ValueLayer]:
    """Yield the values of a reference: the first of its kinds that is stated counts, and none where it is empty."""
    in_map, in_chart = reference.get("configMapKeyRef"), reference.get("chartFileRef")
    if isinstance(in_map, dict):
        yield from _in_config_map(given, in_map, at)
    elif reference.get("secretKeyRef") or reference.get("externalSourceRef"):
        raise NotFollowedError("its values come from a Secret or from elsewhere, and are unknown here", at)
    elif isinstance(in_chart, dict):
        path = folder_path(text_of(in_chart, "path", at), chart)
        if not path or not path.startswith(f"{chart}/"):
            raise NotFollowedError("one of its `valuesFrom` is not a file of the chart", at)
        yield ValueLayer(path, is_optional=in_chart.get("optional") is True)


def _in_config_map(given: _Given, reference: Mapping[str, Any], at: Path) -> Iterator[ValueLayer]:
    name, key = reference.get("name"), reference.get("key") or _DEFAULT_KEY
    found = given.config_maps.find(name, given.deployer.resource, reference.get("namespace"))
    text = found.resource.get("data", key) if found is not None and isinstance(key, str) else None
    if found is not None and isinstance(key, str) and isinstance(text, str):
        yield found.layer(("data", key), text, "text")
    elif reference.get("optional") is not True:
        raise NotFollowedError(f"its values come from ConfigMap '{name}', which is unknown here", at)
