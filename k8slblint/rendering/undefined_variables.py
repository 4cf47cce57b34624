"""Variables in what Flux deploys to which nothing gives a value.

Sources: Flux 2.9, kustomize-controller 1.9 (`internal/controller/kustomization_controller.go`, `internal/features/features.go`: strict by
default since 1.9), fluxcd/pkg e2cfd1a2 (`kustomize/kustomize_varsub.go`, `envsubst/template.go`: `evalFunc`).
"""

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from itertools import islice
from typing import NamedTuple

from k8slblint import documents
from k8slblint.budget import OverLimitError
from k8slblint.documents import Chunk
from k8slblint.loading.folders import KUSTOMIZATION_NAMES
from k8slblint.model.loaded import InputProblem
from k8slblint.model.location import Location, Span
from k8slblint.model.resource import SourceText
from k8slblint.model.texts import middle
from k8slblint.rendering.gitops.flux import cluster_folder
from k8slblint.rendering.gitops.substitution import FORBIDDEN, PartialVariables, is_left_alone, undefined_in
from k8slblint.rendering.planning import Planned, unit_name
from k8slblint.rendering.revisions import PlannedUnits
from k8slblint.rendering.tree import SourceTree

UNDEFINED = "substitution-undefined"

_MOST_NAMES = 20
"""Names that are reported; a tree with more is filled in by something else."""

_MOST_BYTES = 50_000_000
"""What is read in search of another place that gives a name a value."""

_LONGEST_NAME = 30
_SUFFIXES = (".yaml", ".yml", ".json")
_PATCHING = ("postBuild", "substituteFrom")


class _Use(NamedTuple):
    """The first place in a file where a variable without value stands, and the unit that deploys it."""

    planned: Planned
    tree: SourceTree
    file: str
    span: Span
    source: SourceText


def undefined_variables(found: PlannedUnits, files: Sequence[str]) -> Iterator[InputProblem]:
    """Yield a problem for each variable without a value, at its first place; `files` are the real paths of those that were listed.

    Only Kustomizations count all whose sources are in the tree, with all their keys. A name to which any other file may give a value
    (a patch of a ConfigMap, what generates one) is passed over.
    """
    uses: dict[str, list[_Use]] = {}
    units = [(planned, tree) for planned, tree in found.units.values() if _is_known(planned)]
    patched = _patched_deployers(found) if units else frozenset()
    for planned, tree in units:
        if planned.unit.deployer in patched:
            continue
        for name, use in _uses(planned, tree):
            uses.setdefault(name, []).append(use)
    given = _given_elsewhere(uses, files) if uses else frozenset()
    left = {name: places for name, places in uses.items() if name not in given}
    if len(left) <= _MOST_NAMES:
        yield from (_problem(name, places) for name, places in left.items())


def _is_known(planned: Planned) -> bool:
    """Tell whether all variables of a unit are known by name."""
    variables = planned.unit.substitute
    return variables is not None and not isinstance(variables, PartialVariables) and planned.is_stated


def _patched_deployers(found: PlannedUnits) -> frozenset[str]:
    """Return the files of Kustomizations whose variables a kustomization may patch before they are applied."""
    patched: set[str] = set()
    deployers = {planned.unit.deployer for planned, _ in found.units.values()} - {""}
    for planned, tree in found.units.values():
        of_others = planned.covered & deployers
        if planned.plain is None and of_others and any(_patches_variables(tree, path) for path in planned.covered):
            patched |= of_others
    return frozenset(patched)


def _patches_variables(tree: SourceTree, path: str) -> bool:
    """Tell whether a file may patch the variables of a Kustomization; one with a source is a Kustomization itself."""
    text = _text(tree, path) if path.endswith(_SUFFIXES) else ""
    return any(word in text for word in _PATCHING) and (posixpath.basename(path) in KUSTOMIZATION_NAMES or "sourceRef" not in text)


def _uses(planned: Planned, tree: SourceTree) -> Iterator[tuple[str, _Use]]:
    """Yield the variables without value in the objects that a unit is made of, each once a file."""
    variables = planned.unit.substitute or {}
    found: list[tuple[str, _Use]] = []
    for path in sorted(planned.covered):
        text = _text(tree, path) if path.endswith(_SUFFIXES) else ""
        if posixpath.basename(path) in KUSTOMIZATION_NAMES:
            if FORBIDDEN in text:
                return  # its generators, or its patches, say that some objects are left alone
        elif "${" in text:
            places = _places(text, variables)
            found += ((name, _Use(planned, tree, path, span, SourceText(text))) for name, span in places.items())
    yield from found


def _places(text: str, variables: Mapping[str, str]) -> dict[str, Span]:
    """Return the variables without value in the objects of a text, with the first place of each."""
    found: dict[str, Span] = {}
    try:
        chunks = documents.split(text)
        for chunk in chunks:
            if "${" in chunk.text and all(documents.sniff(chunk)) and not is_left_alone(chunk.text):
                for name, span in _in_chunk(chunk, variables):
                    found.setdefault(name, span)
    except documents.BrokenDocument:
        return {}
    return found


def _in_chunk(chunk: Chunk, variables: Mapping[str, str]) -> Iterator[tuple[str, Span]]:
    """Yield the variables without value of a document that are in no comment. Raises `BrokenDocument`."""
    lines = chunk.text.split("\n")
    comments: dict[int, int] | None = None
    for number, line in enumerate(lines):
        for name, column, end in undefined_in(line, variables) if "${" in line else ():
            if comments is None:
                comments = {one.line: one.column for one in documents.comments(chunk)}
            if column + 1 < comments.get(chunk.line + number, len(line) + 2):
                yield name, Span(chunk.line + number, column + 1, chunk.line + number, end + 1)


def _text(tree: SourceTree, path: str) -> str:
    try:
        return documents.decode(tree.read(path))
    except (OSError, OverLimitError, documents.UndecodableText):
        return ""


def _given_elsewhere(uses: Mapping[str, Sequence[_Use]], files: Sequence[str]) -> frozenset[str]:
    """Return the names to which some file may give a value, though none of the known sources does; all where too much is to be read."""
    found: set[str] = set()
    size = 0
    trees = {id(use.tree): use.tree for places in uses.values() for use in places}
    for tree in trees.values():
        covered = {path for places in uses.values() for use in places for path in use.planned.inputs}
        for path in dict.fromkeys((*filter(None, map(tree.relative, files)), *sorted(covered))):
            text = _text(tree, path)
            size += len(text)
            if size > _MOST_BYTES:
                return frozenset(uses)
            folder = cluster_folder(path)
            for name, places in uses.items():
                of_clusters = {cluster_folder(use.planned.unit.deployer) for use in places}
                if name not in found and (not folder or folder in of_clusters) and _gives_value(text, name):
                    found.add(name)
    return frozenset(found)


def _gives_value(text: str, name: str) -> bool:
    """Tell whether a name stands in a text as a key, or before `=`, and not as a variable."""
    start = text.find(name)
    while start >= 0:
        end = start + len(name)
        rest = text[end : end + 3].lstrip("\"' ")
        before = text[start - 1 : start]
        if rest[:1] in (":", "=") and not (before.isalnum() or before in ("_", "{", "#")):
            return True
        start = text.find(name, end)
    return False


def _problem(name: str, places: Sequence[_Use]) -> InputProblem:
    use = places[0]
    unit = use.planned.unit
    shown = middle(name, _LONGEST_NAME)
    near = get_close_matches(name, [*islice(unit.substitute or {}, _MOST_COMPARED)], n=1, cutoff=0.8)
    others = len({one.file for one in places}) - 1
    label = f"did you mean `{middle(near[0], _LONGEST_NAME)}`?" if near else "nothing gives it a value"
    return InputProblem(
        UNDEFINED,
        Location(use.tree.shown(use.file), use.span),
        headline=f"{middle(unit.deployed_by, _LONGEST_DEPLOYER)} uses undefined variable `{shown}`",
        source=use.source,
        label=label,
        why=f"{_and_others(others)}Flux 2.9 and newer refuse the whole Kustomization because of it; older releases insert an empty text.",
        help=_HELP,
        cause=name,
        units=tuple(dict.fromkeys(unit_name(one.planned.unit, one.tree.shown(one.planned.unit.path)) for one in places)),
    )


_MOST_COMPARED = 500
_LONGEST_DEPLOYER = 40
_HELP = "Define it in `postBuild`, give it a default with `${NAME:=value}`, or write `$${NAME}` if it is meant as text."


def _and_others(count: int) -> str:
    return f"So do{'es' if count == 1 else ''} {count} other file{'' if count == 1 else 's'}. " if count else ""
