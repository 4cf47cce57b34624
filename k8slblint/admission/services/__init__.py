"""Which Services the API server refuses for their values, on create and on update, release by release."""

from k8slblint.admission.refusal import NODE_PORTS, Refusal
from k8slblint.admission.services.creates import refusals
from k8slblint.admission.services.updates import update_refusals

__all__ = ["NODE_PORTS", "Refusal", "refusals", "update_refusals"]
