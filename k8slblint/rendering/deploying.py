"""Knows how the units of a revision become resources: rendered, filled in, read, and each told where its values come from."""

import posixpath
from bisect import bisect_right
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from typing import Literal, NamedTuple

from k8slblint import documents
from k8slblint.budget import Budget, OverLimitError, Part
from k8slblint.loading.resources import load, skips_with
from k8slblint.model.finding import NotFollowed, SeenUnit
from k8slblint.model.loaded import Deployment, Gap, InputProblem, Loaded, SourceFile
from k8slblint.model.location import Location, Span
from k8slblint.model.rendering import RenderSettings
from k8slblint.model.resource import HELM_VALUES, Provenance, Resource, SourceText
from k8slblint.model.rule import Severity
from k8slblint.rendering.gitops.substitution import substitute
from k8slblint.rendering.helm.engine import HelmEngine
from k8slblint.rendering.helm.values import layer_node, lines_of_absent
from k8slblint.rendering.kustomize.engine import KustomizeEngine
from k8slblint.rendering.planning import Planned
from k8slblint.rendering.provenance import DirectProvenance, Engines, RenderedProvenance, RenderedUnit
from k8slblint.rendering.rendered_text import Template, at_template, is_repeated_key, together
from k8slblint.rendering.revisions import PlannedUnits, Revision
from k8slblint.rendering.standings import note_standings, note_unset
from k8slblint.rendering.tree import SourceTree
from k8slblint.rendering.units import (
    MOST_OBJECTS,
    ChartRelease,
    KustomizeRoot,
    NotRendered,
    Outcome,
    PlainFiles,
    Rendered,
    RenderedDocument,
    RenderFailure,
    ValueLayer,
)
from k8slblint.rendering.unrendered import Namespace, gap_of, namespaces, set_namespace, set_namespaces
from k8slblint.rendering.wording import failure_texts
from k8slblint.rendering.worth import GITOPS_KINDS

RENDER_FAILED = "render-failed"
COVERED = "linted where it is rendered"

MOST_BYTES = 50_000_000
"""Bytes of text that one unit may yield once its variables are filled in: as much as a renderer may print (`bounds.OUTPUT`)."""

_OTHERS_NAMED = 3

_HOOK = "helm.sh/hook"


class Renderers(ExitStack):
    """The engines of a run, which provenance asks again when findings are placed; close it when the report is made."""

    def __init__(self, settings: RenderSettings, budget: Budget) -> None:
        """Start nothing yet."""
        super().__init__()
        helm = None if settings.helm == "off" else self.enter_context(HelmEngine(settings.helm))
        kustomize = self.enter_context(KustomizeEngine(helm)) if settings.kustomize != "off" else None
        self.engines = Engines(budget, helm, kustomize)


class Kinds(NamedTuple):
    """The kinds in use, and those of them (`aside`) for whose sake alone nothing is rendered."""

    wanted: Container[str]
    aside: Container[str]


class Rollout:
    """Renders the units of one revision into what was loaded of it."""

    def __init__(self, loaded: Loaded, revision: Revision, kinds: Kinds, engines: Engines, only: Container[str] | None = None) -> None:
        """Prepare; `only` names the units to render, None for all."""
        self._loaded = loaded
        self._kinds = kinds
        self._engines = engines
        self._only = only
        self._by_path = {file.path: file for file in revision.files}
        self._listed = {file.real: file.path for file in revision.files if file.real}
        followed = (one.path for one in loaded.resources if self._is_worth_rendering(one.type_name))
        self._interesting = {*followed, *(gap.path for gap in loaded.gaps)}
        self._covered: set[str] = set()
        self._rendered_values: set[str] = set()
        self._rendered_layers: dict[str, list[tuple[ValueLayer, SourceTree]]] = {}
        self._rendered_folders: set[str] = set()
        self._values_of_absent: dict[str, list[tuple[int, int]]] = {}
        self._seen: list[SeenUnit] = []
        self._failed: dict[tuple[Severity, str], list[tuple[Planned, SourceTree, RenderFailure]]] = {}
        self._not_followed: list[NotFollowed] = []
        self._namespaces: dict[str, set[Namespace]] = {}

    def deploy(self, found: PlannedUnits) -> None:
        """Render the units and put their objects in place of the files that they are made of."""
        units, not_rendered = found.units, found.not_rendered
        todo: list[tuple[str, Planned, SourceTree]] = []
        kept: set[str] = set()
        for name, (planned, tree) in units.items():
            if planned.plain is not None and self._stays(planned):
                kept.update(self._shown(tree, planned.plain))
            elif self._only is None or name in self._only:
                if self._is_of_interest(planned, tree):
                    todo.append((name, planned, tree))
            else:
                self._cover(planned, tree)
        for (name, planned, tree), outcome in zip(todo, self._outcomes(todo), strict=True):
            self._take(name, planned, tree, outcome)
        self._report_failures()
        self._leave_out_covered(kept)
        set_namespaces(self._loaded.resources, self._namespaces)
        note_standings(self._loaded.resources, found)
        completeness = self._loaded.completeness
        completeness.units = tuple(sorted(self._seen))
        completeness.not_rendered = tuple(sorted({*self._not_followed, *(_not_followed(one, tree) for one, tree in not_rendered)}))
        self._loaded.gaps += [gap_of(one, tree) for one, tree in not_rendered]

    def has_rendered(self, path: str) -> bool:
        """Tell whether a file or folder is part of a chart that was rendered."""
        return path.startswith(tuple(f"{folder}/" for folder in self._rendered_folders))

    def _stays(self, planned: Planned) -> bool:
        """Tell whether the files of a plain unit say all about it where they stand: in its own folder, without a deployer's changes."""
        unit = planned.unit
        folder = posixpath.dirname(unit.path)
        is_inside = all(not folder or path.startswith(f"{folder}/") for path in planned.plain or ())
        if unit.is_own_cluster and "/overlays/" in f"/{unit.path}":
            return False  # which cluster that is depends on its deployer
        return is_inside and unit.substitute is None and unit.namespace is None and unit.cluster is None

    def _is_of_interest(self, planned: Planned, tree: SourceTree) -> bool:
        if isinstance(planned.unit.source, ChartRelease) or not planned.is_whole:
            return True
        return any(self._holds_wanted(tree, path) for path in planned.covered)

    def _holds_wanted(self, tree: SourceTree, path: str) -> bool:
        shown = self._listed.get(posixpath.join(tree.top, path))
        if shown is not None and shown in self._loaded.files:
            return shown in self._interesting
        try:
            chunks = documents.split(documents.decode(tree.read(path))) if path.endswith((".yaml", ".yml", ".json")) else []
        except OverLimitError:
            return True  # its rendering says so
        except (OSError, documents.UndecodableText):
            return False
        types = (_type_name(chunk) for chunk in chunks)
        return any(name in self._kinds.wanted and self._is_worth_rendering(name) for name in types)

    def _is_worth_rendering(self, type_name: str) -> bool:
        """Tell whether a unit with an object of this kind is rendered; deploying objects were followed where they stand."""
        return type_name not in GITOPS_KINDS and type_name != HELM_VALUES and type_name not in self._kinds.aside

    def _outcomes(self, todo: Sequence[tuple[str, Planned, SourceTree]]) -> Iterator[Outcome]:
        roots = [
            (planned.unit.source, tree)
            for _, planned, tree in todo
            if isinstance(planned.unit.source, KustomizeRoot) and planned.plain is None
        ]
        built = iter(self._engines.build(roots))
        cost = self._engines.cost
        for _, planned, tree in todo:
            if planned.plain is not None:
                yield _as_they_are(tree, planned.plain)
            elif isinstance(planned.unit.source, KustomizeRoot):
                self._engines.cost = cost
                yield next(built)
            elif isinstance(planned.unit.source, ChartRelease):
                yield self._engines.render(planned.unit.source, tree)

    def _take(self, name: str, planned: Planned, tree: SourceTree, outcome: Outcome) -> None:
        seen = SeenUnit(name, tree.shown(planned.unit.path), _renderer_of(planned), planned.reason)
        count = 0
        try:
            if not isinstance(outcome, RenderFailure):
                count = self._add_all(name, planned, tree, outcome)
        except OverLimitError as error:
            outcome = RenderFailure("bounds", error.reason)
        if isinstance(outcome, RenderFailure):
            self._fail(name, planned, tree, outcome)
            self._seen.append(seen._replace(failure=outcome.reason))
            return
        self._note_lacks(name, planned, tree, outcome)
        self._cover(planned, tree)
        if isinstance(planned.unit.source, ChartRelease):
            self._rendered_folders.add(tree.shown(planned.unit.source.chart).rstrip("/"))
        self._seen.append(seen._replace(documents=count))

    def _add_all(self, name: str, planned: Planned, tree: SourceTree, outcome: Rendered) -> int:
        """Add the objects of a unit and return how many there are. Raises `OverLimitError` before any is added, but for plain files."""
        unit = RenderedUnit(_described(planned, tree), planned, tree, self._engines, self._engines.cost)
        if planned.plain is None:
            return self._add(name, planned, tree, outcome.documents, partial(RenderedProvenance, unit))
        return sum(self._add(name, planned, tree, [document], partial(DirectProvenance, unit)) for document in outcome.documents)

    def _add(
        self, name: str, planned: Planned, tree: SourceTree, found: Sequence[RenderedDocument], provenance: Callable[[str], Provenance]
    ) -> int:
        budget = tree.budget
        part = budget.part("bytes_rendered", MOST_BYTES, name, "bytes of rendered text")
        text, starts = _joined(found, planned.unit.substitute, part)
        file = self._source_file(name, planned, tree, text)
        loaded = load([file], wanted=self._kinds.wanted, are_rendered=True, budget=budget, most_objects=MOST_OBJECTS)
        seen = loaded.completeness
        resources = [one for one in loaded.resources if not _is_test_hook(one)]
        for one in resources:
            one.provenance = provenance(_file_at(found, starts, one.root.line))
            set_namespace(one, planned.unit.namespace)
        note_unset(resources, tree, planned, [_file_at(found, starts, one.root.line) for one in resources])
        own = self._loaded.completeness
        own.documents_seen += seen.documents_seen
        own.documents_linted += len(resources)
        own.documents_with_placeholders += seen.documents_with_placeholders
        own.documents_skipped = skips_with(own.documents_skipped, seen.documents_skipped)
        hooks = len(loaded.resources) - len(resources)
        if hooks:
            own.documents_skipped = skips_with(own.documents_skipped, [("Helm test hook", name, hooks)])
        self._loaded.resources += resources
        if isinstance(planned.unit.source, ChartRelease):
            self._note_deployers(resources, tree, planned, partial(_file_at, found, starts))
        self._loaded.gaps += loaded.gaps
        self._loaded.files[name] = file
        self._loaded.problems += together([self._rendered_problem(one, tree, found, starts, planned) for one in loaded.problems])
        return seen.documents_seen - hooks

    def _note_deployers(self, resources: Sequence[Resource], tree: SourceTree, planned: Planned, file_at: Callable[[int], str]) -> None:
        """Note the objects of a chart that deploy something in their turn (an app of apps): those are not followed."""
        for one in resources:
            if one.type_name in GITOPS_KINDS:
                file = file_at(one.root.line) or planned.unit.path
                found = NotFollowed(
                    f"{one.kind} {one.name}", tree.shown(file), 1, f"it is itself rendered from {_described(planned, tree)}"
                )
                self._not_followed.append(found)
                self._loaded.gaps.append(Gap(tree.shown(file), f"{found.object}: {found.reason}"))

    def _source_file(self, name: str, planned: Planned, tree: SourceTree, text: str) -> SourceFile:
        unit = planned.unit
        known = self._by_path.get(tree.shown(unit.path))
        scope = known.scope_path if known else unit.path
        if unit.label and isinstance(unit.source, ChartRelease):
            scope = posixpath.join(posixpath.dirname(scope), f"{unit.label.rpartition('/')[2]}.yaml")
        deployment = Deployment(
            unit.cluster,
            unit.environment,
            stands_alone=not unit.is_deployed,
            reason=planned.reason,
            deployer=tree.shown(unit.deployer) if unit.deployer else "",
            is_own_cluster=unit.is_own_cluster,
        )
        file = SourceFile(name, text.encode, scope, deployment=deployment)
        return file._replace(project=known.project, above=known.above, outer_project=known.outer_project) if known else file

    def _rendered_problem(
        self, one: InputProblem, tree: SourceTree, found: Sequence[RenderedDocument], starts: Sequence[int], planned: Planned
    ) -> InputProblem:
        file = _file_at(found, starts, one.location.span.line) or planned.unit.path
        why = f"{one.why} It is in what was rendered from {_described(planned, tree)}.".lstrip()
        if is_repeated_key(one) and isinstance(planned.unit.source, ChartRelease):
            number = bisect_right(starts, one.location.span.line) - 1
            has_separator = number > 0 and not found[number].text.startswith("---")
            line = one.location.span.line - starts[number] + (not has_separator)
            return at_template(one, found[number].text, line, Template(tree.shown(file), _text_of(tree, file)), why)
        return one._replace(location=Location(tree.shown(file), Span(1, 1, 1, 2)), source=_text_of(tree, file), label="", why=why)

    def _fail(self, name: str, planned: Planned, tree: SourceTree, failure: RenderFailure) -> None:
        severity: Severity = "warning" if failure.kind in ("template", "bounds") and planned.unit.is_deployed else "note"
        if failure.kind != "off":  # who switches a renderer off knows
            self._failed.setdefault((severity, failure.cause or failure.reason), []).append((planned, tree, failure))
        for path, namespace in namespaces(planned, tree).items():
            self._namespaces.setdefault(tree.shown(path), set()).add(namespace)
        self._loaded.gaps.append(Gap(name, f"it could not be rendered ({failure.reason})"))
        self._loaded.files.setdefault(name, self._source_file(name, planned, tree, ""))

    def _note_lacks(self, name: str, planned: Planned, tree: SourceTree, outcome: Rendered) -> None:
        """Report what a unit was rendered without, and what its renderer objects to."""
        for failure in outcome.lacks[:1]:
            self._failed.setdefault(("note", failure.reason), []).append((planned, tree, failure._replace(is_partial=True)))
        for failure in outcome.objections[:1]:
            self._failed.setdefault(("warning", failure.reason), []).append((planned, tree, failure._replace(is_partial=True)))
        self._loaded.gaps += [Gap(name, f"it was rendered without a part ({failure.reason})") for failure in outcome.lacks]
        source = planned.unit.source
        if outcome.lacks and isinstance(source, ChartRelease):
            for path, lines in lines_of_absent(tree, source, planned.covered).items():
                for shown in self._shown(tree, [path]):
                    self._values_of_absent.setdefault(shown, []).extend(lines)

    def _report_failures(self) -> None:
        """Report what could not be rendered, units that fail for one and the same reason together, at the first of them."""
        for (severity, _), units in self._failed.items():
            planned, tree, failure = units[0]
            others = [_described(other, its_tree) for other, its_tree, _ in units[1:]]
            self._report_failure(planned, tree, failure, severity, others)

    def _report_failure(
        self, planned: Planned, tree: SourceTree, failure: RenderFailure, severity: Severity, others: Sequence[str]
    ) -> None:
        file = failure.file if failure.file and tree.is_file(failure.file) else planned.unit.path
        source = _text_of(tree, file)
        line = failure.line if file == failure.file else 1
        span = _whole_line(source, line)
        chart = tree.shown(posixpath.dirname(failure.file)) or "."
        texts = failure_texts(_described(planned, tree), failure, chart, others)
        self._loaded.problems.append(
            InputProblem(RENDER_FAILED, Location(tree.shown(file), span), source=source, severity=severity, **texts)
        )

    def _shown(self, tree: SourceTree, paths: Iterable[str]) -> Iterator[str]:
        for path in paths:
            shown = self._listed.get(posixpath.join(tree.top, path))
            if shown is not None:
                yield shown

    def _cover(self, planned: Planned, tree: SourceTree) -> None:
        """Note which files are linted through a unit; of Helm values that holds only where a chart was rendered with them."""
        covered = set(self._shown(tree, planned.covered))
        self._covered |= covered
        if planned.has_charts:
            self._rendered_values |= covered
        for layer in planned.unit.source.layers if isinstance(planned.unit.source, ChartRelease) else ():
            for shown in self._shown(tree, [layer.file] if layer.at else []):
                self._rendered_layers.setdefault(shown, []).append((layer, tree))

    def _leave_out_covered(self, kept: set[str]) -> None:
        """Take away what stands in files that were linted where they are rendered, and count it as passed over."""
        loaded, covered = self._loaded, self._covered - kept
        units = {unit.unit for unit in self._seen}
        left = [one for one in loaded.resources if self._is_linted_elsewhere(one, covered, units)]
        if left:
            gone = set(map(id, left))
            loaded.resources = [one for one in loaded.resources if id(one) not in gone]
            loaded.completeness.documents_linted -= len(left)
            found = [(COVERED, f"{one.path}:{one.root.line}", 1) for one in left]
            loaded.completeness.documents_skipped = skips_with(loaded.completeness.documents_skipped, found)
        folders = tuple(f"{folder}/" for folder in self._rendered_folders)
        loaded.gaps = [gap for gap in loaded.gaps if gap.path in units or (gap.path not in covered and not gap.path.startswith(folders))]

    def _is_linted_elsewhere(self, one: Resource, covered: set[str], units: set[str]) -> bool:
        """Tell whether what stands in a file is seen in what was rendered of it; `units` are the paths of that.

        What deploys something is not rendered, and the path of a unit may be that of a file of values.
        """
        if one.type_name == HELM_VALUES:
            if any(first <= one.root.line <= last for first, last in self._values_of_absent.get(one.path, ())):
                return False
            return one.path in self._rendered_values or self._is_in_rendered_layer(one)
        return one.path in covered and one.path not in units and one.type_name not in GITOPS_KINDS

    def _is_in_rendered_layer(self, values: Resource) -> bool:
        """Tell whether values stand in an object that deploys a chart which was rendered with them."""
        for layer, tree in self._rendered_layers.get(values.path, ()):
            node = layer_node(tree, layer)
            if node is not None and node.line <= values.root.line <= node.end_line:
                return True
        return False


def _not_followed(one: NotRendered, tree: SourceTree) -> NotFollowed:
    return NotFollowed(one.description, tree.shown(one.path), one.line, one.reason)


def _renderer_of(planned: Planned) -> Literal["helm", "kustomize", "files"]:
    if planned.plain is not None or isinstance(planned.unit.source, PlainFiles):
        return "files"
    return "helm" if isinstance(planned.unit.source, ChartRelease) else "kustomize"


def _type_name(chunk: documents.Chunk) -> str:
    api_version, kind = documents.sniff(chunk)
    group = (api_version or "").rpartition("/")[0]
    return f"{kind}.{group}" if group else str(kind)


def _as_they_are(tree: SourceTree, files: Sequence[str]) -> Outcome:
    found = []
    for path in files:
        try:
            found.append(RenderedDocument(documents.decode(tree.read(path)), path))
        except OverLimitError as error:
            return RenderFailure("bounds", error.reason, path)
        except (OSError, documents.UndecodableText):
            return RenderFailure("missing", f"'{path}' cannot be read", path)
    return Rendered(tuple(found))


def _joined(found: Sequence[RenderedDocument], variables: Mapping[str, str] | None, part: Part) -> tuple[str, list[int]]:
    """Return the documents as one text, and the line at which each begins. Raises `OverLimitError` where that would be too long."""
    texts: list[str] = []
    starts: list[int] = []
    line = 1
    for document in found:
        if variables is None:
            part.spend(len(document.text))
        text = document.text if variables is None else substitute(document.text, variables, part)
        text = text if text.endswith("\n") else f"{text}\n"
        if texts and not text.startswith("---"):
            text = f"---\n{text}"
        starts.append(line)
        line += text.count("\n")
        texts.append(text)
    return "".join(texts), starts


def _file_at(found: Sequence[RenderedDocument], starts: Sequence[int], line: int) -> str:
    return next((document.file for document, start in zip(reversed(found), reversed(starts), strict=True) if start <= line), "")


def _is_test_hook(one: Resource) -> bool:
    hook = one.annotations.get(_HOOK)
    return isinstance(hook, str) and any(word.strip().startswith("test") for word in hook.split(","))


def _described(planned: Planned, tree: SourceTree) -> str:
    """Say what is rendered: `chart 'charts/web' with values-prod.yaml`, `kustomization 'overlays/prod'`."""
    unit = planned.unit
    by = f" ({unit.deployed_by})" if unit.deployed_by else ""
    if isinstance(unit.source, ChartRelease):
        names = [posixpath.basename(layer.file) for layer in unit.source.layers if layer.file]
        names += [f"{layer.name}={layer.given}" for layer in unit.source.layers if layer.form == "assignment" and not layer.file]
        values = f" with {', '.join(dict.fromkeys(names))}" if names else ""
        return f"chart '{tree.shown(unit.source.chart)}'{values}{by}"
    if isinstance(unit.source, KustomizeRoot):
        return f"kustomization '{tree.shown(unit.source.folder)}'{by}"
    return f"'{tree.shown(unit.path)}'{by}"


def _text_of(tree: SourceTree, path: str) -> SourceText:
    try:
        return SourceText(documents.decode(tree.read(path)))
    except (OSError, OverLimitError, documents.UndecodableText):
        return SourceText("")


def _whole_line(source: SourceText, line: int) -> Span:
    text = source.line(line)
    first = len(text) - len(text.lstrip()) + 1
    return Span(line, first, line, max(len(text) + 1, first + 1))
