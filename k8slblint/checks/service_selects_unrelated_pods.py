"""Detects Services whose selector also matches Pods that do not serve them."""

from collections.abc import Iterator, Sequence

from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Problem, RelatedPlace
from k8slblint.model.texts import middle
from k8slblint.traffic.workloads.bystanders import Bystanders, bystanders_of, runs_to_completion

_SHOWN = 5

_LONGEST_WORKLOAD = 30


def check(service: Resource, graph: ResourceGraph) -> Iterator[Problem]:
    """Yield a problem at `spec.selector` where Pods of another application, a Job or a worker take a share of the requests.

    Headless Services are left out: clients choose the Pod and the port themselves.
    """
    found = bystanders_of(service, graph) if service.api_version == "v1" else None
    if found is not None:
        yield _problem(service, found)


def _problem(service: Resource, found: Bystanders) -> Problem:
    idle, server, target = found
    first = idle[0]
    more = f" and {len(idle) - 1} more" if len(idle) > 1 else ""
    return Problem(
        path=("spec", "selector"),
        headline=f"{service.id} selects the Pods of {first.kind} {middle(first.name, _LONGEST_WORKLOAD)}{more}, which do not serve it",
        label=f"Pods of {server.kind} {middle(server.name, _LONGEST_WORKLOAD)} have these labels too",
        why=f"{_whose(idle)} Pods are endpoints of port {target}, on which they do not listen: that share of connections is refused.",
        help="Give these Pods another label, or select by one that only the others have, or target the port by its name.",
        severity="warning",
        confidence="medium",
        related=tuple(
            RelatedPlace(one, (*(one.pod_template_path or ()), "metadata", "labels"), f"The labels of {one.id}.") for one in idle[:_SHOWN]
        ),
        discriminator="bystanders",
    )


def _whose(idle: Sequence[Resource]) -> str:
    if len(idle) > 1:
        return "Their"
    return "While it runs, its" if runs_to_completion(idle[0]) else "Its"
