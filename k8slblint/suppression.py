"""Knows what silences a finding: comments, annotations and the configuration; and which of them are unused or unreasoned."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

from k8slblint import documents
from k8slblint.config import ConfigSuppression, full_path
from k8slblint.model.finding import Acceptance
from k8slblint.model.globs import matches_any
from k8slblint.model.location import Location, Span
from k8slblint.model.resource import Resource, SourceText
from k8slblint.model.texts import quoted

RULE_ID = "unused-suppression"

ANNOTATION = "k8slblint.io/ignore"

_COMMENT = re.compile(r"(?:^|#\s*)k8slblint:\s*(?P<form>[a-z-]+)\s*(?:\[(?P<rules>[^\]]*)\])?\s*(?P<reason>.*)$")

_COMMENT_OF_TEMPLATE = re.compile(
    r"(?:(?<!\S)#\s*|\{\{-?\s*/\*\s*)k8slblint:\s*(?P<form>[a-z-]+)\s*(?:\[(?P<rules>[^\]]*)\])?\s*(?P<reason>.*?)(?:\s*\*/\s*-?\}\})?\s*$"
)

_FORMS = ("ignore", "ignore-file")


class Candidate(NamedTuple):
    """What suppression needs to know of a finding: its rule, place, and the resource it is about, if any.

    `source` is given for rendered resources: the text of the template, value file or patch that the place is in.
    """

    rule: str
    location: Location
    resource: Resource | None
    source: SourceText | None = None


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


class _Suppression:
    """One rule named by one comment, annotation or entry, and whether it silenced anything."""

    __slots__ = ("acceptance", "applies", "location", "resource", "rule", "source", "used", "written")

    def __init__(
        self,
        rule: str,
        written: str,
        acceptance: Acceptance,
        location: Location,
        applies: Callable[[Candidate], bool],
        source: SourceText | None = None,
        resource: Resource | None = None,
    ) -> None:
        self.rule = rule
        self.written = written
        self.acceptance = acceptance
        self.location = location
        self.applies = applies
        self.source = source
        self.resource = resource
        self.used = False


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
        self._read: set[str] = set()
        self._canonical_id = canonical_id
        self._by_file: dict[str, list[_Suppression]] = defaultdict(list)
        self._by_resource: dict[int, list[_Suppression]] = defaultdict(list)
        self._configured: list[_Suppression] = []
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
        accepted = None
        annotated = self._by_resource.get(id(candidate.resource), ()) if candidate.resource is not None else ()
        for suppression in (*self._by_file.get(candidate.location.path, ()), *annotated, *self._configured):
            if suppression.rule == candidate.rule and suppression.applies(candidate):
                suppression.used = True
                accepted = accepted or suppression.acceptance
        return accepted

    def complaints(self, decided: frozenset[str]) -> Iterator[Complaint]:
        """Yield what is wrong with the suppressions: no reason, an unknown rule, or nothing left to silence.

        `decided` are the rules that ran to their end in this run; only for these can a suppression be called unused.
        """
        yield from self._malformed
        for suppression in self._all():
            if not suppression.acceptance.reason:
                yield _complaint(suppression, "gives no reason", "Write after the rule why its finding is accepted.")
            elif not suppression.used and suppression.rule in decided:
                yield _complaint(suppression, "silences nothing", "Remove it, or it hides the next finding.")

    def _all(self) -> Iterator[_Suppression]:
        for suppressions in self._by_file.values():
            yield from suppressions
        yield from self._annotated()
        yield from self._configured

    def _annotated(self) -> Iterator[_Suppression]:
        """Yield the suppressions of annotations; of those that rendered units share at one place only one, used where any was."""
        places: dict[tuple[Location, str], list[_Suppression]] = defaultdict(list)
        for suppressions in self._by_resource.values():
            for suppression in suppressions:
                places[suppression.location, suppression.written].append(suppression)
        for shared in places.values():
            yield next((one for one in shared if one.used), shared[0])

    def _read_comments(self, path: str, source: SourceText) -> None:
        if "k8slblint:" not in source.text:
            return
        for chunk in documents.split(source.text, with_comments=True):
            last = chunk.line + chunk.text.count("\n")
            is_linted = any(chunk.line <= line <= last for line in self._linted[path])
            for comment in documents.comments(chunk):
                match = _COMMENT.search(comment.text)
                if match and (match["form"] in _FORMS or match["rules"] is not None):
                    span = Span(comment.line, comment.column, comment.line, comment.column + len(comment.text) + 2)
                    self._read_comment(match, Location(path, span), source, own_line=comment.own_line, is_linted=is_linted)

    def _read_lines(self, path: str, source: SourceText) -> None:
        """Read the comments of a template or value file line by line: a template is no YAML, and comments of Go count too."""
        for number in range(1, source.line_count + 1) if "k8slblint:" in source.text else ():
            line = source.line(number)
            match = _COMMENT_OF_TEMPLATE.search(line)
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
        acceptance = Acceptance("comment", match["reason"].strip(" -:"))
        lines = _covered_lines(source, location.span.line, match["form"], own_line=own_line)
        for name in names:
            self._add(name, acceptance, location, lambda candidate: candidate.location.span.line in lines, source, is_linted=is_linted)

    def _read_annotation(self, resource: Resource) -> None:
        value = resource.annotations.get(ANNOTATION)
        if not isinstance(value, str):
            return
        location = resource.location(("metadata", "annotations", ANNOTATION), "key")
        for names, reason in self._entries(value):
            acceptance = Acceptance("annotation", reason)
            for name in names:
                self._add(name, acceptance, location, _about(resource), resource.source, resource)

    def _entries(self, value: str) -> Iterator[tuple[list[str], str]]:
        """Yield the rules and the reason of each entry `rule, rule: reason`; what names no rule belongs to the reason before it."""
        entries: list[tuple[list[str], str]] = []
        for part in filter(None, (part.strip() for part in re.split(r"[;\n]", value))):
            before, _, after = part.partition(":")
            names = [name.strip() for name in before.split(",") if name.strip()]
            if entries and not all(self._canonical_id(name) for name in names):
                entries[-1] = (entries[-1][0], f"{entries[-1][1]}; {part}")
            else:
                entries.append((names, after.strip()))
        yield from entries

    def _read_entry(self, entry: ConfigSuppression) -> None:
        rule = self._known(entry.rule, entry.location, None)
        if rule:
            acceptance = Acceptance("config", entry.reason)
            self._configured.append(_Suppression(rule, entry.rule, acceptance, entry.location, _described_by(entry)))

    def _add(
        self,
        name: str,
        acceptance: Acceptance,
        location: Location,
        applies: Callable[[Candidate], bool],
        source: SourceText,
        resource: Resource | None = None,
        *,
        is_linted: bool = True,
    ) -> None:
        rule = self._known(name, location, source)
        if rule:
            suppression = _Suppression(rule, name, acceptance, location, applies, source, resource)
            suppression.used = not is_linted
            if resource is None:
                self._by_file[location.path].append(suppression)
            else:  # what is rendered may be reported in a value file, far from its annotation
                self._by_resource[id(resource)].append(suppression)

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


def _about(resource: Resource) -> Callable[[Candidate], bool]:
    return lambda candidate: candidate.resource is resource


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


def _covered_lines(source: SourceText, line: int, form: str, *, own_line: bool) -> range:
    if form == "ignore-file":
        return range(1, source.line_count + 2)
    if not own_line:
        return range(line, line + 1)
    first = line + 1
    while _is_comment(source.line(first)):
        first += 1
    return range(first, _end_of_block(source, first))


def _end_of_block(source: SourceText, first: int) -> int:
    head = source.line(first)
    indent = _indent(head)
    last_line = source.line_count
    line = first + 1
    while line <= last_line and _belongs(source.line(line), head, indent):
        line += 1
    return line


def _belongs(text: str, head: str, indent: int) -> bool:
    if not text.strip() or _is_comment(text) or _indent(text) > indent:
        return True
    is_item = text.strip() == "-" or text.lstrip().startswith("- ")
    return _indent(text) == indent and is_item and not head.lstrip().startswith("- ")


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip(" "))


def _is_comment(text: str) -> bool:
    return text.lstrip().startswith("#")
