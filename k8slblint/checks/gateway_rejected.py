"""Detects objects of Gateway API that the API server refuses or trims, by the definitions that the cluster has."""

from collections.abc import Iterator

from k8slblint.admission import grammar
from k8slblint.admission.gateways.judging import rejections
from k8slblint.admission.gateways.rejection import Rejection, Target
from k8slblint.admission.metadata import label_values
from k8slblint.admission.problems import has_directive
from k8slblint.admission.refusal import Refusal, in_words, invalid, shown
from k8slblint.graph.answers import Found
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.placeholders import has_placeholder, is_blank
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Confidence, Problem, RelatedPlace, Undecided, least
from k8slblint.model.texts import middle
from k8slblint.traffic.attachment.definitions import is_known_release, target_of

_ASIDE = frozenset({"apiVersion", "kind", "metadata", "status", "sops"})
_VERSION = ("apiVersion",)
"""What decides whether a release serves an object: where none is stated, the newest is only likely, and others did: a warning."""

_LONGEST_ANSWER = 150
_SHOWN = 3


def check(resource: Resource, graph: ResourceGraph, *, release: str, channel: str) -> Iterator[Problem | Undecided]:
    """Yield a problem at each field that the definition of the kind refuses, in the server's words, or that it does not have.

    Which definition that is, `traffic.attachment.definitions` says. What looks like a patch that some tool applies may lack anything: that
    is said with low confidence.
    """
    if has_directive(resource):
        return
    if release and not is_known_release(release):
        yield Undecided((), f"the definitions of Gateway API {middle(release, 20)} are not known")
        return
    yield from _metadata(resource)
    target = target_of(resource, graph, release, channel)
    before = graph.counterpart(resource)
    for found in rejections(resource.value, target, before.value.value if isinstance(before, Found) else None):
        if isinstance(found, Rejection):
            yield _problem(resource, found, target, is_partial=found.rests_on_absence and _is_partial(resource, graph))
        else:
            yield Undecided((), found)


def _problem(resource: Resource, found: Rejection, target: Target, *, is_partial: bool) -> Problem:
    caps: tuple[Confidence, ...] = ("low",) if is_partial else ()
    return Problem(
        path=found.path,
        headline=f"{resource.id} {found.fault}",
        label=found.label,
        why=found.why.replace("{answer}", middle(found.answer, _LONGEST_ANSWER)),
        help=found.help,
        at=found.at,
        severity="warning" if found.path == _VERSION and found.confidence != "high" and not target.is_known else None,
        confidence=least(found.confidence, "medium" if target.is_far else "high", *caps),
        related=tuple(RelatedPlace(resource, one, "The same is wrong here.") for one in found.others[:_SHOWN]),
        discriminator=found.fault,
    )


def _metadata(resource: Resource) -> Iterator[Problem]:
    """Yield what is refused in the name, the namespace and the labels; their keys are checked for all kinds by `invalid-resource`."""
    for refusal in (*_names(resource), *label_values(("metadata", "labels"), resource.labels)):
        why = f"The API server refuses it: {middle(f'{in_words(refusal.path)}: {refusal.reason}', _LONGEST_ANSWER)}."
        yield Problem(refusal.path, f"{resource.id} {refusal.fault}", refusal.label, why, refusal.help)


def _names(resource: Resource) -> Iterator[Refusal]:
    for field, broken in (("name", grammar.broken_subdomain), ("namespace", grammar.broken_label)):
        text = resource.get("metadata", field)
        if not isinstance(text, str) or not text or has_placeholder(text) or is_blank(text):
            continue
        rule = broken(text)
        if rule:
            help_ = "Use lowercase letters, digits and hyphens; start and end with a letter or digit."
            yield Refusal(("metadata", field), f"has {field} {shown(text)}, which is not valid", invalid(text, rule), help=help_)


def _is_partial(resource: Resource, graph: ResourceGraph) -> bool:
    """Tell whether something may add to the object before it is applied, or it only says what a test expects: name and status.

    What Flux applies on the server's side is added to the object that is there; SOPS leaves a part of its own in what it encrypts.
    """
    is_empty = not any(value for key, value in resource.value.items() if key not in _ASIDE)
    return is_empty or graph.patch_of(resource) is not None
