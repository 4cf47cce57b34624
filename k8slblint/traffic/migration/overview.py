"""What a migration means for all Ingresses together: what their controllers do silently, settings that are lost, load balancers."""

from collections import Counter
from collections.abc import Iterator, Sequence

from k8slblint.catalog.migration import Default, Loss, defaults_of, lost_settings
from k8slblint.graph.answers import Found
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.records import NamedTuple
from k8slblint.model.texts import quoted
from k8slblint.traffic.migration.forms import EFFORTS, Effort, Target
from k8slblint.traffic.migration.plans import Plan
from k8slblint.traffic.ownership import ownership_of
from k8slblint.traffic.ownership.stated_settings import stated_setting


class Reliance(NamedTuple):
    """What Ingresses rely on that no annotation says: a default or a setting of a controller, with what does the same in the target.

    `name` names it for good, `where` is what states a setting, empty for a default. `instead` is empty where nothing is known;
    `is_carried` tells that a proposal carries it over.
    """

    controller: str
    name: str
    loss: Loss
    text: str
    where: str = ""
    instead: str = ""
    is_carried: bool = False


class Overview(NamedTuple):
    """What a migration means for all: Ingresses by effort, what they rely on, and how many load balancers there are before and after."""

    efforts: dict[Effort, int]
    reliances: tuple[Reliance, ...]
    controllers: dict[str, int]
    balancers: int
    gateways: int


def overview(found: Sequence[Plan], gateways: int, graph: ResourceGraph, target: Target) -> Overview:
    """Return what a migration means for all Ingresses together, with the number of Gateways that are proposed."""
    counted = Counter(plan.effort for plan in found)
    clusters = {(graph.scope(plan.ingress).cluster, plan.serving.dialect.id) for plan in found if plan.serving.dialect is not None}
    names = {plan.serving.dialect.id: plan.serving.name for plan in reversed(found) if plan.serving.dialect is not None}
    reliances = [*_settings(sorted(clusters), names, graph, target), *_defaults(sorted({one for _, one in clusters}), names, target)]
    classes = {(graph.scope(plan.ingress).cluster, ownership_of(plan.ingress, graph).class_name, plan.outlet) for plan in found}
    return Overview(
        {effort: counted[effort] for effort in EFFORTS},
        tuple(dict.fromkeys(reliances)),
        dict(Counter(plan.serving.name for plan in found)),
        len(classes),
        gateways,
    )


def _settings(clusters: Sequence[tuple[str, str]], names: dict[str, str], graph: ResourceGraph, target: Target) -> Iterator[Reliance]:
    for cluster, controller in clusters:
        for one in lost_settings(controller):
            stated = stated_setting(controller, one.name, cluster, graph)  # type: ignore[arg-type]  # a name of the catalog
            if not isinstance(stated, Found) or stated.value.is_open:
                continue
            if not one.only or stated.value.value in one.only:
                text = f"the controller sets `{one.name}` to {quoted(stated.value.value)} for all Ingresses"
                yield Reliance(names[controller], one.name, one.loss, text, stated.value.reason, _instead(one.need, target))


def _defaults(controllers: Sequence[str], names: dict[str, str], target: Target) -> Iterator[Reliance]:
    for controller in controllers:
        for one in defaults_of(controller):
            is_carried = _is_carried(one, target)
            instead = "HTTPRoute.spec.rules[].filters[].responseHeaderModifier" if is_carried else _instead(one.need, target)
            yield Reliance(names[controller], one.name, one.loss, one.says, "", instead, is_carried)


def _is_carried(one: Default, target: Target) -> bool:
    return one.is_carried and target.has("HTTPRouteResponseHeaderModification", (0, 7))


def _instead(need: str, target: Target) -> str:
    means = target.means(need) if need else None
    return means.name if means is not None else ""
