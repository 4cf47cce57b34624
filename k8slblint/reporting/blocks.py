"""Findings with one cause, reported as one block: the same rule and pattern of headline, the same why and help."""

from collections.abc import Iterable, Iterator, Sequence

from k8slblint.model.finding import Finding
from k8slblint.model.patterns import pattern
from k8slblint.model.records import NamedTuple

_VALUE = pattern(r"'[^']*'|`[^`]*`|\b[0-9][0-9.]*\b")
_OBJECT = pattern(r"\b[A-Z][A-Za-z]+ [^\s/]+/\S+")


class Block(NamedTuple):
    """A finding, and the others that are read with it, in their order."""

    first: Finding
    others: tuple[Finding, ...] = ()


def blocks(findings: Sequence[Finding]) -> Iterator[Block]:
    """Yield the findings in order, those of one cause as one block at the place of the first.

    One cause is the same rule, severity and suppression, headlines that differ in names and values only, and the same why and
    help but for the object's name; remarks that one and the same step cures are one block, too. Findings with related places
    of their own or a fix, and what leads the report, stand alone, since those say something about the one object.
    """
    groups: dict[object, list[Finding]] = {}
    for number, finding in enumerate(findings):
        groups.setdefault(_cause(finding) or number, []).append(finding)
    for first, *others in groups.values():
        yield _block_of_group(first, others) if first.group else Block(first, tuple(others))


def _cause(finding: Finding) -> object:
    if finding.group:
        return finding.rule, finding.severity, finding.suppressed, finding.group
    if finding.leads or finding.related or finding.fix or finding.condition or finding.resource is None:
        return None
    texts = (_VALUE.sub("{}", _nameless(finding, finding.headline)), *(_nameless(finding, text) for text in (finding.why, finding.help)))
    unit = finding.origin.unit if finding.origin else ""
    return finding.rule, finding.severity, finding.confidence, finding.suppressed, bool(unit), texts


def _nameless(finding: Finding, text: str) -> str:
    """Return a text without the name of the object, also where it was shortened."""
    if finding.resource is not None:
        text = text.replace(str(finding.resource), "{}")
    return _OBJECT.sub("{}", text, count=1)


def _block_of_group(first: Finding, others: Sequence[Finding]) -> Block:
    """Return the block of remarks that one step cures, with all the commands that do."""
    return Block(first._replace(help=" ".join(_distinct([first.help, *(other.help for other in others)]))), tuple(others))


def _distinct(texts: Iterable[str]) -> Iterator[str]:
    yield from dict.fromkeys(filter(None, texts))
