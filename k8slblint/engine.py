"""Knows the order of work: load, build the graphs, run the checks, grade, locate and silence what they yield."""

import os
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, Literal, NamedTuple

from k8slblint import __version__, grading, rulebook
from k8slblint.config import Config, RuleSettings, full_path
from k8slblint.fingerprint import LineHashes
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import KindsInUse
from k8slblint.graph.scopes import FilePlace
from k8slblint.loading.resources import load
from k8slblint.loading.validation import validate
from k8slblint.model.errors import UsageError
from k8slblint.model.finding import CheckFailure, Finding, Report, UndecidedRule
from k8slblint.model.loaded import Gap, Loaded, SourceFile
from k8slblint.model.location import Location, Span
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.resource import Place, Resource, SourceText
from k8slblint.model.rule import CONFIDENCES, Problem, Rule, Severity, Undecided, least
from k8slblint.rendering.tree import SourceTree
from k8slblint.rendering.worth import is_worth_rendering
from k8slblint.suppression import RULE_ID as UNUSED_SUPPRESSION
from k8slblint.suppression import Candidate, Suppressions

_INVALID_RESOURCE = "invalid-resource"


class Sources(NamedTuple):
    """What to lint: the files now, and, to compare with, the files before.

    `changed_paths` names the only files that differ (a git revision); None means that any may (a folder).
    `gaps` are what listing the files had to leave out, `kustomizations` those above the files, which tell what is a patch.
    `trees` hold the files for renderers, `trees_before` those of the revision before; without them nothing is rendered.
    `changed_in_trees` are the real paths of all files that differ, of any kind; None means that any may.
    """

    files: Sequence[SourceFile]
    before: Sequence[SourceFile] | None = None
    changed_paths: frozenset[str] | None = None
    against: str | None = None
    gaps: tuple[Gap, ...] = ()
    kustomizations: Sequence[SourceFile] = ()
    trees: Sequence[SourceTree] = ()
    trees_before: Sequence[SourceTree] = ()
    changed_in_trees: frozenset[str] | None = None


class _Outcome:
    """What a run has yielded so far."""

    __slots__ = ("failures", "findings", "suppressed", "undecided")

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.suppressed: list[Finding] = []
        self.failures: list[CheckFailure] = []
        self.undecided: Counter[tuple[str, str]] = Counter()


def lint(sources: Sources, config: Config, *, with_line_hashes: bool = False) -> tuple[Report, ResourceGraph]:
    """Run every rule that is on over the sources; return the report and the graph it rests on.

    `with_line_hashes` fills `Finding.line_hash`, which only SARIF needs. Raises `UsageError` for an unknown rule.
    """
    rules = _rules_on(config)
    wanted = KindsInUse(*(kind for rule in rules for kind in rule.kinds), *(_deploying_kinds() if sources.trees else ()))
    versions = _versions(config) if any(rule.id == _INVALID_RESOURCE for rule in rules) else ()
    loaded = load(sources.files, wanted=wanted, kustomizations=sources.kustomizations, versions=versions)
    if not sources.trees or not is_worth_rendering((*sources.files, *(sources.before or ()))):
        graph = _graphs(loaded, sources, config, wanted)
        return _Run(config, rules, graph, loaded, with_line_hashes=with_line_hashes).report(sources.against), graph
    from k8slblint.rendered import render_into  # a tree without charts and overlays does without
    from k8slblint.rendering.deploying import Kinds

    with render_into(loaded, sources, config, Kinds(wanted, wanted.aside)) as rendered:
        sources = sources._replace(changed_paths=rendered.changed_paths, gaps=rendered.gaps)
        graph = _graphs(loaded, sources, config, wanted, rendered.before)
        return _Run(config, rules, graph, loaded, with_line_hashes=with_line_hashes).report(sources.against), graph


def _deploying_kinds() -> frozenset[str]:
    from k8slblint.rendering.gitops import GITOPS_KINDS

    return GITOPS_KINDS


def _versions(config: Config) -> tuple[str | None, ...]:
    """Return the Kubernetes releases that resources may be meant for; None stands for the unknown one."""
    settings = config.scopes
    if settings.kubernetes_version:
        return (settings.kubernetes_version,)
    stated = {cluster.kubernetes_version for cluster in settings.clusters}
    return (settings.defaults.kubernetes_version, *sorted(version for version in stated if version))


def _rules_on(config: Config) -> list[Rule]:
    rules = rulebook.select_rules(config.select, config.extend_select, config.ignore)
    rules = [rule for rule in rules if not _is_off(config.rules.get(rule.id, RuleSettings()))]
    if not rules:
        raise UsageError("no rule is on: what is selected is ignored or off.")
    return rules


def _is_off(settings: RuleSettings) -> bool:
    """Tell whether a rule is off in every environment."""
    return settings.severity == "off" and all(stated.severity in (None, "off") for stated in settings.environments.values())


def _graphs(loaded: Loaded, sources: Sources, config: Config, wanted: KindsInUse, before: Loaded | None = None) -> ResourceGraph:
    previous = None
    by_path = sources.changed_paths is not None
    if sources.before is not None:
        before = before or load(sources.before, wanted=wanted)
        places = _places(before, before.gaps, config, by_path=by_path)
        previous = ResourceGraph(before.resources, places=places, settings=config.scopes, gaps=before.gaps)
    gaps = (*sources.gaps, *loaded.gaps)
    return ResourceGraph(
        loaded.resources,
        places=_places(loaded, gaps, config, by_path=by_path),
        settings=config.scopes,
        gaps=gaps,
        previous=previous,
        changed_paths=sources.changed_paths,
    )


def _places(loaded: Loaded, gaps: Sequence[Gap], config: Config, *, by_path: bool) -> dict[str, FilePlace]:
    """Return where each file stands, and each gap that is no file; `by_path` names them by path in both revisions."""
    here = os.path.realpath(".") if config.scopes.clusters else None
    places = {path: _place(file, here, by_path=by_path) for path, file in loaded.files.items()}
    roots = sorted({path.removesuffix(place.below) for path, place in places.items()}, key=len, reverse=True)
    for gap in gaps:
        if gap.path not in places:
            root = next((root for root in roots if gap.path.startswith(root)), "")
            below = gap.path.removeprefix(root)
            places[gap.path] = FilePlace(key=gap.path if by_path else below, below=below, full=full_path(gap.path, here) if here else "")
    return places


def _place(file: SourceFile, here: str | None, *, by_path: bool) -> FilePlace:
    below = file.scope_path or file.path
    is_walked = file.path.endswith(below) and not file.path.startswith(("/", "../"))
    above = file.path.removesuffix(below) if is_walked else ""
    full = full_path(file.path, here) if here else ""
    return FilePlace(file.path if by_path else _key(file, below), below, file.project, above, full, file.deployment)


def _key(file: SourceFile, below: str) -> str:
    """Return what names a file, or a unit by its label too, in two folders that are compared."""
    _, bracket, label = file.path.partition(" [") if file.deployment else ("", "", "")
    return below + bracket + label


class _Run:
    """One run over one graph: collects findings, failures and what could not be decided."""

    def __init__(self, config: Config, rules: Sequence[Rule], graph: ResourceGraph, loaded: Loaded, *, with_line_hashes: bool) -> None:
        self._config = config
        self._rules = {rule.id: rule for rule in rules}
        self._graph = graph
        self._loaded = loaded
        self._hashes = LineHashes() if with_line_hashes else None
        self._outcome = _Outcome()
        self._suppressions = Suppressions(self._sources(), (*loaded.resources, *loaded.refused), config.suppressions, rulebook.canonical_id)

    def report(self, against: str | None) -> Report:
        """Do the work in order and return what came of it."""
        self._report_input()
        self._report_invalid_resources()
        for rule in self._rules.values():
            if rule.stage == "checks" and not (rule.compares_revisions and self._graph.previous is None):
                self._run_check(rule)
        self._report_suppressions()
        completeness = self._loaded.completeness
        completeness.undecided = [UndecidedRule(*key, count) for key, count in sorted(self._outcome.undecided.items())]
        return Report(
            version=__version__,
            findings=grading.in_order(self._outcome.findings),
            suppressed=grading.in_order(self._outcome.suppressed),
            completeness=completeness,
            rules=tuple(self._rules.values()),
            failures=tuple(self._outcome.failures),
            against=against,
        )

    def _sources(self) -> Iterator[tuple[str, SourceText]]:
        seen = {problem.location.path: problem.source for problem in self._loaded.problems}
        linted = (*self._loaded.resources, *self._loaded.refused)
        seen.update((resource.path, resource.source) for resource in linted if resource.provenance is None)
        yield from sorted(seen.items())

    def _report_input(self) -> None:
        for problem in self._loaded.problems:
            if problem.rule in self._rules:
                line = problem.source.line(problem.location.span.line)
                rule = self._rules[problem.rule]
                rule = rule._replace(severity=problem.severity) if problem.severity else rule
                self._add_plain(rule, problem.location, problem.message, problem.source, None, line)

    def _report_invalid_resources(self) -> None:
        rule = self._rules.get(_INVALID_RESOURCE)
        if rule is None:
            return
        for resource in (*self._loaded.resources, *self._loaded.refused):
            version = self._graph.scope(resource).kubernetes_version
            declared = self._loaded.declared.get((resource.path, resource.api_version, resource.kind))
            for problem in self._guarded(rule, resource, partial(validate, resource, version, declared)):
                self._add_problem(rule, resource, problem)

    def _run_check(self, rule: Rule) -> None:
        resources = (*self._graph.of_type(*rule.kinds), *(self._removed(rule) if rule.reports_removed else ()))
        if not resources:
            return
        check = rulebook.find_check(rule)
        settings = self._config.rules.get(rule.id, RuleSettings())
        for resource in resources:
            parameters = self._parameters(rule, settings, resource)
            for problem in self._guarded(rule, resource, partial(check, resource, self._graph, **parameters)):
                self._add_problem(rule, resource, problem)

    def _removed(self, rule: Rule) -> Iterator[Resource]:
        return (resource for resource in self._graph.removed if resource.type_name in rule.kinds)

    def _guarded(self, rule: Rule, resource: Resource, call: Callable[[], Iterable[Problem | Undecided]]) -> list[Problem | Undecided]:
        """Return what a check yields; one that raises is reported loudly and the others go on."""
        try:
            return list(call())
        except Exception as error:  # noqa: BLE001 - the border: whatever a check raises must not hide what others find
            frame = traceback.extract_tb(error.__traceback__)[-1]
            described = f"{type(error).__name__}: {error} (in {frame.name}, line {frame.lineno} of {os.path.basename(frame.filename)})"
            self._outcome.failures.append(CheckFailure(rule.id, f"{resource.id} in {resource.path}", described))
            return []

    def _parameters(self, rule: Rule, settings: RuleSettings, resource: Resource) -> dict[str, Any]:
        parameters = {parameter.name: parameter.default for parameter in rule.parameters}
        parameters.update(settings.parameters)
        if settings.environments:
            environment = self._graph_of(resource).scope(resource).environment
            parameters.update(settings.environments.get(environment, RuleSettings()).parameters)
        return parameters

    def _add_problem(self, rule: Rule, resource: Resource, problem: Problem | Undecided) -> None:
        if isinstance(problem, Undecided):
            self._outcome.undecided[rule.id, problem.reason] += 1
            return
        if _rests_on_placeholder(resource, problem):
            self._outcome.undecided[rule.id, "the value holds a placeholder that is filled in later"] += 1
            return
        settings = self._config.rules.get(rule.id, RuleSettings())
        severity = self._severity(rule, settings, resource, problem)
        if severity == "off":
            return
        confidence = settings.confidence or least(problem.confidence, rule.confidence)
        place = self._place_of_removed(resource) if self._is_removed(resource) else resource.place(problem.path, problem.at)
        self._add(grading.finding(rule, resource, problem, severity, confidence, place), place.source, resource)

    def _is_removed(self, resource: Resource) -> bool:
        return any(gone is resource for gone in self._graph.removed)

    def _graph_of(self, resource: Resource) -> ResourceGraph:
        """Return the graph that a resource is of: that of now, or for one that is gone the one before."""
        return self._graph.previous if self._graph.previous is not None and self._is_removed(resource) else self._graph

    def _place_of_removed(self, resource: Resource) -> Place:
        """Return the first line of the file that a resource is gone from; where the file is gone too, where it stood."""
        key = self._graph_of(resource).place_key(resource)
        neighbour = next((other for other in self._graph.resources if self._graph.place_key(other) == key), None)
        if neighbour is None or neighbour.provenance is not None:
            return resource.place(("metadata", "name"))
        line = neighbour.source.line(1)
        return Place(Location(neighbour.path, Span(1, 1, 1, len(line) + 1)), neighbour.source)

    def _severity(self, rule: Rule, settings: RuleSettings, resource: Resource, problem: Problem) -> Severity | Literal["off"]:
        if settings.environments:
            environment = self._graph_of(resource).scope(resource).environment
            stated = settings.environments.get(environment, RuleSettings()).severity
            if stated:
                return stated
        return settings.severity or problem.severity or rule.severity

    def _add_plain(
        self, rule: Rule, location: Location, message: str, source: SourceText | None, resource: Resource | None, source_line: str
    ) -> None:
        """Add a finding that is about text, not about a field of a resource."""
        settings = self._config.rules.get(rule.id, RuleSettings())
        finding = grading.plain_finding(rule, location, message, resource, source_line)
        if settings.severity != "off":
            changed = finding._replace(severity=settings.severity or rule.severity, confidence=settings.confidence or rule.confidence)
            self._add(changed, source, resource)

    def _add(self, finding: Finding, source: SourceText | None, resource: Resource | None) -> None:
        rendered = source if resource is not None and resource.provenance is not None else None
        acceptance = self._suppressions.accept(Candidate(finding.rule, finding.location, resource, rendered))
        if CONFIDENCES.index(finding.confidence) < CONFIDENCES.index(self._config.min_confidence):
            return
        if self._hashes and source:
            finding = finding._replace(line_hash=self._hashes.of(source.text, finding.location.span.line))
        if acceptance:
            self._outcome.suppressed.append(finding._replace(suppressed=acceptance))
        else:
            self._outcome.findings.append(finding)

    def _report_suppressions(self) -> None:
        rule = self._rules.get(UNUSED_SUPPRESSION)
        if rule is None:
            return
        for complaint in self._suppressions.complaints(frozenset(self._decided())):
            line = complaint.source.line(complaint.location.span.line) if complaint.source else ""
            self._add_plain(rule, complaint.location, complaint.message, complaint.source, complaint.resource, line)

    def _decided(self) -> Iterator[str]:
        if any(file.named for file in self._loaded.files.values()):
            return  # of single files: what they are suppressed for may rest on others
        failed = {failure.rule for failure in self._outcome.failures}
        undecided = {rule_id for rule_id, _ in self._outcome.undecided}
        for rule in self._rules.values():
            needs_more = rule.compares_revisions and self._graph.previous is None
            if rule.id not in failed | undecided and not needs_more and rule.id != UNUSED_SUPPRESSION:
                yield rule.id


def _rests_on_placeholder(resource: Resource, problem: Problem) -> bool:
    if problem.at == "key":
        return bool(problem.path) and has_placeholder(problem.path[-1])
    value = resource.get(*problem.path)
    return isinstance(value, str) and has_placeholder(value)
