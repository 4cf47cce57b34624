"""Detects values of an Ingress's annotations that its controller does not accept, and reads, ignores or refuses in its own way."""

from collections.abc import Iterator, Sequence

from k8slblint.catalog import ingress as catalog
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Cause, Problem, RelatedPlace
from k8slblint.model.texts import HEADLINE, LABEL, PROSE, fitted, listed, middle, quoted, sentence, served, short_key, within
from k8slblint.traffic.ingress_annotations.requirements import Unmet
from k8slblint.traffic.ingress_annotations.rewrites import CutPath, cut_paths
from k8slblint.traffic.ingress_annotations.values import IngressMisreading, ingress_misreadings
from k8slblint.traffic.ownership import ownership_of
from k8slblint.traffic.routing.passed_through import NotPassed, not_passed

_LONGEST_VALUE = 24

_CHOICES = 6

_MOST_PATHS = 10


def check(ingress: Resource, graph: ResourceGraph) -> Iterator[Problem]:
    """Yield a problem at each value that every controller which may serve the Ingress does not accept.

    An error where it refuses or stops serving something, or a protection is off; else a warning. Values that are not text are refused
    by the API server, and left to the rules that report it; what is filled in later is not judged. A rewrite that loses what follows the
    paths of an API is read as something else than was meant, too.
    """
    for found in ingress_misreadings(ingress, graph):
        headline, help_ = _headline(found, ingress), _way_out(found)
        yield Problem(
            path=found.path,
            headline=headline,
            label=found.wrong if len(found.wrong) <= LABEL else "not an accepted value",
            why=_why(found, ingress, graph),
            help=help_,
            severity="error" if found.is_grave else "warning",
            confidence=found.confidence,
            cause=None if found.is_grave else Cause.of_setting(ingress, headline, help_),
        )
    cut = list(cut_paths(ingress, graph))
    if cut:
        yield _cut(cut, ingress, graph)
    yield from (_not_passed(one, ingress) for one in not_passed(ingress, graph))


def _not_passed(found: NotPassed, ingress: Resource) -> Problem:
    text, other = quoted(found.text, _LONGEST_VALUE), middle(str(found.other), _LONGEST_VALUE)
    if found.fault == "path":
        said, label = f"passes no TLS through for path {text}", "holds for the path `/` only"
        goes = f"TLS of this host goes to Service {other}" if found.other else "nothing has the path `/` here: connections fail"
        why = f"ingress-nginx passes TLS on before it knows the path, to the Service of the path `/`: {goes}"
        help_ = "Write the path as `/`, with the Service that ends TLS, or give the other paths a host without the annotation."
    elif found.fault == "host":
        said, label = "passes no TLS through for " + (text if found.text else "a rule without a host"), "needs a host that is written out"
        why = "ingress-nginx compares the name that a client asks for with the host, to the letter: it ends TLS itself"
        help_ = "Write one rule for each host."
    else:
        said, label = f"passes TLS to Service {other}, which has no address", "needs the cluster IP of the Service"
        why = "ingress-nginx connects to the cluster IP of the Service, not to its Pods: a headless Service or an alias has none"
        help_ = "Name a Service of type ClusterIP with an address for the same Pods."
    return Problem(
        path=("metadata", "annotations", found.key),
        headline=fitted(f"{ingress.id} {said}", HEADLINE),
        label=label,
        why=within(PROSE, sentence(why), "Without `--enable-ssl-passthrough`, the annotation has no effect."),
        help=help_,
        severity="warning",
        confidence=found.confidence,
        related=tuple(RelatedPlace(ingress, place, "This rule.") for place in found.places[:_MOST_PATHS]),
        discriminator=f"passthrough {found.fault}",
    )


def _cut(cut: Sequence[CutPath], ingress: Resource, graph: ResourceGraph) -> Problem:
    first = cut[0]
    name = catalog.controllers()[first.reader].name
    owner = ownership_of(ingress, graph)
    who = sentence(served(name, owner.reason, "the Ingress")) if owner.verdict == "owned" else ""
    return Problem(
        path=("metadata", "annotations", first.key),
        headline=fitted(f"{ingress.id} {_said_of(first)}", HEADLINE),
        label=f"the path has no group {first.group}" if first.group else "nothing brings back what follows the path",
        why=within(PROSE, sentence(_cut_by(first, name)), who),
        help=_mended(first),
        severity="warning",
        confidence=first.confidence,
        related=tuple(RelatedPlace(ingress, one.place, _lost(one)) for one in cut[:_MOST_PATHS]),
        discriminator="cut",
    )


def _said_of(cut: CutPath) -> str:
    path, target = quoted(cut.path, _LONGEST_VALUE), quoted(cut.target, _LONGEST_VALUE)
    if not cut.target:
        return f"has all requests for {path} answered with 500"
    return f"sends all requests {'for' if cut.group else 'below'} {path} to {target}"


def _cut_by(cut: CutPath, name: str) -> str:
    if not cut.group:
        return f"{name} replaces the whole path, not only its beginning: '{cut.path.rstrip('/')}/items/1' reaches the Service as '/'"
    left = f"every request reaches the Service as {quoted(cut.target, _LONGEST_VALUE)}" if cut.target else "NGINX refuses the empty URI"
    return f"{name} replaces the whole path. It has no group {cut.group}, so that `${cut.group}` is empty: {left}"


def _lost(cut: CutPath) -> str:
    return f"'{cut.path}' has no group {cut.group}." if cut.group else f"What follows '{cut.path}' is lost."


def _mended(cut: CutPath) -> str:
    bare = cut.path.rstrip("/")
    if not cut.group:
        return (
            f"In a separate Ingress, write the path as `{bare}(/|$)(.*)`, type ImplementationSpecific, and the value as `/$2`. "
            "Or remove the annotation if the application serves this path itself."
        )
    if "(" in cut.path:
        return f"Refer to a group that the path has, or add the missing one to the path: `${cut.group}` is its parenthesis {cut.group}."
    return (
        "Give the path a group for what follows it, such as `/api(/|$)(.*)` with `/$2`, type ImplementationSpecific. If the application "
        "serves this path itself, move it to an Ingress without the annotation."
    )


def _headline(found: IngressMisreading, ingress: Resource) -> str:
    if found.is_switched_off or (found.unmet is not None and found.unmet.lack in ("risk", "needs")):
        return f"{ingress.id} sets `{short_key(found.key)}`, which the controller refuses"
    return f"{ingress.id} sets `{short_key(found.key)}` to {quoted(found.text, _LONGEST_VALUE)}, which is not valid"


def _why(found: IngressMisreading, ingress: Resource, graph: ResourceGraph) -> str:
    name = catalog.controllers()[found.reader].name
    owner = ownership_of(ingress, graph)
    who = sentence(served(name, owner.reason, "the Ingress")) if owner.verdict == "owned" else ""
    return within(PROSE, sentence(f"{name} {found.then}"), who)


def _way_out(found: IngressMisreading) -> str:
    if found.unmet is not None:
        return _way_out_of(found.unmet)
    if found.is_switched_off:
        return "Use the annotations, or the policies, that the controller has for the purpose, and remove the snippet."
    shape = found.annotation.value
    if shape.choices and not shape.is_open:
        return f"Set {listed([repr(choice) for choice in shape.choices], 'or', _CHOICES)}, or remove the annotation."
    if shape.type == "bool":
        return "Set 'true' or 'false', or remove the annotation."
    known = found.annotation.default
    default = f" The default is {known}." if known and " " not in known else ""
    return f"Correct the value, or remove the annotation.{default}"


def _way_out_of(unmet: Unmet) -> str:
    if unmet.lack == "name":
        return f"Write {quoted(unmet.expected)}."
    if unmet.lack == "namespace":
        return f"Copy the object to the namespace of the Ingress, and write {quoted(unmet.expected)}."
    return "Remove the annotation." if unmet.lack == "risk" else f"Remove the annotation, which {unmet.wrong}."
