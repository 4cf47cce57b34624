"""The controllers of Services, Ingresses and Gateways: classes, defaults, and how they are recognised; `catalogs/controllers.json`.

It is the one list of them: every other catalog names a controller by its id here.
"""

from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from typing import Any, Literal, TypeAlias

from k8slblint.catalog.annotations import Source
from k8slblint.catalog.controller_list import controller_list
from k8slblint.catalog.images import originals_of, repository_of
from k8slblint.catalog.ingress import ANY_CONTROLLER
from k8slblint.catalog.ingress import Controller as IngressProduct
from k8slblint.catalog.ingress import controllers as ingress_products
from k8slblint.catalog.wildcards import fits
from k8slblint.model.records import NamedTuple

DefaultExposure: TypeAlias = Literal["internet", "internal", "pool", "nodes", "private", "none", "unknown"]
"""What a load balancer is without any word about it: internet-facing, internal, as its pool of addresses, as the nodes, reachable
in a private network of its own only, no load balancer at all, or not known."""

Targets: TypeAlias = Literal["node-ports", "nodes", "target-type", "pods", "vip", "host-ports", "proxy", "unknown"]
"""Where the traffic goes: to node ports, to nodes under the service address (without node ports), to what an annotation says, to Pods,
to nodes that announce the address, to ports of the nodes, to a proxy in the cluster, or not known."""


SettingName: TypeAlias = Literal[
    "default-exposure",
    "serves",
    "class",
    "annotation-validation",
    "annotations-prefix",
    "snippets",
    "risk-level",
    "webhook",
    "webhook-off",
    "catch-all-off",
    "strict-paths",
    "forbidden-words",
    "class-annotation-off",
    "group-annotation-off",
    "foreign-provider",
    "plus",
    "cross-namespace",
    "default-certificate",
    "ssl-redirect",
    "hsts",
    "whitelist-source-range",
    "denylist-source-range",
    "block-cidrs",
    "global-auth-url",
    "enable-modsecurity",
    "force-ssl-redirect",
    "custom-http-errors",
    "proxy-body-size",
    "proxy-read-timeout",
    "ssl-protocols",
    "use-proxy-protocol",
    "add-headers",
    "http-snippet",
    "location-snippet",
    "server-snippet",
]
"""What a setting decides; from `ssl-redirect` on they are those of ingress-nginx for all Ingresses, by their own names."""


class LoadBalancerClass(NamedTuple):
    """A value of `spec.loadBalancerClass`; `exposure` is None where something else decides about it."""

    name: str
    controller: str
    exposure: DefaultExposure | None = None


class ServiceSide(NamedTuple):
    """How a controller serves Services; `without_class` tells whether also those without a class (`by-annotation`: if they ask for it).

    `moves_with_address_field` tells that a changed `spec.loadBalancerIP` moves a load balancer to the new address.
    """

    without_class: bool | Literal["by-annotation"]
    default_exposure: DefaultExposure
    targets: Targets
    classes: tuple[LoadBalancerClass, ...] = ()
    moves_with_address_field: bool = False


class ParametersScheme(NamedTuple):
    """Where the parameters of a class or a Gateway state the scheme (`path`), in the texts of the annotation `like`.

    Those of the class win, unless they say `gateway_wins[1]` at the path `gateway_wins[0]`.
    """

    path: tuple[str, ...]
    like: str
    gateway_wins: tuple[tuple[str, ...], str]


class BackendReading(NamedTuple):
    """How a controller reads the backends of routes, where that differs from others.

    `reads_grants`: it asks for a ReferenceGrant where a route refers to another namespace. `reads_core`: it reads `core` as the name of the
    core group, None where that was not looked up. `infers_tls`: it speaks TLS to port 443 and to ports whose name begins with `https`.
    `any_ca_key`: of CA certificates it reads any key where `ca.crt` is missing. `section_by_number`: it reads the number of a port as the
    section of a policy, which is the name of one. `port_reason` is the reason of ResolvedRefs for a port that a Service lacks, for which
    the API has none. `answers_by` names what else than a filter may answer requests of a rule without backends: annotations of the route,
    or its policies (`policy`). `tls_kinds` (`Kind.group`) may have it speak TLS to a Service.
    """

    reads_grants: bool = True
    reads_core: bool | None = None
    infers_tls: bool = False
    any_ca_key: bool = False
    section_by_number: bool = False
    port_reason: Literal["BackendNotFound", "PortNotFound"] | None = None
    answers_by: tuple[str, ...] = ()
    tls_kinds: tuple[str, ...] = ()


class GatewaySide(NamedTuple):
    """A value of `GatewayClass.spec.controllerName`, and customary names of its classes; `internal_classes` build internal ones.

    `inside_only` marks Gateways that are no entry point from outside. `policy_groups` are the API groups of its own objects,
    `policies` their kinds, `generated_labels` the labels of the workloads that it makes for a Gateway.
    `backends` is how it reads the backends of routes.
    """

    controller: str
    status: Literal["active", "experimental", "superseded", "old"]
    class_names: tuple[str, ...] = ()
    internal_classes: tuple[str, ...] = ()
    default_exposure: DefaultExposure | None = None
    inside_only: bool = False
    parameters_scheme: ParametersScheme | None = None
    policy_groups: tuple[str, ...] = ()
    policies: tuple[str, ...] = ()
    generated_labels: tuple[str, ...] = ()
    backends: BackendReading = BackendReading()
    note: str | None = None


class ControllerSetting(NamedTuple):
    """Something that decides how a controller behaves, and where its installation states it.

    `sets` is the exposure without any annotation, whether it serves Services at all, the only class that it serves, the name of its
    IngressClass; or, of annotations of an Ingress: whether they are validated, how they begin, whether snippets are read, up to which risk
    they are, and what a webhook refuses. It is stated by an `argument` or a `variable` of its workload, in the values of its chart (at
    `value`), or in a `field` of an object of `kind`. `means` says what each text means; where it is empty, the text counts as it is.
    """

    sets: SettingName
    argument: str | None = None
    variable: str | None = None
    value: tuple[str, ...] = ()
    kind: str | None = None
    field: tuple[str, ...] = ()
    means: Mapping[str, str] = {}


class ChartClass(NamedTuple):
    """The IngressClass that the chart of a controller makes: the values that say its name, whether it is there, and the default one.

    Without a value its name is `default_name`, `""` for that of the release. From version `on_since` on there is one, and it is the
    default one, without a value too; None: there always is one, and it is the default one where a value says so.
    """

    name: tuple[str, ...]
    is_default: tuple[str, ...] = ()
    enabled: tuple[str, ...] = ()
    default_name: str = ""
    on_since: str | None = None


class Controller(NamedTuple):
    """A controller: `ingress` is its entry in the Ingress catalog, for what concerns Ingresses, or None.

    `configured_by` are API groups, or kinds (`Kind.group`), whose objects only it reads; `charts` are names of Helm charts.
    `runs_in_cluster` is None where that depends on the offer; `proxies_outside` tells that it sets up an appliance outside the cluster,
    `service_label_prefixes` by which labels it finds the Services for that.
    `images` are repositories (`*` is a wildcard), `workload_labels`
    labels of its own workloads in its manifests or charts (one of them may do). `status_since` is a month (`2026-03`).
    `confidence` is None for what was read in code or documentation; `unverified` names fields (`images`, `targets`,
    `workload_labels`) that were not compared with a source: no finding may rest on them alone.
    """

    id: str
    name: str
    vendor: str
    status: Literal["active", "quiet", "retiring", "superseded", "retired"]
    sources: tuple[Source, ...]
    status_since: str | None = None
    platform: str | None = None
    service: ServiceSide | None = None
    gateway: tuple[GatewaySide, ...] = ()
    ingress: IngressProduct | None = None
    ingress_default_exposure: DefaultExposure | None = None
    annotation_prefixes: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    workload_labels: Mapping[str, str] = {}
    configured_by: tuple[str, ...] = ()
    charts: tuple[str, ...] = ()
    chart_class: ChartClass | None = None
    settings: tuple[ControllerSetting, ...] = ()
    runs_in_cluster: bool | None = None
    proxies_outside: bool = False
    service_label_prefixes: tuple[str, ...] = ()
    confidence: Literal["medium", "low"] | None = None
    unverified: tuple[str, ...] = ()
    note: str | None = None

    @property
    def serves(self) -> tuple[str, ...]:
        """The kinds that it builds something for, of `Service`, `Ingress` and `Gateway`."""
        sides = {"Service": self.service, "Ingress": self.ingress is not None and self.ingress.routes, "Gateway": self.gateway}
        return tuple(kind for kind, side in sides.items() if side)


class Ambiguity(NamedTuple):
    """A class name, prefix or key that several controllers read; `decided_by` says what tells them apart, the surest first."""

    what: Literal["class-name", "prefix", "key"]
    name: str
    readers: tuple[str, ...]
    decided_by: tuple[str, ...]


@cache
def controllers() -> dict[str, Controller]:
    """Return every controller by its id; what stands for any of them is left out."""
    products = ingress_products()
    return {name: _controller(name, raw, products.get(name)) for name, raw in _entries().items() if name != ANY_CONTROLLER}


@cache
def classes() -> dict[str, LoadBalancerClass]:
    """Return every known value of `spec.loadBalancerClass`; only `catalogs/controllers.json` is read."""
    return {
        row["class"]: LoadBalancerClass(row["class"], name, row.get("exposure"))
        for name, raw in _entries().items()
        for row in raw.get("service", {}).get("classes", ())
    }


def default_exposure(owner: str, load_balancer_class: str | None = None) -> DefaultExposure:
    """Return what a Service of a controller gets when no annotation says anything about exposure."""
    known = classes().get(load_balancer_class) if load_balancer_class is not None else None
    if known is not None and known.controller == owner and known.exposure is not None:
        return known.exposure
    service = _entries().get(owner, {}).get("service", {})
    found: DefaultExposure = service.get("default_exposure", "unknown")
    return found


@cache
def gateway_controllers() -> dict[str, tuple[str, GatewaySide]]:
    """Return every known `GatewayClass.spec.controllerName`, with the id of its controller and what is known of it."""
    return {row["controller"]: (name, _gateway(row)) for name, raw in _entries().items() for row in raw.get("gateway", ())}


def gateway_controllers_of_class_name(name: str) -> tuple[str, ...]:
    """Return the `controllerName`s whose class customarily has this name."""
    return tuple(controller for controller, (_, side) in gateway_controllers().items() if name in side.class_names)


def exposure_of_gateway_class(controller: str, class_name: str) -> DefaultExposure:
    """Return what a Gateway of a class gets when nothing else is said, by `controllerName` and the name of the class.

    `unknown` where the controller leaves that to a Service of its own, as most in-cluster controllers do.
    """
    _, side = gateway_controllers().get(controller, ("", None))
    if side is None:
        return "unknown"
    if side.inside_only:
        return "none"
    if side.internal_classes and class_name in side.class_names:
        return "internal" if class_name in side.internal_classes else "internet"
    return side.default_exposure or "unknown"


@cache
def controllers_configured_by() -> dict[str, str]:
    """Return, by API group or kind (`Kind.group`), the id of the controller that alone reads such objects."""
    return {name: own for own, raw in _entries().items() for name in raw.get("configured_by", ())}


@cache
def backend_tls_kinds() -> frozenset[str]:
    """Return the kinds (`Kind.group`) that may have a controller of Gateways speak TLS to a Service."""
    rows = (row for raw in _entries().values() for row in raw.get("gateway", ()))
    return frozenset(kind for row in rows for kind in row.get("backends", {}).get("tls_kinds", ()))


@cache
def service_controllers(platform: str) -> tuple[str, ...]:
    """Return the ids of the controllers that a platform brings along for Services without a class, the usual one first."""
    sides = ((name, raw["service"]) for name, raw in _entries().items() if raw.get("platform") == platform and "service" in raw)
    return tuple(name for name, side in sides if side["without_class"] and not side.get("installed_apart"))


@cache
def kinds_with_settings() -> frozenset[str]:
    """Return the kinds (`Kind.group`) of the objects in which a controller's settings are stated."""
    return frozenset(row["kind"] for raw in _entries().values() for row in raw.get("settings", ()) if "kind" in row)


@cache
def controllers_of_chart(chart: str) -> tuple[str, ...]:
    """Return the ids of the controllers that a Helm chart of this name installs."""
    return tuple(name for name, raw in _entries().items() if chart in raw.get("charts", ()))


def release_of_chart(controller: str, version: str) -> str | None:
    """Return the release of a controller (`1.12.1`) that a version of its chart installs; None where that is not known."""
    found: str | None = _entries()[controller].get("chart_releases", {}).get("versions", {}).get(version.removeprefix("v"))
    return found


@cache
def controllers_with_setting(name: SettingName) -> tuple[str, ...]:
    """Return the ids of the controllers whose installation may set something."""
    return tuple(own for own, raw in _entries().items() if any(row["sets"] == name for row in raw.get("settings", ())))


def has_setting(controller: str, name: SettingName) -> bool:
    """Tell whether an installation of a controller may set something."""
    return controller in controllers_with_setting(name)


@cache
def ambiguities() -> tuple[Ambiguity, ...]:
    """Return the names, prefixes and keys that several controllers read."""
    return tuple(
        Ambiguity(row["what"], row["name"], tuple(row["readers"]), tuple(row["decided_by"])) for row in controller_list()["ambiguous"]
    )


@lru_cache(maxsize=1024)
def controllers_of_image(image: str) -> tuple[str, ...]:
    """Return the ids of the controllers that run from an image, whatever its tag, digest and registry mirror; several for shared images.

    Images of proxies and agents that run without their controller tell nothing, and are left out.
    """
    path = repository_of(image)
    names = frozenset(originals_of(path))
    if not names.isdisjoint(controller_list()["data_plane_images"]):
        return ()
    images = _images()
    found = {own for name in names for own in images.named.get(name, ())}
    found.update(own for pattern, own in images.patterns if fits(path, pattern))
    return tuple(own for own in controllers() if own in found) if found else ()


class _Images(NamedTuple):
    """The ids of controllers by repository, and with each pattern for repositories."""

    named: dict[str, list[str]]
    patterns: list[tuple[str, str]]


@cache
def _images() -> _Images:
    images = _Images({}, [])
    for known in controllers().values():
        for path in map(repository_of, known.images):
            if "*" in path:
                images.patterns.append((path, known.id))
            else:
                images.named.setdefault(path, []).append(known.id)
    return images


def _controller(name: str, raw: Mapping[str, Any], product: IngressProduct | None) -> Controller:
    return Controller(
        id=name,
        name=raw["name"],
        vendor=raw["vendor"],
        status=raw["status"],
        sources=tuple(Source(row["text"], row["date"]) for row in raw["sources"]),
        status_since=raw.get("status_since"),
        platform=raw.get("platform"),
        service=_service(name, raw["service"]) if "service" in raw else None,
        gateway=tuple(_gateway(row) for row in raw.get("gateway", ())),
        ingress=product,
        ingress_default_exposure=raw.get("ingress", {}).get("default_exposure"),
        annotation_prefixes=_texts(raw.get("annotation_prefixes", ())),
        images=_texts(raw.get("images", ())),
        workload_labels=raw.get("workload_labels", {}),
        configured_by=_texts(raw.get("configured_by", ())),
        charts=_texts(raw.get("charts", ())),
        chart_class=ChartClass(**_fields(raw["chart_class"])) if "chart_class" in raw else None,
        settings=tuple(ControllerSetting(**_fields(one)) for one in raw.get("settings", ())),
        runs_in_cluster=raw.get("runs_in_cluster"),
        proxies_outside=raw.get("proxies_outside", False),
        service_label_prefixes=_texts(raw.get("service_label_prefixes", ())),
        confidence=raw.get("confidence"),
        unverified=_texts(raw.get("unverified", ())),
        note=raw.get("note"),
    )


def _fields(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in raw.items() if name != "source"}


def _service(name: str, raw: Mapping[str, Any]) -> ServiceSide:
    own = tuple(LoadBalancerClass(row["class"], name, row.get("exposure")) for row in raw.get("classes", ()))
    moves = bool(raw.get("moves_with_address_field"))
    return ServiceSide(raw["without_class"], raw["default_exposure"], raw["targets"], own, moves)


def _gateway(raw: Mapping[str, Any]) -> GatewaySide:
    texts = ("class_names", "internal_classes", "policy_groups", "policies", "generated_labels")
    return GatewaySide(
        controller=raw["controller"],
        status=raw["status"],
        default_exposure=raw.get("default_exposure"),
        inside_only=raw.get("inside_only", False),
        backends=_backends(raw.get("backends", {})),
        parameters_scheme=_parameters_scheme(raw["parameters_scheme"]) if "parameters_scheme" in raw else None,
        note=raw.get("note"),
        **{field: _texts(raw.get(field, ())) for field in texts},
    )


def _backends(raw: Mapping[str, Any]) -> BackendReading:
    fields: dict[str, Any] = {
        field: tuple(value) if isinstance(value, list) else value for field, value in raw.items() if field != "source"
    }
    return BackendReading(**fields)


def _parameters_scheme(raw: Mapping[str, Any]) -> ParametersScheme:
    wins = raw["gateway_wins"]
    return ParametersScheme(_texts(raw["path"]), raw["like"], (_texts(wins["path"]), wins["value"]))


def _texts(values: Sequence[str]) -> tuple[str, ...]:
    return tuple(values)


def _entries() -> Mapping[str, Mapping[str, Any]]:
    entries: dict[str, dict[str, Any]] = controller_list()["controllers"]
    return entries
