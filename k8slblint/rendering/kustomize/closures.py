"""Closures of kustomizations: all files that a build would read, each by its role, found without running anything.

Files that kustomize takes instructions from are read here and handed on as values of known fields; all others are data.

Sources: kustomize 5.8, `api/internal/target/kusttarget.go` (the order of reading), `api/internal/loader/fileloader.go` (which files may be
read, and what is fetched), `api/internal/plugins/loader/loader.go` (plug-ins).
"""

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from k8slblint import documents
from k8slblint.model.location import Path
from k8slblint.model.node import Node, smallest_span
from k8slblint.model.placeholders import has_placeholder
from k8slblint.rendering.generated import is_generated
from k8slblint.rendering.kustomize.absent_targets import patches_of_absent, replacements_of_absent
from k8slblint.rendering.kustomize.fields import Canonical, Reference, Use, canonical_file, canonical_plugin, has_text_patches, written
from k8slblint.rendering.kustomize.kustomizations import (
    Chart,
    Kustomization,
    chart_of,
    is_inline,
    is_remote,
    reached_folders,
    read_kustomization,
    resolve,
    without_repository,
)
from k8slblint.rendering.kustomize.left_out import makes_secrets, without
from k8slblint.rendering.roots import roots_in_text, roots_of
from k8slblint.rendering.tree import SourceTree
from k8slblint.rendering.units import FailureKind, RenderFailure
from k8slblint.rendering.written import is_written

MOST_FOLDERS = 1_000
MOST_DEPTH = 50
"""Folders of one closure, and how deep they may include one another; public repositories stay below 60 and 8."""


class Unresolved(NamedTuple):
    """An entry that is not in the tree: its text, and where it stands."""

    text: str
    file: str
    line: int


class Closure(NamedTuple):
    """All that a kustomization reads.

    `folders` are those of all kustomizations, `files` all files that are read, kustomizations included; `manifests` those among them that
    are resources, as often as they are listed. `failure` is the first thing that keeps kustomize from building it, or None.
    `charts` are the paths of its Helm charts by the folders in which kustomize looks for them; `has_plugins` tells that kustomize
    runs generators, transformers or validators: those that are left out do not count.
    `instructions` are the documents that kustomize is given in place of a file, `data` the files that it is given as they are.
    `lacks` are the entries that were left out because they are elsewhere, and cost only themselves; `objections` the files that kustomize
    reads only without load restrictions.
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
    charts: Mapping[str, str] = {}
    has_plugins: bool = False
    instructions: Mapping[str, tuple[Any, ...]] = {}
    data: tuple[str, ...] = ()
    lacks: tuple[RenderFailure, ...] = ()
    objections: tuple[RenderFailure, ...] = ()


def closure(tree: SourceTree, folder: str, found: Mapping[str, Kustomization] | None = None, *, is_unrestricted: bool = False) -> Closure:
    """Return all that the kustomization of a folder reads; `found` are kustomizations of this very tree that were read already.

    `is_unrestricted` lets kustomizations read files of the tree that lie outside of their own folders.
    """
    walk = _Walk(tree, found or {}, is_unrestricted=is_unrestricted)
    walk.enter(folder, None, is_component=None)
    return walk.finish()


def _document(data: bytes) -> Any:
    """Return the first document of a file; JSON, which schemas of many thousand lines are written in, is read as such."""
    if data.startswith(b"{"):
        try:
            return json.loads(data)
        except (ValueError, RecursionError):
            pass  # it may be YAML
    chunks = documents.split(documents.decode(data))
    return documents.parse(chunks[0]).root.value if chunks else None


_WHOLE: frozenset[Use] = frozenset({"configuration", "schema", "replacements", "targets"})
"""How a file is read that is an instruction as a whole."""

_LISTS_ONLY = frozenset({"apiVersion", "kind", "metadata", "resources", "bases", "namespace", "namePrefix", "nameSuffix"})
"""What a kustomization of plug-ins may say: all else could change what the plug-ins were checked for."""

_HTTP = re.compile(r"https?:", re.IGNORECASE)

_By = tuple[Kustomization, Reference]


class _Walk:
    """Follows the references of kustomizations and collects what they lead to."""

    def __init__(self, tree: SourceTree, found: Mapping[str, Kustomization], *, is_unrestricted: bool) -> None:
        self._tree = tree
        self._is_unrestricted = is_unrestricted
        self._found = found
        self._kustomizations: dict[str, Kustomization] = {}
        self._plugin_folders: dict[str, set[str]] = {}
        self._data: dict[str, None] = {}
        self._instructions: dict[str, tuple[Any, ...]] = {}
        self._roles: dict[str, set[str]] = {}
        self._chart_files: dict[str, None] = {}
        self._manifests: list[str] = []
        self._missing: list[Unresolved] = []
        self._remote: list[Unresolved] = []
        self._failures: list[RenderFailure] = []
        self._lacks: list[RenderFailure] = []
        self._objections: list[RenderFailure] = []
        self._left_out: dict[str, list[Path]] = {}
        self._charts: dict[str, str] = {}
        self._has_charts = False
        self._has_plugins = False
        self._stack: list[str] = []

    def finish(self) -> Closure:
        """Return what was collected."""
        data = [path for path in self._data if path not in self._instructions]
        if self._lacks and not self._manifests and not self._charts:
            self._failures.insert(0, self._lacks[0])  # nothing is left that would be worth a build
        if self._lacks and not self._failures and not self._charts:
            for one, at in patches_of_absent([*self._kustomizations.values()], self._manifests, self._tree):
                self._left_out.setdefault(one.file, []).append(at)
        for one, at in [*replacements_of_absent([*self._kustomizations.values()], self._left_out)]:
            self._left_out[one.file] = [*self._left_out.get(one.file, ()), at]
        for file, entries in self._left_out.items():
            (value,) = self._instructions[file]
            self._instructions[file] = (without(value, entries),)
        return Closure(
            self._tree,
            tuple(self._kustomizations.values()),
            tuple(self._kustomizations),
            tuple(dict.fromkeys((*self._data, *self._chart_files))),
            tuple(self._manifests),
            tuple(self._missing),
            tuple(self._remote),
            min(self._failures, key=lambda one: one.is_generated, default=None),
            self._has_charts,
            self._charts,
            self._has_plugins,
            self._instructions,
            tuple(data),
            tuple(self._lacks),
            tuple(self._objections),
        )

    def enter(self, folder: str, by: _By | None, *, is_component: bool | None, plugins_of: Kustomization | None = None) -> None:
        """Read the kustomization of a folder and all that it names; `is_component` is None where either kind will do.

        `plugins_of` is the kustomization whose plug-ins the folder lists.
        """
        if any(folder in ("", above) or above.startswith(f"{folder}/") for above in self._stack):
            self._fail("template", f"'{folder or '.'}' includes itself", by)
            return
        if folder in self._kustomizations and self._is_done(folder, by, plugins_of):
            return
        if len(self._kustomizations) >= MOST_FOLDERS or len(self._stack) >= MOST_DEPTH:
            self._fail("bounds", f"more than {MOST_FOLDERS} kustomizations, or more than {MOST_DEPTH} within one another", by)
            return
        read = self._found.get(folder) or read_kustomization(self._tree, folder)
        if read is None:
            self._miss(f"{folder or '.'}/kustomization.yaml" if by is None else by[1].text, by, folder)
            return
        self._check(read, by, is_component=is_component, as_plugins=plugins_of is not None)
        self._kustomizations[folder] = read
        self._plugin_folders.setdefault(folder, set()).update({plugins_of.folder} if plugins_of else ())
        self._data[read.file] = None
        self._instructions[read.file] = (read.canonical,)
        self._stack.append(folder)
        for reference in read.references:
            self._follow(read, reference, plugins_of)
        for chart in read.charts:
            self._inflate(read, chart)
        self._stack.pop()

    def _is_done(self, folder: str, by: _By | None, plugins_of: Kustomization | None) -> bool:
        """Tell whether a folder that was read before need not be read again; plug-ins are read for each that they work for."""
        owners = self._plugin_folders[folder]
        if bool(owners) != (plugins_of is not None):
            self._fail("template", f"'{folder or '.'}' lists plug-ins, and is included for its resources too", by)
            return True
        if plugins_of is None:
            self._include_again(folder)
            return True
        return plugins_of.folder in owners or len(owners) >= MOST_DEPTH

    def _include_again(self, folder: str) -> None:
        """Count the manifests of a folder that was read before once more: kustomize takes them twice, and mostly refuses that."""
        again = reached_folders(self._kustomizations, [folder])
        self._manifests += [path for one in again for path in self._kustomizations[one].includes if path in self._data]

    def _check(self, read: Kustomization, by: _By | None, *, is_component: bool | None, as_plugins: bool) -> None:
        if read.problem:
            self._failures.append(read.problem)
        elif is_component is not None and is_component != (read.kind == "Component"):
            is_not = "is not a component" if is_component else "is a component, which belongs under `components`"
            self._fail("template", f"'{read.folder or '.'}' {is_not}", by)
        elif has_text_patches(read.root.value):
            line = smallest_span(read.root, ("patches",)).line
            self._objections.append(RenderFailure("outdated", TEXT_PATCHES, read.file, line, cause=TEXT_PATCHES))
        elif as_plugins and (others := sorted(name for name, one in read.canonical.items() if one and name not in _LISTS_ONLY)):
            reason = f"a kustomization of plug-ins is built only where it lists them: '{others[0]}' could change what they do"
            self._failures.append(RenderFailure("template", reason, read.file, smallest_span(read.root, (others[0],)).line))

    def _follow(self, one: Kustomization, reference: Reference, plugins_of: Kustomization | None = None) -> None:
        """Take over what an entry names; `plugins_of` is the kustomization whose plug-ins the resources of `one` are."""
        text, use = reference.text, reference.use
        if use in ("patch", "plugin") and is_inline(text):
            if use == "plugin":
                self._take_plugins(one, one, reference, roots_in_text(text), None)
            return
        path = resolve(one.folder, text)
        is_file = use != "component" and path is not None and path != "" and self._tree.is_file(path)
        if _HTTP.match(text) or (is_remote(text) and not is_file):
            self._refer_out(one, reference)
        elif is_file and path is not None:
            self._take_file(one, reference, path, plugins_of)
        elif use in ("resource", "component", "plugin") and path is not None and self._tree.is_folder(path):
            owner = one if use == "plugin" else plugins_of
            self.enter(path, (one, reference), is_component=use == "component", plugins_of=owner)
        else:
            self._miss(text, (one, reference), path)

    def _take_file(self, one: Kustomization, reference: Reference, path: str, plugins_of: Kustomization | None) -> None:
        if one.folder and not path.startswith(f"{one.folder}/") and not self._is_unrestricted:
            reason = f"kustomize reads '{_short(reference.text)}', which is outside its folder, only with `{UNRESTRICTED}`"
            self._objections.append(RenderFailure("template", reason, *_place((one, reference)), cause=UNRESTRICTED))
        self._data[path] = None
        use: Use = "plugin" if plugins_of and reference.use == "resource" else reference.use
        self._note_role(path, use, (one, reference))
        if use in ("plugin", "resource"):
            self._say_that_it_is_a_path(one, reference)
        if use == "plugin":
            self._take_plugins(one, plugins_of or one, reference, roots_of(self._tree, path), path)
        elif use in _WHOLE:
            self._take_instruction(one, reference, path)
        elif use == "resource":
            self._manifests.append(path)

    def _note_role(self, path: str, use: Use, by: _By) -> None:
        """Refuse a file that is an instruction and an object: it would be checked as one of them and read as the other."""
        roles = self._roles.setdefault(path, set())
        roles.add(use)
        if roles & {"plugin", "configuration", "replacements", "targets"} and roles & {"resource", "patch", "file"}:
            self._fail("template", f"'{_short(by[1].text)}' is both kustomize configuration and an object", by)

    def _say_that_it_is_a_path(self, one: Kustomization, reference: Reference) -> None:
        """Spell the name of a file so that kustomize can take it neither for a repository nor for the text of a plug-in."""
        if reference.use == "plugin" or is_remote(reference.text):
            self._respell(one, reference.at, f"./{reference.text}")

    def _respell(self, one: Kustomization, at: Path, text: str) -> None:
        (value,) = self._instructions[one.file]
        self._instructions[one.file] = (_replaced(value, at, text),)

    def _take_instruction(self, one: Kustomization, reference: Reference, path: str) -> None:
        try:
            value = self._tree.made(_document, path)
        except (OSError, documents.UndecodableText, documents.BrokenDocument):
            self._fail("template", f"'{_short(reference.text)}' cannot be read", (one, reference))
            return
        found = canonical_file(value, reference.use)
        self._take_canonical(one, one, reference, found, path)
        self._instructions[path] = (found.value,)

    def _take_plugins(
        self, one: Kustomization, owner: Kustomization, reference: Reference, roots: list[Node] | None, path: str | None
    ) -> None:
        """Take over what configurations of plug-ins name; only plug-ins that are part of kustomize are run, in the folder of the owner."""
        if not roots:
            self._fail("template", f"the configuration '{_short(reference.text)}' of a plug-in cannot be read", (one, reference))
        kept: list[Any] = []
        for value in (root.value for root in roots or ()):
            found = canonical_plugin(value)
            if found is None and reference.at[:1] == ("generators",) and makes_secrets(value):
                continue
            if found is None:
                kind = value.get("kind") if isinstance(value, dict) and isinstance(value.get("kind"), str) else "plug-in"
                self._fail(
                    "plugin", f"{kind} is a plug-in that runs a program or a container, which k8slblint never does", (one, reference)
                )
                continue
            self._take_canonical(one, owner, reference, found, path)
            if found.value["kind"] == "HelmChartInflationGenerator":
                self._inflate(one, chart_of(found.value, reference.at, owner.folder, found.value.get("chartHome")))
                found = found._replace(value=without_repository(found.value))
            kept.append(found.value)
        self._has_plugins |= bool(kept)
        if roots and not kept:
            self._left_out.setdefault(one.file, []).append(reference.at)
        if path is not None:
            self._instructions[path] = tuple(kept)
            return
        try:
            self._respell(one, reference.at, written(kept).decode())
        except (ValueError, RecursionError):
            self._fail("template", "the configuration of a plug-in cannot be written as JSON", (one, reference))

    def _take_canonical(self, one: Kustomization, owner: Kustomization, reference: Reference, found: Canonical, path: str | None) -> None:
        """Take over what an instruction names, relative to the folder of its owner; a problem is told where it is listed."""
        if found.problem:
            where = f" in '{_short(reference.text)}'" if path else ""
            self._fail("template", f"{found.problem.reason}{where}", (one, reference))
        for inner in found.references:
            # its text is not in the kustomization, so it keeps the place of the entry that led to it
            self._follow(owner, inner._replace(at=reference.at) if owner is one else inner._replace(at=()))

    def _inflate(self, one: Kustomization, chart: Chart) -> None:
        is_elsewhere = chart.is_elsewhere(self._tree)
        self._has_charts = self._has_charts or not is_elsewhere
        is_leaf = is_elsewhere and chart.at[:1] == _INFLATED
        reference = Reference(chart.at, f"chart {chart.name}", "resource" if is_leaf else "file")
        if "/" in chart.name or "\\" in chart.name:
            self._fail("template", f"'{_short(chart.name)}' is not a valid name of a chart", (one, reference))
        elif chart.folder is not None and (place := chart.place(self._tree)):
            self._charts.setdefault(chart.folder, place)
            self._object_to_chart(one, reference, chart.folder if chart.loads_defaults else one.folder)
            self._chart_files.update(dict.fromkeys(self._tree.files_below(chart.folder)))
            self._stand_for_chart(chart.folder, is_packed=place != chart.folder)
        elif is_elsewhere:
            self._refer_out(one, reference)
        else:
            self._miss(reference.text, (one, reference), chart.folder)

    def _object_to_chart(self, one: Kustomization, reference: Reference, folder: str) -> None:
        """Note that kustomize may not read the values of a chart outside of its folder (`validateArgs` of its plug-in for charts)."""
        if not f"{folder}/".startswith(f"{one.folder}/" if one.folder else "") and not self._is_unrestricted:
            reason = f"kustomize reads {_short(reference.text)}, which is outside its folder, only with `{UNRESTRICTED}`"
            self._objections.append(RenderFailure("template", reason, *_place((one, reference)), cause=UNRESTRICTED))

    def _stand_for_chart(self, folder: str, *, is_packed: bool) -> None:
        """Let kustomize find the folder and the default values of a chart: it reads nothing else of one, and Helm sees none of this.

        Those of a packed one Helm lays under what it is given all the same.
        """
        if is_packed:
            self._instructions.setdefault(f"{folder}/values.yaml", ({},))
        elif self._tree.is_file(f"{folder}/values.yaml"):
            self._data[f"{folder}/values.yaml"] = None
        if f"{folder}/Chart.yaml" not in self._data:
            self._instructions.setdefault(f"{folder}/Chart.yaml", ({},))

    def _miss(self, text: str, by: _By | None, path: str | None) -> None:
        """Note what is absent; a file of a generator, often of what must stay private, costs no more than itself."""
        file, line = _place(by)
        self._missing.append(Unresolved(text, file, line))
        where = "points outside the repository" if path is None else "is not in the repository"
        if path and self._tree.is_folder(path):
            where = "is a folder without a kustomization"
        is_absent = path is not None and not self._tree.is_folder(path)
        is_ignored = is_absent and is_generated(self._tree, path or "", file)
        is_filled_in = is_absent and has_placeholder(text)
        is_made = is_ignored or is_filled_in or (is_absent and is_written(self._tree, path or ""))
        if is_ignored:
            where = "is excluded from the repository by `.gitignore`"
        elif is_filled_in:
            where = "contains a placeholder"
        elif is_made:
            where = "is written by a script of the repository"
        resolved = path if path and by and text == by[1].text and by[1].use != "file" else text
        failure = RenderFailure("missing", f"'{_short(resolved)}' {where}", *_place(by), cause=f"{text} {where}", is_generated=is_made)
        if by and path and by[1].use == "data" and by[1].at and by[0].file in self._instructions:
            self._left_out.setdefault(by[0].file, []).append(by[1].at)
            self._lacks.append(failure)
        else:
            self._failures.append(failure)

    def _refer_out(self, one: Kustomization, reference: Reference) -> None:
        file, line = _place((one, reference))
        self._remote.append(Unresolved(reference.text, file, line))
        failure = RenderFailure("remote", f"'{_short(reference.text)}' would be fetched from the network", file, line, url=reference.text)
        if reference.use in _LEAVES and reference.at and one.file in self._instructions:
            self._left_out.setdefault(one.file, []).append(reference.at)
            self._lacks.append(failure)
        else:
            self._failures.append(failure)

    def _fail(self, kind: FailureKind, reason: str, by: _By | None) -> None:
        self._failures.append(RenderFailure(kind, reason, *_place(by)))


_LEAVES: frozenset[Use] = frozenset({"resource", "data", "schema"})
"""How an entry is read that changes nothing but itself: objects, a file of a generator, definitions."""

_INFLATED = ("helmCharts",)

UNRESTRICTED = "--load-restrictor LoadRestrictionsNone"

TEXT_PATCHES = "kustomize 5 and kubectl 1.27 refuse an entry of `patches` that is text"

_LONGEST = 100
"""Characters of a text that a reason repeats."""


def _place(by: _By | None) -> tuple[str, int]:
    return (by[0].file, by[0].root.line_of(by[1].at)) if by else ("", 1)


def _replaced(value: Any, at: Path, text: str) -> Any:
    """Return a value with another text at a path; the value itself stays."""
    if not at:
        return text
    inner = _replaced(value[at[0]], at[1:], text)
    if isinstance(value, list):
        return [inner if index == at[0] else one for index, one in enumerate(value)]
    return {**value, at[0]: inner}


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 3]}..."
