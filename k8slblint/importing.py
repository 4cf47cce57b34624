"""How the modules of this package are found and loaded quicker than by the way for all modules of Python, which does the same.

A scan imports some 260 of them, and the way for all takes as long to find each (a list of finders, of folders and of suffixes; the name
of its compiled file, made of its parts) as a file takes to be checked. A module of ours is a file in a folder that is known, or a folder
with `__init__.py`; its compiled file is used under the same conditions (`importlib._bootstrap_external`, `_validate_timestamp_pyc`,
Python 3.11): magic number, flags of a file that is compared by time, time and size of the source. Whatever else there is goes the way
for all.
"""

import marshal
import os
import sys
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import MAGIC_NUMBER
from types import CodeType, ModuleType

_HEADER = MAGIC_NUMBER + b"\0\0\0\0"
_PACKAGE = __name__.rpartition(".")[0]
_START = f"{_PACKAGE}."
_FOLDER = os.path.dirname(__file__)
_SUFFIX = f".{sys.implementation.cache_tag}.pyc"


class _Loader(SourceFileLoader):
    """Loads a module from its compiled file where that is as old as its source, otherwise as Python does."""

    def __init__(self, name: str, path: str, compiled: str, source: os.stat_result) -> None:
        """Note what `find_spec` has found."""
        super().__init__(name, path)
        self._compiled = compiled
        self._source = source

    def exec_module(self, module: ModuleType) -> None:
        """Run the module."""
        code = self._compiled_code()
        if code is None:
            super().exec_module(module)
        else:
            exec(code, module.__dict__)  # noqa: S102 - our own code

    def _compiled_code(self) -> CodeType | None:
        state = self._source
        stamp = (int(state.st_mtime) & 0xFFFFFFFF).to_bytes(4, "little") + (state.st_size & 0xFFFFFFFF).to_bytes(4, "little")
        try:
            descriptor = os.open(self._compiled, os.O_RDONLY)
        except OSError:
            return None
        try:
            size = os.fstat(descriptor).st_size
            data = os.read(descriptor, size)
        finally:
            os.close(descriptor)
        if data[:8] != _HEADER or data[8:16] != stamp or len(data) != size:
            return None
        code = marshal.loads(memoryview(data)[16:])  # noqa: S302 - as Python does
        return code if isinstance(code, CodeType) else None


class _Finder:
    """Finds the modules of this package."""

    @staticmethod
    def find_spec(name: str, _path: object = None, _target: object = None) -> ModuleSpec | None:
        """Return where a module is, or None where another finder may know."""
        if not name.startswith(_START):
            return None
        stem = f"{_FOLDER}/{name[len(_START) :].replace('.', '/')}"
        spec = _spec(name, *stem.rpartition("/")[::2])
        if spec is None:
            spec = _spec(name, stem, "__init__")
            if spec is not None:
                spec.submodule_search_locations = [stem]
        return spec


def _spec(name: str, folder: str, stem: str) -> ModuleSpec | None:
    """Return what a source file and its compiled one are to the import system, or None where there is no such file."""
    path = f"{folder}/{stem}.py"
    try:
        source = os.stat(path)
    except OSError:
        return None
    compiled = f"{folder}/__pycache__/{stem}{_SUFFIX}"
    spec = ModuleSpec(name, _Loader(name, path, compiled, source), origin=path)
    spec.has_location = True
    spec.cached = compiled
    return spec


def import_quickly() -> None:
    """Let modules of this package that are imported from now on be found at once, where they are files that Python compiles as usual."""
    is_usual = not sys.flags.optimize and sys.pycache_prefix is None and _SUFFIX.startswith(".cpython-") and os.sep == "/"
    if is_usual and type(__spec__.loader) is SourceFileLoader and _Finder not in sys.meta_path:
        sys.meta_path.insert(0, _Finder)
