"""Runs k8slblint over generated trees: parts of it, planning alone, scans with stubs for renderers, scans with real ones."""

import gc
import os
import resource
import shutil
import socket
import subprocess
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from click.testing import CliRunner

from k8slblint.commands.cli import cli
from k8slblint.rendering import bounds
from tests.fuzzing import charts, deploying, kustomizations, parts, plain, planning, repositories
from tests.fuzzing.dice import Dice
from tests.fuzzing.oracle import Ran
from tests.fuzzing.stubs import StubRenderers
from tests.fuzzing.trees import ANSWER, SVC, VARIABLE_SECRET, Grounds, Tree

FAMILIES: dict[str, Callable[[Dice], Tree]] = {
    "kustomize": kustomizations.tree,
    "chart": charts.tree,
    "argo": deploying.argo,
    "argo-sets": deploying.argo_sets,
    "flux": deploying.flux,
    "fleet": deploying.bundles,
    "helmfile": deploying.helmfiles,
    "mixed": deploying.mixed,
    "manifests": plain.manifests,
    "dumps": plain.dumps,
    "definitions": plain.definitions,
    "suppressions": plain.suppressions,
    "configurations": plain.configurations,
    "git": repositories.tree,
}
LAYERS = ("parts", "plan", "stub", "real")
FORMATS = ("text", "concise", "json", "sarif", "github")
_RENDERED = ("kustomize", "chart", "argo", "argo-sets", "flux", "fleet", "helmfile", "mixed")


class Case(NamedTuple):
    """One execution: the layer, the family and the seed make all of it."""

    layer: str
    family: str
    seed: int

    def __str__(self) -> str:
        return f"{self.layer}/{self.family}/{self.seed}"


def families(layer: str) -> tuple[str, ...]:
    """Return the families that a layer knows."""
    return {"parts": tuple(parts.PARTS), "plan": _RENDERED}.get(layer, tuple(FAMILIES))


class Listener:
    """Listens on a port of this machine, answers every request with a manifest, and remembers who asked."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=50)
        self.port = int(self._socket.getsockname()[1])
        self._requests: list[str] = []
        threading.Thread(target=self._answer, daemon=True).start()

    def _answer(self) -> None:
        body = (SVC % ANSWER.lower()).encode()
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                self._requests.append("connected")
                connection.settimeout(2)
                try:
                    self._requests[-1] = connection.recv(300).decode("latin-1")
                    connection.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
                except OSError:
                    continue

    def requests(self) -> tuple[str, ...]:
        """Return what was asked since the last time."""
        found, self._requests = tuple(self._requests), []
        return found

    def close(self) -> None:
        self._socket.close()


class Range:
    """Where cases are run, one after the other, in one process."""

    def __init__(self, folder: Path) -> None:
        self._listener = Listener()
        self.grounds = Grounds(folder, self._listener.port)
        self._stubs = StubRenderers()
        self._peak = 0

    def close(self) -> None:
        self._listener.close()

    def run(self, case: Case) -> Ran:
        """Run a case and return what it did."""
        if case.layer in ("stub", "real") and case.seed % 50 == 0:
            gc.collect()  # a scan switches the collector off
        peak, cpu = _peak(), time.process_time()
        ran = self._run(case)
        marks = tuple(self.grounds.marks())
        return ran._replace(seconds=time.process_time() - cpu, megabytes=_peak() - peak, marks=marks, requests=self._listener.requests())

    def _run(self, case: Case) -> Ran:
        dice = Dice((case.family, case.seed))
        try:
            if case.layer == "parts":
                parts.PARTS[case.family](dice)
                return Ran()
            tree = FAMILIES[case.family](dice)
            if case.layer == "plan":
                planning.follow(tree, self.grounds)
                return Ran()
        except Exception:  # noqa: BLE001 - whatever gets out is a fault
            return Ran(raised=traceback.format_exc())
        self.grounds.plant(tree)
        if tree.stream and not self._make_repository(tree):
            return Ran()
        if case.layer == "real":
            return self._scan(tree, dice)
        self._stubs.dice, self._stubs.complaints = dice, []
        with _replaced(self._stubs):
            ran = self._scan(tree, dice)
        return ran._replace(handed=tuple(self._stubs.complaints))

    def _scan(self, tree: Tree, dice: Dice) -> Ran:
        form = dice.pick(FORMATS)
        folder = dice.pick((".", ".", ".", str(self.grounds.top)))
        command = dice.pick(("scan",) * 12 + ("scope", "exposure", "init"))
        arguments = [command, folder, "--format", form, "--color", "never", *tree.arguments, "--min-confidence", "low"]
        if command != "scan":
            form = dice.pick(("text", "json"))
            arguments = [command, folder, *(["--stdout"] if command == "init" else ["--format", form])]
        if dice.chance(0.2):
            arguments += ["--explain-scope", "--show-suppressed"] if command == "scan" else []
        with _working_in(self.grounds.top):
            result = CliRunner().invoke(cli, arguments)
        raised = (
            "".join(traceback.format_exception(*result.exc_info))
            if result.exc_info and not isinstance(result.exception, SystemExit | None)
            else ""
        )
        return Ran(
            form if command == "scan" or form == "json" else "",
            result.exit_code if not raised and command != "init" else None,
            result.stdout,
            result.stderr,
            raised,
            needs_control=command == "scan" and tree.has_control,
        )

    def _make_repository(self, tree: Tree) -> bool:
        """Make the history of a tree, then lay its hostile settings over it; tell whether git took the history."""
        top = self.grounds.top
        shutil.rmtree(top / ".git", ignore_errors=True)
        clean = {"PATH": os.environ["PATH"], "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}
        for arguments, given in (
            (("init", "-q", "-b", "main"), b""),
            (("fast-import", "--quiet", "--done"), tree.stream),
            (("read-tree", "HEAD"), b""),
        ):
            done = subprocess.run(
                ["git", "-C", str(top), *arguments], input=self.grounds.filled(given), env=clean, capture_output=True, check=False
            )
            if done.returncode:
                return False
        with (top / ".git" / "config").open("ab") as file:
            file.write(self.grounds.filled(tree.git_config))
        for hook in ("fsmonitor-watchman", "post-index-change", "reference-transaction", "post-checkout"):
            path = top / ".git" / "hooks" / hook
            path.parent.mkdir(exist_ok=True)
            path.write_text(f"#!/bin/sh\ntouch {self.grounds.marker}/hook\n")
            path.chmod(0o755)
        return True


@contextmanager
def _replaced(stubs: StubRenderers) -> Iterator[None]:
    real = bounds.run
    bounds.run = stubs.run  # type: ignore[assignment]
    try:
        yield
    finally:
        bounds.run = real


@contextmanager
def _working_in(folder: Path) -> Iterator[None]:
    here = os.getcwd()
    os.chdir(folder)
    os.environ["CI_TOKEN"] = VARIABLE_SECRET
    try:
        yield
    finally:
        os.environ.pop("CI_TOKEN", None)
        os.chdir(here)
        gc.enable()


def _peak() -> float:
    """Return the largest memory that this process has had, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
