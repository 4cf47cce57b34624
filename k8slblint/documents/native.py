"""Where the reader in C is (`native/reader/reader.c`): in the package, else where a checkout builds it; most installations have none.

It reads what `plain_lines` reads, as that does, in a fifth of the time, and is asked first; whatever it refuses, Python reads. With
`K8SLBLINT_READER=python` it is not asked, which changes no report.
"""

import os
from collections.abc import Callable
from functools import lru_cache
from importlib.machinery import ExtensionFileLoader
from importlib.util import module_from_spec, spec_from_loader
from typing import Any, TypeAlias

from k8slblint.model.node import Node
from k8slblint.model.records import NamedTuple

Resolve: TypeAlias = Callable[[str], Any]
"""Makes a value of a number; it may raise."""


class Reader(NamedTuple):
    """What the C module does, of a text that ends in LF, has no other line ends, and is one mapping in plain block style.

    `read` takes the text, what resolves numbers, and how many aliases there may be; it returns the mapping, line and column from 0 of its
    first key, and how many aliases there may be yet. `read_places` takes the class of nodes and the line on which the text starts instead;
    it returns the root, with all places. Both return None where the text may be something else. `holds_any` tells whether one of some
    words, of two bytes or more, is in bytes, in one walk for all of them; it keeps the tuple, which should be the same each time.
    `spare_memory` lets the process give back the memory of long texts.
    """

    read: Callable[[str, Resolve, int], tuple[dict[str, Any], int, int, int] | None]
    read_places: Callable[[str, Resolve, type[Node], int], Node | None]
    holds_any: Callable[[bytes, tuple[bytes, ...]], bool]
    spare_memory: Callable[[], bool]


FORM = 3
"""What the C module is asked, and answers; another one was built for another version."""

_NAME = "_reader"
_FILE = f"{_NAME}.abi3.so"


@lru_cache(maxsize=1)
def reader() -> Reader | None:
    """Return what reads in C, None where it is not there or is not wanted."""
    path = None if os.environ.get("K8SLBLINT_READER") == "python" else _path()
    return None if path is None else _loaded(path)


def may_hold_any(text: bytes, words: tuple[bytes, ...]) -> bool:
    """Tell whether any of some words may be in a text: where nothing reads in C that is not looked for."""
    in_c = reader()
    return in_c is None or in_c.holds_any(text, words)


def spare_memory() -> None:
    """Have the memory of long texts given back as soon as they are gone, in a run that reads many: an eighth of what it takes."""
    in_c = reader()
    if in_c is not None:
        in_c.spare_memory()


def _path() -> str | None:
    here = os.path.dirname(os.path.abspath(__file__))
    sources = os.path.join(here, os.pardir, os.pardir, "native", "reader")
    built = os.path.join(sources, "build", _FILE)
    try:
        if os.stat(built).st_mtime_ns >= os.stat(os.path.join(sources, "reader.c")).st_mtime_ns:
            return os.path.realpath(built)
    except OSError:  # no checkout, or one in which nothing is built
        pass
    installed = os.path.join(here, _FILE)
    return installed if os.path.isfile(installed) else None


def _loaded(path: str) -> Reader | None:
    """Load the module; what was built for another system, or another version, is as good as none."""
    spec = spec_from_loader(_NAME, ExtensionFileLoader(_NAME, path))
    if spec is None or spec.loader is None:
        return None
    try:
        module: Any = module_from_spec(spec)
        spec.loader.exec_module(module)
    except ImportError:
        return None
    return Reader(*(getattr(module, name) for name in Reader._fields)) if getattr(module, "FORM", None) == FORM else None
