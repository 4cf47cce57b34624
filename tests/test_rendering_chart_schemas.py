"""A schema of values reaches neither files nor servers, and a packed chart is handed on only as it was understood."""

import contextlib
import http.server
import io
import json
import tarfile
import threading
from collections.abc import Iterator
from typing import ClassVar

import pytest

from k8slblint.budget import Budget, OverLimitError, Part
from k8slblint.rendering.helm.archives import CHART_LIMIT, BrokenArchiveError, read_archive
from k8slblint.rendering.helm.engine import HelmEngine
from k8slblint.rendering.helm.release import ChartRelease
from k8slblint.rendering.helm.schemas import canonical, offline_schema, repacked
from k8slblint.rendering.kustomize.engine import KustomizeEngine
from k8slblint.rendering.kustomize.root import KustomizeRoot
from k8slblint.rendering.tree import SourceTree
from k8slblint.rendering.units import Rendered
from tests.charts import helm
from tests.engines import CHOICES, require_engine

REMOTE = b'{"$ref": "https://example.com/a.json"}'


def part() -> Part:
    return Budget().part(None, CHART_LIMIT, "x.tgz", "bytes unpacked")


def tgz(files, **headers):
    """Return files as a `.tgz`; `headers` are fields of each `TarInfo`."""
    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode="w:gz") as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            for field, value in headers.items():
                setattr(entry, field, value)
            archive.addfile(entry, io.BytesIO(data))
    return output.getvalue()


def contents(packed):
    return dict(read_archive(packed, part()))


@pytest.mark.parametrize(
    "schema",
    [
        b'{"$ref": "http://127.0.0.1/a"}',
        b'{"$ref": "file:///etc/passwd"}',
        b'{"$ref": "other.json#/a"}',
        b'{"properties": {"a": {"allOf": [{"$dynamicRef": "b"}]}}}',
        b'{"$schema": "http://127.0.0.1/draft"}',
        b'{"$schema": "https://json-schema.org.example.com/draft-07/schema"}',
        b'{"$id": "http://127.0.0.1/", "items": {"$ref": "a"}}',
        b'{"\\u0024ref": "http://127.0.0.1/a"}',
        b'{"$ref": "#/a", "$ref": "http://127.0.0.1/a"}',
        b'{"a": NaN}',
        b'{"a": 1e999}',
        b'{"maximum": ' + b"1" * 5000 + b', "$ref": "http://127.0.0.1/a"}',
        b'{"title": "\xff", "$ref": "http://127.0.0.1/a"}',
        b'{"a": ' + b"[" * 3000 + b"]" * 3000 + b', "$ref": "http://127.0.0.1/a"}',
        '{"$ref": "http://127.0.0.1/a"}'.encode("utf-16"),
        b"{",
        b"[" * 100_000,
    ],
)
def test_what_refers_to_elsewhere_or_is_not_strict_json_allows_everything(schema):
    assert offline_schema(schema) == b"{}"


@pytest.mark.parametrize(
    "schema",
    [
        {"$schema": "http://json-schema.org/draft-07/schema#", "$ref": "#/definitions/a", "definitions": {"a": {}}},
        {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "http://example.com/a.json"},
        {"properties": {"$ref": {"type": "string"}}},
        True,
    ],
)
def test_what_stays_inside_is_written_anew(schema):
    assert json.loads(offline_schema(json.dumps(schema, indent=3).encode())) == schema


def test_a_packed_chart_keeps_its_files():
    packed = tgz({"web/Chart.yaml": b"name: web\nversion: 1.10\n", "web/templates/a.yaml": b"a: 1", "web/README.md": b"# Web"})
    assert contents(repacked(packed, part())) == {
        "Chart.yaml": b'{"name": "web", "version": 1.1}',
        "templates/a.yaml": b"a: 1",
        "README.md": b"# Web",
    }


def test_schemas_that_refer_to_elsewhere_are_emptied_at_every_depth():
    inner = tgz({"in/Chart.yaml": b"name: in", "in/values.schema.json": REMOTE})
    packed = tgz({"web/values.schema.json": REMOTE, "web/charts/db/values.schema.json": REMOTE, "web/charts/in-1.tgz": inner})
    found = contents(repacked(packed, part()))
    assert {name for name, data in found.items() if data == b"{}"} == {"values.schema.json", "charts/db/values.schema.json"}
    assert contents(found["charts/in-1.tgz"]) == {"Chart.yaml": b'{"name": "in"}', "values.schema.json": b"{}"}


@pytest.mark.parametrize(
    "packed",
    [b"", b"no archive", tgz({"web/Chart.yaml": b"x" * 5000})[:-20], tgz({"web/a": b"x" * 5000})[:80]],
    ids=["empty", "no archive", "end missing", "begun"],
)
def test_a_broken_archive_is_refused_or_empty(packed):
    with contextlib.suppress(BrokenArchiveError):
        assert contents(packed) == {}


@pytest.mark.parametrize("name", ["web/../a", "web/../../a", "web//etc/passwd", "Chart.yaml", "web\\..\\a", "web\\C:\\a"])
def test_names_that_lead_out_are_refused(name):
    with pytest.raises(BrokenArchiveError):
        contents(tgz({name: b"x"}))


@pytest.mark.parametrize("kind", [b"Z", b"1", b"2", b"3", b"5", b"6", b"S"])
def test_only_regular_files_are_read(kind):
    assert contents(tgz({"web/a": b"", "web/b": b""}, type=kind)) == {}


def test_archives_nested_too_deep_are_refused():
    packed = tgz({"a/Chart.yaml": b""})
    for _ in range(8):
        packed = tgz({"a/charts/a.tgz": packed})
    with pytest.raises(BrokenArchiveError):
        repacked(packed, part())


def test_all_archives_together_have_one_limit():
    inner = tgz({f"a/{number}": bytes(4_000_000) for number in range(20)})
    with pytest.raises(OverLimitError):
        repacked(tgz({f"a/charts/{number}.tgz": inner for number in range(5)}), part())


def test_what_describes_a_chart_is_json():
    assert canonical("charts/a/Chart.yaml", b"name: a # b\n", part()) == b'{"name": "a"}'
    assert canonical("files/a/Chart.yaml", b"name: a # b\n", part()) == b"name: a # b\n"


# ways by which one reader sees a schema, and another sees none


class _Listener(http.server.BaseHTTPRequestHandler):
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *arguments) -> None:
        pass


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Listener)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


SUBCHART = {
    "Chart.yaml": b"apiVersion: v2\nname: sub\nversion: 1.0.0\n",
    "templates/a.yaml": b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: sub}\n",
}


def _packed(target, way):
    """Return a packed chart `sub` whose schema, seen in one way, refers to `target`."""
    output = io.BytesIO()
    schema = _schema(target, way)
    with tarfile.open(fileobj=output, mode="w:gz", format=tarfile.PAX_FORMAT) as archive:
        for name, data in {**SUBCHART, "values.schema.json": schema}.items():
            entry = tarfile.TarInfo(f"sub/{name}")
            entry.size = len(data)
            if name == "values.schema.json":
                entry.name = {"backslash": "sub\\values.schema.json", "slash dot": "sub/values.schema.json/."}.get(way, entry.name)
                entry.type = b"Z" if way == "type Z" else entry.type
                if way == "global header":
                    archive.fileobj.write(_global_header())
            archive.addfile(entry, io.BytesIO(data))
    return output.getvalue()


def _global_header():
    with tarfile.open(fileobj=io.BytesIO(), mode="w", pax_headers={"path": "sub/other.json"}, format=tarfile.PAX_FORMAT) as archive:
        return bytes(archive.fileobj.getvalue())


def _schema(target, way):
    texts = {
        "big number": '{"maximum": ' + "1" * 5000 + ', "$ref": "TARGET"}',
        "not UTF-8": '{"title": "\udcff", "$ref": "TARGET"}',
        "deep": '{"title": ' + "[" * 3000 + "]" * 3000 + ', "$ref": "TARGET"}',
        "twice": '{"$ref": "TARGET", "$ref": "#"}',
    }
    return texts.get(way, '{"$ref": "TARGET"}').replace("TARGET", target).encode("utf-8", "surrogateescape")


PACKED_WAYS = ["plain", "type Z", "backslash", "slash dot", "global header", "big number", "not UTF-8", "deep", "twice"]
FOLDER_WAYS = ["plain", "big number", "not UTF-8", "deep", "twice", "backslash"]


@pytest.mark.parametrize("engine", ["native", "binary", "in-process"])
@pytest.mark.parametrize("target", ["server", "file"])
@pytest.mark.parametrize(("form", "way"), [*(("packed", way) for way in PACKED_WAYS), *(("folder", way) for way in FOLDER_WAYS)])
def test_no_schema_leads_out_and_the_chart_renders(tmp_path, address, engine, target, form, way):
    if engine == "binary":
        helm()
    if engine == "native":
        require_engine()
    (tmp_path / "secret").write_text("TOKEN", encoding="utf-8")
    reference = f"{address}/a" if target == "server" else f"file://{tmp_path}/secret"
    chart = tmp_path / "tree/web"
    (chart / "charts").mkdir(parents=True)
    (chart / "Chart.yaml").write_text("apiVersion: v2\nname: web\nversion: 1.0.0\n", encoding="utf-8")
    if form == "packed":
        (chart / "charts/sub-1.0.0.tgz").write_bytes(_packed(reference, way))
    else:
        (chart / "templates").mkdir()
        (chart / "templates/a.yaml").write_bytes(SUBCHART["templates/a.yaml"])
        name = "x\\values.schema.json" if way == "backslash" else "values.schema.json"
        (chart / name).write_bytes(_schema(reference, way))
    _Listener.asked.clear()
    with HelmEngine(engine) as renderer:
        outcome = renderer.render(ChartRelease("web"), SourceTree(str(tmp_path / "tree")))
    assert isinstance(outcome, Rendered), outcome
    assert "ConfigMap" in outcome.documents[0].text
    assert _Listener.asked == []


@pytest.mark.parametrize("way", PACKED_WAYS)
def test_no_schema_of_a_chart_of_a_kustomization_leads_out(tmp_path, address, way):
    chart = tmp_path / "app/charts/web"
    (chart / "charts").mkdir(parents=True)
    (chart / "Chart.yaml").write_text("apiVersion: v2\nname: web\nversion: 1.0.0\n", encoding="utf-8")
    (chart / "values.yaml").write_text("a: 1\n", encoding="utf-8")
    (chart / "charts/sub-1.0.0.tgz").write_bytes(_packed(f"{address}/a", way))
    (tmp_path / "app/kustomization.yaml").write_text("helmCharts:\n- {name: web, releaseName: web}\n", encoding="utf-8")
    _Listener.asked.clear()
    for choice in CHOICES:
        with HelmEngine(choice) as helm, KustomizeEngine(helm, choice=choice) as kustomize:
            outcome = kustomize.render(KustomizeRoot("app"), SourceTree(str(tmp_path)))
        assert isinstance(outcome, Rendered), outcome
        assert "ConfigMap" in outcome.documents[0].text
    assert _Listener.asked == []
