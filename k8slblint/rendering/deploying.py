"""Turns the charts and kustomizations of a revision into resources: rendered, substituted, read, each with the source of its values."""

import math
import posixpath
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import NamedTuple, TypeAlias

from k8slblint import documents
from k8slblint.budget import OverLimitError
from k8slblint.loading.files import skips_with
from k8slblint.loading.kustomize_scalars import as_kustomize_prints
from k8slblint.loading.resources import load
from k8slblint.loading.validation import fits
from k8slblint.model.finding import NotFollowed, SeenUnit
from k8slblint.model.loaded import Deployment, Gap, InputProblem, Loaded, SourceFile
from k8slblint.model.location import Location, Span
from k8slblint.model.resource import HELM_VALUES, VALUE_KINDS, Provenance, Resource, Standing
from k8slblint.model.texts import fitted
from k8slblint.rendering.covering import Covering
from k8slblint.rendering.elsewhere import Elsewhere
from k8slblint.rendering.engines import Engines
from k8slblint.rendering.failures import Failures, is_for_want_of_values, missing_folders, source_text
from k8slblint.rendering.filled_values import fill
from k8slblint.rendering.joined import Joined, joined
from k8slblint.rendering.planning import Planned
from k8slblint.rendering.provenance import DirectProvenance, RenderedProvenance, RenderedUnit
from k8slblint.rendering.rendered_text import Template, at_template, is_repeated_key, is_set_by_template, together
from k8slblint.rendering.reprinted import Reprinted
from k8slblint.rendering.revisions import PlannedUnits, Revision
from k8slblint.rendering.source import Namespace
from k8slblint.rendering.standings import note_kept, note_standings, note_unset
from k8slblint.rendering.tree import SourceTree
from k8slblint.rendering.undefined import undefined
from k8slblint.rendering.undefined_variables import undefined_variables
from k8slblint.rendering.units import MOST_OBJECTS, Outcome, Rendered, RenderedDocument, RenderFailure
from k8slblint.rendering.unrendered import gaps_of, namespaces, not_followed, only_namespaces, set_namespace, set_namespaces
from k8slblint.rendering.varied import Base, Varied, varied
from k8slblint.rendering.worth import GITOPS_KINDS

MOST_BYTES = 50_000_000
"""Bytes of text that one unit may yield once its variables are filled in: as much as a renderer may print (`bounds.OUTPUT`)."""

_LONGEST_REASON = 140
"""Characters of the reason for which a unit was not rendered, within the sentences that quote it, which say more."""

_MOST_HELPERS = 50
_HOOK = "helm.sh/hook"


class Kinds(NamedTuple):
    """The kinds in use, those of them (`aside`) for whose sake alone nothing is rendered, and the releases they are held against.

    `with_variants` asks for what charts that nobody deploys print with other values than their own.
    """

    wanted: Container[str]
    aside: Container[str]
    versions: tuple[str | None, ...] = ()
    with_variants: bool = False


_Todo: TypeAlias = tuple[str, Planned, SourceTree]
"""Name of a unit, the unit, and the tree that it is in."""


class _AsTheyAre(NamedTuple):
    """Files that are deployed as they stand: all that are kept, and those whose objects kustomize prints."""

    kept: set[str]
    printed: set[str]


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
        followed = (one.path for one in loaded.resources if self._is_worth_rendering(one.type_name) or self._is_completed_by_others(one))
        self._reprinted = Reprinted(loaded, self._listed, kinds.versions)
        self._interesting = {*followed, *(gap.path for gap in loaded.gaps), *self._reprinted.paths}
        self._covering = Covering(self._listed)
        self._failures = Failures()
        self._seen: list[SeenUnit] = []
        self._not_followed: list[NotFollowed] = []
        self._namespaces: dict[str, set[Namespace]] = {}
        self._standings: Mapping[str, Standing] = {}
        self._undeployed: set[str] = set()
        self._followed: Container[str] = ()
        self._parted: set[tuple[int, str]] = set()
        self._applied: set[str] = set()
        self._bases: list[Base] = []
        self._elsewhere = Elsewhere(loaded, self._by_path, kinds.wanted, only)
        self.variants: dict[str, set[str]] = {}
        """The names of the variants of each unit."""

    def deploy(self, found: PlannedUnits) -> None:
        """Render the units and put their objects in place of the files that they are made of."""
        self._note_plan(found)
        todo, as_they_are = self._sorted_out(found)
        self._render(todo, found.outcomes)
        self._loaded.problems += self._failures.problems()
        self._loaded.problems += missing_folders(found.not_rendered)
        self._loaded.problems += undefined_variables(found, [*self._listed])
        self._note_printed(as_they_are.printed)
        self._read_values(found)
        self._elsewhere.add_patched_by_deployers(found.not_rendered)
        add_charts = self._elsewhere.read_charts(found.not_rendered)
        self._covering.leave_out(self._loaded, as_they_are.kept, {unit.unit for unit in self._seen})
        add_charts()
        set_namespaces(self._loaded.resources, self._namespaces)
        fill(self._loaded.resources, found.units.values())
        note_standings((*self._loaded.resources, *self._loaded.refused), found)
        self._loaded.problems = [self._unless_deployed(one) for one in self._loaded.problems]
        self._loaded.problems += undefined(found.units) if self._kinds.versions else ()
        for base, one in varied(self._bases, self._engines, len(todo) * 2 // 3) if self._kinds.with_variants else ():
            self._add_variant(base, one)
        note_kept(self._loaded.resources, found)
        self._note_completeness(found)

    def _note_plan(self, found: PlannedUnits) -> None:
        """Remember who deploys what."""
        deployed = [(unit, inputs, tree) for (unit, inputs, *_), tree in found.units.values() if unit.deployer]
        self._followed = found.followed
        self._parted = {(id(tree), posixpath.dirname(unit.source.applied_folder())) for unit, _, tree in deployed}
        self._applied = {
            tree.shown(path)
            for unit, inputs, tree in deployed
            if unit.deployed_by.startswith(_OF_OBJECTS)
            for path in inputs
            if path != unit.deployer
        }
        self._standings = found.standings
        self._undeployed = {path for path, standing in found.standings.items() if standing == "undeployed"}

    def _sorted_out(self, found: PlannedUnits) -> tuple[list[_Todo], _AsTheyAre]:
        """Return the units to render, and the files that stand for themselves."""
        todo: list[_Todo] = []
        as_they_are = _AsTheyAre(set(), set())
        deployed = self._deployed(found)
        for name, (planned, tree) in found.units.items():
            if planned.plain is not None and planned.stands_for_itself:
                standing = set(self._covering.shown(tree, planned.plain))
                as_they_are.kept.update(standing if planned.unit.deployer else standing - deployed)
                as_they_are.printed.update(standing if planned.unit.source.prints_texts else ())
            elif self._only is None or name in self._only:
                if self._is_of_interest(planned, tree):
                    todo.append((name, planned, tree))
            else:
                self._covering.add(planned, tree)
        return todo, as_they_are

    def _render(self, todo: Sequence[_Todo], known: Mapping[str, Outcome]) -> None:
        outcomes = self._engines.render_each([(planned.rendered, tree) for name, planned, tree in todo if name not in known])
        for number, (name, planned, tree) in enumerate(todo):
            tree.budget.begin(name, number, len(todo))
            self._take(name, planned, tree, known[name] if name in known else next(outcomes))

    def _note_completeness(self, found: PlannedUnits) -> None:
        completeness = self._loaded.completeness
        completeness.units = tuple(sorted(self._seen))
        left = (not_followed(one, tree) for one, tree in found.not_rendered)
        completeness.not_rendered = tuple(sorted({*self._not_followed, *left}))
        self._loaded.gaps += gaps_of(found.not_rendered, found.units.values())

    def _read_values(self, found: PlannedUnits) -> None:
        """Read the values of charts that are not there in the objects that kustomizations print, in place of those that are written."""
        wanted = [kind for kind in VALUE_KINDS if kind in self._kinds.wanted]
        printed = [one for one in found.printed if self._only is None or one.name in self._only] if wanted else []
        if not printed:
            return
        from k8slblint.rendering.printed_values import Patches, is_replaced, object_of, replaced, values_of  # few trees have any

        patches = Patches()
        gone = replaced(printed, patches)
        self._loaded.resources = [one for one in self._loaded.resources if not is_replaced(one, gone)]
        rendered = {one.unit for one in self._seen if not one.failure}
        for written in self._loaded.resources:
            if written.type_name in GITOPS_KINDS and (written.path, written.type_name, written.name) in gone:
                written.standing = "undeployed"
        charts = (one.unit for name, (one, _) in found.units.items() if name in rendered)
        deployed = {unit.deployed_by for unit in charts if unit.source.is_templated}
        for one in printed:
            values = list(values_of(one, wanted, patches)) if one.deployer not in deployed else []
            made = values if one.name in rendered else [*values, object_of(one, patches)]
            if made and one.name not in self._loaded.files:
                self._loaded.files[one.name] = self._source_file(one.name, one.planned, one.tree, "")
            self._loaded.resources += made

    def _note_printed(self, paths: set[str]) -> None:
        """Give the objects of files that kustomizations list the values that kustomize prints."""
        for objects in (self._loaded.resources, self._loaded.refused) if paths else ():
            there = [number for number, one in enumerate(objects) if posixpath.normpath(one.path) in paths]
            for number, one in zip(there, as_kustomize_prints([objects[number] for number in there], lambda: paths), strict=True):
                objects[number] = one

    def _unless_deployed(self, problem: InputProblem) -> InputProblem:
        """Return a problem, in doubt where it is about a text that nobody deploys, as what is said of its objects is."""
        is_aside = not problem.units and problem.location.path in self._undeployed
        return problem._replace(confidence="low") if is_aside else problem

    def _deployed(self, found: PlannedUnits) -> set[str]:
        """Return the files of what objects deploy: a kustomization that nobody names and that lists them too adds nothing."""
        deployed = ((planned, tree) for planned, tree in found.units.values() if planned.unit.deployer)
        return {shown for planned, tree in deployed for shown in self._covering.shown(tree, planned.covered)}

    def has_rendered(self, path: str) -> bool:
        """Tell whether a file or folder is part of a chart that was rendered."""
        return self._covering.holds_template(path)

    def _is_of_interest(self, planned: Planned, tree: SourceTree) -> bool:
        has_charts = planned.has_charts and planned.plain is None
        if planned.unit.source.is_templated or has_charts or not planned.is_whole:
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
        return type_name not in GITOPS_KINDS and not type_name.startswith(HELM_VALUES) and type_name not in self._kinds.aside

    def _is_completed_by_others(self, one: Resource) -> bool:
        """Tell whether an object that deploys something would be refused as it stands: then patches may tell the rest."""
        declared = self._loaded.declared.get((one.path, one.api_version, one.kind)) if one.type_name in GITOPS_KINDS else None
        return declared is not None and not fits(one.value, declared.validators)

    def _take(self, name: str, planned: Planned, tree: SourceTree, outcome: Outcome) -> None:
        seen = SeenUnit(name, tree.shown(planned.unit.path), planned.rendered.kind, planned.reason)
        if isinstance(outcome, Rendered) and outcome.without:
            planned = planned.rendered_without(outcome.without)
        if isinstance(outcome, RenderFailure) or outcome.lacks:
            self._elsewhere.add_patched(planned, tree)
        if isinstance(outcome, RenderFailure) or outcome.lacks or planned.unit.source.is_templated:
            self._elsewhere.note_absent(name, planned, tree)
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
        has_variants = planned.unit.source.is_templated and not planned.unit.is_copy  # which only its own project would mend
        if not planned.is_stated and has_variants and isinstance(outcome, Rendered):
            self._bases.append(Base(name, planned, tree, outcome))
        is_unsure = any(is_for_want_of_values(planned, tree, one) for one in outcome.lacks[:1]) or self._is_unreached(planned, tree)
        self._failures.add_partial(planned, tree, outcome, is_unsure=is_unsure)
        within = (only_namespaces(planned, tree) if outcome.lacks else ()) or (None,)
        for failure in outcome.lacks:
            reason = f"it was rendered without a part ({fitted(failure.reason, _LONGEST_REASON)})"
            self._loaded.gaps += [Gap(name, reason, is_part=True, namespace=one, url=failure.url) for one in within]
        self._covering.add_rendered(planned, tree, is_lacking=bool(outcome.lacks))
        self._seen.append(seen._replace(documents=count))

    def _add_all(self, name: str, planned: Planned, tree: SourceTree, outcome: Rendered) -> int:
        """Add the objects of a unit and return how many there are. Raises `OverLimitError` before any is added, but for plain files."""
        unit = RenderedUnit(planned.described(tree), planned, tree, self._engines, sum(len(one.text) for one in outcome.documents))
        if planned.plain is None:
            return self._add(name, planned, tree, outcome.documents, partial(RenderedProvenance, unit))
        return sum(self._add(name, planned, tree, [document], partial(DirectProvenance, unit)) for document in outcome.documents)

    def _add(
        self, name: str, planned: Planned, tree: SourceTree, found: Sequence[RenderedDocument], provenance: Callable[[str], Provenance]
    ) -> int:
        budget = tree.budget
        part = budget.part("bytes_rendered", MOST_BYTES, name, "bytes of rendered text")
        text = joined(found, planned.unit.substitute, part)
        file = self._source_file(name, planned, tree, text.text)
        loaded = load([file], wanted=self._kinds.wanted, are_rendered=True, budget=budget, most_objects=MOST_OBJECTS)
        refused = self._reprinted.printed(file, text, planned, tree, budget)
        seen = loaded.completeness
        if planned.plain is not None and planned.unit.source.prints_texts:
            loaded.resources = as_kustomize_prints(loaded.resources, lambda: {posixpath.normpath(name)})
        resources = [one for one in loaded.resources if not _is_test_hook(one)]
        for one in (*resources, *refused):
            one.provenance = provenance(text.file_at(one.root.line))
            set_namespace(one, planned.unit.namespace)
        written = [text.file_at(one.root.line) for one in resources]
        note_unset(resources, tree, planned, written, is_refused=planned.unit.source.is_rendered_in_part)
        own = self._loaded.completeness
        own.documents_seen += seen.documents_seen
        own.documents_linted += len(resources)
        own.documents_with_placeholders += seen.documents_with_placeholders
        own.documents_skipped = skips_with(own.documents_skipped, seen.documents_skipped)
        hooks = len(loaded.resources) - len(resources)
        if hooks:
            own.documents_skipped = skips_with(own.documents_skipped, [("Helm test hook", name, hooks)])
        self._loaded.resources += resources
        self._loaded.refused += refused
        if planned.unit.source.is_templated and name not in self._followed:
            self._note_deployers(resources, tree, planned, text)
        self._loaded.gaps += loaded.gaps
        self._loaded.definitions += loaded.definitions
        self._loaded.files[name] = file
        for kind in loaded.unopened:
            self._loaded.unopened.setdefault(kind, {})[name] = None
        problems = together([_rendered_problem(one, tree, text, planned) for one in loaded.problems])
        problems = [one for one in problems if not self._is_told(one, planned)]
        self._loaded.problems += [one if is_set_by_template(one) else one._replace(units=(name,)) for one in problems]
        return seen.documents_seen - hooks

    def _add_variant(self, base: Base, one: Varied) -> None:
        """Add what a unit prints with other values; it is counted nowhere, and what is wrong with its text is not told."""
        tree, unit = base.tree, RenderedUnit(f"{one.planned.described(base.tree)}, when {one.when}", one.planned, base.tree, self._engines)
        try:
            part = tree.budget.part("bytes_rendered", MOST_BYTES, one.name, "bytes of rendered text")
            text = joined([*one.changed, *one.beside], None, part)
            file = self._source_file(one.name, one.planned, tree, text.text, one.when)
            loaded = load([file], wanted=self._kinds.wanted, are_rendered=True, budget=tree.budget, most_objects=MOST_OBJECTS)
        except OverLimitError:
            return
        files = [text.file_at(resource.root.line) for resource in loaded.resources]
        note_unset(loaded.resources, tree, one.planned, files, is_refused=one.planned.unit.source.is_rendered_in_part)
        end = text.starts[len(one.changed)] if one.beside else math.inf
        for resource, written in zip(loaded.resources, files, strict=True):
            resource.provenance = RenderedProvenance(unit, written)
            set_namespace(resource, one.planned.unit.namespace)
            resource.standing = "variant" if resource.root.line < end and resource.standing == "deployed" else "beside"
        self._loaded.resources += loaded.resources
        self._loaded.gaps += [*loaded.gaps, *(gap._replace(path=one.name) for gap in self._loaded.gaps if gap.path == base.name)]
        self._loaded.files[one.name] = file
        self.variants.setdefault(base.name, set()).add(one.name)

    def _is_told(self, problem: InputProblem, planned: Planned) -> bool:
        """Tell whether a problem of a file that is deployed as it is was found where it stands, too."""
        told = (other for other in self._loaded.problems if other.location.path == problem.location.path and not other.units)
        return planned.plain is not None and any(other.rule == problem.rule for other in told)

    def _note_deployers(self, resources: Sequence[Resource], tree: SourceTree, planned: Planned, text: Joined) -> None:
        """Note the objects that templates print and that deploy something in their turn (an app of apps), where nothing followed them."""
        of_tests = not planned.unit.is_deployed and "/ci/" in f"/{planned.unit.path}"
        for one in resources if not of_tests else ():
            if one.type_name in GITOPS_KINDS:
                file = text.file_at(one.root.line) or planned.unit.path
                found = NotFollowed(f"{one.kind} {one.name}", tree.shown(file), 1, f"it is itself rendered from {planned.described(tree)}")
                self._not_followed.append(found)
                self._loaded.gaps.append(Gap(tree.shown(file), f"{found.object}: {found.reason}"))

    def _source_file(self, name: str, planned: Planned, tree: SourceTree, text: str, when: str = "") -> SourceFile:
        unit = planned.unit
        known = self._by_path.get(tree.shown((teller := unit.told_by or unit).path))
        scope = teller.source.scope_path(known.scope_path if known else teller.path, teller.label)
        if not unit.is_deployed and "/ci/" in f"/{unit.path}":
            when = when or f"the values are those of `ci/{posixpath.basename(unit.path)}`"
        deployment = Deployment(
            unit.cluster,
            unit.environment,
            stands_alone=not unit.is_deployed,
            reason=planned.reason,
            deployer=tree.shown(unit.deployer) if unit.deployer else "",
            is_own_cluster=unit.is_own_cluster,
            is_offered=unit.is_offered,
            is_copy=unit.is_copy,
            when=when,
            is_reached=bool(unit.deployer) and tree.shown(unit.deployer) in self._applied,
        )
        file = SourceFile(name, text.encode, scope, deployment=deployment)
        if known is None:
            return file
        return file._replace(project=known.project, above=known.above, outer_project=known.outer_project, is_elsewhere=known.is_elsewhere)

    def _fail(self, name: str, planned: Planned, tree: SourceTree, failure: RenderFailure) -> None:
        is_left = not planned.is_stated and tree.shown(planned.unit.path) in self._undeployed
        if not is_left and not (failure.kind == "missing" and self._is_passed_over(planned, tree)):
            is_unsure = self._is_unreached(planned, tree) or is_for_want_of_values(planned, tree, failure)
            self._failures.add(planned, tree, failure, is_unsure=is_unsure)
        if failure.is_out_of_memory:
            tree.budget.lack("renderer_memory", tree.shown(planned.unit.path))
        for path, namespace in namespaces(planned, tree).items():
            self._namespaces.setdefault(tree.shown(path), set()).add(namespace)
        reason = f"it could not be rendered ({fitted(failure.reason, _LONGEST_REASON)})"
        within = only_namespaces(planned, tree) or (None,)
        is_refused = failure.kind in ("missing", "template", "empty", "plugin", "remote") and not planned.unit.source.is_templated
        self._loaded.gaps += [Gap(name, reason, is_refused, namespace, failure.url) for namespace in within]
        if planned.unit.is_offered or name not in self._loaded.files:
            self._loaded.files[name] = self._source_file(name, planned, tree, "")

    def _is_unreached(self, planned: Planned, tree: SourceTree) -> bool:
        """Tell whether no deployer of a GitOps tree reaches what it was not told to deploy: perhaps nobody builds it."""
        return not planned.is_stated and self._standings.get(tree.shown(planned.unit.path)) == "unreached"

    def _is_passed_over(self, planned: Planned, tree: SourceTree) -> bool:
        """Tell whether nothing deploys a kustomization of whose subfolders GitOps deploys one on its own: nobody builds the whole."""
        return not (planned.is_stated or planned.unit.deployer) and (id(tree), posixpath.dirname(planned.unit.path)) in self._parted


_OF_OBJECTS = ("Application ", "Kustomization ")
"""Deployers that apply the objects of a folder, other deployers among them."""


def _rendered_problem(one: InputProblem, tree: SourceTree, text: Joined, planned: Planned) -> InputProblem:
    line = one.location.span.line
    file = text.file_at(line) or planned.unit.path
    told = "" if is_repeated_key(one) else one.why
    why = f"{told} It is part of what was rendered from {planned.described(tree)}.".lstrip()
    source = source_text(tree, file)
    if is_repeated_key(one) and planned.unit.source.is_templated:
        return at_template(one, *text.within(line), Template(tree.shown(file), source), why, _helpers(tree, planned))
    return one._replace(location=Location(tree.shown(file), Span(1, 1, 1, 2)), source=source, label="", why=why)


def _helpers(tree: SourceTree, planned: Planned) -> Iterator[Template]:
    """Yield the files of the named templates of a chart, which are read as far as they are asked for."""
    below = (path for folder in planned.unit.source.template_folders() for path in tree.files_below(folder) if path.endswith(".tpl"))
    yield from (Template(tree.shown(path), source_text(tree, path)) for path in islice(below, _MOST_HELPERS))


def _type_name(chunk: documents.Chunk) -> str:
    api_version, kind = documents.sniff(chunk)
    group = (api_version or "").rpartition("/")[0]
    return f"{kind}.{group}" if group else str(kind)


def _is_test_hook(one: Resource) -> bool:
    hook = one.annotations.get(_HOOK)
    return isinstance(hook, str) and any(word.strip().startswith("test") for word in hook.split(","))
