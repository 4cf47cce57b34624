"""Files of values of charts that are not in the tree: which ones deployers name, and what is read of them."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from k8slblint.commands.cli import cli
from tests.whole_trees import Tree

RULE = "load-balancer-ip-deprecated"
VALUES = "replicas: 2\nservice:\n  type: LoadBalancer\n  loadBalancerIP: 10.1.1.1\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def found(files: dict[str, str], folder: Path) -> list[tuple[str, int]]:
    return [(path, line) for rule, path, line in Tree(files, folder).findings() if rule == RULE]


HELMFILE = """\
templates:
  default: &default
    missingFileHandler: Warn
    values:
    - layers/{{`{{ .Release.Name }}`}}/common.yaml
    - layers/{{`{{ .Release.Name }}`}}/{{`{{ .Environment.Name }}`}}.yaml
    secrets: ['layers/{{`{{ .Release.Name }}`}}/secret.yaml']
releases:
- name: relay
  chart: example/relay
  <<: *default
"""


@pytest.mark.parametrize("name", ["helmfile.yaml", "site/helmfile.yaml", "helmfile.yaml.gotmpl"])
@pytest.mark.parametrize("layer", ["common", "default"])
def test_layers_that_helmfile_fills_in_for_each_release_are_read(folder: Path, name: str, layer: str) -> None:
    at = f"{name.rpartition('/')[0]}/".lstrip("/")
    beside = {"apps/kustomization.yaml": "resources: [a.yaml]\n", "apps/a.yaml": "apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n"}
    files = beside | {name: HELMFILE, f"{at}layers/relay/{layer}.yaml": VALUES, f"{at}layers/other/common.yaml": VALUES}
    assert found(files, folder) == [(f"{at}layers/relay/{layer}.yaml", 4)]


@pytest.mark.parametrize("text", ["{{`", "{{`{{ .Release.Name }}`", "{{`a`}} {{ exec `x` }}", "{{``}}", '{{`{{ exec "id" (list) }}`}}'])
def test_other_literals_are_left_to_helmfile(folder: Path, text: str) -> None:
    files = {"helmfile.yaml": HELMFILE.replace("{{`{{ .Release.Name }}`}}/common", f"{text}/common"), "layers/other/common.yaml": VALUES}
    assert found(files, folder) == []


RELEASE = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: relay, namespace: mail}
spec:
  chart: {spec: {chart: relay, sourceRef: {kind: HelmRepository, name: charts}}}
  valuesFrom: [{kind: Secret, name: relay}, {kind: ConfigMap, name: KIND}]
"""
GENERATED = "resources: [release.yaml]\nconfigMapGenerator: [{name: relay, files: [values.yaml=relay.txt.yaml]}]\n"


@pytest.mark.parametrize(("name", "is_read"), [("relay", True), ("other", False)])
def test_plain_layers_beside_secret_ones_are_read(folder: Path, name: str, *, is_read: bool) -> None:
    files = {"a/release.yaml": RELEASE.replace("KIND", name), "a/kustomization.yaml": GENERATED, "a/relay.txt.yaml": VALUES}
    assert found(files, folder) == ([("a/relay.txt.yaml", 4)] if is_read else [])


REFERENCES = "nameReference: [{kind: ConfigMap, version: v1, fieldSpecs: [{path: spec/valuesFrom/name, kind: HelmRelease}]}]\n"


def test_the_hash_in_the_name_of_a_generated_map_is_no_part_of_it(folder: Path) -> None:
    listed = f"namespace: mail\nconfigurations: [names.yaml]\n{GENERATED}"
    files = {"a/release.yaml": RELEASE.replace("KIND", "relay"), "a/kustomization.yaml": listed, "a/names.yaml": REFERENCES}
    assert found({**files, "a/relay.txt.yaml": VALUES}, folder) == [("a/relay.txt.yaml", 4)]


@pytest.mark.parametrize(
    "content", ["[1]\n", "{{ if }}\nservice: {loadBalancerIP: 1}\n", "service: [loadBalancerIP]\n", "\0service:\n", "a: &a [*a]\n"]
)
def test_files_that_are_no_values_say_nothing(folder: Path, content: str) -> None:
    files = {"a/release.yaml": RELEASE.replace("KIND", "relay"), "a/kustomization.yaml": GENERATED, "a/relay.txt.yaml": content}
    assert found(files, folder) == []


def test_values_of_a_file_are_called_alike_from_wherever_it_is_scanned(folder: Path) -> None:
    release = RELEASE.replace("KIND", "relay").replace("{kind: Secret, name: relay}, ", "")
    files = {"a/release.yaml": release, "a/kustomization.yaml": GENERATED, "a/relay.txt.yaml": VALUES}
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    for scanned in (".", str(folder)):
        result = CliRunner().invoke(cli, ["scan", scanned, "--format", "json", "--no-config"], env={"PRE_COMMIT": ""})
        (told,) = [one for one in json.loads(result.stdout)["findings"] if one["rule"] == RULE]
        assert told["resource"]["name"] == "a/relay.txt.yaml:service"
