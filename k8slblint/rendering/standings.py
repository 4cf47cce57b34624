"""Marks resources that are not deployed."""

from collections.abc import Iterable, Sequence

from k8slblint.loading.validation import is_sound
from k8slblint.model.placeholders import parts_of
from k8slblint.model.resource import Resource
from k8slblint.rendering.planning import Planned
from k8slblint.rendering.revisions import PlannedUnits
from k8slblint.rendering.tree import SourceTree


def note_standings(resources: Iterable[Resource], found: PlannedUnits) -> None:
    """Tell resources that nobody, or no deployer of a GitOps tree, deploys; those of a unit stand or fall with the file of it."""
    for one in resources if found.standings else ():
        planned, tree = found.units.get(one.path, (None, None))
        path = one.path if planned is None or tree is None else tree.shown(planned.unit.path)
        if planned is None or not planned.is_stated:
            one.standing = found.standings.get(path, one.standing)


def note_kept(resources: Iterable[Resource], found: PlannedUnits) -> None:
    """Tell which objects stay in the cluster when their manifests are gone: those of a deployer that deletes nothing.

    Sources: Flux 2.9, kustomize-controller 1.9 internal/controller/kustomization_controller.go (`prune`, `finalizerShouldDeleteResources`,
    `deleteObjects`); Argo CD 3.1, gitops-engine pkg/sync/sync_context.go (`pruneObject`) and pkg/sync/resource/annotations.go; Helm 4,
    pkg/kube/client.go (`Update`) and resource_policy.go.
    """
    units = [(name, planned, tree) for name, (planned, tree) in found.units.items() if planned.unit.deployer]
    kept = [(name, planned, tree) for name, planned, tree in units if planned.unit.is_kept]
    paths = {path for name, planned, tree in kept for path in (name, *map(tree.shown, planned.plain or ()))}
    pruned = {tree.shown(path) for _, planned, tree in units if not planned.unit.is_kept for path in planned.plain or ()} if paths else ()
    for one in resources:
        if one.path in paths and one.path not in pruned:
            one.is_kept = True
        elif found.units and not one.is_kept:
            one.is_kept = _is_protected(one)


def _is_protected(one: Resource) -> bool:
    """Tell whether an object says itself that what deploys it is not to delete it."""
    options = one.annotations.get(_SYNC_OPTIONS)
    if isinstance(options, str) and _KEPT_BY_ARGO in (option.strip() for option in options.split(",")):
        return True
    if one.annotations.get(_RESOURCE_POLICY) == "keep":
        return True
    return _DISABLED in (one.annotations.get(_NOT_PRUNED), one.labels.get(_NOT_PRUNED))


_NOT_PRUNED = "kustomize.toolkit.fluxcd.io/prune"
_DISABLED = "disabled"
_SYNC_OPTIONS = "argocd.argoproj.io/sync-options"
_KEPT_BY_ARGO = "Prune=false"
_RESOURCE_POLICY = "helm.sh/resource-policy"


def note_unset(resources: Sequence[Resource], tree: SourceTree, planned: Planned, files: Sequence[str]) -> None:
    """Tell which objects print values that a source which nobody deploys leaves to whoever does; `files` are their templates.

    An empty value is left to them too where the object would be refused with it, and so is one that would complete a host.
    """
    if planned.is_stated:
        return
    source = planned.unit.source
    unset, blank, null = (names(tree, frozenset(files)) for names in (source.unset, source.blank, source.null))
    for one, file in zip(resources, files, strict=True):
        is_refused = (file in blank and _is_refused_with_blank(one)) or (file in null and _is_refused(one))
        is_refused = is_refused or (not source.value_files() and _is_ingress_of_nothing(one))
        if file in unset or is_refused or _has_half_a_host(one):
            one.standing = "undeployed"


def _is_refused_with_blank(one: Resource) -> bool:
    """Tell whether an object has an empty value or text, and is refused, or is of Gateway API, whose definitions a check has."""
    has_blank = any(part is None or part == "" for part in parts_of(one.value))
    return has_blank and _is_refused(one)


def _is_ingress_of_nothing(one: Resource) -> bool:
    """Tell whether an Ingress has the key of its rules and nothing in it, as of a list without elements: releases name the hosts."""
    spec = one.mapping("spec") if one.kind == "Ingress" else {}
    return "rules" in spec and not spec["rules"] and not spec.get("defaultBackend")


def _is_refused(one: Resource) -> bool:
    return one.group.startswith(_OF_GATEWAY_API) or not is_sound(one.value, one.api_version, one.kind, None)


def _has_half_a_host(one: Resource) -> bool:
    """Tell whether a host of an Ingress lacks its domain or its name, which templates of values complete: `grafana.`."""
    hosts = [rule.get("host") for rule in one.sequence("spec", "rules") if isinstance(rule, dict)] if one.kind == "Ingress" else ()
    return any(isinstance(host, str) and len(host) > 1 and (host.startswith(".") or host.endswith(".")) for host in hosts)


_OF_GATEWAY_API = "gateway.networking."
