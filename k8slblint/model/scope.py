"""Knows what a scope is: the cluster, environment, platform and Kubernetes version that a resource belongs to."""

from typing import Literal, NamedTuple, TypeAlias

Environment: TypeAlias = Literal["production", "staging", "development", "test", "ci", "local", "unknown"]
ENVIRONMENTS: tuple[Environment, ...] = ("production", "staging", "development", "test", "ci", "local", "unknown")

Division: TypeAlias = Literal["stated", "named", "sample", "none"]

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
    """Everything a user states about scopes.

    The options of the call (`environment`, `platform`, `kubernetes_version`) win over `clusters`, which win over `defaults`
    (the same three for all files of the configuration), which win over what is inferred.
    """

    clusters: tuple[ClusterSettings, ...] = ()
    environment: Environment | None = None
    platform: Platform | None = None
    kubernetes_version: str | None = None
    defaults: ClusterSettings = ClusterSettings("")


class Scope(NamedTuple):
    """Where a resource is deployed, and why we think so.

    `cluster` names resources that are deployed together: resources of two clusters never conflict.
    `division` tells what sets this cluster apart: `stated` by the user, `named` by a folder (`clusters/<name>`), `sample`: a folder
    of examples that stands alone, or `none`: nothing divides the project.
    `environment_reason` says where the environment comes from, `environment_is_stated` that the user said so,
    `platform_is_stated` the same of the platform.
    `reasons` says in one sentence each where cluster, environment, platform and version come from.
    """

    cluster: str
    environment: Environment = "unknown"
    platform: Platform = "unknown"
    kubernetes_version: str | None = None
    division: Division = "none"
    settings: ClusterSettings | None = None
    environment_reason: str = ""
    environment_is_stated: bool = False
    platform_is_stated: bool = False
    reasons: tuple[str, ...] = ()
