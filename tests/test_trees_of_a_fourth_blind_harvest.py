"""Trees of strangers, read a fourth time without knowing them before: what was wrong or not worth saying there, in our own words."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from k8slblint.commands.cli import cli
from tests.whole_trees import Tree, service, workload


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def rules(files: dict[str, str], folder: Path) -> set[str]:
    return {rule for rule, _, _ in Tree(files, folder).findings()}


METALLB = """\
apiVersion: metallb.io/v1beta1
kind: IPAddressPool
metadata: {name: one, namespace: metallb-system}
spec: {addresses: [192.168.7.10-192.168.7.20]}
---
apiVersion: metallb.io/v1beta1
kind: L2Advertisement
metadata: {name: one, namespace: metallb-system}
spec: {ipAddressPools: [one]}
"""
CILIUM = """\
apiVersion: cilium.io/v2
kind: CiliumLoadBalancerIPPool
metadata: {name: two}
spec: {blocks: [{start: 192.168.9.10, stop: 192.168.9.20}]}
---
"""
RKE2 = "write-kubeconfig-mode: '0640'\nkube-proxy-arg: [proxy-mode=ipvs]\ncluster-cidr: 10.69.0.0/16\nservice-cidr: 10.70.0.0/16\n"
LOAD_BALANCER = "type: LoadBalancer, ports: [{port: 80}]"
JOINED = {"load-balancer-implementations-conflict", "metallb-strict-arp"}


def repository(*paths: str) -> str:
    return (
        "apiVersion: fleet.cattle.io/v1alpha1\nkind: GitRepo\nmetadata: {name: all, namespace: fleet-default}\n"
        f"spec: {{repo: 'https://git.example.com/fleet', paths: [{', '.join(paths)}]}}\n"
    )


@pytest.mark.parametrize(
    ("others", "joined"),
    [
        ({}, set()),
        ({"fleet/one.yaml": repository("/infra/metallb"), "fleet/two.yaml": repository("/infra/cilium", "/storage")}, set()),
        ({"fleet/one.yaml": repository("/infra")}, JOINED),
        ({"fleet/one.yaml": repository()}, JOINED),
        ({"fleet/one.yaml": repository("infra/metallb", "./infra/cilium")}, {"load-balancer-implementations-conflict"}),
        ({"fleet/one.yaml": repository("/infrastructure")}, set()),
    ],
)
def test_bundles_are_of_one_cluster_where_a_repository_deploys_both(folder: Path, others: dict[str, str], joined: set[str]) -> None:
    files = {
        "infra/metallb/fleet.yaml": "defaultNamespace: metallb-system\n",
        "infra/metallb/pool.yaml": METALLB,
        "infra/cilium/fleet.yaml": "defaultNamespace: kube-system\n",
        "infra/cilium/pool.yaml": CILIUM + service("web", LOAD_BALANCER) + workload("web"),
        "infra/nodes/config.yaml": RKE2,
    }
    assert rules({**files, **others}, folder) & JOINED == joined


def test_what_is_in_no_bundle_is_of_one_cluster(folder: Path) -> None:
    files = {"a/pool.yaml": METALLB, "b/pool.yaml": CILIUM + service("web", LOAD_BALANCER) + workload("web"), "c/config.yaml": RKE2}
    assert rules(files, folder) & JOINED == JOINED


@pytest.mark.parametrize(("namespace", "clashes"), [("", False), ("shop", True)])
def test_chapters_set_the_same_node_port(folder: Path, namespace: str, clashes: bool) -> None:
    port = "type: NodePort, ports: [{port: 80, nodePort: 30001}]"
    files = {f"{name}/all.yaml": service(name, port, namespace) + workload(name, namespace=namespace) for name in ("pods", "services")}
    assert ("node-port-conflict" in rules(files, folder)) is clashes


def ingress(name: str, *hosts: str) -> str:
    def rule(host: str) -> str:
        backend = f"{{service: {{name: {name}, port: {{number: 80}}}}}}"
        return f"{{host: {host}.kiosk.cloud, http: {{paths: [{{path: /, pathType: Prefix, backend: {backend}}}]}}}}"

    return (
        f"apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{name: {name}, namespace: shop}}\n"
        f"spec: {{ingressClassName: traefik, rules: [{', '.join(map(rule, hosts))}]}}\n"
    )


@pytest.mark.parametrize(
    ("files", "clashes"),
    [
        ({"web/few.yaml": ingress("few", "a", "b"), "web/more.yaml": ingress("more", "a", "b", "c")}, False),
        ({"web/few.yaml": ingress("few", "a", "b"), "web/same.yaml": ingress("same", "a", "b")}, False),
        ({"web/few.yaml": ingress("few", "a"), "web/more.yaml": ingress("more", "a", "b", "c")}, True),
        ({"web/few.yaml": ingress("few", "a", "d"), "web/more.yaml": ingress("more", "a", "b", "c")}, True),
        ({"prod/few.yaml": ingress("few", "a", "b"), "prod/more.yaml": ingress("more", "a", "b", "c")}, True),
        ({"web/few.yaml": ingress("few", "a", "b").replace("shop", "other"), "web/more.yaml": ingress("more", "a", "b", "c")}, True),
        ({"one/few.yaml": ingress("few", "a", "b"), "two/more.yaml": ingress("more", "a", "b", "c")}, True),
        ({"web/all.yaml": ingress("few", "a", "b") + "---\n" + ingress("more", "a", "b", "c")}, True),
    ],
)
def test_an_ingress_that_another_one_holds_is_a_version_of_it(folder: Path, files: dict[str, str], clashes: bool) -> None:
    assert ("ingress-path-conflict" in rules(files, folder)) is clashes


@pytest.mark.parametrize(("name", "is_told"), [("type: nlb", False), ("proxy-protocol: '*'", True)])
def test_what_only_a_contradictory_page_says_is_not_told(folder: Path, name: str, is_told: bool) -> None:
    spec = f"loadBalancerClass: eks.amazonaws.com/nlb, {LOAD_BALANCER}"
    text = service("web", spec, annotations=f"{{service.beta.kubernetes.io/aws-load-balancer-{name}}}") + workload("web")
    assert ("load-balancer-annotation-ignored" in rules({"web.yaml": text}, folder)) is is_told


@pytest.mark.parametrize("name", ["kubernetes-examples", "k8s-shop"])
def test_a_tree_is_the_same_from_wherever_it_is_scanned(folder: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = service("web", "type: NodePort, ports: [{port: 80, nodePort: 30001}]") + workload("web")
    front = service("front", LOAD_BALANCER) + workload("front")
    (folder / name / ".git").mkdir(parents=True)
    tree = Tree({f"{name}/web/web.yaml": text, f"{name}/web/front.yaml": front}, folder)
    seen = [[one["rule"] for one in tree.report(target=target)["findings"]] for target in (name, str(folder / name))]
    monkeypatch.chdir(folder / name)
    seen.append([one["rule"] for one in tree.report()["findings"]])
    assert ("node-port-in-production" in seen[0]) is (name == "k8s-shop")
    assert seen[0] == seen[1] == seen[2]


CRDS = "resources: [bases/web.yaml]\n"


@pytest.mark.parametrize(
    ("ignored", "is_told"),
    [
        ("config/crd/bases\n", False),
        ("config/*/bases/*.yaml\n", False),
        ("/crd/bases\n", True),
        ("config/crd/bases\n!config/crd/bases\n", True),
    ],
)
def test_what_git_ignores_is_not_missing(folder: Path, ignored: str, is_told: bool) -> None:
    files = {".gitignore": ignored, "config/crd/kustomization.yaml": CRDS}
    assert ("render-failed" in {one["rule"] for one in Tree(files, folder).report()["findings"]}) is is_told


def test_of_two_files_the_one_that_git_does_not_ignore_is_missing(folder: Path) -> None:
    files = {".gitignore": "bases\n", "config/kustomization.yaml": "resources: [bases/web.yaml, lost.yaml]\n"}
    (found,) = Tree(files, folder).report()["findings"]
    assert "lost.yaml" in found["why"]


REFUSED = service("web", "ports: [{port: 0}]")


@pytest.mark.parametrize(
    ("names", "is_told"),
    [
        (("web.yaml", "web-expected.yaml"), False),
        (("web-input.yaml", "web.golden.yaml"), False),
        (("web.yaml", "other-expected.yaml"), True),
        (("deprecate.yml",), False),
        (("deprecated-web.yaml",), False),
        (("web-deprecated.yaml",), True),
        (("un-expected.yaml",), True),
    ],
)
def test_what_a_test_or_a_lesson_reads_is_not_deployed(folder: Path, names: tuple[str, ...], is_told: bool) -> None:
    files = {f"web/{name}": REFUSED for name in names}
    assert ("service-rejected" in rules(files, folder)) is is_told


@pytest.mark.parametrize(
    ("place", "is_told"), [("third_party/web.yaml", False), ("vendor/web/all.yaml", False), ("vendors/web.yaml", True)]
)
def test_leftovers_in_copies_are_not_told(folder: Path, place: str, is_told: bool) -> None:
    annotations = "{service.beta.kubernetes.io/aws-load-balancer-backend-protocol: tcp}"
    text = service("web", "type: ClusterIP, ports: [{port: 80}]", annotations=annotations) + workload("web")
    assert ("load-balancer-annotation-ignored" in rules({place: text}, folder)) is is_told


@pytest.mark.parametrize(
    ("comment", "is_told"), [("# insert the ID here", False), ("# your volume", False), ("# of the old cluster", True), ("", True)]
)
def test_an_empty_value_that_says_what_to_insert_is_a_blank(folder: Path, comment: str, is_told: bool) -> None:
    pod = (
        "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop}\nspec:\n  containers: [{name: c, image: example.com/app}]\n"
        f"  volumes:\n  - name: data\n    awsElasticBlockStore:\n      volumeID: {comment}\n"
    )
    assert ("invalid-resource" in rules({"web.yaml": pod}, folder)) is is_told


@pytest.mark.parametrize(("match", "is_told"), [("HostSNIRegexp(`db.{any:[a-z]+}`)", False), ("HostSNI(`db.kiosk.cloud`)", True)])
def test_no_route_is_advised_for_hosts_by_an_expression(folder: Path, match: str, is_told: bool) -> None:
    text = (
        "apiVersion: traefik.io/v1alpha1\nkind: IngressRouteTCP\nmetadata: {name: db, namespace: shop}\nspec:\n"
        f"  routes: [{{match: '{match}', services: [{{name: db, port: 5432}}]}}]\n  tls: {{passthrough: true}}\n"
    )
    assert ("edge-tcp-by-vendor-means" in rules({"db.yaml": text}, folder)) is is_told


@pytest.mark.parametrize("mark", ["--", "----", "\u2014"])
def test_a_mark_of_a_document_that_is_none_is_named(folder: Path, mark: str) -> None:
    found = [one for one in Tree({"web.yaml": f"# web\n{mark}\n{REFUSED}"}, folder).report()["findings"] if one["rule"] == "invalid-yaml"]
    assert [(one["location"]["line"], "`---`" in one["message"]) for one in found] == [(2, True)]


@pytest.mark.parametrize(("kind", "is_told"), [("LoadBalancer", False), ("NodePort", True)])
def test_a_console_with_a_login_behind_an_unknown_load_balancer(folder: Path, kind: str, is_told: bool) -> None:
    text = service("minio", f"type: {kind}, ports: [{{port: 9001}}]") + workload(
        "minio", "image: 'minio/minio:RELEASE.2025-04-08T15-41-24Z', args: [server, /data, --console-address, ':9001']"
    )
    assert ("exposed-datastore" in rules({"a/minio.yaml": text, "b/pool.yaml": METALLB, "c/pool.yaml": CILIUM}, folder)) is is_told


HELMFILE = """\
environments: {default: {}}
{{ tpl (readFile "parts/releases.yaml.gotmpl") . }}
"""
PARTS = """\
{{ $on := .Values.enabled }}
releases:
{{- if index $on "edge" }}
  - name: edge
    namespace: edge
    chart: ingress-nginx/ingress-nginx
    version: 4.0.1
{{- end }}
  # - name: old
  #   chart: a/b
  - name: web
    chart: ./charts/web
"""


def test_releases_of_a_helmfile_that_is_a_template_are_listed(folder: Path) -> None:
    chart = {"deploy/charts/web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n", "deploy/charts/web/templates/a.yaml": REFUSED}
    values = {f"deploy/values/{name}-values.yaml": "a: 1\n" for name in ("web", "edge", "grafana")}
    tree = Tree({"deploy/helmfile.yaml.gotmpl": HELMFILE, "deploy/parts/releases.yaml.gotmpl": PARTS, **chart, **values}, folder)
    seen = tree.report()["completeness"]
    assert [(one["object"], one["path"], one["line"]) for one in seen["not_rendered"]] == [
        (f"helmfile release {name}", "deploy/helmfile.yaml.gotmpl", 2) for name in ("edge", "web")
    ]
    assert [one["path"] for one in seen["units"]] == ["deploy/values/web-values.yaml"]
    shown = CliRunner().invoke(cli, ["exposure", ".", "--no-config"]).stdout
    assert shown.endswith(
        "2 objects deploy charts or sources outside this tree: their entry points are not shown, but for what values say\n"
    )


@pytest.mark.parametrize("text", ['{{ readFile "gone.yaml" }}\n', '{{ readFile "../../x.yaml" }}\n'])
def test_a_helmfile_whose_parts_are_not_in_the_tree_is_named(folder: Path, text: str) -> None:
    chart = {"charts/web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n", "charts/web/templates/a.yaml": REFUSED}
    seen = Tree({"helmfile.yaml.gotmpl": text, **chart}, folder).report()["completeness"]
    assert [one["object"] for one in seen["not_rendered"]] == ["helmfile"]


@pytest.mark.parametrize(
    ("place", "is_told"),
    [("_site/web/web.yaml", False), ("site/web.yaml", True), ("web/_site.yaml", True), ("docs-src/_site/a.yaml", False)],
)
def test_what_a_generator_of_pages_copied_is_not_deployed(folder: Path, place: str, is_told: bool) -> None:
    assert ("service-rejected" in rules({place: REFUSED}, folder)) is is_told


@pytest.mark.parametrize(
    ("line", "is_told"), [("value: 'http://host.docker.internal:3306'", False), ("value: x # host.docker.internal", True)]
)
def test_a_file_that_reaches_the_machine_of_a_developer_is_for_it(folder: Path, line: str, is_told: bool) -> None:
    text = service("web", "type: NodePort, ports: [{port: 80}]") + workload("web")
    text += f"---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c, namespace: shop}}\ndata:\n  {line}\n"
    balancer = service("edge", LOAD_BALANCER) + workload("edge")
    assert ("node-port-in-production" in rules({"web.yaml": text, "edge.yaml": balancer}, folder)) is is_told


@pytest.mark.parametrize(
    ("written", "helped"),
    [
        ("        ports:\ncontainerPort: 80\n", "Indent it below"),
        ("        ports:\nreplica: 80\n", "Remove the field."),
        ("        ports: []\ncontainerPort: 80\n", "Remove the field."),
    ],
)
def test_a_field_that_lost_its_indentation_is_not_to_be_removed(folder: Path, written: str, helped: str) -> None:
    text = workload("web").split("---\n", 1)[1].split("    spec:")[0]
    text += f"    spec:\n      containers:\n      - name: c\n        image: example.com/app\n{written}"
    said = [one["help"] for one in Tree({"web.yaml": text}, folder).report()["findings"] if one["rule"] == "invalid-resource"]
    assert any(one.startswith(helped) for one in said)


@pytest.mark.parametrize(("address", "joined"), [("SET_BY_SCRIPT", False), ("${LAN_RANGE}", True)])
def test_pools_that_a_person_fills_in_are_alternatives_of_that_person(folder: Path, address: str, *, joined: bool) -> None:
    files = {
        "metallb/pool.yaml": METALLB.replace("192.168.7.10-192.168.7.20", f"'{address}'"),
        "cilium/pool.yaml": CILIUM + service("web", LOAD_BALANCER) + workload("web"),
    }
    assert f"'{address}'" in files["metallb/pool.yaml"]
    assert ("load-balancer-implementations-conflict" in rules(files, folder)) is joined
