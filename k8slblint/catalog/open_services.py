"""Services whose clients are anywhere: calls, games, mail, private networks, peers; the facts are in `catalogs/open-services.json`."""

from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from typing import Any

from k8slblint.catalog.images import is_image, repository_of
from k8slblint.shipped import read_json


def is_open_service(port: Mapping[str, Any], images: Iterable[str]) -> bool:
    """Tell whether a port of a Service is for clients anywhere: by its number, by a word of its name, or as UDP of such an image."""
    name = port.get("name")
    numbers = {number for number in (port.get("port"), port.get("targetPort")) if isinstance(number, int)}
    if not _ports().isdisjoint(numbers) or (isinstance(name, str) and not _words().isdisjoint(name.lower().split("-"))):
        return True
    return port.get("protocol") == "UDP" and any(map(_serves_all_by_udp, images))


@lru_cache(maxsize=1024)
def _serves_all_by_udp(image: str) -> bool:
    repository = repository_of(image)
    return any(is_image(repository, known) for row in _services() if row.get("udp_of_image") for known in row["images"])


@cache
def _ports() -> frozenset[int]:
    return frozenset(port for row in _services() for port in row["ports"])


@cache
def _words() -> frozenset[str]:
    return frozenset(word for row in _services() for word in row["names"])


@cache
def _services() -> tuple[dict[str, Any], ...]:
    return tuple(read_json("catalogs", "open-services.json")["services"])
