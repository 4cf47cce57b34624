"""The objects of a unit rendered with marks: which is which, and whether the marks changed more of one than its texts."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from k8slblint import documents
from k8slblint.budget import OverLimitError
from k8slblint.model.location import Path
from k8slblint.model.node import Node
from k8slblint.model.resource import Resource
from k8slblint.rendering.marks import text_of, unmarked
from k8slblint.rendering.occurrences import Candidate
from k8slblint.rendering.questions import Question, descend
from k8slblint.rendering.units import Rendered


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

    def line_at(self, resource: Resource, file: str, path: Path) -> str:
        """Return the rendered line in which the value at a path of the same object stands, or `""`."""
        for document in self._rendered.documents:
            text = self._filled_in(document.text) if document.file == file else ""
            for node in self._objects_in(document.text) if text else ():
                value = descend(node, path)
                if value is not None and node.value.get("kind") == resource.kind and _name(node.value) == resource.name:
                    return text.split("\n")[value.line - 1]
        return ""

    def _read(self, file: str) -> None:
        named: dict[tuple[str, object], list[Node]] = {}
        kinds: dict[str, list[Node]] = {}
        for node in self._objects(file):
            kind, name = node.value.get("kind"), _name(node.value)
            if isinstance(kind, str):
                kinds.setdefault(kind, []).append(node)
                if isinstance(name, str):
                    named.setdefault((kind, unmarked(name, self.texts)), []).append(node)
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


class Pure:
    """Tells of which objects the marks of a rendering changed nothing but the marked texts: no condition, no default, no length.

    Of the others nothing is concluded from marks that belong to other questions.
    """

    def __init__(self, rendering: Rendering, marks: Mapping[Candidate, str], tokens: Mapping[Candidate, str]) -> None:
        self._rendering = rendering
        self._texts = {mark: tokens[candidate] for candidate, mark in marks.items()}
        self._known: dict[int, bool] = {}

    def holds(self, question: Question) -> bool:
        """Tell whether they changed nothing else of the object that a question is about."""
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
            own = {text_of(key): member for key, member in value.items()}
            return members.keys() == own.keys() and all(self._is_same(member, own[key]) for key, member in members.items())
        if isinstance(marked, list):
            return isinstance(value, list) and len(marked) == len(value) and all(map(self._is_same, marked, value))
        return not isinstance(value, dict | list) and (marked == value or self._unmarked(marked) == text_of(value))

    def _unmarked(self, value: object) -> str:
        return unmarked(text_of(value), self._texts)


def _name(value: dict[str, object]) -> object:
    metadata = value.get("metadata")
    return metadata.get("name") if isinstance(metadata, dict) else None
