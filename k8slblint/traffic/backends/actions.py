"""Which backends of an Ingress and actions in its annotations do not find each other.

Sources: kubernetes-sigs/aws-load-balancer-controller 225f4456 `pkg/ingress/enhanced_backend_builder.go` (Build: an action is read where the
name of the port is `use-annotation`, else a Service; buildActionViaAnnotation), `pkg/config/ingress_config.go` (both kinds of missing
backends are answered with 503 by default); Argo Rollouts 1.8 writes the actions of its root Services, which exist. Actions of Alibaba
Cloud, which are lists, belong to Services too.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from k8slblint.catalog import ingress as catalog
from k8slblint.catalog.load_balancers import actions_prefix
from k8slblint.graph.answers import Absent, Found
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.relations.backends import Backend, backends_of_action, named_backends, service_of
from k8slblint.model.location import Path
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.traffic.backends.services import service_behind
from k8slblint.traffic.ownership import ownership_of

_ROLLOUT = "Rollout.argoproj.io"

_SPEAKING = frozenset({"redirect", "response", "404", "503", "maintenance"})
"""Words in the names of actions that no Service has."""


class LostAction(NamedTuple):
    """An action `name` and where backends name it; `key` is the annotation that has it, None where the Ingress has none."""

    name: str
    paths: Sequence[Path]
    key: str | None


def lost_actions(ingress: Resource, graph: ResourceGraph) -> Iterator[LostAction]:
    """Yield the actions that an Ingress names and does not have, and those that it has and whose backends ask for a Service instead.

    Silent where another controller may serve the Ingress, where an action may be written at run time, and where a Service has the name.
    """
    keys = {key: value for key, value in ingress.annotations.items() if value is not None}
    by_name: dict[str, list[tuple[Path, bool]]] = defaultdict(list)
    for backend in named_backends(ingress):
        by_name[backend.name].append((backend.path, backend.is_action))
    for name, places in by_name.items():
        key = f"{actions_prefix()}{name}"
        is_asked_for = any(is_action for _, is_action in places)
        if is_asked_for == (key in keys) or has_placeholder(name) or not _is_read(ingress, graph):
            continue
        if is_asked_for and not _may_be_written_later(ingress, name, graph):
            yield LostAction(name, [path for path, is_action in places if is_action], None)
        if not is_asked_for and _is_object(keys[key]) and not _stands_for_service(ingress, name, graph):
            yield LostAction(name, [path for path, _ in places], key)


def idle_actions(ingress: Resource, graph: ResourceGraph) -> list[str]:
    """Return the annotations with actions that no backend of an Ingress asks for, without those of `lost_actions`.

    Left out are actions that forward to a Service which the Ingress names anyway, and those whose name is a key that is set, too, such as
    `ssl-redirect`.
    """
    prefix = actions_prefix()
    if ingress.kind != "Ingress":
        return []
    keys = [key for key, value in ingress.annotations.items() if key.startswith(prefix) and not has_placeholder(key) and _is_object(value)]
    keys = [key for key in keys if f"{key.partition('/')[0]}/{key.removeprefix(prefix)}" not in ingress.annotations]
    if not keys or not _is_read(ingress, graph):
        return []
    backends = list(named_backends(ingress))
    if not backends or any(has_placeholder(one.name) for one in backends):
        return []
    asked_for = {one.name for one in backends if one.is_action} | {one.name for one in lost_actions(ingress, graph)}
    named = {one.name for one in backends}
    idle = (key for key in keys if key.removeprefix(prefix) not in asked_for)
    return [key for key in idle if named.isdisjoint(one.name for one in backends_of_action(ingress, key.removeprefix(prefix)))]


def _is_read(ingress: Resource, graph: ResourceGraph) -> bool:
    """Tell whether only controllers that read actions may serve an Ingress."""
    owner = ownership_of(ingress, graph)
    known = (catalog.controllers().get(name) for name in owner.candidates)
    return owner.verdict == "owned" and all(one is not None and actions_prefix().startswith(one.annotation_prefixes) for one in known)


def _is_object(text: object) -> bool:
    return isinstance(text, str) and text.lstrip().startswith("{")


def _stands_for_service(ingress: Resource, name: str, graph: ResourceGraph) -> bool:
    """Tell whether a name is that of a Service, which exists or to which the action of this name forwards."""
    return _is_there(ingress, name, graph) or any(one.name == name for one in backends_of_action(ingress, name))


def _is_there(ingress: Resource, name: str, graph: ResourceGraph) -> bool:
    return isinstance(service_of(_service(ingress, name), graph), Found)


def _may_be_written_later(ingress: Resource, name: str, graph: ResourceGraph) -> bool:
    """Tell whether an action may be added at run time: by Argo Rollouts, for a Service, or by a patch whose key is filled in."""
    if any(key.startswith(actions_prefix()) and has_placeholder(key) for key in ingress.annotations):
        return True
    if _SPEAKING.intersection(name.lower().split("-")):
        return _is_there(ingress, name, graph)
    is_rolled_out = next(iter(graph.of_type(_ROLLOUT)), None) is not None
    return is_rolled_out or not isinstance(service_behind(_service(ingress, name), graph), Absent)


def _service(ingress: Resource, name: str) -> Backend:
    return Backend(ingress, ("spec",), ingress.namespace, name, None)
