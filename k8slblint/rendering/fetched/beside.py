"""The shelf of a run: charts in folders that the user names, and those that the lock of a tree names."""

import os
from collections.abc import Iterator, Sequence
from functools import partial

from k8slblint.budget import Budget
from k8slblint.loading.folders import read_file
from k8slblint.rendering.fetched.archives import Archives
from k8slblint.rendering.fetched.lock import read_lock
from k8slblint.rendering.helm.archives import ARCHIVES
from k8slblint.rendering.helm.charts import Chart, read_chart
from k8slblint.rendering.helm.packer import archive
from k8slblint.rendering.shelf import Shelf, Shelved
from k8slblint.rendering.tree import SourceTree

_MOST = 2_000
"""Charts that are looked at in one folder."""


def shelf_of(tree: SourceTree, folders: Sequence[str], cache: str, budget: Budget) -> Shelf:
    """Return the charts beside a tree. Raises `UsageError` for a lock that cannot be read.

    Only `folders` and the lock decide which there are; the tree names none. An archive of the lock is read from the cache, by its digest.
    """
    charts = [one for folder in folders for one in _in_folder(folder, budget)]
    if cache:
        archives = Archives(cache)
        charts += [
            Shelved(one.repository, one.name, one.stated, one.version, partial(archives.read, one.digest))
            for one in read_lock(tree)
            if archives.holds(one.digest)
        ]
    return Shelf(charts)


def _in_folder(folder: str, budget: Budget) -> Iterator[Shelved]:
    """Yield the charts in a folder: archives, and folders with a `Chart.yaml`. Of one that cannot be read nothing is known."""
    tree = SourceTree(folder, budget=budget)
    for name in tree.names("")[:_MOST]:
        if name.endswith(ARCHIVES) or tree.is_file(f"{name}/Chart.yaml"):
            chart = read_chart(tree, name)
            version = chart.metadata.get("version") if isinstance(chart, Chart) else None
            if isinstance(chart, Chart) and isinstance(version, str):
                yield Shelved("", chart.name, "", version, partial(_packed, tree, chart))


def _packed(tree: SourceTree, chart: Chart) -> bytes:
    """Return the archive of a chart of a folder. Raises `OSError`."""
    if chart.folder.endswith(ARCHIVES):
        return read_file(os.path.join(tree.top, chart.folder))
    made = archive(tree, chart, tuple(one.name for one in chart.missing))
    if not isinstance(made, bytes):
        raise FileNotFoundError(made.reason)
    return made
