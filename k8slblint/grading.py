"""Turns a problem into a finding: located, fingerprinted, and reported once where several rendered sets show it."""

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from itertools import takewhile
from typing import Protocol

from k8slblint.model.finding import Finding, LocatedFix, Related, Replacement
from k8slblint.model.loaded import InputProblem
from k8slblint.model.location import Location, Path
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import HELM_VALUES, Place, Resource, ResourceId
from k8slblint.model.rule import CONFIDENCES, SEVERITIES, Confidence, Problem, RelatedPlace, Rule, Severity, least
from k8slblint.model.texts import HEADLINE, LABEL, PROSE, fitted

INVALID_RESOURCE = "invalid-resource"


class Waiting(NamedTuple):
    """A problem that is graded and waits for its place."""

    rule: Rule
    resource: Resource
    problem: Problem
    severity: Severity
    confidence: Confidence


class Texts(Protocol):
    """What a finding about text takes from an `InputProblem` or a `Complaint`."""

    @property
    def headline(self) -> str:
        """The object or file, then what is wrong with it."""

    @property
    def label(self) -> str:
        """What the marked text is."""

    @property
    def why(self) -> str:
        """What comes of it."""

    @property
    def help(self) -> str:
        """The way out."""

    @property
    def cause(self) -> str:
        """The raw fact, which the fingerprint rests on, whatever the wording."""

    @property
    def group(self) -> str:
        """What findings share that one and the same step cures."""


def finding(rule: Rule, resource: Resource, problem: Problem, severity: Severity, confidence: Confidence, place: Place) -> Finding:
    """Return the finding of a problem whose path is written at `place`."""
    identity = fingerprint(rule.id, resource.id, problem.path, problem.discriminator)
    return Finding(
        rule=rule.id,
        severity=severity,
        confidence=confidence,
        headline=fitted(problem.headline, HEADLINE),
        location=place.location,
        resource=resource.id,
        field=problem.path,
        fingerprint=identity,
        identity=identity,
        label=fitted(problem.label, LABEL),
        why=fitted(problem.why, PROSE),
        help=fitted(problem.help, PROSE),
        related=(*_rendered(place), *(_related(related) for related in problem.related)),
        traffic=tuple(_related(step) for step in problem.traffic),
        condition=problem.condition,
        fix=_located_fix(resource, problem),
        origin=place.origin,
        source_line=_line_of(place),
        call=place.call,
        stands_alone=problem.stands_alone,
        cause=problem.cause,
    )


def rests_on_placeholder(resource: Resource, problem: Problem) -> bool:
    """Tell whether a problem is about a value that is filled in later."""
    if problem.at == "key":
        return bool(problem.path) and has_placeholder(problem.path[-1])
    value = resource.get(*problem.path)
    return isinstance(value, str) and has_placeholder(value)


def plain_finding(rule: Rule, location: Location, texts: Texts, resource: Resource | None, source_line: str) -> Finding:
    """Return a finding that is about text, not about a field of a resource."""
    return Finding(
        rule=rule.id,
        severity=rule.severity,
        confidence=rule.confidence,
        headline=fitted(texts.headline, HEADLINE),
        location=location,
        resource=resource.id if resource else None,
        field=(),
        fingerprint=fingerprint(rule.id, resource.id if resource else None, (), f"{location.path}\n{texts.cause or texts.headline}"),
        identity=fingerprint(rule.id, resource.id if resource else None, (), texts.cause or texts.headline),
        label=fitted(texts.label, LABEL),
        why=fitted(texts.why, PROSE),
        help=fitted(texts.help, PROSE),
        group=texts.group,
        source_line=source_line,
        units=texts.units if isinstance(texts, InputProblem) else (),
    )


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings in the order of reports, those that several units show at one place made one, each with a fingerprint of its own.

    Where two findings share a fingerprint (one resource in two clusters), all but the first add their file, and their number in it.
    """
    seen: set[str] = set()
    counts: Counter[tuple[str, str]] = Counter()
    ordered = []
    for found in sorted(_merged(findings), key=lambda finding: finding.order):
        own = found
        if found.fingerprint in seen:
            key = (found.fingerprint, found.location.path)
            counts[key] += 1
            own = found._replace(fingerprint=_digest(*key, str(counts[key])))
        seen.add(own.fingerprint)
        ordered.append(own)
    return tuple(ordered)


def of_one_cause(findings: Sequence[Finding], alone: Container[str] = ()) -> tuple[Finding, ...]:
    """Return findings in their order, those of one cluster with one cause made one, at the first of them, with the others as places.

    Clusters that stand `alone` are sets of values that nobody is known to deploy, or examples: for what is said alike of several objects,
    and for the choice of a controller, they are one.

    What is new stays apart from what the revision before has too: who adds an object is told of that. Of two rules that a single line
    breaks, for one of which the other is the reason, the latter speaks.
    """
    groups: dict[object, list[Finding]] = {}
    for number, found in enumerate(_with_archives(_with_open_stores(_with_consequences(_told_once(findings))))):
        is_shared = found.cause is not None and (found.cause.alike or found.rule in _DECISIONS)
        place = "" if is_shared and found.cluster in alone else found.cluster
        same = (found.rule, found.severity, place, found.novelty, found.cause.key) if found.cause else number
        groups.setdefault(same, []).append(found)
    return tuple(_for_all(*group) if len(group) > 1 else group[0] for group in groups.values())


def _told_once(findings: Sequence[Finding]) -> Sequence[Finding]:
    """Return findings without those that say at a place what another said there, such as of two ports that one value decides."""
    first = {
        (one.rule, one.location, one.resource, one.cluster, one.novelty, one.message): number
        for number, one in reversed([*enumerate(findings)])
    }
    return findings if len(first) == len(findings) else [findings[number] for number in sorted(first.values())]


_DECISIONS = frozenset({"ingress-controller-retired", "ingress-vendor-annotation"})
"""Rules about the choice of a controller, which a repository makes once, however many charts have values with it."""

_CONSEQUENCES = {"double-exposure": "node-port-in-production"}
"""Rules whose finding at a line only says more of that of another rule there: a Service whose node port leads around an Ingress."""


def _with_consequences(findings: Sequence[Finding]) -> Sequence[Finding]:
    """Return findings; one that says more of another at its place and object is a place of that."""
    if not any(found.rule in _CONSEQUENCES for found in findings):
        return findings
    reasons = {(found.rule, found.location, found.resource): number for number, found in enumerate(findings)}
    asked = ((_CONSEQUENCES.get(found.rule, ""), found.location, found.resource) for found in findings)
    return _as_places({number: reasons[key] for number, key in enumerate(asked) if key in reasons}, findings)


_OPENED = ("node-port-in-production", "exposed-datastore")
"""A rule about a way into a Service, and one about what is found there, which says all of it where it is as sure and as severe."""


def _with_open_stores(findings: Sequence[Finding]) -> Sequence[Finding]:
    """Return findings; of a Service whose node port leads to a datastore the surer one, with the other as a place of it."""
    by_service: dict[object, dict[str, int]] = {}
    for number, found in enumerate(findings):
        if found.rule in _OPENED and found.resource is not None and found.resource.kind == "Service":
            unit = found.origin.unit if found.origin else found.location.path
            by_service.setdefault((found.resource, found.cluster, found.novelty, unit), {}).setdefault(found.rule, number)
    pairs = [(found[_OPENED[0]], found[_OPENED[1]]) for found in by_service.values() if len(found) == len(_OPENED)]
    ranked = [pair if _weight(findings[pair[0]]) < _weight(findings[pair[1]]) else pair[::-1] for pair in pairs]
    return _as_places(dict(ranked), findings)


def _weight(found: Finding) -> tuple[int, int, bool]:
    return SEVERITIES.index(found.severity), CONFIDENCES.index(found.confidence), found.rule == _OPENED[1]


def _with_archives(findings: Sequence[Finding]) -> Sequence[Finding]:
    """Return findings; one in the archive of a chart that the chart's own templates show too is a place of that."""
    packed = [(number, name) for number, found in enumerate(findings) if (name := _packed(found.location.path))]
    if not packed:
        return findings
    sources: dict[object, int] = {}
    for number, found in enumerate(findings):
        folder, templates, _ = found.location.path.partition("/templates/")
        if templates:
            sources.setdefault((folder.rpartition("/")[2], *_said(found)), number)
    asked = ((number, (name, *_said(findings[number]))) for number, name in packed)
    return _as_places({number: sources[key] for number, key in asked if key in sources}, findings)


def _packed(path: str) -> str:
    """Return the name of the chart of an archive that is named as by `helm package` (`NAME-1.2.3.tgz`), or `""`."""
    parts = path.rpartition("/")[2].split("-") if path.endswith(".tgz") else []
    return "-".join(takewhile(lambda part: not part[:1].isdigit(), parts))


def _said(found: Finding) -> tuple[object, ...]:
    return found.rule, found.severity, found.headline, found.novelty


def _as_places(reasons: Mapping[int, int], findings: Sequence[Finding]) -> Sequence[Finding]:
    """Return findings with those that `reasons` has, by number, made places of the one named there."""
    more: dict[int, list[Finding]] = {}
    for number, reason in reasons.items():
        more.setdefault(reason, []).append(findings[number])
    return [_with_places(found, more.get(number, ())) for number, found in enumerate(findings) if number not in reasons]


def _with_places(found: Finding, others: Sequence[Finding]) -> Finding:
    places = (place for one in others for place in (Related(one.location, f"{one.headline}.", one.source_line), *one.related))
    return found._replace(related=(*found.related, *places)) if others else found


_OTHERS = 20
"""How many objects with one cause a finding names at most; its headline counts all of them."""


def _for_all(first: Finding, *others: Finding) -> Finding:
    headline = str(len(others)).join(first.cause.headline) if first.cause else first.headline
    places = (Related(one.location, one.cause.told if one.cause else "") for one in others[:_OTHERS])
    return first._replace(
        headline=fitted(headline, HEADLINE),
        confidence=least(*(one.confidence for one in (first, *others))),
        related=(*first.related, *places),
    )


def _merged(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Yield findings; of those that rendered units show at one place and field only the most severe, which names the other units.

    What is deployed as it is written as well, by another kustomization, is not found once more, nor is a mistake in a text that is
    rendered with other values too.
    """
    groups: dict[object, list[Finding]] = {}
    plain: set[object] = set()
    for found in findings:
        if found.origin is None or not found.origin.unit:
            known = _as_written(found)
            if found.resource is not None or known not in plain:
                yield found
            plain.add(known)
        else:
            own = found.identity if found.stands_alone else ""
            groups.setdefault((found.rule, _written_at(found), found.field, found.novelty, own), []).append(found)
    for group in _with_unproven(groups.values()):
        first, *others = sorted(group, key=_by_severity)
        if plain and _as_written(first) in plain:
            continue
        units = sorted({other.origin.unit for other in others if other.origin} - {first.origin.unit if first.origin else ""})
        copies = {other.location.path: other for other in others if other.location.path != first.location.path}
        first = _at_call(first, list(copies.values())) if copies else first
        yield first._replace(origin=first.origin._replace(also=tuple(units))) if first.origin and units else first


def _as_written(found: Finding) -> object:
    """Return what a finding in a file, and one of the same object after it is rendered, have in common where they say the same."""
    name = (found.resource.kind, found.resource.name) if found.resource else None
    return found.rule, found.severity, found.location, found.field, found.novelty, name, found.headline


def _with_unproven(groups: Iterable[list[Finding]]) -> list[list[Finding]]:
    """Return groups with those made one that show one object of one file, where the line of one of them could not be proven.

    Overlays of one base are such: what is proven through one of them is what the others show at the object.
    """
    joined: dict[object, list[list[Finding]]] = {}
    for group in groups:
        first = group[0]
        name = (first.resource.kind, first.resource.name) if first.resource else None
        own = first.identity if first.stands_alone else ""
        joined.setdefault((first.rule, first.location.path, first.field, first.novelty, name, own), []).append(group)
    result = []
    for same in joined.values():
        proven = [group for group in same if any(found.origin and found.origin.exact for found in group)]
        if len(proven) == len(same):
            result += same
        else:
            rest = [found for group in same if group not in proven for found in group]
            result += [[*(proven[0] if proven else ()), *rest], *proven[1:]]
    return result


def _at_call(first: Finding, copies: Sequence[Finding]) -> Finding:
    """Return a finding in a helper that several charts have a copy of, at the call of its template; the other charts are related."""
    if first.call is None:
        related = [Related(other.location, f"The same helper in {_unit(other)}.", other.source_line) for other in copies]
        return first._replace(related=(*first.related, *related))
    helper = Related(first.location, "The value comes from this helper.", first.source_line)
    calls = [(other, other.call or (other.location, other.source_line)) for other in copies]
    related = [helper, *(Related(place, f"The same in {_unit(other)}.", line) for other, (place, line) in calls)]
    location, line = first.call
    return first._replace(location=location, source_line=line, related=(*first.related, *related))


def _written_at(found: Finding) -> object:
    """Return what tells apart where findings are written; helpers that were copied from chart to chart are one place."""
    folder, templates, tail = found.location.path.partition("/templates/")
    if not templates or not tail.endswith(".tpl") or not folder:
        return found.location
    return tail, found.location.span, found.source_line


def _unit(found: Finding) -> str:
    return found.origin.unit if found.origin else found.location.path


def _by_severity(found: Finding) -> tuple[int, object]:
    is_proven = found.origin is not None and found.origin.exact
    return -SEVERITIES.index(found.severity), (not is_proven, found.origin.unit if found.origin else "", found.message)


def fingerprint(rule_id: str, resource: ResourceId | None, path: Path, discriminator: str) -> str:
    """Return what stays the same while rule, resource, field and distinguishing data do: 32 hexadecimal digits."""
    group = resource.api_version.rpartition("/")[0] if resource else ""
    identity = (group, resource.kind, resource.namespace or "", resource.name) if resource else ()
    return _digest(rule_id, *identity, *map(str, path), discriminator)


def _rendered(place: Place) -> Sequence[Related]:
    if not place.rendered or place.origin is None:
        return ()
    proof = "" if place.origin.exact else "; the line is that of the object, because none could be proven for the value"
    message = f"rendered from {place.origin.unit}{proof}"
    return (Related(place.location, message, rendered=place.rendered),)


def _related(related: RelatedPlace) -> Related:
    place = related.resource.place(related.path, related.at)
    return Related(place.location, related.message, _line_of(place))


def _located_fix(resource: Resource, problem: Problem) -> LocatedFix | None:
    """Return the fix with its edits placed; none for rendered objects, whose text is made of several files."""
    if problem.fix is None or resource.provenance is not None:
        return None
    edits = tuple(Replacement(resource.location(edit.path, edit.at), edit.text) for edit in problem.fix.edits)
    return LocatedFix(problem.fix.description, edits, problem.fix.safe)


def _line_of(place: Place) -> str:
    return place.source.line(place.location.span.line)


def _digest(*parts: str) -> str:
    from hashlib import blake2b  # loads OpenSSL: only runs with findings pay for it

    return blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def confidence_of(resource: Resource, problem: Problem) -> Iterator[Confidence]:
    """Yield how sure a claim can be about, or with the help of, what nobody deploys, and about layered values."""
    if any(one.standing == "undeployed" for one in (resource, *(place.resource for place in problem.related))):
        yield "low"
    if resource.kind == HELM_VALUES:
        yield "medium"


def is_fault_of_packed(rule: str, place: Place) -> bool:
    """Tell whether a finding is for the authors of a packed chart: who deploys that can set no more than values."""
    origin = place.origin
    is_packed = place.location.path.endswith(_PACKED) or (origin is not None and not origin.exact and origin.path.endswith(_PACKED))
    return is_packed and rule in _FAULTS_OF_TEMPLATES


_FAULTS_OF_TEMPLATES = frozenset(
    {
        *(INVALID_RESOURCE, "service-rejected", "gateway-rejected", "ingress-rejected"),
        *("service-selects-no-pods", "service-port-unresolved", "ingress-vendor-annotation"),
    }
)
_PACKED = (".tgz", ".tar.gz")
