"""Makes manifests as they stand: objects with hostile scalars, definitions of kinds, dumps, suppressions, configurations, ignore files."""

from collections.abc import Callable
from typing import Any

from tests.fuzzing.dice import OUTSIDE, Dice
from tests.fuzzing.trees import Tree
from tests.fuzzing.writing import block, nested, written

_KEYS = (
    *("service.beta.kubernetes.io/aws-load-balancer-type", "service.beta.kubernetes.io/aws-load-balancer-scheme"),
    *("metallb.universe.tf/address-pool", "metallb.io/loadBalancerIPs", "nginx.ingress.kubernetes.io/server-snippet"),
    *("alb.ingress.kubernetes.io/group.name", "alb.ingress.kubernetes.io/actions.x", "networking.gke.io/load-balancer-type"),
    *("service.beta.kubernetes.io/azure-load-balancer-internal", "k8slblint.io/ignore", "external-dns.alpha.kubernetes.io/hostname"),
    *("load-balancer.hetzner.cloud/location", "nginx.ingress.kubernetes.io/rewrite-target", "kubernetes.io/ingress.class"),
)
_ADDRESSES = (
    "10.0.0.0/8",
    "0.0.0.0/0",
    "::/0",
    "10.0.0.1-10.0.0.9",
    "fe80::1%eth0",
    "999.1.1.1",
    "10.0.0.0/33",
    "1.2.3.4-1.2.3.3",
    "::ffff:1.2.3.4",
    "0-255.255.255.255",
)


def _service(dice: Dice) -> dict[str, Any]:
    port = lambda: dice.members(
        {
            "port": dice.scalar,
            "targetPort": dice.scalar,
            "nodePort": dice.scalar,
            "name": dice.text,
            "protocol": dice.text,
            "appProtocol": dice.text,
        }
    )
    fields: dict[str, Callable[[], Any]] = {
        "type": lambda: dice.pick(("LoadBalancer", "NodePort", "ClusterIP", "ExternalName", dice.scalar())),
        "ports": lambda: dice.some(port, 3),
        "selector": lambda: {dice.text(): dice.scalar()},
        "externalIPs": lambda: dice.some(lambda: dice.pick(_ADDRESSES), 2),
        "loadBalancerIP": lambda: dice.pick((*_ADDRESSES, dice.text())),
        "loadBalancerSourceRanges": lambda: dice.some(lambda: dice.pick((*_ADDRESSES, dice.scalar())), 3),
        "loadBalancerClass": dice.text,
        "externalName": dice.text,
        "externalTrafficPolicy": lambda: dice.pick(("Local", dice.text())),
        "ipFamilies": lambda: dice.some(lambda: dice.pick(("IPv4", "IPv6", dice.scalar())), 3),
        "clusterIP": lambda: dice.pick(("None", *_ADDRESSES)),
    }
    return dice.members(fields, 1, 6)


def _ingress(dice: Dice) -> dict[str, Any]:
    backend = lambda: dice.pick(
        (
            {"service": {"name": dice.name(), "port": {"number": dice.scalar()}}},
            {"serviceName": dice.text(), "servicePort": dice.scalar()},
            dice.value(),
        )
    )
    rule = lambda: {
        "host": dice.pick(("a.example", "*.example", dice.text())),
        "http": {
            "paths": [
                {
                    "path": dice.pick(("/", "/(a+)+$", "/.*", dice.text())),
                    "pathType": dice.pick(("Prefix", "Exact", dice.text())),
                    "backend": backend(),
                }
            ]
        },
    }
    return dice.members(
        {
            "ingressClassName": dice.text,
            "rules": lambda: dice.some(rule, 3, 1),
            "defaultBackend": backend,
            "tls": lambda: [{"hosts": [dice.text()], "secretName": dice.text()}],
        }
    )


def _route(dice: Dice) -> dict[str, Any]:
    match = {"path": {"type": dice.pick(("RegularExpression", "PathPrefix")), "value": dice.pick(("/(a|a)*$", "/x"))}}
    return {
        "parentRefs": [{"name": dice.name(), "sectionName": dice.text(), "port": dice.scalar()}],
        "hostnames": [dice.text()],
        "rules": [{"matches": [match], "backendRefs": [{"name": dice.name(), "port": dice.scalar(), "namespace": dice.text()}]}],
    }


def _workload(dice: Dice) -> dict[str, Any]:
    container = {
        "name": dice.text(),
        "image": dice.pick(("redis:7", "127.0.0.1/x", dice.text())),
        "ports": [{"containerPort": dice.scalar(), "hostPort": dice.scalar(), "name": dice.text()}],
    }
    return {
        "replicas": dice.scalar(),
        "selector": {"matchLabels": {dice.text(): dice.text()}},
        "template": {
            "metadata": {"labels": {dice.text(): dice.scalar()}},
            "spec": {"containers": [container], "nodeSelector": {dice.text(): dice.text()}, "hostNetwork": dice.scalar()},
        },
    }


def _pool(dice: Dice) -> dict[str, Any]:
    return {
        "addresses": dice.some(lambda: dice.pick((*_ADDRESSES, dice.scalar())), 4, 1),
        "autoAssign": dice.scalar(),
        "serviceAllocation": {
            "namespaceSelectors": [
                {"matchExpressions": [{"key": dice.text(), "operator": dice.pick(("In", dice.text())), "values": [dice.text()]}]}
            ]
        },
    }


_KINDS: tuple[tuple[str, str, Callable[[Dice], dict[str, Any]]], ...] = (
    ("v1", "Service", _service),
    ("v1", "Service", _service),
    ("networking.k8s.io/v1", "Ingress", _ingress),
    ("extensions/v1beta1", "Ingress", _ingress),
    ("gateway.networking.k8s.io/v1", "HTTPRoute", _route),
    (
        "gateway.networking.k8s.io/v1",
        "Gateway",
        lambda dice: {
            "gatewayClassName": dice.text(),
            "listeners": [{"name": dice.text(), "port": dice.scalar(), "protocol": "HTTP", "allowedRoutes": dice.value()}],
            "addresses": [{"value": dice.pick(_ADDRESSES)}],
        },
    ),
    ("apps/v1", "Deployment", _workload),
    ("metallb.io/v1beta1", "IPAddressPool", _pool),
    ("metallb.io/v1beta1", "L2Advertisement", lambda dice: {"ipAddressPools": [dice.text()], "nodeSelectors": [dice.value()]}),
    ("v1", "Node", lambda dice: {"podCIDR": dice.pick(_ADDRESSES), "taints": dice.value()}),
    ("discovery.k8s.io/v1", "EndpointSlice", lambda dice: {"endpoints": dice.value()}),
    (
        "networking.k8s.io/v1",
        "NetworkPolicy",
        lambda dice: {
            "podSelector": dice.value(),
            "ingress": [{"from": [{"ipBlock": {"cidr": dice.pick(_ADDRESSES), "except": [dice.text()]}}]}],
        },
    ),
    ("elbv2.k8s.aws/v1beta1", "TargetGroupBinding", lambda dice: dice.value() if dice.chance(0.3) else {"targetGroupARN": dice.text()}),
)


def manifest(dice: Dice) -> dict[str, Any]:
    """Return an object of a kind that is linted."""
    version, kind, make = dice.pick(_KINDS)
    annotations = {
        dice.pick((*_KEYS, dice.text())): dice.pick((dice.scalar(), dice.text(), '[{"a": ' * 3)) for _ in range(dice.number(0, 3))
    }
    metadata = {
        "name": dice.name(),
        **({"namespace": dice.text()} if dice.chance(0.5) else {}),
        **({"annotations": annotations} if annotations else {}),
        **({"labels": {dice.text(): dice.scalar()}} if dice.chance(0.3) else {}),
    }
    value = {"apiVersion": version if dice.chance(0.95) else dice.text(), "kind": kind, "metadata": metadata, "spec": make(dice)}
    if dice.chance(0.1):
        value["status"] = {
            "loadBalancer": {"ingress": [{"ip": dice.pick(_ADDRESSES), "hostname": dice.text()}]},
            "addresses": [{"type": "InternalIP", "address": dice.pick(_ADDRESSES)}],
        }
    return value


def manifests(dice: Dice) -> Tree:
    """Return files of objects with hostile scalars, below folders with hostile names."""
    files = {}
    for number in range(dice.number(1, 4)):
        folder = dice.pick(("clusters/prod", "staging", odd_name(dice), f"a/{odd_name(dice)}"))
        files[f"h/{folder}/{number}{dice.pick(('.yaml', '.yml', '.json', '.YAML'))}"] = written(
            dice, *dice.some(lambda: manifest(dice), 4, 1)
        )
    return Tree("manifests", files, {"h/link.yaml": f"{OUTSIDE}/svc.yaml"} if dice.chance(0.1) else {})


def odd_name(dice: Dice) -> str:
    """Return the name of a file or folder: one step of a path, whatever it holds."""
    name = dice.word().replace("/", "_").replace("\0", "_").encode("utf-8", "replace")[:200].decode("utf-8", "ignore")
    return f"x{name}"


def dumps(dice: Dice) -> Tree:
    """Return what `kubectl get -o yaml` prints, nested and empty Lists, and Lists that pretend."""

    def listed(depth: int = 0) -> dict[str, Any]:
        items = dice.some(
            lambda: listed(depth + 1) if depth < 3 and dice.chance(0.2) else dice.pick((manifest(dice), manifest(dice), dice.value())), 5
        )
        return {
            "apiVersion": "v1",
            "kind": dice.pick(("List", "ServiceList", "IngressList", dice.text())),
            "items": items if dice.chance(0.9) else dice.value(),
        }

    return Tree("dumps", {"h/dump.json" if dice.chance(0.5) else "h/dump.yaml": written(dice, *dice.some(listed, 2, 1))})


def definitions(dice: Dice) -> Tree:
    """Return definitions of kinds with hostile schemas, and objects of them."""
    group, kind = "evil.example", dice.pick(("Evil", "Service", "ſervice", dice.text()))
    make = lambda: {"openAPIV3Schema": _schema(dice)}
    versions = [
        {"name": dice.pick(("v1", dice.text())), "served": dice.scalar(), "storage": True, "schema": make()}
        for _ in range(dice.number(0, 2))
    ]
    spec = {
        "group": group,
        "names": {"kind": kind, "plural": dice.text()},
        "scope": dice.pick(("Namespaced", dice.text())),
        "versions": versions if dice.chance(0.9) else dice.value(),
    }
    value = {
        "apiVersion": f"apiextensions.k8s.io/{dice.pick(('v1', 'v1beta1'))}",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"evils.{group}"},
        "spec": spec,
    }
    text = written(dice, value)
    if dice.chance(0.3):
        blanks = " " * dice.number(1, 12)
        text = block(value).replace("\n", f"\n{blanks}\n" * dice.number(1, 3), dice.number(1, 30)).encode("utf-8", "replace")
    if dice.chance(0.2):
        text = b"kind: CustomResourceDefinition\nspec:\n  names:\n" + (b"    " + b" " * 10 + b"\n") * dice.number(1, 40) + text
    one = {"apiVersion": f"{group}/v1", "kind": kind, "metadata": {"name": "a"}, "spec": dice.value()}
    return Tree("definitions", {"h/crds/crd.yaml": text, "h/one.yaml": written(dice, one)})


def _schema(dice: Dice, depth: int = 0) -> Any:
    if depth > 3 or dice.chance(0.15):
        return dice.value()
    inner = lambda: _schema(dice, depth + 1)
    fields: dict[str, Callable[[], Any]] = {
        "type": lambda: dice.pick(("object", "array", "string", "integer", dice.scalar())),
        "properties": lambda: {dice.text(): inner() for _ in range(3)},
        "items": inner,
        "pattern": lambda: dice.pick(("^(a+)+$", "(", "\\p{L}", "^([a-z]*)*$", dice.text())),
        "$ref": lambda: dice.pick(("#", "#/properties/a", f"file://{OUTSIDE}/secret.txt", dice.url())),
        "enum": lambda: dice.some(dice.scalar),
        "format": dice.text,
        "allOf": lambda: dice.some(inner, 2, 1),
        "not": inner,
        "additionalProperties": inner,
        "multipleOf": dice.scalar,
        "minLength": dice.scalar,
        "x-kubernetes-validations": lambda: [{"rule": "self.all(x, self.all(y, true))", "message": dice.text()}],
        "default": dice.value,
    }
    value = dice.members(fields, 1, 4)
    return nested(value, 200) if dice.chance(0.02) else value


def suppressions(dice: Dice) -> Tree:
    """Return manifests between comments and annotations that silence, or try to silence others."""
    lines = block(manifest(dice)).split("\n")
    for _ in range(dice.number(1, 5)):
        rules = dice.pick(("", "[*]", "[ALL]", "[external-ips]", f"[{dice.word()}]", "[" * 50, "[a,,b,*?[!"))
        comment = f"# k8slblint: {dice.pick(('ignore', 'ignore-file', 'ignore-line', dice.word()))}{rules} {dice.word()}"
        at = dice.number(0, len(lines) - 1)
        lines[at] += "  " + comment.replace("\n", " ")
    return Tree("suppressions", {"h/a.yaml": "\n".join(lines).encode("utf-8", "replace"), "h/b.yaml": written(dice, manifest(dice))})


def configurations(dice: Dice) -> Tree:
    """Return a configuration with hostile paths, patterns and names, of whatever validity, and ignore files."""
    pattern = lambda: dice.pick(("h/**", "**/**/**/*.yaml", "*" * 30, "[a-", "{a,b}", "../..", dice.path(("h", "h/web"))))
    cluster = lambda: {
        "name": dice.text(),
        "paths": dice.some(pattern, 3, 1),
        **dice.members(
            {
                "environment": lambda: dice.mostly("production"),
                "platform": lambda: dice.mostly("eks"),
                "kubernetes": lambda: dice.mostly("1.30"),
                "node_addresses": lambda: [dice.pick(_ADDRESSES)],
                "networks": lambda: {dice.text(): dice.pick(_ADDRESSES)},
                "load_balancers": lambda: {"budget": dice.mostly(3)},
                "contexts": lambda: [dice.text()],
            },
            0,
            3,
        ),
    }
    chart = lambda: {
        "path": dice.path(("h/web",)),
        **dice.members(
            {
                "release": dice.text,
                "namespace": dice.text,
                "kubernetes": lambda: dice.mostly("1.30"),
                "api_versions": lambda: [dice.text()],
                "values": lambda: [dice.path(("h/web/values.yaml",))],
                "set": lambda: {dice.pick(("a.b[3]", "a[65535]", "a[99999999]", "a..b", dice.text())): dice.scalar()},
                "sets": lambda: [{"name": dice.text(), "values": [dice.path(("h/web/values.yaml",))]}],
            },
            0,
            3,
        ),
    }
    fields: dict[str, Callable[[], Any]] = {
        "clusters": lambda: dice.some(cluster, 2, 1),
        "rendering": lambda: dice.members(
            {
                "charts": lambda: dice.some(chart, 2, 1),
                "kustomize": lambda: dice.mostly("auto", "off"),
                "helm": lambda: dice.mostly("auto", "off"),
            }
        ),
        "rules": lambda: {
            dice.mostly("external-ips", "node-port-in-production"): dice.members(
                {
                    "severity": lambda: dice.mostly("note", "off"),
                    "parameters": lambda: {dice.text(): dice.value()} if dice.chance(dice.harm) else {},
                    "environments": lambda: dice.mostly({}),
                }
            )
        },
        "select": lambda: dice.some(lambda: dice.mostly("external-ips", "ALL")),
        "ignore": lambda: dice.some(lambda: dice.mostly("load-*", "external-ips"), 2),
        "exclude": lambda: dice.some(pattern, 3),
        "suppressions": lambda: [
            {
                "rule": dice.mostly("external-ips"),
                "resource": {"name": dice.pick(("*" * 40, dice.text()))},
                "paths": [pattern()],
                "reason": dice.text(),
            }
        ],
        "fail_on": lambda: dice.mostly("never", "note"),
        "environment": lambda: dice.mostly("production"),
        **({dice.text(): dice.value} if dice.chance(dice.harm) else {}),
    }
    files = {"h/a.yaml": written(dice, manifest(dice)), ".k8slblint.yaml": written(dice, dice.members(fields, 1, 3), harm=0.05)}
    files["h/web/Chart.yaml"] = b"apiVersion: v2\nname: web\nversion: 1.0.0\n"
    files["h/web/values.yaml"] = written(dice, {"a": dice.value()})
    ignores = lambda: "\n".join(
        dice.some(lambda: dice.pick(("*.txt", "h/**/a", "!h", "[", "[!", "[[:alpha:]", "**" * 20 + "x", "(a+)+$", "\\", dice.word())), 6)
    ).encode("utf-8", "replace")
    for name in (".gitignore", ".k8slblintignore", "h/.gitignore"):
        if dice.chance(0.3):
            files[name] = ignores()
    links = {".k8slblint.yml": f"{OUTSIDE}/values.yaml", ".gitignore": f"{OUTSIDE}/secret.txt", "h/.k8slblintignore": "/dev/zero"}
    return Tree(
        "configurations",
        files,
        {path: target for path, target in links.items() if path not in files and dice.chance(0.1)},
        has_control=False,
    )
