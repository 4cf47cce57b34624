"""What a report for people depends on besides its findings: where it is shown, and how much of it is asked for."""

from typing import Literal, TypeAlias

from k8slblint.model.records import NamedTuple

Detail: TypeAlias = Literal["brief", "normal", "all"]
"""How much is told: findings alone, with a summary, or with nothing left out of lists."""


class Terminal(NamedTuple):
    """What the place that `text` is printed to can show: colours, its columns, and links (OSC 8)."""

    color: bool = False
    width: int = 80
    links: bool = False


PLAIN = Terminal()
"""A place of which nothing is known."""
