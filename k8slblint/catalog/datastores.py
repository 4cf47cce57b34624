"""Databases, caches, queues and consoles by image, port and name; the facts are in `catalogs/datastores.json`."""

from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Any, Literal, TypeAlias

from k8slblint.catalog.images import is_image, repository_of, tag_of
from k8slblint.catalog.wildcards import fits
from k8slblint.model.records import NamedTuple
from k8slblint.shipped import read_json

What: TypeAlias = Literal["database", "cache", "queue", "configuration store", "control port", "monitoring", "admin console"]


class Datastore(NamedTuple):
    """A product that holds data or controls something, and is seldom meant for the internet.

    `ports` are where it listens at the Pod (with `any_declared_port` wherever its container says so); `typical` are those whose number
    alone tells what it is, `http` those that speak HTTP, `plain` without TLS where TLS is the custom, `grpc` gRPC, `udp` those that are
    open for UDP too. `asks_login` tells whether it asks for credentials over HTTP unless it is told not to. `images` are repositories
    without registry, some with a tag (`*` is a wildcard), `words` what it is called in names.
    """

    product: str
    what: What
    ports: frozenset[int]
    typical: frozenset[int]
    http: frozenset[int]
    plain: frozenset[int]
    grpc: frozenset[int]
    udp: frozenset[int]
    any_declared_port: bool
    asks_login: bool
    images: tuple[str, ...]
    words: frozenset[str]
    source: str
    as_of: str

    def listens(self, port: int, protocol: str) -> bool:
        """Tell whether it is reached at this port of the Pod."""
        return port in (self.udp if protocol == "UDP" else self.ports) and protocol in ("TCP", "UDP")

    def speaks(self, port: int, protocol: str | None) -> bool:
        """Tell whether it may speak what the name of a port says (`http` or `grpc`), None for a name that says neither."""
        return protocol is None or port in (self.http if protocol == "http" else self.grpc)


@cache
def datastores() -> tuple[Datastore, ...]:
    """Return all of them."""
    return tuple(map(_datastore, _catalog()["stores"]))


@lru_cache(maxsize=1024)
def datastores_of_image(image: str) -> tuple[Datastore, ...]:
    """Return all that may run from an image: some hold several things, each with its own ports."""
    repository, tag = repository_of(image), tag_of(image)
    return tuple(store for store in datastores() if any(_is_image(repository, tag, known) for known in store.images))


@lru_cache(maxsize=1024)
def is_other(image: str, port: int) -> bool:
    """Tell whether an image is that of a product which listens at a port and is none of these."""
    repository = repository_of(image)
    rows = _catalog()["others"]
    return any(port in row["ports"] and any(is_image(repository, known) for known in row["images"]) for row in rows)


def datastore_of_port(port: int, protocol: str, words: Iterable[str], spoken: str | None = None) -> Datastore | None:
    """Return what listens at a port, if the number alone tells it or one of the words does, or None.

    Words come first: of several products with one port, it is the one that is named. The number alone tells nothing where the name of
    the port says that something else is `spoken` there (`http` or `grpc`).
    """
    named = frozenset(words)
    known = [store for store in _by_port().get(port, ()) if store.listens(port, protocol)]
    by_word = next((store for store in known if store.words & named), None)
    return by_word or next((store for store in known if port in store.typical and store.speaks(port, spoken)), None)


def datastore_of_chart(name: str) -> Datastore | None:
    """Return the product with clients of its own protocol that a Helm chart is called after, or None."""
    return next((store for store in datastores() if store.what in _OF_CHARTS and name in store.words), None)


_OF_CHARTS = frozenset({"database", "cache", "queue"})


def _is_image(repository: str, tag: str, known: str) -> bool:
    name, colon, wanted = known.partition(":")
    return is_image(repository, name) and (not colon or fits(tag, wanted))


@cache
def _catalog() -> dict[str, Any]:
    content: dict[str, Any] = read_json("catalogs", "datastores.json")
    return content


@cache
def _by_port() -> dict[int, tuple[Datastore, ...]]:
    ports = sorted({port for store in datastores() for port in store.ports})
    return {port: tuple(store for store in datastores() if port in store.ports) for port in ports}


def _datastore(row: dict[str, Any]) -> Datastore:
    sets = {name: frozenset(row.get(name, ())) for name in ("ports", "typical", "http", "plain", "grpc", "udp", "words")}
    return Datastore(
        product=row["product"],
        what=row["what"],
        any_declared_port=row.get("any_declared_port", False),
        asks_login=row.get("asks_login", False),
        images=tuple(row["images"]),
        source=row["source"],
        as_of=row["date"],
        **sets,
    )
