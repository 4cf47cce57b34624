"""What one loading collects, and what its files use of the budget of the run, and of their own limit."""

from k8slblint.budget import Budget, OverLimitError
from k8slblint.loading.files import Skips
from k8slblint.loading.unused_kinds import UnusedKinds
from k8slblint.model.loaded import Loaded, SourceFile
from k8slblint.model.records import NamedTuple

FEWEST_SHARED = 8_000
"""Files from which several processes read them: to hand objects over costs some hundredths of a second for each thousand files."""


class Collected(NamedTuple):
    """What was read of files, with what was passed over, and documents of kinds that nobody uses."""

    loaded: Loaded
    files_skipped: Skips
    documents_skipped: Skips
    unused: UnusedKinds


class Count:
    """Counts what is read against the budget of the run, and objects against a limit for these files alone."""

    def __init__(self, budget: Budget, most_objects: int | None) -> None:
        """Count nothing yet."""
        self.budget = budget
        self._left = most_objects

    def bytes(self, file: SourceFile, size: int) -> None:
        """Count a file that was read; rendered text is counted where it is made. Raises `BudgetSpentError`."""
        if file.deployment is None:
            self.budget.read(file.real or file.path, size, file.path)

    def object(self, file: SourceFile) -> None:
        """Count one document or object. Raises `BudgetSpentError` or, for these files alone, `OverLimitError`."""
        self.budget.spend("objects", 1, file.path)
        if self._left is not None:
            self._left -= 1
            if self._left < 0:
                raise OverLimitError("it yields too many objects", file.path)
