"""What pools meet: machines and networks that files state, each other, and what is no overlap; the fixtures hold the plain cases."""

import pytest

from k8slblint.config import Config
from k8slblint.model.scope import ClusterSettings, ScopeSettings
from tests.linting import findings

NODE, POOL, NETWORK = "metallb-pool-overlaps-node", "metallb-pool-overlaps-pool", "metallb-pool-overlaps-network"


def metallb(*entries: str, name: str = "lan", spec: str = "") -> str:
    listed = "".join(f"  - {entry}\n" for entry in entries)
    return (
        f"---\napiVersion: metallb.io/v1beta1\nkind: IPAddressPool\nmetadata: {{name: {name}, namespace: metallb-system}}\n"
        f"spec:\n{spec}  addresses:\n{listed}"
    )


def cilium(cidr: str, name: str = "lan", spec: str = "") -> str:
    return (
        f"---\napiVersion: cilium.io/v2\nkind: CiliumLoadBalancerIPPool\nmetadata: {{name: {name}}}\nspec:\n{spec}"
        f"  blocks:\n  - cidr: {cidr}\n"
    )


def kube_vip(data: str, name: str = "kubevip") -> str:
    return f"---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: kube-system}}\ndata: {data}\n"


def service(name: str, annotations: str = "{}") -> str:
    return (
        f"---\napiVersion: v1\nkind: Service\nmetadata: {{name: {name}, namespace: shop, annotations: {annotations}}}\n"
        "spec: {type: LoadBalancer, selector: {a: b}, ports: [{port: 80}]}\n"
    )


TALHELPER = (
    "clusterName: oak\nendpoint: https://10.8.0.10:6443\nclusterPodNets: [10.60.0.0/16]\n"
    "nodes:\n- {hostname: oak-1, ipAddress: 10.8.0.20}\n"
)


def told(files: dict[str, str], *rules: str, config: Config | None = None) -> list[tuple[str, str, str]]:
    return [
        (one.rule, one.severity, one.confidence) for rule in rules or (NODE, NETWORK, POOL) for one in findings(files, rule, config=config)
    ]


def test_a_machine_of_a_lone_file_belongs_to_the_only_cluster_with_pools() -> None:
    files = {"talos/talconfig.yaml": TALHELPER, "apps/pool.yaml": metallb("10.8.0.16-10.8.0.31")}
    (found,) = findings(files, NODE)
    assert (found.severity, found.confidence, found.headline) == (
        "error",
        "medium",
        "IPAddressPool metallb-system/lan contains the address of node oak-1",
    )
    assert [(one.location.path, one.location.span.line) for one in found.related] == [("talos/talconfig.yaml", 5)]


def test_an_address_apart_is_silent() -> None:
    files = {"talos/talconfig.yaml": TALHELPER, "apps/pool.yaml": metallb("10.8.0.21-10.8.0.31", "10.8.0.11-10.8.0.19", "10.61.0.0/16")}
    assert told(files) == []


def test_files_of_clusters_in_folders_are_theirs_alone() -> None:
    files = {
        "clusters/oak/talconfig.yaml": TALHELPER,
        "clusters/ash/pool.yaml": metallb("10.8.0.16-10.8.0.31"),
        "clusters/oak/pool.yaml": metallb("10.8.1.0/24"),
    }
    assert told(files) == []
    files["clusters/oak/pool.yaml"] = metallb("10.8.0.16-10.8.0.31")
    assert told(files) == [(NODE, "error", "high")]


def test_the_name_of_a_cluster_tells_whose_a_file_is() -> None:
    files = {
        "talos/oak/talconfig.yaml": TALHELPER,
        "clusters/ash/pool.yaml": metallb("10.8.0.16-10.8.0.31"),
        "clusters/oak/pool.yaml": metallb("10.8.0.16-10.8.0.31"),
    }
    assert [one.location.path for one in findings(files, NODE)] == ["clusters/oak/pool.yaml"]


def test_of_two_inventories_nothing_tells_which_is_meant() -> None:
    other = TALHELPER.replace("oak", "ash")
    files = {"talos/oak/talconfig.yaml": TALHELPER, "talos/ash/talconfig.yaml": other, "apps/pool.yaml": metallb("10.8.0.16-10.8.0.31")}
    assert told(files) == []


@pytest.mark.parametrize("path", ["inventory/sample/talconfig.yaml", "roles/k3s/defaults/main.yml", "molecule/default/talconfig.yaml"])
def test_samples_and_defaults_of_roles_are_no_facts(path: str) -> None:
    assert told({path: TALHELPER, "apps/pool.yaml": metallb("10.8.0.16-10.8.0.31")}) == []


def test_an_address_by_which_only_ansible_reaches_a_machine_is_a_warning() -> None:
    inventory = "k3s_cluster:\n  hosts:\n    a: {ansible_host: 10.8.0.20}\n"
    assert told({"inventory.yml": inventory, "pool.yaml": metallb("10.8.0.16/28")}) == [(NODE, "warning", "medium")]


def test_a_pool_of_every_kind_is_judged() -> None:
    pools = [
        cilium("10.8.0.16/28"),
        (
            "---\napiVersion: cilium.io/v2\nkind: CiliumLoadBalancerIPPool\nmetadata: {name: a}\nspec: {blocks: [{"
            "start: 10.8.0.16, stop: 10.8.0.31}]}\n"
        ),
        (
            "---\napiVersion: purelb.io/v2\nkind: ServiceGroup\nmetadata: {name: a, namespace: purelb}\n"
            "spec: {local: {v4pools: [{subnet: 10.8.0.0/24, pool: 10.8.0.16-10.8.0.31}]}}\n"
        ),
        "---\napiVersion: network.kubesphere.io/v1alpha2\nkind: Eip\nmetadata: {name: a}\nspec: {address: 10.8.0.16-10.8.0.31}\n",
        (
            "---\napiVersion: crd.antrea.io/v1beta1\nkind: ExternalIPPool\nmetadata: {name: a}\n"
            "spec: {ipRanges: [{start: 10.8.0.16, end: 10.8.0.31}], nodeSelector: {}}\n"
        ),
        (
            "---\napiVersion: projectcalico.org/v3\nkind: IPPool\nmetadata: {name: a}\nspec: {cidr: 10.8.0.16/28, "
            "allowedUses: [LoadBalancer]}\n"
        ),
        kube_vip("{range-global: 10.8.0.16-10.8.0.31}"),
        metallb("10.8.0.16/28"),
    ]
    for pool in pools:
        assert told({"talconfig.yaml": TALHELPER, "pool.yaml": pool}) == [(NODE, "error", "medium")], pool


@pytest.mark.parametrize(
    "pool",
    [
        cilium("10.8.0.20/30", spec="  allowFirstLastIPs: 'No'\n"),
        cilium("10.8.0.16/28", spec="  disabled: true\n"),
        "---\napiVersion: projectcalico.org/v3\nkind: IPPool\nmetadata: {name: a}\nspec: {cidr: 10.8.0.16/28}\n",
        (
            "---\napiVersion: purelb.io/v2\nkind: ServiceGroup\nmetadata: {name: a, namespace: p}\n"
            "spec: {local: {v4pools: [{subnet: 10.8.0.0/24, pool: 10.8.0.21/28}]}}\n"
        ),
        metallb("${LB_RANGE}"),
        kube_vip("{range-global: ' 10.8.0.16-10.8.0.31', cidr-a: 0.0.0.0/32}"),
        kube_vip("{range-global: 10.8.0.16-10.8.0.31, note: kubevip}", "other"),
        metallb("10.8.0.31-10.8.0.16"),
    ],
)
def test_what_is_not_given_is_no_overlap(pool: str) -> None:
    assert told({"talconfig.yaml": TALHELPER, "pool.yaml": pool}, NODE) == []


def test_where_every_service_asks_for_its_address_it_is_a_warning() -> None:
    asking = service("web", '{lbipam.cilium.io/ips: "10.8.0.25"}')
    files = {"talconfig.yaml": TALHELPER, "pool.yaml": cilium("10.8.0.0/24") + asking}
    assert [one[:2] for one in told(files)] == [(NODE, "warning"), (NETWORK, "warning")]
    files["pool.yaml"] += service("other")
    assert [one[:2] for one in told(files)] == [(NODE, "error"), (NETWORK, "error")]


def test_a_virtual_address_that_a_service_asks_for_is_meant() -> None:
    asking = service("api", '{lbipam.cilium.io/ips: "10.8.0.10"}')
    assert told({"talconfig.yaml": TALHELPER, "pool.yaml": cilium("10.8.0.8/29")}, NETWORK) == [(NETWORK, "error", "medium")]
    assert told({"talconfig.yaml": TALHELPER, "pool.yaml": cilium("10.8.0.8/29") + asking}, NETWORK) == []
    assert told({"talconfig.yaml": TALHELPER, "pool.yaml": cilium("10.8.0.10/32")}, NETWORK) == []


def test_what_a_pool_is_told_to_leave_out_is_one_list() -> None:
    route = "networkInterfaces: [{interface: e0, routes: [{network: 0.0.0.0/0, gateway: 10.8.0.17}]}]"
    files = {"talconfig.yaml": TALHELPER.replace("10.8.0.20}", f"10.8.0.20, {route}}}"), "pool.yaml": cilium("10.8.0.0/27")}
    (node,) = findings(files, NODE)
    assert node.help == "Use a range without nodes, such as 10.8.0.21-10.8.0.31, if nothing else uses it."
    (other,) = findings(files, NETWORK)
    assert (other.help, other.headline.partition(" contains ")[2]) == (
        "Give the pool addresses apart from 10.8.0.10 and 10.8.0.17.",
        "a virtual address and the address of a router",
    )


STATED = [
    ("pods", "10.8.0.0/20", "error", "contains addresses of the Pod network"),
    ("services", "10.8.0.24/29", "error", "contains addresses of the Service network"),
    ("vip", "10.8.0.20", "error", "contains a virtual address"),
    ("gateway", "10.8.0.17", "warning", "contains the address of a router"),
    ("dhcp", "10.8.0.30-10.8.0.99", "warning", "contains addresses that DHCP gives"),
    ("storage", "10.8.0.28/30", "error", "contains addresses of network 'storage'"),
]


@pytest.mark.parametrize(("name", "text", "severity", "headline"), STATED)
def test_networks_of_the_configuration_are_facts(name: str, text: str, severity: str, headline: str) -> None:
    settings = ClusterSettings("here", ("**",), networks=((name, (text,)),))
    config = Config()._replace(scopes=ScopeSettings(clusters=(settings,)))
    (found,) = findings({"pool.yaml": metallb("10.8.0.16/28")}, NETWORK, config=config)
    assert (found.severity, found.confidence) == (severity, "high")
    assert found.headline.endswith(headline)
    assert findings({"pool.yaml": metallb("10.8.16.16/28")}, NETWORK, config=config) == []


def test_a_lan_is_not_occupied_and_a_default_is_a_note() -> None:
    lan = "node_cidr: 10.8.0.0/24\ncluster_api_addr: 10.8.0.200\n"
    assert told({"cluster.yaml": lan, "pool.yaml": metallb("10.8.0.16/28")}) == []
    default = "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nclusterName: a\n"
    assert [one[:2] for one in told({"kubeadm.yaml": default, "pool.yaml": metallb("10.96.7.0/28")})] == [(NETWORK, "note")]


CLASHES = [
    ((metallb("10.4.0.64/26"), metallb("10.4.0.120-10.4.0.140", name="b")), ["high"]),
    ((metallb("10.4.0.64/26"), metallb("10.4.0.128-10.4.0.140", name="b")), []),
    ((metallb("10.4.0.0/24", "10.4.0.5/32"),), ["high"]),
    ((metallb("10.4.0.0/24", "10.4.0.0/24"),), ["high"]),
    ((metallb("10.4.0.0/24"), cilium("10.4.0.0/28")), ["high"]),
    ((metallb("10.4.0.0/24"), cilium("10.4.0.0/28", spec="  disabled: true\n")), []),
    ((metallb("fd00::/120"), metallb("10.4.0.0/24", name="b")), []),
    ((metallb("fd00::/120"), metallb("fd00::ff-fd00::1ff", name="b")), ["high"]),
    ((metallb("0.0.0.0/0"), metallb("255.255.255.255/32", name="b")), ["high"]),
]


@pytest.mark.parametrize(("pools", "confidences"), CLASHES)
def test_entries_clash_where_they_share_an_address(pools: tuple[str, ...], confidences: list[str]) -> None:
    assert [one.confidence for one in findings("".join(pools), POOL)] == confidences


def test_one_pool_in_a_base_and_an_overlay_is_one_pool_and_two_clusters_are_two() -> None:
    assert findings({"base/pool.yaml": metallb("10.4.0.0/24"), "overlays/a/pool.yaml": metallb("10.4.0.0/25")}, POOL) == []
    assert findings({"clusters/a/p.yaml": metallb("10.4.0.0/24"), "clusters/b/p.yaml": metallb("10.4.0.0/24", name="b")}, POOL) == []


def test_equal_ranges_of_two_files_may_be_one_pool() -> None:
    files = {"a/pool.yaml": metallb("10.4.0.0/24"), "b/pool.yaml": metallb("10.4.0.0/24", name="b")}
    assert findings(files, POOL) == []
    files["b/pool.yaml"] = metallb("10.4.0.0/25", name="b")
    assert [one.confidence for one in findings(files, POOL)] == ["medium"]


def test_the_upstream_false_positive_is_silent() -> None:
    node = "---\napiVersion: v1\nkind: Node\nmetadata: {name: a}\nstatus: {addresses: [{type: InternalIP, address: 192.168.1.2}]}\n"
    assert told({"a.yaml": node + metallb("192.168.1.5-192.168.1.37")}) == []
