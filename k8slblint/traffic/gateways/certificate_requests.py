"""Which certificates cert-manager is asked for on an Ingress or Gateway, and does not request.

Source: cert-manager/cert-manager 2d0d7f7f `pkg/controller/certificate-shim/sync.go` (issuerForIngressLike refuses issuers that exclude each
other, checkForDuplicateSecretNames two entries for one Secret, validateIngressTLSBlock an entry without hosts or Secret, which is skipped).
"""

from collections.abc import Iterator
from typing import Any, Literal

from k8slblint.catalog.ingress import lookup
from k8slblint.model.location import Path
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.traffic.gateways.dns_keys import READ_ON_GATEWAYS, beginnings

_ENTRIES: Path = ("spec", "tls")


class RefusedRequest(NamedTuple):
    """A certificate that is not requested: the key that asks for it, where the fault is, and what it is.

    `other` is a key that excludes it (`beside`), the Secret of two entries (`twice`), or the field that the entries lack (`incomplete`).
    """

    key: str
    path: Path
    fault: Literal["beside", "twice", "incomplete"]
    other: str


def refused_requests(resource: Resource) -> Iterator[RefusedRequest]:
    """Yield the certificate that an object asks for and does not get, once.

    Silent where one entry of an Ingress gets its certificate: the others may have theirs from elsewhere.
    """
    if resource.kind not in READ_ON_GATEWAYS:
        return
    for key, value in resource.annotations.items():
        known = lookup(key) if isinstance(value, str) and value and key.startswith(beginnings()) else None
        if known is None or not known.refused_beside:
            continue
        other = next((one for one in known.refused_beside if isinstance(resource.annotations.get(one), str)), None)
        if other is not None:
            yield RefusedRequest(key, ("metadata", "annotations", key), "beside", other)
        elif resource.kind == "Ingress":
            yield from _of_entries(key, resource)
        return


def _of_entries(key: str, ingress: Resource) -> Iterator[RefusedRequest]:
    entries = ingress.sequence(*_ENTRIES)
    if not entries or not all(isinstance(entry, dict) for entry in entries):
        return
    seen: set[str] = set()
    for index, entry in enumerate(entries):
        secret = entry.get("secretName")
        if isinstance(secret, str) and secret in seen:
            yield RefusedRequest(key, (*_ENTRIES, index, "secretName"), "twice", secret)
            return
        seen.update([secret] if isinstance(secret, str) and secret else [])
    missing = [_missing(entry) for entry in entries]
    if all(missing):
        yield RefusedRequest(key, (*_ENTRIES, 0), "incomplete", missing[0])


def _missing(entry: dict[str, Any]) -> str:
    """Return the field without which an entry is skipped, empty where it has both."""
    return next((field for field in ("secretName", "hosts") if not entry.get(field)), "")
