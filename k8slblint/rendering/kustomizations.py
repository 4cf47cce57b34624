"""Knows what kustomizations say, without running anything: what they read, what they include, and which of them are deployed.

Sources: kustomize 5.8, `api/types/kustomization.go` (fields), `api/internal/target/kusttarget.go` (what each is read as),
`api/internal/loader/fileloader.go` (which files may be read), `api/internal/git/repospec.go` (what is remote).
"""

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal, NamedTuple, TypeAlias

from k8slblint import documents
from k8slblint.loading.folders import KUSTOMIZATION_NAMES
from k8slblint.model.location import Path
from k8slblint.model.node import Node, key_span, smallest_span
from k8slblint.rendering.tree import SourceTree
from k8slblint.rendering.units import FailureKind, RenderFailure

Use: TypeAlias = Literal["resource", "component", "plugin", "patch", "data", "file"]
"""How an entry is read: a file, a folder or a URL (`resource`); a folder or a URL (`component`); the same or the text itself, as the
configuration of a generator, transformer or validator (`plugin`); a file or the text itself (`patch`); a file of any kind of a
generator (`data`); any other file (`file`)."""

MOST_FOLDERS = 1_000
MOST_DEPTH = 50
"""Folders of one closure, and how deep they may include one another; public repositories stay below 60 and 8."""


class Reference(NamedTuple):
    """One entry that names something: its path in the file, its text, and how it is read."""

    at: Path
    text: str
    use: Use


class Chart(NamedTuple):
    """A Helm chart that a kustomization inflates: its folder from the top of the tree, and whether it has a repository to come from."""

    at: Path
    name: str
    folder: str | None
    has_repository: bool


class Kustomization(NamedTuple):
    """A kustomization file that was read.

    `file` and `folder` are paths of the tree, `root` is its document; `kind` is `Kustomization` or `Component`.
    `includes` are the paths of the tree that it names as resources, components or plug-ins, whether they exist or not.
    `problem` tells why kustomize would refuse the file itself.
    """

    file: str
    folder: str
    root: Node
    kind: str = "Kustomization"
    references: tuple[Reference, ...] = ()
    includes: tuple[str, ...] = ()
    charts: tuple[Chart, ...] = ()
    problem: RenderFailure | None = None


class Unresolved(NamedTuple):
    """An entry that is not in the tree: its text, and where it stands."""

    text: str
    file: str
    line: int


class Closure(NamedTuple):
    """All that a kustomization reads.

    `folders` are those of all kustomizations, `files` all files that are read, kustomizations included; `manifests` those among them that
    are resources, as often as they are listed. `failure` is the first thing that keeps kustomize from building it, or None.
    `charts` are the folders of its Helm charts; `has_plugins` tells that generators, transformers or validators are configured.
    """

    tree: SourceTree
    kustomizations: tuple[Kustomization, ...] = ()
    folders: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    manifests: tuple[str, ...] = ()
    missing: tuple[Unresolved, ...] = ()
    remote: tuple[Unresolved, ...] = ()
    failure: RenderFailure | None = None
    has_charts: bool = False
    charts: tuple[str, ...] = ()
    has_plugins: bool = False


def find_kustomizations(tree: SourceTree, paths: Iterable[str]) -> dict[str, Kustomization]:
    """Read the kustomization files among `paths` and return them by folder."""
    folders = dict.fromkeys(posixpath.dirname(path) for path in paths if posixpath.basename(path) in KUSTOMIZATION_NAMES)
    found = {folder: read_kustomization(tree, folder) for folder in folders}
    return {folder: kustomization for folder, kustomization in found.items() if kustomization}


def read_kustomization(tree: SourceTree, folder: str) -> Kustomization | None:
    """Read the kustomization of a folder; None where there is none."""
    files = [path for name in sorted(KUSTOMIZATION_NAMES) if tree.is_file(path := posixpath.join(folder, name))]
    if not files:
        return None
    read = _read(tree, files[0], folder)
    if len(files) > 1:
        return read._replace(problem=RenderFailure("template", f"the folder has several kustomizations: {', '.join(files)}", files[0]))
    return read


def render_roots(found: Mapping[str, Kustomization]) -> list[str]:
    """Return the folders that no other kustomization includes, in order; components are parts of others and no roots.

    Of kustomizations that include one another in a circle the first one stands for all, so that its failure is told.
    """
    included = {folder for one in found.values() for folder in one.includes if folder in found and folder != one.folder}
    roots = [folder for folder, one in found.items() if folder not in included and one.kind != "Component"]
    reached = _reached(found, [folder for folder in found if folder not in included])
    for folder, one in found.items():
        if folder not in reached and one.kind != "Component":
            roots.append(folder)
            reached |= _reached(found, [folder])
    return sorted(roots)


def _reached(found: Mapping[str, Kustomization], start: list[str]) -> set[str]:
    reached: set[str] = set()
    waiting = list(start)
    while waiting:
        folder = waiting.pop()
        if folder in found and folder not in reached:
            reached.add(folder)
            waiting.extend(found[folder].includes)
    return reached


def closure(tree: SourceTree, folder: str, found: Mapping[str, Kustomization] | None = None, *, is_unrestricted: bool = False) -> Closure:
    """Return all that the kustomization of a folder reads; `found` are kustomizations of this very tree that were read already.

    `is_unrestricted` lets kustomizations read files of the tree that lie outside of their own folders.
    """
    walk = _Walk(tree, found or {}, is_unrestricted=is_unrestricted)
    walk.enter(folder, None, is_component=None, as_plugin=False)
    return walk.finish()


_NO_EFFECT = frozenset(
    {
        "apiVersion",
        "kind",
        "metadata",
        "resources",
        "bases",
        "sortOptions",
        "generatorOptions",
        "openapi",
        "crds",
        "configurations",
        "helmGlobals",
        "configMapGenerator",
        "secretGenerator",
    }
)
"""Fields that change no listed object by themselves. Generators only add ConfigMaps and Secrets, which no rule reads, and the hash
in their names changes only references of workloads to them; `crds` and `configurations` only tell what others work on."""


_KINDS = (None, "", "Kustomization")
_VERSIONS = (None, "", "kustomize.config.k8s.io/v1beta1")


def plain_files(closure: Closure) -> tuple[str, ...] | None:
    """Return the files that are deployed as they are, where all that a root includes only lists them; else None.

    None also where kustomize would refuse them or leave an object out: an identity that is there twice, `local-config`.
    """
    if closure.failure or not all(_is_plain(one) for one in closure.kustomizations):
        return None
    if len(set(closure.manifests)) < len(closure.manifests) or not _are_deployable(closure):
        return None
    return closure.manifests


def _is_plain(one: Kustomization) -> bool:
    value = one.root.value
    fields = {name for name, content in value.items() if content not in (None, "", [], {})}
    generated = [entry for name in ("configMapGenerator", "secretGenerator") for entry in _list(value.get(name))]
    return (
        value.get("kind") in _KINDS
        and value.get("apiVersion") in _VERSIONS
        and fields <= _NO_EFFECT
        and all(_is_list_of_texts(value.get(name)) for name in ("resources", "bases"))
        and all(isinstance(entry, dict) and entry.get("behavior") in (None, "", "create") for entry in generated)
    )


def _is_list_of_texts(value: Any) -> bool:
    return value is None or (isinstance(value, list) and all(isinstance(entry, str) and entry for entry in value))


def _are_deployable(closure: Closure) -> bool:
    seen: set[tuple[str, ...]] = set()
    for file in closure.manifests:
        for value in _objects(closure.tree, file):
            identity = _identity(value)
            if identity is None or identity in seen:
                return False
            seen.add(identity)
    return True


def _objects(tree: SourceTree, file: str) -> Iterator[Any]:
    """Yield the objects of a file, those in lists too; None where it cannot be read."""
    roots = _roots(tree, file)
    waiting: list[Any] = [None] if roots is None else [root.value for root in roots]
    while waiting:
        value = waiting.pop()
        kind = value.get("kind") if isinstance(value, dict) else None
        if isinstance(kind, str) and kind.endswith("List") and isinstance(value.get("items"), list):
            waiting.extend(value["items"])
        else:
            yield value


def _identity(value: Any) -> tuple[str, ...] | None:
    metadata = value.get("metadata") if isinstance(value, dict) else None
    if not isinstance(metadata, dict):
        return None
    annotations = metadata.get("annotations")
    if isinstance(annotations, dict) and "config.kubernetes.io/local-config" in annotations:
        return None
    parts = (value.get("apiVersion"), value.get("kind"), metadata.get("name"), metadata.get("namespace") or "default")
    texts = tuple(part for part in parts if isinstance(part, str) and part)
    return texts if len(texts) == len(parts) else None


def _read(tree: SourceTree, file: str, folder: str) -> Kustomization:
    nothing = Node({}, 1, 1, 1, 1)
    try:
        chunks = documents.split(documents.decode(tree.read(file)))
        root = documents.parse(chunks[0]).root if chunks else nothing
    except OSError:
        return Kustomization(file, folder, nothing, problem=RenderFailure("missing", "the kustomization cannot be read", file))
    except (documents.UndecodableText, documents.BrokenDocument) as error:
        return Kustomization(file, folder, nothing, problem=RenderFailure("template", error.problem.message, file, error.problem.line))
    if not isinstance(root.value, dict):
        return Kustomization(
            file, folder, nothing, problem=RenderFailure("template", "the kustomization is not a mapping", file, root.line)
        )
    problem: RenderFailure | None = None
    if all(content is None for name, content in root.value.items() if name not in ("apiVersion", "kind")):
        problem = RenderFailure("template", "the kustomization is empty", file)
    elif misspelt := _misspelt(root.value):
        problem = RenderFailure("template", f"unknown field '{misspelt[-1]}'", file, key_span(root, misspelt).line)
    references = tuple(_references(root.value))
    named = [resolve(folder, one.text) for one in references if one.use in ("resource", "component", "plugin") and not is_remote(one.text)]
    kind = "Component" if root.value.get("kind") == "Component" else "Kustomization"
    includes = tuple(dict.fromkeys(path for path in named if path is not None))
    return Kustomization(file, folder, root, kind, references, includes, tuple(_charts(root.value, folder)), problem)


_LISTS: tuple[tuple[str, Use], ...] = (
    ("resources", "resource"),
    ("bases", "resource"),
    ("components", "component"),
    ("crds", "file"),
    ("configurations", "file"),
    ("generators", "plugin"),
    ("transformers", "plugin"),
    ("validators", "plugin"),
    ("patchesStrategicMerge", "patch"),
)
"""Fields that list texts, in the order in which kustomize reads them."""


def _references(value: dict[str, Any]) -> Iterator[Reference]:
    for field, use in _LISTS:
        for index, entry in enumerate(_list(value.get(field))):
            if isinstance(entry, str) and entry.strip():
                yield Reference((field, index), entry, use)
    for field in ("patches", "patchesJson6902", "replacements"):
        for index, entry in enumerate(_list(value.get(field))):
            yield from _named(entry, (field, index), "path")
    for field in ("configMapGenerator", "secretGenerator"):
        for index, entry in enumerate(_list(value.get(field))):
            yield from _generator_files(entry, (field, index))
    yield from _named(value.get("openapi"), ("openapi",), "path")
    for field in ("helmCharts", "helmChartInflationGenerator"):
        for index, entry in enumerate(_list(value.get(field))):
            yield from _value_files(entry, (field, index))


_FIELDS = {
    "": "resources bases components crds configurations generators transformers validators patches patchesStrategicMerge "
    "patchesJson6902 replacements configMapGenerator secretGenerator openapi helmCharts helmChartInflationGenerator helmGlobals kind",
    "patches": "path",
    "patchesJson6902": "path",
    "replacements": "path",
    "openapi": "path",
    "helmGlobals": "chartHome",
    "configMapGenerator": "files envs env",
    "secretGenerator": "files envs env",
    "helmCharts": "name version repo chartHome valuesFile additionalValuesFiles",
    "helmChartInflationGenerator": "chartName chartVersion chartRepo chartHome values",
}
"""The fields that lead to files, by the field that holds them."""


def _misspelt(value: dict[str, Any]) -> Path | None:
    """Return where a key names such a field in other capitals, which kustomize would take for it (Go reads JSON that way), or None."""
    for holder, names in _FIELDS.items():
        exact = {name.lower(): name for name in names.split()}
        at, within = ((holder,), value.get(holder)) if holder else ((), value)
        for path, entry in ((at, within), *(((*at, index), item) for index, item in enumerate(_list(within)))):
            for key in entry if isinstance(entry, dict) else ():
                if exact.get(key.lower(), key) != key:
                    return (*path, key)
    return None


def _generator_files(entry: Any, at: Path) -> Iterator[Reference]:
    if not isinstance(entry, dict):
        return
    for field in ("files", "envs"):
        for index, text in enumerate(_list(entry.get(field))):
            if isinstance(text, str) and text.strip():
                path = text.partition("=")[2] if field == "files" and "=" in text else text
                yield Reference((*at, field, index), path, "data")
    yield from (one._replace(use="data") for one in _named(entry, at, "env"))


def _value_files(entry: Any, at: Path) -> Iterator[Reference]:
    if not isinstance(entry, dict):
        return
    for field in ("valuesFile", "values"):
        yield from _named(entry, at, field)
    for index, text in enumerate(_list(entry.get("additionalValuesFiles"))):
        if isinstance(text, str) and text:
            yield Reference((*at, "additionalValuesFiles", index), text, "file")


def _named(entry: Any, at: Path, field: str) -> Iterator[Reference]:
    text = entry.get(field) if isinstance(entry, dict) else None
    if isinstance(text, str) and text.strip():
        yield Reference((*at, field), text, "file")


def _charts(value: dict[str, Any], folder: str) -> Iterator[Chart]:
    settings = value.get("helmGlobals")
    home = settings.get("chartHome") if isinstance(settings, dict) else None
    for field in ("helmCharts", "helmChartInflationGenerator"):
        for index, entry in enumerate(_list(value.get(field))):
            if isinstance(entry, dict):
                yield _chart(entry, (field, index), folder, entry.get("chartHome") or home)


def _chart(entry: dict[str, Any], at: Path, folder: str, home: Any) -> Chart:
    """Return a chart; its folder is `HOME/NAME`, or `HOME/NAME-VERSION/NAME` where it has a repository and a version."""
    name = entry.get("name") or entry.get("chartName")
    repository = entry.get("repo") or entry.get("chartRepo")
    version = entry.get("version") or entry.get("chartVersion")
    name = name if isinstance(name, str) else ""
    within = f"{name}-{version}/{name}" if repository and version else name
    path = resolve(folder, posixpath.join(home if isinstance(home, str) and home else "charts", within)) if name else None
    return Chart(at, name, path, bool(repository))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _roots(tree: SourceTree, file: str) -> list[Node] | None:
    try:
        return _parsed(documents.decode(tree.read(file)))
    except (OSError, documents.UndecodableText):
        return None


def _parsed(text: str) -> list[Node] | None:
    try:
        return [documents.parse(chunk).root for chunk in documents.split(text)]
    except documents.BrokenDocument:
        return None


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


_BUILT_IN = frozenset(
    {
        "AnnotationsTransformer",
        "ConfigMapGenerator",
        "IAMPolicyGenerator",
        "HashTransformer",
        "ImageTagTransformer",
        "LabelTransformer",
        "NamespaceTransformer",
        "PatchJson6902Transformer",
        "PatchStrategicMergeTransformer",
        "PatchTransformer",
        "PrefixSuffixTransformer",
        "PrefixTransformer",
        "SuffixTransformer",
        "ReplicaCountTransformer",
        "SecretGenerator",
        "ValueAddTransformer",
        "HelmChartInflationGenerator",
        "ReplacementTransformer",
        "SortOrderTransformer",
    }
)
"""Kinds of plug-ins that are part of kustomize; all others run a program or a container."""


class _Walk:
    """Follows the references of kustomizations and collects what they lead to."""

    def __init__(self, tree: SourceTree, found: Mapping[str, Kustomization], *, is_unrestricted: bool) -> None:
        self._tree = tree
        self._is_unrestricted = is_unrestricted
        self._found = found
        self._kustomizations: dict[str, Kustomization] = {}
        self._visited: list[str] = []
        self._files: dict[str, None] = {}
        self._manifests: list[str] = []
        self._missing: list[Unresolved] = []
        self._remote: list[Unresolved] = []
        self._failures: list[RenderFailure] = []
        self._charts: dict[str, None] = {}
        self._has_charts = False
        self._has_plugins = False
        self._stack: list[str] = []

    def finish(self) -> Closure:
        """Return what was collected."""
        return Closure(
            self._tree,
            tuple(self._kustomizations.values()),
            tuple(self._kustomizations),
            tuple(self._files),
            tuple(self._manifests),
            tuple(self._missing),
            tuple(self._remote),
            self._failures[0] if self._failures else None,
            self._has_charts,
            tuple(self._charts),
            self._has_plugins,
        )

    def enter(self, folder: str, by: tuple[Kustomization, Reference] | None, *, is_component: bool | None, as_plugin: bool) -> None:
        """Read the kustomization of a folder and all that it names; `is_component` is None where either kind will do."""
        if any(folder in ("", above) or above.startswith(f"{folder}/") for above in self._stack):
            self._fail("template", f"'{folder or '.'}' includes itself", by)
            return
        if folder in self._kustomizations:
            self._include_again(folder)
            return
        if len(self._kustomizations) >= MOST_FOLDERS or len(self._stack) >= MOST_DEPTH:
            self._fail("bounds", f"more than {MOST_FOLDERS} kustomizations, or more than {MOST_DEPTH} within one another", by)
            return
        read = self._found.get(folder) or read_kustomization(self._tree, folder)
        if read is None:
            self._miss(f"{folder or '.'}/kustomization.yaml" if by is None else by[1].text, by, folder)
            return
        self._check(read, by, is_component=is_component)
        self._kustomizations[folder] = read
        self._files[read.file] = None
        self._stack.append(folder)
        for reference in read.references:
            self._follow(read, reference, as_plugin=as_plugin)
        for chart in read.charts:
            self._inflate(read, chart)
        self._stack.pop()

    def _include_again(self, folder: str) -> None:
        """Count the manifests of a folder that was read before once more: kustomize takes them twice, and mostly refuses that."""
        again = _reached(self._kustomizations, [folder])
        self._manifests += [path for one in again for path in self._kustomizations[one].includes if path in self._files]

    def _check(self, read: Kustomization, by: tuple[Kustomization, Reference] | None, *, is_component: bool | None) -> None:
        if read.problem:
            self._failures.append(read.problem)
        elif is_component is not None and is_component != (read.kind == "Component"):
            is_not = "is no component" if is_component else "is a component, which belongs below 'components'"
            self._fail("template", f"'{read.folder or '.'}' {is_not}", by)

    def _follow(self, one: Kustomization, reference: Reference, *, as_plugin: bool) -> None:
        text, use = reference.text, reference.use
        path = resolve(one.folder, text)
        is_file = path is not None and path != "" and self._tree.is_file(path) and not text.lower().startswith(("http://", "https://"))
        if use != "component" and is_file and path is not None:
            self._take_file(one, reference, path, as_plugin=as_plugin)
        elif use in ("patch", "plugin") and _is_inline(text):
            self._take_inline(one, reference)
        elif is_remote(text):
            self._refer_out(one, reference)
        elif use in ("resource", "component", "plugin") and path is not None and self._tree.is_folder(path):
            is_plugin = as_plugin or use == "plugin"
            self.enter(path, (one, reference), is_component=use == "component", as_plugin=is_plugin)
        else:
            self._miss(text, (one, reference), path)

    def _take_file(self, one: Kustomization, reference: Reference, path: str, *, as_plugin: bool) -> None:
        if one.folder and not path.startswith(f"{one.folder}/") and not self._is_unrestricted:
            reason = f"kustomize reads only files in or below the folder of a kustomization, not '{reference.text}'"
            self._fail("template", reason, (one, reference))
        self._files[path] = None
        if reference.use == "plugin" or (as_plugin and reference.use == "resource"):
            self._configure(one, reference, _roots(self._tree, path))
        elif reference.use == "resource":
            self._manifests.append(path)

    def _take_inline(self, one: Kustomization, reference: Reference) -> None:
        if reference.use == "plugin":
            self._configure(one, reference, _parsed(reference.text))

    def _configure(self, one: Kustomization, reference: Reference, roots: list[Node] | None) -> None:
        """Take over what the configuration of a plug-in names; only plug-ins that are part of kustomize are run."""
        self._has_plugins = True
        if roots is None:
            self._fail("template", f"the configuration '{_short(reference.text)}' of a plug-in cannot be read", (one, reference))
        for root in roots or ():
            value = root.value if isinstance(root.value, dict) else {}
            if value.get("apiVersion") != "builtin" or value.get("kind") not in _BUILT_IN:
                kind = value.get("kind") if isinstance(value.get("kind"), str) else "plug-in"
                self._fail("template", f"{kind} is a plug-in that runs a program or a container, which is never done", (one, reference))
            if value.get("kind") == "HelmChartInflationGenerator":
                home = value.get("chartHome")
                self._inflate(one, _chart(value, reference.at, one.folder, home))
            for text in _texts(value):
                path = resolve(one.folder, text.rpartition("=")[2])
                if path and self._tree.is_file(path):
                    self._files[path] = None

    def _inflate(self, one: Kustomization, chart: Chart) -> None:
        self._has_charts = True
        reference = Reference(chart.at, f"chart {chart.name}", "file")
        if chart.folder is not None and self._tree.is_file(f"{chart.folder}/Chart.yaml"):
            self._charts[chart.folder] = None
            self._files.update(dict.fromkeys(self._tree.files_below(chart.folder)))
        elif chart.has_repository:
            self._refer_out(one, reference)
        else:
            self._miss(reference.text, (one, reference), chart.folder)

    def _miss(self, text: str, by: tuple[Kustomization, Reference] | None, path: str | None) -> None:
        file, line = _place(by)
        self._missing.append(Unresolved(text, file, line))
        where = "leads out of the repository" if path is None else "is not in the repository"
        if path and self._tree.is_folder(path):
            where = "is a folder without a kustomization"
        self._fail("missing", f"'{_short(text)}' {where}", by)

    def _refer_out(self, one: Kustomization, reference: Reference) -> None:
        file, line = _place((one, reference))
        self._remote.append(Unresolved(reference.text, file, line))
        self._fail("remote", f"'{_short(reference.text)}' would be fetched from the network", (one, reference))

    def _fail(self, kind: FailureKind, reason: str, by: tuple[Kustomization, Reference] | None) -> None:
        self._failures.append(RenderFailure(kind, reason, *_place(by)))


_LONGEST = 100
"""Characters of a text that a reason repeats."""


def _place(by: tuple[Kustomization, Reference] | None) -> tuple[str, int]:
    return (by[0].file, smallest_span(by[0].root, by[1].at).line) if by else ("", 1)


def _is_inline(text: str) -> bool:
    return "\n" in text.strip() or ": " in text or text.lstrip().startswith(("{", "["))


def _texts(value: Any) -> Iterator[str]:
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)
        elif isinstance(one, str):
            yield one


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 3]}..."
