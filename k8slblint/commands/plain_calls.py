"""Which calls of `scan` are so plain that they mean one thing only: those are read here, all others by click, which says what is wrong.

Loading click takes a sixth of a scan of one file, and hooks call nothing else than `scan` with a few options. The options are those of
`flags`; a test holds what is read here against what click makes of the same words.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from k8slblint.commands.flags import FILE, SCAN, Declared
from k8slblint.commands.options import Options

_PREFIXES = ("K8SLBLINT_", "_K8SLBLINT_")
"""Variables that set options, and those of completion."""


class _NotPlainError(Exception):
    """Click has to read this call."""


def scan_of(words: Sequence[str], environment: Mapping[str, str]) -> tuple[tuple[str, ...], Options] | None:
    """Return the paths and options of a plain call of `scan`, or None where click has to read it.

    Click has: whatever is not certainly valid, help, clusters of short options, `--`, values that are empty, and options from variables.
    """
    if os.name == "nt" or not words or words[0] != "scan" or any(name.startswith(_PREFIXES) for name in environment):
        return None
    try:
        return _read(iter(words[1:]))
    except _NotPlainError:
        return None


def _read(words: Iterator[str]) -> tuple[tuple[str, ...], Options]:
    paths: list[str] = []
    given: dict[str, Any] = {}
    spellings = _spellings()
    for word in words:
        if not word.startswith("-") or word == "-":
            paths.append(word)
            continue
        name, equals, stated = word.partition("=")
        if name not in spellings or (equals and not name.startswith("--")):
            raise _NotPlainError
        option, switched_to = spellings[name]
        if option.is_switch:
            given[option.field] = _switched(switched_to, is_valued=bool(equals))
            continue
        value = _checked(option, stated if equals else _next(words))
        given[option.field] = (*given.get(option.field, ()), value) if option.multiple else value
    if "" in paths or any("\0" in word for word in paths):
        raise _NotPlainError
    return tuple(paths), Options(**given)


def _next(words: Iterator[str]) -> str:
    """Return the word after an option; one that looks like an option may be a slip."""
    word = next(words, "")
    if word.startswith("-"):
        raise _NotPlainError
    return word


def _switched(value: bool, *, is_valued: bool) -> bool:  # noqa: FBT001 - what a switch is set to
    if is_valued:
        raise _NotPlainError
    return value


def _spellings() -> dict[str, tuple[Declared, bool]]:
    """Return each spelling of an option with the option, and what a switch is set to by it."""
    found = {}
    for option in SCAN:
        for name in option.names:
            on, _, off = name.partition("/")
            found[on] = (option, True)
            if off:
                found[off] = (option, False)
    return found


def _checked(option: Declared, value: str) -> str:
    """Return a value that the type of an option certainly has."""
    if not value or "\0" in value or (isinstance(option.type, tuple) and value not in option.type):
        raise _NotPlainError
    if option.type == FILE and os.path.lexists(value) and not (os.path.isfile(value) and os.access(value, os.R_OK)):
        raise _NotPlainError
    return value
