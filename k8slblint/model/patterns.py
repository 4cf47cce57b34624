"""Regular expressions of modules that are compiled when one is first used: a scan uses a third of those that it imports.

The library of Python compiles in Python, in 0.2 ms for each; sixty were a twentieth of a scan of one file.
"""

import re
from typing import TYPE_CHECKING, Any, AnyStr


class LazyPattern:
    """Stands for a compiled expression: what is asked of it is kept as an attribute, so that only the first time costs more."""

    def __init__(self, source: str | bytes, flags: int) -> None:
        """Note what to compile."""
        self._source = source
        self._flags = flags

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # of copies and the like, which a pattern does not answer
            raise AttributeError(name)
        found = getattr(re.compile(self._source, self._flags), name)
        setattr(self, name, found)
        return found


if TYPE_CHECKING:

    def pattern(source: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
        """Return what matches an expression of ours, which has to be valid."""

else:

    def pattern(source: AnyStr, flags: int = 0) -> LazyPattern:
        """Return what matches an expression of ours, which has to be valid."""
        return LazyPattern(source, flags)
