"""A chart with values, as deployed: its files, its values and where they are written, and what it leaves open."""

import posixpath
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from k8slblint.rendering.helm.archives import ARCHIVES
from k8slblint.rendering.helm.charts import chart_files, defaults_elsewhere
from k8slblint.rendering.helm.layers import ValueLayer
from k8slblint.rendering.helm.templates import deploys_others, names_blank_value, names_null_value, names_unset_value, values_of_left_out
from k8slblint.rendering.helm.undefined import undefined_values
from k8slblint.rendering.helm.values import absent_keys, layer_node, lines_below, merged_values
from k8slblint.rendering.helm.variants import variants
from k8slblint.rendering.source import AbsentChart, Parts, Source, Undefined, Variant
from k8slblint.rendering.tree import SourceTree

_STEM = re.compile(r"[-_.]values\.ya?ml$")


@dataclass(frozen=True)
class ChartRelease(Source):
    """A chart with the values it is deployed with: `chart` is its folder (or `.tgz`), `kube_version` like `1.34`.

    `post_renderers` are fields of kustomizations that its objects pass through, one after the other. `is_bare` tells that the chart's own
    `values.yaml` does not count, because its deployer puts files of the layers in its place. `without` are the contents of files of the
    chart that take the place of those it has, None where whoever renders it may leave out what is refused.
    """

    kind: ClassVar[str] = "helm"
    is_templated: ClassVar[bool] = True

    chart: str
    layers: tuple[ValueLayer, ...] = ()
    release: str = "release-name"
    namespace: str = "default"
    kube_version: str | None = None
    api_versions: tuple[str, ...] = ()
    post_renderers: tuple[Mapping[str, Any], ...] = ()
    is_bare: bool = False
    without: tuple[tuple[str, bytes], ...] | None = None

    def parts(self, tree: SourceTree) -> Parts:
        """Return the files of the chart, the defaults of charts elsewhere that are part of it, and its values but those in objects."""
        stated = [layer.file for layer in self.layers if layer.file and not layer.at]
        files = frozenset({*chart_files(tree, self.chart), *defaults_elsewhere(tree, self.chart), *stated})
        return Parts(files, folders=(self.chart,))

    def described(self, tree: SourceTree, path: str) -> str:
        """Name the chart, the files of its values and what is set one by one."""
        names = [posixpath.basename(layer.file) for layer in self.layers if layer.file]
        names += [f"{layer.name}={layer.given}" for layer in self.layers if layer.form == "assignment" and not layer.file]
        values = f" with {', '.join(dict.fromkeys(names))}" if names else ""
        return f"chart '{tree.shown(self.chart)}'{values}"

    def value_files(self) -> tuple[str, ...]:
        """Return the files of the layers."""
        return tuple(layer.file for layer in self.layers if layer.file)

    def lacks_values(self, tree: SourceTree) -> bool:
        """Tell whether the file of a layer that is not optional is missing."""
        return any(layer.file and not layer.is_optional and not tree.is_file(layer.file) for layer in self.layers)

    def value_holders(self) -> tuple[str, ...]:
        """Return the files of the layers that are written in an Application, a HelmRelease and the like."""
        return tuple(layer.file for layer in self.layers if layer.file and layer.at)

    def value_lines(self, tree: SourceTree, file: str) -> Iterator[tuple[int, int]]:
        """Yield the lines of the layers in such a file."""
        nodes = (layer_node(tree, layer) for layer in self.layers if layer.at and layer.file == file)
        yield from ((node.line, node.end_line) for node in nodes if node is not None)

    def absent_charts(self, tree: SourceTree) -> Iterator[AbsentChart]:
        """Yield the dependencies that are switched on and not in the tree."""
        from k8slblint.rendering.helm.absent_charts import absent_dependencies  # few charts have any

        own = [] if self.is_bare else [ValueLayer(self._defaults(), is_optional=True)]
        yield from absent_dependencies(tree, self.chart, lambda: self.merged(tree), (*own, *self.layers))

    def unused_lines(self, tree: SourceTree, files: Collection[str]) -> Mapping[str, list[tuple[int, int]]]:
        """Return the lines of the values for dependencies that are not in the tree, and for what was refused of the chart."""
        left_out = {file for file, data in self.without or () if not data}
        of_refused = values_of_left_out(tree, self.chart, left_out) if left_out else ()
        return lines_below(tree, (*absent_keys(tree, self.chart), *sorted(of_refused)), self.layers, files)

    def unset(self, tree: SourceTree, templates: Collection[str]) -> Collection[str]:
        """Return its own templates that print what `values.yaml` does not set, where nothing else sets values."""
        return self._naming(tree, templates, names_unset_value)

    def blank(self, tree: SourceTree, templates: Collection[str]) -> Collection[str]:
        """Return its own templates that print what is empty in `values.yaml`, where nothing else sets values."""
        return self._naming(tree, templates, names_blank_value)

    def null(self, tree: SourceTree, templates: Collection[str]) -> Collection[str]:
        """Return its own templates that print a mapping of `values.yaml` with a key that is null, where nothing else sets values."""
        return self._naming(tree, templates, names_null_value)

    def _naming(
        self, tree: SourceTree, templates: Collection[str], names: Callable[[SourceTree, str, Mapping[str, Any]], bool]
    ) -> set[str]:
        if any(layer.file or layer.name for layer in self.layers):
            return set()
        defaults = self.merged(tree)
        own = posixpath.join(self.chart, "templates", "")  # the templates of a dependency see other values
        mine = {file for file in templates if file.startswith(own)}
        return {file for file in mine if isinstance(defaults, dict) and names(tree, file, defaults)}

    def strongest_inputs(self) -> tuple[str, ...]:
        """Return the files of the layers, then that of the chart's own values."""
        return (*self.value_files()[::-1], *(() if self.is_bare else (self._defaults(),)))

    def template_folders(self) -> tuple[str, ...]:
        """Return the folder of the chart."""
        return (self.chart,)

    def undefined(self, tree: SourceTree, others: Sequence[Source]) -> Iterator[Undefined]:
        """Yield what its own templates read; nothing where some values cannot be read."""
        own = [one.merged(tree) for one in (self, *others) if isinstance(one, ChartRelease)]
        known = [one for one in own if one is not None]
        if len(known) == len(own) and not self.chart.endswith(ARCHIVES):
            yield from undefined_values(tree, self.chart, known)

    def variants(self, tree: SourceTree, others: Sequence[Source]) -> Sequence[Sequence[Variant]]:
        """Return what the conditions of its own templates leave out with these values."""
        own, beside = self.merged(tree), [one.merged(tree) for one in others if isinstance(one, ChartRelease)]
        if own is None or self.chart.endswith(ARCHIVES):
            return ()
        return variants(tree, self.chart, own, [one for one in beside if one is not None])

    def varied_by(self, variants: Sequence[Variant]) -> "ChartRelease":
        """Return it with a further layer for each."""
        return replace(self, layers=(*self.layers, *(ValueLayer("", given=one.values) for one in variants)))

    def rendered_without(self, changes: Sequence[tuple[str, bytes]]) -> "ChartRelease":
        """Return it with other contents of files of the chart; what is refused then is refused as a whole."""
        return replace(self, without=tuple(changes))

    @property
    def is_rendered_in_part(self) -> bool:
        """Whether files of the chart were refused."""
        return bool(self.without)

    def as_packed(self, tree: SourceTree) -> SourceTree:
        """Return the tree as its deployer packs the chart of: without `values.yaml` where others take its place, and what was refused."""
        taken: dict[str, bytes | None] = {self._defaults(): None} if self.is_bare else {}
        return tree.overlaid({**taken, **dict(self.without or ())}) if taken or self.without else tree

    def merged(self, tree: SourceTree) -> dict[str, Any] | None:
        """Return the values with those of the chart's own, None where they cannot be read."""
        own = [] if self.is_bare else [ValueLayer(self._defaults(), is_optional=True)]
        merged = merged_values(tree, [*own, *self.layers])
        return merged if isinstance(merged, dict) else None

    def may_deploy_others(self, tree: SourceTree) -> bool:
        """Tell whether its own templates name an API of those."""
        return deploys_others(tree, self.chart)

    def telling_paths(self, tree: SourceTree, deployer: str) -> Iterator[str]:
        """Yield the deployer's file, those of its values and that of the chart."""
        yield deployer
        yield from self.value_files()[::-1]
        yield f"{self.chart}/Chart.yaml" if self.chart else "Chart.yaml"

    def scope_path(self, path: str, label: str) -> str:
        """Return a value file beside the unit's own path that bears the label: a set of values is named by its environment.

        Of `test-values.yaml` and `ci/full-values.yaml` it is the file itself, whose name and folder tell that it is of tests.
        """
        name = label.rpartition("/")[2]
        own = (file for file in self.value_files()[-1:] if name and _STEM.sub("", posixpath.basename(file)) == name)
        return next(own, posixpath.join(posixpath.dirname(path), f"{name}.yaml") if label else path)

    def _defaults(self) -> str:
        return posixpath.join(self.chart, "values.yaml")
