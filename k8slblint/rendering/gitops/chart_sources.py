"""Which chart beside the tree a HelmRelease of Flux deploys: that of a HelmRepository, an OCIRepository or a HelmChart.

Source: Flux 2.7, source-controller, `docs/spec/v1` (helmrepositories.md, ocirepositories.md, helmcharts.md).
"""

import posixpath
from collections.abc import Mapping
from typing import Any, NamedTuple

from k8slblint.loading.value_holders import Chart
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.resource import Resource
from k8slblint.rendering.gitops.fields import mapping
from k8slblint.rendering.gitops.repositories import Repositories
from k8slblint.rendering.helm.named_charts import chart_at_hand
from k8slblint.rendering.shelf import WantedChart
from k8slblint.rendering.tree import SourceTree


class ChartSources(NamedTuple):
    """The sources of charts among the objects of a tree, as the object `by` refers to them."""

    repositories: Repositories
    tree: SourceTree
    by: Resource

    def of(self, source: Mapping[str, Any], name: object, version: object) -> str:
        """Return the path on the shelf of a chart of a HelmRepository, or `""`."""
        repository = self.repositories.chart_source(source, self.by) if source.get("kind") == "HelmRepository" else None
        url = repository.get("spec", "url") if repository is not None else None
        return self._placed(url, name, version) if isinstance(url, str) else ""

    def referred(self, reference: Mapping[str, Any]) -> str:
        """Return the path on the shelf of what a `chartRef` names, or `""`: an OCIRepository is one chart, a HelmChart names one."""
        found = self.repositories.chart_source(reference, self.by)
        if found is None:
            return ""
        if found.kind == "HelmChart":
            spec = found.mapping("spec")
            return self.of(mapping(spec.get("sourceRef")), spec.get("chart"), spec.get("version"))
        url, stated = found.get("spec", "url"), mapping(found.get("spec", "ref"))
        if not isinstance(url, str) or "/" not in url.removeprefix("oci://"):
            return ""
        repository, _, name = url.rstrip("/").rpartition("/")
        return self._placed(repository, name, stated.get("semver") or stated.get("tag"))

    def identity(self, spec: Mapping[str, Any]) -> Chart:
        """Return which chart a HelmRelease with this `spec` deploys, by the address of its source if that is in the tree, else by its name.

        An OCIRepository is one chart, which its address ends in.
        """
        reference = mapping(spec.get("chartRef"))
        if not reference:
            return self._identity(mapping(mapping(spec.get("chart")).get("spec")))
        found = self.repositories.chart_source(reference, self.by)
        if found is None:
            return Chart(_text(reference.get("name")))
        if found.kind == "HelmChart":
            return self._identity(found.mapping("spec"))
        url, stated = _text(found.get("spec", "url")).rstrip("/"), mapping(found.get("spec", "ref"))
        return Chart(posixpath.basename(url), url, _text(stated.get("semver") or stated.get("tag")))

    def _identity(self, wanted: Mapping[str, Any]) -> Chart:
        source = mapping(wanted.get("sourceRef"))
        found = self.repositories.chart_source(source, self.by) if source.get("kind") == "HelmRepository" else None
        address = _text(found.get("spec", "url")) if found is not None else ""
        name = posixpath.basename(_text(wanted.get("chart")).rstrip("/"))
        return Chart(name, address or _text(source.get("name")), _text(wanted.get("version")))

    def _placed(self, url: str, name: object, version: object) -> str:
        if not isinstance(name, str) or not name or has_placeholder(url) or has_placeholder(name):
            return ""
        return chart_at_hand(self.tree, WantedChart(url, name, version if isinstance(version, str) else ""))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
