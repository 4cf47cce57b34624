"""The address pools of MetalLB before 0.13, which are a text in a ConfigMap, or values of its chart from which that is made.

Source: metallb v0.12.1 `internal/config/config.go` (`configFile`, `addressPool`, `ParseCIDR`), `internal/k8s/k8s.go` (data key `config`),
`controller/main.go` (the name of the ConfigMap is an option), `charts/metallb/values.yaml` (`configInline`).
Later versions ignore it: `IPAddressPool` is in its place.
"""

from collections.abc import Iterator

from k8slblint import documents
from k8slblint.loading.config_texts import inner, objects_in
from k8slblint.loading.views import view
from k8slblint.model.node import Node
from k8slblint.model.resource import LEGACY_POOL

_KEY = "config"
_POOLS = "address-pools"
_VALUE = "configInline"

_FIELDS = {
    "protocol": "protocol",
    "addresses": "addresses",
    "auto-assign": "autoAssign",
    "avoid-buggy-ips": "avoidBuggyIPs",
    "bgp-advertisements": "bgpAdvertisements",
}
"""The fields of a pool that are read, and what the same is called in an `IPAddressPool`."""


def pool_views(chunk: documents.Chunk, text: str) -> Iterator[Node]:
    """Yield each pool in the ConfigMaps or values of a document as an object of kind `AddressPool` in their namespace.

    `text` is that of the file. The first pool has the whole configuration as `config`: what converts it reads peers and communities there.

    What cannot be read is passed over, and so are pools that are aliases: those could be more than the text is long.
    """
    for one in objects_in(chunk):
        config = _of_config_map(one, text) if one.value.get("kind") == "ConfigMap" else _of_values(one)
        yield from _pools_of(config, one) if config is not None else ()


def _of_config_map(config_map: Node, text: str) -> Node | None:
    data = config_map.child("data")
    scalar = data.child(_KEY) if data is not None else None
    return inner(scalar, text) if scalar is not None and isinstance(scalar.value, str) and _POOLS in scalar.value else None


def _of_values(deployer: Node) -> Node | None:
    """Return the configuration in the values of an object that deploys the chart: a HelmRelease of Flux, an Application of Argo CD."""
    for path in (("spec", "values"), ("spec", "source", "helm", "valuesObject")):
        node: Node | None = deployer
        for step in (*path, _VALUE):
            node = node.child(step) if node is not None else None
        if node is not None and isinstance(node.value, dict) and not node.aliased:
            return node
    return None


def _pools_of(config: Node, config_map: Node) -> Iterator[Node]:
    pools = config.child(_POOLS)
    rest = {"config": (config, config)}
    for pool in pools.items if pools is not None and not pools.aliased else ():
        name = pool.members.get("name")
        addresses = pool.child("addresses")
        is_plain = addresses is not None and not pool.aliased and not addresses.aliased
        if is_plain and name is not None and isinstance(name[1].value, str) and name[1].value:
            yield _view(pool, name, config_map, rest)
            rest = {}


def _view(pool: Node, name: tuple[Node, Node], config_map: Node, rest: dict[str, tuple[Node, Node]]) -> Node:
    metadata = config_map.child("metadata")
    namespace = metadata.members.get("namespace") if metadata is not None else None
    named = {"name": name, **({"namespace": namespace} if namespace is not None else {})}
    spec = {_FIELDS[field]: pair for field, pair in pool.members.items() if field in _FIELDS}
    members = {"metadata": (name[0], view({}, named, name[1])), "spec": (name[0], view({}, spec, pool)), **rest}
    return view({"apiVersion": "", "kind": LEGACY_POOL}, members, pool)
