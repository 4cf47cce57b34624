"""Which values switch on what a template prints only under a condition: read from its `if` and `with`, nothing is run.

What is not understood (functions, capabilities of the cluster) asks for nothing: at worst a variant shows what the defaults show.
Source: Go 1.24, `text/template` ("Actions", "Functions": truth, `and`, `or`, `not`, `eq`, `ne`).
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, NamedTuple, TypeAlias

Keys: TypeAlias = tuple[str, ...]

_KIND = re.compile(r"^kind:[ \t]*[\"']?(?:Service|Ingress|Gateway|[A-Z][A-Za-z]{1,30}Route)[\"']?[ \t]*\r?$", re.MULTILINE)
_SEPARATOR = re.compile(r"^---", re.MULTILINE)
_WORD = re.compile(r"(?P<text>\"[^\"\\]*\"|`[^`]*`)|(?P<sign>[()|])|(?P<assigned>\$\w*)[ \t]*:?=(?!=)|(?P<word>[^\s()|\"`]+)", re.ASCII)
_PATH = re.compile(r"(?P<start>\$\w*)?(?P<keys>(?:\.[A-Za-z_]\w*)+|\.)", re.ASCII)
_MOST_WORDS = 60
_MOST_ACTIONS = 5_000
_DEEPEST = 30


class Need(NamedTuple):
    """What a condition asks of a value: that it is true (`on`), or false (`off`), or equal to a text."""

    keys: Keys
    form: Literal["on", "off", "equal"]
    text: str = ""


class _Branch(NamedTuple):
    """A part of a template that is printed only where its needs hold, those of the branches around it included."""

    start: int
    end: int
    needs: tuple[Need, ...]


class _Block:
    """One open block: what its branches so far asked, and what a dot means in it."""

    def __init__(self, start: int, needs: tuple[Need, ...], above: tuple[Need, ...], dot: Keys | None, dot_else: Keys | None) -> None:
        self.start = start
        self.needs = needs
        self.above = above
        self.refused: tuple[Need, ...] = ()
        self.dot = dot
        self.dot_else = dot_else


def guards(text: str) -> Iterator[tuple[Need, ...]]:
    """Yield what the branches of a template ask that are around, or within, a Service, an Ingress, a Gateway or a route.

    The widest come first.
    """
    kinds = [match.start() for match in _KIND.finditer(text)]
    if not kinds or "{{" not in text:
        return
    separators = [0, *(match.start() for match in _SEPARATOR.finditer(text))]
    wanted = {bisect_right(separators, at) for at in kinds}
    around: dict[tuple[Need, ...], None] = {}
    within: dict[tuple[Need, ...], None] = {}
    for one in sorted(_branches(text), key=lambda one: (one.start, -one.end)):
        if bisect_right(kinds, one.end) > bisect_right(kinds, one.start):
            around[one.needs] = None
        elif bisect_right(separators, one.start) in wanted:
            within[one.needs] = None
    yield from (needs for needs in {**around, **within} if needs)


def has_exposing_kind(text: str) -> bool:
    """Tell whether a template prints a Service, an Ingress, a Gateway or a route."""
    return _KIND.search(text) is not None


def is_chosen_at(text: str, line: int) -> bool:
    """Tell whether a value chooses what a line (from 1) of a template prints: a condition within the object, or one by its name.

    So does one that compares a value with a word of the line, wherever it is: `if ne .Values.type "NodePort"` may end a helper early.
    `if .Values.service.enabled` around an object only says whether there is one; `if .Values.nodePort.enabled` chooses how it is reached.
    """
    lines = text.split("\n", line)
    start = sum(len(one) + 1 for one in lines[: line - 1])
    end = start + (len(lines[line - 1]) if len(lines) >= line else 0)
    kind = max((match.start() for match in _ANY_KIND.finditer(text, 0, end)), default=0)
    if not set(_WORDS.findall(text[start:end])).isdisjoint(_COMPARED.findall(text)):
        return True
    around = [one for one in _branches(text) if one.needs and one.start <= start and end <= one.end]
    return any(one.start > kind or any(map(_says_how, one.needs)) for one in around)


def _says_how(need: Need) -> bool:
    return need.form == "equal" or any(word in key.lower() for key in need.keys for word in _HOW)


_COMPARED = re.compile(r"\b(?:eq|ne) (?:\(?[$.][\w.$]{0,200} )?\"([A-Za-z]{4,40})\"")
_WORDS = re.compile(r"[A-Za-z]{4,40}")
_ANY_KIND = re.compile(r"^kind:", re.MULTILINE)
_HOW = ("nodeport", "node_port", "expose", "external", "public", "loadbalancer")
"""What keys contain that choose how something is reached."""


def read_paths(text: str) -> frozenset[Keys]:
    """Return the paths of values that the conditions of a template name."""
    return frozenset(need.keys for one in _branches(text) for need in one.needs)


def _branches(text: str) -> list[_Branch]:
    found: list[_Branch] = []
    blocks: list[_Block] = []
    variables: dict[str, Keys | None] = {}
    for start, end, words in _actions(text):
        keyword = words[0] if words else ""
        if keyword in ("if", "with", "range", "define", "block"):
            blocks.append(_opened(keyword, words[1:], end, blocks, variables))
        elif keyword == "else" and blocks:
            block = blocks[-1]
            found.append(_Branch(block.start, start, (*block.above, *block.needs)))
            block.refused = (*block.refused, *_refusal(block.needs[len(block.refused) :]))[:_MOST_WORDS]
            block.dot = block.dot_else
            needs = _needs(words[2:], block, variables) if words[1:2] in (["if"], ["with"]) else ()
            block.start, block.needs = end, (*block.refused, *needs)
        elif keyword == "end" and blocks:
            block = blocks.pop()
            found.append(_Branch(block.start, start, (*block.above, *block.needs)))
        elif len(words) > 1 and words[0].startswith("=$"):
            variables[words[0][1:]] = _resolved(words[1], blocks[-1].dot if blocks else (), variables) if len(words) == 2 else None  # noqa: PLR2004
    return [one for one in found if len(one.needs) <= _MOST_WORDS]


def _opened(keyword: str, words: Sequence[str], end: int, blocks: Sequence[_Block], variables: dict[str, Keys | None]) -> _Block:
    above = blocks[-1] if blocks else None
    dot = above.dot if above is not None else ()
    needs_above = (*above.above, *above.needs) if above is not None else ()
    if len(blocks) >= _DEEPEST or keyword in ("define", "block"):
        return _Block(end, (), needs_above[:_MOST_WORDS], None, None)
    if words and words[0].startswith("=$"):
        variables[words[0][1:]] = None
        words = words[1:]
    needs = tuple(_asked(_parsed(words), want=True, dot=dot, variables=variables))
    target = _resolved(words[0], dot, variables) if len(words) == 1 else None
    return _Block(end, needs, needs_above[:_MOST_WORDS], {"if": dot, "with": target}.get(keyword), dot)


def _needs(words: Sequence[str], block: _Block, variables: Mapping[str, Keys | None]) -> tuple[Need, ...]:
    return tuple(_asked(_parsed(words), want=True, dot=block.dot, variables=variables))


def _refusal(needs: Sequence[Need]) -> tuple[Need, ...]:
    """Return what makes a condition false that asks a single thing."""
    if len(needs) != 1 or needs[0].form == "equal":
        return ()
    return (needs[0]._replace(form="off" if needs[0].form == "on" else "on"),)


def _actions(text: str) -> Iterator[tuple[int, int, list[str]]]:
    """Yield the actions of a template: where each begins and ends, and its words, without comments."""
    end = 0
    for _ in range(_MOST_ACTIONS):
        start = text.find("{{", end)
        if start < 0:
            return
        inside = text[start + 2 : start + 8].lstrip("- \t\n")
        comment = text.find("*/", start) if inside.startswith("/*") else start
        close = text.find("}}", comment) if comment >= 0 else -1
        if close < 0:
            return
        end = close + 2
        words = [] if inside.startswith("/*") else _words(text[start + 2 : close].strip("-"))
        yield start, end, words


def _words(text: str) -> list[str]:
    """Return the words of an action; a text begins with `"`, what is assigned to with `=`."""
    found: list[str] = []
    for match in _WORD.finditer(text[:2000]):
        if len(found) >= _MOST_WORDS:
            return []
        if match["text"] is not None:
            found.append(f'"{match["text"][1:-1]}')
        elif match["assigned"] is not None:
            found.append(f"={match['assigned']}")
        else:
            found.append(match["sign"] or match["word"])
    return found


_Term: TypeAlias = "str | list[_Term]"


def _parsed(words: Sequence[str]) -> "list[_Term]":
    """Return words with those in parentheses as lists; what is behind a `|` only fills in defaults, else nothing is understood."""
    stack: list[list[_Term]] = [[]]
    for word in words:
        if word == "(":
            inner: list[_Term] = []
            stack[-1].append(inner)
            stack.append(inner)
        elif word == ")" and len(stack) > 1:
            stack.pop()
        else:
            stack[-1].append(word)
    return stack[0]


def _asked(terms: "Sequence[_Term]", *, want: bool, dot: Keys | None, variables: Mapping[str, Keys | None]) -> Iterator[Need]:
    """Yield what makes a condition true, or false."""
    if "|" in terms:
        place = list(terms).index("|")
        if terms[place + 1 : place + 2] != ["default"]:
            return
        terms = terms[:place]
    if len(terms) == 1 and isinstance(terms[0], list):
        yield from _asked(terms[0], want=want, dot=dot, variables=variables)
        return
    head, arguments = (terms[0], terms[1:]) if terms else ("", ())
    each = [list(_asked([one], want=want, dot=dot, variables=variables)) for one in arguments] if head in ("and", "or") else []
    if head in ("and", "or"):
        known = each if (head == "and") is want else [one for one in each if one][:1]
        yield from (need for one in known for need in one)
    elif head == "not" and len(arguments) == 1:
        yield from _asked(arguments, want=not want, dot=dot, variables=variables)
    elif head in ("eq", "ne") and len(arguments) == 2 and (head == "eq") is want:  # noqa: PLR2004
        yield from _equal(arguments, dot, variables)
    elif len(terms) == 1 and isinstance(head, str) and (keys := _resolved(head, dot, variables)):
        yield Need(keys, "on" if want else "off")


def _equal(arguments: "Sequence[_Term]", dot: Keys | None, variables: Mapping[str, Keys | None]) -> Iterator[Need]:
    words = [one[0] if isinstance(one, list) and one else one for one in arguments]  # (.Values.type | default "x")
    texts = [one[1:] for one in words if isinstance(one, str) and one.startswith('"')]
    paths = [keys for one in words if isinstance(one, str) and (keys := _resolved(one, dot, variables))]
    if len(texts) == len(paths) == 1:
        yield Need(paths[0], "equal", texts[0])


def _resolved(word: str, dot: Keys | None, variables: Mapping[str, Keys | None]) -> Keys | None:
    """Return the path in the values that a word names, None where that is not known; `()` is the whole context."""
    match = _PATH.fullmatch(word) if word.startswith((".", "$")) else None
    if match is None:
        return variables.get(word) if word.startswith("$") and word != "$" else () if word == "$" else None
    start = match["start"]
    base = dot if start is None else () if start == "$" else variables.get(start)
    keys = tuple(key for key in match["keys"].split(".") if key)
    if base is None:
        return None
    if base == ():
        return ("Values", *keys[1:])[1:] or None if keys[:1] == ("Values",) else None
    return (*base, *keys)
