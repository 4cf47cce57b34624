"""Variables of Flux that nothing defines: where they are reported, and all that may still define them."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from k8slblint.rendering.gitops.substitution import PartialVariables, bad_uses
from tests import histories
from tests.whole_trees import Tree, service

RULE = "substitution-undefined"
PARTS = (
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: site, namespace: flux-system}\ndata: {LB_DNS: 192.168.40.3, LB_MAIL: 192.168.40.4}\n"
)
HIDDEN_KEYS = (
    'apiVersion: v1\nkind: Secret\nmetadata: {name: hidden, namespace: flux-system}\nstringData: {TOKEN: "ENC[AES256_GCM,data:x]"}\n'
)
SOURCES = "substituteFrom: [{kind: ConfigMap, name: site}]"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def flux(post_build: str, name: str = "apps", path: str = "apps") -> str:
    return (
        f"apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {{name: {name}, namespace: flux-system}}\n"
        f"spec: {{path: ./{path}, prune: true, interval: 1h, sourceRef: {{kind: GitRepository, name: flux-system}}, "
        f"postBuild: {{{post_build}}}}}\n"
    )


def dns(address: str, more: str = "") -> str:
    key = "metallb.io/loadBalancerIPs"
    return service("dns", "type: LoadBalancer, ports: [{port: 53}]", annotations=f'{{{key}: "{address}"{more}}}')


def tree(address: str, post_build: str = SOURCES, **more: str) -> dict[str, str]:
    files = {
        "flux/apps.yaml": flux(post_build),
        "flux/site.yaml": PARTS,
        "apps/kustomization.yaml": "resources: [dns.yaml]\n",
        "apps/dns.yaml": dns(address),
    }
    return files | {path.replace("__", "/").replace("_yaml", ".yaml"): text for path, text in more.items()}


def places(files: Mapping[str, str], folder: Path, *options: str) -> list[tuple[str, int]]:
    return [(path, line) for rule, path, line in Tree(files, folder).findings(*options) if rule == RULE]


FORMS = [
    ("${LB_DNS}", True),
    ("${LB_DNSS}", False),
    ("${LB_DNSS:=192.168.40.9}", True),
    ("${LB_DNSS:-192.168.40.9}", True),
    ("${LB_DNSS=192.168.40.9}", True),
    ("${LB_DNSS:=${LB_MAIL}}", True),
    ("${LB_DNSS:=${LB_MAILS}}", False),
    ("${LB_DNS:=${LB_MAILS}}", False),
    ("${LB_DNSS:?none}${LB_DNSS:+some}", True),
    ("$${LB_DNSS}", True),
    ("$$${LB_DNSS}", False),
    ("$LB_DNSS $(LB_DNSS) {{LB_DNSS}}", True),
    ("${LB_DNSS^^}", False),
    ("${LB_DNSS/a/b}", False),
    ("${LB_DNSS:0:3}", False),
    ("${#LB_DNSS}", False),
    ("${LB_DNS,,}", True),
    ("${1}", False),
]
UNREADABLE = ["${LB_DNS.x}", "${ LB_DNS }", "${}", "${LB_DNS", "${LB_DNS-x}", "${LB_DNS[@]}", "${LB_DNS:=${-}}", "${#}", "$$${ A }"]


@pytest.mark.parametrize(("text", "is_defined"), FORMS)
def test_forms_of_uses(text: str, is_defined: bool):
    given = {"LB_DNS": "1", "LB_MAIL": "2"}
    assert (not [*bad_uses(text, given)]) == is_defined
    assert [*bad_uses(text, PartialVariables(given))] == []


@pytest.mark.parametrize("text", UNREADABLE)
def test_what_begins_as_a_variable_and_is_none(text: str):
    for given in ({"LB_DNS": "1"}, PartialVariables({"LB_DNS": "1"})):
        assert [one.name for one in bad_uses(text, given)] == [""]
    assert [*bad_uses(text.replace("${", "$${"), {"LB_DNS": "1"})] == [] or "$$" in text


@pytest.mark.parametrize("post_build", ["substitute: {A: b}", "substitute: {A: b}, substituteFrom: [{kind: Secret, name: other}]"])
def test_what_flux_cannot_read_is_told_whatever_is_defined(folder: Path, post_build: str):
    (found,) = [one for one in Tree(tree("${ LB_DNS }", post_build), folder).report()["findings"] if one["rule"] == RULE]
    assert found["headline"] == "Kustomization flux-system/apps uses `${ LB_DNS }`, which Flux cannot read"
    assert found["location"]["line"] == 3


@pytest.mark.parametrize(("address", "is_defined"), FORMS[:5])
def test_a_variable_without_value_is_told_where_it_stands(folder: Path, address: str, is_defined: bool):
    assert places(tree(address), folder) == ([] if is_defined else [("apps/dns.yaml", 3)])


def test_it_names_the_object_and_what_may_be_meant(folder: Path):
    (found,) = [one for one in Tree(tree("${LB_DSN}"), folder).report()["findings"] if one["rule"] == RULE]
    assert found["headline"] == "Kustomization flux-system/apps uses undefined variable `LB_DSN`"
    assert found["label"] == "did you mean `LB_DNS`?"
    assert (found["severity"], found["confidence"]) == ("error", "medium")
    column = dns("${LB_DSN}").splitlines()[2].index("${") + 1
    assert found["location"]["column"] == column


HIDDEN = f"{SOURCES[:-1]}, {{kind: Secret, name: hidden}}]"
OPEN = [
    pytest.param(tree("${NONE}", "substitute: {A: b}"), False, id="inline-only"),
    pytest.param(tree("${NONE}", "substitute: {}"), True, id="nothing-is-filled-in"),
    pytest.param(tree("${NONE}", "substitute: {}, substituteStrategy: Always"), False, id="always"),
    pytest.param(tree("${A}", "substitute: {A: 192.168.40.5}"), True, id="inline"),
    pytest.param(tree("${NONE}", f"{SOURCES[:-1]}, {{kind: ConfigMap, name: other, optional: true}}]"), True, id="absent-source"),
    pytest.param(tree("${NONE}", HIDDEN), True, id="secret-elsewhere"),
    pytest.param(tree("${NONE}", HIDDEN, flux__s_yaml=HIDDEN_KEYS), False, id="keys-of-a-secret"),
    pytest.param(tree("${TOKEN}", HIDDEN, flux__s_yaml=HIDDEN_KEYS), True, id="key-of-a-secret"),
    pytest.param(tree("${NONE}", HIDDEN, flux__s_yaml=HIDDEN_KEYS, other__s_yaml=HIDDEN_KEYS), True, id="two-secrets"),
    pytest.param(tree("${NONE}", HIDDEN, flux__s_yaml=HIDDEN_KEYS.replace("flux-system", "shop")), True, id="secret-of-another-namespace"),
    pytest.param(tree("${NONE}", other__x_yaml="a:\n  NONE: 192.168.40.9\n"), True, id="another-file-gives-a-value"),
    pytest.param(tree("${NONE}", other__x_yaml="a: [NONE=192.168.40.9]\n"), True, id="a-generator-gives-a-value"),
    pytest.param(tree("${NONE}", other__x_yaml="a: [NONESUCH=1, XNONE=2, '${NONE:=3}']\n"), False, id="others-are-alike"),
    pytest.param(tree("${NONE}", apps__dns_yaml=f"# {{}} ${{NONE}}\n{dns('192.168.40.3')}# ${{NONE}}\n"), True, id="comments"),
    pytest.param(tree("", apps__dns_yaml=dns("${NONE}", ", kustomize.toolkit.fluxcd.io/substitute: disabled")), True, id="left-alone"),
    pytest.param(
        tree(
            "${NONE}",
            apps__kustomization_yaml="resources: [dns.yaml]\ncommonAnnotations: {kustomize.toolkit.fluxcd.io/substitute: disabled}\n",
        ),
        True,
        id="all-left-alone",
    ),
]


@pytest.mark.parametrize(("files", "is_defined"), OPEN)
def test_what_may_define_a_variable(folder: Path, files: dict[str, str], is_defined: bool):
    assert bool(places(files, folder)) != is_defined


def test_a_patch_of_the_kustomization_itself_may_define_it(folder: Path):
    listed = "resources: [apps.yaml, site.yaml]\n"
    patch = "patches: [{target: {kind: Kustomization}, patch: '[{op: add, path: /spec/postBuild/substituteFrom/-, value: {}}]'}]\n"
    files = tree("${NONE}") | {"flux/kustomization.yaml": listed, "flux/all.yaml": flux("substitute: {A: b}", "flux", "flux")}
    assert places(files, folder) == [("apps/dns.yaml", 3)]
    assert places(files | {"flux/kustomization.yaml": listed + patch}, folder) == []


def test_each_name_is_told_once(folder: Path):
    more = {"apps/mail.yaml": dns("${NONE}").replace("dns", "mail"), "apps/kustomization.yaml": "resources: [dns.yaml, mail.yaml]\n"}
    (found,) = [one for one in Tree(tree("${NONE}") | more, folder).report()["findings"] if one["rule"] == RULE]
    assert found["why"].startswith("So does 1 other file. ")


def test_a_tree_that_another_program_fills_in_is_left_alone(folder: Path):
    names = " ".join(f"${{A{number}}}" for number in range(21))
    assert places(tree(names), folder) == []


def test_a_releases_values_are_filled_in_too(folder: Path):
    release = (
        "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: dns, namespace: shop}\nspec:\n"
        "  chart: {spec: {chart: dns, version: 1.0.0, sourceRef: {kind: HelmRepository, name: site}}}\n"
        "  values:\n    service:\n      loadBalancerIP: ${LB_DSN}\n"
    )
    assert places(tree("", apps__dns_yaml=release), folder) == [("apps/dns.yaml", 8)]


@pytest.mark.parametrize("is_new", [True, False])
def test_only_a_variable_that_was_defined_before_is_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_new: bool):
    history = histories.start(tmp_path, monkeypatch)
    before = tree("${LB_DNS}") if is_new else tree("${LB_DNS}", flux__site_yaml=PARTS.replace("LB_DNS", "LB_WEB"))
    history.commit(before)
    history.commit({"flux/site.yaml": PARTS.replace("LB_DNS", "LB_DOOR"), "apps/dns.yaml": before["apps/dns.yaml"]})
    report = Tree({}, history.folder).report("--against", "HEAD~1", "--new-only")
    assert [one["rule"] for one in report["findings"] if one["rule"] == RULE] == ([RULE] if is_new else [])


@pytest.mark.parametrize("text", ["[", "\0", "a: ${NONE}", "- ${NONE}", "&a [*a, ${NONE}]", "${NONE:="])
def test_what_is_no_object_is_passed_over(folder: Path, text: str):
    assert places(tree("192.168.40.3", apps__dns_yaml=text), folder) == []


def test_a_source_of_the_wrong_shape_defines_nothing_and_everything(folder: Path):
    for data in ("[]", "text", "{A: [1]}", "{A: 1}"):
        assert places(tree("${NONE}", flux__site_yaml=PARTS.partition("data:")[0] + f"data: {data}\n"), folder) == [], json.dumps(data)
