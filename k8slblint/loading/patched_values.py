"""Values that kustomizations patch into objects that deploy charts: what a patch says of Services, at its own place."""

from collections.abc import Container, Iterator, Sequence

from k8slblint import documents
from k8slblint.documents import Chunk
from k8slblint.loading.value_holders import VALUE_HOLDERS
from k8slblint.model.resource import HELM_VALUES, Resource, SourceText


def releases_in(data: bytes) -> Iterator[tuple[SourceText, Chunk]]:
    """Yield the documents of a patch that may hold values, each with the text of the file; none where that cannot be read."""
    if b"values" not in data:
        return
    try:
        source = SourceText(documents.decode(data))
    except documents.UndecodableText:
        return
    yield from ((source, chunk) for chunk in documents.split(source.text) if _holds_values(*documents.sniff(chunk)))


def _holds_values(api_version: str | None, kind: str | None) -> bool:
    return bool(api_version and kind) and kind in VALUE_HOLDERS.get(str(api_version).rpartition("/")[0], ())


def note_layered(resources: Sequence[Resource], patches: Container[str]) -> None:
    """Compare no values of a patch with those of before where its base has annotations of the same Service: what it lacks stays."""
    values = [one for one in resources if one.kind == HELM_VALUES]
    patched = [one for one in values if one.path in patches]
    layered = {one.key for one in values if one.annotations and one.path not in patches} if patched else set()
    for one in patched:
        if one.key in layered:
            one.standing = "unreached"
