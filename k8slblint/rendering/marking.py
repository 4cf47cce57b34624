"""Knows which text of the inputs of a unit shows at a path of a rendered object, by changing texts and rendering again.

Every text that may be meant is changed to a mark of its own; the mark that shows up at the path names the candidate. Many questions are
answered by one rendering, in which the candidates of all of them are marked; where that changes more of an object than the marked
texts, a question about it is asked by itself. A candidate counts as proven when it shows up again while the others that could be meant for
the same question are left alone.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Protocol

from k8slblint import documents
from k8slblint.budget import OverLimitError
from k8slblint.model.location import Path
from k8slblint.model.node import Node
from k8slblint.model.resource import Resource
from k8slblint.rendering.occurrences import Candidate, occurrences
from k8slblint.rendering.units import Rendered

_MOST_CANDIDATES = 60
"""Texts that are tried for one value; a value that stands in more places is reported at its object."""

_MOST_PROOFS = 6
"""Candidates that are proven one by one, where the first one does not hold."""

_MOST_MARKS = 2_000
"""Marks in one rendering: there are 2,668 node ports to make marks of."""

_MARK = re.compile(r"k8slblint[0-9]{4}k")


class GaveUpError(Exception):
    """Places have taken as long as they may; those that are still asked for are not proven."""


class Inputs(Protocol):
    """What is asked of a unit: its texts, and what becomes of it with some of them changed."""

    def text(self, file: str) -> str | None:
        """Return the text of an input, or None where it has none."""

    def inputs(self, first: str) -> Sequence[str]:
        """Return the inputs that may hold a value, in order; `first` is the file that the object comes from."""

    def rendered_with(self, changes: Mapping[str, str]) -> "Rendering | None":
        """Return what becomes of the unit with some texts changed, None when it cannot be rendered then. Raises `GaveUpError`."""

    def go_on(self) -> None:
        """Raise `GaveUpError` where that has taken too long."""


class Rendering:
    """The objects of one rendering, read once for each file that they come from; `texts` are what its marks stand for."""

    def __init__(self, rendered: Rendered, filled_in: "Filling") -> None:
        """Read nothing yet."""
        self.texts: Mapping[str, str] = {}
        self._rendered = rendered
        self._filled_in = filled_in
        self._named: dict[str, dict[tuple[str, object], list[Node]]] = {}
        self._kinds: dict[str, dict[str, list[Node]]] = {}

    def same(self, resource: Resource, file: str) -> Sequence[Node]:
        """Return the objects that may be the same one: of the same kind and name before it was marked, else of the same kind.

        All are from the same file.
        """
        if file not in self._named:
            self._read(file)
        named = self._named[file].get((resource.kind, resource.name))
        return named or self._kinds[file].get(resource.kind, [])

    def _read(self, file: str) -> None:
        named: dict[tuple[str, object], list[Node]] = {}
        kinds: dict[str, list[Node]] = {}
        for node in self._objects(file):
            kind, name = node.value.get("kind"), _name(node.value)
            if isinstance(kind, str):
                kinds.setdefault(kind, []).append(node)
                if isinstance(name, str):
                    named.setdefault((kind, _unmarked(name, self.texts)), []).append(node)
        self._named[file], self._kinds[file] = named, kinds

    def _objects(self, file: str) -> Iterator[Node]:
        for document in self._rendered.documents:
            if document.file == file:
                yield from self._objects_in(document.text)

    def _objects_in(self, text: str) -> Iterator[Node]:
        try:
            for chunk in documents.split(self._filled_in(text)):
                root = documents.parse(chunk).root
                if isinstance(root.value, dict):
                    yield root
        except (documents.BrokenDocument, OverLimitError):
            return


class Filling(Protocol):
    """How variables are filled into a rendered text."""

    def __call__(self, text: str) -> str:
        """Return the text with the variables of the unit. Raises `OverLimitError`."""


class Question:
    """Where the value (`at="value"`) or the key at a path of an object is written; `file` is what the object comes from."""

    __slots__ = ("askings", "file", "resource")

    def __init__(self, resource: Resource, file: str, path: Path, at: str) -> None:
        """Prepare what may be asked, the best first."""
        self.resource = resource
        self.file = file
        self.askings = list(_askings(resource, path, at))


class _Group:
    """Questions that ask for the same text of the same inputs, with the candidates that they share."""

    def __init__(self, token: str, form: str, candidates: Sequence[Candidate]) -> None:
        self.token = token
        self.form = form
        self.candidates = candidates
        self.questions: list[tuple[Question, Path]] = []


class Search:
    """Answers questions about one unit."""

    def __init__(self, unit: Inputs) -> None:
        """Hold the unit."""
        self._unit = unit
        self._candidates: dict[tuple[str, str, str], Sequence[Candidate]] = {}
        self.answers: dict[Question, Candidate | None] = {}

    def answer(self, questions: Sequence[Question]) -> None:
        """Find the candidate of each question and note it in `answers`, None where none is proven.

        Raises:
            GaveUpError: it would take too long; what was found until then is noted.

        """
        level, waiting = 0, list(questions)
        while waiting:
            asked = [one for one in waiting if level < len(one.askings)]
            self.answers.update((one, None) for one in waiting if level >= len(one.askings))
            self._ask(list(self._groups(asked, level)))
            waiting = [one for one in asked if one not in self.answers]
            level += 1

    def _groups(self, questions: Sequence[Question], level: int) -> Iterator[_Group]:
        groups: dict[tuple[str, str, str], _Group] = {}
        for one in questions:
            path, form = one.askings[level]
            token = _token(one.resource, path, form)
            if token is None:
                continue
            key = (one.file, token, form)
            if key not in groups:
                groups[key] = _Group(token, form, self._candidates_of(*key))
            groups[key].questions.append((one, path))
        yield from (group for group in groups.values() if group.candidates)

    def _candidates_of(self, first: str, token: str, form: str) -> Sequence[Candidate]:
        key = (first, token, form)
        if key not in self._candidates:
            self._unit.go_on()
            self._candidates[key] = list(islice(_candidates(self._unit, first, token, form), _MOST_CANDIDATES))
        return self._candidates[key]

    def _ask(self, groups: Sequence[_Group]) -> None:
        """Answer groups together as far as that tells, and those that are left by themselves."""
        left = groups
        if len(groups) > 1:
            left = [group for batch in _batches(groups) for group in self._together(batch)]
        for group in left:
            self._alone(group)

    # many groups in one rendering

    def _together(self, groups: Sequence[_Group]) -> list[_Group]:
        """Answer what one rendering with all candidates tells, and another with those found; return what has to be asked alone."""
        if len(groups) == 1:
            return list(groups)
        tokens = {candidate: group.token for group in groups for candidate in group.candidates}
        marks, dropped = _numbered(tokens)
        rendering = self._marked(marks, tokens)
        if rendering is None:
            return list(groups)
        chosen: list[tuple[_Group, Question, Path, Candidate]] = []
        again: dict[int, _Group] = {}
        pure = _Pure(rendering, marks, tokens)
        for group in groups:
            for question, path in group.questions:
                found = _shown(rendering, question, path, group, marks)
                is_hidden = not found and not _is_there(rendering, question, path, group)
                if is_hidden or not pure.holds(question) or dropped.intersection(group.candidates):
                    _add_to(again, group, question, path)
                elif found and len(group.candidates) == 1:
                    self.answers[question] = found[0]
                elif found:
                    chosen.append((group, question, path, found[0]))
        if chosen:
            self._prove(chosen, again)
        return list(again.values())

    def _prove(self, chosen: Sequence[tuple[_Group, Question, Path, Candidate]], again: dict[int, _Group]) -> None:
        """Render with the candidates that were found and no others; what does not hold is left for asking alone."""
        tokens = {candidate: group.token for group, _, _, candidate in chosen}
        marks = _numbered(tokens)[0]
        rendering = self._marked(marks, tokens)
        pure = _Pure(rendering, marks, tokens) if rendering is not None else None
        for group, question, path, candidate in chosen:
            if rendering and pure and candidate in _shown(rendering, question, path, group, marks) and pure.holds(question):
                self.answers[question] = candidate
            else:
                _add_to(again, group, question, path)

    # one group

    def _alone(self, group: _Group) -> None:
        """Answer the questions of one group: all its candidates marked, then each that was found by itself."""
        found = self._found(group)
        single: dict[Candidate, Rendering | None] = {}
        for question, path in group.questions:
            for candidate in found[question][:_MOST_PROOFS]:
                if len(group.candidates) > 1 and candidate not in single:
                    single[candidate] = self._marked({candidate: _mark(group.token, 0)}, {candidate: group.token})
                if len(group.candidates) == 1 or _holds(single[candidate], question, path, group, candidate):
                    self.answers[question] = candidate
                    break

    def _found(self, group: _Group) -> dict[Question, list[Candidate]]:
        """Return the candidates whose marks show when all are marked; one by one where that breaks the rendering."""
        marks = {candidate: _mark(group.token, number) for number, candidate in enumerate(group.candidates)}
        rendering = self._marked(marks, dict.fromkeys(marks, group.token))
        if rendering is not None:
            return {question: _shown(rendering, question, path, group, marks) for question, path in group.questions}
        found: dict[Question, list[Candidate]] = {question: [] for question, _ in group.questions}
        if len(group.candidates) > 1:
            for candidate in group.candidates[: _MOST_PROOFS * 2]:
                rendering = self._marked({candidate: _mark(group.token, 0)}, {candidate: group.token})
                for question, path in group.questions:
                    if _holds(rendering, question, path, group, candidate):
                        found[question].append(candidate)
        return found

    def _marked(self, marks: Mapping[Candidate, str], tokens: Mapping[Candidate, str]) -> Rendering | None:
        rendering = self._unit.rendered_with(_changes(self._unit, marks))
        if rendering is not None:
            rendering.texts = {mark: tokens[candidate] for candidate, mark in marks.items()}
        return rendering


def _batches(groups: Sequence[_Group]) -> Iterator[list[_Group]]:
    batch: list[_Group] = []
    count = 0
    for group in groups:
        if batch and count + len(group.candidates) > _MOST_MARKS:
            yield batch
            batch, count = [], 0
        batch.append(group)
        count += len(group.candidates)
    yield batch


def _numbered(tokens: Mapping[Candidate, str]) -> tuple[dict[Candidate, str], set[Candidate]]:
    """Return a mark for each candidate, given with its text, and the candidates that overlap others and so have none."""
    marks: dict[Candidate, str] = {}
    dropped: set[Candidate] = set()
    ends: dict[str, int] = {}
    for candidate in sorted(tokens, key=lambda one: (one.file, one.start, -one.end)):
        if candidate.start < ends.get(candidate.file, 0):
            dropped.add(candidate)
        else:
            marks[candidate] = _mark(tokens[candidate], len(marks))
            ends[candidate.file] = candidate.end
    return marks, dropped


class _Pure:
    """Tells of which objects the marks of a rendering changed nothing but the marked texts: no condition, no default, no length.

    Of the others nothing is concluded from marks that belong to other questions.
    """

    def __init__(self, rendering: Rendering, marks: Mapping[Candidate, str], tokens: Mapping[Candidate, str]) -> None:
        self._rendering = rendering
        self._texts = {mark: tokens[candidate] for candidate, mark in marks.items()}
        self._known: dict[int, bool] = {}

    def holds(self, question: Question) -> bool:
        resource = question.resource
        if id(resource) not in self._known:
            found = self._rendering.same(resource, question.file)
            self._known[id(resource)] = any(self._is_same(node.value, resource.value) for node in found)
        return self._known[id(resource)]

    def _is_same(self, marked: object, value: object) -> bool:
        if isinstance(marked, dict):
            members = {self._unmarked(key): member for key, member in marked.items()}
            if not isinstance(value, dict) or len(members) != len(value):
                return False
            own = {_text(key): member for key, member in value.items()}
            return members.keys() == own.keys() and all(self._is_same(member, own[key]) for key, member in members.items())
        if isinstance(marked, list):
            return isinstance(value, list) and len(marked) == len(value) and all(map(self._is_same, marked, value))
        return not isinstance(value, dict | list) and (marked == value or self._unmarked(marked) == _text(value))

    def _unmarked(self, value: object) -> str:
        return _unmarked(_text(value), self._texts)


def _unmarked(text: str, texts: Mapping[str, str]) -> str:
    """Return a text as it was before it was marked."""
    return texts.get(text) or _MARK.sub(lambda match: texts.get(match[0], match[0]), text)


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _add_to(again: dict[int, _Group], group: _Group, question: Question, path: Path) -> None:
    again.setdefault(id(group), _Group(group.token, group.form, group.candidates)).questions.append((question, path))


def _shown(rendering: Rendering, question: Question, path: Path, group: _Group, marks: Mapping[Candidate, str]) -> list[Candidate]:
    """Return the candidates of a group whose marks show at a path."""
    own = {marks[candidate]: candidate for candidate in group.candidates if candidate in marks}
    said = _said(rendering, question, path, group.form, own)
    return [candidate for mark, candidate in own.items() if said is not None and mark in said]


def _holds(rendering: Rendering | None, question: Question, path: Path, group: _Group, candidate: Candidate) -> bool:
    return rendering is not None and bool(_shown(rendering, question, path, group, {candidate: _mark(group.token, 0)}))


def _is_there(rendering: Rendering, question: Question, path: Path, group: _Group) -> bool:
    """Tell whether a path can be gone along in another rendering: the marks of others may stand in the keys on the way."""
    within = path[:-1] if group.form == "key" else path
    return any(descend(node, within) is not None for node in rendering.same(question.resource, question.file))


def _said(rendering: Rendering, question: Question, path: Path, form: str, marks: Mapping[str, Candidate]) -> str | None:
    """Return what stands at `path` of the same object in another rendering: its value as text, or the marks among its keys."""
    for node in rendering.same(question.resource, question.file):
        if form == "key":
            parent = descend(node, path[:-1])
            keys = [str(key) for key in parent.members] if parent else []
            found = next((key for key in keys if any(mark in key for mark in marks)), None)
            if found:
                return found
        else:
            value = descend(node, path)
            if value is not None and not isinstance(value.value, dict | list):
                return str(value.value)
    return None


def _askings(resource: Resource, path: Path, at: str) -> Iterator[tuple[Path, str]]:
    """Yield what may be asked, the best first: the value, its key, then what it stands in."""
    while path:
        node = descend(resource.root, path)
        is_scalar = node is not None and not isinstance(node.value, dict | list) and node.value is not None
        if at != "key" and is_scalar:
            yield path, "value"
        if isinstance(path[-1], str):
            yield path, "key"
        if at == "key" and is_scalar:
            yield path, "value"
        if len(path) <= 1 or is_scalar:
            return
        path = path[:-1]


def descend(root: Node, path: Path) -> Node | None:
    """Return what stands at a path of a document, or None."""
    node: Node | None = root
    for part in path:
        node = node.child(part) if node is not None else None
    return node


def _token(resource: Resource, path: Path, form: str) -> str | None:
    """Return the text to look for; None for what is too common to tell."""
    if form == "key":
        return str(path[-1]) or None
    node = descend(resource.root, path)
    if node is None:
        return None
    if isinstance(node.value, bool):
        return "true" if node.value else "false"
    text = str(node.value)
    return text if text and "\n" not in text else None


def _candidates(unit: Inputs, first: str, token: str, form: str) -> Iterator[Candidate]:
    """Yield the places of a token in the inputs: whole words, outside of comments; parts of a longer value where nothing is whole."""
    for file in unit.inputs(first):
        yield from occurrences(file, unit.text(file) or "", token, form)
    if form == "value" and not token.isdigit():
        for part in dict.fromkeys(re.findall(r"[A-Za-z0-9][A-Za-z0-9_.-]{2,}", token)):
            if part != token:
                for file in unit.inputs(first):
                    yield from occurrences(file, unit.text(file) or "", part, form)


def _mark(token: str, number: int) -> str:
    """Return a text of the same type as a token that stands nowhere else: another number, or a word that YAML takes for text."""
    if token.isdigit():
        return str(30100 + number) if 30000 <= int(token[:9]) <= 32767 else str(41000 + number)  # noqa: PLR2004 - node ports stay node ports
    return f"k8slblint{number:04d}k"


def _changes(unit: Inputs, marks: Mapping[Candidate, str]) -> dict[str, str]:
    """Return the texts of the inputs with the candidates replaced by their marks; what overlaps an earlier one stays."""
    changed: dict[str, str] = {}
    by_file: dict[str, list[tuple[Candidate, str]]] = {}
    for candidate, mark in marks.items():
        by_file.setdefault(candidate.file, []).append((candidate, mark))
    for file, pairs in by_file.items():
        text, pieces, position = unit.text(file) or "", [], 0
        for candidate, mark in sorted(pairs, key=lambda pair: pair[0].start):
            if candidate.start >= position:
                pieces += [text[position : candidate.start], mark]
                position = candidate.end
        changed[file] = "".join([*pieces, text[position:]])
    return changed


def _name(value: dict[str, object]) -> object:
    metadata = value.get("metadata")
    return metadata.get("name") if isinstance(metadata, dict) else None
