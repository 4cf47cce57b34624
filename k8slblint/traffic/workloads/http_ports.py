"""Which ports of a Service serve HTTP: by number, name and `appProtocol`, or by the image of its Pods."""

from collections.abc import Mapping
from typing import Any

from k8slblint.catalog.datastores import datastores_of_image
from k8slblint.graph.answers import Found
from k8slblint.graph.containers import images_of
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.relations.workloads import workloads_of
from k8slblint.model.patterns import pattern
from k8slblint.model.resource import Resource

_PORTS = (80, 443, 8080, 8443)

_NAMES = ("http", "https", "http2", "web", "websecure", "h2c")
"""Customary names; Istio reads them up to the first `-` (Istio 1.27, "Protocol Selection")."""

_NUMBERED = pattern(r"^(https?)\d+$")
"""Names of one HTTP port of several: `http81`, `https8444`."""

_APP_PROTOCOLS = (*_NAMES, "kubernetes.io/h2c", "kubernetes.io/ws", "kubernetes.io/wss")
"""IANA names, and those of KEP-3726."""


def serves_http(port: Mapping[str, Any]) -> bool:
    """Tell whether a port of a Service serves HTTP, with TLS or without."""
    if (port.get("protocol") or "TCP") != "TCP":
        return False
    names = {_NUMBERED.sub(r"\1", str(port.get(field) or "").partition("-")[0]) for field in ("name", "targetPort")}
    return port.get("port") in _PORTS or not names.isdisjoint(_NAMES) or port.get("appProtocol") in _APP_PROTOCOLS


def is_plain_by_image(service: Resource, port: Mapping[str, Any], graph: ResourceGraph) -> bool:
    """Tell whether an image of the Pods is that of a product which speaks plain HTTP at the target, although TLS is the custom there."""
    selected = workloads_of(service, graph)
    target = port.get("targetPort") or port.get("port")
    images = (image for one in (selected.value if isinstance(selected, Found) else ()) for image in images_of(one))
    return any(target in store.plain for image in images for store in datastores_of_image(image))
