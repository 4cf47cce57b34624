"""Modules that are imported quickly are those that Python imports, and a compiled file that is older than its source is not used."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import k8slblint

_PACKAGE = Path(str(k8slblint.__file__)).parent
_ALL = """
import importlib, json, pkgutil, sys
if sys.argv[1] == "quickly":
    from k8slblint.importing import import_quickly
    import_quickly()
import k8slblint
found = {}
for module in pkgutil.walk_packages(k8slblint.__path__, "k8slblint."):
    if not module.name.endswith(("__main__", "helm_worker", "importing")):
        made = importlib.import_module(module.name)
        spec = made.__spec__
        found[module.name] = [
            made.__name__, made.__package__, made.__file__, made.__cached__, getattr(made, "__path__", None), made.__doc__,
            spec.name, spec.parent, spec.origin, spec.cached, spec.has_location, spec.submodule_search_locations and list(made.__path__),
            sorted(name for name in vars(made) if not name.startswith("__")),
        ]
print(json.dumps(found))
"""
_NOTHING = """
from k8slblint.importing import import_quickly
import_quickly()
try:
    import k8slblint.nothing
except ModuleNotFoundError as error:
    print(error)
"""
_ONE = """
import sys
from k8slblint.importing import import_quickly
import_quickly()
import k8slblint.one
print(type(k8slblint.one.__spec__.loader).__name__, k8slblint.one.VALUE)
"""


def _run(code: str, *words: str, folder: Path = _PACKAGE.parent) -> str:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPATH"] = str(folder)
    command = [sys.executable, "-P", "-c", code, *words]
    return subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout


def test_every_module_is_the_same_as_when_python_finds_it() -> None:
    assert json.loads(_run(_ALL, "quickly")) == json.loads(_run(_ALL, "as usual"))


def _package(folder: Path, value: int) -> Path:
    package = folder / "k8slblint"
    package.mkdir(exist_ok=True)
    (package / "__init__.py").write_text("")
    shutil.copy(_PACKAGE / "importing.py", package)
    source = package / "one.py"
    source.write_text(f"VALUE = {value}\n")
    return source


def test_a_compiled_file_is_used_only_with_its_source(tmp_path: Path) -> None:
    source = _package(tmp_path, 1)
    assert _run(_ONE, folder=tmp_path).split() == ["_Loader", "1"]
    (compiled,) = (tmp_path / "k8slblint" / "__pycache__").glob("one.*.pyc")
    kept = compiled.read_bytes()
    source.write_text("VALUE = 22\n")
    assert _run(_ONE, folder=tmp_path).split() == ["_Loader", "22"]
    compiled.write_bytes(kept)
    assert _run(_ONE, folder=tmp_path).split() == ["_Loader", "22"]
    source.write_text("VALUE = 33\n")
    os.utime(source, (1, 1))
    assert _run(_ONE, folder=tmp_path).split() == ["_Loader", "33"]


def test_a_file_that_python_would_not_use_is_not_used(tmp_path: Path) -> None:
    _package(tmp_path, 1)
    _run(_ONE, folder=tmp_path)
    (compiled,) = (tmp_path / "k8slblint" / "__pycache__").glob("one.*.pyc")
    whole = compiled.read_bytes()
    for broken in (b"", b"\0" * 40, b"\0\0\0\0" + whole[4:], whole[:4] + b"\1\0\0\0" + whole[8:]):
        compiled.write_bytes(broken)
        assert _run(_ONE, folder=tmp_path).split() == ["_Loader", "1"]


def test_what_is_no_module_is_said_as_usual() -> None:
    assert _run(_NOTHING).strip() == "No module named 'k8slblint.nothing'"
