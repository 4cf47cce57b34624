"""What is rendered although something is missing: the rest is linted, nothing is claimed to be absent, and one note tells what it lacks."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from k8slblint.commands.cli import cli
from k8slblint.rendering.helm.releases import release_name
from k8slblint.rendering.helm.versions import fits
from k8slblint.rendering.kustomize.output import _without_log
from tests.test_budget import tgz
from tests.test_provenance import write

HEAD = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"
SERVICE = """\
apiVersion: v1
kind: Service
metadata: {name: ledger}
spec: {type: NodePort, selector: {app: ledger}, ports: [{port: 80}]}
"""
KSOPS = "apiVersion: viaduct.ai/v1\nkind: ksops\nmetadata: {name: keys}\nfiles: [./keys.enc.yaml]\n"
URL = "https://git.example.com/raw/v2/definitions.yaml"
CHART = "apiVersion: v2\nname: ledger\nversion: 1.0.0\n"


def scan(top: Path, files: dict[str, str], *options: str) -> dict[str, Any]:
    write(top, files)
    result = CliRunner().invoke(cli, ["scan", str(top), "--format", "json", "--no-config", *options], env={"PRE_COMMIT": ""})
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    report: dict[str, Any] = json.loads(result.stdout)
    return report


def found(report: dict[str, Any], top: Path) -> dict[str, str]:
    """Return the places of findings by rule."""
    shown = (*report["findings"], *report.get("notifications", ()))
    return {one["rule"]: one["location"]["path"].removeprefix(f"{top}/") for one in shown}


def note(report: dict[str, Any]) -> str:
    (one,) = [one for one in (*report["findings"], *report.get("notifications", ())) if one["rule"] == "render-failed"]
    return str(one["message"])


LEAVES = {
    "a remote resource": f"resources: [ledger.yaml, {URL}]\n",
    "a remote file of a generator": f"resources: [ledger.yaml]\nconfigMapGenerator: [{{name: board, files: [a.json={URL}]}}]\n",
    "a remote chart": "resources: [ledger.yaml]\nhelmCharts: [{name: board, repo: 'https://charts.example.org', version: 1.0.0}]\n",
    "remote definitions": f"resources: [ledger.yaml]\ncrds: [{URL}]\n",
}


@pytest.mark.parametrize("text", LEAVES.values(), ids=LEAVES.keys())
def test_a_remote_leaf_costs_only_itself(tmp_path: Path, text: str) -> None:
    report = scan(tmp_path, {"bank/kustomization.yaml": f"{HEAD}namespace: bank-prod\n{text}", "bank/ledger.yaml": SERVICE})
    assert found(report, tmp_path)["node-port-in-production"] == "bank/ledger.yaml"
    assert any("bank-prod" in one["message"] for one in report["findings"])
    assert "is rendered in part" in note(report)
    assert "service-selects-no-pods" in {one["rule"] for one in report["completeness"]["undecided"]}


def test_a_remote_base_that_is_patched_is_not_rendered(tmp_path: Path) -> None:
    patch = "patches: [{path: type.yaml}]\n"
    files = {"bank/kustomization.yaml": f"{HEAD}resources: [{URL}]\n{patch}", "bank/type.yaml": SERVICE}
    assert "cannot be rendered" in note(scan(tmp_path, files))


PATCHES = {
    "a file": ("patches: [{path: type.yaml}]\n", True),
    "a file by its old field": ("patchesStrategicMerge: [type.yaml]\n", True),
    "a text": ("patches: [{patch: 'kind: Service\n\n    metadata: {name: board}\n\n    apiVersion: v1'}]\n", True),
    "of what is there": ("patches: [{path: own.yaml}]\n", True),
    "of both": ("patches: [{path: both.yaml}]\n", False),
    "that is broken": ("patches: [{path: broken.yaml}]\n", False),
    "that is missing": ("patches: [{path: missing.yaml}]\n", False),
    "of a generated object": ("patches: [{path: generated.yaml}]\n", False),
}


@pytest.mark.parametrize(
    "base", [f"resources: [ledger.yaml, {URL}]\n", "resources: [ledger.yaml]\nhelmCharts: [{name: b, repo: 'https://x.example'}]\n"]
)
@pytest.mark.parametrize(("patch", "is_rendered"), PATCHES.values(), ids=PATCHES.keys())
def test_a_patch_of_what_is_elsewhere_is_left_out_with_it(tmp_path: Path, base: str, patch: str, is_rendered: bool) -> None:
    other = SERVICE.replace("ledger", "board")
    files = {
        "bank/kustomization.yaml": f"{HEAD}namespace: bank-prod\n{base}{patch}",
        "bank/ledger.yaml": SERVICE,
        "bank/type.yaml": other,
        "bank/own.yaml": SERVICE,
        "bank/both.yaml": f"{SERVICE}---\n{other}",
        "bank/broken.yaml": "kind: [\n",
        "bank/generated.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n",
    }
    assert ("is rendered in part" in note(scan(tmp_path, files))) == is_rendered


def test_a_patch_by_a_target_that_is_elsewhere_changes_nothing(tmp_path: Path) -> None:
    chart = "helmCharts: [{name: board, repo: 'https://charts.example.org', version: 1.0.0}]\n"
    patch = 'patches: [{patch: \'[{"op": "remove", "path": "/spec"}]\', target: {kind: Service, name: board}}]\n'
    kustomization = f"{HEAD}namespace: bank-prod\nresources: [ledger.yaml]\n{chart}{patch}"
    assert "is rendered in part" in note(scan(tmp_path, {"bank/ledger.yaml": SERVICE, "bank/kustomization.yaml": kustomization}))


def test_a_folder_of_nothing_but_remote_resources_leaves_the_others(tmp_path: Path) -> None:
    files = {
        "kustomization.yaml": f"{HEAD}namespace: bank-prod\nresources: [definitions, ledger.yaml]\n",
        "definitions/kustomization.yaml": f"{HEAD}resources: [{URL}]\n",
        "ledger.yaml": SERVICE,
    }
    assert found(scan(tmp_path, files), tmp_path)["node-port-in-production"] == "ledger.yaml"


@pytest.mark.parametrize(
    "type_", ["viaduct.ai/v1 ksops", "argyle.com/v1 ksops", "goabout.com/v1beta1 SopsSecretGenerator", "goabout.com/v1beta1 SopsSecret"]
)
def test_a_generator_of_secrets_is_left_out_without_a_word(tmp_path: Path, type_: str) -> None:
    version, kind = type_.split()
    files = {
        "bank/kustomization.yaml": f"{HEAD}namespace: bank-prod\nresources: [ledger.yaml]\ngenerators: [keys.yaml]\n",
        "bank/keys.yaml": f"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: keys}}\nfiles: [./keys.enc.yaml]\n",
        "bank/ledger.yaml": SERVICE,
    }
    report = scan(tmp_path, files)
    assert found(report, tmp_path)["node-port-in-production"] == "bank/ledger.yaml"
    assert "render-failed" not in found(report, tmp_path)


def test_a_generator_of_secrets_hides_no_error_of_kustomize(tmp_path: Path) -> None:
    files = {
        "bank/kustomization.yaml": f"{HEAD}resources: [ledger.yaml, again.yaml]\ngenerators: [keys.yaml]\n",
        "bank/keys.yaml": KSOPS,
        "bank/ledger.yaml": SERVICE,
        "bank/again.yaml": SERVICE,
    }
    assert "already registered" in note(scan(tmp_path, files))


def test_another_generator_is_still_refused(tmp_path: Path) -> None:
    files = {
        "bank/kustomization.yaml": f"{HEAD}resources: [ledger.yaml]\ngenerators: [run.yaml]\n",
        "bank/run.yaml": "apiVersion: example.com/v1\nkind: Printer\nmetadata: {name: x}\n",
        "bank/ledger.yaml": SERVICE,
    }
    assert "runs a program" in note(scan(tmp_path, files))


def test_a_file_beside_the_folder_is_linted_and_the_flag_is_named(tmp_path: Path) -> None:
    report = scan(tmp_path, {"bank/kustomization.yaml": f"{HEAD}namePrefix: x-\nresources: [../ledger.yaml]\n", "ledger.yaml": SERVICE})
    assert found(report, tmp_path)["node-port-in-production"] == "ledger.yaml"
    assert "--load-restrictor LoadRestrictionsNone" in note(report)


TEXT_PATCHES = f"{HEAD}resources: [ledger.yaml]\npatches: [public.yaml]\n"
PUBLIC = "apiVersion: v1\nkind: Service\nmetadata: {name: ledger}\nspec: {type: LoadBalancer}\n"


def test_patches_that_are_text_are_applied_and_said_to_be_of_kustomize_4(tmp_path: Path) -> None:
    files = {"bank/kustomization.yaml": TEXT_PATCHES, "bank/ledger.yaml": SERVICE, "bank/public.yaml": PUBLIC}
    report = scan(tmp_path, files)
    assert "node-port-in-production" not in found(report, tmp_path)
    (one,) = [one for one in report["findings"] if one["rule"] == "render-failed"]
    assert one["headline"].endswith("bank is built only by kustomize 4")
    assert (one["severity"], one["location"]["line"]) == ("warning", 4)
    files["bank/kustomization.yaml"] = TEXT_PATCHES.replace("[public.yaml]", "[{path: public.yaml}]")
    assert "render-failed" not in found(scan(tmp_path, files), tmp_path)


def test_patches_that_are_text_are_left_out_with_what_they_patch(tmp_path: Path) -> None:
    text = TEXT_PATCHES.replace("[ledger.yaml]", f"[ledger.yaml, {URL}]").replace("[public.yaml]", "[public.yaml, gone.yaml]")
    gone = PUBLIC.replace("ledger", "gone")
    report = scan(tmp_path, {"b/kustomization.yaml": text, "b/ledger.yaml": SERVICE, "b/public.yaml": PUBLIC, "b/gone.yaml": gone})
    shown = (*report["findings"], *report.get("notifications", ()))
    said = [one["headline"].partition("/b is ")[2] for one in shown if one["rule"] == "render-failed"]
    assert sorted(said) == ["built only by kustomize 4", "rendered in part: it needs the network"]
    assert "node-port-in-production" not in found(report, tmp_path)


LIFTED = (
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: argocd-cm}\n"
    "data:\n  kustomize.buildOptions: --load-restrictor LoadRestrictionsNone --enable-exec\n"
)


def test_a_generator_of_secrets_keeps_no_file_beside_the_folder_away(tmp_path: Path) -> None:
    files = {
        "argocd/cm.yaml": LIFTED,
        "bank/kustomization.yaml": f"{HEAD}namePrefix: x-\nresources: [../ledger.yaml]\ngenerators: [keys.yaml]\n",
        "bank/keys.yaml": KSOPS,
        "ledger.yaml": SERVICE,
    }
    report = scan(tmp_path, files)
    assert found(report, tmp_path)["node-port-in-production"] == "ledger.yaml"
    assert "render-failed" not in found(report, tmp_path)


PREFIXED = "apiVersion: builtin\nkind: PrefixTransformer\nmetadata: {name: x}\nprefix: x-\nfieldSpecs: [{path: metadata/name}]\n"


def test_plug_ins_of_kustomize_read_no_file_beside_the_folder(tmp_path: Path) -> None:
    files = {
        "argocd/cm.yaml": LIFTED,
        "bank/kustomization.yaml": f"{HEAD}resources: [../ledger.yaml]\ntransformers: [prefix.yaml]\n",
        "bank/prefix.yaml": PREFIXED,
        "ledger.yaml": SERVICE,
    }
    said = note(scan(tmp_path, files))
    assert "plug-ins" in said
    assert "refuses" not in said


def test_a_missing_file_is_named_by_its_path_in_the_tree(tmp_path: Path) -> None:
    files = {"bank/east/kustomization.yaml": f"{HEAD}resources: [../base/x.yaml]\n", "base/x.yaml": SERVICE}
    assert "bank/base/x.yaml" in note(scan(tmp_path, files))


def test_what_a_logger_puts_before_an_error_is_not_repeated() -> None:
    line = 'E0712 03:01:02.000301    4711 run.go:72] "command failed" err="accumulating resources: \\"a\\" is wrong"'
    assert _without_log(line) == 'accumulating resources: "a" is wrong'
    assert _without_log("E0712 03:01:02.000301 4711 run.go:72] it is wrong") == "it is wrong"
    assert _without_log("Error: E0712 is no time") == "Error: E0712 is no time"


DEPENDENT = {
    "ledger/Chart.yaml": f"{CHART}dependencies: [{{name: store, version: 1.x, repository: 'https://charts.example.com'}}]\n",
    "ledger/templates/service.yaml": SERVICE,
}


def test_own_templates_are_rendered_without_an_absent_dependency(tmp_path: Path) -> None:
    report = scan(tmp_path, DEPENDENT)
    assert found(report, tmp_path)["node-port-in-production"] == "ledger/templates/service.yaml"
    assert "is rendered in part: a dependency is not vendored" in note(report)
    assert "service-selects-no-pods" in {one["rule"] for one in report["completeness"]["undecided"]}


def test_a_chart_that_needs_helpers_of_an_absent_dependency_is_not_rendered(tmp_path: Path) -> None:
    files = {**DEPENDENT, "ledger/templates/service.yaml": SERVICE.replace("ledger}", '{{ include "store.name" . }}}', 1)}
    assert "cannot be rendered: a dependency is not vendored" in note(scan(tmp_path, files))


@pytest.mark.parametrize(("image", "is_told"), [("'{{ .Values.image.name }}'", False), ("ledger", True)])
def test_what_is_left_out_may_have_the_port(tmp_path: Path, image: str, *, is_told: bool) -> None:
    """Of what the Service selects, a CronJob is rendered; the Deployment, which has the port, is refused and left out."""
    pods = "{metadata: {labels: {app: ledger}}, spec: {restartPolicy: Never, containers: [{name: a, image: IMAGE}]}}"
    daily = f"spec: {{schedule: '@daily', jobTemplate: {{spec: {{template: {pods}}}}}}}\n"
    job = f"apiVersion: batch/v1\nkind: CronJob\nmetadata: {{name: dump}}\n{daily}"
    serving = (
        pods.replace("restartPolicy: Never, ", "")
        .replace("name: a", "name: a, ports: [{name: books, containerPort: 80}]")
        .replace("IMAGE", image)
    )
    files = {
        "bank/Chart.yaml": CHART,
        "bank/templates/service.yaml": SERVICE.replace(
            "port: 80", "port: 80, targetPort: books" if not is_told else "port: 80, targetPort: pages"
        ),
        "bank/templates/job.yaml": job.replace("IMAGE", "dump"),
        "bank/templates/serving.yaml": (
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: ledger}\n"
            f"spec: {{selector: {{matchLabels: {{app: ledger}}}}, template: {serving}}}\n"
        ),
    }
    assert ("service-port-unresolved" in found(scan(tmp_path, files), tmp_path)) == is_told


FILLED_IN = '{{ if eq .Provider "metal" }}\n' + SERVICE + "{{ end }}\n"


@pytest.mark.parametrize(
    ("files", "is_told"),
    [
        ({"bank/kustomization.yaml": f"{HEAD}resources: [ledger.yaml]\n", "bank/ledger.yaml": FILLED_IN}, False),
        (
            {
                "bank/kustomization.yaml": f"{HEAD}resources:\n{{{{< if .Books >}}}}\n- ledger.yaml\n{{{{< end >}}}}\n",
                "bank/ledger.yaml": SERVICE,
            },
            False,
        ),
        ({"bank/kustomization.yaml": f"{HEAD}resources: [ledger.yaml]\nbases: {{}}\n", "bank/ledger.yaml": SERVICE}, True),
    ],
)
def test_what_a_program_fills_in_before_is_not_refused(tmp_path: Path, files: dict[str, str], *, is_told: bool) -> None:
    report = scan(tmp_path, files, "--allow-empty")
    assert ("render-failed" in found(report, tmp_path)) == is_told
    assert [one["failure"] is None for one in report["completeness"]["units"]] == [False]


def test_defaults_of_a_part_elsewhere_are_no_values_of_an_absent_chart(tmp_path: Path) -> None:
    """What the part's own templates read of them is known: `protocol` nobody reads, and the node port is placed where it stands."""
    service = SERVICE.replace("ledger}", "{{ .Chart.Name }}}", 1).replace(
        "port: 80}", "port: 80, nodePort: 302{{ .Values.service.nodePort }}}"
    )
    files = {
        "bank/Chart.yaml": f"{CHART}dependencies: [{{name: store, version: 1.x, repository: 'file://parts/store'}}]\n",
        "bank/parts/store/Chart.yaml": "apiVersion: v2\nname: store\nversion: 1.0.0\n",
        "bank/parts/store/values.yaml": "service:\n  type: NodePort\n  ports: [{port: 80, protocol: tcp}]\n  nodePort: 94\n",
        "bank/parts/store/templates/service.yaml": service,
    }
    report = scan(tmp_path, files)
    assert found(report, tmp_path)["node-port-in-production"].startswith("bank/parts/store/")
    assert "helm-value-invalid" not in found(report, tmp_path)


USES_HELPER = SERVICE.replace("ledger}", '{{ include "store.name" . }}}', 1)


@pytest.mark.parametrize(("version", "is_taken"), [("1.7.2", True), ("2.0.0", False)])
def test_a_chart_of_the_tree_stands_for_a_dependency_whose_range_it_fits(tmp_path: Path, version: str, *, is_taken: bool) -> None:
    files = {
        **{f"charts/{name}": text for name, text in DEPENDENT.items()},
        "charts/store/Chart.yaml": f"apiVersion: v2\nname: store\nversion: {version}\n",
        "charts/store/templates/_name.tpl": '{{ define "store.name" }}books{{ end }}',
        "charts/ledger/templates/service.yaml": SERVICE.replace("ledger}", '{{ include "store.name" . }}}', 1),
    }
    report = scan(tmp_path, files)
    assert ("render-failed" in found(report, tmp_path)) != is_taken
    assert ("node-port-in-production" in found(report, tmp_path)) == is_taken


@pytest.mark.parametrize(
    ("repository", "places", "is_taken"),
    [
        ("@local", ["shared/store"], True),
        ("alias:house", ["teams/shared/store"], True),
        ("https://charts.example.com", ["shared/store"], False),  # another chart may have that name
        ("@local", ["shared/store", "other/store"], False),
        ("@local", ["shared/store", "teams/shared/store"], True),  # the nearest
        ("@local", ["shared/deep/store"], False),
    ],
)
def test_an_own_repository_is_looked_for_beside_the_folders_above(
    tmp_path: Path, repository: str, places: list[str], *, is_taken: bool
) -> None:
    metadata = DEPENDENT["ledger/Chart.yaml"].replace("'https://charts.example.com'", f"'{repository}'")
    files = {"teams/ledger/Chart.yaml": metadata, "teams/ledger/templates/service.yaml": USES_HELPER}
    for place in places:
        files[f"{place}/Chart.yaml"] = "apiVersion: v2\nname: store\nversion: 1.2.0\ntype: library\n"
        files[f"{place}/templates/_name.tpl"] = '{{ define "store.name" }}books{{ end }}'
    assert ("node-port-in-production" in found(scan(tmp_path, files), tmp_path)) == is_taken


@pytest.mark.parametrize(
    ("version", "wanted", "expected"),
    [
        ("8.4.0", "8.4.*", True),
        ("8.5.0", "8.4.*", False),
        ("1.2.3", "^1.1", True),
        ("2.0.0", "^1.1", False),
        ("0.4.0", "^0.3.0", False),
        ("1.2.9", "~1.2.3", True),
        ("1.3.0", "~1.2.3", False),
        ("1.3.0", "~1", True),
        ("1.5.0", ">= 1.0.0, < 2.0.0", True),
        ("3.1.0", "1.x || 3.x", True),
        ("1.6.0", "1.2.0 - 1.5.0", False),
        ("1.0.0-rc.1", ">=0", False),
        ("13.3.0", "~13.x-0", True),
        ("14.0.0", "~13.x-0", False),
        ("13.0.0-rc.1", "~13.x-0", True),
        ("1.0.0", ">=1.0.0-0 <2.0.0-0", True),
        ("2.0.0", ">=1.0.0-0 <2.0.0-0", False),
        ("1.0.0", ">1.0.0-beta", True),
        ("1.0.0", "<=1.0.0-beta", False),
        ("1.0.0", "=1.0.0-beta", False),
        ("1.4.0", "^1.2.0-0 || ^2.0.0-0", True),
        ("1.2.0-rc.1", "^1.1.0-beta", False),  # it would have to be compared
        ("1.0.0-rc.1", "1.0.0-rc.1", True),
        ("1.0.0", "newest", False),
        ("1.0.0", "", True),
        ("latest", "", False),
    ],
)
def test_versions_are_held_against_ranges_as_helm_does(version: str, wanted: str, *, expected: bool) -> None:
    assert fits(version, wanted) is expected


@pytest.mark.parametrize(
    ("candidates", "expected"),
    [
        (("ledger",), "ledger"),
        (("My_Ledger", "ledger"), "ledger"),
        (("My_Ledger",), "my-ledger"),
        (("", "___"), "release-name"),
        (("20.0.2", "nginx"), "nginx"),
        (("web.v2", "web"), "web"),
        (("20.0.2",), "release-name"),
        (("web.v2",), "web-v2"),
    ],
)
def test_a_release_that_nobody_names_has_a_valid_name(candidates: tuple[str, ...], expected: str) -> None:
    assert release_name(*candidates) == expected


DEPLOYER = """\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: ledger, namespace: flux-system}
spec:
  path: ./bank/app
  targetNamespace: bank
  components: [../../parts/vault]
  sourceRef: {kind: GitRepository, name: flux-system}
"""


def test_patches_of_a_kustomization_work_on_the_components_that_its_deployer_adds(tmp_path: Path) -> None:
    vault = "apiVersion: v1\nkind: Service\nmetadata: {name: vault}\nspec: {selector: {app: vault}, ports: [{port: 80}]}\n"
    files = {
        "flux/ledger.yaml": DEPLOYER,
        "parts/vault/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nresources: [v.yaml]\n",
        "parts/vault/v.yaml": vault,
        "bank/app/kustomization.yaml": f"{HEAD}resources: [ledger.yaml]\npatches: [{{path: patch.yaml}}]\n",
        "bank/app/ledger.yaml": SERVICE.replace("NodePort", "ClusterIP"),
        "bank/app/patch.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: vault}\nspec: {type: NodePort}\n",
    }
    report = scan(tmp_path, files)
    assert "render-failed" not in found(report, tmp_path)
    (one,) = [one for one in report["findings"] if one["rule"] == "node-port-in-production"]
    assert one["headline"].startswith("Service bank/vault ")
    assert one["location"]["path"].endswith("bank/app/patch.yaml")


def test_a_fault_in_a_packed_dependency_is_not_in_this_tree_to_mend(tmp_path: Path) -> None:
    lonely = "apiVersion: v1\nkind: Service\nmetadata: {name: relay}\nspec: {selector: {app: relay}, ports: [{port: 80}]}\n"
    lonely += "---\napiVersion: v1\nkind: Pod\nmetadata: {name: relay, labels: {app: other}}\nspec: {containers: [{name: a, image: b}]}\n"
    relay = {"relay/Chart.yaml": CHART.replace("ledger", "relay").encode(), "relay/templates/relay.yaml": lonely.encode()}
    write(tmp_path, {"shop/Chart.yaml": f"{CHART}dependencies: [{{name: relay, version: 1.0.0}}]\n", "shop/charts/.keep": ""})
    (tmp_path / "shop/charts/relay-1.0.0.tgz").write_bytes(tgz(relay))
    assert "service-selects-no-pods" not in found(scan(tmp_path, {}), tmp_path)
    result = CliRunner().invoke(cli, ["scan", str(tmp_path), "--format", "json", "--min-confidence", "low"], env={"PRE_COMMIT": ""})
    told = {(one["rule"], one["confidence"], one["location"]["path"][-4:]) for one in json.loads(result.stdout)["findings"]}
    assert told == {("service-selects-no-pods", "low", ".tgz")}


def test_files_outside_of_several_folders_are_one_remark(tmp_path: Path) -> None:
    files = {f"{name}.yaml": SERVICE.replace("ledger", name) for name in ("a", "b")}
    files |= {f"{name}-small/kustomization.yaml": f"{HEAD}resources: [../{name}.yaml]\n" for name in ("a", "b")}
    assert "b-small'" in note(scan(tmp_path, files))


LIBRARY = "dependencies: [{name: common, version: 2.x.x, repository: 'oci://registry.example.com/charts'}]\n"
NAMES = """\
{{- define "ledger.name" -}}{{ include "ledger.part" . }}{{- end -}}
{{- define "ledger.part" -}}{{ include "common.names.fullname" . }}{{- end -}}
{{- define "ledger.app" -}}ledger{{- end -}}
"""
NAMED = SERVICE.replace("name: ledger", 'name: "{{ include "ledger.name" . }}"').replace("NodePort", "LoadBalancer")
OWN = SERVICE.replace("app: ledger", 'app: {{ include "ledger.app" . }}')


def with_library(**more: str) -> dict[str, str]:
    files = {"Chart.yaml": f"{CHART}{LIBRARY}", "templates/_names.tpl": NAMES, "templates/own.yaml": OWN, "templates/named.yaml": NAMED}
    return {f"bank/{path}": text for path, text in {**files, **more}.items()}


def test_templates_that_call_helpers_of_an_absent_library_cost_only_themselves(tmp_path: Path) -> None:
    report = scan(tmp_path, with_library(**{"templates/NOTES.txt": '{{ include "common.notes" . }}'}))
    assert found(report, tmp_path)["node-port-in-production"] == "bank/templates/own.yaml"
    assert "call absent helpers and are left out" in note(report) or "calls absent helpers" in note(report)
    assert [unit["documents"] for unit in report["completeness"]["units"]] == [1]


def test_a_chart_of_which_all_templates_need_an_absent_library_is_not_rendered(tmp_path: Path) -> None:
    files = with_library()
    del files["bank/templates/own.yaml"]
    assert "cannot be rendered" in note(scan(tmp_path, files))


def test_a_template_that_fails_for_another_reason_is_left_out_too(tmp_path: Path) -> None:
    report = scan(tmp_path, with_library(**{"templates/failing.yaml": '{{ fail "no" }}'}))
    assert found(report, tmp_path)["node-port-in-production"] == "bank/templates/own.yaml"


def test_a_chart_that_a_kustomization_inflates_is_not_judged_by_its_own_defaults(tmp_path: Path) -> None:
    chart = {
        "bank/charts/ledger/Chart.yaml": CHART,
        "bank/charts/ledger/templates/ledger.yaml": SERVICE.replace("ledger}\n", "{{ .Values.hosts.name }}}\n", 1),
    }
    deployer = {
        "bank/prod/kustomization.yaml": (
            f"{HEAD}helmGlobals: {{chartHome: ../charts}}\nhelmCharts: [{{name: ledger, valuesFile: hosts.yaml}}]\n"
        ),
        "bank/prod/hosts.yaml": "hosts: {name: ledger}\n",
    }
    alone = scan(tmp_path / "alone", chart)
    assert "render-failed" not in found(alone, tmp_path / "alone")  # whoever deploys it sets the value
    assert "nil pointer" in alone["completeness"]["units"][0]["failure"]
    report = scan(tmp_path / "inflated", chart | deployer, "--min-confidence", "low")
    assert "render-failed" not in found(report, tmp_path / "inflated")
    assert found(report, tmp_path / "inflated")["node-port-in-production"].endswith("templates/ledger.yaml")
    at_folder = {"bank/prod/kustomization.yaml": f"{HEAD}helmCharts: [{{name: ledger, repo: ../charts, valuesFile: hosts.yaml}}]\n"}
    report = scan(tmp_path / "named", chart | deployer | at_folder)
    assert not any(one["location"]["path"].endswith("templates/ledger.yaml") for one in report["findings"])


def test_an_absent_file_of_a_generator_costs_only_the_generator(tmp_path: Path) -> None:
    text = "resources: [ledger.yaml]\nsecretGenerator: [{name: keys, files: [secrets/key.json]}, {name: more, envs: [secrets/more.env]}]\n"
    report = scan(tmp_path, {"bank/kustomization.yaml": f"{HEAD}namespace: bank-prod\n{text}", "bank/ledger.yaml": SERVICE})
    assert found(report, tmp_path)["node-port-in-production"] == "bank/ledger.yaml"
    assert "is rendered in part: a file is missing" in note(report)


@pytest.mark.parametrize("is_listed", [False, True])
def test_an_empty_kustomization_that_nothing_reaches_is_a_note(tmp_path: Path, *, is_listed: bool) -> None:
    empty = {"bank/kustomization.yaml": "# resources: [ledger.yaml]\nkind: Kustomization\n", "bank/ledger.yaml": SERVICE}
    above = {"kustomization.yaml": f"{HEAD}resources: [bank]\n"} if is_listed else {}
    (one,) = [one for one in scan(tmp_path, empty | above)["findings"] if one["rule"] == "render-failed"] or [{"severity": "note"}]
    assert one["severity"] == "note"
    assert "rendering: charts:" not in str(one)


COPIES = {
    "a replacement": "replacements: [{source: {kind: ConfigMap, name: keys, fieldPath: data.TAG}, targets: [{select: {kind: Service}, "
    "fieldPaths: [metadata.annotations.tag], options: {create: true}}]}]\n",
    "a variable": "vars: [{name: TAG, objref: {apiVersion: v1, kind: ConfigMap, name: keys}, fieldref: {fieldPath: data.TAG}}]\n",
    "odd ones": "replacements: [5, {source: {kind: [], name: {}, fieldPath: data.TAG}}]\nvars: [x, {objref: 5}]\n",
}


@pytest.mark.parametrize("copies", COPIES.values(), ids=COPIES.keys())
def test_what_is_copied_from_a_file_that_stays_private_is_left_out(tmp_path: Path, copies: str) -> None:
    text = f"{HEAD}namespace: bank-prod\nresources: [ledger.yaml]\nconfigMapGenerator: [{{name: keys, envs: [.env]}}]\n{copies}"
    report = scan(tmp_path, {"bank/kustomization.yaml": text, "bank/ledger.yaml": SERVICE})
    assert ("is rendered in part: a file is missing" in note(report)) == ("kind: []" not in copies)


def test_a_replacement_from_what_is_there_is_not_left_out(tmp_path: Path) -> None:
    copies = COPIES["a replacement"].replace("name: keys", "name: other")
    text = f"{HEAD}namespace: bank-prod\nresources: [ledger.yaml]\nconfigMapGenerator: [{{name: keys, envs: [.env]}}]\n{copies}"
    text = text.replace("envs: [.env]}", "envs: [.env]}, {name: other, literals: [TAG=v7]}")
    report = scan(tmp_path, {"bank/kustomization.yaml": text, "bank/ledger.yaml": SERVICE})
    assert "is rendered in part: a file is missing" in note(report)
