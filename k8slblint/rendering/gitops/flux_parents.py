"""What Kustomizations of Flux patch into the Kustomizations below their folder: the variables that these fill in.

Many clusters state `postBuild` once, in a patch of the Kustomization that deploys all others. Sources: Flux 2.7 kustomize-controller
(`docs/spec/v1/kustomizations.md`), kustomize 5.8 (`api/types/selector.go`: names are anchored regular expressions; `api/resmap`).
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from k8slblint import documents
from k8slblint.model.resource import Resource
from k8slblint.rendering.gitops.fields import is_too_deep, mapping, sequence
from k8slblint.rendering.gitops.paths import folder_path

KUSTOMIZATION = "Kustomization.kustomize.toolkit.fluxcd.io"
_FIELD = "postBuild"
_PLAIN = re.compile(r"[a-z0-9-]+\Z")
_TERM = re.compile(
    r"\s*+(?P<absent>!)?\s*+(?P<key>[\w./-]++)\s*+"
    r"(?:(?P<operator>!=|==?)\s*+(?P<value>[\w.-]*+)\s*+|(?P<among>notin|in)\s*+\((?P<values>[^()]*+)\)\s*+)?\Z"
)
_MOST_PATCHES = 100


class _Patch(NamedTuple):
    """A patch of a Kustomization that names `postBuild`: where it is read, what it selects, and its mapping, if it is one."""

    parent: Resource
    folder: str | None
    target: Mapping[str, Any] | None
    body: Mapping[str, Any] | None


class PatchedIn:
    """The patches of variables among the Kustomizations of a tree."""

    def __init__(self, deployers: Sequence[Resource], tree_path: Callable[[Resource], str]) -> None:
        """Read the patches."""
        parents = (one for one in deployers if one.type_name == KUSTOMIZATION)
        self._patches = [patch for one in parents for patch in _patches_of(one)][:_MOST_PATCHES]
        self._tree_path = tree_path

    def __bool__(self) -> bool:
        """Tell whether there are any."""
        return bool(self._patches)

    def post_build(self, child: Resource) -> dict[str, Any] | None:
        """Return the `postBuild` of a Kustomization as it is in the cluster, empty for none; None where patches leave it unknown."""
        own = child.mapping("spec", _FIELD)
        found: list[Mapping[str, Any]] = []
        for patch in self._patches:
            answer = _applies(patch, child, self._tree_path(child)) if patch.parent is not child else "no"
            if answer == "unknown":
                return None
            body = mapping((patch.body or {}).get("spec")).get(_FIELD)
            if answer == "yes" and not isinstance(body, dict):
                return None
            if answer == "yes" and body not in found:
                found.append(mapping(body))
        return _merged(own, found[0] if found else {}) if len(found) <= 1 else None


def _patches_of(parent: Resource) -> Iterator[_Patch]:
    path = parent.get("spec", "path", default="./")
    folder = folder_path(path.lstrip("/")) if isinstance(path, str) else None
    for entry in parent.sequence("spec", "patches"):
        text, target = mapping(entry).get("patch"), mapping(entry).get("target")
        if isinstance(text, str) and _FIELD in text:
            yield _Patch(parent, folder, mapping(target) if isinstance(target, dict) else None, _body(text))


def _body(text: str) -> Mapping[str, Any] | None:
    """Return the only document of a patch where it is a mapping."""
    try:
        chunks = documents.split(text)
        value = documents.parse(chunks[0]).root.value if len(chunks) == 1 else None
    except documents.BrokenDocument:
        return None
    return value if isinstance(value, dict) and not is_too_deep(value) else None


def _applies(patch: _Patch, child: Resource, file: str) -> Literal["yes", "no", "unknown"]:
    """Tell whether a patch reaches a Kustomization: the folder of its parent holds the file, and its target selects it."""
    if patch.folder is None or (patch.folder and f"/{patch.folder}/" not in f"/{file}"):
        return "unknown"
    if patch.target is None:
        return "yes" if mapping((patch.body or {}).get("metadata")).get("name") == child.name else "no"
    expected = {"group": child.group, "version": child.version, "kind": child.kind, "name": child.name, "namespace": child.namespace}
    for key, value in expected.items():
        stated = patch.target.get(key)
        if stated not in (None, "", ".*", value):
            is_plain = isinstance(stated, str) and (key not in ("name", "namespace") or _PLAIN.match(stated))
            return "no" if is_plain else "unknown"
    answers = {_selects(patch.target.get(f"{what}Selector"), child.mapping("metadata", f"{what}s")) for what in ("label", "annotation")}
    return "no" if "no" in answers else "unknown" if "unknown" in answers else "yes"


def _selects(selector: object, present: Mapping[str, Any]) -> Literal["yes", "no", "unknown"]:
    """Tell whether a selector that is text selects an object by its labels or annotations, as apimachinery reads it (`labels.Parse`)."""
    if selector in (None, ""):
        return "yes"
    if not isinstance(selector, str):
        return "unknown"
    answers = [_fulfils(term, present) for term in _terms(selector)]
    return "unknown" if None in answers else "yes" if all(answers) else "no"


def _fulfils(term: str, present: Mapping[str, Any]) -> bool | None:
    """Tell whether labels fulfil one term of a selector, None where it is none."""
    found = _TERM.match(term)
    if found is None:
        return None
    is_there, value = found["key"] in present, present.get(found["key"])
    if found["among"]:
        is_among = is_there and value in [one.strip() for one in found["values"].split(",")]
        return is_among != (found["among"] == "notin")
    if found["operator"]:
        return (is_there and value == found["value"]) != (found["operator"] == "!=")
    return is_there != bool(found["absent"])


def _terms(selector: str) -> Iterator[str]:
    """Yield the terms of a selector, which commas separate but for those within parentheses."""
    start, is_inside = 0, False
    for at, letter in enumerate(selector):
        if letter in "()":
            is_inside = letter == "("
        elif letter == "," and not is_inside:
            yield selector[start:at]
            start = at + 1
    yield selector[start:]


def _merged(own: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """Return `postBuild` with a patch laid over it: mappings are merged, lists replaced, as kustomize does with custom resources."""
    stated = {**mapping(own.get("substitute")), **mapping(patch.get("substitute"))}
    merged = {**own, **patch, "substitute": {key: value for key, value in stated.items() if value is not None}}
    return {key: value for key, value in merged.items() if value is not None and [*sequence(value), *mapping(value)]}
