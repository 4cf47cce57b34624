"""Which kinds the graph reads: the only list of them. Other kinds are not loaded, and asking the graph for them raises.

A question names its kinds by the constants here, or by a catalog that `_of_catalogs` reads.
"""

from functools import cache

from k8slblint.catalog import load_balancers, platforms
from k8slblint.catalog.controllers import backend_tls_kinds, controllers_configured_by
from k8slblint.catalog.gateway_policies import kinds_read as gateway_policy_kinds
from k8slblint.catalog.pods import pod_makers
from k8slblint.catalog.protections import kinds_read as protecting_kinds
from k8slblint.catalog.protections import opaque_groups
from k8slblint.catalog.vendor_routes import named_by_routes, vendor_routes
from k8slblint.model.resource import CHART_VALUES, HELM_VALUES, INGRESS_VALUES, KUBE_VIP_POOL, LEGACY_POOL, POD_TEMPLATE_PATHS, ROUTE_VALUES

WORKLOAD_KINDS = tuple(POD_TEMPLATE_PATHS)

HELM_RELEASE = "HelmRelease.helm.toolkit.fluxcd.io"

HELM_OPERATOR_RELEASE = "HelmRelease.helm.fluxcd.io"

HELM_CHART = "HelmChart.helm.cattle.io"

HELM_CHART_CONFIG = "HelmChartConfig.helm.cattle.io"

APPLICATION = "Application.argoproj.io"

STREAM_SOURCE_KINDS = (*WORKLOAD_KINDS, HELM_RELEASE, HELM_CHART, APPLICATION)
"""What brings a controller that leads TCP and UDP to Services by lists of ports."""

INGRESS_KINDS = ("Ingress.networking.k8s.io", "Ingress.extensions")

INGRESS_CLASS = "IngressClass.networking.k8s.io"

GATEWAY = "Gateway.gateway.networking.k8s.io"

GATEWAY_CLASS = "GatewayClass.gateway.networking.k8s.io"

LISTENER_SET_KINDS = ("ListenerSet.gateway.networking.k8s.io", "XListenerSet.gateway.networking.x-k8s.io")
"""Kinds that add listeners to a Gateway: Gateway API 1.5, and the experimental one of 1.3 and 1.4."""

ROUTE_KINDS = tuple(f"{kind}.gateway.networking.k8s.io" for kind in ("HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute"))

GRANT_KINDS = tuple(f"{kind}.gateway.networking.k8s.io" for kind in ("ReferenceGrant", "ReferencePolicy"))
"""What permits references across namespaces; ReferencePolicy is the name until Gateway API v0.5."""

BACKEND_TLS_POLICY = "BackendTLSPolicy.gateway.networking.k8s.io"

ENDPOINTS = "Endpoints"

ENDPOINT_SLICE = "EndpointSlice.discovery.k8s.io"

SCALER_KINDS = ("HorizontalPodAutoscaler.autoscaling", "ScaledObject.keda.sh")

METALLB_POOL_KINDS = ("IPAddressPool.metallb.io", "AddressPool.metallb.io", LEGACY_POOL)

CILIUM_POOL = "CiliumLoadBalancerIPPool.cilium.io"

CILIUM_L2_POLICY = "CiliumL2AnnouncementPolicy.cilium.io"

L2_ADVERTISEMENT = "L2Advertisement.metallb.io"

METALLB_ADVERTISEMENT_KINDS = (L2_ADVERTISEMENT, "BGPAdvertisement.metallb.io")

METALLB_OTHER_KINDS = ("BGPPeer.metallb.io", "BFDProfile.metallb.io", "Community.metallb.io")

OTHER_ANNOUNCERS = ("BGPConfiguration.projectcalico.org", "BGPConfiguration.crd.projectcalico.org", "FRRConfiguration.frrk8s.metallb.io")
"""Kinds with which another program may announce addresses of MetalLB's pools."""

OTHER_POOL_KINDS = (
    KUBE_VIP_POOL,
    "ServiceGroup.purelb.io",
    "Eip.network.kubesphere.io",
    "ExternalIPPool.crd.antrea.io",
    "IPPool.projectcalico.org",
    "IPPool.crd.projectcalico.org",
)
"""Kinds of kube-vip, PureLB, OpenELB, Antrea and Calico whose addresses load balancers get."""

WEBHOOKS = "MutatingWebhookConfiguration.admissionregistration.k8s.io"

API_SERVER_KINDS = (
    "ClusterConfiguration.kubeadm.k8s.io",
    "Cluster.kops.k8s.io",
    "KubeadmControlPlane.controlplane.cluster.x-k8s.io",
    "ClusterConfig.k0s.k0sproject.io",
)
"""Kinds that say with which flags kube-apiserver is started."""

LOCAL_CLUSTER_KINDS = ("Simple.k3d.io", "Cluster.kind.x-k8s.io")
"""Kinds that describe a cluster on the machine of a developer: https://k3d.io/stable/usage/configfile, https://kind.sigs.k8s.io/docs/user/configuration."""

STORAGE_CLASS = "StorageClass.storage.k8s.io"
"""A kind that says by its provisioner on which platform a cluster is."""

CHART_SOURCE = "OCIRepository.source.toolkit.fluxcd.io"
"""A kind that says which version of a chart is deployed: Flux 2.6, https://fluxcd.io/flux/components/source/ocirepositories."""

CERTIFICATE = "Certificate.cert-manager.io"
"""A kind that says which Secret a certificate is kept in, so that it is renewed: cert-manager 1.19."""

FLEET_REPOSITORY = "GitRepo.fleet.cattle.io"
"""A kind that says which bundles of a repository are deployed together: Fleet 0.12."""

_OWN = frozenset(
    (
        *("Service", ENDPOINTS, ENDPOINT_SLICE, "Node", "Namespace"),
        *(*INGRESS_KINDS, INGRESS_CLASS, GATEWAY, GATEWAY_CLASS, *LISTENER_SET_KINDS, *ROUTE_KINDS, *GRANT_KINDS, BACKEND_TLS_POLICY),
        *(*WORKLOAD_KINDS, *METALLB_POOL_KINDS, CILIUM_POOL, *OTHER_POOL_KINDS),
        *(*METALLB_ADVERTISEMENT_KINDS, *METALLB_OTHER_KINDS),
    )
)

_OWN_ASIDE = frozenset(
    (
        *OTHER_ANNOUNCERS,
        *SCALER_KINDS,
        WEBHOOKS,
        CHART_SOURCE,
        CERTIFICATE,
        *API_SERVER_KINDS,
        *LOCAL_CLUSTER_KINDS,
        FLEET_REPOSITORY,
        STORAGE_CLASS,
    )
)


class KindSet:
    """Kinds by name (`Kind` or `Kind.group`) and by API group; ask with `type_name in kinds`."""

    __slots__ = ("groups", "names")

    def __init__(self, names: frozenset[str], groups: frozenset[str]) -> None:
        self.names = names
        self.groups = groups

    def __contains__(self, type_name: object) -> bool:
        return type_name in self.names or str(type_name).partition(".")[2] in self.groups


class KindsInUse:
    """Tells whether documents of a kind are worth parsing; ask with `type_name in kinds` (`Kind` or `Kind.group`).

    `aside` are those that only tell something about others: nothing is rendered for their sake.
    """

    def __init__(self, *others: str) -> None:
        """Add `others`, the kinds that rules and schemas ask for, to those of the graph."""
        telling, aside = _telling(), _aside()
        used = telling.names | frozenset(others)
        self._kinds = KindSet(used | aside.names, telling.groups | aside.groups)
        self.aside = KindSet(aside.names - used, aside.groups - telling.groups)

    def __contains__(self, type_name: object) -> bool:
        return type_name in self._kinds


class UndeclaredKindError(LookupError):
    """A question to the graph about a kind that no run loads: the answer would be "there is none", whatever the manifests say."""


@cache
def declared() -> KindSet:
    """Return all kinds that the graph may be asked for; Helm values are among them, though only rules that name them have them loaded."""
    telling, aside = _telling(), _aside()
    return KindSet(telling.names | aside.names | {HELM_VALUES, INGRESS_VALUES, ROUTE_VALUES, CHART_VALUES}, telling.groups | aside.groups)


def vendor_route_kinds() -> tuple[str, ...]:
    """Return the kinds outside Ingress and Gateway API that lead traffic to Services."""
    return tuple(vendor_routes())


@cache
def _telling() -> KindSet:
    """Return the kinds that make, serve or place traffic, or tell the platform."""
    kinds, groups = platforms.telling_kinds()
    return KindSet(_OWN | kinds | frozenset(load_balancers.target_group_bindings()), groups)


@cache
def _aside() -> KindSet:
    """Return the kinds that only say more about others: routes of vendors, policies, what makes or scales Pods, parameters."""
    makers = pod_makers()
    configuring = frozenset(controllers_configured_by())
    names = {
        *_OWN_ASIDE,
        *vendor_routes(),
        *named_by_routes(),
        *backend_tls_kinds(),
        *gateway_policy_kinds(),
        *protecting_kinds(),
        *makers.by_kind,
        *makers.deployers,
        *makers.followed,
        *_parameters(),
        *filter(_is_kind, configuring),
    }
    groups = (*makers.by_group, *opaque_groups(), *(group for group in configuring if not _is_kind(group)))
    return KindSet(frozenset(names), frozenset(groups))


def _parameters() -> frozenset[str]:
    """Return the kinds of the objects that classes and Gateways name as their parameters."""
    of_classes = {name for kind in load_balancers.ingress_kinds() for name in kind.class_parameters_kinds}
    return load_balancers.gateway_parameters_kinds() | of_classes


def _is_kind(name: str) -> bool:
    """Tell a kind (`Kind.group`) from an API group: only kinds begin with a capital letter."""
    return name[:1].isupper()
