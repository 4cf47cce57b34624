"""Finds the parts of a kustomization that cannot change one another.

A kustomization that lists folders and files, and says nothing that joins them, prints of each what it would print of it alone. Large
ones are of this kind: a folder for each app, in a list of all.

Source: kustomize 5.8, `api/internal/target/kusttarget.go` (`accumulateTarget`).
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from k8slblint.rendering.branches import Branches, Entry
from k8slblint.rendering.kustomize.closures import Closure
from k8slblint.rendering.kustomize.kustomizations import Kustomization, reached_folders, resolve

_ONE_BY_ONE = frozenset(
    {"apiVersion", "kind", "metadata", "resources", "bases", "namespace", "labels", "commonLabels", "commonAnnotations", "images"}
) | {"buildMetadata", "sortOptions"}
"""What a kustomization may say that holds for each object by itself."""

_FOR_ALL = ("vars", "openapi")
"""What holds for objects of other kustomizations too, wherever it stands."""

_FEWEST = 4
"""Kustomizations, and entries, from which on leaving some out saves more than it costs."""


def branches_of(found: Closure, options: Mapping[str, Any], text_of: Callable[[str], str]) -> Branches | None:
    """Return the parts of what a kustomization reads, `options` laid over it; None where all of it is one."""
    read = {one.folder: one for one in found.kustomizations}
    is_joined = any(value and name not in _ONE_BY_ONE and not _has_targets(name, value) for name, value in options.items())
    if is_joined or found.failure or found.has_charts or len(read) < _FEWEST:
        return None
    if any(one.canonical.get(name) for one in read.values() for name in _FOR_ALL):
        return None
    joined = {folder for folder, one in read.items() if any(value and name not in _ONE_BY_ONE for name, value in one.canonical.items())}
    joined |= reached_folders(read, [path for folder in joined for path in read[folder].includes])
    entries = [*_entries(found.kustomizations[0], read, joined, text_of)]
    return Branches(entries) if len(entries) >= _FEWEST else None


def _has_targets(name: str, value: Any) -> bool:
    """Tell whether a field is patches that select what they change; one that names its object fails where that is left out."""
    return name == "patches" and isinstance(value, list | tuple) and all(isinstance(one, dict) and one.get("target") for one in value)


def _entries(
    outermost: Kustomization, read: Mapping[str, Kustomization], joined: Collection[str], text_of: Callable[[str], str]
) -> Iterator[Entry]:
    """Yield the entries of the lists that nothing joins and that are written a line for each."""
    files: dict[str, set[str]] = {
        folder: {one.file, *(path for reference in one.references if (path := resolve(folder, reference.text)))}
        for folder, one in read.items()
    }
    waiting, seen = [outermost], {outermost.folder}
    while waiting:
        current = waiting.pop()
        lines = text_of(current.file).split("\n") if current.folder not in joined else []
        for reference in current.references:
            path, line = resolve(current.folder, reference.text), current.root.line_of(reference.at)
            is_item = 0 < line <= len(lines) and _is_item(lines[line - 1], reference.text)
            if path is None or reference.use != "resource" or not is_item:
                continue
            below = (files[folder] for folder in reached_folders(read, [path]))
            inner = read.get(path)
            yield Entry(current.file, line, lines[line - 1], frozenset({path}).union(*below), inner.file if inner else "")
            if inner is not None and path not in seen:
                seen.add(path)
                waiting.append(inner)


def _is_item(line: str, text: str) -> bool:
    """Tell whether a line is an item of a list that is a text, and nothing else."""
    found = line.strip(" \t\r")
    rest = found[1:].lstrip(" \t") if found.startswith(("- ", "-\t")) else ""
    return any(rest == one or rest.startswith(f"{one} #") for one in (text, f'"{text}"', f"'{text}'"))
