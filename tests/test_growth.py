"""The work of a scan grows with the tree: what is counted for twice the objects is at most twice as much, with no look at a clock."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from k8slblint.documents import parsing
from k8slblint.graph.relations import workloads
from k8slblint.traffic.addresses import pools
from k8slblint.traffic.exposure import edges
from k8slblint.traffic.exposure import pools as exposure_pools
from tests.linting import run, scoped

N = 12
MOST = 2.1
"""Times as much for twice the objects; what is there once in a tree makes it less than two."""


def _service(number: int) -> str:
    return (
        f"apiVersion: v1\nkind: Service\nmetadata: {{name: web-{number}, namespace: apps}}\n"
        f"spec:\n  type: LoadBalancer\n  ports: [{{port: 80}}]\n  selector: {{app: web-{number}, tier: front}}\n"
    )


def _workload(number: int) -> str:
    labels = f"{{app: web-{number}, tier: front}}"
    return (
        f"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web-{number}, namespace: apps}}\nspec:\n"
        f"  selector:\n    matchLabels: {labels}\n  template:\n    metadata:\n      labels: {labels}\n"
        "    spec:\n      containers: [{name: web, image: example.org/web, ports: [{containerPort: 80}]}]\n"
    )


def _ingress(number: int) -> str:
    return (
        f"apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{name: web-{number}, namespace: apps}}\nspec:\n"
        f"  ingressClassName: nginx\n  defaultBackend: {{service: {{name: web-{number}, port: {{number: 80}}}}}}\n"
    )


def _pool(number: int) -> str:
    return (
        f"apiVersion: metallb.io/v1beta1\nkind: IPAddressPool\nmetadata: {{name: pool-{number}, namespace: metallb-system}}\n"
        f"spec: {{addresses: ['10.{number}.0.0/24']}}\n"
    )


def _front(number: int) -> str:
    return (
        f"apiVersion: v1\nkind: Service\nmetadata: {{name: front-{number}, namespace: ingress-nginx}}\n"
        "spec: {type: LoadBalancer, selector: {app: controller}, ports: [{port: 80}]}\n"
    )


_CONTROLLERS = """\
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: nginx}
spec: {controller: k8s.io/ingress-nginx}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: controller, namespace: ingress-nginx}
spec:
  selector: {matchLabels: {app: controller}}
  template:
    metadata: {labels: {app: controller}}
    spec: {containers: [{name: controller, image: registry.k8s.io/ingress-nginx/controller:v1.12.0}]}
"""


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often the work is done that every object asks for."""
    counts: Counter[str] = Counter()

    def count(module: Any, name: str) -> None:
        done: Callable[..., Any] = getattr(module, name)

        def counting(*arguments: Any, **named: Any) -> Any:
            counts[name] += 1
            return done(*arguments, **named)

        monkeypatch.setattr(module, name, counting)

    count(parsing, "parse")
    count(pools, "parse_pool_entry")
    count(workloads, "matches_labels")
    count(exposure_pools, "is_private")
    count(edges, "exposure_of_service")
    return counts


def test_twice_the_objects_are_at_most_twice_the_work(counted: Counter[str]) -> None:
    counts = []
    for size in (N, 2 * N):
        files = {f"{make.__name__}.yaml": "---\n".join(map(make, range(size))) for make in (_service, _workload, _ingress, _pool, _front)}
        parsing.parse_shared.cache_clear()
        counted.clear()
        report, _ = run({**files, "controllers.yaml": _CONTROLLERS}, config=scoped(platform="bare-metal"))
        assert report.failures == ()
        counts.append(dict(counted))
    once, twice = counts
    assert min(once.values()) >= N, once
    assert {name: number for name, number in twice.items() if number > MOST * once[name]} == {}
