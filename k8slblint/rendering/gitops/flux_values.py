"""What a HelmRelease of Flux gives to its chart, in the order in which it wins, and the chart where it is not in the tree.

Sources: Flux 2.7: helm-controller (`docs/spec/v2/helmreleases.md`: `valuesFrom`, `values`, `targetPath`).
"""

import posixpath
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from k8slblint.model.location import Path
from k8slblint.rendering.gitops.config_maps import ConfigMaps
from k8slblint.rendering.gitops.deployers import Deployer
from k8slblint.rendering.gitops.fields import NotFollowedError, mapping, sequence
from k8slblint.rendering.gitops.generated_maps import generated_file
from k8slblint.rendering.gitops.placements import Placements
from k8slblint.rendering.gitops.repositories import Repositories
from k8slblint.rendering.helm.layers import ValueLayer, known_among
from k8slblint.rendering.source import AbsentChart
from k8slblint.rendering.tree import SourceTree
from k8slblint.rendering.units import NotRendered

_DEFAULT_KEY = "values.yaml"


class Given(NamedTuple):
    """One Flux object with what it is read with."""

    deployer: Deployer
    tree: SourceTree
    repositories: Repositories
    config_maps: ConfigMaps
    placements: Placements
    patches_release: Callable[[str, str], bool]

    @property
    def spec(self) -> dict[str, Any]:
        """Its `spec`."""
        return self.deployer.resource.mapping("spec")


def layers_of(given: Given) -> Iterator[ValueLayer]:
    """Yield the values in their order: references, inline values, and last the references with a path."""
    references = [(("valuesFrom", index), mapping(entry)) for index, entry in enumerate(sequence(given.spec.get("valuesFrom")))]
    for at, reference in references:
        if not reference.get("targetPath"):
            yield from _whole(given, reference, at)
    yield from _inline(given)
    for at, reference in references:
        if reference.get("targetPath"):
            yield from _assigned(given, reference, at)


def _inline(given: Given) -> Iterator[ValueLayer]:
    values = given.spec.get("values")
    if isinstance(values, dict) and values:
        yield given.deployer.layer(("spec", "values"), values)
    elif values:
        raise NotFollowedError("its `values` are not a mapping", ("values",))


def patch_lists(given: Given) -> Iterator[ValueLayer]:
    """Yield where an object lists patches of what it deploys: a Kustomization its own, a HelmRelease those of its post-renderers."""
    renderers = range(len(sequence(given.spec.get("postRenderers"))))
    places: list[Path] = [("spec", "patches"), *(("spec", "postRenderers", index, "kustomize", "patches") for index in renderers)]
    for at in places:
        patches = sequence(given.deployer.resource.get(*at))
        layer = given.deployer.layer(at, patches) if patches else None
        if layer is not None and layer.file:
            yield layer


def absent_chart(given: Given, told: NotRendered) -> AbsentChart:
    """Return the chart of a HelmRelease with what is known of its values, whatever else it is given."""
    references = [(("valuesFrom", index), mapping(entry)) for index, entry in enumerate(sequence(given.spec.get("valuesFrom")))]
    parts = [_whole(given, one, at) for at, one in references if not one.get("targetPath")]
    parts.append(_inline(given))
    parts += [_assigned(given, one, at) for at, one in references if one.get("targetPath")]
    known = [known_among(part) for part in parts]
    wanted, one = mapping(mapping(given.spec.get("chart")).get("spec")), given.deployer.resource
    source = mapping(wanted.get("sourceRef")).get("name")
    return AbsentChart(
        _chart_name(given),
        source if isinstance(source, str) else "",
        str(wanted.get("version") or ""),
        told.path,
        told.line,
        (one.kind, given.deployer.label),
        tuple(layer for layers, _ in known for layer in layers),
        is_whole=all(is_all for _, is_all in known),
        deployer=(one.type_name, one.name),
    )


def _chart_name(given: Given) -> str:
    wanted = mapping(mapping(given.spec.get("chart")).get("spec")).get("chart") or mapping(given.spec.get("chartRef")).get("name")
    return posixpath.basename(wanted.rstrip("/")) if isinstance(wanted, str) else ""


def _whole(given: Given, reference: Mapping[str, Any], at: Path) -> Iterator[ValueLayer]:
    """Yield the values of a reference without a path: those of a ConfigMap, or of the file that kustomize makes one of."""
    key = reference.get("valuesKey") or _DEFAULT_KEY
    is_of_map = reference.get("kind") == "ConfigMap" and isinstance(key, str)
    file = generated_file(given.tree, given.deployer.file, reference.get("name"), key) if is_of_map else None
    if file is not None:
        yield ValueLayer(file)
    elif (found := _referred(given, reference, at)) is not None:
        deployer, key = found
        yield deployer.layer(("data", key), deployer.resource.get("data", key), "text")


def _referred(given: Given, reference: Mapping[str, Any], at: Path) -> tuple[Deployer, str] | None:
    """Return the ConfigMap and the key that hold values, None where they are optional and missing."""
    kind, name, key = reference.get("kind"), reference.get("name"), reference.get("valuesKey") or _DEFAULT_KEY
    found = given.config_maps.find(name, given.deployer.resource) if kind == "ConfigMap" else None
    if found is None:
        if reference.get("optional") is True:
            return None
        raise NotFollowedError(f"its values come from {kind} '{name}', which is unknown here", at)
    if not isinstance(key, str) or not isinstance(found.resource.get("data", key), str):
        raise NotFollowedError(f"ConfigMap '{name}' has no '{key}'", at)
    return found, key


def _assigned(given: Given, reference: Mapping[str, Any], at: Path) -> Iterator[ValueLayer]:
    """Yield one value of a reference with `targetPath`; that of a Secret is a placeholder."""
    target, is_literal = reference["targetPath"], reference.get("literal") is True
    if not isinstance(target, str):
        raise NotFollowedError("its `targetPath` is not text", (*at, "targetPath"))
    if reference.get("kind") == "Secret":
        if reference.get("optional") is not True:
            yield ValueLayer("", form="assignment", name=target, is_text=True, given=f"${{{target}}}")
        return
    found = _referred(given, reference, at)
    if found is not None:
        deployer, key = found
        yield deployer.layer(("data", key), deployer.resource.get("data", key), "assignment", name=target, is_text=is_literal)
