"""Which rendered objects Helm deploys: where it splits the text, what it refuses, and which hooks it never runs.

`helm template` prints the outcome of these rules; the Helm SDK prints what stands before them.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from k8slblint import documents

_SEPARATOR = "---"
"""What begins a line between documents; unlike kubectl, Helm takes `---apiVersion: v1` for a separator and a first line."""

_BLANKS = re.compile(r"\s*+", re.ASCII)

_HOOK = "helm.sh/hook"

_DEPLOYED_HOOKS = frozenset(
    {
        "pre-install",
        "post-install",
        "pre-delete",
        "post-delete",
        "pre-upgrade",
        "post-upgrade",
        "pre-rollback",
        "post-rollback",
    }
)
"""Helm 3.19, `pkg/releaseutil/manifest_sorter.go`: `events`, without those that only `helm test` runs."""

_TESTS = frozenset({"test", "test-success"})

_INSTALL_ORDER = """
    PriorityClass Namespace NetworkPolicy ResourceQuota LimitRange PodSecurityPolicy PodDisruptionBudget ServiceAccount Secret SecretList
    ConfigMap StorageClass PersistentVolume PersistentVolumeClaim CustomResourceDefinition ClusterRole ClusterRoleList ClusterRoleBinding
    ClusterRoleBindingList Role RoleList RoleBinding RoleBindingList Service DaemonSet Pod ReplicationController ReplicaSet Deployment
    HorizontalPodAutoscaler StatefulSet Job CronJob IngressClass Ingress APIService
"""
_PLACES = {kind: place for place, kind in enumerate(_INSTALL_ORDER.split())}
"""Helm 3.19, `pkg/releaseutil/kind_sorter.go`: `InstallOrder`."""

_KIND = re.compile(r"^(?:kind|\"kind\"|'kind')[ \t]*:", re.MULTILINE)


def split_manifests(text: str) -> list[str]:
    """Return the documents that Helm sees in the output of one template, without blanks around and without empty ones."""
    return [manifest for part in _parts(text.strip()) if (manifest := part.strip()) and documents.split(manifest)]


def _parts(text: str) -> Iterator[str]:
    """Yield what stands between separators: each takes the blanks behind it along, and so the line break before another one.

    Helm 3.19, `pkg/releaseutil/manifest.go`: `sep`, whose expression takes many times as long: it looks for blanks everywhere.
    """
    start = _end_of_separator(text, 0) if text.startswith(_SEPARATOR) else 0
    while (line_end := text.find(f"\n{_SEPARATOR}", start)) >= 0:
        yield text[start:line_end]
        start = _end_of_separator(text, line_end + 1)
    yield text[start:]


def _end_of_separator(text: str, start: int) -> int:
    blanks = _BLANKS.match(text, start + len(_SEPARATOR))
    return blanks.end() if blanks else start


def why_refused(manifest: str) -> str | None:
    """Return why Helm cannot take a document for an object, or None; cheap where it names its kind."""
    for chunk in documents.split(manifest):
        problem = documents.check_syntax(chunk)
        if problem is not None:
            return f"line {problem.line}: {problem.message}"
        if not _KIND.search(chunk.text) and not _is_mapping(chunk):
            return "it is not a mapping"
    return None


def is_deployed(manifest: str) -> bool:
    """Tell whether Helm deploys a document at some time; one with a hook that it does not know it passes over.

    A document that only `helm test` runs is none, nor is one that Helm 3 ignores (`crd-install`, `test-failure` of Helm 2).
    """
    if _HOOK not in manifest:
        return True
    return all(_is_chunk_deployed(chunk) for chunk in documents.split(manifest))


def in_order(texts: Iterable[tuple[str, str]], *, with_hooks: bool, with_tests: bool) -> list[tuple[str, str]]:
    """Return the documents of templates as `helm template` prints them: a pair of the template and the text each, by kind, hooks last.

    `texts` are the templates in the order of their paths. Helm 3.19, `pkg/releaseutil/manifest_sorter.go` and `cmd/helm/template.go`.
    """
    objects: list[tuple[tuple[int, str], str, str]] = []
    hooks: list[tuple[tuple[int, str], str, str]] = []
    for printed, text in texts:
        if printed.rpartition("/")[2].startswith("_"):
            continue
        for manifest in split_manifests(text):
            value = _value(documents.split(manifest)[0])
            events = _events(value)
            kind = str(value.get("kind") or "") if isinstance(value, dict) else ""
            place = (_PLACES[kind], "") if kind in _PLACES else (len(_PLACES), kind)
            if events is None:
                objects.append((place, printed, manifest))
            elif events <= _DEPLOYED_HOOKS | _TESTS and with_hooks and (with_tests or not events & _TESTS):
                hooks.append((place, printed, manifest))
    ordered = [*sorted(objects, key=lambda one: one[0]), *sorted(hooks, key=lambda one: one[0])]
    return [(printed, manifest) for _, printed, manifest in ordered]


def _is_chunk_deployed(chunk: documents.Chunk) -> bool:
    events = _events(_value(chunk))
    return events is None or events <= _DEPLOYED_HOOKS


def _events(value: Any) -> frozenset[str] | None:
    """Return the events that an object is a hook of, or None where it is no hook."""
    metadata = value.get("metadata") if isinstance(value, dict) else None
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    if not isinstance(annotations, dict) or _HOOK not in annotations:
        return None
    return frozenset(event.strip().lower() for event in str(annotations[_HOOK]).split(","))


def _value(chunk: documents.Chunk) -> Any:
    """Return the value of a document, or None where it cannot be read."""
    try:
        return documents.parse(chunk).root.value
    except documents.BrokenDocument:
        return None


def _is_mapping(chunk: documents.Chunk) -> bool:
    try:
        return isinstance(documents.parse(chunk).root.value, dict | None)
    except documents.BrokenDocument:
        return False
