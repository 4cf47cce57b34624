"""Knows which cluster, environment and platform a resource belongs to: stated by the user, else read off the tree.

The words are conventions of public GitOps repositories (Flux, Argo CD and kustomize layouts); each conclusion carries its reason.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

from k8slblint.catalog import platforms
from k8slblint.graph.live import Steps, dump_roots, is_live
from k8slblint.model.globs import matches_any
from k8slblint.model.loaded import Deployment
from k8slblint.model.resource import HELM_VALUES, Resource
from k8slblint.model.scope import ClusterSettings, Division, Environment, Platform, Scope, ScopeSettings, cluster_of_destination

_ENVIRONMENT_WORDS: dict[str, Environment] = {
    **dict.fromkeys(("prod", "production", "prd"), "production"),
    **dict.fromkeys(("staging", "stage", "stg", "preprod", "preproduction", "uat"), "staging"),
    **dict.fromkeys(("dev", "develop", "development", "sandbox", "nonprod", "nonproduction", "qa"), "development"),
}
"""Words that tell an environment, also as one of several in a name: `eu-prod-1`."""

_WHOLE_ENVIRONMENT_WORDS: dict[str, Environment] = {
    **_ENVIRONMENT_WORDS,
    "live": "production",
    **dict.fromkeys(("test", "testing"), "test"),
    **dict.fromkeys(("minikube", "k3d", "kind", "microk8s", "local", "localhost"), "local"),
    "ci": "ci",
}
"""Words that tell an environment as a whole name; as a part of one they mean other things: `live-chat`, `local-storage`."""

_TEST_WORDS = frozenset({"test", "tests", "testdata", "e2e", "conformance", "fixture", "fixtures", "molecule", "testing", "__tests__"})

_SAMPLE_FOLDER = re.compile(
    r"(?:^|.*[-_. ])(?:examples?|\w*samples?|demos?|tutorials?|recipes?|quickstarts?|workshops?|labs?)(?:[-_. ].*)?$"
)
"""Folders of things to look at, each for itself: `examples`, `configsamples`, `networking-recipes`, `eks-workshop-v2`."""

_PUT_ASIDE_FOLDER = re.compile(r"_?archived?(?:[-_. ].*)?$|_?(?:old|deprecated|obsolete|outdated|unused)$|\.history$")
"""Folders of what is no longer deployed: `archive`, `archived_20250818`, `old`, and the copies that editors keep in `.history`."""

_CLUSTER_PARENTS = frozenset({"clusters", "overlays", "environments", "environment", "envs", "env", "stages", "sites"})

_ENVIRONMENT_LABELS = ("environment", "env", "app.kubernetes.io/environment", "kubernetes.io/environment")

_NO_ENVIRONMENTS = frozenset({"line", "lines", "floor", "orders", "planning"})
"""Words after which `production` means a factory's."""

_NO_ENVIRONMENTS_AFTER = frozenset({"audio", "film", "media", "music", "video"})

_NEGATIONS = frozenset({"non", "not", "pre"})

_TOKENS = re.compile(r"[a-z0-9]+")


class FilePlace(NamedTuple):
    """Where a file stands for inference: `below` the scanned folder, in which nested `project`, and the folders `above`.

    `key` names it in both revisions; `full` is its absolute path, needed only where the configuration has path patterns.
    `deployment` tells how a rendered unit is deployed.
    """

    key: str
    below: str
    project: str = ""
    above: str = ""
    full: str = ""
    deployment: Deployment | None = None


class Inferred(NamedTuple):
    """An environment and the words that led to it."""

    environment: Environment
    reason: str


class _Cluster(NamedTuple):
    name: str
    division: Division
    reason: str
    folder: str = ""


class _PathScope(NamedTuple):
    cluster: str
    cluster_reason: str
    division: Division
    folder: str
    settings: ClusterSettings | None
    environment: Inferred | None


class ScopeInference:
    """Answers `scope(resource)`; what is known of a path, a namespace or a project is worked out once."""

    def __init__(self, resources: Sequence[Resource], places: dict[str, FilePlace], settings: ScopeSettings) -> None:
        self._resources = resources
        self._places = places
        self._settings = settings
        self._by_path: dict[str, _PathScope] = {}
        self._scopes: dict[int, Scope] = {}
        self._by_place: dict[tuple[str, str | None], Scope] = {}

    def place(self, path: str) -> FilePlace:
        """Return where the file stands; a path that was never listed stands for itself."""
        return self._places.get(path) or FilePlace(key=path, below=path)

    def cluster_of_path(self, path: str) -> str:
        """Return the cluster that files at `path` belong to."""
        return self._path_scope(path).cluster

    def is_divided(self, path: str) -> bool:
        """Tell whether something sets the cluster of files at `path` apart from the rest of the project."""
        return self._path_scope(path).division != "none"

    def scope(self, resource: Resource) -> Scope:
        """Return the scope of a resource."""
        scope = self._scopes.get(id(resource))
        if scope is None:
            scope = self._scopes[id(resource)] = self._find(resource)
        return scope

    def _find(self, resource: Resource) -> Scope:
        """Build a scope; resources of one file and namespace share it, unless their labels tell something."""
        labelled = _environment_of_labels(resource)
        if labelled is not None:
            return self._build(resource, labelled)
        place = resource.path, resource.namespace
        scope = self._by_place.get(place)
        if scope is None:
            scope = self._by_place[place] = self._build(resource, None)
        return scope

    def _build(self, resource: Resource, labelled: Inferred | None) -> Scope:
        path = self._path_scope(resource.path)
        environment = self._stated("environment", path)
        inferred = Inferred("unknown", environment[1]) if environment else self._environment(resource, labelled, path)
        stated_platform = self._stated("platform", path)
        platform = stated_platform or self._platform(path, resource.path)
        version = self._stated("kubernetes_version", path)
        return Scope(
            cluster=path.cluster,
            environment=environment[0] if environment else inferred.environment,
            platform=platform[0],
            kubernetes_version=version[0] if version else None,
            division=path.division,
            folder=path.folder,
            settings=path.settings,
            environment_reason=inferred.reason,
            environment_is_stated=environment is not None,
            platform_is_stated=stated_platform is not None,
            reasons=(path.cluster_reason, inferred.reason, platform[1], *([version[1]] if version else [])),
        )

    def _stated(self, name: str, path: _PathScope) -> tuple[Any, str] | None:
        """Return what the user states: as an option, for the cluster, or for everything; with where it is said."""
        where = (("option", self._settings), ("configuration", path.settings), ("configuration", self._settings.defaults))
        for word, settings in where:
            value = getattr(settings, name, None)
            if value:
                return value, f"{word}: {name.replace('_', ' ')} '{value}'"
        return None

    def _path_scope(self, path: str) -> _PathScope:
        known = self._by_path.get(path)
        if known is None:
            place = self.place(path)
            settings = self._destination(place) or next((one for one in self._settings.clusters if _holds(one, path, place)), None)
            if place.deployment and place.deployment.cluster and not self._destination(place):
                settings = None  # sent elsewhere than the path of the deployer's file tells
            cluster = _stated_cluster(settings) if settings else _deployed_cluster(path, place) or self._inferred_cluster(place)
            environment = _deployed_environment(place) or self._environment_of_path(place)
            known = self._by_path[path] = _PathScope(cluster.name, cluster.reason, cluster.division, cluster.folder, settings, environment)
        return known

    def _destination(self, place: FilePlace) -> ClusterSettings | None:
        """Return the stated cluster that a deployer sends a unit to; it wins over the path of the deployer's file."""
        destination = place.deployment.cluster if place.deployment else None
        name = cluster_of_destination(self._settings, destination) if destination else None
        return next((cluster for cluster in self._settings.clusters if name and cluster.name == name), None)

    def _inferred_cluster(self, place: FilePlace) -> _Cluster:
        """Return the cluster that a folder names, that a dump was read from, or that a sample or the project stands for."""
        return _named_cluster(place) or _dumped_cluster(place, self._dump_roots) or _cluster_of_sample(place) or _undivided(place)

    def _environment_of_path(self, place: FilePlace) -> Inferred | None:
        """Return what the path tells; in that of a dump `live` says what it is, not that it is production."""
        if _dump_root(place, self._dump_roots) is not None:
            below, above = (
                "/".join(segment for segment in _segments(path) if segment.lower() != "live") for path in (place.below, place.above)
            )
            place = place._replace(below=below, above=above)
        return _environment_of_path(place)

    @cached_property
    def _dump_roots(self) -> frozenset[Steps]:
        if not any(map(is_live, self._resources)):
            return frozenset()
        objects = [resource for resource in self._resources if resource.type_name != HELM_VALUES]
        return dump_roots((tuple(_segments(self.place(resource.path).below)), resource) for resource in objects)

    def _environment(self, resource: Resource, labelled: Inferred | None, path: _PathScope) -> Inferred:
        named = self._environment_of_namespace(path.cluster, resource.namespace)
        return _agreed([found for found in (labelled, named, path.environment) if found])

    def _environment_of_namespace(self, cluster: str, namespace: str | None) -> Inferred | None:
        if namespace is None:
            return None
        if namespace in _TEST_WORDS:
            return Inferred("test", f"environment 'test': namespace '{namespace}'")
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
        place = self.place(file_path)
        for segment in reversed(_segments(place.above) + _segments(place.below)):
            platform = _platform_of_segment(segment)
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
        return "unknown", "platform unknown: the manifests do not show it"

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


@lru_cache(maxsize=4096)
def _platform_of_segment(segment: str) -> Platform | None:
    return platforms.platform_of_words(_TOKENS.findall(segment.lower()))


def _segments(path: str) -> list[str]:
    return [segment for segment in path.split("/") if segment not in ("", ".", "..")]


def _holds(cluster: ClusterSettings, path: str, place: FilePlace) -> bool:
    return matches_any(path, cluster.paths) or (bool(place.full) and matches_any(place.full, cluster.paths))


def _stated_cluster(settings: ClusterSettings) -> _Cluster:
    return _Cluster(settings.name, "stated", f"configuration: cluster '{settings.name}'")


def _deployed_cluster(path: str, place: FilePlace) -> _Cluster | None:
    """Return the cluster that a deployer names, or, for values that nobody is known to deploy, one that stands alone."""
    deployment = place.deployment
    if deployment and deployment.cluster:
        return _Cluster(deployment.cluster, "named", f"cluster '{deployment.cluster}': {deployment.reason}")
    if deployment and deployment.stands_alone:
        return _Cluster(path, "sample", f"cluster '{path}': {deployment.reason}, so it stands alone")
    return None


def _deployed_environment(place: FilePlace) -> Inferred | None:
    environment: Any = place.deployment.environment if place.deployment else None
    return Inferred(environment, f"environment '{environment}': {place.deployment.reason}") if environment and place.deployment else None


def _named_cluster(place: FilePlace) -> _Cluster | None:
    """Return the cluster of the deepest folder below `clusters/`, `overlays/` and the like."""
    folders = _segments(place.below)[:-1]
    project = f"{place.project}: " if place.project else ""
    for index in range(len(folders) - 1, 0, -1):
        if folders[index - 1].lower() in _CLUSTER_PARENTS:
            folder = "/".join(folders[: index + 1])
            name = folder if folders[index - 1].lower() == "overlays" else folders[index]
            return _Cluster(f"{project}{name}", "named", f"cluster '{project}{name}': folder '{folder}'", folder)
    return None


def _dumped_cluster(place: FilePlace, roots: frozenset[Steps]) -> _Cluster | None:
    """Return the cluster that was dumped into a folder; the scanned folder itself has its name from the path above, if any."""
    root = _dump_root(place, roots)
    if root is None:
        return None
    folder = "/".join(root)
    is_file = root == tuple(_segments(place.below))
    name = folder.rpartition(".")[0] if is_file else folder or (_segments(place.above) or [place.project or "default"])[-1]
    where = f"in '{folder}'" if folder else "in all that was scanned"
    return _Cluster(name, "named", f"cluster '{name}': a dump of live objects {where}", folder)


def _dump_root(place: FilePlace, roots: frozenset[Steps]) -> Steps | None:
    steps = tuple(_segments(place.below)) if roots else ()
    return next((steps[:length] for length in range(len(steps) + 1) if steps[:length] in roots), None)


def _cluster_of_sample(place: FilePlace) -> _Cluster | None:
    folders = _segments(place.below)[:-1]
    for index, folder in enumerate(folders):
        word = folder.lower()
        if word in _TEST_WORDS or _SAMPLE_FOLDER.match(word) or _PUT_ASIDE_FOLDER.match(word):
            name = "/".join(folders)
            reason = f"cluster '{name}': below '{'/'.join(folders[: index + 1])}' each folder stands alone"
            return _Cluster(name, "sample", reason, name)
    return None


def _undivided(place: FilePlace) -> _Cluster:
    name = place.project or "default"
    whole = "this project" if place.project else "what was scanned"
    return _Cluster(name, "none", f"cluster '{name}': nothing divides {whole} into clusters")


def _environment_of_labels(resource: Resource) -> Inferred | None:
    labels = resource.labels
    for key in _ENVIRONMENT_LABELS:
        value = labels.get(key)
        found = _environment_of_words(value, f"label '{key}: {value}' of {resource.id}") if isinstance(value, str) else None
        if found:
            return found
    return None


def _environment_of_words(text: str, reason: str) -> Inferred | None:
    """Return the environment that a name tells, as a whole or by one of its words."""
    return _environment_of_whole(text, reason) or _environment_of_part(text, reason)


def _environment_of_whole(text: str, reason: str) -> Inferred | None:
    environment = _WHOLE_ENVIRONMENT_WORDS.get(text.lower())
    return Inferred(environment, f"environment '{environment}': {reason}") if environment else None


@lru_cache(maxsize=4096)
def _environment_of_part(text: str, reason: str) -> Inferred | None:
    tokens = _TOKENS.findall(text.lower())
    for index, token in enumerate(tokens):
        environment = _environment_of_token(tokens, index, token)
        if environment:
            return Inferred(environment, f"environment '{environment}': {reason}")
    return None


def _environment_of_token(tokens: Sequence[str], index: int, token: str) -> Environment | None:
    environment = _ENVIRONMENT_WORDS.get(token.rstrip("0123456789"))
    if environment == "production" and index and tokens[index - 1] in _NO_ENVIRONMENTS_AFTER:
        return None
    if environment == "production" and index and tokens[index - 1] in _NEGATIONS:
        return "staging" if tokens[index - 1] == "pre" else "development"
    if environment == "production" and index + 1 < len(tokens) and tokens[index + 1] in _NO_ENVIRONMENTS:
        return None
    if token == "test" and index in (0, len(tokens) - 1):  # noqa: S105 - a word, no password
        return "test"
    return environment


def _environment_of_path(place: FilePlace) -> Inferred | None:
    """Return what the folders and the name of a file tell.

    A folder of tests wins over everything, a folder that is an environment's name over names that only contain a word;
    the nearest counts, and parts of names that disagree tell nothing.
    """
    *folders, file_name = _segments(place.below) or [""]
    tests = next((folder for folder in folders if folder.lower() in _TEST_WORDS), None)
    if tests:
        return Inferred("test", f"environment 'test': folder '{tests}'")
    names = [(folder, f"folder '{folder}'") for folder in reversed(folders)]
    names += [(folder, f"folder '{folder}'") for folder in reversed(_segments(place.above)) if folder.lower() not in _TEST_WORDS]
    whole = next(filter(None, (_environment_of_whole(*name) for name in names)), None)
    if whole:
        return whole
    stem = file_name.rpartition(".")[0]
    parts = [found for name in [(stem, f"file name '{file_name}'"), *names] if (found := _environment_of_part(*name))]
    return _agreed(parts) if parts else None


def _agreed(found: list[Inferred]) -> Inferred:
    if not found:
        return Inferred("unknown", "environment unknown: no label, namespace or path names it")
    if len({inferred.environment for inferred in found}) > 1:
        reasons = "; ".join(inferred.reason for inferred in found)
        return Inferred("unknown", f"environment unknown: the evidence disagrees ({reasons})")
    return found[0]
