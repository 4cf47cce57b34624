"""Which files set up the machines of a cluster, by what is in them: most have neither `apiVersion` nor `kind`, and any name.

A further program is a line in `_FORMS` and one in `_STATEMENTS`, with its reader. What is a template is read without the lines that hold
nothing but statements of the template; values that it fills in are no addresses.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Any

from k8slblint import documents
from k8slblint.loading.hosts import ansible, kubernetes, plain, sites, talos
from k8slblint.model.host_files import HostFile, HostForm, ServerFlag, Statement
from k8slblint.model.loaded import SourceFile
from k8slblint.model.node import Node
from k8slblint.model.patterns import pattern
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import SourceText

MOST_FILES = 500
"""Files that are parsed: one for each machine of a large installation."""

_LARGEST = 200_000
"""In bytes; a file with the certificates of a Talos machine has some 10,000."""


class _Form(NamedTuple):
    """How a form is recognised: a pattern of a whole line, and texts of which one must be there, which is quicker to find out.

    `is_object` tells that it is an object of Kubernetes, or looks like one.
    """

    form: HostForm
    texts: tuple[bytes, ...]
    pattern: re.Pattern[bytes]
    is_object: bool = False


def _recognised(form: HostForm, texts: str, line: str, *, is_object: bool = False) -> _Form:
    """Return how a form is recognised; `texts` are words, `line` is what the start of a line matches."""
    return _Form(form, tuple(text.encode() for text in texts.split()), pattern(rf"^(?:{line})".encode(), re.MULTILINE), is_object)


_TALOS_KINDS = (
    *("LinkConfig", "VLANConfig", "BondConfig", "BridgeConfig", "DummyLinkConfig", "Layer2VIPConfig", "HCloudVIPConfig"),
    *("KubeNetworkConfig", "KubeClusterConfig", "KubeProxyConfig"),
)
_K3S_KEYS = (
    *("kube-apiserver-arg", "service-node-port-range", "cluster-cidr", "service-cidr", "node-ip", "tls-san", "cluster-init"),
    *("enable-servicelb", "disable"),
)
_TEMPLATE_KEYS = ("node_cidr", "cluster_api_addr", "cluster_pod_cidr", "cluster_svc_cidr", "node_inventory", "controller_vip")

_FORMS: tuple[_Form, ...] = (
    _recognised("rke", "kube-api:", r"[ ]++kube-api:"),
    _recognised("talos", "cluster: machine:", r"(?:cluster|machine):[ \t]*+\r?$"),
    _recognised("talos-document", " ".join(_TALOS_KINDS), rf"kind:[ ]*+(?:{'|'.join(_TALOS_KINDS)})\b", is_object=True),
    _recognised(
        "talhelper",
        "clusterPodNets: clusterSvcNets: clusterEndpoint: ipAddress:",
        r"(?:clusterPodNets|clusterSvcNets|clusterEndpoint):|[ -]++(?:- )?ipAddress:",
    ),
    _recognised(
        "kubeadm",
        "kubeadm.k8s.io/ kubeproxy.config.k8s.io/",
        r"apiVersion:[ ]*+[\"']?(?:kubeadm\.k8s\.io|kubeproxy\.config\.k8s\.io)/",
        is_object=True,
    ),
    _recognised("variables", "_", rf"(?:{'|'.join(ansible.NAMES)}):"),
    _recognised("inventory", "ansible_ access_ip: hosts:", r"[ ]++(?:ansible_host|ansible_ssh_host|access_ip):|[ ]++hosts:[ \t]*+\r?$"),
    _recognised(
        "cluster-api",
        "cluster.x-k8s.io/ ipam.metal3.io/",
        r"apiVersion:[ ]*+[\"']?(?:[a-z]++\.)?cluster\.x-k8s\.io/|apiVersion:[ ]*+ipam\.metal3\.io/",
        is_object=True,
    ),
    _recognised(
        "calico",
        "operator.tigera.io/ projectcalico.org/",
        r"apiVersion:[ ]*+[\"']?(?:operator\.tigera\.io|(?:crd\.)?projectcalico\.org)/",
        is_object=True,
    ),
    _recognised(
        "cilium-values",
        "clusterPoolIPv k8sServiceHost: CiliumPodIPPool",
        r"[ ]*+(?:clusterPoolIPv[46]PodCIDR(?:List)?|k8sServiceHost):|kind:[ ]*+CiliumPodIPPool\b",
        is_object=True,
    ),
    _recognised("flannel", "net-conf.json:", r"[ ]++net-conf\.json:", is_object=True),
    _recognised("kube-vip", "kube-vip/kube-vip", r"[ -]++image:[ ]*+[\"']?\S*kube-vip/kube-vip[:@\"' \r\n]", is_object=True),
    _recognised("openshift", "baseDomain: rendezvousIP:", r"(?:baseDomain|rendezvousIP):", is_object=True),
    _recognised("nmstate", "NodeNetworkConfigurationPolicy", r"kind:[ ]*+NodeNetworkConfigurationPolicy\b", is_object=True),
    _recognised("kops", "kops.k8s.io/", r"apiVersion:[ ]*+kops\.k8s\.io/", is_object=True),
    _recognised("cluster-template", " ".join(_TEMPLATE_KEYS), rf"(?:{'|'.join(_TEMPLATE_KEYS)}):"),
    _recognised(
        "microk8s",
        "extraKubeProxyArgs: cluster-config: pod-cidr: metallb",
        r"(?:extraKubeProxyArgs|cluster-config|pod-cidr):|[ -]++name:[ ]*+metallb[ \t\r]*+$",
    ),
    _recognised("service-cidr", "ServiceCIDR", r"kind:[ ]*+ServiceCIDR\b", is_object=True),
    _recognised("k3s", " ".join(_K3S_KEYS), rf"[\"']?(?:{'|'.join(_K3S_KEYS)})\+?[\"']?[ ]*+:"),
    _recognised(
        "config-map", "ClusterConfiguration: config.conf:", r"[ ]++(?:ClusterConfiguration|config\.conf):[ ]*+[|>]", is_object=True
    ),
    _recognised("omni", "Cluster ControlPlane Workers Machine", r"kind:[ ]*+(?:Cluster|ControlPlane|Workers|Machine)[ \t\r]*+$"),
)
"""In the order in which they are tried: the first that is found in a document tells its form."""

_OBJECT_FORMS = tuple(form for form in _FORMS if form.is_object)

_VARIABLES = frozenset(name.encode() for name in ansible.NAMES)
_TOP_KEY = pattern(rb"^([a-z][a-z0-9_]*+):", re.MULTILINE)

_OBJECT = pattern(rb"^(?:apiVersion|kind):", re.MULTILINE)
_API_VERSION = pattern(rb"^apiVersion:", re.MULTILINE)
_INI = pattern(rb"^\[[A-Za-z0-9_.-]++(?::children|:vars)?\]", re.MULTILINE)
_KEEPALIVED = pattern(rb"\bvirtual_ipaddress\b")
_STATEMENT_LINE = pattern(r"^[ \t]*+\{%(?:(?!%\})[^\n])*+%\}[ \t]*+$", re.MULTILINE)

_STATEMENTS: Mapping[HostForm, Callable[[dict[str, Any]], Iterator[Statement]]] = {
    "k3s": kubernetes.of_k3s,
    "rke": kubernetes.of_rke,
    "talos": talos.of_machine_config,
    "talos-document": talos.of_document,
    "talhelper": talos.of_node_list,
    "kubeadm": kubernetes.of_kubeadm,
    "variables": ansible.of_variables,
    "inventory": ansible.of_inventory,
    "cluster-api": sites.of_cluster_api,
    "calico": sites.of_calico,
    "cilium-values": sites.of_cilium,
    "flannel": sites.of_flannel,
    "kube-vip": sites.of_kube_vip,
    "openshift": kubernetes.of_openshift,
    "nmstate": kubernetes.of_nmstate,
    "kops": kubernetes.of_kops,
    "cluster-template": sites.of_cluster_template,
    "microk8s": sites.of_microk8s,
    "service-cidr": kubernetes.of_service_cidr,
    "omni": talos.of_omni,
    "config-map": sites.of_config_maps,
}
_FLAGS: Mapping[HostForm, Callable[[dict[str, Any]], Iterator[ServerFlag]]] = {
    "k3s": kubernetes.flags_of_k3s,
    "rke": kubernetes.flags_of_rke,
    "talos": kubernetes.flags_of_talos,
    "variables": kubernetes.flags_of_variables,
}


def host_files(files: Sequence[SourceFile]) -> tuple[HostFile, ...]:
    """Return the documents of files that set up machines; what cannot be read or parsed is left out."""
    return tuple(chain.from_iterable(_read(file, data) for file, data in islice(_candidates(files), MOST_FILES)))


def _candidates(files: Iterable[SourceFile]) -> Iterator[tuple[SourceFile, bytes]]:
    for file in files:
        try:
            data = file.read()
        except OSError:
            continue
        if len(data) <= _LARGEST and (_form(data) is not None or _plain_form(file.path, data) is not None):
            yield file, data


def _form(data: bytes) -> HostForm | None:
    """Return the form of a text, whichever of its documents tells it."""
    is_all_object = (data.startswith(b"apiVersion:") or b"\napiVersion:" in data) and b"\n---" not in data
    return _first_of(_OBJECT_FORMS if is_all_object else _FORMS, data)


def _first_of(forms: Iterable[_Form], data: bytes) -> HostForm | None:
    """Return the first form of a text; every file of a tree comes here, and loops are quicker than `any`."""
    for form in forms:
        for text in form.texts:
            if text in data:
                if _is_of_form(form, data):
                    return form.form
                break
    return None


def _is_of_form(form: _Form, data: bytes) -> bool:
    """Tell whether a text that has one of the words of a form is of it."""
    if form.form == "variables":
        return not _VARIABLES.isdisjoint(_TOP_KEY.findall(data))
    return form.pattern.search(data) is not None


def _form_of_document(data: bytes) -> HostForm | None:
    """Return the form of one document; an object of Kubernetes is none of the forms that are not."""
    form = _form(data)
    if form == "omni":
        return None if _API_VERSION.search(data) else form
    if form is None or not _OBJECT.search(data):
        return form
    return _first_of(_OBJECT_FORMS, data)


def _plain_form(path: str, data: bytes) -> HostForm | None:
    """Return the form of what is no YAML, which its name tells too."""
    if path.endswith((".conf", ".conf.j2", ".conf.tpl", ".tmpl")):
        return "keepalived" if _KEEPALIVED.search(data) else None
    if path.endswith((".yaml", ".yml", ".json", ".j2")):
        return None
    return "inventory-ini" if _INI.search(data) else None


def _read(file: SourceFile, data: bytes) -> Iterator[HostFile]:
    try:
        text = documents.decode(data)
    except documents.UndecodableText:
        return
    source = SourceText(text)
    form = _plain_form(file.path, data)
    if form is not None:
        root = plain.inventory(text) if form == "inventory-ini" else plain.keepalived(text)
        found = plain.statements_of_inventory(root) if form == "inventory-ini" else plain.statements_of_keepalived(root)
        yield HostFile(form, file.path, root, (), tuple(found), source)
        return
    for chunk in documents.split(_without_statements(file.path, text)):
        yield from _of_document(file, chunk, source)


def _without_statements(path: str, text: str) -> str:
    """Return a template without the lines that hold nothing but a statement of its engine; the numbers of lines stay."""
    return _STATEMENT_LINE.sub("", text) if path.endswith(".j2") else text


def _of_document(file: SourceFile, chunk: documents.Chunk, source: SourceText) -> Iterator[HostFile]:
    form = _form_of_document(chunk.text.encode("utf-8", "replace"))
    if form is None:
        return
    root = _root(chunk)
    if root is not None:
        flags = _FLAGS[form](root.value) if form in _FLAGS else ()
        yield HostFile(form, file.path, root, tuple(flags), tuple(_STATEMENTS[form](root.value)), source)


def _root(chunk: documents.Chunk) -> Node | None:
    try:
        root = documents.parse(chunk).root
    except documents.BrokenDocument:
        return None
    return root if isinstance(root.value, dict) else None
