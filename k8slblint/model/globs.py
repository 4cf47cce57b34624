"""Knows what a path pattern of the configuration matches: `*` within a segment, `**` across segments, a folder with all below."""

import re
from collections.abc import Iterable
from functools import lru_cache


def matches_any(path: str, patterns: Iterable[str]) -> bool:
    """Tell whether one of the patterns matches the path or a folder above it; both use `/`."""
    return any(_compile(pattern).match(path) for pattern in patterns)


@lru_cache(maxsize=1024)
def _compile(pattern: str) -> re.Pattern[str]:
    text = pattern.removeprefix("./").rstrip("/")
    if text in ("", "."):
        return re.compile("")
    parts = [_TOKENS.get(token, re.escape(token)) for token in re.split(r"(\*\*/|/\*\*$|\*\*|\*|\?)", text)]
    return re.compile("".join(parts) + r"(?:/.*)?$", re.DOTALL)


_TOKENS = {"**/": "(?:.*/)?", "/**": "(?:/.*)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
