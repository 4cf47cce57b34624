"""Which Services the API server refuses for their values, on create and on update, release by release."""

from k8slblint.admission.refusal import NODE_PORTS, Refusal
from k8slblint.admission.services.creates import refusals

__all__ = ["NODE_PORTS", "Refusal", "refusals"]
