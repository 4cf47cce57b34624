"""A further kind of source is a file and a line: what finds it, what renders it, and the answers to the questions of all sources."""

import json
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pytest
from click.testing import CliRunner

from k8slblint.commands.cli import cli
from k8slblint.rendering import engines, planning, worth
from k8slblint.rendering.kinds import Finder, Listed, Renderer, SourceKind
from k8slblint.rendering.registered import KINDS
from k8slblint.rendering.source import Parts, Source
from k8slblint.rendering.tree import SourceTree
from k8slblint.rendering.units import Outcome, Rendered, RenderedDocument, RenderFailure, Unit

SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {{name: web}}\nspec:\n  type: {}\n  selector: {{app: web}}\n  ports: [{{port: 80}}]\n"


@dataclass(frozen=True)
class Stack(Source):
    """A file of which a program makes objects."""

    kind: ClassVar[str] = "stack"
    is_templated: ClassVar[bool] = True

    file: str

    def described(self, tree: SourceTree, path: str) -> str:
        assert path == self.file
        return f"stack '{tree.shown(self.file)}'"


class _Stacks(Finder):
    def __init__(self, listed: Listed) -> None:
        self._listed = listed

    def parts(self, source: Stack) -> Parts:
        return Parts(frozenset({source.file}), folders=(source.file,))

    def left(self, used: Container[str]) -> Iterator[tuple[Unit, str]]:
        for path in self._listed.files:
            if path.endswith("stack.yaml") and path not in used:
                yield Unit(path, Stack(path)), "it is a stack"


class _Printer(Renderer):
    def render_all(self, sources: Sequence[tuple[Stack, SourceTree]]) -> list[Outcome]:
        return [self._render(source, tree) for source, tree in sources]

    def _render(self, source: Stack, tree: SourceTree) -> Outcome:
        text = tree.read(source.file).decode()
        if "type: " not in text:
            return RenderFailure("template", "it states no type", source.file)
        return Rendered((RenderedDocument(SERVICE.format(text.partition("type: ")[2].split()[0]), source.file),))


@pytest.fixture(autouse=True)
def _with_stacks(monkeypatch: pytest.MonkeyPatch) -> None:
    kinds = (*KINDS, SourceKind("stack", _Stacks, lambda _: _Printer()))
    monkeypatch.setattr(planning, "KINDS", kinds)
    monkeypatch.setattr(engines, "KINDS", kinds)
    monkeypatch.setattr(worth, "NAMES", (*worth.NAMES, "/stack.yaml"))


def scan(top: Path, text: str) -> dict[str, Any]:
    file = top / "production" / "stack.yaml"
    file.parent.mkdir()
    file.write_text(text, encoding="utf-8")
    result = CliRunner().invoke(cli, ["scan", str(top), "--no-config", "--format", "json"], env={"PRE_COMMIT": ""})
    report: dict[str, Any] = json.loads(result.stdout)
    return report


def test_a_further_kind_is_found_rendered_and_placed_without_a_change_elsewhere(tmp_path: Path) -> None:
    report = scan(tmp_path, "name: web\ntype: NodePort\n")
    (unit,) = report["completeness"]["units"]
    assert (unit["renderer"], unit["reason"], unit["documents"], unit["failure"]) == ("stack", "it is a stack", 1, None)
    (found,) = [one for one in report["findings"] if one["rule"] == "node-port-in-production"]
    assert Path(found["location"]["path"]).name == "stack.yaml"
    assert found["location"]["line"] == 2, "its value is proven by rendering again"


def test_the_failure_of_a_further_kind_names_it(tmp_path: Path) -> None:
    report = scan(tmp_path, "name: web\n")
    (found,) = [one for one in report["findings"] if one["rule"] == "render-failed"]
    assert found["headline"].startswith("Stack ")
    assert found["why"].startswith("It states no type.")
