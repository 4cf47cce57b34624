"""Which hosts of an Ingress no TLS entry names, and which names of TLS entries no rule serves.

Sources: Kubernetes API reference 1.37, IngressTLS (an entry without hosts stands for all); RFC 6125 section 6.4.3 (a wildcard covers
one label); cert-manager 1.19 `pkg/controller/certificate-shim/sync.go` (a Certificate has the hosts of its TLS entry as names, no others).
"""

from collections import defaultdict
from collections.abc import Iterator

from k8slblint.catalog import ingress as catalog
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import INGRESS_KINDS
from k8slblint.model.placeholders import has_placeholder, is_blank
from k8slblint.model.resource import INGRESS_VALUES, Resource
from k8slblint.traffic.routing.value_hosts import Host, hosts_of_values

_ISSUANCE = "issuance"


def uncovered_hosts(ingress: Resource, graph: ResourceGraph) -> list[Host]:
    """Return the hosts of rules that no TLS entry of this Ingress, or of another one in the cluster, names, in order.

    Empty where nothing can be said: no TLS at all, an entry that stands for all hosts, a placeholder anywhere.
    """
    entries = ingress.sequence(*_place_of_tls(ingress))
    names = list(tls_names(ingress))
    if not entries or any(not isinstance(entry, dict) or not entry.get("hosts") for entry in entries) or not all(map(_is_plain, names)):
        return []
    rules = [host for host in rule_hosts(ingress) if _is_plain(host)]
    elsewhere = graph.derived(_names_by_cluster).get(graph.scope(ingress).cluster, frozenset())
    return [host for host in rules if not any(covers(name.name, host.name) for name in names) and not is_among(host.name, elsewhere)]


def is_named_with_tls(ingress: Resource, graph: ResourceGraph) -> bool:
    """Tell whether a TLS entry of any Ingress in the cluster names a host of this one, so that the controller has a certificate for it."""
    names = graph.derived(_names_by_cluster).get(graph.scope(ingress).cluster, frozenset())
    return any(is_among(host.name, names) for host in rule_hosts(ingress))


def unserved_names(ingress: Resource) -> list[Host]:
    """Return the names in TLS entries that no rule of the Ingress has as its host, in order."""
    hosts = [host.name for host in rule_hosts(ingress)]
    return [name for name in tls_names(ingress) if not any(covers(name.name, host) for host in hosts)]


def requests_certificates(ingress: Resource) -> bool:
    """Tell whether annotations have a certificate issued for exactly the names of the TLS entries."""
    known = (catalog.lookup(key) for key in ingress.annotations)
    return any(one is not None and one.if_ignored == _ISSUANCE and one.purpose.startswith("certificate") for one in known)


def rule_hosts(ingress: Resource) -> Iterator[Host]:
    """Yield the hosts that rules name; of an Ingress by values, those that the values list."""
    if ingress.type_name == INGRESS_VALUES:
        yield from hosts_of_values(ingress)
    for index, rule in enumerate(ingress.sequence("spec", "rules")):
        if isinstance(rule, dict) and isinstance(rule.get("host"), str) and rule["host"]:
            yield Host(("spec", "rules", index, "host"), rule["host"])


def tls_names(ingress: Resource) -> Iterator[Host]:
    """Yield the names that TLS entries list."""
    at = _place_of_tls(ingress)
    for index, entry in enumerate(ingress.sequence(*at)):
        hosts = entry.get("hosts") if isinstance(entry, dict) else None
        for position, host in enumerate(hosts if isinstance(hosts, list) else ()):
            if isinstance(host, str):
                yield Host((*at, index, "hosts", position), host)


def _place_of_tls(ingress: Resource) -> tuple[str, str]:
    return ("values", "tls") if ingress.type_name == INGRESS_VALUES else ("spec", "tls")


_OF_DOCUMENTATION = (
    *("example.com", "example.net", "example.org"),
    *("domain.com", "mydomain.com", "my-domain.com", "yourdomain.com", "your-domain.com", "domain.tld", "yourdomain.tld"),
)
"""Domains for documentation (RFC 2606), and those that people write instead: what names them is mostly not deployed as it is."""


def is_of_documentation(host: str) -> bool:
    """Tell whether a host is in a domain that stands for another one, also below `.example`."""
    name = host.lower().rstrip(".")
    return name.endswith(".example") or any(name == domain or name.endswith(f".{domain}") for domain in _OF_DOCUMENTATION)


_INSIDE = (".local", ".localhost", ".internal", ".test", ".lan", ".home.arpa", ".nip.io", ".sslip.io", ".svc")
"""Ends of names that no public certificate is issued for, or that stand for an address (RFC 6761, RFC 8375)."""


def is_of_inside(host: str) -> bool:
    """Tell whether a host is a name for the own network, by its end."""
    return host.lower().rstrip(".").endswith(_INSIDE)


def covers(name: str, host: str) -> bool:
    """Tell whether a name of a certificate covers a host: equal but for case, or `*.` in the place of its first label."""
    name, host = name.lower(), host.lower()
    if name == host:
        return True
    first, _, rest = host.partition(".")
    return bool(rest) and first != "*" and name == f"*.{rest}"


def is_among(host: str, names: frozenset[str]) -> bool:
    """Tell whether one of the names covers a host; looked up, as there may be many."""
    host = host.lower()
    return host in names or (not host.startswith("*.") and f"*.{host.partition('.')[2]}" in names)


def _is_plain(host: Host) -> bool:
    return not has_placeholder(host.name) and not is_blank(host.name)


def _names_by_cluster(graph: ResourceGraph) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for ingress in graph.of_type(*INGRESS_KINDS):
        found[graph.scope(ingress).cluster].update(name.name.lower() for name in tls_names(ingress))
    return {cluster: frozenset(names) for cluster, names in found.items()}
