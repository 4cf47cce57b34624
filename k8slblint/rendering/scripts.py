"""What the shell scripts, Makefiles and pipelines of a tree say of how they run kustomize.

They are read line by line and never run. Source: `kustomize build --help` (`--load-restrictor`).
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice

from k8slblint.loading.scripts import is_script
from k8slblint.rendering.tree import SourceTree

_MOST_FILES = 20_000
_MOST_SCRIPTS = 500
_LARGEST = 200_000

_UNRESTRICTED = re.compile(rb"--load[-_]restrictor(?:=|[ ]++)[\"']?(?:LoadRestrictionsNone|none)\b")


@lru_cache(maxsize=2)
def build_without_restrictions(tree: SourceTree) -> bool:
    """Tell whether a script of the tree builds kustomizations without load restrictions."""
    return any(_UNRESTRICTED.search(line) is not None for line in _lines(tree) if b"restrictor" in line)


def _lines(tree: SourceTree) -> Iterator[bytes]:
    files = (path for path in islice(tree.files_below(""), _MOST_FILES) if is_script(path))
    for path in islice(files, _MOST_SCRIPTS):
        try:
            data = tree.read(path)
        except OSError:
            continue
        if len(data) <= _LARGEST:
            yield from (line for line in data.split(b"\n") if not line.lstrip().startswith(b"#"))
