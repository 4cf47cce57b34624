"""What texts for people must keep to: their limits, the object's name, and the English of the Kubernetes documentation."""

import re
from collections.abc import Iterator
from functools import cache

from k8slblint.model.finding import Finding
from k8slblint.model.rule import Problem
from k8slblint.model.texts import CUT, HEADLINE, LABEL, PROSE

_FORBIDDEN = re.compile(
    r"""\b(nobody|somebody|everybody|anybody
    |whoever|for\ want\ of|without\ a\ word|in\ its\ place|(?:builds?|built|makes?|made)\ anew|is\ to\ be
    |tells?|told
    |(?:is|are)\ no\ (?!longer\b)(?:\w+\ )?(?:value|address|name|number|CIDR|list|port|object|text|folder|component|JSON)
    |takes?\ the\ place|lets?\ in|keeps?\ out|(?:makes?|made)\ (?:a|an|no)\ (?:\w+\ )*load\ balancers?|as\ no\ annotation
    |past\ the\ load\ balancer|around\ the\ edge|stands?\ (?:at|in|on|there|beside|alone)|carr(?:y|ies)|holds?\ (?:the|a|an|no)\b
    |(?:of|on)\ (?:its|their)\ own(?!\ \w)|(?:is|are)\ taken\ for|(?:laid|lays?)\ over|held\ against|(?:is|are)\ worked\ out|undecided
    |kind\ not\ used)\b""",
    re.VERBOSE | re.IGNORECASE,
)
"""Phrases of the left column of the guide's table."""

_ADVICE = re.compile(
    r"^(Remove|Use|Set|Write|Give|Add|Restore|Run|Move|Change|Declare)\b|; (use|set|write|remove|add)\b|did you mean", re.IGNORECASE
)
_QUOTED = re.compile(r"'[^']*'|`[^`]*`")


REASON = PROSE
"""How many characters a reason, an error or a line of a view may have, values and names in quotes not counted."""

_LAYOUT = re.compile(r"^[\s│├└─|`-]*")


@cache
def faults_of_line(text: str) -> tuple[str, ...]:
    """Return what is wrong with a reason, an error or a line of a view; what is in quotes comes from the input and is not judged."""
    return tuple(f"{fault}: {text!r}" for fault in _faults_of_line(_QUOTED.sub("''", text)))


def _faults_of_line(text: str) -> Iterator[str]:
    if len(text) > REASON:
        yield f"is longer than {REASON}"
    if "\n" in text or "\r" in text:
        yield "is not one line"
    if said := _FORBIDDEN.search(text):
        yield f"says '{said[0]}'"


def faults_of_error(text: str) -> tuple[str, ...]:
    """Return what is wrong with an error of the command: one sentence, with its period."""
    unfinished = () if text.endswith((".", "?")) else (f"does not end in a period: {text!r}",)
    return (*unfinished, *faults_of_line(text))


def faults_of_view(text: str) -> tuple[str, ...]:
    """Return what is wrong with the lines of a view."""
    return tuple(fault for line in text.splitlines() for fault in faults_of_line(_LAYOUT.sub("", line)))


def faults_of_prose(text: str) -> tuple[str, ...]:
    """Return the phrases of a page or a rule that the guide forbids, each with its line."""
    lines = ((line, _FORBIDDEN.search(_QUOTED.sub("''", line))) for line in text.splitlines())
    return tuple(f"says '{said[0]}': {line.strip()!r}" for line, said in lines if said)


def faults(finding: Finding) -> list[str]:
    """Return what is wrong with the texts of a finding, each in one line with the text."""
    return [f"{finding.rule}: {fault}: {text!r}" for fault, text in _faults(finding)]


def _faults(finding: Finding) -> Iterator[tuple[str, str]]:
    limits = (
        ("headline", finding.headline, HEADLINE),
        ("label", finding.label, LABEL),
        ("why", finding.why, PROSE),
        ("help", finding.help, PROSE),
    )
    for name, text, limit in limits:
        if len(text) > limit:
            yield f"{name} is longer than {limit}", text
        if text.endswith(CUT) and len(text) > limit - 30:
            yield f"{name} does not fit and was cut", text
        if text != " ".join(text.split()):
            yield f"{name} is not one line", text
        said = _FORBIDDEN.search(_QUOTED.sub("''", text.replace(finding.resource.name if finding.resource else "\0", "")))
        if said:
            yield f"{name} says '{said[0]}'", text
    yield from _of_headline(finding)


def _of_headline(finding: Finding) -> Iterator[tuple[str, str]]:
    headline = finding.headline
    if not headline or headline.endswith("."):
        yield "a headline is a sentence without its period", headline
    if _ADVICE.search(_QUOTED.sub("''", headline)):
        yield "a headline gives no advice", headline
    if finding.resource is not None and not _names(finding, headline):
        yield "a headline names the object", headline
    for text in (finding.why, finding.help):
        if text and not text.endswith((".", "?", "...")):
            yield "a sentence ends in a period", text


def _names(finding: Finding, headline: str) -> bool:
    """Tell whether a headline names the object, which may be shortened in the middle, or the cluster that the finding is about."""
    if headline.startswith("Cluster "):
        return True
    resource = finding.resource
    if resource is None or str(resource) in headline or not resource.name:
        return True
    return finding.rule == "invalid-resource" or (resource.kind[:8] in headline and CUT in headline)


def words_of(found: Finding | Problem) -> str:
    """Return all that a finding or a problem says, for tests that look for words."""
    return f"{found.headline}\n{found.label}\n{found.why}\n{found.help}"
