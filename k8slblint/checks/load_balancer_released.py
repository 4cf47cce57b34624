"""Detects updates that delete the load balancer of a Service: another type, or a Service that is removed, renamed or moved."""

from collections.abc import Iterator

from k8slblint.catalog import aws
from k8slblint.catalog import controllers as catalog
from k8slblint.catalog.load_balancers import gateway_parameters_kinds
from k8slblint.graph.answers import Absent, Found, Unknown
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import GATEWAY
from k8slblint.model.location import Path
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.resource import HELM_VALUES, Resource
from k8slblint.model.rule import Confidence, Problem, RelatedPlace, Undecided, least
from k8slblint.model.texts import middle
from k8slblint.traffic.balancers.described_services import described_balancers
from k8slblint.traffic.changes import releases
from k8slblint.traffic.changes.addresses import addresses_of, addresses_of_gateway, takers_of, takes_all
from k8slblint.traffic.changes.chart_values import goes, states_type, type_of
from k8slblint.traffic.changes.updates import before_update, is_left_alone, place_of_field, was_on_trial
from k8slblint.traffic.ownership import Ownership, ownership_of

_TYPE = ("spec", "type")

_POOL = "pool"

_LONGEST_NAME = 20


def check(service: Resource, graph: ResourceGraph) -> Iterator[Problem | Undecided]:
    """Yield a problem at the type of a Service that no longer is a load balancer, or at the name of the one that replaces it.

    One that is gone without an heir is reported where it stood.
    """
    if graph.base_part is None:
        return
    if service.type_name == HELM_VALUES:
        yield from _of_values(service, graph)
        return
    if service.type_name != "Service":
        yield from _of_described(service, graph)
        return
    if releases.is_removed(service, graph):
        yield from _of_removed(service, graph)
        return
    before = graph.counterpart(service)
    if isinstance(before, Absent):
        yield from _of_heir(service, graph)
    elif isinstance(before, Unknown):
        yield Undecided(("metadata", "name"), before.reason)
    else:
        yield from _of_type(service, graph)


def _of_type(after: Resource, graph: ResourceGraph) -> Iterator[Problem]:
    before = before_update(after, graph)
    if not isinstance(before, Found) or not releases.is_load_balancer(before.value) or releases.is_load_balancer(after):
        return
    owner = _former_owner(before.value, graph)
    becomes = after.get(*_TYPE, default="ClusterIP")
    if owner is None or is_left_alone(before.value, after, *_TYPE) or ownership_of(after, graph).verdict != "nobody":
        return
    yield Problem(
        path=place_of_field(after, *_TYPE),
        headline=f"{after.id} gives up its load balancer",
        label=f"was LoadBalancer, becomes {middle(str(becomes), _LONGEST_TYPE)}",
        why=_effect(before.value, owner),
        help=_WAY_OUT,
        confidence=_confidence(owner),
        related=(RelatedPlace(before.value, _TYPE, "`spec.type` was 'LoadBalancer'."),),
        discriminator=f"LoadBalancer->{becomes}",
    )


def _of_values(after: Resource, graph: ResourceGraph) -> Iterator[Problem | Undecided]:
    """Yield the same for the Service of a chart that is not in the tree, where values, or what is known of the chart, say both types."""
    if releases.is_removed(after, graph):
        yield from _of_removed_values(after, graph)
        return
    before = before_update(after, graph)
    if isinstance(before, Unknown):
        yield Undecided(("metadata", "name"), before.reason)
    elif isinstance(before, Found) and states_type(before.value) and releases.is_load_balancer(before.value):
        becomes, owner = type_of(after, graph), _former_owner(before.value, graph)
        if owner is None or becomes in (None, _LOAD_BALANCER) or has_placeholder(becomes) or _is_taken(before.value, graph):
            return
        yield Problem(
            path=_TYPE,
            headline=f"{after.id} gives up its load balancer",
            label=f"was LoadBalancer, becomes {middle(str(becomes), _LONGEST_TYPE)}",
            why=_effect(before.value, owner),
            help=_WAY_OUT,
            confidence=least("medium", _confidence(owner)),
            related=(RelatedPlace(before.value, _TYPE, "`type` was 'LoadBalancer'."),),
            discriminator=f"LoadBalancer->{becomes}",
        )


_LOAD_BALANCER = "LoadBalancer"


def _of_removed_values(gone: Resource, graph: ResourceGraph) -> Iterator[Problem]:
    """Yield a problem for values that are gone with their release, or of which the chart made a Service that it makes no more."""
    owner = _former_owner(gone, graph) if releases.is_load_balancer(gone) and states_type(gone) else None
    what = goes(gone, graph) if owner is not None and not _is_taken(gone, graph) else None
    if owner is None or what is None:
        return
    is_all = what == "release"
    yield Problem(
        path=("metadata", "name"),
        headline=f"{gone.id} is removed with its {'release' if is_all else 'load balancer'}",
        why=_effect(gone, owner),
        help=_WAY_OUT_OF_REMOVAL,
        severity="note" if is_all else None,
        confidence=least("medium", _confidence(owner)),
        discriminator="removed",
        stands_alone=True,
    )


def _is_taken(before: Resource, graph: ResourceGraph) -> bool:
    return releases.taker_of(before, graph) is not None


def _of_described(after: Resource, graph: ResourceGraph) -> Iterator[Problem | Undecided]:
    """Yield a problem for each load balancer that an object no longer describes."""
    if releases.is_removed(after, graph):
        yield from _of_removed_description(after, graph)
        return
    before = before_update(after, graph) if after.type_name != GATEWAY else Absent()
    if not isinstance(before, Found) or graph.base is None:
        return
    kept = {one.name for one in described_balancers(after, graph)}
    for gone in described_balancers(before.value, graph.base):
        owner = _former_owner(gone.service, graph) if gone.name not in kept else None
        if owner is None or releases.taker_of(gone.service, graph) is not None:
            continue
        name = middle(f"{gone.service.namespace}/{gone.service.name}", _LONGEST_NAME)
        yield Problem(
            path=_what_is_left(after, gone.spec),
            headline=f"{after.id} gives up a load balancer",
            label=f"was of Service {name}",
            why=_effect(gone.service, owner),
            help=_WAY_OUT,
            confidence=least("medium", _confidence(owner)),
            related=(RelatedPlace(before.value, gone.spec, "It was described here."),),
            discriminator=f"described {name}",
        )


def _of_removed_description(gone: Resource, graph: ResourceGraph) -> Iterator[Problem | Undecided]:
    """Yield a problem for each load balancer of an object that is gone; of a Gateway only where it asks for an address."""
    if graph.base is None or gone.type_name in gateway_parameters_kinds():
        return  # Gateways without their parameters have the defaults of their controller
    cluster = graph.cluster_now(graph.base.scope(gone).cluster)
    is_gateway = gone.type_name == GATEWAY
    for balancer in described_balancers(gone, graph.base):
        addresses = addresses_of_gateway(gone, graph.base) if is_gateway else addresses_of(balancer.service)
        owner = _former_owner(balancer.service, graph)
        if owner is None or (is_gateway and not addresses) or any(takers_of(addresses, cluster, graph)):
            continue
        if (unread := graph.why_arrivals_may_be_missing(cluster, gone.namespace)) is not None:
            yield Undecided(("metadata", "name"), unread)
            return
        yield Problem(
            path=("metadata", "name"),
            headline=f"{gone.id} is removed with its load balancer",
            why=_effect(balancer.service, owner),
            help=f"Remove the {gone.kind} only when no DNS record and no client uses its address.",
            severity=None if is_gateway else "note",
            confidence=least("medium", _confidence(owner)),
            discriminator=f"removed {balancer.name}",
            stands_alone=True,
        )


def _what_is_left(after: Resource, path: Path) -> Path:
    """Return the longest part of a path that is still written, the name of the object where that is all of `spec`."""
    left = next((path[:length] for length in range(len(path), 1, -1) if after.get(*path[:length]) is not None), None)
    return left or ("metadata", "name")


_WAY_OUT = "If the address is still in use, add a second Service, move clients and DNS to it, and give up this one in a later change."

_LONGEST_TYPE = 20


def _of_heir(heir: Resource, graph: ResourceGraph) -> Iterator[Problem]:
    found = releases.predecessor_of(heir, graph)
    owner = _former_owner(found[0], graph) if found is not None else None
    if found is None or owner is None:
        return
    gone, how = found
    if takes_all(heir, addresses_of(gone), graph):
        return
    field = "namespace" if how == "moved" else "name"
    yield Problem(
        path=("metadata", "name"),
        headline=f"{heir.id} replaces {gone.kind} {middle(f'{gone.namespace}/{gone.name}', _LONGEST_NAME)} and its load balancer",
        label=f"a new {field}, so a new Service with its own address",
        why=_effect(gone, owner),
        help="Keep both Services until clients and DNS use the new one, and remove the old one in a later change.",
        confidence=_confidence(owner),
        related=(RelatedPlace(gone, ("metadata", "name"), f"{gone.id} was here."),),
        discriminator=f"{how} {gone.namespace}/{gone.name}",
    )


def _of_removed(gone: Resource, graph: ResourceGraph) -> Iterator[Problem | Undecided]:
    owner = _former_owner(gone, graph) if releases.is_load_balancer(gone) else None
    if owner is None or graph.base_part is None or releases.has_successor(gone, graph):
        return
    cluster = graph.cluster_now(graph.base_part.scope(gone).cluster)
    unread = graph.why_arrivals_may_be_missing(cluster, gone.namespace)
    if unread is not None:
        yield Undecided(("metadata", "name"), unread)
        return
    is_sure = graph.is_complete(cluster) and not releases.is_one_of_copies(gone, graph)
    confidence = _confidence(owner) if is_sure else least("medium", _confidence(owner))
    with_workloads = releases.goes_with_its_workloads(gone, graph)
    what = " and the workloads behind it are" if with_workloads else " is"
    yield Problem(
        path=("metadata", "name"),
        headline=f"{gone.id}{what} removed{'' if with_workloads else ' with its load balancer'}",
        why=_effect(gone, owner),
        help=_WAY_OUT_OF_REMOVAL,
        severity="note" if with_workloads else None,
        confidence=confidence,
        discriminator="removed",
        stands_alone=True,
    )


_WAY_OUT_OF_REMOVAL = "Remove the Service only when no DNS record and no client uses its address."


def _former_owner(service: Resource, graph: ResourceGraph) -> Ownership | None:
    """Return which controller provisioned the load balancer of a Service before; None where there was none."""
    earlier = graph.base
    if earlier is None or was_on_trial(service, graph):
        return None
    owner = ownership_of(service, earlier)
    return None if owner.verdict == "nobody" else owner


def _effect(before: Resource, owner: Ownership) -> str:
    lost = "clients and DNS records that use it fail."
    keeper = releases.keeper_of(before, owner)
    if keeper is not None:
        who = owner.names or "The controller"
        return f"{who} keeps the load balancer or its address because of `{keeper}`: it stays billed until a user deletes it, and {lost}"
    if owner.verdict == "unknown":
        return f"The controller deletes the load balancer and releases the address: {lost}"
    sides = [catalog.controllers()[name].service for name in owner.candidates]
    is_of_pool = all(side is not None and side.default_exposure == _POOL for side in sides)
    what = "takes back the address" if is_of_pool else "deletes the load balancer"
    return " ".join((f"{owner.names} {what}, and the address may go to another user: {lost}", *_protection(before, owner)))


def _protection(before: Resource, owner: Ownership) -> Iterator[str]:
    """Yield the sentence about a load balancer that its own attributes protect from being deleted."""
    attribute, effect = aws.deletion_protection()
    written = before.annotations.get(aws.annotations().attributes)
    if "aws-lbc" in owner.candidates and isinstance(written, str) and attribute in written.replace(" ", ""):
        yield effect


def _confidence(owner: Ownership) -> Confidence:
    return "medium" if owner.verdict == "unknown" else least("high", owner.confidence)
