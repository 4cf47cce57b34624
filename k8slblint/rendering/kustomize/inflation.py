"""The charts of a kustomization: what kustomize asks Helm for is rendered by our own engine, and handed to it by a stand-in.

kustomize starts Helm with names, options and folders of the kustomization, and Helm runs what it finds there. So it never gets one: its
`--helm-command` is a shell that reads the scripts `version` and `template` of the build's own folder, and only prints what was rendered
before. What is not there yet it writes down; then that is rendered within the bounds of any other chart, and kustomize runs again.

Sources: kustomize 5.8, `api/internal/builtins/HelmChartInflationGenerator.go`, `api/types/helmchartargs.go` (`AsHelmArgs`).
"""

import hashlib
import json
import os
import re
import shlex
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, TypeAlias

from k8slblint.processes.programs import read_by_python
from k8slblint.rendering.helm.layers import ValueLayer
from k8slblint.rendering.helm.release import ChartRelease
from k8slblint.rendering.helm.releases import refused_name
from k8slblint.rendering.helm.request import Printing
from k8slblint.rendering.units import RenderFailure

SHELL = "/bin/sh"
"""What stands in for Helm; it finds its scripts in the working directory, so that they need no right to be executed."""

STAND_INS = (SHELL, sys.executable)
"""The programs that kustomize starts in place of Helm."""

MOST_RUNS = 30
"""How often kustomize may be started for one build: once for each level of kustomizations whose patches need what a chart makes."""

MOST_CALLS = 200
"""Charts that one build may inflate."""

_NAME_OF_ITSELF = "--generate-name"
_DEFAULT_NAME = "release-name"
"""What `helm template` calls a release that has no name of its own, also where it is to generate one."""

_STUB = os.path.join(os.path.dirname(os.path.abspath(__file__)), "stand_in.py")
_VERSION = "v3.19.0"
_FLAGS = {"--include-crds": "include_crds", "--skip-tests": "skip_tests", "--no-hooks": "no_hooks"}
_DIGEST = re.compile(r"[0-9a-f]{64}")

Render: TypeAlias = Callable[[ChartRelease, Printing], str | RenderFailure]
"""Renders a chart and returns what `helm template` prints, or why it does not."""


def read_by_stand_in() -> tuple[str, ...]:
    """Return the files that the stand-in reads besides those of the build."""
    return (_STUB, *read_by_python())


class Call(NamedTuple):
    """What kustomize asks for: a release, and what of it is to be printed."""

    release: ChartRelease
    printing: Printing


class Asked(NamedTuple):
    """A call as it was made: the name of the release, the folder of the chart from that of the build, and options with their values."""

    release: str
    chart: str
    options: tuple[tuple[str, str], ...]


class HelmCalls:
    """The calls of Helm of one build, in the folder in which kustomize is started."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._answered: dict[str, bytes] = {}
        self._answers: dict[str, str] = {}
        for name in ("answers", "asked", "tmp"):
            os.makedirs(self._path(name), exist_ok=True)
        stub = " ".join(map(shlex.quote, (sys.executable, "-I", "-S", _STUB, folder)))
        scripts = {"version": f"echo {_VERSION}", "template": f'exec {stub} "$@"', "pull": "exit 1"}
        for name, script in scripts.items():
            self._write(name, f"{script}\n".encode())

    @property
    def variables(self) -> dict[str, str]:
        """The variables that kustomize is started with, so that the values it merges are written below the folder."""
        return {"TMPDIR": self._path("tmp")}

    def asked(self) -> tuple[Asked, ...]:
        """Return the calls that wait for an answer."""
        return tuple(self._call(self._read("asked", digest)) for digest in self._waiting())

    def ask(self, calls: Iterable[Asked]) -> None:
        """Let calls wait for an answer, as if kustomize had made them."""
        for one in calls:
            call = {"release": one.release, "chart": self._path(one.chart), "options": one.options}
            data = json.dumps(call, sort_keys=True).encode()
            self._write(os.path.join("asked", hashlib.sha256(data).hexdigest()), data)

    def answered(self) -> list[tuple[Asked, str]]:
        """Return the calls that have an answer, each with the hash of that."""
        return sorted((self._call(data), self._answers[digest]) for digest, data in self._answered.items())

    def _call(self, data: bytes) -> Asked:
        call = json.loads(data)
        options = tuple((option, value) for option, value in call["options"])
        return Asked(call["release"], call["chart"].removeprefix(os.path.join(self._folder, "")), options)

    def _waiting(self) -> list[str]:
        return sorted(name for name in os.listdir(self._path("asked")) if _DIGEST.fullmatch(name))[: MOST_CALLS + 1]

    def answer_again(self, charts: Mapping[str, str], render: Render) -> None:
        """Render anew what an earlier build of this folder asked for, as its charts may have changed; failures are told when it asks."""
        for digest, data in list(self._answered.items()):
            if self._answer(digest, data, charts, render) is not None:
                del self._answered[digest]
                os.unlink(self._path("answers", digest))

    def answer(self, charts: Mapping[str, str], render: Render) -> RenderFailure | bool:
        """Render what the last run asked for; `charts` are the folders of charts in the tree by those in the build.

        Returns whether there was something to render, or the first failure.
        """
        asked = self._waiting()
        if len(asked) + len(self._answered) > MOST_CALLS:
            return RenderFailure("bounds", f"it inflates more than {MOST_CALLS} charts")
        for digest in asked:
            data = self._read("asked", digest)
            os.unlink(self._path("asked", digest))
            failure = self._answer(digest, data, charts, render)
            if failure is not None:
                return failure
            self._answered[digest] = data
        return bool(asked)

    def _answer(self, digest: str, data: bytes, charts: Mapping[str, str], render: Render) -> RenderFailure | None:
        call = read_call(json.loads(data), charts)
        printed = call if isinstance(call, RenderFailure) else render(call.release, call.printing)
        if isinstance(printed, RenderFailure):
            return printed
        text = printed.encode("utf-8", "surrogateescape")
        self._write(os.path.join("answers", digest), text)
        self._answers[digest] = hashlib.sha256(text).hexdigest()
        return None

    def _path(self, *names: str) -> str:
        return os.path.join(self._folder, *names)

    def _read(self, *names: str) -> bytes:
        with open(self._path(*names), "rb") as file:
            return file.read()

    def _write(self, name: str, data: bytes) -> None:
        with open(self._path(name), "wb") as file:
            file.write(data)


def read_call(call: Mapping[str, Any], charts: Mapping[str, str]) -> Call | RenderFailure:
    """Return what a call asks for; all of it is text from the tree that is scanned, and only what is known here is obeyed."""
    chart = charts.get(call["chart"])
    if chart is None:
        return RenderFailure("missing", "a chart that it inflates is not in the repository")
    texts: dict[str, str] = {}
    layers: list[ValueLayer] = []
    versions: list[str] = []
    flags: dict[str, bool] = {}
    for option, value in call["options"]:
        if option == "-f":
            layers.append(ValueLayer("", form="text", given=value))
        elif option == "--api-versions":
            versions += value.split(",")
        elif option in ("--namespace", "--kube-version"):
            texts[option] = value
        elif option in _FLAGS:
            flags[_FLAGS[option]] = True
        else:
            return RenderFailure("template", f"kustomize asks Helm for `{option[:80]}`, which k8slblint never does")
    name = _DEFAULT_NAME if call["release"] == _NAME_OF_ITSELF else call["release"]
    if refused := refused_name(name):
        return refused
    release = ChartRelease(
        chart,
        tuple(layers),
        name,
        texts.get("--namespace", "default"),
        texts.get("--kube-version"),
        tuple(versions),
    )
    return Call(release, Printing(**flags))
