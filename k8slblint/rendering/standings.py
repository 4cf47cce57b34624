"""Marks resources that are not deployed."""

from collections.abc import Iterable, Sequence

from k8slblint import documents
from k8slblint.loading.validation import is_sound
from k8slblint.model.patterns import pattern
from k8slblint.model.placeholders import parts_of
from k8slblint.model.resource import HELM_VALUES, Resource
from k8slblint.rendering.gitops.finalizers import has_deleting_finalizer
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


def note_left(resources: Iterable[Resource], before: PlannedUnits, now: PlannedUnits, gone: Iterable[Resource]) -> None:
    """Tell which objects of the revision `before` stay in the cluster although what deployed them is there no more.

    `gone` are the objects that deploy something and were only there before: the values of a chart stay with its Application.
    Sources: Argo CD 3.6, controller/appcontroller.go (`shouldBeDeleted`), and what `finalizers` quotes; Flux 2.9, kustomize-controller 1.9
    internal/controller/kustomization_controller.go (`finalizerShouldDeleteResources`: `deletionPolicy: Orphan`).
    """
    units = _without_deployer(before, now)
    left = {path for path, is_left in units.items() if is_left}
    applications = {(one.namespace, one.name) for one in gone if one.kind == _APPLICATION and not _deletes(one)}
    for one in resources if units or applications else ():
        if one.path in left or (one.path in units and _has_option(one, _KEPT_WITHOUT_APPLICATION)):
            one.is_kept = True
        elif one.kind == HELM_VALUES and one.get("deployer", "kind") == f"{_APPLICATION}.argoproj.io":
            named = (one.get("deployer", "namespace") or "default", one.get("deployer", "name"))
            one.is_kept = one.is_kept or named in applications


def _without_deployer(before: PlannedUnits, now: PlannedUnits) -> dict[str, bool]:
    """Return the paths of units, and of the files that stand for themselves in them, whose deployer is gone; whether their objects stay."""
    there = {(one.unit.deployed_by, _name(one)) for one, _ in now.units.values()}
    followed = {one.description for one, _ in now.not_rendered}
    found: dict[str, bool] = {}
    for name, (one, tree) in before.units.items():
        unit = one.unit
        if unit.deployer and (unit.deployed_by, _name(one)) not in there and unit.deployed_by not in followed:
            found.update(dict.fromkeys((name, *map(tree.shown, one.plain or ())), unit.is_left))
    return found


def _name(planned: Planned) -> str:
    return planned.unit.label.partition(" ")[0]


def _deletes(application: Resource) -> bool:
    return has_deleting_finalizer(application.get("metadata", "finalizers"))


def _has_option(one: Resource, option: str) -> bool:
    options = one.annotations.get(_SYNC_OPTIONS)
    return isinstance(options, str) and option in (stated.strip() for stated in options.split(","))


def _is_protected(one: Resource) -> bool:
    """Tell whether an object says itself that what deploys it is not to delete it."""
    if _has_option(one, _KEPT_BY_ARGO):
        return True
    if one.annotations.get(_RESOURCE_POLICY) == "keep":
        return True
    return _DISABLED in (one.annotations.get(_NOT_PRUNED), one.labels.get(_NOT_PRUNED))


_NOT_PRUNED = "kustomize.toolkit.fluxcd.io/prune"
_DISABLED = "disabled"
_SYNC_OPTIONS = "argocd.argoproj.io/sync-options"
_KEPT_BY_ARGO = "Prune=false"
_KEPT_WITHOUT_APPLICATION = "Delete=false"
_APPLICATION = "Application"
_RESOURCE_POLICY = "helm.sh/resource-policy"


def note_unset(
    resources: Sequence[Resource], tree: SourceTree, planned: Planned, files: Sequence[str], *, is_refused: bool = False
) -> None:
    """Tell which objects print values that a source which nobody deploys leaves to whoever does; `files` are their templates.

    An empty value is left to them too where the object would be refused with it, and so is one that would complete a host. What
    `is_refused` in part is never deployed without more values, and any empty one may be one of these.
    """
    if planned.is_stated:
        return
    source = planned.unit.source
    unset, blank, null = (names(tree, frozenset(files)) for names in (source.unset, source.blank, source.null))
    for one, file in zip(resources, files, strict=True):
        is_open = (file in blank and _is_refused_with_blank(one)) or (file in null and _is_refused(one)) or (is_refused and _has_blank(one))
        is_open = is_open or (not source.value_files() and _is_ingress_of_nothing(one)) or (file in blank and _has_hole(one))
        if file in unset or is_open or _has_half_a_host(one, tree, file):
            one.standing = "undeployed"


def _is_refused_with_blank(one: Resource) -> bool:
    """Tell whether an object has an empty value or text, and is refused, or is of Gateway API, whose definitions a check has."""
    return _has_blank(one) and _is_refused(one)


def _has_blank(one: Resource) -> bool:
    return any(part is None or part == "" for part in parts_of(one.value))


def _has_hole(one: Resource) -> bool:
    """Tell whether an annotation holds JSON with nothing where a value belongs: `{"UserPoolArn": ,`."""
    return any(isinstance(value, str) and value[:1] in ("{", "[") and _HOLE.search(value) for value in one.annotations.values())


_HOLE = pattern(r":[ ]*+[,}]")


def _is_ingress_of_nothing(one: Resource) -> bool:
    """Tell whether an Ingress has the key of its rules and nothing in it, as of a list without elements: releases name the hosts."""
    spec = one.mapping("spec") if one.kind == "Ingress" else {}
    return "rules" in spec and not spec["rules"] and not spec.get("defaultBackend")


def _is_refused(one: Resource) -> bool:
    return one.group.startswith(_OF_GATEWAY_API) or not is_sound(one.value, one.api_version, one.kind, None)


def _has_half_a_host(one: Resource, tree: SourceTree, file: str) -> bool:
    """Tell whether a host of an Ingress, or an external name, lacks its domain or name, which templates of values complete: `grafana.`."""
    rules = one.sequence("spec", "rules") if one.kind == "Ingress" else ()
    hosts = [*(rule.get("host") for rule in rules if isinstance(rule, dict)), one.get("spec", "externalName")]
    halves = [host for host in hosts if isinstance(host, str) and len(host) > 1 and (host.startswith(".") or host.endswith("."))]
    return bool(halves) and not all(_is_fixed(host, tree, file) for host in halves)


def _is_fixed(host: str, tree: SourceTree, file: str) -> bool:
    """Tell whether a template has a host as a whole, with nothing beside it that a value could complete."""
    try:
        text = documents.decode(tree.read(file)) if file else ""
    except (OSError, documents.UndecodableText):
        return False
    return any(word.strip("\"'") == host for line in text.split("\n") for word in line.split() if host in line)


_OF_GATEWAY_API = "gateway.networking."
