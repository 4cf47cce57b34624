"""Rows of a catalog by name, each made a record when it is asked for."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

T = TypeVar("T")


class Rows(Mapping[str, T]):
    """The rows by name: many scans ask for the names, few meet one of them."""

    def __init__(self, rows: dict[str, dict[str, Any]], read: Callable[[dict[str, Any]], T]) -> None:
        """Keep the rows as they are; `read` makes a record of one."""
        self._rows = rows
        self._read = read
        self._known: dict[str, T] = {}

    def __getitem__(self, name: str) -> T:
        """Return the record of a row, which is read once."""
        if name not in self._known:
            self._known[name] = self._read(self._rows[name])
        return self._known[name]

    def __contains__(self, name: object) -> bool:
        """Tell whether there is a row, without reading it."""
        return name in self._rows

    def __iter__(self) -> Iterator[str]:
        """Yield the names in the order of the catalog."""
        return iter(self._rows)

    def __len__(self) -> int:
        """Return how many rows there are."""
        return len(self._rows)
