"""What the webhook of the AWS Load Balancer Controller refuses: annotations that flags forbid, and conditions that it cannot read.

Sources: kubernetes-sigs/aws-load-balancer-controller 225f4456 `webhooks/networking/ingress_validator.go` (conditions since v2.5.0),
`pkg/config/ingress_config.go`. It loads no IngressClassParams: `loadParams` is
false.
"""

from collections.abc import Iterator

from k8slblint.catalog.controllers import SettingName
from k8slblint.catalog.ingress import controllers
from k8slblint.graph.answers import Found
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.location import Path
from k8slblint.model.resource import Resource
from k8slblint.model.texts import quoted
from k8slblint.traffic.ingress_annotations.alb_rules import AWS_LBC, has_webhook, wrong_rules
from k8slblint.traffic.ownership import ownership_of
from k8slblint.traffic.ownership.ingresses import place_of_class_annotation
from k8slblint.traffic.ownership.stated_settings import stated_setting
from k8slblint.traffic.webhooks.forms import WebhookRefusal


def alb_refusals(ingress: Resource, graph: ResourceGraph) -> Iterator[WebhookRefusal]:
    """Yield what the webhook refuses of an Ingress that the controller serves; nothing where no manifest shows the controller."""
    cluster = graph.scope(ingress).cluster
    if ownership_of(ingress, graph).controller != AWS_LBC or not has_webhook(cluster, graph):
        return
    annotated = place_of_class_annotation(ingress)
    if annotated is not None:
        yield from _forbidden(annotated, "class-annotation-off", "Write `spec.ingressClassName` instead.", cluster, graph)
    group = _own_key("group.name")
    if isinstance(ingress.annotations.get(group), str):
        help_ = "Set `group` in the IngressClassParams of the class, and remove the annotation."
        yield from _forbidden(("metadata", "annotations", group), "group-annotation-off", help_, cluster, graph)
    yield from _conditions(ingress)


def _stated(name: SettingName, cluster: str, graph: ResourceGraph) -> str | None:
    """Return what says that a setting is on, None where nothing does."""
    stated = stated_setting(AWS_LBC, name, cluster, graph)
    return stated.value.reason if isinstance(stated, Found) and stated.value.value == "yes" else None


def _own_key(name: str) -> str:
    return controllers()[AWS_LBC].annotation_prefixes[0] + name


def _forbidden(path: Path, setting: SettingName, help_: str, cluster: str, graph: ResourceGraph) -> Iterator[WebhookRefusal]:
    because, key = _stated(setting, cluster, graph), str(path[-1])
    if because is not None:
        answer = f"new usage of `{key}` annotation is forbidden"
        fault = f"sets `{key.rpartition('/')[2]}`, which its controller refuses"
        yield WebhookRefusal(AWS_LBC, path, fault, answer, help_, "forbidden by a flag", because, spares_live=True)


def _conditions(ingress: Resource) -> Iterator[WebhookRefusal]:
    for found in wrong_rules(ingress):
        if found.part == "conditions":
            help_ = 'Write a list of conditions such as [{"field":"host-header","hostHeaderConfig":{"values":["a.example.com"]}}].'
            fault = f"sets conditions of Service {quoted(found.service, _LONGEST_NAME)} that its controller refuses"
            yield WebhookRefusal(AWS_LBC, ("metadata", "annotations", found.key), fault, f"the value {found.wrong}", help_, found.wrong)


_LONGEST_NAME = 20
