"""Files that set up the machines of a cluster, and are no Kubernetes objects: configuration of k3s, RKE2, RKE, Talos, kubespray."""

from typing import Literal, TypeAlias

from k8slblint.model.location import Path
from k8slblint.model.node import Node
from k8slblint.model.records import NamedTuple

HostForm: TypeAlias = Literal["k3s", "rke", "talos", "kubespray"]
"""The program that reads a file; `k3s` stands for RKE2 too, which reads its configuration alike."""


class ServerFlag(NamedTuple):
    """A flag of kube-apiserver that a file sets: its name without dashes, its value as text, and where that is written."""

    name: str
    value: str
    at: Path


class HostFile(NamedTuple):
    """One document of such a file: `path` as reported, `root` all that it says, `flags` those of kube-apiserver."""

    form: HostForm
    path: str
    root: Node
    flags: tuple[ServerFlag, ...] = ()
