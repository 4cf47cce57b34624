"""The kinds of source: how each finds its sources in a tree, and what renders them."""

from collections.abc import Callable, Collection, Container, Iterator, Sequence
from types import TracebackType
from typing import Any, NamedTuple, Protocol, Self

from k8slblint.model.rendering import ChartSettings, RenderSettings
from k8slblint.model.resource import Resource
from k8slblint.rendering.kept import Kept
from k8slblint.rendering.native.workers import Native
from k8slblint.rendering.source import Parts
from k8slblint.rendering.tree import SourceTree
from k8slblint.rendering.units import Outcome, RenderFailure, Unit


class Printed(NamedTuple):
    """An object that deploys something and is itself rendered: the unit that it is of, and the template or file that it comes from.

    `written` is the same object as that file has it, where a kustomization prints it, `involved` are the kustomizations that changed it.
    """

    resource: Resource
    by: Unit
    template: str
    written: Resource | None = None
    involved: tuple[str, ...] = ()

    @property
    def is_of_file(self) -> bool:
        """Whether it comes from a manifest, which something may have changed, and not from a template."""
        return not self.by.source.is_templated


class Listed(NamedTuple):
    """What planning goes by: the tree, the files listed in it (by tree path), the objects that deploy, and the charts stated.

    `printed` are objects that deploy and stand in no file.
    """

    tree: SourceTree
    files: Sequence[str]
    deployers: Sequence[Resource]
    tree_path: Callable[[Resource], str]
    charts: Sequence[ChartSettings] = ()
    printed: Sequence[Printed] = ()


class Finder(Protocol):
    """The sources of one kind in a tree; units are yielded with the reason why they are taken for such."""

    def stated(self) -> Iterator[tuple[Unit, str]]:
        """Yield the units that the configuration states."""
        yield from ()

    def left(self, used: Container[str]) -> Iterator[tuple[Unit, str]]:
        """Yield what nobody deploys and nothing uses; `used` are the folders of this kind in use, and grows with what is yielded."""
        yield from ()

    def parts(self, source: Any) -> Parts:
        """Return what a source of this kind is made of."""

    def inflated(self) -> Iterator[str]:
        """Yield the folders of charts that sources of this kind render with values of their own."""
        yield from ()

    def undeployed(self, files: Sequence[str], others: Collection[str]) -> Iterator[str]:
        """Yield those of some files that nobody deploys; `others` belong to units that nothing in the tree deploys."""
        yield from ()

    def unlisted(self, files: Sequence[str]) -> Iterator[str]:
        """Yield those of some files that nothing lists, although something lists other files of their folders."""
        yield from ()

    def patches_release(self, file: str, name: str) -> bool:
        """Tell whether a source of this kind changes what the HelmRelease of a name in a file deploys."""
        return False

    def may_deploy_others(self) -> bool:
        """Tell whether sources of this kind may yield objects that deploy something in their turn."""
        return False


class Renderer(Protocol):
    """Makes text of the sources of one kind; a context manager, which is ended with the run."""

    @property
    def identity(self) -> str:
        """Name what renders, with its version: while that stays the same, the same input gives the same outcome. Starts nothing."""
        return ""

    def render_all(self, sources: Sequence[tuple[Any, SourceTree]]) -> list[Outcome]:
        """Return what becomes of each source of its tree, in order; never raises for what the tree holds."""

    def render_each(self, sources: Sequence[tuple[Any, SourceTree]]) -> Iterator[Outcome]:
        """Yield the same, of each source when it is asked for; several may be begun before."""
        yield from (outcome for one in sources for outcome in self.render_all([one]))

    def __enter__(self) -> Self:
        """Start nothing yet."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """End what was started."""
        return


class Off(Renderer):
    """Stands where the user switched a renderer off."""

    def __init__(self, reason: str) -> None:
        """Hold what is said of each source."""
        self._failure = RenderFailure("off", reason)

    def render_all(self, sources: Sequence[tuple[Any, SourceTree]]) -> list[Outcome]:
        """Return the failure that each of them is."""
        return [self._failure] * len(sources)


class Wanted(NamedTuple):
    """What renderers are started with: what the user states, what was kept of their answers, and the renderer of another kind.

    `native` are the processes of the render engine, which all share, None where it is not installed.
    """

    settings: RenderSettings
    kept: Kept
    renderer: Callable[[str], Renderer]
    native: Native | None = None


class SourceKind(NamedTuple):
    """One kind of source; `name` is the `kind` of its sources."""

    name: str
    finder: Callable[[Listed], Finder]
    start: Callable[[Wanted], Renderer]
