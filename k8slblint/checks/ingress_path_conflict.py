"""Detects paths that two rules serve for one host at one entry point."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from k8slblint.catalog.controllers import controllers
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import INGRESS_KINDS
from k8slblint.model.location import Path
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Confidence, Problem, RelatedPlace, least
from k8slblint.model.texts import HEADLINE, LABEL, PROSE, brief, capital, fitted, middle, quoted, within
from k8slblint.traffic.attachment.hostnames import EVERY
from k8slblint.traffic.ownership import ownership_of
from k8slblint.traffic.routing.forms import Entry
from k8slblint.traffic.routing.path_conflicts import PathConflict, is_bundle, path_conflicts
from k8slblint.traffic.routing.shared_hosts import sureness
from k8slblint.traffic.routing.vendor_conflicts import VendorConflict, vendor_conflicts
from k8slblint.traffic.routing.wording import condition_in_words, host_in_words

_LONGEST_NAME = 24

_RELATED = 20


def check(ingress: Resource, graph: ResourceGraph) -> Iterator[Problem]:
    """Yield one problem for each other object that serves hosts or paths of this one, and one for paths that it serves twice itself."""
    for claimed in vendor_conflicts(ingress, graph):
        yield _claimed(claimed, graph)
    if ingress.type_name not in INGRESS_KINDS:
        return
    found: dict[int, list[PathConflict]] = defaultdict(list)
    for conflict in path_conflicts(ingress, graph):
        found[id(conflict.other.source)].append(conflict)
    for conflicts in found.values():
        yield _problem(ingress, conflicts, graph)


def _problem(ingress: Resource, conflicts: Sequence[PathConflict], graph: ResourceGraph) -> Problem:
    first = conflicts[0]
    other = first.other.source
    more = f" and {len(conflicts) - 1} more" if len(conflicts) > 1 else ""
    is_same = other is ingress
    served = f"{_host(first.entry.host)}" if first.is_of_host else f"a path of {_host(first.entry.host)}"
    whom = "twice" if is_same else f"that {_name(other, ingress)} serves"
    return Problem(
        path=_place(first.entry),
        headline=fitted(f"{ingress.id} serves {served} {whom}", HEADLINE),
        label=fitted(f"{condition_in_words(first.entry)}{more}", LABEL),
        why=_why(first, ingress, graph),
        help="Remove one of the two rules, or give it another path."
        if is_same
        else "Give one of them another path or host, or name both Services in one route with weights.",
        at="value",
        confidence=_confidence(first, ingress, graph),
        related=tuple(
            RelatedPlace(one.other.source, _place(one.other), f"{one.other.source.id} serves it too.") for one in conflicts[:_RELATED]
        ),
        discriminator=str(other.id),
    )


def _claimed(conflict: VendorConflict, graph: ResourceGraph) -> Problem:
    route, other = conflict.claim.source, conflict.other.source
    is_rule = conflict.claim.leads_to is not None
    what = "a rule" if is_rule else "host"
    return Problem(
        path=conflict.claim.path,
        headline=fitted(f"{route.id} has {what} {quoted(conflict.claim.what, _LONGEST_NAME)} that {_short(other)} has too", HEADLINE),
        label=fitted(f"also in {_short(other)}", LABEL),
        why=_EFFECTS[conflict.effect].format(who=controllers()[conflict.controller].name),
        help="Remove one of both, or give it another host."
        if not is_rule
        else "Write one rule with both Services and weights, or a `priority`.",
        confidence=sureness(_host_of(conflict), route, other, graph),
        related=(RelatedPlace(other, conflict.other.path, f"{other.id} has it too."),),
        discriminator=f"{other.id} {conflict.claim.what}",
    )


def _host_of(conflict: VendorConflict) -> str:
    """Return the host that is claimed; of a rule it as a whole, or every host where it names none, or one of documentation."""
    what = conflict.claim.what
    if conflict.claim.leads_to is None:
        return what.partition("/")[0]
    return what if "Host" in what and "example." not in what else EVERY


_EFFECTS = {
    "none": "{who} accepts a host from one object, and serves none of several that name it: each gets the condition Valid False.",
    "oldest": "{who} leaves it to the older object and rejects the other; manifests do not show which one is older.",
    "random": "{who} tries rules of equal priority in no fixed order, so that either Service may get the requests after a restart.",
}


def _short(other: Resource) -> str:
    return f"{other.kind} {middle(other.name, _LONGEST_NAME)}"


def _host(host: str) -> str:
    return host_in_words(host) if host == EVERY else f"host {host_in_words(host)}"


def _place(entry: Entry) -> Path:
    """Return where the path of an entry is written, or the entry where it states none."""
    path: Path = (*entry.at, "path")
    return path if entry.source.get(*path) is not None else entry.at


def _name(other: Resource, ingress: Resource) -> str:
    name = middle(other.name, _LONGEST_NAME)
    place = "" if other.namespace == ingress.namespace else f"{middle(str(other.namespace), _LONGEST_NAME)}/"
    return f"{other.kind} {place}{name}"


def _why(conflict: PathConflict, ingress: Resource, graph: ResourceGraph) -> str:
    owner = ownership_of(ingress, graph).names or "Its controller"
    ends = [entry.backends[0] for entry in (conflict.other, conflict.entry)]
    are_near = ends[0].namespace == ends[1].namespace
    backends = [quoted(one.name if are_near else f"{one.namespace}/{one.name}", _LONGEST_NAME) for one in ends]
    said = f"One leads to Service {backends[0]}, the other to {backends[1]}."
    if are_near and ends[0].name == ends[1].name:
        said = f"One leads to port {ends[0].port} of Service {backends[0]}, the other to {ends[1].port}."
    if conflict.is_of_host:
        return (
            f"{capital(owner)} leaves a host to one Ingress, the older one, and takes no path of this host from the other, whatever it is."
        )
    if conflict.refuses:
        rest = "The webhook of ingress-nginx refuses the younger Ingress; without the webhook, the older one gets all requests."
    elif conflict.decided_by == "age":
        rest = "Only the older Ingress gets the requests; manifests do not show which one that is."
    elif conflict.decided_by == "controller":
        rest = f"One of them gets all requests, the other none: which one depends on {brief(owner)}."
    else:
        rest = "The first one gets all requests, the second none."
    return within(PROSE, rest, said)


def _confidence(conflict: PathConflict, ingress: Resource, graph: ResourceGraph) -> Confidence:
    """Doubt what is written in two files that no cluster is stated for, and who serves it."""
    owner = ownership_of(ingress, graph)
    if not owner.candidates:
        return "low"
    other = conflict.other.source
    if other.path != ingress.path and (_are_whole_hosts(conflict, ingress) or any(is_bundle(one, graph) for one in (ingress, other))):
        return "low"
    return least(owner.confidence if other is not ingress else "high", sureness(conflict.entry.host, ingress, other, graph))


def _are_whole_hosts(conflict: PathConflict, ingress: Resource) -> bool:
    """Tell whether two files of one folder each give the whole of one host to a Service of another namespace.

    A folder of Ingresses may hold what different clusters have in front; what a chart or kustomization prints is deployed together.
    """
    other = conflict.other.source
    if ingress.namespace == other.namespace or ingress.provenance is not None or other.provenance is not None:
        return False
    if ingress.path.rpartition("/")[0] != other.path.rpartition("/")[0]:
        return False
    return all(_is_whole_host(one) for one in (ingress, other))


def _is_whole_host(ingress: Resource) -> bool:
    """Tell whether an Ingress has a single path, which is that of everything."""
    rules = ingress.sequence("spec", "rules")
    paths = ingress.sequence("spec", "rules", 0, "http", "paths") if len(rules) == 1 else ()
    return len(paths) == 1 and isinstance(paths[0], dict) and paths[0].get("path", "/") in _EVERYTHING


_EVERYTHING = ("/", "")
