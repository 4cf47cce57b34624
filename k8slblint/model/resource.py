"""What a resource is: an object of a manifest with an identity, plain values and the place of each of them."""

from bisect import bisect_left
from collections.abc import Container
from itertools import accumulate
from typing import Any, Literal, Protocol, TypeAlias

from k8slblint.model.location import Location, Path, Span
from k8slblint.model.node import Node, key_span, smallest_span
from k8slblint.model.records import NamedTuple

HELM_VALUES = "HelmValues"
"""The kind of what is no object: what Helm values say of a Service that a chart, which is not there, will make of them.

Such a resource reads like a Service (`metadata.annotations`, the stated fields of `spec`), and what it lacks is not known; `values` are the
settings as they are written. It has no `apiVersion`, no namespace, and is in no cluster for sure: values are layered, and one file does not
tell what is deployed. Only rules that name the kind see it.
"""

INGRESS_VALUES = f"{HELM_VALUES}.ingress"
ROUTE_VALUES = f"{HELM_VALUES}.route"
"""The type names of the same for an Ingress, and for a route of Gateway API."""

CHART_VALUES = f"{HELM_VALUES}.chart"
"""The type name of all values of a chart that is brought along and not in the tree: `spec` has its name, version and values, `by` what
brings it, as `kind` and `name`.
"""

VALUE_KINDS = (HELM_VALUES, INGRESS_VALUES, ROUTE_VALUES)

_OTHER_VALUES = (INGRESS_VALUES, ROUTE_VALUES, CHART_VALUES)

_READ_AS = {HELM_VALUES: "Service", INGRESS_VALUES: "Ingress", ROUTE_VALUES: "HTTPRoute"}

LEGACY_POOL = "AddressPool"
"""The kind of an address pool in the ConfigMap of MetalLB before 0.13: it reads like an `AddressPool.metallb.io`, without `apiVersion`."""

KUBE_VIP_POOL = "ConfigMap.kube-vip"
"""The kind of the ConfigMap in which the cloud provider of kube-vip keeps its ranges: its `spec` has those entries of its `data`."""

TUNNEL_RULES = "ConfigMap.cloudflared"
"""The kind of the ingress rules of cloudflared, which are a file in a ConfigMap: see `loading.tunnel_rules`."""

GATEWAY_OVERLAY = "GatewayOverlay"
"""The kind of what a ConfigMap changes in the objects that Istio makes for a Gateway: `data.service` is a mapping, not a text."""

CLUSTER_SCOPED_KINDS = frozenset(
    {
        HELM_VALUES,
        INGRESS_VALUES,
        ROUTE_VALUES,
        CHART_VALUES,
        "Namespace",
        "Node",
        "PersistentVolume",
        "APIService.apiregistration.k8s.io",
        "CustomResourceDefinition.apiextensions.k8s.io",
        "ClusterRole.rbac.authorization.k8s.io",
        "ClusterRoleBinding.rbac.authorization.k8s.io",
        "GatewayClass.gateway.networking.k8s.io",
        "IngressClass.networking.k8s.io",
        "IPAddress.networking.k8s.io",
        "ServiceCIDR.networking.k8s.io",
        "MutatingWebhookConfiguration.admissionregistration.k8s.io",
        "ValidatingWebhookConfiguration.admissionregistration.k8s.io",
        "ValidatingAdmissionPolicy.admissionregistration.k8s.io",
        "ValidatingAdmissionPolicyBinding.admissionregistration.k8s.io",
        "PriorityClass.scheduling.k8s.io",
        "RuntimeClass.node.k8s.io",
        "StorageClass.storage.k8s.io",
        "CSIDriver.storage.k8s.io",
        "CSINode.storage.k8s.io",
        "VolumeAttachment.storage.k8s.io",
        "FlowSchema.flowcontrol.apiserver.k8s.io",
        "PriorityLevelConfiguration.flowcontrol.apiserver.k8s.io",
        "CiliumLoadBalancerIPPool.cilium.io",
        "CiliumL2AnnouncementPolicy.cilium.io",
        "CiliumBGPClusterConfig.cilium.io",
        "IngressClassParams.elbv2.k8s.aws",
        "IngressClassParams.eks.amazonaws.com",
        "Eip.network.kubesphere.io",
        "ExternalIPPool.crd.antrea.io",
        "IPPool.crd.projectcalico.org",
        "IPPool.projectcalico.org",
        "KongClusterPlugin.configuration.konghq.com",
    }
)
"""Kinds without a namespace, as `Kind` or `Kind.group` (Kubernetes API reference 1.37; the CRDs of the vendors named)."""

POD_TEMPLATE_PATHS: dict[str, Path] = {
    "Pod": (),
    "PodTemplate": ("template",),
    "ReplicationController": ("spec", "template"),
    "DaemonSet.apps": ("spec", "template"),
    "Deployment.apps": ("spec", "template"),
    "ReplicaSet.apps": ("spec", "template"),
    "StatefulSet.apps": ("spec", "template"),
    "Job.batch": ("spec", "template"),
    "CronJob.batch": ("spec", "jobTemplate", "spec", "template"),
    "DaemonSet.extensions": ("spec", "template"),
    "Deployment.extensions": ("spec", "template"),
    "ReplicaSet.extensions": ("spec", "template"),
    "Rollout.argoproj.io": ("spec", "template"),
    "DeploymentConfig.apps.openshift.io": ("spec", "template"),
}
"""Where each workload kind keeps its Pod template (Kubernetes API reference 1.37; Argo Rollouts 1.8; openshift/api apps/v1)."""


Standing: TypeAlias = Literal["deployed", "unreached", "undeployed", "variant", "beside"]
"""Whether a manifest becomes an object: as far as is known it does; no deployer of a tree that has deployers is seen to deploy it; or
nobody does: the kustomization beside it does not list it, or a chart reads it. A `variant` is printed by a chart with other values than
its own, and what is `beside` one serves only to judge it."""


class ResourceId(NamedTuple):
    """What names a resource within a cluster; `namespace` is the effective one, None for cluster-scoped kinds."""

    api_version: str
    kind: str
    namespace: str | None
    name: str

    def __str__(self) -> str:
        where = f"{self.namespace}/" if self.namespace else ""
        return f"{self.kind} {where}{self.name}"


class Origin(NamedTuple):
    """Where rendered text came from: `path` of the template or base file; `exact` tells that the line reported is proven.

    `unit` says what was rendered: `charts/web with values-prod.yaml`; empty where the input was rendered text itself.
    `also` are other units in which the same place shows the same.
    """

    path: str
    exact: bool = False
    unit: str = ""
    also: tuple[str, ...] = ()


class Place(NamedTuple):
    """Where a value is written: its location, the text of that file, and for rendered objects what they came from.

    `rendered` is a readable excerpt of the rendered object, empty for what stands in its file as it is. `call` is where the object's
    own template calls the helper that the value is written in, with that line; None for all else.
    """

    location: Location
    source: "SourceText"
    origin: Origin | None = None
    rendered: str = ""
    call: tuple[Location, str] | None = None


class Provenance(Protocol):
    """Knows where the values of a rendered object are written."""

    @property
    def written_in(self) -> str:
        """The template or base file that the object comes from, as reported; empty where that is not known."""

    def place(self, resource: "Resource", path: Path, at: str) -> Place:
        """Return the place that a person would edit to change the value (or with `at="key"` the key) at `path`.

        With `at="overlay"` it is what the rendered unit does to the object: the patch in a kustomization.
        """

    def start(self, resource: "Resource", path: Path, at: str) -> Place:
        """Return a place of the object that costs nothing to find: where it begins, or `place` where that is known."""

    def announce(self, resource: "Resource", path: Path, at: str) -> None:
        """Hear what `place` will be asked later: what is announced together is found together, which is much cheaper."""

    def mentions(self, word: str) -> bool:
        """Tell whether a word stands in anything that the object is rendered from."""

    def may_print(self, text: str) -> bool:
        """Tell whether the template of the object has a text that it may print with other values, which nobody has stated."""

    def has_silent_workload(self, printed: Container[str]) -> bool:
        """Tell whether templates of workloads print nothing with these values, which nobody has stated; `printed` are those that do."""


_STORED_AS = {
    "DaemonSet.extensions": "DaemonSet.apps",
    "Deployment.extensions": "Deployment.apps",
    "Ingress.extensions": "Ingress.networking.k8s.io",
    "NetworkPolicy.extensions": "NetworkPolicy.networking.k8s.io",
    "ReplicaSet.extensions": "ReplicaSet.apps",
}
"""Kinds that the API server stored as those of another group: kubernetes/kubernetes 1.16 cmd/kube-apiserver/app/server.go and
pkg/kubeapiserver/default_storage_factory_builder.go (`AddCohabitatingResources`)."""


class Resource:
    """One object of a manifest.

    `value` is the object as Kubernetes reads it, `group` the part of `apiVersion` before the slash (`""` for core),
    `namespace` the effective namespace (None for cluster-scoped kinds), `type_name` `Kind` or `Kind.group`.
    `path` is the file as reported, or for what was rendered the unit; `source` is the text that `root` was parsed from.
    `standing` tells whether it is deployed, `is_kept` that its deployer does not delete it when its manifest is gone.
    """

    __slots__ = (
        "api_version",
        "group",
        "is_kept",
        "kind",
        "name",
        "namespace",
        "origin",
        "path",
        "provenance",
        "root",
        "source",
        "standing",
        "type_name",
        "value",
        "version",
    )

    def __init__(
        self, root: Node, path: str, source: "SourceText", origin: Origin | None = None, default_namespace: str = "default"
    ) -> None:
        root.keep_in(source.text)
        self.root = root
        self.value: dict[str, Any] = root.value
        self.path = path
        self.source = source
        self.origin = origin
        self.provenance: Provenance | None = None
        self.standing: Standing = "deployed"
        self.is_kept = False
        self.api_version = str(self.value.get("apiVersion") or "")
        self.kind = str(self.value.get("kind") or "")
        self.group, _, self.version = self.api_version.rpartition("/")
        self.type_name = f"{self.kind}.{self.group}" if self.group else self.kind
        if self.kind == HELM_VALUES:
            self.type_name = next((name for name in _OTHER_VALUES if self.value.get("is") == name), self.type_name)
        metadata = self.value.get("metadata")
        metadata = metadata if isinstance(metadata, dict) else {}
        name = metadata.get("name") or metadata.get("generateName") or ""
        self.name = name if isinstance(name, str) else str(name)
        self.namespace = self._effective_namespace(metadata, default_namespace)

    def _effective_namespace(self, metadata: dict[str, Any], default: str) -> str | None:
        if self.type_name in CLUSTER_SCOPED_KINDS:
            return None
        namespace = metadata.get("namespace")
        return namespace if isinstance(namespace, str) and namespace else default

    @property
    def reads_as(self) -> str:
        """The kind whose fields and annotations it has: its own, but of Helm values that of what a chart makes of them."""
        return _READ_AS.get(self.type_name, self.kind)

    @property
    def id(self) -> ResourceId:
        """The identity that reports show; a patch shows that of the object that it changes, values of a chart that of what brings it."""
        if self.kind == HELM_VALUES and self.value.get("isPatch") is True:
            return ResourceId("v1", self.reads_as, str(self.value.get("deployedTo") or "") or None, self.name)
        if self.type_name == CHART_VALUES:
            return ResourceId("", str(self.get("by", "kind", default="Chart")), None, self.name)
        return ResourceId(self.api_version, self.kind, self.namespace, self.name)

    @property
    def key(self) -> tuple[str, str | None, str]:
        """The identity that stays the same across API versions: `(type_name, namespace, name)`, groups of one storage being one."""
        return _STORED_AS.get(self.type_name, self.type_name), self.namespace, self.name

    @property
    def order(self) -> tuple[str, str, int, int]:
        """Reading order: path, file in a unit of several, line and column of the object's start."""
        file = "" if self.provenance is None else self.provenance.written_in
        return self.path, file, self.root.line, self.root.column

    def get(self, *path: str | int, default: Any = None) -> Any:
        """Return the value at `path`, or `default` where a step is missing, null or of another type."""
        value: Any = self.value
        for part in path:  # asked more often than all else: exact types, which is what documents are made of
            if type(value) is dict and type(part) is str:
                if part not in value:
                    return default
                value = value[part]
            elif type(value) is list and type(part) is int and -len(value) <= part < len(value):
                value = value[part]
            else:
                return default
        return default if value is None else value

    def mapping(self, *path: str | int) -> dict[str, Any]:
        """Return the mapping at `path`, or an empty one where there is none."""
        value = self.get(*path)
        return value if isinstance(value, dict) else {}

    def sequence(self, *path: str | int) -> list[Any]:
        """Return the list at `path`, or an empty one where there is none."""
        value = self.get(*path)
        return value if isinstance(value, list) else []

    @property
    def annotations(self) -> dict[str, Any]:
        """`metadata.annotations` as written; values that are not text are kept as they are."""
        return self._in_metadata("annotations")

    @property
    def labels(self) -> dict[str, Any]:
        """`metadata.labels` as written."""
        return self._in_metadata("labels")

    def _in_metadata(self, name: str) -> dict[str, Any]:
        """Return what `mapping` returns, without its steps: every rule asks for it."""
        metadata = self.value.get("metadata")
        value = metadata.get(name) if type(metadata) is dict else None
        return value if isinstance(value, dict) else {}

    @property
    def pod_template_path(self) -> Path | None:
        """The path of the Pod template, or None for kinds that have none; `()` for a Pod itself."""
        return POD_TEMPLATE_PATHS.get(self.type_name)

    @property
    def pod_template(self) -> dict[str, Any] | None:
        """The Pod template (a mapping with `metadata` and `spec`), or None."""
        path = self.pod_template_path
        return None if path is None else self.mapping(*path)

    @property
    def written_in(self) -> str:
        """The file that the object is written in, as reported: of rendered ones the template or base file, or `""`."""
        return self.path if self.provenance is None else self.provenance.written_in

    def span(self, path: Path) -> Span:
        """Return the smallest one-line token for `path`; see `node.smallest_span`; the root is shown at `metadata.name`."""
        return smallest_span(self.root, path or self._title)

    def line_of(self, path: Path) -> int:
        """Return the line of that token, which is found without all others where that is possible."""
        return self.root.line_of(path or self._title)

    @property
    def _title(self) -> Path:
        return ("metadata", "name") if self.get("metadata", "name") is not None else ("kind",)

    @property
    def may_be_completed(self) -> bool:
        """Whether it stands for values to whose mappings others may add keys: a file of values, or one of several layers.

        What is missing in the only values of a release is missing, but for the defaults of the chart.
        """
        return self.kind == HELM_VALUES and self.value.get("isWhole") is not True

    def leaves_unsaid(self, value: object) -> bool:
        """Tell whether a value that is missing here may be in another layer of values."""
        return value is None and self.may_be_completed

    def key_span(self, path: Path) -> Span:
        """Return the span of the key at the end of `path`; see `node.key_span`."""
        return key_span(self.root, path)

    def place(self, path: Path = (), at: str = "value") -> Place:
        """Return where `path` is written: at its value (the smallest token) or at its key; rendered objects ask their provenance."""
        if self.provenance is not None:
            return self.provenance.place(self, path, at)
        return Place(Location(self.path, self.key_span(path) if at == "key" else self.span(path)), self.source, self.origin)

    def announce(self, path: Path, at: str = "value") -> None:
        """Tell that `place` will be asked for `path`: many are found at once for little more than one."""
        if self.provenance is not None:
            self.provenance.announce(self, path, at)

    def location(self, path: Path = (), at: str = "value") -> Location:
        """Return where `path` is written, without its text."""
        return self.place(path, at).location

    def __repr__(self) -> str:
        return f"<Resource {self.id} at {self.path}:{self.root.line}>"


class SourceText:
    """The text of one file, kept for excerpts and fingerprints; lines end in LF, CR LF or CR."""

    __slots__ = ("_breaks", "_lines", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._lines: list[str] | None = None
        self._breaks: list[int] | None = None

    @property
    def line_count(self) -> int:
        """How many lines there are; a final line end begins one more."""
        self.line(1)
        return len(self._lines) if self._lines is not None else self.text.count("\n") + 1

    def line(self, number: int) -> str:
        """Return line `number` (from 1) without its line end, or `""` outside the text."""
        if self._lines is None and (self._breaks is not None or self._is_large()):
            return self._line_of_large(number)
        if self._lines is None:
            self._lines = self.text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        return self._lines[number - 1] if 0 < number <= len(self._lines) else ""

    def _is_large(self) -> bool:
        return len(self.text) > _LARGE and "\r" not in self.text

    def _line_of_large(self, number: int) -> str:
        """Return a line by the number of line ends before each part of the text: a dump has millions of lines, and few are asked for."""
        text = self.text
        if self._breaks is None:
            counts = (text.count("\n", at, at + _PART) for at in range(0, len(text), _PART))
            self._breaks = list(accumulate(counts, initial=0))
        part = max(bisect_left(self._breaks, number - 1) - 1, 0)
        at = part * _PART if number > 1 else 0
        for _ in range(number - 1 - self._breaks[part]):
            at = text.find("\n", at) + 1
            if not at:
                return ""
        end = text.find("\n", at)
        return text[at : end if end >= 0 else len(text)] if number > 0 else ""

    def documents_of(self, kind: str) -> list[range]:
        """Return the lines of each YAML document, or part of a template between `---` lines, in which a line says `kind: KIND`."""
        found, start, is_meant = [], 1, False
        for number in range(1, self.line_count + 1):
            line = self.line(number)
            if line.startswith("---"):
                found += [range(start, number)] if is_meant else []
                start, is_meant = number, False
            is_meant = is_meant or line.strip() == f"kind: {kind}"
        return [*found, range(start, self.line_count + 1)] if is_meant else found


_LARGE = 1_000_000
_PART = 1 << 14
"""In characters."""
