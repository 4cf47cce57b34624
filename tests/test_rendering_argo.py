"""What Applications of Argo CD deploy from a tree, and why others are not followed."""

import pytest

from k8slblint.documents import decode
from k8slblint.rendering.gitops.argo import image
from k8slblint.rendering.gitops.deployments import deployments
from k8slblint.rendering.helm.layers import ValueLayer
from k8slblint.rendering.helm.release import ChartRelease
from k8slblint.rendering.helm.values import layer_node, merged_values
from k8slblint.rendering.kustomize.root import KustomizeRoot
from k8slblint.rendering.plain import PlainFiles
from tests.builders import resources
from tests.trees import CHART, OVERLAY, deployed, only_reason, only_unit, tree_of

URL = "https://git.example.com/shop/infra.git"


def application(source: str, *, name: str = "web", destination: str = "{namespace: shop}", key: str = "source") -> str:
    """Return an Application; `source` is YAML in flow style, or a block that is indented by four."""
    head = f"apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: {name}, namespace: argocd}}\nspec:\n"
    return f"{head}  destination: {destination}\n  {key}:{' ' if source[0] in '[{' else chr(10)}{source}\n"


def test_a_chart_with_its_destination(tmp_path):
    unit = only_unit(deployed(tmp_path, application(f"{{repoURL: {URL}, path: charts/web}}"), CHART))
    assert unit.source == ChartRelease("charts/web", (), "web", "shop")
    assert (unit.path, unit.label, unit.deployed_by) == ("apps/app.yaml", "argocd/web", "Application argocd/web")
    assert (unit.namespace, unit.cluster, unit.substitute) == ("shop", None, None)


HELM = """\
    repoURL: https://git.example.com/shop/infra.git
    path: charts/web
    helm:
      releaseName: front
      kubeVersion: v1.33.1
      apiVersions: [monitoring.coreos.com/v1, 3]
      namespace: other
      valueFiles: [values-prod.yaml, ../../common/values.yaml, /top/values.yaml]
      ignoreMissingValueFiles: true
      parameters:
        - {name: a.b, value: "7"}
        - {name: tag, value: "010", forceString: true}
        - {name: c, value: x}
      values: |
        service:
          type: LoadBalancer
"""


def test_value_files_then_values_then_parameters_then_parameters_as_text(tmp_path):
    found = deployed(tmp_path, application(HELM), CHART)
    source = only_unit(found).source
    assert (source.release, source.namespace, source.kube_version) == ("front", "other", "1.33.1")
    assert source.api_versions == ("monitoring.coreos.com/v1",)
    at = ("spec", "source", "helm")
    file = "apps/app.yaml"
    assert source.layers == (
        ValueLayer("charts/web/values-prod.yaml", is_optional=True),
        ValueLayer("common/values.yaml", is_optional=True),
        ValueLayer("top/values.yaml", is_optional=True),
        ValueLayer(file, 1, (*at, "values"), "text"),
        ValueLayer(file, 1, (*at, "parameters", 0, "value"), "assignment", "a.b"),
        ValueLayer(file, 1, (*at, "parameters", 2, "value"), "assignment", "c"),
        ValueLayer(file, 1, (*at, "parameters", 1, "value"), "assignment", "tag", is_text=True),
    )


def test_the_layers_give_their_values_and_places(tmp_path):
    manifest = "---\nkind: Other\n---\n" + application(HELM)
    tree = tree_of(tmp_path, {**CHART, "top/values.yaml": "c: below\nd: 1\n"})
    source = only_unit(deployed(tmp_path, manifest, CHART)).source
    expected = {"c": "x", "d": 1, "service": {"type": "LoadBalancer"}, "a": {"b": 7}, "tag": "010"}
    assert merged_values(tree, source.layers) == expected
    place = layer_node(tree, source.layers[3]).child("service").child("type")
    assert decode(tree.read("apps/app.yaml")).split("\n")[place.line - 1].strip() == "type: LoadBalancer"


def test_values_object_takes_the_place_of_values(tmp_path):
    source = f"{{repoURL: {URL}, path: charts/web, helm: {{values: 'a: 1', valuesObject: {{b: 2}}}}}}"
    (layer,) = only_unit(deployed(tmp_path, application(source), CHART)).source.layers
    assert layer == ValueLayer("apps/app.yaml", 1, ("spec", "source", "helm", "valuesObject"))


def test_what_was_rendered_or_stands_in_a_list_is_given(tmp_path):
    source = f"{{repoURL: {URL}, path: charts/web, helm: {{valuesObject: {{b: 2}}}}}}"
    unit = only_unit(deployed(tmp_path, application(source), CHART, rendered=True))
    assert unit.source.layers == (ValueLayer("", given={"b": 2}),)
    assert unit.path == "charts/web/Chart.yaml"
    text = f"apiVersion: v1\nkind: List\nitems: []\n---\n{application(source)}"
    assert only_unit(deployed(tmp_path, text, CHART)).source.layers == (ValueLayer("", given={"b": 2}),)


def test_value_files_of_another_source_of_the_same_repository(tmp_path):
    sources = f"[{{repoURL: {URL}, path: charts/web, helm: {{valueFiles: [$values/env/prod.yaml]}}}}, {{repoURL: {URL}, ref: values}}]"
    files = {**CHART, "env/prod.yaml": "a: 2\n"}
    unit = only_unit(deployed(tmp_path, application(sources, key="sources"), files))
    assert unit.source.layers == (ValueLayer("env/prod.yaml"),)
    assert unit.path == "env/prod.yaml"


def test_the_build_environment_is_filled_in(tmp_path):
    helm = "{valueFiles: [env/$ARGOCD_APP_NAME.yaml], parameters: [{name: r, value: '${ARGOCD_APP_NAMESPACE}-$ARGOCD_APP_REVISION'}]}"
    source = f"{{repoURL: {URL}, path: charts/web, helm: {helm}}}"
    layers = only_unit(deployed(tmp_path, application(source), CHART)).source.layers
    assert layers == (
        ValueLayer("charts/web/env/web.yaml"),
        ValueLayer("", form="assignment", name="r", given="shop-$ARGOCD_APP_REVISION"),
    )


def test_file_parameters_are_text(tmp_path):
    source = f"{{repoURL: {URL}, path: charts/web, helm: {{fileParameters: [{{name: conf, path: files/a.txt}}]}}}}"
    (layer,) = only_unit(deployed(tmp_path, application(source), {**CHART, "charts/web/files/a.txt": "true"})).source.layers
    assert layer == ValueLayer("", form="assignment", name="conf", is_text=True, given="true")


def test_overrides_beside_the_source(tmp_path):
    files = {
        **CHART,
        "charts/web/.argocd-source.yaml": "helm: {parameters: [{name: a, value: x}]}\n",
        "charts/web/.argocd-source-web.yaml": "helm: {releaseName: over}\n",
        "charts/web/.argocd-source-other.yaml": "helm: {releaseName: no}\n",
    }
    source = f"{{repoURL: {URL}, path: charts/web, helm: {{releaseName: own, parameters: [{{name: a, value: y}}]}}}}"
    release = only_unit(deployed(tmp_path, application(source), files)).source
    assert release.release == "over"
    assert release.layers == (ValueLayer("", form="assignment", name="a", given="x"),)


CLUSTERS = [
    ("{}", None),
    ("{name: in-cluster}", None),
    ("{server: https://kubernetes.default.svc}", None),
    ("{server: https://kubernetes.default.svc:443/}", None),
    ("{server: https://1.2.3.4}", "https://1.2.3.4"),
    ("{name: edge-1, server: ''}", "edge-1"),
    ("nonsense", None),
]


@pytest.mark.parametrize(("destination", "expected"), CLUSTERS)
def test_the_cluster_of_the_destination(destination, expected, tmp_path):
    manifest = application(f"{{repoURL: {URL}, path: charts/web}}", destination=destination)
    assert only_unit(deployed(tmp_path, manifest, CHART)).cluster == expected


KUSTOMIZE = """\
    repoURL: https://git.example.com/shop/infra.git
    path: ./overlays/prod/
    kustomize:
      namePrefix: p-
      namespace: apps
      images: [a=b:1, c@sha256:12]
      commonLabels: {team: a, bad: 3}
      commonAnnotations: {note: b}
      replicas: [{name: web, count: "3"}, {name: db, count: 2}, {name: bad, count: x}]
      components: [../../components/tls]
      patches:
        - {path: patch.yaml, target: {kind: Service, name: web}}
        - {patch: 'x: 1', options: {allowNameChange: true}}
"""


def test_an_overlay_with_everything_laid_over_it(tmp_path):
    files = {**OVERLAY, "overlays/prod/patch.yaml": "y: 2\n", "components/tls/kustomization.yaml": "kind: Component\n"}
    unit = only_unit(deployed(tmp_path, application(KUSTOMIZE), files))
    assert unit.path == "overlays/prod/kustomization.yaml"
    assert unit.source == KustomizeRoot(
        "overlays/prod",
        {
            "namePrefix": "p-",
            "namespace": "apps",
            "images": [{"name": "a", "newName": "b", "newTag": "1"}, {"name": "c", "newName": "c", "digest": "sha256:12"}],
            "labels": [{"pairs": {"team": "a"}, "includeSelectors": True}],
            "commonAnnotations": {"note": "b"},
            "replicas": [{"name": "web", "count": 3}, {"name": "db", "count": 2}],
            "patches": [
                {"patch": "y: 2\n", "target": {"kind": "Service", "name": "web"}},
                {"patch": "x: 1", "options": {"allowNameChange": True}},
            ],
            "components": ["components/tls"],
        },
    )


IMAGES = [
    ("nginx", {"name": "nginx", "newName": "nginx"}),
    ("nginx:1.2", {"name": "nginx", "newName": "nginx", "newTag": "1.2"}),
    ("a=reg:5000/b", {"name": "a", "newName": "reg:5000/b"}),
    ("a=reg:5000/b:1@sha256:0", {"name": "a", "newName": "reg:5000/b", "newTag": "1", "digest": "sha256:0"}),
]


@pytest.mark.parametrize(("text", "expected"), IMAGES)
def test_images(text, expected):
    assert image(text) == expected


MANIFESTS = {
    "deploy/a.yaml": "a",
    "deploy/b.yml": "b",
    "deploy/c.json": "{}",
    "deploy/README.md": "no",
    "deploy/sub/d.yaml": "d",
    "deploy/sub/skip.yaml": "# +argocd:skip-file-rendering\n",
}
DIRECTORIES = [
    ("", ["a.yaml", "b.yml", "c.json"]),
    (", directory: {recurse: true}", ["a.yaml", "b.yml", "c.json", "sub/d.yaml"]),
    (", directory: {recurse: true, include: '*.yaml'}", ["a.yaml", "sub/d.yaml"]),
    (", directory: {recurse: true, include: '{a,b}.y*'}", ["a.yaml", "b.yml"]),
    (", directory: {recurse: true, exclude: 'sub/*'}", ["a.yaml", "b.yml", "c.json"]),
    (", directory: {include: '*.yaml', exclude: a.yaml, recurse: true}", ["sub/d.yaml"]),
]


@pytest.mark.parametrize(("directory", "expected"), DIRECTORIES)
def test_a_folder_of_manifests(directory, expected, tmp_path):
    unit = only_unit(deployed(tmp_path, application(f"{{repoURL: {URL}, path: deploy{directory}}}"), MANIFESTS))
    assert unit.source == PlainFiles(tuple(f"deploy/{name}" for name in expected))


PATHS = [
    ("apps/app.yaml", "{valueFiles: [values-prod.yaml]}", "charts/web/values-prod.yaml"),
    ("apps/app.yaml", "{valueFiles: [values.yaml]}", "apps/app.yaml"),
    ("clusters/east/app.yaml", "{valueFiles: [values-prod.yaml]}", "clusters/east/app.yaml"),
    ("argocd/staging/app.yaml", "{}", "argocd/staging/app.yaml"),
]


@pytest.mark.parametrize(("at", "helm", "expected"), PATHS)
def test_the_path_that_tells_cluster_and_environment(at, helm, expected, tmp_path):
    manifest = application(f"{{repoURL: {URL}, path: charts/web, helm: {helm}}}")
    assert only_unit(deployed(tmp_path, manifest, CHART, at=at)).path == expected


def test_several_sources_are_several_units(tmp_path):
    sources = f"[{{repoURL: {URL}, path: charts/web}}, {{repoURL: {URL}, path: overlays/prod}}, {{chart: x, repoURL: {URL}}}]"
    found = deployed(tmp_path, application(sources, key="sources"), {**CHART, **OVERLAY})
    assert [unit.label for unit in found.units] == ["argocd/web", "argocd/web source 2"]
    assert [one.reason for one in found.not_rendered] == [f"chart 'x' of {URL} is not in this tree"]


def test_applications_of_one_name_and_path_are_told_apart(tmp_path):
    manifest = application(f"{{repoURL: {URL}, path: charts/web}}")
    labels = [unit.label for unit in deployed(tmp_path, f"{manifest}---\n{manifest}---\n{manifest}", CHART).units]
    assert len(set(labels)) == 3


NOT_FOLLOWED = [
    (
        "{chart: nginx, targetRevision: 1.2.3, repoURL: https://charts.example.com}",
        "chart 'nginx' 1.2.3 of https://charts.example.com is not in this tree",
    ),
    (f"{{repoURL: {URL}, path: charts/none}}", f"the folder 'charts/none' of {URL} is not in this tree"),
    (f"{{repoURL: {URL}, path: ../../etc}}", "its path '../../etc' is not a folder of a repository"),
    (f"{{repoURL: {URL}, path: /etc}}", "its path '/etc' is not a folder of a repository"),
    (f"{{repoURL: {URL}, path: [a]}}", "its `path` is not text"),
    (f"{{repoURL: {URL}, path: 'apps/{{{{x}}}}'}}", "its `path` 'apps/{{x}}' contains a placeholder"),
    (f"{{repoURL: {URL}}}", "its path '' is not a folder of a repository"),
    ("[1, 2]", "it names no source"),
    ("{chart: [x]}", "its `chart` is not text"),
    (f"{{repoURL: {URL}, path: charts/web, plugin: {{}}}}", "a plug-in of Argo CD generates its manifests"),
    (f"{{repoURL: {URL}, path: charts/web, helm: {{}}, directory: {{}}}}", "Argo CD refuses a source with several types: helm, directory"),
    (f"{{repoURL: {URL}, path: overlays/prod, helm: {{}}}}", "there is no `Chart.yaml` in 'overlays/prod'"),
    (f"{{repoURL: {URL}, path: charts/web, kustomize: {{}}}}", "there is no kustomization in 'charts/web'"),
    (
        f"{{repoURL: {URL}, path: charts/web, helm: {{valueFiles: [../../../x.yaml]}}}}",
        "the file '../../../x.yaml' is outside the repository",
    ),
    (f"{{repoURL: {URL}, path: charts/web, helm: {{valueFiles: [$none/x.yaml]}}}}", "no source has the `ref` of '$none/x.yaml'"),
    (
        f"{{repoURL: {URL}, path: charts/web, helm: {{valueFiles: ['https://x/y.yaml']}}}}",
        "the file 'https://x/y.yaml' contains a placeholder or is read from elsewhere",
    ),
    (f"{{repoURL: {URL}, path: charts/web, helm: {{valueFiles: [1]}}}}", "an entry of its `valueFiles` is not text"),
    (f"{{repoURL: {URL}, path: charts/web, helm: {{values: [1]}}}}", "its Helm values are of a type that Argo CD refuses"),
    (
        f"{{repoURL: {URL}, path: charts/web, helm: {{fileParameters: [{{name: a, path: none}}]}}}}",
        "the file 'charts/web/none' cannot be read",
    ),
    (
        f"{{repoURL: {URL}, path: overlays/prod, kustomize: {{patches: [{{path: none.yaml}}]}}}}",
        "the file 'overlays/prod/none.yaml' cannot be read",
    ),
    (f"{{repoURL: {URL}, path: overlays/prod, kustomize: {{patches: [1]}}}}", "one of its patches cannot be read"),
    (f"{{repoURL: {URL}, path: overlays/prod, kustomize: {{components: [../../../x]}}}}", "one of its components is not in this tree"),
    (f"{{repoURL: {URL}, path: overlays/prod, kustomize: {{namePrefix: [x]}}}}", "its `namePrefix` is not text"),
    (f"{{repoURL: {URL}, path: docs}}", "the folder 'docs' contains no manifests that it includes"),
    (
        f"{{repoURL: {URL}, path: apps-of-teams}}",
        "the folder 'apps-of-teams' contains manifests in subfolders only, which Argo CD reads with `directory.recurse: true` only",
    ),
    (
        f"{{repoURL: {URL}, path: apps-of-teams, directory: {{recurse: true, include: '*.json'}}}}",
        "the folder 'apps-of-teams' contains no manifests that it includes",
    ),
    (
        f"{{repoURL: {URL}, path: apps-of-teams/a, directory: {{exclude: '*'}}}}",
        "the folder 'apps-of-teams/a' contains no manifests that it includes",
    ),
    (f"{{repoURL: {URL}, path: jsonnet}}", "Argo CD evaluates the Jsonnet in `jsonnet/a.jsonnet`, which k8slblint does not do"),
    (
        f"{{repoURL: {URL}, path: docs, directory: {{include: '{'{a,b}' * 7}'}}}}",
        f"its pattern '{'{a,b}' * 7}' has more than 64 alternatives",
    ),
]


@pytest.mark.parametrize(("source", "reason"), NOT_FOLLOWED)
def test_why_a_source_is_not_followed(source, reason, tmp_path):
    files = {**CHART, **OVERLAY, "docs/README.md": "x", "jsonnet/a.jsonnet": "{}", "apps-of-teams/a/b.yaml": "a: 1"}
    assert only_reason(deployed(tmp_path, application(source), files)) == reason


def test_an_entry_says_which_object_and_where(tmp_path):
    (entry,) = deployed(tmp_path, f"---\n{application('    chart: nginx')}").not_rendered
    assert entry[:3] == ("Application argocd/web", "apps/app.yaml", 8)


def test_a_prefix_that_would_replace_another_is_not_laid_on_top(tmp_path):
    files = {**OVERLAY, "overlays/prod/kustomization.yaml": "namePrefix: own-\nresources: [svc.yaml]\n"}
    source = f"{{repoURL: {URL}, path: overlays/prod, kustomize: {{namePrefix: p-}}}}"
    assert "replaces that of the kustomization" in only_reason(deployed(tmp_path, application(source), files))


def repositories(*named: tuple[str, str]) -> str:
    """Return one Application for each pair of URL and path."""
    return "---\n".join(application(f"{{repoURL: {url}, path: {path}}}", name=f"a{index}") for index, (url, path) in enumerate(named))


HERE, FORK, OTHER = "https://github.com/me/infra", "git@github.com:you/infra.git", "https://github.com/argoproj/argocd-example-apps"
REPOSITORIES = [
    # a folder that exists is the one that is meant
    ([(OTHER, "a")], []),
    ([(HERE, "a"), (OTHER, "b")], []),
    ([(HERE, "a"), (FORK, "b"), (f"{HERE}.git", "c")], []),
    ([(HERE, "a"), (HERE, "b"), ("'{placeholder}'", "c")], []),
    # unless it is plainly that of another repository
    ([(HERE, "a"), (HERE, "b"), (OTHER, "c")], [2]),
    ([(OTHER, "c"), (HERE, "a"), (FORK, "b")], [0]),
    # the same folder twice counts once
    ([(HERE, "a"), (HERE, "a"), (OTHER, "c")], []),
]


@pytest.mark.parametrize(("named", "others"), REPOSITORIES)
def test_which_repository_this_is(named, others, tmp_path):
    files = {f"{name}/x.yaml": "x" for name in "abc"}
    found = deployed(tmp_path, repositories(*named), files)
    assert [entry.description for entry in found.not_rendered] == [f"Application argocd/a{index}" for index in others]
    assert all(entry.reason.startswith("its source is another repository") for entry in found.not_rendered)


SPECS = [
    "[]",
    "1",
    "null",
    "{source: []}",
    "{sources: {}}",
    "{sources: [null, 1, [x]]}",
    "{source: {path: {}}}",
    "{destination: [], source: {path: .}}",
]


@pytest.mark.parametrize("spec", SPECS)
def test_nonsense_is_never_more_than_not_followed(spec, tmp_path):
    manifest = f"apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: [x]}}\nspec: {spec}\n"
    found = deployed(tmp_path, manifest, {"README.md": "x"})
    assert found.not_rendered
    assert found.units == []


def test_a_link_out_of_the_tree_is_not_followed(tmp_path):
    (tmp_path / "top").mkdir()
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "a.yaml").write_text("x")
    (tmp_path / "top" / "link").symlink_to(tmp_path / "outside")
    assert "is not in this tree" in only_reason(deployed(tmp_path / "top", application(f"{{repoURL: {URL}, path: link}}")))


def test_deeply_nested_values_are_handed_on(tmp_path):
    depth = 900
    source = f"{{repoURL: {URL}, path: charts/web, helm: {{valuesObject: {{a: {'[' * depth}{']' * depth}}}}}}}"
    (layer,) = only_unit(deployed(tmp_path, application(source), CHART)).source.layers
    assert layer.at == ("spec", "source", "helm", "valuesObject")


def test_other_objects_deploy_nothing(tmp_path):
    tree = tree_of(tmp_path, {})
    text = "apiVersion: app.k8s.io/v1beta1\nkind: Application\nmetadata: {name: a}\n---\napiVersion: v1\nkind: Service\n"
    assert deployments(resources(text), tree, lambda one: one.path) == ([], [])
