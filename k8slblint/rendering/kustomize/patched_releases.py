"""Which HelmReleases kustomizations patch in a way that changes what they deploy: their chart, their values, what comes after.

Sources: kustomize 5.8 `api/types/patch.go`, `selector.go` (names of targets are anchored regular expressions); a patch of a component works
on all that the kustomization has which lists it (`api/internal/target/kusttarget.go`).
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from k8slblint import documents
from k8slblint.rendering.kustomize.kustomizations import Kustomization, is_inline, reached_folders, resolve
from k8slblint.rendering.tree import SourceTree

_KIND = "HelmRelease"
_OF_RELEASE = re.compile(r"""kind["']?[ \t]*:[ \t]*["']?HelmRelease\b""")
_TELLING = re.compile(
    r"""^[ \t{]+["']?(?:values|valuesFrom|chart|chartRef|postRenderers|releaseName|targetNamespace)["']?[ \t]*:"""
    r"|/spec/(?:values|chart|postRenderers|releaseName|targetNamespace)",
    re.MULTILINE,
)
_PLAIN = re.compile(r"[a-z0-9-]+\Z")
_ANY = ""
_LEVELS = 5
"""How deep components list components."""


class PatchedReleases:
    """Answers for the kustomizations of one tree; their patches are read when it is first asked."""

    def __init__(self, found: Mapping[str, Kustomization], tree: SourceTree) -> None:
        """Hold the kustomizations by folder."""
        self._found = found
        self._tree = tree
        self._names: dict[str, set[str]] | None = None

    def includes(self, file: str, name: str) -> bool:
        """Tell whether the HelmRelease of a name in a file is patched in such a way."""
        if self._names is None:
            self._names = self._by_file()
        names = self._names.get(file, ())
        return name in names or _ANY in names

    def _by_file(self) -> dict[str, set[str]]:
        by_folder = {folder: set(self._patched_by(one)) for folder, one in self._found.items()}
        for _ in range(_LEVELS):
            for one in self._found.values():
                for path in one.includes:
                    if path in self._found and self._found[path].kind == "Component":
                        by_folder[one.folder] |= by_folder[path]
        found: dict[str, set[str]] = defaultdict(set)
        for folder, names in by_folder.items():
            for reached in reached_folders(self._found, [folder]) if names else ():
                for path in self._found[reached].includes:
                    found[path] |= names
        return found

    def _patched_by(self, one: Kustomization) -> Iterator[str]:
        """Yield the names of releases that a kustomization patches, `_ANY` for what may be any."""
        for field in ("patches", "patchesJson6902"):
            for entry in _mappings(one.canonical.get(field)):
                target = entry.get("target")
                yield from self._names_in(one, entry.get("patch") or entry.get("path"), target if isinstance(target, dict) else None)
        for entry in (
            one.canonical.get("patchesStrategicMerge") or () if isinstance(one.canonical.get("patchesStrategicMerge"), list) else ()
        ):
            yield from self._names_in(one, entry, None)

    def _names_in(self, one: Kustomization, stated: Any, target: Mapping[str, Any] | None) -> Iterator[str]:
        text = self._text(one, stated) if isinstance(stated, str) else ""
        if not _TELLING.search(text):
            return
        if target is not None and target.get("kind") not in (None, "", _KIND):
            return
        if target is None and not _OF_RELEASE.search(text):
            return
        name = target.get("name") if target is not None else _name_in(text)
        yield name if isinstance(name, str) and _PLAIN.match(name) else _ANY

    def _text(self, one: Kustomization, stated: str) -> str:
        if is_inline(stated):
            return stated
        path = resolve(one.folder, stated)
        try:
            return documents.decode(self._tree.read(path)) if path else ""
        except (OSError, documents.UndecodableText):
            return ""


def _name_in(text: str) -> Any:
    """Return the name of the only object in a patch."""
    try:
        chunks = documents.split(text)
        value = documents.parse(chunks[0]).root.value if len(chunks) == 1 else None
    except documents.BrokenDocument:
        return None
    metadata = value.get("metadata") if isinstance(value, dict) else None
    return metadata.get("name") if isinstance(metadata, dict) else None


def _mappings(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
