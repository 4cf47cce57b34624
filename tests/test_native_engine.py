"""The render engine as a process: what it is sent and sends, and what becomes of a run in which it ends, hangs, or talks nonsense."""

import json
import os
import signal
import struct
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from k8slblint.commands.cli import cli
from k8slblint.processes.sandbox import Record
from k8slblint.rendering import bounds
from k8slblint.rendering.helm.engine import HelmEngine
from k8slblint.rendering.helm.release import ChartRelease
from k8slblint.rendering.kept import Kept
from k8slblint.rendering.kustomize.answers import Built, form_of, key_of_build
from k8slblint.rendering.kustomize.engine import KustomizeEngine
from k8slblint.rendering.kustomize.native import by_native
from k8slblint.rendering.kustomize.needs import needs_of
from k8slblint.rendering.kustomize.root import KustomizeRoot
from k8slblint.rendering.native import messages, program, workers
from k8slblint.rendering.native.workers import Broken, Native, Request, Worker
from k8slblint.rendering.storage import Storage
from k8slblint.rendering.tree import SourceTree
from k8slblint.rendering.units import Outcome, Rendered, RenderFailure
from tests.charts import chart, tree
from tests.engines import needs_engine

SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {type: NodePort, ports: [{port: 80, nodePort: 30080}]}\n"
ABOUT = Request({"kind": "about"}, (), 20)
needs_processes = pytest.mark.skipif(sys.platform == "win32", reason="signals")

pytestmark = needs_engine


@pytest.fixture
def native() -> Iterator[Native]:
    found = program.find()
    assert found
    made = Native(found)
    yield made
    made.close()


def ask(native: Native, request: Request, asked: Any = None) -> workers.Answer:
    return native.ask(request, Record(), asked)


def kustomization(files: dict[str, str], seconds: float = 20, **options: Any) -> Request:
    build = {"paths": list(files), "folder": "app", "unrestricted": False, "charts": False, **options}
    return Request({"kind": "kustomize", "build": build}, [text.encode("utf-8", "surrogateescape") for text in files.values()], seconds)


def endless(seconds: float = 0.5) -> Request:
    archive = _archive('{{ define "a" }}{{ range until 100000 }}{{ range until 100000 }}{{ end }}{{ end }}{{ end }}{{ include "a" . }}')
    return Request({"kind": "helm", "release": {"name": "r", "namespace": "n", "values": "{}"}}, (archive,), seconds)


def hungry() -> Request:
    return endless(20)._replace(files=(_archive('{{ repeat 3000000000 "x" | len }}'),))


def _archive(template: str) -> bytes:
    from k8slblint.rendering.helm.archives import write_archive

    return write_archive([("Chart.yaml", b"apiVersion: v2\nname: web\nversion: 1.0.0\n"), ("templates/a.yaml", template.encode())])


def test_the_versions_are_those_that_are_pinned(native: Native) -> None:
    answer = ask(native, ABOUT)
    assert isinstance(answer, dict)
    pinned = (Path(__file__).parent.parent / "native/render/go.mod").read_text(encoding="utf-8")
    for module, name in (("helm.sh/helm/v4", "helm"), ("sigs.k8s.io/kustomize/api", "kustomize/api")):
        (version,) = (line.split()[1] for line in pinned.splitlines() if line.split()[:1] == [module])
        assert f"{name} {version}" in answer["about"]


def test_one_process_answers_what_is_asked_one_after_the_other(native: Native) -> None:
    files = {"app/kustomization.yaml": '{"resources": ["s.yaml"], "namePrefix": "p-"}', "app/s.yaml": SERVICE}
    for _ in range(3):
        answer = ask(native, kustomization(files))
        assert isinstance(answer, dict)
        assert "name: p-web" in answer["output"]
    assert len(native.processes) == 1


def test_texts_of_all_kinds_come_back_as_they_were(native: Native) -> None:
    text = "\x00ä😀\u2028\ufeff</script>&\r\n\t\\\"'\u0085"
    files = {"app/kustomization.yaml": '{"configMapGenerator": [{"name": "a", "files": ["x"]}]}', "app/x": text}
    answer = ask(native, kustomization(files))
    assert isinstance(answer, dict)
    assert "binaryData" not in answer["output"] or "AMOk" in answer["output"]
    assert isinstance(ask(native, kustomization({"app/kustomization.yaml": "\udcff"})), dict), "what is no text is refused, and that is all"


def test_nothing_of_the_environment_reaches_it(native: Native, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_OF_THE_MACHINE", "s3cr3t")
    files = {
        "app/kustomization.yaml": '{"configMapGenerator": [{"name": "a", "envs": ["e"]}]}',
        "app/e": "SECRET_OF_THE_MACHINE\nHOME\nPATH\n",
    }
    answer = ask(native, kustomization(files))
    assert isinstance(answer, dict)
    assert "s3cr3t" not in answer["output"]
    (pid,) = (process.pid for process in native.processes)
    if sys.platform == "linux":
        assert Path(f"/proc/{pid}/environ").read_bytes() == b""


@pytest.mark.skipif(sys.platform != "linux", reason="/proc")
def test_it_holds_no_file_of_the_machine_open(native: Native) -> None:
    ask(native, ABOUT)
    (pid,) = (process.pid for process in native.processes)
    opened = {os.readlink(f"/proc/{pid}/fd/{name}") for name in os.listdir(f"/proc/{pid}/fd")}
    assert all(path.startswith(("pipe:", "anon_inode:", "/dev/null")) or "(deleted)" in path for path in opened), opened


@needs_processes
def test_a_process_that_is_killed_while_it_rests_costs_nothing(native: Native) -> None:
    ask(native, ABOUT)
    os.kill(native.processes[0].pid, signal.SIGKILL)
    assert isinstance(ask(native, ABOUT), dict)


@needs_processes
def test_a_process_that_is_killed_at_work_is_asked_once_more(native: Native) -> None:
    ask(native, ABOUT)
    (pid,) = (process.pid for process in native.processes)
    threading.Timer(0.2, os.kill, (pid, signal.SIGKILL)).start()
    answer = ask(native, endless(1.5))
    assert answer == Broken(stopped_by="1.5 seconds"), "it was asked again, and took too long by itself"


def test_what_never_ends_is_stopped_and_the_next_is_answered(native: Native) -> None:
    assert ask(native, endless()) == Broken(stopped_by="0.5 seconds")
    assert isinstance(ask(native, ABOUT), dict)


@pytest.mark.skipif(sys.platform != "linux", reason="memory is bounded by Linux")
def test_what_takes_all_memory_is_told_and_the_next_is_answered(native: Native) -> None:
    answer = ask(native, hungry())
    assert isinstance(answer, Broken)
    assert answer.is_out_of_memory
    assert isinstance(ask(native, ABOUT), dict)


def test_others_go_on_while_one_is_stopped(native: Native) -> None:
    answers: list[workers.Answer] = []
    thread = threading.Thread(target=lambda: answers.append(ask(native, endless(2))))
    thread.start()
    while not native.processes:
        time.sleep(0.01)
    files = {"app/kustomization.yaml": '{"resources": ["s.yaml"]}', "app/s.yaml": SERVICE}
    assert isinstance(ask(native, kustomization(files)), dict)
    assert len(native.processes) == 2
    thread.join()
    assert answers == [Broken(stopped_by="2 seconds")]


def test_too_much_output_is_told_by_the_engine_itself(native: Native) -> None:
    many = endless(20)._replace(files=(_archive('{{ range until 60 }}a: {{ repeat 1000000 "x" }}\n---\n{{ end }}'),))
    answer = ask(native, many)
    assert answer == {"exceeded": "50 MB of output"}


FAKES = {
    "garbage": "out.write(b'hello, is there anybody?' * 10)",
    "an endless length": "out.write(b'\\xff\\xff\\xff\\xff')",
    "no JSON": "say(b'{')",
    "a list": "say(b'[]')",
    "deep JSON": "say(b'[' * 100_000 + b']' * 100_000)",
    "no number for an answer": "say(b'\"x\"')",
    "a question that nobody answers": "say(b'{\"ask\": 1}')",
}


def _fake(folder: Path, body: str) -> str:
    file = folder / "k8slblint-render"
    file.write_text(
        f"#!{sys.executable} -ISu\nimport os, struct, sys, time\nout = sys.stdout.buffer\n\n\n"
        "def say(data):\n    out.write(struct.pack('>I', len(data)) + data)\n\n\n"
        "def ask():\n    (size,) = struct.unpack('>I', sys.stdin.buffer.read(4))\n    return sys.stdin.buffer.read(size)\n\n\n"
        f"while True:\n    data = ask()\n    if b'about' in data:\n        say(b'{{\"about\": \"\"}}')\n        continue\n    {body}\n",
        encoding="utf-8",
    )
    file.chmod(0o755)
    return str(file)


@needs_processes
@pytest.mark.parametrize("name", FAKES)
def test_an_engine_that_talks_nonsense_costs_only_its_request(name: str, tmp_path: Path) -> None:
    native = Native(_fake(tmp_path, FAKES[name]))
    try:
        assert ask(native, Request({"kind": "x"}, (), 20)) == Broken(is_garbled=True)
        assert isinstance(ask(native, ABOUT), dict)
    finally:
        native.close()


@needs_processes
@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("time.sleep(60)", Broken(stopped_by="0.5 seconds")),
        ("os._exit(3)", Broken()),
        ("say(b'{}' * 10); os._exit(0)", Broken(is_garbled=True)),
        ("out.write(struct.pack('>I', 1000) + b'{'); out.flush(); os._exit(1)", Broken()),
        ("os.kill(os.getpid(), 9)", Broken(is_out_of_memory=True, is_killed=True)),
        ("os._exit(125)", Broken(is_out_of_memory=True)),
        ("os._exit(124)", Broken(stopped_by="0.5 seconds")),
    ],
)
def test_an_engine_that_ends_or_hangs_is_told_by_its_reason(body: str, expected: Broken, tmp_path: Path) -> None:
    native = Native(_fake(tmp_path, body))
    try:
        assert ask(native, Request({"kind": "x"}, (), 0.5)) == expected
        assert isinstance(ask(native, ABOUT), dict)
    finally:
        native.close()


@needs_processes
def test_an_engine_that_does_not_listen_is_stopped_too(tmp_path: Path) -> None:
    native = Native(_fake(tmp_path, "time.sleep(60)"))
    try:
        assert ask(native, Request({"kind": "x"}, (b"x" * 10_000_000,), 0.5)) == Broken(stopped_by="0.5 seconds")
    finally:
        native.close()


@needs_processes
def test_a_reply_that_is_longer_than_any_is_not_read(tmp_path: Path) -> None:
    native = Native(_fake(tmp_path, f"out.write(struct.pack('>I', {messages.LONGEST + 1})); out.flush(); time.sleep(60)"))
    try:
        assert ask(native, Request({"kind": "x"}, (), 20)) == Broken(is_garbled=True)
    finally:
        native.close()


@needs_processes
def test_garbage_on_its_pipe_ends_it_and_costs_nothing(native: Native) -> None:
    ask(native, ABOUT)
    (process,) = native.processes
    assert process.stdin is not None
    process.stdin.write(struct.pack(">I", 5) + b"hello")
    process.stdin.flush()
    assert isinstance(ask(native, ABOUT), dict)


def test_an_interrupted_request_leaves_no_answer_for_the_next(native: Native) -> None:
    class StopError(BaseException):
        pass

    def interrupt(_: object) -> Any:
        raise StopError

    files = {"app/kustomization.yaml": '{"helmCharts": [{"name": "c"}]}', "app/charts/c/values.yaml": ""}
    with pytest.raises(StopError):
        ask(native, kustomization(files, charts=True), interrupt)
    answer = ask(native, ABOUT)
    assert isinstance(answer, dict)
    assert "about" in answer


def test_all_processes_end_with_the_run() -> None:
    found = program.find()
    assert found
    native = Native(found)
    ask(native, ABOUT)
    (process,) = native.processes
    native.close()
    assert process.returncode is not None


def test_an_engine_that_cannot_be_started_is_an_error_of_the_system(tmp_path: Path) -> None:
    native = Native(str(tmp_path / "absent"))
    with pytest.raises(OSError, match="absent"):
        ask(native, ABOUT)


def test_where_it_is_not_installed_the_failure_tells_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "find", lambda: None)
    made = tree(tmp_path, {**chart({"templates/s.yaml": SERVICE}), "app/kustomization.yaml": "resources: [s.yaml]", "app/s.yaml": SERVICE})
    with HelmEngine("native") as helm, KustomizeEngine(helm, choice="native") as kustomize:
        found = [helm.render(ChartRelease("deploy"), made), kustomize.render(KustomizeRoot("app"), made)]
    assert all(isinstance(one, RenderFailure) and one.kind == "renderer" and "k8slblint[render]" in one.reason for one in found), found


def _rendered(made: SourceTree, *folders: str) -> list[Outcome]:
    with HelmEngine("native", seconds=2) as helm, KustomizeEngine(helm, choice="native") as kustomize:
        return kustomize.render_all([(KustomizeRoot(folder), made) for folder in folders])


HARMFUL = {
    "memory": ('{{ repeat 3000000000 "x" | len }}', "more than 2000 MB of memory"),
    "endless": ("{{ range until 100000 }}{{ range until 100000 }}{{ end }}{{ end }}", "after 2 seconds"),
    "output": ('{{ repeat 60000000 "x" }}', "50 MB of output"),
    "recursion": ('{{ define "a" }}{{ template "a" . }}{{ end }}{{ template "a" . }}', "exceeded maximum template depth"),
}


@pytest.mark.skipif(sys.platform != "linux", reason="memory is bounded by Linux")
@pytest.mark.parametrize("name", HARMFUL)
def test_a_harmful_chart_of_a_kustomization_is_told_at_its_template_and_the_others_are_built(name: str, tmp_path: Path) -> None:
    template, reason = HARMFUL[name]
    charts = chart({"templates/a.yaml": f"a: {template}\n", "values.yaml": ""}, "app/charts/web")
    others = {
        f"{one}/{file}": text
        for one in ("b", "c")
        for file, text in {"kustomization.yaml": "resources: [s.yaml]\nnamePrefix: p-", "s.yaml": SERVICE}.items()
    }
    made = tree(tmp_path, {**charts, "app/kustomization.yaml": "helmCharts: [{name: web}]", **others})
    harmful, *rest = _rendered(made, "app", "b", "c")
    assert isinstance(harmful, RenderFailure)
    assert reason in harmful.reason
    assert harmful.file.startswith("app/charts/web/")
    assert all(isinstance(one, Rendered) for one in rest)


def test_a_kustomization_may_ask_for_so_many_charts_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("k8slblint.rendering.kustomize.native.MOST_CALLS", 2)
    charts = chart({"templates/a.yaml": SERVICE.replace("web", "{{ .Release.Name }}"), "values.yaml": ""}, "app/charts/web")
    entries = ", ".join(f"{{name: web, releaseName: r{number}}}" for number in range(3))
    made = tree(tmp_path, {**charts, "app/kustomization.yaml": f"helmCharts: [{entries}]"})
    (found,) = _rendered(made, "app")
    assert isinstance(found, RenderFailure)
    assert found.reason == "it inflates more than 2 charts"


@needs_processes
def test_what_the_engine_loses_is_said_in_the_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One chart takes the engine along each time; the other charts, kustomizations and files are reported."""
    monkeypatch.setattr(bounds, "SECONDS", 2.0)
    made = {
        **chart(
            {"templates/a.yaml": '{{ repeat 3000000000 "x" | len }}'}, "charts/hungry", "apiVersion: v2\nname: hungry\nversion: 1.0.0\n"
        ),
        **chart({"templates/a.yaml": SERVICE.replace("web", "in-chart").replace("30080", "30081")}, "charts/good"),
        "app/kustomization.yaml": "resources: [s.yaml]\nnamePrefix: p-\n",
        "app/s.yaml": SERVICE.replace("30080", "30082"),
        "s.yaml": SERVICE,
    }
    tree(tmp_path, made)
    result = CliRunner().invoke(cli, ["scan", str(tmp_path), "--format", "json", "--environment", "production", "--exit-zero"])
    report = json.loads(result.stdout)
    assert [one["rule"] for one in report["findings"]].count("node-port-in-production") == 3
    (failed,) = (one for one in report["completeness"]["units"] if one["failure"])
    assert failed["failure"] == "Helm took more than 2000 MB of memory"
    assert [one["location"]["path"] for one in report["findings"] if one["rule"] == "render-failed"] == [
        str(tmp_path / "charts/hungry/Chart.yaml")
    ]


def test_a_worker_says_whether_it_has_answered() -> None:
    found = program.find()
    assert found
    worker = Worker(found, Record())
    assert not worker.has_answered
    assert worker.works()
    worker.close()


class Counting(Native):
    """The engine, which counts what it is asked for by the kind of the request."""

    def __init__(self) -> None:
        super().__init__(program.find() or "")
        self.asked: list[str] = []

    def ask(self, request: Request, record: Record, asked: Any = None) -> workers.Answer:
        self.asked.append(request.header["kind"])
        return super().ask(request, record, asked)


WITH_CHARTS = {
    "app/kustomization.yaml": "resources: [base]\nhelmCharts: [{name: web, releaseName: a, valuesInline: {x: 1}}]\nnamePrefix: p-\n",
    "app/base/kustomization.yaml": "helmCharts: [{name: web, releaseName: b}]\n",
    **chart({"templates/a.yaml": SERVICE.replace("web", "{{ .Release.Name }}-{{ .Values.x }}"), "values.yaml": "x: 0\n"}, "app/charts/web"),
    **chart({"templates/a.yaml": SERVICE.replace("web", "{{ .Release.Name }}-base"), "values.yaml": "x: 0\n"}, "app/base/charts/web"),
}


def _kept(folder: Path, made: SourceTree) -> tuple[Outcome, list[str]]:
    """Return what comes of a build in a run that keeps its answers in a folder, and what the engine was asked for."""
    storage = Storage(str(folder))
    native, kept = Counting(), Kept(storage)
    with HelmEngine("native", kept=kept, native=native) as helm, KustomizeEngine(helm, kept, "native", native) as engine:
        outcome = engine.render(KustomizeRoot("app"), made)
    storage.close()
    return outcome, native.asked


def test_a_build_with_charts_is_kept_by_what_its_charts_print(tmp_path: Path) -> None:
    made, cache = tree(tmp_path / "repo", WITH_CHARTS), tmp_path / "cache"
    first, asked = _kept(cache, made)
    assert isinstance(first, Rendered)
    assert asked == ["kustomize", "helm", "helm"]
    assert _kept(cache, made) == (first, [])
    comment = made.overlaid({"app/charts/web/templates/_x.tpl": b"{{/* nothing that is printed */}}"})
    assert _kept(cache, comment) == (first, ["helm"])
    other = made.overlaid({"app/charts/web/templates/a.yaml": SERVICE.replace("web", "other").encode()})
    changed, asked = _kept(cache, other)
    assert "p-other" in repr(changed)
    assert asked == ["helm", "kustomize"]
    assert _kept(cache, other) == (changed, [])
    assert _kept(cache, made) == (first, []), "what was kept before is still there"


def test_a_chart_that_fails_is_not_taken_for_a_build_that_does(tmp_path: Path) -> None:
    made, cache = tree(tmp_path / "repo", WITH_CHARTS), tmp_path / "cache"
    broken = made.overlaid({"app/charts/web/templates/a.yaml": b'{{ fail "no" }}'})
    for _ in range(2):
        failed, _ = _kept(cache, broken)
        assert isinstance(failed, RenderFailure)
        assert (failed.reason, failed.file) == ("no", "app/charts/web/templates/a.yaml")
    assert isinstance(_kept(cache, made)[0], Rendered)
    assert _kept(cache, broken)[0] == failed


def test_a_build_whose_calls_are_not_those_that_were_noted_is_made_anew(tmp_path: Path) -> None:
    """Which charts a build asks for is noted in a folder that others may have written to."""
    made, cache = tree(tmp_path / "repo", WITH_CHARTS), tmp_path / "cache"
    first, _ = _kept(cache, made)
    fewer = Kept(Storage(str(tmp_path / "other")))
    native = Counting()
    with HelmEngine("native", kept=fewer, native=native) as helm:
        render: Any = lambda release, printing: helm.printed(release, made, printing)  # noqa: E731 - as the engine has it
        needs, _ = needs_of(KustomizeRoot("app"), made)
        key = key_of_build(native.identity(fewer.storage), needs.given(), "calls")
        fewer.answer(key, form_of(needs.given().files), lambda _: Built(Rendered(())))
        assert by_native(native, fewer, needs, render) == first
        native.asked.clear()
        assert by_native(native, fewer, needs, render) == first
        assert native.asked == ["kustomize"], "it is not kept by calls that are not its own"
    assert fewer.storage
    fewer.storage.close()


@pytest.mark.parametrize("at_a_time", [1, 2, 4])
def test_one_worker_or_several_make_the_same(at_a_time: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "AT_A_TIME", at_a_time)
    folders = [f"f{number}" for number in range(12)]
    files = {f"{folder}/kustomization.yaml": f"resources: [s.yaml]\nnamePrefix: {folder}-\n" for folder in folders}
    made = tree(tmp_path, {**files, **{f"{folder}/s.yaml": SERVICE for folder in folders}, "f3/s.yaml": "not: {an object"})
    with HelmEngine("native") as helm, KustomizeEngine(helm, choice="native") as engine:
        found = engine.render_all([(KustomizeRoot(folder), made) for folder in folders])
        assert helm.native is not None
        assert len(helm.native.processes) <= at_a_time
    assert [isinstance(one, Rendered) for one in found] == [folder != "f3" for folder in folders]
    assert all(f"name: {folder}-web" in repr(one) for folder, one in zip(folders, found, strict=True) if folder != "f3")


def test_kustomizations_are_built_while_others_are_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "AT_A_TIME", 2)
    folders = [f"f{number}" for number in range(12)]
    made = tree(tmp_path, {f"{one}/{name}": text for one in folders for name, text in (("kustomization.yaml", ""), ("s.yaml", SERVICE))})
    taken = threading.Event()
    built: list[str] = []

    def render(root: KustomizeRoot, _tree: SourceTree, _key: str) -> Rendered:
        if root.folder == folders[2]:
            assert taken.wait(20)  # which none of them would do if all were awaited
        built.append(root.folder)
        return Rendered(())

    with KustomizeEngine(None, choice="native") as engine:
        monkeypatch.setattr(engine, "_render", render)
        begun = engine.render_each([(KustomizeRoot(folder), made) for folder in folders])
        deadline = time.monotonic() + 20
        while "f1" not in built and time.monotonic() < deadline:
            time.sleep(0.001)  # they are begun before anyone asks
        assert {"f0", "f1"} <= set(built)
        assert next(begun) == Rendered(())
        taken.set()
        assert len(list(begun)) == len(folders) - 1
        taken.clear()
        built.clear()
        left = engine.render_each([(KustomizeRoot(folder), made) for folder in folders])
        next(left)
        taken.set()
        left.close()
        assert len(built) <= len(folders)


@pytest.mark.parametrize("at_a_time", [1, 2, 4])
def test_charts_that_are_rendered_ahead_come_out_in_order(at_a_time: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "AT_A_TIME", at_a_time)
    files: dict[str, str | bytes] = {}
    for number in range(12):
        text = "{{ fail }}" if number == 3 else f"kind: S{number}\nmetadata: {{name: a}}\n"
        files |= chart({"templates/s.yaml": text}, f"c{number}")
    made = tree(tmp_path, files)
    releases = [(ChartRelease(f"c{number}"), made) for number in (*range(12), 20, 0)]
    with HelmEngine("native") as helm, HelmEngine("native") as other:
        assert helm.native is not None
        found = list(helm.render_each(releases))
        assert len(helm.native.processes) <= at_a_time
        assert found == [other.render(*one) for one in releases]
        begun = helm.render_each(releases)
        assert next(begun) == found[0]
        begun.close()  # who has enough does not wait for the others
    kinds = ["" if isinstance(one, RenderFailure) else one.documents[0].text.split()[1] for one in found]
    assert kinds == [*(f"S{number}" for number in range(3)), "", *(f"S{number}" for number in range(4, 12)), "", "S0"]
