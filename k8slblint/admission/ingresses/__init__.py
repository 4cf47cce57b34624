"""Which Ingresses and IngressClasses the API server refuses for their values, release by release."""

from k8slblint.admission.ingresses.classes import class_refusals
from k8slblint.admission.ingresses.creates import ingress_refusals

__all__ = ["class_refusals", "ingress_refusals"]
