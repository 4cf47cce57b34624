"""Detects Ingresses that the internet reaches by plain HTTP, where nothing on the way ends TLS."""

from collections.abc import Iterator, Sequence

from k8slblint.catalog.ingress_serving import serving_facts
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.placeholders import has_placeholder, is_blank
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Problem, RelatedPlace, least
from k8slblint.model.scope import TRIAL_ENVIRONMENTS
from k8slblint.model.texts import HEADLINE, LABEL, PROSE, capital, fitted, quoted, within
from k8slblint.traffic.exposure import exposure_of
from k8slblint.traffic.exposure.plain_http import ends_tls_of_others, may_have_tls
from k8slblint.traffic.protections.keys import asks_for_passwords
from k8slblint.traffic.routing.tls_hosts import is_of_documentation, is_of_inside, requests_certificates, rule_hosts
from k8slblint.traffic.routing.value_hosts import Host

_LONGEST_HOST = 36


def check(ingress: Resource, graph: ResourceGraph) -> Iterator[Problem]:
    """Yield a problem at the first public host of an Ingress that is reached from the internet, where nothing shows TLS.

    Where the reach is not known, only of one that asks for passwords, where other Ingresses of its class have TLS.
    """
    scope = graph.scope(ingress)
    if scope.environment in TRIAL_ENVIRONMENTS or scope.division == "sample":
        return
    hosts = [host for host in rule_hosts(ingress) if _is_public(host)]
    if not hosts or _serves_solvers_only(ingress):
        return
    exposure = exposure_of(ingress, graph)
    if exposure.reach == "unknown" and asks_for_passwords(ingress, graph) and ends_tls_of_others(ingress, graph):
        yield from () if may_have_tls(ingress, graph) else (_passwords(ingress, hosts),)
    if exposure.reach != "internet" or may_have_tls(ingress, graph):
        return
    is_requested = requests_certificates(ingress)
    more = f" and {len(hosts) - 1} more" if len(hosts) > 1 else ""
    yield Problem(
        path=hosts[0].path,
        headline=fitted(f"{ingress.id} serves {quoted(hosts[0].name, _LONGEST_HOST)}{more} to the internet without TLS", HEADLINE),
        label=fitted("a certificate is requested, but `spec.tls` is missing" if is_requested else "`spec.tls` is missing", LABEL),
        why=within(PROSE, "Passwords, cookies and contents are readable and changeable on the way.", f"{capital(exposure.reason)}."),
        help="Add a `tls` entry with this host and a Secret, or a certificate of the load balancer, and redirect HTTP to HTTPS.",
        confidence=least(exposure.confidence, "medium"),
        related=tuple(RelatedPlace(ingress, host.path, "This host has no TLS either.") for host in hosts[1:20]),
    )


def _passwords(ingress: Resource, hosts: Sequence[Host]) -> Problem:
    return Problem(
        path=hosts[0].path,
        headline=fitted(f"{ingress.id} asks for passwords for {quoted(hosts[0].name, _LONGEST_HOST)} without TLS", HEADLINE),
        label="`spec.tls` is missing",
        why="Browsers send the password with each request: it is readable on the way. Other Ingresses of this class have certificates.",
        help="Add a `tls` entry with this host and a Secret, and redirect HTTP to HTTPS.",
        confidence="medium",
    )


def _is_public(host: Host) -> bool:
    name = host.name.lower().rstrip(".")
    is_spared = is_of_inside(name) or is_of_documentation(name) or has_placeholder(name) or is_blank(name)
    return "." in name and not is_spared


def _serves_solvers_only(ingress: Resource) -> bool:
    """Tell whether all paths prove who owns a host, which is done by plain HTTP."""
    found = [path.get("path") for rule in ingress.sequence("spec", "rules") if isinstance(rule, dict) for path in _paths(rule)]
    return bool(found) and all(isinstance(path, str) and path.startswith(serving_facts().solver_paths) for path in found)


def _paths(rule: dict[str, object]) -> list[dict[str, object]]:
    http = rule.get("http")
    paths = http.get("paths") if isinstance(http, dict) else None
    return [path for path in paths if isinstance(path, dict)] if isinstance(paths, list) else []
