"""Knows how charts are rendered: by the user's `helm` or by the Helm SDK in a worker process, both from the same archive and values."""

import hashlib
import json
import math
import os
import re
import sys
import time
from collections.abc import Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Self, TypeAlias

from k8slblint.budget import OverLimitError
from k8slblint.processes import temporary
from k8slblint.processes.programs import absolute_entries, find_program, read_by_python
from k8slblint.processes.sandbox import Grant, levels
from k8slblint.rendering import bounds
from k8slblint.rendering.helm.charts import Chart, archive, missing_failure, read_chart, template_places
from k8slblint.rendering.helm.output import in_order, is_deployed, split_manifests, why_refused
from k8slblint.rendering.helm.releases import why_not_released
from k8slblint.rendering.helm.values import as_json, chart_values, is_disabled, merged_values
from k8slblint.rendering.tree import SourceTree
from k8slblint.rendering.units import MOST_OBJECTS, ChartRelease, Outcome, Rendered, RenderedDocument, RenderFailure

if TYPE_CHECKING:
    import subprocess

Engine: TypeAlias = Literal["auto", "binary", "in-process"]

API_VERSIONS = (
    "gateway.networking.k8s.io/v1",
    "gateway.networking.k8s.io/v1/Gateway",
    "gateway.networking.k8s.io/v1/GatewayClass",
    "gateway.networking.k8s.io/v1/HTTPRoute",
    "gateway.networking.k8s.io/v1/GRPCRoute",
    "gateway.networking.k8s.io/v1beta1",
    "gateway.networking.k8s.io/v1beta1/Gateway",
    "gateway.networking.k8s.io/v1beta1/HTTPRoute",
    "gateway.networking.k8s.io/v1beta1/ReferenceGrant",
    "networking.k8s.io/v1/Ingress",
    "networking.k8s.io/v1/IngressClass",
    "metallb.io/v1beta1",
    "metallb.io/v1beta1/IPAddressPool",
    "elbv2.k8s.aws/v1beta1",
    "elbv2.k8s.aws/v1beta1/TargetGroupBinding",
    "traefik.io/v1alpha1",
    "traefik.io/v1alpha1/IngressRoute",
)
"""What a cluster is taken to serve besides Kubernetes itself where nobody says more: the APIs that traffic goes through.

Helm knows only core groups without a cluster, and a chart that asks `.Capabilities.APIVersions.Has` for another silently leaves its
objects out; a route that is left out would be a Service without a way in. APIs that carry no traffic are not claimed.
"""

NO_RENDERER = "there is no Helm: install `helm`, or `pip install 'k8slblint[helm]'`"

_HOMES = ("HELM_PLUGINS", "HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME", "HELM_REPOSITORY_CACHE")
"""Where `helm` looks for plug-ins, repositories and caches: all are an empty folder."""

_SOURCE = re.compile(r"^---\r?\n# Source: ([^\n]+?)\r?\n", re.MULTILINE)
_NOTES = "NOTES.txt"
_AT = re.compile(r"(?:template: |YAML parse error on |at \(?)?(?<![\w./@+-])([\w./@+-]+/(?:templates|crds|charts)/[\w./@+-]+)(?::(\d+))?")
_PREFIX = re.compile(r"^(?:Error: |error: |helm-c: |execution error at \([^)]*\): )+")
_CUT = re.compile(
    r"""template:\ [^\s:]+:\d+(?::\d+)?:\ ?
    |   executing\ "[^"]*"\ at\ <[^>]*>:\ ?
    |   (?<!\S)[\w./@+-]+:\d+:\d+:?(?=\s|$)
    |   error\ calling\ (?:fail|include|tpl):\ (?:template:\ )?
    """,
    re.VERBOSE,
)
"""What is said of the way to the defect and not of the defect."""

_UNREAD = re.compile(r"cannot load ((?:[\w-]+/)*[\w-]+\.ya?ml):")

_LONGEST_REASON = 300

_VERSION = re.compile(r"v?(\d+\.\d+)(\.\d+)?(?:[-+]\S*)?", re.ASCII)
"""A version of Kubernetes; what vendors add (`-eks-1552ad0`, `+k3s1`) one engine shows to templates and the other does not."""


class Printing(NamedTuple):
    """What `helm template` is to print of a chart, by its options of these names."""

    include_crds: bool = False
    skip_tests: bool = False
    no_hooks: bool = False


class _Request(NamedTuple):
    """What an engine is asked: the archive of the chart, the values as JSON, and the release; what is empty the engine chooses.

    `lacks` are the dependencies that the archive does without. Without `printing` all objects are wanted in any order, else what
    `helm template` would print.
    """

    chart: bytes
    values: str
    release: ChartRelease
    kube_version: str
    api_versions: tuple[str, ...]
    printing: Printing | None = None
    lacks: tuple[RenderFailure, ...] = ()


class _Text(NamedTuple):
    """One text that an engine printed, with the path that Helm prints for its template."""

    printed: str
    text: str


class HelmEngine:
    """Renders charts, one after the other, with one engine; a context manager. Nothing is started before the first rendering.

    `auto` is the `helm` of the user where it is on PATH, else the SDK in a worker process.
    """

    def __init__(self, choice: Engine = "auto", *, seconds: float = bounds.SECONDS) -> None:
        self._choice: Engine = choice
        self._seconds = seconds
        self._binary: str | None = None
        self._worker: _Worker | None = None
        self._printed: dict[Any, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End the worker."""
        if self._worker is not None:
            self._worker.close()
            self._worker = None

    def render(self, release: ChartRelease, tree: SourceTree) -> Outcome:
        """Render a chart of the tree; never raises for what the tree holds."""
        try:
            tree.budget.ask(release.chart)
            return self._render(release, tree)
        except OverLimitError as error:
            return RenderFailure("bounds", error.reason, error.culprit or release.chart)
        except RecursionError:
            return RenderFailure("bounds", "the values or the charts are nested too deep", release.chart)

    def _render(self, release: ChartRelease, tree: SourceTree) -> Outcome:
        asked = _asked(tree, release)
        if isinstance(asked, RenderFailure):
            return asked
        texts = self._started(*asked, tree)
        lacks = asked[1].lacks
        if isinstance(texts, RenderFailure):
            return lacks[0] if lacks and texts.kind == "template" else texts  # it may well need what it lacks
        rendered = _rendered(texts, template_places(tree, asked[0]))._replace(lacks=lacks)
        return rendered if rendered.documents or not lacks else lacks[0]

    def _started(self, chart: Chart, request: _Request, tree: SourceTree) -> list[_Text] | RenderFailure:
        """Return the answer of an engine, a failure with its place in the tree."""
        try:
            texts = self._ask(request, min(self._seconds, tree.budget.seconds_left()))
        except (OSError, ValueError) as error:  # ValueError: an argument that no system takes
            return RenderFailure("renderer", f"Helm cannot be started: {getattr(error, 'strerror', None) or error}", chart.file)
        if isinstance(texts, RenderFailure):
            return _placed_failure(texts, chart, template_places(tree, chart))
        if sum(text.count("\n---", 0) + 1 for _, text in texts) > MOST_OBJECTS:
            return RenderFailure("bounds", f"it yields more than {MOST_OBJECTS:,} objects", chart.file)
        return texts

    def printed(self, release: ChartRelease, tree: SourceTree, printing: Printing) -> str | RenderFailure:
        """Return what `helm template` prints for a chart of the tree, in its order and with the hooks; never raises for what that holds.

        The cluster is what the release states and else what Helm itself takes it for; the same request is rendered once.
        """
        try:
            asked = _asked(tree, release)
            return asked if isinstance(asked, RenderFailure) else self._print(*asked, tree, printing)
        except OverLimitError as error:
            return RenderFailure("bounds", error.reason, error.culprit or release.chart)
        except RecursionError:
            return RenderFailure("bounds", "the values or the charts are nested too deep", release.chart)

    def _print(self, chart: Chart, request: _Request, tree: SourceTree, printing: Printing) -> str | RenderFailure:
        if request.lacks:
            return request.lacks[0]
        release = request.release._replace(layers=())  # they are merged
        stated, versions = release.kube_version or "", release.api_versions
        request = request._replace(release=release, printing=printing, kube_version=stated, api_versions=versions)
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

    def _ask(self, request: _Request, seconds: float) -> list[_Text] | RenderFailure:
        if self._choice != "in-process" and (binary := self._find_binary()):
            return _by_binary(binary, request, seconds)
        if self._choice == "binary":
            return RenderFailure("renderer", "there is no `helm` on PATH")
        if self._worker is None:
            folder = _sdk_folder()
            if folder is None:
                return RenderFailure("renderer", NO_RENDERER)
            self._worker = _Worker(folder)
        return self._worker.ask(request, seconds)

    def _find_binary(self) -> str | None:
        if self._binary is None:
            self._binary = find_program("helm") or ""
        return self._binary


def _asked(tree: SourceTree, release: ChartRelease) -> tuple[Chart, _Request] | RenderFailure:
    """Return a chart and what is asked of it."""
    chart = read_chart(tree, release.chart)
    if isinstance(chart, RenderFailure):
        return chart
    request = _request(tree, chart, release)
    return request if isinstance(request, RenderFailure) else (chart, request)


def _request(tree: SourceTree, chart: Chart, release: ChartRelease) -> _Request | RenderFailure:
    if chart.is_library:
        return RenderFailure("template", "a library chart cannot be deployed by itself", chart.file)
    if refused := why_not_released(release):
        return RenderFailure("template", refused, chart.file)
    values = merged_values(tree, release.layers)
    if isinstance(values, RenderFailure):
        return values
    missing = chart.missing
    defaults = chart_values(tree, chart) if missing else {}
    lacks = tuple(missing_failure(chart, one) for one in missing if not is_disabled(one, defaults, values))
    packed = archive(tree, chart, tuple(one.name for one in missing))
    if isinstance(packed, RenderFailure):
        return packed
    versions = release.api_versions or API_VERSIONS
    return _Request(packed, as_json(values), release, _kube_version(release.kube_version), versions, lacks=lacks)


def _kube_version(stated: str | None) -> str:
    if stated is None:
        from k8slblint.loading.kubernetes_schemas import shipped_minors

        return f"v1.{shipped_minors()[-1]}.0"
    found = _VERSION.fullmatch(stated)
    return f"v{found[1]}{found[2] or '.0'}" if found else stated


def _by_binary(binary: str, request: _Request, seconds: float) -> list[_Text] | RenderFailure:
    with temporary.folder() as folder:
        for name, data in (("chart.tgz", request.chart), ("values.json", request.values.encode())):
            with open(os.path.join(folder, name), "wb") as file:
                file.write(data)
        homes = dict.fromkeys(_HOMES, os.path.join(folder, "none"))
        ended = bounds.run(_command(binary, request), folder=folder, seconds=seconds, variables=homes, check=("version",))
    if ended.stopped_by:
        return RenderFailure("bounds", f"Helm was stopped after {ended.stopped_by}")
    if ended.status:
        return _failure(ended.errors)
    return _split_output(ended.output.decode("utf-8", "replace"))


def _command(binary: str, request: _Request) -> list[str]:
    release = request.release
    options = {
        "namespace": release.namespace,
        "kube-version": request.kube_version,
        "api-versions": ",".join(request.api_versions),
        "values": "values.json",
    }
    printing = request.printing or Printing(include_crds=True)
    flags = [f"--{name.replace('_', '-')}" for name, is_set in printing._asdict().items() if is_set]
    return [binary, "template", release.release, "chart.tgz", *flags, *(f"--{name}={value}" for name, value in options.items() if value)]


def _split_output(output: str) -> list[_Text]:
    """Split what `helm template` prints into documents with the template each comes from."""
    found = list(_SOURCE.finditer(output))
    ends = [*(match.start() for match in found[1:]), len(output)]
    return [_Text(match[1], output[match.end() : end]) for match, end in zip(found, ends, strict=False)]


class _Worker:
    """A process that holds the Helm SDK; it is started again after a chart has ended it."""

    def __init__(self, sdk_folder: str) -> None:
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "worker.py")
        seconds = math.ceil(bounds.SECONDS) * (os.cpu_count() or 1) + 1
        self._command = [sys.executable, "-I", "-S", script, sdk_folder, str(seconds)]
        library = os.environ.get("HELM_C_LIB", "")
        reads = (script, os.path.join(sdk_folder, "helm_python"), *absolute_entries(library), *read_by_python())
        self._grant = Grant(sys.executable, reads=reads, lists=(sdk_folder,))
        self._process: subprocess.Popen[bytes] | None = None
        self._has_answered = False

    def ask(self, request: _Request, seconds: float) -> list[_Text] | RenderFailure:
        """Send a request and wait for its answer within bounds."""
        if not self._has_answered and not self._works():
            levels.widen(sys.executable, levels.of(sys.executable), self._works)
        self._has_answered = True
        process = self._started()
        release = request.release
        options = {
            "name": release.release,
            "namespace": release.namespace,
            "kube_version": request.kube_version,
            "api_versions": request.api_versions,
        }
        header = {"archive": len(request.chart), "values": request.values, "options": options}
        reply = _exchange(process, json.dumps(header).encode() + b"\n" + request.chart, seconds)
        if isinstance(reply, RenderFailure):
            self.close()
            return reply
        try:
            return _reply_texts(json.loads(reply), request.printing)
        except ValueError:
            self.close()
            return RenderFailure("renderer", "the worker of the Helm SDK gave no readable answer")

    def _works(self) -> bool:
        """Tell whether a new process can load the SDK, in the sandbox that it has now."""
        self.close()
        reply = _exchange(self._started(), b'{"archive": 0}\n', bounds.SECONDS)
        return reply == b"{}"

    def _started(self) -> "subprocess.Popen[bytes]":
        if self._process is None or self._process.poll() is not None:
            self.close()
            self._process = bounds.start(self._command, self._grant)
        return self._process

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None:
            bounds.stop(process)
            process.communicate()


def _exchange(process: "subprocess.Popen[bytes]", data: bytes, seconds: float) -> bytes | RenderFailure:
    """Write a request and read the reply; a failure where the process ends, takes too long or says too much."""
    import select

    if process.stdin is None or process.stdout is None:
        raise OSError("the worker has no pipes")
    until = time.monotonic() + seconds
    reply, size = bytearray(), -1
    try:
        process.stdin.write(data)
        process.stdin.flush()
        while size < 0 or len(reply) < size:
            left = until - time.monotonic()
            if left <= 0 or not select.select([process.stdout], [], [], left)[0]:
                return RenderFailure("bounds", f"Helm was stopped after {seconds:g} seconds")
            read = os.read(process.stdout.fileno(), 1 << 20)
            if not read:
                break
            reply += read
            if size < 0 and b"\n" in reply:
                first, _, rest = reply.partition(b"\n")
                reply, size = bytearray(rest), int(first) if first.isdigit() else 0
            if size > bounds.OUTPUT:
                return RenderFailure("bounds", f"Helm was stopped after {bounds.OUTPUT // 1_000_000} MB of output")
    except BrokenPipeError:
        size = -1
    if size < 0 or len(reply) < size:
        return RenderFailure("bounds", "Helm ended without an answer: the chart takes too much memory or never ends")
    return bytes(reply)


def _reply_texts(reply: dict[str, Any], printing: Printing | None) -> list[_Text] | RenderFailure:
    if "broken" in reply:
        return RenderFailure("renderer", f"the Helm SDK cannot be loaded: {reply['broken'].splitlines()[0]}")
    if "error" in reply:
        return _failure(reply["error"])
    texts = [_Text(printed, text) for printed, text in sorted(reply["templates"].items()) if not printed.endswith(_NOTES)]
    for one in texts:
        # `helm template` refuses such output, and the SDK does not
        for problem in filter(None, map(why_refused, split_manifests(one.text))):
            return _failure(f"YAML parse error on {one.printed}: {problem}")
    if printing is None:
        return [*_crds(reply["crds"]), *texts]
    ordered = in_order(((one.printed, one.text) for one in texts), with_hooks=not printing.no_hooks, with_tests=not printing.skip_tests)
    crds = _crds(reply["crds"]) if printing.include_crds else ()
    return [*(_Text(one.printed, f"{one.text}\n") for one in crds), *(_Text(printed, f"{text}\n") for printed, text in ordered)]


def _crds(listed: Any) -> Iterator[_Text]:
    for crd in listed or []:
        yield _Text(crd["filename"], crd["data"])


def _rendered(texts: list[_Text], places: dict[str, str]) -> Rendered:
    kept = (RenderedDocument(text, _file(one.printed, places)) for one in texts if (text := _deployed_text(one)))
    return Rendered(tuple(kept))


def _deployed_text(one: _Text) -> str:
    """Return what Helm deploys of a text, one document after the other; `""` where nothing is left."""
    kept = [manifest for manifest in split_manifests(one.text.lstrip("\ufeff")) if is_deployed(manifest)]
    return "\n---\n".join(kept) + "\n" if kept else ""


def _file(printed: str, places: dict[str, str]) -> str:
    """Return the file in the tree of a template, whose path Helm prints with the names of charts, not of their folders."""
    prefix = max((one for one in places if printed.startswith(f"{one}/")), key=len, default="")
    if not prefix:
        return ""
    place = places[prefix]
    if place.endswith((".tgz", ".tar.gz")):
        return place
    return f"{place}/{printed[len(prefix) + 1 :]}" if place else printed[len(prefix) + 1 :]


def _failure(errors: str) -> RenderFailure:
    """Make one sentence of what Helm says; `file` is the path that Helm prints."""
    lines = [
        line.strip() for line in errors.strip().splitlines() if line.strip() and not line.startswith(("WARNING", "coalesce.go", "level="))
    ]
    text = " ".join(lines).partition(" Use --debug flag")[0]
    if "fatal error:" in errors or "stack overflow" in errors or "goroutine " in errors:
        return RenderFailure("bounds", "Helm ended without an answer: the chart takes too much memory or never ends")
    at = _AT.search(text)
    reason = _PREFIX.sub("", " ".join(_CUT.sub("", text).split())).strip(" :.")
    reason = reason if len(reason) <= _LONGEST_REASON else reason[: _LONGEST_REASON - 4] + " ..."
    return RenderFailure("template", reason or "Helm failed without saying why", at[1] if at else "", int(at[2] or 1) if at else 1)


def _placed_failure(failure: RenderFailure, chart: Chart, places: dict[str, str]) -> RenderFailure:
    file = _file(failure.file, places) if failure.file else ""
    unread = _UNREAD.match(failure.reason)
    if unread and chart.file != chart.folder:
        return failure._replace(file=f"{chart.folder}/{unread[1]}" if chart.folder else unread[1], line=1)
    return failure._replace(file=file or chart.file, line=failure.line if file else 1)


def _sdk_folder() -> str | None:
    """Return the folder that the package `helm_python` lies in, without importing it."""
    from importlib.util import find_spec

    spec = find_spec("helm_python")
    return os.path.dirname(os.path.dirname(spec.origin)) if spec and spec.origin else None
