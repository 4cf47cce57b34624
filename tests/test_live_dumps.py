"""Data from live clusters: what the server adds, which folder is which cluster, and dumps beside manifests."""

import json
from typing import Any

import pytest

from k8slblint.config import Config
from k8slblint.graph.answers import Absent, Found, Unknown
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.live import are_alike, is_live, without_server_fields
from k8slblint.graph.relations.owner_references import controller_of
from k8slblint.graph.relations.workloads import workloads_of
from k8slblint.model.scope import ClusterSettings, ScopeSettings
from tests.builders import resource
from tests.linting import findings, run

TYPE = "service.beta.kubernetes.io/aws-load-balancer-type"

MANIFEST = f"""\
apiVersion: v1
kind: Service
metadata:
  name: web
  namespace: shop
  annotations: {{{TYPE}: %s}}
spec:
  type: LoadBalancer
  selector: {{app: web}}
  ports: [{{port: 80}}]
"""

ADDED_METADATA = {
    "creationTimestamp": "2026-03-01T10:00:00Z",
    "finalizers": ["service.kubernetes.io/load-balancer-cleanup"],
    "generation": 3,
    "resourceVersion": "4711",
    "managedFields": [
        {
            "apiVersion": "v1",
            "fieldsType": "FieldsV1",
            "fieldsV1": {"f:spec": {"f:ports": {".": {}, 'k:{"port":80,"protocol":"TCP"}': {".": {}, "f:port": {}}}}},
            "manager": "kubectl-client-side-apply",
            "operation": "Update",
            "time": "2026-03-01T10:00:00Z",
        }
    ],
}


def live_service(
    name: str = "web", namespace: str = "shop", *, annotations: dict[str, str] | None = None, uid: str = "0a", **spec: Any
) -> dict[str, Any]:
    """A Service as `kubectl get -o yaml` shows it."""
    applied = json.dumps({"apiVersion": "v1", "kind": "Service", "metadata": {"annotations": {}, "name": name, "namespace": namespace}})
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "annotations": {"kubectl.kubernetes.io/last-applied-configuration": applied + "\n", **(annotations or {})},
            "name": name,
            "namespace": namespace,
            "uid": f"{uid}d7a5b2-1f4e-4b0e-9b53-{name}",
            **ADDED_METADATA,
        },
        "spec": {
            **({"allocateLoadBalancerNodePorts": True} if spec.get("type") is None else {}),
            "clusterIP": "10.96.12.7",
            "clusterIPs": ["10.96.12.7"],
            **({"externalTrafficPolicy": "Cluster"} if spec.get("type") != "ClusterIP" else {}),
            "internalTrafficPolicy": "Cluster",
            "ipFamilies": ["IPv4"],
            "ipFamilyPolicy": "SingleStack",
            "ports": [{"nodePort": 31234, "port": 80, "protocol": "TCP", "targetPort": 80}],
            "selector": {"app": name},
            "sessionAffinity": "None",
            "type": "LoadBalancer",
            **spec,
        },
        "status": {"loadBalancer": {"ingress": [{"hostname": "a.elb.amazonaws.com"}]}},
    }


def dump(*objects: dict[str, Any]) -> str:
    """A `List` as kubectl writes it: the kind comes last."""
    items = "".join("- " + json.dumps(one) + "\n" for one in objects)
    return f'apiVersion: v1\nitems:\n{items}kind: List\nmetadata:\n  resourceVersion: ""\n'


def clusters(files: dict[str, str], config: Config | None = None) -> dict[str, tuple[str, str]]:
    _, graph = run(files, config=config)
    return {one.path: (graph.scope(one).cluster, graph.scope(one).division) for one in graph.resources}


def test_a_dump_with_all_that_a_server_adds_is_read_without_complaint() -> None:
    report, graph = run({"cluster/svc.yaml": dump(live_service(), live_service("api", type="NodePort"))})
    assert [finding.rule for finding in report.findings] == ["node-port-in-production"]
    assert "opens node port 31234" in report.findings[0].message
    assert all(map(is_live, graph.resources))
    assert graph.is_complete("cluster")


@pytest.mark.parametrize("metadata", ["{name: a}", "{name: a, uid: x}", "{name: a, uid: [1], resourceVersion: {}}", "[]", "7"])
def test_only_uid_and_resource_version_together_tell_a_live_object(metadata: str) -> None:
    assert not is_live(resource(f"apiVersion: v1\nkind: Service\nmetadata: {metadata}\nstatus: {{}}\n"))


def service(name: str = "web", **spec: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": "shop"}, "spec": spec}


PLAIN = {"type": "LoadBalancer", "selector": {"app": "web"}, "ports": [{"port": 80}]}


@pytest.mark.parametrize(
    ("manifest", "live", "alike"),
    [
        (service(**PLAIN), live_service(), True),
        (service(**{**PLAIN, "ports": [{"port": 80, "nodePort": 31234}]}), live_service(), True),
        (service(**{**PLAIN, "ports": [{"port": 80, "nodePort": 30080}]}), live_service(), False),
        (service(**{**PLAIN, "ports": [{"port": 80, "targetPort": 8080}]}), live_service(), False),
        (service(**{**PLAIN, "externalTrafficPolicy": "Local"}), live_service(), False),
        (service(**{**PLAIN, "sessionAffinity": "ClientIP"}), live_service(), False),
        (service(**{**PLAIN, "clusterIP": "10.96.0.99"}), live_service(), False),
        (service(**{**PLAIN, "ports": 7}), live_service(), False),
        (service(selector={"app": "web"}, ports=[{"port": 80}], clusterIP="None"), live_service(type="ClusterIP"), False),
        (
            service(selector={"app": "web"}, ports=[{"port": 80}], clusterIP="None"),
            live_service(
                type="ClusterIP", clusterIP="None", clusterIPs=["None"], ports=[{"port": 80, "protocol": "TCP", "targetPort": 80}]
            ),
            True,
        ),
        (live_service(uid="1b", clusterIP="10.1.1.1"), live_service(), True),
        (live_service(annotations={TYPE: "nlb"}), live_service(), False),
        (service(**PLAIN), service(**{**PLAIN, "sessionAffinity": "None"}), False),
    ],
)
def test_what_the_server_adds_is_no_difference(manifest: dict[str, Any], live: dict[str, Any], *, alike: bool) -> None:
    one, other = resource(json.dumps(manifest)), resource(json.dumps(live))
    assert are_alike(one, other) is alike
    assert are_alike(other, one) is alike


def test_fields_of_the_server_are_taken_away_whatever_they_hold() -> None:
    value = {"kind": "Service", "metadata": [1], "spec": "x", "status": 3}
    assert without_server_fields(value) == {"kind": "Service", "metadata": [1], "spec": "x"}
    assert without_server_fields({"metadata": {"name": "a", "annotations": None, "managedFields": 0}}) == {"metadata": {"name": "a"}}


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (
            {"live/svc.yaml": dump(live_service()), "live/more/api.yaml": dump(live_service("api"))},
            {"live/svc.yaml": ("live", "named"), "live/more/api.yaml": ("live", "named")},
        ),
        (
            {"dumps/eu/svc.yaml": dump(live_service()), "dumps/us/svc.yaml": dump(live_service(uid="9f"))},
            {"dumps/eu/svc.yaml": ("dumps/eu", "named"), "dumps/us/svc.yaml": ("dumps/us", "named")},
        ),
        (
            {"dumps/eu.yaml": dump(live_service()), "dumps/us.yaml": dump(live_service(uid="9f"))},
            {"dumps/eu.yaml": ("dumps/eu", "named"), "dumps/us.yaml": ("dumps/us", "named")},
        ),
        (
            {"out/shop/services.yaml": dump(live_service()), "out/pay/services.yaml": dump(live_service("pay", "pay"))},
            {"out/shop/services.yaml": ("out", "named"), "out/pay/services.yaml": ("out", "named")},
        ),
        (
            {"clusters/prod/live/svc.yaml": dump(live_service()), "clusters/prod/app.yaml": MANIFEST % "nlb"},
            {"clusters/prod/live/svc.yaml": ("prod", "named"), "clusters/prod/app.yaml": ("prod", "named")},
        ),
        (
            {"k8s/svc.yaml": dump(live_service()), "k8s/app.yaml": MANIFEST % "nlb"},
            {"k8s/svc.yaml": ("default", "none"), "k8s/app.yaml": ("default", "none")},
        ),
        ({"k8s/one.yaml": json.dumps(live_service())}, {"k8s/one.yaml": ("default", "none")}),
        (
            {"live/svc.yaml": dump(live_service()), "app/web.yaml": MANIFEST % "nlb"},
            {"live/svc.yaml": ("live", "named"), "app/web.yaml": ("default", "none")},
        ),
        (
            {"svc.yaml": dump(live_service()), "ing.yaml": dump(live_service("api"))},
            dict.fromkeys(("svc.yaml", "ing.yaml"), ("default", "named")),
        ),
    ],
)
def test_which_cluster_a_dump_is(files: dict[str, str], expected: dict[str, tuple[str, str]]) -> None:
    files = {**files, "other/x.yaml": MANIFEST % "nlb"} if "svc.yaml" not in files else files
    found = clusters(files)
    found.pop("other/x.yaml", None)
    assert found == expected


def test_the_configuration_says_otherwise() -> None:
    config = Config(scopes=ScopeSettings(clusters=(ClusterSettings("east", ("live/**",)),)))
    assert clusters({"live/svc.yaml": dump(live_service())}, config) == {"live/svc.yaml": ("east", "stated")}


@pytest.mark.parametrize(("folder", "environment"), [("live", "unknown"), ("live/prod", "production"), ("prod/Live", "production")])
def test_a_folder_called_live_says_what_a_dump_is_and_not_that_it_is_production(folder: str, environment: str) -> None:
    _, graph = run({f"{folder}/svc.yaml": dump(live_service())})
    assert graph.scope(graph.resources[0]).environment == environment
    _, graph = run({"live/svc.yaml": MANIFEST % "nlb"})
    assert graph.scope(graph.resources[0]).environment == "production"


def test_load_balancers_of_a_dump_count_together_whatever_their_namespaces() -> None:
    objects = [live_service(f"s{index}", "shop-prod" if index % 2 else "shop-staging", uid=f"{index}") for index in range(8)]
    azure = {"service.beta.kubernetes.io/azure-load-balancer-internal": "true"}
    found = findings({"live/svc.yaml": dump(*objects, live_service("aks", annotations=azure))}, "too-many-load-balancers")
    assert len(found) == 1
    assert "Cluster live has 9" in found[0].message


@pytest.mark.parametrize("before", ["svc.yaml", "shop/everything.yaml"])
@pytest.mark.parametrize("after", ["apps/web/service.yaml", "web.yaml", "clusters/prod/web.yaml"])
def test_manifests_against_a_dump_are_paired_by_identity(before: str, after: str) -> None:
    live = dump(live_service("api"), live_service(annotations={TYPE: "nlb"}))
    (found,) = findings({after: MANIFEST % "external"}, "aws-load-balancer-type-mutated", before={before: live})
    assert found.location.path == after
    assert found.related[0].location.path == before
    assert findings({after: MANIFEST % "nlb"}, "aws-load-balancer-type-mutated", before={before: live}) == []


def answer(graph: ResourceGraph, path: str) -> object:
    (one,) = [one for one in graph.resources if one.path == path]
    found = graph.counterpart(one)
    return found.value.path if isinstance(found, Found) else found


def test_each_cluster_is_compared_with_the_dump_of_its_name() -> None:
    before = {
        "live/eu/svc.yaml": dump(live_service(annotations={TYPE: "nlb"})),
        "live/us/svc.yaml": dump(live_service(annotations={TYPE: "nlb"}, uid="9f"), live_service("api", uid="9f")),
    }
    after = {
        "clusters/eu/web.yaml": MANIFEST % "nlb",
        "clusters/us/web.yaml": MANIFEST % "external",
        "clusters/eu/api.yaml": (MANIFEST % "nlb").replace("name: web", "name: api"),
    }
    _, graph = run(after, before=before)
    assert answer(graph, "clusters/eu/web.yaml") == "live/eu/svc.yaml"
    assert answer(graph, "clusters/us/web.yaml") == "live/us/svc.yaml"
    assert answer(graph, "clusters/eu/api.yaml") == Absent(), "the dump of 'eu' has no such Service, whatever 'us' has"


def test_which_of_several_clusters_a_nameless_dump_is_cannot_be_known() -> None:
    after = {"clusters/eu/web.yaml": MANIFEST % "nlb", "clusters/us/web.yaml": MANIFEST % "external"}
    report, graph = run(after, before={"svc.yaml": dump(live_service(annotations={TYPE: "nlb"}))})
    assert isinstance(answer(graph, "clusters/us/web.yaml"), Unknown)
    assert [finding for finding in report.findings if finding.rule == "aws-load-balancer-type-mutated"] == []
    assert "aws-load-balancer-type-mutated" in {one.rule for one in report.completeness.undecided}


def test_a_manifest_without_namespace_may_be_any_live_object_of_its_name() -> None:
    bare = (MANIFEST % "external").replace("  namespace: shop\n", "")
    _, graph = run({"web.yaml": bare}, before={"svc.yaml": dump(live_service(annotations={TYPE: "nlb"}))})
    assert isinstance(answer(graph, "web.yaml"), Unknown)
    _, graph = run({"web.yaml": bare.replace("name: web", "name: new")}, before={"svc.yaml": dump(live_service())})
    assert answer(graph, "web.yaml") == Absent()


def workload(kind: str, name: str, owner: dict[str, Any] | None = None, **labels: str) -> dict[str, Any]:
    metadata = {"name": name, "namespace": "shop", "uid": name, "resourceVersion": "1", "labels": labels}
    api_version = "v1" if kind == "Pod" else "apps/v1"
    return {"apiVersion": api_version, "kind": kind, "metadata": {**metadata, "ownerReferences": [owner] if owner else []}}


REPLICA_SET = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-6d4b", "controller": True}


@pytest.mark.parametrize(
    ("objects", "controller"),
    [
        ([workload("ReplicaSet", "web-6d4b"), workload("Deployment", "web")], "web-6d4b"),
        ([workload("Deployment", "web")], "web"),
        ([workload("Deployment", "other")], None),
        ([], None),
    ],
)
def test_a_pod_leads_to_what_made_it(objects: list[dict[str, Any]], controller: str | None) -> None:
    pod = workload("Pod", "web-6d4b-x7", REPLICA_SET, **{"pod-template-hash": "6d4b"})
    _, graph = run({"live/all.yaml": dump(pod, *objects)})
    (one,) = graph.of_type("Pod")
    found = controller_of(one, graph)
    assert (found.name if found else None) == controller


@pytest.mark.parametrize("owner", [{"kind": ["x"], "controller": True}, {"controller": "true"}, "text", {"name": "web-6d4b"}])
def test_nonsense_owners_lead_nowhere(owner: Any) -> None:
    _, graph = run({"live/all.yaml": dump(workload("Pod", "p", owner), workload("Deployment", "web"))})
    (one,) = graph.of_type("Pod")
    assert controller_of(one, graph) is None


def test_pods_of_a_dump_are_told_by_the_workload_that_made_them() -> None:
    owned = "metadata:\n  name: {name}\n  namespace: shop\n  uid: {uid}\n  resourceVersion: '1'\n  labels: {{app: web}}\n"
    deployment = "apiVersion: apps/v1\nkind: Deployment\n" + owned.format(name="web", uid="u1")
    deployment += (
        "spec:\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec: {containers: []}\n"
    )
    pod = "---\napiVersion: v1\nkind: Pod\n" + owned.format(name="web-1", uid="u2")
    pod += "  ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: web, uid: u1, controller: true}]\nspec: {containers: []}\n"
    service = "---\napiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\nspec: {selector: {app: web}}\n"
    _, graph = run({"dump.yaml": deployment + pod + service})
    (one,) = graph.of_type("Service")
    found = workloads_of(one, graph)
    assert isinstance(found, Found)
    assert [workload.kind for workload in found.value] == ["Deployment"]
