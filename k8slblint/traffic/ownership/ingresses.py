"""Which controllers serve an Ingress, and the reasons.

Sources: Kubernetes API reference 1.37 (IngressClass, the default class); kubernetes/ingress-gce acbcf5d6 `IsGCEIngress` (GKE reads
only the annotation); what each product answers to is in `catalogs/controllers.json`, with its source.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from k8slblint.catalog import CLASS_ANNOTATION
from k8slblint.catalog import ingress as catalog
from k8slblint.graph.answers import Found
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import INGRESS_CLASS
from k8slblint.model.location import Path
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Confidence
from k8slblint.model.texts import middle
from k8slblint.traffic.ownership.implementations import implementations
from k8slblint.traffic.ownership.verdict import Ownership

if TYPE_CHECKING:
    from k8slblint.traffic.ownership.chart_classes import DeployedClass

_IS_DEFAULT = "ingressclass.kubernetes.io/is-default-class"


def owner_of_ingress(ingress: Resource, graph: ResourceGraph) -> Ownership:
    """Return which products may serve an Ingress: by its class annotation, its class, the default class, or the platform."""
    return _by_class(ingress, graph)._replace(class_name=_class_of(ingress, graph))


def _class_of(ingress: Resource, graph: ResourceGraph) -> str | None:
    """Return the class that decides about an Ingress: of its annotation, of its field, else the default one; None where there is none."""
    annotated, named = ingress.annotations.get(CLASS_ANNOTATION), ingress.get("spec", "ingressClassName")
    if isinstance(annotated, str) and annotated:
        return annotated
    defined = ingress_class_of(ingress, graph) or _default_by_chart(ingress, graph)
    return named if isinstance(named, str) else defined.name if defined is not None else None


def _default_by_chart(ingress: Resource, graph: ResourceGraph) -> "DeployedClass | None":
    """Return the default class that a chart makes which the cluster deploys, for an Ingress that names none at all; or None."""
    names_one = CLASS_ANNOTATION in ingress.annotations or ingress.get("spec", "ingressClassName") is not None
    from k8slblint.traffic.ownership.chart_classes import default_by_chart  # only Ingresses need it

    return None if names_one else default_by_chart(graph.scope(ingress).cluster, graph)


def place_of_class_annotation(ingress: Resource) -> Path | None:
    """Return where an Ingress has the class annotation; None where it has none."""
    return ("metadata", "annotations", CLASS_ANNOTATION) if isinstance(ingress.annotations.get(CLASS_ANNOTATION), str) else None


def products_of_class(ingress: Resource, graph: ResourceGraph) -> tuple[catalog.Controller, ...]:
    """Return every product that the class of an Ingress may belong to, likely or not; empty where it names none and there is no default."""
    named = _named_class(ingress, graph)
    return tuple(named.known) if named is not None else ()


class _NamedClass(NamedTuple):
    known: Sequence[catalog.Controller]
    confidence: Confidence
    reason: str


def _by_class(ingress: Resource, graph: ResourceGraph) -> Ownership:
    named = _named_class(ingress, graph)
    if named is not None:
        return _among(ingress, named.known, named.confidence, named.reason, graph)
    platform = graph.scope(ingress).provider
    known = tuple(product for product in catalog.controllers().values() if product.platform == platform and product.takes_no_class)
    if not known:
        return Ownership("unknown", (), "low", ("it names no class, and no manifest of the cluster defines the default one",))
    return _among(ingress, known, "medium", f"it names no class, and platform '{platform}' serves such Ingresses", graph)


def _named_class(ingress: Resource, graph: ResourceGraph) -> _NamedClass | None:
    """Return the products of the class that an Ingress names, or of the default one; None where there is none."""
    annotated = ingress.annotations.get(CLASS_ANNOTATION)
    if isinstance(annotated, str) and annotated:
        known = catalog.controllers_of_class_name(annotated, of_annotation=True) if not has_placeholder(annotated) else ()
        return _NamedClass(known, "high", f"its class annotation says '{annotated}'")
    named = ingress.get("spec", "ingressClassName")
    defined = ingress_class_of(ingress, graph)
    if defined is not None:
        string = defined.get("spec", "controller")
        known = catalog.controllers_of_string(string) if isinstance(string, str) else ()
        how = "its class" if isinstance(named, str) else "the default class"
        return _NamedClass(known, "high", f"{how} '{defined.name}' belongs to controller '{string}'")
    if isinstance(named, str):
        return _by_name(named, graph.scope(ingress).cluster, graph)
    made = _default_by_chart(ingress, graph)
    if made is not None and made.controller in catalog.controllers():
        return _NamedClass(
            (catalog.controllers()[made.controller],), "medium", f"the default class '{made.name}' is that of {_deployer(made)}"
        )
    return None


def _by_name(named: str, cluster: str, graph: ResourceGraph) -> _NamedClass:
    """Return the products of a class that no manifest defines, by the chart that makes it, what states its name, or custom."""
    known = () if has_placeholder(named) else catalog.controllers_of_class_name(named)
    from k8slblint.traffic.ownership.chart_classes import class_by_chart  # only Ingresses need it

    made = class_by_chart(named, cluster, graph)
    if made is not None and made.controller in catalog.controllers():
        others = () if any(one.id == made.controller for one in known) else (catalog.controllers()[made.controller],)
        return _NamedClass((*others, *known), "high", f"its class '{named}' is that of {_deployer(made)}")
    return _NamedClass(known, "medium", f"its class is '{named}', which no manifest defines")


_LONGEST_DEPLOYER = 40


def _deployer(made: "DeployedClass") -> str:
    return f"{middle(str(made.deployer.id), _LONGEST_DEPLOYER)} (chart '{made.chart}')"


def ingress_class_of(ingress: Resource, graph: ResourceGraph) -> Resource | None:
    """Return the IngressClass object that an Ingress names, or the cluster's default one where it names none at all.

    None where its class annotation decides: controllers that read it look at no object then, and not at the field.
    """
    cluster = graph.scope(ingress).cluster
    if ingress.annotations.get(CLASS_ANNOTATION):
        return None
    named = ingress.get("spec", "ingressClassName")
    if isinstance(named, str):
        return graph.named(cluster, INGRESS_CLASS, None, named)
    if CLASS_ANNOTATION in ingress.annotations:
        return None
    classes = graph.in_cluster(cluster, INGRESS_CLASS)
    return next((known for known in classes if is_default_class(known, graph)), None)


def is_default_class(ingress_class: Resource, graph: ResourceGraph) -> bool:
    """Tell whether a class is the default one of its cluster; in a collection of examples, one's class is not that of the others."""
    return ingress_class.annotations.get(_IS_DEFAULT) == "true" and graph.why_spared(ingress_class.path) != "shown"


def controllers_without_class(ingress: Resource, graph: ResourceGraph) -> frozenset[str]:
    """Return the products that may serve an Ingress for which no class decides: those that its cluster shows; none where it names one.

    A mode of a product that reads keys of another one, in the same image, is not shown by that.
    k3s, which a path or the settings of its chart may show, brings Traefik, as the default class. A cluster may replace it: then the
    manifests show by what.
    Source: k3s 1.34 `manifests/traefik.yaml`, docs "Networking Services".
    """
    if _class_of(ingress, graph) is not None:
        return frozenset()
    scope = graph.scope(ingress)
    found = {name: one for name, one in implementations(graph, scope.cluster).items() if name in catalog.controllers()}
    originals = {id(one.resource) for name, one in found.items() if not catalog.controllers()[name].emulates}
    shown = frozenset(name for name, one in found.items() if id(one.resource) not in originals or not catalog.controllers()[name].emulates)
    is_configured = any(one.name == _OF_K3S for one in graph.in_cluster(scope.cluster, _PACKAGED))
    is_k3s = is_configured or any(_K3S in reason.lower() for reason in scope.reasons)
    return shown or (frozenset({_OF_K3S}) if is_k3s else shown)


_K3S, _OF_K3S = "k3s", "traefik"
_PACKAGED = "HelmChartConfig.helm.cattle.io"
"""The kind that changes values of a chart of the same name which k3s installs itself: k3s 1.34, docs "Helm"."""


def class_parameters_of(ingress: Resource, graph: ResourceGraph) -> Resource | None:
    """Return the object that the parameters of an Ingress's class name, where both are in the manifests."""
    defined = ingress_class_of(ingress, graph)
    parameters = defined.mapping("spec", "parameters") if defined is not None else {}
    kind, group, name = (parameters.get(field) for field in ("kind", "apiGroup", "name"))
    if not (isinstance(kind, str) and isinstance(name, str)):
        return None
    type_name = f"{kind}.{group}" if isinstance(group, str) and group else kind
    namespace = parameters.get("namespace") if parameters.get("scope") == "Namespace" else None
    found = graph.look_up(graph.scope(ingress).cluster, type_name, namespace if isinstance(namespace, str) else None, name)
    return found.value if isinstance(found, Found) else None


def _among(ingress: Resource, known: Sequence[catalog.Controller], confidence: Confidence, reason: str, graph: ResourceGraph) -> Ownership:
    if not known:
        return Ownership("unknown", (), "low", (f"{reason}, which is not a controller in the catalog",))
    return Ownership("owned", tuple(product.id for product in _likeliest(ingress, known, graph)), confidence, (reason,))


def _likeliest(ingress: Resource, known: Sequence[catalog.Controller], graph: ResourceGraph) -> Sequence[catalog.Controller]:
    """Return the products that read the most of its keys; of those, the ones of the platform and those in the cluster, if any are."""
    readers = [{reader.id for reader in catalog.readers(key)} for key in ingress.annotations]
    votes = {product.id: sum(product.id in found for found in readers) for product in known}
    chosen = [product for product in known if votes[product.id] == max(votes.values())]
    scope = graph.scope(ingress)
    chosen = [product for product in chosen if product.platform == scope.provider] or chosen
    if len(chosen) == 1:
        return chosen
    shown = implementations(graph, scope.cluster)
    return [product for product in chosen if product.id in shown] or chosen
