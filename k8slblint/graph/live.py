"""Objects read from a live cluster (`kubectl get -o yaml`), and what the API server and controllers add to them.

Sources: Kubernetes API conventions, "Metadata"; Kubernetes 1.37, `pkg/apis/core/v1/defaults.go` (`SetDefaults_Service`),
`pkg/registry/core/service/storage/alloc.go`; kubectl reference, "apply" (last-applied-configuration).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from k8slblint.model.resource import Resource

Steps: TypeAlias = tuple[str, ...]
"""The parts of the path of a file or folder below what was scanned; `()` is the scanned folder itself."""

_METADATA = frozenset(
    {
        *("uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "selfLink"),
        *("deletionTimestamp", "deletionGracePeriodSeconds", "finalizers", "ownerReferences"),
    }
)

_ANNOTATIONS = frozenset({"kubectl.kubernetes.io/last-applied-configuration", "deployment.kubernetes.io/revision"})

_ALLOCATED = ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "healthCheckNodePort")
"""Fields of a Service that the API server fills in with what the cluster has, where the manifest leaves them out."""

_DEFAULTS = {
    "type": "ClusterIP",
    "sessionAffinity": "None",
    "internalTrafficPolicy": "Cluster",
    "externalTrafficPolicy": "Cluster",
    "allocateLoadBalancerNodePorts": True,
    "publishNotReadyAddresses": False,
}

_HEADLESS = ("None", ["None"])
"""`clusterIP: None` and `clusterIPs: [None]` are asked for, never allocated."""


def is_live(resource: Resource) -> bool:
    """Tell whether an object was read from a cluster: it carries the uid and the resourceVersion that only an API server gives."""
    metadata = resource.mapping("metadata")
    return all(isinstance(metadata.get(field), str) and metadata[field] for field in ("uid", "resourceVersion"))


def are_alike(one: Resource, other: Resource) -> bool:
    """Tell whether two objects ask for the same; what a server adds counts for nothing where one of them is from a cluster."""
    are_live = is_live(one), is_live(other)
    try:
        if not any(are_live):
            return bool(one.value == other.value)
        if all(are_live):
            return without_server_fields(one.value) == without_server_fields(other.value)
        live, manifest = (one, other) if are_live[0] else (other, one)
        return without_server_fields(live.value, manifest.value) == without_server_fields(manifest.value, manifest.value)
    except RecursionError:  # nested too deeply for Python's own comparison
        return False


def without_server_fields(value: Mapping[str, Any], other: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return an object without what the API server adds: identity, `status`, defaults, and what it allocates to a Service.

    An allocated field (`clusterIP`, `nodePort` ...) stays where `other`, the manifest to compare with, states it:
    a node port that the cluster has otherwise is a difference.
    """
    stripped = {key: part for key, part in value.items() if key != "status"}
    metadata = stripped.get("metadata")
    if isinstance(metadata, dict):
        stripped["metadata"] = _own_metadata(metadata)
    spec = stripped.get("spec")
    if value.get("kind") == "Service" and isinstance(spec, dict):
        stripped["spec"] = _own_spec(spec, _mapping(_mapping(other).get("spec")))
    return stripped


def _own_metadata(metadata: Mapping[str, Any]) -> dict[str, Any]:
    own = {key: part for key, part in metadata.items() if key not in _METADATA and part not in (None, {})}
    annotations = own.get("annotations")
    if isinstance(annotations, dict):
        own["annotations"] = {key: text for key, text in annotations.items() if key not in _ANNOTATIONS}
        if not own["annotations"]:
            del own["annotations"]
    if own.get("namespace") == "default":
        del own["namespace"]
    return own


def _own_spec(spec: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    own = {
        key: part
        for key, part in spec.items()
        if not (key in _ALLOCATED and key not in other and part not in _HEADLESS)
        and not (key in _DEFAULTS and part == _DEFAULTS[key])
        and not (key == "clusterIPs" and part in _HEADLESS)
    }
    ports = own.get("ports")
    if isinstance(ports, list):
        fixed = {_port_key(port) for port in _sequence(other.get("ports")) if isinstance(port, dict) and "nodePort" in port}
        own["ports"] = [_own_port(port, is_fixed=_port_key(port) in fixed) if isinstance(port, dict) else port for port in ports]
    return own


def _own_port(port: Mapping[str, Any], *, is_fixed: bool) -> dict[str, Any]:
    return {
        key: part
        for key, part in port.items()
        if not (key == "nodePort" and not is_fixed)
        and not (key == "protocol" and part == "TCP")
        and not (key == "targetPort" and part == port.get("port"))
    }


def _port_key(port: Mapping[str, Any]) -> tuple[str, str]:
    return str(port.get("port")), str(port.get("protocol") or "TCP")


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _sequence(value: object) -> Sequence[Any]:
    return value if isinstance(value, list) else ()


def dump_roots(objects: Iterable[tuple[Steps, Resource]]) -> frozenset[Steps]:
    """Return the folders (or single files) that each hold the dump of one cluster; `objects` come with the path of their file.

    A dump is one or more files with lists of live objects, in folders below which nothing else stands. Its root is the topmost
    folder with such a file; a folder named after the namespace of all its objects counts for the folder above it
    (`kubectl cluster-info dump`). Where one object has two uids there are two clusters: each folder, or else each file, is one.
    """
    tree = _DumpTree(objects)
    found = {start for file in tree.files_with_lists if (start := tree.start(file)) is not None}
    return frozenset(start for start in found if not any(start[:length] in found for length in range(len(start))))


class _DumpTree:
    """What stands below each folder and in each file."""

    def __init__(self, objects: Iterable[tuple[Steps, Resource]]) -> None:
        self.files_with_lists: set[Steps] = set()
        self._mixed: set[Steps] = set()
        self._uids: dict[Steps, dict[object, str]] = defaultdict(dict)
        self._with_two_uids: set[Steps] = set()
        self._namespaces: dict[Steps, set[str]] = defaultdict(set)
        for file, resource in objects:
            self._add(file, resource)

    def _add(self, file: Steps, resource: Resource) -> None:
        prefixes = [file[:length] for length in range(len(file) + 1)]
        if not is_live(resource):
            self._mixed.update(prefixes)
            return
        if resource.root.column > 1:  # an element of a list; an object that is a document of its own begins a line
            self.files_with_lists.add(file)
        for prefix in prefixes:
            uid = resource.value["metadata"]["uid"]
            if self._uids[prefix].setdefault(resource.key, uid) != uid:
                self._with_two_uids.add(prefix)
            if resource.namespace is not None:
                self._namespaces[prefix].add(resource.namespace)

    def start(self, file: Steps) -> Steps | None:
        """Return the folder that a file with a list speaks for, the file itself where its folder holds several clusters, or None."""
        folder = file[:-1]
        if folder in self._mixed:
            return None
        if folder in self._with_two_uids:
            return None if file in self._with_two_uids else file
        for length in range(len(folder), 0, -1):
            if self._namespaces[folder[:length]] == {folder[length - 1]} and self._is_one_cluster(folder[: length - 1]):
                return folder[: length - 1]
        return folder

    def _is_one_cluster(self, folder: Steps) -> bool:
        return folder not in self._mixed and folder not in self._with_two_uids
