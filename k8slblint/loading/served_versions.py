"""Which API version serves a kind, where an object is written for one that no release serves."""

import re

from k8slblint.loading import kubernetes_schemas
from k8slblint.shipped import read_json

CUSTOM_FILES = {
    "gateway.networking.k8s.io": "gateway-api.json",
    "gateway.networking.x-k8s.io": "gateway-api.json",
    "metallb.io": "metallb.json",
    "cilium.io": "cilium.json",
}
"""By API group: the file of `schemas/crds` that holds its kinds."""

_RELEASED = re.compile(r"v[0-9]+")
"""A version that stays once it is served; of others (`v1beta1`) releases before the ones we know may have had it."""


def served_instead(api_version: str, kind: str) -> tuple[str, ...]:
    """Return the API versions that serve a kind, the newest first, where no release serves it in this one; else nothing.

    Silent for kinds that we do not know, and for versions that releases before ours had.
    """
    group, _, version = api_version.rpartition("/")
    if group in CUSTOM_FILES:
        kinds = read_json("schemas", "crds", CUSTOM_FILES[group])["kinds"]
        served = [one.rpartition("/")[0] for one in kinds if one.startswith(f"{group}/") and one.rpartition("/")[2] == kind]
        return () if api_version in served else tuple(sorted(served, key=_age))
    if not kubernetes_schemas.is_own_group(group) or not _RELEASED.fullmatch(version):
        return ()
    served = [one for one, name in kubernetes_schemas.all_kinds() if name == kind]
    here = [one for one in served if one.rpartition("/")[0] == group]
    return () if api_version in served else tuple(sorted(here or served, key=_age))


def _age(api_version: str) -> tuple[int, str]:
    """Return what sorts versions by stability: `v1`, then `v1beta1`, then `v1alpha2`."""
    version = api_version.rpartition("/")[2]
    stability = 1 if "beta" in version else 2 if "alpha" in version else 0
    return stability, version
