"""How a report looks in one format: `Report -> str`, without input or output."""

from typing import Literal, TypeAlias, get_args

from k8slblint.model.finding import Report
from k8slblint.model.records import NamedTuple

Format: TypeAlias = Literal["text", "concise", "json", "sarif", "github", "markdown"]
FORMATS: tuple[Format, ...] = get_args(Format)
"""The names that `render` knows."""


class Terminal(NamedTuple):
    """What the place that `text` is printed to can show: colours, its columns, and links (OSC 8)."""

    color: bool = False
    width: int = 80
    links: bool = False


PLAIN = Terminal()
"""A place of which nothing is known."""


def render(report: Report, format_: str, *, terminal: Terminal = PLAIN, show_suppressed: bool = False) -> str:
    """Return the report in one of `FORMATS`, ending in a line feed; the same report gives the same text.

    Every format says what was covered and what failed. The text always has a UTF-8 encoding.
    `terminal` matters for `text` only. `show_suppressed` adds suppressed findings to `text`, `concise` and `sarif`;
    `json` always holds them apart, `github` and `markdown` never show them. Raises `ValueError` for an unknown format.
    """
    match format_:  # only the module in use is imported: start-up time
        case "text":
            from k8slblint.reporting import text

            color, width, links = terminal
            return text.render(report, color=color, show_suppressed=show_suppressed, width=width, links=links)
        case "concise":
            from k8slblint.reporting import concise

            return concise.render(report, show_suppressed=show_suppressed)
        case "json":
            from k8slblint.reporting import json

            return json.render(report)
        case "sarif":
            from k8slblint.reporting import sarif

            return sarif.render(report, show_suppressed=show_suppressed)
        case "github":
            from k8slblint.reporting import github

            return github.render(report)
        case "markdown":
            from k8slblint.reporting import markdown

            return markdown.render(report)
    raise ValueError(f"there is no format '{format_}'; there are {', '.join(FORMATS)}")
