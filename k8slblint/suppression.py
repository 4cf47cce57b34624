"""Suppressions: comments, annotations and the configuration; and which of them are unused or give no reason."""

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from heapq import heappop, heappush

from k8slblint import documents
from k8slblint.config import ConfigSuppression, full_path
from k8slblint.model.finding import Acceptance
from k8slblint.model.globs import matches_any
from k8slblint.model.location import Location, Span
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource, SourceText
from k8slblint.model.texts import quoted

RULE_ID = "unused-suppression"

ANNOTATION = "k8slblint.io/ignore"
MARK = "k8slblint:"

_COMMENT = r"(?:^|#\s*)k8slblint:\s*(?P<form>[a-z-]+)\s*(?:\[(?P<rules>[^\]]*)\])?\s*(?P<reason>.*)"

_COMMENT_OF_TEMPLATE = r"(?:(?<!\S)#\s*|\{\{-?\s*/\*\s*)k8slblint:\s*(?P<form>[a-z-]+)\s*(?:\[(?P<rules>[^\]]*)\])?\s*(?P<reason>.*)"

_FORMS = ("ignore", "ignore-file")


class Candidate(NamedTuple):
    """What suppression needs to know of a finding: its rule, place, and the resource it is about, if any.

    `source` is given for rendered resources: the text of the template, value file or patch that the place is in. `is_unproven` tells
    that the place is that of the first object of its kind, since its line was not proven: then comments at all of them cover it.
    """

    rule: str
    location: Location
    resource: Resource | None
    source: SourceText | None = None
    is_unproven: bool = False


class Complaint(NamedTuple):
    """Something wrong with a suppression itself; reported under `unused-suppression`, in the texts of a `Problem`."""

    location: Location
    headline: str
    source: SourceText | None
    resource: Resource | None = None
    label: str = ""
    why: str = ""
    help: str = ""
    cause: str = ""
    group: str = ""


class Written(NamedTuple):
    """A suppression as it is written: the rule that it names, where, in which text; of an annotation the object that has it."""

    rule: str
    location: Location
    source: SourceText | None
    resource: Resource | None


class _Suppression:
    """One rule named by one comment, annotation or entry, and whether it silenced anything; `lines` are those of a comment."""

    __slots__ = ("acceptance", "lines", "location", "resource", "rule", "source", "used", "written")

    def __init__(
        self,
        rule: str,
        written: str,
        acceptance: Acceptance,
        location: Location,
        source: SourceText | None = None,
        resource: Resource | None = None,
        lines: range = range(0),
    ) -> None:
        self.rule = rule
        self.written = written
        self.acceptance = acceptance
        self.location = location
        self.source = source
        self.resource = resource
        self.lines = lines
        self.used = False


class _Comments:
    """The suppressions of one rule by comments in one file; which of them covers a line is asked in the logarithm of their number."""

    __slots__ = ("_first", "_hits", "_starts", "_within", "suppressions")

    def __init__(self) -> None:
        self.suppressions: list[_Suppression] = []
        self._hits: set[int] = set()
        self._starts: list[int] | None = None
        self._first: list[int] = []  # by its number, from each of the starts on; their count where none covers
        self._within: dict[str, list[_Suppression]] = {}

    def covering(self, line: int) -> _Suppression | None:
        """Return the first suppression, in the order of reading, that covers `line`; the finding there makes all that do so used."""
        at = bisect_right(self._edges(), line) - 1
        number = self._first[at] if at >= 0 else len(self.suppressions)
        if number == len(self.suppressions):
            return None
        self._hits.add(line)
        return self.suppressions[number]

    def at_all(self, source: SourceText, kind: str) -> Sequence[_Suppression]:
        """Return what covers some line of each document of a kind in the text, nothing if one is not covered; what does counts as used."""
        if kind not in self._within:
            found = [self._first_within(lines) for lines in source.documents_of(kind)]
            covering = [self.suppressions[number] for number in found if number < len(self.suppressions)]
            for one in covering:
                one.used = True
            self._within[kind] = covering if len(covering) == len(found) else []
        return self._within[kind]

    def _first_within(self, lines: range) -> int:
        """Return the number of the first suppression that covers one of some lines; the parts of a text are asked for one after another."""
        edges = self._edges()
        at = max(bisect_right(edges, lines.start) - 1, 0)
        end = bisect_left(edges, lines.stop, at)
        return min(self._first[at:end], default=len(self.suppressions))

    def mark_used(self) -> None:
        """Mark each suppression that covers a line that was asked for."""
        hits = sorted(self._hits)
        for suppression in self.suppressions:
            at = bisect_left(hits, suppression.lines.start)
            if at < len(hits) and hits[at] in suppression.lines:
                suppression.used = True

    def _edges(self) -> Sequence[int]:
        """Return the lines from which on another suppression is the first of those that cover them; worked out once."""
        if self._starts is None:
            self._starts = self._index()
        return self._starts

    def _index(self) -> list[int]:
        bounds = [(edge, number) for number, one in enumerate(self.suppressions) for edge in (one.lines.start, one.lines.stop)]
        active: list[int] = []
        starts: list[int] = []
        for edge, number in sorted(bounds):
            if edge == self.suppressions[number].lines.start:
                heappush(active, number)
            while active and self.suppressions[active[0]].lines.stop <= edge:
                heappop(active)
            starts.append(edge)
            self._first.append(active[0] if active else len(self.suppressions))
        return starts


class _Entry(NamedTuple):
    """A suppression of the configuration, and whether it is about a finding."""

    suppression: _Suppression
    applies: Callable[[Candidate], bool]


class Suppressions:
    """All suppressions of a run; ask `accept` for each finding, then `complaints` once."""

    def __init__(
        self,
        sources: Iterable[tuple[str, SourceText]],
        resources: Iterable[Resource],
        configured: Sequence[ConfigSuppression],
        canonical_id: Callable[[str], str | None],
    ) -> None:
        resources = list(resources)
        self._linted: dict[str, list[int]] = defaultdict(list)
        for resource in resources:
            if resource.provenance is None:
                self._linted[resource.path].append(resource.root.line)
        for lines in self._linted.values():
            lines.sort()
        self._read: set[str] = set()
        self._canonical_id = canonical_id
        self._by_file: dict[str, dict[str, _Comments]] = defaultdict(lambda: defaultdict(_Comments))
        self._by_resource: dict[tuple[int, str], list[_Suppression]] = defaultdict(list)
        self._configured: dict[str, list[_Entry]] = defaultdict(list)
        self._in_comments: list[_Suppression] = []
        self._blocks: dict[int, _Blocks] = {}
        self._malformed: list[Complaint] = []
        for path, source in sources:
            self._read.add(path)
            self._read_comments(path, source)
        for resource in resources:
            self._read_annotation(resource)
        for entry in configured:
            self._read_entry(entry)

    def accept(self, candidate: Candidate) -> Acceptance | None:
        """Return why this finding is accepted, or None; every suppression that covers it counts as used."""
        if candidate.source is not None and candidate.location.path not in self._read:
            self._read.add(candidate.location.path)
            self._read_lines(candidate.location.path, candidate.source)
        covering = (*self._commented(candidate), *self._annotated(candidate), *self._stated(candidate))
        return covering[0].acceptance if covering else None

    def _commented(self, candidate: Candidate) -> Iterator[_Suppression]:
        comments = self._by_file.get(candidate.location.path, {}).get(candidate.rule)
        line = candidate.location.span.line
        if comments and (first := comments.covering(line)):
            yield first
        elif comments and candidate.is_unproven and candidate.source is not None and candidate.resource is not None:
            yield from comments.at_all(candidate.source, candidate.resource.kind)

    def _annotated(self, candidate: Candidate) -> Iterator[_Suppression]:
        found = self._by_resource.get((id(candidate.resource), candidate.rule)) if candidate.resource is not None else None
        if found:
            found[0].used = True  # the others of this rule are about the same resource
            yield found[0]

    def _stated(self, candidate: Candidate) -> Iterator[_Suppression]:
        for entry in self._configured.get(candidate.rule, ()):
            if entry.applies(candidate):
                entry.suppression.used = True
                yield entry.suppression

    def written(self) -> Iterator[Written]:
        """Yield the suppressions of comments and annotations that were read so far."""
        for one in (*self._in_comments, *self._in_annotations()):
            yield Written(one.rule, one.location, one.source, one.resource)

    def annotates(self, resource: Resource, rule: str) -> bool:
        """Tell whether an annotation of an object suppresses a rule."""
        return (id(resource), rule) in self._by_resource

    def complaints(self, decided: frozenset[str]) -> Iterator[Complaint]:
        """Yield what is wrong with the suppressions: no reason, an unknown rule, or nothing left to silence.

        `decided` are the rules that ran to their end in this run; only for these can a suppression be called unused.
        """
        self._mark_used()
        yield from self._malformed
        for suppression in self._all():
            if not suppression.acceptance.reason:
                yield _complaint(suppression, "gives no reason", "Write after the rule why the finding is accepted.")
            elif not suppression.used and suppression.rule in decided:
                yield _complaint(suppression, "silences nothing", "Remove it, or it hides the next finding.")

    def _mark_used(self) -> None:
        """Mark what covers the same finding as the suppression that accepted it."""
        for rules in self._by_file.values():
            for comments in rules.values():
                comments.mark_used()
        for first, *others in self._by_resource.values():
            for suppression in others:
                suppression.used = suppression.used or first.used

    def _all(self) -> Iterator[_Suppression]:
        yield from self._in_comments
        yield from self._in_annotations()
        for entries in self._configured.values():
            yield from (entry.suppression for entry in entries)

    def _in_annotations(self) -> Iterator[_Suppression]:
        """Yield the suppressions of annotations; of those that rendered units share at one place only one, used where any was."""
        places: dict[tuple[Location, str], list[_Suppression]] = defaultdict(list)
        for suppressions in self._by_resource.values():
            for suppression in suppressions:
                places[suppression.location, suppression.written].append(suppression)
        for shared in places.values():
            yield next((one for one in shared if one.used), shared[0])

    def _read_comments(self, path: str, source: SourceText) -> None:
        if MARK not in source.text:
            return
        for chunk in documents.split(source.text, with_comments=True):
            last = chunk.line + chunk.text.count("\n")
            linted = self._linted.get(path, [])
            is_linted = bisect_left(linted, chunk.line) < bisect_right(linted, last)
            for comment in documents.comments(chunk):
                match = re.search(_COMMENT, comment.text)
                if match and (match["form"] in _FORMS or match["rules"] is not None):
                    span = Span(comment.line, comment.column, comment.line, comment.column + len(comment.text) + 2)
                    self._read_comment(match, Location(path, span), source, own_line=comment.own_line, is_linted=is_linted)

    def _read_lines(self, path: str, source: SourceText) -> None:
        """Read the comments of a template or value file line by line: a template is no YAML, and comments of Go count too."""
        for number in range(1, source.line_count + 1) if MARK in source.text else ():
            line = source.line(number)
            match = re.search(_COMMENT_OF_TEMPLATE, line)
            if match:
                span = Span(number, match.start() + 1, number, len(line) + 1)
                own_line = not line[: match.start()].strip()
                self._read_comment(match, Location(path, span), source, own_line=own_line, is_linted=False)

    def _read_comment(self, match: re.Match[str], location: Location, source: SourceText, *, own_line: bool, is_linted: bool) -> None:
        if match["form"] not in _FORMS:
            headline = f"{quoted(match['form'])} is not a valid suppression"
            self._malformed.append(Complaint(location, headline, source, help=f"Write {_SHAPE}."))
            return
        names = [name.strip() for name in (match["rules"] or "").split(",") if name.strip()]
        if not names:
            headline = f"Suppression '{match['form']}' names no rule"
            self._malformed.append(Complaint(location, headline, source, help=f"Write `{match['form']}[rule-id] reason`."))
        acceptance = Acceptance("comment", _without_end_of_comment(match["reason"]).strip(" -:"))
        lines = self._covered_lines(source, location.span.line, match["form"], own_line=own_line)
        for name in names:
            rule = self._known(name, location, source)
            if rule:
                suppression = _Suppression(rule, name, acceptance, location, source, lines=lines)
                suppression.used = not is_linted
                self._by_file[location.path][rule].suppressions.append(suppression)
                self._in_comments.append(suppression)

    def _covered_lines(self, source: SourceText, line: int, form: str, *, own_line: bool) -> range:
        if form == "ignore-file":
            return range(1, source.line_count + 2)
        if not own_line:
            return range(line, line + 1)
        blocks = self._blocks.get(id(source))
        if blocks is None:
            blocks = self._blocks[id(source)] = _Blocks(source)
        return blocks.below(line)

    def _read_annotation(self, resource: Resource) -> None:
        value = resource.annotations.get(ANNOTATION)
        if not isinstance(value, str):
            return
        location = resource.location(("metadata", "annotations", ANNOTATION), "key")
        for names, reason in self._entries(value):
            acceptance = Acceptance("annotation", reason)
            for name in names:
                rule = self._known(name, location, resource.source)
                if rule:  # what is rendered may be reported in a value file, far from its annotation
                    suppression = _Suppression(rule, name, acceptance, location, resource.source, resource)
                    self._by_resource[id(resource), rule].append(suppression)

    def _entries(self, value: str) -> Iterator[tuple[list[str], str]]:
        """Yield the rules and the reason of each entry `rule, rule: reason`; what names no rule belongs to the reason before it."""
        entries: list[tuple[list[str], list[str]]] = []
        for part in filter(None, (part.strip() for part in re.split(r"[;\n]", value))):
            before, _, after = part.partition(":")
            names = [name.strip() for name in before.split(",") if name.strip()]
            if entries and not all(self._canonical_id(name) for name in names):
                entries[-1][1].append(part)
            else:
                entries.append((names, [after.strip()]))
        yield from ((names, "; ".join(reasons)) for names, reasons in entries)

    def _read_entry(self, entry: ConfigSuppression) -> None:
        rule = self._known(entry.rule, entry.location, None)
        if rule:
            acceptance = Acceptance("config", entry.reason)
            self._configured[rule].append(_Entry(_Suppression(rule, entry.rule, acceptance, entry.location), _described_by(entry)))

    def _known(self, name: str, location: Location, source: SourceText | None) -> str | None:
        rule = self._canonical_id(name)
        if rule is None:
            headline = f"Suppression names rule {quoted(name)}, which does not exist"
            self._malformed.append(Complaint(location, headline, source, help="Correct the id: `k8slblint rules` lists all rules."))
        return rule


_SHAPE = "`ignore[rule-id] reason`"


def _complaint(suppression: _Suppression, fault: str, help_: str) -> Complaint:
    rule, resource = suppression.written, suppression.resource
    whose = f"{resource.id}: suppression" if resource is not None else "Suppression"
    location, source = suppression.location, suppression.source
    return Complaint(location, f"{whose} of {quoted(rule)} {fault}", source, resource, help=help_, cause=f"{fault} {rule}")


def _described_by(entry: ConfigSuppression) -> Callable[[Candidate], bool]:
    names_resource = (entry.kind, entry.namespace, entry.name) != ("*", "*", "*")

    def applies(candidate: Candidate) -> bool:
        path = candidate.location.path
        if entry.paths and not (matches_any(path, entry.paths) or matches_any(full_path(path), entry.paths)):
            return False
        resource = candidate.resource
        if resource is None:
            return not names_resource
        return (
            fnmatchcase(resource.kind, entry.kind)
            and fnmatchcase(resource.namespace or "", entry.namespace)
            and fnmatchcase(resource.name, entry.name)
        )

    return applies


class _Blocks:
    """Which lines a comment on a line of its own covers: the next line that is no comment, with all that is indented below it.

    The ends are found for all lines at once, from the last to the first, so that many comments take no longer than one.
    """

    def __init__(self, source: SourceText) -> None:
        self._source = source
        self._count = source.line_count
        self._ends = [self._count + 1] * (self._count + 2)
        self._heads = [self._count + 1] * (self._count + 2)
        self._nearest: list[int] = []  # lines below, the nearest last, each indented less than those after it in the list
        self._indents: list[int] = []
        self._past_items: list[int] = []  # where the block of a key ends that has items of its own indent below it
        for line in range(self._count, 0, -1):
            self._read(line, source.line(line))

    def below(self, line: int) -> range:
        """Return the lines that a comment in `line` covers."""
        first = self._heads[min(line + 1, self._count + 1)]
        return range(first, max(self._ends[first], first + 1))

    def _read(self, line: int, text: str) -> None:
        if _is_comment(text):
            self._heads[line] = self._heads[line + 1]
            return
        self._heads[line] = line
        indent = _indent(text)
        at = bisect_right(self._indents, indent) - 1
        next_line = past_items = self._nearest[at] if at >= 0 else self._count + 1
        if at >= 0 and self._indents[at] == indent and _is_item(self._source.line(next_line)):
            past_items = self._past_items[at]
        self._ends[line] = next_line if text.lstrip().startswith("- ") else past_items
        if text.strip():
            kept = bisect_left(self._indents, indent)
            self._indents[kept:] = [indent]
            self._nearest[kept:] = [line]
            self._past_items[kept:] = [past_items]


def _without_end_of_comment(reason: str) -> str:
    """Return a reason without the `*/}}` that ends a comment of a template."""
    kept = reason.rstrip()
    inside = kept.removesuffix("}}").removesuffix("-").rstrip()
    return inside.removesuffix("*/").rstrip() if kept.endswith("}}") and inside.endswith("*/") else kept


def _is_item(text: str) -> bool:
    return text.strip() == "-" or text.lstrip().startswith("- ")


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip(" "))


def _is_comment(text: str) -> bool:
    return text.lstrip().startswith("#")
