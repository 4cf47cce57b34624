"""`k8slblint routes` and `k8slblint why`: what they print of a tree, the contracts of their JSON, wrong calls, and hostile names."""

import json
import shutil
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from click.testing import CliRunner, Result

from k8slblint.commands.cli import cli
from k8slblint.graph.reads import GATEWAY, INGRESS_KINDS, LISTENER_SET_KINDS, ROUTE_KINDS, vendor_route_kinds
from k8slblint.views.why import explain, find
from tests.builders import graph
from tests.gateways import document, gateway, route

HERE = Path(__file__).parent
SCHEMAS = {name: json.loads((HERE.parent / "schemas" / f"{name}.schema.json").read_text(encoding="utf-8")) for name in ("routes", "why")}

ASKED = (
    ("HTTPRoute", "shop/web"),
    ("HTTPRoute", "shop/api"),
    ("httproute", "other"),
    ("TCPRoute", "green"),
    ("Ingress", "shop/web"),
    ("Ingress", "again"),
    ("IngressRoute", "panel"),
    ("Gateway", "edge"),
    ("Service", "shop/web"),
)


@pytest.fixture(autouse=True)
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(HERE / "fixtures" / "routes", tmp_path, dirs_exist_ok=True)
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)


def call(*arguments: str) -> Result:
    return CliRunner().invoke(cli, [*arguments, "--no-config"], env={"PRE_COMMIT": ""})


def read(*arguments: str) -> Any:
    """The JSON of a command, valid by its schema."""
    result = call(*arguments, "--format", "json")
    assert result.exit_code == 0, result.output
    value = json.loads(result.stdout)
    jsonschema_rs.validator_for(SCHEMAS[arguments[0]]).validate(value)
    return value


def test_the_trees_are_as_kept(request: pytest.FixtureRequest) -> None:
    texts = [f"$ k8slblint {' '.join(words)}\n{call(*words).stdout}" for words in (("routes",), *(("why", *one) for one in ASKED))]
    text = "\n".join(texts)
    kept = HERE / "snapshots" / "routes.txt"
    if request.config.getoption("--update-snapshots"):
        kept.write_text(text, encoding="utf-8", newline="\n")
    assert text == kept.read_text(encoding="utf-8"), "the trees changed; look at them, then run pytest with --update-snapshots"


def test_the_json_of_routes_names_winners_and_why_others_lose() -> None:
    (cluster,) = read("routes")["clusters"]
    (edge,) = cluster["gateways"]
    https = next(one for one in edge["listeners"] if one["name"] == "https")
    (host,) = https["hosts"]
    api = next(one for one in host["matches"] if one["match"]["path"] == "/api" and not one["match"]["headers"])
    assert (api["resource"]["name"], api["rule"], api["certain"]) == ("api", 2, False)
    assert [(one["resource"]["name"], one["rule"], one["decided_by"]) for one in api["losers"]] == [("api", 3, "rule"), ("web", 2, "age")]
    assert [(one["resource"]["name"], one["condition"]["reason"]) for one in edge["not_attached"]] == [
        ("other", "NoMatchingListenerHostname")
    ]
    assert [(one["resource"]["name"], one["standing"]) for one in cluster["without_gateway"]] == [("other", "missing")]


@pytest.mark.parametrize(("kind", "name"), ASKED)
def test_the_json_of_an_explanation_is_valid(kind: str, name: str) -> None:
    (found,) = read("why", kind, name)["objects"]
    assert found["resource"]["name"] == name.rpartition("/")[2]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("why", "Pod", "web"), "'Pod' is not a kind that routes traffic"),
        (("why", "HTTPRoute", "shop/wbe"), "no HTTPRoute 'shop/wbe' is in the manifests: did you mean 'shop/web'?"),
        (("why", "HTTPRoute", "other/nothing"), "no HTTPRoute 'other/nothing' is in the manifests."),
        (("why", "HTTPRoute", "\x1b[2Jx"), "\\x1b[2Jx"),
    ],
)
def test_what_is_not_there_ends_with_a_sentence(arguments: tuple[str, ...], words: str) -> None:
    result = call(*arguments)
    assert result.exit_code == 2
    assert words in result.stderr
    assert "\x1b" not in result.stderr


@pytest.mark.parametrize("name", ["routes", "why"])
def test_the_help_fits_a_screen(name: str) -> None:
    assert len(call(name, "--help").stdout.splitlines()) <= 24


def test_an_empty_tree_has_no_routes(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert call("routes", "empty").stdout == "no Gateway, route or Ingress\n"


HOSTILE = ("\x1b[2J", "\u202e", "##vso[task.prependpath]/tmp", "`](http://x) <img src=x>", "a\nb::error::x", "x" * 3000)


@pytest.mark.parametrize("text", HOSTILE)
def test_no_name_of_a_manifest_reaches_the_terminal_as_a_command(text: str, tmp_path: Path) -> None:
    spec = {
        "parentRefs": [{"name": text}, {"name": "edge", "namespace": text}],
        "hostnames": [text],
        "rules": [{"matches": [{"path": {"value": text}}]}],
    }
    objects = [
        {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": {"name": text, "namespace": text}, "spec": spec},
        {
            "apiVersion": "gateway.networking.k8s.io/v1",
            "kind": "Gateway",
            "metadata": {"name": "edge", "namespace": text},
            "spec": {"gatewayClassName": text, "listeners": [{"name": text, "port": 80, "protocol": "HTTP", "hostname": text}]},
        },
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "Ingress",
            "metadata": {"name": text, "namespace": text},
            "spec": {"ingressClassName": text, "rules": [{"host": text, "http": {"paths": [{"path": text}]}}]},
        },
        {
            "apiVersion": "traefik.io/v1alpha1",
            "kind": "IngressRoute",
            "metadata": {"name": text, "namespace": text},
            "spec": {"routes": [{"match": f"Host(`{text}`)", "services": [{"name": text, "port": text}]}]},
        },
    ]
    folder = tmp_path / "hostile"
    folder.mkdir()
    (folder / "app.yaml").write_text("\n---\n".join(map(json.dumps, objects)), encoding="utf-8")
    for arguments in (["routes"], *(["why", kind, text] for kind in ("HTTPRoute", "Ingress", "IngressRoute"))):
        for form in ("text", "json"):
            result = call(*arguments, "hostile", "--format", form)
            assert result.exit_code == 0, result.output
            assert all(line.isprintable() for line in result.stdout.split("\n"))
            assert not any(word in result.stdout for word in ("##vso[", "##["))
            assert not any(line.lstrip().startswith("::") for line in result.stdout.splitlines())


EVERY_KIND = ("Service", *INGRESS_KINDS, GATEWAY, *LISTENER_SET_KINDS, *ROUTE_KINDS, *vendor_route_kinds())


@pytest.mark.parametrize(
    "spec", ["null", "7", "{}", "{rules: [7], routes: [7], parentRefs: [7], listeners: [7], hosts: [7], selector: 7, ports: 7}"]
)
@pytest.mark.parametrize("kind", EVERY_KIND)
def test_every_kind_is_explained_whatever_it_holds(kind: str, spec: str) -> None:
    name, _, group = kind.partition(".")
    version = f"{group}/v1" if group else "v1"
    built = graph(f"apiVersion: {version}\nkind: {name}\nmetadata: {{name: web, namespace: shop}}\nspec: {spec}\n")
    asked = find(kind, "shop/web", built)
    assert asked is not None
    (found,) = asked.resources
    assert explain(found, built).steps


def replies(text: str, name: str = "web") -> list[str]:
    built = graph(text)
    asked = find("HTTPRoute", name, built)
    assert asked is not None
    return [explain(one, built).reply for one in asked.resources]


PODS = """apiVersion: v1
kind: Service
metadata: {{name: web, namespace: {namespace}}}
spec: {{selector: {{app: {app}}}, ports: [{{port: {port}}}]}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web, namespace: {namespace}}}
spec:
  replicas: {replicas}
  selector: {{matchLabels: {{app: web}}}}
  template: {{metadata: {{labels: {{app: web}}}}, spec: {{containers: []}}}}
---
"""


def pods(namespace: str = "infra", app: str = "web", port: int = 80, replicas: int = 1) -> str:
    return PODS.format(namespace=namespace, app=app, port=port, replicas=replicas)


OTHERS = "".join(
    document(
        "HTTPRoute",
        name,
        "infra",
        f"{{parentRefs: [{{name: edge}}], hostnames: [{name}.b.c], rules: [{{backendRefs: [{{name: {name}, port: 80}}]}}]}}",
    )
    + pods().replace("name: web,", f"name: {name},")
    for name in ("one", "two")
)


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        (gateway() + route() + pods(), "yes"),
        (gateway() + route() + pods(port=8080), "no"),
        (gateway() + route() + pods(replicas=0), "no"),
        (gateway() + route() + pods(app="wbe"), "no"),
        (gateway() + route(), "unknown"),  # the namespace shows no Service
        (gateway() + route() + OTHERS, "no"),
        (route() + pods(), "unknown"),  # the Gateway may be deployed from elsewhere
        (gateway() + route("name: edge, sectionName: htpp") + pods(), "no"),
        (gateway() + route() + pods() + route(name="api"), "yes"),  # both lead to the same
    ],
)
def test_what_becomes_of_a_route(text: str, reply: str) -> None:
    assert replies(text) == [reply]


SCALED = """apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: {name: web, namespace: infra}
spec: {scaleTargetRef: {name: web}, minReplicaCount: 0}
---
"""


def test_what_an_autoscaler_may_stop_is_unknown() -> None:
    assert replies(gateway() + route() + pods() + SCALED) == ["unknown"]


def test_a_gateway_without_listeners_may_get_them_from_elsewhere() -> None:
    built = graph(gateway(""))
    (found,) = built.of_type(GATEWAY)
    assert explain(found, built).reply == "unknown"


def test_of_two_routes_with_one_match_the_age_decides() -> None:
    other = document(
        "HTTPRoute", "api", "infra", "{parentRefs: [{name: edge}], rules: [{backendRefs: [{name: web, port: 80, weight: 2}]}]}"
    )
    assert replies(gateway() + route() + pods() + other) == ["unknown"]
