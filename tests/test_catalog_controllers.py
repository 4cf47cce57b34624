"""The catalogs of controllers, prices and quotas: well formed, in agreement with the other catalogs, and read on demand."""

import json
import re
import subprocess
import sys
from functools import cache
from typing import Any

import pytest

from k8slblint.catalog import controllers as catalog
from k8slblint.catalog import ingress, load_balancers, platforms, services
from k8slblint.catalog.quotas import quota, quotas
from k8slblint.shipped import catalogs_folder
from tests.builders import resource

ENTRIES = list(catalog.controllers().values())


@cache
def read(name: str) -> dict[str, Any]:
    data: dict[str, Any] = json.loads((catalogs_folder() / name).read_text(encoding="utf-8"))
    return data


def test_every_controller_of_services_ingresses_and_gateways_is_there() -> None:
    routing = {name for name, known in ingress.controllers().items() if known.routes and known.controller_strings}
    assert routing <= set(catalog.controllers())
    assert len(catalog.gateway_controllers()) == 31
    assert sum("Service" in known.serves for known in ENTRIES) >= 28


def test_every_reader_of_an_annotation_is_a_controller() -> None:
    entries = [annotation for name in services.files() for annotation in services.entries_of(name)]
    named = {reader for annotation in entries for reader in (*annotation.readers, *annotation.not_read_by, *annotation.exposure)}
    assert named - set(catalog.controllers()) == {services.ANY_READER}


def test_every_prefix_of_the_service_catalog_belongs_to_a_controller() -> None:
    prefixes = tuple(prefix for known in ENTRIES for prefix in known.annotation_prefixes)
    for name in services.files():
        for annotation in services.entries_of(name):
            if annotation.kinds == ("Service",) and services.ANY_READER not in annotation.readers and not annotation.written_by_controller:
                served = [catalog.controllers()[reader] for reader in annotation.readers]
                assert annotation.key.startswith(prefixes) or any(known.service is None for known in served) or name in LONE_KEYS


LONE_KEYS = {"alibaba", "tencent", "digitalocean", "gcp", "cilium"}
"""Files with Service keys that stand alone under a prefix of Kubernetes, which nobody owns as a whole."""


def test_platforms_are_known_ones() -> None:
    assert {known.platform for known in ENTRIES if known.platform} - set(platforms.platform_names()) <= {"baidu", "civo"}


def test_classes_agree_with_the_catalogs_of_platforms() -> None:
    for name, known in catalog.classes().items():
        told = platforms.platform_of_resource(
            resource(f"apiVersion: v1\nkind: Service\nmetadata: {{name: web}}\nspec: {{loadBalancerClass: {name}}}\n")
        )
        assert told is None or catalog.controllers()[known.controller].platform in (told[0], None), name
    for row in read("platforms.json")["platforms"]:
        assert set(row.get("controllers", ())) <= set(catalog.controllers()), row["name"]


@pytest.mark.parametrize(
    ("name", "controller", "exposure"),
    [
        ("service.k8s.aws/nlb", "aws-lbc", None),
        ("networking.gke.io/l4-regional-internal", "gke-l4", "internal"),
        ("networking.gke.io/l4-regional-external-legacy", "gcp-ccm", "internet"),
        ("networking.gke.io/standalone-passthrough-lb-neg", "gke-neg", "none"),
        ("io.cilium/node", "cilium-node-ipam", None),
        ("tailscale", "tailscale", "private"),
    ],
)
def test_a_class_names_its_controller(name: str, controller: str, exposure: str | None) -> None:
    found = catalog.classes()[name]
    assert (found.controller, found.exposure) == (controller, exposure)


@pytest.mark.parametrize(
    ("owner", "load_balancer_class", "expected"),
    [
        ("aws-ccm", None, "internet"),
        ("aws-lbc", "service.k8s.aws/nlb", "internal"),
        ("gke-l4", "networking.gke.io/l4-regional-internal", "internal"),
        ("gke-l4", None, "internet"),
        ("metallb", "example.com/lb", "pool"),
        ("nobody", None, "unknown"),
        ("ingress-nginx", None, "unknown"),
    ],
)
def test_default_exposure(owner: str, load_balancer_class: str | None, expected: str) -> None:
    assert catalog.default_exposure(owner, load_balancer_class) == expected


def test_aws_has_the_same_defaults_in_both_catalogs() -> None:
    aws = read("aws.json")
    for aws_name, owner in (("ccm-nlb", "aws-ccm"), ("lbc", "aws-lbc"), ("eks-auto-mode", "eks-auto")):
        default = aws["exposure"][aws["owners"][aws_name]["exposure"]]["default"]
        assert {"internet-facing": "internet", "internal": "internal"}[default] == catalog.default_exposure(owner)


def test_whoever_has_a_choice_of_exposure_has_a_default() -> None:
    for known in ENTRIES:
        if services.exposure_keys(known.id) and known.service is not None:
            assert known.service.default_exposure in ("internet", "internal") or known.id == "baidu-ccm", known.id


def test_gateway_controllers_and_their_customary_classes() -> None:
    name, side = catalog.gateway_controllers()["networking.gke.io/gateway"]
    assert name == "gke-gateway"
    assert set(side.internal_classes) < set(side.class_names)
    assert catalog.gateway_controllers()["istio.io/mesh-controller"][1].inside_only
    assert catalog.gateway_controllers_of_class_name("nginx") == ("gateway.nginx.org/nginx-gateway-controller",)
    assert catalog.gateway_controllers_of_class_name("mine") == ()


@pytest.mark.parametrize(
    ("controller", "class_name", "expected"),
    [
        ("networking.gke.io/gateway", "gke-l7-rilb", "internal"),
        ("networking.gke.io/gateway", "gke-l7-gxlb", "internet"),
        ("networking.gke.io/gateway", "gke-l7-of-tomorrow", "unknown"),
        ("gateway.k8s.aws/nlb", "mine", "internal"),
        ("istio.io/mesh-controller", "istio-waypoint", "none"),
        ("istio.io/gateway-controller", "istio", "unknown"),
        ("example.com/mine", "mine", "unknown"),
    ],
)
def test_exposure_of_a_gateway_class(controller: str, class_name: str, expected: str) -> None:
    assert catalog.exposure_of_gateway_class(controller, class_name) == expected


def test_ambiguities_name_known_controllers_and_things() -> None:
    for ambiguity in catalog.ambiguities():
        assert set(ambiguity.readers) <= set(catalog.controllers()), ambiguity
        assert len(ambiguity.readers) > 1
    shared = {(ambiguity.what, ambiguity.name) for ambiguity in catalog.ambiguities()}
    assert ("prefix", "alb.ingress.kubernetes.io/") in shared
    assert ("class-name", "nginx") in shared


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("quay.io/metallb/controller:v0.15.2", ("metallb",)),
        ("registry.example.com:5000/quay.io/metallb/controller@sha256:0123", ("metallb",)),
        ("hetznercloud/hcloud-cloud-controller-manager", ("hcloud-ccm",)),
        ("602401143452.dkr.ecr.eu-west-1.amazonaws.com/amazon/aws-load-balancer-controller:v3.0.0", ("aws-lbc",)),
        ("docker.io/library/traefik:v3.7", ("traefik", "traefik-nginx")),
        ("example.com/mytraefik:1", ()),
        ("envoyproxy/envoy:v1.38.0", ()),
        ("istio/proxyv2", ()),
        ("", ()),
        (":", ()),
        ("@", ()),
        ("/", ()),
    ],
)
def test_an_image_names_its_controllers_whatever_the_mirror_and_tag(image: str, expected: tuple[str, ...]) -> None:
    assert catalog.controllers_of_image(image) == expected


def test_every_image_leads_to_its_controller() -> None:
    left_out = tuple(read("controllers.json")["data_plane_images"])
    for known in ENTRIES:
        for image in known.images:
            if not image.endswith(left_out) and "*" not in image:
                assert known.id in catalog.controllers_of_image(image), image


def test_prices_are_ranges_and_platforms_name_known_ones() -> None:
    prices = read("prices.json")
    for entry in prices["prices"].values():
        assert entry["monthly_usd"] == sorted(entry["monthly_usd"])
    assert set(prices["services"]) <= set(platforms.platform_names())
    assert {name for names in prices["services"].values() for name in names} <= set(prices["prices"])
    for kind in (*load_balancers.ingress_kinds(), *load_balancers.gateway_kinds()):
        assert kind.price in (None, *prices["prices"])


def test_unknown_prices_stay_unknown() -> None:
    assert load_balancers.prices_of_services("hetzner") == ()
    assert load_balancers.price("hetzner") is None


def test_a_tier_spans_the_range_of_its_price() -> None:
    tiers = [entry for entry in read("prices.json")["prices"].values() if "tier" in entry]
    assert tiers
    for entry in tiers:
        assert entry["tier"]["further_usd"] < entry["tier"]["base_usd"] == entry["monthly_usd"][1]


def test_products_of_services_name_known_prices_and_platforms() -> None:
    facts = read("load-balancers.json")
    for row in facts["service_products"]:
        assert row["platform"] in platforms.platform_names()
        assert set(row.get("prices", ())) <= set(read("prices.json")["prices"])
    assert {row["platform"] for row in facts["service_sharing"]} <= set(platforms.platform_names())
    for row in facts["service_sharing"]:
        assert all(services.prefix_of(key) for key in row["annotations"])


def test_who_makes_services_for_gateways_is_a_known_controller() -> None:
    assert {row.class_controller for row in load_balancers.gateway_services()} <= set(catalog.gateway_controllers())


def test_kinds_of_load_balancers_name_controllers_of_the_list() -> None:
    facts = read("load-balancers.json")
    named = {name for part in ("ingress", "ingress_services", "without_node_ports") for row in facts[part] for name in row["controllers"]}
    assert named <= set(catalog.controllers())
    classes = {name for kind in load_balancers.gateway_kinds() for name in kind.class_controllers}
    assert classes <= set(catalog.gateway_controllers())


def test_owners_on_aws_and_edge_proxies_are_controllers_of_the_list() -> None:
    assert {row["controller"] for row in read("aws.json")["owners"].values()} <= set(catalog.controllers())
    assert {row["controller"] for row in read("controllers.json")["edge_proxies"]} <= set(catalog.controllers())


def test_quotas() -> None:
    found = quota("eks", "NLB", "region")
    assert found is not None
    assert (found.limit, found.is_adjustable) == (50, True)
    unknown = quota("digitalocean", "load balancer", "account")
    assert unknown is not None
    assert unknown.limit is None
    assert quota("eks", "load balancer", "moon") is None
    assert {known.vendor for known in quotas("hetzner")} == {"Hetzner"}
    assert quotas("bare-metal") == ()
    names = [(row["platform"], row["of"], row["per"]) for row in read("quotas.json")["quotas"]]
    assert len(names) == len(set(names))
    assert {platform for platform, _, _ in names} <= set(platforms.platform_names())


def test_dates_do_not_lie_behind_the_day_of_the_file() -> None:
    for name in ("controllers.json", "quotas.json"):
        text = (catalogs_folder() / name).read_text(encoding="utf-8")
        assert max(re.findall(r'"date": "([0-9-]+)"', text)) <= read(name)["as_of"]


def test_asking_for_a_class_reads_one_file() -> None:
    code = (
        "from k8slblint import shipped\n"
        "opened = []\n"
        "real = shipped.read_json\n"
        "shipped.read_json = lambda *names: (opened.append(names[-1]), real(*names))[1]\n"
        "from k8slblint.catalog import controllers\n"
        "print(opened)\n"
        "controllers.classes(), controllers.default_exposure('aws-lbc'), controllers.gateway_controllers()\n"
        "print(opened)\n"
    )
    output = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert output.splitlines() == ["[]", "['controllers.json']"]
