"""Which files are what a chart once made, kept in the root of the chart, where Helm reads none of them.

Sources: Helm 4, `pkg/action` (`renderResources` writes `# Source: CHART/templates/FILE` before each object) and
https://helm.sh/docs/topics/charts (what a chart is made of).
"""

import posixpath
import re
from collections.abc import Iterable

from k8slblint.model.loaded import SourceFile
from k8slblint.model.patterns import pattern

_OF_TEMPLATE = pattern(rb"^# Source: [^\s/]+/(?:[^\s/]+/)*templates/", re.MULTILINE)

_START = 2_000
"""In bytes; `helm template` begins with the first object."""

_DEPLOYED_BY = ("kustomization.yaml", "kustomization.yml", "Kustomization", "fleet.yaml")
"""Files beside which others of a chart's root may be deployed as they are."""


def chart_outputs(files: Iterable[SourceFile]) -> frozenset[str]:
    """Return the paths of files that `helm template` wrote into the root of a chart; none where a kustomization stands there too."""
    known = [(*posixpath.split(file.path), file) for file in files]
    charts = {folder for folder, name, _ in known if name == "Chart.yaml"}
    charts -= {folder for folder, name, _ in known if name in _DEPLOYED_BY}
    return frozenset(file.path for folder, name, file in known if folder in charts and _is_output(name, file))


def _is_output(name: str, file: SourceFile) -> bool:
    if file.deployment is not None or not name.endswith((".yaml", ".yml")) or name.startswith(("values", "Chart.")):
        return False
    try:
        return _OF_TEMPLATE.search(file.read()[:_START]) is not None
    except OSError:
        return False
