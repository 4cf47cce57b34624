"""Which renderers tests can compare: the render engine, where `tools/build_render.py` has built it, and the programs on PATH."""

import os
from typing import Literal

import pytest

from k8slblint.rendering.native import program

_REASON = "the render engine is not built: tools/build_render.py"

HAS_ENGINE = program.find() is not None
CHOICES: tuple[Literal["native", "binary"], ...] = ("native", "binary") if HAS_ENGINE or os.environ.get("CI") else ("binary",)
needs_engine = pytest.mark.skipif(not HAS_ENGINE and not os.environ.get("CI"), reason=_REASON)


def require_engine() -> None:
    """Skip a test where the render engine is not built, but not in CI."""
    if not HAS_ENGINE:
        assert not os.environ.get("CI"), "CI must build the render engine"
        pytest.skip(_REASON)
