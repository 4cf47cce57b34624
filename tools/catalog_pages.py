"""Writes the pages of docs/catalogs: what each file of the catalogs says, as tables, with the sources of every entry."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from k8slblint.catalog import ingress, services
from k8slblint.catalog.annotation_values import ValueShape
from k8slblint.catalog.annotations import annotation_file, shape_of
from k8slblint.catalog.controllers import Controller, controllers

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "docs" / "catalogs"
_CATALOGS = ROOT / "catalogs"
_TITLES = {
    "aws": "Who serves a Service on AWS",
    "charts": "Values of public charts",
    "datastores": "Databases, caches, queues and consoles",
    "open-services": "Services for clients anywhere",
    "edge-tcp": "TCP and UDP by means of one vendor",
    "external-ips": "External IPs",
    "gateway-api": "Places in Gateway API",
    "gateway-policies": "Policies of Gateway API implementations",
    "ingress-groups": "Settings that Ingresses of one load balancer share",
    "ingress-serving": "How Ingresses are served",
    "load-balancers": "Cloud load balancers",
    "migration": "Migration from Ingress to Gateway API",
    "path-readings": "How controllers of Ingresses compare paths",
    "platforms": "Platforms",
    "pods": "What makes Pods, and their labels at run time",
    "prices": "Prices",
    "protections": "What keeps clients out of Ingresses and routes",
    "quotas": "Quotas",
    "route-orders": "Order of routes",
    "upstreams": "Sources that are compared",
    "vendor-routes": "Routes of vendors",
}


def pages() -> Iterator[tuple[Path, str]]:
    """Yield every page with its text, the index first."""
    annotations = sorted(path.stem for path in (_CATALOGS / "annotations").glob("*.json") if path.name != "index.json")
    yield FOLDER / "README.md", _index(annotations)
    yield FOLDER / "controllers.md", _controllers_page()
    for name in annotations:
        yield FOLDER / f"annotations-{name}.md", _annotations_page(name)
    for name, title in _TITLES.items():
        yield FOLDER / f"{name}.md", _plain_page(name, title)
    yield FOLDER / "gateway-features.md", _gateway_features_page()


def _index(annotations: Sequence[str]) -> str:
    lines = [
        "# Catalogs",
        "",
        "What vendors' controllers read, build, cost and allow, as data in [`catalogs/`](../../catalogs), each entry with its sources.",
        "These pages are written by `tools/generate.py`; edit the JSON files.",
        "",
        "- [Controllers](controllers.md): the one list of them, by the ids that all other catalogs use",
        *(f"- [{title}]({name}.md)" for name, title in _TITLES.items()),
        "- [Features of Gateway API](gateway-features.md): what each implementation claims in its conformance reports",
        "",
        "## Annotations",
        "",
        "One entry per key. For a new key, add one line to the file of its provider.",
        "",
    ]
    for name in annotations:
        file = annotation_file(name)
        lines.append(f"- [{name}](annotations-{name}.md): {len(file.keys) + len(file.families)} keys, as of {file.as_of}")
    return "\n".join(lines) + "\n"


def _annotations_page(name: str) -> str:
    file = annotation_file(name)
    numbers = {source: number for number, source in enumerate(file.sources, 1)}
    balancers = {entry.key: entry for entry in services.entries_of(name)}
    rows = [_annotation_row(raw, balancers.get(raw["key"]), numbers) for raw in (*file.keys.values(), *file.families)]
    header = ("key", "read by", "value", "default", "what it does", "a change, a bad value", "sources")
    lines = _head(f"Annotations: {name}", f"annotations/{name}", file.as_of)
    lines += _table(header, rows)
    lines += ["", "## Sources", ""]
    lines += [f"{numbers[source]}. {_text(row.text)} ({row.date})" for source, row in file.sources.items()]
    return "\n".join(lines) + "\n"


def _annotation_row(raw: Mapping[str, Any], service: services.ServiceAnnotation | None, numbers: Mapping[str, int]) -> tuple[str, ...]:
    key = raw["key"]
    product = ingress.lookup(key) if "purpose" in raw else None
    cited = sorted(
        {numbers[source.partition("#")[0]] for source in (*raw["source"], *(row["source"] for row in raw.get("parsing", {}).values()))}
    )
    return (
        f"`{key}`{_status(raw)}",
        ", ".join(raw["readers"]),
        _value(shape_of(raw["value"])),
        raw.get("default", ""),
        _purpose(service, product, raw),
        _consequences(raw, service),
        ", ".join(map(str, cited)),
    )


def _status(raw: Mapping[str, Any]) -> str:
    status = "written by the controller" if raw.get("written_by_controller") else raw.get("status")
    return f" ({status})" if status else ""


def _value(shape: ValueShape) -> str:
    words = {"text": "", "choice": "", "bool": "true or false", "int": "a whole number", "number": "a number"}
    parts = [words.get(shape.type, shape.type)]
    parts += [", ".join(f"`{choice}`" for choice in shape.choices) + (" ..." if shape.is_open else "")] if shape.choices else []
    parts += (
        [f"{shape.minimum if shape.minimum is not None else ''}..{shape.maximum if shape.maximum is not None else ''}"]
        if shape.minimum is not None or shape.maximum is not None
        else []
    )
    parts += [f"`{shape.pattern}`"] if shape.pattern else []
    parts += [shape.format] if shape.format else []
    return "; ".join(filter(None, parts)) or "text"


def _purpose(service: services.ServiceAnnotation | None, product: ingress.IngressAnnotation | None, raw: Mapping[str, Any]) -> str:
    parts = [product.purpose] if product is not None else []
    if product is not None and product.gateway_api.targets:
        names = " and ".join(f"`{target.name}`" for target in product.gateway_api.targets)
        parts.append(f"Gateway API ({product.gateway_api.fidelity}): {names}")
    if service is not None:
        parts.append(f"decides about {service.decides}" if product is None else "")
        instead = service.replaced_by
        parts.append(f"instead: `{instead.key or instead.field}`" if instead is not None else "")
    parts += [str(raw.get("note", ""))]
    return "; ".join(filter(None, parts))


def _consequences(raw: Mapping[str, Any], service: services.ServiceAnnotation | None) -> str:
    parts: list[str] = []
    if service is not None and service.change.effect != "unknown":
        replaced = f" the {service.change.replaces}" if service.change.replaces else ""
        parts.append(f"change: {service.change.effect}{replaced}")
        parts += [f"{reader}: {effect}" for reader, effect in service.change.by_reader.items()]
    parts += [f"bad value: {reader} {words}" for reader, words in raw.get("if_invalid", {}).items()]
    for reader, row in raw.get("parsing", {}).items():
        note = f" {row['bad_note']}" if "bad_note" in row else ""
        when = f" (read only when {row['when']})" if "when" in row else ""
        parts.append(f"bad value, {reader}: {row['bad']}{note}{when}")
    return "; ".join(parts)


def _controllers_page() -> str:
    lines = _head("Controllers", "controllers", str(_read("controllers")["as_of"]))
    header = ("id", "name", "status", "platform", "serves", "classes", "sources")
    return "\n".join([*lines, *_table(header, map(_controller_row, controllers().values()))]) + "\n"


def _controller_row(known: Controller) -> tuple[str, ...]:
    classes = [one.name for one in known.service.classes] if known.service else []
    classes += [*(known.ingress.controller_strings if known.ingress else ()), *(side.controller for side in known.gateway)]
    since = f" since {known.status_since}" if known.status_since else ""
    return (
        f"`{known.id}`",
        known.name,
        known.status + since,
        known.platform or "",
        ", ".join(known.serves),
        ", ".join(f"`{name}`" for name in classes),
        "; ".join(f"{source.text} ({source.date})" for source in known.sources),
    )


def _plain_page(name: str, title: str) -> str:
    """Return the page of a file whose parts are lists or mappings of rows; other parts are listed first."""
    data = _read(name)
    lines = _head(title, name, data.pop("as_of"))
    tables = {part: rows for part, value in data.items() if (rows := _rows(value))}
    for part, value in data.items():
        if part not in tables:
            lines.append(f"- {part.replace('_', ' ')}: {_cell(value)}")
    for number, (part, rows) in enumerate(tables.items()):
        columns = list(dict.fromkeys(column for row in rows for column in row))
        columns.sort(key=lambda column: column in ("source", "date"))
        lines += [*([""] if number or len(tables) < len(data) else []), f"## {part.replace('_', ' ').capitalize()}", ""]
        lines += _table(
            [column.replace("_", " ") for column in columns], ([_cell(row.get(column, "")) for column in columns] for row in rows)
        )
    return "\n".join(lines) + "\n"


def _gateway_features_page() -> str:
    """Return the page of the conformance reports: of each implementation its code, and of each report what it does not claim."""
    data = _read("gateway-features")
    names = {project: row["name"] for row in data["implementations"] for project in row["projects"]}
    lines = _head("Features of Gateway API", "gateway-features", str(data["as_of"]))
    lines += [
        f"Reports: {data['source']}. To refresh them, run `tools/gateway_features.py` with a checkout of kubernetes-sigs/gateway-api."
    ]
    lines += ["", "## What the code of an implementation does", ""]
    code = [(row["name"], part) for row in data["implementations"] for part in row["behaviour"]]
    cells = ([name, part["outcome"], _cell(part["features"]), part.get("then", ""), part["source"]] for name, part in code)
    lines += _table(["implementation", "outcome", "features", "what follows", "source"], cells)
    lines += ["", "## Reports", ""]
    reports = sorted(data["reports"], key=lambda row: names[row["project"]])
    cells = (
        [names[row["project"]], row["version"], row["release"], row.get("channel", ""), str(len(row["claimed"])), _cell(row["not_claimed"])]
        for row in reports
    )
    lines += _table(["implementation", "version", "Gateway API", "channel", "claimed", "not claimed"], cells)
    lines += ["", "## Features that no field asks for", ""]
    lines += _table(["feature", "why"], ([name, row.get("note", "")] for name, row in data["features"].items() if not row["asked_by"]))
    return "\n".join(lines) + "\n"


def _rows(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, list) and value and all(isinstance(row, dict) for row in value):
        return value
    if isinstance(value, dict) and value and all(isinstance(row, dict) for row in value.values()):
        return [{"name": name, **row} for name, row in value.items()]
    return []


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(_cell, value))
    if isinstance(value, dict):
        return "; ".join(f"{name.replace('_', ' ')}: {_cell(part)}" for name, part in value.items())
    return "" if value is None else str(value)


def _head(title: str, name: str, as_of: str) -> list[str]:
    return [f"# {title}", "", f"From [`catalogs/{name}.json`](../../catalogs/{name}.json), as of {as_of}.", ""]


def _table(header: Sequence[str], rows: Any) -> list[str]:
    shown = [tuple(map(_text, row)) for row in rows]
    used = [index for index in range(len(header)) if any(row[index] for row in shown)]
    lines = [_line([header[index] for index in used]), _line(["---"] * len(used))]
    return lines + [_line([row[index] for index in used]) for row in shown]


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _text(text: str) -> str:
    return " ".join(text.replace("|", "\\|").replace("<", "&lt;").split())


def _read(name: str) -> dict[str, Any]:
    data: dict[str, Any] = json.loads((_CATALOGS / f"{name}.json").read_text(encoding="utf-8"))
    return data
