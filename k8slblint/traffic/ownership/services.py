"""Which controller provisions the load balancer of a Service, why, and what is unknown about it.

Sources: kubernetes/cloud-provider 46666112 (`wantsLoadBalancer`: the cloud's controller takes Services without a class only); the
decision table of AWS is in `traffic/ownership/aws.py`; what each controller takes is in `catalogs/controllers.json`, with its source.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from k8slblint.catalog import aws as aws_catalog
from k8slblint.catalog import controllers as catalog
from k8slblint.catalog import services as annotations
from k8slblint.catalog.aws import OwnerName
from k8slblint.catalog.platforms import platforms_of_annotations
from k8slblint.graph.answers import Found
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.patterns import pattern
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Confidence, least
from k8slblint.traffic.ownership import aws
from k8slblint.traffic.ownership.implementations import implementations, namer_of_class
from k8slblint.traffic.ownership.stated_settings import Stated, stated_setting
from k8slblint.traffic.ownership.verdict import Ownership

BARE_METAL = "bare-metal"

_OF_THE_SITE = ("pool", "nodes")
"""Defaults of controllers that make nothing in a cloud: they announce addresses of the site, or take those of the nodes."""

_AWS_OWNERS: dict[OwnerName, str] = {"ccm-classic": "aws-ccm", "ccm-nlb": "aws-ccm", "lbc": "aws-lbc", "eks-auto-mode": "eks-auto"}
"""What the decision table of AWS calls an owner, by the ids of the catalog."""

_CLASS = ("spec", "loadBalancerClass")


def near_classes(load_balancer_class: str) -> list[str]:
    """Return up to two known classes that are spelled like this one, whatever the case, the nearest first."""
    from difflib import get_close_matches

    known = {name.lower(): name for name in catalog.classes()}
    return [known[name] for name in get_close_matches(load_balancer_class.lower(), known, n=2, cutoff=0.85)]


def owner_of_service(service: Resource, graph: ResourceGraph) -> Ownership:
    """Return who makes the load balancer of a Service.

    A Service of another type than LoadBalancer is of nobody, but for those that the AWS Load Balancer Controller serves all the same.
    """
    service_type = service.get("spec", "type", default="ClusterIP")
    if not isinstance(service_type, str) or has_placeholder(service_type):
        return Ownership("unknown", reasons=("its type contains a placeholder",))
    if service_type != "LoadBalancer":
        return _without_load_balancer(service, service_type, graph)
    load_balancer_class = service.get(*_CLASS)
    if load_balancer_class is not None:
        name = load_balancer_class if isinstance(load_balancer_class, str) else ""
        return _by_class(service, load_balancer_class, graph)._replace(class_name=name)
    platform = _platform_of(service, graph)
    if isinstance(platform, Ownership):
        return platform
    if platform.name == aws_catalog.platform():
        return _on_aws(service, platform, graph)
    return _on_platform(service, platform, graph)


class _Platform(NamedTuple):
    name: str
    confidence: Confidence
    reason: str
    is_stated: bool = False


def platform_of_owner(owner: Ownership, service: Resource, graph: ResourceGraph) -> str:
    """Return the platform of the owner of a Service; where that is not known, or nobody, the one that the Service is taken to be on.

    `bare-metal` stands for controllers of any cluster that give out addresses of the site or of nodes, `other` for further ones.
    """
    platforms = {_platform_of_controller(name) for name in owner.candidates}
    if len(platforms) == 1:
        return platforms.pop()
    if owner.class_name is not None:
        return "other"
    found = _platform_of(service, graph)
    return graph.scope(service).provider if isinstance(found, Ownership) else found.name


def platform_of_class(load_balancer_class: object) -> str | None:
    """Return the platform of the controller that serves a value of `spec.loadBalancerClass`, None where no known one does."""
    known = catalog.classes().get(load_balancer_class) if isinstance(load_balancer_class, str) else None
    return _platform_of_controller(known.controller) if known is not None else None


def targets_node_ports(service: Resource, owner: Ownership) -> bool:
    """Tell whether the AWS Load Balancer Controller serves a Service and sends its traffic to node ports (target type instance)."""
    target = service.annotations.get(aws_catalog.annotations().target_type)
    return owner.on_aws == "lbc" and target == aws_catalog.instance_target()


def has_class(service: Resource) -> bool:
    """Tell whether a Service names a class, so that its owner is settled by itself."""
    return service.get(*_CLASS) is not None


def _platform_of_controller(name: str) -> str:
    known = catalog.controllers()[name]
    if known.platform is not None:
        return known.platform
    return BARE_METAL if known.service is not None and known.service.default_exposure in _OF_THE_SITE else "other"


def _without_load_balancer(service: Resource, service_type: str, graph: ResourceGraph) -> Ownership:
    scope = graph.scope(service)
    owner = aws.owner(service)
    if owner.name == "lbc" and not (scope.platform_is_stated and scope.provider != aws_catalog.platform()):
        return Ownership("owned", ("aws-lbc",), "high", (f"it is of type '{service_type}', and {owner.reason}",), on_aws=owner.name)
    return Ownership("nobody", reasons=(f"a Service of type '{service_type}' has no load balancer",))


def _by_class(service: Resource, load_balancer_class: object, graph: ResourceGraph) -> Ownership:
    if not isinstance(load_balancer_class, str) or has_placeholder(load_balancer_class):
        return Ownership("unknown", reasons=("its class contains a placeholder",))
    known = catalog.classes().get(load_balancer_class)
    if known is not None:
        name = catalog.controllers()[known.controller].name
        on_aws = next((row for row, controller in _AWS_OWNERS.items() if controller == known.controller), None)
        return Ownership("owned", (known.controller,), "high", (f"class '{load_balancer_class}' is served by {name}",), on_aws=on_aws)
    by_setting = _told_to_serve(load_balancer_class, graph.scope(service).cluster, graph)
    if by_setting is not None:
        return by_setting
    told = namer_of_class(graph, graph.scope(service).cluster, load_balancer_class)
    if told is not None and told.controller:
        return Ownership("owned", (told.controller,), "high", (told.reason,))
    by_name = _named_by(load_balancer_class, service, graph) if told is None else None
    if by_name is not None:
        return by_name
    reason = told.reason if told is not None else f"class '{load_balancer_class}' belongs to no controller in the catalog"
    return Ownership("unknown", reasons=(reason,))


def _told_to_serve(load_balancer_class: str, cluster: str, graph: ResourceGraph) -> Ownership | None:
    """Return the controller whose installation sets a class as the one that it serves."""
    for name in catalog.controllers_with_setting("class"):
        told = stated_setting(name, "class", cluster, graph)
        if isinstance(told, Found) and told.value.value == load_balancer_class:
            return Ownership("owned", (name,), "high", (told.value.reason,))
    return None


def _named_by(load_balancer_class: str, service: Resource, graph: ResourceGraph) -> Ownership | None:
    """Return the controller of a cluster that serves whatever class its installation names, where this one names it.

    MetalLB serves any class that `--lb-class` names; its manifests may be in another repository, its pools are here. A class is of its
    domain, or has its name where the Service has its annotations.
    """
    cluster = graph.scope(service).cluster
    for name in catalog.controllers_with_setting("class"):
        known, shown = catalog.controllers()[name], implementations(graph, cluster).get(name)
        if shown is None or isinstance(stated_setting(name, "class", cluster, graph), Found):
            continue
        is_of_domain = any(f".{domain}" in f".{load_balancer_class}" for domain in known.annotation_prefixes)
        if is_of_domain:
            reason = f"class '{load_balancer_class}' is of the domain of {known.name}, and {shown.reason}"
            return Ownership("owned", (name,), "medium", (reason,))
        if name in _WORD.findall(load_balancer_class) and any(key.startswith(known.annotation_prefixes) for key in service.annotations):
            reason = f"class '{load_balancer_class}' has the name of {known.name}, its annotations are read by it, and {shown.reason}"
            return Ownership("owned", (name,), "medium", (reason,))
    return None


_WORD = pattern(r"[a-z0-9]+")


def _why_not_without_class(controller: str, cluster: str, graph: ResourceGraph) -> str | None:
    """Return why a controller of a cluster does not serve Services without a class, None where it does, or may."""
    excluding_values: tuple[tuple[catalog.SettingName, str | None], ...] = (("serves", "no"), ("class", None))
    for name, excluding in excluding_values:
        answer = stated_setting(controller, name, cluster, graph)
        found: Stated | None = answer.value if isinstance(answer, Found) else None
        if found is not None and excluding in (None, found.value):
            return found.reason
    return None


def _platform_of(service: Resource, graph: ResourceGraph) -> "_Platform | Ownership":
    scope = graph.scope(service)
    if scope.platform_is_stated and scope.provider != "unknown":
        return _Platform(scope.provider, "high", f"the platform is stated as '{scope.provider}'", is_stated=True)
    own = platforms_of_annotations(service.annotations)
    if len(own) == 1:
        ((name, key),) = own.items()
        return _Platform(name, "medium", f"its annotation '{key}' belongs to platform '{name}'")
    if scope.provider in own or (not own and scope.provider != "unknown"):
        return _Platform(scope.provider, "medium", _why_platform(scope.reasons, scope.provider))
    if own:
        return Ownership("unknown", reasons=(f"its annotations belong to several platforms: {', '.join(own)}",))
    return _Platform("unknown", "low", "the platform is unknown")


def _why_platform(reasons: Iterable[str], platform: str) -> str:
    return next((reason.rstrip(".") for reason in reasons if reason.startswith("platform")), f"the platform is inferred as '{platform}'")


def _on_aws(service: Resource, platform: _Platform, graph: ResourceGraph) -> Ownership:
    owner = aws.owner(service)
    if owner.name == "unknown":
        return Ownership("unknown", reasons=(platform.reason, owner.reason), on_aws=owner.name)
    if owner.name == "nobody":
        return _left_to_others(service, graph, (platform.reason, owner.reason)) or Ownership(
            "nobody", (), platform.confidence, (platform.reason, owner.reason), on_aws=owner.name
        )
    first = _AWS_OWNERS[owner.name]
    reasons = [platform.reason, owner.reason]
    candidates = [first]
    if first == _AWS_OWNERS["ccm-nlb"]:
        for other in (_AWS_OWNERS["lbc"], _AWS_OWNERS["eks-auto-mode"]):
            shown = implementations(graph, graph.scope(service).cluster).get(other)
            if shown is not None:
                candidates.append(other)
                name = catalog.controllers()[other].name
                reasons.append(f"{name} is in this cluster too ({shown.reason}), and gives new Services without a class its own class")
    narrowed = _narrowed(service, candidates)
    confidence: Confidence = platform.confidence if len(narrowed) == 1 else least(platform.confidence, "medium")
    evidence = _key_of_another(service, first) if narrowed == (first,) else None
    if evidence is not None:
        other = _AWS_OWNERS["lbc"]
        name = catalog.controllers()[other].name
        reasons.append(f"{name} alone reads `{evidence}`, and may be installed from elsewhere; it gives new Services its class")
        return Ownership("owned", (first, other), least(platform.confidence, "medium"), tuple(reasons), on_aws=owner.name)
    return Ownership("owned", narrowed, confidence, tuple(reasons), on_aws=owner.name)


def _left_to_others(service: Resource, graph: ResourceGraph, reasons: tuple[str, ...]) -> Ownership | None:
    """Return who else of the cluster may take a Service that the controllers of AWS leave alone, None where nobody is shown.

    A controller that sets up an appliance outside the cluster may serve Services too, with an IPAM of its own. Those that announce
    addresses of a site do not work in AWS (https://metallb.universe.tf/installation/clouds/).
    """
    cluster = graph.scope(service).cluster
    for shown in implementations(graph, cluster).values():
        known = catalog.controllers()[shown.controller]
        side = known.service
        serves = side is not None and side.without_class is True and side.default_exposure not in _OF_THE_SITE
        if (serves and _why_not_without_class(known.id, cluster, graph) is None) or known.proxies_outside:
            return Ownership("unknown", (), "low", (*reasons, f"{known.name} may serve it: {shown.reason}"))
    return None


def _key_of_another(service: Resource, owner: str) -> str | None:
    """Return the first key that the owner does not read, and the AWS Load Balancer Controller does.

    Its webhook gives each new Service without a class its own one, whatever the type says (`service_mutator.go`, 225f4456; on by default
    in the chart). The keys are evidence that it is there, though mostly Terraform installs it.
    """
    other = _AWS_OWNERS["lbc"]
    unread = (key for key, entry in _vendor_keys(service) if owner not in entry.readers and other in entry.readers)
    return next((key for key in unread if key != aws_catalog.annotations().type), None)


def _on_platform(service: Resource, platform: _Platform, graph: ResourceGraph) -> Ownership:
    """Decide by what the platform brings along, what is in the cluster's manifests, and whose keys the Service carries.

    Keys of a controller are no proof of it where the manifests install another one for addresses of the site: it may have left.
    """
    cluster = graph.scope(service).cluster
    reasons = [platform.reason]
    candidates = list(catalog.service_controllers(platform.name))
    for shown in implementations(graph, cluster).values():
        side = catalog.controllers()[shown.controller].service
        if side is not None and side.without_class is True and shown.controller not in candidates:
            candidates.append(shown.controller)
            reasons.append(f"{catalog.controllers()[shown.controller].name} is in this cluster: {shown.reason}")
    if platform.name in (BARE_METAL, "unknown") and not any(announces_addresses(name) for name in candidates):
        for name, key in _readers_of_keys(service):
            if name not in candidates:
                candidates.append(name)
                reasons.append(f"its annotation '{key}' belongs to {catalog.controllers()[name].name}")
    for name in tuple(candidates):
        if why := _why_not_without_class(name, cluster, graph):
            candidates.remove(name)
            reasons.append(f"{catalog.controllers()[name].name} does not serve it: {why}")
    if candidates:
        confidence = platform.confidence if platform.name not in (BARE_METAL, "unknown") else "medium"
        return Ownership("owned", _narrowed(service, candidates), confidence, tuple(reasons))
    return _without_candidates(platform, reasons, graph.why_incomplete(cluster))


def announces_addresses(controller: str) -> bool:
    """Tell whether a controller gives Services addresses of the site."""
    known = catalog.controllers().get(controller)
    return known is not None and known.service is not None and known.service.default_exposure in _OF_THE_SITE


def _without_candidates(platform: _Platform, reasons: Sequence[str], gap: str | None) -> Ownership:
    if platform.name == BARE_METAL and platform.is_stated and gap is None:
        reason = "no manifest of this cluster installs a controller that serves Services of type LoadBalancer"
        return Ownership("nobody", (), "low", (*reasons, reason))
    return Ownership(
        "unknown", (), "low", (*reasons, gap or "the manifests do not show which controller serves Services of type LoadBalancer")
    )


def controllers_of_site(keys: Mapping[str, object], cluster: str, graph: ResourceGraph) -> tuple[str, ...]:
    """Return the controllers of a cluster that announce addresses of the site for a Service without a class, with these annotations.

    Where several are there, those that read the most of the keys.
    """
    entries = [entry for key in keys if annotations.prefix_of(key) and (entry := annotations.find(key)) is not None]
    sides = ((name, catalog.controllers()[name].service) for name in implementations(graph, cluster))
    here = [name for name, side in sides if side is not None and side.without_class is True and side.default_exposure in _OF_THE_SITE]
    serving = [name for name in here if _why_not_without_class(name, cluster, graph) is None]
    reads = {name: sum(name in entry.readers for entry in entries) for name in serving}
    return tuple(name for name in serving if reads[name] == max(reads.values()))


def _readers_of_keys(service: Resource) -> Iterator[tuple[str, str]]:
    """Yield the controllers that serve Services without a class and read one of its keys, with the key."""
    for key, entry in _vendor_keys(service):
        for name in entry.readers if entry.decides != "status" else ():
            known = catalog.controllers().get(name)
            if known is not None and known.service is not None and known.service.without_class:
                yield name, key


def _vendor_keys(service: Resource) -> Iterator[tuple[str, annotations.ServiceAnnotation]]:
    """Yield the keys of a Service that belong to some vendors only, with what is known of them."""
    for key in service.annotations:
        entry = annotations.find(key) if annotations.prefix_of(key) else None
        if entry is not None and annotations.ANY_READER not in entry.readers:
            yield key, entry


def _narrowed(service: Resource, candidates: Sequence[str]) -> tuple[str, ...]:
    """Return the candidates that read the most of the Service's keys: what somebody writes is meant for who reads it."""
    if len(candidates) < 2:  # noqa: PLR2004 - nothing to choose from
        return tuple(candidates)
    entries = [entry for _, entry in _vendor_keys(service)]
    reads = {name: sum(name in entry.readers for entry in entries) for name in candidates}
    most = max(reads.values())
    return tuple(name for name in candidates if reads[name] == most)
