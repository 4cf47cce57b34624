"""What a changed configuration no longer reports: rules that are off, thresholds that are higher, paths and findings that are accepted.

Compared is what two configurations come to, not how they are written: a setting that moved, or that a folder inherits, is no difference.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar

from k8slblint import rulebook
from k8slblint.baseline import Baseline
from k8slblint.config import Config, RuleSettings
from k8slblint.model.location import Location, Path, Span
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource, SourceText
from k8slblint.model.rule import CONFIDENCES, SEVERITIES, Rule, Severity
from k8slblint.model.scope import TRIAL_ENVIRONMENTS, UNDEPLOYED_ENVIRONMENTS, ClusterSettings, Scope
from k8slblint.model.texts import PROSE, listed, middle, quoted, within
from k8slblint.switches import decided_at, is_on

_HELP = "Check that this is meant. Change it apart from manifests, so that reviewers see it."
_LONGEST_NAME = 40
_FAIL_ON = ("note", "warning", "error", "never")
_SWITCHES = (("rendering", "helm"), ("rendering", "kustomize"))

T = TypeVar("T")


class Weakened(NamedTuple):
    """One way in which less is reported than before, in the texts of a problem; `source` is the text that `location` is in."""

    location: Location
    headline: str
    why: str = ""
    help: str = _HELP
    label: str = ""
    cause: str = ""
    group: str = ""
    resource: Resource | None = None
    source: SourceText | None = None


def of_configuration(now: Config, before: Config) -> Iterator[Weakened]:
    """Yield what the configuration of now no longer reports; the options of the call hold for both."""
    yield from _of_rules_off(now, before)
    for rule in (rule for rule in rulebook.all_rules().values() if is_on(rule, now) and is_on(rule, before)):
        yield from _of_settings(rule, now, before)
    yield from _of_thresholds(now, before)
    yield from _of_paths(now, before)
    yield from _of_suppressions(now, before)
    yield from _of_clusters(now, before)


def _at(config: Config, *path: str | int, **texts: Any) -> Weakened:
    return Weakened(config.location(*path), source=config.source, **texts)


def _of_rules_off(now: Config, before: Config) -> Iterator[Weakened]:
    off: dict[Path, list[str]] = {}
    for rule in rulebook.all_rules().values():
        if rule.id != rulebook.CONFIGURATION_WEAKENED and is_on(rule, before) and not is_on(rule, now):
            off.setdefault(decided_at(rule, now), []).append(rule.id)
    for path, rules in off.items():
        what = f"rule {rules[0]}" if len(rules) == 1 else f"{len(rules)} rules"
        why = "" if len(rules) == 1 else f"They are {listed(rules, most=4)}."
        yield _at(now, *path, headline=f"Configuration switches off {what}", why=why, cause=f"off {' '.join(rules)}")


def _of_settings(rule: Rule, now: Config, before: Config) -> Iterator[Weakened]:
    """Yield what is said of one rule with less weight: severity, confidence and parameters, in any environment."""
    new, old = now.rules.get(rule.id, RuleSettings()), before.rules.get(rule.id, RuleSettings())
    for environment in (None, *dict.fromkeys((*new.environments, *old.environments))):
        where = f" in {environment}" if environment else ""
        at = ("rules", rule.id, *(("environments", environment) if environment else ()))
        is_severity, was_severity = (_severity(rule, settings, environment) for settings in (new, old))
        if is_severity != was_severity and _rank(is_severity) < _rank(was_severity):
            headline = f"Configuration lowers {rule.id} from {was_severity} to {is_severity}{where}"
            yield _at(now, *at, "severity", headline=headline, cause=f"severity {rule.id} {environment}")
        values, values_before = (_parameters(rule, settings, environment) for settings in (new, old))
        for name, value in values.items():
            change = _weaker(value, values_before[name])
            if change:
                headline = f"Configuration lets {rule.id} accept more{where}"
                why = f"Its parameter `{name}` {change}."
                yield _at(now, *at, "parameters", name, headline=headline, why=why, cause=f"parameter {rule.id} {name} {environment}")
    is_confidence, was_confidence = new.confidence or rule.confidence, old.confidence or rule.confidence
    if CONFIDENCES.index(is_confidence) < CONFIDENCES.index(was_confidence):
        headline = f"Configuration lowers the confidence of {rule.id} from {was_confidence} to {is_confidence}"
        yield _at(now, "rules", rule.id, "confidence", headline=headline, cause=f"confidence {rule.id}")


def _severity(rule: Rule, settings: RuleSettings, environment: str | None) -> str:
    stated = settings.environments.get(environment, RuleSettings()).severity if environment else None
    return stated or settings.severity or rule.severity


def _rank(severity: str) -> int:
    return -1 if severity == "off" else SEVERITIES.index(_severity_word(severity))


def _severity_word(text: str) -> Severity:
    return next(word for word in SEVERITIES if word == text)


def _parameters(rule: Rule, settings: RuleSettings, environment: str | None) -> Mapping[str, Any]:
    stated = settings.environments.get(environment, RuleSettings()).parameters if environment else {}
    return {parameter.name: parameter.default for parameter in rule.parameters} | dict(settings.parameters) | dict(stated)


def _weaker(now: Any, before: Any) -> str | None:
    """Say how a value accepts more: all parameters are lists of what is accepted, limits, or facts about the cluster."""
    if isinstance(now, list) and isinstance(before, list):
        added = [one for one in now if one not in before]
        return f"has {listed([quoted(one) for one in added])} in addition" if added else None
    if isinstance(now, (int, float)) and isinstance(before, (int, float)):
        return f"is raised from {before} to {now}" if now > before else None
    return f"is {quoted(now)}, and was {quoted(before)}" if now != before else None


def _of_thresholds(now: Config, before: Config) -> Iterator[Weakened]:
    if _FAIL_ON.index(now.fail_on) > _FAIL_ON.index(before.fail_on):
        yield _at(now, "fail_on", headline=f"Configuration fails on {now.fail_on}, and before on {before.fail_on}", cause="fail_on")
    if CONFIDENCES.index(now.min_confidence) > CONFIDENCES.index(before.min_confidence):
        headline = f"Configuration shows findings of {now.min_confidence} confidence, and before of {before.min_confidence}"
        yield _at(now, "min_confidence", headline=headline, cause="min_confidence")
    if now.samples == "spare" and before.samples == "lint":
        yield _at(now, "samples", headline="Configuration no longer checks samples and tests", cause="samples")
    for path in _SWITCHES:
        renderer = path[-1]
        if getattr(now.rendering, renderer) == "off" != getattr(before.rendering, renderer):
            why = "What it renders is not checked."
            yield _at(now, *path, headline=f"Configuration switches off rendering with {renderer}", why=why, cause=f"rendering {renderer}")
    charts = {chart.path for chart in now.rendering.charts}
    for chart in (chart for chart in before.rendering.charts if chart.path not in charts):
        headline = f"Configuration no longer renders the chart {middle(chart.path.rpartition('/')[2], _LONGEST_NAME)}"
        yield _at(
            now, "rendering", headline=headline, why="It was stated with the values that it is deployed with.", cause=f"chart {chart}"
        )


def _of_paths(now: Config, before: Config) -> Iterator[Weakened]:
    for index, pattern in enumerate(now.exclude):
        if pattern not in before.exclude and not pattern.startswith("!"):
            yield _at(now, "exclude", index, headline=f"Configuration excludes {quoted(pattern)}", cause=f"exclude {pattern}")
    for pattern in before.exclude:
        if pattern.startswith("!") and pattern not in now.exclude:
            yield _at(now, "exclude", headline=f"Configuration no longer includes {quoted(pattern[1:])}", cause=f"exclude {pattern}")


def _of_suppressions(now: Config, before: Config) -> Iterator[Weakened]:
    known = {entry._replace(reason="", location=_NOWHERE) for entry in before.suppressions}
    for index, entry in enumerate(now.suppressions):
        if entry._replace(reason="", location=_NOWHERE) not in known:
            words = [word for word in (entry.kind, entry.namespace, entry.name) if word != "*"]
            whose = f"Of {quoted(' '.join(words))}. " if words else ""
            why = f"{whose}{f'Reason: {quoted(entry.reason, PROSE // 2)}.' if entry.reason else 'It gives no reason.'}"
            headline = f"Configuration accepts findings of {middle(entry.rule, _LONGEST_NAME)}"
            yield _at(
                now, "suppressions", index, "rule", headline=headline, why=why, cause=f"suppression {entry._replace(location=_NOWHERE)}"
            )


_NOWHERE = Location("", Span(1, 1, 1, 1))


def _of_clusters(now: Config, before: Config) -> Iterator[Weakened]:
    """Yield what is no longer stated of a cluster, or stated as more than before."""
    known = {cluster.name: cluster for cluster in before.scopes.clusters}
    for index, cluster in enumerate(now.scopes.clusters):
        old = known.get(cluster.name, ClusterSettings(cluster.name))
        name = quoted(cluster.name)
        if cluster.load_balancer_budget is None:
            is_raised = False
        else:
            is_raised = old.load_balancer_budget is None or cluster.load_balancer_budget > old.load_balancer_budget
            is_raised = is_raised and cluster.load_balancer_budget > _default_budget() if old.load_balancer_budget is None else is_raised
        if is_raised:
            was = _default_budget() if old.load_balancer_budget is None else old.load_balancer_budget
            headline = f"Configuration allows cluster {name} {cluster.load_balancer_budget} load balancers, before {was}"
            yield _at(now, "clusters", index, "load_balancers", "budget", headline=headline, cause=f"budget {cluster.name}")
        gone = [one for one in old.node_addresses if one not in cluster.node_addresses]
        gone += [network for network, _ in old.networks if network not in dict(cluster.networks)]
        if gone:
            headline = f"Configuration no longer states addresses of cluster {name}"
            yield _at(now, "clusters", index, "name", headline=headline, why=f"They are {listed(gone)}.", cause=f"addresses {cluster.name}")


def _default_budget() -> int:
    rule = rulebook.find_rule("too-many-load-balancers")
    return int(next(parameter.default for parameter in rule.parameters))


def of_scopes(
    resources: Iterable[Resource], now: Callable[[Resource], Scope], before: Callable[[Resource], Scope], config: Config
) -> Iterator[Weakened]:
    """Yield the clusters whose objects are held against rules for an environment that matters less, as the configuration says so now."""
    found: dict[tuple[str, str, str], list[Resource]] = {}
    for resource in resources:
        scope, old = now(resource), before(resource)
        if (scope.environment_is_stated or old.environment_is_stated) and _weight(scope) < _weight(old):
            found.setdefault((scope.cluster, scope.environment, old.environment), []).append(resource)
    clusters = [cluster.name for cluster in config.scopes.clusters]
    for (cluster, environment, was), members in found.items():
        stated = cluster in clusters and config.scopes.clusters[clusters.index(cluster)].environment
        path: Path = ("clusters", clusters.index(cluster), "environment") if stated else ("environment",)
        headline = f"Cluster {middle(cluster, _LONGEST_NAME)} is now treated as {environment}"
        why = f"Without this change, {len(members)} of its objects would be {was}, such as {middle(str(members[0].id), _LONGEST_NAME)}."
        yield _at(config, *path, headline=headline, why=why, cause=f"environment {cluster} {environment}")


def _weight(scope: Scope) -> int:
    if scope.environment in UNDEPLOYED_ENVIRONMENTS:
        return 0
    return 1 if scope.environment in TRIAL_ENVIRONMENTS else 3 if scope.environment == "production" else 2


def of_baseline(now: Baseline | None, before: Baseline | None) -> Iterator[Weakened]:
    """Yield that a baseline accepts findings which it did not, or for longer."""
    if now is None:
        return
    known = {entry.key: entry for entry in (before.entries if before else ())}
    moved = {entry.fingerprint for entry in known.values()} - {entry.fingerprint for entry in now.entries if entry.key in known}
    added = [entry for entry in now.entries if entry.key not in known and entry.fingerprint not in moved]
    longer = [entry for entry in now.entries if entry.key in known and _is_longer(entry.expires, known[entry.key].expires)]
    for entries, verb in ((added, "accepts"), (longer, "accepts for longer")):
        if entries:
            number = f"1 finding of {middle(entries[0].rule, _LONGEST_NAME)}" if len(entries) == 1 else f"{len(entries)} findings"
            objects = [middle(entry.object or entry.path, _LONGEST_NAME) for entry in entries]
            line = now.source.line(entries[0].line)
            location = Location(now.path, Span(entries[0].line, 1, entries[0].line, len(line) + 1))
            why = within(PROSE, f"Of {listed(objects)}.")
            yield Weakened(location, f"Baseline {verb} {number}", why, cause=f"baseline {verb} {entries[0].key}", source=now.source)


def _is_longer(now: Any, before: Any) -> bool:
    return before is not None and (now is None or now > before)


def of_ignore_file(path: str, now: str, before: str) -> Iterator[Weakened]:
    """Yield the patterns that an ignore file of ours leaves out and did not."""
    known = {line.strip() for line in before.splitlines()}
    source = SourceText(now)
    for number in range(1, source.line_count + 1):
        line = source.line(number).strip()
        if line and not line.startswith(("#", "!")) and line not in known:
            location = Location(path, Span(number, 1, number, len(source.line(number)) + 1))
            yield Weakened(location, f"Ignore file excludes {quoted(line)}", cause=f"ignore {line}", source=source)
    kept = {line.strip() for line in now.splitlines()}
    for line in sorted(known - kept):
        if line.startswith("!"):
            yield Weakened(Location(path, Span(1, 1, 1, 2)), f"Ignore file no longer includes {quoted(line[1:])}", cause=f"ignore {line}")


def of_comment(rule: str, location: Location, source: SourceText | None) -> Weakened:
    """Say that a comment is new which accepts the findings of a rule."""
    return Weakened(location, f"New comment accepts findings of {middle(rule, _LONGEST_NAME)}", cause=f"comment {rule}", source=source)


def of_annotation(rule: str, location: Location, source: SourceText | None, resource: Resource) -> Weakened:
    """Say that an annotation is new which accepts the findings of a rule about its object."""
    headline = f"{resource.id}: new annotation accepts {middle(rule, _LONGEST_NAME)}"
    return Weakened(location, headline, cause=f"annotation {rule}", resource=resource, source=source)
