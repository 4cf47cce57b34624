"""How sources become a graph: which kinds are loaded, what is rendered, where each file is, in two revisions."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial

from k8slblint import documents
from k8slblint.budget import Budget
from k8slblint.config import Config, full_path
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import KindsInUse
from k8slblint.loading.chart_outputs import chart_outputs
from k8slblint.loading.folders import read_file
from k8slblint.loading.lessons import lesson_folders
from k8slblint.loading.resources import load
from k8slblint.model.loaded import Beside, Gap, Loaded, SourceFile
from k8slblint.model.places import FilePlace
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.rendering.tree import SourceTree
from k8slblint.rendering.worth import GITOPS_KINDS, is_worth_rendering


class Sources(NamedTuple):
    """What to lint: the files now, and, to compare with, the files before.

    `changed_paths` names the only files that differ (a git revision); None means that any may (a folder).
    `gaps` are what listing the files had to leave out, `kustomizations` those above the files, which tell what is a patch, and `hosts`
    files that are no manifests and may set up the machines of a cluster.
    `trees` hold the files for renderers, `trees_before` those of the revision before; without them nothing is rendered.
    `changed_in_trees` are the real paths of all files that differ, of any kind; None means that any may.
    `budget` is that of the run, None for one of its own.
    """

    files: Sequence[SourceFile]
    before: Sequence[SourceFile] | None = None
    changed_paths: frozenset[str] | None = None
    against: str | None = None
    gaps: tuple[Gap, ...] = ()
    kustomizations: Sequence[SourceFile] = ()
    hosts: Sequence[SourceFile] = ()
    trees: Sequence[SourceTree] = ()
    trees_before: Sequence[SourceTree] = ()
    changed_in_trees: frozenset[str] | None = None
    budget: Budget | None = None


class Manifests(NamedTuple):
    """What was read: the graph of all resources, and what else loading tells; `against` names the revision before, if there is one.

    `before` is what was read of that revision, and `changed_paths` names the files and units that differ from it, None where any may.
    `text_before` answers what any file of its trees held then, by its path as reported; None where there was none, or there are no trees.
    `sandbox` says how renderers were confined so far: findings are placed by rendering again. None where none was started.
    `not_kept` says why what they made is not kept for later runs, `""` where it is, or is not meant to be.
    `budget` is what is left for the rest of the run.
    """

    graph: ResourceGraph
    loaded: Loaded
    budget: Budget
    against: str | None = None
    sandbox: Callable[[], str | None] = lambda: None
    before: Loaded | None = None
    changed_paths: frozenset[str] | None = None
    text_before: Callable[[str], str | None] = lambda _: None
    not_kept: Callable[[], str] = lambda: ""


@contextmanager
def read(
    sources: Sources, config: Config, kinds: Iterable[str], *, are_validated: bool, with_all_values: bool = False
) -> Iterator[Manifests]:
    """Load the kinds that the graph reads, and `kinds`, render what is to be, and yield what came of it.

    `are_validated` keeps of all resources what the schemas of the Kubernetes releases in question say. Places of rendered values can be
    asked for until the context ends: renderers live until then. `with_all_values` also reads Helm values of which no rule wants to know:
    ports and hosts alone.
    """
    wanted = _read(sources, config, kinds, are_validated=are_validated, with_all_values=with_all_values)
    with _remembering(sources, config), wanted as manifests:
        yield manifests


FEWEST_REMEMBERED = 4
"""Files of a tree whose documents are remembered between runs; fewer are read as fast."""


def _remembering(sources: Sources, config: Config) -> AbstractContextManager[None]:
    if config.rendering.cache is None or not sources.trees or len(sources.files) < FEWEST_REMEMBERED:
        return nullcontext()
    from k8slblint.rendering.remembering import remembering  # a small tree does without

    return remembering(config.rendering.cache, [tree.top for tree in sources.trees])


@contextmanager
def _read(sources: Sources, config: Config, kinds: Iterable[str], *, are_validated: bool, with_all_values: bool) -> Iterator[Manifests]:
    wanted = KindsInUse(*kinds, *(GITOPS_KINDS if sources.trees else ()))
    is_worth = bool(sources.trees) and is_worth_rendering((*sources.files, *(sources.before or ())))
    sources = _held(sources) if is_worth else sources
    versions = _versions(config) if are_validated else ()
    budget = sources.budget or Budget()
    loaded = load(
        sources.files,
        wanted=wanted,
        kustomizations=sources.kustomizations,
        hosts=sources.hosts,
        versions=versions,
        are_compared=with_all_values or sources.before is not None,
        budget=budget,
    )
    if not sources.trees or not (is_worth or _deploys_others(loaded)):
        before = (
            None if sources.before is None else load(sources.before, wanted=wanted, versions=versions, are_compared=True, budget=budget)
        )
        if not sources.trees or before is None or not _deploys_others(before):  # else the last that deploys something is gone
            graph = _graphs(loaded, sources, config, before, budget)
            yield Manifests(graph, loaded, budget, sources.against, before=before, changed_paths=sources.changed_paths)
            return
    from k8slblint.rendered import render_into  # a tree without charts and overlays does without
    from k8slblint.rendering.deploying import Kinds

    in_use = Kinds(wanted, wanted.aside, tuple(versions), with_variants=are_validated and config.rendering.variants)
    with render_into(loaded, sources, config, in_use, budget) as rendered:
        sources = sources._replace(changed_paths=rendered.changed_paths, gaps=rendered.gaps)
        graph = _graphs(loaded, sources, config, rendered.before, budget)
        yield Manifests(
            graph,
            loaded,
            budget,
            sources.against,
            rendered.sandbox,
            rendered.before,
            rendered.changed_paths,
            partial(_text_before, sources),
            rendered.not_kept,
        )


def _held(sources: Sources) -> Sources:
    """Return the sources with files that are read from the disk once: by renderers they are, too, and several readers ask for most."""
    files, hosts, above = (
        [_held_file(file, sources.trees) for file in some] for some in (sources.files, sources.hosts, sources.kustomizations)
    )
    before = None if sources.before is None else [_held_file(file, sources.trees) for file in sources.before]
    return sources._replace(files=files, before=before, hosts=hosts, kustomizations=above)


def _held_file(file: SourceFile, trees: Sequence[SourceTree]) -> SourceFile:
    read = file.read
    if not isinstance(read, partial) or read.func is not read_file or read.args != (file.real,) or read.keywords:
        return file  # what a revision holds, or a stream
    tree = next((tree for tree in trees if tree.relative(file.real) is not None), None)
    return file if tree is None else file._replace(read=partial(tree.seen.read, file.real))


def _text_before(sources: Sources, path: str) -> str | None:
    """Return what a file held in the revision before, by its path as reported."""
    real = os.path.realpath(path)
    for tree, old in zip(sources.trees, sources.trees_before, strict=False):
        relative = tree.relative(real)
        if relative is not None:
            try:
                return documents.decode(old.read(relative))
            except (OSError, documents.UndecodableText):
                return None
    return None


def _deploys_others(loaded: Loaded) -> bool:
    """Tell whether objects of Argo CD or Flux are among resources: files, or what is elsewhere, may be all that they deploy."""
    return any(one.type_name in GITOPS_KINDS for one in loaded.resources)


def _versions(config: Config) -> tuple[str | None, ...]:
    """Return the Kubernetes releases that resources may be meant for; None stands for the unknown one."""
    settings = config.scopes
    if settings.kubernetes_version:
        return (settings.kubernetes_version,)
    stated = {cluster.kubernetes_version for cluster in settings.clusters}
    return (settings.defaults.kubernetes_version, *sorted(version for version in stated if version))


def _graphs(loaded: Loaded, sources: Sources, config: Config, before: Loaded | None, budget: Budget) -> ResourceGraph:
    previous = None
    by_path = sources.changed_paths is not None
    home = None if by_path else next((file.above for file in loaded.files.values() if file.real and not file.deployment), None)
    if before is not None:
        places = _places(before, before.gaps, config, by_path=by_path, is_compared=True, home=home)
        beside = _beside(before, budget)
        previous = ResourceGraph(before.resources, places=places, settings=config.scopes, gaps=before.gaps, beside=beside)
    gaps = (*sources.gaps, *loaded.gaps)
    return ResourceGraph(
        loaded.resources,
        places=_places(loaded, gaps, config, by_path=by_path, is_compared=before is not None, hosts=sources.hosts),
        settings=config.scopes,
        gaps=gaps,
        base_part=previous,
        changed_paths=sources.changed_paths,
        beside=_beside(loaded, budget),
    )


def _beside(loaded: Loaded, budget: Budget) -> Beside:
    """Return what files say besides objects, with the definitions among what was rendered."""
    opened, installed = partial(_opened, loaded, budget), partial(_installed, loaded)
    return loaded.beside._replace(opened=opened, installed=installed, definitions=tuple(loaded.definitions))


def _opened(loaded: Loaded, budget: Budget, kind: str, names: frozenset[str]) -> Sequence[Resource]:
    from k8slblint.loading.opening import open_named  # few trees refer to such objects

    return open_named(loaded, budget, kind, names)


def _installed(loaded: Loaded) -> frozenset[str]:
    from k8slblint.loading.scripts import installed_releases  # few trees name a Service that is missing

    found = (file for file in loaded.files.values() if not file.named and file.path.endswith(file.scope_path or file.path))
    return installed_releases({file.path.removesuffix(file.scope_path or file.path) or "." for file in found})


def _places(
    loaded: Loaded,
    gaps: Sequence[Gap],
    config: Config,
    *,
    by_path: bool,
    is_compared: bool,
    home: str | None = None,
    hosts: Sequence[SourceFile] = (),
) -> dict[str, FilePlace]:
    """Return where each file stands, and each gap that is no file; `by_path` names them by path in both revisions.

    `home` names the folder of now from the root of the repository, where the files of another folder are compared with it.
    """
    here = os.path.realpath(".") if config.scopes.clusters or is_compared else None
    files = (*loaded.files.values(), *hosts)
    places = {file.path: _place(file, here, by_path=by_path, home=home) for file in files}
    if lessons := lesson_folders(loaded.files.values()):
        places = {path: place._replace(lesson=_folder_among(lessons, place.below)) for path, place in places.items()}
    if any(not file.named for file in loaded.files.values()):
        places |= _set_apart(places, loaded)
    roots = {path.removesuffix(place.below): place for path, place in places.items()}
    shown = sorted(roots, key=len, reverse=True)
    for gap in gaps:
        if gap.path not in places:
            root = next((root for root in shown if gap.path.startswith(root)), "")
            below = gap.path.removeprefix(root)
            above, at_home = (roots[root].above, roots[root].home) if root in roots else ("", None)
            full = full_path(gap.path, here) if here else ""
            places[gap.path] = FilePlace(gap.path if by_path else below, below, above=above, full=full, home=at_home)
    return places


def _set_apart(places: dict[str, FilePlace], loaded: Loaded) -> dict[str, FilePlace]:
    """Return the places of files that what stands around them shows to be no deployments, as such."""
    from k8slblint.loading.releases import past_releases  # a file that was named is read for itself
    from k8slblint.loading.superseded import superseded_files
    from k8slblint.loading.titles import is_collection_of_samples, is_of_a_home
    from k8slblint.loading.twins import tested_files

    tops = {path: path.removesuffix(place.below) for path, place in places.items() if _is_below_top(loaded, path, place)}
    if len(only := frozenset(tops.values())) == 1:  # the path of a unit may end with a label, and its place is that of its deployer
        units = (path for path in places if path in loaded.files and loaded.files[path].deployment is not None)
        tops |= dict.fromkeys(units, next(iter(only)))
    seen = {top: (is_collection_of_samples(top or "."), is_of_a_home(top or ".")) for top in frozenset(tops.values())}
    found = {path: places[path]._replace(is_shown=seen[top][0], is_at_home=seen[top][1]) for path, top in tops.items() if any(seen[top])}
    files = [*loaded.files.values()]
    for path in chart_outputs(files) | past_releases(files) | superseded_files(files):
        found[path] = found.get(path, places[path])._replace(is_output=True)
    for path in tested_files(files):
        found[path] = found.get(path, places[path])._replace(is_tested=True)
    return found


def _is_below_top(loaded: Loaded, path: str, place: FilePlace) -> bool:
    """Tell whether a file was found below the top of a repository, or of a tree in none, by whatever path that was named."""
    file = loaded.files.get(path)
    return file is not None and not file.named and not file.above and path.endswith(place.below)


def _folder_among(folders: frozenset[str], path: str) -> str:
    """Return the deepest of several folders that a path is in, or `""`."""
    while path:
        path = path.rpartition("/")[0]
        if path in folders:
            return path
    return ""


def _place(file: SourceFile, here: str | None, *, by_path: bool, home: str | None) -> FilePlace:
    below = file.scope_path or file.path
    is_walked = file.path.endswith(below) and not file.path.startswith(("/", "../"))
    above = file.above or (file.path.removesuffix(below) if is_walked else "")
    project = f"{above if home is None else home}{file.project}" if file.project else file.outer_project
    if home is not None and f"{project}/" == file.above:
        project = home.rstrip("/")  # the folder that is compared with, a project of its own too
    full = full_path(file.path, here) if here else ""
    return FilePlace(file.path if by_path else _key(file, below), below, project, above, full, file.deployment, home, file.is_elsewhere)


def _key(file: SourceFile, below: str) -> str:
    """Return what names a file, or a unit by its label too, in two folders that are compared."""
    _, bracket, label = file.path.partition(" [") if file.deployment else ("", "", "")
    return below + bracket + label
