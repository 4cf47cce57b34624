"""Options of the test run, and what every test run holds: the texts of each finding keep to the guide."""

import subprocess
import sys
from collections.abc import Iterator
from functools import wraps
from pathlib import Path

import pytest

from k8slblint import grading
from k8slblint.model.finding import Finding
from tests.texts import faults


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-snapshots", action="store_true", help="write the snapshots anew instead of comparing with them")


@pytest.fixture(autouse=True, scope="session")
def texts_of_every_finding() -> Iterator[None]:
    """Each finding that the engine makes in any test is held against the limits and the English of the guide."""
    patch = pytest.MonkeyPatch()
    for name in ("finding", "plain_finding"):
        patch.setattr(grading, name, _held(getattr(grading, name)))
    yield
    patch.undo()


@pytest.fixture
def names_of_any_length(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let findings quote names that are longer than the guide allows for: those of trees that mean harm."""
    for name in ("finding", "plain_finding"):
        monkeypatch.setattr(grading, name, getattr(grading, name).__wrapped__)


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Fetch what an installation of this checkout needs, once; return the environment in which pip takes it from there alone."""
    folder = tmp_path_factory.mktemp("wheels")
    checkout = Path(__file__).parent.parent
    needed = [f"{checkout}[helm]", "hatchling", "setuptools", "wheel"]
    subprocess.run([sys.executable, "-m", "pip", "wheel", "--quiet", "--wheel-dir", str(folder), *needed], check=True)
    for built in folder.glob("k8slblint-*.whl"):
        built.unlink()  # each installation builds its own copy
    return {"PIP_FIND_LINKS": str(folder), "PIP_NO_INDEX": "1", "PIP_NO_COMPILE": "1"}


def _held(make):  # type: ignore[no-untyped-def]  # whatever the function takes
    @wraps(make)
    def made(*arguments: object, **options: object) -> Finding:
        finding: Finding = make(*arguments, **options)
        assert faults(finding) == []
        return finding

    return made
