"""Which Services, Ingresses and Gateways provision cloud load balancers, which share one, what they need and cost.

The facts are in `catalogs/load-balancers.json` and `catalogs/prices.json`; paths are tuples of keys (`("spec", "group", "name")`).
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Literal, TypeAlias

from k8slblint.catalog.controller_list import controller_list
from k8slblint.model.records import NamedTuple
from k8slblint.shipped import read_json

Path: TypeAlias = tuple[str, ...]

DEFAULT_SERVICE_TYPE = "LoadBalancer"
"""What every controller of `gateway_services` and `ingress_services` makes where nothing else is said."""


class AnnotationValue(NamedTuple):
    """What an annotation must be: just `value`, or a text in which the regular expression `contains` is found."""

    key: str
    value: str | None = None
    contains: str | None = None


class ParameterValue(NamedTuple):
    """What a field of the class parameters must be."""

    path: Path
    value: str


class NodePortNeed(NamedTuple):
    """Why a load balancer needs node ports, unless class parameters, the Service or the Ingress say otherwise (in that order).

    `service_annotations` are keys of Services that nothing else reads, `service_labels` mark Services that it uses without an Ingress.
    """

    why: str
    unless_class_parameter: ParameterValue | None = None
    unless_service_annotation: AnnotationValue | None = None
    unless_annotation: AnnotationValue | None = None
    service_annotations: tuple[str, ...] = ()
    service_labels: tuple[tuple[str, str], ...] = ()


class StatedScheme(NamedTuple):
    """Where class parameters state the scheme, in the texts of the annotation `like`."""

    path: Path
    like: str


class ForwardingRules(NamedTuple):
    """One rule for HTTP unless `no_http_key` has one of `no_http_values`, one for HTTPS where one of the keys is set."""

    no_http_key: str
    no_http_values: tuple[str, ...]
    https_keys: tuple[str, ...]


class IngressKind(NamedTuple):
    """A kind of cloud load balancer that Ingresses build.

    `controllers` are ids. Ingresses share one by the value of `group_annotation` or `id_annotation`, of the class parameters at
    `class_parameters_group`, by class (`shared_by_class`), or must name one by all keys of a row of `named_by`.
    """

    name: str
    platform: str
    product: str
    controllers: tuple[str, ...]
    source: str
    shared_by_class: bool = False
    price: str | None = None
    group_annotation: str | None = None
    id_annotation: str | None = None
    named_by: tuple[Path, ...] = ()
    class_parameters_kinds: tuple[str, ...] = ()
    class_parameters_group: Path | None = None
    class_parameters_scheme: StatedScheme | None = None
    needs_node_port: NodePortNeed | None = None
    forwarding_rules: ForwardingRules | None = None


class IngressService(NamedTuple):
    """A controller in the cluster that makes a Service of type LoadBalancer for an Ingress, or one (`shared_service`) for several.

    They share where the annotation `mode_key` is `shared_mode`. `type_key` is the annotation for the type of the Service, `class_key`
    that for its class.
    """

    name: str
    controllers: tuple[str, ...]
    mode_key: str
    shared_mode: str
    shared_service: str
    type_key: str
    load_balancer_type: str
    class_key: str
    source: str


class GatewayKind(NamedTuple):
    """A kind of cloud load balancer that Gateways build, by `controllerName` and customary beginning of the class's name."""

    name: str
    platform: str
    product: str
    class_controllers: tuple[str, ...]
    class_prefixes: tuple[str, ...]
    source: str
    price: str | None = None
    named_by: tuple[Path, ...] = ()


class ServiceParameters(NamedTuple):
    """An object that says more about the Service of a Gateway: its kind, and where in it the Service is described.

    `annotations` is the path of the Service's annotations, by default below `service`; with `annotations_win` they come before those of
    the Gateway. At `merge` it says whether the Gateways of a class share one. `load_balancer` is what it calls the type LoadBalancer.
    The object of a Gateway replaces that of its class unless `replaces_unless` is set; None: both count. Where `is_required`, nothing is
    made without it. `patches` is the field of `service` with patches of the whole Service. `named_as` is the kind of the core group that
    a Gateway names, if that is not `kind` itself; `class_label` is the label by which such an object holds the defaults of a class.
    """

    kind: str
    service: Path
    annotations: Path | None = None
    annotations_win: bool = False
    replaces_unless: Path | None = None
    merge: Path | None = None
    load_balancer: str = DEFAULT_SERVICE_TYPE
    is_required: bool = False
    patches: str | None = None
    named_as: str | None = None
    class_label: str | None = None


class GatewayService(NamedTuple):
    """A controller (`controllerName`) in the cluster that makes a Service of type LoadBalancer for each Gateway.

    Classes in `inside_classes` make none. With `addresses_name_services`, the addresses of a Gateway may name a Service that exists;
    with `serves_addresses` the controller itself serves them. `defaults` are fields that the Service has if nothing else is said.
    """

    class_controller: str
    source: str
    parameters: ServiceParameters | None = None
    inside_classes: tuple[str, ...] = ()
    addresses_name_services: bool = False
    serves_addresses: bool = False
    type_annotation: str | None = None
    defaults: Mapping[str, str] = {}


class ServiceDescription(NamedTuple):
    """Where objects of a kind describe a Service that their controller makes: at `path`, `*` for each element of a list.

    `annotations` and `spec` are below that; without a type it is of `default_type`, and `load_balancer` is the word for that type.
    """

    kind: str
    path: tuple[str, ...]
    annotations: tuple[str, ...]
    spec: tuple[str, ...] = ()
    default_type: str = "ClusterIP"
    load_balancer: str = DEFAULT_SERVICE_TYPE


class GatewayMetadata(NamedTuple):
    """What becomes of the annotations of a Gateway: `copies` to its Service, never or unless it has `spec.infrastructure.annotations`.

    `instead` says where those of a load balancer belong. With `reads_no_ingress_keys`, the product reads its keys on Ingresses only.
    """

    class_controller: str
    copies: Literal["never", "unless-infrastructure"]
    instead: str
    source: str
    reads_no_ingress_keys: bool = False


class GatewayLabels(NamedTuple):
    """The labels by which a Service that was made for a Gateway names it; without `namespace`, the Gateway is in its own."""

    name: str
    namespace: str | None = None


class ServiceSharing(NamedTuple):
    """The annotations and fields by which Services of a platform name one load balancer or address to share."""

    annotations: tuple[str, ...] = ()
    fields: tuple[Path, ...] = ()


class ServiceProduct(NamedTuple):
    """What a Service builds (as quotas count it, empty: not known) and names of its prices, where these differ from the platform's."""

    product: str = ""
    prices: tuple[str, ...] = ()


class Refusal(NamedTuple):
    """What a controller does with backends that have no node ports where these are needed; `consequence` and `instead` are words.

    `default_is_unknown_of` are those of the class controllers whose default targets are not known.
    """

    consequence: str
    instead: str
    default_is_unknown_of: tuple[str, ...]


class Tier(NamedTuple):
    """A price for several together: the first `included` units (ports or rules) of a scope cost `base_usd`, each further one more."""

    unit: Literal["port", "rule"]
    scope: str
    included: int
    base_usd: float
    further_usd: float


class Price(NamedTuple):
    """A list price: lowest and highest US dollars for 730 hours before traffic; `basis`, `date` and `source` say whence."""

    monthly_usd: tuple[float, float]
    basis: str
    date: str
    source: str
    tier: Tier | None = None


@cache
def ingress_kinds() -> tuple[IngressKind, ...]:
    """Return the kinds of cloud load balancers that Ingresses build."""
    return tuple(map(_ingress_kind, _catalog()["ingress"]))


@cache
def ingress_services() -> tuple[IngressService, ...]:
    """Return the controllers in the cluster that make a Service of type LoadBalancer for an Ingress, or one for several."""
    return tuple(IngressService(**_tuples(row)) for row in _catalog()["ingress_services"])


def class_parameters_scheme(type_name: str) -> StatedScheme | None:
    """Return where class parameters of a kind state the scheme, and the annotation whose texts it takes; None where they do not."""
    found = (kind.class_parameters_scheme for kind in ingress_kinds() if type_name in kind.class_parameters_kinds)
    return next(filter(None, found), None)


@cache
def gateway_kinds() -> tuple[GatewayKind, ...]:
    """Return the kinds of cloud load balancers that Gateways build."""
    return tuple(GatewayKind(**_tuples(row)) for row in _catalog()["gateway"])


@cache
def gateway_services() -> tuple[GatewayService, ...]:
    """Return the controllers in the cluster that make a Service of type LoadBalancer for each Gateway, and what may change that."""
    return tuple(map(_gateway_service, _catalog()["gateway_services"]))


@cache
def described_services() -> tuple[ServiceDescription, ...]:
    """Return where objects describe Services that their controllers make: those of databases and the like, and parameters of Gateways."""
    stated = (
        ServiceDescription(**{key: value for key, value in _tuples(row).items() if key != "source"})
        for row in _catalog()["described_services"]
    )
    parameters = (_parameters_as_description(row.parameters) for row in gateway_services() if row.parameters is not None)
    return (*stated, *parameters)


@cache
def described_kinds() -> frozenset[str]:
    """Return the kinds (`Kind.group`) of the objects that describe Services."""
    return frozenset(row.kind for row in described_services())


def _parameters_as_description(described: ServiceParameters) -> ServiceDescription:
    """Return where parameters of a Gateway describe its Service: below what the paths of its fields and of its annotations share."""
    fields, annotations = described.service, described.annotations or (*described.service, "annotations")
    shared = next((n for n, pair in enumerate(zip(fields, annotations, strict=False)) if pair[0] != pair[1]), len(fields))
    word = described.load_balancer
    return ServiceDescription(described.kind, fields[:shared], annotations[shared:], fields[shared:], word, word)


@cache
def gateway_parameters_kinds() -> frozenset[str]:
    """Return the kinds (`Kind.group`) of the objects that Gateways and their classes name as parameters of the Service."""
    return frozenset(row.parameters.kind for row in gateway_services() if row.parameters is not None)


@cache
def parameters_named_as(kind: str) -> str | None:
    """Return the kind as which parameters are read that a Gateway names as a kind of the core group; None for other kinds."""
    rows = (row.parameters for row in gateway_services() if row.parameters is not None)
    return next((row.kind for row in rows if row.named_as == kind), None)


@cache
def gateway_metadata(controller: str) -> GatewayMetadata | None:
    """Return what becomes of the annotations of a Gateway, by `controllerName`; None where that is not known."""
    row = next((row for row in _catalog()["gateway_metadata"] if row["class_controller"] == controller), None)
    return GatewayMetadata(**row) if row is not None else None


@cache
def generated_services() -> tuple[GatewayLabels, ...]:
    """Return the labels by which a Service that was made for a Gateway names it."""
    return tuple(GatewayLabels(row["name"], row.get("namespace")) for row in _catalog()["generated_services"])


@cache
def service_sharing(platform: str) -> ServiceSharing:
    """Return by what Services of a platform name one load balancer or address to share; maybe nothing."""
    row: dict[str, Any] = next((row for row in _catalog()["service_sharing"] if row["platform"] == platform), {})
    return ServiceSharing(tuple(row.get("annotations", ())), tuple(map(tuple, row.get("fields", ()))))


def service_product(platform: str, owner: str | None = None, load_balancer_class: str | None = None) -> ServiceProduct:
    """Return what a Service builds, as far as it differs from the platform's other Services; `owner` is that of `graph.aws` on AWS."""
    wanted = {"owner": owner, "class": load_balancer_class}
    rows = (row for row in _catalog()["service_products"] if row["platform"] == platform)
    row: dict[str, Any] = next((row for row in rows if all(row.get(field) in (None, value) for field, value in wanted.items())), {})
    return ServiceProduct(row.get("product", ""), tuple(row.get("prices", ())))


def target_group_bindings() -> tuple[str, ...]:
    """Return the kinds that bind a Service to a target group made elsewhere (`targetType: instance` means node ports)."""
    return tuple(_catalog()["target_group_bindings"])


def refusal_without_node_ports(controllers: Sequence[str]) -> Refusal | None:
    """Return what controllers (ids) do with backends that have no node ports where these are needed; None where they take them."""
    wanted = set(controllers)
    row = next((row for row in _catalog()["without_node_ports"] if wanted & set(row["controllers"])), None)
    return Refusal(row["consequence"], row["instead"], _class_controllers(row["default_is_unknown_of"])) if row is not None else None


def actions_prefix() -> str:
    """Return the prefix of the annotations that hold actions which Ingress backends name with the port `use-annotation`."""
    prefix: str = _catalog()["actions_prefix"]
    return prefix


def own_address() -> Mapping[str, Any]:
    """Return which annotation names an address of which each port belongs to one Ingress, by `own_address` of the catalog."""
    row: Mapping[str, Any] = _catalog()["own_address"]
    return row


def group_order() -> str:
    """Return the annotation with the place of an Ingress in its group, a whole number of -1000 to 1000 (0 without it)."""
    key: str = _catalog()["group_order"]
    return key


def priced_platforms() -> tuple[str, ...]:
    """Return the platforms whose Services have a known price."""
    return tuple(_prices()["services"])


def prices_of_services(platform: str) -> tuple[str, ...]:
    """Return the names of the prices that a Service of type LoadBalancer may have on a platform, none where they are unknown."""
    return tuple(_prices()["services"].get(platform, ()))


@cache
def price(name: str) -> Price | None:
    """Return a list price, or None when unknown."""
    row = _prices()["prices"].get(name)
    if row is None:
        return None
    tier = Tier(**row["tier"]) if "tier" in row else None
    lowest, highest = row["monthly_usd"]
    return Price((lowest, highest), row["basis"], row["date"], row["source"], tier)


def _ingress_kind(row: Mapping[str, Any]) -> IngressKind:
    fields = _tuples(row)
    if "class_parameters_scheme" in row:
        stated = row["class_parameters_scheme"]
        fields["class_parameters_scheme"] = StatedScheme(tuple(stated["path"]), stated["like"])
    if "needs_node_port" in row:
        fields["needs_node_port"] = _node_port_need(row["needs_node_port"])
    if "forwarding_rules" in row:
        rules = row["forwarding_rules"]
        fields["forwarding_rules"] = ForwardingRules(rules["no_http_key"], tuple(rules["no_http_values"]), tuple(rules["https_keys"]))
    return IngressKind(**fields)


def _node_port_need(row: Mapping[str, Any]) -> NodePortNeed:
    by_class = row.get("unless_class_parameter")
    stated = {name: AnnotationValue(**row[name]) for name in ("unless_service_annotation", "unless_annotation") if name in row}
    return NodePortNeed(
        row["why"],
        ParameterValue(tuple(by_class["path"]), by_class["value"]) if by_class else None,
        service_annotations=tuple(row.get("service_annotations", ())),
        service_labels=tuple((label["key"], label["value"]) for label in row.get("service_labels", ())),
        **stated,
    )


def _gateway_service(row: Mapping[str, Any]) -> GatewayService:
    fields = _tuples(row)
    described = row.get("parameters")
    if described is not None:
        fields["parameters"] = ServiceParameters(**_tuples(described))
    return GatewayService(**fields)


def _class_controllers(ids: Sequence[str]) -> tuple[str, ...]:
    """Return what the IngressClasses of controllers name as `spec.controller`."""
    entries = controller_list()["controllers"]
    return tuple(name for one in ids for name in entries[one].get("ingress", {}).get("controller_strings", ()))


def _tuples(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a row, with lists (also those in lists) as tuples."""
    return {name: _tuple(value) if isinstance(value, list) else value for name, value in row.items()}


def _tuple(values: list[Any]) -> tuple[Any, ...]:
    return tuple(_tuple(value) if isinstance(value, list) else value for value in values)


@cache
def _catalog() -> dict[str, Any]:
    catalog: dict[str, Any] = read_json("catalogs", "load-balancers.json")
    return catalog


@cache
def _prices() -> dict[str, Any]:
    prices: dict[str, Any] = read_json("catalogs", "prices.json")
    return prices
