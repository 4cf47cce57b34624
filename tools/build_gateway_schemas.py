"""Write schemas/gateway-api/*.json and schemas/crds/gateway-api.json: what the definitions of Gateway API say, by release.

python tools/build_gateway_schemas.py CHECKOUT [REVISION]

CHECKOUT is one of kubernetes-sigs/gateway-api with its tags.

Taken are the newest release and all others of its minor release and of the two before it, each in its standard and its experimental
channel, and REVISION (HEAD unless said), what is not released yet. The files hold no prose. After a new release: run it, then the
tests of tests/test_gateway_schemas.py, which say which patterns and rules are new and need code.
"""

import hashlib
import json
import re
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

FOLDER = Path(__file__).parent.parent / "schemas" / "gateway-api"
CHANNELS = ("standard", "experimental")
UNRELEASED = "main"

_FIRST = (0, 5)
"""The first release whose definitions are in two channels."""

_MINORS = 3
_TAG = re.compile(r"v([0-9]+)\.([0-9]+)\.([0-9]+)")
_FILE = re.compile(r"config/crd/(standard|experimental)/gateway\.networking\.(?:x-)?k8s\.io_(?!vap)[a-z]+\.yaml")
_PROSE = frozenset({"description", "title", "example", "externalDocs", "x-kubernetes-map-type"})
_NUMBER_FORMATS = frozenset({"int32", "int64"})
_WORTH_SHARING = 50
"""Characters from which a part that occurs twice is written once."""


def main(arguments: list[str]) -> None:
    """Write the files."""
    checkout = Path(arguments[0])
    releases = sorted(filter(None, map(_release, _git(checkout, "tag").split())))
    newest = releases[-1]
    shipped = [one for one in releases if one >= (newest[0], newest[1] - _MINORS + 1, 0)]
    revisions = {_tag(one): _tag(one) for one in releases} | {UNRELEASED: (arguments[1:] or ["HEAD"])[0]}
    bundles: dict[str, dict[str, dict[str, str]]] = {}
    served: dict[str, list[str]] = {}
    rules: set[str] = set()
    kinds: dict[str, dict[str, Any]] = defaultdict(dict)
    for name, revision in revisions.items():
        is_shipped = name == UNRELEASED or _release(name) in shipped
        for channel, definition in _definitions(checkout, revision):
            for type_name, schema in _versions(definition):
                rules.update(_rules(schema))
                if name != UNRELEASED:
                    served[type_name] = [*served.get(type_name, [name])[:1], name]
                if is_shipped:
                    kind = type_name.rpartition("/")[2]
                    key = _hash(schema)
                    kinds[kind][key] = schema
                    bundles.setdefault(name, {one: {} for one in CHANNELS})[channel][type_name] = key
    _write("index", {"bundles": bundles, "served": served})
    _write("rules", sorted(rules))
    for kind, schemas in kinds.items():
        _write(kind, _shared(schemas))
    _write_metadata(sorted(served))


def _write_metadata(type_names: list[str]) -> None:
    """Write what `invalid-resource` checks of these kinds: their metadata, which is that of any object."""
    folder = FOLDER.parent / "crds"
    metadata = json.loads((folder / "metallb.json").read_text(encoding="utf-8"))["definitions"]["ObjectMeta"]
    root = {"type": "object", "properties": {"metadata": {"$ref": "#/$defs/ObjectMeta"}}, "additionalProperties": True}
    kinds = ",\n".join(f'  {json.dumps(name)}: "Object"' for name in type_names)
    definitions = f'  "Object": {_entry(root)},\n  "ObjectMeta": {_entry(metadata)}'
    text = f'{{\n "kinds": {{\n{kinds}\n }},\n "definitions": {{\n{definitions}\n }}\n}}\n'
    (folder / "gateway-api.json").write_text(text, encoding="utf-8")


def _release(tag: str) -> tuple[int, ...] | None:
    found = _TAG.fullmatch(tag)
    numbers = tuple(map(int, found.groups())) if found else ()
    return numbers if numbers >= _FIRST else None


def _tag(release: tuple[int, ...]) -> str:
    return "v" + ".".join(map(str, release))


def _git(checkout: Path, *arguments: str) -> str:
    command = ["git", "-C", str(checkout), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _definitions(checkout: Path, revision: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the channel and the value of each definition of a revision."""
    for path in _git(checkout, "ls-tree", "-r", "--name-only", revision, "config/crd").split():
        match = _FILE.fullmatch(path)
        if match:
            yield match[1], YAML(typ="safe", pure=False).load(_git(checkout, "show", f"{revision}:{path}"))


def _versions(definition: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each version that a definition serves as `group/version/Kind`, with its schema in compact form."""
    spec = definition["spec"]
    for version in spec["versions"]:
        if version["served"]:
            schema = version["schema"]["openAPIV3Schema"]
            spoken = {name: part for name, part in schema["properties"].items() if name not in _ASIDE}
            yield f"{spec['group']}/{version['name']}/{spec['names']['kind']}", _compact({**schema, "properties": spoken})


_ASIDE = ("apiVersion", "kind", "metadata", "status")


def _compact(schema: Any) -> Any:
    """Return a schema without prose, and without formats of numbers, which the limits beside them imply."""
    if isinstance(schema, list):
        return [_compact(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    kept: dict[str, Any] = {}
    for key, part in schema.items():
        if key == "properties":
            kept[key] = {name: _compact(member) for name, member in part.items()}
        elif key == "x-kubernetes-validations":
            kept[key] = [{word: text for word, text in rule.items() if word in ("message", "rule")} for rule in part]
        elif key in ("default", "enum"):
            kept[key] = part
        elif key not in _PROSE and not (key == "format" and part in _NUMBER_FORMATS):
            kept[key] = _compact(part)
    return kept


def _rules(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        yield from (rule["rule"] for rule in schema.get("x-kubernetes-validations", ()) if isinstance(rule, dict))
        for part in schema.values():
            yield from _rules(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from _rules(part)


def _shared(schemas: dict[str, Any]) -> dict[str, Any]:
    """Return the schemas of a kind by key, with each part that occurs more than once as a definition of its own."""
    counts: Counter[str] = Counter()
    for schema in schemas.values():
        _count(schema, counts)
    definitions: dict[str, Any] = {}

    def spread(schema: Any, *, is_root: bool = False) -> Any:
        if not isinstance(schema, dict):
            return schema
        made = {key: _spread_part(key, part, spread) for key, part in schema.items()}
        text = _dense(schema)
        if is_root or counts[text] < 2 or len(text) < _WORTH_SHARING:  # noqa: PLR2004
            return made
        definitions[_hash(schema)] = made
        return {"$ref": f"#/$defs/{_hash(schema)}"}

    roots = {key: spread(schema, is_root=True) for key, schema in schemas.items()}
    return {**roots, **definitions}


def _spread_part(key: str, part: Any, spread: Any) -> Any:
    if key == "properties":
        return {name: spread(member) for name, member in part.items()}
    return spread(part) if key in ("items", "additionalProperties") else part


def _count(schema: Any, counts: Counter[str]) -> None:
    """Count how often each part of a schema occurs; what is within one that occurred already is not counted again."""
    if not isinstance(schema, dict):
        return
    text = _dense(schema)
    counts[text] += 1
    if counts[text] > 1:
        return
    for part in schema.get("properties", {}).values():
        _count(part, counts)
    for key in ("items", "additionalProperties"):
        _count(schema.get(key), counts)


def _dense(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), sort_keys=True)


def _hash(schema: object) -> str:
    return hashlib.sha256(_dense(schema).encode()).hexdigest()[:10]


def _write(name: str, content: dict[str, Any] | Iterable[str]) -> None:
    """Write a file, one entry a line, so that a diff shows what a release changed."""
    if isinstance(content, dict):
        lines = [f" {json.dumps(key)}: {_entry(part)}" for key, part in content.items()]
        text = "{\n" + ",\n".join(lines) + "\n}\n"
    else:
        text = "[\n" + ",\n".join(f" {json.dumps(one)}" for one in content) + "\n]\n"
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / f"{name}.json").write_text(text, encoding="utf-8")


def _entry(part: Any) -> str:
    return json.dumps(part, separators=(",", ":"))


if __name__ == "__main__":
    main(sys.argv[1:])
