"""Reads a field of an object that deploys others, and says why one is not followed."""

from collections.abc import Mapping
from typing import Any

from k8slblint.model.location import Path
from k8slblint.model.placeholders import has_placeholder

DEEPEST = 100
"""Levels of nesting that are followed within an object; manifests have some twenty."""


class NotFollowedError(Exception):
    """What an object deploys is not followed: `reason` is one sentence without a period, `at` the field to look at."""

    def __init__(self, reason: str, at: Path = ()) -> None:
        super().__init__(reason)
        self.reason = reason
        self.at = at


class MissingFolderError(NotFollowedError):
    """What an object deploys is a folder that the tree lacks; `folder` is its path in the repository."""

    def __init__(self, reason: str, at: Path, folder: str) -> None:
        super().__init__(reason, at)
        self.folder = folder


def mapping(value: Any) -> dict[str, Any]:
    """Return a mapping as it is, anything else as an empty one."""
    return value if isinstance(value, dict) else {}


def sequence(value: Any) -> list[Any]:
    """Return a list as it is, anything else as an empty one."""
    return value if isinstance(value, list) else []


def text_of(within: Mapping[str, Any], key: str, at: Path = ()) -> str:
    """Return a text, `""` where it is missing.

    Raises:
        NotFollowedError: it is no text, or a part of it is filled in later.
    """
    value = within.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise NotFollowedError(f"its `{key}` is not text", (*at, key))
    if has_placeholder(value):
        raise NotFollowedError(f"its `{key}` '{value[:80]}' contains a placeholder", (*at, key))
    return value


def is_too_deep(value: Any) -> bool:
    """Tell whether a value is nested more than `DEEPEST` levels."""
    level = [value]
    for _ in range(DEEPEST):
        below: list[Any] = []
        for part in level:
            if isinstance(part, dict):
                below.extend(part.values())
            elif isinstance(part, list):
                below.extend(part)
        if not below:
            return False
        level = below
    return True
