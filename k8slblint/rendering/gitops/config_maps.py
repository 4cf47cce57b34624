"""The ConfigMaps and Secrets that Flux takes values and variables from, found by the objects that name them."""

from collections.abc import Callable, Sequence
from typing import Any

from k8slblint.model.resource import Resource
from k8slblint.rendering.gitops.deployers import Deployer
from k8slblint.rendering.gitops.flux_parents import PatchedIn
from k8slblint.rendering.gitops.paths import cluster_folder
from k8slblint.rendering.gitops.secret_keys import SECRET_KINDS, has_all_keys, secret_keys, secret_name


class ConfigMaps:
    """The ConfigMaps among the objects, by namespace and name, and what Kustomizations are given by patches of others.

    Of Secrets only the keys are known.
    """

    def __init__(self, objects: Sequence[Resource], deployers: Sequence[Resource], tree_path: Callable[[Resource], str]) -> None:
        self._found: dict[str, list[Resource]] = {}
        self._secrets: dict[str, list[Resource]] = {}
        for one in objects:
            if one.type_name == "ConfigMap":
                self._found.setdefault(one.name, []).append(one)
            elif one.type_name in SECRET_KINDS:
                self._secrets.setdefault(secret_name(one), []).append(one)
        self._tree_path = tree_path
        self._patched_in = PatchedIn(deployers, tree_path)

    def are_patched(self) -> bool:
        """Tell whether Kustomizations patch variables into others."""
        return bool(self._patched_in)

    def post_build(self, one: Resource) -> dict[str, Any] | None:
        """Return the `postBuild` of a Kustomization as it is in the cluster, empty for none; None where patches leave it unknown."""
        return self._patched_in.post_build(one)

    def find(self, name: Any, by: Resource, namespace: Any = None) -> Deployer | None:
        """Return the ConfigMap of a name in a namespace, else that of an object, where either states none in any.

        Of several it is that of the object's cluster.
        """
        namespace = namespace or by.get("metadata", "namespace")
        named = self._found.get(name, []) if isinstance(name, str) else []
        exact = [one for one in named if one.get("metadata", "namespace") == namespace]
        near = [one for one in named if namespace is None or one.get("metadata", "namespace") is None]
        candidates = [Deployer(one, self._tree_path(one)) for one in exact or near]
        if len(candidates) > 1:
            cluster = cluster_folder(self._tree_path(by))
            candidates = [one for one in candidates if cluster and cluster_folder(one.file) == cluster]
        return candidates[0] if len(candidates) == 1 else None

    def all_keys_of_secret(self, name: Any, by: Resource) -> frozenset[str] | None:
        """Return the keys of the only Secret of a name, which is in the namespace of an object; None where it may have others."""
        named = self._secrets.get(name, []) if isinstance(name, str) else []
        namespaces = {one.get("metadata", "namespace") for one in (*named, by)} - {None}
        if len(named) != 1 or len(namespaces) > 1:
            return None
        return frozenset(secret_keys(named[0])) if has_all_keys(named[0]) else None

    def keys_of_secret(self, name: Any) -> frozenset[str]:
        """Return the keys that a Secret of a name has in some namespace or cluster: those it may take from what is listed before it."""
        named = self._secrets.get(name, []) if isinstance(name, str) else []
        return frozenset(key for one in named for key in secret_keys(one))
