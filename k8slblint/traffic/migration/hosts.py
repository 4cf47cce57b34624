"""What the hosts and TLS entries of an Ingress become: listeners, redirects to HTTPS, headers of responses over TLS.

Sources: Kubernetes API reference 1.37 (IngressTLS, IngressRule.host); kubernetes/ingress-nginx dbb11b92 `internal/ingress/controller/`
(`controller.go` `extractTLSSecretName`, `config/config.go`); Gateway API 1.6 `apis/v1/gateway_types.go` (Listener).
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from k8slblint.catalog.migration import Default, defaults_of, redirecting
from k8slblint.graph.answers import Found
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import INGRESS_KINDS
from k8slblint.model.location import Path
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.model.texts import listed, quoted
from k8slblint.traffic.attachment.hostnames import EVERY
from k8slblint.traffic.migration.forms import Item, Subject, Target
from k8slblint.traffic.migration.names import is_hostname, is_precise
from k8slblint.traffic.migration.recipes import allows_status
from k8slblint.traffic.migration.serving import Serving, Values
from k8slblint.traffic.ownership import ownership_of
from k8slblint.traffic.ownership.stated_settings import stated_setting
from k8slblint.traffic.routing.tls_hosts import covers

_MOST = 500
"""More hosts of one Ingress are not looked at."""

_FALSE = ("false", "False", "FALSE", "f", "F", "0")

_REDIRECT = "HTTPRoute.spec.rules[].filters[].requestRedirect.scheme"


class Certified(NamedTuple):
    """A host with TLS (`EVERY` for all of them) and the Secret of its certificate, empty where the controller's default one is meant."""

    host: str
    secret: str


class Hosts(NamedTuple):
    """What the hosts of an Ingress come to: those with TLS, the status that plain HTTP is redirected with, headers over TLS."""

    items: tuple[Item, ...]
    certified: tuple[Certified, ...]
    redirect: int | None
    headers: tuple[tuple[str, str], ...]
    covered: tuple[str, ...] = ()

    def has_tls(self, host: str) -> bool:
        """Tell whether a host is served over TLS."""
        return host in self.covered or any(one.host == EVERY or covers(one.host, host) for one in self.certified)


def passed_through(ingress: Resource) -> Hosts:
    """Return the hosts of an Ingress whose TLS is passed through: each has a listener without a certificate, in a TLS entry or not."""
    names = dict.fromkeys(host for host in _rule_hosts(ingress) if is_hostname(host))
    return Hosts((), tuple(Certified(host, "") for host in names), None, ())


def hosts_of(ingress: Resource, serving: Serving, target: Target, graph: ResourceGraph) -> Hosts:
    """Return what the hosts of an Ingress come to."""
    certified = tuple(dict.fromkeys(_certified(ingress)))
    values = Values(ingress, serving.dialect)
    covered, elsewhere = _by_others(ingress, certified, serving, graph)
    status, items = _redirect(ingress, serving, values, target, graph, bool(certified or covered))
    headers = [one.header for one in _defaults(serving, ingress, graph) if one.header is not None] if certified or covered else []
    if headers and target.has("HTTPRouteResponseHeaderModification", (0, 7)):
        text = f"{serving.name} adds {listed([f'`{name}`' for name, _ in headers])} over TLS by default: becomes a ResponseHeaderModifier"
        items.append(
            Subject(ingress, "default-headers", ("spec", "tls"), serving.confidence).exact(text, "HTTPRoute.spec.rules[].filters[]")
        )
    elif headers:
        items.append(_without_header(Subject(ingress, "default-headers", ("spec", "tls"), serving.confidence), headers, serving, target))
        headers = []
    items += _of_names(ingress, serving)
    items += _of_certificates(ingress, certified, serving, target)
    if elsewhere:
        text = f"{elsewhere[0][1]} names the certificate of {listed([quoted(host) for host, _ in elsewhere])}: this Gateway needs one, too"
        items.append(Subject(ingress, "tls-elsewhere", ("spec", "rules"), serving.confidence).lost("lost-behaviour", text))
    return Hosts(tuple(items), certified, status, tuple(headers), covered)


def _by_others(
    ingress: Resource, certified: Sequence[Certified], serving: Serving, graph: ResourceGraph
) -> tuple[tuple[str, ...], list[tuple[str, str]]]:
    """Return the hosts whose certificate another Ingress of the class names: one of the namespace, or of another with its name."""
    if serving.rules is None or not serving.rules.host_tls:
        return (), []
    own = [one.host for one in certified]
    key = graph.scope(ingress).cluster, ownership_of(ingress, graph).class_name
    known = graph.derived(_certificates_by_host).get(key, {})
    open_hosts = [host for host in dict.fromkeys(_rule_hosts(ingress)) if not any(covers(one, host) for one in own)]
    others = {host: known.get(host) or known.get(f"*.{host.partition('.')[2]}") or {} for host in open_hosts}
    here = tuple(host for host, found in others.items() if ingress.namespace in found)
    away = [(host, next(iter(found.values()))) for host, found in others.items() if found and ingress.namespace not in found]
    return here, away


def _certificates_by_host(graph: ResourceGraph) -> dict[tuple[str, str | None], dict[str, dict[str | None, str]]]:
    """Return by cluster and class, and by host, the namespaces with a certificate for it, and the Ingress that names it."""
    found: dict[tuple[str, str | None], dict[str, dict[str | None, str]]] = defaultdict(lambda: defaultdict(dict))
    for ingress in graph.of_type(*INGRESS_KINDS):
        if ingress.sequence("spec", "tls"):
            key = graph.scope(ingress).cluster, ownership_of(ingress, graph).class_name
            for one in _certified(ingress):
                if one.host != EVERY:
                    found[key][one.host].setdefault(ingress.namespace, str(ingress.id))
    return {**found}


def _without_header(subject: Subject, headers: Sequence[tuple[str, str]], serving: Serving, target: Target) -> Item:
    """Say that a target has no filter that sets a header of responses; an object of its own may."""
    names = listed([f"`{name}`" for name, _ in headers])
    text = f"{serving.name} adds {names} over TLS by default, and {target.name} has no filter that sets it"
    means = target.means("response-headers")
    if means is None:
        return subject.lost("lost-protection", text)
    return subject.lost("lost-protection", f"{text}: use {means.name}", verdict="policy", field=means.name)


def _certified(ingress: Resource) -> Iterator[Certified]:
    for entry in ingress.sequence("spec", "tls")[:_MOST]:
        if not isinstance(entry, dict):
            continue
        secret = entry.get("secretName")
        hosts = entry.get("hosts")
        named = [host.lower() for host in hosts[:_MOST] if isinstance(host, str)] if isinstance(hosts, list) else []
        name = secret if isinstance(secret, str) and is_precise(secret) else ""
        for host in named or _rule_hosts(ingress) or [EVERY]:
            if host == EVERY or is_hostname(host):
                yield Certified(host, name)


def _rule_hosts(ingress: Resource) -> list[str]:
    rules = (rule for rule in ingress.sequence("spec", "rules")[:_MOST] if isinstance(rule, dict))
    return [rule["host"].lower() for rule in rules if isinstance(rule.get("host"), str) and rule["host"]]


def _defaults(serving: Serving, ingress: Resource, graph: ResourceGraph) -> Iterator[Default]:
    """Yield what the controller does silently, but what its settings turn off, or may."""
    for one in defaults_of(serving.dialect.id) if serving.dialect is not None else ():
        if not one.switch or _setting(one.switch, serving, ingress, graph) not in _FALSE:
            yield one


def _setting(name: str, serving: Serving, ingress: Resource, graph: ResourceGraph) -> str:
    if serving.dialect is None:
        return ""
    stated = stated_setting(serving.dialect.id, name, graph.scope(ingress).cluster, graph)  # type: ignore[arg-type]  # a name of the catalog
    return stated.value.value if isinstance(stated, Found) else ""


def _redirect(
    ingress: Resource,
    serving: Serving,
    values: Values,
    target: Target,
    graph: ResourceGraph,
    has_tls: bool,  # noqa: FBT001
) -> tuple[int | None, list[Item]]:
    """Return the status of redirects to HTTPS, None where plain HTTP is served."""
    is_forced = values.is_true("force-ssl-redirect")
    items = []
    if is_forced and not has_tls:
        path: Path = ("metadata", "annotations", values.key("force-ssl-redirect"))
        text = "TLS ends in front of the controller: a redirect of port 80 would loop, and matching X-Forwarded-Proto depends on the target"
        items.append(
            Subject(ingress, "force-ssl-redirect", path, serving.confidence).lost(
                "lost-protection", text, verdict="partial", field=_REDIRECT
            )
        )
    if not has_tls:
        return None, items
    known = redirecting(serving.controller) if serving.controller is not None else None
    known = known or (redirecting(serving.dialect.id) if serving.dialect is not None else None)
    switch = next((role for role in known.switches if values.is_set(role)), "") if known is not None else ""
    said = values.text(switch)
    stated = _setting("ssl-redirect", serving, ingress, graph) if known is not None else ""
    is_off = said in _FALSE or (not said and stated in _FALSE)
    if not is_forced and (known is None or is_off):
        return None, items
    if not target.has("HTTPRouteSchemeRedirect"):
        return None, [*items, _without_redirect(ingress, serving, target)]
    wanted = known.status if known is not None else 308
    status = wanted if allows_status(target, wanted) else 301
    by = "by default" if not said and not is_forced else "because of an annotation"
    text = f"{serving.name} redirects to HTTPS {by}: becomes an HTTPRoute on port 80 that redirects with {status}"
    key = values.key("force-ssl-redirect") if is_forced else values.key(switch)
    subject = Subject(ingress, "https-redirect", ("metadata", "annotations", key) if key else ("spec", "tls"), serving.confidence)
    item = subject.exact(text, _REDIRECT)
    if status != wanted:
        item = subject.partial("cosmetic", f"{text}, not {wanted}: clients may repeat a POST as GET", _REDIRECT)
    return status, [*items, item]


def _without_redirect(ingress: Resource, serving: Serving, target: Target) -> Item:
    text = f"{serving.name} redirects to HTTPS, and {target.name} cannot: plain HTTP is served"
    return Subject(ingress, "https-redirect", ("spec", "tls"), serving.confidence).lost("lost-protection", text)


def _of_names(ingress: Resource, serving: Serving) -> Iterator[Item]:
    wildcards = [
        index
        for index, rule in enumerate(ingress.sequence("spec", "rules")[:_MOST])
        if isinstance(rule, dict) and isinstance(rule.get("host"), str) and rule["host"].startswith("*.")
    ]
    if wildcards and (serving.rules is None or serving.rules.wildcard != "many"):
        text = "a wildcard host of an Ingress stands for one label, a hostname of a route for one or more"
        path: Path = ("spec", "rules", wildcards[0], "host")
        yield Subject(ingress, "wildcard-host", path, serving.confidence).partial("cosmetic", text, "HTTPRoute.spec.hostnames[]")


def _of_certificates(ingress: Resource, certified: tuple[Certified, ...], serving: Serving, target: Target) -> Iterator[Item]:
    subject = Subject(ingress, "tls", ("spec", "tls"), serving.confidence)
    field = "Gateway.spec.listeners[].tls.certificateRefs"
    means = target.means("certificates")
    if means is not None and certified:
        text = f"{target.name} reads no Secrets: {means.name} names {means.note.partition(':')[0]}"
        yield subject.lost("lost-behaviour", text, verdict="policy", field=means.name)
        return
    without = [one for one in certified if not one.secret]
    if certified and len(without) < len(certified):
        count = len(certified) - len(without)
        yield subject.exact(f"becomes {count} HTTPS listener{'s' * (count != 1)} with the same certificates", field)
    if without:
        names = listed([quoted(one.host) if one.host != EVERY else "every host" for one in without])
        text = f"the default certificate of the controller serves {names}; a listener needs its own Secret"
        yield Subject(ingress, "default-certificate", ("spec", "tls"), serving.confidence).partial("lost-behaviour", text, field)
