"""Detects changes that give up the load balancer of a Service, and with it its address: another type, another name, removal."""

from collections.abc import Iterator

from k8slblint.catalog import services as annotations
from k8slblint.catalog.annotation_values import Valid
from k8slblint.graph.answers import Absent, Found, Unknown
from k8slblint.graph.aws import handover
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.ownership import Ownership, ownership_of
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Problem, RelatedPlace, Undecided

_SILENT = ("ci", "local", "test", "development")


def check(service: Resource, graph: ResourceGraph) -> Iterator[Problem | Undecided]:
    """Yield a problem at the type of a Service that no longer is a load balancer, and for one that is renamed or gone.

    `service` is of the revision before where it is gone. Environments without clients of their own (test, CI, local, development) are
    left out, and what changes hands on AWS in the same step, which leaks, is told by `aws-load-balancer-type-mutated`.
    """
    if graph.previous is None or graph.earlier is None:
        return
    if any(gone is service for gone in graph.removed):
        yield from _gone(service, graph)
        return
    before = graph.before(service)
    if isinstance(before, Unknown):
        yield Undecided(("metadata", "name"), before.reason)
    if isinstance(before, Found):
        yield from _retyped(before.value, service, graph)
    elif isinstance(before, Absent) and service.get("spec", "type") == "LoadBalancer":
        yield from _renamed(service, graph)


def _retyped(before: Resource, service: Resource, graph: ResourceGraph) -> Iterator[Problem]:
    service_type = service.get("spec", "type", default="ClusterIP")
    if before.get("spec", "type") != "LoadBalancer" or service_type not in ("ClusterIP", "NodePort", "ExternalName"):
        return
    if graph.scope(service).environment in _SILENT or not isinstance(handover(before, service), Absent):
        return
    owner = ownership_of(before, graph.earlier or graph)
    if owner.verdict == "nobody" or ownership_of(service, graph).verdict == "owned":
        return  # nothing was there, or its controller serves the other type too
    path = ("spec", "type") if service.get("spec", "type") is not None else ("metadata", "name")
    yield Problem(
        path=path,
        message=(
            f"`spec.type` changes from 'LoadBalancer' to '{service_type}': {_loss(before, owner)} "
            "Move clients and DNS to what takes its place first, and change the type when no traffic is left."
        ),
        confidence="high",
        related=(RelatedPlace(before, ("spec", "type"), "`spec.type` in the revision before: 'LoadBalancer'."),),
        discriminator="type",
    )


def _renamed(service: Resource, graph: ResourceGraph) -> Iterator[Problem]:
    old = _former(service, graph)
    if old is None or graph.scope(service).environment in _SILENT:
        return
    loss = _loss(old, ownership_of(old, graph.earlier or graph))
    yield Problem(
        path=("metadata", "name"),
        message=(
            f"{old.id} becomes {service.id}, which to Kubernetes is another Service: {loss} "
            "The new one gets an address of its own. Keep both until DNS has moved, then delete the old one."
        ),
        confidence="medium",
        related=(RelatedPlace(old, ("metadata", "name"), "Its name and namespace in the revision before."),),
        discriminator="renamed",
    )


def _gone(service: Resource, graph: ResourceGraph) -> Iterator[Problem]:
    earlier = graph.earlier or graph
    if service.get("spec", "type") != "LoadBalancer" or earlier.scope(service).environment in _SILENT:
        return
    owner = ownership_of(service, earlier)
    if owner.verdict == "nobody" or any(_former(other, graph) is service for other in graph.of_type("Service")):
        return
    yield Problem(
        path=("metadata", "name"),
        message=(
            f"{service.id} of type LoadBalancer is removed: {_loss(service, owner)} "
            "Delete it with the annotations that it had all the time, when no DNS record points to it any more."
        ),
        confidence="medium",
        related=(RelatedPlace(service, ("metadata", "name"), "It stood here in the revision before."),),
        discriminator="removed",
    )


def _former(service: Resource, graph: ResourceGraph) -> Resource | None:
    """Return the load balancer Service that is gone from the same file and has the same selector, if it is the only one."""
    selector = service.mapping("spec", "selector")
    if service.get("spec", "type") != "LoadBalancer" or not selector or not isinstance(graph.before(service), Absent):
        return None
    previous = graph.previous
    found = [
        gone
        for gone in graph.removed
        if gone.type_name == "Service" and gone.get("spec", "type") == "LoadBalancer" and gone.mapping("spec", "selector") == selector
        if previous is not None and previous.place_key(gone) == graph.place_key(service)
    ]
    return found[0] if len(found) == 1 else None


def _loss(before: Resource, owner: Ownership) -> str:
    who = owner.names if owner.candidates else "its controller"
    kept = _keeping_key(before, owner)
    if kept is not None:
        return f"`{kept}` makes {who} keep the load balancer or its address, which stays, billed, until somebody deletes it."
    return f"{who} deletes its load balancer, and the address goes back to the pool, where somebody else may get it."


def _keeping_key(before: Resource, owner: Ownership) -> str | None:
    """Return the annotation by which an owner leaves the load balancer, or its address, where it is: a switch that is on."""
    for key, value in before.annotations.items():
        entry = annotations.find(key) if annotations.prefix_of(key) else None
        if entry is None or entry.change.effect != "leaks" or not set(owner.candidates).intersection(entry.readers):
            continue
        read = annotations.parse_value(entry, value)
        is_on = read.value is True or entry.value.type == "choice" if isinstance(read, Valid) else False
        if is_on and entry.change.evidence in ("source", "documented"):
            return key
    return None
