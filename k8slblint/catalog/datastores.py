"""Knows databases, caches, queues and admin interfaces: their ports, images and customary port names; `catalogs/datastores.json`."""

from collections.abc import Iterable
from fnmatch import fnmatchcase
from functools import cache
from typing import NamedTuple

from k8slblint.catalog.controllers import repository_of
from k8slblint.shipped import read_json


class Datastore(NamedTuple):
    """A product that is made for trusted networks: `kind` in words, the ports it listens on, and those that alone tell it."""

    name: str
    kind: str
    ports: frozenset[int]
    telling_ports: frozenset[int]
    images: tuple[str, ...]
    port_names: frozenset[str]


def datastore_of_images(images: Iterable[str]) -> Datastore | None:
    """Return the product that runs from one of these images, whatever registry, tag and digest, or None."""
    repositories = [repository_of(image) for image in images]
    return next((known for known in _datastores() if any(_runs(known, repository) for repository in repositories)), None)


def datastore_of_port(number: int) -> Datastore | None:
    """Return the product that a port number alone tells, or None; 8080 and the like tell nothing."""
    return next((known for known in _datastores() if number in known.telling_ports), None)


def datastore_of_port_name(name: str) -> Datastore | None:
    """Return the product whose ports customarily have this name (`tcp-postgresql` too), or None."""
    words = {name, name.removeprefix("tcp-"), name.removesuffix("-tcp")}
    return next((known for known in _datastores() if words & known.port_names), None)


def _runs(datastore: Datastore, repository: str) -> bool:
    return any(_is_image(repository, known) for known in datastore.images)


def _is_image(repository: str, known: str) -> bool:
    if "/" not in known:
        return repository == known
    return fnmatchcase(repository, known) or fnmatchcase(repository, f"*/{known}")


@cache
def _datastores() -> tuple[Datastore, ...]:
    return tuple(
        Datastore(
            name=entry["name"],
            kind=entry["kind"],
            ports=frozenset(entry["ports"]),
            telling_ports=frozenset(entry.get("port_evidence", entry["ports"])),
            images=tuple(entry["images"]),
            port_names=frozenset(entry["names"]),
        )
        for entry in read_json("catalogs", "datastores.json")["products"]
    )
