"""Files that set up clusters and their machines: k3s, RKE2, RKE, Talos, kubeadm, Ansible inventories, Cluster API and others."""

from typing import Literal, TypeAlias

from k8slblint.model.location import Path
from k8slblint.model.node import Node
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import SourceText

HostForm: TypeAlias = Literal[
    "k3s",
    "rke",
    "talos",
    "talos-document",
    "talhelper",
    "kubeadm",
    "variables",
    "inventory",
    "inventory-ini",
    "cluster-api",
    "calico",
    "cilium-values",
    "flannel",
    "kube-vip",
    "keepalived",
    "openshift",
    "nmstate",
    "kops",
    "cluster-template",
    "microk8s",
    "service-cidr",
    "omni",
    "config-map",
]
"""The program that reads a file; `k3s` stands for RKE2 too, which reads its configuration alike, and `variables` are those of Ansible."""


Saying: TypeAlias = Literal[
    "node",
    "node-external",
    "machines",
    "pods",
    "services",
    "vip",
    "gateway",
    "lan",
    "pool",
    "cluster",
    "kube-proxy-mode",
    "strict-arp",
    "servicelb",
]
"""What a statement is about.

Addresses: `node` and `node-external` of a machine, `machines` a range that machines get theirs from, `pods` and `services` the networks of
a cluster, `vip` an address that moves between machines, `gateway` a router, `lan` a prefix that addresses lie in, `pool` a range for load
balancers. The others: `cluster` is the name of the cluster, `kube-proxy-mode` and `strict-arp` are settings of kube-proxy, `servicelb` says
`off` or `on` of the load balancer of k3s (by default on).
"""


class Statement(NamedTuple):
    """What a file says of a cluster: `text` as written, where, and for addresses of machines `of` which one.

    `is_default` tells of a setting that the file leaves out, so that its program takes this value.
    """

    says: Saying
    text: str
    at: Path
    of: str = ""
    is_default: bool = False


class ServerFlag(NamedTuple):
    """A flag of kube-apiserver that a file sets: its name without dashes, its value as text, and where that is written."""

    name: str
    value: str
    at: Path


class HostFile(NamedTuple):
    """One document of such a file: `path` as reported, `root` all that it says, `source` the text of the file.

    `flags` are those of kube-apiserver, `statements` what it says of addresses and of the cluster.
    """

    form: HostForm
    path: str
    root: Node
    flags: tuple[ServerFlag, ...] = ()
    statements: tuple[Statement, ...] = ()
    source: SourceText = SourceText("")
