"""Knows what the API server refuses in the metadata of a Service.

Sources: Kubernetes 1.34 `ValidateObjectMeta` (apimachinery `pkg/api/validation/objectmeta.go`), `ValidateServiceName`; KEP-5311
(RelaxedServiceNameValidation: beta and on in 1.36) for names that start with a digit; KEP-2433 for the topology annotations (1.27).
"""

from collections.abc import Callable, Iterator
from typing import Any

from k8slblint.admission import grammar
from k8slblint.admission.reading import UNREAD, text
from k8slblint.admission.refusal import Refusal, invalid
from k8slblint.model.resource import Resource

_ANNOTATIONS_SIZE = 256 * 1024
_LAST_WITHOUT_DIGITS = 35
_TOPOLOGY_MODE_SINCE = 27
_HINTS = "service.kubernetes.io/topology-aware-hints"
_MODE = "service.kubernetes.io/topology-mode"


def metadata_refusals(service: Resource) -> Iterator[Refusal]:
    """Yield what is refused in `metadata`: names, namespace, labels, annotations."""
    yield from _name(("metadata", "name"), service.get("metadata", "name"))
    yield from _name(("metadata", "generateName"), service.get("metadata", "generateName"), is_prefix=True)
    namespace = text(service.get("metadata", "namespace"))
    if isinstance(namespace, str) and namespace:
        broken = grammar.broken_label(namespace)
        if broken:
            yield Refusal(("metadata", "namespace"), f"Namespace '{namespace}' cannot exist.", invalid(namespace, broken))
    yield from _keys("labels", service.labels, str)
    yield from label_values(("metadata", "labels"), service.labels)
    yield from _keys("annotations", service.annotations, str.lower)
    yield from _annotations_size(service.annotations)
    yield from _topology(service.annotations)


def label_values(path: tuple[str, ...], labels: dict[str, Any]) -> Iterator[Refusal]:
    """Yield the values of labels or of a selector that are refused."""
    for key, value in labels.items():
        known = text(value)
        broken = grammar.broken_label_value(known) if isinstance(known, str) else None
        if broken:
            yield Refusal((*path, key), f"'{known}' is no value that a label can have.", invalid(known, broken), field=path)


def label_keys(path: tuple[str, ...], keys: dict[str, Any], case: Callable[[str], str] = str) -> Iterator[Refusal]:
    """Yield the keys that are no qualified names, once `case` was applied to them."""
    for key in keys:
        known = text(key)
        broken = grammar.broken_qualified_name(case(known)) if isinstance(known, str) else None
        if broken:
            yield Refusal((*path, key), f"'{key}' is no key that Kubernetes takes.", invalid(key, broken), field=path)


def _keys(field: str, entries: dict[str, Any], case: Callable[[str], str]) -> Iterator[Refusal]:
    yield from label_keys(("metadata", field), entries, case)


def _name(path: tuple[str, str], value: object, *, is_prefix: bool = False) -> Iterator[Refusal]:
    name = text(value)
    if not isinstance(name, str) or not name:
        return
    whole = f"{name[:-1]}a" if is_prefix and len(name) > 1 and name.endswith("-") else name
    broken, broken_earlier = grammar.broken_label(whole), grammar.broken_label_1035(whole)
    if broken:
        earlier = (_LAST_WITHOUT_DIGITS, invalid(name, broken_earlier or broken))
        yield Refusal(path, f"'{name}' is no name that a Service can have.", invalid(name, broken), earlier=earlier)
    elif broken_earlier:
        message = f"The name '{name}' does not start with a letter."
        yield Refusal(path, message, invalid(name, broken_earlier), until=_LAST_WITHOUT_DIGITS)


def _annotations_size(annotations: dict[str, Any]) -> Iterator[Refusal]:
    size = sum(grammar.length(part) for pair in annotations.items() for part in pair if isinstance(part, str))
    if size > _ANNOTATIONS_SIZE:
        message = f"The annotations hold {size} bytes, more than the {_ANNOTATIONS_SIZE} that an object may have."
        yield Refusal(("metadata", "annotations"), message, f"Too long: may not be more than {_ANNOTATIONS_SIZE} bytes")


def _topology(annotations: dict[str, Any]) -> Iterator[Refusal]:
    hints, mode = text(annotations.get(_HINTS)), text(annotations.get(_MODE))
    if hints is None or mode is None or hints is UNREAD or mode is UNREAD or hints == mode:
        return
    reason = invalid(mode, f"must match annotations[{_HINTS}] when both are specified")
    message = f"`{_MODE}` ('{mode}') and `{_HINTS}` ('{hints}') differ."
    yield Refusal(("metadata", "annotations", _MODE), message, reason, since=_TOPOLOGY_MODE_SINCE)
