"""Builds the reader in C (`native/reader/reader.c`): into a checkout, and into the wheel of a machine that has a C compiler.

    python tools/build_reader.py          # native/reader/build/, which a checkout uses
    python tools/build_reader.py check    # the same, with every warning an error, and a text read

As a build hook of hatchling it adds the reader to the wheel where that takes nothing but a C compiler and the headers of Python. Without
them, or with `K8SLBLINT_NATIVE=0`, the wheel is pure Python and gives the same reports; with `K8SLBLINT_NATIVE=1` a fault is an error, and
so it is with the tag of a platform (`manylinux_2_17_x86_64`), which the wheel then bears: the reader needs no newer library.
"""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface as _Hook
except ImportError:  # run as a script
    _Hook = object

SOURCE = Path(__file__).resolve().parent.parent / "native" / "reader" / "reader.c"
NAME = "_reader.abi3.so"
PLACE = f"k8slblint/documents/{NAME}"
_OPTIONS = ("-O2", "-s", "-shared", "-fPIC", "-fstack-protector-strong", "-Wall", "-Wextra", "-Wl,-z,relro,-z,now")
_STRICT = ("-Wconversion", "-Wno-sign-conversion", "-Wshadow", "-Werror")
_LONGEST = 120
"""In seconds; it takes two."""

_TRIAL = """
import sys
from importlib.machinery import ExtensionFileLoader
from importlib.util import module_from_spec, spec_from_loader
loader = ExtensionFileLoader("_reader", sys.argv[1])
module = module_from_spec(spec_from_loader("_reader", loader))
loader.exec_module(module)
assert module.read("# a\\n b:\\n - c: 1\\n", int, 0) == ({"b": [{"c": 1}]}, 1, 1, 0)
"""


class CannotBuildError(Exception):
    """There is no compiler, or it says no."""


def compile_into(folder: Path, *options: str, is_tried: bool = True) -> Path:
    """Build the reader for this Python and all later ones of this machine, try it, and return the file.

    Raises:
        CannotBuildError: the text says why.
    """
    compiler = shutil.which(os.environ.get("CC") or "cc")
    if not sys.platform.startswith("linux") or sys.implementation.name != "cpython" or sysconfig.get_config_var("Py_GIL_DISABLED"):
        raise CannotBuildError("it is built for CPython on Linux only")
    if compiler is None:
        raise CannotBuildError("there is no C compiler")
    folder.mkdir(parents=True, exist_ok=True)
    built = folder / NAME
    _run([compiler, *_OPTIONS, *options, f"-I{sysconfig.get_paths()['include']}", str(SOURCE), "-o", str(built)])
    if is_tried:
        _run([sys.executable, "-I", "-c", _TRIAL, str(built)])
    return built


def _run(command: list[str]) -> None:
    try:
        run = subprocess.run(command, capture_output=True, encoding="utf-8", errors="replace", check=False, timeout=_LONGEST)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CannotBuildError(str(error)) from None
    if run.returncode:
        raise CannotBuildError((run.stderr or run.stdout).strip() or f"{command[0]} ended with {run.returncode}")


def _tag(wish: str, built: Path) -> str:
    """Return the tag of the platform that a wheel is for.

    Raises:
        CannotBuildError: the reader needs a newer glibc than the one that was wished for.
    """
    named = re.fullmatch(r"manylinux_2_([0-9]+)_\w+", wish)
    if named is None:
        return sysconfig.get_platform().replace("-", "_").replace(".", "_")
    needed = max((int(minor) for minor in re.findall(rb"GLIBC_2\.([0-9]+)", built.read_bytes())), default=0)
    if needed > int(named[1]):
        raise CannotBuildError(f"it needs glibc 2.{needed}")
    return wish


class ReaderHook(_Hook):  # type: ignore[misc, valid-type]
    """Adds the reader to a wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build it where that is wanted and possible; an editable installation uses what a checkout builds."""
        wish = os.environ.get("K8SLBLINT_NATIVE", "")
        if version == "editable" or wish == "0":
            return
        self._folder = tempfile.TemporaryDirectory()
        try:
            built = compile_into(Path(self._folder.name))
            tag = _tag(wish, built)
        except CannotBuildError as error:
            if wish:
                raise
            self.app.display_info(f"pure Python, without the reader in C: {str(error).splitlines()[0]}")
            return
        build_data["force_include"][str(built)] = PLACE
        build_data["pure_python"] = False
        build_data["tag"] = f"cp311-abi3-{tag}"

    def finalize(self, _version: str, _build_data: dict[str, Any], _artifact: str) -> None:
        """Remove what was built."""
        if hasattr(self, "_folder"):
            self._folder.cleanup()


def main() -> int:
    """Build it into the checkout."""
    try:
        print(compile_into(SOURCE.parent / "build", *(_STRICT if "check" in sys.argv[1:] else ())))
    except CannotBuildError as error:
        print(f"tools/build_reader.py: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
