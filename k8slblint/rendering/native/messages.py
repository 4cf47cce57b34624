"""How the render engine is spoken to: a length, JSON, and the bytes of the files that its `blobs` counts.

The other side is `native/render/protocol.go`.
"""

import json
import struct
from collections.abc import Mapping, Sequence
from typing import IO, Any

from k8slblint.rendering import bounds

_LENGTH = struct.Struct(">I")

LONGEST = 7 * bounds.OUTPUT
"""Bytes of an answer: what may be printed, where each byte takes six in JSON, and what stands around it."""


class BrokenPipesError(Exception):
    """The engine has ended, or what it sent is no message; `is_ended` tells which."""

    def __init__(self, *, is_ended: bool) -> None:
        super().__init__()
        self.is_ended = is_ended


def send(pipe: IO[bytes], header: Mapping[str, Any], files: Sequence[bytes] = ()) -> None:
    """Write a message. Raises `BrokenPipesError`."""
    text = json.dumps({**header, "blobs": [len(one) for one in files]}, ensure_ascii=False).encode("utf-8", "replace")
    try:
        pipe.write(_LENGTH.pack(len(text)) + text)
        for one in files:
            pipe.write(one)
        pipe.flush()
    except (OSError, ValueError) as error:  # ValueError: it was closed meanwhile
        raise BrokenPipesError(is_ended=True) from error


def receive(pipe: IO[bytes]) -> dict[str, Any]:
    """Read a message. Raises `BrokenPipesError`."""
    (length,) = _LENGTH.unpack(_read(pipe, _LENGTH.size))
    if length > LONGEST:
        raise BrokenPipesError(is_ended=False)
    try:
        message = json.loads(_read(pipe, length))
    except (ValueError, RecursionError) as error:
        raise BrokenPipesError(is_ended=False) from error
    if not isinstance(message, dict):
        raise BrokenPipesError(is_ended=False)
    return message


def _read(pipe: IO[bytes], size: int) -> bytes:
    try:
        data = pipe.read(size)
    except (OSError, ValueError) as error:
        raise BrokenPipesError(is_ended=True) from error
    if len(data) < size:
        raise BrokenPipesError(is_ended=True)
    return data
