"""Detects routes that serve the host and path of an Ingress without what protects, or protected, it there."""

from collections.abc import Iterator, Mapping, Sequence

from k8slblint.catalog.protections import Family
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Confidence, Problem, RelatedPlace, Severity, Undecided, least
from k8slblint.model.scope import UNDEPLOYED_ENVIRONMENTS
from k8slblint.model.texts import LABEL, PROSE, capital, fitted, middle, within
from k8slblint.traffic.migrations.losses import LostByMigration, Opened, lost_by_migration, opened_by_migration
from k8slblint.traffic.ownership import ownership_of
from k8slblint.traffic.protections import wording
from k8slblint.traffic.protections.evidence import why_unread
from k8slblint.traffic.protections.losses import IN_FRONT, ORDER

_LONGEST_ID, _LONGEST_WORDS = 36, 32


def check(route: Resource, graph: ResourceGraph) -> Iterator[Problem | Undecided]:
    """Yield a problem at the first rule of a route that lacks a protection of the Ingress, and one where the internet now reaches it."""
    if graph.scope(route).environment in UNDEPLOYED_ENVIRONMENTS:
        return
    found = [one for one in lost_by_migration(route, graph) if not one.lost.doubt or one.lost.first.family not in IN_FRONT]
    certain = sorted((one for one in found if not one.lost.doubt), key=lambda one: (not one.is_gone, ORDER.index(one.lost.first.family)))
    doubt = why_unread(route, graph) if found else None
    if doubt is not None:
        yield Undecided(("metadata", "name"), doubt)
    elif certain:
        yield _problem(route, [one for one in certain if one.former.source is certain[0].former.source], graph)
    elif found:
        yield Undecided(("metadata", "name"), found[0].lost.doubt)
    for opened in opened_by_migration(route, graph):
        yield _opened(route, opened)


def _problem(route: Resource, found: Sequence[LostByMigration], graph: ResourceGraph) -> Problem:
    former, entry, is_gone, first = found[0]
    lost = [one.lost for one in {one.lost.first.family: one for one in reversed(found)}.values()]
    lost.sort(key=lambda one: ORDER.index(one.first.family))
    ingress = former.source
    how = "which it replaces, had it" if is_gone else "which serves the same, has it"
    return Problem(
        path=entry.at if route.get(*entry.at) is not None else ("metadata", "name"),
        headline=f"{middle(str(route.id), _LONGEST_ID)} lacks {wording.named(lost, _LONGEST_WORDS)} of its {ingress.kind}",
        label=fitted(f"without {first.first.words}", LABEL),
        why=within(
            PROSE,
            f"{middle(str(ingress.id), _LONGEST_ID)}, {how}. {wording.consequence(lost[0])}",
            wording.others(lost),
        ),
        help=_WAYS_OUT.get(first.first.family, _HELP),
        severity=_severity(found[0]),
        confidence=_confidence(found[0], graph),
        related=wording.places(lost),
        discriminator=f"{ingress.namespace}/{ingress.name} {','.join(one.first.family for one in lost)}",
    )


_WAYS_OUT: Mapping[Family, str] = {
    "https-redirect": "Set `sectionName` to the HTTPS listener, and attach a route with a `RequestRedirect` filter to the other.",
    "tls": "Attach the route to a listener with TLS, unless TLS ends in front of the Gateway.",
}

_HELP = "Attach a policy or filter of the Gateway's implementation that does the same, in the same change."


def _severity(found: LostByMigration) -> Severity:
    """Return how grave it is: beside the Ingress, which still protects its own way in, and for what may be done in front, less so."""
    return found.lost.severity if found.is_gone and found.lost.first.family not in IN_FRONT else "warning"


def _confidence(found: LostByMigration, graph: ResourceGraph) -> Confidence:
    earlier = graph.base if found.is_gone else graph
    owner = ownership_of(found.former.source, earlier) if earlier is not None else None
    sure: Confidence = owner.confidence if owner is not None and owner.verdict == "owned" else "medium"
    is_unsure = found.lost.first.family in IN_FRONT or found.lost.instead is not None
    return least(sure, "medium") if is_unsure else sure


def _opened(route: Resource, found: Opened) -> Problem:
    ingress = found.taken.former.source
    return Problem(
        path=("spec", "parentRefs") if route.get("spec", "parentRefs") is not None else ("metadata", "name"),
        headline=f"{middle(str(route.id), _LONGEST_ID)} exposes an internal {ingress.kind} to the internet",
        label=fitted(f"{found.gateway.kind} {found.gateway.name} is internet-facing", LABEL),
        why=within(
            PROSE,
            f"{middle(str(ingress.id), _LONGEST_ID)} is reachable from the internal network only.",
            f"{capital(found.becomes.reason)}.",
        ),
        help="Attach the route to an internal Gateway, unless the host is meant to be public now.",
        severity="error" if found.taken.is_gone else "warning",
        confidence=least(found.was.confidence, found.becomes.confidence),
        related=(
            RelatedPlace(ingress, ("metadata", "name"), "This is internal."),
            RelatedPlace(found.gateway, ("metadata", "name"), "The route attaches to this Gateway."),
        ),
        discriminator=f"{ingress.namespace}/{ingress.name} internal->internet",
    )
