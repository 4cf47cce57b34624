"""Variants side by side: each object goes with what stands near to it, and only what hangs on a contradiction is left undecided."""

from k8slblint.traffic.exposure.entry_points import exposure_of_workload
from tests.linting import findings, run, scoped

SERVICE = """\
apiVersion: v1
kind: Service
metadata: {{name: shop}}
spec: {{type: {type}, selector: {{app: shop}}, ports: [{{port: 80, targetPort: 8080}}]}}
---
"""
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: shop}}
spec:
  selector: {{matchLabels: {{app: shop}}}}
  template:
    metadata: {{labels: {{app: shop}}}}
    spec: {{containers: [{{name: shop, image: "example.com/shop:{tag}"}}]}}
"""


def bundle(type_: str, tag: str) -> str:
    return SERVICE.format(type=type_) + DEPLOYMENT.format(tag=tag)


def reaches(files: dict[str, str]) -> dict[str, str]:
    _, graph = run(files)
    return {one.path: exposure_of_workload(one, graph).reach for one in graph.of_type("Deployment.apps")}


def test_a_bundle_in_a_file_is_reached_by_its_own_service_only() -> None:
    found = reaches({"large.yaml": bundle("NodePort", "large"), "small.yaml": bundle("ClusterIP", "small")})
    assert found == {"large.yaml": "node", "small.yaml": "cluster"}


def test_a_bundle_in_a_folder_is_reached_by_its_own_service_only() -> None:
    files = {
        "ai/first/svc.yaml": SERVICE.format(type="NodePort"),
        "ai/first/app.yaml": DEPLOYMENT.format(tag="1"),
        "ai/second/svc.yaml": SERVICE.format(type="ClusterIP"),
        "ai/second/app.yaml": DEPLOYMENT.format(tag="2"),
    }
    assert reaches(files) == {"ai/first/app.yaml": "node", "ai/second/app.yaml": "cluster"}


def test_the_traffic_path_ends_in_the_variant_that_it_begins_in() -> None:
    files = {"a-plain/app.yaml": DEPLOYMENT.format(tag="1"), "dual/all.yaml": bundle("NodePort", "1")}
    (finding,) = findings(files, "node-port-in-production", config=scoped(environment="production"))
    assert finding.traffic[-1].location.path == "dual/all.yaml"


def test_a_service_that_is_written_in_several_ways_is_no_node_port_in_production() -> None:
    files = {"service/ports.yaml": SERVICE.format(type="NodePort"), "service/balancer.yaml": SERVICE.format(type="LoadBalancer")}
    report, _ = run(files, config=scoped(environment="production"))
    assert [one.rule for one in report.findings] == []
    assert "defines the same Service" in next(one.reason for one in report.completeness.undecided if one.rule == "node-port-in-production")


def test_variants_of_two_environments_are_no_alternatives() -> None:
    files = {"dev/svc.yaml": SERVICE.format(type="LoadBalancer"), "prod/svc.yaml": SERVICE.format(type="NodePort")}
    assert [one.location.path for one in findings(files, "node-port-in-production")] == ["prod/svc.yaml"]


INGRESS = """\
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop}
spec: {ingressClassName: nginx, defaultBackend: {service: {name: shop, port: {number: 80}}}}
"""


def test_contradictions_elsewhere_do_not_silence_a_bundle() -> None:
    files = {"shop/all.yaml": bundle("LoadBalancer", "1") + INGRESS}
    for number in range(3):
        other = bundle("ClusterIP", str(number)).replace("shop", f"other{number}")
        files |= {f"x/{number}.yaml": other, f"y/{number}.yaml": other.replace("port: 80", "port: 81")}
    assert [one.location.path for one in findings(files, "double-exposure", config=scoped(platform="gke"))] == ["shop/all.yaml"]
