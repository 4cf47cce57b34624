"""The ranges of kube-vip's cloud provider, which are entries of a ConfigMap.

Source: kube-vip-cloud-provider d3522c6 pkg/provider/loadBalancer.go (`cidr-NAMESPACE`, `range-NAMESPACE`, `global` for all).
"""

from collections.abc import Iterator

from k8slblint import documents
from k8slblint.loading.config_texts import config_maps
from k8slblint.loading.views import view
from k8slblint.model.node import Node

_NAME = "kubevip"
_KEYS = ("cidr-", "range-")


def range_views(chunk: documents.Chunk) -> Iterator[Node]:
    """Yield the ConfigMap of the cloud provider with its ranges as `spec`."""
    for one in config_maps(chunk):
        metadata, data = one.child("metadata"), one.child("data")
        if metadata is None or data is None or not isinstance(metadata.value, dict) or metadata.value.get("name") != _NAME:
            continue
        spec = {key: pair for key, pair in data.members.items() if key.startswith(_KEYS) and isinstance(pair[1].value, str)}
        if spec:
            members = {"metadata": one.members["metadata"], "spec": (one.members["data"][0], view({}, spec, data))}
            yield view({"apiVersion": "kube-vip/v1", "kind": "ConfigMap"}, members, one)
