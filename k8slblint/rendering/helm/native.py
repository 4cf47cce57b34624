"""Asks the render engine for a rendering: what `helm template` prints, by Helm 4 as a library."""

from k8slblint.processes.sandbox import Record
from k8slblint.rendering.helm.failures import failure_of, out_of_memory, unanswered
from k8slblint.rendering.helm.request import Printing, Request, Text
from k8slblint.rendering.native.workers import Broken, Native
from k8slblint.rendering.native.workers import Request as Sent
from k8slblint.rendering.units import RenderFailure


def by_native(native: Native, request: Request, seconds: float, record: Record) -> list[Text] | RenderFailure:
    """Return what the engine prints for a request; `record` is told how it was confined. Raises `OSError` where it cannot be started."""
    release = request.release
    asked = {
        "name": release.release,
        "namespace": release.namespace,
        "values": request.values,
        "kube_version": request.kube_version,
        "api_versions": request.api_versions,
        **(request.printing or Printing(include_crds=True))._asdict(),
    }
    answer = native.ask(Sent({"kind": "helm", "release": asked}, (request.chart,), seconds), record)
    if isinstance(answer, Broken):
        return _failure(answer)
    if "exceeded" in answer:
        return RenderFailure("bounds", f"Helm was stopped after {answer['exceeded']}")
    return failure_of(answer["error"]) if "error" in answer else [Text(printed, text) for printed, text in answer["texts"]]


def _failure(broken: Broken) -> RenderFailure:
    if broken.stopped_by:
        return RenderFailure("bounds", f"Helm was stopped after {broken.stopped_by}")
    if broken.is_garbled:
        return RenderFailure("renderer", "the render engine gave no readable answer")
    return out_of_memory() if broken.is_out_of_memory else unanswered()
