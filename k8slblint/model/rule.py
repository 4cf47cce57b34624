"""Knows what a rule is, and what a check yields."""

from typing import Any, Literal, NamedTuple, TypeAlias

from k8slblint.model.location import Path
from k8slblint.model.resource import Resource

Severity: TypeAlias = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("note", "warning", "error")
"""From the least to the most severe; the words of SARIF."""

Confidence: TypeAlias = Literal["high", "medium", "low"]
CONFIDENCES: tuple[Confidence, ...] = ("low", "medium", "high")
"""From the least to the most certain."""


def least(*confidences: Confidence) -> Confidence:
    """Return the least certain of some confidences: a claim is no surer than what it rests on."""
    return min(confidences, key=CONFIDENCES.index)


At: TypeAlias = Literal["value", "key"]

Stage: TypeAlias = Literal["loading", "checks", "suppression"]


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
    `stage` tells who reports: the `checks` (a function of the same stem), `loading`, or `suppression`.
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


class Problem(NamedTuple):
    """What a check found wrong at `path` of the resource it was handed.

    `message` says what is, where, what will happen, and the way out; dynamic values in single quotes, ending in a period.
    `severity` overrides the rule's for this one case; `discriminator` tells two problems at one path apart across runs.
    `traffic` is the way of the traffic, in packet order, up to the step at fault.
    """

    path: Path
    message: str
    at: At = "value"
    severity: Severity | None = None
    confidence: Confidence = "high"
    related: tuple[RelatedPlace, ...] = ()
    traffic: tuple[RelatedPlace, ...] = ()
    condition: Condition | None = None
    fix: Fix | None = None
    discriminator: str = ""


class Undecided(NamedTuple):
    """What a check yields when the evidence is incomplete: neither fine nor broken, with the reason in one sentence."""

    path: Path
    reason: str
