"""Makes charts: metadata, dependencies, schemas, templates with every function that may reach out, and archives with odd headers."""

import gzip
import io
import json
import tarfile
from collections.abc import Callable
from typing import Any

from tests.fuzzing.dice import OUTSIDE, PORT, Dice
from tests.fuzzing.plain import manifest
from tests.fuzzing.trees import SVC, Tree
from tests.fuzzing.writing import nested, written

_SUBCHARTS = ("charts/sub", "charts/x", "charts/sub.tgz", "../b", "other")


def metadata(dice: Dice, name: str = "web") -> dict[str, Any]:
    """Return the contents of a `Chart.yaml`."""
    fields: dict[str, Callable[[], Any]] = {
        "type": lambda: dice.pick(("application", "library", dice.text())),
        "kubeVersion": lambda: dice.pick((">=1.20", dice.text())),
        "description": dice.text,
        "dependencies": lambda: dice.some(lambda: dependency(dice), 4, 1) if dice.chance(dice.harm) else [],
        "deprecated": dice.scalar,
        "annotations": lambda: {dice.text(): dice.text()},
        "appVersion": dice.scalar,
        "condition": dice.text,
    }
    return {
        "apiVersion": dice.pick(("v2", "v2", "v1", dice.text())),
        "name": name if dice.chance(1 - 0.2 * dice.harm) else dice.path(_SUBCHARTS),
        "version": dice.pick(("1.0.0", "1.0.0", dice.text())),
        **dice.members(fields, 0, 4),
    }


def dependency(dice: Dice) -> Any:
    fields: dict[str, Callable[[], Any]] = {
        "repository": lambda: dice.pick(
            ("", "file://../b", f"file://{OUTSIDE}/chart", "file://../../../outside/chart", "file://..", dice.url())
        ),
        "alias": lambda: dice.pick(("s1", "s2", dice.text())),
        "condition": lambda: dice.pick(("sub.enabled", "a.b.c,d", dice.text())),
        "tags": lambda: dice.some(dice.name, 2, 1),
        "import-values": lambda: dice.pick((["data"], [{"child": "a", "parent": "b"}], [dice.value()])),
    }
    return {
        "name": dice.pick(("sub", "x", "b", dice.path(_SUBCHARTS))),
        "version": dice.pick(("1.0.0", "*", dice.text())),
        **dice.members(fields, 0, 4),
    }


def schema(dice: Dice) -> bytes:
    """Return a schema of values that tries to make a renderer read something."""
    url = dice.pick(
        (
            f"http://127.0.0.1:{PORT}/s.json",
            f"file://{OUTSIDE}/secret.txt",
            "file:///etc/passwd",
            f"http://127.0.0.1:{PORT}/s.json#/a",
            "#/definitions/a",
            "other.json",
            dice.url(),
        )
    )
    key = dice.pick(("$ref", "$schema", "$id", "$dynamicRef", "id", "$ref ", "$REF"))
    inner = {key: url}
    value = dice.pick(
        (
            inner,
            {"properties": {"a": inner}},
            {"allOf": [inner, {"type": "object"}]},
            {"definitions": {"a": inner}, "$ref": "#/definitions/a"},
            {"patternProperties": {"(a+)+$": inner}},
        )
    )
    kind = dice.number(0, 6)
    if kind == 0:
        return json.dumps({**value, "maximum": 1}).replace("1", "9" * 5000, 1).encode()
    if kind == 1:
        return json.dumps(value).encode() + b"\xff"
    if kind == 2:
        return (
            json.dumps({**value, "x": nested(1, 30)}).encode()
            if dice.chance(0.5)
            else b'{"a":' + b"[" * 3000 + b"]" * 3000 + b"," + json.dumps(value).encode()[1:]
        )
    if kind == 3:
        return (json.dumps(value)[:-1] + ',"$ref":"#/a"}').encode()
    return json.dumps(value, ensure_ascii=dice.chance(0.5)).encode("utf-8", "surrogatepass")


def template(dice: Dice) -> bytes:
    """Return a template that calls what may reach out, fail, or never end."""
    lines = [
        "apiVersion: v1",
        "kind: Service",
        "metadata:",
        f"  name: {dice.pick(('{{ .Release.Name }}', '{{ .Values.name | quote }}', 'web'))}",
        "  annotations:",
    ]
    lines += [
        f"    a{number}: {dice.pick((dice.word(), dice.word() + ' | quote', '{{ .Values.' + dice.name() + ' }}'))}"
        for number in range(dice.number(0, 3))
    ]
    lines += [
        "spec:",
        f"  type: {dice.pick(('NodePort', '{{ .Values.type }}', 'LoadBalancer'))}",
        "  ports: [{port: {{ .Values.port | default 80 }}}]",
    ]
    if dice.chance(0.15):
        lines = [
            dice.pick(
                (
                    "{{ range until 60000 }}",
                    "{{ range $i := until 5 }}",
                    '{{ if lookup "v1" "Pod" "" "" }}',
                    '{{ define "a" }}{{ include "a" . }}{{ end }}{{ include "a" . }}',
                    "{{ fail .Release.Name }}",
                )
            ),
            "---",
            *lines,
            "{{ end }}",
        ]
    if dice.chance(0.2):
        lines = [f"# k8slblint: ignore-file {dice.word()}", *lines]
    return "\n".join(lines).encode("utf-8", "surrogatepass")


def chart_files(dice: Dice, depth: int = 0) -> dict[str, bytes]:
    """Return the files of a chart by path."""
    files = {"Chart.yaml": written(dice, metadata(dice)), "values.yaml": written(dice, values(dice))}
    for number in range(dice.number(1, 3)):
        files[f"templates/{dice.pick(('svc', 'a b', 'ſ', 'x' * 200))}{number}.yaml"] = (
            template(dice) if dice.chance(0.8) else (SVC % "web").encode()
        )
    extras: dict[str, Callable[[], bytes]] = {
        "values.schema.json": lambda: schema(dice),
        "x\\values.schema.json": lambda: schema(dice),
        "templates/_helpers.tpl": lambda: b'{{ define "x" }}' + dice.word().encode("utf-8", "replace") + b"{{ end }}",
        "templates/NOTES.txt": lambda: template(dice),
        ".helmignore": lambda: "\n".join(
            dice.some(lambda: dice.pick(("*.txt", "/templates/", "!x", "**", "[a-", "(a+)+$", dice.word())), 3)
        ).encode("utf-8", "replace"),
        "crds/a.yaml": lambda: written(dice, manifest(dice)),
        "requirements.yaml": lambda: written(dice, {"dependencies": [dependency(dice)]}),
        "Chart.lock": lambda: written(dice, dice.value()),
        f"values-{dice.pick(('prod', 'dev', 'ſ', 'a b'))}.yaml": lambda: written(dice, values(dice)),
        f"ci/{dice.name()}-values.yaml".replace("\0", ""): lambda: written(dice, values(dice)),
        "charts/sub.tgz": lambda: archive(dice),
        "charts/x-1.0.0.tgz": lambda: archive(dice),
    }
    for path, make in extras.items():
        if dice.chance(0.25) and not path.startswith("ci/..") and "/../" not in path and not path.startswith("ci//"):
            files[path] = make()
    if depth < 2 and dice.chance(0.3):
        files.update(
            {f"{dice.pick(('charts/sub', 'charts/x', 'other'))}/{path}": data for path, data in chart_files(dice, depth + 1).items()}
        )
    return files


def values(dice: Dice) -> dict[str, Any]:
    fields: dict[str, Callable[[], Any]] = {
        "type": lambda: dice.pick(("NodePort", "LoadBalancer", dice.text())),
        "port": dice.scalar,
        "name": dice.text,
        "sub": lambda: {"enabled": dice.scalar(), dice.name(): dice.value()},
        "global": dice.value,
        "tags": lambda: {dice.name(): dice.scalar()},
        "service": lambda: {"annotations": {dice.text(): dice.scalar()}, "type": "LoadBalancer"},
        dice.text(): dice.value,
    }
    return dice.members(fields, 1, 5)


_TYPES = (
    tarfile.REGTYPE,
    tarfile.REGTYPE,
    tarfile.REGTYPE,
    tarfile.AREGTYPE,
    tarfile.SYMTYPE,
    tarfile.LNKTYPE,
    tarfile.CHRTYPE,
    tarfile.DIRTYPE,
    b"Z",
    b"7",
    tarfile.GNUTYPE_SPARSE,
)


def archive(dice: Dice) -> bytes:
    """Return a packed chart: names that climb, odd types, headers that rename, sizes that lie."""
    buffer = io.BytesIO()
    form = dice.pick((tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT))
    shared = {"path": "sub/values.schema.json"} if dice.chance(0.1) else {}
    with tarfile.open(fileobj=buffer, mode="w", format=form, pax_headers=shared if form == tarfile.PAX_FORMAT else None) as tar:
        for name, data in {
            "sub/Chart.yaml": b"apiVersion: v2\nname: sub\nversion: 1.0.0\n",
            "sub/values.schema.json": schema(dice),
            "sub/templates/s.yaml": template(dice),
        }.items():
            entry = tarfile.TarInfo(_entry_name(dice, name))
            entry.type = dice.pick(_TYPES) if dice.chance(0.25) else tarfile.REGTYPE
            entry.linkname = dice.pick(("../../../../etc/passwd", f"{OUTSIDE}/secret.txt", "sub/Chart.yaml"))
            entry.size = len(data)
            if dice.chance(0.1) and form == tarfile.PAX_FORMAT:
                entry.pax_headers = dice.pick(
                    (
                        {"path": "sub/values.schema.json"},
                        {"size": "99999999999"},
                        {"GNU.sparse.size": "1" + "0" * 12, "GNU.sparse.major": "1"},
                        {"size": "-1"},
                        {"path": "../../x"},
                        {"hdrcharset": "BINARY"},
                    )
                )
            try:
                tar.addfile(entry, io.BytesIO(data))
            except (ValueError, UnicodeError, OSError):
                continue
    return _packed(dice, buffer.getvalue())


def _entry_name(dice: Dice, name: str) -> str:
    if dice.chance(0.75):
        return name
    return str(
        dice.pick(
            (
                name.replace("/", "\\"),
                f"{name}/.",
                f"./{name}",
                f"../{name}",
                f"/{name}",
                f"sub/../{name}",
                name.upper(),
                "a" * 300 + name,
                name.replace("sub", "sub/charts/y"),
                f"{name}\n",
                "pax_global_header",
                "",
            )
        )
    )


def _packed(dice: Dice, data: bytes) -> bytes:
    kind = dice.number(0, 11)
    if kind == 0:
        header = bytearray(data[:512])
        header[156:157] = dice.pick((b"L", b"K", b"x", b"g", b"S", b"V"))
        header[124:136] = dice.pick((b"77777777777\0", b"\x80" + b"\xff" * 11, b"\xff" * 12, b"00000000001\0"))
        header[148:156] = b" " * 8
        header[148:156] = b"%06o\0 " % sum(header)
        data = bytes(header) + data
    elif kind == 1:
        data += data
    elif kind == 2:
        data = data[: dice.number(0, len(data))]
    elif kind == 3 and dice.chance(0.1):
        data = data[:1024] + bytes(dice.pick((1, 10, 30)) * 1_000_000) + data[1024:]
    packed = gzip.compress(data, 1, mtime=0)
    if kind == 4:
        packed += packed
    elif kind == 5:
        packed = packed[:-9]
    elif kind == 6:
        packed = packed[:30] + bytes([dice.number(0, 255)]) + packed[31:]
    elif kind == 7:
        packed = gzip.compress(packed, 1, mtime=0)
    return packed


def tree(dice: Dice) -> Tree:
    """Return a chart or two, and files of values beside them."""
    files = {f"h/web/{path}": data for path, data in chart_files(dice).items()}
    if dice.chance(0.4):
        files.update({f"h/b/{path}": data for path, data in chart_files(dice).items()})
    links = {
        "h/web/link": f"{OUTSIDE}/secret.txt",
        "h/web/charts/out": f"{OUTSIDE}/chart",
        "h/web/templates/link": "../../../.git/config",
        "h/web/c/cfg": "../../../.git/config",
        "h/web/values-link.yaml": f"{OUTSIDE}/values.yaml",
        "h/web/charts/self": "..",
        "h/web/l0/a": "../l1",
        "h/web/l0/b": "../l1",
        "h/web/l1/a": "../l0",
    }
    return Tree("chart", files, {path: target for path, target in links.items() if dice.chance(0.2 * dice.harm)})
