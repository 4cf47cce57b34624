"""Whether an Ingress or a Gateway restricts its clients: authentication, a list of addresses, a firewall."""

from k8slblint.catalog import ingress as catalog
from k8slblint.catalog import services as annotations
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import GATEWAY
from k8slblint.model.resource import Resource
from k8slblint.traffic.policies.clients import is_access_controlled

_PROTECTING = ("auth", "firewall", "source-ranges", "security-groups")


def is_protected(edge: Resource, graph: ResourceGraph) -> bool:
    """Tell whether an annotation of an Ingress or a Gateway may keep somebody out, whoever reads it and whatever it says, or a policy does.

    Where annotations come to naught is the matter of other rules; middleware that is only named may well ask for a login.
    """
    if edge.type_name == GATEWAY and is_access_controlled(edge, graph):
        return True
    return any(_protects(str(key)) for key in edge.annotations)


def _protects(key: str) -> bool:
    known = catalog.lookup(key)
    if known is not None and (known.if_ignored == "exposure" or not known.is_known_key):
        return True
    entry = annotations.find(key) if annotations.prefix_of(key) else None
    return entry is not None and entry.decides in _PROTECTING and entry.limits
