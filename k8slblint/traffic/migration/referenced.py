"""What becomes of objects that an annotation names, in which logins and allow-lists hide, and of annotations of the Services behind.

Middlewares of Traefik, plugins of Kong, configurations of GKE.

Sources: `catalogs/migration.json` (`references`, `parts`); traefik/traefik fd5a576d pkg/provider/kubernetes/ingress/kubernetes.go
(`<namespace>-<name>@kubernetescrd`), Kong/kubernetes-ingress-controller 1fa68f86 internal/annotations/annotations.go (`[namespace:]name`).
"""

import json
from collections.abc import Iterator, Sequence

from k8slblint.catalog.migration import Part, References, parts_of, references_of
from k8slblint.graph.answers import Found
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.relations.backends import service_of
from k8slblint.model.location import Path
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.traffic.migration.forms import Item, Subject, Target
from k8slblint.traffic.migration.keys import Asked, asked_by, item_of
from k8slblint.traffic.migration.serving import Serving
from k8slblint.traffic.routing.forms import Entry

_MOST, _DEEPEST, _LONGEST = 32, 3, 4000
"""How many names of a list are looked at, how deep chains are followed, how long a text of JSON may be."""


class _Named(NamedTuple):
    """An object that is named, and what it consists of."""

    resource: Resource
    parts: tuple[str, ...]


def items_of_references(asked: Asked, ingress: Resource, serving: Serving, target: Target, graph: ResourceGraph) -> list[Item] | None:
    """Return what becomes of the objects that an annotation names; None for other annotations, and where one of them is not there."""
    known = references_of(asked.key)
    if known is None or not isinstance(asked.value, str):
        return None
    names = _names_in(asked.value, known)
    found = [_found(name, known, ingress, graph) for name in names]
    if not found or any(one is None for one in found):
        return None
    path: Path = ("metadata", "annotations", asked.key)
    subject = Subject(ingress, asked.key.rpartition("/")[2], path, serving.confidence)
    return [item for one in found if one is not None for item in _items(one, known, subject, target, graph)]


def _names_in(text: str, known: References) -> list[str]:
    if not known.is_json:
        return [name.strip() for name in text.split(",")[:_MOST] if name.strip()]
    try:
        value = json.loads(text) if len(text) <= _LONGEST else None
    except (ValueError, RecursionError):
        value = None
    ports = value.get("ports") if isinstance(value, dict) else None
    named = [value.get("default"), *(ports.values() if isinstance(ports, dict) else ())] if isinstance(value, dict) else []
    return list(dict.fromkeys(name for name in named[:_MOST] if isinstance(name, str)))


def _found(name: str, known: References, source: Resource, graph: ResourceGraph) -> _Named | None:
    cluster = graph.scope(source).cluster
    for namespace, own in _readings(name, known, source):
        for kind in known.kinds:
            resource = graph.named(cluster, kind, namespace, own) or graph.named(cluster, kind, None, own)
            if resource is not None:
                return _Named(resource, _parts(resource, known))
    return None


def _readings(name: str, known: References, source: Resource) -> Iterator[tuple[str | None, str]]:
    """Yield the namespaces and names that a text may mean: where a dash is between them, each dash may be that one."""
    if not known.is_dashed:
        namespace, colon, own = name.partition(":")
        yield (namespace, own) if colon else (source.namespace, name)
        return
    text, _, provider = name.partition("@")
    if provider == "kubernetescrd":
        words = text.split("-")[:_MOST]
        for cut in range(1, len(words)):
            yield "-".join(words[:cut]), "-".join(words[cut:])


def _parts(resource: Resource, known: References) -> tuple[str, ...]:
    if known.type_at:
        kind = resource.get(known.type_at)
        return (kind,) if isinstance(kind, str) else ()
    spec = resource.mapping("spec")
    return tuple(str(key) for key, value in spec.items() if not (isinstance(value, dict) and value.get("enabled") is False))


def _items(one: _Named, known: References, subject: Subject, target: Target, graph: ResourceGraph, depth: int = 0) -> Iterator[Item]:
    name = str(one.resource.id)
    if not one.parts:
        yield subject.lost("lost-protection", f"what {name} does is not known", verdict="unknown")
    for word in one.parts:
        if word == known.chain:
            for entry in one.resource.sequence("spec", word, "middlewares")[: _MOST if depth < _DEEPEST else 0]:
                inner = _chained(entry, known, one.resource, graph)
                if inner is not None:
                    yield from _items(inner, known, subject, target, graph, depth + 1)
            continue
        yield _item(f"{name} ({word})", parts_of(word), known, subject, target)


def _chained(entry: object, known: References, source: Resource, graph: ResourceGraph) -> _Named | None:
    name = entry.get("name") if isinstance(entry, dict) else None
    namespace = entry.get("namespace") if isinstance(entry, dict) else None
    place = namespace if isinstance(namespace, str) else source.namespace
    kinds = known.kinds if isinstance(name, str) else ()
    found = (graph.named(graph.scope(source).cluster, kind, place, str(name)) for kind in kinds)
    resource = next((one for one in found if one is not None), None)
    return _Named(resource, _parts(resource, known)) if resource is not None else None


def _item(name: str, part: Part, known: References, subject: Subject, target: Target) -> Item:
    if known.target and target.id == known.target:
        text = f"{name} stays: name it in a filter of the route (ExtensionRef)"
        return subject.exact(text, "filters[type=ExtensionRef].extensionRef")._replace(is_written=False, stake=part.loss)
    if part.field and part.is_exact:
        return subject.exact(f"{name} becomes `{part.field}`", part.field)._replace(is_written=False, stake=part.loss)
    means = target.means(part.need) if part.need else None
    if means is not None:
        return subject.lost(part.loss, f"{name}: write {means.name}", verdict="policy", field=means.name)
    if part.field:
        return subject.partial(part.loss, f"{name}: `{part.field}` does a part only", part.field, is_written=False)
    verdict = "policy" if part.need and target.implementation is None else "none"
    what = "no field of Gateway API" + (", only objects of implementations" if verdict == "policy" else "")
    return subject.lost(part.loss, f"{name}: {what}", verdict="policy" if verdict == "policy" else "none")


def items_of_services(entries: Sequence[Entry], serving: Serving, target: Target, graph: ResourceGraph) -> list[Item]:
    """Return what becomes of annotations that the controller of an Ingress reads on its Services: protections, and what requests need.

    Their places are the backends of the Ingress that name the Services.
    """
    found: dict[int, tuple[Resource, Path]] = {}
    for entry in entries if serving.controller is not None else ():
        for backend in entry.backends:
            answer = service_of(backend, graph)
            if isinstance(answer, Found):
                found.setdefault(id(answer.value), (answer.value, backend.path))
    return [item for service, path in found.values() for item in _of_service(service, path, serving, target, graph)]


def _of_service(service: Resource, path: Path, serving: Serving, target: Target, graph: ResourceGraph) -> Iterator[Item]:
    for asked in asked_by(service, serving, "Service"):
        if asked.annotation.if_ignored in ("exposure", "outage"):
            several = items_of_references(asked, service, serving, target, graph) or [item_of(asked, service, serving, target)]
            yield from (one._replace(path=path, text=f"{service.id}: {one.text}") for one in several)
