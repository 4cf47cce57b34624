"""Finds annotations that tie an Ingress to the controllers of one vendor, and names what replaces them in Gateway API."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from itertools import product
from typing import TYPE_CHECKING, Any

from k8slblint.catalog import controllers
from k8slblint.catalog import ingress as catalog
from k8slblint.catalog.ingress import Controller, GatewayApi, IngressAnnotation
from k8slblint.catalog.ingress_serving import serving_facts
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Cause, Problem, RelatedPlace, Severity
from k8slblint.model.scope import UNDEPLOYED_ENVIRONMENTS
from k8slblint.model.texts import listed, middle
from k8slblint.traffic.annotations.service_annotations import sounds_false
from k8slblint.traffic.ingress_annotations.keys import asks_for_nothing, keys_passed_over, loses_protection
from k8slblint.traffic.ownership import ownership_of
from k8slblint.traffic.ownership.implementations import implementations
from k8slblint.traffic.ownership.ingresses import controllers_without_class, ingress_class_of
from k8slblint.traffic.routing.ingress_routes import entries_of_ingress

if TYPE_CHECKING:
    from k8slblint.graph.graph import ResourceGraph

_LONGEST_NOTE = 200

_LOSSES = (
    ("exposure", "the protection that they configure silently disappears"),
    ("outage", "requests fail or go elsewhere"),
    ("issuance", "a certificate or DNS record is missing"),
    ("behaviour", "traffic is handled differently"),
)
"""What is lost where a key is ignored, the gravest first."""


class _Serving(NamedTuple):
    """The products that may serve an Ingress; `ingress_class` is the IngressClass object that settles it, if there is one.

    `present` are the ids of the products that the manifests of the cluster bring along.
    """

    controllers: tuple[Controller, ...]
    ingress_class: Resource | None = None
    present: frozenset[str] = frozenset()


class _Tie(NamedTuple):
    """A vendor annotation, the products it may have been made for, and who serves the Ingress."""

    key: str
    value: Any
    annotation: IngressAnnotation
    claimants: tuple[Controller, ...]
    serving: _Serving


def check(
    ingress: Resource, graph: "ResourceGraph", *, allowed_annotations: Sequence[str], allowed_vendors: Sequence[str]
) -> Iterator[Problem]:
    """Yield one problem for an Ingress with annotations that only one vendor's controllers read, at the first of them.

    Those of a cluster that lose the same without that vendor are one finding, for which one decision is enough.

    A warning where that controller is retired or may be missing, a note where it is maintained, and in the manifests, a part of the
    platform, or named by the class. Nothing where the environment is somebody's own machine or a run of CI, whose controller stays as long
    as it does. Keys that no controller here reads tie it to none: `ingress-annotation-unknown` reports them. Of an
    Ingress without a class, those are none that only products read which the cluster does not show, where it shows others.
    """
    keys = [key for key, value in ingress.annotations.items() if value is not None and _is_tie(catalog.lookup(key))]
    passed_over = keys_passed_over(ingress, graph) if keys else frozenset()
    keys = [key for key in keys if key not in passed_over and not _changes_nothing(ingress, key)]
    if not keys or graph.scope(ingress).environment in UNDEPLOYED_ENVIRONMENTS:
        return
    serving = _served(ingress, graph)
    elsewhere = frozenset() if serving.controllers else controllers_without_class(ingress, graph)
    ties = []
    for key in keys:
        claimants = _narrowed(key, keys, serving, graph.scope(ingress).provider)
        annotation = _entry_for(key, claimants)
        is_foreign = bool(elsewhere) and not elsewhere.intersection(known.id for known in (*claimants, *catalog.readers(key)))
        if annotation is None or is_foreign or _is_allowed(key, claimants, allowed_annotations, allowed_vendors):
            continue
        if annotation.is_inert_beside(ingress.annotations) or _is_portable(annotation, claimants, ingress.annotations[key]):
            continue
        annotation, needless_with = catalog.for_value(annotation, ingress.annotations[key])
        if needless_with is None or not ingress.get(*needless_with.split(".")):
            ties.append(_Tie(key, ingress.annotations[key], annotation, claimants, serving))
    if ties:
        yield _problem(ingress, ties)


def _is_portable(annotation: IngressAnnotation, claimants: Sequence[Controller], value: Any) -> bool:
    """Tell whether a value switches off what no controller switches on by itself, or several vendors read a key that protects nothing."""
    text = str(value).strip().lower()
    if sounds_false(text) and asks_for_nothing(annotation, text) and (annotation.default != "true" or text in annotation.open_values):
        return True
    meanings = (annotation, *(own for own in map(catalog.lookup, annotation.same_as) if own))
    is_shared = len(meanings) > 1 and len({known.vendor for known in claimants}) > 1
    return is_shared and not any(loses_protection(own, value) for own in meanings)


def _changes_nothing(ingress: Resource, key: str) -> bool:
    """Tell whether an annotation rewrites each path of an Ingress to itself, which its controller then leaves alone: `/` to `/`.

    Source: ingress-nginx 1.15, `internal/ingress/controller/template/template.go` (`needsRewrite`, `buildProxyPass`).
    """
    if not any(known.key == key and known.unless_path for known in serving_facts().host_wide_keys):
        return False
    paths = {entry.match.path for entry in entries_of_ingress(ingress) if entry.match.kind != "Any"}
    return paths == {ingress.annotations[key]}


def _served(ingress: Resource, graph: "ResourceGraph") -> _Serving:
    present = frozenset(implementations(graph, graph.scope(ingress).cluster))
    serving = _serving(ingress, graph)
    is_certain = serving.ingress_class is not None and not any(known.retired for known in serving.controllers)  # forks share its string
    is_named = len(serving.controllers) == 1 and ownership_of(ingress, graph).class_name is not None  # `alb`: chosen knowingly
    of_class = {known.id for known in serving.controllers if is_certain or is_named or not _is_installed(known)}
    return serving._replace(present=present | of_class)


def _is_installed(known: Controller) -> bool:
    """Tell whether somebody installs a product in the cluster: one that is a part of the platform is in no manifest."""
    found = controllers.controllers().get(known.id)
    return found is None or found.runs_in_cluster is not False


def _is_tie(annotation: IngressAnnotation | None) -> bool:
    if annotation is None or annotation.not_routing or annotation.status == "controller-written":
        return False
    belongs_to_all = annotation.controller == catalog.ANY_CONTROLLER and annotation.status != "ambiguous"
    return "Ingress" in annotation.applies_to and not belongs_to_all


def _serving(ingress: Resource, graph: "ResourceGraph") -> _Serving:
    products = catalog.controllers()
    found = tuple(products[name] for name in ownership_of(ingress, graph).candidates if name in products)
    return _Serving(found, ingress_class_of(ingress, graph) if found else None)


def _narrowed(key: str, keys: Iterable[str], serving: _Serving, platform: str) -> tuple[Controller, ...]:
    """Return the claimants that the class, then the other annotations, then the platform speak for, as far as they speak for any."""
    claimants = catalog.claimants(key)
    if len(claimants) <= 1:
        return claimants
    prefix = key.partition("/")[0] + "/"
    others = [catalog.claimants(other) for other in keys if other != key and other.startswith(prefix)]
    for evidence in (
        {name for known in serving.controllers for name in (known.id, *known.emulates)},
        {other[0].id for other in others if len(other) == 1},
        {known.id for known in claimants if known.platform == platform},
    ):
        claimants = tuple(known for known in claimants if known.id in evidence) or claimants
    return claimants[:1] if len({known.vendor for known in claimants}) == 1 else claimants


def _entry_for(key: str, claimants: Sequence[Controller]) -> IngressAnnotation | None:
    """Return what is known of the key, in the meaning of the one product left where it is a shared spelling."""
    annotation = catalog.lookup(key)
    if annotation is None or len(claimants) != 1:
        return annotation
    meanings = (catalog.lookup(own) for own in annotation.same_as)
    return next((own for own in meanings if own and own.controller == claimants[0].id), annotation)


def _is_allowed(key: str, claimants: Iterable[Controller], annotations: Iterable[str], vendors: Sequence[str]) -> bool:
    return all(known.vendor in vendors for known in claimants) or any(fnmatchcase(key, pattern) for pattern in annotations)


def _problem(ingress: Resource, ties: Sequence[_Tie]) -> Problem:
    first = ties[0]
    count = "An annotation ties" if len(ties) == 1 else f"{len(ties)} annotations tie"
    return Problem(
        path=("metadata", "annotations", first.key),
        at="key",
        headline=f"{count} {ingress.id} to {_vendors(ties)}{' (no longer maintained)' if _is_retired(ties) else ''}",
        label=f"read by {_vendors([first])} only",
        why=_why(ties),
        help=_help(ties),
        severity=_severity(ties),
        confidence="high" if any(len(tie.claimants) == 1 for tie in ties) else "medium",
        related=tuple(_related(ingress, ties)),
        discriminator="annotations",
        cause=_cause(ingress, ties),
    )


def _cause(ingress: Resource, ties: Sequence[_Tie]) -> Cause:
    """Return what makes several Ingresses one finding: the vendors, and what is lost with them."""
    vendors = _vendors(ties)
    headline = (f"Annotations tie {ingress.id} and ", f" more to {vendors}{' (no longer maintained)' if _is_retired(ties) else ''}")
    told = f"{len(ties)} annotation{'' if len(ties) == 1 else 's'} of {ingress.id} too."
    return Cause(f"{vendors} {_loss(ties)}", headline, told)


def _vendors(ties: Sequence[_Tie]) -> str:
    """Name the vendors, those of most keys first; at the same number in the order of the keys."""
    counts = Counter(vendor for tie in ties for vendor in dict.fromkeys(known.vendor for known in tie.claimants))
    return listed([vendor for vendor, _ in counts.most_common()], "or", 2)


def _is_retired(ties: Sequence[_Tie]) -> bool:
    return all(known.retired for tie in ties for known in tie.claimants)


def _severity(ties: Sequence[_Tie]) -> Severity | None:
    """Return `note` where every key is for one vendor, or for what the manifests bring along, and maintained; else the rule's own.

    Whether a team leaves a controller is in no manifest. Keys of two vendors are a risk today, since no controller reads both.
    """
    claimants = [known for tie in ties for known in tie.claimants]
    if len({known.vendor for known in claimants}) == 1 and not any(known.retired for known in claimants):
        return "note"
    served = all(any(known.id in tie.serving.present and not known.retired for known in _likely_readers(tie)) for tie in ties)
    return "note" if served else None


def _likely_readers(tie: _Tie) -> tuple[Controller, ...]:
    """Return the products that the key was made for, and those that read it in the same sense."""
    return (*tie.claimants, *catalog.readers(tie.key))


def _why(ties: Sequence[_Tie]) -> str:
    loss = _loss(ties)
    said = f"Any other controller ignores such keys{f': {loss}' if loss else ''}."
    retired = next((known.name for tie in ties for known in tie.claimants if known.retired), "")
    return f"{said} {retired} is no longer maintained." if retired else said


def _loss(ties: Sequence[_Tie]) -> str:
    """Return in words the gravest of what is lost where the keys are ignored."""
    found = {tie.annotation.if_ignored for tie in ties if str(tie.value).lower() not in tie.annotation.open_values}
    return next((words for name, words in _LOSSES if name in found), "")


def _help(ties: Sequence[_Tie]) -> str:
    accept = "or accept the dependency in `allowed_vendors`"
    if any(tie.annotation.gateway_api.targets for tie in ties):
        return f"Move the route to an HTTPRoute, where the places below name the field or policy that replaces each key, {accept}."
    return f"Solve the need elsewhere, since Gateway API has no equivalent, {accept}."


def _related(ingress: Resource, ties: Sequence[_Tie]) -> Iterator[RelatedPlace]:
    for tie in ties:
        yield RelatedPlace(ingress, ("metadata", "annotations", tie.key), f"{middle(tie.key, _LONGEST_KEY)} -> {_replacement(tie)}", "key")


_LONGEST_KEY = 80


def _replacement(tie: _Tie) -> str:
    """Say what replaces a key in Gateway API, in the fullest wording that stays within the limit."""
    plain = _without_replacement(tie)
    if plain is not None:
        return plain
    found = tie.annotation.gateway_api
    notes = [note for note in (found.note, *(target.note for target in found.targets), "") if note is not None]
    text = ""
    for whole, note in product((True, False), notes):
        text = f"{_equivalent(found, whole=whole)} ({_standing(found)}{f': {note}' if note else ''})"
        if len(text) <= _LONGEST_NOTE:
            break
    return text


def _without_replacement(tie: _Tie) -> str | None:
    """Return why no replacement can be named, or None where one can."""
    annotation, found = tie.annotation, tie.annotation.gateway_api
    if not annotation.is_known_key and not annotation.same_as:
        return "unknown key of this prefix; no equivalent can be named"
    if len(tie.claimants) > 1 and annotation.same_as:
        return f"depends on the controller: {_names(tie.claimants, 'or')} read it differently"
    if found.channel == "implementation-specific" and annotation.controller not in {known.id for known in tie.claimants}:
        return f"no equivalent known for {_names(tie.claimants, 'or')}"
    if not found.targets:
        return f"no equivalent in Gateway API{f' ({found.note})' if found.note else ''}"
    return None


def _equivalent(found: GatewayApi, *, whole: bool) -> str:
    names = [target.name for target in found.targets if target.policies is None]
    policies = [policy for target in found.targets for policy in target.policies or ()]
    if names:
        return " and ".join(names) if whole or len(names) == 1 else f"{names[0]} and {len(names) - 1} more"
    if not policies:
        return "no field"
    return f"no field, only policies such as {' or '.join(policies[: 2 if whole else 1])}"


def _standing(found: GatewayApi) -> str:
    if found.channel == "implementation-specific":
        return "implementation-specific"
    return f"{found.channel} channel {f'since {found.since}' if found.since else 'but in no release yet'}, {found.fidelity}"


def _names(known: Sequence[Controller], word: str = "or") -> str:
    return listed([one.name for one in known], word)
