"""What the webhook of the AWS Load Balancer Controller refuses: annotations that flags forbid, and conditions that it cannot read.

Sources: kubernetes-sigs/aws-load-balancer-controller 225f4456 `webhooks/networking/ingress_validator.go` (conditions since v2.5.0),
`pkg/ingress/config_types.go` (RuleCondition.Validate), `pkg/config/ingress_config.go`. It loads no IngressClassParams: `loadParams` is
false.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from k8slblint.catalog.controllers import SettingName
from k8slblint.catalog.ingress import controllers
from k8slblint.graph.answers import Found
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.location import Path
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.resource import Resource
from k8slblint.model.texts import quoted
from k8slblint.traffic.ownership import ownership_of
from k8slblint.traffic.ownership.implementations import implementations
from k8slblint.traffic.ownership.ingresses import place_of_class_annotation
from k8slblint.traffic.ownership.stated_settings import stated_setting
from k8slblint.traffic.webhooks.forms import WebhookRefusal

AWS_LBC = "aws-lbc"

_LONGEST = 100_000

_CONFIGS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "host-header": ("hostHeaderConfig", ("values", "regexValues")),
    "path-pattern": ("pathPatternConfig", ("values", "regexValues")),
    "http-header": ("httpHeaderConfig", ("values", "regexValues")),
    "http-request-method": ("httpRequestMethodConfig", ("values",)),
    "query-string": ("queryStringConfig", ("values",)),
    "source-ip": ("sourceIPConfig", ("values",)),
}
"""For each field of a request, where a condition has its values, and the lists of which exactly one may be filled."""


def alb_refusals(ingress: Resource, graph: ResourceGraph) -> Iterator[WebhookRefusal]:
    """Yield what the webhook refuses of an Ingress that the controller serves; nothing where no manifest shows the controller."""
    cluster = graph.scope(ingress).cluster
    if ownership_of(ingress, graph).controller != AWS_LBC or AWS_LBC not in implementations(graph, cluster):
        return
    if _stated("webhook-off", cluster, graph) is not None:
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
    for name in dict.fromkeys(_services_of(ingress)):
        key = _own_key(f"conditions.{name}")
        text = ingress.annotations.get(key)
        wrong = _wrong_conditions(text) if isinstance(text, str) and text and not has_placeholder(text) and len(text) <= _LONGEST else None
        if wrong is not None:
            help_ = 'Write a list of conditions such as [{"field":"host-header","hostHeaderConfig":{"values":["a.example.com"]}}].'
            fault = f"sets conditions of Service {quoted(name)} that its controller refuses"
            yield WebhookRefusal(AWS_LBC, ("metadata", "annotations", key), fault, wrong, help_, wrong if len(wrong) < _LABEL else "")


_LABEL = 60


def _services_of(ingress: Resource) -> Iterator[str]:
    """Yield the names of the Services behind the paths of an Ingress, also of those that only name a condition or an action."""
    for index, _ in enumerate(ingress.sequence("spec", "rules")):
        for path in ingress.sequence("spec", "rules", index, "http", "paths"):
            backend = path.get("backend") if isinstance(path, dict) else None
            service = backend.get("service") if isinstance(backend, dict) else None
            name = service.get("name") if isinstance(service, dict) else None
            if isinstance(name, str) and name:
                yield name


def _wrong_conditions(text: str) -> str | None:
    """Return what is wrong with the text of conditions, in the words of the controller; None for what it takes, or may take."""
    try:
        content = json.loads(text)
    except RecursionError:
        return None
    except ValueError:
        return "failed to parse json annotation"
    if content is None:
        return None
    if not isinstance(content, list):
        return "failed to parse json annotation: not a list"
    return next(filter(None, map(_wrong_condition, content)), None)


def _wrong_condition(condition: object) -> str | None:
    if not isinstance(condition, dict):
        return None if condition is None else "failed to parse json annotation: a condition is not an object"
    members = {str(key).lower(): value for key, value in condition.items()}
    known = _CONFIGS.get(str(members.get("field", "")))
    if known is None:
        return None
    name, lists = known
    config = members.get(name.lower())
    if config is None:
        return f"missing {name}"
    return f"invalid {name}" if isinstance(config, dict) and not _has_one_of(config, lists) else None


def _has_one_of(config: Mapping[str, Any], lists: tuple[str, ...]) -> bool:
    """Tell whether exactly one of the lists is filled; a member of another type is not judged."""
    found = {str(key).lower(): value for key, value in config.items()}
    return sum(bool(found.get(name.lower())) for name in lists) == 1
