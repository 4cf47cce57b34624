"""The sets of values beside a chart, by the names of their files."""

import posixpath
import re
from collections.abc import Container, Iterator

from k8slblint.rendering.gitops.paths import environment_called
from k8slblint.rendering.helm.charts import join
from k8slblint.rendering.tree import SourceTree

_YAML = (".yaml", ".yml")

_SET_NAME = re.compile(r"(?:values[-_.](?P<after>[\w.-]+?)|(?P<before>[\w.-]+?)[-_.]values)\.ya?ml")
_NO_SET = frozenset(
    {
        *("schema", "metadata", "questions", "example", "examples", "sample", "template"),
        *("secret", "secrets", "enc", "sops", "lock", "default", "common"),
    }
)
"""What stands in place of an environment in the name of a value file that is no set of values by itself: some describe the values."""


def conventional_value_sets(
    tree: SourceTree, folder: str, no_sets: Container[str] = (), others: Container[str] = ()
) -> list[tuple[str, tuple[str, ...]]]:
    """Return the sets of values that lie beside a chart by convention: a label and the value files above `values.yaml`, in order.

    `values-<env>.yaml`, `values.<env>.yaml`, `<env>-values.yaml` and `values/<env>.yaml` in the folder of the chart, in the one above where
    that holds no other chart, or, where it is `charts/<name>` of a folder that is no chart itself, in that folder; `ci/*-values.yaml` as of
    chart-testing. `no_sets` are files in the folder of the chart that are none, since its templates read them, `others` the names of charts
    that a file may be meant for. Where a file bears the name of the chart, those beside it bear the names of others.
    """
    found: dict[str, tuple[str, ...]] = {}
    for place in _places_of_values(tree, folder):
        for name in tree.names(place):
            label = _label(name)
            if label and name not in no_sets and label not in others and _is_certain(label, place, folder):
                found.setdefault(label, (join(place, name),))
        for name in tree.names(join(place, "values")):
            label = posixpath.splitext(name)[0]
            if name.endswith(_YAML) and label.lower() not in _NO_SET | {"values"} and _is_certain(label, place, folder):
                found.setdefault(label, (join(place, f"values/{name}"),))
    for name in tree.names(join(folder, "ci")):
        if name.endswith("-values.yaml"):
            found.setdefault(f"ci/{name.removesuffix('-values.yaml')}", (join(folder, f"ci/{name}"),))
    return [
        (label, files) for label, files in _without_layers(_of_own_name(found, folder)).items() if all(tree.is_file(path) for path in files)
    ]


def _is_certain(label: str, place: str, folder: str) -> bool:
    """Tell whether values are those of a chart: above its folder, where those of others may lie, an environment or its own name says so."""
    own = folder.rpartition("/")[2]
    return place == folder or _bears(label, own) or any(map(environment_called, re.split("[-_./]", label)))


def _bears(label: str, name: str) -> bool:
    return bool(name) and f"{label}-".startswith(f"{name}-")


def _of_own_name(found: dict[str, tuple[str, ...]], folder: str) -> dict[str, tuple[str, ...]]:
    """Return only the sets that are named after the chart in a folder, where there are any: `web-values.yaml`, `values/web-prod.yaml`."""
    name = folder.rpartition("/")[2]
    own = {label: files for label, files in found.items() if _bears(label, name)}
    return own or found


def _places_of_values(tree: SourceTree, folder: str) -> Iterator[str]:
    yield folder
    above, _, name = folder.rpartition("/")
    if above.rpartition("/")[2] == "charts" and name:
        project = above.rpartition("/")[0]
        if project and not tree.is_file(join(project, "Chart.yaml")) and len(tree.names(above)) == 1:
            yield project
    if folder and _is_only_chart(tree, above, name):
        yield above


_MOST_NEIGHBOURS = 100


def _is_only_chart(tree: SourceTree, above: str, name: str) -> bool:
    """Tell whether the folder above a chart is no chart and holds no other one: its values are for this one."""
    names = tree.names(above)
    if "Chart.yaml" in names or len(names) > _MOST_NEIGHBOURS:
        return False
    return not any(other != name and tree.is_file(join(above, f"{other}/Chart.yaml")) for other in names)


def _label(name: str) -> str:
    """Return the environment in the name of a value file, or `""`."""
    found = _SET_NAME.fullmatch(name)
    label = (found["after"] or found["before"]) if found else ""
    return "" if _NO_SET & set(re.split(r"[-_.]", label.lower())) else label


def _without_layers(found: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Put `values-prod-eu.yaml` above `values-prod.yaml` where both are there: a narrower name is a layer above the wider one."""
    layered: dict[str, tuple[str, ...]] = {}
    for label, files in found.items():
        wider = [other for other in found if label.startswith((f"{other}-", f"{other}.")) and not label.startswith("ci/")]
        layered[label] = tuple(path for other in sorted(wider, key=len) for path in found[other]) + files
    return layered
