"""Which files a kustomization names as patches: parts of objects, which may lack what an object must have; and what they patch."""

import os
import posixpath
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

from k8slblint import documents
from k8slblint.loading.folders import KUSTOMIZATION_NAMES
from k8slblint.model.loaded import Patched, SourceFile
from k8slblint.model.records import NamedTuple


def patch_files(kustomization: SourceFile) -> Iterator[str]:
    """Yield the paths of the patch files that a kustomization names, as they are reported; nothing for one that cannot be read."""
    folder = posixpath.dirname(kustomization.path)
    for patch in _said_in(kustomization, b"patch").patches:
        yield _as_reported(posixpath.normpath(posixpath.join(folder, patch)))


def resource_files(kustomization: SourceFile) -> Iterator[str]:
    """Yield the paths that a kustomization lists as resources, as they are reported; nothing for one that cannot be read."""
    folder = posixpath.dirname(kustomization.path)
    yield from (_as_reported(posixpath.normpath(posixpath.join(folder, entry))) for entry in _said_in(kustomization).resources)


def completed_files(kustomizations: Sequence[SourceFile]) -> frozenset[str]:
    """Return the paths, as they are reported, of the resources that some kustomization lists, or one below it, which changes what it lists.

    What a file lacks it may add: selectors by its labels, namespaces, fields by patches.
    """
    known = {posixpath.dirname(one.path) or ".": _said_in(one) for one in kustomizations}
    waiting = [folder for folder, said in known.items() if said.is_changing]
    seen = set(waiting)
    found: set[str] = set()
    while waiting:
        folder = waiting.pop()
        for entry in (*known[folder].resources, *known[folder].components):
            path = _as_reported(posixpath.normpath(posixpath.join(folder, entry)))
            if path not in known:
                found.add(path)
            elif path not in seen:
                seen.add(path)
                waiting.append(path)
    return frozenset(found)


def inflated_values(kustomization: SourceFile) -> Iterator[str]:
    """Yield the paths of the files of values for the charts that a kustomization inflates, its own for values that it has inline.

    kustomize prints what Helm makes of them as it does all objects. Source: kustomize 5.8, `api/types/helmchartargs.go`.
    """
    folder = posixpath.dirname(kustomization.path)
    said = _said_in(kustomization, b"helmChart")
    yield from (_as_reported(posixpath.normpath(posixpath.join(folder, entry))) for entry in said.values)
    if said.inflates:
        yield kustomization.path


def kustomize_patches(kustomization: dict[str, Any]) -> list[str]:
    """Return the paths of the patch files that a kustomization names, in order, relative to its folder.

    Read are `patches` (`path`, or bare paths as before kustomize 2), `patchesStrategicMerge` and `patchesJson6902`; text that is
    itself a patch is no path. Source: kustomize 5, `api/types/kustomization.go`.
    """
    return list(dict.fromkeys(_paths(kustomization)))


def patched_objects(files: Iterable[SourceFile]) -> tuple[Patched, ...]:
    """Return what the kustomizations among files patch, as far as they and their patches say so in plain text.

    The names are those before kustomize changes them. A target with an expression, or without a name, stands for all names.
    """
    given = {file.path: file for file in files}
    found: dict[Patched, None] = {}
    seen: set[str] = set()
    for file in given.values():
        if posixpath.basename(file.path) in KUSTOMIZATION_NAMES:
            for kustomization in _mappings_in(file, b"patch"):
                found.update(dict.fromkeys(_patched_by(kustomization, file, given, seen)))
    return tuple(found)


def _patched_by(kustomization: dict[str, Any], file: SourceFile, given: dict[str, SourceFile], seen: set[str]) -> Iterator[Patched]:
    """Yield what one kustomization patches; each file and each text is read once, however often it is named (`seen`)."""
    folder = posixpath.dirname(file.path)
    for field in _FIELDS:
        entries = kustomization.get(field)
        for entry in entries if isinstance(entries, list) else ():
            target = entry.get("target") if isinstance(entry, dict) else None
            text = entry.get("patch") if isinstance(entry, dict) else entry
            path = patch_path(entry)
            if isinstance(target, dict):
                yield Patched(_plain(target.get("kind")), _plain(target.get("name")), file.path)
            elif path is not None:
                named = given.get(_as_reported(posixpath.normpath(posixpath.join(folder, path))))
                yield from _objects_of(_mappings_in(named), named.path) if named is not None and named.path not in seen else ()
                seen.add(named.path if named is not None else path)
            elif isinstance(text, str):
                yield from patched_in_text(text, file.path) if text not in seen else ()
                seen.add(text)


def patched_in_text(text: str, path: str = "") -> Iterator[Patched]:
    """Yield the objects that a strategic merge patch names; `path` is where it is written."""
    yield from _objects_of(_mappings_of(text.encode("utf-8", "replace")), path)


def _objects_of(mappings: Iterable[dict[str, Any]], path: str) -> Iterator[Patched]:
    for one in mappings:
        metadata = one.get("metadata")
        yield Patched(_plain(one.get("kind")), _plain(metadata.get("name")) if isinstance(metadata, dict) else None, path)


def _plain(value: object) -> str | None:
    """Return a text that can only stand for itself; None for an expression, and for what is no text."""
    return value if isinstance(value, str) and value and all(letter.isalnum() or letter in "-." for letter in value) else None


def _mappings_in(file: SourceFile, word: bytes = b"") -> Iterator[dict[str, Any]]:
    """Yield the mappings of a file in which a word is."""
    try:
        data = file.read()
    except OSError:
        return
    if word in data:
        yield from _mappings_of(data)


def _mappings_of(data: bytes) -> Iterator[dict[str, Any]]:
    try:
        roots = [documents.parse(chunk).root for chunk in documents.split(documents.decode(data))]
    except (documents.UndecodableText, documents.BrokenDocument):
        return
    yield from (root.value for root in roots if isinstance(root.value, dict))


_FIELDS = ("patches", "patchesStrategicMerge", "patchesJson6902")


def patch_path(entry: object) -> str | None:
    """Return the path of the file that an entry of a kustomization names as a patch; None where the entry is itself one."""
    path = entry.get("path") if isinstance(entry, dict) else entry
    is_path = isinstance(path, str) and path.strip() and "\n" not in path.strip() and ": " not in path
    return path.strip() if is_path and isinstance(path, str) else None


def _paths(kustomization: dict[str, Any]) -> Iterator[str]:
    for field in _FIELDS:
        entries = kustomization.get(field)
        yield from filter(None, map(patch_path, entries if isinstance(entries, list) else ()))


def _as_reported(path: str) -> str:
    """Return a path that leads out of the working directory and back into it as files in it are reported."""
    inside = os.path.relpath(path).replace(os.sep, "/") if path.startswith("../") else path
    return path if inside.startswith("../") else inside


class _Said(NamedTuple):
    """What a kustomization names: the patches, what it lists as resources, its components, and values of charts, in order.

    `is_changing` tells that it does more than list, `inflates` that it has Helm make objects.
    """

    patches: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    components: tuple[str, ...] = ()
    is_changing: bool = False
    values: tuple[str, ...] = ()
    inflates: bool = False


def _said_in(file: SourceFile, word: bytes = b"") -> _Said:
    """Return what a kustomization names, nothing of one in which a word is not."""
    try:
        data = file.read()
    except OSError:
        return _Said()
    if word not in data:
        return _Said()
    return _said(data) if len(data) <= _LARGEST else _said.__wrapped__(data)


_LARGEST = 100_000
"""Bytes of a kustomization that is remembered."""


@lru_cache(maxsize=2_048)
def _said(data: bytes) -> _Said:
    """Return what a kustomization names; a run asks several times, of two revisions and of several sets of files."""
    values = list(_mappings_of(data))
    patches = tuple(patch for value in values for patch in kustomize_patches(value))
    is_changing = any(one and name not in _LISTS for value in values for name, one in value.items())
    charts = [one for value in values for field in _CHARTS for one in _mappings_of_list(value.get(field))]
    return _Said(
        patches,
        tuple(_entries(values, "resources", "bases")),
        tuple(_entries(values, "components")),
        is_changing=is_changing,
        values=tuple(dict.fromkeys(path for chart in charts for path in _value_files(chart))),
        inflates=bool(charts),
    )


_LISTS = frozenset({"apiVersion", "kind", "metadata", "resources", "bases"})
"""What a kustomization may state that changes nothing of what it lists."""


def _entries(values: Sequence[dict[str, Any]], *fields: str) -> Iterator[str]:
    listed = (value.get(field) for value in values for field in fields)
    entries = (entry for found in listed if isinstance(found, list) for entry in found)
    yield from (entry for entry in entries if isinstance(entry, str) and "://" not in entry)


_CHARTS = ("helmCharts", "helmChartInflationGenerator")
_VALUES = ("valuesFile", "values")
"""What the file of values is called in either field."""


def _mappings_of_list(value: object) -> Iterator[dict[str, Any]]:
    yield from (one for one in (value if isinstance(value, list) else ()) if isinstance(one, dict))


def _value_files(chart: dict[str, Any]) -> Iterator[str]:
    more = chart.get("additionalValuesFiles")
    for one in (*map(chart.get, _VALUES), *(more if isinstance(more, list) else ())):
        if isinstance(one, str) and one and "://" not in one:
            yield one
