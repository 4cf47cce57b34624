"""Builds kustomizations: by the render engine or the user's kustomize, both from the same files."""

import json
import threading
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Any, Literal, Self, TypeAlias

from k8slblint.budget import OverLimitError
from k8slblint.rendering.helm.engine import HelmEngine
from k8slblint.rendering.helm.release import ChartRelease
from k8slblint.rendering.helm.request import Printing
from k8slblint.rendering.kept import Kept
from k8slblint.rendering.kinds import Renderer
from k8slblint.rendering.kustomize.binary import AT_A_TIME, Binary, find_command
from k8slblint.rendering.kustomize.inflation import Render
from k8slblint.rendering.kustomize.native import by_native
from k8slblint.rendering.kustomize.needs import Needs, as_told, needs_of
from k8slblint.rendering.kustomize.root import KustomizeRoot
from k8slblint.rendering.native import workers
from k8slblint.rendering.native.workers import Native, engine_for
from k8slblint.rendering.tree import SourceTree
from k8slblint.rendering.units import Outcome, RenderFailure

Engine: TypeAlias = Literal["auto", "native", "binary"]

_NO_ENGINE = "there is no render engine: `pip install 'k8slblint[render]'`"
_HELM_OFF = "it inflates Helm charts, and `rendering.helm` is off"


class KustomizeEngine(Renderer):
    """Builds roots of trees; a context manager. Nothing is started before the first build.

    Nothing of the user's is written, links cannot lead out, the network is out of reach, no plug-in is run, and kustomize never starts
    Helm: `helm` renders the charts, None where the user switched that off. `auto` is the render engine where it is installed, else
    `kustomize` or `kubectl` on PATH. `native` are the processes of the engine, where these are shared.
    """

    def __init__(self, helm: HelmEngine | None, kept: Kept | None = None, choice: Engine = "auto", native: Native | None = None) -> None:
        self._kept = kept or Kept()
        self._choice = choice
        self._native = engine_for(choice, native or (helm.native if helm else None))
        self._binary = Binary(None if self._native else find_command(), self._kept)
        self._helm = helm
        self._helm_lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._binary.close()
        if self._native is not None:
            self._native.close()

    @property
    def identity(self) -> str:
        """Name the engine by the content of its program."""
        return self._binary.identity if self._native is None else self._native.identity(self._kept.storage)

    def render(self, root: KustomizeRoot, tree: SourceTree) -> Outcome:
        """Return what kustomize makes of a root, or why it makes nothing of it."""
        return self._render(root, tree, _key(root))

    def render_all(self, roots: Sequence[tuple[KustomizeRoot, SourceTree]]) -> list[Outcome]:
        """Return what kustomize makes of each root, in order, several at a time."""
        return list(self.render_each(roots))

    def render_each(self, roots: Sequence[tuple[KustomizeRoot, SourceTree]]) -> Iterator[Outcome]:
        """Return the same, of each root when it is asked for; all are begun at once, and go on while what is there is looked at."""
        if len(roots) <= 1:
            return (self.render(root, tree) for root, tree in roots)
        begun = self._begun(roots)
        next(begun)
        return begun

    def _begun(self, roots: Sequence[tuple[KustomizeRoot, SourceTree]]) -> Iterator[Any]:
        """Begin to build all roots, which is told by yielding nothing, then yield what comes of each in order."""
        from concurrent.futures import ThreadPoolExecutor  # a run with one root does without

        counts: dict[str, int] = {}
        keys = []
        for root, _ in roots:  # the same root in two trees needs two copies
            key = _key(root)
            counts[key] = counts.get(key, 0) + 1
            keys.append(f"{key}{counts[key]}" if counts[key] > 1 else key)
        pool = ThreadPoolExecutor(workers.AT_A_TIME if self._native else AT_A_TIME)
        try:
            outcomes = pool.map(self._render, [root for root, _ in roots], [tree for _, tree in roots], keys)
            yield None
            yield from outcomes
        finally:
            pool.shutdown(cancel_futures=True)

    def _render(self, root: KustomizeRoot, tree: SourceTree, key: str) -> Outcome:
        try:
            tree.budget.ask(root.folder)
            tree.budget.begin(root.folder)
            needs, failure = needs_of(root, tree)
            return failure or self._render_with(needs, key, tree)
        except OverLimitError as error:
            return RenderFailure("bounds", error.reason, root.folder)

    def _render_with(self, needs: Needs, key: str, tree: SourceTree) -> Outcome:
        if self._native is None and self._choice == "native":
            return RenderFailure("renderer", _NO_ENGINE)
        if needs.charts and self._helm is None:
            return RenderFailure("off", _HELM_OFF, needs.file)
        render = self._answers_for_helm(needs) if needs.charts else None
        try:
            if self._native is None:
                return as_told(self._binary.build(needs, key, render), needs)
            return as_told(by_native(self._native, self._kept, needs, render), needs)
        except OSError as error:
            return _not_run(error, needs.file, tree)
        except (ValueError, RecursionError):
            return RenderFailure("template", "a number or a text in it cannot be written as JSON, or it is nested too deeply", needs.file)

    def _answers_for_helm(self, needs: Needs) -> Render:
        def render(release: ChartRelease, printing: Printing) -> str | RenderFailure:
            assert self._helm is not None  # noqa: S101 - _render_with looked
            with self._helm_lock:
                return self._helm.printed(release, needs.tree, printing)

        return render


def _not_run(error: OSError, file: str, tree: SourceTree) -> RenderFailure:
    """Return the failure of a kustomize that could not be started or given its files; the budget is told what the machine lacks."""
    tree.budget.note_lack(error, tree.shown(file) or ".")
    return RenderFailure("renderer", f"kustomize cannot be run: {error.strerror or error}", file)


def _key(root: KustomizeRoot) -> str:
    """Return what builds have in common that share a copy of their files."""
    return f"{root.folder}\n{sorted(root.files)}\n{root.patches}\n{json.dumps(root.options, sort_keys=True, default=str)}\n"
