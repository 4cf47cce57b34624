"""The work of a scan grows with the tree: what is counted for twice the objects is at most twice as much, with no look at a clock."""

import json
import random
from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from k8slblint import documents, suppression
from k8slblint.documents import elements, json_values, ordinary, parsing, plain_lines
from k8slblint.graph.relations import workloads
from k8slblint.graph.scopes.clusters import Cluster
from k8slblint.graph.scopes.platforms import PlatformEvidence
from k8slblint.model import resource as resource_module
from k8slblint.model.finding import Acceptance
from k8slblint.model.location import Location, Span
from k8slblint.model.places import FilePlace
from k8slblint.model.resource import SourceText
from k8slblint.traffic.addresses import pools
from k8slblint.traffic.attachment import attachments, grants, listeners, near_names, parents
from k8slblint.traffic.balancers import sharing
from k8slblint.traffic.exposure import edges
from k8slblint.traffic.exposure import pools as exposure_pools
from tests.builders import resource
from tests.linting import run, scoped

N = 12
PLACE = Location("a.yaml", Span(1, 1, 1, 2))
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

    def count(module: Any, name: str, weigh: Callable[..., int] = lambda *_, **__: 1) -> None:
        done: Callable[..., Any] = getattr(module, name)

        def counting(*arguments: Any, **named: Any) -> Any:
            counts[name] += weigh(*arguments, **named)
            return done(*arguments, **named)

        monkeypatch.setattr(module, name, counting)

    return Counting(counts, count)


class Counting(NamedTuple):
    """The counts, and what begins to count the calls of a function, or with `weigh` the characters of the texts that it is handed."""

    counts: Counter[str]
    count: Callable[..., None]

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


def _alb(number: int) -> str:
    return _ingress(number).replace("nginx", "alb").replace("  name: web", "  name: alb")


def test_twice_the_ingresses_with_load_balancers_are_asked_twice_how_they_could_share_one(counting: Counting) -> None:
    counting.count(sharing, "_ways")
    found = []
    for size in (N, 2 * N):
        counting.counts.clear()
        report, _ = run({"a.yaml": "---\n".join(map(_alb, range(size)))}, config=scoped(platform="aws"))
        assert "ingress-alb-ungrouped" in {finding.rule for finding in report.findings}
        found.append(dict(counting.counts))
    once, twice = found
    assert once["_ways"] >= N
    assert _more_than_twice(once, twice) == {}


def test_evidence_of_other_projects_is_not_looked_at() -> None:
    assert _places_asked(2 * N) <= MOST * _places_asked(N)


def _public(number: int) -> str:
    """A Service that is found, with what a server writes; a comment accepts that of every second."""
    comment = "  # k8slblint: ignore[public-load-balancer-unrestricted] it is meant\n" if number % 2 else ""
    return (
        f"apiVersion: v1\nkind: Service\nmetadata:\n  name: public-{number}\n  namespace: apps\n  uid: u{number}\nspec:\n"
        f"{comment}  type: LoadBalancer\n  ports:\n  - port: 80\n"
    )


def _refused(number: int) -> str:
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: refused-{number}\ndata:\n  number: {number}\n"


def _definition(number: int) -> str:
    return (
        f"apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  name: shops{number}.example.org\n"
        f"spec:\n  group: example.org\n  names:\n    kind: Shop{number}\n    plural: shops{number}\n  scope: Namespaced\n"
        "  versions:\n  - name: v1\n    schema:\n      openAPIV3Schema:\n        type: object\n    served: true\n    storage: true\n"
    )


def _dump(size: int) -> str:
    objects = [make(number) for number in range(size) for make in (_public, _refused, _definition)]
    items = "".join("- " + one.replace("\n", "\n  ").rstrip(" ") for one in objects)
    return f"apiVersion: v1\nitems:\n{items}kind: List\nmetadata:\n  resourceVersion: ''\n"


@pytest.mark.parametrize("is_json", [False, True])
def test_twice_the_elements_of_a_dump_are_at_most_twice_the_text_read(counting: Counting, is_json: bool) -> None:
    counting.count(documents, "is_template", len)
    counting.count(parsing, "_parse", lambda chunk: len(chunk.text))
    counting.count(plain_lines, "_refuse_odd", len)
    counting.count(ordinary, "compose", lambda chunk: len(chunk.text))
    counting.count(elements, "compose", lambda chunk: len(chunk.text))
    counting.count(json_values, "read_json", lambda chunk, _=1: len(chunk.text))
    counting.count(json_values, "_scan_object", lambda text, _: len(text))
    found = []
    for size in (N, 2 * N):
        text = _dump(size)
        if is_json:
            text = json.dumps(parsing.parse(documents.split(text)[0]).root.value, indent=4)
        counting.counts.clear()
        parsing.parse_shared.cache_clear()
        report, _ = run({"dump.yaml": text}, config=scoped(platform="bare-metal"))
        assert len(report.findings) >= size
        found.append({**dict(counting.counts), "text": len(text)})
    once, twice = found
    assert once["is_template"] <= 4 * once["text"], once
    assert _more_than_twice(once, twice) == {}


def test_twice_the_suppressions_are_at_most_twice_the_work(counting: Counting) -> None:
    counting.count(parsing, "parse")
    counting.count(suppression, "_is_comment")
    counting.count(suppression, "_indent")
    counting.count(suppression, "bisect_right")
    counting.count(suppression, "heappush")
    once, twice = (counting.of_run(size, _public) for size in (N, 2 * N))
    assert once["_is_comment"] >= N, once
    assert _more_than_twice(once, twice) == {}


def test_what_covers_all_documents_of_a_text_is_found_as_by_looking_at_each() -> None:
    for seed in range(200):
        dice = random.Random(seed)  # noqa: S311 - it decides nothing that is secret
        lines = [dice.choice(["---", "kind: Service", "a: b", "x: y"]) for _ in range(dice.randrange(1, 14))]
        comments = suppression._Comments()  # noqa: SLF001 - against a naive answer
        for number in range(dice.randrange(1, 6)):
            start = dice.randrange(1, len(lines) + 1)
            covered = range(start, start + dice.randrange(1, 5))
            one = suppression._Suppression(str(number), "", Acceptance("comment", ""), PLACE, lines=covered)  # noqa: SLF001
            comments.suppressions.append(one)
        source = SourceText("\n".join(lines))
        within = [
            next((one for one in comments.suppressions if set(one.lines) & set(part)), None) for part in source.documents_of("Service")
        ]
        expected = within if all(within) else []
        assert list(comments.at_all(source, "Service")) == expected
        assert {one.rule for one in comments.suppressions if one.used} == {one.rule for one in within if one is not None}
        assert [comments.covering(line) for line in range(1, 20)] == [
            next((one for one in comments.suppressions if line in one.lines), None) for line in range(1, 20)
        ]


@pytest.mark.parametrize("text", ["", "\n", "a", "a\n", "\n\n\na\nb\n\n", "abc\n" * 9 + "d", "x" * 50, "a\r\nb\rc\nd"])
def test_a_line_of_a_large_text_is_found_without_cutting_all_of_it(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(resource_module, "_LARGE", -1)
    monkeypatch.setattr(resource_module, "_PART", 4)
    large, lines = SourceText(text), text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    assert [large.line(number) for number in range(-1, len(lines) + 3)] == ["", "", *lines, "", ""]
    assert large.line_count == len(lines)
