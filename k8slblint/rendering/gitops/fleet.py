"""What the bundles of Rancher Fleet deploy: folders with a `fleet.yaml`, customized for each target.

Sources: Fleet 0.12, `docs/ref-fleet-yaml.md`, `docs/gitrepo-content.md`, `internal/bundlereader`: a bundle is a kustomization, a chart
(named, or beside the file), or else manifests, over which `overlays/<name>` are laid. `internal/cmd/cli/apply/apply.go` (CreateBundles):
only folders at and below the `paths` of a GitRepo become bundles.
"""

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from k8slblint import documents
from k8slblint.model.aside_folders import is_aside_folder
from k8slblint.model.location import Path
from k8slblint.model.node import Node, smallest_span
from k8slblint.rendering.gitops.deployments import MOST_UNITS, Deployments
from k8slblint.rendering.gitops.fields import NotFollowedError, mapping, sequence, text_of
from k8slblint.rendering.gitops.fleet_repositories import followed_folders, is_at_or_below
from k8slblint.rendering.gitops.paths import environment_called, folder_path
from k8slblint.rendering.helm.layers import ValueLayer, known_among
from k8slblint.rendering.helm.named_charts import chart_at_hand
from k8slblint.rendering.helm.release import ChartRelease
from k8slblint.rendering.helm.releases import release_name
from k8slblint.rendering.kustomize.kustomizations import kustomization_file
from k8slblint.rendering.kustomize.root import KustomizeRoot
from k8slblint.rendering.plain import PlainFiles
from k8slblint.rendering.shelf import WantedChart
from k8slblint.rendering.source import AbsentChart, Source
from k8slblint.rendering.tree import SourceTree
from k8slblint.rendering.units import NotRendered, Unit

FILE = "fleet.yaml"

_MANIFESTS = (".yaml", ".yml", ".json")
_NO_MANIFESTS = frozenset({FILE, ".fleetignore"})
_ENVIRONMENT_KEYS = ("env", "environment", "stage")
_CLUSTER_KEYS = ("management.cattle.io/cluster-display-name", "name")


class _Bundle(NamedTuple):
    """A bundle for one target: its file, folder and document; `target` is the customization that is laid over it, at the path `at`.

    `is_followed` tells that a GitRepo of the tree names the folder.
    """

    file: str
    folder: str
    root: Node
    tree: SourceTree
    target: Mapping[str, Any] = {}
    at: Path = ()
    is_followed: bool = False

    @property
    def value(self) -> dict[str, Any]:
        return mapping(self.root.value)


def fleet_bundles(tree: SourceTree, paths: Iterable[str]) -> Deployments:
    """Return what the `fleet.yaml` files among `paths` deploy: one unit for each target, or one where there are no targets.

    Where GitRepos of the tree name folders of it, those outside of them are no bundles; where none does, folders that are put aside are
    left out of what is deployed.
    """
    found = Deployments([], [])
    paths = sorted(paths)
    bundles = [one for path in paths if posixpath.basename(path) == FILE and (one := _bundle(tree, path)) is not None]
    followed = followed_folders(tree, paths) if bundles else None
    for bundle in bundles:
        if followed is not None and not any(is_at_or_below(bundle.folder, folder) for folder in followed):
            continue
        for result in _results(bundle._replace(is_followed=followed is not None)):
            if isinstance(result, NotRendered):
                found.not_rendered.append(result)
            elif len(found.units) < MOST_UNITS:
                found.units.append(result)
    return found


def _bundle(tree: SourceTree, path: str) -> _Bundle | None:
    root = _read(tree, path)
    if root is None or not isinstance(root.value, dict) or _is_object(root.value):
        return None
    return _Bundle(path, posixpath.dirname(path), root, tree)


def _is_object(value: Mapping[str, Any]) -> bool:
    """Tell whether a file of that name is a manifest: Agones, and Fleet itself, have kinds that are called so."""
    return all(isinstance(value.get(key), str) for key in ("apiVersion", "kind"))


def _read(tree: SourceTree, path: str) -> Node | None:
    try:
        return tree.made(_root, path)
    except (OSError, documents.UndecodableText, documents.BrokenDocument):
        return None


def _root(data: bytes) -> Node | None:
    chunks = documents.split(documents.decode(data))
    return documents.parse(chunks[0]).root if chunks else None


def _results(bundle: _Bundle) -> Iterator[Unit | NotRendered]:
    told: set[str] = set()
    for one in _for_targets(bundle):
        try:
            yield _unit(one)
        except NotFollowedError as error:
            if error.reason not in told:
                told.add(error.reason)
                yield _told(one, error)


def _told(bundle: _Bundle, error: NotFollowedError) -> NotRendered:
    line = smallest_span(bundle.root, error.at).line
    found = NotRendered(f"Fleet bundle '{bundle.folder or '.'}'", bundle.file, line, error.reason)
    helm = {**mapping(bundle.value.get("helm")), **mapping(bundle.target.get("helm"))}
    chart, repository, version = (one if isinstance(one := helm.get(key), str) else "" for key in ("chart", "repo", "version"))
    is_elsewhere = "://" in f"{repository} {chart}"
    return found._replace(absent=_absent_chart(bundle, found, chart, repository, version)) if chart and is_elsewhere else found


def _absent_chart(bundle: _Bundle, told: NotRendered, chart: str, repository: str, version: str) -> AbsentChart:
    layers, are_all = known_among(_layers(bundle))
    name, target = posixpath.basename(chart.rstrip("/")), bundle.target.get("name")
    label = target if isinstance(target, str) else ""
    by, cluster = ("Bundle", bundle.folder or "."), _cluster(bundle.target) or label or None
    found = AbsentChart(name, repository or posixpath.dirname(chart), version, told.path, told.line, by, layers, is_whole=are_all)
    return found._replace(cluster=cluster, label=f"{told.description} {label}")


def _for_targets(bundle: _Bundle) -> Iterator[_Bundle]:
    """Yield a bundle for each of its targets; a cluster that matches none of them gets it as it is, which only Fleet knows."""
    key = "targetCustomizations" if bundle.value.get("targetCustomizations") else "targets"
    targets = [(index, one) for index, one in enumerate(sequence(bundle.value.get(key))) if isinstance(one, dict)]
    if not targets:
        yield bundle
    for index, one in targets:
        if one.get("doNotDeploy") is not True:
            yield bundle._replace(target=one, at=(key, index))


def _unit(bundle: _Bundle) -> Unit:
    namespace = _text(bundle, "namespace") or _text(bundle, "defaultNamespace") or "default"
    name = bundle.target.get("name")
    name = name if isinstance(name, str) else f"target {bundle.at[1] + 1}" if bundle.at and isinstance(bundle.at[1], int) else ""
    return Unit(
        path=bundle.file,
        source=_source(bundle, namespace),
        label=name,
        deployed_by=f"Fleet bundle '{bundle.folder or '.'}'",
        cluster=_cluster(bundle.target) or name or None,
        environment=_environment(bundle.target, name),
        namespace=namespace,
    )


def _text(bundle: _Bundle, key: str) -> str:
    return text_of(bundle.target, key, bundle.at) or text_of(bundle.value, key)


def _cluster(target: Mapping[str, Any]) -> str:
    """Return the one cluster that a target names, or `""`."""
    if isinstance(target.get("clusterName"), str):
        return str(target["clusterName"])
    selector = mapping(target.get("clusterSelector"))
    for one in map(mapping, sequence(selector.get("matchExpressions"))):
        values = sequence(one.get("values"))
        if one.get("key") in _CLUSTER_KEYS and one.get("operator") == "In" and len(values) == 1 and isinstance(values[0], str):
            return values[0]
    return ""


def _environment(target: Mapping[str, Any], name: str) -> str | None:
    """Return the environment that the labels of the clusters of a target, else its name, say outright, or None."""
    labels = mapping(mapping(target.get("clusterSelector")).get("matchLabels"))
    stated = [labels[key] for key in _ENVIRONMENT_KEYS if isinstance(labels.get(key), str)]
    found = (environment_called(text) for text in (*stated, name))
    return next((environment for environment in found if environment), None)


def _source(bundle: _Bundle, namespace: str) -> Source:
    helm, own = mapping(bundle.value.get("helm")), mapping(bundle.target.get("helm"))
    kustomize = mapping(bundle.target.get("kustomize")) or mapping(bundle.value.get("kustomize"))
    chart = _chart(bundle, {**helm, **own})
    folder = folder_path(text_of(kustomize, "dir") or ".", bundle.folder)
    if folder is None:
        raise NotFollowedError("its kustomization is outside the repository", ("kustomize",))
    has_kustomization = kustomization_file(bundle.tree, folder) is not None
    if chart is not None and (has_kustomization or text_of(kustomize, "dir")):
        raise NotFollowedError("Fleet applies a kustomization to the rendered chart, which k8slblint does not do", ("kustomize",))
    if chart is not None:
        name = text_of({**helm, **own}, "releaseName", ("helm",)) or release_name(posixpath.basename(bundle.folder))
        return ChartRelease(chart, tuple(_layers(bundle)), name, namespace)
    if has_kustomization:
        return KustomizeRoot(folder)
    if text_of(kustomize, "dir"):
        raise NotFollowedError(f"there is no kustomization in '{folder}'", ("kustomize", "dir"))
    return _manifests(bundle)


def _chart(bundle: _Bundle, helm: Mapping[str, Any]) -> str | None:
    """Return the folder of the chart of a bundle, None where it has none."""
    name, repository = text_of(helm, "chart", ("helm",)), text_of(helm, "repo", ("helm",))
    if not name and not repository:
        return bundle.folder if bundle.tree.is_file(posixpath.join(bundle.folder, "Chart.yaml")) else None
    version = str(helm.get("version") or "")
    folder = folder_path(name, bundle.folder) if name and not repository and "://" not in name else None
    if folder is None or not bundle.tree.is_file(posixpath.join(folder, "Chart.yaml")):
        above, _, last = name.rstrip("/").rpartition("/")
        is_of_registry = not repository and above.startswith("oci://")
        wanted = WantedChart(above, last, version) if is_of_registry else WantedChart(repository, name, version)
        folder = chart_at_hand(bundle.tree, wanted) if wanted.repository and wanted.name and "/" not in wanted.name else None
    if not folder:
        shown = f"chart '{name}' {version} of {repository or 'its repository'} is not in this tree"
        raise NotFollowedError(shown.replace("  ", " "), ("helm", "chart"))
    return folder


def _layers(bundle: _Bundle) -> Iterator[ValueLayer]:
    """Yield the values: files and values of the bundle, then those of the target."""
    for stated, at in ((bundle.value, ()), (bundle.target, bundle.at)):
        helm = mapping(stated.get("helm"))
        if helm.get("valuesFrom"):
            raise NotFollowedError("its values come from objects of the cluster", (*at, "helm", "valuesFrom"))
        for index, name in enumerate(sequence(helm.get("valuesFiles"))):
            path = folder_path(name, bundle.folder) if isinstance(name, str) and "://" not in name else None
            if not path:
                raise NotFollowedError("one of its `valuesFiles` is not in this tree", (*at, "helm", "valuesFiles", index))
            yield ValueLayer(path)
        if mapping(helm.get("values")):
            yield ValueLayer(bundle.file, at=(*at, "helm", "values"))


def _manifests(bundle: _Bundle) -> PlainFiles | KustomizeRoot:
    """Return the manifests of a bundle, those of an overlay in place of those of the same name, or patching them (`NAME_patch.yaml`)."""
    patches: list[str] = []
    files = {path: path for path in _files(bundle, bundle.folder) if not _below(path, bundle.folder).startswith("overlays/")}
    for name in sequence(mapping(bundle.target.get("yaml") or bundle.value.get("yaml")).get("overlays")):
        overlay = folder_path(f"overlays/{name}", bundle.folder) if isinstance(name, str) else None
        for path in _files(bundle, overlay) if overlay else ():
            if posixpath.splitext(path)[0].endswith("_patch"):
                patches.append(path)
                continue
            files[posixpath.join(bundle.folder, _below(path, overlay or ""))] = path
    _refuse_untargeted(bundle, patches)
    if not files:
        raise NotFollowedError("its folder contains no manifests")
    if patches:
        return KustomizeRoot(bundle.folder, files=tuple(files.values()), patches=tuple(patches))
    return PlainFiles(tuple(files.values()), tuple(path for path, used in files.items() if path != used and bundle.tree.is_file(path)))


def _refuse_untargeted(bundle: _Bundle, patches: Iterable[str]) -> None:
    """Refuse patches that do not name what they change: Fleet goes by the names of files then, which k8slblint does not do."""
    for path in patches:
        root = _read(bundle.tree, path)
        value = mapping(root.value) if root is not None else {}
        if not (value.get("kind") and value.get("apiVersion") and mapping(value.get("metadata")).get("name")):
            raise NotFollowedError("Fleet patches its manifests with an overlay, which k8slblint does not do", (*bundle.at, "yaml"))


def _files(bundle: _Bundle, folder: str) -> Iterator[str]:
    return (
        path
        for path in bundle.tree.files_below(folder)
        if path.endswith(_MANIFESTS)
        and posixpath.basename(path) not in _NO_MANIFESTS
        and not bundle.tree.is_file(_nested(path, folder))
        and (bundle.is_followed or not any(map(is_aside_folder, _below(path, folder).split("/")[:-1])))
    )


def _nested(path: str, folder: str) -> str:
    """Return the `fleet.yaml` that would make the folder of a file a bundle of its own."""
    above = posixpath.dirname(path)
    return posixpath.join(above, FILE) if above != folder else posixpath.join(folder, ".no-such-file")


def _below(path: str, folder: str) -> str:
    return path[len(folder) :].lstrip("/")
