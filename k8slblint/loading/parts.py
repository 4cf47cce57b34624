"""What was read of some of the files, in a form that can be handed from process to process and put together in the order of the files."""

from collections.abc import Sequence
from functools import partial
from itertools import repeat
from typing import Any, Protocol

from k8slblint import documents
from k8slblint.budget import Budget, BudgetSpentError
from k8slblint.loading.counting import Collected, Count
from k8slblint.loading.forking import MOST_PARTS, may_share, shared
from k8slblint.loading.hosts.reading import may_set_up_machines
from k8slblint.model.loaded import Gap, InputProblem, SourceFile
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource

_FILES = 200
"""How many files a part has at least; those of a part are read by one process."""

_COUNTS = ("documents_linted", "documents_seen", "documents_with_placeholders", "files_read")


class Reader(Protocol):
    """What reads files one after the other."""

    count: Count

    @property
    def collected(self) -> Collected:
        """What was read so far."""

    def beside(self) -> "Reader":
        """Return what reads other files, for the same questions."""

    def read(self, file: SourceFile) -> None:
        """Read one file. Raises `BudgetSpentError`."""

    def leave_out(self, files: Sequence[SourceFile]) -> None:
        """Pass over files."""


class Part(NamedTuple):
    """What was read of some files, `counts` in the order of `_COUNTS`; `sizes` has the real path, size and path of each that was read.

    `hosts` are the paths of those that may set up machines.
    """

    resources: list[Resource]
    problems: list[InputProblem]
    gaps: list[Gap]
    counts: list[int]
    unopened: dict[str, dict[str, None]]
    files_skipped: Any
    documents_skipped: Any
    unused: Any
    sizes: list[tuple[str, int, str]]
    objects: int
    kinds: dict[str, set[str]]
    hosts: list[str]


class Tally(Count):
    """Counts what one part takes of the budget, which is only asked for time."""

    def __init__(self, budget: Budget) -> None:
        """Count nothing yet."""
        super().__init__(budget, None)
        self.sizes: list[tuple[str, int, str]] = []
        self.objects = 0

    def bytes(self, file: SourceFile, size: int) -> None:
        """Count a file that was read. Raises `BudgetSpentError`."""
        self.budget.ask(file.path)
        self.sizes.append((file.real or file.path, size, file.path))

    def object(self, file: SourceFile) -> None:  # noqa: ARG002 - the name is that of the other
        """Count one document or object."""
        self.objects += 1


def read_shared(files: Sequence[SourceFile], reader: Reader) -> None:
    """Read files, where that may be together with copies of the process; what comes out is the same.

    A part that a copy came to nothing with, or that may be too much for the budget, is read here.
    """
    documents.spare_memory()
    cut = ranges(len(files))
    budget = reader.count.budget
    found = shared(len(cut), lambda number: _part(files[cut[number]], reader), budget.seconds_left) if may_share() else repeat(None)
    for where, part in zip(cut, found, strict=False):
        at = where.start
        try:
            if part is not None and _may_take(part, budget):
                _take(part, files[where], reader.collected, budget)
                continue
            for at in range(where.start, where.stop):
                reader.read(files[at])
        except BudgetSpentError:
            reader.leave_out(files[at:])
            break


def _part(files: Sequence[SourceFile], reader: Reader) -> Part | None:
    """Return what is read of some files, None where the time is spent."""
    other = reader.beside()
    other.count = tally = Tally(reader.count.budget)
    hosts: list[str] = []
    try:
        for file in files:
            other.read(file._replace(read=partial(_noting, file, hosts)))
    except BudgetSpentError:
        return None
    return _packed(other.collected, tally, hosts)


def _noting(file: SourceFile, hosts: list[str]) -> bytes:
    """Return the bytes of a file, which nobody has to read again to find out that it sets up no machines."""
    data = file.read()
    if may_set_up_machines(file.path, data):
        hosts.append(file.path)
    return data


def ranges(files: int) -> list[slice]:
    """Return which files are in which part."""
    size = max(_FILES, -(-files // MOST_PARTS))
    return [slice(start, min(start + size, files)) for start in range(0, files, size)]


def _packed(collected: Collected, tally: Tally, hosts: list[str]) -> Part:
    """Return what a loader has read of the files of a part."""
    loaded = collected.loaded
    counts = [getattr(loaded.completeness, name) for name in _COUNTS]
    skipped = collected.files_skipped.counted, collected.documents_skipped.counted
    unused = collected.unused.collected
    read = loaded.resources, loaded.problems, loaded.gaps, counts, loaded.unopened
    return Part(*read, *skipped, unused, tally.sizes, tally.objects, loaded.kinds, hosts)


def _may_take(part: Part, budget: Budget) -> bool:
    """Tell whether the budget certainly suffices for a part."""
    size = sum(size for _, size, _ in part.sizes)
    limits = budget.limits
    return budget.taken("bytes_read") + size <= limits.bytes_read and budget.taken("objects") + part.objects <= limits.objects


def _take(part: Part, files: Sequence[SourceFile], collected: Collected, budget: Budget) -> None:
    """Add what was read of a part to what a loader has collected. Raises `BudgetSpentError`, having added nothing."""
    for real, size, path in part.sizes:
        budget.read(real, size, path)
    budget.spend("objects", part.objects, files[-1].path)
    loaded = collected.loaded
    loaded.files.update((file.path, file) for file in files)
    loaded.kinds.update(part.kinds)
    loaded.no_hosts.update(file.path for file in files)
    loaded.no_hosts.difference_update(part.hosts)
    loaded.resources += part.resources
    loaded.problems += part.problems
    loaded.gaps += part.gaps
    for name, count in zip(_COUNTS, part.counts, strict=True):
        setattr(loaded.completeness, name, getattr(loaded.completeness, name) + count)
    for kind, paths in part.unopened.items():
        loaded.unopened.setdefault(kind, {}).update(paths)
    collected.files_skipped.add_counted(part.files_skipped)
    collected.documents_skipped.add_counted(part.documents_skipped)
    collected.unused.take(part.unused)
