"""Changes of what is deployed together: a unit begins to change its files, what its deployer keeps, patches over a base that is fetched."""

from pathlib import Path

import pytest

from tests import histories
from tests.test_changes_of_trees import CILIUM_POOL, GATEWAY, LIST, METALLB_POOL, OF_CHANGES, SETTINGS, asks, flux, told
from tests.test_changes_of_trees import folder as folder  # noqa: PLC0414 - a fixture
from tests.whole_trees import Tree, service

RELEASED, REPLACED = OF_CHANGES
POOL = {"pool.yaml": METALLB_POOL}
DNS = asks("dns", LIST, "192.168.40.5")
KUSTOMIZATION = "resources: [settings.yaml, dns.yaml]\n"
UNIT = {"flux/dns.yaml": flux("dns", "apps/dns"), "apps/dns/settings.yaml": SETTINGS, "apps/dns/dns.yaml": DNS, **POOL}

ADDRESS = """\
patches:
  - target: {kind: Service}
    patch: |
      - op: replace
        path: /metadata/annotations/metallb.io~1loadBalancerIPs
        value: 192.168.40.6
"""
GONE = """\
patches:
  - patch: |
      $patch: delete
      apiVersion: v1
      kind: Service
      metadata: {name: dns, namespace: shop}
"""


def listed(more: str = "") -> dict[str, str]:
    return {"apps/dns/kustomization.yaml": KUSTOMIZATION + more}


BEGUN = [
    pytest.param(listed(), listed(ADDRESS), [(REPLACED, "dns")], id="first-patch"),
    pytest.param(listed(ADDRESS), listed(), [(REPLACED, "dns")], id="last-patch"),
    pytest.param(listed(), listed("namespace: shop\n"), [], id="the-same-namespace"),
    pytest.param(listed(), listed("namespace: other\n"), [], id="another-namespace-same-address"),
    pytest.param(listed(), listed(GONE), [(RELEASED, "dns")], id="deleted-by-a-patch"),
    pytest.param(listed(), {"flux/dns.yaml": flux("dns", "apps/dns", ", targetNamespace: other"), **listed()}, [], id="names-its-own"),
    pytest.param({}, listed(ADDRESS), [(REPLACED, "dns")], id="first-kustomization"),
]


@pytest.mark.parametrize(("before", "after", "expected"), BEGUN)
def test_files_that_did_not_change_are_compared_when_their_unit_begins_to_change_them(
    folder: Path, before: dict[str, str], after: dict[str, str], expected: list[tuple[str, str]]
):
    assert [one[:2] for one in told(folder, {**UNIT, **before}, {**UNIT, **after})] == expected


def application(sync: str) -> str:
    return (
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: dns, namespace: argocd}\nspec:\n"
        "  source: {repoURL: 'https://example.org/tree', path: apps/dns}\n"
        f"  destination: {{server: 'https://kubernetes.default.svc'}}\n  syncPolicy: {sync}\n"
    )


def kept(options: str) -> str:
    return service("dns", "type: LoadBalancer, ports: [{port: 53}]", "shop", f'{{{LIST}: "192.168.40.5", {options}}}')


KEPT = [
    pytest.param("{automated: {prune: true}}", DNS, [RELEASED], id="prunes"),
    pytest.param("{automated: {}}", DNS, [], id="prunes-nothing"),
    pytest.param("{automated: {enabled: false}}", DNS, [RELEASED], id="people-sync"),
    pytest.param("{}", DNS, [RELEASED], id="people-sync-too"),
    pytest.param("{automated: {prune: true}}", kept("argocd.argoproj.io/sync-options: 'Replace=true, Prune=false'"), [], id="not-this-one"),
    pytest.param("{automated: {prune: true}}", kept("argocd.argoproj.io/sync-options: PruneLast=true"), [RELEASED], id="last"),
    pytest.param("{automated: {prune: true}}", kept("helm.sh/resource-policy: keep"), [], id="kept-by-helm"),
    pytest.param("{automated: {prune: true}}", kept("argocd.argoproj.io/sync-options: [Prune=false]"), [RELEASED], id="no-text"),
]


@pytest.mark.parametrize(("sync", "dns", "expected"), KEPT)
def test_what_argo_cd_does_not_prune_stays(folder: Path, sync: str, dns: str, expected: list[str]):
    files = {"argo/dns.yaml": application(sync), "apps/dns/settings.yaml": SETTINGS, **POOL}
    assert [one[0] for one in told(folder, {**files, "apps/dns/dns.yaml": dns}, files)] == expected


DELETES = "resources-finalizer.argocd.argoproj.io"
REMOVED = [
    pytest.param("", DNS, [], id="no-finalizer"),
    pytest.param(f", finalizers: [{DELETES}]", DNS, [RELEASED], id="finalizer"),
    pytest.param(f", finalizers: [{DELETES}/background]", DNS, [RELEASED], id="in-the-background"),
    pytest.param(f", finalizers: [post-delete-{DELETES}]", DNS, [], id="another-finalizer"),
    pytest.param(", finalizers: '${FINALIZERS}'", DNS, [], id="no-list"),
    pytest.param(f", finalizers: [3, {DELETES}]", kept("argocd.argoproj.io/sync-options: Delete=false"), [], id="not-this-one"),
    pytest.param(f", finalizers: [{DELETES}]", kept("argocd.argoproj.io/sync-options: Delete=true"), [RELEASED], id="this-one-too"),
]


@pytest.mark.parametrize(("finalizers", "dns", "expected"), REMOVED)
def test_an_application_is_removed_with_its_objects_where_it_says_so(folder: Path, finalizers: str, dns: str, expected: list[str]):
    one = application("{automated: {prune: true}}").replace("argocd}", f"argocd{finalizers}}}")
    before = {"argo/dns.yaml": one, "apps/dns/dns.yaml": dns, "apps/dns/settings.yaml": SETTINGS, **POOL}
    assert [one[0] for one in told(folder, before, POOL)] == expected


def test_a_service_that_leaves_an_application_without_finalizer_is_gone(folder: Path):
    files = {"argo/dns.yaml": application("{automated: {prune: true}}"), "apps/dns/settings.yaml": SETTINGS, **POOL}
    assert [one[0] for one in told(folder, {**files, "apps/dns/dns.yaml": DNS}, files)] == [RELEASED]


VALUES = (
    "  source: {repoURL: 'https://example.org/charts', chart: dns, targetRevision: 1.0.0, helm: {valuesObject: {service: {BALANCER}}}}\n"
)


@pytest.mark.parametrize(("finalizers", "expected"), [("", []), (f", finalizers: [{DELETES}]", [RELEASED])])
def test_values_go_with_an_application_where_it_says_so(folder: Path, finalizers: str, expected: list[str]):
    values = VALUES.replace("{BALANCER}", f"{{type: LoadBalancer, annotations: {{{LIST}: 192.168.40.5}}}}")
    lines = application("{}").replace("argocd}", f"argocd{finalizers}}}").splitlines(keepends=True)
    one = "".join(values if line.startswith("  source:") else line for line in lines)
    assert [one[0] for one in told(folder, {"argo/dns.yaml": one, **POOL}, POOL)] == expected


@pytest.mark.parametrize(("policy", "expected"), [("Orphan", []), ("Delete", [RELEASED]), ("MirrorPrune", [RELEASED])])
def test_what_a_removed_kustomization_orphans_stays(folder: Path, policy: str, expected: list[str]):
    one = flux("dns", "apps/dns", f", deletionPolicy: {policy}")
    files = {"apps/dns/settings.yaml": SETTINGS, "apps/dns/dns.yaml": DNS, "apps/dns/kustomization.yaml": "resources: [dns.yaml]\n", **POOL}
    assert [one[0] for one in told(folder, {"flux/dns.yaml": one, **files}, POOL)] == expected


REMOTE = "resources: ['https://github.com/example/door//install?ref=v1.2.3'LOCAL]\n"
MERGED = "apiVersion: v1\nkind: Service\nmetadata:\n  name: door\nspec:\n  type: TYPE\n"
IN_PLACE = "patches:\n  - patch: |\n" + "".join(f"      {line}\n" for line in MERGED.splitlines())
OPERATIONS = """\
patches:
  - target: {kind: Service, name: NAME}
    patch: |
      - op: add
        path: /spec/type
        value: TYPE
"""
PATCHES = [
    pytest.param({"kustomization.yaml": "patchesStrategicMerge: [door.yaml]\n", "door.yaml": MERGED}, True, id="file"),
    pytest.param({"kustomization.yaml": "patches: [{path: door.yaml}]\n", "door.yaml": MERGED}, True, id="path"),
    pytest.param({"kustomization.yaml": IN_PLACE}, True, id="in-place"),
    pytest.param({"kustomization.yaml": OPERATIONS.replace("NAME", "door")}, True, id="operations"),
    pytest.param({"kustomization.yaml": OPERATIONS.replace("NAME", "do.r")}, False, id="any-that-fits"),
    pytest.param({"kustomization.yaml": OPERATIONS.replace("NAME", "door").replace("Service", "Deployment")}, False, id="another-kind"),
    pytest.param({"kustomization.yaml": IN_PLACE.replace("spec:", "$patch: replace\n      spec:")}, False, id="replaced-as-a-whole"),
]


def patched(files: dict[str, str], service_type: str, local: str = "") -> dict[str, str]:
    texts = {f"door/{name}": text.replace("TYPE", service_type) for name, text in files.items()}
    texts["door/kustomization.yaml"] = REMOTE.replace("LOCAL", local) + texts["door/kustomization.yaml"]
    return {**texts, **POOL}


@pytest.mark.parametrize(("files", "is_known"), PATCHES)
@pytest.mark.parametrize("local", ["", ", mail.yaml"])
def test_patches_of_a_service_whose_base_is_fetched_are_compared(folder: Path, files: dict[str, str], local: str, *, is_known: bool):
    mail = {"door/mail.yaml": service("mail", "type: ClusterIP, ports: [{port: 25}]")} if local else {}
    before, after = ({**patched(files, service_type, local), **mail} for service_type in ("LoadBalancer", "ClusterIP"))
    found = told(folder, before, after)
    assert [one[:2] for one in found] == ([(RELEASED, "door")] if is_known else [])


def test_a_patch_that_says_less_or_is_gone_takes_nothing_away_for_sure(folder: Path):
    files = {"kustomization.yaml": "patches: [{path: door.yaml}]\n", "door.yaml": MERGED.replace("spec:\n  type: TYPE\n", "spec: {}\n")}
    before = patched({**files, "door.yaml": MERGED}, "LoadBalancer")
    assert told(folder, before, patched(files, "")) == []
    assert told(folder, before, {"door/kustomization.yaml": REMOTE.replace("LOCAL", ""), **POOL}) == []


def test_a_patch_is_shown_as_the_service_that_it_changes(folder: Path):
    files = {"kustomization.yaml": "namespace: edge\npatches: [{path: door.yaml}]\n", "door.yaml": MERGED}
    for name, service_type in (("before", "LoadBalancer"), ("after", "ClusterIP")):
        Tree(patched(files, service_type), folder / name)
    report = histories.scan("after", "--against", "before", "--no-config")
    found = [one for one in report["findings"] if one["rule"] == RELEASED]
    assert [one["headline"] for one in found] == ["Service edge/door gives up its load balancer"]
    assert found[0]["resource"] == {"api_version": "v1", "kind": "Service", "namespace": "edge", "name": "door"}


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "spec: 1", "a: &a [*a]", "- op: add\n  path: 3\n  value: {}", "- [op]", "- op: add\n  path: /spec\n  value: 1"]
)
def test_patches_that_are_no_patches_say_nothing(folder: Path, text: str):
    files = {"kustomization.yaml": "patches: [{path: door.yaml, target: {kind: Service, name: door}}]\n", "door.yaml": text}
    assert told(folder, patched(files, ""), patched({**files, "door.yaml": f"{text}\n# changed\n"}, "")) == []


def test_a_service_with_the_label_of_a_gateway_of_cilium_comes_back(folder: Path):
    made = service("edge", "type: LoadBalancer, ports: [{port: 80}]").replace(
        "name: edge,", "name: edge, labels: {io.cilium.gateway/owning-gateway: door},"
    )
    gateway = {"gateway.yaml": GATEWAY.replace("ADDRESSES", ""), "pool.yaml": CILIUM_POOL}
    assert told(folder, {"made.yaml": made, **gateway}, gateway) == []


CLASSES = [
    pytest.param("metallb.io/any", True, id="domain"),
    pytest.param("lan.metallb.universe.tf/any", True, id="below-the-domain"),
    pytest.param("metallb", True, id="name"),
    pytest.param("example.org/metallb", True, id="name-of-a-class"),
    pytest.param("notmetallb.io/any", False, id="another-domain"),
    pytest.param("tailscale", False, id="another-controller"),
]


@pytest.mark.parametrize(("load_balancer_class", "is_known"), CLASSES)
def test_a_class_that_names_metallb_is_its_own(folder: Path, load_balancer_class: str, *, is_known: bool):
    texts = (DNS.replace("ports:", f"loadBalancerClass: {load_balancer_class}, ports:").replace("40.5", f"40.{last}") for last in (5, 6))
    before, after = ({"dns.yaml": text, **POOL} for text in texts)
    assert [one[0] for one in told(folder, before, after)] == ([REPLACED] if is_known else [])


GKE = {"networking.gke.io/managed-certificates": "jobs", "kubernetes.io/ingress.global-static-ip-name": "jobs"}


def ingress(name: str, annotations: dict[str, str], spec: str = "") -> str:
    marks = "".join(f"\n    {key}: {value}" for key, value in annotations.items())
    head = f"apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: {name}\n  namespace: {name}\n"
    backend = f"  defaultBackend: {{service: {{name: {name}, port: {{number: 80}}}}}}\n"
    return f"{head}{f'  annotations:{marks}{chr(10)}' if marks else ''}spec:\n{spec}{backend}"


@pytest.mark.parametrize(("folder_of_another", "is_of_the_platform"), [("jobs/oci", False), ("jobs/eks", False), ("jobs", True)])
def test_the_platform_of_a_folder_is_not_that_of_another_cloud_inside_it(folder: Path, folder_of_another: str, *, is_of_the_platform: bool):
    """A class that goes leaves an Ingress to the platform where it has one, which then serves it at another address."""
    neighbour = {"jobs/ingress.yaml": ingress("jobs", GKE)}
    before, after = (
        {f"{folder_of_another}/prow.yaml": ingress("prow", {}, spec), **neighbour} for spec in ("  ingressClassName: nginx\n", "")
    )
    assert [one[0] for one in told(folder, before, after)] == ([REPLACED] if is_of_the_platform else [])


CHART = {
    "chart/Chart.yaml": "apiVersion: v2\nname: door\nversion: 1.0.0\n",
    "chart/templates/service.yaml": (
        "apiVersion: v1\nkind: Service\nmetadata: {name: door}\nspec:\n  type: {{ .Values.type }}\n"
        "  selector: {app: door}\n  ports: [{port: 80}]\n"
    ),
}
DEPLOYED = [
    pytest.param({}, [RELEASED], id="nobody-deploys-anything"),
    pytest.param({"argo/dns.yaml": application("{}"), "apps/dns/settings.yaml": SETTINGS}, [], id="deployers-deploy-others"),
    pytest.param({"argo/door.yaml": application("{}").replace("apps/dns", "chart")}, [RELEASED], id="deployed-with-its-defaults"),
    pytest.param(
        {"argo/door.yaml": application("{}").replace("path: apps/dns", "path: chart, helm: {values: 'type: ClusterIP'}")},
        [],
        id="deployed-with-other-values",
    ),
]


@pytest.mark.parametrize(("deployers", "expected"), DEPLOYED)
def test_defaults_of_a_chart_are_what_is_deployed_only_where_nothing_says_otherwise(
    folder: Path, deployers: dict[str, str], expected: list[str]
):
    before, after = ({**CHART, **deployers, "chart/values.yaml": f"type: {one}\n"} for one in ("LoadBalancer", "ClusterIP"))
    assert [one[0] for one in told(folder, before, after)] == expected
