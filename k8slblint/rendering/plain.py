"""Files that are deployed as they are: nothing renders them."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from k8slblint import documents
from k8slblint.budget import OverLimitError
from k8slblint.rendering.kinds import Finder, Listed, Renderer, SourceKind, Wanted
from k8slblint.rendering.source import Parts, Source
from k8slblint.rendering.tree import SourceTree
from k8slblint.rendering.units import Outcome, Rendered, RenderedDocument, RenderFailure


@dataclass(frozen=True)
class PlainFiles(Source):
    """Files that are deployed as they are; `excluded` are those beside them that their deployer is told to leave out."""

    kind: ClassVar[str] = "files"

    files: tuple[str, ...]
    excluded: tuple[str, ...] = field(default=(), compare=False)

    def telling_paths(self, tree: SourceTree, deployer: str) -> Iterator[str]:
        """Yield the deployer's file, then the first of these."""
        yield deployer
        yield from self.files[:1]

    def left_out(self) -> Collection[str]:
        """Return what is excluded."""
        return self.excluded


class _Files(Finder):
    """Finds nothing by itself: only a deployer says that files are deployed together."""

    def __init__(self, listed: Listed) -> None:
        pass

    def parts(self, source: PlainFiles) -> Parts:
        return Parts(frozenset(source.files), source.files)


class _Reader(Renderer):
    """Reads files."""

    def render_all(self, sources: Sequence[tuple[PlainFiles, SourceTree]]) -> list[Outcome]:
        return [_read(source, tree) for source, tree in sources]


def _read(source: PlainFiles, tree: SourceTree) -> Outcome:
    found = []
    for path in source.files:
        try:
            found.append(RenderedDocument(documents.decode(tree.read(path)), path))
        except OverLimitError as error:
            return RenderFailure("bounds", error.reason, path)
        except (OSError, documents.UndecodableText):
            return RenderFailure("missing", f"'{path}' cannot be read", path)
    return Rendered(tuple(found))


def _start(_: Wanted) -> Renderer:
    return _Reader()


FILES = SourceKind("files", _Files, _start)
