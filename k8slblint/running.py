"""Runs rules over what was read: checks, then grades, locates and suppresses their problems."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import copy
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Literal

from k8slblint import __version__, grading, rulebook, variants
from k8slblint.admission import objects
from k8slblint.budget import BudgetSpentError
from k8slblint.config import Config, RuleSettings
from k8slblint.fingerprint import LineHashes
from k8slblint.grading import INVALID_RESOURCE, Waiting
from k8slblint.graph.graph import ResourceGraph
from k8slblint.loading.validation import validate
from k8slblint.model.finding import Acceptance, CheckFailure, Finding, Novelty, Outcome, Report, SpentBudget, UndecidedRule
from k8slblint.model.location import Location, Span
from k8slblint.model.placeholders import setter_at
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Place, Resource, SourceText
from k8slblint.model.rule import CONFIDENCES, Confidence, Problem, RelatedPlace, Rule, Severity, Undecided, least
from k8slblint.reading import Manifests
from k8slblint.rulebook import CONFIGURATION_WEAKENED
from k8slblint.sparing import WEIGHTS, Sparing, why_in_collection
from k8slblint.suppression import MARK, Candidate, Suppressions
from k8slblint.suppression import RULE_ID as UNUSED_SUPPRESSION

if TYPE_CHECKING:
    from k8slblint.baseline import Baseline
    from k8slblint.comparing import Comparison
    from k8slblint.weakening import Weakened

__all__ = ["INVALID_RESOURCE", "Run", "Settings"]


FEWEST_SHARED = 8_000
"""Resources from which the rules run in several processes."""


class Settings(NamedTuple):
    """How a run reports.

    `new_only` sets apart what the revision before has too; without line hashes its lines in what is rendered are not proven.
    `accepted` are the findings of a baseline file. What is `weakened` stands first, and nothing silences it.
    `with_line_hashes` fills `Finding.line_hash`, which only SARIF needs. `with_novelty` says of each finding whether it is new, for which
    the rules run over the revision before, too.
    """

    new_only: bool = False
    accepted: "Baseline | None" = None
    weakened: "Sequence[Weakened]" = ()
    with_line_hashes: bool = False
    with_novelty: bool = True
    joins_causes: bool = False


class Run:
    """One run over one graph: collects findings, failures and what could not be decided."""

    def __init__(self, manifests: Manifests, config: Config, rules: Sequence[Rule], settings: Settings) -> None:
        """Prepare to run `rules`."""
        graph, loaded = manifests.graph, manifests.loaded
        self.manifests = manifests
        self._budget = manifests.budget
        self.waiting: list[Waiting] = []
        self._config = config
        self.rules = {rule.id: rule for rule in rules}
        self.graph = graph
        self.loaded = loaded
        self._hashes = LineHashes() if settings.with_line_hashes else None
        self._new_only = settings.new_only
        self._baseline = settings.accepted
        self._with_novelty = settings.with_novelty or settings.new_only
        self._joins_causes = settings.joins_causes
        self._given_weakened = settings.weakened
        self._unproven: set[str] = set()
        self.outcome = Outcome()
        self._sparing = Sparing()
        self._shown: set[str] = set()
        self.suppressions = Suppressions(loaded.sources(), (*loaded.resources, *loaded.refused), config.suppressions, rulebook.canonical_id)

    def report(self) -> Report:
        """Do the work in order and return what came of it."""
        self.collect()
        comparison = self._compared()
        self._report_input(comparison)
        self._place_findings(comparison)
        self._report_suppressions(comparison)
        completeness = copy(self.loaded.completeness)  # one for each report: what was read may be linted again
        completeness.sandbox = self.manifests.sandbox()
        spent = self._budget.spent or self._budget.lacked
        completeness.budget = SpentBudget(*spent) if spent else None
        completeness.places_not_proven = self._budget.places_given_up
        completeness.spared = self._sparing.spared()
        completeness.undecided = [UndecidedRule(*key, count) for key, count in sorted(self.outcome.undecided.items())]
        findings = self._without_baseline(grading.in_order(self.outcome.findings), is_compared=comparison is not None)
        alone = {path for path, file in self.loaded.files.items() if file.deployment is not None and file.deployment.stands_alone}
        findings = (*self._weakened(comparison), *(grading.of_one_cause(findings, alone | self._shown) if self._joins_causes else findings))
        return Report(
            version=__version__,
            findings=tuple(one for one in findings if not self._is_apart(one)),
            suppressed=grading.in_order(self.outcome.suppressed),
            completeness=completeness,
            rules=tuple(self.rules.values()),
            failures=tuple(self.outcome.failures),
            against=self.manifests.against,
            new_only=self._new_only,
            known=tuple(filter(self._is_apart, findings)),
            spared=tuple(one for one in grading.in_order(self._sparing.told) if not self._is_apart(one)),
            fixed=comparison.fixed if comparison and not self._budget.spent else (),
        )

    def _without_baseline(self, findings: tuple[Finding, ...], *, is_compared: bool) -> tuple[Finding, ...]:
        """Return the findings that the baseline does not accept, with what is wrong about the baseline itself."""
        if self._baseline is None:
            return findings
        from k8slblint.baseline import Reach, complaints, match, today

        found = match(self._baseline, findings, today())
        for number, entry in found.accepted.items():
            self.outcome.suppressed.append(findings[number]._replace(suppressed=Acceptance("baseline", entry.reason)))
        self.outcome.findings = []
        reach = Reach(self._baseline, frozenset(self._decided()), self.loaded)
        rule = self.rules.get(UNUSED_SUPPRESSION)
        for one in complaints(self._baseline, found, reach):
            if rule is not None:
                line = self._baseline.source.line(one.location.span.line)
                self.add_plain(rule, one, one.location, one.source, None, line, "new" if is_compared else None)
        left = (one for number, one in enumerate(findings) if number not in found.accepted)
        return tuple(sorted((*left, *grading.in_order(self.outcome.findings)), key=lambda one: one.order))

    def _weakened(self, comparison: "Comparison | None") -> tuple[Finding, ...]:
        """Return what is reported less than before, as findings that no suppression, baseline or setting of now reaches."""
        rule = self.rules.get(CONFIGURATION_WEAKENED)
        if rule is None:
            return ()
        found = []
        for one in (*self._given_weakened, *(comparison.new_suppressions() if comparison else ())):
            number = one.location.span.line
            finding = grading.plain_finding(rule, one.location, one, one.resource, one.source.line(number) if one.source else "")
            line_hash = self._hashes.of(one.source.text, number) if self._hashes and one.source else ""
            found.append(finding._replace(novelty="new", leads=True, line_hash=line_hash))
        return grading.in_order(found)

    def _is_apart(self, finding: Finding) -> bool:
        return self._new_only and finding.novelty == "known"

    def collect(self) -> None:
        """Run the rules; what they find is graded, and waits for its place."""
        try:
            if len(self.graph.resources) >= FEWEST_SHARED and self.graph.base_part is None:
                from k8slblint.sharing import collect_shared  # few trees are that large

                collect_shared(self, self._budget)
                return
            self.report_invalid_resources((*self.loaded.resources, *self.loaded.refused))
            for rule in self.checked():
                self.run_check(rule)
        except BudgetSpentError:
            pass  # what was found so far is reported, and completeness says that there may be more

    def checked(self) -> list[Rule]:
        """Return the rules that checks report."""
        of_checks = (rule for rule in self.rules.values() if rule.stage == "checks")
        return [rule for rule in of_checks if not (rule.compares_revisions and self.graph.base_part is None)]

    def _compared(self) -> "Comparison | None":
        """Return how the findings compare with those of the revision before, None without one."""
        before, base = self.manifests.before, self.graph.base
        if before is None or base is None:
            return None
        from k8slblint.comparing import Comparison  # only runs that compare need it

        rules = [rule for rule in self.rules.values() if not rule.compares_revisions]
        run = Run(self.manifests._replace(graph=base, loaded=before, before=None), self._config, rules, Settings())
        if not self._with_novelty:
            return Comparison(self.graph, self.manifests, self, run, is_whole=False)
        run.collect()
        self.outcome.failures += [one._replace(resource=f"{one.resource} (in the revision before)") for one in run.outcome.failures]
        return Comparison(self.graph, self.manifests, self, run, is_whole=True)

    def undecided(self) -> frozenset[str]:
        """Return the rules that could not decide somewhere."""
        return frozenset(rule for rule, _ in self.outcome.undecided)

    def ordered(self) -> tuple[Finding, ...]:
        """Return the findings that were taken up so far, in order."""
        return grading.in_order(self.outcome.findings)

    def _report_input(self, comparison: "Comparison | None") -> None:
        for number, problem in enumerate(self.loaded.problems):
            if problem.rule in self.rules:
                novelty = comparison.novelty_of_text(number) if comparison else None
                line = problem.source.line(problem.location.span.line)
                rule = self.rules[problem.rule]
                rule = rule._replace(severity=problem.severity or rule.severity, confidence=problem.confidence or rule.confidence)
                self.add_plain(rule, problem, problem.location, problem.source, None, line, novelty)

    def report_invalid_resources(self, resources: Iterable[Resource]) -> None:
        """Hold resources against the schemas of their kinds, and what else is said of every kind."""
        rule = self.rules.get(INVALID_RESOURCE)
        if rule is None:
            return
        absent = {(one.path, one.object) for one in self.loaded.completeness.not_rendered}
        completed = cache(self.loaded.beside.completed)
        for resource in filter(variants.is_looked_at, resources):
            version = self.graph.scope(resource).kubernetes_version
            declared = self.loaded.declared.get((resource.path, resource.api_version, resource.kind))
            calls: list[Callable[[], Iterable[Problem | Undecided]]] = [
                partial(validate, resource, version, declared, completed),
                partial(objects.problems, resource),
            ]
            if (resource.path, str(resource.id)) in absent:
                from k8slblint.admission.chart_values import chart_value_problems  # only charts that were not rendered have any
                from k8slblint.loading.public_charts import writes_annotations

                calls.append(partial(chart_value_problems, resource, writes_annotations))
            for call in calls:
                for problem in self._guarded(rule, resource, call):
                    self._add_problem(rule, resource, problem)

    def run_check(self, rule: Rule) -> None:
        """Let a check look at all resources of the kinds of its rule."""
        resources = (*self.graph.of_kinds_of_rule(*rule.kinds), *(self._removed(rule) if rule.reports_removed else ()))
        if not resources:
            return
        check = rulebook.find_check(rule)
        settings = self._config.rules.get(rule.id, RuleSettings())
        parameters = self._parameters(rule, settings)
        for resource in resources:
            if resource.standing != "deployed" and (rule.compares_revisions or not variants.is_told(rule.id, resource)):
                continue  # it was no object before, or is none now
            if settings.environments:
                parameters = self._parameters(rule, settings, self._graph_of(resource).scope(resource).environment)
            for problem in self._guarded(rule, resource, partial(check, resource, self.graph, **parameters)):
                self._add_problem(rule, resource, problem)

    def _removed(self, rule: Rule) -> Iterator[Resource]:
        base = self.graph.base_part
        gone = (resource for resource in self.graph.removed if resource.type_name in rule.kinds)
        return (resource for resource in gone if base is None or not base.is_elsewhere(resource))

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
            self.outcome.failures.append(CheckFailure(rule.id, f"{resource.id} in {resource.path}", described))
            return []

    @staticmethod
    def _parameters(rule: Rule, settings: RuleSettings, environment: str = "") -> dict[str, Any]:
        parameters = {parameter.name: parameter.default for parameter in rule.parameters}
        parameters.update(settings.parameters)
        if environment in settings.environments:
            parameters.update(settings.environments[environment].parameters)
        return parameters

    def _add_problem(self, rule: Rule, resource: Resource, problem: Problem | Undecided) -> None:
        if isinstance(problem, Undecided):
            self.outcome.undecided[rule.id, problem.reason] += resource.standing != "variant"
            return
        if grading.rests_on_placeholder(resource, problem):
            self.outcome.undecided[rule.id, "the value contains a placeholder"] += 1
            return
        settings = self._config.rules.get(rule.id, RuleSettings())
        severity = self._severity(rule, settings, resource, problem)
        if severity == "off" or variants.is_for_others(resource, problem, self.loaded.files.get(resource.path)):
            return
        if resource.standing == "variant":
            problem, severity = variants.conditional(problem, severity, self.loaded.files[resource.path])
        confidence = settings.confidence or least(problem.confidence, rule.confidence, *grading.confidence_of(resource, problem))
        self.waiting.append(Waiting(rule, resource, problem, severity, confidence))

    def _place_findings(self, comparison: "Comparison | None") -> None:
        """Place what the checks found, all together: the lines of rendered objects are proven in one go."""
        novelties = [comparison.novelty_of(number) if comparison else None for number in range(len(self.waiting))]
        seen = [self._is_seen(one) for one in self.waiting]
        for one, novelty, is_seen in zip(self.waiting, novelties, seen, strict=True):
            if is_seen and self._is_proven(novelty):
                self._announce(one)
        for one, novelty, is_seen in zip(self.waiting, novelties, seen, strict=True):
            finding, source = self.placed(one, is_proven=is_seen and self._is_proven(novelty), is_seen=is_seen)
            if one.problem.at != "key" and setter_at(finding.source_line) >= 0:
                self.outcome.undecided[one.rule.id, "kpt sets the value"] += 1
                continue
            finding = variants.of_tests(finding, self.loaded.files.get(one.resource.path))
            self.add(finding._replace(novelty=novelty), source, one.resource)

    def _is_seen(self, one: Waiting) -> bool:
        """Tell whether the line of a finding can matter: it is shown, or something in what it is rendered from may suppress it."""
        provenance = (one.problem.written_at or one).resource.provenance
        if provenance is None or not self.is_doubtful(one.confidence):
            return True
        is_configured = any(rulebook.canonical_id(entry.rule) == one.rule.id for entry in self._config.suppressions)
        return is_configured or provenance.mentions(MARK)

    def _is_proven(self, novelty: Novelty | None) -> bool:
        """Tell whether the line of a finding is worth a proof: not where it is only counted."""
        return novelty != "known" or not self._new_only or self._hashes is not None

    def _announce(self, one: Waiting) -> None:
        if one.problem.written_at is None and not self._is_removed(one.resource):
            one.resource.announce(one.problem.path, one.problem.at)
        for place in (*one.problem.related, *one.problem.traffic):
            place.resource.announce(place.path, place.at)

    def placed(self, one: Waiting, *, is_proven: bool, is_seen: bool = True) -> tuple[Finding, SourceText]:
        """Return a finding with its place and the text there; one not proven stands at its object, and is missed where it `is_seen`."""
        rule, resource, problem, severity, confidence = one
        where = problem.written_at or RelatedPlace(resource, problem.path, "", problem.at)
        if not is_proven and where.resource.provenance is not None:
            self._unproven.update((rule.id,) if is_seen else ())
            place = where.resource.provenance.start(where.resource, where.path, where.at)
            problem = problem._replace(related=(), traffic=())
        else:
            is_removed = problem.written_at is None and self._is_removed(resource)
            place = self._place_of_removed(resource) if is_removed else where.resource.place(where.path, where.at)
        finding = grading.finding(rule, resource, problem, severity, self._as_sure(rule, confidence, place), place)
        return finding._replace(cluster=self._graph_of(resource).scope(resource).cluster), place.source

    def _as_sure(self, rule: Rule, confidence: Confidence, place: Place) -> Confidence:
        """Return the confidence of a claim at a place: low inside a packed chart, unless the configuration states one."""
        is_packed = grading.is_fault_of_packed(rule.id, place)
        return least(confidence, "low") if is_packed and not self._config.rules.get(rule.id, RuleSettings()).confidence else confidence

    def _is_removed(self, resource: Resource) -> bool:
        return any(gone is resource for gone in self.graph.removed)

    def _graph_of(self, resource: Resource) -> ResourceGraph:
        """Return the graph that a resource is of: that of now, or for one that is gone the one before."""
        return self.graph.base_part if self.graph.base_part is not None and self._is_removed(resource) else self.graph

    def _place_of_removed(self, resource: Resource) -> Place:
        """Return the first line of the file that a resource is gone from; where the file is gone too, where it stood.

        One that is still written there, but deployed no more, is its own place.
        """
        key = self._graph_of(resource).place_key(resource)
        neighbours = [other for other in self.graph.resources if self.graph.place_key(other) == key]
        same = next((other for other in neighbours if other.key == resource.key), None)
        if same is not None:
            return same.place(("metadata", "name"))
        neighbour = next(iter(neighbours), None)
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

    def add_plain(
        self,
        rule: Rule,
        texts: grading.Texts,
        location: Location,
        source: SourceText | None,
        resource: Resource | None,
        source_line: str,
        novelty: Novelty | None = None,
    ) -> None:
        """Add a finding that is about text, not about a field of a resource."""
        settings = self._config.rules.get(rule.id, RuleSettings())
        finding = grading.plain_finding(rule, location, texts, resource, source_line)
        if settings.severity != "off":
            changed = finding._replace(severity=settings.severity or rule.severity, confidence=settings.confidence or rule.confidence)
            changed = changed._replace(novelty=novelty)
            self.add(changed, source, resource)

    def is_suppressed(self, one: Waiting) -> bool:
        """Tell whether a finding that waits for its place is accepted; asked of the revision before, where nothing is proven."""
        finding, source = self.placed(one, is_proven=False)
        rendered = source if one.resource.provenance is not None else None
        return self.suppressions.accept(Candidate(finding.rule, finding.location, one.resource, rendered)) is not None

    def is_doubtful(self, confidence: Confidence) -> bool:
        """Tell whether findings of a confidence are not shown."""
        return CONFIDENCES.index(confidence) < CONFIDENCES.index(self._config.min_confidence)

    def add(self, finding: Finding, source: SourceText | None, resource: Resource | None) -> None:
        """Take up a finding that has its place, unless it is spared or too doubtful to be shown."""
        rendered = source if resource is not None and resource.provenance is not None else None
        is_unproven = finding.origin is not None and not finding.origin.exact
        acceptance = self.suppressions.accept(Candidate(finding.rule, finding.location, resource, rendered, is_unproven))
        if self.is_doubtful(finding.confidence):
            return
        if not acceptance and self._is_spared(finding, source, resource):
            return
        if self._hashes and source:
            finding = finding._replace(line_hash=self._hashes.of(source.text, finding.location.span.line))
        if acceptance:
            self.outcome.suppressed.append(finding._replace(suppressed=acceptance))
        else:
            self.outcome.findings.append(finding)

    def _is_spared(self, finding: Finding, source: SourceText | None, resource: Resource | None) -> bool:
        value = resource.get(*finding.field) if resource is not None and finding.field else None
        is_variant = finding.why.startswith(variants.CONDITION)
        text = source.text if source is not None else ""
        return self._sparing.spares(finding, self._why_spared(finding, resource), value, text, is_variant=is_variant)

    def _why_spared(self, finding: Finding, resource: Resource | None) -> str | None:
        """Return what a finding is in where that is no deployment; a file that the user named is linted for what it says."""
        is_of_file = resource is None or finding.why.startswith(variants.CONDITION)
        path = next(iter(finding.units), finding.location.path) if is_of_file or resource is None else resource.path
        file = self.loaded.files.get(path)
        if self._config.samples == "lint" or (file is not None and file.named):
            return None
        graph = self._graph_of(resource) if resource is not None else self.graph
        why = graph.why_spared(path)
        if why is not None and path != finding.location.path:
            why = min(why, graph.why_spared(finding.location.path) or why, key=WEIGHTS.index)
        if graph.is_shown_to_work(path):
            why = why_in_collection(finding, why)
            self._shown.add(finding.cluster)
        return why or (graph.why_object_is_spared(resource) if resource is not None else None)

    def _report_suppressions(self, comparison: "Comparison | None") -> None:
        rule = self.rules.get(UNUSED_SUPPRESSION)
        if rule is None:
            return
        for complaint in self.suppressions.complaints(frozenset(self._decided())):
            line = complaint.source.line(complaint.location.span.line) if complaint.source else ""
            novelty = comparison.novelty_of_line(complaint.location.path, line) if comparison else None
            self.add_plain(rule, complaint, complaint.location, complaint.source, complaint.resource, line, novelty)

    def _decided(self) -> Iterator[str]:
        if any(file.named for file in self.loaded.files.values()):
            return  # of single files: what they are suppressed for may rest on others
        failed = {failure.rule for failure in self.outcome.failures}
        undecided = {*self._unproven, *(rule_id for rule_id, _ in self.outcome.undecided)}
        for rule in self.rules.values():
            needs_more = rule.compares_revisions and self.graph.base_part is None
            if rule.id not in failed | undecided and not needs_more and rule.id != UNUSED_SUPPRESSION:
                yield rule.id
