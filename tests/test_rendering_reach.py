"""Which files of a tree become objects: what nobody deploys is claimed with low confidence at most, and is no revision of anything."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from k8slblint.commands.cli import cli
from tests.test_provenance import write

KUSTOMIZATION = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [{}]\n"
SERVICE = """\
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: mail}}
spec: {{type: {type}, selector: {{app: relay}}, ports: [{{port: 25, targetPort: 70000}}]}}
"""
POOL = "apiVersion: metallb.io/v1beta1\nkind: IPAddressPool\nmetadata: {name: p, namespace: lb}\nspec: {addresses: [10.9.0.0/24]}\n"
FLUX = """\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {{name: {name}, namespace: flux-system}}
spec:
  interval: 5m
  path: ./{path}
  prune: true
  sourceRef: {{kind: GitRepository, name: flux-system}}
"""
ARGO = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: relay, namespace: argocd}
spec:
  destination: {server: "https://kubernetes.default.svc", namespace: mail}
  source: {repoURL: https://git.example.com/platform, path: mail}
"""
VENDIR = "apiVersion: vendir.k14s.io/v1alpha1\nkind: {kind}\ndirectories: [{{path: mail, contents: [{{{content}}}]}}]\n"
CHART = "apiVersion: v2\nname: relay\nversion: 1.0.0\n"


def scan(*options: str) -> dict[str, Any]:
    result = CliRunner().invoke(cli, ["scan", *options, "--format", "json", "--min-confidence", "low"], env={"PRE_COMMIT": ""})
    assert result.exit_code in (0, 1), result.output
    report: dict[str, Any] = json.loads(result.stdout)
    return report


def confidences(top: Path, files: dict[str, str]) -> dict[str, set[str]]:
    """Return how sure the findings of `invalid-resource` and others are, by file."""
    write(top, files)
    found: dict[str, set[str]] = {}
    for finding in scan(str(top))["findings"]:
        found.setdefault(finding["location"]["path"].removeprefix(f"{top}/"), set()).add(finding["confidence"])
    return found


BAD = SERVICE.format(name="relay", type="ClusterIP")

UNDEPLOYED = {
    "a file that the kustomization beside it does not list": {
        "mail/kustomization.yaml": KUSTOMIZATION.format("pool.yaml"),
        "mail/pool.yaml": POOL,
    },
    "a folder below the kustomization that Flux deploys": {
        "mail/kustomization.yaml": KUSTOMIZATION.format("pool.yaml"),
        "mail/pool.yaml": POOL,
        "mail/later/relay.yaml": BAD,
        "flux/mail.yaml": FLUX.format(name="mail", path="mail"),
    },
    "a file that an Application is told to leave out": {
        "mail/pool.yaml": POOL,
        "argo/mail.yaml": (
            "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: mail, namespace: argocd}\n"
            "spec:\n  source: {repoURL: 'https://git.example.com/mail', path: mail, directory: {exclude: 'rel*'}}\n"
            "  destination: {server: 'https://kubernetes.default.svc', namespace: mail}\n"
        ),
    },
    "a file in whose place Fleet puts one of an overlay": {
        "mail/fleet.yaml": "targetCustomizations: [{name: prod, clusterName: prod, yaml: {overlays: [prod]}}]\n",
        "mail/pool.yaml": POOL,
        "mail/overlays/prod/relay.yaml": SERVICE.format(name="relay", type="LoadBalancer"),
    },
    "a folder that vendir fills": {
        "vendir.yml": VENDIR.format(kind="Config", content="path: ., git: {url: 'https://git.example.com/mail'}"),
    },
    "a folder that vendir filled": {
        "vendir.lock.yml": VENDIR.format(kind="LockConfig", content="path: ., git: {sha: abc}"),
    },
    "a library of ytt": {
        "kustomization.yaml": KUSTOMIZATION.format("pool.yaml"),
        "pool.yaml": POOL,
        "config/_ytt_lib/mail/relay.yaml": BAD,
    },
    "the files of a chart": {
        "chart/Chart.yaml": CHART,
        "chart/templates/pool.yaml": POOL,
        "chart/files/relay.yaml": BAD,
    },
    "a file that a template reads": {
        "chart/Chart.yaml": CHART,
        "chart/templates/pool.yaml": POOL + "data: '{{ .Files.Get \"extra/relay.yaml\" | b64enc }}'\n",
        "chart/extra/relay.yaml": BAD,
    },
}


@pytest.mark.parametrize("files", UNDEPLOYED.values(), ids=UNDEPLOYED.keys())
def test_a_claim_about_what_nobody_deploys_is_of_low_confidence(tmp_path: Path, files: dict[str, str]) -> None:
    place = next((name for name in files if name.endswith("relay.yaml") and "/overlays/" not in name), "mail/relay.yaml")
    assert confidences(tmp_path, {**files, place: BAD})[place] == {"low"}


@pytest.mark.parametrize(("listed", "confidence"), [("pool.yaml", "low"), ("pool.yaml, relay.yaml", "high")])
def test_text_that_is_broken_is_judged_like_its_objects(tmp_path: Path, listed: str, confidence: str) -> None:
    files = {"mail/kustomization.yaml": KUSTOMIZATION.format(listed), "mail/pool.yaml": POOL, "mail/relay.yaml": f"{BAD}  type: [\n"}
    assert confidences(tmp_path, files)["mail/relay.yaml"] == {confidence}


DEPLOYED = {
    "a folder whose content vendir leaves alone": {"vendir.yml": VENDIR.format(kind="Config", content="path: ., manual: {}")},
    "a folder beside those that vendir fills": {"vendir.yml": VENDIR.format(kind="Config", content="path: upstream, git: {}")},
    "a folder that vendir would leave the tree for": {"vendir.yml": VENDIR.format(kind="Config", content="path: ../../mail, git: {}")},
    "the folder of vendir itself": {"mail/vendir.yml": VENDIR.format(kind="Config", content="path: .., git: {}")},
    "an absolute folder": {"vendir.yml": VENDIR.format(kind="Config", content="path: /mail, git: {}")},
    "what is no configuration of vendir": {"vendir.yml": "directories: [{path: mail, contents: [{path: .}]}]\n"},
    "a broken configuration of vendir": {"vendir.yml": VENDIR.format(kind="Config", content="path: [}")},
    "what a kustomization takes from a folder that vendir fills": {
        "vendir.yml": VENDIR.format(kind="Config", content="path: ., git: {}"),
        "kustomization.yaml": KUSTOMIZATION.format("mail/relay.yaml"),
    },
    "listed": {"mail/kustomization.yaml": KUSTOMIZATION.format("relay.yaml")},
    "listed by the kustomization of another folder": {
        "mail/kustomization.yaml": KUSTOMIZATION.format("pool.yaml"),
        "mail/pool.yaml": POOL,
        "kustomization.yaml": KUSTOMIZATION.format("mail, mail/relay.yaml"),
    },
    "beside a kustomization whose entries are filled in later": {
        "mail/kustomization.yaml": KUSTOMIZATION.format('"${VARIANT}.yaml"'),
    },
    "in a folder without kustomization": {"web/kustomization.yaml": KUSTOMIZATION.format("pool.yaml"), "web/pool.yaml": POOL},
    "in a folder of its own beside what Flux deploys": {
        "web/kustomization.yaml": KUSTOMIZATION.format("pool.yaml"),
        "web/pool.yaml": POOL,
        "flux/web.yaml": FLUX.format(name="web", path="web"),
    },
}


@pytest.mark.parametrize("files", DEPLOYED.values(), ids=DEPLOYED.keys())
def test_a_claim_about_what_may_be_deployed_keeps_its_confidence(tmp_path: Path, files: dict[str, str]) -> None:
    assert "low" not in confidences(tmp_path, {**files, "mail/relay.yaml": BAD})["mail/relay.yaml"]


APP_SET = """\
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {{name: all, namespace: argocd}}
spec:
  generators: [{generator}]
  template:
    metadata: {{name: '{{{{path.basename}}}}'}}
    spec:
      destination: {{server: "https://kubernetes.default.svc", namespace: mail}}
      source: {{repoURL: https://git.example.com/platform, path: '{path}'}}
"""
FOLDERS = "{git: {repoURL: https://git.example.com/platform, directories: [{path: apps/*}]}}"
OF_CLUSTERS = f"{{matrix: {{generators: [{{clusters: {{}}}}, {FOLDERS}]}}}}"


def unfollowed(path: str, name: str = "x", rest: str = "") -> str:
    """Return a Kustomization of Flux whose patch is not text, so that it is not followed."""
    return FLUX.format(name=name, path=path) + f"  patches: [{{patch: [1]}}]\n{rest}"


FOLLOWED = {
    "web/kustomization.yaml": KUSTOMIZATION.format("pool.yaml"),
    "web/pool.yaml": POOL,
    "flux/web.yaml": FLUX.format(name="web", path="web"),
}


def released(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: dict[str, str], after: dict[str, str]) -> list[str]:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "before", before)
    write(tmp_path / "after", after)
    return [found["headline"] for found in scan("after", "--against", "before", "--select", "load-balancer-released")["findings"]]


BALANCER = SERVICE.format(name="relay", type="LoadBalancer").replace("70000", "25")
UNLISTED = {"mail/kustomization.yaml": KUSTOMIZATION.format("pool.yaml"), "mail/pool.yaml": POOL, "mail/relay.yaml": BALANCER}
LISTED = {**UNLISTED, "mail/kustomization.yaml": KUSTOMIZATION.format("pool.yaml, relay.yaml")}
MAIL = {"mail/kustomization.yaml": KUSTOMIZATION.format("relay.yaml"), "mail/relay.yaml": BALANCER, "pool.yaml": POOL}


@pytest.mark.parametrize(
    ("deployer", "is_reached"),
    [
        (unfollowed("other"), False),
        (unfollowed("mail"), True),
        (unfollowed("${CLUSTER}/mail"), True),
        (unfollowed("mai"), False),
        (unfollowed("other/${CLUSTER}"), False),
        (unfollowed("other", rest="  components: [../mail]\n"), True),
        (unfollowed("overlays/prod"), True),
        (ARGO.replace("path: mail", "path: mail, plugin: {}"), True),
        (ARGO.replace("path: mail", "path: other"), False),
        (APP_SET.format(generator="{clusters: {}}", path="mail"), True),
        (APP_SET.format(generator="{clusters: {}}", path="other"), False),
        (APP_SET.format(generator="{clusters: {}}", path="{{metadata.labels.path}}"), True),
        (APP_SET.format(generator=OF_CLUSTERS, path="{{path}}"), False),
        (APP_SET.format(generator=OF_CLUSTERS.replace("apps/", "mail/"), path="{{path}}"), True),
        (APP_SET.format(generator="{clusters: {template: {spec: {source: {path: mail}}}}}", path="other"), True),
        (APP_SET.format(generator="{clusters: {}}", path="other") + "  templatePatch: 'spec: {source: {path: mail}}'\n", True),
    ],
)
def test_a_deployer_that_is_not_followed_reaches_only_what_it_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, deployer: str, *, is_reached: bool
) -> None:
    overlay = {
        "overlays/prod/kustomization.yaml": KUSTOMIZATION.format("../../mail"),
        "mail/kustomization.yaml": KUSTOMIZATION.format("pool.yaml"),
    }
    after = {**FOLLOWED, **overlay, "flux/x.yaml": deployer, "mail/pool.yaml": POOL}
    before = {**after, "mail/kustomization.yaml": KUSTOMIZATION.format("relay.yaml, pool.yaml"), "mail/relay.yaml": BALANCER}
    assert len(released(tmp_path, monkeypatch, before, after)) == is_reached


def test_a_file_that_was_never_listed_releases_nothing_when_it_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert released(tmp_path, monkeypatch, UNLISTED, {name: text for name, text in UNLISTED.items() if "relay" not in name}) == []


def test_a_file_that_is_listed_no_more_releases_its_load_balancer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(released(tmp_path, monkeypatch, LISTED, UNLISTED)) == 1


@pytest.mark.parametrize("deployer", [ARGO, FLUX.format(name="relay", path="mail")], ids=["Argo CD", "Flux"])
def test_what_no_deployer_reaches_releases_nothing_when_it_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, deployer: str) -> None:
    kept = {**MAIL, "deploy/mail.yaml": deployer}
    gone = {"printed.yaml": SERVICE.format(name="other", type="LoadBalancer")}
    assert released(tmp_path, monkeypatch, {**kept, **gone}, kept) == []


def test_what_goes_from_the_folder_of_a_deployer_is_released(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    after = {
        **MAIL,
        "mail/kustomization.yaml": KUSTOMIZATION.format("../pool2.yaml").replace("../pool2.yaml", ""),
        "flux/m.yaml": FLUX.format(name="relay", path="mail"),
    }
    del after["mail/relay.yaml"]
    after["mail/kustomization.yaml"] = KUSTOMIZATION.format("pool.yaml")
    after["mail/pool.yaml"] = POOL
    assert len(released(tmp_path, monkeypatch, {**MAIL, "flux/m.yaml": FLUX.format(name="relay", path="mail")}, after)) == 1


def test_an_application_whose_folder_is_gone_releases_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = {"mail/relay.yaml": BALANCER, "apps/relay.yaml": ARGO, "lb/pool.yaml": POOL}
    after = {"post/relay.yaml": BALANCER, "apps/relay.yaml": ARGO, "lb/pool.yaml": POOL}
    assert released(tmp_path, monkeypatch, before, after) == []


def test_a_tree_of_nothing_but_deployers_tells_what_it_does_not_render(tmp_path: Path) -> None:
    release = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: m, namespace: mail}\n"
    write(tmp_path, {"m.yaml": f"{release}spec: {{interval: 1h, chartRef: {{kind: OCIRepository, name: relay}}}}\n"})
    assert [one["object"] for one in scan(str(tmp_path))["completeness"]["not_rendered"]] == ["HelmRelease mail/m"]


@pytest.mark.parametrize("kind", ["ConfigMap", "Service"])
def test_local_configuration_is_no_object(tmp_path: Path, kind: str) -> None:
    head = f"apiVersion: v1\nkind: {kind}\nmetadata: {{name: x, annotations: {{config.kubernetes.io/local-config: 'true'}}}}\n"
    write(tmp_path, {"x.yaml": f"{head}data: {{port: 1}}\nspec: {{ports: [{{port: 99999}}]}}\n"})
    assert scan(str(tmp_path))["findings"] == []


@pytest.mark.parametrize(
    ("value", "is_local"),
    [
        ("'true'", True),
        ("'yes'", True),
        ("False", True),
        ("''", True),
        ("'false'", False),
        ("false # no", False),
        ("", False),
        ("${LOCAL}", False),
    ],
)
def test_local_configuration_is_what_kustomize_leaves_out(tmp_path: Path, value: str, *, is_local: bool) -> None:
    head = f"apiVersion: v1\nkind: Service\nmetadata:\n  name: x\n  annotations:\n    config.kubernetes.io/local-config: {value}\n"
    write(tmp_path, {"x.yaml": f"{head}spec: {{ports: [{{port: 70000}}]}}\n", "pool.yaml": POOL})
    assert ("service-rejected" in {one["rule"] for one in scan(str(tmp_path))["findings"]}) != is_local


@pytest.mark.parametrize(
    ("owner", "expected"),
    [
        ("'{{ .Values.owner.name }}'", {"low"}),
        ("'{{ .Values.owner.name | default \"x\" }}'", {"high"}),
        ("'{{ if .Values.owner.name }}{{ .Values.owner.name }}{{ end }}'", {"high"}),
        ("'{{ .Values.mode }}'", {"high"}),
    ],
)
def test_a_chart_that_leaves_a_value_to_its_releases_gives_no_sure_claim_by_its_defaults(
    tmp_path: Path, owner: str, expected: set[str]
) -> None:
    service = BAD.replace("metadata: {name: relay, namespace: mail}", f"metadata: {{name: relay, labels: {{owner: {owner}}}}}")
    files = {"chart/Chart.yaml": CHART, "chart/values.yaml": "mode: debug\nowner: {}\n", "chart/templates/relay.yaml": service}
    assert confidences(tmp_path, files)["chart/templates/relay.yaml"] == expected


POLICY = "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: relay, namespace: mail}\nspec: {minAvailable: [1]}\n"
"""Of a kind that nothing here asks for: it is only held against its schema."""


def test_an_object_of_an_unused_kind_that_nobody_deploys_is_of_low_confidence_too(tmp_path: Path) -> None:
    files = {"mail/kustomization.yaml": KUSTOMIZATION.format("pool.yaml"), "mail/pool.yaml": POOL, "mail/relay-patch.yaml": POLICY}
    assert confidences(tmp_path, files)["mail/relay-patch.yaml"] == {"low"}


@pytest.mark.parametrize(
    ("patch", "expected"), [("path: ./private/relay.yaml", {"low"}), ("path: ./patch.yaml", {"high"}), ("patch: '[]'", {"high"})]
)
def test_what_a_patch_from_elsewhere_completes_is_of_low_confidence(tmp_path: Path, patch: str, expected: set[str]) -> None:
    kustomization = KUSTOMIZATION.format("relay.yaml") + f"patches: [{{{patch}}}]\n"
    files = {"mail/kustomization.yaml": kustomization, "mail/relay.yaml": POLICY, "mail/patch.yaml": "kind: x\n"}
    assert confidences(tmp_path, files)["mail/relay.yaml"] == expected


@pytest.mark.parametrize(
    ("default", "printed", "expected"),
    [
        ('""', "{{ .Values.budget }}", {"low"}),
        ('""', "{{ if .Values.budget }}{{ .Values.budget }}{{ end }}", {"high"}),
        ("[1]", "{{ .Values.budget | first }}", set()),
    ],
)
def test_an_empty_default_that_the_object_is_refused_with_is_for_releases_to_set(
    tmp_path: Path, default: str, printed: str, expected: set[str]
) -> None:
    job = (
        "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: sweep}\nspec:\n  schedule: "
        + printed
        + "\n  jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: b}]}}}}\n"
    )
    service = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {type: LoadBalancer, selector: {app: a}, ports: [{port: 80}]}\n"
    files = {
        "chart/Chart.yaml": CHART,
        "chart/values.yaml": f"budget: {default}\n",
        "chart/templates/sweep.yaml": job,
        "chart/templates/service.yaml": service,
    }
    found = confidences(tmp_path, files).get("chart/templates/sweep.yaml", set())
    assert found == expected or (expected == set() and "low" not in found)
