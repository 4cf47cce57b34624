"""Which cluster, environment and platform a resource belongs to: stated by the user, otherwise inferred from the tree.

The words are conventions of public GitOps repositories (Flux, Argo CD and kustomize layouts); each conclusion carries its reason.
"""

import posixpath
from collections import defaultdict
from collections.abc import Sequence
from functools import cached_property
from typing import Any

from k8slblint.graph.live import Steps, dump_roots, is_live
from k8slblint.graph.reads import LOCAL_CLUSTER_KINDS
from k8slblint.graph.scopes import clusters, environments, samples
from k8slblint.graph.scopes.clusters import Cluster
from k8slblint.graph.scopes.environments import Inferred
from k8slblint.graph.scopes.platforms import PlatformEvidence
from k8slblint.graph.scopes.sample_words import is_template_name
from k8slblint.model.globs import matches_any
from k8slblint.model.placeholders import has_placeholder, is_blank
from k8slblint.model.places import FilePlace, segments
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import HELM_VALUES, Resource
from k8slblint.model.scope import TRIAL_ENVIRONMENTS, ClusterSettings, Environment, Platform, Scope, ScopeSettings, cluster_of_destination
from k8slblint.model.texts import middle

__all__ = ["FilePlace", "ScopeInference"]


_DEPLOYING_GROUPS = ("argoproj.io", "toolkit.fluxcd.io")


_LONGEST_NAME = 32
"""In characters, of a cluster in a reason."""


class _PathScope(NamedTuple):
    cluster: Cluster
    settings: ClusterSettings | None
    environment: Inferred | None


class ScopeInference:
    """Answers `scope(resource)`; what is known of a path, a namespace or a project is worked out once."""

    def __init__(self, resources: Sequence[Resource], places: dict[str, FilePlace], settings: ScopeSettings) -> None:
        self._resources = resources
        self._places = places
        self._settings = settings
        self._by_path: dict[str, _PathScope] = {}
        self._platforms: dict[str, tuple[Platform, str]] = {}
        self.known: dict[int, Scope] = {}
        """The scopes that were asked for, by the identity of their resources."""
        self._by_place: dict[tuple[str, str | None], Scope] = {}

    def place(self, path: str) -> FilePlace:
        """Return where the file stands; a path that was never listed stands for itself."""
        return self._places.get(path) or FilePlace(key=path, below=path)

    def cluster_of_path(self, path: str) -> str:
        """Return the cluster that files at `path` belong to."""
        return self._path_scope(path).cluster.name

    def why_spared(self, path: str) -> str | None:
        """Return in one word why what stands at `path` is not linted as a deployment, or None.

        What a deployer reaches that is applied itself is no sample, whatever both are called, unless their folders are.
        Else it is what `samples.why_spared` returns, or `offered` for values that whoever installs a chart is meant to replace, and
        `copied` where the chart is someone else's: those that are said to be for production are recommended for it.
        """
        place = self.place(path)
        deployment = place.deployment
        by = self.place(deployment.deployer) if deployment and deployment.deployer else None
        if by is not None and deployment is not None and deployment.is_reached:
            by = by._replace(below=posixpath.join(posixpath.dirname(by.below), "-"))
        if by is not None and samples.why_spared(by) is None:
            return None
        why = "aside" if path in self._kept_copies else samples.why_spared(place)
        is_offered = why is None and place.deployment is not None and place.deployment.is_offered
        told = self._path_scope(path).environment if is_offered else None
        if not is_offered or (told is not None and told.environment not in TRIAL_ENVIRONMENTS):
            return why
        return "copied" if deployment is not None and deployment.is_copy else "offered"

    def is_shown_to_work(self, path: str) -> bool:
        """Tell whether a file is one of a collection of examples, all of which are to work."""
        return samples.is_shown_to_work(self.place(path))

    def is_at_home(self, path: str) -> bool:
        """Tell whether the repository in which a file stands says that it is what someone runs at home."""
        return self.place(path).is_at_home

    def _stands_for_all(self, path: str) -> bool:
        """Tell whether what is written at `path` says something of the files around it: samples say nothing of others."""
        return self.why_spared(path) in (None, "shown")

    def is_to_fill_in(self, resource: Resource) -> bool:
        """Tell whether an object, as it is written, is a template: it has yet to get its name, in a file that is called so.

        A blank in angle brackets is filled in by hand, whatever the file is called; `<path:secret/app#name>` is for a plug-in of Argo CD.
        """
        name, stem = resource.name, self.place(resource.path).below.rpartition("/")[2].rpartition(".")[0]
        may_be_one = is_template_name(stem) or ("<" in name and ":" not in name)
        return resource.provenance is None and may_be_one and (has_placeholder(name) or is_blank(name))

    def is_divided(self, path: str) -> bool:
        """Tell whether something sets the cluster of files at `path` apart from the rest of the project."""
        return self._path_scope(path).cluster.division != "none"

    def environment_of_path(self, path: str) -> Environment:
        """Return the environment that the path of a file tells."""
        told = self._path_scope(path).environment
        return told.environment if told is not None else "unknown"

    def scope(self, resource: Resource) -> Scope:
        """Return the scope of a resource."""
        scope = self.known.get(id(resource))
        if scope is None:
            scope = self.known[id(resource)] = self._find(resource)
        return scope

    def _find(self, resource: Resource) -> Scope:
        """Build a scope; resources of one file and namespace share it, unless their labels tell something."""
        labelled = environments.environment_of_labels(resource)
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
        platform = stated_platform or self._platform(resource.path)
        version = self._stated("kubernetes_version", path)
        return Scope(
            cluster=path.cluster.name,
            environment=environment[0] if environment else inferred.environment,
            platform=platform[0],
            kubernetes_version=version[0] if version else None,
            division=path.cluster.division,
            folder=path.cluster.folder,
            is_dump_of_all=path.cluster.is_dump_of_all,
            settings=path.settings,
            environment_reason=inferred.reason,
            environment_is_stated=environment is not None,
            platform_is_stated=stated_platform is not None,
            reasons=(path.cluster.reason, inferred.reason, platform[1], *([version[1]] if version else [])),
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
            cluster = clusters.stated_cluster(settings) if settings else self._unstated_cluster(path, place)
            told = _deployed_environment(place) or self._environment_of_deployer(place) or self._environment_of_path(place)
            environment = told or _environment_of_destination(place)
            known = self._by_path[path] = _PathScope(cluster, settings, environment)
        return known

    def _destination(self, place: FilePlace) -> ClusterSettings | None:
        """Return the stated cluster that a deployer sends a unit to; it wins over the path of the deployer's file."""
        destination = place.deployment.cluster if place.deployment else None
        name = cluster_of_destination(self._settings, destination) if destination else None
        return next((cluster for cluster in self._settings.clusters if name and cluster.name == name), None)

    def _unstated_cluster(self, path: str, place: FilePlace) -> Cluster:
        """Return the cluster that a deployer or a folder names, that a dump was read from, or that a sample or the project stands for."""
        return (
            clusters.deployed_cluster(path, place)
            or self._cluster_of_deployer(place)
            or clusters.cluster_put_aside(place)
            or clusters.named_cluster(place)
            or clusters.dumped_cluster(place, self._dump_roots)
            or (clusters.cluster_of_copy(place) if self._kept_copies.get(path) else None)
            or clusters.cluster_of_sample(place)
            or clusters.undivided(place)
        )

    def _cluster_of_deployer(self, place: FilePlace) -> Cluster | None:
        deployer = self._own_deployer(place)
        return clusters.cluster_of_own_deployers(place, self._own_overlays, deployer) if deployer else None

    def _own_deployer(self, place: FilePlace) -> FilePlace | None:
        """Return where the deployer stands that sends a unit to the cluster it runs in itself."""
        deployment = place.deployment
        return self.place(deployment.deployer) if deployment and deployment.is_own_cluster and deployment.deployer else None

    def _environment_of_deployer(self, place: FilePlace) -> Inferred | None:
        """Return what the labels of the object tell that deploys a unit."""
        deployment = place.deployment
        return self._deployer_labels.get((deployment.deployer, deployment.reason)) if deployment and deployment.deployer else None

    @cached_property
    def _deployer_labels(self) -> dict[tuple[str, str], Inferred]:
        """Return the environments that the labels of Argo CD and Flux objects tell, by their files and descriptions."""
        found: dict[tuple[str, str], Inferred] = {}
        for resource in self._resources:
            labelled = environments.environment_of_labels(resource) if resource.group.endswith(_DEPLOYING_GROUPS) else None
            if labelled:
                namespace = resource.get("metadata", "namespace")
                name = f"{namespace}/{resource.name}" if isinstance(namespace, str) and namespace else resource.name
                found[resource.path, f"{resource.kind} {name}"] = labelled
        return found

    @cached_property
    def _own_overlays(self) -> clusters.OwnOverlays:
        found = ((place, self._own_deployer(place)) for place in self._places.values())
        return clusters.OwnOverlays((place, deployer) for place, deployer in found if deployer)

    def _environment_of_path(self, place: FilePlace) -> Inferred | None:
        """Return what the path tells; in that of a dump `live` says what it is, not that it is production."""
        if clusters.dump_root(place, self._dump_roots) is not None:
            below, above = (
                "/".join(segment for segment in segments(path) if segment.lower() != "live") for path in (place.below, place.above)
            )
            place = place._replace(below=below, above=above)
        return environments.environment_of_path(place)

    @cached_property
    def _dump_roots(self) -> frozenset[Steps]:
        if not any(map(is_live, self._resources)):
            return frozenset()
        objects = [resource for resource in self._resources if resource.kind != HELM_VALUES]
        return dump_roots((tuple(segments(self.place(resource.path).below)), resource) for resource in objects)

    @cached_property
    def _kept_copies(self) -> dict[str, bool]:
        """Return the files with lists of live objects of which a manifest has one, and whether none of their own folder has.

        Someone kept what the cluster had. A list begins its elements further to the right than an object that is a document of its own.
        """
        listed = [one for one in self._resources if one.root.column > 1 and is_live(one)]
        files = frozenset(one.path for one in listed)
        folders: dict[tuple[str, str | None, str], set[str]] = defaultdict(set)
        for one in self._resources if listed else ():
            if one.path not in files and one.kind != HELM_VALUES:
                folders[one.key].add(posixpath.dirname(one.path))
        found: dict[str, bool] = {}
        for one in listed:
            if one.key in folders:
                found[one.path] = found.get(one.path, True) and posixpath.dirname(one.path) not in folders[one.key]
        return found

    def _environment(self, resource: Resource, labelled: Inferred | None, path: _PathScope) -> Inferred:
        named = self._environment_of_namespace(path.cluster.name, resource.namespace)
        found = [one for one in (labelled, named, path.environment) if one]
        beside = self._local_folders.get(_folder_below(self.place(resource.path))) if all(_is_unknown(one) for one in found) else None
        if beside or labelled or path.environment or path.cluster.division != "none":
            return beside or environments.agreed(found)
        project = self.place(resource.path).project
        described = self._described_local_clusters.get(project) if named else None
        return self._local_clusters.get(project) or environments.agreed([*found, *([described] if described else [])])

    def _environment_of_namespace(self, cluster: str, namespace: str | None) -> Inferred | None:
        if namespace is None:
            return None
        if namespace in environments.TEST_WORDS:
            return environments.environment_of_namespace(namespace)
        return self._namespace_labels.get((cluster, namespace)) or environments.environment_of_namespace(namespace)

    @cached_property
    def _namespace_labels(self) -> dict[tuple[str, str], Inferred]:
        found: dict[tuple[str, str], Inferred] = {}
        for resource in self._resources:
            if resource.type_name == "Namespace":
                labelled = environments.environment_of_labels(resource)
                if labelled:
                    found[self.cluster_of_path(resource.path), resource.name] = labelled
        return found

    @cached_property
    def _local_folders(self) -> dict[str, Inferred]:
        """Return the folders, but for the scanned one, in which a file describes a cluster on the machine of a developer."""
        described = (one for one in self._resources if one.type_name in LOCAL_CLUSTER_KINDS)
        found = {
            _folder_below(self.place(one.path)): Inferred(
                "local", f"environment 'local': '{one.path}' describes a cluster, of kind {one.kind}"
            )
            for one in described
        }
        found.pop("", None)
        return found

    @cached_property
    def _local_clusters(self) -> dict[str, Inferred]:
        """Return the projects of clusters on the machine of a developer where things are deployed from within.

        Where nothing is, the cluster may be that of the tests of an application.
        """
        found = self._described_local_clusters
        deploying = {self.place(one.path).project for one in self._resources if one.group.endswith(_DEPLOYING_GROUPS)} if found else set()
        return {project: one for project, one in found.items() if project in deploying}

    @cached_property
    def _described_local_clusters(self) -> dict[str, Inferred]:
        """Return the projects that describe one cluster, on the machine of a developer: what the name of a namespace tells may be played.

        Where a path names production or staging, or the manifests show a cloud, there are other clusters.
        """
        described = (one for one in self._resources if one.type_name in LOCAL_CLUSTER_KINDS and self._stands_for_all(one.path))
        found = {
            self.place(one.path).project: Inferred("local", f"environment 'local': '{one.path}' describes the cluster, of kind {one.kind}")
            for one in described
            if (told := self._path_scope(one.path).environment) is None or told.environment == "local"
        }
        if not found:
            return found
        places = {one.path: self.place(one.path).project for one in self._resources if self._stands_for_all(one.path)}
        others = {project for path, project in places.items() if project in found and self._is_elsewhere(path)}
        return {project: one for project, one in found.items() if project not in others}

    def _is_elsewhere(self, path: str) -> bool:
        """Tell whether a path names an environment that is on no machine of a developer, or what stands there is on a cloud."""
        told = self._path_scope(path).environment
        is_of_others = told is not None and told.environment in ("production", "staging")
        return is_of_others or self._platform(path)[0] not in ("unknown", "bare-metal")

    def _platform(self, path: str) -> tuple[Platform, str]:
        known = self._platforms.get(path)
        if known is None:
            known = self._platforms[path] = self._platform_evidence.platform_of(path)
        return known

    @cached_property
    def _platform_evidence(self) -> PlatformEvidence:
        return PlatformEvidence(self._resources, self.place, lambda path: self._path_scope(path).cluster)


def _folder_below(place: FilePlace) -> str:
    return place.below.rpartition("/")[0]


def _is_unknown(one: Inferred) -> bool:
    return one.environment == "unknown"


def _holds(cluster: ClusterSettings, path: str, place: FilePlace) -> bool:
    return matches_any(path, cluster.paths) or (bool(place.full) and matches_any(place.full, cluster.paths))


def _environment_of_destination(place: FilePlace) -> Inferred | None:
    """Return what the name or address of the cluster tells that a deployer sends a unit to, where nothing nearer tells anything."""
    destination = place.deployment.cluster if place.deployment else None
    return environments.environment_of_words(destination, f"cluster '{middle(destination, _LONGEST_NAME)}'") if destination else None


def _deployed_environment(place: FilePlace) -> Inferred | None:
    environment: Any = place.deployment.environment if place.deployment else None
    return Inferred(environment, f"environment '{environment}': {place.deployment.reason}") if environment and place.deployment else None
