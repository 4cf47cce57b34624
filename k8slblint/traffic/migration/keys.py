"""What becomes of the annotations of an Ingress whose values no recipe translates, by the catalogs alone.

Sources: `catalogs/annotations/` (`gateway_api`, `if_ignored`), `catalogs/gateway-api.json` (channels), `catalogs/migration.json` (targets).
"""

from collections.abc import Iterator, Sequence
from itertools import islice

from k8slblint.catalog import CLASS_ANNOTATION
from k8slblint.catalog import ingress as catalog
from k8slblint.catalog.ingress import GatewayApi, IngressAnnotation
from k8slblint.catalog.ingress import Target as Place
from k8slblint.catalog.migration import Loss, Means, loss_of, need_of, snippet_guards
from k8slblint.model.location import Path
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Confidence
from k8slblint.model.texts import PROSE, listed, middle, shortened
from k8slblint.traffic.annotations.service_annotations import is_unfilled
from k8slblint.traffic.migration.forms import Item, Subject, Target
from k8slblint.traffic.migration.serving import Serving

_MOST = 400
"""More annotations of one object are not looked at: the API server takes 256 KiB of them."""

_OF_RULES = "HTTPRoute.spec.rules[]."
"""What most fields begin with, and texts leave out."""

_LONGEST_SNIPPET = 20_000

_SEPARATORS = str.maketrans(";{}\n\r\t", "      ")


class Asked(NamedTuple):
    """An annotation of an Ingress that its controller reads, and what is known of it with this value."""

    key: str
    value: object
    annotation: IngressAnnotation


def asked_by(ingress: Resource, serving: Serving, kind: str = "Ingress") -> Iterator[Asked]:
    """Yield the annotations that the controller of an Ingress reads and that ask for something, those of DNS and certificates too.

    With the kind `Service` they are those of a Service behind it, but for DNS.
    """
    canary = "" if serving.dialect is None else serving.dialect.keys.get("canary", "")
    is_canary = str(ingress.annotations.get(canary, "")).lower() == "true"
    for key, value in islice(ingress.annotations.items(), _MOST):
        found = catalog.lookup(str(key)) if value is not None else None
        if found is None or key == CLASS_ANNOTATION or not _is_read(key, found, serving, kind):
            continue
        if is_canary and found.category != "canary" and not found.not_routing:
            continue
        found, needless_with = catalog.for_value(found, value)
        is_open = isinstance(value, str) and (value.strip() in found.open_values or _is_default(value, found))
        if (
            not is_open
            and not found.is_inert_beside(ingress.annotations)
            and (needless_with is None or not ingress.get(*needless_with.split(".")))
        ):
            yield Asked(key, value, found)


def _is_default(value: str, found: IngressAnnotation) -> bool:
    """Tell whether a truth value is what holds without the key: `enable-cors: "false"` asks for nothing."""
    if found.value.type != "bool" or found.if_ignored == "exposure":
        return False
    return value.strip().lower() == (found.default or "false")


def _is_read(key: str, found: IngressAnnotation, serving: Serving, kind: str) -> bool:
    """Tell whether the controller of the Ingress reads a key; where that is not known, any key of a known product counts."""
    if found.status in ("controller-written", "removed", "never-existed") or kind not in found.applies_to:
        return False
    if found.not_routing:
        return kind == "Ingress"
    if not found.is_known_key and not found.same_as:
        return False
    return serving.controller is None or found.controller == catalog.ANY_CONTROLLER or serving.controller in _ids_of_readers(key)


def _ids_of_readers(key: str) -> set[str]:
    return {known.id for known in catalog.readers(key)}


def item_of(asked: Asked, ingress: Resource, serving: Serving, target: Target) -> Item:
    """Return what becomes of an annotation that no recipe translates."""
    path: Path = ("metadata", "annotations", asked.key)
    sure: Confidence = serving.confidence if serving.controller is not None else "medium"
    subject = Subject(ingress, asked.key.rpartition("/")[2], path, sure)
    loss = loss_of(asked.annotation.if_ignored, asked.annotation.category)
    if asked.annotation.open_values and (has_placeholder(asked.value) or is_unfilled(str(asked.value))):
        text = "its value is filled in later, so what it protects is not known"
        return subject.lost(loss, text, verdict="unknown")._replace(confidence="low")
    guards = _guards_in(asked)
    if guards:
        says = f"uses {listed(f'`{name}`' for name in guards)} to restrict clients"
        return subject.lost("lost-protection", f"a snippet has no equivalent, and this one {says}")._replace(confidence="medium")
    found = asked.annotation.gateway_api
    fields = [place for place in found.targets if place.policies is None and place.channel != "implementation-specific"]
    item = _by_field(subject, found, fields, loss, target) if fields else _by_policy(subject, found, loss, target)
    return item._replace(text=_fitted(item.text))


def _fitted(text: str) -> str:
    return shortened(text, PROSE)


def _guards_in(asked: Asked) -> list[str]:
    """Return the directives in a snippet that keep somebody out, each once."""
    if asked.annotation.category != "snippet" or not isinstance(asked.value, str):
        return []
    words = asked.value[:_LONGEST_SNIPPET].translate(_SEPARATORS).split()
    known = snippet_guards()
    return list(dict.fromkeys(word for word in words if word in known))


def _by_field(subject: Subject, found: GatewayApi, fields: list[Place], loss: Loss, target: Target) -> Item:
    names = listed([f"`{middle(place.name.removeprefix(_OF_RULES), 80)}`" for place in fields], most=2)
    field = " and ".join(place.name for place in fields)
    note = f": {found.note}" if found.note else ""
    late = [place for place in fields if place.since is not None and _minor(place.since) > target.release]
    if any(place.channel == "experimental" for place in fields) or late:
        why = "is in the experimental channel" if not late else f"needs Gateway API {late[0].since}"
        return _by_means(subject, fields, loss, target, f"{names} {why}", field)
    if found.fidelity == "exact":
        return subject.exact(f"becomes {names}{note}", field)._replace(is_written=False, stake=loss)
    means = _means_of(fields, target)
    if means is not None:
        return _by_means(subject, fields, loss, target, f"{names} does a part only", field)
    return subject.partial(loss, f"{names} does a part only{note}", field, is_written=False)


def _by_means(subject: Subject, fields: list[Place], loss: Loss, target: Target, why: str, field: str) -> Item:
    means = _means_of(fields, target)
    if means is None:
        return subject.lost(loss, why, verdict="partial", field=field)
    note = f" ({means.note})" if means.note else ""
    return subject.lost(loss, f"{why}; {target.name} has {means.name}{note}", verdict="policy", field=means.name)


def _means_of(places: Sequence[Place], target: Target) -> Means | None:
    return next((means for place in places if (means := target.means(place.name)) is not None), None)


def _by_policy(subject: Subject, found: GatewayApi, loss: Loss, target: Target) -> Item:
    note = f": {found.note}" if found.note else ""
    means = _means_of(found.targets, target)
    if means is not None:
        more = f" ({means.note})" if means.note else ""
        return subject.lost(loss, f"no field of Gateway API; write {means.name}{more}", verdict="policy", field=means.name)
    policies = [policy for place in found.targets for policy in place.policies or ()]
    own = [place.name for place in found.targets if place.policies is None]
    if target.implementation is None and (policies or own):
        names = listed((policies or own)[:2], "or")
        return subject.lost(loss, f"no field of Gateway API, only objects of implementations such as {names}", verdict="policy")
    if found.targets:
        what = need_of(found.targets[0].name).replace("-", " ")
        return subject.lost(loss, f"no field of Gateway API, and no object of {target.name} is known for it ({what})")
    return subject.lost(loss, f"no equivalent in Gateway API{note}")


def _minor(release: str) -> tuple[int, int]:
    major, minor = release.removeprefix("v").split(".")[:2]
    return int(major), int(minor)
