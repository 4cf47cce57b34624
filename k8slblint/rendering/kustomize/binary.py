"""Runs the kustomize of the user: on a copy of the files of a build, which is kept, so that small changes are cheap.

Source: `kustomize build --help` of kustomize 5.8.
"""

import hashlib
import os
import sys
import threading
from collections.abc import Mapping
from functools import cached_property

from k8slblint.processes import temporary
from k8slblint.processes.programs import find_program
from k8slblint.processes.sandbox import Record
from k8slblint.rendering import bounds
from k8slblint.rendering.identity import identity_of_program
from k8slblint.rendering.kept import Kept
from k8slblint.rendering.kustomize.answers import Given, answered
from k8slblint.rendering.kustomize.inflation import MOST_RUNS, SHELL, STAND_INS, HelmCalls, Render, read_by_stand_in
from k8slblint.rendering.kustomize.needs import Needs, refused
from k8slblint.rendering.kustomize.output import TREE, WRAPPER, rendered_documents
from k8slblint.rendering.units import Outcome, Rendered, RenderFailure

AT_A_TIME = 2
"""Processes; on two cores 111 roots of public repositories take 7.8 s one by one, 4.1 s in pairs, and no less in threes."""

_CHECKS = {"build": ("version",), "kustomize": ("version", "--client")}
"""What either program succeeds with wherever it works at all, by the command that builds."""

NO_RENDERER = "there is no kustomize: `pip install 'k8slblint[render]'`, or see https://kubectl.docs.kubernetes.io/installation/kustomize/"
_NO_SHELL = f"it inflates Helm charts, which needs `{SHELL}`"


class Binary:
    """Builds with a program; keeps a copy of the files of each build until it is closed."""

    def __init__(self, command: tuple[str, ...] | None, kept: Kept) -> None:
        self._build = command
        self._kept = kept
        self._folder = ""
        self._spaces: dict[str, Space] = {}
        self._lock = threading.Lock()

    @cached_property
    def identity(self) -> str:
        """Name kustomize by the content of its program, and how it is asked."""
        if self._build is None:
            return ""
        program, verb = self._build
        found = identity_of_program(program, _CHECKS[verb], self._kept.storage, self._kept.record)
        return found and f"{verb} {found}"

    def close(self) -> None:
        """Remove the copies."""
        if self._folder:
            temporary.remove(self._folder)
            self._folder = ""
            self._spaces.clear()

    def build(self, needs: Needs, key: str, render: Render | None) -> Outcome:
        """Return what comes of a build; `key` is the same for builds that share a copy, `render` answers for Helm.

        Raises `OSError`, `ValueError` or `RecursionError`.
        """
        if self._build is None:
            return RenderFailure("renderer", NO_RENDERER)
        if render and not os.path.exists(SHELL):
            return RenderFailure("renderer", _NO_SHELL, needs.file)
        space, given = self._space(key), needs.given()
        return self._built_with_charts(space, needs, given, render) if render else self._built(space, needs, given)

    def _space(self, key: str) -> "Space":
        with self._lock:
            self._folder = self._folder or temporary.make()
            if key not in self._spaces:
                self._spaces[key] = Space(os.path.join(self._folder, str(len(self._spaces))))
            return self._spaces[key]

    def _built(self, space: "Space", needs: Needs, given: Given, calls: HelmCalls | None = None) -> Outcome:
        def build(record: Record) -> Outcome:
            space.fill(given.contents())
            return self._run(space, needs, calls, record)

        return answered(self._kept, self.identity, given, calls, build)

    def _built_with_charts(self, space: "Space", needs: Needs, given: Given, render: Render) -> Outcome:
        """Run kustomize until all charts that it asks for are there."""
        charts = {os.path.join(space.folder, TREE, *folder.split("/")): place for folder, place in needs.charts.items()}
        calls = space.helm_calls()
        calls.answer_again(charts, render)
        for _ in range(MOST_RUNS):
            outcome = self._built(space, needs, given, calls)
            answered = calls.answer(charts, render)
            if isinstance(answered, RenderFailure):
                return needs.placed(answered)
            if not answered or (isinstance(outcome, RenderFailure) and outcome.kind != "template"):
                return outcome
        return RenderFailure("bounds", f"kustomize was started {MOST_RUNS} times, and asks for more charts", needs.file)

    def _run(self, space: "Space", needs: Needs, calls: HelmCalls | None, record: Record) -> Outcome:
        assert self._build is not None  # noqa: S101 - `build` looked
        without_limits = ("--load-restrictor", "LoadRestrictionsNone") if needs.is_unrestricted else ()
        with_helm = ("--enable-helm", "--helm-command", SHELL) if calls else ()
        command = [*self._build, WRAPPER, *without_limits, *with_helm]
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
            return needs.out_of_memory(is_certain=ended.is_out_of_memory)
        return refused(ended.errors, space.folder, needs)


def find_command() -> tuple[str, ...] | None:
    """Find kustomize, or kubectl, which contains it (often an older one); on PATH, or beside the interpreter."""
    beside = os.path.dirname(sys.executable)
    if kustomize := find_program("kustomize", beside):
        return (kustomize, "build")
    if kubectl := find_program("kubectl", beside):
        return (kubectl, "kustomize")
    return None


class Space:
    """A folder that holds the files of one rendering, by their paths in the tree, and the wrapper beside them."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self._written: dict[str, bytes] = {}
        self._helm_calls: HelmCalls | None = None

    def helm_calls(self) -> HelmCalls:
        """Return the calls of Helm that were made in this folder so far."""
        self._helm_calls = self._helm_calls or HelmCalls(self.folder)
        return self._helm_calls

    def fill(self, wanted: Mapping[str, bytes]) -> None:
        """Make the folder hold these files and no others, writing only what is different."""
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
