"""Detects keys of Service annotations that look like those of a load balancer controller, but that no controller reads."""

from collections.abc import Iterator, Sequence

from k8slblint.catalog import controllers as controllers_catalog
from k8slblint.catalog import service_readers as behaviour
from k8slblint.catalog import services as catalog
from k8slblint.catalog.near_keys import NearKey, entries_of_prefix, may_be_meant, near_keys, readers_of_prefix, vendor_prefix_of
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Problem, RelatedPlace, Undecided
from k8slblint.model.texts import listed, middle, short_key
from k8slblint.traffic.annotations.elsewhere import selecting_keys
from k8slblint.traffic.annotations.service_annotations import ANNOTATIONS, makes_load_balancers, names_of, wish_of
from k8slblint.traffic.balancers.service_views import judged_as_service
from k8slblint.traffic.exposure import exposure_of
from k8slblint.traffic.ownership import Ownership, ownership_of


def check(resource: Resource, graph: ResourceGraph) -> Iterator[Problem | Undecided]:
    """Yield a problem at each key that no controller is known to read, with the keys that may have been meant.

    Silent for keys whose like the catalog does not know, where other tools use the prefix too, or the owner is known in part only. Where
    the code of a product is not public, only what looks like a slip in a known key is a problem.
    """
    yield from judged_as_service(_of_service, resource, graph)


def _of_service(service: Resource, graph: ResourceGraph) -> Iterator[Problem | Undecided]:
    pools = graph.derived(selecting_keys).get(graph.scope(service).cluster, {})
    for key, value in service.annotations.items():
        if key in pools and key not in service.labels and catalog.find(key) is None and service.get("spec", "type") == "LoadBalancer":
            yield _of_pool(key, pools[key], service)
            continue
        if value is None or has_placeholder(key) or not may_be_meant(key) or catalog.find(key) is not None:
            continue
        owner = ownership_of(service, graph)
        near = [one for one in near_keys(key) if one.entry.key not in service.annotations]  # which is set as well, and so not what is meant
        meant = _meant(near, owner, graph.scope(service).provider)
        prefix = catalog.prefix_of(key) or vendor_prefix_of(key)
        if meant:
            yield _misspelt(key, meant, service, graph)
        elif prefix is not None:
            yield from _unknown(key, prefix, owner, service)


def _of_pool(key: str, pool: Resource, service: Resource) -> Problem:
    """Return the problem of a label by which a pool selects Services, and which is among the annotations."""
    return Problem(
        path=(*ANNOTATIONS, key),
        at="key",
        headline=f"{service.id} has a pool's label `{short_key(key)}` among its annotations",
        label="must be a label",
        why=f"{pool.kind} {middle(pool.name, _LONGEST_POOL)} selects Services by the label of this key: it gives this Service no address.",
        help="Move the key to `metadata.labels`.",
        confidence="medium",
        related=(RelatedPlace(pool, ("spec",), "This pool selects by the label."),),
    )


_LONGEST_POOL = 40

_LONGEST_KEY = 40


def _meant(near: Sequence[NearKey], owner: Ownership, platform: str) -> list[NearKey]:
    """Return the near keys that the owner, else a controller of the platform, reads; all where none of them is."""
    known = controllers_catalog.controllers()
    by_owner = [one for one in near if set(one.entry.readers) & set(owner.candidates)]
    by_platform = [one for one in near if any(name in known and known[name].platform == platform for name in one.entry.readers)]
    return (by_owner or by_platform or list(near))[:3]


def _misspelt(key: str, meant: Sequence[NearKey], service: Resource, graph: ResourceGraph) -> Problem:
    first = meant[0]
    readers = names_of([name for name in first.entry.readers if name in controllers_catalog.controllers()])
    keys = listed([f"`{one.entry.key}`" for one in meant], "or")
    is_grave = len(meant) == 1 and _misses_exposure(first, service, graph, service.annotations[key])
    nearest = middle(first.entry.key, _LONGEST_KEY) if first.by == "domain" else short_key(first.entry.key)
    label = f"did you mean {nearest}?" if len(meant) == 1 else "misspelt"
    effect = (
        "It decides whether the load balancer is internal or internet-facing; the default applies instead."
        if is_grave
        else "The setting has no effect."
    )
    return Problem(
        path=(*ANNOTATIONS, key),
        at="key",
        headline=f"{service.id} sets unknown annotation `{middle(key, _LONGEST_KEY) if first.by == 'domain' else short_key(key)}`",
        label=label,
        why=f"No controller reads this key{f'; the similar one is for {readers}' if len(meant) == 1 else ''}. {effect}",
        help=f"Write {keys}, or remove the annotation.",
        severity="error" if is_grave else None,
        confidence="high" if len(meant) == 1 and set(first.entry.readers) & set(ownership_of(service, graph).candidates) else "medium",
    )


def _misses_exposure(near: NearKey, service: Resource, graph: ResourceGraph, value: object) -> bool:
    """Tell whether the key that was meant asks for another exposure than the Service has without it, or may have."""
    if not near.entry.exposure or not isinstance(value, str) or ownership_of(service, graph).verdict == "nobody":
        return False
    wish, reach = wish_of(near.entry, value), exposure_of(service, graph).reach
    return wish is not None and reach != wish and (reach != "unknown" or wish == "internal")


def _unknown(key: str, prefix: str, owner: Ownership, service: Resource) -> Iterator[Problem]:
    readers = [name for name in readers_of_prefix(prefix) if makes_load_balancers(name)]
    if not readers or catalog.is_incomplete_prefix(prefix) or any(catalog.is_incompletely_known(name) for name in owner.candidates):
        return
    yield Problem(
        path=(*ANNOTATIONS, key),
        at="key",
        headline=f"{service.id} sets unknown annotation `{short_key(key)}`",
        label="not a known key",
        why=f"No release of {names_of(readers)} up to {catalog.as_of(prefix)} reads this key: the setting has no effect.",
        help=f"{_known_keys(prefix)}Correct the key, or remove the annotation.",
        confidence="low" if behaviour.is_shared_prefix(prefix) else "medium",
    )


def _known_keys(prefix: str) -> str:
    """Name the keys of a prefix where they are few."""
    keys = [entry.key for entry in entries_of_prefix(prefix)]
    if not 0 < len(keys) <= _FEW:
        return ""
    names = listed([f"`{short_key(key)}`" for key in keys], most=_FEW)
    return f"Under `{keys[0].partition('/')[0]}/` it reads {names}. "


_FEW = 5
