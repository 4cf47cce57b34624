"""Manifests of Gateway API in a few words, for tests of what attaches to what."""

from typing import Any

from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import Resource
from tests.builders import graph

API = "gateway.networking.k8s.io/v1"

TLS = "tls: {certificateRefs: [{name: cert}]}"
PASSTHROUGH = "tls: {mode: Passthrough}"


def gateway(listeners: str = "{name: http, port: 80, protocol: HTTP}", name: str = "edge", namespace: str = "infra", more: str = "") -> str:
    """A Gateway with listeners in flow style, separated by commas; `more` is further content of its spec in flow style."""
    spec = f"{{gatewayClassName: istio, listeners: [{listeners}]{', ' if more else ''}{more}}}"
    return document("Gateway", name, namespace, spec)


def listener_set(
    listeners: str = "{name: http, port: 80, protocol: HTTP}",
    parent: str = "name: edge, namespace: infra",
    name: str = "team",
    namespace: str = "shop",
) -> str:
    """A ListenerSet of a Gateway."""
    return document("ListenerSet", name, namespace, f"{{parentRef: {{{parent}}}, listeners: [{listeners}]}}")


def route(
    parent: str = "name: edge, namespace: infra",
    kind: str = "HTTPRoute",
    hostnames: str | None = None,
    name: str = "web",
    namespace: str = "infra",
) -> str:
    """A route to one parent, with hostnames in flow style where any are given."""
    hosts = "" if hostnames is None else f", hostnames: [{hostnames}]"
    return document(kind, name, namespace, f"{{parentRefs: [{{{parent}}}]{hosts}, rules: [{{backendRefs: [{{name: web, port: 80}}]}}]}}")


def namespace(name: str, labels: str = "") -> str:
    """A Namespace with labels in flow style."""
    return f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: {name}, labels: {{{labels}}}}}\n---\n"


def document(kind: str, name: str, namespace: str, spec: str) -> str:
    """One object; without a namespace where that is empty."""
    where = f", namespace: {namespace}" if namespace else ""
    return f"apiVersion: {API}\nkind: {kind}\nmetadata: {{name: {name}{where}}}\nspec: {spec}\n---\n"


def only(text: str, *type_names: str, **scope: Any) -> tuple[Resource, ResourceGraph]:
    """The only object of these kinds in a manifest, and the graph."""
    built = graph(text, **scope)
    (found,) = built.of_type(*type_names)
    return found, built
