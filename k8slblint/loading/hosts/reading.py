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
from k8slblint.model.resource import SourceText

MOST_FILES = 500
"""Files that are parsed: one for each machine of a large installation."""

_LARGEST = 200_000
"""In bytes; a file with the certificates of a Talos machine has some 10,000."""

_PATTERNS: tuple[tuple[HostForm, str], ...] = (
    ("rke", r"[ ]++kube-api:"),
    ("talos", r"(?:cluster|machine):[ \t]*+\r?$"),
    (
        "talos-document",
        (
            r"kind:[ ]*+(?:LinkConfig|VLANConfig|BondConfig|BridgeConfig|DummyLinkConfig|Layer2VIPConfig|HCloudVIPConfig"
            r"|KubeNetworkConfig|KubeClusterConfig|KubeProxyConfig)\b"
        ),
    ),
    ("talhelper", r"(?:clusterPodNets|clusterSvcNets|clusterEndpoint):|[ -]++(?:- )?ipAddress:"),
    ("kubeadm", r"apiVersion:[ ]*+[\"']?(?:kubeadm\.k8s\.io|kubeproxy\.config\.k8s\.io)/"),
    ("variables", rf"(?:{'|'.join(ansible.NAMES)}):"),
    ("inventory", r"[ ]++(?:ansible_host|ansible_ssh_host|access_ip):|[ ]++hosts:[ \t]*+\r?$"),
    ("cluster-api", r"apiVersion:[ ]*+[\"']?(?:[a-z]++\.)?cluster\.x-k8s\.io/|apiVersion:[ ]*+ipam\.metal3\.io/"),
    ("calico", r"apiVersion:[ ]*+[\"']?(?:operator\.tigera\.io|(?:crd\.)?projectcalico\.org)/"),
    ("cilium-values", r"[ ]*+(?:clusterPoolIPv[46]PodCIDR(?:List)?|k8sServiceHost):|kind:[ ]*+CiliumPodIPPool\b"),
    ("flannel", r"[ ]++net-conf\.json:"),
    ("kube-vip", r"[ -]++image:[ ]*+[\"']?\S*kube-vip/kube-vip[:@\"' \r\n]"),
    ("openshift", r"(?:baseDomain|rendezvousIP):"),
    ("nmstate", r"kind:[ ]*+NodeNetworkConfigurationPolicy\b"),
    ("kops", r"apiVersion:[ ]*+kops\.k8s\.io/"),
    ("cluster-template", r"(?:node_cidr|cluster_api_addr|cluster_pod_cidr|cluster_svc_cidr|node_inventory|controller_vip):"),
    ("microk8s", r"(?:extraKubeProxyArgs|cluster-config|pod-cidr):|[ -]++name:[ ]*+metallb[ \t\r]*+$"),
    ("service-cidr", r"kind:[ ]*+ServiceCIDR\b"),
    (
        "k3s",
        (
            r"[\"']?(?:kube-apiserver-arg|service-node-port-range|cluster-cidr|service-cidr|node-ip|tls-san|cluster-init"
            r"|enable-servicelb|disable)\+?[\"']?[ ]*+:"
        ),
    ),
)
_FORMS: tuple[tuple[HostForm, re.Pattern[bytes]], ...] = tuple(
    (form, re.compile(rf"^(?:{pattern})".encode(), re.MULTILINE)) for form, pattern in _PATTERNS
)
"""In the order in which they are tried: the first that is found in a document tells its form."""

_OBJECTS: frozenset[HostForm] = frozenset(
    {
        *("kubeadm", "cluster-api", "calico", "cilium-values", "flannel", "kube-vip", "nmstate", "kops", "service-cidr", "talos-document"),
        *("openshift",),
    }
)
"""The forms that are objects of Kubernetes, or look like one."""

_OBJECT = re.compile(rb"^(?:apiVersion|kind):", re.MULTILINE)
_CONFIG_MAP = re.compile(rb"^[ ]++(?:ClusterConfiguration|config\.conf):[ ]*+[|>]", re.MULTILINE)
_OMNI = re.compile(rb"^kind:[ ]*+(?:Cluster|ControlPlane|Workers|Machine)[ \t\r]*+$", re.MULTILINE)
_API_VERSION = re.compile(rb"^apiVersion:", re.MULTILINE)
_INI = re.compile(rb"^\[[A-Za-z0-9_.-]++(?::children|:vars)?\]", re.MULTILINE)
_KEEPALIVED = re.compile(rb"\bvirtual_ipaddress\b")
_STATEMENT_LINE = re.compile(r"^[ \t]*+\{%(?:(?!%\})[^\n])*+%\}[ \t]*+$", re.MULTILINE)

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
    told = next((form for form, pattern in _FORMS if pattern.search(data)), None)
    return told or ("config-map" if _CONFIG_MAP.search(data) else "omni" if _OMNI.search(data) else None)


def _form_of_document(data: bytes) -> HostForm | None:
    """Return the form of one document; an object of Kubernetes is none of the forms that are not."""
    form = _form(data)
    if form == "omni":
        return None if _API_VERSION.search(data) else form
    if form in (None, "config-map"):
        return form
    if not _OBJECT.search(data):
        return form
    return next((one for one, pattern in _FORMS if one in _OBJECTS and pattern.search(data)), None)


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
