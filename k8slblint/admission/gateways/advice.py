"""What the messages of the CEL rules of Gateway API mean for the author of an object: what is wrong in a few words, and the way out.

Source: gateway-api `config/crd`, releases v1.4.0 to v1.6.1 and main (2026-08-21); a message that is not listed is quoted as it is.
"""

import re
from typing import Final

from k8slblint.model.location import Path
from k8slblint.model.records import NamedTuple


class Advice(NamedTuple):
    """How a broken rule is worded: `fault` is a predicate to the object, `help` the way out.

    `at` leads from the value that breaks the rule to the field to look at. Of rules of one `family` the first that a value breaks says
    it all (those of `key` say what a duplicate key of a list does); `is_vague` marks one that says less than the others of its family.
    `lacks` is the field that is missing.
    """

    fault: str
    help: str
    at: Path = ()
    family: str = ""
    is_vague: bool = False
    lacks: str = ""


_PATH = "Start the path with '/', without '//', '/./', '/../', '#' or an encoded slash; escape other characters as %XX."
_PREFIX_HELP = "Give the rule one match, of type PathPrefix, or replace the full path."
_PARENTS = "refers to one parent twice without telling the references apart"
_PORTS = "Give each listener its own port, protocol or hostname."

_ADVICE: Final[dict[str, Advice]] = {
    # Listeners
    "tls must not be specified for protocols ['HTTP', 'TCP', 'UDP']": Advice(
        "sets `tls` on a listener without TLS", "Remove `tls`, or set `protocol: HTTPS` or TLS.", ("tls",), "tls"
    ),
    "tls mode must be Terminate for protocol HTTPS": Advice(
        "has an HTTPS listener that does not terminate TLS",
        "Set `mode: Terminate` with a certificate, or `protocol: TLS` with a TLSRoute.",
        ("tls", "mode"),
    ),
    "hostname must not be specified for protocols ['TCP', 'UDP']": Advice(
        "sets `hostname` on a TCP or UDP listener", "Remove `hostname`: these protocols have no host names.", ("hostname",)
    ),
    "Listener name must be unique within the Gateway": Advice(
        "has two listeners of one name", "Give each listener its own name.", ("name",), "key"
    ),
    "Combination of port, protocol and hostname must be unique for each listener": Advice(
        "has two listeners with the same port, protocol and hostname", _PORTS, ("port",)
    ),
    "certificateRefs or options must be specified when mode is Terminate": Advice(
        "terminates TLS without a certificate",
        "Set `certificateRefs`, or the `options` of the implementation.",
        family="tls",
        is_vague=True,
    ),
    "tls mode must be set for protocol TLS": Advice(
        "has a TLS listener without `tls`", "Set `tls` with `mode: Passthrough`, or `Terminate` and a certificate.", ("protocol",)
    ),
    "Port for TLS configuration must be unique within the Gateway": Advice(
        "configures client certificates twice for one port", "Write one entry for each port.", ("port",), "key"
    ),
    "IPAddress values must be unique": Advice("requests one IP address twice", "List each address once.", ("value",)),
    "Hostname values must be unique": Advice("requests one hostname twice", "List each hostname once.", ("value",)),
    "Label keys must be in the form of an optional DNS subdomain prefix followed by a required name segment of up to 63 characters.": (
        Advice("has an infrastructure label key that is not valid", "Write `name` or `domain/name`.")
    ),
    "Annotation keys must be in the form of an optional DNS subdomain prefix followed by a required name segment of up to 63 characters.": (
        Advice("has an infrastructure annotation key that is not valid", "Write `name` or `domain/name`.")
    ),
    # References
    "sectionName must be specified when parentRefs includes 2 or more references to the same parent": Advice(
        _PARENTS, "Set `sectionName` in each of them, or remove one."
    ),
    "sectionName must be unique when parentRefs includes 2 or more references to the same parent": Advice(
        "refers to one listener of a parent twice", "Remove one reference, or name another listener by `sectionName`."
    ),
    "sectionName or port must be specified when parentRefs includes 2 or more references to the same parent": Advice(
        _PARENTS, "Set `sectionName` or `port` in each of them, or remove one."
    ),
    "sectionName or port must be unique when parentRefs includes 2 or more references to the same parent": Advice(
        "refers to one listener of a parent twice", "Remove one reference, or name another listener by `sectionName` or `port`."
    ),
    "sectionName must be specified when targetRefs includes 2 or more references to the same target": Advice(
        "names one target twice, once without `sectionName`", "Set `sectionName` in each of them, or remove one."
    ),
    "sectionName must be unique when targetRefs includes 2 or more references to the same target": Advice(
        "names one target twice", "Remove one, or name another port by `sectionName`."
    ),
    "Must have port for Service reference": Advice(
        "refers to a Service without a port", "Set `port` to a port of the Service.", lacks="port"
    ),
    # Rules and matches
    (
        "While 16 rules and 64 matches per rule are allowed, the total number of matches across all rules in a route must be less than 128"
    ): Advice("has more than 128 matches in all", "Divide the rules among several routes."),
    "Rule name must be unique within the route": Advice("has two rules of one name", "Give each rule its own name.", ("name",)),
    "One or both of 'service' or 'method' must be specified": Advice(
        "has a method match without `service` and `method`", "Set `service` or `method`, or remove the match."
    ),
    "value must be an absolute path and start with '/' when type one of ['Exact', 'PathPrefix']": Advice(
        "has a path that does not start with '/'", "Start the path with '/', or set `type: RegularExpression`.", ("value",), "path"
    ),
    "backendRequest timeout cannot be longer than request timeout": Advice(
        "has a `backendRequest` timeout longer than `request`", "Shorten `backendRequest`, or lengthen `request`.", ("backendRequest",)
    ),
    # Filters
    "RequestRedirect filter must not be used together with backendRefs": Advice(
        "has a rule that redirects and has backends", "Remove `backendRefs`, or the redirect.", ("backendRefs",)
    ),
    "May specify either httpRouteFilterRequestRedirect or httpRouteFilterRequestRewrite, but not both": Advice(
        "redirects and rewrites in one rule", "Keep RequestRedirect or URLRewrite."
    ),
    "Only one of percent or fraction may be specified in HTTPRequestMirrorFilter": Advice(
        "mirrors a `percent` and a `fraction`", "Keep one of them.", ("percent",)
    ),
    "numerator must be less than or equal to denominator": Advice(
        "mirrors more than all requests", "Set `numerator` to `denominator` or less.", ("numerator",)
    ),
    # BackendTLSPolicy and XBackend
    "must not contain both CACertificateRefs and WellKnownCACertificates": Advice(
        "names CA certificates in two ways", "Keep `caCertificateRefs` or `wellKnownCACertificates`."
    ),
    "must specify either CACertificateRefs or WellKnownCACertificates": Advice(
        "names no CA certificate", "Set `caCertificateRefs`, or `wellKnownCACertificates: System`."
    ),
    "externalHostname must be set when type is ExternalHostname and must be unset otherwise": Advice(
        "has no `externalHostname`", "Set `externalHostname`."
    ),
    "clientCertificateRef must be set if and only if mode is ClientAndServer": Advice(
        "has a TLS `mode` and `clientCertificateRef` that do not match",
        "Set `mode: ClientAndServer` with `clientCertificateRef`, or neither.",
    ),
    # TLSRoute
    "Hostnames cannot contain an IP": Advice("has an IP address among `hostnames`", "Write DNS names: SNI has no IP addresses."),
    # Sessions
    "AbsoluteTimeout must be specified when cookie lifetimeType is Permanent": Advice(
        "has a permanent session cookie without `absoluteTimeout`", "Set `absoluteTimeout`, or `lifetimeType: Session`."
    ),
    "cookieConfig can only be set with type Cookie": Advice(
        "sets `cookieConfig` for sessions by header", "Remove `cookieConfig`, or set `type: Cookie`.", ("cookieConfig",)
    ),
    "field is immutable": Advice("changes a field that is immutable", "Restore the value, or create a new object."),
    "Value is immutable": Advice("changes a field that is immutable", "Restore the value, or create a new object."),
}

_FAMILIES: Final[tuple[tuple[str, Advice], ...]] = (
    (
        r"filter\.(\w+) must be nil if the filter\.type is not (\w+)",
        Advice("sets `{0}` on a filter of another type", "Set `type: {1}`, or remove `{0}`.", ("{0}",), "filter"),
    ),
    (
        r"filter\.(\w+) must be specified for (\w+) filter\.type",
        Advice("has a filter of type {1} without `{0}`", "Set `{0}`, or another `type`.", ("type",), "filter", is_vague=True),
    ),
    (r"(\w+) filter cannot be repeated", Advice("has filter {0} twice in one list", "Merge the filters of type {0}.")),
    (
        r"(?:Within backendRefs, )?[Ww]hen using (\w+) filter with path\.replacePrefixMatch, exactly one .*",
        Advice("replaces a path prefix without one prefix match", _PREFIX_HELP, (), "prefix"),
    ),
    (r"must not (?:contain|end with) '([^']{1,4})' when type one of .*", Advice("has a path with '{0}'", _PATH, ("value",), "path")),
    (
        r"must only contain valid characters .* for types .*",
        Advice("has a path with characters that are not valid", _PATH, ("value",), "path", is_vague=True),
    ),
    (
        r"(service|method) must only contain valid characters .*",
        Advice("has a gRPC {0} that is not valid", "Write the name as in the .proto file, or set `type: RegularExpression`.", ("{0}",)),
    ),
    (
        r"(replace\w+) must be specified when type is set to '(\w+)'",
        Advice("has a path modifier without `{0}`", "Set `{0}`, or another `type`.", ("type",), "modifier", is_vague=True),
    ),
    (
        r"type must be '(\w+)' when (replace\w+) is set",
        Advice("sets `{1}` on a path modifier of another type", "Set `type: {0}`, or remove `{1}`.", ("{1}",), "modifier"),
    ),
    (
        r"(Allow\w+) cannot contain '\*' alongside other \w+",
        Advice("lists '*' beside other values in CORS", "Keep '*' alone, or list the others without it."),
    ),
    (
        r"SubjectAltName element must contain (\w+), .*",
        Advice("has a subject alternative name without a {0}", "Set the field that `type` names.", ("type",), "name", is_vague=True),
    ),
    (
        r"SubjectAltName element must not contain (\w+), .*",
        Advice("has a subject alternative name of another type", "Set `type: {0}`, or remove the field.", ("type",), "name"),
    ),
    (
        r"(\w+) must be nil if type is not (\w+)",
        Advice("sets `{0}` for sessions of another type", "Set `type: {1}`, or remove `{0}`.", ("{0}",), "session"),
    ),
    (
        r"(\w+) must be specified for (\w+) type",
        Advice("has sessions of type {1} without `{0}`", "Set `{0}`, or another `type`.", ("type",), "session", is_vague=True),
    ),
    (
        r"(grpc|http) must be specified when protocol is set to .*",
        Advice("has external authorization without `{0}`", "Set `{0}`, or another `protocol`.", ("protocol",), "auth", is_vague=True),
    ),
    (
        r"protocol must be '(\w+)' when (\w+) is set",
        Advice("sets `{1}` for external authorization by another protocol", "Set `protocol: {0}`, or remove `{1}`.", ("{1}",), "auth"),
    ),
    (r"interval can ?not be greater than one hour.*", Advice("has an interval that is out of range", "Write 1s to 1h.")),
    (
        r"Hostname value must be empty or contain only valid characters .*",
        Advice("requests a hostname that is not valid", "Write a DNS name in lower case.", ("value",)),
    ),
    (
        r"If specified, the (label|annotation) key's prefix must be .*",
        Advice("has an infrastructure {0} key that is too long", "Shorten the domain of the key."),
    ),
    (
        r"Hostnames must be valid based on RFC-1123|Wildcards on hostnames must be the first label, .*",
        Advice("has a hostname that is not valid", "Write a DNS name in lower case; a wildcard is the whole first label."),
    ),
)


def advice_for(message: str) -> Advice:
    """Return how a broken rule is worded, by its message."""
    known = _ADVICE.get(message)
    if known is not None:
        return known
    for pattern, advice in _FAMILIES:
        found = re.fullmatch(pattern, message, re.DOTALL)
        if found:
            words = found.groups()
            at = tuple(part.format(*words) if isinstance(part, str) else part for part in advice.at)
            return advice._replace(fault=advice.fault.format(*words), help=advice.help.format(*words), at=at)
    return Advice("breaks a validation rule of its kind", "Change the field as the quoted message says.")
