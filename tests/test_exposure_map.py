"""The list of what is reached from where: its order, its chain of reasons, and that its JSON holds all of it."""

import json
from pathlib import Path

from k8slblint.views.exposure import as_json, as_text, exposure_map
from tests.linting import run, scoped
from tests.test_cli import call

INTERNAL = "service.beta.kubernetes.io/azure-load-balancer-internal"

TREE = """apiVersion: v1
kind: Service
metadata:
  name: web
  namespace: shop
  annotations: {service.beta.kubernetes.io/azure-load-balancer-internal: "True"}
spec:
  type: LoadBalancer
  selector: {app: web}
  ports: [{port: 80, targetPort: 8080}]
---
apiVersion: v1
kind: Service
metadata: {name: api, namespace: shop}
spec:
  selector: {app: api}
  ports: [{port: 80}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: web, ports: [{containerPort: 8080, hostPort: 9000}]}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, namespace: shop}
spec:
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec: {containers: [{name: api, image: api}]}
"""


def mapped():
    return exposure_map(run(TREE, config=scoped(platform="aks"))[1])


def test_the_text_names_owner_reach_ways_and_what_decides():
    assert as_text(mapped()).splitlines() == [
        "cluster 'default'",
        "  internet  Service shop/web  (app.yaml:4), by cloud-provider-azure",
        f"            because cloud-provider-azure reads `{INTERNAL}: 'True'` as internet-facing",
        "  internet  Deployment shop/web  (app.yaml:21)",
        "            internet through Service shop/web",
        "            node through its node: `hostPort: 9000` opens TCP 9000 on the node of each Pod",
        "  cluster   1 entry point and 1 workload reachable only in the cluster (--all shows them)",
    ]


def test_the_whole_chain_is_given_on_request():
    text = as_text(mapped(), reasons=True)
    assert "because the platform is stated as 'aks'\n" in text


def test_everything_shows_what_only_the_cluster_reaches():
    text = as_text(mapped(), everything=True)
    assert "  cluster   Service shop/api  (app.yaml:14)\n" in text
    assert "--all" not in text


def test_json_holds_owners_reasons_and_targets():
    (cluster,) = json.loads(as_json(mapped()))["clusters"]
    entry = cluster["entry_points"][0]
    assert entry["owner"]["candidates"] == ["azure-ccm"]
    assert (entry["reach"], entry["line"]) == ("internet", 4)
    web = next(workload for workload in cluster["workloads"] if workload["resource"]["name"] == "web")
    assert [(way["reach"], way["targets"]) for way in web["ways"]] == [
        ("internet", [{"port": 8080, "protocol": "TCP"}]),
        ("node", [{"port": 8080, "protocol": "TCP"}]),
    ]


def test_the_command_prints_the_list(tmp_path: Path) -> None:
    (tmp_path / "app.yaml").write_text(TREE, encoding="utf-8")
    result = call("exposure", str(tmp_path), "--platform", "aks")
    assert result.exit_code == 0
    assert "internet  Service shop/web" in result.stdout
