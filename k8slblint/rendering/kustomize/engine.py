"""Runs kustomize: on a copy of the files it needs, below a wrapper that shows where each object comes from.

Sources: kustomize 5.8, `api/resource/origin.go` (annotations), `api/internal/loader` (what may be read), `kustomize build --help`.
"""

import hashlib
import json
import os
import posixpath
import re
import sys
import threading
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from types import TracebackType
from typing import Any, ClassVar, NamedTuple, Self

from k8slblint import documents
from k8slblint.budget import OverLimitError
from k8slblint.model.texts import shortened
from k8slblint.processes import temporary
from k8slblint.processes.programs import find_program
from k8slblint.processes.sandbox import Record
from k8slblint.rendering import bounds
from k8slblint.rendering.helm.engine import HelmEngine
from k8slblint.rendering.helm.release import ChartRelease
from k8slblint.rendering.helm.request import Printing
from k8slblint.rendering.identity import identity_of_program
from k8slblint.rendering.kept import Kept
from k8slblint.rendering.kinds import Renderer
from k8slblint.rendering.kustomize.answers import Given, answered
from k8slblint.rendering.kustomize.closures import Closure, closure
from k8slblint.rendering.kustomize.fields import canonical_kustomization, written
from k8slblint.rendering.kustomize.inflation import MOST_RUNS, SHELL, STAND_INS, HelmCalls, read_by_stand_in
from k8slblint.rendering.kustomize.load_restrictions import are_lifted, lifted_for_argo
from k8slblint.rendering.kustomize.root import KustomizeRoot
from k8slblint.rendering.tree import SourceTree
from k8slblint.rendering.units import Outcome, Rendered, RenderedDocument, RenderFailure

AT_A_TIME = 2
"""Processes; on two cores 111 roots of public repositories take 7.8 s one by one, 4.1 s in pairs, and no less in threes."""

_TREE = "tree"
_WRAPPER = "wrapper"
_UP = f"../{_TREE}/"
"""What paths of the copied tree start with in the annotations, which are relative to the wrapper."""

_CHECKS = {"build": ("version",), "kustomize": ("version", "--client")}
"""What either program succeeds with wherever it works at all, by the command that builds."""

_NO_RENDERER = "neither kustomize nor kubectl is on PATH; see https://kubectl.docs.kubernetes.io/installation/kustomize/"
_HELM_OFF = "it inflates Helm charts, and `rendering.helm` is off"
_NO_SHELL = f"it inflates Helm charts, which needs `{SHELL}`"


class KustomizeEngine(Renderer):
    """Runs kustomize on roots of trees; keeps the copies of their files until it is closed, so that small changes are cheap.

    Nothing of the user's is written, links cannot lead out, the network is out of reach, no plug-in is run, and kustomize never starts
    Helm: `helm` renders the charts, None where the user switched that off.
    """

    renders_together: ClassVar[bool] = True

    def __init__(self, helm: HelmEngine | None, kept: Kept | None = None) -> None:
        self._build = _find_command()
        self._helm = helm
        self._kept = kept or Kept()
        self._helm_lock = threading.Lock()
        self._folder = ""
        self._spaces: dict[str, _Space] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._folder:
            temporary.remove(self._folder)
            self._folder = ""
            self._spaces.clear()

    @cached_property
    def identity(self) -> str:
        """Name kustomize by the content of its program, and how it is asked."""
        if self._build is None:
            return ""
        program, verb = self._build
        found = identity_of_program(program, _CHECKS[verb], self._kept.storage, self._kept.record)
        return found and f"{verb} {found}"

    def render(self, root: KustomizeRoot, tree: SourceTree) -> Outcome:
        """Return what kustomize makes of a root, or why it makes nothing of it."""
        try:
            space = self._space(root, "")
        except OSError as error:
            return _not_run(error, root.folder, tree)
        return self._render_in(space, root, tree)

    def render_all(self, roots: Sequence[tuple[KustomizeRoot, SourceTree]]) -> list[Outcome]:
        """Return what kustomize makes of each root, in order, several at a time."""
        if len(roots) <= 1:
            return [self.render(root, tree) for root, tree in roots]
        from concurrent.futures import ThreadPoolExecutor  # a run with one root does without

        counts: dict[str, int] = {}
        spaces = []
        try:
            for root, _ in roots:  # the same root in two trees needs two copies
                key = _key(root)
                spaces.append(self._space(root, str(counts.get(key, "")) if key in counts else ""))
                counts[key] = counts.get(key, 0) + 1
        except OSError as error:
            return [_not_run(error, root.folder, tree) for root, tree in roots]
        with ThreadPoolExecutor(AT_A_TIME) as pool:
            return list(pool.map(self._render_in, spaces, [root for root, _ in roots], [tree for _, tree in roots]))

    def _space(self, root: KustomizeRoot, suffix: str) -> "_Space":
        self._folder = self._folder or temporary.make()
        key = _key(root) + suffix
        if key not in self._spaces:
            self._spaces[key] = _Space(os.path.join(self._folder, str(len(self._spaces))))
        return self._spaces[key]

    def _render_in(self, space: "_Space", root: KustomizeRoot, tree: SourceTree) -> Outcome:
        try:
            tree.budget.ask(root.folder)
            tree.budget.begin(root.folder)
            return self._render_within(space, root, tree)
        except OverLimitError as error:
            return RenderFailure("bounds", error.reason, root.folder)

    def _render_within(self, space: "_Space", root: KustomizeRoot, tree: SourceTree) -> Outcome:
        needs, failure = _needs(root, tree)
        if failure:
            return failure
        if failure := self._lacks(needs):
            return failure
        try:
            files = {path: needs.read(path) for path in needs.files}
            return _as_told(self._run_with_charts(space, needs, files) if needs.charts else self._built(space, needs, files), needs)
        except OSError as error:
            return _not_run(error, needs.file, tree)
        except (ValueError, RecursionError):
            return RenderFailure("template", "a number or a text in it cannot be written as JSON, or it is nested too deeply", needs.file)

    def _lacks(self, needs: "_Needs") -> RenderFailure | None:
        """Return what keeps kustomize from being run at all, or None."""
        if self._build is None:
            return RenderFailure("renderer", _NO_RENDERER)
        if needs.charts and self._helm is None:
            return RenderFailure("off", _HELM_OFF, needs.file)
        if needs.charts and not os.path.exists(SHELL):
            return RenderFailure("renderer", _NO_SHELL, needs.file)
        return None

    def _built(self, space: "_Space", needs: "_Needs", files: Mapping[str, bytes], calls: HelmCalls | None = None) -> Outcome:
        def build(record: Record) -> Outcome:
            space.fill(files, needs.wrapper)
            return self._run(space, needs, calls, record)

        given = Given(files, needs.wrapper, needs.file, needs.is_unrestricted)
        return answered(self._kept, self.identity, given, calls, build)

    def _run_with_charts(self, space: "_Space", needs: "_Needs", files: Mapping[str, bytes]) -> Outcome:
        """Run kustomize until all charts that it asks for are there."""
        charts = {os.path.join(space.folder, _TREE, *folder.split("/")): folder for folder in needs.charts}

        def render(release: ChartRelease, printing: Printing) -> str | RenderFailure:
            assert self._helm is not None  # noqa: S101 - render_in looked
            with self._helm_lock:
                return self._helm.printed(release, needs.tree, printing)

        calls = space.helm_calls()
        calls.answer_again(charts, render)
        for _ in range(MOST_RUNS):
            outcome = self._built(space, needs, files, calls)
            answered = calls.answer(charts, render)
            if isinstance(answered, RenderFailure):
                is_placed = answered.file and answered.kind != "renderer"
                return answered if is_placed else answered._replace(file=needs.file, line=1)
            if not answered or (isinstance(outcome, RenderFailure) and outcome.kind != "template"):
                return outcome
        return RenderFailure("bounds", f"kustomize was started {MOST_RUNS} times, and asks for more charts", needs.file)

    def _run(self, space: "_Space", needs: "_Needs", calls: HelmCalls | None, record: Record) -> Outcome:
        assert self._build is not None  # noqa: S101 - render_in looked
        without_limits = ("--load-restrictor", "LoadRestrictionsNone") if needs.is_unrestricted else ()
        with_helm = ("--enable-helm", "--helm-command", SHELL) if calls else ()
        command = [*self._build, _WRAPPER, *without_limits, *with_helm]
        runs, reads = (STAND_INS, read_by_stand_in()) if calls else ((), ())
        check = _CHECKS[self._build[1]]
        seconds = min(bounds.SECONDS, needs.tree.budget.seconds_left())
        ended = bounds.run(
            command,
            folder=space.folder,
            seconds=seconds,
            variables=calls.variables if calls else None,
            runs=runs,
            reads=reads,
            check=check,
            record=record,
        )
        if ended.stopped_by:
            return RenderFailure("bounds", f"kustomize was stopped after {ended.stopped_by}", needs.file)
        if ended.status == 0:
            return Rendered(tuple(rendered_documents(ended.output)))
        if ended.status < 0 or ended.is_out_of_memory:
            reason = f"kustomize took more than {bounds.MEMORY // 1_000_000} MB of memory"
            return RenderFailure("bounds", reason, needs.file, is_out_of_memory=ended.is_out_of_memory)
        return _refused(ended.errors, space.folder, needs)


def _not_run(error: OSError, file: str, tree: SourceTree) -> RenderFailure:
    """Return the failure of a kustomize that could not be started or given its files; the budget is told what the machine lacks."""
    tree.budget.note_lack(error, tree.shown(file) or ".")
    return RenderFailure("renderer", f"kustomize cannot be run: {error.strerror or error}", file)


def _key(root: KustomizeRoot) -> str:
    return f"{root.folder}\n{sorted(root.files)}\n{root.patches}\n{json.dumps(root.options, sort_keys=True, default=str)}\n"


def _find_command() -> tuple[str, ...] | None:
    """Find kustomize, or kubectl, which contains it (often an older one); on PATH, or beside the interpreter."""
    beside = os.path.dirname(sys.executable)
    if kustomize := find_program("kustomize", beside):
        return (kustomize, "build")
    if kubectl := find_program("kubectl", beside):
        return (kubectl, "kustomize")
    return None


class _Needs(NamedTuple):
    """What one rendering reads: `tree` holds the generated kustomization too, `file` is the kustomization of the root.

    `instructions` are the documents that kustomize is given in place of some of the `files`.
    """

    tree: SourceTree
    files: tuple[str, ...]
    instructions: Mapping[str, tuple[Any, ...]]
    file: str
    wrapper: bytes
    charts: tuple[str, ...]
    is_unrestricted: bool
    generated: str = ""
    lacks: tuple[RenderFailure, ...] = ()
    objections: tuple[RenderFailure, ...] = ()

    def read(self, path: str) -> bytes:
        """Return what kustomize is given of a file."""
        return written(self.instructions[path]) if path in self.instructions else self.tree.read(path)


def _needs(root: KustomizeRoot, tree: SourceTree) -> tuple[_Needs, RenderFailure | None]:
    generated = ""
    if root.files:
        generated = posixpath.join(root.folder, "kustomization.yaml")
        resources = [posixpath.relpath(file, root.folder or ".") for file in root.files]
        patches = [{"path": posixpath.relpath(file, root.folder or ".")} for file in root.patches]
        tree = tree.overlaid({generated: json.dumps({"resources": resources, "patches": patches}).encode()})
    parts = [closure(tree, folder, is_unrestricted=root.is_unrestricted) for folder in (root.folder, *root.components())]
    first = parts[0].kustomizations[0] if parts[0].kustomizations else None
    file = first.file if first else ""
    named = first.root.value.get("buildMetadata") if first else None
    build_metadata = tuple(one for one in named if one == "managedByLabel") if isinstance(named, list) else ()
    instructions = {path: documents for part in parts for path, documents in part.instructions.items()}
    if file in instructions:
        instructions[file] = (_with_components(instructions[file][0], root),)
    files = tuple(dict.fromkeys((*instructions, *(path for part in parts for path in part.data))))
    charts = tuple(dict.fromkeys(folder for part in parts for folder in part.charts))
    objections = tuple(one for part in parts for one in part.objections)
    is_unrestricted = (root.is_unrestricted or bool(objections)) and not any(part.has_plugins for part in parts)
    if objections and (lifted_for_argo(tree) if root.is_of_argo else are_lifted(tree)):
        objections = ()
    wrapper, failure = _wrapper(root, build_metadata)
    lacks = tuple(one for part in parts for one in part.lacks)
    needs = _Needs(tree, files, instructions, file, wrapper, charts, is_unrestricted, generated, lacks, objections)
    refused = objections[0] if objections and not is_unrestricted else None
    return needs, _failure_of(parts, root, generated) or refused or (failure and failure._replace(file=file))


def _as_told(outcome: Outcome, needs: _Needs) -> Outcome:
    """Return what came of a rendering with what it lacks; where it fails perhaps for that reason, what it lacks is the failure."""
    if isinstance(outcome, Rendered):
        return outcome._replace(lacks=needs.lacks, objections=needs.objections)
    return needs.lacks[0] if needs.lacks and outcome.kind == "template" else outcome


def _failure_of(parts: list[Closure], root: KustomizeRoot, generated: str) -> RenderFailure | None:
    failure = next((part.failure for part in parts if part.failure), None)
    if failure and failure.file == generated:
        return failure._replace(file="", line=1)
    return failure._replace(file=root.folder) if failure and not failure.file and failure.kind != "missing" else failure


def _with_components(kustomization: Mapping[str, Any], root: KustomizeRoot) -> Mapping[str, Any]:
    """Return the kustomization of the root with the components that a deployer adds to it: its own patches work on what they bring.

    Sources: fluxcd/pkg `kustomize/kustomize_generator.go`, Argo CD `util/kustomize/kustomize.go` (`kustomize edit add component`).
    """
    added = [posixpath.relpath(one or ".", root.folder or ".") for one in root.components()]
    return {**kustomization, "components": [*(kustomization.get("components") or ()), *added]} if added else kustomization


_OVERLAID = frozenset(
    {"namespace", "namePrefix", "nameSuffix", "images", "labels", "commonLabels", "commonAnnotations", "replicas", "patches"}
)
"""What a deployer may lay over a root."""


def _wrapper(root: KustomizeRoot, build_metadata: tuple[str, ...]) -> tuple[bytes, RenderFailure | None]:
    """Return the kustomization that is built: it adds annotations to the root, and what a deployer lays over it, which names no file."""
    content, references, problem = canonical_kustomization({name: one for name, one in root.options.items() if name != "components"})
    unknown = next((f"unknown field '{name}'" for name in content if name not in _OVERLAID), problem.reason if problem else "")
    named = f"'{references[0].text}' is a file, and cannot be applied to a root" if references else ""
    if reason := unknown or named:
        return b"", RenderFailure("template", reason)
    content["resources"] = [(_UP + root.folder).rstrip("/")]
    content["buildMetadata"] = ["originAnnotations", "transformerAnnotations", *build_metadata]
    try:
        return written([content]), None
    except (ValueError, RecursionError):
        return b"", RenderFailure("template", "the fields that its deployer adds cannot be written as JSON")


class _Space:
    """A folder that holds the files of one rendering, by their paths in the tree, and the wrapper beside them."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self._written: dict[str, bytes] = {}
        self._helm_calls: HelmCalls | None = None

    def helm_calls(self) -> HelmCalls:
        """Return the calls of Helm that were made in this folder so far."""
        self._helm_calls = self._helm_calls or HelmCalls(self.folder)
        return self._helm_calls

    def fill(self, files: Mapping[str, bytes], wrapper: bytes) -> None:
        """Make the folder hold these files and no others, writing only what is different."""
        wanted = {f"{_TREE}/{path}": data for path, data in files.items()} | {f"{_WRAPPER}/kustomization.yaml": wrapper}
        for path in [path for path in self._written if path not in wanted]:
            os.unlink(self._real(path))
            del self._written[path]
        for path, data in wanted.items():
            digest = hashlib.blake2b(data).digest()
            if self._written.get(path) != digest:
                self._write(path, data)
                self._written[path] = digest

    def _write(self, path: str, data: bytes) -> None:
        real = self._real(path)
        os.makedirs(os.path.dirname(real), exist_ok=True)
        # on a file system without capitals another name may stand for the same file, and what was checked would be replaced
        with open(real, "wb" if path in self._written else "xb") as file:
            file.write(data)

    def _real(self, path: str) -> str:
        return os.path.join(self.folder, *path.split("/"))


_ORIGIN = "config.kubernetes.io/origin"
_TRANSFORMATIONS = "alpha.config.kubernetes.io/transformations"
_ANNOTATION = re.compile(
    rf"^    (?P<name>{re.escape(_ORIGIN)}|{re.escape(_TRANSFORMATIONS)}):(?P<text>.*\n(?:(?: {{5}}.*)?\n)*)", re.MULTILINE
)
"""One of the two annotations with its lines: kustomize writes mappings in block style, two blanks a level, keys in order."""

_HEAD = re.compile(r"^metadata:\n((?: .*\n|\n)+)", re.MULTILINE)
_ANNOTATIONS = re.compile(r"^  annotations:\n((?: {4}.*\n|\n)+)", re.MULTILINE)
_PLACE = re.compile(r"^[^\S\n]+(?:- )?(?:path|configuredIn): *(.+)$", re.MULTILINE)


def rendered_documents(output: bytes) -> Iterable[RenderedDocument]:
    """Yield the objects that kustomize printed, without the annotations that tell where they come from."""
    for text in re.split(r"^---\n", output.decode("utf-8", "replace"), flags=re.MULTILINE):
        if text.strip():
            yield _without_origin(text)


def _without_origin(text: str) -> RenderedDocument:
    head = _HEAD.search(text)
    annotations = _ANNOTATIONS.search(text, head.start(1), head.end(1)) if head else None
    if annotations is None:
        return RenderedDocument(text)
    places = {found["name"]: _paths(found["text"]) for found in _ANNOTATION.finditer(annotations[0])}
    kept = _ANNOTATION.sub("", annotations[0])
    kept = "" if kept == "  annotations:\n" else kept
    origin = places.get(_ORIGIN, ())
    text = text[: annotations.start()] + kept + text[annotations.end() :]
    return RenderedDocument(text, origin[0] if origin else "", places.get(_TRANSFORMATIONS, ()))


def _paths(text: str) -> tuple[str, ...]:
    """Return the files that an annotation names, from the top of the tree; the wrapper itself is none."""
    named = [_plain(found[1]) for found in _PLACE.finditer(text)]
    return tuple(dict.fromkeys(path.removeprefix(_UP) for path in named if path.startswith(_UP)))


def _plain(scalar: str) -> str:
    if scalar[:1] not in ("'", '"'):
        return scalar.strip()
    try:
        value = documents.parse(documents.split(scalar)[0]).root.value
    except (documents.BrokenDocument, IndexError):
        return scalar
    return value if isinstance(value, str) else scalar


_ACCUMULATED = re.compile(r"^(?:accumulate from path: )?accumulation err='(.*)': must build at directory: '[^']*': file is not directory$")
"""How kustomize tells that a file is refused, with why it is no folder either."""

_RECURSED = "recursed accumulation of path '"
_LOGGED = re.compile(r"^[EFIW]\d{4} \d\d:\d\d:\d\d\.\d+\s+\d+ [\w./-]+:\d+\] (?:\"(?:[^\"\\]|\\.)*\" err=(?P<error>\"(?:[^\"\\]|\\.)*\"))?")
"""What kubectl puts before an error: severity, time, process and place in its source (klog v2, `serialize.FormatHeader`)."""

_WARNING = re.compile(r"^(?:#|\d{4}/\d\d/\d\d |Warning)")
_ADDRESSES = re.compile(r"\b0x[0-9a-f]{6,}\b ?")
"""Addresses in memory, which Go prints of what it points to (`&{0xc0001 ...}`): they differ from run to run."""

_LONGEST = 300


def _without_log(line: str) -> str:
    """Return the error in a line, without the time and process that differ from run to run."""
    found = _LOGGED.match(line)
    if found is None:
        return line
    try:
        return str(json.loads(found["error"])) if found["error"] else line[found.end() :]
    except ValueError:
        return line[found.end() :]


def _refused(errors: str, folder: str, needs: _Needs) -> RenderFailure:
    """Return the failure that kustomize told, without the paths of the copy, and the kustomization that it is about."""
    lines = [_without_log(line) for line in errors.splitlines() if line.strip() and not _WARNING.match(line)]
    message = " ".join(" ".join(lines).split()).removeprefix("Error: ")
    file = needs.file
    if _RECURSED in message:
        where, _, message = message.rpartition(_RECURSED)[2].partition("': ")
        inner = where.removeprefix(f"{folder}/{_TREE}").strip("/")
        file = next((path for path in needs.files if posixpath.dirname(path) == inner and "ustomization" in path), file)
    message = _ACCUMULATED.sub(r"\1", re.sub(r"^(?:accumulating resources: )?(?:map\[string\]interface \{\}\(nil\): )?", "", message))
    message = message.replace(f"{folder}/{_TREE}/", "").replace(f"{folder}/{_TREE}", ".").replace(f"{folder}/", "").replace(_UP, "")
    message = _ADDRESSES.sub("", message)
    message = shortened(message, _LONGEST)
    file = "" if file == needs.generated else file
    return RenderFailure("template", f"kustomize refuses it: {message.rstrip('. ')}", file)
