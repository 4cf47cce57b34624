"""The programs that the benchmark compares with: where they come from, how they are called, and what they do with the same files."""

import json
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from bench_measure import Tool


class Peer(NamedTuple):
    """A program of others: the module or package it comes from, with its version; `does` is what it does with a folder of manifests.

    `{target}` in its command is the file or folder, `{schemas}` the template of kubeconform for the schemas of a release.
    """

    name: str
    source: str
    version: str
    command: tuple[str, ...]
    does: str
    only_files: bool = False


PEERS = (
    Peer(
        "kube-linter",
        "golang.stackrox.io/kube-linter/cmd/kube-linter",
        "v0.7.6",
        ("lint", "{target}"),
        "Decodes every object, renders charts with their defaults, checks each object by itself; no kustomizations.",
    ),
    Peer(
        "kube-score",
        "github.com/zegl/kube-score/cmd/kube-score",
        "v1.20.0",
        ("score", "--output-format=ci", "{target}"),
        "Takes files only, and ends at the first that it cannot decode: it is measured on single files.",
        only_files=True,
    ),
    Peer(
        "kubeconform",
        "github.com/yannh/kubeconform/cmd/kubeconform",
        "v0.7.0",
        ("-ignore-missing-schemas", "-schema-location={schemas}", "{target}"),
        "Validates every object against the schema of its kind, here from a folder; no charts, no kustomizations, no relations.",
    ),
    Peer(
        "checkov",
        "checkov",
        "3.3.30",
        ("--framework=kubernetes", "--quiet", "--compact", "--skip-download", "--directory={target}"),
        "Checks each object by itself against policies on security; charts and kustomizations only with the binaries and other frameworks.",
    ),
)


def installed(folder: Path, named: dict[str, str]) -> list[Tool]:
    """Return all peers, installed into a folder with ordinary clients, or as the user names their programs; who cannot be had says why.

    One whose program is named as empty is left out.
    """
    template = schemas(folder / "schemas")
    return [_tool(peer, template, *_program(peer, folder, named)) for peer in PEERS if named.get(peer.name) != ""]


def _tool(peer: Peer, template: str, program: str, missing: str) -> Tool:
    command = (program, *(word.replace("{schemas}", template) for word in peer.command))
    return Tool(f"{peer.name} {peer.version.removeprefix('v')}", command, missing=missing, only_files=peer.only_files)


def schemas(target: Path) -> str:
    """Write the schemas of the newest release that kubernetes-validate has for kubeconform, each with the definitions that it refers to.

    Return the template that finds them. kubeconform asks a server about `$schema`, and follows no reference to another file.
    """
    found = find_spec("kubernetes_validate")
    folder = Path(found.origin).parent / "kubernetes-json-schema" if found and found.origin else Path()
    releases = sorted(folder.glob("v*-local"), key=lambda path: [int(part) for part in path.name[1:].removesuffix("-local").split(".")])
    if releases and not target.exists():
        target.mkdir(parents=True)
        shared = json.loads(_own_references((releases[-1] / "_definitions.json").read_text(encoding="utf-8")))
        definitions = shared.get("$defs") or shared["definitions"]
        for path in releases[-1].glob("[a-z]*.json"):
            text = _own_references(path.read_text(encoding="utf-8"))
            schema = {key: value for key, value in json.loads(text).items() if key not in ("$schema", "$id")}
            schema["$defs"] = {name: definitions[name] for name in _referred(text, definitions)}
            (target / path.name).write_text(json.dumps(schema), encoding="utf-8")
    return f"{target}/{{{{.ResourceKind}}}}{{{{.KindSuffix}}}}.json"


def _own_references(text: str) -> str:
    """Return the text of a schema with references into itself."""
    return _REFERENCE.sub(r'"#/$defs/\1"', text)


def _referred(text: str, definitions: dict[str, object]) -> set[str]:
    """Return the names of all definitions that a text leads to."""
    found: set[str] = set()
    texts = [text]
    while texts:
        for name in set(_REFERENCE.findall(texts.pop())) - found:
            found.add(name)
            texts.append(json.dumps(definitions[name]))
    return found


_REFERENCE = re.compile(r'"[^"#]*#/(?:definitions|\$defs)/([^"]+)"')


def _program(peer: Peer, folder: Path, named: dict[str, str]) -> tuple[str, str]:
    """Return the program of a peer, and why there is none."""
    if peer.name in named:
        return named[peer.name], ""
    return _from_pypi(peer, folder) if "/" not in peer.source else _from_go(peer, folder)


def _from_go(peer: Peer, folder: Path) -> tuple[str, str]:
    program = folder / f"{peer.name}-{peer.version}" / peer.name
    if not program.exists():
        if not shutil.which("go"):
            return "", "needs Go"
        words = ["env", f"GOBIN={program.parent}", "go", "install", f"{peer.source}@{peer.version}"]
        if failure := _failure(words):
            return "", failure
    return str(program), ""


def _from_pypi(peer: Peer, folder: Path) -> tuple[str, str]:
    environment = folder / f"{peer.name}-{peer.version}"
    program = environment / "bin" / peer.name
    if not program.exists():
        for words in (
            [sys.executable, "-m", "venv", str(environment)],
            [str(environment / "bin" / "python"), "-m", "pip", "install", "--quiet", f"{peer.source}=={peer.version}"],
        ):
            if failure := _failure(words):
                return "", failure
    return str(program), ""


def _failure(words: list[str]) -> str:
    ended = subprocess.run(words, capture_output=True, text=True, check=False, timeout=1800)
    lines = ended.stderr.strip().splitlines()
    return f"cannot be installed: {lines[-1][:100] if lines else 'no message'}" if ended.returncode else ""
