"""Reads and merges the layers of Helm values, and records where in its file each value is."""

import json
import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from k8slblint import documents
from k8slblint.budget import Budget, OverLimitError, Part
from k8slblint.model.node import Node
from k8slblint.rendering.helm.charts import Chart, Dependency, first_document, read_chart
from k8slblint.rendering.helm.layers import ValueLayer
from k8slblint.rendering.tree import SourceTree
from k8slblint.rendering.units import RenderFailure

_LARGEST_INDEX = 65536
"""Helm 3.19, `pkg/strvals/parser.go`: `MaxIndex`."""

_DEEPEST_NAME = 30
"""Helm 3.19, `pkg/strvals/parser.go`: `MaxNestedNameLevel`."""

_MOST_VALUES = 2_000_000
"""Elements of lists and members of mappings that the assignments of one release go through."""

_INTEGER = re.compile(r"[-+]?[0-9]+", re.ASCII)
_NAME_TOKEN = re.compile(r"\\(?P<escaped>.)|\[(?P<index>[^\]]{0,100})\]|\[(?P<long>[^\]]{101})|(?P<dot>\.)|(?P<plain>[^\\.\[])", re.DOTALL)


class BadAssignmentError(ValueError):
    """The name of an assignment cannot be read; the text says why."""


def merged_values(tree: SourceTree, layers: Iterable[ValueLayer]) -> dict[str, Any] | RenderFailure:
    """Return the values of a release without those of the chart itself, as `helm -f ... --set ...` merges them.

    Mappings are merged, all else is replaced; null stays, and takes a default away when Helm lays the values over the chart's.
    """
    values: dict[str, Any] = {}
    part = tree.budget.part(None, _MOST_VALUES, "", "values that are set one by one")
    for layer in layers:
        try:
            read = _layer_value(tree, layer)
            if layer.form == "assignment":
                assign(values, layer.name, read, is_text=layer.is_text, part=part)
            elif isinstance(read, dict):
                values = merge(values, read)
            elif read is not None:
                return RenderFailure("template", "the values are not a mapping", layer.file, max(layer.line, 1))
        except (documents.BrokenDocument, documents.UndecodableText) as error:
            return RenderFailure("template", f"the values cannot be read: {error.problem.message}", layer.file, error.problem.line)
        except BadAssignmentError as error:
            return RenderFailure("template", str(error), layer.file, max(layer.line, 1))
        except OverLimitError as error:
            return RenderFailure("bounds", error.reason, layer.file, max(layer.line, 1))
        except OSError:
            if not layer.is_optional:
                return RenderFailure("missing", f"value file `{layer.file}` does not exist", layer.file)
    return values


def layer_node(tree: SourceTree, layer: ValueLayer) -> Node | None:
    """Return the values of a layer, with spans of its file; None where it is written in no file or cannot be read."""
    try:
        return _read_node(tree, layer)
    except (OSError, documents.BrokenDocument, documents.UndecodableText):
        return None


def merge(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Lay one mapping over another (Helm 3.19, `pkg/cli/values/options.go`: `mergeMaps`)."""
    merged = dict(below)
    for key, value in above.items():
        under = merged.get(key)
        merged[key] = merge(under, value) if isinstance(value, dict) and isinstance(under, dict) else value
    return merged


def assign(values: dict[str, Any], name: str, value: Any, *, is_text: bool = False, part: Part | None = None) -> None:
    r"""Set one value by a name as of `--set`: `a.b[0].c`, a dot inside a name as `\.`.

    A text is typed as `--set` does: `true`, `false`, `null`, integers; `{a,b}` is a list; `is_text` keeps it as it is.

    Raises:
        BadAssignmentError: the name cannot be read, or an index is out of bounds.
        OverLimitError: the lists and mappings on the way are longer than `part` allows, all together.
    """
    part = part or Budget().part(None, _MOST_VALUES, "")
    path = _name_parts(name)
    typed = _typed_text(value, is_text=is_text) if isinstance(value, str) else value
    values[str(path[0])] = _assigned(values.get(str(path[0])), path[1:], typed, part)


def is_disabled(dependency: Dependency, chart_values: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
    """Tell whether the values switch a dependency off by its condition or its tags.

    Helm 3.19, `pkg/chartutil/dependencies.go`: the first condition that is a boolean decides, else the tags, any of which may be true.
    """
    effective = merge(chart_values, values)
    for condition in dependency.conditions:
        found = _at(effective, condition.split("."))
        if isinstance(found, bool):
            return not found
    tags = effective.get("tags")
    stated = [tags[tag] for tag in dependency.tags if isinstance(tags.get(tag), bool)] if isinstance(tags, dict) else []
    return bool(stated) and not any(stated)


def chart_values(tree: SourceTree, chart: Chart) -> dict[str, Any]:
    """Return the default values of a chart; empty where there are none."""
    node = layer_node(tree, ValueLayer(f"{chart.folder}/values.yaml" if chart.folder else "values.yaml"))
    return node.value if node is not None and isinstance(node.value, dict) else {}


def absent_keys(tree: SourceTree, folder: str) -> list[str]:
    """Return the keys of the values for dependencies of a chart that are not in the tree."""
    chart = read_chart(tree, folder)
    return [one.alias or one.name for one in chart.missing] if isinstance(chart, Chart) else []


def lines_below(
    tree: SourceTree, names: Collection[str], layers: Iterable[ValueLayer], files: Iterable[str]
) -> dict[str, list[tuple[int, int]]]:
    """Return the first and last lines of the values below some keys, by value file."""
    stated = {layer.file: layer for layer in layers if layer.file}
    found: dict[str, list[tuple[int, int]]] = {}
    for file in files:
        root = layer_node(tree, stated.get(file, ValueLayer(file))) if names and file.endswith((".yaml", ".yml")) else None
        inner = [pair for name in names if root is not None and (pair := root.members.get(name)) is not None]
        if inner:
            found[file] = [(key.line, value.end_line) for key, value in inner]
    return found


def as_json(values: Mapping[str, Any]) -> str:
    """Write values so that both engines read the same."""
    return json.dumps(values, ensure_ascii=False, allow_nan=False)


def _layer_value(tree: SourceTree, layer: ValueLayer) -> Any:
    if not layer.file or layer.given is not None:
        given = layer.given
        if layer.form == "text" and isinstance(given, str):
            node = first_document(given.encode())
            return node.value if node is not None else None
        return given
    if layer.form != "text":
        return _written(tree, layer)
    node = _read_node(tree, layer)
    return node.value if node is not None else None


def _written(tree: SourceTree, layer: ValueLayer) -> Any:
    """Return the value that a layer has in its file, without its place, which takes longer to find."""
    node = tree.made(first_document, layer.file, layer.line)
    value = node.value if node is not None else None
    for part in layer.at:
        if isinstance(part, int):
            value = value[part] if isinstance(value, list) and 0 <= part < len(value) else None
        else:
            value = value.get(part) if isinstance(value, dict) else None
    return value


def _read_node(tree: SourceTree, layer: ValueLayer) -> Node | None:
    if not layer.file or layer.given is not None:
        return None
    node = tree.made(first_document, layer.file, layer.line)
    for part in layer.at:
        node = node.child(part) if node is not None else None
    if node is None or layer.form != "text" or not isinstance(node.value, str):
        return node
    return documents.parse_inner(node, documents.decode(tree.read(layer.file)))


def _name_parts(name: str) -> list[str | int]:
    parts: list[str | int] = []
    text, is_open = "", True
    for token in _NAME_TOKEN.finditer(name):
        if token["index"] is not None or token["long"]:
            if is_open:
                parts.append(text)
            text, is_open = "", False
            parts.append(_index(token["index"] or token["long"] or "", name))
        elif token["dot"]:
            if is_open:
                parts.append(text)
            text, is_open = "", True
        else:
            text += token["escaped"] or token["plain"]
    if is_open:
        parts.append(text)
    if not parts or isinstance(parts[0], int) or "" in parts or len(parts) > _DEEPEST_NAME:
        raise BadAssignmentError(f"the name `{name[:80]}` cannot be set")
    return parts


def _index(text: str, name: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text) <= _LARGEST_INDEX):  # noqa: PLR2004 - digits of a 32-bit number
        raise BadAssignmentError(f"the index in `{name[:80]}` is not a number from 0 to {_LARGEST_INDEX}")
    return int(text)


def _assigned(under: Any, path: list[str | int], value: Any, part: Part) -> Any:
    """Return what takes the place of `under` when the value is set at a path below it."""
    if not path:
        return value
    step, rest = path[0], path[1:]
    if isinstance(step, int):
        part.spend(max(step + 1, len(under) if isinstance(under, list) else 0))
        items = list(under) if isinstance(under, list) else []
        items += [None] * (step + 1 - len(items))
        items[step] = _assigned(items[step], rest, value, part)
        return items
    part.spend(len(under) if isinstance(under, dict) else 1)
    members = dict(under) if isinstance(under, dict) else {}
    members[step] = _assigned(members.get(step), rest, value, part)
    return members


def _typed_text(text: str, *, is_text: bool) -> Any:
    if text.startswith("{") and text.endswith("}"):
        return [_typed(_unescaped(one), is_text=is_text) for one in re.split(r"(?<!\\),", text[1:-1])]
    return _typed(_unescaped(text), is_text=is_text)


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL)


def _typed(text: str, *, is_text: bool) -> Any:
    """Type a text (Helm 3.19, `pkg/strvals/parser.go`: `typedVal`); what starts with a zero stays text."""
    words = {"true": True, "false": False, "null": None}
    if is_text:
        return text
    if text.lower() in words:
        return words[text.lower()]
    if text == "0":
        return 0
    if _INTEGER.fullmatch(text) and not text.startswith("0") and -(1 << 63) <= int(text[:20]) < 1 << 63 and len(text) <= 20:  # noqa: PLR2004 - 64 bits
        return int(text)
    return text


def _at(values: Any, path: list[str]) -> Any:
    for part in path:
        values = values.get(part) if isinstance(values, dict) else None
    return values
