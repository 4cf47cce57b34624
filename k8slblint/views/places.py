"""How views name an object and where it is written."""

from typing import Any

from k8slblint.model.location import Path
from k8slblint.model.resource import Resource


def named(resource: Resource) -> str:
    """Return an object with its place: `Service shop/web  (app.yaml:4)`."""
    location = resource.location()
    return f"{resource.id}  ({location.path}:{location.span.line})"


def place(resource: Resource, path: Path = ()) -> dict[str, Any]:
    """Return the identity of an object, and the file and line of one of its values, for JSON."""
    location = resource.location(path)
    identity = {"api_version": resource.api_version, "kind": resource.kind, "namespace": resource.namespace, "name": resource.name}
    return {"resource": identity, "path": location.path, "line": location.span.line}
