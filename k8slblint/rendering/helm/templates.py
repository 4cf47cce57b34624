"""What the templates of a chart show without rendering: which files they read, and whether they deploy something else."""

import posixpath
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from k8slblint.budget import OverLimitError
from k8slblint.rendering.helm.charts import RefusedError, join, walk
from k8slblint.rendering.tree import SourceTree

_TEMPLATES = (".yaml", ".yml", ".tpl", ".txt", ".json")

_FILES_READ = re.compile(r"""\.Files\.(?:Get|GetBytes|Lines|Glob)\s+["`]([^"`\n]{1,200})["`]""")
_PATH = r"\.Values\.([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)"
_PRINTED = re.compile(rf"\{{\{{-?\s*\$?{_PATH}\s*(?:\|\s*(?:s?quote|toString|trim|int|lower)\s*){{0,5}}-?\}}\}}", re.ASCII)
_INDEXED = re.compile(
    rf'\{{\{{-?\s*index\s+\$?{_PATH}\s+"([^"\\\n]{{1,200}})"\s*(?:\|\s*(?:s?quote|toString|trim|int|lower)\s*){{0,5}}-?\}}\}}', re.ASCII
)
"""A value under a key that is no name: `{{ index .Values.labels "example.com/tier" }}`."""

_RANGED = re.compile(rf"range\s[^{{}}]{{0,100}}?{_PATH}", re.ASCII)
_PRINTED_ELEMENT = re.compile(
    r"\{\{-?\s*(?:\$[A-Za-z]\w*)?\.([A-Za-z_]\w*)\s*(?:\|\s*(?:s?quote|toString|trim|int|lower)\s*){0,5}-?\}\}", re.ASCII
)
"""A field of an element that a template ranges over: `{{ .schedule }}`, `{{ $job.schedule | quote }}`."""

_QUOTED = re.compile(r'"([^"\\\n]{1,200})"')

_DUMPED = re.compile(rf"toYaml\s+\$?{_PATH}|\$?{_PATH}\s*\|\s*toYaml\b", re.ASCII)
_MENTIONED = re.compile(_PATH, re.ASCII)
_DEPLOYING = re.compile(rb"argoproj\.io/|toolkit\.fluxcd\.io/")


def files_read(tree: SourceTree, folder: str) -> frozenset[str]:
    """Return the files of a chart that its templates name as `.Files.Get "PATH"` and the like, by their paths in the chart.

    Patterns of `.Files.Glob` count for the files of the folder that they name last.
    """
    found: set[str] = set()
    for text in _templates(tree, folder):
        for name in _FILES_READ.findall(text.decode("utf-8", "replace")):
            place, star, _ = name.partition("*")
            inside = posixpath.dirname(place)
            listed = tree.names(join(folder, inside)) if star and inside else ()
            found.update((posixpath.normpath(name), *(f"{inside}/{one}" for one in listed)))
    return frozenset(found)


def values_of_left_out(tree: SourceTree, folder: str, left_out: Collection[str]) -> frozenset[str]:
    """Return the first keys of the values that templates of Services, Ingresses and routes mention which are left out, and no other one."""
    keys: dict[bool, set[str]] = {True: set(), False: set()}
    for file in (path for path in tree.files_below(join(folder, "templates")) if path.endswith(_PRINTING)):
        try:
            text = tree.read(file).decode("utf-8", "replace")
        except (OSError, OverLimitError):
            continue
        if _OF_TRAFFIC.search(text):
            keys[file in left_out].update(found[1].partition(".")[0] for found in _MENTIONED.finditer(text))
    return frozenset(keys[True] - keys[False])


_PRINTING = (".yaml", ".yml")
_OF_TRAFFIC = re.compile(r"^kind:[ \t]*[\"']?(?:Service|Ingress|[A-Z]{2,4}Route|GRPCRoute|Gateway)\b", re.ASCII | re.MULTILINE)


def names_unset_value(tree: SourceTree, file: str, defaults: Mapping[str, Any]) -> bool:
    """Tell whether a template prints a value that the chart has no default for, and nothing in it asks whether there is one.

    Such a chart leaves the value to its releases: what comes of its defaults alone is deployed by nobody.
    """
    return any(not _is_set(defaults, path) for path in (*_printed_only(tree, file), *_indexed_only(tree, file)))


def names_blank_value(tree: SourceTree, file: str, defaults: Mapping[str, Any]) -> bool:
    """Tell the same of a value whose default is empty (`schedule: ""`): perhaps for the releases to set, perhaps optional.

    It may be in an example of an element of a list that the template ranges over.
    """
    is_printed = any(_is_set(defaults, path) and _value_at(defaults, path) in _EMPTY for path in _printed_only(tree, file))
    return is_printed or any(_value_at(element, [name]) in _EMPTY for element, name in _printed_of_elements(tree, file, defaults))


_EMPTY: tuple[object, ...] = (None, "")


def names_null_value(tree: SourceTree, file: str, defaults: Mapping[str, Any]) -> bool:
    """Tell whether a template prints a mapping in which a default is null: Helm 4 leaves such a key out, Helm 3 prints it."""
    try:
        text = tree.read(file).decode("utf-8", "replace")
    except OSError:
        return False
    paths = {(found[1] or found[2]).rstrip(".") for found in _DUMPED.finditer(text)} if "toYaml" in text else set()
    return any(_is_set(defaults, path.split(".")) and _has_null(_value_at(defaults, path.split("."))) for path in paths)


def _has_null(value: object) -> bool:
    return isinstance(value, dict) and any(one is None or _has_null(one) for one in value.values())


def _printed_only(tree: SourceTree, file: str) -> Iterator[Sequence[str]]:
    """Yield the paths of the values that a template prints, and never asks for."""
    try:
        text = tree.read(file).decode("utf-8", "replace")
    except OSError:
        return
    mentioned = Counter(_MENTIONED.findall(text))
    yield from (path.split(".") for path, count in Counter(_PRINTED.findall(text)).items() if count == mentioned[path])


def _printed_of_elements(tree: SourceTree, file: str, defaults: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], str]]:
    """Yield the elements of defaults that a template ranges over, with the names of their fields that it prints."""
    try:
        text = tree.read(file).decode("utf-8", "replace")
    except OSError:
        return
    paths = {path for path in _RANGED.findall(text) if _is_set(defaults, path.split("."))} if "range" in text else ()
    printed = set(_PRINTED_ELEMENT.findall(text)) if paths else ()
    for path in paths:
        value = _value_at(defaults, path.split("."))
        elements = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        yield from ((one, name) for one in elements if isinstance(one, dict) for name in one if name in printed)


def _indexed_only(tree: SourceTree, file: str) -> Iterator[Sequence[str]]:
    """Yield the same of values that are printed by a key in quotes; a key that is named otherwise too may be asked for."""
    try:
        text = tree.read(file).decode("utf-8", "replace")
    except OSError:
        return
    printed = Counter(_INDEXED.findall(text)) if "index " in text else {}
    keys = Counter(key for (_, key), count in printed.items() for _ in range(count))
    quoted = Counter(_QUOTED.findall(text)) if keys else keys
    yield from ((*path.split("."), key) for path, key in printed if quoted[key] == keys[key])


def _is_set(values: Any, path: Sequence[str]) -> bool:
    for step in path:
        if not isinstance(values, dict) or step not in values:
            return False
        values = values[step]
    return True


def _value_at(values: Any, path: Sequence[str]) -> Any:
    for step in path:
        values = values[step]
    return values


def deploys_others(tree: SourceTree, folder: str) -> bool:
    """Tell whether templates of a chart may yield objects of Argo CD or Flux, which deploy something in their turn."""
    return any(_DEPLOYING.search(text) for text in _templates(tree, folder))


def _templates(tree: SourceTree, folder: str) -> Iterator[bytes]:
    """Yield the text of the templates of a chart; what cannot be read is passed over."""
    try:
        for path in walk(tree, join(folder, "templates")):
            if path.endswith(_TEMPLATES):
                yield tree.read(path)
    except (RefusedError, OSError):
        return
