"""Turns the events of libyaml into nodes with values as Kubernetes reads them, without recursion."""

import re
from collections.abc import Callable
from typing import Any

from k8slblint.documents import libyaml
from k8slblint.documents.building import Mapping, Root, Sequence, check_nesting, moved
from k8slblint.documents.lines import LineTable, count_breaks, has_lone_cr, has_yaml_only_breaks
from k8slblint.documents.parts import BrokenDocument, Chunk, Parsed, SyntaxProblem, refuse
from k8slblint.documents.scalars import UnresolvableScalarError, resolve, resolve_tagged, to_json_number
from k8slblint.model.node import Node
from k8slblint.model.patterns import pattern

_PROPERTIES = pattern(r"(?:[&!][^\s]*+[ \t]*+(?:\r?\n[ \t]*+)*+)++")
_ESCAPED_SLASH = pattern(r"[^\\]*(?:\\[^/][^\\]*)*\\/", re.DOTALL)
_BLOCK_STYLES = ("|", ">")
_RATIO_FROM = 400_000
_RATIO_TO = 4_000_000


def compose(chunk: Chunk) -> Parsed:
    """Return the first YAML document of a chunk; Kubernetes ignores what follows it, which is a problem of the result.

    Raises:
        BrokenDocument: libyaml or Kubernetes refuses the document.
    """
    if not has_yaml_only_breaks(chunk.text):
        return _compose(chunk)
    renumbering = _Renumbering(chunk)
    try:
        parsed = _compose(chunk)
    except BrokenDocument as error:
        raise BrokenDocument(renumbering.problem(error.problem)) from None
    renumbering.move_nodes(parsed.root)
    return Parsed(parsed.root, tuple(renumbering.problem(problem) for problem in parsed.problems))


def _compose(chunk: Chunk) -> Parsed:
    try:
        return _Composer(chunk, libyaml.yaml_text(chunk)).parsed()
    except libyaml.errors() as error:
        return compose_refused(chunk, error)


def compose_refused(chunk: Chunk, error: Exception) -> Parsed:
    """Try again with the colons inside words hidden from libyaml, if they are what it refused.

    Raises:
        BrokenDocument: they are not, or not all.
    """
    spared = libyaml.spare_colons(libyaml.yaml_text(chunk), error)
    try:
        if spared is not None:
            return _Composer(chunk, spared.text, spared.stand_in).parsed()
        problem = libyaml.translate(error, chunk)
    except libyaml.errors() as second:
        problem = libyaml.translate(second, chunk)  # no error is kept: with its frames it would keep all that was read
    raise BrokenDocument(problem)


class _Anchored:
    """What an anchor names: the node, and how many nodes it decodes to, or None while it is being built."""

    __slots__ = ("node", "size")

    def __init__(self, node: Node) -> None:
        self.node = node
        self.size: int | None = None


class _Composer:
    """Takes the events of one document in order; `_stack` holds the collections that are open."""

    def __init__(self, chunk: Chunk, text: str, colon: str = "") -> None:
        self._problems: list[SyntaxProblem] = []
        self._text = text
        self._colon = colon
        self._has_escaped_slash = "\\/" in text
        self._line = chunk.line
        self._odd_lines = LineTable(text, yaml=True) if has_lone_cr(text) or has_yaml_only_breaks(text) else None
        self._anchors: dict[str, _Anchored] = {}
        self._budget = _AliasBudget()
        self._frame: Mapping | Sequence | Root = Root(Node(None, chunk.line, 1, chunk.line, 1))
        self._stack: list[tuple[Mapping | Sequence | Root, bool, _Anchored | None, int]] = []

    def parsed(self) -> Parsed:
        """Go through the events of the first document and return its value, with the problems."""
        types = libyaml.event_types()
        handlers: dict[type, Callable[[Any], None]] = {
            types.scalar: self._scalar,
            types.alias: self._alias,
            types.mapping_start: self._start_mapping,
            types.sequence_start: self._start_sequence,
            types.mapping_end: self._end,
            types.sequence_end: self._end,
        }
        events = libyaml.events(self._text)
        for event in events:
            handler = handlers.get(type(event))
            if handler is not None:
                handler(event)
            elif type(event) is types.document_end:
                break
        self._problems.extend(libyaml.rest(events, self._line))
        return Parsed(self._frame.node, tuple(self._problems))

    def _scalar(self, event: Any) -> None:
        start = event.start_mark
        end = event.end_mark
        style = event.style
        text = event.value if not self._colon else event.value.replace(self._colon, ":")
        line = self._line
        node = Node(text, start.line + line, start.column + 1, end.line + line, end.column + 1, style)
        if event.ctag is not None or event.anchor is not None:
            self._apply_properties(node, event)
        elif not style:
            node.value = resolve(text)
            if not text:
                self._place_empty(node, start.index)
        if style:
            self._finish_styled(node, event)
        frame = self._frame
        if type(node.value) is float and not frame.expects_key:
            node.value = self._json_number(node)
        frame.add(node)
        self._budget.decoded += not frame.is_merging  # go-yaml does not decode the key `<<`

    def _apply_properties(self, node: Node, event: Any) -> None:
        """Take a tag and an anchor into account; the scalar starts after them."""
        self._skip_properties(node, event)
        if event.ctag is not None:
            node.value = self._tagged(node, node.value, str(event.ctag))
        elif not node.style:
            node.value = resolve(node.value)
        if event.anchor is not None:
            self._anchors[event.anchor] = anchored = _Anchored(node)
            anchored.size = 1

    def _finish_styled(self, node: Node, event: Any) -> None:
        if node.style in _BLOCK_STYLES:
            self._end_block_scalar(node, event)
        elif self._has_escaped_slash and node.style == '"':
            self._check_escapes(node, event)

    def _check_escapes(self, node: Node, event: Any) -> None:
        r"""Refuse `\/`, which libyaml takes from YAML 1.2 and go-yaml v2 does not know."""
        if _ESCAPED_SLASH.match(self._text, event.start_mark.index, event.end_mark.index):
            refuse("found unknown escape character `\\/` in a double-quoted text", node.line, node.column)

    def _tagged(self, node: Node, text: str, tag: str) -> Any:
        try:
            return resolve_tagged(text, tag)
        except UnresolvableScalarError as error:
            refuse(str(error), node.line, node.column)

    def _json_number(self, node: Node) -> float:
        try:
            return to_json_number(node.value)
        except UnresolvableScalarError as error:
            refuse(str(error), node.line, node.column, node.end_column)

    def _alias(self, event: Any) -> None:
        start = event.start_mark
        end = event.end_mark
        line = start.line + self._line
        anchored = self._anchors.get(event.anchor)
        if anchored is None:
            refuse(f"the anchor '{event.anchor}' is not defined before this alias", line, start.column + 1, end.column + 1)
        if anchored.size is None:
            refuse(f"the anchor '{event.anchor}' contains itself", line, start.column + 1, end.column + 1)
        if not self._budget.take(anchored.size):
            refuse("the document contains excessive aliasing", line, start.column + 1, end.column + 1)
        self._frame.add(moved(anchored.node, Node(None, line, start.column + 1, end.line + self._line, end.column + 1)))

    def _start_mapping(self, event: Any) -> None:
        self._start(event, Mapping(self._collection(event, {}), self._problems))

    def _start_sequence(self, event: Any) -> None:
        if self._frame.is_merging:
            self._budget.decoded -= 1  # go-yaml decodes only the elements
        self._start(event, Sequence(self._collection(event, [])))

    def _collection(self, event: Any, value: Any) -> Node:
        start = event.start_mark
        line = start.line + self._line
        column = start.column + 1
        check_nesting(len(self._stack) + 1, line, column)
        return Node(value, line, column, line, column)

    def _start(self, event: Any, frame: Mapping | Sequence) -> None:
        anchored = None
        if event.anchor is not None:
            self._anchors[event.anchor] = anchored = _Anchored(frame.node)
        self._stack.append((self._frame, event.flow_style, anchored, self._budget.decoded))
        self._budget.decoded += 1
        self._frame = frame

    def _end(self, event: Any) -> None:
        finished = self._frame
        node = finished.node
        self._frame, is_flow, anchored, decoded = self._stack.pop()
        last = None if is_flow else finished.last
        if last is not None:
            node.end_line, node.end_column = last.end_line, last.end_column
        else:
            end = event.end_mark
            node.end_line, node.end_column = end.line + self._line, end.column + 1
        if anchored is not None:
            anchored.size = self._budget.decoded - decoded
        self._frame.add(node)

    def _skip_properties(self, node: Node, event: Any) -> None:
        """Let a scalar with an anchor or a tag start at its text."""
        start = event.start_mark.index
        found = _PROPERTIES.match(self._text, start, event.end_mark.index)
        if found:
            self._move_start(node, event.start_mark, start, found.end())

    def _move_start(self, node: Node, mark: Any, start: int, offset: int) -> None:
        breaks = self._count_breaks(start, offset)
        node.line = mark.line + breaks + self._line
        node.column = (self._column(offset) if breaks else mark.column + offset - start) + 1

    def _place_empty(self, node: Node, offset: int) -> None:
        """Let an empty value stand right after the colon, the dash or the key before it; libyaml puts it at the next token."""
        before = offset
        while before and self._text[before - 1] in " \t\r\n":
            before -= 1
        if before != offset:
            node.line -= self._count_breaks(before, offset)
            node.column = self._column(before) + 1
            node.end_line, node.end_column = node.line, node.column

    def _end_block_scalar(self, node: Node, event: Any) -> None:
        """Let a block scalar end at the end of its last line; libyaml lets it end before the next token."""
        start = event.start_mark.index
        end = start + len(self._text[start : event.end_mark.index].rstrip())
        breaks = self._count_breaks(start, end)
        node.end_line = event.start_mark.line + breaks + self._line
        node.end_column = (self._column(end) if breaks else event.start_mark.column + end - start) + 1

    def _count_breaks(self, start: int, end: int) -> int:
        if self._odd_lines is not None:
            return self._odd_lines.place(end)[0] - self._odd_lines.place(start)[0]
        return count_breaks(self._text, start, end)

    def _column(self, offset: int) -> int:
        if self._odd_lines is not None:
            return self._odd_lines.place(offset)[1]
        return offset - self._text.rfind("\n", 0, offset) - 1


class _AliasBudget:
    """Counts the nodes that go-yaml decodes, and how many of them by aliases (go-yaml v2, `decode.go`, `allowedAliasRatio`)."""

    __slots__ = ("_aliased", "decoded")

    def __init__(self) -> None:
        self.decoded = 1
        self._aliased = 0

    def take(self, size: int) -> bool:
        """Count an alias of an anchor with so many nodes, and tell whether the document stays within the limit."""
        self.decoded += 1 + size
        self._aliased += size
        if self._aliased <= 100 or self.decoded <= 1000:
            return True
        part = min(max((self.decoded - _RATIO_FROM) / (_RATIO_TO - _RATIO_FROM), 0), 1)
        return self._aliased / self.decoded <= 0.99 - 0.89 * part


class _Renumbering:
    """Gives everything the lines of an editor where libyaml has counted NEL, LS and PS as line ends."""

    def __init__(self, chunk: Chunk) -> None:
        text = libyaml.yaml_text(chunk)
        self._first = chunk.line
        self._yaml_lines = LineTable(text, yaml=True)
        self._lines = LineTable(text)

    def problem(self, problem: SyntaxProblem) -> SyntaxProblem:
        """Return a problem with its place as an editor counts it."""
        line, column = self._place(problem.line, problem.column)
        return problem._replace(line=line, column=column, end_column=column + problem.end_column - problem.column)

    def move_nodes(self, root: Node) -> None:
        """Change the places of a node and of everything below it."""
        seen: set[int] = set()
        pending = [root]
        while pending:
            node = pending.pop()
            if id(node) not in seen:
                seen.add(id(node))
                node.line, node.column = self._place(node.line, node.column)
                node.end_line, node.end_column = self._place(node.end_line, node.end_column)
                pending.extend(node.items)
                pending.extend(part for pair in node.members.values() for part in pair)

    def _place(self, line: int, column: int) -> tuple[int, int]:
        line, column = self._lines.place(self._yaml_lines.offset(line - self._first, column - 1))
        return line + self._first, column + 1
