"""The objects in ConfigMaps and values: pools, changes of what Istio makes for a Gateway, and the ingress rules of cloudflared.

The pools are those of MetalLB before 0.13 and of kube-vip.
"""

from collections.abc import Iterator

from k8slblint import documents
from k8slblint.loading.gateway_overlays import overlay_views
from k8slblint.loading.kube_vip_ranges import range_views
from k8slblint.loading.legacy_pools import pool_views
from k8slblint.loading.tunnel_rules import rule_views
from k8slblint.model.node import Node
from k8slblint.model.resource import GATEWAY_OVERLAY, KUBE_VIP_POOL, TUNNEL_RULES


def held_views(chunk: documents.Chunk, text: str, kind: str) -> Iterator[Node]:
    """Yield the objects of a kind that the ConfigMaps or values of a document hold; `text` is that of the file."""
    if kind == KUBE_VIP_POOL:
        return range_views(chunk)
    if kind == TUNNEL_RULES:
        return rule_views(chunk, text)
    return overlay_views(chunk, text) if kind == GATEWAY_OVERLAY else pool_views(chunk, text)
