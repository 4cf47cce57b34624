"""The view of a migration: for each Ingress what maps exactly, in part or not at all, as text, JSON and Markdown."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.records import NamedTuple
from k8slblint.model.texts import listed, shortened
from k8slblint.reporting.escaping import code, prose
from k8slblint.reporting.excerpt import visible
from k8slblint.reporting.json import dump
from k8slblint.reporting.markdown_text import BREAK, Section, document
from k8slblint.traffic.migration.forms import LOSSES, Effort, Item, Loss, Target, target_of
from k8slblint.traffic.migration.names import is_namespace, is_precise
from k8slblint.traffic.migration.overview import Overview, Reliance, overview
from k8slblint.traffic.migration.plans import Plan, counts_by_loss, plans
from k8slblint.traffic.proposals.listeners import Shared
from k8slblint.traffic.proposals.routes import Proposed, proposal
from k8slblint.views.manifests import comment
from k8slblint.views.manifests import document as manifest
from k8slblint.views.places import named, place

VERSION = 1
"""The version of the JSON that `as_json` writes; it grows when a field is removed or changes its meaning."""

LOSS_WORDS: dict[Loss, str] = {
    "lost-protection": "lost protection",
    "changed-routing": "changed routing",
    "lost-behaviour": "lost behaviour",
    "cosmetic": "cosmetic",
}

EFFORT_WORDS: dict[Effort, str] = {
    "translate": "translate",
    "test": "translate and test",
    "policy": "needs objects of the implementation",
    "redesign": "asks for something without an equivalent",
}

_COUNTED: dict[Effort, str] = {
    "translate": "to translate",
    "test": "to translate and test",
    "policy": "with objects of the implementation",
    "redesign": "with something that has no equivalent",
}


_LONGEST_TEXT = 180
"""Longer texts end between two words; JSON has all of them."""


class Migration(NamedTuple):
    """All that is said of a migration: the target, what becomes of each Ingress, the proposal, and what all have in common."""

    target: Target
    plans: tuple[Plan, ...]
    objects: tuple[Proposed, ...]
    overview: Overview

    @property
    def loses_protection(self) -> bool:
        """Tell whether a protection is not carried over, of an Ingress or of the controller as a whole."""
        of_settings = any(one.loss == "lost-protection" and one.where for one in self.overview.reliances)
        return of_settings or any(item.loss == "lost-protection" and item.confidence != "low" for plan in self.plans for item in plan.items)


def migration(graph: ResourceGraph, target: Target, shared: Shared | None = None) -> Migration:
    """Return what a migration of all Ingresses to a target means."""
    found = plans(graph, target)
    objects = proposal(found, graph, target, shared)
    return Migration(target, found, objects, overview(found, sum(one.kind == "Gateway" for one in objects), graph, target))


def manifests(found: Migration) -> dict[tuple[str, str], str]:
    """Return the proposal as YAML by cluster and namespace, in order."""
    texts: dict[tuple[str, str], list[str]] = {}
    for one in found.objects:
        texts.setdefault((one.cluster, one.namespace), []).append(manifest(one.value, one.comments, one.inner))
    heads = {place: comment(f"cluster {place[0]}, namespace {place[1]}") for place in texts}
    return {place: "".join((heads[place], "\n", *parts)) for place, parts in texts.items()}


def as_text(found: Migration, *, everything: bool = False) -> str:
    """Return the migration as text; `everything` also says what is carried over exactly."""
    lines = list(_lines(found, everything=everything)) if found.plans else ["no Ingress"]
    return "".join(visible(line) + "\n" for line in lines)


def _lines(found: Migration, *, everything: bool) -> Iterator[str]:
    for plan in found.plans:
        yield f"{named(plan.ingress)}, read as by {plan.serving.name}: {EFFORT_WORDS[plan.effort]}"
        for loss, items in groupby(plan.losses, key=lambda item: item.loss):
            yield f"  {LOSS_WORDS[loss] if loss is not None else ''}"
            yield from (f"    {_in_words(item)}  ({_where(item, plan)})" for item in items)
        yield from _kept(plan, everything=everything)
    yield from _reliances(found.overview.reliances, everything=everything)
    yield ""
    yield from summary(found)


def _in_words(item: Item) -> str:
    unsure = " (not certain)" if item.confidence == "low" else ""
    return f"{item.subject}: {shortened(item.text, _LONGEST_TEXT)}{unsure}"


def _where(item: Item, plan: Plan) -> str:
    """Return the line of an item, with its file where that is not the one of the Ingress: a chart writes values in several."""
    place, home = plan.ingress.location(item.path), plan.ingress.location()
    return f"line {place.span.line}" if place.path == home.path else f"{place.path}:{place.span.line}"


def _kept(plan: Plan, *, everything: bool) -> Iterator[str]:
    exact = [item for item in plan.items if item.loss is None]
    if exact and everything:
        yield "  carried over"
        yield from (f"    {item.subject}: {item.text}" for item in exact)
    elif exact:
        yield f"  carried over: {listed(dict.fromkeys(item.subject for item in exact), most=6)}"


def _reliances(found: Sequence[Reliance], *, everything: bool) -> Iterator[str]:
    shown = [one for one in found if everything or (one.loss != "cosmetic" and not one.is_carried)]
    if shown:
        yield ""
        yield "Of all Ingresses, without an annotation"
    for one in shown:
        instead = f" -> {one.instead}" if one.instead else ""
        yield f"  {LOSS_WORDS[one.loss]}: {_reliance(one)}{instead}"


def _reliance(one: Reliance) -> str:
    return f"{one.text} ({one.where})" if one.where else f"{one.controller} {one.text}"


def summary(found: Migration) -> Iterator[str]:
    """Yield what there is in all: Ingresses by effort, losses, load balancers."""
    total, seen = len(found.plans), found.overview
    efforts = [f"{count} {_COUNTED[effort]}" for effort, count in seen.efforts.items() if count]
    yield f"{total} Ingress{'es' * (total != 1)} to {found.target.name}: {', '.join(efforts)}"
    losses = [f"{count} {LOSS_WORDS[loss]}" for loss, count in counts_by_loss(found.plans).items() if count]
    yield f"Items: {', '.join(losses) if losses else 'nothing is lost'}"
    known = found.target.implementation
    if seen.gateways > seen.balancers and not (known and known.shares):
        ways = f"{seen.balancers} Ingress class{'es' * (seen.balancers != 1)} become{'s' * (seen.balancers == 1)} {seen.gateways} Gateways"
        yield f"{ways}: most implementations provision a load balancer for each; `--gateway NAMESPACE/NAME` writes one"


def as_json(found: Migration) -> str:
    """Return the migration as JSON: `schemas/migrate.schema.json`."""
    seen = found.overview
    target = {
        "name": found.target.name,
        "id": found.target.implementation.id if found.target.implementation is not None else None,
        "gateway_api": ".".join(map(str, found.target.release)),
    }
    return dump(
        {
            "version": VERSION,
            "target": target,
            "ingresses": [_plan(plan) for plan in found.plans],
            "relies_on": [one._asdict() for one in seen.reliances],
            "summary": {
                "ingresses": len(found.plans),
                "efforts": seen.efforts,
                "losses": counts_by_loss(found.plans),
                "controllers": seen.controllers,
                "ways_in": seen.balancers,
                "gateways": seen.gateways,
                "loses_protection": found.loses_protection,
            },
        }
    )


def _plan(plan: Plan) -> dict[str, Any]:
    serving = plan.serving
    paths = [
        {
            "host": draft.host or None,
            "path": draft.entry.match.path or None,
            "match": {"type": draft.plan.kind, "value": draft.plan.value},
            "differences": list(draft.plan.differences),
            "rules": len(draft.rules),
            "left_out": draft.why_not or None,
        }
        for draft in plan.paths
    ]
    return {
        **place(plan.ingress),
        "controller": {"id": serving.controller, "name": serving.name, "confidence": serving.confidence, "reason": serving.reason},
        "effort": plan.effort,
        "items": [_item(item, plan) for item in plan.items],
        "paths": paths,
    }


def _item(item: Item, plan: Plan) -> dict[str, Any]:
    location = plan.ingress.location(item.path)
    return {
        "id": item.loss,
        "subject": item.subject,
        "verdict": item.verdict,
        "text": item.text,
        "field": item.field or None,
        "confidence": item.confidence,
        "written": item.is_written,
        "stake": item.stake,
        "path": location.path,
        "line": location.span.line,
    }


def as_markdown(found: Migration) -> str:
    """Return the migration in Markdown: the summary, then what is lost by consequence, then Ingresses by effort."""
    sections = [_section(loss, found) for loss in LOSSES]
    sections.append(
        Section("Of all Ingresses, without an annotation", [prose(_reliance(one)) for one in found.overview.reliances], is_folded=True)
    )
    sections.append(Section("Ingresses by effort", [*_by_effort(found)], is_folded=True))
    lines = [prose(line) for line in summary(found)]
    return document(f"Migration to {prose(found.target.name)}", lines, [one for one in sections if one.items])


def _section(loss: Loss, found: Migration) -> Section:
    items = []
    for plan in found.plans:
        for item in plan.items:
            if item.loss == loss:
                line = plan.ingress.location(item.path)
                items.append(
                    f"{code(str(plan.ingress.id))} {code(item.subject)}: {prose(item.text)}{BREAK}{code(f'{line.path}:{line.span.line}')}"
                )
    return Section(f"{LOSS_WORDS[loss].capitalize()} ({len(items)})", items, is_folded=loss == "cosmetic")


def _by_effort(found: Migration) -> Iterator[str]:
    for effort, words in EFFORT_WORDS.items():
        for plan in found.plans:
            if plan.effort == effort:
                yield f"{code(str(plan.ingress.id))}: {words}"


def target(name: str | None, release: tuple[int, int] | None) -> Target:
    """Return the target that a call names; without a name it is the specification."""
    return target_of(name, release)


def shared_gateway(text: str | None) -> Shared | None:
    """Return the Gateway that a call names as `NAMESPACE/NAME`, None for any other text."""
    namespace, slash, name = (text or "").partition("/")
    return Shared(namespace, name) if slash and is_namespace(namespace) and is_precise(name) else None


def surroundings(found: Migration) -> str:
    """Return as YAML what a proposal refers to: the class of the target, and the Services with the ports that routes name."""
    ports: dict[tuple[str, str], set[int]] = {}
    for one in found.objects:
        for rule in one.value["spec"].get("rules", ()):
            for backend in rule.get("backendRefs", ()):
                ports.setdefault((one.namespace, backend["name"]), set()).add(backend["port"])
    texts = [
        manifest(
            {
                "apiVersion": "v1",
                "kind": "Service",
                "metadata": {"name": name, "namespace": namespace},
                "spec": {"selector": {"app": "any"}, "ports": [{"name": f"p{number}", "port": number} for number in sorted(numbers)]},
            }
        )
        for (namespace, name), numbers in ports.items()
    ]
    if found.target.implementation is not None:
        spec = {"controllerName": found.target.implementation.controller}
        value = {
            "apiVersion": "gateway.networking.k8s.io/v1",
            "kind": "GatewayClass",
            "metadata": {"name": found.target.class_name},
            "spec": spec,
        }
        texts.append(manifest(value))
    return "".join(texts)
