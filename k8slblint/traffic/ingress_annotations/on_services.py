"""Keys of Ingresses on a Service, where their controller does not look.

Source: kubernetes/ingress-nginx, `internal/ingress/annotations/annotations.go` (Extract takes an Ingress; annotations of Services are not
parsed). Other controllers read some keys of theirs on Services too, and are left out.
"""

from collections.abc import Mapping
from typing import Any

from k8slblint.catalog import ingress as catalog

_READING_INGRESSES_ONLY = ("ingress-nginx",)

_SNIFFED = "ingress"
"""What the domains of all these keys have in them."""


def keys_of_ingresses(annotations: Mapping[str, Any]) -> list[str]:
    """Return the keys among the annotations of a Service that are known, and read on Ingresses only."""
    sniffed = [key for key, value in annotations.items() if _SNIFFED in key and value is not None]
    found = ((key, catalog.lookup(key)) for key in sniffed)
    return [
        key
        for key, known in found
        if known is not None
        and known.controller in _READING_INGRESSES_ONLY
        and known.applies_to == ("Ingress",)
        and key.startswith(catalog.controllers()[known.controller].annotation_prefixes)
    ]
