"""How load balancers are counted over files and clusters, and what the finding says."""

from k8slblint.config import Config
from k8slblint.model.finding import Finding
from k8slblint.model.scope import ClusterSettings, ScopeSettings
from tests.linting import findings, scoped
from tests.texts import words_of

RULE = "too-many-load-balancers"


def service(name: str, port: int = 80) -> str:
    return f"apiVersion: v1\nkind: Service\nmetadata: {{name: {name}}}\nspec:\n  type: LoadBalancer\n  ports: [{{port: {port}}}]\n"


def counted(files: dict[str, str], config: Config | None = None) -> list[Finding]:
    return findings(files, RULE, config=config)


def test_one_finding_on_the_first_beyond_the_limit_in_path_order_with_the_others_related() -> None:
    files = {f"apps/{name}/svc.yaml": service(name) for name in "hgfedcba"}
    (finding,) = counted(files)
    assert finding.location.path == "apps/f/svc.yaml"
    assert finding.location.span.line == 5
    assert [related.location.path for related in finding.related] == [f"apps/{name}/svc.yaml" for name in "abcdegh"]
    assert "has 8 cloud load balancers" in words_of(finding)
    assert "Put a, b and 6 more behind one Ingress or Gateway" in words_of(finding)
    assert finding.severity == "warning"


def test_each_cluster_is_counted_apart() -> None:
    files = {f"clusters/{cluster}/{name}.yaml": service(name) for cluster in ("east", "west") for name in "abcde"}
    assert counted(files) == []
    files["clusters/west/f.yaml"] = service("f")
    (finding,) = counted(files)
    assert "Cluster west" in words_of(finding)


def test_a_budget_of_the_configuration_makes_it_an_error() -> None:
    cluster = ClusterSettings("shop", ("**",), platform="eks", load_balancer_budget=1)
    files = {"a.yaml": service("a"), "b.yaml": service("b", port=5432)}
    (finding,) = counted(files, Config(scopes=ScopeSettings(clusters=(cluster,))))
    assert (finding.severity, finding.confidence) == ("error", "high")
    assert "its budget is 1" in words_of(finding)
    assert "33 to 36 USD a month" in words_of(finding)


def test_the_price_is_that_of_the_platform_or_a_range_over_clouds() -> None:
    files = {f"{name}.yaml": service(name) for name in "abcdef"}
    (unknown,) = counted(files)
    assert "USD" not in words_of(unknown)  # 26 to 110 says nothing
    (amazon,) = counted(files, scoped(platform="eks"))
    assert "They cost about 99 to 110 USD a month" in amazon.message
    (unpriced,) = counted(files, scoped(platform="vultr"))
    assert "USD" not in unpriced.message


def test_environments_side_by_side_are_no_one_cluster() -> None:
    files = {f"{environment}/{name}.yaml": service(name) for environment in ("prod", "staging") for name in "abcd"}
    assert counted(files) == []
    (finding,) = counted({**files, **{f"prod/{name}.yaml": service(name) for name in "efg"}})
    assert "Cluster default (production) has 7 cloud load balancers" in words_of(finding)


def message(files: dict[str, str] | str, **scope: str) -> str:
    (finding,) = findings(files, RULE, config=scoped(**scope))
    return words_of(finding)


def annotated(name: str, **annotations: str) -> str:
    keys = ", ".join(f"{key}: '{value}'" for key, value in annotations.items())
    return service(name).replace(f"{{name: {name}}}", f"{{name: {name}, annotations: {{{keys}}}}}")


def test_first_rules_are_billed_together_on_google_cloud_and_azure() -> None:
    files = {f"{name}.yaml": service(name) for name in "abcdefgh"}
    assert "They cost about 40 to 58 USD a month" in message(files, platform="gke")
    azure = message(files, platform="aks")
    assert "has 8 load balancer frontends" in azure
    assert "They cost about 40 USD a month before traffic (list prices)." in azure


def test_what_could_stand_behind_one_entry_point_is_named_and_priced() -> None:
    files = {f"{name}.yaml": service(name) for name in "abcde"} | {"db.yaml": service("postgres", port=5432)}
    text = message(files, platform="eks")
    assert "Put a, b and 3 more behind one Ingress or Gateway" in text
    assert text.endswith("about 66 to 73 USD a month less.")


def test_names_of_what_could_be_shared_are_bounded() -> None:
    assert "Put a, b and 5 more behind" in message({f"{name}.yaml": service(name) for name in "abcdefg"})


def test_internal_and_public_load_balancers_never_share() -> None:
    files = {f"{name}.yaml": service(name) for name in "abc"}
    files |= {f"{name}.yaml": annotated(name, **{"networking.gke.io/load-balancer-type": "Internal"}) for name in "uvw"}
    text = message(files, platform="gke")
    assert "Put a, b and c behind one Ingress or Gateway" in text
    assert text.endswith("; put u, v and w behind one internal Ingress or Gateway.")


def test_the_service_of_an_ingress_controller_is_the_entry_point_itself() -> None:
    labels = "app.kubernetes.io/name: ingress-nginx, app.kubernetes.io/part-of: ingress-nginx, app.kubernetes.io/component: controller"
    files = {f"{name}.yaml": service(name) + f"  selector: {{{labels}}}\n" for name in "abcdef"}
    assert "serve only HTTP" not in message(files, platform="eks")


def test_ingresses_without_a_group_could_share_a_load_balancer() -> None:
    ingress = "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: %s}\nspec: {ingressClassName: alb}\n"
    text = message({f"{name}.yaml": ingress % name for name in "abcdef"}, platform="eks")
    assert "Give the Ingresses a, b and 4 more the same" in text
    assert "the same `alb.ingress.kubernetes.io/group.name`: about 82 USD a month less." in text


def test_more_than_a_quota_of_the_account_is_told() -> None:
    nlb = {"service.beta.kubernetes.io/aws-load-balancer-type": "nlb"}
    text = message({f"{number:02}.yaml": annotated(f"s{number:02}", **nlb) for number in range(51)}, platform="eks")
    assert "AWS allows 50 NLBs per region by default; here are 51." in text
    assert "Hetzner allows 20" in message({f"{number:02}.yaml": service(f"s{number:02}") for number in range(21)}, platform="hetzner")
    assert "allows" not in message({f"{number:02}.yaml": service(f"s{number:02}") for number in range(20)}, platform="hetzner")


def test_more_listeners_than_a_load_balancer_can_have_are_told() -> None:
    ports = ", ".join(f"{{name: p{port}, port: {port}}}" for port in range(1000, 1051))
    nlb = annotated("many", **{"service.beta.kubernetes.io/aws-load-balancer-type": "nlb"}).replace("{port: 80}", ports)
    text = message({f"{name}.yaml": service(name) for name in "abcde"} | {"many.yaml": nlb}, platform="eks")
    assert "AWS allows 50 listeners per NLB by default; Service default/many needs 51." in text


def test_samples_side_by_side_that_contradict_each_other_are_no_one_cluster() -> None:
    files = {f"{name}/svc.yaml": service(name) for name in "abcdef"}
    web = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: %s}\nspec: {replicas: %d}\n"
    files |= {f"{folder}/{name}.yaml": web % (name, replicas) for replicas, folder in enumerate("ab") for name in ("web", "cache")}
    assert counted(files) == []
    (shown,) = counted(files, Config(min_confidence="low"))
    assert shown.confidence == "low"
    (stated,) = counted(files, Config(scopes=ScopeSettings(clusters=(ClusterSettings("shop", ("**",), platform="eks"),))))
    assert stated.confidence == "high"


def test_more_rules_than_a_group_of_ingresses_or_azure_can_have_are_told() -> None:
    path = "{path: /%d, pathType: Prefix, backend: {service: {name: s%d, port: {number: 80}}}}"
    paths = ", ".join(path % (number, number) for number in range(101))
    ingress = "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: many}\n"
    many = f"{ingress}spec: {{ingressClassName: alb, rules: [{{http: {{paths: [{paths}]}}}}]}}\n"
    text = message({f"{name}.yaml": service(name) for name in "abcde"} | {"many.yaml": many}, platform="eks")
    assert "AWS allows 100 target groups per ALB by default; Ingress default/many needs 101." in text
    assert "AWS allows 100 rules per ALB by default; Ingress default/many needs 101." in text
    ports = ", ".join(f"{{name: p{port}, port: {port}}}" for port in range(1000, 1050))
    files = {f"{name}.yaml": service(name).replace("{port: 80}", ports) for name in "abcdef"}
    assert "Azure allows 250 rules per load balancer by default; Service default/a needs 300." in message(files, platform="aks")
