"""Values that are not known yet: placeholders, and what is refused already for another reason."""

from typing import Any, Final


class Unknown:
    """Stands where a value is not known."""

    __slots__ = ()


UNKNOWN: Final = Unknown()


class Open(dict[str, Any]):
    """A mapping that may have more members than are known: a placeholder is among its keys."""


class OpenList(list[Any]):
    """A list that may have more elements than are known: a placeholder stands for some of them."""


def is_open(value: object) -> bool:
    """Tell whether a mapping or list may hold more than is known."""
    return isinstance(value, Open | OpenList)
