"""What protects the entries of an Ingress: its annotations, those of its Services and group, parameters of its class, defaults.

Sources: kubernetes-sigs/aws-load-balancer-controller 225f4456 `pkg/ingress/model_build_load_balancer.go` (settings of a load balancer are
merged over an IngressGroup); defaults of controllers are in `catalogs/protections.json`.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from k8slblint.catalog import ingress as catalog
from k8slblint.catalog.controllers import SettingName, has_setting
from k8slblint.catalog.gateway_policies import plugin_kinds
from k8slblint.catalog.migration import redirect_keys
from k8slblint.catalog.protections import Family, asking_by_default, protecting_kinds
from k8slblint.graph.answers import Found, Unknown
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.relations.backends import backends_of, service_of
from k8slblint.model.resource import Resource
from k8slblint.traffic.balancers.ingresses import group_of, members_of
from k8slblint.traffic.ownership import Ownership, ownership_of
from k8slblint.traffic.ownership.implementations import implementations
from k8slblint.traffic.ownership.ingresses import class_parameters_of, ingress_class_of
from k8slblint.traffic.ownership.stated_settings import stated_setting
from k8slblint.traffic.protections.forms import Doubt, Finding, Protection, shared
from k8slblint.traffic.protections.keys import of_annotations
from k8slblint.traffic.protections.meshes import of_mesh
from k8slblint.traffic.protections.objects import of_object

_OF_GROUP = ("allow-list", "firewall", "https-redirect")
"""What is a setting of the load balancer, and so of all Ingresses of a group."""


def of_ingress(ingress: Resource, graph: ResourceGraph) -> Iterator[Finding]:
    """Yield what protects the hosts and paths of an Ingress."""
    owner = ownership_of(ingress, graph)
    yield from of_annotations(ingress, ingress, graph)
    for service in _services(ingress, graph):
        yield from of_annotations(service, ingress, graph)
    yield from _of_group(ingress, graph)
    yield from _of_class(ingress, graph)
    yield from _by_default(ingress, owner, graph)
    yield from _of_controllers(ingress, owner, graph)
    yield from of_mesh(owner.candidates, graph.scope(ingress).cluster, graph)
    yield from of_plugins_everywhere(owner, graph.scope(ingress).cluster, graph)


def _services(ingress: Resource, graph: ResourceGraph) -> list[Resource]:
    answers = (service_of(backend, graph) for backend in backends_of(ingress))
    return list({id(answer.value): answer.value for answer in answers if isinstance(answer, Found)}.values())


def _of_group(ingress: Resource, graph: ResourceGraph) -> Iterator[Finding]:
    """Yield what other members of its group protect: of each kind, one of the first two."""
    group = group_of(ingress, graph)
    if group is None:
        return
    known = graph.derived(_no_groups)
    if group not in known:
        known[group] = tuple(_of_members(group, graph))
    yield from (shared(one) for one in known[group] if one.source is not ingress)


def _no_groups(_: ResourceGraph) -> dict[tuple[str, str], tuple[Protection, ...]]:
    return {}


def _of_members(group: tuple[str, str], graph: ResourceGraph) -> Iterator[Protection]:
    told: Counter[Family] = Counter()
    for member in members_of(group, graph):
        for one in of_annotations(member, member, graph):
            if isinstance(one, Protection) and one.family in _OF_GROUP and told[one.family] <= 1:
                told[one.family] += 1
                yield one


def _of_class(ingress: Resource, graph: ResourceGraph) -> Iterator[Finding]:
    defined = ingress_class_of(ingress, graph)
    if defined is None or not defined.mapping("spec", "parameters"):
        return
    parameters = class_parameters_of(ingress, graph)
    if parameters is None:
        yield Doubt(f"the parameters of {defined.id} are not in the manifests")
    elif parameters.type_name in protecting_kinds():
        yield from map(shared, of_object(parameters, graph))


def _by_default(ingress: Resource, owner: Ownership, graph: ResourceGraph) -> Iterator[Finding]:
    """Yield TLS, and the redirect that most controllers answer with where a host has TLS."""
    asking = asking_by_default().intersection(owner.candidates)
    if asking:
        yield Doubt(f"{catalog.controllers()[min(asking)].name} admits no client by default")
    is_known = owner.verdict == "owned" and all(map(redirect_keys, owner.candidates))
    if not ingress.sequence("spec", "tls"):
        if not is_known or not _are_shown(ingress, owner, graph):
            families: tuple[Family, ...] = ("tls",) if is_known else ("tls", "https-redirect")
            yield Doubt(f"whether {ingress.id} has TLS by other means is not known", families)
        return
    yield Protection("tls", "TLS", ingress, ("spec", "tls"))
    if not is_known:
        yield Doubt(f"whether requests for {ingress.id} are redirected to HTTPS is not known", ("https-redirect",))
    elif not any(_has_no_redirect(ingress, name) for name in owner.candidates):
        yield Protection("https-redirect", "the redirect to HTTPS", ingress, ("spec", "tls"), is_default=True)


def _has_no_redirect(ingress: Resource, controller: str) -> bool:
    said = next((ingress.annotations[key] for key in redirect_keys(controller) if key in ingress.annotations), None)
    return str(said).lower() == "false"


def _are_shown(ingress: Resource, owner: Ownership, graph: ResourceGraph) -> bool:
    """Tell whether the manifests run all controllers that may serve an Ingress, so that a default certificate would be seen."""
    cluster = graph.scope(ingress).cluster
    shown = implementations(graph, cluster)
    return all(name in shown and shown[name].path[-1] == "image" and has_setting(name, _DEFAULT_CERTIFICATE) for name in owner.candidates)


_DEFAULT_CERTIFICATE: SettingName = "default-certificate"

_OFF = ("no", "false")

_STATED: Mapping[SettingName, tuple[Family, str]] = {
    "global-auth-url": ("authentication", "external authentication for every Ingress"),
    "whitelist-source-range": ("allow-list", "the allow list for every Ingress"),
    "enable-modsecurity": ("firewall", "the firewall for every Ingress"),
    _DEFAULT_CERTIFICATE: ("tls", "the default certificate"),
}
"""What a controller may be told to do for all Ingresses."""


def _of_controllers(ingress: Resource, owner: Ownership, graph: ResourceGraph) -> Iterator[Finding]:
    """Yield what the settings of a controller protect; of several that may serve the Ingress, one that says so may be the one."""
    cluster = graph.scope(ingress).cluster
    for name, (family, words) in _STATED.items():
        for controller in owner.candidates if owner.verdict == "owned" else ():
            stated = stated_setting(controller, name, cluster, graph)
            if isinstance(stated, Found) and not stated.value.is_open and stated.value.value not in _OFF:
                is_sure = len(owner.candidates) == 1 and family != "tls"
                shown = Protection(family, words, ingress, ("metadata", "name"), is_default=True, is_shared=True)
                yield shown if is_sure else Doubt(stated.value.reason, (family,))
            elif isinstance(stated, Unknown):
                yield Doubt(stated.reason, (family,))


def of_plugins_everywhere(owner: Ownership, cluster: str, graph: ResourceGraph) -> Iterator[Finding]:
    """Yield what plugins protect that apply to everything a controller serves."""
    found = graph.derived(_everywhere)
    for controller in owner.candidates:
        yield from found.get((cluster, controller), ())


def _everywhere(graph: ResourceGraph) -> dict[tuple[str, str], tuple[Finding, ...]]:
    found: dict[tuple[str, str], dict[Finding, None]] = {}
    for known in plugin_kinds().values():
        for one in graph.of_type(known.everywhere):
            if str(one.labels.get(known.label)).lower() == known.value:
                said = found.setdefault((graph.scope(one).cluster, known.controller), {})
                said.update(dict.fromkeys(map(shared, of_object(one, graph))))
    return {key: _first_of_each(said) for key, said in found.items()}


def _first_of_each(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return one finding of each kind of protection, and one doubt."""
    return tuple({one.family if isinstance(one, Protection) else "": one for one in found}.values())
