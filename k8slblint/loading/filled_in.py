"""Reads documents that are YAML but for values that a tool fills in: `{{ name }}` or `#{name}#` without quotes, `${NAME}` in a flow.

YAML reads `{{ name }}` as mappings, and `${NAME}` between brackets as `$` and a mapping, so that it refuses a document with one of them;
`#{name}#` it reads as a comment, so that there is no value. As text such a value is unknown, like one in quotes, and says nothing of the
rest. What may be more than a value, such as an expression that is a line of its own, or one where Kubernetes has a mapping, makes a
template of a document all the same: there may be keys in it.

Values that kpt sets are YAML, and read as what they are made of.
"""

from collections.abc import Iterator
from re import Match
from typing import Any

from k8slblint import documents
from k8slblint.documents import Chunk, Parsed
from k8slblint.model.patterns import pattern
from k8slblint.model.placeholders import has_placeholder, parts_of, setter_at

_BRACED = r"(?:\{\{[^{}\n]*+\}\}|\#\{[^{}\n]*+\})"
"""An expression that no plain scalar begins with: `{{ name }}`, and `#{name}#` of Azure Pipelines and Octopus Deploy."""

_EXPRESSION = rf"{_BRACED}|\$\{{[^{{}}\n]*+\}}"
_MARKS = ("{{", "${", "#{")
_KEY = r"""(?:"[^"\n]*+"|'[^'\n]*+'|[^\s"'#{}\[\]&*!|>%@`,:-][^"'#{}\[\]:\n]*+):[ ]++"""
_LEAD = rf"[ ]*+(?:(?:-[ ]++)++(?:{_KEY})?+|{_KEY})"
_VALUE = pattern(rf"(?P<lead>{_LEAD})(?P<value>(?:{_BRACED}(?:(?![ ]\#)[^\n\r{{}}])*+)++)(?P<rest>(?:[ ]\#[^\n]*+)?+\s*+)")
"""A line whose value begins with an expression; the value ends before a comment."""

_FLOW = pattern(rf"{_LEAD}(?:\[|\{{(?!\{{))")
_IN_FLOW = pattern(rf""""(?:\\.|[^"\\\n])*+"|'[^'\n]*+'|[ ]\#(?!\{{)[^\n]*+|(?P<value>(?:{_EXPRESSION}|[^\s,\[\]{{}}"':]|:(?![ ]))++)""")
"""A part of a flow: a text in quotes, a comment, or a plain text that may hold expressions."""

_HOLDS_ONE = pattern(_EXPRESSION)
_BLANKS = pattern(r"(?<=\{\{)[ ]|[ ](?=\}\})")


_OF_PARTS = frozenset(
    {
        *("metadata", "annotations", "labels", "spec", "template", "selector", "matchLabels", "matchExpressions", "data", "stringData"),
        *("rules", "tls", "http", "paths", "backend", "defaultBackend", "service", "ports", "from", "to", "ingress", "egress"),
        *("listeners", "parentRefs", "backendRefs", "matches", "filters", "rule", "certificateRefs", "allowedRoutes"),
        *("containers", "initContainers", "env", "envFrom", "volumes", "volumeMounts", "resources", "securityContext", "affinity"),
        *("readinessProbe", "livenessProbe", "startupProbe", "valueFrom", "httpGet", "tcpSocket", "sessionAffinityConfig"),
    }
)
"""Fields that are mappings, or lists of mappings, of the kinds that are read."""


def read_filled_in(chunk: Chunk) -> Parsed | None:
    """Return a document that cannot be read as it is, with such values as text, in their lines; None where it is broken all the same."""
    if chunk.is_json or not any(mark in chunk.text for mark in _MARKS):
        return None
    text = "".join(_lines(chunk.text))
    if text == chunk.text:
        return None
    try:
        parsed = documents.parse_shared(chunk._replace(text=text, start=-1))
    except documents.BrokenDocument:
        return None
    is_whole = not parsed.problems and not _lacks_identity(parsed.root.value) and not _lacks_parts(parsed.root.value)
    return parsed if is_whole else None


def read_settable(chunk: Chunk) -> Parsed | None:
    """Return a document with the values that kpt sets as the texts that their comments give; None where it is broken."""
    lines = (line if is_data else _unset(line) for line, is_data in documents.lines_with_blocks(chunk.text))
    try:
        parsed = documents.parse_shared(chunk._replace(text="".join(lines), start=-1))
    except documents.BrokenDocument:
        return None
    return None if parsed.problems else parsed


def _unset(line: str) -> str:
    """Return a line whose value is the text from which kpt makes it: `${name}-ip`; as it was where the value is no scalar."""
    at = setter_at(line)
    lead = _BEFORE_VALUE.match(line, 0, at) if at >= 0 else None
    value = line[lead.end() : at].strip() if lead else ""
    if lead is None or not value or value.startswith(_NO_SCALARS) or lead[0].strip("- ").startswith(_OF_IDENTITY):
        return line
    kind, _, rest = line[at + 2 :].partition(":")
    text = rest.strip() if kind == "kpt-set" else _name_of_setter(rest)
    return f"{lead[0]}{_quoted(text if has_placeholder(text) else '${' + text + '}')} {line[at:]}"


def _name_of_setter(rest: str) -> str:
    """Return the name in `"replicas"}` or `"#/definitions/io.k8s.cli.setters.replicas"}`, without what no name has."""
    name = rest.partition('"')[2].partition('"')[0].rpartition(".")[2]
    return "".join(letter for letter in name if letter.isalnum() or letter in "-_") or "setter"


_BEFORE_VALUE = pattern(_LEAD)
_NO_SCALARS = ("[", "{", "&", "*", "!", "|", ">")
_OF_IDENTITY = ("apiVersion:", "kind:")


def _lacks_identity(value: Any) -> bool:
    """Tell whether it is left open what the object is."""
    named = [value.get(key) for key in ("apiVersion", "kind")] if isinstance(value, dict) else []
    return any(isinstance(one, str) and _HOLDS_ONE.search(one) for one in named)


def _lacks_parts(value: Any) -> bool:
    """Tell whether an expression stands for a part of an object, in which keys may be that would be missed."""
    for part in parts_of(value):
        for key, held in part.items() if isinstance(part, dict) else ():
            texts = (one for one in (held if isinstance(held, list) else (held,)) if isinstance(one, str))
            if key in _OF_PARTS and any(map(_HOLDS_ONE.search, texts)):
                return True
    return False


def _lines(text: str) -> Iterator[str]:
    """Yield the lines of a text with quotes around such values, but for what block scalars hold."""
    for line, is_data in documents.lines_with_blocks(text):
        if is_data or not any(mark in line for mark in _MARKS):
            yield line
        elif found := _VALUE.fullmatch(line):
            yield found["lead"] + _quoted(found["value"].rstrip(" ")) + found["rest"]
        elif _FLOW.match(line):
            yield _IN_FLOW.sub(_part, line)
        else:
            yield line


def _part(found: Match[str]) -> str:
    value = found["value"]
    return _quoted(value) if value and _HOLDS_ONE.search(value) else found[0]


def _quoted(value: str) -> str:
    """Return a value in quotes, as long as before where expressions have blanks to spare, so that what follows keeps its column."""
    value = value.replace("\\", "/").replace('"', "'")
    return f'"{_BLANKS.sub("", value, count=2)}"'
