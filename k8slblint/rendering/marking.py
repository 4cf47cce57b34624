"""Which text of the inputs appears at a path of a rendered object, found by changing texts and rendering again.

Every text that may be meant is changed to a mark of its own; the mark that shows up at the path names the candidate. Many questions are
answered by one rendering, in which the candidates of all of them are marked; where that changes more of an object than the marked
texts, a question about it is asked by itself. A candidate counts as proven when it shows up again while the others that could be meant for
the same question are left alone.
"""

import re
from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Protocol

from k8slblint.model.location import Path
from k8slblint.rendering.marked import Pure, Rendering
from k8slblint.rendering.marks import mark_of, numbered
from k8slblint.rendering.occurrences import Candidate, key_before, occurrences
from k8slblint.rendering.questions import Question, descend, token_of

_MOST_CANDIDATES = 60
"""Texts that are tried for one value; a value that stands in more places is reported at its object."""

_MOST_PROOFS = 6
"""Candidates that are proven one by one, where the first one does not hold."""

_FEWEST_APART = 4
"""Groups that are halved where they cannot be asked together; fewer are asked one by one, which takes no more."""

_MOST_MARKS = 2_000
"""Marks in one rendering: there are 2,668 node ports to make marks of."""


class GaveUpError(Exception):
    """Places have taken as long as they may; those that are still asked for are not proven."""


class Inputs(Protocol):
    """What is asked of a unit: its texts, and what becomes of it with some of them changed."""

    def text(self, file: str) -> str | None:
        """Return the text of an input, or None where it has none."""

    def inputs(self, first: str) -> Sequence[str]:
        """Return the inputs that may hold a value, in order; `first` is the file that the object comes from."""

    def rendered_with(self, changes: Mapping[str, str], firsts: Collection[str] = ()) -> "Rendering | None":
        """Return what becomes of the objects of some files, or of all, with some texts changed; None when that cannot be rendered.

        Raises `GaveUpError`.
        """

    def go_on(self, first: str) -> None:
        """Raise `GaveUpError` where that has taken too long; `first` is the file for which texts will be searched."""

    @property
    def known_places(self) -> dict[Hashable, Candidate]:
        """Which candidates answered questions of other units; what is found is added."""


class _Group:
    """Questions that ask for the same text of the same inputs, with the candidates that they share."""

    def __init__(self, token: str, form: str, candidates: Sequence[Candidate]) -> None:
        self.token = token
        self.form = form
        self.candidates = candidates
        self.questions: list[tuple[Question, Path]] = []

    @property
    def files(self) -> set[str]:
        """The files that the objects come from."""
        return {one.file for one, _ in self.questions}


class Search:
    """Answers questions about one unit."""

    def __init__(self, unit: Inputs) -> None:
        """Hold the unit."""
        self._unit = unit
        self._candidates: dict[tuple[str, str, str], Sequence[Candidate]] = {}
        self._shown_once: dict[Question, Candidate] = {}
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
            token = token_of(one.resource, path, form)
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
            self._unit.go_on(first)
            self._candidates[key] = list(islice(_candidates(self._unit, first, token, form), _MOST_CANDIDATES))
        return self._candidates[key]

    def _ask(self, groups: Sequence[_Group]) -> None:
        """Answer groups as other units answer them, then together as far as that tells, and those that are left by themselves."""
        left = self._guessed(groups)
        if len(left) > 1:
            left = [group for batch in _batches(left) for group in self._together(batch)]
        for group in left:
            self._alone(group)
        for group in groups:
            for question, path in group.questions:
                found = self.answers.get(question)
                if found is not None:
                    self._unit.known_places.setdefault(_key_of(group, question, path), found)

    def _guessed(self, groups: Sequence[_Group]) -> list[_Group]:
        """Try what is likely to be the answer of each question, all in one rendering; return what is left."""
        chosen: list[tuple[_Group, Question, Path, Candidate]] = []
        left: dict[int, _Group] = {}
        for group in groups:
            likely = self._likely(group)
            for question, path in group.questions:
                if question in likely:
                    chosen.append((group, question, path, likely[question]))
                else:
                    _add_to(left, group, question, path)
        if chosen:
            self._prove(chosen, left)
        return list(left.values())

    def _likely(self, group: _Group) -> dict[Question, Candidate]:
        """Return what answers the same question of another unit, else what stands at the same key of the object's own file.

        Where several objects of a file are asked for the same, as many texts answer in their order. Nothing rests on that but how many
        renderings it takes: each answer is proven.
        """
        likely: dict[Question, Candidate] = {}
        alike: dict[tuple[str, Path], list[Question]] = {}
        own = [one for one in group.candidates if one.file == group.questions[0][0].file]
        for question, path in group.questions if len(group.candidates) > 1 else ():
            known = self._unit.known_places.get(_key_of(group, question, path))
            if known is not None and known in group.candidates:
                likely[question] = known
            else:
                alike.setdefault((question.resource.kind, path), []).append(question)
        for (_, path), questions in alike.items():
            keyed = [one for one in own if group.form == "key" or key_before(self._unit.text(one.file) or "", one) == path[-1]]
            if len(keyed) == len(questions):
                likely.update(zip(sorted(questions, key=lambda one: one.resource.root.line), keyed, strict=True))
        return likely

    # many groups in one rendering

    def _together(self, groups: Sequence[_Group]) -> list[_Group]:
        """Answer what one rendering with all candidates tells, and another with those found; return what has to be asked alone."""
        if len(groups) == 1:
            return list(groups)
        tokens = {candidate: group.token for group in groups for candidate in group.candidates}
        marks, dropped = numbered(tokens)
        rendering = self._marked(marks, tokens, {one.file for group in groups for one, _ in group.questions})
        if rendering is None:
            return self._in_halves(groups)
        chosen: list[tuple[_Group, Question, Path, Candidate]] = []
        again: dict[int, _Group] = {}
        pure = Pure(rendering, marks, tokens)
        for group in groups:
            for question, path in group.questions:
                found = _shown(rendering, question, path, group, marks)
                is_hidden = not found and not _is_there(rendering, question, path, group)
                is_pure = pure.holds(question) and not dropped.intersection(group.candidates)
                if found and is_pure and len(group.candidates) == 1:
                    self.answers[question] = found[0]
                elif found:
                    self._shown_once[question] = found[0]
                    chosen.append((group, question, path, found[0]))
                elif is_hidden or not is_pure:
                    _add_to(again, group, question, path)
        if chosen:
            self._prove(chosen, again)
        return list(again.values())

    def _in_halves(self, groups: Sequence[_Group]) -> list[_Group]:
        """Answer groups of which one breaks the rendering in two parts, so that it holds up few of the others."""
        if len(groups) < _FEWEST_APART:
            return list(groups)
        middle = len(groups) // 2
        return [*self._together(groups[:middle]), *self._together(groups[middle:])]

    def _prove(self, chosen: Sequence[tuple[_Group, Question, Path, Candidate]], again: dict[int, _Group]) -> None:
        """Render with the candidates that were found and no others; what does not hold is left for asking alone."""
        tokens = {candidate: group.token for group, _, _, candidate in chosen}
        marks = numbered(tokens)[0]
        rendering = self._marked(marks, tokens, {question.file for _, question, _, _ in chosen})
        pure = Pure(rendering, marks, tokens) if rendering is not None else None
        for group, question, path, candidate in chosen:
            if rendering and pure and candidate in _shown(rendering, question, path, group, marks) and pure.holds(question):
                self.answers[question] = candidate
            else:
                _add_to(again, group, question, path)

    # one group

    def _alone(self, group: _Group) -> None:
        """Answer the questions of one group: what showed before by itself, else all its candidates marked, then each that was found."""
        single: dict[Candidate, Rendering | None] = {}
        left = [(question, path) for question, path in group.questions if not self._is_shown_again(group, question, path, single)]
        found = self._found(group) if left else {}
        for question, path in left:
            for candidate in found[question][:_MOST_PROOFS]:
                if len(group.candidates) > 1 and candidate not in single:
                    single[candidate] = self._marked({candidate: mark_of(group.token, 0)}, {candidate: group.token}, group.files)
                if len(group.candidates) == 1 or _holds(single[candidate], question, path, group, candidate):
                    self.answers[question] = candidate
                    break

    def _is_shown_again(self, group: _Group, question: Question, path: Path, single: dict[Candidate, Rendering | None]) -> bool:
        """Tell whether the candidate that showed among the marks of others answers a question by itself, and note it."""
        candidate = self._shown_once.get(question)
        if candidate is None or len(group.candidates) == 1 or candidate not in group.candidates:
            return False
        if candidate not in single:
            single[candidate] = self._marked({candidate: mark_of(group.token, 0)}, {candidate: group.token}, group.files)
        if not _holds(single[candidate], question, path, group, candidate):
            return False
        self.answers[question] = candidate
        return True

    def _found(self, group: _Group) -> dict[Question, list[Candidate]]:
        """Return the candidates whose marks show when all are marked; one by one where that breaks the rendering."""
        marks = {candidate: mark_of(group.token, number) for number, candidate in enumerate(group.candidates)}
        rendering = self._marked(marks, dict.fromkeys(marks, group.token), group.files)
        if rendering is not None:
            return {question: _shown(rendering, question, path, group, marks) for question, path in group.questions}
        found: dict[Question, list[Candidate]] = {question: [] for question, _ in group.questions}
        if len(group.candidates) > 1:
            for candidate in group.candidates[: _MOST_PROOFS * 2]:
                rendering = self._marked({candidate: mark_of(group.token, 0)}, {candidate: group.token}, group.files)
                for question, path in group.questions:
                    if _holds(rendering, question, path, group, candidate):
                        found[question].append(candidate)
        return found

    def _marked(self, marks: Mapping[Candidate, str], tokens: Mapping[Candidate, str], firsts: Collection[str]) -> Rendering | None:
        rendering = self._unit.rendered_with(_changes(self._unit, marks), firsts)
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


def _key_of(group: _Group, question: Question, path: Path) -> Hashable:
    """Return what a question has in common with that of another unit which may have the same answer."""
    return question.file, group.token, group.form, question.resource.kind, path


def _add_to(again: dict[int, _Group], group: _Group, question: Question, path: Path) -> None:
    again.setdefault(id(group), _Group(group.token, group.form, group.candidates)).questions.append((question, path))


def _shown(rendering: Rendering, question: Question, path: Path, group: _Group, marks: Mapping[Candidate, str]) -> list[Candidate]:
    """Return the candidates of a group whose marks show at a path."""
    own = {marks[candidate]: candidate for candidate in group.candidates if candidate in marks}
    said = _said(rendering, question, path, group.form, own)
    return [candidate for mark, candidate in own.items() if said is not None and mark in said]


def _holds(rendering: Rendering | None, question: Question, path: Path, group: _Group, candidate: Candidate) -> bool:
    return rendering is not None and bool(_shown(rendering, question, path, group, {candidate: mark_of(group.token, 0)}))


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


def _candidates(unit: Inputs, first: str, token: str, form: str) -> Iterator[Candidate]:
    """Yield the places of a token in the inputs: whole words, outside of comments; parts of a longer value where nothing is whole."""
    for file in unit.inputs(first):
        yield from occurrences(file, unit.text(file) or "", token, form)
    if form == "value" and not token.isdigit():
        for part in dict.fromkeys(re.findall(r"[A-Za-z0-9][A-Za-z0-9_.-]{2,}", token)):
            if part != token:
                for file in unit.inputs(first):
                    yield from occurrences(file, unit.text(file) or "", part, form)


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
