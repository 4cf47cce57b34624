"""Knows by its annotations and class whether the load balancer of a Service, Ingress or Gateway is internal."""

from k8slblint.catalog import services
from k8slblint.catalog.controllers import classes
from k8slblint.graph.aws import is_internet_facing
from k8slblint.model.resource import Resource


def is_internal(resource: Resource, aws_owner: str | None = None) -> bool:
    """Tell whether a load balancer is known to be internal; one of which nothing is known is taken for internet-facing.

    `aws_owner` is the owner of a Service's load balancer on AWS (`graph.aws`), whose default differs.
    """
    if aws_owner is not None:
        return is_internet_facing(resource, aws_owner) is False  # type: ignore[arg-type]
    load_balancer_class = resource.get("spec", "loadBalancerClass")
    known = classes().get(load_balancer_class) if isinstance(load_balancer_class, str) else None
    if known is not None and known.exposure is not None:
        return known.exposure == "internal"
    return any(_says_internal(key, value) for key, value in resource.annotations.items() if isinstance(value, str))


def _says_internal(key: str, value: str) -> bool:
    found = services.find(key)
    return found is not None and any(reading.of(value) == "internal" for reading in found.exposure.values())
