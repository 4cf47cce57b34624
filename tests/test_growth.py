"""The work of a scan grows with the tree: what is counted for twice the objects is at most twice as much, with no look at a clock."""

from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from k8slblint.documents import parsing
from k8slblint.graph.relations import workloads
from k8slblint.graph.scopes.clusters import Cluster
from k8slblint.graph.scopes.platforms import PlatformEvidence
from k8slblint.model.places import FilePlace
from k8slblint.traffic.addresses import pools
from k8slblint.traffic.attachment import attachments, grants, listeners, near_names, parents
from k8slblint.traffic.exposure import edges
from k8slblint.traffic.exposure import pools as exposure_pools
from tests.builders import resource
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


def _gateway(number: int) -> str:
    listener = "{name: http, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: All}}}"
    return (
        f"apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {{name: edge-{number}, namespace: infra-{number}}}\n"
        f"spec: {{gatewayClassName: eg, listeners: [{listener}]}}\n"
    )


def _route(number: int) -> str:
    """A route; every third names a Gateway that is not there, every fourth a Service that no grant covers."""
    gateway, service = f"edgf-{number}" if number % 3 == 0 else f"edge-{number}", f"{{name: web-{number}, namespace: apps, port: 80}}"
    return (
        f"apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {{name: web-{number}, namespace: team-{number}}}\nspec:\n"
        f"  parentRefs: [{{name: {gateway}, namespace: infra-{number}}}]\n  hostnames: [web-{number}.example.org]\n"
        f"  rules: [{{matches: [{{path: {{value: /a}}}}], backendRefs: [{service}]}}]\n"
    )


def _grant(number: int) -> str:
    sender = f"{{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: team-{number + number % 4 // 3 * 1000}}}"
    return (
        f"apiVersion: gateway.networking.k8s.io/v1beta1\nkind: ReferenceGrant\nmetadata: {{name: team-{number}, namespace: apps}}\n"
        f"spec: {{from: [{sender}], to: [{{group: '', kind: Service}}]}}\n"
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
def counting(monkeypatch: pytest.MonkeyPatch) -> "Counting":
    """What counts how often a function of a module is called."""
    counts: Counter[str] = Counter()

    def count(module: Any, name: str) -> None:
        done: Callable[..., Any] = getattr(module, name)

        def counting(*arguments: Any, **named: Any) -> Any:
            counts[name] += 1
            return done(*arguments, **named)

        monkeypatch.setattr(module, name, counting)

    return Counting(counts, count)


class Counting(NamedTuple):
    """The counts, and what begins to count the calls of a function."""

    counts: Counter[str]
    count: Callable[[Any, str], None]

    def of_run(self, size: int, *makers: Callable[[int], str], beside: str = "") -> dict[str, int]:
        """Lint so many objects of each kind, and return how often the functions were called."""
        files = {f"{make.__name__}.yaml": "---\n".join(map(make, range(size))) for make in makers}
        parsing.parse_shared.cache_clear()
        self.counts.clear()
        report, _ = run({**files, "beside.yaml": beside}, config=scoped(platform="bare-metal"))
        assert report.failures == ()
        return dict(self.counts)


def _more_than_twice(once: dict[str, int], twice: dict[str, int]) -> dict[str, int]:
    return {name: number for name, number in twice.items() if number > MOST * once[name]}


def test_twice_the_objects_are_at_most_twice_the_work(counting: Counting) -> None:
    counting.count(parsing, "parse")
    counting.count(pools, "parse_pool_entry")
    counting.count(workloads, "matches_labels")
    counting.count(exposure_pools, "is_private")
    counting.count(edges, "exposure_of_service")
    once, twice = (counting.of_run(size, _service, _workload, _ingress, _pool, _front, beside=_CONTROLLERS) for size in (N, 2 * N))
    assert min(once.values()) >= N, once
    assert _more_than_twice(once, twice) == {}


def test_twice_the_routes_gateways_and_grants_are_at_most_twice_the_work(counting: Counting) -> None:
    counting.count(parsing, "parse")
    counting.count(attachments, "_attachment")
    counting.count(parents, "is_slip")
    counting.count(parents, "is_beside")
    counting.count(near_names, "_is_one_edit")
    counting.count(listeners, "_listener")
    counting.count(grants, "permission")
    once, twice = (counting.of_run(size, _service, _gateway, _route, _grant) for size in (N, 2 * N))
    assert once["_attachment"] >= N, once
    assert once["is_slip"] >= N / 3, once
    assert _more_than_twice(once, twice) == {}


def _places_asked(projects: int) -> int:
    """Ask for the platform of as many projects as there are with evidence, and return how often the place of a file is asked for."""
    eks = "apiVersion: elbv2.k8s.aws/v1beta1\nkind: TargetGroupBinding\nmetadata: {{name: n{0}}}\n"
    told = [resource(eks.format(number), f"p{number}/nodes/node.yaml") for number in range(projects)]
    asked: list[str] = []

    def place(path: str) -> FilePlace:
        asked.append(path)
        return FilePlace(path, path, project=path.partition("/")[0])

    evidence = PlatformEvidence(told, place, lambda path: Cluster(path, "none", ""))
    for number in range(projects):
        for name in ("web", "api"):
            assert evidence.platform_of(f"p{number}/{name}/a.yaml")[0] == "eks"
    return len(asked)


def test_evidence_of_other_projects_is_not_looked_at() -> None:
    assert _places_asked(2 * N) <= MOST * _places_asked(N)
