"""Detects annotations of Gateways and routes that their implementation reads elsewhere, or that no implementation reads."""

from collections.abc import Iterator

from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Cause, Problem, RelatedPlace
from k8slblint.model.texts import HEADLINE, PROSE, middle, short_key, within
from k8slblint.traffic.annotations.service_annotations import ANNOTATIONS, names_of
from k8slblint.traffic.gateways.metadata import UnreadKeys, unread_keys

_LONGEST_KEY = 40

_MOST_PLACES = 10


def check(resource: Resource, graph: ResourceGraph) -> Iterator[Problem]:
    """Yield a problem at the first of the keys that have no effect for one reason; the others are related places."""
    for found in unread_keys(resource, graph):
        first, *others = found.keys
        help_ = _way_out(resource, found)
        yield Problem(
            path=(*ANNOTATIONS, first),
            at="key",
            headline=_headline(resource, found),
            label="replaced by the annotations below infrastructure" if found.is_replaced else f"not read on kind {resource.kind}",
            why=within(PROSE, *_why(resource, found)),
            help=help_,
            confidence=found.confidence,
            related=tuple(
                RelatedPlace(resource, (*ANNOTATIONS, key), "This one has no effect either.", "key") for key in others[:_MOST_PLACES]
            ),
            discriminator=found.kind,
            cause=None if others else Cause.of_alike(resource, f"set `{middle(short_key(first), _LONGEST_KEY)}` without effect", help_),
        )


def _headline(resource: Resource, found: UnreadKeys) -> str:
    more = f" and {len(found.keys) - 1} more" if len(found.keys) > 1 else ""
    said = f"{resource.id} sets `{middle(short_key(found.keys[0]), _LONGEST_KEY)}`{more} without effect"
    return said if len(said) <= HEADLINE else f"{resource.id} sets {len(found.keys)} annotations without effect"


def _why(resource: Resource, found: UnreadKeys) -> Iterator[str]:
    """Yield who reads the keys, and where; then what that means for the load balancer."""
    names, it = names_of(found.readers[:2]), "them" if len(found.keys) > 1 else "it"
    if found.is_replaced:
        yield f"{found.served_by} copies the annotations of a Gateway to its Service only while `spec.infrastructure.annotations` is empty."
    elif found.kind == "Service" and found.served_by is not None:
        yield f"{names} reads {it} on Services, and {found.served_by} does not copy annotations of a Gateway to one."
    else:
        yield f"{names} reads {it} on kind {found.kind} only, and no controller reads {it} on kind {resource.kind}."
    if found.asks_for_internal:
        yield "The load balancer that was meant to be internal gets the default of its controller."


def _way_out(resource: Resource, found: UnreadKeys) -> str:
    if found.instead is not None:
        return f"Move the setting to {found.instead}."
    if found.kind == "Service":
        return "Set it on the Service, or for the Gateway where its implementation reads it."
    return f"Remove it, and configure the same with a filter of the {'route' if resource.kind != 'Gateway' else 'routes'} or a policy."
