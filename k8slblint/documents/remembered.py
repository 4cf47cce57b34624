"""What documents were found to hold, by their text: the values of ordinary ones, and what is asked of texts again in each run.

What comes from outside is lines of a key and JSON, each of which is read when it is asked for, and is held against what reading a text
could have yielded: plain values, nested as deep as they are read here, in text without halves of characters. Anything else is not known.
"""

import json
from collections.abc import Iterable
from hashlib import blake2b
from typing import Any

from k8slblint.documents.ordinary import DEEPEST, Root
from k8slblint.documents.parts import Chunk, Parsed

LONGEST = 200_000
"""Characters of a document that is kept, and of what is kept of it."""

_KEY = 32
_HALVES = ("\\ud", "\\uD")
_VALUE = "value"
_PARTS = 3


class Memory:
    """What is known of texts: `known` at first, by key; `used` of that, and `new` since.

    `read` counts the documents that had to be read, `remembered` those that had not.
    """

    def __init__(self, lines: Iterable[str] = ()) -> None:
        """Take the lines of an earlier run, of whatever content."""
        self.known = {line[:_KEY]: line[_KEY:] for line in lines if _KEY < len(line) <= _KEY + LONGEST}
        self.used: set[str] = set()
        self.new: dict[str, str] = {}
        self.read = self.remembered = 0
        self._decoder = json.JSONDecoder(parse_constant=_refuse)

    def parsed(self, chunk: Chunk) -> Parsed | None:
        """Return what is known of a document, None where nothing is."""
        known = self.recall(_VALUE, chunk.text)
        if not isinstance(known, list) or len(known) != _PARTS:
            return None
        below, column, value = known
        if not (type(below) is type(column) is int and 0 <= below <= chunk.text.count("\n") and column > 0 and isinstance(value, dict)):
            return None
        self.remembered += 1
        return Parsed(Root(value, chunk.line + below, column, chunk), ())

    def note(self, chunk: Chunk, parsed: Parsed) -> None:
        """Keep the value of an ordinary document, which is one of JSON."""
        self.read += 1
        root = parsed.root
        if type(root) is Root and not parsed.problems:
            self._write([root.line - chunk.line, root.column, root.value], _VALUE, chunk.text)

    def recall(self, what: str, *texts: str) -> Any:
        """Return what was kept of texts, None where nothing was; who asks looks at its shape."""
        key = _key(what, *texts)
        kept = self.new.get(key) or self.known.get(key)
        if kept is None:
            return None
        try:
            value = self._read(kept)
        except (ValueError, RecursionError):
            self.known.pop(key, None)
            return None
        self.used.add(key)
        return value

    def keep(self, value: Any, what: str, *texts: str) -> None:
        """Keep something that is so of texts, and of all that has these, for as far as JSON says the same."""
        if self._is_said(value):
            self._write(value, what, *texts)

    def _is_said(self, value: Any) -> bool:
        try:
            return bool(self._read(_written(value)) == value)
        except (ValueError, TypeError, RecursionError):
            return False

    def _write(self, value: Any, what: str, *texts: str) -> None:
        if sum(map(len, texts)) > LONGEST:
            return
        try:
            written = _written(value)
        except (ValueError, RecursionError):
            return
        if len(written) <= LONGEST:
            self.new[_key(what, *texts)] = written

    def lines(self) -> list[str]:
        """Return what is worth keeping: all that was used or is new, and of the rest no more than of these."""
        kept = {key: self.known[key] for key in self.used if key in self.known} | self.new
        rest = [(key, line) for key, line in self.known.items() if key not in kept]
        return [key + line for key, line in (*kept.items(), *rest[: len(kept)])]

    def _read(self, kept: str) -> Any:
        """Return a value. Raises `ValueError`."""
        if any(half in kept for half in _HALVES):
            raise ValueError
        value, end = self._decoder.raw_decode(kept)
        if end != len(kept) or (kept.count("[") + kept.count("{") > DEEPEST and _is_deeper(value)):
            raise ValueError
        return value


def _written(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _key(what: str, *texts: str) -> str:
    """Return what names something that is said of texts; their lengths tell where one ends."""
    digest = blake2b(repr((what, *map(len, texts))).encode(), digest_size=_KEY // 2)
    for text in texts:
        digest.update(text.encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def _is_deeper(value: Any) -> bool:
    """Tell whether a value is nested deeper than what is kept."""
    level = [value]
    for _ in range(DEEPEST + 4):
        inside = (child for one in level for child in (one.values() if type(one) is dict else one))
        level = [child for child in inside if type(child) in (dict, list)]
        if not level:
            return False
    return True


def _refuse(_: str) -> None:
    raise ValueError
