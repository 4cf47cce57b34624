"""The renderers of a run: one for each kind of source, how long they live, and what a rendering costs."""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from contextlib import ExitStack

from k8slblint.budget import Budget
from k8slblint.model.rendering import RenderSettings
from k8slblint.rendering.kept import Kept
from k8slblint.rendering.kinds import Renderer, Wanted
from k8slblint.rendering.native.workers import engine_for
from k8slblint.rendering.occurrences import Candidate
from k8slblint.rendering.registered import KINDS
from k8slblint.rendering.source import Source
from k8slblint.rendering.storage import Storage
from k8slblint.rendering.tree import SourceTree
from k8slblint.rendering.units import Outcome


class Renderers(ExitStack):
    """The engines of a run, which provenance asks again when findings are placed; close it when the report is made.

    `kept` are their answers, and tells how they were confined that gave them.
    """

    def __init__(self, settings: RenderSettings, budget: Budget, outside: Sequence[str] = ()) -> None:
        """Start nothing yet; `outside` are the folders that are scanned, in none of which answers are kept."""
        super().__init__()
        self.kept = Kept(Storage(settings.cache, outside=outside) if settings.cache else None)
        if self.kept.storage is not None:
            self.callback(self.kept.storage.close)
        self._wanted = Wanted(settings, self.kept, self._renderer, engine_for("auto"))
        self._entered: dict[str, Renderer] = {}
        self.engines = Engines(budget, {kind.name: self._renderer(kind.name) for kind in KINDS})

    def _renderer(self, name: str) -> Renderer:
        if name not in self._entered:
            kind = next(kind for kind in KINDS if kind.name == name)
            self._entered[name] = self.enter_context(kind.start(self._wanted))
        return self._entered[name]


class Engines:
    """The engines of a run, asked for units and for units with changed texts.

    `known_places` are the texts that values of units were found to come from, by what other units may ask for.
    """

    def __init__(self, budget: Budget, renderers: Mapping[str, Renderer]) -> None:
        """Hold the renderers by the kind of their sources."""
        self.budget = budget
        self.known_places: dict[Hashable, Candidate] = {}
        self._renderers = renderers

    def render_each(self, sources: Sequence[tuple[Source, SourceTree]]) -> Iterator[Outcome]:
        """Yield what becomes of each source, in order. Who renders several at a time begins at once, and goes on meanwhile."""
        by_kind: dict[str, list[tuple[Source, SourceTree]]] = {}
        for source, tree in sources:
            by_kind.setdefault(source.kind, []).append((source, tree))
        outcomes = {name: self._renderers[name].render_each(own) for name, own in by_kind.items()}
        yield from (next(outcomes[source.kind]) for source, _ in sources)

    def render(self, source: Source, tree: SourceTree) -> Outcome:
        """Return what a renderer makes of one source."""
        return self._renderers[source.kind].render_all([(source, tree)])[0]
