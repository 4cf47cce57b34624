"""Which API version serves a kind, and which kind of an API group is meant, where no release has what is written, or none that is followed.

Source of what was removed: https://kubernetes.io/docs/reference/using-api/deprecation-guide/.
"""

from collections.abc import Mapping
from functools import lru_cache

from k8slblint.loading import kubernetes_schemas
from k8slblint.model.definitions import GATEWAY_GROUPS
from k8slblint.model.patterns import pattern
from k8slblint.model.records import NamedTuple
from k8slblint.shipped import read_json

CUSTOM_FILES = {
    "gateway.networking.k8s.io": "gateway-api.json",
    "gateway.networking.x-k8s.io": "gateway-api.json",
    "metallb.io": "metallb.json",
    "cilium.io": "cilium.json",
}
"""By API group: the file of `schemas/crds` that holds its kinds."""

_RELEASED = pattern(r"v[0-9]+")
"""A version that stays once it is served; of others (`v1beta1`) releases before the ones we know may have had it."""


class Removed(NamedTuple):
    """An API version that was removed in the minor release `since`, and the one that serves its kinds now."""

    since: int
    served: str


_WORKLOADS = Removed(16, "apps/v1")
_INGRESSES = Removed(22, "networking.k8s.io/v1")
_REMOVED: Mapping[str, Mapping[str, Removed]] = {
    "extensions/v1beta1": {
        **dict.fromkeys(("DaemonSet", "Deployment", "ReplicaSet"), _WORKLOADS),
        "Ingress": _INGRESSES,
        "NetworkPolicy": Removed(16, "networking.k8s.io/v1"),
    },
    "apps/v1beta1": dict.fromkeys(("Deployment", "StatefulSet"), _WORKLOADS),
    "apps/v1beta2": dict.fromkeys(("DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"), _WORKLOADS),
    "networking.k8s.io/v1beta1": dict.fromkeys(("Ingress", "IngressClass"), _INGRESSES),
    "discovery.k8s.io/v1beta1": {"EndpointSlice": Removed(25, "discovery.k8s.io/v1")},
}
"""Kinds of traffic and of its Pods, in versions that were removed before or in the first release that we have schemas of."""


def removed(api_version: str, kind: str) -> Removed | None:
    """Return since when no release serves a kind in a version that earlier releases had, or None."""
    return _REMOVED.get(api_version, {}).get(kind)


def served_instead(api_version: str, kind: str) -> tuple[str, ...]:
    """Return the API versions that serve a kind, the newest first, where no release serves it in this one; else nothing.

    Silent for kinds that we do not know, for versions that releases before ours had, and for those of kinds of Gateway API in their group.
    """
    group, _, version = api_version.rpartition("/")
    if group in GATEWAY_GROUPS:
        return _elsewhere(group, kind)
    if group == _NEAR_GROUP and _gateway_versions(kind):
        return _gateway_versions(kind)
    if group in CUSTOM_FILES:
        served = [
            one.rpartition("/")[0]
            for one in _kinds_of(CUSTOM_FILES[group])
            if one.startswith(f"{group}/") and one.rpartition("/")[2] == kind
        ]
        return () if api_version in served else tuple(sorted(served, key=_age))
    if not kubernetes_schemas.is_own_group(group) or not _RELEASED.fullmatch(version):
        return ()
    served = [one for one, name in kubernetes_schemas.all_kinds() if name == kind]
    here = [one for one in served if one.rpartition("/")[0] == group]
    return () if api_version in served else tuple(sorted(here or served, key=_age))


@lru_cache(maxsize=4)
def _kinds_of(file_name: str) -> tuple[str, ...]:
    """Return the kinds that a file of `schemas/crds` holds, as `group/version/Kind`."""
    return tuple(read_json("schemas", "crds", file_name)["kinds"])


def kind_meant(api_version: str, kind: str) -> str | None:
    """Return the kind that a misspelt one of an API group means: one of Kubernetes in another case, or one of Gateway API."""
    group = api_version.rpartition("/")[0]
    if group not in GATEWAY_GROUPS:
        return kubernetes_schemas.kind_in_right_case(api_version, kind)
    names = {name.rpartition("/")[2] for name in _gateway_kinds() if name.startswith(f"{group}/")}
    if kind in names or kind.removesuffix("List") in names or _elsewhere(group, kind):
        return None
    by_lower = {name.lower(): name for name in names}
    lower = kind.lower()
    plural = (lower.removesuffix("s"), lower.removesuffix("es"), f"{lower.removesuffix('ies')}y")
    forms = (lower, *plural, lower.removeprefix("gateway"), f"{lower}policy")
    return next((by_lower[form] for form in forms if form in by_lower), None) or _similar(lower, by_lower)


def _similar(lower: str, by_lower: Mapping[str, str]) -> str | None:
    """Return the name that differs in one letter, or in the order of two; more may be a kind of a release that is not known yet."""
    if len(lower) > _LONGEST_KIND:
        return None
    return next((name for one, name in by_lower.items() if len(one) >= _SHORTEST and _differ_by_one(lower, one)), None)


_LONGEST_KIND, _SHORTEST = 40, 7
"""In a shorter name one letter makes another word."""


def _differ_by_one(one: str, other: str) -> bool:
    """Tell whether one text becomes the other by one letter more, less or changed, or by two letters that change places."""
    if abs(len(one) - len(other)) > 1:
        return False
    start = next((at for at, (left, right) in enumerate(zip(one, other, strict=False)) if left != right), min(len(one), len(other)))
    left, right = one[start:], other[start:]
    turned = left[:2] == right[:2][::-1] and left[2:] == right[2:]
    return left[1:] == right[1:] or left[1:] == right or left == right[1:] or turned


_NEAR_GROUP = "networking.k8s.io"
"""The group of Ingresses, which is written for that of Gateway API."""


def _elsewhere(group: str, kind: str) -> tuple[str, ...]:
    """Return the API versions of a kind that is not in a group of Gateway API but in its other one, or in Kubernetes itself."""
    versions = _gateway_versions(kind)
    if any(version.startswith(f"{group}/") for version in versions):
        return ()
    return versions or tuple(sorted((one for one, name in kubernetes_schemas.all_kinds() if name == kind), key=_age))


def _gateway_versions(kind: str) -> tuple[str, ...]:
    """Return the API versions in which a release of Gateway API serves a kind, the most stable first."""
    return tuple(sorted((name.rpartition("/")[0] for name in _gateway_kinds() if name.rpartition("/")[2] == kind), key=_age))


def _gateway_kinds() -> tuple[str, ...]:
    return _kinds_of(CUSTOM_FILES[GATEWAY_GROUPS[0]])


def _age(api_version: str) -> tuple[int, str]:
    """Return what sorts versions by stability: `v1`, then `v1beta1`, then `v1alpha2`."""
    version = api_version.rpartition("/")[2]
    stability = 1 if "beta" in version else 2 if "alpha" in version else 0
    return stability, version
