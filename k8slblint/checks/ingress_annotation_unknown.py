"""Detects annotations of an Ingress that no controller which may serve it reads: misspelt, removed, or made for another product."""

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from k8slblint.catalog import ingress as catalog
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Cause, Problem, RelatedPlace, Severity
from k8slblint.model.texts import PROSE, listed, middle, sentence, served, short_key, within
from k8slblint.traffic.ingress_annotations.on_services import keys_of_ingresses
from k8slblint.traffic.ownership import ownership_of

if TYPE_CHECKING:
    from k8slblint.traffic.ingress_annotations.keys import UnreadKey

_LONGEST_KEY = 40

_LONGEST_NAMES = 30
"""Longer names of controllers have no room in a headline."""

_MOST_PLACES = 10

_TOGETHER = ("foreign", "other-kind", "config-map", "inert")
"""Mistakes that are made once, with all keys of a domain, or that need the same key."""

_LOSSES = {
    "exposure": "the protection that it configures is missing",
    "outage": "requests may fail or go elsewhere",
    "behaviour": "the setting has no effect",
}


def check(ingress: Resource, graph: ResourceGraph, *, allowed_annotations: Sequence[str]) -> Iterator[Problem]:
    """Yield a problem at each key that no controller which may serve the Ingress reads.

    Those of another product, or of Services, are one problem. An error where the controller serves nothing of such an Ingress, or where
    a protection is certainly missing. On a Service, keys that are read on Ingresses only are one problem.
    """
    if ingress.kind == "Service":
        yield from _on_service(
            ingress, [key for key in keys_of_ingresses(ingress.annotations) if not _is_allowed(key, allowed_annotations)]
        )
        return
    from k8slblint.traffic.ingress_annotations.keys import unread_keys  # a scan of Services does without it

    found = [one for one in unread_keys(ingress, graph) if not _is_allowed(one.key, allowed_annotations)]
    yield from (_problem(one, (), ingress, graph) for one in found if one.fault not in _TOGETHER)
    alike = [one for one in found if one.fault in _TOGETHER]
    for fault, family in dict.fromkeys((one.fault, _family_of(one)) for one in alike):
        group = [one for one in alike if (one.fault, _family_of(one)) == (fault, family)]
        first = next((one for one in group if one.loses_protection), group[0])
        yield _problem(first, [one for one in group if one is not first], ingress, graph)

    from k8slblint.traffic.backends.actions import idle_actions  # as above

    yield from _idle(ingress, [key for key in idle_actions(ingress, graph) if not _is_allowed(key, allowed_annotations)])


def _is_allowed(key: str, allowed_annotations: Sequence[str]) -> bool:
    return any(fnmatchcase(key, pattern) for pattern in allowed_annotations)


def _on_service(service: Resource, keys: Sequence[str]) -> Iterator[Problem]:
    if not keys:
        return
    first, *others = keys
    known = catalog.lookup(first)
    name = catalog.controllers()[known.controller].name if known is not None else "its controller"
    more = f" and {len(others)} more" if others else ""
    yield Problem(
        path=("metadata", "annotations", first),
        at="key",
        headline=f"{service.id} sets `{short_key(first)}`{more}, which {'are' if others else 'is'} read on Ingresses only",
        label="belongs on the Ingress",
        why=f"{name} reads the annotations of Ingresses, not those of the Services behind them: here, it has no effect.",
        help="Move the annotation to the Ingress, or remove it.",
        confidence="medium",
        related=tuple(RelatedPlace(service, ("metadata", "annotations", key), "This one too.", "key") for key in others[:_MOST_PLACES]),
        discriminator="on-service",
    )


def _idle(ingress: Resource, keys: Sequence[str]) -> Iterator[Problem]:
    """Yield one problem for the actions of an ALB that no backend of the Ingress asks for."""
    if not keys:
        return
    first, *others = keys
    name = middle(short_key(first).partition(".")[2], _LONGEST_KEY)
    more = f" and {len(others)} more" if others else ""
    yield Problem(
        path=("metadata", "annotations", first),
        at="key",
        headline=f"{ingress.id} sets `{short_key(first)}`{more}, which no backend asks for",
        label="no backend has this name",
        why="The AWS Load Balancer Controller reads an action only for a backend of its name with port `use-annotation`: it has no effect.",
        help=f"Add a path, before the others, with `service: {{name: {name}, port: {{name: use-annotation}}}}`, or remove the annotation.",
        related=tuple(RelatedPlace(ingress, ("metadata", "annotations", key), "This one too.", "key") for key in others[:_MOST_PLACES]),
        discriminator="action",
    )


def _problem(found: "UnreadKey", others: "Sequence[UnreadKey]", ingress: Resource, graph: ResourceGraph) -> Problem:
    severity, help_ = _severity(found), _way_out(found, ingress)
    return Problem(
        path=_path_of(found),
        at="key",
        headline=f"{ingress.id} sets {_what(found, others)}",
        label=_label(found),
        why=within(PROSE, _consequence(found), _who(found, ingress, graph)),
        help=help_,
        severity=severity,
        confidence=found.confidence,
        related=tuple(RelatedPlace(ingress, _path_of(one), _beside(one), "key") for one in others[:_MOST_PLACES]),
        discriminator=" ".join(_family_of(found)) if found.fault in ("foreign", "inert") else "",
        cause=None if severity or others else Cause.of_alike(ingress, f"set {_what(found, ())}", help_),
    )


def _family_of(found: "UnreadKey") -> tuple[str, ...]:
    """Return what the keys of one mistake have in common: the keys that they need, else their domain."""
    return found.annotation.requires if found.fault == "inert" else (found.key.partition("/")[0],)


def _path_of(found: "UnreadKey") -> tuple[str, ...]:
    return ("metadata", "annotations", found.key)


def _beside(found: "UnreadKey") -> str:
    if found.fault == "other-kind":
        return "This one is read on Services only, too."
    if found.fault == "config-map":
        return "This one is read from the ConfigMap only, too."
    if found.fault == "inert":
        return f"This one needs {_needed(found)}, too."
    return f"It does not read this one either{f'; `{found.meant[0]}` was probably meant' if found.meant else ''}."


def _what(found: "UnreadKey", others: "Sequence[UnreadKey]") -> str:
    key = f"`{_shown(found)}`"
    more = f" and {len(others)} more" if others else ""
    if found.fault == "foreign":
        names = _names(found)
        who = names if len(names) <= _LONGEST_NAMES else "its controller"
        return f"{key}{more}, which {who} does not read"
    if found.fault == "removed":
        return f"{key}, which {_names(found)} no longer reads"
    words = {
        "config-map": f"{key}{more}, {'keys' if others else 'a key'} of the ConfigMap",
        "other-kind": f"{key}{more}, which {'are' if others else 'is'} read on Services only",
        "too-new": f"{key}, which this release does not read",
        "inert": f"{key}{more} without {_needed(found)}",
    }
    return words.get(found.fault, f"unknown annotation {key}")


def _needed(found: "UnreadKey") -> str:
    return listed([f"`{short_key(key)}`" for key in found.annotation.requires], "or", 3)


def _shown(found: "UnreadKey") -> str:
    """Return the key without its domain, unless the mistake is in the domain."""
    is_of_domain = found.fault in ("misspelt", "never") and found.meant and short_key(found.meant[0]) == short_key(found.key)
    return middle(found.key, _LONGEST_KEY) if is_of_domain else short_key(found.key)


def _label(found: "UnreadKey") -> str:
    if len(found.meant) == 1 and found.fault in ("misspelt", "never", "foreign"):
        meant = found.meant[0]
        return f"did you mean {middle(meant if short_key(meant) == short_key(found.key) else short_key(meant), _LONGEST_KEY)}?"
    if found.fault == "foreign":
        known = catalog.lookup(found.key)
        is_shared = known is not None and len(known.same_as) > 1
        return "a key that other controllers share" if is_shared else f"a key of {found.annotation.owner.name}"
    words = {
        "config-map": "read from the ConfigMap only",
        "other-kind": "belongs on the Service",
        "too-new": f"since {found.annotation.since}",
        "inert": f"needs {_needed(found)}",
    }
    return words.get(found.fault, "no effect")


def _consequence(found: "UnreadKey") -> str:
    names = _names(found)
    if found.is_dropped:
        return f"{names} does not know the key, and serves nothing of this Ingress; only its log says so."
    if found.fault == "config-map":
        return f"{names} reads it from its own ConfigMap, for all Ingresses: on an Ingress, it has no effect."
    if found.fault == "other-kind":
        return f"{names} reads it on the Service behind the Ingress: here, it has no effect."
    loss = _loss(found)
    if found.fault == "inert":
        return f"{names} reads it beside {_needed(found)} only: {loss}."
    if found.fault == "foreign":
        return f"{names} ignores it: {loss}."
    removed = found.annotation.removed_in if found.fault == "removed" else None
    return f"No release of {names} {f'since {removed}' if removed else f'up to {found.annotation.as_of}'} reads this key: {loss}."


def _loss(found: "UnreadKey") -> str:
    """Say what is lost without the key: with a value that asks for no protection, none is."""
    lost = found.annotation.if_ignored
    return _LOSSES["behaviour"] if lost not in _LOSSES or (lost == "exposure" and not found.loses_protection) else _LOSSES[lost]


def _who(found: "UnreadKey", ingress: Resource, graph: ResourceGraph) -> str:
    owner = ownership_of(ingress, graph)
    is_told = owner.verdict == "owned" and (found.fault == "foreign" or found.is_dropped)
    return sentence(served(_names(found), owner.reason, "the Ingress")) if is_told else ""


def _way_out(found: "UnreadKey", ingress: Resource) -> str:
    if set_already := [key for key in found.meant if key in ingress.annotations]:
        return f"Remove the annotation: `{set_already[0]}` is set as well."
    if found.meant:
        return f"Write {listed([f'`{key}`' for key in found.meant], 'or')}, or remove the annotation."
    if found.fault == "foreign":
        return "Write what the controller has for the purpose, or remove the annotation."
    words = {
        "config-map": "Set it in the ConfigMap of the controller, or remove the annotation.",
        "other-kind": "Move the annotation to the Service, or remove it.",
        "too-new": f"Run release {found.annotation.since} or a later one, or remove the annotation.",
        "removed": "Remove the annotation, and solve the need in another way.",
        "inert": f"Set {_needed(found)} too, or remove the annotation.",
    }
    return words.get(found.fault, "Correct the key, or remove the annotation.")


def _severity(found: "UnreadKey") -> Severity | None:
    """Return `error` where nothing is served, or a protection is certainly missing."""
    return "error" if found.is_dropped or (found.loses_protection and found.confidence == "high") else None


def _names(found: "UnreadKey") -> str:
    products = catalog.controllers()
    return listed([products[name].name for name in found.readers], "or", 2)
