"""Which charts are offered to others, who set their values, and which are installed by those who maintain them."""

import posixpath
import re
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

_WORKFLOWS = ".github/workflows"

_PUBLISHING = re.compile(r"(?:publish|release)", re.IGNORECASE)
_OF_CHARTS = re.compile(r"(?:^|[-_.])(?:helm|charts?)(?:[-_.]|$)", re.IGNORECASE)
"""What the names of workflows have that publish charts: `release-charts.yml`, `helm-publish.yaml`."""

_ADVERTISING = ("home", "icon", "sources", "maintainers", "keywords")
"""Fields of `Chart.yaml` that are read by who looks for a chart; `helm create` writes none of them (https://helm.sh/docs/topics/charts)."""

_ARTIFACT_HUB = "artifacthub.io/"


_LONGEST = 1_000

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

    def is_copy(self, folder: str, chart: Chart) -> bool:
        """Tell whether a chart is someone else's: one that `is_among_own`, or a public one, by its name and the address of its project."""
        return self.is_among_own(folder, chart) or (not self._publishes and self._is_public(folder, chart))

    def is_among_own(self, folder: str, chart: Chart) -> bool:
        """Tell whether a chart is someone else's that was put among charts of the repository's own: those advertise nothing."""
        return _is_advertised(chart.metadata) and not self._publishes and posixpath.dirname(folder) in self._own

    def _is_public(self, folder: str, chart: Chart) -> bool:
        if not folder or any(one.name == chart.name for one in chart.dependencies):
            return False  # the chart is the project, or passes values to one of its name
        from k8slblint.loading.public_charts import publisher_of  # few trees have charts that say where they are from

        word = publisher_of(chart.metadata) if _is_advertised(chart.metadata) else None
        return word is not None and word.partition("/")[0] not in self._module

    @cached_property
    def _module(self) -> str:
        """Return the line of `go.mod` that says which project the repository is."""
        try:
            return self._tree.read("go.mod")[:_LONGEST].decode("utf-8", "replace").partition("\n")[0].lower()
        except OSError:
            return ""

    @cached_property
    def _publishes(self) -> bool:
        workflows = self._tree.names(_WORKFLOWS)
        is_published = any(_OF_CHARTS.search(name) and _PUBLISHING.search(name) for name in workflows)
        return is_published or any(self._tree.is_file(path) for path in _PUBLISHED_WITH)

    @cached_property
    def _collections(self) -> frozenset[str]:
        """Return the folders in which most of the charts are advertised."""
        return frozenset(above for above, told in self._told.items() if sum(told) >= _FEW and sum(told) > len(told) / 2)

    @cached_property
    def _own(self) -> frozenset[str]:
        """Return the folders in which most of the charts, and several, are not."""
        return frozenset(above for above, told in self._told.items() if len(told) - sum(told) >= max(_FEW, sum(told) + 1))

    @cached_property
    def _told(self) -> dict[str, list[bool]]:
        """Return, by folder, which of the charts in it are advertised."""
        found: dict[str, list[bool]] = defaultdict(list)
        for folder in self._folders:
            chart = read_chart(self._tree, folder)
            found[posixpath.dirname(folder)].append(isinstance(chart, Chart) and _is_advertised(chart.metadata))
        return found


def _is_advertised(metadata: Mapping[str, Any]) -> bool:
    annotations = metadata.get("annotations")
    is_listed = isinstance(annotations, dict) and any(str(key).startswith(_ARTIFACT_HUB) for key in annotations)
    return is_listed or any(metadata.get(field) for field in _ADVERTISING)
