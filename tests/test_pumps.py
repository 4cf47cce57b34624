"""No regular expression of the package takes quadratic time or worse on a text made for it."""

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.pumps import ENDS, pumped

SIZE = 10_000
SLOW, MOST = 0.03, 1.0
"""Seconds of the processor; a linear expression takes a hundredth of the first, and a quadratic one ten times as long."""

MENAGERIE = Path(__file__).parent / "fixtures/menagerie"

NAMES_OF_FILES = ("k8slblint.graph.scopes.inference", "k8slblint.loading.resources")
"""Modules whose expressions meet names of files and folders only, which have at most 255 bytes."""

WITHIN_A_LIMIT = ("k8slblint.rendering.gitops.application_templates",)
"""Modules that bound the text before they look into it."""

pytestmark = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timers on this system")


class _LateError(Exception):
    """The time is up."""


@pytest.fixture(autouse=True)
def timer() -> Iterator[None]:
    def ring(*_: object) -> None:
        raise _LateError

    before = signal.signal(signal.SIGVTALRM, ring)
    yield
    signal.signal(signal.SIGVTALRM, before)


def patterns() -> list[tuple[str, int, str, list[str]]]:
    command = (sys.executable, "-m", "tests.pumps", str(MENAGERIE))
    found = subprocess.run(command, check=True, capture_output=True, text=True, cwd=Path(__file__).parent.parent)
    listed = [(source, flags, module, uses) for source, flags, module, uses in json.loads(found.stdout)]
    assert len(listed) > 100
    return [entry for entry in listed if entry[2] not in (*NAMES_OF_FILES, *WITHIN_A_LIMIT)]


def ways(pattern: re.Pattern[str], uses: list[str]) -> list[Callable[[str], object]]:
    asked = {use if use in ("match", "fullmatch") else "finditer" for use in uses or ("match", "fullmatch")}
    return [pattern.match if use == "match" else pattern.fullmatch if use == "fullmatch" else pattern.findall for use in sorted(asked)]


def seconds(ask: Callable[[str], object], text: str, most: float) -> float:
    start = time.process_time()
    signal.setitimer(signal.ITIMER_VIRTUAL, most)
    try:
        ask(text)
    except _LateError:
        return most
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    return time.process_time() - start


def is_slow(ask: Callable[[str], object], prefix: str, unit: str, end: str) -> bool:
    """Tell whether doubling a text makes it take much more than twice the time."""
    first = seconds(ask, prefix + unit * (SIZE // len(unit)) + end, MOST)
    if not SLOW < first < MOST:
        return first >= MOST
    once, twice = (min(seconds(ask, prefix + unit * (size // len(unit)) + end, MOST) for _ in range(3)) for size in (SIZE // 2, SIZE))
    return twice > SLOW and twice > 2.7 * once


def slow_texts(source: str, flags: int, uses: list[str]) -> Iterator[tuple[str, str, str]]:
    pattern = re.compile(source, flags)
    for ask in ways(pattern, uses):
        for prefix, unit in list(dict.fromkeys(pumped(source, flags)))[:40]:
            yield from ((prefix, unit, end) for end in ENDS if is_slow(ask, prefix, unit, end))


def test_no_expression_is_slow_on_a_text_made_for_it() -> None:
    slow = {(module, source): next(slow_texts(source, flags, uses), None) for source, flags, module, uses in patterns()}
    assert {key: text for key, text in slow.items() if text} == {}


@pytest.mark.parametrize("source", [r"(?:a|b|ab)*c", r"a+b", r"\s+$", r"x(?:\n {4,}[^\n]*)*?\nk", r"(?:-[ \t]+)*[^{]*:"])
def test_slow_expressions_are_found(source: str) -> None:
    assert next(slow_texts(source, 0, ["search"]), None)


@pytest.mark.parametrize("source", [r"a[^b]*b", r"(?<!a)a++b", r"x(?:\n {4,}+[^\n]*+)*?\nk"])
def test_fast_expressions_are_not(source: str) -> None:
    assert next(slow_texts(source, 0, ["match"]), None) is None
