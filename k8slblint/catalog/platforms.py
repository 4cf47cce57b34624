"""How manifests show a platform (EKS, GKE, AKS, bare metal ...); the facts are in `catalogs/platforms.json`.

What the classes of its controllers are called is in `catalogs/controllers.json`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any

from k8slblint.catalog.controller_list import controller_list
from k8slblint.catalog.load_balancers import described_kinds, described_services
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import HELM_VALUES, Resource
from k8slblint.model.scope import Platform
from k8slblint.shipped import read_json


class _Evidence(NamedTuple):
    words: dict[str, Platform]
    aliases: dict[str, Platform]
    prefixes: tuple[tuple[str, Platform], ...]
    groups: dict[str, Platform]
    kinds: dict[str, Platform]
    provider_ids: tuple[tuple[str, Platform], ...]
    provisioners: dict[str, Platform]
    node_labels: tuple[tuple[str, Platform], ...]
    ambiguous_folders: frozenset[str]


def platform_names() -> tuple[str, ...]:
    """Return the names of all platforms, `unknown` last."""
    return (*dict.fromkeys(_evidence().words.values()), "unknown")


def canonical_platform(name: str) -> Platform | None:
    """Return the platform that a user calls so, by its name or a word for it (`aws`, `k3s`), whatever the case; None for no platform."""
    word = name.strip().lower().replace("_", "-")
    return word if word in platform_names() else _evidence().aliases.get(word.replace("-", ""))


def words_for_platforms() -> tuple[str, ...]:
    """Return everything that `canonical_platform` knows, the names first."""
    return tuple(dict.fromkeys((*platform_names(), *_evidence().aliases)))


def ambiguous_folders() -> frozenset[str]:
    """Return the names of folders that may be a cloud's and mean other things too: what they hold may be of another platform."""
    return _evidence().ambiguous_folders


def telling_kinds() -> tuple[frozenset[str], frozenset[str]]:
    """Return the kinds (`Kind.group`) and the API groups whose objects tell a platform."""
    return frozenset(_evidence().kinds), frozenset(_evidence().groups)


def platform_of_words(words: Sequence[str]) -> Platform | None:
    """Return the platform that one of the words of a path segment names, or None."""
    if "bare" in words and "metal" in words:
        return "bare-metal"
    known = _evidence().words
    return next((known[word] for word in words if word in known), None)


def platform_of_resource(resource: Resource) -> tuple[Platform, str] | None:
    """Return the platform that a resource speaks of, and by what, or None when it tells nothing.

    `unknown` is a provider that the catalog does not have: then no other is meant.
    """
    if resource.kind == HELM_VALUES:
        return None
    evidence = _evidence()
    if resource.group in evidence.groups:
        return evidence.groups[resource.group], f"kind '{resource.kind}.{resource.group}'"
    if resource.type_name in evidence.kinds:
        return evidence.kinds[resource.type_name], f"kind '{resource.type_name}'"
    return _by_spec(resource, evidence) or _by_annotation(resource)


def platform_of_provisioner(name: object) -> Platform | None:
    """Return the platform whose disks a provisioner makes (`StorageClass.provisioner`), or None."""
    return _evidence().provisioners.get(name) if isinstance(name, str) else None


def platform_of_node_labels(keys: Iterable[str]) -> tuple[Platform, str] | None:
    """Return the platform whose nodes have a label, with that label; None where they are of none, or of several."""
    found = {platform: key for key in keys for start, platform in _evidence().node_labels if key.startswith(start)}
    return next(iter(found.items())) if len(found) == 1 else None


def platforms_of_annotations(keys: Iterable[object]) -> dict[Platform, str]:
    """Return the platforms whose prefixes some keys carry, each with the first such key."""
    found: dict[Platform, str] = {}
    for key in keys:
        for prefix, platform in _evidence().prefixes:
            if isinstance(key, str) and key.startswith(prefix):
                found.setdefault(platform, key)
    return found


def _by_spec(resource: Resource, evidence: _Evidence) -> tuple[Platform, str] | None:
    for path, names in ((("spec", "loadBalancerClass"), _classes), (("spec", "controller"), _class_controllers)):
        value = resource.get(*path)
        if isinstance(value, str) and value in _of_controllers(names):
            return _of_controllers(names)[value], f"`{'.'.join(path)}: {value}`"
    if resource.kind == "Node":
        provider_id = str(resource.get("spec", "providerID", default=""))
        for prefix, platform in evidence.provider_ids:
            if provider_id.startswith(prefix):
                return platform, f"provider id '{prefix}'"
    return None


def _by_annotation(resource: Resource) -> tuple[Platform, str] | None:
    keys = _keys_for_balancers(resource)
    found = platforms_of_annotations(keys)
    if not found:
        other = next((key for key in keys if _is_of_another_provider(key)), None)
        return ("unknown", f"annotation '{other}'") if other is not None else None
    if len(found) != 1:
        return None  # charts for several clouds carry the keys of all of them
    return next((platform, f"annotation '{key}'") for platform, key in found.items())


def _keys_for_balancers(resource: Resource) -> list[object]:
    """Return the keys of annotations that a provider may read: of an object, and of the Service that a controller makes of it."""
    if resource.kind in ("Service", "Ingress"):
        return [*resource.annotations]
    if resource.kind == "Gateway":
        return [*resource.annotations, *resource.mapping("spec", "infrastructure", "annotations")]
    if resource.type_name not in described_kinds():
        return []
    rows = (row for row in described_services() if row.kind == resource.type_name and "*" not in row.path and row.annotations)
    return [key for row in rows for key in resource.mapping(*row.path, *row.annotations)]


def is_weak_evidence(resource: Resource) -> bool:
    """Tell whether a resource speaks of a platform by an annotation or a class of its own only."""
    return resource.kind in ("Service", "Ingress", "Gateway") or resource.type_name in described_kinds()


_SHARED_DOMAIN = "service.beta.kubernetes.io"
_OF_NO_PROVIDER = ("internal", "external", "public", "private")
_LONGEST_NAME = 63
"""In characters, of the part of a key after the slash (Kubernetes 1.37, labels and annotations)."""


def _is_of_another_provider(key: object) -> bool:
    """Tell whether a key is for the load balancers of a provider that is not known, by the word that it begins with.

    Keys of the shared domain begin with the name of the provider, as all that are known do.
    """
    domain, slash, name = key.partition("/") if isinstance(key, str) else ("", "", "")
    if not slash or domain != _SHARED_DOMAIN or len(name) > _LONGEST_NAME:
        return False
    before = min((name.partition(f"-{word}-")[0] for word in ("loadbalancer", "load-balancer")), key=len)
    return before != name and before.partition("-")[0] not in (*_first_words(), *_OF_NO_PROVIDER)


@cache
def _first_words() -> frozenset[str]:
    """Return the words that keys of known providers begin with in the shared domain, and those that name a provider."""
    names = (prefix.partition("/")[2] for prefix, _ in _evidence().prefixes if prefix.startswith(f"{_SHARED_DOMAIN}/"))
    return frozenset({*(name.partition("-")[0] for name in names), *_evidence().aliases})


@lru_cache(maxsize=1)
def _evidence() -> _Evidence:
    catalog = read_json("catalogs", "platforms.json")
    platforms = catalog["platforms"]

    def table(field: str) -> dict[str, Platform]:
        return {entry: platform["name"] for platform in platforms for entry in platform.get(field, ())}

    return _Evidence(
        words=table("words"),
        aliases=table("words") | table("aliases"),
        prefixes=tuple(table("annotation_prefixes").items()),
        groups=table("groups"),
        kinds=table("kinds"),
        provider_ids=tuple(table("provider_ids").items()),
        provisioners=table("provisioners"),
        node_labels=tuple(table("node_labels").items()),
        ambiguous_folders=frozenset(catalog["ambiguous_folders"]),
    )


@cache
def _of_controllers(names: Callable[[Mapping[str, Any]], Iterator[str]]) -> dict[str, Platform]:
    """Return the platforms by names of classes; the list of controllers is read only when a class is asked about."""
    entries = controller_list()["controllers"]
    platforms = read_json("catalogs", "platforms.json")["platforms"]
    own = ((one, platform["name"]) for platform in platforms for one in platform.get("controllers", ()))
    return {name: platform for one, platform in own for name in names(entries[one])}


def _classes(entry: Mapping[str, Any]) -> Iterator[str]:
    """Yield the values of `spec.loadBalancerClass` that a controller serves."""
    for row in entry.get("service", {}).get("classes", ()):
        yield row["class"]


def _class_controllers(entry: Mapping[str, Any]) -> Iterator[str]:
    """Yield what IngressClasses and GatewayClasses of a controller name as their controller."""
    yield from entry.get("ingress", {}).get("controller_strings", ())
    for row in entry.get("gateway", ()):
        yield row["controller"]
