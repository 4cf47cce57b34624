"""Knows by which labels and images an Ingress controller or Gateway data plane is recognised; `catalogs/edge-proxies.json`."""

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any, NamedTuple

from k8slblint.shipped import read_json


class EdgeProxy(NamedTuple):
    """One product: its name, the labels of its official workloads, and its image repositories (`*` is a wildcard)."""

    product: str
    labels: tuple[tuple[str, str], ...]
    images: tuple[str, ...]


def edge_proxy_of(labels: Mapping[str, Any], images: Iterable[str]) -> str | None:
    """Return the product that runs in a workload with these labels and images, or None."""
    repositories = [_repository(image) for image in images]
    for proxy in _proxies():
        by_label = bool(proxy.labels) and all(labels.get(key) == value for key, value in proxy.labels)
        if by_label or any(fnmatchcase(repository, pattern) for repository in repositories for pattern in proxy.images):
            return proxy.product
    return None


def _repository(image: str) -> str:
    name = image.partition("@")[0]
    return name.rpartition(":")[0] if ":" in name.rpartition("/")[2] else name


@lru_cache(maxsize=1)
def _proxies() -> tuple[EdgeProxy, ...]:
    entries = read_json("catalogs", "edge-proxies.json")["proxies"]
    return tuple(EdgeProxy(entry["product"], tuple(entry["labels"].items()), tuple(entry["images"])) for entry in entries)
