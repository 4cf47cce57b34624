"""Which charts are offered to others, who set their values, and which are installed by those who maintain them."""

import posixpath
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from k8slblint.rendering.helm.charts import Chart, read_chart
from k8slblint.rendering.tree import SourceTree

_PUBLISHED_WITH = (
    *(f"{folder}{name}.{ending}" for folder in ("", ".github/") for name in ("ct", "cr") for ending in ("yaml", "yml")),
    *(f"artifacthub-repo.{ending}" for ending in ("yaml", "yml")),
)
"""Files at the top of repositories that publish charts: settings of chart-testing and chart-releaser, the owner for Artifact Hub.

Sources: github.com/helm/chart-testing and helm/chart-releaser, README; https://artifacthub.io/docs/topics/repositories/helm-charts
"""

_ADVERTISING = ("home", "icon", "sources", "maintainers", "keywords")
"""Fields of `Chart.yaml` that are read by who looks for a chart; `helm create` writes none of them (https://helm.sh/docs/topics/charts)."""

_ARTIFACT_HUB = "artifacthub.io/"


_FEW = 3
"""How many advertised charts a folder has at least that is a collection of such."""


class Offers:
    """Answers for the charts of one tree whether they are there for others to install; each `Chart.yaml` is looked at once."""

    def __init__(self, tree: SourceTree, folders: Sequence[str]) -> None:
        """Hold the tree and the folders of all its charts."""
        self._tree = tree
        self._folders = folders

    def includes(self, folder: str, chart: Chart) -> bool:
        """Tell whether a chart is advertised, or among others that are, or whether its repository publishes charts."""
        return _is_advertised(chart.metadata) or self._publishes or posixpath.dirname(folder) in self._collections

    @cached_property
    def _publishes(self) -> bool:
        return any(self._tree.is_file(path) for path in _PUBLISHED_WITH)

    @cached_property
    def _collections(self) -> frozenset[str]:
        """Return the folders in which most of the charts are advertised."""
        found: dict[str, list[bool]] = defaultdict(list)
        for folder in self._folders:
            chart = read_chart(self._tree, folder)
            found[posixpath.dirname(folder)].append(isinstance(chart, Chart) and _is_advertised(chart.metadata))
        return frozenset(above for above, told in found.items() if sum(told) >= _FEW and sum(told) > len(told) / 2)


def _is_advertised(metadata: Mapping[str, Any]) -> bool:
    annotations = metadata.get("annotations")
    is_listed = isinstance(annotations, dict) and any(str(key).startswith(_ARTIFACT_HUB) for key in annotations)
    return is_listed or any(metadata.get(field) for field in _ADVERTISING)
