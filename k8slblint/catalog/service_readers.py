"""How the readers of Service annotations behave: invalid values, spaces, `spec.loadBalancerIP`.

What holds for all keys of a controller is in `catalogs/controllers.json`, what is particular to a key in its entry.
"""

from collections.abc import Collection
from typing import Any, Literal, TypeAlias

from k8slblint.catalog import services
from k8slblint.catalog.controller_list import controller_list
from k8slblint.catalog.services import ServiceAnnotation
from k8slblint.model.records import NamedTuple

InvalidEffect: TypeAlias = Literal["refused", "unfinished", "default", "false", "other", "unknown"]
"""What a controller does with a value that it does not take: it reports an error and makes and changes nothing, or stops only when the
load balancer is there already, goes on as if the key were not there, counts the text as false, does something of its own with this key,
or it is not known."""


class OnInvalid(NamedTuple):
    """What a controller does with a value that it does not take; `words` are a predicate to its name, None where nothing is known."""

    effect: InvalidEffect
    words: str | None = None


class AddressField(NamedTuple):
    """How a controller reads `spec.loadBalancerIP`, and the keys that take its place; `note` says what those keys take.

    `if_no_address` is what it does with a text that is not an IP address, None where that is not known.
    """

    reading: Literal["read", "ignored", "refused", "unknown"]
    instead: tuple[str, ...] = ()
    note: str | None = None
    if_no_address: Literal["ignored", "refused"] | None = None


_WORDS: dict[str, str] = {
    "unfinished": "stops with an error: a new Service gets no address, and later changes have no effect",
    "refused": "refuses it, and neither provisions nor updates the load balancer until it is corrected",
    "default": "goes on as if the key were not there",
    "false": "counts it as 'false'",
}


def on_invalid(reader: str, annotation: ServiceAnnotation) -> OnInvalid:
    """Return what a controller does with a value of a key that is outside what the key takes."""
    own = _entry_with_facts(annotation).if_invalid.get(reader)
    if own is not None:
        return _effect(own)
    known = _controllers().get(reader, {}).get("service_values", {}).get("if_invalid", {})
    effect = known.get(annotation.value.type) or known.get("any")
    return OnInvalid(effect, _WORDS[effect]) if effect is not None else OnInvalid("unknown")


def on_empty(reader: str, annotation: ServiceAnnotation) -> OnInvalid | None:
    """Return what a controller does with the empty text for a key that it does not take it for, None where it is as if it were not set."""
    entry = _entry_with_facts(annotation)
    own = entry.if_empty.get(reader)
    if own is not None:
        return None if own == "default" else _effect(own)
    types = _controllers().get(reader, {}).get("service_values", {}).get("refuses_empty", ())
    is_refused = services.value_for(entry, reader).type in types and reader not in entry.if_invalid
    return on_invalid(reader, annotation) if is_refused else None


def _effect(said: str) -> OnInvalid:
    """Return an effect that an entry names, by its word or as a predicate."""
    for effect in ("refused", "unfinished", "default", "false"):
        if said == effect:
            return OnInvalid(effect, _WORDS[effect])
    return OnInvalid("other", said)


def says_default(annotation: ServiceAnnotation, text: str) -> bool:
    """Tell whether a text that no controller knows asks for just what happens without the key."""
    return text.strip().lower() in _entry_with_facts(annotation).says_default


def instead_of(annotation: ServiceAnnotation, value: object) -> str | None:
    """Return what to write in place of a deprecated value of a key, as a phrase, or None where nothing is known."""
    return _entry_with_facts(annotation).instead_of.get(value) if isinstance(value, str) else None


def json_members(annotation: ServiceAnnotation) -> tuple[str, ...] | None:
    """Return the members one of which the JSON object in a key's value must have; none: any; None: it need not be an object."""
    return _entry_with_facts(annotation).members


def is_ignored_without(annotation: ServiceAnnotation) -> bool:
    """Tell whether a key is passed over, and not refused, where the setting is missing that it requires."""
    return _entry_with_facts(annotation).ignored_without


def is_contested(reader: str, key: str) -> bool:
    """Tell whether a controller's documentation contradicts itself about reading a key."""
    annotation = services.find(key)
    return annotation is not None and reader in _entry_with_facts(annotation).contested_for


def is_shared_prefix(prefix: str) -> bool:
    """Tell whether other tools, or newer releases, may read keys with a prefix that the catalog does not know."""
    return services.is_shared_prefix(prefix)


def address_field(reader: str, *, ipv6: bool = False) -> AddressField | None:
    """Return how a controller reads `spec.loadBalancerIP` and what takes its place, or None where that is not known."""
    row = _controllers().get(reader, {}).get("address_field")
    if row is None:
        return None
    instead = row.get("instead_for_ipv6") if ipv6 else None
    return AddressField(row["reading"], tuple(instead or row.get("instead", ())), row.get("note"), row.get("if_no_address"))


def controllers_of_address_keys(keys: Collection[str]) -> tuple[str, ...]:
    """Return the controllers that read one of some keys in place of `spec.loadBalancerIP`."""
    rows = ((name, row.get("address_field", {})) for name, row in _controllers().items())
    return tuple(name for name, row in rows if any(key in keys for key in (*row.get("instead", ()), *row.get("instead_for_ipv6", ()))))


def drops_host_bits(reader: str) -> bool:
    """Tell whether a controller drops a source range with bits after its prefix, and then blocks all that no other range allows."""
    return "source_ranges" in _controllers().get(reader, {})


def address_field_deprecated_since() -> str:
    """Return the release of Kubernetes (`1.24`) that deprecated `spec.loadBalancerIP`."""
    since: str = controller_list()["address_field"]["deprecated_since"]
    return since


def _entry_with_facts(annotation: ServiceAnnotation) -> ServiceAnnotation:
    """Return the entry that says how values are read: of an alias, that of the key it is an alias of."""
    return (services.find(annotation.alias_of) if annotation.alias_of else None) or annotation


def _controllers() -> dict[str, dict[str, Any]]:
    controllers: dict[str, dict[str, Any]] = controller_list()["controllers"]
    return controllers
