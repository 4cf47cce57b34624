"""Knows which cluster, environment and platform a resource belongs to: stated by the user, else read off the tree.

The words are conventions of public GitOps repositories (Flux, Argo CD and kustomize layouts); each conclusion carries its reason.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import NamedTuple

from k8slblint.catalog import platforms
from k8slblint.model.globs import matches_any
from k8slblint.model.resource import Resource
from k8slblint.model.scope import ClusterSettings, Environment, Platform, Scope, ScopeSettings

_ENVIRONMENT_WORDS: dict[str, Environment] = {
    **dict.fromkeys(("prod", "production", "prd", "live"), "production"),
    **dict.fromkeys(("staging", "stage", "stg", "preprod", "preproduction", "uat"), "staging"),
    **dict.fromkeys(("dev", "develop", "development", "sandbox", "nonprod", "nonproduction", "qa"), "development"),
    **dict.fromkeys(("testing",), "test"),
    **dict.fromkeys(("minikube", "k3d", "kind", "microk8s", "local", "localhost"), "local"),
    "ci": "ci",
}

_TEST_WORDS = frozenset({"test", "tests", "testdata", "e2e", "conformance", "fixture", "fixtures", "molecule", "testing", "__tests__"})

_SAMPLE_FOLDER = re.compile(
    r"(?:^|.*[-_. ])(?:examples?|\w*samples?|demos?|tutorials?|recipes?|quickstarts?|workshops?|labs?)(?:[-_. ].*)?$"
)
"""Folders of things to look at, each for itself: `examples`, `configsamples`, `networking-recipes`, `eks-workshop-v2`."""

_CLUSTER_PARENTS = frozenset({"clusters", "overlays", "environments", "environment", "envs", "env", "stages", "sites"})

_ENVIRONMENT_LABELS = ("environment", "env", "app.kubernetes.io/environment", "kubernetes.io/environment")

_NO_ENVIRONMENTS = frozenset({"line", "lines", "floor", "orders", "planning"})
"""Words after which `production` means a factory's."""

_NEGATIONS = frozenset({"non", "not", "pre"})

_TOKENS = re.compile(r"[a-z0-9]+")


class FilePlace(NamedTuple):
    """Where a file stands for inference: `below` the scanned folder, in which nested `project`, and the folders `above`."""

    key: str
    below: str
    project: str = ""
    above: str = ""


class Inferred(NamedTuple):
    """An environment and the words that led to it."""

    environment: Environment
    reason: str


class _PathScope(NamedTuple):
    cluster: str
    cluster_reason: str
    settings: ClusterSettings | None
    environment: Inferred | None


class ScopeInference:
    """Answers `scope(resource)`; what is known of a path, a namespace or a project is worked out once."""

    def __init__(self, resources: Sequence[Resource], places: dict[str, FilePlace], settings: ScopeSettings) -> None:
        self._resources = resources
        self._places = places
        self._settings = settings
        self._by_path: dict[str, _PathScope] = {}
        self._scopes: dict[tuple[str, Inferred | None, str | None], Scope] = {}

    def place(self, path: str) -> FilePlace:
        """Return where the file stands; a path that was never listed stands for itself."""
        return self._places.get(path) or FilePlace(key=path, below=path)

    def cluster_of_path(self, path: str) -> str:
        """Return the cluster that files at `path` belong to."""
        return self._path_scope(path).cluster

    def scope(self, resource: Resource) -> Scope:
        """Return the scope of a resource."""
        labelled = _environment_of_labels(resource)
        key = (resource.path, labelled, resource.namespace)
        scope = self._scopes.get(key)
        if scope is None:
            scope = self._scopes[key] = self._build(resource, labelled)
        return scope

    def _build(self, resource: Resource, labelled: Inferred | None) -> Scope:
        path = self._path_scope(resource.path)
        environment = self._environment(resource, labelled, path)
        platform, platform_reason = self._platform(path, resource.path)
        version = self._settings.kubernetes_version or (path.settings and path.settings.kubernetes_version)
        reasons = (path.cluster_reason, environment.reason, platform_reason, *_version_reason(self._settings, path.settings))
        return Scope(
            cluster=path.cluster,
            environment=environment.environment,
            platform=platform,
            kubernetes_version=version or None,
            stated=path.settings is not None,
            settings=path.settings,
            reasons=reasons,
        )

    def _path_scope(self, path: str) -> _PathScope:
        known = self._by_path.get(path)
        if known is None:
            place = self.place(path)
            settings = next((cluster for cluster in self._settings.clusters if matches_any(path, cluster.paths)), None)
            cluster, reason = (settings.name, f"configuration: cluster '{settings.name}'") if settings else _cluster_of(place)
            known = self._by_path[path] = _PathScope(cluster, reason, settings, _environment_of_path(place))
        return known

    def _environment(self, resource: Resource, labelled: Inferred | None, path: _PathScope) -> Inferred:
        if self._settings.environment:
            return Inferred(self._settings.environment, f"option: environment '{self._settings.environment}'")
        if path.settings and path.settings.environment:
            return Inferred(path.settings.environment, f"configuration: environment '{path.settings.environment}'")
        named = self._environment_of_namespace(path.cluster, resource.namespace)
        return _agreed([found for found in (labelled, named, path.environment) if found])

    def _environment_of_namespace(self, cluster: str, namespace: str | None) -> Inferred | None:
        if namespace is None:
            return None
        labelled = self._namespace_labels.get((cluster, namespace))
        return labelled or _environment_of_words(namespace, f"namespace '{namespace}'")

    @cached_property
    def _namespace_labels(self) -> dict[tuple[str, str], Inferred]:
        found: dict[tuple[str, str], Inferred] = {}
        for resource in self._resources:
            if resource.type_name == "Namespace":
                labelled = _environment_of_labels(resource)
                if labelled:
                    found[self.cluster_of_path(resource.path), resource.name] = labelled
        return found

    def _platform(self, path: _PathScope, file_path: str) -> tuple[Platform, str]:
        if self._settings.platform:
            return self._settings.platform, f"option: platform '{self._settings.platform}'"
        if path.settings and path.settings.platform:
            return path.settings.platform, f"configuration: platform '{path.settings.platform}'"
        place = self.place(file_path)
        for segment in reversed(_segments(place.above) + _segments(place.below)):
            platform = platforms.platform_of_words(_TOKENS.findall(segment.lower()))
            if platform:
                return platform, f"platform '{platform}': path segment '{segment}'"
        return self._platform_of_evidence(self._cluster_platforms.get(path.cluster), self._project_platforms.get(place.project))

    def _platform_of_evidence(self, *levels: dict[Platform, str] | None) -> tuple[Platform, str]:
        for level in levels:
            if level and len(level) == 1:
                platform, evidence = next(iter(level.items()))
                return platform, f"platform '{platform}': {evidence}"
            if level:
                return "unknown", f"platform unknown: the manifests speak of {' and '.join(sorted(level))}"
        return "unknown", "platform unknown: nothing in the manifests tells it"

    @cached_property
    def _cluster_platforms(self) -> dict[str, dict[Platform, str]]:
        return self._collect_platforms(self.cluster_of_path)

    @cached_property
    def _project_platforms(self) -> dict[str, dict[Platform, str]]:
        return self._collect_platforms(lambda path: self.place(path).project)

    @cached_property
    def _platform_evidence(self) -> list[tuple[str, Platform, str]]:
        found = []
        for resource in self._resources:
            evidence = platforms.platform_of_resource(resource)
            if evidence:
                found.append((resource.path, evidence[0], f"{evidence[1]} of {resource.id} in '{resource.path}'"))
        return found

    def _collect_platforms(self, group_of: Callable[[str], str]) -> dict[str, dict[Platform, str]]:
        groups: dict[str, dict[Platform, str]] = defaultdict(dict)
        for path, platform, evidence in self._platform_evidence:
            groups[group_of(path)].setdefault(platform, evidence)
        return groups


def _version_reason(settings: ScopeSettings, cluster: ClusterSettings | None) -> Iterable[str]:
    if settings.kubernetes_version:
        yield f"option: Kubernetes {settings.kubernetes_version}"
    elif cluster and cluster.kubernetes_version:
        yield f"configuration: Kubernetes {cluster.kubernetes_version}"


def _segments(path: str) -> list[str]:
    return [segment for segment in path.split("/") if segment not in ("", ".", "..")]


def _cluster_of(place: FilePlace) -> tuple[str, str]:
    folders = _segments(place.below)[:-1]
    project = f"{place.project}: " if place.project else ""
    for index in range(len(folders) - 1, 0, -1):
        if folders[index - 1].lower() in _CLUSTER_PARENTS:
            name = "/".join(folders[: index + 1]) if folders[index - 1].lower() == "overlays" else folders[index]
            return f"{project}{name}", f"cluster '{project}{name}': folder '{'/'.join(folders[: index + 1])}'"
    for index, folder in enumerate(folders):
        if folder.lower() in _TEST_WORDS or _SAMPLE_FOLDER.match(folder.lower()):
            name = "/".join(folders)
            return name, f"cluster '{name}': below '{'/'.join(folders[: index + 1])}' each folder stands alone"
    name = place.project or "default"
    return name, f"cluster '{name}': nothing divides {'this project' if place.project else 'what was scanned'} into clusters"


def _environment_of_labels(resource: Resource) -> Inferred | None:
    labels = resource.labels
    for key in _ENVIRONMENT_LABELS:
        if isinstance(value := labels.get(key), str):
            return _environment_of_words(value, f"label '{key}: {value}' of {resource.id}")
    return None


def _environment_of_words(text: str, reason: str) -> Inferred | None:
    tokens = _TOKENS.findall(text.lower())
    for index, token in enumerate(tokens):
        environment = _ENVIRONMENT_WORDS.get(token)
        if environment == "production" and index and tokens[index - 1] in _NEGATIONS:
            environment = "staging" if tokens[index - 1] == "pre" else "development"
        if environment == "production" and tokens[index + 1 : index + 2] and tokens[index + 1] in _NO_ENVIRONMENTS:
            environment = None
        if environment is None and token == "test" and index in (0, len(tokens) - 1):  # noqa: S105
            environment = "test"
        if environment:
            return Inferred(environment, f"environment '{environment}': {reason}")
    return None


def _environment_of_path(place: FilePlace) -> Inferred | None:
    *folders, file_name = _segments(place.below) or [""]
    stem = file_name.rpartition(".")[0]
    found = _environment_of_words(stem, f"file name '{file_name}'") if _TOKENS.findall(stem.lower())[1:] else None
    for folder in reversed(folders):
        found = found or _environment_of_folder(folder)
    for folder in reversed(_segments(place.above)):
        found = found or _environment_of_words(folder, f"folder '{folder}'") if folder.lower() not in _TEST_WORDS else found
    return found


def _environment_of_folder(folder: str) -> Inferred | None:
    if folder.lower() in _TEST_WORDS:
        return Inferred("test", f"environment 'test': folder '{folder}'")
    return _environment_of_words(folder, f"folder '{folder}'")


def _agreed(found: list[Inferred]) -> Inferred:
    if not found:
        return Inferred("unknown", "environment unknown: no label, namespace or path tells it")
    if len({inferred.environment for inferred in found}) > 1:
        reasons = "; ".join(inferred.reason for inferred in found)
        return Inferred("unknown", f"environment unknown: the evidence disagrees ({reasons})")
    return found[0]
