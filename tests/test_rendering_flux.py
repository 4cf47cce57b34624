"""What Kustomizations and HelmReleases of Flux deploy from a tree, and why others are not followed."""

import json

import pytest

from k8slblint.rendering.gitops.deployments import deployments
from k8slblint.rendering.gitops.substitution import PartialVariables
from k8slblint.rendering.helm.layers import ValueLayer
from k8slblint.rendering.helm.release import ChartRelease
from k8slblint.rendering.helm.values import merged_values
from k8slblint.rendering.kustomize.root import KustomizeRoot
from tests.builders import resources
from tests.trees import CHART, OVERLAY, deployed, only_reason, only_unit, shelved, tree_of

FLUX_SYSTEM = "sourceRef: {kind: GitRepository, name: flux-system}"


def kustomization(spec: str, *, name: str = "web", source: str = FLUX_SYSTEM) -> str:
    """Return a Kustomization of Flux; `spec` are further fields of its spec in flow style."""
    head = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n"
    return f"{head}metadata: {{name: {name}, namespace: flux-system}}\nspec: {{{source}, {spec}}}\n"


def git_repository(name: str, url: str, more: str = "") -> str:
    head = "apiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\n"
    return f"---\n{head}metadata: {{name: {name}, namespace: flux-system}}\nspec: {{url: '{url}'{more}}}\n"


def config_map(name: str, data: str, namespace: str = "flux-system") -> str:
    return f"---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: {namespace}}}\ndata: {data}\n"


def test_an_overlay(tmp_path):
    unit = only_unit(deployed(tmp_path, kustomization("path: ./overlays/prod"), OVERLAY))
    assert unit.source == KustomizeRoot("overlays/prod", {}, (), is_unrestricted=True)
    assert (unit.path, unit.label) == ("overlays/prod/kustomization.yaml", "flux-system/web")
    assert (unit.deployed_by, unit.namespace, unit.cluster, unit.substitute) == ("Kustomization flux-system/web", None, None, None)


@pytest.mark.parametrize("path", ["overlays/prod", "./overlays/prod/", "/overlays/prod", "./overlays/../overlays/prod"])
def test_a_path_is_that_from_the_top(path, tmp_path):
    assert only_unit(deployed(tmp_path, kustomization(f"path: {path}"), OVERLAY)).source.folder == "overlays/prod"


def test_the_file_of_the_object_tells_the_cluster(tmp_path):
    manifest = kustomization("path: ./overlays/prod")
    assert only_unit(deployed(tmp_path, manifest, OVERLAY, at="clusters/east/web.yaml")).path == "clusters/east/web.yaml"
    assert only_unit(deployed(tmp_path, manifest, OVERLAY, rendered=True)).path == "overlays/prod/kustomization.yaml"


def test_a_tree_of_several_repositories_is_read_from_the_nearest_that_fits(tmp_path):
    files = {f"mine/{path}": text for path, text in OVERLAY.items()}
    assert (
        only_unit(deployed(tmp_path, kustomization("path: overlays/prod"), files, at="mine/a/b.yaml")).source.folder == "mine/overlays/prod"
    )


def test_everything_that_is_laid_over_a_kustomization(tmp_path):
    spec = (
        "path: overlays/prod, targetNamespace: shop, namePrefix: p-, nameSuffix: -s, "
        "images: [{name: a, newTag: '1', junk: 2}], components: [../../components/tls], "
        "commonMetadata: {labels: {team: a, bad: 1}, annotations: {note: b}}, "
        "patches: [{patch: 'x: 1', target: {kind: Service, name: 3}}], "
        "patchesStrategicMerge: [{z: 2}], patchesJson6902: [{patch: [{op: remove, path: /a}], target: {kind: Pod}}]"
    )
    files = {**OVERLAY, "components/tls/kustomization.yaml": "kind: Component\n"}
    unit = only_unit(deployed(tmp_path, kustomization(spec), files))
    assert unit.namespace == "shop"
    assert unit.source.options == {
        "namespace": "shop",
        "namePrefix": "p-",
        "nameSuffix": "-s",
        "patches": [
            {"patch": "x: 1", "target": {"kind": "Service"}},
            {"patch": '{"z": 2}'},
            {"patch": '[{"op": "remove", "path": "/a"}]', "target": {"kind": "Pod"}},
        ],
        "images": [{"name": "a", "newTag": "1"}],
        "labels": [{"pairs": {"team": "a"}, "includeSelectors": False}],
        "commonAnnotations": {"note": "b"},
        "components": ["components/tls"],
    }


def test_a_folder_without_kustomization_is_all_of_its_yaml(tmp_path):
    files = {
        "apps/b.yml": "kind: A\n",
        "apps/a.yaml": "kind: A\n",
        "apps/c.json": "{}",
        "apps/empty.yaml": "# nothing\n",
        "apps/.sops.yaml": "x: 1\n",
        "apps/sub/d.yaml": "kind: A\n",
        "apps/own/kustomization.yml": "resources: [e.yaml]\n",
        "apps/own/e.yaml": "kind: A\n",
        "apps/left-out/f.yaml": "kind: A\n",
        ".sourceignore": "left-out/\n",
    }
    root = only_unit(deployed(tmp_path, kustomization("path: apps"), files, at="flux/ks.yaml")).source
    assert root == KustomizeRoot("apps", {}, ("apps/a.yaml", "apps/b.yml", "apps/own", "apps/sub/d.yaml"), is_unrestricted=True)


def test_links_to_folders_are_not_followed(tmp_path):
    files = {"apps/sub/a.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n", "base/kustomization.yaml": "resources: []\n"}
    tree_of(tmp_path, files)
    for name, target in (("up", ".."), ("top", "../.."), ("base", "../../base")):
        (tmp_path / "apps" / "sub" / name).symlink_to(target)
    unit = only_unit(deployed(tmp_path, kustomization("path: ./apps/sub"), at="clusters/prod/apps.yaml"))
    assert isinstance(unit.source, KustomizeRoot)
    assert unit.source.files == ("apps/sub/a.yaml",)


def test_a_repository_may_ignore_files_of_its_own_choice(tmp_path):
    files = {"apps/a.yaml": "kind: A\n", "apps/.sops.yaml": "kind: A\n", "other/b.yaml": "kind: A\n"}
    manifest = kustomization("path: ./") + git_repository("flux-system", "https://x/y/z", ', ignore: "/*\\n!/apps"')
    found = deployed(tmp_path, manifest, files, at="flux/ks.yaml")
    assert only_unit(found).source.files == ("apps/.sops.yaml", "apps/a.yaml")


VARIABLES = [
    # postBuild, the variables, whether some are unknown
    ("", None, False),
    ("postBuild: {substitute: {A: '1', B: \"2\\n\"}}", {"A": "1", "B": "2"}, False),
    ("postBuild: {substituteFrom: [{kind: ConfigMap, name: vars}]}", {"A": "cm", "C": "3"}, False),
    ("postBuild: {substitute: {A: '1'}, substituteFrom: [{kind: ConfigMap, name: vars}]}", {"A": "1", "C": "3"}, False),
    ("postBuild: {substituteFrom: [{kind: ConfigMap, name: vars}, {kind: ConfigMap, name: more}]}", {"A": "more", "C": "3"}, False),
    ("postBuild: {substitute: {A: '1'}, substituteFrom: [{kind: Secret, name: vars}]}", {"A": "1"}, True),
    ("postBuild: {substitute: {A: '1'}, substituteFrom: [{kind: ConfigMap, name: none}]}", {"A": "1"}, True),
    ("postBuild: {substitute: {A: '1'}, substituteFrom: [{kind: ConfigMap, name: none, optional: true}]}", {"A": "1"}, True),
    ("postBuild: {substitute: {A: '1'}, substituteFrom: [{kind: ConfigMap, name: elsewhere}]}", {"A": "1"}, True),
    ("postBuild: {substitute: {A: '1', B: 2, 'no-name': x}}", {"A": "1"}, True),
    ("postBuild: {substitute: {}}", {}, True),
    ("postBuild: {substitute: [a], substituteFrom: {b: c}}", {}, True),
    ("postBuild: {substitute: {A: '1'}, substituteFrom: [1, {kind: ConfigMap, name: [x]}]}", {"A": "1"}, True),
    ("postBuild: []", None, False),
]


@pytest.mark.parametrize(("post_build", "variables", "is_partial"), VARIABLES)
def test_variables(post_build, variables, is_partial, tmp_path):
    maps = config_map("vars", "{A: cm, C: '3', D: 4}") + config_map("more", "{A: more}") + config_map("elsewhere", "{X: y}", "other")
    found = only_unit(deployed(tmp_path, kustomization(f"path: overlays/prod, {post_build}") + maps, OVERLAY)).substitute
    assert found == variables
    assert isinstance(found, PartialVariables) == is_partial


EXTERNAL = "apiVersion: external-secrets.io/v1\nkind: ExternalSecret\n"
SECRETS = [
    'apiVersion: v1\nkind: Secret\nmetadata: {name: real}\nstringData: {A: "ENC[x]"}\n',
    "apiVersion: v1\nkind: Secret\nmetadata: {name: real}\ndata: {A: eA==}\n",
    "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: real}\nspec: {encryptedData: {A: xyz}}\n",
    EXTERNAL + "metadata: {name: real}\nspec: {data: [{secretKey: A}, 1]}\n",
    EXTERNAL + "metadata: {name: x}\nspec: {data: [{secretKey: B}], target: {name: real, template: {data: {A: x}}}}\n",
]


@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_takes_the_place_of_what_is_listed_before_it(secret, tmp_path):
    sources = ["{kind: ConfigMap, name: vars}", "{kind: Secret, name: real}"]
    maps = config_map("vars", "{A: dummy, B: '2'}") + f"---\n{secret}"
    for listed, expected in ((sources, {"A": "${A}", "B": "2"}), (sources[::-1], {"A": "dummy", "B": "2"})):
        post_build = f"postBuild: {{substituteFrom: [{', '.join(listed)}]}}"
        found = only_unit(deployed(tmp_path, kustomization(f"path: overlays/prod, {post_build}") + maps, OVERLAY)).substitute
        assert (found, isinstance(found, PartialVariables)) == (expected, False)


OPEN_SECRETS = [
    "apiVersion: v1\nkind: Secret\nmetadata: {name: real}\n",
    EXTERNAL + "metadata: {name: real}\nspec: {data: [{secretKey: A}], dataFrom: [{extract: {key: all}}]}\n",
    EXTERNAL + "metadata: {name: real}\nspec: {data: [{secretKey: A}], target: {creationPolicy: Merge}}\n",
    EXTERNAL + "metadata: {name: real}\nspec: {target: {template: {mergePolicy: Merge, data: {A: x}}}}\n",
    EXTERNAL + "metadata: {name: real}\nspec: {target: {template: {templateFrom: [{configMap: {name: x}}]}}}\n",
    "apiVersion: v1\nkind: Secret\nmetadata: {name: real, namespace: shop}\ndata: {A: eA==}\n",
    "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: real}\nspec: {encryptedData: [A]}\n",
]


@pytest.mark.parametrize("secret", OPEN_SECRETS)
def test_a_secret_that_may_have_other_keys_leaves_variables_unknown(secret, tmp_path):
    post_build = "postBuild: {substitute: {B: '2'}, substituteFrom: [{kind: Secret, name: real}]}"
    maps = config_map("vars", "{A: dummy}") + f"---\n{secret}"
    found = only_unit(deployed(tmp_path, kustomization(f"path: overlays/prod, {post_build}") + maps, OVERLAY)).substitute
    assert isinstance(found, PartialVariables)


def test_of_several_config_maps_that_of_the_same_cluster_counts(tmp_path):
    from k8slblint.rendering.gitops.deployments import deployments
    from tests.builders import resources

    object_ = kustomization("path: overlays/prod, postBuild: {substituteFrom: [{kind: ConfigMap, name: vars}]}")
    files = {f"clusters/{name}/all.yaml": object_ + config_map("vars", f"{{NAME: {name}}}") for name in ("east", "west")}
    tree = tree_of(tmp_path, {**OVERLAY, **files})
    objects = [one for path, text in files.items() for one in resources(text, path)]
    units = deployments(objects, tree, lambda one: one.path).units
    assert [(unit.path, unit.substitute) for unit in units] == [
        ("clusters/east/all.yaml", {"NAME": "east"}),
        ("clusters/west/all.yaml", {"NAME": "west"}),
    ]


def test_where_patches_give_variables_to_kustomizations_not_all_are_known(tmp_path):
    parent = kustomization("path: overlays/prod, patches: [{patch: 'spec: {postBuild: {}}', target: {kind: Kustomization}}]", name="all")
    child = kustomization("path: overlays/prod, postBuild: {substitute: {A: '1'}}")
    found = deployed(tmp_path, f"{parent}---\n{child}---\n{kustomization('path: overlays/prod', name='other')}", OVERLAY)
    assert [unit.substitute for unit in found.units] == [None, PartialVariables({"A": "1"}), PartialVariables()]
    assert all(isinstance(unit.substitute, PartialVariables) for unit in found.units[1:])


def test_another_cluster(tmp_path):
    manifest = kustomization("path: overlays/prod, kubeConfig: {secretRef: {name: edge-kubeconfig}}")
    assert only_unit(deployed(tmp_path, manifest, OVERLAY)).cluster == "edge"


NOT_FOLLOWED = [
    (kustomization("path: ./none"), "the folder './none' of GitRepository 'flux-system' is not in this tree"),
    (kustomization("path: ../../etc"), "the folder '../../etc' of GitRepository 'flux-system' is not in this tree"),
    (kustomization("path: [x]"), "its `path` is not text"),
    (kustomization("path: './clusters/${CLUSTER}'"), "its `path` './clusters/${CLUSTER}' contains a placeholder"),
    (kustomization("path: docs"), "the folder 'docs' contains no manifests"),
    (
        kustomization("path: ./", source="sourceRef: {kind: OCIRepository, name: flux-manifests}"),
        "its source is another repository, the manifests of Flux itself",
    ),
    (
        kustomization("path: ./", source="sourceRef: {kind: OCIRepository, name: flux-system}"),
        "the content of its OCIRepository 'flux-system' is not in this tree",
    ),
    (
        kustomization("path: overlays/prod", source="sourceRef: {kind: Bucket, name: flux-system}"),
        "the content of its Bucket 'flux-system' is not in this tree",
    ),
    (kustomization("path: overlays/prod", source="sourceRef: []"), "the content of its source '' is not in this tree"),
    (
        kustomization("path: ./", source="sourceRef: {kind: GitRepository, name: podinfo}"),
        "its GitRepository 'podinfo' is not among the objects, and may be another repository",
    ),
    (kustomization("path: overlays/prod, patches: [1]"), "one of its patches is not text"),
    (kustomization("path: overlays/prod, patchesJson6902: [{patch: x}]"), "one of its patches cannot be read"),
    (kustomization(f"path: overlays/prod, patchesStrategicMerge: [{{a: {'[' * 500}{']' * 500}}}]"), "one of its patches cannot be read"),
    (kustomization("path: overlays/prod, components: [../../../x]"), "one of its components is not in this tree"),
    (kustomization("path: overlays/prod, targetNamespace: {}"), "its `targetNamespace` is not text"),
]


@pytest.mark.parametrize(("manifest", "reason"), NOT_FOLLOWED)
def test_why_a_kustomization_is_not_followed(manifest, reason, tmp_path):
    assert only_reason(deployed(tmp_path, manifest, {**OVERLAY, "docs/README.md": "x"})) == reason


def test_a_repository_that_is_not_the_bootstrapped_one_is_another(tmp_path):
    source = "sourceRef: {kind: GitRepository, name: podinfo}"
    repositories = git_repository("flux-system", "ssh://git@github.com/me/fleet") + git_repository(
        "podinfo", "https://github.com/x/podinfo"
    )
    found = deployed(tmp_path, kustomization("path: overlays/prod", source=source) + repositories, OVERLAY)
    assert only_reason(found) == "its source is another repository, https://github.com/x/podinfo"
    same = git_repository("flux-system", "ssh://git@github.com/me/fleet") + git_repository("podinfo", "https://gitlab.com/you/Fleet.git/")
    assert only_unit(deployed(tmp_path, kustomization("path: overlays/prod", source=source) + same, OVERLAY))


IMAGES = (
    "---\napiVersion: source.toolkit.fluxcd.io/v1\nkind: OCIRepository\nmetadata: {{name: shelf, namespace: flux-system}}\n"
    "spec: {{url: '{url}'}}\n"
)


@pytest.mark.parametrize(
    ("url", "own", "is_another"),
    [
        ("oci://ghcr.io/x/shelf", "ssh://git@github.com/me/fleet", True),
        ("oci://ghcr.io/Me/shelf", "https://github.com/me/fleet.git", False),
        ("oci://ghcr.io/${OWNER}/shelf", "https://github.com/me/fleet.git", False),
        ("oci://ghcr.io/x/shelf", "https://gitlab.com/me/fleet.git", False),
        ("oci://registry.example.com/x/shelf", "https://github.com/me/fleet.git", False),
        ("[x]", "https://github.com/me/fleet.git", False),
    ],
)
def test_an_artifact_of_another_account_is_of_another_repository(url, own, is_another, tmp_path):
    manifest = kustomization("path: ./", source="sourceRef: {kind: OCIRepository, name: shelf}")
    found = deployed(tmp_path, manifest + git_repository("flux-system", own) + IMAGES.format(url=url), OVERLAY)
    assert only_reason(found).startswith("its source is another repository") == is_another


@pytest.mark.parametrize(
    ("reference", "is_another"),
    [
        ("branch: team", True),
        ("branch: main", False),
        ("branch: '${BRANCH}'", False),
        ("branch: team, commit: 0a1b", False),
        ("branch: [team]", False),
    ],
)
def test_the_top_folder_of_another_branch_is_not_that_of_this_tree(reference, is_another, tmp_path):
    """Any tree has a top folder: what `flux bootstrap` wrote into one branch does not show what another has there."""
    url = "https://github.com/me/fleet"
    source = "sourceRef: {kind: GitRepository, name: team}"
    repositories = git_repository("flux-system", url, ", ref: {branch: main}") + git_repository("team", url, f", ref: {{{reference}}}")
    files = {**OVERLAY, "kustomization.yaml": "resources: [overlays/prod]\n"}
    found = deployed(tmp_path, kustomization("path: ./", source=source) + repositories, files)
    if is_another:
        assert only_reason(found) == "its source is another branch of the repository, team"
    else:
        assert only_unit(found).source.folder == ""
    assert only_unit(deployed(tmp_path, kustomization("path: overlays/prod", source=source) + repositories, OVERLAY))


def test_an_artifact_of_the_bootstrapped_repository_is_this_tree(tmp_path):
    manifest = kustomization("path: overlays/prod", source="sourceRef: {kind: OCIRepository, name: flux-system}")
    assert only_unit(deployed(tmp_path, manifest, OVERLAY)).source.folder == "overlays/prod"


# --- releases -----------------------------------------------------------------------------------------------------------------------

CHART_SPEC = "chart: {spec: {chart: ./charts/web, sourceRef: {kind: GitRepository, name: flux-system}}}"


def release(spec: str = "", *, chart: str = CHART_SPEC, namespace: str = ", namespace: shop", version: str = "v2") -> str:
    head = f"apiVersion: helm.toolkit.fluxcd.io/{version}\nkind: HelmRelease\n"
    return f"{head}metadata: {{name: web{namespace}}}\nspec: {{{chart}, {spec}}}\n"


@pytest.mark.parametrize("version", ["v2", "v2beta1", "v2beta2"])
def test_a_chart_of_the_tree(version, tmp_path):
    unit = only_unit(deployed(tmp_path, release(version=version), CHART))
    assert unit.source == ChartRelease("charts/web", (), "web", "shop")
    assert (unit.path, unit.label, unit.deployed_by, unit.namespace) == ("apps/app.yaml", "shop/web", "HelmRelease shop/web", "shop")


NAMES = [
    ("", ("web", "shop")),
    ("targetNamespace: prod", ("prod-web", "prod")),
    ("targetNamespace: prod, releaseName: own", ("own", "prod")),
    # the example of the documentation
    (
        "releaseName: a-very-lengthy-target-namespace-with-a-nice-object-name",
        ("a-very-lengthy-target-namespace-with-a-nic"[:40] + "-97af5d7f41f3", "shop"),
    ),
]


@pytest.mark.parametrize(("spec", "expected"), NAMES)
def test_the_name_and_namespace_of_a_release(spec, expected, tmp_path):
    found = only_unit(deployed(tmp_path, release(spec), CHART)).source
    assert (found.release, found.namespace) == expected


def test_a_namespace_that_is_not_stated_is_not_known(tmp_path):
    unit = only_unit(deployed(tmp_path, release(namespace=""), CHART))
    assert (unit.namespace, unit.source.namespace) == (None, "default")


def test_references_then_values_then_single_values(tmp_path):
    spec = (
        "valuesFrom: [{kind: ConfigMap, name: vals, valuesKey: port, targetPath: service.port}, {kind: ConfigMap, name: vals}, "
        "{kind: Secret, name: s, valuesKey: k, targetPath: pass}, {kind: ConfigMap, name: none, optional: true}, "
        "{kind: Secret, name: s, optional: true}], values: {a: 2, b: 3}"
    )
    manifest = release(spec) + config_map("vals", "{port: '8080', values.yaml: \"a: 1\\nc: 4\\n\"}", "shop")
    source = only_unit(deployed(tmp_path, manifest, CHART)).source
    assert source.layers == (
        ValueLayer("apps/app.yaml", 6, ("data", "values.yaml"), "text"),
        ValueLayer("apps/app.yaml", 1, ("spec", "values")),
        ValueLayer("apps/app.yaml", 6, ("data", "port"), "assignment", "service.port"),
        ValueLayer("", form="assignment", name="pass", is_text=True, given="${pass}"),
    )
    expected = {"a": 2, "b": 3, "c": 4, "service": {"port": 8080}, "pass": "${pass}"}
    assert merged_values(tree_of(tmp_path, {}), source.layers) == expected


def test_value_files_of_the_source(tmp_path):
    files = "valuesFiles: [./charts/web/values.yaml, charts/web/prod.yaml], ignoreMissingValuesFiles: true"
    chart = CHART_SPEC.replace("sourceRef", f"{files}, sourceRef")
    layers = only_unit(deployed(tmp_path, release(chart=chart), CHART)).source.layers
    assert layers == (ValueLayer("charts/web/values.yaml", is_optional=True), ValueLayer("charts/web/prod.yaml", is_optional=True))


def test_an_archive_in_the_tree(tmp_path):
    chart = CHART_SPEC.replace("./charts/web", "charts/web-1.0.0.tgz")
    assert only_unit(deployed(tmp_path, release(chart=chart), {"charts/web-1.0.0.tgz": "x"})).source.chart == "charts/web-1.0.0.tgz"


def helm_repository(name: str, version: str = ", version: 1.2.3") -> str:
    return f"chart: {{spec: {{chart: {name}{version}, sourceRef: {{kind: HelmRepository, name: bitnami}}}}}}"


RELEASES_NOT_FOLLOWED = [
    (release(chart=helm_repository("nginx")), "chart 'nginx' 1.2.3 of HelmRepository 'bitnami' is not in this tree"),
    (release(chart=helm_repository("nginx", "")), "chart 'nginx' of HelmRepository 'bitnami' is not in this tree"),
    (release(chart="chartRef: {kind: OCIRepository, name: podinfo}"), "the chart of OCIRepository 'podinfo' is not in this tree"),
    (release(chart="chartRef: []"), "the chart of None 'None' is not in this tree"),
    (release(chart="chart: []"), "chart '' of a source '' is not in this tree"),
    (release(chart=helm_repository("[x]")), "its `chart` is not text"),
    (
        release(chart=CHART_SPEC.replace("./charts/web", "./charts/none")),
        "chart './charts/none' of GitRepository 'flux-system' is not in this tree",
    ),
    (
        release(chart=CHART_SPEC.replace("./charts/web", "../../etc")),
        "chart '../../etc' of GitRepository 'flux-system' is not in this tree",
    ),
    (release("postRenderers: [{kustomize: {patches: [{patch: 1}]}}]"), "one of its patches is not text"),
    (
        release("postRenderers: [{kustomize: {patchesStrategicMerge: [{a: 1}]}}]"),
        "`patchesStrategicMerge` is not a field of its version of HelmReleases",
    ),
    (release("valuesFrom: [{kind: Secret, name: s}]"), "its values come from Secret 's', which is unknown here"),
    (release("valuesFrom: [{kind: ConfigMap, name: none}]"), "its values come from ConfigMap 'none', which is unknown here"),
    (
        release("valuesFrom: [{kind: ConfigMap, name: none, targetPath: a}]"),
        "its values come from ConfigMap 'none', which is unknown here",
    ),
    (
        release("valuesFrom: [{kind: ConfigMap, name: vals, valuesKey: k}]") + config_map("vals", "{a: b}", "shop"),
        "ConfigMap 'vals' has no 'k'",
    ),
    (release("valuesFrom: [{kind: ConfigMap, name: vals, targetPath: [x]}]"), "its `targetPath` is not text"),
    (release("valuesFrom: [1]"), "its values come from None 'None', which is unknown here"),
    (release("values: [1]"), "its `values` are not a mapping"),
    (
        release(chart=CHART_SPEC.replace("sourceRef", "valuesFiles: [../x.yaml], sourceRef")),
        "one of its `valuesFiles` is not a file of the source",
    ),
]


def test_a_release_with_values_and_no_chart_is_a_patch_and_deploys_nothing(tmp_path):
    found = deployed(tmp_path, release("values: {a: 1}", chart="interval: 1h"), CHART)
    assert (found.units, found.not_rendered) == ([], [])


@pytest.mark.parametrize(("manifest", "reason"), RELEASES_NOT_FOLLOWED)
def test_why_a_release_is_not_followed(manifest, reason, tmp_path):
    assert only_reason(deployed(tmp_path, manifest, CHART)) == reason


def test_files_in_place_of_the_values_of_a_chart(tmp_path):
    manifest = release("values: {b: 2}", chart=CHART_SPEC.replace("sourceRef", "valuesFiles: [charts/web/prod.yaml], sourceRef"))
    source = only_unit(deployed(tmp_path, manifest, {**CHART, "charts/web/prod.yaml": "b: 1\nc: 1\n"})).source
    assert isinstance(source, ChartRelease)
    assert source.merged(tree_of(tmp_path, {})) == {"b": 2, "c": 1}
    assert not source.as_packed(tree_of(tmp_path, {})).is_file("charts/web/values.yaml")


def test_what_is_laid_over_the_objects_of_a_release(tmp_path):
    stated = (
        "[{kustomize: {images: [{name: a, newTag: b}]}}, {kustomize: {patches: [{patch: 'x: 1', target: {kind: Service, name: 3}}]}}, 3, "
        "{kustomize: {patches: [{patch: 'y: 1'}]}}]"
    )
    source = only_unit(deployed(tmp_path, release(f"postRenderers: {stated}"), CHART)).source
    assert isinstance(source, ChartRelease)
    assert source.post_renderers == ({"patches": [{"patch": "x: 1", "target": {"kind": "Service"}}]}, {"patches": [{"patch": "y: 1"}]})


def test_older_forms_of_patches_in_older_releases(tmp_path):
    stated = "{kustomize: {patchesStrategicMerge: [{a: 1}], patchesJson6902: [{patch: [{op: remove, path: /a}], target: {kind: Pod}}]}}"
    manifest = release(f"postRenderers: [{stated}]").replace("toolkit.fluxcd.io/v2\n", "toolkit.fluxcd.io/v2beta1\n")
    source = only_unit(deployed(tmp_path, manifest, CHART)).source
    assert isinstance(source, ChartRelease)
    patches = [{"patch": '{"a": 1}'}, {"patch": '[{"op": "remove", "path": "/a"}]', "target": {"kind": "Pod"}}]
    assert source.post_renderers == ({"patches": patches},)


def test_other_images_are_no_reason(tmp_path):
    assert only_unit(deployed(tmp_path, release("postRenderers: [{kustomize: {images: [{name: a, newTag: b}]}}]"), CHART))


@pytest.mark.parametrize("spec", ["[]", "1", "null", "{chart: 1}", "{path: {}}", "{sourceRef: [], postBuild: 3}"])
@pytest.mark.parametrize("kind", ["helm.toolkit.fluxcd.io/v2\nkind: HelmRelease", "kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization"])
def test_nonsense_is_never_more_than_not_followed(kind, spec, tmp_path):
    only_reason(deployed(tmp_path, f"apiVersion: {kind}\nmetadata: {{name: [x], namespace: 1}}\nspec: {spec}\n"))


def test_kustomizations_of_kustomize_are_something_else(tmp_path):
    assert deployed(tmp_path, "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: []\n") == ([], [])


TERMS = [
    ("on", True),
    ("!on", False),
    ("off", False),
    ("! off", True),
    ("on=yes", True),
    ("on == yes", True),
    ("on=no", False),
    ("on!=no", True),
    ("on != yes", False),
    ("off!=yes", True),
    ("off=", False),
    ("on in (yes, no)", True),
    ("on in (no)", False),
    ("off in ()", False),
    ("on notin (no)", True),
    ("on notin(yes)", False),
    ("off notin (yes)", True),
    ("on,!off,on in (yes,no)", True),
    ("on,off", False),
    ("index", False),
    ("on=yes in (a)", None),
    ("on in yes", None),
    ("(on)", None),
    ("on,", None),
]


@pytest.mark.parametrize(("selector", "is_selected"), TERMS)
def test_a_patch_selects_kustomizations_by_labels(selector, is_selected, tmp_path):
    patch = "kind: Kustomization\nmetadata: {name: any}\nspec: {postBuild: {substitute: {A: '1'}}}"
    target = f"{{kind: Kustomization, labelSelector: '{selector}'}}"
    parent = kustomization(f"path: flux, patches: [{{patch: {json.dumps(patch)}, target: {target}}}]").replace("name: web", "name: parent")
    child = kustomization("path: overlays/prod").replace("metadata: {", "metadata: {labels: {'on': 'yes'}, ", 1)
    found = deployed(tmp_path, f"{parent}---\n{child}", {**OVERLAY, "flux/kustomization.yaml": "resources: []\n"}, at="flux/ks.yaml")
    (unit,) = [one for one in found.units if one.source.folder == "overlays/prod"]
    assert unit.substitute == {True: {"A": "1"}, False: None, None: PartialVariables()}[is_selected]


HELM = (
    "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: web, namespace: shop}\n"
    "spec: {chart: {spec: {chart: charts/web, sourceRef: {kind: GitRepository, name: flux-system}}}, values: {b: 2}, VALUES}\n"
)
GENERATED = "configMapGenerator: [{name: web-values, files: [FILES]}]\nresources: [app.yaml]\n"


@pytest.mark.parametrize(
    ("files", "key"),
    [
        ("values.yaml=./own.yaml", ""),
        ("own.yaml", ", valuesKey: own.yaml"),
        ("other.yaml=x.yaml, deep.yaml=own.yaml", ", valuesKey: deep.yaml"),
    ],
)
def test_values_of_a_config_map_that_kustomize_makes_of_a_file(files, key, tmp_path):
    manifest = HELM.replace("VALUES", f"valuesFrom: [{{kind: ConfigMap, name: web-values{key}}}]")
    beside = {**CHART, "apps/kustomization.yaml": GENERATED.replace("FILES", files), "apps/own.yaml": "b: 1\nc: 1\n"}
    source = only_unit(deployed(tmp_path, manifest, beside)).source
    assert isinstance(source, ChartRelease)
    assert source.layers[0] == ValueLayer("apps/own.yaml")
    assert merged_values(tree_of(tmp_path, {}), source.layers) == {"b": 2, "c": 1}


def test_the_kustomization_above_may_generate_it(tmp_path):
    manifest = HELM.replace("VALUES", "valuesFrom: [{kind: ConfigMap, name: web-values}]")
    beside = {**CHART, "apps/kustomization.yaml": GENERATED.replace("FILES", "values.yaml=own.yaml"), "apps/own.yaml": "c: 1\n"}
    source = only_unit(deployed(tmp_path, manifest, beside, at="apps/web/app.yaml")).source
    assert isinstance(source, ChartRelease)
    assert source.layers[0] == ValueLayer("apps/own.yaml")


@pytest.mark.parametrize(
    "kustomization",
    [
        GENERATED.replace("FILES", "own.yaml"),
        GENERATED.replace("FILES", "values.yaml=gone.yaml"),
        GENERATED.replace("FILES", "values.yaml=../../own.yaml"),
        GENERATED.replace("FILES", "values.yaml=own.yaml").replace("{name", "{behavior: merge, name"),
        "configMapGenerator: [{name: web-values, literals: ['values.yaml=a: 1']}]\n",
        "configMapGenerator: [{name: other, files: [values.yaml=own.yaml]}]\n",
        "configMapGenerator: 3\n",
        "configMapGenerator: [3, {name: web-values, files: [3]}]\n",
    ],
)
def test_values_that_kustomize_makes_in_another_way_are_unknown(kustomization, tmp_path):
    manifest = HELM.replace("VALUES", "valuesFrom: [{kind: ConfigMap, name: web-values}]")
    beside = {**CHART, "apps/kustomization.yaml": kustomization, "apps/own.yaml": "c: 1\n"}
    assert only_reason(deployed(tmp_path, manifest, beside)) == "its values come from ConfigMap 'web-values', which is unknown here"


PLACED = "spec: {chart: {spec: {chart: charts/web, sourceRef: {kind: GitRepository, name: flux-system}}}}\n"
WITHOUT_NAMESPACE = f"apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {{name: web}}\n{PLACED}"
APPS = {**CHART, "apps/media/web/app/kustomization.yaml": "resources: [hr.yaml]\n"}
INCLUDED = {**APPS, "apps/media/web/app/kustomization.yaml": "namespace: inner\nresources: [hr.yaml]\n"}


@pytest.mark.parametrize(
    ("files", "applied", "namespace"),
    [
        (APPS, "", "default"),
        (APPS, kustomization("path: ./apps/media/web/app, targetNamespace: media"), "media"),
        (INCLUDED, kustomization("path: ./apps/media/web/app, targetNamespace: media"), "media"),
        (INCLUDED, kustomization("path: ./apps/media/web/app"), "inner"),
        (INCLUDED, "", "inner"),
        ({**INCLUDED, "apps/media/kustomization.yaml": "namespace: outer\nresources: [web/app]\n"}, "", "outer"),
        ({**INCLUDED, "apps/media/kustomization.yaml": "namespace: outer\nresources: [other]\n"}, "", "inner"),
        (INCLUDED, kustomization("path: ./apps/media/web/app, targetNamespace: '${NS}'"), "default"),
        (
            INCLUDED,
            kustomization("path: ./apps/media/web/app, targetNamespace: a")
            + "---\n"
            + kustomization("path: ./apps/media/web/app, targetNamespace: b", name="two"),
            "default",
        ),
        ({**CHART, "apps/media/web/app/kustomization.yaml": "namespace: inner\nresources: [other.yaml]\n"}, "", "default"),
    ],
)
def test_the_namespace_of_a_release_that_states_none(files, applied, namespace, tmp_path):
    manifest = f"{applied}---\n{WITHOUT_NAMESPACE}" if applied else WITHOUT_NAMESPACE
    found = deployed(tmp_path, manifest, files, at="apps/media/web/app/hr.yaml")
    (source,) = [unit.source for unit in found.units if isinstance(unit.source, ChartRelease)]
    assert source.namespace == namespace


def source_of_chart(tag: str, more: str = "") -> str:
    head = "---\napiVersion: source.toolkit.fluxcd.io/v1\nkind: OCIRepository\n"
    return f"{head}metadata: {{name: web{more}}}\nspec: {{url: 'oci://charts.example.com/web', ref: {{tag: {tag}}}}}\n"


REFERRING = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: web, namespace: shop}\n"
REFERRED = f"{REFERRING}spec: {{chartRef: {{kind: OCIRepository, name: web}}}}\n"
BOTH = [shelved("web", version, "oci://charts.example.com") for version in ("1.0.0", "2.0.0")]


@pytest.mark.parametrize(
    ("sources", "version"),
    [
        (source_of_chart("2.0.0"), "2.0.0"),
        (source_of_chart("1.0.0", ", namespace: shop") + source_of_chart("2.0.0", ", namespace: other"), "1.0.0"),
        (source_of_chart("2.0.0") + source_of_chart("2.0.0"), "2.0.0"),
        (source_of_chart("1.0.0") + source_of_chart("2.0.0"), None),
    ],
)
def test_the_chart_of_a_reference(sources, version, tmp_path):
    found = deployed(tmp_path, REFERRED + sources, shelf=BOTH)
    if version is None:
        assert only_reason(found) == "the chart of OCIRepository 'web' is not in this tree"
    else:
        source = only_unit(found).source
        assert isinstance(source, ChartRelease)
        assert source.chart == f".k8slblint/charts/web-{version}.tgz"


def test_a_release_that_is_patched_is_not_followed(tmp_path):
    tree = tree_of(tmp_path, {**CHART, "apps/app.yaml": release()})
    found = deployments(resources(release(), "apps/app.yaml"), tree, lambda one: one.path, (), lambda file, name: (file, name) == PATCHED)
    assert only_reason(found) == "a kustomization patches its values or its chart, which is not followed"


PATCHED = ("apps/app.yaml", "web")
