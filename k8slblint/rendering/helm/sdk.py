"""Asks the Helm SDK for a rendering: in a worker process, over its pipes."""

import hashlib
import json
import math
import os
import sys
import time
from collections.abc import Iterator
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Any

from k8slblint.processes.endings import wait_for
from k8slblint.processes.programs import absolute_entries, read_by_python
from k8slblint.processes.sandbox import Grant, Record, levels
from k8slblint.rendering import bounds
from k8slblint.rendering.helm.failures import failure_of, out_of_memory, unanswered
from k8slblint.rendering.helm.output import in_order, split_manifests, why_refused
from k8slblint.rendering.helm.request import Printing, Request, Text
from k8slblint.rendering.identity import identity_of
from k8slblint.rendering.storage import Storage
from k8slblint.rendering.units import RenderFailure

if TYPE_CHECKING:
    import subprocess

_NOTES = "NOTES.txt"

_LONGEST_ERROR = 100_000

_TO_END = 1.0
"""Seconds that a process takes to end at most once it has closed its pipes."""


class Worker:
    """A process that holds the Helm SDK; it is started again after a chart has ended it."""

    def __init__(self, sdk_folder: str, record: Record) -> None:
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "worker.py")
        seconds = math.ceil(bounds.SECONDS) * (os.cpu_count() or 1) + 1
        self._command = [sys.executable, "-I", "-S", script, sdk_folder, str(seconds)]
        library = os.environ.get("HELM_C_LIB", "")
        reads = (script, os.path.join(sdk_folder, "helm_python"), *absolute_entries(library), *read_by_python())
        self._grant = Grant(sys.executable, reads=reads, lists=(sdk_folder,))
        self._process: subprocess.Popen[bytes] | None = None
        self._errors: IO[bytes] | None = None
        self._has_answered = False
        self.record = record

    def ask(self, request: Request, seconds: float) -> list[Text] | RenderFailure:
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
            return self._ended(reply)
        try:
            return _reply_texts(json.loads(reply), request.printing)
        except ValueError:
            self.close()
            return RenderFailure("renderer", "the worker of the Helm SDK gave no readable answer")

    def _ended(self, failure: RenderFailure) -> RenderFailure:
        """Return why there is no reply; the process is gone then."""
        process, said = self._process, ""
        has_ended = failure == unanswered() and process is not None and wait_for(process, _TO_END)
        if has_ended and self._errors is not None:
            self._errors.seek(0)
            said = self._errors.read(_LONGEST_ERROR).decode("utf-8", "replace")
        self.close()
        is_lacking = has_ended and process is not None and bounds.is_out_of_memory(process.returncode, said)
        return out_of_memory() if is_lacking else failure

    def _works(self) -> bool:
        """Tell whether a new process can load the SDK, in the sandbox that it has now."""
        self.close()
        reply = _exchange(self._started(), b'{"archive": 0}\n', bounds.SECONDS)
        return reply == b"{}"

    def _started(self) -> "subprocess.Popen[bytes]":
        if self._process is None or self._process.poll() is not None:
            self.close()
            self._errors = TemporaryFile()  # noqa: SIM115 - it lives as long as the process
            self._process = bounds.start(self._command, self._grant, errors=self._errors, record=self.record)
        return self._process

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None:
            bounds.stop(process)
            process.communicate()
        if self._errors is not None:
            self._errors.close()
            self._errors = None


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
        return unanswered()
    return bytes(reply)


def _reply_texts(reply: dict[str, Any], printing: Printing | None) -> list[Text] | RenderFailure:
    if "broken" in reply:
        return RenderFailure("renderer", f"the Helm SDK cannot be loaded: {reply['broken'].splitlines()[0]}")
    if "error" in reply:
        return failure_of(reply["error"])
    texts = [Text(printed, text) for printed, text in sorted(reply["templates"].items()) if not printed.endswith(_NOTES)]
    for one in texts:
        # `helm template` refuses such output, and the SDK does not
        for problem in filter(None, map(why_refused, split_manifests(one.text))):
            return failure_of(f"YAML parse error on {one.printed}: {problem}")
    if printing is None:
        return [*_crds(reply["crds"]), *texts]
    ordered = in_order(((one.printed, one.text) for one in texts), with_hooks=not printing.no_hooks, with_tests=not printing.skip_tests)
    crds = _crds(reply["crds"]) if printing.include_crds else ()
    return [*(Text(one.printed, f"{one.text}\n") for one in crds), *(Text(printed, f"{text}\n") for printed, text in ordered)]


def _crds(listed: Any) -> Iterator[Text]:
    for crd in listed or []:
        yield Text(crd["filename"], crd["data"])


def sdk_folder() -> str | None:
    """Return the folder that the package `helm_python` lies in, without importing it."""
    from importlib.util import find_spec

    spec = find_spec("helm_python")
    return os.path.dirname(os.path.dirname(spec.origin)) if spec and spec.origin else None


_LIBRARIES = (".so", ".dylib", ".dll", ".py")


def identity_of_sdk(storage: Storage | None) -> str:
    """Return what names the SDK by the content of its package and library, `""` where there is none."""
    folder = sdk_folder()
    if folder is None:
        return ""
    package = os.path.join(folder, "helm_python")
    found = [os.path.join(top, name) for top, _, names in os.walk(package) for name in sorted(names) if name.endswith(_LIBRARIES)]
    hashes = [identity_of(path, storage) for path in (*sorted(found), *absolute_entries(os.environ.get("HELM_C_LIB", "")))]
    return f"helm-sdk {hashlib.sha256(repr(hashes).encode()).hexdigest()}" if all(hashes) else ""
