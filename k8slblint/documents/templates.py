"""Recognises unrendered templates: text that becomes YAML only after Helm, Jinja or Go templates have run."""

import re
from collections.abc import Iterator
from functools import lru_cache

from k8slblint.documents.comments import comments
from k8slblint.documents.parsing import parse
from k8slblint.documents.parts import BrokenDocument, Chunk
from k8slblint.documents.splitting import split

_CONTROL = r"(?:\{\{-?[ \t]*(?:if|else|end|range|with|define|block|template|include|/\*)(?![A-Za-z0-9_])|\{%|</?\#[a-z]"
_CONTROL += r"|%\{~?[ \t]*(?:if|else|endif|for|endfor)(?![A-Za-z0-9_]))"
"""Control words of Go templates, Jinja, FreeMarker (`<#if x>`, `</#if>`) and Terraform (`%{ for x in y ~}`)."""

_STRUCTURE = rf"""(?xm)
      ^[ \t]* \#+ [ \t]* {_CONTROL}                                # in a comment of its own
    | ^[ \t]* (?:-[ \t]++)*+ (?:[^\s"'\#{{][^"'\#{{\n]*:[ \t]+)? {_CONTROL}  # as a line, an element or a value
    | ^[ \t]* \{{\{{-?[ \t]* (?![.$\s])                            # any other action that starts a line
    """
_CONTROL_IN_COMMENT = r"\#*[ \t]*" + _CONTROL


_FORMAT_FIELD = r"(?m)^[ \t]*(?:-[ \t]+)*[\w./-]+:[ \t]+[\w./:-]*\{[A-Za-z_]\w*(?:\.\w+|\[\w+\])*\}[\w./:{}\[\]-]*[ \t]*$"
"""A field of Python's `str.format` as a value without quotes: `name: {test.name}-sa`."""


_FIELD = r"\{[A-Za-z_]\w*(?:\.\w+|\[\w+\])*\}"
"""The field itself, which is looked for first: in large texts that takes a hundredth of the time."""


def has_format_fields(text: str) -> bool:
    """Tell whether a text is filled in by Python's `str.format`: its fields are flow mappings without a value, which no manifest has."""
    return "{" in text and re.search(_FIELD, text) is not None and re.search(_FORMAT_FIELD, text) is not None


_YTT = r"(?m)^[ \t]*+(?:-[ \t]++)*+(?:[^\s#'\"][^#'\"\n]*:[ \t]+)?\#@(?:[ \t]|[a-z]+/)"
"""Code of ytt, which stands in comments: `name: #@ app.name`, `#@ def f():`, `#@overlay/match by="name"`."""


def has_ytt_code(text: str) -> bool:
    """Tell whether a text is filled in, or laid over another, by ytt (carvel.dev/ytt): as plain YAML it says something else."""
    return "@" in text and "#@" in text and re.search(_YTT, text) is not None


@lru_cache(maxsize=2)
def has_template_syntax(text: str) -> bool:
    """Tell whether a text holds any `{{`, `{%`, `%{` or `</#`, so that a document that cannot be read may be a template.

    A single character is found ten times as fast as two, and most texts have none.
    """
    return ("{" in text and ("{{" in text or "{%" in text or "%{" in text)) or ("<" in text and "</#" in text)


@lru_cache(maxsize=2)
def is_template(text: str) -> bool:
    """Tell whether the structure of a text is up to a template engine: control words outside of scalars, or in comments.

    `{{ if }}`, `{{ range }}`, `{{ include }}`, `{% for %}` inside scalars are data (alert texts, ApplicationSets), and
    `{{ .Values.x }}` as a value is a placeholder; neither makes a template of a document. A field of `str.format` does.
    The last answers are kept: what reads a document asks in several places.
    """
    if has_format_fields(text):
        return True
    if not has_template_syntax(text) or not re.search(_STRUCTURE, text):
        return False
    return any(_is_templated(chunk) for chunk in split(text))


def _is_templated(chunk: Chunk) -> bool:
    if not re.search(_STRUCTURE, chunk.text):
        return False
    try:
        parse(chunk)
    except BrokenDocument:
        return re.search(_STRUCTURE, outside_of_blocks(chunk.text)) is not None
    return any(re.match(_CONTROL_IN_COMMENT, comment.text) for comment in comments(chunk))


def outside_of_blocks(text: str) -> str:
    """Return a text without what its block scalars hold (`|`, `>`), in which braces are data."""
    if "|" not in text and ">" not in text:
        return text
    return "".join(line for line, is_data in lines_with_blocks(text) if not is_data)


def lines_with_blocks(text: str) -> Iterator[tuple[str, bool]]:
    """Yield the lines of a text, with their ends, and whether a block scalar (`|`, `>`) holds them.

    A line with less indentation than the text of the scalar ends it, as a control word that Helm reads often has.
    """
    least: int | None = None
    for line in text.splitlines(keepends=True):
        indent = len(line) - len(line.lstrip(" "))
        if least is not None and (not line.strip() or indent >= least):
            yield line, True
            continue
        header = re.match(_BLOCK, line)
        least = (len(header["lead"]) if header["key"] else header["lead"].rfind("-")) + 1 if header else None
        yield line, False


_BLOCK = r"""(?P<lead>[ ]*+(?:-[ ]++)*+)(?P<key>[^\s"'\#{:][^"'\#{:\n]*+:[ \t]++)?+[|>][-+0-9]{0,2}[ \t]*+(?:\#[^\n]*+)?+\r?\n"""
"""A line that opens a block scalar; its text is indented more than the key, or than the last dash where there is no key."""
