"""Knows what Helm deploys of what a template printed: where it splits the text, what it refuses, and which hooks it never runs.

`helm template` prints the outcome of these rules; the Helm SDK prints what stands before them.
"""

import re

from k8slblint import documents

_SEPARATOR = re.compile(r"(?:^|(?<!\s)\s*\n)---\s*", re.ASCII)
"""Helm 3.19, `pkg/releaseutil/manifest.go`: `sep`. Unlike kubectl it takes `---apiVersion: v1` for a separator and a first line."""

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

_KIND = re.compile(r"^(?:kind|\"kind\"|'kind')[ \t]*:", re.MULTILINE)


def split_manifests(text: str) -> list[str]:
    """Return the documents that Helm sees in the output of one template, without blanks around and without empty ones."""
    return [manifest for part in _SEPARATOR.split(text.strip()) if (manifest := part.strip()) and documents.split(manifest)]


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


def _is_chunk_deployed(chunk: documents.Chunk) -> bool:
    try:
        value = documents.parse(chunk).root.value
    except documents.BrokenDocument:
        return True
    metadata = value.get("metadata") if isinstance(value, dict) else None
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    if not isinstance(annotations, dict) or _HOOK not in annotations:
        return True
    return all(event.strip().lower() in _DEPLOYED_HOOKS for event in str(annotations[_HOOK]).split(","))


def _is_mapping(chunk: documents.Chunk) -> bool:
    try:
        return isinstance(documents.parse(chunk).root.value, dict | None)
    except documents.BrokenDocument:
        return False
