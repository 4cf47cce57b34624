"""The objects that are parsed only when something refers to them by name: Secrets and ConfigMaps.

A scan notes which files have such objects, and reads these files again when a rule asks for one of them.
"""

from collections.abc import Iterator

from k8slblint.budget import Budget
from k8slblint.loading.resources import load
from k8slblint.model.loaded import Loaded, SourceFile
from k8slblint.model.resource import Resource


def open_named(loaded: Loaded, budget: Budget, kind: str, names: frozenset[str]) -> list[Resource]:
    """Return the objects of a kind that have one of these names, in reading order; what cannot be read is left out.

    Raises `BudgetSpentError` where the budget of the run is spent.
    """
    found: list[Resource] = []
    for file in _files_with(loaded, kind, names):
        read = load([file], wanted=frozenset({kind}), are_rendered=file.deployment is not None, budget=budget)
        found += [one for one in read.resources if one.name in names]
    return found


def _files_with(loaded: Loaded, kind: str, names: frozenset[str]) -> Iterator[SourceFile]:
    """Yield the files with objects of a kind whose text has one of the names."""
    wanted = [name.encode() for name in sorted(names)]
    for path in loaded.unopened.get(kind, ()):
        file = loaded.files.get(path)
        try:
            data = file.read() if file is not None else b""
        except OSError:
            continue
        if file is not None and any(name in data for name in wanted):
            yield file
