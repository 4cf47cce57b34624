"""Which stated cluster a deployer's destination is."""

from pathlib import Path

import pytest

from k8slblint.config import read_config
from k8slblint.model.errors import UsageError
from k8slblint.model.scope import ClusterSettings, ScopeSettings, cluster_of_destination

SETTINGS = ScopeSettings(
    clusters=(
        ClusterSettings("prod-eu", contexts=("admin@prod-eu", "https://Prod-EU.example.com:443/")),
        ClusterSettings("prod-us", paths=("clusters/us",)),
        ClusterSettings("home", contexts=("https://kubernetes.default.svc", "https://[2001:db8::1]:6443", "prod-us-old")),
    )
)


@pytest.mark.parametrize(
    ("destination", "cluster"),
    [
        ("admin@prod-eu", "prod-eu"),
        ("prod-eu", "prod-eu"),
        ("prod-us", "prod-us"),
        ("https://prod-eu.example.com", "prod-eu"),
        ("HTTPS://prod-eu.example.com/", "prod-eu"),
        ("https://prod-eu.example.com:6443", None),
        ("http://prod-eu.example.com", None),
        ("https://kubernetes.default.svc", "home"),
        ("https://[2001:DB8::1]:6443/", "home"),
        ("Admin@prod-eu", None),
        ("in-cluster", None),
        ("", None),
        ("  ", None),
    ],
)
def test_a_destination_is_the_cluster_whose_context_or_name_it_is(destination: str, cluster: str | None) -> None:
    assert cluster_of_destination(SETTINGS, destination) == cluster


def test_a_context_wins_over_the_name_of_another_cluster() -> None:
    settings = ScopeSettings(clusters=(ClusterSettings("blue"), ClusterSettings("green", contexts=("blue",))))
    assert cluster_of_destination(settings, "blue") == "green"


def test_the_configuration_may_name_a_cluster_by_contexts_alone(tmp_path: Path) -> None:
    path = tmp_path / ".k8slblint.yaml"
    path.write_text(
        "clusters: [{name: prod, contexts: [admin@prod, 'https://10.0.0.1:6443']}, {name: dev, paths: [dev], contexts: [dev]}]\n"
    )
    (tmp_path / "dev").mkdir()
    prod, dev = read_config(str(path)).scopes.clusters
    assert (prod.paths, prod.contexts) == ((), ("admin@prod", "https://10.0.0.1:6443"))
    assert (len(dev.paths), dev.contexts) == (1, ("dev",))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("clusters: [{name: prod}]", "lacks"),
        ("clusters: [{name: prod, contexts: []}]", "contexts"),
        ("clusters: [{name: prod, contexts: [7]}]", "contexts"),
        (
            "clusters: [{name: a, contexts: ['https://x/']}, {name: b, contexts: ['https://X:443']}]",
            "is listed for 'a' and 'b'",
        ),
    ],
)
def test_a_cluster_without_place_or_with_another_ones_context_is_refused(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / ".k8slblint.yaml"
    path.write_text(text + "\n")
    with pytest.raises(UsageError, match=words):
        read_config(str(path))
