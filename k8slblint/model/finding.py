"""What a finding and a report are: problems graded, located and counted."""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, TypeAlias

from k8slblint.model.location import Location, Path
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Origin, ResourceId
from k8slblint.model.rule import Cause, Condition, Confidence, Rule, Severity
from k8slblint.model.texts import joined

if TYPE_CHECKING:
    from k8slblint.model.difference import Differences


class Related(NamedTuple):
    """Another place that explains a finding; `source_line` is the text of its first line, for excerpts.

    `rendered` is text that stands in no file: what a renderer made, in several lines.
    """

    location: Location
    message: str
    source_line: str = ""
    rendered: str = ""


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
    """Why a finding was suppressed: where it was said (`comment`, `annotation`, `config`, `baseline`) and the reason given."""

    kind: Literal["comment", "annotation", "config", "baseline"]
    reason: str


Novelty: TypeAlias = Literal["new", "known"]
"""Whether the revision before lacks a finding (`new`) or has it too (`known`); what a rule about changes finds is always new."""


class Finding(NamedTuple):
    """One problem as a user sees it.

    Its texts are those of the `Problem`, each within its limit. `group` tells findings that one and the same step cures, `units` which
    rendered units a finding about text is about, `cluster` the one of its object.
    `fingerprint` stays the same while rule, resource, field and distinguishing data do; `line_hash` is the
    `primaryLocationLineHash` of GitHub code scanning for the first line; `source_line` is that line's text.
    `identity` is the fingerprint before it is told apart from equal ones; for findings about text it does not depend on the file.
    `novelty` is None where no revisions were compared. `leads` marks what stands first in every report.
    `stands_alone` keeps it apart from those of other objects at one place, `cause` makes it one with those of others that have it, too.
    """

    rule: str
    severity: Severity
    confidence: Confidence
    headline: str
    location: Location
    resource: ResourceId | None
    field: Path
    fingerprint: str
    label: str = ""
    why: str = ""
    help: str = ""
    group: str = ""
    related: tuple[Related, ...] = ()
    traffic: tuple[Related, ...] = ()
    condition: Condition | None = None
    fix: LocatedFix | None = None
    origin: Origin | None = None
    source_line: str = ""
    line_hash: str = ""
    suppressed: Acceptance | None = None
    novelty: Novelty | None = None
    leads: bool = False
    identity: str = ""
    call: tuple[Location, str] | None = None
    units: tuple[str, ...] = ()
    cluster: str = ""
    stands_alone: bool = False
    cause: Cause | None = None

    @property
    def message(self) -> str:
        """The texts as one paragraph: headline, why and help."""
        return joined(self.headline, self.why, self.help)

    @property
    def order(self) -> tuple[object, ...]:
        """The order of reports: what leads, then path, line, column, rule and message."""
        return not self.leads, self.location.path, *self.location.span, self.rule, self.message


class CheckFailure(NamedTuple):
    """A check that raised: which rule, on which resource, and the error in one line."""

    rule: str
    resource: str
    error: str


class Outcome:
    """What a run has yielded so far; of what could not be decided how often, by rule and reason."""

    __slots__ = ("failures", "findings", "suppressed", "undecided")

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.suppressed: list[Finding] = []
        self.failures: list[CheckFailure] = []
        self.undecided: Counter[tuple[str, str]] = Counter()


class UndecidedRule(NamedTuple):
    """A rule that could not decide in `count` places, all for one reason."""

    rule: str
    reason: str
    count: int  # type: ignore[assignment]  # hides tuple.count, which nobody calls here


class Skip(NamedTuple):
    """Files or documents that were passed over for one reason, with up to five examples (`path` or `path:line`)."""

    reason: str
    count: int  # type: ignore[assignment]  # as above
    examples: tuple[str, ...]


class Spared(NamedTuple):
    """Findings of one rule that are not shown, as they are in samples and the like, with up to five examples (`path:line`)."""

    rule: str
    count: int  # type: ignore[assignment]  # as above
    examples: tuple[str, ...]


class SeenUnit(NamedTuple):
    """A unit that was rendered, or was to be: the file that stands for it, why it is taken for deployed, and how many objects it yields.

    `renderer` is the kind of what it is made of: `helm`, `kustomize` or `files`. `failure` says why it could not be rendered, or is empty.
    """

    unit: str
    path: str
    renderer: str
    reason: str
    documents: int = 0
    failure: str = ""


class NotFollowed(NamedTuple):
    """An object that deploys something which is not in the tree: where it is written, and why that was not rendered."""

    object: str
    path: str
    line: int
    reason: str


class SpentBudget(NamedTuple):
    """Which limit of the budget ended a run before everything was looked at, and the input that spent it.

    `disk`, `memory` and `open_files` are what the machine itself ran out of, `renderer_memory` is what one renderer may take; the run went
    on without that input.
    """

    limit: str
    spent_by: str


class Completeness:
    """What the run saw, read and passed over; a report never claims more than this.

    `budget` is None unless the run ended early. `places_not_proven` counts the places in rendered objects that would have taken too long
    to prove.
    `documents_with_placeholders` are those among the linted that hold text like `${VAR}`, of which nothing is said.
    `sandbox` says how the renderers were confined: `full`, `none`, or `partial: does not restrict ...`; None where none was started.
    """

    __slots__ = (
        "budget",
        "documents_linted",
        "documents_seen",
        "documents_skipped",
        "documents_with_placeholders",
        "files_read",
        "files_seen",
        "files_skipped",
        "not_rendered",
        "places_not_proven",
        "sandbox",
        "spared",
        "undecided",
        "units",
    )

    def __init__(  # noqa: PLR0913 - one count each
        self,
        *,
        files_seen: int = 0,
        files_read: int = 0,
        documents_seen: int = 0,
        documents_linted: int = 0,
        documents_with_placeholders: int = 0,
        files_skipped: Sequence[Skip] = (),
        documents_skipped: Sequence[Skip] = (),
        undecided: Sequence[UndecidedRule] = (),
        units: Sequence[SeenUnit] = (),
        not_rendered: Sequence[NotFollowed] = (),
        sandbox: str | None = None,
        budget: SpentBudget | None = None,
        places_not_proven: int = 0,
        spared: Sequence[Spared] = (),
    ) -> None:
        self.files_seen = files_seen
        self.files_read = files_read
        self.documents_seen = documents_seen
        self.documents_linted = documents_linted
        self.documents_with_placeholders = documents_with_placeholders
        self.files_skipped = files_skipped
        self.documents_skipped = documents_skipped
        self.undecided = undecided
        self.units = units
        self.not_rendered = not_rendered
        self.budget = budget
        self.places_not_proven = places_not_proven
        self.sandbox = sandbox
        self.spared = spared


class SwitchedOff(NamedTuple):
    """A rule that is off, and who says so: an option, or `file:line`; `where` names the environments, empty for all of them."""

    rule: str
    by: str
    where: str = ""


class Report(NamedTuple):
    """The outcome of a run: findings in order, suppressed ones apart, what was covered, and what failed.

    `rules` are the rules that were on, whether or not they fired; `against` names the revision compared with, if any.
    With a revision before, each finding says whether it is new. `fixed` are those that only the revision before has, at their places then.
    `new_only` tells that only what is new counts: findings that the revision before has too are in `known`, not in `findings`.
    `spared` are remarks about the input in samples and the like; `completeness` counts them with all others.
    `switched_off` are the stable rules that are off.
    `differences` is what the change does to traffic, None where no revisions were compared or nobody asked.
    `fail_on` is the least severity that fails the run, `fail_on_weakened` that of a finding that leads.
    """

    version: str
    findings: tuple[Finding, ...]
    suppressed: tuple[Finding, ...]
    completeness: Completeness
    rules: tuple[Rule, ...]
    failures: tuple[CheckFailure, ...] = ()
    against: str | None = None
    new_only: bool = False
    known: tuple[Finding, ...] = ()
    fixed: tuple[Finding, ...] = ()
    spared: tuple[Finding, ...] = ()
    switched_off: tuple[SwitchedOff, ...] = ()
    differences: "Differences | None" = None
    fail_on: Severity = "error"
    fail_on_weakened: Severity = "error"

    @property
    def new(self) -> tuple[Finding, ...]:
        """The findings that the revision before lacks; without one, all of them."""
        return tuple(finding for finding in self.findings if finding.novelty != "known")
