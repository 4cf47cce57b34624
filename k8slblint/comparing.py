"""How a run over the files of now compares with one over the revision before: what is new, known and fixed, suppressions included."""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Protocol, TypeAlias

from k8slblint import grading
from k8slblint.grading import INVALID_RESOURCE, Waiting
from k8slblint.graph.answers import Unknown
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.finding import Finding, Novelty
from k8slblint.model.loaded import Loaded
from k8slblint.model.location import Location
from k8slblint.model.patterns import pattern
from k8slblint.model.resource import Resource, SourceText
from k8slblint.model.rule import SEVERITIES, Confidence, Rule
from k8slblint.novelty import Identities, Observed, known_texts, matched
from k8slblint.reading import Manifests
from k8slblint.suppression import MARK, Suppressions, Written

if TYPE_CHECKING:
    from k8slblint.weakening import Weakened

_COMMENT = pattern(r"k8slblint:\s*+(?P<form>[a-z-]++)\s*+\[(?P<rules>[^\[\]]*+)\]")

_LINES_BELOW = 20
"""How far the line is looked for that a comment is about."""

_Start: TypeAlias = tuple[int, Hashable]


class Ran(Protocol):
    """What a run offers that has collected its findings."""

    waiting: list[Waiting]
    rules: dict[str, Rule]
    suppressions: Suppressions

    @property
    def loaded(self) -> Loaded:
        """What was read."""

    def undecided(self) -> Iterable[str]:
        """Return the rules that could not decide somewhere."""

    def ordered(self) -> tuple[Finding, ...]:
        """Return the findings that were taken up so far."""

    def is_suppressed(self, one: Waiting) -> bool:
        """Tell whether a finding is accepted."""

    def is_doubtful(self, confidence: Confidence) -> bool:
        """Tell whether findings of a confidence are not shown."""

    def placed(self, one: Waiting, *, is_proven: bool) -> tuple[Finding, SourceText]:
        """Return a finding with its place."""

    def add(self, finding: Finding, source: SourceText | None, resource: Resource | None) -> None:
        """Take up a finding that has its place."""

    def add_plain(
        self,
        rule: Rule,
        texts: grading.Texts,
        location: Location,
        source: SourceText | None,
        resource: Resource | None,
        source_line: str,
    ) -> None:
        """Take up a finding about text."""


class Comparison:
    """What two runs of the same rules, over now and over the revision before, have in common."""

    def __init__(self, graph: ResourceGraph, manifests: Manifests, now: Ran, before: Ran, *, is_whole: bool) -> None:
        """Match the findings of two runs that have collected them; the revision before is that of the graph.

        Where it is not whole, only suppressions are compared: the run before has collected nothing.
        """
        self._is_whole = is_whole
        self._now, self._before = now, before
        self._graph, self._manifests = graph, manifests
        self._changed = manifests.changed_paths
        self._identities = Identities(graph, before.loaded)
        found, found_before = ([_observed(one) for one in run.waiting] if is_whole else [] for run in (now, before))
        self._pairs = matched(found, found_before, self._identities)
        problems, problems_before = now.loaded.problems, before.loaded.problems
        self._known_texts = known_texts(problems, problems_before, self._changed)
        self._kept_texts = known_texts(problems_before, problems, None)
        self._sources_before = dict(before.loaded.sources())
        marked = [source for source in self._sources_before.values() if MARK in source.text]
        self._lines = {line.strip() for source in marked for line in source.text.splitlines()}

    def novelty_of(self, number: int) -> Novelty | None:
        """Return whether a finding of now is new: one that was not shown before, or is worse than it was, is so too."""
        if not self._is_whole:
            return None
        one = self._now.waiting[number]
        if one.rule.id == INVALID_RESOURCE and not self._graph.is_changed(one.resource):
            return "known"
        if number not in self._pairs:
            return "new"
        was = self._before.waiting[self._pairs[number]]
        is_worse = SEVERITIES.index(one.severity) > SEVERITIES.index(was.severity) or self._before.is_doubtful(was.confidence)
        return "new" if is_worse or self._was_suppressed(one, was) else "known"

    def novelty_of_text(self, number: int) -> Novelty | None:
        """Return whether a problem of the input is new."""
        if not self._is_whole:
            return None
        return "known" if number in self._known_texts else "new"

    def novelty_of_line(self, path: str, line: str) -> Novelty | None:
        """Return whether a complaint about what is written in a line of a file is new."""
        if not self._is_whole:
            return None
        return "known" if not self._is_changed(path) or line.strip() in self._lines else "new"

    def _is_changed(self, path: str) -> bool:
        return self._changed is None or path in self._changed

    def _was_suppressed(self, one: Waiting, was: Waiting) -> bool:
        """Tell whether a finding was accepted before; of a resource that did not change it is accepted now as well."""
        return was.resource is not one.resource and self._before.is_suppressed(was)

    @property
    def fixed(self) -> tuple[Finding, ...]:
        """The findings that only the revision before has; none of rules that cannot decide now."""
        before, doubtful = self._before, frozenset(self._now.undecided())
        if not self._is_whole:
            return ()
        kept = set(self._pairs.values())
        for number, one in enumerate(before.waiting):
            if number not in kept and one.rule.id not in doubtful:
                finding, source = before.placed(one, is_proven=False)
                before.add(finding, source, one.resource)
        for number, problem in enumerate(before.loaded.problems):
            if number not in self._kept_texts and problem.rule in before.rules:
                line = problem.source.line(problem.location.span.line)
                before.add_plain(before.rules[problem.rule], problem, problem.location, problem.source, None, line)
        return before.ordered()

    def new_suppressions(self) -> Iterator["Weakened"]:
        """Yield the comments and annotations by which less is reported than before."""
        from k8slblint.weakening import of_annotation, of_comment

        comments: dict[str, list[Written]] = defaultdict(list)
        for one in self._now.suppressions.written():
            if one.resource is None:
                comments[one.location.path].append(one)
            elif self._is_new_annotation(one, one.resource):
                yield of_annotation(one.rule, one.location, one.source, one.resource)
        for path, written in comments.items():
            yield from (of_comment(one.rule, one.location, one.source) for one in self._new_comments(path, written))

    def _is_new_annotation(self, one: Written, resource: Resource) -> bool:
        old = self._identities.before(resource)
        if old is resource or isinstance(old, Unknown):
            return False
        return old is None or not self._before.suppressions.annotates(old, one.rule)

    def _new_comments(self, path: str, written: Sequence[Written]) -> Iterator[Written]:
        """Yield the comments of a file that neither it nor a file which is gone had, at the same object and above the same line."""
        if path in self._sources and not self._is_changed(path):
            return
        known = self._comments_before(path)
        starts = self._starts.get(path, [])
        for one in written:
            if one.source is not None:
                context = (one.rule, *_context(one.source, one.location.span.line, starts))
                known[context] -= 1
                if known[context] < 0:
                    yield one

    def _comments_before(self, path: str) -> Counter[tuple[Hashable, ...]]:
        """Return the comments that a file had; of a new one those of all files that are gone, each of which moved once at most."""
        if path not in self._sources:  # a template or a value file
            text = self._manifests.text_before(path)
            return Counter(_contexts(SourceText(text), []) if text is not None else ())
        if path in self._sources_before:
            return Counter(_contexts(self._sources_before[path], self._starts_before.get(path, [])))
        return self._comments_gone

    @cached_property
    def _comments_gone(self) -> Counter[tuple[Hashable, ...]]:
        gone = [path for path in self._sources_before if path not in self._sources]
        return Counter(one for path in gone for one in _contexts(self._sources_before[path], self._starts_before.get(path, [])))

    @cached_property
    def _starts(self) -> Mapping[str, list[_Start]]:
        return _starts(self._now.loaded)

    @cached_property
    def _starts_before(self) -> Mapping[str, list[_Start]]:
        return _starts(self._before.loaded)

    @cached_property
    def _sources(self) -> Mapping[str, SourceText]:
        return dict(self._now.loaded.sources())


def _starts(loaded: Loaded) -> Mapping[str, list[_Start]]:
    """Return by file the first line and the identity of each of its objects, in order."""
    found: dict[str, list[_Start]] = defaultdict(list)
    for one in loaded.resources:
        found[one.path].append((one.root.line, one.key))
    return {path: sorted(starts, key=lambda start: start[0]) for path, starts in found.items()}


def _contexts(source: SourceText, starts: Sequence[_Start]) -> Iterator[tuple[Hashable, ...]]:
    for line in range(1, source.line_count + 1) if MARK in source.text else ():
        match = _COMMENT.search(source.line(line))
        for name in match["rules"].split(",") if match else ():
            yield name.strip(), *_context(source, line, starts)


def _context(source: SourceText, line: int, starts: Sequence[_Start]) -> tuple[Hashable, ...]:
    """Return the form of a comment, the line that it is about, and the object that it is in: its reason and its place may change."""
    text = source.line(line)
    match = _COMMENT.search(text)
    covered = text[: match.start()].strip() if match else ""
    if not covered.strip("#{-/* "):
        below = (source.line(number).strip() for number in range(line + 1, line + _LINES_BELOW))
        covered = next((one for one in below if one and not one.startswith("#")), "")
    index = bisect_right(starts, line, key=lambda start: start[0])
    return match["form"] if match else "", covered, starts[max(index - 1, 0)][1] if starts else None


def _observed(one: Waiting) -> Observed:
    return Observed(one.rule.id, one.resource, one.problem)
