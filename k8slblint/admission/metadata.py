"""What the API server refuses in the metadata of a Service, and of an object whose name is a DNS subdomain.

Sources: Kubernetes 1.34 `ValidateObjectMeta` (apimachinery `pkg/api/validation/objectmeta.go`), `ValidateServiceName`; KEP-5311
(RelaxedServiceNameValidation: beta and on in 1.36) for names that start with a digit; KEP-2433 for the topology annotations (1.27).
"""

from collections.abc import Callable, Iterator
from typing import Any

from k8slblint.admission import grammar
from k8slblint.admission.reading import UNREAD, text
from k8slblint.admission.refusal import Refusal, invalid, shown
from k8slblint.model.resource import Resource

_ANNOTATIONS_SIZE = 256 * 1024
_LAST_WITHOUT_DIGITS = 35
_TOPOLOGY_MODE_SINCE = 27
_HINTS = "service.kubernetes.io/topology-aware-hints"
_MODE = "service.kubernetes.io/topology-mode"


_RENAME = "Use lowercase letters, digits and hyphens; start and end with a letter or digit."
_VALUE = "Use up to 63 letters, digits, '-', '_' and '.'; start and end with a letter or digit."
_KEY = "Write `name` or `domain/name`, the name of up to 63 letters, digits, '-', '_' and '.'."


def metadata_refusals(service: Resource) -> Iterator[Refusal]:
    """Yield what is refused in `metadata`: names, namespace, labels, annotations."""
    yield from _name(("metadata", "name"), service.get("metadata", "name"))
    yield from _name(("metadata", "generateName"), service.get("metadata", "generateName"), is_prefix=True)
    yield from _of_every_object(service)
    yield from _topology(service.annotations)


def object_metadata_refusals(resource: Resource) -> Iterator[Refusal]:
    """Yield what is refused in `metadata` of a kind whose names are DNS subdomains (`NameIsDNSSubdomain`), as most are."""
    path = ("metadata", "name")
    name = text(resource.get(*path))
    broken = grammar.broken_subdomain(name) if isinstance(name, str) and name else None
    if broken:
        yield Refusal(path, "has a name that is not valid", invalid(name, broken), help=_RENAME)
    yield from _of_every_object(resource)


def _of_every_object(resource: Resource) -> Iterator[Refusal]:
    """Yield what is refused in namespace, labels and annotations of any object (`ValidateObjectMeta`)."""
    namespace = text(resource.get("metadata", "namespace"))
    broken = grammar.broken_label(namespace) if isinstance(namespace, str) and namespace else None
    if broken:
        fault = f"has namespace {shown(namespace)}, which is not valid"
        yield Refusal(("metadata", "namespace"), fault, invalid(namespace, broken), help=_RENAME)
    yield from _keys("labels", resource.labels, str)
    yield from label_values(("metadata", "labels"), resource.labels)
    yield from _keys("annotations", resource.annotations, str.lower)
    yield from _annotations_size(resource.annotations)


def label_values(path: tuple[str, ...], labels: dict[str, Any]) -> Iterator[Refusal]:
    """Yield the values of labels or of a selector that are refused."""
    for key, value in labels.items():
        known = text(value)
        broken = grammar.broken_label_value(known) if isinstance(known, str) else None
        if broken:
            yield Refusal(
                (*path, key), f"has {shown(known)}, which is not a valid label value", invalid(known, broken), field=path, help=_VALUE
            )


def label_keys(path: tuple[str, ...], keys: dict[str, Any], case: Callable[[str], str] = str) -> Iterator[Refusal]:
    """Yield the keys that are no qualified names, once `case` was applied to them."""
    for key in keys:
        known = text(key)
        broken = grammar.broken_qualified_name(case(known)) if isinstance(known, str) else None
        if broken:
            yield Refusal(
                (*path, key), f"has {shown(key)}, which is not a valid {_key_of(path)} key", invalid(key, broken), field=path, help=_KEY
            )


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
        yield Refusal(path, "has a name that is not valid", invalid(name, broken), earlier=earlier, help=_RENAME)
    elif broken_earlier:
        fault, help_ = "has a name that does not start with a letter", "Rename the Service."
        yield Refusal(path, fault, invalid(name, broken_earlier), until=_LAST_WITHOUT_DIGITS, help=help_)


def _annotations_size(annotations: dict[str, Any]) -> Iterator[Refusal]:
    size = sum(grammar.length(part) for pair in annotations.items() for part in pair if isinstance(part, str))
    if size > _ANNOTATIONS_SIZE:
        reason = f"Too long: may not be more than {_ANNOTATIONS_SIZE} bytes"
        label, help_ = f"{size} bytes", "Move the data to a ConfigMap."
        yield Refusal(("metadata", "annotations"), "has too many bytes of annotations", reason, label=label, help=help_)


def _topology(annotations: dict[str, Any]) -> Iterator[Refusal]:
    hints, mode = text(annotations.get(_HINTS)), text(annotations.get(_MODE))
    if hints is None or mode is None or hints is UNREAD or mode is UNREAD or hints == mode:
        return
    reason = invalid(mode, f"must match annotations[{_HINTS}] when both are specified")
    fault, label = "has `topology-mode` and `topology-aware-hints` that differ", f"`{_HINTS.rpartition('/')[2]}` is {shown(hints)}"
    help_ = f"Set both to the same value, or remove `{_HINTS}`."
    yield Refusal(("metadata", "annotations", _MODE), fault, reason, since=_TOPOLOGY_MODE_SINCE, label=label, help=help_)


def _key_of(path: tuple[str, ...]) -> str:
    """Name what the keys of a mapping are: of a label, an annotation, a selector."""
    return path[-1].removesuffix("s")
