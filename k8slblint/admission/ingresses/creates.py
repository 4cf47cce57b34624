"""Which Ingresses the API server refuses to create, and in which releases.

Sources: Kubernetes 1.37 `pkg/apis/networking/validation/validation.go` ValidateIngressCreate and what it calls; pull 115447 (a class
annotation beside the field is accepted since 1.27 if both name one class); KEP-5311 (names of Services that start with a digit, 1.36).
What the schema of the API decides (a missing `backend`, a port that is a text) is left to `invalid-resource`.
"""

from collections.abc import Iterator
from typing import Any

from k8slblint.admission import grammar, ips
from k8slblint.admission.metadata import object_metadata_refusals
from k8slblint.admission.reading import UNREAD, number, text
from k8slblint.admission.refusal import Refusal, as_answered, invalid, is_refused, minor_of, required, shown, unsupported
from k8slblint.model.location import Path
from k8slblint.model.resource import Resource

_CLASS_ANNOTATION = "kubernetes.io/ingress.class"
_PATH_TYPES = ("Exact", "ImplementationSpecific", "Prefix")
_SEQUENCES = ("//", "/./", "/../", "%2f", "%2F")
_SUFFIXES = ("/..", "/.")
_LAST_WITHOUT_DIGITS = 35
_LAST_WITH_ONE_CLASS = 26
_LAST_PORT = 65535

_HOST = "Write a lowercase DNS name without scheme, port or path, such as shop.example.com or *.example.com."
_PORT = "Write `port: {number: 80}` or `port: {name: http}`, as the Service declares it."


def ingress_refusals(ingress: Resource, version: str | None) -> Iterator[Refusal]:
    """Yield what the API server of a release (`1.34`) refuses in a new Ingress of `networking.k8s.io/v1`, in the order of its source.

    With None only what every release from 1.25 to 1.37 refuses. Placeholders and values of the wrong type are passed over.
    """
    minor = minor_of(version)
    yield from (as_answered(refusal, minor) for refusal in _all(ingress) if is_refused(refusal, minor))


def _all(ingress: Resource) -> Iterator[Refusal]:
    yield from object_metadata_refusals(ingress)
    spec = ingress.get("spec")
    if spec is not None and not isinstance(spec, dict):
        return
    yield from _content(spec or {})
    yield from _backend(("spec", "defaultBackend"), ingress.get("spec", "defaultBackend"))
    for index, rule in enumerate(ingress.sequence("spec", "rules")):
        if isinstance(rule, dict):
            yield from _rule(("spec", "rules", index), rule)
    for index, one in enumerate(ingress.sequence("spec", "tls")):
        if isinstance(one, dict):
            yield from _tls(("spec", "tls", index), one)
    yield from _class(ingress)


def _content(spec: dict[str, Any]) -> Iterator[Refusal]:
    """Refuse a spec that routes nothing; a placeholder as key may stand for rules."""
    if spec.get("rules") in (None, []) and spec.get("defaultBackend") is None and all(text(key) is not UNREAD for key in spec):
        reason = invalid(None, "either `defaultBackend` or `rules` must be specified")
        help_ = "Add `rules` or `defaultBackend`."
        yield Refusal(("spec",), "has neither rules nor a default backend", reason, rests_on_absence=True, help=help_)


def _rule(path: Path, rule: dict[str, Any]) -> Iterator[Refusal]:
    yield from _host((*path, "host"), rule.get("host"), may_be_empty=True)
    http = rule.get("http")
    paths = http.get("paths") if isinstance(http, dict) else None
    if paths == []:
        yield Refusal((*path, "http", "paths"), "has a rule without paths", required(), help="List a path, or remove `http`.")
    for index, one in enumerate(paths if isinstance(paths, list) else ()):
        if isinstance(one, dict):
            yield from _path((*path, "http", "paths", index), one)


def _host(path: Path, value: Any, *, may_be_empty: bool) -> Iterator[Refusal]:
    host = text(value)
    if not isinstance(host, str) or (may_be_empty and not host):
        return
    rule = grammar.broken_wildcard(host) if "*" in host else grammar.broken_subdomain(host)
    if may_be_empty and ips.read_ip(host) is not None:
        rule = "must be a DNS name, not an IP address"
    if rule:
        group = f"has host {shown(host)} in {{}} places, which is not valid" if _is_plain(host) else ""
        yield Refusal(path, f"has host {shown(host)}, which is not a DNS name", invalid(host, rule), help=_HOST, group=group, one_cure=True)


def _is_plain(host: str) -> bool:
    return "{" not in host and "}" not in host


def _path(path: Path, entry: dict[str, Any]) -> Iterator[Refusal]:
    kind, written = text(entry.get("pathType")), text(entry.get("path"))
    if isinstance(kind, str):
        if kind not in _PATH_TYPES:
            help_ = "Write Prefix, Exact or ImplementationSpecific; case matters."
            yield Refusal(
                (*path, "pathType"), f"has `pathType` {shown(kind)}, which is not valid", unsupported(kind, _PATH_TYPES), help=help_
            )
        elif written is not UNREAD:
            yield from _path_text((*path, "path"), written or "", is_specific=kind == "ImplementationSpecific", is_absent=written is None)
    yield from _backend((*path, "backend"), entry.get("backend"))


def _path_text(path: Path, written: str, *, is_specific: bool, is_absent: bool) -> Iterator[Refusal]:
    if not written.startswith("/") and (written or not is_specific):
        fault = f"has path {shown(written)} without a leading slash" if written else "has an empty path"
        help_ = "Begin the path with '/'." if written else "Write `path: /`."
        place = path[:-1] if is_absent else path
        yield Refusal(place, fault, invalid(written, "must be an absolute path"), rests_on_absence=is_absent, field=path, help=help_)
    if is_specific:
        return
    rule = next((f"must not contain '{one}'" for one in _SEQUENCES if one in written), None)
    rule = rule or next((f"cannot end with '{one}'" for one in _SUFFIXES if written.endswith(one)), None)
    if rule:
        help_ = "Remove the sequence, or use `pathType: ImplementationSpecific` if the controller reads it."
        yield Refusal(path, f"has path {shown(written)}, which is not valid", invalid(written, rule), help=help_)


def _backend(path: Path, backend: Any) -> Iterator[Refusal]:
    if not isinstance(backend, dict) or any(text(key) is UNREAD for key in backend):
        return
    service, resource = backend.get("service"), backend.get("resource")
    if service is not None and resource is not None:
        reason = invalid("", "cannot set both resource and service backends")
        yield Refusal(path, "has a backend with both `service` and `resource`", reason, help="Keep one of the two.")
    elif resource is not None:
        yield from _typed_reference((*path, "resource"), resource)
    elif service is None:
        if "serviceName" not in backend:  # an unknown field of v1, which `invalid-resource` reports with the form of v1
            reason, help_ = invalid("", "resource or service backend is required"), "Write `service: {name: web, port: {number: 80}}`."
            yield Refusal(path, "has an empty backend", reason, rests_on_absence=True, help=help_)
    elif isinstance(service, dict):
        yield from _service((*path, "service"), service)


def _service(path: Path, service: dict[str, Any]) -> Iterator[Refusal]:
    name = text(service.get("name"))
    if name == "":
        yield Refusal((*path, "name"), "has a backend without a Service name", required(), help="Name the Service.")
    elif isinstance(name, str):
        yield from _service_name((*path, "name"), name)
    port = service.get("port")
    if port is not None and (not isinstance(port, dict) or any(text(key) is UNREAD for key in port)):
        return
    yield from _port(path, port or {})


def _service_name(path: Path, name: str) -> Iterator[Refusal]:
    broken, broken_earlier = grammar.broken_label(name), grammar.broken_label_1035(name)
    help_ = "Write the name of a Service in the namespace of the Ingress: lowercase letters, digits and hyphens."
    fault = f"has backend {shown(name)}, which is not a Service name"
    if broken:
        earlier = (_LAST_WITHOUT_DIGITS, invalid(name, broken_earlier or broken))
        yield Refusal(path, fault, invalid(name, broken), earlier=earlier, help=help_)
    elif broken_earlier:
        yield Refusal(path, fault, invalid(name, broken_earlier), until=_LAST_WITHOUT_DIGITS, help=help_)


def _port(path: Path, port: dict[str, Any]) -> Iterator[Refusal]:
    name, value = text(port.get("name")), number(port.get("number"))
    if name is UNREAD or value is UNREAD:
        return
    place = (*path, "port")
    if name and value:
        yield Refusal(place, "has a backend port by name and by number", invalid("", "cannot set both port name & port number"), help=_PORT)
    elif name:
        if rule := grammar.broken_port_name(name):
            yield Refusal((*place, "name"), f"has port name {shown(name)}, which is not valid", invalid(name, rule), help=_PORT)
    elif not value:
        reason = "Required value: port name or number is required"
        yield Refusal(place if port else path, "has a backend without a port", reason, rests_on_absence=True, field=path[:-1], help=_PORT)
    elif not 1 <= value <= _LAST_PORT:
        rule = f"must be between 1 and {_LAST_PORT}, inclusive"
        yield Refusal((*place, "number"), f"has backend port {value}, which is not a port", invalid(value, rule), help=_PORT)


def _typed_reference(path: Path, reference: Any) -> Iterator[Refusal]:
    if not isinstance(reference, dict):
        return
    group = text(reference.get("apiGroup"))
    if isinstance(group, str) and (rule := grammar.broken_subdomain(group)):
        help_ = "Write the API group without a version, such as k8s.example.com."
        yield Refusal((*path, "apiGroup"), f"has API group {shown(group)}, which is not valid", invalid(group, rule), help=help_)
    for field in ("kind", "name"):
        value = text(reference.get(field))
        if value == "":
            yield Refusal((*path, field), f"has a resource backend with an empty `{field}`", required(), help=f"Write `{field}`.")
        elif isinstance(value, str) and (rule := grammar.broken_path_segment(value)):
            help_ = f"Write the {field} of one object."
            yield Refusal((*path, field), f"has `{field}` {shown(value)}, which is not valid", invalid(value, rule), help=help_)


def _tls(path: Path, entry: dict[str, Any]) -> Iterator[Refusal]:
    hosts = entry.get("hosts")
    for index, host in enumerate(hosts if isinstance(hosts, list) else ()):
        yield from _host((*path, "hosts", index), host, may_be_empty=False)
    name = text(entry.get("secretName"))
    rule = grammar.broken_subdomain(name) if isinstance(name, str) and name else None
    if rule:
        help_ = "Write the name of a Secret in the namespace of the Ingress."
        yield Refusal((*path, "secretName"), f"has Secret name {shown(name)}, which is not valid", invalid(name, rule), help=help_)


def _class(ingress: Resource) -> Iterator[Refusal]:
    path: Path = ("spec", "ingressClassName")
    name = text(ingress.get(*path))
    if not isinstance(name, str):
        return
    if rule := grammar.broken_subdomain(name):
        fault = f"has class {shown(name)}, which is not valid" if name else "has an empty `ingressClassName`"
        help_ = "Write the name of an IngressClass, or remove the field."
        yield Refusal(path, fault, invalid(name, rule), help=help_)
    annotation = text(ingress.annotations.get(_CLASS_ANNOTATION))
    if not isinstance(annotation, str):
        return
    place, field = ("metadata", "annotations", _CLASS_ANNOTATION), ("annotations", _CLASS_ANNOTATION)
    earlier = (_LAST_WITH_ONE_CLASS, invalid(annotation, "can not be set when the class field is also set"))
    if annotation != name:
        reason = invalid(annotation, "must match `ingressClassName` when both are specified")
        fault, label = "names two classes", f"`ingressClassName` is {shown(name)}"
        help_ = "Remove the annotation `kubernetes.io/ingress.class`."
        yield Refusal(place, fault, reason, earlier=earlier, field=field, label=label, help=help_, spares_live=True)
    else:
        help_ = "Remove the annotation, which is deprecated."
        yield Refusal(place, "names its class twice", earlier[1], until=_LAST_WITH_ONE_CLASS, field=field, help=help_, spares_live=True)
