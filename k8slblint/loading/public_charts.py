"""Which charts are public ones, by what their `Chart.yaml` says of them, and how those write annotations."""

from collections.abc import Iterable, Mapping
from typing import Any

from k8slblint.catalog import charts
from k8slblint.catalog.charts import writes_annotations

__all__ = ["publisher_of", "writes_annotations"]


def publisher_of(metadata: Mapping[str, Any]) -> str | None:
    """Return the word in the `home` or `sources` of a chart by which a public chart of its name is known, None for all others."""
    return charts.publisher_of(str(metadata.get("name")), _addresses(metadata))


def _addresses(metadata: Mapping[str, Any]) -> Iterable[str]:
    sources = metadata.get("sources")
    return (one for one in (metadata.get("home"), *(sources if isinstance(sources, list) else ())) if isinstance(one, str))
