"""Which updates of a Service, an Ingress or their parameters reach a controller, and which are reported elsewhere."""

from k8slblint.admission.services import Refusal
from k8slblint.admission.services.updates import update_refusals
from k8slblint.catalog.aws import platform as aws_platform
from k8slblint.catalog.load_balancers import described_kinds
from k8slblint.graph.answers import Absent, Answer, Found
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.live import are_alike, is_live
from k8slblint.model.location import Path
from k8slblint.model.resource import Resource
from k8slblint.model.rule import RelatedPlace
from k8slblint.model.scope import TRIAL_ENVIRONMENTS
from k8slblint.traffic.ownership import aws

ANNOTATIONS = ("metadata", "annotations")


def before_update(after: Resource, graph: ResourceGraph) -> Answer[Resource]:
    """Return a resource as it was before an update that arrives.

    `Absent` stands for a resource that is new or the same, for an update that the API server refuses, for a Service that changes
    its owner on AWS, and for a part of an object that describes its Service: others tell of these.
    """
    if graph.base_part is None or not graph.is_changed(after) or after.get("within") in described_kinds():
        return Absent()
    before = graph.counterpart(after)
    if not isinstance(before, Found):
        return before
    if (
        are_alike(before.value, after)
        or is_refused(before.value, after)
        or (after.reads_as == "Service" and is_handed_over(before.value, after, graph))
    ):
        return Absent()
    return before


def was_on_trial(before: Resource, graph: ResourceGraph) -> bool:
    """Tell whether a resource of the revision before was in an environment without outside clients, who would miss its address."""
    return graph.base is not None and graph.base.scope(before).environment in TRIAL_ENVIRONMENTS


def is_handed_over(before: Resource, after: Resource, graph: ResourceGraph) -> bool:
    """Tell whether the annotations of a Service name another owner on AWS than before; see `traffic.ownership.aws`."""
    scope = graph.scope(after)
    if scope.platform_is_stated and scope.provider not in (aws_platform(), "unknown"):
        return False
    return isinstance(aws.handover(before, after), Found)


def is_left_alone(before: Resource, after: Resource, *path: str) -> bool:
    """Tell whether a field stays as it is in the cluster: a manifest that leaves out what only the live object has removes nothing."""
    return is_live(before) and after.get(*path) is None


def place_of_annotation(resource: Resource, key: str) -> Path:
    """Return where an annotation is written; where it is not, what is left: `metadata.annotations`, else the name."""
    if resource.annotations.get(key) is not None:
        return (*ANNOTATIONS, key)
    return ANNOTATIONS if resource.annotations else ("metadata", "name")


def place_of_field(resource: Resource, *path: str) -> Path:
    """Return the path of a field, or of the nearest thing above it that is written, the name where that is all of `spec`."""
    for length in range(len(path), 1, -1):
        if resource.get(*path[:length]) is not None:
            return path[:length]
    return ("metadata", "name")


def shown_before(before: Resource, path: Path, name: str) -> RelatedPlace:
    """Return the place of a value in the revision before, with what it was; `name` is that of the key or field."""
    value = before.get(*path) if path != ANNOTATIONS and path[-1] != "name" else None
    said = "not set" if value is None or isinstance(value, dict | list) else f"'{value}'"
    return RelatedPlace(before, path, f"`{name}` in the earlier revision: {said}.")


def is_refused(before: Resource, after: Resource) -> bool:
    """Tell whether the API server refuses an update of a Service, so that nothing of it arrives."""
    return any(isinstance(found, Refusal) for found in update_refusals(before, after))
