"""The hosts that Helm values give the Ingress or the route of a chart."""

from collections.abc import Iterator

from k8slblint.model.location import Path
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import ROUTE_VALUES, Resource

HOST_KEYS = ("hosts", "host", "hostname")
"""Settings of an Ingress: a list of texts, or of mappings with `host` (`helm create`); one text, as charts of Bitnami have it."""


class Host(NamedTuple):
    """A host and where it is written."""

    path: Path
    name: str


def hosts_of_values(values: Resource) -> Iterator[Host]:
    """Yield the hosts of an Ingress or a route by values, in order."""
    if values.type_name == ROUTE_VALUES:
        yield from _texts(("spec", "hostnames"), values.sequence("spec", "hostnames"))
        return
    for key in HOST_KEYS:
        written = values.get("values", key)
        yield from _texts(("values", key), written) if isinstance(written, list) else _text(("values", key), written)


def _texts(at: Path, written: list[object]) -> Iterator[Host]:
    for index, one in enumerate(written):
        yield from _text((*at, index, "host"), one.get("host")) if isinstance(one, dict) else _text((*at, index), one)


def _text(at: Path, written: object) -> Iterator[Host]:
    if isinstance(written, str) and written:
        yield Host(at, written)
