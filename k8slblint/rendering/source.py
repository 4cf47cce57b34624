"""The interface of the sources of a unit, for callers that distinguish neither charts nor kustomizations.

Who answers: `helm/release.py`, `kustomize/root.py` and `plain.py`; `registered.py` lists the kinds.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple, Protocol

from k8slblint.model.location import Span
from k8slblint.model.node import Node
from k8slblint.model.resource import Resource
from k8slblint.rendering.branches import Branches
from k8slblint.rendering.helm.layers import ValueLayer
from k8slblint.rendering.tree import SourceTree


class Namespace(NamedTuple):
    """The namespace of the objects of a file; `is_forced` tells that it takes the place of one that they name."""

    name: str
    is_forced: bool


class Parts(NamedTuple):
    """What a source is made of.

    `covered` are the files that are linted only through it, `plain` those that it deploys as they are, None where something is rendered.
    `is_whole` tells that all it reads is in the tree, `has_charts` that values among `covered` are rendered with charts.
    `folders` are those of its kind that it uses, which are then no units by themselves.
    """

    covered: frozenset[str]
    plain: tuple[str, ...] | None = None
    is_whole: bool = True
    has_charts: bool = True
    folders: tuple[str, ...] = ()


class Variant(NamedTuple):
    """What a source shows with other values: `when` says with which, `files` are the templates that ask for them."""

    when: str
    files: frozenset[str]
    values: Mapping[str, Any]


class Undefined(NamedTuple):
    """A value that is read and not defined, where that is, and the near one that is defined and not read."""

    file: str
    span: Span
    read: str
    near: str


class AbsentChart(NamedTuple):
    """A chart that is deployed and not in the tree: its name, where it is from, its version as written, and the values that it is given.

    `file` and `line` are where it is named, `by` is what brings it, as kind and name. `layers` are where values of it are written, below
    `keys` in each; `values` are those of all layers, None where they are to be merged. `is_whole` tells that they are all that it is given,
    but for its own defaults. `deployer` is the kind (`Kind.group`) and name of the object in the file that deploys it, if one does;
    `cluster` is the one that it is sent to, `label` tells apart what is brought from one file.
    """

    name: str
    repository: str
    version: str
    file: str
    line: int = 1
    by: tuple[str, str] = ("", "")
    layers: tuple[ValueLayer, ...] = ()
    keys: tuple[str, ...] = ()
    values: Mapping[str, Any] | None = None
    is_whole: bool = False
    deployer: tuple[str, str] | None = None
    cluster: str | None = None
    label: str = ""


class Source(Protocol):
    """What is deployed together, as a description that is compared by its value: what it is not asked about has an answer here.

    `kind` is the name under which its finder and its renderer are registered, and which reports give. `is_templated` tells that templates
    print its objects: which ones is known when it is rendered and not before, and they stand in no file.
    `prints_texts` tells that kustomize writes its objects, those of files that it deploys as they are too (`loading.kustomize_scalars`).
    All paths are those of a tree.
    """

    kind: ClassVar[str]
    prints_texts: ClassVar[bool] = False
    is_templated: ClassVar[bool] = False

    def described(self, tree: SourceTree, path: str) -> str:
        """Say what it is, `chart 'charts/web' with values-prod.yaml`; `path` is that of its unit."""
        return f"'{tree.shown(path)}'"

    def value_files(self) -> tuple[str, ...]:
        """Return the files in which the values that it is deployed with are written, the strongest last."""
        return ()

    def lacks_values(self, tree: SourceTree) -> bool:
        """Tell whether a file of values that it must have is not there."""
        return False

    def value_holders(self) -> tuple[str, ...]:
        """Return those of them in which the values are a part of an object."""
        return ()

    def value_lines(self, tree: SourceTree, file: str) -> Iterator[tuple[int, int]]:
        """Yield the first and last lines of the values in one of these."""
        yield from ()

    def unused_lines(self, tree: SourceTree, files: Collection[str]) -> Mapping[str, list[tuple[int, int]]]:
        """Return the first and last lines of the values, by file, which nothing was rendered with since a part of it is missing."""
        return {}

    def unset(self, tree: SourceTree, templates: Collection[str]) -> Collection[str]:
        """Return the templates that print values which it has none for and leaves to whoever deploys it."""
        return ()

    def blank(self, tree: SourceTree, templates: Collection[str]) -> Collection[str]:
        """Return the templates that print values which are empty, and never ask whether they are."""
        return ()

    def null(self, tree: SourceTree, templates: Collection[str]) -> Collection[str]:
        """Return the templates that print a mapping with a key that is null, which may be left out."""
        return ()

    def strongest_inputs(self) -> tuple[str, ...]:
        """Return the files that are the first to hold a value, the strongest first."""
        return self.value_files()[::-1]

    def branches(self, tree: SourceTree, text_of: Callable[[str], str]) -> Branches | None:
        """Return its parts that cannot change one another, by the texts of its files; None where all of it is one."""
        return None

    def place_of_patch(self, tree: SourceTree, resource: Resource) -> tuple[str, Span] | None:
        """Return the file and the place where it patches an object; None for what patches nothing."""
        return None

    def patched_elsewhere(self, tree: SourceTree) -> Iterator[tuple[str, Node]]:
        """Yield what its patches say of Services of a base that is not in the tree: the file, and a partial object."""
        yield from ()

    def absent_charts(self, tree: SourceTree) -> Iterator[AbsentChart]:
        """Yield the charts that it brings along and that are not in the tree."""
        yield from ()

    def template_folders(self) -> tuple[str, ...]:
        """Return the folders whose files are no manifests but its templates."""
        return ()

    def deployed_folder(self) -> str:
        """Return the folder whose files are deployed as far as it names them, or `""`."""
        return ""

    def left_out(self) -> Collection[str]:
        """Return the files of its folder that it is told to leave out."""
        return ()

    def applied_folder(self) -> str:
        """Return the folder of which a deployer applies what is built of it, whatever names it, or `""`."""
        return ""

    def undefined(self, tree: SourceTree, others: "Sequence[Source]") -> "Iterator[Undefined]":
        """Yield the values that templates read and that neither it nor one of `others` of its folder defines, beside near ones."""
        yield from ()

    def variants(self, tree: SourceTree, others: "Sequence[Source]") -> Sequence[Sequence[Variant]]:
        """Return what it shows with other values that neither it nor one of `others` of its folder does, by what is rendered together."""
        return ()

    def varied_by(self, variants: Sequence[Variant]) -> "Source":
        """Return it with the values of some variants."""
        return self

    def rendered_without(self, changes: Sequence[tuple[str, bytes]]) -> "Source":
        """Return it as it was rendered: with other contents of files, which were refused."""
        return self

    @property
    def is_rendered_in_part(self) -> bool:
        """Whether something of it was refused with the values that it has."""
        return False

    def may_deploy_others(self, tree: SourceTree) -> bool:
        """Tell whether it may print objects of Argo CD or Flux, which deploy something in their turn."""
        return False

    def telling_paths(self, tree: SourceTree, deployer: str) -> Iterator[str]:
        """Yield the files that may tell cluster and environment, the best first; `deployer` is the file of the object that deploys it."""
        yield deployer

    def scope_path(self, path: str, label: str) -> str:
        """Return the path that tells cluster and environment of a unit of this path and label."""
        return path

    def only_namespaces(self, tree: SourceTree) -> frozenset[str]:
        """Return the namespaces of all of its objects, whatever they name, also of those that are not in the tree; empty for any."""
        return frozenset()

    def namespaces(self, tree: SourceTree, files: Collection[str], stated: str | None) -> dict[str, Namespace]:
        """Return the namespaces of files of which it is made, where it sets them; `stated` is that of objects which name none."""
        return {}
