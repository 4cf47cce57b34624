"""Which files are patches though no kustomization names them: by where they are, and by objects that lack what makes them whole.

Scaffolds of kubebuilder come with patches that are commented out (`config/crd/patches`), and `kubectl patch` takes files too.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from k8slblint import documents
from k8slblint.model.patterns import pattern

_PATCH_LIKE = pattern(r"(?:^|[-_./])patch(?:es)?(?:[-_./]|$)", re.IGNORECASE)
"""A folder or file that is called a patch: `patches/web.yaml`, `patch-web.yaml`, `web_patch.yaml`."""

_POD_SPECS: dict[str, tuple[str, ...]] = {
    "Pod": ("spec",),
    "CronJob": ("spec", "jobTemplate", "spec", "template", "spec"),
    **dict.fromkeys(("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job"), ("spec", "template", "spec")),
}

_NEEDED: dict[str, tuple[tuple[str, ...], ...]] = {
    **dict.fromkeys(("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"), (("spec", "selector"),)),
    "CustomResourceDefinition": (("spec", "names"), ("spec", "versions")),
    **dict.fromkeys(("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"), (("webhooks",),)),
    "HorizontalPodAutoscaler": (("spec", "scaleTargetRef"),),
}
"""Fields without which there is no object of a kind, of those that are patched most."""


def is_unlisted_patch(path: str, data: bytes) -> bool:
    """Tell whether a file that is called a patch holds only parts of objects; `data` are its bytes."""
    if "patch" not in path.lower() or not _PATCH_LIKE.search(path.rpartition(".")[0]):
        return False
    try:
        values = [documents.parse(chunk).root.value for chunk in documents.split(documents.decode(data))]
    except (documents.UndecodableText, documents.BrokenDocument):
        return False
    return bool(values) and all(map(is_fragment, values))


def is_fragment(value: object) -> bool:
    """Tell whether a document is a part of an object: it has no name, or lacks what no object of its kind can lack."""
    if not isinstance(value, dict):
        return False
    metadata, kind = value.get("metadata"), value.get("kind")
    name = metadata.get("name") or metadata.get("generateName") if isinstance(metadata, dict) else None
    return not name or "$patch" in value or (isinstance(kind, str) and _lacks_parts(value, kind))


def _lacks_parts(value: Mapping[str, Any], kind: str) -> bool:
    spec = _at(value, ("spec",))
    if kind == "Service":
        return not isinstance(spec, dict) or (not spec.get("ports") and spec.get("type") != "ExternalName")
    if kind == "Ingress":
        return not any(_at(value, ("spec", field)) for field in ("rules", "defaultBackend", "backend"))
    if any(_at(value, path) is None for path in _NEEDED.get(kind, ())):
        return True
    return kind in _POD_SPECS and _lacks_images(_at(value, _POD_SPECS[kind]))


def _lacks_images(pod: object) -> bool:
    """Tell whether the containers of a Pod, or one of them, have no image."""
    containers = list(_containers(pod))
    return not containers or any(not isinstance(one, dict) or not one.get("image") for one in containers)


def _containers(pod: object) -> Iterator[object]:
    found = pod.get("containers") if isinstance(pod, dict) else None
    yield from found if isinstance(found, list) else ()


def _at(value: Mapping[str, Any], path: tuple[str, ...]) -> object:
    found: object = value
    for key in path:
        found = found.get(key) if isinstance(found, dict) else None
    return found
