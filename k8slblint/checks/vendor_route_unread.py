"""Detects routes of a vendor that its controller does not read: of an API group that it dropped, or with a rule that it refuses."""

from collections.abc import Iterator

from k8slblint.catalog.controllers import controllers
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Problem
from k8slblint.model.texts import middle
from k8slblint.traffic.routing.dropped_groups import dropped_with
from k8slblint.traffic.routing.rule_syntax import RuleFault, rule_fault

_ROUTES = {"IngressRoute": False, "IngressRouteTCP": True}
"""The kinds whose routes have rules, and whether those are for TCP."""

_LONGEST = 30


def check(resource: Resource, graph: ResourceGraph) -> Iterator[Problem]:
    """Yield a problem at the `apiVersion` of a route, or of what routes refer to, in a group that was dropped; else at rules."""
    found = dropped_with(resource, graph)
    if found is None:
        yield from _of_rules(resource)
        return
    known, name = found.group, controllers()[found.group.controller].name
    release = ".".join(map(str, found.release[:2]))
    yield Problem(
        path=("apiVersion",),
        headline=f"{resource.id} is not read by {name} {release}",
        label=f"dropped in {name} {known.release[0]}.{known.release[1]}",
        why=f"{name} {known.release[0]}.{known.release[1]} and later only read the group `{known.instead}`. "
        "Where the old definition is gone, the API server refuses the object.",
        help=f"Write `apiVersion: {known.instead}/{resource.version}`.",
        confidence="medium",
        at="value",
    )


def _of_rules(resource: Resource) -> Iterator[Problem]:
    is_tcp = _ROUTES.get(resource.kind)
    for index, route in enumerate(resource.sequence("spec", "routes") if is_tcp is not None else ()):
        rule = route.get("match") if isinstance(route, dict) else None
        fault = rule_fault(rule, is_tcp=bool(is_tcp)) if isinstance(rule, str) and not has_placeholder(rule) else None
        if fault is not None:
            yield _refused(resource, index, fault)


def _refused(resource: Resource, index: int, fault: RuleFault) -> Problem:
    text = middle(fault.text, _LONGEST)
    label, help_ = {
        "matcher": (f"no matcher is called `{text}`", f"Write `{fault.meant}`." if fault.meant else "Use a matcher of Traefik."),
        "quotes": (f"`{text}` is not in quotes", "Write each argument in backticks or double quotes."),
    }.get(fault.kind, (f"not expected here: `{text}`" if text else "ends too early", "Correct the expression."))
    return Problem(
        path=("spec", "routes", index, "match"),
        headline=f"{resource.id} has a rule that Traefik refuses",
        label=label,
        why="Traefik logs an error and leaves the route out: its requests get another route, or none.",
        help=help_,
        severity="error",
        confidence="medium" if fault.kind == "matcher" else "high",
        discriminator=f"{index} {fault.kind}",
    )
