"""The three answers to a question about the manifests: found, absent, or unknown with a reason."""

from typing import Generic, TypeAlias, TypeVar

from k8slblint.model.records import NamedTuple

T = TypeVar("T")


class Found(NamedTuple, Generic[T]):
    """What was asked for is there."""

    value: T


class Absent(NamedTuple):
    """The evidence is complete and what was asked for is not in it; `near` names close misses."""

    near: tuple[str, ...] = ()


class Unknown(NamedTuple):
    """The evidence is incomplete: the reason in one sentence."""

    reason: str


Answer: TypeAlias = Found[T] | Absent | Unknown
