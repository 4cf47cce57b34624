"""The answers of kustomize as they are kept: their form, and which files a kept one may name."""

from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Any, NamedTuple

from k8slblint.processes.sandbox import Record
from k8slblint.rendering.kept import Form, Kept, Unreadable, failure, hash_of_files, items, key_of, text, texts, written_failure
from k8slblint.rendering.kustomize.inflation import MOST_CALLS, Asked, HelmCalls
from k8slblint.rendering.kustomize.output import TREE, WRAPPER
from k8slblint.rendering.units import MOST_OBJECTS, Outcome, Rendered, RenderedDocument, RenderFailure

_MOST_DOCUMENTS = 10 * MOST_OBJECTS
_MOST_INVOLVED = 1_000
_MOST_OPTIONS = 10_000


class Given(NamedTuple):
    """What kustomize is given besides answers to its calls of Helm: `file` is the kustomization of the root, `wrapper` what is built."""

    files: Mapping[str, bytes]
    wrapper: bytes
    file: str
    is_unrestricted: bool

    def contents(self) -> dict[str, bytes]:
        """Return all files by their paths from the folder of the build."""
        return {f"{TREE}/{path}": data for path, data in self.files.items()} | {f"{WRAPPER}/kustomization.yaml": self.wrapper}


class Built(NamedTuple):
    """What one run yields, and the calls of Helm that it made and that were not answered."""

    outcome: Outcome
    asked: tuple[Asked, ...] = ()


def answered(kept: Kept, identity: str, given: Given, calls: HelmCalls | None, build: Callable[[Record], Outcome]) -> Outcome:
    """Return what `build` makes of files, or has made of them before; what it calls Helm for waits among `calls` in either case."""

    def built(record: Record) -> Built:
        return Built(build(record), calls.asked() if calls else ())

    found = kept.answer(key_of_build(identity, given, calls and calls.answered()), form_of(given.files), built)
    if calls:
        calls.ask(found.asked)
    return found.outcome


def key_of_build(identity: str, given: Given, answers: object) -> str | None:
    """Return the key of a build; `answers` are the calls of Helm that have one, each with its hash."""
    parts = (given.is_unrestricted, given.file, hash_of_files(given.files.items()), answers, given.wrapper)
    return key_of(identity, "kustomize", *parts)


def form_of(files: Collection[str]) -> Form[Built]:
    """Return the form of the answers to a build of these files: an answer names no other."""
    return Form(_written, partial(_read, frozenset(files).__contains__), lambda built: built.outcome)


def _written(built: Built) -> Any:
    outcome = built.outcome
    told = ["failure", written_failure(outcome)] if isinstance(outcome, RenderFailure) else ["documents", outcome.documents]
    return [*told, [[one.release, one.chart, one.options] for one in built.asked]]


def _read(is_file: Callable[[str], bool], value: Any) -> Built:
    kind, found, asked = items([value], 1, 3)[0]
    calls = tuple(_call(*one) for one in items(asked, MOST_CALLS + 1, 3))
    if kind == "failure":
        return Built(failure(found, is_file), calls)
    if kind != "documents":
        raise Unreadable
    return Built(Rendered(tuple(_document(is_file, *one) for one in items(found, _MOST_DOCUMENTS, 3))), calls)


def _document(is_file: Callable[[str], bool], content: Any, file: Any, involved: Any) -> RenderedDocument:
    return RenderedDocument(text(content), text(file, lambda path: not path or is_file(path)), texts(involved, _MOST_INVOLVED, is_file))


def _call(release: Any, chart: Any, options: Any) -> Asked:
    pairs = items(options, _MOST_OPTIONS, 2)
    return Asked(text(release), text(chart), tuple((text(option), text(value)) for option, value in pairs))
