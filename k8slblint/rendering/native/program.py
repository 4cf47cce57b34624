"""Where the render engine is: in the package `k8slblint_render`, else where a checkout of k8slblint builds it; never on PATH."""

import os
import sys
from functools import cache

_NAME = "k8slblint-render.exe" if sys.platform == "win32" else "k8slblint-render"
_PACKAGE = "k8slblint_render"
_CHECKOUT = ("native", "render")
_LONGEST_IDENTITY = 1_000


@cache
def find() -> str | None:
    """Return the absolute path of the program, or None where it is not installed."""
    return next(filter(os.path.isfile, _places()), None)


def _places() -> tuple[str, ...]:
    from importlib.util import find_spec

    spec = find_spec(_PACKAGE)
    installed = (os.path.join(os.path.dirname(spec.origin), _NAME),) if spec and spec.origin else ()
    native = os.path.join(os.path.dirname(os.path.abspath(__file__)), *[os.pardir] * 3, *_CHECKOUT)
    is_checkout = os.path.isfile(os.path.join(native, "go.mod"))
    built = (os.path.realpath(os.path.join(native, "build", _NAME)),) if is_checkout else ()
    return (*built, *installed)


def identity(program: str) -> str:
    """Return what its build wrote down about a program: its version and the hash of its bytes; `""` where that is lost."""
    try:
        with open(os.path.join(os.path.dirname(program), "identity"), encoding="ascii") as file:
            return file.read(_LONGEST_IDENTITY).strip()
    except (OSError, UnicodeError):
        return ""
