"""The words of a migration: what is said of one setting of an Ingress, and the target that it is said for."""

from collections.abc import Sequence
from typing import Literal, TypeAlias

from k8slblint.catalog.gateway_features import Minor, gateway_implementation, newest_release
from k8slblint.catalog.migration import LOSSES, Loss, Means, MigrationTarget, need_of, targets
from k8slblint.model.location import Path
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Confidence
from k8slblint.traffic.gateways.support import reason_against

__all__ = [
    "EFFORTS",
    "LOSSES",
    "Effort",
    "Item",
    "Loss",
    "Minor",
    "Subject",
    "Target",
    "Verdict",
    "all_targets",
    "effort_of",
    "target_of",
]

Verdict: TypeAlias = Literal["exact", "partial", "policy", "none", "unknown"]
"""A field of Gateway API does the same; it does a part; only an object of the implementation does; nothing does; it is not known."""

Effort: TypeAlias = Literal["translate", "test", "policy", "redesign"]
"""What an Ingress costs: nothing changes; something differs and must be tested; objects of the implementation are needed; what it asks for
has no equivalent, and the application or the requirement must change."""

EFFORTS: tuple[Effort, ...] = ("translate", "test", "policy", "redesign")

_EFFORT: dict[Verdict, Effort] = {"exact": "translate", "partial": "test", "policy": "policy", "none": "redesign", "unknown": "test"}


class Item(NamedTuple):
    """What becomes of one setting of an Ingress: `subject` names it for good, `path` is where it is written.

    `loss` is None where nothing is lost. `text` is a sentence without its period, `field` the place in Gateway API or the object of the
    implementation. `is_written` tells that a proposal has the setting, as far as the verdict says; `stake` is what would be lost where a
    field does the same, and the proposal does not have it.
    """

    subject: str
    verdict: Verdict
    loss: Loss | None
    text: str
    path: Path
    field: str = ""
    confidence: Confidence = "high"
    is_written: bool = True
    stake: Loss | None = None

    @property
    def order(self) -> tuple[object, ...]:
        """The order of reports: by consequence, the gravest first, then by place."""
        return LOSSES.index(self.loss) if self.loss is not None else len(LOSSES), tuple(map(str, self.path)), self.subject, self.text


class Target(NamedTuple):
    """What is migrated to: an implementation, or the specification where that is None, with a release of Gateway API."""

    implementation: MigrationTarget | None = None
    release: Minor = (1, 6)

    @property
    def name(self) -> str:
        """The name that texts call it by."""
        return self.implementation.name if self.implementation is not None else "Gateway API"

    @property
    def id(self) -> str:
        """The name that a call gives it, `gateway-api` for the specification."""
        return self.implementation.id if self.implementation is not None else "gateway-api"

    @property
    def class_name(self) -> str:
        """The class of Gateways in a proposal."""
        return self.implementation.class_name if self.implementation is not None else "example"

    def lacks(self, kind: str) -> bool:
        """Tell whether the implementation does not serve a kind of Gateway API."""
        return self.implementation is not None and kind in self.implementation.lacks

    def means(self, handle: str) -> Means | None:
        """Return the object of the implementation that answers a place or need of `catalogs/gateway-api.json`, if one is known."""
        return self.implementation.gives.get(need_of(handle)) if self.implementation is not None else None

    def has(self, feature: str, since: Minor = (0, 5)) -> bool:
        """Tell whether a feature may be used: the release has it, and neither code nor reports of the implementation speak against it."""
        if self.release < since:
            return False
        known = gateway_implementation(self.implementation.controller) if self.implementation is not None else None
        return known is None or reason_against(feature, known, None) is None


def target_of(name: str | None, release: Minor | None = None) -> Target:
    """Return a target by the name that a call gives it, the specification for None; without a release it has the newest.

    Raises `KeyError` for an implementation that is not in the catalog.
    """
    return Target(targets()[name] if name is not None else None, release or newest_release())


def all_targets(release: Minor | None = None) -> tuple[Target, ...]:
    """Return the specification, then each implementation of the catalog."""
    return tuple(target_of(name, release) for name in (None, *targets()))


def effort_of(items: Sequence[Item]) -> Effort:
    """Return what an Ingress costs: the worst of its items, of which cosmetic ones cost nothing.

    A protection that no standard field gives needs an object of the implementation, or the experimental channel.
    """
    costs = [EFFORTS.index(_effort_of(item)) for item in items if item.loss not in (None, "cosmetic")]
    return EFFORTS[max(costs, default=0)]


def _effort_of(item: Item) -> Effort:
    is_open = item.loss == "lost-protection" and item.verdict == "partial" and not item.is_written
    return "policy" if is_open else _EFFORT[item.verdict]


class Subject(NamedTuple):
    """A setting of an Ingress and where it is written, of which items are made."""

    ingress: Resource
    name: str
    path: Path
    confidence: Confidence = "high"

    def exact(self, text: str, field: str = "") -> Item:
        """Say that a field does the same."""
        return Item(self.name, "exact", None, text, self.path, field, self.confidence)

    def partial(self, loss: Loss | None, text: str, field: str = "", *, is_written: bool = True) -> Item:
        """Say that a field does a part."""
        return Item(self.name, "partial", loss, text, self.path, field, self.confidence, is_written)

    def lost(self, loss: Loss, text: str, *, verdict: Verdict = "none", field: str = "") -> Item:
        """Say that no field does it."""
        return Item(self.name, verdict, loss, text, self.path, field, self.confidence, is_written=False)
