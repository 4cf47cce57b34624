"""The outcome and the coverage of a run in words, for the formats that people read."""

from collections import Counter
from collections.abc import Iterator, Sequence

from k8slblint.model.finding import Completeness, Report, SeenUnit, Skip, UndecidedRule
from k8slblint.model.resource import Origin
from k8slblint.model.rule import SEVERITIES
from k8slblint.reporting.excerpt import visible

_REASONS_SHOWN = 2
_UNDECIDED_SHOWN = 4
_OFF_SHOWN = 6
_SELECT = "--select"
_LACKS = {"disk": "disk space", "memory": "memory", "open_files": "files that may be open"}


def counted(number: int, noun: str) -> str:
    """Write a number with its noun: `1 file`, `2 files`."""
    return f"{number} {noun}" if number == 1 else f"{number} {' or '.join(f'{word}s' for word in noun.split(' or '))}"


def outcome(report: Report) -> str:
    """Say in one line how many findings there are, by severity, and how many were suppressed."""
    new = "new " if report.new_only else ""
    counts = Counter(finding.severity for finding in report.findings)
    found = ", ".join(counted(counts[severity], f"{new}{severity}") for severity in reversed(SEVERITIES) if counts[severity])
    apart = ", ".join(_apart(report))
    said = f"Found {found}" if found else _nothing(report.completeness, new)
    return f"{said}{f' ({apart})' if apart else ''}."


def _nothing(seen: Completeness, new: str) -> str:
    """Say that nothing was found; not first, where most of what is deployed was not looked at."""
    lost = len(_failed(seen)) + len(seen.not_rendered)
    all_ = len(seen.units) + len(seen.not_rendered)
    if 2 * lost <= all_:
        return f"Nothing {new}found"
    return f"{lost} of {all_} charts, kustomizations and objects that deploy others were not rendered; nothing {new}found in what was"


def _failed(seen: Completeness) -> list[SeenUnit]:
    return [unit for unit in seen.units if unit.failure]


def _apart(report: Report) -> Iterator[str]:
    """Yield what is not among the findings: what the revision before has too, and what was accepted."""
    if report.known:
        yield f"{counted(len(report.known), 'known finding')} not shown"
    if report.suppressed:
        yield f"{counted(len(report.suppressed), 'finding')} suppressed"


def coverage(report: Report, *, everything: bool = False) -> Iterator[str]:
    """Say in a few lines what was checked, what was passed over and why, and which rules could not decide.

    Examples and reasons of what there is much of, and all but the first entries of lists, are left out unless `everything`
    is asked for.
    """
    seen = report.completeness
    against = f", compared with '{visible(report.against)}'" if report.against else ""
    documents = f"{seen.documents_linted} of {counted(seen.documents_seen, 'document')}"
    files = f"{seen.files_read} of {counted(seen.files_seen, 'file')}"
    idle = 0 if report.against is not None else sum(rule.compares_revisions for rule in report.rules)
    waiting = f" ({idle} more {'needs' if idle == 1 else 'need'} --against)" if idle else ""
    yield f"Checked {documents} in {files} with {counted(len(report.rules) - idle, 'rule')}{against}{waiting}."
    yield from _switched_off(report, most=len(report.switched_off) if everything else _OFF_SHOWN)
    if seen.documents_with_placeholders:
        held = counted(seen.documents_with_placeholders, "document")
        yield f"{held} with placeholders such as ${{VAR}}, whose values are not checked."
    yield from _ended_early(seen)
    yield from _skipped("file", seen.files_skipped, everything=everything)
    yield from _skipped("document", seen.documents_skipped, everything=everything)
    yield from _rendered(seen, everything=everything)
    yield from _spared(seen)
    yield from _undecided(seen.undecided, everything=everything)


def incomplete(report: Report) -> Iterator[str]:
    """Say why the run is not to be trusted, nothing where it is."""
    if report.completeness.budget:
        yield from _ended_early(report.completeness)


def _switched_off(report: Report, most: int) -> Iterator[str]:
    """Say which rules are off and who says so, those of one word or line together."""
    groups: dict[tuple[str, str], list[str]] = {}
    for one in report.switched_off:
        groups.setdefault((one.by, one.where), []).append(one.rule)
    for (by, where), rules in groups.items():
        if by == _SELECT:
            yield f"Switched off by {by}: all others."
            continue
        shown = rules if len(rules) <= most else [*rules[: most - 1], f"{len(rules) - most + 1} more"]
        yield f"Switched off by {visible(by)}{f' in {visible(where)}' if where else ''}: {', '.join(map(visible, shown))}."


def rendered_from(origin: Origin) -> str:
    """Say from which template or base file an object was rendered, and in which other units it is the same."""
    where = f"rendered from {visible(origin.path)}" if origin.path else f"rendered from {visible(origin.unit)}"
    return f"{where} (the same in {', '.join(map(visible, origin.also))})" if origin.also else where


def failures(report: Report) -> Iterator[str]:
    """Say first how many checks crashed, then which, on what and how; nothing when none did."""
    if report.failures:
        checks = counted(len(report.failures), "check")
        yield f"{checks} failed: findings may be missing, and this run cannot be trusted. Please report the error."
    for failure in report.failures:
        yield f"{failure.rule} on {visible(failure.resource)}: {visible(failure.error)}"


def _skipped(noun: str, skips: Sequence[Skip], *, everything: bool) -> Iterator[str]:
    if skips:
        reasons = "; ".join(f"{skip.count} {visible(skip.reason)}{_examples(skip, everything=everything)}" for skip in skips)
        yield f"Skipped {counted(sum(skip.count for skip in skips), noun)}: {reasons}."


def _ended_early(seen: Completeness) -> Iterator[str]:
    if seen.budget and seen.budget.limit == "renderer_memory":
        yield f"A renderer took more memory than it may, first for {visible(seen.budget.spent_by)}. Findings may be missing."
    elif seen.budget and seen.budget.limit in _LACKS:
        what = _LACKS[seen.budget.limit]
        yield f"The machine ran out of {what}, first at {visible(seen.budget.spent_by)}. Findings may be missing."
    elif seen.budget:
        by = f" by {visible(seen.budget.spent_by)}" if seen.budget.spent_by else ""
        more = f"`--budget {seen.budget.limit}=...` raises it"
        yield f"Stopped early: the budget `{seen.budget.limit}` was spent{by}. Findings may be missing; {more}."
    if seen.places_not_proven:
        yield f"The source line of {counted(seen.places_not_proven, 'place')} was not determined, because that would have taken too long."


def _rendered(seen: Completeness, *, everything: bool) -> Iterator[str]:
    if seen.units:
        failed = _failed(seen)
        lost = f"; {len(failed)} cannot be rendered" if failed else ""
        documents = counted(sum(unit.documents for unit in seen.units), "object")
        yield f"Rendered {counted(len(seen.units) - len(failed), 'chart or kustomization')} into {documents}{lost}."
    if seen.sandbox == "none":
        yield "The renderers ran without a sandbox, because this system does not provide one."
    if seen.not_rendered:
        first = seen.not_rendered[0]
        such = "such as " if len(seen.not_rendered) > 1 else ""
        what = counted(len(seen.not_rendered), "object")
        verb = "deploys" if len(seen.not_rendered) == 1 else "deploy"
        yield f"{what} {verb} sources outside this tree ({such}{visible(first.object)}: {visible(first.reason)})."
        if everything:
            yield from (f"{visible(one.path)}:{one.line}: {visible(one.object)}: {visible(one.reason)}." for one in seen.not_rendered[1:])


def _spared(seen: Completeness) -> Iterator[str]:
    if seen.spared:
        number = sum(one.count for one in seen.spared)
        first = seen.spared[0].examples[0]
        verb, such = ("is", "") if number == 1 else ("are", "such as ")
        where = "samples, tests, dumps, defaults of charts and folders that are no longer deployed"
        what = f"{counted(number, 'finding')} in {where} {verb} not shown"
        yield f"{what} ({such}{visible(first)}); `samples: lint` in the configuration shows {'it' if number == 1 else 'them'}."


def _examples(skip: Skip, *, everything: bool) -> str:
    shown = skip.examples if everything or skip.count == 1 else ()
    return f" ({'such as ' if skip.count > len(shown) else ''}{', '.join(map(visible, shown))})" if shown else ""


def _undecided(undecided: Sequence[UndecidedRule], *, everything: bool) -> Iterator[str]:
    """Say which rules could not decide: with the reasons where they are few or asked for, else how often each."""
    if everything or len(undecided) <= _REASONS_SHOWN:
        for one in undecided:
            yield f"Could not decide: {one.rule} in {counted(one.count, 'place')} because {visible(one.reason).rstrip('.')}."
        return
    places: Counter[str] = Counter()
    for one in undecided:
        places[one.rule] += one.count
    shown = [f"{rule} ({number})" for rule, number in places.most_common(_UNDECIDED_SHOWN)]
    more = [counted(len(places) - len(shown), "more rule")] if len(places) > len(shown) else []
    yield f"Could not decide {counted(places.total(), 'place')}: {', '.join([*shown, *more])}; -v and the JSON report say why."
