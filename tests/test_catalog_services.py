"""What annotations do to load balancers: every key leads to its entry, values are read as controllers read them."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import k8slblint
from k8slblint.catalog import services as catalog
from k8slblint.catalog.annotation_values import Doubtful, Invalid, Valid, ValueShape, read_value
from k8slblint.catalog.annotations import index

ENTRIES = [annotation for name in catalog.files() for annotation in catalog.entries_of(name)]
BETA = "service.beta.kubernetes.io/"


def named(key: str) -> catalog.ServiceAnnotation:
    found = catalog.find(key)
    assert found is not None, key
    return found


def test_all_entries_are_there_and_none_twice() -> None:
    keys = [annotation.key for annotation in ENTRIES]
    assert len(keys) == len(set(keys)) >= 717


def test_every_key_leads_to_its_entry() -> None:
    for annotation in ENTRIES:
        if annotation.pattern is None:
            assert catalog.find(annotation.key) == annotation


@pytest.mark.parametrize("annotation", [entry for entry in ENTRIES if entry.pattern], ids=lambda entry: entry.key)
def test_a_family_is_found_by_its_members(annotation: catalog.ServiceAnnotation) -> None:
    values = {"protocol": "http", "Protocol": "HTTPS" if annotation.key.startswith("alb.") else "TCP", "port": "80", "Port": "443"}
    key = re.sub(r"\{(\w+)\}", lambda match: values.get(match[1], "name"), annotation.key)
    assert catalog.find(key) == annotation


def test_aliases_agree_in_both_directions() -> None:
    for annotation in ENTRIES:
        for alias in annotation.aliases:
            found = named(alias)
            assert (found.alias_of or found.key) == annotation.key
        if annotation.alias_of is not None:
            canonical = named(annotation.alias_of)
            assert annotation.key in canonical.aliases
            assert (annotation.readers, annotation.value, annotation.change.effect, annotation.decides) == (
                canonical.readers,
                canonical.value,
                canonical.change.effect,
                canonical.decides,
            )


def test_replacements_exist_and_are_not_deprecated_themselves() -> None:
    for annotation in ENTRIES:
        instead = annotation.replaced_by
        if instead is not None and instead.key is not None:
            assert named(instead.key).status == "current", annotation.key
        if instead is not None and instead.field is not None:
            assert instead.field.startswith("spec.")


FIELDS = [field for reader in index().fields for field in catalog.fields_of(reader)]
RELATIONS = [(one.key, relation) for one in ENTRIES for relation in one.relations]
RELATIONS += [(one.field, relation) for one in FIELDS for relation in one.relations]


def _settings(relation: catalog.Relation) -> list[tuple[str, tuple[str, ...]]]:
    """The settings that a relation names, each with the texts that it may have."""
    others = [(relation.other, (*relation.values, *filter(None, [relation.value])))] if relation.other else []
    return others + [(term.at, term.texts) for term in relation.when]


def test_relations_name_known_settings_and_values() -> None:
    for name, relation in RELATIONS:
        for other, texts in _settings(relation):
            if "/" in other:
                entry = next((one for one in ENTRIES if one.key == other), None)
                assert entry is not None, name
                assert entry.value.type == "map" or all(isinstance(catalog.parse_value(entry, text), Valid) for text in texts), name


def test_keys_that_exclude_each_other_both_say_so() -> None:
    for annotation in ENTRIES:
        for relation in annotation.relations:
            if relation.kind in ("refused-together", "unreliable-together", "must-be-equal", "disjoint") and "/" in relation.other:
                assert any(back.other == annotation.key and back.kind == relation.kind for back in named(relation.other).relations)


def test_what_a_relation_has_of_its_own_is_a_value_of_the_key_and_its_readers_read_it() -> None:
    for annotation in ENTRIES:
        for relation in annotation.relations:
            assert set(relation.readers) <= set(annotation.readers), annotation.key
            if annotation.value.type not in ("map", "list"):
                assert all(isinstance(catalog.parse_value(annotation, text), Valid) for text in relation.own), annotation.key
            if relation.part is not None:
                assert f"{{{relation.part}}}" in annotation.key


def test_relations_have_what_their_kind_needs() -> None:
    for name, relation in RELATIONS:
        assert (relation.limit is not None) == (relation.kind == "product-below"), name
        assert relation.kind != "excludes" or relation.own or relation.when or name.startswith("spec."), name
        assert relation.effect != "refused" or relation.kind not in ("requires", "overridden-by", "overrides"), name


def test_the_parts_of_a_family_s_key() -> None:
    key = f"{BETA}port_8443_health-probe_interval"
    assert catalog.parts_of_key(named(key), key) == {"port": "8443"}
    key = f"{BETA}aws-load-balancer-listener-attributes.TCP-80"
    assert catalog.parts_of_key(named(key), key) == {"Protocol": "TCP", "Port": "80"}
    key = f"{BETA}aws-load-balancer-scheme"
    assert catalog.parts_of_key(named(key), key) == {}


def test_a_default_that_is_a_plain_value_is_read() -> None:
    for annotation in ENTRIES:
        default = annotation.default
        if default is not None and " " not in default and annotation.value.type != "json":
            assert isinstance(catalog.parse_value(annotation, default), Valid), (annotation.key, default)


def test_every_choice_and_every_bound_is_valid() -> None:
    for annotation in ENTRIES:
        values = [*annotation.value.choices, *annotation.deprecated_values]
        values += [str(bound) for bound in (annotation.value.minimum, annotation.value.maximum) if bound is not None]
        for value in values:
            assert isinstance(catalog.parse_value(annotation, value), Valid), (annotation.key, value)


def test_only_readers_differ_in_what_a_change_does_and_in_how_exposure_is_read() -> None:
    for annotation in ENTRIES:
        assert {*annotation.change.by_reader, *annotation.value_of} <= set(annotation.readers), annotation.key
        assert set(annotation.exposure) <= set(annotation.readers) or catalog.ANY_READER in annotation.readers, annotation.key
        assert set(annotation.deprecated_since) <= set(annotation.readers), annotation.key
        assert not set(annotation.not_read_by) & set(annotation.readers), annotation.key


def test_what_decides_about_exposure_is_in_the_index() -> None:
    listed = {(owner, key) for owner, keys in index().exposure.items() for key in keys}
    assert listed == {(owner, annotation.key) for annotation in ENTRIES for owner in annotation.exposure}


def test_what_is_unknown_has_no_evidence_and_what_is_known_has() -> None:
    for annotation in ENTRIES:
        assert (annotation.change.evidence is None) == (annotation.change.effect == "unknown"), annotation.key


def test_keys_that_controllers_write_decide_nothing() -> None:
    assert {annotation.decides for annotation in ENTRIES if annotation.written_by_controller} == {"status"}
    assert {annotation.written_by_controller for annotation in ENTRIES if annotation.decides == "status"} == {True}


def test_an_old_spelling_leads_to_the_entry_of_the_new_one() -> None:
    assert named(f"{BETA}alicloud-loadbalancer-address-type").key == f"{BETA}alibaba-cloud-loadbalancer-address-type"
    assert named("service.kubernetes.io/backend-service-ipv6").key == "service.kubernetes.io/backend-service"


@pytest.mark.parametrize(
    ("owner", "key", "expected"),
    [
        ("aws-ccm", "aws-load-balancer-internal", True),
        ("aws-ccm", "aws-load-balancer-scheme", False),
        ("eks-auto", "aws-load-balancer-internal", False),
        ("eks-auto", "aws-load-balancer-scheme", True),
        ("eks-auto", "aws-load-balancer-name", None),
        ("azure-ccm", "aws-load-balancer-scheme", False),
        ("vultr-ccm", "load-balancer-source-ranges", None),
        ("aws-lbc", "aws-load-balancer-of-tomorrow", None),
    ],
)
def test_whether_a_key_is_read_may_be_unknown(owner: str, key: str, expected: bool | None) -> None:
    assert catalog.is_read_by(owner, BETA + key) is expected


@pytest.mark.parametrize(
    ("key", "prefix"),
    [
        (f"{BETA}azure-load-balancer-intrenal", f"{BETA}azure-"),
        (f"{BETA}alicloud-loadbalancer-id", f"{BETA}alicloud-loadbalancer-"),
        ("load-balancer.hetzner.cloud/x", "load-balancer.hetzner.cloud/"),
        (f"{BETA}load-balancer-source-ranges", f"{BETA}load-balancer-source-ranges"),
        (f"{BETA}load-balancer-source-ranges-v2", None),
        ("prometheus.io/scrape", None),
        ("", None),
    ],
)
def test_prefix_of_a_key(key: str, prefix: str | None) -> None:
    assert catalog.prefix_of(key) == prefix


def test_a_change_may_do_different_things_with_different_controllers() -> None:
    annotation = named(f"{BETA}aws-load-balancer-internal")
    assert annotation.effect_for("aws-lbc") == "recreates"
    assert annotation.effect_for("aws-ccm") == "ignored"
    assert annotation.is_deprecated_for("aws-lbc")
    assert not annotation.is_deprecated_for("aws-ccm")


@pytest.mark.parametrize(
    ("owner", "key", "text", "expected"),
    [
        ("aws-ccm", f"{BETA}aws-load-balancer-internal", "0.0.0.0/0", "internal"),
        ("aws-ccm", f"{BETA}aws-load-balancer-internal", "false", "internet"),
        ("aws-ccm", f"{BETA}aws-load-balancer-internal", "False", "internal"),
        ("aws-lbc", f"{BETA}aws-load-balancer-internal", "0.0.0.0/0", "refused"),
        ("aws-lbc", f"{BETA}aws-load-balancer-internal", "T", "internal"),
        ("aws-lbc", f"{BETA}aws-load-balancer-scheme", "Internal", "refused"),
        ("azure-ccm", f"{BETA}azure-load-balancer-internal", "True", "internet"),
        ("gke-l4", "networking.gke.io/load-balancer-type", "internal", "internal"),
        ("gke-l4", "networking.gke.io/load-balancer-type", "INTERNAL", "internet"),
        ("ibm-ccm", "service.kubernetes.io/ibm-load-balancer-cloud-provider-ip-type", "Public", "internal"),
        ("tke-service", "service.kubernetes.io/qcloud-loadbalancer-internal-subnetid", "subnet-1", "internal"),
        ("do-ccm", f"{BETA}do-loadbalancer-network", "internal", "refused"),
        ("alibaba-ccm", f"{BETA}alibaba-cloud-loadbalancer-address-type", "Intranet", "unknown"),
    ],
)
def test_exposure_is_read_as_the_controller_reads_it(owner: str, key: str, text: str, expected: str) -> None:
    by_key = {annotation.key: annotation.exposure[owner] for annotation in catalog.exposure_keys(owner)}
    assert by_key[key].of(text) == expected


def test_the_key_that_decides_about_exposure_comes_first() -> None:
    assert [annotation.key.partition("/")[2] for annotation in catalog.exposure_keys("aws-lbc")] == [
        "aws-load-balancer-scheme",
        "aws-load-balancer-internal",
    ]
    assert catalog.exposure_keys("linode-ccm") == ()
    assert [annotation.key for annotation in catalog.exposure_keys("eks-auto", "Ingress")] == ["alb.ingress.kubernetes.io/scheme"]


VALUES: list[tuple[ValueShape, object, type[object], object]] = [
    (ValueShape("bool", truth="go"), "T", Valid, True),
    (ValueShape("bool", truth="go"), "0", Valid, False),
    (ValueShape("bool", truth="go"), "yes", Invalid, None),
    (ValueShape("bool", truth="go"), "TrUe", Invalid, None),
    (ValueShape("bool", truth="exact"), "True", Invalid, None),
    (ValueShape("bool", truth="exact"), "false", Valid, False),
    (ValueShape("bool", truth="fold"), "True", Valid, True),
    (ValueShape("bool", truth="fold"), "1", Invalid, None),
    (ValueShape("bool", truth="words"), "Off", Valid, False),
    (ValueShape("bool", truth="words"), "1", Valid, True),
    (ValueShape("bool", truth="words"), "yes", Invalid, None),
    (ValueShape("bool"), "True", Doubtful, None),
    (ValueShape("bool"), True, Invalid, None),
    (ValueShape("bool"), ["true"], Invalid, None),
    (ValueShape("text"), 443, Invalid, None),
    (ValueShape("text"), None, Doubtful, None),
    (ValueShape("text"), "", Valid, ""),
    (ValueShape("int"), "", Doubtful, None),
    (ValueShape("int", minimum=4, maximum=100), "4", Valid, 4),
    (ValueShape("int", minimum=4, maximum=100), "101", Invalid, None),
    (ValueShape("int", minimum=4, maximum=100), "3", Invalid, None),
    (ValueShape("int"), "1_000", Invalid, None),
    (ValueShape("int"), "\u0665", Invalid, None),
    (ValueShape("int"), " 5", Doubtful, None),
    (ValueShape("int"), "9" * 5000, Invalid, None),
    (ValueShape("int", odd=True), "2", Invalid, None),
    (ValueShape("int", choices=("5", "60")), "10", Invalid, None),
    (ValueShape("choice", choices=("internal", "internet-facing"), case="exact"), "Internal", Invalid, None),
    (ValueShape("choice", choices=("tcp", "http"), case="any"), "TCP", Valid, "tcp"),
    (ValueShape("choice", choices=("tcp", "http")), "TCP", Doubtful, None),
    (ValueShape("choice", choices=("tcp", "http")), "sctp", Invalid, None),
    (ValueShape("choice", choices=("wrr",), is_open=True), "sch", Doubtful, None),
    (ValueShape("choice", choices=("nlb",)), "${TYPE}", Doubtful, None),
    (ValueShape("list"), "a, b,,c", Valid, ("a", "b", "c")),
    (ValueShape("list", pattern=r"^eipalloc-[0-9a-f]+(,eipalloc-[0-9a-f]+)*$"), "eipalloc-1\n", Invalid, None),
    (ValueShape("space-list"), "a  b", Valid, ("a", "b")),
    (ValueShape("map"), "a=1, b=x=y", Valid, {"a": "1", "b": "x=y"}),
    (ValueShape("map"), "a", Doubtful, None),
    (ValueShape("json"), '{"ingress": true}', Valid, {"ingress": True}),
    (ValueShape("json"), "{ingress: true}", Invalid, None),
    (ValueShape("json"), "[" * 100_000, Doubtful, None),
    (ValueShape("ip"), "10.0.0.300", Invalid, None),
    (ValueShape("ip"), "fd00::1", Valid, "fd00::1"),
    (ValueShape("ip-list"), "10.0.0.1, fd00::1", Valid, ("10.0.0.1", "fd00::1")),
    (ValueShape("cidr"), "10.0.0.1", Invalid, None),
    (ValueShape("cidr"), "10.0.0.1/255.0.0.0", Invalid, None),
    (ValueShape("cidr"), "10.0.0.9/8", Valid, "10.0.0.0/8"),
    (ValueShape("cidr-list"), "10.0.0.0/8, 192.168.0.0/16", Valid, ("10.0.0.0/8", "192.168.0.0/16")),
    (ValueShape("cidr-list"), "10.0.0.0/8;1.2.3.4/32", Invalid, None),
    (ValueShape("duration"), "1m30s", Valid, "1m30s"),
    (ValueShape("duration"), "30", Invalid, None),
    (ValueShape("number"), "0.5", Valid, 0.5),
    (ValueShape("number"), "nan", Invalid, None),
]


@pytest.mark.parametrize(("shape", "value", "kind", "expected"), VALUES)
def test_values_are_read_as_controllers_read_them(shape: ValueShape, value: object, kind: type[object], expected: object) -> None:
    parsed = read_value(shape, value)
    assert type(parsed) is kind
    assert not isinstance(parsed, Valid) or parsed.value == expected


@pytest.mark.parametrize("value", [None, True, 1, 1.5, [], {}, [[]], {"a": {1: 2}}, "", "\0", "{{ x }}", "a" * 10_000, "1" * 10_000])
def test_no_value_raises_for_any_key(value: object) -> None:
    for annotation in ENTRIES:
        assert isinstance(catalog.parse_value(annotation, value), (Valid, Invalid, Doubtful))


OF_KUBERNETES = {key for annotation in catalog.entries_of("core") for key in (annotation.key,)}
API_VERSION = re.compile(r"[a-z0-9.-]+/v[0-9]+((alpha|beta)[0-9]+)?(/.*)?")


def _texts(path: Path) -> Iterator[tuple[int, str]]:
    """Yield line and value of every text of a module that is no docstring."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docstrings = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in docstrings:
            yield node.lineno, node.value


def test_no_vendor_key_is_spelled_in_python() -> None:
    of_vendors = {prefix for prefix, file in index().domains.items() if file != "shared"}
    beginnings = tuple({*index().routes, *index().spellings, *of_vendors} - OF_KUBERNETES)
    package = Path(k8slblint.__file__).parent
    found = [
        f"{path.relative_to(package)}:{line} {text}"
        for path in sorted(package.rglob("*.py"))
        for line, text in _texts(path)
        if text.startswith(beginnings) and text not in OF_KUBERNETES and not API_VERSION.fullmatch(text)
    ]
    assert found == []


def test_only_the_index_and_the_files_of_the_prefix_are_read() -> None:
    code = (
        "from k8slblint import shipped\n"
        "opened = []\n"
        "real = shipped.read_json\n"
        "shipped.read_json = lambda *names: (opened.append(names[-1]), real(*names))[1]\n"
        "from k8slblint.catalog import services\n"
        "print(opened)\n"
        "services.prefix_of('service.beta.kubernetes.io/azure-load-balancer-internal')\n"
        "print(opened)\n"
        "services.find('service.beta.kubernetes.io/azure-load-balancer-internal')\n"
        "services.find('example.com/x')\n"
        "print(opened)\n"
    )
    output = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert output.splitlines() == ["[]", "['index.json']", "['index.json', 'azure.json']"]


def test_what_is_built_anew_is_said_for_changes_that_build_something_anew() -> None:
    for annotation in ENTRIES:
        effects = {annotation.change.effect, *annotation.change.by_reader.values()}
        assert annotation.change.replaces is None or "recreates" in effects, annotation.key
        assert "recreates" not in effects or annotation.change.replaces or annotation.change.evidence == "inferred", annotation.key


def test_removal_differs_from_other_changes_and_the_keys_that_make_a_change_count_are_known() -> None:
    for annotation in ENTRIES:
        assert annotation.change.removal != annotation.change.effect, annotation.key
        assert all(named(key).change.effect == "in-place" for key in annotation.change.unless_with), annotation.key
        assert not annotation.part_defaults or (annotation.value.type, annotation.change.removal) == ("map", "ignored"), annotation.key


def test_what_keeps_a_load_balancer_is_about_its_life_or_owner_and_what_opens_filters() -> None:
    for annotation in ENTRIES:
        assert not annotation.keeps or annotation.decides in ("lifecycle", "owner"), annotation.key
        assert not annotation.opens or annotation.decides in ("source-ranges", "security-groups"), annotation.key


def test_removing_a_key_may_do_less_than_changing_it() -> None:
    scheme = named("service.beta.kubernetes.io/aws-load-balancer-scheme")
    assert (scheme.effect_for("aws-lbc"), scheme.removal_effect_for("aws-lbc")) == ("recreates", "ignored")
    internal = named("service.beta.kubernetes.io/aws-load-balancer-internal")
    assert (internal.effect_for("aws-ccm"), internal.removal_effect_for("aws-ccm")) == ("ignored", "ignored")


@pytest.mark.parametrize(
    ("reader", "key", "text", "kind"),
    [
        ("aws-ccm", "aws-load-balancer-healthcheck-protocol", "SSL", Valid),
        ("aws-lbc", "aws-load-balancer-healthcheck-protocol", "SSL", Invalid),
        ("aws-lbc", "aws-load-balancer-enable-icmp-for-path-mtu-discovery", "off", Valid),
        ("aws-lbc", "aws-load-balancer-minimum-load-balancer-capacity", "CapacityUnits = 3000", Valid),
        ("aws-lbc", "aws-load-balancer-minimum-load-balancer-capacity", "3000", Invalid),
        ("aws-lbc", "aws-load-balancer-proxy-protocol-per-target-group", "80,", Valid),
        ("aws-lbc", "aws-load-balancer-proxy-protocol-per-target-group", "80, 443", Valid),
        ("aws-lbc", "aws-load-balancer-proxy-protocol-per-target-group", "http", Invalid),
        ("aws-lbc", "aws-load-balancer-ip-address-type", "DualStack", Invalid),
        ("aws-ccm", "aws-load-balancer-backend-protocol", "HTTPS", Invalid),
        ("do-ccm", "do-loadbalancer-size-unit", "0", Valid),
        ("do-ccm", "do-loadbalancer-override-health-check", "yes", Valid),
        ("do-ccm", "do-loadbalancer-protocol", "HTTP", Invalid),
    ],
)
def test_values_are_those_that_the_parser_of_the_reader_takes(reader: str, key: str, text: str, kind: type[object]) -> None:
    assert type(catalog.parse_value(named(BETA + key), text, reader)) is kind
