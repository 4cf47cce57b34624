"""What the parsers of the controllers take of each value, and what they do with the rest; the sources are in the catalogs."""

from collections.abc import Mapping
from typing import NamedTuple

import pytest

from k8slblint.catalog.annotation_values import Doubtful, Invalid, Valid, ValueShape, read_value
from k8slblint.catalog.selector_texts import selector_fault
from k8slblint.config import Config
from k8slblint.model.finding import Finding
from tests.linting import findings, scoped
from tests.test_provider_truth import (
    AKS,
    AWS,
    BY_LBC,
    CERTIFICATE,
    CONFLICT,
    DIGITALOCEAN,
    DO,
    EKS,
    HCLOUD,
    HETZNER,
    IGNORED,
    INVALID,
    KEY,
    reached,
    service,
)

REFUSES = "refuses it, and neither provisions nor updates"
STOPS = "stops with an error: a new Service gets no address"
LEAVES = "stops with an error, and a new Service gets no address"

AZURE = f"{KEY}/azure"
PROBE = f"{KEY}/port_80_health-probe"
NLB = {f"{AWS}-type": "nlb"}
REGIONAL = {f"{DO}-type": "REGIONAL"}
INTERNAL = {f"{AZURE}-load-balancer-internal": "true"}
LINK = {**INTERNAL, f"{AZURE}-pls-create": "true"}
OVERRIDE = {**REGIONAL, f"{DO}-override-health-check": "yes"}
WEB = "ports: [{name: web, port: 80, targetPort: http}]"


def of_rule(rule: str, annotations: Mapping[str, str], config: Config, ports: str = WEB) -> list[Finding]:
    return findings(service(annotations, ports), rule, config=config)


class Case(NamedTuple):
    """Annotations, the key at fault first, and what the finding says."""

    config: Config
    annotations: Mapping[str, str]
    label: str
    then: str


V36, V33 = scoped(platform="eks", kubernetes_version="1.36"), scoped(platform="eks", kubernetes_version="1.33")
ATTRIBUTES = f"{AWS}-target-group-attributes"
SOURCE_NAT = {f"{AWS}-ip-address-type": "dualstack", f"{AWS}-enable-prefix-for-ipv6-source-nat": "on"}
ACTION = f"{KEY}/actions.TCP-80"
SEVERAL = '{\\"type\\":\\"forward\\",\\"forwardConfig\\":{\\"targetGroups\\":[{\\"serviceName\\":\\"a\\"},{\\"serviceName\\":\\"b\\"}]}}'
GROUP = '{\\"serviceName\\":\\"a\\",\\"weight\\":%s}'
WEIGHED = f'{{\\"Type\\":\\"forward\\",\\"forwardConfig\\":{{\\"baseServiceWeight\\":1,\\"targetGroups\\":[{GROUP}]}}}}'

REFUSED = [
    # maps: cloud-provider-aws has two attributes with two values each; both maps of one port are as strict as that of all
    Case(V36, {ATTRIBUTES: "stickiness.enabled=true", **NLB}, "which is not known there", REFUSES),
    Case(V36, {ATTRIBUTES: "preserve_client_ip.enabled=True", **NLB}, "not an accepted value", REFUSES),
    Case(V36, {ATTRIBUTES: "proxy_protocol_v2.enabled", **NLB}, "which is empty", REFUSES),
    Case(V36, {ATTRIBUTES: "proxy_protocol_v2.enabled = true", **NLB}, "which is not known there", REFUSES),
    Case(EKS, {f"{ATTRIBUTES}.80": "preserve_client_ip.enabled", **BY_LBC}, "not an accepted value", REFUSES),
    Case(EKS, {f"{ATTRIBUTES}.80": "preserve_client_ip.enabled=on", **BY_LBC}, "not an accepted value", REFUSES),
    Case(EKS, {f"{AWS}-listener-attributes.TCP-80": "tcp.idle_timeout.seconds", **BY_LBC}, "not key=value", REFUSES),
    # prefixes for source NAT
    Case(EKS, {f"{AWS}-source-nat-ipv6-prefixes": "2001:db8::/64", **SOURCE_NAT, **BY_LBC}, "is not a /80", REFUSES),
    Case(EKS, {f"{AWS}-source-nat-ipv6-prefixes": "10.0.0.0/80", **SOURCE_NAT, **BY_LBC}, "not a valid CIDR", REFUSES),
    Case(EKS, {f"{AWS}-source-nat-ipv6-prefixes": "10.0.0.0/8", **SOURCE_NAT, **BY_LBC}, "not an IPv6 CIDR", REFUSES),
    Case(EKS, {f"{AWS}-source-nat-ipv6-prefixes": "automatic", **SOURCE_NAT, **BY_LBC}, "not a valid CIDR", REFUSES),
    # actions
    Case(EKS, {ACTION: '{\\"type\\":\\"redirect\\"}', **BY_LBC}, "is not one of 'forward'", REFUSES),
    Case(EKS, {ACTION: '{\\"forwardConfig\\":{}}', **BY_LBC}, "without 'type'", REFUSES),
    Case(EKS, {ACTION: WEIGHED % 1000, **BY_LBC}, "is above 999", REFUSES),
    Case(EKS, {ACTION: WEIGHED % '\\"7\\"', **BY_LBC}, "is not a number", REFUSES),
    Case(EKS, {ACTION: SEVERAL, **BY_LBC}, "without 'weight'", REFUSES),
    # Azure
    Case(AKS, {f"{AZURE}-additional-public-ips": "198.51.100.4, 198.51.100.5"}, "has a blank", STOPS),
    Case(AKS, {f"{AZURE}-additional-public-ips": "198.51.100.4,here"}, "not a valid IP address", STOPS),
    Case(AKS, {f"{AZURE}-additional-public-ips": ""}, "is empty", STOPS),
    Case(AKS, {f"{AZURE}-pls-ip-configuration-ip-address": "10.4.0.9 fd00::9", **LINK}, "not an IPv4 address", STOPS),
    Case(AKS, {f"{AZURE}-pls-ip-configuration-ip-address": "10.4.0.9,fd00::9", **LINK}, "not a valid IP address", STOPS),
    Case(AKS, {f"{AZURE}-pls-ip-configuration-ip-address-count": "9", **LINK}, "is above 8", STOPS),
    # DigitalOcean
    Case(DIGITALOCEAN, {f"{DO}-tls-ports": "443,web", f"{DO}-certificate-id": "c", **REGIONAL}, "not a whole number", REFUSES),
    Case(DIGITALOCEAN, {f"{DO}-http-ports": "80, 81", **REGIONAL}, "has a blank", REFUSES),
    Case(DIGITALOCEAN, {f"{DO}-http-idle-timeout-seconds": "1m"}, "not a whole number", REFUSES),
    Case(DIGITALOCEAN, {f"{DO}-http-idle-timeout-seconds": "-1"}, "is below 0", REFUSES),
    Case(DIGITALOCEAN, {f"{DO}-size-slug": "lb-huge"}, "is not one of", REFUSES),
    Case(DIGITALOCEAN, {f"{DO}-healthcheck-port": "80,81", **OVERRIDE}, "not a whole number", REFUSES),
    Case(DIGITALOCEAN, {f"{DO}-enable-proxy-protocol": "on"}, "not an accepted value", REFUSES),
    Case(DIGITALOCEAN, {f"{DO}-network": "internal"}, "is not one of", REFUSES),
    # truth values
    Case(EKS, {f"{AWS}-cross-zone-load-balancing-enabled": "yes", **NLB}, "not an accepted value", STOPS),
    Case(EKS, {f"{AWS}-cross-zone-load-balancing-enabled": "yes", **BY_LBC}, "not an accepted value", REFUSES),
    Case(EKS, {f"{AWS}-multi-cluster-target-group": "", **BY_LBC}, "is empty", REFUSES),
    Case(EKS, {f"{AWS}-manage-backend-security-group-rules": "on", f"{AWS}-security-groups": "sg-1", **BY_LBC}, "not an accepted", REFUSES),
    # a name of a port where cloud-provider-aws takes numbers only
    Case(EKS, {f"{AWS}-healthcheck-port": "web", **NLB}, "is not a whole number", STOPS),
    # Hetzner: what is read before the load balancer is made, and what after it
    Case(HETZNER, {f"{HCLOUD}/node-selector": "pool in edge"}, "lacks the parenthesis", REFUSES),
    Case(HETZNER, {f"{HCLOUD}/algorithm-type": "fastest"}, "is not one of", REFUSES),
    Case(HETZNER, {f"{HCLOUD}/protocol": "udp"}, "is not one of", STOPS),
    # case
    Case(EKS, {f"{AWS}-ip-address-type": "DualStack", **BY_LBC}, "is not one of", REFUSES),
    Case(EKS, {f"{AWS}-backend-protocol": "SSL", **CERTIFICATE, **BY_LBC}, "is not one of", "as if it were 'tcp'"),
    Case(
        EKS,
        {f"{AWS}-backend-protocol": "HTTPS", **CERTIFICATE},
        "is not one of",
        "refuses it on a Classic Load Balancer with a certificate",
    ),
    Case(DIGITALOCEAN, {f"{DO}-protocol": "HTTP", **REGIONAL}, "is not one of", REFUSES),
    Case(HETZNER, {f"{HCLOUD}/certificate-type": "Managed"}, "is not one of", "reads it as 'uploaded'"),
    Case(HETZNER, {f"{HCLOUD}/certificate-type": "letsencrypt"}, "is not one of", "reads it as 'uploaded'"),
    Case(EKS, {f"{AWS}-enable-icmp-for-path-mtu-discovery": "true", **BY_LBC}, "is not one of", "as if it were 'off'"),
    # the empty text
    Case(EKS, {f"{AWS}-scheme": "", **BY_LBC}, "is empty", REFUSES),
    Case(EKS, {f"{AWS}-internal": "", **BY_LBC}, "is empty", REFUSES),
    Case(EKS, {f"{AWS}-ip-address-type": "", **BY_LBC}, "is empty", REFUSES),
    Case(EKS, {f"{AWS}-healthcheck-interval": "", **BY_LBC}, "is empty", REFUSES),
    Case(EKS, {f"{AWS}-healthcheck-interval": ""}, "is empty", STOPS),
    Case(EKS, {f"{AWS}-healthcheck-protocol": "", **NLB}, "is empty", STOPS),
    Case(EKS, {f"{AWS}-healthcheck-interval": "ten"}, "is not a whole number", STOPS),
    Case(EKS, {f"{AWS}-healthcheck-interval": "ten", **BY_LBC}, "is not a whole number", REFUSES),
    Case(HETZNER, {f"{HCLOUD}/disable-public-network": ""}, "is empty", REFUSES),
    Case(HETZNER, {f"{HCLOUD}/protocol": ""}, "is empty", STOPS),
    Case(DIGITALOCEAN, {f"{DO}-protocol": "", **REGIONAL}, "is empty", REFUSES),
    Case(DIGITALOCEAN, {f"{DO}-http-ports": "", **REGIONAL}, "is empty", REFUSES),
]


@pytest.mark.parametrize("case", REFUSED)
def test_a_value_that_the_parser_does_not_take_is_reported_with_what_follows(case: Case) -> None:
    (found,) = of_rule(INVALID, case.annotations, case.config)
    assert (found.severity, found.location.path) == ("error", "app.yaml")
    assert next(iter(case.annotations)) in found.source_line
    assert case.label in found.label
    assert case.then in found.why


TAKEN: list[tuple[Config, Mapping[str, str]]] = [
    (EKS, {f"{AWS}-healthcheck-protocol": "SSL"}),
    (EKS, {f"{AWS}-enable-icmp-for-path-mtu-discovery": "off", **BY_LBC}),
    (EKS, {f"{AWS}-minimum-load-balancer-capacity": "CapacityUnits = 3000", **BY_LBC}),
    (EKS, {f"{AWS}-proxy-protocol-per-target-group": "80,", **BY_LBC}),
    (EKS, {f"{AWS}-proxy-protocol": "v2", **NLB}),
    (DIGITALOCEAN, {f"{DO}-size-unit": "0"}),
    (HETZNER, {f"{HCLOUD}/protocol": "HTTP", f"{HCLOUD}/health-check-protocol": "Tcp", f"{HCLOUD}/algorithm-type": "Round_Robin"}),
    (V36, {ATTRIBUTES: "preserve_client_ip.enabled=true,proxy_protocol_v2.enabled=false", **NLB}),
    (V33, {ATTRIBUTES: "stickiness.enabled=true", **NLB}),
    (EKS, {f"{ATTRIBUTES}.80": "preserve_client_ip.enabled=True, stickiness.enabled=yes", **BY_LBC}),
    (EKS, {f"{AWS}-additional-resource-tags": "team=a\\\\,b", **BY_LBC}),
    (EKS, {f"{AWS}-additional-resource-tags": "team=a,", **BY_LBC}),
    (EKS, {f"{AWS}-source-nat-ipv6-prefixes": "auto_assigned, 2001:db8::/80", **SOURCE_NAT, **BY_LBC}),
    (EKS, {ACTION: WEIGHED % 999, **BY_LBC}),
    (EKS, {f"{AWS}-healthcheck-port": "traffic-port", **NLB}),
    (EKS, {f"{AWS}-manage-backend-security-group-rules": "on", **BY_LBC}),
    (EKS, {f"{AWS}-cross-zone-load-balancing-enabled": "", **NLB}),
    (DIGITALOCEAN, {f"{DO}-sticky-sessions-cookie-ttl": "long"}),
    (EKS, {f"{AWS}-healthcheck-port": "8080"}),
    (EKS, {f"{AWS}-access-log-enabled": ""}),
    (EKS, {f"{AWS}-type": "", f"{AWS}-ssl-cert": ""}),
    (EKS, {f"{AWS}-backend-protocol": "", **CERTIFICATE, **BY_LBC}),
    (EKS, {f"{AWS}-enable-icmp-for-path-mtu-discovery": "", **BY_LBC}),
    (AKS, {f"{AZURE}-additional-public-ips": " 198.51.100.4,2001:db8::4 "}),
    (AKS, {f"{AZURE}-pls-ip-configuration-ip-address": "here"}),
    (AKS, {f"{AZURE}-pls-ip-configuration-ip-address": "::ffff:10.4.0.9", **LINK}),
    (V36, {ATTRIBUTES: "=x,preserve_client_ip.enabled=true=x,", **NLB}),
    (EKS, {ACTION: '{\\"TYPE\\":\\"forward\\",\\"forwardConfig\\":{\\"targetGroups\\":null}}', **BY_LBC}),
    (
        AKS,
        {f"{AZURE}-pls-ip-configuration-ip-address": "10.4.0.9  10.4.0.10", f"{AZURE}-pls-ip-configuration-ip-address-count": "2", **LINK},
    ),
    (AKS, {f"{AZURE}-load-balancer-health-probe-protocol": ""}),
    (DIGITALOCEAN, {f"{DO}-tls-ports": "443,8443", f"{DO}-certificate-id": "c", **REGIONAL}),
    (DIGITALOCEAN, {f"{DO}-tls-ports": "443,web"}),
    (DIGITALOCEAN, {f"{DO}-size-slug": "", f"{DO}-size-unit": "", f"{DO}-type": ""}),
    (DIGITALOCEAN, {f"{DO}-protocol": ""}),
    (HETZNER, {f"{HCLOUD}/node-selector": "pool in (edge, core), !old, zone=, size>2"}),
    (HETZNER, {f"{HCLOUD}/node-selector": ""}),
    (HETZNER, {f"{HCLOUD}/location": "", f"{HCLOUD}/http-managed-certificate-acme-staging": "no"}),
]


@pytest.mark.parametrize(("config", "annotations"), TAKEN)
def test_a_value_that_the_parser_takes_or_does_not_read_is_fine(config: Config, annotations: Mapping[str, str]) -> None:
    assert of_rule(INVALID, annotations, config) == []


def test_where_the_release_is_not_stated_both_are_said() -> None:
    (found,) = of_rule(INVALID, {ATTRIBUTES: "stickiness.enabled=true", **NLB}, EKS)
    assert found.confidence == "medium"
    assert "since 1.34; older releases do not read the key" in found.why


def test_the_staging_servers_of_acme_are_not_used_for_an_odd_value() -> None:
    (found,) = of_rule(INVALID, {f"{HCLOUD}/http-managed-certificate-acme-staging": "yes"}, HETZNER)
    assert "counts it as 'false'" in found.why


def test_an_odd_value_leaves_merging_of_tcp_and_udp_to_the_flag() -> None:
    (found,) = of_rule(INVALID, {f"{AWS}-enable-tcp-udp-listener": "on", **BY_LBC}, EKS)
    assert "as if the key were not there" in found.why


def test_node_ports_are_opened_as_ever_for_an_odd_value() -> None:
    (found,) = of_rule(INVALID, {"kubernetes.digitalocean.com/firewall-managed": "no"}, DIGITALOCEAN)
    assert "as if the key were not there" in found.why


@pytest.mark.parametrize(("key", "config"), [(f"{AWS}-scheme", EKS), (f"{HCLOUD}/disable-public-network", HETZNER)])
def test_an_empty_text_that_is_refused_leaves_the_reach_open(key: str, config: Config) -> None:
    stated = {**(BY_LBC if config is EKS else {}), key: ""}
    assert reached(service(stated), config).reach == "unknown"


TWO = "ports: [{name: web, port: 80, targetPort: http}, {name: dns, port: 53, protocol: UDP}]"
SHARED = "ports: [{name: a, port: 53}, {name: b, port: 53, protocol: UDP}, {name: c, port: 53, protocol: SCTP}]"
MERGED = {f"{AWS}-enable-tcp-udp-listener": "true", **BY_LBC}
TERMINATED = {**REGIONAL, f"{DO}-certificate-id": "c"}
PUBLIC_LINK = {f"{AZURE}-pls-create": "true"}
COUNTED = {f"{AZURE}-pls-ip-configuration-ip-address": "10.4.0.9 10.4.0.10", **LINK}
ROUNDS = "less than 120 seconds"


class Clash(NamedTuple):
    config: Config
    annotations: Mapping[str, str]
    ports: str
    says: str
    effect: str = "refuses the setting"


CLASHES = [
    # protocols
    Clash(HETZNER, {}, "ports: [{port: 2905, protocol: SCTP}]", "no UDP and no SCTP", "traffic fails"),
    Clash(DIGITALOCEAN, {}, "ports: [{port: 2905, protocol: SCTP}]", "TCP and UDP only"),
    Clash(DIGITALOCEAN, REGIONAL, "ports: [{port: 2905, protocol: SCTP}]", "TCP and UDP only"),
    Clash(EKS, MERGED, SHARED, "no SCTP listeners"),
    # ports by their names and numbers
    Clash(EKS, {f"{AWS}-healthcheck-port": "metrics", **BY_LBC}, WEB, "that of a port of the Service"),
    Clash(EKS, {f"{AWS}-healthcheck-port": "WEB", **BY_LBC}, WEB, "that of a port of the Service"),
    Clash(EKS, {f"{AWS}-healthcheck-port": "web", **BY_LBC}, WEB, "`targetPort` is a name"),
    Clash(EKS, {f"{AWS}-quic-enabled-ports": "web", **BY_LBC}, TWO, "QUIC runs over UDP only"),
    Clash(EKS, {f"{AWS}-quic-enabled-ports": "80", **BY_LBC}, TWO, "QUIC runs over UDP only"),
    Clash(EKS, {f"{AWS}-quic-enabled-ports": "8443", **BY_LBC}, TWO, "no port of the Service", "ignores the setting"),
    Clash(DIGITALOCEAN, {f"{DO}-healthcheck-port": "8080", **OVERRIDE}, WEB, "must be one of the Service"),
    Clash(DIGITALOCEAN, {f"{DO}-healthcheck-port": "53", **OVERRIDE}, TWO, "do not run over UDP"),
    Clash(AKS, {f"{PROBE}_port": "metrics"}, WEB, "a name must be that of a port"),
    Clash(AKS, {f"{PROBE}_port": "65536"}, WEB, "a number one of a port"),
    # what needs or excludes another
    Clash(DIGITALOCEAN, {f"{DO}-http-ports": "80", f"{DO}-tls-ports": "443,80", **TERMINATED}, WEB, "a port has one protocol"),
    Clash(DIGITALOCEAN, {f"{DO}-http-ports": "80", f"{DO}-http2-ports": "80", **TERMINATED}, WEB, "a port has one protocol"),
    Clash(DIGITALOCEAN, {f"{DO}-http3-port": "80", f"{DO}-tls-passthrough": "true", **REGIONAL}, WEB, "HTTP/3 ends at the load balancer"),
    Clash(DIGITALOCEAN, {f"{DO}-http3-port": "80", f"{DO}-tls-passthrough": "true", **TERMINATED}, WEB, "HTTP/3 ends at the load balancer"),
    Clash(DIGITALOCEAN, {f"{DO}-http3-port": "443", **TERMINATED}, WEB, "there is no HTTP/3", "ignores the setting"),
    Clash(AKS, PUBLIC_LINK, WEB, "needs an internal load balancer", LEAVES),
    Clash(AKS, COUNTED, WEB, "more addresses", LEAVES),
    Clash(AKS, {f"{AZURE}-pls-ip-configuration-ip-address-count": "1", **COUNTED}, WEB, "more addresses", LEAVES),
    Clash(HETZNER, {f"{HCLOUD}/certificate-type": "managed"}, WEB, "needs domains", LEAVES),
    # what holds for one port stands in for what holds for all
    Clash(AKS, {f"{PROBE}_interval": "60"}, WEB, ROUNDS),
    Clash(AKS, {f"{PROBE}_interval": "30", f"{AZURE}-load-balancer-health-probe-num-of-probe": "4"}, WEB, ROUNDS),
    Clash(AKS, {f"{PROBE}_num-of-probe": "24"}, WEB, ROUNDS),
]


@pytest.mark.parametrize("clash", CLASHES)
def test_settings_that_the_controller_does_not_take_together(clash: Clash) -> None:
    found = [one for one in of_rule(CONFLICT, clash.annotations, clash.config, clash.ports) if clash.says.lower() in one.why.lower()]
    assert len(found) == 1
    assert clash.effect in found[0].why


def test_three_protocols_on_one_port_are_reported_for_each_aws_controller() -> None:
    assert len(of_rule(CONFLICT, MERGED, EKS, SHARED)) == 1
    assert of_rule(CONFLICT, NLB, EKS, SHARED)


FITTING: list[tuple[Config, Mapping[str, str], str]] = [
    (EKS, {f"{AWS}-healthcheck-port": "web", **BY_LBC}, "ports: [{name: web, port: 80, targetPort: 8080}]"),
    (EKS, {f"{AWS}-healthcheck-port": "9000", **BY_LBC}, WEB),
    (EKS, {f"{AWS}-quic-enabled-ports": "dns", **BY_LBC}, TWO),
    (EKS, {f"{AWS}-quic-enabled-ports": "53", **MERGED}, "ports: [{name: a, port: 53}, {name: b, port: 53, protocol: UDP}]"),
    (DIGITALOCEAN, {f"{DO}-healthcheck-port": "80", **OVERRIDE}, TWO),
    (DIGITALOCEAN, {f"{DO}-healthcheck-port": "8080", **REGIONAL}, WEB),
    (DIGITALOCEAN, {f"{DO}-http-ports": "80", f"{DO}-tls-ports": "80"}, WEB),
    (DIGITALOCEAN, {f"{DO}-http3-port": "80", f"{DO}-tls-passthrough": "true"}, WEB),
    (DIGITALOCEAN, {f"{DO}-http3-port": "443", f"{DO}-http2-ports": "443", **TERMINATED}, "ports: [{port: 443}]"),
    (AKS, {f"{PROBE}_port": "WEB"}, WEB),
    (AKS, {f"{PROBE}_port": "9000"}, WEB),
    (AKS, {f"{KEY}/port_53_health-probe_port": "metrics", f"{KEY}/port_53_health-probe_interval": "90"}, TWO),
    (AKS, {f"{PROBE}_interval": "59"}, WEB),
    (AKS, LINK, WEB),
    (AKS, {**PUBLIC_LINK, f"{AZURE}-disable-load-balancer-floating-ip": "true"}, WEB),
    (AKS, {f"{AZURE}-pls-create": "false"}, WEB),
    (AKS, {f"{AZURE}-pls-ip-configuration-ip-address": "10.4.0.9 10.4.0.10", **INTERNAL}, WEB),
    (AKS, {f"{AZURE}-pls-ip-configuration-ip-address": "10.4.0.9 10.4.0.9", **LINK}, WEB),
]


@pytest.mark.parametrize(("config", "annotations", "ports"), FITTING)
def test_settings_that_fit_together_are_silent(config: Config, annotations: Mapping[str, str], ports: str) -> None:
    assert of_rule(CONFLICT, annotations, config, ports) == []


def test_a_wrong_value_is_reported_once() -> None:
    wrong = {f"{DO}-healthcheck-port": "web", **OVERRIDE}
    assert len(of_rule(INVALID, wrong, DIGITALOCEAN)) == 1
    assert of_rule(CONFLICT, wrong, DIGITALOCEAN) == []


def test_probes_of_one_port_are_for_tcp() -> None:
    short = {f"{KEY}/port_53_health-probe_interval": "4"}
    assert of_rule(INVALID, short, AKS, TWO) == []
    assert len(of_rule(INVALID, short, AKS, "ports: [{name: a, port: 53}, {name: b, port: 53, protocol: UDP}]")) == 1


@pytest.mark.parametrize(
    "key",
    ["proxy-protocol", "connection-idle-timeout", "connection-draining-enabled", "connection-draining-timeout", "access-log-emit-interval"],
)
def test_keys_of_classic_load_balancers_have_no_effect_on_an_nlb(key: str) -> None:
    value = {"proxy-protocol": "*", "connection-draining-enabled": "true"}.get(key, "60")
    (found,) = of_rule(IGNORED, {f"{AWS}-{key}": value, **NLB}, EKS)
    assert "takes precedence" in found.why


class TestDenyingAllOthers:
    """Where there are no ranges, there are no others."""

    DENIES = f"{AZURE}-deny-all-except-load-balancer-source-ranges"

    def test_without_ranges_nobody_is_blocked(self) -> None:
        (found,) = of_rule(IGNORED, {self.DENIES: "true"}, AKS)
        assert "beside source ranges" in found.why
        assert "Nothing is blocked" in found.why

    def test_service_tags_are_no_ranges(self) -> None:
        assert len(of_rule(IGNORED, {self.DENIES: "true", f"{AZURE}-allowed-service-tags": "AzureCloud"}, AKS)) == 1

    @pytest.mark.parametrize("key", [f"{AZURE}-allowed-ip-ranges", f"{KEY}/load-balancer-source-ranges"])
    def test_ranges_in_an_annotation(self, key: str) -> None:
        assert of_rule(IGNORED, {self.DENIES: "true", key: "192.0.2.0/24"}, AKS) == []

    def test_ranges_in_the_field(self) -> None:
        assert of_rule(IGNORED, {self.DENIES: "true"}, AKS, f"loadBalancerSourceRanges: [192.0.2.0/24], {WEB}") == []

    def test_it_is_off(self) -> None:
        assert of_rule(IGNORED, {self.DENIES: "false"}, AKS) == []


class TestSelectorsOfLabels:
    """As apimachinery reads them."""

    @pytest.mark.parametrize(
        "text",
        [
            "",
            " ",
            "a",
            "!a",
            "! a,b",
            "a=b",
            "a==b",
            "a!=b",
            "a=",
            "a=,b",
            "a in (b)",
            "a in (,b)",
            "a notin (b, c ),d",
            "x.y/z>1",
            "in=in",
        ],
    )
    def test_what_is_read(self, text: str) -> None:
        assert selector_fault(text) is None

    @pytest.mark.parametrize(
        "text",
        [
            "a,",
            ",a",
            "a b",
            "a=b=c",
            "!a=b",
            "a in b",
            "a in (,,)",
            "a>-2",
            "a in (b",
            "a in (b c)",
            "a>b",
            "a>",
            "-a",
            "a/",
            "/a",
            "A_/b",
            "a=-",
            "a=!",
        ],
    )
    def test_what_is_not(self, text: str) -> None:
        assert selector_fault(text) is not None

    @pytest.mark.parametrize("text", ["a" * 64, "a=" + "b" * 64, "a=>b", "(", "a in (b))"])
    def test_what_is_not_either(self, text: str) -> None:
        assert selector_fault(text) is not None

    def test_a_long_hostile_text_is_read_once(self) -> None:
        assert selector_fault("a in (" + " ," * 200_000) is not None
        assert selector_fault("a" * 400_000 + "/b") is not None


class TestHostileValues:
    """A value is text of a stranger."""

    def test_deep_json(self) -> None:
        shape = ValueShape("json", parts={"a.b.c": ValueShape("int", maximum=1)})
        assert isinstance(read_value(shape, "[" * 100_000), Doubtful)
        assert isinstance(read_value(shape, '{"a": [1, null, {"b": "x"}, {"b": [{"c": 2}]}]}'), Invalid)
        assert isinstance(read_value(shape, '{"a": [1, null, {"b": {"C": 1}}]}'), Valid)

    def test_long_lists(self) -> None:
        assert isinstance(read_value(ValueShape("int-list", trim="none"), "1," * 100_000), Invalid)
        assert isinstance(read_value(ValueShape("map", is_strict=True), "a=b\\," * 100_000), Valid)

    def test_digits_that_are_none_in_ascii(self) -> None:
        assert isinstance(read_value(ValueShape("int-list"), "\u0664"), Invalid)
        assert isinstance(read_value(ValueShape("cidr-list", length=80), "2001:db8::/\u0668\u0660"), Invalid)
