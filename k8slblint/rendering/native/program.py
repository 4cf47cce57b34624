"""Where the render engine is: in the package `k8slblint_render`, else where a checkout of k8slblint builds it; never on PATH."""

import os
import sys
from functools import cache

_NAME = "k8slblint-render"
_PACKAGE = "k8slblint_render"
_FOLDERS = {_NAME: "render", "k8slblint-fetch": "fetch"}
"""Where in `native/` a checkout has the sources of each program, and builds it."""


@cache
def find(name: str = _NAME) -> str | None:
    """Return the absolute path of the engine or of another program of the package, or None where it is not installed."""
    return next(filter(os.path.isfile, _places(name)), None)


def _places(name: str) -> tuple[str, ...]:
    from importlib.util import find_spec

    spec = find_spec(_PACKAGE)
    file = f"{name}.exe" if sys.platform == "win32" else name
    installed = (os.path.join(os.path.dirname(spec.origin), file),) if spec and spec.origin else ()
    sources = os.path.join(os.path.dirname(os.path.abspath(__file__)), *[os.pardir] * 3, "native", _FOLDERS[name])
    is_checkout = os.path.isfile(os.path.join(sources, "go.mod"))
    built = (os.path.realpath(os.path.join(sources, "build", file)),) if is_checkout else ()
    return (*built, *installed)
