"""The answers of Helm as they are kept: by which key, in which form, and which names a kept one may have in it."""

from typing import Any

from k8slblint.rendering.helm.request import Request, Text
from k8slblint.rendering.kept import Form, Unreadable, failure, items, key_of, text, written_failure
from k8slblint.rendering.units import RenderFailure

_MOST_TEXTS = 100_000
_LONGEST_NAME = 4_096


def key_of_request(identity: str, one: Request) -> str | None:
    """Return the key of an answer: all that an engine is given, and which engine it is."""
    release = one.release
    options = (release.release, release.namespace, one.kube_version, one.api_versions, tuple(one.printing) if one.printing else None)
    return key_of(identity, "helm", options, one.values, one.chart)


def _written(answer: list[Text] | RenderFailure) -> Any:
    return ["failure", written_failure(answer)] if isinstance(answer, RenderFailure) else ["texts", [list(one) for one in answer]]


def _read(value: Any) -> list[Text] | RenderFailure:
    kind, found = items([value], 1, 2)[0]
    if kind == "failure":
        return failure(found, _is_name)
    if kind != "texts":
        raise Unreadable
    return [Text(text(printed, _is_name), text(content)) for printed, content in items(found, _MOST_TEXTS, 2)]


def _is_name(printed: str) -> bool:
    """Tell whether Helm may print this path of a template of a chart: it leads out of no folder."""
    return len(printed) <= _LONGEST_NAME and not printed.startswith("/") and ".." not in printed.split("/")


ANSWERS: Form[list[Text] | RenderFailure] = Form(_written, _read)
