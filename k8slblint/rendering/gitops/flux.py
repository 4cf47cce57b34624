"""What Flux deploys from the tree: Kustomizations with their variables, HelmReleases whose chart is there.

Sources: Flux 2.7: kustomize-controller (`docs/spec/v1/kustomizations.md`), helm-controller (`docs/spec/v2/helmreleases.md`),
source-controller (`docs/spec/v1/helmcharts.md`, `gitrepositories.md`), fluxcd/pkg (`kustomize/kustomize_generator.go`).
"""

import hashlib
import posixpath
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from k8slblint import documents
from k8slblint.loading.ignores import IgnoreRules
from k8slblint.loading.value_holders import opens_nothing
from k8slblint.model.location import Path
from k8slblint.rendering.gitops.applications import read_value
from k8slblint.rendering.gitops.argo import component_paths
from k8slblint.rendering.gitops.chart_sources import ChartSources
from k8slblint.rendering.gitops.config_maps import ConfigMaps
from k8slblint.rendering.gitops.deployers import Deployer
from k8slblint.rendering.gitops.fields import MissingFolderError, NotFollowedError, mapping, sequence, text_of
from k8slblint.rendering.gitops.flux_patches import patches_in, post_renderers_of, texts
from k8slblint.rendering.gitops.flux_values import Given, absent_chart, layers_of, patch_lists
from k8slblint.rendering.gitops.paths import cluster_folder, folder_path, missing_folder, source_root, telling_path
from k8slblint.rendering.gitops.placements import Placements
from k8slblint.rendering.gitops.repositories import BOOTSTRAPPED, Repositories
from k8slblint.rendering.gitops.substitution import PartialVariables, is_variable_name
from k8slblint.rendering.helm.archives import ARCHIVES
from k8slblint.rendering.helm.layers import ValueLayer
from k8slblint.rendering.helm.release import ChartRelease
from k8slblint.rendering.kustomize.kustomizations import kustomization_file
from k8slblint.rendering.kustomize.root import KustomizeRoot
from k8slblint.rendering.tree import SourceTree
from k8slblint.rendering.units import NotRendered, Unit

_NEVER_IN_A_SOURCE = (
    *(".git/", ".gitmodules", ".github/", ".circleci/", ".travis.yml", ".gitlab-ci.yml", "appveyor.yml", ".drone.yml"),
    *("cloudbuild.yaml", "codeship-services.yml", "codeship-steps.yml", "**/.goreleaser.yml", "**/.sops.yaml", "**/.flux.yaml"),
)
"""What source-controller leaves out by itself (Flux 2.7, fluxcd/pkg `sourceignore/sourceignore.go`)."""

_OF_FLUX_ITSELF = "flux-manifests"
"""What Flux calls the artifact of its own manifests (`ghcr.io/fluxcd/flux-manifests`), and those who deploy Flux from it their source."""

_DEFAULT_KEY = "values.yaml"

_LONGEST_RELEASE = 53
_KEPT_OF_RELEASE = 40
_KEPT_OF_HASH = 12


class Around(NamedTuple):
    """What objects of Flux are read with: the sources, ConfigMaps and namespaces of a tree.

    `patches_release` tells whether something changes what the HelmRelease of a name in a file deploys.
    """

    tree: SourceTree
    repositories: Repositories
    config_maps: ConfigMaps
    placements: Placements
    patches_release: Callable[[str, str], bool]


def follow(deployer: Deployer, around: Around) -> Iterator[Unit | NotRendered]:
    """Yield what a Kustomization or HelmRelease deploys; one without a chart is a patch, which Flux's own schema refuses as an object."""
    given, kind = Given(deployer, *around), deployer.resource.kind
    if kind == "HelmRelease" and "values" in given.spec and given.spec.keys().isdisjoint(("chart", "chartRef")):
        return
    try:
        yield _kustomization(given) if kind == "Kustomization" else _release(given)
    except NotFollowedError as error:
        namespace, is_chart = _only_namespace(given), kind == "HelmRelease"
        found = given.deployer.not_rendered(error.reason, ("spec", *error.at), namespace=namespace, is_chart=is_chart)
        missing = missing_folder(error.folder, given.tree) if isinstance(error, MissingFolderError) and _is_of_this(given) else ""
        found = found._replace(patches=tuple(patch_lists(given)), missing=missing)
        yield _of_absent_chart(found, given) if is_chart else found


def _of_absent_chart(found: NotRendered, given: Given) -> NotRendered:
    chart = ChartSources(given.repositories, given.tree, given.deployer.resource).identity(given.spec)
    return found._replace(absent=absent_chart(given, found), is_closed=not given.spec.get("valuesFrom") and opens_nothing(chart))


def _is_of_this(given: Given) -> bool:
    """Tell whether the source of a Kustomization is the branch of this repository that is mostly checked out."""
    reference = given.spec.get("sourceRef")
    repository = given.repositories.git_repository(reference, given.deployer.resource)
    if repository is None or mapping(reference).get("kind") != "GitRepository":
        return False
    return given.repositories.is_surely_this(repository.get("spec", "url")) and given.repositories.follows_main(repository)


def _only_namespace(given: Given) -> str | None:
    """Return the namespace of what a HelmRelease brings; a Kustomization may hold objects of any."""
    if given.deployer.resource.kind != "HelmRelease":
        return None
    target = given.spec.get("targetNamespace")
    return target if isinstance(target, str) and target else given.deployer.namespace or None


def _cluster(given: Given) -> str | None:
    """Return what names another cluster, if the object states one (`kubeConfig`)."""
    config = mapping(given.spec.get("kubeConfig"))
    name = mapping(config.get("secretRef") or config.get("configMapRef")).get("name")
    return name.removesuffix("-kubeconfig") if isinstance(name, str) and name else None


# --- kustomizations -----------------------------------------------------------------------------------------------------------------


def _kustomization(given: Given) -> Unit:
    path = text_of(given.spec, "path") or "./"
    inside = folder_path(path.lstrip("/"))
    source = _checked_source(given, given.spec.get("sourceRef"), ("sourceRef",), is_top=inside == "")
    top = source_root(given.tree, given.deployer.file, inside) if inside is not None else None
    if top is None or inside is None:
        raise MissingFolderError(f"the folder '{path}' of {source} is not in this tree", ("path",), path)
    folder = posixpath.join(top, inside).rstrip("/")
    root = _root(given, top, folder)
    deployer = given.deployer
    return Unit(
        path=telling_path(_paths(given, folder, root.files)),
        source=root,
        label=deployer.label,
        deployed_by=deployer.description,
        cluster=_cluster(given),
        namespace=text_of(given.spec, "targetNamespace") or None,
        deployer=deployer.file,
        substitute=_variables(given),
        is_own_cluster=not given.spec.get("kubeConfig"),
        is_kept=given.spec.get("prune") is False or given.spec.get("suspend") is True,
        is_left=given.spec.get("deletionPolicy") == "Orphan",
    )


def _paths(given: Given, folder: str, files: Sequence[str]) -> Iterator[str]:
    """Yield the files that may tell cluster and environment: that of an object below `clusters/`, one in the folder itself."""
    file = given.deployer.file
    yield file if cluster_folder(file) else ""
    yield kustomization_file(given.tree, folder) or next(
        (path for path in files if posixpath.dirname(path) == folder and given.tree.is_file(path)), ""
    )
    yield file
    yield from (kustomization_file(given.tree, path) or path for path in files[:1])


def _checked_source(given: Given, reference: Any, at: Path, *, is_top: bool) -> str:
    """Return how messages name the source of an object. Raises `NotFollowedError` where it plainly is not this tree."""
    kind, name = mapping(reference).get("kind"), mapping(reference).get("name")
    shown = f"{kind if isinstance(kind, str) else 'source'} '{name if isinstance(name, str) else ''}'"
    if kind == "GitRepository":
        repository = given.repositories.git_repository(reference, given.deployer.resource)
        url = repository.get("spec", "url") if repository else None
        if not given.repositories.is_this(url):
            raise NotFollowedError(f"its source is another repository, {url}", at)
        branch = given.repositories.another_branch(repository) if is_top else ""
        if branch:
            raise NotFollowedError(f"its source is another branch of the repository, {branch}", at)
        if repository is None and is_top and name != BOOTSTRAPPED:
            raise NotFollowedError(f"its {shown} is not among the objects, and may be another repository", at)
    elif kind == "OCIRepository" and name == _OF_FLUX_ITSELF:
        raise NotFollowedError("its source is another repository, the manifests of Flux itself", at)
    elif kind == "OCIRepository" and given.repositories.is_image_of_others(url := _url_of_images(given, reference)):
        raise NotFollowedError(f"its source is another repository, {url}", at)
    elif kind != "OCIRepository" or name != BOOTSTRAPPED or is_top:
        raise NotFollowedError(f"the content of its {shown} is not in this tree", at)
    return shown


def _url_of_images(given: Given, reference: Any) -> Any:
    found = given.repositories.chart_source(reference, given.deployer.resource)
    return found.get("spec", "url") if found is not None else None


def _root(given: Given, top: str, folder: str) -> KustomizeRoot:
    options = _options(given, folder)
    if kustomization_file(given.tree, folder):
        return KustomizeRoot(folder, options, is_unrestricted=True, overlaid=next(patch_lists(given), None))
    files = tuple(_generated(given, top, folder))
    if not files:
        raise NotFollowedError(f"the folder '{folder or '.'}' contains no manifests", ("path",))
    return KustomizeRoot(folder, options, files, is_unrestricted=True)


def _options(given: Given, folder: str) -> dict[str, Any]:
    """Return the fields that Flux adds to a kustomization. Metadata reach Pod templates too, which no selector minds."""
    spec = given.spec
    options: dict[str, Any] = {}
    for key, option in (("targetNamespace", "namespace"), ("namePrefix", "namePrefix"), ("nameSuffix", "nameSuffix")):
        value = text_of(spec, key)
        if value:
            options[option] = value
    own = mapping(read_value(given.tree, kustomization_file(given.tree, folder) or "")) if "namePrefix" in options else {}
    if own.get("namePrefix"):
        raise NotFollowedError("its `namePrefix` replaces that of the kustomization, which only Flux does", ("namePrefix",))
    if patches := [*patches_in(spec)]:
        options["patches"] = patches
    if images := [one for entry in sequence(spec.get("images")) if (one := texts(entry, "name", "newName", "newTag", "digest"))]:
        options["images"] = images
    metadata = mapping(spec.get("commonMetadata"))
    if labels := texts(metadata.get("labels")):
        options["labels"] = [{"pairs": labels, "includeSelectors": False}]
    if annotations := texts(metadata.get("annotations")):
        options["commonAnnotations"] = annotations
    if components := list(component_paths(given.tree, folder, spec, ())):
        options["components"] = components
    return options


def _generated(given: Given, top: str, folder: str) -> Iterator[str]:
    """Yield what Flux lists for a folder without kustomization: its YAML files, and folders with a kustomization as they are."""
    ignored = _ignore_rules(given, top)
    pending = [folder]
    while pending:
        above = pending.pop()
        below: list[str] = []
        for name in given.tree.names(above):
            path = posixpath.join(above, name)
            is_file = given.tree.is_file(path)
            if any(rules.ignores(path[len(top) :].lstrip("/"), is_folder=not is_file) for rules in ignored):
                continue
            if is_file:
                if name.endswith((".yaml", ".yml")) and _has_objects(given.tree, path):
                    yield path
            elif given.tree.is_link(path):
                continue  # as Go's `filepath.Walk`, by which Flux goes through a folder
            elif kustomization_file(given.tree, path):
                yield path
            elif name != ".git" and posixpath.dirname(path).count("/") < _DEEPEST_FOLDER:
                below.append(path)
        pending.extend(reversed(below))


_DEEPEST_FOLDER = 100


def _ignore_rules(given: Given, top: str) -> list[IgnoreRules]:
    repository = given.repositories.git_repository(given.spec.get("sourceRef"), given.deployer.resource)
    stated = repository.get("spec", "ignore") if repository else None
    rules = [IgnoreRules(stated.split("\n") if isinstance(stated, str) else _NEVER_IN_A_SOURCE)]
    file = posixpath.join(top, ".sourceignore")
    if given.tree.is_file(file):
        try:
            rules.append(IgnoreRules(documents.decode(given.tree.read(file)).split("\n")))
        except (OSError, documents.UndecodableText):
            return rules
    return rules


def _has_objects(tree: SourceTree, path: str) -> bool:
    """Tell whether a file holds something besides comments; kustomize refuses an empty resource, and Flux passes it over."""
    try:
        return tree.made(_holds_objects, path)
    except (OSError, documents.UndecodableText):
        return True


def _holds_objects(data: bytes) -> bool:
    return bool(documents.split(documents.decode(data)))


# --- variables ----------------------------------------------------------------------------------------------------------------------


def _variables(given: Given) -> dict[str, str] | None:
    """Return the variables of `postBuild`, None where nothing is substituted; `PartialVariables` where some are not known."""
    printed = given.deployer.printed
    are_patched = (printed is None or not printed.by.deployed_by) and given.config_maps.are_patched()
    patched = given.config_maps.post_build(given.deployer.resource) if are_patched else None
    is_partial = are_patched and patched is None
    post_build = given.spec.get("postBuild") if patched is None else patched
    if not post_build or not isinstance(post_build, dict):
        return PartialVariables() if is_partial else None
    variables: dict[str, str] = {}
    for entry in sequence(post_build.get("substituteFrom")):
        given_by, are_all = _variables_of(given, mapping(entry))
        variables.update(given_by)
        is_partial = is_partial or not are_all
    stated = mapping(post_build.get("substitute"))
    variables.update(texts(stated))
    is_off = not variables and post_build.get("substituteStrategy") != "Always"
    is_partial = is_partial or is_off or any(not isinstance(value, str) for value in stated.values())
    named = {key: value.replace("\n", "") for key, value in variables.items() if is_variable_name(key)}
    return PartialVariables(named) if is_partial else named


def _variables_of(given: Given, reference: Mapping[str, Any]) -> tuple[dict[str, str], bool]:
    """Return what a ConfigMap or Secret gives, and whether that is all; the value of a key of a Secret is a placeholder."""
    kind, name, by = reference.get("kind"), reference.get("name"), given.deployer.resource
    if kind == "ConfigMap" and (found := given.config_maps.find(name, by)) is not None:
        return texts(found.resource.mapping("data")), True
    keys = given.config_maps.all_keys_of_secret(name, by) if kind == "Secret" else None
    certain = given.config_maps.keys_of_secret(name) if keys is None else keys
    return {key: f"${{{key}}}" for key in certain}, keys is not None


# --- releases -----------------------------------------------------------------------------------------------------------------------


def _release(given: Given) -> Unit:
    spec, deployer = given.spec, given.deployer
    top, chart = _chart(given)
    if deployer.printed is None and given.patches_release(deployer.file, deployer.resource.name):
        raise NotFollowedError("a kustomization patches its values or its chart, which is not followed")
    target = text_of(spec, "targetNamespace")
    namespace = target or deployer.namespace or given.placements.namespace_of(deployer.file)
    instead = _value_files(given, top, chart)
    layers = (*instead, *layers_of(given))
    patched = tuple(post_renderers_of(spec, deployer.resource.api_version.rpartition("/")[2]))
    release = ChartRelease(
        chart, layers, _release_name(given, target), namespace or "default", post_renderers=patched, is_bare=bool(instead)
    )
    files = [deployer.file, *(layer.file for layer in reversed(layers) if layer.file), posixpath.join(chart, "Chart.yaml")]
    return Unit(
        path=telling_path(files),
        source=release,
        label=deployer.label,
        deployed_by=deployer.description,
        cluster=_cluster(given),
        namespace=namespace or None,
        deployer=deployer.file,
    )


def _chart(given: Given) -> tuple[str, str]:
    """Return the root of the paths of a HelmRelease, and its chart. Raises `NotFollowedError` where it is not in the tree."""
    sources = ChartSources(given.repositories, given.tree, given.deployer.resource)
    reference = given.spec.get("chartRef")
    if reference is not None:
        if place := sources.referred(mapping(reference)):
            return "", place
        shown = f"{mapping(reference).get('kind')} '{mapping(reference).get('name')}'"
        raise NotFollowedError(f"the chart of {shown} is not in this tree", ("chartRef",))
    at: Path = ("chart", "spec")
    wanted = mapping(mapping(given.spec.get("chart")).get("spec"))
    name = text_of(wanted, "chart", at)
    source = mapping(wanted.get("sourceRef"))
    if place := sources.of(source, name, wanted.get("version")):
        return "", place
    if not name or source.get("kind") != "GitRepository":
        version = wanted.get("version") if isinstance(wanted.get("version"), str) else ""
        shown = f"{source.get('kind') or 'a source'} '{source.get('name') or ''}'"
        raise NotFollowedError(f"chart '{name}' {version} of {shown} is not in this tree".replace("  ", " "), (*at, "chart"))
    inside = folder_path(name.lstrip("/"))
    shown = _checked_source(given, source, (*at, "sourceRef"), is_top=inside == "")
    is_archive = inside is not None and inside.endswith(".tgz")
    looked_for = posixpath.dirname(inside) if is_archive and inside else inside
    top = source_root(given.tree, given.deployer.file, looked_for) if looked_for is not None else None
    chart = posixpath.join(top or "", inside or "").rstrip("/")
    if top is None or not given.tree.is_file(chart if is_archive else posixpath.join(chart, "Chart.yaml")):
        raise NotFollowedError(f"chart '{name}' of {shown} is not in this tree", (*at, "chart"))
    return top, chart


def _release_name(given: Given, target: str) -> str:
    name = given.deployer.resource.name
    stated = text_of(given.spec, "releaseName") or (f"{target}-{name}" if target else name)
    if len(stated) <= _LONGEST_RELEASE:
        return stated
    return f"{stated[:_KEPT_OF_RELEASE]}-{hashlib.sha256(stated.encode('utf-8', 'replace')).hexdigest()[:_KEPT_OF_HASH]}"


def _value_files(given: Given, top: str, chart: str) -> list[ValueLayer]:
    """Return the files that take the place of the chart's own values; for a packed chart those are files inside of it."""
    at: Path = ("chart", "spec", "valuesFiles")
    wanted = mapping(mapping(given.spec.get("chart")).get("spec"))
    is_optional = wanted.get("ignoreMissingValuesFiles") is True
    single = wanted.get("valuesFile")
    names = [*([single] if isinstance(single, str) and single else []), *sequence(wanted.get("valuesFiles"))]
    if chart.endswith(ARCHIVES):
        if any(name != _DEFAULT_KEY for name in names):
            raise NotFollowedError("its `valuesFiles` are inside of a packed chart", at)
        return []
    files: list[str] = []
    for index, name in enumerate(names):
        path = folder_path(name.lstrip("/"), top) if isinstance(name, str) else None
        if not path:
            raise NotFollowedError("one of its `valuesFiles` is not a file of the source", (*at, index))
        files.append(path)
    return [ValueLayer(path, is_optional=is_optional) for path in files]
