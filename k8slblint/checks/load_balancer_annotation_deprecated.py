"""Detects annotations of a Service that their reader deprecates or no longer reads, and names the replacement."""

from collections.abc import Iterator

from k8slblint.catalog import controllers as controllers_catalog
from k8slblint.catalog import service_readers as behaviour
from k8slblint.catalog import services as catalog
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Cause, Problem, Undecided
from k8slblint.model.texts import quoted, served, short_key
from k8slblint.traffic.annotations.service_annotations import Annotation, Readers, annotations_of, names_of, readers_of
from k8slblint.traffic.balancers.service_views import judged_as_service


def check(resource: Resource, graph: ResourceGraph) -> Iterator[Problem | Undecided]:
    """Yield a problem at each key that all who may read it here deprecate, and at each deprecated value."""
    yield from judged_as_service(_of_service, resource, graph)


def _of_service(service: Resource, graph: ResourceGraph) -> Iterator[Problem | Undecided]:
    for annotation in annotations_of(service):
        entry = annotation.entry
        is_dated = entry.status != "current" or entry.deprecated_since or entry.deprecated_values
        if is_dated and not entry.written_by_controller and _concerns_load_balancers(annotation):
            yield from _judge(annotation, readers_of(annotation, service, graph), service, graph)


def _concerns_load_balancers(annotation: Annotation) -> bool:
    """Tell whether it is a key of a load balancer's vendor, and not one of Kubernetes itself."""
    known = controllers_catalog.controllers()
    return any(name in known and known[name].serves for name in annotation.entry.readers)


def _judge(annotation: Annotation, readers: Readers, service: Resource, graph: ResourceGraph) -> Iterator[Problem]:
    entry = annotation.entry
    instead = entry.replaced_by
    if not readers.names or (instead is not None and instead.key is not None and service.annotations.get(instead.key) is not None):
        return  # no controller reads it here, or the replacement is there too, and the old key is left for an older release
    names, key = names_of(readers.names), short_key(annotation.key)
    if entry.status == "removed":
        why = f"No current release of {names} reads it."
        yield _problem(service, annotation, readers, f"`{key}`, which is no longer read", "no longer read", why)
    elif all(entry.is_deprecated_for(name) for name in readers.names):
        from k8slblint.traffic.ownership.controller_releases import runs_before  # few Services have such a key

        if all(runs_before(name, entry.deprecated_since.get(name, ""), service, graph) for name in readers.names):
            return  # what replaces the key is not read yet
        since = dict.fromkeys(entry.deprecated_since[name] for name in readers.names if name in entry.deprecated_since)
        label = " ".join(("deprecated", *filter(None, [f"since {' or '.join(since)}" if since else ""])))
        why = f"{served(names, readers.why)}, and a later release may stop reading it."
        yield _problem(service, annotation, readers, f"`{key}`, which is deprecated", label, why)
    elif annotation.value in entry.deprecated_values:
        said = f"`{key}` to {quoted(annotation.value, _LONGEST_VALUE)}, which is deprecated"
        yield _problem(service, annotation, readers, said, "deprecated value", f"{served(names, readers.why)}, and deprecates this value.")


def _problem(service: Resource, annotation: Annotation, readers: Readers, said: str, label: str, why: str) -> Problem:
    help_ = _way_out(annotation, readers)
    return Problem(
        path=annotation.path,
        headline=f"{service.id} sets {said}",
        label=label,
        why=why,
        help=help_,
        at="key",
        confidence=readers.confidence,
        cause=Cause.of_alike(service, f"set {said}", help_),
    )


_LONGEST_VALUE = 16


def _way_out(annotation: Annotation, readers: Readers) -> str:
    in_place_of_value = behaviour.instead_of(annotation.entry, annotation.value)
    if in_place_of_value is not None:
        return f"Write {in_place_of_value}."
    entry, instead = annotation.entry, annotation.entry.replaced_by
    if instead is None:
        note = f" ({entry.note})" if entry.note else ""
        return f"Remove it{note}." if entry.status == "removed" else f"Plan to do without it; no replacement is known{note}."
    key = instead.key or instead.field
    if instead.detail is not None and " " not in instead.detail:
        return f"Set `{instead.detail}` in `{key}` instead."
    value = _same_exposure(annotation, instead.key, readers)
    return f"Write `{key}{f': {value}' if value else ''}` instead."


def _same_exposure(annotation: Annotation, key: str | None, readers: Readers) -> str | None:
    """Return the value of the new key that asks for the exposure that the old one asks for."""
    new = catalog.find(key) if key is not None else None
    for name in readers.names if new is not None and annotation.text is not None else ():
        old_reading = annotation.entry.exposure.get(name)
        new_reading = new.exposure.get(name) if new is not None else None
        if old_reading is not None and new_reading is not None and annotation.text is not None:
            texts = {"internal": new_reading.internal, "internet": new_reading.internet}.get(old_reading.of(annotation.text), ())
            return next((text for text in texts if text), None)
    return None
