"""What remains of a unit that could not be rendered: the namespaces of its files, and the gap if it is not in the tree."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet

from k8slblint.model.finding import NotFollowed
from k8slblint.model.loaded import Gap
from k8slblint.model.resource import CLUSTER_SCOPED_KINDS, Resource
from k8slblint.rendering.planning import Planned
from k8slblint.rendering.source import AbsentChart, Namespace
from k8slblint.rendering.tree import SourceTree
from k8slblint.rendering.units import NotRendered


def namespaces(planned: Planned, tree: SourceTree) -> dict[str, Namespace]:
    """Return the namespaces of the files of a unit, by their paths in the tree; files of which nothing is said are left out."""
    return planned.unit.source.namespaces(tree, planned.covered, planned.unit.namespace)


def only_namespaces(planned: Planned, tree: SourceTree) -> list[str]:
    """Return the namespaces of all objects of a unit; none where they may be of any, or deploy anywhere because deployers are there."""
    found = sorted(planned.unit.source.only_namespaces(tree))
    return [] if planned.unit.label.partition("/")[0] in found or not _OF_DEPLOYERS.isdisjoint(found) else found


_OF_DEPLOYERS = frozenset({"argocd", "flux-system"})
"""Namespaces of objects that deploy others, where nothing else is said (Argo CD 3.1 `manifests/`, Flux 2.7 `cmd/flux/install.go`)."""


def set_namespaces(resources: Iterable[Resource], found: Mapping[str, AbstractSet[Namespace]]) -> None:
    """Give what stands in files of units that were not rendered the namespace that it is deployed to, where that is one.

    `found` holds the namespaces by the paths of files as reported.
    """
    for one in resources:
        namespaces_of_file = found.get(one.path, ())
        if one.provenance is None and one.namespace is not None and len(namespaces_of_file) == 1:
            ((name, is_forced),) = namespaces_of_file
            set_namespace(one, name, is_forced=is_forced)


def set_namespace(one: Resource, namespace: str | None, *, is_forced: bool = False) -> None:
    """Set the namespace of an object that names none, or of any where that is forced."""
    written = one.get("metadata", "namespace")
    is_free = is_forced or not (isinstance(written, str) and written)
    if namespace and one.type_name not in CLUSTER_SCOPED_KINDS and is_free:
        one.namespace = namespace


def not_followed(one: NotRendered, tree: SourceTree) -> NotFollowed:
    """Return what a report says of an object that deploys what is not rendered."""
    return NotFollowed(one.description, tree.shown(one.path), one.line, one.reason)


def gaps_of(not_rendered: Sequence[tuple[NotRendered, SourceTree]], units: Iterable[tuple[Planned, SourceTree]]) -> Iterator[Gap]:
    """Yield the gaps that objects leave which deploy what is not in the tree.

    A HelmRelease that names no namespace brings objects into the one that the units which apply it set, where they agree.
    """
    files = {(id(tree), one.path) for one, tree in not_rendered if _is_placed_by_others(one)}
    stated: dict[tuple[int, str], set[str]] = {}
    for planned, tree in units if files else ():
        own = [path for path in planned.covered if (id(tree), path) in files] if planned.is_stated else []
        found = planned.unit.source.namespaces(tree, own, planned.unit.namespace) if own else {}
        for path in own:
            stated.setdefault((id(tree), path), set()).add(found[path].name if path in found else "")
    for one, tree in not_rendered:
        names = stated.get((id(tree), one.path), set()) if _is_placed_by_others(one) else set()
        only = next(iter(names)) if len(names) == 1 and names.isdisjoint(_OF_DEPLOYERS) else None
        yield Gap(
            tree.shown(one.path),
            f"{one.description}: {one.reason}",
            namespace=one.namespace or only or None,
            is_of_deployer=True,
            is_closed=one.is_closed,
            chart=one.absent.name if one.absent is not None and not _names_pools(one.absent, one, tree) else "",
        )


_POOLS = (b"AddressPool", b"BalancerIPPool", b"Advertisement", b"AnnouncementPolicy")
"""Parts of the names of kinds that give addresses to Services, and announce them."""


def _names_pools(chart: AbsentChart, by: NotRendered, tree: SourceTree) -> bool:
    """Tell whether the files that deploy a chart, or hold values for it, name pools of addresses: as further objects of the release."""
    return any(word in _bytes_of(path, tree) for path in {by.path, chart.file, *(layer.file for layer in chart.layers)} for word in _POOLS)


def _bytes_of(path: str, tree: SourceTree) -> bytes:
    try:
        return tree.read(path)
    except OSError:
        return b""


def _is_placed_by_others(one: NotRendered) -> bool:
    return one.namespace is None and one.description.startswith("HelmRelease ") and "/" not in one.description
