"""Objects that deploy something, as kustomizations print them: patched, replaced, with variables filled in, each in its cluster."""

from pathlib import Path

import pytest

from k8slblint.rendering import printed_values
from k8slblint.rendering.kustomize.patched_elsewhere import patches_of
from tests.histories import History
from tests.whole_trees import Tree, service

GIT = "{kind: GitRepository, name: flux-system}"
AZURE = "clusters: [{name: prod, paths: ['**'], platform: azure}]\n"
LISTED = "resources: [release.yaml]\n"
IP_RULE = "load-balancer-ip-deprecated"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def release(values: str = "{replicas: 1}", name: str = "relay", rest: str = "") -> str:
    return (
        f"apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata:\n  name: {name}\nspec:\n"
        f"  chart: {{spec: {{chart: relay, sourceRef: {{kind: HelmRepository, name: charts}}}}}}\n  values: {values}\n{rest}"
    )


def flux(name: str, path: str, rest: str = "", namespace: str = "flux-system") -> str:
    where = f"\n  namespace: {namespace}" if namespace else ""
    return (
        f"apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata:\n  name: {name}{where}\nspec:\n"
        f"  path: {path}\n  prune: true\n  sourceRef: {GIT}\n{rest}"
    )


def patch(path: str, value: str, operation: str = "add") -> str:
    return f"patches:\n- target: {{kind: HelmRelease}}\n  patch: |\n    - op: {operation}\n      path: {path}\n      value: {value}\n"


BALANCER = "{type: LoadBalancer, loadBalancerIP: 10.1.1.1}"
BASE = {"base/kustomization.yaml": LISTED, "base/release.yaml": release(), ".k8slblint.yaml": AZURE}


def found(files: dict[str, str], folder: Path, *rules: str) -> list[tuple[str, str, int]]:
    return [one for one in Tree(files, folder).findings() if one[0] in rules]


def units(files: dict[str, str], folder: Path) -> list[str]:
    return [one["unit"] for one in Tree(files, folder).report()["completeness"]["units"]]


def test_values_of_a_json_patch_are_at_the_operation_that_sets_them(folder: Path) -> None:
    files = BASE | {"prod/kustomization.yaml": "resources: [../base]\n" + patch("/spec/values/service", BALANCER)}
    assert found(files, folder, IP_RULE) == [(IP_RULE, "prod/kustomization.yaml", 7)]


def test_values_of_an_inline_patch_are_in_the_kustomization(folder: Path) -> None:
    merged = (
        "patches:\n- patch: |\n    kind: HelmRelease\n    apiVersion: helm.toolkit.fluxcd.io/v2\n    metadata: {name: relay}\n"
        f"    spec:\n      values:\n        service: {BALANCER}\n"
    )
    files = BASE | {"prod/kustomization.yaml": "resources: [../base]\n" + merged}
    assert found(files, folder, IP_RULE) == [(IP_RULE, "prod/kustomization.yaml", 9)]


def test_values_of_a_component_are_in_the_component(folder: Path) -> None:
    component = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n"
    files = BASE | {
        "prod/kustomization.yaml": "resources: [../base]\ncomponents: [../fixed]\n",
        "fixed/kustomization.yaml": component + patch("/spec/values/service", BALANCER),
    }
    assert found(files, folder, IP_RULE) == [(IP_RULE, "fixed/kustomization.yaml", 8)]


def test_the_last_of_several_layers_decides(folder: Path) -> None:
    layered = BASE | {
        "base/release.yaml": release(f"{{service: {BALANCER}}}"),
        "site/kustomization.yaml": "resources: [../base]\n" + patch("/spec/values/service/loadBalancerIP", "10.2.2.2", "replace"),
    }
    last = "resources: [../site]\n" + patch("/spec/values/service/loadBalancerIP", "10.3.3.3", "replace")
    assert found(layered | {"prod/kustomization.yaml": last}, folder, IP_RULE) == [(IP_RULE, "prod/kustomization.yaml", 7)]
    gone = "resources: [../site]\n" + patch("/spec/values/service", "{type: ClusterIP}", "replace")
    (folder / "prod/kustomization.yaml").write_text(gone)
    assert [one for one in Tree({}, folder).findings() if one[0] == IP_RULE] == []


def test_what_no_patch_changes_stays_at_its_file(folder: Path) -> None:
    files = BASE | {
        "base/release.yaml": release(f"{{service: {BALANCER}}}"),
        "prod/kustomization.yaml": "namespace: mail\nresources: [../base]\n",
    }
    assert found(files, folder, IP_RULE) == [(IP_RULE, "base/release.yaml", 7)]
    report = Tree({}, folder).report()["findings"]
    assert [one["resource"]["name"] for one in report if one["rule"] == IP_RULE] == ["mail/relay:service"]


@pytest.mark.parametrize(
    "content",
    [
        "patches: [{path: gone.yaml}]\n",
        "patches: [{patch: '[3]', target: {kind: HelmRelease}}]\n",
        "patches: [{patch: '[{op: replace, path: 3, value: {}}]', target: {kind: HelmRelease, name: '(a+)+$'}}]\n",
        patch("/spec/values/absent/service", "{}", "replace"),
        "patches: [{patch: '\"', target: {kind: HelmRelease}}]\n",
        "namePrefix: [x]\n",
    ],
)
def test_what_cannot_be_built_leaves_the_object_as_it_is_written(content: str, folder: Path) -> None:
    files = BASE | {
        "base/release.yaml": release(f"{{service: {BALANCER}}}"),
        "prod/kustomization.yaml": "resources: [../base]\n" + content,
    }
    assert found(files, folder, IP_RULE) == [(IP_RULE, "base/release.yaml", 7)]


REPLACED = """\
replacements:
- source: {kind: Namespace, fieldPath: metadata.name}
  targets:
  - {select: {kind: Kustomization}, fieldPaths: [metadata.namespace], options: {create: true}}
  - {select: {kind: Kustomization}, fieldPaths: [spec.targetNamespace], options: {create: true}}
"""


def test_replacements_set_the_namespace_that_a_kustomization_deploys_to(folder: Path) -> None:
    files = {
        "flux/cluster.yaml": flux("cluster", "./apps"),
        "apps/mail/kustomization.yaml": f"namespace: mail\ncomponents: [../../named]\nresources: [relay/ks.yaml]\n{REPLACED}",
        "apps/mail/relay/ks.yaml": flux("relay", "./apps/mail/relay/app", namespace=""),
        "apps/mail/relay/app/kustomization.yaml": "resources: [service.yaml]\n",
        "apps/mail/relay/app/service.yaml": service("relay", "type: LoadBalancer, loadBalancerIP: 10.1.1.1, ports: [{port: 25}]", ""),
        "named/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nresources: [namespace.yaml]\n",
        "named/namespace.yaml": "apiVersion: v1\nkind: Namespace\nmetadata: {name: not-used}\n",
    }
    report = Tree(files, folder).report()
    assert "apps/mail/relay/app/kustomization.yaml [mail/relay]" in [one["unit"] for one in report["completeness"]["units"]]
    assert {one["resource"]["namespace"] for one in report["findings"] if one["rule"] == IP_RULE} == {"mail"}


CLUSTERS = {
    "clusters/base/kustomization.yaml": "resources: [self.yaml, ../../apps/mail.yaml]\n",
    "clusters/base/self.yaml": flux("flux-system", "./clusters/other"),
    "apps/mail.yaml": flux("mail", "./apps/${SITE}/relay"),
    **{
        f"clusters/{name}/kustomization.yaml": "resources: [../base]\npatches:\n- patch: |\n    kind: Kustomization\n"
        "    apiVersion: kustomize.toolkit.fluxcd.io/v1\n    metadata: {name: flux-system, namespace: flux-system}\n"
        f"    spec: {{path: ./clusters/{name}, postBuild: {{substitute: {{SITE: {site}}}}}}}\n"
        for name, site in (("one", "near"), ("two", "far"))
    },
    **{f"apps/{site}/relay/kustomization.yaml": "resources: [../../relay]\n" for site in ("near", "far")},
    "apps/relay/kustomization.yaml": "resources: [release.yaml, service.yaml]\n",
    "apps/relay/service.yaml": service("relay", "ports: [{port: 25}]", "mail"),
    "apps/relay/release.yaml": release(f"{{service: {BALANCER}}}"),
    ".k8slblint.yaml": "clusters: [{name: one, paths: [clusters/one/**], platform: azure}, {name: two, paths: [clusters/two/**]}]\n",
}


def test_variables_of_a_kustomization_that_applies_itself_reach_the_paths_of_those_below(folder: Path) -> None:
    expected = [f"apps/{site}/relay/kustomization.yaml [flux-system/mail]" for site in ("far", "near")]
    assert units(CLUSTERS, folder) == expected
    assert not [one for one in Tree({}, folder).report()["completeness"]["not_rendered"] if one["object"].startswith("Kustomization")]


def test_a_release_is_in_each_cluster_that_deploys_it(folder: Path) -> None:
    (one,) = [one for one in Tree(CLUSTERS, folder).report()["findings"] if one["rule"] == IP_RULE]
    assert one["location"]["path"] == "apps/relay/release.yaml"


@pytest.mark.parametrize(("now", "rules"), [("{type: ClusterIP}", ["load-balancer-released"]), (BALANCER, []), ("{port: 25}", [])])
def test_what_a_patch_changes_between_revisions_is_compared(folder: Path, now: str, rules: list[str]) -> None:
    def listed(values: str) -> str:
        return "# changed\n" * (values is now) + "resources: [../base]\n" + patch("/spec/values/service", values)

    History(folder).commit(BASE | {"prod/kustomization.yaml": listed("{type: LoadBalancer, loadBalancerIP: 10.1.1.1}")})
    found_now = Tree({"prod/kustomization.yaml": listed(now)}, folder).findings("--against", "HEAD")
    assert [(rule, path) for rule, path, _ in found_now if rule != IP_RULE] == [(rule, "prod/kustomization.yaml") for rule in rules]


def test_what_a_base_changes_beneath_a_patch_is_compared(folder: Path) -> None:
    listed = {"prod/kustomization.yaml": "resources: [../base]\n" + patch("/spec/values/service/port", "25")}
    History(folder).commit(BASE | listed | {"base/release.yaml": release("{service: {type: LoadBalancer}}")})
    found_now = Tree({"base/release.yaml": release("{service: {type: ClusterIP}}")}, folder).findings("--against", "HEAD")
    assert found_now == [("load-balancer-released", "base/release.yaml", 7)]


def test_kustomizations_that_print_each_other_come_to_an_end(folder: Path) -> None:
    files = {
        f"{one}/{name}": text
        for one, other in (("a", "b"), ("b", "a"))
        for name, text in (
            ("kustomization.yaml", f"namePrefix: x-\nnamespace: n{one}\nresources: [ks.yaml]\n"),
            ("ks.yaml", flux("go", f"./{other}", "  targetNamespace: t\n  namePrefix: y-\n")),
        )
    }
    assert len(units(files, folder)) < 40


@pytest.mark.parametrize(
    ("listed", "is_deployed"),
    [
        ("resources: [other.yaml]\n", False),
        ("resources: [other.yaml, release.yaml]\n", True),
        ("resources: ['${FILE}', other.yaml]\n", True),
        ("resources: [../service.yaml]\n", True),
    ],
)
@pytest.mark.parametrize("above", ["apps/mail", "apps"])
def test_a_release_that_nothing_lists_beside_others_is_not_deployed(folder: Path, listed: str, above: str, *, is_deployed: bool) -> None:
    at = {"apps/mail": "", "apps": "mail/"}[above]
    there = listed.replace("other.yaml", f"{at}other.yaml").replace(" release.yaml", f" {at}release.yaml")
    files = {
        "flux/cluster.yaml": flux("cluster", "./apps/mail") if above == "apps/mail" else flux("cluster", "./apps"),
        f"{above}/kustomization.yaml": there,
        "apps/mail/other.yaml": release(name="other"),
        "apps/mail/release.yaml": release(f"{{service: {BALANCER}}}"),
        "apps/service.yaml": service("relay", "ports: [{port: 25}]", "mail"),
    }
    assert bool(found(files, folder, IP_RULE)) is is_deployed


@pytest.mark.parametrize("count", [20, 40])
def test_each_kustomization_is_read_once_for_all_that_it_patches(folder: Path, count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"relay-{number}" for number in range(count)]
    entries = (patch("/spec/values/service", BALANCER).replace("HelmRelease}", f"HelmRelease, name: {name}}}") for name in names)
    patches = "".join(entry.removeprefix("patches:\n") for entry in entries)
    files = {
        "base/kustomization.yaml": LISTED,
        "base/release.yaml": "---\n".join(release(name=name) for name in names),
        "prod/kustomization.yaml": f"resources: [../base]\npatches:\n{patches}",
    }
    read: list[str] = []
    monkeypatch.setattr(printed_values, "patches_of", lambda one, tree: (read.append(one.file), *patches_of(one, tree))[1:])
    assert [line for _, _, line in found(files, folder, IP_RULE)][:1] == [7]
    assert read == ["prod/kustomization.yaml"]
