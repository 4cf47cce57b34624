"""Answers of yes, no, or unknown for a reason, and what several of them come to."""

from collections.abc import Iterable
from typing import TypeAlias

from k8slblint.graph.answers import Unknown

Decision: TypeAlias = bool | Unknown


def all_of(*decisions: Decision) -> Decision:
    """Return whether all are true: one that is false decides, whatever is unknown."""
    if any(one is False for one in decisions):
        return False
    return next((one for one in decisions if isinstance(one, Unknown)), True)


def any_of(decisions: Iterable[Decision]) -> Decision:
    """Return whether one is true: one that is true decides, whatever is unknown."""
    every = list(decisions)
    if any(one is True for one in every):
        return True
    return next((one for one in every if isinstance(one, Unknown)), False)
