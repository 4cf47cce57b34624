"""Which entries of a folder the patterns of a `.gitignore` file exclude, exactly as git reads them.

Source: `gitignore(5)` and `wildmatch.c`, git 2.39; the tests compare with `git ls-files --others --exclude-standard`.
"""

import re
from collections.abc import Iterable, Iterator

from k8slblint.model.patterns import pattern
from k8slblint.model.records import NamedTuple

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

_MOST_PATTERNS = 1000
_MOST_CHARACTERS = 100_000
"""Bounds of the patterns with wildcards of one file; the longest files of public repositories have some hundred."""

_SPECIAL = pattern(r"[*?\[\\]")

_PART = r"""(?xs)
    (?P<star> \*+ )
    | (?P<any> \? )
    | \[ (?P<not> [!^] )? (?P<set> \]? (?: \[: [a-z]* :\] | \\. | [^\]\\] )* ) \]
    | (?P<unreadable> \[ | \\\Z )
    | \\ (?P<escaped> . )
    | (?P<plain> . )
    """

_SET_PART = r"(?s)\[:(?P<class>[a-z]*):\]|\\(?P<escaped>.)|(?P<range>(?<!^)-(?!\Z))|(?P<plain>.)"


class _Rule(NamedTuple):
    """A pattern with the number of its line; a later line wins over an earlier one."""

    number: int
    matches: re.Pattern[str]
    folders_only: bool
    ignores: bool


class _Verdict(NamedTuple):
    """What a pattern without wildcards says."""

    number: int
    ignores: bool


class IgnoreRules:
    """The patterns of one ignore file; later lines win over earlier ones.

    `has_too_many` tells that there are more or longer patterns with wildcards than any project needs; those past the bound are not read.
    """

    __slots__ = ("_any", "_of_files", "_of_folders", "_rules", "has_too_many")

    def __init__(self, lines: Iterable[str]) -> None:
        """Read `lines`, with or without their line ends."""
        self._of_files: dict[str, _Verdict] = {}
        self._of_folders: dict[str, _Verdict] = {}
        self.has_too_many = False
        rules: list[_Rule] = []
        length = 0
        for number, (text, folders_only, ignores) in enumerate(_read_lines(lines)):
            if not _SPECIAL.search(text):
                self._add_plain(text, _Verdict(number, ignores), folders_only=folders_only)
                continue
            length += len(text)
            if len(rules) >= _MOST_PATTERNS or length > _MOST_CHARACTERS:
                self.has_too_many = True
                break
            rules.append(_Rule(number, _compile(_translate(text)), folders_only, ignores))
        self._rules = rules[::-1]
        self._any = _compile("|".join(rule.matches.pattern for rule in rules) or NEVER)

    def _add_plain(self, text: str, verdict: _Verdict, *, folders_only: bool) -> None:
        """Add a pattern without wildcards: with a slash the path of an entry, without one its name; names begin with a slash here."""
        if text.startswith("//"):
            return
        key = text.removeprefix("/") if "/" in text else f"/{text}"
        self._of_folders[key] = verdict
        if not folders_only:
            self._of_files[key] = verdict

    def ignores(self, path: str, *, is_folder: bool) -> bool | None:
        """Tell whether `path`, relative to the ignore file and with `/`, is excluded (True), kept by `!` (False), or not named.

        Only the entry itself is judged: the caller does not enter folders that are excluded, and so git's rule that nothing
        inside them can be kept holds by itself.
        """
        plain = self._of_folders if is_folder else self._of_files
        found = max(plain.get(path, _NO_VERDICT), plain.get(f"/{path.rpartition('/')[2]}", _NO_VERDICT)) if plain else _NO_VERDICT
        if self._any.fullmatch(path):
            for rule in self._rules:
                if rule.number < found.number:
                    break
                if (is_folder or not rule.folders_only) and rule.matches.fullmatch(path):
                    return rule.ignores
        return found.ignores if found.number >= 0 else None


def _read_lines(lines: Iterable[str]) -> Iterator[tuple[str, bool, bool]]:
    """Yield each pattern with whether it names folders only, and whether it excludes."""
    for number, line in enumerate(lines):
        text = _strip(line.removeprefix("\ufeff") if number == 0 else line)
        if not text or text.startswith("#"):
            continue
        ignores = not text.startswith("!")
        text = text if ignores else text[1:]
        folders_only = text.endswith("/")
        text = text[:-1] if folders_only else text
        if text:
            yield text, folders_only, ignores


_NO_VERDICT = _Verdict(-1, ignores=False)


def _strip(line: str) -> str:
    text = line.rstrip("\n").removesuffix("\r")
    bare = text.rstrip(" ")
    return bare + " " if bare.endswith("\\") and bare != text else bare


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
    for token in re.finditer(_PART, name):
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
    members, is_end = "", False
    for token in re.finditer(_SET_PART, text):
        if token["range"] and not is_end:
            members, is_end = members + "-", True
            continue
        is_end = False
        if token["range"]:
            members += r"\-"  # the end of a range
        elif token["class"] is not None:
            if token["class"] not in _CLASSES:
                return NEVER
            members += _CLASSES[token["class"]]
        else:
            members += re.escape(token["escaped"] or token["plain"])
    return f"(?!/)[{'^' if negated else ''}{members}]" if members else NEVER
