"""What a terminal is told: the line of a long scan, links, and nothing of it anywhere else."""

import io
from pathlib import Path
from types import SimpleNamespace
from typing import NoReturn, TextIO

import pytest

from k8slblint.budget import Budget
from k8slblint.commands import progress, terminals

ERASE = "\r\x1b[2K"


class Screen(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


def streams(monkeypatch: pytest.MonkeyPatch, stream: TextIO) -> None:
    """Let both modules take a stream for standard output and standard error; pytest has its own in `sys` while a test runs."""
    for module in (progress, terminals):
        monkeypatch.setattr(module, "sys", SimpleNamespace(stdout=stream, stderr=stream))


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Screen:
    screen = Screen()
    streams(monkeypatch, screen)
    monkeypatch.setattr(progress, "_PATIENCE", 0.0)
    monkeypatch.setattr(progress, "_PACE", 0.0)
    for name in ("CI", "PRE_COMMIT", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    return screen


def told(screen: Screen, *names: str, is_wanted: bool = True) -> list[str]:
    """Return the lines that are shown, each until it is erased."""
    budget = Budget()
    with progress.shown(budget, is_wanted=is_wanted):
        for number, name in enumerate(names):
            budget.begin(name, number, len(names))
    return screen.getvalue().split(ERASE)


def test_the_line_says_how_many_and_which_one_now_and_is_erased(screen: Screen) -> None:
    assert told(screen, "a", "b") == ["", "k8slblint: 0 of 2 rendered, now a", "k8slblint: 1 of 2 rendered, now b", ""]


def test_a_name_without_a_number_keeps_the_count(screen: Screen) -> None:
    budget = Budget()
    with progress.shown(budget, is_wanted=True):
        budget.begin("early")
        budget.begin("a", 0, 9)
        budget.begin("b")
    assert screen.getvalue().split(ERASE)[1:3] == ["k8slblint: 0 of 9 rendered, now a", "k8slblint: 0 of 9 rendered, now b"]


def test_a_short_scan_says_nothing(screen: Screen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "_PATIENCE", 1000.0)
    assert told(screen, "a", "b") == [""]


def test_a_long_or_hostile_name_stays_in_its_line(screen: Screen) -> None:
    (_, line, _) = told(screen, "\x1b]0;owned\x07\r\n\u202e" + "x" * 500)
    assert line.isprintable()
    assert len(line) < 80


@pytest.mark.parametrize(("name", "value"), [("CI", "true"), ("PRE_COMMIT", "1"), ("TERM", "dumb")])
def test_no_line_where_nobody_watches(screen: Screen, monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    assert told(screen, "a") == [""]


def test_no_line_in_a_file_or_where_it_is_not_wanted(screen: Screen, monkeypatch: pytest.MonkeyPatch) -> None:
    assert told(screen, "a", is_wanted=False) == [""]
    stream = io.StringIO()
    streams(monkeypatch, stream)
    assert told(screen, "a") == [""]
    assert stream.getvalue() == ""


def test_the_line_is_erased_when_the_scan_fails(screen: Screen) -> None:
    budget = Budget()

    def scan() -> NoReturn:
        with progress.shown(budget, is_wanted=True):
            budget.begin("a", 0, 1)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        scan()
    assert screen.getvalue().endswith(ERASE)
    assert budget.on_unit is None


@pytest.mark.parametrize(
    ("environment", "color", "links"),
    [
        ({}, "auto", True),
        ({}, "always", True),
        ({}, "never", False),
        ({"NO_COLOR": "1"}, "auto", False),
        ({"NO_COLOR": "1"}, "always", False),
        ({"TERM": "dumb"}, "always", False),
        ({"TERM": ""}, "always", False),
        ({"CI": "true"}, "always", False),
    ],
)
def test_links_are_for_terminals_that_show_them(
    screen: Screen, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], color: str, links: bool
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert terminals.terminal(color).links == links
    assert not screen.getvalue()


def test_a_pipe_gets_no_links_whatever_is_asked_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TERM", "xterm")
    with (tmp_path / "out").open("w") as pipe:
        streams(monkeypatch, pipe)
        assert not terminals.terminal("always").links
