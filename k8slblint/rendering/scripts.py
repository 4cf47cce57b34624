"""What the shell scripts, Makefiles and pipelines of a tree say of how they run kustomize.

They are read line by line and never run. Sources: GNU make, just and Task, names of files; `kustomize build --help` (`--load-restrictor`).
"""

import posixpath
import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice

from k8slblint.rendering.tree import SourceTree

_NAMES = frozenset({"GNUmakefile", "Makefile", "makefile", "Jenkinsfile", "Justfile", "justfile", ".justfile", ".gitlab-ci.yml"})
_STEMS = frozenset({"Taskfile", "azure-pipelines"})
_SUFFIXES = (".sh", ".bash", ".mk")
_PIPELINES = ".github/workflows/"

_MOST_FILES = 20_000
_MOST_SCRIPTS = 500
_LARGEST = 200_000

_UNRESTRICTED = re.compile(rb"--load[-_]restrictor(?:=|[ ]++)[\"']?(?:LoadRestrictionsNone|none)\b")


@lru_cache(maxsize=2)
def build_without_restrictions(tree: SourceTree) -> bool:
    """Tell whether a script of the tree builds kustomizations without load restrictions."""
    return any(_UNRESTRICTED.search(line) is not None for line in _lines(tree) if b"restrictor" in line)


def _lines(tree: SourceTree) -> Iterator[bytes]:
    files = (path for path in islice(tree.files_below(""), _MOST_FILES) if _is_script(path))
    for path in islice(files, _MOST_SCRIPTS):
        try:
            data = tree.read(path)
        except OSError:
            continue
        if len(data) <= _LARGEST:
            yield from (line for line in data.split(b"\n") if not line.lstrip().startswith(b"#"))


def _is_script(path: str) -> bool:
    name = posixpath.basename(path)
    is_pipeline = f"/{_PIPELINES}" in f"/{path}" and name.endswith((".yml", ".yaml"))
    return name in _NAMES or name.endswith(_SUFFIXES) or name.partition(".")[0] in _STEMS or is_pipeline
