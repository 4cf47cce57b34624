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

Read: TypeAlias = Callable[[str, Callable[[str], Any], int], tuple[dict[str, Any], int, int, int] | None]
"""Of a text that ends in LF and has no other line ends, what makes a value of a number, and how many aliases there may be: the mapping,
line and column from 0 of its first key, and how many aliases there may be yet. None where it may be something else."""

FORM = 1
"""What the C module is asked, and answers; another one was built for another version."""

_NAME = "_reader"
_FILE = f"{_NAME}.abi3.so"


@lru_cache(maxsize=1)
def read() -> Read | None:
    """Return what reads in C, None where it is not there or is not wanted."""
    path = None if os.environ.get("K8SLBLINT_READER") == "python" else _path()
    return None if path is None else _loaded(path)


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


def _loaded(path: str) -> Read | None:
    """Load the module; what was built for another system, or another version, is as good as none."""
    spec = spec_from_loader(_NAME, ExtensionFileLoader(_NAME, path))
    if spec is None or spec.loader is None:
        return None
    try:
        module: Any = module_from_spec(spec)
        spec.loader.exec_module(module)
    except ImportError:
        return None
    found: Read | None = module.read if getattr(module, "FORM", None) == FORM else None
    return found
