"""Detects updates that allow more clients: from the cluster or internal network to the internet, or without source ranges."""

from collections.abc import Iterator

from k8slblint.graph.answers import Found, Unknown
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.location import Path
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Confidence, Problem, Severity, Undecided, least
from k8slblint.model.scope import TRIAL_ENVIRONMENTS
from k8slblint.model.texts import capital, listed, quoted, short_key
from k8slblint.traffic.access.admitted import Widening, widening
from k8slblint.traffic.changes.exposure import deciding_change, is_left_to_a_layer
from k8slblint.traffic.changes.load_balancers import LoadBalancerChange, class_parameter_changes, load_balancer_changes, moved_ingresses
from k8slblint.traffic.changes.updates import before_update, shown_before
from k8slblint.traffic.exposure import Exposure, exposures_in_common
from k8slblint.traffic.ownership import ownership_of

_WORDS = {"cluster": "the cluster only", "node": "the network of the nodes", "internal": "the internal network only"}

_REACHED = ("Service", "Ingress", "Gateway")


def check(resource: Resource, graph: ResourceGraph) -> Iterator[Problem | Undecided]:
    """Yield a problem at what makes a Service, an Ingress or a Gateway reachable from farther away, or lets in more networks."""
    before = before_update(resource, graph)
    if isinstance(before, Unknown):
        yield Undecided(("metadata", "name"), before.reason)
    elif isinstance(before, Found) and resource.reads_as not in _REACHED:
        yield from _of_class(before.value, resource, graph)
    elif isinstance(before, Found) and graph.base is not None:
        was, becomes = exposures_in_common(before.value, resource, graph, graph.base)
        found = list(_of_reach(before.value, resource, was, becomes, graph))
        yield from found or _of_ranges(before.value, resource, becomes, graph)


def _of_reach(before: Resource, after: Resource, was: Exposure, becomes: Exposure, graph: ResourceGraph) -> Iterator[Problem | Undecided]:
    place = deciding_change(before, after, was, becomes)
    if place is None or was.reach in ("internet", becomes.reach):
        return
    if any(is_left_to_a_layer(one, place[0]) for one in (before, after)):
        yield Undecided(place[1], "another layer of values may say it too")
        return
    if becomes.reach == "internet" and was.reach != "unknown":
        yield _problem(before, after, place, was, becomes, graph)
    elif was.reach == "cluster" and _opens_node_ports(after, becomes):
        if graph.scope(after).environment not in TRIAL_ENVIRONMENTS:
            yield _node_problem(before, after, place, becomes)
    elif becomes.reach == "internet" or (becomes.reach == "unknown" and was.reach in _WORDS):
        yield Undecided(place[1], (becomes if becomes.reach == "unknown" else was).reason)


def _opens_node_ports(after: Resource, becomes: Exposure) -> bool:
    """Tell whether a load balancer of unknown reach opens node ports at least; node ports alone: see `node-port-in-production`."""
    is_open = after.get("spec", "type") == "LoadBalancer" and after.get("spec", "allocateLoadBalancerNodePorts") is not False
    return after.reads_as == "Service" and becomes.reach in ("node", "unknown") and is_open


def _problem(
    before: Resource, after: Resource, place: tuple[str, Path, Path], was: Exposure, becomes: Exposure, graph: ResourceGraph
) -> Problem:
    name, path, path_before = place
    stays = _as_it_is(before, after, graph)
    live = f" The existing load balancer stays {stays.was} until it is recreated." if stays is not None else ""
    return Problem(
        path=path,
        headline=f"{after.id} becomes reachable from the internet",
        label=f"was reachable from {_WORDS[was.reach]}",
        why=f"{capital(becomes.reason)}.{live}",
        help="Restore the setting. If the change is intended, limit the clients with source ranges or security groups.",
        severity="warning" if stays is not None else None,
        confidence=least(was.confidence, becomes.confidence),
        related=(shown_before(before, path_before, name),),
        discriminator=f"{was.reach}->{becomes.reach}",
    )


def _as_it_is(before: Resource, after: Resource, graph: ResourceGraph) -> LoadBalancerChange | None:
    """Return the change of scheme that the load balancer which exists does not take over, if it is one."""
    changes = load_balancer_changes(before, after, graph) if after.kind != "Gateway" else ()
    known = (change for change in changes if isinstance(change, LoadBalancerChange))
    return next((change for change in known if change.was is not None and change.effect in ("ignored", "refused")), None)


def _node_problem(before: Resource, after: Resource, place: tuple[str, Path, Path], becomes: Exposure) -> Problem:
    name, path, path_before = place
    how = f"{capital(becomes.reason)}."
    if becomes.reach == "unknown":
        how = f"`type: LoadBalancer` opens ports on every node. Whether the internet can reach it is unknown: {becomes.reason}."
    return Problem(
        path=path,
        headline=f"{after.id} becomes reachable from outside the cluster",
        label=f"was reachable from {_WORDS['cluster']}",
        why=how,
        help="Restore the setting, and route the traffic through an existing Ingress or Gateway.",
        severity="warning",
        confidence="medium",
        related=(shown_before(before, path_before, name),),
        discriminator="cluster->node",
    )


def _of_ranges(before: Resource, after: Resource, becomes: Exposure, graph: ResourceGraph) -> Iterator[Problem | Undecided]:
    is_edge = after.reads_as == "Ingress" or (before.get("spec", "type") == after.get("spec", "type") == "LoadBalancer")
    if not is_edge or becomes.reach == "cluster":
        return
    owner = ownership_of(after, graph)
    found = widening(before, after, owner.candidates)
    if isinstance(found, Unknown):
        yield Undecided(("metadata", "name"), found.reason)
    elif isinstance(found, Found) and not is_left_to_a_layer(after, found.value.name):
        yield _range_problem(before, after, found.value, becomes, owner.confidence if owner.verdict == "owned" else "medium")


def _range_problem(before: Resource, after: Resource, found: Widening, becomes: Exposure, confidence: Confidence) -> Problem:
    is_open = not found.added
    where = " from the internet" if becomes.reach == "internet" else ""
    added = listed([quoted(text) for text in found.added])
    if is_open:
        headline, why = f"{after.id} no longer restricts its clients", f"Without the ranges anyone who can reach it{where} may connect."
    else:
        headline, why = f"{after.id} allows more clients", f"These addresses may connect{where} and could not before: {added}."
    return Problem(
        path=found.path,
        headline=headline,
        label=f"`{short_key(found.name)}` {'allows every client' if is_open else 'has new ranges'}",
        why=why,
        help="Restore the ranges, unless the change is intended.",
        severity=_severity(becomes) if is_open else "note",
        confidence=confidence,
        related=(shown_before(before, found.path_before, found.name),),
        discriminator="everybody" if is_open else ",".join(found.added),
    )


def _severity(becomes: Exposure) -> Severity:
    return "error" if becomes.reach == "internet" else "warning"


def _of_class(before: Resource, after: Resource, graph: ResourceGraph) -> Iterator[Problem]:
    for change in class_parameter_changes(before, after):
        if (change.was, change.wanted) == ("internal", "internet-facing"):
            yield Problem(
                path=change.path,
                headline=f"{after.id} makes its Ingresses reachable from the internet",
                label=f"was {quoted(change.before)}",
                why="Every Ingress of the classes that use it was reachable from the internal network only.",
                help="Restore the value. To open only some Ingresses, add a second class.",
                confidence=change.confidence,
                related=(shown_before(before, change.path_before, change.name), *moved_ingresses(after, graph)),
                discriminator="internal->internet",
            )
