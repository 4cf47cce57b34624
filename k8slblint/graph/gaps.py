"""What could not be read of one revision, and in which cluster and namespace something may be missing for it."""

from collections import defaultdict
from collections.abc import Sequence
from functools import cached_property
from typing import Protocol

from k8slblint.model.loaded import Gap
from k8slblint.model.texts import PROSE, fitted


class Places(Protocol):
    """What is asked about paths."""

    def cluster_of_path(self, path: str) -> str:
        """Return the cluster that files at a path belong to."""

    def is_divided(self, path: str) -> bool:
        """Tell whether something sets the cluster of files at a path apart from the rest of the project."""


class Gaps:
    """What could not be read, in the order in which it was met, and by cluster: what is of no cluster may be of any."""

    def __init__(self, gaps: Sequence[Gap], places: Places) -> None:
        """Hold the gaps of a revision."""
        self.all = tuple(gaps)
        self._places = places

    @cached_property
    def _firsts(self) -> dict[str, list[Gap]]:
        """The gaps by cluster, under `""` those that may be of any: of each namespace the first."""
        gaps: dict[tuple[str, str | None], Gap] = {}
        for gap in self.all:
            gaps.setdefault((self._places.cluster_of_path(gap.path), gap.namespace), gap)
            if not self._places.is_divided(gap.path):
                gaps.setdefault(("", gap.namespace), gap)
        found: dict[str, list[Gap]] = defaultdict(list)
        for (cluster, _), gap in gaps.items():
            found[cluster].append(gap)
        return found

    def of(self, cluster: str) -> list[Gap]:
        """Return all that is of a cluster, or of none."""
        of_path, is_divided = self._places.cluster_of_path, self._places.is_divided
        return [gap for gap in self.all if not is_divided(gap.path) or of_path(gap.path) == cluster]

    def why_incomplete(self, cluster: str, namespace: str | None) -> str | None:
        """Return why something of a cluster, and of one namespace where it is given, may be missing, or None when all of it was read."""
        gaps = (*self._firsts.get(cluster, ()), *self._firsts.get("", ()))
        gap = next((gap for gap in gaps if is_within(gap, namespace)), None)
        return why_unread(gap) if gap else None


def is_within(gap: Gap, namespace: str | None) -> bool:
    """Tell whether what is missing may be of a namespace; None stands for any."""
    return namespace is None or gap.namespace in (None, namespace)


def why_unread(gap: Gap) -> str:
    """Say that something could not be read."""
    return fitted(f"'{gap.path}' could not be read: {gap.reason}", PROSE)
