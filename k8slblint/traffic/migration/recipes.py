"""The keys of an Ingress whose values are translated into fields of Gateway API, and what is lost of each.

Sources: kubernetes/ingress-nginx dbb11b92 `internal/ingress/annotations/` (redirect, cors, backendprotocol, proxyssl, upstreamvhost,
alias) and `rootfs/etc/nginx/template/nginx.tmpl`; Gateway API 1.6, GEP-1767, `apis/v1/httproute_types.go`, `backendtlspolicy_types.go`.
"""

from typing import Any
from urllib.parse import SplitResult, urlsplit

from k8slblint.model.location import Path
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.model.texts import listed, quoted
from k8slblint.traffic.migration.forms import Item, Subject, Target
from k8slblint.traffic.migration.names import is_hostname, is_precise
from k8slblint.traffic.migration.paths import is_writable
from k8slblint.traffic.migration.serving import Serving, Values

_FILTER = "HTTPRoute.spec.rules[].filters[]"
_REDIRECT = f"{_FILTER}.requestRedirect"
_STATUSES = (301, 302, 303, 307, 308)
_PLAIN_STATUSES = (301, 302)
_MOST_ITEMS = 64
"""More items of one list are not looked at."""

_CORS = {
    "cors-allow-origin": "*",
    "cors-allow-methods": "GET, PUT, POST, DELETE, PATCH, OPTIONS",
    "cors-allow-headers": "DNT,Keep-Alive,User-Agent,X-Requested-With,If-Modified-Since,Cache-Control,Content-Type,Range,Authorization",
    "cors-expose-headers": "",
}
_CORS_FIELDS = ("allowOrigins", "allowMethods", "allowHeaders", "exposeHeaders")
_METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "*")
_MAX_AGE = 1728000


class Settings(NamedTuple):
    """What the keys of an Ingress ask of all of its rules.

    `filters` are those of each rule that forwards, `hostname` is what the Host header is rewritten to, `redirect` takes the place of the
    backends. `unwritable` is why the rules cannot be written at all, or empty. `backend_tls` are the CA and the name to verify.
    """

    items: tuple[Item, ...] = ()
    filters: tuple[dict[str, Any], ...] = ()
    hostname: str = ""
    redirect: dict[str, Any] | None = None
    unwritable: str = ""
    app_root: str = ""
    aliases: tuple[str, ...] = ()
    swaps_www: bool = False
    is_grpc: bool = False
    is_passed_through: bool = False
    backend_tls: tuple[str, str] | None = None
    handled: frozenset[str] = frozenset()


class _Reader:
    """Collects what the keys of one Ingress come to."""

    def __init__(self, ingress: Resource, serving: Serving, target: Target) -> None:
        self.ingress = ingress
        self.serving = serving
        self.target = target
        self.values = Values(ingress, serving.dialect)
        self.items: list[Item] = []
        self.handled: set[str] = set()

    def subject(self, role: str) -> Subject:
        key = self.values.key(role)
        path: Path = ("metadata", "annotations", key)
        self.handled.add(key)
        return Subject(self.ingress, role, path, self.serving.confidence)

    def take(self, *roles: str) -> None:
        """Mark keys as said with another."""
        self.handled.update(filter(None, map(self.values.key, roles)))


def settings_of(ingress: Resource, serving: Serving, target: Target) -> Settings:
    """Return what the keys of an Ingress ask of its rules, with an item for each key that is translated."""
    reader = _Reader(ingress, serving, target)
    found = Settings()
    for read in (_redirect, _app_root, _www, _protocol, _cors, _headers, _aliases, _passthrough):
        found = read(reader, found)
    reader.take("rewrite-target", "use-regex", "ssl-redirect", "old-ssl-redirect")  # said with the paths and with the hosts
    return found._replace(items=tuple(reader.items), handled=frozenset(reader.handled))


def _redirect(reader: _Reader, found: Settings) -> Settings:
    values = reader.values
    role = next((one for one in ("temporal-redirect", "permanent-redirect") if values.is_set(one)), "")
    if not role:
        return found
    subject = reader.subject(role)
    reader.take("temporal-redirect-code", "permanent-redirect-code", "permanent-redirect")
    default, most = (302, 307) if role.startswith("temporal") else (301, 308)
    said = values.whole(f"{role}-code", default)
    status = said if 300 <= said <= most else default  # noqa: PLR2004 - others are not read
    address = _address(values.text(role))
    wrong = _why_no_redirect(address, status, reader.target)
    if address is None or wrong:
        reader.items.append(subject.lost("changed-routing", f"the redirect to {quoted(values.text(role))} cannot be written: {wrong}"))
        return found._replace(unwritable=f"the redirect cannot be written: {wrong}")
    fields: dict[str, Any] = {"scheme": address.scheme, "hostname": address.hostname, "statusCode": status}
    fields = {name: value for name, value in fields.items() if value}
    if address.port is not None:
        fields["port"] = address.port
    fields["path"] = {"type": "ReplaceFullPath", "replaceFullPath": address.path or "/"}
    reader.items.append(subject.exact(f"becomes a RequestRedirect to {quoted(values.text(role))} with {status}", _REDIRECT))
    return found._replace(redirect={"type": "RequestRedirect", "requestRedirect": fields})


def _address(text: str) -> SplitResult | None:
    try:
        address = urlsplit(text)
        _ = address.port
    except ValueError:
        return None
    return address


def _why_no_redirect(address: SplitResult | None, status: int, target: Target) -> str:
    if address is None or has_placeholder(address.geturl()):
        return "it is no URL, or is filled in later"
    is_of_http = address.scheme in ("http", "https", "") and (address.hostname is None or is_precise(address.hostname))
    faults = {
        "RequestRedirect has no variables": "$" in address.geturl(),
        "RequestRedirect cannot set a query": bool(address.query or address.fragment),
        "it is no URL of HTTP": not is_of_http,
        "Gateway API does not accept its path": not is_writable(address.path or "/"),
        f"RequestRedirect cannot answer {status}": status not in _STATUSES,
        f"{target.name} does not support {status}": not allows_status(target, status),
        f"{target.name} cannot redirect to another path": not target.has("HTTPRoutePathRedirect", (0, 7)),
        f"{target.name} cannot redirect to a port": address.port is not None and not target.has("HTTPRoutePortRedirect", (0, 7)),
    }
    return next((words for words, is_so in faults.items() if is_so), "")


def allows_status(target: Target, status: int) -> bool:
    """Tell whether a redirect may have a status: 301 and 302 always, the others since Gateway API 1.5 where they are supported."""
    return status in _PLAIN_STATUSES or target.has(f"HTTPRoute{status}RedirectStatusCode", (1, 5))


def _app_root(reader: _Reader, found: Settings) -> Settings:
    text = reader.values.text("app-root")
    if not text:
        return found
    subject = reader.subject("app-root")
    if not is_writable(text) or "$" in text:
        reader.items.append(subject.lost("lost-behaviour", f"{quoted(text)} cannot be the path of a RequestRedirect"))
        return found
    if not reader.target.has("HTTPRoutePathRedirect", (0, 7)):
        reader.items.append(subject.lost("lost-behaviour", f"{reader.target.name} cannot redirect to another path"))
        return found
    reader.items.append(subject.exact(f"becomes a rule for Exact '/' that redirects to {quoted(text)} with 302", _REDIRECT))
    return found._replace(app_root=text)


def _www(reader: _Reader, found: Settings) -> Settings:
    if not reader.values.is_true("from-to-www-redirect"):
        return found
    text = "becomes a second HTTPRoute for the other name; over HTTPS it needs a listener and a certificate for that name, too"
    reader.items.append(reader.subject("from-to-www-redirect").partial("cosmetic", text, _REDIRECT))
    return found._replace(swaps_www=True)


def _protocol(reader: _Reader, found: Settings) -> Settings:
    protocol = reader.values.text("backend-protocol").upper()
    if protocol in ("", "HTTP"):
        reader.take("backend-protocol")
        return found
    subject = reader.subject("backend-protocol")
    if protocol in ("GRPC", "GRPCS"):
        found = found._replace(is_grpc=True)
    if protocol == "GRPC":
        reader.items.append(subject.exact("becomes a GRPCRoute", "GRPCRoute"))
    elif protocol in ("HTTPS", "GRPCS"):
        found = _backend_tls(reader, found, subject)
    else:
        reader.items.append(subject.lost("changed-routing", f"Gateway API has no backends that speak {quoted(protocol)}"))
        found = found._replace(unwritable=f"no field says that backends speak {quoted(protocol)}")
    return found


def _backend_tls(reader: _Reader, found: Settings, subject: Subject) -> Settings:
    values, field = reader.values, "BackendTLSPolicy.spec.validation"
    namespace, _, secret = values.text("proxy-ssl-secret").rpartition("/")
    name = values.text("proxy-ssl-name")
    is_verified = values.text("proxy-ssl-verify") == "on" and secret and namespace in ("", reader.ingress.namespace)
    if is_verified and is_precise(name) and is_hostname(secret) and _has_backend_tls(reader.target):
        reader.take("proxy-ssl-verify", "proxy-ssl-secret", "proxy-ssl-name", "proxy-ssl-server-name")
        text = f"becomes a BackendTLSPolicy for {quoted(name)}; copy `ca.crt` of Secret {quoted(secret)} into a ConfigMap of that name"
        reader.items.append(subject.partial("cosmetic", text, field))
        return found._replace(backend_tls=(secret, name))
    means = reader.target.means("unverified-backend")
    text = (
        "the backend speaks TLS that is not verified; BackendTLSPolicy always verifies, and without one the Gateway speaks plain HTTP to it"
    )
    if means is not None:
        reader.items.append(subject.lost("changed-routing", f"{text}: use {means.name}", verdict="policy", field=means.name))
    else:
        reader.items.append(subject.lost("changed-routing", text, field=field, verdict="partial"))
    return found


def _has_backend_tls(target: Target) -> bool:
    return target.has("BackendTLSPolicy", (1, 4)) and not target.lacks("BackendTLSPolicy")


def _cors(reader: _Reader, found: Settings) -> Settings:
    values = reader.values
    if not values.is_true("enable-cors"):
        return found
    subject = reader.subject("enable-cors")
    reader.take(*_CORS, "cors-allow-credentials", "cors-max-age")
    lists = {role: _words(values.text(role) or default) for role, default in _CORS.items()}
    refused = [one for one in lists["cors-allow-origin"] if one != "*" and not _is_origin(one)]
    odd = [one for one in lists["cors-allow-methods"] if one not in _METHODS]
    if not reader.target.has("HTTPRouteCORS", (1, 5)):
        reader.items.append(subject.lost("lost-behaviour", f"{reader.target.name} does not support the filter CORS"))
        return found
    if refused or odd:
        wrong = f"{listed([quoted(one) for one in refused or odd])}"
        reader.items.append(subject.lost("lost-behaviour", f"the filter CORS does not accept {wrong}", verdict="partial"))
        return found
    cors: dict[str, Any] = {field: lists[role] for field, role in zip(_CORS_FIELDS, _CORS, strict=True) if lists[role]}
    is_for_all = cors["allowOrigins"] == ["*"]
    if "*" in cors["allowOrigins"]:
        cors["allowOrigins"] = ["*"]
    asks = values.text("cors-allow-credentials") not in ("false", "False", "FALSE", "f", "F", "0")
    cors["allowCredentials"] = asks and not is_for_all
    cors["maxAge"] = max(values.whole("cors-max-age", _MAX_AGE), 1)
    reader.items.append(_cors_item(subject, cors["allowOrigins"], asks=asks and is_for_all))
    return found._replace(filters=(*found.filters, {"type": "CORS", "cors": cors}))


def _cors_item(subject: Subject, origins: list[str], *, asks: bool) -> Item:
    """Say what the filter CORS does; `asks` tells that credentials are allowed for every origin, which browsers refuse.

    NGINX answers with `Access-Control-Allow-Origin: *` then; a gateway returns the origin that asks (GEP-1767), and any site could read
    what a user may.
    """
    field = f"{_FILTER}.cors"
    if any("*." in origin for origin in origins):
        return subject.partial(
            "cosmetic", "becomes the filter CORS, in which `*` in an origin stands for any number of labels, not one", field
        )
    if asks:
        text = (
            "becomes the filter CORS without `allowCredentials`: browsers refuse it with `*` today, and a gateway would return each origin"
        )
        return subject.exact(text, field)
    return subject.exact("becomes the filter CORS (Gateway API 1.5 and later), with the defaults of the controller written out", field)


def _words(text: str) -> list[str]:
    return list(dict.fromkeys(word.strip() for word in text.split(",")[:_MOST_ITEMS] if word.strip()))


def _is_origin(text: str) -> bool:
    scheme, _, rest = text.partition("://")
    host, _, port = rest.partition(":")
    return scheme in ("http", "https") and is_hostname(host) and (not port or (port.isascii() and port.isdigit() and len(port) <= 5))  # noqa: PLR2004


def _headers(reader: _Reader, found: Settings) -> Settings:
    values, filters = reader.values, list(found.filters)
    vhost, prefix = values.text("upstream-vhost"), values.text("x-forwarded-prefix")
    if vhost:
        subject = reader.subject("upstream-vhost")
        if is_precise(vhost) and reader.target.has("HTTPRouteHostRewrite"):
            reader.items.append(subject.exact(f"becomes URLRewrite to the host {quoted(vhost)}", f"{_FILTER}.urlRewrite.hostname"))
            found = found._replace(hostname=vhost)
        else:
            reader.items.append(subject.lost("changed-routing", f"{quoted(vhost)} cannot be a host of URLRewrite", verdict="partial"))
    if prefix:
        subject = reader.subject("x-forwarded-prefix")
        if not values.is_set("rewrite-target"):
            reader.items.append(subject.exact("has no effect without rewrite-target"))
        elif "$" in prefix or not prefix.isascii() or not prefix.isprintable():
            reader.items.append(
                subject.lost("lost-behaviour", f"{quoted(prefix)} cannot be the value of a header filter", verdict="partial")
            )
        else:
            filters.append(header_filter("RequestHeaderModifier", "X-Forwarded-Prefix", prefix))
            reader.items.append(subject.exact("becomes a RequestHeaderModifier", f"{_FILTER}.requestHeaderModifier.set"))
    return found._replace(filters=tuple(filters))


def header_filter(kind: str, name: str, value: str) -> dict[str, Any]:
    """Return a filter that sets one header: `RequestHeaderModifier` or `ResponseHeaderModifier`."""
    return {"type": kind, kind[:1].lower() + kind[1:]: {"set": [{"name": name, "value": value}]}}


def _aliases(reader: _Reader, found: Settings) -> Settings:
    names = _words(reader.values.text("server-alias"))
    if not names:
        return found
    subject = reader.subject("server-alias")
    fitting = tuple(name.lower() for name in names if is_hostname(name.lower()))
    left = [name for name in names if not is_hostname(name.lower())]
    field = "HTTPRoute.spec.hostnames[]"
    if left:
        reader.items.append(
            subject.lost("changed-routing", f"{listed(map(quoted, left))} cannot be a hostname of a route", verdict="partial")
        )
    else:
        reader.items.append(subject.exact(f"{listed(map(quoted, fitting))} become hostnames of the route", field))
    return found._replace(aliases=fitting)


def _passthrough(reader: _Reader, found: Settings) -> Settings:
    if not reader.values.is_true("ssl-passthrough"):
        return found
    subject = reader.subject("ssl-passthrough")
    if reader.target.lacks("TLSRoute"):
        text = f"becomes a TLSRoute, which {reader.target.name} does not serve"
        reader.items.append(subject.lost("changed-routing", text, field="TLSRoute"))
        return found._replace(unwritable=f"{reader.target.name} serves no TLSRoute")
    if reader.target.release < (1, 5):
        text = "becomes a TLSRoute, which is in the standard channel since Gateway API 1.5 only"
        reader.items.append(subject.lost("changed-routing", text, verdict="partial", field="TLSRoute"))
        return found._replace(unwritable="TLSRoute needs Gateway API 1.5")
    text = "becomes a TLSRoute and a listener with `tls.mode: Passthrough`; paths are ignored, as they are today"
    reader.items.append(subject.exact(text, "TLSRoute"))
    return found._replace(is_passed_through=True)
