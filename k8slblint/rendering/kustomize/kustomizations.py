"""Reads kustomizations without running anything: what they name, what they include, which charts they inflate.

Sources: kustomize 5.8, `api/internal/target/kusttarget.go` (what each field is read as), `api/types/helmchartargs.go` and
`api/internal/builtins/HelmChartInflationGenerator.go` (where a chart is), `api/internal/git/repospec.go` (what is remote).
"""

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from k8slblint import documents
from k8slblint.loading.folders import KUSTOMIZATION_NAMES
from k8slblint.model.location import Path
from k8slblint.model.node import Node, key_span
from k8slblint.rendering.kustomize.fields import Reference, canonical_kustomization
from k8slblint.rendering.shelf import WantedChart
from k8slblint.rendering.tree import SourceTree
from k8slblint.rendering.units import RenderFailure


class Chart(NamedTuple):
    """A Helm chart that a kustomization inflates: the folder in which kustomize looks for it, and the repository to fetch it from, or `""`.

    `fills_in` tells that the values of the entry only count where the chart has none of its own, `loads_defaults` that kustomize itself
    reads the chart's `values.yaml`, since the entry names no file of values.
    """

    at: Path
    name: str
    folder: str | None
    repository: str = ""
    version: str = ""
    fills_in: bool = False
    loads_defaults: bool = False

    def place(self, tree: SourceTree) -> str:
        """Return the path of the chart: its folder, or that of an archive beside the tree; `""` where it is not at hand."""
        if self.folder is None:
            return ""
        if tree.is_file(f"{self.folder}/Chart.yaml"):
            return self.folder
        wanted = WantedChart(self.repository, self.name, self.version) if self.repository and not self.fills_in else None
        return tree.beside(wanted) if wanted is not None else ""

    def is_elsewhere(self, tree: SourceTree) -> bool:
        """Tell whether it would be fetched."""
        return bool(self.repository) and not self.place(tree)


_EMPTY = "the kustomization is empty"
_BASES_OF_BUNDLES = (".clusterserviceversion.yaml", ".clusterserviceversion.yml")


class Kustomization(NamedTuple):
    """A kustomization file that was read.

    `file` and `folder` are paths of the tree, `root` is its document; `kind` is `Kustomization` or `Component`.
    `canonical` is what kustomize is given in its place. `includes` are the paths of the tree that it names as resources, components or
    plug-ins, whether they exist or not. `problem` is the reason why it is not built.
    """

    file: str
    folder: str
    root: Node
    kind: str = "Kustomization"
    references: tuple[Reference, ...] = ()
    includes: tuple[str, ...] = ()
    charts: tuple[Chart, ...] = ()
    problem: RenderFailure | None = None
    canonical: Mapping[str, Any] = {}

    @property
    def is_bundle_input(self) -> bool:
        """Tell whether `operator-sdk generate bundle` reads what it prints, and no cluster: it names the base of a ClusterServiceVersion.

        Source: operator-sdk 1.41, internal/generate/clusterserviceversion/bases (`config/manifests/bases/NAME.clusterserviceversion.yaml`)
        and the Makefile that it writes; samples become examples in an annotation there (`alm-examples`). Where the base is left out,
        the folder tells, which has what is deployed beside it.
        """
        above, name = posixpath.split(self.folder)
        is_in_place = name == "manifests" and posixpath.basename(above) == "config" and f"{above}/default" in self.includes
        return is_in_place or any(one.use == "resource" and one.text.endswith(_BASES_OF_BUNDLES) for one in self.references)

    @property
    def is_of_flux(self) -> bool:
        """Tell whether the file holds an object of Flux, which deploys a folder and lists nothing: kustomize refuses it."""
        version = self.root.value.get("apiVersion") if isinstance(self.root.value, dict) else None
        return isinstance(version, str) and version.startswith(_OF_FLUX)

    @property
    def is_blank(self) -> bool:
        """Tell whether there is nothing in the file."""
        return not self.root.value and self.problem is not None and self.problem.reason == _EMPTY


_OF_FLUX = "kustomize.toolkit.fluxcd.io/"


def find_kustomizations(tree: SourceTree, paths: Iterable[str]) -> dict[str, Kustomization]:
    """Read the kustomization files among `paths` and return them by folder."""
    folders = dict.fromkeys(posixpath.dirname(path) for path in paths if posixpath.basename(path) in KUSTOMIZATION_NAMES)
    found = {folder: read_kustomization(tree, folder) for folder in folders}
    return {folder: kustomization for folder, kustomization in found.items() if kustomization}


def read_kustomization(tree: SourceTree, folder: str) -> Kustomization | None:
    """Read the kustomization of a folder; None where there is none."""
    files = list(_files(tree, folder))
    if not files:
        return None
    read = _read(tree, files[0], folder)
    if len(files) > 1:
        return read._replace(problem=RenderFailure("template", f"the folder has several kustomizations: {', '.join(files)}", files[0]))
    return read


def kustomization_file(tree: SourceTree, folder: str) -> str | None:
    """Return the path of the kustomization of a folder, or None."""
    return next(iter(_files(tree, folder)), None)


def _files(tree: SourceTree, folder: str) -> Iterator[str]:
    return (path for name in sorted(KUSTOMIZATION_NAMES) if tree.is_file(path := posixpath.join(folder, name)))


def render_roots(read: Mapping[str, Kustomization]) -> list[str]:
    """Return the folders that no other kustomization includes, in order; components are parts of others and no roots.

    What a bundle for the Operator Lifecycle Manager is made of is none, nor what is only laid over something for that bundle, nor an object
    of Flux in a file of that name.

    Of kustomizations that include one another in a circle the first one stands for all, so that its failure is told.
    """
    found = _without_bundles({folder: one for folder, one in read.items() if not one.is_of_flux})
    included = {folder for one in found.values() for folder in one.includes if folder in found and folder != one.folder}
    roots = [folder for folder, one in found.items() if folder not in included and one.kind != "Component"]
    reached = reached_folders(found, [folder for folder in found if folder not in included])
    for folder, one in found.items():
        if folder not in reached and one.kind != "Component":
            roots.append(folder)
            reached |= reached_folders(found, [folder])
    return sorted(roots)


def _without_bundles(read: Mapping[str, Kustomization]) -> Mapping[str, Kustomization]:
    """Return the kustomizations without those of which bundles are made, and without those that only these include and are called so."""
    inputs = {folder for folder, one in read.items() if one.is_bundle_input}
    if not inputs:
        return read
    elsewhere = {path for folder, one in read.items() if folder not in inputs for path in one.includes}
    named = {path for folder in inputs for path in read[folder].includes if _IS_FOR_BUNDLES.search(posixpath.basename(path))}
    return {folder: one for folder, one in read.items() if folder not in inputs | (named - elsewhere)}


_IS_FOR_BUNDLES = re.compile(r"(?:^|[-_.])(?:olm|bundle)(?:[-_.]|$)")


def reached_folders(found: Mapping[str, Kustomization], start: list[str]) -> set[str]:
    """Return the folders that some folders include, themselves among them."""
    reached: set[str] = set()
    waiting = list(start)
    while waiting:
        folder = waiting.pop()
        if folder in found and folder not in reached:
            reached.add(folder)
            waiting.extend(found[folder].includes)
    return reached


def _read(tree: SourceTree, file: str, folder: str) -> Kustomization:
    try:
        return tree.made(_kustomization, file, file, folder)
    except OSError:
        failure = RenderFailure("missing", "the kustomization cannot be read", file)
        return Kustomization(file, folder, Node({}, 1, 1, 1, 1), problem=failure)


def _kustomization(data: bytes, file: str, folder: str) -> Kustomization:
    nothing = Node({}, 1, 1, 1, 1)
    try:
        chunks = documents.split(documents.decode(data))
        root = documents.parse(chunks[0]).root if chunks else nothing
    except (documents.UndecodableText, documents.BrokenDocument) as error:
        return Kustomization(file, folder, nothing, problem=RenderFailure("template", error.problem.message, file, error.problem.line))
    if not isinstance(root.value, dict):
        return Kustomization(
            file, folder, nothing, problem=RenderFailure("template", "the kustomization is not a mapping", file, root.line)
        )
    canonical, references, wrong = canonical_kustomization(root.value)
    problem: RenderFailure | None = None
    if all(content is None for name, content in root.value.items() if name not in ("apiVersion", "kind")):
        problem = RenderFailure("empty", _EMPTY, file)
    elif wrong:
        problem = RenderFailure("template", wrong.reason, file, key_span(root, wrong.at).line)
    named = [resolve(folder, one.text) for one in references if one.use in ("resource", "component", "plugin") and not is_remote(one.text)]
    kind = "Component" if root.value.get("kind") == "Component" else "Kustomization"
    includes = tuple(dict.fromkeys(path for path in named if path is not None))
    charts = tuple(_charts(canonical, folder))
    return Kustomization(file, folder, root, kind, references, includes, charts, problem, _without_repositories(canonical))


def _charts(canonical: Mapping[str, Any], folder: str) -> Iterator[Chart]:
    """Yield the charts of a kustomization; of the older form the last home that is stated holds for all, where there are no globals."""
    settings = canonical.get("helmGlobals")
    older = _mappings(canonical.get("helmChartInflationGenerator"))
    if isinstance(settings, dict):
        home = settings.get("chartHome")
    else:
        home = next((one["chartHome"] for one in reversed(older) if one.get("chartHome")), None)
    for field, entries in (("helmCharts", _mappings(canonical.get("helmCharts"))), ("helmChartInflationGenerator", older)):
        for index, entry in enumerate(entries):
            yield chart_of(entry, (field, index), folder, home)


_OWN_KEYS = ("name", "repo", "version")
_OLDER_KEYS = ("chartName", "chartRepoUrl", "chartVersion")

_ELSEWHERE = "oci://elsewhere.invalid"
"""Stands in place of a repository: whether there is one decides the folder of a chart, and nothing is ever fetched."""


def chart_of(entry: Mapping[str, Any], at: Path, folder: str, home: Any) -> Chart:
    """Return a chart; its folder is `HOME/NAME`, or `HOME/NAME-VERSION/NAME` where it has a repository and a version."""
    name, repository, version = (entry.get(key) for key in (_OLDER_KEYS if "chartName" in entry else _OWN_KEYS))
    name, version = (one if isinstance(one, str) else "" for one in (name, version))
    within = f"{name}-{version}/{name}" if repository and version else name
    path = resolve(folder, posixpath.join(home if isinstance(home, str) and home else "charts", within)) if name else None
    address = repository if isinstance(repository, str) else _ELSEWHERE if repository else ""
    fills_in = entry.get("valuesMerge") == "merge" and not entry.get("valuesFile")
    named = entry.get("values" if "chartName" in entry else "valuesFile")
    return Chart(at, name, path, address, version, fills_in, loads_defaults=not named)


def without_repository(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return the entry of a chart as kustomize is given it: nothing in it leads to a repository."""
    kept = dict(entry)
    for _, repository, version in (_OWN_KEYS, _OLDER_KEYS):
        if kept.pop(repository, None) and kept.get(version):
            kept[repository] = _ELSEWHERE
    return kept


def _without_repositories(canonical: Mapping[str, Any]) -> dict[str, Any]:
    fields = ("helmCharts", "helmChartInflationGenerator")
    return {**canonical, **{field: list(map(without_repository, _mappings(canonical[field]))) for field in fields if field in canonical}}


def _mappings(value: Any) -> list[dict[str, Any]]:
    return [one for one in _list(value) if isinstance(one, dict)]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def resolve(folder: str, text: str) -> str | None:
    """Return the path of the tree that a text in a kustomization of `folder` names, or None where it leads out of the top."""
    if text.startswith("/") or "\n" in text or "\0" in text:
        return None
    path = posixpath.normpath(posixpath.join(folder, text))
    if path == ".":
        return ""
    return None if path == ".." or path.startswith("../") else path


_SCHEME = re.compile(r"(?i:(ssh|https?|file)://)")
_USER = re.compile(r"[a-zA-Z][a-zA-Z0-9-]*@")
_HOST_AND_REPOSITORY = re.compile(r"[^/:]+[/:].*?(?:_git/|//|\.git|[^/]/[^/])", re.DOTALL)


def is_inline(text: str) -> bool:
    """Tell whether an entry that may name a patch or a plug-in is that itself."""
    return "\n" in text.strip() or ": " in text or text.lstrip().startswith(("{", "["))


def is_remote(text: str) -> bool:
    """Tell whether kustomize takes a text for a URL of a file or for a repository of git: `repospec.go`, `IsRemoteFile`."""
    if text.startswith("/") or "\n" in text:
        return False
    rest = text.partition("?")[0]
    rest = rest[5:] if rest[:5].lower() == "git::" else rest
    scheme = _SCHEME.match(rest)
    if scheme:
        return scheme[1].lower() != "ssh" or _has_repository(rest[scheme.end() :])
    user = _USER.match(rest)
    rest = rest[user.end() :] if user else rest
    return bool(user or rest.lower().startswith(("github.com/", "github.com:"))) and _has_repository(rest)


def _has_repository(rest: str) -> bool:
    return _HOST_AND_REPOSITORY.match(rest) is not None
