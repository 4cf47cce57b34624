"""What a controller asks of an Ingress besides the form of a value: other keys, its commercial build, a risk that is allowed, a namespace.

Sources: nginx/kubernetes-ingress 0eb3072d `internal/k8s/validation.go` (validatePlusOnlyAnnotation, validateRelatedAnnotation);
kubernetes/ingress-nginx dbb11b92 `internal/ingress/annotations/parser/main.go` (StringRiskToRisk), `validators.go` (CheckAnnotationRisk),
`internal/k8s/main.go` (ParseNameNS), `internal/ingress/controller/config/config.go` (AllowCrossNamespaceResources is false since v1.12.0).
"""

from typing import Literal

from k8slblint.catalog.ingress_parsing import BadValue, Parsing, Reference
from k8slblint.graph.answers import Absent, Found
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Confidence
from k8slblint.traffic.ingress_annotations.terms import holds
from k8slblint.traffic.ownership.controller_releases import INGRESS_NGINX, releases_in
from k8slblint.traffic.ownership.stated_settings import stated_setting

_RISKS = ("low", "medium", "high", "critical")

_OWN_NAMESPACE_SINCE = (1, 12, 0)

_PARTS = 2


class Unmet(NamedTuple):
    """What a key or its value lacks for its controller: `wrong` is a predicate to it, `outcome` what becomes of the Ingress.

    `then` says that in other words, where those of the outcome do not. `expected` is the text that names the object in full.
    """

    lack: Literal["risk", "needs", "name", "namespace"]
    wrong: str
    outcome: BadValue
    then: str = ""
    expected: str = ""
    confidence: Confidence = "high"


def unmet_by(parsing: Parsing, text: str, reader: str, ingress: Resource, graph: ResourceGraph) -> Unmet | None:
    """Return what a product asks for besides the form of a value and does not get; None where it gets it, or that is not known."""
    if parsing.risk is not None and reader == INGRESS_NGINX:
        found = _too_risky(parsing.risk, graph.scope(ingress).cluster, graph)
        if found is not None:
            return found
    if parsing.needs is not None and any(holds(term, ingress, reader, graph) is False for term in parsing.needs.terms):
        return Unmet("needs", parsing.needs.words, parsing.bad)
    if parsing.reference is None or not text.strip() or has_placeholder(text):
        return None
    is_read = all(holds(term, ingress, reader, graph) for term in parsing.read_if or ())
    return _misnamed(parsing.reference, text.strip(), ingress, graph) if is_read else None


def _too_risky(risk: str, cluster: str, graph: ResourceGraph) -> Unmet | None:
    """Refuse a key above the highest risk that the manifests allow; without a statement, only snippets are, which are judged apart."""
    stated = stated_setting(INGRESS_NGINX, "risk-level", cluster, graph)
    if not isinstance(stated, Found):
        return None
    allowed = stated.value.value.lower()
    highest = _RISKS.index(allowed) if allowed in _RISKS else 0
    if _RISKS.index(risk) <= highest:
        return None
    then = f"refuses the Ingress, by its admission webhook or when it loads it: {stated.value.reason}"
    return Unmet("risk", f"has the risk {risk.capitalize()}, which is not allowed", "refused", then)


def _misnamed(reference: Reference, text: str, ingress: Resource, graph: ResourceGraph) -> Unmet | None:
    parts = text.split("/")
    if len(parts) > _PARTS or (len(parts) < _PARTS and not reference.bare):
        namespace = ingress.get("metadata", "namespace")
        expected = f"{namespace if isinstance(namespace, str) and not has_placeholder(namespace) else 'namespace'}/{parts[-1]}"
        return Unmet("name", "does not name an object as namespace/name", "denied", reference.effect or "", expected)
    own = ingress.get("metadata", "namespace")
    if len(parts) < _PARTS or reference.any_namespace or not isinstance(own, str) or has_placeholder(own) or parts[0] in ("", own):
        return None
    if not _is_own_namespace_asked_for(graph.scope(ingress).cluster, graph):
        return None
    then = reference.effect or ""
    return Unmet("namespace", "names an object of another namespace", "denied", then, f"{own}/{parts[1]}", "medium")


def _is_own_namespace_asked_for(cluster: str, graph: ResourceGraph) -> bool:
    stated = stated_setting(INGRESS_NGINX, "cross-namespace", cluster, graph)
    if isinstance(stated, Found):
        return str(stated.value.value) == "no"
    releases = releases_in(cluster, graph)
    return isinstance(stated, Absent) and bool(releases) and all(release >= _OWN_NAMESPACE_SINCE for release in releases)
