"""Calls single parts of k8slblint with hostile texts; each raises only what its docstring says."""

import json
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from typing import Any

from k8slblint import documents
from k8slblint.budget import OverLimitError
from k8slblint.config import read_config
from k8slblint.loading.ignores import IgnoreRules
from k8slblint.model.errors import UsageError
from k8slblint.model.globs import matches_any
from k8slblint.rendering.gitops.application_templates import render
from k8slblint.rendering.gitops.deployments import deployments
from k8slblint.rendering.gitops.fields import NotFollowedError
from k8slblint.rendering.gitops.fleet import fleet_bundles
from k8slblint.rendering.gitops.helmfile import helmfile_releases
from k8slblint.rendering.gitops.substitution import PartialVariables, substitute
from k8slblint.rendering.helm.charts import read_chart, template_places
from k8slblint.rendering.helm.output import is_deployed, split_manifests, why_refused
from k8slblint.rendering.helm.packer import archive
from k8slblint.rendering.helm.release import ChartRelease
from k8slblint.rendering.helm.schemas import offline_schema
from k8slblint.rendering.helm.value_sets import conventional_value_sets
from k8slblint.rendering.helm.values import BadAssignmentError, as_json, assign, merged_values
from k8slblint.rendering.kustomize.closures import closure
from k8slblint.rendering.kustomize.kustomizations import is_remote, resolve
from k8slblint.rendering.kustomize.output import rendered_documents
from k8slblint.rendering.tree import SourceTree
from k8slblint.rendering.units import RenderFailure
from k8slblint.reporting.excerpt import visible
from k8slblint.reporting.json import dump
from tests.builders import resources
from tests.fuzzing import charts, deploying, kustomizations, plain
from tests.fuzzing.dice import Dice
from tests.fuzzing.trees import SVC
from tests.linting import run

_VARIABLES = (
    "${",
    "}",
    ":=",
    "${A}",
    "${B:=",
    "$$",
    "A",
    "${A:-",
    "x",
    "\n---\n",
    "kustomize.toolkit.fluxcd.io/substitute: disabled\n",
    "${A^^}",
)
_ACTIONS = (
    "{{",
    "}}",
    ".a",
    '"',
    "`",
    "|",
    "replace",
    "index",
    "0",
    "default",
    " ",
    " ",
    "\\",
    ".b.c",
    "quote",
    "{{path}}",
    "{{ .a | quote }}",
    "trimPrefix",
    "lower",
)
_NAMES = ("a", ".", "[", "]", "3", "65535", "\\", "b", "=", "{", "-1", "²", "[0]", "ſ")
_YAML = (
    *(
        "a",
        "b: ",
        "c:\n",
        "- ",
        "\n",
        "\n  ",
        "\n    ",
        "? ",
        ": ",
        "&a ",
        "*a",
        "<<: *a",
        "{",
        "}",
        "[",
        "]",
        ",",
        '"',
        "'",
        "|\n",
        ">-\n",
        "#",
        " ",
    ),
    *(
        "---\n",
        "...\n",
        "%YAML 1.2\n",
        "!!binary ",
        "!!str ",
        "!x ",
        "!!set ",
        "~",
        "null",
        "0x1F",
        "0o7",
        "1_000",
        ".nan",
        "2026-01-01",
        "\t",
        "\r",
        "\ufeff",
    ),
    *(
        "apiVersion: v1\n",
        "kind: Service\n",
        "metadata:\n",
        "  name: x\n",
        "spec:\n",
        "items:\n",
        "\u2028",
        "\x85",
        "é",
        "\U0001f600",
        "\\",
        "\\x0",
        "\\ud800",
    ),
)
_IGNORED = ("*", "**", "/", "a", "b", "[", "]", "!", "\\", "?", "[!", "-", ".", "#", " ", "[[:alpha:]]", "{a,b}")
_REFERENCES = (
    "http://",
    "https:",
    "git@",
    "github.com",
    "/",
    ":",
    "//",
    ".git",
    "?ref=",
    "a",
    "b",
    "..",
    "_git/",
    "@",
    "git::",
    "ssh://",
    "file://",
    "\n",
    " ",
    "%2e",
    "\0",
)
_HELM = (
    "\n---\n",
    "---",
    "\n",
    "kind: Service\n",
    "apiVersion: v1\n",
    "metadata:\n",
    "  annotations:\n",
    "    helm.sh/hook: test\n",
    "    config.kubernetes.io/origin: |\n      path: ../tree/a\n",
    "# Source: a/b.yaml\n",
    "{",
    "a: [",
    '"',
    "\t",
    "\ufeff",
    "\r\n",
    "kind: List\nitems:\n- ",
)


def _joined(dice: Dice, words: tuple[str, ...], most: int = 25) -> str:
    """Return words one after the other, sometimes many times over, without lone surrogates, which no file holds."""
    text = "".join(dice.random.choices(words, k=dice.number(1, most)))
    if dice.chance(0.15):
        text += dice.word()
    if dice.chance(0.05):
        text *= dice.pick((10, 30, 300))
    return text.encode("utf-8", "replace").decode()


def _substitution(dice: Dice) -> None:
    values = {name: dice.pick((dice.text(), "v" * 1000, "", "${B}")) for name in ("A", "B")}
    with suppress(OverLimitError):
        substitute(_joined(dice, _VARIABLES), PartialVariables(values) if dice.chance(0.3) else values)


def _templates(dice: Dice) -> None:
    with suppress(NotFollowedError, OverLimitError):
        render(
            _joined(dice, _ACTIONS),
            {"a": dice.text(), "b": {"c": dice.value()}, "path": dice.text()},
            is_go=dice.chance(0.7),
            is_strict=dice.chance(0.3),
        )


def _assignments(dice: Dice) -> None:
    values = {"a": {"b": [dice.scalar()]}, "b": dice.scalar()}
    with suppress(BadAssignmentError, OverLimitError):
        assign(values, _joined(dice, _NAMES, 8), dice.pick((dice.scalar(), "{a,b\\,c}", dice.text())), is_text=dice.chance(0.3))


def _documents(dice: Dice) -> None:
    data = _joined(dice, _YAML, 40).encode()
    if dice.chance(0.1):
        at = dice.number(0, len(data))
        data = data[:at] + bytes([dice.number(0, 255)]) + data[at:]
    with suppress(documents.BrokenDocument, documents.UndecodableText):
        for chunk in documents.split(documents.decode(data)):
            with suppress(documents.BrokenDocument):
                documents.parse(chunk)


def _json(dice: Dice) -> None:
    text = json.dumps(dice.value())
    at = dice.number(0, len(text))
    text = (
        text[:at]
        + dice.pick(("", "{", "]", ",", '"', "\\ud800", "1e999", "NaN", "-", "\\u0000", "[" * 2000))
        + text[at + dice.number(0, 2) :]
    )
    with suppress(documents.BrokenDocument):
        for chunk in documents.split(text):
            documents.parse(chunk)


def _ignores(dice: Dice) -> None:
    rules = IgnoreRules([_joined(dice, _IGNORED, 15)[:200] for _ in range(2)])
    path = "/".join(dice.random.choices(("a", "b", "a" * 40, "ab", ".git", "é"), k=dice.number(1, 8)))
    rules.ignores(path, is_folder=dice.chance(0.5))
    matches_any(f"/{path}", [_joined(dice, _IGNORED, 12)[:100]])


def _schemas(dice: Dice) -> None:
    kept = json.loads(offline_schema(charts.schema(dice)))
    for mapping in _mappings(kept):
        assert all(str(mapping.get(key, "#")).startswith("#") for key in ("$ref", "$dynamicRef", "$recursiveRef")), mapping


def _mappings(value: Any) -> Iterator[dict[str, Any]]:
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            yield one
        waiting += one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()


def _helm_output(dice: Dice) -> None:
    text = _joined(dice, _HELM)
    for one in split_manifests(text):
        why_refused(one)
        is_deployed(one)
    list(rendered_documents(text.encode()))


def _references(dice: Dice) -> None:
    text = _joined(dice, _REFERENCES) if dice.chance(0.7) else dice.path()
    is_remote(text)
    path = resolve(dice.pick(("", "a", "a/b/c")), text)
    assert path is None or not (path.startswith(("/", "../")) or path == ".."), path


def _shown(dice: Dice) -> None:
    for text in (visible(dice.word() + dice.word()), dump({dice.word(): [dice.word(), dice.value()]})):
        assert not any(start in text for start in ("##vso[", "##[", "##teamcity[", "\x1b", "\x9b", "\u202e")), text


# --- planning, of one small object each ------------------------------------------------------------------------------------------------

_CHART = {
    "Chart.yaml": b"apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "values.yaml": b"a: 1\n",
    "values-prod.yaml": b"a: 2\n",
    "templates/a.yaml": b"kind: A\n",
}
_BASE = {
    **{f"h/web/{path}": data for path, data in _CHART.items()},
    "h/k/kustomization.yaml": b"resources: [svc.yaml]\n",
    "h/k/svc.yaml": (SVC % "web").encode(),
    "h/plain/svc.yaml": (SVC % "web").encode(),
    "h/values/v.yaml": b"b: 1\n",
}


@cache
def _empty() -> str:
    """Return a folder with nothing but a git configuration, which no tree may read."""
    folder = os.path.realpath(tempfile.mkdtemp(prefix="k8slblint-fuzz-empty-"))
    os.mkdir(os.path.join(folder, ".git"))
    with open(os.path.join(folder, ".git", "config"), "w", encoding="utf-8") as file:
        file.write("[core]\n")
    return folder


def _tree(files: dict[str, Any]) -> SourceTree:
    return SourceTree(_empty(), {**_BASE, **{path: one if isinstance(one, bytes) else _text(one) for path, one in files.items()}})


def _text(value: Any) -> bytes:
    return json.dumps(value, default=str).encode()


def _deployed(*objects: Any) -> None:
    tree = _tree({"apps/app.yaml": b""})
    for one in objects:
        found = deployments(resources(_text(one).decode(), "apps/app.yaml"), tree, lambda resource: resource.path)
        for unit in found.units:
            if isinstance(unit.source, ChartRelease):
                _values(tree, unit.source)


def _values(tree: SourceTree, release: ChartRelease) -> None:
    values = merged_values(tree, release.layers)
    if not isinstance(values, RenderFailure):
        as_json(values)


def _application(dice: Dice) -> None:
    _deployed(deploying.application(dice))


def _application_set(dice: Dice) -> None:
    _deployed(deploying.application_set(dice))


def _flux(dice: Dice) -> None:
    _deployed(kustomizations.flux_kustomization(dice, ("./h/k", "h/plain")) if dice.chance(0.5) else deploying.helm_release(dice))


def _kustomization(dice: Dice) -> None:
    tree = _tree(
        {
            "h/a/kustomization.yaml": kustomizations.kustomization(dice),
            "h/b/kustomization.yaml": kustomizations.kustomization(dice),
            "h/a/svc.yaml": b"kind: A\n",
        }
    )
    found = closure(tree, "h/a", is_unrestricted=dice.chance(0.4))
    if found.failure is None:
        assert not [path for path in found.files if path.startswith((".git", "/", "..")) or "/.git/" in path]


def _chart(dice: Dice) -> None:
    tree = _tree(
        {
            "h/web/Chart.yaml": charts.metadata(dice),
            "h/web/charts/sub/Chart.yaml": charts.metadata(dice, "sub"),
            "h/b/Chart.yaml": charts.metadata(dice, "b"),
        }
    )
    conventional_value_sets(tree, "h/web")
    chart = read_chart(tree, "h/web")
    if not isinstance(chart, RenderFailure):
        template_places(tree, chart)
        archive(tree, chart)


def _archive(dice: Dice) -> None:
    tree = _tree({"h/web/charts/sub-1.0.0.tgz": charts.archive(dice)})
    chart = read_chart(tree, "h/web")
    if not isinstance(chart, RenderFailure):
        archive(tree, chart)


def _bundle(dice: Dice) -> None:
    tree = _tree({"h/web/fleet.yaml": deploying.bundle(dice), "h/k/fleet.yaml": deploying.bundle(dice)})
    fleet_bundles(tree, ["h/web/fleet.yaml", "h/k/fleet.yaml"])


def _helmfile(dice: Dice) -> None:
    helmfile_releases(_tree({"helmfile.yaml": deploying.helmfile(dice)}), "helmfile.yaml")


def _configuration(dice: Dice) -> None:
    path = os.path.join(_empty(), ".k8slblint.yaml")
    with open(path, "wb") as file:
        file.write(plain.configurations(dice).files[".k8slblint.yaml"])
    with suppress(UsageError):
        read_config(path)


def _linted(dice: Dice) -> None:
    make = dice.pick((plain.manifests, plain.definitions, plain.suppressions, plain.dumps))
    report, _ = run({path: data.decode("utf-8", "replace") for path, data in make(dice).files.items()})
    assert report.failures == ()


PARTS: dict[str, Callable[[Dice], None]] = {
    "substitution": _substitution,
    "go templates": _templates,
    "assignments": _assignments,
    "YAML": _documents,
    "JSON": _json,
    "ignore patterns": _ignores,
    "schemas of values": _schemas,
    "output of Helm": _helm_output,
    "references": _references,
    "shown text": _shown,
    "Application": _application,
    "ApplicationSet": _application_set,
    "Flux": _flux,
    "kustomization": _kustomization,
    "chart": _chart,
    "archive": _archive,
    "Fleet": _bundle,
    "helmfile": _helmfile,
    "configuration": _configuration,
    "files alone": _linted,
}
