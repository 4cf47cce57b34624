"""Which files that are not in a tree are written by its scripts before it is deployed.

Sources: kubebuilder 4.9 and controller-tools 0.19, `make manifests` (`output:webhook:artifacts:config=config/webhook`); GNU Make, "Rules".
"""

import posixpath
from collections.abc import Iterator
from itertools import islice, pairwise

from k8slblint import documents
from k8slblint.budget import OverLimitError
from k8slblint.loading.scripts import is_script
from k8slblint.model.patterns import pattern
from k8slblint.rendering.tree import SourceTree

_FOLDERS = ("hack", "scripts", "script", "tools", "build", "installers", "ci", "bin")
"""Folders at the top of a repository in which scripts are; others are looked for above the file that is missing."""

_MOST_FILES = 500
_LONGEST_LINE = 2000
_LARGEST = 400_000

_ENDS = pattern(r"[;&|]")
"""What ends a command of a shell."""

_COPIED = frozenset({"cp", "mv", "rsync"})
_OPTIONS = ("-o", "-O", "--output", "--output-dir", "--output-file")
_ARTIFACTS = "artifacts:config="
_DECLARES = ("export", "local", "readonly")
_SAYS_TARGET = ("target", "output", "dest", "out_dir")


def is_written(tree: SourceTree, path: str) -> bool:
    """Tell whether a script of the tree writes a file, or to its folder; single names say too little."""
    folder = posixpath.dirname(path)
    names = {"/".join(parts[start:]) for parts in (path.split("/"), folder.split("/")) for start in range(len(parts) - 1)}
    return any(not names.isdisjoint(_written_by(tree, script)) for script in _scripts(tree, folder))


def _scripts(tree: SourceTree, folder: str) -> Iterator[str]:
    while folder:
        folder = posixpath.dirname(folder)
        yield from (path for name in tree.names(folder) if is_script(path := posixpath.join(folder, name)) and tree.is_file(path))
    for name in _FOLDERS:
        yield from (path for path in islice(tree.files_below(name), _MOST_FILES) if is_script(path))


def _written_by(tree: SourceTree, script: str) -> frozenset[str]:
    try:
        return tree.made(_targets, script)
    except (OSError, OverLimitError, documents.UndecodableText):
        return frozenset()


def _targets(data: bytes) -> frozenset[str]:
    """Return the paths that a script writes to, without what leads to the top of the tree: `../../`, `$(ROOT)/`."""
    lines = documents.decode(data[:_LARGEST]).split("\n") if len(data) <= _LARGEST else ()
    commands = (command.replace(">", " > ").split() for line in lines for command in _ENDS.split(line[:_LONGEST_LINE]))
    return frozenset(filter(None, (_from_top(one) for words in commands if words for one in _written_to(words))))


def _written_to(words: list[str]) -> Iterator[str]:
    """Yield where a command writes to: what follows `>` or `tee`, the last word of a copy, what an option or a variable says."""
    words = [word for word in words if word != "\\"]
    for word, following in pairwise(words):
        if (word == ">" or word in _OPTIONS) and following != ">":
            yield following
    yield from (word.partition("=")[2] for word in words if word.startswith("--output") or _ARTIFACTS in word)
    plain = [word for word in words if not word.startswith("-")]
    if "tee" in plain[:-1]:
        yield plain[plain.index("tee") + 1]
    if not _COPIED.isdisjoint(plain):
        yield plain[-1]
    name, _, value = next((word for word in words if word not in _DECLARES), "").partition("=")
    if any(part in name.lower() for part in _SAYS_TARGET):
        yield value


def _from_top(target: str) -> str:
    parts = [part for part in target.rstrip(")").strip("\"'`").split("/") if part not in ("", ".", "..") and "$" not in part]
    return "/".join(parts) if len(parts) > 1 else ""
