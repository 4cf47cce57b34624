"""Knows what Flux deploys: Kustomizations with their substitutions, HelmReleases whose chart is in the tree.

Sources: Flux 2.7, kustomize-controller `Kustomization` v1, helm-controller `HelmRelease` v2; `pkg/kustomize` builds without load
restrictions inside the source, and generates a kustomization of all manifests for a folder without one.
"""

import posixpath
from collections.abc import Iterator, Sequence
from typing import Any

from k8slblint.loading.folders import KUSTOMIZATION_NAMES
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.resource import Resource
from k8slblint.rendering.gitops import Deployments, joined, source_root
from k8slblint.rendering.tree import SourceTree
from k8slblint.rendering.units import ChartRelease, KustomizeRoot, NotRendered, Unit, ValueLayer

_OPTIONS = ("namePrefix", "nameSuffix", "patches", "patchesStrategicMerge", "patchesJson6902", "images")


def deployed(one: Resource, objects: Sequence[Resource], tree: SourceTree, file: str) -> Deployments:
    """Return what a Kustomization or HelmRelease deploys; `file` is where it is written in the tree, or `""`."""
    if one.kind == "Kustomization":
        return _kustomization(one, objects, tree, file)
    return _helm_release(one, objects, tree, file)


def _kustomization(one: Resource, objects: Sequence[Resource], tree: SourceTree, file: str) -> Deployments:
    path = one.get("spec", "path", default="./")
    if not isinstance(path, str) or has_placeholder(path):
        return _not(one, file, "its path is filled in later")
    source = _source_name(one)
    if one.get("spec", "sourceRef", "kind") not in (None, "GitRepository"):
        return _not(one, file, f"its source {source} is not a git repository")
    top = source_root(tree, file, path)
    if top is None:
        return _not(one, file, f"its folder '{path}' of {source} is not in this tree")
    folder = joined(top, path)
    root = _root(one, tree, folder)
    post_build = one.mapping("spec", "postBuild")
    unit = Unit(
        path=file or _kustomization_file(tree, folder) or file,
        source=root,
        label=f"{one.namespace}/{one.name}",
        deployed_by=str(one.id),
        substitute=_variables(post_build, one, objects) if post_build else None,
    )
    return Deployments([unit], [])


def _root(one: Resource, tree: SourceTree, folder: str) -> KustomizeRoot:
    options: dict[str, Any] = {key: one.get("spec", key) for key in _OPTIONS if isinstance(one.get("spec", key), str | list)}
    namespace = one.get("spec", "targetNamespace")
    if isinstance(namespace, str) and not has_placeholder(namespace):
        options["namespace"] = namespace
    components = [posixpath.normpath(posixpath.join(folder, name)) for name in one.sequence("spec", "components") if isinstance(name, str)]
    if components:
        options["components"] = components
    if _kustomization_file(tree, folder):
        return KustomizeRoot(folder, options, is_unrestricted=True)
    return KustomizeRoot(folder, options, tuple(_generated(tree, folder)), is_unrestricted=True)


def _generated(tree: SourceTree, folder: str) -> Iterator[str]:
    """Yield what Flux lists for a folder without kustomization: its manifests, and folders with a kustomization as they are."""
    for name in tree.names(folder):
        path = posixpath.join(folder, name)
        if tree.is_file(path):
            if name.endswith((".yaml", ".yml")) and _is_manifest(tree, path):
                yield path
        elif _kustomization_file(tree, path):
            yield path
        else:
            yield from _generated(tree, path)


def _is_manifest(tree: SourceTree, path: str) -> bool:
    try:
        data = tree.read(path)
    except OSError:
        return False
    return b"kind:" in data and b"apiVersion:" in data


def _kustomization_file(tree: SourceTree, folder: str) -> str | None:
    names = sorted(KUSTOMIZATION_NAMES.intersection(tree.names(folder)))
    return posixpath.join(folder, names[0]) if names else None


def _variables(post_build: dict[str, Any], one: Resource, objects: Sequence[Resource]) -> dict[str, str]:
    """Return the variables with given values: those of ConfigMaps among the objects, then those written in place."""
    variables: dict[str, str] = {}
    references = post_build.get("substituteFrom")
    for reference in references if isinstance(references, list) else ():
        if isinstance(reference, dict) and reference.get("kind") == "ConfigMap":
            found = _config_map(reference.get("name"), one, objects)
            data = found.mapping("data") if found else {}
            variables.update({key: str(value) for key, value in data.items()})
    given = post_build.get("substitute")
    for key, value in given.items() if isinstance(given, dict) else ():
        if value is not None:
            variables[str(key)] = {True: "true", False: "false"}.get(value, str(value)) if isinstance(value, bool) else str(value)
    return variables


def _config_map(name: object, one: Resource, objects: Sequence[Resource]) -> Resource | None:
    named = [other for other in objects if other.type_name == "ConfigMap" and other.name == name]
    exact = [other for other in named if other.namespace == one.namespace]
    found = exact or named
    return found[0] if len(found) == 1 else None


def _helm_release(one: Resource, objects: Sequence[Resource], tree: SourceTree, file: str) -> Deployments:
    chart = one.get("spec", "chart", "spec", "chart")
    source = f"{one.get('spec', 'chart', 'spec', 'sourceRef', 'kind', default='source')} " + str(
        one.get("spec", "chart", "spec", "sourceRef", "name", default="")
    )
    if not isinstance(chart, str):
        reference = f"{one.get('spec', 'chartRef', 'kind', default='no chart')} {one.get('spec', 'chartRef', 'name', default='')}".strip()
        return _not(one, file, f"its chart ({reference}) is not in this tree")
    top = source_root(tree, file, chart) if "GitRepository" in source else None
    folder = joined(top, chart) if top is not None else ""
    if top is None or not tree.is_file(posixpath.join(folder, "Chart.yaml")):
        version = one.get("spec", "chart", "spec", "version", default="")
        return _not(one, file, f"chart '{chart}' {version} of {source} is not in this tree".replace("  ", " "))
    target = one.get("spec", "targetNamespace")
    namespace = target if isinstance(target, str) else one.namespace or "default"
    name = f"{target}-{one.name}" if isinstance(target, str) else one.name
    stated = one.get("spec", "releaseName")
    release = ChartRelease(folder, tuple(_layers(one, objects, folder, top, file)), stated if isinstance(stated, str) else name, namespace)
    label = f"{one.namespace}/{one.name}"
    return Deployments([Unit(file or posixpath.join(folder, "Chart.yaml"), release, label, str(one.id), namespace=namespace)], [])


def _layers(one: Resource, objects: Sequence[Resource], folder: str, top: str, file: str) -> Iterator[ValueLayer]:
    for name in one.sequence("spec", "chart", "spec", "valuesFiles"):
        if isinstance(name, str):
            yield ValueLayer(joined(top, name) if "/" in name else joined(folder, name))
    for reference in one.sequence("spec", "valuesFrom"):
        found = _config_map(reference.get("name"), one, objects) if isinstance(reference, dict) else None
        if found is not None and isinstance(reference, dict):
            key = str(reference.get("valuesKey") or "values.yaml")
            target = reference.get("targetPath")
            form, name = ("assignment", str(target)) if target else ("text", "")
            yield (
                ValueLayer("", form="assignment", name=name, given=found.get("data", key))
                if form == "assignment"
                else ValueLayer("", given=_yaml(found.get("data", key)))
            )
    if one.mapping("spec", "values"):
        yield ValueLayer(file, one.root.line, ("spec", "values")) if file else ValueLayer("", given=one.mapping("spec", "values"))


def _yaml(text: object) -> Any:
    from k8slblint import documents

    try:
        chunks = documents.split(text) if isinstance(text, str) else []
        return documents.parse(chunks[0]).root.value if chunks else None
    except documents.BrokenDocument:
        return None


def _source_name(one: Resource) -> str:
    return f"{one.get('spec', 'sourceRef', 'kind', default='source')} '{one.get('spec', 'sourceRef', 'name', default='')}'"


def _not(one: Resource, file: str, reason: str) -> Deployments:
    return Deployments([], [NotRendered(str(one.id), file or one.path, one.root.line, reason)])
