"""Detects references into other namespaces that no ReferenceGrant permits."""

from collections.abc import Iterator, Sequence

from k8slblint.graph.answers import Unknown
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Condition, Problem, RelatedPlace, Undecided
from k8slblint.model.texts import HEADLINE, LABEL, PROSE, fitted, middle, within
from k8slblint.traffic.attachment.grants import NearMiss, Refused, grant_for, permission
from k8slblint.traffic.attachment.references import Purpose, Reference, is_at_gateway, is_listener_owner, references_of
from k8slblint.traffic.attachment.serving import backend_readings

_KINDS = frozenset((("", "Service"), ("multicluster.x-k8s.io", "ServiceImport"), ("", "Secret"), ("", "ConfigMap")))
"""What every implementation asks for a grant; of their own kinds some have rules of their own."""

_EFFECTS: dict[Purpose, str] = {
    "backend": "The controller does not read the backend: its share of the requests is answered with 500",
    "mirror": "The controller does not read the backend: nothing is mirrored",
    "authorization": "The controller does not read the backend: requests of the rule are refused",
    "certificate": "The controller does not read the Secret: the listener has no certificate and serves no TLS",
    "CA": "The controller does not read the CA certificates: the listeners that validate clients by them are not accepted",
    "client certificate": "The controller does not read the Secret: it presents no client certificate to backends",
}

_LONGEST_NAME = 30

_MOST_RELATED = 5


def check(resource: Resource, graph: ResourceGraph) -> Iterator[Problem | Undecided]:
    """Yield a problem at the first of the references of one kind into one namespace that no grant permits; the others are related.

    Silent for routes of a mesh only (Gateway API 1.6: consumer routes need no grant), for kinds of an implementation, and where the
    controller of every Gateway reads no grants. Undecided where a grant may be in what is not among the manifests.
    """
    if not is_listener_owner(resource) and (not is_at_gateway(resource) or _reads_no_grants(resource, graph)):
        return
    refused: dict[tuple[str | None, str, str], list[tuple[Reference, Refused]]] = {}
    for reference in references_of(resource):
        if (reference.group, reference.kind) not in _KINDS:
            continue
        answer = permission(reference, graph)
        if isinstance(answer, Unknown):
            yield Undecided(reference.path, answer.reason)
        elif isinstance(answer, Refused):
            refused.setdefault((reference.namespace, reference.kind, reference.purpose), []).append((reference, answer))
    yield from (_problem(found) for found in refused.values())


def _reads_no_grants(route: Resource, graph: ResourceGraph) -> bool:
    """Tell whether all known controllers of a route serve references to other namespaces without a grant."""
    readings = backend_readings(route, graph)
    return bool(readings) and not any(one.reads_grants for one in readings)


def _problem(found: Sequence[tuple[Reference, Refused]]) -> Problem:
    reference, refused = found[0]
    source = reference.source
    near = refused.near[0] if refused.near else None
    return Problem(
        path=(*reference.path, "namespace"),
        headline=fitted(f"{source.id} refers to {reference.kind} {reference.namespace}/{reference.name} without a grant", HEADLINE),
        label=fitted(f"no ReferenceGrant in {reference.namespace} permits it", LABEL),
        why=within(PROSE, f"{_EFFECTS[reference.purpose]}.", _said(near) if near else ""),
        help=_help(reference, near),
        confidence="high" if refused.is_sure else "medium",
        condition=Condition("ResolvedRefs", "False", "RefNotPermitted"),
        related=(
            *_grants(refused.near),
            *(RelatedPlace(source, other.path, f"Also {other.named}.") for other, _ in found[1:_MOST_RELATED]),
        ),
        discriminator=f"{reference.namespace} {reference.kind} {reference.purpose}",
    )


def _said(near: NearMiss) -> str:
    return f"ReferenceGrant {middle(near.grant.name, _LONGEST_NAME)} {near.text}."


def _help(reference: Reference, near: NearMiss | None) -> str:
    namespace = middle(str(reference.namespace), _LONGEST_NAME)
    if near is not None and near.path == ("metadata", "namespace"):
        return f"Move the ReferenceGrant to namespace {namespace}: it is read in the namespace of what is referred to."
    if near is not None and near.path[-1] == "group":
        return f"Correct the ReferenceGrant: {grant_for(reference)}."
    if near is not None:
        return fitted(f"Add to ReferenceGrant {middle(near.grant.name, _LONGEST_NAME)}: {grant_for(reference)}.", PROSE)
    return fitted(f"Write a ReferenceGrant in namespace {namespace} with {grant_for(reference)}.", PROSE)


def _grants(near: Sequence[NearMiss]) -> Iterator[RelatedPlace]:
    for one in near[:3]:
        yield RelatedPlace(one.grant, one.path, f"{one.grant.id} {one.text}.")
