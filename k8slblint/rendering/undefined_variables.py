"""Variables in what Flux deploys to which nothing gives a value, or that Flux cannot read.

Sources: Flux 2.9, kustomize-controller 1.9 (`internal/controller/kustomization_controller.go`, `internal/features/features.go`: strict by
default since 1.9), fluxcd/pkg e2cfd1a2 (`kustomize/kustomize_varsub.go`, `envsubst/template.go`: `evalFunc`,
`envsubst/parse/parse.go`: `parseFunc`).
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
from k8slblint.rendering.gitops.paths import cluster_folder
from k8slblint.rendering.gitops.substitution import FORBIDDEN, BadUse, PartialVariables, bad_uses, is_left_alone
from k8slblint.rendering.planning import Planned, unit_name
from k8slblint.rendering.revisions import PlannedUnits
from k8slblint.rendering.tree import SourceTree

UNDEFINED = "substitution-undefined"

_MOST_NAMES = 20
"""Names that are reported; a tree with more is filled in by something else."""

_MOST_SEARCHED = 200
"""Names that are searched for in all files."""

_MOST_BYTES = 50_000_000
"""What is read in search of another place that gives a name a value."""

_LONGEST_NAME = 30
_SUFFIXES = (".yaml", ".yml", ".json")
_PATCHING = ("postBuild", "substituteFrom")


class _Use(NamedTuple):
    """The first place in a file where a variable is refused, what is written there, and the unit that deploys it."""

    name: str
    written: str
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
    uses: dict[tuple[str, str], list[_Use]] = {}
    units = [(planned, tree) for planned, tree in found.units.values() if _is_filled_in(planned)]
    patched = _patched_deployers(found) if units else frozenset()
    for planned, tree in units:
        for use in _uses(planned, tree):
            if not (use.name and planned.unit.deployer in patched):
                uses.setdefault((use.name, "" if use.name else use.written), []).append(use)
    if len(uses) > _MOST_SEARCHED:
        return
    given = _given_elsewhere([use for places in uses.values() for use in places if use.name], files)
    left = [places for (name, _), places in uses.items() if name not in given]
    if len(left) <= _MOST_NAMES:
        yield from map(_problem, left)


def _is_filled_in(planned: Planned) -> bool:
    """Tell whether Flux certainly fills variables into what a unit deploys; where it has none, it leaves all as it is."""
    variables = planned.unit.substitute
    return planned.is_stated and variables is not None and bool(variables or not isinstance(variables, PartialVariables))


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


def _uses(planned: Planned, tree: SourceTree) -> Iterator[_Use]:
    """Yield the variables that are refused in the objects that a unit is made of, each once a file."""
    variables = planned.unit.substitute or {}
    found: list[_Use] = []
    for path in sorted(planned.covered):
        text = _text(tree, path) if path.endswith(_SUFFIXES) else ""
        if posixpath.basename(path) in KUSTOMIZATION_NAMES:
            if FORBIDDEN in text:
                return  # its generators, or its patches, say that some objects are left alone
        elif next(bad_uses(text, variables), None):
            places = {(bad.name, written): (span, bad) for span, bad, written in reversed([*_places(text, variables)])}
            source = SourceText(text)
            found += (_Use(name, written, planned, tree, path, span, source) for (name, written), (span, _) in reversed(places.items()))
    yield from found


def _places(text: str, variables: Mapping[str, str]) -> Iterator[tuple[Span, BadUse, str]]:
    """Yield the variables that are refused in the objects of a text, each with its place and how it is written."""
    try:
        for chunk in documents.split(text):
            if "${" in chunk.text and all(documents.sniff(chunk)) and not is_left_alone(chunk.text):
                yield from _in_chunk(chunk, variables)
    except documents.BrokenDocument:
        return


def _in_chunk(chunk: Chunk, variables: Mapping[str, str]) -> Iterator[tuple[Span, BadUse, str]]:
    """Yield those of a document that are in no comment. Raises `BrokenDocument`."""
    comments: dict[int, int] | None = None
    for number, line in enumerate(chunk.text.split("\n"), chunk.line):
        for bad in bad_uses(line, variables) if "${" in line else ():
            if comments is None:
                comments = {one.line: one.column for one in documents.comments(chunk)}
            if bad.start + 1 < comments.get(number, len(line) + 2):
                shown, brace, _ = line[bad.start : bad.end + _SHOWN].partition("}")
                yield Span(number, bad.start + 1, number, bad.end + 1), bad, shown + brace


def _text(tree: SourceTree, path: str) -> str:
    try:
        return tree.made(documents.decode, path)
    except (OSError, OverLimitError, documents.UndecodableText):
        return ""


def _given_elsewhere(uses: Sequence[_Use], files: Sequence[str]) -> frozenset[str]:
    """Return the names to which some file may give a value, though none of the known sources does; all where too much is to be read."""
    found: set[str] = set()
    clusters: dict[str, set[str]] = {}
    for use in uses:
        clusters.setdefault(use.name, set()).add(cluster_folder(use.planned.unit.deployer))
    size = 0
    for tree in {id(use.tree): use.tree for use in uses}.values():
        inputs = frozenset[str]().union(*(use.planned.inputs for use in uses))
        for path in dict.fromkeys((*filter(None, map(tree.relative, files)), *sorted(inputs))):
            text = _text(tree, path)
            size += len(text)
            if size > _MOST_BYTES:
                return frozenset(clusters)
            folder = cluster_folder(path)
            found.update(name for name, own in clusters.items() if (not folder or folder in own) and _gives_value(text, name))
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


def _problem(places: Sequence[_Use]) -> InputProblem:
    use = places[0]
    unit = use.planned.unit
    deployer, shown = middle(unit.deployed_by, _LONGEST_DEPLOYER), middle(use.name or use.written, _LONGEST_NAME)
    near = get_close_matches(use.name, [*islice(unit.substitute or {}, _MOST_COMPARED)], n=1, cutoff=0.8) if use.name else []
    others = len({one.file for one in places}) - 1
    if use.name:
        headline, why = f"{deployer} uses undefined variable `{shown}`", _WHY_UNDEFINED
        label = f"did you mean `{middle(near[0], _LONGEST_NAME)}`?" if near else "nothing gives it a value"
    else:
        headline, why, label = f"{deployer} uses `{shown}`, which Flux cannot read", _WHY_UNREADABLE, "begins as a variable"
    return InputProblem(
        UNDEFINED,
        Location(use.tree.shown(use.file), use.span),
        headline=headline,
        source=use.source,
        label=label,
        why=f"{_and_others(others)}{why}",
        help=_HELP if use.name else _HELP_UNREADABLE,
        cause=use.name or use.written,
        units=tuple(dict.fromkeys(unit_name(one.planned.unit, one.tree.shown(one.planned.unit.path)) for one in places)),
    )


_MOST_COMPARED = 500
_LONGEST_DEPLOYER = 40
_SHOWN = 20
_WHY_UNDEFINED = "Flux 2.9 and newer refuse the whole Kustomization because of it; older releases insert an empty text."
_WHY_UNREADABLE = "Flux refuses the whole Kustomization: after `${` it expects a name of letters, digits and `_`, then `}` or an operator."
_HELP_UNREADABLE = "Write `${NAME}` or `${NAME:=default}`, or `$${` if it is meant as text."
_HELP = "Define it in `postBuild`, give it a default with `${NAME:=value}`, or write `$${NAME}` if it is meant as text."


def _and_others(count: int) -> str:
    return f"So do{'es' if count == 1 else ''} {count} other file{'' if count == 1 else 's'}. " if count else ""
