"""Knows which entries of a folder the patterns of a `.gitignore` file exclude, exactly as git reads them.

Source: `gitignore(5)` and `wildmatch.c`, git 2.39; the tests compare with `git ls-files --others --exclude-standard`.
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

NEVER = r"(?!)"
"""Matches nothing: a pattern that git cannot read excludes nothing."""

_CLASSES = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "blank": r" \t",
    "cntrl": r"\x00-\x1f\x7f",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": r"!-/:-@\[-`{-~",
    "space": r" \t\n\r\f\v",
    "upper": "A-Z",
    "xdigit": "0-9A-Fa-f",
}

_TOKEN = re.compile(
    r"""
    (?P<star> \*+ )
    | (?P<any> \? )
    | \[ (?P<not> [!^] )? (?P<set> \]? (?: \[: [a-z]* :\] | \\. | [^\]\\] )* ) \]
    | (?P<unreadable> \[ | \\\Z )
    | \\ (?P<escaped> . )
    | (?P<plain> . )
    """,
    re.VERBOSE | re.DOTALL,
)

_SET_TOKEN = re.compile(r"\[:(?P<class>[a-z]*):\]|\\(?P<escaped>.)|(?P<range>(?<!^)-(?!\Z))|(?P<plain>.)", re.DOTALL)


class _Rule(NamedTuple):
    matches: re.Pattern[str]
    folders_only: bool
    ignores: bool


class IgnoreRules:
    """The patterns of one ignore file; later lines win over earlier ones."""

    __slots__ = ("_any", "_rules")

    def __init__(self, lines: Iterable[str]) -> None:
        """Read `lines`, with or without their line ends."""
        sources = list(_read_lines(lines))
        self._rules = [_Rule(_compile(source), folders_only, ignores) for source, folders_only, ignores in reversed(sources)]
        self._any = _compile("|".join(source for source, _, _ in sources) or NEVER)

    def ignores(self, path: str, *, is_folder: bool) -> bool | None:
        """Tell whether `path`, relative to the ignore file and with `/`, is excluded (True), kept by `!` (False), or not named.

        Only the entry itself is judged: the caller does not enter folders that are excluded, and so git's rule that nothing
        inside them can be kept holds by itself.
        """
        if not self._any.fullmatch(path):
            return None
        for rule in self._rules:
            if (is_folder or not rule.folders_only) and rule.matches.fullmatch(path):
                return rule.ignores
        return None


def _read_lines(lines: Iterable[str]) -> Iterator[tuple[str, bool, bool]]:
    for number, line in enumerate(lines):
        text = _strip(line.removeprefix("\ufeff") if number == 0 else line)
        if not text or text.startswith("#"):
            continue
        ignores = not text.startswith("!")
        text = text if ignores else text[1:]
        folders_only = text.endswith("/")
        text = text[:-1] if folders_only else text
        if text:
            yield _translate(text), folders_only, ignores


def _strip(line: str) -> str:
    text = line.rstrip("\n").removesuffix("\r")
    while text.endswith(" ") and not text.endswith("\\ "):
        text = text[:-1]
    return text


def _compile(source: str) -> re.Pattern[str]:
    try:
        return re.compile(source, re.DOTALL)
    except re.error:
        return re.compile(NEVER)


def _translate(pattern: str) -> str:
    """Translate a pattern; what stands between two `**` is matched once and for all, so that time stays short."""
    if "/" not in pattern:
        return _checked(f"(?:.*/)?{_translate_name(pattern)}")
    groups: list[list[str]] = [[]]
    for name in pattern.removeprefix("/").split("/"):
        if len(name) > 1 and not name.strip("*"):
            groups.append([])
        else:
            groups[-1].append(_translate_name(name))
    first, *others = groups
    if not others:
        return _checked("/".join(first))
    *middle, last = others
    start = "".join(f"{name}/" for name in first)
    between = "".join(f"(?>(?:[^/]*/)*?{'/'.join(names)}/)" for names in middle if names)
    return _checked(start + between + (f"(?:.*/)?{'/'.join(last)}" if last else ".*"))


def _checked(source: str) -> str:
    return source if _compile(source).pattern == source else NEVER


def _translate_name(name: str) -> str:
    """Translate one path segment; what stands between two stars is matched once and for all, so that time stays linear."""
    parts = [""]
    for token in _TOKEN.finditer(name):
        if token["star"]:
            parts.append("")
        elif token["unreadable"]:
            return NEVER
        else:
            parts[-1] += _translate_token(token)
    first, *middle = parts
    if not middle:
        return first
    return first + "".join(f"(?>[^/]*?{part})" for part in middle[:-1]) + f"[^/]*{middle[-1]}"


def _translate_token(token: re.Match[str]) -> str:
    if token["any"]:
        return "[^/]"
    if token["set"] is not None:
        return _translate_set(token["set"], negated=bool(token["not"]))
    return re.escape(token["escaped"] or token["plain"])


def _translate_set(text: str, *, negated: bool) -> str:
    members = ""
    for token in _SET_TOKEN.finditer(text):
        if token["range"]:
            members += "-"
        elif token["class"] is not None:
            if token["class"] not in _CLASSES:
                return NEVER
            members += _CLASSES[token["class"]]
        else:
            members += re.escape(token["escaped"] or token["plain"])
    return f"(?!/)[{'^' if negated else ''}{members}]" if members else NEVER
