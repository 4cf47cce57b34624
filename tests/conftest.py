"""Options of the test run, and what every test run checks: the texts for people keep to the guide."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import wraps
from pathlib import Path

import pytest

from k8slblint import grading
from k8slblint.graph.answers import Unknown
from k8slblint.model.errors import UsageError
from k8slblint.model.finding import Finding, Skip
from k8slblint.model.loaded import Gap
from k8slblint.model.rule import Undecided
from k8slblint.model.scope import Scope
from k8slblint.rendering.units import NotRendered, RenderFailure
from k8slblint.traffic.exposure.verdict import Exposure
from k8slblint.traffic.ownership.verdict import Ownership
from k8slblint.views import exposure, scope, starting_config
from tests.texts import faults, faults_of_error, faults_of_line, faults_of_view

os.environ["K8SLBLINT_NO_CACHE"] = "1"  # what another test rendered says nothing, and nothing is left behind


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


@pytest.fixture(autouse=True, scope="session")
def texts_of_every_reason() -> Iterator[None]:
    """So is each reason: of what could not be decided, read or rendered, of scopes, owners and exposure."""
    patch = pytest.MonkeyPatch()
    for type_ in (Undecided, Unknown, RenderFailure, NotRendered, Gap, Skip, Exposure, Ownership, Scope):
        patch.setattr(type_, "__new__", _held_reasons(type_.__new__))
    patch.setattr(UsageError, "__init__", _held_error)
    for view, name in ((scope, "as_text"), (exposure, "as_text"), (starting_config, "starting_config")):
        patch.setattr(view, name, _held_view(getattr(view, name)))
    yield
    patch.undo()


@pytest.fixture
def names_of_any_length(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let texts quote names that are longer than the guide allows for: those of trees that mean harm."""
    monkeypatch.setattr(_Judge, "is_off", True)


class _Judge:
    """Whether texts are judged at all."""

    is_off = False


def _require(found: tuple[str, ...] | list[str]) -> None:
    assert _Judge.is_off or not found, found


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
        _require(faults(finding))
        return finding

    return made


def _held_reasons(make):  # type: ignore[no-untyped-def]  # whatever the type takes
    @wraps(make)
    def made(type_: type, *arguments: object, **options: object) -> object:
        result = make(type_, *arguments, **options)
        if not (isinstance(result, RenderFailure) and result.kind == "template"):  # quotes the renderer
            for reason in getattr(result, "reasons", None) or (result.reason,):
                _require(faults_of_line(reason))
        return result

    return made


def _held_error(self: UsageError, *arguments: object) -> None:
    Exception.__init__(self, *arguments)
    _require(faults_of_error(str(self)))


def _held_view(make: Callable[..., str]) -> Callable[..., str]:
    @wraps(make)
    def made(*arguments: object, **options: object) -> str:
        text = make(*arguments, **options)
        _require(faults_of_view(text))
        return text

    return made
