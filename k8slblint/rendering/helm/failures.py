"""What a refusal of Helm means: one sentence, and the file of the tree that it is about."""

import re

from k8slblint.rendering.bounds import MEMORY
from k8slblint.rendering.helm.charts import Chart
from k8slblint.rendering.units import RenderFailure

_AT = re.compile(r"(?:template: |YAML parse error on |at \(?)?(?<![\w./@+-])([\w./@+-]+/(?:templates|crds|charts)/[\w./@+-]+)(?::(\d+))?")
_PREFIX = re.compile(r"^(?:Error: |error: |helm-c: |execution error at \([^)]*\): )+")
_CUT = re.compile(
    r"""template:\ [^\s:]+:\d+(?::\d+)?:\ ?
    |   executing\ "[^"]*"\ at\ <[^>]*>:\ ?
    |   (?<!\S)[\w./@+-]+:\d+:\d+:?(?=\s|$)
    |   error\ calling\ (?:fail|include|tpl):\ (?:template:\ )?
    """,
    re.VERBOSE,
)
"""What is said of the way to the defect and not of the defect."""

_UNREAD = re.compile(r"cannot load ((?:[\w-]+/)*[\w-]+\.ya?ml):")

_LACKING = re.compile(
    r"execution error at \(|nil pointer evaluating |values don't meet the specifications of the schema.*: missing propert"
    r"|\bof nil\b|<nil>|got (?:interface \{\}|nil)"
)
"""A template that asks for values by `required` or `fail`, or reads a key of what no values set, or hands that to a function; a schema
that asks for values.

Sources: Helm 4, pkg/engine/engine.go (`cleanupExecError`, `required`, `fail`), pkg/chart/common/util/jsonschema.go; Go text/template.
"""

_LONGEST_REASON = 300


def template_file(printed: str, places: dict[str, str]) -> str:
    """Return the file in the tree of a template, whose path Helm prints with the names of charts, not of their folders."""
    prefix = max((one for one in places if printed.startswith(f"{one}/")), key=len, default="")
    if not prefix:
        return ""
    place = places[prefix]
    if place.endswith((".tgz", ".tar.gz")):
        return place
    return f"{place}/{printed[len(prefix) + 1 :]}" if place else printed[len(prefix) + 1 :]


def failure_of(errors: str) -> RenderFailure:
    """Make one sentence of what Helm says; `file` is the path that Helm prints."""
    lines = [
        line.strip() for line in errors.strip().splitlines() if line.strip() and not line.startswith(("WARNING", "coalesce.go", "level="))
    ]
    text = " ".join(lines).partition(" Use --debug flag")[0]
    if "fatal error:" in errors or "stack overflow" in errors or "goroutine " in errors:
        return unanswered()
    at = _AT.search(text)
    reason = _PREFIX.sub("", " ".join(_CUT.sub("", text).split())).strip(" :.")
    reason = reason if len(reason) <= _LONGEST_REASON else reason[: _LONGEST_REASON - 4] + " ..."
    line = int(at[2] or 1) if at else 1
    reason = reason or "Helm failed without saying why"
    return RenderFailure("template", reason, at[1] if at else "", line, lacks_values=_LACKING.search(text) is not None)


def unanswered() -> RenderFailure:
    """Return the failure of a Helm that ended for a reason that it does not give."""
    return RenderFailure("bounds", "Helm ended without an answer: the chart takes too much memory or never ends")


def out_of_memory() -> RenderFailure:
    """Return the failure of a Helm that had too little memory."""
    return RenderFailure("bounds", f"Helm took more than {MEMORY // 1_000_000} MB of memory", is_out_of_memory=True)


def placed_failure(failure: RenderFailure, chart: Chart, places: dict[str, str]) -> RenderFailure:
    """Return a failure with its place in the tree, in that of the chart where Helm names none; `places` are those of templates."""
    file = template_file(failure.file, places) if failure.file else ""
    unread = _UNREAD.match(failure.reason)
    if unread and chart.file != chart.folder:
        return failure._replace(file=f"{chart.folder}/{unread[1]}" if chart.folder else unread[1], line=1)
    return failure._replace(file=file or chart.file, line=failure.line if file else 1)
