"""What is remembered of documents is not read again, says the same as reading them, and does no harm where it was tampered with."""

import json
import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from k8slblint import documents
from k8slblint.commands.cli import cli
from k8slblint.documents import Chunk
from k8slblint.documents.ordinary import Root
from k8slblint.documents.plain_places import line_of
from k8slblint.documents.remembered import LONGEST, Memory
from k8slblint.loading import folders, git_process
from k8slblint.loading.hosts import reading
from k8slblint.loading.hosts.reading import host_files
from k8slblint.loading.remembered_views import View
from k8slblint.model.loaded import SourceFile
from k8slblint.model.node import smallest_span
from k8slblint.rendering import remembering
from k8slblint.rendering.storage import FOLDER, Storage
from tests.histories import start

SERVICE = (
    "apiVersion: v1\nkind: Service\nmetadata: {{name: web-{0}, namespace: shop}}\nspec: {{type: LoadBalancer, ports: [{{port: {0}}}]}}\n"
)
RELEASE = """apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata:
  name: app-{0}
  namespace: shop
spec:
  chart:
    spec: {{chart: app, sourceRef: {{kind: HelmRepository, name: elsewhere}}}}
  values:
    controller:
      service:
        type: LoadBalancer
        loadBalancerIP: 10.0.0.{0}
        annotations:
          service.beta.kubernetes.io/aws-load-balancer-type: nlb
          service.beta.kubernetes.io/aws-load-balancer-internal: true
          external-dns.alpha.kubernetes.io/hostname: web.${{DOMAIN}}
"""
OTHERS = """apiVersion: apps/v1
kind: StatefulSet
metadata: {{name: db-{0}}}
spec: {{replicas: two}}
---
apiVersion: example.com/v1
kind: Thing
metadata:
  name: t-{0}
"""
CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\n  name: d\ndata: {a: b\n"


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], Path]:
    """Return what makes a tree with so many folders of a few files."""

    def make(count: int) -> Path:
        top = tmp_path / f"tree-{count}"
        for number in range(1, count + 1):
            folder = top / f"app-{number}"
            folder.mkdir(parents=True)
            (folder / "kustomization.yaml").write_text("resources: [service.yaml, release.yaml, others.yaml]\n", encoding="utf-8")
            (folder / "service.yaml").write_text(SERVICE.format(number), encoding="utf-8")
            (folder / "release.yaml").write_text(RELEASE.format(number), encoding="utf-8")
            (folder / "others.yaml").write_text(OTHERS.format(number), encoding="utf-8")
        (top / "broken.yaml").write_text(CONFIG, encoding="utf-8")
        monkeypatch.chdir(top)
        monkeypatch.delenv("K8SLBLINT_NO_CACHE", raising=False)
        return top

    return make


@pytest.fixture
def memories(monkeypatch: pytest.MonkeyPatch) -> list[Memory]:
    """Return the memories of all runs."""
    found: list[Memory] = []
    made = Memory

    def remembered(lines: Any) -> Memory:
        found.append(made(lines))
        return found[-1]

    monkeypatch.setattr(remembering, "Memory", remembered)
    return found


def scan(cache: Path, *options: str) -> str:
    result = CliRunner().invoke(cli, ["scan", "--no-config", "--format", "json", "--cache-dir", str(cache), *options, "."])
    assert result.exit_code in (0, 1), result.output
    return result.stdout


def packs(cache: Path) -> Iterator[tuple[str, list[str]]]:
    """Yield the packs of a folder, by name, with their lines."""
    kept = Storage(str(cache))
    for name in sorted(os.listdir(cache / FOLDER)):
        data = kept.read(name) or b""
        if data and not data.startswith((b"[", b"{")):
            yield name, data.decode().split("\n")
    kept.close()


def test_the_report_is_the_same_without_with_and_from_a_memory(tree: Callable[[int], Path], tmp_path: Path, memories: list[Memory]) -> None:
    tree(8)
    cache = tmp_path / "cache"
    without = scan(cache, "--no-cache")
    assert not memories
    assert [scan(cache), scan(cache)] == [without, without]
    assert "HelmRelease" in without
    assert memories[1].remembered > 8


@pytest.mark.parametrize("size", [8, 16])
def test_nothing_that_was_remembered_is_read_again(tree: Callable[[int], Path], tmp_path: Path, memories: list[Memory], size: int) -> None:
    top, cache = tree(size), tmp_path / "cache"
    scan(cache)
    (top / "app-3" / "service.yaml").write_text(SERVICE.format(99), encoding="utf-8")
    scan(cache)
    first, second = memories
    assert first.read >= 3 * size
    assert second.read <= 2, "the changed document; a broken one is no document"


@pytest.mark.parametrize("size", [8, 16])
def test_files_are_searched_for_settings_of_machines_once(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    searched: list[bytes] = []

    def first_of(forms: Any, data: bytes) -> Any:
        searched.append(data)
        return real(forms, data)

    real: Any = getattr(reading, "_first_of")  # noqa: B009 - it is no name of ours
    monkeypatch.setattr(reading, "_first_of", first_of)
    texts = {"config.yaml": b"tls-san: [web.example.com]\ndisable: [servicelb]\n", "odd.yaml": b"tls-san: \xff\xfe\n", "c.conf": b"a=b"}
    texts.update((f"{number}.yaml", SERVICE.format(number).encode()) for number in range(size))
    files = [SourceFile(path, partial(bytes, data)) for path, data in texts.items()]
    without = [one.path for one in host_files(files)]
    assert without == ["config.yaml"]
    in_one = len(searched)
    lines: list[str] = []
    for asked in (in_one, in_one - len(texts)):
        searched.clear()
        memory = Memory(lines)
        documents.use_memory(memory)
        try:
            assert [one.path for one in host_files(files)] == without
        finally:
            documents.use_memory(None)
        lines = memory.lines()
        assert len(searched) == asked
    documents.use_memory(Memory([f"{line[:32]}{lie}" for line, lie in zip(lines, ("1", "null", "{", "[true]") * size, strict=False)]))
    try:
        assert [one.path for one in host_files(files)] == without
    finally:
        documents.use_memory(None)


def test_a_file_is_opened_once(tree: Callable[[int], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    top = tree(8)
    opened: list[str] = []
    read = folders.read_bounded

    def reading(path: str, limit: int) -> bytes:
        opened.append(path)
        return read(path, limit)

    monkeypatch.setattr(folders, "read_bounded", reading)
    scan(tmp_path / "cache")
    own = [path for path in opened if path.startswith(str(top)) and path.endswith(("service.yaml", "release.yaml"))]
    assert len(own) == len(set(own)) == 16


def test_a_repository_is_asked_once_for_its_settings(tree: Callable[[int], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    top = tree(2)
    start(top, monkeypatch).commit()
    (top / "app-1" / "service.yaml").write_text(SERVICE.format(99), encoding="utf-8")
    asked: list[tuple[str, ...]] = []
    run = git_process.run

    def running(arguments: Any, **named: Any) -> git_process.Ended:
        asked.append(tuple(arguments))
        return run(arguments, **named)

    monkeypatch.setattr(git_process, "run", running)
    scan(tmp_path / "cache", "--against", "HEAD", "--new-only", "--if-touched")
    quick = [one for one in asked if {"config", "rev-parse"} & set(one)]
    assert quick
    assert len(quick) == len(set(quick))


def _lies(key: str, fact: str) -> list[str]:
    deep = "[" * 500 + "]" * 500
    values = [
        *("", "{", "null", "true", "[]", "[0,1,{}]", f"[0,1,{deep}]", f'[0,1,{{"kind":{deep}}}]', '[99999,1,{"kind":"Service"}]'),
        *('[-1,1,{"a":1}]', '[0,0,{"a":1}]', '[0,1,{"a":"\\ud800"}]', '[0,1,{"a":NaN}]', '[true,1,{"a":1}]', f"[0,1,{'9' * 5000}]"),
        *('[[0,1,{"kind":"HelmValues"},{}]]', '[[0,1,{},{"a":[]}],[0,1,{},{}]]', "[[99,1,{},{}]]", "[[0,1]]", "[1,2,3,4]"),
        *('[false,[[0,5,1,false,null,"v1","Service"]]]', "[false,[[5,999999,1,false,null,null,null]]]", "[false,[]]", "[true,true]"),
        *("[false,[[0,5,1,false,3,{},[]]]]", "x" * (LONGEST + 1), fact, f"{fact} "),
    ]
    return [key + value for value in values]


def test_a_memory_that_was_tampered_with_does_no_harm(tree: Callable[[int], Path], tmp_path: Path) -> None:
    """Whatever stands in place of a fact: the run ends with a report, and what is no fact is as good as absent."""
    tree(2)
    cache = tmp_path / "cache"
    without = scan(cache)
    (name, lines), *_ = packs(cache)
    tried = [_lies(line[:32], line[32:]) for line in lines]
    for number in range(len(tried[0])):
        kept = Storage(str(cache))
        kept.write(name, "\n".join(lies[number] for lies in tried).encode("utf-8", "surrogatepass"))
        kept.close()
        report = json.loads(scan(cache))
        assert report["completeness"]["files_seen"] == json.loads(without)["completeness"]["files_seen"]


def test_what_is_no_fact_is_as_good_as_absent() -> None:
    chunk = Chunk("apiVersion: v1\nkind: Service\n", 3, is_json=False, source=None, start=-1)
    memory = Memory()
    memory.note(chunk, documents.parse(chunk))
    (key, fact) = next(iter(memory.new.items()))
    found = Memory([key + fact]).parsed(chunk)
    assert found is not None
    assert (found.root.value, found.root.line, found.root.column) == ({"apiVersion": "v1", "kind": "Service"}, 3, 1)
    known = [Memory([line]).parsed(chunk) for line in _lies(key, fact)]
    assert [one.root.value for one in known if one is not None] == [{}, found.root.value]


def test_only_what_json_says_is_kept() -> None:
    memory = Memory()
    memory.keep((1, 2), "pair", "text")
    memory.keep(float("nan"), "number", "text")
    assert not memory.new
    memory.keep([1, "a\u2028b\n", None], "list", "text")
    assert Memory([key + line for key, line in memory.new.items()]).recall("list", "text") == [1, "a\u2028b\n", None]
    assert memory.recall("list", "tex", "t") is None


def test_a_memory_keeps_what_was_used_and_as_much_besides() -> None:
    memory = Memory()
    for number in range(10):
        memory.keep(number, "number", str(number))
    later = Memory(memory.lines())
    assert [later.recall("number", str(number)) for number in range(3)] == [0, 1, 2]
    later.keep("new", "number", "x")
    assert len(later.lines()) == 8


def test_a_view_whose_object_is_gone_has_no_places() -> None:
    made = View({"a": {"b": 1}}, 1, 1, {}, lambda: documents.parse(Chunk("c: 1\n", 1, is_json=False, source=None)).root)
    assert made.child("a") is None
    assert smallest_span(made, ("a", "b")).line == 1


_KEYS = st.sampled_from(["a", "ab", "spec", "x-y", "kind", "on", "1", "a b", '"q"', "'s'", "ä"])
_SCALARS = st.sampled_from(
    ["1", "text", '"two words"', "'it''s'", '"a', "b: c", "|", ">-", "[1, 2]", "{a: 1}", "{a:", "# no", "&x y", "*x", "!!str 1", "", "- a"]
)


@st.composite
def _texts(draw: st.DrawFn) -> str:
    lines = []
    for _ in range(draw(st.integers(1, 9))):
        indent = " " * draw(st.sampled_from([0, 0, 2, 2, 4, 6]))
        kind = draw(st.sampled_from(["pair", "pair", "pair", "key", "item", "comment", "blank", "more"]))
        key, value = draw(_KEYS), draw(_SCALARS)
        lines.append(
            {
                "pair": f"{indent}{key}: {value}",
                "key": f"{indent}{key}:",
                "item": f"{indent}- {key}: {value}",
                "comment": f"{indent}# {key}: {value}",
                "blank": "",
                "more": f'{indent}{value}"',
            }[kind]
        )
    return "\n".join(lines) + draw(st.sampled_from(["\n", "", "\r\n"]))


def _paths(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    yield path
    yield (*path, "missing")
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from _paths(inner, (*path, key))


@given(_texts())
@settings(max_examples=400, deadline=None)
def test_a_line_that_indentation_tells_is_that_of_the_token(text: str) -> None:
    for chunk in documents.split(text):
        try:
            root = documents.parse(chunk).root
        except documents.BrokenDocument:
            continue
        if isinstance(root, Root):
            for path in _paths(root.value):
                found = line_of(chunk.text, root.value, path)
                assert found is None or chunk.line + found == smallest_span(root, path).line, (text, path)
