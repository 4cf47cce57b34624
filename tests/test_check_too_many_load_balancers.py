"""How load balancers are counted over files and clusters, and what the finding says."""

from k8slblint.config import Config
from k8slblint.model.finding import Finding
from k8slblint.model.scope import ClusterSettings, ScopeSettings
from tests.linting import findings, scoped

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
    assert "provisions 8 cloud load balancers" in finding.message
    assert "8 of them serve only HTTP" in finding.message
    assert finding.severity == "warning"


def test_each_cluster_is_counted_apart() -> None:
    files = {f"clusters/{cluster}/{name}.yaml": service(name) for cluster in ("east", "west") for name in "abcde"}
    assert counted(files) == []
    files["clusters/west/f.yaml"] = service("f")
    (finding,) = counted(files)
    assert "'west'" in finding.message


def test_a_budget_of_the_configuration_makes_it_an_error() -> None:
    cluster = ClusterSettings("shop", ("**",), platform="eks", load_balancer_budget=1)
    files = {"a.yaml": service("a"), "b.yaml": service("b", port=5432)}
    (finding,) = counted(files, Config(scopes=ScopeSettings(clusters=(cluster,))))
    assert (finding.severity, finding.confidence) == ("error", "high")
    assert "budget 1" in finding.message
    assert "33 to 36 USD a month" in finding.message
    assert "2026-05" in finding.message


def test_the_price_is_that_of_the_platform_or_a_range_over_clouds() -> None:
    files = {f"{name}.yaml": service(name) for name in "abcdef"}
    (unknown,) = counted(files)
    assert (
        "They cost, depending on the cloud, about 44 to 110 USD a month before traffic (list prices of 2025-08, 2026-05)."
        in unknown.message
    )
    (amazon,) = counted(files, scoped(platform="eks"))
    assert "They cost about 99 to 110 USD a month" in amazon.message
    (unpriced,) = counted(files, scoped(platform="vultr"))
    assert "USD" not in unpriced.message


def test_environments_side_by_side_are_no_one_cluster() -> None:
    files = {f"{environment}/{name}.yaml": service(name) for environment in ("prod", "staging") for name in "abcd"}
    assert counted(files) == []
    (finding,) = counted({**files, **{f"prod/{name}.yaml": service(name) for name in "efg"}})
    assert "Cluster 'default' (production) provisions 7 cloud load balancers" in finding.message
