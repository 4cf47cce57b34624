"""What an Application of Argo CD deploys from the tree: charts, kustomizations and folders of manifests.

Sources: Argo CD 3.1, `docs/user-guide` (helm.md, kustomize.md, directory.md, multiple_sources.md, build-environment.md),
`reposerver/repository/repository.go` (order of values, files of a directory), `util/kustomize/kustomize.go`, `util/argo/argo.go`.
"""

import posixpath
from collections.abc import Iterator, Mapping
from typing import Any

from k8slblint.loading.value_holders import Chart, opens_nothing
from k8slblint.model.location import Path
from k8slblint.rendering.gitops.applications import Application, Part, read_text, read_value
from k8slblint.rendering.gitops.argo_values import absent_chart, layers_of, namespace_of, overlaid_patches, repository_of, shown_url
from k8slblint.rendering.gitops.deployers import Deployer
from k8slblint.rendering.gitops.directories import directory_files
from k8slblint.rendering.gitops.fields import MissingFolderError, NotFollowedError, is_too_deep, mapping, sequence, text_of
from k8slblint.rendering.gitops.finalizers import has_deleting_finalizer
from k8slblint.rendering.gitops.paths import folder_path, missing_folder, telling_path
from k8slblint.rendering.gitops.repositories import MAIN, Repositories
from k8slblint.rendering.gitops.source_roots import root_of_source
from k8slblint.rendering.helm.named_charts import chart_at_hand
from k8slblint.rendering.helm.release import ChartRelease
from k8slblint.rendering.kustomize.kustomizations import kustomization_file
from k8slblint.rendering.kustomize.root import KustomizeRoot
from k8slblint.rendering.shelf import WantedChart
from k8slblint.rendering.source import Source
from k8slblint.rendering.tree import SourceTree
from k8slblint.rendering.units import NotRendered, Unit

_OWN_CLUSTER = frozenset({"in-cluster", "https://kubernetes.default.svc", "https://kubernetes.default.svc.cluster.local"})
_TYPES = ("helm", "kustomize", "directory", "plugin")


def follow(deployer: Deployer, tree: SourceTree, repositories: Repositories) -> Iterator[Unit | NotRendered]:
    """Yield what an Application or ApplicationSet deploys."""
    one = deployer.resource
    if one.kind == "Application":
        application = Application(
            deployer, one.name, one.mapping("spec"), label=deployer.label, finalizers=one.get("metadata", "finalizers")
        )
        yield from follow_application(application, tree, repositories)
        return
    from k8slblint.rendering.gitops.application_sets import applications  # few trees have some

    for generated in applications(deployer, tree, repositories):
        if isinstance(generated, NotRendered):
            yield generated
        else:
            yield from follow_application(generated, tree, repositories)


def follow_application(application: Application, tree: SourceTree, repositories: Repositories) -> Iterator[Unit | NotRendered]:
    """Yield what each source of an Application deploys."""
    sources = list(_sources(application.spec))
    label = application.label
    for number, (at, source) in enumerate(sources, start=1):
        if isinstance(source, dict) and source.get("ref") and not source.get("path") and not source.get("chart"):
            continue
        try:
            unit = _unit(application, at, source, tree, repositories)
        except NotFollowedError as error:
            place = (*application.at, *(error.at or at))
            told = application.deployer.not_rendered(error.reason, place, application.of, _written_namespace(application))
            if isinstance(error, MissingFolderError) and isinstance(source, dict) and not application.of:
                is_main = (source.get("targetRevision") or "") in MAIN and repositories.is_surely_this(source.get("repoURL"))
                told = told._replace(missing=missing_folder(error.folder, tree) if is_main else "")
            told = told._replace(is_closed=_is_closed(mapping(source)))
            yield told if not isinstance(source, dict) else _with_known(told, Part(application, source, at, "", "", tree, repositories))
        else:
            yield unit._replace(label=label if number == 1 else f"{label} source {number}")


def _with_known(told: NotRendered, part: Part) -> NotRendered:
    """Return what is said of a source that is not followed with what its Application says of it."""
    patches = overlaid_patches(part)
    found = told._replace(patches=(patches,) if patches is not None else ())
    is_chart = isinstance(part.source.get("chart"), str) and bool(part.source["chart"])
    try:
        return found._replace(absent=absent_chart(part, told, _cluster(part.application))) if is_chart else found
    except NotFollowedError:
        return found  # its cluster is left open


def _sources(spec: Mapping[str, Any]) -> Iterator[tuple[Path, Any]]:
    """Yield the sources of an Application: `sources` wins over `source`; a hydrator keeps the dry one."""
    if sequence(spec.get("sources")):
        yield from ((("sources", index), source) for index, source in enumerate(spec["sources"]))
    elif "sourceHydrator" in spec and "source" not in spec:
        yield ("sourceHydrator", "drySource"), mapping(spec["sourceHydrator"]).get("drySource")
    else:
        yield ("source",), spec.get("source")


def _unit(application: Application, at: Path, source: Any, tree: SourceTree, repositories: Repositories) -> Unit:
    if not isinstance(source, dict):
        raise NotFollowedError("it names no source")
    url = shown_url(source.get("repoURL"))
    if source.get("chart"):
        chart, version = text_of(source, "chart", at), str(source.get("targetRevision") or "")
        if place := chart_at_hand(tree, WantedChart(repository_of(source), chart, version)):
            part = Part(application, source, at, "", place, tree, repositories)
            return _unit_of(part, _release(part))
        raise NotFollowedError(f"chart '{chart}' {version} of {url} is not in this tree".replace("  ", " "), (*at, "chart"))
    path = text_of(source, "path", at)
    if not path or path.startswith("/") or folder_path(path) is None:
        raise NotFollowedError(f"its path '{path}' is not a folder of a repository", (*at, "path"))
    root = root_of_source(tree, application.deployer.file, source.get("repoURL"), path)
    folder = folder_path(path, root) if root is not None else None
    if root is None or folder is None:
        raise MissingFolderError(f"the folder '{path}' of {url} is not in this tree", (*at, "path"), path)
    if not repositories.is_this(source.get("repoURL")):
        raise NotFollowedError(f"its source is another repository, {url}", (*at, "repoURL"))
    part = Part(application, _overridden(source, application.name, folder, tree), at, root, folder, tree, repositories)
    return _unit_of(part, _deployed(part))


def _is_closed(source: Mapping[str, Any]) -> bool:
    """Tell whether a chart is known to open nothing without values, and is given none but those in the Application."""
    name, helm = source.get("chart"), mapping(source.get("helm"))
    is_whole = not any(helm.get(key) for key in ("valueFiles", "parameters", "fileParameters"))
    chart = Chart(name, repository_of(source), str(source.get("targetRevision") or "")) if isinstance(name, str) else Chart()
    return is_whole and opens_nothing(chart)


def _unit_of(part: Part, deploys: Source) -> Unit:
    application = part.application
    return Unit(
        path=telling_path(deploys.telling_paths(part.tree, application.deployer.file)),
        source=deploys,
        deployed_by=application.deployer.description,
        cluster=_cluster(application),
        namespace=namespace_of(application) or None,
        deployer=application.deployer.file,
        is_own_cluster=_is_own_cluster(application),
        is_kept=_prunes_nothing(application),
        is_left=_leaves_objects(application),
    )


def _leaves_objects(application: Application) -> bool:
    """Tell whether the objects of an Application stay when it is removed, since nothing tells Argo CD to delete them first.

    An ApplicationSet adds the finalizer to what it generates. Source: Argo CD 3.6, `pkg/apis/application/v1alpha1/types.go`
    (`CascadedDeletion`), `controller/appcontroller.go` (`finalizeApplicationDeletion`), `applicationset/utils/utils.go`.
    """
    if has_deleting_finalizer(application.finalizers):
        return False
    policy = application.deployer.resource.mapping("spec", "syncPolicy")
    return not application.of or bool(application.finalizers) or policy.get("preserveResourcesOnDeletion") is True


def _prunes_nothing(application: Application) -> bool:
    """Tell whether Argo CD syncs an Application by itself and deletes nothing then.

    One that people sync may be pruned by them. Source: Argo CD 3.1, `controller/appcontroller.go` (`autoSync`: the operation takes its
    `prune` from `syncPolicy.automated`) and `pkg/apis/application/v1alpha1/types.go` (`IsAutomatedSyncEnabled`).
    """
    automated = mapping(application.spec.get("syncPolicy")).get("automated")
    return isinstance(automated, dict) and automated.get("enabled") is not False and automated.get("prune") is not True


def _overridden(source: dict[str, Any], name: str, folder: str, tree: SourceTree) -> dict[str, Any]:
    """Return a source with the overrides beside it (`.argocd-source.yaml`, for one Application `.argocd-source-<name>.yaml`)."""
    for file in (".argocd-source.yaml", f".argocd-source-{name}.yaml"):
        path = posixpath.join(folder, file)
        if "/" in file or not tree.is_file(path):
            continue
        override = read_value(tree, path)
        if not isinstance(override, dict) or is_too_deep(override):
            raise NotFollowedError(f"`{path}` cannot be read")
        source = _patched(source, override)
    return source


def _patched(value: Any, patch: Any) -> Any:
    """Return a value with a JSON merge patch (RFC 7386) applied."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(mapping(value))
    for key, member in patch.items():
        if member is None:
            merged.pop(key, None)
        else:
            merged[key] = _patched(merged.get(key), member)
    return merged


def _cluster(application: Application) -> str | None:
    """Return the cluster that the destination names, None for the one that the Application stands in."""
    destination = _destination(application)
    return None if destination in _OWN_CLUSTER else destination or None


def _is_own_cluster(application: Application) -> bool:
    """Tell whether the destination is the cluster that Argo CD runs in."""
    return _destination(application) in _OWN_CLUSTER


def _destination(application: Application) -> str:
    destination = mapping(application.spec.get("destination"))
    for key in ("name", "server"):
        value = text_of(destination, key, ("destination",))
        if value:
            own = value.rstrip("/").removesuffix(":443")
            return own if own in _OWN_CLUSTER else value
    return ""


def _written_namespace(application: Application) -> str | None:
    namespace = mapping(application.spec.get("destination")).get("namespace")
    return namespace if isinstance(namespace, str) else None


def _deployed(part: Part) -> Source:
    stated = [kind for kind in _TYPES if part.source.get(kind) is not None]
    if len(stated) > 1:
        raise NotFollowedError(f"Argo CD refuses a source with several types: {', '.join(stated)}")
    kind = stated[0] if stated else ""
    if kind == "plugin":
        raise NotFollowedError("a plug-in of Argo CD generates its manifests", (*part.at, "plugin"))
    has_chart = part.tree.is_file(posixpath.join(part.folder, "Chart.yaml"))
    if kind == "helm" or (not kind and has_chart):
        if not has_chart:
            raise NotFollowedError(f"there is no `Chart.yaml` in '{part.folder}'", (*part.at, "path"))
        return _release(part)
    has_kustomization = kustomization_file(part.tree, part.folder) is not None
    if kind == "kustomize" or (not kind and has_kustomization):
        if not has_kustomization:
            raise NotFollowedError(f"there is no kustomization in '{part.folder}'", (*part.at, "path"))
        return KustomizeRoot(part.folder, _options(part), is_of_argo=True, overlaid=overlaid_patches(part))
    return directory_files(part)


# --- charts -------------------------------------------------------------------------------------------------------------------------


def _release(part: Part) -> ChartRelease:
    helm, at = mapping(part.source.get("helm")), (*part.at, "helm")
    return ChartRelease(
        chart=part.folder,
        layers=tuple(layers_of(part)),
        release=text_of(helm, "releaseName", at) or part.application.name,
        namespace=text_of(helm, "namespace", at) or namespace_of(part.application) or "default",
        kube_version=text_of(helm, "kubeVersion", at).removeprefix("v") or None,
        api_versions=tuple(one for one in sequence(helm.get("apiVersions")) if isinstance(one, str)),
    )


# --- kustomizations -----------------------------------------------------------------------------------------------------------------


def _options(part: Part) -> dict[str, Any]:
    stated, at = mapping(part.source.get("kustomize")), (*part.at, "kustomize")
    options: dict[str, Any] = {}
    for key in ("namePrefix", "nameSuffix", "namespace"):
        value = text_of(stated, key, at)
        if value:
            options[key] = value
    _refuse_replaced(part, options, at)
    if images := [image(one) for one in sequence(stated.get("images")) if isinstance(one, str)]:
        options["images"] = images
    if labels := _pairs(stated, "commonLabels"):
        without = stated.get("labelWithoutSelector") is True
        in_templates = {"includeTemplates": True} if without and stated.get("labelIncludeTemplates") is True else {}
        options["labels"] = [{"pairs": labels, "includeSelectors": not without, **in_templates}]
    if annotations := _pairs(stated, "commonAnnotations"):
        options["commonAnnotations"] = annotations
    if replicas := [one for entry in sequence(stated.get("replicas")) if (one := _replica(entry))]:
        options["replicas"] = replicas
    if patches := list(_patches(part, stated, at)):
        options["patches"] = patches
    if components := list(component_paths(part.tree, part.folder, stated, at)):
        options["components"] = components
    return options


def _refuse_replaced(part: Part, options: Mapping[str, Any], at: Path) -> None:
    """Refuse a prefix where the kustomization has one: Argo CD puts its own in place of it, and ours would come on top."""
    keys = [key for key in ("namePrefix", "nameSuffix") if key in options]
    own = mapping(read_value(part.tree, kustomization_file(part.tree, part.folder) or "")) if keys else {}
    for key in keys:
        if own.get(key):
            raise NotFollowedError(f"its `{key}` replaces that of the kustomization, which only Argo CD does", (*at, key))


def _pairs(stated: Mapping[str, Any], key: str) -> dict[str, str]:
    return {name: value for name, value in mapping(stated.get(key)).items() if isinstance(value, str)}


def image(text: str) -> dict[str, str]:
    """Return an image as kustomize has it, of `name`, `name:tag`, `name@digest`, each also after `old=`."""
    old, equals, new = text.partition("=")
    new = new if equals else old
    new, _, digest = new.partition("@")
    at = new.rfind(":")
    tag = new[at + 1 :] if at > new.rfind("/") else ""
    new = new[:at] if tag else new
    found = {"name": old if equals else new, "newName": new, "newTag": tag, "digest": digest}
    return {key: value for key, value in found.items() if value}


def _replica(entry: Any) -> dict[str, Any] | None:
    name, count = mapping(entry).get("name"), mapping(entry).get("count")
    if isinstance(count, str) and count.isascii() and count.isdigit():
        count = int(count[:9])
    return {"name": name, "count": count} if isinstance(name, str) and type(count) is int else None


def _patches(part: Part, stated: Mapping[str, Any], at: Path) -> Iterator[dict[str, Any]]:
    for index, entry in enumerate(sequence(stated.get("patches"))):
        one = mapping(entry)
        target = {key: value for key, value in mapping(one.get("target")).items() if isinstance(value, str)}
        switches = {key: value for key, value in mapping(one.get("options")).items() if isinstance(value, bool)}
        patch: dict[str, Any] = {**({"target": target} if target else {}), **({"options": switches} if switches else {})}
        if isinstance(one.get("patch"), str):
            yield {"patch": one["patch"], **patch}
        elif isinstance(one.get("path"), str):
            file = folder_path(one["path"], part.folder)
            yield {"patch": read_text(part.tree, file or "", (*at, "patches", index)), **patch}
        else:
            raise NotFollowedError("one of its patches cannot be read", (*at, "patches", index))


def component_paths(tree: SourceTree, folder: str, stated: Mapping[str, Any], at: Path) -> Iterator[str]:
    """Yield the paths of the tree of the components that a deployer adds to the kustomization of a folder."""
    for index, name in enumerate(sequence(stated.get("components"))):
        path = folder_path(name, folder) if isinstance(name, str) else None
        if path is None:
            raise NotFollowedError("one of its components is not in this tree", (*at, "components", index))
        if tree.is_folder(path) or stated.get("ignoreMissingComponents") is not True:
            yield path
