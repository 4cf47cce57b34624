"""Whether the certificates and CA certificates that Gateways, ListenerSets and policies refer to can be used.

Sources: Gateway API 1.6, `apis/v1/gateway_types.go` (ListenerReasonInvalidCertificateRef, ListenerReasonInvalidCACertificateKind) and
`backendtlspolicy_types.go`; keys of a Secret: `tls.crt` and `tls.key`, with Istio also `cert` and `key`, of a CA `ca.crt` or `cacert`
(istio/istio `pilot/pkg/credentials/kube/secrets.go`), with Envoy Gateway any key (`getFirstMatchOrFirstFromData`).
Secrets are mostly created by what no manifest shows (cert-manager, External Secrets, reflectors): one that is missing is never claimed.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import TypeAlias

from k8slblint.catalog.controllers import BackendReading
from k8slblint.graph.answers import Unknown
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import BACKEND_TLS_POLICY, GATEWAY
from k8slblint.graph.relations.backends import text_or
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.model.texts import middle
from k8slblint.traffic.attachment.references import Reference, is_listener_owner, listener_references
from k8slblint.traffic.attachment.serving import backend_readings, may_read_core, readings_of_cluster

_CORE_WORDS = frozenset(("core", "v1"))
"""What is written for the core group, whose name is the empty text."""

_KEY_PAIRS = (("tls.crt", "tls.key"), ("cert", "key"))

_CA_KEYS = ("ca.crt", "cacert")

_CORE_KINDS = frozenset(("ConfigMap", "Secret"))

_TYPES = (None, "", "Opaque", "kubernetes.io/tls")
"""Types of Secrets that hold the certificates themselves; others may refer to them (`gateway.envoyproxy.io/sds-ref`)."""

_KEPT_BY_OTHERS = ("reflect", "replicat", "inject", "kubed", "sync")
"""Parts of the keys of annotations and labels by which a controller fills an object in."""


_LONGEST_KIND = 30


class CertificateFault(NamedTuple):
    """Why a certificate cannot be used: the reason of the condition `ResolvedRefs`, and a clause about what is referred to.

    `is_written` tells that the reference itself is wrong; what the manifests say of an object may be completed in the cluster.
    """

    reason: str
    text: str
    is_written: bool = False


Usability: TypeAlias = CertificateFault | Unknown | None


def certificate_fault(reference: Reference, graph: ResourceGraph) -> Usability:
    """Return why a certificate or CA certificate cannot be used, None where it can, Unknown where only the cluster shows it.

    A kind or group is wrong whatever the cluster holds. Of an object in the manifests the keys are looked at, never their values.
    """
    if reference.is_filled_in:
        return Unknown(f"a reference of {reference.source.id} contains a placeholder")
    wrong = _wrong_kind(reference, graph)
    if wrong is not None or reference.group or reference.kind not in _CORE_KINDS:
        return wrong or Unknown(f"kind '{reference.kind}.{reference.group}' is specific to the implementation")
    found = _opened(reference, graph)
    if not found:
        return Unknown("a Secret or ConfigMap with certificates is not among the manifests")
    faults = [_fault_of_content(reference, one, graph) for one in found]
    return next((fault for fault in faults if not isinstance(fault, CertificateFault)), faults[0])


def _wrong_kind(reference: Reference, graph: ResourceGraph) -> CertificateFault | None:
    group, kind = reference.group, reference.kind
    if group == "core" and may_read_core(_readings(reference, graph)):
        return None
    is_authority = reference.purpose == "CA"
    allowed = _CORE_KINDS if is_authority else frozenset({"Secret"})
    reason = _reason(reference, of_kind=True)
    if group in _CORE_WORDS and kind in allowed:
        return CertificateFault(reason, f"has the group '{group}', not that of a {kind}", is_written=True)
    if (not group and kind in _CORE_KINDS - allowed) or (group == "cert-manager.io" and not is_authority):
        return CertificateFault(reason, f"is a {middle(kind, _LONGEST_KIND)}, not a Secret", is_written=True)
    return None


def _reason(reference: Reference, *, of_kind: bool = False) -> str:
    if reference.purpose == "CA":
        if reference.source.type_name == BACKEND_TLS_POLICY and of_kind:
            return "InvalidKind"
        return "InvalidCACertificateKind" if of_kind else "InvalidCACertificateRef"
    return "InvalidClientCertificateRef" if reference.purpose == "client certificate" else "InvalidCertificateRef"


def _fault_of_content(reference: Reference, found: Resource, graph: ResourceGraph) -> Usability:
    keys = _keys(found)
    if not keys or _is_kept_by_others(found) or found.get("type") not in _TYPES:
        return Unknown("a Secret or ConfigMap with certificates is filled in by what no manifest shows")
    if reference.purpose == "CA":
        if any(key in keys for key in _CA_KEYS) or (reference.kind == "Secret" and "tls.crt" in keys):
            return None
        if any(one.any_ca_key for one in _readings(reference, graph)):
            return None
        return CertificateFault(_reason(reference), "has no key 'ca.crt'")
    if any(all(key in keys for key in pair) for pair in _KEY_PAIRS):
        return None
    missing = [key for key in _KEY_PAIRS[0] if key not in keys]
    return CertificateFault(_reason(reference), f"has no key {' and no key '.join(map(repr, missing))}")


def _readings(reference: Reference, graph: ResourceGraph) -> list[BackendReading]:
    """Return how the controllers that may read a reference do: that of the Gateway, or for what names none those of all Gateways."""
    if reference.source.type_name == GATEWAY:
        return backend_readings(reference.source, graph)
    return readings_of_cluster(reference.source, graph)


def _keys(found: Resource) -> set[str]:
    return {str(key) for field in ("data", "stringData", "binaryData") for key in found.mapping(field)}


def _is_kept_by_others(found: Resource) -> bool:
    words = [str(key).casefold() for key in (*found.annotations, *found.labels)]
    return any(part in word for word in words for part in _KEPT_BY_OTHERS)


def authorities_of(policy: Resource) -> Iterator[Reference]:
    """Yield the CA certificates of a BackendTLSPolicy, which are always in its namespace."""
    for field in (("spec", "validation", "caCertificateRefs"), ("spec", "tls", "caCertRefs")):
        for index, one in enumerate(policy.sequence(*field)):
            if isinstance(one, dict) and isinstance(one.get("name"), str) and isinstance(one.get("kind"), str):
                group = text_or(one.get("group"), "")
                yield Reference(policy, (*field, index), "CA", group, one["kind"], policy.namespace, one["name"])


def _opened(reference: Reference, graph: ResourceGraph) -> list[Resource]:
    index = graph.derived(_opened_by_name)
    return index.get((graph.scope(reference.source).cluster, reference.kind, reference.namespace, reference.name), [])


def _opened_by_name(graph: ResourceGraph) -> dict[tuple[str, str, str | None, str], list[Resource]]:
    """Return the Secrets and ConfigMaps that anything refers to as a certificate, by cluster, kind, namespace and name."""
    names: dict[str, set[str]] = defaultdict(set)
    for source in graph.resources:
        if is_listener_owner(source):
            references = listener_references(source)
        elif source.type_name == BACKEND_TLS_POLICY:
            references = authorities_of(source)
        else:
            continue
        for reference in references:
            names[reference.kind].add(reference.name)
    found: dict[tuple[str, str, str | None, str], list[Resource]] = defaultdict(list)
    for kind in sorted(_CORE_KINDS):
        for one in graph.opened(kind, frozenset(names[kind])):
            found[graph.scope(one).cluster, kind, one.namespace, one.name].append(one)
    return found
