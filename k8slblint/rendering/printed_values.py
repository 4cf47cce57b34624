"""What values say of Services in objects that deploy charts, as kustomizations print these: patched, and in the cluster they go to.

Each value is at the place that sets it: the last patch that has it, else the file of the object.
"""

from collections.abc import Container, Iterable, Iterator, Sequence
from functools import cached_property

from k8slblint.documents import Chunk
from k8slblint.loading.helm_values import may_hold_services, service_views_in
from k8slblint.loading.remembered_views import views_of
from k8slblint.loading.value_holders import VALUE_HOLDERS
from k8slblint.model.location import Location, Path, Span
from k8slblint.model.node import Node, key_span, smallest_span
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import HELM_VALUES, Origin, Place, Resource, SourceText
from k8slblint.rendering.failures import source_text
from k8slblint.rendering.kustomize.kustomizations import read_kustomization
from k8slblint.rendering.kustomize.patched_elsewhere import patches_of
from k8slblint.rendering.listed_deployers import PrintedBy
from k8slblint.rendering.questions import descend
from k8slblint.rendering.tree import SourceTree

_DEEPEST = 100


class Layer(NamedTuple):
    """One text that sets values of an object: its file, and its document; a list is a JSON patch."""

    file: str
    root: Node


class Patches:
    """The patches of kustomizations by the kinds and names of objects that they are for; each kustomization is read once."""

    def __init__(self) -> None:
        self._read: dict[tuple[int, str], dict[tuple[str, str], list[tuple[int, Layer]]]] = {}

    def of(self, one: PrintedBy) -> Iterator[Layer]:
        """Yield the patches of the kustomizations that changed an object, in order, as far as they may be for it."""
        written = one.printed.written or one.printed.resource
        keys = [(kind, name) for kind in ("", written.kind) for name in ("", _ANY, written.name)]
        for file in one.printed.involved:
            known = self._in(file, one.tree)
            yield from (layer for _, layer in sorted((found for key in keys for found in known.get(key, ())), key=lambda found: found[0]))

    def _in(self, file: str, tree: SourceTree) -> dict[tuple[str, str], list[tuple[int, Layer]]]:
        key = (id(tree), file)
        if key not in self._read:
            found: dict[tuple[str, str], list[tuple[int, Layer]]] = {}
            read = read_kustomization(tree, file.rpartition("/")[0])
            for number, (path, root, target) in enumerate(patches_of(read, tree) if read is not None else ()):
                found.setdefault((target.kind, target.name), []).append((number, Layer(path, root)))
            self._read[key] = found
        return self._read[key]


_ANY = ".*"
"""The name of a target that selects all."""


def values_of(one: PrintedBy, wanted: Container[str], patches: Patches) -> Iterator[Resource]:
    """Yield what the values in a printed object say of Services, Ingresses and routes, of the kinds that are `wanted`."""
    deployer = one.printed.resource
    if deployer.kind not in VALUE_HOLDERS.get(deployer.group, ()) or not may_hold_services(deployer.source.text):
        return
    provenance = ValuesProvenance(one, patches)
    for view in _views(deployer, one.printed.template):
        made = Resource(view, one.name, deployer.source)
        if made.type_name in wanted:
            made.provenance = provenance
            yield made


def _views(deployer: Resource, path: str) -> Sequence[Node]:
    """Return the same of an object, in whatever text it stands; an earlier run may have found out."""
    text = deployer.source.text
    of_object = f"{path}\0{deployer.root.line}"  # as no file is called, and the object among others of the text
    return views_of(Chunk(text, line=1, is_json=False, source=None), of_object, lambda: [*service_views_in(deployer.root, text, path)])


def object_of(one: PrintedBy, patches: Patches) -> Resource:
    """Return a printed object as one of its unit."""
    made = Resource(one.printed.resource.root, one.name, one.printed.resource.source)
    made.provenance = ValuesProvenance(one, patches)
    return made


def is_replaced(values: Resource, printed: Container[tuple[str, object, object]]) -> bool:
    """Tell whether values are in an object, or in a patch of one, which is read as it is printed; see `replaced`."""
    deployer = values.value.get("deployer") if values.kind == HELM_VALUES else None
    return isinstance(deployer, dict) and (values.path, deployer.get("kind"), deployer.get("name")) in printed


def replaced(printed: Iterable[PrintedBy], patches: Patches) -> set[tuple[str, object, object]]:
    """Return the files as reported, kinds and names of the objects that are read as they are printed, and of the patches of these."""
    found: set[tuple[str, object, object]] = set()
    for one in printed:
        written = one.printed.written or one.printed.resource
        found.add((one.tree.shown(one.printed.template), written.type_name, written.name))
        found.update((one.tree.shown(layer.file), written.type_name, written.name) for layer in patches.of(one))
    return found


class ValuesProvenance:
    """Places what the values of a printed object say, at the text that sets it."""

    def __init__(self, one: PrintedBy, patches: Patches) -> None:
        """Hold the object; nothing is read before it is asked."""
        self._one = one
        self._patches = patches
        self._texts: dict[str, SourceText] = {}

    @property
    def written_in(self) -> str:
        """The file of the object."""
        return self._one.tree.shown(self._one.printed.template)

    def announce(self, resource: Resource, path: Path, at: str) -> None:
        """Need nothing: each place is found by itself."""

    def mentions(self, word: str) -> bool:
        """Tell whether a word stands in the file of the object or in a patch of it."""
        return any(word in self._text(layer.file).text for layer in self._layers)

    def may_print(self, text: str) -> bool:
        """Say no: the object is what was printed."""
        return False

    def has_silent_workload(self, printed: Container[str]) -> bool:
        """Say no, likewise."""
        return False

    def start(self, resource: Resource, path: Path, at: str) -> Place:
        """Return the place itself."""
        return self.place(resource, path, at)

    def place(self, resource: Resource, path: Path, at: str) -> Place:
        """Return where the value at a path of what is known of a Service is written."""
        steps = self._steps(resource.root, path or ("metadata", "name"))
        value = descend(self._one.printed.resource.root, steps)
        for length in range(len(steps), 0, -1):
            for layer in self._layers:
                span = _span_in(layer, steps[:length], value if length == len(steps) else None, at)
                if span is not None:
                    return self._at(layer.file, span)
        return self._at(self._one.printed.template, self._first)

    def _at(self, file: str, span: Span) -> Place:
        one = self._one
        origin = Origin(one.tree.shown(one.printed.template), exact=True, unit=one.planned.described(one.tree))
        return Place(Location(one.tree.shown(file), span), self._text(file), origin)

    @cached_property
    def _layers(self) -> Sequence[Layer]:
        """The patches from the last to the first, then the object as its file has it."""
        written = self._one.printed.written
        own = [Layer(self._one.printed.template, written.root)] if written is not None else []
        return [*reversed(list(self._patches.of(self._one))), *own]

    @cached_property
    def _first(self) -> Span:
        written = self._one.printed.written
        return written.span(()) if written is not None else Span(1, 1, 1, 2)

    def _text(self, file: str) -> SourceText:
        written = self._one.printed.written
        if file == self._one.printed.template and written is not None:
            return written.source
        if file not in self._texts:
            self._texts[file] = source_text(self._one.tree, file)
        return self._texts[file]

    def _steps(self, root: Node, path: Path) -> Path:
        """Return the path in the printed object of what stands at a path of what is made of it, that of what is around it at least."""
        for length in range(len(path), 0, -1):
            around, last = descend(root, path[: length - 1]), path[length - 1]
            pair = around.members.get(last) if around is not None and isinstance(last, str) else None
            item = around.child(last) if around is not None and pair is None else None
            for node in pair or ((item,) if item is not None else ()):
                found = self._paths.get((node.line, node.column))
                if found is not None:
                    return found
        return ("spec",)

    @cached_property
    def _paths(self) -> dict[tuple[int, int], Path]:
        """The paths in the printed object by the places of keys and values in its text."""
        found: dict[tuple[int, int], Path] = {}
        waiting: list[tuple[Path, Node]] = [((), self._one.printed.resource.root)]
        while waiting:
            path, node = waiting.pop()
            below = [((*path, name), inner) for name, (_, inner) in node.members.items()]
            found.update({(key.line, key.column): (*path, name) for name, (key, _) in node.members.items()})
            below += [((*path, index), item) for index, item in enumerate(node.items)]
            found.update({(inner.line, inner.column): at for at, inner in below if not (inner.members or inner.items)})
            waiting += below if len(path) < _DEEPEST else []
        return found


def _span_in(layer: Layer, path: Path, value: Node | None, at: str) -> Span | None:
    """Return where a layer sets what is at a path of an object, None where it does not set it to this value."""
    for root, rest in _settings(layer.root, path):
        node = descend(root, rest)
        if node is not None and (value is None or _is_same(node, value)):
            return key_span(root, rest) if at == "key" else smallest_span(root, rest)
    return None


def _settings(root: Node, path: Path) -> Iterator[tuple[Node, Path]]:
    """Yield what a document sets: itself, or of a JSON patch the values of the operations at the path or above it, the last first."""
    if not root.items:
        yield root, path
    for operation in reversed(root.items):
        pointer, value = operation.child("path"), operation.child("value")
        if value is not None and pointer is not None and isinstance(pointer.value, str):
            steps = [part.replace("~1", "/").replace("~0", "~") for part in pointer.value.split("/")[1:]]
            if steps == [str(part) for part in path[: len(steps)]] and steps:
                yield (operation, ("value",)) if len(steps) == len(path) else (value, path[len(steps) :])


def _is_same(node: Node, value: Node) -> bool:
    """Tell whether two values are equal, as far as a variable that is filled in later lets it be known; collections may be merged."""
    if isinstance(node.value, dict | list):
        return type(node.value) is type(value.value)
    return bool(node.value == value.value) or has_placeholder(node.value)
