"""Where Helm values are, and for which chart: in files of values, and in objects and files that deploy charts.

Sources: Flux 2.7 and helm-operator 1.4 (HelmRelease `spec.values`), Argo CD 3.1 (`helm.values`, which is text, and `helm.valuesObject`),
k3s helm-controller 0.16 (`spec.valuesContent`, which is text), helmfile 1.1 (`releases[].values`), kustomize 5.7
(`helmCharts[].valuesInline`), Fleet 0.13 (`helm.values`).
"""

import posixpath
import re
from collections.abc import Callable, Iterator

from k8slblint import documents
from k8slblint.loading.folders import KUSTOMIZATION_NAMES
from k8slblint.model.location import Path, format_path
from k8slblint.model.node import Node
from k8slblint.model.patterns import pattern
from k8slblint.model.records import NamedTuple

_VALUE_FIELDS = frozenset({"values", "valuesContent", "valuesObject"})

VALUE_HOLDERS = {
    "argoproj.io": ("Application", "ApplicationSet"),
    "helm.cattle.io": ("HelmChart", "HelmChartConfig"),
    "fleet.cattle.io": ("HelmOp",),
    "helm.toolkit.fluxcd.io": ("HelmRelease",),
    "helm.fluxcd.io": ("HelmRelease",),
    "flux.weave.works": ("HelmRelease",),
}
"""Kinds of objects that deploy charts, and hold values for them, by API group."""

_NAMED_VALUES = pattern(r"(?:^|[-_./])values(?:[-_./]|$)", re.IGNORECASE)
_OF_HELM = pattern(r"(?:^|[-_.])values(?:[-_.]|$)")
_VALUE_TEXT = pattern(r"(?<![^-_.])values(?![^-_.])", re.IGNORECASE)
"""`values` as a word of a name: `values.yaml`, `default-values`."""


class Chart(NamedTuple):
    """What says which chart values are for: its name (`""` where that is not said), where it is from, and the version as written.

    `reference` is the name of another object that says it, with its namespace in front where that is stated.
    """

    name: str = ""
    repository: str = ""
    version: str = ""
    reference: str = ""


def opens_nothing(chart: Chart) -> bool:
    """Tell whether a chart is known to make nothing without values that is reached from outside of the cluster."""
    from k8slblint.catalog import charts  # few runs ask

    return charts.is_closed(chart.name, chart.repository, chart.version)


class Deployer(NamedTuple):
    """The object that deploys a chart, `kind` being `Kind.group`; empty where values are not in one."""

    kind: str = ""
    namespace: str = ""
    name: str = ""


class Values(NamedTuple):
    """The values of one release: the mapping and the path to it in the document (`()` for a whole file).

    `of` names them in both revisions, whatever file they are in: the object or release that deploys the chart, else the file.
    `is_object` tells that they are part of an object which is followed, and no text; `namespace` is where the chart
    is deployed to, empty where that is not said. `is_whole` tells that the release has no other layer of values, `within` which
    kind (`Kind.group`) of custom resource they are a part of, which holds no values of a chart. `at` is where they are in a file, below
    the alias of a dependency.
    """

    root: Node
    of: str
    chart: Chart = Chart()
    is_object: bool = False
    namespace: str = ""
    deployer: Deployer = Deployer()
    is_whole: bool = False
    within: str = ""
    at: Path = ()


_LISTED = ("argoproj.io/", "helm.toolkit.fluxcd.io/")
"""Groups of the kinds that are followed, and listed where their chart is not rendered: what is no text in them is found there."""

Opens = Callable[[Node], Node | None]
"""Returns the values in a text, None where they have no places of their own."""


def is_named_values(path: str) -> bool:
    """Tell whether the name of a file, or a folder above it, says that it holds values."""
    folder, name = posixpath.split(path)
    if "schema" in name:
        return False
    return _NAMED_VALUES.search(name) is not None or _NAMED_VALUES.search(posixpath.basename(folder)) is not None


def is_helmfile(path: str) -> bool:
    """Tell whether a file is one of helmfile, by its name or folder."""
    folder, name = posixpath.split(path)
    return name.startswith("helmfile.") or posixpath.basename(folder) == "helmfile.d"


def holds_releases(path: str) -> bool:
    """Tell whether a file without objects may hold values of releases: one of helmfile, kustomize or Fleet."""
    name = posixpath.basename(path)
    return name in KUSTOMIZATION_NAMES or name == "fleet.yaml" or is_helmfile(path)


def is_build_file(path: str) -> bool:
    """Tell whether the name of a file says that it is one of kustomize or Helm."""
    name = posixpath.basename(path)
    stem, _, suffix = name.rpartition(".")
    is_of_helm = name == "Chart.yaml" or (suffix in ("yaml", "yml") and _OF_HELM.search(stem) is not None)
    return name in KUSTOMIZATION_NAMES or is_of_helm


def is_for_values(path: str) -> bool:
    """Tell whether the name of a file without objects says that it holds values, or what deploys charts with them."""
    return is_named_values(path) or holds_releases(path)


def values_of_file(root: Node, path: str) -> Iterator[Values]:
    """Yield the values in a file without objects."""
    name = posixpath.basename(path)
    if is_helmfile(path):
        yield from _of_helmfile(root)
    elif name in KUSTOMIZATION_NAMES:
        yield from _of_kustomization(root, path)
    elif name == "fleet.yaml":
        yield from _of_fleet(root, path)
    elif not _is_schema(root):
        yield Values(root, path)


def _is_schema(root: Node) -> bool:
    """Tell whether a file describes values and holds none: a JSON schema of an object, whatever it is called."""
    properties = root.child("properties")
    kind = root.child("type")
    is_of_object = root.child("$schema") is not None or (kind is not None and kind.value == "object")
    return is_of_object and properties is not None and bool(properties.members)


def _of_helmfile(root: Node) -> Iterator[Values]:
    for release in _elements(root.child("releases")):
        name = _text(release, "name")
        repository, _, chart = _text(release, "chart").rpartition("/")
        layers = release.child("values")
        is_whole = layers is not None and len(layers.items) == 1 and not any(map(release.child, _OTHER_LAYERS))
        for number, values in enumerate(_elements(layers)):
            of = "/".join(filter(None, [_text(release, "namespace"), name]))
            known = Chart(chart, repository, _text(release, "version"))
            yield Values(values, f"{of}{f':values[{number}]' if number else ''}", known, is_whole=is_whole)


_OTHER_LAYERS = (
    "valuesFrom",
    "valueFiles",
    "valuesFiles",
    "valuesFile",
    "additionalValuesFiles",
    "parameters",
    "fileParameters",
    "inherit",
)
"""Fields beside values that add to them, in the words of any of the deployers."""

_ALL_OF_A_CHART = ("HelmRelease", "HelmChart", "Application", "HelmOp")
"""Kinds whose values are all that a chart is given: a HelmChartConfig adds to those of a HelmChart, an ApplicationSet is a template."""


def _of_kustomization(root: Node, path: str) -> Iterator[Values]:
    for row in _elements(root.child("helmCharts")):
        inline = row.child("valuesInline")
        if inline is not None and inline.members:
            of = _text(row, "releaseName") or _text(row, "name") or path
            where = "/".join(filter(None, [_text(row, "namespace"), of]))
            is_whole = not any(map(row.child, _OTHER_LAYERS))
            yield Values(inline, where, Chart(_text(row, "name"), _text(row, "repo"), _text(row, "version")), is_whole=is_whole)


def _of_fleet(root: Node, path: str) -> Iterator[Values]:
    helm = root.child("helm")
    values = helm.child("values") if helm is not None else None
    if helm is not None and values is not None and values.members:
        release = _text(helm, "releaseName")
        yield Values(values, "/".join(filter(None, [_text(root, "defaultNamespace"), release])) if release else path, _chart_of(helm))


def values_of_object(deployer: Node, path: str, opens: Opens) -> Iterator[Values]:
    """Yield the values in an object that deploys charts, each with the chart that is named beside or above."""
    metadata = deployer.child("metadata")
    name = "/".join(filter(None, [_text(metadata, "namespace"), _text(metadata, "name")])) or path
    is_listed = _text(deployer, "apiVersion").startswith(_LISTED)
    found = list(_value_nodes(deployer))
    for number, (steps, node, holders) in enumerate(found):
        root, is_object = (node, True) if node.members else (opens(node), False)
        if root is not None:
            several = f":{format_path(steps[:-1])}" if number else ""
            yield Values(
                root=root,
                of=f"{name}{several}",
                chart=_chart_of_deployer(deployer, holders),
                is_object=is_object and is_listed,
                namespace=_target_of(deployer),
                deployer=_deployer(deployer),
                is_whole=_text(deployer, "kind") in _ALL_OF_A_CHART and not any(map(holders[0].child, _OTHER_LAYERS)),
            )
    if not found and _text(deployer, "kind") in _ALL_OF_A_CHART:
        yield from _bare(deployer, name, is_listed=is_listed)


def _bare(deployer: Node, name: str, *, is_listed: bool) -> Iterator[Values]:
    """Yield the empty values of each chart that an object deploys without any, at the name of the chart."""
    spec = deployer.child("spec")
    sources = _child(spec, "sources")
    for holder in (spec, _child(spec, "source"), *(sources.items if sources is not None else ())):
        inner = (holder, *(_child(holder, *path) for path in (("chart", "spec"), ("helm",))))
        at = next((one for one in (_child(row, "chart") for row in inner[:2]) if one is not None and isinstance(one.value, str)), None)
        if holder is not None and at is not None and not any(row is not None and any(map(row.child, _OTHER_LAYERS)) for row in inner):
            empty = Node({}, *at.span)
            chart = _chart_of_deployer(deployer, (holder,))
            yield Values(empty, name, chart, is_listed, _target_of(deployer), _deployer(deployer), is_whole=True)


def _deployer(deployer: Node) -> Deployer:
    metadata, group = deployer.child("metadata"), _text(deployer, "apiVersion").rpartition("/")[0]
    return Deployer(f"{_text(deployer, 'kind')}.{group}", _text(metadata, "namespace"), _text(metadata, "name"))


def _target_of(deployer: Node) -> str:
    """Return the namespace that an object deploys its chart to, as far as it says so."""
    spec = deployer.child("spec")
    own = _text(deployer.child("metadata"), "namespace") if _text(deployer, "kind") == "HelmRelease" else ""
    return _text(spec, "targetNamespace") or _text(_child(spec, "destination"), "namespace") or own


def _value_nodes(deployer: Node) -> Iterator[tuple[Path, Node, tuple[Node, ...]]]:
    """Yield the fields that hold values, each with its path and the mappings around it, the nearest first."""
    pending: list[tuple[Path, Node, tuple[Node, ...]]] = [((), deployer, ())]
    while pending:
        path, node, around = pending.pop()
        inside = (node, *around[:2])
        below = [((*path, index), item, around) for index, item in enumerate(node.items) if not item.aliased]
        for name, (_, value) in node.members.items():
            if name not in _VALUE_FIELDS:
                below.append(((*path, name), value, inside))
            elif value.members or isinstance(value.value, str):
                yield (*path, name), value, inside
        pending.extend(reversed(below))


def _chart_of_deployer(deployer: Node, holders: tuple[Node, ...]) -> Chart:
    """Return the chart that an object deploys: what it says in the mappings around the values, or a HelmChartConfig by its name."""
    if deployer.value.get("kind") == "HelmChartConfig":
        return Chart(_text(deployer.child("metadata"), "name"))
    for holder in holders:
        for row in (holder, holder.child("chart"), _child(holder, "chart", "spec")):
            chart = _chart_of(row)
            if chart.name:
                source = row.child("sourceRef") if row is not None else None
                return chart._replace(repository=chart.repository or _text(source, "name"))
        reference = holder.child("chartRef")
        name = _text(reference, "name")
        if name:
            return Chart(name, reference="/".join(filter(None, [_text(reference, "namespace"), name])))
    return Chart()


def _chart_of(row: Node | None) -> Chart:
    """Return the chart that a mapping names, in the words of any of the deployers."""
    name = _text(row, "chart") or (_text(row, "name") if _text(row, "repository") else "")
    repository = next(filter(None, (_text(row, key) for key in ("repoURL", "repository", "repo"))), "")
    version = next(filter(None, (_text(row, key) for key in ("targetRevision", "version"))), "")
    return Chart(posixpath.basename(name.rstrip("/")), repository or posixpath.dirname(name), version)


def values_of_config_map(config_map: Node, path: str, opens: Opens) -> Iterator[Values]:
    """Yield the values in the texts of a ConfigMap that are called values."""
    data = config_map.child("data")
    for name, (_, value) in data.members.items() if data is not None else ():
        root = opens(value) if _VALUE_TEXT.search(name) and isinstance(value.value, str) else None
        if root is not None:
            yield Values(root, f"{path}:{format_path(('data', name))}")


def opening(text: str, is_wanted: Callable[[str], bool]) -> Opens:
    """Return what opens a literal block (`|`) in a file with this text: in no other text do values have places of their own."""

    def opens(scalar: Node) -> Node | None:
        if scalar.style != "|" or scalar.aliased or not is_wanted(scalar.value):
            return None
        try:
            inner = documents.parse_inner(scalar, text)
        except (documents.BrokenDocument, documents.UndecodableText):
            return None
        return inner if inner is not None and inner.members and inner.line > scalar.line else None

    return opens


def _child(node: Node | None, *path: str) -> Node | None:
    for part in path:
        node = node.child(part) if node is not None else None
    return node


def _elements(node: Node | None) -> list[Node]:
    return [item for item in node.items if item.members and not item.aliased] if node is not None else []


def _text(node: Node | None, key: str) -> str:
    value = node.child(key) if node is not None else None
    return value.value if value is not None and isinstance(value.value, str) else ""
