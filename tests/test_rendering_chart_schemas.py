"""A schema of values reaches neither files nor servers."""

import io
import json
import tarfile

import pytest

from k8slblint.rendering.chart_schemas import RemoteSchemaError, is_offline, without_remote_schemas

REMOTE = b'{"$ref": "https://example.com/a.json"}'


def _tgz(files):
    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode="w:gz") as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return output.getvalue()


def _names(packed):
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        return archive.getnames()


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "http://127.0.0.1/a"},
        {"$ref": "file:///etc/passwd"},
        {"$ref": "other.json#/a"},
        {"properties": {"a": {"allOf": [{"$dynamicRef": "b"}]}}},
        {"$schema": "http://127.0.0.1/draft"},
        {"$schema": "https://json-schema.org.example.com/draft-07/schema"},
        {"$id": "http://127.0.0.1/", "items": {"$ref": "a"}},
    ],
)
def test_what_refers_to_elsewhere_is_not_offline(schema):
    assert not is_offline(json.dumps(schema).encode())


def test_an_escaped_reference_is_seen():
    assert not is_offline(b'{"\\u0024ref": "http://127.0.0.1/a"}')


@pytest.mark.parametrize(
    "schema",
    [
        b'{"$schema": "http://json-schema.org/draft-07/schema#", "$ref": "#/definitions/a", "definitions": {"a": {}}}',
        b'{"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "http://example.com/a.json"}',
        b'{"properties": {"$ref": {"type": "string"}}}',
        b"true",
        b"{",
        b"\xff",
        b"[" * 100_000,
    ],
)
def test_what_stays_inside_is_offline(schema):
    assert is_offline(schema)


def test_a_packed_chart_with_no_such_schema_keeps_its_bytes():
    packed = _tgz({"web/Chart.yaml": b"name: web", "web/values.schema.json": b"{}"})
    assert without_remote_schemas(packed) is packed


def test_schemas_that_refer_to_elsewhere_are_taken_out_at_every_depth():
    inner = _tgz({"in/Chart.yaml": b"name: in", "in/values.schema.json": REMOTE})
    packed = _tgz(
        {
            "web/Chart.yaml": b"name: web",
            "web/values.schema.json": REMOTE,
            "web/charts/db/values.schema.json": REMOTE,
            "web/charts/in-1.tgz": inner,
        }
    )
    cleaned = without_remote_schemas(packed)
    assert _names(cleaned) == ["web/Chart.yaml", "web/charts/in-1.tgz"]
    with tarfile.open(fileobj=io.BytesIO(cleaned)) as archive:
        assert _names(archive.extractfile("web/charts/in-1.tgz").read()) == ["in/Chart.yaml"]


@pytest.mark.parametrize("packed", [b"", b"no archive", _tgz({"web/Chart.yaml": b"x" * 5000})[:-20]])
def test_a_broken_archive_is_refused(packed):
    with pytest.raises(RemoteSchemaError):
        without_remote_schemas(packed)


def test_archives_nested_too_deep_are_refused():
    packed = _tgz({"a/Chart.yaml": b""})
    for _ in range(8):
        packed = _tgz({"a/charts/a.tgz": packed})
    with pytest.raises(RemoteSchemaError):
        without_remote_schemas(packed)
