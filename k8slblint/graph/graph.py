"""All resources of a run by kind, name, namespace and cluster; every index is built once, on first use."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Any, TypeAlias, TypeVar

from k8slblint.graph.answers import Absent, Answer, Found, Unknown
from k8slblint.graph.gaps import Gaps, is_within, why_unread
from k8slblint.graph.live import is_live
from k8slblint.graph.reads import UndeclaredKindError, declared
from k8slblint.graph.scopes.inference import ScopeInference
from k8slblint.model.definitions import CustomDefinition
from k8slblint.model.deployed_charts import brings_a_chart, brings_the_same
from k8slblint.model.host_files import HostFile
from k8slblint.model.loaded import Beside, Gap, Patched
from k8slblint.model.places import FilePlace
from k8slblint.model.resource import Resource
from k8slblint.model.scope import Environment, Scope, ScopeSettings

T = TypeVar("T")

NameKey: TypeAlias = tuple[str, str, str | None, str]
"""`(cluster, type_name, namespace, name)`."""


class ResourceGraph:
    """The resources of one revision, with what was read of its base when there is one: the revision that it is compared with.

    `base_part` holds what was read of the base: of a git revision only the files that differ, else all of it; for what is gone, and to
    tell whether anything is compared. `base` is the whole of it, for questions about a resource among its neighbours then. `counterpart`
    is one resource as it was in the base.
    `type_name` is always `Kind` or `Kind.group`. Sequences are in reading order. Nothing here changes after construction.
    """

    def __init__(
        self,
        resources: Sequence[Resource],
        *,
        places: dict[str, FilePlace] | None = None,
        settings: ScopeSettings | None = None,
        gaps: Sequence[Gap] = (),
        base_part: "ResourceGraph | None" = None,
        changed_paths: frozenset[str] | None = None,
        beside: Beside = Beside(),  # noqa: B008 - a value
    ) -> None:
        """Hold `resources`; `changed_paths` names the only files of this revision that differ from its base, None where any may.

        `beside` works out what files say besides objects.
        """
        self.resources = tuple(sorted(resources, key=lambda resource: resource.order))
        self.base_part = base_part
        self._changed_paths = changed_paths
        self._beside = beside
        self._derived: dict[Callable[..., Any], Any] = {}
        self._places = places or {}
        self._settings = settings or ScopeSettings()
        self._inference = ScopeInference(self.resources, self._places, self._settings)
        self._scopes = self._inference.known
        self._unread = Gaps(gaps, self._inference)
        self.gaps = self._unread.all

    @cached_property
    def _by_type(self) -> dict[str, list[Resource]]:
        index: dict[str, list[Resource]] = defaultdict(list)
        for resource in self.resources:
            index[resource.type_name].append(resource)
        return index

    @cached_property
    def _by_cluster(self) -> dict[tuple[str, str], list[Resource]]:
        index: dict[tuple[str, str], list[Resource]] = defaultdict(list)
        for resource in self.resources:
            index[self.scope(resource).cluster, resource.type_name].append(resource)
        return index

    @cached_property
    def _by_name(self) -> dict[NameKey, list[Resource]]:
        index: dict[NameKey, list[Resource]] = defaultdict(list)
        for resource in self.resources:
            index[self.scope(resource).cluster, resource.type_name, resource.namespace, resource.name].append(resource)
        return index

    def scope(self, resource: Resource) -> Scope:
        """Return cluster, environment, platform and version of a resource, with the reasons."""
        return self._scopes.get(id(resource)) or self._inference.scope(resource)

    def scopes_as(self, settings: ScopeSettings) -> Callable[[Resource], Scope]:
        """Return what `scope` would answer if the user stated something else."""
        return ScopeInference(self.resources, self._places, settings).scope

    def is_elsewhere(self, resource: Resource) -> bool:
        """Tell whether a resource is written outside of what the user named: nothing is reported of it."""
        return (self._places.get(resource.written_in) or self._inference.place(resource.path)).is_elsewhere

    def place_key(self, resource: Resource) -> str:
        """Return what names the file of a resource in both revisions: its path below the folder that was scanned."""
        return self.key_of(resource.path)

    def key_of(self, path: str) -> str:
        """Return what names a file in both revisions."""
        return self._inference.place(path).key

    def of_type(self, *type_names: str) -> Sequence[Resource]:
        """Return the resources of these kinds, in all clusters. Raises `UndeclaredKindError` for kinds that `reads` does not list."""
        _refuse_undeclared(*type_names)
        return self.of_kinds_of_rule(*type_names)

    def of_kinds_of_rule(self, *type_names: str) -> Sequence[Resource]:
        """Return the resources of the kinds that a rule is about, which a run loads for its sake, whatever they are."""
        return _in_order(self._by_type.get(name, ()) for name in type_names)

    def in_cluster(self, cluster: str, *type_names: str) -> Sequence[Resource]:
        """Return the resources of these kinds in one cluster. Raises `UndeclaredKindError`."""
        _refuse_undeclared(*type_names)
        return _in_order(self._by_cluster.get((cluster, name), ()) for name in type_names)

    def named(self, cluster: str, type_name: str, namespace: str | None, name: str) -> Resource | None:
        """Return the resource of that name, the first in reading order where it is written twice, or None. Raises `UndeclaredKindError`."""
        _refuse_undeclared(type_name)
        found = self._by_name.get((cluster, type_name, namespace, name))
        return found[0] if found else None

    def opened(self, kind: str, names: frozenset[str]) -> Sequence[Resource]:
        """Return the objects of a kind with one of these names that are not among the resources: Secrets and ConfigMaps.

        They are read when this is called: ask once for all names, and keep the answer with `derived`.
        """
        return self._beside.opened(kind, names) if names else ()

    def derived(self, build: Callable[["ResourceGraph"], T]) -> T:
        """Return `build(self)`, worked out on first use and kept: the home of every index that lives outside this class."""
        derived: T
        try:
            derived = self._derived[build]
        except KeyError:
            derived = self._derived[build] = build(self)
        return derived

    def derived_in(self, scope: Scope, build: Callable[["ResourceGraph", Scope], T]) -> T:
        """Return `build(self, scope)`, worked out on first use for each cluster and environment, and kept."""
        known: dict[tuple[str, str], T] = self._derived.setdefault(build, {})
        where = scope.whereabouts
        if where not in known:
            known[where] = build(self, scope)
        return known[where]

    def look_up(self, cluster: str, type_name: str, namespace: str | None, name: str) -> Answer[Resource]:
        """Return the resource of that name, or that it is absent, or why that cannot be known.

        The kind may be any, for it comes from a reference in a manifest; of one that is not read nothing is known.
        """
        if type_name not in declared():
            return Unknown(f"objects of kind '{type_name}' are not read")
        resource = self.named(cluster, type_name, namespace, name)
        if resource is not None:
            return Found(resource)
        reason = self.why_incomplete(cluster)
        return Unknown(reason) if reason else Absent()

    def why_incomplete(self, cluster: str, namespace: str | None = None) -> str | None:
        """Return why something of this cluster may be missing from the graph, or None when all of it was read.

        What stands in no cluster's own folders may belong to any of them. A `namespace` asks about that one only.
        """
        return self._unread.why_incomplete(cluster, namespace)

    def gaps_in(self, cluster: str) -> list[Gap]:
        """Return what could not be read that is of a cluster, or of none."""
        return self._unread.of(cluster)

    def why_arrivals_may_be_missing(self, cluster: str, namespace: str | None = None) -> str | None:
        """Return why something that is new to a cluster may not be in the graph: a file that a revision changed could not be read.

        What is gone from the manifests may have moved there, but not into a part that was missing before for the same reason, a file of
        the network for example, nor into a chart that was deployed before. A `namespace` asks about that one only. Of folders that are
        compared it is not known which files changed.
        """
        for gap in self.gaps_in(cluster):
            is_changed = gap.path in (self._changed_paths or ()) and not self.was_missing(gap)
            if is_changed and is_within(gap, namespace):
                return why_unread(gap)
        return None

    def was_missing(self, gap: Gap) -> bool:
        """Tell whether what could not be read could not be read before either, and is the same."""
        if gap.is_part:
            return (self.key_of(gap.path), gap.reason) in self._parts_missing_before
        charts = self._charts_by_path.get(gap.path, ())
        before = [(self.counterpart(one), one) for one in charts]
        return bool(before) and all(isinstance(old, Found) and brings_the_same(old.value, one) for old, one in before)

    @cached_property
    def _parts_missing_before(self) -> frozenset[tuple[str, str]]:
        base = self.base_part
        return frozenset((base.key_of(gap.path), gap.reason) for gap in base.gaps) if base is not None else frozenset()

    @cached_property
    def _charts_by_path(self) -> dict[str, list[Resource]]:
        found: dict[str, list[Resource]] = defaultdict(list)
        for resource in self.resources:
            if brings_a_chart(resource):
                found[resource.path].append(resource)
        return found

    @cached_property
    def _patches(self) -> Sequence[Patched]:
        return self._beside.patched()

    @cached_property
    def host_files(self) -> Sequence[HostFile]:
        """The files that set up the machines of a cluster; they are read when this is asked for the first time."""
        return self._beside.hosts()

    @cached_property
    def installed_releases(self) -> frozenset[str]:
        """The names of the Helm releases that scripts of the tree install."""
        return self._beside.installed()

    @property
    def paths_of_files(self) -> Iterable[str]:
        """The paths of all files and units, as they are reported."""
        return self._places

    def cluster_of(self, path: str) -> str:
        """Return the cluster that files at a path belong to."""
        return self._inference.cluster_of_path(path)

    def is_divided(self, path: str) -> bool:
        """Tell whether something sets the cluster of files at a path apart from the rest of the project."""
        return self._inference.is_divided(path)

    def environment_of(self, path: str) -> Environment:
        """Return the environment that a path names."""
        return self._inference.environment_of_path(path)

    def patch_of(self, resource: Resource) -> str | None:
        """Return where a kustomization that was not rendered patches an object of a file as it is, or None."""
        if resource.provenance is not None:
            return None
        found = (one for one in self._patches if one.kind in (None, resource.kind) and one.name in (None, resource.name))
        return next((one.path for one in found), None)

    def definitions(self, resource: Resource, *groups: str) -> tuple[CustomDefinition, ...]:
        """Return the definitions of custom kinds of some API groups that may be those of the cluster of a resource.

        They are of its project: those of its own cluster where there are any, else those of no cluster in particular.
        """
        project = self._inference.place(resource.path).project
        found = [one for one in self._beside.definitions if one.group in groups and self._inference.place(one.path).project == project]
        cluster = self.scope(resource).cluster if found else ""
        here = [one for one in found if self._inference.cluster_of_path(one.path) == cluster]
        return tuple(here or (one for one in found if not self._inference.is_divided(one.path)))

    def why_spared(self, path: str) -> str | None:
        """Return in one word why a file is not linted as a deployment: `aside`, `fixture`, `lesson`, `sample`; None for all others."""
        return self._inference.why_spared(path)

    def is_shown_to_work(self, path: str) -> bool:
        """Tell whether a file is one of a collection of examples, all of which are to work."""
        return self._inference.is_shown_to_work(path)

    def is_at_home(self, resource: Resource) -> bool:
        """Tell whether the repository around says that it is what someone runs at home."""
        return self._inference.is_at_home(resource.path)

    def is_sent_to_own_cluster(self, resource: Resource) -> bool:
        """Tell whether an object among the manifests deploys this one, and to the cluster that its deployer runs in itself."""
        deployment = self._inference.place(resource.path).deployment
        return deployment is not None and deployment.is_own_cluster and bool(deployment.deployer)

    def why_object_is_spared(self, resource: Resource) -> str | None:
        """Return in one word why an object is not: one of a live cluster (`dump`), one to fill in (`sample`); None for all others.

        What nobody is known to deploy is one of the defaults of a chart (`defaults`).
        """
        if is_live(resource):
            return "dump"
        deployment = self._inference.place(resource.path).deployment
        if deployment is not None and deployment.stands_alone:
            return "defaults"
        return "sample" if self._inference.is_to_fill_in(resource) else None

    def may_be_of_release(self, namespace: str | None, resource: Resource) -> bool:
        """Tell whether a namespace is that of a release because no other is known: nobody is seen to deploy the chart of an object."""
        return namespace == "default" and self.why_object_is_spared(resource) == "defaults"

    def is_complete(self, cluster: str) -> bool:
        """Tell whether a claim of absence about this cluster rests on everything there is."""
        return self.why_incomplete(cluster) is None

    @cached_property
    def _pairs(self) -> dict[int, Answer[Resource]]:
        if self.base_part is None:
            return {}
        from k8slblint.graph.revisions import pair_revisions  # only runs that compare need it

        return pair_revisions(self, self.base_part, self._renamed_clusters)

    @cached_property
    def _renamed_clusters(self) -> dict[str, str]:
        if self.base_part is None:
            return {}
        from k8slblint.graph.revisions import renamed_clusters

        return renamed_clusters(self, self.base_part)

    @cached_property
    def clusters_of_files(self) -> frozenset[str]:
        """The clusters that have files or units, also without an object that was read."""
        return frozenset(map(self._inference.cluster_of_path, self._places))

    def cluster_now(self, cluster: str) -> str:
        """Return the name that a cluster of the base has now."""
        return next((new for new, old in self._renamed_clusters.items() if old == cluster), cluster)

    def counterpart(self, resource: Resource) -> Answer[Resource]:
        """Return the same resource in the base, found by identity even when its file moved.

        `Absent` means that the resource is new; `Unknown` that there is no revision to compare with or that several match.
        """
        if self.base_part is None:
            return Unknown("there is no revision to compare with")
        if not self.is_changed(resource):
            return Found(resource)
        return self._pairs.get(id(resource)) or self._unless_unread(self.base_part, self.place_key(resource))

    @cached_property
    def base(self) -> "ResourceGraph | None":
        """The whole base, for questions about a resource and its neighbours: what changed as it was, the rest as it is."""
        if self.base_part is None or self._changed_paths is None:
            return self.base_part
        same = [resource for resource in self.resources if not self.is_changed(resource)]
        places = {**self._places, **self.base_part._places}  # noqa: SLF001 - of its own kind
        beside = Beside(hosts=self._hosts_before, opened=self._opened_before, definitions=self._definitions_before())
        return ResourceGraph(
            (*same, *self.base_part.resources), places=places, settings=self._settings, gaps=self.base_part.gaps, beside=beside
        )

    def _hosts_before(self) -> Sequence[HostFile]:
        same = (one for one in self.host_files if not self.may_differ(one.path))
        return (*same, *(self.base_part.host_files if self.base_part is not None else ()))

    def _opened_before(self, kind: str, names: frozenset[str]) -> Sequence[Resource]:
        same = (one for one in self.opened(kind, names) if not self.is_changed(one))
        return (*same, *(self.base_part.opened(kind, names) if self.base_part is not None else ()))

    def _definitions_before(self) -> tuple[CustomDefinition, ...]:
        same = (one for one in self._beside.definitions if not self.may_differ(one.path))
        return (*same, *(self.base_part._beside.definitions if self.base_part is not None else ()))  # noqa: SLF001 - of its own kind

    @cached_property
    def removed(self) -> tuple[Resource, ...]:
        """The resources of the revision before that are gone from their cluster and environment, in reading order.

        One whose file cannot be read now is not among them, nor one that moved; a part that was missing before for the same reason, a chart
        of the network for example, did not hold it.
        """
        if self.base_part is None:
            return ()
        from k8slblint.graph.revisions import removed

        return removed(self, self.base_part, {id(answer.value) for answer in self._pairs.values() if isinstance(answer, Found)})

    def _unless_unread(self, previous: "ResourceGraph", key: str) -> Absent | Unknown:
        """Say that a resource is new, unless its file in the revision before could not be read."""
        unread = next((gap for gap in previous.gaps if previous.key_of(gap.path) == key and not gap.is_of_deployer), None)
        return Unknown(f"'{unread.path}' of the earlier revision could not be read: {unread.reason}") if unread else Absent()

    def is_changed(self, resource: Resource) -> bool:
        """Tell whether the file of a resource may differ from the revision before."""
        return self.may_differ(resource.path)

    def may_differ(self, path: str) -> bool:
        """Tell whether a file may differ from the revision before."""
        return self._changed_paths is None or path in self._changed_paths


def _refuse_undeclared(*type_names: str) -> None:
    """Raise for a kind that no run loads: the answer "there is none" would be wrong in every run but in a test that loads it by hand."""
    undeclared = [name for name in type_names if name not in declared()]
    if undeclared:
        msg = f"the graph is asked for {', '.join(undeclared)}, which graph/reads.py does not declare"
        raise UndeclaredKindError(msg)


def _in_order(groups: Iterable[Sequence[Resource]]) -> Sequence[Resource]:
    filled = [group for group in groups if group]
    if len(filled) == 1:
        return filled[0]
    return sorted((resource for group in filled for resource in group), key=lambda resource: resource.order)
