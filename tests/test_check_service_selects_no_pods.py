"""When a Service is told to select no Pods: which workload was meant, how certain it is, and why else nothing is decided."""

from collections.abc import Mapping

import pytest

from k8slblint.checks import service_selects_no_pods
from k8slblint.config import Config
from k8slblint.model.loaded import Gap
from k8slblint.model.rule import Problem, Undecided
from tests import builders
from tests.linting import findings, run
from tests.texts import words_of

RULE = "service-selects-no-pods"


def service(name: str, selector: str, namespace: str | None = "shop") -> str:
    where = f", namespace: {namespace}" if namespace else ""
    return f"apiVersion: v1\nkind: Service\nmetadata: {{name: {name}{where}}}\nspec:\n  selector: {selector}\n  ports: [{{port: 80}}]\n"


def workload(name: str, labels: str, namespace: str | None = "shop", *, kind: str = "Deployment", metadata: str = "") -> str:
    where = f", namespace: {namespace}" if namespace else ""
    version = "batch/v1" if kind == "Job" else "apps/v1"
    return (
        f"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: {name}{where}{metadata}}}\n"
        f"spec:\n  template:\n    metadata: {{labels: {labels}}}\n    spec: {{containers: [{{name: main}}]}}\n"
    )


def custom(kind: str, api_version: str, namespace: str = "shop") -> str:
    return f"apiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: made, namespace: {namespace}}}\nspec: {{}}\n"


def files(*documents: str) -> str:
    return "---\n".join(documents)


NEAR = {
    "labels of its own": (
        files(service("web", "{app: a}"), workload("x", "{app: b}", metadata=", labels: {app: a}")),
        "has these labels itself",
    ),
    "a letter": (files(service("web", "{app: frontned}"), workload("x", "{app: frontend}")), "'app: frontend'"),
    "the case": (files(service("web", "{app: Web}"), workload("x", "{app: web}")), "'app: web'"),
    "the key": (files(service("web", "{app: web}"), workload("x", "{k8s-app: web}")), "'k8s-app: web', not 'app: web'"),
    "one label too many": (
        files(service("web", "{app: web, tier: front}"), workload("x", "{app: web}")),
        "the other labels, but not 'tier'",
    ),
    "one label that differs": (files(service("web", "{app: web, tier: front}"), workload("x", "{app: web, tier: back}")), "'tier: back'"),
    "the namespace": (
        files(service("web", "{app: web}"), workload("x", "{app: web}", "site"), workload("y", "{app: y}"), service("y", "{app: y}")),
        "runs in namespace 'site'",
    ),
    "all but the name": (
        files(service("web", "{app: a}"), workload("web", "{run: b}"), service("b", "{run: b}")),
        "has the Service's name",
    ),
}


@pytest.mark.parametrize(("text", "words"), NEAR.values(), ids=NEAR)
def test_the_workload_that_was_meant_is_named(text: str, words: str) -> None:
    (finding,) = findings(text, RULE)
    assert finding.confidence == "high"
    assert words in words_of(finding)
    assert words in finding.related[0].message


NOT_MEANT = {
    "a worker with a Service of its own": files(
        service("web", "{app: web}"), workload("api", "{app: webs}"), service("api", "{app: webs}")
    ),
    "the other of two versions": files(service("web-v2", "{app: web, v: v2}"), workload("web-v1", "{app: web, v: v1}")),
    "a Job": files(service("web", "{app: web, tier: front}"), workload("x", "{app: web}", kind="Job"), workload("y", "{app: y}")),
    "a Helm hook": files(
        service("web", "{app: web, tier: front}"), workload("x", "{app: web}", metadata=", annotations: {helm.sh/hook: test}")
    ),
}


@pytest.mark.parametrize("text", NOT_MEANT.values(), ids=NOT_MEANT)
def test_what_was_not_meant_is_not_named(text: str) -> None:
    found = findings(text, RULE)
    assert [(finding.confidence, finding.related) for finding in found] == [("medium", ())]


UNDECIDED = {
    "an operator in the namespace": (
        files(service("web", "{app: web}"), workload("x", "{app: y}"), custom("Kafka", "kafka.strimzi.io/v1")),
        "Kafka",
    ),
    "the label of an operator": (service("web", "{cnpg.io/cluster: db}"), "CloudNativePG"),
    "the control plane": (service("etcd", "{component: etcd}", "kube-system"), "part of the cluster itself"),
    "the role of a member": (
        files(service("db", "{app: db, role: primary}"), workload("x", "{app: db}", kind="StatefulSet")),
        "their role",
    ),
    "no workload of the namespace": (
        files(service("web", "{app: web}"), workload("x", "{app: web2}", "site")),
        "no workload of namespace 'shop'",
    ),
    "a placeholder in the labels": (files(service("web", "{app: web}"), workload("web", "{app: '${X}'}")), "contain a placeholder"),
    "a placeholder in the selector": (files(service("web", "{app: '${X}'}"), workload("web", "{app: web}")), "contains a placeholder"),
    "a chart that nothing renders": (
        files(service("web", "{app: web}"), workload("x", "{app: y}"), custom("HelmChart", "helm.cattle.io/v1", "kube-system")),
        "HelmChart",
    ),
}


@pytest.mark.parametrize(("text", "words"), UNDECIDED.values(), ids=UNDECIDED)
def test_where_pods_may_come_from_elsewhere_nothing_is_decided(text: str, words: str) -> None:
    report, _ = run(text, config=Config()._replace(select=(RULE,)))
    assert report.findings == ()
    assert [words in one.reason for one in report.completeness.undecided] == [True]


SILENT = {
    "a match": files(service("web", "{app: web}"), workload("x", "{app: web, more: labels}")),
    "the Pod of a StatefulSet": files(
        service("db-0", "{statefulset.kubernetes.io/pod-name: db-0}"), workload("db", "{app: db}", kind="StatefulSet")
    ),
    "a revision": files(service("web", "{app: web, pod-template-hash: '1'}"), workload("web", "{app: web}")),
}


@pytest.mark.parametrize("text", SILENT.values(), ids=SILENT)
def test_services_with_pods_are_silent(text: str) -> None:
    report, _ = run(text, config=Config()._replace(select=(RULE,)))
    assert (report.findings, report.completeness.undecided) == ((), [])


@pytest.mark.parametrize(
    ("text", "confidence"),
    [
        (files(service("web", "{app: web}"), workload("web", "{app: wbe}")), "medium"),
        (files(service("web", "{app: q}"), workload("x", "{app: y}")), None),
    ],
    ids=["meant", "not meant"],
)
def test_a_gap_lowers_the_confidence(text: str, confidence: str | None) -> None:
    graph = builders.graph_of(builders.resources(text), gaps=(Gap("chart/", "not rendered"),))
    (found,) = builders.run(service_selects_no_pods.check, graph)
    assert isinstance(found, Problem) == (confidence is not None)
    assert found == Undecided(("spec", "selector"), "'chart/' could not be read: not rendered") or found.confidence == confidence  # type: ignore[union-attr]


PLACES: dict[str, tuple[Mapping[str, str], str | None]] = {
    "nothing alike, in another file": ({"a/s.yaml": service("web", "{app: web}"), "a/w.yaml": workload("x", "{app: queue}")}, None),
    "one label, in another folder": ({"a/s.yaml": service("s", "{a: web, b: c}"), "z/w.yaml": workload("x", "{a: web}")}, None),
    "the name, in another folder": ({"a/s.yaml": service("web", "{app: a}"), "z/w.yaml": workload("web", "{app: b}")}, "high"),
    "no namespace, in another folder": (
        {"a/s.yaml": service("web", "{app: a}", None), "z/w.yaml": workload("web", "{app: b}", None)},
        None,
    ),
    "files of a sample": ({"examples/s.yaml": service("s", "{a: web, b: c}"), "examples/w.yaml": workload("x", "{a: web}")}, None),
    "two clusters": ({"clusters/a/s.yaml": service("web", "{app: a}"), "clusters/b/w.yaml": workload("web", "{app: b}")}, None),
}


@pytest.mark.parametrize(("tree", "confidence"), PLACES.values(), ids=PLACES)
def test_what_stands_apart_counts_less(tree: Mapping[str, str], confidence: str | None) -> None:
    assert [finding.confidence for finding in findings(tree, RULE)] == ([confidence] if confidence else [])


def rollout(strategy: str) -> str:
    spec = workload("web", "{app: web}").partition("metadata:")[2]
    return f"apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata:{spec}  strategy: {strategy}\n"


PASSING = {
    "a canary": "{canary: {canaryMetadata: {labels: {role: new}}}}",
    "the stable ones": "{canary: {stableMetadata: {labels: {role: new}}}}",
    "a preview": "{blueGreen: {previewMetadata: {labels: {role: new}}}}",
    "the active ones": "{blueGreen: {activeMetadata: {labels: {role: new}}}}",
    "an experiment": "{canary: {steps: [{setWeight: 5}, {experiment: {templates: [{name: a}, {metadata: {labels: {role: new}}}]}}]}}",
}


@pytest.mark.parametrize("strategy", PASSING.values(), ids=PASSING)
def test_labels_that_a_rollout_gives_some_pods_for_a_while_leave_it_open(strategy: str) -> None:
    linted = builders.graph(files(rollout(strategy), service("web", "{app: web, role: new}")))
    (found,) = builders.run(service_selects_no_pods.check, linted)
    assert isinstance(found, Undecided)
    assert "Rollout shop/web have these labels only while it is rolled out" in found.reason


ODD = (
    "{canary: {steps: [3, {experiment: 4}, {experiment: {templates: [5, {metadata: {labels: 6}}]}}]}}",
    "[1]",
    "{canary: {steps: {a: b}}}",
)


@pytest.mark.parametrize("strategy", [*ODD, "{canary: {canaryMetadata: {labels: {role: old}}}}"])
def test_a_rollout_without_such_labels_is_as_any_workload(strategy: str) -> None:
    (found,) = findings(files(rollout(strategy), service("web", "{app: web, role: new}")), RULE)
    assert "selects no Pods" in found.headline


def test_an_experiment_may_make_the_pods() -> None:
    text = files(custom("Experiment", "argoproj.io/v1alpha1"), workload("other", "{app: other}"), service("web", "{app: trial}"))
    assert not findings(text, RULE)
