"""Which keys a Secret has, by the objects that make it: itself (its values encrypted or not), a SealedSecret, an ExternalSecret.

Sources: Kubernetes API reference, Secret; sealed-secrets 0.32, `pkg/apis/sealedsecrets/v1alpha1/types.go`; external-secrets 1.0,
`apis/externalsecrets/v1/externalsecret_types.go`. No value is read.
"""

from collections.abc import Iterator

from k8slblint.model.resource import Resource

SECRET_KINDS = frozenset({"Secret", "SealedSecret.bitnami.com", "ExternalSecret.external-secrets.io"})
"""The kinds of objects that are, or make, a Secret."""

_HELD: dict[str, tuple[tuple[str, ...], ...]] = {
    "Secret": (("data",), ("stringData",)),
    "SealedSecret": (("spec", "encryptedData"), ("spec", "template", "data")),
    "ExternalSecret": (("spec", "target", "template", "data"),),
}


def secret_name(resource: Resource) -> str:
    """Return the name of the Secret that an object is or makes."""
    stated = resource.get("spec", "target", "name") if resource.kind == "ExternalSecret" else None
    return stated if isinstance(stated, str) and stated else resource.name


def secret_keys(resource: Resource) -> Iterator[str]:
    """Yield the keys that the Secret of an object has certainly."""
    for path in _HELD.get(resource.kind, ()):
        yield from resource.mapping(*path)
    if resource.kind == "ExternalSecret" and not resource.get("spec", "target", "template", "data"):
        entries = resource.sequence("spec", "data")
        keys = (entry.get("secretKey") for entry in entries if isinstance(entry, dict))
        yield from (key for key in keys if isinstance(key, str))


def has_all_keys(resource: Resource) -> bool:
    """Tell whether the Secret of an object has no other keys than those that the object names.

    What SOPS encrypts keeps its keys; an ExternalSecret may take all that a store has, or fill in a Secret that another makes.
    """
    if resource.kind == "Secret":
        return any(isinstance(resource.get(*path), dict) for path in _HELD["Secret"])
    if resource.kind == "SealedSecret":
        return isinstance(resource.get("spec", "encryptedData"), dict)
    target = resource.mapping("spec", "target")
    template = resource.mapping("spec", "target", "template")
    is_made = target.get("creationPolicy") in (None, "Owner", "Orphan") and template.get("mergePolicy") in (None, "Replace")
    return is_made and not resource.get("spec", "dataFrom") and not template.get("templateFrom")
