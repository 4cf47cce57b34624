"""What configuration of kubeadm, kube-proxy, k3s, RKE2, RKE, kops and OpenShift says of addresses and of kube-apiserver.

Sources: kubernetes/kubernetes 1.34 `cmd/kubeadm/app/apis/kubeadm/v1beta3` and `v1beta4` (`extraArgs` is a mapping, since v1beta4 a list of
names and values), `staging/src/k8s.io/kube-proxy/config/v1alpha1/types.go`; k3s 1.34 `pkg/configfilearg/parser.go` (a key is a flag, an
entry of a list is one use of it, `KEY+` adds), `pkg/cli/cmds/server.go` (`disable`), RKE2 reads the same; RKE 1.8 `types/rke_types.go`;
kops 1.34 `pkg/apis/kops/v1alpha2/cluster.go`, `v1alpha3/networking.go`; openshift/installer 4.19 `pkg/types/installconfig.go`,
`pkg/types/agent/agent_config_type.go`.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from k8slblint.loading.hosts.values import each, elements, host_of, mapping, texts, within, word
from k8slblint.model.host_files import Saying, ServerFlag, Statement
from k8slblint.model.location import Path

NODE_PORTS = "service-node-port-range"

_NETWORK_FLAGS: dict[str, Saying] = {"cluster-cidr": "pods", "service-cluster-ip-range": "services", "service-cidr": "services"}


def of_kubeadm(value: dict[str, Any]) -> Iterator[Statement]:
    """Yield what a document of kubeadm or kube-proxy says, whatever its kind: the fields of the kinds differ."""
    return of_kubeadm_at(value, ())


def of_kubeadm_at(value: dict[str, Any], at: Path) -> Iterator[Statement]:
    """Yield the same for a document within another."""
    networking = mapping(value.get("networking"))
    yield from each("pods", networking.get("podSubnet"), (*at, "networking", "podSubnet"))
    yield from each("services", networking.get("serviceSubnet"), (*at, "networking", "serviceSubnet"))
    yield from each("vip", host_of(value.get("controlPlaneEndpoint")), (*at, "controlPlaneEndpoint"))
    for component in ("apiServer", "controllerManager"):
        for name, text, where in extra_args(within(value, component, "extraArgs"), (*at, component, "extraArgs")):
            if name in _NETWORK_FLAGS:
                yield from each(_NETWORK_FLAGS[name], text, where)
    if value.get("kind") == "ClusterConfiguration" and not networking.get("serviceSubnet"):
        yield Statement("services", _SERVICES_OF_KUBEADM, (*at, "kind"), is_default=True)
    yield from _of_machine(value, at)
    yield from of_kube_proxy(value, at)


_SERVICES_OF_KUBEADM = "10.96.0.0/12"
"""Its `v1beta4/defaults.go`; Pods have no default network there."""


def _of_machine(value: dict[str, Any], at: Path) -> Iterator[Statement]:
    for steps in (("localAPIEndpoint",), ("controlPlane", "localAPIEndpoint")):
        yield from each("node", within(value, *steps, "advertiseAddress"), (*at, *steps, "advertiseAddress"))
    arguments = within(value, "nodeRegistration", "kubeletExtraArgs")
    for name, text, where in extra_args(arguments, (*at, "nodeRegistration", "kubeletExtraArgs")):
        if name == "node-ip":
            yield from each("node", text, where)
    token = ("discovery", "bootstrapToken", "apiServerEndpoint")
    yield from each("vip", host_of(within(value, *token)), (*at, *token))


def of_kube_proxy(value: dict[str, Any], at: Path) -> Iterator[Statement]:
    """Yield what a `KubeProxyConfiguration` says."""
    if value.get("kind") != "KubeProxyConfiguration":
        return
    yield from each("pods", value.get("clusterCIDR"), (*at, "clusterCIDR"))
    yield Statement("kube-proxy-mode", word(value.get("mode")), (*at, "mode"))
    yield Statement("strict-arp", word(within(value, "ipvs", "strictARP")), (*at, "ipvs", "strictARP"))


def extra_args(stated: object, at: Path) -> Iterator[tuple[str, object, Path]]:
    """Yield the name, value and path of each argument: of a mapping, or of a list of names and values."""
    if isinstance(stated, dict):
        yield from ((str(name), value, (*at, str(name))) for name, value in stated.items())
    for one, where in elements(stated, at):
        if isinstance(one, dict):
            yield word(one.get("name")), one.get("value"), (*where, "value")


_K3S: dict[str, Saying] = {
    "cluster-cidr": "pods",
    "service-cidr": "services",
    "node-ip": "node",
    "node-external-ip": "node-external",
    "advertise-address": "node",
    "bind-address": "node",
}


def of_k3s(value: dict[str, Any]) -> Iterator[Statement]:
    """Yield what a configuration of k3s or RKE2 says; `KEY+` adds to what other files say."""
    return of_k3s_at(value, ())


def of_k3s_at(value: dict[str, Any], at: Path) -> Iterator[Statement]:
    """Yield the same for a configuration within another file."""
    for key, stated in value.items():
        says = _K3S.get(str(key).removesuffix("+"))
        if says is not None:
            yield from each(says, stated, (*at, key))
    yield from each("vip", host_of(value.get("server")), (*at, "server"))
    disabled = {text for key in ("disable", "disable+", "no-deploy") for text, _ in texts(value.get(key), ())}
    if "servicelb" in disabled:
        yield Statement("servicelb", "off", (*at, next(key for key in ("disable", "disable+", "no-deploy") if key in value)))
    elif value.get("enable-servicelb") is True:
        yield Statement("servicelb", "on", (*at, "enable-servicelb"))
    elif is_of_a_k3s_server(value):
        yield Statement("servicelb", "on", (*at, next(iter(value))), is_default=True)
    yield from _proxy_arguments(value, at)
    if not at and "server" not in value and any(key in value for key in _OF_A_SERVER):
        yield from (
            Statement(says, text, (next(iter(value)),), is_default=True)
            for key, says, text in _DEFAULTS_OF_K3S
            if not any(one in value for one in (key, f"{key}+"))
        )


def is_of_a_k3s_server(value: dict[str, Any]) -> bool:
    """Tell whether a configuration is that of a server of k3s, and not of an agent or of RKE2, which has other keys and defaults."""
    is_server = "server" not in value and any(key in value for key in _OF_A_SERVER)
    return is_server and not any(key in value for key in _OF_RKE2)


_OF_RKE2 = ("cni", "profile", "ingress-controller", "enable-servicelb", "disable-kube-proxy")

_OF_A_SERVER = ("cluster-init", "tls-san", "write-kubeconfig-mode", "kube-apiserver-arg")
"""Keys of the configuration of a server: that of an agent proves nothing of networks."""

_DEFAULTS_OF_K3S: tuple[tuple[str, Saying, str], ...] = (
    ("cluster-cidr", "pods", "10.42.0.0/16"),
    ("service-cidr", "services", "10.43.0.0/16"),
)
"""k3s 1.34 `pkg/cli/cmds/server.go`, and RKE2, where machines have IPv4 addresses."""


def _proxy_arguments(value: dict[str, Any], at: Path) -> Iterator[Statement]:
    for text, where in texts(value.get("kube-proxy-arg"), (*at, "kube-proxy-arg")):
        name, _, own = text.removeprefix("--").partition("=")
        if name == "proxy-mode":
            yield Statement("kube-proxy-mode", own, where)
        elif name == "ipvs-strict-arp":
            yield Statement("strict-arp", own, where)


def of_rke(value: dict[str, Any]) -> Iterator[Statement]:
    """Yield what a `cluster.yml` of RKE says."""
    for one, at in elements(value.get("nodes"), ("nodes",)):
        inner = within(one, "internal_address")
        key = "internal_address" if inner else "address"
        yield from each("node", within(one, key), (*at, key), word(within(one, "hostname_override")))
    for component, field in (("kube-controller", "cluster_cidr"), ("kube-controller", "service_cluster_ip_range")):
        says: Saying = "pods" if field == "cluster_cidr" else "services"
        yield from each(says, within(value, "services", component, field), ("services", component, field))


def of_kops(value: dict[str, Any]) -> Iterator[Statement]:
    """Yield what a `Cluster` of kops says, in v1alpha2 and v1alpha3."""
    for at in (("spec",), ("spec", "networking")):
        networking = mapping(within(value, *at))
        yield from each("lan", networking.get("networkCIDR"), (*at, "networkCIDR"))
        yield from each("services", networking.get("serviceClusterIPRange"), (*at, "serviceClusterIPRange"))
        yield from each("pods", networking.get("podCIDR"), (*at, "podCIDR"))


def of_openshift(value: dict[str, Any]) -> Iterator[Statement]:
    """Yield what an `install-config.yaml` or `agent-config.yaml` says."""
    networking = mapping(value.get("networking"))
    at: Path = ("networking",)
    networks: tuple[tuple[str, Saying], ...] = (("machineNetwork", "lan"), ("clusterNetwork", "pods"), ("serviceNetwork", "services"))
    for field, says in networks:
        yield from each(says, networking.get(field), (*at, field))
        for one, where in elements(networking.get(field), (*at, field)):
            yield from each(says, within(one, "cidr"), (*where, "cidr"))
    for name, platform in mapping(value.get("platform")).items():
        for field in ("apiVIPs", "ingressVIPs", "apiVIP", "ingressVIP"):
            yield from each("vip", within(platform, field), ("platform", name, field))
    yield from each("node", value.get("rendezvousIP"), ("rendezvousIP",))
    for one, where in elements(value.get("hosts"), ("hosts",)):
        yield from of_nmstate_at(mapping(within(one, "networkConfig")), (*where, "networkConfig"), word(within(one, "hostname")))


def of_nmstate(value: dict[str, Any]) -> Iterator[Statement]:
    """Yield what a `NodeNetworkConfigurationPolicy` says."""
    return of_nmstate_at(mapping(within(value, "spec", "desiredState")), ("spec", "desiredState"))


def of_nmstate_at(state: dict[str, Any], at: Path, of: str = "") -> Iterator[Statement]:
    """Yield the addresses of machines in a state of nmstate."""
    for interface, where in elements(state.get("interfaces"), (*at, "interfaces")):
        for family in ("ipv4", "ipv6"):
            for one, inner in elements(within(interface, family, "address"), (*where, family, "address")):
                yield from each("node", within(one, "ip"), (*inner, "ip"), of)


def of_service_cidr(value: dict[str, Any]) -> Iterator[Statement]:
    """Yield what a `ServiceCIDR` says."""
    return each("services", within(value, "spec", "cidrs"), ("spec", "cidrs"))


def flags_of_k3s(value: dict[str, Any]) -> Iterator[ServerFlag]:
    """Yield the flags of kube-apiserver in a configuration of k3s."""
    for key in (NODE_PORTS, "kube-apiserver-arg", "kube-apiserver-arg+"):
        for text, at in _uses(value.get(key), (key,)):
            name, _, own = text.removeprefix("--").partition("=")
            yield ServerFlag(NODE_PORTS, text, at) if key == NODE_PORTS else ServerFlag(name, own, at)


def flags_of_rke(value: dict[str, Any]) -> Iterator[ServerFlag]:
    """Yield the flags of kube-apiserver in a `cluster.yml` of RKE."""
    at: Path = ("services", "kube-api")
    server = mapping(within(value, "services", "kube-api"))
    yield from _flags({NODE_PORTS: server.get("service_node_port_range")}, at)
    yield from _flags(server.get("extra_args"), (*at, "extra_args"))


def flags_of_talos(value: dict[str, Any]) -> Iterator[ServerFlag]:
    """Yield the flags of kube-apiserver in a configuration of Talos."""
    return _flags(within(value, "cluster", "apiServer", "extraArgs"), ("cluster", "apiServer", "extraArgs"))


def flags_of_variables(value: dict[str, Any]) -> Iterator[ServerFlag]:
    """Yield the flags of kube-apiserver in variables of kubespray."""
    return _flags({NODE_PORTS: value.get("kube_apiserver_node_port_range")}, ())


def _flags(stated: object, at: Path) -> Iterator[ServerFlag]:
    for name, value in stated.items() if isinstance(stated, dict) else ():
        yield from (ServerFlag(str(name), text, where) for text, where in _uses(value, (*at, name)))


def _uses(value: object, at: Path) -> Sequence[tuple[str, Path]]:
    """Return the texts of a value that is one, or a list of them."""
    if isinstance(value, str):
        return ((value, at),)
    return [(one, where) for one, where in elements(value, at) if isinstance(one, str)]
