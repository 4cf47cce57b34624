"""Manifests of the Gateway API in few words, for tests: routes, grants, Services, Gateways."""

GATEWAY_API = "gateway.networking.k8s.io"


def files(*documents: str) -> str:
    """One text of several documents."""
    return "---\n".join(documents)


def route(
    backends: str, *, namespace: str | None = "shop", kind: str = "HTTPRoute", rule: str = "", parents: str = "[{name: edge}]"
) -> str:
    """A route `web` with one rule; `backends` is its list, `rule` other fields of the rule."""
    return (
        f"apiVersion: {GATEWAY_API}/v1\nkind: {kind}\nmetadata: {{name: web{_at(namespace)}}}\n"
        f"spec:\n  parentRefs: {parents}\n  rules:\n    - backendRefs: {backends}\n{rule}"
    )


def service(name: str, namespace: str | None = "shop", ports: str = "[{port: 80, targetPort: 8080}]", *, more: str = "") -> str:
    """A Service with a selector."""
    head = f"apiVersion: v1\nkind: Service\nmetadata: {{name: {name}{_at(namespace)}}}\n"
    return f"{head}spec:\n  selector: {{app: x}}\n  ports: {ports}\n{more}"


def grant(
    sources: str,
    targets: str = '{group: "", kind: Service}',
    *,
    namespace: str | None = "backend",
    version: str = "v1beta1",
    kind: str = "ReferenceGrant",
    name: str = "grant",
) -> str:
    """A grant of entries that are written without brackets."""
    head = f"apiVersion: {GATEWAY_API}/{version}\nkind: {kind}\nmetadata: {{name: {name}{_at(namespace)}}}\n"
    return f"{head}spec:\n  from: [{sources}]\n  to: [{targets}]\n"


def source(kind: str = "HTTPRoute", namespace: str = "shop", group: str = GATEWAY_API) -> str:
    """An entry of `from`."""
    return f"{{group: {group}, kind: {kind}, namespace: {namespace}}}"


def gateway(listeners: str, *, namespace: str | None = "infra", class_name: str = "eg", name: str = "edge", kind: str = "Gateway") -> str:
    """A Gateway, or a ListenerSet, with its list of listeners."""
    spec = f"  gatewayClassName: {class_name}\n" if kind == "Gateway" else "  parentRef: {name: edge}\n"
    return (
        f"apiVersion: {GATEWAY_API}/v1\nkind: {kind}\nmetadata: {{name: {name}{_at(namespace)}}}\nspec:\n{spec}  listeners: {listeners}\n"
    )


def gateway_class(name: str, controller: str) -> str:
    """A GatewayClass."""
    return f"apiVersion: {GATEWAY_API}/v1\nkind: GatewayClass\nmetadata: {{name: {name}}}\nspec: {{controllerName: {controller}}}\n"


def custom(kind: str, api_version: str, namespace: str = "shop", name: str = "made") -> str:
    """An object of an operator or a deployer."""
    return f"apiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: {name}, namespace: {namespace}}}\nspec: {{}}\n"


def _at(namespace: str | None) -> str:
    return f", namespace: {namespace}" if namespace else ""
