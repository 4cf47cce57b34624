"""Knows where a value of a rendered object is written, and proves it: the text there is changed, and the change shows in the object.

Every text that may be meant is changed at once, each to a mark of its own, and the unit is rendered again; the mark that shows up at
the path names the candidate. It counts as proven when the candidate alone, changed again, shows up there too. What cannot be proven
is reported at the object: the line of its kind in its template or base file.
"""

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from k8slblint import documents
from k8slblint.model.location import Location, Path, Span
from k8slblint.model.node import Node, key_span, smallest_span
from k8slblint.model.resource import Origin, Place, Resource, SourceText
from k8slblint.rendering.helm import HelmEngine
from k8slblint.rendering.kustomize import KustomizeEngine
from k8slblint.rendering.planning import Planned
from k8slblint.rendering.substitution import substitute
from k8slblint.rendering.tree import SourceTree
from k8slblint.rendering.units import ChartRelease, KustomizeRoot, Outcome, PlainFiles, Rendered, RenderedDocument, RenderFailure

_MOST_CANDIDATES = 60
"""Texts that are tried for one value; a value that stands in more places is reported at its object."""

_MOST_PROOFS = 6
"""Candidates that are proven one by one, where the first one does not hold."""

_MOST_RENDERINGS = 400
"""Renderings for the sake of places in one run; later findings are reported at their objects."""

_EXCERPT_LINES = 8
_TEXT_SUFFIXES = (".yaml", ".yml", ".tpl", ".json", ".txt", ".env", ".properties")


class Engines:
    """The engines of a run, asked for units and for units with changed texts."""

    def __init__(self, helm: HelmEngine | None, kustomize: KustomizeEngine | None) -> None:
        """Hold the engines; None where that is off."""
        self._helm = helm
        self._kustomize = kustomize
        self.left = _MOST_RENDERINGS

    def build(self, roots: Sequence[tuple[KustomizeRoot, SourceTree]]) -> list[Outcome]:
        """Return what kustomize makes of roots, in order."""
        if self._kustomize is None:
            return [RenderFailure("off", "rendering of kustomizations is off")] * len(roots)
        return self._kustomize.render_all(roots) if roots else []

    def render(self, source: ChartRelease | KustomizeRoot, tree: SourceTree) -> Outcome:
        """Return what a renderer makes of one chart or root."""
        if isinstance(source, KustomizeRoot):
            return self.build([(source, tree)])[0]
        return self._helm.render(source, tree) if self._helm else RenderFailure("off", "rendering of charts is off")


class _Candidate(NamedTuple):
    """A piece of text that may be what a value comes from: a file, the offsets in its text, and where that is."""

    file: str
    start: int
    end: int
    span: Span


class RenderedUnit:
    """One unit of one revision, rendered anew with changed texts; texts are read once."""

    def __init__(self, name: str, planned: Planned, tree: SourceTree, engines: Engines) -> None:
        """Hold what rendering needs; `name` describes the unit."""
        self.name = name
        self.planned = planned
        self.tree = tree
        self._engines = engines
        self._texts: dict[str, str | None] = {}
        self._sources: dict[str, SourceText] = {}

    def text(self, file: str) -> str | None:
        """Return the text of an input, or None where it has none."""
        if file not in self._texts:
            try:
                self._texts[file] = documents.decode(self.tree.read(file)) if file.endswith(_TEXT_SUFFIXES) else None
            except (OSError, documents.UndecodableText):
                self._texts[file] = None
        return self._texts[file]

    def source(self, file: str) -> SourceText:
        """Return the text of an input for excerpts."""
        if file not in self._sources:
            self._sources[file] = SourceText(self.text(file) or "")
        return self._sources[file]

    def inputs(self, first: str) -> list[str]:
        """Return the inputs that may hold a value: value files from the strongest, then the object's own file, then the others."""
        source = self.planned.unit.source
        layers = [layer.file for layer in reversed(source.layers) if layer.file] if isinstance(source, ChartRelease) else []
        own = [posixpath.join(source.chart, "values.yaml")] if isinstance(source, ChartRelease) else []
        known = [file for file in dict.fromkeys([*layers, *own, first, *sorted(self.planned.inputs)]) if file]
        return [file for file in known if self.text(file) is not None]

    def rendered_with(self, changes: Mapping[str, str]) -> Rendered | None:
        """Return what becomes of the unit with some texts changed; None when it cannot be rendered then."""
        if self._engines.left <= 0:
            return None
        self._engines.left -= 1
        tree = self.tree.overlaid({file: text.encode() for file, text in changes.items()})
        source = self.planned.unit.source
        if isinstance(source, PlainFiles):
            return None
        outcome = self._engines.render(source, tree)
        return outcome if isinstance(outcome, Rendered) else None

    def filled_in(self, text: str) -> str:
        """Return a rendered text with the variables of the unit."""
        variables = self.planned.unit.substitute
        return text if variables is None else substitute(text, variables)


class DirectProvenance:
    """Places values of a file that is deployed as it is: the same path in the same file."""

    def __init__(self, unit: RenderedUnit, file: str) -> None:
        """Hold the file that the object stands in."""
        self._unit = unit
        self._file = file

    def place(self, resource: Resource, path: Path, at: str) -> Place:
        """Return the place in the file as it stands, before variables are filled in; the root is shown at its name."""
        root = _document_at(self._unit.text(self._file) or "", resource.root.line) or resource.root
        path = path or ("metadata", "name")
        span = key_span(root, path) if at == "key" else smallest_span(root, path)
        shown = self._unit.tree.shown(self._file)
        return Place(Location(shown, span), self._unit.source(self._file), Origin(shown, exact=True, unit=self._unit.name))


class RenderedProvenance:
    """Places values of one rendered object: `file` is the template or base file it comes from."""

    def __init__(self, unit: RenderedUnit, file: str) -> None:
        """Hold what is needed to render the unit again."""
        self._unit = unit
        self._file = file
        self._known: dict[tuple[int, Path, str], Place] = {}

    def place(self, resource: Resource, path: Path, at: str) -> Place:
        """Return where a person would change the value at `path`, proven or at the object's start."""
        key = (id(resource), path, at)
        if key not in self._known:
            self._known[key] = self._placed(resource, path, at)
        return self._known[key]

    def _placed(self, resource: Resource, path: Path, at: str) -> Place:
        path = _existing(resource, path or ("metadata", "name"))
        candidate = None
        for asked, form in _askings(resource, path, at):
            candidate = self._proven(resource, asked, form)
            if candidate:
                break
        location = candidate.span if candidate else self._start(resource)
        file = candidate.file if candidate else self._file or self._unit.planned.unit.path
        tree = self._unit.tree
        origin = Origin(tree.shown(self._file or file), exact=candidate is not None, unit=self._unit.name)
        return Place(Location(tree.shown(file), location), self._unit.source(file), origin, _excerpt(resource, path))

    def _proven(self, resource: Resource, path: Path, form: str) -> _Candidate | None:
        token = _token(resource, path, form)
        if token is None:
            return None
        candidates = list(_candidates(self._unit, self._file, token, form))[:_MOST_CANDIDATES]
        found = self._shown_at(resource, path, form, token, candidates)
        for candidate in found[:_MOST_PROOFS]:
            if len(candidates) == 1 or candidate in self._shown_at(resource, path, form, token, [candidate]):
                return candidate
        return None

    def _shown_at(self, resource: Resource, path: Path, form: str, token: str, candidates: Sequence[_Candidate]) -> list[_Candidate]:
        """Return the candidates whose marks show at `path` when all of them are changed, one by one where that breaks the rendering."""
        if not candidates:
            return []
        marks = [_mark(token, number) for number in range(len(candidates))]
        rendered = self._unit.rendered_with(_marked(self._unit, candidates, marks))
        if rendered is None:
            if len(candidates) == 1:
                return []
            alone = (self._shown_at(resource, path, form, token, [one]) for one in candidates[: _MOST_PROOFS * 2])
            return [one for group in alone for one in group]
        said = self._said(rendered, resource, path, form, marks)
        return [candidate for candidate, mark in zip(candidates, marks, strict=True) if said is not None and mark in said]

    def _said(self, rendered: Rendered, resource: Resource, path: Path, form: str, marks: Sequence[str]) -> str | None:
        """Return what stands at `path` of the same object in another rendering: its value as text, or the marks among its keys."""
        for node in _same_objects(rendered, resource, self._file, self._unit):
            if form == "key":
                parent = _descend(node, path[:-1])
                keys = [str(key) for key in parent.members] if parent else []
                found = next((key for key in keys if any(mark in key for mark in marks)), None)
                if found:
                    return found
            else:
                value = _descend(node, path)
                if value is not None and not isinstance(value.value, dict | list):
                    return str(value.value)
        return None

    def _start(self, resource: Resource) -> Span:
        """Return the line at which an object of this kind begins in its file, or the first line."""
        text = self._unit.text(self._file) if self._file else None
        lines = (text or "").splitlines()
        named = re.compile(rf"^\s*-?\s*kind:\s*[\"']?{re.escape(resource.kind)}[\"']?\s*$")
        found = [number for number, line in enumerate(lines, 1) if named.match(line)]
        if found:
            line = lines[found[0] - 1]
            return Span(found[0], line.index("kind:") + 1, found[0], len(line.rstrip()) + 1)
        return Span(1, 1, 1, max(2, len(lines[0]) + 1 if lines else 2))


def _existing(resource: Resource, path: Path) -> Path:
    """Return the longest beginning of a path that exists in an object."""
    node, length = resource.root, 0
    for part in path:
        child = node.child(part)
        if child is None:
            break
        node, length = child, length + 1
    return path[:length] or ("kind",)


def _askings(resource: Resource, path: Path, at: str) -> Iterator[tuple[Path, str]]:
    """Yield what may be asked, the best first: the value, its key, then what it stands in."""
    while path:
        node = _descend(resource.root, path)
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


def _descend(root: Node, path: Path) -> Node | None:
    node: Node | None = root
    for part in path:
        node = node.child(part) if node is not None else None
    return node


def _token(resource: Resource, path: Path, form: str) -> str | None:
    """Return the text to look for; None for what is too common to tell."""
    if form == "key":
        return str(path[-1]) or None
    node = _descend(resource.root, path)
    if node is None:
        return None
    if isinstance(node.value, bool):
        return "true" if node.value else "false"
    text = str(node.value)
    return text if text and "\n" not in text else None


def _candidates(unit: RenderedUnit, first: str, token: str, form: str) -> Iterator[_Candidate]:
    """Yield the places of a token in the inputs: whole words, outside of comments; parts of a longer value where nothing is whole."""
    for file in unit.inputs(first):
        yield from _occurrences(file, unit.text(file) or "", token, form)
    if form == "value" and not token.isdigit():
        for part in dict.fromkeys(re.findall(r"[A-Za-z0-9][A-Za-z0-9_.-]{2,}", token)):
            if part != token:
                for file in unit.inputs(first):
                    yield from _occurrences(file, unit.text(file) or "", part, form)


def _occurrences(file: str, text: str, token: str, form: str) -> Iterator[_Candidate]:
    pattern = re.compile(rf"(?<![\w./-]){re.escape(token)}(?![\w/-]|\.\w)")
    for match in pattern.finditer(text):
        start = text.rfind("\n", 0, match.start()) + 1
        before = text[start : match.start()]
        after = text[match.end() : match.end() + 3].lstrip("\"' ")
        if before.lstrip().startswith("#") or (form == "value" and after.startswith(":") and not before.strip()):
            continue
        if form == "key" and not after.startswith(":") and "{{" not in before and "path:" not in before:
            continue
        line, column = text.count("\n", 0, start) + 1, len(before) + 1
        yield _Candidate(file, match.start(), match.end(), Span(line, column, line, column + len(token)))


def _mark(token: str, number: int) -> str:
    """Return a text of the same type as a token that stands nowhere else: another number, or a word that YAML takes for text."""
    if token.isdigit():
        return str(30100 + number) if 30000 <= int(token) <= 32767 else str(41000 + number)  # noqa: PLR2004 - node ports stay node ports
    return f"k8slblint{number:03d}k"


def _marked(unit: RenderedUnit, candidates: Sequence[_Candidate], marks: Sequence[str]) -> dict[str, str]:
    """Return the texts of the inputs with the candidates replaced by their marks; what overlaps an earlier one stays."""
    changed: dict[str, str] = {}
    by_file: dict[str, list[tuple[_Candidate, str]]] = {}
    for candidate, mark in zip(candidates, marks, strict=True):
        by_file.setdefault(candidate.file, []).append((candidate, mark))
    for file, pairs in by_file.items():
        text, border = unit.text(file) or "", len(unit.text(file) or "") + 1
        for candidate, mark in sorted(pairs, key=lambda pair: pair[0].start, reverse=True):
            if candidate.end <= border:
                text = text[: candidate.start] + mark + text[candidate.end :]
                border = candidate.start
        changed[file] = text
    return changed


def _same_objects(rendered: Rendered, resource: Resource, file: str, unit: RenderedUnit) -> Iterator[Node]:
    """Yield the objects of another rendering that may be the same one: same kind and name, else the same kind from the same file."""
    found = [node for document in rendered.documents for node in _objects(document, file, unit)]
    kind = [node for node in found if node.value.get("kind") == resource.kind]
    named = [node for node in kind if _name(node.value) == resource.name]
    yield from named or kind


def _objects(document: RenderedDocument, file: str, unit: RenderedUnit) -> Iterator[Node]:
    if document.file != file:
        return
    try:
        for chunk in documents.split(unit.filled_in(document.text)):
            root = documents.parse(chunk).root
            if isinstance(root.value, dict):
                yield root
    except documents.BrokenDocument:
        return


def _name(value: dict[str, Any]) -> object:
    metadata = value.get("metadata")
    return metadata.get("name") if isinstance(metadata, dict) else None


def _document_at(text: str, line: int) -> Node | None:
    chunks = documents.split(text)
    chunk = next((one for one in reversed(chunks) if one.line <= line), None)
    try:
        return documents.parse(chunk).root if chunk else None
    except documents.BrokenDocument:
        return None


def _excerpt(resource: Resource, path: Path) -> str:
    """Return the rendered lines that lead to a value: the object's name, and the keys above it."""
    lines: dict[int, None] = {}
    for part in (("kind",), ("metadata", "name"), *(path[: end + 1] for end in range(len(path)))):
        node = _descend(resource.root, part)
        if node is not None:
            lines[key_span(resource.root, part).line if isinstance(part[-1], str) else node.line] = None
    chosen = sorted(lines)
    kept = chosen if len(chosen) <= _EXCERPT_LINES else [*chosen[:2], *chosen[2 - _EXCERPT_LINES :]]
    return "\n".join(resource.source.line(line) for line in kept)
