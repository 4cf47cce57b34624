"""What a rule is, and what a check yields."""

from typing import Any, Literal, TypeAlias

from k8slblint.model.location import Path
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.model.texts import joined, middle

Severity: TypeAlias = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("note", "warning", "error")
"""From the least to the most severe; the words of SARIF."""

Confidence: TypeAlias = Literal["high", "medium", "low"]
CONFIDENCES: tuple[Confidence, ...] = ("low", "medium", "high")
"""From the least to the most certain."""


def least(*confidences: Confidence) -> Confidence:
    """Return the least certain of some confidences: a claim is no surer than what it rests on."""
    return min(confidences, key=CONFIDENCES.index)


At: TypeAlias = Literal["value", "key", "overlay"]

Stage: TypeAlias = Literal["loading", "checks", "suppression", "configuration"]


class Parameter(NamedTuple):
    """One setting of a rule: its JSON schema and its default."""

    name: str
    schema: dict[str, Any]
    default: Any
    description: str


class Example(NamedTuple):
    """One example of a rule file: manifests that fire (`bad`) and do not (`good`), with the revision before them if any.

    `scope` may state `environment`, `platform`, `kubernetes_version`; `parameters` overrides the rule's parameters.
    """

    title: str
    bad: str
    good: str
    before: str | None = None
    scope: tuple[tuple[str, str], ...] = ()
    parameters: tuple[tuple[str, Any], ...] = ()


class Rule(NamedTuple):
    """What is promised to the user: everything that stands in `rules/<id>.yaml`.

    `kinds` are `Kind` or `Kind.group`; a check is handed only resources of these kinds.
    `stage` tells who reports: the `checks` (a function of the same stem), `loading`, `suppression`, or
    `configuration` (what a change reports no longer).
    `is_remark` marks a rule about the run, not about manifests: SARIF reports what it finds as notifications, not as results.
    `compares_revisions` tells that the rule needs `--against`, `reports_removed` that its check is handed, after the resources of
    now, those that are gone, too.
    """

    id: str
    title: str
    since: str
    status: Literal["preview", "stable", "deprecated"]
    severity: Severity
    kinds: tuple[str, ...]
    stage: Stage = "checks"
    confidence: Confidence = "high"
    compares_revisions: bool = False
    reports_removed: bool = False
    is_remark: bool = False
    security: str | None = None
    tags: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    rationale: str = ""
    remediation: str = ""
    parameters: tuple[Parameter, ...] = ()
    references: tuple[str, ...] = ()
    examples: tuple[Example, ...] = ()


class RelatedPlace(NamedTuple):
    """Another place that explains a problem: a path in some resource and one sentence about it."""

    resource: Resource
    path: Path
    message: str
    at: At = "value"


class Condition(NamedTuple):
    """A status condition that the controller will show, for example `ResolvedRefs False RefNotPermitted`."""

    type: str
    status: str
    reason: str


class Edit(NamedTuple):
    """One text edit: what replaces the value at `path` (its key too with `at="key"`)."""

    path: Path
    text: str
    at: At = "value"


class Fix(NamedTuple):
    """A way out that a program can apply: what it does, and the edits; `safe` when it changes nothing else."""

    description: str
    edits: tuple[Edit, ...]
    safe: bool = False


class Cause(NamedTuple):
    """What the problems of several objects of a cluster have in common, where one finding is enough for all of them.

    Those with the same `key` are one finding, at the first of them: its headline is `headline`, with the number of the others between the
    two parts, and of each of those a related place says `told`. Where they are `alike`, in what is said and in the way out, sets of values
    that nobody is known to deploy are no clusters of their own: a line that was copied from chart to chart is one finding.
    """

    key: str
    headline: tuple[str, str]
    told: str
    alike: bool = False

    @classmethod
    def of_alike(cls, resource: Resource, said: str, help_: str) -> "Cause":
        """Return the cause of what is said of several objects in the same words, and cured in the same way: `set such and such`."""
        told = f"{resource.kind} {middle(resource.name, _LONGEST_NAME)} too."
        return cls(f"{said} {help_}", (f"{resource.id} and ", f" more {said}"), told, alike=True)

    @classmethod
    def of_setting(cls, resource: Resource, headline: str, help_: str) -> "Cause | None":
        """Return the cause of what a headline says that an object sets, None where it says something else of the object."""
        _, sets, said = headline.partition(f"{resource.id} sets ")
        return cls.of_alike(resource, f"set {said}", help_) if sets else None


_LONGEST_NAME = 50


class Problem(NamedTuple):
    """What a check found wrong at `path` of the resource it was handed.

    `headline` names the object first (`Kind namespace/name`), then what is wrong with it: one sentence without a period, no advice.
    `label` stands at the caret and says what the marked text is or was. `why` says what will happen to traffic and who says so,
    `help` the way out in the imperative. Values are in single quotes, fields in backticks; limits are in `model.texts`.
    `severity` overrides the rule's for this one case; `discriminator` tells two problems at one path apart across runs.
    `traffic` is the way of the traffic, in packet order, up to the step at fault. `written_at` is where the mistake is made, where that
    is not in the object itself. `stands_alone` keeps it apart from those of other objects that one line of a template prints.
    `cause` makes it one finding with those of other objects.
    """

    path: Path
    headline: str
    label: str = ""
    why: str = ""
    help: str = ""
    at: At = "value"
    severity: Severity | None = None
    confidence: Confidence = "high"
    related: tuple[RelatedPlace, ...] = ()
    traffic: tuple[RelatedPlace, ...] = ()
    condition: Condition | None = None
    fix: Fix | None = None
    discriminator: str = ""
    written_at: RelatedPlace | None = None
    stands_alone: bool = False
    cause: Cause | None = None

    @property
    def message(self) -> str:
        """The texts as one paragraph: headline, why and help."""
        return joined(self.headline, self.why, self.help)


class Undecided(NamedTuple):
    """What a check yields when the evidence is incomplete: neither fine nor broken, with the reason in one sentence."""

    path: Path
    reason: str
