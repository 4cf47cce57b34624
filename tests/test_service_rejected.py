"""What the API server accepts and refuses of a Service, release by release: a table of cases, and one of changes.

No API server runs here. The cases are derived from its source: `pkg/apis/core/validation/validation.go` (functions of that file are named
without a path), its tests in `validation_test.go`, `pkg/apis/core/v1/defaults.go`, `pkg/registry/core/service/storage/alloc.go`, and
apimachinery `pkg/util/validation`; the releases in which a rule changed are those of the feature gates and pull requests named at the case.
Every case is tried in every release from 1.25 to 1.37, and with an unknown one.
"""

import json
from typing import Any, NamedTuple

import pytest

from k8slblint.admission.refusal import FIRST, LAST, in_words
from k8slblint.admission.services import Refusal, refusals
from k8slblint.admission.services.updates import update_refusals
from k8slblint.checks import service_rejected, service_update_rejected
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Problem, Undecided
from tests import builders
from tests.texts import words_of

ALWAYS = (FIRST, LAST)
OK: dict[str, str] = {}
BASE: dict[str, Any] = {"selector": {"app": "web"}, "ports": [{"port": 80}]}
RANGES = "service.beta.kubernetes.io/load-balancer-source-ranges"
HINTS, MODE = "service.kubernetes.io/topology-aware-hints", "service.kubernetes.io/topology-mode"
LOAD_BALANCER = {"type": "LoadBalancer"}
NODE_PORT = {"type": "NodePort"}
ALIAS = {"type": "ExternalName", "externalName": "db.example.com"}
HEADLESS = {"clusterIP": "None"}
CLIENT_IP = {"sessionAffinity": "ClientIP"}
LOCAL = {**LOAD_BALANCER, "externalTrafficPolicy": "Local"}


class Case(NamedTuple):
    """`spec` over the base Service (None removes a field), and what is refused where: words by path, in the releases `span`."""

    id: str
    spec: dict[str, Any]
    refused: dict[str, str]
    source: str
    span: tuple[int, int] = ALWAYS
    metadata: dict[str, Any] | None = None
    unless_unknown: bool = False


def ports(*written: dict[str, Any]) -> dict[str, Any]:
    return {"ports": list(written)}


def port(**written: Any) -> dict[str, Any]:
    return ports({"port": 80, **written})


def named(**written: Any) -> dict[str, Any]:
    return {"metadata": {"name": "web", **written}}


def service(spec: dict[str, Any], metadata: dict[str, Any] | None = None) -> Resource:
    merged = {key: value for key, value in {**BASE, **spec}.items() if value is not None}
    document = {"apiVersion": "v1", "kind": "Service", "metadata": metadata or {"name": "web"}, "spec": merged}
    return builders.resource(json.dumps(document))


LONG = "a" * 63
NAME = "ValidateServiceName = NameIsDNS1035Label"
META = "ValidateObjectMeta"
PORT = "validateServicePort"
TARGET = "ValidatePortNumOrName"
CREATE = "validateService"
IPS = "ValidateServiceClusterIPsRelatedFields"
FAMILY = "alloc.go initIPFamilyFields"
POLICY = "validateServiceExternalTrafficPolicy"
DEFAULT = "defaults.go SetDefaults_Service"
STRICT = "KEP-4858, gate StrictIPCIDRValidation on in 1.36"
CLASS = "validateLoadBalancerClassField"
ALLOCATOR = "portallocator, --service-node-port-range"
SINCE_36, UNTIL_35 = (36, LAST), (FIRST, 35)

CASES = [
    # names
    Case("a plain name", {}, OK, NAME),
    Case("the longest name", {}, OK, NAME, metadata={"name": LONG}),
    Case("a name of 64 letters", {}, {"metadata.name": "no more than 63"}, NAME, metadata={"name": LONG + "a"}),
    Case("a name in upper case", {}, {"metadata.name": "lower case alphanumeric"}, NAME, metadata={"name": "Web"}),
    Case("a name with a dot", {}, {"metadata.name": "lower case alphanumeric"}, NAME, metadata={"name": "web.v1"}),
    Case("a name with an underscore", {}, {"metadata.name": "lower case alphanumeric"}, NAME, metadata={"name": "web_1"}),
    Case("a name that ends in a hyphen", {}, {"metadata.name": "lower case alphanumeric"}, NAME, metadata={"name": "web-"}),
    Case(
        "a name that starts with a digit",
        {},
        {"metadata.name": "start with an alphabetic"},
        "KEP-5311",
        UNTIL_35,
        metadata={"name": "1web"},
    ),
    Case("a name of digits", {}, {"metadata.name": "start with an alphabetic"}, "KEP-5311", UNTIL_35, metadata={"name": "404"}),
    Case("a prefix that ends in a hyphen", {}, OK, "maskTrailingDash", metadata={"generateName": "web-"}),
    Case("a prefix in upper case", {}, {"metadata.generateName": "lower case alphanumeric"}, META, metadata={"generateName": "Web-"}),
    Case("a namespace", {}, OK, META, metadata={"name": "web", "namespace": "1-team"}),
    Case("a namespace with a dot", {}, {"metadata.namespace": "RFC 1123 label"}, META, metadata={"name": "web", "namespace": "a.b"}),
    # labels and annotations
    Case("a label with a prefix", {}, OK, "ValidateLabels", **named(labels={"app.kubernetes.io/name": "web", "empty": ""})),
    Case("a label value with a slash", {}, {"metadata.labels.app": "valid label"}, "ValidateLabels", **named(labels={"app": "a/b"})),
    Case("a label value of 64 letters", {}, {"metadata.labels.app": "63"}, "ValidateLabels", **named(labels={"app": LONG + "a"})),
    Case(
        "a label key with two slashes", {}, {"metadata.labels[a/b/c]": "qualified name"}, "ValidateLabels", **named(labels={"a/b/c": "x"})
    ),
    Case("a label key with a bare prefix", {}, {"metadata.labels[/b]": "prefix part"}, "ValidateLabels", **named(labels={"/b": "x"})),
    Case(
        "an annotation key in upper case", {}, OK, "ValidateAnnotations lowers the key", **named(annotations={"Example.COM/Key": "any /"})
    ),
    Case(
        "an annotation key with a blank",
        {},
        {"metadata.annotations.a b": "name part"},
        "ValidateAnnotations",
        **named(annotations={"a b": ""}),
    ),
    Case("annotations of 256 KiB", {}, OK, "TotalAnnotationSizeLimitB", **named(annotations={"a": "x" * (256 * 1024 - 1)})),
    Case("annotations of one byte more", {}, {"metadata.annotations": "Too long"}, META, **named(annotations={"a": "x" * 256 * 1024})),
    Case("topology annotations that agree", {}, OK, CREATE, **named(annotations={HINTS: "Auto", MODE: "Auto"})),
    Case(
        "topology annotations that differ",
        {},
        {f"metadata.annotations[{MODE}]": "must match"},
        "validateService since 1.27 (KEP-2433)",
        (27, LAST),
        **named(annotations={HINTS: "Auto", MODE: "Disabled"}),
    ),
    # type
    Case("no type", {"type": None}, OK, DEFAULT),
    Case("an empty type", {"type": ""}, OK, DEFAULT),
    Case("a type in lower case", {"type": "loadBalancer"}, {"spec.type": "Unsupported value"}, "supportedServiceType"),
    # ports
    Case("no ports", {"ports": []}, {"spec.ports": "Required value"}, CREATE),
    Case("ports left out", {"ports": None}, {"spec.ports": "Required value"}, CREATE),
    Case("no ports of a load balancer", {**LOAD_BALANCER, "ports": []}, {"spec.ports": "Required value"}, CREATE),
    Case("headless without ports", {**HEADLESS, "ports": None}, OK, CREATE),
    Case("an alias without ports", {**ALIAS, "ports": None}, OK, CREATE),
    Case("the largest port", port(port=65535), OK, "IsValidPortNum"),
    Case("port 0", port(port=0), {"spec.ports[0].port": "between 1 and 65535"}, "IsValidPortNum"),
    Case("port 65536", port(port=65536), {"spec.ports[0].port": "between 1 and 65535"}, "IsValidPortNum"),
    Case("a negative port", port(port=-1), {"spec.ports[0].port": "between 1 and 65535"}, "IsValidPortNum"),
    Case("one port without a name", port(), OK, PORT),
    Case("two ports, one without a name", ports({"port": 80, "name": "a"}, {"port": 81}), {"spec.ports[1].name": "Required value"}, PORT),
    Case(
        "two ports, one with an empty name",
        ports({"port": 80, "name": ""}, {"port": 81, "name": "b"}),
        {"spec.ports[0].name": "Required"},
        PORT,
    ),
    Case("a name of 63 letters", port(name=LONG), OK, "ValidateDNS1123Label"),
    Case("a name of 64 letters for a port", port(name=LONG + "a"), {"spec.ports[0].name": "63"}, "ValidateDNS1123Label"),
    Case("a port name in upper case", port(name="HTTP"), {"spec.ports[0].name": "RFC 1123 label"}, "ValidateDNS1123Label"),
    Case("a port name with an underscore", port(name="http_web"), {"spec.ports[0].name": "RFC 1123 label"}, "ValidateDNS1123Label"),
    Case("a port name of digits", port(name="80"), OK, "ValidateDNS1123Label"),
    Case("a port name twice", ports({"port": 80, "name": "a"}, {"port": 81, "name": "a"}), {"spec.ports[1].name": "Duplicate value"}, PORT),
    Case("UDP", port(protocol="UDP"), OK, "supportedPortProtocols"),
    Case("SCTP", port(protocol="SCTP"), OK, "KEP-614, GA 1.20"),
    Case("an empty protocol", port(protocol=""), OK, DEFAULT),
    Case("a protocol in lower case", port(protocol="tcp"), {"spec.ports[0].protocol": "Unsupported value"}, PORT),
    Case("HTTP as protocol", port(protocol="HTTP"), {"spec.ports[0].protocol": '"SCTP", "TCP", "UDP"'}, PORT),
    Case("one port for TCP and UDP", ports({"port": 53, "name": "a"}, {"port": 53, "name": "b", "protocol": "UDP"}), OK, CREATE),
    Case("one port twice", ports({"port": 53, "name": "a"}, {"port": 53, "name": "b"}), {"spec.ports[1].port": "Duplicate value"}, CREATE),
    Case(
        "one port twice, once with the default spelt out",
        ports({"port": 53, "name": "a"}, {"port": 53, "name": "b", "protocol": "TCP"}),
        {"spec.ports[1].port": "Duplicate value"},
        "defaults are filled in before validateService",
    ),
    Case(
        "a mixed load balancer",
        {**LOAD_BALANCER, **ports({"port": 53, "name": "a"}, {"port": 53, "name": "b", "protocol": "UDP"})},
        OK,
        "KEP-1435",
    ),
    # target ports
    Case("target port 0", port(targetPort=0), OK, DEFAULT),
    Case("an empty target port", port(targetPort=""), OK, DEFAULT),
    Case("a target port by name", port(targetPort="http-web"), OK, "IsValidPortName"),
    Case("a target port name of 15 letters", port(targetPort="a" * 15), OK, "IsValidPortName"),
    Case("a target port name of 16 letters", port(targetPort="a" * 16), {"spec.ports[0].targetPort": "15"}, "IsValidPortName"),
    Case("a target port number in quotes", port(targetPort="8080"), {"spec.ports[0].targetPort": "at least one letter"}, "IsValidPortName"),
    Case("a target port in upper case", port(targetPort="HTTP"), {"spec.ports[0].targetPort": "a-z, 0-9"}, "IsValidPortName"),
    Case("a target port with two hyphens", port(targetPort="a--b"), {"spec.ports[0].targetPort": "consecutive"}, "IsValidPortName"),
    Case("a target port that ends in a hyphen", port(targetPort="ab-"), {"spec.ports[0].targetPort": "begin or end"}, "IsValidPortName"),
    Case("target port 65536", port(targetPort=65536), {"spec.ports[0].targetPort": "65535"}, TARGET),
    Case("a negative target port", port(targetPort=-8), {"spec.ports[0].targetPort": "65535"}, TARGET),
    Case("a target port of a headless Service", {**HEADLESS, **port(targetPort=8080)}, OK, "tolerated, see validateServicePort"),
    # application protocols
    Case("appProtocol h2c", port(appProtocol="kubernetes.io/h2c"), OK, "KEP-3726"),
    Case("appProtocol in upper case", port(appProtocol="HTTP"), OK, "ValidateQualifiedName"),
    Case("an empty appProtocol", port(appProtocol=""), {"spec.ports[0].appProtocol": "non-empty"}, "ValidateQualifiedName"),
    Case("appProtocol with a blank", port(appProtocol="http 2"), {"spec.ports[0].appProtocol": "name part"}, "ValidateQualifiedName"),
    Case(
        "appProtocol with a bad prefix", port(appProtocol="Example.com/x"), {"spec.ports[0].appProtocol": "prefix part"}, "IsQualifiedName"
    ),
    # node ports
    Case("a node port", {**NODE_PORT, **port(nodePort=30080)}, OK, ALLOCATOR),
    Case("the first node port", {**NODE_PORT, **port(nodePort=30000)}, OK, ALLOCATOR),
    Case("the last node port", {**NODE_PORT, **port(nodePort=32767)}, OK, ALLOCATOR),
    Case("node port 0", port(nodePort=0), OK, "0 means none"),
    Case("a node port of a load balancer", {**LOAD_BALANCER, **port(nodePort=30080)}, OK, CREATE),
    Case("a node port of a cluster IP", port(nodePort=30080), {"spec.ports[0].nodePort": "'ClusterIP'"}, CREATE),
    Case("a node port below the range", {**NODE_PORT, **port(nodePort=29999)}, {"spec.ports[0].nodePort": "30000-32767"}, ALLOCATOR),
    Case("a node port above the range", {**NODE_PORT, **port(nodePort=32768)}, {"spec.ports[0].nodePort": "30000-32767"}, ALLOCATOR),
    Case(
        "a node port that is no port",
        {**NODE_PORT, **port(nodePort=70000)},
        {"spec.ports[0].nodePort": "not in the valid range"},
        ALLOCATOR,
    ),
    Case(
        "one node port twice",
        {**NODE_PORT, **ports({"port": 1, "name": "a", "nodePort": 30001}, {"port": 2, "name": "b", "nodePort": 30001})},
        {"spec.ports[1].nodePort": "Duplicate value"},
        CREATE,
    ),
    Case(
        "one node port for TCP and UDP",
        {**NODE_PORT, **ports({"port": 1, "name": "a", "nodePort": 30001}, {"port": 1, "name": "b", "protocol": "UDP", "nodePort": 30001})},
        OK,
        CREATE,
    ),
    # selectors
    Case("no selector", {"selector": None}, OK, CREATE),
    Case("a selector with an empty value", {"selector": {"app": ""}}, OK, "ValidateLabels"),
    Case("a selector value with a slash", {"selector": {"app": "a/b"}}, {"spec.selector.app": "valid label"}, "ValidateLabels"),
    Case("a selector key with a blank", {"selector": {"a b": "x"}}, {"spec.selector.a b": "name part"}, "ValidateLabels"),
    # session affinity
    Case("an empty affinity", {"sessionAffinity": ""}, OK, DEFAULT),
    Case("affinity by client", CLIENT_IP, OK, DEFAULT),
    Case("affinity in lower case", {"sessionAffinity": "clientIP"}, {"spec.sessionAffinity": '"ClientIP", "None"'}, CREATE),
    Case(
        "the longest affinity",
        {**CLIENT_IP, "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 86400}}},
        OK,
        "validateAffinityTimeout",
    ),
    Case(
        "affinity of 86401 seconds",
        {**CLIENT_IP, "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 86401}}},
        {"spec.sessionAffinityConfig.clientIP.timeoutSeconds": "less than 86400"},
        "validateAffinityTimeout",
    ),
    Case(
        "affinity of no time",
        {**CLIENT_IP, "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 0}}},
        {"spec.sessionAffinityConfig.clientIP.timeoutSeconds": "greater than 0"},
        "validateAffinityTimeout",
    ),
    Case("affinity without its time", {**CLIENT_IP, "sessionAffinityConfig": {"clientIP": {}}}, OK, DEFAULT),
    Case(
        "a time without affinity", {"sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 99999}}}, OK, "SetDefaults_Service clears it"
    ),
    # aliases
    Case("an alias", {**ALIAS, "ports": None}, OK, CREATE),
    Case("an alias with a final dot", {**ALIAS, "externalName": "db.example.com."}, OK, CREATE),
    Case("an alias that looks like an address", {**ALIAS, "externalName": "10.0.0.1"}, OK, "IsDNS1123Subdomain"),
    Case("an alias without a host", {**ALIAS, "externalName": None}, {"spec.externalName": "Required value"}, CREATE),
    Case("an alias for a dot", {**ALIAS, "externalName": "."}, {"spec.externalName": "Required value"}, CREATE),
    Case("an alias in upper case", {**ALIAS, "externalName": "DB.example.com"}, {"spec.externalName": "subdomain"}, CREATE),
    Case("an alias with a port", {**ALIAS, "externalName": "db.example.com:5432"}, {"spec.externalName": "subdomain"}, CREATE),
    Case("an alias with a scheme", {**ALIAS, "externalName": "https://db.example.com"}, {"spec.externalName": "subdomain"}, CREATE),
    Case("an alias with an underscore", {**ALIAS, "externalName": "_db.example.com"}, {"spec.externalName": "subdomain"}, CREATE),
    Case("an alias that is headless", {**ALIAS, **HEADLESS}, {"spec.clusterIP": "ExternalName services"}, CREATE),
    Case("an alias with families", {**ALIAS, "ipFamilies": ["IPv4"]}, {"spec.ipFamilies": "Forbidden"}, CREATE),
    Case("an alias with a family policy", {**ALIAS, "ipFamilyPolicy": "SingleStack"}, {"spec.ipFamilyPolicy": "Forbidden"}, CREATE),
    Case("an alias with a node port", {**ALIAS, **port(nodePort=30080)}, OK, "validateService forbids it for ClusterIP only"),
    Case("a host without the type", {"externalName": "Not A Host"}, OK, "validateService looks at it for ExternalName only"),
    # cluster IPs
    Case("an empty cluster IP", {"clusterIP": ""}, OK, IPS),
    Case("a cluster IP", {"clusterIP": "10.96.0.10"}, OK, IPS),
    Case("both fields", {"clusterIP": "10.96.0.10", "clusterIPs": ["10.96.0.10"]}, OK, IPS),
    Case("headless", HEADLESS, OK, IPS),
    Case("headless in lower case", {"clusterIP": "none"}, {"spec.clusterIP": "valid IP address"}, "IsValidIP"),
    Case("a cluster IP that is none", {"clusterIP": "10.96.0"}, {"spec.clusterIP": "valid IP address"}, "IsValidIP"),
    Case("a headless load balancer", {**LOAD_BALANCER, **HEADLESS}, {"spec.clusterIP": "LoadBalancer services"}, CREATE),
    Case("headless with node ports", {**NODE_PORT, **HEADLESS}, {"spec.clusterIP": "NodePort services"}, CREATE),
    Case("only the list", {"clusterIPs": ["10.96.0.10"]}, {"spec.clusterIPs": "`clusterIP` is not specified"}, IPS),
    Case("the list differs", {"clusterIP": "10.96.0.10", "clusterIPs": ["10.96.0.11"]}, {"spec.clusterIPs": "first value must match"}, IPS),
    Case(
        "three cluster IPs",
        {"clusterIP": "10.0.0.1", "clusterIPs": ["10.0.0.1", "fd00::1", "fd00::2"], "ipFamilyPolicy": "PreferDualStack"},
        {"spec.clusterIPs": "2 values"},
        IPS,
    ),
    Case(
        "two of one family",
        {"clusterIP": "10.0.0.1", "clusterIPs": ["10.0.0.1", "10.0.0.2"], "ipFamilyPolicy": "PreferDualStack"},
        {"spec.clusterIPs": "each IP family"},
        IPS,
    ),
    Case("two families", {"clusterIP": "10.0.0.1", "clusterIPs": ["10.0.0.1", "fd00::1"], "ipFamilyPolicy": "PreferDualStack"}, OK, IPS),
    Case(
        "a cluster IP of another family", {"clusterIP": "10.0.0.1", "ipFamilies": ["IPv6"]}, {"spec.clusterIPs[0]": "expected an IPv6"}, IPS
    ),
    Case("a cluster IP with leading zeros", {"clusterIP": "010.96.0.10"}, {"spec.clusterIP": "leading 0s"}, STRICT, SINCE_36),
    Case("a mapped cluster IP", {"clusterIP": "::ffff:10.0.0.1"}, {"spec.clusterIP": "IPv4-mapped"}, STRICT, SINCE_36),
    # IP families
    Case("one family", {"ipFamilies": ["IPv6"]}, OK, IPS),
    Case("a family in lower case", {"ipFamilies": ["ipv4"]}, {"spec.ipFamilies[0]": '"IPv4", "IPv6"'}, IPS),
    Case(
        "a family twice",
        {"ipFamilies": ["IPv4", "IPv4"], "ipFamilyPolicy": "PreferDualStack"},
        {"spec.ipFamilies[1]": "Duplicate value"},
        IPS,
    ),
    Case("both families if possible", {"ipFamilies": ["IPv6", "IPv4"], "ipFamilyPolicy": "PreferDualStack"}, OK, FAMILY),
    Case("both families required", {"ipFamilyPolicy": "RequireDualStack"}, OK, "only a single-stack cluster refuses it"),
    Case("both families without a policy", {"ipFamilies": ["IPv4", "IPv6"]}, {"spec.ipFamilyPolicy": "multiple IP families"}, FAMILY),
    Case(
        "both families in a single stack",
        {"ipFamilies": ["IPv4", "IPv6"], "ipFamilyPolicy": "SingleStack"},
        {"spec.ipFamilyPolicy": "multiple IP families"},
        FAMILY,
    ),
    Case("both families, headless", {**HEADLESS, "ipFamilies": ["IPv4", "IPv6"]}, {"spec.ipFamilyPolicy": "multiple IP families"}, FAMILY),
    Case("both families, headless without selector", {**HEADLESS, "selector": None, "ipFamilies": ["IPv4", "IPv6"]}, OK, FAMILY),
    Case("a policy that is none", {"ipFamilyPolicy": "DualStack"}, {"spec.ipFamilyPolicy": "Unsupported value"}, IPS),
    # external IPs
    Case("external IPs", {"externalIPs": ["192.0.2.1", "2001:db8::1"]}, OK, "ValidateNonSpecialIP"),
    Case("an external name", {"externalIPs": ["example.com"]}, {"spec.externalIPs[0]": "valid IP address"}, "IsValidIP"),
    Case("an external CIDR", {"externalIPs": ["192.0.2.0/24"]}, {"spec.externalIPs[0]": "valid IP address"}, "IsValidIP"),
    Case("the unspecified address", {"externalIPs": ["0.0.0.0"]}, {"spec.externalIPs[0]": "unspecified"}, "ValidateNonSpecialIP"),
    Case("a loopback address", {"externalIPs": ["127.8.0.1"]}, {"spec.externalIPs[0]": "loopback"}, "ValidateNonSpecialIP"),
    Case("the loopback address of IPv6", {"externalIPs": ["::1"]}, {"spec.externalIPs[0]": "loopback"}, "ValidateNonSpecialIP"),
    Case("a link-local address", {"externalIPs": ["169.254.1.1"]}, {"spec.externalIPs[0]": "link-local range"}, "ValidateNonSpecialIP"),
    Case("a link-local address of IPv6", {"externalIPs": ["fe80::1"]}, {"spec.externalIPs[0]": "link-local range"}, "ValidateNonSpecialIP"),
    Case("a multicast address", {"externalIPs": ["224.0.0.5"]}, {"spec.externalIPs[0]": "multicast"}, "ValidateNonSpecialIP"),
    Case("a multicast address of IPv6", {"externalIPs": ["ff02::5"]}, {"spec.externalIPs[0]": "multicast"}, "ValidateNonSpecialIP"),
    Case("a multicast address further out", {"externalIPs": ["239.1.1.1"]}, OK, "ValidateNonSpecialIP"),
    Case("an external IP with leading zeros", {"externalIPs": ["192.0.02.1"]}, {"spec.externalIPs[0]": "leading 0s"}, STRICT, SINCE_36),
    Case("a mapped external IP", {"externalIPs": ["::ffff:192.0.2.1"]}, {"spec.externalIPs[0]": "IPv4-mapped"}, STRICT, SINCE_36),
    Case("an external IP in another spelling", {"externalIPs": ["2001:DB8:0::1"]}, OK, "GetWarningsForIP warns only"),
    # source ranges
    Case("source ranges", {**LOAD_BALANCER, "loadBalancerSourceRanges": ["10.0.0.0/8", "2001:db8::/32"]}, OK, CREATE),
    Case("source ranges with blanks", {**LOAD_BALANCER, "loadBalancerSourceRanges": [" 10.0.0.0/8\t"]}, OK, "values may be space-padded"),
    Case("no source ranges of another type", {"loadBalancerSourceRanges": []}, OK, CREATE),
    Case(
        "source ranges of another type",
        {"loadBalancerSourceRanges": ["10.0.0.0/8"]},
        {"spec.loadBalancerSourceRanges": "Forbidden"},
        CREATE,
    ),
    Case(
        "a source address",
        {**LOAD_BALANCER, "loadBalancerSourceRanges": ["192.0.2.1"]},
        {"spec.loadBalancerSourceRanges[0]": "valid CIDR"},
        "IsValidCIDR",
    ),
    Case(
        "a source range of 33 bits",
        {**LOAD_BALANCER, "loadBalancerSourceRanges": ["10.0.0.0/8", "192.0.2.1/33"]},
        {"spec.loadBalancerSourceRanges[1]": "valid CIDR"},
        "IsValidCIDR",
    ),
    Case(
        "a source range with host bits",
        {**LOAD_BALANCER, "loadBalancerSourceRanges": ["192.168.1.5/24"]},
        {"spec.loadBalancerSourceRanges[0]": "beyond the prefix"},
        STRICT,
        SINCE_36,
    ),
    Case(
        "a source range with leading zeros",
        {**LOAD_BALANCER, "loadBalancerSourceRanges": ["10.0.0.0/08"]},
        {"spec.loadBalancerSourceRanges[0]": "leading 0s in IP or prefix length"},
        STRICT,
        SINCE_36,
    ),
    Case(
        "a mapped source range",
        {**LOAD_BALANCER, "loadBalancerSourceRanges": ["::ffff:10.0.0.0/104"]},
        {"spec.loadBalancerSourceRanges[0]": "IPv4-mapped"},
        STRICT,
        SINCE_36,
    ),
    Case("the annotation", LOAD_BALANCER, OK, CREATE, **named(annotations={RANGES: "10.0.0.0/8, 192.0.2.0/24"})),
    Case("the annotation, empty", LOAD_BALANCER, OK, CREATE, **named(annotations={RANGES: " "})),
    Case("the annotation of another type", {}, {f"metadata.annotations[{RANGES}]": "Forbidden"}, CREATE, **named(annotations={RANGES: ""})),
    Case(
        "the annotation with a final comma",
        LOAD_BALANCER,
        {f"metadata.annotations[{RANGES}]": "valid CIDR"},
        CREATE,
        **named(annotations={RANGES: "10.0.0.0/8,"}),
    ),
    Case(
        "the annotation behind the field",
        {**LOAD_BALANCER, "loadBalancerSourceRanges": ["10.0.0.0/8"]},
        OK,
        "the annotation is read only where the field is empty",
        **named(annotations={RANGES: "nonsense"}),
    ),
    # load balancer fields
    Case("a class", {**LOAD_BALANCER, "loadBalancerClass": "service.k8s.aws/nlb"}, OK, CLASS),
    Case("a class without a prefix", {**LOAD_BALANCER, "loadBalancerClass": "tailscale"}, OK, CLASS),
    Case("an empty class", {**LOAD_BALANCER, "loadBalancerClass": ""}, {"spec.loadBalancerClass": "non-empty"}, CLASS),
    Case("a class with two slashes", {**LOAD_BALANCER, "loadBalancerClass": "a/b/c"}, {"spec.loadBalancerClass": "qualified name"}, CLASS),
    Case("a class of another type", {**NODE_PORT, "loadBalancerClass": "tailscale"}, {"spec.loadBalancerClass": "Forbidden"}, CLASS),
    Case("a class of null", {"loadBalancerClass": None}, OK, "null is absent"),
    Case("no node ports", {**LOAD_BALANCER, "allocateLoadBalancerNodePorts": False}, OK, "KEP-1864"),
    Case(
        "no node ports of another type",
        {"allocateLoadBalancerNodePorts": False},
        {"spec.allocateLoadBalancerNodePorts": "Forbidden"},
        CREATE,
    ),
    Case("an address that is none", {**LOAD_BALANCER, "loadBalancerIP": "nonsense"}, OK, "loadBalancerIP is not validated"),
    # traffic policies
    Case("external traffic stays local", LOCAL, OK, POLICY),
    Case("external traffic of node ports", {**NODE_PORT, "externalTrafficPolicy": "Cluster"}, OK, POLICY),
    Case("an empty policy", {"externalTrafficPolicy": ""}, OK, POLICY),
    Case("a policy in lower case", {**NODE_PORT, "externalTrafficPolicy": "local"}, {"spec.externalTrafficPolicy": "Unsupported"}, POLICY),
    Case("a policy without outside", {"externalTrafficPolicy": "Cluster"}, {"spec.externalTrafficPolicy": "externally-accessible"}, POLICY),
    Case(
        "a policy of an alias", {**ALIAS, "externalTrafficPolicy": "Local"}, {"spec.externalTrafficPolicy": "externally-accessible"}, POLICY
    ),
    Case(
        "a policy with external IPs",
        {"externalTrafficPolicy": "Local", "externalIPs": ["192.0.2.1"]},
        {"spec.externalTrafficPolicy": "'NodePort' or 'LoadBalancer'"},
        "kubernetes pull 119150, released in 1.29",
        (FIRST, 28),
    ),
    Case("internal traffic stays local", {"internalTrafficPolicy": "Local"}, OK, "KEP-2086"),
    Case("internal traffic of an alias", {**ALIAS, "internalTrafficPolicy": "Local"}, OK, "validateServiceInternalTrafficFieldsValue"),
    Case(
        "an internal policy that is none",
        {"internalTrafficPolicy": "PreferLocal"},
        {"spec.internalTrafficPolicy": '"Cluster", "Local"'},
        "validateServiceInternalTrafficFieldsValue",
    ),
    Case("a health check port", {**LOCAL, "healthCheckNodePort": 31000}, OK, POLICY),
    Case("health check port 0", {"healthCheckNodePort": 0}, OK, POLICY),
    Case("a health check without Local", {**LOAD_BALANCER, "healthCheckNodePort": 31000}, {"spec.healthCheckNodePort": "'Local'"}, POLICY),
    Case(
        "a health check of node ports",
        {**NODE_PORT, "externalTrafficPolicy": "Local", "healthCheckNodePort": 31000},
        {"spec.healthCheckNodePort": "'LoadBalancer'"},
        POLICY,
    ),
    Case("a health check port that is none", {**LOCAL, "healthCheckNodePort": 70000}, {"spec.healthCheckNodePort": "65535"}, POLICY),
    Case(
        "a health check port outside the range",
        {**LOCAL, "healthCheckNodePort": 8080},
        {"spec.healthCheckNodePort": "30000-32767"},
        ALLOCATOR,
    ),
    # traffic distribution
    Case("PreferClose", {"trafficDistribution": "PreferClose"}, OK, "KEP-4444"),
    Case("PreferSameZone", {"trafficDistribution": "PreferSameZone"}, {"spec.trafficDistribution": "PreferClose"}, "KEP-3015", (31, 33)),
    Case("PreferSameNode", {"trafficDistribution": "PreferSameNode"}, {"spec.trafficDistribution": "PreferClose"}, "KEP-3015", (31, 33)),
    Case(
        "a distribution that is none",
        {"trafficDistribution": "preferClose"},
        {"spec.trafficDistribution": "Unsupported value"},
        "validateServiceTrafficDistribution; 1.30 and before drop the field",
        (31, LAST),
        unless_unknown=True,
    ),
    Case(
        "an empty distribution",
        {"trafficDistribution": ""},
        {"spec.trafficDistribution": "Unsupported value"},
        "validateServiceTrafficDistribution: a pointer to the empty text is not nil",
        (31, LAST),
        unless_unknown=True,
    ),
]


def _answers(resource: Resource, version: str | None) -> dict[str, str]:
    return {in_words(refusal.path): refusal.reason for refusal in refusals(resource, version)}


def _assert_answers(case: Case, version: str | None, *, is_refused: bool) -> None:
    answers = _answers(service(case.spec, case.metadata), version)
    assert set(answers) == (set(case.refused) if is_refused else set()), version
    for path, words in (case.refused if is_refused else {}).items():
        assert words in answers[path]


def test_the_table_has_at_least_120_cases_with_names_of_their_own() -> None:
    assert len(CASES) >= 120
    assert len({case.id for case in CASES}) == len(CASES)
    assert all(case.source for case in CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_each_release_refuses_what_its_api_server_refuses(case: Case) -> None:
    for minor in range(FIRST, LAST + 1):
        _assert_answers(case, f"1.{minor}", is_refused=case.span[0] <= minor <= case.span[1])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_an_unknown_release_refuses_what_all_releases_refuse(case: Case) -> None:
    _assert_answers(case, None, is_refused=case.span == ALWAYS or case.unless_unknown)


@pytest.mark.parametrize(("version", "stands_for"), [("1.20", "1.25"), ("v1.35.2-gke.1100", "1.35"), ("1.99", "1.37")])
def test_versions_are_read_as_clusters_report_them(version: str, stands_for: str) -> None:
    digits = service({}, {"name": "1web"})
    assert _answers(digits, version) == _answers(digits, stands_for)


class Change(NamedTuple):
    """`before` and `after` over the base Service, the words by path that refuse it, and the paths that cannot be decided."""

    id: str
    before: dict[str, Any]
    after: dict[str, Any]
    refused: dict[str, str]
    source: str
    undecided: tuple[str, ...] = ()


DUAL = {"ipFamilies": ["IPv4", "IPv6"], "ipFamilyPolicy": "PreferDualStack"}
DUAL_IPS = {"clusterIP": "10.0.0.1", "clusterIPs": ["10.0.0.1", "fd00::1"], "ipFamilyPolicy": "PreferDualStack"}
IP = {"clusterIP": "10.0.0.1"}
CLASSED = {**LOAD_BALANCER, "loadBalancerClass": "tailscale"}
ONCE = "may not change once set"
UPGRADE_IPS = "validateUpgradeDowngradeClusterIPs"
UPGRADE_FAMILIES = "validateUpgradeDowngradeIPFamilies"
PATCHED = "patchAllocatedValues"

CHANGES = [
    Change("nothing", CLASSED, CLASSED, {}, CLASS),
    Change("the class changes", CLASSED, {**CLASSED, "loadBalancerClass": "other"}, {"spec.loadBalancerClass": ONCE}, CLASS),
    Change("the class is added", LOAD_BALANCER, CLASSED, {"spec.loadBalancerClass": ONCE}, CLASS),
    Change("the class is removed", CLASSED, LOAD_BALANCER, {"spec.loadBalancerClass": ONCE}, CLASS),
    Change("a load balancer is made with a class", {}, CLASSED, {}, CLASS),
    Change("a load balancer is given up with its class", CLASSED, {}, {}, "dropTypeDependentFields"),
    Change("the class was a placeholder", {**LOAD_BALANCER, "loadBalancerClass": "${CLASS}"}, CLASSED, {}, "unknown"),
    Change("the cluster IP changes", IP, {"clusterIP": "10.0.0.2"}, {"spec.clusterIP": ONCE}, UPGRADE_IPS),
    Change("the cluster IP is left out", IP, {}, {}, PATCHED),
    Change("the cluster IP is emptied", IP, {"clusterIP": ""}, {}, PATCHED),
    Change("the cluster IP is written down", {}, IP, {}, PATCHED, ("spec.clusterIP",)),
    Change("it becomes headless", {}, HEADLESS, {"spec.clusterIP": ONCE}, UPGRADE_IPS),
    Change("an address becomes headless", IP, HEADLESS, {"spec.clusterIP": ONCE}, UPGRADE_IPS),
    Change("a load balancer becomes headless", LOAD_BALANCER, HEADLESS, {"spec.clusterIP": ONCE}, UPGRADE_IPS),
    Change("headless gets an address", HEADLESS, IP, {"spec.clusterIP": ONCE}, UPGRADE_IPS),
    Change("headless is left out", HEADLESS, {}, {}, PATCHED),
    Change("headless becomes a load balancer", HEADLESS, LOAD_BALANCER, {"spec.type": "LoadBalancer services"}, PATCHED),
    Change("headless opens node ports", HEADLESS, NODE_PORT, {"spec.type": "NodePort services"}, PATCHED),
    Change("an alias becomes headless", ALIAS, HEADLESS, {}, UPGRADE_IPS),
    Change("an alias gets an address", ALIAS, IP, {}, UPGRADE_IPS),
    Change("an address becomes an alias", IP, ALIAS, {}, UPGRADE_IPS),
    Change("headless becomes an alias", HEADLESS, ALIAS, {}, UPGRADE_IPS),
    Change("the type is a placeholder", {**HEADLESS, "type": "${TYPE}"}, IP, {}, "unknown"),
    Change("the cluster IP is a placeholder", {"clusterIP": "${IP}"}, IP, {}, "unknown"),
    Change(
        "the second cluster IP changes",
        DUAL_IPS,
        {**DUAL_IPS, "clusterIPs": ["10.0.0.1", "fd00::2"]},
        {"spec.clusterIPs[1]": ONCE},
        UPGRADE_IPS,
    ),
    Change(
        "the second cluster IP is removed",
        DUAL_IPS,
        {**DUAL_IPS, "clusterIPs": ["10.0.0.1"]},
        {"spec.clusterIPs": "SingleStack"},
        UPGRADE_IPS,
    ),
    Change(
        "the second cluster IP is released",
        DUAL_IPS,
        {**DUAL_IPS, "clusterIPs": ["10.0.0.1"], "ipFamilyPolicy": "SingleStack"},
        {},
        UPGRADE_IPS,
    ),
    Change("a second cluster IP is added", IP, DUAL_IPS, {}, UPGRADE_IPS),
    Change("the first family changes", {"ipFamilies": ["IPv4"]}, {"ipFamilies": ["IPv6"]}, {"spec.ipFamilies[0]": ONCE}, UPGRADE_FAMILIES),
    Change("the families change places", DUAL, {**DUAL, "ipFamilies": ["IPv6", "IPv4"]}, {"spec.ipFamilies[0]": ONCE}, UPGRADE_FAMILIES),
    Change("a family is added", {"ipFamilies": ["IPv4"]}, DUAL, {}, UPGRADE_FAMILIES),
    Change("the second family is removed", DUAL, {**DUAL, "ipFamilies": ["IPv4"]}, {"spec.ipFamilies": "SingleStack"}, UPGRADE_FAMILIES),
    Change(
        "the second family is removed with its policy",
        DUAL,
        {"ipFamilies": ["IPv4"]},
        {"spec.ipFamilies": "SingleStack"},
        "the old policy stays",
    ),
    Change("the second family is released", DUAL, {"ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack"}, {}, UPGRADE_FAMILIES),
    Change("the families are left out", DUAL, {}, {}, "alloc.go reducedIPFamilies"),
    Change("IPv6 is written down", {}, {"ipFamilies": ["IPv6"]}, {}, "the cluster has a default", ("spec.ipFamilies",)),
    Change("IPv4 is written down", {}, {"ipFamilies": ["IPv4"]}, {}, "the cluster has a default"),
    Change("headless changes its family", {**HEADLESS, "ipFamilies": ["IPv4"]}, {**HEADLESS, "ipFamilies": ["IPv6"]}, {}, UPGRADE_FAMILIES),
    Change(
        "the health check port changes",
        {**LOCAL, "healthCheckNodePort": 31000},
        {**LOCAL, "healthCheckNodePort": 31001},
        {"spec.healthCheckNodePort": "immutable"},
        "validateServiceExternalTrafficFieldsUpdate",
    ),
    Change("the health check port is left out", {**LOCAL, "healthCheckNodePort": 31000}, LOCAL, {}, PATCHED),
    Change(
        "the health check port is written down", LOCAL, {**LOCAL, "healthCheckNodePort": 31000}, {}, PATCHED, ("spec.healthCheckNodePort",)
    ),
    Change("traffic becomes local with a port", LOAD_BALANCER, {**LOCAL, "healthCheckNodePort": 31000}, {}, "no health check before"),
    Change("the node port changes", {**NODE_PORT, **port(nodePort=30001)}, {**NODE_PORT, **port(nodePort=30002)}, {}, "mutable"),
    Change("selector and ports change", {}, {"selector": {"app": "b"}, **port(port=81)}, {}, "mutable"),
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.id)
def test_updates_are_refused_as_the_api_server_refuses_them(change: Change) -> None:
    found = list(update_refusals(service(change.before), service(change.after)))
    answers = {in_words(one.path): one.reason for one in found if isinstance(one, Refusal)}
    assert set(answers) == set(change.refused)
    assert all(words in answers[path] for path, words in change.refused.items())
    assert tuple(in_words(one.path) for one in found if isinstance(one, Undecided)) == change.undecided


@pytest.mark.parametrize(
    ("before", "after", "is_refused"),
    [
        ("k8s.io/ingress-nginx", "nginx.org/ingress-controller", True),
        ("a.io/b", "a.io/b", False),
        ("${C}", "a.io/b", False),
        ("a.io/b", "", True),
    ],
)
def test_the_controller_of_an_ingress_class_stays(before: str, after: str, is_refused: bool) -> None:
    template = "apiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {{name: web}}\nspec: {{controller: '{}'}}\n"
    graph = builders.graph(template.format(after), template.format(before))
    found = builders.run(service_update_rejected.check, graph, ["IngressClass.networking.k8s.io"])
    assert [one.path for one in found] == ([("spec", "controller")] if is_refused else [])


def test_a_new_service_is_no_update() -> None:
    text = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {clusterIP: None}\n"
    assert builders.run(service_update_rejected.check, builders.graph(text, "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n")) == []
    assert builders.run(service_update_rejected.check, builders.graph(text)) == []


def _problems(text: str, version: str | None = None, node_port_range: str = "30000-32767") -> list[Problem]:
    graph = builders.graph(text, kubernetes_version=version)
    return [one for one in builders.run(service_rejected.check, graph, node_port_range=node_port_range) if isinstance(one, Problem)]


def test_the_message_quotes_the_server_and_names_the_release() -> None:
    digit = "apiVersion: v1\nkind: Service\nmetadata: {name: 1web}\nspec: {selector: {a: b}, ports: [{port: 80}]}\n"
    (problem,) = _problems(digit, "1.34")
    assert 'Kubernetes 1.34 refuses it: metadata.name: Invalid value: "1web": ' in words_of(problem)
    assert "Kubernetes 1.36 and later accept it." in words_of(problem)


def test_the_reason_is_the_one_of_the_release() -> None:
    upper = service({"trafficDistribution": "Close"}, {"name": "Web"})
    assert "a DNS-1035 label" in _answers(upper, "1.35")["metadata.name"]
    assert "a lowercase RFC 1123 label" in _answers(upper, "1.36")["metadata.name"]
    assert _answers(upper, "1.33")["spec.trafficDistribution"].endswith('supported values: "PreferClose"')
    assert _answers(upper, "1.34")["spec.trafficDistribution"].endswith('"PreferClose", "PreferSameNode", "PreferSameZone"')


def test_a_spelling_that_live_objects_may_keep_is_told_with_medium_confidence() -> None:
    spec = "{type: LoadBalancer, selector: {a: b}, loadBalancerSourceRanges: [192.168.1.5/24], ports: [{port: 80}]}"
    (problem,) = _problems(f"apiVersion: v1\nkind: Service\nmetadata: {{name: web}}\nspec: {spec}\n", "1.36")
    assert problem.confidence == "medium"
    assert "Kubernetes before 1.36 accepts it." in words_of(problem)


@pytest.mark.parametrize(
    ("before", "after", "is_spared"),
    [
        (CLASSED, {"loadBalancerClass": "tailscale"}, True),
        ({**NODE_PORT, **port(nodePort=30080)}, port(nodePort=30080), True),
        ({**NODE_PORT, **port(nodePort=30080)}, port(nodePort=30081), False),
        (LOCAL, {"externalTrafficPolicy": "Local"}, True),
        (port(nodePort=30080), port(nodePort=30080), False),
        (
            {**LOAD_BALANCER, "loadBalancerSourceRanges": ["10.0.0.1/8"]},
            {**LOAD_BALANCER, "loadBalancerSourceRanges": ["10.0.0.1/8"]},
            True,
        ),
        (LOAD_BALANCER, {**LOAD_BALANCER, "loadBalancerSourceRanges": ["10.0.0.1/8"]}, False),
        ({**LOAD_BALANCER, "loadBalancerSourceRanges": ["10.0.0.0/8"]}, {"loadBalancerSourceRanges": ["10.0.0.0/8"]}, False),
    ],
)
def test_what_a_live_service_survives_is_a_warning(before: dict[str, Any], after: dict[str, Any], is_spared: bool) -> None:
    graph = builders.graph(service(after).source.text, service(before).source.text, kubernetes_version="1.36")
    (problem,) = builders.run(service_rejected.check, graph, node_port_range="30000-32767")
    assert isinstance(problem, Problem)
    assert problem.severity == ("warning" if is_spared else None)
    assert ("pdate" in problem.why and "is accepted" in problem.why) == is_spared


def test_a_range_of_node_ports_can_be_stated() -> None:
    text = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {type: NodePort, ports: [{port: 80, nodePort: 8080}]}\n"
    (problem,) = _problems(text)
    assert problem.confidence == "medium"
    assert _problems(text, node_port_range="8000-9000") == []


@pytest.mark.parametrize("spec", ["{type: LoadBalancer}", "{ports: [{port: 80, nodePort: 30080}]}", "{externalTrafficPolicy: Local}"])
def test_what_looks_like_a_patch_is_told_with_low_confidence(spec: str) -> None:
    problems = _problems(f"apiVersion: v1\nkind: Service\nmetadata: {{name: web}}\nspec: {spec}\n")
    assert problems
    assert {problem.confidence for problem in problems} == {"low"}


@pytest.mark.parametrize(
    "odd", ["null", "3", "yes", "[]", "{}", "'${X}'", "[[]]", "{a: {b: []}}", "[null]", "[3, {}]", "{1: 2}", "!!binary aGk="]
)
@pytest.mark.parametrize(
    "field",
    [
        *("type", "ports", "selector", "clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "externalIPs", "externalName"),
        *("sessionAffinity", "sessionAffinityConfig", "loadBalancerSourceRanges", "loadBalancerClass", "allocateLoadBalancerNodePorts"),
        *("externalTrafficPolicy", "internalTrafficPolicy", "healthCheckNodePort", "trafficDistribution"),
    ],
)
def test_any_value_anywhere_is_survived(field: str, odd: str) -> None:
    for type_ in ("ClusterIP", "LoadBalancer", "ExternalName"):
        spec = f"{{x: y, type: {type_}, ports: [{{port: 80}}], {field}: {odd}}}"
        text = f"apiVersion: v1\nkind: Service\nmetadata: {{name: web}}\nspec: {spec}\n"
        (one,) = builders.resources(text)
        list(refusals(one, "1.37"))
        list(update_refusals(one, one))


@pytest.mark.parametrize(
    "odd", ["null", "3", "[]", "{name: [], labels: 3, annotations: [a]}", "{name: web, labels: {a: [b]}, annotations: {b: 1}}"]
)
def test_any_metadata_is_survived(odd: str) -> None:
    (one,) = builders.resources(f"apiVersion: v1\nkind: Service\nmetadata: {odd}\nspec: []\n")
    assert list(refusals(one, None)) == []
