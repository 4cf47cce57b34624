"""Which database, cache, queue or console receives the traffic: by image, by port, and by names."""

from collections.abc import Iterator
from typing import Any

from k8slblint.catalog import datastores as catalog
from k8slblint.catalog.datastores import Datastore
from k8slblint.catalog.images import repository_of
from k8slblint.graph.containers import container_port_of, containers_of
from k8slblint.model.patterns import pattern
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Confidence, RelatedPlace
from k8slblint.traffic.exposure.entry_points import Target

_WORDS = pattern(r"[a-z0-9]+")

_OF_METRICS = frozenset(("metrics", "jmx", "prometheus", "exporter"))

_PROTOCOLS = {"http": "http", "https": "http", "http2": "http", "web": "http", "h2c": "http", "grpc": "grpc"}

_NAMING = ("app", "app.kubernetes.io/name", "app.kubernetes.io/component", "k8s-app", "component", "name")
"""Labels that say what something is (Kubernetes documentation, "Recommended Labels", and older customs)."""


class Answering(NamedTuple):
    """What answers at a port of the Pods; `reason` says why it is taken for that, `place` is the container that shows it."""

    store: Datastore
    port: int
    confidence: Confidence
    reason: str
    place: RelatedPlace | None = None


def answering_at(target: Target, service: Resource | None, workload: Resource | None) -> Answering | None:
    """Return what answers at a target, or None where nothing shows that it is any of these.

    The image of the container that has the port is proof; without it, a port that only one product uses, or one that fits a name.
    `workload` is None where the Pods are not in the manifests.
    """
    declared = container_port_of(workload, target.port) if workload is not None else None
    number = _number(target, workload.get(*declared, "containerPort") if workload is not None and declared else None)
    if workload is not None and number is not None:
        by_image = _by_image(workload, declared, number, target.protocol)
        if by_image is not None:
            return by_image
    return _by_port(target, number, service, workload)


def _number(target: Target, declared: object) -> int | None:
    if _is_number(declared):
        return int(str(declared))
    return target.port if isinstance(target.port, int) else None


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _by_image(workload: Resource, declared: tuple[str | int, ...] | None, number: int, protocol: str) -> Answering | None:
    for path, container in containers_of(workload):
        image = container.get("image")
        if not isinstance(image, str) or (declared is not None and declared[: len(path)] != path):
            continue
        found = catalog.datastores_of_image(image)
        store = next((one for one in found if one.listens(number, protocol) or _is_declared(one, workload, declared, protocol)), None)
        if store is not None:
            place = RelatedPlace(workload, (*path, "image"), f"This is {store.product}.")
            return Answering(store, number, "high", f"its image is '{image}'", place)
    return None


def _is_declared(store: Datastore, workload: Resource, declared: tuple[str | int, ...] | None, protocol: str) -> bool:
    """Tell whether a product listens at a port because its container says so; ports for metrics are none of its clients' ports."""
    if not store.any_declared_port or declared is None or protocol != "TCP":
        return False
    return _OF_METRICS.isdisjoint(_WORDS.findall(str(workload.get(*declared, "name", default="")).lower()))


def _by_port(target: Target, number: int | None, service: Resource | None, workload: Resource | None) -> Answering | None:
    outer = service.get(*target.path, "port") if service is not None else None
    words = frozenset(_words(target, service, workload))
    spoken = _spoken(target, service, workload)
    for port in (number, outer):
        if not isinstance(port, int) or isinstance(port, bool) or _runs_another(workload, target, port):
            continue
        store = catalog.datastore_of_port(port, target.protocol, words, spoken)
        if store is not None:
            named = sorted(store.words & words)
            why = f"port {port} is its port" + (f", and '{named[0]}' is in the names" if named else "")
            return Answering(store, port, "medium", why)
    return None


def _runs_another(workload: Resource | None, target: Target, port: int) -> bool:
    """Tell whether the container of a port, or the only one there is, runs a product that is known to be no datastore."""
    containers = list(containers_of(workload)) if workload is not None else []
    declared = container_port_of(workload, target.port) if workload is not None else None
    owners = [one for path, one in containers if declared is None or declared[: len(path)] == path]
    return bool(owners) and all(catalog.is_other(str(one.get("image", "")), port) for one in owners)


def _spoken(target: Target, service: Resource | None, workload: Resource | None) -> str | None:
    """Return `http` or `grpc` where the names of a port say so (Kubernetes documentation, `appProtocol`; Istio, "Protocol Selection")."""
    declared = container_port_of(workload, target.port) if workload is not None else None
    names = [target.port, workload.get(*declared, "name") if workload is not None and declared else None]
    if service is not None:
        names += [service.get(*target.path, field) for field in ("appProtocol", "name")]
    said = {_PROTOCOLS[word] for name in names if isinstance(name, str) for word in [name.lower().partition("-")[0]] if word in _PROTOCOLS}
    return said.pop() if len(said) == 1 else None


def _words(target: Target, service: Resource | None, workload: Resource | None) -> Iterator[str]:
    """Yield the words of all names that tell what a target is: of ports, Service, workload, labels, selector and images."""
    texts: list[Any] = [target.port]
    if service is not None:
        labels = (service.labels, service.mapping("spec", "selector"))
        texts += [service.get(*target.path, "name"), service.name, *(label.get(key) for label in labels for key in _NAMING)]
    if workload is not None:
        images = [repository_of(str(container.get("image", ""))).rpartition("/")[2] for _, container in containers_of(workload)]
        texts += [workload.name, *images]
    for text in texts:
        if isinstance(text, str):
            yield from _WORDS.findall(text.lower())
