"""Knows which schemas of values Helm can check without a network: a `$ref` or `$schema` to elsewhere makes it read a file or a URL.

Helm 3.19, `pkg/chartutil/jsonschema.go`: the loaders of `file`, `http` and `https`; requests to this machine pass by every proxy.
"""

import io
import json
import re
import zlib
from typing import Any

SCHEMA_FILE = "values.schema.json"

_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")
_DRAFT = re.compile(r"https?://json-schema\.org/(?:draft-0[467]|draft/20(?:19-09|20-12))/schema#?")
"""The drafts that santhosh-tekuri/jsonschema 6 holds itself."""

_ARCHIVES = (".tgz", ".tar.gz")
_MOST_BYTES = 100 * 1024 * 1024
_DEEPEST = 5


class RemoteSchemaError(ValueError):
    """An archive cannot be looked into as far as needed; the text says why, `is_bound` whether it is too large or too deep."""

    def __init__(self, message: str, *, is_bound: bool = False) -> None:
        """Hold the sentence for the user."""
        super().__init__(message)
        self.is_bound = is_bound


def is_offline(schema: bytes) -> bool:
    """Tell whether a schema refers to nothing outside of itself; one that is no JSON Helm refuses before it reads anything."""
    try:
        value = json.loads(schema)
    except (ValueError, RecursionError):
        return True
    return all(_stays_inside(mapping) for mapping in _mappings(value))


def without_remote_schemas(packed: bytes, depth: int = 0) -> bytes:
    """Return a packed chart without the schemas that refer to elsewhere, also in the charts packed within; mostly the same bytes.

    Raises:
        RemoteSchemaError: the archive is broken, too large or nested too deep to be sure.
    """
    if depth > _DEEPEST:
        raise RemoteSchemaError("charts are packed in charts too deep", is_bound=True)
    kept, is_changed = _filtered(packed, depth)
    return _packed(kept) if is_changed else packed


def _filtered(packed: bytes, depth: int) -> tuple[list[tuple[str, bytes]], bool]:
    import tarfile  # few charts are packed

    kept: list[tuple[str, bytes]] = []
    is_changed, size = False, 0
    try:
        with tarfile.open(fileobj=io.BytesIO(packed), mode="r:gz") as archive:
            for entry in archive:
                size += max(entry.size, 512)
                if size > _MOST_BYTES:
                    raise RemoteSchemaError("the packed chart is too large", is_bound=True)
                file = archive.extractfile(entry) if entry.isfile() else None
                data = file.read() if file else None
                if data is None:
                    continue
                if entry.name.endswith(_ARCHIVES):
                    inner = without_remote_schemas(data, depth + 1)
                    is_changed, data = is_changed or inner is not data, inner
                if entry.name.rpartition("/")[2] == SCHEMA_FILE and not is_offline(data):
                    is_changed = True
                else:
                    kept.append((entry.name, data))
    except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
        raise RemoteSchemaError("the packed chart cannot be read") from error
    return kept, is_changed


def _packed(files: list[tuple[str, bytes]]) -> bytes:
    import tarfile

    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode="w:gz", compresslevel=1, format=tarfile.PAX_FORMAT) as archive:
        for name, data in files:
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return output.getvalue()


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
