"""Options of the test run, and what every test run holds: the texts of each finding keep to the guide."""

from collections.abc import Iterator

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


def _held(make):  # type: ignore[no-untyped-def]  # whatever the function takes
    def made(*arguments: object, **options: object) -> Finding:
        finding: Finding = make(*arguments, **options)
        assert faults(finding) == []
        return finding

    return made
