"""Where a Service states source ranges: the field, otherwise the neutral annotation, which counts only if the field is empty.

Source: `GetLoadBalancerSourceRanges` of kubernetes/cloud-provider 46666112.
"""

from collections.abc import Iterator

from k8slblint.graph.answers import Absent, Answer, Found, Unknown
from k8slblint.model.location import Path
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.resource import Resource

RANGES_FIELD = ("spec", "loadBalancerSourceRanges")

RANGES_KEY = "service.beta.kubernetes.io/load-balancer-source-ranges"


def range_texts(service: Resource) -> Answer[tuple[tuple[Path, str], ...]]:
    """Return the source ranges that hold, each with its path: those of the field, else those of the annotation of Kubernetes."""
    field = service.get(*RANGES_FIELD)
    if has_placeholder(field) or (field and not isinstance(field, list)):
        return Unknown("its source ranges contain a placeholder")
    if field:
        return Found(tuple(((*RANGES_FIELD, index), text.strip()) for index, text in enumerate(field) if isinstance(text, str)))
    value = service.annotations.get(RANGES_KEY)
    if not isinstance(value, str) or not value.strip():
        return Absent()
    path: Path = ("metadata", "annotations", RANGES_KEY)
    return Unknown("its source ranges contain a placeholder") if has_placeholder(value) else Found(tuple(_each(path, value)))


def _each(path: Path, value: str) -> Iterator[tuple[Path, str]]:
    yield from ((path, text.strip()) for text in value.split(",") if text.strip())
