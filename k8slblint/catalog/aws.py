"""Which controller serves a Service on AWS, and the effect of a change; the facts are in `catalogs/aws.json`."""

from functools import lru_cache
from typing import Any, Literal, TypeAlias

from k8slblint.model.patterns import pattern
from k8slblint.model.records import NamedTuple
from k8slblint.shipped import read_json

OwnerName: TypeAlias = Literal["ccm-classic", "ccm-nlb", "lbc", "eks-auto-mode", "nobody", "other-class", "unknown"]
"""Who makes the load balancer of a Service: cloud-provider-aws (a Classic Load Balancer or an NLB), the AWS Load Balancer
Controller, EKS Auto Mode, nobody, the controller of a class that is not of AWS, or unknown."""

_MINOR_VERSION = pattern(r"v?(\d+)\.(\d+)")


class Annotations(NamedTuple):
    """The keys of the Service annotations that decide about owner and exposure."""

    type: str
    target_type: str
    internal: str
    scheme: str
    attributes: str


class Ownership(NamedTuple):
    """One row of the decision table: which annotation values name which owner; the first row that fits decides.

    A `type` or `target_type` of None fits every value. `other_types` are the values of `spec.type`, besides
    LoadBalancer, that the owner serves as well.
    """

    type: str | None
    target_type: str | None
    owner: OwnerName
    other_types: tuple[str, ...]
    reason: str


class Reading(NamedTuple):
    """Which texts of an annotation an owner reads as internet-facing, and which as internal; None means every other text."""

    internet_facing: tuple[str, ...]
    internal: tuple[str, ...] | None


class SchemeReading(NamedTuple):
    """How an owner decides about the exposure: by `scheme`, else by `internal` (None: not read), else the default.

    `basis` says in words what is not expected of it, or is None.
    """

    scheme: Reading | None
    internal: Reading | None
    is_internet_facing_by_default: bool
    basis: str | None


class Effect(NamedTuple):
    """What a change does, in versions of cloud-provider-aws from `since` up to but without `until` (major, minor)."""

    since: tuple[int, int] | None
    until: tuple[int, int] | None
    text: str


class Transition(NamedTuple):
    """One harmful change of owner: from whom to whom, whether the Service stays of type LoadBalancer, effects and way out."""

    before: frozenset[OwnerName]
    after: frozenset[OwnerName]
    stays_load_balancer: bool
    effects: tuple[Effect, ...]
    remedy: str


def platform() -> str:
    """Return the platform on which these facts hold."""
    return str(_catalog()["platform"])


@lru_cache(maxsize=1)
def annotations() -> Annotations:
    """Return the annotation keys."""
    return Annotations(**_catalog()["annotations"])


@lru_cache(maxsize=1)
def ownership() -> tuple[Ownership, ...]:
    """Return the rows of the decision table for Services without a class; the last one fits every Service."""
    return tuple(
        Ownership(
            type=row.get("type"),
            target_type=row.get("target_type"),
            owner=row["owner"],
            other_types=tuple(row.get("other_types", ())),
            reason=row["reason"],
        )
        for row in _catalog()["ownership"]
    )


def owner_of_class(load_balancer_class: str) -> tuple[OwnerName, str] | None:
    """Return who serves a `spec.loadBalancerClass`, and why; None for a class that is not of AWS."""
    for row in _catalog()["load_balancer_classes"]:
        if row["class"] == load_balancer_class:
            return row["owner"], row["reason"]
    return None


def kind_made_by(owner: OwnerName) -> str | None:
    """Return what an owner makes (`NLB`, `Classic Load Balancer`), or None when it makes none of AWS."""
    entry = _catalog()["owners"].get(owner)
    return str(entry["makes"]) if entry else None


@lru_cache(maxsize=8)
def exposure(owner: OwnerName) -> SchemeReading | None:
    """Return how an owner decides about the exposure, or None when it makes no load balancer of AWS."""
    entry = _catalog()["owners"].get(owner)
    if entry is None:
        return None
    rules = _catalog()["exposure"][entry["exposure"]]
    return SchemeReading(
        scheme=_reading(rules.get("scheme_annotation")),
        internal=_reading(rules.get("internal_annotation")),
        is_internet_facing_by_default=rules["default"] == "internet-facing",
        basis=rules.get("basis"),
    )


def deletion_protection() -> tuple[str, str]:
    """Return the attribute that keeps the AWS Load Balancer Controller from deleting, and the sentence that says so."""
    entry = _catalog()["deletion_protection"]
    return entry["text"], entry["effect"]


def transition(before: OwnerName, after: OwnerName, *, stays_load_balancer: bool) -> Transition | None:
    """Return the harmful change of owner, or None when the change is none or harmless."""
    if before == after:
        return None
    for row in _transitions():
        if before in row.before and after in row.after and row.stays_load_balancer == stays_load_balancer:
            return row
    return None


def effects(change: Transition, kubernetes_version: str | None) -> list[str]:
    """Return what a change does, for one version (`1.35`, `v1.36.2`), or for all when it is None or not a version.

    cloud-provider-aws has the minor version of the Kubernetes release it is built for.
    """
    match = _MINOR_VERSION.match(kubernetes_version or "")
    if match is None:
        return [effect.text for effect in change.effects]
    version = int(match[1]), int(match[2])
    return [effect.text for effect in change.effects if _holds(effect, version)]


def _holds(effect: Effect, version: tuple[int, int]) -> bool:
    return (effect.since is None or version >= effect.since) and (effect.until is None or version < effect.until)


@lru_cache(maxsize=1)
def _transitions() -> tuple[Transition, ...]:
    remedies = _catalog()["remedies"]
    return tuple(
        Transition(
            before=frozenset(row["before"]),
            after=frozenset(row["after"]),
            stays_load_balancer=row["stays_load_balancer"],
            effects=tuple(Effect(_version(entry.get("since")), _version(entry.get("until")), entry["text"]) for entry in row["effects"]),
            remedy=remedies[row["remedy"]],
        )
        for row in _catalog()["transitions"]
    )


def _version(text: str | None) -> tuple[int, int] | None:
    match = _MINOR_VERSION.match(text or "")
    return (int(match[1]), int(match[2])) if match else None


def instance_target() -> str:
    """Return the value of the target type that sends traffic to node ports."""
    value: str = _catalog()["instance_target"]
    return value


def pod_targets() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the values of the target type, and of the type, that send traffic to Pods."""
    values = _catalog()["pod_targets"]
    return tuple(values["target_type"]), tuple(values["type"])


def remedy_for_nobody() -> str:
    """Return the way out for a Service that none of the controllers takes."""
    return str(_catalog()["remedies"]["complete"])


def class_webhook() -> str:
    """Return the name of the webhook that gives each new Service without a class the one of the AWS Load Balancer Controller."""
    return str(_catalog()["class_webhook"]["name"])


def _reading(entry: dict[str, Any] | None) -> Reading | None:
    if entry is None:
        return None
    internal = entry["internal"]
    return Reading(tuple(entry["internet_facing"]), None if internal is None else tuple(internal))


@lru_cache(maxsize=1)
def _catalog() -> dict[str, Any]:
    catalog: dict[str, Any] = read_json("catalogs", "aws.json")
    return catalog
