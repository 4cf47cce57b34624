"""Objects that can never be: workloads that miss their own Pods, keys that are no names, versions that nobody serves."""

import pytest

from k8slblint.config import Config
from k8slblint.loading.hosts import reading as host_files
from k8slblint.loading.served_versions import served_instead
from k8slblint.model.scope import ScopeSettings
from tests import linting

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: cache, namespace: shop}}
spec:
  selector: {selector}
  template:
    metadata: {{labels: {labels}}}
    spec:
      containers: [{{name: c, image: example.com/cache}}]
"""


def refused(text: str) -> list[tuple[int, str, str]]:
    """The lines, headlines and confidences of what the API server refuses."""
    return [(one.location.span.line, one.headline, one.confidence) for one in linting.findings(text, "invalid-resource")]


@pytest.mark.parametrize(
    ("selector", "labels", "confidence"),
    [
        ("{matchLabels: {app: cache}}", "{app: cache-main}", "high"),
        ("{matchLabels: {app: cache, tier: data}}", "{app: cache}", "medium"),
        ("{matchExpressions: [{key: app, operator: In, values: [cache]}]}", "{app: other}", "high"),
        ("{matchExpressions: [{key: app, operator: DoesNotExist}]}", "{app: other}", "high"),
    ],
)
def test_a_workload_that_misses_its_own_pods_is_refused(selector: str, labels: str, confidence: str) -> None:
    expected = [(5, "Deployment shop/cache does not select its own Pods", confidence)]
    assert refused(DEPLOYMENT.format(selector=selector, labels=labels)) == expected


@pytest.mark.parametrize(
    ("selector", "labels"),
    [
        ("{matchLabels: {app: cache}}", "{app: cache, tier: data}"),
        ("{matchLabels: {app: '{{ name }}'}}", "{app: cache}"),
        ("{matchLabels: {app: cache}}", "{app: $NAME_OF_APP}"),
        ("{matchExpressions: [{key: app, operator: Exists}, {key: tier, operator: NotIn, values: [data]}]}", "{app: cache}"),
        ("{matchExpressions: [{key: app, operator: Unknown}]}", "{app: cache}"),
    ],
)
def test_a_workload_that_selects_its_pods_is_accepted(selector: str, labels: str) -> None:
    assert [one for one in refused(DEPLOYMENT.format(selector=selector, labels=labels)) if "own Pods" in one[1]] == []


def test_a_patch_is_no_workload() -> None:
    patch = DEPLOYMENT.format(selector="{matchLabels: {app: cache}}", labels="{app: x}") + "  $patch: merge\n"
    assert [one for one in refused(patch) if "own Pods" in one[1]] == []


def test_a_workload_without_selector_is_refused_where_nothing_may_add_it() -> None:
    whole = DEPLOYMENT.replace("  selector: {selector}\n", "").format(labels="{app: cache}")
    base = DEPLOYMENT.replace("  selector: {selector}\n", "").format(labels="{}")
    assert [one[2] for one in refused(whole)] == ["high"]
    assert refused(base) == []


@pytest.mark.parametrize("field", ["annotations", "labels"])
def test_a_key_that_is_no_qualified_name_is_refused(field: str) -> None:
    pod = (
        f"apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n  {field}:\n    example.com/ssl. mode: 'on'\n"
        "spec:\n  containers: [{name: web, image: web:1}]\n"
    )
    assert [(line, confidence) for line, _, confidence in refused(pod)] == [(6, "high")]
    assert refused(pod.replace("ssl. mode", "ssl.mode")) == []


def test_a_version_that_no_release_serves_is_refused_with_the_one_that_is() -> None:
    pool = "apiVersion: metallb.io/v1beta2\nkind: IPAddressPool\nmetadata: {name: lan, namespace: net}\nspec: {addresses: [10.1.2.0/24]}\n"
    (found,) = linting.findings(pool, "invalid-resource")
    assert (found.location.span.line, found.label) == (1, "did you mean metallb.io/v1beta1?")
    assert refused(pool.replace("v1beta2", "v1beta1")) == []


def test_a_kind_of_another_group_is_refused() -> None:
    text = DEPLOYMENT.format(selector="{matchLabels: {app: cache}}", labels="{app: cache}").replace("apps/v1", "v1")
    assert refused(text) == [(1, "Deployment shop/cache is of a kind that v1 does not have", "high")]


@pytest.mark.parametrize(
    ("api_version", "kind", "served"),
    [
        ("apps/v1", "Deployment", ()),
        ("apps/v1beta1", "Deployment", ()),
        ("extensions/v1beta1", "Ingress", ()),
        ("example.org/v1", "Service", ()),
        ("batch/v2", "Job", ("batch/v1",)),
        ("v1", "NoSuchKind", ()),
        ("metallb.io/v1alpha9", "IPAddressPool", ("metallb.io/v1beta1",)),
        ("gateway.networking.k8s.io/v1alpha2", "HTTPRoute", ()),  # left to gateway-rejected
    ],
)
def test_only_versions_that_never_were_are_refused(api_version: str, kind: str, served: tuple[str, ...]) -> None:
    assert served_instead(api_version, kind) == served


OLD_INGRESS = """\
apiVersion: extensions/v1beta1
kind: Ingress
metadata: {name: door, namespace: shop}
spec: {backend: {serviceName: web, servicePort: 80}}
"""
OLD_POLICY = "apiVersion: extensions/v1beta1\nkind: NetworkPolicy\nmetadata: {name: p, namespace: shop}\nspec: {podSelector: {}}\n"


@pytest.mark.parametrize("text", [OLD_INGRESS, OLD_POLICY, OLD_INGRESS.replace("extensions", "networking.k8s.io")])
@pytest.mark.parametrize(("version", "level"), [(None, ("warning", "medium")), ("1.31", ("error", "high")), ("1.15", None)])
def test_a_version_that_kubernetes_removed_is_warned_of(text: str, version: str | None, level: tuple[str, str] | None) -> None:
    config = Config(scopes=ScopeSettings(kubernetes_version=version))
    found = linting.findings(text, "invalid-resource", config=config)
    assert [(one.location.span.line, one.severity, one.confidence) for one in found] == ([(1, *level)] if level else [])


def test_an_old_version_of_a_kind_that_is_still_served_in_it_is_accepted() -> None:
    text = OLD_INGRESS.replace("extensions/v1beta1", "example.org/v1beta1")
    assert linting.findings(text, "invalid-resource") == []


def test_ports_without_names_are_one_mistake() -> None:
    text = "apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec:\n  selector: {a: b}\n  ports: [{port: 1}, {port: 2}, {port: 3}]\n"
    (found,) = linting.findings(text, "service-rejected")
    assert found.headline == "Service default/s has 3 ports without a name"
    assert len(found.related) == 2


def test_leftovers_of_another_type_are_one_mistake() -> None:
    text = "apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec:\n  type: ExternalName\n  externalName: a.example.com\n"
    (found,) = linting.findings(f"{text}  clusterIP: 10.9.0.1\n  ipFamilies: [IPv4]\n  ipFamilyPolicy: SingleStack\n", "service-rejected")
    assert found.help == "Remove `spec.clusterIP`, `spec.ipFamilies` and `spec.ipFamilyPolicy`, or correct `type`."


def _node_port(name: str, port: int) -> str:
    return (
        f"---\napiVersion: v1\nkind: Service\nmetadata: {{name: {name}}}\n"
        f"spec: {{type: NodePort, selector: {{app: {name}}}, ports: [{{port: 80, nodePort: {port}}}]}}\n"
    )


def test_many_node_ports_outside_of_the_range_show_another_one() -> None:
    outside = [_node_port(f"s{number}", 5000 + number) for number in range(3)]
    assert linting.findings("".join(outside), "service-rejected") == []
    assert len(linting.findings("".join(outside[:2]), "service-rejected")) == 2
    assert len(linting.findings("".join([*outside, _node_port("inside", 30100)]), "service-rejected")) == 3


@pytest.mark.parametrize(
    "stated",
    [
        "apiVersion: kubeadm.k8s.io/v1beta3\nkind: ClusterConfiguration\napiServer: {extraArgs: {service-node-port-range: 5000-6000}}\n",
        (
            "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\n"
            "apiServer: {extraArgs: [{name: service-node-port-range, value: 5000-6000}]}\n"
        ),
        "apiVersion: kops.k8s.io/v1alpha2\nkind: Cluster\nmetadata: {name: k}\nspec: {kubeAPIServer: {serviceNodePortRange: 5000-6000}}\n",
        (
            "apiVersion: v1\nkind: Pod\nmetadata: {name: kube-apiserver}\nspec:\n  containers:\n"
            "  - {name: a, image: i, command: [kube-apiserver, --service-node-port-range=5000-6000]}\n"
        ),
    ],
)
def test_a_range_that_the_manifests_state_is_the_one_of_the_cluster(stated: str) -> None:
    assert linting.findings(stated + _node_port("web", 5100), "service-rejected") == []
    (found,) = linting.findings(stated + _node_port("web", 30100), "service-rejected")
    assert "5000-6000" in found.headline


def test_one_node_port_serves_two_protocols_of_one_port_only() -> None:
    text = (
        "apiVersion: v1\nkind: Service\nmetadata: {{name: s}}\nspec:\n  type: NodePort\n  selector: {{a: b}}\n  ports:\n"
        "  - {{name: a, protocol: TCP, port: 53, nodePort: 30400}}\n  - {{name: b, protocol: UDP, port: {port}, nodePort: 30400}}\n"
    )
    assert [found.location.span.line for found in linting.findings(text.format(port=80), "service-rejected")] == [9]
    assert linting.findings(text.format(port=53), "service-rejected") == []


def test_a_range_that_the_tree_states_for_another_cluster_may_be_that_of_a_service() -> None:
    stated = (
        "apiVersion: kubeadm.k8s.io/v1beta3\nkind: ClusterConfiguration\napiServer: {extraArgs: {service-node-port-range: 5000-6000}}\n"
    )
    files = {"install/kubeadm.yaml": stated, "clusters/prod/web.yaml": _node_port("web", 5100)}
    assert linting.findings(files, "service-rejected") == []
    assert linting.findings({**files, "clusters/prod/web.yaml": _node_port("web", 7000)}, "service-rejected")


PATCH = "{cluster: {apiServer: {extraArgs: {service-node-port-range: 5000-6000}}}}"
NODES = "clusterName: lab\nendpoint: https://192.0.2.9:6443\nnodes:\n- hostname: a\n  ipAddress: 192.0.2.10\n"
HOSTS = {
    "k3s/config.yaml": "kube-apiserver-arg:\n- anonymous-auth=true\n- service-node-port-range=5000-6000\n",
    "k3s/config.d.yaml": "token: t\nkube-apiserver-arg+: ['--service-node-port-range=5000-6000']\n",
    "rke2/config.yaml": "service-node-port-range: 5000-6000\ncni: cilium\n",
    "rke2/one.yaml": '# servers\n"kube-apiserver-arg": service-node-port-range=5000+1000\n',
    "cluster.yml": "nodes: []\nservices:\n  # ports\n  kube-api:\n    service_node_port_range: 5000-6000\n",
    "rke/cluster.yml": "services:\n  etcd: {}\n  kube-api:\n    extra_args: {service-node-port-range: 5000-6000}\n",
    "talos/controlplane.yaml": "version: v1alpha1\ncluster:\n  apiServer:\n    extraArgs: {service-node-port-range: 5000-6000}\n",
    "talos/patch.yaml": "machine: {}\n---\ncluster:\n  apiServer:\n    extraArgs: {service-node-port-range: [5000-6000]}\n",
    "group_vars/k8s.yml": "kube_apiserver_node_port_range: '5000-6000'\n",
    "talos/talconfig.yaml": f"{NODES}controlPlane:\n  patches:\n  - |-\n    {PATCH}\n",
    "talconfig.yaml": f"{NODES}patches:\n- '{PATCH}'\n",
    "omni/cluster.yaml": f"kind: Cluster\nname: lab\nkubernetes: {{version: v1.33.0}}\npatches: [{{name: a, inline: {PATCH}}}]\n",
}


@pytest.mark.parametrize("path", HOSTS)
def test_the_configuration_of_the_machines_states_the_range_too(path: str) -> None:
    files = {path: HOSTS[path], "web.yaml": _node_port("web", 5100)}
    assert linting.findings(files, "service-rejected") == []
    (found,) = linting.findings({**files, "web.yaml": _node_port("web", 7000)}, "service-rejected")
    assert "5000-6000" in found.headline
    assert linting.findings({**files, "web.yaml": _node_port("web", 30100)}, "service-rejected") == []


@pytest.mark.parametrize(
    "text",
    [
        "kube-apiserver-arg: [service-node-port-range=9999-1]\n",
        "kube-apiserver-arg: [service-node-port-range=1-99999]\n",
        "kube-apiserver-arg: [service-node-port-range={{ ports }}]\n",
        "kube-apiserver-arg: {service-node-port-range: 5000-6000}\n",
        "kube-apiserver-arg: [*gone]\n",
        "kube-apiserver-arg: [5000, null, {a: b}]\n",
        "services: []\n  kube-api: 1\n",
        "services:\n  kube-api: [service_node_port_range]\n",
        "cluster:\n  apiServer: [extraArgs]\n",
        "cluster:\n  apiServer: {extraArgs: {service-node-port-range: {from: 5000}}}\n",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {}\nservice-node-port-range: 5000-6000\n",
        "app:\n  service-node-port-range: 5000-6000\n",
        "kube_apiserver_node_port_range: 5000\x85-6000\n",
    ],
)
def test_what_no_program_would_read_as_a_range_is_none(text: str) -> None:
    (found,) = linting.findings({"config.yaml": text, "web.yaml": _node_port("web", 5100)}, "service-rejected")
    assert "30000-32767" in found.headline


@pytest.mark.parametrize(
    "stated",
    [
        (
            "apiVersion: k0s.k0sproject.io/v1beta1\nkind: ClusterConfig\nmetadata: {name: k0s}\n"
            "spec: {api: {extraArgs: {service-node-port-range: 5000-6000}}}\n"
        ),
        (
            "apiVersion: kind.x-k8s.io/v1alpha4\nkind: Cluster\nkubeadmConfigPatches:\n- |\n  kind: ClusterConfiguration\n  apiServer:\n"
            '    extraArgs:\n      service-node-port-range: "5000-6000"\n'
        ),
        (
            "apiVersion: k3d.io/v1alpha5\nkind: Simple\n"
            "options: {k3s: {extraArgs: [{arg: --kube-apiserver-arg=service-node-port-range=5000-6000}]}}\n"
        ),
    ],
)
def test_a_range_of_a_small_cluster_is_read_where_its_program_reads_it(stated: str) -> None:
    assert linting.findings(stated + _node_port("web", 5100), "service-rejected") == []
    assert len(linting.findings(stated + _node_port("web", 7000), "service-rejected")) == 1


def test_files_of_machines_are_read_only_when_a_port_is_outside_of_the_range(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[object] = []
    monkeypatch.setattr(host_files, "host_files", read.append)
    linting.findings({"config.yaml": HOSTS["rke2/config.yaml"], "web.yaml": _node_port("web", 30100)}, "service-rejected")
    assert read == []


ENTRIES = [
    ("loadBalancerSourceRanges: [10.0.0.0/33, a, 10.0.0.0/8, 10.0.0.0/-1]", "Service shop/web has 3 source ranges that are not CIDRs", 2),
    ("loadBalancerSourceRanges: [1.2.3.4, 1.2.3.5]", "Service shop/web has 2 source ranges without a prefix length", 1),
    ("externalIPs: [1.2.3, 1.2.3.4, 300.1.1.1]", "Service shop/web has 2 external IPs that are not valid", 1),
]


@pytest.mark.parametrize(("field", "headline", "related"), ENTRIES)
def test_entries_of_one_field_with_one_fault_are_one_mistake(field: str, headline: str, related: int) -> None:
    spec = f"{{type: LoadBalancer, selector: {{a: b}}, ports: [{{port: 80}}], {field}}}"
    text = f"apiVersion: v1\nkind: Service\nmetadata: {{name: web, namespace: shop}}\nspec: {spec}\n"
    (found,) = linting.findings(text, "service-rejected")
    assert (found.headline, len(found.related)) == (headline, related)


def test_entries_of_one_annotation_are_one_mistake_in_one_place() -> None:
    key = "service.beta.kubernetes.io/load-balancer-source-ranges"
    text = (
        f"apiVersion: v1\nkind: Service\nmetadata: {{name: web, namespace: shop, annotations: {{{key}: 'a, b'}}}}\n"
        "spec: {type: LoadBalancer, selector: {a: b}, ports: [{port: 80}]}\n"
    )
    (found,) = linting.findings(text, "service-rejected")
    assert (found.headline, found.related) == ("Service shop/web has 2 source ranges that are not CIDRs", ())


@pytest.mark.parametrize(
    ("selector", "labels", "headline"),
    [
        ("{}", "{app: web}", "Deployment web has an empty selector"),
        ("{matchLabels: {}}", "{app: web}", "Deployment web has an empty selector"),
        ("{matchLabels: {app: web}}", "null", "Deployment web does not select its own Pods"),
    ],
)
def test_a_workload_that_selects_nothing_of_its_own_is_refused(selector: str, labels: str, headline: str) -> None:
    text = (
        f"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec:\n  selector: {selector}\n"
        f"  template: {{metadata: {{labels: {labels}}}, spec: {{containers: [{{name: c, image: example.com/web}}]}}}}\n"
    )
    found = linting.findings(text, "invalid-resource")
    assert [(one.headline.replace("default/", ""), one.confidence) for one in found] == [(headline, "medium")]


_TEMPLATE = "apiVersion: %s\nkind: %s\nmetadata: {name: web}\nspec:\n%s  template:\n    metadata: {labels: {app: web}}\n    spec:\n%s"
_SELECTOR = "  selector: {matchLabels: {app: web}}\n"
_CONTAINER = "      containers: [{name: web, image: example.com/web%s}]\n"


@pytest.mark.parametrize(
    ("more", "word"),
    [
        ("      containers: [{name: web, image: example.com/web, imagePullPolicy: always}]\n", "Always"),
        ("      containers: [{name: web, image: example.com/web, ports: [{containerPort: 80, protocol: tcp}]}]\n", "TCP"),
        ("      containers: [{name: web, image: example.com/web, readinessProbe: {httpGet: {port: 80, scheme: https}}}]\n", "HTTPS"),
        ("      restartPolicy: always\n      containers: [{name: web, image: example.com/web}]\n", "Always"),
        ("      dnsPolicy: clusterFirst\n      containers: [{name: web, image: example.com/web}]\n", "ClusterFirst"),
        ("      restartPolicy: OnFailure\n      containers: [{name: web, image: example.com/web}]\n", "Always"),
        ("      containers: [{name: web, image: example.com/web, imagePullPolicy: Always}]\n", ""),
        ("      containers: [{name: web, image: example.com/web, imagePullPolicy: '${POLICY}'}]\n", ""),
        ("      containers: [{name: web, image: example.com/web, imagePullPolicy: [always]}]\n      restartPolicy: {a: b}\n", ""),
        ("      containers: {}\n      restartPolicy: always\n", ""),
    ],
)
def test_words_of_pod_templates_in_another_case(more: str, word: str) -> None:
    found = linting.findings(_TEMPLATE % ("apps/v1", "Deployment", _SELECTOR, more), "invalid-resource")
    ours = [one for one in found if "which" in one.headline]
    assert [word in one.help for one in ours] == ([True] if word else [])


@pytest.mark.parametrize(("kind", "policy", "is_found"), [("Job", "Always", True), ("Job", "Never", False), ("Job", "onFailure", True)])
def test_restart_policies_of_jobs(kind: str, policy: str, *, is_found: bool) -> None:
    text = _TEMPLATE % ("batch/v1", kind, "", f"      restartPolicy: {policy}\n" + _CONTAINER % "")
    assert bool(linting.findings(text, "invalid-resource")) == is_found
