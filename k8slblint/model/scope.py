"""Knows what a scope is: the cluster, environment, platform and Kubernetes version that a resource belongs to."""

from typing import Literal, NamedTuple, TypeAlias

Environment: TypeAlias = Literal["production", "staging", "development", "test", "ci", "local", "unknown"]
ENVIRONMENTS: tuple[Environment, ...] = ("production", "staging", "development", "test", "ci", "local", "unknown")

Platform: TypeAlias = str
"""`eks`, `gke`, `aks`, `bare-metal`, another provider's name from the catalogs, or `unknown`."""


class ClusterSettings(NamedTuple):
    """What a user states about one cluster (`clusters:` in the configuration); None and empty mean not stated.

    `paths` are glob patterns relative to the configuration file, `node_addresses` IP addresses as written,
    `networks` CIDRs or ranges by name (`pods`, `services`, `dhcp`, `gateway`, `vip` ...), `load_balancer_budget` a count.
    """

    name: str
    paths: tuple[str, ...] = ()
    environment: Environment | None = None
    platform: Platform | None = None
    kubernetes_version: str | None = None
    node_addresses: tuple[str, ...] = ()
    networks: tuple[tuple[str, tuple[str, ...]], ...] = ()
    load_balancer_budget: int | None = None


class ScopeSettings(NamedTuple):
    """Everything a user states about scopes: the options of the call win over `clusters`, which win over what is inferred."""

    clusters: tuple[ClusterSettings, ...] = ()
    environment: Environment | None = None
    platform: Platform | None = None
    kubernetes_version: str | None = None


class Scope(NamedTuple):
    """Where a resource is deployed, and why we think so.

    `cluster` names resources that are deployed together: resources of two clusters never conflict.
    `stated` tells that the user named the cluster; otherwise the grouping is inferred from the tree.
    `reasons` says in one sentence each where cluster, environment, platform and version come from.
    """

    cluster: str
    environment: Environment = "unknown"
    platform: Platform = "unknown"
    kubernetes_version: str | None = None
    stated: bool = False
    settings: ClusterSettings | None = None
    reasons: tuple[str, ...] = ()
