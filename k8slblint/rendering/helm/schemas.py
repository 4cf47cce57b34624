"""Which files of a chart reach Helm only in rewritten form: schemas of values, and what describes the chart.

A `$ref` or `$schema` to elsewhere makes Helm read a file or a URL (Helm 3.19, `pkg/chartutil/jsonschema.go`: the loaders of `file`, `http`
and `https`; requests to this machine pass by every proxy). Two readers of the same bytes may see two things, so Helm gets none of ours:
a schema is written anew from what was read, and where that is not certain, no schema.
"""

import json
import re
from typing import Any

from k8slblint import documents
from k8slblint.budget import Part
from k8slblint.rendering.helm.archives import ARCHIVES, BrokenArchiveError, read_archive, write_archive

SCHEMA_FILE = "values.schema.json"

_NO_SCHEMA = b"{}"
_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")
_DRAFT = re.compile(r"https?://json-schema\.org/(?:draft-0[467]|draft/20(?:19-09|20-12))/schema#?")
"""The drafts that santhosh-tekuri/jsonschema 6 holds itself."""

_DESCRIPTIONS = ("Chart.yaml", "requirements.yaml")
_DEEPEST = 5


def offline_schema(schema: bytes) -> bytes:
    """Return a schema that refers to nothing outside of itself, written anew; one that does, or is not strict JSON, allows everything."""
    try:
        value = json.loads(schema.decode(), object_pairs_hook=_without_duplicates, parse_constant=_refuse)
        if all(_stays_inside(mapping) for mapping in _mappings(value)):
            return json.dumps(value, allow_nan=False).encode()
    except (ValueError, RecursionError):
        pass
    return _NO_SCHEMA


def canonical(path: str, data: bytes, part: Part, depth: int = 0) -> bytes:
    """Return a file of a chart as Helm gets it; `path` is that within the chart.

    Raises:
        BrokenArchiveError: it is a packed chart that cannot be read, or nested too deep.
        OverLimitError: it holds more than `part` allows.
        BrokenDocument, UndecodableText: it describes a chart, and cannot be read.

    """
    name = path.rpartition("/")[2]
    if name == SCHEMA_FILE:
        return offline_schema(data)
    if path.startswith("charts/") and path.endswith(ARCHIVES):
        return repacked(data, part, depth + 1)
    if is_description(path):
        return described(data)
    return data


def is_description(path: str) -> bool:
    """Tell whether a file describes a chart: its own, or one unpacked in its `charts/`."""
    *folders, name = path.split("/")
    return name in _DESCRIPTIONS and all(folder == "charts" for folder in folders[::2]) and len(folders) % 2 == 0


def described(data: bytes) -> bytes:
    """Return what describes a chart as JSON, which is YAML. Raises `BrokenDocument` or `UndecodableText`."""
    chunks = documents.split(documents.decode(data))
    value = documents.parse(chunks[0]).root.value if chunks else {}
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")


def repacked(packed: bytes, part: Part, depth: int = 0) -> bytes:
    """Return a packed chart written anew, with the charts packed within.

    Raises:
        BrokenArchiveError: it cannot be read, or charts are packed in it too deep.
        OverLimitError: all of it together is more than `part` allows.

    """
    if depth > _DEEPEST:
        raise BrokenArchiveError("packed charts are nested too deeply")
    return write_archive((path, canonical(path, data, part, depth)) for path, data in read_archive(packed, part))


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        raise ValueError("a key is set twice")
    return value


def _refuse(word: str) -> Any:
    raise ValueError(f"{word} is not valid JSON")


def _stays_inside(mapping: dict[str, Any]) -> bool:
    references = (mapping[key] for key in _REFERENCES if key in mapping)
    if any(isinstance(reference, str) and not reference.startswith("#") for reference in references):
        return False
    draft = mapping.get("$schema")
    return not isinstance(draft, str) or bool(_DRAFT.fullmatch(draft))


def _mappings(value: Any) -> list[dict[str, Any]]:
    """Return all mappings in a value; without recursion, for it may be nested deeply."""
    found: list[dict[str, Any]] = []
    stack = [value]
    while stack:
        one = stack.pop()
        if isinstance(one, dict):
            found.append(one)
            stack.extend(one.values())
        elif isinstance(one, list):
            stack.extend(one)
    return found
