"""Knows what a finding and a report are: problems graded, located and counted."""

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from k8slblint.model.location import Location, Path
from k8slblint.model.resource import Origin, ResourceId
from k8slblint.model.rule import Condition, Confidence, Rule, Severity


class Related(NamedTuple):
    """Another place that explains a finding; `source_line` is the text of its first line, for excerpts."""

    location: Location
    message: str
    source_line: str = ""


class Replacement(NamedTuple):
    """One text edit of a fix: the text that takes the place of what stands at `location`."""

    location: Location
    text: str


class LocatedFix(NamedTuple):
    """A fix with its edits placed in files."""

    description: str
    edits: tuple[Replacement, ...]
    safe: bool


class Acceptance(NamedTuple):
    """Why a finding was suppressed: where it was said (`comment`, `annotation`, `config`) and the reason given."""

    kind: Literal["comment", "annotation", "config"]
    reason: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem as a user sees it.

    `fingerprint` stays the same while rule, resource, field and distinguishing data do; `line_hash` is the
    `primaryLocationLineHash` of GitHub code scanning for the first line; `source_line` is that line's text.
    """

    rule: str
    severity: Severity
    confidence: Confidence
    message: str
    location: Location
    resource: ResourceId | None
    field: Path
    fingerprint: str
    related: tuple[Related, ...] = ()
    traffic: tuple[Related, ...] = ()
    condition: Condition | None = None
    fix: LocatedFix | None = None
    origin: Origin | None = None
    source_line: str = ""
    line_hash: str = ""
    suppressed: Acceptance | None = None

    @property
    def order(self) -> tuple[object, ...]:
        """The order of reports: path, line, column, rule, then message."""
        return self.location.path, *self.location.span, self.rule, self.message


@dataclass(frozen=True, slots=True)
class CheckFailure:
    """A check that raised: which rule, on which resource, and the error in one line."""

    rule: str
    resource: str
    error: str


@dataclass(frozen=True, slots=True)
class UndecidedRule:
    """A rule that could not decide in `count` places, all for one reason."""

    rule: str
    reason: str
    count: int


@dataclass(frozen=True, slots=True)
class Skip:
    """Files or documents that were passed over for one reason, with up to five examples (`path` or `path:line`)."""

    reason: str
    count: int
    examples: tuple[str, ...]


@dataclass(slots=True)
class Completeness:
    """What the run saw, read and passed over; a report never claims more than this."""

    files_seen: int = 0
    files_read: int = 0
    documents_seen: int = 0
    documents_linted: int = 0
    files_skipped: list[Skip] = field(default_factory=list)
    documents_skipped: list[Skip] = field(default_factory=list)
    undecided: list[UndecidedRule] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of a run: findings in order, suppressed ones apart, what was covered, and what failed.

    `rules` are the rules that were on, whether or not they fired; `against` names the revision compared with, if any.
    """

    version: str
    findings: tuple[Finding, ...]
    suppressed: tuple[Finding, ...]
    completeness: Completeness
    rules: tuple[Rule, ...]
    failures: tuple[CheckFailure, ...] = ()
    against: str | None = None
