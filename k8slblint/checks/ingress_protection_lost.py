"""Detects changes that take authentication, an allow list, a rate limit, a firewall or TLS away from an Ingress or a route that stays."""

from collections.abc import Iterator, Sequence

from k8slblint.graph.answers import Absent
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import INGRESS_KINDS
from k8slblint.model.location import Path
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import HELM_VALUES, Resource
from k8slblint.model.rule import Confidence, Problem, Undecided, least
from k8slblint.model.scope import UNDEPLOYED_ENVIRONMENTS
from k8slblint.model.texts import LABEL, PROSE, brief, fitted, middle, short_key, within
from k8slblint.traffic.changes.load_balancers import LoadBalancerChange, load_balancer_changes
from k8slblint.traffic.changes.updates import place_of_annotation
from k8slblint.traffic.migrations.losses import lost_by_migration
from k8slblint.traffic.ownership import ownership_of
from k8slblint.traffic.protections import wording
from k8slblint.traffic.protections.evidence import why_unread
from k8slblint.traffic.protections.forms import INGRESS
from k8slblint.traffic.protections.losses import IN_FRONT, ORDER, Lost
from k8slblint.traffic.protections.updates import lost_by_update

_LONGEST_ID, _LONGEST_NAME = 44, 32


class _Losses(NamedTuple):
    """What an object that was (`before`) had and the one that is has not, of one other object or of itself."""

    before: Resource
    lost: Sequence[Lost]


def check(resource: Resource, graph: ResourceGraph) -> Iterator[Problem | Undecided]:
    """Yield a problem at what a change left of the setting, at the class that does not read it, or at the name of a route."""
    if graph.base is None or graph.scope(resource).environment in UNDEPLOYED_ENVIRONMENTS:
        return
    found = [(one.before, one.lost) for one in lost_by_update(resource, graph)]
    if resource.type_name in INGRESS_KINDS and isinstance(graph.counterpart(resource), Absent):
        found = [(one.former.source, one.lost) for one in lost_by_migration(resource, graph)]
    found = [(before, lost) for before, lost in found if not lost.doubt or lost.first.family not in IN_FRONT]
    unread = why_unread(resource, graph) if found else None
    certain = [one for one in found if not one[1].doubt]
    if found and unread is not None:
        yield Undecided(("metadata", "name"), unread)
    elif certain:
        lost = sorted((one for _, one in certain), key=lambda one: ORDER.index(one.first.family))
        yield _problem(resource, _Losses(certain[0][0], lost), graph)
    elif found:
        yield Undecided(("metadata", "name"), found[0][1].doubt)


def _problem(after: Resource, losses: _Losses, graph: ResourceGraph) -> Problem:
    before, lost = losses
    first = lost[0].first
    key = wording.key_of(first)
    path = _place(after, before, key, graph)
    is_ignored = key is not None and first.source is before and _is_ignored(key, after, before, graph)
    who = middle(brief(ownership_of(after, graph).names), _LONGEST_NAME) if is_ignored else ""
    label = f"{who} ignores `{short_key(key)}`" if key is not None and is_ignored else f"had {first.words}"
    how = f"{who} does not read `{middle(short_key(str(key)), _LONGEST_ID)}`." if is_ignored else ""
    return Problem(
        path=path,
        headline=f"{middle(str(after.id), _LONGEST_ID)} loses {wording.named(lost)}",
        label=fitted(label, LABEL),
        why=within(PROSE, f"{how} {wording.consequence(lost[0])}".strip(), wording.others(lost)),
        help=_way_out(is_ignored=is_ignored),
        severity=lost[0].severity,
        confidence=_confidence(after, before, lost[0], graph),
        related=wording.places(lost),
        discriminator=",".join(dict.fromkeys(one.first.family for one in lost)),
    )


def _is_ignored(key: str, after: Resource, before: Resource, graph: ResourceGraph) -> bool:
    """Tell whether an annotation stays and another controller serves the Ingress, which does not read it."""
    owners = [set(ownership_of(one, known).candidates) for one, known in ((after, graph), (before, graph.base)) if known is not None]
    return after.annotations.get(key) == before.annotations.get(key) and not set.intersection(*owners)


def _place(after: Resource, before: Resource, key: str | None, graph: ResourceGraph) -> Path:
    """Return where to look: at the class where that decides, at what is left of the annotations, or at the name."""
    if after.reads_as == INGRESS and key in after.annotations:
        moved = (one.path for one in load_balancer_changes(before, after, graph) if isinstance(one, LoadBalancerChange))
        return next(moved, place_of_annotation(after, key))
    return place_of_annotation(after, key) if key is not None and after.annotations else ("metadata", "name")


def _way_out(*, is_ignored: bool) -> str:
    if is_ignored:
        return "Write it as the new controller reads it, or keep the class until that is done."
    return "Restore it, unless clients are meant to get in now."


def _confidence(after: Resource, before: Resource, lost: Lost, graph: ResourceGraph) -> Confidence:
    """Return how sure it is: as sure as it is who serves the object, less so where something in front may do the same."""
    if lost.first.family in IN_FRONT or lost.instead is not None or after.kind == HELM_VALUES:
        return "medium"
    if after.type_name not in INGRESS_KINDS or graph.base is None:
        return "high"
    owners = ownership_of(before, graph.base), ownership_of(after, graph)
    return least(*(owner.confidence if owner.verdict == "owned" else "medium" for owner in owners))
