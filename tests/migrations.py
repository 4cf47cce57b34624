"""Writes Ingresses, routes and what protects them in a few words: what the tests of protections and migrations share."""

from collections.abc import Iterable, Sequence
from importlib import import_module

from k8slblint.model.rule import Problem, Undecided
from tests.builders import graph, run

NGINX = "nginx.ingress.kubernetes.io/"
INGRESS_KINDS = ("Ingress.networking.k8s.io",)
ROUTE_KINDS = (
    *("HTTPRoute.gateway.networking.k8s.io", "GRPCRoute.gateway.networking.k8s.io", "IngressRoute.traefik.io"),
    *("HTTPProxy.projectcontour.io", "VirtualServer.k8s.nginx.org", "ApisixRoute.apisix.apache.org"),
)
SEVERITIES = {"ingress-protection-lost": "error", "migration-lost-protection": "error", "migration-changed-routing": "warning"}


def ingress(
    text: str = "nginx", paths: str = "/", *, host: str = "shop.example", tls: bool = False, name: str = "web", service: str = "web"
) -> str:
    """Return an Ingress: a class (`-` for none) and annotations `key=value` (`~` is a blank); paths `TYPE:/path>service` (`Prefix`)."""
    class_name, *words = text.split()
    notes = "".join(f"    {key}: '{value.replace('~', ' ')}'\n" for key, _, value in (word.partition("=") for word in words))
    rows = "".join(_path(row, service) for row in paths.split())
    secure = f"  tls: [{{hosts: [{host}], secretName: {name}-tls}}]\n" if tls else ""
    head = f"apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: {name}\n  namespace: shop\n"
    head += f"  annotations:\n{notes}" if notes else ""
    spec = f"  ingressClassName: {class_name}\n" if class_name != "-" else ""
    return f"{head}spec:\n{spec}{secure}  rules:\n  - host: '{host}'\n    http:\n      paths:\n{rows}---\n"


def _path(row: str, service: str) -> str:
    kind, _, rest = row.rpartition(":")
    path, _, target = rest.partition(">")
    backend = f"{{service: {{name: {target or service}, port: {{number: 80}}}}}}"
    return f"      - {{path: '{path}', pathType: {kind or 'Prefix'}, backend: {backend}}}\n"


def route(
    rules: str = "/",
    more: str = "",
    *,
    hosts: str = "shop.example",
    name: str = "web",
    service: str = "web",
    parent: str = "edge",
    note: str = "",
) -> str:
    """Return an HTTPRoute: rules `TYPE:/path>service` (`PathPrefix`), each with `more` (filters in flow style); `~` is a blank."""
    named = f"  hostnames: [{', '.join(repr(host) for host in hosts.split())}]\n" if hosts else ""
    rows = "".join(_rule(row, service, more) for row in rules.split())
    key, _, value = note.partition("=")
    annotations = f"  annotations: {{{key}: '{value}'}}\n" if note else ""
    section = parent.partition("/")[2]
    reference = f"{{name: {parent.partition('/')[0]}{f', sectionName: {section}' if section else ''}}}"
    head = f"apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata:\n  name: {name}\n  namespace: shop\n{annotations}"
    return f"{head}spec:\n  parentRefs: [{reference}]\n{named}  rules:\n{rows}---\n"


def _rule(row: str, service: str, more: str) -> str:
    kind, _, rest = row.rpartition(":")
    path, _, target = rest.partition(">")
    match = f"{{path: {{type: {kind or 'PathPrefix'}, value: '{path}'}}}}"
    return f"  - matches: [{match}]\n    backendRefs: [{{name: {target or service}, port: 80}}]\n" + (
        f"    filters: [{more}]\n" if more else ""
    )


def gateway(class_name: str = "eg", listeners: str = "http:HTTP:80", *, more: str = "") -> str:
    """Return a Gateway with listeners `name:PROTOCOL:port[:hostname]`."""
    rows = []
    for row in listeners.split():
        name, protocol, port, *host = row.split(":")
        tls = f", tls: {{certificateRefs: [{{name: {name}-tls}}]}}" if protocol == "HTTPS" else ""
        rows.append(f"{{name: {name}, protocol: {protocol}, port: {port}{f', hostname: {host[0]!r}' if host else ''}{tls}}}")
    head = "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: edge, namespace: shop}\n"
    return f"{head}spec:\n  gatewayClassName: {class_name}\n  listeners: [{', '.join(rows)}]\n{more}---\n"


def thing(api_version: str, kind: str, spec: str, name: str = "it", *, more: str = "") -> str:
    """Return an object of a vendor, with its spec in flow style; `more` are further fields of its metadata."""
    return f"apiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: {name}, namespace: shop{more}}}\nspec: {spec}\n---\n"


def policy(
    kind: str, settings: str, target: str = "HTTPRoute web", *, group: str = "gateway.envoyproxy.io/v1alpha1", name: str = "it"
) -> str:
    """Return a policy of an implementation with one target."""
    of, named = target.split()
    reference = f"targetRefs: [{{group: gateway.networking.k8s.io, kind: {of}, name: {named}}}]"
    return thing(group, kind, f"{{{reference}, {settings}}}", name)


def found(after: str, before: str | None, rules: Iterable[str] = tuple(SEVERITIES), **scope: str) -> Sequence[str]:
    """Return what the rules say of a change: `severity: headline`, or `undecided: reason`."""
    linted = graph(after, before, **scope)
    said: list[str] = []
    for rule in rules:
        check = import_module(f"k8slblint.checks.{rule.replace('-', '_')}").check
        kinds = (*INGRESS_KINDS, *ROUTE_KINDS) if rule == "ingress-protection-lost" else ROUTE_KINDS
        said += [_said(one, SEVERITIES[rule]) for one in run(check, linted, kinds)]
    return said


def _said(one: Problem | Undecided, severity: str) -> str:
    return f"{one.severity or severity}: {one.headline}" if isinstance(one, Problem) else f"undecided: {one.reason}"
