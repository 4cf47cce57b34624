"""Detects backends of Ingresses whose Service does not exist, or does not have the port."""

from collections.abc import Iterator

from k8slblint.graph.answers import Unknown
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.relations.backends import Backend
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Confidence, Problem, RelatedPlace, Severity, Undecided
from k8slblint.model.texts import HEADLINE, LABEL, fitted, listed, middle
from k8slblint.traffic.backends.actions import LostAction, lost_actions
from k8slblint.traffic.backends.ingresses import Lenience, Missing, NoPort, NoService, missing_backends, port_path
from k8slblint.traffic.backends.services import belong_together

_LONGEST_NAME = 30
_RELATED = 20

_EFFECT = "The controller answers these requests with 404 or 503, or refuses the whole Ingress."

_LENIENT: dict[Lenience, tuple[Severity, str]] = {
    "all": ("note", "This controller accepts that, most others do not."),
    "some": ("warning", "ingress-nginx and haproxy-ingress accept that, most controllers answer with 404 or 503."),
    "none": ("error", _EFFECT),
}
"""How severe it is that a `targetPort` was written, and what follows, by which controllers accept it."""


def check(ingress: Resource, graph: ResourceGraph) -> Iterator[Problem | Undecided]:
    """Yield a problem for each Service and port that the manifests show to be missing, at the first backend that names it.

    Silent for resource backends, actions without a Service and aliases of hosts outside. A `targetPort` instead of the port is an error
    only where no controller of the Ingress accepts it. An action that the Ingress does not have, or does not ask for, is an error too.
    """
    lost = list(lost_actions(ingress, graph))
    yield from (_lost_action(one, ingress) for one in lost)
    taken_for_services = {one.name for one in lost if one.key is not None}
    for missing in missing_backends(ingress, graph):
        if missing.backends[0].name in taken_for_services:
            continue
        if isinstance(missing.fault, Unknown):
            yield Undecided(missing.backends[0].path, missing.fault.reason)
        elif isinstance(missing.fault, NoService):
            yield _no_service(missing, missing.fault)
        else:
            yield _no_port(missing, missing.fault)


def _no_service(missing: Missing, fault: NoService) -> Problem:
    backend = missing.backends[0]
    near = [middle(name, _LONGEST_NAME) for name in fault.near]
    namespace = middle(str(backend.namespace), _LONGEST_NAME)
    way_out = f"Correct the name, or add the Service to namespace {namespace}."
    if near:
        way_out = f"Write `{backend.path[-1] if _is_field(backend) else 'serviceName'}: {near[0]}`."
    elif fault.elsewhere is not None:
        other = middle(fault.elsewhere, _LONGEST_NAME)
        way_out = f"Namespace {other} has a Service of this name: move the Ingress there, or add a Service to namespace {namespace}."
    return Problem(
        path=backend.path,
        headline=fitted(f"{backend.source.id} sends traffic to Service {backend.name}, which does not exist", HEADLINE),
        label=fitted(f"similar: {listed(near)}" if near else "no such Service", LABEL),
        why=_EFFECT,
        help=way_out,
        confidence="high" if near else "medium",
        related=tuple(_others(missing)),
    )


def _no_port(missing: Missing, fault: NoPort) -> Problem:
    backend, port = missing.backends[0], missing.port
    way_out, why = "Write a port of the Service, or add the port there.", _EFFECT
    severity: Severity = "error"
    confidence: Confidence = "high" if belong_together(backend.source, fault.service) else "medium"
    if fault.mistaken is not None:
        number = fault.mistaken.entry.content["port"]
        severity, effect = _LENIENT[fault.lenience]
        why = f"{middle(str(port), _LONGEST_NAME)} is the `{fault.mistaken.field}`; the port of the Service is {number}. {effect}"
        way_out = f"Write `{_number_field(backend)}: {number}`."
        confidence = "medium" if fault.lenience == "some" else "high"
    elif len(fault.ports) == 1:
        way_out = f"Write `{_only_port(backend, port, fault.ports[0])}`, or add the port to the Service."
    return Problem(
        path=port_path(backend),
        headline=fitted(f"{backend.source.id} sends traffic to port {port}, which Service {backend.name} lacks", HEADLINE),
        label=fitted(f"it has {listed(fault.ports)}" if fault.ports else "it has no ports", LABEL),
        why=why,
        help=way_out,
        severity=severity,
        confidence=confidence,
        related=(RelatedPlace(fault.service, ("spec", "ports"), f"The ports of {fault.service.id}."), *_others(missing)),
    )


def _lost_action(lost: LostAction, ingress: Resource) -> Problem:
    name, first = middle(lost.name, _LONGEST_NAME), lost.paths[0]
    others = [RelatedPlace(ingress, path, "The same backend.") for path in lost.paths[1 : _RELATED + 1]]
    if lost.key is None:
        return Problem(
            path=first,
            headline=fitted(f"{ingress.id} leads to action {lost.name}, which it does not have", HEADLINE),
            label="no such action",
            why="The AWS Load Balancer Controller reads the action from an annotation of the Ingress. Without it, it answers with 503.",
            help=f"Add annotation `actions.{name}` with the action, or write the Service and its port.",
            confidence="high",
            related=tuple(others),
        )
    field = "`port: {name: use-annotation}`" if first[-1] == "name" else "`servicePort: use-annotation`"
    return Problem(
        path=first,
        headline=fitted(f"{ingress.id} leads to Service {lost.name} instead of the action of this name", HEADLINE),
        label="its port is not use-annotation",
        why="The AWS Load Balancer Controller reads an action where the port is `use-annotation`. Here, it looks for a Service of this "
        "name, and answers with 503 without one.",
        help=f"Write {field}.",
        confidence="high",
        related=(RelatedPlace(ingress, ("metadata", "annotations", lost.key), "The action, which is not read.", "key"), *others),
    )


def _others(missing: Missing) -> Iterator[RelatedPlace]:
    for other in missing.backends[1 : _RELATED + 1]:
        yield RelatedPlace(other.source, other.path, "The same backend.")


def _is_field(backend: Backend) -> bool:
    """Tell whether a backend is written in fields of its own, and not within an annotation."""
    return backend.path[-1] in ("name", "serviceName")


def _number_field(backend: Backend) -> str:
    """Return the field for the number of a port, as a backend is written."""
    return "number" if backend.path[-1] == "name" else "servicePort"


def _only_port(backend: Backend, port: int | str | None, described: str) -> str:
    """Return the field and value for the only port of a Service (`80 (http)`): by name where a name was written and there is one."""
    number, _, name = described.removesuffix(")").partition(" (")
    if isinstance(port, str) and name:
        return f"{'name' if backend.path[-1] == 'name' else 'servicePort'}: {middle(name, _LONGEST_NAME)}"
    return f"{_number_field(backend)}: {middle(number, _LONGEST_NAME)}"
