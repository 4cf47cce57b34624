"""Judges one execution: what must never be in any output, and how a run may end."""

import json
import re
from collections.abc import Iterator
from typing import NamedTuple

from tests.fuzzing.trees import ANSWER, CONTROL, FILE_SECRET, TOKEN, VARIABLE_SECRET

SECONDS = 5.0
"""Processor time of one scan."""

MEGABYTES = 500

_SECRETS = (FILE_SECRET, FILE_SECRET.lower(), TOKEN, TOKEN.lower(), VARIABLE_SECRET, ANSWER, ANSWER.lower(), "root:x:0:0", "PATH=/")
_COMMANDS = re.compile(
    r"##vso\[|##teamcity\[|##\[|^\s*::(?:error|warning|notice|debug|group|add-mask|set-output|stop-commands)(?: (?:(?!::)[^\n])*)?::FORGED",
    re.MULTILINE,
)
_MOVING = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


class Ran(NamedTuple):
    """What one execution did: `status` is None where it has none, `raised` the traceback that got out of it."""

    form: str = ""
    status: int | None = None
    output: str = ""
    errors: str = ""
    raised: str = ""
    marks: tuple[str, ...] = ()
    requests: tuple[str, ...] = ()
    handed: tuple[str, ...] = ()
    seconds: float = 0.0
    megabytes: float = 0.0
    needs_control: bool = False


def faults(ran: Ran) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with an execution: the kind of fault, and what shows it."""
    if ran.raised:
        yield "crash", ran.raised
    if ran.marks:
        yield "command run", ", ".join(ran.marks)
    if ran.requests:
        yield "network", ", ".join(ran.requests)
    if ran.seconds > SECONDS:
        yield "slow", f"{ran.seconds:.1f} s"
    if ran.megabytes > MEGABYTES:
        yield "memory", f"{ran.megabytes:.0f} MB more"
    yield from (("handed to a renderer", one) for one in ran.handed)
    yield from _of_output(ran)


def _of_output(ran: Ran) -> Iterator[tuple[str, str]]:
    for name, text in (("output", ran.output), ("errors", ran.errors)):
        yield from secrets(name, text)
        if found := _COMMANDS.search(text):
            yield "command for CI", f"{name}: {_around(text, found.start())}"
        if found := _MOVING.search(text):
            yield "control character", f"{name}: {_around(text, found.start())!r}"
        if "Traceback (most recent" in text:
            yield "crash", text[-2000:]
    if ran.status is not None:
        yield from _of_status(ran)


def secrets(name: str, text: str) -> Iterator[tuple[str, str]]:
    """Yield where a text holds what is not in the tree."""
    for secret in _SECRETS:
        if secret in text:
            yield "secret", f"{name}: {_around(text, text.index(secret))}"


def _around(text: str, at: int) -> str:
    return text[max(0, at - 200) : at + 200]


def _of_status(ran: Ran) -> Iterator[tuple[str, str]]:
    if ran.status not in (0, 1, 2):
        yield "status", str(ran.status)
    refused = ran.status == 2 and not ran.output
    if refused and not (ran.errors.startswith("k8slblint: ") and len(ran.errors.strip().splitlines()) <= 3):
        yield "status", f"2 without a sentence: {ran.errors[:2000]}"
    if refused:
        return
    if ran.form in ("json", "sarif"):
        try:
            json.loads(ran.output)
        except ValueError as error:
            yield "not JSON", f"{error}: {ran.output[:500]}"
    if ran.form == "github":
        yield from (
            ("command for CI", line[:300])
            for line in ran.output.splitlines()
            if re.match(r"\s*::", line) and not re.match(r"::(error|warning|notice) ", line)
        )
    if ran.status == 2 and not _is_bounded(ran):
        yield "status", f"2 with a report: {(ran.errors + ran.output)[-3000:]}"
    if ran.needs_control and CONTROL not in ran.output:
        yield "control lost", (ran.errors + ran.output)[-3000:]


def _is_bounded(ran: Ran) -> bool:
    """Tell whether a report that is not to be trusted says so because its budget is spent, not because a check failed."""
    if ran.form == "json":
        told = json.loads(ran.output)
        return bool(told["completeness"]["budget"]) and not told["failures"]
    return "budget" in ran.output + ran.errors
