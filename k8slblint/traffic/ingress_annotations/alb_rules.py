"""What is wrong with the JSON of conditions, actions and transforms in annotations for the AWS Load Balancer Controller.

Sources: kubernetes-sigs/aws-load-balancer-controller 225f4456 `pkg/ingress/enhanced_backend_builder.go` (Build: conditions and transforms
of each Service behind a path, actions where the port is `use-annotation`), `config_types.go` (their members, `validate`), encoding/json
(members by their name in any case, numbers are no texts).
"""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from k8slblint.catalog.ingress import controllers
from k8slblint.graph.answers import Found
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.traffic.annotations.service_annotations import is_unfilled
from k8slblint.traffic.ownership.implementations import implementations
from k8slblint.traffic.ownership.stated_settings import stated_setting

AWS_LBC = "aws-lbc"

_LONGEST = 100_000

_USES_ANNOTATION = "use-annotation"

_CONDITIONS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "host-header": ("hostHeaderConfig", ("values", "regexValues")),
    "path-pattern": ("pathPatternConfig", ("values", "regexValues")),
    "http-header": ("httpHeaderConfig", ("values", "regexValues")),
    "http-request-method": ("httpRequestMethodConfig", ("values",)),
    "query-string": ("queryStringConfig", ("values",)),
    "source-ip": ("sourceIPConfig", ("values",)),
}
"""For each field of a request, where a condition has its values, and the lists of which exactly one may be filled."""

_ACTIONS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "redirect": ("redirectConfig", ("host", "path", "port", "protocol", "query", "statusCode")),
    "fixed-response": ("fixedResponseConfig", ("contentType", "messageBody", "statusCode")),
    "forward": ("forwardConfig", ()),
}
"""For each type of an action, where it has its settings, and which of these are texts."""

_TRANSFORMS = {"host-header-rewrite": "hostHeaderRewriteConfig", "url-rewrite": "urlRewriteConfig"}


class WrongRule(NamedTuple):
    """A key whose JSON the controller does not take, the Service that it is of, and what is wrong, a predicate to its value."""

    key: str
    part: str
    service: str
    wrong: str


def wrong_rules(ingress: Resource) -> Iterator[WrongRule]:
    """Yield what is wrong with the rules of an Ingress, as far as its paths have them read."""
    seen: set[str] = set()
    for service, is_action in _services_of(ingress):
        parts: tuple[str, ...] = ("conditions", "transforms", "actions") if is_action else ("conditions", "transforms")
        for part in parts:
            key = f"{controllers()[AWS_LBC].annotation_prefixes[0]}{part}.{service}"
            text = ingress.annotations.get(key)
            if key in seen or not isinstance(text, str) or len(text) > _LONGEST or has_placeholder(text) or is_unfilled(text):
                continue
            seen.add(key)
            wrong = _wrong_json(text, part)
            if wrong is not None:
                yield WrongRule(key, part, service, wrong)


def forwarded_target_groups(ingress: Resource) -> Iterator[tuple[str, int]]:
    """Yield the keys of the actions to which paths of an Ingress lead, with the number of target groups that each forwards to.

    Source: `pkg/ingress/config_types.go` (ForwardActionConfig, `targetGroups`).
    """
    for service in dict.fromkeys(name for name, is_action in _services_of(ingress) if is_action):
        key = f"{controllers()[AWS_LBC].annotation_prefixes[0]}actions.{service}"
        text = ingress.annotations.get(key)
        if not isinstance(text, str) or len(text) > _LONGEST or has_placeholder(text):
            continue
        try:
            action = json.loads(text)
        except (ValueError, RecursionError):
            continue
        forward = _member(action, "forwardConfig") if isinstance(action, dict) else None
        groups = _member(forward, "targetGroups") if isinstance(forward, dict) else None
        if isinstance(groups, list):
            yield key, len(groups)


def has_webhook(cluster: str, graph: ResourceGraph) -> bool:
    """Tell whether the manifests of a cluster bring the controller along, and do not switch its webhook for Ingresses off."""
    stated = stated_setting(AWS_LBC, "webhook-off", cluster, graph)
    return AWS_LBC in implementations(graph, cluster) and not (isinstance(stated, Found) and stated.value.value == "yes")


def _services_of(ingress: Resource) -> Iterator[tuple[str, bool]]:
    """Yield the names of the Services behind the paths of an Ingress, and whether they stand for an action."""
    for index, _ in enumerate(ingress.sequence("spec", "rules")):
        for path in ingress.sequence("spec", "rules", index, "http", "paths"):
            backend = path.get("backend") if isinstance(path, dict) else None
            service = backend.get("service") if isinstance(backend, dict) else None
            name = service.get("name") if isinstance(service, dict) else None
            port = service.get("port") if isinstance(service, dict) else None
            if isinstance(name, str) and name:
                yield name, isinstance(port, dict) and port.get("name") == _USES_ANNOTATION


def _wrong_json(text: str, part: str) -> str | None:
    try:
        content = json.loads(text)
    except RecursionError:
        return None
    except ValueError:
        return "is not valid JSON"
    if content is None:
        return "is not an object" if part == "actions" else None
    if part == "actions":
        return _wrong_action(content) if isinstance(content, dict) else "is not an object"
    if not isinstance(content, list):
        return "is not a list"
    judge: Callable[[Mapping[str, Any]], str | None] = _wrong_condition if part == "conditions" else _wrong_transform
    members = (one if isinstance(one, dict) else None for one in content if one is not None)
    return next(filter(None, ("has a part that is not an object" if one is None else judge(one) for one in members)), None)


def _member(holder: Mapping[str, Any], name: str) -> Any:
    """Return a member by its name in any case; of several, Go takes the last one."""
    return next((value for key, value in reversed(list(holder.items())) if str(key).lower() == name.lower()), None)


def _wrong_condition(condition: Mapping[str, Any]) -> str | None:
    name, lists = _CONDITIONS.get(str(_member(condition, "field")), ("", ()))
    if not name:
        return None
    config = _member(condition, name)
    if config is None:
        return f"has a condition without {name}"
    if not isinstance(config, dict):
        return f"has a {name} that is not an object"
    filled = sum(bool(_member(config, one)) for one in lists)
    return None if filled == 1 else f"has a {name} without values" if not filled else f"has a {name} with two lists of values"


def _wrong_action(action: Mapping[str, Any]) -> str | None:
    kind = _member(action, "type")
    name, texts = _ACTIONS.get(str(kind), ("", ()))
    if not name:
        return "has no type" if kind is None else f"has the unknown type '{str(kind)[:_LONGEST_TYPE]}'"
    config = _member(action, name)
    if kind == "forward":
        return _wrong_forward(action, config)
    if config is None:
        return f"has no {name}"
    if not isinstance(config, dict):
        return f"has a {name} that is not an object"
    wrong = next((one for one in texts if not isinstance(_member(config, one), str | None)), None)
    if wrong is not None:
        return f"has a {wrong} that is not text"
    return None if _member(config, "statusCode") else "has no statusCode"


_LONGEST_TYPE = 20


def _wrong_forward(action: Mapping[str, Any], config: Any) -> str | None:
    names = [name for name in ("targetGroupARN", "targetGroupName") if _member(action, name) is not None]
    if config is None:
        return None if names else "has no forwardConfig"
    if names:
        return f"has both {names[0]} and forwardConfig"
    groups = _member(config, "targetGroups") if isinstance(config, dict) else None
    if not isinstance(groups, list) or not all(isinstance(group, dict) for group in groups):
        return None
    wrong = next(filter(None, map(_wrong_group, groups)), None)
    is_weight_missing = len(groups) > 1 and any(_member(group, "weight") is None for group in groups)
    return wrong or ("has target groups without a weight" if is_weight_missing else None)


def _wrong_group(group: Mapping[str, Any]) -> str | None:
    is_of_aws = any(_member(group, name) is not None for name in ("targetGroupARN", "targetGroupName"))
    is_of_service = _member(group, "serviceName") is not None
    if is_of_aws == is_of_service:
        return "has a target group with two names" if is_of_aws else "has a target group without a name"
    return "has a target group without servicePort" if is_of_service and _member(group, "servicePort") is None else None


def _wrong_transform(transform: Mapping[str, Any]) -> str | None:
    kind = _member(transform, "type")
    name = _TRANSFORMS.get(str(kind))
    if name is None:
        return "has a transform of an unknown type"
    config = _member(transform, name)
    return None if isinstance(config, dict) and _member(config, "rewrites") else f"has a transform without {name}.rewrites"
