"""What is shipped: sdist -> wheel -> a bare environment that scans an example."""

import json
import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parent.parent

pytestmark = pytest.mark.build


def _run(*command, cwd=None, codes=(0,)):
    clean = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    run = subprocess.run([str(part) for part in command], cwd=cwd, env=clean, capture_output=True, encoding="utf-8", check=False)
    assert run.returncode in codes, run.stdout + run.stderr
    return run.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, made from the sdist and not from the checkout."""
    folder = tmp_path_factory.mktemp("dist")
    _run(sys.executable, "-m", "build", "--outdir", folder, CHECKOUT)
    (wheel,) = folder.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def scripts(wheel, tmp_path_factory):
    """The commands of an environment that holds the wheel and its dependencies only."""
    folder = tmp_path_factory.mktemp("bare")
    venv.create(folder, with_pip=True)
    scripts = folder / ("Scripts" if os.name == "nt" else "bin")
    _run(scripts / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", wheel)
    return scripts


def _names(wheel):
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def _data_files():
    return {
        f"k8slblint/{path.relative_to(CHECKOUT).as_posix()}"
        for folder in ("rules", "schemas", "catalogs")
        for path in (CHECKOUT / folder).rglob("*")
        if path.suffix in (".json", ".yaml")
    }


def test_the_wheel_holds_rules_schemas_catalogs_and_licence(wheel):
    names = _names(wheel)
    assert _data_files() <= names
    assert "k8slblint/py.typed" in names
    assert {"LICENSE", "NOTICE"} <= {Path(name).name for name in names if ".dist-info/licenses/" in name}


def test_the_wheel_holds_nothing_else(wheel):
    tops = {name.split("/")[0] for name in _names(wheel)}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"k8slblint"}


def test_the_bare_installation_tells_its_version(scripts, wheel):
    assert _run(scripts / "k8slblint", "--version").split()[-1] == wheel.name.split("-")[1]


def test_the_bare_installation_finds_what_the_checkout_finds(scripts, tmp_path):
    command = ("scan", CHECKOUT / "examples" / "eks-shop", "--against", CHECKOUT / "examples" / "eks-shop-before", "--format=json")
    bare = _run(scripts / "k8slblint", *command, cwd=tmp_path, codes=(1,))
    here = _run(sys.executable, "-m", "k8slblint", *command, cwd=CHECKOUT, codes=(1,))
    found = [sorted(finding["rule"] for finding in json.loads(text)["findings"]) for text in (bare, here)]
    assert found[0] == found[1] != []


def test_the_bare_installation_explains_every_rule(scripts, tmp_path):
    listed = json.loads(_run(scripts / "k8slblint", "rules", "--format=json", cwd=tmp_path))
    assert {rule["id"] for rule in listed} == {path.stem for path in (CHECKOUT / "rules").glob("*.yaml")}
    for rule in listed:
        assert _run(scripts / "k8slblint", "explain", rule["id"], cwd=tmp_path).startswith(f"# {rule['id']}\n")
