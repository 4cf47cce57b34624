"""What bundles of Rancher Fleet and helmfiles deploy from a tree."""

import pytest

from k8slblint.rendering.gitops.fleet import fleet_bundles
from k8slblint.rendering.gitops.helmfile import helmfile_releases
from k8slblint.rendering.helm.layers import ValueLayer
from k8slblint.rendering.helm.release import ChartRelease
from k8slblint.rendering.helm.values import merged_values
from k8slblint.rendering.kustomize.root import KustomizeRoot
from k8slblint.rendering.plain import PlainFiles
from k8slblint.rendering.shelf import Shelf
from k8slblint.rendering.units import NotRendered
from tests.trees import CHART, only_reason, only_unit, shelved, tree_of


def bundles(folder, text, files=None):
    """Return what a bundle in the folder `b` deploys."""
    tree = tree_of(folder, {**(files or {}), "b/fleet.yaml": text})
    return fleet_bundles(tree, tree.files_below(""))


def test_manifests_with_their_namespace(tmp_path):
    files = {
        "b/a.yaml": "x",
        "b/sub/c.yml": "x",
        "b/README.md": "x",
        "b/overlays/o/a.yaml": "x",
        "b/own/fleet.yaml": "[]",
        "b/own/d.yaml": "x",
    }
    unit = only_unit(bundles(tmp_path, "defaultNamespace: shop\n", files))
    assert unit.source == PlainFiles(("b/a.yaml", "b/sub/c.yml"))
    assert (unit.path, unit.label, unit.deployed_by, unit.cluster, unit.namespace) == ("b/fleet.yaml", "", "Fleet bundle 'b'", None, "shop")


TARGETS = """\
targetCustomizations:
  - name: east
    clusterName: east-1
    yaml: {overlays: [o]}
  - name: west
    clusterSelector: {matchExpressions: [{key: management.cattle.io/cluster-display-name, operator: In, values: [west-1]}]}
  - clusterSelector: {matchLabels: {env: dev}}
  - name: never
    doNotDeploy: true
"""


def test_one_unit_for_each_target(tmp_path):
    found = bundles(tmp_path, TARGETS, {"b/a.yaml": "x", "b/overlays/o/a.yaml": "x", "b/overlays/o/b.yaml": "x"})
    assert [(unit.label, unit.cluster, unit.source.files) for unit in found.units] == [
        ("east", "east-1", ("b/overlays/o/a.yaml", "b/overlays/o/b.yaml")),
        ("west", "west-1", ("b/a.yaml",)),
        ("target 3", "target 3", ("b/a.yaml",)),
    ]


def test_a_chart_with_values_of_bundle_and_target(tmp_path):
    text = (
        "namespace: shop\nhelm: {chart: ../charts/web, releaseName: r, valuesFiles: [v.yaml], values: {a: 1}}\n"
        "targets:\n- name: east\n  helm: {valuesFiles: [east.yaml], values: {a: 2}}\n"
    )
    assert only_unit(bundles(tmp_path, text, CHART)).source == ChartRelease(
        "charts/web",
        (
            ValueLayer("b/v.yaml"),
            ValueLayer("b/fleet.yaml", at=("helm", "values")),
            ValueLayer("b/east.yaml"),
            ValueLayer("b/fleet.yaml", at=("targets", 0, "helm", "values")),
        ),
        "r",
        "shop",
    )


def test_a_chart_beside_the_file(tmp_path):
    assert only_unit(bundles(tmp_path, "{}\n", {"b/Chart.yaml": "name: x\n"})).source == ChartRelease("b", (), "b", "default")


def test_a_kustomization_of_the_target(tmp_path):
    text = "kustomize: {dir: base}\ntargetCustomizations: [{name: x, kustomize: {dir: over}}, {name: y}]\n"
    files = {"b/base/kustomization.yaml": "{}", "b/over/kustomization.yaml": "{}"}
    assert [unit.source for unit in bundles(tmp_path, text, files).units] == [KustomizeRoot("b/over"), KustomizeRoot("b/base")]


NOT_FOLLOWED = [
    ("helm: {chart: x, repo: https://r, version: '1'}", "chart 'x' 1 of https://r is not in this tree"),
    ("helm: {chart: oci://r/x}", "chart 'oci://r/x' of its repository is not in this tree"),
    ("helm: {chart: ../../etc}", "chart '../../etc' of its repository is not in this tree"),
    ("helm: {chart: ../charts/web, valuesFrom: [{}]}", "its values come from objects of the cluster"),
    ("helm: {chart: ../charts/web, valuesFiles: [../../x]}", "one of its `valuesFiles` is not in this tree"),
    (
        "helm: {chart: ../charts/web}\nkustomize: {dir: k}",
        "Fleet applies a kustomization to the rendered chart, which k8slblint does not do",
    ),
    ("kustomize: {dir: none}", "there is no kustomization in 'b/none'"),
    ("kustomize: {dir: ../../..}", "its kustomization is outside the repository"),
    (
        "targetCustomizations: [{name: x, yaml: {overlays: [p]}}, {name: y, yaml: {overlays: [p]}}]",
        "Fleet patches its manifests with an overlay, which k8slblint does not do",
    ),
    ("helm: {chart: [x]}", "its `chart` is not text"),
    ("{}", "its folder contains no manifests"),
]


@pytest.mark.parametrize(("text", "reason"), NOT_FOLLOWED)
def test_why_a_bundle_is_not_followed(text, reason, tmp_path):
    assert only_reason(bundles(tmp_path, f"{text}\n", {**CHART, "b/overlays/p/a_patch.yaml": "x"})) == reason


@pytest.mark.parametrize(
    "text", ["[", "[]", "1", "", "helm: 1\nkustomize: []\ntargets: {}\nyaml: 3\n", "targets: [[], 1, {yaml: {overlays: [1, ../../..]}}]\n"]
)
def test_nonsense_deploys_nothing(text, tmp_path):
    assert bundles(tmp_path, text).units == []


HELMFILE = """\
repositories: [{name: bitnami, url: https://charts.example.com}]
---
releases:
  - name: db
    chart: bitnami/postgresql
    version: 1.2.3
  - name: web
    namespace: shop
    chart: ../charts/web
    kubeContext: east
    values:
      - prod.yaml
      - a: 2
    set:
      - {name: b, value: 3}
  - name: off
    chart: ../charts/web
    installed: false
  - {name: templated, chart: ../charts/web, values: [x.yaml.gotmpl]}
  - {name: conditional, chart: ../charts/web, condition: x.enabled}
  - {name: hidden, chart: ../charts/web, secrets: [s.yaml]}
  - {name: patched, chart: ../charts/web, jsonPatches: [x]}
"""


def test_releases_of_a_helmfile(tmp_path):
    found = helmfile_releases(tree_of(tmp_path, {**CHART, "h/helmfile.yaml": HELMFILE}), "h/helmfile.yaml")
    (unit,) = found.units
    assert unit.source == ChartRelease(
        "charts/web",
        (
            ValueLayer("h/prod.yaml"),
            ValueLayer("h/helmfile.yaml", 3, ("releases", 1, "values", 1)),
            ValueLayer("h/helmfile.yaml", 3, ("releases", 1, "set", 0, "value"), "assignment", "b"),
        ),
        "web",
        "shop",
    )
    assert (unit.label, unit.cluster, unit.namespace) == ("web", "east", "shop")
    absent = found.not_rendered[0].absent
    assert found.not_rendered[0]._replace(absent=None) == NotRendered(
        "helmfile release db", "h/helmfile.yaml", 5, "chart 'bitnami/postgresql' 1.2.3 is not in this tree"
    )
    assert absent is not None
    assert (absent.name, absent.version, absent.is_whole, absent.by) == ("postgresql", "1.2.3", True, ("Release", "db"))
    assert [one.reason.removesuffix(" only by helmfile") for one in found.not_rendered[1:]] == [
        "its values 'x.yaml.gotmpl' can be evaluated",
        "only helmfile evaluates its `condition`",
        "some of its values are secret",
        "only helmfile applies its `jsonPatches`",
    ]


NO_HELMFILES = [
    "releases: 1\n",
    "releases: [1, {}, {chart: [x]}]\n",
    "a:\n  releases: [{chart: x}]\n",
    "releases: [\n",
]


@pytest.mark.parametrize("text", NO_HELMFILES)
def test_what_is_plainly_no_helmfile_deploys_nothing(text, tmp_path):
    assert helmfile_releases(tree_of(tmp_path, {"h.yaml": text}), "h.yaml") == ([], [])


ENVIRONMENTS = """\
environments:
  staging: {values: [{open: false, port: 80}]}
  prod: {values: [env.yaml, {port: 443}]}
---
releases:
  - name: web
    chart: ../charts/web
    namespace: shop-{{ .Environment.Name }}
    values: [{port: {{ .Values.port }}, zone: {{ .Values.zone | default "a" | quote }}}, x.yaml.gotmpl]
  - {name: same, chart: ../charts/web, namespace: shop}
  - {name: open, chart: ../charts/web, condition: open}
"""
FILLED = {**CHART, "h/env.yaml": "open: true\n", "h/x.yaml.gotmpl": "name: {{ .Release.Name }}\n"}


def test_a_helmfile_is_filled_in_for_each_environment(tmp_path):
    found = helmfile_releases(tree_of(tmp_path, {**FILLED, "h/helmfile.yaml": ENVIRONMENTS}), "h/helmfile.yaml")
    assert found.not_rendered == []
    assert [(unit.label, unit.namespace, unit.environment) for unit in found.units] == [
        ("web staging", "shop-staging", "staging"),
        ("same", "shop", None),
        ("web prod", "shop-prod", "production"),
        ("open prod", None, "production"),
    ]
    assert found.units[2].source.layers == (
        ValueLayer("", given={"port": 443, "zone": "a"}),
        ValueLayer("", form="text", given="name: web\n"),
    )


def test_a_variable_of_who_starts_a_helmfile_is_a_placeholder(tmp_path):
    text = (
        "releases:\n"
        '  - {name: web, chart: ../charts/web, values: [{zone: \'{{ env "ZONE" | default "a" }}\', host: \'{{ requiredEnv "HOST" }}\'}]}\n'
        "  - {name: api, chart: ../charts/web, namespace: '{{ requiredEnv \"NAME\" | quote }}'}\n"
    )
    found = helmfile_releases(tree_of(tmp_path, {**CHART, "h/helmfile.yaml": text}), "h/helmfile.yaml")
    assert [unit.source.layers for unit in found.units] == [(ValueLayer("", given={"zone": "${ZONE}", "host": "${HOST}"}),)]
    assert [(one.description, one.reason) for one in found.not_rendered] == [
        ("helmfile release api", "its `namespace` '${NAME}' contains a placeholder")
    ]


NOT_FILLED = ["{{ range .x }}", '{{ requiredEnv "X" }}', "{{ .Values.gone }}", '{{ exec "id" (list) }}', "{{ .Values.gone | upper }}", "{{"]


@pytest.mark.parametrize("template", NOT_FILLED)
def test_a_helmfile_with_other_templates_is_told(template, tmp_path):
    text = f"releases:\n  - {{name: web, chart: ../charts/web}}\n# {{{{ x }}}}\nx:\n{template}\n"
    found = helmfile_releases(tree_of(tmp_path, {**CHART, "h/helmfile.yaml": text}), "h/helmfile.yaml")
    told = [(one.line, one.reason) for one in found.not_rendered]
    assert (found.units, told) == ([], [(5, "only helmfile evaluates its templates")]) or template == "{{"


def test_values_never_bring_templates_into_a_helmfile(tmp_path):
    text = "environments: {prod: {values: [v.yaml]}}\n---\nreleases: [{name: '{{ .Values.a }}', chart: ../charts/web}]\n"
    found = helmfile_releases(tree_of(tmp_path, {**CHART, "h/v.yaml": "a: '{{ exec }}'\n", "h/helmfile.yaml": text}), "h/helmfile.yaml")
    assert found.units == []


def test_a_file_that_is_not_there_deploys_nothing(tmp_path):
    assert helmfile_releases(tree_of(tmp_path, {}), "../../etc/passwd") == ([], [])


PATCH = "apiVersion: v1\nkind: Service\nmetadata: {name: desk}\nspec: {type: LoadBalancer}\n"
PATCHED = """\
targetCustomizations:
  - {name: one, clusterSelector: {matchLabels: {env: dev}}, yaml: {overlays: [small]}}
  - {name: two, clusterSelector: {matchLabels: {env: prod}}, yaml: {overlays: [large]}}
"""


def test_an_overlay_patches_manifests_and_labels_tell_the_environment(tmp_path):
    files = {"b/desk.yaml": "x", "b/overlays/small/more.yaml": "x", "b/overlays/large/desk_patch.yaml": PATCH}
    found = bundles(tmp_path, PATCHED, files)
    assert [(unit.label, unit.environment, unit.source) for unit in found.units] == [
        ("one", "development", PlainFiles(("b/desk.yaml", "b/overlays/small/more.yaml"))),
        ("two", "production", KustomizeRoot("b", files=("b/desk.yaml",), patches=("b/overlays/large/desk_patch.yaml",))),
    ]


def test_all_that_a_helmfile_sets(tmp_path):
    release = (
        "releases:\n- name: web\n  chart: ../charts/web\n"
        "  set: [{name: a, values: [1, 'x,y', true]}, {name: b, file: b.txt}, {name: c, value: 'true'}]\n"
        "  setString: [{name: d, value: 'true'}, {name: e, values: [1]}]\n"
    )
    tree = tree_of(tmp_path, {**CHART, "h/helmfile.yaml": release, "h/b.txt": "text"})
    source = only_unit(helmfile_releases(tree, "h/helmfile.yaml")).source
    assert isinstance(source, ChartRelease)
    assert merged_values(tree, source.layers) == {"a": [1, "x,y", True], "b": "text", "c": True, "d": "true", "e": ["1"]}


@pytest.mark.parametrize("one", ["3", "{name: a}", "{value: 1}", "{name: a, file: ../../x}", "{name: a, file: gone}", "{name: a, file: 3}"])
def test_what_a_helmfile_sets_that_cannot_be_read(one, tmp_path):
    release = f"releases:\n- name: web\n  chart: ../charts/web\n  set: [{one}]\n"
    assert only_reason(helmfile_releases(tree_of(tmp_path, {**CHART, "h/helmfile.yaml": release}), "h/helmfile.yaml"))


@pytest.mark.parametrize(
    ("helm", "repository"),
    [
        ("chart: web, repo: https://charts.example.com, version: 1.0.0", "https://charts.example.com"),
        ("chart: oci://charts.example.com/web, version: 1.0.0", "oci://charts.example.com"),
    ],
)
def test_the_chart_of_a_bundle_may_be_beside_the_tree(helm, repository, tmp_path):
    tree = tree_of(tmp_path, {"a/fleet.yaml": f"helm: {{{helm}, values: {{a: 1}}}}\n"}).with_shelf(
        Shelf([shelved("web", repository=repository)])
    )
    source = only_unit(fleet_bundles(tree, ["a/fleet.yaml"])).source
    assert isinstance(source, ChartRelease)
    assert source.chart == ".k8slblint/charts/web-1.0.0.tgz"


@pytest.mark.parametrize("text", ["apiVersion: agones.dev/v1\nkind: Fleet\nmetadata: {name: f}\nspec: {replicas: 2}\n", "[]", "5"])
def test_an_object_is_no_bundle_whatever_its_file_is_called(tmp_path, text):
    assert bundles(tmp_path, text, {"b/a.yaml": "x"}) == ([], [])


def repository(paths: str, url: str = "https://git.example.com/shop/deploy") -> str:
    return f"apiVersion: fleet.cattle.io/v1alpha1\nkind: GitRepo\nmetadata: {{name: shop}}\nspec: {{repo: {url}{paths}}}\n"


_TWO = {"apps/web/fleet.yaml": "{}", "apps/web/a.yaml": "x", "old-stuff/fleet.yaml": "{}", "old-stuff/b.yaml": "x"}


@pytest.mark.parametrize(
    ("repositories", "folders"),
    [
        ((", paths: [apps]",), ["apps/web"]),
        ((", paths: [apps/web]",), ["apps/web"]),
        ((", paths: ['apps/*']",), ["apps/web"]),
        ((", paths: [./apps/, /old-stuff]",), ["apps/web", "old-stuff"]),
        ((", paths: [apps]", ", paths: [old-stuff]"), ["apps/web", "old-stuff"]),
        ((", paths: [ap]",), ["apps/web", "b", "old-stuff"]),
        (("",), ["apps/web", "b", "old-stuff"]),
        ((), ["apps/web", "b", "old-stuff"]),
    ],
)
def test_git_repos_say_which_folders_are_bundles(tmp_path, repositories, folders):
    files = {f"fleet/{number}.yaml": repository(paths) for number, paths in enumerate(repositories)}
    found = bundles(tmp_path, "{}", {**_TWO, **files, "b/c.yaml": "x"})
    assert [unit.path.rpartition("/")[0] for unit in found.units] == folders


def test_git_repos_of_two_repositories_say_nothing(tmp_path):
    files = {"fleet/a.yaml": repository(", paths: [apps]"), "fleet/b.yaml": repository(", paths: [old-stuff]", "https://other/x")}
    assert len(bundles(tmp_path, "{}", {**_TWO, **files, "b/c.yaml": "x"}).units) == 3


@pytest.mark.parametrize(
    ("beside", "files"), [({}, ("b/a.yaml",)), ({"g.yaml": repository(", paths: [b]")}, ("b/a.yaml", "b/archive/c.yaml"))]
)
def test_what_is_put_aside_is_deployed_only_where_a_git_repo_names_the_folder(tmp_path, beside, files):
    unit = only_unit(bundles(tmp_path, "{}", {"b/a.yaml": "x", "b/archive/c.yaml": "x", **beside}))
    assert unit.source == PlainFiles(files)
