"""Runs rules over what was read: checks, then grades, locates and suppresses their problems."""

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import copy
from functools import partial
from typing import Any, Literal, NamedTuple

from k8slblint import __version__, grading, rulebook
from k8slblint.admission import objects
from k8slblint.admission.chart_values import chart_value_problems
from k8slblint.budget import BudgetSpentError
from k8slblint.config import Config, RuleSettings
from k8slblint.fingerprint import LineHashes
from k8slblint.graph.graph import ResourceGraph
from k8slblint.loading.validation import validate
from k8slblint.model.finding import CheckFailure, Finding, Report, SpentBudget, UndecidedRule
from k8slblint.model.location import Location, Span
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.resource import Place, Resource, SourceText
from k8slblint.model.rule import CONFIDENCES, Confidence, Problem, RelatedPlace, Rule, Severity, Undecided, least
from k8slblint.reading import Manifests
from k8slblint.suppression import RULE_ID as UNUSED_SUPPRESSION
from k8slblint.suppression import Candidate, Sparing, Suppressions

INVALID_RESOURCE = "invalid-resource"


class _Waiting(NamedTuple):
    """A problem that is graded and waits for its place."""

    rule: Rule
    resource: Resource
    problem: Problem
    severity: Severity
    confidence: Confidence


class _Outcome:
    """What a run has yielded so far."""

    __slots__ = ("failures", "findings", "suppressed", "undecided")

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.suppressed: list[Finding] = []
        self.failures: list[CheckFailure] = []
        self.undecided: Counter[tuple[str, str]] = Counter()


class Run:
    """One run over one graph: collects findings, failures and what could not be decided."""

    def __init__(self, manifests: Manifests, config: Config, rules: Sequence[Rule], *, with_line_hashes: bool) -> None:
        """Prepare to run `rules`; `with_line_hashes` fills `Finding.line_hash`, which only SARIF needs."""
        graph, loaded = manifests.graph, manifests.loaded
        self._manifests = manifests
        self._budget = manifests.budget
        self._waiting: list[_Waiting] = []
        self._config = config
        self._rules = {rule.id: rule for rule in rules}
        self._graph = graph
        self._loaded = loaded
        self._hashes = LineHashes() if with_line_hashes else None
        self._outcome = _Outcome()
        self._sparing = Sparing()
        self._suppressions = Suppressions(self._sources(), (*loaded.resources, *loaded.refused), config.suppressions, rulebook.canonical_id)

    def report(self) -> Report:
        """Do the work in order and return what came of it."""
        self._report_input()
        try:
            self._report_invalid_resources()
            for rule in self._rules.values():
                if rule.stage == "checks" and not (rule.compares_revisions and self._graph.base_part is None):
                    self._run_check(rule)
        except BudgetSpentError:
            pass  # what was found so far is reported, and completeness says that there may be more
        self._place_findings()
        self._report_suppressions()
        completeness = copy(self._loaded.completeness)  # one for each report: what was read may be linted again
        completeness.sandbox = self._manifests.sandbox()
        completeness.budget = SpentBudget(*self._budget.spent) if self._budget.spent else None
        completeness.places_not_proven = self._budget.places_given_up
        completeness.spared = self._sparing.spared()
        completeness.undecided = [UndecidedRule(*key, count) for key, count in sorted(self._outcome.undecided.items())]
        return Report(
            version=__version__,
            findings=grading.in_order(self._outcome.findings),
            suppressed=grading.in_order(self._outcome.suppressed),
            completeness=completeness,
            rules=tuple(self._rules.values()),
            failures=tuple(self._outcome.failures),
            against=self._manifests.against,
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
                self._add_plain(rule, problem, problem.location, problem.source, None, line)

    def _report_invalid_resources(self) -> None:
        rule = self._rules.get(INVALID_RESOURCE)
        if rule is None:
            return
        absent = {(one.path, one.object) for one in self._loaded.completeness.not_rendered}
        for resource in (*self._loaded.resources, *self._loaded.refused):
            version = self._graph.scope(resource).kubernetes_version
            declared = self._loaded.declared.get((resource.path, resource.api_version, resource.kind))
            calls: list[Callable[[], Iterable[Problem | Undecided]]] = [
                partial(validate, resource, version, declared),
                partial(objects.problems, resource),
            ]
            if (resource.path, str(resource.id)) in absent:
                calls.append(partial(chart_value_problems, resource))
            for call in calls:
                for problem in self._guarded(rule, resource, call):
                    self._add_problem(rule, resource, problem)

    def _run_check(self, rule: Rule) -> None:
        resources = (*self._graph.of_kinds_of_rule(*rule.kinds), *(self._removed(rule) if rule.reports_removed else ()))
        if not resources:
            return
        check = rulebook.find_check(rule)
        settings = self._config.rules.get(rule.id, RuleSettings())
        for resource in resources:
            if rule.compares_revisions and resource.standing != "deployed":
                continue  # it was no object before, or is none now
            parameters = self._parameters(rule, settings, resource)
            for problem in self._guarded(rule, resource, partial(check, resource, self._graph, **parameters)):
                self._add_problem(rule, resource, problem)

    def _removed(self, rule: Rule) -> Iterator[Resource]:
        return (resource for resource in self._graph.removed if resource.type_name in rule.kinds)

    def _guarded(self, rule: Rule, resource: Resource, call: Callable[[], Iterable[Problem | Undecided]]) -> list[Problem | Undecided]:
        """Return what a check yields; one that raises is reported loudly and the others go on."""
        self._budget.ask(resource.path)
        try:
            return list(call())
        except BudgetSpentError:
            raise
        except Exception as error:  # noqa: BLE001 - the border: whatever a check raises must not hide what others find
            import traceback  # no run needs it but this

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
            self._outcome.undecided[rule.id, "the value contains a placeholder"] += 1
            return
        settings = self._config.rules.get(rule.id, RuleSettings())
        severity = self._severity(rule, settings, resource, problem)
        if severity == "off":
            return
        confidence = settings.confidence or least(problem.confidence, rule.confidence, *_confidence_of(resource, problem))
        if problem.written_at is None and not self._is_removed(resource):
            resource.announce(problem.path, problem.at)
        for place in (*problem.related, *problem.traffic):
            place.resource.announce(place.path, place.at)
        self._waiting.append(_Waiting(rule, resource, problem, severity, confidence))

    def _place_findings(self) -> None:
        """Place what the checks found, all together: the lines of rendered objects are proven in one go."""
        for rule, resource, problem, severity, confidence in self._waiting:
            where = problem.written_at or RelatedPlace(resource, problem.path, "", problem.at)
            is_removed = problem.written_at is None and self._is_removed(resource)
            place = self._place_of_removed(resource) if is_removed else where.resource.place(where.path, where.at)
            is_packed = rule.id in _FAULTS_OF_TEMPLATES and place.location.path.endswith(_PACKED)
            sure = least(confidence, "low") if is_packed and not self._config.rules.get(rule.id, RuleSettings()).confidence else confidence
            self._add(grading.finding(rule, resource, problem, severity, sure, place), place.source, resource)

    def _is_removed(self, resource: Resource) -> bool:
        return any(gone is resource for gone in self._graph.removed)

    def _graph_of(self, resource: Resource) -> ResourceGraph:
        """Return the graph that a resource is of: that of now, or for one that is gone the one before."""
        return self._graph.base_part if self._graph.base_part is not None and self._is_removed(resource) else self._graph

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
        self, rule: Rule, texts: grading.Texts, location: Location, source: SourceText | None, resource: Resource | None, source_line: str
    ) -> None:
        """Add a finding that is about text, not about a field of a resource."""
        settings = self._config.rules.get(rule.id, RuleSettings())
        finding = grading.plain_finding(rule, location, texts, resource, source_line)
        if settings.severity != "off":
            changed = finding._replace(severity=settings.severity or rule.severity, confidence=settings.confidence or rule.confidence)
            self._add(changed, source, resource)

    def _add(self, finding: Finding, source: SourceText | None, resource: Resource | None) -> None:
        rendered = source if resource is not None and resource.provenance is not None else None
        is_unproven = finding.origin is not None and not finding.origin.exact
        acceptance = self._suppressions.accept(Candidate(finding.rule, finding.location, resource, rendered, is_unproven))
        if CONFIDENCES.index(finding.confidence) < CONFIDENCES.index(self._config.min_confidence):
            return
        if not acceptance and self._sparing.spares(finding.rule, finding.location, self._why_spared(finding, resource)):
            return
        if self._hashes and source:
            finding = finding._replace(line_hash=self._hashes.of(source.text, finding.location.span.line))
        if acceptance:
            self._outcome.suppressed.append(finding._replace(suppressed=acceptance))
        else:
            self._outcome.findings.append(finding)

    def _why_spared(self, finding: Finding, resource: Resource | None) -> str | None:
        """Return what the file of a finding is where that is no deployment; one that the user named is linted for what it says."""
        path = resource.path if resource is not None else finding.location.path
        file = self._loaded.files.get(path)
        if self._config.samples == "lint" or (file is not None and file.named):
            return None
        return (self._graph_of(resource) if resource is not None else self._graph).why_spared(path)

    def _report_suppressions(self) -> None:
        rule = self._rules.get(UNUSED_SUPPRESSION)
        if rule is None:
            return
        for complaint in self._suppressions.complaints(frozenset(self._decided())):
            line = complaint.source.line(complaint.location.span.line) if complaint.source else ""
            self._add_plain(rule, complaint, complaint.location, complaint.source, complaint.resource, line)

    def _decided(self) -> Iterator[str]:
        if any(file.named for file in self._loaded.files.values()):
            return  # of single files: what they are suppressed for may rest on others
        failed = {failure.rule for failure in self._outcome.failures}
        undecided = {rule_id for rule_id, _ in self._outcome.undecided}
        for rule in self._rules.values():
            needs_more = rule.compares_revisions and self._graph.base_part is None
            if rule.id not in failed | undecided and not needs_more and rule.id != UNUSED_SUPPRESSION:
                yield rule.id


_FAULTS_OF_TEMPLATES = frozenset({INVALID_RESOURCE, "service-rejected", "service-selects-no-pods", "service-port-unresolved"})
_PACKED = (".tgz", ".tar.gz")
"""A fault in the templates of a packed chart is for the authors of that: who deploys it can set no more than values."""


def _confidence_of(resource: Resource, problem: Problem) -> Iterator[Confidence]:
    """Yield how sure a claim can be about, or with the help of, what nobody deploys."""
    if any(one.standing == "undeployed" for one in (resource, *(place.resource for place in problem.related))):
        yield "low"


def _rests_on_placeholder(resource: Resource, problem: Problem) -> bool:
    if problem.at == "key":
        return bool(problem.path) and has_placeholder(problem.path[-1])
    value = resource.get(*problem.path)
    return isinstance(value, str) and has_placeholder(value)
