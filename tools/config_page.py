"""The page of the configuration, made of `schemas/config.schema.json`: every key with its values and what it means."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "configuration.md"

_HEAD = """\
# The configuration

<!-- generated from schemas/config.schema.json by tools/config_page.py -->

k8slblint reads the nearest `.k8slblint.yaml` (or `.k8slblint.yml`) at or above the scanned folder, up to the root of the repository;
`--config` names another file, `--no-config` reads none. `k8slblint init` writes one. Options of the call win over it.

Editors that know `yaml-language-server` (VS Code, Neovim, JetBrains) complete and check it by its first line:

```yaml
# yaml-language-server: $schema={url}
```

What is not valid, an unknown rule, a path or chart that does not exist and a pattern that has no meaning are errors with their line.
Paths are relative to the file. Patterns have `*` (within a name), `**` (across folders) and `?`.

With `--against`, a configuration that reports less than that of the revision before is a finding itself,
[`configuration-weakened`](rules/configuration-weakened.md); `--config-from base` lets that of the revision before count.
"""


def page() -> str:
    """Return the text of the page."""
    from k8slblint.reporting.links import schema_address

    schema = json.loads((ROOT / "schemas" / "config.schema.json").read_text(encoding="utf-8"))
    lines = [_HEAD.replace("{url}", schema_address("config"))]
    for name, value in schema["properties"].items():
        lines += [f"## `{name}`", "", *_section(value, schema["$defs"])]
    return "\n".join(lines).rstrip() + "\n"


def _section(value: dict[str, Any], defs: dict[str, Any]) -> Iterator[str]:
    value = _resolved(value, defs)
    yield from (f"{value['description']}", "") if "description" in value else ()
    yield from (f"Values: {_values(value, defs)}.", "")
    rows = list(_rows("", _members(value), defs))
    if rows:
        yield from ("| key | values | |", "|---|---|---|", *rows, "")


def _members(value: dict[str, Any]) -> dict[str, Any]:
    """Return the schema whose properties a section lists: that of the elements of a list, of the values of a map, or its own."""
    if value.get("type") == "array":
        items: dict[str, Any] = value.get("items", {})
        return items
    additional = value.get("additionalProperties")
    return additional if isinstance(additional, dict) and "properties" in additional else value


def _rows(prefix: str, value: dict[str, Any], defs: dict[str, Any]) -> Iterator[str]:
    for name, member in value.get("properties", {}).items():
        resolved = _resolved(member, defs)
        key = f"{prefix}{name}"
        needed = " (required)" if name in value.get("required", ()) else ""
        yield f"| `{key}`{needed} | {_values(resolved, defs)} | {resolved.get('description', '')} |".replace("  ", " ")
        inner = _resolved(_members(resolved), defs)
        suffix = "[]." if resolved.get("type") == "array" else ".*." if inner is not resolved else "."
        yield from _rows(f"{key}{suffix}", inner, defs)


def _values(value: dict[str, Any], defs: dict[str, Any]) -> str:
    """Say which values a key may have."""
    if "enum" in value:
        return ", ".join(f"`{one}`" for one in value["enum"] if one is not False)
    if "oneOf" in value:
        return " or ".join(_values(_resolved(one, defs), defs) for one in value["oneOf"])
    kind = value.get("type", "any")
    if kind == "array":
        return f"list of {_values(_resolved(value.get('items', {}), defs), defs)}"
    if kind == "object":
        return "map"
    if isinstance(kind, list):
        return " or ".join(_words(one) for one in kind)
    least = value.get("minimum", value.get("exclusiveMinimum"))
    limit = "" if least is None else f" of at least {least}" if "minimum" in value else f" above {least}"
    return f"{_words(kind)}{limit}"


def _words(kind: str) -> str:
    return {"string": "text", "integer": "whole number", "boolean": "`true` or `false`", "null": "nothing"}.get(kind, kind)


def _resolved(value: dict[str, Any], defs: dict[str, Any]) -> dict[str, Any]:
    reference = value.get("$ref", "")
    found: dict[str, Any] = {**defs[reference.removeprefix("#/$defs/")], **value} if reference else value
    return found
