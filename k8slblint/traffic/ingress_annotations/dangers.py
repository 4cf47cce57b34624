"""Which annotations of an Ingress inject configuration into a release of the controller that does not keep it out, or contain a secret.

Sources: `catalogs/annotations/` (`injection`: the CVE of a key and the releases that fix it); RFC 7617 (Basic), RFC 6750 (Bearer), RFC 3986
(user information in a URL).
"""

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Literal

from k8slblint.catalog import ingress as catalog
from k8slblint.catalog.annotations import compiled
from k8slblint.catalog.ingress import IngressAnnotation, Injection
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.patterns import pattern
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.traffic.annotations.service_annotations import is_unfilled
from k8slblint.traffic.ingress_annotations.values import ingress_misreadings, readers_of
from k8slblint.traffic.ownership.controller_releases import Release, release_of, releases_in

_LONGEST = 20_000

_USER_INFORMATION = pattern(r"://[^\s/@:$]{1,200}:([^\s/@$]{1,200})@")
_CREDENTIALS = pattern(r"(?i)\bauthorization\b[^\n\w$]{1,8}(basic|bearer)\s{1,3}([A-Za-z0-9+/._~=-]{8,400})(?![\w$])")
"""What a header is set to; a variable of the proxy (`$http_authorization`) is none."""

_SHORTEST_TOKEN = 20
"""Shorter ones are words: `Bearer your-token`."""

_SAMPLES = ("pass", "password", "passwd", "secret", "changeme", "xxx", "token")


class Danger(NamedTuple):
    """A key whose value injects configuration into `release`, or holds a secret: of `secret` whole, as `password` or `credentials`."""

    key: str
    kind: Literal["injection", "secret", "password", "credentials"]
    reader: str
    injection: Injection | None = None
    release: Release | None = None


def ingress_dangers(ingress: Resource, graph: ResourceGraph) -> Iterator[Danger]:
    """Yield the dangerous values that every controller which may serve the Ingress reads; those that it refuses are judged elsewhere."""
    refused: frozenset[str] | None = None
    for key, value in ingress.annotations.items():
        annotation = catalog.lookup(key) if isinstance(value, str) and value.strip() and len(value) <= _LONGEST else None
        if annotation is None or not annotation.is_known_key or annotation.not_routing or "Ingress" not in annotation.applies_to:
            continue
        danger = _danger_of(key, value.strip(), annotation, ingress, graph)
        if danger is not None:
            refused = frozenset(one.key for one in ingress_misreadings(ingress, graph) if one.is_grave) if refused is None else refused
            if key not in refused:
                yield danger


def _danger_of(key: str, text: str, annotation: IngressAnnotation, ingress: Resource, graph: ResourceGraph) -> Danger | None:
    kind = _kind_of(text, annotation)
    readers = readers_of(key, annotation, ingress, graph) if kind is not None else ()
    if kind is None or not readers:
        return None
    if kind != "injection" or annotation.injection is None:
        return Danger(key, kind, readers[0])
    releases = releases_in(graph.scope(ingress).cluster, graph, annotation.controller)
    if len(readers) > 1 or not releases or not all(is_vulnerable(release, annotation.injection.fixed_in) for release in releases):
        return None
    return Danger(key, kind, readers[0], annotation.injection, max(releases))


def _kind_of(text: str, annotation: IngressAnnotation) -> Literal["injection", "secret", "password", "credentials"] | None:
    if annotation.injection is not None and compiled(annotation.injection.pattern).search(text):
        return "injection"
    if is_unfilled(text):
        return None
    if annotation.secret:
        return "secret"
    found = _USER_INFORMATION.search(text)
    if found is not None and found[1].lower() not in _SAMPLES:
        return "password"
    return "credentials" if any(map(_is_secret, _CREDENTIALS.finditer(text))) else None


def _is_secret(found: re.Match[str]) -> bool:
    """Tell whether what follows `Basic` is a name and a password, and what follows `Bearer` as long as a token."""
    if found[1].lower() == "bearer":
        return len(found[2]) >= _SHORTEST_TOKEN and any(letter.isdigit() for letter in found[2])
    try:
        return b":" in base64.b64decode(found[2], validate=True)
    except (binascii.Error, ValueError):
        return False


def is_vulnerable(release: Release, fixed_in: tuple[str, ...]) -> bool:
    """Tell whether a release is before the fixed ones: that of its own minor version, or the first of all where it has none."""
    fixed = [found for found in map(release_of, fixed_in) if found is not None]
    own = [one for one in fixed if one[:2] == release[:2]]
    return all(release < one for one in own) if own else release < max(fixed, default=release)
