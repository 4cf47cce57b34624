"""Detects clusters whose Ingresses are served by a controller that gets no security fixes."""

from collections.abc import Iterator

from k8slblint.catalog import CLASS_ANNOTATION
from k8slblint.catalog import controllers as catalog
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.location import Path
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Cause, Problem, RelatedPlace
from k8slblint.traffic.ownership import ownership_of
from k8slblint.traffic.ownership.implementations import implementations
from k8slblint.traffic.ownership.retired import DEPLOYING_KINDS, retired_by_chart, served_by_retired

_RELATED = 20
_WAY_OUT = "Plan a move to a maintained controller or to Gateway API, or to a vendor that maintains a fork."
_ANNOTATION: Path = ("metadata", "annotations", CLASS_ANNOTATION)


def check(ingress: Resource, graph: ResourceGraph) -> Iterator[Problem]:
    """Yield one problem per cluster and controller, at the class of the first Ingress; the others are related.

    Confidence is high where the manifests install the controller, else medium. Where it is known to serve no Ingress of the manifests, the
    problem is at the object that deploys its chart.
    """
    if ingress.type_name in DEPLOYING_KINDS:
        yield from _deployed(ingress, graph)
        return
    cluster = graph.scope(ingress).cluster
    for (place, controller), served in served_by_retired(graph).items():
        if place == cluster and served[0] is ingress:
            known = catalog.controllers()[controller]
            shown = implementations(graph, cluster).get(controller)
            since = f" since {known.status_since}" if known.status_since else ""
            who = f"{ingress.id} and {len(served) - 1} more are" if len(served) > 1 else f"{ingress.id} is"
            yield Problem(
                path=_path(ingress),
                headline=f"{who} served by {known.name}, which is retired",
                label=f"retired{since}",
                why=f"{known.name} has had no releases{since}, not even for security. {_reason(ingress, graph)}.",
                help=_WAY_OUT,
                confidence="high" if shown is not None else "medium",
                related=tuple(RelatedPlace(one, _path(one), "It also serves this one.") for one in served[1 : _RELATED + 1]),
                cause=_cause(ingress, known.name, controller),
            )


def _deployed(deployer: Resource, graph: ResourceGraph) -> Iterator[Problem]:
    controller = retired_by_chart(deployer, graph)
    if controller is not None and deployer.standing == "deployed":
        known = catalog.controllers()[controller]
        since = f" since {known.status_since}" if known.status_since else ""
        yield Problem(
            path=("kind",),
            headline=f"{deployer.id} deploys {known.name}, which is retired",
            label=f"retired{since}",
            why=f"{known.name} has had no releases{since}, not even for security. It has the TLS keys of whatever names its class.",
            help=_WAY_OUT,
            confidence="medium",
            cause=_cause(deployer, known.name, controller),
        )


def _cause(ingress: Resource, name: str, controller: str) -> Cause:
    """Return what makes the findings of several sets of values one, each of which is a cluster."""
    headline = (f"{ingress.id} and ", f" more sets of values use {name}, which is retired")
    return Cause(controller, headline, f"It also serves {ingress.id}.")


def _reason(ingress: Resource, graph: ResourceGraph) -> str:
    reason = ownership_of(ingress, graph).reason
    return f"{reason[:1].upper()}{reason[1:]}"


def _path(ingress: Resource) -> Path:
    """Return where an Ingress names its class, as far as it does."""
    field: Path = ("spec", "ingressClassName")
    if ingress.get(*_ANNOTATION):
        return _ANNOTATION
    return field if ingress.get(*field) else ()
