"""Detects Ingresses that name their class by the deprecated annotation, although their controller reads the field."""

from collections.abc import Iterator, Sequence

from k8slblint.admission.grammar import broken_subdomain
from k8slblint.catalog import CLASS_ANNOTATION, controllers
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Cause, Confidence, Problem, RelatedPlace
from k8slblint.model.texts import HEADLINE, LABEL, fitted, listed, middle, quoted
from k8slblint.traffic.ownership.classes import Annotated, annotated_class, class_nobody_reads, reading_of

_CURRENT = "networking.k8s.io/v1"

_LONGEST_CLASS = 24


def check(ingress: Resource, graph: ResourceGraph) -> Iterator[Problem]:
    """Yield a problem at the annotation: a warning where it stands alone or contradicts the field, a note where it repeats it.

    Silent where the controller reads only the annotation (GKE), and where it is not known who reads it. One that is called like it, and
    that no controller reads, is a problem where nothing else names a class.
    """
    misspelt = _misspelt(ingress) if ingress.api_version == _CURRENT else None
    if misspelt is not None:
        yield misspelt
        return
    found = annotated_class(ingress, graph) if ingress.api_version == _CURRENT else None
    if found is None or not _all_read(found.readers, "field"):
        return
    if found.field is None:
        alone = _alone(ingress, found)
        yield alone._replace(cause=Cause.of_alike(ingress, "name their class by the deprecated annotation", alone.help))
    elif found.field == found.value:
        repeated = _problem(found, f"{ingress.id} names its class twice", "as `ingressClassName` says", _REPEATED)
        yield repeated._replace(severity="note", cause=Cause.of_alike(ingress, "name their class twice", repeated.help))
    else:
        yield _contradicting(ingress, found)


def _misspelt(ingress: Resource) -> Problem | None:
    found = class_nobody_reads(ingress)
    if found is None:
        return None
    key, value = found
    why = f"Controllers read `{CLASS_ANNOTATION}` and `spec.ingressClassName` only: this Ingress counts as one without a class."
    help_ = f"Write `ingressClassName: {middle(value, _LONGEST_CLASS)}` in `spec`, and remove the annotation."
    headline = fitted(f"{ingress.id} names its class by an annotation that no controller reads", HEADLINE)
    return Problem(("metadata", "annotations", key), headline, "not read", why, help_, at="key")


_REPEATED = "The annotation is deprecated since Kubernetes 1.18, and some controllers prefer it to the field when they differ later."


def _all_read(readers: Sequence[str], part: str) -> bool:
    """Tell whether all controllers are known to read the annotation or the field."""
    readings = [reading_of(name) for name in readers]
    return bool(readings) and all(known is not None and getattr(known, part) is None for known in readings)


def _alone(ingress: Resource, found: Annotated) -> Problem:
    who = _names(found.readers)
    readings = [reading_of(name) for name in found.readers]
    if all(known is not None and known.annotation == "ignored" for known in readings):
        why = f"{who} reads only `ingressClassName`: this Ingress counts as one without a class."
        return _problem(found, f"{ingress.id} names its class only where its controller does not read it", "not read", why)
    why = f"The annotation is deprecated since Kubernetes 1.18. {who} reads `ingressClassName`, which the API server checks and completes."
    label = "deprecated, `ingressClassName` is missing"
    return _problem(found, f"{ingress.id} names its class by an annotation", label, why)


def _contradicting(ingress: Resource, found: Annotated) -> Problem:
    headline = f"{ingress.id} names class {quoted(found.value, _LONGEST_CLASS)} and class {quoted(found.field, _LONGEST_CLASS)}"
    problem = _problem(found, headline, f"`ingressClassName` is {quoted(found.field, _LONGEST_CLASS)}", _who_serves(found))
    related = RelatedPlace(ingress, ("spec", "ingressClassName"), "The field names another class.")
    return problem._replace(related=(related,), help="Remove the annotation, and check that the field names the class that is meant.")


def _who_serves(found: Annotated) -> str:
    """Say which controllers serve an Ingress with two classes, as each of them reads it."""
    by_annotation, by_field = ([(name, reading_of(name)) for name in names] for names in (found.readers, found.by_field))
    if len(by_annotation) != 1 or len(by_field) != 1 or None in (by_annotation[0][1], by_field[0][1]):
        return (
            "Which of both counts depends on the controller: F5 NGINX, Contour, Istio and AWS prefer the annotation, most others the field."
        )
    (one, first), (other, second) = by_annotation[0], by_field[0]
    serves = [one] if first is not None and first.annotation is None and first.wins in ("annotation", "either") else []
    if second is not None and (second.annotation == "ignored" or second.wins in ("field", "either")):
        serves.append(other)
    if one == other:
        which = "annotation" if serves == [one] and first is not None and first.wins == "annotation" else "field"
        return f"{_names([one])} goes by the {which} and ignores the other class."
    if not serves:
        return f"No controller serves it: {_names([one])} goes by the field, {_names([other])} by the annotation."
    if len(serves) > 1:
        return f"Both {listed(_each(serves))} serve it: the first goes by the annotation, the second by the field."
    by = "annotation" if serves[0] == one else "field"
    return f"{_names(serves)} serves it, because it goes by the {by}; the other class is ignored."


def _problem(found: Annotated, headline: str, label: str, why: str) -> Problem:
    help_ = "Remove the annotation." if found.field is not None else _write_field(found)
    confidence: Confidence = "high" if len(found.readers) == 1 or _all_read(found.readers, "annotation") else "medium"
    return Problem(
        path=("metadata", "annotations", CLASS_ANNOTATION),
        at="key",
        headline=fitted(headline, HEADLINE),
        label=fitted(label, LABEL),
        why=why,
        help=help_,
        confidence=confidence,
        discriminator="class",
    )


def _write_field(found: Annotated) -> str:
    """Say which field to write: a class that is no name of an object has another one as an IngressClass, if its controller has one.

    The API server refuses the field with such a value (Kubernetes 1.37 pkg/apis/networking/validation `ValidateIngressClassName`).
    """
    names = [found.value]
    if broken_subdomain(found.value) is not None:
        known = [controllers.controllers()[name].ingress for name in found.readers]
        names = list(dict.fromkeys(name for side in known if side is not None for name in side.class_names))
    if len(names) != 1:
        return "Name an IngressClass of the controller in `spec.ingressClassName`, and remove the annotation."
    return f"Write `ingressClassName: {names[0]}` in `spec`, remove the annotation, and see that an IngressClass of this name exists."


def _names(readers: Sequence[str]) -> str:
    return listed(_each(readers), "or", 3)


def _each(readers: Sequence[str]) -> list[str]:
    known = controllers.controllers()
    return [known[name].name for name in readers]
