"""What a loading passes over and why, and what it reports of texts that are broken."""

from collections.abc import Sequence

from k8slblint.documents import Chunk, Parsed, SyntaxProblem
from k8slblint.loading.files import Skips
from k8slblint.model.loaded import Gap, Loaded, SourceFile
from k8slblint.model.location import Location, Span
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import SourceText

UNRENDERED, INVALID = "unrendered template", "invalid YAML"


class Text(NamedTuple):
    """A file with its text, and whether all of it is a template."""

    file: SourceFile
    source: SourceText
    is_template: bool = False


class PassedOver:
    """Counts files and documents that are skipped, notes the gaps that they leave, and reports what is broken."""

    def __init__(self, loaded: Loaded) -> None:
        """Add problems and gaps to `loaded`."""
        self._loaded = loaded
        self.files, self.documents = Skips(), Skips()

    def leave_out(self, file: SourceFile, reason: str, explanation: str) -> None:
        """Pass over a file that may hold objects."""
        self.files.add(reason, file.path)
        self._add_gap(file.path, explanation)

    def skip(self, text: Text, chunk: Chunk, reason: str) -> None:
        """Pass over a document."""
        self.skip_at(text, chunk.line, reason)

    def skip_at(self, text: Text, line: int, reason: str) -> None:
        """Pass over an object at a line."""
        self.documents.add(reason, f"{text.file.path}:{line}")

    def skip_template(self, text: Text, chunk: Chunk) -> None:
        """Pass over a template that would yield objects we follow."""
        self.skip(text, chunk, UNRENDERED)
        self._add_gap(text.file.path, UNRENDERED)

    def filled_in(self, text: Text, chunk: Chunk) -> Parsed | None:
        """Return what a document holds once a tool has filled it in, as far as that can be told; None where it is no such document."""
        from k8slblint.loading.filled_in import read_filled_in  # few documents are broken

        found = read_filled_in(chunk)
        if found is not None:
            self._add_gap(text.file.path, UNRENDERED)
        return found

    def take_broken(self, text: Text, chunk: Chunk, problem: SyntaxProblem) -> None:
        """Report a broken document, and pass it over; one that a tool fills in is a template."""
        cause = self.cause(text, chunk, problem)
        if cause is None:
            self.skip_template(text, chunk)
        else:
            self.report_broken(text, cause)
            self.skip(text, chunk, INVALID)

    @staticmethod
    def cause(text: Text, chunk: Chunk, problem: SyntaxProblem) -> SyntaxProblem | None:
        """Return the mistake that a problem comes from, None where the text is broken only until a tool has filled it in."""
        from k8slblint.loading.broken_text import cause_of, is_unrendered  # few trees have any

        return None if text.is_template or is_unrendered(chunk, problem) else cause_of(chunk, problem)

    def report_broken(self, text: Text, problem: SyntaxProblem) -> None:
        """Report what keeps a document from being read, which leaves a gap."""
        self.report(text, problem)
        self._add_gap(text.file.path, INVALID)

    def report_repetitions(self, text: Text, problems: Sequence[SyntaxProblem], chunk: Chunk) -> None:
        """Report keys that are set twice; of a rendered text all, since its templates tell more."""
        from k8slblint.loading.broken_text import as_one_mistake, name_of_object  # few trees have any

        name = name_of_object(chunk) if problems else ""
        for problem in problems if text.file.deployment else as_one_mistake(problems):
            self.report(text, problem, name)

    def report(self, text: Text, problem: SyntaxProblem, name: str = "") -> None:
        """Report a mistake in YAML; `name` is that of the object."""
        from k8slblint.loading.yaml_wording import yaml_problem

        location = Location(text.file.path, Span(problem.line, problem.column, problem.line, problem.end_column))
        self._loaded.problems.append(yaml_problem(problem, location, text.source, name))

    def _add_gap(self, path: str, reason: str) -> None:
        if (gap := Gap(path, reason)) not in self._loaded.gaps[-1:]:
            self._loaded.gaps.append(gap)
