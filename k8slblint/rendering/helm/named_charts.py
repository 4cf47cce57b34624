"""Which chart at hand is one that a deployer names by name and version: one beside the tree, or the same of the tree itself.

Repositories that publish their charts (chart-releaser, GitHub Pages) deploy them by the address of the index; what has the name and
the very version is what was published.
"""

import posixpath

from k8slblint.rendering.helm.charts import stated_in
from k8slblint.rendering.shelf import WantedChart
from k8slblint.rendering.tree import SourceTree

_SHELVES = ("charts", "helm", "helm-charts", "helm/charts", "chart", "deploy/charts", "deploy/helm", "kubernetes/charts", "k8s/charts", "")
"""Where repositories keep their charts, each in a folder of its name."""


def chart_at_hand(tree: SourceTree, wanted: WantedChart) -> str:
    """Return the path of a chart beside the tree, or of the same chart in the tree, or `""`."""
    return tree.beside(wanted) or _of_tree(tree, wanted)


def _of_tree(tree: SourceTree, wanted: WantedChart) -> str:
    if not wanted.version or "/" in wanted.name or wanted.name[:1] in ("", ".") or not wanted.name.isprintable():
        return ""
    folders = (posixpath.join(shelf, wanted.name) for shelf in _SHELVES)
    known = (one for one in folders if tree.is_file(posixpath.join(one, "Chart.yaml")))
    return next((one for one in known if stated_in(tree, one) == (wanted.name, wanted.version)), "")
