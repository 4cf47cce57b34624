"""Whatever manifests hold, what asks about protections and migrations neither raises nor works more than in proportion."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from k8slblint import documents
from k8slblint.traffic.differences import facts_of
from k8slblint.traffic.migrations import shapes
from tests.builders import graph
from tests.migrations import NGINX, found, gateway, ingress, policy, route, thing

KEYS = [
    f"{NGINX}auth-url=https://login.example/",
    "konghq.com/plugins=it",
    "traefik.ingress.kubernetes.io/router.middlewares=shop-it@kubernetescrd",
    "alb.ingress.kubernetes.io/group.name=all",
    "cert-manager.io/issuer=a",
    "external-dns.alpha.kubernetes.io/hostname=a.example",
]

TEXTS = [
    *(
        ingress(f"{name} {' '.join(KEYS)}", "/a Exact:/b ImplementationSpecific:/c(/|$)(.*)", tls=True)
        for name in ("nginx", "traefik", "kong", "alb")
    ),
    route(
        "/a Exact:/b", "{type: ExtensionRef, extensionRef: {group: traefik.io, kind: Middleware, name: it}}", note="konghq.com/plugins=it"
    ),
    gateway("eg", "http:HTTP:80 https:HTTPS:443"),
    policy("SecurityPolicy", "extAuth: {http: {}}, authorization: {rules: [{action: Allow}]}"),
    policy("AuthorizationPolicy", "rules: [{}]", "Gateway edge", group="security.istio.io/v1"),
    thing("traefik.io/v1alpha1", "Middleware", "{chain: {middlewares: [{name: it}]}, ipAllowList: {sourceRange: [0.0.0.0/0]}}"),
    thing(
        "traefik.io/v1alpha1",
        "IngressRoute",
        "{routes: [{match: 'Host(`shop.example`)', services: [{name: web}], middlewares: [{name: it}]}], tls: {}}",
    ),
    "apiVersion: configuration.konghq.com/v1\nkind: KongPlugin\nmetadata: {name: it, namespace: shop}\nplugin: key-auth\nconfig: {}\n---\n",
    thing("gateway.k8s.aws/v1beta1", "ListenerRuleConfiguration", "{actions: [{authenticateOIDCConfig: {}}]}"),
    thing("cert-manager.io/v1", "Certificate", "{secretName: web-tls}"),
]

JUNK = st.sampled_from(
    [None, 7, True, "", "x", [], [[]], {}, {"name": 1}, [None, 3], "${VAR}", "a" * 3000, {"a": {"b": []}}, ["/$2"], -1, "(" * 200]
)


def _objects() -> list[Any]:
    return [
        one.root.value for text in TEXTS for one in map(documents.parse, documents.split(text)) if one.root is not None and one.root.value
    ]


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    deeper = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, one in deeper for place in _places(one, (*path, key)))]


def _with(value: Any, path: tuple[Any, ...], junk: Any) -> Any:
    if not path:
        return junk
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = _with(value[path[0]], path[1:], junk)
    return copy


def _text(objects: list[Any]) -> str:
    return "".join(f"{json.dumps(one)}\n---\n" for one in objects if isinstance(one, dict))


CASES = [
    (index, place) for index, one in enumerate(_objects()) for place in _places(one) if place and place[0] not in ("apiVersion", "kind")
]


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=40)
@given(st.sampled_from(CASES), JUNK, st.booleans())
def test_a_value_of_any_type_anywhere_raises_nothing(case: tuple[int, tuple[Any, ...]], junk: Any, is_before: bool) -> None:
    objects = _objects()
    changed = [_with(one, case[1], junk) if index == case[0] else one for index, one in enumerate(objects)]
    before, after = (changed, objects[4:]) if is_before else (objects, changed[4:])
    found(_text(after), _text(before))
    facts_of(graph(_text(after), _text(before)), lambda _: True)


def _counted(monkeypatch: pytest.MonkeyPatch, make: Callable[[int], tuple[str, str]], number: int) -> int:
    calls = 0
    takes = shapes.Shape.takes

    def counting(self: shapes.Shape, path: str) -> bool:
        nonlocal calls
        calls += 1
        return takes(self, path)

    monkeypatch.setattr(shapes.Shape, "takes", counting)
    before, after = make(number)
    found(after, before, ["migration-lost-protection", "migration-changed-routing"])
    monkeypatch.setattr(shapes.Shape, "takes", takes)
    return calls


def _many_hosts(number: int) -> tuple[str, str]:
    before = "".join(ingress(host=f"h{index}.example", name=f"i{index}") for index in range(number))
    return before, "".join(route(hosts=f"h{index}.example", name=f"r{index}") for index in range(number))


def _one_host(number: int) -> tuple[str, str]:
    before = "".join(ingress(paths=f"/p{index}", name=f"i{index}") for index in range(number))
    return before, "".join(route(f"/p{index}", name=f"r{index}") for index in range(number))


def _one_object(number: int) -> tuple[str, str]:
    return ingress(paths=" ".join(f"/p{index}" for index in range(number))), route(" ".join(f"/p{index}" for index in range(number)))


@pytest.mark.parametrize("make", [_many_hosts, _one_host, _one_object])
def test_twice_as_many_are_twice_the_work(make: Callable[[int], tuple[str, str]], monkeypatch: pytest.MonkeyPatch) -> None:
    few, many = _counted(monkeypatch, make, 150), _counted(monkeypatch, make, 300)
    assert 0 < many <= 2.5 * few
