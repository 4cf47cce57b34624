"""Which IngressClasses the API server refuses to create.

Source: Kubernetes 1.37 `pkg/apis/networking/validation/validation.go` ValidateIngressClass and `pkg/apis/networking/v1/defaults.go`
SetDefaults_IngressClass (`scope` is Cluster where it is left out). What a change of a class breaks is in `services/updates.py`.
"""

from collections.abc import Iterator
from typing import Any

from k8slblint.admission import grammar
from k8slblint.admission.metadata import object_metadata_refusals
from k8slblint.admission.reading import UNREAD, text
from k8slblint.admission.refusal import Refusal, forbidden, invalid, required, shown, unsupported
from k8slblint.model.resource import Resource

_LONGEST_CONTROLLER = 250
_SCOPES = ("Cluster", "Namespace")
_PARAMETERS = ("spec", "parameters")


def class_refusals(ingress_class: Resource) -> Iterator[Refusal]:
    """Yield what the API server refuses in a new IngressClass of `networking.k8s.io/v1`; every release followed agrees."""
    yield from object_metadata_refusals(ingress_class)
    yield from _controller(ingress_class)
    parameters = ingress_class.get(*_PARAMETERS)
    if isinstance(parameters, dict):
        yield from _parameters(parameters)


def _controller(ingress_class: Resource) -> Iterator[Refusal]:
    path = ("spec", "controller")
    controller = text(ingress_class.get(*path))
    help_ = "Write the controller's name as its documentation gives it: a domain, '/' and a path, such as k8s.io/ingress-nginx."
    if not controller:
        spec = ingress_class.get("spec")
        if spec is None or (isinstance(spec, dict) and all(text(key) is not UNREAD for key in spec)):
            place = path if controller == "" else ("spec",)
            yield Refusal(place, "names no controller", required(), rests_on_absence=controller is None, field=path, help=help_)
    elif isinstance(controller, str):
        if grammar.length(controller) > _LONGEST_CONTROLLER:
            reason = f"Too long: may not be more than {_LONGEST_CONTROLLER} bytes"
            yield Refusal(path, "has a controller name that is too long", reason, help=help_)
        elif rule := grammar.broken_domain_path(controller):
            fault = f"has controller {shown(controller)}, which is not valid"
            yield Refusal(path, fault, invalid(controller, rule), help=help_)


def _parameters(parameters: dict[str, Any]) -> Iterator[Refusal]:
    scope, namespace = text(parameters.get("scope")), text(parameters.get("namespace"))
    scope = "Cluster" if scope is None else scope
    place = (*_PARAMETERS, "namespace")
    if isinstance(scope, str) and scope not in _SCOPES:
        help_ = "Write Cluster or Namespace; case matters."
        reason = unsupported(scope, _SCOPES)
        yield Refusal((*_PARAMETERS, "scope"), f"has `scope` {shown(scope)}, which is not valid", reason, help=help_)
    elif scope == "Namespace" and namespace is None:
        reason, help_ = "Required value: `parameters.scope` is set to 'Namespace'", "Write `namespace`."
        yield Refusal(_PARAMETERS, "has parameters without a namespace", reason, rests_on_absence=True, field=place, help=help_)
    elif scope == "Cluster" and isinstance(namespace, str):
        help_ = "Add `scope: Namespace`, or remove `namespace`."
        reason = forbidden("`parameters.scope` is set to 'Cluster'")
        yield Refusal(place, "has a namespace for parameters of the cluster", reason, help=help_)
    elif isinstance(namespace, str) and (rule := grammar.broken_label(namespace)):
        fault = f"has namespace {shown(namespace)}, which is not valid"
        yield Refusal(place, fault, invalid(namespace, rule), help="Write the namespace of the parameters object.")
