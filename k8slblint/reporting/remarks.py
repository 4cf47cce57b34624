"""Remarks about the run, such as what could not be rendered, by the kind of what is wrong: each kind with the step that cures all of it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from k8slblint.model.finding import Finding
from k8slblint.model.location import Location
from k8slblint.model.records import NamedTuple
from k8slblint.model.rule import SEVERITIES, Rule, Severity
from k8slblint.model.texts import listed

SHOWN = 5
"""How many places of one kind are shown where not all are asked for."""


class _Words(NamedTuple):
    """What is said of one unit and of several; the cure of several where it is not the help of each, and whether the reasons differ."""

    one: str
    several: str
    cure: str = ""
    has_reasons: bool = True


_WORDS = {
    "unvendored": _Words(
        "lacks a dependency", "lack dependencies", "Run `helm dependency build` in the folder of each before the scan.", has_reasons=False
    ),
    "missing": _Words("refers to a missing file", "refer to missing files"),
    "remote": _Words("needs the network", "need the network"),
    "plugin": _Words("needs a plug-in", "need plug-ins"),
    "template": _Words("is refused, at least in part", "are refused, at least in part"),
    "bounds": _Words("exceeds a limit of the scan", "exceed limits of the scan"),
    "renderer": _Words("has no renderer", "have no renderer", has_reasons=False),
    "off": _Words("is not rendered since that is off", "are not rendered since that is off", has_reasons=False),
}
"""By the `group` of a finding (`rendering.wording`)."""

_FEW_COMMANDS = 3


class Entry(NamedTuple):
    """One unit that a kind is about: where that is told, or its name where it fails as the one before; and why, if that differs."""

    place: Location | str
    reason: str = ""


class Kind(NamedTuple):
    """Remarks of one kind: how many units they are about and what is wrong with them, what cures them, and each."""

    title: str
    cure: str
    entries: tuple[Entry, ...]


class Remarks(NamedTuple):
    """All remarks of one rule: the highest severity, a headline, and the kinds, the most frequent first."""

    rule: str
    severity: Severity
    headline: str
    kinds: tuple[Kind, ...]


def remarks(findings: Sequence[Finding], rules: Iterable[Rule]) -> tuple[Remarks | None, list[Finding]]:
    """Return the remarks among findings as one, and the findings that are left; None and all of them where it is one unit at most."""
    remarking = {rule.id for rule in rules if rule.is_remark}
    found = [finding for finding in findings if finding.rule in remarking and finding.group in _WORDS]
    number = sum(map(_units, found))
    if number < 2:  # noqa: PLR2004 - one is shown as any other finding
        return None, list(findings)
    severity = max((finding.severity for finding in found), key=SEVERITIES.index)
    headline = f"{number} charts or kustomizations are not rendered, or not entirely"
    return Remarks(found[0].rule, severity, headline, tuple(_kinds(found))), [one for one in findings if one not in found]


def in_lines(findings: Sequence[Finding], rules: Iterable[Rule]) -> list[tuple[Finding, str]]:
    """Return findings, each with its headline; of notes of one kind about several units only the first, which says how many there are."""
    remarking = {rule.id for rule in rules if rule.is_remark}
    kinds: dict[str, list[Finding]] = {}
    for one in findings:
        if one.rule in remarking and one.group in _WORDS and one.severity == "note":
            kinds.setdefault(one.group, []).append(one)
    joined = {group: several for group, several in kinds.items() if len(several) > 1}
    told = {id(one) for several in joined.values() for one in several}
    lines = [(one, one.headline) for one in findings if id(one) not in told]
    return [*lines, *((several[0], _in_line(group, several)) for group, several in joined.items())]


def _in_line(group: str, several: Sequence[Finding]) -> str:
    counts = Counter(f"{one.headline.partition(' ')[0].lower()}s" for one in several for _ in range(_units(one)))
    what = listed([f"{number} {noun[: -1 if number == 1 else None]}" for noun, number in counts.most_common()])
    return f"{what} {_WORDS[group].several}; -v and the text report list them"


def _kinds(found: Sequence[Finding]) -> Iterator[Kind]:
    groups: dict[str, list[Finding]] = {}
    for finding in found:
        groups.setdefault(finding.group, []).append(finding)
    for group, several in sorted(groups.items(), key=lambda item: (-sum(map(_units, item[1])), item[0])):
        number, words = sum(map(_units, several)), _WORDS[group]
        helps = list(dict.fromkeys(finding.help for finding in several if finding.help))
        has_each = len(helps) <= _FEW_COMMANDS and number == len(several)
        cure = " ".join(helps) if has_each or not words.cure else words.cure
        entries = tuple(entry for finding in several for entry in _entries(finding, words))
        yield Kind(f"{number} {words.one if number == 1 else words.several}", cure, entries)


def _entries(finding: Finding, words: _Words) -> Iterator[Entry]:
    yield Entry(finding.location, finding.why if words.has_reasons else "")
    yield from map(Entry, finding.units[1:])


def _units(finding: Finding) -> int:
    return max(1, len(finding.units))
