"""Which public load balancers are noted, how surely, and where the finding stands."""

import pytest

from k8slblint.checks import public_load_balancer_unrestricted
from k8slblint.model.rule import Problem, Undecided
from tests.builders import graph, run
from tests.texts import words_of

BETA = "service.beta.kubernetes.io/"

RANGES = ("spec", "loadBalancerSourceRanges")

PORTS = (53, 80, 443)

ADMIN_PORTS = (22, 3389)


def service(port: str = "{port: 7777}", annotations: str = "{}", more: str = "", name: str = "a") -> str:
    return (
        f"apiVersion: v1\nkind: Service\nmetadata: {{name: {name}, annotations: {annotations}}}\n"
        f"spec: {{type: LoadBalancer, selector: {{app: a}}, ports: [{port}]{more}}}\n"
    )


def workload(image: str) -> str:
    return (
        "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec:\n  selector: {matchLabels: {app: a}}\n"
        f"  template: {{metadata: {{labels: {{app: a}}}}, spec: {{containers: [{{name: a, image: '{image}'}}]}}}}\n"
    )


def told(text: str, **scope: str) -> list[tuple[tuple[str | int, ...], str]]:
    found = run(public_load_balancer_unrestricted.check, graph(text, **scope), public_ports=PORTS, admin_ports=ADMIN_PORTS)
    return [(one.path, one.confidence if isinstance(one, Problem) else "undecided") for one in found]


@pytest.mark.parametrize(
    ("port", "confidence"),
    [
        ("{port: 7777}", "medium"),
        ("{port: 22}", "medium"),
        ("{port: 80}, {port: 22}", "medium"),
        ("{port: 80}, {port: 443}", "low"),
        ("{port: 53, protocol: UDP}", "low"),
        ("{port: 8080}", "low"),
        ("{port: 3000, name: http}", "low"),
        ("{port: 3000, name: http-api}", "low"),
        ("{port: 3000, targetPort: http}", "low"),
        ("{port: 3000, appProtocol: kubernetes.io/h2c}", "low"),
        ("{port: '${PORT}'}", "low"),
        ("{port: 10000, protocol: UDP, name: rtp-udp}", "low"),
        ("{port: 26656, name: p2p}", "low"),
        ("{port: 26656, name: p2p-1}, {port: 26657, name: rpc}", "medium"),
        ("{port: 10000, protocol: UDP, name: webmin}", "medium"),
        ("{port: 3478, protocol: UDP}, {port: 5349}", "low"),
        ("{port: 4433, targetPort: 25565}", "low"),
        ("{port: 8333}, {port: 8332}", "medium"),
    ],
)
def test_ports_that_are_usually_public_are_told_on_request(port: str, confidence: str) -> None:
    assert told(service(port), platform="gke") == [(("spec", "type"), confidence)]


@pytest.mark.parametrize(
    ("environment", "expected"),
    [("production", ["medium"]), ("staging", ["medium"]), ("development", ["low"]), ("test", ["low"]), ("ci", []), ("local", [])],
)
def test_the_environment_counts(environment: str, expected: list[str]) -> None:
    assert [confidence for _, confidence in told(service(), platform="gke", environment=environment)] == expected


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (", loadBalancerSourceRanges: [10.0.0.0/8]", []),
        (", loadBalancerSourceRanges: [203.0.113.0/24, 0.0.0.0/0]", [((*RANGES, 1), "medium")]),
        (", loadBalancerSourceRanges: ['::/0']", [((*RANGES, 0), "medium")]),
        (", loadBalancerSourceRanges: [128.0.0.0/1, 0.0.0.0/1]", [((*RANGES, 0), "medium")]),
        (", loadBalancerSourceRanges: ['${RANGES}']", [(RANGES, "undecided")]),
        (", loadBalancerSourceRanges: []", [(("spec", "type"), "medium")]),
    ],
)
def test_ranges_of_everybody_are_none(more: str, expected: list[object]) -> None:
    assert told(service(more=more), platform="gke") == expected


@pytest.mark.parametrize(
    ("platform", "annotations", "count"),
    [
        ("aks", f"{{{BETA}load-balancer-source-ranges: 203.0.113.0/24}}", 0),
        ("aks", f"{{{BETA}load-balancer-source-ranges: 0.0.0.0/0}}", 1),
        ("aks", f"{{{BETA}azure-allowed-service-tags: AzureFrontDoor.Backend}}", 0),
        ("aks", f"{{{BETA}azure-load-balancer-internal: 'true'}}", 0),
        ("eks", f"{{{BETA}aws-load-balancer-security-groups: sg-1}}", 0),
        ("eks", f"{{{BETA}aws-load-balancer-extra-security-groups: sg-1}}", 1),
        ("gke", f"{{{BETA}aws-load-balancer-security-groups: sg-1}}", 1),
        ("civo", "{kubernetes.civo.com/firewall-id: a}", 0),
        ("bare-metal", "{}", 0),
    ],
)
def test_what_the_owner_reads_counts(platform: str, annotations: str, count: int) -> None:
    assert len(told(service(annotations=annotations), platform=platform)) == count


def test_ranges_that_the_cloud_does_not_keep_are_told_by_another_rule() -> None:
    assert told(service(more=", loadBalancerSourceRanges: [10.0.0.0/8]"), platform="hetzner") == []


def test_an_edge_proxy_is_meant_for_everybody() -> None:
    proxy = (
        "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec:\n  selector: {matchLabels: {app: a}}\n"
        "  template:\n    metadata: {labels: {app: a}}\n    spec: {containers: [{name: a, image: 'traefik:v3'}]}\n"
    )
    assert told(service("{port: 9000}") + proxy, platform="gke") == [(("spec", "type"), "low")]


def test_no_other_type_of_service_is_meant() -> None:
    assert told(service().replace("LoadBalancer", "NodePort"), platform="gke") == []


def test_the_message_names_the_ports() -> None:
    ports = ", ".join(f"{{name: p{number}, port: {number}}}" for number in range(7000, 7007))
    (found,) = run(
        public_load_balancer_unrestricted.check, graph(service(ports), platform="gke"), public_ports=PORTS, admin_ports=ADMIN_PORTS
    )
    assert isinstance(found, Problem)
    assert "opens TCP 7000, TCP 7001 and 5 more" in words_of(found)


@pytest.mark.parametrize("platform", [None, "eks", "gke", "aks"])
@pytest.mark.parametrize(
    "text",
    [
        service("1, null, {port: [1]}, {port: true, name: [a], appProtocol: {a: b}, protocol: [TCP]}"),
        service("", "[a]", ", loadBalancerSourceRanges: {a: b}"),
        service("{port: 1}", "{1: 2, true: a}", ", loadBalancerSourceRanges: [1, null, [a], {a: b}]"),
    ],
)
def test_odd_values_raise_nothing(text: str, platform: str | None) -> None:
    found = run(public_load_balancer_unrestricted.check, graph(text, platform=platform), public_ports=PORTS, admin_ports=ADMIN_PORTS)
    assert all(isinstance(one, Problem | Undecided) for one in found)


SCHEME = f"{BETA}aws-load-balancer-scheme"
INTERNAL = f"{BETA}aws-load-balancer-internal"


@pytest.mark.parametrize(
    ("text", "platform", "is_joined"),
    [
        (service("{port: 1883}", f"{{{SCHEME}: internet-facing}}"), "eks", True),
        (service("{port: 1883}", f"{{{BETA}azure-load-balancer-internal: 'false'}}"), "aks", True),
        (service("{port: 1883}", name="mqtt-external"), "gke", True),
        (service("{port: 1883}", name="public-mqtt"), "gke", True),
        (service("{port: 1883}", name="mqtt"), "gke", False),
        (service("{port: 1883}", name="externalized"), "gke", False),
        (service("{port: 1883}", name="external-private"), "gke", False),
        (service("{port: 22}", name="git-external"), "gke", False),
        (service("{port: 3389}", f"{{{BETA}azure-load-balancer-internal: 'false'}}"), "aks", False),
        (service("{port: 1883}, {port: 22}", f"{{{BETA}azure-load-balancer-internal: 'false'}}"), "aks", False),
        (service("{port: 1883}", name="a-public", more=", loadBalancerSourceRanges: [198.51.100.0/24, 0.0.0.0/0]"), "gke", False),
    ],
)
def test_what_manifests_call_public_is_one_finding(text: str, platform: str, is_joined: bool) -> None:
    """One decision is enough for authors who say so, unless somebody administers something there, or one range of several is open."""
    (found,) = run(public_load_balancer_unrestricted.check, graph(text, platform=platform), public_ports=PORTS, admin_ports=ADMIN_PORTS)
    assert isinstance(found, Problem)
    assert (found.confidence, found.cause is not None) == ("medium", is_joined)


def test_annotations_that_contradict_each_other_state_nothing() -> None:
    text = service("{port: 1883}", f"{{{SCHEME}: internet-facing, {INTERNAL}: 'true'}}")
    found = run(public_load_balancer_unrestricted.check, graph(text, platform="eks"), public_ports=PORTS, admin_ports=ADMIN_PORTS)
    assert all(isinstance(one, Problem) and one.cause is None for one in found)


@pytest.mark.parametrize(
    ("image", "port", "confidence"),
    [
        ("docker.io/coturn/coturn:4.6", "{port: 49160, protocol: UDP}", "low"),
        ("coturn/coturn", "{port: 5766}", "medium"),
        ("ghcr.io/lloesche/valheim-server", "{port: 9000, protocol: UDP}", "low"),
        ("example.com/shop", "{port: 49160, protocol: UDP}", "medium"),
        ("ethereum/client-go", "{port: 30303}, {port: 8545}", "medium"),
    ],
)
def test_images_tell_which_ports_are_for_all_clients(image: str, port: str, confidence: str) -> None:
    assert [one for _, one in told(service(port) + workload(image), platform="eks")] == [confidence]
