"""Stands in for renderers: looks at what they are given, and answers with texts of the tree, so that all around them runs in process."""

import gzip
import json
import os
import re
import zlib
from collections.abc import Iterator, Sequence
from typing import Any

from k8slblint.loading.folders import KUSTOMIZATION_NAMES
from k8slblint.rendering import bounds
from tests.fuzzing.dice import Dice
from tests.fuzzing.oracle import secrets

_OPTIONS = re.compile(
    r"--(?:namespace|kube-version|api-versions|values|load-restrictor|enable-helm|helm-command|include-crds)(?:=.*)?", re.DOTALL
)
_MOST = 2_000_000


class StubRenderers:
    """Takes the place of `bounds.run`; `complaints` are what a renderer should not have been given."""

    def __init__(self) -> None:
        self.complaints: list[str] = []
        self.dice = Dice(0)
        self.starts = 0

    def run(self, command: Sequence[str], *, folder: str | None = None, **_: Any) -> bounds.Ended:
        """Answer as a renderer might, with what it would have read, an error, or nothing."""
        self.starts += 1
        for argument in command[1:]:
            if argument.startswith("-") and not _OPTIONS.fullmatch(argument):
                self.complaints.append(f"the option {argument!r}")
            if os.path.basename(argument) == "helm":
                self.complaints.append("Helm itself, which kustomize would start with words of the tree")
            if "\0" in argument:
                raise ValueError("embedded null byte")
        texts = dict(_texts(folder)) if folder else {}
        for path, text in texts.items():
            self.complaints += [shown for _, shown in secrets(path, text)]
            self.complaints += _of_kustomization(path, text) if os.path.basename(path) in KUSTOMIZATION_NAMES else ()
        kind = self.dice.number(0, 9)
        if kind == 0:
            return bounds.Ended(1, b"", f"Error: {self.dice.word()} {folder}/tree/x: {self.dice.word()}")
        if kind == 1:
            return bounds.Ended(-9, b"", "")
        if kind == 2:
            return bounds.Ended(0, self.dice.word().encode("utf-8", "surrogatepass"), "")
        return bounds.Ended(0, _output(texts), "")


def _of_kustomization(path: str, text: str) -> list[str]:
    """Return what is wrong with a kustomization: it must be JSON of ours, with keys that no reader takes for others."""
    try:
        value = json.loads(text)
    except ValueError:
        return [f"{path} as it is written in the tree: {text[:100]!r}"]
    keys = [str(key) for one in (value, *value.get("helmCharts", ())) for key in one]
    return [f"{path}: {key!r}" for key in keys if not key.isascii() or key in ("configHome", "helmHome", "nameTemplate", "repo", "debug")]


def _texts(folder: str) -> Iterator[tuple[str, str]]:
    """Yield the files that a renderer would read, archives unpacked."""
    for above, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(above, name)
            shown = os.path.relpath(path, folder)
            if os.path.islink(path):
                yield shown, f"link to {os.readlink(path)}"
                continue
            with open(path, "rb") as file:
                data = file.read(_MOST)
            if name.endswith((".tgz", ".gz")):
                try:
                    data = gzip.decompress(data)
                except (OSError, EOFError, zlib.error):
                    data = b""
            yield shown, data[:_MOST].decode("utf-8", "replace")


def _output(texts: dict[str, str]) -> bytes:
    """Return the manifests among the files, each with where it comes from as kustomize and Helm tell it."""
    parts = []
    for path, text in texts.items():
        if path.startswith("tree/") and "\nkind: " in text:
            note = f"  annotations:\n    config.kubernetes.io/origin: |\n      path: ../{path}\n"
            parts.append("---\n" + text.replace("metadata:\n", f"metadata:\n{note}", 1))
        elif path == "chart.tgz":
            parts.append("---\n# Source: web/templates/svc0.yaml\n" + text.replace("\0", ""))
    return "".join(parts)[:200_000].encode("utf-8", "replace")
