"""Knows what a generated tree is, and plants it on a disk between traps."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from tests.fuzzing.dice import MARKER, OUTSIDE, PORT

FILE_SECRET, TOKEN, VARIABLE_SECRET, ANSWER = "CANARY-OF-A-FILE", "CANARY-OF-A-TOKEN", "CANARY-OF-A-VARIABLE", "CANARY-OF-AN-ANSWER"
CONTROL = "control-canary"
CONTROL_TEXT = (
    f"apiVersion: v1\nkind: Service\nmetadata: {{name: {CONTROL}}}\n"
    "spec: {type: ClusterIP, externalIPs: [198.51.100.7], ports: [{port: 80}]}\n"
)
CONTROL_PATH = "zz-control/control.yaml"
SVC = "apiVersion: v1\nkind: Service\nmetadata: {name: %s}\nspec: {type: NodePort, ports: [{port: 80, nodePort: 30080}]}\n"


class Tree(NamedTuple):
    """A tree: `files` and `links` by path, options of a scan, and whether the control beside it must be found."""

    family: str
    files: Mapping[str, bytes]
    links: Mapping[str, str] = {}
    arguments: tuple[str, ...] = ()
    has_control: bool = True
    stream: bytes = b""
    """Commands for `git fast-import` that make the history of the tree, if it has one."""
    git_config: bytes = b""


class Grounds:
    """Folders to plant trees in: the tree itself, what lies outside of it, and where a command would leave a mark."""

    def __init__(self, folder: Path, port: int) -> None:
        self.top = folder / "tree"
        self.outside = folder / "outside"
        self.marker = folder / "marker"
        self.port = port
        for one in (self.outside / "chart" / "templates", self.marker):
            one.mkdir(parents=True, exist_ok=True)
        secret = f"{FILE_SECRET}\n"
        (self.outside / "secret.txt").write_text(secret)
        (self.outside / "svc.yaml").write_text(SVC % FILE_SECRET.lower() + f"# {FILE_SECRET}\n")
        (self.outside / "values.yaml").write_text(f"a: {FILE_SECRET}\n")
        (self.outside / "chart" / "Chart.yaml").write_text(f"apiVersion: v2\nname: web\nversion: 1.0.0\ndescription: {FILE_SECRET}\n")
        (self.outside / "chart" / "templates" / "svc.yaml").write_text(SVC % FILE_SECRET.lower())
        (self.outside / "kustomization.yaml").write_text(f"resources: [svc.yaml]\nnamePrefix: {FILE_SECRET.lower()}\n")
        script = self.marker.parent / "run.sh"
        script.write_text(f"#!/bin/sh\ntouch {self.marker}/script\ncat\n")
        script.chmod(0o755)

    def filled(self, data: bytes) -> bytes:
        """Return text with the places of these grounds in it."""
        for word, place in ((OUTSIDE, str(self.outside)), (MARKER, str(self.marker)), (PORT, str(self.port))):
            data = data.replace(word.encode(), place.encode())
        return data

    def contents(self, tree: Tree) -> dict[str, bytes]:
        """Return the files of a tree with the control."""
        files = {path: self.filled(data) for path, data in tree.files.items()}
        return {**files, CONTROL_PATH: CONTROL_TEXT.encode()}

    def plant(self, tree: Tree) -> None:
        """Write a tree in place of the one before; what the system cannot name is left out."""
        shutil.rmtree(self.top, ignore_errors=True)
        self.top.mkdir()
        for path, data in self.contents(tree).items():
            self._write(path, data)
        for path, target in tree.links.items():
            self._link(path, self.filled(target.encode("utf-8", "replace")).decode())
        if not os.path.lexists(self.top / ".git"):
            self._write(".git/config", f'[http "https://github.com/"]\n\textraheader = AUTHORIZATION: basic {TOKEN}\n'.encode())
            self._write(".git/HEAD", b"ref: refs/heads/main\n")

    def _write(self, path: str, data: bytes) -> None:
        try:
            file = self.top / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
        except (OSError, ValueError):
            return

    def _link(self, path: str, target: str) -> None:
        try:
            link = self.top / path
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(target)
        except (OSError, ValueError):
            return

    def marks(self) -> list[str]:
        """Return the marks that commands left, and take them away."""
        found = sorted(os.listdir(self.marker))
        for name in found:
            os.unlink(self.marker / name)
        return found
