"""What renderers made, by all that they were given: within a run, and between runs where there is a folder for it.

A key is a hash of everything that an answer depends on: the files and values as the renderer gets them, the options, which renderer it
is, and our own version. So an answer is never asked whether it still holds, and it decides nothing: which files are read, and what is
given to a renderer, is worked out anew in each run. What comes out of the folder is held against the shape and the names that the
renderer could have answered with; it is text that may be hostile, as that of the renderer is.

An answer that another run might not get is not kept: one that a bound of time or memory, a missing program or the machine has decided.
"""

import hashlib
import json
import re
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from k8slblint import __version__
from k8slblint.processes.sandbox import OPEN, Record
from k8slblint.rendering.storage import Storage
from k8slblint.rendering.units import RenderFailure

FORM = 2
"""The form of the entries; it changes with the meaning of what is kept, as our version does with each release."""

_MOST_IN_MEMORY = 50_000_000
"""Characters of answers that a run holds; beyond that it begins anew."""

_Answer = TypeVar("_Answer")


class Form(NamedTuple, Generic[_Answer]):
    """How an answer is written as JSON, and read from it; `read` raises `Unreadable` for what no renderer would have answered.

    `outcome` tells of an answer what may be a failure in it.
    """

    written: Callable[[_Answer], Any]
    read: Callable[[Any], _Answer]
    outcome: Callable[[_Answer], object] = lambda answer: answer


class Unreadable(Exception):  # noqa: N818 - it is told nobody
    """What was kept has not the shape of an answer."""


class _Held(NamedTuple):
    answer: Any
    confined: list[str] | None
    size: int


class Kept:
    """The answers of the renderers of a run; `record` is told how those were confined that are used, whichever run got them.

    `asked` counts the answers that renderers were asked for, `found` those that were there. Answers may be wanted from several threads.
    """

    def __init__(self, storage: Storage | None = None, record: Record | None = None) -> None:
        """Hold none yet; without a storage none outlives the run."""
        self.storage = storage
        self.record = Record() if record is None else record
        self.asked = self.found = 0
        self._held: dict[str, _Held] = {}
        self._size = 0
        self._lock = threading.Lock()

    @property
    def note(self) -> str:
        """Why nothing is kept between runs although it should be, or `""`."""
        return self.storage.note if self.storage is not None else ""

    def answer(self, key: str | None, form: Form[_Answer], ask: Callable[[Record], _Answer]) -> _Answer:
        """Return what is kept under a key, else what `ask` returns, which gets the record to tell how the renderer was confined.

        Without a key nothing is kept. Raises what `ask` raises.
        """
        known = self._known(key, form) if key else None
        if known is not None:
            self.found += 1
            self.record.join_told(known.confined)
            answer: _Answer = known.answer
            return answer
        self.asked += 1
        own = Record()
        try:
            made = ask(own)
        finally:
            self.record.join(own)
        if key and _is_lasting(form.outcome(made)):
            written = json.dumps([own.told, form.written(made)], ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
            self._hold(key, _Held(made, own.told, len(written)))
            if self.storage is not None:
                self.storage.write(key, written)
        return made

    def _known(self, key: str, form: Form[Any]) -> _Held | None:
        if key in self._held:
            return self._held[key]
        data = self.storage.read(key) if self.storage is not None else None
        if data is None:
            return None
        try:
            confined, answer = _pair(json.loads(data.decode("utf-8", "surrogatepass")))
            held = _Held(form.read(answer), _confined(confined), len(data))
        except (Unreadable, ValueError, RecursionError):
            return None
        self._hold(key, held)
        return held

    def _hold(self, key: str, one: _Held) -> None:
        with self._lock:
            if self._size + one.size > _MOST_IN_MEMORY:
                self._held.clear()
                self._size = 0
            self._held[key] = one
            self._size += one.size


def key_of(identity: str, *parts: object) -> str | None:
    """Return the key of an answer of a renderer, None for one that is not known by name.

    Parts are compared by what `repr` says of them, or, for pairs of a path and bytes, by both.
    """
    if not identity:
        return None
    digest = hashlib.sha256(repr((FORM, __version__, identity)).encode())
    for part in parts:
        digest.update(part if isinstance(part, bytes) else repr(part).encode("utf-8", "surrogatepass"))
        digest.update(b"\0\n")
    return digest.hexdigest()


def hash_of_files(files: Iterable[tuple[str, bytes]]) -> str:
    """Return the hash of files by their paths, in whatever order they come."""
    return repr(sorted((path, hashlib.sha256(data).hexdigest()) for path, data in files))


_OF_THE_MACHINE = re.compile(
    r"resource temporarily unavailable|too many open files|cannot allocate memory|no space left|input/output error|disk quota|"
    r"permission denied|operation not permitted|interrupted system call|broken pipe|signal: |text file busy|no child processes",
    re.IGNORECASE,
)
"""What Go says of a call that the system refused (syscall, `zerrors_linux_amd64.go`); a template may say so too, which costs nothing."""


def _is_lasting(answer: object) -> bool:
    """Tell whether another run would get the same answer."""
    return not isinstance(answer, RenderFailure) or (answer.kind in ("template", "empty") and not _OF_THE_MACHINE.search(answer.reason))


def _pair(value: Any) -> tuple[Any, Any]:
    if not isinstance(value, list) or len(value) != 2:  # noqa: PLR2004 - two
        raise Unreadable
    return value[0], value[1]


def _confined(value: Any) -> list[str] | None:
    if value is None:
        return None
    words = texts(value, len(OPEN) + 1)
    if not OPEN.issuperset(set(words) - {"none"}):
        raise Unreadable
    return list(words)


# shapes that several forms are made of


def text(value: Any, among: Callable[[str], bool] | None = None) -> str:
    """Return a text. Raises `Unreadable` for what is none, or not one of those that `among` admits."""
    if not isinstance(value, str) or (among is not None and not among(value)):
        raise Unreadable
    return value


def texts(value: Any, most: int, among: Callable[[str], bool] | None = None) -> tuple[str, ...]:
    """Return a list of so many texts at most. Raises `Unreadable`."""
    return tuple(text(one, among) for one in items(value, most))


def items(value: Any, most: int, length: int | None = None) -> Sequence[Any]:
    """Return a list of so many items at most, with `length` of lists of this length each. Raises `Unreadable`."""
    if not isinstance(value, list) or len(value) > most:
        raise Unreadable
    if length is not None and not all(isinstance(one, list) and len(one) == length for one in value):
        raise Unreadable
    return value


_LONGEST_REASON = 2_000


def written_failure(failure: RenderFailure) -> list[Any]:
    """Return a failure that a renderer told, as JSON."""
    return [failure.reason, failure.file, failure.line, failure.lacks_values]


def failure(value: Any, is_file: Callable[[str], bool]) -> RenderFailure:
    """Return a failure that a renderer told. Raises `Unreadable`."""
    reason, file, line, lacks_values = items([value], 1, 4)[0]
    if not isinstance(line, int) or isinstance(line, bool) or not 0 < line < 10**9 or len(text(reason)) > _LONGEST_REASON:
        raise Unreadable
    place = text(file, lambda path: not path or is_file(path))
    return RenderFailure("template", reason, place, line, lacks_values=lacks_values is True)
