"""Where a value of a rendered object is written, with proof: the text there is changed, and the change appears in the object.

How it is found is in `marking`; here is what it may take, and what is reported. What cannot be proven, or not with the work that a
unit has for it, is reported at the object: the line of its kind in its template or base file.
"""

import re
import time
from collections.abc import Collection, Container, Mapping, Sequence
from functools import cached_property

from k8slblint import documents
from k8slblint.budget import OverLimitError
from k8slblint.model.location import Location, Path, Span
from k8slblint.model.node import Node, key_span, smallest_span
from k8slblint.model.resource import Origin, Place, Resource, SourceText
from k8slblint.rendering.branches import Branches
from k8slblint.rendering.engines import Engines
from k8slblint.rendering.gitops.substitution import substitute
from k8slblint.rendering.helm.chart_fields import is_of_chart, line_naming_chart
from k8slblint.rendering.helm.helper_calls import call_of, helper_at
from k8slblint.rendering.lost_parents import line_without_parent
from k8slblint.rendering.marked import Rendering
from k8slblint.rendering.marking import GaveUpError, Search
from k8slblint.rendering.occurrences import Candidate
from k8slblint.rendering.planning import Planned
from k8slblint.rendering.questions import Question, descend
from k8slblint.rendering.shelf import is_on_shelf
from k8slblint.rendering.slimmed import slimmed
from k8slblint.rendering.tree import SourceTree
from k8slblint.rendering.units import Rendered

MOST_WORK = 40.0
"""What each unit may take for its places, in renderings of a small unit (some 0.06 seconds each); no clock decides what is found."""

BYTES_OF_RENDERING = 1_000_000
"""Bytes of rendered text that take as long as starting the renderer."""

BYTES_OF_SEARCH = 5_000_000
"""Bytes of inputs in which a text is searched for in that time."""

_FEW = 3
"""Renderings that each unit may take, however large it is: with three most places are found."""

_DEFINITION = "CustomResourceDefinition"
_EXCERPT_LINES = 8
_TEXT_SUFFIXES = (".yaml", ".yml", ".tpl", ".json", ".txt", ".env", ".properties")
_HELPER_SUFFIX = ".tpl"
_KIND_LINE = re.compile(r"""^[ \t]*+(?:-[ \t]*+)?(?P<key>kind:)[ \t]*+["']?(?P<kind>[^\s"'#]++)["']?[ \t]*+\r?$""", re.MULTILINE)


_STAYING = frozenset({"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Rollout"})


class RenderedUnit:
    """One unit of one revision, rendered anew with changed texts; texts are read once."""

    def __init__(self, name: str, planned: Planned, tree: SourceTree, engines: Engines, size: int = 0) -> None:
        """Hold what rendering needs; `name` describes the unit, `size` is that of what was rendered, in characters."""
        self.name = name
        self.planned = planned
        self.tree = tree
        self._engines = engines
        self._size = size
        self._is_slimmed = not planned.unit.source.is_templated and not planned.has_charts
        self._is_slim_enough = False
        self._left = max(MOST_WORK, _FEW * (1 + size / BYTES_OF_RENDERING))
        self.known_places = engines.known_places
        self._texts: dict[str, str | None] = {}
        self._sources: dict[str, SourceText] = {}
        self._kinds: dict[str, dict[str, Span]] = {}
        self._usual: list[str] | None = None
        self._asked: dict[tuple[int, Path, str], Question] = {}
        self._search = Search(self)

    def text(self, file: str) -> str | None:
        """Return the text of an input, or None where it has none."""
        if file not in self._texts:
            try:
                self._texts[file] = documents.decode(self.tree.read(file)) if file.endswith(_TEXT_SUFFIXES) else None
            except (OSError, OverLimitError, documents.UndecodableText):
                self._texts[file] = None
        return self._texts[file]

    def source(self, file: str) -> SourceText:
        """Return the text of an input for excerpts."""
        if file not in self._sources:
            self._sources[file] = SourceText(self.text(file) or "")
        return self._sources[file]

    def inputs(self, first: str) -> list[str]:
        """Return the inputs that may hold a value: value files from the strongest, then the object's own file, then the others."""
        if self._usual is None:
            self._usual = sorted(self.planned.inputs)
        apart = self._branches.apart_from(first) if self._branches is not None else ()
        known = [file for file in dict.fromkeys([*self.planned.unit.source.strongest_inputs(), first, *self._usual]) if file]
        return [file for file in known if file not in apart and self.text(file) is not None]

    @cached_property
    def _branches(self) -> Branches | None:
        return None if self.planned.has_charts else self.planned.rendered.branches(self.tree, lambda file: self.text(file) or "")

    def rendered_with(self, changes: Mapping[str, str], firsts: Collection[str] = ()) -> Rendering | None:
        """Return what becomes of the objects of some files, or of all, with some texts changed; None when that cannot be rendered.

        Raises `GaveUpError`.
        """
        slim = self._slim if self._is_slimmed else {}
        texts = {**slim, **{file: slimmed(text) if file in slim else text for file, text in changes.items()}}
        share = 1.0
        if self._branches is not None:
            texts |= self._branches.without_others(firsts, lambda file: texts.get(file, self.text(file) or ""))
            share = self._share(firsts)
        cost = 1 + max(0, self._size - (self._left_out if slim else 0)) * share / BYTES_OF_RENDERING
        budget = self._engines.budget
        if cost > self._left or not budget.has_left("seconds", "places", "place_seconds"):
            raise GaveUpError
        tree = self.tree.overlaid({file: text.encode("utf-8", "surrogatepass") for file, text in texts.items()})
        start = time.monotonic()
        outcome = self._engines.render(self.planned.rendered, tree)
        self._left -= cost
        budget.take("places", 1)
        budget.take("place_seconds", time.monotonic() - start)
        rendering = Rendering(outcome, self._filled_in) if isinstance(outcome, Rendered) else None
        if rendering is not None or not slim or self._is_slim_enough:
            self._is_slim_enough = self._is_slim_enough or bool(slim)
            return rendering
        self._is_slimmed = False  # what is left out may be what it fails for
        whole = self.rendered_with(changes, firsts)
        self._is_slimmed = whole is None
        return whole

    @cached_property
    def _slim(self) -> dict[str, str]:
        """The inputs with definitions, without their schemas."""
        read = {file: self.text(file) or "" for file in self.inputs("")}
        return {file: slim for file, text in read.items() if (slim := slimmed(text)) is not text}

    @cached_property
    def _left_out(self) -> int:
        return sum(len(self.text(file) or "") - len(slim) for file, slim in self._slim.items())

    def go_on(self, first: str) -> None:
        """Raise `GaveUpError` where places have taken what they may; ask before a text is searched for in the inputs for a file."""
        self._left -= self._searched * self._share((first,)) / BYTES_OF_SEARCH
        if self._left <= 0 or not self._engines.budget.has_left("seconds", "place_seconds"):
            raise GaveUpError

    @cached_property
    def _searched(self) -> int:
        return sum(len(self.text(file) or "") for file in self.inputs(""))

    def _share(self, firsts: Collection[str]) -> float:
        """Return which share of the inputs matters for some files."""
        if self._branches is None or not firsts or not self._searched:
            return 1.0
        apart = frozenset.intersection(*map(self._branches.apart_from, firsts))
        return 1.0 - sum(len(self.text(file) or "") for file in apart if file in self.planned.inputs) / self._searched

    def mentions(self, word: str) -> bool:
        """Tell whether a word stands in any of the inputs."""
        return any(word in (self.text(file) or "") for file in self.inputs(""))

    @cached_property
    def templates_of_workloads(self) -> list[str]:
        """The templates among the inputs in which some line says that an object is a workload with Pods that stay."""
        templates = (file for file in self.inputs("") if "/templates/" in f"/{file}" and "/tests/" not in file)
        return [file for file in templates if any(one["kind"] in _STAYING for one in _KIND_LINE.finditer(self.text(file) or ""))]

    def _filled_in(self, text: str) -> str:
        variables = self.planned.unit.substitute
        return text if variables is None else substitute(text, variables)

    def ask(self, resource: Resource, file: str, path: Path, at: str) -> None:
        """Note a question, to be answered with the others when the first answer is wanted."""
        key = (id(resource), path, at)
        self._is_slimmed = self._is_slimmed and resource.kind != _DEFINITION
        if key not in self._asked:
            self._asked[key] = Question(resource, file, _existing(resource, path or ("metadata", "name")), at)

    def answer(self, resource: Resource, file: str, path: Path, at: str) -> Candidate | None:
        """Return the text that a value comes from, None where it is not proven; all questions that were noted are answered at once."""
        self.ask(resource, file, path, at)
        asked = self._asked[id(resource), path, at]
        if asked not in self._search.answers:
            self._answer([one for one in self._asked.values() if one not in self._search.answers])
        return self._search.answers[asked]

    def _answer(self, questions: Sequence[Question]) -> None:
        try:
            self._search.answer(questions)
        except (GaveUpError, OverLimitError):
            left = [one for one in questions if one not in self._search.answers]
            self._search.answers.update(dict.fromkeys(left))
            self._engines.budget.places_given_up += len(left)

    def line_without_quotes(self, candidate: Candidate, resource: Resource, template: str, path: Path) -> Span | None:
        """Return the line of a template that prints a text of the values without its quotes, so that it is no text any more.

        That is asked of annotations and labels, which must be text; each line that prints something is marked by a comment of its own.
        """
        node = descend(resource.root, path)
        quote = (self.text(candidate.file) or "")[candidate.start - 1 : candidate.start]
        is_lost = node is not None and isinstance(node.value, bool | int | float) and quote in ("'", '"')
        text = self.text(template) or ""
        if not is_lost or candidate.file == template or path[-2:-1] not in _TEXTS or not self.planned.unit.source.is_templated:
            return None
        try:
            rendering = self.rendered_with({template: _numbered_lines(text)})
            match = _LINE_MARK.search(rendering.line_at(resource, template, path)) if rendering is not None else None
        except (GaveUpError, OverLimitError):
            return None
        lines, number = text.split("\n"), int(match[1]) if match is not None else 0
        if not 0 < number <= len(lines):
            return None
        line = lines[number - 1]
        return Span(number, len(line) - len(line.lstrip()) + 1, number, len(line.rstrip()) + 1)

    def call(self, candidate: Candidate, template: str, path: Path) -> tuple[Location, str] | None:
        """Return where a template calls the helper that a value is written in, None where it is not in a helper of a chart."""
        if not candidate.file.endswith(_HELPER_SUFFIX) or not template:
            return None
        text = self.text(candidate.file) or ""
        helper = helper_at(text, candidate.start)
        key = next((part for part in reversed(path) if isinstance(part, str)), "")
        span = call_of(helper, self.text(template) or "", text, key) if helper is not None else None
        return (Location(self.tree.shown(template), span), self.source(template).line(span.line)) if span is not None else None

    def beginning(self, file: str, kind: str) -> tuple[str, str]:
        """Return the file and kind of the object at which a rendered one is reported; of a chart beside the tree its deployer."""
        unit = self.planned.unit
        return (unit.deployer or unit.path, unit.deployed_by.partition(" ")[0]) if is_on_shelf(file) else (file, kind)

    def start_of(self, file: str, kind: str) -> Span:
        """Return the line at which an object of a kind begins in a file, or the first line."""
        text = self.text(file) or "" if file else ""
        if file not in self._kinds:
            self._kinds[file] = _starts(text)
        first = text.partition("\n")[0].rstrip("\r")
        return self._kinds[file].get(kind) or Span(1, 1, 1, max(2, len(first) + 1))


def _numbered_lines(text: str) -> str:
    """Return a template with a comment behind each line that prints something, which says its number."""
    return "\n".join(
        f"{line} # line{number:06d}" if "{{" in line and line.rstrip().endswith("}}") and not line.rstrip().endswith("-}}") else line
        for number, line in enumerate(text.split("\n"), 1)
    )


_LINE_MARK = re.compile(r" # line([0-9]{6})(?![0-9])")
_TEXTS = (("annotations",), ("labels",))


def _starts(text: str) -> dict[str, Span]:
    """Return where the first object of each kind begins in a text."""
    found: dict[str, Span] = {}
    number, position = 1, 0
    for match in _KIND_LINE.finditer(text):
        number += text.count("\n", position, match.start())
        position = match.start()
        end = len(match[0].rstrip()) + 1
        found.setdefault(match["kind"], Span(number, match.start("key") - match.start() + 1, number, end))
    return found


def _overlay_place(unit: RenderedUnit, resource: Resource) -> Place | None:
    """Return where the kustomization of a unit patches an object, None for what is no kustomization of the tree."""
    found = unit.planned.unit.source.place_of_patch(unit.tree, resource)
    if found is None:
        return None
    file, span = found
    shown = unit.tree.shown(file)
    return Place(Location(shown, span), unit.source(file), Origin(shown, exact=True, unit=unit.name))


class DirectProvenance:
    """Places values of a file that is deployed as it is: the same path in the same file."""

    def __init__(self, unit: RenderedUnit, file: str) -> None:
        """Hold the file that the object stands in."""
        self._unit = unit
        self._file = file

    @property
    def written_in(self) -> str:
        """The file that the object stands in."""
        return self._unit.tree.shown(self._file)

    def place(self, resource: Resource, path: Path, at: str) -> Place:
        """Return the place in the file as it stands, before variables are filled in; the root is shown at its name."""
        root = _document_at(self._unit.text(self._file) or "", resource.root.line) or resource.root
        path = path or ("metadata", "name")
        span = key_span(root, path) if at == "key" else smallest_span(root, path)
        shown = self._unit.tree.shown(self._file)
        return Place(Location(shown, span), self._unit.source(self._file), Origin(shown, exact=True, unit=self._unit.name))

    def start(self, resource: Resource, path: Path, at: str) -> Place:
        """Return the place itself."""
        return self.place(resource, path, at)

    def announce(self, resource: Resource, path: Path, at: str) -> None:
        """Need nothing: the place is known."""

    def mentions(self, word: str) -> bool:
        """Tell whether a word stands in the file."""
        return word in (self._unit.text(self._file) or "")

    def may_print(self, text: str) -> bool:
        """Say no: the object is what it is."""
        return False

    def has_silent_workload(self, printed: Container[str]) -> bool:
        """Say no, likewise."""
        return False


class RenderedProvenance:
    """Places values of one rendered object: `file` is the template or base file it comes from."""

    def __init__(self, unit: RenderedUnit, file: str) -> None:
        """Hold what is needed to render the unit again."""
        self._unit = unit
        self._file = file

    @property
    def written_in(self) -> str:
        """The template or base file that the object comes from, `""` where that is not known."""
        return self._unit.tree.shown(self._file) if self._file else ""

    def announce(self, resource: Resource, path: Path, at: str) -> None:
        """Note what will be asked."""
        if at != "overlay":
            self._unit.ask(resource, self._file, path, at)

    def place(self, resource: Resource, path: Path, at: str) -> Place:
        """Return where a person would change the value at `path`, proven or at the object's start."""
        overlay = _overlay_place(self._unit, resource) if at == "overlay" else None
        return overlay or self._place(resource, path, at, self._unit.answer(resource, self._file, path, at))

    def mentions(self, word: str) -> bool:
        """Tell whether a word stands in anything that the object is rendered from."""
        return self._unit.mentions(word)

    def may_print(self, text: str) -> bool:
        """Tell whether the template has a text, of a chart that nobody is known to deploy."""
        planned = self._unit.planned
        return planned.unit.source.is_templated and not planned.is_stated and text in (self._unit.text(self._file) or "")

    def has_silent_workload(self, printed: Container[str]) -> bool:
        """Tell whether a template of the chart, or of one in it, has a workload and printed none."""
        planned = self._unit.planned
        may_have_one = planned.unit.source.is_templated and not planned.is_stated
        return may_have_one and any(self._unit.tree.shown(file) not in printed for file in self._unit.templates_of_workloads)

    def start(self, resource: Resource, path: Path, at: str) -> Place:
        """Return the object's start."""
        return self._place(resource, path, at, None)

    def _place(self, resource: Resource, path: Path, at: str, candidate: Candidate | None) -> Place:
        path = _existing(resource, path or ("metadata", "name"))
        if candidate is not None and is_of_chart(candidate.file) and self._unit.planned.unit.source.is_templated:
            return self._naming_chart(resource, path)
        printed = self._printed(resource, path, at, candidate) if candidate else None
        start, kind = self._unit.beginning(self._file, resource.kind)
        location = printed or (candidate.span if candidate else self._unit.start_of(start, kind))
        file = candidate.file if candidate and not printed else start or self._unit.planned.unit.path
        tree = self._unit.tree
        origin = Origin(tree.shown(self._file or file), exact=candidate is not None, unit=self._unit.name)
        call = self._unit.call(candidate, self._file, path) if candidate else None
        return Place(Location(tree.shown(file), location), self._unit.source(file), origin, _excerpt(resource, path), call)

    def _naming_chart(self, resource: Resource, path: Path) -> Place:
        """Return the line of the template that prints a field of `Chart.yaml`: it is the template that uses it for what it is not."""
        line = line_naming_chart(self._unit.text(self._file) or "", path) if self._file else None
        if line is None:
            return self._place(resource, path, "value", None)
        tree = self._unit.tree
        location, origin = Location(tree.shown(self._file), line), Origin(tree.shown(self._file), exact=True, unit=self._unit.name)
        return Place(location, self._unit.source(self._file), origin, _excerpt(resource, path))

    def _printed(self, resource: Resource, path: Path, at: str, candidate: Candidate) -> Span | None:
        """Return the line of the template that is at fault for what it makes of values, which are right as they are."""
        if at == "value":
            return self._unit.line_without_quotes(candidate, resource, self._file, path)
        if at != "key" or candidate.file == self._file or not self._unit.planned.unit.source.is_templated:
            return None
        return line_without_parent(self._unit.text(candidate.file) or "", candidate.span, self._unit.text(self._file) or "", path)


def _existing(resource: Resource, path: Path) -> Path:
    """Return the longest beginning of a path that exists in an object."""
    node, length = resource.root, 0
    for part in path:
        child = node.child(part)
        if child is None:
            break
        node, length = child, length + 1
    return path[:length] or ("kind",)


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
        node = descend(resource.root, part)
        if node is not None:
            lines[key_span(resource.root, part).line if isinstance(part[-1], str) else node.line] = None
    chosen = sorted(lines)
    kept = chosen if len(chosen) <= _EXCERPT_LINES else [*chosen[:2], *chosen[2 - _EXCERPT_LINES :]]
    return "\n".join(resource.source.line(line) for line in kept)
