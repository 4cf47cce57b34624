"""How a report looks in one format: `Report -> str`, without input or output."""

from typing import Literal, TypeAlias, get_args

from k8slblint.model.finding import Report
from k8slblint.reporting.looks import PLAIN, Detail, Terminal

__all__ = ["FORMATS", "PLAIN", "Detail", "Format", "Terminal", "render"]

Format: TypeAlias = Literal["text", "concise", "json", "sarif", "github", "markdown", "junit", "codeclimate"]
FORMATS: tuple[Format, ...] = get_args(Format)
"""The names that `render` knows."""


def render(report: Report, format_: str, *, terminal: Terminal = PLAIN, show_suppressed: bool = False, detail: Detail = "normal") -> str:
    """Return the report in one of `FORMATS`, ending in a line feed; the same report gives the same text.

    Every format but `codeclimate`, which has no place for it, says what was covered and what failed. The text always has a UTF-8 encoding.
    `terminal` matters for `text` only, `detail` for `text` and `concise`.
    `show_suppressed` adds suppressed findings to `text`, `concise` and `sarif`;
    `json` always holds them apart, the others never show them. Raises `ValueError` for an unknown format.
    """
    match format_:  # only the module in use is imported: start-up time
        case "text":
            from k8slblint.reporting import text

            rendered = text.render(report, terminal, show_suppressed=show_suppressed, detail=detail)
        case "concise":
            from k8slblint.reporting import concise

            rendered = concise.render(report, show_suppressed=show_suppressed, detail=detail)
        case "json":
            from k8slblint.reporting import json

            rendered = json.render(report)
        case "sarif":
            from k8slblint.reporting import sarif

            rendered = sarif.render(report, show_suppressed=show_suppressed)
        case "github":
            from k8slblint.reporting import github

            rendered = github.render(report)
        case "markdown":
            from k8slblint.reporting import markdown

            rendered = markdown.render(report)
        case "junit":
            from k8slblint.reporting import junit

            rendered = junit.render(report)
        case "codeclimate":
            from k8slblint.reporting import code_climate

            rendered = code_climate.render(report)
        case _:
            raise ValueError(f"there is no format '{format_}'; there are {', '.join(FORMATS)}")
    return rendered
