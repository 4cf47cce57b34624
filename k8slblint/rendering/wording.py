"""The texts for a chart or kustomization that cannot be rendered: what it lacks, and the command that fixes it."""

import shlex
from collections.abc import Sequence
from typing import TypedDict

from k8slblint.model.texts import listed, middle
from k8slblint.rendering.units import FailureKind, RenderFailure

_LONGEST_REASON = 140
_LONGEST_NAME = 40
_LONGEST_OTHER = 30

_HEADLINES: dict[FailureKind, str] = {
    "missing": "a file is missing",
    "remote": "it needs the network",
    "plugin": "it needs a plug-in",
    "template": "the renderer refuses it",
    "refused": "a part of it is refused",
    "outdated": "it is written for an older release",
    "empty": "it is empty",
    "bounds": "it exceeds a limit of the scan",
    "renderer": "its renderer is not available",
    "off": "rendering is off",
}

_REFUSED = "Fix the error. If the chart requires values, list them under `rendering: charts:` in `.k8slblint.yaml`."

_HELP: dict[FailureKind, str] = {
    "missing": "Add the file to the tree, or correct the reference to it.",
    "remote": "Copy the remote base or chart into the repository before the scan.",
    "plugin": "Render it where the plug-in is installed, and scan the output: `kustomize build ... | k8slblint scan -`.",
    "template": _REFUSED,
    "refused": _REFUSED,
    "outdated": "Write each entry as `- path: FILE`.",
    "empty": "List its resources, or remove the file.",
    "bounds": "Render it manually to see what takes so much time or memory; split it, or render it before the scan.",
    "renderer": "Run `pip install 'k8slblint[render]'`, or install `helm` and `kustomize`.",
    "off": "Scan with `--render`.",
}

_HELP_BY_BUILD = "Fix the error, so that `kustomize build` accepts the folder."
"""For a kustomization, which asks for no values."""

_PARTLY = "is rendered in part"
_NOTHING = ". Its objects are not checked."
_PARTIAL = ". Its other objects are checked."


class FailureTexts(TypedDict):
    """The texts of an `InputProblem`."""

    headline: str
    why: str
    help: str
    cause: str
    group: str


def failure_texts(described: str, failure: RenderFailure, chart: str, others: Sequence[str]) -> FailureTexts:
    """Return the texts for a unit, and for `others` that fail for the same reason; `chart` is the folder of the chart to blame."""
    what, _, how = described.partition("' ")  # with which values, by which deployer
    reason = failure.reason.rstrip(".!")
    parts = [f"{how and f'{middle(how, _LONGEST_NAME)}: '}{middle(' '.join(reason.split()), _LONGEST_REASON)}"]
    if others:
        parts.append(f"The same holds for {listed([middle(other, _LONGEST_OTHER) for other in others], most=2)}")
    is_partial = failure.is_partial
    is_inside = failure.kind == "empty" and what != f"kustomization '{chart}"
    head = "a dependency is not vendored" if failure.is_unvendored else "a base is empty" if is_inside else _HEADLINES[failure.kind]
    if is_partial and failure.kind in ("template", "outdated"):
        return _objection_texts(failure.kind, what, ". ".join(part[:1].upper() + part[1:] for part in parts), f"{described}: {reason}")
    return {
        "headline": f"{what[:1].upper()}{what[1:]} {_PARTLY if is_partial else 'cannot be rendered'}: {head}".replace("'", ""),
        "why": ". ".join(part[:1].upper() + part[1:] for part in parts) + (_PARTIAL if is_partial else _NOTHING),
        "help": f"Run `helm dependency build {shlex.quote(chart)}` before the scan."
        if failure.is_unvendored
        else _help(what, failure.kind),
        "cause": f"{described}: {reason}",
        "group": _group(failure),
    }


def _help(what: str, kind: FailureKind) -> str:
    return _HELP_BY_BUILD if kind == "template" and what.startswith("kustomization ") else _HELP[kind]


def _group(failure: RenderFailure) -> str:
    return "unvendored" if failure.is_unvendored else "template" if failure.kind == "refused" else failure.kind


def _objection_texts(kind: FailureKind, what: str, why: str, cause: str) -> FailureTexts:
    """Return the texts for a kustomization of which nothing is left out, and that is refused: as of now, or as it is commonly built."""
    if kind == "outdated":
        how, way_out = "by kustomize 4", _HELP[kind]
    elif "reads chart " in why:
        how, way_out = "without load restrictions", "Move the chart below the folder, or build it with this option."
    else:
        how, way_out = "without load restrictions", "Move the file into the folder, or give it a kustomization and list its folder."
    return {
        "headline": f"{what[:1].upper()}{what[1:]} is built only {how}".replace("'", ""),
        "why": f"{why}. Its objects are checked.",
        "help": way_out,
        "cause": cause,
        "group": "template",
    }
