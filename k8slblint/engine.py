"""Knows the order of work: load, build the graphs, run the checks, grade, locate and silence what they yield."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal, NamedTuple

from k8slblint import __version__, rulebook
from k8slblint.config import Config, RuleSettings
from k8slblint.fingerprint import LineHashes
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.scopes import FilePlace
from k8slblint.loading.resources import load
from k8slblint.loading.validation import VALIDATED_KINDS, validate
from k8slblint.model.finding import CheckFailure, Finding, LocatedFix, Related, Replacement, Report, UndecidedRule
from k8slblint.model.loaded import Gap, InputProblem, Loaded, SourceFile
from k8slblint.model.location import Location
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.resource import Resource, ResourceId, SourceText
from k8slblint.model.rule import CONFIDENCES, Confidence, Problem, RelatedPlace, Rule, Severity, Undecided
from k8slblint.suppression import RULE_ID as UNUSED_SUPPRESSION
from k8slblint.suppression import Candidate, Suppressions

_GRAPH_KINDS = frozenset(
    {
        "Service",
        "Node",
        "Namespace",
        "IngressClass.networking.k8s.io",
        "IngressClassParams.elbv2.k8s.aws",
        "IngressClassParams.eks.amazonaws.com",
        "CiliumLoadBalancerIPPool.cilium.io",
        "ServiceGroup.purelb.io",
        "Eip.network.kubesphere.io",
        "Rollout.argoproj.io",
        "Ingress.extensions",
    }
)
"""Kinds that edges of the graph and scope inference read, beside those whose schemas are checked."""


class Sources(NamedTuple):
    """What to lint: the files now, and, to compare with, the files before.

    `changed_paths` names the only files that differ (a git revision); None means that any may (a folder).
    `gaps` are what listing the files had to leave out.
    """

    files: Sequence[SourceFile]
    before: Sequence[SourceFile] | None = None
    changed_paths: frozenset[str] | None = None
    against: str | None = None
    gaps: tuple[Gap, ...] = ()


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
    loaded = load(sources.files, wanted=_wanted(rules))
    graph = _graphs(loaded, sources, config, rules)
    run = _Run(config, rules, graph, loaded, with_line_hashes=with_line_hashes)
    return run.report(sources.against), graph


def _rules_on(config: Config) -> list[Rule]:
    rules = rulebook.select_rules(config.select, config.extend_select, config.ignore)
    settings = config.rules
    return [rule for rule in rules if settings.get(rule.id, RuleSettings()).severity != "off"]


def _wanted(rules: Iterable[Rule]) -> frozenset[str]:
    return _GRAPH_KINDS.union(VALIDATED_KINDS, *(rule.kinds for rule in rules))


def _graphs(loaded: Loaded, sources: Sources, config: Config, rules: Iterable[Rule]) -> ResourceGraph:
    previous = None
    if sources.before is not None:
        before = load(sources.before, wanted=_wanted(rules))
        previous = ResourceGraph(before.resources, places=_places(before), settings=config.scopes, gaps=before.gaps)
    return ResourceGraph(
        loaded.resources,
        places=_places(loaded),
        settings=config.scopes,
        gaps=(*sources.gaps, *loaded.gaps),
        previous=previous,
        changed_paths=sources.changed_paths,
    )


def _places(loaded: Loaded) -> dict[str, FilePlace]:
    return {path: _place(file) for path, file in loaded.files.items()}


def _place(file: SourceFile) -> FilePlace:
    below = file.scope_path or file.path
    is_walked = file.path.endswith(below) and not file.path.startswith(("/", "../"))
    above = file.path.removesuffix(below) if is_walked else ""
    return FilePlace(key=below, below=below, project=file.project, above=above)


class _Run:
    """One run over one graph: collects findings, failures and what could not be decided."""

    def __init__(self, config: Config, rules: Sequence[Rule], graph: ResourceGraph, loaded: Loaded, *, with_line_hashes: bool) -> None:
        self._config = config
        self._rules = {rule.id: rule for rule in rules}
        self._graph = graph
        self._loaded = loaded
        self._hashes = LineHashes() if with_line_hashes else None
        self._outcome = _Outcome()
        self._suppressions = Suppressions(self._sources(), loaded.resources, config.suppressions, rulebook.canonical_id)

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
            findings=tuple(sorted(self._outcome.findings, key=lambda finding: finding.order)),
            suppressed=tuple(sorted(self._outcome.suppressed, key=lambda finding: finding.order)),
            completeness=completeness,
            rules=tuple(self._rules.values()),
            failures=tuple(self._outcome.failures),
            against=against,
        )

    def _sources(self) -> Iterator[tuple[str, SourceText]]:
        seen = {problem.location.path: problem.source for problem in self._loaded.problems}
        seen.update((resource.path, resource.source) for resource in self._loaded.resources)
        yield from sorted(seen.items())

    def _report_input(self) -> None:
        for problem in self._loaded.problems:
            if problem.rule in self._rules:
                self._add(_input_finding(self._rules[problem.rule], problem), problem.source, None)

    def _report_invalid_resources(self) -> None:
        rule = self._rules.get("invalid-resource")
        if rule is None:
            return
        for resource in self._loaded.resources:
            if resource.type_name in VALIDATED_KINDS:
                version = self._graph.scope(resource).kubernetes_version
                for problem in validate(resource, version):
                    self._add_problem(rule, resource, problem)

    def _run_check(self, rule: Rule) -> None:
        resources = self._graph.of_type(*rule.kinds)
        if not resources:
            return
        check = rulebook.find_check(rule)
        settings = self._config.rules.get(rule.id, RuleSettings())
        for resource in resources:
            parameters = self._parameters(rule, settings, resource)
            try:
                problems = list(check(resource, self._graph, **parameters))
            except Exception as error:  # noqa: BLE001 - the one border: a crashed check is reported loudly, the others go on
                described = f"{type(error).__name__}: {error}"
                self._outcome.failures.append(CheckFailure(rule.id, f"{resource.id} in {resource.path}", described))
                continue
            for problem in problems:
                self._add_problem(rule, resource, problem)

    def _parameters(self, rule: Rule, settings: RuleSettings, resource: Resource) -> dict[str, Any]:
        parameters = {parameter.name: parameter.default for parameter in rule.parameters}
        parameters.update(settings.parameters)
        if settings.environments:
            environment = self._graph.scope(resource).environment
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
        least: Confidence = min(problem.confidence, rule.confidence, key=CONFIDENCES.index)
        confidence = settings.confidence or least
        self._add(_finding(rule, resource, problem, severity, confidence), resource.source, resource)

    def _severity(self, rule: Rule, settings: RuleSettings, resource: Resource, problem: Problem) -> Severity | Literal["off"]:
        if settings.environments:
            environment = self._graph.scope(resource).environment
            stated = settings.environments.get(environment, RuleSettings()).severity
            if stated:
                return stated
        return settings.severity or problem.severity or rule.severity

    def _add(self, finding: Finding, source: SourceText | None, resource: Resource | None) -> None:
        if CONFIDENCES.index(finding.confidence) < CONFIDENCES.index(self._config.min_confidence):
            return
        if self._hashes and source:
            finding = finding._replace(line_hash=self._hashes.of(source.text, finding.location.span.line))
        acceptance = self._suppressions.accept(Candidate(finding.rule, finding.location, resource))
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
            finding = _plain_finding(rule, complaint.location, complaint.message, complaint.resource, line)
            self._add(finding, complaint.source, complaint.resource)

    def _decided(self) -> Iterator[str]:
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


def _finding(rule: Rule, resource: Resource, problem: Problem, severity: Severity, confidence: Confidence) -> Finding:
    location = resource.location(problem.path, problem.at)
    return Finding(
        rule=rule.id,
        severity=severity,
        confidence=confidence,
        message=problem.message,
        location=location,
        resource=resource.id,
        field=problem.path,
        fingerprint=_fingerprint(rule.id, resource.id, problem.path, problem.discriminator),
        related=tuple(_related(place) for place in problem.related),
        traffic=tuple(_related(place) for place in problem.traffic),
        condition=problem.condition,
        fix=_located_fix(resource, problem),
        origin=resource.origin,
        source_line=resource.text_line(location.span.line),
    )


def _plain_finding(rule: Rule, location: Location, message: str, resource: Resource | None, source_line: str) -> Finding:
    return Finding(
        rule=rule.id,
        severity=rule.severity,
        confidence=rule.confidence,
        message=message,
        location=location,
        resource=resource.id if resource else None,
        field=(),
        fingerprint=_fingerprint(rule.id, resource.id if resource else None, (), f"{location.path}\n{message}"),
        source_line=source_line,
    )


def _input_finding(rule: Rule, problem: InputProblem) -> Finding:
    return _plain_finding(rule, problem.location, problem.message, None, problem.source.line(problem.location.span.line))


def _related(place: RelatedPlace) -> Related:
    location = place.resource.location(place.path, place.at)
    return Related(location, place.message, place.resource.text_line(location.span.line))


def _located_fix(resource: Resource, problem: Problem) -> LocatedFix | None:
    if problem.fix is None:
        return None
    edits = tuple(Replacement(resource.location(edit.path, edit.at), edit.text) for edit in problem.fix.edits)
    return LocatedFix(problem.fix.description, edits, problem.fix.safe)


def _fingerprint(rule_id: str, resource: ResourceId | None, path: tuple[str | int, ...], discriminator: str) -> str:
    from hashlib import blake2b  # loads OpenSSL: only runs with findings pay for it

    group = resource.api_version.rpartition("/")[0] if resource else ""
    identity = (group, resource.kind, resource.namespace or "", resource.name) if resource else ()
    text = "\0".join((rule_id, *identity, *map(str, path), discriminator))
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
