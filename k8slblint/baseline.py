"""The baseline file: findings that are accepted until they are cured, one in each line, so that it merges well.

A line is `- ` and a JSON object, which YAML reads as well; what follows `#` is a remark. Nothing in it is a pattern.
"""

import datetime as dt
import json
import os
import posixpath
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from k8slblint.loading.borders import refuse_link_out, why_unreadable
from k8slblint.loading.folders import below, read_bounded, shown_path
from k8slblint.model.errors import UsageError
from k8slblint.model.finding import Finding
from k8slblint.model.loaded import Loaded
from k8slblint.model.location import Location, Span
from k8slblint.model.patterns import pattern
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import SourceText
from k8slblint.model.texts import quoted
from k8slblint.suppression import Complaint

FILE_NAME = ".k8slblint-baseline.yaml"

SIZE_LIMIT = 20_000_000
"""Bytes; an entry has some 250."""

_LONGEST_LINE = 10_000
_KEYS = ("fingerprint", "rule", "object", "path", "reason", "expires")
_REQUIRED = frozenset({"fingerprint", "rule"})
_FINGERPRINT = pattern(r"[0-9a-f]{32}(-[1-9][0-9]{0,5})?")
_DATE = pattern(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_RULE = pattern(r"[a-z0-9-]{1,100}")
_SHAPE = 'write it as `- {"fingerprint": "...", "rule": "...", "reason": "..."}`'

_HEAD = """\
# k8slblint baseline: findings that are accepted until they are cured, one in each line.
# `k8slblint baseline` writes it and keeps each "reason" and "expires": "YYYY-MM-DD", the last day on which an entry counts.
"""


class Entry(NamedTuple):
    """One accepted finding: `object` says whose it is and `path` where it is, below the folder of the baseline file.

    `fingerprint` is that of the finding before it is told apart from equal ones; `-2` marks the second in one file.
    `line` is that of the entry in its file, 0 for one that is not written yet.
    """

    fingerprint: str
    rule: str
    object: str = ""
    path: str = ""
    reason: str = ""
    expires: dt.date | None = None
    remark: str = ""
    line: int = 0

    @property
    def key(self) -> tuple[str, str]:
        """What no two entries share; entries are in this order."""
        return self.fingerprint, self.path

    @property
    def group(self) -> str:
        """The fingerprint that equal findings share."""
        return self.fingerprint.partition("-")[0]


class Baseline(NamedTuple):
    """A baseline file: its path as reported, its folder as a real path, its text and its entries in order of lines."""

    path: str
    folder: str
    source: SourceText
    entries: tuple[Entry, ...]


class Match(NamedTuple):
    """What came of a baseline: by the index of each finding the entry that accepts it, the entries that expired, and those left over."""

    accepted: Mapping[int, Entry]
    expired: tuple[Entry, ...]
    stale: tuple[Entry, ...]


def read_baseline(path: str) -> Baseline:
    """Read a baseline file. Raises `UsageError`, naming the line, when something in it is wrong."""
    refuse_link_out(path)
    try:
        text = read_bounded(path, SIZE_LIMIT).decode("utf-8-sig")
    except OSError as error:
        raise UsageError(f"baseline '{shown_path(path)}' cannot be read: {why_unreadable(error)}.") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"baseline '{shown_path(path)}' is not UTF-8 at byte {error.start + 1}.") from error
    return parsed(text, shown_path(path), os.path.dirname(os.path.realpath(path)))


def parsed(text: str, path: str, folder: str) -> Baseline:
    """Return the baseline of a text. Raises `UsageError`, naming the line."""
    seen: dict[tuple[str, str], int] = {}
    entries = []
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), 1):
        if not line.strip() or line.startswith("#") or line.strip() == "[]":
            continue
        try:
            entry = _entry(line)._replace(line=number)
        except ValueError as error:
            raise UsageError(f"baseline '{path}' line {number}: {error}.") from None
        if entry.key in seen:
            raise UsageError(f"baseline '{path}' line {number}: this finding is in line {seen[entry.key]} already; remove one of them.")
        seen[entry.key] = number
        entries.append(entry)
    return Baseline(path, folder, SourceText(text), tuple(entries))


def _entry(line: str) -> Entry:
    """Return the entry of a line. Raises `ValueError` with what is wrong."""
    if line.startswith(("<<<<<<<", "=======", ">>>>>>>")):
        raise ValueError("a merge of git is not finished here; keep the lines of both sides")
    if len(line) > _LONGEST_LINE:
        raise ValueError(f"it has more than {_LONGEST_LINE} characters, which no entry has")
    if not line.startswith("- {"):
        raise ValueError(f"this is not an entry; {_SHAPE}")
    try:
        value, end = json.JSONDecoder(object_pairs_hook=_unrepeated).raw_decode(line, 2)
    except (json.JSONDecodeError, RecursionError):
        raise ValueError(f"this is not an entry; {_SHAPE}") from None
    rest = line[end:].strip()
    if rest and not rest.startswith("#"):
        raise ValueError("only a remark after `#` may follow an entry")
    return _checked(value, rest.removeprefix("#").strip())


def _unrepeated(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    repeated = [key for key, count in Counter(key for key, _ in pairs).items() if count > 1]
    if repeated:
        raise ValueError(f"{quoted(repeated[0])} is set twice")
    return dict(pairs)


def _checked(value: dict[str, Any], remark: str) -> Entry:
    for key, given in value.items():
        if key not in _KEYS:
            raise ValueError(f"an entry has no {quoted(key)}; it has {', '.join(_KEYS)}")
        if not isinstance(given, str) or "\0" in given:
            raise ValueError(f"'{key}' is not a text")
    missing = sorted(_REQUIRED - value.keys())
    if missing:
        raise ValueError(f"'{missing[0]}' is missing")
    for key, shape, what in (("fingerprint", _FINGERPRINT, "32 hexadecimal digits"), ("rule", _RULE, "a rule id")):
        if not shape.fullmatch(value[key]):
            raise ValueError(f"'{key}' is {quoted(value[key])}, which is not {what}")
    path = value.get("path", "")
    if path.startswith("/") or "\\" in path:
        raise ValueError("'path' is not relative to the folder of this file")
    return Entry(**{**value, "expires": _date(value.get("expires"))}, remark=remark)


def _date(text: str | None) -> dt.date | None:
    if text is None:
        return None
    try:
        if _DATE.fullmatch(text):
            return dt.date.fromisoformat(text)
    except ValueError:
        pass
    raise ValueError(f"{quoted(text)} is not a date; write it as YYYY-MM-DD")


def today() -> dt.date:
    """Return the day, in UTC: the same everywhere at the same time."""
    return dt.datetime.now(dt.UTC).date()


def read_date(text: str) -> dt.date:
    """Return a day that was typed. Raises `UsageError` for what is none."""
    try:
        found = _date(text)
    except ValueError as error:
        raise UsageError(f"{error}.") from None
    return found or dt.date.max


def text_of(entries: Iterable[Entry]) -> str:
    """Return the text of a baseline file, sorted by fingerprint: entries that two branches add are seldom neighbours."""
    lines = [_line(entry) for entry in sorted(entries, key=lambda entry: entry.key)]
    return _HEAD + "".join(f"{line}\n" for line in lines or ["[]"])


def _line(entry: Entry) -> str:
    fields = {key: getattr(entry, key) for key in _KEYS if getattr(entry, key)}
    if entry.expires:
        fields["expires"] = entry.expires.isoformat()
    written = json.dumps({"fingerprint": "", "rule": "", **fields, "reason": entry.reason}, ensure_ascii=True)
    remark = "".join(character for character in entry.remark if character.isprintable())
    return f"- {written}{f'  # {remark}' if remark else ''}"


def entry_of(finding: Finding, folder: str) -> Entry:
    """Return what is written of a finding, without a reason; its line is a remark, as it changes with every edit above."""
    path = relative_path(finding.location.path, folder)
    what = str(finding.resource) if finding.resource else ""
    return Entry(finding.identity, finding.rule, what, path, remark=f"line {finding.location.span.line}")


def relative_path(path: str, folder: str) -> str:
    """Return the path of a file, as reported, from the folder of the baseline, a real path."""
    full = os.path.normpath(os.path.join(os.path.realpath("."), path))
    inside = below(full, folder)
    return inside if inside is not None else posixpath.normpath(os.path.relpath(full, folder).replace(os.sep, "/"))


def entries_of(findings: Sequence[Finding], folder: str) -> list[Entry]:
    """Return the entries of findings in their order, equal ones of one file numbered."""
    seen: Counter[tuple[str, str]] = Counter()
    entries = []
    for finding in findings:
        entry = entry_of(finding, folder)
        seen[entry.key] += 1
        number = seen[entry.key]
        entries.append(entry._replace(fingerprint=f"{entry.fingerprint}-{number}") if number > 1 else entry)
    return entries


def match(baseline: Baseline, findings: Sequence[Finding], day: dt.date) -> Match:
    """Hold a baseline against findings: equal ones are told apart by their file, and one whose file is gone has moved."""
    entries = entries_of(findings, baseline.folder)
    pairs = _pairs(baseline, entries)
    matched = set(pairs.values())
    accepted = {number: entry for number, entry in pairs.items() if entry.expires is None or entry.expires >= day}
    expired = tuple(sorted((entry for entry in matched if entry.expires is not None and entry.expires < day), key=lambda one: one.line))
    return Match(accepted, expired, tuple(entry for entry in baseline.entries if entry not in matched))


def _pairs(baseline: Baseline, now: Sequence[Entry]) -> dict[int, Entry]:
    by_key = {entry.key: entry for entry in baseline.entries}
    pairs = {number: by_key[entry.key] for number, entry in enumerate(now) if entry.key in by_key}
    taken = set(pairs.values())
    free: dict[str, list[Entry]] = defaultdict(list)
    for entry in reversed(baseline.entries):
        if entry not in taken and not (entry.path and os.path.lexists(os.path.join(baseline.folder, entry.path))):
            free[entry.group].append(entry)
    for number, entry in enumerate(now):
        if number not in pairs and free.get(entry.group):
            pairs[number] = free[entry.group].pop()
    return pairs


class Reach:
    """Which findings a run could have made: what a baseline has of others is not stale."""

    def __init__(self, baseline: Baseline, decided: Collection[str], loaded: Loaded) -> None:
        """Hold the rules that ran to their end, and what was read."""
        units = loaded.completeness.units
        self._folder = baseline.folder
        self._decided = decided
        self._files = {relative_path(path, baseline.folder) for path in loaded.files}
        is_all_rendered = bool(units) and not any(unit.failure for unit in units)
        self._folders = {posixpath.dirname(path) for path in self._files} if is_all_rendered else set()

    def includes(self, entry: Entry) -> bool:
        """Tell whether the finding of an entry would have been made if it were there."""
        if entry.rule not in self._decided:
            return False
        is_gone = not os.path.lexists(os.path.join(self._folder, entry.path))
        return is_gone or entry.path in self._files or any(folder in self._folders for folder in _folders_above(entry.path))


def _folders_above(path: str) -> Iterator[str]:
    while path:
        path = posixpath.dirname(path)
        yield path


def complaints(baseline: Baseline, match: Match, reach: Reach) -> Iterator[Complaint]:
    """Yield what is wrong with a baseline: entries that expired, and those of which nothing is left."""
    for entry in match.expired:
        cause = f"expired {entry.fingerprint} {entry.path}"
        help_ = "Cure the finding, or set a later day."
        yield _complaint(baseline, entry, f"expired on {entry.expires}", why="Its finding counts again.", help=help_, cause=cause)
    for entry in match.stale:
        if reach.includes(entry):
            help_ = "Remove the line, or run `k8slblint baseline`."
            yield _complaint(baseline, entry, "matches nothing", help=help_, cause=f"stale {entry.fingerprint} {entry.path}")


def _complaint(baseline: Baseline, entry: Entry, fault: str, *, cause: str, help: str, why: str = "") -> Complaint:  # noqa: A002 - as in `Complaint`
    line = baseline.source.line(entry.line)
    location = Location(baseline.path, Span(entry.line, 1, entry.line, len(line) + 1))
    whose = f"{entry.object}: baseline entry" if entry.object else "Baseline entry"
    return Complaint(location, f"{whose} of '{entry.rule}' {fault}", baseline.source, why=why, help=help, cause=cause)


def updated(old: Baseline | None, findings: Sequence[Finding], folder: str, fresh: Entry, is_kept: Callable[[Entry], bool]) -> list[Entry]:
    """Return the entries of findings with the reasons and days of an old baseline; new ones have those of `fresh`.

    Of the old entries that match nothing, those stay of which `is_kept` says that this run could not tell.
    """
    now = entries_of(findings, folder)
    pairs = _pairs(old, now) if old else {}
    entries = []
    for number, entry in enumerate(now):
        known = pairs.get(number)
        if known is None:
            entries.append(entry._replace(reason=fresh.reason, expires=fresh.expires))
        else:
            remark = known.remark if known.path == entry.path else entry.remark
            entries.append(entry._replace(reason=known.reason, expires=known.expires, remark=remark))
    matched = set(pairs.values())
    keys: Collection[tuple[str, str]] = {entry.key for entry in entries}
    left = [entry for entry in (old.entries if old else ()) if entry not in matched and entry.key not in keys and is_kept(entry)]
    return [*entries, *left]
