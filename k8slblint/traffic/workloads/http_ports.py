"""Which ports of a Service serve HTTP, by number, name and `appProtocol`."""

from collections.abc import Mapping
from typing import Any

from k8slblint.model.patterns import pattern

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
