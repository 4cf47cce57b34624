"""Has the render engine build kustomizations: it is sent the files of a build, and asks back for the charts in it."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from k8slblint.processes.sandbox import Record
from k8slblint.rendering import bounds
from k8slblint.rendering.kept import Kept
from k8slblint.rendering.kustomize.answers import Built, answered, form_of, key_of_build
from k8slblint.rendering.kustomize.inflation import MOST_CALLS, Asked, Render, read_call
from k8slblint.rendering.kustomize.needs import Needs, refused
from k8slblint.rendering.kustomize.output import TREE, WRAPPER, rendered_documents
from k8slblint.rendering.native.workers import Broken, Native, Request
from k8slblint.rendering.units import Outcome, Rendered, RenderFailure


def by_native(native: Native, kept: Kept, needs: Needs, render: Render | None) -> Outcome:
    """Return what comes of a build; `render` answers for Helm. Raises `OSError`, `ValueError` or `RecursionError`."""
    builder = _Builder(native, needs, _Charts(needs, render) if render else None)
    identity = native.identity(kept.storage)
    if builder.charts is None:
        return answered(kept, identity, builder.given, None, builder.build)
    return _with_charts(kept, identity, builder, builder.charts)


def _with_charts(kept: Kept, identity: str, builder: "_Builder", charts: "_Charts") -> Outcome:
    """Return what comes of a build, which is kept by the answers to all calls of Helm that it makes.

    Which calls these are is known from a build before, and kept by the files alone; what they are answered now decides which build it is.
    """
    made: list[Outcome] = []

    def build(record: Record) -> Outcome:
        made.append(builder.build(record))
        return made[-1]

    def listing(record: Record) -> Built:
        return Built(_NO_OBJECTS if isinstance(build(record), Rendered) else _NOT_KEPT, charts.made())

    def building(record: Record) -> Built:
        outcome = build(record)
        return Built(outcome if charts.made() == listed else _NOT_KEPT)

    form = form_of(builder.given.files)
    listed = kept.answer(key_of_build(identity, builder.given, "calls"), form, listing).asked
    if not made:
        for call in listed:
            if isinstance(failure := charts.printed(call), RenderFailure):
                return builder.needs.placed(failure)
        found = kept.answer(key_of_build(identity, builder.given, charts.answered()), form, building)
        return made[-1] if made else found.outcome
    if isinstance(made[-1], Rendered):
        kept.answer(key_of_build(identity, builder.given, charts.answered()), form, lambda _: Built(made[-1]))
    return made[-1]


_NO_OBJECTS = Rendered(())
_NOT_KEPT = RenderFailure("off", "it depends on more than is known")


class _Builder:
    """Has the engine build what is needed; `given` is what it is sent."""

    def __init__(self, native: Native, needs: Needs, charts: "_Charts | None") -> None:
        self._native = native
        self.needs = needs
        self.given = needs.given()
        self.charts = charts

    def build(self, record: Record) -> Outcome:
        """Return what comes of it."""
        contents, needs, charts = self.given.contents(), self.needs, self.charts
        build = {"paths": list(contents), "folder": WRAPPER, "unrestricted": needs.is_unrestricted, "charts": charts is not None}
        request = Request(
            {"kind": "kustomize", "build": build},
            list(contents.values()),
            min(bounds.SECONDS, needs.tree.budget.seconds_left()),
        )
        answer = self._native.ask(request, record, charts.answer if charts else None)
        if charts is not None and charts.failure is not None:
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

    def __init__(self, needs: Needs, render: Render) -> None:
        self._charts = {f"{TREE}/{folder}": place for folder, place in needs.charts.items()}
        self._render = render
        self._printed: dict[Asked, str] = {}
        self._made: dict[Asked, None] = {}
        self.failure: RenderFailure | None = None

    def made(self) -> tuple[Asked, ...]:
        """Return the calls that the engine made."""
        return tuple(sorted(self._made))

    def answered(self) -> list[tuple[Asked, str]]:
        """Return the calls that have an answer, each with the hash of that."""
        return [(call, hashlib.sha256(_encoded(text)).hexdigest()) for call, text in sorted(self._printed.items())]

    def answer(self, asked: Mapping[str, Any]) -> tuple[Mapping[str, Any], Sequence[bytes]]:
        """Return the message that answers a call, and what Helm prints."""
        call = Asked(asked["release"], asked["chart"], tuple((option, value) for option, value in asked["options"]))
        self._made[call] = None
        printed = self.printed(call)
        if isinstance(printed, RenderFailure):
            self.failure = self.failure or printed
            return {"kind": "inflated", "refused": True}, ()
        return {"kind": "inflated"}, (_encoded(printed),)

    def printed(self, call: Asked) -> str | RenderFailure:
        """Return what Helm prints for a call, or why it prints nothing."""
        if call in self._printed:
            return self._printed[call]
        if len(self._printed) >= MOST_CALLS:
            return RenderFailure("bounds", f"it inflates more than {MOST_CALLS} charts")
        read = read_call(call._asdict(), self._charts)
        printed = read if isinstance(read, RenderFailure) else self._render(read.release, read.printing)
        if not isinstance(printed, RenderFailure):
            self._printed[call] = printed
        return printed


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
