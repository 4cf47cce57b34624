"""Which files are passed over before they are parsed, and why."""

from collections.abc import Container

from k8slblint.loading.fragments import is_unlisted_patch
from k8slblint.loading.plain_text import is_for_podman, why_output
from k8slblint.loading.value_holders import is_build_file, is_for_values
from k8slblint.model.loaded import SourceFile

NOT_KUBERNETES = "not Kubernetes"
BUILD_FILE = "kustomize or Helm configuration"
KUSTOMIZE_PATCH = "kustomize patch"
BINARY = "binary"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_BINARY_PROBE = 1024


def why_not_read(file: SourceFile, data: bytes, patches: Container[str], *, wants_values: bool) -> str | None:
    """Return why a file holds nothing for a scan, None where it may; `patches` are the paths of those that kustomizations list."""
    if not (file.named or file.deployment) and (reason := why_output(data)):
        return reason
    if data.startswith(_UTF16_MARKS):
        return None
    if b"\0" in data[:_BINARY_PROBE]:
        return BINARY
    if file.path in patches or (not (file.deployment or file.named) and is_unlisted_patch(file.scope_path or file.path, data)):
        return KUSTOMIZE_PATCH
    if file.named or (b"kind" in data and b"apiVersion" in data and not is_for_podman(data)):
        return None
    return None if wants_values and _may_be_values(file.scope_path or file.path, data) else reason_without_identity(file.path)


def _may_be_values(path: str, data: bytes) -> bool:
    if b"nnotations" not in data and not is_for_values(path):
        return False
    from k8slblint.loading.helm_values import may_be_values  # few trees have any

    return may_be_values(path, data.decode("utf-8", "replace"))


def reason_without_identity(path: str) -> str:
    """Return why something without `apiVersion` and `kind` is passed over."""
    return BUILD_FILE if is_build_file(path) else NOT_KUBERNETES
