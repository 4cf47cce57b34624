"""A Service as the API server reads it: with its defaults, and with what cannot be read apart.

`UNREAD` stands for a value that holds a placeholder or has the wrong type (`invalid-resource` reports that): nothing may be said of it.
Sources: Kubernetes 1.34 `pkg/apis/core/v1/defaults.go` SetDefaults_Service, `pkg/registry/core/service/storage` normalizeClusterIPs.
"""

from enum import Enum
from typing import Any, Final, TypeAlias

from k8slblint.model.placeholders import has_placeholder, is_blank
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource


class Unread(Enum):
    """The type of `UNREAD`."""

    UNREAD = "unread"


UNREAD: Final = Unread.UNREAD

Text: TypeAlias = str | Unread | None
Number: TypeAlias = int | Unread | None
Texts: TypeAlias = "tuple[str | Unread, ...] | Unread"

HEADLESS: Final = "None"


class Port(NamedTuple):
    """One element of `spec.ports`; `protocol` is never absent, and `target` is a text, a number, None or `UNREAD`."""

    name: Text
    port: Number
    protocol: str | Unread
    target: str | int | Unread | None
    node_port: Number
    app_protocol: Text


class ServiceFields(NamedTuple):
    """The fields of a Service's `spec` on which rules of the API server rest; `type` is never absent."""

    type: str | Unread
    ports: "tuple[Port | Unread, ...] | Unread"
    has_selector: bool | Unread
    cluster_ip: Text
    cluster_ips: Texts
    ip_families: Texts
    ip_family_policy: Text
    external_ips: Texts
    external_traffic_policy: Text

    @property
    def is_headless(self) -> bool | Unread:
        """Whether the Service asks for no cluster IP."""
        if self.cluster_ips is UNREAD or self.cluster_ip is UNREAD:
            return UNREAD
        return self.primary == HEADLESS and len(self.cluster_ips) <= 1

    @property
    def primary(self) -> Text:
        """The first cluster IP that is asked for (`None` as text for headless), or None."""
        if self.cluster_ip is UNREAD or self.cluster_ips is UNREAD:
            return UNREAD
        return self.cluster_ip or (self.cluster_ips[0] if self.cluster_ips else None)

    @property
    def needs_health_check(self) -> bool:
        """Whether the API server gives a `healthCheckNodePort`."""
        return self.type == "LoadBalancer" and self.external_traffic_policy == "Local"


def read(service: Resource) -> ServiceFields:
    """Read the fields of a Service; where a template may add fields, or `spec` is no mapping, what is absent is `UNREAD`."""
    spec = service.mapping("spec")
    absent = UNREAD if is_open(service) else None
    selector = spec.get("selector", absent)
    cluster_ip = _nonempty(text(spec.get("clusterIP", absent)))
    cluster_ips = texts(spec.get("clusterIPs"))
    return ServiceFields(
        type=text(spec.get("type", absent)) or "ClusterIP",
        ports=_ports(spec.get("ports", absent)),
        has_selector=bool(selector) if selector is None or isinstance(selector, dict) else UNREAD,
        cluster_ip=cluster_ip,
        cluster_ips=cluster_ips if cluster_ips or not isinstance(cluster_ip, str) else (cluster_ip,),
        ip_families=texts(spec.get("ipFamilies")),
        ip_family_policy=text(spec.get("ipFamilyPolicy", absent)),
        external_ips=texts(spec.get("externalIPs", absent)),
        external_traffic_policy=_nonempty(text(spec.get("externalTrafficPolicy", absent))),
    )


def is_open(service: Resource) -> bool:
    """Tell whether `spec` may hold more than can be read: a placeholder stands for a field or for all of them."""
    spec = service.get("spec")
    if isinstance(spec, dict):
        return any(has_placeholder(key) for key in spec)
    return spec is not None


def text(value: Any) -> Text:
    """Return a text that can be read."""
    if value is None:
        return None
    is_readable = isinstance(value, str) and not has_placeholder(value) and not is_blank(value)
    return value if is_readable else UNREAD


def number(value: Any) -> Number:
    """Return a whole number that can be read."""
    if value is None:
        return None
    return value if isinstance(value, int) and not isinstance(value, bool) else UNREAD


def texts(value: Any) -> Texts:
    """Return the texts of a list; an absent list is empty."""
    if value is None:
        return ()
    if not isinstance(value, list):
        return UNREAD
    return tuple(text(element) or (UNREAD if element is None else "") for element in value)


def _nonempty(value: Text) -> Text:
    return value or None


def _ports(value: Any) -> "tuple[Port | Unread, ...] | Unread":
    if value is None:
        return ()
    if not isinstance(value, list):
        return UNREAD
    return tuple(_port(element) if isinstance(element, dict) else UNREAD for element in value)


def _port(value: dict[str, Any]) -> Port:
    target = value.get("targetPort")
    return Port(
        name=_nonempty(text(value.get("name"))),
        port=number(value.get("port")),
        protocol=text(value.get("protocol")) or "TCP",
        target=_nonempty(text(target)) if isinstance(target, str) else number(target),
        node_port=number(value.get("nodePort")) or None,
        app_protocol=text(value.get("appProtocol")),
    )
