"""The objects that are texts in ConfigMaps: address pools of MetalLB before 0.13, and changes of what Istio makes for a Gateway."""

from collections.abc import Iterator

from k8slblint import documents
from k8slblint.loading.gateway_overlays import overlay_views
from k8slblint.loading.legacy_pools import pool_views
from k8slblint.model.node import Node
from k8slblint.model.resource import GATEWAY_OVERLAY


def held_views(chunk: documents.Chunk, text: str, kind: str) -> Iterator[Node]:
    """Yield the objects of a kind that the ConfigMaps of a document hold; `text` is that of the file."""
    return overlay_views(chunk, text) if kind == GATEWAY_OVERLAY else pool_views(chunk, text)
