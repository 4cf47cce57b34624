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
    """How a form is recognised: a pattern of a whole line, and words of which one must be there, which is quicker to find out.

    `texts` are words anywhere, `keys` words at the start of a line, `heads` words in a line of `apiVersion` or `kind`. `is_object` tells
    that it is an object of Kubernetes, or looks like one.
    """

    form: HostForm
    texts: tuple[bytes, ...]
    pattern: re.Pattern[bytes]
    is_object: bool = False
    keys: frozenset[bytes] = frozenset()
    heads: tuple[bytes, ...] = ()


def _recognised(form: HostForm, line: str, *, is_object: bool = False, texts: str = "", keys: str = "", heads: str = "") -> _Form:
    """Return how a form is recognised; `line` is what the start of a line matches, the others are words."""
    of_line = pattern(rf"^(?:{line})".encode(), re.MULTILINE)
    in_text, at_start, in_head = (tuple(text.encode() for text in words.split()) for words in (texts, keys, heads))
    return _Form(form, in_text, of_line, is_object, frozenset(at_start), in_head)


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
    _recognised("rke", r"[ ]++kube-api:", texts="kube-api:"),
    _recognised("talos", r"(?:cluster|machine):[ \t]*+\r?$", keys="cluster machine"),
    _recognised("talos-document", rf"kind:[ ]*+(?:{'|'.join(_TALOS_KINDS)})\b", is_object=True, heads=" ".join(_TALOS_KINDS)),
    _recognised(
        "talhelper",
        r"(?:clusterPodNets|clusterSvcNets|clusterEndpoint):|[ -]++(?:- )?ipAddress:",
        texts="ipAddress:",
        keys="clusterPodNets clusterSvcNets clusterEndpoint",
    ),
    _recognised(
        "kubeadm",
        r"apiVersion:[ ]*+[\"']?(?:kubeadm\.k8s\.io|kubeproxy\.config\.k8s\.io)/",
        is_object=True,
        heads="kubeadm.k8s.io/ kubeproxy.config.k8s.io/",
    ),
    _recognised("variables", rf"(?:{'|'.join(ansible.NAMES)}):", keys=" ".join(ansible.NAMES)),
    _recognised(
        "inventory", r"[ ]++(?:ansible_host|ansible_ssh_host|access_ip):|[ ]++hosts:[ \t]*+\r?$", texts="ansible_ access_ip: hosts:"
    ),
    _recognised(
        "cluster-api",
        r"apiVersion:[ ]*+[\"']?(?:[a-z]++\.)?cluster\.x-k8s\.io/|apiVersion:[ ]*+ipam\.metal3\.io/",
        is_object=True,
        heads="cluster.x-k8s.io/ ipam.metal3.io/",
    ),
    _recognised(
        "calico",
        r"apiVersion:[ ]*+[\"']?(?:operator\.tigera\.io|(?:crd\.)?projectcalico\.org)/",
        is_object=True,
        heads="operator.tigera.io/ projectcalico.org/",
    ),
    _recognised(
        "cilium-values",
        r"[ ]*+(?:clusterPoolIPv[46]PodCIDR(?:List)?|k8sServiceHost):|kind:[ ]*+CiliumPodIPPool\b",
        is_object=True,
        texts="clusterPoolIPv k8sServiceHost:",
        heads="CiliumPodIPPool",
    ),
    _recognised("flannel", r"[ ]++net-conf\.json:", is_object=True, texts="net-conf.json:"),
    _recognised("kube-vip", r"[ -]++image:[ ]*+[\"']?\S*kube-vip/kube-vip[:@\"' \r\n]", is_object=True, texts="kube-vip/kube-vip"),
    _recognised("openshift", r"(?:baseDomain|rendezvousIP):", is_object=True, keys="baseDomain rendezvousIP"),
    _recognised("nmstate", r"kind:[ ]*+NodeNetworkConfigurationPolicy\b", is_object=True, heads="NodeNetworkConfigurationPolicy"),
    _recognised("kops", r"apiVersion:[ ]*+kops\.k8s\.io/", is_object=True, heads="kops.k8s.io/"),
    _recognised("cluster-template", rf"(?:{'|'.join(_TEMPLATE_KEYS)}):", keys=" ".join(_TEMPLATE_KEYS)),
    _recognised(
        "microk8s",
        r"(?:extraKubeProxyArgs|cluster-config|pod-cidr):|[ -]++name:[ ]*+metallb[ \t\r]*+$",
        texts="metallb",
        keys="extraKubeProxyArgs cluster-config pod-cidr",
    ),
    _recognised("service-cidr", r"kind:[ ]*+ServiceCIDR\b", is_object=True, heads="ServiceCIDR"),
    _recognised("k3s", rf"[\"']?(?:{'|'.join(_K3S_KEYS)})\+?[\"']?[ ]*+:", keys=" ".join(_K3S_KEYS)),
    _recognised(
        "config-map", r"[ ]++(?:ClusterConfiguration|config\.conf):[ ]*+[|>\"']", is_object=True, texts="ClusterConfiguration config.conf:"
    ),
    _recognised("omni", r"kind:[ ]*+(?:Cluster|ControlPlane|Workers|Machine)[ \t\r]*+$", heads="Cluster ControlPlane Workers Machine"),
)
"""In the order in which they are tried: the first that is found in a document tells its form."""

_OBJECT_FORMS = tuple(form for form in _FORMS if form.is_object)
_KEY_AT_START = pattern(rb"\n[\"']?([A-Za-z][A-Za-z0-9_.-]*+)")
_KEYS = frozenset(key for form in _FORMS for key in form.keys)
_ANY_HEAD = pattern(b"|".join(re.escape(head) for form in _FORMS for head in form.heads))
_WITH_TEXTS = {len(forms): tuple(form for form in forms if form.texts) for forms in (_FORMS, _OBJECT_FORMS)}
"""The forms that are left for a file without any of the keys and heads, by how many there are otherwise."""

_KINDS_OF_OMNI = next(form.heads for form in _FORMS if form.form == "omni")
_WORDS = (
    *(word for form in _FORMS for word in (*form.texts, *(form.heads if form.form != "omni" else ()))),
    *(b"kind:" + blank + kind + end for kind in _KINDS_OF_OMNI for blank in (b"", b" ") for end in (b"\n", b"\r", b" ", b"\t")),
    b"kind:  ",
    *(b"\n" + sign + key for key in sorted(_KEYS) for sign in (b"", b"'", b'"')),
)
"""What a file of any form has one of, between line ends: most have none. The kinds of Omni are parts of many words."""

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
    "talhelper": talos.flags_of_node_list,
    "omni": talos.flags_of_omni,
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
        if may_set_up_machines(file.path, data):
            yield file, data


def may_set_up_machines(path: str, data: bytes) -> bool:
    """Tell whether a file has one of the forms, by its path and its bytes."""
    return len(data) <= _LARGEST and (_has_form(data) or _plain_form(path, data) is not None)


_WHAT = "machines"


def _has_form(data: bytes) -> bool:
    """Tell whether a text has one of the forms; an earlier run may have looked."""
    memory = documents.memory()
    if memory is None:
        return _form(data) is not None
    text = data.decode("latin-1")  # any bytes are a text then
    known = memory.recall(_WHAT, text)
    if type(known) is not bool:
        known = _form(data) is not None
        memory.keep(known, _WHAT, text)
    return known


def _form(data: bytes) -> HostForm | None:
    """Return the form of a text, whichever of its documents tells it."""
    is_all_object = (data.startswith(b"apiVersion:") or b"\napiVersion:" in data) and b"\n---" not in data
    return _first_of(_OBJECT_FORMS if is_all_object else _FORMS, data)


def _first_of(forms: Sequence[_Form], data: bytes) -> HostForm | None:
    """Return the first form of a text; every file of a tree comes here, and loops are quicker than `any`."""
    text = b"\n" + data
    if not documents.may_hold_any(text + b"\n", _WORDS):
        return None
    keys, heads = _KEYS.intersection(_KEY_AT_START.findall(text)), _heads_of(text)
    heads = heads if _ANY_HEAD.search(heads) else b""
    for form in forms if keys or heads else _WITH_TEXTS[len(forms)]:
        for word in form.texts:
            if word in data:
                break
        else:
            if not (keys and keys & form.keys) and not (heads and any(head in heads for head in form.heads)):
                continue
        if form.pattern.search(data) is not None:
            return form.form
    return None


def _heads_of(text: bytes) -> bytes:
    """Return the lines that begin with `apiVersion` or `kind`: to look for words in them takes no time."""
    heads = []
    for key in (b"\napiVersion:", b"\nkind:"):
        at = text.find(key)
        while at >= 0:
            end = text.find(b"\n", at + 1)
            heads.append(text[at : end if end >= 0 else len(text)])
            at = text.find(key, at + 1)
    return b"".join(heads)


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
