"""The verdict of ownership: which controllers may reconcile a resource, and why."""

from typing import Literal, TypeAlias

from k8slblint.catalog import controllers as catalog
from k8slblint.catalog.aws import OwnerName
from k8slblint.model.records import NamedTuple
from k8slblint.model.rule import Confidence

Verdict: TypeAlias = Literal["owned", "nobody", "unknown"]


class Ownership(NamedTuple):
    """Who reconciles a resource: `owned` by one of `candidates` (ids of the catalog), by `nobody`, or `unknown`.

    `reasons` is the chain of evidence in whole sentences without a period, the last one decides. `confidence` is that of the verdict:
    high for what the resource itself says, medium for an inferred platform or a documented default, low for a guess.
    `class_name` is the class by which it is decided: that the resource names, or the default one of the cluster. `on_aws` is what the
    decision table of AWS calls the owner of a Service, None where AWS has no say.
    """

    verdict: Verdict
    candidates: tuple[str, ...] = ()
    confidence: Confidence = "high"
    reasons: tuple[str, ...] = ()
    class_name: str | None = None
    on_aws: OwnerName | None = None

    @property
    def controller(self) -> str | None:
        """The id of the controller where there is only one candidate."""
        return self.candidates[0] if len(self.candidates) == 1 else None

    @property
    def names(self) -> str:
        """The candidates as messages show them: `cloud-provider-aws or AWS Load Balancer Controller`."""
        return " or ".join(catalog.controllers()[name].name for name in self.candidates)

    @property
    def reason(self) -> str:
        """The last reason, which decides."""
        return self.reasons[-1] if self.reasons else ""
