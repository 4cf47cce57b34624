"""What a resource that stands for Helm values may lack because values are layered: what it does not say, another layer may."""

from k8slblint.model.resource import HELM_VALUES, Resource


def is_unsaid(resource: Resource, value: object) -> bool:
    """Tell whether a value that is missing in a resource may be in another layer of its values."""
    return value is None and may_be_completed(resource)


def may_be_completed(resource: Resource) -> bool:
    """Tell whether other values may add keys to the mappings of a resource: a file of values, or one of several layers.

    What is missing in the only values of a release is missing, but for the defaults of the chart.
    """
    return resource.kind == HELM_VALUES and resource.get("isWhole") is not True
