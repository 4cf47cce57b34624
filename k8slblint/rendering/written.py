"""Which files that are not in a tree are written by its scripts before it is deployed.

Sources: kubebuilder 4.9 and controller-tools 0.19, `make manifests` (`output:webhook:artifacts:config=config/webhook`); GNU Make, "Rules".
"""

import posixpath
import re
from collections.abc import Iterator
from itertools import islice

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

_TARGET = pattern(
    r"""(?x)
    >>? [ ]* (?P<printed>[^\s;&|)]+)
    | \b tee \s+ (?:-a \s+)? (?P<teed>[^\s;&|)]+)
    | \b (?:cp|mv|rsync) \s [^;&|]*? (?P<copied>[^\s;&|]+) (?= \s* (?:$|[;&|\\]) )
    | (?:^|\s) (?:-o|-O|--output|--output-dir|--output-file) [ =] (?P<option>[^\s;&|)]+)
    | artifacts:config= (?P<artifacts>[^\s;&|)]+)
    | ^ \s* (?:export[ ]|local[ ])? \w*? (?:target|output|dest|out_dir)\w* = (?P<variable>[^\s;&|)]+)
    """,
    re.IGNORECASE,
)
"""Where a line of a script writes to: what follows `>`, the last word of a copy, an option or a variable that says so."""


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
    found = (one.group(one.lastgroup or 0) for line in lines for one in _TARGET.finditer(line[:_LONGEST_LINE]))
    return frozenset(filter(None, map(_from_top, found)))


def _from_top(target: str) -> str:
    parts = [part for part in target.strip("\"'`").split("/") if part not in ("", ".", "..") and "$" not in part]
    return "/".join(parts) if len(parts) > 1 else ""
