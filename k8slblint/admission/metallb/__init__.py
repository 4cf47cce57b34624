"""What MetalLB refuses in one of its objects, beyond the schema of its definition."""

from k8slblint.admission.metallb.objects import metallb_refusals

__all__ = ["metallb_refusals"]
