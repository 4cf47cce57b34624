"""Reads the block style that programs write, and most people: one regular expression for its lines, and no events.

It takes a quarter of the time that libyaml's events take. What it does not know for sure it leaves to them: values that go on to another
line, flow style beyond short lists and mappings of scalars, anchors of collections, tags, keys that are no text, keys that are set twice.
"""

import re
from typing import Any

from k8slblint.documents.scalars import MERGE_KEY, WORDS, UnresolvableScalarError, resolve, to_json_number
from k8slblint.model.patterns import pattern

_LINE = r"""(?x)
    ([ ]*+) (-[ ]++)?+                                                      # 1 indentation, 2 dash
    (?: ((?![\[{]) [^:\n\#]++ (?: :(?![ \n]) [^:\n\#]*+ )*+) : (?=[ \n]) [ ]*+ )?+     # 3 key
    (?: ([A-Za-z_][A-Za-z0-9_./-]*+) \n                                     # 4 word
      | ("[^"\\\n\t]*+) " \n                                               # 5 text in double quotes, with the first of them
      | (\|-?+) [ ]*+ \n ((?: (?(2)\1[ ]{3}|\1[ ]) [^\n]*+ \n | [ ]*+ \n )*+)  # 6 head of a literal block, 7 its lines
      | ([^\n]*+) (?:\n|\Z)                                                 # 8 anything else: a comment too
    )
"""
_PRINTABLE = bytes(range(0x20, 0x7F)) + b"\t\n"
_ODD = (
    r"[^\t\n -~\xa1-\u1fff\u2010-\u2027\u2030-\u205e\u2070-\u2fff\u3001-\ud7ff\ue000-\ufdcf\ufdf0-\ufefc\uff01-\uffef\U00010000-\U0001fffd]"
)
"""What is not printed, or is a blank or a line end to somebody."""

_BEGIN = pattern(r"(?a)(?:[A-Za-z0-9_./$(<=~^+;\\]|-(?=[\w./$(<=~^+;\\-])|[^\x00-\x7f])[^\t]*+")
"""A plain scalar, by how it begins; what may end it is looked for apart."""

_DOUBLE = r'"(?:[^"\\\t]++|\\["\\nt])*+"'
_SINGLE = r"'(?:[^'\t]++|'')*+'"
_ENDED = pattern(r"(?:\{\}|\[\]|" + _DOUBLE + "|" + _SINGLE + r")[ ]*+(?:(?<=[ ])#.*)?")
_ITEM = r"""(?:"([^"\\\t]*+)"|'([^'\t]*+)'|((?:[A-Za-z0-9_./$(<=~^+;]|-(?=[A-Za-z0-9_./-]))[A-Za-z0-9_./$(<=~^+;)>@%*|!& \\-]*+))"""
"""A scalar in flow style: in double quotes, in single quotes, or plain, with the blanks after it. No colon: libyaml reads it otherwise."""

_ITEM_KEY = r"""(?:([A-Za-z_][A-Za-z0-9_./-]*+)|"([^"\\\t]*+)"):[ ]++"""
_LIST = pattern(rf"(?P<all>\[[ ]*+(?:{_ITEM}[ ]*+,[ ]*+)*+{_ITEM}[ ]*+)\][ ]*+(?:(?<=[ ])#.*)?")
_MAPPING = pattern(rf"(?P<all>\{{[ ]*+(?:{_ITEM_KEY}{_ITEM}[ ]*+,[ ]*+)*+{_ITEM_KEY}{_ITEM}[ ]*+)\}}[ ]*+(?:(?<=[ ])#.*)?")
_ITEMS = pattern(rf"[\[,][ ]*+{_ITEM}")
_PAIRS = pattern(rf"[{{,][ ]*+{_ITEM_KEY}{_ITEM}")
"""Flow style that ends on its line and has no other in it."""

_ANCHOR = pattern(r"&([A-Za-z0-9_-]++)[ ]++([^ ].*)")
_ALIAS = pattern(r"\*([A-Za-z0-9_-]++)[ ]*+(?:(?<=[ ])#.*)?")
_MARKERS = ("...", "---")
_LONGEST_KEY = 200
_LONGEST_FLOW = 1_000
"""In characters, of a mapping; libyaml takes no key that ends farther from where it starts."""

_DEEPEST = 100
_NOTHING: Any = object()


class NotPlainError(Exception):
    """A text has something of which only a parser of YAML knows what it is."""


class Seen:
    """The keys and words of the texts that were read, so that there is one of each, and how many aliases they may have yet."""

    __slots__ = ("aliases", "keys", "words")

    def __init__(self, aliases: int = 0) -> None:
        self.keys: dict[str, str] = {}
        self.words: dict[str, Any] = dict(WORDS)
        self.aliases = aliases


def read_plain_lines(text: str, seen: Seen) -> dict[str, Any]:  # noqa: C901, PLR0912, PLR0915 - one loop with few calls is what makes it fast
    """Return the value of a text that is one mapping in block style; its last line ends as all others do.

    Raises:
        NotPlainError: the text may be something else, or nothing that can be read.
    """
    _refuse_odd(text)
    keys, words = seen.keys, seen.words
    container: Any = None
    column = -1
    key: str | None = None
    stack: list[tuple[Any, int]] = [(None, -1)]
    made: Any
    anchors: dict[str, Any] = {}
    root: dict[str, Any] = {}
    for indent, dash, written, word, quoted, block, body, rest in re.findall(_LINE, text):
        if word:
            value = words.get(word, _NOTHING)
            if value is _NOTHING:
                value = words[word] = word
        elif quoted:
            value = quoted[1:]
        elif rest:
            value = _scalar(rest) if rest[0] not in "&*" else _anchored(rest, anchors, seen)
            if value is _NOTHING and not written and not dash:
                continue
        elif block:
            if dash and (not written or dash != "- "):
                raise NotPlainError
            value = _literal(body, block)
        elif written or dash:
            value = _NOTHING
        else:
            continue
        at = len(indent)
        if dash:
            if key is not None:
                if at >= column:
                    stack.append((container, column))
                    container[key] = made = []
                    container, column = made, at
                else:
                    container[key] = None
                key = None
            while column > at:
                container, column = stack.pop()
            if column != at or type(container) is not list:
                raise NotPlainError
            if written:
                stack.append((container, column))
                container.append({})
                container, column = container[-1], at + len(dash)
            elif value is _NOTHING:
                raise NotPlainError
            else:
                container.append(value)
                continue
        elif not written:
            raise NotPlainError
        elif container is None:
            container, column = root, at
        elif key is not None and at > column:
            stack.append((container, column))
            container[key] = made = {}
            container, column, key = made, at, None
        else:
            if key is not None:
                container[key] = key = None
            while column > at or (column == at and type(container) is list):
                container, column = stack.pop()
            if column != at:
                raise NotPlainError
        name = keys.get(written)
        if name is None:
            name = keys[written] = _key(written)
        if name in container:
            raise NotPlainError
        if value is not _NOTHING:
            container[name] = value
        elif len(stack) > _DEEPEST:
            raise NotPlainError
        else:
            key = name
    if key is not None:
        container[key] = None
    if not root:
        raise NotPlainError
    return root


def _refuse_odd(text: str) -> None:
    is_odd = text.encode().translate(None, _PRINTABLE) if text.isascii() else re.search(_ODD, text)
    if is_odd:
        raise NotPlainError


def _key(written: str) -> str:
    text = written.rstrip(" ")
    value = _ended(text) if text[:1] in ("'", '"') else resolve(_plain(text))
    if type(value) is not str or value is MERGE_KEY or len(written) > _LONGEST_KEY or " #" in text:
        raise NotPlainError
    return value


def _scalar(rest: str) -> Any:
    """Return what a text after a colon or a dash means, `_NOTHING` for a comment."""
    first = rest[0]
    if first == "#":
        return _NOTHING
    if first in "\"'":
        return _ended(rest)
    if first in "{[":
        return _ended(rest) if rest[1:2] in "]}" else _flow(rest)
    return resolved(_plain(rest.partition(" #")[0].rstrip(" ")))


def resolved(text: str) -> Any:
    """Return the value of a plain scalar.

    Raises:
        NotPlainError: JSON has no such number.
    """
    value = resolve(text)
    if type(value) is not float:
        return value
    try:
        return to_json_number(value)
    except UnresolvableScalarError:
        raise NotPlainError from None


def _plain(text: str) -> str:
    if ": " in text or text.endswith(":") or text.startswith(_MARKERS) or _BEGIN.fullmatch(text) is None:
        raise NotPlainError
    return text


def _ended(text: str) -> Any:
    """Return the value of a scalar in quotes, or of an empty collection, that ends on its line."""
    if _ENDED.fullmatch(text) is None:
        raise NotPlainError
    if text[0] in "{[":
        return {} if text[0] == "{" else []
    if text[0] == "'":
        return text[1 : text.rindex("'", 0, _end(_SINGLE, text))].replace("''", "'")
    import json  # few texts have escapes

    return json.loads(text[: _end(_DOUBLE, text)])


def _flow(text: str) -> Any:
    """Return the value of a list or a mapping of scalars in flow style, which ends on its line."""
    whole = (_LIST if text[0] == "[" else _MAPPING).fullmatch(text)
    if whole is None:
        raise NotPlainError
    end = whole.end("all")
    if text[0] == "[":
        return [_item(*found.groups()) for found in _ITEMS.finditer(text, 0, end)]
    if end > _LONGEST_FLOW:
        raise NotPlainError
    mapping: dict[str, Any] = {}
    for found in _PAIRS.finditer(text, 0, end):
        plain, quoted, *item = found.groups()
        if (quoted if plain is None else plain) in mapping or (plain is not None and type(resolve(plain)) is not str):
            raise NotPlainError
        mapping[quoted if plain is None else plain] = _item(*item)
    return mapping


def _item(double: str | None, single: str | None, plain: str | None) -> Any:
    if plain is not None:
        return resolved(plain.rstrip(" "))
    return single if double is None else double


def _anchored(rest: str, anchors: dict[str, Any], seen: Seen) -> Any:
    """Return the value of a scalar with an anchor, or of an alias of one."""
    if rest[0] == "&":
        anchor = _ANCHOR.fullmatch(rest)
        value = _scalar(anchor[2]) if anchor else _NOTHING
        if anchor is None or value is _NOTHING or type(value) in (dict, list):
            raise NotPlainError
        anchors[anchor[1]] = value
        return value
    alias = _ALIAS.fullmatch(rest)
    seen.aliases -= 1
    if alias is None or alias[1] not in anchors or seen.aliases < 0:
        raise NotPlainError
    return anchors[alias[1]]


def _end(quoted: str, text: str) -> int:
    found = re.match(quoted, text)
    return found.end() if found else 0


def _literal(body: str, head: str) -> str:
    """Return the text of a literal block whose first line is neither blank nor begins with a tab."""
    content = body.lstrip(" ")
    if not content:
        return ""
    if content[0] in "\n\t":
        raise NotPlainError
    indent = body[: len(body) - len(content)]
    if body.count(f"\n{indent}") + 1 == body.count("\n"):
        text = body.replace(f"\n{indent}", "\n")[len(indent) :]
    else:
        text = "".join(_without_indent(line, indent) for line in body.splitlines(keepends=True))
    text = text.rstrip("\n")
    return text if head == "|-" else f"{text}\n"


def _without_indent(line: str, indent: str) -> str:
    if line.startswith(indent):
        return line[len(indent) :]
    if line.strip(" \n"):
        raise NotPlainError
    return "\n"
