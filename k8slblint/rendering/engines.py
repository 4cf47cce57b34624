"""The renderers of a run: one for each kind of source, how long they live, and what a rendering costs."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack

from k8slblint.budget import Budget
from k8slblint.model.rendering import RenderSettings
from k8slblint.processes.sandbox import Record
from k8slblint.rendering.kinds import Renderer, Wanted
from k8slblint.rendering.native.workers import engine_for
from k8slblint.rendering.registered import KINDS
from k8slblint.rendering.source import Source
from k8slblint.rendering.tree import SourceTree
from k8slblint.rendering.units import Outcome


class Renderers(ExitStack):
    """The engines of a run, which provenance asks again when findings are placed; close it when the report is made.

    `sandboxes` tells how they were confined so far.
    """

    def __init__(self, settings: RenderSettings, budget: Budget) -> None:
        """Start nothing yet."""
        super().__init__()
        self.sandboxes = Record()
        native = engine_for("auto", None, self.sandboxes)
        self._wanted = Wanted(settings, self.sandboxes, self._renderer, native)
        self._entered: dict[str, Renderer] = {}
        self.engines = Engines(budget, {kind.name: self._renderer(kind.name) for kind in KINDS})

    def _renderer(self, name: str) -> Renderer:
        if name not in self._entered:
            kind = next(kind for kind in KINDS if kind.name == name)
            self._entered[name] = self.enter_context(kind.start(self._wanted))
        return self._entered[name]


class Engines:
    """The engines of a run, asked for units and for units with changed texts."""

    def __init__(self, budget: Budget, renderers: Mapping[str, Renderer]) -> None:
        """Hold the renderers by the kind of their sources."""
        self.budget = budget
        self._renderers = renderers

    def render_each(self, sources: Sequence[tuple[Source, SourceTree]]) -> Iterator[Outcome]:
        """Yield what becomes of each source, in order. Who renders several at a time does so at first."""
        together: dict[str, Iterator[Outcome]] = {}
        for name, renderer in self._renderers.items():
            own = [(source, tree) for source, tree in sources if source.kind == name]
            if own and renderer.renders_together:
                together[name] = iter(self._render_all(name, own))
        for source, tree in sources:
            if source.kind in together:
                yield next(together[source.kind])
            else:
                yield self.render(source, tree)

    def render(self, source: Source, tree: SourceTree) -> Outcome:
        """Return what a renderer makes of one source."""
        return self._render_all(source.kind, [(source, tree)])[0]

    def _render_all(self, name: str, sources: Sequence[tuple[Source, SourceTree]]) -> list[Outcome]:
        return self._renderers[name].render_all(sources)
