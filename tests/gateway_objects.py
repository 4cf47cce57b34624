"""Short ways to write Gateway API objects and policies, for the tests of policies."""

import json
from typing import Any

GATEWAY_API = "gateway.networking.k8s.io"

VERSIONS = {
    GATEWAY_API: "v1",
    "gateway.envoyproxy.io": "v1alpha1",
    "gateway.nginx.org": "v1alpha1",
    "gateway.kgateway.dev": "v1alpha1",
    "agentgateway.dev": "v1alpha1",
    "security.istio.io": "v1",
    "gateway.k8s.aws": "v1beta1",
    "configuration.konghq.com": "v1",
    "traefik.io": "v1alpha1",
    "apisix.apache.org": "v1alpha1",
    "networking.gke.io": "v1",
    "alb.networking.azure.io": "v1",
    "microgateway.airlock.com": "v1alpha1",
}


def written(*objects: dict[str, Any]) -> str:
    """Return a manifest of objects; JSON is YAML."""
    return "\n---\n".join(json.dumps(one) for one in objects)


def thing(kind: str, group: str, name: str, spec: Any = None, namespace: str | None = "shop", **more: Any) -> dict[str, Any]:
    """Return an object; `labels` and `annotations` go to its metadata, all else to the object itself."""
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    metadata |= {field: more.pop(field) for field in ("labels", "annotations") if field in more}
    version = VERSIONS.get(group, "v1")
    made = {"apiVersion": f"{group}/{version}" if group else version, "kind": kind, "metadata": metadata, **more}
    return made if spec is None else {**made, "spec": spec}


def gateway(name: str = "edge", namespace: str = "shop", *, class_name: str = "eg", listeners: Any = None, **more: Any) -> dict[str, Any]:
    """Return a Gateway with one HTTP listener for all namespaces, or the listeners that are given."""
    everyone = {"namespaces": {"from": "All"}}
    listeners = listeners or [{"name": "http", "port": 80, "protocol": "HTTP", "allowedRoutes": everyone}]
    spec = {"gatewayClassName": class_name, "listeners": listeners, **more.pop("spec", {})}
    return thing("Gateway", GATEWAY_API, name, spec, namespace, **more)


def route(name: str = "web", namespace: str = "shop", *, kind: str = "HTTPRoute", parents: Any = None, **more: Any) -> dict[str, Any]:
    """Return a route that attaches to the Gateway `shop/edge`, with one rule."""
    rules = more.pop("rules", [{"backendRefs": [{"name": name, "port": 80}]}])
    spec = {"parentRefs": parents or [{"name": "edge", "namespace": "shop"}], "rules": rules, **more.pop("spec", {})}
    return thing(kind, GATEWAY_API, name, spec, namespace, **more)


def ref(kind: str, name: str, section: str | None = None, group: str = GATEWAY_API) -> dict[str, Any]:
    """Return a target of a policy."""
    return {"group": group, "kind": kind, "name": name} | ({"sectionName": section} if section else {})


def policy(
    kind: str, name: str, targets: Any, settings: dict[str, Any], *, group: str = "gateway.envoyproxy.io", **more: Any
) -> dict[str, Any]:
    """Return a policy with `targetRefs`."""
    return thing(kind, group, name, {"targetRefs": targets if isinstance(targets, list) else [targets], **settings}, **more)


def envoy_gateway(tag: str) -> dict[str, Any]:
    """Return the workload of an Envoy Gateway of a release."""
    containers = [{"name": "gateway", "image": f"docker.io/envoyproxy/gateway:{tag}"}]
    template = {"metadata": {"labels": {"app": "eg"}}, "spec": {"containers": containers}}
    spec = {"selector": {"matchLabels": {"app": "eg"}}, "template": template}
    return {**thing("Deployment", "apps", "envoy-gateway", spec, "envoy-gateway-system"), "apiVersion": "apps/v1"}
