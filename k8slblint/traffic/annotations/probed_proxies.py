"""Ports whose application protocol sets the probe of a load balancer to HTTP, and which proxy behind them answers such a probe.

Source: kubernetes-sigs/cloud-provider-azure 20b4af06 pkg/provider/azure_loadbalancer_healthprobe.go (`buildHealthProbeRulesForPort`).
"""

from collections.abc import Iterator

from k8slblint.catalog import services
from k8slblint.graph.answers import Absent, Answer, Found, Unknown
from k8slblint.graph.containers import main_containers_of
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import INGRESS_KINDS
from k8slblint.graph.relations.workloads import workloads_of
from k8slblint.model.location import Path
from k8slblint.model.resource import Resource
from k8slblint.traffic.workloads.proxies import edge_proxy_behind

_HTTP = ("http", "https")

_OTHER_ANSWER = "--default-backend-service"
"""The argument of ingress-nginx, and of controllers made after it, that names who answers requests for hosts of no Ingress."""


def probed_proxy(service: Resource, graph: ResourceGraph) -> Answer[tuple[str, Path]]:
    """Return the proxy that answers HTTP probes of a Service's ports, and the path of the first port's application protocol.

    `Absent` where no port has such a protocol or no known proxy is behind it, unknown where something answers every host, a probe too.
    """
    path = next(_http_ports(service), None)
    proxy = _answering(service, graph) if path is not None else Absent()
    return (
        Found((proxy.value, path)) if path is not None and isinstance(proxy, Found) else proxy if isinstance(proxy, Unknown) else Absent()
    )


def proxy_behind_plain_ports(service: Resource, graph: ResourceGraph) -> Answer[str]:
    """Return the proxy that answers probes of a Service's ports, none of which states an application protocol."""
    ports = service.sequence("spec", "ports")
    if any(not isinstance(port, dict) or port.get("appProtocol") is not None for port in ports):
        return Absent()
    return (
        Unknown("annotations for single ports may decide") if any(map(_is_of_one_port, service.annotations)) else _answering(service, graph)
    )


def _is_of_one_port(key: str) -> bool:
    entry = services.find(key)
    return entry is not None and "port" in services.parts_of_key(entry, key)


def _answering(service: Resource, graph: ResourceGraph) -> Answer[str]:
    proxy = edge_proxy_behind(service, graph)
    if proxy is None:
        return Absent()
    cluster = graph.scope(service).cluster
    ingress = next((one for one in graph.in_cluster(cluster, *INGRESS_KINDS) if _takes_every_host(one)), None)
    if ingress is not None:
        return Unknown(f"{ingress.id} answers requests for every host, also those of a health probe")
    if _has_default_backend(service, graph):
        return Unknown(f"{proxy} has a default backend, which answers health probes")
    return Found(proxy)


def _http_ports(service: Resource) -> Iterator[Path]:
    for index, port in enumerate(service.sequence("spec", "ports")):
        protocol = port.get("appProtocol") if isinstance(port, dict) and port.get("protocol") in (None, "TCP") else None
        if isinstance(protocol, str) and protocol.strip().lower() in _HTTP:
            yield "spec", "ports", index, "appProtocol"


def _takes_every_host(ingress: Resource) -> bool:
    if any(ingress.mapping("spec", field) for field in ("defaultBackend", "backend")):
        return True
    rules = [rule for rule in ingress.sequence("spec", "rules") if isinstance(rule, dict)]
    return any(not rule.get("host") for rule in rules)


def _has_default_backend(service: Resource, graph: ResourceGraph) -> bool:
    answer = workloads_of(service, graph)
    workloads = answer.value if isinstance(answer, Found) else ()
    return any(word.startswith(_OTHER_ANSWER) for workload in workloads for word in _words(workload))


def _words(workload: Resource) -> Iterator[str]:
    for _, container in main_containers_of(workload):
        for field in ("command", "args"):
            words = container.get(field)
            yield from (word for word in words if isinstance(word, str)) if isinstance(words, list) else ()
