"""Labels and images of Ingress controllers and Gateway data planes; `edge_proxies` of `catalogs/controllers.json`."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from k8slblint.catalog.controller_list import controller_list
from k8slblint.catalog.wildcards import fits
from k8slblint.model.records import NamedTuple


class EdgeProxy(NamedTuple):
    """One product: its name, the labels of its official workloads, and its image repositories (`*` is a wildcard)."""

    product: str
    labels: tuple[tuple[str, str], ...]
    images: tuple[str, ...]


def edge_proxy_of(labels: Mapping[str, Any], images: Iterable[str]) -> str | None:
    """Return the product that runs in a workload with these labels and images, or None."""
    by_image = {product for image in images for product in _products_of(image)}
    for proxy in _proxies():
        by_label = bool(proxy.labels) and all(labels.get(key) == value for key, value in proxy.labels)
        if by_label or proxy in by_image:
            return proxy.product
    return None


@lru_cache(maxsize=4096)
def _products_of(image: str) -> tuple[EdgeProxy, ...]:
    repository = _repository(image)
    return tuple(proxy for proxy in _proxies() if any(_is_of(repository, pattern) for pattern in proxy.images))


def _is_of(repository: str, pattern: str) -> bool:
    """Tell whether a repository is of a product, or a copy of one in another registry, whatever the folder there."""
    if fits(repository, pattern):
        return True
    registry, _, path = repository.partition("/")
    host, _, name = pattern.partition("/")
    return _is_host(registry) and f"/{path}".endswith(f"/{name if _is_host(host) else pattern}")


def _is_host(name: str) -> bool:
    return "." in name or ":" in name or name == "localhost"


def _repository(image: str) -> str:
    name = image.partition("@")[0]
    return name.rpartition(":")[0] if ":" in name.rpartition("/")[2] else name


@lru_cache(maxsize=1)
def _proxies() -> tuple[EdgeProxy, ...]:
    """Return the proxies, with the labels and images of their controllers where the proxy is no other workload."""
    catalog = controller_list()
    found = []
    for row in catalog["edge_proxies"]:
        controller = catalog["controllers"][row["controller"]]
        labels = row.get("labels", controller.get("workload_labels", {}))
        found.append(EdgeProxy(row["product"], tuple(labels.items()), tuple(row.get("images", controller.get("images", ())))))
    return tuple(found)
