"""Builds Ingresses for tests of migrations, and looks at what becomes of them."""

from collections.abc import Mapping, Sequence
from typing import Any

from k8slblint import documents, engine
from k8slblint.commands.proposals import files_of, findings_in
from k8slblint.config import Config
from k8slblint.engine import Sources
from k8slblint.graph.graph import ResourceGraph
from k8slblint.views.manifests import document
from k8slblint.views.migration import Migration, manifests, migration, shared_gateway, surroundings, target
from tests.linting import source_file

NGINX = "nginx.ingress.kubernetes.io/"

CLASS = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "IngressClass",
    "metadata": {"name": "nginx"},
    "spec": {"controller": "k8s.io/ingress-nginx"},
}

WEB = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "web", "namespace": "shop"},
    "spec": {"selector": {"app": "web"}, "ports": [{"name": "http", "port": 80}, {"name": "https", "port": 443}]},
}


def path(text: str, kind: str = "Prefix", service: str = "web", port: int | str = 80) -> dict[str, Any]:
    """One path of a rule."""
    number = {"number": port} if isinstance(port, int) else {"name": port}
    return {"path": text, "pathType": kind, "backend": {"service": {"name": service, "port": number}}}


def ingress(
    keys: Mapping[str, str] | None = None,
    paths: Sequence[Mapping[str, Any]] = (),
    hosts: Sequence[str] = ("a.example.com",),
    *,
    name: str = "web",
    namespace: str = "shop",
    tls: object = None,
    class_name: str | None = "nginx",
    **spec: Any,
) -> dict[str, Any]:
    """An Ingress; keys without a slash are those of ingress-nginx, a host that is empty makes a rule without one."""
    annotations = {key if "/" in key else NGINX + key: value for key, value in (keys or {}).items()}
    rules = [{**({"host": host} if host else {}), "http": {"paths": list(paths) or [path("/")]}} for host in hosts]
    whole: dict[str, Any] = {"rules": rules, **spec}
    if class_name is not None:
        whole["ingressClassName"] = class_name
    if tls is not None:
        whole["tls"] = [{"hosts": list(hosts), "secretName": "web-tls"}] if tls is True else tls
    metadata = {"name": name, "namespace": namespace, "annotations": annotations}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": metadata, "spec": whole}


def text_of(*objects: Mapping[str, Any]) -> str:
    """Objects as a manifest."""
    return "".join(map(document, objects))


def migrated(
    *objects: Mapping[str, Any], to: str | None = None, release: tuple[int, int] | None = None, gateway: str | None = None
) -> Migration:
    """What becomes of the Ingresses among objects, which are deployed beside a Service and the class of ingress-nginx."""
    return migration(graph_of(CLASS, WEB, *objects), target(to, release), shared_gateway(gateway))


def graph_of(*objects: Mapping[str, Any]) -> ResourceGraph:
    """The graph that a command reads of objects."""
    with engine.read(Sources(files=[source_file("app.yaml", text_of(*objects))]), Config()) as read:
        return read.graph


def losses(found: Migration) -> set[tuple[str, str]]:
    """The consequences and subjects of what is lost, of all Ingresses."""
    return {(str(item.loss), item.subject) for plan in found.plans for item in plan.losses}


def kept(found: Migration) -> set[str]:
    """The subjects of what is kept, of all Ingresses."""
    return {item.subject for plan in found.plans for item in plan.items if item.loss is None}


def objects_of(found: Migration, kind: str | None = None) -> list[dict[str, Any]]:
    """The objects of the proposal, read back from its YAML."""
    texts = manifests(found).values()
    roots = [documents.parse(chunk).root for text in texts for chunk in documents.split(text)]
    values = [root.value for root in roots]
    assert sorted(map(repr, values)) == sorted(repr(one.value) for one in found.objects)
    return [one for one in values if kind in (None, one["kind"])]


def rules_of(found: Migration, kind: str = "HTTPRoute") -> list[dict[str, Any]]:
    """The rules of all routes of a kind, those of redirects to HTTPS left out."""
    routes = [one for one in objects_of(found, kind) if not one["metadata"]["name"].endswith("-https-redirect")]
    return [rule for one in routes for rule in one["spec"]["rules"]]


def reported(found: Migration) -> set[str]:
    """The rules that find something in the proposal."""
    return {one.rule for one in findings_in(files_of(manifests(found)), surroundings(found), found.target.release)}
