"""What a scope is: the cluster, environment, platform and Kubernetes version that a resource belongs to."""

from typing import Literal, TypeAlias

from k8slblint.model.records import NamedTuple

Environment: TypeAlias = Literal["production", "staging", "development", "test", "ci", "local", "unknown"]
ENVIRONMENTS: tuple[Environment, ...] = ("production", "staging", "development", "test", "ci", "local", "unknown")

UNDEPLOYED_ENVIRONMENTS: tuple[Environment, ...] = ("local", "ci")
"""Environments of one machine: no cloud builds anything there, and nobody outside reaches it."""

TRIAL_ENVIRONMENTS: tuple[Environment, ...] = ("development", "test", "ci", "local")
"""Environments that are known to serve nobody but their makers."""

Division: TypeAlias = Literal["stated", "named", "sample", "none"]

Platform: TypeAlias = str
"""`eks`, `gke`, `aks`, `bare-metal`, another provider's name from the catalogs, or `unknown`."""


DISTRIBUTIONS = frozenset({"openshift"})
"""Platforms that run on any provider: what makes their load balancers is told by that."""


class ClusterSettings(NamedTuple):
    """What a user states about one cluster (`clusters:` in the configuration); None and empty mean not stated.

    `paths` are glob patterns relative to the configuration file, `node_addresses` IP addresses as written,
    `networks` CIDRs or ranges by name (`pods`, `services`, `dhcp`, `gateway`, `vip` ...), `load_balancer_budget` a count.
    `contexts` are what deployers call the cluster: kubeconfig contexts, Argo CD cluster names and server URLs.
    """

    name: str
    paths: tuple[str, ...] = ()
    environment: Environment | None = None
    platform: Platform | None = None
    kubernetes_version: str | None = None
    node_addresses: tuple[str, ...] = ()
    networks: tuple[tuple[str, tuple[str, ...]], ...] = ()
    load_balancer_budget: int | None = None
    contexts: tuple[str, ...] = ()


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


def cluster_of_destination(settings: ScopeSettings, destination: str) -> str | None:
    """Return the stated cluster that a deployer's destination is: a kubeconfig context, a cluster's name or its server URL.

    A context that is stated wins over the name of another cluster. URLs are compared without regard to the case of scheme and host,
    a final slash and the default port. None for a destination that nobody stated: which cluster it is cannot be told.
    """
    wanted = canonical_context(destination)
    if not wanted:
        return None
    for cluster in settings.clusters:
        if any(canonical_context(context) == wanted for context in cluster.contexts):
            return cluster.name
    return next((cluster.name for cluster in settings.clusters if cluster.name == destination), None)


def canonical_context(context: str) -> str:
    """Return a context as it is compared: text as written, a URL in one spelling (RFC 3986, section 6.2.2)."""
    scheme, separator, rest = context.strip().partition("://")
    if not separator:
        return scheme
    host, slash, path = rest.partition("/")
    scheme, host = scheme.lower(), host.lower().removesuffix(_DEFAULT_PORTS.get(scheme.lower(), ":"))
    return f"{scheme}://{host}{slash}{path}".rstrip("/")


_DEFAULT_PORTS = {"https": ":443", "http": ":80"}


class Scope(NamedTuple):
    """Where a resource is deployed, and why we think so.

    `cluster` names resources that are deployed together: resources of two clusters never conflict.
    `division` tells what sets this cluster apart: `stated` by the user, `named` by a folder (`clusters/<name>`, or the dump of a
    cluster), `sample`: a folder of examples that stands alone, or `none`: nothing divides the project.
    `folder` is the folder that does (or a file that is the dump of a cluster), below what was scanned, `.` for the scanned folder or one
    above it; `""` where the user or a deployer said so, where nothing does, and for a dump that is all that was scanned (`is_dump_of_all`).
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
    folder: str = ""
    is_dump_of_all: bool = False

    @property
    def whereabouts(self) -> tuple[str, str]:
        """Cluster and environment: what is deployed to one place."""
        return self.cluster, self.environment

    @property
    def provider(self) -> Platform:
        """The platform as far as it tells who makes load balancers: `unknown` for a distribution that runs on any provider."""
        return "unknown" if self.platform in DISTRIBUTIONS else self.platform
