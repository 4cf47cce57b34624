"""Which keys of an Ingress's annotations no controller that may serve it reads: misspelt, removed, of its ConfigMap, of another product.

Sources: `catalogs/annotations/` (the keys that each product reads, what becomes of an Ingress with others, what is read elsewhere).
"""

from collections.abc import Iterator
from typing import Literal, TypeAlias

from k8slblint.catalog import ingress as catalog
from k8slblint.catalog import services
from k8slblint.catalog.controllers import has_setting
from k8slblint.catalog.ingress import IngressAnnotation
from k8slblint.catalog.near_ingress_keys import key_of_near_domain, near_names
from k8slblint.graph.answers import Found, Unknown
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Confidence, least
from k8slblint.traffic.annotations.service_annotations import sounds_false
from k8slblint.traffic.ingress_annotations.terms import holds
from k8slblint.traffic.ingress_annotations.validation import reads_prefix
from k8slblint.traffic.ownership import ownership_of
from k8slblint.traffic.ownership.controller_releases import INGRESS_NGINX, release_of, releases_in
from k8slblint.traffic.ownership.implementations import implementations
from k8slblint.traffic.ownership.ingresses import ingress_class_of, products_of_class
from k8slblint.traffic.ownership.stated_settings import stated_setting

Fault: TypeAlias = Literal["misspelt", "config-map", "foreign", "removed", "never", "other-kind", "too-new", "inert", "unknown"]

_NOTHING_LOST = ("none", "cosmetic")


class UnreadKey(NamedTuple):
    """A key that `readers` do not read: ids of the products that may serve the Ingress, else of those that its prefix belongs to.

    `annotation` is what is known of the key, or of the one key that was probably meant; `meant` are such keys. `is_dropped` tells that
    they serve nothing of an Ingress with the key, `loses_protection` that it asks for one. An `inert` key is read beside others only.
    """

    key: str
    fault: Fault
    readers: tuple[str, ...]
    annotation: IngressAnnotation
    meant: tuple[str, ...] = ()
    is_dropped: bool = False
    loses_protection: bool = False
    confidence: Confidence = "high"


class _Served(NamedTuple):
    """The products that may serve an Ingress by its class, all of them; none where its class says nothing.

    `is_strange` tells of a class of a product that the catalog does not know, which may read any key. `beside` are, where the class says
    nothing, the products that all keys of single products on the Ingress are for.
    """

    ingress: Resource
    graph: ResourceGraph
    ids: frozenset[str] = frozenset()
    confidence: Confidence = "medium"
    is_strange: bool = False
    beside: frozenset[str] = frozenset()

    @property
    def cluster(self) -> str:
        return self.graph.scope(self.ingress).cluster

    def owns(self, key: str) -> bool:
        return any(key.startswith(catalog.controllers()[name].annotation_prefixes) for name in self.ids)


def unread_keys(ingress: Resource, graph: ResourceGraph) -> tuple[UnreadKey, ...]:
    """Return the keys of an Ingress that no controller which may serve it reads, in the order of its annotations; asked for once."""
    known = graph.derived(_nothing_asked)
    found = known.get(id(ingress))
    if found is None:
        found = known[id(ingress)] = tuple(_unread(ingress, graph))
    return found


def keys_passed_over(ingress: Resource, graph: ResourceGraph) -> frozenset[str]:
    """Return the keys that no controller which may serve an Ingress reads, those included with which nothing is lost.

    Of several controllers that share the name of a class, the keys of one beside them tell which is meant.
    """
    served = _served(ingress, graph)
    ids = (served.ids & _meant_by_keys(ingress)) or served.ids
    foreign = (key for key in ingress.annotations if _is_judged(key) and ids and not ids.intersection(_readers(key)))
    return frozenset((*(one.key for one in unread_keys(ingress, graph)), *foreign))


def _readers(key: str) -> frozenset[str]:
    return frozenset(known.id for known in catalog.readers(key))


def _nothing_asked(_: ResourceGraph) -> dict[int, tuple[UnreadKey, ...]]:
    return {}


def _unread(ingress: Resource, graph: ResourceGraph) -> Iterator[UnreadKey]:
    judged = {key: value for key, value in ingress.annotations.items() if value is not None and _is_judged(key)}
    served = _served(ingress, graph) if judged else None
    for key, value in judged.items():
        found = _fault_of(key, value, served) if served is not None and not served.is_strange else None
        if found is not None:
            yield found


def _is_judged(key: str) -> bool:
    """Tell whether a key is one of a product's own, or looks like one, and is not judged as another tool's or a load balancer's."""
    annotation = catalog.lookup(key)
    if annotation is None:
        return key_of_near_domain(key) is not None
    if annotation.not_routing or annotation.status == "controller-written" or annotation.category == "class":
        return False
    is_left_to_others = services.find(key) is not None and "Ingress" not in annotation.applies_to
    return not is_left_to_others and not has_placeholder(key)


def _served(ingress: Resource, graph: ResourceGraph) -> _Served:
    owner = ownership_of(ingress, graph)
    if owner.verdict != "owned":
        return _Served(ingress, graph, is_strange=ingress_class_of(ingress, graph) is not None, beside=_meant_by_keys(ingress))
    ids = frozenset(known.id for known in products_of_class(ingress, graph))
    return _Served(ingress, graph, ids, owner.confidence)


def _meant_by_keys(ingress: Resource) -> frozenset[str]:
    """Return the products that read all those keys of an Ingress whose domain is that of one product."""
    found: frozenset[str] | None = None
    for key, value in ingress.annotations.items():
        if value is not None and _is_judged(key) and _is_of_one(key):
            found = _readers(key) if found is None else found & _readers(key)
    return found or frozenset()


def _is_of_one(key: str) -> bool:
    annotation, domain = catalog.lookup(key), catalog.lookup(key.partition("/")[0] + "/")
    is_of_all = domain is None or domain.controller == catalog.ANY_CONTROLLER
    return annotation is not None and annotation.is_known_key and annotation.owner.routes and not is_of_all


def _fault_of(key: str, value: object, served: _Served) -> UnreadKey | None:
    annotation = catalog.lookup(key)
    if annotation is None:
        return _of_near_domain(key, value, served)
    readers = _readers(key)
    if served.beside and annotation.same_as and not readers & served.beside:
        served = served._replace(ids=served.beside)
    if served.ids and not readers & served.ids and not served.owns(key) and "/" in key:
        return _foreign(key, value, annotation, served)
    if annotation.status in ("removed", "never-existed"):
        return _gone(key, value, annotation, served)
    if served.ids and not readers & served.ids:
        return _foreign(key, value, annotation, served)
    if annotation.is_known_key:
        return _known(key, annotation, served) or _inert(key, value, annotation, served)
    return _unknown(key, value, annotation, served)


def _of_near_domain(key: str, value: object, served: _Served) -> UnreadKey | None:
    meant = key_of_near_domain(key)
    annotation = catalog.lookup(meant) if meant is not None else None
    if meant is None or annotation is None or annotation.not_routing:
        return None
    readers = _readers(meant)
    if served.ids and not readers & served.ids:
        return None
    loses = loses_protection(annotation, value)
    return UnreadKey(key, "misspelt", _sorted(readers & served.ids or readers), annotation, (meant,), loses_protection=loses)


def _foreign(key: str, value: object, annotation: IngressAnnotation, served: _Served) -> UnreadKey | None:
    """Judge a key of another product than those that may serve the Ingress; one whose purpose a key of theirs has too loses nothing."""
    is_of_tools = any(not known.routes for known in catalog.readers(key))
    if is_of_tools or not (annotation.is_known_key or annotation.same_as) or _is_read_by_imitator(key, served):
        return None
    if _is_read_under_other_domain(key, annotation, served):
        return None
    likely = served.ids & implementations(served.graph, served.cluster).keys() or served.ids
    annotation, needless_with = catalog.for_value(_single(annotation), value)
    spellings = tuple(dict.fromkeys(_own_spellings(key, likely)))
    meant = tuple(own for own in spellings if own not in served.ingress.annotations)
    is_covered = meant != spellings or annotation.category in _categories_read(served)
    is_nothing = asks_for_nothing(annotation, value) and not any(_is_switched_on(own, value, served) for own in meant)
    if needless_with is not None or is_covered or annotation.if_ignored in _NOTHING_LOST or is_nothing:
        return None
    loses = loses_protection(annotation, value)
    is_sure = ingress_class_of(served.ingress, served.graph) is not None and not _are_only_documented(served)
    sure = served.confidence if is_sure else least(served.confidence, "medium")
    return UnreadKey(key, "foreign", _sorted(likely), annotation, meant, loses_protection=loses, confidence=sure)


def _is_read_under_other_domain(key: str, annotation: IngressAnnotation, served: _Served) -> bool:
    """Tell whether ingress-nginx may read a key as one of its own: it is told a domain, or a release that read the shared one runs."""
    if INGRESS_NGINX not in served.ids:
        return False
    stated = stated_setting(INGRESS_NGINX, "annotations-prefix", served.cluster, served.graph)
    is_told = isinstance(stated, Unknown) or (isinstance(stated, Found) and key.startswith(f"{stated.value.value}/"))
    releases = releases_in(served.cluster, served.graph) if annotation.same_as else ()
    return is_told or any(release <= _LAST_WITH_SHARED_DOMAIN for release in releases)


_LAST_WITH_SHARED_DOMAIN = (0, 9, 0)
"""The release of ingress-nginx among whose previews the domain of its keys changed from the one that several products share.

Source: kubernetes/ingress-nginx `Changelog.md`, 0.9-beta.3 to 0.9-beta.18.
"""


def _is_switched_on(key: str, value: object, served: _Served) -> bool:
    """Tell whether products switch on what a value would switch off, were it set by their own key: a redirect to HTTPS."""
    known = catalog.lookup(key)
    if known is None or known.value.type != "bool" or known.default != "true" or not sounds_false(str(value).strip().lower()):
        return False
    terms = [(name, one.read_if) for name, one in known.parsing.items() if name in served.ids and (one.when is None or one.read_if)]
    return any(all(holds(term, served.ingress, name, served.graph) for term in read_if or ()) for name, read_if in terms)


def _are_only_documented(served: _Served) -> bool:
    return any(catalog.controllers()[name].is_documented_only for name in served.ids)


def _single(annotation: IngressAnnotation) -> IngressAnnotation:
    """Return what is known of the first key of a single product that a shared spelling stands for."""
    single = next(filter(None, map(catalog.lookup, annotation.same_as)), None)
    return single if single is not None and not annotation.is_known_key else annotation


def _is_read_by_imitator(key: str, served: _Served) -> bool:
    """Tell whether a product that may serve the Ingress is told, or may be, to read keys of another one too."""
    vendors = {known.vendor for known in catalog.readers(key)}
    able = (name for name in served.ids if has_setting(name, "foreign-provider") and catalog.controllers()[name].vendor in vendors)
    stated = (stated_setting(name, "foreign-provider", served.cluster, served.graph) for name in able)
    return any(isinstance(one, Unknown) or (isinstance(one, Found) and one.value.value == "yes") for one in stated)


def _own_spellings(key: str, products: frozenset[str]) -> Iterator[str]:
    """Yield the keys of the same name that some products, which may serve the Ingress, read."""
    name = key.partition("/")[2]
    for product in sorted(products):
        for prefix in catalog.controllers()[product].annotation_prefixes:
            found = catalog.lookup(prefix + name) if prefix.endswith("/") and name else None
            is_live = found is not None and found.is_known_key and found.status not in ("removed", "never-existed")
            if is_live and product in _readers(prefix + name):
                yield prefix + name


def _categories_read(served: _Served) -> set[str]:
    """Return what the keys of an Ingress are about that a product which may serve it reads."""
    found = set()
    for key in served.ingress.annotations:
        annotation = catalog.lookup(key)
        if annotation is not None and any(known.id in served.ids for known in catalog.readers(key)):
            found.add(annotation.category)
    return found


def _gone(key: str, value: object, annotation: IngressAnnotation, served: _Served) -> UnreadKey | None:
    """Judge a key that no release reads any more, or that none ever read."""
    readers = _readers(key) & served.ids or served.ids or frozenset((annotation.controller,))
    if catalog.is_config_map_key(key):
        return UnreadKey(key, "config-map", _sorted(readers), annotation, confidence=_sure(key, served))
    if annotation.status == "never-existed":
        meant = tuple(filter(None, (annotation.replaced_by or _with_slash(key),)))
        return UnreadKey(key, "never", _sorted(readers), annotation, meant, confidence="high" if served.ids else "medium")
    is_of_old_product = annotation.removed_in is None and not served.ids
    if (
        is_of_old_product
        or annotation.if_ignored == "none"
        or asks_for_nothing(annotation, value)
        or _may_still_be_read(annotation, served)
    ):
        return None
    meant = tuple(filter(None, (annotation.replaced_by or annotation.alias_of,))) or tuple(_own_spellings(key, readers))[:1]
    if meant and meant[0] in served.ingress.annotations:
        return None
    closed = catalog.closing_of(key)
    is_dropped = closed is not None and closed.then == "ingress-dropped"
    loses = loses_protection(annotation, value)
    return UnreadKey(key, "removed", _sorted(readers), annotation, meant, is_dropped, loses, least(served.confidence, "medium"))


def _with_slash(key: str) -> str | None:
    """Return a malformed key with a slash for the dot at the end of its domain, where that is a known key."""
    domain, _, name = key.rpartition(".")
    meant = catalog.lookup(f"{domain}/{name}") if "/" not in key else None
    return meant.key if meant is not None and meant.is_known_key else None


def _may_still_be_read(annotation: IngressAnnotation, served: _Served) -> bool:
    """Tell whether an old release that reads a removed key may serve the Ingress."""
    if annotation.removed_in is not None:
        removed = release_of(annotation.removed_in.removeprefix("before "))
        releases = releases_in(served.cluster, served.graph, annotation.controller)
        return removed is not None and any(release < removed for release in releases)
    if annotation.controller in served.ids or not annotation.owner.retired:
        return False
    running = {release for name in served.ids for release in releases_in(served.cluster, served.graph, name)}
    if running:
        return any(release < _FIRST_WITHOUT for release in running)
    return served.ingress.api_version != "networking.k8s.io/v1" and ingress_class_of(served.ingress, served.graph) is None


_FIRST_WITHOUT = (2, 0, 0)
"""The first release of Traefik that does not read the keys of its first major version, which reads `extensions/v1beta1` only."""


def _known(key: str, annotation: IngressAnnotation, served: _Served) -> UnreadKey | None:
    readers = _readers(key)
    readers = readers & served.ids or readers
    if "Ingress" not in annotation.applies_to:
        is_read_on_services = "Service" in annotation.applies_to and annotation.owner.routes
        sure = least(served.confidence, _sure(key, served))
        return UnreadKey(key, "other-kind", _sorted(readers), annotation, confidence=sure) if is_read_on_services else None
    first = release_of(annotation.since) if annotation.since is not None else None
    releases = releases_in(served.cluster, served.graph, annotation.controller)
    if first is None or not releases or any(release >= first for release in releases):
        return None
    closed = catalog.closing_of(key)
    is_dropped = closed is not None and closed.then == "ingress-dropped"
    return UnreadKey(key, "too-new", (annotation.controller,), annotation, is_dropped=is_dropped, confidence=served.confidence)


def _inert(key: str, value: object, annotation: IngressAnnotation, served: _Served) -> UnreadKey | None:
    """Judge a key that does nothing without another one, which the Ingress does not have."""
    keys = served.ingress.annotations
    if annotation.controller not in served.ids or served.ingress.kind != "Ingress" or not annotation.is_inert_beside(keys):
        return None
    if asks_for_nothing(annotation, value):
        return None
    loses = loses_protection(annotation, value)
    return UnreadKey(key, "inert", (annotation.controller,), annotation, loses_protection=loses, confidence=served.confidence)


def _unknown(key: str, value: object, annotation: IngressAnnotation, served: _Served) -> UnreadKey | None:
    """Judge a key that is not in the catalog, under the prefix of a product that may serve the Ingress."""
    owners = frozenset(known.id for known in catalog.readers(key) if key.startswith(known.annotation_prefixes))
    readers = owners & served.ids or owners & {annotation.controller} or owners
    if annotation.status == "ambiguous" or not readers or not all(_reads(name, key, served) for name in readers):
        return None
    if catalog.is_config_map_key(key):
        return UnreadKey(key, "config-map", _sorted(readers), annotation, confidence=_sure(key, served))
    if not any(_is_known_in_full(name, annotation.controller) for name in readers):
        return None
    near = tuple(known for known in near_names(key) if not served.ids or any(one.id in served.ids for one in catalog.readers(known)))
    closed = catalog.closing_of(key)
    if not near and closed is None:
        return None
    meant = catalog.lookup(near[0]) if len(near) == 1 else None
    is_dropped = closed is not None and closed.then == "ingress-dropped"
    sure = least(_sure(key, served), "high" if len(near) == 1 or is_dropped else "medium")
    loses = meant is not None and loses_protection(meant, value)
    return UnreadKey(key, "misspelt" if near else "unknown", _sorted(readers), meant or annotation, near, is_dropped, loses, sure)


def _sure(key: str, served: _Served) -> Confidence:
    """Return how sure it is that no other product reads a key: least where neither the class nor the prefix tells which one is meant."""
    return "high" if served.ids else "medium" if catalog.closing_of(key) is not None else "low"


def _is_known_in_full(name: str, owner: str) -> bool:
    """Tell whether the catalog has the keys of a product under the prefix of another: its own, or the same."""
    imitated = catalog.controllers()[name].emulates
    return owner not in imitated or imitated[owner] == "all"


def _reads(reader: str, key: str, served: _Served) -> bool:
    return reads_prefix(reader, key, served.cluster, served.graph)


def asks_for_nothing(annotation: IngressAnnotation, value: object) -> bool:
    """Tell whether a value switches off what no controller switches on without the key, or chooses what holds without it."""
    text = value.strip().lower() if isinstance(value, str) else ""
    is_default = annotation.value.type == "choice" and text == (annotation.default or "").lower() and annotation.if_ignored != "exposure"
    is_off = sounds_false(text) and (annotation.value.type == "bool" or sounds_false(annotation.default or ""))
    return text in annotation.open_values or is_default or is_off


def loses_protection(annotation: IngressAnnotation, value: object) -> bool:
    """Tell whether a value asks for a protection, which is missing where nobody reads the key."""
    return annotation.if_ignored == "exposure" and bool(str(value).strip()) and not asks_for_nothing(annotation, value)


def _sorted(ids: frozenset[str]) -> tuple[str, ...]:
    """Return ids in the order of the catalog, without products that only imitate another of them."""
    originals = [name for name in catalog.controllers() if name in ids]
    return tuple(name for name in originals if not ids.intersection(catalog.controllers()[name].emulates)) or tuple(originals)
