"""What is said where a target port leads nowhere: the way out, how certain it is, and which workloads count."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from k8slblint.checks import service_port_unresolved
from k8slblint.config import Config
from k8slblint.model.loaded import Gap
from k8slblint.model.rule import Problem
from tests import builders
from tests.linting import findings, run
from tests.texts import words_of
from tests.whole_trees import Tree

RULE = "service-port-unresolved"


def service(port: str = "{port: 80, targetPort: http}") -> str:
    return f"apiVersion: v1\nkind: Service\nmetadata: {{name: web}}\nspec:\n  selector: {{app: web}}\n  ports: [{port}]\n"


def workload(ports: str, name: str = "web") -> str:
    return (
        f"---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}}}\n"
        f"spec:\n  template:\n    metadata: {{labels: {{app: web}}}}\n    spec: {{containers: [{{name: main, ports: [{ports}]}}]}}\n"
    )


@pytest.mark.parametrize(
    ("ports", "words"),
    [
        ("{name: HTTP, containerPort: 80}", "Write `targetPort: HTTP`."),
        ("{name: web, containerPort: 80}", "or write `targetPort: web`"),
        ("{containerPort: 8080}", "Give port 8080 of container main this name, or write `targetPort: 8080`."),
        ("{name: http, containerPort: 80, protocol: UDP}", "declares 'http' with protocol UDP, not with"),
        ("", "declares no ports"),
        ("{name: a, containerPort: 1}, {name: b, containerPort: 2}", "declares 'a' (1) and 'b' (2)"),
    ],
)
def test_the_way_out_fits_what_is_declared(ports: str, words: str) -> None:
    (finding,) = findings(service() + workload(ports), RULE)
    assert (finding.severity, finding.confidence) == ("error", "high")
    assert words in words_of(finding)


def test_a_number_is_a_note_on_request() -> None:
    text = service("{port: 80}") + workload("{containerPort: 8080}")
    assert findings(text, RULE) == []
    (finding,) = findings(text, RULE, config=Config()._replace(min_confidence="low"))
    assert (finding.severity, finding.confidence) == ("note", "low")


def test_workloads_of_which_some_declare_the_name_are_told_apart() -> None:
    (finding,) = findings(service() + workload("{name: http, containerPort: 80}") + workload("{containerPort: 80}", "canary"), RULE)
    assert (finding.severity, finding.confidence) == ("warning", "medium")
    assert "Deployment canary declares 80 without a name" in words_of(finding)


def test_what_declares_no_ports_is_not_said_to_declare_those_of_others() -> None:
    text = service() + workload("{name: api, containerPort: 80}") + workload("", "backup")
    (finding,) = findings(text, RULE)
    assert "Deployment web declares 'api' (80), Deployment backup none." in words_of(finding)


def test_a_gap_lowers_the_confidence() -> None:
    graph = builders.graph_of(builders.resources(service() + workload("{containerPort: 80}")), gaps=(Gap("chart/", "not rendered"),))
    (problem,) = builders.run(service_port_unresolved.check, graph)
    assert isinstance(problem, Problem)
    assert problem.confidence == "medium"


TREES: dict[str, tuple[Mapping[str, str], int]] = {
    "the workload of its folder stands for all": (
        {"a/all.yaml": service() + workload("{name: http, containerPort: 80}"), "b/w.yaml": workload("{containerPort: 80}", "other")},
        0,
    ),
    "a version of the same workload elsewhere": (
        {"a/all.yaml": service() + workload("{containerPort: 80}"), "b/w.yaml": workload("{name: http, containerPort: 80}")},
        1,
    ),
    "all workloads of a cluster count": (
        {
            "clusters/x/a/all.yaml": service() + workload("{name: http, containerPort: 80}"),
            "clusters/x/b/w.yaml": workload("{containerPort: 80}", "other"),
        },
        1,
    ),
}


@pytest.mark.parametrize(("tree", "count"), TREES.values(), ids=TREES)
def test_which_workloads_count(tree: Mapping[str, str], count: int) -> None:
    assert len(findings(tree, RULE)) == count


def test_what_an_injector_adds_is_undecided() -> None:
    report, _ = run(
        service("{port: 80, targetPort: linkerd-admin}") + workload("{containerPort: 80}"), config=Config()._replace(select=(RULE,))
    )
    assert report.findings == ()
    assert ["Linkerd" in one.reason for one in report.completeness.undecided] == [True]


def test_a_workload_that_lacks_all_named_ports_is_told_once() -> None:
    ports = "{name: a, port: 80, targetPort: http}, {name: b, port: 81, targetPort: admin}"
    serving = workload("{name: http, containerPort: 8080}, {name: admin, containerPort: 8081}")
    text = service(ports) + serving + workload("{name: HTTP, containerPort: 6379}, {name: ADMIN, containerPort: 6380}", "cache")
    (finding,) = findings(text, RULE)
    assert "targets port 'http', which some of its Pods lack" in finding.headline


def test_a_front_port_in_the_list_is_habit_and_no_evidence_against_the_target() -> None:
    assert findings(service("{port: 80, targetPort: 1027}") + workload("{containerPort: 80}"), RULE) == []
    (swapped,) = findings(service("{port: 8080, targetPort: 80}") + workload("{containerPort: 8080}"), RULE)
    assert "listen on 8080" in swapped.headline


PORTS_OF_OBSERVERS = [
    # the port of the Service, the ports of the container, what else the Pod has, whether the port of the Pod was meant
    ("{port: 9443}", "{name: metrics, containerPort: 9443}", "", False),
    ("{port: 8080, targetPort: 8443}", "{name: http, containerPort: 8080}", "", True),
    ("{port: 8080, targetPort: 8443}", "{name: http-metrics, containerPort: 8080}", "", False),
    ("{name: metrics, port: 8080, targetPort: 8443}", "{name: metrics, containerPort: 8080}", "", True),
    ("{port: 8080, targetPort: 9443}", "{name: http, containerPort: 8080}", "", False),
    ("{port: 8080, targetPort: 443}", "{name: http, containerPort: 8080}", "", True),
    (
        "{port: 8080, targetPort: 443}",
        "{name: http, containerPort: 8080}",
        "volumeMounts: [{name: c, mountPath: /tmp/k8s-webhook-server/serving-certs}]",
        False,
    ),
    ("{name: a, port: 8080, targetPort: 8080}, {name: b, port: 8443}", "{containerPort: 8080}", "args: ['--port=8080']", False),
    ("{name: metrics, port: 9464}", "{name: http, containerPort: 8080}", "args: ['--port=8080']", False),
    ("{name: web, port: 9464}", "{name: http, containerPort: 8080}", "args: ['--port=8080']", True),
    ("{name: metrics, port: 9464}", "{name: http-metrics, containerPort: 8080}", "args: ['--port=8080']", True),
    ("{name: metrics, port: 8080, targetPort: 8081}", "{name: http, containerPort: 8080}", "", True),
]


@pytest.mark.parametrize(("port", "ports", "more", "is_told"), PORTS_OF_OBSERVERS)
def test_the_only_port_of_a_pod_need_not_be_the_one_that_was_meant(port: str, ports: str, more: str, *, is_told: bool) -> None:
    text = service(port) + workload(ports).replace("name: main,", f"name: main, {more}," if more else "name: main,")
    assert ["but its Pods listen on" in finding.headline for finding in findings(text, RULE)] == [True] * is_told


@pytest.mark.parametrize(
    ("value", "count"), [("envoy-http:38080,envoy-admin:9901", 0), ("http:8080;envoy-http:1", 0), ("envoy-http-2:1", 1), ("http", 1)]
)
def test_an_annotation_may_have_a_port_added(value: str, count: int) -> None:
    pods = workload("{name: http, containerPort: 8080}").replace(
        "metadata: {labels", f"metadata: {{annotations: {{a/ports: '{value}'}}, labels"
    )
    assert len(findings(service("{port: 80, targetPort: envoy-http}") + pods, RULE)) == count


@pytest.mark.parametrize(
    ("port", "count"),
    [
        ("{name: a, port: 8080, targetPort: 80}", 1),
        ("{name: a, port: 8080, targetPort: 80}, {name: b, port: 81, targetPort: 8080}", 0),
        ("{name: a, port: 8000, targetPort: 80}", 0),
        ("{name: a, port: 8080}", 0),
    ],
)
def test_of_several_ports_the_one_that_is_swapped_is_meant(port: str, count: int) -> None:
    found = findings(service(port) + workload("{containerPort: 8080}, {containerPort: 9090}"), RULE)
    assert [one.confidence for one in found] == ["medium"] * count


def probed(probe: str, ports: str = "{name: web, containerPort: 8080}", name: str = "web") -> str:
    return workload(ports, name).replace("{name: main,", f"{{name: main, {probe},")


PROBES = [
    ("readinessProbe: {httpGet: {path: /, port: http}}", 1),
    ("startupProbe: {tcpSocket: {port: http}}", 1),
    ("startupProbe: {httpGet: {port: http}}, readinessProbe: {httpGet: {port: http}}", 1),
    ("livenessProbe: {httpGet: {port: http}}", 0),  # its result begins as a success
    ("readinessProbe: {httpGet: {port: web}}", 0),
    ("readinessProbe: {httpGet: {port: 8081}}", 0),
    ("readinessProbe: {httpGet: {port: '8081'}}", 0),
    ("readinessProbe: {httpGet: {port: '${PORT}'}}", 0),
    ("readinessProbe: {httpGet: {port: 'ENC[AES256_GCM,data:a]'}}", 0),
    ("readinessProbe: {exec: {command: [http]}}", 0),
    ("readinessProbe: [http]", 0),
    ("readinessProbe: {httpGet: http}", 0),
    ("readinessProbe: {httpGet: {port: [http]}}", 0),
]


@pytest.mark.parametrize(("probe", "count"), PROBES)
def test_a_probe_of_a_port_that_its_container_lacks_keeps_traffic_away(probe: str, count: int) -> None:
    found = findings(service("{port: 80, targetPort: 8080}") + probed(probe), RULE)
    assert [(one.severity, one.label) for one in found] == [("error", "container main has no port 'http'")] * count


def test_only_the_ports_of_the_own_container_count_for_a_probe() -> None:
    pods = probed("readinessProbe: {httpGet: {port: admin}}").replace(
        "containers: [", "containers: [{name: side, ports: [{name: admin, containerPort: 1}]}, "
    )
    (found,) = findings(service("{port: 80, targetPort: 8080}") + pods, RULE)
    assert found.help == "Write the name of a port of the container: 'web'."


def test_services_of_the_same_pods_are_one_finding_at_the_probe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    one = service("{port: 80, targetPort: 8080}")
    other = one.replace("name: web}", "name: web-tls}")
    pods = probed("readinessProbe: {httpGet: {port: http}}", ports="").replace(
        "spec:\n", "spec:\n  selector: {matchLabels: {app: web}}\n", 1
    )
    found = [one for one in Tree({"web.yaml": f"{one}---\n{other}{pods}"}, tmp_path).report()["findings"] if one["rule"] == RULE]
    assert [one["headline"] for one in found] == ["Service default/web and 1 more select Pods that never get ready"]
    assert (found[0]["location"]["line"], found[0]["help"]) == (22, "Write the number, or declare the port.")


@pytest.mark.parametrize("more", ["publishNotReadyAddresses: true", "type: ExternalName, externalName: a.example.com"])
def test_a_service_that_sends_traffic_to_any_pod_does_not_need_probes(more: str) -> None:
    text = service("{port: 80, targetPort: 8080}").replace("spec:\n", f"spec:\n  {more.replace(', ', chr(10) + '  ')}\n")
    assert findings(text + probed("readinessProbe: {httpGet: {port: http}}"), RULE) == []
