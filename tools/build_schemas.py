"""Write schemas/kubernetes/*.json from kubernetes-validate, or print compact schemas of the CustomResourceDefinitions named.

python tools/build_schemas.py
python tools/build_schemas.py crd FILE...
"""

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from k8slblint.loading.kubernetes_schemas import ALL_KINDS, build, kinds_of

KEPT = frozenset({"type", "required", "enum", "items", "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems"})
"""What a compact schema keeps; patterns and CEL rules belong to the rules about what a webhook or CRD refuses."""


def kubernetes_texts() -> dict[str, str]:
    """Return the text of each file of schemas/kubernetes, by name: one definition a line, so that a diff shows what a release changed."""
    files = build()
    return {
        ALL_KINDS: json.dumps(kinds_of(files), indent=1) + "\n",
        **{f"{package}.json": _text(content) for package, content in files.items()},
    }


def _text(content: dict[str, Any]) -> str:
    lines = [f"  {json.dumps(name)}: {_dense(forms)}" for name, forms in content["definitions"].items()]
    kinds = json.dumps(content["kinds"])
    head = f'{{\n "first": {content["first"]},\n "last": {content["last"]},\n "kinds": {kinds},\n "definitions": {{\n'
    return head + ",\n".join(lines) + "\n }\n}\n"


def crd_text(paths: Iterable[str]) -> str:
    """Return compact schemas of the kinds that some CustomResourceDefinitions declare, in the form of schemas/crds/.

    Of a kind that several of them declare (those of several releases) the schema takes what any of them takes.
    """
    kinds: dict[str, str] = {}
    definitions: dict[str, dict[str, Any]] = {}
    for path in paths:
        spec = YAML(typ="safe", pure=True).load(Path(path))["spec"]
        for version in spec["versions"]:
            name = f"{version['name']}.{spec['names']['kind']}"
            kinds[f"{spec['group']}/{version['name']}/{spec['names']['kind']}"] = name
            compact = _compact_kind(version["schema"]["openAPIV3Schema"])
            definitions[name] = _either(definitions[name], compact) if name in definitions else compact
    kind_lines = [f"  {json.dumps(kind)}: {json.dumps(name)}" for kind, name in sorted(kinds.items())]
    lines = [f"  {json.dumps(name)}: {_dense(schema)}" for name, schema in sorted(definitions.items())]
    return '{\n "kinds": {\n' + ",\n".join(kind_lines) + '\n },\n "definitions": {\n' + ",\n".join(lines) + "\n }\n}\n"


def _compact_kind(schema: dict[str, Any]) -> dict[str, Any]:
    compact = _compact(schema)
    compact["properties"] |= {"metadata": {"$ref": "#/$defs/ObjectMeta"}, "status": {}}
    return compact


def _compact(schema: dict[str, Any]) -> dict[str, Any]:
    if schema.get("x-kubernetes-int-or-string"):
        return {"type": ["integer", "string"]}
    kept = {key: _compact(member) if key == "items" else member for key, member in schema.items() if key in KEPT}
    defaulted = {name for name, member in schema.get("properties", {}).items() if "default" in member}
    if "required" in kept:
        kept["required"] = [name for name in kept["required"] if name not in defaulted]
    if isinstance(schema.get("additionalProperties"), dict):
        kept["additionalProperties"] = _compact(schema["additionalProperties"])
    if "properties" in schema and not schema.get("x-kubernetes-preserve-unknown-fields"):
        kept["properties"] = {name: _compact(member) for name, member in schema["properties"].items()}
    return kept


def _either(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Return a compact schema that takes what one of two takes."""
    if one == other or not one or not other:
        return one if one == other else {}
    both = one.keys() & other.keys()
    found = {key: one[key] for key in one if key in both and one[key] == other[key]}
    for key in both - found.keys():
        mine, others = one[key], other[key]
        if key == "properties":
            shared = {name: _either(mine[name], others[name]) for name in mine if name in others}
            found[key] = {**mine, **others, **shared}
        elif key == "required":
            found[key] = [name for name in mine if name in others]
        elif key in ("items", "additionalProperties"):
            found[key] = _either(mine, others)
        elif key in ("enum", "type"):
            found[key] = list(dict.fromkeys([*_listed(mine), *_listed(others)]))
        else:
            found[key] = min(mine, others) if key.startswith("min") else max(mine, others)
    return found


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _dense(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def main(arguments: list[str]) -> None:
    """Write or print, as the arguments say."""
    if arguments[:1] == ["crd"]:
        sys.stdout.write(crd_text(arguments[1:]))
    else:
        folder = Path(__file__).parent.parent / "schemas" / "kubernetes"
        for name, text in kubernetes_texts().items():
            (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
