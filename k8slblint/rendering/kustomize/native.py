"""Has the render engine build kustomizations: it is sent the files of a build, and asks back for the charts in it."""

from collections.abc import Mapping, Sequence
from typing import Any

from k8slblint.rendering import bounds
from k8slblint.rendering.kustomize.inflation import MOST_CALLS, Render, read_call
from k8slblint.rendering.kustomize.needs import Needs, refused
from k8slblint.rendering.kustomize.output import TREE, WRAPPER, rendered_documents
from k8slblint.rendering.native.workers import Broken, Native, Request
from k8slblint.rendering.units import Outcome, Rendered, RenderFailure


def by_native(native: Native, needs: Needs, render: Render | None) -> Outcome:
    """Return what comes of a build; `render` answers for Helm. Raises `OSError`, `ValueError` or `RecursionError`."""
    contents = needs.contents()
    build = {
        "paths": list(contents),
        "folder": WRAPPER,
        "unrestricted": needs.is_unrestricted,
        "charts": render is not None,
    }
    charts = _Charts(needs, render)
    seconds = min(bounds.SECONDS, needs.tree.budget.seconds_left())
    answer = native.ask(Request({"kind": "kustomize", "build": build}, list(contents.values()), seconds), charts.answer)
    if charts.failure is not None:
        return needs.placed(charts.failure)
    return _failure(answer, needs) if isinstance(answer, Broken) else _outcome(answer, needs)


def _outcome(answer: Mapping[str, Any], needs: Needs) -> Outcome:
    if "exceeded" in answer:
        return RenderFailure("bounds", f"kustomize was stopped after {answer['exceeded']}", needs.file)
    if "error" in answer:
        return refused(answer["error"], answer["root"], needs)
    return Rendered(tuple(rendered_documents(answer["output"])))


def _failure(broken: Broken, needs: Needs) -> RenderFailure:
    if broken.stopped_by:
        return RenderFailure("bounds", f"kustomize was stopped after {broken.stopped_by}", needs.file)
    if broken.is_garbled:
        return RenderFailure("renderer", "the render engine gave no readable answer", needs.file)
    return needs.out_of_memory(is_certain=broken.is_out_of_memory)


class _Charts:
    """Answers what the engine asks of Helm in the course of one build; `failure` is the first reason why a chart is not rendered."""

    def __init__(self, needs: Needs, render: Render | None) -> None:
        self._charts = {f"{TREE}/{folder}": folder for folder in needs.charts}
        self._render = render
        self._left = MOST_CALLS
        self.failure: RenderFailure | None = None

    def answer(self, asked: Mapping[str, Any]) -> tuple[Mapping[str, Any], Sequence[bytes]]:
        """Return the message that answers a call, and what Helm prints."""
        printed = self._printed(asked)
        if isinstance(printed, RenderFailure):
            self.failure = self.failure or printed
            return {"kind": "inflated", "refused": True}, ()
        return {"kind": "inflated"}, (printed.encode("utf-8", "surrogateescape"),)

    def _printed(self, asked: Mapping[str, Any]) -> str | RenderFailure:
        self._left -= 1
        if self._left < 0:
            return RenderFailure("bounds", f"it inflates more than {MOST_CALLS} charts")
        call = read_call(asked, self._charts)
        if isinstance(call, RenderFailure) or self._render is None:
            return call if isinstance(call, RenderFailure) else RenderFailure("off", "charts are not rendered")
        return self._render(call.release, call.printing)
