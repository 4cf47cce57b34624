"""Changes of trees as their history has them: what a scan of a commit says when it is compared with the commit before."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from k8slblint.rendering.gitops.deployments import wants_config_maps
from k8slblint.rendering.gitops.flux_parents import PatchedIn
from tests import histories
from tests.builders import resources
from tests.whole_trees import Tree, service, workload

OF_CHANGES = ("load-balancer-released", "load-balancer-replaced")
PORTS = "type: LoadBalancer, ports: [{port: 53}]"
GATEWAY = """\
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: door, namespace: shop}
spec: {gatewayClassName: istio, listeners: [{name: web, port: 80, protocol: HTTP}]ADDRESSES}
"""
METALLB = "apiVersion: metallb.io/v1beta1\nkind: IPAddressPool\nmetadata: {name: site, namespace: metallb-system}\n"
METALLB_POOL = f"{METALLB}spec: {{addresses: [192.168.40.0/24]}}\n"
CILIUM_POOL = (
    "apiVersion: cilium.io/v2\nkind: CiliumLoadBalancerIPPool\nmetadata: {name: site}\nspec: {blocks: [{cidr: 192.168.40.0/24}]}\n"
)
KUBE_VIP = "kube-vip.io/loadbalancerIPs"
IPS = "lbipam.cilium.io/ips"
LIST = "metallb.io/loadBalancerIPs"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return histories.start(tmp_path, monkeypatch).folder


def told(folder: Path, before: Mapping[str, str], after: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Return rule, object and place of what a commit from `before` to `after` is said to do."""
    history = histories.History(folder)
    history.commit(dict(before))
    history.git("rm", "--quiet", "-r", ".")
    tree = Tree(after, folder)
    history.commit()
    found = (one for one in tree.report("--against", "HEAD~1")["findings"] if one["rule"] in OF_CHANGES)
    return [(one["rule"], one["resource"]["name"], f"{one['location']['path']}:{one['location']['line']}") for one in found]


def asks(name: str, key: str, addresses: str, namespace: str = "shop") -> str:
    return service(name, PORTS, namespace, f'{{{key}: "{addresses}"}}')


def in_field(name: str, address: str) -> str:
    return service(name, f"{PORTS}, loadBalancerIP: {address}")


CHANGES_OF_ADDRESSES = [
    pytest.param("cilium", asks("dns", IPS, "192.168.40.3"), asks("dns", IPS, "192.168.40.4"), True, id="cilium"),
    pytest.param("cilium", asks("dns", IPS, "192.168.40.3,192.168.40.4"), asks("dns", IPS, "192.168.40.4"), True, id="one-leaves"),
    pytest.param("cilium", asks("dns", IPS, "192.168.40.3"), asks("dns", IPS, "192.168.40.4, 192.168.40.3"), False, id="one-joins"),
    pytest.param("cilium", asks("dns", IPS, "192.168.40.3"), service("dns", PORTS), False, id="no-wish-any-more"),
    pytest.param("cilium", in_field("dns", "192.168.40.3"), in_field("dns", "192.168.40.4"), True, id="cilium-field"),
    pytest.param("cilium", in_field("dns", "192.168.40.3"), asks("dns", IPS, "192.168.40.3"), False, id="field-to-key"),
    pytest.param("cilium", in_field("dns", "192.168.40.3"), asks("dns", IPS, "192.168.40.4"), True, id="field-to-key-and-address"),
    pytest.param("cilium", asks("dns", IPS, "192.168.40.3"), in_field("dns", "192.168.40.4"), True, id="key-to-field-and-address"),
    pytest.param("metallb", asks("dns", LIST, "192.168.40.3,192.168.40.4"), asks("dns", LIST, "192.168.40.3"), False, id="was-refused"),
    pytest.param("metallb", asks("dns", LIST, "192.168.40.3,fd00::3"), asks("dns", LIST, "192.168.40.3"), True, id="lost-ipv6"),
    pytest.param("metallb", asks("dns", LIST, "192.168.40.3"), asks("dns", LIST, "192.168.40.3,fd00::3"), False, id="got-ipv6"),
    pytest.param("none", asks("dns", KUBE_VIP, "192.168.40.3"), asks("dns", KUBE_VIP, "192.168.40.4"), True, id="kube-vip"),
]


@pytest.mark.parametrize(("controller", "before", "after", "is_lost"), CHANGES_OF_ADDRESSES)
def test_only_an_address_that_leaves_the_list_is_lost(folder: Path, controller: str, before: str, after: str, is_lost: bool):
    pool = {"cilium": {"pool.yaml": CILIUM_POOL}, "metallb": {"pool.yaml": METALLB_POOL}, "none": {}}[controller]
    found = told(folder, {"dns.yaml": before, **pool}, {"dns.yaml": after, **pool})
    assert found == ([("load-balancer-replaced", "dns", "dns.yaml:4" if "loadBalancerIP:" in after else "dns.yaml:3")] if is_lost else [])


def test_two_addresses_of_one_family_are_refused_by_metallb(folder: Path):
    files = {"dns.yaml": asks("dns", LIST, "192.168.40.3,192.168.40.4"), "pool.yaml": METALLB_POOL}
    assert ("load-balancer-annotation-invalid", "dns.yaml", 3) in Tree(files, folder).findings()


def test_an_address_that_a_second_service_for_the_same_pods_takes_is_not_lost(folder: Path):
    files = {"pool.yaml": CILIUM_POOL}
    udp = asks("dns-udp", IPS, "192.168.40.4").replace("app: dns-udp", "app: dns")
    before = {"dns.yaml": asks("dns", IPS, "192.168.40.3,192.168.40.4"), **files}
    assert told(folder, before, {"dns.yaml": asks("dns", IPS, "192.168.40.3"), "udp.yaml": udp, **files}) == []


def test_an_address_that_goes_to_other_pods_is_lost(folder: Path):
    files = {"pool.yaml": CILIUM_POOL}
    before = {"dns.yaml": asks("dns", IPS, "192.168.40.3"), **files}
    after = {"dns.yaml": asks("dns", IPS, "192.168.40.4"), "mail.yaml": asks("mail", IPS, "192.168.40.3"), **files}
    assert told(folder, before, after) == [("load-balancer-replaced", "dns", "dns.yaml:3")]


HEIRS = [
    pytest.param(asks("names", KUBE_VIP, "192.168.40.5", "net"), True, id="another-service-takes-the-address"),
    pytest.param(asks("dns-v2", KUBE_VIP, "192.168.40.5").replace("app: dns-v2", "app: dns"), True, id="renamed-with-the-address"),
    pytest.param(GATEWAY.replace("ADDRESSES", ", addresses: [{value: 192.168.40.5}]"), True, id="a-gateway-takes-the-address"),
    pytest.param(asks("names", KUBE_VIP, "192.168.40.6", "net"), False, id="another-service-with-another-address"),
    pytest.param(GATEWAY.replace("ADDRESSES", ""), False, id="a-gateway-without-it"),
]


@pytest.mark.parametrize(("heir", "takes_over"), HEIRS)
def test_an_address_that_another_object_takes_over_is_not_lost(folder: Path, heir: str, takes_over: bool):
    found = told(folder, {"a.yaml": asks("dns", KUBE_VIP, "192.168.40.5") + workload("dns")}, {"b.yaml": heir})
    assert [one[:2] for one in found] == ([] if takes_over else [("load-balancer-released", "dns")])


def test_an_address_that_another_object_shared_all_along_is_not_taken_over(folder: Path):
    stays = {"tcp.yaml": asks("dns-tcp", KUBE_VIP, "192.168.40.5")}
    found = told(folder, {"udp.yaml": asks("dns-udp", KUBE_VIP, "192.168.40.5"), **stays}, stays)
    assert found == [("load-balancer-released", "dns-udp", "udp.yaml:3")]


@pytest.mark.parametrize("stays", [True, False])
def test_a_service_that_a_gateway_provisions_comes_back_while_the_gateway_stays(folder: Path, stays: bool):
    made = service("door-istio", PORTS, annotations="{}, labels: {gateway.networking.k8s.io/gateway-name: door}")
    gateway = {"gateway.yaml": GATEWAY.replace("ADDRESSES", "")}
    found = told(folder, {"made.yaml": made, **gateway}, gateway if stays else {"other.yaml": METALLB_POOL})
    assert [one[:2] for one in found] == ([] if stays else [("load-balancer-released", "door-istio")])


@pytest.mark.parametrize(("name", "is_known"), [("metallb.io/inside", True), ("example.com/inside", False)])
def test_a_class_in_the_domain_of_metallb_is_its_own_where_it_is_in_the_cluster(folder: Path, name: str, is_known: bool):
    before, after = (
        service("dns", f"{PORTS}, loadBalancerClass: {name}", annotations=f'{{{LIST}: "192.168.40.{last}"}}') for last in (7, 8)
    )
    found = told(folder, {"dns.yaml": before, "pool.yaml": METALLB_POOL}, {"dns.yaml": after, "pool.yaml": METALLB_POOL})
    assert found == ([("load-balancer-replaced", "dns", "dns.yaml:3")] if is_known else [])


INGRESS = """\
apiVersion: API
kind: Ingress
metadata: {name: shop, namespace: shop, annotations: {kubernetes.io/ingress.class: gce, kubernetes.io/ingress.global-static-ip-name: NAME}}
spec: {backend: {serviceName: shop, servicePort: 80}}
"""


def test_an_ingress_stays_the_same_object_when_its_api_group_changes(folder: Path):
    before = INGRESS.replace("API", "extensions/v1beta1").replace("NAME", "door")
    after = INGRESS.replace("API", "networking.k8s.io/v1beta1").replace("NAME", "gate")
    assert told(folder, {"i.yaml": before}, {"i.yaml": after}) == [("load-balancer-replaced", "shop", "i.yaml:3")]


FLUX = """\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: NAME, namespace: flux-system}
spec: {path: ./PATH, prune: true, interval: 1h, sourceRef: {kind: GitRepository, name: flux-system}REST}
"""
LISTED = "resources: [settings.yaml, dns.yaml]\n"
SETTINGS = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, namespace: shop}\n"


def flux(name: str, path: str, rest: str = "") -> str:
    return FLUX.replace("NAME", name).replace("PATH", path).replace("REST", rest)


def names(listed: str, *, is_flux: bool = True, head: str = "") -> dict[str, str]:
    """Return a tree whose kustomization lists some of two files."""
    files = {
        "apps/dns/kustomization.yaml": f"{head}resources: [{listed}]\n",
        "apps/dns/settings.yaml": SETTINGS,
        "apps/dns/dns.yaml": asks("dns", LIST, "192.168.40.9"),
        "pool.yaml": METALLB_POOL,
    }
    return {**files, **({"flux/dns.yaml": flux("dns", "apps/dns")} if is_flux else {})}


@pytest.mark.parametrize("is_flux", [True, False])
@pytest.mark.parametrize("head", ["", "namespace: shop\n", "namePrefix: a-\n"])
def test_what_a_kustomization_no_longer_lists_is_gone(folder: Path, is_flux: bool, head: str):
    before, after = (names(listed, is_flux=is_flux, head=head) for listed in ("settings.yaml, dns.yaml", "settings.yaml"))
    (found,) = told(folder, before, after)
    assert found[0] == "load-balancer-released"
    assert found[2].startswith("apps/dns/dns.yaml:")


@pytest.mark.parametrize("is_flux", [True, False])
def test_what_a_kustomization_did_not_list_is_new(folder: Path, is_flux: bool):
    after = names("settings.yaml, dns.yaml", is_flux=is_flux)
    after["apps/dns/dns.yaml"] = asks("dns", LIST, "192.168.40.10")
    assert told(folder, names("settings.yaml", is_flux=is_flux), after) == []


def test_what_another_kustomization_lists_instead_is_not_gone(folder: Path):
    dns = {"shared/dns.yaml": asks("dns", LIST, "192.168.40.9"), "shared/kustomization.yaml": "resources: [dns.yaml]\n"}
    deployers = {"flux/a.yaml": flux("a", "apps/a"), "flux/b.yaml": flux("b", "apps/b"), "pool.yaml": METALLB_POOL}
    settings = {f"apps/{one}/settings.yaml": SETTINGS for one in ("a", "b")}
    lists = [f"resources: [settings.yaml{more}]\n" for more in (", ../../shared", "")]
    files = {**dns, **deployers, **settings}
    before = {**files, "apps/a/kustomization.yaml": lists[0], "apps/b/kustomization.yaml": lists[1]}
    assert told(folder, before, {**files, "apps/a/kustomization.yaml": lists[1], "apps/b/kustomization.yaml": lists[0]}) == []


def test_a_first_deployer_makes_nothing_gone_that_it_does_not_reach(folder: Path):
    files = {"apps/dns/dns.yaml": asks("dns", LIST, "192.168.40.9"), "other/settings.yaml": SETTINGS}
    assert told(folder, files, {**files, "flux/other.yaml": flux("other", "other")}) == []


@pytest.mark.parametrize("is_new", [True, False])
def test_a_part_that_could_not_be_rendered_before_either_hides_no_arrival(folder: Path, is_new: bool):
    remote = "resources: [settings.yaml, 'https://charts.example.org/board.yaml']\n"
    files = {
        "flux/dns.yaml": flux("dns", "apps/dns"),
        "flux/door.yaml": flux("door", "apps/door"),
        "apps/door/settings.yaml": SETTINGS,
        "apps/door/kustomization.yaml": remote,
        "apps/dns/settings.yaml": SETTINGS,
        "apps/dns/kustomization.yaml": "resources: [settings.yaml]\n",
        "pool.yaml": METALLB_POOL,
    }
    dns = {"apps/dns/kustomization.yaml": LISTED, "apps/dns/dns.yaml": asks("dns", LIST, "192.168.40.9")}
    before = {**files, **dns, **({"apps/door/kustomization.yaml": "resources: [settings.yaml]\n"} if is_new else {})}
    after = {**files, "apps/door/settings.yaml": f"{SETTINGS}data: {{a: '2'}}\n"}
    found = told(folder, before, after)
    assert [one[:2] for one in found] == ([] if is_new else [("load-balancer-released", "dns")])


COPIES = [
    pytest.param({"berlin/a/dns.yaml": "dns", "bern/a/dns.yaml": "dns", "berlin/a/mail.yaml": "mail"}, ["dns"], id="sibling"),
    pytest.param({"berlin/a/dns.yaml": "dns", "all.yaml": "dns", "berlin/a/mail.yaml": "mail"}, [], id="bundle"),
    pytest.param({"berlin/a/dns.yaml": "dns", "bern/a/dns.yaml": "dns"}, [], id="folder-is-gone"),
    pytest.param({"berlin/a/dns.yaml": "dns", "berlin/a/copy.yaml": "dns", "berlin/a/mail.yaml": "mail"}, [], id="same-folder"),
]


@pytest.mark.parametrize(("files", "gone"), COPIES)
def test_a_copy_in_a_sibling_folder_does_not_stand_for_what_is_removed(folder: Path, files: dict[str, str], gone: list[str]):
    before = {path: asks(name, LIST, "192.168.40.11") for path, name in files.items()}
    after = {path: text for path, text in before.items() if path != "berlin/a/dns.yaml"}
    assert [one[1] for one in told(folder, before, after)] == gone


@pytest.mark.parametrize("address", ["192.168.40.12", "192.168.40.13"])
def test_a_changed_variable_of_flux_changes_what_it_is_filled_into(folder: Path, address: str):
    settings = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cluster, namespace: flux-system}\ndata: {DNS: 192.168.40.12}\n"
    rest = ", postBuild: {substituteFrom: [{kind: ConfigMap, name: cluster}]}"
    files = {"flux/dns.yaml": flux("dns", "apps/dns", rest), "pool.yaml": METALLB_POOL, "flux/settings.yaml": settings}
    dns = {"apps/dns/kustomization.yaml": "resources: [dns.yaml]\n", "apps/dns/dns.yaml": asks("dns", LIST, "${DNS}")}
    before = {**files, **dns}
    found = told(folder, before, {**before, "flux/settings.yaml": settings.replace("192.168.40.12", address) + "# changed\n"})
    assert found == ([("load-balancer-replaced", "dns", "apps/dns/dns.yaml:3")] if address.endswith("13") else [])


PATCH = """\
  patches:
    - patch: |-
        apiVersion: kustomize.toolkit.fluxcd.io/v1
        kind: Kustomization
        metadata: {name: any}
        spec: {postBuild: {substituteFrom: [{kind: ConfigMap, name: cluster}]}}
      target: {kind: KustomizationSELECTOR}
"""
PARENT = """\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: all, namespace: flux-system}
spec:
  path: ./FOLDER
  prune: true
  interval: 1h
  sourceRef: {kind: GitRepository, name: flux-system}
"""
PATCHED_IN = [
    pytest.param("apps", "", True, id="all-below-the-folder"),
    pytest.param("apps", ", name: dns", True, id="by-name"),
    pytest.param("apps", ", labelSelector: variables.example.org/off notin (true)", True, id="all-without-a-label"),
    pytest.param("apps", ", name: mail", False, id="another-name"),
    pytest.param("apps", ", name: d.*", True, id="an-expression"),
    pytest.param("apps", ", labelSelector: 'variables.example.org/on in (a, b)'", False, id="a-label-that-is-missing"),
    pytest.param("other", "", False, id="another-folder"),
]


@pytest.mark.parametrize(("below", "selector", "is_known"), PATCHED_IN)
def test_variables_that_a_parent_patches_into_its_children_are_filled_in(folder: Path, below: str, selector: str, is_known: bool):
    settings = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cluster, namespace: flux-system}\ndata: {DNS: 192.168.40.12}\n"
    before = {
        "flux/all.yaml": PARENT.replace("FOLDER", below) + PATCH.replace("SELECTOR", selector),
        "flux/settings.yaml": settings,
        "pool.yaml": METALLB_POOL,
        "other/kustomization.yaml": "resources: []\n",
        "apps/kustomization.yaml": "resources: [dns/ks.yaml]\n",
        "apps/dns/ks.yaml": flux("dns", "apps/dns/app"),
        "apps/dns/app/kustomization.yaml": "resources: [dns.yaml]\n",
        "apps/dns/app/dns.yaml": asks("dns", LIST, "${DNS}"),
    }
    found = told(folder, before, {**before, "flux/settings.yaml": settings.replace("40.12", "40.13")})
    assert found == ([("load-balancer-replaced", "dns", "apps/dns/app/dns.yaml:3")] if is_known else [])


@pytest.mark.parametrize(
    "patch", ["[", "[" * 5000, "- op: add\n  path: /spec/postBuild\n  value: {}", "{postBuild", "&a {postBuild: *a}", "a: b\n---\na: b"]
)
def test_a_patch_that_is_no_mapping_leaves_variables_unknown(patch: str):
    patches = f"  patches: [{{patch: {json.dumps(patch + ' # postBuild')}, target: {{kind: Kustomization}}}}]\n"
    parent, child = resources(f"{PARENT.replace('FOLDER', 'apps')}{patches}---\n{flux('dns', 'apps/dns')}")
    assert wants_config_maps([parent])
    assert PatchedIn([parent, child], lambda one: f"apps/{one.name}.yaml").post_build(child) is None


def release(chart: str, kind: str = "HelmRelease") -> str:
    spec = {
        "HelmRelease": f"{{chart: {{spec: {{chart: {chart}, version: 1.0.0, sourceRef: {{kind: HelmRepository, name: site}}}}}}}}",
        "Application": f"{{source: {{repoURL: 'https://charts.example.org', chart: {chart}, targetRevision: 1.0.0}}}}",
        "HelmChart": f"{{chart: site/{chart}}}",
    }
    groups = {"HelmRelease": "helm.toolkit.fluxcd.io/v2", "Application": "argoproj.io/v1alpha1", "HelmChart": "helm.cattle.io/v1"}
    return f"apiVersion: {groups[kind]}\nkind: {kind}\nmetadata: {{name: lb, namespace: kube-system}}\nspec: {spec[kind]}\n"


@pytest.mark.parametrize(("chart", "is_known"), [("metallb", True), ("some-application", False)])
@pytest.mark.parametrize("kind", ["HelmRelease", "Application", "HelmChart"])
def test_a_chart_that_is_not_in_the_tree_shows_the_controller_that_it_installs(folder: Path, kind: str, chart: str, is_known: bool):
    files = {"lb.yaml": release(chart, kind)}
    before, after = ({"dns.yaml": in_field("dns", f"192.168.40.{last}"), **files} for last in (3, 4))
    assert told(folder, before, after) == ([("load-balancer-replaced", "dns", "dns.yaml:4")] if is_known else [])


LEFT = [
    pytest.param({}, [], id="nothing-installs-a-controller"),
    pytest.param({"pool.yaml": CILIUM_POOL}, [("load-balancer-annotation-ignored", "dns.yaml", 3)], id="another-one-is-here"),
    pytest.param({"pool.yaml": CILIUM_POOL, "metallb.yaml": METALLB_POOL}, [], id="both-are-here"),
    pytest.param({"pool.yaml": CILIUM_POOL, "lb.yaml": release("metallb")}, [], id="its-chart-is-here"),
]


@pytest.mark.parametrize(("files", "expected"), LEFT)
def test_keys_of_a_controller_that_another_one_replaced_have_no_effect(folder: Path, files: dict[str, str], expected: list[object]):
    found = Tree({"dns.yaml": asks("dns", LIST, "192.168.40.3"), **files}, folder).findings()
    assert [one for one in found if one[0] == "load-balancer-annotation-ignored"] == expected


def test_each_service_that_one_line_of_a_template_no_longer_prints_is_told(folder: Path):
    listed = "{{- range .Values.names }}\n---\n" + asks("dns-{{ . }}", KUBE_VIP, "192.168.40.{{ . }}") + "{{- end }}\n"
    chart = {"chart/Chart.yaml": "apiVersion: v2\nname: dns\nversion: 1.0.0\n", "chart/templates/dns.yaml": listed}
    before, after = ({**chart, "chart/values.yaml": f"names: [{names}]\n"} for names in ("3, 4, 5, 6", "3"))
    found = told(folder, before, after)
    assert [one[:2] for one in found] == [("load-balancer-released", f"dns-{number}") for number in (4, 5, 6)]


ARRIVALS = [
    pytest.param(release("board"), release("board").replace("1.0.0", "1.0.1"), True, id="another-version"),
    pytest.param(release("board"), release("board").replace("spec: {", "spec: {interval: 2h, ", 1), True, id="another-schedule"),
    pytest.param(release("board"), release("names"), False, id="another-chart"),
    pytest.param(
        release("board"), release("board").replace("}}}", "}}, values: {service: {type: LoadBalancer}}}"), False, id="other-values"
    ),
    pytest.param("", release("board"), False, id="a-new-one"),
    pytest.param("", release("board").replace("spec: {", "spec: {targetNamespace: media, ", 1), True, id="a-new-one-in-another-namespace"),
]


@pytest.mark.parametrize(("before", "after", "is_sure"), ARRIVALS)
def test_what_is_gone_did_not_move_into_a_chart_that_was_there(folder: Path, before: str, after: str, is_sure: bool):
    dns = {"dns.yaml": asks("dns", KUBE_VIP, "192.168.40.14", "kube-system"), "other.yaml": SETTINGS}
    found = told(folder, {**dns, "lb.yaml": before or SETTINGS}, {"other.yaml": SETTINGS, "lb.yaml": after})
    assert [one[:2] for one in found] == ([("load-balancer-released", "dns")] if is_sure else [])


def switched(dns: str, head: str = "", *, is_on: bool = True) -> dict[str, str]:
    """Return a tree of Flux whose kustomization of applications lists the Kustomization of one of two, or does not."""
    return {
        "flux/apps.yaml": flux("apps", "apps"),
        "flux/kustomization.yaml": "resources: [apps.yaml]\n",
        "apps/kustomization.yaml": f"resources: [mail/ks.yaml{', dns/ks.yaml' if is_on else ''}]\n",
        "apps/mail/ks.yaml": flux("mail", "apps/mail/app"),
        "apps/mail/app/kustomization.yaml": "resources: [settings.yaml]\n",
        "apps/mail/app/settings.yaml": SETTINGS,
        "apps/dns/ks.yaml": flux("dns", "apps/dns/app"),
        "apps/dns/app/kustomization.yaml": f"{head}resources: [dns.yaml]\n",
        "apps/dns/app/dns.yaml": dns,
        "pool.yaml": METALLB_POOL,
    }


SWITCHES = [
    pytest.param(True, False, ["load-balancer-released"], id="off"),
    pytest.param(False, True, [], id="on"),
    pytest.param(False, False, [], id="stays-off"),
    pytest.param(True, True, ["load-balancer-replaced"], id="stays-on"),
]


@pytest.mark.parametrize("head", ["", "namePrefix: a-\n"])
@pytest.mark.parametrize(("before", "after", "expected"), SWITCHES)
def test_an_application_is_switched_off_by_leaving_out_its_kustomization(
    folder: Path, before: bool, after: bool, expected: list[str], head: str
):
    trees = (switched(asks("dns", LIST, f"192.168.40.{last}"), head, is_on=is_on) for is_on, last in ((before, 20), (after, 21)))
    assert [one[0] for one in told(folder, *trees)] == expected


def test_an_application_that_is_left_out_is_gone_though_nothing_else_changes(folder: Path):
    trees = (switched(asks("dns", LIST, "192.168.40.20"), is_on=is_on) for is_on in (True, False))
    assert told(folder, *trees) == [("load-balancer-released", "dns", "apps/dns/app/dns.yaml:3")]


def test_kustomizations_that_apply_each_other_are_applied(folder: Path):
    files = {
        "a/ks.yaml": flux("b", "b"),
        "b/ks.yaml": flux("a", "a"),
        "b/dns.yaml": asks("dns", LIST, "192.168.40.20"),
        "pool.yaml": METALLB_POOL,
    }
    after = {**files, "b/dns.yaml": asks("dns", LIST, "192.168.40.21")}
    assert [one[0] for one in told(folder, files, after)] == ["load-balancer-replaced"]


def test_a_kustomization_beside_what_it_applies_is_applied_by_hand(folder: Path):
    files = {
        "apps/dns/ks.yaml": flux("dns", "apps/dns"),
        "apps/dns/kustomization.yaml": "resources: [dns.yaml]\n",
        "apps/dns/dns.yaml": asks("dns", LIST, "192.168.40.20"),
        "pool.yaml": METALLB_POOL,
    }
    after = {**files, "apps/dns/dns.yaml": asks("dns", LIST, "192.168.40.21")}
    assert [one[0] for one in told(folder, files, after)] == ["load-balancer-replaced"]


@pytest.mark.parametrize("broken", ["resources: [mail/ks.yaml\n", "resources: 3\n", "resources: [mail/ks.yaml, gone.yaml]\n", "- a\n"])
def test_a_list_that_cannot_be_read_switches_nothing_off(folder: Path, broken: str):
    before = switched(asks("dns", LIST, "192.168.40.20"))
    assert told(folder, before, {**before, "apps/kustomization.yaml": broken}) == []


def test_a_cluster_that_loses_one_object_is_not_another_one_that_gets_it(folder: Path):
    names = {f"fleet/{city}/namespace.yaml": "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n" for city in ("bern", "berlin")}
    fleet = "defaultNamespace: shop\ntargetCustomizations:\n" + "".join(
        f"- name: {city}\n  clusterName: {city}\n  kustomize: {{dir: {city}}}\n" for city in ("bern", "berlin")
    )
    lists = {f"fleet/{city}/kustomization.yaml": "resources: [namespace.yaml]\n" for city in ("bern", "berlin")}
    files = {**names, **lists, "fleet/fleet.yaml": fleet}
    both = "resources: [namespace.yaml, dns.yaml]\n"
    before = {**files, "fleet/bern/kustomization.yaml": both, "fleet/bern/dns.yaml": asks("dns", LIST, "192.168.40.3")}
    after = {**files, "fleet/berlin/kustomization.yaml": both, "fleet/berlin/dns.yaml": asks("dns", LIST, "192.168.40.4")}
    assert [one[0] for one in told(folder, before, after)] == ["load-balancer-released"]


@pytest.mark.parametrize(
    ("named", "gone"),
    [
        (["apps"], ["apps/mail.yaml:3"]),
        (["sites"], ["sites/till.yaml:3"]),
        (["sites", "apps"], ["apps/mail.yaml:3", "sites/till.yaml:3"]),
        (["new"], ["new/moved.yaml:3"]),
        (["overlay"], []),
    ],
)
def test_what_is_gone_from_outside_of_the_named_paths_is_not_told(folder: Path, named: list[str], gone: list[str]):
    history = histories.History(folder)
    files = {f"{name}.yaml": service(name.rpartition("/")[2], PORTS) for name in ("apps/mail", "sites/till", "was/moved", "base/relay")}
    kustomizations = {
        "base/kustomization.yaml": "resources: [relay.yaml]\n",
        "overlay/kustomization.yaml": "resources: [pool.yaml]\n",
        "overlay/pool.yaml": METALLB_POOL,
    }
    stays = {f"{folder}/pool.yaml": METALLB_POOL for folder in ("apps", "sites", "new")}
    history.commit({**files, **kustomizations, **stays})
    moved = service("moved", PORTS).replace("name: moved,", "name: heir,")
    history.commit({**dict.fromkeys((*files, "base/kustomization.yaml")), "new/moved.yaml": moved})
    found = histories.scan(*named, "--against", "HEAD~1", "--no-config")["findings"]
    assert [f"{one['location']['path']}:{one['location']['line']}" for one in found if one["rule"] in OF_CHANGES] == gone


def described(kind: str, service: str, name: str = "x") -> str:
    """Return an object that describes a Service in one line."""
    api_version, kind = kind.rsplit("/", 1)
    return f"apiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: {name}, namespace: shop}}\nspec: {service}\n"


TEMPLATE = "{metadata: {name: lb, annotations: {KEY: ADDRESS}}, spec: {type: TYPE}}"
DESCRIBING = {
    "gateway.networking.k8s.io/v1/Gateway": "{gatewayClassName: envoy, listeners: [], infrastructure: {annotations: {KEY: ADDRESS}}}",
    "gateway.envoyproxy.io/v1alpha1/EnvoyProxy": "{provider: {kubernetes: {envoyService: {type: TYPE, annotations: {KEY: ADDRESS}}}}}",
    "postgresql.cnpg.io/v1/Cluster": f"{{managed: {{services: {{additional: [{{serviceTemplate: {TEMPLATE}}}]}}}}}}",
    "apps.emqx.io/v2beta1/EMQX": f"{{dashboardServiceTemplate: {TEMPLATE}}}",
    "postgres-operator.crunchydata.com/v1beta1/PostgresCluster": "{service: {type: TYPE, metadata: {annotations: {KEY: ADDRESS}}}}",
    "rabbitmq.com/v1beta1/RabbitmqCluster": "{service: {type: TYPE, annotations: {KEY: ADDRESS}}}",
    "k8s.mariadb.com/v1alpha1/MariaDB": "{primaryService: {type: TYPE, metadata: {annotations: {KEY: ADDRESS}}}}",
    "elasticsearch.k8s.elastic.co/v1/Elasticsearch": f"{{http: {{service: {TEMPLATE}}}}}",
}
DATABASES = [kind for kind in DESCRIBING if "gateway" not in kind]


def asked(kind: str, address: str, service_type: str = "LoadBalancer") -> str:
    text = DESCRIBING[kind].replace("KEY", LIST).replace("TYPE", service_type)
    return described(kind, text.replace("ADDRESS", f"'{address}'"))


@pytest.mark.parametrize("kind", DESCRIBING)
@pytest.mark.parametrize(("after", "is_lost"), [("192.168.40.6", True), ("192.168.40.5,", False), ("192.168.40.5", False), ("", False)])
def test_a_described_service_that_asks_for_another_address_loses_its_own(folder: Path, kind: str, after: str, *, is_lost: bool) -> None:
    found = told(
        folder, {"x.yaml": asked(kind, "192.168.40.5"), "p.yaml": METALLB_POOL}, {"x.yaml": asked(kind, after), "p.yaml": METALLB_POOL}
    )
    assert found == ([("load-balancer-replaced", "x", "x.yaml:4")] if is_lost else [])


@pytest.mark.parametrize("kind", list(DESCRIBING)[1:])
def test_a_described_service_of_another_type_has_no_address_to_lose(folder: Path, kind: str) -> None:
    before, after = (asked(kind, address, "ClusterIP") for address in ("192.168.40.5", "192.168.40.6"))
    assert told(folder, {"x.yaml": before, "p.yaml": METALLB_POOL}, {"x.yaml": after, "p.yaml": METALLB_POOL}) == []


@pytest.mark.parametrize("kind", list(DESCRIBING)[1:])
def test_a_described_service_that_is_one_no_longer_releases_its_load_balancer(folder: Path, kind: str) -> None:
    before, pool = {"x.yaml": asked(kind, "192.168.40.5"), "p.yaml": METALLB_POOL}, {"p.yaml": METALLB_POOL}
    released = [("load-balancer-released", "x", "x.yaml:4")]
    assert told(folder, before, {"x.yaml": asked(kind, "192.168.40.5", "ClusterIP"), **pool}) == released


OUTSIDE = "{name: out, type: TYPE, configuration: {bootstrap: {annotations: {KEY: ADDRESS}}}}"
KAFKA = f"{{kafka: {{listeners: [{{name: plain, type: internal}}, {OUTSIDE}]}}}}"


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("loadbalancer 40.5", "nodeport 40.5", ["load-balancer-released"]),
        ("loadbalancer 40.5", "loadbalancer 40.6", ["load-balancer-replaced"]),
        ("LoadBalancer 40.5", "nodeport 40.5", []),
        ("nodeport 40.5", "nodeport 40.6", []),
    ],
)
def test_listeners_of_strimzi_have_types_of_their_own(folder: Path, before: str, after: str, expected: list[str]) -> None:
    texts = (
        KAFKA.replace("KEY", LIST).replace("TYPE", one.split()[0]).replace("ADDRESS", f"192.168.{one.split()[1]}")
        for one in (before, after)
    )
    trees = [{"x.yaml": described("kafka.strimzi.io/v1beta2/Kafka", text), "p.yaml": METALLB_POOL} for text in texts]
    assert [one[0] for one in told(folder, *trees)] == expected


@pytest.mark.parametrize("heir", [asks("lb", LIST, "192.168.40.5"), GATEWAY.replace("ADDRESSES", ", addresses: [{value: 192.168.40.5}]")])
@pytest.mark.parametrize("service_type", ["ClusterIP", "LoadBalancer"])
def test_an_address_that_goes_from_a_described_service_to_another_object_is_kept(folder: Path, heir: str, service_type: str) -> None:
    kind, pool = DATABASES[0], {"p.yaml": METALLB_POOL}
    after = {"x.yaml": asked(kind, "192.168.40.6", service_type), "heir.yaml": heir, **pool}
    assert told(folder, {"x.yaml": asked(kind, "192.168.40.5"), **pool}, after) == []


REMOVED = [kind for kind in DESCRIBING if "EnvoyProxy" not in kind]


@pytest.mark.parametrize("kind", REMOVED)
def test_what_describes_a_service_and_is_removed_releases_its_load_balancer(folder: Path, kind: str) -> None:
    pool = {"p.yaml": METALLB_POOL}
    found = told(folder, {"x.yaml": asked(kind, "192.168.40.5"), **pool}, pool)
    assert found == [("load-balancer-released", "x", "x.yaml:3")]


@pytest.mark.parametrize("kind", REMOVED)
@pytest.mark.parametrize("heir", [asks("lb", LIST, "192.168.40.5"), GATEWAY.replace("ADDRESSES", ", addresses: [{value: 192.168.40.5}]")])
def test_an_address_of_what_is_removed_may_be_handed_over(folder: Path, kind: str, heir: str) -> None:
    pool = {"p.yaml": METALLB_POOL}
    assert told(folder, {"x.yaml": asked(kind, "192.168.40.5"), **pool}, {"heir.yaml": heir, **pool}) == []


def test_gateways_without_their_parameters_have_load_balancers_all_the_same(folder: Path) -> None:
    pool, kind = {"p.yaml": METALLB_POOL}, list(DESCRIBING)[1]
    assert told(folder, {"x.yaml": asked(kind, "192.168.40.5"), **pool}, pool) == []


def test_a_gateway_that_asks_for_no_address_is_removed_without_a_word(folder: Path) -> None:
    pool = {"p.yaml": METALLB_POOL}
    assert told(folder, {"door.yaml": GATEWAY.replace("ADDRESSES", ""), **pool}, pool) == []
    history = {"door.yaml": GATEWAY.replace("ADDRESSES", ", addresses: [{value: 192.168.40.5}]"), **pool}
    assert told(folder, history, pool) == [("load-balancer-released", "door", "door.yaml:3")]


@pytest.mark.parametrize("text", ["[]", "{managed: {services: {additional: x}}}", "{managed: {services: {additional: [1, null, {a: b}]}}}"])
def test_what_describes_no_service_is_passed_over(folder: Path, text: str) -> None:
    pool, kind = {"p.yaml": METALLB_POOL}, DATABASES[0]
    assert told(folder, {"x.yaml": described(kind, text), **pool}, {"x.yaml": described(kind, "{instances: 2}"), **pool}) == []


def test_a_gateway_that_a_cloud_serves_has_no_service(folder: Path) -> None:
    head = "apiVersion: gateway.networking.k8s.io/v1\nkind: GatewayClass\nmetadata: {name: envoy}\n"
    head += "spec: {controllerName: networking.gke.io/gateway}\n"
    kind, rest = next(iter(DESCRIBING)), {"c.yaml": head, "p.yaml": METALLB_POOL}
    before, after = ({"x.yaml": asked(kind, address), **rest} for address in ("192.168.40.5", "192.168.40.6"))
    assert told(folder, before, after) == []


@pytest.mark.parametrize(("where", "is_told"), [("testenv/weekly", False), ("dev", False), ("live", True)])
@pytest.mark.parametrize("after", [{"dns.yaml": asks("dns", LIST, "192.168.40.6")}, {}])
def test_an_address_of_a_trial_environment_may_be_lost(folder: Path, where: str, after: dict[str, str], *, is_told: bool) -> None:
    files = {f"{where}/pool.yaml": METALLB_POOL}
    before = {f"{where}/dns.yaml": asks("dns", LIST, "192.168.40.5"), **files}
    found = told(folder, before, {f"{where}/{path}": text for path, text in after.items()} | files)
    assert bool(found) == is_told


@pytest.mark.parametrize(("ports", "is_told"), [("[{port: 53}]", False), ("[{port: 80}, {port: 53}]", False), ("[{port: 80}]", True)])
def test_a_service_that_stays_takes_over_only_the_ports_that_it_has(folder: Path, ports: str, *, is_told: bool) -> None:
    stays = {"web.yaml": asks("web", KUBE_VIP, "192.168.40.4").replace("app: web", "app: dns").replace("[{port: 53}]", ports)}
    found = told(folder, {"dns.yaml": asks("dns", KUBE_VIP, "192.168.40.5"), **stays}, stays)
    assert found == ([("load-balancer-released", "dns", "dns.yaml:3")] if is_told else [])


def test_a_remote_chart_beside_it_hides_nothing_that_a_kustomization_no_longer_lists(folder: Path) -> None:
    chart = "helmCharts: [{name: board, repo: 'https://charts.example.org', releaseName: board, valuesFile: values.yaml}]\n"
    files = {
        "apps/settings.yaml": SETTINGS,
        "apps/values.yaml": "service: {annotations: {service.beta.kubernetes.io/aws-load-balancer-type: internal}}\n",
        "apps/kustomization.yaml": f"namespace: shop\n{chart}resources: [settings.yaml]\n",
        "flux/apps.yaml": flux("apps", "apps"),
        "pool.yaml": METALLB_POOL,
    }
    dns = {"apps/dns.yaml": asks("dns", LIST, "192.168.40.9"), "apps/kustomization.yaml": f"namespace: shop\n{chart}{LISTED}"}
    assert [one[:2] for one in told(folder, {**files, **dns}, files)] == [("load-balancer-released", "dns")]
    report = Tree(files, folder).report()
    assert "load-balancer-annotation-invalid" in {one["rule"] for one in report["findings"]}, "values of the chart are read as they stand"


@pytest.mark.parametrize("is_new", [True, False])
@pytest.mark.parametrize("broken", ["resources: [settings.yaml, gone]\n", "resources: [settings.yaml]\nresource: []\n"])
def test_what_was_refused_as_a_whole_before_hides_no_arrival(folder: Path, broken: str, *, is_new: bool) -> None:
    files = {
        "flux/dns.yaml": flux("dns", "apps/dns"),
        "flux/door.yaml": flux("door", "apps/door"),
        "apps/door/settings.yaml": SETTINGS,
        "apps/door/door.yaml": service("door", PORTS),
        "apps/door/kustomization.yaml": broken.replace("settings.yaml", "settings.yaml, door.yaml"),
        "apps/dns/settings.yaml": SETTINGS,
        "apps/dns/kustomization.yaml": "resources: [settings.yaml]\n",
        "pool.yaml": METALLB_POOL,
    }
    dns = {"apps/dns/kustomization.yaml": LISTED, "apps/dns/dns.yaml": asks("dns", LIST, "192.168.40.9")}
    before = {**files, **dns, **({"apps/door/kustomization.yaml": "resources: [settings.yaml, door.yaml]\n"} if is_new else {})}
    after = {**files, "apps/door/settings.yaml": f"{SETTINGS}data: {{a: '2'}}\n"}
    assert [one[:2] for one in told(folder, before, after)] == ([] if is_new else [("load-balancer-released", "dns")])


KEPT = [
    pytest.param("prune: true", "prune: false", "", False, id="not-pruned"),
    pytest.param("prune: true", "prune: true, suspend: true", "", False, id="suspended"),
    pytest.param("prune: true", "prune: true, suspend: false", "", True, id="resumed"),
    pytest.param("", "", ", kustomize.toolkit.fluxcd.io/prune: disabled", False, id="one-object"),
    pytest.param("", "", ", kustomize.toolkit.fluxcd.io/prune: enabled", True, id="another-word"),
]


@pytest.mark.parametrize("head", ["", "namePrefix: a-\n"])
@pytest.mark.parametrize(("old", "new", "annotation", "is_gone"), KEPT)
def test_what_its_deployer_does_not_delete_is_not_gone(
    folder: Path, head: str, old: str, new: str, annotation: str, *, is_gone: bool
) -> None:
    dns = asks("dns", LIST, "192.168.40.9").replace('"}', f'"{annotation}}}')
    files = {"pool.yaml": METALLB_POOL, "apps/dns/settings.yaml": SETTINGS, "flux/dns.yaml": flux("dns", "apps/dns").replace(old, new)}
    before, after = ({**files, "apps/dns/kustomization.yaml": f"{head}resources: [{one}]\n"} for one in (LISTED[12:-2], "settings.yaml"))
    found = told(folder, {**before, "apps/dns/dns.yaml": dns}, after)
    assert [one[0] for one in found] == (["load-balancer-released"] if is_gone else [])


@pytest.mark.parametrize(("name", "is_told"), [("flux-manifests", False), ("our-manifests", True)])
def test_the_manifests_of_flux_itself_are_not_of_this_tree(folder: Path, name: str, *, is_told: bool) -> None:
    own = flux("own", "").replace("kind: GitRepository, name: flux-system", f"kind: OCIRepository, name: {name}")
    files = {"flux/own.yaml": own, "flux/apps.yaml": flux("apps", "apps"), "apps/settings.yaml": SETTINGS, "pool.yaml": METALLB_POOL}
    found = told(folder, {**files, "drafts/dns.yaml": asks("dns", LIST, "192.168.40.9"), "drafts/mail.yaml": SETTINGS}, files)
    assert bool(found) == is_told


@pytest.mark.parametrize("is_own", [True, False])
@pytest.mark.parametrize(("namespace", "is_sure"), [("media", True), ("shop", False), ("flux-system", False), ("", False)])
def test_a_release_hides_arrivals_only_in_its_namespace(folder: Path, namespace: str, *, is_own: bool, is_sure: bool) -> None:
    own = f", namespace: {namespace}" if is_own and namespace else ""
    board = release("board").replace(", namespace: kube-system", own)
    head = f"namespace: {namespace}\n" if namespace and not is_own else ""
    files = {
        "flux/dns.yaml": flux("dns", "apps/dns"),
        "flux/board.yaml": flux("board", "apps/board"),
        "apps/board/kustomization.yaml": f"{head}resources: [board.yaml]\n",
        "apps/dns/settings.yaml": SETTINGS,
        "apps/dns/kustomization.yaml": "resources: [settings.yaml]\n",
        "pool.yaml": METALLB_POOL,
    }
    dns = {"apps/dns/kustomization.yaml": LISTED, "apps/dns/dns.yaml": asks("dns", LIST, "192.168.40.9")}
    before = {**files, **dns, "apps/board/board.yaml": release("names").replace(", namespace: kube-system", own)}
    found = told(folder, before, {**files, "apps/board/board.yaml": board})
    assert [one[:2] for one in found] == ([("load-balancer-released", "dns")] if is_sure else [])


def test_an_application_whose_folder_is_gone_prunes_nothing(folder: Path) -> None:
    head = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: dns, namespace: argocd}\nspec:\n"
    source = "  source: {repoURL: 'https://example.org/own.git', path: PATH, targetRevision: HEAD}\n"
    files = {"apps/dns.yaml": f"{head}{source}".replace("PATH", "dns") + "  destination: {namespace: shop}\n", "pool.yaml": METALLB_POOL}
    other = {"other/settings.yaml": SETTINGS}
    dns = asks("dns", LIST, "192.168.40.9", "")
    assert told(folder, {**files, "dns/dns.yaml": dns}, {**files, **other}) == []
