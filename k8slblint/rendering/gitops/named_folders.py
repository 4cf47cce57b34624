"""Which folders of a tree an object of Argo CD or Flux names that was not followed: what it may deploy all the same.

Sources: Flux 2.7 `docs/spec/v1/kustomizations.md` (`spec.path`, `spec.components`), Argo CD 3.1 `pkg/apis/application/v1alpha1/types.go`
(`source`, `sources`, `sourceHydrator`), `applicationset_types.go` (`templatePatch` may change any field).
"""

import posixpath
import re
from collections.abc import Iterator
from typing import Any

from k8slblint.model.resource import Resource
from k8slblint.rendering.gitops.fields import mapping, sequence
from k8slblint.rendering.gitops.paths import folder_path
from k8slblint.rendering.gitops.repositories import argo_sources

_FILLED_IN = re.compile(r"[$%<({\[*?]")
"""What a placeholder or a pattern begins with."""

_OF_GENERATOR = re.compile(r"\{\{-?[ ]*+\.?path(?:\.path)?[ ]*+-?\}\}")
"""The folder that a git generator found, at the start of a path: it is below one of those that the generator looks at."""


def named_folders(one: Resource) -> tuple[str, ...] | None:
    """Return the folders that an object names, from the root of its source; None where it may be any.

    Of a path with a placeholder it is the folder in which the placeholder stands.
    """
    paths = list(_paths(one))
    folders = {folder_path(text.lstrip("/")) for text in paths if text is not None}
    if None in paths or "" in folders:
        return None
    return tuple(sorted(folder for folder in folders if folder))


def _paths(one: Resource) -> Iterator[str | None]:
    """Yield the paths that are written, cut before what is filled in; None for one that may be any."""
    if one.kind == "Kustomization":
        yield from _with_components(one.get("spec", "path", default="./"), one.get("spec", "components"))
        return
    if one.get("spec", "templatePatch") or any(_has_template(generator) for generator in one.sequence("spec", "generators")):
        yield None
    sources = list(argo_sources(one))
    looked_at = [source for source in sources if one.kind == "ApplicationSet" and source.keys() <= {"repoURL", "path"} and source["path"]]
    for source in sources:
        path = source.get("path", "" if source.get("ref") else "./")
        if not (looked_at and isinstance(path, str) and _OF_GENERATOR.match(path)):
            yield from _with_components(path, mapping(source.get("kustomize")).get("components"))


def _has_template(generator: Any) -> bool:
    """Tell whether a generator has a template of its own, which completes that of the ApplicationSet."""
    return any("template" in mapping(body) for body in mapping(generator).values())


def _with_components(path: Any, components: Any) -> Iterator[str | None]:
    start = _start(path)
    yield start
    for component in sequence(components):
        own = _start(component)
        yield None if start is None or own is None else posixpath.join(start, own)


def _start(path: Any) -> str | None:
    if not isinstance(path, str):
        return None
    found = _FILLED_IN.search(path)
    return path if found is None else posixpath.dirname(path[: found.start()])
