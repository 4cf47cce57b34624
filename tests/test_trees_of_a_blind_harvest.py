"""Trees of strangers whose findings were read without knowing them before: what was wrong or not worth saying there, in our own words."""

from pathlib import Path

import pytest

from tests.whole_trees import Tree, service, workload

CHART = "apiVersion: v2\nname: %s\nversion: 0.3.0\n"
FLUX = """\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: %s, namespace: flux-system}
spec: {interval: 5m, path: ./%s, prune: true, sourceRef: {kind: GitRepository, name: %s}}
"""
NODE_PORT = "type: NodePort, ports: [{port: 80, nodePort: %d}]"
RULE_OF_NODE_PORTS = "node-port-in-production"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def headlines(tree: Tree, rule: str) -> list[tuple[str, int, str]]:
    found = (one for one in tree.report()["findings"] if one["rule"] == rule)
    return [(one["location"]["path"], one["location"]["line"], one["headline"]) for one in found]


def labelled(helper: str, *templates: str) -> dict[str, str]:
    files = {
        "kiosk/Chart.yaml": CHART % "kiosk",
        "kiosk/templates/_helpers.tpl": f'{{{{- define "kiosk.labels" -}}}}\n{helper}{{{{- end }}}}\n',
    }
    for number, own in enumerate(templates):
        files[f"kiosk/templates/map-{number}.yaml"] = (
            f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: map-{number}\n  labels:\n"
            f'    {{{{- include "kiosk.labels" . | nindent 4 }}}}\n{own}data: {{a: b}}\n'
        )
    return files


def test_a_key_that_a_helper_sets_twice_is_one_finding_in_the_helper(folder: Path) -> None:
    tree = Tree(labelled("tier: edge\nteam: web\ntier: {{ .Release.Service }}\n", "", "", ""), folder)
    assert headlines(tree, "invalid-yaml") == [("kiosk/templates/_helpers.tpl", 4, "The key 'tier' is set twice in 3 rendered objects")]


def test_a_key_that_a_helper_and_templates_set_is_one_finding(folder: Path) -> None:
    helper = "{{- if .Values.tier }}\ntier: {{ .Values.tier }}\n{{- else }}\ntier: edge\n{{- end }}\n"
    pod = "spec:\n  selector:\n    tier: a\n"
    tree = Tree(labelled(helper, f"    tier: a\n{pod}", f"    tier: b\n{pod}"), folder)
    assert headlines(tree, "invalid-yaml") == [("kiosk/templates/map-0.yaml", 7, "The key 'tier' is set twice in 2 rendered objects")]


def test_a_key_that_templates_set_twice_themselves_is_a_finding_in_each(folder: Path) -> None:
    tree = Tree(labelled("team: web\n", "    tier: a\n    tier: b\n", "    tier: a\n    tier: b\n"), folder)
    assert [(path, line) for path, line, _ in headlines(tree, "invalid-yaml")] == [
        ("kiosk/templates/map-0.yaml", 8),
        ("kiosk/templates/map-1.yaml", 8),
    ]


def test_a_plug_in_that_is_never_run_is_no_fault_of_its_author(folder: Path) -> None:
    files = {
        "edge/kustomization.yaml": "generators: [plug-in.yaml]\nnamespace: edge\n",
        "edge/plug-in.yaml": "apiVersion: example.org/v1\nkind: JsonnetPress\nmetadata: {name: press}\n",
        "apps/edge.yaml": FLUX % ("edge", "edge", "flux-system"),
    }
    (found,) = Tree(files, folder).report()["findings"]
    assert (found["rule"], found["severity"]) == ("render-failed", "note")
    assert found["headline"].endswith("it needs a plug-in")


def test_node_ports_of_several_files_outside_of_the_range_show_a_wider_one(folder: Path) -> None:
    files = {f"{name}.yaml": service(name, NODE_PORT % port) for name, port in (("a", 20010), ("b", 42181), ("c", 42182), ("d", 30080))}
    assert "service-rejected" not in {rule for rule, _, _ in Tree(files, folder).findings()}


def test_node_ports_of_one_file_outside_of_the_range_are_refused_where_others_are_inside(folder: Path) -> None:
    text = "---\n".join(service(name, NODE_PORT % port) for name, port in (("a", 42180), ("b", 42181), ("c", 42182)))
    tree = Tree({"many.yaml": text, "one.yaml": service("d", NODE_PORT % 30080)}, folder)
    assert [line for rule, _, line in tree.findings() if rule == "service-rejected"] == [4, 9, 14]


@pytest.mark.parametrize("is_live", [True, False])
def test_a_node_port_outside_of_the_range_works_where_a_deployer_applied_it(folder: Path, is_live: bool) -> None:
    files = {"apps/seed/seed.yaml": service("seed", NODE_PORT % 51413), "apps/seed/kustomization.yaml": "resources: [seed.yaml]\n"}
    files |= {"flux/seed.yaml": FLUX % ("seed", "apps/seed", "flux-system")} if is_live else {}
    assert ("service-rejected" in {rule for rule, _, _ in Tree(files, folder).findings()}) is not is_live


def test_a_list_of_what_flux_deploys_deploys_nothing_itself(folder: Path) -> None:
    files = {
        "clusters/live/flux-system/kustomization.yaml": "resources: [../vpn.yaml]\n",
        "clusters/live/vpn.yaml": FLUX.replace("prune: true", "postBuild: {substitute: {a: b}}") % ("vpn", "infra/vpn", "flux-system"),
        "infra/kustomization.yaml": "resources: [vpn]\n",
        "infra/vpn/kustomization.yaml": "resources: [vpn.yaml]\n",
        "infra/vpn/vpn.yaml": service("vpn", NODE_PORT % 30080) + workload("vpn"),
    }
    assert [place for place in Tree(files, folder).findings() if place[0] == RULE_OF_NODE_PORTS] == [
        (RULE_OF_NODE_PORTS, "infra/vpn/vpn.yaml", 4)
    ]


def switched_off(kustomization: str, *, is_listed: bool) -> dict[str, str]:
    listed = "resources: [till/ks.yaml, brew/ks.yaml]\n" if is_listed else "resources: [till/ks.yaml]\n"
    return {
        "flux/apps.yaml": FLUX % ("apps", "apps/", "flux-system"),
        "apps/shop/kustomization.yaml": listed,
        "apps/shop/till/ks.yaml": FLUX % ("till", "apps/shop/till/app/", "flux-system"),
        "apps/shop/till/app/kustomization.yaml": "resources: [till.yaml]\n",
        "apps/shop/till/app/till.yaml": service("till", "ports: [{port: 80}]") + workload("till"),
        "apps/shop/brew/ks.yaml": FLUX % ("brew", "apps/shop/brew/app/", "flux-system"),
        "apps/shop/brew/app/kustomization.yaml": kustomization,
        "apps/shop/brew/app/tap/kustomization.yaml": "resources: [tap.yaml]\n",
        "apps/shop/brew/app/tap/tap.yaml": service("tap", NODE_PORT % 30080) + workload("tap"),
    }


@pytest.mark.parametrize("kustomization", ["resources:\n  # - tap\n", "config: [tap]\n"])
def test_what_is_not_listed_any_more_need_not_be_sound(folder: Path, kustomization: str) -> None:
    assert Tree(switched_off(kustomization, is_listed=False), folder).report()["findings"] == []
    (found,) = Tree(switched_off(kustomization, is_listed=True), folder).report()["findings"][:1]
    assert (found["rule"], found["severity"]) == ("render-failed", "warning")


def test_the_top_of_another_repository_is_not_that_of_this_tree(folder: Path) -> None:
    files = {f"{name}/{name}.yaml": service(name, NODE_PORT % 30080) for name in ("a", "b", "c")}
    files |= {f"flux/{name}.yaml": FLUX % (name, name, "flux-system") for name in ("a", "b", "c")}
    files["flux/other.yaml"] = FLUX % ("other", "", "other")
    files["flux/git.yaml"] = (
        "apiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\nmetadata: {name: other, namespace: flux-system}\n"
        "spec: {interval: 1h, url: 'https://git.${DOMAIN}/ann/other.git'}\n"
    )
    units = {one["reason"] for one in Tree(files, folder).report()["completeness"]["units"]}
    assert not any("other" in reason for reason in units)


def test_a_field_that_is_set_already_is_not_what_another_meant(folder: Path) -> None:
    pod = "{name: c, image: example.com/c, ports: [{containerPort: 80}], port: 80}"
    text = f"apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec: {{containers: [{pod}]}}\n"
    (found,) = Tree({"pod.yaml": text}, folder).report()["findings"]
    assert (found["label"], found["help"]) == ("not a known field", "Remove the field.")


def test_a_field_of_an_embedded_object_is_not_named_like_one_of_the_root(folder: Path) -> None:
    claim = "{metadata: {name: data}, spec: {accessModes: [ReadWriteOnce], nodeSelector: {a: b}, resources: {requests: {storage: 1Gi}}}}"
    pod = "template: {metadata: {labels: {app: db}}, spec: {containers: [{name: db, image: example.com/db}]}}"
    text = (
        "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db}\nspec:\n  serviceName: db\n"
        f"  selector: {{matchLabels: {{app: db}}}}\n  {pod}\n  volumeClaimTemplates: [{claim}]\n"
    )
    (found,) = headlines(Tree({"db.yaml": text}, folder), "invalid-resource")
    assert found[2].endswith("unknown field `volumeClaimTemplates[0].spec.nodeSelector`")


def test_one_slip_in_many_elements_of_a_list_is_one_finding(folder: Path) -> None:
    ports = "".join(f"- {{name: p{number}, port: {number}, targetPort: {number}}}\n" for number in (81, 82, 83))
    text = (
        f"apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {{name: web}}\naddressType: IPv4\nendpoints: []\nports:\n{ports}"
    )
    (found,) = headlines(Tree({"slice.yaml": text}, folder), "invalid-resource")
    assert found == ("slice.yaml", 7, "EndpointSlice default/web has unknown field `ports[0].targetPort` 3 times")


def test_fields_that_slipped_out_of_one_mapping_are_one_finding(folder: Path) -> None:
    template = "      template:\n        spec:\n          containers: [{name: c, image: example.com/c}]\n"
    slipped = "        restartPolicy: Never\n        serviceAccountName: job\n        volumes: []\n"
    text = "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: nightly}\nspec:\n  schedule: '@daily'\n  jobTemplate:\n    spec:\n"
    (found,) = headlines(Tree({"job.yaml": text + template + slipped}, folder), "invalid-resource")
    assert found[2] == "CronJob default/nightly has 3 misplaced fields in `spec.jobTem...c.template`"


def test_annotations_without_quotes_are_one_finding(folder: Path) -> None:
    text = "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n  annotations:\n    a: true\n    b: 1\nspec: {ports: [{port: 80}]}\n"
    (found,) = headlines(Tree({"web.yaml": text}, folder), "invalid-resource")
    assert found == ("web.yaml", 6, "Service default/web has 2 annotations that are not text")


@pytest.mark.parametrize("blank", ["<ISSUER_ANNOTATION_1>", "[ISSUER]", "__ISSUER__", "$ISSUER"])
def test_a_line_that_a_tool_fills_in_is_no_syntax_error(folder: Path, blank: str) -> None:
    text = (
        f"apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n  annotations:\n    a: b\n    {blank}\nspec: {{ports: [{{port: 80}}]}}\n"
    )
    assert Tree({"web.yaml": text}, folder).findings() == []
    assert [rule for rule, _, _ in Tree({"web.yaml": text.replace(blank, "issuer")}, folder).findings()] == ["invalid-yaml"]


def test_a_tab_that_ends_a_value_is_named(folder: Path) -> None:
    text = "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n  labels:\n    a: b\n  \t  c: d\nspec: {ports: [{port: 80}]}\n"
    (found,) = headlines(Tree({"web.yaml": text}, folder), "invalid-yaml")
    assert found == ("web.yaml", 7, "Tab used as indentation")


def test_a_conflict_that_was_not_resolved_is_named(folder: Path) -> None:
    text = (
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n<<<<<<< HEAD\nspec: {ports: [{port: 80}]}\n=======\nspec: {}\n>>>>>>> 1f\n"
    )
    (found,) = headlines(Tree({"web.yaml": text}, folder), "invalid-yaml")
    assert found == ("web.yaml", 5, "Merge conflict of Git was not resolved")


@pytest.mark.parametrize(
    ("name", "is_told"), [("test-values", False), ("ci/full-values", False), ("linter_values", False), ("prod-values", True)]
)
def test_values_that_only_tests_use_are_no_deployment(folder: Path, name: str, is_told: bool) -> None:
    template = (
        "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: web\n  annotations: {{ toJson .Values.annotations }}\n"
        "spec: {ingressClassName: nginx, defaultBackend: {service: {name: web, port: {number: 80}}}}\n"
    )
    files = {"kiosk/Chart.yaml": CHART % "kiosk", "kiosk/values.yaml": "annotations: {}\n", "kiosk/templates/ingress.yaml": template}
    files[f"kiosk/{name}.yaml"] = "annotations: {nginx.ingress.kubernetes.io/enable-cors: 'true'}\n"
    assert ("ingress-vendor-annotation" in {rule for rule, _, _ in Tree(files, folder).findings()}) is is_told


def test_empty_text_that_a_release_sets_is_no_error(folder: Path) -> None:
    template = (
        "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: web}\n"
        "spec:\n  hostnames:\n    - {{ .Values.host | quote }}\n"
    )
    files = {"kiosk/Chart.yaml": CHART % "kiosk", "kiosk/values.yaml": 'host: ""\n', "kiosk/templates/route.yaml": template}
    assert Tree(files, folder).findings() == []


@pytest.mark.parametrize(
    ("image", "is_told"), [("registry.example.org/traefik/traefik:v2.3", False), ("registry.example.org/traefik/whoami:v1", True)]
)
def test_a_copy_of_an_edge_proxy_in_another_registry_is_one(folder: Path, image: str, is_told: bool) -> None:
    files = {"edge.yaml": service("edge", "type: NodePort, ports: [{port: 80}]") + workload("edge", f"image: '{image}'")}
    assert (RULE_OF_NODE_PORTS in {rule for rule, _, _ in Tree(files, folder).findings()}) is is_told


def test_a_node_port_of_both_protocols_is_named_once(folder: Path) -> None:
    ports = "type: NodePort, ports: [{name: t, port: 53, nodePort: 30053}, {name: u, protocol: UDP, port: 53, nodePort: 30053}]"
    (found,) = headlines(Tree({"prod/dns.yaml": service("dns", ports) + workload("dns")}, folder), RULE_OF_NODE_PORTS)
    assert found[2] == "Service shop/dns opens node port 30053 on every node in production"


def test_old_documentation_is_documentation(folder: Path) -> None:
    text = "apiVersion: extensions/v1beta1\nkind: Deployment\nmetadata: {name: web}\nspec: {template: {spec: {containers: []}}}\n"
    assert Tree({"old-docs/web.yaml": text}, folder).findings() == []
    assert Tree({"apps/web.yaml": text}, folder).findings() == [("invalid-resource", "apps/web.yaml", 1)]


DEFINITION = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: meshes.ops.example.com}
spec:
  group: ops.example.com
  names: {kind: Mesh, plural: meshes}
  scope: Namespaced
  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object}}}}}]
"""


def test_an_object_for_a_command_line_tool_may_lack_a_name(folder: Path) -> None:
    profile = "apiVersion: ops.example.com/v1\nkind: Mesh\nmetadata: {namespace: mesh}\nspec: {}\n"
    nameless = service("web", "ports: [{port: 80}]").replace("name: web", "namespace: shop", 1)
    tree = Tree({"crd.yaml": DEFINITION, "profiles/default.yaml": profile, "web.yaml": nameless}, folder)
    assert [path for path, _, headline in headlines(tree, "invalid-resource") if "no name" in headline] == ["web.yaml"]


def test_text_for_free_marker_is_a_template(folder: Path) -> None:
    text = service("web", "ports: [{port: 80}]").replace("spec:", "<#if remote>\nspec:", 1) + "</#if>\n"
    role = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: r}\nrules:\n  <#if a>\n  - verbs: []\n  </#if>\n"
    files = {"web.ftl.yaml": text, "role.ftl.yaml": role, "other.yaml": service("other", "ports: [{port: 80}]")}
    assert Tree(files, folder).findings() == []


def test_what_one_kustomization_lists_and_another_includes_is_one_finding(folder: Path) -> None:
    files = {
        "deploy/kustomization.yaml": "resources: [parts, parts/pods.yaml]\n",
        "deploy/parts/kustomization.yaml": "resources: [web.yaml]\n",
        "deploy/parts/web.yaml": service("web", NODE_PORT % 30080),
        "deploy/parts/pods.yaml": workload("web").removeprefix("---\n"),
        "hub/kustomization.yaml": "resources: [../deploy/parts]\n",
    }
    assert len(headlines(Tree(files, folder), RULE_OF_NODE_PORTS)) == 1


FRAGMENTS = [
    "apiVersion: v1\nkind: Service\nspec: {type: NodePort, ports: [{port: 80}]}\n",
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 3}\n",
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {selector: {}, template: {spec: {containers: [{name: c}]}}}\n",
    "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: web}\nspec: {schedule: '@daily', suspend: true}\n",
    "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {type: NodePort}\n",
    "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: web}\nspec: {ingressClassName: nginx}\n",
    DEFINITION.partition("spec:")[0] + "spec: {conversion: {strategy: Webhook, webhook: {clientConfig: {}}}}\n",
    "apiVersion: admissionregistration.k8s.io/v1\nkind: MutatingWebhookConfiguration\nmetadata: {name: web, annotations: {a: 1}}\n",
]


@pytest.mark.parametrize("text", FRAGMENTS)
@pytest.mark.parametrize("path", ["config/crd/patches/webhook_in_web.yaml", "overlays/a/patch-web.yaml", "base/web_patch.yaml"])
def test_a_part_of_an_object_that_is_called_a_patch_is_one(folder: Path, path: str, text: str) -> None:
    whole = service("other", "ports: [{port: 80}]")
    assert Tree({path: text, "other.yaml": whole}, folder).findings() == []


@pytest.mark.parametrize("text", [service("web", NODE_PORT % 20), FRAGMENTS[0] + "---\n" + service("web", NODE_PORT % 20)])
def test_a_whole_object_that_is_called_a_patch_is_judged(folder: Path, text: str) -> None:
    assert "service-rejected" in {rule for rule, _, _ in Tree({"overlays/a/patch-web.yaml": text}, folder).findings()}
    assert Tree({"dispatch/web.yaml": FRAGMENTS[4]}, folder).findings() != []


CLASS = "kubernetes.io/ingress.class: nginx, nginx.ingress.kubernetes.io/rewrite-target: /"


@pytest.mark.parametrize(("metadata", "is_told"), [("", True), (", uid: u, resourceVersion: '1'", False), (", uid: u", True)])
def test_what_a_live_cluster_has_was_accepted(folder: Path, metadata: str, is_told: bool) -> None:
    text = (
        f"apiVersion: extensions/v1beta1\nkind: Ingress\nmetadata: {{name: web, namespace: shop{metadata}, annotations: {{{CLASS}}}}}\n"
        "spec: {backend: {serviceName: web, servicePort: 80}}\n"
    )
    rules = {rule for rule, _, _ in Tree({"export/web.yaml": text}, folder).findings()}
    assert ("invalid-resource" in rules) is is_told
    assert "ingress-controller-retired" in rules


@pytest.mark.parametrize(
    ("mark", "is_told"),
    [
        ("# Created with podman-4.3.1\n", False),
        ("# Run with: podman kube play pod.yaml\n", False),
        ("# Not for podman\n", True),
    ],
)
def test_what_podman_plays_is_not_for_kubernetes(folder: Path, mark: str, is_told: bool) -> None:
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: i, ports: [{hostPort: 80}]}]}\n"
    assert (Tree({"pod.yaml": mark + pod, "web.yaml": service("web", "ports: [{port: 80}]")}, folder).findings() != []) is is_told


def test_what_says_in_an_annotation_that_podman_wrote_it_is_not_for_kubernetes(folder: Path) -> None:
    text = "apiVersion: v1\nkind: Pod\nmetadata: {name: p, annotations: {io.podman.annotations.label: 1}}\nspec: {containers: []}\n"
    assert Tree({"pod.yaml": text, "web.yaml": service("web", "ports: [{port: 80}]")}, folder).findings() == []


@pytest.mark.parametrize(("values", "is_told"), [("values-kind", False), ("values-local", False), ("values-edge", True)])
def test_values_for_a_local_cluster_tell_the_environment(folder: Path, values: str, is_told: bool) -> None:
    template = service("web", "type: {{ .Values.type }}, ports: [{port: 80}]") + workload("web")
    files = {"kiosk/Chart.yaml": CHART % "kiosk", "kiosk/values.yaml": "type: ClusterIP\n", "kiosk/templates/web.yaml": template}
    tree = Tree({**files, f"kiosk/{values}.yaml": "type: NodePort\n"}, folder)
    assert (headlines(tree, RULE_OF_NODE_PORTS) != []) is is_told


def test_a_mistake_of_a_template_is_one_finding_whatever_the_values(folder: Path) -> None:
    files = labelled("team: web\n", "    tier: a\n    tier: b\n") | {f"kiosk/values-{name}.yaml": "{a: b}\n" for name in ("one", "two")}
    assert len(headlines(Tree(files, folder), "invalid-yaml")) == 1


@pytest.mark.parametrize(
    ("host", "is_told"), [("shop.{{ .Values.domain }}", False), ("shop-{{ .Values.domain }}", False), ("shop_{{ .Values.domain }}", True)]
)
def test_a_host_that_a_release_completes_is_no_error(folder: Path, host: str, is_told: bool) -> None:
    template = (
        "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: web}\nspec:\n  ingressClassName: nginx\n"
        "  rules: [{host: {{ tpl .Values.host . | quote }}}]\n  defaultBackend: {service: {name: web, port: {number: 80}}}\n"
    )
    files = {"kiosk/Chart.yaml": CHART % "kiosk", "kiosk/values.yaml": f'host: "{host}"\n', "kiosk/templates/ingress.yaml": template}
    assert (headlines(Tree(files, folder), "ingress-rejected") != []) is is_told


def test_several_documents_for_free_marker_are_one_template(folder: Path) -> None:
    issuer = "apiVersion: cert-manager.io/v1\nkind: ClusterIssuer\nmetadata: {name: %s}\nspec:\n  selfSigned: {}\n"
    text = "".join(f"<#if issuer == '{name}'>\n---\n{issuer % name}</#if>\n" for name in ("one", "two"))
    role = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: r}\nrules:\n  <#if a>\n  - verbs: []\n  </#if>\n"
    files = {"web.ftl.yaml": text, "role.ftl.yaml": role, "other.yaml": service("other", "ports: [{port: 80}]")}
    assert Tree(files, folder).findings() == []


@pytest.mark.parametrize(
    ("path", "name", "is_told"),
    [
        ("web-template.yaml", "replace_name", False),
        ("template-web.yaml", "web-__NAME__", False),
        ("web.tmpl.yaml", "$APP_NAME", False),
        ("workflow-template.yaml", "web", True),
        ("web.yaml", "$APP_NAME", True),
    ],
)
def test_a_template_that_has_yet_to_get_its_name_is_to_fill_in(folder: Path, path: str, name: str, is_told: bool) -> None:
    tree = Tree({path: service(name, NODE_PORT % 30080) + workload(name)}, folder)
    assert (headlines(tree, RULE_OF_NODE_PORTS) != []) is is_told


def test_fields_that_a_tool_puts_in_place_of_capitals_are_no_mistakes(folder: Path) -> None:
    text = service("web", 'HELMSUBST_TYPE: "", ports: [{port: 80}]') + workload("web", pod='tolerations: {HELMSUBST_TOLERATIONS: ""}, ')
    tree = Tree({"web.yaml": text}, folder)
    assert [rule for rule, _, _ in tree.findings() if rule == "invalid-resource"] == []
    assert Tree({"web.yaml": text.replace('HELMSUBST_TYPE: ""', "WEB_TYPE: x")}, folder).findings() != []


@pytest.mark.parametrize(("ports", "is_told"), [("envoy-http:38080,envoy-metrics:9901", False), ("http:38080", True)])
def test_a_port_that_an_annotation_of_the_pods_opens_is_there(folder: Path, ports: str, is_told: bool) -> None:
    pods = workload("web", "image: i, ports: [{name: http, containerPort: 80}]").replace(
        "metadata: {labels", f"metadata: {{annotations: {{mesh.example.com/ports: '{ports}'}}, labels", 1
    )
    tree = Tree({"web.yaml": service("web", "ports: [{port: 80, targetPort: envoy-http}]") + pods}, folder)
    assert (headlines(tree, "service-port-unresolved") != []) is is_told


ROUTE_DEFINITION = (
    "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n"
    "metadata: {name: httproutes.gateway.networking.k8s.io}\nspec:\n  group: gateway.networking.k8s.io\n"
    "  names: {kind: HTTPRoute, plural: httproutes}\n  scope: Namespaced\n  versions:\n"
    "  - {name: v1beta1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}\n"
)


@pytest.mark.parametrize("is_collection", [False, True])
def test_definitions_of_one_alternative_say_nothing_of_another(folder: Path, is_collection: bool) -> None:
    gateway = "apiVersion: gateway.networking.k8s.io/v1\nkind: %s\nmetadata: {name: %s}\nspec: {%s}\n"
    listeners = "gatewayClassName: mine, listeners: [{name: http, port: 80, protocol: HTTP}]"
    files = {
        "mesh/crds.yaml": ROUTE_DEFINITION,
        "mesh/class.yaml": gateway % ("GatewayClass", "other", "controllerName: example.com/other"),
        "edge/gateway.yaml": gateway % ("Gateway", "edge", listeners),
        "edge/route.yaml": gateway % ("HTTPRoute", "web", "parentRefs: [{name: edge}]"),
    }
    for number, kind in enumerate(("a", "b")) if is_collection else ():
        files |= {f"{kind}/{name}.yaml": service(name, f"ports: [{{port: {80 + number}}}]") for name in ("x", "y")}
    rules = {rule for rule, _, _ in Tree(files, folder).findings()}
    assert {"gateway-rejected", "gateway-class-missing"} & rules == (
        set() if is_collection else {"gateway-rejected", "gateway-class-missing"}
    )


@pytest.mark.parametrize(("values", "is_told"), [("{}", False), ("{example.com/tier: true}", True)])
def test_a_value_under_a_key_in_quotes_is_left_to_releases_too(folder: Path, values: str, is_told: bool) -> None:
    term = '- matchExpressions:\n            - key: {{ index .Values.labels "example.com/tier" }}\n              operator: Exists\n'
    affinity = "      affinity:\n        nodeAffinity:\n          requiredDuringSchedulingIgnoredDuringExecution:\n"
    affinity += "            nodeSelectorTerms:\n"
    start, _, _ = workload("web").removeprefix("---\n").partition("    spec: {")
    template = f"{start}    spec:\n{affinity}            {term}      containers: [{{name: c, image: example.com/app}}]\n"
    files = {"kiosk/Chart.yaml": CHART % "kiosk", "kiosk/values.yaml": f"labels: {values}\n", "kiosk/templates/web.yaml": template}
    assert (headlines(Tree(files, folder), "invalid-resource") != []) is is_told


@pytest.mark.parametrize(("fixed", "is_told"), [("  HOST: {{ .Values.host }}\n", True), ("", False)])
def test_a_key_that_a_template_sets_is_set_twice_whoever_shows_it(folder: Path, fixed: str, is_told: bool) -> None:
    template = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata:\n"
    loops = "".join(
        f"  {{{{- range $k, $v := .Values.{name} }}}}\n  {{{{ $k }}}}: {{{{ $v }}}}\n  {{{{- end }}}}\n" for name in ("own", "more")
    )
    files = {"kiosk/Chart.yaml": CHART % "kiosk", "kiosk/values.yaml": "host: web\nown: {}\nmore: {}\n"}
    files |= {"kiosk/templates/map.yaml": template + fixed + loops, "kiosk/ci/full-values.yaml": "own: {HOST: a}\nmore: {HOST: b}\n"}
    told = [path for path, _, _ in headlines(Tree(files, folder), "invalid-yaml")]
    assert set(told) == ({"kiosk/templates/map.yaml"} if is_told else set())


@pytest.mark.parametrize(
    ("address", "is_told"),
    [("10.50.7.xx", False), ("192.168.1.X-192.168.1.Y", False), ("10.0.0.x/24", False), ("10.0.0.2-10.0.0.x", False), ("10.0.0.500", True)],
)
def test_addresses_to_be_filled_in_are_not_refused(folder: Path, address: str, is_told: bool) -> None:
    pool = "apiVersion: metallb.io/v1beta1\nkind: IPAddressPool\nmetadata: {name: p, namespace: metallb-system}\n"
    tree = Tree({"pool.yaml": f"{pool}spec: {{addresses: ['{address}', 10.9.0.0/24]}}\n"}, folder)
    assert ("metallb-rejected" in {rule for rule, _, _ in tree.findings()}) is is_told


POD_WITH_DEFAULTS = (
    "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n  - name: web\n    image: example.com/web\n    env:\n"
    "    - name: URL\n      valueFrom:\n        secretKeyRef:\n{{ .Values.secret | toYaml | indent 10 }}\n"
)


@pytest.mark.parametrize(
    ("secret", "is_deployed", "is_told"),
    [
        ("  name: a\n  key:\n", False, False),
        ("  name: a\n  key: # set me\n", False, False),
        ("  name: a\n  key: [example]\n", False, False),
        ("  name: a\n  key: {of: example}\n", False, False),
        ("  name: a\n  key: {example.org/of: 12}\n", False, True),
        ("  name: a\n  key: 12\n", False, True),
        ("  name: a\n  key:\n", True, True),
    ],
)
def test_an_empty_default_that_a_release_sets_is_no_error(folder: Path, secret: str, is_deployed: bool, is_told: bool) -> None:
    files = {"kiosk/Chart.yaml": CHART % "kiosk", "kiosk/values.yaml": f"secret:\n{secret}", "kiosk/templates/pod.yaml": POD_WITH_DEFAULTS}
    application = (
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: kiosk, namespace: argocd}\nspec:\n  project: default\n"
        "  source: {repoURL: 'https://git.example.com/me/this.git', path: kiosk}\n  destination: {name: in-cluster, namespace: shop}\n"
    )
    files |= {"apps/kiosk.yaml": application} if is_deployed else {}
    assert ("invalid-resource" in {rule for rule, _, _ in Tree(files, folder).findings()}) is is_told
