"""What a ConfigMap changes in the objects that Istio makes for a Gateway: its values are patches in YAML, one for each object.

Source: istio/istio 86c9f01f `pilot/pkg/config/kube/gatewaycommon/deploymentcontroller.go` (`supportedOverlays`, `applyOverlay`,
`fetchParameters`: a ConfigMap with any other key is refused). Only the patch of the Service is read.
"""

from collections.abc import Iterator

from k8slblint import documents
from k8slblint.loading.config_texts import config_maps, inner
from k8slblint.loading.plain_text import OVERLAYS
from k8slblint.loading.views import view
from k8slblint.model.node import Node
from k8slblint.model.resource import GATEWAY_OVERLAY

_SERVICE = "service"

_IDENTITY = ("name", "namespace", "labels")


def overlay_views(chunk: documents.Chunk, text: str) -> Iterator[Node]:
    """Yield each such ConfigMap of a document as an object of kind `GatewayOverlay` with its name; `text` is that of the file."""
    for config_map in config_maps(chunk):
        values = config_map.value.get("data")
        if not isinstance(values, dict) or not values or not values.keys() <= set(OVERLAYS):
            continue  # before anybody asks for places
        data, metadata = config_map.members.get("data"), config_map.members.get("metadata")
        if data is None or metadata is None or data[1].aliased or metadata[1].aliased:
            continue
        service = data[1].members.get(_SERVICE)
        read = _read(service[1], text) if service is not None else view({}, {}, data[1])
        if read is not None:
            key = service[0] if service is not None else data[0]
            named = {field: pair for field, pair in metadata[1].members.items() if field in _IDENTITY}
            patches = view({}, {_SERVICE: (key, read)}, data[1])
            members = {"metadata": (metadata[0], view({}, named, metadata[1])), "data": (data[0], patches)}
            yield view({"apiVersion": "", "kind": GATEWAY_OVERLAY}, members, config_map)


def _read(scalar: Node, text: str) -> Node | None:
    read = inner(scalar, text) if isinstance(scalar.value, str) else None
    return read if read is not None and isinstance(read.value, dict) else None
