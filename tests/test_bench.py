"""The benchmark: which bytes its trees have, what its figures say, and that a program that fails ends nothing."""

import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

from k8slblint import documents

TOOLS = Path(__file__).parent.parent / "tools"


@pytest.fixture(name="trees")
def _trees(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(TOOLS))
    import bench_trees

    return bench_trees


@pytest.fixture(name="measure")
def _measure(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(TOOLS))
    import bench_measure

    return bench_measure


@pytest.fixture(name="bench")
def _bench(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(TOOLS))
    import bench

    return bench


SERVICE = 'kind: Service\nmetadata:\n  name: web\n  namespace: "shop" # ours\n'


@pytest.fixture(name="base")
def _base(tmp_path: Path) -> Path:
    texts = {
        "one/service.yaml": SERVICE,
        "one/chart/Chart.yaml": "name: chart\nversion: 1.0.0\n",
        "one/chart/templates/service.yaml": "namespace: shop",
        "one/data.json": "{}",
        "one/read.me": "namespace: shop\n",
        "one/config.yml": "kind: ConfigMap\n",
        "README.md": "of the base\n",
        "_revisions/old.yaml": SERVICE,
    }
    for path, text in texts.items():
        (tmp_path / "base" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "base" / path).write_text(text, encoding="utf-8")
    return tmp_path / "base"


def _read(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_the_first_copy_is_the_base_and_the_others_are_of_other_namespaces(trees: ModuleType, base: Path, tmp_path: Path):
    assert trees.copies(base, tmp_path / "a", 2) == 12
    written = _read(tmp_path / "a")
    assert written["r0000/one/service.yaml"] == SERVICE.encode()
    assert written["r0001/one/service.yaml"] == SERVICE.replace('"shop"', '"shop-r1"').encode() + b"# replica 1\n"
    assert written["r0001/one/chart/templates/service.yaml"] == b"namespace: shop\n# replica 1\n"
    assert written["r0001/one/data.json"] == b"{}\n"
    assert written["r0001/one/read.me"] == b"namespace: shop\n"
    assert not any("_revisions" in path or "README" in path for path in written)


def test_the_same_base_and_size_give_the_same_bytes_and_times(trees: ModuleType, base: Path, tmp_path: Path):
    for name in ("a", "b"):
        trees.copies(base, tmp_path / name, 2)
    assert _read(tmp_path / "a") == _read(tmp_path / "b")
    assert {path.stat().st_mtime for path in (tmp_path / "a").rglob("*") if path.is_file()} == {trees.FIXED_TIME}


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ("flat", "one__service.yaml"),
        ("deep", "d0/d1/d2/d3/d4/d5/d6/d7/d8/d9/one/service.yaml"),
        ("noise", "one/config.yml"),
        ("joined", "joined.yaml"),
    ],
)
def test_shapes(trees: ModuleType, base: Path, tmp_path: Path, shape: str, expected: str):
    trees.shaped(base, tmp_path / shape, shape)
    written = _read(tmp_path / shape)
    assert expected in written
    assert any(b"kind: Service" in data for data in written.values()) == (shape != "noise")
    assert shape != "joined" or written == {expected: b"kind: ConfigMap\n\n---\n" + SERVICE.encode()}


def test_dumps_as_yaml_and_json_hold_the_same_objects(trees: ModuleType, tmp_path: Path):
    trees.dump(tmp_path / "dump.yaml", 1, as_json=False)
    trees.dump(tmp_path / "dump.json", 1, as_json=True)
    (chunk,) = documents.split((tmp_path / "dump.yaml").read_text(encoding="utf-8"))
    from_yaml = documents.parse(chunk).root.value
    from_json = json.loads((tmp_path / "dump.json").read_text(encoding="utf-8"))
    assert from_yaml["kind"] == from_json["kind"] == "List"
    assert len(from_yaml["items"]) > len(from_json["items"]) > 100  # JSON takes more space
    assert from_yaml["items"][: len(from_json["items"])] == from_json["items"]


def test_ratios_are_of_one_round_and_show_their_spread(measure: ModuleType):
    assert measure.ratios([1.0, 4.0, 3.0], [2.0, 2.0, 2.0]) == (1.5, 0.5, 2.0)
    assert measure.figure([3.0, 1.0, 2.0]) == (2.0, 1.0, 3.0)
    assert measure.ratios([1.0], [0.0]) == (0.0, 0.0, 0.0)


def test_what_fails_is_a_row_and_is_not_run_again(measure: ModuleType, bench: ModuleType, tmp_path: Path):
    python = sys.executable
    tools = [
        measure.Tool("good", (python, "-c", "pass", "{extra}", "{target}")),
        measure.Tool("bad", (python, "-c", "import sys; sys.exit('out of luck')"), statuses=(0,)),
        measure.Tool("absent", (str(tmp_path / "nothing"),)),
        measure.Tool("never", ("",), missing="needs Go"),
        measure.Tool("files", (python,), only_files=True),
    ]
    found = measure.rows(measure.Case("case", tmp_path), tools, 2, tmp_path / "caches")
    assert {name: len(runs) for name, runs in found.items()} == {"good": 2, "bad": 1, "absent": 1}
    lines = bench.table(found, "good")
    assert "1.00 (1.00-1.00)" in lines[2]
    assert lines[3:] == [
        "| bad | status 1: out of luck | | | | | |",
        "| absent | cannot be started: No such file or directory | | | | | |",
    ]


def test_without_rounds_the_only_run_counts(measure: ModuleType, tmp_path: Path):
    tool = measure.Tool("own", (sys.executable, "-c", "pass", "{extra}"))
    found = measure.rows(measure.Case("case", tmp_path), [tool], 0, tmp_path / "caches")
    assert [one.failure for one in found["own"]] == [""]


def test_a_run_that_never_ends_is_ended(measure: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(measure, "SECONDS", 0.5)
    one = measure.run([sys.executable, "-c", "while True: pass"], tmp_path, {})
    assert one.failure == "took more than 0.5 s"


def test_a_cold_case_starts_with_an_empty_cache_each_time(measure: ModuleType, tmp_path: Path):
    leaves = "import os, sys, pathlib; p = pathlib.Path(os.environ['XDG_CACHE_HOME'], 'x'); sys.exit(9) if p.exists() else p.touch()"
    tool = measure.Tool("own", (sys.executable, "-c", leaves, "{extra}"), statuses=(0,))
    cold, warm = (
        measure.rows(measure.Case("case", tmp_path, is_cold=is_cold), [tool], 1, tmp_path / str(is_cold)) for is_cold in (True, False)
    )
    assert [one.failure for one in cold["own"]] == [""]
    assert [one.failure for one in warm["own"]] == ["status 9: no message"]


def test_percentiles_are_of_the_nearest_rank(bench: ModuleType):
    assert [bench.percentile(list(range(1, 41)), percent) for percent in (50, 90, 100)] == [20, 36, 40]
    assert bench.percentile([7.0], 90) == 7.0


def test_a_peer_whose_program_is_named_as_empty_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(TOOLS))
    import bench_peers

    named = {peer.name: f"/opt/{peer.name}" for peer in bench_peers.PEERS} | {"checkov": ""}
    found = [tool.name.partition(" ")[0] for tool in bench_peers.installed(tmp_path, named)]
    assert found == [peer.name for peer in bench_peers.PEERS if peer.name != "checkov"]
