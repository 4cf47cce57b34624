"""What a path pattern of the configuration matches: `*` within a segment, `**` across segments, a folder with everything below it.

A pattern and a path are both text of the scanned repository. Patterns with up to `_FEW` stars are regular expressions, whose time on a
short path is bounded; all others are run as a set of states, one bit for each, in time (length of the path) x (length of the pattern).
"""

import re
from collections.abc import Iterable
from functools import lru_cache

from k8slblint.model.records import NamedTuple

_FEW, _SHORT = 2, 300
_SPLIT = r"(\*\*/|/\*\*\Z|\*\*|\*|\?)"
_TOKENS = {"**/": "(?:.*/)?", "/**": "(?:/.*)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


class _Glob(NamedTuple):
    """A pattern as an expression, and as the text that it begins with and the tokens after it.

    `stars` counts the tokens that take any number of characters.
    """

    expression: re.Pattern[str] | None
    start: str
    tokens: tuple[str, ...]
    stars: int


class _Automaton(NamedTuple):
    """States of a pattern as bits: bit 0 is its start, `end` what has matched all of it.

    `after[c]` are the states that a character `c` leads on from, `any_name` those that all but `/` do. `loops` and `loops_in_name`
    stay where they are; `skips` go on without a character, `jumps` over two states.
    """

    after: dict[str, int]
    any_name: int
    loops: int
    loops_in_name: int
    skips: int
    jumps: int
    end: int


def matches_any(path: str, patterns: Iterable[str]) -> bool:
    """Tell whether one of the patterns matches the path or a folder above it; both use `/`."""
    return any(_matches(path, pattern) for pattern in patterns)


def _matches(path: str, pattern: str) -> bool:
    glob = _read(pattern)
    if glob.expression is not None and (glob.stars < _FEW or len(path) <= _SHORT):
        return glob.expression.match(path) is not None
    return path.startswith(glob.start) and _run(_automaton(glob.tokens), path[len(glob.start) :])


@lru_cache(maxsize=4096)
def _read(pattern: str) -> _Glob:
    text = pattern.removeprefix("./").rstrip("/")
    if text in ("", "."):
        return _Glob(re.compile(""), "", (), 0)
    tokens = tuple(token for token in re.split(_SPLIT, text) if token)
    stars = sum(token in ("*", "**", "**/") for token in tokens)
    start = tokens[0] if tokens[0] not in _TOKENS else ""
    after_start = tokens[1:] if start else tokens
    if stars > _FEW:
        return _Glob(None, start, after_start, stars)
    source = "".join(_TOKENS.get(token) or re.escape(token) for token in tokens)
    return _Glob(re.compile(source + r"(?:/.*)?\Z", re.DOTALL), start, after_start, stars)


@lru_cache(maxsize=1024)
def _automaton(tokens: tuple[str, ...]) -> _Automaton:
    after: dict[str, int] = {}
    any_name = loops = loops_in_name = skips = jumps = 0
    bit = 1
    for part in tokens:
        if part == "/**":  # the folder with all below, which every pattern matches
            continue
        if part == "?":
            any_name |= bit
        elif part == "*":
            loops_in_name, skips = loops_in_name | bit, skips | bit
        elif part == "**":
            loops, skips = loops | bit, skips | bit
        elif part == "**/":  # nothing, or anything that ends in a slash
            skips, jumps = skips | bit, jumps | bit
            bit <<= 1
            loops |= bit
            after["/"] = after.get("/", 0) | bit
        else:
            for character in part[:-1]:
                after[character] = after.get(character, 0) | bit
                bit <<= 1
            after[part[-1]] = after.get(part[-1], 0) | bit
        bit <<= 1
    return _Automaton(after, any_name, loops, loops_in_name, skips, jumps, bit)


def _run(pattern: _Automaton, path: str) -> bool:
    states = _without_characters(pattern, 1)
    for character in path:
        if character == "/":
            if states & pattern.end:
                return True
            stay = states & pattern.loops
            step = states & pattern.after.get("/", 0)
        else:
            stay = states & (pattern.loops | pattern.loops_in_name)
            step = states & (pattern.after.get(character, 0) | pattern.any_name)
        states = _without_characters(pattern, stay | step << 1)
        if not states:
            return False
    return bool(states & pattern.end)


def _without_characters(pattern: _Automaton, states: int) -> int:
    """Add the states that are reached without a character; chains are short, as no pattern has a `*` next to a `*`."""
    while True:
        more = states | (states & pattern.skips) << 1 | (states & pattern.jumps) << 2
        if more == states:
            return states
        states = more
