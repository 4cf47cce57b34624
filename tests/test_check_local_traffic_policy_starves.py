"""Whom a Local traffic policy starves: by type, workload, replicas, autoscaler, nodes, placement and environment."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

import pytest

from k8slblint.checks import local_traffic_policy_starves
from k8slblint.model.rule import Problem, Undecided
from k8slblint.model.scope import ClusterSettings
from tests import builders
from tests.texts import words_of

NODE_PORT = {"type": "NodePort", "externalTrafficPolicy": "Local"}
BALANCER = {"type": "LoadBalancer", "externalTrafficPolicy": "Local"}
CLIENTS = {"internalTrafficPolicy": "Local"}
AFFINITY = "requiredDuringSchedulingIgnoredDuringExecution"
NODE_NAME = {"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["a"]}]}
SPREAD = {"topologySpreadConstraints": [{"topologyKey": "kubernetes.io/hostname", "maxSkew": 1}]}


def service(spec: dict[str, Any], **metadata: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", **metadata}, "spec": {"selector": {"app": "web"}, **spec}}


def workload(kind: str = "Deployment", pod: dict[str, Any] | None = None, **spec: Any) -> dict[str, Any]:
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "web"}], **(pod or {})}}
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": "web"}, "spec": {"template": template, **spec}}


def scaler(kind: str = "HorizontalPodAutoscaler.autoscaling/v2", target: str = "web", **spec: Any) -> dict[str, Any]:
    name, _, version = kind.partition(".")
    return {"apiVersion": version, "kind": name, "metadata": {"name": "web"}, "spec": {"scaleTargetRef": {"name": target}, **spec}}


def node(name: str, number: int) -> dict[str, Any]:
    status = {"addresses": [{"type": "InternalIP", "address": f"192.0.2.{number}"}]}
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}, "status": status}


def client(labels: dict[str, str]) -> dict[str, Any]:
    term = {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": labels}}
    spec = {"affinity": {"podAffinity": {AFFINITY: [term]}}}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "client", "labels": {"app": "client"}}, "spec": spec}


NODES = [node("a", 1), node("b", 2), node("c", 3)]


class Case(NamedTuple):
    """Objects beside each other, and the confidence of what is found (None: nothing)."""

    id: str
    objects: list[dict[str, Any]]
    confidence: str | None
    scope: Mapping[str, Any] = {}
    words: str = ""


CASES = [
    Case("one Pod behind node ports", [service(NODE_PORT), workload()], "medium", words="has one Pod, on one node"),
    Case("several Pods, nodes unknown", [service(NODE_PORT), workload(replicas=3)], "low", words="no more than 3 Pods"),
    Case("fewer Pods than nodes", [service(NODE_PORT), workload(replicas=2), *NODES], "medium", words="no more than 2 Pods for 3 nodes"),
    Case("one Pod of three nodes", [service(NODE_PORT), workload(), *NODES], "medium", words="one Pod, on one node of 3"),
    Case("enough Pods, not spread", [service(NODE_PORT), workload(replicas=3), *NODES], "low", words="Nothing spreads the 3 Pods"),
    Case("enough Pods, spread", [service(NODE_PORT), workload(replicas=3, pod=SPREAD), *NODES], None),
    Case("one node", [service(NODE_PORT), workload(), node("a", 1)], None),
    Case("a DaemonSet", [service(NODE_PORT), workload("DaemonSet")], None),
    Case("a DaemonSet among others", [service(NODE_PORT), workload(), workload("DaemonSet")], None),
    Case("pinned by name", [service(NODE_PORT), workload(pod={"nodeSelector": {"kubernetes.io/hostname": "a"}})], None),
    Case(
        "pinned by affinity",
        [service(NODE_PORT), workload(pod={"affinity": {"nodeAffinity": {AFFINITY: {"nodeSelectorTerms": [NODE_NAME]}}}})],
        None,
    ),
    Case("scaled to zero", [service(NODE_PORT), workload(replicas=0)], None),
    Case("an autoscaler keeps one", [service(NODE_PORT), workload(), scaler(maxReplicas=9)], "medium"),
    Case("an autoscaler keeps more", [service(BALANCER), workload(replicas=1), scaler(minReplicas=3)], None),
    Case("KEDA keeps more", [service(BALANCER), workload(), scaler("ScaledObject.keda.sh/v1alpha1", minReplicaCount=2)], None),
    Case("the autoscaler of another", [service(NODE_PORT), workload(), scaler(target="api", minReplicas=3)], "medium"),
    Case("policy Cluster", [service({"type": "NodePort", "externalTrafficPolicy": "Cluster"}), workload()], None),
    Case("type ClusterIP", [service({"externalTrafficPolicy": "Local"}), workload()], None),
    Case("a balancer and one Pod", [service(BALANCER), workload()], "low", words="the checks notice a move late"),
    Case("a balancer in production", [service(BALANCER), workload()], "medium", {"environment": "production"}),
    Case("a balancer and two Pods", [service(BALANCER), workload(replicas=2), *NODES], None, {"environment": "production"}),
    Case("MetalLB", [service(BALANCER), workload()], None, {"environment": "production", "platform": "bare-metal"}),
    Case("targets are Pods", [service({**BALANCER, "allocateLoadBalancerNodePorts": False}), workload()], None),
    Case("clients, one Pod", [service(CLIENTS), workload()], "medium", words="Clients on any other node get no answer"),
    Case("clients, fewer Pods than nodes", [service(CLIENTS), workload(replicas=2), *NODES], "medium"),
    Case("clients beside the Pods", [service(CLIENTS), workload(), client({"app": "web"})], None),
    Case("clients beside others", [service(CLIENTS), workload(), client({"app": "api"})], "medium"),
    Case("clients, headless", [service({**CLIENTS, "clusterIP": "None"}), workload()], None),
    Case("clients, a DaemonSet", [service(CLIENTS), workload("DaemonSet")], None),
    Case("development", [service(NODE_PORT), workload()], None, {"environment": "development"}),
    Case("local", [service(CLIENTS), workload()], None, {"environment": "local"}),
    Case(
        "nodes that are stated",
        [service(NODE_PORT), workload(replicas=2)],
        "medium",
        {"clusters": (ClusterSettings("here", ("**",), node_addresses=("192.0.2.1", "192.0.2.2", "192.0.2.3")),)},
        "for 3 nodes",
    ),
    Case(
        "one node that is stated",
        [service(NODE_PORT), workload()],
        None,
        {"clusters": (ClusterSettings("here", ("**",), node_addresses=("192.0.2.1",)),)},
    ),
]


def run(objects: list[dict[str, Any]], **scope: Any) -> list[Problem | Undecided]:
    return builders.run(local_traffic_policy_starves.check, builders.graph("\n---\n".join(map(json.dumps, objects)), **scope))


@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
def test_case(case: Case) -> None:
    found = run(case.objects, **case.scope)
    assert [problem.confidence for problem in found if isinstance(problem, Problem)] == ([case.confidence] if case.confidence else [])
    assert all(case.words in words_of(problem) for problem in found if isinstance(problem, Problem))
    assert not any(isinstance(one, Undecided) for one in found)


@pytest.mark.parametrize("replicas", ["${REPLICAS}", "2", [1]])
def test_replicas_that_are_no_number_are_undecided(replicas: Any) -> None:
    (undecided,) = run([service(NODE_PORT), workload(replicas=replicas)])
    assert isinstance(undecided, Undecided)


def test_pods_that_are_not_known_are_undecided() -> None:
    (undecided,) = run([service({**NODE_PORT, "selector": {"app": "{{ name }}"}}), workload()])
    assert isinstance(undecided, Undecided)


def test_both_policies_are_told_apart() -> None:
    found = run([service({**NODE_PORT, **CLIENTS}), workload()])
    assert [problem.path for problem in found] == [("spec", "externalTrafficPolicy"), ("spec", "internalTrafficPolicy")]


@pytest.mark.parametrize(
    "pod", [{"affinity": []}, {"affinity": {"nodeAffinity": 1}}, {"topologySpreadConstraints": {}}, {"nodeSelector": []}]
)
def test_odd_placement_breaks_nothing(pod: dict[str, Any]) -> None:
    assert len(run([service(NODE_PORT), workload(pod=pod, replicas=3), *NODES])) == 1
