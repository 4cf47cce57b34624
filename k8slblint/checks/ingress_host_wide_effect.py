"""Detects annotations of one Ingress that change how the paths of other Ingresses of the same host are served."""

from collections.abc import Iterator

from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.location import Path
from k8slblint.model.resource import Resource
from k8slblint.model.rule import CONFIDENCES, Confidence, Problem, RelatedPlace, least
from k8slblint.model.texts import HEADLINE, LABEL, fitted, middle, quoted, short_key
from k8slblint.traffic.attachment.hostnames import EVERY
from k8slblint.traffic.ownership import ownership_of
from k8slblint.traffic.routing.forms import Entry
from k8slblint.traffic.routing.host_wide import HostWideEffect, host_wide_effects
from k8slblint.traffic.routing.shared_hosts import sureness
from k8slblint.traffic.routing.wording import condition_in_words, host_in_words

_LONGEST_NAME = 30

_RELATED = 20

_REGEX = (
    "ingress-nginx then matches every path of the host as the beginning of a path, without regard to case: Exact paths match longer "
    "ones, Prefix `/api` matches `/apis`, and `.` matches any character."
)


def check(ingress: Resource, graph: ResourceGraph) -> Iterator[Problem]:
    """Yield a problem for each annotation and host, at the first Ingress that has it; a second value of a host is at the other one."""
    for effect in host_wide_effects(ingress, graph):
        path: Path = ("metadata", "annotations", effect.known.key)
        yield Problem(
            path=path,
            at="key",
            headline=_headline(ingress, effect),
            label=_label(effect),
            why=_why(effect),
            help=_help(effect),
            severity=effect.known.severity,
            confidence=least(ownership_of(ingress, graph).confidence, *_sureness(ingress, effect, graph)),
            related=tuple(_related(effect)),
            discriminator=f"{effect.host} {effect.is_ignored} {effect.taken}",
        )


def _headline(ingress: Resource, effect: HostWideEffect) -> str:
    host = host_in_words(effect.host) if effect.host == EVERY else f"host {host_in_words(effect.host)}"
    if effect.taken:
        return fitted(f"{ingress.id} has `{short_key(effect.known.key)}` for a host that an Ingress serves", HEADLINE)
    if effect.is_ignored:
        return fitted(f"{ingress.id} is the second with `{short_key(effect.known.key)}` for {host}", HEADLINE)
    others = len({id(entry.source) for entry in effect.entries})
    whom = f"Ingress {_name(effect.entries[0], ingress)}" if others == 1 else f"{others} other Ingresses"
    return fitted(f"{ingress.id} changes the paths of {whom} for {host}", HEADLINE)


def _name(entry: Entry, ingress: Resource) -> str:
    other = entry.source
    name = middle(other.name, _LONGEST_NAME)
    return name if other.namespace == ingress.namespace else f"{middle(str(other.namespace), _LONGEST_NAME)}/{name}"


def _label(effect: HostWideEffect) -> str:
    if effect.taken:
        return fitted(f"no effect for {quoted(effect.taken, _LONGEST_NAME)}", LABEL)
    if effect.is_ignored:
        return "has no effect while the other Ingress is older"
    if effect.known.effect == "regex":
        return "makes every path of the host a regular expression"
    return fitted(effect.known.says, LABEL)


def _why(effect: HostWideEffect) -> str:
    if effect.taken:
        return (
            "ingress-nginx makes no alias of a host, and no redirect from it, while an Ingress has rules for it: those answer its requests."
        )
    if effect.is_ignored:
        return "ingress-nginx takes this setting once for a host, from the oldest Ingress that states it, and ignores all others."
    if effect.known.effect == "regex":
        return _REGEX
    return f"ingress-nginx applies it to the host, not to the paths of this Ingress: it {effect.known.says}, of other Ingresses too."


def _help(effect: HostWideEffect) -> str:
    if effect.taken:
        return "Remove the rules for that host, or the annotation."
    if effect.is_ignored:
        return "State it on one Ingress of the host, or give the Ingresses different hosts."
    if effect.known.effect == "regex":
        return "Give the rewritten paths a separate host, or write the other paths as expressions too (`/api(/|$)`), with `use-regex`."
    return "Give the paths that need it a separate host, or state it on all Ingresses of the host, so that it can be seen there."


def _related(effect: HostWideEffect) -> Iterator[RelatedPlace]:
    for entry in effect.entries[:_RELATED]:
        if effect.taken:
            yield RelatedPlace(entry.source, entry.at, f"{entry.source.id} serves this host.")
        elif effect.is_ignored:
            yield RelatedPlace(entry.source, ("metadata", "annotations", effect.known.key), f"{entry.source.id} states it too.", "key")
        else:
            yield RelatedPlace(entry.source, entry.at, f"{condition_in_words(entry)} of {entry.source.id} is served in another way.")


def _sureness(ingress: Resource, effect: HostWideEffect, graph: ResourceGraph) -> Iterator[Confidence]:
    """Yield how sure it is that the surest of the others is deployed beside the Ingress."""
    found = (sureness(effect.host, ingress, entry.source, graph) for entry in effect.entries)
    yield max(found, key=CONFIDENCES.index)
