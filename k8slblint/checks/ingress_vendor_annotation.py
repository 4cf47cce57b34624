"""Finds annotations that tie an Ingress to the controllers of one vendor, and names what Gateway API has in their place."""

from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple

from k8slblint.catalog import ingress as catalog
from k8slblint.catalog.ingress import Controller, GatewayApi, IngressAnnotation
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Problem, RelatedPlace
from k8slblint.traffic.ownership import ownership_of
from k8slblint.traffic.ownership.ingresses import ingress_class_of

if TYPE_CHECKING:
    from k8slblint.graph.graph import ResourceGraph

_MOST_CHARACTERS = 400

_LOSSES = {
    "exposure": ", and the protection it gives silently disappears",
    "outage": ", and requests fail or go elsewhere",
    "behaviour": ", and traffic is handled differently",
    "cosmetic": ", which shows in appearance only",
    "issuance": ", and a certificate or DNS record is missing",
    "none": " without harm",
}


class _Serving(NamedTuple):
    """The products that may serve an Ingress; `ingress_class` is the IngressClass object that settles it, if there is one."""

    controllers: tuple[Controller, ...]
    ingress_class: Resource | None = None


class _Tie(NamedTuple):
    """A vendor annotation, the products it may have been made for, and who serves the Ingress."""

    key: str
    value: Any
    annotation: IngressAnnotation
    claimants: tuple[Controller, ...]
    serving: _Serving

    @property
    def is_ignored_here(self) -> bool:
        """Tell whether the Ingress is certainly served by products that do not read the key."""
        readers = {known.id for known in catalog.readers(self.key)}
        return self.serving.ingress_class is not None and readers.isdisjoint(known.id for known in self.serving.controllers)


def check(
    ingress: Resource, graph: "ResourceGraph", *, allowed_annotations: Sequence[str], allowed_vendors: Sequence[str]
) -> Iterator[Problem]:
    """Yield a problem at the key of each annotation that means something to one vendor's controllers only."""
    keys = [key for key, value in ingress.annotations.items() if value is not None and _is_tie(catalog.lookup(key))]
    if not keys:
        return
    serving = _serving(ingress, graph)
    for key in keys:
        claimants = _narrowed(key, keys, serving, graph.scope(ingress).platform)
        annotation = _entry_for(key, claimants)
        if annotation and not _is_allowed(key, claimants, allowed_annotations, allowed_vendors):
            yield _problem(_Tie(key, ingress.annotations[key], annotation, claimants, serving))


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


def _problem(tie: _Tie) -> Problem:
    return Problem(
        path=("metadata", "annotations", tie.key),
        at="key",
        message=_message(tie),
        confidence="high" if len(tie.claimants) == 1 else "medium",
        related=_evidence(tie),
    )


def _evidence(tie: _Tie) -> tuple[RelatedPlace, ...]:
    ingress_class = tie.serving.ingress_class
    if ingress_class is None or not tie.is_ignored_here:
        return ()
    return (RelatedPlace(ingress_class, ("spec", "controller"), "This controller serves the Ingress."),)


def _message(tie: _Tie) -> str:
    """Return the fullest wording that stays within the limit: what is said of the equivalent counts for more than the purpose."""
    found = tie.annotation.gateway_api
    notes = [note for note in (found.note, *(target.note for target in found.targets), "") if note is not None]
    message = ""
    for whole, note, purpose in product((True, False), notes, (True, False)):
        message = f"{_what_is(tie, purpose=purpose)} {_way_out(tie, f': {note}' if note else '', whole=whole)}"
        if len(message) <= _MOST_CHARACTERS:
            break
    return message


def _what_is(tie: _Tie, *, purpose: bool) -> str:
    annotation = tie.annotation
    key = f"'{tie.key}' ({annotation.purpose})" if purpose and annotation.is_known_key else f"'{tie.key}'"
    names = _names(tie.claimants, "or")
    if annotation.status == "never-existed":
        return f"'{tie.key}' carries the prefix of {names}, which never had such a key ({annotation.purpose})."
    if annotation.same_as:
        return f"{key} is a key of {names}, each in its own way; {_consequence(tie, '')}."
    if not annotation.is_known_key:
        return f"{key} carries a prefix of {names}, and the catalog of {annotation.as_of} does not know the key; {_consequence(tie, '')}."
    if annotation.status == "removed":
        return f"{key} is a key of {names} that no current release reads."
    return f"{key} works only with {_names(_served_by(tie), 'and') or names}; {_consequence(tie, _loss(tie))}."


def _served_by(tie: _Tie) -> tuple[Controller, ...]:
    """Return who is known to read the key when it is clear for whom it was made: that product, then what imitates it."""
    if len(tie.claimants) != 1:
        return ()
    likely = {*tie.annotation.also_read_by, *(known.id for known in tie.serving.controllers)}
    owner = tie.claimants[0]
    return (owner, *(known for known in catalog.readers(tie.key) if owner.id in known.emulates and known.id in likely))


def _loss(tie: _Tie) -> str:
    asks_for_nothing = str(tie.value).lower() in tie.annotation.open_values
    return "" if asks_for_nothing else _LOSSES[tie.annotation.if_ignored]


def _consequence(tie: _Tie, loss: str) -> str:
    if tie.is_ignored_here:
        return f"the class of this Ingress is served by {_names(tie.serving.controllers, 'or')}, which ignores it{loss}"
    return f"any other controller ignores it{loss}"


def _way_out(tie: _Tie, note: str, *, whole: bool) -> str:
    if tie.annotation.status == "never-existed":
        return "Remove it; there is nothing to translate to Gateway API."
    if not tie.annotation.is_known_key and not tie.annotation.same_as:
        return "No Gateway API equivalent can be named for it."
    if len(tie.claimants) > 1 and tie.annotation.same_as:
        return "The Gateway API equivalent depends on which of them it is."
    found = tie.annotation.gateway_api
    if found.channel == "implementation-specific" and tie.annotation.controller not in {known.id for known in tie.claimants}:
        return f"No Gateway API equivalent is known for {_names(tie.claimants, 'or')}."
    if not found.targets:
        return f"Gateway API has no equivalent{note}."
    return f"Gateway API: {_equivalent(found, whole=whole)} ({_standing(found)}{note})."


def _equivalent(found: GatewayApi, *, whole: bool) -> str:
    names = [target.name for target in found.targets if target.policies is None]
    policies = [policy for target in found.targets for policy in target.policies or ()]
    if names:
        return " and ".join(names) if whole or len(names) == 1 else f"{names[0]} and {len(names) - 1} more"
    if not policies:
        return "no field of its own"
    return f"no field of its own, only policies such as {' or '.join(policies[: 2 if whole else 1])}"


def _standing(found: GatewayApi) -> str:
    if found.channel == "implementation-specific":
        return "implementation-specific"
    return f"{found.channel} channel {f'since {found.since}' if found.since else 'but in no release yet'}, {found.fidelity}"


def _names(known: Sequence[Controller], word: str) -> str:
    names = [f"{one.name} (retired)" if one.retired else one.name for one in known]
    return f" {word} ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))
