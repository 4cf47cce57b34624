"""Which files that are not in a tree are there when it is deployed: those that a `.gitignore` of the tree excludes."""

import posixpath

from k8slblint import documents
from k8slblint.loading.ignores import IgnoreRules
from k8slblint.rendering.tree import SourceTree

_FILE = ".gitignore"


def is_generated(tree: SourceTree, path: str, named_in: str = "") -> bool:
    """Tell whether git ignores a path, or a folder that it is in: the nearest `.gitignore` that names it decides (gitignore(5)).

    An ignored folder that has the very file which names the path is kept in git all the same, and what is missing there was forgotten.
    """
    names = path.split("/")
    steps = ["/".join(names[: number + 1]) for number in range(len(names))]
    outer = (step for step in steps if step == path or not named_in.startswith(f"{step}/"))
    return any(_is_ignored(tree, step, is_folder=step != path) for step in outer)


def _is_ignored(tree: SourceTree, path: str, *, is_folder: bool) -> bool:
    folder = posixpath.dirname(path)
    while True:
        said = _said(tree, folder, path, is_folder=is_folder)
        if said is not None or not folder:
            return bool(said)
        folder = posixpath.dirname(folder)


def _said(tree: SourceTree, folder: str, path: str, *, is_folder: bool) -> bool | None:
    file = posixpath.join(folder, _FILE)
    try:
        rules = tree.made(_rules, file) if tree.is_file(file) else None
    except (OSError, documents.UndecodableText):
        return None
    return rules.ignores(path[len(folder) :].lstrip("/"), is_folder=is_folder) if rules is not None else None


def _rules(data: bytes) -> IgnoreRules:
    return IgnoreRules(documents.decode(data).split("\n"))
