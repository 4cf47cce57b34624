"""What was rendered before is not rendered again, whatever happened to where it is kept."""

import errno
import json
import os
import subprocess
import sys
import threading
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from k8slblint.commands import invocation
from k8slblint.commands.cli import cli
from k8slblint.commands.options import Options
from k8slblint.processes.programs import find_program
from k8slblint.processes.sandbox import Record
from k8slblint.rendering import identity, kept, storage
from k8slblint.rendering.helm.answers import ANSWERS
from k8slblint.rendering.helm.request import Text
from k8slblint.rendering.kept import Kept
from k8slblint.rendering.storage import Storage
from k8slblint.rendering.units import RenderFailure
from tests.histories import start

BESIDE = os.path.dirname(sys.executable)
needs_renderers = pytest.mark.skipif(
    not (find_program("helm") and find_program("kustomize", BESIDE)) and not os.environ.get("CI"), reason="no helm and kustomize here"
)
not_on_windows = pytest.mark.skipif(sys.platform == "win32", reason="owners, modes and pipes of Unix")
KEY = "0123456789abcdef" * 4
OTHER = "fedcba9876543210" * 4
TEXTS = [Text("web/templates/a.yaml", "kind: Service\n")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def held(folder: Path) -> Path:
    return folder / storage.FOLDER


def write(folder: Path, name: str = KEY, data: bytes = b"text") -> None:
    made = Storage(str(folder))
    made.write(name, data)
    made.close()
    assert made.note == ""


def read(folder: Path, name: str = KEY) -> bytes | None:
    made = Storage(str(folder))
    try:
        return made.read(name)
    finally:
        made.close()


def answer(kept_: Kept, made: Any = TEXTS, key: str | None = KEY) -> Any:
    return kept_.answer(key, ANSWERS, lambda _: made)


# what is written is read again


def test_an_entry_is_read_by_its_name_only(folder: Path) -> None:
    write(folder)
    assert read(folder) == b"text"
    assert read(folder, OTHER) is None


def test_nothing_is_made_before_something_is_written(folder: Path) -> None:
    assert read(folder) is None
    assert not folder.exists()


def test_others_can_neither_list_nor_read_nor_write(folder: Path) -> None:
    write(folder)
    modes = {path: path.stat().st_mode & 0o777 for path in (folder, held(folder), held(folder) / KEY)}
    assert sys.platform == "win32" or list(modes.values()) == [0o700, 0o700, 0o600]


def test_the_second_run_asks_no_renderer(folder: Path) -> None:
    first, second = Kept(Storage(str(folder))), Kept(Storage(str(folder)))
    assert answer(first) == answer(second) == answer(second) == TEXTS
    assert (first.asked, second.asked, second.found) == (1, 0, 2)


def test_without_a_key_nothing_is_kept(folder: Path) -> None:
    kept_ = Kept(Storage(str(folder)))
    assert answer(kept_, key=None) == answer(kept_, key=None) == TEXTS
    assert kept_.asked == 2
    assert not folder.exists()
    assert kept.key_of("", "helm") is None


def test_a_key_depends_on_each_part_and_on_where_it_ends() -> None:
    keys = [kept.key_of("helm 1", *parts) for parts in (("a", "b"), ("ab", ""), ("a", b"b"), ("b", "a"), (("a", "b"),), ("a", "b", None))]
    assert len({*keys, kept.key_of("helm 2", "a", "b")}) == len(keys) + 1
    pairs = [("a", b"1"), ("b", b"2")]
    assert kept.hash_of_files(pairs) == kept.hash_of_files(reversed(pairs)) != kept.hash_of_files([("a", b"2"), ("b", b"1")])


@pytest.mark.parametrize(
    ("failure", "is_kept"),
    [
        (RenderFailure("template", "nil pointer evaluating interface {}.x", "web/templates/a.yaml", 3), True),
        (RenderFailure("template", "fork/exec /bin/sh: resource temporarily unavailable"), False),
        (RenderFailure("bounds", "Helm was stopped after 20 seconds"), False),
        (RenderFailure("bounds", "Helm took more than 2000 MB of memory", is_out_of_memory=True), False),
        (RenderFailure("renderer", "there is no Helm"), False),
    ],
)
def test_a_failure_is_kept_where_another_run_would_fail_alike(folder: Path, failure: RenderFailure, *, is_kept: bool) -> None:
    assert answer(Kept(Storage(str(folder))), failure) == failure
    again = Kept(Storage(str(folder)))
    assert answer(again, TEXTS) == (failure if is_kept else TEXTS)


def test_a_renderer_that_raises_leaves_nothing(folder: Path) -> None:
    def ask(_: Record) -> Any:
        raise OSError(errno.ENOSPC, "full")

    with pytest.raises(OSError, match="full"):
        Kept(Storage(str(folder))).answer(KEY, ANSWERS, ask)
    assert not folder.exists()


def test_how_a_renderer_was_confined_is_kept_with_its_answer(folder: Path) -> None:
    def ask(record: Record) -> list[Text]:
        record.add(frozenset({"signals"}), is_any=True)
        return TEXTS

    first, second = Kept(Storage(str(folder))), Kept(Storage(str(folder)))
    first.answer(KEY, ANSWERS, ask)
    second.answer(KEY, ANSWERS, ask)
    assert first.record.state == second.record.state == "partial: does not restrict signals"


# entries that are not what was written


def _cut(entry: Path) -> None:
    entry.write_bytes(entry.read_bytes()[:-1])


def _flip(entry: Path) -> None:
    data = bytearray(entry.read_bytes())
    data[-1] ^= 1
    entry.write_bytes(data)


def _pipe(entry: Path) -> None:
    entry.unlink()
    os.mkfifo(entry, 0o600)


def _link(entry: Path) -> None:
    elsewhere = entry.parent.parent / "elsewhere"
    os.replace(entry, elsewhere)
    entry.symlink_to(elsewhere)


def _folder(entry: Path) -> None:
    entry.unlink()
    entry.mkdir()


def _open_to_others(entry: Path) -> None:
    entry.chmod(0o666)


def _huge(entry: Path) -> None:
    os.truncate(entry, storage.LARGEST_FILE * 20)


def _of_another_name(entry: Path) -> None:
    write(entry.parent.parent, OTHER, b"other")
    os.replace(entry.parent / OTHER, entry)


def _empty(entry: Path) -> None:
    entry.write_bytes(b"")


@not_on_windows
@pytest.mark.parametrize("spoil", [_cut, _flip, _pipe, _link, _folder, _open_to_others, _huge, _of_another_name, _empty])
def test_an_entry_that_was_tampered_with_is_none(folder: Path, spoil: Any) -> None:
    write(folder)
    spoil(held(folder) / KEY)
    assert read(folder) is None


@not_on_windows
@pytest.mark.parametrize("spoil", [_cut, _pipe, _link, _of_another_name])
def test_what_is_written_takes_the_place_of_what_was_tampered_with(folder: Path, spoil: Any) -> None:
    write(folder)
    spoil(held(folder) / KEY)
    write(folder)
    assert read(folder) == b"text"
    elsewhere = folder / "elsewhere"
    assert not elsewhere.exists() or elsewhere.stat().st_size > 0, "a link was written through"


def test_an_answer_of_any_size_is_bounded_in_memory(folder: Path) -> None:
    """The costliest JSON for its size is made of empty objects."""
    write(folder, data=b"[" + b"{}," * (storage.LARGEST_TEXT // 3 - 1) + b"0]")
    tracemalloc.start()
    try:
        assert answer(Kept(Storage(str(folder)))) == TEXTS
        assert tracemalloc.get_traced_memory()[1] < 500_000_000
    finally:
        tracemalloc.stop()
    too_large = Storage(str(folder))
    too_large.write(OTHER, b"x" * (storage.LARGEST_TEXT + 1))
    assert too_large.read(OTHER) is None


def test_an_entry_that_unpacks_to_more_than_any_answer_is_none(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(folder, data=b"x" * 1000)
    monkeypatch.setattr(storage, "LARGEST_TEXT", 999)
    assert read(folder) is None


@pytest.mark.parametrize(
    "lie",
    [
        "null",
        "[]",
        '[null,["texts"]]',
        '[null,["texts",{}]]',
        '[null,["texts",[["a"]]]]',
        '[null,["texts",[["a",1]]]]',
        '[null,["texts",[["../../../etc/passwd","kind: Service"]]]]',
        '[null,["texts",[["/etc/passwd","kind: Service"]]]]',
        '[null,["failure",["x","a/../../b",1]]]',
        '[null,["failure",["x","",0]]]',
        '[null,["failure",["x","",true]]]',
        '[null,["failure",["x","",1e999]]]',
        '[null,["failure",["' + "x" * 3000 + '","",1]]]',
        '[["everything"],["texts",[]]]',
        '[7,["texts",[]]]',
        "[null,[" + "[" * 100_000,
        "[null," + "9" * 10_000 + "]",
        "\ud800",
    ],
)
def test_a_well_made_lie_that_no_renderer_tells_is_not_believed(folder: Path, lie: str) -> None:
    write(folder, data=lie.encode("utf-8", "surrogatepass"))
    kept_ = Kept(Storage(str(folder)))
    assert answer(kept_) == TEXTS
    assert (kept_.asked, kept_.found, kept_.record.state) == (1, 0, None)


# folders that are not ours


@not_on_windows
@pytest.mark.parametrize("part", ["top", "inner"])
def test_a_folder_that_others_can_write_is_not_used(folder: Path, part: str) -> None:
    write(folder)
    (folder if part == "top" else held(folder)).chmod(0o777)
    made = Storage(str(folder))
    assert made.read(KEY) is None
    made.write(OTHER, b"x")
    made.close()
    assert made.note == f"renderings are not kept in {folder}: other users can write to it"
    assert OTHER not in os.listdir(held(folder))


@not_on_windows
def test_a_folder_that_is_a_link_is_not_followed(folder: Path, tmp_path: Path) -> None:
    folder.mkdir()
    (tmp_path / "elsewhere").mkdir()
    held(folder).symlink_to(tmp_path / "elsewhere")
    made = Storage(str(folder))
    made.write(KEY, b"x")
    made.close()
    assert "it is not a folder" in made.note
    assert os.listdir(tmp_path / "elsewhere") == []


@pytest.mark.parametrize("inside", [".", ".cache/k8slblint", "a/../b"])
def test_no_folder_within_what_is_scanned_is_used(tmp_path: Path, inside: str) -> None:
    made = Storage(str(tmp_path / inside), outside=[str(tmp_path)])
    made.write(KEY, b"x")
    assert made.read(KEY) is None
    assert "it is inside the repository" in made.note
    assert os.listdir(tmp_path) == []


@not_on_windows
def test_a_link_into_what_is_scanned_is_seen_through(tmp_path: Path) -> None:
    (tmp_path / "repository").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "repository")
    made = Storage(str(tmp_path / "link" / "cache"), outside=[str(tmp_path / "repository")])
    made.write(KEY, b"x")
    assert "it is inside the repository" in made.note
    assert os.listdir(tmp_path / "repository") == []


@not_on_windows
def test_a_place_that_is_no_folder_is_said_and_nothing_lost(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    kept_ = Kept(Storage(str(tmp_path / "file" / "cache")))
    assert answer(kept_) == answer(kept_) == TEXTS
    assert kept_.note == f"renderings are not kept in {tmp_path}/file/cache: Not a directory"
    assert (kept_.asked, kept_.found) == (1, 1)


def test_a_full_disk_costs_only_what_is_kept(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(folder)

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(storage.os, "write", full)
    made = Storage(str(folder))
    made.write(OTHER, b"x")
    assert made.read(KEY) == b"text"
    made.close()
    assert made.note == f"nothing more is kept in {folder}: {os.strerror(errno.ENOSPC)}"
    assert {KEY} <= set(os.listdir(held(folder))) <= {KEY, "swept"}, "half an entry is left"


# room


def test_the_oldest_entries_go_first(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"{number:064x}" for number in range(12)]
    for age, name in enumerate(reversed(names)):
        write(folder, name)
        os.utime(held(folder) / name, (10_000 - age, 10_000 - age))
    unfinished = held(folder) / f"{'0' * 32}.new"
    unfinished.write_bytes(b"")
    os.utime(unfinished, (1, 1))
    monkeypatch.setattr(storage, "MOST_FILES", 10)
    monkeypatch.setattr(storage, "_SWEPT_EVERY", 0)
    assert read(folder, names[0]) is not None, "which makes it the newest"
    write(folder, OTHER)
    left = {name for name in os.listdir(held(folder)) if name != "swept"}
    assert len(left) == 8
    assert {names[0], names[11], OTHER} <= left
    assert names[1] not in left


def test_all_entries_together_have_a_bound(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "MOST_BYTES", 20_000)
    monkeypatch.setattr(storage, "_SWEPT_EVERY", 0)
    for number in range(30):
        write(folder, f"{number:064x}", os.urandom(1000))
    assert sum(path.stat().st_size for path in held(folder).iterdir()) <= 20_000 + 2_000


def test_runs_at_once_write_and_read_whole_entries(folder: Path) -> None:
    names = [f"{number:064x}" for number in range(20)]
    wrong: list[str] = []

    def work() -> None:
        made = Storage(str(folder))
        for name in names * 5:
            found = made.read(name)
            if found not in (None, name.encode() * 1000):
                wrong.append(name)
            made.write(name, name.encode() * 1000)
        made.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert sorted(set(os.listdir(held(folder))) - {"swept"}) == names


# which folder, which renderer


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="folders of Linux")
@pytest.mark.parametrize(
    ("variable", "expected"),
    [("/elsewhere", "/elsewhere/k8slblint"), ("relative", "/home/me/.cache/k8slblint"), ("", "/home/me/.cache/k8slblint")],
)
def test_the_folder_is_that_of_the_user_for_caches(monkeypatch: pytest.MonkeyPatch, variable: str, expected: str) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.setenv("XDG_CACHE_HOME", variable)
    assert invocation.cache_folder(Options(no_cache=False)) == expected
    assert invocation.cache_folder(Options(no_cache=False, cache_dir="/own")) == "/own"
    assert invocation.cache_folder(Options(no_cache=True, cache_dir="/own")) is None
    assert invocation.cache_folder(Options(no_cache=False, render=False)) is None


def test_a_program_is_known_by_its_content_and_not_by_its_name(tmp_path: Path, folder: Path) -> None:
    program = tmp_path / "helm"
    program.write_bytes(b"\x7fELF one")
    os.utime(program, (1, 1))
    stored = Storage(str(folder))
    first = identity.identity_of(str(program), stored)
    assert first == identity.identity_of(str(program), stored) == identity.identity_of(str(program), None) != ""
    program.write_bytes(b"\x7fELF two")
    os.utime(program, (1, 1))
    assert identity.identity_of(str(program), stored) not in ("", first)
    assert identity.identity_of(str(tmp_path / "none"), stored) == ""


@not_on_windows
def test_what_starts_another_program_is_asked_for_its_version(tmp_path: Path) -> None:
    script, version = tmp_path / "helm", tmp_path / "version"
    script.write_text(f"#!/bin/sh\ncat {version}\n")
    script.chmod(0o700)
    found = []
    for text in ("v1\n", "v2\n", "v1\n", ""):
        version.write_text(text)
        script.write_text(f"#!/bin/sh\nprintf '%s' '{text.strip()}'\n")
        found.append(identity.identity_of_program(str(script), ("version",), None, Record()))
    assert found[0] == found[2] != found[1] != ""
    assert found[3] == ""


# scans

SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {{name: web{0}}}\nspec: {{type: {1}, selector: {{app: web}}, ports: [{{port: 80}}]}}\n"


def units(number: int) -> dict[str, str | None]:
    """Return so many kustomizations and as many charts, each with a finding."""
    files: dict[str, str | None] = {}
    for index in range(number):
        files[f"k{index}/kustomization.yaml"] = "resources: [web.yaml]\nnamePrefix: a-\n"
        files[f"k{index}/web.yaml"] = SERVICE.format(index, "NodePort")
        files[f"c{index}/Chart.yaml"] = f"apiVersion: v2\nname: c{index}\nversion: 1.0.0\n"
        files[f"c{index}/values.yaml"] = "type: NodePort\n"
        files[f"c{index}/templates/web.yaml"] = SERVICE.format(index, "{{ .Values.type }}")
    return files


class Counted:
    """How often renderers were asked and how often they need not be, in all scans since the last question."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._made: list[Kept] = []
        make = Kept.__init__

        def note(self_: Kept, *arguments: Any, **options: Any) -> None:
            make(self_, *arguments, **options)
            self._made.append(self_)

        monkeypatch.setattr(Kept, "__init__", note)

    def taken(self) -> tuple[int, int]:
        found = sum(one.asked for one in self._made), sum(one.found for one in self._made)
        self._made.clear()
        return found


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Counted:
    monkeypatch.delenv("K8SLBLINT_NO_CACHE")
    monkeypatch.setenv("K8SLBLINT_CACHE_DIR", str(folder))
    monkeypatch.setenv("PATH", os.pathsep.join((BESIDE, os.environ["PATH"])))
    return Counted(monkeypatch)


def scan(*options: str) -> str:
    result = CliRunner().invoke(cli, ["scan", ".", "--format", "json", "--no-progress", "--min-confidence", "low", *options])
    assert result.exit_code in (0, 1), result.output
    assert result.stderr == "", result.stderr
    return result.stdout


@needs_renderers
@pytest.mark.parametrize("number", [2, 4])
def test_each_unit_is_rendered_once_and_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, counted: Counted, number: int) -> None:
    history = start(tmp_path / "repository", monkeypatch)
    history.write(units(number))
    cold = scan()
    asked, found = counted.taken()
    assert 2 * number <= asked <= 6 * number
    assert found == 0
    assert scan() == cold
    assert counted.taken() == (0, asked)
    assert scan("--no-cache") == cold
    assert counted.taken() == (asked, 0)
    history.write({"c0/values.yaml": "# changed\ntype: NodePort\n"})
    scan()
    assert counted.taken()[0] <= 3, "more than the unit that changed was rendered"


@needs_renderers
def test_revisions_share_what_is_the_same_in_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, counted: Counted) -> None:
    history = start(tmp_path / "repository", monkeypatch)
    history.commit({**units(3), "c2/templates/broken.yaml": "{{ fail `no` }}\n"})
    history.write({"c0/values.yaml": "type: LoadBalancer\n"})
    scan("--against", "HEAD", "--no-cache")
    asked, _ = counted.taken()
    history.git("checkout", "-q", "-f", "HEAD")
    scan("--no-cache")
    assert asked <= counted.taken()[0] + 4, "more than the unit that changed was rendered in both revisions"
    scan()
    counted.taken()
    scan()
    assert counted.taken()[0] == 0, "a unit that failed was tried again"


@needs_renderers
def test_two_folders_that_are_compared_share_what_is_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, counted: Counted) -> None:
    history = start(tmp_path / "repository", monkeypatch)
    before = start(tmp_path / "before", monkeypatch)
    for one in (history, before):
        one.write(units(2))
    monkeypatch.chdir(tmp_path / "repository")
    scan("--no-cache")
    asked, _ = counted.taken()
    scan("--no-cache", "--against", str(tmp_path / "before"))
    assert counted.taken()[0] == asked


INFLATING = """\
helmCharts: [{name: web, releaseName: web, valuesInline: {type: NodePort}}]
helmGlobals: {chartHome: charts}
"""


@needs_renderers
def test_a_chart_within_a_kustomization_is_rendered_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, counted: Counted) -> None:
    """What kustomize asks for in the course of a build is a part of what it makes: a chart that changes has both rendered anew."""
    history = start(tmp_path / "repository", monkeypatch)
    chart = {
        "app/charts/web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
        "app/charts/web/values.yaml": "type: ClusterIP\n",
        "app/charts/web/templates/web.yaml": SERVICE.format("", "{{ .Values.type }}"),
    }
    history.write({"app/kustomization.yaml": INFLATING, **chart})
    cold = scan("--show-suppressed")
    assert '"node-port-in-production"' in cold
    assert counted.taken()[0] >= 2
    assert scan("--show-suppressed") == cold
    assert counted.taken()[0] == 0
    assert scan("--show-suppressed", "--no-cache") == cold
    counted.taken()
    history.write({"app/charts/web/templates/web.yaml": SERVICE.format("", "ClusterIP")})
    changed = scan("--show-suppressed")
    assert '"node-port-in-production"' not in changed.partition('"rules"')[0]
    assert counted.taken()[0] >= 2
    assert scan("--show-suppressed", "--no-cache") == changed


@needs_renderers
def test_a_poisoned_answer_has_its_say_about_its_own_text_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, counted: Counted, folder: Path
) -> None:
    """Who can write entries of this user can lie about what a renderer said; that names no other file, and a real run shows it."""
    history = start(tmp_path / "repository", monkeypatch)
    history.write({**units(1), "secret.txt": "token: TOP-SECRET\n"})
    (tmp_path / "outside.yaml").write_text("token: TOP-SECRET\n")
    honest = scan()
    counted.taken()
    forged = 0
    for entry in held(folder).iterdir():
        data = read(folder, entry.name) or b""
        if data.startswith(b"["):
            told, value = json.loads(data)
            value[1] = [["secret.txt" if isinstance(one, str) else one for one in pair] for pair in value[1]]
            value[1] = [[pair[0], "../outside.yaml", *pair[2:]] if len(pair) > 2 else ["../outside.yaml", pair[1]] for pair in value[1]]
            write(folder, entry.name, json.dumps([told, value]).encode())
            forged += 1
    assert forged
    assert scan() == honest, "entries that name other files were believed"
    assert "TOP-SECRET" not in honest
    assert counted.taken()[0] == forged


@needs_renderers
def test_a_home_that_cannot_be_written_is_said_once_and_nothing_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, counted: Counted
) -> None:
    history = start(tmp_path / "repository", monkeypatch)
    history.write(units(1))
    expected = scan("--no-cache")
    (tmp_path / "home").write_text("")
    monkeypatch.setenv("K8SLBLINT_CACHE_DIR", str(tmp_path / "home" / "cache"))
    result = CliRunner().invoke(cli, ["scan", ".", "--format", "json", "--no-progress", "--min-confidence", "low"])
    assert result.stdout == expected
    assert result.stderr.count("renderings are not kept in") == 1
    assert len(result.stderr.splitlines()) == 1
    assert counted.taken()[1] == 0


@needs_renderers
def test_a_cache_within_the_repository_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, counted: Counted) -> None:
    history = start(tmp_path / "repository", monkeypatch)
    history.write(units(1))
    monkeypatch.delenv("K8SLBLINT_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "repository" / "cache"))
    result = CliRunner().invoke(cli, ["scan", ".", "--format", "json", "--no-progress"])
    assert "it is inside the repository" in result.stderr
    monkeypatch.setenv("XDG_CACHE_HOME", "cache")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    scan()
    assert not (tmp_path / "repository" / "cache").exists()
    assert (tmp_path / "home").is_dir()
    assert counted.taken()[0] > 0


@needs_renderers
def test_two_runs_at_once_report_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    history = start(tmp_path / "repository", monkeypatch)
    history.write(units(2))
    command = [sys.executable, "-P", "-m", "k8slblint", "scan", ".", "--format", "json", "--no-progress"]
    variables = {**os.environ, "K8SLBLINT_CACHE_DIR": str(folder), "PATH": os.pathsep.join((BESIDE, os.environ["PATH"]))}
    del variables["K8SLBLINT_NO_CACHE"]
    runs = [subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(2)]
    said = [run.communicate(timeout=120) for run in runs]
    alone = subprocess.run([*command, "--no-cache"], env=variables, capture_output=True, check=False)
    assert said == [(alone.stdout, b"")] * 2
