"""The patches in objects of Flux, in the form in which a kustomization has them.

Sources: Flux 2.7 `docs/spec/v1/kustomizations.md` ("Patches") and kustomize-controller v1beta1; helm-controller 0f61a86
`internal/postrender/kustomize.go` and v2beta2 (`patchesStrategicMerge`, `patchesJson6902`, which v2 has no more).
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from k8slblint.model.location import Path
from k8slblint.rendering.gitops.fields import NotFollowedError, is_too_deep, mapping, sequence

_OLDER = ("patchesStrategicMerge", "patchesJson6902")


def texts(value: Any, *keys: str) -> dict[str, str]:
    """Return the members of a mapping that are text, only those of some `keys` where such are given."""
    return {key: one for key, one in mapping(value).items() if isinstance(one, str) and (not keys or key in keys)}


def patches_in(stated: Mapping[str, Any], at: Path = ()) -> Iterator[dict[str, Any]]:
    """Yield the patches of a mapping, which is at the path `at` of the object. Raises `NotFollowedError` for one that cannot be read."""
    for index, entry in enumerate(sequence(stated.get("patches"))):
        patch, target = mapping(entry).get("patch"), texts(mapping(entry).get("target"))
        if not isinstance(patch, str):
            raise NotFollowedError("one of its patches is not text", (*at, "patches", index))
        yield {"patch": patch, **({"target": target} if target else {})}
    for key in _OLDER:
        for index, entry in enumerate(sequence(stated.get(key))):
            patch = mapping(entry).get("patch") if key == "patchesJson6902" else entry
            if not isinstance(patch, dict | list) or is_too_deep(patch):
                raise NotFollowedError("one of its patches cannot be read", (*at, key, index))
            target = texts(mapping(entry).get("target"))
            yield {"patch": json.dumps(patch), **({"target": target} if key == "patchesJson6902" else {})}


def post_renderers_of(spec: Mapping[str, Any], version: str) -> Iterator[dict[str, Any]]:
    """Yield what each post-renderer of a HelmRelease lays over the objects, as fields of a kustomization.

    Those that only change images change nothing that is looked at. Raises `NotFollowedError` for what cannot be read.
    """
    for index, entry in enumerate(sequence(spec.get("postRenderers"))):
        stated, at = mapping(mapping(entry).get("kustomize")), ("postRenderers", index, "kustomize")
        unread = [key for key in _OLDER if stated.get(key) and version == "v2"]
        if unread:
            raise NotFollowedError(f"`{unread[0]}` is not a field of its version of HelmReleases", (*at, unread[0]))
        if patches := list(patches_in(stated, at)):
            yield {"patches": patches}
