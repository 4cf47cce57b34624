"""Both engines render the same objects, and a hostile chart ends in a failure within bounds."""

import os
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from tarfile import TarFile
from threading import Thread
from typing import Any, ClassVar

import pytest

from k8slblint.rendering import bounds
from k8slblint.rendering.helm import engine as helm
from k8slblint.rendering.helm.charts import Chart, read_chart
from k8slblint.rendering.helm.engine import HelmEngine
from k8slblint.rendering.helm.layers import ValueLayer
from k8slblint.rendering.helm.packer import archive
from k8slblint.rendering.helm.release import ChartRelease
from k8slblint.rendering.native import program
from k8slblint.rendering.tree import SourceTree
from k8slblint.rendering.units import Outcome, RenderFailure
from tests import charts
from tests.corpus import CORPUS
from tests.engines import require_engine

SERVICE = "apiVersion: v1\nkind: Service\nmetadata:\n  name: {{ .Release.Name }}-web\nspec:\n  type: {{ .Values.type }}\n"
CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\ndata:\n  a: "


@pytest.fixture(scope="module")
def in_process() -> Iterator[HelmEngine]:
    pytest.importorskip("helm_python")
    with HelmEngine("in-process", seconds=10) as engine:
        yield engine


@pytest.fixture
def binary(monkeypatch: pytest.MonkeyPatch) -> HelmEngine:
    folder = os.path.dirname(charts.helm())
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return HelmEngine("binary", seconds=10)


@pytest.fixture(scope="module")
def native() -> Iterator[HelmEngine]:
    require_engine()
    with HelmEngine("native", seconds=10) as engine:
        yield engine


Engines = tuple[HelmEngine, ...]


@pytest.fixture
def engines(in_process: HelmEngine, binary: HelmEngine, native: HelmEngine) -> Engines:
    return in_process, binary, native


def _config(expression: str, **files: Any) -> dict[str, str | bytes]:
    return charts.chart({"templates/config.yaml": CONFIG + expression + "\n", **files})


SUBCHARTS = charts.chart(
    {
        "values.yaml": "front: {port: 1}\nback: {port: 2, enabled: true}\nextra: {enabled: false}\n",
        "templates/_helpers.tpl": '{{ define "web.name" }}{{ .Release.Name }}-{{ .Chart.Name }}{{ end }}',
        "charts/sub/Chart.yaml": "apiVersion: v2\nname: sub\nversion: 0.1.0\n",
        "charts/sub/templates/service.yaml": 'apiVersion: v1\nkind: Service\nmetadata:\n  name: {{ include "web.name" . }}\n'
        "spec:\n  ports: [{port: {{ .Values.port }}}]\n",
        "charts/lib/Chart.yaml": "apiVersion: v2\nname: lib\nversion: 0.1.0\ntype: library\n",
        "charts/lib/templates/_x.tpl": '{{ define "lib.x" }}x{{ end }}',
    },
    metadata=charts.CHART
    + """dependencies:
- {name: sub, version: 0.1.0, alias: front}
- {name: sub, version: 0.1.0, alias: back, condition: back.enabled}
- {name: sub, version: 0.1.0, alias: extra, condition: extra.enabled}
- {name: lib, version: 0.1.0}
- {name: remote, version: 1.0.0, repository: 'https://example.com', condition: extra.enabled}
""",
)

EQUAL: dict[str, dict[str, str | bytes]] = {
    "service": charts.chart({"templates/service.yaml": SERVICE, "values.yaml": "type: ClusterIP\n"}),
    "subcharts": SUBCHARTS,
    "local dependency": {
        **charts.chart(
            {}, metadata=charts.CHART + "dependencies:\n- {name: sub, version: '>0', repository: 'file://../lib/sub', alias: s}\n"
        ),
        **charts.chart({"templates/service.yaml": SERVICE, "values.yaml": "type: NodePort"}, "lib/sub", charts.CHART.replace("web", "sub")),
    },
    "crds": charts.chart({"crds/crd.yaml": "kind: CustomResourceDefinition\nmetadata: {name: a.b}\n", "templates/service.yaml": SERVICE}),
    "notes and hooks": charts.chart(
        {
            "templates/NOTES.txt": "not: an object",
            "templates/empty.yaml": "{{ if false }}x{{ end }}\n# nothing\n",
            "templates/tests/pod.yaml": "kind: Pod\nmetadata:\n  name: t\n  annotations:\n    'helm.sh/hook': test\n",
            "templates/jobs.yaml": "kind: Job\nmetadata: {name: a, annotations: {helm.sh/hook: 'pre-install, pre-upgrade'}}\n---\n"
            "kind: Job\nmetadata: {name: b, annotations: {helm.sh/hook: test-success}}\n",
        }
    ),
    "separators": charts.chart({"templates/a.yaml": CONFIG + "1\n---" + CONFIG.replace("x", "y") + "2\n---\n\n# nothing\n"}),
    "hooks of Helm 2": charts.chart(
        {
            "templates/a.yaml": CONFIG + "1\n",
            "templates/b.yaml": "kind: X\nmetadata: {name: b, annotations: {helm.sh/hook: crd-install}}\n",
            "templates/c.yaml": "kind: X\nmetadata: {name: c, annotations: {helm.sh/hook: TEST}}\n",
        }
    ),
    "requirements.yaml": charts.chart(
        {
            "requirements.yaml": "dependencies:\n- {name: db, version: 1.0.0, repository: 'https://example.com', condition: db.enabled}\n",
            "values.yaml": "db: {enabled: false}\n",
            "templates/a.yaml": CONFIG + "1\n",
        },
        metadata="apiVersion: v1\nname: web\nversion: 1.0.0\n",
    ),
    "tpl": _config("{{ tpl .Values.text . | quote }}", **{"values.yaml": "text: '{{ .Release.Namespace }}'\n"}),
    "files": _config('{{ .Files.Get "../../secret" | quote }}', **{"../secret": "s3cret"}),
    "lookup": _config('{{ lookup "v1" "Secret" "default" "x" | toJson | quote }}'),
    "names of hosts": _config('{{ getHostByName "example.com" | quote }}'),
    "numbers": _config(
        '"{{ .Values.a }} {{ .Values.b }} {{ .Values.c }} {{ .Values.d }}"',
        **{"values.yaml": "a: 100000000\nb: 1.5\nc: 12345678901234567890\nd: 1.0"},
    ),
    "windows": charts.chart({"templates/service.yaml": SERVICE.replace("\n", "\r\n"), "values.yaml": "type: NodePort\r\n"}),
    "kubernetes version": charts.chart(
        {"templates/a.yaml": CONFIG + "{{ .Capabilities.KubeVersion.Version }}\n"}, metadata=charts.CHART + "kubeVersion: '<1.20'\n"
    ),
    "apis": _config(
        '"{{ .Capabilities.APIVersions.Has "gateway.networking.k8s.io/v1" }} '
        '{{ .Capabilities.APIVersions.Has "networking.k8s.io/v1/Ingress" }}"'
    ),
    "helmignore": charts.chart(
        {".helmignore": "*.bak\n", "templates/a.yaml": CONFIG + "1\n", "templates/b.bak": "{{ broken", "templates/.c.yaml": "{{"}
    ),
}


@pytest.mark.parametrize("name", EQUAL)
def test_all_engines_give_the_same_objects(name: str, tmp_path: Path, engines: Engines) -> None:
    tree = charts.tree(tmp_path, EQUAL[name])
    release = ChartRelease("deploy", (ValueLayer("", given={"set": 1234567, "fraction": 0.5}),), "r", "ns")
    ours, *others = (charts.objects(engine.render(release, tree)) for engine in engines)
    assert ours
    assert others == [ours, ours]


def test_a_chart_made_by_helm_create_is_the_same_in_all(tmp_path: Path, engines: Engines) -> None:
    sdk = pytest.importorskip("helm_python")
    sdk.Chart.create("made", str(tmp_path)).close()
    tree = SourceTree(str(tmp_path))
    layers = (ValueLayer("", given={"ingress": {"enabled": True}, "httpRoute": {"enabled": True}, "autoscaling": {"enabled": True}}),)
    ours, *others = (charts.objects(engine.render(ChartRelease("made", layers), tree)) for engine in engines)
    assert {kind for _, kind, _ in ours} >= {"Service", "Deployment", "Ingress", "HorizontalPodAutoscaler"}
    assert "Pod" not in {kind for _, kind, _ in ours}, "the Pod of `helm test`"
    assert others == [ours, ours]


@pytest.mark.skipif(CORPUS is None, reason="there is no corpus: neither K8SLBLINT_CORPUS nor ../shared/corpus")
def test_all_engines_give_the_same_for_the_charts_of_real_repositories(engines: Engines) -> None:
    assert CORPUS is not None
    differing, rendered = [], 0
    for file in sorted(CORPUS.glob("*__*/**/Chart.yaml")):
        top = CORPUS / file.relative_to(CORPUS).parts[0]
        release, tree = ChartRelease(str(file.parent.relative_to(top))), SourceTree(str(top))
        one, *others = (engine.render(release, tree) for engine in engines)
        if any(isinstance(outcome, RenderFailure) for outcome in (one, *others)):
            assert others == [one, one]
            continue
        rendered += 1
        ours = charts.objects(one)
        for theirs in map(charts.objects, others):
            differing += [key for key in ours.keys() | theirs.keys() if ours.get(key) != theirs.get(key)]
    assert rendered >= 20
    made_anew = {"orders-db", "aws-load-balancer-tls", "aws-load-balancer-webhook"}
    assert {name for _, _, name in differing} <= made_anew, "a password or certificate is another one each time"


def test_a_document_has_the_file_of_its_template(tmp_path: Path, in_process: HelmEngine) -> None:
    found = charts.objects(in_process.render(ChartRelease("deploy", release="r"), charts.tree(tmp_path, SUBCHARTS)))
    assert {(file, name) for file, _, name in found} == {
        ("deploy/charts/sub/templates/service.yaml", "r-front"),
        ("deploy/charts/sub/templates/service.yaml", "r-back"),
    }


def test_a_local_dependency_has_the_file_where_it_lies(tmp_path: Path, in_process: HelmEngine) -> None:
    found = charts.objects(in_process.render(ChartRelease("deploy"), charts.tree(tmp_path, EQUAL["local dependency"])))
    assert [file for file, _, _ in found] == ["lib/sub/templates/service.yaml"]


def test_a_revision_is_rendered_without_a_checkout(tmp_path: Path, in_process: HelmEngine) -> None:
    tree = charts.tree(tmp_path, EQUAL["service"]).overlaid({"deploy/values.yaml": b"type: LoadBalancer\n"})
    (service,) = charts.objects(in_process.render(ChartRelease("deploy"), tree)).values()
    assert service["spec"] == {"type": "LoadBalancer"}


HOSTILE: dict[str, tuple[dict[str, str | bytes], str]] = {
    "include recursion": (_config('{{ define "a" }}{{ include "a" . }}{{ end }}{{ include "a" . }}'), "template"),
    "template recursion": (_config('{{ define "a" }}{{ template "a" . }}{{ end }}{{ template "a" . }}'), "template"),
    "repeat": (_config('{{ repeat 1000000000 "x" }}'), "bounds"),
    "nested repeat": (_config('{{ repeat 100000 "x" | repeat 100000 }}'), "bounds"),
    "range": (_config("{{ range until 100000 }}{{ range until 100000 }}{{ end }}{{ end }}"), "bounds"),
    "output": (_config('{{ repeat 60000000 "x" }}'), "bounds"),
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("choice", ["native", "in-process", "binary"])
def test_a_hostile_chart_ends_within_bounds(name: str, choice: Any, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    request.getfixturevalue(choice.replace("-", "_"))
    files, kind = HOSTILE[name]
    tree = charts.tree(tmp_path, {**files, **charts.chart({"templates/service.yaml": SERVICE}, "good")})
    with HelmEngine(choice, seconds=2.5) as engine:
        failure = engine.render(ChartRelease("deploy"), tree)
        assert isinstance(failure, RenderFailure)
        assert failure.kind == kind
        assert len(failure.reason) <= 300
        assert charts.objects(engine.render(ChartRelease("good"), tree)), "the next chart is rendered"


@pytest.mark.parametrize("choice", ["native", "in-process", "binary"])
def test_a_chart_that_needs_more_memory_than_helm_has_is_told_apart(choice: Any, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    request.getfixturevalue(choice.replace("-", "_"))
    claim = charts.chart({"templates/x.yaml": b'{{ fail "fatal error: out of memory" }}'}, "claim")
    tree = charts.tree(tmp_path, {**_config('{{ repeat 3000000000 "x" | len }}'), **claim})
    with HelmEngine(choice, seconds=10) as engine:
        failure = engine.render(ChartRelease("deploy"), tree)
        assert isinstance(failure, RenderFailure)
        assert (failure.kind, failure.is_out_of_memory) == ("bounds", True)
        assert failure.reason == "Helm took more than 2000 MB of memory"
        said = engine.render(ChartRelease("claim"), tree)
        assert isinstance(said, RenderFailure)
        assert not said.is_out_of_memory


FAILING: dict[str, tuple[dict[str, str | bytes], RenderFailure]] = {
    "required": (
        charts.chart({"templates/a.yaml": '\na: {{ required "give a name" .Values.x }}'}),
        RenderFailure("template", "give a name", "deploy/templates/a.yaml", 2, lacks_values=True),
    ),
    "parse": (
        charts.chart({"templates/a.yaml": "\n{{ if }}"}),
        RenderFailure("template", "parse error at (web/templates/a.yaml:2): missing value for if", "deploy/templates/a.yaml", 2),
    ),
    "not UTF-8": (
        charts.chart({"templates/a.yaml": b'a: 1\nb: "\xe9"\n'}),
        RenderFailure("template", "the template is not UTF-8: byte 0xE9", "deploy/templates/a.yaml", 2),
    ),
    "schema": (
        charts.chart({"values.schema.json": '{"type": "object", "required": ["x"]}', "templates/a.yaml": ""}),
        RenderFailure(
            "template",
            "values don't meet the specifications of the schema(s) in the following chart(s): web: - at '': missing property 'x'",
            "deploy/Chart.yaml",
            lacks_values=True,
        ),
    ),
    "version": (
        charts.chart({}, metadata="apiVersion: v2\nname: web\nversion: x\n"),
        RenderFailure("template", 'validation: chart.metadata.version "x" is invalid', "deploy/Chart.yaml"),
    ),
    "missing dependency": (
        charts.chart({}, metadata=charts.CHART + "dependencies:\n- {name: db, version: 1.0.0, repository: 'oci://example.com/x'}\n"),
        RenderFailure(
            "missing",
            "its dependency `db` of oci://example.com/x is not in the folder `charts/`, where `helm dependency build` would put it",
            "deploy/Chart.yaml",
            is_unvendored=True,
        ),
    ),
    "library": (
        charts.chart({}, metadata=charts.CHART + "type: library\n"),
        RenderFailure("template", "a library chart cannot be deployed by itself", "deploy/Chart.yaml"),
    ),
}


@pytest.mark.parametrize("name", FAILING)
@pytest.mark.parametrize("engine", ["native", "in_process", "binary"])
def test_what_helm_refuses_is_one_sentence_with_its_place(name: str, engine: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    files, expected = FAILING[name]
    found: Outcome = request.getfixturevalue(engine).render(ChartRelease("deploy"), charts.tree(tmp_path, files))
    assert found == expected


def test_default_values_that_cannot_be_read_are_the_place_to_look_at(tmp_path: Path, engines: Engines) -> None:
    tree = charts.tree(tmp_path, charts.chart({"values.yaml": "a: [\n"}))
    for engine in engines:
        failure = engine.render(ChartRelease("deploy"), tree)
        assert isinstance(failure, RenderFailure)
        assert failure.file == "deploy/values.yaml"


def test_a_packed_chart_is_rendered_and_is_the_file_of_its_objects(tmp_path: Path, engines: Engines) -> None:
    tree = charts.tree(tmp_path, EQUAL["service"])
    chart = read_chart(tree, "deploy")
    assert isinstance(chart, Chart)
    packed = archive(tree, chart)
    assert isinstance(packed, bytes)
    outer = charts.chart({}, "outer", charts.CHART.replace("web", "outer"))
    tree = charts.tree(tmp_path, {"web.tgz": packed, **outer, "outer/charts/web-1.0.0.tgz": packed})
    for engine in engines:
        assert [file for file, _, _ in charts.objects(engine.render(ChartRelease("web.tgz"), tree))] == ["web.tgz"]
        assert [file for file, _, _ in charts.objects(engine.render(ChartRelease("outer"), tree))] == ["outer/charts/web-1.0.0.tgz"]


@pytest.mark.parametrize("text", ["a: [\n", "- a\n- b\n", "hello there", "a: 1\n---\n12\n"])
def test_what_is_no_object_is_refused_by_all_engines(text: str, tmp_path: Path, engines: Engines) -> None:
    tree = charts.tree(tmp_path, charts.chart({"templates/a.yaml": text}))
    for engine in engines:
        failure = engine.render(ChartRelease("deploy"), tree)
        assert isinstance(failure, RenderFailure)
        assert failure.file == "deploy/templates/a.yaml"


@pytest.mark.parametrize("name", ["--post-renderer=x", "-h", "Web", "a" * 54, "", "{{name}}"])
@pytest.mark.parametrize("engine", ["native", "in_process", "binary"])
def test_a_release_has_a_name_that_helm_takes(name: str, engine: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    tree = charts.tree(tmp_path, EQUAL["service"])
    failure = request.getfixturevalue(engine).render(ChartRelease("deploy", release=name), tree)
    assert failure == RenderFailure(
        "template", f"`{name[:53]}` is not a valid release name", "deploy/Chart.yaml", is_generated="{{" in name
    )


@pytest.mark.parametrize("stated", ["1.31", "v1.31", "1.31.0", "v1.31.0-eks-1552ad0", "1.31.0+k3s1", "1.31+"])
def test_a_kubernetes_version_is_the_same_however_it_is_written(stated: str, tmp_path: Path, engines: Engines) -> None:
    tree = charts.tree(tmp_path, _config("{{ .Capabilities.KubeVersion.Version }}"))
    for engine in engines:
        (config,) = charts.objects(engine.render(ChartRelease("deploy", kube_version=stated), tree)).values()
        assert config["data"] == {"a": "v1.31.0"}


class _Asked(BaseHTTPRequestHandler):
    """Notes what it is asked for."""

    paths: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.paths.append(self.path)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[str]:
    """A server of this machine, which no proxy stands before."""
    _Asked.paths.clear()
    with HTTPServer(("127.0.0.1", 0), _Asked) as listening:
        thread = Thread(target=listening.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.server_port}"
        listening.shutdown()
        thread.join()


@pytest.mark.parametrize("schema", ['{"$ref": "SERVER/a"}', '{"$schema": "SERVER/a"}', '{"$id": "SERVER/", "items": {"$ref": "a"}}'])
@pytest.mark.parametrize("engine", ["native", "in_process", "binary"])
def test_a_schema_asks_no_server(schema: str, engine: str, server: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    remote: dict[str, str | bytes] = {"values.schema.json": schema.replace("SERVER", server), "templates/a.yaml": CONFIG + "1\n"}
    inner = charts.tree(tmp_path / "inner", {"Chart.yaml": charts.CHART, **remote})
    with TarFile.open(tmp_path / "inner.tgz", "w:gz") as packed:
        packed.add(inner.top, "web")
    data = (tmp_path / "inner.tgz").read_bytes()
    outer = charts.chart({**remote, "charts/web.tgz": data, **charts.chart(remote, "charts/sub", charts.CHART.replace("web", "sub"))})
    rendered = request.getfixturevalue(engine).render(ChartRelease("deploy"), charts.tree(tmp_path, outer))
    assert len(charts.objects(rendered)) == 3
    assert _Asked.paths == []


def test_values_nested_very_deep_are_a_failure(tmp_path: Path, in_process: HelmEngine) -> None:
    deep = "{a: " * 990 + "1" + "}" * 990
    files = {**EQUAL["service"], "a.yaml": deep, "b.yaml": deep}
    found = in_process.render(ChartRelease("deploy", (ValueLayer("a.yaml"), ValueLayer("b.yaml"))), charts.tree(tmp_path, files))
    assert isinstance(found, RenderFailure)
    assert found.kind == "bounds"


def test_a_broken_sdk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    charts.tree(tmp_path, {"sdk/helm_python.py": "raise RuntimeError('no library')", **EQUAL["service"]})
    monkeypatch.setattr(helm, "sdk_folder", lambda: str(tmp_path / "sdk"))
    with HelmEngine("in-process") as engine:
        failure = engine.render(ChartRelease("deploy"), SourceTree(str(tmp_path)))
    assert failure == RenderFailure("renderer", "the Helm SDK cannot be loaded: no library", "deploy/Chart.yaml")


def test_without_any_helm_the_failure_says_how_to_get_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(helm, "sdk_folder", lambda: None)
    monkeypatch.setattr(program, "find", lambda: None)
    with HelmEngine() as engine:
        failure = engine.render(ChartRelease("deploy"), charts.tree(tmp_path, EQUAL["service"]))
    assert failure == RenderFailure("renderer", helm.NO_RENDERER, "deploy/Chart.yaml", 1)


def test_nothing_is_started_before_the_first_rendering(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "start", lambda *_, **__: pytest.fail("started"))
    with HelmEngine("in-process"):
        pass
